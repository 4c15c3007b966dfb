"""``imtdx learn``: a laboratory's own labelled cases become counts in an overlay."""

from __future__ import annotations

from pathlib import Path

import click

from imtdx.cli.columns import column_options, read_map, truth_option
from imtdx.cli.options import overlay_option
from imtdx.errors import UsageError

__all__ = ["command"]


@click.command("learn", short_help="Turn own labelled cases into counts that the model can use.")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@truth_option
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Overlay to write (.yaml; '-' for stdout).",
)
@click.option(
    "--name", default="local", show_default=True, help="Name of the laboratory; the counts carry it as their source."
)
@click.option("--no-prior", is_flag=True, help="Leave out the prior profile made from the case mix.")
@column_options
@overlay_option("Overlay with the laboratory's own markers or diagnoses (repeatable).")
def command(
    table: Path,
    truth: str,
    output: Path,
    name: str,
    no_prior: bool,
    column_map: Path | None,
    panel_column: str | None,
    overlay: tuple[str, ...],
) -> None:
    """Count the labelled cases of TABLE and write them as an overlay.

    \b
    imtdx learn cases.csv --truth diagnosis --name "North lab" -o local.yaml
    imtdx diagnose "ALK+ SMA+ ..." --knowledge local.yaml --prior north_lab

    The counts weigh as any other study. Judge what they change with `imtdx evaluate` on other cases before using them.
    """
    from imtdx.files import write_text
    from imtdx.learning import learn
    from imtdx.model import load
    from imtdx.overlays import apply_overlay
    from imtdx.validation import read_cases

    if str(output) != "-" and output.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{output}: an overlay is a YAML file; end its name in .yaml")
    model = load(overlays=overlay)
    read = read_cases(model, table, truth, mapping=read_map(column_map), panel_column=panel_column)
    click.echo(read.layout, err=True)
    counts = learn(model.knowledge, read.cases, name, prior=not no_prior)
    skipped = [*read.left_out, *counts.skipped]
    for case, why in skipped[:5]:
        click.echo(f"not counted: {case}: {why}", err=True)
    if len(skipped) > 5:
        click.echo(f"... and {len(skipped) - 5} more cases that were not counted", err=True)
    if read.unread:
        case, column, value, why = read.unread[0]
        click.echo(f"{len(read.unread)} cells were not used, the first: {case}, {column} {value!r}: {why}", err=True)
    write_text(output, counts.to_yaml())
    if str(output) != "-":
        apply_overlay(model.knowledge, output)  # what was written can be read
    hint = f"; see what they move with: imtdx knowledge diff {output}" if str(output) != "-" else ""
    click.echo(
        f"cases {sum(counts.mix.values())}, diagnoses {len(counts.mix)}, cells counted {counts.n_cells}{hint}", err=True
    )
