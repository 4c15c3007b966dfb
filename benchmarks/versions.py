"""What a change of the knowledge did: two versions of it on the same cases, paired.

    python -m benchmarks.versions OLD [NEW]

OLD and NEW are knowledge directories or git revisions; NEW is the working tree where it is left out. Every case and expert panel whose first answer
changed is named, with the findings (log10 weight of evidence, new less old) that moved it. An old report is made again by the knowledge whose
sha256 it names: ``git log -- knowledge`` finds the revision, ``imtdx.load(knowledge=...)`` reads it.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np

from benchmarks.ablations import losses
from benchmarks.heldout import clustered_difference, rate_losses
from benchmarks.validate import cohort_cases, published_cases
from imtdx.inspection.coverage import coverage
from imtdx.answer.contributions import weights_of_evidence
from imtdx.model import Model, load
from imtdx.panel import Panel
from imtdx.validation import LabelledCase, read_cases
from imtdx.validation.metrics import paired_difference

ROOT = Path(__file__).parent.parent
LARGEST = 8
DATA = ROOT / "tests" / "data"


def directory(version: str, scratch: Path) -> Path:
    """The knowledge directory of a version; a git revision is unpacked under ``scratch``.

    Args:
        version: a directory or a git revision.
        scratch: where to unpack.

    Raises:
        SystemExit: neither a directory nor a revision with a knowledge/ folder.
    """
    if Path(version).is_dir():
        return Path(version)
    done = subprocess.run(["git", "-C", str(ROOT), "archive", version, "knowledge"], capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{version!r} is neither a directory nor a git revision: {done.stderr.decode().strip()}")
    place = scratch / version.replace("/", "_")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as tar:
        tar.extractall(place, filter="data")
    return place / "knowledge"


def cases_of(model: Model) -> dict[str, list[LabelledCase]]:
    """The labelled cases by view, read with one version's words."""
    whole = published_cases(model).cases
    return {
        "published, without H&E": [c.without_morphology(model.knowledge) for c in whole],
        "published, with H&E": whole,
        "founding cohort": cohort_cases(model).cases,
        "further cases, with H&E": read_cases(model, DATA / "published_cases_2.csv").cases,
    }


def main() -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new", nargs="?", default=str(ROOT / "knowledge"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        old, new = (load(knowledge=directory(v, Path(scratch))) for v in (args.old, args.new))
    for name, model in (("old", old), ("new", new)):
        report = coverage(model)
        print(
            f"{name}: {len(model.diagnoses)} answers, {len(model.knowledge.sources)} sources, cells evidenced "
            f"{100 * report.total.share:.1f} % (of {report.total.cells}), leading {100 * report.leading_share:.1f} %"
        )
    a, b = rate_losses(old.knowledge), rate_losses(new.knowledge)
    common = a.keys() & b.keys()
    mean, error = clustered_difference({k: b[k] for k in common}, {k: a[k] for k in common})
    print(
        f"published series, each predicted by the others: {len(common)} counts in both versions, "
        f"-ln probability of one case, paired {mean:+.4f} ± {error:.4f}"
    )
    before, after = cases_of(old), cases_of(new)
    for view, cases in before.items():
        # a case whose diagnosis was added since is none of the old version's
        told = {c.id for c in cases}
        after[view] = [c for c in after[view] if c.id in told]
        (x, rank_x), (y, rank_y) = losses(old, cases), losses(new, after[view])
        mean, error = paired_difference(y, x)
        print(
            f"{view}: {len(cases)} cases; first {int((rank_x == 1).sum())} -> {int((rank_y == 1).sum())}, "
            f"among three {int((rank_x <= 3).sum())} -> {int((rank_y <= 3).sum())}; "
            f"log score {x.mean():.3f} -> {y.mean():.3f}, paired {mean:+.3f} ± {error:.3f}"
        )
        order = sorted(range(len(cases)), key=lambda k: -abs(float(y[k] - x[k])))[:LARGEST]
        print("  most changed: " + ", ".join(f"{cases[k].id} {y[k] - x[k]:+.2f}" for k in order))
        for a_case, b_case in zip(cases, after[view], strict=True):
            line = first_changed(old, new, a_case.panel, b_case.panel)
            if line:
                print(f"  {b_case.id}, {b_case.truth}: {line}")
    print("expert panels:")
    for name, a_panel, b_panel in zip(expert_names(), expert_panels(old), expert_panels(new), strict=True):
        line = first_changed(old, new, a_panel, b_panel)
        if line:
            print(f"  {name}: {line}")
    return 0


def expert_names() -> list[str]:
    """Id and expected answer of the panels with the answer an expert expects."""
    with (DATA / "expert_panels.csv").open(encoding="utf-8", newline="") as f:
        return [f"{r['id']}, {r['expected']}" for r in csv.DictReader(f)]


def expert_panels(model: Model) -> list[Panel]:
    """The same panels, read with one version's words."""
    with (DATA / "expert_panels.csv").open(encoding="utf-8", newline="") as f:
        return [
            model.panel(
                r["panel"], age=r["age"] or None, sex=r["sex"] or None, site=r["site"] or None, morphology=r["morphology"] or None
            )
            for r in csv.DictReader(f)
        ]


def first_changed(old: Model, new: Model, before: Panel, after: Panel) -> str:
    """What the first answer was and is, and what moved it; empty where it is the same.

    The reasons are the prior and the findings whose weight of evidence for the new answer against the old one grew most.

    Args:
        old, new: the two versions.
        before, after: the panel as each reads it.
    """
    asked = {m: m.coder.evidence(p) for m, p in ((old, before), (new, after))}
    tops = {}
    for m, evidence in asked.items():
        p = m.engine.posterior(evidence) if evidence else m.prior
        tops[m] = (m.diagnoses[int(p.argmax())], float(p.max()))
    (was, p_was), (now, p_now) = tops[old], tops[new]
    if was == now:
        return ""
    words = f"{was} {p_was:.2f} -> {now} {p_now:.2f}"
    if now not in old.diagnoses or was not in new.diagnoses:
        return f"{words}: an answer {'added' if now not in old.diagnoses else 'dropped'} since"
    weights = {
        m: weights_of_evidence(m.engine, e, m.index(now), m.index(was))
        | {"the prior": float(np.log10(m.prior[m.index(now)] / m.prior[m.index(was)]))}
        for m, e in asked.items()
    }
    moved = {k: weights[new].get(k, 0.0) - weights[old].get(k, 0.0) for k in weights[new] | weights[old]}
    most = sorted(moved, key=lambda k: -moved[k])[:3]
    return f"{words}: " + ", ".join(f"{k} {moved[k]:+.2f}" for k in most if moved[k] > 0.02)


if __name__ == "__main__":
    sys.exit(main())
