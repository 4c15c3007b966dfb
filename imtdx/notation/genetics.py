"""Methods and genetic words: which test a result belongs to."""

from __future__ import annotations

from imtdx.notation.ahead import OTHER, QUIET, SKIPPED, chunk_has
from imtdx.notation.kinds import Entry, Kind
from imtdx.notation.naming import counterpart
from imtdx.notation.notes import mode_of
from imtdx.notation.phrases import Phrase, skip
from imtdx.notation.results import give
from imtdx.notation.state import State, append, flush, kind_at

__all__ = ["echo", "give_mode", "on_cue"]


def on_cue(s: State, i: int) -> int:
    """FISH, rearranged, mutation, wild type, immunohistochemistry: which test the result belongs to."""
    item = s.items[i]
    mode = mode_of(item.what)
    value = {"positive": "positive", "negative": "negative"}.get(item.what.rpartition("_")[2])
    noun = item.what.endswith("_noun")
    links = SKIPPED | {Kind.CUE, Kind.COLON, Kind.FOR}
    nxt = kind_at(s, skip(s.items, i + 1, links))
    named_in_chunk = chunk_has(s, i, (Kind.NAME,))
    if s.negated and noun and s.open and s.gap in ("comma", "and") and not named_in_chunk:
        flush(s)  # "no staining for A, and no fusion was found"
    if s.open and s.gap in ("", "and"):
        give_mode(s, mode, noun or value is not None)
    elif (
        s.open
        and value is None
        and kind_at(s, skip(s.items, i + 1, links | {Kind.VALUE, Kind.SHOW, Kind.BE, Kind.NOT})) is Kind.NAME
    ):
        s.mode = "" if mode == "ihc" else mode
    elif s.open and nxt is not Kind.NAME:
        give_mode(s, mode, noun or value is not None)
    elif s.last and s.gap == "" and not named_in_chunk:
        for entry in s.last:
            if (mode == "ihc" or counterpart(s, entry.name, mode)) and mode not in entry.modes:
                entry.modes = [*entry.modes, mode]
        if value is None:
            s.negated = False
            return i + 1
    elif s.last and not named_in_chunk and mode != "ihc" and s.gap != "dirty":
        echo(s, i, mode, value is not None or noun)
    elif mode == "ihc":
        s.mode = ""
    else:
        s.mode = mode
        s.cued = s.cued or (noun and not s.negated and s.scope is None and kind_at(s, i - 1) is not Kind.UNKNOWN)
    if value is not None:
        if s.negated:
            value, s.negated = OTHER[value], False
        j = skip(s.items, i + 1, QUIET | {Kind.NEUTRAL})
        return give(s, Phrase(item.start, item.end, value=value, firm=True), i, i + 1, j)
    if noun and s.open:
        if s.negated:
            s.negated = False
            give(
                s,
                Phrase(item.start, item.end, value="negative", firm=True, denied=True),
                i,
                i + 1,
                skip(s.items, i + 1, QUIET),
            )
        else:
            for entry in s.open if s.open[-1].scope is None else [e for e in s.open if e.scope is s.open[-1].scope]:
                entry.noun = entry.exon = True
                entry.weak = entry.weak or item.what != "mutation_exon_noun"
            s.open[-1].end = max(s.open[-1].end, item.end)
    return i + 1


def give_mode(s: State, mode: str, forced: bool) -> None:
    """Tell the open names which test is meant; of two of one gene only the later."""
    seen: set[str] = set()
    given = False
    for entry in reversed(s.open):
        gene = entry.name.gene
        if gene and gene not in seen and not entry.name.also and (mode == "ihc" or counterpart(s, entry.name, mode)):
            if mode not in entry.modes:
                entry.modes = [*entry.modes, mode]
            given = True
        seen.add(gene)
    if not given and forced and s.open[-1].name.kind != "fusion":
        s.open[-1].modes = [*s.open[-1].modes, mode]


def echo(s: State, i: int, mode: str, certain: bool) -> None:
    """A genetic word without a name, after a finding: "ALK positive, FISH negative", "ALK+, confirmed by FISH"."""
    able = [e for e in s.last if e.name.gene and counterpart(s, e.name, mode)]
    if not able or len({e.name.marker for e in s.last}) > 2:
        s.mode = mode
        return
    if certain or chunk_has(s, i, (Kind.VALUE, Kind.DASH, Kind.NOT)):
        flush(s)
        source = able[-1]
        append(s, Entry(source.name, s.items[i].start, s.items[i].end, modes=[mode], rank=s.rank, chunk=s.chunk))
    elif s.gap != "stop":
        for entry in able:
            entry.modes = [*(entry.modes or ["ihc"]), mode]
