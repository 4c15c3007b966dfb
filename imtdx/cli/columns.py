"""Options that say what the columns of a case table mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from imtdx.errors import UsageError

__all__ = ["column_options", "read_map", "truth_option"]

_Command = Callable[..., Any]


def column_options(command: _Command) -> _Command:
    """Add --map and --panel-column; they arrive as ``column_map``, for `read_map`, and ``panel_column``."""
    by_file = click.option(
        "--map",
        "column_map",
        type=click.Path(dir_okay=False, path_type=Path),
        help="columns.yaml: header -> marker or age, sex, site, morphology, panel, id, ignore; or {marker: ALK, value: positive} for a "
        "checkbox, {marker: ALK, codes: {1: positive}}, {marker: ALK, scale: percent}.",
    )
    by_name = click.option(
        "--panel-column", metavar="HEADER", help="Column that holds the whole panel as text (default: 'panel')."
    )
    decorated: _Command = by_file(by_name(command))
    return decorated


def truth_option(command: _Command) -> _Command:
    """Add --truth; it arrives as ``truth``."""
    decorate: Callable[[_Command], _Command] = click.option(
        "--truth", default="diagnosis", show_default=True, metavar="COLUMN", help="Column with the final diagnosis."
    )
    return decorate(command)


def read_map(path: Path | None) -> dict[str, Any] | None:
    """A columns.yaml as header -> meaning; ``None`` without one.

    Raises:
        UsageError: no such file, or not a mapping of header to word.
    """
    if path is None:
        return None
    import yaml

    if not path.is_file():
        raise UsageError(f"--map {path}: no such file")
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise UsageError(f"--map {path} is no YAML: {exc}") from None
    if isinstance(raw, dict) and isinstance(raw.get("columns"), dict):
        raw = raw["columns"]
    if not isinstance(raw, dict) or any(isinstance(v, list) for v in raw.values()):
        raise UsageError(
            f"--map {path}: write one 'header: meaning' pair a line, such as 'p63 (4A4): ignore', 'Smooth muscle actin: SMA' "
            "or 'alk___1: {marker: ALK, value: positive}'"
        )
    return {str(k): v if isinstance(v, dict) else "ignore" if v is None else str(v) for k, v in raw.items()}
