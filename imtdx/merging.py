"""Several results of one marker to one finding: the one rule for text, mappings, tables of every layout, evaluation and page.

`merge` takes every result as told (one `Finding` per result, several per marker) and does not look at their order:

1. *Component.* A result about another component than the lesion (``component``) is not used; a remark says so.
2. *Nothing told.* ``not_done`` and ``not_interpretable`` yield to any result.
3. *Tests.* Results are of one test when clone, method and target agree. A method that is not told is the usual one of the
   marker (``METHODS``). A clone or target that is not told is not the same as one that is: a report that names the clone of
   one of two results tells of two stains.
4. *Time.* A result whose words call it a repeat, of the resection, after treatment or revised (``when == "later"``)
   replaces those of its test that are not; one called the first (``"earlier"``) yields to those that are not. For this a
   clone or target that is not told may be any. The place in the report or table never counts.
5. *Sign.* Firm (negative, or positive, focal, diffuse) beats equivocal. Firm positive and firm negative

   - of different tests: positive, with a remark (a sensitive clone finds what an older one misses; sequencing finds what
     a probe misses);
   - of one test: a `Contradiction`. The marker is no finding at all, whatever else is told of it.
6. *Extent.* ``positive`` does not tell the extent, so beside ``focal`` it is ``focal``, and beside ``diffuse`` it is
   ``diffuse``. ``focal`` and ``diffuse`` together agree on the sign only: ``positive``, which is focal or diffuse.
7. *Index.* Figures of a proliferation index are a span from the lowest to the highest, told in a remark. A bound ("<5",
   ">30") that holds for every figure adds nothing; one that does not widens the span. Of bounds alone, what all of them allow.
8. *Words and details.* The words and the place of the first result in the text that says the same as all together (of results
   without a place the words of all). The strongest intensity, the pattern that stands first in ``PATTERNS``, the span of percentages; clone,
   method, target, time and specimen where those that tell one agree.

The rule is written in plain Python, so that the page's JavaScript can be made from it: no numpy, no exceptions, no sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from imtdx.panel import NO_EVIDENCE, POSITIVE, VALUES, Context, Contradiction, Finding, Panel, Remark, Unrecognised

__all__ = [
    "INTENSITIES",
    "METHODS",
    "PATTERNS",
    "MergeMarker",
    "Merged",
    "merge",
    "merged_panel",
    "outweighed",
    "result_key",
]

#: Method of a result that names none, by kind of marker.
METHODS = {"ihc": "ihc", "index": "ihc", "fish": "fish", "mutation": "sequencing", "morphology": "H&E"}
#: Patterns in the order in which one is kept when several are told.
PATTERNS = ("nuclear-membrane", "nuclear", "dot-like", "perinuclear", "membranous", "cytoplasmic")
INTENSITIES = ("weak", "moderate", "strong")


class MergeMarker(Protocol):
    """What the rule asks of a marker."""

    @property
    def label(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass
class Merged:
    """What results amount to.

    Attributes:
        findings: one per marker, in order of first appearance.
        contradictions: markers told both ways.
        remarks: what was replaced, outweighed or not used.
    """

    findings: list[Finding] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def merge(findings: Iterable[Finding], markers: Mapping[str, MergeMarker]) -> Merged:
    """Every result as told to one finding per marker, whatever their order.

    Args:
        findings: results as told, several per marker.
        markers: marker id -> its label and kind.
    """
    told: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.marker not in told:
            told[finding.marker] = []
        told[finding.marker].append(finding)
    out = Merged()
    for marker in told:
        label = marker
        kind = "ihc"
        if marker in markers:
            label = markers[marker].label
            kind = markers[marker].kind
        _merge_marker(label, kind, _distinct(told[marker]), out)
    return out


def merged_panel(
    readings: Iterable[Finding],
    markers: Mapping[str, MergeMarker],
    context: Context | None = None,
    unrecognised: Iterable[Unrecognised] = (),
    text: str = "",
) -> Panel:
    """The panel of one case from every result told of it.

    Args:
        readings, markers: as in `merge`.
        context, unrecognised, text: of the panel.
    """
    told = tuple(readings)
    merged = merge(told, markers)
    return Panel(
        findings=tuple(merged.findings),
        context=context or Context(),
        unrecognised=tuple(unrecognised),
        text=text,
        contradictions=tuple(merged.contradictions),
        remarks=tuple(merged.remarks),
        readings=told,
    )


def outweighed(
    readings: Iterable[Finding], given: Iterable[Finding], markers: Mapping[str, MergeMarker]
) -> tuple[Remark, ...]:
    """Remarks on results of a text that give way to others given beside it, where the two say other things.

    Args:
        readings: of the text.
        given: beside it.
        markers: as in `merge`.
    """
    told = merge(readings, markers).findings
    out: list[Remark] = []
    for own in merge(given, markers).findings:
        for other in told:
            if other.marker == own.marker and other.value != own.value:
                kind = markers[own.marker].kind
                text = f"{markers[own.marker].label} is {_words(own, kind)} as given beside the text, which tells {_words(other, kind)}"
                out.append(Remark(own.marker, text))
    return tuple(out)


def _merge_marker(label: str, kind: str, told: list[Finding], out: Merged) -> None:
    """Results of one marker, none of them twice."""
    if len(told) == 1 and not told[0].component:
        out.findings.append(told[0])
        return
    marker = told[0].marker
    lesional = [f for f in told if not f.component]
    for f in _ordered([f for f in told if f.component], kind):
        out.remarks.append(Remark(marker, f"{label} {_words(f, kind)} is not of the lesion, and is not used"))
    if not lesional:
        return
    telling = [f for f in lesional if f.value not in NO_EVIDENCE]
    if not telling:
        tried = [f for f in lesional if f.value == "not_interpretable"]
        out.findings.append(_join(tried or lesional, (tried or lesional)[0].value, kind))
        return
    standing = [f for f in telling if not _replaced(f, telling, kind)]
    replaced = [f for f in telling if _replaced(f, telling, kind)]
    if replaced:
        out.remarks.append(
            Remark(
                marker,
                f"{label}: {_list(replaced, kind)} is replaced by {_list(standing, kind)}, by the words of the report",
            )
        )
    if len(standing) == 1:
        out.findings.append(standing[0])
    elif kind == "index":
        _merge_index(label, standing, out)
    else:
        _merge_results(label, kind, standing, out)


def _merge_results(label: str, kind: str, standing: list[Finding], out: Merged) -> None:
    """Informative results of a stain, test or feature."""
    marker = standing[0].marker
    positive = [f for f in standing if f.value in POSITIVE]
    negative = [f for f in standing if f.value == "negative"]
    unsure = [f for f in standing if f.value not in POSITIVE and f.value != "negative"]
    for p in positive:
        for n in negative:
            if _test(p, kind) == _test(n, kind):
                text = f"{label} is told as {_list(positive, kind)} and as {_list(negative, kind)}"
                out.contradictions.append(Contradiction(marker, tuple(_ordered(standing, kind)), text))
                return
    firm = positive or negative
    if not firm:
        out.findings.append(_join(unsure, unsure[0].value, kind))
        return
    if unsure:
        out.remarks.append(Remark(marker, f"{label}: {_list(firm, kind)} outweighs {_list(unsure, kind)}"))
    if positive and negative:
        out.remarks.append(
            Remark(
                marker,
                f"{label} is {_list(positive, kind)} and {_list(negative, kind)} by different tests; read as positive",
            )
        )
    value = _extent(positive) if positive else "negative"
    if value == "positive" and len([f for f in positive if f.value != "positive"]) > 1:
        out.remarks.append(
            Remark(marker, f"{label} is told as {_list(positive, kind)}; read as positive, its extent left open")
        )
    _name_specimens(label, kind, firm, out)
    out.findings.append(_join(firm, value, kind))


def _extent(positive: list[Finding]) -> str:
    """Extent of positive results together."""
    focal = len([f for f in positive if f.value == "focal"]) > 0
    diffuse = len([f for f in positive if f.value == "diffuse"]) > 0
    if focal == diffuse:
        return "positive"
    return "focal" if focal else "diffuse"


def _merge_index(label: str, standing: list[Finding], out: Merged) -> None:
    """Figures and bounds of a proliferation index."""
    figures = [f for f in standing if f.value[0] not in "<>"]
    bounds = [f for f in standing if f.value[0] in "<>"]
    low, high = 0.0, 100.0
    if figures:
        low = min([_low(f) for f in figures])
        high = max([_high(f) for f in figures])
        for f in bounds:
            if low < _low(f) or high > _high(f):
                low = min(low, _low(f))
                high = max(high, _high(f))
    else:
        low = max([_low(f) for f in bounds])
        high = min([_high(f) for f in bounds])
        if low > high:
            low = min([_low(f) for f in bounds])
            high = max([_high(f) for f in bounds])
    value = _index_value(low, high, len(figures) == 0)
    chosen = [f for f in standing if f.value == value]
    if not chosen:
        marker = standing[0].marker
        out.remarks.append(Remark(marker, f"{label} is told as {_list(standing, 'index')}; read as the span {value} %"))
    _name_specimens(label, "index", standing, out)
    found = _join(chosen or standing, value, "index")
    out.findings.append(_with_bounds(found, low, high))


def _index_value(low: float, high: float, bounded: bool) -> str:
    """The canonical text of an index."""
    if low == high:
        return f"{low:g}"
    if bounded and low == 0 and high < 100:
        return f"<{high:g}"
    if bounded and high == 100 and low > 0:
        return f">{low:g}"
    return f"{low:g}-{high:g}"


def _low(finding: Finding) -> float:
    return 0.0 if finding.low is None else finding.low


def _high(finding: Finding) -> float:
    return 100.0 if finding.high is None else finding.high


# --- which results are of one test ------------------------------------------------------------------------------------------


def _method(finding: Finding, kind: str) -> str:
    return finding.method or METHODS.get(kind, "")


def _test(finding: Finding, kind: str) -> str:
    """What a result was told by; an index is one test whatever the clone."""
    return f"{_method(finding, kind)}|{finding.clone or ''}|{finding.target}"


def _replaced(finding: Finding, told: list[Finding], kind: str) -> bool:
    """Whether another result takes the place of this one."""
    for other in told:
        if _time(other) > _time(finding) and _method(other, kind) == _method(finding, kind):
            same_clone = not other.clone or not finding.clone or other.clone == finding.clone or kind == "index"
            same_target = not other.target or not finding.target or other.target == finding.target
            if same_clone and same_target:
                return True
    return False


def _time(finding: Finding) -> int:
    if finding.when == "later":
        return 1
    return -1 if finding.when == "earlier" else 0


# --- several results as one --------------------------------------------------------------------------------------------------


def _join(findings: list[Finding], value: str, kind: str) -> Finding:
    """One finding with the details that any of some results tells."""
    if len(findings) == 1 and findings[0].value == value:
        return findings[0]
    ordered = _ordered(findings, kind)
    first = ordered[0]
    shown = _shown(ordered, value)
    lows = [f.low for f in ordered if f.low is not None]
    highs = [f.high for f in ordered if f.high is not None]
    intensities = [i for i in INTENSITIES if len([f for f in ordered if f.intensity == i]) > 0]
    patterns = [p for p in PATTERNS if len([f for f in ordered if f.pattern == p]) > 0]
    return Finding(
        marker=first.marker,
        value=value,
        reported=_reported(ordered) if shown is None else shown.reported,
        low=min(lows) if lows else None,
        high=max(highs) if highs else None,
        intensity=intensities[-1] if intensities else None,
        pattern=patterns[0] if patterns else None,
        clone=_agreed([f.clone or "" for f in ordered]) or None,
        method=_agreed([f.method for f in ordered]),
        target=_agreed([f.target for f in ordered]),
        when=_agreed([f.when for f in ordered]),
        specimen=_agreed([f.specimen for f in ordered]),
        span=None if shown is None else shown.span,
    )


def _with_bounds(f: Finding, low: float, high: float) -> Finding:
    """The same finding with other bounds of its percentage."""
    if f.low == low and f.high == high:
        return f
    return Finding(
        marker=f.marker,
        value=f.value,
        reported=f.reported,
        low=low,
        high=high,
        intensity=f.intensity,
        pattern=f.pattern,
        clone=f.clone,
        method=f.method,
        target=f.target,
        when=f.when,
        specimen=f.specimen,
        span=f.span,
    )


def _agreed(words: list[str]) -> str:
    """What those that tell something agree on."""
    told = [w for w in words if w]
    return told[0] if told and len([w for w in told if w != told[0]]) == 0 else ""


def _shown(ordered: list[Finding], value: str) -> Finding | None:
    """The result whose words and place stand for all: the first in the text of those that say the same as all together."""
    same = [f for f in ordered if f.value == value] or ordered
    out: Finding | None = None
    for f in same:
        if f.span is None:
            return None
        if out is None or _place(f) < _place(out):
            out = f
    return out


def _reported(ordered: list[Finding]) -> str:
    """The words of all, none twice."""
    words: list[str] = []
    for f in ordered:
        if f.reported and f.reported not in words:
            words.append(f.reported)
    return " / ".join(words)


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Each result once, whatever its words; of equal ones the first in the text."""
    out: dict[str, Finding] = {}
    for f in findings:
        key = result_key(f)
        if key not in out or _place(f) < _place(out[key]):
            out[key] = f
    return [out[key] for key in out]


