"""Bare numbers on a scale: percent of cells, grades, H-score, Allred, immunoreactive score, legends.

A score is read for what it says about the share of stained cells, which is what `focal` and `diffuse` mean:

- H-score (McCarty 1985), the sum of intensity (1 to 3) times percent: the share lies between a third of it and itself.
- Allred (1998), proportion (1: under 1 %, 2: to 10 %, 3: to a third, 4: to two thirds, 5: more) plus intensity (1 to 3).
- Immunoreactive score (Remmele and Stegner 1987), proportion (1: under 10 %, 2: to 50 %, 3: to 80 %, 4: more) times intensity (1 to 3).
"""

from __future__ import annotations

import re

from imtdx.errors import PanelError
from imtdx.notation.names import MarkerLike
from imtdx.panel import Finding

__all__ = ["SCALES", "on_scale", "whole"]

#: Scale -> what it is called.
SCALES = {
    "percent": "percent",
    "grade": "0 to 3+",
    "binary": "0 negative, 1 positive",
    "h_score": "H-score, 0 to 300",
    "allred": "Allred score, 0 to 8",
    "irs": "immunoreactive score, 0 to 12",
    "codes": "codes",
}
#: Scale of a column of bare integers whose meaning stands elsewhere.
CODES = "codes"
_WHOLE = re.compile(r"(-?\d{1,6})\.0{1,6}")
_NUMBER = re.compile(r"\d{1,4}(?:[.,]\d{1,4})?")
_FIGURE = re.compile(
    r"([<>≤≥~]=?\s*)?\d{1,3}(?:[.,]\d{1,6})?(?:\s*(?:-|to|bis)\s*\d{1,3}(?:[.,]\d{1,6})?)?(?=\s*(?:\(|$))"
)
_ALLRED = {0: (0, 0), 2: (0, 1), 3: (0, 10), 4: (0, 33), 5: (1, 67), 6: (1, 100), 7: (33, 100), 8: (67, 100)}
_IRS = {
    0: (0, 0),
    1: (0, 10),
    2: (0, 50),
    3: (0, 80),
    4: (10, 100),
    6: (10, 80),
    8: (51, 100),
    9: (51, 80),
    12: (80, 100),
}


def whole(text: str) -> str:
    """A number that a program wrote with a decimal point, ``"1.0"``, as the integer it is; anything else as it is."""
    match = _WHOLE.fullmatch(text)
    return match[1] if match else text


def on_scale(marker: MarkerLike, bare: str, scale: str) -> Finding | str | None:
    """A cell on the scale of its column.

    Args:
        marker: of the column.
        bare (str): the cell, clean and without case.
        scale (str): see `headers.Column`.

    Returns:
        Finding | str | None: the finding; or the cell in notation that needs no scale; None where the scale says nothing.

    Raises:
        PanelError: a number that is not on the scale.
    """
    if not scale:
        return None
    if scale == "percent":
        figure = _FIGURE.match(bare)
        return f"{bare[: figure.end()]}%{bare[figure.end() :]}" if figure else None
    if not _NUMBER.fullmatch(bare):
        return None
    number = float(bare.replace(",", "."))
    if scale == CODES:
        raise PanelError(
            f"{bare} is a code, and what it means is not in the table",
            suggestion=f"say it with --map, such as '{marker.label}: {{marker: {marker.id}, codes: {{1: positive, 2: negative}}}}'",
        )
    if scale == "grade" and number in (0, 1, 2, 3) and marker.kind != "index":
        return f"{number:g}+" if number and marker.kind == "ihc" else None
    if scale == "binary" and number in (0, 1) and marker.kind != "index":
        return None
    if marker.kind == "ihc" and scale in ("h_score", "allred", "irs"):
        found = _scored(marker, number, scale)
        if found is not None:
            return found
    if number == 0 and scale.startswith("0-") and marker.kind != "index":
        return None
    what = SCALES.get(scale, f"a scale of {scale}, which is not known")
    raise PanelError(
        f"{bare} is not a result of {marker.label} on the scale of its column ({what})",
        suggestion="write +, -, focal or a percentage, or name the scale with --map",
    )


def _scored(marker: MarkerLike, number: float, scale: str) -> Finding | None:
    """The finding of a score, ``None`` for a number it cannot take."""
    low: float
    high: float
    if scale == "h_score":
        if number > 300:
            return None
        low, high = number / 3, min(number, 100.0)
    else:
        bounds = (_ALLRED if scale == "allred" else _IRS).get(int(number)) if number.is_integer() else None
        if bounds is None:
            return None
        low, high = bounds
    # Allred 2 is a weak stain of under 1 %, which is called negative here as there
    value = (
        "negative"
        if high == 0 or (scale == "allred" and high <= 1)
        else "focal"
        if high <= 50
        else "diffuse"
        if low >= 50
        else "positive"
    )
    return Finding(marker.id, value, low=float(low), high=float(high))
