"""``imtdx evaluate``: how often the model is right on labelled cases."""

from __future__ import annotations

from pathlib import Path

import click

from imtdx.cli.columns import column_options, read_map, truth_option
from imtdx.cli.options import html_option, json_option, load_model, model_options
from imtdx.cli.terminal import writes_unicode

__all__ = ["command"]


@click.command("evaluate", short_help="Judge the model on cases whose diagnosis is known.")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@truth_option
@column_options
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the bootstrap intervals.")
@json_option
@html_option("Also write the result as one HTML file ('-' for stdout).")
@model_options
def command(
    table: Path,
    truth: str,
    column_map: Path | None,
    panel_column: str | None,
    seed: int,
    as_json: bool,
    html: Path | None,
    prior: tuple[str, ...],
    without_source: tuple[str, ...],
    overlay: tuple[str, ...],
    naive: bool,
    without_judgement: bool,
) -> None:
    """Judge the model on TABLE, a case table with a column of final diagnoses; '-' is CSV on stdin.

    \b
    imtdx evaluate cases.csv --truth diagnosis --html evaluation.html

    A case whose own publication is named in a column 'source', 'doi' or 'pmid' is judged without the counts of that
    publication. H&E features are shown apart: reports of IMT mention inflammation more readily than others do.
    """
    from imtdx.validation import evaluate, read_cases

    model = load_model(prior, without_source, overlay, naive, without_judgement)
    read = read_cases(model, table, truth, mapping=read_map(column_map), panel_column=panel_column)
    click.echo(read.layout, err=True)
    for case, column, value, why in read.unread[:5]:
        click.echo(f"not used: {case}, {column} {value!r}: {why}", err=True)
    if len(read.unread) > 5:
        click.echo(f"... and {len(read.unread) - 5} more cells that were not used", err=True)
    result = evaluate(model, read.cases, left_out=read.left_out, seed=seed)
    if html is not None:
        from imtdx.files import write_text

        write_text(html, result.to_html())
    if as_json:
        import json

        click.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
    elif html is None or str(html) != "-":
        click.echo(result.to_text(unicode=writes_unicode()), nl=False)
