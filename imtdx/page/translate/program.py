"""What is needed for some entry points, and the script that holds it."""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import re
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from imtdx.page.translate.definitions import Definitions, parameters_of
from imtdx.page.translate.errors import TranslationError
from imtdx.page.translate.library import BUILTINS, IGNORED, LIBRARY, TYPE_NAMES
from imtdx.page.translate.patterns import translate_pattern
from imtdx.page.translate.scopes import own_nodes
from imtdx.page.translate.unicode import unicode_tables
from imtdx.page.translate.values import Unwritable, write_value

__all__ = ["Module", "Program", "runtime", "translate"]

_RUNTIME = ("core.js", "collections.js", "text.js", "library.js", "graph.js")


def runtime(arrays: bool = False) -> str:
    """The hand-written part: values, operators and library of Python."""
    folder = files("imtdx.page").joinpath("runtime")
    names = [*_RUNTIME, "array.js", "numpy.js", "random.js"] if arrays else _RUNTIME
    parts = [folder.joinpath(name).read_text(encoding="utf-8") for name in names]
    if arrays:
        parts.insert(len(_RUNTIME) + 1, _kernels(parts[len(_RUNTIME)]))
    else:
        parts.insert(1, _NO_ARRAYS)
    return "\n".join([*parts, unicode_tables()])


@cache
def library_members() -> frozenset[str]:
    """Every name that some object of the runtime has, with its dollar sign."""
    return frozenset(re.findall(r"(?:[{,.\s]|^)(\$[A-Za-z_]\w*)(?=\s*(?:[:,}=(]))", runtime(arrays=True)))


_OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_NO_ARRAYS = "class $Array {}\n" + "".join(f"const $binary_{name} = () => null;\n" for name in _OPERATORS)


def _kernels(arrays: str) -> str:
    """Loops of their own for the operators and functions that take most of the time: a loop that calls a function it is given
    is not compiled as well."""
    head = "  static binary(x, y, f, logical = false) {"
    start = arrays.index(head)
    body = arrays[start + len(head) : arrays.index("\n  }\n", start) + 5].replace("logical && ", "false && ")
    out = []
    for name, sign in _OPERATORS.items():
        inside = re.sub(r"\bf\(((?:[^(),]|\[[^\]]*\])+), ((?:[^(),]|\[[^\]]*\])+)\)", rf"(\1 {sign} \2)", body)
        out.append(f"function $binary_{name}(x, y) {{{inside}")
    for name in ("exp", "log", "log2"):
        out.append(
            f"function $mapped_{name}(x) {{ if (!(x instanceof $Array)) return Array.isArray(x) ? $mapped_{name}($Array.of(x)) : "
            f"Math.{name}(Number(x)); const d = x.data, out = new Float64Array(d.length); "
            f"for (let k = 0; k < out.length; k++) out[k] = Math.{name}(d[k]); return new $Array(out, x.shape); }}"
        )
    return "\n".join(out)


def translate(
    entries: Sequence[str],
    packages: Iterable[str] = ("imtdx",),
    outside: Iterable[str] = (),
) -> tuple[str, dict[str, str]]:
    """JavaScript for functions and classes, and everything they need.

    Args:
        entries: such as ``"imtdx.notation.panels.parse_panel"``.
        packages: top packages whose source may be translated.
        outside: modules of them that the page does not hold; to call what they define is an error when it happens.

    Returns:
        tuple[str, dict[str, str]]: definitions for after `runtime`, and entry -> its name there.

    Raises:
        TranslationError: a construct that has no translation, with file and line.
    """
    names: dict[str, str] = {}

    def write(program: Program) -> str:
        names.update({e: program.need(*e.rsplit(".", 1)) for e in entries})
        return ""

    return Program.settle(write, packages, outside), names


@dataclass
class Module:
    """One source file.

    Attributes:
        name: such as ``"imtdx.notation.tokens"``.
        path: for messages.
        top: name -> the node that defines it at the top of the module.
        live: the imported module.
    """

    name: str
    path: str
    top: dict[str, ast.AST]
    live: types.ModuleType


