"""Whole reports: stains, H&E features, age, sex and site from one text, each with its words; what was not understood."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from imtdx.errors import PanelError
from imtdx.merging import merged_panel
from imtdx.notation.features import find_features
from imtdx.notation.items import itemise
from imtdx.notation.kinds import Item, Kind
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.panels import Board, check_length, stretches
from imtdx.notation.persons import Found, choose_site, find_age, find_sex, find_sites
from imtdx.notation.tokens import Token, normalise, tokenise
from imtdx.panel import Context, Panel, Unrecognised

__all__ = ["SCHEMA", "Ignored", "Reading", "parse_panel", "read_case", "read_report"]

#: Tokens after which a sentence is cut, so that time stays linear.
_LONGEST_SENTENCE = 400
#: Of the JSON of a reading.
SCHEMA = "imtdx.reading/1"
#: Sections that tell of the lesion under the microscope; others hold no H&E features.
_NO_FEATURES = frozenset(
    {"clinical", "site", "gross", "diagnosis", "differential", "comment", "ignored", "ihc", "molecular"}
)
_WHY = {
    "diagnosis": "the conclusion: not used",
    "differential": "a differential diagnosis: not used",
    "comment": "a comment: not used",
    "ignored": "margins, nodes, grade, size and stage: not used",
}


@dataclass(frozen=True)
class Ignored:
    """Words that were understood and are not used.

    Attributes:
        text: the words.
        span: their place in the report.
        why: why they are not used.
    """

    text: str
    span: tuple[int, int]
    why: str


@dataclass(frozen=True)
class Reading:
    """What was understood of a report.

    Attributes:
        panel: stains, H&E features, age, sex and site; markers told both ways stand under its ``contradictions``.
        words: ``age``, ``sex`` and ``site`` -> the words they were read from and their place.
        ignored: what was understood and is not used.
        unread: what was not understood, the results that no stain could be given first.
    """

    panel: Panel
    words: dict[str, tuple[str, tuple[int, int]]] = field(default_factory=dict)
    ignored: tuple[Ignored, ...] = ()
    unread: tuple[Unrecognised, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The reading as plain data, as ``imtdx read --json`` writes it."""
        context = self.panel.context
        return {
            "schema": SCHEMA,
            "findings": [
                {
                    "marker": f.marker,
                    "value": f.value,
                    "reported": f.reported,
                    "percent": f.percent,
                    "span": list(f.span) if f.span else None,
                }
                for f in self.panel.findings
            ],
            "context": {"age": context.age, "sex": context.sex, "site": context.site},
            "context_words": {k: {"text": w, "span": list(s)} for k, (w, s) in self.words.items()},
            "contradictions": [{"marker": c.marker, "text": c.text} for c in self.panel.contradictions],
            "remarks": [{"marker": r.marker, "text": r.text} for r in self.panel.remarks],
            "ignored": [{"text": g.text, "span": list(g.span), "why": g.why} for g in self.ignored],
            "unread": [
                {"text": u.text, "span": list(u.span) if u.span else None, "why": u.reason} for u in self.unread
            ],
        }


class _Places:
    """Stretches of text that do not overlap, in order."""

    def __init__(self, places: Sequence[tuple[int, int]]) -> None:
        self.starts = [a for a, _ in places]
        self.ends = [b for _, b in places]

    def hold(self, at: int) -> bool:
        """Whether a place lies in one of them."""
        n = bisect_right(self.starts, at) - 1
        return n >= 0 and at < self.ends[n]


@dataclass(slots=True)
class _Section:
    """A stretch of tokens under one heading."""

    kind: str
    first: int
    last: int


