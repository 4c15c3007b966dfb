"""Words and figures that remarks, advice and all writers share, so that they cannot disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imtdx.knowledge import Marker
from imtdx.panel import Context, Finding
from imtdx.variables import AGE, FUSION, ORDERED, SEX, SITE

if TYPE_CHECKING:
    from imtdx.answer.case import Case
    from imtdx.differential import Differential

__all__ = [
    "INTENDED_USE",
    "age_words",
    "context_words",
    "evidence_label",
    "judged_words",
    "percent",
    "sum_words",
    "value_words",
]

INTENDED_USE = (
    "Decision support for pathologists, not a diagnosis. Diagnoses are taken to exclude each other; published series are "
    "selected. Read with the slide."
)
_SIGNS = {"negative": "-", "positive": "+"}


def percent(p: float) -> str:
    """A probability for reading: ``"97.4 %"``, ``"<0.1 %"``, ``">99.9 %"``.

    Args:
        p (float): probability.
    """
    if 0 < p < 0.0005:
        return "<0.1 %"
    if 0.9995 < p < 1:
        return ">99.9 %"
    return f"{100 * p:.1f} %"


def judged_words(p: float) -> str:
    """A stated rate for reading: ``"0.5 %"``, as it was stated."""
    return f"{100 * p:.3g} %" if p < 0.995 else f"{100 * p:.1f} %"


def value_words(finding: Finding, marker: Marker) -> str:
    """A finding's value for reading, such as ``"focal + (20 %)"``."""
    if marker.kind == "index":
        return finding.value.replace("_", " ") if not finding.informative else f"{finding.value} %"
    if marker.kind == "morphology" and finding.value in ("positive", "negative"):
        return "present" if finding.value == "positive" else "absent"
    value = _SIGNS.get(finding.value) or finding.value.replace("_", " ") + (
        " +" if finding.value in ("focal", "diffuse") else ""
    )
    extras = [x for x in (finding.intensity, finding.pattern, finding.clone) if x]
    if finding.percent is not None:
        extras.append(f"{finding.percent:g} %")
    return f"{value} ({', '.join(extras)})" if extras else value


def age_words(age: float) -> str:
    """An age (years) for reading: ``"5 y"``, and below two ``"14 months"``."""
    return f"{age:.3g} y" if age >= 2 else f"{age * 12:.0f} months"


def context_words(context: Context) -> str:
    """Age, sex and site for reading."""
    parts = []
    if context.age is not None:
        parts.append(age_words(context.age))
    if context.sex:
        parts.append(context.sex)
    if context.site:
        category = context.site.replace("_", " ")
        told = context.site_reported
        parts.append(f"{told} ({category})" if told and told.casefold().replace("_", " ") != category else category)
    return ", ".join(parts)


def sum_words(dx: Differential) -> tuple[str, ...]:
    """The sums over behaviour and lineage for reading: ``"Behaviour: intermediate 97 %, benign 2 %"``."""
    out = []
    for kind, sums in dx.sums.items():
        told = [f"{name} {percent(p)}" for name, p in sums.items() if p >= 0.01][:4]
        out.append(f"{kind.capitalize()}: {', '.join(told)}")
    return tuple(out)


def evidence_label(case: Case, variable: str, value: str) -> str:
    """Name and value of one piece of evidence for reading."""
    names = {AGE: "age", SEX: "sex", SITE: "site"}
    if variable == FUSION:
        return f"fusion by sequencing or PCR ({value})"
    if variable == ORDERED:
        return f"what was asked for ({value})"
    if variable == SITE and case.panel.context.site_reported:
        return f"site {case.panel.context.site_reported}"
    if variable in names:
        return f"{names[variable]} {value.replace('_', ' ')}"
    marker = case.model.knowledge.markers[variable]
    if variable in case.panel:
        return f"{marker.label} {value_words(case.panel[variable], marker)}"
    return f"{marker.label} {_SIGNS.get(value, value)}"
