"""The exported network, read back by pgmpy and by pyAgrum, gives the same posterior."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import imtdx
from imtdx.errors import UsageError
from imtdx.interchange import export_network, plain, verify_engine


@pytest.fixture(scope="module")
def bif(model: imtdx.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "net.bif"
    export_network(model.network, path)
    return path


def panels(model: imtdx.Model) -> list[dict[str, int]]:
    """Ten hard panels as variable -> index of state."""
    rng = np.random.default_rng(11)
    names = [n for n in model.network.nodes if n != "KinaseFusion"]
    return [
        {str(n): int(rng.integers(len(model.network.states(n)))) for n in rng.permutation(names)[: 3 + 2 * k]}
        for k in range(10)
    ]


def ours(model: imtdx.Model, panel: dict[str, int]) -> Any:
    return model.engine.posterior({n: np.eye(len(model.network.states(n)))[s] for n, s in panel.items()})


def test_pgmpy_reads_the_bif_back(model: imtdx.Model, bif: Path) -> None:
    from pgmpy.inference import VariableElimination
    from pgmpy.readwrite import BIFReader

    inference = VariableElimination(BIFReader(str(bif)).get_model())
    for panel in panels(model):
        evidence = {n: plain(model.network.states(n)[s]) for n, s in panel.items()}
        result = inference.query(["Diagnosis"], evidence=evidence, show_progress=False)
        theirs = np.array([result.get_value(Diagnosis=d) for d in model.diagnoses])
        assert np.abs(theirs - ours(model, panel)).max() < 1e-6


def test_pyagrum_reads_the_bif(model: imtdx.Model, bif: Path) -> None:
    gum = pytest.importorskip("pyagrum")
    network = gum.loadBN(str(bif))
    assert tuple(network.variable("Diagnosis").labels()) == model.diagnoses
    for panel in panels(model):
        inference = gum.LazyPropagation(network)
        inference.setEvidence({n: plain(model.network.states(n)[s]) for n, s in panel.items()})
        inference.makeInference()
        assert np.abs(inference.posterior("Diagnosis").toarray() - ours(model, panel)).max() < 1e-6


@pytest.mark.parametrize("ending", ["xmlbif", "xdsl", "net"])
def test_the_other_formats_name_every_variable(model: imtdx.Model, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"net.{ending}"
    export_network(model.network, path)
    text = path.read_text(encoding="utf-8")
    for name in ("Diagnosis", "TissueQuality", "KinaseFusion", "FISH_ALK", "KI67"):
        assert name in text


def test_an_unknown_format_is_refused_and_leaves_nothing(model: imtdx.Model, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.bif"):
        export_network(model.network, tmp_path / "net.xyz")
    assert not list(tmp_path.iterdir())


def test_verify_agrees_with_pgmpy_on_panels_of_every_size(model: imtdx.Model) -> None:
    assert verify_engine(model.network, panels=40, seed=3) < 1e-9
