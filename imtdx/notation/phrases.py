"""Names, qualifiers, verbs, negation, lists and sentences."""

from __future__ import annotations

from imtdx.notation.entries import Comment, Entry, Marks, Scope
from imtdx.notation.names import Name
from imtdx.notation.results import SKIPPED, Results
from imtdx.notation.signs import MARKS, Item

__all__ = ["Phrases"]


class Phrases(Results):
    """Reads names, qualifiers, verbs and the marks of lists and sentences."""

    # --- names -----------------------------------------------------------------------------------------------------------

    def on_name(self, i: int) -> int | None:
        """A name: a new entry, or one more word for the entry before it."""
        item = self.items[i]
        assert item.name is not None
        name = item.name
        self.clause_names += 1
        same = self.last and not self.pending and self.gap == "" and self.last[-1].name.marker == name.marker
        if same and name.clone and self.items[i - 1].kind in ("lp", "for", "glue", "and"):
            self.last[-1].name = name  # "ALK positive (D5F3)"
            self.last[-1].end = item.end
            return None
        if (
            self.pending
            and self.gap == ""
            and name.clone
            and name.marker == self.pending[-1].name.marker
            and not self.pending[-1].name.clone
        ):
            self.pending[-1].name = name  # "ALK (D5F3)", "ALK D5F3"
            self.pending[-1].end = item.end
            return None
        if self.negated:
            self.flush()
            self.scope = Scope("negative", self.take_pre(), soft=True)
            self.negated = False
        elif self.tested or (
            self.gap
            and self.pending
            and any(
                e.post or (self.gap == "comma" and (e.patterned or (e.weak and not e.scope and not self.neutral)))
                for e in self.pending
            )
        ):
            self.flush(keep_scope=True)
        if self.pre.told and self.scope is None:
            self.scope = Scope(None, self.take_pre())
        entry = Entry(name, item.start, item.end, rank=self.rank, chunk=self.chunk, scope=self.scope)
        if self.scope is not None:
            entry.marks.merge(self.scope.marks)
            if self.scope.value is None and self.scope.marks.of("pattern"):
                self.scope.marks = Marks()  # "strong nuclear STAT6 and CD34 positivity"
            self.scope.used = True
        entry.marks.merge(self.take_pre())
        entry.joined = self.kind(i - 1) == "and"
        if self.place:
            entry.marks.told.append(("remark", self.place))
        entry.weak = self.neutral
        if item.what == "fusion" or (name.kind in ("fish", "mutation") and not name.direct):
            entry.weak = True
        elif name.direct and self.lexicon.markers[name.marker].sense == "loss":
            entry.weak = True  # "H3K27me3 loss"
        if self.mode and name.gene and self.counterpart(name, self.mode):
            entry.modes.append(self.mode)
        self.append(entry)
        return None

    def counterpart(self, name: Name, mode: str) -> bool:
        """Whether a genetic result of this name's gene is a marker."""
        lexicon = self.lexicon
        if mode == "ihc":
            return True
        if mode == "mutation":
            return name.gene in lexicon.mutation_markers
        if mode == "amplification":
            return name.gene in lexicon.amplification_markers
        return name.gene in lexicon.fusion_genes or name.gene in lexicon.amplification_markers

    # --- qualifiers ------------------------------------------------------------------------------------------------------

    def on_extent(self, i: int) -> int | None:
        """A qualifier: for the name before it, or for what follows."""
        item = self.items[i]
        follow = self.follow(i)
        nxt = self.follow(i, SKIPPED | {"and"})
        if self.negated and self.pending and self.gap == "" and item.kind == "index":
            self.negated = False
            item = Item("index", "low", item.start, item.end)
        if (
            self.negated
            and item.kind == "pattern"
            and follow not in ("name", "for", "value", "unk")
            and (self.pending or self.last)
        ):
            self.negated = False
            if not self.chunk_has(i, frozenset({"noun"})):
                for entry in self.pending or self.last:
                    entry.marks.told.append(("not_pattern", item.what))  # "not nuclear"
                return None
            self.negated = True
        if item.kind in ("pct", "index"):
            target = self.pending if self.pending else self.last
            if (
                target
                and target[-1].name.kind == "index"
                and self.gap != "stop"
                and not (self.gap and follow == "name")
            ):
                target[-1].marks.add(item)
                target[-1].post = True
                target[-1].end = item.end
                self.gap = ""
                return None
            if item.kind == "index":
                self.pre.add(item)
                return None
        if (self.pending and self.gap == "") or (self.pending and nxt not in ("name", "for", "value", "unk")):
            self.attach(item)
        elif (
            not self.pending
            and self.last
            and self.gap in ("", "comma", "and")
            and follow not in ("name", "for", "value", "unk")
        ):
            if not (self.gap and nxt in ("name", "for")):
                for entry in self.last:
                    entry.marks.add(item)
            else:
                self.pre.add(item)
        elif not self.pending and self.last and self.gap == "" and follow == "value":
            self.pre.add(item)
        else:
            self.pre.add(item)
        return None

    on_intensity = on_pattern = on_pct = on_index = on_extent

    def attach(self, item: Item) -> None:
        """Give a qualifier to the pending names it speaks of."""
        group = self.pending if self.pending[-1].scope is None else self.pending[-1:]
        for entry in group:
            if item.kind == "pct" and entry.name.kind == "index" and entry is not self.pending[-1]:
                continue
            entry.marks.add(item)
            if item.kind == "pattern":
                entry.patterned = True
            else:
                entry.post = True
        self.pending[-1].end = item.end

    # --- nouns, verbs, negation ----------------------------------------------------------------------------------------------

    def on_noun(self, i: int) -> int | None:
        """Staining, expression: positive unless the phrase says otherwise."""
        item = self.items[i]
        follow = self.kind(self.peek_index(i, SKIPPED))
        if self.scope is not None and self.scope.value is not None and not self.scope.used and follow == "for":
            return None  # "loss of staining for A"
        if self.negated:
            j = self.peek_index(i, frozenset({"glue", "be", "remark"}))
            if self.kind(j) == "value" and self.items[j].what == "positive" and self.follow(j) == "for":
                return None  # "no staining was seen for A"
            self.negated = False
            return self.apply(i, "negative", item)
        if follow == "for" and not (self.pending and self.gap == ""):
            if self.showed or self.pre.told:
                return self.apply(i, "positive", item)
            if not self.pending:
                self.neutral = True
            return None
        if self.pending:
            for entry in self.waiting:
                entry.value = entry.value or "positive"  # "SMA but no desmin expression"
            for entry in self.group(item, "positive"):
                entry.weak = entry.noun = True
                entry.marks.merge(self.pre)
            self.pre = Marks()
        return None

    def on_neutral(self, i: int) -> int | None:
        """ "Stains for": names follow, their result comes later."""
        follow = self.kind(self.peek_index(i, SKIPPED))
        if self.scope is not None and not self.scope.used:
            return None  # "negative stains for A"
        if (follow == "name" and self.items[i].end) or not self.pending:
            self.flush()
            self.neutral = True
        return None

    def on_stain(self, i: int) -> int | None:
        """ "Stained with": positive for what follows, unless names stand before it."""
        follow = self.follow(i)
        what = "positive"
        if self.negated:
            what, self.negated = "negative", False
        if follow in ("name", "unk", "for") and not (self.pending and self.gap == ""):
            self.flush()
            self.scope = Scope(what, self.take_pre())
            self.gap = ""
        elif self.pending:
            return self.apply(i, what, self.items[i])
        return None

    def on_tested(self, i: int) -> int | None:
        """ "Were tested": what is said after the next name is not about the names before."""
        self.tested = bool(self.pending)
        return None

    def on_not(self, i: int) -> int | None:
        """No, not, without, neither: turns round what follows."""
        self.negated = True
        return None

    def on_show(self, i: int) -> int | None:
        """A verb after which "staining for X" is a result."""
        self.showed = True
        if self.gap == "comma" and self.scope is not None and self.scope.used:
            self.flush()  # "despite negative A, FISH revealed B"
        return None

    def on_for(self, i: int) -> int | None:
        """ "And focally for desmin": the result before it goes on with other qualifiers."""
        waits = self.scope is not None and self.scope.value is not None and not self.scope.used
        if self.pre.told and not waits and not (self.pending and self.gap == ""):
            self.flush()
            self.scope = Scope("positive", self.take_pre())
        elif self.pending and self.gap == "" and self.starts_anew(i):
            self.gap = "comma"
            self.chunk += 1
        return None

    def starts_anew(self, i: int) -> bool:
        """Whether a result or qualifier of the next name follows "with": "SMA with negative desmin", "with focal desmin"."""
        j = self.peek_index(i, MARKS | {"glue"})
        if self.kind(j) == "name":
            return any(k.kind in MARKS for k in self.items[i + 1 : j])
        return self.kind(j) == "value" and not self.items[j].sign and self.follow(j) in ("name", "for", "neutral")

    # --- lists and sentences ---------------------------------------------------------------------------------------------

    def on_comma(self, i: int) -> int | None:
        """A comma between names, phrases or qualifiers."""
        if self.excepting and self.pending:
            self.excepted, self.pending = self.pending, []
            self.entries += self.excepted
            self.scope, self.last, self.excepting = None, [], False
        self.gap = "comma"
        self.chunk += 1
        self.negated = False
        return None

    def on_and(self, i: int) -> int | None:
        """And, or, a slash: a list goes on."""
        if self.gap == "":
            self.gap = "and"
        return None

    def on_but(self, i: int) -> int | None:
        """But, while, except: a new phrase, unless it only joins two qualifiers ("intense but patchy")."""
        nxt = self.kind(self.peek_index(i, SKIPPED | {"and"}))
        if nxt in ("name", "value", "not", "for", "unk", "cue", "but", "show"):
            if nxt == "value" and self.pending and not self.value_opens(i):
                return None
            if (
                nxt == "not"
                and self.pending
                and all(e.value is None and e.scope is None and not e.weak for e in self.pending)
            ):
                self.waiting += self.pending  # "A but not B was positive"
                self.entries += self.pending
                self.pending = []
            self.flush()
            self.pre = Marks()
            self.gap = "comma"
            self.chunk += 1
            self.negated = False
        return None

    def value_opens(self, i: int) -> bool:
        """Whether the next result after ``i`` has its names behind it."""
        j = self.peek_index(i, SKIPPED | {"and"})
        return self.follow(j) in ("for", "name", "colon", "lp")

    def on_colon(self, i: int) -> int | None:
        """A colon or equals sign after a name or a heading."""
        before = self.items[i - 1] if i else None
        if before is not None and before.kind in ("first", "repeat", "now"):
            self.rank = self.standing_rank = {"first": -1, "repeat": 1, "now": 0}[before.kind]
        return None

    def on_stop(self, i: int) -> int | None:
        """The end of a clause."""
        if self.depth:
            return self.on_comma(i)
        keep = self.scope is not None and self.items[i].what == ";" and (self.scope.listed or self.list_goes_on(i))
        self.end_clause(keep)
        return None

    def list_goes_on(self, i: int) -> bool:
        """Whether only a bare name stands between this semicolon and the next: the list of the scope goes on."""
        j = self.peek_index(i, frozenset({"glue", "and"}))
        return self.kind(j) == "name" and self.kind(self.peek_index(j, frozenset({"glue"}))) in ("stop", "end", "break")

    def on_break(self, i: int) -> int | None:
        """A line break: the end of a clause unless the sentence plainly goes on."""
        before = self.kind(i - 1)
        j = self.peek_index(i, frozenset({"glue"}))
        after = self.kind(j)
        blank = self.items[i].what == "blank"
        if self.depth and not blank:
            return None
        open_ = before in ("comma", "and", "for", "but", "colon", "not", "be", "show", "noun", "neutral", "stain") or (
            (self.scope is not None and not self.scope.used) or self.negated or self.pre.told
        )
        bare = [e for e in self.pending if e.value is None and e.scope is None and not e.post]
        goes_on = after in ("for", "but", "be") or (after == "and" and self.items[j].what != "/")
        if bare and after == "dash" and self.kind(j + 1) in ("break", "end"):
            goes_on = True
        if bare and after in ("value", "be", "noun", "cue") and not (after == "value" and self.value_opens(i)):
            goes_on = True
        listed = self.scope is not None and self.scope.listed
        if listed and not self.value_opens(i):
            self.gap = "comma"
            self.chunk += 1
            if any(e.post for e in self.pending):
                self.flush(keep_scope=True)
            return None
        if (open_ or goes_on) and not (blank and not (self.scope is not None and not self.scope.used)):
            return None
        self.end_clause()
        self.gap = "stop"
        return None

    def end_clause(self, keep_scope: bool = False) -> None:
        """Close everything that is open."""
        if self.negated and self.pending and not self.gap and self.scope is None:
            for entry in self.pending:
                entry.value = entry.value or "negative"  # "A was expressed; B was not"
        self.flush(keep_scope)
        if self.clause_words:
            if self.clause_names == 0 and len(self.clause_words) <= 3 and not self.prose:
                self.comments.append(Comment(self.clause_words[0].start, self.clause_words[-1].end, True))
            else:
                self.comments += self.clause_words
        if self.clause_names == 0:
            self.comments += self.loose
        self.said = self.place = ""
        self.waiting, self.excepted = [], []
        self.excepting = False
        self.lesion = self.prose = False
        self.loose = []
        self.clause_words = []
        self.clause_names = 0
        self.pre = Marks()
        self.gap = "stop"
        self.chunk += 1
        self.rank = self.standing_rank
        self.negated = self.showed = False
        self.mode = ""
