"""Names inside functions: which are local, and what they are called in JavaScript."""

# ruff: noqa: SIM905  words in a row are easier to read
from __future__ import annotations

import ast
from dataclasses import dataclass, field

__all__ = ["Scope", "bound_names", "has_yield", "own_nodes"]

_RESERVED = frozenset(
    "abstract arguments await boolean break byte case catch char class const continue debugger default delete do double else "
    "enum eval export extends false final finally float for function goto if implements import in instanceof int interface let "
    "long native new null package private protected public return short static super switch synchronized this throw throws "
    "transient true try typeof undefined var void volatile while with yield NaN Infinity".split()
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Scope:
    """Names of one function, comprehension or class body.

    Attributes:
        kind: ``"function"``, ``"comprehension"`` or ``"class"``.
        names: Python name -> JavaScript name.
        imports: local name -> (module, name) of an import inside the function.
        temps: helper variables to declare.
        first: the name of the instance or class a method is called on.
    """

    kind: str
    parent: Scope | None = None
    names: dict[str, str] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    temps: list[str] = field(default_factory=list)
    depth: int = 0

    def __post_init__(self) -> None:
        self.depth = self.parent.depth + 1 if self.parent else 1

    def declare(self, names: set[str]) -> None:
        """Make names local."""
        for name in sorted(names):
            self.names[name] = name + "_" if name in _RESERVED else name

    def temp(self) -> str:
        """A helper variable of its own."""
        name = f"$t{self.depth}_{len(self.temps)}"
        self.temps.append(name)
        return name

    def find(self, name: str) -> str | tuple[str, str] | None:
        """What a name stands for here: a local name, an import (module, name), or None for a global."""
        scope: Scope | None = self
        inner = True
        while scope is not None:
            if scope.kind != "class" or inner:
                if name in scope.imports:
                    return scope.imports[name]
                if name in scope.names:
                    return scope.names[name]
            inner = inner and scope.kind == "comprehension"
            scope = scope.parent
        return None

    def is_number(self, name: str) -> bool:
        """Whether a local name is declared a number."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return name in scope.numbers
            scope = scope.parent
        return False


def own_nodes(body: list[ast.stmt]) -> tuple[ast.AST, ...]:
    """Every node of a body but those inside nested functions and classes (the nested definitions themselves included)."""
    kept = _walked.get(id(body))
    if kept is None or kept[0] is not body:
        nodes: list[ast.AST] = []
        left: list[ast.AST] = list(body)
        while left:
            node = left.pop()
            nodes.append(node)
            if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                left.extend(ast.iter_child_nodes(node))
        kept = _walked[id(body)] = (body, tuple(nodes))
    return kept[1]


#: Bodies that were walked, kept alive with their nodes.
_walked: dict[int, tuple[list[ast.stmt], tuple[ast.AST, ...]]] = {}


def bound_names(body: list[ast.stmt]) -> set[str]:
    """Names that a function body binds, without its parameters."""
    names: set[str] = set()
    outer: set[str] = set()
    inner: set[int] = set()
    for node in own_nodes(body):
        if isinstance(node, _COMPREHENSIONS):
            # names bound by the comprehension are its own, walrus apart
            for generator in node.generators:
                inner.update(id(n) for n in ast.walk(generator.target))
    for node in own_nodes(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)) and id(node) not in inner:
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) or (isinstance(node, ast.ExceptHandler) and node.name):
            names.add(str(node.name))
        elif isinstance(node, (ast.Nonlocal, ast.Global)):
            outer.update(node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
    return names - outer


def has_yield(body: list[ast.stmt]) -> bool:
    """Whether a function body makes a generator."""
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(body))
