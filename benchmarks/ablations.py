"""What each part of the model buys, and how much the stated constants matter, on cases whose diagnosis is known.

Everything is a paired difference of log scores on the same cases: with few cases only such differences can be told from noise.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.heldout import clustered_difference, held_out
from imtdx.knowledge import UNLISTED, Knowledge
from imtdx.model import Model
from imtdx.panel import Context
from imtdx.validation import LabelledCase
from imtdx.validation.asking import answers, by_sources, variant
from imtdx.validation.metrics import log_scores, paired_difference, ranks

__all__ = ["ABLATIONS", "CONSTANTS", "Variant", "compare", "constant_table", "losses", "with_constant"]

Array = NDArray[np.float64]
Cases = Sequence[LabelledCase]


@dataclass(frozen=True)
class Variant:
    """A model that differs in one thing, or the same model on cases that do.

    Attributes:
        name: what is off or changed.
        model: makes the variant of a model.
        case: makes the variant of a case.
        tempering: power of the likelihood.
    """

    name: str
    model: Callable[[Model], Model] = lambda m: m
    case: Callable[[LabelledCase], LabelledCase] = lambda c: c
    tempering: float = 1.0


def with_constant(knowledge: Knowledge, path: Sequence[str], value: Any) -> Knowledge:
    """The knowledge with one constant of network.yaml changed.

    Args:
        knowledge: the knowledge.
        path: keys from the top, such as ``("pooling", "background_weight")``.
        value: in its place.
    """
    network = copy.deepcopy(dict(knowledge.network))
    place = network
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return replace(knowledge, network=network)


def _constant(*path: str, to: Any) -> Callable[[Model], Model]:
    return lambda m: variant(m, with_constant(m.knowledge, path, to))


def _off(*parts: str) -> Callable[[Model], Model]:
    return lambda m: variant(m, parts=dict.fromkeys(parts, False))


def _average_background(model: Model) -> Model:
    """Cells without evidence take the mean of the cells with evidence, as if markers were studied at random."""
    rates, knowledge = model.network.rates, model.knowledge
    markers = {}
    for marker in knowledge.markers.values():
        cells = [rates.cell(d, marker.id) for d in knowledge.diagnoses] if marker.kind != "index" else []
        known = [c.mean for c in cells if c.kind not in ("background", "judged")]
        markers[marker.id] = replace(marker, background=float(np.mean(known))) if known else marker
    return variant(model, replace(knowledge.without_judgement(), markers=markers))


def _without_unlisted(model: Model) -> Model:
    prior = {d: float(p) if d != UNLISTED else 1e-12 for d, p in zip(model.diagnoses, model.prior, strict=True)}
    return Model(model.knowledge, prior)


def _focal_as_positive(case: LabelledCase) -> LabelledCase:
    findings = tuple(
        replace(f, value="positive") if f.value in ("focal", "diffuse") else f for f in case.panel.findings
    )
    return replace(case, panel=replace(case.panel, findings=findings))


def _without_context(case: LabelledCase) -> LabelledCase:
    return replace(case, panel=replace(case.panel, context=Context()))


def _without_ki67(case: LabelledCase) -> LabelledCase:
    return replace(case, panel=case.panel.without("KI67"))


#: Each part of the model off in turn.
ABLATIONS = (
    Variant("kinase fusion node off", _off("fusion")),
    Variant("tissue quality off", _off("tissue")),
    Variant("links between findings off", _off("links")),
    Variant("site-dependent stains off", _off("site_dependence")),
    Variant("all four off (naive twin)", _off("fusion", "tissue", "links", "site_dependence")),
    Variant("focal read as positive", case=_focal_as_positive),
    Variant("Ki-67 not read", case=_without_ki67),
    Variant("age, sex and site not read", case=_without_context),
    Variant("age and sex without the site", _off("site_context")),
    Variant("no stated judgement (prior kept)", lambda m: variant(m, m.knowledge.without_judgement())),
    Variant("no heterogeneity between studies", _constant("pooling", "heterogeneity_weight", to=1e9)),
    Variant("unstudied cells at the average of the studied, no judgement", _average_background),
    Variant("`unlisted` off", _without_unlisted),
    Variant("uniform prior", lambda m: Model(m.knowledge, "uniform")),
    Variant("likelihood tempered to the power 0.8", tempering=0.8),
    Variant("likelihood sharpened to the power 1.2", tempering=1.2),
)

#: Constants of network.yaml that are judgements, and the values tried.
CONSTANTS: Mapping[tuple[str, ...], tuple[Any, ...]] = {
    ("pooling", "background_weight"): (1.0, 3.0, 6.0),
    ("pooling", "heterogeneity"): (0.02, 0.1, 0.2),
    ("judgement", "site", "weight"): (60, 150, 400),
    ("judgement", "age", "weight"): (30, 100, 300),
    ("judgement", "sex", "own"): (0.5, 0.8, 0.95),
    ("judgement", "study_cap"): (5, 10, 20),
    ("judgement", "focal_weight"): (4, 12, 30),
    ("judgement", "ki67", "own"): (0.5, 0.85, 1.0),
    ("judgement", "fusion_weight"): (30, 100, 300),
    ("tissue_quality", "compromised"): (0.02, 0.04, 0.08),
    ("link_reach",): (0.0, 0.7, 0.95),
}


def losses(model: Model, cases: Cases, tempering: float = 1.0) -> tuple[Array, NDArray[np.intp]]:
    """Log score and rank of the truth of each case, own sources left out; each of shape (cases,)."""
    posterior = np.empty((len(cases), len(model.diagnoses)))
    for asked, members in by_sources(model, cases):
        p, _ = answers(asked.engine, [asked.coder.evidence(cases[k].panel) for k in members])
        if tempering != 1.0:
            log = tempering * np.log(p) + (1 - tempering) * np.log(model.prior)
            p = np.exp(log - log.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
        posterior[members] = p
    truth = np.array([model.diagnoses.index(c.truth) for c in cases])
    return log_scores(posterior, truth), ranks(posterior, truth)


def compare(model: Model, ways: Mapping[str, Cases], variants: Sequence[Variant] = ABLATIONS) -> list[dict[str, Any]]:
    """Each variant against the model.

    Args:
        model: the model.
        ways: name of a view -> its cases.
        variants: what to compare.

    Returns:
        list: one record per variant: name, and per view top1, log_score, difference (variant less model: mean, standard error).
    """
    whole = {name: losses(model, cases)[0] for name, cases in ways.items()}
    out = []
    for v in variants:
        record: dict[str, Any] = {"name": v.name, "views": {}}
        changed = v.model(model)
        for name, cases in ways.items():
            loss, rank = losses(changed, [v.case(c) for c in cases], v.tempering)
            record["views"][name] = {
                "top1": float((rank == 1).mean()),
                "log_score": float(loss.mean()),
                "difference": paired_difference(loss, whole[name]),
            }
        out.append(record)
    return out


def constant_table(model: Model, ways: Mapping[str, Cases], folds: int = 10, seed: int = 0) -> list[dict[str, Any]]:
    """How much each constant matters, and what choosing it here would have bought on cases not used for the choice.

    Papers are dealt into folds; for each fold the value with the best mean log score over all views on the other folds is taken.

    Args:
        model: the model with the constants as shipped.
        ways: name of a view -> the same cases seen that way, in the same order.
        folds (int): of the cross-validation over papers.
        seed (int): of the dealing.

    Returns:
        list: one record per constant: path, shipped value, differences per value and view, on held-out series, cross-validated.
    """
    first = next(iter(ways.values()))
    papers = {g: k for k, g in enumerate(dict.fromkeys(c.group or c.id for c in first))}
    deal = np.random.default_rng(seed).permutation(len(papers)) % folds
    fold = np.array([deal[papers[c.group or c.id]] for c in first])
    whole = {name: losses(model, cases)[0] for name, cases in ways.items()}
    out = []
    for path, values in CONSTANTS.items():
        shipped: Any = model.knowledge.network
        for key in path:
            shipped = shipped[key]
        by_value, series = {}, {}
        base = held_out(path, model.knowledge)
        for value in values:
            if base is not None:
                judged = held_out(path, with_constant(model.knowledge, path, value))
                assert judged is not None
                series[value] = clustered_difference(judged, base)
            if value == shipped:
                by_value[value] = whole
                continue
            changed = variant(model, with_constant(model.knowledge, path, value))
            by_value[value] = {name: losses(changed, cases)[0] for name, cases in ways.items()}
        total = {value: np.sum(list(found.values()), axis=0) for value, found in by_value.items()}
        chosen = {k: _best(total, fold != k) for k in range(folds)}
        unseen = {name: np.array([by_value[chosen[k]][name][n] for n, k in enumerate(fold)]) for name in ways}
        out.append(
            {
                "constant": ".".join(path),
                "shipped": shipped,
                "values": {
                    v: {n: paired_difference(found[n], whole[n]) for n in ways} for v, found in by_value.items()
                },
                "series": series,
                "chosen": {n: paired_difference(unseen[n], whole[n]) for n in ways},
            }
        )
    return out


def _best(total: Mapping[Any, Array], rows: NDArray[np.bool_]) -> Any:
    """The value with the lowest mean loss over some cases."""
    return min(total, key=lambda value: float(total[value][rows].mean()))
