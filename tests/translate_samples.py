"""Ordinary Python in many shapes: each function must give the same in Python and in the JavaScript made from it."""

# ruff: noqa
# the shapes that a linter would have written otherwise are what is tested
from __future__ import annotations

import bisect
import itertools
import json
import math
import operator
import re
import unicodedata
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from difflib import get_close_matches
from enum import Enum, IntEnum, StrEnum
from functools import cache, cached_property, lru_cache, partial, reduce
from typing import Any, NamedTuple, Protocol, cast

WORDS = ("alpha", "Beta", "γάμμα", "", "δ")
TABLE = {**dict.fromkeys("abc", 1), "d": 2, ("x", 1): 3, None: 4}
PATTERN = re.compile(r"(?P<word>[^\W\d_]+)|(\d+)")
JOINED = re.compile("|".join(re.escape(w) for w in ("a.b", "a-b", "(c)", "d e")))
_LATE = [w.upper() for w in WORDS if w]
SIGNS = frozenset("+-±")


# --- functions and control -----------------------------------------------------------------------------------------------


def _defaults(a, b=2, *args, c=3, d, **kwargs):
    return [a, b, list(args), c, d, sorted(kwargs.items())]


def _keyword_only(a, /, b=1, *, c=2):
    return [a, b, c]


def arguments():
    return [
        _defaults(1, d=0),
        _defaults(1, 5, 6, 7, d=8, e=9),
        _defaults(*[1, 2], **{"d": 3, "z": 4}),
        _keyword_only(1),
        _keyword_only(1, 2, c=3),
        _keyword_only(1, c=5),
        _keyword_only(b=7, *[1]),
        (lambda x, y=10: x + y)(1),
        partial(_keyword_only, 1, c=9)(2),
    ]


def closures():
    made = [lambda x, k=k: x * k for k in range(3)]
    late = [lambda x: x * k for k in range(3)]
    total = 0

    def add(n: int) -> int:
        nonlocal total
        total += n
        return total

    add(3)
    add(4)
    return [[f(10) for f in made], [f(10) for f in late], total, add.__name__ is not None]


def loops():
    out = []
    for k in range(5):
        if k == 1:
            continue
        for j in range(k, 0, -1):
            if j == 2:
                break
            out.append((k, j))
        else:
            out.append("none")
    else:
        out.append("end")
    n = 0
    while n < 3:
        n += 1
        if n == 7:
            break
    else:
        out.append("while")
    for a, (b, *c) in [(1, (2, 3, 4)), (5, [6])]:
        out.append([a, b, c])
    for i, w in enumerate(WORDS, start=1):
        out.append(f"{i}{w}")
    for i in range(2):
        i += 10
        out.append(i)
    out.append(i)
    return out


def unpacking():
    a, b = 1, 2
    a, b = b, a
    first, *middle, last = range(6)
    (x, y), z = ("p", "q"), "r"
    p = q = []
    p.append(1)
    d = {"k": [0, 0]}
    d["k"][1] += 5
    d["n"] = d.get("n", 0) + 1
    numbers = list(range(10))
    numbers[2:5] = ["two"]
    numbers[::3] = [0] * len(numbers[::3])
    del numbers[0], numbers[-1]
    other = numbers
    other += [99]
    return [a, b, first, middle, last, x, y, z, q, d, numbers, [*numbers[:2], *"ab"], {**d, "k": 1}]


def errors():
    out = []
    for value in ("12", "x", None, [], "3.5"):
        try:
            n = int(value) if isinstance(value, str) else value[0]
        except ValueError as error:
            out.append(str(error))
        except (TypeError, IndexError):
            out.append("no")
        else:
            out.append(n)
        finally:
            out.append("f")
    with suppress(KeyError):
        out.append({}["x"])
    try:
        {"a": 1}["b"]
    except LookupError as error:
        out.append(repr(error))
    try:
        try:
            raise OwnError("kaputt", 3)
        except OwnError:
            raise
    except Exception as error:
        out.append([str(error), isinstance(error, ValueError), cast(Any, error).code])
    try:
        assert not out, "told"
    except AssertionError as error:
        out.append(str(error))
    for act in (
        lambda: [][1],
        lambda: "a"[5],
        lambda: [1].index(2),
        lambda: 1 / 0,
        lambda: next(iter([])),
        lambda: {1}.remove(2),
    ):
        try:
            act()
        except Exception as error:
            out.append(type(error).__name__)
    return out


