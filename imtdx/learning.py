"""A laboratory's own labelled cases as counts in an overlay: one more study, weighted as any other.

What is written is what the knowledge consists of: positives of tested per stain, cases per age band, sex and site, Ki-67
values. The file is meant to be read, compared with ``diff`` and corrected by hand. It holds counts, never cases.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imtdx.distributions import age_band
from imtdx.errors import InputError, UsageError
from imtdx.knowledge import UNLISTED, Knowledge
from imtdx.panel import Finding
from imtdx.priors import build_prior
from imtdx.structure import read_structure
from imtdx.validation.cases import LabelledCase

__all__ = ["LocalCounts", "StainCount", "learn", "source_id"]

#: Cases that the referral prior is worth beside a laboratory's own case mix.
PRIOR_CASES = 100.0
_POSITIVE = ("positive", "focal", "diffuse")


@dataclass
class StainCount:
    """Results of one marker in one diagnosis (at one group of sites).

    Attributes:
        negative, positive, focal: cases; ``focal`` of the positive.
        vague: positives not told as focal or diffuse.
    """

    negative: int = 0
    positive: int = 0
    focal: int = 0
    vague: int = 0

    def row(self, source: str, sites: Sequence[str] = ()) -> dict[str, Any]:
        """The evidence row, with the keys of the knowledge."""
        out: dict[str, Any] = {"positive": self.positive, "total": self.positive + self.negative}
        # a share of focal is only known where every positive was told as one or the other
        if self.positive and not self.vague:
            out["focal"] = self.focal
        if sites:
            out["site"] = list(sites)
        return out | {"basis": "count", "use": "pooled", "source": source}


@dataclass
class LocalCounts:
    """What `learn` found.

    Attributes:
        source: id under which the counts stand; ``name`` the laboratory's own name.
        stains: diagnosis -> marker -> group of sites (empty: any) -> count.
        context: diagnosis -> age, sex or site -> category -> cases.
        ki67: diagnosis -> values (percent).
        mix: diagnosis -> cases.
        prior: diagnosis -> weight of the case mix as a prior profile; empty without one.
        skipped: (case id, why) of cases that were not counted.
    """

    source: str
    name: str
    stains: dict[str, dict[str, dict[tuple[str, ...], StainCount]]] = field(default_factory=dict)
    context: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    ki67: dict[str, list[float]] = field(default_factory=dict)
    mix: Counter[str] = field(default_factory=Counter)
    prior: dict[str, float] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def n_cells(self) -> int:
        """Cells (diagnosis and marker) with counts."""
        return sum(len(markers) for markers in self.stains.values())

    def to_yaml(self) -> str:
        """The overlay, in the order of the knowledge, one row a line."""
        total = sum(self.mix.values())
        lines = [
            f"# Labelled cases of {_plain(self.name)} ({total}), counted by `imtdx learn`: use with --knowledge THIS_FILE",
            f"# and, for the laboratory's own case mix, --prior {self.source}. Counts, no cases.",
            f"overlay: {_scalar(self.source)}",
            f"about: {_scalar(f'own cases of {self.name}')}",
            "sources:",
            f"  {self.source}:",
            f"    citation: {_scalar(f'{self.name}, own cases')}",
            f"    title: {_scalar(f'Labelled cases of {self.name}')}",
            "    study_type: local cases",
            f"    n_cases: {total}",
            "diagnoses:",
        ]
        for diagnosis in self.mix:
            lines += [f"  {diagnosis}:  # cases: {self.mix[diagnosis]}", *self._diagnosis(diagnosis)]
        if self.prior:
            basis = f"Case mix (cases: {total}), with the referral prior worth {PRIOR_CASES:g} more"
            lines += ["priors:", f"  {self.source}:"]
            lines += [
                f"    description: {_scalar(f'case mix of {self.name}')}",
                f"    basis: {_scalar(basis)}",
                "    weights:",
            ]
            lines += [f"      {d}: {w:.4g}" for d, w in self.prior.items()]
        return "\n".join(lines) + "\n"

    def _diagnosis(self, diagnosis: str) -> Iterable[str]:
        stains = self.stains.get(diagnosis, {})
        if stains:
            yield "    evidence:"
        for marker, groups in stains.items():
            yield f"      {marker}:"
            yield from (f"      - {_flow(count.row(self.source, sites))}" for sites, count in groups.items())
        context = self.context.get(diagnosis, {})
        if context:
            yield "    context:"
        for variable, counts in context.items():
            yield f"      {variable}:"
            total = sum(counts.values())
            for category, n in counts.items():
                yield f"      - {_flow({'category': category, 'count': n, 'total': total, 'source': self.source})}"
        values = self.ki67.get(diagnosis)
        if values:
            yield "    ki67:"
            yield f"    - {_flow({'values': sorted(values), 'source': self.source})}"
        if not stains and not context and not values:
            yield "    {}"


def source_id(name: str) -> str:
    """The id of a laboratory: its name in lower case, words joined by underscores.

    Raises:
        UsageError: a name without a letter.
    """
    out = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    if not re.search(r"[a-z]", out):
        raise UsageError(f"the name {name!r} holds no plain letter; give the laboratory a name such as 'North lab'")
    return out


def learn(
    knowledge: Knowledge, cases: Sequence[LabelledCase], name: str = "local", *, prior: bool = True
) -> LocalCounts:
    """Count labelled cases.

    Equivocal and uninterpretable results are not counted. A case that names a source of the knowledge is counted there already
    and is skipped.

    Args:
        knowledge: what the counts will be added to.
        cases: labelled cases.
        name (str): of the laboratory.
        prior (bool): add the case mix as a prior profile, smoothed with the referral prior.

    Raises:
        UsageError: the knowledge has a source of that name already.
        InputError: no case to count.
    """
    source = source_id(name)
    if source in knowledge.sources or (prior and source in knowledge.priors):
        raise UsageError(f"the knowledge has a source or prior {source!r} already; give the laboratory another --name")
    out = LocalCounts(source, name)
    groups = _site_groups(knowledge)
    pattern = read_structure(knowledge).pattern
    spec = knowledge.network["context"]
    stains: dict[tuple[str, str, tuple[str, ...]], StainCount] = defaultdict(StainCount)
    context: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    ki67: dict[str, list[float]] = defaultdict(list)
    mix: Counter[str] = Counter()
    for case in cases:
        if case.sources:
            out.skipped.append((case.id, f"counted already in {', '.join(case.sources)}"))
            continue
        mix[case.truth] += 1
        if case.truth == UNLISTED:
            # a rag-bag has no profile of its own: such cases count in the case mix only
            continue
        c = case.panel.context
        for finding in case.panel.informative:
            kind = knowledge.markers[finding.marker].kind
            if kind == "index":
                if finding.percent is not None:
                    ki67[case.truth].append(finding.percent)
                continue
            sites = next((g for g in groups.get((case.truth, finding.marker), ()) if c.site in g), ())
            _count(stains[case.truth, finding.marker, sites], finding)
            if pattern and finding.marker == pattern[2] and finding.pattern and finding.value in _POSITIVE:
                shown = Finding(pattern[0], "positive" if finding.pattern == pattern[3] else "negative")
                _count(stains[case.truth, pattern[0], ()], shown)
        if c.age is not None:
            context[case.truth, "age"][spec["age_bands"][age_band(c.age, spec["age_edges"])]] += 1
        if c.sex is not None:
            context[case.truth, "sex"][c.sex] += 1
        if c.site is not None:
            context[case.truth, "site"][c.site] += 1
    if not mix:
        raise InputError("no case to count" + (f"; {out.skipped[0][0]}: {out.skipped[0][1]}" if out.skipped else ""))
    order = {"age": spec["age_bands"], "sex": spec["sexes"], "site": spec["sites"]}
    for diagnosis in (d for d in knowledge.diagnoses if d in mix):
        out.mix[diagnosis] = mix[diagnosis]
        out.stains[diagnosis] = _in_order(knowledge, diagnosis, stains)
        out.context[diagnosis] = {
            v: Counter({k: context[diagnosis, v][k] for k in order[v] if context[diagnosis, v][k]})
            for v in order
            if context[diagnosis, v]
        }
        out.ki67[diagnosis] = ki67[diagnosis]
    if prior:
        out.prior = _case_mix(knowledge, out.mix)
    return out


def _count(count: StainCount, finding: Finding) -> None:
    if finding.value == "negative":
        count.negative += 1
    elif finding.value in _POSITIVE:
        count.positive += 1
        count.focal += finding.value == "focal"
        count.vague += finding.value == "positive"


def _in_order(
    knowledge: Knowledge, diagnosis: str, stains: Mapping[tuple[str, str, tuple[str, ...]], StainCount]
) -> dict[str, dict[tuple[str, ...], StainCount]]:
    """Marker -> group of sites -> count of one diagnosis, markers as in the knowledge, counts of nothing left out."""
    out: dict[str, dict[tuple[str, ...], StainCount]] = {}
    told = {(m, g): c for (d, m, g), c in stains.items() if d == diagnosis and c.positive + c.negative}
    for marker in knowledge.markers:
        groups = {g: told[marker, g] for g in sorted(g for m, g in told if m == marker)}
        if groups:
            out[marker] = groups
    return out


def _site_groups(knowledge: Knowledge) -> dict[tuple[str, str], tuple[tuple[str, ...], ...]]:
    """(diagnosis, marker) -> the groups of sites that the network keeps apart."""
    return {
        (x.diagnosis, marker): x.groups
        for marker, rows in read_structure(knowledge).site_dependent.items()
        for x in rows
    }


def _case_mix(knowledge: Knowledge, mix: Mapping[str, int]) -> dict[str, float]:
    """Weights of a prior profile: own cases on top of the referral prior (the mean of a Dirichlet posterior)."""
    referral = build_prior(knowledge, "referral")
    return {d: mix.get(d, 0) + PRIOR_CASES * float(p) for d, p in zip(knowledge.diagnoses, referral, strict=True)}


# --- YAML --------------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Text for a comment: one line."""
    return " ".join(text.split())


def _scalar(value: Any) -> str:
    """A value as YAML that reads back as itself."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) and text.casefold() not in (
        "null",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    ):
        return text
    # every JSON string is a YAML one
    return json.dumps(text, ensure_ascii=False)


def _flow(row: Mapping[str, Any]) -> str:
    """A record on one line, ``{positive: 3, total: 5, source: lab}``."""
    parts = [
        f"{k}: [{', '.join(map(_scalar, v))}]" if isinstance(v, list) else f"{k}: {_scalar(v)}" for k, v in row.items()
    ]
    return "{" + ", ".join(parts) + "}"
