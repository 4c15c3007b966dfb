"""The structure of the network as network.yaml states it, checked against the markers and made into frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imtdx._yaml import where
from imtdx.errors import NetworkError, did_you_mean
from imtdx.judgement import expand_sites
from imtdx.knowledge import Knowledge, Marker

__all__ = ["DriverStain", "DriverTest", "Link", "SiteDependence", "Structure", "read_structure"]


@dataclass(frozen=True, slots=True)
class Link:
    """Two stains that move together given the diagnosis.

    Attributes:
        phi: phi coefficient between the two positives.
        counted: diagnosis in which joint counts replace phi, or empty.
    """

    parent: str
    child: str
    phi: float
    counted: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class SiteDependence:
    """A stain whose rate in one diagnosis depends on the site.

    Attributes:
        groups: sites that share a rate of their own; every other site keeps the pooled rate of the remaining series.
        weight: pseudo-cases of the overall rate in each group.
    """

    marker: str
    diagnosis: str
    groups: tuple[tuple[str, ...], ...]
    weight: float


@dataclass(frozen=True, slots=True)
class DriverTest:
    """A genetic test of one kinase fusion.

    Attributes:
        sensitivity: (detected, of) pseudo-counts; ``None`` when the test sees only a share of the fusions (ETV6).
        false_positive: chance of a positive result without the fusion (probability).
    """

    marker: str
    fusion: str
    sensitivity: tuple[float, float] | None
    false_positive: float


@dataclass(frozen=True, slots=True)
class DriverStain:
    """A stain of the driver protein.

    Attributes:
        sensitivity: (positive, of) counts among fusion-positive cases.
        without: (positive, of) counts among fusion-negative cases of ``diagnosis``; (0, 0) where not told.
        clones: clone -> (detected, of): share of the positives of a sensitive clone that this clone shows.
    """

    marker: str
    fusion: str
    sensitivity: tuple[float, float]
    without: tuple[float, float] = (0.0, 0.0)
    diagnosis: str = ""
    clones: Mapping[str, tuple[float, float]] | None = None


@dataclass(frozen=True)
class Structure:
    """Structure and switches of the network.

    Attributes:
        states: states of ``KinaseFusion``, the first is "none"; empty without the fusion node.
        compromised: prior chance of compromised tissue (probability); 0 without the tissue node.
        retained: share of positives that still stain in compromised tissue.
        focal_shift: share of the diffuse stains left that turn focal there.
        pattern: (pattern marker, fusion, stain, pattern word) or ``None``.
        inhibitors: fusion -> inhibitor -> the source that was read, as information.
        defined: diagnosis -> the fusion that defines it.
        site_context: whether age and sex depend on the site.
        methods: method of a genetic test -> sensitivity and false positive rate (probabilities), where it is not the usual one.
        link_reach: how far a link may go from independence towards the Frechet bounds, 0 to 1.
    """

    states: tuple[str, ...]
    tests: Mapping[str, DriverTest]
    stains: Mapping[str, DriverStain]
    pattern: tuple[str, str, str, str] | None
    inhibitors: Mapping[str, Mapping[str, str]]
    defined: Mapping[str, str]
    compromised: float
    retained: float
    focal_shift: float
    witness: str
    links: Mapping[str, Link]
    site_dependent: Mapping[str, tuple[SiteDependence, ...]]
    site_context: bool = True
    link_reach: float = 1.0
    methods: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def read_structure(
    knowledge: Knowledge,
    *,
    fusion: bool = True,
    tissue: bool = True,
    links: bool = True,
    site_dependence: bool = True,
    site_context: bool = True,
) -> Structure:
    """Read and check the structure.

    Args:
        knowledge: the knowledge; its network.yaml is read.
        fusion, tissue, links, site_dependence, site_context (bool): parts to build; all off is the naive twin. ``site_context`` has
            age and sex depend on the site.

    Raises:
        NetworkError: an unknown marker or diagnosis, a missing key, a circle of links, two parents of one stain.
    """
    spec = knowledge.network
    for key in ("tissue_quality", "kinase_fusion", "links", "site_dependent", "context", "ki67", "pooling", "unlisted"):
        if key not in spec:
            raise NetworkError(f"network.yaml lacks {key!r}; add it", where(spec))
    t, f = spec["tissue_quality"], spec["kinase_fusion"]
    for key in ("compromised", "retained", "focal_shift"):
        _probability(t, key, "tissue_quality")
    return Structure(
        states=tuple(f["states"]) if fusion else (),
        tests=_tests(knowledge, f) if fusion else {},
        stains=_stains(knowledge, f) if fusion else {},
        pattern=_pattern(knowledge, f) if fusion else None,
        inhibitors=dict(f.get("inhibitors", {})),
        defined=_defined(knowledge, f),
        compromised=float(t["compromised"]) if tissue else 0.0,
        retained=float(t["retained"]),
        focal_shift=float(t["focal_shift"]),
        witness=str(t.get("witness", "VIM")),
        links=_links(knowledge) if links else {},
        site_dependent=_site_dependent(knowledge) if site_dependence else {},
        site_context=site_context,
        methods=_methods(f) if fusion else {},
        link_reach=_probability(spec, "link_reach", "links") if "link_reach" in spec else 1.0,
    )


def _known(name: str, known: Mapping[str, Any], kind: str, at: str) -> str:
    if name not in known:
        raise NetworkError(f"unknown {kind} {name!r}; {did_you_mean(name, known, 'add it or remove it here')}", at)
    return name


def _probability(mapping: Mapping[str, Any], key: str, what: str) -> float:
    value = mapping.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise NetworkError(f"{what}: {key} must be a probability from 0 to 1, not {value!r}", where(mapping, key))
    return float(value)


def _pair(value: Any, what: str, at: str) -> tuple[float, float]:
    try:
        part, whole = (float(v) for v in value)
    except (TypeError, ValueError):
        raise NetworkError(f"{what} must be two numbers [detected, of], not {value!r}", at) from None
    if not 0 <= part <= whole or whole <= 0:
        raise NetworkError(f"{what}: {part:g} of {whole:g} is impossible", at)
    return part, whole


def _fusion(spec: Mapping[str, Any], raw: Mapping[str, Any], what: str) -> str:
    if "fusion" not in raw:
        raise NetworkError(f"{what}: 'fusion' is missing; name one of {spec['states'][1:]}", where(raw))
    if raw["fusion"] not in spec["states"][1:]:
        raise NetworkError(
            f"{what}: fusion {raw['fusion']!r} is not a state; use one of {spec['states'][1:]}", where(raw, "fusion")
        )
    return str(raw["fusion"])


def _counted(knowledge: Knowledge, rows: Any, what: str, at: str) -> tuple[float, float]:
    """Sum of published counts (detected, of), the sources left out not among them."""
    if not isinstance(rows, list):
        raise NetworkError(f"{what}: expected a list of {{detected, of, source}}, not {rows!r}", at)
    detected = of = 0.0
    for row in rows:
        if not isinstance(row, Mapping) or {"detected", "of", "source"} - set(row):
            raise NetworkError(f"{what}: a count needs 'detected', 'of' and 'source', not {row!r}", where(row) or at)
        part, whole = _pair((row["detected"], row["of"]), what, where(row))
        if _known(row["source"], knowledge.sources, "source", where(row, "source")) not in knowledge.left_out:
            detected, of = detected + part, of + whole
    return detected, of


def _sensitivity(knowledge: Knowledge, raw: Mapping[str, Any], what: str) -> tuple[float, float]:
    """Pseudo-counts of a sensitivity with the published counts added, (detected, of)."""
    base = _pair(raw["sensitivity"], f"{what}: sensitivity", where(raw, "sensitivity"))
    counted = _counted(knowledge, raw.get("counts", []), f"{what}: counts", where(raw, "counts"))
    return base[0] + counted[0], base[1] + counted[1]


def _tests(knowledge: Knowledge, spec: Mapping[str, Any]) -> dict[str, DriverTest]:
    out = {}
    for marker, raw in spec["tests"].items():
        _known(marker, knowledge.markers, "marker", where(spec["tests"], marker))
        out[marker] = DriverTest(
            marker,
            _fusion(spec, raw, marker),
            None if raw.get("sensitivity") is None else _sensitivity(knowledge, raw, marker),
            _probability(raw, "false_positive", marker),
        )
    return out


def _methods(spec: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    raw = spec.get("methods", {})
    return {
        name: (
            _probability(row, "sensitivity", f"method {name}"),
            _probability(row, "false_positive", f"method {name}"),
        )
        for name, row in raw.items()
    }


def _stains(knowledge: Knowledge, spec: Mapping[str, Any]) -> dict[str, DriverStain]:
    out = {}
    for marker, raw in spec["stains"].items():
        at = where(spec["stains"], marker)
        _known(marker, knowledge.markers, "marker", at)
        if "sensitivity" not in raw:
            raise NetworkError(f"{marker}: 'sensitivity' is missing; give pseudo-counts [detected, of]", at)
        for r in raw.get("concordance", []):
            _known(r["source"], knowledge.sources, "source", where(r, "source"))
        rows = [r for r in raw.get("concordance", []) if r["source"] not in knowledge.left_out]
        both, missed = sum(r["both"] for r in rows), sum(r["fusion_only"] for r in rows)
        detected, of = _sensitivity(knowledge, raw, marker)
        without = (
            float(sum(r["stain_only"] for r in rows)),
            float(sum(r["stain_only"] + r["neither"] for r in rows)),
        )
        clones = {
            name: _counted(knowledge, counts, f"{marker}: clone {name}", where(raw["clones"], name))
            for name, counts in raw.get("clones", {}).items()
        }
        diagnosis = str(raw.get("diagnosis", ""))
        if diagnosis:
            _known(diagnosis, knowledge.diagnoses, "diagnosis", where(raw, "diagnosis"))
        out[marker] = DriverStain(
            marker, _fusion(spec, raw, marker), (detected + both, of + both + missed), without, diagnosis, clones
        )
    return out


def _pattern(knowledge: Knowledge, spec: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    raw = spec.get("pattern")
    if raw is None:
        return None
    _known(raw["marker"], knowledge.markers, "marker", where(raw, "marker"))
    _known(raw["stain"], knowledge.markers, "marker", where(raw, "stain"))
    return str(raw["marker"]), _fusion(spec, raw, "pattern"), str(raw["stain"]), str(raw["pattern"])


def _defined(knowledge: Knowledge, spec: Mapping[str, Any]) -> dict[str, str]:
    raw = spec.get("defined", {})
    for diagnosis, fusion in raw.items():
        if fusion not in spec["states"][1:]:
            raise NetworkError(
                f"defined: fusion {fusion!r} is not a state; use one of {spec['states'][1:]}", where(raw, diagnosis)
            )
        # a knowledge without that diagnosis (a trial, an overlay's base) simply does not need the line
    return {d: f for d, f in raw.items() if d in knowledge.diagnoses}


def _linkable(marker: Marker) -> str:
    """As what a marker may be linked: "stain", "morphology", "mutation", or "" for nothing."""
    return "stain" if marker.is_stain else marker.kind if marker.kind in ("morphology", "mutation") else ""


def _drivers_child(knowledge: Knowledge, marker: str) -> bool:
    """Whether a marker hangs on the kinase fusion, and so can have no second parent."""
    spec = knowledge.network["kinase_fusion"]
    pattern = spec.get("pattern") or {}
    return marker in spec["stains"] or marker in spec["tests"] or marker == pattern.get("marker")


def _links(knowledge: Knowledge) -> dict[str, Link]:
    out: dict[str, Link] = {}
    for raw in knowledge.network["links"]:
        at = where(raw)
        for key in ("parent", "child", "phi"):
            if key not in raw:
                raise NetworkError(f"link: {key!r} is missing; a link needs parent, child and phi", at)
        parent = _known(raw["parent"], knowledge.markers, "marker", where(raw, "parent"))
        child = _known(raw["child"], knowledge.markers, "marker", where(raw, "child"))
        phi = raw["phi"]
        if not isinstance(phi, (int, float)) or not -1 <= phi <= 1:
            raise NetworkError(f"link {parent}-{child}: phi must lie between -1 and 1, not {phi!r}", where(raw, "phi"))
        kinds = tuple(_linkable(knowledge.markers[marker]) for marker in (parent, child))
        if kinds not in (("stain", "stain"), ("morphology", "morphology"), ("stain", "mutation")):
            raise NetworkError(
                f"link {parent}-{child}: link two stains or two H&E features, or a mutation to a stain", at
            )
        if _drivers_child(knowledge, child):
            raise NetworkError(
                f"link {parent}-{child}: {child} depends on the kinase fusion already; remove the link, or turn it round",
                at,
            )
        if child in out:
            raise NetworkError(f"{child} has two parents, {out[child].parent} and {parent}; keep one link", at)
        counted = str(raw.get("counted", ""))
        if counted:
            _known(counted, knowledge.diagnoses, "diagnosis", where(raw, "counted"))
        out[child] = Link(parent, child, float(phi), counted, at)
    for child, link in out.items():
        seen, marker = {child}, link.parent
        while marker in out:
            if marker in seen:
                raise NetworkError(f"links form a circle through {marker}; remove one of them", link.at)
            seen.add(marker)
            marker = out[marker].parent
        if marker in seen:
            raise NetworkError(f"links form a circle through {marker}; remove one of them", link.at)
    return out


def _site_dependent(knowledge: Knowledge) -> dict[str, tuple[SiteDependence, ...]]:
    out: dict[str, tuple[SiteDependence, ...]] = {}
    spec = knowledge.network["context"]
    sites = dict.fromkeys([*spec["sites"], *spec.get("site_sets", {})])
    for raw in knowledge.network["site_dependent"]:
        marker = _known(raw["marker"], knowledge.markers, "marker", where(raw, "marker"))
        if _drivers_child(knowledge, marker):
            raise NetworkError(
                f"site_dependent: {marker} depends on the kinase fusion already; remove this row", where(raw, "marker")
            )
        diagnosis = _known(raw["diagnosis"], knowledge.diagnoses, "diagnosis", where(raw, "diagnosis"))
        groups = tuple(
            expand_sites(knowledge.network, [_known(s, sites, "site", where(raw, "groups")) for s in group])
            for group in raw["groups"]
        )
        out[marker] = (*out.get(marker, ()), SiteDependence(marker, diagnosis, groups, float(raw["weight"])))
    return out
