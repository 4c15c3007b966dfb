"""Results and the names they belong to: before them, after them, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imtdx.notation.entries import Comment, Entry, Marks, Scope
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.signs import MARKS, Item

__all__ = ["SKIPPED", "Results"]

#: How far a look-ahead goes; phrases of one stain are shorter.
_AHEAD = 24
SKIPPED = MARKS | {"glue", "noun", "be", "remark", "comp", "stain", "score", "hscore"}
_OPPOSITE = frozenset({"positive", "negative"})
_TIMES = frozenset({"repeat", "first"})
#: No list of stains is longer; what is longer is closed, so that time stays linear.
_LONGEST_LIST = 64


class Results:
    """Gives results to names; the state of the reader.

    Args:
        items: from `items.itemise`.
        lexicon (Lexicon): the names and words.

    Attributes:
        entries: what was read, in order.
        comments: words that were not used.
    """

    def __init__(self, items: Sequence[Item], lexicon: Lexicon) -> None:
        self.items = items
        self.lexicon = lexicon
        self.entries: list[Entry] = []
        self.comments: list[Comment] = []
        self.pending: list[Entry] = []
        self.last: list[Entry] = []
        self.pre = Marks()
        self.scope: Scope | None = None
        self.gap = "stop"
        self.chunk = 0
        self.rank = self.standing_rank = 0
        self.negated = False
        self.showed = False
        self.neutral = self.tested = False
        self.mode = ""
        self.said = ""  # the last result of the clause
        self.place = ""  # the result to come is about other tissue
        self.lesion = False  # the clause speaks of the lesion
        self.waiting: list[Entry] = []  # "SMA, but not desmin, was positive"
        self.excepted: list[Entry] = []  # "apart from SMA, all were negative"
        self.excepting = False
        self.prose = False
        self.clause_names = 0
        self.clause_words: list[Comment] = []
        self.loose: list[Comment] = []  # results without a name
        self.parens = _parens(items)
        self.stack: list[Scope | None] = []
        self.in_turn = any(k.kind == "respectively" for k in items)
        self.depth = 0

    # --- look-ahead -----------------------------------------------------------------------------------------------------

    def peek(self, i: int, skip: frozenset[str] = frozenset({"glue"})) -> Item | None:
        """The next item after ``i`` that is not of a skipped kind."""
        for j in range(i + 1, min(i + 1 + _AHEAD, len(self.items))):
            if self.items[j].kind not in skip:
                return self.items[j]
        return None

    def peek_index(self, i: int, skip: frozenset[str]) -> int:
        """Index of the next item after ``i`` that is not skipped; the number of items when there is none."""
        for j in range(i + 1, min(i + 1 + _AHEAD, len(self.items))):
            if self.items[j].kind not in skip:
                return j
        return len(self.items)

    def kind(self, i: int) -> str:
        """Kind of item ``i``, ``"end"`` past the end."""
        return self.items[i].kind if 0 <= i < len(self.items) else "end"

    def follow(self, i: int, skip: frozenset[str] = SKIPPED) -> str:
        """Kind of what follows item ``i``; "for", "with" and the like only when a name stands behind them."""
        j = self.peek_index(i, skip)
        if self.kind(j) == "for" and self.kind(
            self.peek_index(j, skip | {"lp", "repeat", "first", "cue", "colon"})
        ) not in (
            "name",
            "unk",
        ):
            j = self.peek_index(i, skip | {"for"})
        return self.kind(j)

    def chunk_has(
        self, i: int, kinds: frozenset[str], stops: frozenset[str] = frozenset({"comma", "stop", "break", "but"})
    ) -> bool:
        """Whether an item of these kinds follows before the next comma or stop."""
        for j in range(i + 1, min(i + 1 + _AHEAD, len(self.items))):
            kind = self.items[j].kind
            if kind in stops:
                return False
            if kind in kinds:
                return True
        return False

    # --- results ---------------------------------------------------------------------------------------------------------

    def on_value(self, i: int) -> int | None:
        """A result: closes the names before it, or opens a scope for those after it."""
        item = self.items[i]
        what = item.what
        if self.negated and not item.sign:
            turned = {"positive": "negative", "lost": "retained", "retained": "lost"}
            if what == "negative" and self.kind(i - 1 - (self.kind(i - 1) == "glue")) == "not":
                turned["negative"] = "equivocal"  # "not negative"
            what = turned.get(what, what)
            self.negated = False
        elif (
            what == "positive"
            and not (item.sign or item.firm or self.clause_names)
            and self.said in ("negative", "lost")
        ):
            what = self.said  # "negative staining was seen for A"
        if self.in_turn and len(self.pending) > 1 and (j := self.respective(i)):
            return j
        return self.apply(i, what, item)

    def respective(self, i: int) -> int:
        """ "Positive and negative, respectively": one result for each open name; index after it, 0 when it is not that."""
        told: list[tuple[str, Marks]] = []
        marks = self.pre
        for j in range(i, min(i + _AHEAD, len(self.items))):
            item = self.items[j]
            if item.kind == "respectively" and len(told) == len(self.pending):
                for entry, (value, more) in zip(self.pending, told, strict=True):
                    entry.value = value
                    entry.marks.merge(more)
                self.pre = Marks()
                self.flush(keep_scope=True)
                self.gap = ""
                return j + 1
            if item.kind == "value":
                told.append((item.what, marks))
                marks = Marks()
            elif item.kind in MARKS:
                marks.add(item)
            elif item.kind not in ("comma", "and", "glue"):
                break
        return 0

    def apply(self, i: int, what: str, item: Item) -> int | None:
        """Give the result ``what``, said at item ``i``, to the right names."""
        j = self.peek_index(i, SKIPPED)
        kind = self.kind(j)
        if kind == "cue" and self.kind(j + 1) == "colon":
            j, kind = j + 1, "colon"  # "positive IHC: ..."
        if kind == "neutral" and not item.sign and self.kind(self.peek_index(j, SKIPPED)) in ("name", "unk"):
            j, kind = self.peek_index(j, SKIPPED), "name"  # "negative stains for A"
        elif (
            kind == "dash"
            and self.gap == "stop"
            and not self.pending
            and not (self.items[j].left or self.items[j].right)
        ):
            kind = "colon" if self.kind(j + 1) == "name" and not item.sign else kind  # "Positive - A, B"
        self.said = what
        if self.excepted and what in _OPPOSITE:
            for entry in self.excepted:
                entry.value = "positive" if what == "negative" or entry.marks.telling else "negative"
            self.excepted = []
        place, self.place = self.place, ""
        if place and not self.pending:
            self.pre = Marks()
            return None  # "vessels are positive"
        opener = False
        if kind == "for":
            follows = self.kind(self.peek_index(j, SKIPPED | {"lp", "repeat", "first", "cue", "colon", "for"}))
            weak_for = self.items[j].what in ("with", "to", "on", "o", "of")
            opener = follows in ("name", "unk") and not (self.pending and self.gap == "" and (weak_for or item.sign))
            if what in ("lost", "retained") and follows == "name":
                opener = True
        elif kind == "colon":
            opener = not self.pending or self.gap != ""
            if opener and self.pending and not item.sign and j == i + 1 and self.gap == "and":
                opener = False
        elif kind in ("name", "unk") and not item.sign:
            opener = not self.pending or self.gap != ""
            opener = opener and (kind == "name" or not self.pending)
            if kind == "unk" and self.last and self.gap == "" and not self.pending:
                opener = False
        elif kind == "name" and item.sign:
            opener = not self.pending and self.gap in ("stop", "comma") and what == "positive" and item.right
        elif (
            kind == "break"
            and not item.sign
            and self.kind(i - 1) in ("break", "end")
            and self.kind(self.peek_index(j, frozenset({"glue"}))) == "name"
        ):
            opener = j == i + 1  # a line of its own: a heading
        elif kind == "lp" and j in self.parens and self.parens[j][1]:
            if self.pending:
                self.close(what, item)
            self.flush()
            self.scope = Scope(what, self.take_pre())
            return None
        if opener:
            self.flush()
            marks = self.take_pre()
            marks.grade(item)
            named = (not item.firm or self.kind(i + 1) == "noun") and not item.sign and what != "positive"
            self.scope = Scope(what, marks, listed=kind in ("colon", "break"), named=named)
            self.gap = ""
            self.neutral = False
            return None
        if self.pending:
            if self.gap not in ("", "and") and not item.sign and kind == "name":
                self.flush()
            else:
                self.close(what, item)
                return None
        timed = self.last and not self.pending and self.gap not in ("", "stop") and not item.sign
        if timed and what in _OPPOSITE and self.chunk_has(i, _TIMES):
            self.last = [
                replace(e, value=what, marks=Marks(list(self.pre.told)), start=item.start, end=item.end)
                for e in self.last
            ]
            self.entries += self.last  # "negative, but positive on repeat"
            self.pre = Marks()
            self.gap = ""
            return None
        adds = self.gap in ("", "and") or (self.gap == "comma" and not item.sign and what != "negative")
        elsewhere = (what == "negative" or (what == "positive" and self.lesion)) and any(
            e.elsewhere for e in self.last[-1:]
        )
        if self.last and (adds or elsewhere):
            self.combine(self.last, what, item)
        elif self.last and self.last[-1].value is None and not item.sign:
            for entry in self.last:
                entry.value = entry.value or what  # "A and B were tested; all were negative"
        elif self.gap == "stop" and item.end > item.start:
            self.loose.append(Comment(item.start, item.end))
        return None

    def group(self, item: Item, what: str) -> list[Entry]:
        """The pending entries that a result after them closes."""
        if not self.pending:
            return []
        final = self.pending[-1]
        scope = final.scope
        if scope is None or (scope.value is None and not scope.marks.telling):
            return [e for e in self.pending if e.scope is scope] if scope is None else list(self.pending)
        if self.breaks_off(item, what):
            return [final]
        if scope.confirmed_by(item, what):
            return list(self.pending)
        if what == scope.value or (scope.soft and what == "positive" and not item.sign):
            return list(self.pending)
        same = [e for e in self.pending if e.chunk == final.chunk]
        if scope.value is None and what != "negative":
            return list(self.pending)
        return same if len(same) < len(self.pending) else [final]

    def breaks_off(self, item: Item, what: str) -> bool:
        """Whether the last name of a denied list begins a phrase of its own: "no ALK rearrangement, SMA positive"."""
        if len(self.pending) < 2 or what != "positive" or not item.firm:
            return False
        before, final = self.pending[-2:]
        if final.scope is None or not final.scope.soft:
            return False
        parted = before.chunk != final.chunk and not final.joined and item.start <= final.end + 1
        return before.noun or (parted and (before.joined or len(self.pending) == 2))

    def close(self, what: str, item: Item) -> None:
        """Close pending names with a result that stands after them."""
        alone = self.breaks_off(item, what)
        group = self.group(item, what)
        for entry in self.waiting if what in _OPPOSITE else ():
            entry.value = what
            entry.marks.merge(self.pre)
        for entry in group:
            scope = entry.scope
            if scope and (
                scope.confirmed_by(item, what) or (scope.soft and what == "positive" and not item.sign and not alone)
            ):
                entry.value = scope.value  # "no ALK fusion was found"
            elif scope and scope.soft and what in ("not_done", "not_interpretable"):
                entry.value = what
            else:
                entry.value = self.joined(entry, what)
                if scope and scope.value != what and scope.value is not None:
                    entry.marks = entry.marks.without(scope.marks)
            entry.marks.grade(item)
            entry.marks.merge(self.pre)
            entry.end = item.end if entry is group[-1] else entry.end
        self.pre = Marks()
        chosen = {id(e) for e in group}
        rest = [e for e in self.pending if id(e) not in chosen]
        self.pending = rest
        self.flush(keep_scope=True)
        if self.scope is not None and group and group[-1].scope is not None and self.scope.value != group[-1].value:
            self.scope = None if not self.scope.listed else self.scope
        elif self.scope is not None and self.scope.soft and what == "positive" and not item.sign:
            self.scope = None  # "no A was seen, B was"
        self.entries += group
        self.last = group
        self.gap = ""
        self.neutral = self.tested = False

    @staticmethod
    def joined(entry: Entry, what: str) -> str:
        """The result of an entry about which two things were said ("loss absent", "negative to weakly positive")."""
        before = entry.value
        if before is None or before == what:
            return what
        if before in ("lost", "retained"):
            if what == "negative":
                return "retained" if before == "lost" else "lost"
            return before if what == "positive" else what
        if {before, what} == {"positive", "negative"}:
            return "equivocal"
        return what if what not in ("positive",) else before

    def combine(self, group: list[Entry], what: str, item: Item) -> None:
        """A second result for names that have one: "+ (strong positive)", "negative (0)"."""
        for entry in group:
            if entry.value is None:
                entry.value = what
            elif entry.value == "negative" and what == "positive" and entry.elsewhere:
                entry.value, entry.marks = what, Marks()  # "negative in normal tissue and positive in tumour"
            elif entry.value == "negative" and what == "positive" and not item.sign and not self.pre.told:
                pass
            elif entry.value == "positive" and what == "negative":
                if entry.elsewhere:
                    entry.value = "negative"  # "positive in vessels, negative in tumour cells"
            elif entry.value == what == "positive" and entry.elsewhere and self.lesion:
                entry.marks = Marks([m for m in self.pre.told if m[0] != "remark"])  # "... positive in tumour cells"
            elif entry.value == "negative" and what == "positive" and entry.marks.of("pattern")[:1] == ["nuclear"]:
                pass  # "nuclear (-), cytoplasmic (+)"
            elif entry.value == "negative" and what == "positive":
                entry.value = (
                    "positive" if "focal" in [*entry.marks.of("extent"), *self.pre.of("extent")] else "equivocal"
                )
            elif entry.value in ("positive", "negative") and what in ("equivocal", "not_interpretable"):
                entry.value = what
            entry.marks.grade(item)
            entry.marks.merge(self.pre)
        self.pre = Marks()

    def flush(self, keep_scope: bool = False) -> None:
        """Close what is pending with what its scope and qualifiers say."""
        if self.pending:
            for entry in self.pending:
                if entry.value is None and entry.scope is not None:
                    entry.value = entry.scope.value
                if entry.value is None and (entry.weak or entry.marks.telling or entry.marks.of("pattern")):
                    entry.value = "positive"
            self.entries += self.pending
            self.last = self.pending
            self.pending = []
        if not keep_scope:
            self.scope = None
        self.neutral = self.tested = False

    def append(self, entry: Entry) -> None:
        """One more name that waits for its result."""
        if len(self.pending) >= _LONGEST_LIST:
            self.flush(keep_scope=True)
        self.pending.append(entry)
        self.gap = ""

    def take_pre(self) -> Marks:
        """The qualifiers that wait for a name; none wait after this."""
        marks, self.pre = self.pre, Marks()
        return marks


def _parens(items: Sequence[Item]) -> dict[int, tuple[int, bool]]:
    """Opening bracket -> its closing bracket and whether names stand between them."""
    out: dict[int, tuple[int, bool]] = {}
    open_: list[int] = []
    names = [0] * (len(items) + 1)
    for k, item in enumerate(items):
        names[k + 1] = names[k] + (item.kind == "name")
        if item.kind == "lp":
            open_.append(k)
        elif item.kind == "rp" and open_:
            start = open_.pop()
            out[start] = (k, names[k] > names[start])
    return out
