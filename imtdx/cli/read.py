"""``imtdx read``: what is understood of a report, and what is not; nothing is ranked."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from imtdx.cli.options import json_option, overlay_option

if TYPE_CHECKING:
    from imtdx.notation import Reading

__all__ = ["command"]


@click.command("read", short_help="Show what is understood of a report.")
@click.argument("text")
@overlay_option("Add a laboratory's own YAML of markers (repeatable).")
@json_option
def command(text: str, overlay: tuple[str, ...], as_json: bool) -> None:
    """Show the stains, H&E features, age, sex and site that are understood of TEXT, and what is not; '-' reads it from stdin.

    \b
    imtdx read "46-year-old woman, uterus. Spindle cells, no necrosis. SMA focal; desmin, ALK negative."
    """
    from imtdx.notation import read_report
    from imtdx.provenance import provenance_line, stamp
    from imtdx.store import lexicon_of, read_knowledge

    knowledge = read_knowledge(overlays=overlay)
    reading = read_report(sys.stdin.read() if text == "-" else text, lexicon_of(knowledge))
    if as_json:
        click.echo(json.dumps(reading.to_dict() | stamp(knowledge), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join([*_lines(reading), "", provenance_line(knowledge)]))


def _lines(reading: Reading) -> list[str]:
    """The reading as text, what was not read first."""
    out = [f'! Result not read: "{u.text}" ({u.reason})' for u in reading.unread]
    out += [f"! {c.text}" for c in reading.panel.contradictions]
    for f in reading.panel.findings:
        out.append(f"{f.marker:<22} {f.value:<18} {' '.join(f.reported.split())}")
    context = reading.panel.context
    for key, value in (("age", context.age), ("sex", context.sex), ("site", context.site)):
        if value is not None:
            shown = f"{value:g} years" if isinstance(value, float) else value
            out.append(f"{key:<22} {shown:<18} {reading.words[key][0]}")
    out += [f"{r.marker:<22} {r.text}" for r in reading.panel.remarks]
    out += [f"ignored: {' '.join(g.text.split())} ({g.why})" for g in reading.ignored]
    return out or ["nothing was understood"]
