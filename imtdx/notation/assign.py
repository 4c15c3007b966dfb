"""Giving results to names: those before them, those after them, those that have one already."""

from __future__ import annotations

from dataclasses import replace

from imtdx.notation.kinds import Comment, Entry, Item, Kind, Marks, Scope
from imtdx.notation.phrases import Phrase, skip
from imtdx.notation.state import State, end_of, flush, kind_at, take_pre

__all__ = [
    "again",
    "close",
    "combine",
    "lost_results",
    "may_be_bystander",
    "open_scope",
    "outside",
    "repeated",
    "respective",
    "sign_phrase",
]

_OPPOSITE = frozenset({"positive", "negative"})


def sign_phrase(value: str, item: Item) -> Phrase:
    """A sign as a phrase."""
    phrase = Phrase(item.start, item.end, value=value, firm=True, sign=True)
    phrase.marks.grade(item)
    return phrase


def open_scope(s: State, phrase: Phrase, listed: bool = False, soft: bool = False, weak: bool = False) -> None:
    """A result for the names that follow."""
    flush(s)
    marks = take_pre(s)
    marks.merge(phrase.marks)
    value = phrase.value
    if phrase.negated:
        value, soft = "negative", True
    elif value is None and (phrase.noun or phrase.stain):
        value = "positive"
    if phrase.place and not phrase.lesion:
        marks.told.append(("remark", phrase.place))
    if s.doubt and value in ("positive", "lost", None):
        value, marks = None, Marks()
    s.scope = Scope(value, marks, soft=soft, listed=listed, weak=weak, verbal=phrase.verb)
    s.gap = ""
    s.negated = False
    if value is not None:
        s.said = value
        s.denied = soft


def outside(s: State, entries: list[Entry], what: str) -> None:
    """Tell entries that their result is about other tissue."""
    for entry in entries:
        if what != "other_cells" or may_be_bystander(s, entry):
            entry.marks.told = [*entry.marks.told, ("remark", what)]


def may_be_bystander(s: State, entry: Entry) -> bool:
    """Whether ordinary inflammatory cells may carry the stain: not a fusion product, nor where they count."""
    return entry.name.gene not in s.lexicon.fusion_genes and entry.name.marker not in ("IGG4", "PANTRK")


# --- names before the result ---------------------------------------------------------------------------------------------


def group(s: State, phrase: Phrase) -> list[Entry]:
    """The open names that a result after them belongs to."""
    if not s.open:
        return []
    final = s.open[-1]
    scope = final.scope
    if scope is None:
        return [e for e in s.open if e.scope is None]
    if scope.value is None and scope.marks.telling and phrase.value == "negative":
        return [e for e in s.open if e.chunk == final.chunk]
    if scope.value is None or scope.weak:
        return list(s.open)
    what = phrase.value or ("positive" if phrase.noun or phrase.stain else None)
    if what is None:
        return [final]
    if breaks_off(s, phrase):
        return [final]
    if what == scope.value and phrase.marks.told and not scope.soft:
        return [e for e in s.open if e.chunk == final.chunk]
    if confirms(scope, phrase) or what == scope.value or (scope.soft and what == "positive"):
        return list(s.open)
    if scope.value in ("lost", "retained") and phrase.denied:
        return list(s.open)
    same = [e for e in s.open if e.chunk == final.chunk]
    return same if len(same) < len(s.open) else [final]


def confirms(scope: Scope, phrase: Phrase) -> bool:
    """Whether a result only repeats what its scope says ("loss of A was seen")."""
    return (
        scope.soft and phrase.value == "positive" and not phrase.firm and not phrase.sign and scope.value != "positive"
    )


def breaks_off(s: State, phrase: Phrase) -> bool:
    """Whether the last name of a denied list begins a phrase of its own: "no ALK rearrangement, SMA positive"."""
    if len(s.open) < 2 or phrase.value != "positive" or phrase.noun:
        return False
    if not phrase.firm and not (s.open[-1].scope is not None and s.open[-1].scope.verbal):
        return False
    before, final = s.open[-2], s.open[-1]
    if final.scope is None or not final.scope.soft:
        return False
    if final.scope.verbal and phrase.be and final.chunk != s.open[0].chunk:
        return True  # "none expressed A, and B was present"
    parted = before.chunk != final.chunk and not final.joined
    return before.noun or (parted and (before.joined or len(s.open) == 2))


