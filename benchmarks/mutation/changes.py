"""Small faults of a module: every place where one operator, constant, argument or end of a list could have been another."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["OPERATORS", "Change", "changed_source", "changes"]

OPERATORS = ("comparison", "and/or", "not", "arithmetic", "order", "min/max", "any/all", "axis", "constant")

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
#: name -> (operator, the name that stands there instead)
_NAMES = {
    "min": ("min/max", "max"), "max": ("min/max", "min"), "minimum": ("min/max", "maximum"),
    "maximum": ("min/max", "minimum"), "argmin": ("min/max", "argmax"), "argmax": ("min/max", "argmin"),
    "any": ("any/all", "all"), "all": ("any/all", "any"), "popleft": ("order", "pop"), "log1p": ("arithmetic", "log"),
    "zeros": ("constant", "ones"), "ones": ("constant", "zeros"), "ones_like": ("constant", "zeros_like"),
    "zeros_like": ("constant", "ones_like"), "cumsum": ("arithmetic", "cumprod"),
}  # fmt: skip
#: Functions whose first two arguments are not two of a kind.
_NO_SWAP = frozenset({"isinstance", "getattr", "setattr", "zip", "print", "cast", "field", "partial", "max", "min", "minimum", "maximum", "logaddexp", "array_equal"})  # fmt: skip
_COMMUTATIVE = (ast.Sub, ast.Div)


@dataclass(frozen=True)
class Change:
    """One small fault.

    Attributes:
        operator: one of `OPERATORS`.
        line: in the source.
        scope: class and function it stands in, ``"<module>"`` outside.
        before, after: the expression, as unparsed.
        nth: which of several alike in the scope, from 0.
        index: place in the list of `changes`.
    """

    operator: str
    line: int
    scope: str
    before: str
    after: str
    nth: int
    index: int

    @property
    def text(self) -> str:
        """The fault in one line."""
        return f"{self.before} -> {self.after}"


#: The node in a fresh tree is found again by its place in a walk; `apply` changes it there.
_Place = tuple[int, Callable[[ast.AST], ast.AST]]


def changes(source: str) -> list[Change]:
    """Every small fault of a module, in the order of the source."""
    out: list[Change] = []
    seen: Counter[tuple[str, str, str, str]] = Counter()
    for scope, node, operator, make in _places(ast.parse(source)):
        before, after = ast.unparse(node), ast.unparse(ast.fix_missing_locations(make(copy.deepcopy(node))))
        if before == after:
            continue
        key = (operator, scope, before, after)
        out.append(Change(operator, node.lineno, scope, before, after, seen[key], len(out)))  # type: ignore[attr-defined]
        seen[key] += 1
    return out


def changed_source(source: str, change: Change) -> str:
    """The module with one fault."""
    tree = ast.parse(source)
    n = -1
    for _, node, _, make in _places(tree):
        other = make(copy.deepcopy(node))
        if ast.unparse(node) == ast.unparse(ast.fix_missing_locations(other)):
            continue
        n += 1
        if n == change.index:
            return ast.unparse(ast.fix_missing_locations(_Swap(node, other).visit(tree)))
    raise ValueError(f"no change {change.index}")


class _Swap(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST, str, Callable[[ast.AST], ast.AST]]]:
    """Scope, node, operator and how to change the node, in the order of the source."""
    yield from _walk(tree, "<module>")


def _walk(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST, str, Callable[[ast.AST], ast.AST]]]:
    for name, value in ast.iter_fields(node):
        # types and messages compute nothing
        if name in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _silent(child):
                continue
            inner = scope
            if isinstance(child, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                inner = child.name if scope == "<module>" else f"{scope}.{child.name}"
                if child.name in ("to_dict", "__repr__", "__getstate__", "__setstate__"):
                    continue
            yield from ((scope, child, operator, make) for operator, make in _faults(child, node))
            yield from _walk(child, inner)


def _silent(node: ast.AST) -> bool:
    """Docstrings, raised errors, checks of types, names for export, text with values in it."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(t, ast.Name) and t.id in ("__all__", "__slots__") for t in targets)