def read_report(text: str, lexicon: Lexicon) -> Reading:
    """Read a whole report, or a panel, in the words of pathologists.

    Args:
        text (str): demography, site, gross, H&E, immunohistochemistry, genetics and conclusion in any order.
        lexicon (Lexicon): the names and words.

    Returns:
        Reading: findings by the rule of `imtdx.merging`; nothing is guessed: a stain whose result cannot be told for certain
        stands under ``unread`` with its words.

    Raises:
        PanelError: an impossible percentage, or more than `panels.MAX_PANEL` characters.
    """
    check_length(text)
    clean = normalise(text)
    tokens = tokenise(clean)
    board = Board(text, lexicon)
    items: list[Item] = []
    plain: list[tuple[int, int]] = []
    for start, end, finding in stretches(clean, lexicon):
        if finding is not None:
            board.found.append(finding)
            plain.append((start, end))
        else:
            items += board.read(clean[start:end], start)
    sections = _sections(tokens, lexicon)
    ignored: list[Ignored] = []
    quiet = [
        (tokens[s.first].start, tokens[s.last - 1].end, s.kind) for s in sections if s.kind in _WHY and s.last > s.first
    ]
    board.settle(
        [(a, b) for a, b, k in quiet if k in ("differential",)],
        [(a, b) for a, b, k in quiet if k in ("diagnosis", "comment")],
    )
    for start, end, kind in quiet:
        ignored.append(Ignored(text[start:end], (start, end), _WHY[kind]))
    starts = [k.start for k in items]
    typed = _Places(plain)
    for first, last, kind in _sentences(tokens, sections):
        part = [t for t in tokens[first:last] if not typed.hold(t.start)]
        if kind in _NO_FEATURES or not part:
            continue
        inside = items[bisect_left(starts, part[0].start) : bisect_left(starts, part[-1].end)]
        if kind == "" and _is_conclusion(inside):
            ignored.append(
                Ignored(text[part[0].start : part[-1].end], (part[0].start, part[-1].end), _WHY["diagnosis"])
            )
            continue
        for a, b in _without_stains(part, inside):
            mine = [k for k in inside if part[a].start <= k.start < part[b - 1].end]
            board.found += find_features(part[a:b], mine, text, lexicon)
    context, words = _context(tokens, sections, items, text, lexicon)
    readings, left = board.results()
    panel = merged_panel(readings, lexicon.markers, context=context, unrecognised=left, text=text)
    unread, more = _unread(left, quiet)
    ignored = sorted([*ignored, *more], key=lambda g: g.span)
    panel = replace(
        panel, words=tuple((k, w) for k, (w, _) in words.items()), ignored=tuple((g.text, g.why) for g in ignored)
    )
    return Reading(panel, words, tuple(ignored), unread)


def parse_panel(text: str, lexicon: Lexicon) -> Panel:
    """Read stains and H&E features in the words and signs of reports.

    Args:
        text (str): such as ``"ALK+, SMA focal; desmin and S-100 negative. Ki-67 about 8 %"``, or the form of `Panel.to_text`.
        lexicon (Lexicon): the names and words.

    Returns:
        Panel: one finding per marker, by the rule of `imtdx.merging`; markers told both ways stand under ``contradictions``,
        what was not understood under ``unrecognised`` with its place.

    Raises:
        PanelError: a percentage is impossible, or the text is longer than `panels.MAX_PANEL` characters.
    """
    return replace(read_report(text, lexicon).panel, context=Context(), words=(), ignored=())


#: A text of at most so many characters is taken for a typed panel, in which a misspelt name is refused.
_TYPED = 200
_PROSE = frozenset({Kind.BE, Kind.SHOW, Kind.STAIN, Kind.TESTED, Kind.NEUTRAL, Kind.NOUN})


def read_case(text: str, lexicon: Lexicon, strict: bool = False) -> Panel:
    """Read a report or panel as the text of one case: what can be read is read, what cannot is told first.

    Args:
        text, lexicon: as in `read_report`.
        strict (bool): refuse every word that stands where a stain would and is none that is known.

    Raises:
        PanelError: nothing was read of a text that is not empty; a typed panel (at most 200 characters, no sentence) with a word near a known name;
            and as in `read_report`.
    """
    panel = read_report(text, lexicon).panel
    for piece in panel.unrecognised:
        if piece.unread and not piece.stain and (strict or (piece.suggestion and _typed(text, lexicon))):
            hint = f"did you mean {piece.suggestion}?" if piece.suggestion else "imtdx knowledge list shows the names"
            raise PanelError(f"{piece.text!r}: {piece.reason}", panel.text, piece.span, hint)
    told = panel.findings or panel.contradictions or panel.words
    if text.strip() and not told:
        unknown = ", ".join(u.text for u in panel.unrecognised[:8])
        raise PanelError(
            f"nothing of this text could be read: {unknown}" if unknown else "nothing of this text could be read",
            suggestion='give at least one finding the model knows, such as "ALK+ SMA+ desmin-"; `imtdx knowledge list` shows them',
        )
    return panel


