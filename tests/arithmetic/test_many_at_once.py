"""The engine for many cases gives what the engine for one gives, by each of its ways: tables fused, remembered, kept apart by a latent state, rescaled.

The small knowledge never needs the ways that large trees take, so the limits between them are lowered.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

import imtdx
from imtdx.batch import engine as batch_engine
from imtdx.batch import tables as batch_tables
from imtdx.batch.engine import BatchEngine
from imtdx.batch.tables import Latent, Remembered, Table, connected, product
from imtdx.variables import AGE, SEX, SITE

DRIVER = ("DRV", "FISH_DRV", "FISH_PART", "FISH_BARE", "PATTERN")
OTHERS = ("PLAIN", "VIM", "PAR", "CHI", "PLACE", "MORPH_ONE", "MORPH_TWO", "MUT_X", "KI67", SITE, AGE, SEX)


def vocabularies(model: imtdx.Model, names: Sequence[str]) -> list[list[dict[str, np.ndarray]]]:
    """Nothing, each state, and one soft entry."""
    out = []
    for name in names:
        n = len(model.network.states(name))
        soft = np.linspace(1.0, 0.2, n)
        out.append([{}, *({name: row} for row in np.eye(n)), {name: soft}])
    return out


def assert_same(model: imtdx.Model, batch: BatchEngine, codes: Sequence[np.ndarray], block: int = 7) -> None:
    """Posterior, probability of the evidence, tissue and joint, case by case."""
    joint = batch.log_joint(codes)
    rows = 0
    for part in batch.blocks(codes, block):
        for row in range(part.start, part.stop):
            evidence = {}
            for vocabulary, code in zip(batch.vocabularies, codes, strict=True):
                evidence.update(vocabulary[int(code[row])])
            spine = np.broadcast_to(model.engine.spine(evidence), model.engine.log_spine.shape)
            total = np.exp(spine).sum()
            assert part.posterior[row - part.start] == pytest.approx(np.exp(spine).sum(axis=1) / total, abs=1e-12)
            assert part.log_evidence[row - part.start] == pytest.approx(np.log(total), abs=1e-9)
            compromised = np.exp(spine)[:, 1:].sum() / total
            assert part.compromised[row - part.start] == pytest.approx(compromised, abs=1e-12)
            assert joint[row] == pytest.approx(np.logaddexp.reduce(spine, axis=1), abs=1e-9)
            rows += 1
    assert rows == len(codes[0])
    assert batch.posterior(codes) == pytest.approx(np.concatenate([b.posterior.copy() for b in batch.blocks(codes)]))


def every(batch: BatchEngine) -> list[np.ndarray]:
    """All combinations of codes."""
    grid = np.array(list(itertools.product(*(range(n) for n in batch.sizes))), dtype=np.int16)
    return list(grid.T)


def some(batch: BatchEngine, n: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, size, n).astype(np.int16) for size in batch.sizes]


@pytest.mark.parametrize("table_rows", [1, 20, 150, 4096])
def test_trees_of_every_kind(tiny: imtdx.Model, dry: imtdx.Model, table_rows: int) -> None:
    """Small limits leave the trees apart and remember them, large ones fuse them."""
    for model in (tiny, dry):
        batch = BatchEngine(model.engine, vocabularies(model, OTHERS), table_rows=table_rows)
        assert_same(model, batch, some(batch, 40))


def test_a_fused_table_stays_within_its_limit(tiny: imtdx.Model) -> None:
    """Codes of PLAIN, VIM (5 each), MUT_X (4), KI67 (6): within 120 rows PLAIN x VIM x MUT_X (100) fits, and no other three do.

    Largest first: 6, then 5 beside it (30), then 5: 30 x 5 is too much, a table of its own; 4 goes where it leaves least room: 30 x 4 = 120."""
    names = ("PLAIN", "VIM", "MUT_X", "KI67")
    batch = BatchEngine(tiny.engine, vocabularies(tiny, names), table_rows=120)
    sizes = sorted(len(t.values) for t in batch._groups if isinstance(t, Table))
    assert sizes == [5, 120]
    assert_same(tiny, batch, some(batch, 30))


def test_trees_too_large_for_a_table_are_remembered(tiny: imtdx.Model) -> None:
    batch = BatchEngine(tiny.engine, vocabularies(tiny, ("PLACE", SITE, "PLAIN")), table_rows=8)
    assert any(isinstance(g, Remembered) for g in batch._groups)
    codes = every(batch)
    assert_same(tiny, batch, codes)
    # what was seen before is found again, in any order, beside what is new
    again = BatchEngine(tiny.engine, vocabularies(tiny, ("PLACE", SITE, "PLAIN")), table_rows=8)
    for part in (slice(40, 60), slice(0, 20), slice(10, 50), slice(None, None, -1)):
        assert_same(tiny, again, [c[part] for c in codes])


@pytest.mark.parametrize("latent_rows", [1, 16, 10_000])
def test_a_tree_too_large_to_remember_is_kept_apart_by_its_root(
    tiny: imtdx.Model, dry: imtdx.Model, monkeypatch: pytest.MonkeyPatch, latent_rows: int
) -> None:
    """The kinase fusion and everything that hangs on it, with few and with many branches in a table; more cases than are done at a time."""
    monkeypatch.setattr(batch_engine, "REMEMBERED", 50)
    monkeypatch.setattr(batch_tables, "_LATENT_ROWS", latent_rows)
    for model in (tiny, dry):
        batch = BatchEngine(model.engine, vocabularies(model, (*DRIVER, "PLAIN")), table_rows=64)
        (latent,) = (g for g in batch._groups if isinstance(g, Latent))
        assert sorted(len(t.columns) for t in latent._branches) == {1: [1] * 5, 16: [1, 2, 2], 10_000: [5]}[latent_rows]
        assert_same(model, batch, some(batch, 600), block=512)


def test_a_latent_tree_whose_root_was_looked_at(tiny: imtdx.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site itself is told too, and hangs together with the stain that depends on it."""
    monkeypatch.setattr(batch_engine, "REMEMBERED", 4)
    batch = BatchEngine(tiny.engine, vocabularies(tiny, ("PLACE", SITE)), table_rows=2)
    assert any(isinstance(g, Latent) for g in batch._groups)
    assert_same(tiny, batch, every(batch))


