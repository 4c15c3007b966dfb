"""What the page asks of the package: these functions and all they need are carried over by `imtdx.page.translate`.

Each takes the model first, then plain values, and gives plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from imtdx.coding import Coder
from imtdx.engine import Engine
from imtdx.errors import ImtdxError
from imtdx.notation.report import read_report
from imtdx.priors import build_prior

if TYPE_CHECKING:
    from imtdx.differential import Differential
    from imtdx.model import Model

__all__ = ["diagnose", "read"]


def read(model: Model, text: str) -> dict[str, Any]:
    """What was understood of a report and what was not: the JSON of ``imtdx read --json``.

    Args:
        model (Model): the model of the page.
        text (str): a panel or a whole report.

    Returns:
        dict: or ``error`` alone, where nothing could be read.
    """
    try:
        return read_report(text, model.lexicon).to_dict()
    except ImtdxError as error:
        return {"error": str(error)}


def diagnose(model: Model, text: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The differential of a text: the JSON of ``imtdx diagnose --json``.

    Args:
        model (Model): the model of the page.
        text (str): a panel or a whole report.
        options (dict): ``age``, ``sex``, ``site``, ``morphology``, ``complete``, ``specimen``, ``case_id``, ``prior`` (name of a profile),
            ``fixed`` (diagnosis -> probability).

    Returns:
        dict: or ``error`` alone, where the text or an option cannot be read.
    """
    try:
        return case(model, text, options or {}).to_dict()
    except ImtdxError as error:
        return {"error": str(error)}


def case(model: Model, text: str, options: Mapping[str, Any]) -> Differential:
    """One case as the page was told it."""
    prior, fixed = options.get("prior") or model.prior_name, options.get("fixed") or {}
    if prior != model.prior_name or fixed:
        model = with_prior(model, prior, fixed)
    return model.diagnose(
        text,
        age=options.get("age"),
        sex=options.get("sex"),
        site=options.get("site"),
        morphology=options.get("morphology"),
        complete=options.get("complete", False),
        case_id=options.get("case_id", ""),
        specimen=options.get("specimen", ""),
    )


def with_prior(model: Model, prior: str, fixed: Mapping[str, float]) -> Model:
    """The same model under another prior; the tables, which do not depend on it, are shared."""
    out, network = copy(model), copy(model.network)
    out.prior = network.prior = build_prior(model.knowledge, prior, fixed or None)
    out.prior_name = prior + "".join(f", {k}={v:g}" for k, v in fixed.items())
    out.network, out.engine, out.coder = network, Engine(network), Coder(network)
    return out
