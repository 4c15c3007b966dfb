"""Table cells."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from imtdx.errors import PanelError
from imtdx.merging import merge
from imtdx.notation.binding import bind
from imtdx.notation.findings import index_finding, resolve
from imtdx.notation.items import itemise
from imtdx.notation.kinds import Entry, Item, Kind
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.names import MarkerLike, Name
from imtdx.notation.panels import TIMES, test_of
from imtdx.notation.scales import on_scale, whole
from imtdx.notation.tokens import normalise, tokenise
from imtdx.panel import NO_EVIDENCE, Finding

__all__ = ["MAX_CELL", "read_cell", "read_results"]

#: Longest table cell that is read, in characters.
MAX_CELL = 2_000

_BARE_VALUES = {
    "np": "not_done",
    "nd": "not_done",
    "na": "not_done",
    "nt": "not_done",
    "nr": "not_done",
    "n": "negative",
    "p": "positive",
    "ni": "not_interpretable",
    "ne": "not_interpretable",
    "no": "negative",
    "y": "positive",
    "0": "negative",
    "1": "positive",
    "2": "diffuse",
    "3": "diffuse",
    "-": "negative",
    "—": "not_done",
    "?": "equivocal",
    "w": "focal",
    "pos": "positive",
    "neg": "negative",
    "none": "negative",
    "eq": "equivocal",
    "true": "positive",
    "false": "negative",
}
#: What programs write for an empty cell; "." is that of SAS and Stata.
_BLANK = frozenset({"nan", "nat", "null", "<na>"})
#: A tick or a bar: whether it stands for a result, and for which, is not known.
_NO_RESULT = re.compile(r"[\s|*_/\\#=~^!,;:·•]*|x{1,3}|-(?:\s*-)+|[vj✓✔☑✗✘☒☐]", re.IGNORECASE)
_HINT_SIGN = "write + or − for a result, NP for not done, or leave the cell empty"

#: A spreadsheet turns "1-2" into a date, and "-10%" may be a dash or a sign: neither is a result.
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}\b|\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
_BELOW_ZERO = re.compile(r"-\s*\d")
_HINT_DATE = "write the result as text: +, -, focal, a percentage, NP"


def read_cell(marker_id: str, text: str, lexicon: Lexicon, scale: str = "") -> Finding | None:
    """Read one cell of a case table as one finding.

    Args:
        marker_id, text, lexicon, scale: as in `read_results`.

    Returns:
        Finding | None: None for a blank cell, or one that tells nothing of the lesion.

    Raises:
        PanelError: the cell is not understood, or tells the marker positive and negative.
    """
    merged = merge(read_results(marker_id, text, lexicon, scale), lexicon.markers)
    if merged.contradictions:
        raise PanelError(merged.contradictions[0].text, text, (0, len(text)), "keep the one that holds")
    return merged.findings[0] if merged.findings else None


def read_results(marker_id: str, text: str, lexicon: Lexicon, scale: str = "") -> tuple[Finding, ...]:
    """Read every result in one cell of a case table, as told.

    Args:
        marker_id (str): the marker of its column.
        text (str): such as ``"Partially+"``, ``"−"``, ``"NP"``, ``"10%"``, ``"rearranged"``, ``"absent"``.
        lexicon (Lexicon): the names and words.
        scale (str): of bare numbers, see `headers.Column`; without one 0 is negative, 1 positive, 2 and 3 are diffuse.

    Returns:
        tuple[Finding, ...]: for `imtdx.merging.merge`; empty for a blank cell.

    Raises:
        PanelError: the cell is not understood; the suggestion lists what would be.
    """
    if len(text) > MAX_CELL:
        raise PanelError(f"a cell of {len(text):,} characters is not read", suggestion="give one result per cell")
    stripped = text.strip()
    if not stripped or stripped == ".":
        return ()
    clean = normalise(text)
    bare = whole(clean.strip().casefold().rstrip("."))
    if bare in _BLANK:
        return ()
    marker = lexicon.markers[marker_id]
    if _NO_RESULT.fullmatch(bare):
        raise PanelError(f"{stripped!r} is no result of {marker.label}", suggestion=_HINT_SIGN)
    if _DATE.match(bare) or _BELOW_ZERO.match(bare):
        raise PanelError(f"{stripped!r} is no result of {marker.label}", suggestion=_HINT_DATE)
    scaled = on_scale(marker, bare, scale)
    if isinstance(scaled, Finding):
        return (replace(scaled, reported=stripped),)
    if scaled is not None:
        clean = bare = scaled
    one = _bare_cell(marker, bare)
    findings = [one] if one else _worded_cell(marker, clean, lexicon, text if scaled is None else scaled)
    return tuple(replace(f, reported=stripped, span=None) for f in findings)


def _bare_cell(marker: MarkerLike, bare: str) -> Finding | None:
    """A cell of one sign, letter or number."""
    if marker.kind == "index":
        figure = re.fullmatch(
            r"([<>≤≥~]?)=?\s*(\d{1,3}(?:[.,]\d{1,3})?)(?:\s*(?:-|to)\s*(\d{1,3}(?:[.,]\d{1,3})?))?\s*%?", bare
        )
        if figure:
            low = float(figure[2].replace(",", "."))
            high = float((figure[3] or figure[2]).replace(",", "."))
            if max(low, high) > 100:
                raise PanelError(
                    f"{max(low, high):g} % is not possible for {marker.label}",
                    bare,
                    (0, len(bare)),
                    "a percentage of cells lies between 0 and 100",
                )
            comp = {"<": "<", "≤": "<", ">": ">", "≥": ">"}.get(figure[1], "")
            return index_finding(marker.id, comp, min(low, high), max(low, high))
    value = _BARE_VALUES.get(bare)
    if value is None:
        return None
    if marker.sense == "loss" and bare == "-":
        value = "positive"  # no stain left
    if marker.kind == "index":
        if value in ("not_done", "not_interpretable"):
            return Finding(marker.id, value)
        if value == "equivocal":
            return Finding(marker.id, "not_interpretable")
        # "+" is no figure: the words say what is wrong with it
        return index_finding(marker.id, "<", 1, 1) if value == "negative" else None
    if marker.kind != "ihc" and value in ("focal", "diffuse"):
        value = "positive"
    return Finding(marker.id, value)


def _worded_cell(marker: MarkerLike, clean: str, lexicon: Lexicon, text: str) -> list[Finding]:
    """A cell in report notation, read as a panel of one stain."""
    kind = "gene" if marker.kind in ("fish", "mutation") else marker.kind
    gene = marker.genes[0] if marker.genes else ""
    # a sign tells of the stain, the words positive and negative of the marker, which is its loss
    loss = marker.sense == "loss" and "+" in clean
    name = Name(marker.id, marker.id, gene, direct=not loss, kind=kind)
    items = itemise(tokenise(clean), lexicon)
    items = [k for k in items if k.kind != "break"]
    head = Item(Kind.NAME, "", 0, 0, name)
    strange = [k for n, k in enumerate(items) if k.kind == "unk" and not _bracketed(items, n)]
    other = [
        k
        for k in items
        if k.kind == "name" and k.name and k.name.marker != marker.id and marker.kind == "ihc" and not k.name.clone
    ]
    reader = bind([head, *items], lexicon)
    findings: list[Finding] = []
    for entry in reader.entries:
        if entry.name.kind == "unknown":
            strange = strange or items
        elif entry.name is name or entry.name.marker == marker.id or entry.modes or entry.name.also:
            # the name of the column tells of no probe
            test: dict[str, Any] = {"when": TIMES[entry.rank]} if entry.name is name else test_of(entry, marker, text)
            entry.modes = []
            same = entry if entry.name is name else replace_name(entry, name)
            finding = resolve(same, marker, text)
            if finding:
                findings.append(replace(finding, **test))
    if strange or other or not findings:
        piece = (strange or other or [Item(Kind.UNKNOWN, "", 0, len(text))])[0]
        raise PanelError(
            f"{text.strip()[:60]!r} is no result of {marker.label}",
            text,
            (piece.start, max(piece.end, piece.start + 1)),
            _HINTS.get(marker.kind, _HINTS["ihc"]),
        )
    _whole_cell(findings, marker, items, text)
    return findings


def _whole_cell(findings: list[Finding], marker: MarkerLike, items: list[Item], text: str) -> None:
    """
    Raises:
        PanelError: the cell says more than the findings hold, so that which part counts is not known.
    """
    informative = any(f.informative for f in findings)
    outside = [k for n, k in enumerate(items) if not _bracketed(items, n)]
    hint = _HINTS.get(marker.kind, _HINTS["ihc"])
    if marker.kind == "index":
        figures = [
            k for n, k in enumerate(outside) if k.kind in (Kind.PERCENT, Kind.NUMBER) and not _counted(outside, n)
        ]
        if len(figures) > 1:
            raise PanelError(
                f"{text.strip()[:60]!r} holds more than one figure of {marker.label}",
                text,
                (figures[1].start, figures[1].end),
                "write one percentage or a range such as 10-20; further figures may stand in brackets",
            )
        told = any(
            k.kind == "value" and (k.what in NO_EVIDENCE or (k.what == "equivocal" and not k.sign)) for k in items
        )
        # "not counted" is no negative
        figure = figures or any(k.kind in (Kind.VALUE, Kind.INDEX, Kind.NONE) or k.sign for k in items)
        if informative and not figure and not any(k.kind in (Kind.PERCENT, Kind.NUMBER) for k in items):
            raise PanelError(f"{text.strip()[:60]!r} gives no figure of {marker.label}", text, suggestion=hint)
        if not informative and not told:
            raise PanelError(f"{text.strip()[:60]!r} gives no figure of {marker.label}", text, suggestion=hint)
    said = [k for k in items if k.kind not in (Kind.GLUE, Kind.OPEN, Kind.CLOSE, Kind.BREAK, Kind.COMMA, Kind.STOP)]
    if marker.kind != "index" and said and all(k.kind == Kind.INDEX for k in said):
        raise PanelError(f"{text.strip()[:60]!r} is no result of {marker.label}", text, suggestion=hint)
    if not informative and (
        any(_result(k, marker) for k in items) or any(k.kind in ("dash", "em") for k in (items[:1] + items[-1:]))
    ):
        raise PanelError(
            f"{text.strip()[:60]!r} gives a result of {marker.label} and says that there is none",
            text,
            suggestion="keep the one that holds",
        )


def _result(item: Item, marker: MarkerLike) -> bool:
    """Whether an item tells a result, beside words that there is none."""
    if item.kind == "value":
        return item.what not in NO_EVIDENCE and (marker.kind != "index" or item.what != "equivocal" or item.sign)
    if item.kind == Kind.CUE and (marker.kind == "index" or item.what.endswith("_positive")):
        return True  # "amplified", not "amplification"
    if marker.kind == "index" and item.what == "#rate":
        return True
    return item.kind in ("pct", "extent", "intensity", "index") or (item.sign and item.low is not None)


def _counted(items: list[Item], n: int) -> bool:
    """Whether a figure counts cells or fields ("10% of 500 cells")."""
    return items[n].kind == "num" and n + 1 < len(items) and items[n + 1].kind in ("noun", "glue")


def replace_name(entry: Entry, name: Name) -> Entry:
    """The same entry under another name; a clone is kept."""
    entry.name = replace(name, clone=entry.name.clone)
    return entry


def _bracketed(items: list[Item], n: int) -> bool:
    """Whether item ``n`` stands in brackets, where a cell may say anything."""
    return sum(k.kind == "lp" for k in items[:n]) > sum(k.kind == "rp" for k in items[:n])


_HINTS = {
    "ihc": "write +, −, focal, weak, diffuse, a percentage, 0 to 3+, NP (not done) or NI (not interpretable)",
    "index": "write a percentage such as 10, 10-15, <5 or >30, or NP (not done)",
    "fish": "write positive, negative, rearranged, not rearranged or NP (not done)",
    "mutation": "write positive, negative, mutated, wild type or NP (not done)",
    "morphology": "write present, absent or leave the cell empty",
}
