"""Brackets: lists of names, and notes on the name before them."""

from __future__ import annotations

from itertools import pairwise

from imtdx.notation.clauses import Clauses
from imtdx.notation.entries import PLACES, Comment, Entry, Marks, Scope
from imtdx.notation.signs import MARKS, Item

__all__ = ["Brackets", "mode_of"]

#: Before these a hyphen is punctuation rather than a minus sign.
_DETAILS = MARKS | {"num", "unk", "glue", "cue"}


class Brackets(Clauses):
    """Reads brackets."""

    def on_lp(self, i: int) -> int | None:
        """A bracket: a list of names, or a note on the name before it."""
        if i not in self.parens:
            return None
        end, names = self.parens[i]
        sign = self.items[i + 1] if end == i + 2 else None
        after = self.kind(end + 1)
        heads = after == "name" and self.gap == "stop" and not self.pending
        heads = heads or (
            after == "colon" and self.kind(end + 2) == "name" and (bool(self.gap) or not self.items[i].left)
        )
        if heads and sign is not None and (sign.kind == "dash" or (sign.kind == "value" and sign.sign)):
            self.flush()
            value = "negative" if sign.kind == "dash" else sign.what
            self.scope = Scope(value, Marks(), listed=True)  # "(+) SMA, vimentin; (-) desmin"
            self.gap = ""
            return end + 1
        if names or not (self.pending or self.last) or (not self.pending and self.gap == "stop"):
            self.depth += 1
            self.stack.append(self.scope if self.scope is not None and not self.scope.used else None)
            return None
        cuts = [i, *(k for k in range(i + 1, end) if self.kind(k) in ("comma", "stop")), end]
        parts = list(pairwise(cuts))
        told = [p for p in parts if any(k.kind in ("value", "dash") for k in self.items[p[0] + 1 : p[1]])]
        here = [p for p in told if not self.is_place(*p)]
        if len(told) > 1 and 0 < len(here) < len(told):
            parts = here  # "(+ in vessels, - in tumour)"
        elif sum(k.kind == "cue" for k in self.items[i + 1 : end]) < 2:
            parts = [(i, end)]
        for part in parts:
            self.note(*part)  # "(IHC 3+, FISH+)"
        return end + 1

    def on_rp(self, i: int) -> int | None:
        """The end of a bracket with names; a result opened just before it ends with it."""
        if self.depth:
            self.depth -= 1
            opened = self.stack.pop()
            if opened is not None and opened is self.scope:
                self.flush()
            if self.pending or self.last:
                self.gap = ""
        return None

    def is_place(self, i: int, end: int) -> bool:
        """Whether what stands between is about other tissue."""
        inner = self.items[i + 1 : end]
        return any(k.kind == "remark" and k.what in PLACES for k in inner) and not any(
            k.what == "lesion" for k in inner
        )

    def note(self, i: int, end: int) -> None:
        """Read a bracket without names as a note on the name before it."""
        target = self.pending[-1:] if self.pending else self.last
        marks = Marks()
        value: Item | None = None
        what = ""
        negated = False
        lesion = any(k.what == "lesion" for k in self.items[i + 1 : end])
        place: Item | None = None
        cue = ""
        for k in range(i + 1, end):
            item = self.items[k]
            if item.kind == "pattern" and negated:
                marks.told.append(("not_pattern", item.what))
            elif item.kind in MARKS or (item.kind == "num" and target[-1].name.kind == "index"):
                marks.add(item)
            elif item.kind == "value":
                what = item.what
                if negated:
                    what = {"positive": "negative", "lost": "retained"}.get(what, what)
                value = item
                marks.grade(item)
            elif item.kind == "none":
                what, value = "negative", item
            elif item.kind in ("dash", "em"):
                nxt = self.kind(k + 1)
                if value is None and (nxt not in _DETAILS or (nxt == "glue" and k == i + 1)):
                    what, value = ("negative" if item.kind == "dash" else "not_done"), item
            elif item.kind == "query":
                value, what = (item, "equivocal") if value is None else (value, what)
            elif item.kind == "not":
                negated = True
            elif item.kind == "noun" and negated:
                what, value = "negative", item
            elif item.kind == "remark":
                if item.what in ("no_figure", "pattern_not_told"):
                    marks.add(item)
                elif not lesion and (item.what != "other_cells" or all(self.may_be_bystander(e) for e in target)):
                    place = place if item.what == "control" else item
                    if item.what != "control" or self.pending:
                        marks.add(item)
            elif item.kind in ("repeat", "first"):
                for entry in target:
                    entry.rank = 1 if item.kind == "repeat" else -1
            elif item.kind == "cue":
                cue = cue or mode_of(item.what)
                if item.what.endswith("_positive") or (item.what.endswith("_negative") and value is None):
                    what = "negative" if negated or item.what.endswith("_negative") else "positive"
                    value = item
            elif item.what == "rate":
                target[-1].post = True
            elif item.kind == "unk" and k + 1 < end and self.kind(k + 1) in ("dash", "value") and self.items[k].right:
                self.comments.append(Comment(item.start, item.end, True))
            elif item.kind == "num" and self.pending and ((item.low == 0 and i + 2 == end) or self.scored(k)):
                what, value = "negative" if item.low == 0 else "positive", item
                if self.scored(k) == "score" and 0 < (item.low or 0) <= 3:
                    marks.told.append(("grade", (item.low, item.high, "grade")))
        kinds = [k.kind for k in self.items[i + 1 : end]]
        strange = any(k.kind == "remark" and k.what == "control" for k in self.items[i + 1 : end]) or "unk" in kinds
        strange = strange or ("glue" in kinds and "extent" not in kinds and not lesion)
        if what == "positive" and (place or strange) and not self.pending and target[-1].value == "negative":
            value = None  # "negative (endothelium positive)"
        elif place is not None and value is None and self.pending:
            what, value = "positive", place  # "CD34 (vessels)"
        if cue in target[-1].modes and target[-1].value is not None:
            value = None  # "FISH negative (5 % split)"
        if cue and cue != "ihc" and value is not None and not self.pending and self.counterpart(target[-1].name, cue):
            new = Entry(
                target[-1].name, self.items[i].start, self.items[end].end, modes=[cue], value=what, rank=target[-1].rank
            )
            self.entries.append(new)
            return
        for entry in target:
            entry.marks.merge(marks)
            if marks.telling:
                entry.post = True
            if cue and (cue == "ihc" or self.counterpart(entry.name, cue)) and not entry.modes:
                entry.modes.append(cue)
        target[-1].end = self.items[end].end
        if value is not None:
            if self.pending:
                self.close(what, Item("value", what, value.start, self.items[end].end, sign=True))
            else:
                self.combine(target, what, Item("value", what, value.start, value.end, sign=True))
        self.gap = ""


def mode_of(what: str) -> str:
    """The test a genetic word speaks of."""
    return what.partition("_")[0]
