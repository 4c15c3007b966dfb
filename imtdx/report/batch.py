"""The batch report: an overview of many cases, and one sortable, filterable table whose rows open.

Intervals are drawn for the cases of the heat map; beyond those they are left to the case reports, since drawing takes longer than
everything else together.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from imtdx.intervals import credible_interval
from imtdx.provenance import CITATION_KEY, made_on
from imtdx.report.caseheat import HEAT_ROWS, SHOWN_FROM, cases_heatmap
from imtdx.report.markup import document, h
from imtdx.report.svg import share_bar
from imtdx.version import __version__
from imtdx.words import INTENDED_USE, context_words, evidence_label, percent, value_words

if TYPE_CHECKING:
    from imtdx.differential import Differential
    from imtdx.model import Model
    from imtdx.panel import Panel

__all__ = ["CaseRecord", "batch_report", "case_record"]

#: Lower bounds (probability) of the bands of certainty, and what they are called.
_BANDS = ((0.95, "95 % and more"), (0.8, "80 to 95 %"), (0.5, "50 to 80 %"), (0.0, "under 50 %"))
#: Bits of conflict from which findings are said to contradict each other, as in the flags.
_CONFLICT = 0.1
_RANKED, _WEIGHTS, _TESTS = 5, 8, 3
#: Behind the intervals of the heat map.
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What the report shows of one case: words as they are printed, numbers for sorting.

    Attributes:
        ranking: (diagnosis id, name, probability), the first five.
        p_imt: probability of IMT.
        n_findings: findings that carry weight.
        conflict: Jensen's conflict (bits).
        fits: whether the panel fits a listed diagnosis.
        sentence: the fit in words.
        panel, context: the case in words.
        weights: (finding, log10 likelihood ratio) for the leading diagnosis, heaviest first.
        flags: what not to overlook.
        tests: tests to consider, or why none.
        unread: what was not used.
        flag_ids: of the flags, in their order.
        shares: (diagnosis id, probability, low, high) of all that reach 1 %, with 95 % intervals.
    """

    ranking: tuple[tuple[str, str, float], ...]
    p_imt: float
    n_findings: int
    conflict: float
    fits: bool
    sentence: str
    panel: str
    context: str
    weights: tuple[tuple[str, float], ...]
    flags: tuple[str, ...]
    tests: str
    unread: str
    flag_ids: tuple[str, ...] = ()
    shares: tuple[tuple[str, float, float, float], ...] = ()


def case_record(dx: Differential, *, intervals: bool = False) -> CaseRecord:
    """The light record of one differential.

    Args:
        dx: the differential.
        intervals (bool): draw them, for the heat map.
    """
    m = dx.model
    markers, names = m.knowledge.markers, m.knowledge.diagnoses
    order = (-dx.posterior).argsort(kind="stable")[:_RANKED]
    ranking = tuple((m.diagnoses[k], names[m.diagnoses[k]].name, float(dx.posterior[k])) for k in order)
    heavy = dx.contributions(ranking[0][0])[:_WEIGHTS]
    tests = dx.next_tests(_TESTS)
    findings = [f for f in dx.panel.findings if f.marker in markers]
    return CaseRecord(
        ranking=ranking,
        p_imt=dx.probability("imt") if "imt" in m.diagnoses else 0.0,
        n_findings=len(dx.panel.informative),
        conflict=dx.conflict.conf,
        fits=dx.conflict.fits,
        sentence=dx.conflict.sentence,
        panel="; ".join(f"{markers[f.marker].label} {value_words(f, markers[f.marker])}" for f in findings),
        context=context_words(dx.panel.context),
        weights=tuple((evidence_label(dx, c.marker, c.value), c.log10_lr) for c in heavy),
        flags=tuple(f.text for f in dx.flags),
        flag_ids=tuple(f.id for f in dx.flags),
        shares=_shares(dx) if intervals else (),
        tests=tests.stop or ", ".join(t.label for t in tests),
        unread="; ".join(u.text for u in dx.panel.unrecognised),
    )


