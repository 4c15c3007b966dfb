"""Items, and how numbers and signs become items."""

from __future__ import annotations

from collections.abc import Sequence

from imtdx.notation.kinds import Item, Kind
from imtdx.notation.tokens import Token, is_number

__all__ = ["read_number", "read_sign"]

_ABBREVIATIONS = frozenset(
    {
        "approx",
        "ca",
        "resp",
        "incl",
        "vs",
        "cf",
        "no",
        "fig",
        "est",
        "pos",
        "neg",
        "max",
        "min",
        "immuno",
        "diff",
        "st",
        "p",
    }
)
#: Words between the bounds of a range; those of the second set only where a percent sign follows.
_RANGE_WORDS = frozenset({"to", "bis", "a", "and", "und", "y", "et", "e", "en", "al", "tot", "ate", "至", "到", "から"})
_ARTICLES = frozenset({"el", "le", "il", "al", "l", "o", "a"})
_BETWEEN = frozenset({"a", "and", "und", "y", "et", "e", "en", "al"})


# --- numbers -------------------------------------------------------------------------------------------------------------


def _amount(tokens: Sequence[Token], i: int) -> tuple[int, float] | None:
    """A number with an optional decimal part at ``i``: index after it and the number."""
    if i >= len(tokens) or not is_number(tokens[i]) or len(tokens[i].text) > 11:
        return None
    text, j = tokens[i].text, i + 1
    if (
        j + 1 < len(tokens)
        and tokens[j].text in ".,"
        and is_number(tokens[j + 1])
        and tokens[j].start == tokens[i].end
        and tokens[j + 1].start == tokens[j].end
        and len(tokens[j + 1].text) < (9 if tokens[j].text == "." else 3)
    ):
        text, j = f"{text}.{tokens[j + 1].text}", j + 2
    return j, float(text)


def _percent_sign(tokens: Sequence[Token], j: int) -> int:
    """Index after a percent sign or word at ``j``, or ``j``."""
    if j < len(tokens) and (tokens[j].text in "%٪‰" or tokens[j].fold in ("percent", "pct", "prozent")):
        return j + 1
    if j + 1 < len(tokens) and tokens[j].fold == "per" and tokens[j + 1].fold == "cent":
        return j + 2
    return j


def read_number(tokens: Sequence[Token], i: int, items: list[Item]) -> int:
    """Read a percentage, a grade (``2+``), a count per field, or a bare number."""
    first = _amount(tokens, i)
    if first is None:
        items.append(Item(Kind.UNKNOWN, "", tokens[i].start, tokens[i].end))
        return i + 1
    j, low = first
    high = low
    percent = _percent_sign(tokens, j) > j
    j = _percent_sign(tokens, j)
    grade = _grade(tokens, i, j, low) if not percent else None
    if grade:
        j, low, high = grade
        items.append(
            Item(
                Kind.VALUE,
                "positive" if high > 0 else "negative",
                tokens[i].start,
                tokens[j - 1].end,
                None,
                low,
                high,
                "grade",
                True,
            )
        )
        return j
    j += j + 1 < len(tokens) and tokens[j].text in "个個" and tokens[j + 1].text == "/"
    if (
        not percent
        and j < len(tokens)
        and tokens[j].text == "/"
        and j + 1 < len(tokens)
        and tokens[j + 1].kind == "word"
    ):
        return _rate(tokens, i, j, low, items)
    if j < len(tokens) and (tokens[j].text in "-~—" or tokens[j].fold in _RANGE_WORDS):
        article = j + 1 < len(tokens) and tokens[j + 1].fold in _ARTICLES and tokens[j].fold in _RANGE_WORDS
        second = _amount(tokens, j + 1 + article)
        if second and (tokens[j].fold not in _BETWEEN or _percent_sign(tokens, second[0]) > second[0]):
            k = _percent_sign(tokens, second[0])
            stuck = tokens[j].text != "-" or (tokens[j].start == tokens[j - 1].end) == (
                tokens[j + 1].start == tokens[j].end
            )
            if stuck and not (
                percent and k == second[0] and tokens[j].text == "-" and tokens[j].start > tokens[j - 1].end
            ):
                percent = percent or k > second[0]
                low, high = sorted((low, second[1]))
                j = k
                grade = _grade(tokens, i, j, low) if not percent and high <= 4 else None
                if grade:
                    j = grade[0]
                    items.append(
                        Item(Kind.VALUE, "positive", tokens[i].start, tokens[j - 1].end, None, low, high, "grade", True)
                    )
                    return j
    comp, start = "", tokens[i].start
    while items and items[-1].kind is Kind.COMPARE:
        before = items.pop()
        comp = before.what if before.what in "<>" else comp
        start = before.start
    items.append(Item(Kind.PERCENT if percent else Kind.NUMBER, "", start, tokens[j - 1].end, None, low, high, comp))
    return j


