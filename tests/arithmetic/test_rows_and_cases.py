"""Tables: every row stays where it was, and says what the case says, by hand and over chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from by_hand import exact_knowledge

import imtdx
from imtdx.knowledge import ContextRow
from imtdx.tables import blocks, readers
from imtdx.tables.run import score_table

ROWS = 500


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> imtdx.Model:
    """Prior 0.5, 0.3, 0.2; AAA at 0.8, 0.4, 0.1; GENE at 0.5, 0.1, 0.1; no tissue, no fusion."""
    rates = {"imt": {"AAA": 0.8, "GENE": 0.5}, "beta": {"AAA": 0.4, "GENE": 0.1}, "gamma": {"AAA": 0.1, "GENE": 0.1}}
    path = exact_knowledge(
        tmp_path_factory.mktemp("exact") / "k", rates, {"GENE": {"kind": "fish", "background": 0.01}}
    )
    prior = {"imt": 0.5, "beta": 0.3, "gamma": 0.2}
    return imtdx.load(prior, knowledge=path, parts={"tissue": False, "fusion": False})


class Cut:
    """Cuts text tables into small blocks, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.n = 0

    def __call__(self, size: int) -> None:
        for module, name in ((readers, "BLOCK_BYTES"), (blocks, "BLOCK_BYTES"), (blocks, "_READ")):
            self._patch.setattr(module, name, size)

        def counted(*args: Any) -> Iterator[bytes]:
            for block in blocks.record_blocks(*args):
                self.n += 1
                yield block

        self._patch.setattr(readers, "record_blocks", counted)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cut:
    return Cut(monkeypatch)


#: AAA, GENE -> probabilities by hand: 0.5 x 0.8 x 0.5 and so on.
BY_HAND = {
    ("+", "-"): np.array([0.2, 0.108, 0.018]) / 0.326,
    ("+", "+"): np.array([0.2, 0.012, 0.002]) / 0.214,
    ("-", "-"): np.array([0.05, 0.162, 0.162]) / 0.374,
    ("-", ""): np.array([0.1, 0.18, 0.18]) / 0.46,
    ("", ""): np.array([0.5, 0.3, 0.2]),
}


def table(n: int = ROWS) -> pd.DataFrame:
    """Rows of the five panels in no regular order, with ids that are not in order either."""
    rng = np.random.default_rng(0)
    kinds = list(BY_HAND)
    cells = [kinds[k] for k in rng.integers(0, len(kinds), n)]
    ids = [f"case {k:04d}" for k in rng.permutation(n)]
    return pd.DataFrame({"id": ids, "AAA": [c[0] for c in cells], "GENE": [c[1] for c in cells]})


def assert_by_hand(answer: pd.DataFrame, asked: pd.DataFrame) -> None:
    """Same ids in the same places, each with the probabilities of its own cells."""
    assert answer["id"].tolist() == asked["id"].tolist()
    for (_, row), told in zip(asked.iterrows(), answer.itertuples(), strict=True):
        p = BY_HAND[row["AAA"], row["GENE"]]
        order = sorted(range(3), key=lambda k: (-round(p[k], 9), k))
        assert told.p_imt == pytest.approx(p[0], abs=1e-6)
        assert [told.top1, told.top2, told.top3] == [("imt", "beta", "gamma")[k] for k in order]
        assert [told.p1, told.p2, told.p3] == pytest.approx(sorted(p, reverse=True), abs=1e-6)
        assert told.n_findings == sum(bool(v) for v in (row["AAA"], row["GENE"]))
        assert told.status == ("ok" if told.n_findings else "no_findings")


def test_a_frame_by_hand(model: imtdx.Model) -> None:
    asked = table()
    assert_by_hand(model.score(asked), asked)


def test_bayes_factor_of_a_row(model: imtdx.Model) -> None:
    """AAA +, GENE -: 0.4 against (0.3 x 0.36 + 0.2 x 0.09) / 0.5 = 0.252. Nothing told: 0."""
    out = model.score(pd.DataFrame({"AAA": ["+", ""], "GENE": ["-", ""]}))
    assert out["log10_bf_imt"].tolist() == pytest.approx([np.log10(0.4 / 0.252), 0.0], abs=1e-6)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("chunks", [2, 5, 23])
