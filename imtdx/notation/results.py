"""Result phrases: whether they belong to the names before them or to those after them."""

from __future__ import annotations

from imtdx.notation.ahead import QUIET, bracket_of_names, parted, told_again, unknown_cells
from imtdx.notation.assign import again, close, combine, lost_results, open_scope, outside, repeated, respective
from imtdx.notation.kinds import Kind, Marks, Scope
from imtdx.notation.phrases import Phrase, evaluate, leads_to_name, phrase_end, skip
from imtdx.notation.places import attach, place_only
from imtdx.notation.state import State, end_of, flush, kind_at, soil, take_pre

__all__ = ["give", "on_phrase"]


def on_phrase(s: State, i: int) -> int:
    """A run of words that say one thing: for the names before it, or for those after it."""
    items = s.items
    if len(s.open) > 1 and (j := respective(s, i)):
        return j
    j = phrase_end(items, i)
    if j == i:
        return i + 1
    leads = kind_at(s, skip(items, j, QUIET)) in (Kind.NAME, Kind.FOR)
    phrase = evaluate(items, i, j, s.negated, leads)
    before = i - 1
    while (
        before > 0 and i - before < 4 and s.items[before].kind is Kind.GLUE and not s.items[before].what.startswith("#")
    ):
        before -= 1  # "xyzzy the expression of A"
    unsure = kind_at(s, before) is Kind.UNKNOWN and s.items[before].what not in ("symbol", "typo") and not phrase.denied
    if (
        unsure
        and (
            phrase.noun
            or phrase.stain
            or phrase.show
            or phrase.value in ("positive", "lost")
            or (phrase.only_marks and not s.open and kind_at(s, skip(items, j, QUIET)) is Kind.FOR)
        )
        and not phrase.sign
        and phrase.value != "negative"
    ):
        s.doubt = True  # the unknown word may be a "no"
        for entry in s.open:
            entry.doubt = True
    if (
        (phrase.noun or phrase.neutral)
        and phrase.value is None
        and s.scope is not None
        and not s.scope.used
        and not phrase.negated
    ):
        s.scope.marks.merge(phrase.marks)  # "loss of staining for A"
        return j
    if phrase.neutral and phrase.show and phrase.value is None and not phrase.negated and s.open:
        phrase.noun = True  # "A shows tram-track staining"
    if phrase.lesion:
        s.lesion = True
        s.component = ""
    s.prose = True
    nxt = skip(items, j, QUIET)
    follow = kind_at(s, nxt)
    if (
        follow is Kind.BUT
        and not s.open
        and phrase.value is not None
        and s.names == 0
        and kind_at(s, nxt + 1) in (Kind.NAME, Kind.FOR)
    ):
        j = nxt = nxt + 1  # "esprimono invece A"
        follow = kind_at(s, nxt)
    if phrase.show and s.gap == "comma" and s.scope is not None and s.scope.used and not phrase.telling:
        flush(s)  # "despite negative A, FISH revealed B"
    if (
        phrase.lesion
        and not phrase.telling
        and kind_at(s, i - 1 - (kind_at(s, i - 1) is Kind.GLUE)) in (Kind.AND, Kind.FOR)
        and s.last
        and s.last[-1].elsewhere
    ):
        for entry in s.last:
            entry.marks = Marks([m for m in entry.marks.told if m[0] != "remark"])  # "in vessels and tumour cells"
        return j
    if not phrase.telling and not phrase.place:
        if (phrase.neutral and follow is Kind.FOR and not s.open) or (phrase.neutral and not s.open):
            s.neutral = True
        if (
            phrase.be
            and s.open
            and s.gap == ""
            and end_of(s, j)
            and s.before_denied
            and all(e.value is None and not e.weak and not e.marks.telling for e in s.open)
        ):
            phrase.value, phrase.firm = "positive", True  # "neither A nor B is expressed; C and D are"
            close(s, phrase)
            return j
        if phrase.lesion and s.open and phrase.show:
            phrase.value = "positive"  # "SMA shows the tumour cells"
            close(s, phrase)
        elif phrase.lesion and s.open and s.place:
            s.place = ""
        return j
    s.negated = False
    if s.topic and follow is not Kind.FOR and not s.open:
        return j  # "margins are negative"
    if follow is Kind.TOPIC and not (s.open and s.gap in ("", "and")):
        return j + 1 if nxt == j else nxt  # "negative margins", "no atypia"
    if follow is Kind.ENTITY and not s.open and phrase.negated:
        return nxt + 1  # "not a GIST"
    return give(s, phrase, i, j, nxt)


