"""The rules: what each kind of item does to the state."""

from __future__ import annotations

from collections.abc import Callable

from imtdx.notation.assign import (
    again,
    close,
    combine,
    lost_results,
    open_scope,
    outside,
    repeated,
    respective,
    sign_phrase,
)
from imtdx.notation.kinds import MARKS, Comment, Entry, Item, Kind, Marks, Scope
from imtdx.notation.names import Name
from imtdx.notation.notes import mode_of, read_bracket
from imtdx.notation.phrases import IN_PHRASE, Phrase, evaluate, leads_to_name, phrase_end, skip
from imtdx.notation.state import State, append, end_of, flush, kind_at, soil, take_pre

__all__ = ["RULES", "end_clause"]

_SKIPPED = MARKS | {
    Kind.GLUE,
    Kind.NOUN,
    Kind.NEUTRAL,
    Kind.BE,
    Kind.REMARK,
    Kind.COMPARE,
    Kind.STAIN,
    Kind.SCORE,
    Kind.HSCORE,
    Kind.LESION,
    Kind.EACH,
    Kind.CELL,
}
_OTHER = {"positive": "negative", "negative": "positive"}
_QUIET = frozenset({Kind.GLUE, Kind.CELL})


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


# --- names -----------------------------------------------------------------------------------------------------------------


def on_name(s: State, i: int) -> int:
    """A name: a new entry, or one more word for the entry before it."""
    item = s.items[i]
    name = item.name
    if name is None:
        return i + 1
    s.names += 1
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
    if item.what == "fusion" or (name.kind in ("fish", "mutation") and not name.direct):
        entry.weak = True
    elif name.direct and s.lexicon.markers[name.marker].sense == "loss":
        entry.weak = True  # "H3K27me3 loss"
    if s.mode and name.gene and counterpart(s, name, s.mode):
        entry.modes = [s.mode]
        entry.weak = entry.weak or s.cued
        entry.exon = entry.exon or s.cued
    append(s, entry)
    return i + 1


# --- result phrases ----------------------------------------------------------------------------------------------------------


def on_phrase(s: State, i: int) -> int:
    """A run of words that say one thing: for the names before it, or for those after it."""
    items = s.items
    if len(s.open) > 1 and (j := respective(s, i)):
        return j
    j = phrase_end(items, i)
    if j == i:
        return i + 1
    leads = kind_at(s, skip(items, j, _QUIET)) in (Kind.NAME, Kind.FOR)
    phrase = evaluate(items, i, j, s.negated, leads)
    unsure = kind_at(s, i - 1) is Kind.UNKNOWN and s.items[i - 1].what != "symbol" and not phrase.denied
    if (
        unsure
        and (phrase.noun or phrase.stain or phrase.show or phrase.value in ("positive", "lost"))
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
    nxt = skip(items, j, _QUIET)
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
    items = s.items
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
        k = skip(items, nxt + 1, _QUIET | {Kind.BREAK, Kind.DASH})
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
                and not _parted(s, i)
            )
        if phrase.negated:
            return True
        if s.gap == "and" and phrase.only_marks and any(e.marks.told for e in s.open):
            return False
        return s.gap != "" and not (s.gap == "and" and phrase.only_marks and bool(bare) and False)
    if follow is Kind.DASH and s.gap == "stop" and not s.open:
        item = items[nxt]
        return (
            not (item.left or item.right)
            and kind_at(s, nxt + 1) is Kind.NAME
            and not phrase.sign
            and phrase.value is not None
        )
    if follow is Kind.BREAK and not phrase.sign and phrase.value is not None and not s.open and nxt == j:
        k = skip(items, nxt + 1, _QUIET | {Kind.DASH})
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
            and kind_at(s, skip(items, k + 1, _QUIET)) is Kind.NAME
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


def bracket_of_names(s: State, i: int) -> bool:
    """Whether a bracket with names opens at ``i``."""
    return kind_at(s, i) is Kind.OPEN and i in s.parens and s.parens[i][1]


def _parted(s: State, i: int) -> bool:
    """Whether a separator stands right before item ``i``."""
    return kind_at(s, i - 1) in (Kind.COMMA, Kind.AND, Kind.STOP, Kind.BREAK, Kind.BUT, Kind.FOR)


def backward(s: State, phrase: Phrase, j: int, place: str) -> int:
    """Give a result to the open names before it."""
    follow = kind_at(s, skip(s.items, j, _QUIET))
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
    shown = kind_at(s, skip(s.items, j, _QUIET | {Kind.FOR}))
    if (
        phrase.stain
        and phrase.value == "positive"
        and shown in (Kind.UNKNOWN, Kind.TOPIC, Kind.ENTITY)
        and not phrase.lesion
    ):
        k = skip(s.items, j, _QUIET | {Kind.FOR, Kind.UNKNOWN, Kind.TOPIC})
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
        k = skip(s.items, j, _QUIET | {Kind.UNKNOWN})
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


def told_again(s: State, j: int) -> bool:
    """Whether another result follows the unknown words at ``j`` without a name or separator between."""
    k = skip(s.items, j, {Kind.UNKNOWN, Kind.GLUE})
    return (
        kind_at(s, k) is Kind.VALUE
        and s.items[k].what in ("negative", "lost")
        and not s.items[k].sign
        and kind_at(s, skip(s.items, k + 1, _SKIPPED)) not in (Kind.NAME, Kind.FOR)
    )


def unknown_cells(s: State, j: int) -> bool:
    """Whether "in" cells that are not known to be the lesion follows at ``j``: "positive in Sertoli cells"."""
    if not any(s.items[k].what == "in" for k in range(max(0, j - 3), min(j + 1, len(s.items)))):
        return False
    k = skip(s.items, j, {Kind.UNKNOWN, Kind.GLUE})
    return k - j <= 4 and any(s.items[m].what == "cells" for m in range(j, k)) and kind_at(s, k) is not Kind.LESION


