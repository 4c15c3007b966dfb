"""The JSON Schemas (draft 2020-12) of what the program writes; they are part of the package."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from imtdx.errors import UnknownNameError

__all__ = ["SCHEMAS", "load_schema"]

#: File -> identifier: ``diagnose --json``, ``read --json``, a row of ``score``, and the file beside its table.
SCHEMAS = {
    "differential": "imtdx.differential/1",
    "reading": "imtdx.reading/1",
    "score": "imtdx.score/1",
    "about": "imtdx.about/1",
}


def load_schema(name: str) -> dict[str, Any]:
    """A schema as plain data.

    Args:
        name (str): differential, reading, score or about; its identifier (``"imtdx.reading/1"``) is understood too.

    Raises:
        UnknownNameError: none of them.
    """
    found = next((file for file, identifier in SCHEMAS.items() if name in (file, identifier)), None)
    if found is None:
        raise UnknownNameError("schema", name, SCHEMAS)
    text = files("imtdx.report").joinpath("schema", f"{found}.schema.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
