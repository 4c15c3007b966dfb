"""What the stated judgement buys, on cases whose diagnosis is known: every variant that was tried, paired, with standard errors.

Also the open answer with each diagnosis left out in turn, panels with the answer an expert expects, and the readings of a language model
that answered from the same panels (`tests/data/anchor_readings.csv`).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.ablations import with_constant
from imtdx.engine import log_normalise
from imtdx.knowledge import UNLISTED
from imtdx.model import Model
from imtdx.orders import mentioned
from imtdx.validation import LabelledCase, read_cases
from imtdx.validation.asking import answers, by_sources
from imtdx.validation.metrics import auroc, log_scores, paired_difference, ranks

__all__ = [
    "KNOWN_TO_ANCHOR",
    "VARIANTS",
    "Scores",
    "anchor",
    "ask",
    "calibration",
    "compare",
    "experts",
    "left_out",
    "published",
    "sums",
]

Array = NDArray[np.float64]
Cases = Sequence[LabelledCase]

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
IMT = "imt"
BINS = 5


@dataclass(frozen=True)
class Scores:
    """What one way of answering made of some cases.

    Attributes:
        posterior: shape (cases, diagnoses).
        truth: index of the right diagnosis, shape (cases,).
        score: of IMT against the rest, the prior of IMT not in it, shape (cases,).
    """

    posterior: Array
    truth: NDArray[np.intp]
    score: Array
    imt: int

    @property
    def losses(self) -> Array:
        """-ln P(truth) of each case."""
        return log_scores(self.posterior, self.truth)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the truth came first."""
        out: NDArray[np.bool_] = ranks(self.posterior, self.truth) == 1
        return out

    @property
    def figures(self) -> dict[str, float]:
        """top-1, top-3, log score, AUROC of IMT, calibration error in five bins and its 95 % limit by chance."""
        rank = ranks(self.posterior, self.truth)
        error, limit = calibration(self.posterior.max(axis=1), self.right)
        return {
            "top1": float((rank == 1).mean()),
            "top3": float((rank <= 3).mean()),
            "log_score": float(self.losses.mean()),
            "auroc": auroc(self.score, self.truth == self.imt),
            "calibration_error": error,
            "limit": limit,
        }

    def rows(self, chosen: NDArray[np.bool_]) -> Scores:
        """Some of the cases."""
        return replace(self, posterior=self.posterior[chosen], truth=self.truth[chosen], score=self.score[chosen])


def calibration(stated: Array, right: NDArray[np.bool_], draws: int = 2000, seed: int = 0) -> tuple[float, float]:
    """Calibration error over five equal bins of the top probability, and what perfectly calibrated ones exceed in one of twenty."""
    member = np.eye(BINS)[np.minimum((stated * BINS).astype(int), BINS - 1)]

    def error(outcome: Array) -> Array:
        out: Array = np.abs((outcome - stated) @ member).sum(axis=1) / len(stated)
        return out

    chance = (np.random.default_rng(seed).random((draws, len(stated))) < stated).astype(float)
    return float(error(right[None, :].astype(float))[0]), float(np.quantile(error(chance), 0.95))


def published(model: Model, name: str) -> list[LabelledCase]:
    """The cases of one of the tables of published cases."""
    return read_cases(model, DATA / f"{name}.csv").cases


def ask(model: Model, cases: Cases, *, morphology: bool = True, complete: bool = False) -> Scores:
    """The answers of a model, own sources left out.

    Args:
        model: the model.
        cases: labelled cases.
        morphology (bool): whether the H&E features are told.
        complete (bool): whether what was asked for is evidence.
    """
    seen = [c if morphology else c.without_morphology(model.knowledge) for c in cases]
    n = len(cases)
    posterior, score = np.empty((n, len(model.diagnoses))), np.empty(n)
    for asked, members in by_sources(model, seen):
        evidence = [asked.coder.evidence(replace(seen[k].panel, complete=complete)) for k in members]
        posterior[members], score[members] = answers(asked.engine, evidence)
    truth = np.array([model.diagnoses.index(c.truth) for c in cases], dtype=np.intp)
    return Scores(posterior, truth, score, model.diagnoses.index(IMT))