def place_only(s: State, phrase: Phrase, j: int, follow: Kind) -> int:
    """Other tissue is named, without a result: "vessels only", "in blood vessels", "mast cells: +"."""
    shown = phrase.show or phrase.place == "elsewhere_only"
    if s.open and s.gap in ("", "and"):
        if phrase.place == "unspecific":
            outside(s, s.open[-1:], phrase.place)
            return j
        if shown or phrase.marks.told:
            s.open[-1].weak = True
            s.open[-1].marks.merge(phrase.marks)
            outside(s, s.open[-1:], phrase.place)
            return j
        if follow in (Kind.COLON, Kind.VALUE, Kind.DASH):
            outside(s, s.open[-1:], phrase.place)
            return j
        s.pre = Marks()
        s.place = phrase.place
        return j
    if follow in (Kind.COLON, Kind.DASH):
        s.place = phrase.place
        return j
    if s.last and s.gap in ("", "and") and phrase.place != "control":
        near = [e for e in s.last if e.value == "positive" and not e.marks.of("remark") and not s.lesion]
        if s.last[-1].value is None and shown:
            for entry in s.last:
                entry.value = "positive"
            near = s.last
        if not _with(s, j):
            outside(s, near, phrase.place)
        return j
    if phrase.place != "control" or follow is Kind.COLON:
        s.place = phrase.place if kind_at(s, j) not in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.END) else ""
    return j


def _with(s: State, j: int) -> bool:
    """Whether the tissue before ``j`` is only told of beside the result: "positive with numerous plasma cells"."""
    for k in range(j - 1, max(-1, j - 12), -1):
        item = s.items[k]
        if item.kind in (Kind.VALUE, Kind.NAME, Kind.STAIN):
            return False
        if item.kind is Kind.FOR and item.what in ("with", "con", "avec", "mit", "com", "met"):
            return True
    return False


def attach(s: State, phrase: Phrase) -> None:
    """Give qualifiers to the open names they speak of."""
    figures = [m for m in phrase.marks.told if m[0] == "pct"]
    others = [m for m in phrase.marks.told if m[0] != "pct"]
    chosen = s.open if s.open[-1].scope is None else s.open[-1:]
    for entry in chosen:
        mine = (
            others
            if figures and (entry.name.kind == "index") != (s.open[-1].name.kind == "index")
            else phrase.marks.told
        )
        if figures and entry.name.kind == "index" and entry is not s.open[-1]:
            continue
        entry.marks.merge(Marks(list(mine)))
        apart = len(s.open) > 1 and s.open[-2].chunk != entry.chunk
        if (
            apart
            and entry.scope is not None
            and entry.scope.value in ("negative", "lost")
            and (not entry.joined or phrase.be)
            and Marks(list(mine)).telling
        ):
            entry.value = "positive"  # "loss of A, B focal"
        if any(m[0] != Kind.PATTERN and m[0] != "not_pattern" for m in mine):
            entry.post = True
        elif mine:
            entry.weak = entry.weak or False
    if phrase.place and not phrase.lesion:
        outside(s, s.open[-1:], phrase.place)
    s.open[-1].end = max(s.open[-1].end, phrase.end)


# --- numbers -----------------------------------------------------------------------------------------------------------------


def on_number(s: State, i: int) -> int:
    """A bare number: the figure of a proliferation index, or a score."""
    item = s.items[i]
    scored = score_before(s, i)
    if not s.open and s.gap == "" and scored == "score" and 0 < (item.low or 0) <= 3:
        for entry in s.last:
            entry.marks.told = [*entry.marks.told, ("grade", (item.low, item.high, "grade"))]
    if not s.open or s.gap:
        return i + 1
    entry = s.open[-1]
    ends = end_of(s, skip(s.items, i + 1, _QUIET))
    if entry.name.kind == "index":
        if (ends and kind_at(s, i - 1) is not Kind.GLUE) or s.items[i - 1].what != "#ref":
            entry.marks.add(item)
            entry.post = True
            entry.end = item.end
    elif item.low == 0 == item.high and ends:
        close(s, Phrase(item.start, item.end, value="negative", firm=True, sign=True))
    elif scored == "hscore" or (scored and (item.high or 0) <= 3 and ends):
        phrase = Phrase(item.start, item.end, value="positive", firm=True, sign=True)
        if scored == "score":
            phrase.marks.told.append(("grade", (item.low, item.high, "grade")))
        close(s, phrase)
    else:
        entry.post = True  # what follows is not about it
    return i + 1


def score_before(s: State, i: int) -> str:
    """Whether the number ``i`` is said to be a score or an H-score."""
    for k in range(i - 1, max(-1, i - 5), -1):
        kind = kind_at(s, k)
        if kind in (Kind.SCORE, Kind.HSCORE):
            return str(kind)
        if kind not in (Kind.GLUE, Kind.BE, Kind.COLON, Kind.FOR, Kind.COMPARE, Kind.CELL):
            return ""
        if kind is Kind.COLON and kind_at(s, k - 1) is Kind.NAME:
            return "score"
    return ""


def on_glue(s: State, i: int) -> int:
    """A count of cells per field."""
    item = s.items[i]
    if item.what == "#rate" and s.gap != "stop":
        for entry in (s.open or s.last)[-1:]:
            entry.post = True
            if entry.name.marker == "IGG4" and (item.comp == "<" or (item.low or 0) <= 10):
                entry.value, entry.marks, entry.weak = None, Marks(), False  # too few to count as positive
                entry.scope = None
    return i + 1


# --- links -------------------------------------------------------------------------------------------------------------------


def on_for(s: State, i: int) -> int:
    """ "And focally for desmin": the result before it goes on with other qualifiers."""
    waits = s.scope is not None and s.scope.value is not None and not s.scope.used
    if s.negated and leads_to_name(s.items, i):
        return i + 1
    if s.pre.told and not waits and not (s.open and s.gap == "") and leads_to_name(s.items, i):
        value = "positive"
        flush(s)
        s.scope = Scope(value, take_pre(s))
    elif s.open and s.gap == "" and starts_anew(s, i):
        s.gap = "comma"
        s.chunk += 1
    return i + 1