def give(s: State, phrase: Phrase, i: int, j: int, nxt: int) -> int:
    """Give a result to the right names; return the index to go on from."""
    follow = kind_at(s, nxt)
    if phrase.place and not phrase.lesion and phrase.value is None and not phrase.noun and not phrase.stain:
        return place_only(s, phrase, j, follow)
    if phrase.value is not None:
        s.excepting = False
    if s.excepted and phrase.value in ("positive", "negative"):
        for entry in s.excepted:
            if entry.value is None:
                entry.value = "positive" if phrase.value == "negative" or entry.marks.telling else "negative"
        s.excepted = []
    direction = forward(s, phrase, i, j, nxt)
    if direction:
        if follow is Kind.CUE and kind_at(s, nxt + 1) is Kind.COLON:
            nxt += 1
            follow = Kind.COLON
        heading = follow in (Kind.COLON, Kind.BREAK) or (follow is Kind.DASH)
        if (
            phrase.only_marks
            and s.scope is not None
            and s.scope.used
            and s.scope.value in ("negative", "lost")
            and follow is Kind.NAME
        ):
            flush(s)  # "negative for A, focal B"
            s.pre.merge(phrase.marks)
            return j
        if phrase.only_marks and s.scope is not None and s.scope.value is not None and not heading:
            if follow is not Kind.FOR:
                s.pre.merge(phrase.marks)  # "positive for SMA with focal desmin"
                return j
            phrase.value = s.scope.value  # "positive for SMA and focally for desmin"
            if not s.scope.used:
                s.scope.marks.merge(phrase.marks)
                return nxt + 1
        if phrase.only_marks and follow is not Kind.FOR and not heading:
            bare = s.open and all(e.value is None and e.scope is None and not e.post for e in s.open)
            if not (bare and (s.gap == "and" or not phrase.marks.telling)):
                flush(s)
            s.pre.merge(phrase.marks)
            return j
        weak = phrase.value is None and phrase.noun and not phrase.show and not phrase.marks.told
        if phrase.value is None and phrase.noun and s.dangling:
            flush(s)  # "loss, ..., of expression of A": what was said first is not known to be about it
            s.scope = Scope(None, Marks())
            s.dangling = False
            return nxt + 1 if follow in (Kind.FOR, Kind.COLON) else j
        soft = (
            phrase.denied
            or (phrase.value == "negative" and (phrase.noun or phrase.neutral))
            or phrase.value in ("lost", "retained")
        )
        if phrase.only_marks and follow is Kind.FOR:
            phrase.value = "positive"
        entity = s.entity == "plural"
        open_scope(s, phrase, listed=heading, soft=soft and not phrase.sign, weak=weak)
        if entity:
            s.general = True
        return nxt + 1 if follow in (Kind.FOR, Kind.COLON, Kind.DASH) else j
    s.said = phrase.value or s.said
    if phrase.value is not None:
        s.denied = phrase.denied
    place, s.place = s.place, ""
    if place and not s.open and not phrase.lesion:
        if s.last and s.gap not in ("stop", "dirty") and s.last[-1].value is None and phrase.value:
            combine(s, s.last, phrase)
            outside(s, s.last, place)
        s.pre = Marks()
        return j  # "vessels are positive"
    if s.open and beside_told(s, phrase, i):
        flush(s)  # "loss of A with retained staining in vessels"
        return j
    if s.open:
        return backward(s, phrase, j, place)
    if repeated(s, phrase, j):
        return j
    if s.rank == 1 and s.names == 0 and s.last and phrase.value is not None and s.last[-1].rank != 1:
        again(s, phrase)  # "...; repeat staining is negative"
        return j
    if (
        phrase.each
        and (phrase.lesion or not phrase.place)
        and s.last
        and s.last[-1].value is None
        and s.gap in ("comma", "dirty", "and")
        and phrase.value is not None
        and s.names
    ):
        for entry in s.last:
            entry.value = entry.value or phrase.value  # "A has been read, and it is positive"
            entry.marks.merge(phrase.marks)
        s.gap = ""
        return j
    if phrase.each and s.gap in ("stop", "comma") and s.tested and phrase.value is not None:
        for entry in s.tested:
            entry.value = entry.value or phrase.value
            entry.marks.merge(phrase.marks)
        s.last, s.tested = s.tested, []
        return j
    if s.last and phrase.negated and phrase.each and phrase.show and end_of(s, j) and s.gap != "stop":
        phrase.value, phrase.negated = "negative", False
        again(s, phrase)  # "..., but we could not demonstrate it"
        return j
    if s.last and s.gap != "dirty":
        near = s.gap in ("", "and") or (
            s.gap == "comma" and not phrase.sign and (phrase.value != "negative" or bool(phrase.marks.of("pattern")))
        )
        tissue = (phrase.lesion or s.lesion) and any(e.elsewhere for e in s.last[-1:])
        told_elsewhere = (
            s.gap in ("comma", "and", "") and phrase.value == "negative" and any(e.elsewhere for e in s.last[-1:])
        )
        if phrase.negated:
            if phrase.lesion and end_of(s, j) and (s.last[-1].elsewhere or s.last[-1].value == "positive"):
                for entry in s.last:
                    entry.value, entry.marks = "negative", Marks()  # "stains the stroma but not the tumour cells"
            else:
                s.negated = not end_of(s, j)
            return j
        if near or tissue or told_elsewhere or (s.gap == "stop" and tissue):
            combine(s, s.last, phrase)
            s.gap = ""
            return j
        if s.last[-1].value is None and not phrase.sign and phrase.value is not None and s.gap == "comma" and phrase.be:
            for entry in s.last:
                entry.value = entry.value or phrase.value
            return j
    if phrase.negated:
        s.negated = not end_of(s, j)
    elif phrase.only_marks:
        s.pre.merge(phrase.marks)
    else:
        s.dangling = s.dangling or phrase.value is not None
        if not phrase.place or phrase.lesion:
            lost_results(s, phrase)
        if s.gap == "stop" and phrase.value is None:
            s.pre.merge(phrase.marks)
        if phrase.place and not phrase.lesion:
            s.place = ""
    return j


