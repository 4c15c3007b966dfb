"""Table cells and column headers."""

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
from imtdx.notation.names import MarkerLike, Name, Word
from imtdx.notation.panels import TIMES, markers_of, test_of
from imtdx.notation.tokens import is_number, normalise, tokenise
from imtdx.panel import Finding

__all__ = ["MAX_CELL", "read_cell", "read_header", "read_results"]

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
    "x": "not_interpretable",
}
_BLANK = frozenset({"", "nan", "nat", "null", "<na>"})


#: A spreadsheet turns "1-2" into a date, and "-10%" may be a dash or a sign: neither is a result.
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}\b|\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
_BELOW_ZERO = re.compile(r"-\s*\d")
_HINT_DATE = "write the result as text: +, -, focal, a percentage, NP"


def read_cell(marker_id: str, text: str, lexicon: Lexicon) -> Finding | None:
    """Read one cell of a case table as one finding.

    Args:
        marker_id, text, lexicon: as in `read_results`.

    Returns:
        Finding | None: None for a blank cell, or one that tells nothing of the lesion.

    Raises:
        PanelError: the cell is not understood, or tells the marker positive and negative.
    """
    merged = merge(read_results(marker_id, text, lexicon), lexicon.markers)
    if merged.contradictions:
        raise PanelError(merged.contradictions[0].text, text, (0, len(text)), "keep the one that holds")
    return merged.findings[0] if merged.findings else None


def read_results(marker_id: str, text: str, lexicon: Lexicon) -> tuple[Finding, ...]:
    """Read every result in one cell of a case table, as told.

    Args:
        marker_id (str): the marker of its column.
        text (str): such as ``"Partially+"``, ``"−"``, ``"NP"``, ``"10%"``, ``"rearranged"``, ``"absent"``.
        lexicon (Lexicon): the names and words.

    Returns:
        tuple[Finding, ...]: for `imtdx.merging.merge`; empty for a blank cell.

    Raises:
        PanelError: the cell is not understood; the suggestion lists what would be.
    """
    if len(text) > MAX_CELL:
        raise PanelError(f"a cell of {len(text):,} characters is not read", suggestion="give one result per cell")
    clean = normalise(text)
    bare = clean.strip().casefold().rstrip(".")
    if bare in _BLANK:
        return ()
    marker = lexicon.markers[marker_id]
    if _DATE.match(bare) or _BELOW_ZERO.match(bare):
        raise PanelError(f"{text.strip()!r} is no result of {marker.label}", suggestion=_HINT_DATE)
    bare_finding = _bare_cell(marker, bare)
    findings = [bare_finding] if bare_finding else _worded_cell(marker, clean, lexicon, text)
    return tuple(replace(f, reported=text.strip(), span=None) for f in findings)


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
        return index_finding(marker.id, "<", 1, 1) if value == "negative" else Finding(marker.id, "not_interpretable")
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
    return findings


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

_HEADER_WORDS = frozenset(
    {
        "antibody", "cells", "cish", "clone", "cytoplasmic", "expression", "finding", "fish", "ihc",
        "immunohistochemistry", "immunoreactivity", "immunostain", "in", "index", "labeling", "labelling", "li", "marker",
        "membranous", "nuclear", "of", "pct", "percent", "positivity", "proliferation", "protein", "reactivity", "result",
        "results", "score", "stain", "stained", "staining", "status", "test", "the", "tumor", "tumour", "value"
    }
)  # fmt: skip
_GENETIC_WORDS = {
    "fish": "fish",
    "cish": "fish",
    "rearrangement": "fish",
    "fusion": "fish",
    "translocation": "fish",
    "ngs": "fish",
    "amplification": "amplification",
    "mutation": "mutation",
    "mut": "mutation",
}
_NO_HEADERS = frozenset({"mitoses", "mitosis", "atypia", "des", "kit", "ret", "met", "clu"})


def read_header(text: str, lexicon: Lexicon) -> str | None:
    """The marker a column is about.

    Args:
        text (str): the column's name, such as ``"Dog-1"``, ``"CD117 (c-kit)"``, ``"Ki67 (%)"``, ``"alk_ihc"``.
        lexicon (Lexicon): the names and words.

    Returns:
        str | None: marker id; None for any other column.
    """
    text = text.strip()
    if not text or len(text) > 80:
        return None
    if text in lexicon.markers:
        return text
    if text.upper() in lexicon.markers and text.casefold() not in _NO_HEADERS:
        return text.upper()
    if text in _NO_HEADERS - {"kit", "des"} or text.casefold() in ("mitoses", "mitosis"):
        return None
    whole = lexicon.name(text)
    if whole and whole.marker and whole.kind != "gene":
        return whole.marker
    feature = lexicon.feature(text)
    if feature:
        return feature
    tokens = [t for t in tokenise(normalise(text)) if t.kind != "break"]
    names: list[Name] = []
    modes: list[str] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        found = lexicon.match(tokens, i) if token.kind != "sign" else None
        if found and isinstance(found[1], Name):
            names.append(found[1])
            i = found[0]
            continue
        if token.kind != "sign":
            if token.fold in _GENETIC_WORDS:
                modes.append(_GENETIC_WORDS[token.fold])
            elif (
                token.fold not in _HEADER_WORDS
                and not (found and isinstance(found[1], Word) and found[1].role == "cue")
            ) or is_number(token):
                return None
        elif token.text not in "()-_%/.:,":
            return None
        i += 1
    ids: set[str] = set()
    for name in names:
        entry = Entry(name, 0, 0, modes=list(modes))
        if name.kind == "gene" and not modes:
            return None
        ids.update(markers_of(entry, lexicon))
    return ids.pop() if len(ids) == 1 else None
