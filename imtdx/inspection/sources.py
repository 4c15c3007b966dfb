"""What a source feeds, and whether the knowledge is in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from imtdx._yaml import where
from imtdx.errors import UnknownNameError
from imtdx.inspection.cells import StudyRecord, study_record
from imtdx.knowledge import Knowledge, Source

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["CheckReport", "Citation", "Feed", "check", "cite", "feeds"]


@dataclass(frozen=True, slots=True)
class Feed:
    """One place that a source feeds.

    Attributes:
        place: ``"imt ALK"``, ``"imt age"``, ``"imt Ki-67"`` or a path in network.yaml.
        result: the figure.
        use: pooled, conditional, selected, definition, ``"network"`` or ``"remark"``.
        at: ``file:line``.
    """

    place: str
    result: str
    use: str
    at: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A source and everything it feeds."""

    source: Source
    feeds: tuple[Feed, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        source = self.source
        extra = {"link": source.link, "web_reference": source.is_web_reference}
        return {**asdict(source), **extra, "feeds": [asdict(f) for f in self.feeds]}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check of the knowledge found.

    Attributes:
        counts: how many diagnoses, markers, sources, studies ... were read.
        problems: what must be mended, each with the mend.
        clipped: (diagnosis, linked finding, how far): links whose stated correlation the two rates do not allow (Frechet bounds),
            so that the nearest possible one is used; a remark, not a problem.
        condensed: rows whose figure was noted in condensed form, by ``file:line``.
    """

    counts: Mapping[str, int]
    problems: tuple[str, ...]
    clipped: tuple[tuple[str, str, float], ...]
    condensed: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing must be mended."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return {
            "ok": self.ok,
            "counts": dict(self.counts),
            "problems": list(self.problems),
            "clipped": [{"diagnosis": d, "marker": m, "beyond": b} for d, m, b in self.clipped],
            "condensed": list(self.condensed),
        }


def cite(model: Model, source: str) -> Citation:
    """A source with everything it feeds.

    Args:
        model: the model.
        source (str): source id, such as ``"guo2025shanxi"``.

    Raises:
        UnknownNameError: no such source.
    """
    knowledge = model.knowledge
    if source not in knowledge.sources:
        raise UnknownNameError("source", source, knowledge.sources)
    return Citation(knowledge.sources[source], tuple(f for s, f in feeds(knowledge) if s == source))


def check(model: Model) -> CheckReport:
    """Look over knowledge that was read without an error: tables, links, sources.

    Reading has already checked every record by itself; this builds every table and looks at what only shows in the whole.

    Args:
        model: the model.

    Raises:
        NetworkError: a table does not sum to one.
    """
    knowledge, network = model.knowledge, model.network
    for name in network.nodes:
        network.table(name)
    fed = {s for s, _ in feeds(knowledge)}
    problems = []
    for s in knowledge.sources.values():
        if s.id not in fed and s.id not in knowledge.left_out:
            problems.append(f"source {s.id} is not used by any row; use it or remove it from sources.yaml")
        if not s.title.strip():
            problems.append(f"source {s.id} has no title; add it in sources.yaml")
        if not re.fullmatch(r"https?://\S+", s.link) and not s.unlinked:
            problems.append(
                f"source {s.id} has no link; add doi, pmid or url in sources.yaml, or say why not under unlinked"
            )
    studies = [s for d in knowledge.diagnoses.values() for rows in d.evidence.values() for s in rows]
    return CheckReport(
        counts={
            "diagnoses": len(knowledge.diagnoses),
            "markers": len(knowledge.markers),
            "sources": len(knowledge.sources),
            "of them web references": sum(s.is_web_reference for s in knowledge.sources.values()),
            "studies": len(studies),
            "studies pooled": sum(s.use == "pooled" for s in studies),
            "context rows": sum(len(rows) for d in knowledge.diagnoses.values() for rows in d.context.values()),
            "Ki-67 rows": sum(len(d.ki67) for d in knowledge.diagnoses.values()),
            "variables": len(network.nodes) + 1 + (len(network.tissue_prior) > 1),
        },
        problems=tuple(problems),
        clipped=tuple((d, m, b) for (d, m), b in sorted(network.clipped.items())),
        condensed=tuple(s.at for s in studies if not s.verbatim),
    )


def feeds(knowledge: Knowledge) -> Iterator[tuple[str, Feed]]:
    """Every (source id, place it feeds)."""
    for d in knowledge.diagnoses.values():
        for marker, studies in d.evidence.items():
            for study in studies:
                s = study_record(study, knowledge.sources[study.source], knowledge.markers[marker])
                yield s.source, Feed(f"{d.id} {marker}", _result(s), s.use, s.at)
        for variable, rows in d.context.items():
            for r in rows:
                total = f" of {r.total:g}" if r.total else ""
                yield r.source, Feed(f"{d.id} {variable}", f"{r.category} {r.count:g}{total}", r.use, r.at)
        for k in d.ki67:
            figures = [f"{n} {v:g}" for n in ("n", "mean", "median", "min", "max") if (v := getattr(k, n)) is not None]
            yield k.source, Feed(f"{d.id} Ki-67", ", ".join(figures) or f"{len(k.values)} values", k.use, k.at)
    remarks = knowledge.remarks
    if remarks.recurrence and remarks.recurrence.margins_source:
        told = Feed("remarks ki67_high margins", remarks.recurrence.margins, "remark", "remarks.yaml")
        yield remarks.recurrence.margins_source, told
    yield from _network_feeds(knowledge)


def _result(s: StudyRecord) -> str:
    return s.result + (f" ({s.focal:g} focal)" if s.focal else "")


def _network_feeds(knowledge: Knowledge) -> Iterator[tuple[str, Feed]]:
    """Sources that network.yaml names, wherever they stand."""

    def walk(value: Any, path: str) -> Iterator[tuple[str, Feed]]:
        if isinstance(value, Mapping):
            named = [value["source"]] if "source" in value else list(value.get("sources", ()))
            figures = ", ".join(
                f"{k} {'/'.join(map(str, v)) if isinstance(v, list) else v}"
                for k, v in value.items()
                if isinstance(v, (int, float)) or (isinstance(v, list) and k == "sensitivity")
            )
            for source in named:
                yield str(source), Feed(path, figures, "network", where(value))
            for key, child in value.items():
                if key == "inhibitors":
                    for fusion, drugs in child.items():
                        for drug, source in drugs.items():
                            yield str(source), Feed(f"{path} inhibitors {fusion}", str(drug), "network", where(drugs))
                elif key not in ("source", "sources"):
                    yield from walk(child, f"{path} {key}".strip())
        elif isinstance(value, list):
            for child in value:
                yield from walk(child, path)

    yield from walk(knowledge.network, "")
