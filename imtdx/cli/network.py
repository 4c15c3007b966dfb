"""``imtdx network``: export the network, and verify the engine against pgmpy."""

from __future__ import annotations

from pathlib import Path

import click

from imtdx.cli.options import load_model, model_options

__all__ = ["command"]


@click.group("network", short_help="Export the network, or verify the engine against pgmpy.")
def command() -> None:
    """The Bayesian network itself."""


@command.command("export")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File; .bif, .bifxml, .xmlbif, .net or .xdsl.",
)
@model_options
def export(
    output: Path,
    prior: tuple[str, ...],
    without_source: tuple[str, ...],
    overlay: tuple[str, ...],
    naive: bool,
    without_judgement: bool,
) -> None:
    """Write the network as BIF, XMLBIF, NET or XDSL, by the ending of OUTPUT.

    \b
    .bifxml   XMLBIF for pyAgrum; .xmlbif for Weka and SamIam
    .bif      BIF: pgmpy, bnlearn; pyAgrum reads it in single precision
    .net      NET: Hugin, gRain; pyAgrum reads it in single precision
    .xdsl     XDSL: GeNIe and SMILE only; pyAgrum exchanges its parents
    """
    from imtdx.interchange import export_network

    model = load_model(prior, without_source, overlay, naive, without_judgement)
    export_network(model.network, output)
    click.echo(
        f"wrote {output}: {len(model.network.nodes) + 1 + (len(model.network.tissue_prior) > 1)} variables", err=True
    )


@command.command("verify")
@click.option(
    "--panels", type=click.IntRange(1, 100000), default=200, show_default=True, help="Random panels to compare."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the panels.")
@model_options
def verify(
    panels: int,
    seed: int,
    prior: tuple[str, ...],
    without_source: tuple[str, ...],
    overlay: tuple[str, ...],
    naive: bool,
    without_judgement: bool,
) -> None:
    """Compare the engine with pgmpy's VariableElimination on random panels, hard and soft."""
    from imtdx.interchange import verify_engine

    model = load_model(prior, without_source, overlay, naive, without_judgement)
    found = verify_engine(model.network, panels, seed)
    good = found.worst <= 1e-9
    left = f"; {found.impossible} of probability zero were left out" if found.impossible else ""
    click.echo(
        f"{'ok' if good else 'DIFFERENT'}: engine and pgmpy agree to {found.worst:.1e} on {found.panels} random panels{left}"
    )
    if not good:
        raise click.exceptions.Exit(1)