class OwnError(ValueError):
    """An error of its own."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


def _returns_in_finally() -> list[str]:
    out: list[str] = []
    try:
        out.append("a")
        return out
    finally:
        out.append("b")


def finally_runs():
    return _returns_in_finally()


class Manager:
    def __init__(self, log: list[str], quiet: bool) -> None:
        self.log = log
        self.quiet = quiet

    def __enter__(self) -> str:
        self.log.append("in")
        return "value"

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        self.log.append("out" if kind is None else str(error))
        return self.quiet


def managers():
    log: list[str] = []
    with Manager(log, False) as v, Manager(log, True):
        log.append(v)
        raise ValueError("swallowed")
    for _ in range(2):
        with Manager(log, False):
            continue
    return log


def _count(n: int) -> Iterator[int]:
    k = 0
    while k < n:
        yield k
        k += 1
    yield from "ab"


def generators():
    g = _count(3)
    firsts = [next(g), next(g)]
    lazy = (x * x for x in itertools.count())
    return [
        firsts,
        list(g),
        next(g, "end"),
        list(itertools.islice(lazy, 4)),
        sum(x for x in _count(4) if isinstance(x, int)),
    ]


def truth():
    values = [
        0,
        0.0,
        "",
        "0",
        [],
        [0],
        (),
        (0,),
        {},
        {0: 0},
        set(),
        None,
        True,
        False,
        Box([]),
        Box([1]),
        range(0),
        range(2),
        math.nan,
    ]
    return (
        [bool(v) for v in values]
        + [v and "and" for v in values[:4]]
        + [v or "or" for v in values[:4]]
        + [not v for v in values[:4]]
        + ["x" if v else "y" for v in values[:4]]
    )


class Box:
    """Has a length, can be looped over, called and compared."""

    kept = 0
    alias_of = "kept"

    def __init__(self, items: list[Any]) -> None:
        self.items = items
        Box.kept += 1

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __contains__(self, x: object) -> bool:
        return x == "magic" or x in self.items

    def __getitem__(self, k: int) -> Any:
        return self.items[k]

    def __call__(self, n: int = 1) -> int:
        return len(self.items) + n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Box) and self.items == other.items

    def __add__(self, other: Box) -> Box:
        return Box(self.items + other.items)

    def __repr__(self) -> str:
        return f"Box({self.items!r})"

    @property
    def first(self) -> Any:
        return self.items[0]

    @cached_property
    def doubled(self) -> list[Any]:
        self.items.append("touched")
        return self.items * 2

    @staticmethod
    def sign(n: int) -> str:
        return "+" if n > 0 else "-"

    @classmethod
    def of(cls, *items: Any) -> Box:
        return cls(list(items))

    def on_a(self, n: int) -> str:
        return f"a{n}"

    on_b = on_c = on_a


class Lid(Box):
    def __init__(self, items: list[Any], shut: bool = False) -> None:
        super().__init__(items)
        self.shut = shut

    def on_a(self, n: int) -> str:
        return super().on_a(n + 1) + "!"


def classes():
    b, lid = Box([1, 2]), Lid.of(3)
    handler = getattr(lid, "on_" + "b", None)
    bound = lid.on_a
    return [
        len(b), list(b), 2 in b, "magic" in b, 5 not in b, b[1], b(), b(n=5), b == Box([1, 2]), b != Box([1]), repr(b + lid), str(b), b.first,
        b.doubled, b.doubled, b.items, Box.sign(1), b.sign(-1), lid.shut, handler(1) if handler else None, lid.on_c(2), bound(3), lid.on_b(1), [f(0) for f in (b.on_a, lid.on_a)],
        getattr(b, "nothing", "none"), hasattr(b, "items"), isinstance(lid, Box), isinstance(b, Lid), isinstance(b, (int, Lid, Box)), type(lid).__name__, type(b) is Box,
        issubclass(Lid, Box), b.alias_of, callable(b), callable(1),
    ]  # fmt: skip


# --- records -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float = 0.0
    tags: tuple[str, ...] = ()
    note: str = field(default="", compare=False)

    @property
    def size(self) -> float:
        return math.hypot(self.x, self.y)

    def moved(self, dx: float) -> Point:
        return replace(self, x=self.x + dx)


@dataclass(slots=True)
class Bag:
    name: str
    items: list[int] = field(default_factory=list)
    inner: Point = Point(1, 2)
    total: int = field(default=7, init=False)
    hook: Any = field(default_factory=lambda: {"k": 1})

    def __post_init__(self) -> None:
        self.total = len(self.items)


@dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0


class Token(NamedTuple):
    text: str
    start: int
    end: int = 0

    @property
    def length(self) -> int:
        return self.end - self.start


class Colour(Enum):
    RED = "r"
    GREEN = "g"
    CRIMSON = "r"

    @property
    def loud(self) -> str:
        return self.name + "!"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Kind(StrEnum):
    A = "a"
    B = "b"


class Named(Protocol):
    @property
    def name(self) -> str: ...


def records():
    p, q = Point(3, 4), Point(x=3, y=4, note="other")
    a, b = Bag("a"), Bag("b", [1, 2])
    a.items.append(5)
    seen = {p: 1, (p, "k"): 2}
    seen[q] = 9
    t = Token("w", 1, 4)
    text, start, end = t
    return [
        p == q, p != Point(3), p in [q], {p, q} == {p}, seen[Point(3, 4)], seen[(q, "k")], len(seen), p.size, p.moved(1).x, repr(p), a.items, b.total, a.total, b.inner == Point(1, 2), a.hook,
        Bag("c").items, asdict(b), astuple(p), [f.name for f in fields(p)], sorted([Version(1, 2), Version(1), Version(0, 9)]) == [Version(0, 9), Version(1), Version(1, 2)], Version(1) < Version(2), max(Version(1), Version(3)).major,
        text, start, end, t.length, t[0], t.end, t == ("w", 1, 4), t._replace(end=9).end, {t: 1}[Token("w", 1, 4)], repr(t), isinstance(t, tuple), replace(b, name="z").name,
    ]  # fmt: skip


def enumerations():
    return [
        [c.name for c in Colour], Colour.RED is Colour.CRIMSON, Colour("r").name, Colour["GREEN"].loud, Colour.RED == Colour.GREEN, {Colour.RED: 1}[Colour.CRIMSON], str(Colour.RED), repr(Colour.RED), len(Colour), Colour.RED in Colour,
        Level.LOW < Level.HIGH, Level.HIGH == 2, Level.LOW + 1, sorted([Level.HIGH, Level.LOW])[0].name, Level(2).name,
        Kind.A == "a", Kind("b") == Kind.B, [str(k) for k in Kind], f"{Kind.B}", {"a": 1}[Kind.A], Kind.A in ("a", "c"),
    ]  # fmt: skip


# --- containers ----------------------------------------------------------------------------------------------------------


def lists():
    a = [3, 1, 2]
    a.sort(reverse=True)
    b = sorted(["bb", "a", "ccc", "B"], key=str.lower)
    c = a.copy()
    c.insert(1, 9)
    c.extend(x for x in (7, 7))
    c.remove(9)
    popped = [c.pop(), c.pop(0)]
    return [
        a, b, c, popped, c.index(7), c.count(7), a[::-1], a[-2:], a[5:], a[:-1], [1, 2] < [1, 3], [1] < [1, 0], (1, "b") > (1, "a"), [1, 2] == [1, 2], [1, 2] == (1, 2), (1,) + (2,), [0] * 3,
        "ab" * 2, sorted([(2, "a"), (1, "b"), (1, "a")]), sorted("bca", reverse=True), list(reversed("abc")), sorted([3, 1, 2], key=lambda x: -x), min([3, 1], default=0), max([], default=None), max("a", "ccc", "bb", key=len), min(3, 1, 2),
        list(zip("abc", [1, 2])), list(zip("ab", [1, 2], strict=True)), list(map(len, WORDS)), list(filter(None, WORDS)), any(w == "δ" for w in WORDS), all(WORDS), sum([[1], [2]], []), sum([0.5, 0.25]), list(itertools.pairwise("abcd")),
        [x for row in [[1, 2], [3]] for x in row if x != 2], [[j for j in range(i)] for i in range(3)], [y := 5, y**2], list(range(10, 0, -3)), 4 in range(0, 10, 2), range(5)[-1], len(range(3, 10, 2)), divmod(-7, 3), -7 // 2, -7 % 3, 7.5 // 2,
        list(itertools.chain("ab", [1])), [list(g) for _, g in itertools.groupby([1, 1, 2], key=lambda x: x)], list(itertools.product("ab", repeat=2)), list(itertools.zip_longest("ab", "c", fillvalue="-")), list(itertools.accumulate([1, 2, 3])),
        list(itertools.takewhile(lambda x: x < 3, [1, 2, 5, 1])), list(itertools.combinations("abc", 2)), reduce(lambda x, y: x * y, [1, 2, 3], 1), bisect.bisect_left([1, 3, 5], 3), bisect.bisect([1, 3, 5], 3), list(map(operator.itemgetter(1), ["ab", "cd"])),
    ]  # fmt: skip


def tables():
    d = dict(TABLE)
    d.update({"z": 0}, w=1)
    d.setdefault("list", []).append(1)
    e: defaultdict[str, list[int]] = defaultdict(list)
    for k, v in [("a", 1), ("b", 2), ("a", 3)]:
        e[k].append(v)
    c = Counter("abracadabra")
    q = deque([1, 2, 3], maxlen=2)
    q.append(4)
    del d["a"]
    first = next(iter(d))
    return [
        [repr(k) for k in d], d["b"], d[None], d[("x", 1)], d.get("no"), d.get("no", 5), d.pop("b"), d.pop("b", "gone"), len(d), "c" in d, ("x", 1) in d, list(d.values()), [list(map(str, kv)) for kv in d.items()], first,
        {1: "a", True: "b", 1.0: "c"}, {"a": 1, "b": 2} == {"b": 2, "a": 1}, dict([("a", 1)], b=2), dict(a=1), {k: v for k, v in zip("ab", [1, 2], strict=True)}, {"a": 1} | {"a": 2, "c": 3}, dict(e), c.most_common(2), c["q"], list(q), q.popleft(),
        list({"a": 1, "b": 2}.keys() & {"b", "c"}), list(OrderedDict(a=1)), max({"a": 3, "b": 5}.items(), key=lambda kv: kv[1]), sorted({"b": 1, "a": 2}), dict.fromkeys("ab", 0), list(reversed({"a": 1, "b": 2})), list(d.copy()) == list(d), {"\x01s": 1}["\x01s"], {(1, (2, "3")): 4}[(1, (2, "3"))],
    ]  # fmt: skip


def sets():
    s, t = {1, 2, 3}, frozenset([2, 3, 4])
    u = set(s)
    u.add((1, 2))
    u.discard(99)
    u |= {8}
    u -= {1}
    return [
        sorted(s & t), sorted(s | t), sorted(s - t), sorted(s ^ t), s <= {1, 2, 3, 4}, s < s, s >= {1}, s.isdisjoint({9}), (1, 2) in u, len(u), sorted(x for x in u if isinstance(x, int)), {1, 2} == {2, 1}, {1, 2} == frozenset([1, 2]), {frozenset([1]): 2}[frozenset([1])],
        sorted({w for w in "hello"}), sorted(s.union([7], [8])), "+" in SIGNS, "x" in SIGNS, bool(set()), sorted({"a", "b"} - {"a"}), {*s, 9} > s, 1 in {True}, sorted(map(len, {("a",), ("a", "b")})),
    ]  # fmt: skip


# --- text ----------------------------------------------------------------------------------------------------------------


def strings():
    s = "  Smooth-muscle ACTIN, β-catenin  "
    return [
        s.strip(), s.lstrip(), s.rstrip(), "xxaxx".strip("x"), "abcba".rstrip("ab"), s.split(), "a,b,,c".split(","), "a,b,c".split(",", 1), " a  b c ".split(maxsplit=1), "a-b-c".rsplit("-", 1), "a b  c".rsplit(maxsplit=1), "a\nb\r\nc\x0bd\n".splitlines(), "a=b=c".partition("="), "a=b=c".rpartition("="), "abc".partition("x"),
        s.lower(), s.upper(), "Straße ﬁ ΣΑΣ İ".casefold(), "ΣΑΣ".lower(), "ß".upper(), "hello world".title(), "hELLO".capitalize(), "aBc".swapcase(), "banana".replace("an", "x"), "banana".replace("a", "o", 2), "abc".replace("", "-"), "abcabc".find("c"), "abcabc".find("c", 3), "abcabc".rfind("a"), "abc".find("z"), "abcabc".index("b", 2), "aXbXc".count("X"), "aaa".count("aa"),
        "abc".startswith("ab"), "abc".startswith(("x", "a")), "abc".startswith("b", 1), "abc".endswith(("c", "d")), "-".join(["a", "b"]), ", ".join(str(x) for x in range(3)), "abc"[1], "abc"[-1], "abc"[::-1], "abcdef"[1:4], "abc"[10:], "b" in "abc", "" in "abc", "ab" < "b", "Z" < "a", "a" < "ab", "é" > "z",
        "12".isdigit(), "²".isdigit(), "½".isnumeric(), "½".isdigit(), "1a".isalnum(), "ab".isalpha(), "é".isalpha(), "日本".isalnum(), "٣".isdecimal(), "".isalpha(), " \t".isspace(), "abc".isascii(), "é".isascii(), "ABC1".isupper(), "abc-".islower(), "A".islower(), "\u0301".isalnum(), "_".isalnum(),
        "prefix-x".removeprefix("prefix-"), "x.py".removesuffix(".py"), "x".removesuffix(""), "5".zfill(3), "-5".zfill(4), "a".ljust(3, "."), "a".rjust(3), "ab".center(5, "*"), "abc".center(6, "*"), "a\tb".expandtabs(4), "abc".translate(str.maketrans("ab", "xy", "c")), "abc".translate({97: None, 98: "BB"}), len("αβ".encode()), ord("α"), chr(946),
        list("añ😀b"), len("a😀b"), "a😀b"[1], "a😀b"[2], "a😀b"[::-1], "x😀yz"[1:3], "a😀b😀".find("b"), "a😀b😀".rfind("😀"), "😀" > "\uffff", [c for c in "𝛼β"], "😀".isalnum(), "𝛼".isalnum(), "𝛼".isalpha(), "a" "b", 'it\'s "x"', repr('it\'s "x"'), repr("it's"), repr("a\n\t\\\x07é\u200b"), str(["a", 1, None, True, ("b",), {"k": 1.5}]), f"{'x'!r:>5}", "%",
    ]  # fmt: skip


def formats():
    numbers = [
        0,
        1,
        -1,
        2.5,
        0.5,
        1.5,
        3.14159,
        1e-7,
        123456.789,
        1e16,
        1e-5,
        0.1 + 0.2,
        1 / 3,
        -0.0,
        1234567,
        99.95,
        0.045,
        2.675,
        1e22,
        5e-324,
    ]
    specs = [
        "g",
        ".3g",
        ".0f",
        ".1f",
        ".2f",
        ".3e",
        "8.2f",
        "<8.2f",
        "^9.1f",
        "+.1f",
        "08.3f",
        ",.1f",
        ".1%",
        "#.3g",
        " g",
        ".10g",
    ]
    out = [f"{x:{s}}" for x in numbers for s in specs]
    out += [f"{x}" for x in (1, -5, 2.5, 0.1, 1e-7, 1.5e300, 123456.789, 0.00001234, 1e16 + 0.5)]
    out += [f"{n:,} {n:05d} {n:>6} {n:x} {n:_}" for n in (0, 7, 1234567, 42)]
    out += [
        f"{'ab':>5}|{'ab':<5}|{'ab':^5}|{'abcdef':.3}|{'ab':*^7}",
        f"{1 + 1=}",
        f"{{}}{'x'}",
        f"{True} {None}",
        f"{3:{2 + 2}}",
        f"{[1, 2]}",
        f"{'é':>3}",
    ]
    out += (
        [round(x, 1) for x in (0.25, 0.35, 2.675, 1.05, -0.25)]
        + [round(x) for x in (0.5, 1.5, 2.5, -0.5, 2.51)]
        + [round(1234.5, -2), round(1250, -2)]
    )
    out += [
        int("12"),
        int(" 7 "),
        int("-3"),
        int(3.9),
        int(-3.9),
        int("1_000"),
        int("٣"),
        int("ff", 16),
        float("1.5"),
        float(" 1e3 "),
        float(".5"),
        float("٣.٥"),
        abs(-2),
        pow_(2, 3),
    ]
    return out


def pow_(a: int, b: int) -> int:
    return a**b


def numbers():
    return [
        7 // 2, -7 // 2, 7 % -3, 7.0 / 2, 2**10, 2**-1, 1e3, 10**-2, True + True, sum([True, False, True]), 3 & 6, 3 | 4, 3 ^ 1, ~5, 1 << 4, 37 >> 2, -(-3), +3, 1 == 1.0, 1 == True, 0 == False, 1 < 2 < 3, 1 < 3 < 2, 3 > 2 >= 2 != 1,
        math.floor(-1.5), math.ceil(1.2), math.sqrt(2), math.log(10), math.log2(8), math.log(8, 2), math.exp(1), math.isnan(math.nan), math.inf > 1e308, math.fsum([0.1] * 10), math.prod([2, 3]), math.gcd(12, 18), math.comb(5, 2), math.isclose(0.1 + 0.2, 0.3), (2.0).is_integer(), max(1, 2.5), min(-1, 0.0), abs(-1.5),
    ]  # fmt: skip


def characters():
    return [
        unicodedata.normalize("NFKC", "ﬁ①ｱＡ"), unicodedata.normalize("NFD", "é") == "e\u0301", [unicodedata.combining(c) for c in "a\u0301\u05b0\u0e31"], [unicodedata.category(c) for c in "aA1 -+é日\n_²"],
        "".join(c for c in unicodedata.normalize("NFD", "éñüÅ") if not unicodedata.combining(c)),
    ]  # fmt: skip


# --- patterns ------------------------------------------------------------------------------------------------------------


def patterns():
    text = "SMA (1A4) +, Ki-67: 10-15 %; β-Catenin 😀 −; x\nlast line"
    m = PATTERN.search(text, 3)
    assert m is not None
    named = re.match(r"(?P<a>\w+)(?:-(?P<b>\d+))?", "abc")
    assert named is not None
    k = re.search(r"😀\s*(−)", text)
    assert k is not None
    return [
        [x.group() for x in PATTERN.finditer(text)], [x.span() for x in re.finditer(r"\d+", text)], m.group(), m["word"], m.span(2), m.start(), m.end(), m.lastgroup, m.lastindex, m.groups(), named.groupdict(), named["b"], named.groups("none"), named.span("b"), k.span(), k.span(1), k[1],
        re.findall(r"(\w)(\d)", "a1 b2"), re.findall(r"(\w)\d", "a1 b2"), re.findall(r"x*", "axb"), [x.span() for x in re.finditer(r"x*|b", "axxb")], [x.span() for x in re.finditer(r"|a", "aa")], re.split(r"[,;]\s*", "a, b;c"), re.split(r"(,)", "a,b"), re.split(r"\s", "a b c", maxsplit=1), re.split(r"x*", "axb"), re.sub(r"(\d)\s?½", r"\1.5", "3 ½"), re.sub("a", lambda x: x[0].upper(), "banana", count=2),
        re.sub(r"(?P<n>\d+)", r"<\g<n>>", "a1b22"), re.subn("a", "o", "banana"), re.sub(r"x*", "-", "abxd"), re.fullmatch(r"\d+", "123") is not None, re.fullmatch(r"\d+", "123a") is None, re.fullmatch("a|ab", "ab") is not None, re.match(r"b", "ab") is None, PATTERN.match("abc", 1) is not None, re.escape("a.b-c d"), JOINED.findall("xa.b a-b(c)d e"), bool(re.search("a", "b")), PATTERN.pattern, PATTERN.groups,
        re.search(r"(?i)actin", "ACTİN actın") is not None, re.findall(r"(?i)ß|ſ|k", "ẞSKk"), re.findall(r"(?m)^\w+$", "ab\ncd\n"), re.findall(r"\w+$", "ab\ncd\n"), re.findall(r"(?s)a.b", "a\nb"), re.findall(r"(?x) a  b # c", "ab"), re.findall(r"(?a)\w+", "aé1"), re.findall(r"(?<=a)b(?!c)", "abc ab"), re.findall(r"a{2,3}?", "aaaa"), re.findall(r"(?>a+)b", "aab"), re.findall(r"a++b", "aab"), re.findall(r"\bfoo\b", "foo foot a-foo foo_ éfoo"),
        re.findall(r"\B.", "ab c"), re.findall(r"[^\W\d_]+", "aé1_日x2"), re.findall(r"[\w-]+", "a-b c"), re.findall(r"[^\s,]+", "a,b c\x1cd\x85e\ufefff"), re.findall(r"\S+", "a\x1fb\u2003c\u180ed"), re.findall(r"[\d.]+%?", "1.5% ٣٫"), re.findall(r"[]\[^-]", "a]b[c^-"), re.findall(r"\$|\.|/|\{", "$./{"), [x.start() for x in re.finditer("é", "😀é😀é")],
    ]  # fmt: skip


def helpers():
    return [
        get_close_matches("desmn", ["desmin", "dermin", "smooth", "DESMIN"]), get_close_matches("appel", ["ape", "apple", "peach", "puppy"], n=1), get_close_matches("x", ["y"]), json.dumps({"a": [1, None, True, "é"]}), copy([1, 2]), copy(Point(1)).x, _cached(4), _cached(4), _cached.__name__ is not None,
        _remembered("a", n=2), isinstance({}, Mapping), isinstance([], Sequence), isinstance("", Sequence), isinstance(5, Iterable), isinstance(True, int), isinstance(1, bool), isinstance(None, type(None)), isinstance("x", str | int), str(5), [t("7") for t in (int, float, str)], _LATE, sorted(TABLE["abc"[k]] for k in range(3)),
    ]  # fmt: skip


@cache
def _cached(n: int) -> int:
    return n if n < 2 else _cached(n - 1) + _cached(n - 2)


@lru_cache(maxsize=None)
def _remembered(a: str, n: int = 1) -> str:
    return a * n


CASES = [
    arguments, closures, loops, unpacking, errors, finally_runs, managers, generators, truth, classes, records, enumerations, lists, tables, sets, strings, formats, numbers, characters,
    patterns, helpers,
]  # fmt: skip
