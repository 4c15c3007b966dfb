"""What the columns of a case table are: headers to roles, for wide, long and free-text layouts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from imtdx.batch.column_map import find_header_name, mapped
from imtdx.batch.headings import ID, PANEL, PATIENT, SAMPLE, context_role, id_name, key, panel_name
from imtdx.batch.roles import IGNORE, Role, shorten
from imtdx.errors import TableError
from imtdx.notation import Lexicon, read_column, read_legend

__all__ = [
    "IGNORE",
    "Layout",
    "Role",
    "assign_roles",
    "code_hint",
    "coded_export",
    "context_role",
    "detect_layout",
    "id_name",
    "key",
    "named_role",
    "panel_name",
    "raw_boxes",
    "unfit",
]

_LONG_MARKER = ("marker", "stain", "antibody", "test")
_LONG_VALUE = ("value", "result", "finding")
#: What no reader should take for a result: a hyphen of a date is no minus.
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}([-/.])\d{1,2}\3(\d{4}|\d{2})( .*)?"
    r"|(\d{1,2}[- .])?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[- ]\d{2,4}"
    r"|\d{1,2}[- .](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|\d{1,2}:\d{2}(:\d{2}.*)?)",
    re.IGNORECASE,
)
_TIMES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
_ERRORS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
    | {"#BEZUG!", "#NV", "#WERT!", "#ZAHL!"}
)


@dataclass(frozen=True)
class Layout:
    """A table's columns and what they hold.

    Attributes:
        headers: as in the table.
        roles: one per header.
        form: ``"wide"``, ``"long"`` or ``"panel"`` (only free text tells findings).
        id_told (bool): the id column was named, not found.
    """

    headers: tuple[str, ...]
    roles: tuple[Role, ...]
    form: str
    id_told: bool = False

    @property
    def sample_column(self) -> int | None:
        """Position of a column of samples beside an id column of patients, who may have several."""
        if self.id_told or self.form == "long" or self.id_column is None:
            return None
        if key(self.headers[self.id_column]) not in PATIENT:
            return None
        keys = [key(h) if r == IGNORE else "" for h, r in zip(self.headers, self.roles, strict=True)]
        return next((keys.index(name) for name in SAMPLE if name in keys), None)

    @property
    def id_column(self) -> int | None:
        """Position of the id column."""
        return next((k for k, r in enumerate(self.roles) if r.kind == "id"), None)

    @property
    def id_name(self) -> str:
        """Header of the id column in the output; ``row`` when the table has none."""
        return "row" if self.id_column is None else self.headers[self.id_column] or "id"

    def used(self) -> tuple[int, ...]:
        """Positions of the columns that tell something about a case."""
        return tuple(k for k, r in enumerate(self.roles) if r.kind not in ("id", "ignore", "names", "values", "clone"))

    def read(self) -> tuple[int, ...]:
        """Positions of the columns that are read: those of `used` and those that name clones."""
        return tuple(k for k, r in enumerate(self.roles) if r.kind not in ("id", "ignore", "names", "values"))

    def clone_of(self, position: int) -> int | None:
        """Position of the column that names the clones of a stain's column, ``None`` without one."""
        role = self.roles[position]
        if role.kind != "marker":
            return None
        wanted = Role("clone", role.marker)
        return next((k for k, r in enumerate(self.roles) if r == wanted), None)

    def position(self, kind: str) -> int:
        """Position of the first column of a kind."""
        return next(k for k, r in enumerate(self.roles) if r.kind == kind)

    def describe(self) -> str:
        """One line: the layout and which columns are what."""
        groups: list[tuple[str, list[str]]] = []
        stains = [
            f"{h} ({r.marker})" if h != r.marker else h
            for h, r in zip(self.headers, self.roles, strict=True)
            if r.kind == "marker"
        ]
        groups.append(("stains", stains))
        groups.append(
            (
                "free text",
                [h for h, r in zip(self.headers, self.roles, strict=True) if r.kind in ("panel", "morphology")],
            )
        )
        groups.append(
            ("markers in", [h for h, r in zip(self.headers, self.roles, strict=True) if r.kind in ("names", "values")])
        )
        groups.append(
            ("context", [h for h, r in zip(self.headers, self.roles, strict=True) if r.kind in ("age", "sex", "site")])
        )
        groups.append(
            ("id", [self.headers[self.id_column]] if self.id_column is not None else ["none, rows are numbered"])
        )
        groups.append(
            (
                "not used",
                [
                    h or f"(column {k + 1})"
                    for k, (h, r) in enumerate(zip(self.headers, self.roles, strict=True))
                    if r.kind == "ignore"
                ],
            )
        )
        return f"{self.form} layout; " + "; ".join(f"{name}: {shorten(members)}" for name, members in groups if members)


