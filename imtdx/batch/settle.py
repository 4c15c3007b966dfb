"""What the first rows of a table say of its columns: the scale of bare numbers, codes, fractions, which id tells rows apart.

A bare 1 means 1+ where the column holds 2 or 3 as well, and positive where it holds 0 and 1 only. That is settled once, from the first
`FIRST_ROWS` rows, so that it does not depend on how a table is cut into chunks, and nothing is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from imtdx.batch.columns import Layout, Role, code_hint, coded_export, named_role, raw_boxes
from imtdx.batch.factors import Factor
from imtdx.batch.told import cell_text
from imtdx.notation import Lexicon
from imtdx.notation.scales import whole

__all__ = ["FIRST_ROWS", "First", "fractions", "role_with_scale", "scale_of", "settle", "settle_names"]

#: Rows from the top of a table that settle the scale of its columns.
FIRST_ROWS = 100_000
_GRADE = re.compile(r"\+?[123]\+|\+[123]|[23]")
_INTEGER = re.compile(r"-?\d{1,3}")


class First:
    """The distinct cells of the first rows of a table, gathered chunk by chunk.

    Args:
        layout: of the table.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.rows = 0
        self.values: dict[int, dict[Any, None]] = {k: {} for k in layout.read()}

    def add(self, factors: Mapping[int, Factor], n: int) -> bool:
        """Take in a chunk; whether the first rows are complete."""
        left = FIRST_ROWS - self.rows
        if left > 0:
            for k, held in self.values.items():
                factor = factors[k]
                if n <= left:
                    held.update(dict.fromkeys(_hashable(factor.values)))
                else:
                    codes = np.unique(factor.codes[:left])
                    held.update(dict.fromkeys(_hashable([factor.values[c] for c in codes if c >= 0])))
            self.rows += n
        return self.rows >= FIRST_ROWS

    def settle(self, lexicon: Lexicon) -> tuple[Layout, list[str]]:
        """As `settle`."""
        return settle(self.layout, self.values, lexicon)


def _hashable(values: Sequence[Any]) -> list[Any]:
    return [v if v.__hash__ else str(v) for v in values]


def settle(layout: Layout, values: Mapping[int, Iterable[Any]], lexicon: Lexicon) -> tuple[Layout, list[str]]:
    """The layout with the scale of each column of a stain, and what is to be said about it.

    Args:
        layout: of the table.
        values: position -> distinct cells of the first rows.
        lexicon: knows the kinds of markers.
    """
    coded = coded_export(layout.headers)
    roles, remarks = list(layout.roles), []
    grades, signs, codes = [], [], []
    for k, role in enumerate(layout.roles):
        if role.kind not in ("marker", "sex", "site") or role.value or role.codes or k not in values:
            continue
        texts = {whole(t) for v in values[k] if (t := cell_text(v))}
        header = layout.headers[k]
        if role.kind != "marker":
            if coded and texts and all(_INTEGER.fullmatch(t) for t in texts):
                roles[k] = replace(role, unit="codes")
                codes.append(header)
            continue
        if fractions(texts):
            shown = ", ".join(sorted(t for t in texts if t not in ("0", "1"))[:3])
            remarks.append(
                f"column {header!r} holds numbers between 0 and 1 only ({shown}), and they are read as they stand, not as shares: "
                "if a program has turned percentages into fractions, multiply them by 100"
            )
        if role.unit:
            continue
        unit = scale_of(texts, lexicon.markers[role.marker].kind, coded)
        roles[k] = replace(role, unit=unit)
        if unit == "codes":
            codes.append(header)
        elif unit == "grade" and "1" in texts and lexicon.markers[role.marker].kind == "ihc":
            grades.append(header)
        elif unit == "binary":
            signs.append(header)
    if grades:
        remarks.append(f"read as grades, 1 as 1+ (focal), 2 and 3 as diffuse: {_some(grades)}")
    if signs:
        remarks.append(f"read as signs, 0 as negative and 1 as positive: {_some(signs)}")
    if codes:
        role = roles[layout.headers.index(codes[0])]
        example = f"{{marker: {role.marker}, codes: {{1: positive, 2: negative, 3: not done}}}}"
        if role.kind != "marker":
            example = f"{{role: {role.kind}, codes: {{1: {'male' if role.kind == 'sex' else 'stomach'}, 2: ...}}}}"
        remarks.append(
            f"not read, bare numbers in a raw REDCap export are codes: {_some(codes)}; say what they mean in a file given with --map, such "
            f"as '{codes[0]}: {example}'"
        )
    boxes = raw_boxes(layout)
    if boxes:
        remarks.append(f"not read: {code_hint(boxes)}")
    return replace(layout, roles=tuple(roles)), remarks


def scale_of(texts: set[str], kind: str, coded: bool = False) -> str:
    """The scale of the bare numbers of a column, empty where nothing tells it.

    Args:
        texts: its distinct cells.
        kind (str): of its marker.
        coded (bool): the table is a raw export whose numbers are codes.
    """
    if kind == "index":
        return ""
    if coded and texts and all(_INTEGER.fullmatch(t) for t in texts) and not ({"0"} <= texts <= {"0", "1"}):
        return "codes"
    if any(_GRADE.fullmatch(t) for t in texts):
        return "grade"
    return "binary" if "1" in texts else ""


def fractions(texts: set[str]) -> bool:
    """Whether the numbers of a column look like percentages that lost their sign: all within 0 to 1, one between."""
    numbers = [t for t in texts if re.fullmatch(r"\d*[.,]?\d+", t)]
    return any("." in t or "," in t for t in numbers) and all(float(t.replace(",", ".")) <= 1 for t in numbers)


def settle_names(texts: Mapping[str, set[str]], layout: Layout, lexicon: Lexicon) -> tuple[dict[str, Role], list[str]]:
    """The roles of the names in a long table with the scale of each marker, and what is to be said about it.

    Args:
        texts: name -> the distinct cells of the first rows.
        layout: of the table.
        lexicon: names of markers.
    """
    values, coded = layout.roles[layout.position("values")], coded_export(layout.headers)
    remarks = []
    roles = {name: role for name in texts if (role := named_role(name, values, lexicon)) is not None}
    together: dict[Role, set[str]] = {}
    for name, role in roles.items():
        together.setdefault(role, set()).update(texts[name])
        if role.kind == "marker" and fractions(texts[name]):
            remarks.append(
                f"{name!r} has numbers between 0 and 1 only, and they are read as they stand, not as shares: if a program has "
                "turned percentages into fractions, multiply them by 100"
            )
    return {name: role_with_scale(r, together[r], lexicon, coded) for name, r in roles.items()}, remarks


def role_with_scale(role: Role, texts: set[str], lexicon: Lexicon, coded: bool = False) -> Role:
    """The role of a marker with the scale its cells tell, for tables where a column holds many markers."""
    if role.kind != "marker" or role.unit or role.codes or role.value:
        return role
    return replace(role, unit=scale_of(texts, lexicon.markers[role.marker].kind, coded))


def _some(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
