"""What if a finding were otherwise, and which test would tell most next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imtdx.differential import Differential

__all__ = ["NextTest", "NextTests", "WhatIf", "next_tests", "what_if"]

_FLIP = {"negative": "positive", "positive": "negative", "focal": "negative", "diffuse": "negative", "equivocal": "positive"}


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One finding otherwise.

    Attributes:
        marker: marker id.
        change: "removed", or the value it was flipped to.
        top: id of the first diagnosis then.
        p_top, p_imt: its probability and that of IMT then.
        decisive: the first place changes.
    """

    marker: str
    change: str
    top: str
    p_top: float
    p_imt: float
    decisive: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class NextTest:
    """One test not yet done.

    Attributes:
        bits: expected information about the diagnosis (bits).
        bits_imt: expected information about IMT or not (bits).
        changes_first: chance that the result changes the first diagnosis (probability).
        results: per result: its probability and the first three diagnoses then.
        why: a sentence.
    """

    marker: str
    label: str
    bits: float
    bits_imt: float
    changes_first: float
    results: tuple[dict[str, Any], ...]
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {"results": list(self.results)}


@dataclass(frozen=True, slots=True)
class NextTests:
    """Tests worth considering, best first, or a reason to stop."""

    tests: tuple[NextTest, ...]
    stop: str = ""

    def __iter__(self) -> Any:
        return iter(self.tests)

    def __len__(self) -> int:
        return len(self.tests)

    def __getitem__(self, k: int) -> NextTest:
        return self.tests[k]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"tests": [t.to_dict() for t in self.tests], "stop": self.stop}


def what_if(dx: Differential) -> list[WhatIf]:
    """Each informative finding flipped and removed."""
    m, out = dx.model, []
    first = int(dx.posterior.argmax())
    imt = m.index("imt") if "imt" in m.diagnoses else first
    for finding in dx.panel.informative:
        if finding.marker not in m.network.nodes:
            continue
        panels = [("removed", dx.panel.without(finding.marker))]
        if finding.value in _FLIP:
            flipped = replace(finding, value=_FLIP[finding.value], pattern=None)
            panels.append((flipped.value, dx.panel.with_finding(flipped)))
        for change, panel in panels:
            p = m.engine.posterior(m.coder.evidence(panel))
            top = int(p.argmax())
            out.append(WhatIf(finding.marker, change, m.diagnoses[top], float(p[top]), float(p[imt]), top != first))
    return out


def next_tests(dx: Differential, k: int = 5) -> NextTests:
    """Expected information of every test not yet done."""
    raise NotImplementedError
