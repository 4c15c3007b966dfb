"""Merge evidence tables (CSV) into the YAML knowledge, in canonical order.

    python tools/evidence_to_yaml.py DIR [--knowledge knowledge]

DIR holds any of evidence.csv, context.csv, ki67.csv and sources.csv. Rows are added to knowledge/diagnoses/<id>.yaml and
knowledge/sources.yaml; a row that is already there (same marker, source, use, criterion, site) is left alone. The YAML is the source of truth:
this script only saves typing, and rewrites files in the order the data tests ask for.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

import yaml

STUDY_KEYS = (
    "positive", "total", "focal", "level", "criterion", "clone", "given", "population", "site", "site_reported", "basis", "use",
    "verbatim", "printed", "where", "note", "source",
)  # fmt: skip
CONTEXT_KEYS = ("category", "count", "total", "population", "use", "basis", "note", "source")
KI67_KEYS = ("n", "mean", "median", "min", "max", "values", "threshold", "n_above_threshold", "use", "note", "source")
SOURCE_KEYS = ("citation", "title", "year", "doi", "pmid", "pmcid", "url", "unlinked", "study_type", "n_cases")
DIAGNOSIS_KEYS = (
    "id", "name", "abbreviation", "synonyms", "lineage", "behaviour", "icd_o", "signature", "background", "remark",
)  # fmt: skip
CONTEXT_VARIABLES = ("age", "sex", "site", "incidence")
SITES = {
    "": [], "any": [], "extrathoracic": [], "extrapleural": [],
    "head and neck": ["head_neck"],
    "extraenteric": ["mesentery_omentum_peritoneum"],
    "gi": ["stomach", "small_bowel", "colorectum", "esophagus"],
    "gastrointestinal": ["stomach", "small_bowel", "colorectum", "esophagus"],
    "stomach/small_bowel": ["stomach", "small_bowel"],
    "uterus": ["uterus"],
    "esophagus/colorectum": ["esophagus", "colorectum"],
    "soft tissue": ["extremity", "trunk"],
    "abdomen/pelvis/retroperitoneum": ["mesentery_omentum_peritoneum", "pelvis_gu", "retroperitoneum"],
    "mucosal": ["other"],
    "retroperitoneum/pelvis": ["retroperitoneum", "pelvis_gu"],
    "intestine": ["small_bowel", "colorectum"],
    "gi/abdomen": ["stomach", "small_bowel", "colorectum", "mesentery_omentum_peritoneum"],
}  # fmt: skip


class _Dumper(yaml.SafeDumper):
    """One record per line: flow mappings that never wrap."""


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


def dump_row(row: dict[str, Any]) -> str:
    """A record as one line of flow YAML."""
    return yaml.dump(
        row, Dumper=_Dumper, default_flow_style=True, width=10**9, sort_keys=False, allow_unicode=True
    ).strip()


def study(row: dict[str, str]) -> dict[str, Any]:
    """An evidence.csv row as a YAML record; empty cells and defaults are left out."""
    out: dict[str, Any] = {}
    for key in ("positive", "total", "focal"):
        if row.get(key):
            out[key] = _number(row[key])
    if "focal" in out and out["focal"] > out.get("positive", 0):
        row["note"] = (
            row.get("note", "") + f"; focal {out.pop('focal')} of the cohort exceeds the positive count, not used"
        ).strip("; ")
    site = row.get("site", "").strip()
    places = SITES.get(site, [site] if site else [])
    for key in ("level", "criterion", "clone"):
        if row.get(key):
            out[key] = row[key]
    out["population"] = row.get("population") or "unknown"
    if places:
        out["site"] = places if len(places) > 1 else places[0]
    if site in SITES and site not in ("", "any"):
        out["site_reported"] = site
    out["basis"] = row["basis"]
    out["use"] = row["use"]
    if row.get("verbatim", "True") == "False":
        out["verbatim"] = False
    for key in ("printed", "where", "note"):
        if row.get(key):
            out[key] = row[key].strip().lstrip("; ")
    out["source"] = row["source_id"]
    return {k: out[k] for k in STUDY_KEYS if k in out}


def context_row(row: dict[str, str]) -> dict[str, Any]:
    """A context.csv row as a YAML record."""
    out: dict[str, Any] = {"category": row["category"], "count": _number(row["count"])}
    if row.get("total"):
        out["total"] = _number(row["total"])
    for key in ("population", "use", "basis", "note"):
        if row.get(key):
            out[key] = row[key].strip()
    out["source"] = row["source_id"]
    return {k: out[k] for k in CONTEXT_KEYS if k in out}


def ki67_row(row: dict[str, str]) -> dict[str, Any]:
    """A ki67.csv row as a YAML record."""
    out: dict[str, Any] = {}
    for key in KI67_KEYS:
        text = row.get("source_id" if key == "source" else key, "")
        if not text:
            continue
        if key == "values":
            out[key] = [_number(v) for v in text.split(";")]
        elif key in ("use", "note", "source"):
            out[key] = text
        elif key == "threshold":
            out[key] = text if text.startswith(">=") else f">{text}"
        else:
            out[key] = _number(text)
    return out


def merge(old: list[dict[str, Any]], new: list[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Old records and the new ones that are not among them."""

    def key(row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(row.get(k, "")) for k in keys)

    have = {key(r) for r in old}
    return old + [r for r in new if key(r) not in have]


