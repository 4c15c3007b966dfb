"""Numbers of a workbook as its cells show them, by their number format (ECMA-376 part 1, 18.8.31).

Only a percent sign outside of quotation marks multiplies; ``0"%"`` and ``0\\%`` show 0.5 as 0.5%. Digits are not rounded to what is shown.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["shown_number"]

_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<digits>[0#?][0#?,. ]*|\.[0#?]+)'
    r"|(?P<percent>%)|(?P<general>General)|(?P<at>@)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|=|<|>)(-?\d+(?:\.\d+)?)")
_TESTS = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}
#: A section: condition, whether it is one of a scientific number, fraction or date, and its pieces.
_Section = tuple[tuple[str, float] | None, bool, tuple[tuple[str, str], ...]]


def shown_number(value: int | float, number_format: str) -> str | int | float:
    """A number as its cell shows it: text where the format adds words or signs, else the number.

    Args:
        value: as stored.
        number_format (str): such as ``"0%"``, ``'0"+"'``, ``'[=1]"pos";[=0]"neg"'``.
    """
    if not number_format or number_format == "General":
        return value
    sections = _sections(number_format)
    section, negative = _choose(value, sections)
    _, odd, pieces = section
    if odd or not pieces:
        return "" if not odd and len(sections) > 1 else value
    percents = sum(kind == "percent" for kind, _ in pieces)
    words = "".join(text for kind, text in pieces if kind == "word").strip()
    if not percents and not words:
        return value
    number = abs(value) if negative else value
    number = round(number * 100**percents, 9)
    out = []
    numbered = False
    for kind, text in pieces:
        if kind == "number":
            out.append("" if numbered or (text and not number) else f"{number:.10g}")
            numbered = True
        else:
            out.append(text)
    return "".join(out).strip()


def _choose(value: int | float, sections: tuple[_Section, ...]) -> tuple[_Section, bool]:
    """The section for a value, and whether it shows a negative number without its sign."""
    if any(condition for condition, _, _ in sections):
        for section in sections[:2]:
            if section[0] is None or _TESTS[section[0][0]](value, section[0][1]):
                return section, False
        return sections[min(2, len(sections) - 1)], False
    if value < 0 and len(sections) > 1:
        return sections[1], True
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


@lru_cache(maxsize=512)
def _sections(number_format: str) -> tuple[_Section, ...]:
    out: list[_Section] = []
    condition: tuple[str, float] | None = None
    pieces: list[tuple[str, str]] = []
    odd = False

    def close() -> None:
        nonlocal condition, odd
        out.append((condition, odd, tuple(pieces)))
        condition, odd = None, False
        pieces.clear()

    for match in _PIECE.finditer(number_format):
        kind = match.lastgroup
        text = match[kind] if kind else ""
        if kind == "other" and text == ";":
            close()
        elif kind in ("quoted", "escaped"):
            pieces.append(("word", text))
        elif kind == "bracket":
            test = _CONDITION.fullmatch(text)
            if test:
                condition = test[1], float(test[2])
            elif text.startswith("$"):
                pieces.append(("word", text[1:].split("-")[0]))
        elif kind in ("digits", "general"):
            # "?" and "#" show nothing of a zero
            pieces.append(("number", "" if kind == "general" or "0" in text else "#"))
        elif kind == "percent":
            pieces.append(("percent", "%"))
        elif kind == "other":
            # letters are of dates and of scientific numbers, a slash is of fractions
            if text.isalpha() or text == "/":
                odd = True
            pieces.append(("word", text))
    close()
    return tuple(out)
