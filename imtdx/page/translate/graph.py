"""Live objects, with all they hold, as data that makes them anew in the page: what is shared stays shared."""

from __future__ import annotations

import collections
import dataclasses
import enum
import json
import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.page.translate.patterns import translate_pattern
from imtdx.page.translate.values import Unwritable

if TYPE_CHECKING:
    from imtdx.page.translate.program import Program

__all__ = ["Graph"]


class Graph:
    """Writes objects for one program, as JSON that `runtime/graph.js` reads.

    Only attributes that the program speaks of are written, cached properties not at all unless they hold patterns: those are
    worked out anew where they are asked for. Arrays of floats go to `floats`, one after the other.

    Args:
        program: gives the names of classes.
        mentioned: attributes that the program speaks of.
        left_out: (class name, attribute) that are not wanted; a table is emptied.
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
        self.shared: list[Any] = []
        self.places: dict[int, int] = {}
        self.classes: list[str] = []
        self.seen: collections.Counter[int] = collections.Counter()
        self.alive: list[Any] = []

    def write(self, value: Any) -> dict[str, Any]:
        """One object: ``shared`` parts, each of which may refer to those before it, and the ``root``."""
        self._count(value)
        root = self._write(value)
        return {"shared": self.shared, "root": root}

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

    def _write(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, enum.IntFlag):
            return int(value)
        if isinstance(value, enum.Enum):
            return ["e", self._class(type(value)), value.name]
        if isinstance(value, (int, float)):
            if value != value or abs(value) == math.inf or abs(value) > 2**1000:
                return ["f", str(value)]
            return int(value) if value == int(value) and abs(value) < 2**53 else value
        if isinstance(value, type) or callable(value):
            return ["c", self._class(value)]
        key = id(value)
        if key in self.places:
            return ["r", self.places[key]]
        made = self._made(value)
        if value is not _EMPTY and self.seen[key] > 1:
            self.places[key] = len(self.shared)
            self.shared.append(made)
            return ["r", self.places[key]]
        return made

    def _class(self, value: Any) -> int:
        """Place of a class or function in the table of names."""
        name = self.program.name_of(value)
        if name is None:
            raise Unwritable(f"{value.__module__}.{value.__qualname__}")
        if name not in self.classes:
            self.classes.append(name)
        return self.classes.index(name)

    def _made(self, value: Any) -> list[Any]:
        """What makes an object: a letter and its parts."""
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, Mapping):
            return ["d", *(self._write(x) for pair in value.items() for x in pair)]
        if isinstance(value, (set, frozenset)):
            inside = sorted((self._write(v) for v in value), key=lambda x: json.dumps(x))
            return ["s", isinstance(value, frozenset), *inside]
        if type(value) is tuple:
            return ["t", *map(self._write, value)]
        if type(value) is list:
            return ["l", *map(self._write, value)]
        if isinstance(value, range):
            return ["g", value.start, value.stop, value.step]
        if isinstance(value, re.Pattern):
            return ["p", translate_pattern(value.pattern, value.flags & ~re.UNICODE)]
        place = self._class(type(value))
        if isinstance(value, tuple):
            return ["n", place, *map(self._write, value)]
        attributes = self.attributes(value)
        if (
            dataclasses.is_dataclass(value)
            and not hasattr(value, "__post_init__")
            and all(f.init and not f.kw_only for f in dataclasses.fields(value))
        ):
            given: list[Any] = []
            for f in dataclasses.fields(value):
                inner = attributes.get(f.name, dataclasses.MISSING)
                same = inner is dataclasses.MISSING or (
                    f.default is not dataclasses.MISSING and type(inner) is type(f.default) and inner == f.default
                )
                given.append(_DEFAULT if same else self._write(inner))
            while given and given[-1] is _DEFAULT:
                given.pop()
            return ["n", place, *given]
        return ["i", place, {k: self._write(v) for k, v in attributes.items()}]

    def _array(self, value: Any) -> list[Any]:
        shape = list(value.shape)
        if value.dtype.kind == "f" and value.size > 8:
            data = np.ascontiguousarray(value, dtype="<f8")
            start = self.placed
            self.placed += data.size
            self.floats.append(data.reshape(-1))
            return ["a", start, shape]
        kind = {"f": "f", "i": "i", "u": "i", "b": "b"}[value.dtype.kind]
        return ["y", kind, shape, *(self._write(float(x)) for x in value.reshape(-1))]


#: Stands for a field that keeps its default.
_DEFAULT: list[Any] = ["u"]
#: What stands for a table that is filled again as it is used.
_EMPTY: dict[str, Any] = {}


def _shareable(value: Any) -> bool:
    """Whether an object can be referred to from several places and holds something."""
    if value is None or isinstance(value, (str, int, float, bool, np.generic, type)) or callable(value):
        return False
    return not (
        isinstance(value, (tuple, frozenset))
        and all(isinstance(v, (str, int, float, bool)) or v is None for v in value)
        and type(value) in (tuple, frozenset)
    )


def _has_pattern(value: Any) -> bool:
    """Whether a value is or holds a pattern."""
    if isinstance(value, re.Pattern):
        return True
    if isinstance(value, Mapping):
        return any(map(_has_pattern, value.values()))
    return isinstance(value, (list, tuple, set, frozenset)) and any(map(_has_pattern, value))