def study_order(row: dict[str, Any]) -> tuple[Any, ...]:
    """Largest series first, words last, then by source."""
    return (
        row.get("total") is None,
        -(row.get("total") or 0),
        row["source"],
        row.get("use", ""),
        row.get("criterion", ""),
    )


def write_diagnosis(path: Path, data: dict[str, Any], markers: list[str]) -> None:
    """Write one diagnosis file in canonical order."""
    lines = []
    for key in DIAGNOSIS_KEYS:
        if key in data:
            lines.append(f"{key}: {dump_row({'x': data[key]})[4:-1]}")
    lines.append("evidence:" if data.get("evidence") else "evidence: {}")
    for marker in sorted(data.get("evidence", {}), key=markers.index):
        lines.append(f"  {marker}:")
        lines += [f"  - {dump_row(r)}" for r in sorted(data["evidence"][marker], key=study_order)]
    lines.append("context:" if data.get("context") else "context: {}")
    for variable in CONTEXT_VARIABLES:
        rows = data.get("context", {}).get(variable, [])
        if rows:
            lines.append(f"  {variable}:")
            lines += [f"  - {dump_row(r)}" for r in sorted(rows, key=lambda r: (r["source"], str(r["category"])))]
    rows = data.get("ki67") or []
    lines.append("ki67:" if rows else "ki67: []")
    lines += [f"- {dump_row(r)}" for r in sorted(rows, key=lambda r: r["source"])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, or none when it is not there."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--knowledge", type=Path, default=Path(__file__).parent.parent / "knowledge")
    args = parser.parse_args()
    markers = list(yaml.safe_load((args.knowledge / "markers.yaml").read_text(encoding="utf-8")))
    files = sorted((args.knowledge / "diagnoses").glob("*.yaml"))
    data = {p.stem: yaml.load(p.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for p in files}
    unknown = 0
    for row in read_csv(args.tables / "evidence.csv"):
        if row["entity"] not in data or row["marker"] not in markers:
            print(f"skipped, unknown diagnosis or marker: {row['entity']} {row['marker']}", file=sys.stderr)
            unknown += 1
            continue
        cell = data[row["entity"]].setdefault("evidence", {})
        cell[row["marker"]] = merge(cell.get(row["marker"], []), [study(row)], ("source", "use", "criterion", "site"))
    for row in read_csv(args.tables / "context.csv"):
        if row["entity"] not in data:
            print(f"skipped, unknown diagnosis: {row['entity']}", file=sys.stderr)
            unknown += 1
            continue
        context = data[row["entity"]].setdefault("context", {})
        rows = context.get(row["variable"], [])
        context[row["variable"]] = merge(rows, [context_row(row)], ("source", "category", "note", "count"))
    for row in read_csv(args.tables / "ki67.csv"):
        rows = data[row["entity"]].get("ki67") or []
        data[row["entity"]]["ki67"] = merge(rows, [ki67_row(row)], ("source", "threshold"))
    for path in files:
        write_diagnosis(path, data[path.stem], markers)
    sources_path = args.knowledge / "sources.yaml"
    sources: dict[str, Any] = {}
    if sources_path.exists():
        sources = yaml.load(sources_path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    for row in read_csv(args.tables / "sources.csv"):
        record = {k: row[k].strip() for k in SOURCE_KEYS if row.get(k, "").strip()}
        for key in ("year", "n_cases"):
            if key in record:
                record[key] = _number(record[key])  # type: ignore[assignment]
        sources.setdefault(row["source_id"], record)
    head = "# The bibliography: every source a count in diagnoses/ or network.yaml rests on, by id.\n"
    sources_path.write_text(head + "".join(f"{k}: {dump_row(sources[k])}\n" for k in sorted(sources)), encoding="utf-8")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
