"""Live objects, with all they hold, as statements that make them anew: what is shared stays shared."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.page.translate.values import Unwritable, write_value

if TYPE_CHECKING:
    from imtdx.page.translate.program import Program

__all__ = ["Graph"]


class Graph:
    """Writes objects for one program.

    Only attributes that the program speaks of are written, cached properties not at all unless they hold patterns: those are
    worked out anew where they are asked for. Arrays of floats go to `floats`, one after the other.

    Args:
        program: gives the names of classes.
        mentioned: attributes that the program speaks of.
        left_out: (class name, attribute) that are not wanted.
        kept: (class name, cached property) that cannot be worked out anew.
    """

    def __init__(
        self,
        program: Program,
        mentioned: frozenset[str],
        left_out: frozenset[tuple[str, str]] = frozenset(),
        kept: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.program = program
        self.mentioned = mentioned
        self.left_out = left_out
        self.kept = kept
        self.floats: list[np.ndarray[Any, np.dtype[np.float64]]] = []
        self.placed = 0
        self.statements: list[str] = []
        self.names: dict[int, str] = {}
        self.seen: collections.Counter[int] = collections.Counter()
        self.alive: list[Any] = []

    def write(self, value: Any) -> str:
        """An expression for an object, after the `statements`."""
        self._count(value)
        return self._write(value)

    def _count(self, value: Any) -> None:
        """Find what is referred to more than once."""
        if not _shareable(value):
            return
        self.seen[id(value)] += 1
        if self.seen[id(value)] > 1:
            return
        self.alive.append(value)
        for part in self._parts(value):
            self._count(part)

    def _parts(self, value: Any) -> list[Any]:
        if isinstance(value, Mapping):
            return [*value.keys(), *value.values()]
        if isinstance(value, (list, tuple, set, frozenset)):
            return list(value)
        if isinstance(value, (np.ndarray, re.Pattern)):
            return []
        return list(self.attributes(value).values())

    def attributes(self, value: Any) -> dict[str, Any]:
        """What is written of an instance."""
        kind = type(value)
        if hasattr(value, "__dict__"):
            found = dict(vars(value))
        else:
            found = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        out = {}
        for name, inner in found.items():
            worked_out = isinstance(getattr(kind, name, None), cached_property)
            if worked_out and (kind.__name__, name) not in self.kept and not _has_pattern(inner):
                continue
            if name not in self.mentioned:
                continue
            if (kind.__name__, name) not in self.left_out:
                out[name] = inner
            elif isinstance(inner, dict):
                out[name] = _EMPTY
        return out

    def _write(self, value: Any) -> str:
        if not _shareable(value):
            return self._plain(value)
        key = id(value)
        if key in self.names:
            return self.names[key]
        text = self._made(value)
        if value is not _EMPTY and self.seen[key] > 1:
            name = self.names[key] = f"$v{len(self.names)}"
            self.statements.append(f"const {name} = {text};")
            return name
        return text

    def _plain(self, value: Any) -> str:
        if isinstance(value, np.generic):
            value = value.item()
        return write_value(value, self.program.name_of)

    def _made(self, value: Any) -> str:
        """The expression that makes an object."""
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, Mapping):
            # a mapping of text is shorter as an object; keys that look like numbers would change places
            if all(isinstance(k, str) and not k.isdigit() and k != "__proto__" and not k.startswith("\x01") for k in value):
                return f"$Dict.of({{{', '.join(f'{_key(k)}:{self._write(v)}' for k, v in value.items())}}})"
            return f"new $Dict([{', '.join(f'[{self._write(k)}, {self._write(v)}]' for k, v in value.items())}])"
        if isinstance(value, (set, frozenset)):
            inside = ", ".join(sorted(self._write(v) for v in value))
            return f"new $Set([{inside}], {'true' if isinstance(value, frozenset) else 'false'})"
        if type(value) is tuple:
            return f"$tuple([{', '.join(map(self._write, value))}])"
        if type(value) is list:
            return f"[{', '.join(map(self._write, value))}]"
        if isinstance(value, (re.Pattern, tuple)):
            return self._plain(value)
        name = self.program.name_of(type(value))
        if name is None:
            raise Unwritable(f"{type(value).__module__}.{type(value).__qualname__}")
        attributes = self.attributes(value)
        if dataclasses.is_dataclass(value) and not hasattr(value, "__post_init__") and all(f.init and not f.kw_only for f in dataclasses.fields(value)):
            given = []
            for f in dataclasses.fields(value):
                inner = attributes.get(f.name, dataclasses.MISSING)
                same = inner is dataclasses.MISSING or (f.default is not dataclasses.MISSING and type(inner) is type(f.default) and inner == f.default)
                given.append("$u" if same else self._write(inner))
            while given and given[-1] == "$u":
                given.pop()
            return f"new {name}({','.join(given)})"
        return f"$instance({name}, {{{', '.join(f'${k}: {self._write(v)}' for k, v in attributes.items())}}})"

    def _array(self, value: Any) -> str:
        shape = ", ".join(map(str, value.shape))
        if value.dtype.kind == "f" and value.size > 8:
            data = np.ascontiguousarray(value, dtype="<f8")
            start = self.placed
            self.placed += data.size
            self.floats.append(data.reshape(-1))
            return f"$stored({start}, [{shape}])"
        kind = {"f": "f", "i": "i", "u": "i", "b": "b"}[value.dtype.kind]
        numbers = ", ".join(write_value(float(x), self.program.name_of) for x in value.reshape(-1))
        return f'new $Array(Float64Array.of({numbers}), [{shape}], "{kind}")'


#: What stands for a table that is filled again as it is used.
_EMPTY: dict[str, Any] = {}


def _key(text: str) -> str:
    """A key of an object."""
    return text if re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII) else write_value(text, lambda _: None)


def _shareable(value: Any) -> bool:
    """Whether an object can be referred to from several places and holds something."""
    if value is None or isinstance(value, (str, int, float, bool, np.generic, type)) or callable(value):
        return False
    return not (isinstance(value, (tuple, frozenset)) and all(isinstance(v, (str, int, float, bool)) or v is None for v in value) and type(value) in (tuple, frozenset))


def _has_pattern(value: Any) -> bool:
    """Whether a value is or holds a pattern."""
    if isinstance(value, re.Pattern):
        return True
    if isinstance(value, Mapping):
        return any(map(_has_pattern, value.values()))
    return isinstance(value, (list, tuple, set, frozenset)) and any(map(_has_pattern, value))
