"""The rows of a table as panels, for the batch report. Cells that were not understood are kept as not used, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imtdx.batch.columns import Layout, Role, context_role, detect_layout, unfit
from imtdx.batch.vocabulary import cell_text
from imtdx.errors import InputError
from imtdx.merging import merged_panel
from imtdx.notation import read_age, read_case, read_header, read_morphology, read_results, read_sex, read_site
from imtdx.panel import Context, Panel, Unrecognised

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["table_cases"]


def table_cases(
    model: Model,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    mapping: Mapping[str, str] | None = None,
    panel_column: str | None = None,
) -> Iterator[tuple[str, Panel]]:
    """(case id, panel) of every row, or of every case of a long table, in order.

    Args:
        model: whose markers and words are used.
        headers: of the table.
        rows: cells, as text or values.
        mapping, panel_column: as in `imtdx.scoring.score_frame`.

    Raises:
        TableError, UnknownNameError: as in `imtdx.scoring.score_frame`.
    """
    layout = detect_layout(headers, lambda header: read_header(header, model.lexicon), mapping, panel_column)
    if layout.form == "long":
        yield from _long(model, layout, rows)
        return
    place = layout.id_column
    for k, row in enumerate(rows, start=1):
        panel = Panel()
        # what a column tells goes before what a free-text panel mentions
        order = sorted(range(len(layout.roles)), key=lambda j: layout.roles[j].kind == "panel")
        for j in order:
            panel = _add(model, panel, layout.roles[j], row[j], layout.headers[j])
        yield (cell_text(row[place]) if place is not None else f"row {k}"), panel


def _long(model: Model, layout: Layout, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, Panel]]:
    """Rows of one case need not stand together."""
    place, names, values = layout.id_column, layout.position("names"), layout.position("values")
    assert place is not None
    panels: dict[str, Panel] = {}
    for row in rows:
        case_id, name = cell_text(row[place]), cell_text(row[names])
        if not case_id:
            # told of in the issues file
            continue
        panel = panels.get(case_id, Panel())
        marker = read_header(name, model.lexicon)
        role = context_role(name) or Role("marker", marker or name)
        panel = _add(model, panel, role, row[values], name)
        for j in layout.used():
            panel = _add(model, panel, layout.roles[j], row[j], layout.headers[j])
        panels[case_id] = panel
    yield from panels.items()


def _add(model: Model, panel: Panel, role: Role, value: Any, header: str) -> Panel:
    """The panel with one cell more."""
    text = cell_text(value)
    if not text or role.kind in ("id", "ignore"):
        return panel
    if why := unfit(role.kind, value):
        return _unused(panel, f"{header}: {text}", why[0])
    try:
        return _read(model, panel, role, text)
    except InputError as exc:
        return _unused(panel, f"{header}: {text}", str(exc).splitlines()[0])


def _unused(panel: Panel, text: str, reason: str) -> Panel:
    """The panel with one remark more; a column repeated in every row of a long table gives one."""
    said = Unrecognised(text, reason=reason)
    return panel if said in panel.unrecognised else replace(panel, unrecognised=(*panel.unrecognised, said))


def _read(model: Model, panel: Panel, role: Role, text: str) -> Panel:
    lexicon, context = model.lexicon, panel.context
    match role.kind:
        case "marker" if role.marker in model.knowledge.markers:
            return _merged(model, panel, Panel(read_results(role.marker, text, lexicon)))
        case "marker":
            unknown = Unrecognised(f"{role.marker}: {text}", reason="unknown stain")
            return replace(panel, unrecognised=(*panel.unrecognised, unknown))
        case "panel":
            return _merged(model, panel, read_case(text, lexicon))
        case "morphology":
            features, unread = read_morphology(text, lexicon)
            return _merged(model, panel, Panel(tuple(features), Context(), tuple(unread)))
        case "age":
            bare = text.replace(".", "").isdigit()
            return replace(
                panel, context=replace(context, age=read_age(f"{text} {role.unit}" if role.unit and bare else text))
            )
        case "sex":
            return replace(panel, context=replace(context, sex=read_sex(text)))
        case "site":
            return replace(panel, context=replace(context, site=read_site(text, lexicon), site_reported=text))
    return panel


def _merged(model: Model, first: Panel, second: Panel) -> Panel:
    """All that two panels tell; of age, sex and site the first goes before."""
    a, b = first.context, second.context
    context = Context(
        age=b.age if a.age is None else a.age,
        sex=a.sex or b.sex,
        site=a.site or b.site,
        site_reported=a.site_reported or b.site_reported,
    )
    unrecognised = (*first.unrecognised, *second.unrecognised)
    markers = model.knowledge.markers
    return merged_panel((*first.told, *second.told), markers, context, unrecognised, first.text or second.text)