def beside_told(s: State, phrase: Phrase, i: int) -> bool:
    """Whether a result of other tissue, after "with", follows names that have been told theirs."""
    scope = s.open[-1].scope
    if not phrase.place or phrase.lesion or phrase.value is None or scope is None:
        return False
    before = i - 1
    while before > 0 and kind_at(s, before) is Kind.GLUE:
        before -= 1
    return scope.value not in (None, phrase.value) and kind_at(s, before) in (Kind.FOR, Kind.BUT, Kind.COMMA)


def forward(s: State, phrase: Phrase, i: int, j: int, nxt: int) -> bool:
    """Whether the result stands before its names."""
    items = s.items
    follow = kind_at(s, nxt)
    bare = [e for e in s.open if e.scope is None or e.scope.value is None]
    if follow is Kind.CUE and kind_at(s, nxt + 1) is Kind.COLON and kind_at(s, nxt + 2) is Kind.NAME:
        return not s.open
    if follow is Kind.FOR:
        if not leads_to_name(items, nxt):
            return False
        loose = items[nxt].what in ("with", "to", "on", "o", "of", "bei", "con", "avec", "mit")
        if s.open and s.gap == "":
            return (
                not (loose or phrase.sign) or (phrase.value in ("lost", "retained")) or (not bare and not phrase.sign)
            )
        return True
    if follow is Kind.COLON:
        k = skip(items, nxt + 1, QUIET | {Kind.BREAK, Kind.DASH})
        if kind_at(s, k) not in (Kind.NAME, Kind.UNKNOWN, Kind.OPEN):
            return False
        if phrase.only_marks or phrase.negated:
            return False
        if not s.open:
            return True
        if phrase.sign:
            return s.gap not in ("", "and")
        return True  # "A, B Neg: C, D"
    if follow is Kind.NAME:
        if phrase.sign and not phrase.marks.of("extent"):
            return not s.open and s.gap in ("stop", "comma") and phrase.value == "positive" and items[j - 1].right
        if not s.open:
            return not (
                s.last
                and s.gap == ""
                and phrase.value is None
                and not phrase.negated
                and not phrase.noun
                and not parted(s, i)
            )
        if phrase.negated:
            return True
        if s.gap == "and" and phrase.only_marks and any(e.marks.told for e in s.open):
            return False
        return s.gap != ""
    if follow is Kind.DASH and s.gap == "stop" and not s.open:
        item = items[nxt]
        return (
            not (item.left or item.right)
            and kind_at(s, nxt + 1) is Kind.NAME
            and not phrase.sign
            and phrase.value is not None
        )
    if follow is Kind.BREAK and not phrase.sign and phrase.value is not None and not s.open and nxt == j:
        k = skip(items, nxt + 1, QUIET | {Kind.DASH})
        alone = kind_at(s, i - 1) in (Kind.BREAK, Kind.END)
        return alone and kind_at(s, k) is Kind.NAME
    if follow is Kind.UNKNOWN and phrase.value is not None and not phrase.sign and (s.gap != "" or not s.open):
        k = skip(items, nxt, {Kind.UNKNOWN})
        if k - nxt <= 3 and kind_at(s, k) is Kind.FOR and leads_to_name(items, k):
            return True  # "negative xyzzy for A"
    if (
        follow is Kind.UNKNOWN
        and not s.open
        and phrase.value is not None
        and bracket_of_names(s, skip(items, nxt, {Kind.UNKNOWN}))
    ):
        return nxt + 3 > skip(items, nxt, {Kind.UNKNOWN})  # "stained for melanocytic (A) and myoid (B) markers"
    if follow is Kind.UNKNOWN and not s.open and phrase.value is not None and not phrase.sign:
        # an unknown stain at the head of a list: "negative for foo, S100" is read by its "for"
        k = skip(items, nxt, {Kind.UNKNOWN})
        return (
            k - nxt <= 2
            and kind_at(s, k) in (Kind.COMMA, Kind.AND)
            and kind_at(s, skip(items, k + 1, QUIET)) is Kind.NAME
            and s.gap != ""
        )
    if (
        follow is Kind.OPEN
        and nxt in s.parens
        and s.parens[nxt][1]
        and not phrase.only_marks
        and phrase.value is not None
    ):
        return not s.open  # "positive (SMA, ALK)"
    return False


