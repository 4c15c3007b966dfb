"""Results of the laboratory system as rows of a long table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from imtdx.batch.told import Problem
from imtdx.tables.chunks import Known

__all__ = ["EXTRA", "INTERPRETATION", "Rows", "name_of", "years"]

EXTRA = "pip install 'imtdx[lis]'"
#: HL7 interpretation codes -> words of the notation. "ND" is "not detected" there, and "not done" in reports.
INTERPRETATION = {
    "POS": "positive", "NEG": "negative", "IND": "equivocal", "DET": "positive", "ND": "negative", "E": "equivocal", "WR": "weak positive",
    "RR": "positive", "NR": "negative",
}  # fmt: skip


@dataclass
class Rows:
    """Rows of the long table, and what is to be said of some."""

    rows: list[list[Any]] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)

    def add(self, case: str, name: str, value: Any) -> None:
        """One result."""
        self.rows.append([case, name, value])

    def refuse(self, case: str, name: str, value: str, why: str, hint: str = "") -> None:
        """A result that is not read."""
        self.problems.append((len(self.rows), Problem(f"{name}: {value}"[:200] if value else name, why, hint)))
        self.rows.append([case, None, None])


def name_of(names: Iterable[str], known: Known) -> str:
    """The first of some names that is understood; the first of all where none is."""
    told = [n for n in dict.fromkeys(" ".join(n.split()) for n in names) if n]
    for name in told:
        for one in _plainer(name):
            if known([one]):
                return one
    return told[0] if told else ""


def _plainer(name: str) -> Iterator[str]:
    """A name, and the name of the stain within a LOINC display: "ALK Ag [Presence] in Tissue by Immune stain"."""
    yield name
    short = re.sub(r"\s*\[.*", "", name)
    yield short
    yield re.sub(r"\s+(?:Ag|protein|gene rearrangements?|gene)\Z", "", short)


def years(born: str, then: str) -> float | None:
    """Age in years from two dates as YYYY[-MM[-DD]] or YYYYMMDD."""
    dates = [re.match(r"(\d{4})-?(\d{2})?-?(\d{2})?", text or "") for text in (born, then)]
    if not all(dates):
        return None
    a, b = ((int(m[1]) + (int(m[2] or 7) - 1) / 12 + (int(m[3] or 1) - 1) / 365.25) for m in dates if m)
    return round(b - a, 2) if b >= a else None