def unfit(kind: str, value: Any) -> tuple[str, str] | None:
    """Why a cell holds no result whatever its words, and what to do; ``None`` for one to be read.

    Args:
        kind (str): of its column's `Role`.
        value: the cell.
    """
    if isinstance(value, str):
        text = value.strip().lstrip("'")
        if text in _ERRORS:
            return "an error value of the spreadsheet, not a result", "mend its formula, or enter the result"
        if text[:2] == '="' and text.endswith('"'):
            # a constant that is guarded from the spreadsheet
            text = text[2:-1].strip()
        elif text[:1] == "=" and len(text) > 1:
            return "a formula, not its value", "open the table in a spreadsheet program, save it, and score it again"
        if value and "\0" in value and not value.replace("\0", "").strip():
            return "nothing but NUL characters", "the cell was damaged; enter its value again"
        dated = kind == "marker" and len(text) > 3 and _DATE.fullmatch(text) is not None
    else:
        dated = kind == "marker" and isinstance(value, _TIMES)
    if dated:
        return "a date or time, not a result", "enter the result; spreadsheets turn some entries into dates"
    return None


def near_misses(layout: Layout, names: Sequence[str]) -> list[tuple[str, str]]:
    """Ignored columns whose header looks like a marker misspelt, each with the name it looks like.

    Args:
        layout: of the table.
        names: names of markers.
    """
    folded = {key(n): n for n in names if len(n) >= 4 and len(key(n)) >= 4}
    out = []
    for header, role in zip(layout.headers, layout.roles, strict=True):
        close = (
            get_close_matches(key(header), list(folded), n=1, cutoff=0.82)
            if role is IGNORE and len(key(header)) >= 4 and not _BOX.search(header)
            else []
        )
        if close:
            out.append((header, folded[close[0]]))
    return out


def assign_roles(
    headers: Sequence[str],
    lexicon: Lexicon,
    mapping: Mapping[str, Any] | None = None,
    panel_column: str | None = None,
) -> tuple[Role, ...]:
    """Roles of the headers of a wide table.

    Args:
        headers: as in the table.
        lexicon: names of markers.
        mapping: header -> marker or one of `WORDS`, or a mapping of ``marker`` or ``role`` with ``value``, ``codes`` or ``scale``, as in a
            columns.yaml; goes before everything else.
        panel_column (str | None): header of the free-text column.

    Raises:
        TableError: ``mapping`` or ``panel_column`` names a header the table does not have.
        UnknownNameError: ``mapping`` gives a column a meaning that is not known.
        UsageError: an entry of ``mapping`` with unknown or missing keys.
    """
    wanted = mapped(headers, mapping or {}, lexicon)
    if panel_column is not None:
        wanted[find_header_name(panel_column, headers, "--panel-column")] = Role("panel")
    roles = [wanted.get(h.strip()) or context_role(h) or _marker(h, lexicon) or IGNORE for h in headers]
    kinds = {r.kind for r in roles}
    if "panel" not in kinds:
        _first(roles, headers, PANEL, Role("panel"), wanted)
    if "id" not in kinds:
        _first(roles, headers, ID, Role("id"), wanted)
    stains = {r.marker for r in roles if r.kind == "marker"}
    # clones of a stain that has no results are of no use
    return tuple(IGNORE if r.kind == "clone" and r.marker not in stains else r for r in roles)


