"""remarks.yaml: what the remarks on particular diagnoses name and rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imtdx._schema import Record
from imtdx._yaml import where
from imtdx.errors import KnowledgeError, did_you_mean

__all__ = ["Igg4", "Keratin", "Mimic", "Recurrence", "Remarks", "read_remarks"]

# key -> required
REMARKS = {"alk_mimics": False, "igg4_overlap": False, "keratin_bladder": False, "ki67_high": False}
ALK_MIMICS = {"lesions": True, "not_modelled": False}
LESION = {"diagnosis": True, "tests": True}
IGG4_OVERLAP = {"source": True, "compared": True, "tests": True}
KERATIN_BLADDER = {"sites": True, "source": False, "tests": False}
KI67_HIGH = {"source": True, "recurrent": True, "sites": False, "margins": False}
MARGINS = {"source": True, "words": True}


@dataclass(frozen=True)
class Mimic:
    """A lesion to exclude, and the markers that tell it apart."""

    diagnosis: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Igg4:
    """Counts of IgG4-related disease against IMT: marker -> its words, all of one source; tests to consider."""

    source: str
    compared: Mapping[str, str]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Keratin:
    """Sites at which keratin does not exclude IMT, the source of the count (empty for none), tests to consider."""

    sites: tuple[str, ...]
    source: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Recurrence:
    """What a series tells of recurrence.

    Attributes:
        source: of the Ki-67 values, which stand with the diagnosis.
        cases: numbers (from 1) of the cases that recurred, in the order of the values.
        sites: where these were, in words; empty where not told.
        margins: what another source tells of resection margins, in words; ``margins_source`` its id.
    """

    source: str
    cases: tuple[int, ...]
    sites: str = ""
    margins: str = ""
    margins_source: str = ""


@dataclass(frozen=True)
class Remarks:
    """What remarks on particular diagnoses name; a remark whose part is missing is not made.

    Attributes:
        mimics: ALK-positive lesions.
        not_modelled: id -> name of ALK-positive lesions that are named as not modelled while they have no record.
        igg4, keratin, recurrence: as their classes say.
    """

    mimics: tuple[Mimic, ...] = ()
    not_modelled: Mapping[str, str] = field(default_factory=dict)
    igg4: Igg4 | None = None
    keratin: Keratin | None = None
    recurrence: Recurrence | None = None


def read_remarks(
    raw: Mapping[str, Any],
    diagnoses: Mapping[str, Any],
    markers: Mapping[str, Any],
    sources: Mapping[str, Any],
    sites: Sequence[str],
) -> Remarks:
    """The content of remarks.yaml.

    Args:
        raw: as read.
        diagnoses, markers, sources: by id.
        sites: categories of the site, and names of sets of them.

    Raises:
        KnowledgeError: an unknown key, diagnosis, marker, source or site; with file, line and mend.
    """
    Record(raw, REMARKS, "remarks")

    def known(
        record: Record, key: str, names: Sequence[str], among: Mapping[str, Any] | Sequence[str], kind: str
    ) -> None:
        for name in names:
            if name not in among:
                hint = did_you_mean(name, among, "add it or remove it here")
                raise KnowledgeError(f"{record.what}: unknown {kind} {name!r}; {hint}", where(record.raw, key))

    mimics: list[Mimic] = []
    not_modelled: Mapping[str, str] = {}
    igg4 = keratin = recurrence = None
    if "alk_mimics" in raw:
        r = Record(raw["alk_mimics"], ALK_MIMICS, "remarks alk_mimics")
        not_modelled = {k: str(v) for k, v in r.mapping("not_modelled").items()}
        for row in Record.rows(r.raw["lesions"], r.what, where(r.raw, "lesions")):
            lesion = Record(row, LESION, r.what)
            known(lesion, "diagnosis", [lesion.text("diagnosis")], [*diagnoses, *not_modelled], "diagnosis")
            known(lesion, "tests", lesion.texts("tests"), markers, "marker")
            mimics.append(Mimic(lesion.text("diagnosis"), lesion.texts("tests")))
    if "igg4_overlap" in raw:
        r = Record(raw["igg4_overlap"], IGG4_OVERLAP, "remarks igg4_overlap")
        compared = {k: str(v) for k, v in r.mapping("compared").items()}
        known(r, "compared", list(compared), markers, "marker")
        known(r, "tests", r.texts("tests"), markers, "marker")
        igg4 = Igg4(r.reference("source", sources, "source"), compared, r.texts("tests"))
    if "keratin_bladder" in raw:
        r = Record(raw["keratin_bladder"], KERATIN_BLADDER, "remarks keratin_bladder")
        known(r, "sites", r.texts("sites"), sites, "site")
        known(r, "tests", r.texts("tests"), markers, "marker")
        source = r.reference("source", sources, "source") if "source" in r.raw else ""
        keratin = Keratin(r.texts("sites"), source, r.texts("tests"))
    if "ki67_high" in raw:
        r = Record(raw["ki67_high"], KI67_HIGH, "remarks ki67_high")
        cases = tuple(int(x) for x in r.texts("recurrent"))
        words = margins_source = ""
        if "margins" in r.raw:
            told = Record(r.raw["margins"], MARGINS, "remarks ki67_high margins")
            words, margins_source = told.text("words"), told.reference("source", sources, "source")
        sites_of = r.text("sites") if "sites" in r.raw else ""
        recurrence = Recurrence(r.reference("source", sources, "source"), cases, sites_of, words, margins_source)
    return Remarks(tuple(mimics), not_modelled, igg4, keratin, recurrence)
