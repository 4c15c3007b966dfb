"""Names of Python's library and what stands for them in the runtime."""

# ruff: noqa: SIM905  words in a row are easier to read
from __future__ import annotations

__all__ = ["BOOLEAN_CALLS", "BUILTINS", "BUILTIN_METHODS", "IGNORED", "LIBRARY", "LIBRARY_CLASSES", "TYPE_NAMES"]

_SAME = (
    "abs all any callable chr divmod enumerate filter frozenset getattr hasattr id isinstance issubclass iter len map max min "
    "next object ord print repr reversed round setattr sorted sum type zip str int float bool list dict"
).split()
_ERRORS = (
    "Exception ArithmeticError ZeroDivisionError OverflowError AssertionError AttributeError LookupError IndexError KeyError "
    "NameError ImportError RuntimeError RecursionError NotImplementedError StopIteration TypeError ValueError OSError"
).split()
BUILTINS = {
    **{name: f"${name}" for name in (*_SAME, *_ERRORS)},
    "set": "$setOf",
    "tuple": "$tupleOf",
    "range": "$Range",
    "format": "$format",
    "Ellipsis": "$Ellipsis",
    "BaseException": "$Exception",
    "ModuleNotFoundError": "$ImportError",
}

#: Modules the runtime has a counterpart for.
LIBRARY = {
    name: f"${name}"
    for name in (
        "re",
        "math",
        "itertools",
        "functools",
        "collections",
        "operator",
        "bisect",
        "copy",
        "json",
        "unicodedata",
    )
} | {
    "difflib": "$difflib",
    "string": "$string",
    "contextlib": "$contextlib",
    "numpy": "$np",
    "zlib": "$zlib",
    "time": "$time",
    "os": "$os",
}

LIBRARY_CLASSES = frozenset(
    (
        "$collections.$defaultdict",
        "$collections.$Counter",
        "$collections.$OrderedDict",
        "$contextlib.$suppress",
        "$contextlib.$nullcontext",
    )
)

#: Names that stand for something of another name.
TYPE_NAMES = {
    **{
        f"collections.abc.{name}": f"$abc.{name}"
        for name in (
            "Mapping MutableMapping Sequence MutableSequence Set Iterable Iterator Collection Sized Callable Hashable"
        ).split()
    },
    **{f"numbers.{name}": f"$abc.{name}" for name in ("Number", "Real", "Integral")},
    "dataclasses.replace": "$replace",
    "dataclasses.asdict": "$asdict",
    "dataclasses.astuple": "$astuple",
    "dataclasses.fields": "$fields",
    "functools.cache": "$cached",
    "functools.lru_cache": "$cached",
}

#: Packages whose names only help type checkers and decorators.
IGNORED = frozenset(
    {"typing", "typing_extensions", "abc", "enum", "dataclasses", "__future__", "types", "warnings", "collections"}
)

#: Methods of str, list, dict, set and patterns: read without a call they are bound.
BUILTIN_METHODS = frozenset(
    (
        "strip lstrip rstrip split rsplit splitlines partition rpartition replace startswith endswith find rfind index rindex count "
        "join lower upper casefold title capitalize swapcase isalnum isalpha isdecimal isdigit isnumeric isspace isascii isupper "
        "islower removeprefix removesuffix ljust rjust center zfill translate append extend insert pop remove clear copy reverse "
        "sort get keys values items setdefault update popitem add discard union intersection difference symmetric_difference "
        "isdisjoint issubset issuperset search match fullmatch finditer findall sub subn group groups span start end groupdict "
        "most_common appendleft popleft"
    ).split()
)

#: Calls that give True or False.
BOOLEAN_CALLS = frozenset(
    (
        "startswith endswith isalnum isalpha isdecimal isdigit isnumeric isspace isascii isupper islower istitle isdisjoint issubset "
        "issuperset isnan isinf isfinite isclose is_integer"
    ).split()
)