class Program:
    """Definitions in the order they were found to be needed, written in an order that works.

    Args:
        packages, outside: as in `translate`.
        methods: names known to be methods of translated classes.
    """

    def __init__(
        self, packages: Iterable[str], outside: Iterable[str], methods: frozenset[str], arrays: bool = False
    ) -> None:
        self.packages = tuple(packages)
        self.outside = tuple(outside)
        self.methods = methods
        self.method_names: frozenset[str] = methods
        self.modules: dict[str, Module] = {}
        self.written: dict[tuple[str, str], str] = {}
        self.before: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.queue: list[tuple[str, str]] = []
        self.patterns: dict[tuple[str, int], str] = {}
        self.eager: list[tuple[str, str]] | None = None
        #: JavaScript name -> its parameters, for calls with keywords.
        self.parameters: dict[str, list[str]] = {}
        self.class_names: set[str] = set()
        #: JavaScript name of a class -> its methods that are called on an instance.
        self.plain_methods: dict[str, frozenset[str]] = {}
        self.enumerations: set[str] = set()
        self.holds_arrays = arrays
        #: Attributes that the pass before spoke of.
        self.spoken: frozenset[str] = frozenset()
        #: Attributes that translated code speaks of, beginnings of names that it puts together, and methods that failed.
        self.mentioned: set[str] = set()
        self.beginnings: set[str] = set()
        self.failed: list[tuple[str, TranslationError]] = []

    @classmethod
    def settle(
        cls,
        write: Callable[[Program], str],
        packages: Iterable[str],
        outside: Iterable[str] = (),
        arrays: bool = False,
    ) -> str:
        """Definitions, and after them what ``write`` makes with them.

        Args:
            write: asks a program for what it needs and gives the statements that use it.
            packages, outside: as in `translate`.
            arrays (bool): the source works with numpy.
        """
        methods: frozenset[str] = frozenset()
        spoken: frozenset[str] = frozenset()
        while True:
            program = cls(packages, outside, methods, arrays)
            program.spoken = spoken
            last = write(program)
            text = program.text()
            # a class found late may have methods that were taken for fields before, or attributes not written before
            if program.method_names <= methods and program.mentioned <= spoken:
                return f"{text}\n{last}"
            methods, spoken = program.method_names, frozenset(program.mentioned)

    # --- modules ------------------------------------------------------------------------------------------------------

    @staticmethod
    def library_members() -> frozenset[str]:
        """Names that the objects of the runtime have."""
        return library_members()

    def holds(self, module: str) -> bool:
        """Whether a module is translated."""
        if any(module == o or module.startswith(o + ".") for o in self.outside):
            return False
        return any(module == p or module.startswith(p + ".") for p in self.packages)

    def module(self, name: str) -> Module:
        """A module, read when first asked for."""
        if name not in self.modules:
            self.modules[name] = _read_module(name)
            for node in self.modules[name].top.values():
                if isinstance(node, ast.ClassDef):
                    self.method_names |= {m for n in node.body for m in _method_names(n)}
        return self.modules[name]

    def resolve(self, module: str, name: str) -> tuple[str, str]:
        """Where a global name of a module is defined: (module, name) or ("library", expression).

        Raises:
            KeyError: nowhere.
        """
        info = self.module(module)
        node = info.top.get(name)
        if node is None:
            if name in BUILTINS:
                return ("library", BUILTINS[name])
            raise KeyError(name)
        if isinstance(node, ast.alias):
            return self.imported(module, node, name)
        return (module, name)

    def imported(self, module: str, node: ast.alias, name: str) -> tuple[str, str]:
        """What an import gives: (module, name), ("library", expression), ("module", name) or ("ignored", name)."""
        source = getattr(node, "module", None)
        if source is None:
            target = node.name if node.asname else node.name.partition(".")[0]
            return ("library", LIBRARY[target]) if target in LIBRARY else ("module", target)
        return self.from_import(source, node.name)

    def from_import(self, source: str, name: str) -> tuple[str, str]:
        """What ``from source import name`` gives."""
        if self.holds(source):
            live = importlib.import_module(source)
            if isinstance(getattr(live, name, None), types.ModuleType) and name not in self.module(source).top:
                return ("module", f"{source}.{name}")
            return self.resolve(source, name)
        if self.holds(f"{source}.{name}"):
            return ("module", f"{source}.{name}")
        whole = f"{source}.{name}"
        if whole in TYPE_NAMES:
            return ("library", TYPE_NAMES[whole])
        if source in LIBRARY:
            if f"${name}" not in library_members():
                return ("outside", whole)
            return ("library", f"{LIBRARY[source]}.${name}")
        if source.partition(".")[0] in IGNORED:
            return ("ignored", name)
        return ("outside", whole)

    # --- definitions ----------------------------------------------------------------------------------------------------

    def need(self, module: str, name: str) -> str:
        """The JavaScript name of something that is to be translated."""
        key = self.resolve(module, name)
        if key[0] == "library":
            return key[1]
        if key not in self.written:
            self.written[key] = ""
            self.queue.append(key)
            self._tell(*key)
        if self.eager is not None and key not in self.eager:
            self.eager.append(key)
        return js_name(*key)

    def _tell(self, module: str, name: str) -> None:
        """What calls of a definition need to know of it."""
        info, js = self.module(module), js_name(module, name)
        node = info.top[name]
        if isinstance(node, ast.FunctionDef):
            if node.args.vararg is None and node.args.kwarg is None:
                self.parameters[js] = parameters_of(node.args)
        elif isinstance(node, ast.ClassDef):
            live = getattr(info.live, name)
            if issubclass(live, enum.Enum):
                self.enumerations.add(js)
                return
            self.class_names.add(js)
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            self.plain_methods[js] = frozenset(n.name for n in methods if not n.decorator_list)
            if dataclasses.is_dataclass(live):
                fields = [f for f in dataclasses.fields(live) if f.init]
                self.parameters[js] = [f.name for f in fields if not f.kw_only] + [f.name for f in fields if f.kw_only]
            elif issubclass(live, tuple):
                self.parameters[js] = list(live._fields)
            else:
                made = next((n for n in methods if n.name == "__init__"), None)
                if made is not None and made.args.vararg is None and made.args.kwarg is None:
                    self.parameters[js] = parameters_of(made.args)[1:]

    def text(self) -> str:
        """All definitions, each after those it needs at once."""
        while self.queue:
            module, name = key = self.queue.pop()
            self.eager = None
            info = self.module(module)
            writer = Definitions(self, info)
            self.before[key] = []
            node = info.top[name]
            if isinstance(node, ast.FunctionDef):
                self.written[key] = writer.function(node, js_name(module, name))
            elif isinstance(node, ast.ClassDef):
                self.eager = self.before[key]
                self.written[key] = writer.class_(node, js_name(module, name), getattr(info.live, name))
                self.eager = None
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                self.eager = self.before[key]
                self.written[key] = f"const {js_name(module, name)} = {self.constant(writer, info, name, node)};"
                self.eager = None
            else:
                raise TranslationError(f"{name} is defined in a way that is not translated", info.path, node)
        for name, error in self.failed:
            special = name.startswith("__") and name.endswith("__")
            if special or name in self.mentioned or any(name.startswith(b) for b in self.beginnings):
                raise error
        patterns = [f"const {name} = {text};" for text, name in self._patterns()]
        return "\n".join([*patterns, *self._ordered()])

    def constant(self, writer: Definitions, info: Module, name: str, node: ast.Assign | ast.AnnAssign) -> str:
        """A constant of a module: its value, or its expression where the value cannot be written."""
        try:
            return self.value(getattr(info.live, name))
        except Unwritable:
            if node.value is None or (isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)):
                raise TranslationError(f"the value of {name} is not translated", info.path, node) from None
            return writer.outer_expression(node.value)
        except TranslationError as error:
            raise TranslationError(str(error), info.path, node) from None

    def value(self, value: Any) -> str:
        """A live value as an expression.

        Raises:
            Unwritable: it has none.
        """
        return write_value(value, self.name_of)

    def name_of(self, value: Any) -> str | None:
        """The JavaScript name of a live function or class."""
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
        if module == "builtins" and name in BUILTINS:
            return BUILTINS[name]
        if not module or "." in name or not self.holds(module):
            whole = f"{module}.{name}"
            return TYPE_NAMES.get(whole) or (f"{LIBRARY[module]}.${name}" if module in LIBRARY else None)
        if getattr(self.module(module).live, name, None) is not value:
            return None
        return self.need(module, name)

    def pattern(self, pattern: str, flags: int) -> str:
        """The name of a constant for a pattern written in a function."""
        key = (pattern, flags)
        if key not in self.patterns:
            translate_pattern(*key)
            self.patterns[key] = f"$p{len(self.patterns)}"
        return self.patterns[key]

    def _patterns(self) -> list[tuple[str, str]]:
        return [(self.value(re.compile(p, f)), name) for (p, f), name in self.patterns.items()]

    def _ordered(self) -> list[str]:
        out: list[str] = []
        done: set[tuple[str, str]] = set()

        def visit(key: tuple[str, str], above: tuple[tuple[str, str], ...]) -> None:
            if key in done:
                return
            if key in above:
                raise TranslationError(f"{'.'.join(key)} needs itself to be defined")
            for other in self.before.get(key, ()):
                if other != key:
                    visit(other, (*above, key))
            done.add(key)
            out.append(self.written[key])

        for key in sorted(self.written):
            visit(key, ())
        return out


