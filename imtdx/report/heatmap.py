"""The knowledge as a heat map: how often each marker is positive in each diagnosis, with the counts on hover."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

from imtdx.answer.reasons import count_sentence
from imtdx.errors import UnknownNameError
from imtdx.knowledge import UNLISTED
from imtdx.provenance import CITATION_KEY, made_on
from imtdx.report.html import report_style
from imtdx.report.markup import document, h
from imtdx.version import __version__

if TYPE_CHECKING:
    from imtdx.knowledge import Diagnosis, Marker
    from imtdx.model import Model

__all__ = ["knowledge_heatmap"]

_KINDS = {
    "ihc": "Stains",
    "fish": "FISH and sequencing",
    "mutation": "Mutations",
    "pattern": "Staining patterns",
    "morphology": "H&E features",
}
_LEVELS = 9
#: Cell kind -> class; a rate without count or word, stated or background, is drawn faint.
_CLASS = {"counted": "", "defined": "", "qualitative": " words", "judged": " ground", "background": " ground"}


def knowledge_heatmap(model: Model, diagnoses: Iterable[str] = (), markers: Iterable[str] = ()) -> str:
    """Marker by diagnosis as a self-contained HTML document.

    Args:
        model: whose rates are shown.
        diagnoses: ids, names or abbreviations to restrict the columns to; all of them by default.
        markers: ids to restrict the rows to; all of them by default.

    Raises:
        UnknownNameError: no such diagnosis or marker.
    """
    k = model.knowledge
    chosen = {k.diagnosis_id(d) for d in diagnoses} or {d for d in k.diagnoses if d != UNLISTED}
    rows = set(markers)
    for name in rows:
        if name not in k.markers:
            raise UnknownNameError("marker", name, k.markers)
    columns = [d for d in k.diagnoses.values() if d.id in chosen]
    title = "How often each marker is positive"
    body = (
        f"<main><header><h1>{h(title)}</h1><p class='soft'>Mean of the published counts in percent; point at a cell for counts. "
        "Cells in italics rest on words, those without colour on stated judgement or a background rate.</p>"
        f"<p class='key'>{_key()}</p></header><section>{_table(model, columns, rows)}</section>"
        f"<footer>imtdx {h(__version__)}, knowledge {h(k.network.get('version', ''))}, sha256 {h(k.sha256)}, {made_on()}, cite as {CITATION_KEY}</footer></main>"
    )
    return document(
        title,
        body,
        style=report_style()
        + "".join(files("imtdx.report").joinpath(x).read_text(encoding="utf-8") for x in ("heatmap.css", "levels.css")),
    )


def _level(rate: float) -> int:
    return min(int(rate * _LEVELS), _LEVELS - 1)


def _key() -> str:
    return "".join(f'<span class="q{k}">{100 * k / _LEVELS:.0f} %</span>' for k in range(_LEVELS))


def _table(model: Model, columns: list[Diagnosis], only: Collection[str]) -> str:
    heads = "".join(f'<th scope="col"><abbr title="{h(d.name)}">{h(d.abbreviation)}</abbr></th>' for d in columns)
    body = []
    for kind, words in _KINDS.items():
        markers = [m for m in model.knowledge.markers.values() if m.kind == kind and (not only or m.id in only)]
        if markers:
            body.append(f'<tr class="group"><th scope="rowgroup" colspan="{len(columns) + 1}">{h(words)}</th></tr>')
            body += [_row(model, m, columns) for m in markers]
    return (
        '<div class="scroll" tabindex="0" role="group" aria-label="Heat map"><table class="heat">'
        '<caption class="hidden">Percent positive, marker by diagnosis</caption>'
        f'<thead><tr><th scope="col"><span class="hidden">Marker</span></th>{heads}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _row(model: Model, marker: Marker, columns: list[Diagnosis]) -> str:
    cells = []
    for d in columns:
        cell = model.network.rates.cell(d.id, marker.id)
        told = f"{marker.label} in {d.abbreviation}: {count_sentence(model.network.rates, d, marker.id)}"
        cells.append(
            f'<td class="q{_level(cell.mean)}{_CLASS.get(cell.kind, "")}" title="{h(told)}">{100 * cell.mean:.0f}</td>'
        )
    return f'<tr><th scope="row">{h(marker.label)}</th>{"".join(cells)}</tr>'
