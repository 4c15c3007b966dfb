"""Age, sex and site in words."""

from __future__ import annotations

import math
import re

from imtdx.errors import ContextError, did_you_mean, nearest
from imtdx.notation.lexicon import Lexicon, plain
from imtdx.notation.tokens import normalise

__all__ = ["OF_PLACE", "OLDEST", "read_age", "read_sex", "read_site"]

#: Greatest age that is read, years.
OLDEST = 120.0
_UNKNOWN = frozenset(
    {
        "",
        "na",
        "n/a",
        "nan",
        "none",
        "null",
        "unknown",
        "unk",
        "not known",
        "not stated",
        "not given",
        "nd",
        "?",
        "-",
        "—",
        "u",
        "nos",
        "unspecified",
        "not specified",
        "not available",
        "missing",
        "not reported",
        "<na>",
        "nr",
        "ns",
        "nat",
    }
)
_NUMBERS = {
    w: n
    for n, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_UNITS = {
    **dict.fromkeys(
        [
            "y",
            "yr",
            "yrs",
            "year",
            "years",
            "yo",
            "yoa",
            "yold",
            "a",
            "ans",
            "an",
            "anos",
            "ano",
            "jahre",
            "jahr",
            "jahren",
            "岁",
            "歲",
            "歳",
            "才",
            "年",
            "j",
        ],
        1.0,
    ),
    **dict.fromkeys(
        [
            "m",
            "mo",
            "mos",
            "mo",
            "mon",
            "month",
            "months",
            "mth",
            "mths",
            "monat",
            "monate",
            "monaten",
            "mois",
            "mes",
            "meses",
            "月",
            "个月",
            "個月",
        ],
        1 / 12,
    ),
    **dict.fromkeys(
        [
            "w",
            "wo",
            "wk",
            "wks",
            "week",
            "weeks",
            "woche",
            "wochen",
            "semaine",
            "semaines",
            "semana",
            "semanas",
            "周",
            "週",
        ],
        7 / 365.25,
    ),
    **dict.fromkeys(["d", "day", "days", "dy", "tag", "tage", "jour", "jours", "dia", "dias", "天", "日"], 1 / 365.25),
}
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*-?\s*([^\W\d_]*)")
_FRACTION = re.compile(r"(\d{1,2})\s*/\s*(12|52|7)\Z")


def read_age(value: object) -> float | None:
    """An age in years.

    Args:
        value (object): a number of years, or words such as ``"5 Year"``, ``"14 mo"``, ``"3 weeks"``, ``"2-year-old"``,
            ``"5 y 6 mo"``, ``"6/12"`` (months of a year).

    Returns:
        float | None: years; None when blank or unknown.

    Raises:
        ContextError: unreadable, negative, or more than 120 years.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else _possible(float(value), value)
    text = normalise(str(value)[:80]).strip().casefold().strip(".'\" ")
    if text in _UNKNOWN:
        return None
    if text in ("newborn", "neonate", "neonatal", "birth", "at birth", "congenital", "prenatal", "fetus", "foetus"):
        return 0.0
    if text.startswith("-") and text[1:2].isdigit():
        raise ContextError(f"an age of {value!r} is not possible; give years (5), months (14 mo) or weeks (3 weeks)")
    fraction = _FRACTION.match(text)
    if fraction:
        return _possible(int(fraction[1]) / {"12": 12, "52": 365.25 / 7, "7": 365.25}[fraction[2]], value)
    word = re.split(r"[\s-]+", text, maxsplit=1)[0]
    if word in _NUMBERS:
        text = str(_NUMBERS[word]) + text[len(word) :]
    text = re.sub(r"(\d)\s?½", r"\1.5", text)
    text = re.sub(r"\b([ymwd])\.\s?o\b\.?", r"\1o", text)
    text = re.sub(r"\b(?:aged?|old|of age|about|approximately|approx|and|at|the|patient)\b|,(?!\d)|[~()]", " ", text)
    total, end, seen = 0.0, 0, False
    for match in _PART.finditer(text):
        if text[end : match.start()].strip(" -.:"):
            raise _bad_age(value)
        unit = match[2]
        if unit == "" and seen:
            raise _bad_age(value)
        if unit and unit not in _UNITS:
            raise _bad_age(value)
        if len(match[1]) > 12:
            raise _bad_age(value)
        total += float(match[1].replace(",", ".")) * _UNITS.get(unit, 1.0)
        end, seen = match.end(), True
    if not seen or text[end:].strip(" -.:"):
        raise _bad_age(value)
    return _possible(total, value)


def _bad_age(value: object) -> ContextError:
    return ContextError(f"age {str(value)[:60]!r} is not understood; give years (5), months (14 mo) or weeks (3 weeks)")


def _possible(age: float, value: object) -> float:
    """``age`` if a person can have it."""
    if not 0 <= age <= OLDEST:
        raise ContextError(f"an age of {str(value)[:60]!r} is not possible; it must lie between 0 and {OLDEST:g} years")
    return age


_SEXES = {
    **dict.fromkeys(
        [
            "m",
            "male",
            "man",
            "men",
            "boy",
            "males",
            "masculine",
            "masculin",
            "masculino",
            "mannlich",
            "mann",
            "hombre",
            "homme",
            "herr",
            "男",
            "男性",
            "남",
            "남성",
            "♂",
            "varon",
            "h",
            "maschio",
            "1m",
        ],
        "male",
    ),
    **dict.fromkeys(
        [
            "f",
            "female",
            "woman",
            "women",
            "girl",
            "females",
            "feminine",
            "feminin",
            "femenino",
            "weiblich",
            "frau",
            "mujer",
            "femme",
            "w",
            "女",
            "女性",
            "여",
            "여성",
            "♀",
            "hembra",
            "fem",
            "femmina",
        ],
        "female",
    ),
}


def read_sex(text: str | None) -> str | None:
    """``"male"`` or ``"female"``; None when blank or unknown.

    Args:
        text (str | None): such as ``"F"``, ``"male"``, ``"boy"``.

    Raises:
        ContextError: anything else.
    """
    if text is None or text != text:
        return None
    word = normalise(str(text)[:80]).strip().casefold().strip(". ")
    if word in _UNKNOWN or word in ("other", "intersex", "indeterminate", "undetermined"):
        return None
    sex = _SEXES.get(word) or _SEXES.get(plain(word))
    if sex is None and word in ("false", "true", "negative", "positive"):
        raise ContextError(
            f"sex {str(text)[:60]!r} is a truth value, no sex: a program took a column of F for FALSE; write it as text, or as 'female'"
        )
    if sex is None:
        names = [w for w in _SEXES if len(w) > 3]
        hint = did_you_mean(word[:40], names, "write 'male' or 'female', or leave it out")
        raise ContextError(f"sex {str(text)[:60]!r} is not understood; {hint}")
    return sex


#: Words between a finding and its place.
OF_PLACE = frozenset(
    {
        "of",
        "in",
        "from",
        "involving",
        "at",
        "overlying",
        "near",
        "adjacent",
        "within",
        "arising",
        "beneath",
        "with",
        "to",
    }
)


def read_site(text: str | None, lexicon: Lexicon) -> str | None:
    """The site category of an organ or region.

    Args:
        text (str | None): such as ``"ileum"``, ``"left upper arm"``, ``"urinary bladder"``, ``"mesentery of the small bowel"``.
        lexicon (Lexicon): the names and words.

    Returns:
        str | None: category id, such as ``"small_bowel"``; None when blank or unknown.

    Raises:
        ContextError: no organ or region that is known; the nearest one is suggested.
    """
    if text is None or text != text:
        return None
    clean = normalise(str(text)).strip()[:300]
    if clean.casefold().strip(". ") in _UNKNOWN:
        return None
    whole = plain(clean)
    sites, vague = lexicon.sites, lexicon.vague_sites
    if whole in sites:
        return sites[whole]
    for part in re.split(r"[,;/()]", clean):
        hits = _site_hits(plain(part).split(), lexicon)
        if hits:
            exact = [h for h in hits if h[1] not in vague]
            if exact or plain(clean) == plain(part):
                return _choose(hits, vague)
    hits = _site_hits(whole.split(), lexicon)
    if hits:
        return _choose(hits, vague)
    raise ContextError(f"site {clean[:60]!r} is not understood; {_site_hint(whole, lexicon)}")


def _site_hits(words: list[str], lexicon: Lexicon) -> list[tuple[int, str, str, bool]]:
    """Phrases of the lexicon in the words: position, phrase, category, whether it stands after "of"."""
    out = []
    i, after = 0, False
    words = words[:60]
    while i < len(words):
        if words[i] in OF_PLACE and i:
            after = True
        for j in range(min(len(words), i + 6), i, -1):
            phrase = " ".join(words[i:j])
            category = lexicon.sites.get(phrase)
            if category:
                out.append((i, phrase, category, after))
                i = j - 1
                break
        i += 1
    return out


def _choose(hits: list[tuple[int, str, str, bool]], vague: frozenset[str]) -> str:
    """The site that is meant: exact before vague, what stands before "of" first, else the last word of a compound."""
    exact = [h for h in hits if h[1] not in vague] or hits
    heads = [h for h in exact if not h[3]]
    if heads:
        return heads[-1][2]
    return exact[0][2]


def _site_hint(whole: str, lexicon: Lexicon) -> str:
    """What to write instead."""
    close = nearest(whole[:40], lexicon.sites, n=1)
    if not close:
        for word in whole.split()[:4]:
            close = close or (nearest(word, lexicon.sites, n=1) if len(word) > 3 else [])
    if close:
        return f"did you mean {close[0]!r}?"
    return "name an organ or region (stomach, mesentery, lung, bladder, thigh ...) or a category: " + ", ".join(
        sorted(set(lexicon.sites.values()))
    )
