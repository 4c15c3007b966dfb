"""Near misses of names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from imtdx.errors import nearest
from imtdx.notation.names import Name
from imtdx.notation.tokens import name_key

__all__ = ["Spelling"]

#: A word is taken for a misspelt name from this length on; shorter names are too near to ordinary words.
_SHORTEST, _LONGEST = 6, 16


class Spelling:
    """Finds the names that a word may have been meant for.

    Args:
        names: name key -> name.
    """

    def __init__(self, names: Mapping[str, Name]) -> None:
        self.names = names

    def suggest(self, name: str) -> str:
        """The known name nearest to ``name``, or empty."""
        key = name_key(name)[:30]
        if len(key) < 3:
            return ""
        grams = {key[i : i + 2] for i in range(len(key) - 1)}
        near = [
            k
            for k in self._by_length(len(key))
            if k[0] == key[0] or sum(k[i : i + 2] in grams for i in range(len(k) - 1)) * 2 >= len(key) - 1
        ]
        best = nearest(key, near, n=1)
        return self.names[best[0]].label if best else ""

    def misspelt(self, word: str) -> bool:
        """Whether a folded word is one letter away from the name of a marker: one missing, too many, wrong, or two swapped."""
        if not _SHORTEST - 1 <= len(word) <= _LONGEST or not word.isalpha():
            return False
        if word in self._shortened:
            return True
        return any(w in self._plain or w in self._shortened for w in _shorter(word))

    @cached_property
    def _plain(self) -> frozenset[str]:
        """Keys of marker names that are one word of letters."""
        return frozenset(
            k for k, n in self.names.items() if n.marker and k.isalpha() and k.isascii() and len(k) >= _SHORTEST
        )

    @cached_property
    def _shortened(self) -> frozenset[str]:
        """These keys with one letter left out."""
        return frozenset(w for k in self._plain for w in _shorter(k))

    def _by_length(self, length: int) -> list[str]:
        """Keys of marker names of about the same length."""
        return [k for n in range(max(2, length - 2), length + 3) for k in self._lengths.get(n, ())]

    @cached_property
    def _lengths(self) -> dict[int, list[str]]:
        out: dict[int, list[str]] = {}
        for key, name in self.names.items():
            if name.marker:
                out.setdefault(len(key), []).append(key)
        return out


def _shorter(word: str) -> list[str]:
    """The word with each of its letters left out in turn."""
    return [word[:i] + word[i + 1 :] for i in range(len(word))]
