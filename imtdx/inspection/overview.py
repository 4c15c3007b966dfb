"""What there is to ask about, and everything known of one diagnosis or one marker."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.errors import UsageError
from imtdx.inspection.cells import CellRecord, cell_record, find_name
from imtdx.inspection.sources import feeds
from imtdx.knowledge import Diagnosis, Marker
from imtdx.variables import AGE, FUSION, SEX, SITE

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["Distribution", "Entry", "Overview", "Shown", "list_", "show"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing: id, name and what stands behind it."""

    id: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the knowledge holds.

    Attributes:
        version, sha256: of the knowledge.
        overlays: names of the overlays on top.
        sections: diagnoses, markers, sources, priors -> entries.
    """

    version: str
    sha256: str
    overlays: tuple[str, ...]
    sections: dict[str, tuple[Entry, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Age, sex, site or Ki-67 of one diagnosis as the network has it.

    Attributes:
        shares: state -> probability.
        sources: ids of the usable series behind it; none means the pooled or background distribution.
    """

    variable: str
    shares: dict[str, float]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything known of a diagnosis, a marker, or one marker in one diagnosis.

    Attributes:
        title: its name.
        about: facts in words, name -> text.
        cells: cells with studies, in listing order.
        unstudied: cells without studies: on the stated judgement or the background rate alone.
        distributions: age, sex, site, Ki-67 of a diagnosis; Ki-67 across diagnoses is keyed by diagnosis.
        fusions: state of the kinase fusion -> share of cases, for a diagnosis.
    """

    title: str
    about: dict[str, str]
    cells: tuple[CellRecord, ...]
    unstudied: tuple[CellRecord, ...]
    distributions: tuple[Distribution, ...] = ()
    fusions: dict[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return asdict(self)


def list_(model: Model) -> Overview:
    """Every diagnosis, marker, source and prior.

    Args:
        model: the model.
    """
    k = model.knowledge
    studied = {
        m.id: sum(bool(d.ki67 if m.kind == "index" else d.evidence.get(m.id)) for d in k.diagnoses.values())
        for m in k.markers.values()
    }
    rows = Counter(feed_source for feed_source, _ in feeds(k))
    return Overview(
        version=str(k.network.get("version", "")),
        sha256=k.sha256,
        overlays=k.overlays,
        sections={
            "diagnoses": tuple(
                Entry(
                    d.id,
                    d.name,
                    f"{d.behaviour}; {len(d.evidence)} markers, {sum(map(len, d.evidence.values()))} studies",
                )
                for d in k.diagnoses.values()
            ),
            "markers": tuple(
                Entry(m.id, m.label, f"{m.kind}; {studied[m.id]} diagnoses" + _background(m))
                for m in k.markers.values()
            ),
            "sources": tuple(Entry(s.id, s.short, f"{rows[s.id]} rows") for s in k.sources.values()),
            "priors": tuple(Entry(p.name, p.description, p.basis) for p in k.priors.values()),
        },
    )


def _background(m: Marker) -> str:
    return "" if m.kind == "index" else f", background {m.background:g}"


def show(model: Model, *names: str) -> Shown:
    """Everything known of a diagnosis (across markers), of a marker (across diagnoses), or of one cell.

    Args:
        model: the model.
        names (str): a diagnosis or a marker by id, name or synonym; or one of each.

    Raises:
        UnknownNameError: an unknown name.
        UsageError: no name, or two of a kind.
    """
    found = [find_name(model.knowledge, n) for n in names]
    kinds = [kind for kind, _ in found]
    if len(found) not in (1, 2) or len(set(kinds)) != len(kinds):
        raise UsageError("name one diagnosis, one marker, or one of each")
    if len(found) == 2:
        ids = dict(found)
        return _show_cell(model, ids["diagnosis"], ids["marker"])
    kind, key = found[0]
    return _show_diagnosis(model, key) if kind == "diagnosis" else _show_marker(model, key)


def _show_cell(model: Model, diagnosis: str, marker: str) -> Shown:
    d, m = model.knowledge.diagnoses[diagnosis], model.knowledge.markers[marker]
    title = f"{m.label} in {d.name}"
    about = {"judgement": model.knowledge.judgement.statement} if model.knowledge.judgement else {}
    if m.kind == "index":
        return Shown(title, {}, (), (), (_ki67(model, d, m),))
    cell = cell_record(model, diagnosis, marker)
    return Shown(title, about, (cell,) if cell.studies else (), () if cell.studies else (cell,))


def _show_diagnosis(model: Model, key: str) -> Shown:
    knowledge = model.knowledge
    d = knowledge.diagnoses[key]
    markers = [m for m in knowledge.markers.values() if m.kind != "index"]
    cells = [cell_record(model, key, m.id) for m in markers]
    about = {
        "id": d.id,
        "also called": ", ".join(d.synonyms),
        "lineage": d.lineage,
        "behaviour": d.behaviour,
        "ICD-O-3": d.icd_o,
        "signature": ", ".join(knowledge.markers[m].label for m in d.signature),
        "remark": d.remark,
        "judgement": knowledge.judgement.statement,
    }
    row = model.diagnoses.index(key)
    distributions = [
        _context(model, d, variable, name) for variable, name in (("age", AGE), ("sex", SEX), ("site", SITE))
    ]
    distributions += [_ki67(model, d, m) for m in knowledge.markers.values() if m.kind == "index"]
    fusions = None
    if FUSION in model.network.nodes:
        shares = model.network.table(FUSION)[row, 0, 0]
        fusions = {s: float(v) for s, v in zip(model.network.states(FUSION), shares, strict=True)}
    return Shown(
        title=d.name,
        about={k: v for k, v in about.items() if v},
        cells=tuple(c for c in cells if c.studies),
        unstudied=tuple(c for c in cells if not c.studies),
        distributions=tuple(distributions),
        fusions=fusions,
    )


def _show_marker(model: Model, key: str) -> Shown:
    knowledge = model.knowledge
    m = knowledge.markers[key]
    about = {
        "id": m.id,
        "kind": m.kind,
        "genes": ", ".join(m.genes),
        "clones": ", ".join(m.clones),
        "also written": ", ".join(m.synonyms),
        "background": "" if m.kind == "index" else f"{m.background:g} (stated judgement, where not studied)",
        "positive": "loss of the stain" if m.sense == "loss" else "",
    }
    if knowledge.judgement:
        about["judgement"] = knowledge.judgement.statement
    about = {k: v for k, v in about.items() if v}
    if m.kind == "index":
        return Shown(
            m.label, about, (), (), tuple(_ki67(model, d, m, d.abbreviation) for d in knowledge.diagnoses.values())
        )
    about["heterogeneity"] = f"rho {model.network.rates.heterogeneity(key):.2f} between studies of one diagnosis"
    cells = [cell_record(model, d, key) for d in knowledge.diagnoses]
    return Shown(m.label, about, tuple(c for c in cells if c.studies), tuple(c for c in cells if not c.studies))


def _context(model: Model, d: Diagnosis, variable: str, name: str) -> Distribution:
    rows = d.context.get(variable, ())
    return Distribution(variable, _shares(model, d, name), tuple(sorted({r.source for r in rows if r.use == "pooled"})))


def _ki67(model: Model, d: Diagnosis, m: Marker, name: str = "") -> Distribution:
    sources = tuple(sorted({r.source for r in d.ki67 if r.use == "pooled"}))
    return Distribution(name or f"{m.label} (%)", _shares(model, d, m.id), sources)


def _shares(model: Model, d: Diagnosis, name: str) -> dict[str, float]:
    row, node = model.diagnoses.index(d.id), model.network.nodes[name]
    table = model.network.table(name)[row, 0]
    # age and sex by site, over the sites of the diagnosis
    weights = model.network.table(node.parent)[row, 0, 0] if node.parent else np.ones(1)
    return {s: float(v) for s, v in zip(model.network.states(name), weights @ table, strict=True)}
