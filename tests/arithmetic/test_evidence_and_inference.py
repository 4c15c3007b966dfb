"""A report as likelihood vectors, and Bayes' theorem on them, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from by_hand import ABSENT, NEGATIVE, POSITIVE, PRESENT, exact_knowledge, given_diagnosis

import imtdx
from imtdx.answer.contributions import bayes_factor, seeded_orders, strength, weights_of_evidence
from imtdx.engine import log_normalise
from imtdx.intervals import draw_weights, weighted_quantiles
from imtdx.knowledge import Knowledge
from imtdx.panel import Context, Finding, Panel

# --- coding ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "likelihood"),
    [
        ("negative", (1, 0, 0)),
        ("focal", (0, 1, 0)),
        ("diffuse", (0, 0, 1)),
        # reported only as +: focal or diffuse
        ("positive", (0, 1, 1)),
        # even odds of negative and a weak positive; nobody calls a diffuse stain equivocal
        ("equivocal", (0.5, 0.5, 0)),
    ],
)
def test_values_of_a_stain(tiny: imtdx.Model, value: str, likelihood: tuple[float, ...]) -> None:
    """States negative, focal, diffuse."""
    assert tiny.coder.likelihood(Finding("PLAIN", value)) == pytest.approx(likelihood)
    assert tiny.coder.finding(Finding("PLAIN", value)).keys() == {"PLAIN"}


@pytest.mark.parametrize(
    ("value", "likelihood"),
    [("negative", (1, 0)), ("positive", (0, 1)), ("focal", (0, 1)), ("diffuse", (0, 1)), ("equivocal", (0.5, 0.5))],
)
@pytest.mark.parametrize("marker", ["FISH_DRV", "MUT_X", "MORPH_ONE", "PATTERN"])
def test_values_of_a_test(tiny: imtdx.Model, marker: str, value: str, likelihood: tuple[float, ...]) -> None:
    """States negative, positive."""
    assert tiny.coder.likelihood(Finding(marker, value)) == pytest.approx(likelihood)


@pytest.mark.parametrize("value", ["not_done", "not_interpretable"])
def test_no_result_is_no_evidence(tiny: imtdx.Model, value: str) -> None:
    assert tiny.coder.finding(Finding("PLAIN", value)) == {}
    assert tiny.coder.evidence(Panel((Finding("PLAIN", value),))) == {}


def test_a_marker_the_network_does_not_know_is_no_evidence(tiny: imtdx.Model) -> None:
    assert tiny.coder.finding(Finding("OTHER", "positive")) == {}


def test_percentages_lie_in_their_bins(tiny: imtdx.Model) -> None:
    """Bins <=5, 6-10, 11-20, >20."""
    assert tiny.coder.likelihood(Finding("KI67", "10", low=10, high=10)) == pytest.approx([0, 1, 0, 0])
    assert tiny.coder.likelihood(Finding("KI67", "10-40", low=10, high=40)) == pytest.approx([0, 0, 1, 0.25])


def test_a_weak_clone_leaves_room_for_the_positives_it_misses(tiny: imtdx.Model, knowledge: Knowledge) -> None:
    """POOR showed 3 of 6 and 4 of 4 positives: it misses 1 - (7 + 1) / (10 + 2) = 1/3. Only its negative is changed."""
    weak = tiny.coder.likelihood(Finding("DRV", "negative", clone="POOR"))
    assert weak == pytest.approx([1, 1 / 3, 1 / 3])
    assert tiny.coder.likelihood(Finding("DRV", "positive", clone="POOR")) == pytest.approx([0, 1, 1])
    assert tiny.coder.likelihood(Finding("DRV", "equivocal", clone="POOR")) == pytest.approx([0.5, 0.5, 0])
    assert tiny.coder.likelihood(Finding("DRV", "negative", clone="FINE")) == pytest.approx([1, 0, 0])
    assert tiny.coder.likelihood(Finding("DRV", "negative")) == pytest.approx([1, 0, 0])
    # without a2001 the 4 of 4 are left: 1 - 5/6
    fewer = imtdx.Model(knowledge.without_sources(["a2001"]), "uniform")
    assert fewer.coder.likelihood(Finding("DRV", "negative", clone="POOR")) == pytest.approx([1, 1 / 6, 1 / 6])
    # without either nothing is known of the clone
    none = imtdx.Model(knowledge.without_sources(["a2001", "b2002"]), "uniform")
    assert none.coder.likelihood(Finding("DRV", "negative", clone="POOR")) == pytest.approx([1, 0, 0])


@pytest.mark.parametrize("value", ["positive", "focal", "diffuse"])
def test_a_driver_stain_speaks_of_its_pattern(tiny: imtdx.Model, value: str) -> None:
    nuclear = tiny.coder.finding(Finding("DRV", value, pattern="nuclear-membrane"))
    other = tiny.coder.finding(Finding("DRV", value, pattern="cytoplasmic"))
    assert nuclear["PATTERN"] == pytest.approx([0, 1])
    assert other["PATTERN"] == pytest.approx([1, 0])
    assert "PATTERN" not in tiny.coder.finding(Finding("DRV", value))


def test_only_a_positive_driver_stain_has_a_pattern(tiny: imtdx.Model) -> None:
    for value in ("negative", "equivocal"):
        assert tiny.coder.finding(Finding("DRV", value, pattern="nuclear-membrane")).keys() == {"DRV"}
    assert tiny.coder.finding(Finding("PLAIN", "positive", pattern="nuclear-membrane")).keys() == {"PLAIN"}


def test_context_is_hard_evidence(tiny: imtdx.Model) -> None:
    """Ten years is the lower edge of the second band."""
    evidence = tiny.coder.evidence(Panel((), Context(age=10.0, sex="female", site="yonder")))
    assert evidence["AgeBand"] == pytest.approx([0, 1, 0])
    assert evidence["Sex"] == pytest.approx([0, 1])
    assert evidence["Site"] == pytest.approx([0, 0, 1, 0])
    assert tiny.coder.evidence(Panel((), Context(age=9.9))).keys() == {"AgeBand"}


# --- Bayes' theorem --------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(tmp_path) -> imtdx.Model:  # type: ignore[no-untyped-def]
    """Three diagnoses, prior 0.5, 0.3, 0.2; stain AAA at 0.8, 0.4, 0.1; test BBB at 0.5, 0.1, 0.1; no tissue node."""
    rates = {"imt": {"AAA": 0.8, "BBB": 0.5}, "beta": {"AAA": 0.4, "BBB": 0.1}, "gamma": {"AAA": 0.1, "BBB": 0.1}}
    path = exact_knowledge(tmp_path / "k", rates, {"BBB": {"kind": "fish", "background": 0.01}})
    prior = {"imt": 0.5, "beta": 0.3, "gamma": 0.2}
    return imtdx.load(prior, knowledge=path, parts={"tissue": False})


def test_the_exact_knowledge_is_exact(three: imtdx.Model) -> None:
    assert three.network.rates.marker("AAA").mean == pytest.approx([0.8, 0.4, 0.1], abs=1e-9)


def test_posterior_and_evidence(three: imtdx.Model) -> None:
    """AAA +, BBB -: 0.5 x 0.8 x 0.5 = 0.2; 0.3 x 0.4 x 0.9 = 0.108; 0.2 x 0.1 x 0.9 = 0.018; sum 0.326."""
    evidence = {"AAA": POSITIVE, "BBB": ABSENT}
    assert three.engine.posterior(evidence) == pytest.approx(np.array([0.2, 0.108, 0.018]) / 0.326)
    assert given_diagnosis(three, evidence) == pytest.approx([0.4, 0.36, 0.09])
    spine = three.engine.spine(evidence)
    assert np.exp(spine).sum(axis=(-1, -2)) == pytest.approx(0.326)
    assert np.exp(spine)[:, 0] == pytest.approx([0.2, 0.108, 0.018])
    assert three.diagnose("AAA+; BBB-").posterior == pytest.approx(np.array([0.2, 0.108, 0.018]) / 0.326)


def test_soft_evidence_is_a_weighted_sum(three: imtdx.Model) -> None:
    """BBB equivocal weighs nothing: 1/2 under every diagnosis. 0.25 against 1: 0.25 x 0.5 + 0.5 = 0.625, 0.25 x 0.9 + 0.1 = 0.325."""
    assert given_diagnosis(three, {"BBB": [0.5, 0.5]}) == pytest.approx([0.5, 0.5, 0.5])
    assert given_diagnosis(three, {"BBB": [0.25, 1.0]}) == pytest.approx([0.625, 0.325, 0.325])


def test_a_marginal_after_evidence(three: imtdx.Model) -> None:
    """After AAA +: 0.4, 0.12, 0.02 of 0.54; BBB positive (0.4 x 0.5 + 0.14 x 0.1) / 0.54 = 0.214 / 0.54."""
    (p,) = three.engine.marginals(("BBB",), {"AAA": POSITIVE}).values()
    assert p == pytest.approx([0.326 / 0.54, 0.214 / 0.54])
    joint = three.engine.joint_with_diagnosis("BBB", {"AAA": POSITIVE})
    assert joint == pytest.approx(np.array([[0.2, 0.108, 0.018], [0.2, 0.012, 0.002]]) / 0.54)
    # soft evidence on the variable itself counts: (0.25 x 0.326, 0.214)
    (p,) = three.engine.marginals(("BBB",), {"AAA": POSITIVE, "BBB": np.array([0.25, 1.0])}).values()
    assert p == pytest.approx(np.array([0.0815, 0.214]) / 0.2955)


def test_tissue_after_a_negative_stain(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Rate 0.8 in both, compromised 0.2 keeps a quarter: negative 0.2 there, 0.8 here: 0.8 x 0.2 = 0.16 against 0.2 x 0.8 = 0.16."""
    path = exact_knowledge(tmp_path / "k", {"imt": {"AAA": 0.8}, "beta": {"AAA": 0.8}})
    model = imtdx.load(knowledge=path)
    assert model.engine.tissue({"AAA": NEGATIVE}) == pytest.approx([0.5, 0.5])
    # positive: 0.8 x 0.8 against 0.2 x 0.2
    assert model.engine.tissue({"AAA": POSITIVE}) == pytest.approx([0.64 / 0.68, 0.04 / 0.68])
    assert model.engine.tissue({}) == pytest.approx([0.8, 0.2])
    assert given_diagnosis(model, {"AAA": NEGATIVE}) == pytest.approx([0.32, 0.32])


