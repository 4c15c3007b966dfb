"""Expressions."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from imtdx.page.translate.errors import TranslationError
from imtdx.page.translate.library import BOOLEAN_CALLS, BUILTIN_METHODS, LIBRARY, LIBRARY_CLASSES
from imtdx.page.translate.scopes import Scope
from imtdx.page.translate.values import Unwritable, string

if TYPE_CHECKING:
    from imtdx.page.translate.program import Module, Program

__all__ = ["Expressions"]

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitOr: "or",
    ast.BitAnd: "and",
    ast.BitXor: "xor",
    ast.MatMult: "matmul",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
_ORDER: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("lt", "<"),
    ast.LtE: ("le", "<="),
    ast.Gt: ("gt", ">"),
    ast.GtE: ("ge", ">="),
}
_NATIVE: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
#: Functions of ``re`` whose first argument is a pattern.
_PATTERN_CALLS = frozenset({"search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split"})
_FORBIDDEN = frozenset(
    {"vars", "locals", "globals", "exec", "eval", "open", "input", "compile", "hash", "bytes", "bytearray", "complex", "memoryview", "dir", "delattr", "slice", "__import__"}
)  # fmt: skip
_PLAIN_NAME = re.compile(r"[\w$]+\Z")


class Expressions:
    """Writes expressions of one definition.

    Args:
        program: what else is needed is asked for there.
        module: where the definition stands.
    """

    def __init__(self, program: Program, module: Module) -> None:
        self.program = program
        self.module = module
        self.scope: Scope | None = None
        self.generator = False

    def assign(self, target: ast.expr, value: str) -> list[str]:
        """Give a value to a target: `Statements` says how."""
        raise NotImplementedError

    def closure(self, node: ast.FunctionDef | ast.Lambda) -> str:
        """A function inside another: `Definitions` says how."""
        raise NotImplementedError

    def fail(self, message: str, node: ast.AST) -> TranslationError:
        return TranslationError(message, self.module.path, node)

    def temp(self) -> str:
        """A helper variable of the function at hand."""
        assert self.scope is not None
        scope: Scope = self.scope
        while scope.kind == "class" and scope.parent is not None:
            scope = scope.parent
        return scope.temp()

    # --- values -------------------------------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> str:
        """An expression; whatever it is, it can stand beside any operator."""
        method: Callable[[Any], str] | None = getattr(self, "x_" + type(node).__name__, None)
        if method is None:
            raise self.fail(f"{type(node).__name__} is not translated", node)
        return method(node)

    def test(self, node: ast.expr) -> str:
        """An expression as true or false."""
        if isinstance(node, ast.BoolOp):
            sign = " && " if isinstance(node.op, ast.And) else " || "
            return "(" + sign.join(self.test(v) for v in node.values) + ")"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"!{self.test(node.operand)}"
        text = self.expr(node)
        return text if self.kind(node) == "bool" else f"$b({text})"

    def kind(self, node: ast.expr) -> str | None:
        """What an expression certainly gives: ``"bool"``, ``"number"``, ``"string"``, or None."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool):
                return "bool"
            if isinstance(node.value, (int, float)):
                return "number"
            return "string" if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            return "string"
        if isinstance(node, ast.Compare):
            # arrays compare to arrays, so only what cannot be one is certain
            certain = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
            sides = [node.left, *node.comparators]
            plain = all(isinstance(o, certain) for o in node.ops) or any(self.kind(s) for s in sides)
            return "bool" if plain or len(node.ops) > 1 or not self.program.holds_arrays else None
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                return "bool"
            return "number" if isinstance(node.op, ast.USub) and self.kind(node.operand) == "number" else None
        if isinstance(node, ast.BoolOp):
            kinds = {self.kind(v) for v in node.values}
            return kinds.pop() if len(kinds) == 1 else None
        if isinstance(node, ast.BinOp) and type(node.op) in _NATIVE:
            left, right = self.kind(node.left), self.kind(node.right)
            return "number" if left == right == "number" else None
        if isinstance(node, ast.IfExp):
            body, other = self.kind(node.body), self.kind(node.orelse)
            return body if body == other else None
        if isinstance(node, ast.Name) and self.scope is not None and self.scope.is_number(node.id):
            return "number"
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and self.global_name(node.func.id) in (
                "$isinstance", "$any", "$all", "$callable", "$hasattr", "$bool", "$issubclass",
            ):  # fmt: skip
                return "bool"
            if isinstance(node.func, ast.Name) and self.global_name(node.func.id) in ("$len", "$int", "$float", "$ord"):
                return "number"
            if isinstance(node.func, ast.Attribute) and node.func.attr in BOOLEAN_CALLS:
                return "bool" if not self.program.holds_arrays or not node.func.attr.startswith("isn") else None
        return None

    def x_Constant(self, node: ast.Constant) -> str:
        try:
            return self.program.value(node.value)
        except Unwritable as error:
            raise self.fail(f"{error} is not translated", node) from None

    def x_Name(self, node: ast.Name) -> str:
        found = self.scope.find(node.id) if self.scope is not None else None
        if isinstance(found, str):
            return found
        if found is not None:
            return self.definition(*found, node)
        text = self.global_name(node.id)
        if text is None:
            if node.id in _FORBIDDEN:
                raise self.fail(f"{node.id}() is not translated", node)
            raise self.fail(f"{node.id} is not known", node)
        return text

    def definition(self, module: str, name: str, node: ast.AST) -> str:
        """The JavaScript name of what another module defines."""
        if not self.program.holds(module):
            kind, what = self.program.from_import(module, name)
            return what if kind == "library" else f"$outside({string(module)})"
        try:
            return self.program.need(module, name)
        except KeyError:
            raise self.fail(f"{module} has no {name}", node) from None

    def global_name(self, name: str) -> str | None:
        """The JavaScript name of a name that is not local, None where there is none."""
        if self.scope is not None and self.scope.find(name) is not None:
            return None
        try:
            kind, what = self.program.resolve(self.module.name, name)
        except KeyError:
            return None
        if kind == "library":
            return what
        if kind == "outside":
            return f"$outside({string(what)})"
        if kind in ("module", "ignored"):
            return None
        return self.program.need(kind, what)

    def library_name(self, node: ast.expr) -> str | None:
        """Full name of a library function (``re.compile``, ``typing.cast``) that an expression names, or None."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            alias = self.module.top.get(node.value.id)
            if isinstance(alias, ast.alias) and not hasattr(alias, "module"):
                return f"{alias.name}.{node.attr}"
        if isinstance(node, ast.Name) and (self.scope is None or self.scope.find(node.id) is None):
            alias = self.module.top.get(node.id)
            if isinstance(alias, ast.alias) and getattr(alias, "module", None):
                return f"{alias.module}.{alias.name}"  # type: ignore[attr-defined]
        return None

    def x_Attribute(self, node: ast.Attribute) -> str:
        self.program.mentioned.add(node.attr)
        whole = self.module_attribute(node)
        if whole is not None:
            return whole
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "super":
            return f"super.${node.attr}"
        if node.attr == "__class__":
            return f"$type({self.expr(node.value)})"
        self.known_member(node)
        if node.attr == "__name__":
            return f"$nameOf({self.expr(node.value)})"
        value = self.expr(node.value)
        if value in ("$str", "$list", "$dict", "$setOf", "$frozenset", "$tupleOf") and node.attr not in (
            "fromkeys",
            "maketrans",
            "__name__",
        ):
            return f"$unbound({string('$' + node.attr)})"
        if node.attr in self.program.method_names or node.attr in BUILTIN_METHODS:
            return f"$m({value}, {string('$' + node.attr)})"
        return f"{value}.${node.attr}"

    def known_member(self, node: ast.Attribute) -> None:
        """Refuse a function of a library that the runtime lacks."""
        if (
            isinstance(node.value, ast.Name)
            and self.global_name(node.value.id) in LIBRARY.values()
            and f"${node.attr}" not in self.program.library_members()
        ):
            raise self.fail(
                f"{ast.unparse(node)} has no counterpart in page/runtime; write it there or do without", node
            )

    def module_attribute(self, node: ast.Attribute) -> str | None:
        """An attribute of a translated module, or None for any other attribute."""
        if not isinstance(node.value, (ast.Name, ast.Attribute)):
            return None
        name = self.module_name(node.value)
        if name is None:
            return None
        if not self.program.holds(name):
            return f"$outside({string(name)})"
        try:
            kind, what = self.program.from_import(name, node.attr)
        except KeyError:
            raise self.fail(f"{name} has no {node.attr}", node) from None
        if kind == "library":
            return what
        return None if kind in ("module", "ignored") else self.definition(name, node.attr, node)

    def module_name(self, node: ast.expr) -> str | None:
        """The module that a name (or a name in a package) stands for, None for anything else."""
        if isinstance(node, ast.Attribute):
            package = self.module_name(node.value)
            return (
                None
                if package is None or not self.program.holds(f"{package}.{node.attr}")
                else self._module_of(package, node.attr)
            )
        if not isinstance(node, ast.Name):
            return None
        found = self.scope.find(node.id) if self.scope is not None else None
        if isinstance(found, str):
            return None
        try:
            kind, what = self.program.from_import(*found) if found else self.program.resolve(self.module.name, node.id)
        except KeyError:
            return None
        return what if kind == "module" else None

    def _module_of(self, package: str, name: str) -> str | None:
        kind, what = self.program.from_import(package, name)
        return what if kind == "module" else None

    # --- displays -----------------------------------------------------------------------------------------------------

    def items(self, nodes: list[ast.expr]) -> str:
        """Expressions between commas, starred ones spread."""
        return ", ".join(f"...{self.expr(n.value)}" if isinstance(n, ast.Starred) else self.expr(n) for n in nodes)

    def x_List(self, node: ast.List) -> str:
        return f"[{self.items(node.elts)}]"

    def x_Tuple(self, node: ast.Tuple) -> str:
        return f"$tuple([{self.items(node.elts)}])"

    def x_Set(self, node: ast.Set) -> str:
        return f"$setOf([{self.items(node.elts)}])"

    def x_Dict(self, node: ast.Dict) -> str:
        if all(k is not None for k in node.keys):
            return f"new $Dict([{', '.join(f'[{self.expr(k)}, {self.expr(v)}]' for k, v in zip(node.keys, node.values, strict=True) if k)}])"
        parts = [
            f"...({self.expr(v)}).$items()" if k is None else f"[{self.expr(k)}, {self.expr(v)}]"
            for k, v in zip(node.keys, node.values, strict=True)
        ]
        return f"new $Dict([{', '.join(parts)}])"

    def x_JoinedStr(self, node: ast.JoinedStr) -> str:
        parts = [self.x_FormattedValue(v) if isinstance(v, ast.FormattedValue) else self.expr(v) for v in node.values]
        return f"({' + '.join(parts)})" if parts else '""'

    def x_FormattedValue(self, node: ast.FormattedValue) -> str:
        text = self.expr(node.value)
        if node.conversion == ord("r"):
            text = f"$repr({text})"
        elif node.conversion == ord("a"):
            raise self.fail("!a is not translated", node)
        elif node.conversion == ord("s") or node.format_spec is None:
            text = f"$str({text})"
        return text if node.format_spec is None else f"$format({text}, {self.expr(node.format_spec)})"

    # --- operators ----------------------------------------------------------------------------------------------------

    def x_BoolOp(self, node: ast.BoolOp) -> str:
        sign = "&&" if isinstance(node.op, ast.And) else "||"
        *heads, last = node.values
        text = self.expr(last)
        for head in reversed(heads):
            if self.kind(head) == "bool":
                text = f"({self.expr(head)} {sign} {text})"
                continue
            value = self.expr(head)
            if not _PLAIN_NAME.match(value):
                name = self.temp()
                value, test = name, f"$b({name} = {value})"
            else:
                test = f"$b({value})"
            text = f"({test} ? {text} : {value})" if sign == "&&" else f"({test} ? {value} : {text})"
        return text

    def x_UnaryOp(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.Not):
            return self.test(node)
        value = self.expr(node.operand)
        if isinstance(node.op, ast.USub):
            return f"(-{value})" if self.kind(node.operand) == "number" else f"$neg({value})"
        return f"$invert({value})" if isinstance(node.op, ast.Invert) else value

    def x_BinOp(self, node: ast.BinOp) -> str:
        return self.binary(node.op, node.left, node.right, node)

    def binary(self, op: ast.operator, left: ast.expr, right: ast.expr, node: ast.AST) -> str:
        """An operator between two expressions."""
        if type(op) not in _BINARY:
            raise self.fail(f"the operator {type(op).__name__} is not translated", node)
        a, b = self.expr(left), self.expr(right)
        if type(op) in _NATIVE and self.kind(left) == self.kind(right) == "number":
            return f"({a} {_NATIVE[type(op)]} {b})"
        if isinstance(op, ast.Add) and self.kind(left) == self.kind(right) == "string":
            return f"({a} + {b})"
        if isinstance(op, ast.Mod) and self.kind(left) == "string":
            raise self.fail("% on a string is not translated; use an f-string", node)
        return f"${_BINARY[type(op)]}({a}, {b})"

    def x_Compare(self, node: ast.Compare) -> str:
        if len(node.ops) == 1:
            return self.compare(node.ops[0], node.left, node.comparators[0], *self._sides(node))
        parts = []
        left, left_node = self.expr(node.left), node.left
        for k, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.expr(right_node)
            given = right
            if k + 1 < len(node.ops) and not _PLAIN_NAME.match(right):
                name = self.temp()
                given, right = f"({name} = {right})", name
            parts.append(self.compare(op, left_node, right_node, left, given))
            left, left_node = right, right_node
        return f"({' && '.join(parts)})"

    def _sides(self, node: ast.Compare) -> tuple[str, str]:
        listed = isinstance(node.ops[0], (ast.In, ast.NotIn)) and _string_set(node.comparators[0]) is not None
        return self.expr(node.left), "" if listed else self.expr(node.comparators[0])

    def compare(self, op: ast.cmpop, left_node: ast.expr, right_node: ast.expr, left: str, right: str) -> str:
        """One comparison."""
        kinds = (self.kind(left_node), self.kind(right_node))
        if isinstance(op, (ast.Is, ast.IsNot)):
            loose = any(isinstance(n, ast.Constant) and n.value is None for n in (left_node, right_node))
            sign = ("=" if isinstance(op, ast.Is) else "!") + ("=" if loose else "==")
            return f"({left} {sign} {right})"
        if isinstance(op, (ast.Eq, ast.NotEq)):
            not_ = isinstance(op, ast.NotEq)
            if "string" in kinds:
                return f"({left} {'!' if not_ else '='}== {right})"
            if kinds == ("number", "number"):
                return f"({left} {'!' if not_ else '='}= {right})"
            return f"$ne({left}, {right})" if not_ else f"$eq({left}, {right})"
        if isinstance(op, (ast.In, ast.NotIn)):
            not_sign = "!" if isinstance(op, ast.NotIn) else ""
            words = _string_set(right_node)
            if words is not None:
                return (
                    f"{not_sign}[{', '.join(string(w) if w is not None else 'null' for w in words)}].includes({left})"
                )
            return f"{not_sign}$in({left}, {right})"
        name, sign = _ORDER[type(op)]
        return f"({left} {sign} {right})" if kinds == ("number", "number") else f"${name}({left}, {right})"

    def x_IfExp(self, node: ast.IfExp) -> str:
        return f"({self.test(node.test)} ? {self.expr(node.body)} : {self.expr(node.orelse)})"

    def x_NamedExpr(self, node: ast.NamedExpr) -> str:
        return f"({self.x_Name(node.target)} = {self.expr(node.value)})"

    def x_Starred(self, node: ast.Starred) -> str:
        return f"...{self.expr(node.value)}"

    def x_Lambda(self, node: ast.Lambda) -> str:
        return self.closure(node)

    def x_Yield(self, node: ast.Yield) -> str:
        return f"(yield {self.expr(node.value) if node.value else 'null'})"

    def x_YieldFrom(self, node: ast.YieldFrom) -> str:
        return f"(yield* {self.expr(node.value)})"

    # --- places -------------------------------------------------------------------------------------------------------

    def x_Subscript(self, node: ast.Subscript) -> str:
        value = self.expr(node.value)
        if isinstance(node.slice, ast.Slice):
            return f"$slice({value}, {self.bounds(node.slice)})"
        return f"$get({value}, {self.index(node.slice)})"

    def bounds(self, node: ast.Slice) -> str:
        """The three numbers of a slice."""
        return ", ".join(self.expr(n) if n is not None else "null" for n in (node.lower, node.upper, node.step))

    def index(self, node: ast.expr) -> str:
        """An index; slices in it are values."""
        if isinstance(node, ast.Slice):
            return f"new $Slice({self.bounds(node)})"
        if isinstance(node, ast.Tuple):
            return f"$tuple([{', '.join(self.index(n) for n in node.elts)}])"
        return self.expr(node)

    def x_Slice(self, node: ast.Slice) -> str:
        return f"new $Slice({self.bounds(node)})"

    # --- comprehensions -----------------------------------------------------------------------------------------------

    def x_ListComp(self, node: ast.ListComp) -> str:
        return self.comprehension(
            node.generators, lambda: f"$r.push({self.expr(node.elt)});", "const $r = [];", "return $r;"
        )

    def x_SetComp(self, node: ast.SetComp) -> str:
        add = lambda: f"$r.$add({self.expr(node.elt)});"  # noqa: E731
        return self.comprehension(node.generators, add, "const $r = $setOf();", "return $r;")

    def x_DictComp(self, node: ast.DictComp) -> str:
        def put() -> str:
            return f"$r.$__setitem__({self.expr(node.key)}, {self.expr(node.value)});"

        return self.comprehension(node.generators, put, "const $r = new $Dict();", "return $r;")

    def x_GeneratorExp(self, node: ast.GeneratorExp) -> str:
        return self.comprehension(node.generators, lambda: f"yield {self.expr(node.elt)};", generator=True)

    def comprehension(
        self,
        generators: list[ast.comprehension],
        act: Callable[[], str],
        before: str = "",
        after: str = "",
        generator: bool = False,
        more: tuple[str, str] | None = None,
    ) -> str:
        """A comprehension as a function that is called at once with its first iterable."""
        first = self.expr(generators[0].iter)
        outer = self.scope
        self.scope = Scope("comprehension", outer)
        for g in generators:
            if g.is_async:
                raise self.fail("async is not translated", g.target)
            self.scope.declare({n.id for n in ast.walk(g.target) if isinstance(n, ast.Name)})
        text = self._loops(generators, act, True)
        declared = [*self.scope.names.values(), *self.scope.temps]
        self.scope = outer
        head = f"let {', '.join(declared)}; " if declared else ""
        parameters = "$it" + (f", {more[0]}" if more else "")
        arguments = first + (f", {more[1]}" if more else "")
        body = f"{{ {before}{head}{text} {after} }}"
        if generator:
            return f"(function* ({parameters}) {body})({arguments})"
        return f"(({parameters}) => {body})({arguments})"

    def _loops(self, generators: list[ast.comprehension], act: Callable[[], str], first: bool) -> str:
        g, *rest = generators
        source = "$it" if first else self.expr(g.iter)
        inner: Callable[[], str] = (lambda: self._loops(rest, act, False)) if rest else act
        if isinstance(g.target, ast.Name):
            head, unpacked = f"for ({self.x_Name(g.target)} of {source})", ""
        else:
            name = self.temp()
            head, unpacked = f"for ({name} of {source})", " ".join(self.assign(g.target, name)) + " "
        tests = [self.test(i) for i in g.ifs]
        guard = f"if ({' && '.join(tests)}) " if tests else ""
        return f"{head} {{ {unpacked}{guard}{{ {inner()} }} }}"

    # --- calls --------------------------------------------------------------------------------------------------------

    def x_Call(self, node: ast.Call) -> str:
        func = node.func
        whole = self.library_name(func)
        if whole is not None:
            special = self.library_call(whole, node)
            if special is not None:
                return special
        if isinstance(func, ast.Name):
            name = self.global_name(func.id)
            if name is not None:
                return self.global_call(name, node)
            found = self.scope.find(func.id) if self.scope is not None else None
            if found is None and func.id in _FORBIDDEN:
                raise self.fail(f"{func.id}() is not translated", node)
            callee = self.x_Name(func)
            if isinstance(found, tuple):
                return self.global_call(callee, node)
            if self._keywords(node):
                return self.keyword_call(callee, "null", node)
            return f"$f({callee})({self.items(node.args)})"
        if isinstance(func, ast.Attribute):
            return self.method_call(func, node)
        if (
            isinstance(func, ast.Subscript)
            and isinstance(func.value, ast.Name)
            and self.global_name(func.value.id) in ("$dict", "$list", "$setOf", "$frozenset", "$tupleOf")
        ):
            return self.expr(
                ast.copy_location(ast.Call(func.value, node.args, node.keywords), node)
            )  # dict[str, int]()
        callee = self.expr(func)
        if self._keywords(node):
            return self.keyword_call(callee, "null", node)
        return f"$f({callee})({self.items(node.args)})"

    @staticmethod
    def _keywords(node: ast.Call) -> bool:
        return bool(node.keywords)

    def keyword_call(self, callee: str, this: str, node: ast.Call) -> str:
        """A call whose keywords find their places when it happens."""
        return f"$kcall({callee}, {this}, [{self.items(node.args)}], {self.keywords(node)})"

    def keywords(self, node: ast.Call) -> str:
        """Keywords as an object or table."""
        if all(k.arg is not None for k in node.keywords):
            return "{" + ", ".join(f"{string(str(k.arg))}: {self.expr(k.value)}" for k in node.keywords) + "}"
        parts = [
            f"...({self.expr(k.value)}).$items()" if k.arg is None else f"[{string(k.arg)}, {self.expr(k.value)}]"
            for k in node.keywords
        ]
        return f"new $Dict([{', '.join(parts)}])"

    def global_call(self, name: str, node: ast.Call) -> str:
        """A call of a function or class that is no local value."""
        lone = node.args[0] if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) else None
        if lone is not None and not node.keywords and name in ("$any", "$all"):
            hit, end = ("true", "false") if name == "$any" else ("false", "true")
            sign = "" if name == "$any" else "!"
            act = lambda: f"if ({sign}{self.test(lone.elt)}) return {hit};"  # noqa: E731
            return self.comprehension(lone.generators, act, after=f"return {end};")
        if name == "$next" and node.args and isinstance(node.args[0], ast.GeneratorExp):
            found = node.args[0]
            act = lambda: f"return {self.expr(found.elt)};"  # noqa: E731
            if len(node.args) == 2:
                return self.comprehension(
                    found.generators, act, after="return $else;", more=("$else", self.expr(node.args[1]))
                )
            return self.comprehension(found.generators, act, after="throw new $StopIteration();")
        if (
            name in ("$sum", "$list", "$tupleOf", "$setOf", "$frozenset", "$dict", "$sorted", "$max", "$min")
            and node.args
            and isinstance(node.args[0], ast.GeneratorExp)
        ):
            inner = node.args[0]
            listed = ast.copy_location(ast.ListComp(inner.elt, inner.generators), inner)
            if name == "$list":
                return self.expr(listed)
            node = ast.copy_location(ast.Call(node.func, [listed, *node.args[1:]], node.keywords), node)
        if name == "$getattr" and len(node.args) > 1:
            first = node.args[1].left if isinstance(node.args[1], ast.BinOp) else node.args[1]
            if isinstance(first, ast.JoinedStr) and first.values:
                first = first.values[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                self.program.beginnings.add(first.value)
        if name == "$super":
            raise self.fail("super() is translated only in front of a method", node)
        if name == "$Range":
            return f"new $Range({self.items(node.args)})"
        if name in self.program.enumerations:
            name = f"$f({name})"
        new = "new " if self.is_class(name) else ""
        if not node.keywords:
            return f"{new}{name}({self.items(node.args)})"
        parameters = self.program.parameters.get(name)
        if (
            parameters
            and all(k.arg in parameters for k in node.keywords)
            and not any(isinstance(a, ast.Starred) for a in node.args)
        ):
            given = [self.expr(a) for a in node.args]
            by_name = {str(k.arg): self.expr(k.value) for k in node.keywords}
            places = [by_name.get(p, "undefined") for p in parameters[len(given) :]]
            while places and places[-1] == "undefined":
                places.pop()
            return f"{new}{name}({', '.join([*given, *places])})"
        return self.keyword_call(name, "null", node)

    def is_class(self, name: str) -> bool:
        """Whether a JavaScript name is one of a class."""
        return (
            name in self.program.class_names
            or name in LIBRARY_CLASSES
            or (name.startswith("$") and name.endswith(("Error", "Exception", "StopIteration")))
        )

    def method_call(self, func: ast.Attribute, node: ast.Call) -> str:
        """A call of a method, or of a function of a module."""
        self.program.mentioned.add(func.attr)
        value = func.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super":
            callee = f"super.${func.attr}"
            return self.keyword_call(callee, "this", node) if node.keywords else f"{callee}({self.items(node.args)})"
        inside = self.module_attribute(func)
        if inside is not None:
            return self.global_call(inside, node)
        if func.attr == "join" and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
            g = node.args[0]
            node = ast.copy_location(
                ast.Call(func, [ast.copy_location(ast.ListComp(g.elt, g.generators), g)], []), node
            )
        self.known_member(func)
        target = self.expr(value)
        if target in ("$str", "$list", "$dict", "$setOf", "$frozenset") and func.attr not in ("fromkeys", "maketrans"):
            return f"$unbound({string('$' + func.attr)})({self.items(node.args)})"
        if isinstance(value, ast.Constant):
            target = f"({target})"
        if target in self.program.class_names:
            plain = self.program.plain_methods.get(target, frozenset())
            if func.attr in plain:
                return f"{target}.prototype.${func.attr}.call({self.items(node.args)})"
        made = f"{target}.${func.attr}" in LIBRARY_CLASSES
        if not node.keywords:
            return f"{'new ' if made else ''}{target}.${func.attr}({self.items(node.args)})"
        if _PLAIN_NAME.match(target):
            return self.keyword_call(f"{target}.${func.attr}", target, node)
        name = self.temp()
        return self.keyword_call(f"({name} = {target}).${func.attr}", name, node)

    # --- the library --------------------------------------------------------------------------------------------------

    def library_call(self, whole: str, node: ast.Call) -> str | None:
        """A call that is translated in a way of its own, None for any other."""
        source, _, name = whole.rpartition(".")
        if whole == "typing.cast":
            return self.expr(node.args[1])
        if source == "re" and name == "compile":
            return self.pattern(node.args[0], node.args[1] if len(node.args) > 1 else None, node)
        if source == "re" and name in _PATTERN_CALLS:
            names = {
                "sub": ["pattern", "repl", "string", "count", "flags"],
                "subn": ["pattern", "repl", "string", "count", "flags"],
            }.get(
                name, ["pattern", "string", "maxsplit", "flags"] if name == "split" else ["pattern", "string", "flags"]
            )
            given = dict(zip(names, node.args, strict=False)) | {str(k.arg): k.value for k in node.keywords}
            pattern = self.pattern(given["pattern"], given.get("flags"), node)
            rest = [self.expr(given[n]) for n in names[1:-1] if n in given]
            return f"{pattern}.${name}({', '.join(rest)})"
        if source == "enum" or (source == "typing" and name not in ("cast",)):
            raise self.fail(f"{whole}() is not translated", node)
        return None

    def pattern(self, node: ast.expr, flags: ast.expr | None, where: ast.Call) -> str:
        """A pattern that is known now, as the name of a constant."""
        try:
            given = self.evaluate(node)
            bits = self.evaluate(flags) if flags is not None else 0
        except Exception:  # whatever the expression needs is not there yet
            raise self.fail(
                "the pattern is not known before the function runs; make it a constant of the module, or an attribute of an object "
                "that is handed over",
                where,
            ) from None
        if isinstance(given, re.Pattern):
            given, bits = given.pattern, given.flags & ~re.UNICODE
        try:
            return self.program.pattern(given, int(bits))
        except TranslationError as error:
            raise self.fail(str(error), where) from None

    def evaluate(self, node: ast.expr) -> Any:
        """The value of an expression of constants of the module."""
        for name in ast.walk(node):
            if isinstance(name, ast.Name) and self.scope is not None and self.scope.find(name.id) is not None:
                raise NameError(name.id)
        code = compile(ast.fix_missing_locations(ast.Expression(node)), self.module.path, "eval")
        return eval(code, dict(vars(self.module.live)))  # the package's own constants


def _string_set(node: ast.expr) -> list[str | None] | None:
    """The members of a display of text and None only."""
    if not isinstance(node, (ast.Tuple, ast.List, ast.Set)) or not node.elts:
        return None
    values = [
        e.value for e in node.elts if isinstance(e, ast.Constant) and (e.value is None or isinstance(e.value, str))
    ]
    return values if len(values) == len(node.elts) else None
