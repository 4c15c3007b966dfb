"""Tests of the data alone: every record of knowledge/. A failure names the record and the mend."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import imtdx
from imtdx import inspection
from imtdx._schema_json import schemas
from imtdx.errors import KnowledgeError
from imtdx.inspection.coverage import FOUNDING_MARKERS
from imtdx.knowledge import Knowledge, Study, knowledge_dir, load_knowledge

ROOT = Path(__file__).parent.parent
PLACE = knowledge_dir()
FILES = sorted((PLACE / "diagnoses").glob("*.yaml"))
REWRITE = "run: python tools/evidence_to_yaml.py tools   (without tables it only rewrites in canonical order)"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    """The shipped knowledge, read without the cache."""
    return load_knowledge()


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """The canonical writer."""
    spec = importlib.util.spec_from_file_location("evidence_to_yaml", ROOT / "tools" / "evidence_to_yaml.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(knowledge: Knowledge) -> Iterator[tuple[str, Study]]:
    """Every study with the name of its cell."""
    for d in knowledge.diagnoses.values():
        for marker, studies in d.evidence.items():
            for s in studies:
                yield f"{s.at} {d.id} {marker} {s.source}", s


def fail_with(lines: list[str], mend: str) -> None:
    """Fail with every record and the mend; pass when there is none."""
    assert not lines, "\n".join([*lines[:30], f"({len(lines)} records) mend: {mend}"])


def _raw(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


# --- order ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_diagnosis_file_is_what_the_tool_would_write(path: Path, writer: ModuleType, tmp_path: Path) -> None:
    markers = list(_raw(PLACE / "markers.yaml"))
    copy = tmp_path / path.name
    writer.write_diagnosis(copy, _raw(path), markers)
    have, want = path.read_text(encoding="utf-8").splitlines(), copy.read_text(encoding="utf-8").splitlines()
    differ = [f"{path.name}:{n}: {a[:90]!r}" for n, (a, b) in enumerate(zip(have, want, strict=False), 1) if a != b]
    if len(have) != len(want):
        differ.append(f"{path.name}: {len(have)} lines, the tool writes {len(want)}")
    fail_with(differ, REWRITE)


def test_sources_are_sorted_and_one_line_each(writer: ModuleType) -> None:
    path = PLACE / "sources.yaml"
    text = path.read_text(encoding="utf-8")
    records = _raw(path)
    want = "".join(f"{k}: {writer.dump_row(records[k])}\n" for k in sorted(records))
    body = "".join(line + "\n" for line in text.splitlines() if not line.startswith("#"))
    differ = [f"sources.yaml: {a[:90]!r}" for a, b in zip(body.splitlines(), want.splitlines(), strict=False) if a != b]
    fail_with(differ, REWRITE)


def test_founding_markers_come_first(knowledge: Knowledge) -> None:
    head = list(knowledge.markers)[: len(FOUNDING_MARKERS)]
    assert sorted(head) == sorted(FOUNDING_MARKERS), (
        f"markers.yaml starts with {head}; move the founding markers to the top"
    )


# --- counts ----------------------------------------------------------------------------------------------------------------


def test_counts_are_whole_and_possible(knowledge: Knowledge) -> None:
    wrong = []
    for name, s in rows(knowledge):
        for key, value in (("positive", s.positive), ("total", s.total), ("focal", s.focal)):
            if value is not None and value != int(value):
                wrong.append(f"{name}: {key} {value:g} is no whole number of cases")
        if s.positive is not None and s.total is not None and not 0 <= (s.focal or 0) <= s.positive <= s.total:
            wrong.append(f"{name}: focal {s.focal} <= positive {s.positive:g} <= total {s.total:g} does not hold")
    fail_with(
        wrong,
        "check the figure against the source; a focal count cannot exceed the positive, nor the positive the total",
    )


def test_no_study_twice_in_a_cell(knowledge: Knowledge) -> None:
    def key(name: str, s: Study) -> tuple[Any, ...]:
        return name.split(" ", 1)[1], s.use, s.criterion, s.clone, s.site, s.given

    seen = Counter(key(name, s) for name, s in rows(knowledge))
    fail_with([f"{k[0]} ({k[1]}): {n} times" for k, n in seen.items() if n > 1], "keep the row with the larger total")


def test_one_vote_per_study(knowledge: Knowledge) -> None:
    wrong = []
    for d in knowledge.diagnoses.values():
        for marker, studies in d.evidence.items():
            votes = Counter(s.source for s in studies if s.use == "pooled" and not s.site)
            wrong += [f"{d.id} {marker}: {s} pooled {n} times without a site" for s, n in votes.items() if n > 1]
    fail_with(wrong, "keep one row, or mark the others use: selected")


def test_words_are_qualitative_and_counts_are_not(knowledge: Knowledge) -> None:
    wrong = [
        f"{n}: level {s.level!r}, basis {s.basis!r}"
        for n, s in rows(knowledge)
        if bool(s.level) != (s.basis == "qualitative")
    ]
    fail_with(wrong, "a row with a level has basis: qualitative; a row with a count has basis: count or pct")


_PERCENT_ONLY = re.compile(r"\s*(about |approximately |ca\.? |~)?\d+(\.\d+)?\s*%\s*(positive)?\s*")


def test_counts_from_a_percentage_are_marked(knowledge: Knowledge) -> None:
    wrong = [
        f"{n}: printed {s.printed!r}, {s.positive:g}/{s.total:g}, basis {s.basis!r}"
        for n, s in rows(knowledge)
        if s.positive is not None and s.total is not None and s.basis == "count" and _PERCENT_ONLY.fullmatch(s.printed)
    ]
    fail_with(wrong, "where only a percentage is printed the count is derived: set basis: pct")


def test_derived_counts_round_to_the_printed_percentage(knowledge: Knowledge) -> None:
    wrong = []
    for name, s in rows(knowledge):
        if s.basis == "pct" and s.positive is not None and s.total and _PERCENT_ONLY.fullmatch(s.printed):
            told = float(re.findall(r"\d+(?:\.\d+)?", s.printed)[0])
            if abs(100 * s.positive / s.total - told) > max(1.0, 51 / s.total):
                wrong.append(
                    f"{name}: {s.positive:g}/{s.total:g} is {100 * s.positive / s.total:.1f} %, printed {s.printed!r}"
                )
    fail_with(wrong, "positive is the printed percentage of the total, rounded to a whole case")


def test_figures_noted_in_condensed_form_claim_no_wording(knowledge: Knowledge) -> None:
    wrong = [f"{n}: printed {s.printed!r}" for n, s in rows(knowledge) if not s.verbatim and s.printed]
    fail_with(wrong, "a row whose wording was read again is verbatim: remove verbatim: false")


def test_conditional_rows_say_what_selects_them(knowledge: Knowledge) -> None:
    wrong = [n for n, s in rows(knowledge) if s.use == "conditional" and not (s.given or s.criterion or s.note)]
    fail_with(wrong, "add given: {MARKER: state}, or say in criterion what the subset is")


def test_sites_are_those_of_the_network(knowledge: Knowledge) -> None:
    spec = knowledge.network["context"]
    known = {*spec["sites"], *spec.get("site_sets", {})}
    wrong = [f"{n}: site {x!r}" for n, s in rows(knowledge) for x in s.site if x not in known]
    fail_with(wrong, f"use one of {', '.join(sorted(known))}, and keep the printed site under site_reported")


def test_context_categories_are_those_of_the_network(knowledge: Knowledge) -> None:
    spec = knowledge.network["context"]
    allowed = {
        "age": {*spec["age_bands"], "mean", "median", "min", "max"},
        "sex": set(spec["sexes"]),
        "site": {*spec["sites"], *spec.get("site_sets", {})},
    }
    wrong = [
        f"{r.at} {d.id} {variable}: category {r.category!r}"
        for d in knowledge.diagnoses.values()
        for variable, records in d.context.items()
        for r in records
        if variable in allowed and r.category not in allowed[variable]
    ]
    fail_with(wrong, "use a category of network.yaml (context), or mean, median, min, max for age in years")


def test_ages_can_be(knowledge: Knowledge) -> None:
    wrong = [
        f"{r.at} {d.id}: {r.category} {r.count:g} years"
        for d in knowledge.diagnoses.values()
        for r in d.context.get("age", ())
        if r.category in ("mean", "median", "min", "max") and not 0 <= r.count <= 110
    ]
    fail_with(wrong, "ages are in years")


# --- sources and names -----------------------------------------------------------------------------------------------------


def test_every_source_is_used_titled_and_linked(model: imtdx.Model) -> None:
    fail_with(list(inspection.check(model).problems), "as each line says")


def test_no_publication_under_two_ids(knowledge: Knowledge) -> None:
    wrong = []
    for key in ("doi", "pmid", "pmcid"):
        seen = Counter(str(getattr(s, key)).casefold() for s in knowledge.sources.values() if getattr(s, key))
        wrong += [f"{key} {value} stands in {n} sources" for value, n in seen.items() if n > 1]
    fail_with(wrong, "one publication, one id: point the rows to one and remove the other, or it votes twice")


def test_no_series_under_two_names(knowledge: Knowledge) -> None:
    """Two sources that print the same two counts of the same cells are one series, unless all or none of the cases stained."""
    seen: dict[tuple[str, str, float, float], set[str]] = {}
    for d in knowledge.diagnoses.values():
        for marker, rows in d.evidence.items():
            for s in rows:
                if s.positive and s.total and s.total >= 8 and s.positive < s.total:
                    seen.setdefault((d.id, marker, s.positive, s.total), set()).add(s.source)
    shared = Counter(pair for sources in seen.values() for pair in itertools.combinations(sorted(sources), 2))
    assert not [pair for pair, n in shared.items() if n > 1]


def test_identifiers_are_well_formed(knowledge: Knowledge) -> None:
    wrong = []
    for s in knowledge.sources.values():
        if s.doi and not re.fullmatch(r"10\.\d{4,9}/\S+", s.doi):
            wrong.append(f"source {s.id}: doi {s.doi!r}")
        if s.pmid and not re.fullmatch(r"\d{1,8}", s.pmid):
            wrong.append(f"source {s.id}: pmid {s.pmid!r}")
        if s.pmcid and not re.fullmatch(r"PMC\d+", s.pmcid):
            wrong.append(f"source {s.id}: pmcid {s.pmcid!r}")
        if s.year is not None and not 1900 <= s.year <= 2030:
            wrong.append(f"source {s.id}: year {s.year}")
    fail_with(wrong, "doi as 10.x/y without https://doi.org/, pmid as digits, pmcid as PMC and digits")


def _folded(*names: str) -> set[str]:
    return {n.casefold() for n in names}


def test_names_are_distinct(knowledge: Knowledge) -> None:
    names = Counter(w for d in knowledge.diagnoses.values() for w in _folded(d.id, d.name, d.abbreviation, *d.synonyms))
    fail_with(
        [f"{w!r} names {n} diagnoses" for w, n in names.items() if n > 1], "a name may lead to one diagnosis only"
    )
    words = Counter(w for m in knowledge.markers.values() for w in _folded(m.id, m.label, *m.synonyms))
    fail_with([f"{w!r} names {n} markers" for w, n in words.items() if n > 1], "a word may lead to one marker only")


def test_every_diagnosis_has_a_referral_weight(knowledge: Knowledge) -> None:
    missing = [d for d in knowledge.diagnoses if d not in knowledge.priors["referral"].weights]
    fail_with(
        [f"priors.yaml referral: {d} has no weight" for d in missing],
        "state a weight; without one it gets the smallest",
    )


# --- coverage --------------------------------------------------------------------------------------------------------------


def test_founding_markers_are_counted_or_openly_background(model: imtdx.Model) -> None:
    wrong = []
    for d in model.knowledge.diagnoses.values():
        shown = {c.marker: c for c in (lambda s: (*s.cells, *s.unstudied))(inspection.show(model, d.id))}
        for marker in FOUNDING_MARKERS:
            if model.knowledge.markers[marker].kind == "index":
                continue
            c = shown[marker]
            if c.basis == "counted" and not c.total:
                wrong.append(f"{d.id} {marker}: called counted without a count")
            if c.basis == "background" and any(s.pooled for s in c.studies):
                wrong.append(f"{d.id} {marker}: called background although studies are pooled")
            if c.basis not in ("counted", "defined", "qualitative", "judged", "background", "average"):
                wrong.append(f"{d.id} {marker}: basis {c.basis!r}")
    fail_with(wrong, "see imtdx/rates.py: kind of a cell")


def test_no_rate_is_zero_or_one(model: imtdx.Model) -> None:
    rates = model.network.rates
    wrong = [
        f"{d} {m}: {rates.cell(d, m).mean}"
        for d in model.diagnoses
        for m in model.knowledge.markers
        if not 1e-6 < rates.cell(d, m).mean < 1 - 1e-6
    ]
    fail_with(wrong, "give the marker a background between 0 and 1")


def test_coverage_adds_up(model: imtdx.Model) -> None:
    report = inspection.coverage(model)
    for part in (report.diagnoses, report.markers):
        for key in ("cells", "counted", "words", "two"):
            assert sum(getattr(r, key) for r in part) == getattr(report.total, key)
    assert report.total.cells == (len(model.diagnoses) - 1) * len(model.knowledge.markers)


# --- searches --------------------------------------------------------------------------------------------------------------


def test_every_search_says_what_was_sought_and_what_it_gave() -> None:
    with (PLACE / "searches.csv").open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        assert table.fieldnames == ["date", "sought", "query", "outcome"]
        wrong = [
            f"searches.csv:{table.line_num}: {row}"
            for row in table
            if None in row or not all(row.values()) or not re.fullmatch(r"20\d\d-\d\d(-\d\d)?", row["date"])
        ]
    fail_with(wrong, "four cells a line: date, what was sought, the query, the source ids or what was missing")


# --- JSON Schema -----------------------------------------------------------------------------------------------------------


def test_remarks_name_what_the_knowledge_holds() -> None:
    """What remarks quote can be quoted: the counts are there, under the sources named."""
    k = load_knowledge(PLACE)
    r = k.remarks
    assert r.igg4 and r.keratin and r.recurrence and r.mimics
    wrong = [
        f"{d} {m}: no count of {r.igg4.source}"
        for d in ("imt", "igg4rd")
        for m in r.igg4.compared
        if not any(s.source == r.igg4.source and s.total for s in k.diagnoses[d].evidence.get(m, ()))
    ]
    if not any(s.source == r.keratin.source and s.total for s in k.diagnoses["imt"].evidence["CK"]):
        wrong.append(f"imt CK: no count of {r.keratin.source}")
    series = next((row for row in k.diagnoses["imt"].ki67 if row.source == r.recurrence.source), None)
    if series is None or not all(1 <= case <= len(series.values) for case in r.recurrence.cases):
        wrong.append(f"imt Ki-67: the row of {r.recurrence.source} has no value for each recurrent case")
    fail_with(wrong, "mend knowledge/remarks.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("diagnosis: eims", "diagnosis: eimss", "unknown diagnosis 'eimss'; did you mean 'eims'"),
        ("tests: [CD30]", "tests: [CD3O]", "unknown marker 'CD3O'"),
        ("source: montgomery2006gu", "source: nobody2000", "'nobody2000' is not a known source"),
        ("{source: mercy2016imft", "{source: mercy2016imtf", "did you mean 'mercy2016imft'"),
        ("lesions:", "lesion:", "unknown key 'lesion'; did you mean 'lesions'"),
    ],
)
def test_broken_remarks_name_place_and_mend(tmp_path: Path, old: str, new: str, message: str) -> None:
    place = tmp_path / "knowledge"
    shutil.copytree(PLACE, place)
    text = (place / "remarks.yaml").read_text(encoding="utf-8")
    assert old in text
    (place / "remarks.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=message) as error:
        load_knowledge(place)
    assert "remarks.yaml:" in str(error.value)


def test_json_schemas_are_current() -> None:
    have = {p.name: json.loads(p.read_text(encoding="utf-8")) for p in (PLACE / "schema").glob("*.json")}
    stale = [name for name, schema in schemas().items() if have.get(name) != schema] + sorted(
        set(have) - set(schemas())
    )
    fail_with([f"knowledge/schema/{name}" for name in stale], "run: python -m imtdx._schema_json")


def test_json_schema_accepts_every_record() -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    wrong = []
    places = [(p, "diagnosis") for p in FILES] + [
        (PLACE / f"{n}.yaml", n) for n in ("markers", "sources", "priors", "remarks")
    ]
    for path, name in [*places, (ROOT / "docs" / "examples" / "lab.yaml", "overlay")]:
        for e in validator(schemas()[f"{name}.schema.json"]).iter_errors(_raw(path)):
            wrong.append(f"{path.name} {'/'.join(map(str, e.path))}: {e.message[:100]}")
    fail_with(wrong, "mend the record, or imtdx/_schema_json.py where the loader accepts it")


def test_json_schema_refuses_what_the_loader_refuses() -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(schemas()["diagnosis.schema.json"])
    good = {
        "id": "x",
        "name": "X",
        "abbreviation": "X",
        "evidence": {"ALK": [{"positive": 1, "total": 2, "source": "s"}]},
    }
    assert not list(validator.iter_errors(good))
    for row in (
        {"postive": 1, "total": 2, "source": "s"},
        {"positive": 1, "source": "s"},
        {"positive": 1, "total": 2, "level": "usual", "source": "s"},
        {"level": "often", "source": "s"},
        {"positive": 1, "total": 0, "source": "s"},
        {"positive": 1, "total": 2},
    ):
        assert list(validator.iter_errors({**good, "evidence": {"ALK": [row]}})), row
