"""Options shared by every command that asks the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imtdx.errors import UsageError

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["html_option", "json_option", "load_model", "model_options", "overlay_option"]

_Command = Callable[..., Any]
_Decorator = Callable[[_Command], _Command]


def overlay_option(help_text: str) -> _Decorator:
    """Add --knowledge; it arrives as ``overlay``, a tuple of names."""
    return click.option("--knowledge", "overlay", multiple=True, metavar="OVERLAY", help=help_text)


def html_option(help_text: str) -> _Decorator:
    """Add --html; it arrives as ``html``, a path or ``None``."""
    return click.option("--html", "html", type=click.Path(dir_okay=False, path_type=Path), help=help_text)


def json_option(command: _Command) -> _Command:
    """Add --json; it arrives as ``as_json``."""
    decorate: _Decorator = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
    return decorate(command)


def model_options(command: _Command) -> _Command:
    """Add --prior, --without-source, --knowledge, --naive and --without-judgement; they arrive as keyword arguments for `load_model`."""
    decorators: list[_Decorator] = [
        click.option(
            "--prior",
            "prior",
            multiple=True,
            metavar="P",
            help="Prior: referral (default), uniform, incidence, a YAML file of weights, or DIAGNOSIS=PROBABILITY to fix one (repeatable).",
        ),
        click.option(
            "--without-source",
            "without_source",
            multiple=True,
            metavar="ID",
            help="Leave the counts of a source out (repeatable).",
        ),
        overlay_option("Add a laboratory's own YAML of studies, diagnoses, markers or priors (repeatable)."),
        click.option(
            "--naive", is_flag=True, help="Treat every stain as independent (the naive twin, for comparison)."
        ),
        click.option(
            "--without-judgement",
            "without_judgement",
            is_flag=True,
            help="Counts alone: leave out what is stated without a count (the judgement under the counts).",
        ),
    ]
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def load_model(
    prior: tuple[str, ...],
    without_source: tuple[str, ...],
    overlay: tuple[str, ...],
    naive: bool,
    without_judgement: bool = False,
) -> Model:
    """The model that the shared options describe.

    Raises:
        UsageError: two prior profiles, or a fixed prior that is no number.
        UnknownNameError, KnowledgeError: see `imtdx.load`.
    """
    from imtdx.model import load

    parts = {"judgement": False} if without_judgement else None
    profile: str | Path = "referral"
    fixed: dict[str, float] = {}
    named = [p for p in prior if "=" not in p]
    if len(named) > 1:
        raise UsageError(f"--prior names two profiles, {named[0]} and {named[1]}; give one")
    if named:
        profile = named[0]
    for text in prior:
        if "=" in text:
            name, _, value = text.partition("=")
            try:
                number = float(value)
            except ValueError:
                raise UsageError(f"--prior {text}: {value!r} is no number; write for example --prior imt=0.3") from None
            if name.strip() in fixed:
                raise UsageError(f"--prior {name.strip()} is fixed twice; keep one")
            fixed[name.strip()] = number
    return load(profile, overlay, without_source, fixed_priors=fixed or None, naive=naive, parts=parts)