def _rate(tokens: Sequence[Token], i: int, j: int, low: float, items: list[Item]) -> int:
    """A count per something, such as ``5/10 HPF``: no result of a stain by itself."""
    comp = items.pop().what if items and items[-1].kind is Kind.COMPARE else ""
    items.append(Item(Kind.GLUE, "#rate", tokens[i].start, tokens[j + 1].end, None, low, low, comp))
    return j + 2


def _grade(tokens: Sequence[Token], i: int, j: int, low: float) -> tuple[int, float, float] | None:
    """``3+`` or ``1+ to 2+`` whose number ends before ``j``: index after it and the grades."""
    of = [t.text for t in tokens[j : j + 3]]
    if of in (["/", "3", "+"], ["/", "4", "+"]) and low <= 4:
        return (j + 3, low, low) if tokens[j + 2].start == tokens[j - 1].end + 2 else None  # "0/3+"
    if low > 4 or j >= len(tokens) or tokens[j].text != "+" or tokens[j].start != tokens[j - 1].end:
        return None
    j, high = j + 1, low
    if j + 2 < len(tokens) and (tokens[j].text in "-~/" or tokens[j].fold == "to"):
        second = _amount(tokens, j + 1)
        if second and second[1] <= 4 and second[0] < len(tokens) and tokens[second[0]].text == "+":
            return second[0] + 1, min(low, second[1]), max(low, second[1])
    return j, low, high


# --- signs ---------------------------------------------------------------------------------------------------------------

_PLAIN_SIGNS = {
    "(": Kind.OPEN,
    ")": Kind.CLOSE,
    ",": Kind.COMMA,
    ";": Kind.STOP,
    ":": Kind.COLON,
    "=": Kind.COLON,
    "/": Kind.AND,
    "&": Kind.AND,
    "!": Kind.STOP,
}


def read_sign(tokens: Sequence[Token], i: int, items: list[Item]) -> int:
    """Read the sign at ``i``; return the index after it."""
    token = tokens[i]
    text = token.text
    if text in "+-":
        return _plus_minus(tokens, i, items)
    if text == "\t":
        items.append(Item(Kind.CELL, "", token.start, token.end))
        return i + 1
    if text in "<>≤≥":
        j = i + 1
        if j < len(tokens) and tokens[j].text in "=<>":
            j += 1
        items.append(Item(Kind.COMPARE, "<" if text in "<≤" else ">", token.start, tokens[j - 1].end, sign=True))
        return j
    if text in ".…" and (
        text == "…" or (i + 1 < len(tokens) and tokens[i + 1].text == "." and tokens[i + 1].start == token.end)
    ):
        j = i + 1
        while j < len(tokens) and tokens[j].text in (".", "…") and tokens[j].start == tokens[j - 1].end:
            j += 1
        items.append(Item(Kind.GLUE, "#leader", token.start, tokens[j - 1].end))  # "ALK.....+"
        return j
    if text == ".":
        if not _inner_point(tokens, i):
            items.append(Item(Kind.STOP, ".", token.start, token.end))
        return i + 1
    if text in _PLAIN_SIGNS:
        items.append(Item(_PLAIN_SIGNS[text], text, token.start, token.end))
    elif text == "~":
        items.append(Item(Kind.COMPARE, "~", token.start, token.end))
    elif text in "±∓":
        items.append(Item(Kind.VALUE, "equivocal", token.start, token.end, sign=True))
    elif text == "—":
        j = i + 1
        while j < len(tokens) and tokens[j].text == "—":
            j += 1
        items.append(Item(Kind.LONG_DASH, "", token.start, tokens[j - 1].end))
        return j
    elif text == "?":
        items.append(Item(Kind.QUERY, "", token.start, token.end))
    elif text in "\"'":
        pass  # quotation marks say nothing
    elif text in "%×^":
        items.append(Item(Kind.GLUE, text, token.start, token.end))
    elif text in "☑☒":
        items.append(Item(Kind.VALUE, "#ticked", token.start, token.end, sign=True))
    elif text in "☐□":
        items.append(Item(Kind.UNKNOWN, "#empty", token.start, token.end))
    elif text in "√✓✔":
        items.append(Item(Kind.VALUE, "positive", token.start, token.end, sign=True))
    elif text in "∅✗✘":
        items.append(Item(Kind.VALUE, "negative", token.start, token.end, sign=True))
    else:
        items.append(Item(Kind.UNKNOWN, "symbol", token.start, token.end))
    return i + 1


