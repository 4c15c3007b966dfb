"""An evaluation as one self-contained HTML page, with a reliability diagram per view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imtdx.provenance import provenance_line
from imtdx.report.markup import document, h, table
from imtdx.validation import metrics
from imtdx.validation.pictures import confusion_matrix, roc_diagram
from imtdx.validation.rivals import RIVALS
from imtdx.validation.text import difference_words, figure
from imtdx.words import INTENDED_USE

if TYPE_CHECKING:
    from imtdx.validation.evaluation import Evaluation
    from imtdx.validation.views import Figures, View

__all__ = ["evaluation_html"]

_STYLE = """
main { max-width: 70rem; margin: 0 auto; padding: 1.2rem; }
section { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.2rem; margin: 0 0 1rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
.pictures figure { margin: 0; max-width: 22rem; }
svg { max-width: 100%; height: auto; }
.scroll svg { max-width: none; }
.roc { fill: none; stroke: var(--for); stroke-width: 2; }
"""
_SIZE, _MARGIN = 260, 42


def evaluation_html(e: Evaluation) -> str:
    """The page.

    Args:
        e: the evaluation.
    """
    k = e.model.knowledge
    n = len(e.views[0].cases)
    facts = [f"{n} cases judged.", f"{provenance_line(k)}.", f"Prior {e.model.prior_name}."]
    if k.left_out:
        facts.append(f"Left out of the evidence throughout: {', '.join(k.left_out)}.")
    if e.own_sources:
        facts.append(
            "Own source left out of the evidence (cases): "
            + ", ".join(f"{s} ({c})" for s, c in e.own_sources.items())
            + "."
        )
    parts = [f"<header><h1>Evaluation on labelled cases</h1><p class='soft'>{h(' '.join(facts))}</p></header>"]
    parts += [f"<p class='note'>{h(note)}</p>" for note in e.notes]
    parts += [_view(v, number) for number, v in enumerate(e.views)]
    if e.left_out:
        rows = [(h(case), h(why)) for case, why in e.left_out]
        parts.append(f"<section>{table('Rows that could not be judged', ['case', 'why'], rows)}</section>")
    parts.append(f"<p class='note'>{h(INTENDED_USE)}</p>")
    return document("imtdx evaluation", f"<main>{''.join(parts)}</main>", _STYLE)


def _view(v: View, number: int) -> str:
    f = v.figures
    summary = [
        ("truth first", figure(f.top[1]), "share of cases"),
        ("truth among the first 3", figure(f.top[3]), ""),
        ("truth among the first 5", figure(f.top[5]), ""),
        ("mean log score", figure(f.log_score), "0 is perfect"),
        ("Brier score", figure(f.brier), "0 to 2, 0 is perfect"),
        ("expected calibration error", figure(f.calibration_error), f"{f.chance_error:.3f} by chance on as many cases"),
        ("AUROC, IMT against the rest", figure(f.auroc), "from the Bayes factor, the prior not in it"),
        (
            "truth in the smallest 95 % set",
            figure(v.sets["coverage"]),
            f"sets state {v.sets['stated']:.3f}; median size {v.sets['median_size']:g}",
        ),
    ]
    out = [f"<section><h2>{h(f'{f.n} cases, {v.name}')}</h2>"]
    out.append(
        table(
            "Figures with 95 % intervals",
            ["", ("figure", "num"), "remark"],
            [(h(a), h(b), h(c)) for a, b, c in summary],
        )
    )
    out.append(
        f'<div class="pictures">{_diagram(v, number)}{roc_diagram(v, number)}</div>{confusion_matrix(v, number)}'
    )
    if v.rivals:
        rows = [_figures_row("model", f, "")]
        rows += [
            _figures_row(name, r, difference_words(v.difference(name)["log_score"]))
            for name, r in v.rival_figures.items()
        ]
        foot = "; ".join(f"{name}: {RIVALS[name]}" for name in v.rivals if name in RIVALS)
        out.append(
            table(
                "Against simpler methods on the same counts",
                ["", *_TITLES, ("log score, model less rival", "num")],
                rows,
                foot=h(foot),
            )
        )
    for kind, title in (("findings", "By number of findings"), ("ALK", "By ALK (stain or FISH)")):
        out.append(_groups(title, v.groups[kind]))
    if v.confusions:
        pairs = [(h(t), h(first), str(c)) for t, first, c in v.confusions[:15]]
        out.append(table("Most frequent confusions", ["truth", "taken for", ("cases", "num")], pairs))
    if v.misses:
        missed = [
            (
                h(m.case),
                h(f"{m.truth}: no. {m.rank}, {m.p_truth:.3f}"),
                h(f"{m.first}: {m.p_first:.3f}"),
                ", ".join(_weight(*c) for c in m.contributions if abs(c[2]) >= 0.1),
            )
            for m in v.misses
        ]
        foot = "log10 likelihood ratio of each finding for the truth against what came first"
        wrong = int((metrics.ranks(v.answer.scores, v.truth) > 1).sum())
        title = f"Cases that went wrong, the worst first: {len(missed)} of {wrong}"
        out.append(table(title, ["case", "truth", "came first", "reasons"], missed, foot=foot))
    return "".join(out) + "</section>"


_TITLES = [(t, "num") for t in ("cases", "top-1", "top-3", "top-5", "AUROC", "log score", "calibration error")]


def _figures_row(name: str, f: Figures, *more: str) -> tuple[str, ...]:
    cells = [str(f.n), *(figure(f.top[k], interval=False) for k in (1, 3, 5))]
    cells += [figure(x, interval=False) for x in (f.auroc, f.log_score, f.calibration_error)]
    return (h(name), *map(h, cells), *map(h, more))


def _groups(title: str, groups: Mapping[str, Figures]) -> str:
    return table(title, ["", *_TITLES], [_figures_row(name, g) for name, g in groups.items()])


def _weight(name: str, value: str, weight: float) -> str:
    return f'{h(name)} {h(value)} <span class="{"for" if weight > 0 else "against"}">{weight:+.2f}</span>'


def _diagram(v: View, number: int) -> str:
    """Reliability diagram: stated probability against observed frequency, with exact 95 % intervals; larger dots hold more."""
    side, m = _SIZE, _MARGIN

    def x(p: float) -> str:
        return f"{m + p * side:.1f}"

    def y(p: float) -> str:
        return f"{10 + (1 - p) * side:.1f}"

    most = max((r.n for r in v.reliability), default=1)
    marks = []
    for r in v.reliability:
        marks.append(
            f'<line class="stroke-range" x1="{x(r.stated)}" x2="{x(r.stated)}" y1="{y(r.right.low)}" y2="{y(r.right.high)}"/>'
        )
        said = f"{r.n} cases: stated {r.stated:.2f}, right {r.right.value:.2f}"
        size = 3 + 6 * (r.n / most) ** 0.5
        at = f'cx="{x(r.stated)}" cy="{y(r.right.value)}" r="{size:.1f}"'
        marks.append(f'<circle class="fill-for" {at}><title>{h(said)}</title></circle>')
    ticks = "".join(
        f'<text x="{x(t)}" y="{side + 26}" text-anchor="middle">{t:g}</text>'
        f'<text x="{m - 6}" y="{y(t)}" dy="4" text-anchor="end">{t:g}</text>'
        for t in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    title, width, height = f"reliability-{number}", side + m + 12, side + 46
    return (
        f'<figure><svg role="img" aria-labelledby="{title}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<title id="{title}">Reliability diagram, {h(v.name)}</title>'
        f'<rect class="stroke-line" x="{m}" y="10" width="{side}" height="{side}"/>'
        f'<line class="stroke-line" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>{"".join(marks)}{ticks}'
        f'<text x="{x(0.5)}" y="{side + 42}" text-anchor="middle">stated probability of the first diagnosis</text></svg>'
        '<figcaption class="note">How often the first diagnosis was right, by its stated probability; the diagonal is perfect, '
        "bars are exact 95 % intervals, larger dots hold more cases.</figcaption></figure>"
    )
