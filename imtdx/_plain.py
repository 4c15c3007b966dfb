"""Records as JSON and back, for the cache: data that makes objects of known classes and nothing else.

A pickle runs whatever code it is told to. JSON cannot, and with the fields written in order, those at their defaults left out, it is
read as fast (``python -m benchmarks.bench_start``).

    record      {"N": [values]}      N: number of its shape, a class with the names of the fields that are given
    tuple       {"t": [values]}
    frozenset   {"f": [values]}
    dictionary  {"d": [key, value, key, value, ...]}
    mapping from YAML {"y": [file, line, [line of each key], key, value, ...]}
"""

from __future__ import annotations

import dataclasses
import gc
import json
from collections.abc import Callable, Sequence
from typing import Any

from imtdx._yaml import Located

__all__ = ["dumps", "loads"]

_Make = Callable[[list[Any]], Any]


def dumps(value: Any, classes: Sequence[type]) -> bytes:
    """A value as JSON.

    Args:
        value: of records, containers, texts, numbers.
        classes: of the records.

    Raises:
        TypeError: something of another class in it.
    """
    shapes: dict[tuple[int, tuple[str, ...]], int] = {}
    numbers = {cls: k for k, cls in enumerate(classes)}

    def plain(v: Any) -> Any:
        if v is None or isinstance(v, (str, bool, int, float)):
            return v
        if type(v) is list:
            return [plain(x) for x in v]
        if type(v) is tuple:
            return {"t": [plain(x) for x in v]}
        if type(v) is frozenset:
            return {"f": [plain(x) for x in sorted(v)]}
        if type(v) is dict:
            return {"d": [plain(x) for pair in v.items() for x in pair]}
        if type(v) is Located:
            return {"y": [v.file, v.line, [v.lines[k] for k in v], *(plain(x) for pair in v.items() for x in pair)]}
        if type(v) not in numbers:
            raise TypeError(f"{type(v).__name__} is no record")
        defaults = _defaults(type(v))
        given = {k: x for k, x in _state(v).items() if k not in defaults or x != defaults[k]}
        shape = shapes.setdefault((numbers[type(v)], tuple(given)), len(shapes))
        return {str(shape): [plain(x) for x in given.values()]}

    data = plain(value)
    return json.dumps([list(shapes), data], ensure_ascii=False, separators=(",", ":")).encode()


def loads(data: bytes, classes: Sequence[type]) -> Any:
    """The value that `dumps` wrote.

    Args:
        data: JSON.
        classes: as they were given to `dumps`.

    Raises:
        ValueError, LookupError, TypeError, AttributeError, RecursionError: anything else.
    """
    text = data.decode()
    shapes, at = json.JSONDecoder().raw_decode(text, 1)
    makers: dict[str, _Make] = {"t": tuple, "f": frozenset, "d": _dictionary, "y": _located}
    makers |= {str(k): _maker(classes[number], tuple(names)) for k, (number, names) in enumerate(shapes)}

    def revive(found: list[tuple[str, list[Any]]]) -> Any:
        kind, values = found[0]
        return makers[kind](values)

    # tens of thousands of objects, none of them garbage
    collecting = gc.isenabled()
    gc.disable()
    try:
        value, _ = json.JSONDecoder(object_pairs_hook=revive).raw_decode(text, at + 1)
    finally:
        if collecting:
            gc.enable()
    return value


def _state(record: Any) -> dict[str, Any]:
    names = [f.name for f in dataclasses.fields(record)] if dataclasses.is_dataclass(record) else []
    return {n: getattr(record, n) for n in names} | getattr(record, "__dict__", {})


def _defaults(cls: type) -> dict[str, Any]:
    if not dataclasses.is_dataclass(cls):
        return {}
    # unchangeable ones only: records share them
    return {
        f.name: f.default
        for f in dataclasses.fields(cls)
        if isinstance(f.default, (str, int, float, tuple, type(None)))
    }


def _maker(cls: type, names: tuple[str, ...]) -> _Make:
    new: Any = cls.__new__
    defaults = {k: v for k, v in _defaults(cls).items() if k not in names}
    if not hasattr(cls, "__slots__"):

        def make(values: list[Any]) -> Any:
            out = new(cls)
            own = out.__dict__
            own.update(defaults)
            own.update(zip(names, values, strict=True))
            return out

        return make

    def make_slotted(values: list[Any]) -> Any:
        out = new(cls)
        for name, value in defaults.items():
            object.__setattr__(out, name, value)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(out, name, value)
        return out

    return make_slotted


def _dictionary(values: list[Any]) -> dict[Any, Any]:
    pairs = iter(values)
    return dict(zip(pairs, pairs, strict=True))


def _located(values: list[Any]) -> Located:
    out = Located(_dictionary(values[3:]))
    out.file, out.line = values[0], values[1]
    out.lines = dict(zip(out, values[2], strict=True))
    return out
