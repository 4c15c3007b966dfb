"""What a column of a case table holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["IGNORE", "WORDS", "Role", "shorten"]

#: What a columns.yaml may call a column besides a marker.
WORDS = ("age", "sex", "site", "morphology", "panel", "complete", "id", "ignore")


@dataclass(frozen=True, slots=True)
class Role:
    """What a column holds.

    Attributes:
        kind: ``"marker"``, ``"age"``, ``"sex"``, ``"site"``, ``"morphology"``, ``"panel"``, ``"complete"``
            (whether the row tells all that was asked for), ``"id"``, ``"clone"``
            (of the stain in another column), ``"ignore"``; in a long table also ``"names"`` and ``"values"``.
        marker: marker id of a ``"marker"`` or ``"clone"`` column.
        unit: unit of an age that the header told, such as ``"months"``; scale of the bare numbers of a marker, see
            `imtdx.notation.headers.Column`.
        value: of a checkbox, what a tick says.
        codes: (code, word): what the codes of the column mean.
    """

    kind: str
    marker: str = ""
    unit: str = ""
    value: str = ""
    codes: tuple[tuple[str, str], ...] = ()


IGNORE = Role("ignore")


def shorten(names: Sequence[str], most: int = 12) -> str:
    """Some names in words."""
    shown = ", ".join(n if len(n) <= 40 else n[:37] + "..." for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
