"""Places outside the lesion, scores, exceptions, comparisons."""

from __future__ import annotations

from imtdx.notation.entries import Entry, Marks, Scope
from imtdx.notation.phrases import Phrases
from imtdx.notation.results import SKIPPED
from imtdx.notation.signs import MARKS, Item

__all__ = ["Clauses"]

_ENDS = frozenset({"comma", "stop", "break", "end", "rp"})
#: What may stand between a result and the tissue it is about.
_BETWEEN = MARKS | {"glue", "noun", "remark", "comp", "be"}
_OTHER = {"positive": "negative", "negative": "positive"}


class Clauses(Phrases):
    """Reads what changes the meaning of a clause."""

    # --- places ----------------------------------------------------------------------------------------------------------

    def on_remark(self, i: int) -> int | None:
        """A remark: "index not told", or a tissue that is not the lesion: "positive in vessels", "vessels positive"."""
        item = self.items[i]
        self.prose = True
        if item.what in ("no_figure", "pattern_not_told"):
            for entry in self.pending[-1:] or self.last[-1:]:
                entry.marks.add(item)
            return None
        if self.beside_lesion(i):
            return None
        if item.what == "unspecific":
            target = self.pending[-1:] or (self.last if self.gap == "" else [])
            self.place = "" if target else item.what
            self.outside(target, item)
            return None
        nxt = self.peek_index(i, SKIPPED | {"show"})
        result = self.kind(nxt) in ("value", "colon") or any(k.kind == "stain" for k in self.items[i + 1 : nxt])
        if self.pending and self.gap == "":
            shown = item.what == "elsewhere_only" or self.shown(i)
            if result or shown:
                self.pending[-1].weak = self.pending[-1].weak or shown
                self.outside(self.pending[-1:], item)
        elif result and not self.pending and (self.gap != "" or not self.last):
            self.place = item.what
        elif item.what != "control" and self.last and self.gap in ("", "and") and self.after_result(i):
            self.outside(self.last, item)
        return None

    def shown(self, i: int) -> bool:
        """Whether a verb stands right before the tissue ``i``: "CD68 shows scattered histiocytes"."""
        for k in range(i - 1, max(-1, i - 6), -1):
            if self.items[k].kind not in MARKS | {"glue"}:
                return self.items[k].kind == "show"
        return False

    def outside(self, entries: list[Entry], item: Item) -> None:
        """Tell entries that their result is about other tissue."""
        for entry in entries:
            if item.what != "other_cells" or self.may_be_bystander(entry):
                entry.marks.add(item)

    def may_be_bystander(self, entry: Entry) -> bool:
        """Whether ordinary inflammatory cells may carry the stain: not a fusion product, nor where they count."""
        return entry.name.gene not in self.lexicon.fusion_genes and entry.name.marker not in ("IGG4", "PANTRK")

    def after_result(self, i: int) -> bool:
        """Whether only words of place stand between the last result and item ``i``."""
        strange = False
        for k in range(i - 1, max(-1, i - 9), -1):
            kind = self.items[k].kind
            if kind in ("value", "stain", "rp"):
                return kind == "stain" or not strange
            strange = strange or kind == "unk"  # "highlights a rich network of vessels"
            if kind == "unk":
                continue
            if kind not in _BETWEEN and kind != "and" and not (kind == "dash" and self.items[k].left):
                return False
            if kind == "dash":
                return True
        return False

    def beside_lesion(self, i: int) -> bool:
        """Whether the lesion is named in the same breath: "in vessels and tumour cells"."""
        for step in (1, -1):
            k = i + step
            while 0 <= k < len(self.items) and abs(k - i) < 8 and self.kind(k) in _BETWEEN | {"and", "unk"}:
                if self.items[k].what == "lesion":
                    return True
                k += step
        return False

    def on_glue(self, i: int) -> int | None:
        """Prose; a count of cells per field; the lesion."""
        item = self.items[i]
        self.prose = True
        if item.what == "lesion":
            self.lesion = True
        elif item.what == "rate" and self.gap != "stop":
            for entry in (self.pending or self.last)[-1:]:
                entry.post = True
                if entry.name.marker == "IGG4" and (item.comp == "<" or (item.low or 0) <= 10):
                    entry.value, entry.marks, entry.weak = None, Marks(), False  # too few to count as positive
        return None

    def on_be(self, i: int) -> int | None:
        """A verb: the clause is prose."""
        self.prose = True
        return None

    def on_none(self, i: int) -> int | None:
        """ "None": a negative result, or the denial of what follows: "none of the cells expressed A"."""
        item = self.items[i]
        if self.chunk_has(i, frozenset({"value", "stain", "name"})):
            self.negated = True
            return None
        if self.last and not self.pending and self.gap == "":
            for entry in self.last:
                entry.value = "negative"  # "positive in none"
            return None
        return self.apply(i, "negative", Item("value", "negative", item.start, item.end))

    # --- scores ----------------------------------------------------------------------------------------------------------

    def on_num(self, i: int) -> int | None:
        """A bare number: the figure of a proliferation index, or a score."""
        item = self.items[i]
        scored = self.scored(i)
        if not self.pending and self.gap == "" and scored == "score" and 0 < (item.low or 0) <= 3:
            for entry in self.last:
                entry.marks.told.append(("grade", (item.low, item.high, "grade")))
        if not self.pending or self.gap:
            return None
        entry = self.pending[-1]
        ends = self.kind(self.peek_index(i, frozenset({"glue"}))) in _ENDS
        if entry.name.kind == "index":
            entry.marks.add(item)
            entry.post = True
            entry.end = item.end
        elif item.low == 0 == item.high and ends:
            self.close("negative", item)
        elif scored == "hscore" or (scored and (item.high or 0) <= 3 and ends):
            if scored == "score":
                item = Item("num", "", item.start, item.end, None, item.low, item.high, "grade")
            else:
                item = Item("num", "", item.start, item.end)
            self.close("positive", item)
        else:
            entry.post = True  # what follows is not about it
        return None

    def scored(self, i: int) -> str:
        """Whether the number ``i`` is said to be a score or an H-score."""
        for k in range(i - 1, max(-1, i - 5), -1):
            if self.items[k].kind in ("score", "hscore"):
                return self.items[k].kind
            if self.items[k].kind not in ("glue", "be", "colon", "for", "comp"):
                return ""
            if self.items[k].kind == "colon" and self.kind(k - 1) == "name":
                return "score"
        return ""

    # --- exceptions and comparisons --------------------------------------------------------------------------------------

    def on_except(self, i: int) -> int | None:
        """ "Except": the opposite of what was said, for the names or the cells that follow."""
        j = self.peek_index(i, MARKS | {"glue", "for", "noun", "neutral"})
        other = _OTHER.get(self.said or (self.scope.value if self.scope and self.scope.value else ""), "")
        if self.kind(j) != "name":
            focal = any(k.kind == "extent" and k.what == "focal" for k in self.items[i + 1 : j])
            if focal and other and self.kind(j) in _ENDS:
                self.flush()
                for entry in self.last if other == "positive" else []:
                    entry.value = "positive"  # "negative except for rare cells"
                    entry.marks.told.append(("extent", "focal"))
                return j
            return self.on_but(i)
        self.flush()
        named = self.items[j].name
        if named is not None and any(e.name.marker == named.marker for e in self.last):
            self.rank = 1  # "A and B negative, except for focal B"
        self.pre = Marks()
        self.gap = "comma"
        self.chunk += 1
        self.negated = False
        self.excepting = not self.said and not other
        if other and not self.chunk_has(j, frozenset({"value", "dash"})):
            marked = any(k.kind in MARKS for k in self.items[i + 1 : j])
            self.scope = Scope("positive" if marked else other, Marks())
        return None

    def on_ditto(self, i: int) -> int | None:
        """ "As were A and B": the result before it, again."""
        if self.pending or self.last:
            self.flush()
            self.scope = Scope(self.last[-1].value, Marks())
            self.gap = ""
        return None

    def on_aside(self, i: int) -> int | None:
        """ "Unlike SMA", "rather than desmin": names in passing; nothing is said of them."""
        j = i + 1
        while j < len(self.items) and j - i < 12 and self.items[j].kind in ("name", "and", "glue", "noun", "for"):
            j += 1
        if j == i + 1 or self.kind(j) not in _ENDS | {"be", "value", "but"}:
            return None
        if self.kind(j) == "comma" and self.kind(j + 1) == "glue" and self.kind(j + 2) in ("be", "value"):
            return None  # "in contrast to SMA, which was positive"
        if self.kind(j) in ("be", "value") and not self.pending:
            return None
        for item in self.items[i + 1 : j]:
            if item.name is not None:
                self.entries.append(Entry(item.name, item.start, item.end))
        return j
