"""Labelled cases: panels whose diagnosis is known, read from a table by the readers that scoring uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx.batch.columns import Layout, Role, detect_layout, key, named_role
from imtdx.batch.settle import FIRST_ROWS, settle, settle_names
from imtdx.batch.told import Told, cell_text, tell
from imtdx.batch.vocabulary import Cloned
from imtdx.errors import InputError, TableError, UnknownNameError, did_you_mean
from imtdx.merging import merged_panel
from imtdx.notation.scales import whole
from imtdx.panel import Context, Finding, Panel

if TYPE_CHECKING:
    import pandas as pd

    from imtdx.knowledge import Knowledge
    from imtdx.model import Model

__all__ = ["CaseTable", "LabelledCase", "read_cases", "read_frame"]


@dataclass(frozen=True, slots=True)
class LabelledCase:
    """One case whose diagnosis is known.

    Attributes:
        id: the table's own name of the case.
        truth: id of the final diagnosis.
        panel: findings and context.
        sources: ids of sources of the knowledge that this case may have been counted in; left out when it is judged.
        group: what it was published in, for validation over papers; the case itself where not told.
    """

    id: str
    truth: str
    panel: Panel
    sources: tuple[str, ...] = ()
    group: str = ""

    def without_morphology(self, knowledge: Knowledge) -> LabelledCase:
        """The same case without its H&E features."""
        panel = self.panel
        for marker in dict.fromkeys(f.marker for f in panel.told):
            if knowledge.markers[marker].kind == "morphology":
                panel = panel.without(marker)
        return replace(self, panel=panel)


@dataclass
class CaseTable:
    """What a table of labelled cases holds.

    Attributes:
        cases: those that can be judged.
        layout: one line on which columns are what.
        left_out: (case id, why) of rows that cannot be judged.
        unread: (case id, column, words, why) of cells of judged cases that were not used.
    """

    cases: list[LabelledCase] = field(default_factory=list)
    layout: str = ""
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unread: list[tuple[str, str, str, str]] = field(default_factory=list)


def read_cases(
    model: Model,
    path: str | Path,
    truth: str = "diagnosis",
    *,
    mapping: Mapping[str, Any] | None = None,
    panel_column: str | None = None,
) -> CaseTable:
    """Read a table of labelled cases.

    Args:
        model: whose words are understood.
        path: CSV, TSV, XLSX or Parquet; ``-`` for CSV on stdin.
        truth (str): header of the column with the final diagnosis (id, name, abbreviation or synonym).
        mapping: header -> marker id or age, sex, site, morphology, panel, id, ignore.
        panel_column (str | None): header of the free-text column.

    Raises:
        TableError: no such file, no column ``truth``, no column that tells a finding, no row that can be judged.
    """
    from imtdx.tables.readers import open_table
    from imtdx.tables.run import column_counter as known_headers

    table = open_table(Path(path), known_headers(model))
    try:
        columns = tuple(range(len(table.headers)))
        rows: list[list[Any]] = []
        for chunk in table.chunks(columns, None):
            loaded = chunk.load(columns, None)
            rows += [[loaded.factors[k].cell(r) for k in columns] for r in range(loaded.n)]
    finally:
        table.close()
    return _read(model, table.headers, rows, truth, mapping, panel_column)


def read_frame(
    model: Model,
    frame: pd.DataFrame,
    truth: str = "diagnosis",
    *,
    mapping: Mapping[str, Any] | None = None,
    panel_column: str | None = None,
) -> CaseTable:
    """`read_cases` for a frame in memory.

    Raises:
        TableError: as `read_cases`.
    """
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    return _read(model, tuple(str(c) for c in frame.columns), rows, truth, mapping, panel_column)


def _read(
    model: Model,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    truth: str,
    mapping: Mapping[str, Any] | None,
    panel_column: str | None,
) -> CaseTable:
    keys = [key(h) for h in headers]
    if key(truth) not in keys:
        hint = did_you_mean(truth, headers, f"its columns are: {', '.join(headers[:12])}")
        raise TableError(f"the table has no column {truth!r} with the final diagnosis; {hint} Name it with --truth")
    truth_at = keys.index(key(truth))
    # the label must not be read as a finding
    mapping = {**(mapping or {}), headers[truth_at]: "ignore"}
    layout = detect_layout(headers, model.lexicon, mapping, panel_column)
    rows = [list(row) for row in rows]
    filled = {k: (row[k] for row in rows[:FIRST_ROWS] if k < len(row)) for k in layout.read()}
    layout, _ = settle(layout, filled, model.lexicon)
    reader = _RowReader(model, layout, rows)
    out = CaseTable(layout=layout.describe())
    origin = [k for k, name in enumerate(keys) if name in ("source", "doi", "pmid")]
    papers = [keys.index(name) for name in ("doi", "citation", "source") if name in keys]
    sources = _source_words(model.knowledge)
    for case, members in _cases(layout, rows):
        label = cell_text(members[0][truth_at])
        if not label:
            out.left_out.append((case, "no final diagnosis"))
            continue
        try:
            diagnosis = model.knowledge.diagnosis_id(label)
            panel, unread = reader.read(members)
        except UnknownNameError as exc:
            # the whole list of diagnoses would drown the line
            hint = f"did you mean {exc.suggestions[0]!r}?" if exc.suggestions else "see: imtdx knowledge list"
            out.left_out.append((case, f"unknown diagnosis {label[:60]!r}; {hint}"))
            continue
        except InputError as exc:
            out.left_out.append((case, str(exc).splitlines()[0]))
            continue
        if not panel.informative:
            out.left_out.append((case, "no finding that was understood"))
            continue
        told = [w.strip() for k in origin for w in re.split(r"[;,\s]+", cell_text(members[0][k])) if w.strip()]
        own = tuple(dict.fromkeys(s for w in told for s in sources.get(w.casefold(), ())))
        paper = next((text for k in papers if (text := cell_text(members[0][k]))), "")
        out.cases.append(LabelledCase(case, diagnosis, panel, own, paper))
        out.unread += [(case, *u) for u in unread]
    if not out.cases:
        first = f" ({out.left_out[0][0]}: {out.left_out[0][1]})" if out.left_out else ""
        raise TableError(
            f"no row of the table can be judged{first}; each needs a diagnosis that is known and at least one finding"
        )
    return out


def _source_words(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Id, DOI and PMID of every source, without case -> its ids."""
    out: dict[str, tuple[str, ...]] = {}
    for s in knowledge.sources.values():
        for word in {s.id, s.doi, s.pmid} - {""}:
            out[word.casefold()] = (*out.get(word.casefold(), ()), s.id)
    return out


