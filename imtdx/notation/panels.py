"""Panels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from imtdx.errors import PanelError
from imtdx.notation.binding import bind
from imtdx.notation.findings import canonical, resolve
from imtdx.notation.items import itemise
from imtdx.notation.kinds import Comment, Entry, Item
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.names import MarkerLike
from imtdx.notation.tokens import fold, tokenise
from imtdx.panel import Finding, Unrecognised

__all__ = ["MAX_PANEL", "TIMES", "Board", "check_length", "markers_of", "stretches", "test_of"]

#: Longest panel that is read, in characters.
MAX_PANEL = 100_000
#: Most words and signs that are read; a report of 100 kB has fewer, text that only tries the reader has more.
MAX_TOKENS = 20_000
#: Nearest names are looked up for so many unknown words of a panel at most.
_MAX_SUGGESTIONS = 12

_NOT_MODELLED = "a stain that the model does not know"
_NO_GENE = "a genetic result that the model does not know"
_GROUP = "a group of stains; name each one to use it"
_NO_RESULT = "no result is given for it"
_GENERAL = "told of a disease in general, or of one that is ruled out"
_COMMENT = "not read: no result of a stain"
_NO_STAIN = "no stain of this name is known"


def check_length(text: str) -> None:
    """Refuse a text that is too long.

    Raises:
        PanelError: more than `MAX_PANEL` characters or bytes.
    """
    if len(text) > MAX_PANEL or len(text.encode("utf-8", "replace")) > MAX_PANEL:
        raise PanelError(
            f"the panel has {len(text):,} characters; at most {MAX_PANEL:,} bytes are read",
            suggestion="give the immunohistochemistry paragraph only",
        )


def stretches(clean: str, lexicon: Lexicon) -> Iterator[tuple[int, int, Finding | None]]:
    """Pieces to read on their own: segments in canonical form with their finding, and all that stands between them."""
    for start, end in _stretches(clean):
        yield start, end, canonical(clean[start:end], start, lexicon) if "=" in clean[start:end] else None


def _stretches(clean: str) -> Iterator[tuple[int, int]]:
    """Pieces to read on their own: segments that look canonical, and all that stands between them."""
    if "=" not in clean:
        yield 0, len(clean)
        return
    begin = 0
    for match in re.finditer(r"[^;\n]+", clean):
        if _LIKE_CANONICAL.match(match.group()):
            if clean[begin : match.start()].strip(" ;\n"):
                yield begin, match.start()
            yield match.span()
            begin = match.end()
    if clean[begin:].strip(" ;\n"):
        yield begin, len(clean)


_LIKE_CANONICAL = re.compile(r"\s*[A-Za-z]\w{1,40}\s*=\s*[\w<>.%-]{1,40}\s*(?:\([^()]{0,120}\)\s*)?\Z")


class Board:
    """Collects the findings of one panel."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.found: list[Finding] = []
        self.unrecognised: list[Unrecognised] = []
        self.silent: list[tuple[Entry, str]] = []
        self.aside: list[Finding] = []
        self.suggested = 0
        self.tokens = 0

    def read(self, clean: str, offset: int) -> list[Item]:
        """Read one stretch of the text; return its items."""
        tokens = tokenise(clean)
        self.tokens += len(tokens)
        if self.tokens > MAX_TOKENS:
            raise PanelError(
                f"the panel has more than {MAX_TOKENS:,} words and signs",
                suggestion="give the immunohistochemistry paragraph only",
            )
        items = itemise(tokens, self.lexicon)
        if offset:
            for item in items:
                item.start += offset
                item.end += offset
        reader = bind(items, self.lexicon)
        for entry in reader.entries:
            self.take(entry)
        for comment in reader.comments:
            self.remark(comment)
        return items

    def settle(self, general: Sequence[tuple[int, int]], aside: Sequence[tuple[int, int]]) -> None:
        """Results in these places are of a disease in general, or count only where nothing else is told."""
        kept = []
        places = sorted([(a, b, False) for a, b in general] + [(a, b, True) for a, b in aside])
        n = 0
        for finding in sorted(self.found, key=lambda f: f.span or (0, 0)):
            start, end = finding.span or (0, 0)
            while n < len(places) and places[n][1] <= start:
                n += 1
            if n == len(places) or start < places[n][0]:
                kept.append(finding)
            elif places[n][2]:
                self.aside.append(finding)
            else:
                self.drop(start, end, _GENERAL, stain=True)
        self.found = kept

    def take(self, entry: Entry) -> None:
        """One entry: a finding, or something that is not used."""
        name = entry.name
        if name.kind == "unknown":
            self.unknown(entry.start, entry.end, entry.value is not None)
            return
        ids = markers_of(entry, self.lexicon)
        if not ids:
            reason = _GROUP if name.kind == "group" else _NOT_MODELLED
            if name.kind == "gene" or (entry.modes and entry.modes != ["ihc"]):
                reason = _NO_GENE
            self.drop(entry.start, entry.end, reason, stain=True)
            return
        for marker_id in ids:
            marker = self.lexicon.markers[marker_id]
            finding = resolve(entry, marker, self.text)
            if finding is None:
                self.silent.append((entry, marker_id))
            elif entry.general:
                self.drop(entry.start, entry.end, _GENERAL, stain=True)
            elif entry.aside:
                self.aside.append(replace(finding, **test_of(entry, marker, self.text)))
            else:
                self.found.append(replace(finding, **test_of(entry, marker, self.text)))
                self.pattern(finding)

    def pattern(self, finding: Finding) -> None:
        """The marker of a staining pattern that a stain shows."""
        marker = self.lexicon.markers.get(f"{finding.marker}_PATTERN")
        if (
            marker is not None
            and finding.pattern
            and finding.pattern in marker.label.split()
            and finding.value in ("positive", "focal", "diffuse")
        ):
            self.found.append(Finding(marker.id, "positive", reported=finding.reported, span=finding.span))

    def remark(self, comment: Comment) -> None:
        """Words that were not used."""
        if comment.name:
            self.unknown(comment.start, comment.end, False)
        else:
            self.drop(comment.start, comment.end, _COMMENT, stain=False)

    def unknown(self, start: int, end: int, told: bool) -> None:
        """Words where a name would stand; ``told`` when a result stands with them."""
        words = self.text[start:end]
        suggestion = ""
        if self.suggested < _MAX_SUGGESTIONS and len(words) <= 40:
            self.suggested += 1
            suggest = self.lexicon.spelling.suggest
            suggestion = suggest(words) or suggest(words.split(maxsplit=1)[0] if words.strip() else "")
        self.drop(
            start,
            end,
            _NO_STAIN,
            stain=False,
            suggestion=suggestion,
            unread=told or self.lexicon.spelling.misspelt(fold(words)),
        )

    def drop(self, start: int, end: int, reason: str, stain: bool, suggestion: str = "", unread: bool = False) -> None:
        """Something that is not used."""
        self.unrecognised.append(Unrecognised(self.text[start:end], (start, end), reason, stain, suggestion, unread))

    def results(self) -> tuple[list[Finding], list[Unrecognised]]:
        """Every result as told, and what was not used."""
        lesional = {f.marker for f in self.found if not f.component}
        # what only one part of the tumour shows is told of the tumour
        self.found = [f if not f.component or f.marker in lesional else replace(f, component="") for f in self.found]
        known = {f.marker for f in self.found}
        self.found += [f for f in self.aside if f.marker not in known]
        known = {f.marker for f in self.found}
        for entry, marker_id in self.silent:
            if marker_id not in known:
                self.drop(entry.start, entry.end, _NO_RESULT, stain=True, unread=True)
            elif entry.name.clone and self.lexicon.markers[marker_id].kind in ("ihc", "index"):
                # "ALK (5A4) was done ... ALK positive"
                self.found = [
                    replace(f, clone=entry.name.clone) if f.marker == marker_id and not f.clone else f
                    for f in self.found
                ]
        return self.found, sorted(self.unrecognised, key=lambda u: u.span or (0, 0))


