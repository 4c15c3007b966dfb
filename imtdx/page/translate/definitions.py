"""Functions and classes."""

from __future__ import annotations

import ast
import dataclasses
import enum
from collections.abc import Iterable, Mapping
from typing import Any

from imtdx.page.translate.errors import TranslationError
from imtdx.page.translate.scopes import Scope, bound_names, has_yield
from imtdx.page.translate.statements import Statements
from imtdx.page.translate.values import Unwritable, string

__all__ = ["Definitions", "parameters_of"]

_NUMBERS = ("int", "float", "int | float")
#: Decorators that change nothing here.
_SILENT = frozenset(
    {
        "overload",
        "override",
        "final",
        "abstractmethod",
        "runtime_checkable",
        "total_ordering",
        "unique",
        "no_type_check",
    }
)
#: Bases that only help type checkers.
_NO_BASES = frozenset({"Protocol", "Generic", "ABC", "object", "TypedDict"})
_ENUMS = ("StrEnum", "IntFlag", "IntEnum", "Enum")


class Definitions(Statements):
    """Writes functions and classes."""

    # --- functions ----------------------------------------------------------------------------------------------------

    def function(self, node: ast.FunctionDef, name: str) -> str:
        """A function at the top of a module."""
        cached = False
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            known = ast.unparse(called).rpartition(".")[2]
            if known in ("cache", "lru_cache"):
                cached = True
            elif known not in _SILENT:
                raise self.fail(f"the decorator {known} is not translated", decorator)
        text = f"function{self.star(node)} {name}{self.signature_and_body(node)}\n{self.signature(name, node.args)}"
        if cached:
            inner = text.replace(f" {name}", f" {name}$", 1).replace(f"$sig({name},", f"$sig({name}$,")
            # the function is put into place before anything calls it
            text = f"{inner}\nconst {name} = $cached({name}$);"
        return text

    @staticmethod
    def star(node: ast.FunctionDef | ast.Lambda) -> str:
        """The star of a generator."""
        return "*" if isinstance(node, ast.FunctionDef) and has_yield(node.body) else ""

    def signature(self, name: str, arguments: ast.arguments, skip: int = 0) -> str:
        """A statement that gives a function the names of its parameters."""
        names = parameters_of(arguments)[skip:]
        some = arguments.kwarg is not None or (arguments.vararg is not None and bool(arguments.kwonlyargs))
        if not names and not some:
            return ""
        if arguments.vararg is not None:
            names = names[: len(names) - len(arguments.kwonlyargs)]
        return f"$sig({name}, [{', '.join(string(n) for n in names)}]{', true' if some else ''});"

    def signature_and_body(
        self, node: ast.FunctionDef | ast.Lambda, method: bool = False, constants: Mapping[str, str] | None = None
    ) -> str:
        """``(parameters) { body }``.

        Args:
            node: the function.
            method (bool): its first parameter is the object that it is called on.
            constants: parameter -> name of its default, where that is worked out before.
        """
        outer, generator, loops, caught = self.scope, self.generator, self.loops, self.caught
        self.loops, self.caught = [], []
        scope = self.scope = Scope("function", outer)
        a = node.args
        parameters = [*a.posonlyargs, *a.args]
        scope.declare({p.arg for p in (*parameters, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg)))})
        scope.numbers = {
            p.arg
            for p in (*parameters, *a.kwonlyargs)
            if p.annotation is not None and ast.unparse(p.annotation) in _NUMBERS
        }
        first = ""
        if method and parameters:
            first = f"const {scope.names[parameters[0].arg]} = this;"
            parameters = parameters[1:]
        defaults: dict[str, ast.expr] = dict(
            zip(
                [p.arg for p in (*a.posonlyargs, *a.args)][-len(a.defaults) or len(a.posonlyargs + a.args) :],
                a.defaults,
                strict=True,
            )
        )
        defaults |= {p.arg: d for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None}

        def written(p: ast.arg) -> str:
            name = scope.names[p.arg]
            if p.arg not in defaults:
                return name
            if constants and p.arg in constants:
                return f"{name} = {constants[p.arg]}"
            self.scope = outer
            text = self.expr(defaults[p.arg])
            self.scope = scope
            return f"{name} = {text}"

        given = [written(p) for p in parameters]
        packed: list[str] = []
        if a.vararg is not None:
            rest = scope.names[a.vararg.arg]
            if a.kwonlyargs or a.kwarg is not None:
                packed.append(f"const $kw = {rest}.at(-1) instanceof $Kw ? {rest}.pop().values : {{}};")
                for p in a.kwonlyargs:
                    packed.append(
                        f"let {scope.names[p.arg]} = {string(p.arg)} in $kw ? $kw[{string(p.arg)}] : {written(p).partition(' = ')[2] or 'undefined'};"
                    )
            packed.append(f"{rest} = $tuple({rest});")
            given.append(f"...{rest}")
        else:
            given += [written(p) for p in a.kwonlyargs]
            if a.kwarg is not None:
                given.append("$kwargs")
                packed.append("const $kw = $kwargs instanceof $Kw ? $kwargs.values : {};")
        if a.kwarg is not None:
            taken = [p.arg for p in a.kwonlyargs] if a.vararg is not None else []
            left = (
                f"Object.entries($kw).filter(([k]) => ![{', '.join(map(string, taken))}].includes(k))"
                if taken
                else "Object.entries($kw)"
            )
            packed.append(f"let {scope.names[a.kwarg.arg]} = new $Dict({left});")

        if isinstance(node, ast.Lambda):
            text = f"return {self.expr(node.body)};"
        else:
            taken_names = set(scope.names)
            scope.declare(bound_names(node.body) - taken_names)
            scope.numbers |= _number_names(self, node, taken_names)
            lines = self.body(node.body)
            if not isinstance(node.body[-1], (ast.Return, ast.Raise)) and not self.star(node):
                lines.append("return null;")
            local = [scope.names[n] for n in scope.names if n not in taken_names and n not in scope.imports]
            text = (f"let {', '.join(local)};\n" if local else "") + "\n".join(lines)
        temps = f"let {', '.join(scope.temps)};\n" if scope.temps else ""
        self.scope, self.generator, self.loops, self.caught = outer, generator, loops, caught
        return f"({', '.join(given)}) {{ {' '.join(filter(None, [first, *packed]))}\n{temps}{text} }}"

    def closure(self, node: ast.FunctionDef | ast.Lambda) -> str:
        """A function inside another."""
        a = node.args
        names = [p.arg for p in (*a.posonlyargs, *a.args)][-len(a.defaults) or len(a.posonlyargs + a.args) :]
        pairs = [
            *zip(names, a.defaults, strict=True),
            *((p.arg, d) for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None),
        ]
        # a default is worked out when the function is made
        fixed = {n: (self.fresh("d"), self.expr(d)) for n, d in pairs if not isinstance(d, ast.Constant)}
        body = self.signature_and_body(node, constants={n: name for n, (name, _) in fixed.items()})
        text = f"(function{self.star(node)} {body})"
        signature = self.signature("", a)
        if signature:
            text = f"$sig({text}, {signature[len('$sig(, ') : -2]})"
        if fixed:
            made = " ".join(f"const {name} = {value};" for name, value in fixed.values())
            text = f"(() => {{ {made} return {text}; }})()"
        return text

    def outer_expression(self, node: ast.expr) -> str:
        """An expression outside any function."""
        self.scope = scope = Scope("function")
        text = self.expr(node)
        self.scope = None
        return f"(() => {{ let {', '.join(scope.temps)}; return {text}; }})()" if scope.temps else text

    # --- classes ------------------------------------------------------------------------------------------------------

    def class_(self, node: ast.ClassDef, name: str, live: type) -> str:
        """A class at the top of a module."""
        if issubclass(live, tuple):
            return self.named_tuple(node, name, live)
        if issubclass(live, enum.Enum):
            return self.enumeration(node, name, live)
        base = self.base(node, live)
        record = self.dataclass_options(node)
        parts: list[str] = []
        after: list[str] = []
        if record is not None:
            parts.append(self.record_constructor(node, live, base))
        if base == "$Dict" and "__init__" in vars(live):
            parts.append("constructor(...$a) { super(); this.$__init__(...$a); }")
        methods, more = self.members(node, name, live)
        parts += methods
        after += more
        if record is not None:
            after.insert(0, self.record_fields(name, live, record))
        extends = base or ("$Record" if record is not None else "$Object")
        text = f"class {name} extends {extends} {{\n" + "\n".join(parts) + "\n}"
        return "\n".join([text, f"{name}.$__name__ = {string(node.name)};", *after])

    def base(self, node: ast.ClassDef, live: type) -> str:
        """The one base that counts, or empty."""
        found = []
        if issubclass(live, dict) and live.__bases__ == (dict,):
            return "$Dict"
        for b in node.bases:
            known = ast.unparse(b.value if isinstance(b, ast.Subscript) else b).rpartition(".")[2]
            if known not in _NO_BASES:
                found.append(self.expr(b))
        if len(found) > 1:
            raise self.fail("several bases are not translated", node)
        if "__hash__" in vars(live) and any(isinstance(n, ast.FunctionDef) and n.name == "__hash__" for n in node.body):
            raise self.fail("__hash__ is not translated; use a frozen dataclass or a tuple as key", node)
        return found[0] if found else ""

    def members(
        self, node: ast.ClassDef, name: str, live: type, skip: Iterable[str] = ()
    ) -> tuple[list[str], list[str]]:
        """Methods for the class body, and statements after it."""
        inside: list[str] = []
        after: list[str] = []
        is_record = dataclasses.is_dataclass(live) or issubclass(live, tuple)
        for item in node.body:
            if isinstance(item, ast.FunctionDef):
                kept = self.scope, self.loops, self.caught, self.program.eager
                try:
                    self.method(item, name, inside, after)
                except TranslationError as error:
                    # a method that nothing calls may stay behind
                    self.scope, self.loops, self.caught, self.program.eager = kept
                    self.program.failed.append((item.name, error))
            elif isinstance(item, (ast.Assign, ast.AnnAssign)):
                targets = item.targets if isinstance(item, ast.Assign) else [item.target]
                for target in targets:
                    if not isinstance(target, ast.Name):
                        raise self.fail("this is not translated in a class body", item)
                    if (
                        item.value is None
                        or target.id in ("__slots__", "__hash__", "__match_args__", *skip)
                        or (is_record and isinstance(item, ast.AnnAssign))
                    ):
                        continue
                    after.append(self.class_attribute(target.id, item.value, name, live))
            elif isinstance(item, (ast.Pass, ast.Expr)):
                continue
            else:
                raise self.fail("this is not translated in a class body", item)
        return inside, after

    def class_attribute(self, attribute: str, value: ast.expr, name: str, live: type) -> str:
        """A value that all instances share; another name of a method stays a method."""
        if (
            isinstance(value, ast.Name)
            and isinstance(vars(live).get(value.id), type(self.members)) is False
            and callable(vars(live).get(attribute))
            and value.id in vars(live)
        ):
            return f"$methods({name}.prototype, {{ {attribute}: {name}.prototype.${value.id} }});"
        try:
            text = self.program.value(vars(live)[attribute])
        except (Unwritable, KeyError):
            text = self.outer_expression(value)
        return f"{name}.${attribute} = {name}.prototype.${attribute} = {text};"

    def method(self, node: ast.FunctionDef, name: str, inside: list[str], after: list[str]) -> None:
        """One method, property, static or class method."""
        kinds = [ast.unparse(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
        kind = next((k.rpartition(".")[2] for k in kinds if k.rpartition(".")[2] not in _SILENT), "")
        self.program.eager, eager = None, self.program.eager
        key = f"${node.name}"
        if kind == "property":
            inside.append(f"get {key}{self.signature_and_body(node, True)}")
        elif kind == "setter":
            inside.append(f"set {key}{self.signature_and_body(node, True)}")
        elif kind == "cached_property":
            body = self.signature_and_body(node, True).partition(") ")[2]
            inside.append(
                f"get {key}() {{ const $v = (() => {body})(); "
                f"Object.defineProperty(this, {string(key)}, {{ value: $v, writable: true, enumerable: true, configurable: true }}); return $v; }}"
            )
        elif kind == "staticmethod":
            inside.append(f"static {self.star(node)}{key}{self.signature_and_body(node)}")
            after.append(f"$methods({name}.prototype, {{ {node.name}: {name}.{key} }});")
            after.append(self.signature(f"{name}.{key}", node.args))
        elif kind == "classmethod":
            inside.append(f"static {self.star(node)}{key}{self.signature_and_body(node, True)}")
            after.append(
                f"$methods({name}.prototype, {{ {node.name}(...a) {{ return this.constructor.{key}(...a); }} }});"
            )
            after.append(self.signature(f"{name}.{key}", node.args, 1))
        elif kind:
            raise self.fail(f"the decorator {kind} is not translated", node)
        else:
            if not (node.args.args or node.args.posonlyargs):
                raise self.fail("a method without a first parameter is not translated", node)
            inside.append(f"{self.star(node)}{key}{self.signature_and_body(node, True)}")
            after.append(self.signature(f"{name}.prototype.{key}", node.args, 1))
            if node.name == "__iter__":
                after.append(
                    f"{name}.prototype[Symbol.iterator] = function () {{ return this.$__iter__()[Symbol.iterator](); }};"
                )
        self.program.eager = eager

    # --- records ------------------------------------------------------------------------------------------------------

    def dataclass_options(self, node: ast.ClassDef) -> dict[str, bool] | None:
        """Options of the dataclass decorator, None for any other class."""
        options: dict[str, bool] | None = None
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            known = ast.unparse(called).rpartition(".")[2]
            if known == "dataclass":
                keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                options = {str(k.arg): bool(ast.literal_eval(k.value)) for k in keywords}
            elif known not in _SILENT:
                raise self.fail(f"the decorator {known} is not translated", decorator)
        return options

    def record_constructor(self, node: ast.ClassDef, live: Any, base: str) -> str:
        """The constructor of a dataclass."""
        fields = dataclasses.fields(live)
        ordered = [f for f in fields if f.init and not f.kw_only] + [f for f in fields if f.init and f.kw_only]
        scope = Scope("function")
        scope.declare({f.name for f in fields})

        def default(f: dataclasses.Field[Any]) -> str | None:
            if f.default is not dataclasses.MISSING:
                try:
                    return self.program.value(f.default)
                except Unwritable as error:
                    raise self.fail(f"the default of {f.name}: {error} is not translated", node) from None
            if f.default_factory is not dataclasses.MISSING:
                plain: dict[Any, str] = {
                    list: "[]",
                    dict: "new $Dict()",
                    set: "$setOf()",
                    frozenset: "$frozenset()",
                    tuple: "$tuple([])",
                }
                if f.default_factory in plain:
                    return plain[f.default_factory]
                name = self.program.name_of(f.default_factory)
                if name is not None:
                    return f"{'new ' if self.is_class(name) else ''}{name}()"
                return self.factory(node, f.name)
            return None

        given = []
        for f in ordered:
            text = default(f)
            name = scope.names[f.name]
            given.append(name if text is None else f"{name} = {text}")
        sets = [f"this.${f.name} = {scope.names[f.name]};" for f in ordered]
        sets += [f"this.${f.name} = {default(f) or 'null'};" for f in fields if not f.init]
        if hasattr(live, "__post_init__"):
            sets.append("this.$__post_init__();")
        if base and hasattr(live.__mro__[1], "__post_init__"):
            raise self.fail("a dataclass on top of one with __post_init__ is not translated", node)
        return f"constructor({', '.join(given)}) {{ super(); {' '.join(sets)} }}"

    def factory(self, node: ast.ClassDef, name: str) -> str:
        """A default factory that is written in place."""
        for item in node.body:
            if (
                isinstance(item, ast.AnnAssign)
                and isinstance(item.target, ast.Name)
                and item.target.id == name
                and isinstance(item.value, ast.Call)
            ):
                for keyword in item.value.keywords:
                    if keyword.arg == "default_factory":
                        return f"{self.outer_expression(keyword.value)}()"
        raise self.fail(f"the default of {name} is not translated", node)

    def record_fields(self, name: str, live: Any, options: Mapping[str, bool]) -> str:
        """What the runtime needs to compare, show and copy records."""
        fields = [(f.name, f.compare, f.repr) for f in dataclasses.fields(live)]
        listed = ", ".join(
            f"[{string(n)}, {'true' if c else 'false'}, {'true' if r else 'false'}]" for n, c, r in fields
        )
        # to_dict of records often goes through __slots__
        if options.get("slots"):
            self.program.mentioned.update(f.name for f in dataclasses.fields(live))
        known = {k: options[k] for k in ("eq", "frozen", "order") if k in options}
        given = ", ".join(f"{k}: {'true' if v else 'false'}" for k, v in known.items())
        init = [f.name for f in dataclasses.fields(live) if f.init and not f.kw_only] + [
            f.name for f in dataclasses.fields(live) if f.init and f.kw_only
        ]
        return f"$dataclass({name}, [{listed}], {{ {given} }});\n$sig({name}, [{', '.join(map(string, init))}]);"

    def named_tuple(self, node: ast.ClassDef, name: str, live: Any) -> str:
        """A NamedTuple."""
        names = list(live._fields)
        scope = Scope("function")
        scope.declare(set(names))
        given = []
        for n in names:
            text = scope.names[n]
            if n in live._field_defaults:
                text += f" = {self.program.value(live._field_defaults[n])}"
            given.append(text)
        sets = " ".join(f"this[{k}] = {scope.names[n]};" for k, n in enumerate(names))
        inside, after = self.members(node, name, live)
        return "\n".join(
            [
                f"class {name} extends $Tuple {{\nconstructor({', '.join(given)}) {{ super({len(names) if len(names) != 1 else ''}); {sets} }}",
                *inside,
                "}",
                f"{name}.$__name__ = {string(node.name)};",
                f"$namedtuple({name}, [{', '.join(map(string, names))}]);",
                f"$sig({name}, [{', '.join(map(string, names))}]);",
                *after,
            ]
        )

    def enumeration(self, node: ast.ClassDef, name: str, live: type[enum.Enum]) -> str:
        """An Enum."""
        kind = next(k for k in _ENUMS if issubclass(live, getattr(enum, k)))
        if (issubclass(live, enum.Flag) and kind != "IntFlag") or (kind == "Enum" and issubclass(live, (int, str))):
            raise self.fail("this kind of enumeration is not translated; use Enum, IntEnum, IntFlag or StrEnum", node)
        members = [
            f"[{string(n)}, {self.program.value(m.value if kind != 'StrEnum' else str(m.value))}]"
            for n, m in live.__members__.items()
        ]
        inside, after = self.members(node, name, live, live.__members__)
        return "\n".join(
            [
                f"class {name} extends $Record {{",
                *inside,
                "}",
                f"{name}.$__name__ = {string(node.name)};",
                *after,
                f"$enum({name}, [{', '.join(members)}], {string(kind)});",
            ]
        )


def parameters_of(arguments: ast.arguments) -> list[str]:
    """Names of parameters in the order of the JavaScript function."""
    return [p.arg for p in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _number_names(writer: Statements, node: ast.FunctionDef, taken: set[str]) -> set[str]:
    """Local names that every assignment makes a number."""
    from imtdx.page.translate.scopes import own_nodes

    found: dict[str, list[ast.expr | None]] = {}
    ranged: set[str] = set()
    for n in own_nodes(node.body):
        if isinstance(n, ast.Assign):
            for target in n.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(n.value)
                else:
                    _no_number(target, found)
        elif isinstance(n, (ast.AnnAssign, ast.NamedExpr)) and isinstance(n.target, ast.Name):
            found.setdefault(n.target.id, []).append(n.value)
        elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            found.setdefault(n.target.id, []).append(n.value if isinstance(n.op, (ast.Add, ast.Sub)) else None)
        elif isinstance(n, ast.For):
            ranges = (
                isinstance(n.iter, ast.Call)
                and isinstance(n.iter.func, ast.Name)
                and writer.global_name(n.iter.func.id) == "$Range"
            )
            if isinstance(n.target, ast.Name) and ranges:
                ranged.add(n.target.id)
            else:
                _no_number(n.target, found)
        elif isinstance(n, (ast.With, ast.Delete, ast.ExceptHandler, ast.FunctionDef, ast.Nonlocal)):
            _no_number(n, found)
    inner: set[str] = set()
    for n in ast.walk(node):
        if isinstance(n, ast.Nonlocal):
            inner.update(n.names)
    assert writer.scope is not None
    numbers = writer.scope.numbers
    names = (set(found) | ranged) - inner - taken
    numbers |= names
    # drop what is not certain until nothing changes
    while True:
        wrong = {n for n in names if any(v is None or writer.kind(v) != "number" for v in found.get(n, ()))}
        if not wrong:
            break
        names -= wrong
        numbers -= wrong
    # a parameter that is assigned something else is none
    lost = {n for n in numbers & taken if any(v is None or writer.kind(v) != "number" for v in found.get(n, ()))}
    numbers -= lost
    return names


def _no_number(node: ast.AST, found: dict[str, list[ast.expr | None]]) -> None:
    for n in ast.walk(node):
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
            found.setdefault(n.id, []).append(None)
        elif isinstance(n, (ast.ExceptHandler, ast.FunctionDef)) and n.name:
            found.setdefault(str(n.name), []).append(None)
