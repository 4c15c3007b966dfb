"""The first sheet of the case report: one printed page for the tumour board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imtdx.report.markup import h, table
from imtdx.report.svg import interval_bar, waterfall
from imtdx.version import __version__
from imtdx.words import INTENDED_USE, context_words, evidence_label, percent, value_words

if TYPE_CHECKING:
    from imtdx.differential import Differential, RankedDiagnosis

__all__ = ["board_sheet", "interval_words"]

_SHOWN = 5
#: Bars of the waterfall; lighter findings are summed up in one.
_BARS = 12
_CITATION = (
    "imtdx {version}, knowledge {sha}: a Bayesian network of published counts for the differential diagnosis of IMT"
)


def board_sheet(dx: Differential, *, accession: str = "", date: str = "") -> str:
    """The sheet as markup.

    Args:
        dx: the result.
        accession (str): accession number of the specimen; a line to write on where it is empty.
        date (str): of the report; likewise.
    """
    fields = [("Accession", accession or dx.case_id), ("Date", date), ("Pathologist", "")]
    lines = "".join(f"<div><dt>{h(name)}</dt><dd>{h(text)}</dd></div>" for name, text in fields)
    first = dx.rows[0]
    share = f"{first.first:.0%}".replace("%", " %")
    about = [f"Prior: {dx.model.prior_name}", *([f"Specimen: {dx.specimen}"] if dx.specimen else [])]
    flags = "".join(f"<li>{h(f.text)}</li>" for f in dx.flags)
    return (
        f"<section class='board'><dl class='fields'>{lines}</dl>"
        f"<h1>{h(first.name)} <span class='p'>{h(percent(first.probability))}</span></h1>"
        f"<p>95 % credible interval {interval_words(first)}; first in {h(share)} of draws. {h('; '.join(about))}.</p>"
        f"<p>{h(dx.conflict.sentence)}.</p>"
        f"{_panel(dx)}{_first(dx)}{_waterfall(dx)}"
        + (f'<ul class="flags" aria-label="What not to overlook">{flags}</ul>' if flags else "")
        + f"<p class='note'>{h(INTENDED_USE)} {h(_CITATION.format(version=__version__, sha=dx.model.knowledge.sha256[:12]))}.</p></section>"
    )


def interval_words(r: RankedDiagnosis) -> str:
    """The interval of one diagnosis in words, as markup."""
    return h(f"{percent(r.low)} to {percent(r.high)}".replace(" %", "")) + " %"


def _panel(dx: Differential) -> str:
    markers = dx.model.knowledge.markers
    told = [
        f"{markers[f.marker].label} {value_words(f, markers[f.marker])}"
        for f in dx.panel.findings
        if f.marker in markers
    ]
    context = context_words(dx.panel.context)
    parts = [
        f"<b>Case:</b> {h(context)}" if context else "",
        f"<b>Panel as read:</b> {h('; '.join(told))}" if told else "",
    ]
    return "".join(f"<p>{part}</p>" for part in parts if part)


def _first(dx: Differential) -> str:
    rows = [
        [h(r.name), interval_bar(r.probability, r.low, r.high), h(percent(r.probability)), interval_words(r)]
        for r in dx.rows[:_SHOWN]
    ]
    rest = dx.rows[_SHOWN:]
    foot = h(f"{len(rest)} others together {percent(sum(r.probability for r in rest))}") if rest else ""
    heads = ("Diagnosis", "Probability and 95 % interval", ("Probability", "num"), ("95 % interval", "num"))
    return table("First diagnoses", heads, rows, kind="ranking", foot=foot)


def _waterfall(dx: Differential) -> str:
    """What moved the first diagnosis from its prior to its probability."""
    first = dx.rows[0]
    if not dx.evidence or not 0 < first.probability < 1:
        return ""
    contributions = sorted(dx.contributions(first.id), key=lambda c: -abs(c.log10_lr))
    steps = [(evidence_label(dx, c.marker, c.value), c.log10_lr) for c in contributions[:_BARS]]
    lighter = contributions[_BARS:]
    if lighter:
        steps.append((f"{len(lighter)} lighter findings", sum(c.log10_lr for c in lighter)))
    title = f"What speaks for (blue) and against (orange) {first.name}: weights in log10, adding up to the answer"
    picture = waterfall(first.prior, steps, first.probability, first.name)
    return f"<h3>{h(title)}</h3><div class='scroll' tabindex='0' role='group' aria-label='{h(title)}'>{picture}</div>"