def test_two_stains_share_the_tissue(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Two negatives of rate 0.8: 0.8 x 0.04 + 0.2 x 0.64 = 0.16, more than 0.32 squared."""
    path = exact_knowledge(tmp_path / "k", {"imt": {"AAA": 0.8, "CCC": 0.8}, "beta": {"AAA": 0.8, "CCC": 0.8}})
    model = imtdx.load(knowledge=path)
    assert given_diagnosis(model, {"AAA": NEGATIVE, "CCC": NEGATIVE}) == pytest.approx([0.16, 0.16])


def test_a_parent_that_was_not_looked_at_is_summed_out(dry: imtdx.Model) -> None:
    """Child rate 2.5/6 whatever the link; with the parent negative 0.203188 of 0.25."""
    assert given_diagnosis(dry, {"CHI": POSITIVE})[0] == pytest.approx(2.5 / 6)
    assert given_diagnosis(dry, {"CHI": POSITIVE, "PAR": NEGATIVE})[0] == pytest.approx(0.25 * 0.203188, abs=1e-6)


def test_stain_and_test_of_a_driver_share_the_fusion(dry: imtdx.Model) -> None:
    """Sum over none, DRIVER, BARE of P(fusion) P(stain +) P(FISH +)."""
    fusion = dry.network.table("KinaseFusion")[0, 0, 0]
    q = dry.network.fit("DRIVER").mean()[1][0]
    by_hand = fusion @ np.array([q * 0.01, 12 / 14 * 0.9, q * 0.01])
    assert given_diagnosis(dry, {"DRV": POSITIVE, "FISH_DRV": PRESENT})[0] == pytest.approx(by_hand)


def test_site_speaks_through_the_stain_that_depends_on_it(dry: imtdx.Model) -> None:
    """P(PLACE +) = sum over sites of P(site) P(+ | site)."""
    site = dry.network.table("Site")[0, 0, 0]
    rates = 1 - dry.network.table("PLACE")[0, 0, :, 0]
    assert given_diagnosis(dry, {"PLACE": POSITIVE})[0] == pytest.approx(site @ rates)
    here = {"PLACE": POSITIVE, "Site": [1, 0, 0, 0]}
    assert given_diagnosis(dry, here)[0] == pytest.approx(site[0] * rates[0])


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> imtdx.Model:
    """A hundred genes, each at 0.9999 in the one and 0.0001 in the other: all positive is 10^400 times as probable in the one."""
    names = [f"G{k}" for k in range(100)]
    rates = {"imt": dict.fromkeys(names, 0.9999), "beta": dict.fromkeys(names, 0.0001)}
    markers = {name: {"kind": "fish", "background": 0.5} for name in names} | {
        "AAA": {"kind": "ihc", "background": 0.5}
    }
    path = exact_knowledge(tmp_path_factory.mktemp("far") / "k", rates, markers)
    return imtdx.load({"imt": 0.5, "beta": 0.5}, knowledge=path, parts={"fusion": False})


@pytest.mark.parametrize(("value", "lead"), [(PRESENT, 0), (ABSENT, 1)])
def test_panels_beyond_the_range_of_doubles(far: imtdx.Model, value: np.ndarray, lead: int) -> None:
    """Every figure stays a number: ratios of 10^400 have no double, their logarithms have."""
    evidence = dict.fromkeys((f"G{k}" for k in range(100)), value)
    engine = far.engine
    one = np.eye(2)[lead]
    assert engine.posterior(evidence) == pytest.approx(one)
    assert engine.tissue(evidence) == pytest.approx([0.8, 0.2])
    assert engine.probability(evidence) == pytest.approx(100 * math.log(0.9999) + math.log(0.5), abs=1e-6)
    logs = engine.log_evidence(evidence)
    assert logs[lead] - logs[1 - lead] == pytest.approx(100 * math.log(9999), rel=1e-6)
    (p,) = engine.marginals(("AAA",), evidence).values()
    assert p[0] == pytest.approx(1 - (0.8 * 0.5 + 0.2 * 0.5 * 0.25))
    assert engine.joint_with_diagnosis("AAA", evidence).sum(axis=0) == pytest.approx(one)
    factor = bayes_factor(engine, engine.spine(evidence), lead, 1 - lead)
    assert factor == pytest.approx(100 * math.log10(9999), rel=1e-6)
    assert bayes_factor(engine, engine.spine(evidence), lead) == pytest.approx(factor)
    draws, weights = engine.draws(evidence, 20, 0)
    assert draws == pytest.approx(np.tile(one, (20, 1)))
    assert weights.sum() == pytest.approx(1)


def test_a_panel_that_is_improbable_everywhere(far: imtdx.Model) -> None:
    """Half of the genes one way, half the other: 10^-200 in both, which doubles hold, but not its square."""
    evidence = {f"G{k}": PRESENT if k < 50 else ABSENT for k in range(100)}
    assert far.engine.posterior(evidence) == pytest.approx([0.5, 0.5])
    assert far.engine.probability(evidence) == pytest.approx(50 * math.log(0.9999 * 0.0001), rel=1e-6)
    (p,) = far.engine.marginals(("AAA",), evidence).values()
    assert p.sum() == pytest.approx(1)
    assert far.engine.joint_with_diagnosis("AAA", evidence).sum(axis=0) == pytest.approx([0.5, 0.5])
    assert far.engine.tissue(evidence) == pytest.approx([0.8, 0.2])


def test_normalising_logs() -> None:
    """Weights 1, 3 and, far below, e^-1000 of them; an impossible entry stays 0."""
    p, total = log_normalise(np.log(np.array([[1.0, 3.0], [2.0, 2.0]])) - np.array([[1000.0], [0.0]]))
    assert p == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert total == pytest.approx([math.log(4) - 1000, math.log(4)])
    p, total = log_normalise(np.log(np.array([[1.0, 3.0], [1.0, 1.0]])), axis=0)
    assert p == pytest.approx(np.array([[0.5, 0.75], [0.5, 0.25]]))
    assert total == pytest.approx(np.log([2, 4]))
    assert log_normalise(np.array([0.0, -np.inf]))[0] == pytest.approx([1, 0])


# --- weights of evidence ---------------------------------------------------------------------------------------------------


def test_bayes_factor_against_the_rest_and_against_a_rival(three: imtdx.Model) -> None:
    """AAA +, BBB -: 0.4 for imt; the rest (0.3 x 0.36 + 0.2 x 0.09) / 0.5 = 0.252; beta 0.36."""
    spine = three.engine.spine({"AAA": POSITIVE, "BBB": ABSENT})
    assert bayes_factor(three.engine, spine, 0) == pytest.approx(math.log10(0.4 / 0.252))
    assert bayes_factor(three.engine, spine, 0, 1) == pytest.approx(math.log10(0.4 / 0.36))
    # gamma against the rest: 0.09 against (0.5 x 0.4 + 0.3 x 0.36) / 0.8 = 0.385
    assert bayes_factor(three.engine, spine, 2) == pytest.approx(math.log10(0.09 / 0.385))


def test_weights_of_single_findings_add_up(three: imtdx.Model) -> None:
    """Against a rival independent findings weigh the same in any order: AAA + 0.8 : 0.4, BBB - 0.5 : 0.9.

    Against the rest the order matters: AAA first 0.8 : 0.28, then what is left to 0.4 : 0.252; BBB first 0.5 : 0.9."""
    evidence = {"AAA": POSITIVE, "BBB": ABSENT}
    rival = weights_of_evidence(three.engine, evidence, 0, 1)
    assert rival == pytest.approx({"AAA": math.log10(2), "BBB": math.log10(5 / 9)})
    rest = weights_of_evidence(three.engine, evidence, 0)
    # two orders, half each: AAA is first in the one and second in the other
    first, second = math.log10(0.8 / 0.28), math.log10(0.4 / 0.252) - math.log10(0.5 / 0.9)
    assert rest["AAA"] == pytest.approx((first + second) / 2)
    assert sum(rest.values()) == pytest.approx(math.log10(0.4 / 0.252))


def test_orders_of_reading_come_with_their_reverses() -> None:
    """Eight seeded orders of five findings, then each of them backwards: on average every finding is read in the middle."""
    orders = seeded_orders(5, 3)
    assert len(orders) == 16
    assert all(sorted(o) == [0, 1, 2, 3, 4] for o in orders)
    for one, back in zip(orders[:8], orders[8:], strict=True):
        assert one.tolist() == back.tolist()[::-1]
    assert np.array_equal(orders, seeded_orders(5, 3))
    assert not np.array_equal(orders, seeded_orders(5, 4))
    assert [o.tolist() for o in seeded_orders(1)] == [[0]]
    assert [len(o) for o in seeded_orders(2)] == [2] * 16


def test_everything_said_of_a_panel_beyond_the_range_of_doubles_is_a_number(far: imtdx.Model) -> None:
    """JSON has no infinity; the figures that can be checked are checked above."""
    for sign in "+-":
        dx = far.diagnose({f"G{k}": sign for k in range(100)}, draws=5)
        told = dx.to_dict()
        assert dx.to_json()
        assert [r["probability"] for r in told["ranking"]] == pytest.approx([1, 0])
        assert told["ranking"][0]["log10_bf"] == pytest.approx(100 * math.log10(9999), rel=1e-6)
        weights = [c["log10_lr"] for c in told["contributions"][told["ranking"][0]["id"]]]
        assert weights == pytest.approx([math.log10(9999)] * 100, rel=1e-6)
        # the hundred agree, so leaving one out changes nothing; P(finding) is 1/2 each, P(all) 1/2
        assert told["conflict"]["conf"] == pytest.approx(-99, abs=0.1)
        assert told["conflict"]["p_value"] == pytest.approx(1)
        # AAA is as likely in both
        assert told["next_tests"]["tests"] == []


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (0.099, "neutral"),
        (-0.099, "neutral"),
        (0.1, "weak for"),
        (-0.499, "weak against"),
        (0.5, "moderate for"),
        (-0.999, "moderate against"),
        (1.0, "strong for"),
        (-2.0, "strong against"),
    ],
)
def test_bands_of_kass_and_raftery(weight: float, words: str) -> None:
    assert strength(weight) == words


# --- intervals -------------------------------------------------------------------------------------------------------------


def test_quantiles_of_even_draws() -> None:
    """Four draws: each holds its quarter around itself, so they stand at 1/8, 3/8, 5/8 and 7/8."""
    values, weights = np.array([[30.0], [10.0], [40.0], [20.0]]), np.full(4, 0.25)
    (low,), (middle,), (high,), (quarter,) = weighted_quantiles(values, weights, (0.05, 0.5, 0.99, 0.25))
    assert (low, middle, high, quarter) == pytest.approx((10, 25, 40, 15))


def test_quantiles_of_uneven_draws() -> None:
    """Weight 0.8 on 0 and 0.2 on 10: they stand at 0.4 and 0.9; 0.65 lies halfway. Columns are ordered each for itself."""
    values, weights = np.array([[10.0, 1.0], [0.0, 3.0]]), np.array([0.2, 0.8])
    (middle,) = weighted_quantiles(values, weights, (0.65,))
    # second column: 1 at 0.1, 3 at 0.6, so 0.65 is past the last
    assert middle == pytest.approx([5, 3])
    (lower,) = weighted_quantiles(values, weights, (0.35,))
    assert lower == pytest.approx([0, 2])


def test_a_draw_counts_as_it_explains_the_panel() -> None:
    """Probabilities of the panel 1 : 3, at any scale; each case for itself."""
    logs = np.array([[0.0, np.log(3)], [-5000.0, -5000.0]])
    assert draw_weights(logs) == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))


def test_draws_of_a_case_are_posteriors_weighted_by_their_evidence(dry: imtdx.Model) -> None:
    """Each draw is a network of its own; drawn tables of one stain, prior 1/4 each."""
    n = 50
    posterior, weights = dry.engine.draws({"PLAIN": POSITIVE}, n, 3)
    rate = 1 - dry.network.draw("PLAIN", n, 3)[:, :, 0, 0, 0]
    assert posterior == pytest.approx(rate / rate.sum(axis=1, keepdims=True))
    assert weights == pytest.approx(rate.sum(axis=1) / rate.sum())


def test_interval_of_a_differential(dry: imtdx.Model) -> None:
    """The 2.5 % and 97.5 % points of those draws, never excluding the posterior itself."""
    dx = dry.diagnose("PLAIN+", draws=200, seed=3)
    posterior, weights = dry.engine.draws({"PLAIN": POSITIVE}, 200, 3)
    low, high = weighted_quantiles(posterior, weights, (0.025, 0.975))
    for row in dx.rows:
        k = dry.diagnoses.index(row.id)
        assert row.low == pytest.approx(min(low[k], dx.posterior[k]))
        assert row.high == pytest.approx(max(high[k], dx.posterior[k]))
    # how often each comes first among the weighted draws
    first = {r.id: r.first for r in dx.rows}
    assert sum(first.values()) == pytest.approx(1)
    assert first["beta"] == pytest.approx(float(weights[posterior.argmax(axis=1) == 1].sum()))
