"""The exported network, read back by other programs or by the rule of the format, has the same tables and posteriors."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imtdx
from imtdx.errors import UsageError
from imtdx.exchange import FORMATS, Variable, plain, plain_variables
from imtdx.interchange import export_network, network_variables, verify_engine

Tables = dict[str, tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]]]


@pytest.fixture(scope="module")
def exported(model: imtdx.Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Ending -> file."""
    folder = tmp_path_factory.mktemp("export")
    out = {suffix: folder / f"net{suffix}" for suffix in FORMATS}
    for path in out.values():
        export_network(model.network, path)
    return out


@pytest.fixture(scope="module")
def tables(model: imtdx.Model) -> Tables:
    """Name -> states, parents and table of every variable, in plain names."""
    return {v.name: (v.states, v.parents, v.table) for v in plain_variables(network_variables(model.network))}


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


# --- by the rule of each format: its tables are the network's, to the last digit -----------------------------------------------


def read_bif(text: str) -> Tables:
    """BIF: each row names the states of the parents that it is for."""
    states = {
        name: tuple(s.strip() for s in found.split(","))
        for name, found in re.findall(r"variable (\S+) \{\s*type discrete \[ \d+ \] \{ ([^}]*) \};", text)
    }
    out: Tables = {}
    for name, given, body in re.findall(r"probability \( (\S+)(?: \| ([^)]*))? \) \{\n(.*?)\n\}", text, re.DOTALL):
        parents = tuple(p.strip() for p in given.split(",")) if given else ()
        table = np.full([*(len(states[p]) for p in parents), len(states[name])], np.nan)
        for row in body.splitlines():
            where, _, numbers = row.strip().removeprefix("(").rpartition(")") if parents else ("", "", row.strip()[6:])
            place = tuple(states[p].index(s.strip()) for p, s in zip(parents, where.split(","), strict=False))
            table[place] = [float(x) for x in numbers.strip(" ;").split(",")]
        out[name] = states[name], parents, table
    return out


def read_xmlbif(text: str) -> Tables:
    """XMLBIF: the first GIVEN slowest, FOR fastest."""
    root = ET.fromstring(text)
    states = {v.findtext("NAME"): tuple(o.text or "" for o in v.findall("OUTCOME")) for v in root.iter("VARIABLE")}
    out: Tables = {}
    for d in root.iter("DEFINITION"):
        name, parents = str(d.findtext("FOR")), tuple(str(g.text) for g in d.findall("GIVEN"))
        numbers = [float(x) for x in str(d.findtext("TABLE")).split()]
        out[name] = states[name], parents, np.reshape(numbers, [*(len(states[p]) for p in parents), len(states[name])])
    return out


def read_net(text: str) -> Tables:
    """NET: parentheses nested in the order of the parents."""
    states = {n: tuple(re.findall(r'"([^"]*)"', s)) for n, s in re.findall(r"node (\S+)\n\{\n  states = (.*);", text)}
    out: Tables = {}
    for name, given, data in re.findall(
        r"potential \((\S+)(?: \| ([^)]*))?\)\n\{\n  data = (.*?);\n\}", text, re.DOTALL
    ):
        parents = tuple(given.split())
        nested = eval(re.sub(r"(?<=[\d)])\s+(?=[\d(])", ",", data).replace("(", "[").replace(")", "]"))
        out[name] = states[name], parents, np.array(nested)
    return out


def read_xdsl(text: str) -> Tables:
    """XDSL: the last parent changes fastest among the parents, the node's own state fastest of all (SMILE's rule)."""
    out: Tables = {}
    for node in ET.fromstring(text).find("nodes") or []:
        states = tuple(s.attrib["id"] for s in node.findall("state"))
        parents = tuple((node.findtext("parents") or "").split())
        # SMILE refuses a parent that is not defined yet
        shape = [*(len(out[p][0]) for p in parents), len(states)]
        numbers = [float(x) for x in str(node.findtext("probabilities")).split()]
        out[node.attrib["id"]] = states, parents, np.reshape(numbers, shape)
    return out


READERS = {".bif": read_bif, ".bifxml": read_xmlbif, ".xmlbif": read_xmlbif, ".net": read_net, ".xdsl": read_xdsl}


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_table_is_there_to_the_last_digit(suffix: str, exported: dict[str, Path], tables: Tables) -> None:
    read = READERS[suffix](exported[suffix].read_text(encoding="utf-8"))
    assert set(read) == set(tables)
    for name, (states, parents, table) in tables.items():
        assert read[name][:2] == (states, parents)
        assert np.array_equal(read[name][2], table), name


