"""Entries to findings: what the words of one stain add up to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from imtdx.errors import PanelError
from imtdx.merging import INTENSITIES, PATTERNS
from imtdx.notation.kinds import Entry, Marks
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.names import MarkerLike
from imtdx.panel import VALUES, Finding

__all__ = ["canonical", "index_finding", "resolve"]

#: Stains that count only in the nucleus.
_NUCLEAR = frozenset({
    "BCAT", "STAT6", "MYOG", "MYOD1", "SOX10", "TLE1", "BCOR", "CAMTA1", "CYCLIND1", "ER", "ERG", "FLI1", "HHV8", "NKX22", "P63", "PAX7", "PR",
    "TFE3",
})  # fmt: skip
#: Remarks beside which a positive result says nothing about the lesion.
_SILENT = frozenset({"other_cells", "unspecific", "control"})
_PRESENT = {"present": "positive", "absent": "negative", "yes": "positive", "no": "negative"}
_CANONICAL = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]{1,40})\s*=\s*([^()=;]{1,40}?)\s*(?:\(([^()]{0,120})\)\s*)?\Z")
_FIGURE = r"\d{1,3}(?:\.\d+)?(?:e-?\d+)?"
_INDEX_VALUE = re.compile(rf"([<>]?)({_FIGURE})(?:-({_FIGURE}))?%?\Z")
_PERCENT = re.compile(rf"({_FIGURE})(?:-({_FIGURE}))?%\Z")


# --- one entry -----------------------------------------------------------------------------------------------------------

#: Percent of nuclei with a split signal from which a break-apart FISH is called rearranged (as in Schoffski 2021, the CREATE trial).
FISH_CUTOFF = 15.0
#: Words by which the laboratory calls the result itself; its call stands, whatever the share.
_CALLED = re.compile(r"\+|pos|rearr|split|detect|amplif|abnormal|fusion")


def resolve(entry: Entry, marker: MarkerLike, text: str) -> Finding | None:
    """The finding an entry amounts to, or None when no result was told.

    Args:
        entry (Entry): from `grammar.Reader`.
        marker (MarkerLike): the marker it is about (after its genetic words were heeded).
        text (str): the panel.

    Raises:
        PanelError: an impossible percentage.
    """
    marks = entry.marks
    span = (entry.start, entry.end)
    for low, high, _ in marks.of("pct"):
        if high > 100 or low > 100:
            raise PanelError(
                f"{max(low, high):g} % is not possible for {marker.label}",
                text,
                span,
                "a percentage of cells lies between 0 and 100",
            )
    reported = text[entry.start : entry.end]
    if marker.kind == "index":
        finding = _index(entry, marker)
    elif entry.value is None and not marks.telling:
        return None
    elif entry.value in (None, "positive") and not _SILENT.isdisjoint(marks.of("remark")):
        return None  # what other cells show says nothing about the lesion
    elif entry.elsewhere and marker.kind in ("fish", "mutation"):
        return None
    elif marker.kind == "ihc":
        finding = _stain(entry, marker)
    else:
        value = _sense(entry, marker)
        if (
            marker.kind == "fish"
            and value == "positive"
            and marks.of("pct")
            and not _CALLED.search(reported.casefold())
        ):
            value = _by_cutoff(*_bounds(marks))
        finding = Finding(
            marker.id, value if value in ("negative", "equivocal", "not_done", "not_interpretable") else "positive"
        )
    if finding is None:
        return None
    clone = entry.name.clone if marker.kind in ("ihc", "index") else ""
    return replace(finding, reported=reported, span=span, clone=clone or None)


def _by_cutoff(low: float | None, high: float | None) -> str:
    """A FISH result given only as a share of nuclei: none is negative, some below the cut-off is open."""
    share = high if high is not None else low
    if not share:
        return "negative"
    return "positive" if (low if low is not None else share) >= FISH_CUTOFF else "equivocal"


def _sense(entry: Entry, marker: MarkerLike) -> str:
    """Positive or negative for the marker, ``lost`` and ``retained`` translated."""
    value = entry.value or "positive"
    if marker.sense == "loss":
        if value in ("lost", "retained"):
            return "positive" if value == "lost" else "negative"
        if not entry.name.direct and value in ("positive", "negative"):
            return "negative" if value == "positive" else "positive"
        return value
    if value in ("lost", "retained"):
        return "negative" if value == "lost" or marker.kind not in ("ihc", "index") else "positive"
    return value


def _stain(entry: Entry, marker: MarkerLike) -> Finding:
    """The finding of an immunostain."""
    marks = entry.marks
    value = _sense(entry, marker)
    low, high = _bounds(marks)
    intensity = _intensity(marks)
    pattern = next((p for p in PATTERNS if p in marks.of("pattern")), None)
    if value == "positive" and entry.elsewhere:
        value = "negative"
    if value == "positive":
        extent = _extent(marks)
        if marker.sense == "loss" and not entry.name.direct:
            extent = extent if entry.value == "lost" else "positive"
        value = extent
    elif value == "negative" and marker.sense == "loss" and entry.value == "positive" and _extent(marks) == "focal":
        value = "equivocal"  # some nuclei keep the stain
    if marker.id in _NUCLEAR or "(nuclear)" in marker.label:
        nuclear = "nuclear" in marks.of("pattern")
        if value in ("positive", "focal", "diffuse"):
            if "pattern_not_told" in marks.of("remark"):
                value = "not_interpretable"
            elif (pattern in ("cytoplasmic", "membranous") and not nuclear) or "nuclear" in marks.of("not_pattern"):
                value = "negative"
    return Finding(marker.id, value, low=low, high=high, intensity=intensity, pattern=pattern)


def _bounds(marks: Marks) -> tuple[float | None, float | None]:
    """Bounds of the reported percentage."""
    if not marks.of("pct"):
        return None, None
    low, high, comp = marks.of("pct")[0]
    if comp == "<":
        return 0.0, high
    if comp == ">":
        return low, 100.0
    return low, high


def _intensity(marks: Marks) -> str | None:
    """The intensity told; the stronger one of a range."""
    told = [i for i in INTENSITIES if i in marks.of("intensity")]
    return told[-1] if told else None


def _extent(marks: Marks) -> str:
    """``focal``, ``diffuse`` or ``positive`` of a positive stain: percentage, else extent, else grade, else intensity."""
    if marks.of("pct"):
        low, high, comp = marks.of("pct")[0]
        if high == 0 or (comp == "<" and high <= 1):
            return "negative"
        if comp == "<":
            return "focal" if high <= 50 else "positive"
        if comp == ">":
            return "diffuse" if low >= 50 else "positive" if low >= 30 else "focal"
        return "focal" if (low + high) / 2 < 50 else "diffuse"
    extents: set[str] = set(marks.of("extent"))
    if "both" in extents or {"focal", "diffuse"} <= extents:
        return "positive"
    if extents:
        return extents.pop()
    intensities = set(marks.of("intensity"))
    if marks.of("grade"):
        low, high, kind = marks.of("grade")[0]
        if kind == "grade":
            if high == 0:
                return "negative"
            return "focal" if high <= 1 else "diffuse" if low >= 2 else "positive"
        if high >= 2:
            return "diffuse" if low >= 2 else "positive"
    if intensities == {"weak"}:
        return "focal"
    if "strong" in intensities and "weak" not in intensities:
        return "diffuse"
    return "positive"


def _index(entry: Entry, marker: MarkerLike) -> Finding | None:
    """The finding of a proliferation index."""
    marks = entry.marks
    if entry.value in ("not_done", "not_interpretable", "equivocal"):
        return Finding(marker.id, "not_done" if entry.value == "not_done" else "not_interpretable")
    if marks.of("pct"):
        low, high, comp = marks.of("pct")[0]
        return index_finding(marker.id, comp, low, high)
    if "low" in marks.of("index"):
        return index_finding(marker.id, "<", 10, 10)
    if "high" in marks.of("index"):
        return index_finding(marker.id, ">", 20, 20)
    if entry.value in ("negative", "lost"):
        return index_finding(marker.id, "<", 1, 1)
    if marks.of("index") or entry.value is not None or marks.told:
        return Finding(marker.id, "not_interpretable")
    return None


def index_finding(marker: str, comp: str, low: float, high: float) -> Finding:
    """A proliferation index from its figure.

    Args:
        marker (str): marker id.
        comp (str): ``"<"``, ``">"`` or empty.
        low, high (float): percent.
    """
    if comp == "<":
        return Finding(marker, f"<{high:g}", low=0.0, high=float(high))
    if comp == ">":
        return Finding(marker, f">{low:g}", low=float(low), high=100.0)
    value = f"{low:g}" if low == high else f"{low:g}-{high:g}"
    return Finding(marker, value, low=float(low), high=float(high))


# --- canonical form --------------------------------------------------------------------------------------------------------


def canonical(segment: str, start: int, lexicon: Lexicon) -> Finding | None:
    """A segment in the form of `Panel.to_text`, ``ALK=positive (strong, 60%)``, or None when it is not in that form.

    Args:
        segment (str): one piece of a panel.
        start (int): where it begins in the panel.
        lexicon (Lexicon): the names.

    Raises:
        PanelError: an impossible percentage.
    """
    match = _CANONICAL.match(segment)
    if not match:
        return None
    marker = lexicon.markers.get(match[1]) or lexicon.markers.get(match[1].upper())
    if marker is None:
        return None
    value = match[2].strip()
    value = _PRESENT.get(value.casefold(), value.casefold().replace(" ", "_"))
    inner = segment.strip()
    at = start + len(segment) - len(segment.lstrip())
    span = (at, at + len(inner))
    if marker.kind == "index":
        figure = _INDEX_VALUE.match(value)
        if figure:
            low = float(figure[2])
            high = float(figure[3] or low)
            if high > 100 or low > 100:
                raise PanelError(
                    f"{max(low, high):g} % is not possible for {marker.label}",
                    segment,
                    (0, len(segment)),
                    "a percentage of cells lies between 0 and 100",
                )
            finding = index_finding(marker.id, figure[1], low, high)
        elif value in ("not_done", "not_interpretable"):
            finding = Finding(marker.id, value)
        else:
            return None
    elif value in VALUES and (marker.kind == "ihc" or value not in ("focal", "diffuse")):
        finding = Finding(marker.id, value)
    else:
        return None
    details = _details(match[3] or "", marker, lexicon)
    if details is None:
        return None
    return replace(finding, **details, reported=inner, span=span)  # type: ignore[arg-type]


def _details(text: str, marker: MarkerLike, lexicon: Lexicon) -> Mapping[str, object] | None:
    """The part in brackets of the canonical form, or None when a word of it is not in that form."""
    out: dict[str, object] = {}
    for part in (p.strip() for p in text.split(",")):
        percent = _PERCENT.match(part)
        if not part:
            continue
        if part in INTENSITIES:
            out["intensity"] = part
        elif part in PATTERNS:
            out["pattern"] = part
        elif part in marker.clones:
            out["clone"] = part
        elif percent and float(percent[2] or percent[1]) <= 100:
            out["low"], out["high"] = float(percent[1]), float(percent[2] or percent[1])
        else:
            return None
    return out
