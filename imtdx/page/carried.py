"""The part of the page's script that is the package itself: its source and a model's words, in JavaScript."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imtdx.page.translate import Program, runtime

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["carried_script"]

#: What the page does not hold, though the package does.
_OUTSIDE = ("imtdx.report", "imtdx.tables", "imtdx.batch", "imtdx.cluster", "imtdx.validation", "imtdx.cli")


def carried_script(model: Model) -> str:
    """The runtime, the translated source and ``$page``: the functions of `imtdx.page.entries` on plain JavaScript values.

    Args:
        model: its lexicon goes with them.

    Raises:
        TranslationError: the source uses a construct that has no translation; with file and line.
    """
    lexicon = model.lexicon
    lexicon.build()
    patterns = {k: v for k, v in vars(lexicon).items() if _has_pattern(v)}

    def write(program: Program) -> str:
        read = program.need("imtdx.page.entries", "read")
        made = program.need("imtdx.notation.lexicon", "Lexicon")
        # tables are made anew where the page is opened; patterns can only be made here
        given = {"markers": lexicon.markers, "words": lexicon.words} | patterns
        inside = ", ".join(f"${k}: {program.value(v)}" for k, v in given.items())
        return f"const $lexicon = $instance({made}, {{{inside}}});\nconst $page = {{ read: (text) => $toJs({read}(text, $lexicon)) }};"

    return f"{runtime()}\n{Program.settle(write, ('imtdx',), _OUTSIDE)}"


def _has_pattern(value: Any) -> bool:
    """Whether a value is or holds a pattern."""
    if isinstance(value, re.Pattern):
        return True
    if isinstance(value, Mapping):
        return any(map(_has_pattern, value.values()))
    return isinstance(value, (list, tuple, set, frozenset)) and any(map(_has_pattern, value))