def close(s: State, phrase: Phrase) -> None:
    """Close open names with a result that stands after them."""
    alone = breaks_off(s, phrase)
    chosen = group(s, phrase)
    what = phrase.value or ("positive" if phrase.noun or phrase.stain else None)
    marks = take_pre(s)
    marks.merge(phrase.marks)
    if what == "positive" and chosen and chosen[-1].scope is not None and chosen[-1].scope.soft:
        for entry in s.waiting:  # "A but not B was positive"
            entry.value = what
            entry.marks.merge(marks)
        s.waiting = []
    for entry in chosen:
        scope = entry.scope
        denied = scope is not None and scope.soft and what == "positive" and not alone
        if scope is not None and not alone and (confirms(scope, phrase) or denied):
            entry.value = scope.value  # "no ALK fusion was found"
        elif what != "positive" and entry.post and entry.marks.telling and entry is not chosen[-1] and scope is None:
            if entry.name.kind != "index":
                entry.value = "positive"  # "SMA focal and desmin negative", "SMA focal CD34 NP"
            continue
        else:
            if (
                entry.value is None
                and scope is not None
                and scope.value in ("lost", "retained")
                and (phrase.denied or not phrase.firm)
            ):
                entry.value = scope.value  # "loss of A was not seen"
            entry.value = joined(entry, what)
            if scope and scope.value not in (what, None):
                entry.marks = entry.marks.without(scope.marks)
        entry.marks.merge(marks)
        if entry.doubt and not phrase.sign:
            entry.value, entry.marks, entry.weak, entry.scope = None, Marks(), False, None
        if phrase.place and not phrase.lesion:
            outside(s, [entry], phrase.place)
        if s.general:
            entry.general = True
    if chosen:
        chosen[-1].end = max(chosen[-1].end, phrase.end)
    ids = {id(e) for e in chosen}
    s.open = [e for e in s.open if id(e) not in ids]
    listed = s.scope
    if listed is not None and not listed.listed and (phrase.value is not None and not confirms(listed, phrase)):
        listed = None
    if s.scope is not None and s.scope.soft and what == "positive" and not phrase.sign:
        listed = None  # "no A was seen, B was"
    flush(s)
    s.scope = listed
    s.entries.extend(chosen)
    s.last = chosen
    s.gap = ""


def joined(entry: Entry, what: str | None) -> str | None:
    """The result of an entry about which two things were said ("loss absent", "negative to weakly positive")."""
    before = entry.value
    if before is None or before == what or what is None:
        return what if what is not None else before
    if before in ("lost", "retained"):
        if what == "negative":
            return "retained" if before == "lost" else "lost"
        return before if what == "positive" else what
    if {before, what} == {"positive", "negative"}:
        return "equivocal"
    return what if what != "positive" else before


# --- names that have a result ----------------------------------------------------------------------------------------------


