"""The structure says what it should: one driver, lost stains, linked stains, site-dependent stains."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import imtdx
from imtdx.errors import KnowledgeError, NetworkError
from imtdx.knowledge import knowledge_dir

STAIN = {"-": [1.0, 0, 0], "+": [0.0, 1, 1], "focal": [0.0, 1, 0], "diffuse": [0.0, 0, 1]}
TEST = {"-": [1.0, 0], "+": [0.0, 1]}


def evidence(model: imtdx.Model, **values: str) -> dict[str, np.ndarray]:
    """Evidence from ``ALK="+"`` and the like."""
    return {
        k: np.array((STAIN if len(model.network.states(k)) == 3 else TEST)[v], dtype=float) for k, v in values.items()
    }


def p(model: imtdx.Model, diagnosis: str, **values: str) -> float:
    return float(model.engine.posterior(evidence(model, **values))[model.index(diagnosis)])


def log_odds(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def test_alk_stain_and_alk_fish_are_not_counted_twice(model: imtdx.Model) -> None:
    base = log_odds(p(model, "imt"))
    stain = log_odds(p(model, "imt", ALK="+")) - base
    fish = log_odds(p(model, "imt", FISH_ALK="+")) - base
    both = log_odds(p(model, "imt", ALK="+", FISH_ALK="+")) - base
    assert stain > 0
    assert fish > 0
    assert both < stain + fish - 0.5


def test_alk_stain_negative_with_fish_positive_stays_possible(model: imtdx.Model) -> None:
    drivers = model.engine.marginals(("KinaseFusion",), evidence(model, ALK="-", FISH_ALK="+"))["KinaseFusion"]
    assert drivers[model.structure.states.index("ALK")] > 0.3
    assert p(model, "imt", ALK="-", FISH_ALK="+") > p(model, "imt", ALK="-")


def test_ros1_fish_makes_an_alk_fusion_improbable(model: imtdx.Model) -> None:
    alk = model.structure.states.index("ALK")
    before = model.engine.marginals(("KinaseFusion",), evidence(model, SMA="+"))["KinaseFusion"][alk]
    after = model.engine.marginals(("KinaseFusion",), evidence(model, SMA="+", FISH_ROS1="+"))["KinaseFusion"][alk]
    assert after < before / 5


def test_nuclear_membrane_pattern_favours_the_epithelioid_sarcoma(model: imtdx.Model) -> None:
    with_pattern = evidence(model, ALK="+", ALK_PATTERN="+")
    without = evidence(model, ALK="+", ALK_PATTERN="-")
    ratio = [
        model.engine.posterior(e)[model.index("eims")] / model.engine.posterior(e)[model.index("imt")]
        for e in (with_pattern, without)
    ]
    assert ratio[0] > 5 * ratio[1]


def test_a_pile_of_negatives_without_vimentin_speaks_of_the_tissue(model: imtdx.Model) -> None:
    stains = ("SMA", "DES", "S100", "CD34", "KIT", "ALK", "CK", "EMA")
    prior = model.structure.compromised
    lost = model.engine.tissue(evidence(model, VIM="-", **dict.fromkeys(stains, "-")))[1]
    kept = model.engine.tissue(evidence(model, VIM="+", **dict.fromkeys(stains, "-")))[1]
    assert lost > 5 * prior
    assert kept < 2 * prior


def test_dog1_among_kit_negative_gist_matches_the_published_counts(model: imtdx.Model) -> None:
    gist = model.index("gist")
    table = model.network.table("DOG1")[gist, 0, 0]
    rows = [s for s in model.knowledge.diagnoses["gist"].evidence["DOG1"] if s.given == (("KIT", "negative"),)]
    positive, total = sum(s.positive or 0 for s in rows), sum(s.total or 0 for s in rows)
    draws = 1 - model.network.draw("DOG1", 400, 0)[:, gist, 0, 0, 0]
    low, high = np.quantile(draws, [0.025, 0.975])
    assert low <= positive / total <= high
    assert low <= 1 - table[0] <= high


def test_kit_and_dog1_together_weigh_less_than_their_sum(model: imtdx.Model, naive: imtdx.Model) -> None:
    def joint_excess(m: imtdx.Model) -> float:
        base = log_odds(p(m, "gist"))
        kit, dog1 = (log_odds(p(m, "gist", **{k: "-"})) - base for k in ("KIT", "DOG1"))
        return float(log_odds(p(m, "gist", KIT="-", DOG1="-")) - base - kit - dog1)

    # two negatives that are nearly one witness: less weight against GIST than in the naive twin
    assert joint_excess(model) > joint_excess(naive) + 0.2


def test_links_keep_the_marginal_rates(model: imtdx.Model) -> None:
    for child, link in model.structure.links.items():
        parent = model.network.table(link.parent)
        if model.network.nodes[link.parent].parent is not None:
            continue
        marginal = np.einsum("dtps,dtpc->dtc", np.swapaxes(parent, 2, 3), model.network.table(child))
        rate = model.network.rates.marker(child).mean
        assert np.allclose(1 - marginal[:, 0, 0], rate, atol=0.03), child


def test_signs_of_grade_are_not_three_witnesses(model: imtdx.Model, naive: imtdx.Model) -> None:
    """Mitoses, atypia and necrosis together tell UPS from IMT, but less than the three one by one."""

    def weight(m: imtdx.Model, **features: str) -> float:
        log = m.engine.log_evidence(evidence(m, **features))
        return float(log[m.index("ups")] - log[m.index("imt")])

    grade = ("MORPH_MITOSES_HIGH", "MORPH_PLEOMORPHIC", "MORPH_NECROSIS")
    alone = sum(weight(model, **{f: "+"}) for f in grade)
    assert 0 < weight(model, **dict.fromkeys(grade, "+")) < alone - 0.5
    assert weight(naive, **dict.fromkeys(grade, "+")) == pytest.approx(
        sum(weight(naive, **{f: "+"}) for f in grade), abs=1e-9
    )


def test_cd34_in_gist_depends_on_the_site(model: imtdx.Model) -> None:
    table = model.network.table("CD34")[model.index("gist"), 0]
    sites = model.network.states("Site")
    small_bowel, stomach = (1 - table[sites.index(s), 0] for s in ("small_bowel", "stomach"))
    assert small_bowel < stomach - 0.1


def test_unknown_site_is_summed_out(model: imtdx.Model) -> None:
    known = evidence(model, CD34="+", SMA="-")
    site = model.network.table("Site")[:, 0, 0]
    total = sum(
        np.exp(model.engine.log_evidence(known | {"Site": np.eye(site.shape[1])[k]})) for k in range(site.shape[1])
    )
    assert np.allclose(total, np.exp(model.engine.log_evidence(known)))


def copy_of_knowledge(tmp_path: Path) -> Path:
    target = tmp_path / "knowledge"
    shutil.copytree(knowledge_dir(), target)
    return target


BROKEN = {
    "unknown marker in a link": (
        "{parent: KIT, child: DOG1,",
        "{parent: KITT, child: DOG1,",
        r"network\.yaml:\d+: unknown marker 'KITT'; did you mean 'KIT'",
    ),
    "a stain linked with an H&E feature": (
        "{parent: KIT, child: DOG1,",
        "{parent: KIT, child: MORPH_NECROSIS,",
        r"network\.yaml:\d+: link KIT-MORPH_NECROSIS: link two stains or two H&E features",
    ),
    "a link to the stain of a driver": (
        "{parent: KIT, child: DOG1,",
        "{parent: KIT, child: ALK,",
        r"network\.yaml:\d+: link KIT-ALK: ALK depends on the kinase fusion",
    ),
    "a link to the test of a driver": (
        "{parent: KIT, child: DOG1,",
        "{parent: KIT, child: PANTRK,",
        r"network\.yaml:\d+: link KIT-PANTRK: PANTRK depends on the kinase fusion",
    ),
    "the stain of a driver by site": (
        "{marker: CD34, diagnosis: gist, groups",
        "{marker: ALK, diagnosis: gist, groups",
        r"network\.yaml:\d+: site_dependent: ALK depends on the kinase fusion",
    ),
    "circle of links": (
        "{parent: SMA, child: MSA,",
        "{parent: CALP, child: SMA,",
        r"network\.yaml:\d+: links form a circle",
    ),
    "two parents": (
        "{parent: SMA, child: CALP,",
        "{parent: DES, child: MSA,",
        r"network\.yaml:\d+: MSA has two parents",
    ),
    "phi out of range": ("phi: 0.5, counted", "phi: 1.5, counted", r"network\.yaml:\d+: .*phi must lie"),
    "missing parent": (
        "{parent: HMB45, child: MELANA,",
        "{child: MELANA,",
        r"network\.yaml:\d+: link: 'parent' is missing",
    ),
    "impossible share": ("compromised: 0.04", "compromised: 1.4", r"network\.yaml:\d+: .*probability from 0 to 1"),
    "unknown fusion": ("FISH_RET: {fusion: RET", "FISH_RET: {fusion: RETT", r"network\.yaml:\d+: .*RETT"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_network_names_file_and_line(tmp_path: Path, name: str) -> None:
    old, new, message = BROKEN[name]
    root = copy_of_knowledge(tmp_path)
    path = root / "network.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(NetworkError, match=message):
        imtdx.load(knowledge=root)


def test_a_table_that_does_not_sum_to_one_is_refused(tmp_path: Path) -> None:
    root = copy_of_knowledge(tmp_path)
    path = root / "network.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"focal_share: \{at_zero: [0-9.]+", "focal_share: {at_zero: 1.7", text), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"does not sum to one|must lie"):
        # with the judgement every stain has focal shares of its own
        model = imtdx.load(knowledge=root, parts={"judgement": False})
        for name in model.network.nodes:
            model.network.table(name)


def test_the_network_is_a_checked_pgmpy_model(model: imtdx.Model) -> None:
    network = model.to_pgmpy()
    assert network.check_model()
    assert {"Diagnosis", "TissueQuality", "KinaseFusion", "Site", "AgeBand", "Sex", "ALK", "KI67"} <= set(
        network.nodes()
    )
    assert network.get_cpds("ALK").state_names["ALK"] == ["negative", "focal", "diffuse"]
    assert set(network.get_parents("ALK")) == {"Diagnosis", "TissueQuality", "KinaseFusion"}
    assert set(network.get_parents("FISH_ALK")) == {"Diagnosis", "KinaseFusion"}
