"""``imtdx diagnose``: one panel, one differential."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from imtdx.cli.options import html_option, json_option, load_model, model_options
from imtdx.cli.terminal import coloured, width, writes_unicode

__all__ = ["command"]


@click.command("diagnose", short_help="Rank the diagnoses for one panel or report.")
@click.argument("panel", required=False)
@click.option("--age", metavar="AGE", help="Age: 5, '5 y', 14mo, '3 weeks'. Options win over the text.")
@click.option("--sex", metavar="SEX", help="Sex: m or f.")
@click.option("--site", metavar="TEXT", help="Where the lesion is: mesentery, urinary bladder, left upper arm ...")
@click.option(
    "--morphology", metavar="TEXT", help="H&E features: 'spindle cells, myxoid stroma, plasma cells; no necrosis'."
)
@click.option(
    "--complete",
    is_flag=True,
    help="The panel tells every stain that was asked for, done or not interpretable; which they are is then evidence too.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Refuse a text with a word that stands where a stain would and is none that is known.",
)
@click.option("--case", "case_id", metavar="ID", default="", help="Name of the case, shown in the report.")
@click.option("--accession", metavar="ID", default="", help="Accession number of the specimen, for the HTML report.")
@click.option("--date", "date", metavar="DATE", default="", help="Date of the report, for the HTML report.")
@click.option("--specimen", type=click.Choice(["biopsy", "resection"]), help="Kind of specimen.")
@model_options
@click.option(
    "--stock",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML list of the markers the laboratory can do; limits the next tests.",
)
@click.option("--against", metavar="DIAGNOSIS", help="Set the leading diagnosis against this rival.")
@click.option(
    "--explain", is_flag=True, help="Show every contribution with counts and sources, what-if, fit and drivers."
)
@click.option("--top", type=click.IntRange(1, 200), default=6, show_default=True, help="How many diagnoses to show.")
@click.option(
    "--engine",
    type=click.Choice(["compiled", "pgmpy"]),
    default="compiled",
    show_default=True,
    help="Inference: the compiled engine, or pgmpy as a reference (the same numbers, slower).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draws behind the credible intervals.")
@json_option
@click.option("--fhir", "as_fhir", is_flag=True, help="Print the result as a FHIR R4 Bundle.")
@html_option("Also write the report as one HTML file ('-' for stdout).")
def command(
    panel: str | None,
    age: str | None,
    sex: str | None,
    site: str | None,
    morphology: str | None,
    complete: bool,
    strict: bool,
    case_id: str,
    accession: str,
    date: str,
    specimen: str | None,
    prior: tuple[str, ...],
    without_source: tuple[str, ...],
    overlay: tuple[str, ...],
    naive: bool,
    without_judgement: bool,
    stock: Path | None,
    against: str | None,
    explain: bool,
    top: int,
    engine: str,
    seed: int,
    as_json: bool,
    as_fhir: bool,
    html: Path | None,
) -> None:
    """Rank the diagnoses for PANEL, a stain panel or a whole report; '-' reads it from stdin.

    \b
    imtdx diagnose "ALK+ SMA+ desmin focal+ CD117- S-100- Ki-67 10%" --age 5 --sex m --site mesentery

    With no PANEL on a terminal, asks stain by stain.
    """
    model = load_model(prior, without_source, overlay, naive, without_judgement)
    if against is not None:
        model.index(against)  # an unknown rival is an error before anything is printed
    context: dict[str, Any] = {"age": age, "sex": sex, "site": site, "morphology": morphology, "complete": complete}
    if panel == "-":
        panel = sys.stdin.read()
    if panel is None:
        if sys.stdin.isatty() and not (as_json or as_fhir):
            from imtdx.cli.ask import ask

            read = ask(model, model.panel("", **context))
            if read is None:
                return
        elif morphology:
            read = model.panel("", **context)
        else:
            raise click.UsageError(
                "no panel: give it in quotes, '-' for stdin, or run on a terminal to be asked stain by stain"
            )
    else:
        read = model.panel(panel, strict=strict, **context)
        if not (read.findings or read.contradictions or read.words or morphology):
            from imtdx.errors import PanelError

            unknown = ", ".join(u.text for u in read.unrecognised)
            raise PanelError(
                f"nothing in the panel is in the model: {unknown}" if unknown else "the panel is empty",
                suggestion='give at least one finding the model knows, such as "ALK+ SMA+ desmin-"; `imtdx knowledge list` shows them',
            )
    costs = None
    if stock is not None:
        from imtdx.answer.advice import load_stock

        costs = load_stock(stock, model.knowledge)
    dx = model.diagnose(read, seed=seed, case_id=case_id, specimen=specimen or "", stock=costs, engine=engine)
    if html is not None:
        from imtdx.files import write_text

        write_text(html, dx.to_html(accession=accession, date=date))
    if as_json:
        click.echo(dx.to_json())
    elif as_fhir:
        from imtdx.report import fhir

        click.echo(fhir.as_json(dx))
    elif html is None or str(html) != "-":
        _show(dx.to_text(top=top, explain=explain, against=against, width=width(), unicode=writes_unicode()))


def _show(text: str) -> None:
    """Print, with colour on a terminal that has it."""
    plain = not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR"))
    click.echo(text if plain else coloured(text), color=not plain)