# --- variants ----------------------------------------------------------------------------------------------------------


def _parts(*parts: str) -> Callable[[Model], Model]:
    def make(model: Model) -> Model:
        k = model.knowledge
        return Model(replace(k, judgement=k.judgement.only(*parts)), "referral")

    return make


def _constant(*path: str, to: Any) -> Callable[[Model], Model]:
    return lambda m: Model(with_constant(m.knowledge, path, to), "referral")


def _nodes(model: Model) -> Model:
    """``Ordered_<marker>`` nodes: each with the share p^t / (p^t + (1 - p)^t), so that the shares of a diagnosis add up to one."""
    out = Model(model.knowledge, "referral")
    orders = out.coder.orders
    assert orders is not None
    # log(share / (1 - share)) is the gain as it is; log(1 - share) is -log(1 + exp(gain))
    out.coder.__dict__["orders"] = replace(orders, base=-np.logaddexp(0.0, orders.gain).sum(axis=0))
    return out


#: What was tried: name -> how the model is made.
VARIANTS: Mapping[str, Callable[[Model], Model]] = {
    "shipped": lambda m: m,
    "counts alone, no judgement": lambda m: Model(m.knowledge.without_judgement(), "referral"),
    "judged rates alone": _parts("rates", "fusions", "ki67", "ordered"),
    "judged sites, ages and sexes alone": _parts("sites", "context", "ordered"),
    "without judged sites": _parts("rates", "fusions", "ki67", "context", "ordered"),
    "without judged ages and sexes": _parts("rates", "fusions", "ki67", "sites", "ordered"),
    "without judged fusion shares": _parts("rates", "ki67", "sites", "context", "ordered"),
    "without judged Ki-67": _parts("rates", "fusions", "sites", "context", "ordered"),
    "fixed weights instead of a robust prior": _constant("judgement", "trust", to={"A": 1, "B": 1, "C": 1}),
    "open part centred on the judged rate": _constant("judgement", "open", to="judged"),
    "trust 0.9 / 0.75 / 0.6": _constant("judgement", "trust", to={"A": 0.9, "B": 0.75, "C": 0.6}),
    "weights 50 / 30 / 15": _constant("judgement", "weight", to={"A": 50, "B": 30, "C": 15}),
    "weights 200 / 120 / 60": _constant("judgement", "weight", to={"A": 200, "B": 120, "C": 60}),
    "own mix of a site 0.5": _constant("judgement", "site", "own", to=0.5),
    "own mix of a site 0.85": _constant("judgement", "site", "own", to=0.85),
    "site counts over 60 pseudo-cases": _constant("judgement", "site", "weight", to=60),
    "site counts over 400 pseudo-cases": _constant("judgement", "site", "weight", to=400),
    "site counts from series of 3 sites": _constant("context", "series_sites", to=3),
    "own ages 0.5": _constant("judgement", "age", "own", to=0.5),
    "own ages 0.85": _constant("judgement", "age", "own", to=0.85),
    "power of what was asked for 0.3": _constant("judgement", "ordered_power", to=0.3),
    "power of what was asked for 0.7": _constant("judgement", "ordered_power", to=0.7),
    "power of what was asked for 1": _constant("judgement", "ordered_power", to=1.0),
    "what was asked for as nodes": _nodes,
    "IMT at 3 times its share": lambda m: _referral(m, 0.75),
    "IMT at 6 times its share": lambda m: _referral(m, 1.5),
    "links to the Frechet bounds": _constant("link_reach", to=0.995),
    "unlisted drawn 0.05 to even odds": _constant("unlisted", "shrink", to=0.05),
    "unlisted drawn 0.2 to even odds": _constant("unlisted", "shrink", to=0.2),
}


def _referral(model: Model, factor: float) -> Model:
    weights = dict(model.knowledge.priors["referral"].weights)
    weights[IMT] *= factor
    return Model(model.knowledge, weights)


