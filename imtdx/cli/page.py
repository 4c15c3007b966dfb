"""``imtdx page``: the offline page."""

from __future__ import annotations

from pathlib import Path

import click

from imtdx.cli.options import load_model, model_options

__all__ = ["command"]


@click.command("page", short_help="Write the page that works without Python and without a network.")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="HTML file; '-' for stdout."
)
@model_options
def command(
    output: Path,
    prior: tuple[str, ...],
    without_source: tuple[str, ...],
    overlay: tuple[str, ...],
    naive: bool,
    without_judgement: bool,
) -> None:
    """Write one HTML file for a computer where nothing can be installed.

    Open it in any browser: click the stains or paste a report line. It may not connect to anything, and keeps nothing.
    """
    from imtdx.files import write_text
    from imtdx.page import build_page

    text = build_page(load_model(prior, without_source, overlay, naive, without_judgement))
    write_text(output, text)
    if str(output) != "-":
        click.echo(f"wrote {output}, {len(text.encode()) / 1e6:.2f} MB", err=True)
