"""The pictures of an evaluation as SVG, each with what it shows in words: ROC curve and confusion matrix."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from imtdx.report.markup import h
from imtdx.validation.asking import IMT
from imtdx.validation.metrics import roc_curve
from imtdx.validation.text import figure

if TYPE_CHECKING:
    from imtdx.validation.views import View

__all__ = ["confusion_matrix", "roc_diagram"]

_SIZE, _MARGIN = 260, 42
#: Diagnoses of the confusion matrix; what is rarer stands together.
_MOST = 14
_CELL, _NAMES = 30, 160


def roc_diagram(v: View, number: int) -> str:
    """The ROC curve of IMT against the rest, from the Bayes factor; empty without cases of both kinds.

    Args:
        v: the cases seen one way.
        number (int): of the view on the page.
    """
    positive = v.truth == (v.diagnoses.index(IMT) if IMT in v.diagnoses else -1)
    if not positive.any() or positive.all():
        return ""
    false, true = roc_curve(v.answer.imt, positive)
    side, m = _SIZE, _MARGIN
    points = " ".join(f"{m + a * side:.1f},{10 + (1 - b) * side:.1f}" for a, b in zip(false, true, strict=True))
    at = [(f, float(true[false <= f + 1e-12].max())) for f in (0.05, 0.1, 0.2)]
    words = "; ".join(f"{100 * t:.0f} % of IMT found at {100 * f:.0f} % false alarms" for f, t in at)
    told = f"{int(positive.sum())} cases of IMT against {int((~positive).sum())} others: AUROC {figure(v.figures.auroc)}; {words}"
    ticks = "".join(
        f'<text x="{m + t * side:.1f}" y="{side + 26}" text-anchor="middle">{t:g}</text>'
        f'<text x="{m - 6}" y="{10 + (1 - t) * side:.1f}" dy="4" text-anchor="end">{t:g}</text>'
        for t in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    width, height = side + m + 12, side + 46
    return (
        f'<figure><svg role="img" aria-labelledby="roc-{number} roc-words-{number}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><title id="roc-{number}">ROC curve, {h(v.name)}</title>'
        f'<desc id="roc-words-{number}">{h(told)}</desc>'
        f'<rect class="stroke-line" x="{m}" y="10" width="{side}" height="{side}"/>'
        f'<line class="stroke-line" x1="{m}" y1="{10 + side}" x2="{m + side}" y2="10"/>'
        f'<polyline class="roc" points="{points}"/>{ticks}'
        f'<text x="{m + side / 2:.1f}" y="{side + 42}" text-anchor="middle">others taken for IMT (1 - specificity)</text></svg>'
        f'<figcaption class="note">ROC curve: share of IMT found, against false alarms, at every threshold of the Bayes '
        f"factor. {h(told)}.</figcaption></figure>"
    )


def confusion_matrix(v: View, number: int) -> str:
    """Truth by what came first, the commonest diagnoses; empty without cases.

    Args:
        v: the cases seen one way.
        number (int): of the view on the page.
    """
    first = v.answer.scores.argmax(axis=1)
    if not len(first):
        return ""
    common = Counter([*v.truth.tolist(), *first[first != v.truth].tolist()])
    kept = [k for k, _ in sorted(common.items(), key=lambda x: (-x[1], x[0]))[:_MOST]]
    place = {k: n for n, k in enumerate(kept)}
    names = [v.diagnoses[k] for k in kept]
    if len(common) > len(kept):
        names.append("others")
    size = len(names)
    counts = np.zeros((size, size), dtype=int)
    rest = [np.zeros(2, dtype=int)]
    for t, f in zip(v.truth.tolist(), first.tolist(), strict=True):
        row, column = place.get(t, size - 1), place.get(f, size - 1)
        counts[row, column] += 1
        if row == column == size - 1 and len(names) > len(kept):
            rest[0][int(t == f)] += 1
    sums = counts.sum(axis=1)
    body = []
    for n, name in enumerate(names):
        middle = _NAMES + n * _CELL + _CELL / 2
        body.append(f'<text transform="translate({middle + 4:.0f} {_NAMES - 6}) rotate(-60)">{h(name)}</text>')
        body.append(f'<text x="{_NAMES - 6}" y="{middle + 4:.0f}" text-anchor="end">{h(name)}</text>')
    for i, j in np.argwhere(counts):
        share = counts[i, j] / sums[i]
        kind = "for" if i == j else "against"
        mixed = i == j == size - 1 and len(names) > len(kept)
        said = f"{names[i]} taken for {names[j]}: {counts[i, j]} of {sums[i]}"
        if mixed:
            said += f" ({rest[0][1]} right, {rest[0][0]} another of them)"
        x, y = _NAMES + j * _CELL, _NAMES + i * _CELL
        body.append(
            f'<g><title>{h(said)}</title><rect class="fill-{"soft" if mixed else kind}" x="{x + 1}" y="{y + 1}" '
            f'width="{_CELL - 2}" height="{_CELL - 2}" fill-opacity="{0.12 + 0.5 * share:.2f}"/>'
            f'<text x="{x + _CELL / 2:.0f}" y="{y + _CELL / 2 + 4:.0f}" text-anchor="middle">{counts[i, j]}</text></g>'
        )
    side = _NAMES + size * _CELL
    right = int((first == v.truth).sum())
    wrong = "; ".join(f"{t} taken for {f} {n}" for t, f, n in v.confusions[:8])
    told = f"{right} of {len(first)} cases right" + (f"; most often wrong: {wrong}" if wrong else "")
    return (
        f'<figure class="scroll" tabindex="0" role="group" aria-label="Confusion matrix"><svg role="img" '
        f'aria-labelledby="confusion-{number} confusion-words-{number}" viewBox="0 0 {side + 40} {side + 4}" '
        f'width="{side + 40}" height="{side + 4}"><title id="confusion-{number}">Confusion matrix, {h(v.name)}</title>'
        f'<desc id="confusion-words-{number}">{h(told)}</desc>'
        f'<rect class="stroke-line" x="{_NAMES}" y="{_NAMES}" width="{size * _CELL}" height="{size * _CELL}"/>{"".join(body)}</svg>'
        f'<figcaption class="note">Confusion matrix: rows are the truth, columns what came first; darker is a larger share of '
        f"the row. {h(told)}.</figcaption></figure>"
    )