def backward(s: State, phrase: Phrase, j: int, place: str) -> int:
    """Give a result to the open names before it."""
    follow = kind_at(s, skip(s.items, j, QUIET))
    if phrase.negated:
        if follow in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.END, Kind.BUT, Kind.CLOSE) or (
            follow is Kind.AND and kind_at(s, j + 1) is not Kind.NAME
        ):
            phrase.value = "negative"  # "B was not"
            scope = s.open[-1].scope
            if scope is not None and scope.soft and scope.value not in ("lost", "retained"):
                return j
            phrase.denied = True
            close(s, phrase)
            return j
        s.negated = True
        s.pre.merge(phrase.marks)
        if all(e.value is None and e.scope is None and not e.weak for e in s.open) and follow in (Kind.NAME, Kind.FOR):
            s.waiting, s.open = [*s.waiting, *s.open], []
            s.entries.extend(s.waiting)
        return j
    if place and not phrase.place and not phrase.lesion and phrase.value is not None:
        phrase.place = place
    if phrase.only_marks:
        attach(s, phrase)
        return j
    if phrase.value is None and phrase.noun and not phrase.stain:
        for entry in s.waiting:
            entry.value = entry.value or "positive"  # "SMA but no desmin expression"
        s.waiting = []
        chosen = [e for e in s.open if s.open[-1].scope is None or e.scope is s.open[-1].scope]
        marks = take_pre(s)
        marks.merge(phrase.marks)
        for entry in chosen:
            entry.weak = entry.noun = True
            entry.marks.merge(marks)
            entry.post = entry.post or bool(phrase.marks.told)
        s.open[-1].end = max(s.open[-1].end, phrase.end)
        if phrase.place and not phrase.lesion:
            outside(s, chosen[-1:], phrase.place)
        return j
    if phrase.stain and phrase.place and not phrase.lesion and phrase.value == "positive":
        close(s, phrase)
        return j
    shown = kind_at(s, skip(s.items, j, QUIET | {Kind.FOR}))
    if (
        phrase.stain
        and phrase.value == "positive"
        and shown in (Kind.UNKNOWN, Kind.TOPIC, Kind.ENTITY)
        and not phrase.lesion
    ):
        k = skip(s.items, j, QUIET | {Kind.FOR, Kind.UNKNOWN, Kind.TOPIC})
        if kind_at(s, k) in (Kind.LESION, Kind.REMARK) and not any(s.items[m].kind is Kind.TOPIC for m in range(j, k)):
            more = evaluate(s.items, k, phrase_end(s.items, k))
            phrase.place, phrase.lesion = more.place, more.lesion
            close(s, phrase)
            return phrase_end(s.items, k)
        soil(s)  # "EMA highlights perineurial fibroblasts": what it shows is not known to be the lesion
        return j
    unknown = follow is Kind.UNKNOWN and phrase.value == "positive"
    if (
        follow is Kind.UNKNOWN
        and not phrase.sign
        and phrase.value is not None
        and s.open[-1].scope is not None
        and s.open[-1].scope.value not in (None, phrase.value)
    ):
        k = skip(s.items, j, QUIET | {Kind.UNKNOWN})
        if kind_at(s, k) in (Kind.NAME, Kind.FOR):
            flush(s)  # "positive for A and negative xyzzy B": whose result it is cannot be told
            s.doubt = True
            s.gap = "dirty"
            return j
    close(s, phrase)
    if unknown and not phrase.sign and told_again(s, j):
        for entry in s.last:
            entry.value, entry.marks = None, Marks()
        s.gap = "dirty"
        return j
    if unknown and unknown_cells(s, j):
        for entry in s.last:
            entry.value, entry.marks = None, Marks()
        s.gap = "dirty"
    return j
