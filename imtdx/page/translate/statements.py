"""Statements."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from imtdx.page.translate.expressions import Expressions
from imtdx.page.translate.values import string

__all__ = ["Statements"]

_IN_PLACE: dict[type[ast.operator], str] = {ast.Add: "iadd", ast.BitOr: "ior", ast.BitAnd: "iand", ast.Sub: "isub"}


class Statements(Expressions):
    """Writes statements; each gives lines without indentation."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.caught: list[str] = []
        self.loops: list[str | None] = []
        self.counter = 0

    def fresh(self, stem: str) -> str:
        """A name of its own for a block."""
        self.counter += 1
        return f"${stem}{self.counter}"

    def body(self, nodes: list[ast.stmt]) -> list[str]:
        """A block of statements."""
        out: list[str] = []
        for node in nodes:
            method: Callable[[Any], list[str]] | None = getattr(self, "s_" + type(node).__name__, None)
            if method is None:
                raise self.fail(f"{type(node).__name__} is not translated", node)
            out += method(node)
        return out

    def block(self, nodes: list[ast.stmt]) -> str:
        """A block in braces."""
        return "{ " + "\n".join(self.body(nodes)) + " }"

    # --- simple statements --------------------------------------------------------------------------------------------

    def s_Expr(self, node: ast.Expr) -> list[str]:
        return [] if isinstance(node.value, ast.Constant) else [f"{self.expr(node.value)};"]

    def s_Pass(self, node: ast.Pass) -> list[str]:
        return []

    def s_Break(self, node: ast.Break) -> list[str]:
        label = self.loops[-1] if self.loops else None
        return [f"break {label};" if label else "break;"]

    def s_Continue(self, node: ast.Continue) -> list[str]:
        return ["continue;"]

    def s_Nonlocal(self, node: ast.Nonlocal) -> list[str]:
        return []

    def s_Global(self, node: ast.Global) -> list[str]:
        raise self.fail("global is not translated; hand the value over", node)

    def s_Return(self, node: ast.Return) -> list[str]:
        return [f"return {self.expr(node.value) if node.value else 'null'};"]

    def s_Assert(self, node: ast.Assert) -> list[str]:
        message = self.expr(node.msg) if node.msg else ""
        return [f"if (!{self.test(node.test)}) throw new $AssertionError({message});"]

    def s_Raise(self, node: ast.Raise) -> list[str]:
        if node.exc is None:
            if not self.caught:
                raise self.fail("raise without an error is translated only in an except clause", node)
            return [f"throw {self.caught[-1]};"]
        text = self.expr(node.exc)
        return [f"throw new {text}();" if self.is_class(text) else f"throw {text};"]

    def s_Delete(self, node: ast.Delete) -> list[str]:
        out = []
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
                out.append(f"$delslice({self.expr(target.value)}, {self.bounds(target.slice)});")
            elif isinstance(target, ast.Subscript):
                out.append(f"$del({self.expr(target.value)}, {self.expr(target.slice)});")
            elif isinstance(target, ast.Attribute):
                out.append(f"delete {self.expr(target.value)}.${target.attr};")
            elif isinstance(target, ast.Name):
                out.append(f"{self.x_Name(target)} = undefined;")
            else:
                raise self.fail("this del is not translated", node)
        return out

    def s_Import(self, node: ast.Import) -> list[str]:
        out = []
        assert self.scope is not None
        for alias in node.names:
            if alias.name in ("numpy",) or self.program.holds(alias.name):
                raise self.fail("import this at the top of the module", node)
            name = self.scope.names.get(alias.asname or alias.name.partition(".")[0])
            out.append(f"{name} = $outside({string(alias.name)});")
        return out

    def s_ImportFrom(self, node: ast.ImportFrom) -> list[str]:
        out = []
        assert self.scope is not None and node.module is not None
        for alias in node.names:
            local = alias.asname or alias.name
            kind = (
                self.program.from_import(node.module, alias.name)[0] if self.program.holds(node.module) else "outside"
            )
            if kind == "outside":
                out.append(f"$outside({string(node.module)});")
            self.scope.imports[local] = (node.module, alias.name)
        return out

    # --- assignment ---------------------------------------------------------------------------------------------------

    def s_Assign(self, node: ast.Assign) -> list[str]:
        if len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, (ast.Tuple, ast.List)) and isinstance(node.value, ast.Tuple):
                sources = node.value.elts
                if len(sources) == len(target.elts) and not any(
                    isinstance(e, ast.Starred) for e in (*sources, *target.elts)
                ):
                    temps = [self.temp() for _ in sources]
                    out = [f"{t} = {self.expr(s)};" for t, s in zip(temps, sources, strict=True)]
                    return out + [line for e, t in zip(target.elts, temps, strict=True) for line in self.assign(e, t)]
            return self.assign(target, self.expr(node.value))
        name = self.temp()
        out = [f"{name} = {self.expr(node.value)};"]
        for target in node.targets:
            out += self.assign(target, name)
        return out

    def s_AnnAssign(self, node: ast.AnnAssign) -> list[str]:
        return self.assign(node.target, self.expr(node.value)) if node.value is not None else []

    def assign(self, target: ast.expr, value: str) -> list[str]:
        """Give a value to a target."""
        if isinstance(target, ast.Name):
            return [f"{self.x_Name(target)} = {value};"]
        if isinstance(target, ast.Attribute):
            return [f"{self.expr(target.value)}.${target.attr} = {value};"]
        if isinstance(target, ast.Subscript):
            if isinstance(target.slice, ast.Slice):
                return [f"$setslice({self.expr(target.value)}, {self.bounds(target.slice)}, {value});"]
            return [f"$set({self.expr(target.value)}, {self.index(target.slice)}, {value});"]
        if isinstance(target, (ast.Tuple, ast.List)):
            stars = [k for k, e in enumerate(target.elts) if isinstance(e, ast.Starred)]
            name = self.temp()
            n = len(target.elts)
            if stars:
                out = [f"{name} = $unpackStar({value}, {stars[0]}, {n - stars[0] - 1});"]
            else:
                out = [f"{name} = $unpack({value}, {n});"]
            for k, element in enumerate(target.elts):
                out += self.assign(element.value if isinstance(element, ast.Starred) else element, f"{name}[{k}]")
            return out
        raise self.fail("this assignment is not translated", target)

    def s_AugAssign(self, node: ast.AugAssign) -> list[str]:
        target = node.target
        if isinstance(target, ast.Name):
            return [f"{self.x_Name(target)} = {self.changed(target, node)};"]
        if isinstance(target, ast.Attribute):
            out, value = self._once(target.value)
            place = f"{value}.${target.attr}"
            return [*out, f"{place} = {self.changed(target, node, place)};"]
        out, value = self._once(target.value)
        if isinstance(target.slice, ast.Slice):
            raise self.fail("this assignment is not translated", node)
        index = self.temp()
        out.append(f"{index} = {self.index(target.slice)};")
        return [*out, f"$set({value}, {index}, {self.changed(target, node, f'$get({value}, {index})')});"]

    def _once(self, node: ast.expr) -> tuple[list[str], str]:
        """An expression that is worked out once: statements before, and its value."""
        if isinstance(node, ast.Name):
            return [], self.expr(node)
        name = self.temp()
        return [f"{name} = {self.expr(node)};"], name

    def changed(self, target: ast.expr, node: ast.AugAssign, old: str = "") -> str:
        """The value after ``target op= value``."""
        loaded = ast.copy_location(ast.Name(target.id, ast.Load()), target) if isinstance(target, ast.Name) else target
        if isinstance(target, ast.Name) and type(node.op) not in _IN_PLACE:
            return self.binary(node.op, loaded, node.value, node)
        if isinstance(target, ast.Name) and self.kind(loaded) == self.kind(node.value) == "number":
            return self.binary(node.op, loaded, node.value, node)
        name = _IN_PLACE.get(type(node.op))
        before = old or self.expr(loaded)
        if name is None:
            return self.binary(node.op, _Text(before), node.value, node)
        return f"${name}({before}, {self.expr(node.value)})"

    def x__Text(self, node: _Text) -> str:
        return node.text

    # --- branches and loops -------------------------------------------------------------------------------------------

    def s_If(self, node: ast.If) -> list[str]:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return self.body(node.orelse)
        text = f"if ({self.test(node.test)}) {self.block(node.body)}"
        if node.orelse:
            one = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
            text += " else " + ("\n".join(self.body(node.orelse)) if one else self.block(node.orelse))
        return [text]

    def s_While(self, node: ast.While) -> list[str]:
        # temporaries of the test are worked out anew in every round, as part of the expression
        return self._else(node, lambda: [f"while ({self.test(node.test)}) {self.block(node.body)}"])

    def s_For(self, node: ast.For) -> list[str]:
        return self._else(node, lambda: self._for(node))

    def _for(self, node: ast.For) -> list[str]:
        source = node.iter
        if (
            isinstance(source, ast.Call)
            and isinstance(source.func, ast.Name)
            and isinstance(node.target, ast.Name)
            and self.global_name(source.func.id) == "$Range"
            and 0 < len(source.args) < 3
        ):
            k, end = self.fresh("k"), self.fresh("n")
            first = self.expr(source.args[0]) if len(source.args) == 2 else "0"
            last = self.expr(source.args[-1])
            name = self.x_Name(node.target)
            inside = "\n".join(self.body(node.body))
            return [f"for (let {k} = {first}, {end} = {last}; {k} < {end}; {k}++) {{ {name} = {k}; {inside} }}"]
        if isinstance(node.target, ast.Name):
            return [f"for ({self.x_Name(node.target)} of {self.expr(source)}) {self.block(node.body)}"]
        item = self.fresh("x")
        text = self.expr(source)
        unpacked = "\n".join(self.assign(node.target, item))
        inside = "\n".join(self.body(node.body))
        return [f"for (const {item} of {text}) {{ {unpacked}\n{inside} }}"]

    def _else(self, node: ast.For | ast.While, write: Callable[[], list[str]]) -> list[str]:
        """A loop; one with else stands in a block that its breaks leave."""
        label = self.fresh("loop") if node.orelse else None
        self.loops.append(label)
        lines = write()
        self.loops.pop()
        if label is None:
            return lines
        return [f"{label}: {{ {' '.join(lines)}\n{' '.join(self.body(node.orelse))} }}"]

    # --- errors -------------------------------------------------------------------------------------------------------

    def s_Try(self, node: ast.Try) -> list[str]:
        text = f"try {self.block(node.body)}"
        flag = ""
        if node.orelse:
            flag = self.temp()
            text = f"{flag} = false; try {{ {' '.join(self.body(node.body))}\n{flag} = true; }}"
        if node.handlers:
            error = self.fresh("e")
            text += f" catch ({error}) {{ {error} = $caught({error});\n"
            self.caught.append(error)
            for k, handler in enumerate(node.handlers):
                test = "true" if handler.type is None else f"$isinstance({error}, {self.type_of(handler.type)})"
                named = f"{self.x_Name(ast.Name(handler.name, ast.Store()))} = {error};\n" if handler.name else ""
                text += f"{'else ' if k else ''}if ({test}) {{ {named}{' '.join(self.body(handler.body))} }}\n"
            text += f"else throw {error}; }}"
            self.caught.pop()
        if flag:
            text += f"\nif ({flag}) {self.block(node.orelse)}"
        if node.finalbody:
            inner = f"try {{ {text} }}" if node.handlers or flag else text
            text = f"{inner} finally {self.block(node.finalbody)}"
        return [text]

    def type_of(self, node: ast.expr) -> str:
        """Types of an except clause."""
        return f"[{self.items(node.elts)}]" if isinstance(node, ast.Tuple) else self.expr(node)

    def s_With(self, node: ast.With) -> list[str]:
        first, *rest = node.items
        manager, failed, error = self.fresh("m"), self.fresh("f"), self.fresh("e")
        entered = f"{manager}.$__enter__()"
        lines = [f"const {manager} = {self.expr(first.context_expr)}; let {failed} = false;"]
        lines += self.assign(first.optional_vars, entered) if first.optional_vars is not None else [f"{entered};"]
        inner: list[ast.stmt] = [ast.copy_location(ast.With(rest, node.body), node)] if rest else node.body
        lines.append(
            f"try {self.block(inner)} catch ({error}) {{ {error} = $caught({error}); {failed} = true; "
            f"if (!$b({manager}.$__exit__($type({error}), {error}, null))) throw {error}; }} "
            f"finally {{ if (!{failed}) {manager}.$__exit__(null, null, null); }}"
        )
        return ["{ " + "\n".join(lines) + " }"]

    # --- definitions inside functions ---------------------------------------------------------------------------------

    def s_FunctionDef(self, node: ast.FunctionDef) -> list[str]:
        if node.decorator_list:
            raise self.fail("decorators of nested functions are not translated", node)
        return [f"{self.x_Name(ast.Name(node.name, ast.Store()))} = {self.closure(node)};"]

    def s_ClassDef(self, node: ast.ClassDef) -> list[str]:
        raise self.fail("a class inside a function is not translated; define it at the top of the module", node)


class _Text(ast.expr):
    """An expression that is written already."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
