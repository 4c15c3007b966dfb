"""requirements-test.lock: every package that ``imtdx[test]`` installs, with version, hash and licence.

    python tools/lock.py          writes the file anew from what pip would install today, without installing it
    pip install --require-hashes -r requirements-test.lock && pip install --no-deps -e .

The file holds for the Python version and platform it was made on, which its head names.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def licence(metadata: dict[str, Any]) -> str:
    """The licence as the package states it, in one line."""
    stated = metadata.get("license_expression") or ""
    kinds = [c.rsplit(" :: ", 1)[1] for c in metadata.get("classifier", []) if c.startswith("License :: OSI")]
    text = stated or ", ".join(kinds) or str(metadata.get("license") or "not stated").strip().split("\n")[0]
    return text[:60]


def main() -> None:
    """Ask pip, and write the file."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--ignore-installed",
        "--quiet",
        "--report",
        "-",
        f"{ROOT}[test]",
    ]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    lines = [
        f"# Made by tools/lock.py with Python {platform.python_version()} on {platform.system()} {platform.machine()}.",
        "# pip install --require-hashes -r requirements-test.lock && pip install --no-deps -e .",
    ]
    for item in sorted(report["install"], key=lambda i: i["metadata"]["name"].casefold()):
        metadata = item["metadata"]
        if metadata["name"] == "imtdx":
            continue
        digest = item["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{metadata['name']}=={metadata['version']} --hash=sha256:{digest}  # {licence(metadata)}")
    (ROOT / "requirements-test.lock").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
