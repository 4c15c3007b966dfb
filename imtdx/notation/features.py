"""H&E features in the running text of a report: what is there, what is denied, how much of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from imtdx.notation.kinds import Item, Kind
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.tokens import Token
from imtdx.panel import Finding

__all__ = ["find_features"]

_MITOSES, _ATYPIA, _SPINDLE = "MORPH_MITOSES_HIGH", "MORPH_PLEOMORPHIC", "MORPH_SPINDLE"
#: Mitoses in ten high-power fields from which they are many, and below which they are few.
MANY, FEW = 10, 5
_COUNT = re.compile(
    r"(?P<low>\d{1,3})(?:\s*-\s*(?P<high>\d{1,3}))?\s*(?:mitos[a-z]*|mitotic figures|核分裂象?|核分裂像)?\s*(?:/|per|pro|in|je|por|par|su|op)\s*(?P<of>\d{1,3})\s*(?:x\s*)?(?P<unit>hpf|hp|high|mm|cga|campos|campi|champs|gesichtsfeld|hgf|gf|velden|高倍)"
)
#: Kinds after which a denial is over.
_ENDS = frozenset({Kind.STOP, Kind.BREAK, Kind.BUT})
_LISTS = frozenset(
    {"or", "nor", "oder", "ou", "o", "ni", "of", "noch", "nem", "e", "ne", "u", "y", "és", "和", "或", "及", "や", "も"}
)


@dataclass(slots=True)
class _Hit:
    """A feature where it stands."""

    marker: str
    present: bool
    start: int
    end: int
    at: int
    sure: bool = True


def find_features(
    tokens: Sequence[Token], items: Sequence[Item], text: str, lexicon: Lexicon, only_spindle: bool = False
) -> list[Finding]:
    """Read the H&E features of one sentence.

    Args:
        tokens: of the sentence.
        items: of the sentence.
        text (str): the report, for the words of each finding.
        lexicon (Lexicon): the names and words.
        only_spindle (bool): a sentence about stains: it tells of the shape of the cells only.

    Returns:
        list[Finding]: one per statement.
    """
    hits: list[_Hit] = []
    amounts: list[tuple[int, int, str]] = []
    i = 0
    while i < len(tokens):
        found = lexicon.features_at(tokens, i)
        if found is not None:
            j, told = found
            for marker, present in told:
                if not only_spindle or marker == _SPINDLE:
                    hits.append(_Hit(marker, present, tokens[i].start, tokens[j - 1].end, i))
            i = j
            continue
        amount = lexicon.amount_at(tokens, i)
        if amount is not None:
            amounts.append((tokens[i].start, tokens[amount[0] - 1].end, amount[1]))
            i = amount[0]
            continue
        i += 1
    if not hits:
        return []
    _deny(hits, items, tokens)
    clean = "".join(
        t.fold + (" " if n + 1 < len(tokens) and tokens[n + 1].start > t.end else "") for n, t in enumerate(tokens)
    )
    out: list[Finding] = []
    for n, hit in enumerate(hits):
        value = _value(hit, hits, n, amounts, items, clean)
        if value:
            out.append(Finding(hit.marker, value, text[hit.start : hit.end], span=(hit.start, hit.end)))
    return out


def _value(
    hit: _Hit, hits: Sequence[_Hit], n: int, amounts: Sequence[tuple[int, int, str]], items: Sequence[Item], clean: str
) -> str:
    """``positive``, ``negative`` or empty where nothing certain is said."""
    if not hit.present:
        return "negative"
    before = max((h.end for h in hits[:n] if h.end <= hit.start), default=0)
    after = min((h.start for h in hits[n + 1 :] if h.start >= hit.end), default=10**9)
    near = [
        (a, e, w)
        for a, e, w in amounts
        if (_clear(items, e, hit.start) and a >= before)
        or (a >= hit.end and e <= after and _clear(items, hit.end, a, True))
    ]
    words = [w for _, _, w in near]
    if hit.marker == _MITOSES:
        count = _mitoses(clean)
        counted = "" if count is None else "positive" if count >= MANY else "negative" if count < FEW else ""
        told = (
            "negative"
            if "low" in words or "mild" in words
            else "positive"
            if "high" in words or "marked" in words
            else ""
        )
        return "" if counted and told and counted != told else counted or told
    if hit.marker == _ATYPIA and "mild" in words and "marked" not in words:
        return "negative"
    return "positive"


def _clear(items: Sequence[Item], start: int, end: int, verbs: bool = False) -> bool:
    """Whether only words of the same phrase stand between two places."""
    for item in items:
        if item.start >= end:
            return True
        if item.start >= start and (
            item.kind in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.BUT) or (item.kind is Kind.AND and not verbs)
        ):
            return False
    return True


def _mitoses(clean: str) -> float | None:
    """Mitoses in ten high-power fields, where a count is given; two square millimetres are taken as ten fields."""
    found = _COUNT.search(clean)
    if not found:
        return None
    fields = max(1.0, float(found["of"])) * (5 if found["unit"] == "mm" else 1)
    return float(found["high"] or found["low"]) * 10 / fields


def _deny(hits: list[_Hit], items: Sequence[Item], tokens: Sequence[Token]) -> None:
    """Turn round the features that the sentence denies."""
    parts: list[list[Item]] = [[]]
    for item in items:
        if item.kind is Kind.COMMA or item.kind in _ENDS:
            parts.append([item])
        else:
            parts[-1].append(item)
    listed = [
        any(
            (k.kind is Kind.AND and k.what in _LISTS) or (k.kind is Kind.NOT and n > 0 and k.what in _LISTS)
            for k in part
        )
        for n, part in enumerate(parts)
    ]
    running = False
    for n, part in enumerate(parts):
        if not part:
            continue
        start, end = part[0].start, part[-1].end
        mine = [h for h in hits if start <= h.start < end or (h.start < end and h.end > start)]
        opens = part[0].kind in _ENDS
        bare = all(
            k.kind
            in (
                Kind.COMMA,
                Kind.GLUE,
                Kind.AND,
                Kind.TOPIC,
                Kind.UNKNOWN,
                Kind.EXTENT,
                Kind.INTENSITY,
                Kind.INDEX,
                Kind.REMARK,
                Kind.LESION,
                Kind.FOR,
                Kind.CUE,
                Kind.PATTERN,
            )
            for k in part
        )
        negated = running and not opens and bare and any(listed[n:])
        inherited = negated
        last = -1
        for item in part:
            inside = any(h.start <= item.start < h.end for h in hits)
            if inside:
                continue
            if item.kind is Kind.NOT and item.what == "non" and item.right:
                continue  # "non-lipogenic"
            if item.kind is Kind.NONE and _after_hits(mine, item):
                _turn(mine, last, item.start)
            elif item.kind is Kind.NOT or item.kind is Kind.NONE:
                if item.kind is Kind.NOT and _after_hits(mine, item) and not any(h.start > item.start for h in mine):
                    _turn(mine, last, item.start)
                else:
                    if negated and last >= 0:
                        _turn(mine, last, item.start)  # "neither A nor B"
                    negated, last = True, item.start
            elif item.kind is Kind.DENY or (item.kind is Kind.VALUE and item.what == "negative" and not item.sign):
                if _after_hits(mine, item):
                    _turn(mine, last, item.start)
                else:
                    negated, last = True, item.start
            elif (
                item.kind in (Kind.SHOW,)
                and negated
                and not inherited
                and any(last < h.start < item.start for h in mine)
            ) or (
                (
                    (item.kind is Kind.FOR and item.what in ("with", "con", "avec", "mit", "com", "met"))
                    or (item.kind is Kind.GLUE and item.what in ("in", "im", "within", "dans", "nel", "nello", "em"))
                )
                and any(last < h.start < item.start for h in mine)
            ):
                _close(mine, last, item.start)
                negated, last = False, -1
        if negated:
            for hit in mine:
                if hit.start > last:
                    hit.present, hit.sure = False, hit.sure
        running = negated and bool(mine)


def _after_hits(mine: Sequence[_Hit], item: Item) -> bool:
    return any(h.end <= item.start for h in mine)


def _turn(mine: Sequence[_Hit], last: int, end: int) -> None:
    """Deny the features before a denial that stands after them."""
    for hit in mine:
        if last < hit.start < end:
            hit.present = False


def _close(mine: Sequence[_Hit], last: int, end: int) -> None:
    """Deny the features that stand between a denial and its end."""
    if last >= 0:
        _turn(mine, last, end)
