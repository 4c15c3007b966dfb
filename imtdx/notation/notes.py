"""Brackets: lists of names, and notes on the name before them."""

from __future__ import annotations

from imtdx.notation.assign import close, combine, may_be_bystander
from imtdx.notation.kinds import MARKS, PLACES, Comment, Entry, Item, Kind, Marks, Scope
from imtdx.notation.phrases import Phrase
from imtdx.notation.state import State, flush, kind_at

__all__ = ["mode_of", "read_bracket"]

#: Before these a hyphen is punctuation rather than a minus sign.
_DETAILS = MARKS | {Kind.NUMBER, Kind.UNKNOWN, Kind.GLUE, Kind.CUE}


def mode_of(what: str) -> str:
    """The test a genetic word speaks of."""
    return what.partition("_")[0]


def read_bracket(s: State, i: int) -> int:
    """A bracket: a list of names, or a note on the name before it."""
    if i not in s.parens:
        return i + 1
    items = s.items
    end, names = s.parens[i]
    sign = items[i + 1] if end == i + 2 else None
    after = kind_at(s, end + 1)
    heads = after is Kind.NAME and s.gap == "stop" and not s.open
    heads = heads or (after is Kind.COLON and kind_at(s, end + 2) is Kind.NAME and (bool(s.gap) or not items[i].left))
    if heads and sign is not None and (sign.kind is Kind.DASH or (sign.kind is Kind.VALUE and sign.sign)):
        flush(s)
        value = "negative" if sign.kind is Kind.DASH else sign.what
        s.scope = Scope(value, Marks(), listed=True)  # "(+) SMA, vimentina; (-) desmin"
        s.gap = ""
        return end + 1
    if names and not only_synonyms(s, i, end):
        s.depth += 1
        direct = kind_at(s, i - 1) in MARKS or kind_at(s, i - 1) in (
            Kind.VALUE,
            Kind.STAIN,
            Kind.NEUTRAL,
            Kind.NOUN,
            Kind.FOR,
        )
        s.stack.append(s.scope if s.scope is not None and not s.scope.used and direct else None)
        return i + 1
    if not (s.open or s.last) or (not s.open and s.gap in ("stop", "dirty")):
        if not s.open and s.gap in ("stop", "dirty"):
            return end + 1
        s.depth += 1
        s.stack.append(None)
        return i + 1
    parts = split_note(s, i, end)
    for a, b in parts:
        note(s, a, b)
    return end + 1


def only_synonyms(s: State, i: int, end: int) -> bool:
    """Whether the bracket holds a name of the stain before it, with other words: "(clone 5A4, Novocastra)"."""
    target = s.open[-1:] or (s.last[-1:] if s.gap == "" else [])
    if not target:
        return False
    named = [k for k in s.items[i + 1 : end] if k.name is not None]
    marker = target[0].name.marker
    if not marker or any(k.name is None or k.name.marker != marker for k in named):
        return False
    return not any(k.kind in (Kind.VALUE, Kind.DASH, Kind.CUE) for k in s.items[i + 1 : end])


def split_note(s: State, i: int, end: int) -> list[tuple[int, int]]:
    """The parts of a note; where one is about other tissue, the others only."""
    cuts = [i]
    for k in range(i + 1, end):
        if kind_at(s, k) in (Kind.COMMA, Kind.STOP):
            cuts.append(k)
    cuts.append(end)
    parts = [(cuts[n], cuts[n + 1]) for n in range(len(cuts) - 1)]
    told = [p for p in parts if any(k.kind in (Kind.VALUE, Kind.DASH) for k in s.items[p[0] + 1 : p[1]])]
    here = [p for p in told if not is_place(s, p[0], p[1])]
    if len(told) > 1 and 0 < len(here) < len(told):
        return here  # "(+ in vessels, - in tumour)"
    if sum(k.kind is Kind.CUE for k in s.items[i + 1 : end]) < 2:
        return [(i, end)]
    return parts  # "(IHC 3+, FISH+)"


def is_place(s: State, i: int, end: int) -> bool:
    """Whether what stands between is about other tissue."""
    inner = s.items[i + 1 : end]
    return any(k.kind is Kind.REMARK and k.what in PLACES for k in inner) and not any(
        k.kind is Kind.LESION for k in inner
    )


