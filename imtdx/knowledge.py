"""The published knowledge: the YAML files of a directory, read record by record and checked together.

Every record remembers where it stands (``file:line``) so that each error can say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from imtdx._yaml import load_yaml, where
from imtdx.errors import KnowledgeError, did_you_mean
from imtdx.judgement import judgement_files, load_judgement
from imtdx.reading import read_diagnosis, read_marker, read_prior, read_source
from imtdx.records import (
    FOUNDING_PANEL,
    UNLISTED,
    ContextRow,
    Diagnosis,
    Ki67Row,
    Knowledge,
    Marker,
    PriorProfile,
    Source,
    Study,
    fold_name,
)
from imtdx.remarks import Remarks, read_remarks
from imtdx.variables import AGE, DIAGNOSIS, FUSION, SEX, SITE, TISSUE

__all__ = [
    "FOUNDING_PANEL",
    "UNLISTED",
    "ContextRow",
    "Diagnosis",
    "Ki67Row",
    "Knowledge",
    "Marker",
    "PriorProfile",
    "Source",
    "Study",
    "check_diagnoses",
    "check_markers",
    "check_priors",
    "hash_files",
    "in_listing_order",
    "knowledge_dir",
    "knowledge_files",
    "load_knowledge",
]

#: Variables of the network that no marker may be named after.
_RESERVED = frozenset({DIAGNOSIS, TISSUE, FUSION, SITE, AGE, SEX})


def knowledge_dir() -> Path:
    """Where the knowledge lies: inside the installed package, or beside it in a checkout. From a package that is imported out of an
    archive (a wheel on the path) it is unpacked once, for as long as the process lives.

    Raises:
        KnowledgeError: neither place has it.
    """
    here = Path(__file__).resolve().parent
    for place in (here / "_knowledge", here.parent / "knowledge"):
        if (place / "network.yaml").is_file():
            return place
    unpacked = None if here.is_dir() else _unpacked()
    if unpacked is None:
        raise KnowledgeError("the knowledge files are missing; reinstall imtdx", str(here))
    return unpacked


@lru_cache(maxsize=1)
def _unpacked() -> Path | None:
    """A copy of the knowledge in an archive, removed when the process ends."""
    import tempfile
    from importlib.resources import files

    root = files("imtdx").joinpath("_knowledge")
    if not root.joinpath("network.yaml").is_file():
        return None
    folder = tempfile.TemporaryDirectory(prefix="imtdx-knowledge-", ignore_cleanup_errors=True)
    _held.append(folder)
    place = Path(folder.name)
    (place / "diagnoses").mkdir()
    for part in (root, root.joinpath("diagnoses")):
        for file in part.iterdir():
            if file.name.endswith(".yaml"):
                target = place / file.name if part is root else place / "diagnoses" / file.name
                target.write_bytes(file.read_bytes())
    return place


#: Folders that are removed when the process ends.
_held: list[Any] = []


def knowledge_files(directory: Path) -> list[Path]:
    """Every YAML file of a knowledge directory, in reading order."""
    names = ("markers.yaml", "sources.yaml", "priors.yaml", "network.yaml", "lexicon.yaml")
    return (
        [*(directory / n for n in names), prose_file(directory)]
        + [p for p in (directory / "remarks.yaml",) if p.is_file()]
        + sorted((directory / "diagnoses").glob("*.yaml"))
        + judgement_files(directory)
    )


def prose_file(directory: Path) -> Path:
    """The words around results: the directory's own, or the shipped ones."""
    own = directory / "prose.yaml"
    return own if own.is_file() else knowledge_dir() / "prose.yaml"


