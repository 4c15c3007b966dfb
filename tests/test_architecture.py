"""The rules of docs/architecture.md that a reader of the code relies on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "imtdx"

#: Heavy libraries, imported only inside the function that needs them, and the modules whose whole purpose they are.
HEAVY = {
    "dask": set(),
    "distributed": {"imtdx.cluster.worker"},
    "openpyxl": set(),
    "pandas": {"imtdx.estimator"},
    "pgmpy": set(),
    "polars": set(),
    "pyarrow": set(),
    "scipy": set(),
    "sklearn": {"imtdx.estimator"},
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def at_import(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that run when the module is imported: neither in functions nor for type checkers only."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_type_checking(node):
            for field in ("body", "orelse", "finalbody"):
                yield from at_import(getattr(node, field, []))


def imported(nodes: Iterator[ast.Import | ast.ImportFrom]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        else:
            assert node.level == 0 and node.module, "imports are absolute"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def module_of(name: str) -> str | None:
    """The module of the package that an imported name stands in."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


def edges(name: str) -> set[str]:
    return {found for target in imported(at_import(MODULES[name].body)) if (found := module_of(target))} - {name}


def test_what_is_said_of_a_case_knows_nothing_above_it():
    """Not even for type checkers: `answer` takes a `Case`."""
    above = {"imtdx.differential", "imtdx.model", "imtdx.scoring"}
    for name, tree in MODULES.items():
        if name.startswith("imtdx.answer"):
            named = imported(n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom))
            found = {m for target in named if (m := module_of(target))}
            assert not {
                m for m in found if m in above or m.startswith(("imtdx.report", "imtdx.batch", "imtdx.tables"))
            }, name


def test_imports_make_no_circle():
    try:
        order = list(TopologicalSorter({name: edges(name) for name in MODULES}).static_order())
    except CycleError as error:
        pytest.fail("modules import each other in a circle: " + " -> ".join(error.args[1]))
    assert (
        order.index("imtdx.knowledge")
        < order.index("imtdx.network")
        < order.index("imtdx.engine")
        < order.index("imtdx.model")
    )


@pytest.mark.parametrize("name", MODULES)
def test_heavy_libraries_are_imported_where_they_are_needed(name):
    found = {target.partition(".")[0] for target in imported(at_import(MODULES[name].body))}
    assert not {library for library, allowed in HEAVY.items() if library in found and name not in allowed}


def test_only_two_modules_know_pgmpy():
    def knows(tree: ast.Module) -> bool:
        nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
        return any(target.partition(".")[0] == "pgmpy" for target in imported(nodes))

    typed = {"imtdx.model"}  # names a class of it as the type of an answer
    assert {name for name, tree in MODULES.items() if knows(tree)} - typed == {"imtdx.interchange", "imtdx.network"}


def test_nothing_that_an_answer_is_made_of_knows_a_writer():
    below = [
        "imtdx.knowledge",
        "imtdx.rates",
        "imtdx.network",
        "imtdx.engine",
        "imtdx.panel",
        "imtdx.coding",
        "imtdx.differential",
        "imtdx.model",
    ]
    reached, left = set(), list(below)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += edges(name)
    assert not {name for name in reached if name.startswith(("imtdx.report", "imtdx.page", "imtdx.cli"))}
