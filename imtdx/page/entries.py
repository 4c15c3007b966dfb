"""What the page asks of the package: these functions and all they need are carried over by `imtdx.page.translate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imtdx.errors import ImtdxError, PanelError
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.report import read_report

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["diagnose", "read"]


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


def diagnose(text: str, options: dict[str, Any], model: Model) -> dict[str, Any]:
    """The differential of a text: the JSON of ``imtdx diagnose --json``.

    Args:
        text (str): a panel or a whole report.
        options (dict): ``age``, ``sex``, ``site``, ``morphology``, ``case_id``, ``specimen``.
        model (Model): the model of the page.

    Returns:
        dict: or ``error`` alone, where the text or an option cannot be read.
    """
    try:
        dx = model.diagnose(
            text,
            age=options.get("age"),
            sex=options.get("sex"),
            site=options.get("site"),
            morphology=options.get("morphology"),
            case_id=options.get("case_id", ""),
            specimen=options.get("specimen", ""),
        )
        return dx.to_dict()
    except ImtdxError as error:
        return {"error": str(error)}