def compare(model: Model, cases: Cases) -> list[dict[str, Any]]:
    """Every variant on the same cases, four ways: with and without H&E features, complete or not.

    Returns:
        list: per variant name, and per (morphology, complete) the figures and the paired difference of the log score (mean, standard error).
    """
    ways = [(m, c) for m in (False, True) for c in (False, True)]
    base = {w: ask(model, cases, morphology=w[0], complete=w[1]) for w in ways}
    out = []
    for name, make in VARIANTS.items():
        changed = make(model)
        record: dict[str, Any] = {"name": name, "ways": {}}
        for w in ways:
            s = base[w] if name == "shipped" else ask(changed, cases, morphology=w[0], complete=w[1])
            record["ways"][w] = s.figures | {"difference": paired_difference(s.losses, base[w].losses)}
        out.append(record)
    return out


# --- beside it ---------------------------------------------------------------------------------------------------------------


def anchor(model: Model, cases: Cases, morphology: bool) -> Scores:
    """What a language model made of the cases, on the answers it knew; it knew none of those added since, which were `unlisted` to it."""
    path = DATA / "anchor_readings.csv"
    with path.open(encoding="utf-8", newline="") as f:
        rows = {(r["case_id"], r["input"]): r for r in csv.DictReader(f)}
    known = {r[f"id{k}"] for r in rows.values() for k in range(1, 6)} - {""}
    old = [d for d in model.diagnoses if d in known or d in KNOWN_TO_ANCHOR]
    posterior = np.zeros((len(cases), len(old)))
    for n, c in enumerate(cases):
        row = rows[c.id, "with_he" if morphology else "stains"]
        told = {row[f"id{k}"]: float(row[f"p{k}"]) for k in range(1, 6) if row[f"id{k}"]}
        rest = max(1 - sum(told.values()), 1e-4) / (len(old) - len(told))
        posterior[n] = [told.get(d, rest) for d in old]
    posterior /= posterior.sum(axis=1, keepdims=True)
    truth = np.array([old.index(c.truth if c.truth in old else UNLISTED) for c in cases], dtype=np.intp)
    imt = old.index(IMT)
    return Scores(posterior, truth, np.log(posterior[:, imt] / (1 - posterior[:, imt])), imt)


#: The answers that the anchor readings could give.
KNOWN_TO_ANCHOR = frozenset(
    [
        "alcl_alk",
        "angiomatoid_fibrous_histiocytoma",
        "calcifying_fibrous_tumor",
        "dedifferentiated_liposarcoma",
        "desmoid",
        "dfsp",
        "eims",
        "epithelioid_fibrous_histiocytoma",
        "fdcs",
        "gist",
        "gnet",
        "ifp",
        "igg4rd",
        "imt",
        "infantile_fibrosarcoma",
        "leiomyoma",
        "leiomyosarcoma",
        "lgfms",
        "lgms",
        "low_grade_ess",
        "melanoma",
        "mpnst",
        "myofibroma",
        "myxoinflammatory_fibroblastic_sarcoma",
        "neurofibroma",
        "nodular_fasciitis",
        "ntrk_spindle",
        "pecoma",
        "plexiform_fibromyxoma",
        "rhabdomyosarcoma",
        "sarcomatoid_carcinoma",
        "schwannoma",
        "sft",
        "synovial_sarcoma",
        "ups",
        "unlisted",
    ]
)


def sums(model: Model, s: Scores) -> dict[str, dict[str, float]]:
    """Behaviour and lineage summed over the answers: share in which the right class comes first, and log score."""
    out = {}
    for kind in ("behaviour", "lineage"):
        names = [UNLISTED if d == UNLISTED else getattr(model.knowledge.diagnoses[d], kind) for d in model.diagnoses]
        classes = sorted(set(names))
        member = np.array([[n == c for c in classes] for n in names], dtype=float)
        p, truth = s.posterior @ member, np.array([classes.index(names[t]) for t in s.truth], dtype=np.intp)
        error, limit = calibration(p.max(axis=1), p.argmax(axis=1) == truth)
        out[kind] = {
            "first": float((p.argmax(axis=1) == truth).mean()),
            "log_score": float(log_scores(p, truth).mean()),
            "calibration_error": error,
            "limit": limit,
        }
    return out