def _inner_point(tokens: Sequence[Token], i: int) -> bool:
    """Whether the full stop at ``i`` stands in a number, a name or after an abbreviation."""
    if i == 0:
        return True
    before = tokens[i - 1]
    if before.end != tokens[i].start or before.kind != "word":
        return False
    if before.fold in _ABBREVIATIONS and before.fold not in ("no", "p", "st"):
        return True
    glued = i + 1 < len(tokens) and tokens[i + 1].start == tokens[i].end and tokens[i + 1].kind == "word"
    return glued and (len(before.text) <= 2 or is_number(before))


def _run(tokens: Sequence[Token], i: int, sign: str) -> int:
    """Index after the signs that touch each other from ``i``."""
    j = i
    while j < len(tokens) and tokens[j].text == sign and (j == i or tokens[j].start == tokens[j - 1].end):
        j += 1
    return j


def _listed(tokens: Sequence[Token], i: int, j: int) -> bool:
    """Whether the sign from ``i`` to ``j`` is one of three or more with slashes between them: "+/+/-"."""
    if i > 1 and tokens[i - 1].text == "/" and tokens[i - 2].text in ("+", "-", "±"):
        return True
    if j + 1 >= len(tokens) or tokens[j].text != "/" or tokens[j + 1].text not in ("+", "-"):
        return False
    k = _run(tokens, j + 1, tokens[j + 1].text)
    return k + 1 < len(tokens) and tokens[k].text == "/" and tokens[k + 1].text in ("+", "-", "±")


def _plus_minus(tokens: Sequence[Token], i: int, items: list[Item]) -> int:
    """``+``, ``++``, ``+~++``, ``+3``, ``+ve``, ``+/-``, ``-/+``, ``-``, ``--``, ``-ve``."""
    text = tokens[i].text
    start = tokens[i].start
    other = "-" if text == "+" else "+"
    j = _run(tokens, i, text)
    # +/- and its like
    if (
        not _listed(tokens, i, j)
        and j < len(tokens)
        and tokens[j].text in "/~"
        and j + 1 < len(tokens)
        and tokens[j + 1].text == other
    ):
        k = _run(tokens, j + 1, other)
        free = k >= len(tokens) or tokens[k].kind != "word" or tokens[k].start > tokens[k - 1].end or other == "+"
        if free and tokens[j].start == tokens[j - 1].end:
            items.append(Item(Kind.VALUE, "equivocal", start, tokens[k - 1].end, sign=True))
            return k
    if (
        text == "+"
        and j == i + 1
        and j < len(tokens)
        and tokens[j].text == "-"
        and tokens[j].start == tokens[j - 1].end
    ):
        k = _run(tokens, j, "-")
        if k == j + 1 and (k >= len(tokens) or tokens[k].start > tokens[k - 1].end or tokens[k].text in ",;.)/"):
            items.append(Item(Kind.VALUE, "equivocal", start, tokens[j].end, sign=True))
            return k
    if text == "-":
        if j < len(tokens) and tokens[j].fold in ("ve", "ive"):
            items.append(Item(Kind.VALUE, "negative", start, tokens[j].end, sign=True))
            return j + 1
        items.append(Item(Kind.DASH, "-" * (j - i), start, tokens[j - 1].end))
        return j
    count = best = j - i
    if j < len(tokens) and tokens[j].fold in ("ve", "ive"):
        items.append(Item(Kind.VALUE, "positive", start, tokens[j].end, None, 1, 1, "plus", True))
        return j + 1
    if (
        not _listed(tokens, i, j)
        and j + 1 < len(tokens)
        and (tokens[j].text in "~-/" or tokens[j].fold == "to")
        and tokens[j + 1].text == "+"
    ):
        k = _run(tokens, j + 1, "+")
        best, j = max(count, k - j - 1), k
    elif (
        count == 1
        and j < len(tokens)
        and tokens[j].text in ("1", "2", "3", "4")
        and tokens[j].start == tokens[j - 1].end
        and (j + 1 >= len(tokens) or (tokens[j + 1].text not in "%./-" and tokens[j + 1].start >= tokens[j].end))
    ):
        grade = float(tokens[j].text)
        items.append(Item(Kind.VALUE, "positive", start, tokens[j].end, None, grade, grade, "grade", True))
        return j + 1
    items.append(Item(Kind.VALUE, "positive", start, tokens[j - 1].end, None, count, best, "plus", True))
    return j