@cache
def _read_module(name: str) -> Module:
    """A module from its source."""
    live = importlib.import_module(name)
    path = Path(str(live.__file__))
    top: dict[str, ast.AST] = {}
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        _collect(node, top)
    return Module(name, str(path), top, live)


def js_name(module: str, name: str) -> str:
    """The JavaScript name of a definition: the last two parts of its module and its own name."""
    parts = module.split(".")
    return "_".join(parts[1:] or parts) + "$" + name


def _collect(node: ast.AST, top: dict[str, ast.AST]) -> None:
    """Names that a statement at the top of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        top[node.name] = node
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            alias.module = node.module  # type: ignore[attr-defined]
            top[alias.asname or alias.name] = alias
    elif isinstance(node, ast.Import):
        for alias in node.names:
            top[alias.asname or alias.name.partition(".")[0]] = alias
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            for name in ast.walk(target):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    top[name.id] = node
    elif isinstance(node, (ast.If, ast.Try, ast.For, ast.With)):
        for child in own_nodes([node]):
            if child is not node and isinstance(
                child, (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef)
            ):
                _collect(child, top)


def _method_names(node: ast.stmt) -> list[str]:
    """Methods that a statement of a class body defines; a property is none."""
    if isinstance(node, ast.FunctionDef):
        plain = not any(
            ast.unparse(d).rpartition(".")[2] in ("property", "cached_property", "setter") for d in node.decorator_list
        )
        return [node.name] if plain else []
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
        return [t.id for t in node.targets if isinstance(t, ast.Name)]
    return []
