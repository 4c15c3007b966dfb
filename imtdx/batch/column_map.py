"""A columns.yaml: what headers mean, in the words of the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from imtdx.batch.headings import context_role, key
from imtdx.batch.roles import IGNORE, WORDS, Role, shorten
from imtdx.errors import TableError, UnknownNameError, UsageError, did_you_mean
from imtdx.notation import Lexicon, read_column, read_legend
from imtdx.notation.scales import SCALES

__all__ = ["find_header_name", "mapped"]


def mapped(headers: Sequence[str], mapping: Mapping[str, Any], lexicon: Lexicon) -> dict[str, Role]:
    """Header as the table spells it -> role, from a columns.yaml."""
    return {
        find_header_name(str(header), headers, "the column map"): _meant(str(header), meaning, lexicon)
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


def find_header_name(header: str, headers: Sequence[str], what: str) -> str:
    """The header as the table spells it."""
    stripped = [h.strip() for h in headers]
    if header.strip() in stripped:
        return header.strip()
    folded = {h.casefold(): h for h in stripped}
    if header.strip().casefold() in folded:
        return folded[header.strip().casefold()]
    hint = did_you_mean(header, stripped, f"its columns are: {shorten(stripped, 8)}")
    raise TableError(f"{what} names the column {header!r}, which the table does not have; {hint}")
