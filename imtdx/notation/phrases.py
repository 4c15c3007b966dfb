"""Result phrases: a run of words that together say one thing about a stain ("were all strongly and diffusely positive")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from imtdx.notation.kinds import MARKS, Item, Kind, Marks

__all__ = ["IN_PHRASE", "Phrase", "evaluate", "phrase_end", "skip"]

#: How far a look-ahead goes; phrases of one stain are shorter.
AHEAD = 24
#: What may stand in a result phrase.
IN_PHRASE = MARKS | {
    Kind.VALUE,
    Kind.NOT,
    Kind.NONE,
    Kind.DENY,
    Kind.BE,
    Kind.SHOW,
    Kind.EACH,
    Kind.NOUN,
    Kind.NEUTRAL,
    Kind.STAIN,
    Kind.LESION,
    Kind.REMARK,
    Kind.GLUE,
    Kind.COMPARE,
    Kind.SCORE,
    Kind.HSCORE,
    Kind.CELL,
}
#: What says something in it.
_TELLS = MARKS | {Kind.VALUE, Kind.NOT, Kind.NONE, Kind.DENY, Kind.NOUN, Kind.STAIN, Kind.LESION, Kind.REMARK}
_TURNED = {"positive": "negative", "lost": "retained", "retained": "lost"}
#: Kinds that may stand between "for" and the name it leads to.
_BEFORE_NAME = MARKS | {Kind.GLUE, Kind.NOUN, Kind.NEUTRAL, Kind.CELL, Kind.EACH}


@dataclass(slots=True)
class Phrase:
    """What a run of items says.

    Attributes:
        value: the result, or None.
        marks: its qualifiers.
        noun: "expression" and its like: positive where nothing else is said.
        neutral: "staining" and its like.
        show: a verb of showing or an active verb stands in it.
        be: a form of "to be" stands in it.
        negated: a "not" that waits for what follows.
        denied: the value came from a denial ("no", "not seen").
        verb: a verb is denied ("did not express").
        firm: the value is said outright.
        sign: the value is a sign.
        lesion: the lesion is named.
        place: tissue that is not the lesion, or empty.
        each: "all", "both" or "none" stands in it.
        modes: genetic words in it.
        grade: the item whose grade counts.
        start, end: place in the text.
    """

    start: int
    end: int
    value: str | None = None
    marks: Marks = field(default_factory=Marks)
    noun: bool = False
    neutral: bool = False
    show: bool = False
    stain: bool = False
    be: bool = False
    negated: bool = False
    denied: bool = False
    verb: bool = False
    firm: bool = False
    sign: bool = False
    lesion: bool = False
    place: str = ""
    each: bool = False
    figure: bool = False

    @property
    def telling(self) -> bool:
        """Whether it says anything."""
        return self.value is not None or bool(self.marks.told) or self.noun or self.negated or self.stain

    @property
    def only_marks(self) -> bool:
        """Whether it only qualifies."""
        return self.value is None and bool(self.marks.told) and not self.noun and not self.negated


def skip(items: Sequence[Item], i: int, kinds: frozenset[Kind] | set[Kind]) -> int:
    """Index of the first item from ``i`` on that is of none of these kinds; the number of items when there is none."""
    j = i
    while j < len(items) and j - i < AHEAD and items[j].kind in kinds:
        j += 1
    return j


def leads_to_name(items: Sequence[Item], i: int) -> bool:
    """Whether the "for" at ``i`` leads to a name, known or not."""
    j = skip(
        items, i + 1, _BEFORE_NAME | {Kind.OPEN, Kind.CUE, Kind.COLON, Kind.FOR, Kind.REPEAT, Kind.FIRST, Kind.LESION}
    )
    if j >= len(items):
        return False
    if items[j].kind is Kind.NAME:
        return True
    if items[j].kind is Kind.UNKNOWN and items[i].what in _LEADING:
        k = skip(items, j, {Kind.UNKNOWN, Kind.GLUE})
        return k >= len(items) or items[k].kind in (Kind.NAME, Kind.COMMA, Kind.AND, Kind.STOP, Kind.BREAK, Kind.OPEN)
    return False


def denies(items: Sequence[Item], i: int) -> bool:
    """Whether a "no" follows the "with" at ``i``."""
    j = skip(items, i + 1, {Kind.GLUE})
    return j < len(items) and items[j].kind is Kind.NOT


_WITH = frozenset({"with", "mit", "con", "avec", "com", "met"})


def _told_twice(items: Sequence[Item], i: int, j: int) -> bool:
    """Whether a result stands before and after the "with" at ``j``: "lost in the tumour with preserved staining in vessels"."""
    k = skip(items, j + 1, MARKS | {Kind.GLUE})
    if k >= len(items) or items[k].kind is not Kind.VALUE:
        return False
    kept = items[k].what in ("lost", "retained") and any(items[m].kind is Kind.NOUN for m in range(i, j))
    return kept or any(items[m].kind is Kind.VALUE for m in range(i, j))


#: Words after which an unknown word may be an unknown stain.
_LEADING = frozenset({"for", "fur", "para", "pour", "per", "voor", "against", "of", "con", "avec"})


def phrase_end(items: Sequence[Item], i: int) -> int:
    """Index after the run of items that starts at ``i`` and says one thing."""
    j = i
    while j < len(items) and j - i < 3 * AHEAD:
        kind = items[j].kind
        if kind is Kind.VALUE and j > i and not items[j].sign and _second_result(items, i, j):
            break
        if kind is Kind.NOT and j > i and any(items[k].kind in (Kind.NOUN, Kind.VALUE) for k in range(i, j)):
            k = skip(items, j + 1, IN_PHRASE)
            if (
                k < len(items)
                and items[k].kind is Kind.NAME
                and not any(items[m].kind is Kind.VALUE for m in range(j, k))
            ):
                break  # "expression of A in the absence of B"
        if kind is Kind.GLUE and items[j].what == "#rate":
            break
        if kind in IN_PHRASE:
            j += 1
            continue
        if kind is Kind.FOR:
            if leads_to_name(items, j) or denies(items, j) or (items[j].what in _WITH and _told_twice(items, i, j)):
                break
            j += 1
            continue
        if kind in (Kind.COMMA, Kind.AND, Kind.BUT):
            k = skip(items, j + 1, MARKS | {Kind.GLUE, Kind.COMPARE, Kind.BE, Kind.AND})
            marked = any(items[m].kind in MARKS for m in range(j + 1, k))
            last = items[k - 1] if k > j + 1 else None
            closes = k >= len(items) or items[k].kind in (
                Kind.COMMA,
                Kind.STOP,
                Kind.BREAK,
                Kind.CLOSE,
                Kind.OPEN,
                Kind.BUT,
                Kind.CELL,
            )
            leads = (
                k < len(items)
                and items[k].kind in (Kind.VALUE, Kind.NOUN, Kind.NEUTRAL, Kind.STAIN)
                and kind is not Kind.BUT
            )
            leads = leads and (j > i and items[j - 1].kind in MARKS | {Kind.BE, Kind.GLUE}) and not items[k].sign
            leads = leads and not any(items[m].kind is Kind.VALUE for m in range(i, j))
            if marked and last is not None and (closes or leads) and j > i:
                j = k
                continue
            if leads and kind is Kind.AND and items[j - 1].kind in MARKS:
                j = k
                continue
            break
        break
    return j


def _second_result(items: Sequence[Item], i: int, j: int) -> bool:
    """Whether the result at ``j`` begins a statement of its own: one was said before it, and names follow it."""
    if items[j].what == "positive" and not items[j].firm:
        return False  # "negative staining was seen"
    for k in range(j - 1, i - 1, -1):
        if items[k].kind is Kind.VALUE:
            if k == j - 1 and not items[k].sign:
                return False  # "negatively expressed"
            after = skip(items, j + 1, IN_PHRASE - {Kind.VALUE})
            near = all(items[m].kind in (Kind.GLUE, Kind.CELL) or items[m].kind in MARKS for m in range(k + 1, j))
            if after < len(items) and items[after].kind in (Kind.NAME, Kind.COLON):
                return not near or items[k].sign or items[k].what != items[j].what
            return after < len(items) and items[after].kind is Kind.FOR and not near
    return False


def evaluate(items: Sequence[Item], i: int, j: int, negated: bool = False, leads: bool = False) -> Phrase:
    """What the items from ``i`` up to ``j`` say together.

    Args:
        items: of the text.
        i, j (int): the run.
        negated (bool): a "not" stands before it.
        leads (bool): names follow.
    """
    first = i
    while first < j - 1 and items[first].kind in (Kind.GLUE, Kind.CELL):
        first += 1
    phrase = Phrase(items[first].start, items[j - 1].end if j > i else items[i].start)
    neg = negated
    hanging: list[str] = []
    for k in range(i, j):
        item = items[k]
        kind = item.kind
        if kind is Kind.NOT:
            neg = True
            phrase.denied = True
        elif kind is Kind.VALUE:
            neg = _value(phrase, item, neg, items[k - 1] if k > i else None)
        elif kind is Kind.DENY:
            _deny(phrase)
            neg = False
        elif kind is Kind.NONE:
            phrase.each = True
            if k + 1 < j and any(items[m].kind in (Kind.VALUE, Kind.STAIN, Kind.NOUN) for m in range(k + 1, j)):
                neg = True
                phrase.denied = True
            else:
                phrase.value, phrase.firm, phrase.denied = "negative", True, True
        elif kind is Kind.STAIN:
            phrase.stain = phrase.show = True
            if neg:
                phrase.value, phrase.verb, neg = "negative", True, False
            elif phrase.value is None:
                phrase.value, phrase.firm = "positive", True
        elif kind in (Kind.NOUN, Kind.NEUTRAL):
            if neg:
                phrase.value, phrase.denied, neg = "negative", True, False
            elif kind is Kind.NOUN:
                phrase.noun = True
            else:
                phrase.neutral = True
        elif kind is Kind.PATTERN:
            if neg:
                hanging.append(item.what)
            phrase.marks.add(item)
        elif kind in MARKS:
            if neg and kind is Kind.INDEX:
                phrase.marks.add(Item(Kind.INDEX, "low", item.start, item.end))
                neg = False
            elif not neg or kind is Kind.PERCENT:
                phrase.marks.add(item)
            phrase.figure = phrase.figure or kind is Kind.PERCENT
        elif kind is Kind.LESION:
            phrase.lesion = True
        elif kind is Kind.REMARK:
            if item.what in ("no_figure", "pattern_not_told"):
                phrase.marks.add(item)
            elif not phrase.place or item.what == "elsewhere_only":
                phrase.place = item.what
        elif kind is Kind.BE:
            phrase.be = True
        elif kind is Kind.SHOW:
            phrase.show = True
        elif kind is Kind.EACH:
            phrase.each = True
    if neg and hanging and not leads:
        # "not nuclear", with nothing after it
        phrase.marks = Marks([m for m in phrase.marks.told if m[0] != Kind.PATTERN or m[1] not in hanging])
        phrase.marks.told.extend(("not_pattern", what) for what in hanging)
        neg = False
    phrase.negated = neg
    return phrase


def _value(phrase: Phrase, item: Item, neg: bool, before: Item | None) -> bool:
    """Take in a result word or sign; return whether a "not" still waits."""
    what = item.what
    turned = False
    if neg and not item.sign:
        if what == "negative" and before is not None and before.kind is Kind.NOT:
            what = "equivocal"  # "not negative"
        else:
            turned = what in _TURNED
            phrase.verb = phrase.verb or (turned and item.firm)
            what = _TURNED.get(what, what)
        neg = False
    old = phrase.value
    if old is None or (phrase.stain and old == "positive"):
        phrase.value = what
    elif item.sign:
        phrase.value = what if old in ("positive", "negative") and old == what else old
    elif turned and not item.firm and what == "negative":
        _deny(phrase)  # "positive staining was not seen"
    elif old in ("lost", "retained"):
        if what == "negative":
            phrase.value = "retained" if old == "lost" else "lost"
        elif what != "positive":
            phrase.value = what
    elif old == "negative" and what == "positive":
        pass  # "negatively expressed", "negative staining was seen"
    elif old == "positive" and what == "negative":
        phrase.value = "negative" if phrase.firm is False else "equivocal"
    elif what != "positive":
        phrase.value = what
    if old is None:
        phrase.firm = item.firm or item.sign
        phrase.sign = item.sign
        phrase.denied = phrase.denied and turned
    phrase.marks.grade(item)
    return neg


def _deny(phrase: Phrase) -> None:
    """A denial after what was said."""
    if phrase.value is None or phrase.value == "positive":
        phrase.value, phrase.firm = "negative", True
    elif phrase.value == "lost":
        phrase.value = "retained"
    phrase.denied = True
