"""Write docs/cli.md from ``--help`` and docs/api.md from the docstrings.

    python tools/make_reference.py

The pages are kept under version control; a test fails when they are not current.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
NOTE = "<!-- Made by tools/make_reference.py; edit the help texts and docstrings instead. -->"
EXIT_CODES = """
| code | meaning |
|---|---|
| 0 | ok |
| 1 | some rows had problems under `--strict`, or an evaluation or a verification failed |
| 2 | bad usage: an unknown option, name or combination |
| 3 | bad input data: a panel, a table, an age that cannot be read |
| 4 | bad knowledge: the YAML is broken or inconsistent |
| 129, 130, 143 | stopped: terminal closed, Ctrl-C, SIGTERM |

Results go to stdout, progress and messages to stderr. `-` stands for stdin or stdout. `NO_COLOR` is honoured, and
nothing is coloured off a terminal."""


# --- command line ----------------------------------------------------------------------------------------------------------


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """A command and everything below it, with full names."""
    yield name, command
    if isinstance(command, click.Group):
        ctx = click.Context(command, info_name=name)
        for child in command.list_commands(ctx):
            found = command.get_command(ctx, child)
            assert found is not None
            yield from commands(found, f"{name} {child}")


def help_text(command: click.Command, name: str) -> str:
    """What ``--help`` prints on a terminal of 80 columns."""
    ctx = click.Context(
        command, info_name=name, terminal_width=80, max_content_width=80, help_option_names=["-h", "--help"]
    )
    return command.get_help(ctx).rstrip()


def cli_page() -> str:
    """The command reference."""
    from imtdx.cli import cli

    parts = ["# Commands", NOTE, "What `--help` prints, command by command."]
    for name, command in commands(cli, "imtdx"):
        parts.append(f"## {name}\n\n```text\n{help_text(command, name)}\n```")
    return "\n\n".join([*parts, "## Exit codes" + "\n" + EXIT_CODES]) + "\n"


# --- API ----------------------------------------------------------------------------------------------------------------------


class _Bare:
    """An annotation that prints as it is written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def signature(name: str, thing: Any) -> str:
    """Name and parameters, one to a line where they are many."""
    try:
        found = inspect.signature(thing)
    except (ValueError, TypeError):
        return name
    parameters = [
        p.replace(annotation=_Bare(p.annotation) if isinstance(p.annotation, str) else p.annotation)
        for p in found.parameters.values()
        if p.name != "self"
    ]
    returns = found.return_annotation
    arrow = "" if returns in (inspect.Signature.empty, "None") or isinstance(thing, type) else f" -> {returns}"
    line = f"{name}({', '.join(map(str, parameters))}){arrow}"
    if len(line) <= 96:
        return line
    keyword_only = next((k for k, p in enumerate(parameters) if p.kind is p.KEYWORD_ONLY), None)
    shown = [str(p) for p in parameters]
    if keyword_only is not None:
        shown.insert(keyword_only, "*")
    return f"{name}(\n" + "".join(f"    {p},\n" for p in shown) + f"){arrow}"


_SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Yields")


def prose(doc: str | None) -> str:
    """A docstring as Markdown: sections become lists."""
    lines = inspect.cleandoc(doc or "").splitlines()
    out: list[str] = []
    section = False
    for line in lines:
        head = re.fullmatch(r"(\w+):", line)
        if head and head[1] in _SECTIONS:
            section = True
            out += [f"**{head[1]}**", ""]
        elif section and line.startswith("    ") and not line.startswith("     "):
            name, colon, text = line.strip().partition(": ")
            out.append(f"- `{name}`: {text}" if colon and len(name) < 60 else f"- {line.strip()}")
        elif section and line.startswith("     "):
            out.append("  " + line.strip())
        elif line.startswith("    "):
            out.append(line)
        else:
            section = section and not line
            out.append(line)
    return "\n".join(out).replace("``", "`").strip()


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties in the order of the source."""
    fields = {f.name for f in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()
    for name, value in vars(cls).items():
        if name.startswith("_") or name in fields:
            continue
        if (
            inspect.isfunction(value)
            or isinstance(value, (property, classmethod, staticmethod))
            or hasattr(value, "attrname")
        ):
            yield name, value


def entry(name: str, thing: Any, level: int = 2) -> str:
    """One function, class or member."""
    head = "#" * level
    if isinstance(thing, type):
        parts = [f"{head} {name}"]
        # an exception or a record is made by the package, not by the caller
        if not issubclass(thing, BaseException):
            parts.append(f"```python no-run\n{signature(name, thing)}\n```")
        parts.append(prose(thing.__doc__))
        parts += [entry(f"{name.rpartition('.')[2]}.{m}", value, level + 1) for m, value in members(thing)]
        return "\n\n".join(p for p in parts if p)
    if isinstance(thing, property) or hasattr(thing, "attrname"):
        function = thing.fget if isinstance(thing, property) else thing.func
        returns = function.__annotations__.get("return", "")
        return f"{head} {name}\n\n`{returns}`. {prose(function.__doc__)}"
    function = thing.__func__ if isinstance(thing, (classmethod, staticmethod)) else thing
    return f"{head} {name}\n\n```python no-run\n{signature(name.rpartition('.')[2], function)}\n```\n\n{prose(function.__doc__)}"


def api_page() -> str:
    """The reference of what ``import imtdx`` and ``imtdx.inspection`` give."""
    import imtdx
    from imtdx import inspection

    parts = ["# Python reference", NOTE, prose(imtdx.__doc__)]
    public = [n for n in imtdx.__all__ if n != "__version__"]
    functions = [n for n in public if n[0].islower()]
    errors = [n for n in public if isinstance(getattr(imtdx, n), type) and issubclass(getattr(imtdx, n), Exception)]
    classes = [n for n in public if n not in functions and n not in errors]
    for title, names in (("Functions", functions), ("Classes", classes)):
        parts.append(f"## {title}")
        parts += [entry(f"imtdx.{n}", getattr(imtdx, n), 3) for n in names]
    parts.append("## Errors\n\n" + _tree(imtdx.ImtdxError.__module__))
    parts += [entry(f"imtdx.{n}", getattr(imtdx, n), 3) for n in errors]
    parts.append("## imtdx.inspection\n\n" + prose(inspection.__doc__))
    verbs = sorted(inspection.__all__, key=lambda n: (n[0].isupper(), n))
    parts += [entry(f"inspection.{n}", getattr(inspection, n), 3) for n in verbs]
    return "\n\n".join(parts) + "\n"


def _tree(module: str) -> str:
    """The exception tree as its module draws it."""
    drawn = [line for line in (sys.modules[module].__doc__ or "").splitlines() if line.startswith("    ")]
    return "```text\n" + textwrap.dedent("\n".join(drawn)) + "\n```"


PAGES = {"cli.md": cli_page, "api.md": api_page}


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
        print(f"wrote docs/{name}")


if __name__ == "__main__":
    main()