def _shares(dx: Differential) -> tuple[tuple[str, float, float, float], ...]:
    """What the heat map shows of one case."""
    drawn, weights = dx.draws
    low, high = credible_interval(drawn, weights, dx.posterior)
    return tuple(
        (dx.model.diagnoses[k], float(dx.posterior[k]), float(low[k]), float(high[k]))
        for k in (-dx.posterior).argsort(kind="stable")
        if dx.posterior[k] >= SHOWN_FROM
    )


def batch_report(model: Model, cases: Iterable[tuple[str, Panel]], *, title: str = "Batch of cases") -> str:
    """Many cases as one self-contained HTML document.

    Args:
        model: the model.
        cases: (case id, panel) in the order of the table; equal panels are worked out once.
        title (str): plain text.
    """
    known: dict[tuple[Any, ...], CaseRecord] = {}
    rows: list[tuple[str, CaseRecord]] = []
    for case_id, panel in cases:
        key = (panel.findings, panel.context, panel.unrecognised)
        if key not in known:
            intervals = len(rows) < HEAT_ROWS
            known[key] = case_record(model.diagnose(panel, draws=_DRAWS if intervals else 1), intervals=intervals)
        rows.append((case_id, known[key]))
    data = json.dumps(_data(rows), ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    body = (
        f"<main><header><h1>{h(title)}</h1>"
        f"<p class='soft'>{len(rows)} cases; prior {h(model.prior_name)}. {h(INTENDED_USE)}</p></header>"
        f"{_overview(rows)}{_table(rows)}{cases_heatmap(model, rows)}{_foot(model)}</main>\n"
        f'<script type="application/json" id="cases">{data}</script>'
    )
    return document(
        title, body, style=_text("report.css") + _text("levels.css") + _text("batch.css"), script=_text("batch.js")
    )


def _text(name: str) -> str:
    return files("imtdx.report").joinpath(name).read_text(encoding="utf-8")


def _data(rows: list[tuple[str, CaseRecord]]) -> dict[str, Any]:
    """Details of every case; texts that many cases share are kept once."""
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    cases = [
        {
            "r": [[place(name), percent(p)] for _, name, p in r.ranking],
            "w": [[place(label), f"{w:+.2f}"] for label, w in r.weights],
            "f": [place(text) for text in r.flags],
            "t": place(r.tests),
            "s": place(r.sentence),
            "p": place(r.panel),
            "c": place(r.context),
            "u": place(r.unread),
            # what the table is sorted by; the text columns sort by their cells
            "k": [
                None,
                None,
                r.ranking[0][2],
                None,
                r.ranking[1][2],
                r.p_imt,
                r.n_findings,
                round(r.conflict, 4),
                len(r.flags),
            ],
        }
        for _, r in rows
    ]
    return {"texts": list(texts), "cases": cases}


# --- overview ---------------------------------------------------------------------------------------------------------
def _overview(rows: list[tuple[str, CaseRecord]]) -> str:
    leading = Counter(r.ranking[0][1] for _, r in rows)
    bands = Counter(next(word for low, word in _BANDS if r.ranking[0][2] >= low) for _, r in rows)
    state = {
        "fit no listed diagnosis well": sum(not r.fits for _, r in rows),
        "findings contradict each other": sum(r.conflict > _CONFLICT for _, r in rows),
        "no finding that carries weight": sum(r.n_findings == 0 for _, r in rows),
        "something was not used": sum(bool(r.unread) for _, r in rows),
    }
    n = max(len(rows), 1)
    return (
        "<section class='overview'>"
        + _counts("Leading diagnosis", leading.most_common(), n)
        + _counts("Probability of the leading diagnosis", [(word, bands[word]) for _, word in _BANDS], n)
        + _counts("To look at", list(state.items()), n)
        + "</section>"
    )


def _counts(caption: str, counts: list[tuple[str, int]], n: int) -> str:
    """Counts as a table with bars; beyond the first ten they open on request."""
    body = [
        f'<tr><th scope="row">{h(word)}</th><td class="num">{count}</td><td>{share_bar(count / n)}</td></tr>'
        for word, count in counts
    ]
    titles = "".join(f'<th scope="col">{h(t)}</th>' for t in (caption, "Cases", "Share"))
    head = f'<thead class="hidden"><tr>{titles}</tr></thead>'
    shown, rest = "".join(body[:10]), "".join(body[10:])
    more = (
        f"<details><summary>{len(body) - 10} more</summary><table><tbody>{rest}</tbody></table></details>"
        if rest
        else ""
    )
    return f"<div><table><caption>{h(caption)}</caption>{head}<tbody>{shown}</tbody></table>{more}</div>"


# --- the table --------------------------------------------------------------------------------------------------------
_COLUMNS = (
    ("Case", ""), ("First", ""), ("Probability", "num"), ("Second", ""), ("Probability", "num"), ("IMT", "num"),
    ("Findings", "num"), ("Conflict (bit)", "num"), ("Flags", "num"),
)  # fmt: skip


def _table(rows: list[tuple[str, CaseRecord]]) -> str:
    heads = "".join(
        f'<th scope="col" class="{kind}" aria-sort="none"><button type="button" data-column="{k}">{h(name)}</button></th>'
        for k, (name, kind) in enumerate(_COLUMNS)
    )
    body = "".join(_row(k, case_id, r) for k, (case_id, r) in enumerate(rows))
    names = sorted({r.ranking[0][1] for _, r in rows})
    options = "".join(f"<option>{h(name)}</option>" for name in names)
    told = Counter(f for _, r in rows for f in dict.fromkeys(r.flag_ids))
    remarks = "".join(
        f"<option value='{h(f)}'>{h(f.replace('_', ' '))} ({n})</option>" for f, n in sorted(told.items())
    )
    return (
        "<section><h2>Cases</h2><form class='filters' id='filters'>"
        "<label>Find <input type='search' id='find' autocomplete='off'></label>"
        f"<label>First diagnosis <select id='first'><option value=''>all</option>{options}</select></label>"
        "<label>Show <select id='which'><option value=''>all cases</option><option value='unsure'>under 80 %</option>"
        "<option value='misfit'>no good fit</option><option value='conflict'>contradicting findings</option></select></label>"
        f"<label>Remark <select id='remark'><option value=''>any or none</option>{remarks}</select></label>"
        f"<output id='shown'>{len(rows)} shown</output></form>"
        "<noscript><p class='note'>Sorting, filtering and opening rows need scripts.</p></noscript>"
        "<div class='scroll'><table id='table'><caption class='hidden'>Cases</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _row(k: int, case_id: str, r: CaseRecord) -> str:
    (_, first, p1), (_, second, p2) = r.ranking[:2]
    marks = ("u" if p1 < 0.8 else "") + ("" if r.fits else "m") + ("c" if r.conflict > _CONFLICT else "")
    cells = [(h(first), ""), (percent(p1), "num"), (h(second), ""), (percent(p2), "num"), (percent(r.p_imt), "num")]
    cells += [(str(r.n_findings), "num"), (f"{r.conflict:+.1f}", "num"), (str(len(r.flags)), "num")]
    tail = "".join(f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>" for text, kind in cells)
    button = f'<button type="button" class="open" aria-expanded="false">{h(case_id) or f"row {k + 1}"}</button>'
    return (
        f'<tr data-k="{k}" data-m="{marks}" data-f="{h(" ".join(r.flag_ids))}"><th scope="row">{button}</th>{tail}</tr>'
    )


def _foot(model: Model) -> str:
    k = model.knowledge
    left = f", without {', '.join(k.left_out)}" if k.left_out else ""
    overlays = f", with {', '.join(map(str, k.overlays))}" if k.overlays else ""
    version = f"imtdx {__version__}, knowledge {k.network.get('version', '')}, sha256 {k.sha256}, {made_on()}, cite as {CITATION_KEY}"
    return f"<footer>{h(version)}{h(left)}{h(overlays)}; prior {h(model.prior_name)}</footer>"