def starts_anew(s: State, i: int) -> bool:
    """Whether a result or qualifier of the next name follows "with": "SMA with negative desmin", "with focal desmin"."""
    j = skip(s.items, i + 1, MARKS | {Kind.GLUE})
    if kind_at(s, j) is Kind.NAME:
        return any(s.items[k].kind in MARKS for k in range(i + 1, j)) or kind_at(s, j + 1) is Kind.BE
    if kind_at(s, j) is Kind.NOT:
        return True
    if kind_at(s, j) is not Kind.VALUE or s.items[j].sign:
        return False
    k = skip(s.items, j + 1, _SKIPPED)
    return kind_at(s, k) is Kind.NAME or (kind_at(s, k) is Kind.FOR and leads_to_name(s.items, k))


def on_comma(s: State, i: int) -> int:
    """A comma between names, phrases or qualifiers."""
    relative = kind_at(s, i + 1) is Kind.GLUE and s.items[i + 1].what in _RELATIVE
    if s.excepting and s.open and relative:
        s.excepting = False  # "with the exception of A, which was positive"
    if s.excepting and s.open:
        s.excepted, s.open = s.open, []
        s.entries.extend(s.excepted)
        s.scope, s.last, s.excepting = None, [], False
    if s.gap != "dirty" or s.open or s.scope is not None:
        s.gap = "comma"
    s.chunk += 1
    s.negated = s.doubt = False
    s.topic = False
    return i + 1


#: Pronouns that go on about the name before them.
_RELATIVE = frozenset(
    {
        "which",
        "that",
        "que",
        "qui",
        "che",
        "die",
        "der",
        "das",
        "dat",
        "welche",
        "welcher",
        "welches",
        "o",
        "a",
        "el",
        "la",
    }
)


def on_and(s: State, i: int) -> int:
    """And, or, a slash: a list goes on."""
    if s.gap == "":
        s.gap = "and"
    if (
        s.items[i].what in _AS_WELL
        and s.last
        and not s.open
        and s.scope is None
        and s.gap in ("comma", "and")
        and lists_names(s, i + 1)
    ):
        s.scope = Scope(s.last[-1].value, Marks())  # "A and B were negative, as well as C"
        s.gap = ""
    s.topic = False
    return i + 1


#: First words of "as well as" and its like.
_AS_WELL = frozenset(
    {
        "as",
        "asi",
        "assim",
        "ainsi",
        "sowie",
        "nonche",
        "alsmede",
        "alsook",
        "bem",
        "along",
        "together",
        "in",
        "以及",
        "並びに",
    }
)


def lists_names(s: State, i: int) -> bool:
    """Whether only names stand from item ``i`` to the end of the clause."""
    j = skip(s.items, i, {Kind.NAME, Kind.GLUE, Kind.AND, Kind.COMMA, Kind.FOR})
    return kind_at(s, j) in (Kind.STOP, Kind.BREAK, Kind.END, Kind.BUT)


def on_but(s: State, i: int) -> int:
    """But, while: a new phrase, unless it only joins two qualifiers ("intense but patchy")."""
    j = skip(s.items, i + 1, _SKIPPED | {Kind.AND})
    nxt = kind_at(s, j)
    s.topic = False
    if nxt in (Kind.NAME, Kind.VALUE, Kind.NOT, Kind.FOR, Kind.UNKNOWN, Kind.CUE, Kind.BUT, Kind.SHOW, Kind.NONE):
        if nxt is Kind.VALUE and s.open and not value_opens(s, i):
            return i + 1
        named = kind_at(s, skip(s.items, j + 1, _SKIPPED | {Kind.FOR})) is Kind.NAME
        if (
            nxt is Kind.NOT
            and named
            and s.open
            and all(e.value is None and e.scope is None and not e.weak for e in s.open)
        ):
            s.waiting, s.open = [*s.waiting, *s.open], []  # "A but not B was positive"
            s.entries.extend(s.waiting)
        flush(s)
        s.pre = Marks()
        s.gap = "comma"
        s.chunk += 1
        s.negated = s.doubt = False
        if s.general and kind_at(s, skip(s.items, i + 1, _QUIET)) is not Kind.ENTITY:
            s.general = False
    return i + 1


def value_opens(s: State, i: int) -> bool:
    """Whether the next result after ``i`` has its names behind it."""
    j = skip(s.items, i + 1, _SKIPPED | {Kind.AND})
    k = skip(s.items, j + 1, _SKIPPED)
    if kind_at(s, k) is Kind.VALUE and not s.items[k].sign and k == j + 1:
        k = skip(s.items, k + 1, _SKIPPED)  # "negatively expressed A"
    kind = kind_at(s, k)
    if kind is Kind.FOR:
        return leads_to_name(s.items, k)
    return kind in (Kind.NAME, Kind.COLON, Kind.OPEN)


def on_colon(s: State, i: int) -> int:
    """A colon or equals sign after a name or a heading."""
    before = kind_at(s, i - 1)
    if before in (Kind.FIRST, Kind.REPEAT, Kind.NOW):
        s.rank = s.standing_rank = {Kind.FIRST: -1, Kind.REPEAT: 1, Kind.NOW: 0}[before]
    elif before is Kind.UNKNOWN and not s.open:
        s.gap = "stop"
    return i + 1


def on_stop(s: State, i: int) -> int:
    """The end of a clause."""
    if s.depth:
        return on_comma(s, i)
    semicolon = s.items[i].what == ";"
    keep = s.scope is not None and semicolon and (s.scope.listed or list_goes_on(s, i))
    end_clause(s, keep)
    if not semicolon:
        s.general = s.modal = s.before_denied = s.after_except = False
        s.sentence = len(s.entries)
        s.component = ""
    return i + 1


