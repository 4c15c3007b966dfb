"""The layer of stated judgement: the robust prior by hand, what a site can be, what was asked for, review, and that it can be left out."""

from __future__ import annotations

import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import imtdx
from imtdx import review
from imtdx.cli import cli as main
from imtdx.distributions import judged_context, site_weights
from imtdx.errors import KnowledgeError
from imtdx.interchange import reference_posterior
from imtdx.knowledge import load_knowledge
from imtdx.merging import merged_panel
from imtdx.panel import Context, Finding, Panel
from imtdx.variables import FUSION, ORDERED, SEX, SITE

PLACE = Path(imtdx.__file__).resolve().parent.parent / "knowledge"


@pytest.fixture(scope="module")
def counts() -> imtdx.Model:
    """The network of counts alone."""
    return imtdx.load(parts={"judgement": False})


# --- rates -----------------------------------------------------------------------------------------------------------------


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def test_the_robust_prior_by_hand(model: imtdx.Model) -> None:
    """DOG1 in schwannoma: counts and words over what is stated, the two parts re-weighted by how well they foretold them."""
    k, rates = model.knowledge, model.network.rates
    judged, marker = k.judgement.diagnoses["schwannoma"].rates["DOG1"], k.markers["DOG1"]
    bare, spec = rates.without_judgement("schwannoma", "DOG1"), k.network["judgement"]
    b = k.network["pooling"]["background_weight"]
    positive, negative = bare.alpha - b * marker.background, bare.beta - b * (1 - marker.background)
    m, w, pi = judged.rate, spec["weight"][judged.confidence], spec["trust"][judged.confidence]
    parts = [(w * m, w * (1 - m)), (b * marker.background, b * (1 - marker.background))]
    told = [math.exp(_log_beta(x + positive, y + negative) - _log_beta(x, y)) for x, y in parts]
    share = pi * told[0] / (pi * told[0] + (1 - pi) * told[1])
    means = [(x + positive) / (x + y + positive + negative) for x, y in parts]
    cell = rates.cell("schwannoma", "DOG1")
    assert cell.trust == pytest.approx(share)
    assert cell.mean == pytest.approx(share * means[0] + (1 - share) * means[1])
    assert cell.judged == pytest.approx(m) and cell.positive == bare.positive and cell.total == bare.total


def test_judgement_gives_way_where_counts_speak_against_it(model: imtdx.Model) -> None:
    rates, marker = model.network.rates, model.knowledge.markers["DOG1"]
    study = replace(
        next(s for s in model.knowledge.diagnoses["gist"].evidence["DOG1"] if s.total), use="pooled", level=""
    )
    judged = model.knowledge.judgement.diagnoses["schwannoma"].rates["DOG1"]
    agree = rates.pool(marker, [replace(study, positive=0.0, total=40.0)], judged=judged)
    odd = [replace(study, positive=9.0, total=20.0, source=f"s{k}") for k in range(4)]
    against = rates.pool(marker, odd, judged=judged)
    assert agree.trust > model.knowledge.network["judgement"]["trust"][judged.confidence]
    assert against.trust < 0.05 and against.mean > 0.2
    assert rates.pool(marker, [], judged=judged).trust == pytest.approx(
        model.knowledge.network["judgement"]["trust"][judged.confidence]
    )


def test_counts_alone_know_no_judgement(model: imtdx.Model, counts: imtdx.Model) -> None:
    assert not counts.knowledge.judgement and counts.coder.orders is None
    for d in ("imt", "schwannoma", "angiosarcoma"):
        for m in ("DOG1", "CD31", "STAT6"):
            cell, bare = model.network.rates.cell(d, m), counts.network.rates.cell(d, m)
            assert bare.judged is None and bare.kind != "judged"
            assert (cell.positive, cell.total, cell.n_studies) == (bare.positive, bare.total, bare.n_studies)
    assert counts.network.nodes["AgeBand"].parent is None and model.network.nodes["AgeBand"].parent == SITE
    told = CliRunner().invoke(main, ["diagnose", "ALK+ SMA+", "--without-judgement"]).output
    assert "counts alone" in told and "language model" not in told


