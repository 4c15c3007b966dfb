"""Other tissue named without a result, and qualifiers that stand alone."""

from __future__ import annotations

from imtdx.notation.ahead import beside
from imtdx.notation.assign import outside
from imtdx.notation.kinds import Kind, Marks
from imtdx.notation.phrases import Phrase
from imtdx.notation.state import State, kind_at

__all__ = ["attach", "place_only"]


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
        if not beside(s, j):
            outside(s, near, phrase.place)
        return j
    if phrase.place != "control":
        s.place = phrase.place if kind_at(s, j) not in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.END) else ""
    return j


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
    if phrase.place and not phrase.lesion:
        outside(s, s.open[-1:], phrase.place)
    s.open[-1].end = max(s.open[-1].end, phrase.end)
