"""Cost against rows and against findings, with fitted lines, as docs/img/cost.svg.

    python benchmarks/plot_cost.py [--output docs/img/cost.svg] [--repeat 5]

Tables in memory, all columns to all results, in one process. Against rows, `Model.score` is timed. Against findings, the first
rows of a table and later rows are timed apart: likelihoods of combinations are tabulated when they are first met, a cost that a
long table pays once. The best of several rounds is taken at each point: other work on the machine only ever adds time. The points
of a round are taken one after the other, so that a busy minute spoils one round and not one point.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from facts import machine

import imtdx
from imtdx.batch.columns import detect_layout
from imtdx.batch.factors import factor_polars
from imtdx.batch.scorer import Scorer
from imtdx.notation import read_header

ROWS = (10_000, 100_000, 200_000, 400_000, 600_000, 800_000, 1_000_000)
STAINS = (4, 8, 16, 24, 32, 40, 48, 56, 61)
#: Rows of the tables with many stains.
STAIN_ROWS = 100_000
#: Stains of the tables with many rows.
ROW_STAINS = 8
#: What stands in a column; a quarter of it is empty. Genetics and histology know no "focal".
CELLS = ["+", "-", "NP", "focal", "weakly+", "2+", None, None]
OTHER_CELLS = ["+", "-", "+", "-", "+", "-", None, None]
Point = tuple[float, float]
#: Title, label of the x axis, points, line below the title, points drawn as rings.
Panel = tuple[str, str, list[Point], str, list[Point]]


def table(model: imtdx.Model, rows: int, stains: int, seed: int, genetics: bool = False) -> pl.DataFrame:
    """Random cases: id, findings, age, sex, site. The knowledge has 42 stains: histology makes up the number, mixed in so that
    few columns and many are of the same kinds. ``genetics`` adds every genetic test."""
    rng = np.random.default_rng(seed)
    kinds = {n: m.kind for n, m in model.knowledge.markers.items()}
    names = [n for n, kind in kinds.items() if kind in ("ihc", "morphology")]
    assert stains <= len(names)
    names = [names[k] for k in np.random.default_rng(0).permutation(len(names))[:stains]]
    if genetics:
        names += [n for n, kind in kinds.items() if kind in ("fish", "mutation")]

    def pick(values: Sequence[str | None]) -> pl.Series:
        return pl.Series(values, dtype=pl.String).gather(rng.integers(0, len(values), rows).astype(np.uint32))

    columns = {
        "case_id": pl.Series(np.arange(rows)),
        **{n: pick(CELLS if kinds[n] == "ihc" else OTHER_CELLS) for n in names},
    }
    columns["age"] = pick([str(k) for k in range(90)])
    columns["sex"], columns["site"] = (
        pick(["m", "f"]),
        pick(["lung", "mesentery", "bladder", "neck", "stomach", "liver"]),
    )
    return pl.DataFrame(columns)


def measure_rows(model: imtdx.Model, repeat: int) -> list[float]:
    """Best seconds of `Model.score` for each of `ROWS`."""
    best = [float("inf")] * len(ROWS)
    for turn in range(repeat):
        for k, rows in enumerate(ROWS):
            frame = table(model, rows, ROW_STAINS, seed=turn)
            start = time.perf_counter()
            scored = model.score(frame)
            best[k] = min(best[k], time.perf_counter() - start)
            assert len(scored) == rows and not (scored["status"] == "problem").any()
    return best


def measure_stains(model: imtdx.Model, repeat: int) -> tuple[list[float], list[float]]:
    """Best seconds for each of `STAINS`, and for the last with all genetic tests besides: the first rows of a table, for which
    likelihoods are tabulated, and later ones."""
    sizes = [*((n, False) for n in STAINS), (STAINS[-1], True)]
    first, later = [float("inf")] * len(sizes), [float("inf")] * len(sizes)
    for turn in range(repeat):
        for k, (stains, genetics) in enumerate(sizes):
            scorer = Scorer(model)
            for best, seed in ((first, turn), (later, turn + 1000)):
                frame = table(model, STAIN_ROWS, stains, seed, genetics)
                layout = detect_layout(frame.columns, lambda h: read_header(h, model.lexicon), None, None)
                start = time.perf_counter()
                factors = {c: factor_polars(frame[:, c]) for c in layout.used()}
                scored, _ = scorer.score(layout, factors, frame.height)
                best[k] = min(best[k], time.perf_counter() - start)
                assert len(scored) == STAIN_ROWS and not (scored.status == 2).any()
    return first, later


def line(points: Sequence[Point]) -> tuple[float, float, float]:
    """Slope, intercept and R^2 of the straight line of least squares."""
    x, y = (np.array(v) for v in zip(*points, strict=True))
    slope, intercept = np.polyfit(x, y, 1)
    left = y - (slope * x + intercept)
    return float(slope), float(intercept), float(1 - (left @ left) / ((y - y.mean()) @ (y - y.mean())))


# --- the picture -------------------------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 400, 300, 58, 44, 48


def _ticks(most: float) -> list[float]:
    """Four to seven round numbers from 0 to about ``most``."""
    step = 10 ** np.floor(np.log10(most))
    step *= next(f for f in (1, 0.5, 0.25, 0.2, 0.1) if most / (step * f) >= 4)
    return [float(v) for v in np.arange(0, most + step * 0.01, step)]


def _panel(left: float, title: str, label: str, points: Sequence[Point], told: str, rings: Sequence[Point]) -> str:
    """Points, fitted line and axes."""
    slope, intercept, _ = line(points)
    most_x, most_y = max(p[0] for p in points) * 1.04, max(p[1] for p in (*points, *rings)) * 1.12
    width, height = _WIDTH - _LEFT - 14, _HEIGHT - _TOP - _BOTTOM

    def x(value: float) -> float:
        return left + _LEFT + value / most_x * width

    def y(value: float) -> float:
        return _TOP + height - value / most_y * height

    out = [f'<text class="title" x="{left + _LEFT}" y="18">{title}</text><text x="{left + _LEFT}" y="34">{told}</text>']
    for value in _ticks(most_y):
        out.append(f'<line class="grid" x1="{x(0):.1f}" x2="{x(most_x):.1f}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        out.append(f'<text x="{x(0) - 6:.1f}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _ticks(most_x):
        out.append(f'<text x="{x(value):.1f}" y="{y(0) + 17:.1f}" text-anchor="middle">{value:g}</text>')
    out.append(f'<line class="axis" x1="{x(0):.1f}" x2="{x(most_x):.1f}" y1="{y(0):.1f}" y2="{y(0):.1f}"/>')
    out.append(f'<text x="{x(most_x / 2):.1f}" y="{y(0) + 36:.1f}" text-anchor="middle">{label}</text>')
    start = max(0.0, -intercept / slope)
    out.append(
        f'<line class="fit" x1="{x(start):.1f}" x2="{x(most_x):.1f}" y1="{y(intercept + slope * start):.1f}" '
        f'y2="{y(intercept + slope * most_x):.1f}"/>'
    )
    out += [
        f'<circle class="point" cx="{x(a):.1f}" cy="{y(b):.1f}" r="4"><title>{a:g}: {b:.3g} s</title></circle>'
        for a, b in points
    ]
    out += [
        f'<circle class="ring" cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5"><title>{a:g}: {b:.3g} s</title></circle>'
        for a, b in rings
    ]
    turn = f"translate({left + 14} {_TOP + height / 2:.0f}) rotate(-90)"
    out.append(f'<text transform="{turn}" text-anchor="middle">seconds</text>')
    return "".join(out)


def picture(panels: Sequence[Panel], foot: str) -> str:
    """A stand-alone SVG file that is legible on light and on dark pages.

    Args:
        panels: side by side.
        foot (str): what it was measured on.
    """
    style = (
        "text{font:12px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:13px;fill:#111}.grid{stroke:#ddd}"
        ".axis{stroke:#444}.fit{stroke:#c2571a;stroke-width:2}.point{fill:#1f6fb2}.ring{fill:none;stroke:#1f6fb2}.page{fill:#fff}"
        "@media(prefers-color-scheme:dark){text{fill:#bbb}.title{fill:#eee}.grid{stroke:#333}.axis{stroke:#bbb}.page{fill:#111}"
        ".point{fill:#6db3f2}.ring{stroke:#6db3f2}.fit{stroke:#f0955b}}"
    )
    width, height = _WIDTH * len(panels), _HEIGHT + 16
    body = "".join(_panel(k * _WIDTH, *panel) for k, panel in enumerate(panels))
    told = "; ".join(f"{panel[0]}: {panel[3]}" for panel in panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{told}"><style>{style}</style><rect class="page" width="100%" height="100%"/>{body}'
        f'<text x="{_LEFT}" y="{height - 8}" font-size="10">{foot}</text></svg>\n'
    )


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "img" / "cost.svg"
    )
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    model = imtdx.load()
    facts = machine()
    print(facts)
    model.score(table(model, 1_000, ROW_STAINS, 0))
    by_rows = list(zip((n / 1e6 for n in ROWS), measure_rows(model, options.repeat), strict=True))
    first, later = measure_stains(model, options.repeat)
    # the last is that with genetics
    by_stains = list(zip((float(n) for n in STAINS), later[:-1], strict=True))
    panels: list[Panel] = []
    for title, label, unit, points, once in (
        (f"Time against rows ({ROW_STAINS} findings)", "million rows", "s per million rows", by_rows, []),
        (
            f"Time against findings ({STAIN_ROWS:,} rows)",
            "columns of findings (rings: first rows of a table)",
            "s per column",
            by_stains,
            list(zip((float(n) for n in STAINS), first[:-1], strict=True)),
        ),
    ):
        slope, intercept, r2 = line(points)
        told = f"{slope:.3g} {unit}, R² = {r2:.4f}"
        print(f"{title}: {slope:.4g} {unit}, intercept {intercept:+.3f} s, R^2 = {r2:.5f}")
        for k, (a, b) in enumerate(points):
            print(f"  {a:9g} {b:8.3f} s" + (f"   first rows {once[k][1]:.3f} s" if once else ""))
        panels.append((title, label, points, told, once))
    print(f"  with all genetic tests besides {later[-1]:.3f} s   first rows {first[-1]:.3f} s")
    options.output.write_text(picture(panels, facts), encoding="utf-8")
    print(f"drawn in {options.output}")


if __name__ == "__main__":
    main()
