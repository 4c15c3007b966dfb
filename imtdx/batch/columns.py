"""What the columns of a case table are: headers to roles, for wide, long and free-text layouts."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from imtdx.errors import TableError, UnknownNameError, UsageError, did_you_mean
from imtdx.notation import Lexicon, read_column, read_legend
from imtdx.notation.scales import SCALES

__all__ = [
    "Layout",
    "Role",
    "assign_roles",
    "code_hint",
    "coded_export",
    "context_role",
    "detect_layout",
    "id_name",
    "raw_boxes",
    "unfit",
]

_ID = (
    "case_id", "case", "caseid", "case_no", "case_number", "id", "record_id", "patient_id", "patient", "sample_id",
    "specimen_id", "accession", "patient_identifier", "sample_identifier", "sample", "specimen", "accession_number",
    "fallnummer", "fall_nr", "fall_id", "fall", "histologienummer", "histo_nr", "eingangsnummer", "journalnummer",
    "patienten_id", "patientennummer", "numero_de_caso", "numero_caso", "n_caso", "n_de_caso", "no_caso", "nro_caso",
    "id_caso", "caso", "id_paciente", "paciente", "historia_clinica", "numero_de_cas", "numero_du_cas", "numero_cas",
    "n_cas", "n_de_cas", "no_cas", "id_cas", "cas", "id_patient", "numero_di_caso", "numero_del_caso", "caso_n", "caso_no",
    "id_paziente", "paziente", "numero_do_caso", "病例号", "病例编号", "病例序号", "病例id", "病例", "病理号", "病理编号", "住院号", "患者编号", "患者id",
    "病人编号", "标本号", "序号", "编号", "病例號", "病例編號", "病理號", "編號", "症例番号", "症例id", "症例no", "症例", "患者番号", "患者no", "検体番号", "病理番号",
)  # fmt: skip
#: One tumour each, where a patient has several.
_SAMPLE = ("sample_id", "sample_identifier", "specimen_id", "sample", "specimen", "accession", "accession_number")
_PATIENT = ("patient_id", "patient_identifier", "patient", "id_paciente", "id_patient", "id_paziente", "patienten_id")
_AGE_UNITS = {
    **dict.fromkeys(("m", "mo", "mos", "month", "months", "monate", "monaten", "meses", "mois", "mesi", "月", "个月", "月齢", "月数"), "months"),
    **dict.fromkeys(("w", "week", "weeks", "wochen", "semanas", "semaines", "settimane", "周", "週"), "weeks"),
    **dict.fromkeys(("d", "day", "days", "tage", "tagen", "dias", "jours", "giorni", "天", "日"), "days"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "j", "jahre", "jahren", "anos", "ans", "anni", "a", "岁", "歲", "歳", "才", "年"), ""),
}  # fmt: skip
_AGE = re.compile(
    r"(?:(?:patient_)?age|alter|edad|eta|idade|leeftijd|年龄|年齡|年齢|患者年龄|患者年齢)"
    r"(?:_?(?:at|bei|al|au|alla|a_la|ao|en_el|beim|du|del|de_la|della)_(?:the_)?(?:diagnosis|surgery|presentation|biopsy|operation|diagnose|"
    r"diagnosestellung|op|erstdiagnose|diagnostico|diagnostic|diagnosi|cirugia|chirurgie|momento_del_diagnostico|patient|patienten|"
    r"paciente|paziente))?"
    rf"(?:_(?:in_|en_)?(?P<unit>{'|'.join(sorted(_AGE_UNITS, key=len, reverse=True))}))?"
    r"|(?:诊断年龄|确诊年龄|发病年龄|手术年龄|診断時年齢|発症年齢|手術時年齢|診斷年齡)(?:_(?P<unit2>岁|歲|歳|月|个月))?"
)
_SEX = (
    "sex", "gender", "geschlecht", "sexo", "sexe", "sesso", "genero", "genre", "genere", "geslacht", "性别", "性別", "患者性别",
)  # fmt: skip
_SITE = (
    "site", "location", "tumour_site", "tumor_site", "anatomic_site", "anatomical_site", "primary_site", "site_of_tumour",
    "site_of_tumor", "localisation", "localization", "topography", "anatomic_location", "tumour_location", "tumor_location",
    "lokalisation", "tumorlokalisation", "lokalisation_des_tumors", "lokalisierung", "sitz", "tumorsitz", "organ",
    "localizacion", "localizacion_del_tumor", "localizacion_tumoral", "localizacion_anatomica", "sitio", "sitio_anatomico", "ubicacion",
    "organo", "localisation_tumorale", "localisation_de_la_tumeur", "siege", "siege_de_la_tumeur", "site_anatomique", "organe",
    "localizzazione", "sede", "sede_del_tumore", "sede_anatomica", "localizacao", "topografia", "topographie",
    "部位", "发病部位", "肿瘤部位", "病变部位", "原发部位", "取材部位", "發病部位", "腫瘤部位", "腫瘍部位", "発生部位", "原発部位", "病変部位", "臓器",
)  # fmt: skip
_MORPHOLOGY = (
    "morphology", "h_e", "he", "h_e_features", "histologic_features", "histological_features", "morphologie", "morfologia",
)  # fmt: skip
_PANEL = (
    "panel", "ihc", "ihc_panel", "immunohistochemistry", "immunophenotype", "immunoprofile", "panel_text", "immunhistochemie",
    "immunhistologie", "immunphanotyp", "inmunohistoquimica", "immunohistochimie", "immunoistochimica", "imunohistoquimica",
    "免疫组化", "免疫组化结果", "免疫组织化学", "免疫組化", "免疫組織化学", "免疫染色", "免疫染色結果", "免疫組織化學",
)  # fmt: skip
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
#: What a columns.yaml may call a column besides a marker.
WORDS = ("age", "sex", "site", "morphology", "panel", "id", "ignore")


@dataclass(frozen=True, slots=True)
class Role:
    """What a column holds.

    Attributes:
        kind: ``"marker"``, ``"age"``, ``"sex"``, ``"site"``, ``"morphology"``, ``"panel"``, ``"id"``, ``"clone"``
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
        return f"{self.form} layout; " + "; ".join(
            f"{name}: {_shorten(members)}" for name, members in groups if members
        )