def hash_files(files: Sequence[Path]) -> str:
    """SHA-256 over names and bytes of files."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0")
        try:
            digest.update(path.read_bytes())
        except OSError as exc:
            raise KnowledgeError(f"cannot read this file ({exc.strerror}); check the path", str(path)) from exc
        digest.update(b"\0")
    return digest.hexdigest()


def load_knowledge(directory: Path | None = None) -> Knowledge:
    """Read and check a knowledge directory.

    Args:
        directory (Path | None): where the YAML files lie; the shipped ones by default.

    Raises:
        KnowledgeError: with ``file:line`` and the mend.
    """
    directory = directory or knowledge_dir()
    markers = {k: read_marker(k, v) for k, v in load_yaml(directory / "markers.yaml").items()}
    sources = {k: read_source(k, v) for k, v in load_yaml(directory / "sources.yaml").items()}
    priors = {k: read_prior(k, v) for k, v in load_yaml(directory / "priors.yaml").items()}
    network = load_yaml(directory / "network.yaml")
    words = {**load_yaml(directory / "lexicon.yaml"), "prose": load_yaml(prose_file(directory))}
    diagnoses: dict[str, Diagnosis] = {}
    for path in sorted((directory / "diagnoses").glob("*.yaml")):
        raw = load_yaml(path)
        d = read_diagnosis(raw, markers, sources)
        if d.id != path.stem:
            raise KnowledgeError(f"id is {d.id!r} but the file is named {path.name}; make them agree", where(raw, "id"))
        diagnoses[d.id] = d
    if len(diagnoses) < 2:
        raise KnowledgeError("fewer than two diagnoses; add files to diagnoses/", str(directory))
    check_markers(markers)
    check_diagnoses(diagnoses, network)
    check_priors(priors, diagnoses)
    remarks = directory / "remarks.yaml"
    context = network["context"]
    sites = [*context["sites"], *context.get("site_sets", {})]
    return Knowledge(
        diagnoses=in_listing_order(diagnoses, priors.get("referral")),
        markers=markers,
        sources=sources,
        priors=priors,
        network=network,
        words=words,
        sha256=hash_files(knowledge_files(directory)),
        remarks=read_remarks(load_yaml(remarks), diagnoses, markers, sources, sites)
        if remarks.is_file()
        else Remarks(),
        judgement=load_judgement(directory, diagnoses, markers, network),
    )


def in_listing_order(diagnoses: Mapping[str, Diagnosis], profile: PriorProfile | None) -> dict[str, Diagnosis]:
    """IMT first, then by referral weight and id, ``unlisted`` last."""
    weights = profile.weights if profile else {}
    order = sorted(diagnoses, key=lambda k: (k != "imt", k == UNLISTED, -weights.get(k, 0.0), k))
    return {k: diagnoses[k] for k in order}


def check_markers(markers: Mapping[str, Marker]) -> None:
    """Marker ids that the network can bear, and names that mean one marker only.

    Raises:
        KnowledgeError: an empty or reserved id, a second proliferation index, a name that two markers share.
    """
    seen: dict[str, Marker] = {}
    for m in markers.values():
        if not m.id.strip() or m.id in _RESERVED:
            raise KnowledgeError(f"marker id {m.id!r} is empty or a variable of the network; choose another", m.at)
        if m.kind == "index" and m.id != "KI67":
            raise KnowledgeError(f"marker {m.id}: only KI67 is modelled as an index; use another kind", m.at)
        for word in {fold_name(w) for w in (m.id, m.label, *m.synonyms)} - {""}:
            other = seen.setdefault(word, m)
            if other is not m:
                raise KnowledgeError(f"marker {m.id}: the name {word!r} belongs to {other.id} already; remove it", m.at)


def check_diagnoses(diagnoses: Mapping[str, Diagnosis], network: Mapping[str, Any]) -> None:
    """Names that mean one diagnosis only, and context rows in categories of the network.

    Raises:
        KnowledgeError: a name that two diagnoses share, or an unknown site, sex or age band.
    """
    seen: dict[str, Diagnosis] = {}
    spec = network["context"]
    summaries = ("mean", "median", "min", "max")
    known = {
        "site": [*spec["sites"], *spec.get("site_sets", {})],
        "sex": spec["sexes"],
        "age": [*spec["age_bands"], *summaries],
        "incidence": ["per_million_year"],
    }
    for d in diagnoses.values():
        for word in {fold_name(w) for w in (d.id, d.name, d.abbreviation)}:
            other = seen.setdefault(word, d)
            if other is not d:
                raise KnowledgeError(
                    f"diagnosis {d.id}: the name {word!r} belongs to {other.id} already; choose another", d.at
                )
        for variable, rows in d.context.items():
            for row in rows:
                if row.category not in known[variable]:
                    hint = did_you_mean(row.category, known[variable], f"use one of {', '.join(known[variable])}")
                    raise KnowledgeError(f"{d.id} {variable}: unknown category {row.category!r}; {hint}", row.at)


def check_priors(priors: Mapping[str, PriorProfile], diagnoses: Mapping[str, Diagnosis]) -> None:
    """Every weighted diagnosis exists.

    Raises:
        KnowledgeError: a prior names an unknown diagnosis.
    """
    for prior in priors.values():
        for key in prior.weights:
            if key not in diagnoses:
                hint = did_you_mean(key, diagnoses, f"add diagnoses/{key}.yaml or remove it")
                raise KnowledgeError(f"prior {prior.name!r} weighs unknown diagnosis {key!r}; {hint}", prior.at)