def _place(finding: Finding) -> int:
    return finding.span[0] if finding.span is not None else -1


def result_key(f: Finding) -> str:
    """One text for all of a result but its words and its place: results with the same key are one."""
    bounds = f"{f.low}|{f.high}"
    details = f"{f.intensity or ''}|{f.pattern or ''}|{f.clone or ''}|{f.method}|{f.target}"
    return f"{f.marker}|{f.value}|{bounds}|{details}|{f.when}|{f.component}|{f.specimen}"


def _ordered(findings: list[Finding], kind: str) -> list[Finding]:
    """Results in an order that does not depend on the order told."""
    out: dict[str, Finding] = {}
    for f in findings:
        out[f"{_words(f, kind)}|{result_key(f)}"] = f
    return [out[key] for key in sorted(out)]


# --- words -------------------------------------------------------------------------------------------------------------------


def _words(finding: Finding, kind: str) -> str:
    """A result in words, with what tells it from others."""
    value = finding.value.replace("_", " ")
    if kind == "index" and finding.value not in VALUES:
        value += " %"
    if kind == "morphology":
        value = {"positive": "present", "negative": "absent"}.get(value, value)
    when = {"later": "repeat", "earlier": "first"}.get(finding.when, "")
    details = [finding.clone or "", finding.method, finding.target, when, finding.specimen, finding.component]
    told = ", ".join([d for d in details if d])
    return f"{value} ({told})" if told else value


def _list(findings: list[Finding], kind: str) -> str:
    """Results in words, none twice: "focal and diffuse"."""
    words: list[str] = []
    for f in _ordered(findings, kind):
        text = _words(f, kind)
        if text not in words:
            words.append(text)
    return " and ".join(words)


def _name_specimens(label: str, kind: str, findings: list[Finding], out: Merged) -> None:
    """Name the specimens where they differ."""
    marker = findings[0].marker
    named: list[str] = []
    values: list[str] = []
    for f in findings:
        if f.specimen and f.specimen not in named:
            named.append(f.specimen)
        if f.value not in values:
            values.append(f.value)
    if len(named) > 1 and len(values) > 1:
        out.remarks.append(Remark(marker, f"{label} differs between specimens: {_list(findings, kind)}"))
