"""Small inline pictures: bars, intervals, sparklines. Colours come from the style sheet, so they follow light, dark and print.

Blue to the right or up speaks for, orange to the left or down against: direction says the same as colour.
"""

from __future__ import annotations

from collections.abc import Sequence

from imtdx.report.markup import h
from imtdx.words import percent

__all__ = ["interval_bar", "share_bar", "sparkline", "sparkline_heads", "weight_bar"]

#: Weights of evidence beyond this many bans are drawn at full length.
_MOST_BANS = 2.0
_STEP, _COLUMN = 22, 15
#: Longer names are cut above a sparkline; its bars carry the whole name.
_HEAD = 22


def _svg(width: float, height: float, body: str, label: str = "") -> str:
    """An inline picture; hidden from screen readers where the text beside it says the same."""
    told = f'role="img" aria-label="{h(label)}"' if label else 'aria-hidden="true"'
    return f'<svg width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" {told}>{body}</svg>'


def _in_words(text: str) -> str:
    """What a picture shows, for programs that take the text of a cell (pandas, pandoc); screen readers have it beside."""
    return f'<span class="hidden" aria-hidden="true">{h(text)}</span>'


def interval_bar(p: float, low: float, high: float, width: int = 220) -> str:
    """A probability as a bar, its interval as a line with ends.

    Args:
        p, low, high (float): probabilities.
        width (int): pixels of the whole scale from 0 to 1.
    """
    x, a, b = (v * (width - 2) + 1 for v in (p, low, high))
    return _svg(
        width,
        14,
        f'<line class="stroke-line" x1="1" x2="{width - 1}" y1="7" y2="7"/>'
        f'<rect class="fill-for" x="1" y="2" width="{max(x - 1, 0.75):.1f}" height="10" rx="1.5"/>'
        f'<path class="stroke-range" d="M{a:.1f} 7H{b:.1f}M{a:.1f} 4V10M{b:.1f} 4V10" stroke-width="1.3"/>',
    ) + _in_words(f"{percent(p)} ({percent(low)} to {percent(high)})")


def share_bar(share: float, width: int = 100) -> str:
    """A share of the whole as a bar; a share above 0 is always to be seen."""
    size = max(width * share, 0.75) if share > 0 else 0.0
    return _svg(width, 9, f'<rect class="fill-for" width="{size:.1f}" height="9"/>') + _in_words(percent(share))


def weight_bar(weight: float, scale: float = _MOST_BANS, width: int = 110) -> str:
    """A weight of evidence (log10): to the right for, to the left against.

    Args:
        weight (float): log10 likelihood ratio.
        scale (float): weight of a full bar.
        width (int): pixels of both sides together.
    """
    half = width / 2
    size = max(min(abs(weight) / scale, 1.0) * (half - 1), 0.75)
    x = half if weight >= 0 else half - size
    kind = "for" if weight >= 0 else "against"
    return _svg(
        width,
        12,
        f'<rect class="fill-{kind}" x="{x:.1f}" y="1" width="{size:.1f}" height="10"/>'
        f'<line class="stroke-range" x1="{half:g}" x2="{half:g}" y1="0" y2="12" stroke-width="1"/>',
    ) + _in_words(kind)


def sparkline(weights: Sequence[float], labels: Sequence[str], scale: float = _MOST_BANS) -> str:
    """One bar per finding: up for, down against; every row of a table has the same findings in the same places.

    Args:
        weights: log10 likelihood ratios.
        labels: what each bar stands for, shown on hover.
        scale (float): weight (log10) of a full bar.
    """
    height, middle = 40, 20
    bars = []
    for k, (weight, label) in enumerate(zip(weights, labels, strict=True)):
        size = max(min(abs(weight) / scale, 1.0) * (middle - 1), 0.6)
        y = middle - size if weight >= 0 else middle
        kind = "for" if weight >= 0 else "against"
        bars.append(
            f'<rect class="fill-{kind}" x="{k * _STEP + 3}" y="{y:.1f}" width="{_COLUMN}" height="{size:.1f}">'
            f"<title>{h(label)} {weight:+.2f}</title></rect>"
        )
    width = len(weights) * _STEP + 2
    line = f'<line class="stroke-line" x1="0" x2="{width}" y1="{middle}" y2="{middle}"/>'
    told = ", ".join(f"{label} {weight:+.2f}" for label, weight in zip(labels, weights, strict=True))
    # white space between them: programs that take only the text of a cell must not run the names together
    return _svg(width, height, line + "\n".join(bars), told)


def sparkline_heads(labels: Sequence[str]) -> str:
    """The names of the findings above the bars of `sparkline`, slanted."""
    labels = [x if len(x) <= _HEAD else x[: _HEAD - 1] + "…" for x in labels]
    longest = max((len(x) for x in labels), default=0)
    height = 20 + 4.6 * longest
    texts = "\n".join(
        f'<text transform="translate({k * _STEP + 13} {height - 3:.0f}) rotate(-55)">{h(label)}</text>'
        for k, label in enumerate(labels)
    )
    width = len(labels) * _STEP + 2 + 3.6 * longest
    return _svg(round(width), round(height), texts)
