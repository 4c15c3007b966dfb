"""``imtdx evaluate``: how often the model is right on labelled cases."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imtdx.cli.options import load_model, model_options

__all__ = ["command"]


@click.command("evaluate", short_help="Judge the model on cases whose diagnosis is known.")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--truth", default="diagnosis", show_default=True, metavar="COLUMN", help="Column with the final diagnosis."
)
@click.option(
    "--map",
    "column_map",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML of header: meaning, where headers are not understood.",
)
@click.option("--panel-column", metavar="COLUMN", help="Column with the whole panel as text.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the bootstrap intervals.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--html",
    "html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the result as one HTML file ('-' for stdout).",
)
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
) -> None:
    """Judge the model on TABLE, a case table with a column of final diagnoses; '-' is CSV on stdin.

    \b
    imtdx evaluate cases.csv --truth diagnosis --html evaluation.html

    A case whose own publication is named in a column 'source', 'doi' or 'pmid' is judged without the counts of that
    publication. H&E features are shown apart: reports of IMT mention inflammation more readily than others do.
    """
    from imtdx.cli.score import read_map
    from imtdx.validation import evaluate, read_cases

    model = load_model(prior, without_source, overlay, naive)
    mapping = read_map(column_map) if column_map is not None else None
    read = read_cases(model, table, truth, mapping=mapping, panel_column=panel_column)
    click.echo(read.layout, err=True)
    for case, column, value, why in read.unread[:5]:
        click.echo(f"not used: {case}, {column} {value!r}: {why}", err=True)
    if len(read.unread) > 5:
        click.echo(f"... and {len(read.unread) - 5} more cells that were not used", err=True)
    result = evaluate(model, read.cases, left_out=read.left_out, seed=seed)
    if html is not None:
        from imtdx.report.files import write_text

        write_text(html, result.to_html())
    if as_json:
        import json

        click.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
    elif html is None or str(html) != "-":
        encoding = (sys.stdout.encoding or "").casefold().replace("-", "")
        click.echo(result.to_text(unicode=encoding in ("utf8", "utf16")), nl=False)