def test_judgement_is_named_wherever_it_is_shown(model: imtdx.Model) -> None:
    run = CliRunner()
    shown = run.invoke(main, ["knowledge", "show", "gist", "DOG1"]).output
    assert re.search(r"\d+/\d+ in\s+\d+\s+studies.*over\s+judgement", shown, re.S)
    words = " ".join(shown.split())
    assert (
        "elicited from a language model, twice; no pathologist has reviewed it; gains on published cases may be flattered"
        in words
    )
    assert "judgement, no count" in run.invoke(main, ["knowledge", "show", "schwannoma", "--brief"]).output
    dx = model.diagnose("DOG1+; CD31+", draws=20)
    data = dx.to_dict()
    assert data["judgement"]["used"] and "no pathologist has reviewed it" in data["judgement"]["statement"]
    assert "no pathologist has reviewed it" in " ".join(dx.to_text().split()) and "no pathologist" in dx.to_html()
    why = {c.marker: c.why for c in dx.contributions("gist")}
    assert "over judgement" in why["DOG1"] and "judgement" in why["CD31"]


BROKEN = {
    "unknown marker": ("  ALK: {percent", "  ALKK: {percent", r"imt\.yaml:\d+: judgement: unknown marker 'ALKK'"),
    "certain": ("  SMA: {percent: 87.03", "  SMA: {percent: 100", r"imt\.yaml:\d+: .*percent must lie between 0 and 100"),
    "unknown key": ("  VIM: {percent", "  VIM: {per_cent: 3, percent", r"imt\.yaml:\d+: .*unknown key 'per_cent'"),
    "no confidence": ("percent: 98.5, confidence: A", "percent: 98.5, confidence: Z", r"imt\.yaml:\d+: .*confidence is 'Z'"),
    "changed without reason": ("percent: 98.5, confidence: A", "percent: 98.5, was: 90, confidence: A", r"imt\.yaml:\d+: .*reason"),
    "ages": ("  all: [5, 16,", "  all: [55, 16,", r"imt\.yaml:\d+: imt age all: adds up to"),
    "site": ("male: {all:", "male: {nowhere: 5, all:", r"imt\.yaml:\d+: judgement: unknown site 'nowhere'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_judgement_names_file_line_and_mend(tmp_path: Path, name: str) -> None:
    old, new, message = BROKEN[name]
    root = tmp_path / "knowledge"
    shutil.copytree(PLACE, root)
    path = root / "judgement" / "imt.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=message):
        load_knowledge(root)


# --- sites, ages, sexes ------------------------------------------------------------------------------------------------------


def test_what_a_site_can_be(model: imtdx.Model) -> None:
    """P(site | d) = w mix(d | site) / mix(d): the prior times it, over the prior, is mix(d | site) / mix(d)."""
    k = model.knowledge
    sites, w = list(k.network["context"]["sites"]), site_weights(k)
    table = judged_context(k, "site")
    assert table is not None
    mix = np.array([[k.judgement.mix[s].get(d, 0.0) for s in sites] for d in model.diagnoses])
    overall = mix @ w
    assert table == pytest.approx(w * mix / overall[:, None])
    assert table.sum(axis=1) == pytest.approx(np.ones(len(table)))
    # with the mix as prior, nothing but the site gives back the mix of the site
    posterior = overall[:, None] * table
    assert posterior / posterior.sum(axis=0) == pytest.approx(mix / mix.sum(axis=0), abs=1e-9)


def test_pelvis_leaves_its_organs_open(model: imtdx.Model) -> None:
    sites, parts = model.network.states(SITE), model.knowledge.network["context"]["site_sets"]["pelvis_gu"]
    vector = model.coder.context(Context(site="pelvis_gu"))[SITE]
    assert {s for s, v in zip(sites, vector, strict=True) if v} == set(parts)
    panel = Panel((Finding("SMA", "positive"), Finding("DES", "positive")))
    weights = {
        s: math.exp(model.engine.probability(model.coder.evidence(replace(panel, context=Context(site=s)))))
        for s in parts
    }
    mean = sum(
        w * model.engine.posterior(model.coder.evidence(replace(panel, context=Context(site=s))))
        for s, w in weights.items()
    ) / sum(weights.values())
    asked = model.engine.posterior(model.coder.evidence(replace(panel, context=Context(site="pelvis_gu"))))
    assert asked == pytest.approx(mean, abs=1e-12)


def test_a_mans_uterus_is_remarked_on_and_his_sex_tells_nothing(model: imtdx.Model) -> None:
    panel = "SMA+ desmin+ h-caldesmon+"
    man = model.diagnose(panel, site="uterus", sex="male", draws=2)
    assert "site_sex" in {f.id for f in man.flags}
    for sex in ("male", "female"):
        told = model.diagnose(panel, site="uterus", sex=sex, draws=2)
        assert told.posterior == pytest.approx(model.diagnose(panel, site="uterus", draws=2).posterior, abs=1e-9)
    assert "site_sex" not in {f.id for f in told.flags}
    frame = pd.DataFrame([{"SMA": "+", "site": "uterus", "sex": s} for s in ("m", "f")])
    assert ["site_sex" in flags for flags in model.score(frame)["flags"]] == [True, False]


def test_age_and_sex_follow_the_site_where_that_is_stated(model: imtdx.Model) -> None:
    row, sites = model.diagnoses.index("leiomyoma"), list(model.network.states(SITE))
    sex = model.network.table(SEX)[row, 0]
    male = model.network.states(SEX).index("male")
    assert sex[sites.index("uterus"), male] < 0.01 < 0.3 < sex[sites.index("stomach"), male]
    assert sex[sites.index("prostate_male_tract"), male] > 0.99


# --- what was asked for --------------------------------------------------------------------------------------------------------


def test_what_was_asked_for_by_hand(model: imtdx.Model) -> None:
    k = model.knowledge
    panel = replace(model.panel("ALK+; desmin-; S100 not interpretable; CD34 not done"), complete=True)
    t = k.network["judgement"]["ordered_power"]
    log = {}
    for d in model.diagnoses:
        asked = k.judgement.diagnoses[d].ordered
        log[d] = sum(t * math.log(p if m in ("ALK", "DES", "S100") else 1 - p) for m, p in asked.items())
    vector = model.coder.evidence(panel)[ORDERED]
    listed = [d for d in model.diagnoses if d != "unlisted"]
    got = np.log([vector[model.diagnoses.index(d)] for d in listed])
    want = np.array([log[d] for d in listed])
    assert got - got[0] == pytest.approx(want - want[0], abs=1e-9)
    # of the open answer: the mean over the listed
    prior = np.array([model.prior[model.diagnoses.index(d)] for d in listed])
    assert vector[-1] == pytest.approx(float(np.exp(got) @ prior / prior.sum()))
    assert vector.max() == pytest.approx(1.0)


def test_complete_is_off_by_default_and_equal_in_pgmpy(model: imtdx.Model) -> None:
    text = "ALK+ SMA+ desmin- CD34-"
    plain, complete = model.diagnose(text, draws=2), model.diagnose(text, complete=True, draws=2)
    assert ORDERED not in plain.evidence and not plain.to_dict()["panel"]["complete"]
    assert complete.to_dict()["panel"]["complete"] and complete.probability("imt") != plain.probability("imt")
    assert np.abs(reference_posterior(model.network, complete.evidence) - complete.posterior).max() < 1e-9
    one = [c for c in complete.contributions("imt") if c.marker == ORDERED]
    assert len(one) == 1 and "ALK" in one[0].value and "judgement" in one[0].why
    # the weight of everything told is still the Bayes factor
    rank = {r.id: r for r in complete.rows}
    assert sum(c.log10_lr for c in complete.contributions("imt")) == pytest.approx(rank["imt"].log10_bf)


def test_a_hypothetical_result_was_not_asked_for(model: imtdx.Model) -> None:
    dx = model.diagnose("ALK+ SMA+ desmin- CD34-", complete=True, draws=2)
    removed = next(w for w in dx.what_if() if w.marker == "CD34" and w.change == "removed")
    without = model.coder.evidence(dx.panel.without("CD34")) | {ORDERED: dx.evidence[ORDERED]}
    assert removed.p_imt == pytest.approx(float(model.engine.posterior(without)[model.index("imt")]))


def test_alk_fish_counts_for_alk(model: imtdx.Model) -> None:
    orders = model.coder.orders
    assert orders is not None
    assert (orders.indicator(["FISH_ALK"]) == orders.indicator(["ALK"])).all()


def test_rows_say_whether_they_are_complete(model: imtdx.Model) -> None:
    frame = pd.DataFrame([{"ALK": "+", "SMA": "NI", "S-100": "-", "complete": c} for c in ("yes", "no", "")])
    want = [
        model.diagnose({"ALK": "+", "SMA": "NI", "S-100": "-"}, complete=c, draws=2).probability("imt")
        for c in (True, False, False)
    ]
    assert model.score(frame)["p_imt"].tolist() == pytest.approx(want, abs=1e-12)
    assert model.score(frame, complete=True)["p_imt"].tolist() == pytest.approx([want[0], want[1], want[0]], abs=1e-12)


# --- drivers, links, the open answer ---------------------------------------------------------------------------------------------


def test_a_driver_fusion_is_rare_where_it_does_not_belong(model: imtdx.Model) -> None:
    table = model.network.table(FUSION)[:, 0, 0]
    for d in ("schwannoma", "sft", "neurofibroma", "synovial_sarcoma"):
        assert (table[model.diagnoses.index(d), 1:] < 2e-3).all()
    tests = model.network.structure.tests.values()
    assert all(0.003 <= t.false_positive <= 0.01 for t in tests)
    assert model.network.structure.methods["sequencing"][1] == pytest.approx(0.001)


def test_two_methods_that_agree_multiply(model: imtdx.Model) -> None:
    def panel(*methods: str) -> Panel:
        told = [Finding("FISH_ALK", "positive", method=m) for m in methods]
        return merged_panel([Finding("SMA", "positive"), *told], model.knowledge.markers, Context(), (), "")

    none = [
        model.diagnose(panel(*methods), draws=2).drivers["none"]
        for methods in (("fish",), ("sequencing",), ("fish", "sequencing"))
    ]
    assert none[2] < none[1] < none[0]
    both = model.coder.evidence(panel("fish", "sequencing"))
    assert {"FISH_ALK", FUSION} <= set(both)
    assert np.abs(reference_posterior(model.network, both) - model.engine.posterior(both)).max() < 1e-9


def test_no_link_forbids(model: imtdx.Model) -> None:
    """Frequent mitoses without atypia are rare in a neurofibroma, not impossible: it must not drive the diagnosis off the list."""
    table = model.network.table("MORPH_PLEOMORPHIC")[model.diagnoses.index("neurofibroma"), 0]
    assert 0.1 < table[1, 0] < 0.9
    dx = model.diagnose("S100 diffuse; SOX10+; GFAP+", morphology="frequent mitoses, no atypia", draws=2)
    assert dx.rows[0].id != "neurofibroma" or dx.rows[0].probability < 0.5


def test_pdgfra_mutations_go_with_kit_negative_gist(model: imtdx.Model) -> None:
    table = model.network.table("MUT_PDGFRA")[model.diagnoses.index("gist"), 0]
    assert table[0, 1] > 3 * table[1, 1]


def test_markers_outside_the_list_raise_the_open_answer_and_say_why(model: imtdx.Model) -> None:
    dx = model.diagnose("CD45+; S100-; CK-", draws=2)
    told = {f.id: f.text for f in dx.flags}
    assert "lymphoma" in told["outside_list"]
    assert dx.probability("unlisted") > 3 * model.prior[model.index("unlisted")]
    out = model.score(pd.DataFrame([{"CD45": "+", "S-100": "-", "CK": "-"}]))
    assert "outside_list" in out["flags"].iloc[0]


def test_sums_over_behaviour_and_lineage(model: imtdx.Model) -> None:
    dx = model.diagnose("CD34+ STAT6+", draws=2)
    assert set(dx.sums) == {"behaviour", "lineage"}
    for kind, sums in dx.sums.items():
        assert sum(sums.values()) == pytest.approx(1.0)
        assert list(sums.values()) == sorted(sums.values(), reverse=True)
        of = model.knowledge.diagnoses["sft"]
        assert sums[getattr(of, kind)] >= dx.probability("sft")
    assert "Behaviour:" in dx.to_text() and dx.to_dict()["sums"] == dx.sums


# --- review -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_review_goes_out_and_comes_back(model: imtdx.Model, tmp_path: Path, ending: str) -> None:
    rows = review.sheet(model, 30)
    assert len(rows) == 30 and [r.rank for r in rows] == list(range(1, 31))
    path = tmp_path / f"sheet.{ending}"
    review.write_sheet(rows, path)
    frame = pd.read_csv(path, dtype=str) if ending == "csv" else pd.read_excel(path, dtype=str)
    frame.loc[0, "review_percent"], frame.loc[0, "review_note"] = "12,5 %", "it's rarer; seen often"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_excel(path, index=False)
    text = review.read_sheet(model, path, "soft tissue pathologist", "2026-11-28")
    overlay = tmp_path / "review.yaml"
    overlay.write_text(text, encoding="utf-8")
    reviewed = imtdx.load(overlays=[overlay])
    (cell,) = review.pooled(reviewed)
    first = rows[0]
    assert (cell.diagnosis, cell.marker) == (first.diagnosis, first.marker)
    assert cell.reviews == (("soft tissue pathologist", "2026-11-28", pytest.approx(12.5)),)
    odds = [math.log(p / (100 - p)) for p in (first.percent, 12.5)]
    assert cell.pooled == pytest.approx(100 / (1 + math.exp(-sum(odds) / 2)), rel=1e-3)
    assert cell.disagreement == pytest.approx(abs(odds[0] - odds[1]) / math.sqrt(2), rel=1e-3)
    assert reviewed.network.rates.cell(first.diagnosis, first.marker).judged == pytest.approx(cell.pooled / 100)
    assert reviewed.knowledge.sha256 != model.knowledge.sha256


@pytest.mark.parametrize(
    ("cell", "message"),
    [("150", "row 2: '150' is no percentage"), ("much", "row 2: 'much' is no percentage"), ("", "no row has")],
)
def test_a_sheet_that_cannot_be_read_says_where(model: imtdx.Model, tmp_path: Path, cell: str, message: str) -> None:
    path = tmp_path / "sheet.csv"
    review.write_sheet(review.sheet(model, 3), path)
    frame = pd.read_csv(path, dtype=str)
    frame["review_percent"] = [cell, None, None]
    frame.to_csv(path, index=False)
    run = CliRunner().invoke(
        main,
        [
            "knowledge",
            "review",
            "read",
            str(path),
            "--role",
            "pathologist",
            "--date",
            "2026",
            "-o",
            str(tmp_path / "o.yaml"),
        ],
    )
    assert run.exit_code != 0 and not (tmp_path / "o.yaml").exists()
    with pytest.raises(imtdx.errors.InputError, match=message):
        review.read_sheet(model, path, "pathologist", "2026")


def test_changed_cells_keep_the_old_value_and_the_reason(model: imtdx.Model) -> None:
    changed = [r for d in model.knowledge.judgement.diagnoses.values() for r in d.rates.values() if r.was is not None]
    assert changed and all(r.reason and 0 < r.was < 100 for r in changed)