def list_goes_on(s: State, i: int) -> bool:
    """Whether only a bare name stands between this semicolon and the next: the list of the scope goes on."""
    j = skip(s.items, i + 1, {Kind.GLUE, Kind.AND})
    return kind_at(s, j) is Kind.NAME and kind_at(s, skip(s.items, j + 1, _QUIET)) in (Kind.STOP, Kind.END, Kind.BREAK)


def on_break(s: State, i: int) -> int:
    """A line break: the end of a clause unless the sentence plainly goes on."""
    before = kind_at(s, i - 1)
    j = skip(s.items, i + 1, _QUIET)
    after = kind_at(s, j)
    blank = s.items[i].what == "blank"
    if s.depth and not blank:
        return i + 1
    unused = s.scope is not None and not s.scope.used
    open_ = before in (
        Kind.COMMA,
        Kind.AND,
        Kind.FOR,
        Kind.BUT,
        Kind.COLON,
        Kind.NOT,
        Kind.BE,
        Kind.SHOW,
        Kind.NOUN,
        Kind.NEUTRAL,
        Kind.STAIN,
    )
    open_ = open_ or unused or s.negated or bool(s.pre.told)
    bare = [e for e in s.open if e.value is None and e.scope is None and not e.post]
    goes_on = after in (Kind.FOR, Kind.BUT, Kind.BE) or (after is Kind.AND and s.items[j].what != "/")
    if bare and after is Kind.DASH and kind_at(s, j + 1) in (Kind.BREAK, Kind.END):
        goes_on = True
    if bare and after in (Kind.VALUE, Kind.BE, Kind.NOUN, Kind.CUE) and not (after is Kind.VALUE and value_opens(s, i)):
        goes_on = True
    if s.scope is not None and s.scope.listed and not value_opens(s, i) and (unused or names_only(s, i + 1)):
        s.gap = "comma"
        s.chunk += 1
        if any(e.post for e in s.open):
            flush(s, keep_scope=True)
        return i + 1
    if (open_ or goes_on) and not (blank and not unused):
        return i + 1
    end_clause(s)
    s.general = s.modal = s.before_denied = s.after_except = False
    s.sentence = len(s.entries)
    return i + 1


def names_only(s: State, i: int) -> bool:
    """Whether the line that begins at ``i`` holds names and qualifiers and no result of its own."""
    j = i
    while j < len(s.items) and s.items[j].kind is not Kind.BREAK and j - i < 40:
        kind = s.items[j].kind
        if (
            kind
            not in (Kind.NAME, Kind.COMMA, Kind.AND, Kind.GLUE, Kind.OPEN, Kind.CLOSE, Kind.DASH, Kind.CELL, Kind.STOP)
            and kind not in MARKS
        ):
            return kind is not Kind.VALUE and kind is not Kind.UNKNOWN and j > i and False
        j += 1
    return j > i


def end_clause(s: State, keep_scope: bool = False) -> None:
    """Close everything that is open."""
    if s.open and not s.gap and s.scope is None and not any(e.weak or e.marks.told for e in s.open):
        if s.negated:
            for entry in s.open:
                entry.value = entry.value or "negative"  # "A was expressed; B was not"
    flush(s, keep_scope)
    if s.words:
        if s.names == 0 and len(s.words) <= 3 and not s.prose:
            s.comments.append(Comment(s.words[0].start, s.words[-1].end, True))
        else:
            s.comments.extend(s.words)
    if s.names == 0:
        s.comments.extend(s.loose)
    final = s.last[-1] if s.last else None
    s.before_denied = final is not None and final.value == "negative" and final.scope is not None and final.scope.soft
    s.denied = s.dangling = s.doubt = False
    s.place = s.component = ""
    s.waiting, s.excepted = [], []
    s.excepting = False
    s.lesion = s.prose = False
    s.loose = []
    s.words = []
    s.names = 0
    s.pre = Marks()
    s.gap = "stop"
    s.chunk += 1
    s.rank = s.standing_rank
    s.negated = False
    s.topic = False
    s.entity = ""
    s.mode = ""
    s.cued = False
    if not keep_scope:
        s.said = ""


# --- what changes or takes away a result ----------------------------------------------------------------------------------------


def on_except(s: State, i: int) -> int:
    """ "Except": the opposite of what was said, for the names or the cells that follow."""
    items = s.items
    s.after_except = s.names > 0
    j = skip(items, i + 1, MARKS | {Kind.GLUE, Kind.FOR, Kind.NOUN, Kind.NEUTRAL})
    other = _OTHER.get(s.said or (s.scope.value if s.scope and s.scope.value else ""), "")
    if kind_at(s, j) is not Kind.NAME:
        focal = any(items[k].kind is Kind.EXTENT and items[k].what == "focal" for k in range(i + 1, j))
        if focal and other and end_of(s, j):
            flush(s)
            for entry in s.last if other == "positive" else []:
                entry.value = "positive"  # "negative except for rare cells"
                entry.marks.told = [*entry.marks.told, ("extent", "focal")]
            return j
        return on_but(s, i)
    flush(s)
    named = items[j].name
    if named is not None and any(e.name.marker == named.marker for e in s.entries[s.sentence :]):
        s.rank = 1  # "A and B negative, except for focal B"
    s.pre = Marks()
    s.gap = "comma"
    s.chunk += 1
    s.negated = False
    s.excepting = not s.said and not other
    if other:
        k = j
        while k < len(items) and items[k].kind not in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.BUT):
            if items[k].kind in (Kind.VALUE, Kind.DASH):
                return i + 1
            k += 1
        marked = any(items[m].kind in MARKS for m in range(i + 1, j))
        s.scope = Scope("positive" if marked else other, Marks())
    return i + 1


def on_ditto(s: State, i: int) -> int:
    """ "As were A and B": the result before it, again."""
    if s.open or s.last:
        flush(s)
        lesion = skip(s.items, i + 1, _QUIET)
        if kind_at(s, lesion) is Kind.LESION:
            for entry in s.last:
                entry.marks = Marks([m for m in entry.marks.told if m[0] != "remark"])  # "and so does the tumour"
            return i + 1
        s.scope = Scope(
            s.last[-1].value, Marks([m for m in s.last[-1].marks.told if m[0] in (Kind.EXTENT, Kind.INTENSITY)])
        )
        s.gap = ""
    return i + 1


