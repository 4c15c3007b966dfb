"""Stated judgement: what a specialist expects where nobody has counted, kept, shown and switched apart from the counts.

The rates lie in ``knowledge/judgement``: one file per diagnosis, ``sites.yaml`` (what a lesion of a site can be), ``focal.yaml`` and ``about.yaml``, which says
whose judgement it is. They are the prior under the counts (`imtdx.rates`), never added to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imtdx._schema import CONFIDENCES, JUDGED_DIAGNOSIS, JUDGED_RATE, REVIEW, Record
from imtdx._yaml import Located, load_yaml, where
from imtdx.errors import KnowledgeError, did_you_mean
from imtdx.records import UNLISTED, Diagnosis, JudgedDiagnosis, JudgedRate, Judgement, Marker, Review

__all__ = ["expand_sites", "judgement_files", "load_judgement", "read_judged_rate"]

_FIXED = ("about.yaml", "focal.yaml", "sites.yaml")
#: How far a stated distribution may miss 100 percent by rounding.
_ROUNDING = 1.0


def judgement_files(directory: Path) -> list[Path]:
    """Every judgement file of a knowledge directory, in reading order; empty where it states none."""
    return sorted((directory / "judgement").glob("*.yaml"))


def load_judgement(
    directory: Path, diagnoses: Mapping[str, Diagnosis], markers: Mapping[str, Marker], network: Mapping[str, Any]
) -> Judgement:
    """Read and check the judgement of a knowledge directory.

    Args:
        directory: the knowledge directory.
        diagnoses, markers: what may be judged.
        network: network.yaml, for sites, age bands, Ki-67 bins and fusions.

    Raises:
        KnowledgeError: an unknown name, an impossible percentage, a distribution that does not add up; with ``file:line``.
    """
    files = {p.name: p for p in judgement_files(directory)}
    if not files:
        return Judgement()
    for name in _FIXED:
        if name not in files:
            raise KnowledgeError(f"judgement/{name} is missing; add it", str(directory / "judgement"))
    if "judgement" not in network:
        raise KnowledgeError("network.yaml lacks 'judgement', the weights of the judged rates; add it", where(network))
    checker = _Checker(diagnoses, markers, network)
    judged = {}
    for name, path in files.items():
        if name in _FIXED:
            continue
        raw = load_yaml(path)
        record = checker.diagnosis(raw)
        if record.id != path.stem:
            raise KnowledgeError(
                f"id is {record.id!r} but the file is named {path.name}; make them agree", where(raw, "id")
            )
        judged[record.id] = record
    about = load_yaml(files["about.yaml"])
    statement = Record(about, {"statement": True, "short": True, "method": False}, "about")
    return Judgement(
        statement=" ".join(statement.text("statement").split()),
        short=statement.text("short"),
        diagnoses=judged,
        focal=checker.focal(load_yaml(files["focal.yaml"])),
        mix=checker.sites(load_yaml(files["sites.yaml"])),
    )


def expand_sites(network: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """Sites of the network that names of sites or of sets of sites stand for, each once.

    Args:
        network: network.yaml.
        names: site ids, or ids of ``context.site_sets``.
    """
    sets = network["context"].get("site_sets", {})
    return tuple(dict.fromkeys(s for name in names for s in sets.get(name, (name,))))


def read_judged_rate(raw: Any, what: str) -> JudgedRate:
    """One judged rate.

    Raises:
        KnowledgeError: no percentage between 0 and 100, an unknown confidence, a changed value without reason.
    """
    r = Record(raw, JUDGED_RATE, what)
    percent = r.number("percent", low=0.0, high=100.0)
    if not 0 < percent < 100:
        raise KnowledgeError(f"{what}: percent must lie between 0 and 100, never at them", where(raw, "percent"))
    was = r.optional_number("was", low=0.0, high=100.0)
    if (was is not None) != bool(r.text("reason", "")):
        raise KnowledgeError(f"{what}: a changed value keeps the old one ('was') and the 'reason'", where(raw))
    elicited = tuple(float(v) for v in raw.get("elicited", ()) or ())
    reviews = tuple(read_review(row, what) for row in Record.rows(raw.get("reviews", []), what, where(raw, "reviews")))
    return JudgedRate(
        percent / 100,
        r.choice("confidence", CONFIDENCES),
        r.text("note", ""),
        elicited,
        was,
        r.text("reason", ""),
        reviews,
        where(raw),
    )


def read_review(raw: Any, what: str) -> Review:
    """One reviewer's opinion on a judged rate.

    Raises:
        KnowledgeError: no role or date, or no percentage between 0 and 100.
    """
    r = Record(raw, REVIEW, f"{what}: review")
    percent = r.number("percent", low=0.0, high=100.0)
    if not 0 < percent < 100:
        raise KnowledgeError(f"{what}: review: percent must lie between 0 and 100", where(raw, "percent"))
    return Review(r.text("role"), r.text("date"), percent / 100, r.text("note", ""), where(raw))


@dataclass(frozen=True)
class _Checker:
    """Reads the files against what the knowledge holds."""

    diagnoses: Mapping[str, Diagnosis]
    markers: Mapping[str, Marker]
    network: Mapping[str, Any]
    groups: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        spec = self.network["context"]
        object.__setattr__(self, "groups", ("all", *spec["sites"], *spec.get("site_sets", {})))

    def diagnosis(self, raw: Located) -> JudgedDiagnosis:
        r = Record(raw, JUDGED_DIAGNOSIS, f"judgement of {raw.get('id', raw.file)}")
        key = r.text("id")
        _known(key, self.diagnoses, "diagnosis", where(raw, "id"))
        rates = {}
        for marker, row in r.mapping("rates").items():
            at = where(raw["rates"], marker)
            _known(marker, self.markers, "marker", at)
            if self.markers[marker].kind == "index":
                raise KnowledgeError(f"judgement of {key}: {marker} is no rate; state it under ki67", at)
            rates[marker] = read_judged_rate(row, f"judgement of {key} {marker}")
        spec = self.network["context"]
        fusions = self.network["kinase_fusion"]["states"][1:]
        return JudgedDiagnosis(
            id=key,
            rates=rates,
            fusions=self._percents(r, "fusions", fusions, "fusion"),
            ordered=self._percents(r, "ordered", self.markers, "marker"),
            ki67=self._shares(raw.get("ki67"), len(self.network["ki67"]["states"]), f"{key} ki67", where(raw, "ki67")),
            age={
                _known(g, self.groups, "site", where(raw["age"], g)): self._shares(
                    v, len(spec["age_bands"]), f"{key} age {g}", where(raw["age"], g)
                )
                for g, v in r.mapping("age").items()
            },
            male=self._percents(r, "male", self.groups, "site"),
            at=where(raw),
        )

    def _percents(self, r: Record, key: str, known: Iterable[str], kind: str) -> dict[str, float]:
        out = {}
        for name, value in r.mapping(key).items():
            at = where(r.raw[key], name)
            _known(name, known, kind, at)
            out[name] = _percent(value, f"{r.what}: {key} {name}", at)
        return out

    def _shares(self, value: Any, size: int, what: str, at: str) -> tuple[float, ...]:
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) != size:
            raise KnowledgeError(f"{what}: expected {size} percentages, not {value!r}", at)
        shares = [_percent(v, what, at) for v in value]
        if abs(100 * sum(shares) - 100) > _ROUNDING:
            raise KnowledgeError(f"{what}: adds up to {100 * sum(shares):g} percent instead of 100", at)
        return tuple(s / sum(shares) for s in shares)

    def focal(self, raw: Located) -> dict[str, tuple[float, float]]:
        r = Record(raw, {"focal": True}, "focal")
        out = {}
        for marker, row in r.mapping("focal").items():
            at = where(raw["focal"], marker)
            _known(marker, self.markers, "marker", at)
            f = Record(row, {"typical": True, "atypical": True, "note": False}, f"focal {marker}")
            out[marker] = (
                _percent(f.number("typical"), f"focal {marker}", at),
                _percent(f.number("atypical"), f"focal {marker}", at),
            )
        return out

    def sites(self, raw: Located) -> dict[str, dict[str, float]]:
        r = Record(raw, {"mix": True, "first": False, "second": False}, "sites")
        mix = r.mapping("mix")
        out = {}
        for site in self.network["context"]["sites"]:
            if site not in mix:
                raise KnowledgeError(f"sites: the mix of {site} is missing; add it", where(raw, "mix"))
        for site, row in mix.items():
            at = where(raw["mix"], site)
            _known(site, self.network["context"]["sites"], "site", at)
            shares = {
                _known(d, self.diagnoses, "diagnosis", where(row, d)): _percent(v, f"{site} {d}", where(row, d))
                for d, v in row.items()
            }
            total = sum(shares.values())
            if abs(100 * total - 100) > _ROUNDING:
                raise KnowledgeError(f"sites: {site} adds up to {100 * total:g} percent instead of 100", at)
            out[site] = {d: v / total for d, v in shares.items()}
        return out


def _known(name: str, known: Iterable[str], kind: str, at: str) -> str:
    if name not in known:
        raise KnowledgeError(
            f"judgement: unknown {kind} {name!r}; {did_you_mean(name, list(known), 'remove it here or add it')}", at
        )
    return name


def _percent(value: Any, what: str, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 100:
        raise KnowledgeError(f"{what}: expected a percentage between 0 and 100, never at them, not {value!r}", at)
    return float(value) / 100


def add_reviews(judgement: Judgement, reviews: Mapping[tuple[str, str], tuple[Review, ...]]) -> Judgement:
    """The judgement with reviewers' opinions added to judged rates.

    Args:
        judgement: the judgement.
        reviews: (diagnosis, marker) -> opinions.

    Raises:
        KnowledgeError: a rate that is not judged.
    """
    diagnoses = dict(judgement.diagnoses)
    for (d, m), rows in reviews.items():
        if d == UNLISTED or d not in diagnoses or m not in diagnoses[d].rates:
            raise KnowledgeError(f"review: {m} in {d} has no judged rate; nothing to review", rows[0].at)
        rate = diagnoses[d].rates[m]
        diagnoses[d] = replace(
            diagnoses[d], rates={**diagnoses[d].rates, m: replace(rate, reviews=(*rate.reviews, *rows))}
        )
    return replace(judgement, diagnoses=diagnoses)
