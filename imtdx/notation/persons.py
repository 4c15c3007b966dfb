"""Age, sex and site of the patient in the running text of a report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from imtdx.notation.context import OF_PLACE, OLDEST
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.tokens import Token, is_number

__all__ = ["Found", "find_age", "find_sex", "find_sites"]

#: The same in the languages of reports.
_OF = OF_PLACE | frozenset(
    {
        "de",
        "del",
        "della",
        "di",
        "du",
        "des",
        "van",
        "von",
        "am",
        "im",
        "an",
        "da",
        "do",
        "en",
        "dans",
    }
)
_SKIN = frozenset({"skin", "skin of", "haut", "peau", "piel", "cute", "pelle", "huid", "pele"})


@dataclass(slots=True)
class Found:
    """Something read from the words of the report.

    Attributes:
        value: years, ``"male"`` or ``"female"``, or a site.
        start, end: place in the text.
        weight: how plainly it is told; the plainest counts.
    """

    value: float | str
    start: int
    end: int
    weight: int = 0


def find_age(tokens: Sequence[Token], lexicon: Lexicon) -> list[Found]:
    """Ages of a person in the words."""
    out: list[Found] = []
    words = lexicon.persons
    n = len(tokens)
    for i, token in enumerate(tokens):
        kind = words.get(token.fold, "")
        if kind == "newborn":
            out.append(Found(0.0, token.start, token.end, 3))
        short = _SHORT.fullmatch(token.text)
        if short and 0 < float(short[1]) <= OLDEST and (i < 10 or tokens[i - 1].kind == "break"):
            out.append(Found(float(short[1]), token.start, token.start + len(short[1]), 4))  # "41M", "6yo"
            continue
        number = _number(tokens, i, lexicon)
        if number is None:
            continue
        j, years = number
        while j < n and tokens[j].text in "-–" and tokens[j].kind == "sign":
            j += 1
        unit, k = _unit(tokens, j, words)
        scale = {"years": 1.0, "months": 1 / 12, "weeks": 7 / 365.25, "days": 1 / 365.25}.get(unit, 0.0)
        before = [words.get(t.fold, "") for t in tokens[max(0, i - 4) : i] if t.kind != "sign"]
        after = [words.get(t.fold, "") for t in tokens[k : k + 3] if t.kind != "sign"]
        near = before[-1:] + after[:1]
        if (
            tokens[i - 1].text in "<>≤≥/"
            and i
            and not (
                tokens[i - 1].text == "/"
                and i > 1
                and words.get(tokens[i - 2].fold) in _SEXES | {"age", "letter_f", "letter_m"} | {"sex"}
            )
            and not _sexed(tokens, i, k)
        ):
            continue
        weight = 0
        if unit and ("not_age" in after[:1] or "not_age" in before[-1:]):
            continue
        if unit and (
            _is_old(tokens, k, words)
            or tokens[j].fold.endswith(("ahrig", "ahrige", "ahriger", "ahrigen", "ahriges", "jarige"))
            or tokens[j].text in "岁歳才"
            or (unit != "years" and "old" in after)
        ):
            weight = 5
        elif ("age" in after[:1] and unit) or "age" in before[-2:] or (len(before) > 2 and "age" in before[-3:]):
            weight = 5
            scale = scale or 1.0
        elif unit and (_SEXES & set(near) or "patient" in near):
            weight = 4
        elif (
            (not unit and _sexed(tokens, i, k))
            or (
                not unit
                and before[-1:]
                and before[-1] in _SEXES | {"patient"}
                and i
                and tokens[i - 1].fold in ("of", "aged", "de", "von", "di", "van", "d")
            )
            or (
                not unit
                and len(before) > 1
                and before[-2] in _SEXES | {"patient"}
                and tokens[i - 1].fold in ("of", "aged", "de", "von", "di", "van", "d")
            )
        ):
            weight, scale = 4, 1.0
        elif unit and any(b in _SEXES or b == "patient" for b in before):
            weight = 3
        elif unit == "years" and any(words.get(t.fold) in _SEXES | {"patient"} for t in tokens[max(0, i - 20) : i]):
            weight = 2
        elif (
            not unit
            and before[-1:]
            and before[-1] in _SEXES
            and tokens[i - 1].text in (",", ":", "-", "/")
            and (j >= n or tokens[j].kind == "break" or tokens[j].text in ".,;)")
        ):
            weight, scale = 3, 1.0
        elif unit == "years" and i < 14 and not any(b == "not_age" for b in before + after):
            weight = 1
        if not weight or not scale:
            continue
        value = years * scale
        if 0 <= value <= OLDEST:
            out.append(Found(round(value, 4), token.start, tokens[max(k, i + 1) - 1].end, weight))
    return out


_SEXES = {"male", "female"}
#: Age and sex, or age and unit, in one word.
_SHORT = re.compile(r"(\d{1,3})(M|F|yo|y|yr|yrs|岁|歳)")


def _number(tokens: Sequence[Token], i: int, lexicon: Lexicon) -> tuple[int, float] | None:
    """A number in figures or words at ``i``."""
    token = tokens[i]
    if is_number(token) and len(token.text) <= 3:
        j = i + 1
        if (
            j + 1 < len(tokens)
            and tokens[j].text in ".,"
            and is_number(tokens[j + 1])
            and tokens[j + 1].start == tokens[j].end == tokens[i].end + 1
        ):
            return j + 2, float(f"{token.text}.{tokens[j + 1].text}")
        return j, float(token.text)
    word = lexicon.person_numbers.get(token.fold)
    return (i + 1, word) if word is not None else None


def _unit(tokens: Sequence[Token], j: int, words: dict[str, str]) -> tuple[str, int]:
    """The unit of time at ``j`` and the index after it."""
    if j >= len(tokens):
        return "", j
    if tokens[j].kind == "cjk":
        for size in (3, 2, 1):
            text = "".join(t.text for t in tokens[j : j + size])
            if words.get(text) in _UNITS:
                return words[text], j + size
        return "", j
    unit = words.get(tokens[j].fold, "")
    if unit in _UNITS and not (
        tokens[j].fold == "y"
        and (j + 1 >= len(tokens) or (tokens[j + 1].kind == "word" and tokens[j + 1].fold not in ("o", "old")))
    ):
        return unit, j + 1
    return "", j


_UNITS = frozenset({"years", "months", "weeks", "days"})


def _is_old(tokens: Sequence[Token], k: int, words: dict[str, str]) -> bool:
    """Whether "old", "of age" follows."""
    j = k
    while j < len(tokens) and tokens[j].kind == "sign" and tokens[j].text in "-/.":
        j += 1
    if j >= len(tokens):
        return False
    if tokens[j].fold in ("old", "o", "alt", "oud") or (
        tokens[j].fold == "of" and j + 1 < len(tokens) and tokens[j + 1].fold == "age"
    ):
        return True
    return tokens[j].fold in ("de", "di", "d") and j + 1 < len(tokens) and words.get(tokens[j + 1].fold) == "age"


def _sexed(tokens: Sequence[Token], i: int, k: int) -> bool:
    """Whether M or F stands beside the number: "F/19", "46 (F)", "54 F", "66 / F"."""
    for step in (-1, 1):
        j = (i if step < 0 else k - 1) + step
        hops = 0
        while 0 <= j < len(tokens) and tokens[j].kind == "sign" and tokens[j].text in "/(,:-" and hops < 2:
            j += step
            hops += 1
        if 0 <= j < len(tokens) and tokens[j].text in ("M", "F", "男", "女", "♂", "♀", "W", "H") and hops < 3:
            return True
    return False


def find_sex(tokens: Sequence[Token], lexicon: Lexicon, ages: Sequence[Found]) -> list[Found]:
    """Words for the sex of a person; M and F only beside an age or after "sex"."""
    out: list[Found] = []
    words = lexicon.persons
    for i, token in enumerate(tokens):
        if (short := _SHORT.fullmatch(token.text)) and short[2] in "MF" and (i < 10 or tokens[i - 1].kind == "break"):
            out.append(Found("male" if short[2] == "M" else "female", token.end - 1, token.end, 4))
            continue
        kind = words.get(token.fold, "")
        follow = words.get(tokens[i + 1].fold, "") if i + 1 < len(tokens) else ""
        before = [words.get(t.fold, "") for t in tokens[max(0, i - 4) : i] if t.kind != "sign"]
        if kind in _SEXES and follow != "not_patient":
            if len(token.text) <= 3 and token.text.isupper() and token.kind != "cjk":
                continue
            weight = 2 + 2 * ("sex" in before) + (i < 12)
            out.append(Found(kind, token.start, token.end, weight))
        elif token.text in ("M", "F", "W", "H", "♂", "♀") and token.kind != "cjk":
            value = {"M": "male", "H": "male", "♂": "male"}.get(token.text, "female")
            aged = any(-8 <= a.start - token.end <= 4 or -1 <= token.start - a.end <= 4 for a in ages)
            if "sex" in before or (aged and token.text in ("M", "F", "♂", "♀")):
                out.append(Found(value, token.start, token.end, 4))
    return out


def find_sites(tokens: Sequence[Token], lexicon: Lexicon) -> list[tuple[Found, str, bool]]:
    """Organs and regions in the words: what was found, the phrase, and whether it stands after "of"."""
    out: list[tuple[Found, str, bool]] = []
    sites, longest = lexicon.all_sites, 6
    i, after = 0, False
    while i < len(tokens):
        token = tokens[i]
        if token.kind not in ("word", "cjk"):
            if token.text in ",;:.":
                after = False
            i += 1
            continue
        if token.fold in _OF:
            after = True
        best = 0
        phrase = ""
        parts: list[str] = []
        j = i
        while j < len(tokens) and j - i < 2 * longest:
            if tokens[j].kind == "sign":
                if tokens[j].text not in "-'" or j + 1 >= len(tokens):
                    break
                j += 1
                continue
            if tokens[j].kind == "break":
                break
            parts.append(tokens[j].fold)
            key = " ".join(parts)
            j += 1
            if key in sites:
                best, phrase = j, key
            if len(parts) >= longest:
                break
        if best:
            site = sites[phrase]
            if site:
                out.append((Found(site, token.start, tokens[best - 1].end), phrase, after))
            i = best
        else:
            i += 1
    return out


def choose_site(hits: Sequence[tuple[Found, str, bool]], vague: frozenset[str]) -> Found | None:
    """The site that is meant: exact before vague, what stands before "of" first, else the last word of a compound."""
    if not hits:
        return None
    for found, phrase, _ in hits:
        if phrase in _SKIN:
            return found  # "skin of the back"
    exact = [h for h in hits if h[1] not in vague] or list(hits)
    heads = [h for h in exact if not h[2]]
    first = (heads or exact)[0]
    near = [h for h in (heads or exact) if h[0].start - first[0].end <= 2 and h[0].start >= first[0].start]
    return near[-1][0] if near else first[0]
