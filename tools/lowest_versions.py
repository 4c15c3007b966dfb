"""Print the oldest supported release of every dependency as pip requirements, from the lower bounds in pyproject.toml.

    python tools/lowest_versions.py > lowest.txt

`make test-lowest` installs them and runs the tests.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def lowest(requirements: list[str]) -> list[str]:
    """``"numpy>=1.26"`` -> ``"numpy==1.26"``; a bound of two numbers takes its first patch release."""
    out = []
    for text in requirements:
        found = re.match(r"([\w.-]+)(\[[^\]]*\])?\s*>=\s*([\d.]+)", text)
        if found is None:
            raise SystemExit(f"{text}: no lower bound; state one in pyproject.toml")
        version = found[3] if found[3].count(".") >= 2 else found[3] + (".0" if "." in found[3] else ".0.0")
        out.append(f"{found[1]}=={version}")
    return out


if __name__ == "__main__":
    project = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    print("\n".join(lowest(project["dependencies"])))
