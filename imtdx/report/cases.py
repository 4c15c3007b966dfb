"""The rows of a table as panels, for the batch report. Cells that were not understood are kept as not used, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imtdx.batch.columns import Layout, Role, detect_layout, named_role
from imtdx.batch.settle import FIRST_ROWS, settle, settle_names
from imtdx.batch.told import cell_text, tell
from imtdx.batch.vocabulary import Cloned
from imtdx.merging import merged_panel
from imtdx.notation.scales import whole
from imtdx.panel import Context, Panel, Unrecognised

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["table_cases"]


def table_cases(
    model: Model,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    mapping: Mapping[str, Any] | None = None,
    panel_column: str | None = None,
    layout: Layout | None = None,
) -> Iterator[tuple[str, Panel]]:
    """(case id, panel) of every row, or of every case of a long table, in order.

    Args:
        model: whose markers and words are used.
        headers: of the table.
        rows: cells, as text or values.
        mapping, panel_column: as in `imtdx.scoring.score_frame`.
        layout: of the table, when it is settled already.

    Raises:
        TableError, UnknownNameError: as in `imtdx.scoring.score_frame`.
    """
    if layout is None:
        rows = [list(row) for row in rows]
        layout = detect_layout(headers, model.lexicon, mapping, panel_column)
        layout, _ = settle(layout, {k: (row[k] for row in rows) for k in layout.read()}, model.lexicon)
    if layout.form == "long":
        yield from _long(model, layout, rows)
        return
    place = layout.id_column
    for k, row in enumerate(rows, start=1):
        panel = Panel()
        # what a column tells goes before what a free-text panel mentions
        order = sorted(range(len(layout.roles)), key=lambda j: layout.roles[j].kind == "panel")
        for j in order:
            clone = layout.clone_of(j)
            cell = row[j] if clone is None or not cell_text(row[clone]) else Cloned(row[j], cell_text(row[clone]))
            panel = _add(model, panel, layout.roles[j], cell, layout.headers[j])
        yield (cell_text(row[place]) if place is not None else f"row {k}"), panel


def _long(model: Model, layout: Layout, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, Panel]]:
    """Rows of one case need not stand together."""
    place, names, values = layout.id_column, layout.position("names"), layout.position("values")
    assert place is not None
    panels: dict[str, Panel] = {}
    rows = [list(row) for row in rows]
    texts: dict[str, set[str]] = {}
    for row in rows[:FIRST_ROWS]:
        if cell_text(row[values]):
            texts.setdefault(cell_text(row[names]), set()).add(whole(cell_text(row[values])))
    roles, _ = settle_names(texts, layout, model.lexicon)
    for row in rows:
        case_id, name = cell_text(row[place]), cell_text(row[names])
        if not case_id:
            # told of in the issues file
            continue
        panel = panels.get(case_id, Panel())
        role = roles.get(name) or named_role(name, layout.roles[values], model.lexicon) or Role("marker", name)
        panel = _add(model, panel, role, row[values], name)
        for j in layout.used():
            panel = _add(model, panel, layout.roles[j], row[j], layout.headers[j])
        panels[case_id] = panel
    yield from panels.items()


def _add(model: Model, panel: Panel, role: Role, value: Any, header: str) -> Panel:
    """The panel with one cell more."""
    cell = value.cell if isinstance(value, Cloned) else value
    text = cell_text(cell)
    if not text or role.kind in ("id", "ignore", "clone", "names", "values"):
        return panel
    if role.kind == "marker" and role.marker not in model.knowledge.markers:
        unknown = Unrecognised(f"{role.marker}: {text}", reason="unknown stain")
        return replace(panel, unrecognised=(*panel.unrecognised, unknown))
    told = value.told(role, model.lexicon) if isinstance(value, Cloned) else tell(role, value, model.lexicon)
    for problem in told.problems:
        words = problem.value if role.kind in ("panel", "morphology") else f"{header}: {text}"
        panel = _unused(panel, words, problem.problem)
    old, new = panel.context, told.context
    context = _filled(old, new) if role.kind == "panel" else _filled(new, old)
    findings = (*panel.told, *told.findings)
    return merged_panel(findings, model.knowledge.markers, context, panel.unrecognised, panel.text)


def _filled(first: Context, second: Context) -> Context:
    """What the first tells, completed by the second."""
    return Context(
        age=second.age if first.age is None else first.age,
        sex=first.sex or second.sex,
        site=first.site or second.site,
        site_reported=first.site_reported if first.site else second.site_reported,
    )


def _unused(panel: Panel, text: str, reason: str) -> Panel:
    """The panel with one remark more; a column repeated in every row of a long table gives one."""
    said = Unrecognised(text, reason=reason)
    return panel if said in panel.unrecognised else replace(panel, unrecognised=(*panel.unrecognised, said))
