"""Cases by diagnoses as a heat map: each cell a probability, its interval on hover and in the words of each case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from imtdx.report.markup import h
from imtdx.words import percent

if TYPE_CHECKING:
    from imtdx.model import Model
    from imtdx.report.batch import CaseRecord

__all__ = ["HEAT_ROWS", "SHOWN_FROM", "cases_heatmap"]

#: Cases whose intervals are drawn; a map of more is not read.
HEAT_ROWS = 200
#: Cells from this probability are shown.
SHOWN_FROM = 0.01
_MOST_COLUMNS = 16
_LEVELS = 9


def cases_heatmap(model: Model, rows: Sequence[tuple[str, CaseRecord]]) -> str:
    """The section; it follows the sorting and the filters of the table, and reads without scripts.

    Args:
        model: whose diagnoses they are.
        rows: (case id, record) of the report.
    """
    shown = [(k, case_id, r) for k, (case_id, r) in enumerate(rows[:HEAT_ROWS]) if r.shares]
    if not shown:
        return ""
    total: dict[str, float] = defaultdict(float)
    for _, _, r in shown:
        for d, p, _, _ in r.shares:
            total[d] += p
    columns = sorted(total, key=lambda d: -total[d])[:_MOST_COLUMNS]
    known = model.knowledge.diagnoses
    heads = "".join(
        f'<th scope="col"><abbr title="{h(known[d].name)}">{h(known[d].abbreviation)}</abbr></th>' for d in columns
    )
    body = "".join(_row(model, k, case_id, r, columns) for k, case_id, r in shown)
    more = f" The first {HEAT_ROWS} of {len(rows)} cases are shown." if len(rows) > HEAT_ROWS else ""
    left = f" {len(total) - len(columns)} rarer diagnoses have no column." if len(total) > len(columns) else ""
    return (
        "<section><h2>Cases by diagnoses</h2>"
        "<p class='note'>Probability in percent, from 1 %; darker is more probable. Point at a cell for its 95 % interval; the last "
        f"column says those of the first four in words.{more}{left}</p>"
        "<div class='scroll' tabindex='0' role='group' aria-label='Heat map of cases by diagnoses'>"
        "<table class='heat' id='heat'><caption class='hidden'>Probability of each diagnosis, case by case</caption>"
        f'<thead><tr><th scope="col">Case</th>{heads}<th scope="col">95 % intervals</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _row(model: Model, k: int, case_id: str, r: CaseRecord, columns: Sequence[str]) -> str:
    known = model.knowledge.diagnoses
    by_id = {d: (p, low, high) for d, p, low, high in r.shares}
    cells = []
    for d in columns:
        if d not in by_id:
            cells.append("<td></td>")
            continue
        p, low, high = by_id[d]
        level = min(int(p * _LEVELS), _LEVELS - 1)
        told = f"{known[d].name}: {percent(p)} ({percent(low)} to {percent(high)})"
        cells.append(f'<td class="q{level}" title="{h(told)}">{100 * p:.0f}</td>')
    words = ", ".join(
        f"{known[d].abbreviation} {percent(p)} ({percent(low)} to {percent(high)})" for d, p, low, high in r.shares[:4]
    )
    name = h(case_id) or f"row {k + 1}"
    return f'<tr id="heat-{k}"><th scope="row">{name}</th>{"".join(cells)}<td class="words">{h(words)}</td></tr>'
