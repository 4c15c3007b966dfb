"""What the page asks of the package: these functions and all they need are carried over by `imtdx.page.translate`."""

from __future__ import annotations

from typing import Any

from imtdx.errors import ImtdxError
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.panels import parse_panel

__all__ = ["read"]


def read(text: str, lexicon: Lexicon) -> dict[str, Any]:
    """What was understood of a text and what was not, as plain data.

    Args:
        text (str): a panel in report wording.
        lexicon (Lexicon): the names and words.

    Returns:
        dict: ``findings`` and ``unread`` with their places (code points), or ``error``.
    """
    try:
        panel = parse_panel(text, lexicon)
    except ImtdxError as error:
        return {"findings": [], "unread": [], "error": str(error)}
    return {
        "findings": [f.to_dict() | {"low": f.low, "high": f.high, "span": f.span} for f in panel.findings],
        "unread": [
            {"text": u.text, "span": u.span, "reason": u.reason, "suggestion": u.suggestion} for u in panel.unrecognised
        ],
        "error": "",
    }