def _cases(layout: Layout, rows: Iterable[Sequence[Any]]) -> Iterable[tuple[str, list[Sequence[Any]]]]:
    """(case id, its rows); one row each unless the table is long."""
    if layout.form != "long":
        for n, row in enumerate(rows, start=1):
            yield (cell_text(row[layout.id_column]) if layout.id_column is not None else "") or f"row {n}", [row]
        return
    assert layout.id_column is not None
    grouped: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        grouped.setdefault(cell_text(row[layout.id_column]), []).append(row)
    yield from grouped.items()


class _RowReader:
    """Rows to panels; a distinct cell is read once.

    Args:
        model: whose words are understood.
        layout: of the table.
        rows: of it; those of a long table tell the scale of each marker.
    """

    def __init__(self, model: Model, layout: Layout, rows: Sequence[Sequence[Any]]) -> None:
        self.model, self.layout = model, layout
        self._roles: dict[str, Role] = {}
        if layout.form == "long":
            texts: dict[str, set[str]] = {}
            for row in rows[:FIRST_ROWS]:
                if told := cell_text(row[layout.position("values")]):
                    texts.setdefault(cell_text(row[layout.position("names")]), set()).add(whole(told))
            self._roles, _ = settle_names(texts, layout, model.lexicon)
        self._memory: dict[tuple[Any, ...], Told] = {}

    def read(self, rows: Sequence[Sequence[Any]]) -> tuple[Panel, list[tuple[str, str, str]]]:
        """The panel of one case, and (column, words, why) of what was not used."""
        readings: list[Finding] = []
        context, complete = Context(), False
        unread: list[tuple[str, str, str]] = []
        for row in rows:
            for header, role, value in self._cells(row):
                part = self._cell(role, value)
                unread += [(header, p.value, p.problem) for p in part.problems]
                readings += part.findings
                context = _fill(context, part.context)
                complete = complete if part.complete is None else part.complete
        panel = replace(merged_panel(readings, self.model.knowledge.markers, context), complete=complete)
        for both in panel.contradictions:
            words = " / ".join(dict.fromkeys(f.reported or f.value for f in both.readings))
            unread.append((self.model.knowledge.markers[both.marker].label, words, f"{both.text}; it is not used"))
        return panel, unread

    def _cells(self, row: Sequence[Any]) -> Iterable[tuple[str, Role, Any]]:
        """(header, role, cell) of what tells something; own columns of age, sex and site go before free text."""
        layout = self.layout
        told = [k for k in layout.used() if k < len(row)]
        for k in sorted(told, key=lambda k: layout.roles[k].kind == "panel"):
            clone = layout.clone_of(k)
            named = cell_text(row[clone]) if clone is not None and clone < len(row) else ""
            yield layout.headers[k], layout.roles[k], Cloned(row[k], named) if named else row[k]
        if layout.form == "long":
            name = cell_text(row[layout.position("names")])
            values = layout.position("values")
            role = self._roles.get(name) or (
                named_role(name, layout.roles[values], self.model.lexicon) if name else None
            )
            if role is not None:
                yield name, role, row[values]

    def _cell(self, role: Role, value: Any) -> Told:
        cell, named = (value.cell, value.clone) if isinstance(value, Cloned) else (value, "")
        key_of = (role, named, type(cell), cell_text(cell))
        if key_of not in self._memory:
            lexicon = self.model.lexicon
            told = value.told(role, lexicon) if isinstance(value, Cloned) else tell(role, value, lexicon)
            self._memory[key_of] = told
        return self._memory[key_of]


def _fill(old: Context, new: Context) -> Context:
    """What is known already, completed."""
    return Context(
        age=old.age if old.age is not None else new.age,
        sex=old.sex or new.sex,
        site=old.site or new.site,
        site_reported=old.site_reported or new.site_reported,
    )
