"""What a laboratory stocks: a lab.yaml of markers with their costs and the tissue sections they take.

    markers:                  # a list of names, or name: cost, or name: {cost, sections}
      ALK: 1
      S-100: 1
      ALK FISH: {cost: 12, sections: 2}
    sections: 6               # tissue sections left, optional

A file without ``markers`` is read as the mapping itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx._yaml import load_yaml, where
from imtdx.errors import UsageError, nearest
from imtdx.records import bare_name

if TYPE_CHECKING:
    from imtdx.knowledge import Knowledge

__all__ = ["Stock", "load_stock"]


class Stock(dict[str, float]):
    """Marker id -> cost, in any unit; only their ratio counts.

    Args:
        costs: marker id -> cost.
        sections: marker id -> tissue sections it takes; one each where not stated.
        left (int | None): tissue sections left; ``None`` for no limit.
    """

    def __init__(
        self, costs: Mapping[str, float], sections: Mapping[str, int] | None = None, left: int | None = None
    ) -> None:
        super().__init__(costs)
        self._sections = dict(sections or {})
        self.left = left

    def sections(self, marker: str) -> int:
        """Tissue sections one test takes."""
        return self._sections.get(marker, 1)


def load_stock(path: str | Path, knowledge: Knowledge | None = None) -> Stock:
    """Read what the laboratory stocks.

    Args:
        path: a YAML file as shown above; markers by id, label or synonym.
        knowledge: whose markers are known; the shipped one by default.

    Raises:
        UsageError: an unknown marker (nearest names are given), a marker named twice, a cost or a number of sections that cannot
            be; says ``file:line``.
        KnowledgeError: the file cannot be read as YAML.
    """
    if knowledge is None:
        from imtdx.store import read_knowledge

        knowledge = read_knowledge(None, ())
    markers = knowledge.markers
    raw = load_yaml(Path(path))
    nested = raw.get("markers")
    if "markers" in raw:
        for key in raw:
            if key not in ("markers", "sections"):
                raise UsageError(f"{where(raw, key)}: unknown key {key!r}; use 'markers' and 'sections'")
    entries: Any = nested if "markers" in raw else {k: v for k, v in raw.items() if k != "sections"}
    left = None if raw.get("sections") is None else _count(raw["sections"], "sections", where(raw, "sections"))
    if isinstance(entries, list):
        entries = [(name, None) for name in entries]
    elif isinstance(entries, Mapping):
        entries = list(entries.items())
    if not isinstance(entries, list) or not entries:
        at = where(raw, "markers") if "markers" in raw else where(raw)
        raise UsageError(f"{at}: a stock lists at least one marker, such as 'ALK: 1'")
    words = {bare_name(w): m.id for m in reversed(list(markers.values())) for w in (*m.synonyms, m.label, m.id)}
    # an id is never hidden by a synonym of another marker
    words |= {bare_name(m): m for m in markers}
    costs: dict[str, float] = {}
    sections: dict[str, int] = {}
    source = nested if isinstance(nested, Mapping) else raw
    for name, value in entries:
        at = where(source, str(name)) if str(name) in source else where(raw, "markers")
        marker = words.get(bare_name(str(name)))
        if marker is None:
            close = nearest(str(name), [*markers, *(m.label for m in markers.values())])
            hint = "did you mean " + " or ".join(map(repr, close)) + "?" if close else "see 'imtdx knowledge list'"
            raise UsageError(f"{at}: unknown marker {name!r}; {hint}")
        if marker in costs:
            raise UsageError(f"{at}: {name!r} names {marker} a second time; keep one")
        costs[marker], sections[marker] = _entry(value, str(name), at)
    return Stock(costs, sections, left)


def _entry(value: Any, name: str, at: str) -> tuple[float, int]:
    """Cost and sections of one entry; 1 and 1 where not stated."""
    if not isinstance(value, Mapping):
        return _cost(value, name, at), 1
    for key in value:
        if key not in ("cost", "sections"):
            raise UsageError(f"{where(value, key)}: {name}: unknown key {key!r}; use 'cost' and 'sections'")
    return _cost(value.get("cost"), name, at), _count(value.get("sections", 1), f"{name}: sections", at)


def _cost(value: Any, name: str, at: str) -> float:
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise UsageError(f"{at}: cost of {name} must be a number of 0 or more, not {value!r}")
    return float(value)


def _count(value: Any, what: str, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{at}: {what} must be a whole number of 0 or more, not {value!r}")
    return value
