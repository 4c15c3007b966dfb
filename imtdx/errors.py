"""What can go wrong, as a tree.

    ImtdxError
    ├── UsageError                 the call itself is wrong (exit code 2)
    │   └── UnknownNameError       a marker, diagnosis, prior, site ... that is not known; nearest names are given
    ├── InputError                 the case data cannot be read (exit code 3)
    │   ├── PanelError             a stain panel or one of its findings; points at the token
    │   ├── ContextError           age, sex or site
    │   └── TableError             a case table: file, header, row
    ├── OutputError                a file cannot be written (exit code 3)
    └── KnowledgeError             the YAML knowledge; says file:line and the mend (exit code 4)
        └── NetworkError           the network that the knowledge describes: circles, CPTs that do not sum to one

    TableWarning (a UserWarning)   columns that were read, and may not mean what they seem to

Every message says what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "ContextError",
    "ImtdxError",
    "InputError",
    "KnowledgeError",
    "NetworkError",
    "OutputError",
    "PanelError",
    "TableError",
    "TableWarning",
    "UnknownNameError",
    "UsageError",
    "did_you_mean",
    "nearest",
]


class ImtdxError(Exception):
    """Root of all errors this package raises on purpose."""

    exit_code = 1


class UsageError(ImtdxError):
    """The call is wrong: an option, an argument, a combination of them."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that the knowledge does not contain.

    Args:
        kind (str): what was looked for, such as "diagnosis" or "marker".
        name (str): the name as given.
        known (Iterable[str]): the names that would have been understood.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = list(known)
        close = nearest(name, known)
        if close:
            hint = "did you mean " + " or ".join(repr(c) for c in close) + "?"
        else:
            hint = f"known: {', '.join(sorted(known)[:40])}"
        super().__init__(f"unknown {kind} {name!r}: {hint}")
        self.name = name
        self.suggestions = close


class InputError(ImtdxError):
    """Case data that cannot be read."""

    exit_code = 3


class PanelError(InputError):
    """A panel that cannot be read: unknown word, impossible value.

    Args:
        message (str): what is wrong.
        text (str): the panel as given.
        span (tuple[int, int] | None): start and end of the offending token in ``text``.
        suggestion (str): what to do.
    """

    def __init__(self, message: str, text: str = "", span: tuple[int, int] | None = None, suggestion: str = "") -> None:
        self.message = message
        self.text = text
        self.span = span
        self.suggestion = suggestion
        super().__init__(message)

    def __str__(self) -> str:
        """The message, the line of the panel with carets under the token, and the remedy."""
        lines = [self.message]
        if self.text and self.span is not None:
            start, end = self.span
            line_start = self.text.rfind("\n", 0, start) + 1
            line_end = self.text.find("\n", start)
            line = self.text[line_start : line_end if line_end >= 0 else len(self.text)]
            column = start - line_start
            # keep the caret on an 80-column screen
            left = max(0, column - 50)
            shown = ("..." if left else "") + line[left : left + 74]
            pad = column - left + (3 if left else 0)
            width = max(1, min(end, line_start + len(line)) - start)
            lines += ["  " + shown, "  " + " " * pad + "^" * min(width, max(1, len(shown) - pad))]
        if self.suggestion:
            lines.append(self.suggestion)
        return "\n".join(lines)


class ContextError(InputError):
    """Age, sex or site that cannot be read or cannot be."""


class TableError(InputError):
    """A case table that cannot be read: missing file, wrong format, no usable column."""


class TableWarning(UserWarning):
    """Columns of a case table that were read, and may not mean what they seem to: fractions, codes."""


class OutputError(ImtdxError):
    """A file cannot be written: no folder, no permission, no space. What stood there before is untouched.

    Args:
        message (str): which file, why, and what to do.
        errno (int | None): the system's number of the error.
    """

    exit_code = 3

    def __init__(self, message: str, errno: int | None = None) -> None:
        super().__init__(message)
        self.errno = errno


class KnowledgeError(ImtdxError):
    """The YAML knowledge is broken or inconsistent.

    Args:
        message (str): what is wrong and what to do.
        where (str): "file:line" of the record.
    """

    exit_code = 4

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class NetworkError(KnowledgeError):
    """The network described by the knowledge is not a Bayesian network (circle, missing parent, bad CPT)."""


def nearest(name: str, known: Iterable[str], n: int = 2) -> list[str]:
    """Names in ``known`` that look like ``name``, best first, compared without case.

    Args:
        name (str): the name as given.
        known (Iterable[str]): candidates.
        n (int): how many at most.
    """
    folded = {k.casefold(): k for k in known}
    return [folded[k] for k in get_close_matches(name.casefold(), list(folded), n=n, cutoff=0.6)]


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """The mend of an unknown name, for the end of a message: the known name that looks most like it, or ``otherwise``.

    Args:
        name (str): the name as given.
        known (Iterable[str]): candidates.
        otherwise (str): what to do where none is near.
    """
    close = nearest(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise
