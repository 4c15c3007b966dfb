"""What the page asks of the package: these functions and all they need are carried over by `imtdx.page.translate`.

Each takes the model first, then plain values, and gives plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imtdx.coding import Coder
from imtdx.engine import Engine
from imtdx.errors import ImtdxError, PanelError
from imtdx.knowledge import FOUNDING_PANEL
from imtdx.notation.cells import read_results
from imtdx.notation.report import read_report
from imtdx.panel import Finding, Unrecognised
from imtdx.priors import build_prior
from imtdx.version import __version__
from imtdx.words import INTENDED_USE, context_words, value_words

if TYPE_CHECKING:
    from imtdx.differential import Differential
    from imtdx.model import Model

__all__ = ["about", "diagnose", "first", "read", "reasons", "rest"]


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
        options (dict): ``age``, ``sex``, ``site``, ``morphology``, ``complete``, ``specimen``, ``case_id``, ``draws``, ``seed``, ``prior`` (name of a profile),
            ``fixed`` (diagnosis -> probability), ``entered`` (marker -> ``value``, ``clone``, ``pattern`` as clicked, or None to leave it out).

    Returns:
        dict: or ``error`` alone, where the text or an option cannot be read.
    """
    try:
        return case(model, text, options or {}).to_dict()
    except ImtdxError as error:
        return {"error": str(error)}


def about(model: Model) -> dict[str, Any]:
    """What the page shows before anything is entered: the tests, sites, priors and versions."""
    knowledge = model.knowledge
    features = knowledge.words.get("morphology") or {}
    clones = {s.marker: list(s.clones or ()) for s in model.network.structure.stains.values()}
    pattern = model.network.structure.pattern
    return {
        "imtdx": __version__,
        "version": str(knowledge.network.get("version", "")),
        "sha256": knowledge.sha256,
        "without_sources": list(knowledge.left_out),
        "overlays": [str(o) for o in knowledge.overlays],
        "intended_use": INTENDED_USE,
        "markers": [
            {
                "id": m.id,
                "label": m.label,
                "kind": m.kind,
                "words": [
                    *m.synonyms,
                    *m.genes,
                    *(str(w) for side in (features.get(m.id) or {}).values() for w in side),
                ],
                "clones": clones.get(m.id, []),
                "pattern": pattern[3] if pattern and pattern[2] == m.id else "",
            }
            for m in knowledge.markers.values()
            if m.id in model.network.nodes and m.kind != "pattern"
        ],
        "founding": [m for m in FOUNDING_PANEL if m in model.network.nodes],
        "diagnoses": [
            {"id": d.id, "name": d.name, "abbreviation": d.abbreviation} for d in knowledge.diagnoses.values()
        ],
        "sites": list(knowledge.network["context"]["sites"]),
        "sexes": list(knowledge.network["context"]["sexes"]),
        "prior": model.prior_name,
        "priors": [{"name": name, "description": p.description} for name, p in knowledge.priors.items()],
    }


