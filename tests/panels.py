"""Random panels, seeded: every kind of marker, value, range, clone and pattern, and unknown context."""

from __future__ import annotations

import random

from imtdx.model import Model
from imtdx.panel import Context, Finding, Panel

__all__ = ["random_panels"]

_STAIN = ("negative", "focal", "diffuse", "positive", "equivocal", "not_interpretable", "not_done")
_TEST = ("negative", "positive", "equivocal", "not_interpretable")


def random_panels(model: Model, n: int, seed: int = 0, most: int = 24) -> list[Panel]:
    """``n`` panels of up to ``most`` findings.

    Args:
        model: names the markers, clones and sites.
        n, seed, most (int): how many, their seed, and the largest size.
    """
    rng = random.Random(seed)
    return [_panel(model, rng, most) for _ in range(n)]


def _panel(model: Model, rng: random.Random, most: int) -> Panel:
    # a pattern is reported with its stain, never alone
    markers = [m for m in model.knowledge.markers.values() if m.kind != "pattern"]
    chosen = rng.sample(markers, rng.randint(1, most))
    context = model.knowledge.network["context"]
    return Panel(
        tuple(_finding(model, rng, m.id) for m in chosen),
        Context(
            age=rng.choice([None, round(rng.uniform(0, 95), 1), float(rng.choice([0, 2, 10, 20, 40, 60]))]),
            sex=rng.choice([None, *context["sexes"]]),
            site=rng.choice([None, *context["sites"]]),
        ),
    )


def _finding(model: Model, rng: random.Random, marker: str) -> Finding:
    m = model.knowledge.markers[marker]
    if m.kind == "index":
        low = float(rng.choice([0, 1, 5, 8, 10, 20, 35, 50, 80]))
        form = rng.randrange(4)
        if form == 0:
            return Finding(marker, f"{low:g}", low=low, high=low)
        if form == 1:
            high = low + rng.choice([5, 10, 20])
            return Finding(marker, f"{low:g}-{high:g}", low=low, high=high)
        if form == 2:
            return Finding(marker, f"<{low + 1:g}", low=0.0, high=low + 1)
        return Finding(marker, f">{low:g}", low=low, high=100.0)
    value = rng.choice(_STAIN if m.kind == "ihc" else _TEST)
    clone = rng.choice([None, *m.clones]) if m.kind == "ihc" else None
    pattern = rng.choice([None, "cytoplasmic", "nuclear-membrane"]) if marker == "ALK" else None
    return Finding(marker, value, clone=clone, pattern=pattern)
