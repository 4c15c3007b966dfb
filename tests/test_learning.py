"""A laboratory's own cases as an overlay: what is counted, how it reads, and what it buys."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

import imtdx
from imtdx.cli import cli
from imtdx.errors import InputError, UsageError
from imtdx.knowledge import Knowledge, Study
from imtdx.learning import learn, source_id
from imtdx.overlays import apply_overlay
from imtdx.panel import Context, Finding, Panel
from imtdx.validation import LabelledCase, read_frame
from imtdx.validation.asking import answers
from imtdx.validation.metrics import log_scores, paired_difference
from imtdx.validation.simulation import draw_states

CASES = Path(__file__).parent / "data" / "published_cases.csv"
COHORT = Path(__file__).parent / "data" / "guo2025_cohort.csv"


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": list("abcdef"),
            "diagnosis": ["imt", "IMT", "imt", "gist", "gist", "unlisted"],
            "ALK": ["+", "focal+", "-", "-", "NP", "+"],
            "SMA": ["diffuse +", "focal +", "-", "", "equivocal", "+"],
            "CK": ["+", "-", "+", "", "", ""],
            "Ki-67": ["5%", "10-20%", "<5%", "", "2%", ""],
            "age": ["3 y", "41", "8 mo", "60", "", "50"],
            "sex": ["m", "f", "f", "m", "m", "m"],
            "site": ["bladder", "lung", "mesentery", "stomach", "", "lung"],
        }
    )


@pytest.fixture
def overlay(model: imtdx.Model, tmp_path: Path) -> tuple[Knowledge, str]:
    text = learn(model.knowledge, read_frame(model, _frame()).cases, "North Lab").to_yaml()
    path = tmp_path / "local.yaml"
    path.write_text(text, encoding="utf-8")
    return apply_overlay(model.knowledge, path), text


def _own(
    knowledge: Knowledge, diagnosis: str, marker: str
) -> list[tuple[float | None, float | None, float | None, tuple[str, ...]]]:
    rows = knowledge.diagnoses[diagnosis].evidence.get(marker, ())
    return [(s.positive, s.total, s.focal, s.site) for s in rows if s.source == "north_lab"]


def test_stains_are_counted(overlay: tuple[Knowledge, str]) -> None:
    knowledge, _ = overlay
    # one positive is not told as focal or diffuse, so the share of focal is not known
    assert _own(knowledge, "imt", "ALK") == [(2, 3, None, ())]
    assert _own(knowledge, "imt", "SMA") == [(2, 3, 1, ())]
    # not performed and equivocal are no counts
    assert _own(knowledge, "gist", "ALK") == [(0, 1, None, ())]
    assert _own(knowledge, "gist", "SMA") == []


def test_sites_the_network_keeps_apart_stay_apart(overlay: tuple[Knowledge, str]) -> None:
    knowledge, _ = overlay
    assert _own(knowledge, "imt", "CK") == [
        (1, 2, None, ()),
        (1, 1, None, ("uterus", "bladder", "prostate_male_tract", "pelvis_other")),
    ]


def test_context_and_ki67_are_counted(overlay: tuple[Knowledge, str]) -> None:
    knowledge, _ = overlay
    d = knowledge.diagnoses["imt"]
    own = {v: {r.category: r.count for r in rows if r.source == "north_lab"} for v, rows in d.context.items()}
    assert own["age"] == {"0-1": 1, "2-9": 1, "40-59": 1}
    assert own["sex"] == {"male": 1, "female": 2}
    assert own["site"] == {"lung_pleura": 1, "mesentery_omentum_peritoneum": 1, "bladder": 1}
    assert [r.values for r in d.ki67 if r.source == "north_lab"] == [(5.0, 5.0, 15.0)]


def test_unlisted_cases_have_no_profile(overlay: tuple[Knowledge, str]) -> None:
    knowledge, text = overlay
    assert not knowledge.diagnoses["unlisted"].evidence
    assert "unlisted:  # cases: 1" in text


def test_case_mix_is_a_prior_profile(overlay: tuple[Knowledge, str], model: imtdx.Model) -> None:
    knowledge, _ = overlay
    mixed = imtdx.Model(knowledge, "north_lab")
    referral = dict(zip(model.diagnoses, model.prior, strict=True))
    ours = dict(zip(mixed.diagnoses, mixed.prior, strict=True))
    assert ours["imt"] == pytest.approx((3 + 100 * referral["imt"]) / 106, rel=1e-3)
    assert 0 < ours["schwannoma"] < referral["schwannoma"]


def test_overlay_is_readable_and_stable(overlay: tuple[Knowledge, str], model: imtdx.Model) -> None:
    _, text = overlay
    assert (
        "      - {positive: 2, total: 3, focal: 1, basis: count, use: pooled, source: north_lab}" in text.splitlines()
    )
    shuffled = _frame().sample(frac=1, random_state=1)
    assert learn(model.knowledge, read_frame(model, shuffled).cases, "North Lab").to_yaml() == text


def test_names_are_made_into_ids() -> None:
    assert source_id("St. Mary's, Lab 2") == "st_mary_s_lab_2"
    with pytest.raises(UsageError, match="holds no plain letter"):
        source_id("123")


def test_odd_names_survive_the_round_trip(model: imtdx.Model, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(
        learn(model.knowledge, read_frame(model, _frame()).cases, 'Lab: "A" # {x}\nno').to_yaml(), encoding="utf-8"
    )
    assert apply_overlay(model.knowledge, path).sources["lab_a_x_no"].citation == 'Lab: "A" # {x}\nno, own cases'


def test_cases_of_a_known_source_are_not_counted_twice(model: imtdx.Model) -> None:
    frame = pd.read_csv(COHORT, dtype=str).assign(diagnosis="imt", source="guo2025shanxi")
    with pytest.raises(InputError, match="counted already in guo2025shanxi"):
        learn(model.knowledge, read_frame(model, frame).cases)


def test_a_taken_name_is_refused(model: imtdx.Model) -> None:
    with pytest.raises(UsageError, match="--name"):
        learn(model.knowledge, read_frame(model, _frame()).cases, "guo2025shanxi")


def test_command_writes_an_overlay_that_load_reads(tmp_path: Path) -> None:
    target = tmp_path / "local.yaml"
    out = CliRunner().invoke(
        cli, ["learn", str(CASES), "-o", str(target), "--name", "North lab"], catch_exceptions=False
    )
    assert out.exit_code == 0
    assert "cases 71" in out.stderr
    assert "north_lab" in imtdx.load("north_lab", overlays=[target]).knowledge.sources
    assert "imt_004" not in target.read_text(encoding="utf-8")


# --- what it buys ------------------------------------------------------------------------------------------------------------

_PANEL = ("ALK", "SMA", "DES", "VIM", "S100", "KIT", "DOG1", "CD34", "CK", "CALP", "BCAT", "STAT6", "MYOG", "SOX10")


def _laboratory(model: imtdx.Model, seed: int) -> imtdx.Model:
    """A laboratory whose rates differ from the literature: every logit moved by a standard normal."""
    rng = np.random.default_rng(seed)
    diagnoses = {}
    for d in model.knowledge.diagnoses.values():
        evidence = dict(d.evidence)
        for marker in _PANEL:
            mean = model.network.rates.cell(d.id, marker).mean
            rate = 1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + rng.normal())))
            evidence[marker] = (Study("guo2025shanxi", positive=4000 * rate, total=4000),)
        diagnoses[d.id] = replace(d, evidence=evidence)
    network = copy.deepcopy(dict(model.knowledge.network))
    network["pooling"] = {**network["pooling"], "heterogeneity": 0.005, "heterogeneity_weight": 1e9}
    return imtdx.Model(replace(model.knowledge, diagnoses=diagnoses, network=network))


def _draw(model: imtdx.Model, n: int, seed: int) -> list[LabelledCase]:
    rng = np.random.default_rng(seed)
    states = draw_states(model, n, rng)
    sites = model.network.states("Site")
    cases = []
    for k in range(n):
        told = [m for m in _PANEL if rng.random() < 0.7]
        findings = tuple(Finding(m, model.network.states(m)[states[m][k]]) for m in told)
        context = Context(site=sites[states["Site"][k]])
        cases.append(LabelledCase(str(k), model.diagnoses[states["Diagnosis"][k]], Panel(findings, context)))
    return cases


def _gain(model: imtdx.Model, n: int, seed: int, path: Path) -> float:
    """Mean log score with the overlay of ``n`` local cases less that without, on further cases of the same laboratory."""
    laboratory = _laboratory(model, seed)
    further = _draw(laboratory, 400, 1000 + seed)
    path.write_text(learn(model.knowledge, _draw(laboratory, n, seed), "lab").to_yaml(), encoding="utf-8")
    learned = imtdx.Model(apply_overlay(model.knowledge, path))
    truth = np.array([model.diagnoses.index(c.truth) for c in further])

    def losses(asked: imtdx.Model) -> NDArray[np.float64]:
        return log_scores(answers(asked.engine, [asked.coder.evidence(c.panel) for c in further])[0], truth)

    return paired_difference(losses(learned), losses(model))[0]


def test_two_hundred_local_cases_improve_the_log_score(model: imtdx.Model, tmp_path: Path) -> None:
    gains = np.array([_gain(model, 200, seed, tmp_path / "lab.yaml") for seed in range(8)])
    assert gains.mean() < -2 * gains.std(ddof=1) / np.sqrt(len(gains)), gains


def test_five_local_cases_do_no_harm(model: imtdx.Model, tmp_path: Path) -> None:
    gains = np.array([_gain(model, 5, seed, tmp_path / "lab.yaml") for seed in range(8)])
    assert gains.mean() < 2 * gains.std(ddof=1) / np.sqrt(len(gains)), gains
    assert gains.max() < 0.03, gains