def combine(s: State, entries: list[Entry], phrase: Phrase) -> None:
    """A second result for names that have one: "+ (strong positive)", "negative (0)", "...; tumour cells negative"."""
    what = phrase.value
    marks = take_pre(s)
    marks.merge(phrase.marks)
    elsewhere = bool(phrase.place) and not phrase.lesion
    for entry in entries:
        old = entry.value
        if elsewhere and phrase.place != "control" and old is None and what is not None:
            entry.value = what
            outside(s, [entry], phrase.place)
            continue
        if elsewhere and old is not None and not (old == "negative" and what is None):
            if old == "positive" and what is None and not entry.marks.of("remark") and not s.lesion:
                outside(s, [entry], phrase.place)  # "positive, in vessels only"
            elif entry.elsewhere or what is not None or old == "negative":
                continue
            continue
        if old is None:
            entry.value = what
        elif entry.component and phrase.lesion and what is not None:
            entry.value, entry.marks, entry.component = (
                what,
                Marks(),
                "",
            )  # "... in the epithelial part and negative in the tumour cells"
        elif entry.elsewhere and what is not None:
            entry.value = what  # "positive in vessels, negative in tumour cells"
            entry.marks = Marks()
        elif old == "negative" and what == "positive" and entry.marks.of("pattern")[:1] == ["nuclear"]:
            continue  # "nuclear (-), cytoplasmic (+)"
        elif old == "negative" and what == "positive":
            if not phrase.sign and not marks.told:
                continue
            focal = "focal" in [*entry.marks.of("extent"), *marks.of("extent")]
            entry.value = "positive" if focal else "equivocal"
        elif old == "positive" and what == "negative":
            patterns = marks.of("pattern")
            if not patterns and not entry.marks.of("pattern"):
                entry.value = "equivocal" if not phrase.sign else old
            elif patterns:
                entry.marks.told = [*entry.marks.told, *(("not_pattern", p) for p in patterns)]
                marks = Marks([m for m in marks.told if m[0] != Kind.PATTERN])
        elif old in ("positive", "negative") and what in ("equivocal", "not_interpretable"):
            entry.value = what
        entry.marks.merge(marks)
        if entry is entries[-1]:
            entry.end = max(entry.end, phrase.end)


def respective(s: State, i: int) -> int:
    """ "Positive and negative, respectively", "+/-/-": one result for each open name; index after it, 0 when it is not that."""
    told: list[tuple[str, Marks]] = []
    marks = Marks(list(s.pre.told))
    slashed = 0
    j = i
    while j < len(s.items) and j - i < 48:
        item = s.items[j]
        if item.kind is Kind.RESPECTIVELY:
            j += 1
            slashed = len(told) - 1
            break
        if item.kind is Kind.VALUE:
            marks.grade(item)
            told.append((item.what, marks))
            marks = Marks()
        elif item.kind is Kind.DASH:
            told.append(("negative", marks))
            marks = Marks()
        elif item.kind in (Kind.EXTENT, Kind.INTENSITY, Kind.PATTERN, Kind.PERCENT):
            marks.add(item)
        elif item.kind is Kind.AND and item.what == "/":
            slashed += 1
        elif item.kind not in (Kind.COMMA, Kind.AND, Kind.GLUE, Kind.BE, Kind.EACH, Kind.CELL):
            break
        j += 1
    if len(told) < 2 or len(told) != len(s.open) or slashed != len(told) - 1:
        return 0
    for entry, (value, more) in zip(s.open, told, strict=True):
        entry.value = value
        entry.marks.merge(more)
    s.open[-1].end = max(s.open[-1].end, s.items[j - 1].end)
    s.pre = Marks()
    flush(s, keep_scope=True)
    s.gap = ""
    return j


def repeated(s: State, phrase: Phrase, i: int) -> bool:
    """A second result that a word marks as the repeat: "negative, but positive on repeat"."""
    if not s.last or s.open or s.gap in ("", "stop") or phrase.sign or phrase.value not in _OPPOSITE:
        return False
    j = skip(s.items, i, {Kind.GLUE, Kind.FOR, Kind.COMMA})
    if kind_at(s, j) not in (Kind.REPEAT, Kind.FIRST) or not end_of(
        s, skip(s.items, j + 1, {Kind.GLUE, Kind.NEUTRAL, Kind.NOUN})
    ):
        return False
    again(s, phrase)
    return True


def again(s: State, phrase: Phrase) -> None:
    """The names that have a result get a second one."""
    s.last = [
        replace(
            e, value=phrase.value, marks=Marks(list(phrase.marks.told)), start=phrase.start, end=phrase.end, rank=s.rank
        )
        for e in s.last
    ]
    s.entries.extend(s.last)
    s.pre = Marks()
    s.gap = ""


def lost_results(s: State, phrase: Phrase) -> None:
    """A result that belongs to no name."""
    if s.gap == "stop" and phrase.value is not None and phrase.end > phrase.start:
        s.loose.append(Comment(phrase.start, phrase.end))
