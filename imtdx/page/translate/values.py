"""Values of Python as expressions of JavaScript."""

from __future__ import annotations

import collections
import dataclasses
import enum
import json
import math
import re
import types
from collections.abc import Callable
from typing import Any

from imtdx.page.translate.patterns import translate_pattern

__all__ = ["Unwritable", "string", "write_value"]


class Unwritable(Exception):
    """A value that has no expression."""


def string(text: str) -> str:
    """A string literal that may stand in a script element of a page."""
    out = json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    out = re.sub("[\x7f-\x9f\ufeff\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04x}", out)
    return out.replace("</", "<\\/").replace("<!--", "<\\!--")


def write_value(value: Any, name_of: Callable[[Any], str | None]) -> str:
    """An expression for a value: plain data, patterns, members of enumerations, records and instances.

    Args:
        value: what to write.
        name_of: gives the JavaScript name of a function or class that is translated, or None.

    Raises:
        Unwritable: there is none.
    """

    def write(x: Any) -> str:
        return write_value(x, name_of)

    if value is None:
        return "null"
    if value is Ellipsis:
        return "$Ellipsis"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, enum.IntFlag):
        return str(int(value))
    if isinstance(value, enum.Enum):
        name = name_of(type(value))
        if name is None:
            raise Unwritable(f"{value!r}")
        return f"{name}.${value.name}"
    if isinstance(value, int):
        if abs(value) > 2**53:
            raise Unwritable("an integer beyond 2**53")
        return str(value) if value >= 0 else f"({value})"
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "(-Infinity)"
        text = repr(value).removesuffix(".0")
        return text if value >= 0 else f"({text})"
    if isinstance(value, str):
        return string(value)
    if isinstance(value, re.Pattern):
        return f"new $Pattern({json.dumps(translate_pattern(value.pattern, value.flags & ~re.UNICODE), ensure_ascii=False)})".replace(
            "</", "<\\/"
        )
    if isinstance(value, tuple):
        if type(value) is not tuple:
            name = name_of(type(value))
            if name is None:
                raise Unwritable(f"{type(value)}")
            return f"new {name}({', '.join(map(write, value))})"
        return f"$tuple([{', '.join(map(write, value))}])"
    if type(value) is list:
        return f"[{', '.join(map(write, value))}]"
    if isinstance(value, (set, frozenset)):
        # in an order of its own, so that the same value is always written the same
        return (
            f"new $Set([{', '.join(sorted(map(write, value)))}], {'true' if isinstance(value, frozenset) else 'false'})"
        )
    if isinstance(value, (dict, types.MappingProxyType)) and not isinstance(
        value, (collections.Counter, collections.defaultdict)
    ):
        return f"new $Dict([{', '.join(f'[{write(k)}, {write(v)}]' for k, v in value.items())}])"
    if isinstance(value, range):
        return f"new $Range({value.start}, {value.stop}, {value.step})"
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        name = name_of(value)
        if name is None:
            raise Unwritable(f"{value!r}")
        return name
    if type(value) is object:
        return "new $Object()"
    name = name_of(type(value))
    if name is None:
        raise Unwritable(f"{type(value)}")
    if dataclasses.is_dataclass(value):
        attributes = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    else:
        attributes = vars(value)
    inside = ", ".join(f"${k}: {write(v)}" for k, v in attributes.items())
    return f"$instance({name}, {{{inside}}})"