def test_rows_keep_their_order_over_chunks(
    model: imtdx.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: Cut, ending: str, chunks: int
) -> None:
    """More chunks than are worked on at a time: each is written in its turn."""
    asked = table()
    source, target = tmp_path / f"in.{ending}", tmp_path / "out.csv"
    if ending == "csv":
        asked.to_csv(source, index=False)
        cut(source.stat().st_size // chunks)
    else:
        asked.to_parquet(source, index=False)
        monkeypatch.setattr(readers, "_ROWS", ROWS // chunks)
    summary = score_table(model, source, target)
    assert ending == "parquet" or cut.n >= chunks
    assert_by_hand(pd.read_csv(target), asked)
    assert summary.rows == ROWS
    assert summary.scored == int(((asked["AAA"] != "") | (asked["GENE"] != "")).sum())
    assert (summary.problems, summary.issues) == (0, 0)


@pytest.mark.parametrize("chunks", [1, 9])
def test_rows_without_an_id_are_numbered_over_chunks(model: imtdx.Model, tmp_path: Path, cut: Cut, chunks: int) -> None:
    asked = table().drop(columns="id")
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    asked.to_csv(source, index=False)
    cut(source.stat().st_size // chunks + 50)
    score_table(model, source, target)
    assert (cut.n > 5) is (chunks > 5)
    answer = pd.read_csv(target)
    assert answer.iloc[:, 0].tolist() == list(range(1, ROWS + 1))
    assert_by_hand(answer.assign(id=answer.iloc[:, 0]), asked.assign(id=range(1, ROWS + 1)))


def test_conflict_is_judged_on_the_ground_of_each_row_over_chunks(model: imtdx.Model, tmp_path: Path, cut: Cut) -> None:
    """Ages and sexes that come up only in later chunks: each row has the conflict of its own case."""
    rng = np.random.default_rng(2)
    asked = pd.DataFrame(
        {
            "AAA": rng.choice(["+", "-"], 200),
            "GENE": rng.choice(["+", "-"], 200),
            # young men first, then everybody
            "age": np.where(np.arange(200) < 60, 5, rng.choice([5, 30, 70], 200)),
            "sex": np.where(np.arange(200) < 60, "m", rng.choice(["m", "f"], 200)),
        }
    )
    # the diagnoses differ in age and sex, so that the ground counts
    told = replace(
        model.knowledge,
        diagnoses={
            d: replace(
                record,
                context={
                    "sex": (ContextRow("male", 40.0 * k + 1, "a2001"), ContextRow("female", 81 - 40.0 * k, "a2001")),
                    "age": (ContextRow("young", 40.0 * k + 1, "a2001"), ContextRow("old", 81 - 40.0 * k, "a2001")),
                },
            )
            for k, (d, record) in enumerate(model.knowledge.diagnoses.items())
        },
    )
    grounded = imtdx.Model(told, {"imt": 0.5, "beta": 0.3, "gamma": 0.2}, parts={"tissue": False, "fusion": False})
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    asked.to_csv(source, index=False)
    cut(250)
    score_table(grounded, source, target)
    assert cut.n > 5
    answer = pd.read_csv(target)
    seen: dict[tuple[str, ...], float] = {}
    for row, conflict in zip(asked.itertuples(index=False), answer["conflict"], strict=True):
        key = tuple(map(str, row))
        if key not in seen:
            dx = grounded.diagnose({"AAA": row.AAA, "GENE": row.GENE}, age=float(row.age), sex=row.sex, draws=2)
            seen[key] = dx.conflict.conf
        assert conflict == pytest.approx(seen[key], abs=1e-3)
    assert len(set(np.round(list(seen.values()), 3))) > 12


def test_issues_name_the_row_of_the_whole_table(model: imtdx.Model, tmp_path: Path, cut: Cut) -> None:
    """Two cells that cannot be read, in rows 17 and 433 of many chunks; row 433 keeps its other finding."""
    asked = table()
    asked.loc[[16, 432], "AAA"] = "plenty of rubbish"
    asked.loc[432, "GENE"] = "+"
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    asked.to_csv(source, index=False)
    cut(300)
    summary = score_table(model, source, target)
    assert cut.n > 20
    issues = pd.read_csv(tmp_path / "out.csv.issues.csv")
    assert issues["row"].tolist() == [17, 433]
    assert (summary.problems, summary.issues) == (2, 2)
    answer = pd.read_csv(target)
    assert answer.loc[answer["status"] == "problem", "id"].tolist() == asked.loc[[16, 432], "id"].tolist()
    # GENE + alone: 0.25, 0.03, 0.02 of 0.3
    assert answer.loc[432, "p_imt"] == pytest.approx(0.25 / 0.3, abs=1e-6)


def test_a_long_table_gathers_its_cases_over_chunks(model: imtdx.Model, tmp_path: Path, cut: Cut) -> None:
    """The findings of a case stand far apart; cases come out in the order in which they first appear."""
    asked = table(120)
    asked = asked[(asked["AAA"] != "") & (asked["GENE"] != "")].reset_index(drop=True)
    rows = [(i, "AAA", v) for i, v in zip(asked["id"], asked["AAA"], strict=True)]
    rows += [(i, "GENE", v) for i, v in zip(asked["id"][::-1], asked["GENE"][::-1], strict=True)]
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    pd.DataFrame(rows, columns=["case_id", "marker", "value"]).to_csv(source, index=False)
    cut(200)
    summary = score_table(model, source, target)
    assert cut.n > 10
    answer = pd.read_csv(target)
    assert_by_hand(answer.rename(columns={answer.columns[0]: "id"}), asked)
    assert summary.rows == len(asked)


@pytest.mark.long
def test_two_million_rows_keep_their_order(model: imtdx.Model, tmp_path: Path) -> None:
    """Chunks of the size used in earnest: every id in its place, with the probability of its own cells."""
    rng, n, kinds = np.random.default_rng(1), 2_000_000, list(BY_HAND)
    drawn = rng.integers(0, len(kinds), n)
    cells = np.array(kinds, dtype=object)[drawn]
    ids = rng.permutation(n)
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pd.DataFrame({"id": ids, "AAA": cells[:, 0], "GENE": cells[:, 1]}).to_parquet(source, index=False)
    assert score_table(model, source, target).rows == n
    answer = pd.read_parquet(target)
    assert np.array_equal(answer["id"], ids)
    by_hand = np.array([p[0] for p in BY_HAND.values()])[drawn]
    assert np.abs(answer["p_imt"] - by_hand).max() < 1e-6


def test_small_and_large_frames_agree(model: imtdx.Model) -> None:
    """One row, a few, and enough for the ways that large frames take: repeated panels scored once, blocks, larger tables."""
    asked = table(30_000)
    whole = model.score(asked, full=True)
    for rows in ([0], list(range(7)), list(range(60, 700)), list(range(29_000, 30_000))):
        part = model.score(asked.iloc[rows], full=True)
        pd.testing.assert_frame_equal(part, whole.iloc[rows], check_exact=False, atol=1e-12)
    assert_by_hand(whole.iloc[:300], asked.iloc[:300])
    p = whole[["p_imt", "p_beta", "p_gamma"]].to_numpy()
    assert p.sum(axis=1) == pytest.approx(np.ones(len(p)))
