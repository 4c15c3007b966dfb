"""Fixtures shared by the tests: the shipped model, its naive twin, and a network small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import imtdx

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the knowledge cache of the tests away from the user's."""
    patch = pytest.MonkeyPatch()
    patch.setenv("IMTDX_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def model() -> imtdx.Model:
    """The shipped model with its defaults."""
    return imtdx.load()


@pytest.fixture(scope="session")
def naive() -> imtdx.Model:
    """The naive twin on the same knowledge."""
    return imtdx.load(naive=True)


@pytest.fixture
def small_knowledge(tmp_path: Path) -> Path:
    """Two diagnoses and two markers, small enough for pencil and paper."""
    root = tmp_path / "knowledge"
    (root / "diagnoses").mkdir(parents=True)
    (root / "markers.yaml").write_text(
        "AAA: {label: AAA, kind: ihc, background: 0.1}\nBBB: {label: BBB, kind: fish, background: 0.02}\n"
        "KI67: {label: Ki-67, kind: index}\n",
        encoding="utf-8",
    )
    (root / "sources.yaml").write_text(
        "one2001: {citation: 'One, J 2001', title: First, year: 2001, doi: 10.1/one}\n"
        "two2002: {citation: 'Two, J 2002', title: Second, year: 2002, doi: 10.1/two}\n",
        encoding="utf-8",
    )
    (root / "priors.yaml").write_text(
        "referral: {description: d, basis: b, weights: {imt: 3, other: 1}}\nuniform: {description: d, basis: b, weights: {}}\n",
        encoding="utf-8",
    )
    (root / "lexicon.yaml").write_text("sites: {}\n", encoding="utf-8")
    (root / "network.yaml").write_text(
        """version: 1
pooling:
  background_weight: 2.0
  unstudied_weight: 4.0
  heterogeneity: 0.05
  heterogeneity_weight: 10
  definition: {rate: 0.99, weight: 60}
  levels: {negative: {rate: 0.02, weight: 5}, usual: {rate: 0.8, weight: 4}}
  focal_share: {at_zero: 0.7, at_one: 0.2, weight: 6}
unlisted: {weight: 3.0, towards: 0.5, shrink: 0.1}
tissue_quality: {compromised: 0.1, retained: 0.25, focal_shift: 0.5}
kinase_fusion: {states: [none], tests: {}, stains: {}}
links: []
site_dependent: []
context: {defined_share: 0.95, published_share: {site: 0.5, age: 0.5, sex: 0.5}, weight: 6, sites: [here, there], age_bands: [young, old], age_edges: [0, 20, 120], sexes: [male, female], study_cap: 60}
ki67: {states: [low, high], edges: [0, 10, 100], background: [0.5, 0.5], weight: 5, summary_weight: 0.5, sigma: 0.8}
""",
        encoding="utf-8",
    )
    (root / "diagnoses" / "imt.yaml").write_text(
        """id: imt
name: Tumour one
abbreviation: T1
evidence:
  AAA:
  - {positive: 8, total: 10, focal: 2, use: pooled, source: one2001}
  BBB:
  - {positive: 3, total: 5, use: pooled, source: one2001}
""",
        encoding="utf-8",
    )
    (root / "diagnoses" / "other.yaml").write_text(
        """id: other
name: Tumour two
abbreviation: T2
evidence:
  AAA:
  - {positive: 1, total: 20, use: pooled, source: two2002}
""",
        encoding="utf-8",
    )
    return root