def note(s: State, i: int, end: int) -> None:
    """Read a bracket without other names as a note on the name before it."""
    items = s.items
    target = s.open[-1:] if s.open else s.last
    marks = Marks()
    value: Item | None = None
    what = ""
    negated = False
    inner = items[i + 1 : end]
    lesion = any(k.kind is Kind.LESION for k in inner)
    place: Item | None = None
    cue = ""
    sealed = False
    for k in range(i + 1, end):
        item = items[k]
        kind = item.kind
        if kind is Kind.PATTERN and negated:
            marks.told.append(("not_pattern", item.what))
        elif kind in MARKS or (kind is Kind.NUMBER and target[-1].name.kind == "index" and plain_number(s, k)):
            marks.add(item)
        elif kind in (Kind.VALUE, Kind.DASH) and kind_at(s, k - 1) is Kind.UNKNOWN and items[k - 1].what != "symbol":
            s.comments.append(Comment(items[k - 1].start, items[k - 1].end, True))
            sealed = True  # "(xyzzy +)": of what cells is not known
        elif kind in (Kind.VALUE, Kind.STAIN):
            told = "positive" if kind is Kind.STAIN else item.what
            if negated:
                told = {"positive": "negative", "lost": "retained"}.get(told, told)
            if value is None or what != "negative" or item.sign:
                what, value = told, item
            marks.grade(item)
        elif kind in (Kind.NONE, Kind.DENY):
            what, value = "negative", item
        elif kind is Kind.NAME and item.name is not None and item.name.clone and not target[-1].name.clone:
            target[-1].name = item.name
        elif kind in (Kind.DASH, Kind.LONG_DASH):
            nxt = kind_at(s, k + 1)
            if value is None and (nxt not in _DETAILS or (nxt is Kind.GLUE and k == i + 1)):
                what, value = ("negative" if kind is Kind.DASH else "not_done"), item
        elif kind is Kind.QUERY:
            value, what = (item, "equivocal") if value is None else (value, what)
        elif kind is Kind.NOT:
            negated = True
        elif kind in (Kind.NOUN, Kind.NEUTRAL) and negated:
            what, value = "negative", item
        elif kind is Kind.REMARK:
            if item.what in ("no_figure", "pattern_not_told"):
                marks.add(item)
            elif not lesion and (item.what != "other_cells" or all(may_be_bystander(s, e) for e in target)):
                place = place if item.what == "control" else item
                if item.what != "control" or s.open:
                    marks.add(item)
        elif kind in (Kind.REPEAT, Kind.FIRST):
            for entry in target:
                entry.rank = 1 if kind is Kind.REPEAT else -1
        elif kind is Kind.CUE:
            cue = cue or mode_of(item.what)
            if item.what.endswith("_positive") or (item.what.endswith("_negative") and value is None):
                what = "negative" if negated or item.what.endswith("_negative") else "positive"
                value = item
        elif item.what == "#rate":
            target[-1].post = True
        elif (
            kind is Kind.UNKNOWN
            and item.what != "symbol"
            and k + 1 < end
            and kind_at(s, k + 1) in (Kind.DASH, Kind.VALUE)
            and item.right
        ):
            s.comments.append(Comment(item.start, item.end, True))
        elif kind is Kind.NUMBER and s.open and item.low == 0 and i + 2 == end:
            what, value = "negative", item
        elif kind is Kind.NUMBER and s.open and any(m.kind in (Kind.SCORE, Kind.HSCORE) for m in inner):
            what, value = "negative" if item.low == 0 else "positive", item
            if any(m.kind is Kind.SCORE for m in inner) and 0 < (item.low or 0) <= 3:
                marks.told.append(("grade", (item.low, item.high, "grade")))
    if sealed and value is None:
        for entry in target:
            entry.scope, entry.weak = None, False
        target[-1].marks = Marks()
        flush(s)
        return
    kinds = [k.kind for k in inner]
    strange = (
        any(k.kind is Kind.REMARK and k.what == "control" for k in inner)
        or Kind.UNKNOWN in kinds
        or Kind.TOPIC in kinds
        or Kind.ENTITY in kinds
    )
    strange = strange or (Kind.GLUE in kinds and Kind.EXTENT not in kinds and not lesion)
    if (
        value is not None
        and what == "positive"
        and not value.sign
        and not value.firm
        and strange
        and not lesion
        and s.open
    ):
        value = None  # "(seen at the edge)"
    if what == "positive" and (place or strange) and not s.open and target[-1].value == "negative":
        value = None  # "negative (endothelium positive)"
    elif place is not None and value is None and s.open:
        what, value = "positive", place  # "CD34 (vessels)"
    if cue in target[-1].modes and target[-1].value is not None:
        value = None  # "FISH negative (5 % split)"
    if cue and cue != "ihc" and value is not None and not s.open and counterpart_of(s, target[-1], cue):
        source = target[-1]
        s.entries.append(Entry(source.name, items[i].start, items[end].end, modes=[cue], value=what, rank=source.rank))
        return
    if what in ("lost", "retained") and _not_told(target[-1]):
        value = None  # "not assessed: A (section lost)"
    for entry in target:
        entry.marks.merge(marks)
        if marks.telling:
            entry.post = True
        if cue and (cue == "ihc" or counterpart_of(s, entry, cue)) and not entry.modes:
            entry.modes = [cue]
    target[-1].end = max(target[-1].end, items[end].end if kind_at(s, end) is Kind.CLOSE else target[-1].end)
    if value is not None:
        phrase = Phrase(value.start, items[end].end, value=what, firm=True, sign=True)
        if s.open:
            if s.open[-1].scope is not None and s.open[-1].scope.value is not None:
                s.open[-1].value = what  # a name of a list with a result of its own
            else:
                close(s, phrase)
        elif what != "positive" or target[-1].value != "negative":
            combine(s, target, phrase)
    s.gap = ""


def _not_told(entry: Entry) -> bool:
    """Whether the entry is said to be not done or not interpretable."""
    told = entry.value or (entry.scope.value if entry.scope is not None else None)
    return told in ("not_done", "not_interpretable")


def plain_number(s: State, k: int) -> bool:
    """Whether the number ``k`` stands alone: not the number of a figure, of a case, or a dilution."""
    return kind_at(s, k - 1) in (Kind.OPEN, Kind.COMPARE, Kind.COMMA, Kind.VALUE, Kind.GLUE) and kind_at(s, k + 1) in (
        Kind.CLOSE,
        Kind.COMMA,
        Kind.VALUE,
        Kind.GLUE,
    )


def counterpart_of(s: State, entry: Entry, mode: str) -> bool:
    """Whether a genetic result of this entry's gene is a marker."""
    lexicon, gene = s.lexicon, entry.name.gene
    if mode == "ihc":
        return True
    if mode == "mutation":
        return gene in lexicon.mutation_markers
    if mode == "amplification":
        return gene in lexicon.amplification_markers
    return gene in lexicon.fusion_genes or gene in lexicon.amplification_markers
