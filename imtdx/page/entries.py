"""What the page asks of the package: these functions and all they need are carried over by `imtdx.page.translate`."""

from __future__ import annotations

from typing import Any

from imtdx.errors import PanelError
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.report import read_report

__all__ = ["read"]


def read(text: str, lexicon: Lexicon) -> dict[str, Any]:
    """What was understood of a report and what was not: the JSON of ``imtdx read --json``.

    Args:
        text (str): a panel or a whole report.
        lexicon (Lexicon): the names and words.

    Returns:
        dict: or ``error`` alone, where nothing could be read.
    """
    try:
        return read_report(text, lexicon).to_dict()
    except PanelError as error:
        return {"error": str(error)}
