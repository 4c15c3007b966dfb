"""How a table of results was made, as OUT.about.json beside it: the table itself holds no date, and stays the same byte for byte."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx.errors import OutputError
from imtdx.files import beside
from imtdx.provenance import CITATION_KEY, stamp
from imtdx.version import __version__

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["SCHEMA", "about_path", "about_text", "check_about", "parquet_facts"]

SCHEMA = "imtdx.about/1"
_ENDING = ".about.json"


def about_path(output: Path) -> Path | None:
    """``scored.csv`` -> ``scored.csv.about.json``, shortened with a hash where too long; ``None`` for stdout and devices."""
    if str(output) == "-" or (output.exists() and not output.is_file()):
        return None
    return beside(output, _ENDING)


def check_about(path: Path) -> None:
    """Before anything is written: only a file of an earlier run is replaced.

    Raises:
        OutputError: the file is there and something else.
    """
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            ours = SCHEMA.encode() in file.read(200)
    except OSError:
        ours = False
    if not ours:
        raise OutputError(f"{path} is there and no file of an earlier run; move it, or give the output another name")


def about_text(model: Model, table: Path, settings: dict[str, Any], counts: dict[str, int]) -> str:
    """The file: program, knowledge, prior, date, settings and numbers of rows, by ``imtdx/report/schema/about.schema.json``.

    Args:
        model: that scored.
        table: of the results.
        settings: draws and seed.
        counts: rows, scored, problems.
    """
    name = os.fsencode(table.name).decode("utf-8", errors="replace")
    data = {
        "schema": SCHEMA,
        **stamp(model.knowledge),
        "prior": model.prior_name,
        "table": name,
        "columns": "imtdx.score/1",
        **settings,
        **counts,
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def parquet_facts(model: Model) -> dict[str, str]:
    """What stands in the metadata of a Parquet file: nothing that changes from day to day."""
    return {
        "imtdx_version": __version__,
        "imtdx_citation_key": CITATION_KEY,
        "imtdx_knowledge_sha256": model.knowledge.sha256,
        "imtdx_prior": model.prior_name,
        "imtdx_columns": "imtdx.score/1",
    }
