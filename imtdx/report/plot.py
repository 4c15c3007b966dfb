"""The picture of one case with matplotlib, for papers and slides; matplotlib comes with the extra ``imtdx[plot]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imtdx.errors import UsageError
from imtdx.words import evidence_label, percent

if TYPE_CHECKING:
    from imtdx.differential import Differential

__all__ = ["plot_case"]

_FOR, _AGAINST, _LINE = "#1f6fb2", "#d9822b", "#56606b"


def plot_case(dx: Differential, *, top: int = 6, figure: Any = None) -> Any:
    """Probabilities with their 95 % intervals beside the weights of evidence for the first diagnosis.

    Args:
        dx: the result.
        top (int): how many diagnoses.
        figure (matplotlib.figure.Figure | None): drawn into; a new one by default.

    Returns:
        matplotlib.figure.Figure: with two axes; nothing is shown or saved.

    Raises:
        UsageError: matplotlib is not installed, or ``top`` is below 1.
    """
    if top < 1:
        raise UsageError(f"top={top} shows no diagnosis; give 1 or more")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("dx.plot() needs matplotlib; install it with: pip install 'imtdx[plot]'") from None
    rows = dx.rows[:top]
    first = rows[0]
    contributions = sorted(dx.contributions(first.id), key=lambda c: c.log10_lr)
    height = 1.2 + 0.32 * max(len(rows), len(contributions))
    figure = figure if figure is not None else Figure(figsize=(10, height), layout="constrained")
    left, right = figure.subplots(1, 2)
    places = range(len(rows))[::-1]
    left.barh(places, [r.probability for r in rows], color=_FOR, height=0.6)
    for place, r in zip(places, rows, strict=True):
        left.plot([r.low, r.high], [place, place], color=_LINE, marker="|", linewidth=1.2)
    left.set_yticks(list(places), [f"{r.name}  {percent(r.probability)}" for r in rows])
    left.set_xlim(0, 1)
    left.set_xlabel("probability, 95 % credible interval")
    weights = [c.log10_lr for c in contributions]
    right.barh(range(len(weights)), weights, color=[_FOR if w >= 0 else _AGAINST for w in weights], height=0.6)
    right.set_yticks(range(len(weights)), [evidence_label(dx, c.marker, c.value) for c in contributions])
    right.axvline(0, color=_LINE, linewidth=0.8)
    right.set_xlabel(f"weight of evidence for {first.name} (log10)")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure
