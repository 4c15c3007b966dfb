"""The public surface: sorted, importable, documented."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import imtdx
from imtdx import inspection

ROOT = Path(__file__).parent.parent

PUBLIC = [
    "Context",
    "ContextError",
    "Contribution",
    "Differential",
    "Finding",
    "ImmunophenotypeClassifier",
    "ImtdxError",
    "InputError",
    "KnowledgeError",
    "Model",
    "NetworkError",
    "OutputError",
    "Panel",
    "PanelError",
    "TableError",
    "UnknownNameError",
    "UsageError",
    "__version__",
    "load",
    "parse_panel",
    "read_report",
]


def test_the_surface_is_what_is_documented() -> None:
    assert imtdx.__all__ == PUBLIC, "a change of the surface is a change for every user: tell it in CHANGELOG.md"
    assert imtdx.__all__ == sorted(imtdx.__all__)
    assert inspection.__all__ == sorted(inspection.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_there(name: str) -> None:
    if name == "ImmunophenotypeClassifier":
        pytest.importorskip("sklearn")
    assert getattr(imtdx, name) is not None


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'diagnose'"):
        imtdx.diagnose  # noqa: B018


def test_every_name_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in (n for n in imtdx.__all__ if n != "__version__"):
        assert f"\n### imtdx.{name}\n" in page, f"{name} is not in docs/api.md; run: python tools/make_reference.py"
    for name in inspection.__all__:
        assert f"\n### inspection.{name}\n" in page


def _functions() -> list[tuple[str, Any]]:
    """Public functions and methods with their names."""
    out: list[tuple[str, Any]] = [("load", imtdx.load), ("parse_panel", imtdx.parse_panel)]
    out += [(n, getattr(inspection, n)) for n in inspection.__all__ if inspect.isfunction(getattr(inspection, n))]
    for cls in (imtdx.Model, imtdx.Differential, imtdx.Panel, imtdx.Finding, imtdx.Context):
        for name, value in vars(cls).items():
            if not name.startswith("_") and inspect.isfunction(value):
                out.append((f"{cls.__name__}.{name}", value))
    return out


@pytest.mark.parametrize(("name", "function"), _functions(), ids=lambda x: x if isinstance(x, str) else "")
def test_docstrings_name_every_parameter(name: str, function: Any) -> None:
    doc = inspect.getdoc(function)
    assert doc, f"{name} has no docstring"
    parameters = [
        p for p in inspect.signature(function).parameters.values() if p.name != "self" and p.kind is not p.VAR_KEYWORD
    ]
    # one parameter may be told in the summary; of several each has its line
    if len(parameters) > 1:
        for p in parameters:
            assert re.search(rf"\b{p.name}\b", doc), f"{name}: {p.name} is not in the docstring"


def test_annotations_are_complete() -> None:
    for name, function in _functions():
        signature = inspect.signature(function)
        assert signature.return_annotation is not inspect.Signature.empty, name
        for p in signature.parameters.values():
            assert p.name == "self" or p.annotation is not inspect.Parameter.empty, f"{name}: {p.name}"


def test_types_are_shipped() -> None:
    assert (Path(imtdx.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("heavy", ["pgmpy", "pandas", "scipy", "sklearn", "polars", "pyarrow", "openpyxl"])
def test_import_is_light(heavy: str) -> None:
    code = f"import imtdx, sys; imtdx.load().diagnose('ALK+ SMA+').to_text(); sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, f"a diagnosis imports {heavy}"


def test_exit_codes_are_those_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for error in (imtdx.UsageError, imtdx.InputError, imtdx.KnowledgeError):
        assert f"| {error.exit_code} | bad " in page
    assert (
        imtdx.NetworkError.exit_code == 4 and imtdx.PanelError.exit_code == 3 and imtdx.UnknownNameError.exit_code == 2
    )