def on_aside(s: State, i: int) -> int:
    """ "Unlike SMA", "rather than desmin": names in passing; nothing is said of them."""
    items = s.items
    j = i + 1
    while j < len(items) and j - i < 12 and items[j].kind in (Kind.NAME, Kind.AND, Kind.GLUE, Kind.NOUN, Kind.FOR):
        j += 1
    if j == i + 1 or kind_at(s, j) not in (
        Kind.COMMA,
        Kind.STOP,
        Kind.BREAK,
        Kind.END,
        Kind.CLOSE,
        Kind.BE,
        Kind.VALUE,
        Kind.BUT,
    ):
        return i + 1
    if kind_at(s, j) is Kind.COMMA and kind_at(s, j + 1) is Kind.GLUE and kind_at(s, j + 2) in (Kind.BE, Kind.VALUE):
        return i + 1  # "in contrast to SMA, which was positive"
    if kind_at(s, j) in (Kind.BE, Kind.VALUE) and not s.open:
        return i + 1
    for k in range(i + 1, j):
        named = items[k].name
        if named is not None:
            s.entries.append(Entry(named, items[k].start, items[k].end))
    return j


def on_tested(s: State, i: int) -> int:
    """Performed, ordered, used: a test, and no result."""
    item = s.items[i]
    s.modal = True
    if s.negated and s.open:
        s.negated = False
        close(s, Phrase(item.start, item.end, value="not_done", firm=True))
        return i + 1
    if s.open:
        if s.scope is not None and s.scope.soft and s.scope.value == "negative" and s.open[-1].scope is s.scope:
            for entry in s.open:
                entry.value = "not_done"  # "no ALK done"
            flush(s)
            return i + 1
        for entry in s.open:
            if entry.scope is None and not entry.marks.told:
                entry.weak = False
        s.unasked = True
    elif s.last and s.gap == "" and s.last[-1].scope is not None and not s.last[-1].scope.used:
        pass
    else:
        j = skip(s.items, i + 1, IN_PHRASE - {Kind.VALUE} | {Kind.COLON, Kind.FOR})
        if kind_at(s, j) in (Kind.NAME, Kind.UNKNOWN, Kind.OPEN):
            s.neutral = True
            s.scope = None
            s.pre = Marks()
    s.prose = True
    return i + 1


def on_component(s: State, i: int) -> int:
    """A part of a tumour that has several: "epithelial component: keratin positive"."""
    s.prose = True
    item = s.items[i]
    after = skip(s.items, i + 1, _QUIET)
    joined = kind_at(s, after) is Kind.AND and kind_at(s, skip(s.items, after + 1, _QUIET)) in (
        Kind.LESION,
        Kind.COMPONENT,
    )
    beside = joined or (kind_at(s, i - 1 - (kind_at(s, i - 1) is Kind.GLUE)) is Kind.AND and s.lesion)
    if beside or s.lesion:
        s.component = ""
        s.lesion = True
    elif s.open and s.gap == "":
        for entry in s.open:
            entry.component = entry.component or item.what
    elif s.last and s.gap in ("", "and"):
        for entry in s.last:
            entry.component = entry.component or item.what
    else:
        s.component = item.what
    return i + 1


def on_topic(s: State, i: int) -> int:
    """Something else than a stain is spoken of: necrosis, margins, nodes."""
    s.prose = True
    if s.negated:
        s.negated = False
        if s.open:
            soil(s)
        return i + 1
    if s.open:
        soil(s)
    elif s.scope is not None:
        if s.scope.used:
            soil(s)
        else:
            s.scope = None
    else:
        s.gap = "dirty" if s.gap == "" else s.gap
    s.pre = Marks()
    s.topic = True
    s.place = ""
    return i + 1


def on_entity(s: State, i: int) -> int:
    """The name of a disease."""
    item = s.items[i]
    adjective = (
        bool(s.last)
        and not s.open
        and s.gap == ""
        and kind_at(s, i - 1) in (Kind.VALUE, Kind.DASH, Kind.NOUN, Kind.GLUE, Kind.ENTITY)
    )
    if adjective and s.items[i - 1].start <= s.last[-1].end + 1:
        excluded = excludes(s, i) or kind_at(
            s, skip(s.items, i + 1, _QUIET | {Kind.ENTITY, Kind.LESION, Kind.UNKNOWN})
        ) in (Kind.BE, Kind.SHOW)
        for entry in s.last:
            entry.aside = True
            entry.general = entry.general or excluded
    s.negated = False
    if s.open:
        soil(s)
        s.gap = "dirty"
    elif s.scope is not None and s.scope.used:
        soil(s)
    s.entity = item.what if not s.entity else s.entity
    s.pre = Marks()
    s.prose = True
    return i + 1


def excludes(s: State, i: int) -> bool:
    """Whether the disease at ``i`` is ruled out, or only thought of."""
    for step, reach in ((1, 16), (-1, 10)):
        k = i + step
        while 0 <= k < len(s.items) and abs(k - i) < reach and s.items[k].kind not in (Kind.STOP, Kind.BREAK):
            kind = s.items[k].kind
            if kind in (Kind.EXCLUDE, Kind.GENERAL) or (kind in (Kind.NOT, Kind.NONE) and step < 0):
                return True
            if kind is Kind.COMMA and step < 0:
                break
            k += step
    return False


def on_general(s: State, i: int) -> int:
    """Usually, typically: told of a disease, not of this case."""
    if s.entity or kind_at(s, skip(s.items, i + 1, _QUIET)) is Kind.ENTITY:
        s.general = True
    s.prose = True
    return i + 1


def on_modal(s: State, i: int) -> int:
    """Would, should, whether: what follows is no statement about the case."""
    s.modal = True
    if s.items[i].what in ("whether", "if", "ob", "si", "se", "of") and not s.open:
        s.general = True
    s.prose = True
    return i + 1