def first(model: Model, text: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What can be shown at once: the panel as read and the probabilities, without their intervals.

    Args:
        model, text, options: as in `diagnose`.
    """
    try:
        dx = case(model, text, options or {})
    except PanelError as error:
        return {"error": error.message, "span": error.span, "suggestion": error.suggestion}
    except ImtdxError as error:
        return {"error": str(error)}
    m, panel = dx.model, dx.panel
    markers = m.knowledge.markers
    order = sorted(range(len(m.diagnoses)), key=lambda k: -float(dx.posterior[k]))
    return {
        "panel": {
            "findings": [f.to_dict() | {"words": value_words(f, markers[f.marker])} for f in panel.findings],
            "context": panel.context.to_dict() | {"words": context_words(panel.context)},
            "unrecognised": [
                {"text": u.text, "reason": u.reason, "suggestion": u.suggestion, "loud": _loud(u)}
                for u in panel.unrecognised
            ],
            "contradictions": [c.to_dict() for c in panel.contradictions],
            "remarks": [r.to_dict() for r in panel.remarks],
            "ignored": [{"text": text, "why": why} for text, why in panel.ignored],
        },
        "evidence": len(dx.evidence),
        "prior": m.prior_name,
        "ranking": [
            {
                "id": m.diagnoses[k],
                "name": m.knowledge.diagnoses[m.diagnoses[k]].name,
                "probability": float(dx.posterior[k]),
                "prior": float(m.prior[k]),
            }
            for k in order
        ],
    }


def rest(model: Model, text: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What takes a moment: remarks, fit, reasons, next tests and what if, all of `diagnose` but the intervals."""
    try:
        dx = case(model, text, options or {})
    except ImtdxError as error:
        return {"error": str(error)}
    m = dx.model
    lead = m.diagnoses[int(dx.posterior.argmax())]
    return {
        "flags": [f.to_dict() for f in dx.flags],
        "conflict": dx.conflict.to_dict(),
        "contributions": {lead: [c.to_dict() for c in dx.contributions(lead)]},
        "drivers": dx.drivers,
        "tissue_quality": dx.tissue,
        "what_if": [w.to_dict() for w in dx.what_if()],
        "next_tests": dx.next_tests(5).to_dict(),
        "best_panel": [p.to_dict() for p in dx.best_panel(4)],
    }


def reasons(
    model: Model, text: str, options: Mapping[str, Any], diagnosis: str, versus: str | None = None
) -> list[dict[str, Any]]:
    """Weights of evidence for one diagnosis, against the rest or a rival.

    Args:
        model, text, options: as in `diagnose`.
        diagnosis (str): its id.
        versus (str | None): id of a rival.
    """
    try:
        dx = case(model, text, options)
        return [c.to_dict() for c in dx.contributions(diagnosis, versus)]
    except ImtdxError:
        return []


def _loud(piece: Unrecognised) -> bool:
    """Whether words that were not used may hide a result: they do not where they only say something else."""
    return not piece.reason.startswith("not read") and (not piece.stain or piece.reason.startswith("no result"))


def case(model: Model, text: str, options: Mapping[str, Any]) -> Differential:
    """One case as the page was told it."""
    prior, fixed = options.get("prior") or model.prior_name, options.get("fixed") or {}
    if prior != model.prior_name or fixed:
        model = with_prior(model, prior, fixed)
    told = model.panel(
        text,
        age=options.get("age"),
        sex=options.get("sex"),
        site=options.get("site"),
        morphology=options.get("morphology"),
        complete=options.get("complete", False),
    )
    # what is clicked counts in place of what the text says
    for marker, entered in (options.get("entered") or {}).items():
        told = told.without(marker) if entered is None else told.with_finding(_entered(model, marker, entered))
    further = {key: options[key] for key in ("draws", "seed") if key in options}
    return model.diagnose(told, case_id=options.get("case_id", ""), specimen=options.get("specimen", ""), **further)


def _entered(model: Model, marker: str, entered: Mapping[str, str]) -> Finding:
    """A finding as clicked: ``value`` and, where told, ``clone`` and ``pattern``; an index as written."""
    value, label = str(entered["value"]), model.knowledge.markers[marker].label
    if model.knowledge.markers[marker].kind == "index":
        results = read_results(marker, value, model.lexicon)
        return replace(results[0], span=None) if results else Finding(marker, "not_interpretable", value)
    return Finding(marker, value, f"{label} {value}", clone=entered.get("clone"), pattern=entered.get("pattern"))


def with_prior(model: Model, prior: str, fixed: Mapping[str, float]) -> Model:
    """The same model under another prior; the tables, which do not depend on it, are shared."""
    out, network = copy(model), copy(model.network)
    out.prior = network.prior = build_prior(model.knowledge, prior, fixed or None)
    out.prior_name = prior + "".join(f", {k}={v:g}" for k, v in fixed.items())
    out.network, out.engine, out.coder = network, Engine(network), Coder(network)
    return out
