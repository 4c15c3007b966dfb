"""Items to entries: which result belongs to which name.

A text is read from left to right. Names wait in ``open`` until a result closes them ("SMA, desmin and CD34 negative"); a result
that stands before its names opens a ``scope`` ("positive for SMA, desmin; negative for CD34"). A word that is not known, another
topic or the name of a disease between a name and a result parts them: the name then has no result. Nothing is looked at twice
except short look-aheads, so time is linear.
"""

from __future__ import annotations

from collections.abc import Sequence

from imtdx.notation.kinds import Item
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.links import end_clause
from imtdx.notation.rules import RULES
from imtdx.notation.state import State, brackets

__all__ = ["bind"]


def bind(items: Sequence[Item], lexicon: Lexicon) -> State:
    """Read items into entries.

    Args:
        items: from `items.itemise`.
        lexicon (Lexicon): the names and words.

    Returns:
        State: with the entries in order, and the words that were not used.
    """
    s = State(items, lexicon, brackets(items))
    i = 0
    while i < len(items):
        rule = RULES.get(items[i].kind)
        i = rule(s, i) if rule is not None else i + 1
    end_clause(s)
    return s