def on_exclude(s: State, i: int) -> int:
    """Excluded, ruled out: of a genetic change, its absence."""
    item = s.items[i]
    s.prose = True
    if (
        s.open
        and s.gap == ""
        and all(e.name.kind in ("fish", "mutation", "fusion") or [m for m in e.modes if m != "ihc"] for e in s.open)
    ):
        value = "equivocal" if s.negated else "negative"
        s.negated = False
        close(s, Phrase(item.start, item.end, value=value, firm=True))
        return i + 1
    if s.open and s.gap == "" and s.negated:
        s.negated = False
        close(s, Phrase(item.start, item.end, value="equivocal", firm=True))
        return i + 1
    s.negated = False
    if s.open:
        soil(s)
    return i + 1


# --- genetics and methods --------------------------------------------------------------------------------------------------------


def on_cue(s: State, i: int) -> int:
    """FISH, rearranged, mutation, wild type, immunohistochemistry: which test the result belongs to."""
    item = s.items[i]
    mode = mode_of(item.what)
    value = {"positive": "positive", "negative": "negative"}.get(item.what.rpartition("_")[2])
    noun = item.what.endswith("_noun")
    links = _SKIPPED | {Kind.CUE, Kind.COLON, Kind.FOR}
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
            value, s.negated = _OTHER[value], False
        j = skip(s.items, i + 1, _QUIET | {Kind.NEUTRAL})
        return give(s, Phrase(item.start, item.end, value=value, firm=True), i, i + 1, j)
    if noun and s.open:
        if s.negated:
            s.negated = False
            give(
                s,
                Phrase(item.start, item.end, value="negative", firm=True, denied=True),
                i,
                i + 1,
                skip(s.items, i + 1, _QUIET),
            )
        else:
            for entry in s.open if s.open[-1].scope is None else [e for e in s.open if e.scope is s.open[-1].scope]:
                entry.noun = entry.exon = True
                entry.weak = entry.weak or item.what != "mutation_exon_noun"
            s.open[-1].end = max(s.open[-1].end, item.end)
    return i + 1


def chunk_has(s: State, i: int, kinds: tuple[Kind, ...]) -> bool:
    """Whether an item of these kinds follows before the next comma or stop."""
    j = i + 1
    while j < len(s.items) and j - i < 24 and s.items[j].kind not in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.BUT):
        if s.items[j].kind in kinds:
            return True
        j += 1
    return False


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


# --- specimens -----------------------------------------------------------------------------------------------------------------


def on_time(s: State, i: int) -> int:
    """Repeat, after treatment: this reading counts; biopsy, initially: a later reading counts more."""
    kind = s.items[i].kind
    if kind is Kind.NOW:
        return i + 1
    rank = 1 if kind is Kind.REPEAT else -1
    nxt = kind_at(s, skip(s.items, i + 1, {Kind.GLUE, Kind.FOR}))
    target = s.open or s.last
    if target and s.gap == "" and nxt not in (Kind.NAME, Kind.COLON):
        for entry in target:
            entry.rank = rank
    else:
        s.rank = rank
    return i + 1


# --- signs ---------------------------------------------------------------------------------------------------------------------


def on_dash(s: State, i: int) -> int:
    """A hyphen: a minus sign, a separator between name and result, a bullet, or part of a word."""
    item = s.items[i]
    before, nxt = kind_at(s, i - 1), kind_at(s, i + 1)
    if (
        before in (Kind.BREAK, Kind.END)
        and nxt not in (Kind.BREAK, Kind.END, Kind.FOR, Kind.COLON)
        and not (item.what == "-" and nxt is Kind.VALUE and False)
    ):
        return i + 1  # a bullet
    if len(s.open) > 1 and (j := respective(s, i)):
        return j
    minus = Item(Kind.VALUE, "negative", item.start, item.end, sign=True, left=item.left, right=item.right)
    if not s.open or s.gap:
        joins = item.right and nxt is Kind.NAME  # "anti-ALK"
        if s.open and (before in MARKS or before in (Kind.NOUN, Kind.GLUE, Kind.NEUTRAL)) and item.left and not joins:
            return apply_sign(s, i, minus)
        if s.open and before in (Kind.COMMA, Kind.BREAK, Kind.CELL) and not item.right:
            s.gap = ""  # "desmin,-" or a sign on a line of its own
            return apply_sign(s, i, minus)
        if not s.open and nxt in (Kind.FOR, Kind.COLON) and s.gap == "stop":
            return apply_sign(s, i, minus)
        return i + 1
    if is_separator(s, i):
        return i + 1
    return apply_sign(s, i, minus)


def apply_sign(s: State, i: int, item: Item) -> int:
    """A sign as a result."""
    nxt = skip(s.items, i + 1, _QUIET)
    return give(s, sign_phrase(item.what, item), i, i + 1, nxt)


