"""Names, and what they take from what stands before them."""

from __future__ import annotations

from imtdx.notation.assign import outside
from imtdx.notation.kinds import Entry, Kind, Marks, Scope
from imtdx.notation.names import Name
from imtdx.notation.state import State, append, flush, kind_at, take_pre

__all__ = ["counterpart", "on_name"]


def counterpart(s: State, name: Name, mode: str) -> bool:
    """Whether a genetic result of this name's gene is a marker."""
    lexicon = s.lexicon
    if mode == "ihc":
        return True
    if mode == "mutation":
        return name.gene in lexicon.mutation_markers
    if mode == "amplification":
        return name.gene in lexicon.amplification_markers
    return name.gene in lexicon.fusion_genes or name.gene in lexicon.amplification_markers


#: What may stand between the noun of a new clause and its verb.
_VERBS = frozenset({Kind.SHOW, Kind.BE, Kind.UNKNOWN, Kind.EXCLUDE, Kind.GENERAL})


_PLACED = frozenset({"in", "within", "im", "en", "dans", "nel", "em", "by", "throughout", "the", "a"})


def own_clause(s: State, i: int) -> bool:
    """Whether the name at ``i`` begins a clause of its own: "negativity for A and B, and C expression speaks for D"."""
    if kind_at(s, i - 1) is not Kind.AND or kind_at(s, i - 2) is not Kind.COMMA:
        return False
    scope = s.open[-1].scope
    if not s.open[-1].joined or scope is None or scope.value is None:
        return False
    if kind_at(s, i + 1) is not Kind.NOUN:
        return False
    after = kind_at(s, i + 2)
    speaks = after is Kind.GLUE and s.items[i + 2].what not in _PLACED and kind_at(s, i + 3) is Kind.ENTITY
    return speaks or after in _VERBS


def stained_with(s: State, i: int) -> bool:
    """Whether the fusion named at ``i`` stands in a list of stains that wait for one result."""
    if s.mode or s.cued or s.scope is not None:
        return False
    if s.gap in ("comma", "and") and s.open and kind_at(s, i - 1) in (Kind.COMMA, Kind.AND):
        final = s.open[-1]
        return (
            final.name.kind == "ihc" and not final.value and not final.marks.told and not final.weak and not final.modes
        )
    j = i + 1
    stains = 0
    while j + 1 < len(s.items) and s.items[j].kind in (Kind.COMMA, Kind.AND) and s.items[j + 1].kind is Kind.NAME:
        named = s.items[j + 1].name
        if s.items[j + 1].what == "fusion" or named is None or named.kind != "ihc":
            return False
        stains += 1
        j += 2
    if not stains or s.prose or kind_at(s, i - 1) not in (Kind.STOP, Kind.BREAK, Kind.END):
        return False
    return kind_at(s, j) is Kind.BE


def on_name(s: State, i: int) -> int:
    """A name: a new entry, or one more word for the entry before it."""
    item = s.items[i]
    name = item.name
    if name is None:
        return i + 1
    s.names += 1
    if item.what == "fusion" and stained_with(s, i):
        name = Name("", kind="unknown")  # an antibody to a fusion protein among stains: no genetic result
    if s.open and own_clause(s, i):
        flush(s)
    if s.after_except and name.marker:
        for entry in s.entries[s.sentence :]:
            if entry.name.marker == name.marker:
                entry.value, entry.weak, entry.scope, entry.marks = None, False, None, Marks()
    same = bool(s.last) and not s.open and s.gap == "" and s.last[-1].name.marker == name.marker
    if same and name.clone and kind_at(s, i - 1) in (Kind.OPEN, Kind.FOR, Kind.GLUE, Kind.AND, Kind.NAME):
        s.last[-1].name = name  # "ALK positive (D5F3)"
        s.last[-1].end = item.end
        return i + 1
    if (
        s.open
        and s.gap == ""
        and name.marker
        and name.marker == s.open[-1].name.marker
        and not s.open[-1].name.clone
        and (name.clone or s.open[-1].name.label != name.label)
        and not s.open[-1].value
        and name.kind == s.open[-1].name.kind
    ):
        if name.clone:
            s.open[-1].name = name  # "ALK (D5F3)", "ALK D5F3"
        s.open[-1].end = item.end
        return i + 1
    if s.negated:
        marks = take_pre(s)
        flush(s)
        s.scope = Scope("negative", marks, soft=True)
        s.said, s.denied = "negative", True
        s.negated = False
    elif s.unasked or (
        s.gap
        and s.open
        and any(e.post or (s.gap == "comma" and e.weak and e.scope is None and not s.neutral) for e in s.open)
    ):
        flush(s, keep_scope=True)
    if s.pre.told and s.scope is None:
        s.scope = Scope(None, take_pre(s))
    entry = Entry(name, item.start, item.end, rank=s.rank, chunk=s.chunk, scope=s.scope, component=s.component)
    entry.general = s.general
    entry.doubt = s.doubt
    entry.unsure = kind_at(s, i - 1) is Kind.UNKNOWN and s.items[i - 1].what != "symbol"
    if s.scope is not None:
        entry.marks.merge(s.scope.marks)
        if s.scope.value is None and s.scope.marks.of("pattern"):
            s.scope.marks = Marks()  # "strong nuclear STAT6 and CD34 positivity"
        s.scope.used = True
    if s.pre.of("extent") and s.scope is not None:
        entry.marks = Marks([m for m in entry.marks.told if m[0] not in (Kind.EXTENT, Kind.INTENSITY)])
    entry.marks.merge(take_pre(s))
    before = s.items[i - 1] if i else None
    entry.joined = before is not None and before.kind is Kind.AND
    entry.slashed = entry.joined and before is not None and before.what == "/"
    if s.place and s.scope is None:
        outside(s, [entry], s.place)
    if (item.what == "fusion" and name.marker) or (name.kind in ("fish", "mutation") and not name.direct):
        entry.weak = True
    elif name.direct and s.lexicon.markers[name.marker].sense == "loss":
        entry.weak = True  # "H3K27me3 loss"
    if s.mode and name.gene and counterpart(s, name, s.mode):
        entry.modes = [s.mode]
        entry.weak = entry.weak or s.cued
        entry.exon = entry.exon or s.cued
    append(s, entry)
    return i + 1
