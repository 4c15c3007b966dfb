"""Which modules are changed, and which tests hold each.

Modules are found by pattern, so that a module that moves into the folder of its room is found there; tests are named by the end of a module's path,
the longest that fits. What has no tests of its own is held by those of its room.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Module", "modules"]

#: Room -> patterns under imtdx/, without ending. A pattern that matches nothing is passed over.
ROOMS = {
    "network": (
        "rates", "distributions", "drivers", "structure", "cpts", "priors", "network", "judgement", "network/*",
    ),
    "inference": ("engine", "intervals", "coding", "batch/engine", "batch/tables", "batch/intervals", "inference/*"),
    "answer": (
        "advice", "information", "stock", "workup", "conflict", "flags", "contributions", "merging", "case",
        "batch/flags", "batch/conflict", "answer/*",
    ),
    "cases": (
        "scoring", "batch/columns", "batch/vocabulary", "batch/scorer", "batch/long", "batch/factors", "batch/results",
        "cases/*",
    ),
    "tables": ("tables/*",),
}  # fmt: skip
#: Modules of those patterns that only write or show.
LEFT_OUT = frozenset({"__init__", "interchange", "words", "reasons", "variables", "progress"})

#: Room -> tests of every module in it, quickest first.
ROOM_TESTS = {
    "network": ("arithmetic/test_pooling", "arithmetic/test_conditional_tables", "arithmetic/test_fusion_fit", "test_rates", "test_network"),
    "inference": ("arithmetic/test_evidence_and_inference", "test_engine"),
    "answer": ("arithmetic/test_limits_of_remarks", "arithmetic/test_worth_of_tests", "test_flags"),
    "cases": ("arithmetic/test_rows_and_cases", "test_batch", "test_score_cli", "test_tables_formats", "test_tables_losses"),
    "tables": ("arithmetic/test_rows_and_cases", "test_tables_formats", "test_tables_losses", "test_tables_safety"),
}  # fmt: skip
#: End of a module's path -> its own tests.
OWN_TESTS = {
    "rates": ("arithmetic/test_pooling", "test_rates"),
    "distributions": ("arithmetic/test_context_and_index",),
    "drivers": ("arithmetic/test_fusion_fit",),
    "cpts": ("arithmetic/test_conditional_tables", "arithmetic/test_fusion_fit", "arithmetic/test_context_and_index", "test_network"),
    "structure": ("arithmetic/test_fusion_fit", "arithmetic/test_conditional_tables", "test_network"),
    "network": ("arithmetic/test_conditional_tables", "test_network"),
    "priors": ("arithmetic/test_prior",),
    "intervals": ("arithmetic/test_evidence_and_inference", "arithmetic/test_pooling", "test_rates"),
    "batch/engine": ("arithmetic/test_many_at_once", "test_batch"),
    "batch/tables": ("arithmetic/test_many_at_once", "test_batch"),
    "batch/intervals": ("test_batch",),
    "contributions": ("arithmetic/test_evidence_and_inference", "test_contributions"),
    "conflict": ("arithmetic/test_limits_of_remarks", "arithmetic/test_worth_of_tests", "test_conflict"),
    "flags": ("arithmetic/test_limits_of_remarks", "test_flags"),
    "batch/flags": ("arithmetic/test_limits_of_remarks", "test_batch"),
    "batch/conflict": ("arithmetic/test_limits_of_remarks", "arithmetic/test_rows_and_cases", "test_batch"),
    "advice": ("arithmetic/test_worth_of_tests", "test_advice"),
    "information": ("arithmetic/test_worth_of_tests", "test_advice"),
    "stock": ("arithmetic/test_worth_of_tests", "test_advice"),
    "workup": ("test_advice",),
    "merging": ("test_merging",),
}  # fmt: skip


@dataclass(frozen=True)
class Module:
    """A module to be changed.

    Attributes:
        room: its room.
        path: from the root of the project.
        tests: files from the root of the project, quickest first.
    """

    room: str
    path: Path
    tests: tuple[Path, ...]


def modules(root: Path, rooms: tuple[str, ...] = ()) -> list[Module]:
    """The modules of some rooms, of all when none is named.

    Raises:
        SystemExit: a room that is not known, or one without modules or tests.
    """
    out: list[Module] = []
    for room in rooms or tuple(ROOMS):
        if room not in ROOMS:
            raise SystemExit(f"unknown room {room!r}; use {', '.join(ROOMS)}")
        paths = sorted({p for pattern in ROOMS[room] for p in (root / "imtdx").glob(f"{pattern}.py")})
        found = [p for p in paths if p.stem not in LEFT_OUT]
        if not found:
            raise SystemExit(f"no module matches the patterns of {room}; see {__file__}")
        for path in found:
            out.append(Module(room, path.relative_to(root), _tests(root, room, path)))
    return out


def _tests(root: Path, room: str, path: Path) -> tuple[Path, ...]:
    stem = path.relative_to(root / "imtdx").with_suffix("").as_posix()
    fitting = [k for k in OWN_TESTS if stem == k or stem.endswith(f"/{k}")]
    names = OWN_TESTS[max(fitting, key=len)] if fitting else ROOM_TESTS[room]
    tests = tuple(Path("tests") / f"{name}.py" for name in names)
    there = tuple(t for t in tests if (root / t).exists())
    if not there:
        raise SystemExit(f"none of the tests of {stem} is there: {', '.join(map(str, tests))}; see {__file__}")
    return there