def _faults(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], ast.AST]]]:
    match node:
        case ast.Compare(ops=[op]):
            for other in _COMPARISONS.get(type(op), ()):
                yield "comparison", _set("ops", [other()])
        case ast.Compare(ops=ops):
            for k, op in enumerate(ops):
                for other in _COMPARISONS.get(type(op), ()):
                    yield "comparison", _set("ops", [*ops[:k], other(), *ops[k + 1 :]])
        case ast.BoolOp(op=ast.And()):
            yield "and/or", _set("op", ast.Or())
        case ast.BoolOp(op=ast.Or()):
            yield "and/or", _set("op", ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield "not", lambda n: n.operand  # type: ignore[attr-defined]
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield "arithmetic", lambda n: n.operand  # type: ignore[attr-defined]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            # -1: the last axis, the last of a list
            operator = "axis" if isinstance(parent, ast.keyword) and parent.arg == "axis" else "order"
            yield operator, lambda n: ast.Constant(0)
        case ast.IfExp():
            yield "not", lambda n: ast.IfExp(n.test, n.orelse, n.body)  # type: ignore[attr-defined]
        case ast.BinOp(op=op) if not _text(node):
            if type(op) in _ARITHMETIC:
                yield "arithmetic", _set("op", _ARITHMETIC[type(op)]())
            if isinstance(op, _COMMUTATIVE):
                yield "order", lambda n: ast.BinOp(n.right, n.op, n.left)  # type: ignore[attr-defined]
        case ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            yield "arithmetic", _set("op", _ARITHMETIC[type(op)]())
        case ast.Constant(value=value) if not isinstance(parent, ast.UnaryOp):
            yield from _constant(value, parent)
        case ast.Call(func=func, args=args):
            yield from _call(func, args)
        case ast.Attribute(attr=name) if name in _NAMES and not isinstance(parent, ast.Call):
            operator, other_name = _NAMES[name]
            yield operator, _set("attr", other_name)
        case ast.Slice(step=ast.UnaryOp(op=ast.USub())):
            yield "order", _set("step", None)


def _call(func: ast.expr, args: list[ast.expr]) -> Iterator[tuple[str, Callable[[ast.AST], ast.AST]]]:
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    if isinstance(func, ast.Name) and name == "where":
        # the place in a file that a message names
        return
    if name in _NAMES:
        operator, other = _NAMES[name]
        if isinstance(func, ast.Attribute):
            yield operator, lambda n: _renamed(n, other)
        elif isinstance(func, ast.Name):
            yield operator, _set("func", ast.Name(other, ast.Load()))
    plain = [a for a in args if not isinstance(a, (ast.Starred, ast.GeneratorExp))]
    if len(args) >= 2 and len(plain) == len(args) and name not in _NO_SWAP:
        yield "order", lambda n: _set("args", [n.args[1], n.args[0], *n.args[2:]])(n)  # type: ignore[attr-defined]


def _renamed(node: ast.AST, name: str) -> ast.AST:
    node.func.attr = name  # type: ignore[attr-defined]
    return node


def _constant(value: object, parent: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], ast.AST]]]:
    axis = isinstance(parent, ast.keyword) and parent.arg == "axis"
    if isinstance(value, bool):
        yield "constant", lambda n: ast.Constant(not value)
    elif isinstance(value, int):
        if axis:
            yield "axis", lambda n: ast.Constant(1 - value)
        else:
            yield "constant", lambda n: ast.Constant(value + 1)
    elif isinstance(value, float):
        yield "constant", lambda n: ast.Constant(value * 1.5 if value else 1.0)


def _text(node: ast.BinOp) -> bool:
    """Whether an addition joins text."""
    return any(
        isinstance(x, ast.JoinedStr) or (isinstance(x, ast.Constant) and isinstance(x.value, str))
        for x in (node.left, node.right)
    )


def _set(name: str, value: object) -> Callable[[ast.AST], ast.AST]:
    def apply(node: ast.AST) -> ast.AST:
        setattr(node, name, value)
        return node

    return apply