#: Rank of an entry -> `Finding.when`.
TIMES = {-1: "earlier", 0: "", 1: "later"}
_EXON = re.compile(r"exons?\s*(\d+)", re.IGNORECASE)


def test_of(entry: Entry, marker: MarkerLike, text: str) -> dict[str, Any]:
    """What the words of an entry tell of the test: when it was done, how, and on what."""
    out: dict[str, Any] = {"when": TIMES[entry.rank]}
    if entry.component:
        out["component"] = entry.component
    if marker.kind == "fish":
        if entry.name.kind == "fusion" and "fish" not in entry.modes:
            out["method"] = "sequencing"
        if len(marker.genes) > 1 and entry.name.gene in marker.genes:
            out["target"] = entry.name.gene
    elif marker.kind == "mutation" and entry.exon:
        exon = _EXON.search(text[entry.start : entry.end])
        out["target"] = f"exon {exon[1]}" if exon else f"exon at {entry.start}"
    return out


def markers_of(entry: Entry, lexicon: Lexicon) -> list[str]:
    """The markers an entry speaks of, its genetic words heeded."""
    name = entry.name
    if name.also:
        return [name.marker, *name.also]
    if not entry.modes or (
        name.marker and lexicon.markers[name.marker].kind in ("fish", "mutation") and name.kind != "gene"
    ):
        return [name.marker] if name.marker else []
    out: list[str] = []
    for mode in entry.modes:
        gene = name.gene
        found = ""
        if mode == "ihc":
            found = name.marker
        elif mode == "mutation":
            found = lexicon.mutation_markers.get(gene, "")
        elif mode == "amplification":
            found = lexicon.amplification_markers.get(gene, "")
        elif gene in lexicon.fusion_genes:
            found = lexicon.fusion_genes[gene][0]
        elif gene in lexicon.amplification_markers:
            found = lexicon.amplification_markers[gene]
        elif name.kind == "fish":
            found = name.marker
        if found and found not in out:
            out.append(found)
    if len(out) > 1 and lexicon.markers[out[0]].kind == "fish" and "ihc" not in entry.modes:
        return out[-1:] if "mutation" in entry.modes else out[:1]
    return out