def is_separator(s: State, i: int) -> bool:
    """Whether the hyphen at ``i``, after an open name, only joins it to its result."""
    item = s.items[i]
    if i + 1 >= len(s.items) or len(item.what) > 1:
        return False
    nxt = s.items[i + 1]
    kind = nxt.kind
    if kind in (
        Kind.COMMA,
        Kind.STOP,
        Kind.BREAK,
        Kind.CLOSE,
        Kind.AND,
        Kind.BUT,
        Kind.NAME,
        Kind.REMARK,
        Kind.FIRST,
        Kind.CELL,
    ):
        return False
    if kind is Kind.COLON:
        return True
    if kind is Kind.OPEN:
        end = s.parens.get(i + 1)
        if end is None or end[1]:
            return False
        inner = s.items[i + 2 : end[0]]
        if any(k.kind in (Kind.UNKNOWN, Kind.REMARK) for k in inner):
            return False  # "S100 - (nerves +)"
        return any(k.kind is Kind.VALUE and k.what != "negative" for k in inner) or (
            len(inner) == 1 and inner[0].kind is Kind.DASH
        )
    if kind is Kind.DASH:
        return not item.right
    if kind is Kind.VALUE:
        follow = kind_at(s, skip(s.items, i + 2, _SKIPPED))
        return not (item.left and not item.right and not nxt.sign and follow in (Kind.FOR, Kind.COLON))
    if kind in MARKS or kind in (Kind.NUMBER, Kind.COMPARE, Kind.QUERY):
        if item.left and not item.right:
            k = skip(s.items, i + 1, _SKIPPED | {Kind.NUMBER, Kind.AND})
            follow = kind_at(s, k)
            return follow not in (Kind.NAME, Kind.FOR, Kind.VALUE, Kind.UNKNOWN) or (
                follow is Kind.VALUE and s.items[k].sign
            )
        return True
    if (
        kind in (Kind.GLUE, Kind.EACH, Kind.LESION, Kind.UNKNOWN, Kind.TOPIC, Kind.ENTITY)
        and not item.left
        and not item.right
    ):
        return True  # "A, B - all positive", "A - see Table 2"
    if kind in (Kind.NOT, Kind.CUE, Kind.STAIN, Kind.NOUN, Kind.NEUTRAL, Kind.TESTED):
        return item.right or not item.left
    return item.right  # "SMA-stained", "S100-protein"


def on_long_dash(s: State, i: int) -> int:
    """A long dash: a separator, or a stain that was not done."""
    item = s.items[i]
    if s.open and not s.gap and kind_at(s, i + 1) in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.END, Kind.CLOSE):
        close(s, Phrase(item.start, item.end, value="not_done", firm=True, sign=True))
    return i + 1


def on_query(s: State, i: int) -> int:
    """A question mark: the result is in doubt, or asked for."""
    item = s.items[i]
    if s.gap != "":
        return i + 1
    if s.open:
        for entry in s.open:
            entry.value, entry.weak, entry.scope = None, False, None  # "ALK ?": asked, not told
            entry.marks = Marks()
        s.scope = None
        flush(s)
        s.gap = "comma"
    elif s.last and item.left:
        combine(s, s.last, Phrase(item.start, item.end, value="equivocal", firm=True, sign=True))
    return i + 1


# --- unknown words ---------------------------------------------------------------------------------------------------------------


def on_unknown(s: State, i: int) -> int:
    """Words that are not known: a name when they stand where a name would; else nothing is read across them."""
    items = s.items
    j = i
    while j + 1 < len(items) and j - i < 5 and items[j + 1].kind is Kind.UNKNOWN:
        j += 1
    for k in range(i, j + 1):
        if items[k].what == "typo":
            if k > i:
                s.words.append(Comment(items[i].start, items[k - 1].end))
            return entry_unknown(s, k, k)
    first, last = items[i], items[j]
    kind = kind_at(s, j + 1)
    if first.what == "symbol" and i == j:
        if kind is Kind.END and i == 0:
            s.words.append(Comment(first.start, last.end))
        return i + 1
    if names_a_stain(s, i, j):
        return entry_unknown(s, i, j)
    s.words.append(Comment(first.start, last.end))
    if not harmless(s, i, j):
        denied = s.negated or (s.scope is not None and s.scope.soft)
        soil(s, kind_at(s, i - 1))
        s.doubt = s.doubt or denied  # what the "not" denies is not known
        s.negated = False
        s.place = ""
    elif not s.open and s.scope is None:
        s.gap = "dirty" if s.gap in ("", "and", "comma") and not s.negated else s.gap
    return j + 1


def harmless(s: State, i: int, j: int) -> bool:
    """Whether the unknown words ``i`` to ``j`` stand where they cannot change what a result belongs to."""
    items = s.items
    if (
        s.open
        and s.open[-1].name.kind == "index"
        and kind_at(s, skip(items, j + 1, {Kind.GLUE, Kind.FOR, Kind.COMPARE, Kind.BE, Kind.UNKNOWN})) is Kind.PERCENT
    ):
        return True  # "Ki-67 is put at 20 %": a figure can be about nothing else
    before, after = kind_at(s, i - 1), kind_at(s, j + 1)
    count = j - i + 1
    if not s.open and s.scope is None and not s.negated:
        return True
    if before is Kind.CELL and after in (Kind.CELL, Kind.BREAK, Kind.END):
        return True
    if after is Kind.CELL and before is Kind.BREAK:
        return True
    listing = (Kind.COMMA, Kind.AND, Kind.FOR, Kind.COLON, Kind.OPEN, Kind.NOT)
    if before in listing and after in (Kind.COMMA, Kind.AND) and count <= 2:
        return not s.negated or after is not Kind.COMMA
    if (
        before in (Kind.AND,)
        and count <= 2
        and after in (Kind.VALUE, Kind.STOP, Kind.CLOSE)
        and s.scope is not None
        and s.scope.used
        and after is not Kind.VALUE
    ):
        return True
    if before is Kind.FOR and after in (Kind.NAME, Kind.COMMA, Kind.AND) and count <= 3:
        return True
    if s.scope is not None and count <= 2 and bracket_of_names(s, j + 1):
        return True
    if (
        count == 1
        and after in (Kind.VALUE, Kind.NOUN, Kind.NEUTRAL, Kind.EXTENT, Kind.INTENSITY)
        and before in (Kind.NOT, Kind.BE, Kind.COLON, Kind.SHOW, Kind.OPEN)
    ):
        return True
    if count == 1 and (before is Kind.NOT or s.negated) and after is Kind.NAME:
        return True
    k = skip(items, j + 1, {Kind.GLUE})
    if count <= 2 and kind_at(s, j + 1) in (Kind.LESION, Kind.REMARK) and not s.open:
        return True
    if count <= 2 and kind_at(s, k) is Kind.LESION and k - j <= 2:
        return True
    if s.scope is not None and not s.scope.used and after is Kind.FOR and count <= 3:
        return True
    if s.scope is not None and not s.scope.used and s.scope.listed and count <= 3:
        return True
    return False