def _shorten(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(n if len(n) <= 40 else n[:37] + "..." for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def key(header: str) -> str:
    """A header without case, accents, spaces and signs, ``"Age (years)"`` -> ``"age_years"``, ``"Âge"`` -> ``"age"``."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    plain = unicodedata.normalize("NFC", "".join(c for c in plain if not "\u0300" <= c <= "\u036f"))
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def id_name(header: str) -> bool:
    """Whether a header names cases."""
    return key(header) in _ID


def context_role(header: str) -> Role | None:
    """The role of a header that names age, sex, site or morphology."""
    rest, _, codes = read_legend(header)
    name = key(rest)
    age = _AGE.fullmatch(name)
    if age:
        return Role("age", unit=_AGE_UNITS.get(age["unit"] or age["unit2"] or "", ""), codes=codes)
    for kind, names in (("sex", _SEX), ("site", _SITE), ("morphology", _MORPHOLOGY)):
        if name in names:
            return Role(kind, codes=codes)
    return None


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
    wanted = _mapped(headers, mapping or {}, lexicon)
    if panel_column is not None:
        wanted[_find(panel_column, headers, "--panel-column")] = Role("panel")
    roles = [wanted.get(h.strip()) or context_role(h) or _marker(h, lexicon) or IGNORE for h in headers]
    kinds = {r.kind for r in roles}
    if "panel" not in kinds:
        _first(roles, headers, _PANEL, Role("panel"), wanted)
    if "id" not in kinds:
        _first(roles, headers, _ID, Role("id"), wanted)
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
    layout = Layout(tuple(headers), tuple(roles), "wide" if any(r.kind == "marker" for r in roles) else "panel")
    if not any(r.kind in ("marker", "panel", "morphology") for r in roles):
        shown = _shorten([h for h in headers if h.strip()] or ["none"], 8)
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
        f"{_shorten(boxes, 4)} {'are checkboxes' if len(boxes) > 1 else 'is a checkbox'} of a raw REDCap export; what a tick means "
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


def _mapped(headers: Sequence[str], mapping: Mapping[str, Any], lexicon: Lexicon) -> dict[str, Role]:
    """Header as the table spells it -> role, from a columns.yaml."""
    return {
        _find(str(header), headers, "the column map"): _meant(str(header), meaning, lexicon)
        for header, meaning in mapping.items()
    }


def _meant(header: str, meaning: Any, lexicon: Lexicon) -> Role:
    """The role that one entry of a columns.yaml gives."""
    if not isinstance(meaning, Mapping):
        role = _word_role(header, "ignore" if meaning is None else str(meaning).strip(), lexicon)
        return _as_headed(role, header)
    where = f"column {header!r} in the column map"
    strange = [str(k) for k in meaning if k not in ("marker", "role", "value", "codes", "scale")]
    if strange or ("marker" in meaning) == ("role" in meaning):
        wrong = f"does not know {strange[0]!r}" if strange else "needs either 'marker' or 'role'"
        raise UsageError(
            f"{where} {wrong}; write {{marker: ALK, value: positive}}, {{marker: ALK, codes: {{1: positive, 2: negative}}}}, "
            "{marker: ALK, scale: percent} or {role: sex, codes: {1: male, 2: female}}"
        )
    role = _as_headed(_word_role(header, str(meaning.get("marker", meaning.get("role"))).strip(), lexicon), header)
    scale, codes, value = meaning.get("scale"), meaning.get("codes"), meaning.get("value")
    if scale is not None:
        scale = key(str(scale))
        scale = {"0_3": "grade", "h": "h_score", "hscore": "h_score", "0_1": "binary"}.get(scale, scale)
        if scale not in SCALES or role.kind != "marker":
            raise UsageError(f"{where}: scale {meaning['scale']!r} is not known; use {', '.join(SCALES)}")
        role = replace(role, unit=scale)
    if codes is not None:
        if not isinstance(codes, Mapping) or not codes:
            raise UsageError(f"{where}: codes are pairs, such as {{1: positive, 2: negative}}")
        role = replace(role, codes=tuple((_plain_word(k), _plain_word(v)) for k, v in codes.items()))
    if value is not None:
        role = replace(role, value=_plain_word(value))
    return role


def _as_headed(role: Role, header: str) -> Role:
    """The role with the scale and the legend that the header itself tells."""
    _, scale, codes = read_legend(header)
    if role.kind == "marker" and not role.unit:
        role = replace(role, unit=scale)
    return role if role.codes or role.kind not in ("marker", "sex", "site") else replace(role, codes=codes)


def _plain_word(value: Any) -> str:
    """A word of YAML, which takes yes and no for truth values."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else "" if value is None else str(value).strip()


def _word_role(header: str, word: str, lexicon: Lexicon) -> Role:
    folded = word.casefold()
    if folded in ("age_months", "age_weeks", "age_days", "age_years"):
        return context_role(folded) or IGNORE
    if folded in WORDS:
        return Role(folded)
    column = read_column(word, lexicon)
    if column is None or not column.marker or column.choice:
        raise UnknownNameError(
            f"meaning of column {header!r} in the column map:", word, [*WORDS, "ALK", "SMA", "DES", "S100", "KI67"]
        )
    return Role("clone", column.marker) if column.clone else Role("marker", column.marker, column.scale)