def test_the_tables_are_the_engines(model: imtdx.Model, tables: Tables) -> None:
    """The variables that are written sum out to the posteriors of the engine: a check that shares no code with pgmpy's."""
    network = model.network
    for panel in panels(model):
        log = np.log(tables["Diagnosis"][2])[:, None] + np.log(tables["TissueQuality"][2])
        fusion = np.log(tables["KinaseFusion"][2])
        seen = [n for n in panel if n not in network.nodes or network.nodes[n].parent is None]
        rest = [n for n in panel if n not in seen]
        if any(network.nodes[n].parent != "KinaseFusion" for n in rest):
            continue
        axes = {"Diagnosis": 0, "TissueQuality": 1, "KinaseFusion": 2}
        total = log[:, :, None] + fusion[:, None, :]
        for name, state in panel.items():
            _, parents, table = tables[plain(name)]
            if set(parents) <= set(axes):
                shape = [1, 1, 1]
                for p in parents:
                    shape[axes[p]] = table.shape[parents.index(p)]
                total = total + np.log(table[..., state]).reshape(shape)
        joint = np.exp(total - total.max()).sum(axis=(1, 2))
        assert np.abs(joint / joint.sum() - ours(model, panel)).max() < 1e-9


# --- by the programs themselves ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".bif", ".xmlbif"])
def test_pgmpy_reads_it_back(suffix: str, model: imtdx.Model, exported: dict[str, Path]) -> None:
    from pgmpy.inference import VariableElimination
    from pgmpy.readwrite import BIFReader, XMLBIFReader

    reader = {".bif": BIFReader, ".xmlbif": XMLBIFReader}[suffix](str(exported[suffix]))
    inference = VariableElimination(reader.get_model())
    for panel in panels(model):
        evidence = {n: plain(model.network.states(n)[s]) for n, s in panel.items()}
        result = inference.query(["Diagnosis"], evidence=evidence, show_progress=False)
        theirs = np.array([result.get_value(Diagnosis=d) for d in model.diagnoses])
        assert np.abs(theirs - ours(model, panel)).max() < 1e-9


@pytest.mark.parametrize(("suffix", "digits"), [(".bifxml", 1e-12), (".bif", 1e-5), (".net", 1e-5)])
def test_pyagrum_reads_it(suffix: str, digits: float, model: imtdx.Model, exported: dict[str, Path]) -> None:
    """XMLBIF in full; BIF and NET in single precision, whatever digits they carry."""
    gum = pytest.importorskip("pyagrum")
    network = gum.loadBN(str(exported[suffix]))
    assert tuple(network.variable("Diagnosis").labels()) == model.diagnoses
    for panel in panels(model):
        inference = gum.LazyPropagation(network)
        inference.setEvidence({n: plain(model.network.states(n)[s]) for n, s in panel.items()})
        inference.makeInference()
        assert np.abs(inference.posterior("Diagnosis").toarray() - ours(model, panel)).max() < digits


# --- what readers ask for beside the tables ------------------------------------------------------------------------------------


def test_xmlbif_is_as_weka_and_its_own_document_type_ask(exported: dict[str, Path]) -> None:
    text = exported[".xmlbif"].read_text(encoding="utf-8")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE BIF [')
    # pyAgrum ends at a document type
    assert "DOCTYPE" not in exported[".bifxml"].read_text(encoding="utf-8")
    # Weka asks an empty PROPERTY for its text and ends
    assert "<PROPERTY" not in text
    etree = pytest.importorskip("lxml.etree")
    document = etree.fromstring(text.encode()).getroottree()
    assert document.docinfo.internalDTD.validate(document), document.docinfo.internalDTD.error_log


def test_net_has_its_braces_on_lines_of_their_own(exported: dict[str, Path]) -> None:
    lines = exported[".net"].read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert "{" not in line or line == "{", line
    heads = [line for line in lines if line.startswith(("node ", "potential "))]
    assert all(re.fullmatch(r"node \w+|potential \(\w+( \| \w+( \w+)*)?\)", h) for h in heads)


def test_names_become_identifiers_and_stay_apart() -> None:
    half = np.array([0.5, 0.25, 0.25])
    made = plain_variables(
        [Variable("p16 (INK4)", ("<=5", "le_5", "0-1"), (), half), Variable("p16_INK4_", ("+", "a", "肉"), (), half)]
    )
    assert [v.name for v in made] == ["p16__INK4_", "p16_INK4_"]
    assert [v.states for v in made] == [("le_5", "le_5_2", "s0_1"), ("s_plus", "a", "s_")]


def test_an_unknown_format_is_refused_and_leaves_nothing(model: imtdx.Model, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.bif"):
        export_network(model.network, tmp_path / "net.xyz")
    assert not list(tmp_path.iterdir())


# --- the engine against pgmpy --------------------------------------------------------------------------------------------------


def test_verify_agrees_with_pgmpy_on_panels_of_every_size(model: imtdx.Model) -> None:
    found = verify_engine(model.network, panels=40, seed=3)
    assert found.worst < 1e-9 and (found.panels, found.impossible) == (40, 0)


def test_verify_tells_panels_of_probability_zero_apart() -> None:
    network = imtdx.load().network
    # nobody is male: what says otherwise is impossible, and pgmpy has an ordinary-looking answer for it
    network._tables["Sex"] = np.broadcast_to(
        np.eye(2)[list(network.states("Sex")).index("female")], network.table("Sex").shape
    ).copy()
    found = verify_engine(network, panels=30, seed=3)
    assert found.impossible > 0 and found.panels == 30 - found.impossible
    assert found.worst < 1e-9
