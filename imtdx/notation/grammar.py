"""Items to entries: which result belongs to which name.

A panel is read from left to right. Names wait in ``pending`` until a result closes them ("SMA, desmin and CD34 negative"); a
result that stands before its names opens a ``scope`` ("positive for SMA, desmin; negative for CD34"). Qualifiers go to the name
before them, or to what follows when nothing is open. Nothing is looked at twice except short look-aheads, so time is linear.
"""

from __future__ import annotations

from imtdx.notation.brackets import Brackets, mode_of
from imtdx.notation.entries import Comment, Entry, Scope
from imtdx.notation.names import Name
from imtdx.notation.results import SKIPPED
from imtdx.notation.signs import MARKS, Item

__all__ = ["Reader"]

_BEFORE_NAMES = frozenset({"comma", "and", "but", "stop", "break", "lp", "colon", "dash", "not", "for"})


class Reader(Brackets):
    """Reads the items of one panel into entries.

    Args:
        items: from `items.itemise`.
        lexicon (Lexicon): the names and words.

    Attributes:
        entries: what was read, in order.
        comments: words that were not used.
    """

    def read(self) -> Reader:
        """Read everything."""
        i = 0
        items = self.items
        while i < len(items):
            handler = getattr(self, "on_" + items[i].kind, None)
            i = (handler(i) if handler else None) or i + 1
        self.end_clause()
        return self

    # --- minus signs -----------------------------------------------------------------------------------------------------

    def on_dash(self, i: int) -> int | None:
        """A hyphen: a minus sign, a separator between name and result, a bullet, or part of a word."""
        item = self.items[i]
        if not self.pending or self.gap:
            joins = item.right and self.kind(i + 1) == "name"  # "anti-ALK"
            if self.pending and self.kind(i - 1) in MARKS | {"noun", "glue"} and item.left and not joins:
                return self.apply(i, "negative", _minus_sign(item))
            if self.pending and self.kind(i - 1) in ("comma", "break") and not item.right:
                self.gap = ""  # "desmin,-" or a sign on a line of its own
                return self.apply(i, "negative", _minus_sign(item))
            nxt = self.kind(i + 1)
            if not self.pending and nxt in ("for", "colon") and self.gap == "stop":
                return self.apply(i, "negative", _minus_sign(item))
            return None
        if self.is_separator(i):
            return None
        return self.apply(i, "negative", _minus_sign(item))

    def is_separator(self, i: int) -> bool:
        """Whether the hyphen at ``i``, after an open name, only joins it to its result."""
        item = self.items[i]
        if i + 1 >= len(self.items) or len(item.what) > 1:
            return False
        nxt = self.items[i + 1]
        kind = nxt.kind
        if kind in ("comma", "stop", "break", "rp", "and", "but", "name", "remark", "first"):
            return False
        if kind == "colon":
            return True
        if kind == "lp":
            close = self.parens.get(i + 1)
            if close is None or close[1]:
                return False
            inner = self.items[i + 2 : close[0]]
            if any(k.kind in ("unk", "remark") for k in inner):
                return False  # "S100 - (nerves +)"
            return any(k.kind == "value" and k.what != "negative" for k in inner) or (
                len(inner) == 1 and inner[0].kind == "dash"
            )
        if kind == "dash":
            return not item.right
        if kind == "value":
            follow = self.kind(self.peek_index(i + 1, SKIPPED))
            return not (item.left and not item.right and not nxt.sign and follow in ("for", "colon"))
        if kind in MARKS or kind in ("num", "comp", "query"):
            if item.left and not item.right:
                follow = self.kind(self.peek_index(i, SKIPPED | {"num", "and"}))
                return follow not in ("name", "for", "value", "unk") or (
                    follow == "value" and self.items[self.peek_index(i, SKIPPED | {"num", "and"})].sign
                )
            return True
        if kind == "glue" and not item.left and not item.right:
            j = self.peek_index(i, frozenset({"glue", "be"}))
            return (
                self.kind(j) == "value" and not self.items[j].sign and not self.value_opens(j - 1)
            )  # "A, B - all positive"
        if kind in ("not", "cue", "stain", "noun"):
            return item.right or not item.left
        return item.right  # "SMA-stained", "S100-protein"

    def on_em(self, i: int) -> int | None:
        """A long dash: a separator, or a stain that was not done."""
        if self.pending and not self.gap and self.kind(i + 1) in ("comma", "stop", "break", "end", "rp"):
            return self.apply(
                i, "not_done", Item("value", "not_done", self.items[i].start, self.items[i].end, sign=True)
            )
        return None

    def on_query(self, i: int) -> int | None:
        """A question mark right after an open name, or after its sign."""
        if self.gap == "" and (self.pending or self.last) and self.items[i].left:
            item = Item("value", "equivocal", self.items[i].start, self.items[i].end, sign=True)
            return self.apply(i, "equivocal", item)
        return None

    # --- genetics and methods --------------------------------------------------------------------------------------------

    def on_cue(self, i: int) -> int | None:
        """FISH, rearranged, mutation, wild type, immunohistochemistry: which test the result belongs to."""
        item = self.items[i]
        mode = mode_of(item.what)
        value = {"positive": "positive", "negative": "negative"}.get(item.what.rpartition("_")[2])
        noun = item.what.endswith("_noun")
        nxt = self.kind(self.peek_index(i, SKIPPED | {"cue", "colon", "for"}))
        if self.pending and self.gap in ("", "and"):
            self.give_mode(mode, forced=noun or value is not None)
        elif (
            self.pending
            and not value
            and self.kind(self.peek_index(i, SKIPPED | {"cue", "colon", "for", "value", "show", "be", "not"})) == "name"
        ):
            self.mode = "" if mode == "ihc" else mode
        elif self.pending and nxt not in ("name",):
            self.give_mode(mode, forced=noun or value is not None)
        elif self.last and self.gap == "" and not self.chunk_has(i, frozenset({"name"})):
            for entry in self.last:
                if (mode == "ihc" or self.counterpart(entry.name, mode)) and mode not in entry.modes:
                    entry.modes.append(mode)
            if value is None:
                self.negated = False
                return None
        elif self.last and not self.chunk_has(i, frozenset({"name"})) and mode != "ihc":
            self.echo(i, mode, value is not None or noun)
        elif mode == "ihc":
            self.mode = ""
        else:
            self.mode = mode
            self.neutral = self.neutral or (noun and not self.negated and self.scope is None)
        if value is not None:
            if self.negated:
                value, self.negated = ("negative" if value == "positive" else "positive"), False
            return self.apply(i, value, item)
        if noun and self.pending:
            if self.negated:
                self.negated = False
                self.apply(i, "negative", item)
            else:
                for entry in self.group(item, "positive"):
                    entry.weak = entry.noun = entry.exon = True
        return None

    def give_mode(self, mode: str, forced: bool) -> None:
        """Tell the pending names which test is meant; of two of one gene only the later."""
        seen: set[str] = set()
        given = False
        for entry in reversed(self.pending):
            gene = entry.name.gene
            if (
                gene
                and gene not in seen
                and not entry.name.also
                and (mode == "ihc" or self.counterpart(entry.name, mode))
            ):
                if mode not in entry.modes:
                    entry.modes.append(mode)
                given = True
            seen.add(gene)
        if not given and forced and self.pending[-1].name.kind != "fusion":
            self.pending[-1].modes.append(mode)

    def echo(self, i: int, mode: str, certain: bool) -> None:
        """A genetic word without a name, after a finding: "ALK positive, FISH negative", "ALK+, confirmed by FISH"."""
        able = [e for e in self.last if e.name.gene and self.counterpart(e.name, mode)]
        if not able:
            self.mode = mode
            return
        if certain or self.chunk_has(i, frozenset({"value", "dash", "not"})):
            self.flush()
            source = able[-1]
            entry = Entry(
                source.name, self.items[i].start, self.items[i].end, modes=[mode], rank=self.rank, chunk=self.chunk
            )
            self.pending.append(entry)
            self.gap = ""
        elif self.gap != "stop":
            for entry in able:
                entry.modes = [*(entry.modes or ["ihc"]), mode]

    # --- specimens -------------------------------------------------------------------------------------------------------

    def on_repeat(self, i: int) -> int | None:
        """Repeat, after treatment: this reading counts."""
        return self.on_time(i, 1)

    def on_first(self, i: int) -> int | None:
        """Biopsy, initially: a later reading counts more."""
        return self.on_time(i, -1)

    def on_time(self, i: int, rank: int) -> int | None:
        """Set the rank of what stands here."""
        nxt = self.kind(self.peek_index(i, frozenset({"glue", "for"})))
        target = self.pending if self.pending else self.last
        if target and self.gap == "" and nxt not in ("name", "colon"):
            for entry in target:
                entry.rank = rank
        else:
            self.rank = rank
        return None

    # --- unknown words ---------------------------------------------------------------------------------------------------

    def on_unk(self, i: int) -> int | None:
        """Words that are not known: a name when they stand where a name would, otherwise a comment."""
        j = i
        while j + 1 < len(self.items) and j - i < 5 and self.items[j + 1].kind == "unk":
            j += 1
        for k in range(i, j + 1):
            if self.items[k].what == "typo":
                if k > i:
                    self.clause_words.append(Comment(self.items[i].start, self.items[k - 1].end))
                self.entry_unknown(k, k)
                return k + 1
        first, last = self.items[i], self.items[j]
        kind = self.kind(j + 1)
        if first.what == "symbol" and i == j:
            if kind == "end" and i == 0:
                self.clause_words.append(Comment(first.start, last.end))
            return None
        if self.names_a_stain(i, j):
            self.entry_unknown(i, j)
        else:
            self.clause_words.append(Comment(first.start, last.end))
        return j + 1

    def names_a_stain(self, i: int, j: int) -> bool:
        """Whether the unknown words ``i`` to ``j`` stand where the name of a stain would."""
        kind = self.kind(j + 1)
        short = self.items[i].end - self.items[i].start <= 20
        if kind == "value" and self.items[j + 1].sign:
            return True
        if kind == "dash" and self.dash_closes(j + 1):
            return True
        if kind == "lp" and (j + 1) in self.parens and self.sign_only(j + 1):
            return True
        if kind == "colon" and self.kind(self.peek_index(j + 1, SKIPPED)) == "value" and not self.value_opens(j + 1):
            return True
        if j - i <= 2 and kind in ("value", "be") and self.gap in ("stop", "comma", "and"):
            k = j + 1 if kind == "value" else self.peek_index(j + 1, SKIPPED | {"not"})
            opens = ("for", "colon") if self.kind(k) != "value" or self.items[k].firm else ("for", "colon", "name")
            return self.kind(k) == "value" and self.kind(self.peek_index(k, SKIPPED)) not in opens
        if j - i > 1 or kind not in ("comma", "stop", "end", "break", "and", "rp", "but"):
            return False
        if self.gap in ("comma", "and") and self.scope is None and self.kind(i - 1) not in _BEFORE_NAMES:
            return False  # "..., but positive in adjacent mucosa"
        if self.gap != "stop" and (self.gap or (self.scope is not None and not self.scope.used)):
            return bool(self.pending or self.scope) or kind == "and" or short
        return kind in ("comma", "and") and self.kind(j + 2) == "name" and self.gap == "stop" and short

    def entry_unknown(self, i: int, j: int) -> None:
        """An entry for words that stand where a name would."""
        self.clause_names += 1
        if self.negated:
            self.flush()
            self.scope = Scope("negative", self.take_pre(), soft=True)
            self.negated = False
        elif self.gap and self.pending and any(e.post for e in self.pending):
            self.flush(keep_scope=True)
        start, end = self.items[i].start, self.items[j].end
        entry = Entry(Name("", kind="unknown"), start, end, rank=self.rank, chunk=self.chunk, scope=self.scope)
        if self.scope is not None:
            self.scope.used = True
        self.append(entry)

    def dash_closes(self, i: int) -> bool:
        """Whether the hyphen after an unknown word is a minus sign."""
        item = self.items[i]
        if not item.left:
            return False
        kind = self.kind(i + 1)
        if not item.right:
            return True
        return kind in ("comma", "stop", "rp", "end", "break", "and") or (
            kind == "value" and not self.items[i + 1].sign
        )

    def sign_only(self, i: int) -> bool:
        """Whether the bracket at ``i`` holds a result and no names."""
        end, names = self.parens[i]
        return not names and any(self.items[k].kind in ("value", "dash", "pct") for k in range(i + 1, end))


def _minus_sign(item: Item) -> Item:
    """A hyphen as the sign of a negative result."""
    return Item("value", "negative", item.start, item.end, sign=True, left=item.left, right=item.right)
