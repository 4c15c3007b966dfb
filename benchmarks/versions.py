"""What a change of the knowledge did: two versions of it on the same cases, paired.

    python -m benchmarks.versions OLD [NEW]

OLD and NEW are knowledge directories or git revisions; NEW is the working tree where it is left out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from benchmarks.ablations import losses
from benchmarks.heldout import clustered_difference, rate_losses
from benchmarks.validate import cohort_cases, published_cases
from imtdx.inspection.coverage import coverage
from imtdx.model import Model, load
from imtdx.validation import LabelledCase
from imtdx.validation.metrics import paired_difference

ROOT = Path(__file__).parent.parent
LARGEST = 8


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
        (x, rank_x), (y, rank_y) = losses(old, cases), losses(new, after[view])
        mean, error = paired_difference(y, x)
        print(
            f"{view}: {len(cases)} cases; first {int((rank_x == 1).sum())} -> {int((rank_y == 1).sum())}, "
            f"among three {int((rank_x <= 3).sum())} -> {int((rank_y <= 3).sum())}; "
            f"log score {x.mean():.3f} -> {y.mean():.3f}, paired {mean:+.3f} ± {error:.3f}"
        )
        order = sorted(range(len(cases)), key=lambda k: -abs(float(y[k] - x[k])))[:LARGEST]
        print("  most changed: " + ", ".join(f"{cases[k].id} {y[k] - x[k]:+.2f}" for k in order))
    return 0


if __name__ == "__main__":
    sys.exit(main())
