"""Documentation cannot drift: references are current, commands and options are documented, examples print what they say."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import click
import pytest

from imtdx.cli import cli

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def _tool(name: str) -> ModuleType:
    """A script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


doc_examples = _tool("doc_examples")
make_reference = _tool("make_reference")
PAGES = [p for p in doc_examples.DOCUMENTS if p.exists()]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_examples_print_what_they_say(path: Path) -> None:
    stale = [
        f"{e.name}\n  says:   " + "\n          ".join(e.claimed) + "\n  prints: " + "\n          ".join(got)
        for e, got in doc_examples.check(path)
    ]
    assert not stale, "\n".join(
        [*stale, f"mend the code, or run: python tools/doc_examples.py --renew {path.relative_to(ROOT)}"]
    )


def test_there_are_examples() -> None:
    found = [e for path in PAGES for e in doc_examples.examples(path)]
    assert sum(e.is_python for e in found) >= 10
    verbs = {e.command.split("imtdx ", 1)[1].split()[0] for e in found if not e.is_python}
    assert {"diagnose", "score", "knowledge", "network"} <= verbs


@pytest.mark.parametrize(
    ("claimed", "got", "same"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a", "..."], ["a", "b", "c"], True),
        (["...", "c"], ["a", "b", "c"], True),
        (["a", "...", "c"], ["a", "c"], True),
        (["a ... c"], ["a b c"], True),
        (["a ... c"], ["a b", "c"], False),
        ([], [], True),
        ([], ["a"], False),
        (["1.0 (*)"], ["1.0 (*)"], True),
    ],
)
def test_the_wildcard(claimed: list[str], got: list[str], same: bool) -> None:
    assert doc_examples.matches(claimed, got) is same


@pytest.mark.parametrize("name", ["cli.md", "api.md"])
def test_references_are_current(name: str) -> None:
    have = (DOCS / name).read_text(encoding="utf-8")
    assert have == make_reference.PAGES[name](), f"docs/{name} is stale; run: python tools/make_reference.py"


# --- commands --------------------------------------------------------------------------------------------------------------


def _commands() -> Iterator[tuple[str, click.Command]]:
    yield from make_reference.commands(cli, "imtdx")


@pytest.mark.parametrize(("name", "command"), list(_commands()), ids=lambda x: x if isinstance(x, str) else "")
def test_every_command_and_option_has_help(name: str, command: click.Command) -> None:
    assert command.help, f"{name} has no help text"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, f"{name} {parameter.opts[0]} has no help text"
            assert parameter.help.rstrip()[-1] in ".)", (
                f"{name} {parameter.opts[0]}: help is a sentence with a full stop"
            )


@pytest.mark.parametrize(("name", "command"), list(_commands()), ids=lambda x: x if isinstance(x, str) else "")
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert f"\n## {name}\n" in page, f"{name} is not in docs/cli.md; run: python tools/make_reference.py"
    section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            for option in parameter.opts:
                assert option in section, f"{name} {option} is not in docs/cli.md"


def test_help_fits_80_columns() -> None:
    wide = [
        (name, line)
        for name, c in _commands()
        for line in make_reference.help_text(c, name).splitlines()
        if len(line) > 80
    ]
    # an example is one line, so that it can be copied
    assert [(name, line) for name, line in wide if not line.startswith("  imtdx ")] == []


def test_options_named_in_the_pages_exist() -> None:
    known = {o for _, c in _commands() for p in c.params for o in (*p.opts, *p.secondary_opts)} | {
        "--help",
        "--version",
    }
    stray = []
    for path in PAGES:
        for line in path.read_text(encoding="utf-8").splitlines():
            # lines on other programs have options of their own
            if not re.search(r"\b(python|pip|make|benchmarks)\b", line):
                stray += [f"{path.name}: {o}" for o in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line) if o not in known]
    assert stray == []


# --- links -----------------------------------------------------------------------------------------------------------------


def _anchors(path: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.strip().casefold()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        if not place.exists() or (anchor and anchor not in _anchors(place)):
            broken.append(target)
    assert broken == [], f"{path.name}: no such page or heading: {broken}"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    missing = [p.name for p in DOCS.glob("*.md") if p.name != "index.md" and f"({p.name}" not in index]
    assert missing == [], f"docs/index.md does not lead to {missing}"


def test_every_room_is_on_the_plan() -> None:
    plan = (DOCS / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w*]+(?:\.py|/))`", plan)
    package = ROOT / "imtdx"
    rooms = [p.name for p in package.glob("*.py") if not p.name.startswith("__") and p.name != "version.py"]
    rooms += [f"{p.parent.name}/" for p in package.glob("*/__init__.py")]
    missing = [r for r in sorted(rooms) if not any(fnmatch(r, n) for n in named)]
    assert missing == [], f"docs/architecture.md does not say what is in {missing}"
