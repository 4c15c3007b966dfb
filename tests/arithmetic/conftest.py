"""The small knowledge, read once."""

from __future__ import annotations

import pytest
from by_hand import small

import imtdx
from imtdx.knowledge import Knowledge
from imtdx.rates import Rates


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The small knowledge."""
    return small()


@pytest.fixture(scope="session")
def rates(knowledge: Knowledge) -> Rates:
    """Its cells."""
    return Rates(knowledge)


@pytest.fixture(scope="session")
def tiny(knowledge: Knowledge) -> imtdx.Model:
    """Its model, every part built, even prior."""
    return imtdx.Model(knowledge, "uniform")


@pytest.fixture(scope="session")
def dry(knowledge: Knowledge) -> imtdx.Model:
    """The same without tissue quality: one factor less to work out."""
    return imtdx.Model(knowledge, "uniform", parts={"tissue": False})
