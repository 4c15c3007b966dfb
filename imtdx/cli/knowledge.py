"""``imtdx knowledge``: question the published counts behind every figure."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imtdx.cli.options import html_option, json_option, overlay_option

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["command"]

_Command = Callable[..., Any]


def _shared(command: _Command) -> _Command:
    """Add --knowledge and --json."""
    return overlay_option("Put a laboratory's own YAML on top (repeatable).")(json_option(command))


def _load(overlay: tuple[str, ...]) -> Model:
    from imtdx.model import load

    return load(overlays=overlay)


def _print(verb: str, text: Callable[[], str], data: Callable[[], Any], as_json: bool) -> None:
    """The text, or JSON that names its kind and the version of the package."""
    from imtdx.version import __version__

    if as_json:
        head = {"schema": f"imtdx.knowledge.{verb}/1", "imtdx_version": __version__}
        out = json.dumps({**head, **data()}, ensure_ascii=False, indent=2, allow_nan=False)
    else:
        out = text()
    encoding = sys.stdout.encoding or "utf-8"
    # titles may hold letters that an ASCII terminal has not
    click.echo(out.encode(encoding, "replace").decode(encoding), color=False)


@click.group("knowledge", short_help="Question the published counts: list, show, compare, cite, check, diff.")
def command() -> None:
    """The published counts behind every figure, cell by cell."""


@command.command("list")
@click.argument("section", required=False, type=click.Choice(["diagnoses", "markers", "sources", "priors"]))
@_shared
def list_(section: str | None, overlay: tuple[str, ...], as_json: bool) -> None:
    """List the diagnoses, markers and priors, or one SECTION in full."""
    from imtdx import inspection
    from imtdx.report.knowledge import list_text

    overview = inspection.list_(_load(overlay))
    _print("list", lambda: list_text(overview, section or ""), overview.to_dict, as_json)


@command.command("show")
@click.argument("names", metavar="ID [ID]", nargs=-1)
@click.option("--brief", is_flag=True, help="Leave out the single studies.")
@html_option("Also write these cells as an HTML heat map (all without ID).")
@_shared
def show(names: tuple[str, ...], brief: bool, html: Path | None, overlay: tuple[str, ...], as_json: bool) -> None:
    """Show a diagnosis across its markers, a marker across the diagnoses, or one cell.

    \b
    imtdx knowledge show imt        every marker of IMT, with every study
    imtdx knowledge show ALK        ALK in every diagnosis
    imtdx knowledge show imt ALK    one cell

    Rates are posterior means with 95 % credible intervals; counts are as published.
    """
    from imtdx import inspection
    from imtdx.report.knowledge import show_text

    model = _load(overlay)
    # before anything is written: an unknown name is an error
    shown = inspection.show(model, *names) if names or html is None else None
    if html is not None:
        from imtdx.files import write_text
        from imtdx.inspection.cells import find_name
        from imtdx.report.heatmap import knowledge_heatmap

        found = [find_name(model.knowledge, n) for n in names]
        ids = {kind: [key for k, key in found if k == kind] for kind in ("diagnosis", "marker")}
        write_text(html, knowledge_heatmap(model, ids["diagnosis"], ids["marker"]))
    if shown is None or str(html) == "-":
        return
    _print("show", lambda: show_text(shown, brief=brief), shown.to_dict, as_json)


@command.command("compare")
@click.argument("first")
@click.argument("second")
@click.option(
    "--top", type=click.IntRange(1, 200), default=15, show_default=True, help="How many separating markers to show."
)
@_shared
def compare(first: str, second: str, top: int, overlay: tuple[str, ...], as_json: bool) -> None:
    """Rank the markers by how well they separate the diagnoses FIRST and SECOND."""
    from imtdx import inspection
    from imtdx.report.knowledge import compare_text

    rows = inspection.compare(_load(overlay), first, second)
    _print("compare", lambda: compare_text(rows, top), lambda: {"markers": [r.to_dict() for r in rows]}, as_json)


@command.command("cite")
@click.argument("source")
@_shared
def cite(source: str, overlay: tuple[str, ...], as_json: bool) -> None:
    """Print the reference of SOURCE and every cell it feeds."""
    from imtdx import inspection
    from imtdx.report.knowledge import cite_text

    citation = inspection.cite(_load(overlay), source)
    _print("cite", lambda: cite_text(citation), citation.to_dict, as_json)


@command.command("check")
@click.option("--coverage", is_flag=True, help="Report how many cells rest on evidence, by diagnosis and by marker.")
@_shared
def check(coverage: bool, overlay: tuple[str, ...], as_json: bool) -> None:
    """Read every record, build every table, and say what must be mended; exit code 4 if anything must."""
    from imtdx import inspection
    from imtdx.report.knowledge import check_text, coverage_text

    model = _load(overlay)
    if coverage:
        covered = inspection.coverage(model)
        _print("coverage", lambda: coverage_text(covered), covered.to_dict, as_json)
        return
    report = inspection.check(model)
    _print("check", lambda: check_text(report), report.to_dict, as_json)
    if not report.ok:
        raise click.exceptions.Exit(4)


@command.command("diff")
@click.argument("overlays", metavar="OVERLAY...", nargs=-1, required=True)
@json_option
def diff(overlays: tuple[str, ...], as_json: bool) -> None:
    """Show which rates the OVERLAY files move, and by how much."""
    from imtdx import inspection
    from imtdx.report.knowledge import diff_text

    report = inspection.diff(_load(()), _load(overlays))
    _print("diff", lambda: diff_text(report), report.to_dict, as_json)


@command.group("review", short_help="Review of the stated judgement: write a sheet, read it back, pool opinions.")
def review() -> None:
    """Review of the stated judgement by pathologists: a sheet to fill in, read back as an overlay, opinions pooled."""


@review.command("sheet")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Sheet: .csv or .xlsx."
)
@click.option("--top", type=click.IntRange(1), help="How many cells, the most influential first (default: all).")
@click.option("--diagnosis", metavar="ID", help="Cells of one diagnosis only.")
@overlay_option("Put a laboratory's own YAML on top (repeatable).")
def sheet(output: Path, top: int | None, diagnosis: str | None, overlay: tuple[str, ...]) -> None:
    """Write the judged cells with columns to fill in, in the order of how much they can move a first answer."""
    from imtdx import review as reviewing

    rows = reviewing.sheet(_load(overlay), top, diagnosis)
    reviewing.write_sheet(rows, output)
    click.echo(
        f"{len(rows)} cells written to {output}; fill in review_percent, and read it back with: review read", err=True
    )


@review.command("read")
@click.argument("filled", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--role", required=True, metavar="TEXT", help="The reviewer's role, such as 'soft tissue pathologist'; no name."
)
@click.option("--date", required=True, metavar="DATE", help="Date of the review.")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Overlay to write: .yaml."
)
def read(filled: Path, role: str, date: str, output: Path) -> None:
    """Make a sheet that was filled in an overlay, to be used with --knowledge."""
    from imtdx import review as reviewing
    from imtdx.files import write_text

    write_text(output, reviewing.read_sheet(_load(()), filled, role, date))
    # what was written is read at once, so that nothing broken is left behind unnoticed
    n = len(reviewing.pooled(_load((str(output),))))
    click.echo(f"{n} reviewed cells written to {output}; use it with --knowledge {output}", err=True)


@review.command("pooled")
@click.argument("overlays", metavar="OVERLAY...", nargs=-1, required=True)
@json_option
def pooled(overlays: tuple[str, ...], as_json: bool) -> None:
    """Show what reviewers say beside what was stated, the most disputed cells first."""
    from imtdx import review as reviewing
    from imtdx.report.knowledge import pooled_text

    rows = reviewing.pooled(_load(overlays))
    _print("review", lambda: pooled_text(rows), lambda: {"cells": [r.to_dict() for r in rows]}, as_json)