def names_a_stain(s: State, i: int, j: int) -> bool:
    """Whether the unknown words ``i`` to ``j`` stand where the name of a stain would."""
    kind = kind_at(s, j + 1)
    short = s.items[i].end - s.items[i].start <= 20
    if s.scope is not None and s.scope.soft and s.negated:
        return False
    if kind is Kind.VALUE and s.items[j + 1].sign:
        return True
    if kind is Kind.DASH and dash_closes(s, j + 1):
        return True
    if kind is Kind.PERCENT and j == i and s.items[i].what == "code":
        return True
    if kind is Kind.OPEN and (j + 1) in s.parens and sign_only(s, j + 1):
        return True
    if kind is Kind.COLON:
        k = skip(s.items, j + 2, _SKIPPED)
        if kind_at(s, k) is Kind.VALUE and not value_opens(s, j + 1) and j - i <= 2:
            return True
    if (
        j - i <= 1
        and kind in (Kind.VALUE, Kind.BE)
        and s.gap in ("stop", "comma", "and")
        and kind_at(s, i - 1) in (Kind.STOP, Kind.COMMA, Kind.AND, Kind.BREAK, Kind.END)
    ):
        k = j + 1 if kind is Kind.VALUE else skip(s.items, j + 2, _SKIPPED | {Kind.NOT})
        if kind_at(s, k) is Kind.VALUE and s.items[k].firm and not s.open:
            follow = skip(s.items, k + 1, _SKIPPED)
            return kind_at(s, follow) is not Kind.COLON and not (
                kind_at(s, follow) is Kind.FOR and leads_to_name(s.items, follow)
            )
    if j > i or kind not in (Kind.COMMA, Kind.STOP, Kind.END, Kind.BREAK, Kind.AND, Kind.CLOSE, Kind.BUT):
        return False
    if s.gap in ("comma", "and") and s.scope is None:
        return (
            kind in (Kind.COMMA, Kind.AND, Kind.STOP, Kind.END)
            and not s.prose
            and kind_at(s, i - 1) in (Kind.COMMA, Kind.AND)
            and short
        )
    if s.gap != "stop" and s.gap != "dirty" and s.scope is not None and not s.scope.used:
        return short or kind is Kind.AND
    if s.gap in ("comma", "and") and s.scope is not None and kind_at(s, i - 1) in (Kind.COMMA, Kind.AND):
        return short
    return (
        kind in (Kind.COMMA, Kind.AND) and kind_at(s, j + 2) is Kind.NAME and s.gap == "stop" and short and not s.prose
    )


def entry_unknown(s: State, i: int, j: int) -> int:
    """An entry for words that stand where a name would."""
    s.names += 1
    if s.negated:
        flush(s)
        s.scope = Scope("negative", take_pre(s), soft=True)
        s.negated = False
    elif s.gap and s.open and any(e.post for e in s.open):
        flush(s, keep_scope=True)
    entry = Entry(Name("", kind="unknown"), s.items[i].start, s.items[j].end, rank=s.rank, chunk=s.chunk, scope=s.scope)
    if s.scope is not None:
        s.scope.used = True
    append(s, entry)
    return j + 1


def dash_closes(s: State, i: int) -> bool:
    """Whether the hyphen after an unknown word is a minus sign."""
    item = s.items[i]
    if not item.left:
        return False
    kind = kind_at(s, i + 1)
    if not item.right:
        return kind in (Kind.COMMA, Kind.STOP, Kind.CLOSE, Kind.END, Kind.BREAK, Kind.AND, Kind.CELL)
    return kind in (Kind.COMMA, Kind.STOP, Kind.CLOSE, Kind.END, Kind.BREAK, Kind.AND) or (
        kind is Kind.VALUE and not s.items[i + 1].sign
    )


def sign_only(s: State, i: int) -> bool:
    """Whether the bracket at ``i`` holds a sign and no names."""
    end, names = s.parens[i]
    return not names and any(
        (s.items[k].kind is Kind.VALUE and s.items[k].sign) or s.items[k].kind is Kind.DASH for k in range(i + 1, end)
    )


def on_close(s: State, i: int) -> int:
    """The end of a bracket with names; a result opened just before it ends with it."""
    if s.depth:
        s.depth -= 1
        opened = s.stack.pop()
        if opened is not None and opened is s.scope:
            flush(s)
        if s.open or s.last:
            s.gap = ""
    return i + 1


def on_respectively(s: State, i: int) -> int:
    """A word that only counts with the results before it."""
    return i + 1


RULES: dict[Kind, Callable[[State, int], int]] = {
    Kind.NAME: on_name,
    **dict.fromkeys(IN_PHRASE, on_phrase),
    Kind.GLUE: on_glue,
    Kind.CELL: on_glue,
    Kind.COMPARE: on_glue,
    Kind.SCORE: on_glue,
    Kind.HSCORE: on_glue,
    Kind.NUMBER: on_number,
    Kind.FOR: on_for,
    Kind.COMMA: on_comma,
    Kind.AND: on_and,
    Kind.BUT: on_but,
    Kind.COLON: on_colon,
    Kind.STOP: on_stop,
    Kind.BREAK: on_break,
    Kind.EXCEPT: on_except,
    Kind.DITTO: on_ditto,
    Kind.ASIDE: on_aside,
    Kind.TESTED: on_tested,
    Kind.COMPONENT: on_component,
    Kind.TOPIC: on_topic,
    Kind.ENTITY: on_entity,
    Kind.GENERAL: on_general,
    Kind.EXCLUDE: on_exclude,
    Kind.MODAL: on_modal,
    Kind.CUE: on_cue,
    Kind.REPEAT: on_time,
    Kind.FIRST: on_time,
    Kind.NOW: on_time,
    Kind.DASH: on_dash,
    Kind.LONG_DASH: on_long_dash,
    Kind.QUERY: on_query,
    Kind.UNKNOWN: on_unknown,
    Kind.OPEN: read_bracket,
    Kind.CLOSE: on_close,
    Kind.RESPECTIVELY: on_respectively,
}
