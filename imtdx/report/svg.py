"""Small inline pictures: bars, intervals, sparklines. Colours come from the style sheet, so they follow light, dark and print.

Blue to the right or up speaks for, orange to the left or down against: direction says the same as colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from imtdx.report.markup import h
from imtdx.words import percent

__all__ = ["interval_bar", "share_bar", "sparkline", "sparkline_heads", "waterfall", "weight_bar"]

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
    labels = [_shorten(x, _HEAD) for x in labels]
    longest = max((len(x) for x in labels), default=0)
    height = 20 + 4.6 * longest
    texts = "\n".join(
        f'<text transform="translate({k * _STEP + 13} {height - 3:.0f}) rotate(-55)">{h(label)}</text>'
        for k, label in enumerate(labels)
    )
    width = len(labels) * _STEP + 2 + 3.6 * longest
    return _svg(round(width), round(height), texts)


#: Probabilities marked on the scale of a waterfall.
_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_ROW, _NAMES, _SCALE = 17, 190, 330


def _log_odds(p: float) -> float:
    return math.log10(p / (1 - p))


def waterfall(prior: float, steps: Sequence[tuple[str, float]], posterior: float, name: str) -> str:
    """From the prior to the answer, one bar per finding; the bars add up, since the scale is log10 odds.

    Args:
        prior, posterior (float): probabilities, 0 to 1 exclusive.
        steps: (finding, weight of evidence in log10); they add up to the difference of the log10 odds.
        name (str): the diagnosis, for readers who do not see the picture.
    """
    at = [_log_odds(prior)]
    for _, weight in steps:
        at.append(at[-1] + weight)
    low, high = min(at), max(at)
    room = 0.08 * max(high - low, 0.5)
    low, high = low - room, high + room

    def x(value: float) -> float:
        return _NAMES + (value - low) / (high - low) * _SCALE

    height = _ROW * (len(steps) + 2) + 16
    body = []
    for p in _TICKS:
        if low <= _log_odds(p) <= high:
            place = x(_log_odds(p))
            body.append(f'<line class="stroke-line" x1="{place:.1f}" x2="{place:.1f}" y1="0" y2="{height - 14}"/>')
            body.append(f'<text x="{place:.1f}" y="{height - 3}" text-anchor="middle">{100 * p:g} %</text>')
    rows = [
        ("before the panel", at[0], at[0], ""),
        *((t, at[k], at[k + 1], f"{w:+.1f}") for k, (t, w) in enumerate(steps)),
    ]
    rows.append(("with the panel", at[-1], at[-1], ""))
    for k, (label, start, end, shown) in enumerate(rows):
        y = k * _ROW
        body.append(f'<text x="{_NAMES - 8}" y="{y + 12}" text-anchor="end">{h(_shorten(label, 30))}</text>')
        if shown:
            kind = "for" if end >= start else "against"
            size = max(abs(x(end) - x(start)), 0.75)
            body.append(
                f'<rect class="fill-{kind}" x="{min(x(start), x(end)):.1f}" y="{y + 3}" width="{size:.1f}" height="{_ROW - 6}"/>'
            )
            body.append(f'<text x="{max(x(start), x(end)) + 4:.1f}" y="{y + 12}">{h(shown)}</text>')
        else:
            body.append(f'<circle class="fill-soft" cx="{x(end):.1f}" cy="{y + 8}" r="4"/>')
        if k + 1 < len(rows):
            body.append(
                f'<line class="stroke-range" x1="{x(end):.1f}" x2="{x(end):.1f}" y1="{y + 8}" y2="{y + _ROW + 8}"/>'
            )
    told = f"{name}: {100 * prior:.2g} % before the panel; " + ", ".join(f"{t} {w:+.2f}" for t, w in steps)
    told += f"; {100 * posterior:.3g} % with the panel"
    return _svg(_NAMES + _SCALE + 40, height, "".join(body), told)


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
