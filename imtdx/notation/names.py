"""What a name and a word of a report are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["MarkerLike", "Name", "Word"]


class MarkerLike(Protocol):
    """What a marker must tell about itself."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def genes(self) -> tuple[str, ...]: ...
    @property
    def clones(self) -> tuple[str, ...]: ...
    @property
    def synonyms(self) -> tuple[str, ...]: ...
    @property
    def sense(self) -> str: ...


# no slots: the cached words load twice as fast without
@dataclass(frozen=True)
class Name:
    """Something a result can be about.

    Attributes:
        label: as written in the knowledge.
        marker: marker id, empty for a stain or gene the model does not know.
        gene: gene symbol whose rearrangement, amplification or mutation a genetic word would mean.
        clone: antibody clone, where the name is one.
        direct: a positive result of the marker itself is meant (``H3K27ME3_LOSS``), not of its antigen.
        kind: kind of the marker; ``"gene"``, ``"stain"`` or ``"group"`` where there is none.
        also: further markers of a fusion that belongs to several.
    """

    label: str
    marker: str = ""
    gene: str = ""
    clone: str = ""
    direct: bool = False
    kind: str = "stain"
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Word:
    """A word of the grammar: its role (``"value"``, ``"extent"``, ``"not"`` ...) and what it says."""

    role: str
    what: str = ""
