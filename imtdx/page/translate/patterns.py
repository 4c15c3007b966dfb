"""Regular expressions of Python in the syntax of JavaScript, with Python's meaning.

The pattern is parsed by Python's own parser and written anew. What the two understand differently is spelled out: classes of
Unicode, word boundaries, ends of text, caseless letters. Only constructs without an exact counterpart are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from imtdx.page.translate.errors import TranslationError

__all__ = ["translate_pattern"]

_WORD = {False: r"\p{L}\p{N}_", True: "A-Za-z0-9_"}
_DIGIT = {False: r"\p{Nd}", True: "0-9"}
_NO_DIGIT = {False: r"\P{Nd}", True: r"\0-\/:-\u{10ffff}"}
_SPACE = {
    False: r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    True: r"\t-\r\x20",
}
_NO_SPACE = {
    False: r"\0-\x08\x0e-\x1b\x21-\x84\x86-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\u{10ffff}",
    True: r"\0-\x08\x0e-\x1f\x21-\u{10ffff}",
}
_END = "(?![^])"


def translate_pattern(pattern: str, flags: int = 0) -> dict[str, Any]:
    """One pattern for the runtime.

    Args:
        pattern (str): as given to `re.compile`.
        flags (int): its flags.

    Returns:
        dict: ``source`` (JavaScript, for the flag ``u``), ``advance`` (the same without the empty match, or None where there is
        none), ``groups`` (index of each group in the JavaScript pattern), ``names`` (name -> group), ``pattern``, ``flags``.

    Raises:
        TranslationError: a construct without an exact counterpart.
    """
    parsed = _parser.parse(pattern, flags)
    state = parsed.state
    if state.flags & re.LOCALE:
        raise TranslationError(f"pattern {pattern!r}: the flag LOCALE is not translated")
    writer = _Writer(pattern, 0)
    source = writer.sequence(parsed, state.flags)
    advance = None
    if parsed.getwidth()[0] == 0:
        # the rest of the text after a match that is not empty differs from the rest before it
        again = _Writer(pattern, 1)
        advance = f"(?=([^]*))(?:{again.sequence(parsed, state.flags)})(?!\\1{_END})"
    return {
        "source": source,
        "advance": advance,
        "groups": [0, *(writer.groups[k] for k in sorted(writer.groups))],
        "names": dict(state.groupdict),
        "pattern": pattern,
        "flags": int(state.flags),
    }


class _Writer:
    """Writes one parsed pattern.

    Args:
        pattern (str): for messages.
        used (int): groups that stand before it.
    """

    def __init__(self, pattern: str, used: int) -> None:
        self.pattern = pattern
        self.used = used
        self.groups: dict[int, int] = {}

    def fail(self, what: str) -> TranslationError:
        return TranslationError(f"pattern {self.pattern!r}: {what}")

    def sequence(self, parts: Iterable[Any], flags: int) -> str:
        """Terms one after the other; boundaries are simplified where a neighbour is known."""
        items = list(parts)
        out = []
        for k, (op, value) in enumerate(items):
            if op is c.AT and value in (c.AT_BOUNDARY, c.AT_NON_BOUNDARY):
                before = _edge(items[k - 1 : k][::-1], flags, last=True) if k else None
                after = _edge(items[k + 1 : k + 2], flags, last=False)
                out.append(_boundary(value is c.AT_BOUNDARY, before, after, flags))
            else:
                out.append(self.term(op, value, flags))
        return "".join(out)

    def term(self, op: Any, value: Any, flags: int) -> str:
        """One term; whatever it is, it may be followed by another."""
        if op is c.LITERAL:
            return _class([(c.LITERAL, value)], flags)
        if op is c.NOT_LITERAL:
            return _class([(c.NEGATE, None), (c.LITERAL, value)], flags)
        if op is c.ANY:
            return "[^]" if flags & re.DOTALL else r"[^\n]"
        if op is c.IN:
            return _class(value, flags)
        if op is c.BRANCH:
            return "(?:" + "|".join(self.sequence(p, flags) for p in value[1]) + ")"
        if op is c.SUBPATTERN:
            group, add, remove, inner = value
            flags = (flags | add) & ~remove
            if group is None:
                return f"(?:{self.sequence(inner, flags)})"
            self.used += 1
            self.groups[group] = self.used
            return f"({self.sequence(inner, flags)})"
        if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            return self.repeat(op, value, flags)
        if op is c.ATOMIC_GROUP:
            return self.atomic(lambda: self.sequence(value, flags))
        if op in (c.ASSERT, c.ASSERT_NOT):
            direction, inner = value
            sign = "=" if op is c.ASSERT else "!"
            return f"(?{'<' if direction < 0 else ''}{sign}{self.sequence(inner, flags)})"
        if op is c.AT:
            return _place(value, flags)
        if op is c.FAILURE:
            return "(?!)"
        if op in (c.GROUPREF, c.GROUPREF_EXISTS, getattr(c, "GROUPREF_IGNORE", None)):
            raise self.fail("references to groups are not translated; compare the groups after the match")
        raise self.fail(f"{op} is not translated")

    def repeat(self, op: Any, value: Any, flags: int) -> str:
        """A repeated term."""
        low, high, inner = value
        if high is c.MAXREPEAT or high > 1:
            lost = _groups(inner) - _sure_groups(inner)
            if lost:
                raise self.fail(
                    f"group {min(lost)} stands inside a repeat and may be skipped in a later round, which JavaScript forgets; "
                    "make it non-capturing or put the repeat inside the group"
                )
        counts = {(0, c.MAXREPEAT): "*", (1, c.MAXREPEAT): "+", (0, 1): "?"}.get((low, high))
        if counts is None:
            counts = f"{{{low}}}" if low == high else f"{{{low},{'' if high is c.MAXREPEAT else high}}}"
        if op is c.POSSESSIVE_REPEAT:
            return self.atomic(lambda: f"(?:{self.sequence(inner, flags)}){counts}")
        return f"{self.one(inner, flags)}{counts}{'?' if op is c.MIN_REPEAT else ''}"

    def one(self, inner: Any, flags: int) -> str:
        """A sequence as one thing that a count can follow."""
        text = self.sequence(inner, flags)
        if len(inner) == 1:
            op, _ = inner[0]
            if op in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.BRANCH, c.SUBPATTERN) or (op is c.IN and text[0] in "[\\"):
                return text
        return f"(?:{text})"

    def atomic(self, write: Any) -> str:
        """A group that is never entered again: a look-ahead and what it caught."""
        self.used += 1
        index = self.used
        return f"(?=({write()}))\\{index}(?:)"


# --- places ----------------------------------------------------------------------------------------------------------------


def _boundary(wanted: bool, before: bool | None, after: bool | None, flags: int) -> str:
    """A word boundary, or its absence; ``before`` and ``after`` tell whether the neighbours are word characters, where known."""
    word = f"[{_WORD[bool(flags & re.ASCII)]}]"
    if before is not None:
        return f"(?{'!' if before == wanted else '='}{word})"
    if after is not None:
        return f"(?<{'!' if after == wanted else '='}{word})"
    if wanted:
        return f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"
    return f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"


def _edge(items: list[Any], flags: int, last: bool) -> bool | None:
    """Whether the first (or last) character that the items match is a word character; None where that is open."""
    if not items:
        return None
    op, value = items[0]
    if op is c.LITERAL:
        return _is_word(value, flags)
    if op is c.IN:
        kinds = {_kind(o, v, flags) for o, v in value}
        return kinds.pop() if len(kinds) == 1 else None
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        return _edge(_end(value[2], last), flags, last) if value[0] else None
    if op is c.SUBPATTERN:
        return _edge(_end(value[3], last), (flags | value[1]) & ~value[2], last)
    if op is c.BRANCH:
        found = {_edge(_end(p, last), flags, last) for p in value[1]}
        return found.pop() if len(found) == 1 else None
    return None


def _end(parts: Any, last: bool) -> list[Any]:
    """The item at one end of a sequence, as a list; empty for an empty one."""
    items = list(parts)
    return items[-1:] if last else items[:1]


def _is_word(code: int, flags: int) -> bool:
    char = chr(code)
    return char == "_" or (char.isalnum() and (char.isascii() or not flags & re.ASCII))


def _kind(op: Any, value: Any, flags: int) -> bool | None:
    """Whether the members of one item of a class are word characters; None for both."""
    if op is c.LITERAL:
        return _is_word(value, flags)
    if op is c.RANGE and value[1] - value[0] < 500:
        found = {_is_word(k, flags) for k in range(value[0], value[1] + 1)}
        return found.pop() if len(found) == 1 else None
    if op is c.CATEGORY:
        return {c.CATEGORY_WORD: True, c.CATEGORY_DIGIT: True, c.CATEGORY_NOT_WORD: False, c.CATEGORY_SPACE: False}.get(
            value
        )
    return None


def _place(value: Any, flags: int) -> str:
    """A beginning or an end."""
    many = flags & re.MULTILINE
    if value is c.AT_BEGINNING:
        return r"(?<![^\n])" if many else "(?<![^])"
    if value is c.AT_BEGINNING_STRING:
        return "(?<![^])"
    if value is c.AT_END:
        return r"(?![^\n])" if many else rf"(?=\n?{_END})"
    return _END


# --- groups ----------------------------------------------------------------------------------------------------------------


def _groups(parts: Any) -> set[int]:
    """Every group in a sequence."""
    return _walk(parts, sure=False)


def _sure_groups(parts: Any) -> set[int]:
    """The groups that every match of a sequence sets."""
    return _walk(parts, sure=True)


def _walk(parts: Any, sure: bool) -> set[int]:
    out: set[int] = set()
    for op, value in parts:
        if op is c.SUBPATTERN:
            if value[0] is not None:
                out.add(value[0])
            out |= _walk(value[3], sure)
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            if value[0] or not sure:
                out |= _walk(value[2], sure)
        elif op is c.ATOMIC_GROUP:
            out |= _walk(value, sure)
        elif op is c.ASSERT or (op is c.ASSERT_NOT and not sure):
            out |= _walk(value[1], sure)
        elif op is c.BRANCH:
            sides = [_walk(p, sure) for p in value[1]]
            out |= set.intersection(*sides) if sure else set.union(*sides)
    return out


# --- classes ---------------------------------------------------------------------------------------------------------------


def _class(items: list[Any], flags: int) -> str:
    """A class of characters. The complement of ``\\w`` cannot stand among others in JavaScript and becomes an alternative."""
    ascii_ = bool(flags & re.ASCII)
    negate = False
    inside, no_word = "", False
    for op, value in items:
        if op is c.NEGATE:
            negate = True
        elif op is c.LITERAL:
            variants = sorted(_variants(value)) if flags & re.IGNORECASE else [value]
            if len(items) == len(variants) == 1:
                return _char(value)
            inside += "".join(_char(v) for v in variants)
        elif op is c.RANGE:
            inside += f"{_char(value[0])}-{_char(value[1])}"
            if flags & re.IGNORECASE:
                inside += "".join(_char(v) for v in sorted(_variants_of_range(*value)))
        elif value is c.CATEGORY_NOT_WORD:
            no_word = True
        else:
            inside += {
                c.CATEGORY_WORD: _WORD,
                c.CATEGORY_DIGIT: _DIGIT,
                c.CATEGORY_NOT_DIGIT: _NO_DIGIT,
                c.CATEGORY_SPACE: _SPACE,
                c.CATEGORY_NOT_SPACE: _NO_SPACE,
            }[value][ascii_]
    word = _WORD[ascii_]
    if no_word:
        if negate:
            return f"(?:(?![{inside}])[{word}])" if inside else f"[{word}]"
        return f"(?:[{inside}]|[^{word}])" if inside else f"[^{word}]"
    return f"[{'^' if negate else ''}{inside}]"


def _char(code: int) -> str:
    """One character, in or outside a class."""
    char = chr(code)
    if char in r"^$\.*+?()[]{}|/-":
        return "\\" + char if char != "-" else r"\x2d"
    if 0x20 < code < 0x7F or (code > 0xA0 and char.isalnum() and code < 0xD800):
        return char
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}"


@lru_cache(maxsize=1)
def _lower_case() -> tuple[dict[int, int], dict[int, tuple[int, ...]]]:
    """Lower case of every cased character, and letters that Python's patterns take for the same."""
    import _sre  # type: ignore[import-not-found]  # the tables that the pattern compiler itself asks
    from re import _casefix  # type: ignore[attr-defined]

    lower = {k: _sre.unicode_tolower(k) for k in range(0x110000) if _sre.unicode_iscased(k)}
    return lower, dict(_casefix._EXTRA_CASES)


@lru_cache(maxsize=1)
def _upper_case() -> dict[int, list[int]]:
    """Lower case -> every character that has it."""
    out: dict[int, list[int]] = {}
    for code, low in _lower_case()[0].items():
        out.setdefault(low, []).append(code)
    return out


def _variants(code: int) -> set[int]:
    """Every character that a caseless literal matches."""
    lower, same = _lower_case()
    low = lower.get(code, code)
    out = {code}
    for k in (low, *same.get(low, ())):
        out.update(_upper_case().get(k, ()), [k] if k == low else [])
    return out


def _variants_of_range(first: int, last: int) -> set[int]:
    """What a caseless range matches beyond itself: characters whose lower case lies in it."""
    if last - first > 0x3000:
        return set()
    out: set[int] = set()
    for code in range(first, last + 1):
        out |= _variants(code)
    return {k for k in out if not first <= k <= last}
