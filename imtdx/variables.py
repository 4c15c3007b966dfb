"""The variables of the network: their names, their states and what they hang on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "AGE",
    "COMPLETE",
    "DIAGNOSIS",
    "FUSION",
    "ORDERED",
    "SEX",
    "SITE",
    "STAIN_STATES",
    "TEST_STATES",
    "TISSUE",
    "TISSUE_STATES",
    "Node",
]

#: Not a variable: the evidence that lies in which stains were asked for, as a likelihood over Diagnosis (virtual evidence).
ORDERED = "Ordered"
#: Not a variable either: whether a row of a table tells every stain that was asked for.
COMPLETE = "Complete"
STAIN_STATES = ("negative", "focal", "diffuse")
TEST_STATES = ("negative", "positive")
TISSUE_STATES = ("adequate", "compromised")
#: Names of the variables that are not markers.
DIAGNOSIS, TISSUE, FUSION, SITE, AGE, SEX = (
    "Diagnosis", "TissueQuality", "KinaseFusion", "Site", "AgeBand", "Sex",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A variable of the network other than Diagnosis and TissueQuality.

    Attributes:
        name: marker id, or KinaseFusion, Site, AgeBand, Sex.
        states: state names.
        tissue: whether TissueQuality is a parent.
        parent: the one further parent, or ``None``.
    """

    name: str
    states: tuple[str, ...]
    tissue: bool = False
    parent: str | None = None
