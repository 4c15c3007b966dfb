"""An evaluation as text for a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from imtdx.provenance import provenance_line
from imtdx.validation.metrics import Estimate, Reliability

if TYPE_CHECKING:
    from imtdx.validation.evaluation import Evaluation
    from imtdx.validation.views import Figures, Miss, View

__all__ = ["difference_words", "evaluation_text", "figure", "table"]

_BAR = 20


def figure(value: Estimate | None, digits: int = 3, interval: bool = True) -> str:
    """An estimate for reading: ``"0.775 (0.66-0.87)"``; a dash for none."""
    if value is None or np.isnan(value.value):
        return "-"
    out = f"{value.value:.{digits}f}"
    return out if not interval or np.isnan(value.low) else f"{out} ({value.low:.2f}-{value.high:.2f})"


def difference_words(d: tuple[float, float] | None, digits: int = 3) -> str:
    """A paired difference with its standard error, ``"-0.075 ± 0.069"``."""
    if d is None:
        return "-"
    return f"{d[0]:+.{digits}f}" if np.isnan(d[1]) else f"{d[0]:+.{digits}f} ± {d[1]:.{digits}f}"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned columns, the first to the left, the others to the right."""
    width = [max(len(r[k]) for r in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(c.ljust(w) if k == 0 else c.rjust(w) for k, (c, w) in enumerate(zip(r, width, strict=True))).rstrip()
        for r in rows
    ]


def evaluation_text(e: Evaluation, unicode: bool = True) -> str:
    """Everything but the plots' finer points.

    Args:
        e: the evaluation.
        unicode (bool): whether the terminal shows more than ASCII.
    """
    k = e.model.knowledge
    n = len(e.views[0].cases)
    lines = [f"{n} cases judged; prior {e.model.prior_name}", provenance_line(k)]
    if k.left_out:
        lines.append(f"left out of the evidence throughout: {', '.join(k.left_out)}")
    if e.own_sources:
        told = ", ".join(f"{s} ({c})" for s, c in e.own_sources.items())
        lines.append(f"own source left out of the evidence (cases): {told}")
    if e.left_out:
        lines.append(f"rows that could not be judged: {len(e.left_out)}")
        lines += [f"  {case}: {why}" for case, why in e.left_out[:10]]
        lines += [f"  ... and {len(e.left_out) - 10} more"] if len(e.left_out) > 10 else []
    lines += [f"! {note}" for note in e.notes]
    for view in e.views:
        lines += ["", f"== {n} cases, {view.name} " + "=" * 20, *_view(view)]
    out = "\n".join(lines) + "\n"
    return out if unicode else out.replace("±", "+/-").replace("█", "#")


def _view(v: View) -> list[str]:
    f = v.figures
    inside = v.sets["coverage"]
    out = [
        "",
        f"truth first / in 3 / in 5   {figure(f.top[1])}  {figure(f.top[3])}  {figure(f.top[5])}",
        f"mean log score              {figure(f.log_score)}   0 is perfect; {np.log(len(v.diagnoses)):.2f} is guessing evenly",
        f"Brier score                 {figure(f.brier)}   0 to 2, 0 is perfect",
        f"calibration error           {figure(f.calibration_error)}   {f.chance_error:.3f} by chance alone on as many",
        f"AUROC, IMT against the rest {figure(f.auroc)}   from the Bayes factor, the prior not in it",
        f"truth in smallest 95 % set  {figure(inside)}   stated {v.sets['stated']:.3f}, median size {v.sets['median_size']:g}",
    ]
    if v.rivals:
        out += ["", "Against simpler methods on the same counts (difference: model less rival, ± standard error)"]
        rows = [["", "top-1", "top-3", "top-5", "AUROC", "log score", "difference", "calibration"]]
        rows.append(["model", *_row(f), "", figure(f.calibration_error, interval=False)])
        for name, r in v.rival_figures.items():
            difference = difference_words(v.difference(name)["log_score"])
            rows.append([name, *_row(r), difference, figure(r.calibration_error, interval=False)])
        out += table(rows)
    out += [
        "",
        "Reliability: probability of the first diagnosis (|), and how often it was right",
        *map(_reliability, v.reliability),
    ]
    for kind, title in (("findings", "By number of findings"), ("ALK", "By ALK (stain or FISH)")):
        out += ["", title]
        rows = [["", "cases", "top-1", "top-3", "top-5", "AUROC", "log score"]]
        rows += [[name, str(g.n), *_row(g)] for name, g in v.groups[kind].items()]
        out += table(rows)
    if v.confusions:
        out += ["", "Most frequent confusions (truth taken for)"]
        out += [f"  {c}  {t} taken for {first}" for t, first, c in v.confusions[:10]]
    if v.misses:
        out += ["", "Worst misses (log10 likelihood ratio of each finding, truth against what came first)"]
        for m in v.misses[:10]:
            out += _miss(m)
    return out


def _reliability(r: Reliability) -> str:
    """One bin as a bar of how often it was right, with a mark at what was stated."""
    cells = list(("█" * round(_BAR * r.right.value)).ljust(_BAR, "."))
    cells[min(round(_BAR * r.stated), _BAR - 1)] = "|"
    figures = f"{r.n:5d} cases  stated {r.stated:.2f}  right {r.right.value:.2f}"
    return f"  {r.low:.1f}-{r.high:.1f}  {figures}  {''.join(cells)}"


def _row(f: Figures) -> list[str]:
    return [
        *(figure(f.top[k], interval=False) for k in (1, 3, 5)),
        figure(f.auroc, interval=False),
        figure(f.log_score, interval=False),
    ]


def _miss(m: Miss) -> list[str]:
    out = [f"  {m.case}: {m.truth} was no. {m.rank} with {m.p_truth:.3f}; {m.first} came first with {m.p_first:.3f}"]
    parts = [f"{name} {value} {weight:+.2f}" for name, value, weight in m.contributions if abs(weight) >= 0.1]
    line = "      "
    for part in parts:
        if len(line) + len(part) > 100:
            out.append(line.rstrip(" ,"))
            line = "      "
        line += part + ", "
    return [*out, line.rstrip(" ,")] if line.strip() else out
