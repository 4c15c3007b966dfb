"""What the Python that writes the page knows of characters, where a browser has no exact counterpart."""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache

__all__ = ["unicode_tables"]


@lru_cache(maxsize=1)
def unicode_tables() -> str:
    """Definitions of ``$FOLDS``, ``$DIGITS``, ``$NUMERIC`` and ``$COMBINING`` for the runtime."""
    # beyond the third plane no character has a case, a value or a combining class
    characters = [chr(k) for k in range(0x30000) if not 0xD800 <= k < 0xE000]
    folds = [[c, f] for c in characters if (f := c.casefold()) != c.lower()]
    combining: list[int] = []
    for c in characters:
        value = unicodedata.combining(c)
        if value and combining and combining[-2] == ord(c) - 1 and combining[-1] == value:
            combining[-2] = ord(c)
        elif value:
            combining += [ord(c), ord(c), value]
    parts = {
        "$FOLDS": f"new Map({json.dumps(folds)})",
        "$DIGITS": json.dumps(_ranges([ord(c) for c in characters if c.isdigit()])),
        # what counts as numeric beyond the categories of numbers: ideographs
        "$NUMERIC": json.dumps(
            _ranges([ord(c) for c in characters if c.isnumeric() and unicodedata.category(c)[0] != "N"])
        ),
        "$COMBINING": json.dumps(combining),
    }
    return "const " + ",\n  ".join(f"{name} = {value.replace(', ', ',')}" for name, value in parts.items()) + ";\n"


def _ranges(codes: list[int]) -> list[int]:
    """First and last of every run."""
    out: list[int] = []
    for code in codes:
        if out and out[-1] == code - 1:
            out[-1] = code
        else:
            out += [code, code]
    return out