def test_long_panels_are_rescaled_before_they_underflow(tiny: imtdx.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rescaled after every table instead of once in some hundred findings: nothing changes."""
    monkeypatch.setattr(batch_engine, "_FLOOR", -1.0)
    batch = BatchEngine(tiny.engine, vocabularies(tiny, OTHERS), table_rows=4)
    assert_same(tiny, batch, some(batch, 40))


def test_panels_beyond_the_range_of_doubles(tiny: imtdx.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings of a probability of 1e-100 each, nine of them: far below the smallest double, and still a posterior."""
    rare = [1e-100, 1e-100, 3e-100]
    names = ("PLAIN", "VIM", "WORDS")
    batch = BatchEngine(tiny.engine, [[{}, {n: np.array(rare)}] for n in names] * 1, table_rows=1)
    codes = [np.array([1, 0, 1])] * 3
    evidence = {n: np.array(rare) for n in names}
    (block,) = batch.blocks(codes)
    assert block.posterior[0] == pytest.approx(tiny.engine.posterior(evidence), abs=1e-12)
    assert block.log_evidence[0] == pytest.approx(tiny.engine.probability(evidence), abs=1e-6)
    assert block.log_evidence[1] == pytest.approx(0, abs=1e-12)


def test_the_later_of_two_columns_speaks(tiny: imtdx.Model) -> None:
    """Two columns of one variable: the later counts where it tells something, the earlier elsewhere."""
    entries = vocabularies(tiny, ("PLAIN",))[0]
    batch = BatchEngine(tiny.engine, [entries, entries])
    codes = [np.array([1, 1, 3, 0, 2]), np.array([3, 0, 1, 2, 0])]
    spoken = [3, 1, 1, 2, 2]
    for row, code in zip(batch.posterior(codes), spoken, strict=True):
        assert row == pytest.approx(tiny.engine.posterior(entries[code]))


def test_what_is_no_table_is_refused(tiny: imtdx.Model) -> None:
    entries = vocabularies(tiny, ("PLAIN",))[0]
    for wrong in ([entries[1:]], [[]], [entries, entries[1:]]):
        with pytest.raises(ValueError, match="entry 0"):
            BatchEngine(tiny.engine, wrong)
    batch = BatchEngine(tiny.engine, [entries, entries])
    for codes in ([np.array([5]), np.array([0])], [np.array([0]), np.array([-1])], [np.array([0])]):
        with pytest.raises(IndexError):
            batch.posterior(codes)
    assert batch.posterior([np.array([4]), np.array([4])]).shape == (1, 4)
    assert batch.posterior([np.array([], int), np.array([], int)]).shape == (0, 4)


def test_connected_columns() -> None:
    """0 and 2 share a, 2 and 3 share b; 1 stands alone; 4 touches nothing."""
    touched = {0: {"a"}, 1: {"c"}, 2: {"a", "b"}, 3: {"b"}, 4: set[str]()}
    assert sorted(connected(touched)) == [(0, 2, 3), (1,)]
    # what joins two groups comes last
    assert sorted(connected({0: {"a"}, 1: {"b"}, 2: {"c"}, 3: {"a", "b"}})) == [(0, 1, 3), (2,)]


def test_product_of_tables() -> None:
    """Rows (1, 0.5), (0.2, 1) times (1, 1), (0.5, 1): every pair, the first table's code first, each row scaled to a largest value of 1."""
    a = Table((0,), (2,), np.array([[1.0, 0.5], [0.2, 1.0]]), np.log([2.0, 3.0]))
    b = Table((1,), (2,), np.array([[1.0, 1.0], [0.5, 1.0]]), np.log([1.0, 5.0]))
    both = product([a, b])
    assert (both.columns, both.sizes) == ((0, 1), (2, 2))
    assert both.values == pytest.approx(np.array([[1, 0.5], [1, 1], [0.2, 1], [0.1, 1]]))
    # 2 x 1, 2 x 5 x 0.5, 3 x 1, 3 x 5
    assert both.logs == pytest.approx(np.log([2, 5, 3, 15]))
    assert both.floor == pytest.approx(np.log(0.1))
    values, logs, place = both.look_up([np.array([0, 1, 1]), np.array([1, 0, 1])], 1, 3)
    assert values[place] == pytest.approx(np.array([[0.2, 1], [0.1, 1]]))
    assert logs[place] == pytest.approx(np.log([3, 15]))
