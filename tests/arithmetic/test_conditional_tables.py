"""Rates to conditional tables: tissue, linked stains, sites, drivers, and draws of them; each number worked out in its comment."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import changed

import imtdx
from imtdx.knowledge import Knowledge

IMT, BETA, GAMMA, UNLISTED = range(4)
ADEQUATE, COMPROMISED = range(2)


# --- tissue --------------------------------------------------------------------------------------------------------------


def test_a_stain_in_adequate_and_in_compromised_tissue(tiny: imtdx.Model) -> None:
    """Rate 3.4/7.5 = 0.453333, focal share 4.093333/9 = 0.454815; compromised tissue keeps a quarter, and 0.4 of its diffuse turn focal.

    Compromised: rate 0.113333; focal share 0.454815 + 0.4 x 0.545185 = 0.672889.
    """
    table = tiny.network.table("PLAIN")[IMT, :, 0]
    assert table[ADEQUATE] == pytest.approx([0.546667, 0.206183, 0.247150], abs=1e-6)
    assert table[COMPROMISED] == pytest.approx([0.886667, 0.0762607, 0.0370726], abs=1e-6)


def test_without_the_tissue_node_the_adequate_row_is_left(dry: imtdx.Model, tiny: imtdx.Model) -> None:
    assert dry.network.table("PLAIN").shape[1] == 1
    assert dry.network.table("PLAIN")[:, ADEQUATE] == pytest.approx(tiny.network.table("PLAIN")[:, ADEQUATE])
    assert dry.network.tissue_prior == pytest.approx([1.0])
    assert tiny.network.tissue_prior == pytest.approx([0.8, 0.2])


def test_tests_and_signs_do_not_depend_on_the_tissue(tiny: imtdx.Model) -> None:
    """MUT_X: 0.02 unstudied, 2.04/42 and 38.04/42 where it defines."""
    assert tiny.network.table("MUT_X").shape == (4, 1, 1, 2)
    assert tiny.network.table("MUT_X")[:3, 0, 0, 1] == pytest.approx([0.02, 2.04 / 42, 38.04 / 42])
    assert tiny.network.table("MORPH_ONE")[IMT, 0, 0] == pytest.approx([1.6 / 6, 4.4 / 6])


# --- linked findings -----------------------------------------------------------------------------------------------------


def rates_given_parent(model: imtdx.Model, diagnosis: int, child: str = "CHI", tissue: int = 0) -> list[float]:
    """P(child positive | parent state)."""
    return [float(1 - row[0]) for row in model.network.table(child)[diagnosis, tissue]]


def test_a_link_moves_two_rates_together_by_phi(dry: imtdx.Model) -> None:
    """Parent 4.5/6 = 0.75, child 2.5/6 = 0.416667, phi 0.25.

    Both 0.3125 + 0.25 x sqrt(0.75 x 0.25 x 0.416667 x 0.583333) = 0.365870. Child given parent negative (0.416667 - 0.365870) / 0.25 =
    0.203188, given parent positive, focal or diffuse, 0.365870 / 0.75 = 0.487826.
    """
    assert rates_given_parent(dry, IMT) == pytest.approx([0.203188, 0.487826, 0.487826], abs=1e-6)


def test_a_link_leaves_the_focal_share_alone(dry: imtdx.Model, tiny: imtdx.Model) -> None:
    """Curve at 0.416667: 0.6 - 0.4 x 0.416667 = 0.433333; in compromised tissue 0.433333 + 0.4 x 0.566667 = 0.66."""
    for row in dry.network.table("CHI")[IMT, ADEQUATE]:
        assert row[1] / (row[1] + row[2]) == pytest.approx(0.433333, abs=1e-6)
    for row in tiny.network.table("CHI")[IMT, COMPROMISED]:
        assert row[1] / (row[1] + row[2]) == pytest.approx(0.66, abs=1e-6)


def test_a_link_in_compromised_tissue(tiny: imtdx.Model) -> None:
    """Both rates are cut to a quarter first: 0.1875 and 0.1041667, both 0.0195313 + 0.25 x sqrt(0.1875 x 0.8125 x 0.1041667 x 0.8958333)
    = 0.0493391: (0.1041667 - 0.0493391) / 0.8125 = 0.0674801 and 0.0493391 / 0.1875 = 0.2631419."""
    p, c = 0.1875, 0.25 * 2.5 / 6
    both = p * c + 0.25 * np.sqrt(p * (1 - p) * c * (1 - c))
    by_hand = [(c - both) / (1 - p), both / p, both / p]
    assert by_hand[:2] == pytest.approx([0.0674801, 0.2631419], abs=1e-6)
    assert rates_given_parent(tiny, IMT, tissue=COMPROMISED) == pytest.approx(by_hand, abs=1e-9)


def test_joint_counts_go_before_phi(dry: imtdx.Model) -> None:
    """Tumour two: 4 of 6 children positive among parent-negative cases: (2 x 0.25 + 4 x 4/6) / (2 + 4) = 0.527778, as counted.

    The child's own rate is 2.5/6, the parent's too: given parent positive (0.416667 - 0.583333 x 0.527778) / 0.416667 = 0.261111.
    The row among parent-positive cases (6 of 6) is not used.
    """
    assert rates_given_parent(dry, BETA) == pytest.approx([0.527778, 0.261111, 0.261111], abs=1e-6)


def test_joint_counts_in_compromised_tissue(tiny: imtdx.Model) -> None:
    """Child, parent and the counted share lose alike: parent and child 0.1041667, counted 0.1319444:
    both 0.1041667 - 0.8958333 x 0.1319444 = -0.0140 lies below the bound of 0 and is set just inside, at 0.005 x 0.1041667."""
    both = 0.005 * 0.1041667
    by_hand = [(0.1041667 - both) / 0.8958333, both / 0.1041667]
    assert rates_given_parent(tiny, BETA, tissue=COMPROMISED)[:2] == pytest.approx(by_hand, abs=1e-6)


def test_a_negative_link_between_signs_on_the_slide(dry: imtdx.Model) -> None:
    """4.4/6 and 2.4/6, phi -0.25: both 0.293333 - 0.25 x sqrt(0.733333 x 0.266667 x 0.24) = 0.2391733.

    Present given absent (0.4 - 0.2391733) / 0.266667 = 0.6031, given present 0.2391733 / 0.733333 = 0.3261454."""
    assert rates_given_parent(dry, IMT, "MORPH_TWO") == pytest.approx([0.6031, 0.3261454], abs=1e-5)


@pytest.mark.parametrize(
    ("phi", "both", "beyond"),
    [
        # 0.3125 + 0.2134781 is over the 0.416667 of the child alone, by 0.109311; set 0.005 of the width of 0.25 inside
        (1.0, 0.416667 - 0.00125, 0.109311),
        # 0.3125 - 0.2134781 is under 0.75 + 0.416667 - 1, by 0.067645
        (-1.0, 0.166667 + 0.00125, 0.067645),
    ],
)
def test_a_phi_out_of_reach_is_cut_at_the_bound_and_told(
    knowledge: Knowledge, phi: float, both: float, beyond: float
) -> None:
    links = [{"parent": "PAR", "child": "CHI", "phi": phi}]
    model = imtdx.Model(changed(knowledge, links=links), "uniform", parts={"tissue": False})
    by_hand = [(0.416667 - both) / 0.25, both / 0.75, both / 0.75]
    assert rates_given_parent(model, IMT) == pytest.approx(by_hand, abs=1e-5)
    assert model.network.clipped["imt", "CHI"] == pytest.approx(beyond, abs=1e-5)


def test_a_phi_within_reach_is_not_told(dry: imtdx.Model) -> None:
    dry.network.table("CHI")
    assert ("imt", "CHI") not in dry.network.clipped


def test_links_off(knowledge: Knowledge) -> None:
    model = imtdx.Model(knowledge, "uniform", parts={"links": False, "tissue": False})
    assert model.network.nodes["CHI"].parent is None
    assert 1 - model.network.table("CHI")[IMT, 0, 0, 0] == pytest.approx(2.5 / 6)


# --- sites ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def placed(knowledge: Knowledge) -> imtdx.Model:
    """Rho held at 0.1: the spread between the site series is what this is about."""
    return imtdx.Model(changed(knowledge, pooling={"heterogeneity_weight": 1e12}), "uniform", parts={"tissue": False})


def test_a_stain_that_depends_on_the_site(placed: imtdx.Model) -> None:
    """Overall 0.6 + 4 + 0 + 2.5 + 1 = 8.1 of 16.5, rate 0.4909091; three pseudo-cases of it in every group.

    here: the series of here alone, 0.6 + 4 + 1.4727273 of 9. there and yonder: 0.6 + 0 + 1.4727273 of 9. Anywhere else: the series
    without a site, 0.6 + 1 + 1.4727273 of 6. The series of here and there together belongs to no group.
    """
    rates = 1 - placed.network.table("PLACE")[IMT, ADEQUATE, :, 0]
    assert placed.network.states("Site") == ("here", "there", "yonder", "nowhere")
    assert rates == pytest.approx([6.0727273 / 9, 2.0727273 / 9, 2.0727273 / 9, 3.0727273 / 6], abs=1e-7)


def test_other_diagnoses_do_not_depend_on_the_site(placed: imtdx.Model) -> None:
    assert 1 - placed.network.table("PLACE")[BETA, ADEQUATE, :, 0] == pytest.approx([0.3] * 4)


def test_the_focal_share_is_that_of_the_whole_cell(placed: imtdx.Model) -> None:
    # 0.6 - 0.4 x 0.4909091
    table = placed.network.table("PLACE")[IMT, ADEQUATE]
    assert table[:, 1] / (table[:, 1] + table[:, 2]) == pytest.approx([0.4036364] * 4, abs=1e-6)


def test_site_dependence_off(knowledge: Knowledge) -> None:
    steady = changed(knowledge, pooling={"heterogeneity_weight": 1e12})
    model = imtdx.Model(steady, "uniform", parts={"tissue": False, "site_dependence": False})
    assert model.network.nodes["PLACE"].parent is None
    assert 1 - model.network.table("PLACE")[IMT, 0, 0, 0] == pytest.approx(8.1 / 16.5)


# --- drivers -------------------------------------------------------------------------------------------------------------


def test_a_genetic_test_finds_its_fusion_and_little_else(dry: imtdx.Model) -> None:
    """States none, DRIVER, BARE: 18 of 20 detected, false positives 0.01; the other test 9 of 10 and 0.03."""
    assert dry.network.table("FISH_DRV")[IMT, 0, :, 1] == pytest.approx([0.01, 0.9, 0.01])
    assert dry.network.table("FISH_BARE")[GAMMA, 0, :, 1] == pytest.approx([0.03, 0.03, 0.9])


def test_a_partner_test_sees_its_share_of_the_fusions(dry: imtdx.Model) -> None:
    """1 of 6 with the partner: (2 x 0.01 + 4/6) / 6 = 0.1144444, of all with the fusion; a third where nothing is known."""
    share = dry.network.table("KinaseFusion")[IMT, 0, 0, 1]
    assert 0.2 < share < 0.9
    assert dry.network.table("FISH_PART")[IMT, 0, :, 1] == pytest.approx([0.005, 0.1144444 / share, 0.005], abs=1e-6)
    assert dry.network.table("FISH_PART")[BETA, 0, :, 1] == pytest.approx([0.005, 1 / 3, 0.005])


def test_the_stain_of_a_driver(dry: imtdx.Model) -> None:
    """12 of 14 with the fusion; q without it or with another one.

    Focal share without the fusion: the curve at q. With it: what the cell tells (0.6 - 0.4 x 3.2/7.5 = 0.4293333) as far as the cell's positives
    have the fusion, f s / (f s + (1 - f) q), and for the rest the curve at 12/14 (0.6 - 0.4 x 12/14 = 0.2571429)."""
    f, q = (float(v[IMT]) for v in dry.network.fit("DRIVER").mean())
    table = dry.network.table("DRV")[IMT, ADEQUATE]
    assert 1 - table[:, 0] == pytest.approx([q, 12 / 14, q])
    true = f * 12 / 14 / (f * 12 / 14 + (1 - f) * q)
    assert 0.5 < true < 0.95
    share = table[:, 1] / (table[:, 1] + table[:, 2])
    with_fusion = true * 0.4293333 + (1 - true) * 0.2571429
    assert share == pytest.approx([0.6 - 0.4 * q, with_fusion, 0.6 - 0.4 * q], abs=1e-6)


def test_the_pattern_is_read_with_the_fusion(dry: imtdx.Model) -> None:
    """2 of 6 patterns: (0.08 + 4/3) / 6; background 0.04 without the fusion, and with it where nothing was counted."""
    assert dry.network.table("PATTERN")[IMT, 0, :, 1] == pytest.approx([0.04, 1.4133333 / 6, 0.04], abs=1e-6)
    assert dry.network.table("PATTERN")[BETA, 0, :, 1] == pytest.approx([0.04, 0.04, 0.04])


def test_fusion_off_makes_plain_markers_of_stain_and_test(knowledge: Knowledge) -> None:
    model = imtdx.Model(knowledge, "uniform", parts={"fusion": False, "tissue": False})
    assert "KinaseFusion" not in model.network.nodes
    assert 1 - model.network.table("DRV")[IMT, 0, 0, 0] == pytest.approx(3.2 / 7.5)
    assert model.network.table("FISH_DRV")[IMT, 0, 0, 1] == pytest.approx(2.04 / 6)


# --- the shape of the network ----------------------------------------------------------------------------------------------


def test_who_hangs_on_whom(tiny: imtdx.Model) -> None:
    nodes = tiny.network.nodes
    parents = {"CHI": "PAR", "MORPH_TWO": "MORPH_ONE", "PLACE": "Site"}
    parents |= dict.fromkeys(("DRV", "FISH_DRV", "FISH_PART", "FISH_BARE", "PATTERN"), "KinaseFusion")
    for marker in tiny.knowledge.markers:
        assert nodes[marker].parent == parents.get(marker), marker
        assert nodes[marker].tissue == (tiny.knowledge.markers[marker].kind == "ihc"), marker
    order = list(nodes)
    assert all(order.index(parent) < order.index(child) for child, parent in parents.items())
    assert set(tiny.network.children("KinaseFusion")) == {"DRV", "FISH_DRV", "FISH_PART", "FISH_BARE", "PATTERN"}
    assert tiny.network.children("PLAIN") == ()


# --- draws ---------------------------------------------------------------------------------------------------------------


def test_draws_have_the_moments_of_their_betas(dry: imtdx.Model) -> None:
    """Rate Beta(3.4, 4.1): mean 0.453333, variance 0.453333 x 0.546667 / 8.5 = 0.0291555; focal share Beta(4.0933, 4.9067): variance
    0.454815 x 0.545185 / 10 = 0.0247958; drawn apart."""
    table = dry.network.draw("PLAIN", 20_000, 1)[:, IMT, 0, 0]
    rate, share = 1 - table[:, 0], table[:, 1] / (1 - table[:, 0])
    assert (rate.mean(), share.mean()) == pytest.approx((0.453333, 0.454815), abs=0.005)
    assert (rate.var(), share.var()) == pytest.approx((0.0291555, 0.0247958), rel=0.05)
    assert abs(np.corrcoef(rate, share)[0, 1]) < 0.03
    # diagnoses are drawn apart too
    assert abs(np.corrcoef(rate, 1 - dry.network.draw("PLAIN", 20_000, 1)[:, BETA, 0, 0, 0])[0, 1]) < 0.03


def test_draws_of_categories_have_the_moments_of_their_dirichlet(dry: imtdx.Model) -> None:
    """Ki-67 of tumour one: Dirichlet(3, 3.5, 2, 2.5), sum 11: variance of the first 3/11 x 8/11 / 12 = 0.0165289."""
    drawn = dry.network.draw("KI67", 20_000, 1)[:, IMT, 0, 0]
    assert drawn.mean(axis=0) == pytest.approx(np.array([3, 3.5, 2, 2.5]) / 11, abs=0.005)
    assert drawn[:, 0].var() == pytest.approx(0.0165289, rel=0.05)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(20_000))


def test_the_factor_on_counts_narrows_draws(knowledge: Knowledge) -> None:
    """Four times the counts of Ki-67: sum 44, variance a quarter and a little: 3/11 x 8/11 / 45."""
    model = imtdx.Model(knowledge, "uniform", scale=4.0)
    assert model.network.draw("KI67", 20_000, 1)[:, IMT, 0, 0, 0].var() == pytest.approx(24 / 121 / 45, rel=0.06)


def test_draws_are_seeded_by_marker(dry: imtdx.Model) -> None:
    once = dry.network.draw("PLAIN", 10, 1)
    assert np.array_equal(once, dry.network.draw("PLAIN", 10, 1))
    assert not np.array_equal(once, dry.network.draw("PLAIN", 10, 2))
    assert not np.array_equal(once, dry.network.draw("VIM", 10, 1))


def test_a_linked_stain_is_drawn_with_the_stain_it_hangs_on(dry: imtdx.Model, knowledge: Knowledge) -> None:
    """In every draw the child's rate, summed over the parent's states, is the rate it has alone: the same parent was drawn."""
    alone = imtdx.Model(knowledge, "uniform", parts={"links": False, "tissue": False})
    parent, child = dry.network.draw("PAR", 500, 1)[:, IMT, 0, 0], dry.network.draw("CHI", 500, 1)[:, IMT, 0]
    marginal = (parent[:, :, None] * child).sum(axis=1)
    assert marginal == pytest.approx(alone.network.draw("CHI", 500, 1)[:, IMT, 0, 0], abs=1e-9)


def test_draws_of_drivers_have_the_means_of_the_fit(dry: imtdx.Model) -> None:
    f, q = (float(v[IMT]) for v in dry.network.fit("DRIVER").mean())
    drawn = dry.network.draw("KinaseFusion", 20_000, 1)[:, IMT, 0, 0]
    assert drawn[:, 1].mean() == pytest.approx(f, abs=0.01)
    assert drawn[:, 2].mean() == pytest.approx(0.05, abs=0.005)
    stain = 1 - dry.network.draw("DRV", 20_000, 1)[:, IMT, 0, :, 0]
    assert stain.mean(axis=0) == pytest.approx([q, 12 / 14, q], abs=0.01)
    # sensitivity Beta(12, 2): variance 12/14 x 2/14 / 15
    assert stain[:, 1].var() == pytest.approx(24 / 196 / 15, rel=0.06)
    test = dry.network.draw("FISH_DRV", 20_000, 1)[:, IMT, 0, :, 1]
    assert test.mean(axis=0) == pytest.approx([0.01, 0.9, 0.01], abs=0.005)
    assert test[:, 1].var() == pytest.approx(0.09 / 21, rel=0.06)
    # the share of fusions a partner's test sees, 2 + 0.6867 cases' worth
    part = dry.network.draw("FISH_PART", 20_000, 1)[:, IMT, 0, 1, 1]
    seen = 0.1144444 / f
    assert part.var() == pytest.approx(seen * (1 - seen) / 3.6866667, rel=0.06)


def test_draws_of_sites_have_the_means_of_their_groups(placed: imtdx.Model) -> None:
    drawn = 1 - placed.network.draw("PLACE", 20_000, 1)[:, IMT, 0, :, 0]
    assert drawn.mean(axis=0) == pytest.approx([6.0727273 / 9, 2.0727273 / 9, 2.0727273 / 9, 3.0727273 / 6], abs=0.01)
    # one group, one rate; two groups, two
    assert np.array_equal(drawn[:, 1], drawn[:, 2])
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.03
