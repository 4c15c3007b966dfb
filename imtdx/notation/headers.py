"""Column headers of case tables: the stain, the scale of its bare numbers, legends, checkboxes, clones."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from imtdx.notation.kinds import Entry
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.names import Name, Word
from imtdx.notation.panels import markers_of
from imtdx.notation.tokens import is_number, normalise, tokenise

__all__ = ["Column", "read_column", "read_header", "read_legend"]

#: A header longer than this is a sentence.
_LONGEST = 80
_LONGEST_CHOICE = 250
_HEADER_WORDS = frozenset(
    {
        "antibody", "by", "cells", "cish", "clone", "cytoplasmic", "expression", "finding", "fish", "ihc",
        "immunohistochemical", "immunohistochemistry", "immunoreactivity", "immunostain", "in", "index", "labeling",
        "labelling", "li", "marker", "membranous", "nuclear", "nuclei", "of", "pct", "percent", "percentage", "positivity",
        "proliferation", "protein", "reactivity", "result", "results", "score", "stain", "stained", "staining", "status",
        "test", "the", "tumor", "tumour", "value"
    }
)  # fmt: skip
_GENETIC_WORDS = {
    "fish": "fish",
    "cish": "fish",
    "rearrangement": "fish",
    "fusion": "fish",
    "translocation": "fish",
    "ngs": "fish",
    "amplification": "amplification",
    "mutation": "mutation",
    "mut": "mutation",
}
_NO_HEADERS = frozenset({"mitoses", "mitosis", "atypia", "des", "kit", "ret", "met", "clu"})

#: ``alk___1``: a box of a raw REDCap export. What its number means stands in the data dictionary, never in the name.
_CHECKBOX = re.compile(r"_{3,}-?\w+\Z")
#: ``ALK (choice=Positive)``: the same with labels.
_CHOICE = re.compile(r"(?P<name>.*?)\s*\(choice=(?P<choice>.*)\)\s*\Z", re.IGNORECASE | re.DOTALL)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_CODE = re.compile(r"\s*(-?\d{1,3})\s*[=:]\s*([^,;|/=]*[^,;|/=\s\d])\s*")
_RANGE = re.compile(r"(?:score\s*)?(\d{1,3})\s*(?:-|to|bis|\.\.+)\s*(\d{1,3})\s*\+?")
_STEPS = re.compile(r"(\d)\+?(?:\s*[,/;]\s*(\d)\+?)+")
_PERCENT = re.compile(
    r"(?:in\s*)?(?:pos(?:itive)?\s*)?(?:%|pct|percent(?:age)?|prozent)\s*(?:pos(?:itive)?|stained)?"
    r"(?:\s*(?:of\s*)?(?:the\s*)?(?:tumou?r\s*)?(?:cells|nuclei))?",
    re.IGNORECASE,
)
#: What a pair of signs in brackets lists is what the cells may hold; it sets no scale.
_PAIR = re.compile(
    r"\+\s*[/,|]\s*-|-\s*[/,|]\s*\+|pos(?:itive)?\s*/\s*neg(?:ative)?|neg(?:ative)?\s*/\s*pos(?:itive)?|y(?:es)?\s*/\s*no?"
    r"|[mfhw男]\s*[/,|]\s*[mfwd女](?:\s*[/,|]\s*[dxu])?|male\s*/\s*female|female\s*/\s*male|present\s*/\s*absent",
    re.IGNORECASE,
)
#: Lower and upper end of a scale -> its name.
_ENDS = {(0, 3): "grade", (0, 300): "h_score", (0, 8): "allred", (0, 12): "irs", (0, 100): "percent", (0, 1): "binary"}
#: Words anywhere in a header -> scale; they are not part of the name.
_WORDS = (
    (re.compile(r"(?<![a-z])(?:h|histo)[\s_.-]?score(?![a-z])", re.IGNORECASE), "h_score"),
    (re.compile(r"(?<![a-z])allred(?:[\s_.-]?score)?(?![a-z])", re.IGNORECASE), "allred"),
    (
        re.compile(
            r"(?<![a-z])(?:irs|immuno[\s_.-]?reactiv(?:e|ity)[\s_.-]?score|remmele(?:[\s_.-]?score)?)(?![a-z])",
            re.IGNORECASE,
        ),
        "irs",
    ),
    (
        re.compile(
            r"%(?:\s*of(?:\s*tumou?r)?\s*(?:cells|nuclei))?|(?<![a-z])(?:pct|percent(?:age)?|prozent)(?![a-z])",
            re.IGNORECASE,
        ),
        "percent",
    ),
)
_POSITIVE = re.compile(r"(?<![a-z])pos(?:itive)?(?![a-z])", re.IGNORECASE)
_CLONE = re.compile(r"(?<![a-z])(?:antibody[\s_.-]?)?clones?(?![a-z])", re.IGNORECASE)
#: What R (make.names, tibble), pandas and polars do to names that stand twice or hold signs.
_MANGLED = (
    re.compile(r"_duplicated_\d+\Z"),
    re.compile(r"\.{3}\d{1,3}\Z"),
    re.compile(r"[._][xy]\Z"),
    re.compile(r"\.\d{1,2}\Z"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """What a header says of its column.

    Attributes:
        marker: marker id; empty where the header only tells a scale ("Positive %", "H-score").
        scale: of bare numbers: ``"percent"``, ``"grade"`` (0 to 3), ``"h_score"`` (0 to 300), ``"allred"`` (0 to 8), ``"irs"``
            (0 to 12), ``"binary"``, or a range that is no scale we know (``"0-4"``); empty when not told.
        codes: (code, word) of a legend such as ``(0=neg, 1=pos)``.
        choice: the label of a checkbox, what a tick says.
        clone: the cells name the antibody's clone, not a result.
    """

    marker: str
    scale: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    choice: str = ""
    clone: bool = False


def read_header(text: str, lexicon: Lexicon) -> str | None:
    """The marker a column of results is about.

    Args:
        text (str): the column's name, such as ``"Dog-1"``, ``"CD117 (c-kit)"``, ``"Ki67 (%)"``, ``"alk_ihc"``.
        lexicon (Lexicon): the names and words.

    Returns:
        str | None: marker id; None for any other column.
    """
    column = read_column(text, lexicon)
    return None if column is None or column.clone or column.choice or not column.marker else column.marker


def read_column(text: str, lexicon: Lexicon) -> Column | None:
    """All that a header says.

    Args:
        text (str): as for `read_header`; also ``"ALK (%)"``, ``"SMA score (0-3)"``, ``"ALK (choice=Positive)"``, ``"ALK clone"``,
            ``"X.ALK"``, ``"ALK...5"``.
        lexicon (Lexicon): the names and words.

    Returns:
        Column | None: None for a column that is about no stain.
    """
    text = " ".join(text.split())
    if text in lexicon.markers:
        return Column(text)
    if not text or len(text) > _LONGEST_CHOICE or _CHECKBOX.search(text):
        return None
    chosen = _CHOICE.fullmatch(text)
    if chosen:
        column = read_column(chosen["name"], lexicon)
        usable = column is not None and column.marker and not column.clone and not column.choice
        return replace(column, choice=chosen["choice"].strip()) if usable and column else None
    if len(text) > _LONGEST:
        return None
    rest, scale, codes = read_legend(text)
    if scale and not _POSITIVE.sub("", rest).strip(" _.-"):
        return Column("", scale, codes)
    if _CLONE.search(rest):
        found = _named(_CLONE.sub(" ", rest), lexicon)
        if found is not None:
            # "ALK clone D5F3" is the stain, "ALK clone" a column of clones
            return Column(found[0], scale, codes, clone=not found[1])
        return None
    for name in dict.fromkeys((text, rest, *_plain(rest))):
        found = _named(name, lexicon)
        if found is not None:
            return Column(found[0], scale, codes)
    return None


def read_legend(text: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """A header without the words and brackets that say what its cells may hold; the scale and the codes these told.

    Args:
        text (str): such as ``"ALK (0=neg, 1=pos)"``, ``"SMA (0-3)"``, ``"Sex (M/F)"``, ``"ALK (+/-)"``.
    """
    scale = ""
    codes: tuple[tuple[str, str], ...] = ()

    def bracket(match: re.Match[str]) -> str:
        nonlocal scale, codes
        inside = normalise(match[1]).strip()
        pieces = [_CODE.fullmatch(p) for p in re.split(r"[,;|/]", inside)]
        if len(pieces) > 1 and all(pieces):
            codes = tuple((p[1], p[2].strip()) for p in pieces if p)
        elif span := _RANGE.fullmatch(inside):
            ends = (int(span[1]), int(span[2]))
            scale = _ENDS.get(ends, f"{ends[0]}-{ends[1]}")
        elif _STEPS.fullmatch(inside):
            steps = sorted({int(d) for d in re.findall(r"\d", inside)})
            scale = _ENDS.get((steps[0], steps[-1]), f"{steps[0]}-{steps[-1]}")
        elif _PERCENT.fullmatch(inside):
            scale = "percent"
        elif not _PAIR.fullmatch(inside):
            return match[0]
        return " "

    rest = _BRACKETS.sub(bracket, text)
    for pattern, word in _WORDS:
        if pattern.search(rest):
            scale = scale or word
            rest = pattern.sub(" ", rest)
    return re.sub(r"\(\s*\)|\[\s*\]", " ", rest).strip(" _:;,/-"), scale, codes


def _plain(name: str) -> list[str]:
    """A name without what programs and exporters add to it, the least changed first."""
    out = []
    name = name.rstrip(".").strip()
    out.append(name)
    for pattern in _MANGLED:
        shorter = pattern.sub("", name)
        if shorter != name:
            out.append(shorter.rstrip("."))
    for one in list(out):
        if re.match(r"X(?:\.+|(?=\d))", one):
            out.append(re.sub(r"\AX(?:\.+|(?=\d))", "", one))
    for one in list(out):
        if _POSITIVE.search(one):
            out.append(_POSITIVE.sub(" ", one))
    for one in list(out):
        if "." in one:
            out.append(one.replace(".", " "))
    return [n.strip(" _.-") for n in out]


def _named(text: str, lexicon: Lexicon) -> tuple[str, bool] | None:
    """The one marker a name means, and whether the name tells a clone."""
    text = text.strip()
    if not text:
        return None
    if text in lexicon.markers:
        return text, False
    if text.upper() in lexicon.markers and text.casefold() not in _NO_HEADERS:
        return text.upper(), False
    if text in _NO_HEADERS - {"kit", "des"} or text.casefold() in ("mitoses", "mitosis"):
        return None
    whole = lexicon.name(text)
    if whole and whole.marker and whole.kind != "gene":
        return whole.marker, bool(whole.clone)
    feature = lexicon.feature(text)
    if feature:
        return feature, False
    tokens = [t for t in tokenise(normalise(text)) if t.kind != "break"]
    names: list[Name] = []
    modes: list[str] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        found = lexicon.match(tokens, i) if token.kind != "sign" else None
        if found and isinstance(found[1], Name):
            names.append(found[1])
            i = found[0]
            continue
        if token.kind != "sign":
            if token.fold in _GENETIC_WORDS:
                modes.append(_GENETIC_WORDS[token.fold])
            elif (
                token.fold not in _HEADER_WORDS
                and not (found and isinstance(found[1], Word) and found[1].role == "cue")
            ) or is_number(token):
                return None
        elif token.text not in "()-_%/.:,":
            return None
        i += 1
    ids: set[str] = set()
    for name in names:
        entry = Entry(name, 0, 0, modes=list(modes))
        if name.kind == "gene" and not modes:
            return None
        ids.update(markers_of(entry, lexicon))
    return (ids.pop(), any(n.clone for n in names)) if len(ids) == 1 else None