def left_out(model: Model, cases: Cases, *, morphology: bool = True, complete: bool = True) -> dict[str, float]:
    """The open answer where the right diagnosis is taken off the list, for each case in turn.

    The prior of the diagnosis taken off goes to nobody in particular, and the average rates behind the open answer leave it out too.

    Returns:
        dict: AUROC of P(unlisted), left out against listed; share of the left out where it comes first; share of the listed lost to it.
    """
    k = model.knowledge
    listed = [c for c in cases if c.truth != UNLISTED]
    whole = ask(model, listed, morphology=morphology, complete=complete)
    place = model.diagnoses.index(UNLISTED)
    without = np.empty((len(listed), 2))
    for truth in {c.truth for c in listed}:
        rows = [n for n, c in enumerate(listed) if c.truth == truth]
        kept = {d: v for d, v in k.diagnoses.items() if d != truth}
        network = dict(k.network)
        network["site_dependent"] = [r for r in network["site_dependent"] if r["diagnosis"] != truth]
        network["links"] = [{**r, "counted": ""} if r.get("counted") == truth else r for r in network["links"]]
        fusion = dict(network["kinase_fusion"])
        fusion["stains"] = {
            m: {**r, "diagnosis": ""} if r.get("diagnosis") == truth else r for m, r in fusion["stains"].items()
        }
        network["kinase_fusion"] = fusion
        prior = {d: float(p) for d, p in zip(model.diagnoses, model.prior, strict=True) if d != truth}
        smaller = Model(replace(k, diagnoses=kept, network=network), prior)
        at = smaller.diagnoses.index(UNLISTED)
        seen = [listed[n] if morphology else listed[n].without_morphology(k) for n in rows]
        evidence = [smaller.coder.evidence(replace(c.panel, complete=complete)) for c in seen]
        p, _ = answers(smaller.engine, evidence) if IMT in smaller.diagnoses else (_posterior(smaller, evidence), None)
        without[rows, 0], without[rows, 1] = p[:, at], p.argmax(axis=1) == at
    both = np.concatenate([whole.posterior[:, place], without[:, 0]])
    return {
        "cases": float(len(listed)),
        "auroc": auroc(both, np.arange(len(both)) >= len(listed)),
        "first": float(without[:, 1].mean()),
        "lost": float((whole.posterior.argmax(axis=1) == place).mean()),
    }


def _posterior(model: Model, evidence: Sequence[Mapping[str, Array]]) -> Array:
    logs = np.array([model.engine.log_evidence(e) if e else np.zeros(len(model.diagnoses)) for e in evidence])
    return log_normalise(logs + np.log(model.prior))[0]


def experts(model: Model, complete: bool = False) -> list[dict[str, Any]]:
    """The panels with the answer an expert expects: id, group, the first answer, its probability, whether it is the expected or an acceptable one."""
    with (DATA / "expert_panels.csv").open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    out = []
    for r in rows:
        panel = model.panel(
            r["panel"], age=r["age"] or None, sex=r["sex"] or None, site=r["site"] or None,
            morphology=r["morphology"] or None, complete=complete,
        )  # fmt: skip
        p = model.engine.posterior(model.coder.evidence(panel))
        k = int(p.argmax())
        accepted = {r["expected"], *r["acceptable"].split(";")}
        out.append(
            {
                "id": r["id"],
                "group": r["group"],
                "first": model.diagnoses[k],
                "probability": float(p[k]),
                "expected": r["expected"],
                "sure": float(r["sure"]) / 100,
                "right": model.diagnoses[k] in accepted,
                "mentioned": len(mentioned(panel)),
            }
        )
    return out
