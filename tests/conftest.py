"""Fixtures shared by the tests: the shipped model, its naive twin, and a network small enough to work out by hand.

    pytest            seeded samples, minutes
    pytest --long     the whole: every drawn case, tables of millions of rows

Nothing here is timed: speed is measured by ``make bench``, next to a rival.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import imtdx

DATA = Path(__file__).parent / "data"

# seeded, so that a run can be repeated; a slow machine is no failure
settings.register_profile("sample", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("long", settings.get_profile("sample"), max_examples=500)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the whole tests, not samples of them")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.getoption("--long") else "sample")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason=LONG))


LONG = "only with --long (make test-long)"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was not run, and what it takes, where nobody overlooks it."""
    reasons = Counter(str(r.longrepr[2]).removeprefix("Skipped: ") for r in terminalreporter.stats.get("skipped", ()))
    reasons.pop(LONG, None)
    for reason, n in reasons.most_common():
        browser = "chromium" in reason.casefold()
        what = f"NO BROWSER: {n} tests of the page and the reports were NOT RUN" if browser else f"{n} tests not run"
        terminalreporter.write_line(f"{what}: {reason}", yellow=True, bold=browser)


@pytest.fixture(scope="session")
def amount(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """``amount(sample, whole)``: how many cases a test goes through, the whole with ``--long``."""
    whole = bool(request.config.getoption("--long"))
    return lambda sample, everything: everything if whole else sample


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the knowledge cache of the tests away from the user's."""
    patch = pytest.MonkeyPatch()
    # runs of a few seconds, one after another, may share one
    patch.setenv("IMTDX_CACHE", os.environ.get("IMTDX_TEST_CACHE") or str(tmp_path_factory.mktemp("cache")))
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
