"""What the columns of a case table are: headers to roles, for wide, long and free-text layouts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from imtdx.errors import TableError, UnknownNameError, did_you_mean

__all__ = ["Layout", "Role", "assign_roles", "context_role", "detect_layout", "unfit"]

#: Header -> marker id, or ``None`` for a header that names no marker.
HeaderReader = Callable[[str], str | None]

_ID = (
    "case_id",
    "case",
    "caseid",
    "case_no",
    "case_number",
    "id",
    "record_id",
    "patient_id",
    "patient",
    "sample_id",
    "specimen_id",
    "accession",
)
_AGE = re.compile(
    r"(patient_)?age(_at_(diagnosis|surgery|presentation|biopsy|operation))?(_(in_)?(?P<unit>y|yr|yrs|years?|m|mo|mos|months?|w|weeks?|d|days?))?"
)
_SEX = ("sex", "gender")
_SITE = (
    "site",
    "location",
    "tumour_site",
    "tumor_site",
    "anatomic_site",
    "anatomical_site",
    "primary_site",
    "site_of_tumour",
    "site_of_tumor",
    "localisation",
    "localization",
    "topography",
)
_MORPHOLOGY = ("morphology", "h_e", "he", "h_e_features", "histologic_features", "histological_features")
_PANEL = ("panel", "ihc", "ihc_panel", "immunohistochemistry", "immunophenotype", "immunoprofile", "panel_text")
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
#: What a columns.yaml may call a column besides a marker.
WORDS = ("age", "sex", "site", "morphology", "panel", "id", "ignore")


@dataclass(frozen=True, slots=True)
class Role:
    """What a column holds.

    Attributes:
        kind: ``"marker"``, ``"age"``, ``"sex"``, ``"site"``, ``"morphology"``, ``"panel"``, ``"id"``, ``"ignore"``;
            in a long table also ``"names"`` and ``"values"``.
        marker: marker id of a ``"marker"`` column.
        unit: unit of an age that the header told, such as ``"months"``.
    """

    kind: str
    marker: str = ""
    unit: str = ""


IGNORE = Role("ignore")


@dataclass(frozen=True)
class Layout:
    """A table's columns and what they hold.

    Attributes:
        headers: as in the table.
        roles: one per header.
        form: ``"wide"``, ``"long"`` or ``"panel"`` (only free text tells findings).
    """

    headers: tuple[str, ...]
    roles: tuple[Role, ...]
    form: str

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
        return tuple(k for k, r in enumerate(self.roles) if r.kind not in ("id", "ignore", "names", "values"))

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
        return f"{self.form} layout; " + "; ".join(
            f"{name}: {_shorten(members)}" for name, members in groups if members
        )


def _shorten(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(n if len(n) <= 40 else n[:37] + "..." for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def key(header: str) -> str:
    """A header without case, spaces and signs, ``"Age (years)"`` -> ``"age_years"``."""
    return re.sub(r"[^0-9a-z]+", "_", header.casefold()).strip("_")


def context_role(header: str) -> Role | None:
    """The role of a header that names age, sex, site or morphology."""
    name = key(header)
    age = _AGE.fullmatch(name)
    if age:
        unit = (age["unit"] or "")[:1]
        return Role("age", unit={"m": "months", "w": "weeks", "d": "days"}.get(unit, ""))
    for kind, names in (("sex", _SEX), ("site", _SITE), ("morphology", _MORPHOLOGY)):
        if name in names:
            return Role(kind)
    return None


def unfit(kind: str, value: Any) -> tuple[str, str] | None:
    """Why a cell holds no result whatever its words, and what to do; ``None`` for one to be read.

    Args:
        kind (str): of its column's `Role`.
        value: the cell.
    """
    if isinstance(value, str):
        text = value.strip().lstrip("'")
        if text[:1] == "=" and len(text) > 1:
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
    folded = {key(n): n for n in names if len(n) >= 4}
    out = []
    for header, role in zip(layout.headers, layout.roles, strict=True):
        close = (
            get_close_matches(key(header), list(folded), n=1, cutoff=0.82)
            if role is IGNORE and len(header) >= 4
            else []
        )
        if close:
            out.append((header, folded[close[0]]))
    return out


def assign_roles(
    headers: Sequence[str],
    read_header: HeaderReader,
    mapping: Mapping[str, str] | None = None,
    panel_column: str | None = None,
) -> tuple[Role, ...]:
    """Roles of the headers of a wide table.

    Args:
        headers: as in the table.
        read_header: header -> marker id or ``None``.
        mapping: header -> marker or one of `WORDS`, as in a columns.yaml; goes before everything else.
        panel_column (str | None): header of the free-text column.

    Raises:
        TableError: ``mapping`` or ``panel_column`` names a header the table does not have.
        UnknownNameError: ``mapping`` gives a column a meaning that is not known.
    """
    wanted = _mapped(headers, mapping or {}, read_header)
    if panel_column is not None:
        wanted[_find(panel_column, headers, "--panel-column")] = Role("panel")
    roles = [wanted.get(h.strip()) or context_role(h) or _marker(h, read_header) or IGNORE for h in headers]
    kinds = {r.kind for r in roles}
    if "panel" not in kinds:
        _first(roles, headers, _PANEL, Role("panel"), wanted)
    if "id" not in kinds:
        _first(roles, headers, _ID, Role("id"), wanted)
    return tuple(roles)


def detect_layout(
    headers: Sequence[str],
    read_header: HeaderReader,
    mapping: Mapping[str, str] | None = None,
    panel_column: str | None = None,
) -> Layout:
    """The layout of a table.

    Args:
        headers, read_header, mapping, panel_column: as in `assign_roles`.

    Raises:
        TableError: no column tells anything about a case.
        UnknownNameError: as in `assign_roles`.
    """
    roles = list(assign_roles(headers, read_header, mapping, panel_column))
    names = [key(h) for h in headers]
    free = [k for k, r in enumerate(roles) if r.kind == "ignore"]
    marker = next((k for w in _LONG_MARKER for k in free if names[k] == w), None)
    value = next((k for w in _LONG_VALUE for k in free if names[k] == w), None)
    has_stains = any(r.kind in ("marker", "panel") for r in roles)
    if marker is not None and value is not None and not has_stains:
        if not any(r.kind == "id" for r in roles):
            raise TableError(
                f"a long table (columns {headers[marker]!r} and {headers[value]!r}) needs a case_id column that tells which rows "
                "belong together"
            )
        roles[marker], roles[value] = Role("names"), Role("values")
        return Layout(tuple(headers), tuple(roles), "long")
    layout = Layout(tuple(headers), tuple(roles), "wide" if any(r.kind == "marker" for r in roles) else "panel")
    if not any(r.kind in ("marker", "panel", "morphology") for r in roles):
        shown = _shorten([h for h in headers if h.strip()] or ["none"], 8)
        raise TableError(
            f"no column names a stain that is known; the columns are: {shown}. "
            "Name them as in reports (ALK, SMA, Desmin, S-100, Ki-67), "
            "put the whole panel in a column called 'panel', or say which is which in a columns.yaml given with --map"
        )
    return layout


def _marker(header: str, read_header: HeaderReader) -> Role | None:
    if not header.strip() or len(header) > 80:
        return None
    marker = read_header(header)
    return None if marker is None else Role("marker", marker)


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


def _find(header: str, headers: Sequence[str], what: str) -> str:
    """The header as the table spells it."""
    stripped = [h.strip() for h in headers]
    if header.strip() in stripped:
        return header.strip()
    folded = {h.casefold(): h for h in stripped}
    if header.strip().casefold() in folded:
        return folded[header.strip().casefold()]
    hint = did_you_mean(header, stripped, f"its columns are: {_shorten(stripped, 8)}")
    raise TableError(f"{what} names the column {header!r}, which the table does not have; {hint}")


def _mapped(headers: Sequence[str], mapping: Mapping[str, str], read_header: HeaderReader) -> dict[str, Role]:
    """Header as the table spells it -> role, from a columns.yaml."""
    out = {}
    for header, meaning in mapping.items():
        name = _find(str(header), headers, "the column map")
        word = "ignore" if meaning is None else str(meaning).strip()
        folded = word.casefold()
        if folded in ("age_months", "age_weeks", "age_days", "age_years"):
            out[name] = context_role(folded) or IGNORE
        elif folded in WORDS:
            out[name] = Role(folded)
        else:
            marker = read_header(word)
            if marker is None:
                raise UnknownNameError(
                    f"meaning of column {header!r} in the column map:",
                    word,
                    [*WORDS, "ALK", "SMA", "DES", "S100", "KI67"],
                )
            out[name] = Role("marker", marker)
    return out