def _typed(text: str, lexicon: Lexicon) -> bool:
    """Whether a text is a typed panel rather than a report."""
    if len(text) > _TYPED:
        return False
    return not any(k.kind in _PROSE for k in itemise(tokenise(normalise(text)), lexicon))


# --- sections and sentences ------------------------------------------------------------------------------------------------


def _sections(tokens: Sequence[Token], lexicon: Lexicon) -> list[_Section]:
    """Stretches of the report by their headings; text before the first heading, and after a blank line, has none."""
    out = [_Section("", 0, 0)]
    i = 0
    while i < len(tokens):
        begins = (
            i == 0
            or tokens[i - 1].kind == "break"
            or (tokens[i - 1].text in (".", ";", "。") and tokens[i - 1].kind == "sign")
        )
        found = lexicon.heading_at(tokens, i) if begins else None
        if found is not None:
            j, kind = found
            line = i == 0 or tokens[i - 1].kind == "break"
            after = tokens[j].text if j < len(tokens) else "\n"
            colon = after == ":" or (
                after in ("-", "—", "–") and j + 1 < len(tokens) and tokens[j + 1].start > tokens[j].end and line
            )
            alone = line and (j >= len(tokens) or tokens[j].kind == "break")
            if colon or alone:
                out[-1].last = i
                out.append(_Section(kind, j, j))
                i = j
                continue
        if (
            out[-1].kind == "site"
            and tokens[i].text in (".", "。")
            and tokens[i].kind == "sign"
            and i + 1 < len(tokens)
            and tokens[i + 1].start > tokens[i].end
            and _told(tokens, out[-1].first, i)
        ):
            out[-1].last = i
            out.append(_Section("", i + 1, i + 1))
        if (
            tokens[i].kind == "break"
            and (
                len(tokens[i].text.replace(" ", "")) > 1
                or (out[-1].kind and out[-1].kind != "ihc" and _told(tokens, out[-1].first, i))
            )
            and _new_paragraph(tokens, i, out[-1].kind, lexicon)
        ):
            out[-1].last = i
            out.append(_Section("", i + 1, i + 1))
        i += 1
    out[-1].last = len(tokens)
    return [s for s in out if s.last > s.first]