def detect_layout(
    headers: Sequence[str],
    lexicon: Lexicon,
    mapping: Mapping[str, Any] | None = None,
    panel_column: str | None = None,
) -> Layout:
    """The layout of a table.

    Args:
        headers, lexicon, mapping, panel_column: as in `assign_roles`.

    Raises:
        TableError: no column tells anything about a case.
        UnknownNameError, UsageError: as in `assign_roles`.
    """
    roles = list(assign_roles(headers, lexicon, mapping, panel_column))
    names = [key(h) for h in headers]
    free = [k for k, r in enumerate(roles) if r.kind == "ignore"]
    marker = next((k for w in _LONG_MARKER for k in free if names[k] == w), None)
    has_stains = any(r.kind in ("marker", "panel") for r in roles)
    value = None if marker is None or has_stains else _long_value(headers, names, free, lexicon)
    if marker is not None and value is not None:
        if not any(r.kind == "id" for r in roles):
            raise TableError(
                f"a long table (columns {headers[marker]!r} and {headers[value[0]]!r}) needs a case_id column that tells which rows "
                "belong together"
            )
        roles[marker], roles[value[0]] = Role("names"), value[1]
        return Layout(tuple(headers), tuple(roles), "long")
    form = "wide" if any(r.kind == "marker" for r in roles) else "panel"
    told = any(r.kind == "id" for r in mapped(headers, mapping or {}, lexicon).values())
    layout = Layout(tuple(headers), tuple(roles), form, told)
    if not any(r.kind in ("marker", "panel", "morphology") for r in roles):
        shown = shorten([h for h in headers if h.strip()] or ["none"], 8)
        raw = [h for h in headers if _BOX.search(h)]
        hint = f"; {code_hint(raw)}" if raw else ""
        raise TableError(
            f"no column names a stain that is known; the columns are: {shown}. "
            "Name them as in reports (ALK, SMA, Desmin, S-100, Ki-67), "
            f"put the whole panel in a column called 'panel', or say which is which in a columns.yaml given with --map{hint}"
        )
    return layout


#: A box of a raw REDCap export.
_BOX = re.compile(r"_{3,}-?\w+\Z")
_REDCAP = re.compile(r"redcap_\w+|\w+_complete|\w*_{3,}-?\w+")


def coded_export(headers: Sequence[str]) -> bool:
    """Whether a table is a raw REDCap export, whose numbers are codes of its data dictionary."""
    keys = [h.strip().casefold() for h in headers]
    return any(_REDCAP.fullmatch(k) for k in keys)


def raw_boxes(layout: Layout) -> list[str]:
    """Headers of raw checkboxes that nothing was said about."""
    return [h for h, r in zip(layout.headers, layout.roles, strict=True) if r.kind == "ignore" and _BOX.search(h)]


def code_hint(boxes: Sequence[str]) -> str:
    """How to say what the boxes of a raw REDCap export mean."""
    return (
        f"{shorten(boxes, 4)} {'are checkboxes' if len(boxes) > 1 else 'is a checkbox'} of a raw REDCap export; what a tick means "
        f"stands in its data dictionary: say it in a file given with --map, one line a box, such as "
        f"'{boxes[0]}: {{marker: ALK, value: positive}}', or export labels"
    )


def _long_value(
    headers: Sequence[str], names: Sequence[str], free: Sequence[int], lexicon: Lexicon
) -> tuple[int, Role] | None:
    """The column of results of a long table: ``value``, or one that only names a scale ("Positive %", "H-score")."""
    for word in _LONG_VALUE:
        for k in free:
            if names[k] == word:
                return k, Role("values")
    for k in free:
        column = read_column(headers[k], lexicon)
        if column is not None and not column.marker:
            return k, Role("values", unit=column.scale, codes=column.codes)
        rest, scale, codes = read_legend(headers[k])
        if key(rest) in _LONG_VALUE:
            return k, Role("values", unit=scale, codes=codes)
    return None


def named_role(name: str, values: Role, lexicon: Lexicon) -> Role | None:
    """The role of a name in the marker column of a long table.

    Args:
        name (str): such as ``"ALK"``, ``"age"``, ``"panel"``.
        values: role of the column of results, whose header may tell a scale.
        lexicon: names of markers.
    """
    role = Role("panel") if panel_name(name) else context_role(name)
    if role is not None:
        return role
    column = read_column(name, lexicon)
    if column is None or not column.marker or column.clone or column.choice:
        return None
    return Role("marker", column.marker, column.scale or values.unit, codes=column.codes or values.codes)


def _marker(header: str, lexicon: Lexicon) -> Role | None:
    column = read_column(header, lexicon)
    if column is None or not column.marker:
        return None
    if column.clone:
        return Role("clone", column.marker)
    return Role("marker", column.marker, column.scale, column.choice, column.codes)


def _first(
    roles: list[Role], headers: Sequence[str], names: Sequence[str], role: Role, wanted: Mapping[str, Role]
) -> None:
    """Give a role to the first column, in the order of ``names``, that has no other."""
    keys = [key(h) for h in headers]
    for name in names:
        for k, header in enumerate(keys):
            if header == name and roles[k].kind == "ignore" and headers[k].strip() not in wanted:
                roles[k] = role
                return
