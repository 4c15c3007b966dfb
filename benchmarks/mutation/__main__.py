"""``python -m benchmarks.mutation [--rooms network,tables] [--sample 400 | --all] [--seed 0]``: how many small faults the tests notice."""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from benchmarks.mutation.changes import OPERATORS, Change, changes
from benchmarks.mutation.rooms import ROOMS, Module, modules
from benchmarks.mutation.run import Outcome, Runner

ROOT = Path(__file__).parents[2]

Work = list[tuple[Module, Change]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--rooms", default="", help=f"of {', '.join(ROOMS)}; all by default")
    parser.add_argument("--modules", default="", help="only modules whose path contains one of these words")
    parser.add_argument("--tests", default="", help="only tests whose path contains this word, for a quick look")
    parser.add_argument("--sample", type=int, default=400, help="faults tried, spread over rooms and operators")
    parser.add_argument("--all", action="store_true", help="every fault (hours)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--again", type=Path, help="only the survivors that the output of an earlier run names")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin none after so long")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="count the faults and try none")
    parser.add_argument("--json", type=Path, help="write every outcome")
    options = parser.parse_args()
    if options.list:
        found, every, spared, _ = _faults(ROOT, options)
        print(f"{len(every)} small faults in {len(found)} modules, {len(spared)} of them equivalent")
        for room, n in Counter(m.room for m, _ in every).items():
            print(f"  {room:10s} {n:6d}")
        return 0
    began = time.monotonic()
    with Runner(ROOT, options.workers) as runner:
        found, every, spared, work = _faults(runner.original, options)
        if options.again:
            named = options.again.read_text(encoding="utf-8")
            work = [(m, c) for m, c in work if _named(m, c, named)]
        chosen = work if options.all or options.again else _sample(work, options.sample, options.seed)
        head = (
            f"{len(every)} small faults in {len(found)} modules, {len(spared)} of them equivalent, {len(chosen)} tried"
        )
        print(head, flush=True)
        for test, why in runner.normal(list(dict.fromkeys(m for m, _ in chosen))).items():
            print(f"left out, since it fails without any fault: {test}: {why}", flush=True)
        print(f"timed the tests without any fault, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        done = 0

        def tell(outcome: Outcome) -> None:
            nonlocal done
            done += 1
            if outcome.how == "survived" and outcome.change:
                print(f"survived {_place(outcome)}", file=sys.stderr, flush=True)
            if done % 20 == 0:
                print(f"{done} of {len(chosen)}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

        outcomes = runner.outcomes(chosen, tell, began + 60 * options.minutes)
    _report(outcomes)
    if options.json:
        records = [
            {
                "module": str(o.module.path),
                "room": o.module.room,
                "how": o.how,
                "seconds": round(o.seconds, 1),
                "failure": o.failure,
                **vars(o.change),
            }
            for o in outcomes
            if o.change
        ]
        options.json.write_text(json.dumps(records, indent=1), encoding="utf-8")
    return 0


def _faults(root: Path, options: argparse.Namespace) -> tuple[list[Module], Work, Work, Work]:
    """Modules, all their faults, those that change nothing, and those that do."""
    rooms, words = (tuple(filter(None, text.split(","))) for text in (options.rooms, options.modules))
    found = [m for m in modules(root, rooms) if not words or any(w in m.path.as_posix() for w in words)]
    if options.tests:
        found = [replace(m, tests=t) for m in found if (t := tuple(x for x in m.tests if options.tests in str(x)))]
    every: Work = [(m, c) for m in found for c in changes((root / m.path).read_text(encoding="utf-8"))]
    known = _equivalent()
    spared = [(m, c) for m, c in every if _reason(known, m, c)]
    return found, every, spared, [(m, c) for m, c in every if not _reason(known, m, c)]


def _sample(work: Work, n: int, seed: int) -> Work:
    """``n`` faults; every room gives its share, and within a room every operator, rare ones at least one each."""
    rng = random.Random(seed)
    cells: dict[tuple[str, str], Work] = defaultdict(list)
    for module, change in work:
        cells[module.room, change.operator].append((module, change))
    order: list[tuple[float, int, tuple[Module, Change]]] = []
    for members in cells.values():
        rng.shuffle(members)
        # the k-th of a cell comes when that share of the cell is due, so that any n is spread alike
        order += [
            ((k + rng.random()) / len(members) if k else 0.0, rng.randrange(1 << 30), x) for k, x in enumerate(members)
        ]
    return [x for _, _, x in sorted(order, key=lambda o: o[:2])[:n]]


def _equivalent() -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = yaml.safe_load(
        (Path(__file__).parent / "equivalent.yaml").read_text(encoding="utf-8")
    )
    return records


def _reason(known: list[dict[str, Any]], module: Module, change: Change) -> str:
    """Why a change changes nothing; empty for one that is not known to."""
    stem = module.path.with_suffix("").as_posix()
    for record in known:
        if (
            stem.endswith("/" + record["module"])
            and record["scope"] == change.scope
            and record["change"] == change.text
        ):
            return str(record["reason"])
    return ""


def _place(outcome: Outcome) -> str:
    c = outcome.change
    assert c is not None
    return f"{outcome.module.path}:{c.line} {c.scope} ({c.operator}): {c.text}"


def _named(module: Module, change: Change, text: str) -> bool:
    """Whether an output names a fault, on whatever line it stood then."""
    words = re.escape(f"{change.scope} ({change.operator}): {change.text}")
    return re.search(rf"{re.escape(str(module.path))}:\d+ {words}$", text, re.MULTILINE) is not None


def _report(outcomes: list[Outcome]) -> None:
    survivors = [o for o in outcomes if o.how == "survived"]
    if survivors:
        print("\nSurvived:")
        for o in sorted(survivors, key=_place):
            print(f"  {_place(o)}")
    print()
    for title, key, names in (
        ("room", lambda o: o.module.room, tuple(ROOMS)),
        ("operator", lambda o: o.change.operator, OPERATORS),
    ):
        print(f"  {title:12s} tried  caught  of them never ended  share")
        for name in (*names, "all"):
            mine = [o for o in outcomes if name == "all" or key(o) == name]
            if not mine:
                continue
            caught, timeouts = sum(o.how != "survived" for o in mine), sum(o.how == "timeout" for o in mine)
            print(f"  {name:12s} {len(mine):5d} {caught:7d} {timeouts:20d} {100 * caught / len(mine):6.1f} %")
        print()


if __name__ == "__main__":
    sys.exit(main())