def _told(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether words stand between two tokens: the heading has its text."""
    return any(t.kind in ("word", "cjk") for t in tokens[first:last])


def _new_paragraph(tokens: Sequence[Token], i: int, kind: str, lexicon: Lexicon) -> bool:
    """Whether the line after the break ``i`` is no part of the section before it."""
    if kind in ("micro", ""):
        return False
    return i > 0 and (
        tokens[i - 1].text in (".", "。", "!", ")") or kind in ("site", "diagnosis", "ignored", "clinical")
    )


def _sentences(tokens: Sequence[Token], sections: Sequence[_Section]) -> list[tuple[int, int, str]]:
    """Sentences as stretches of tokens, with their section."""
    out = []
    for section in sections:
        first = section.first
        for i in range(section.first, section.last):
            token = tokens[i]
            stop = token.kind == "break" or (
                token.text == "."
                and token.kind == "sign"
                and (i + 1 >= len(tokens) or tokens[i + 1].start > token.end or tokens[i + 1].kind in ("break", "cjk"))
            )
            stop = stop or i - first > _LONGEST_SENTENCE
            stop = stop and not (
                token.text == "."
                and i
                and len(tokens[i - 1].text) == 1
                and tokens[i - 1].text.isalpha()
                and tokens[i - 1].kind == "word"
            )
            if stop:
                if i > first:
                    out.append((first, i, section.kind))
                first = i + 1
        if section.last > first:
            out.append((first, section.last, section.kind))
    return out


def _is_conclusion(items: Sequence[Item]) -> bool:
    """Whether a sentence is only the name of a disease: "Leiomyoma.", "Spindle cell sarcoma of the thigh"."""
    if not any(k.kind is Kind.ENTITY for k in items):
        return False
    told = [k for k in items if k.kind not in (Kind.GLUE, Kind.FOR)]
    if any(k.kind in (Kind.NAME, Kind.SHOW, Kind.BE, Kind.STAIN) for k in told):
        return False
    return len(told) <= 8 and not any(
        k.kind is Kind.FOR and k.what in ("with", "mit", "con", "avec", "com", "met") for k in items
    )


def _without_stains(part: Sequence[Token], items: Sequence[Item]) -> list[tuple[int, int]]:
    """The stretches of a sentence that tell of no stain: all of it, or the pieces between commas that hold H&E words only."""
    if not any(k.kind is Kind.NAME for k in items):
        return [(0, len(part))]
    out = []
    first = 0
    for i in range(len(part) + 1):
        if i == len(part) or (part[i].kind == "sign" and part[i].text in ",;"):
            if i > first:
                mine = [k for k in items if part[first].start <= k.start < part[i - 1].end]
                if not any(
                    k.kind
                    in (
                        Kind.NAME,
                        Kind.VALUE,
                        Kind.STAIN,
                        Kind.CUE,
                        Kind.DASH,
                        Kind.BE,
                        Kind.SHOW,
                        Kind.NUMBER,
                        Kind.PERCENT,
                    )
                    for k in mine
                ) and not _follows(items, mine):
                    out.append((first, i))
            first = i + 1
    return out


def _follows(items: Sequence[Item], mine: Sequence[Item]) -> bool:
    """Whether a piece between commas only goes on with what a stain shows: it does when a stain with no result stands before it."""
    return bool(mine) and mine[0].kind in (Kind.AND, Kind.FOR, Kind.EXTENT, Kind.INTENSITY, Kind.PATTERN)


# --- age, sex, site ------------------------------------------------------------------------------------------------------


def _context(
    tokens: Sequence[Token], sections: Sequence[_Section], items: Sequence[Item], text: str, lexicon: Lexicon
) -> tuple[Context, dict[str, tuple[str, tuple[int, int]]]]:
    """Age, sex and site, and the words they were read from."""
    ages: list[Found] = []
    sexes: list[Found] = []
    sites: list[tuple[int, Found]] = []
    named = [k.start for k in items if k.kind is Kind.NAME]
    for first, last, kind in _sentences(tokens, sections):
        part = tokens[first:last]
        if kind in ("ihc", "molecular", "differential"):
            continue
        has_stain = bisect_left(named, part[0].start) < bisect_left(named, part[-1].end)
        mine = find_age(part, lexicon)
        ages += mine
        sexes += find_sex(part, lexicon, mine)
        if has_stain or kind in ("comment", "ignored", "micro"):
            continue
        hits = find_sites(part, lexicon)
        found = choose_site(hits, lexicon.vague_sites)
        if found is not None:
            exact = any(h[0] is found and h[1] not in lexicon.vague_sites for h in hits) or any(
                h[0] is found and h[1].startswith("skin") for h in hits
            )
            order = {"site": 0, "clinical": 1, "gross": 1, "": 1, "diagnosis": 2}.get(kind, 3)
            sites.append((order + (0 if exact else 4), found))
    words: dict[str, tuple[str, tuple[int, int]]] = {}
    age = max(ages, key=lambda a: (a.weight, -a.start)) if ages else None
    sex = max(sexes, key=lambda a: (a.weight, -a.start)) if sexes else None
    site = min(sites, key=lambda s: (s[0], s[1].start))[1] if sites else None
    for key, found in (("age", age), ("sex", sex), ("site", site)):
        if found is not None:
            words[key] = (text[found.start : found.end], (found.start, found.end))
    return (
        Context(
            age=float(age.value) if age is not None else None,
            sex=str(sex.value) if sex is not None else None,
            site=str(site.value) if site is not None else None,
            site_reported=words["site"][0] if site is not None else "",
        ),
        words,
    )


# --- what was not read ---------------------------------------------------------------------------------------------------


def _unread(
    left: Sequence[Unrecognised], quiet: Sequence[tuple[int, int, str]]
) -> tuple[tuple[Unrecognised, ...], list[Ignored]]:
    """What was not understood, results first; and what was understood and is not used."""
    unread: list[Unrecognised] = []
    ignored: list[Ignored] = []
    places = _Places([(a, b) for a, b, _ in quiet])
    for piece in left:
        start, end = piece.span or (0, 0)
        if places.hold(start):
            continue
        if piece.stain and not piece.reason.startswith("no result"):
            ignored.append(Ignored(piece.text, (start, end), piece.reason))
        elif piece.unread:
            unread.append(piece)
    return tuple(unread), ignored
