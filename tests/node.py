"""Node, where it is installed: scripts run in it for tests of what the page carries."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from imtdx.page.carried import Carried

__all__ = ["run_node", "run_page"]


def run_node(script: str, expression: str, folder: Path, data: Any = None) -> Any:
    """The value of an expression after a script, as plain data.

    Args:
        script (str): definitions.
        expression (str): may use ``data``.
        folder (Path): for the files in between.
        data: plain data.

    Raises:
        pytest.skip.Exception: no node on this machine.
        AssertionError: the script failed.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT TESTED: no node on this machine (apt-get install nodejs)")
    path = folder / "script.js"
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    path.write_text(
        f"{script}\nconst $fs = require('fs');\n"
        f"const data = JSON.parse($fs.readFileSync({json.dumps(str(folder / 'data.json'))}, 'utf8'));\n"
        f"$fs.writeFileSync({json.dumps(str(folder / 'out.json'))}, JSON.stringify({expression}));\n",
        encoding="utf-8",
    )
    done = subprocess.run([node, str(path)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))


def run_page(made: Carried, expression: str, folder: Path, data: Any = None) -> Any:
    """The value of an expression with ``page``, the functions that a page holds."""
    (folder / "objects.json").write_text(made.objects, encoding="utf-8")
    (folder / "numbers").write_bytes(made.numbers)
    script = (
        f"{made.script}\nconst $files = require('fs'), $bytes = $files.readFileSync({json.dumps(str(folder / 'numbers'))});\n"
        f"const page = $page(JSON.parse($files.readFileSync({json.dumps(str(folder / 'objects.json'))}, 'utf8')), "
        "new Float64Array($bytes.buffer.slice($bytes.byteOffset, $bytes.byteOffset + $bytes.length)));\n"
    )
    return run_node(script, expression, folder, data)
