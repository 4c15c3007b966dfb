"""Not a cell lost: each one that holds something changes the answer, is understood without weight, or is in the list of issues."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import imtdx
from imtdx.batch.results import Cells
from imtdx.cli import cli
from imtdx.tables import score_table

#: What says that there is no result, in the words of laboratories; written here again, so that the reader cannot excuse itself.
WITHOUT_WEIGHT = re.compile(
    r"n\.?[apdrteis]\.?|n/a|not (?:done|performed|available|interpretable|evaluable|assessable|applicable|known|stated|evaluated|reported)"
    r"|un(?:known|interpretable|specified|k)|pending|insufficient|missing|null|nan|none|unchecked|—|\?|\.|u",
    re.IGNORECASE,
)


#: What no cell may hold beside such words without being told of.
RESULT = re.compile(
    r"[+±＋（]|\b(?:pos|neg|positive|negative|focal|diffuse|weak|strong|patchy|absent|present|amplified|rearranged|low|high)\b|\d%|ｐｏｓ|[阳阴]性"
)


def says_nothing(text: str, column: str) -> bool:
    """Whether a cell says that there is no result, and gives none."""
    if COLUMNS.get(column) == "context" and re.fullmatch(r"[-−?.|\s]+", text):
        return True
    if column in ("morphology", "panel") and text in "-−":
        return True
    if column == "Ki-67" and "equivocal" in text:
        return not RESULT.search(text)
    if column == "panel":
        return bool(WITHOUT_WEIGHT.search(text))
    return bool(
        re.search(rf"(?<![^\W_])(?:{WITHOUT_WEIGHT.pattern})(?![^\W_])", text, re.IGNORECASE)
    ) and not RESULT.search(text)


SIGNS = ["+", "-", "++", "+++", "---", "--", "+/-", "(+)", "−", "±", "?", "x", "|", "*", "/", ".", "="]
WORDS = [
    "positive", "negative", "focal", "diffuse", "weak", "strong", "patchy", "NP", "ND", "not done", "pending", "equivocal", "amplified",
    "vessels +", "present", "absent", "rearranged", "low", "high", "grade 2", "3+", "2+ focal", "1+", "0", "1", "2", "3", "4", "10", "5%",
    "20%", "<5", "10-15", "10 20", "5, 10", "1.234,5", "0.25", "150", "hot spot", "pending", "male", "F", "stomach", "lung", "14 mo", "7",
    "2020-01-02", "12:30", "=A1", "#REF!", "#N/A", "ALK+", "SMA focal", "ALK", "necrosis", "no necrosis", "myxoid", "unknown", "n/a", "nan",
    "see report", "purple", "checked", "true", "50%", "H-score 120", "D5F3", "clone", "阳性", "阴性", "部分+", "（+）", "ｐｏｓ", "Ø", "🙂",
]  # fmt: skip
COLUMNS = {
    "ALK": "marker", "SMA (%)": "marker", "CD34 H-score": "marker", "Desmin (0-3)": "marker", "H3K27me3": "marker", "beta-catenin": "marker",
    "Ki-67": "marker", "ALK FISH": "marker", "MORPH_MYXOID": "marker", "S-100 (choice=Positive)": "marker",
    "age": "context", "sex": "context", "site": "context", "morphology": "text", "panel": "text",
}  # fmt: skip


def texts(seed: int, n: int) -> list[str]:
    """Cells as people and programs write them, well and badly."""
    rng = random.Random(seed)
    out = [*SIGNS, *WORDS]
    while len(out) < n:
        parts = rng.choices([*SIGNS, *WORDS], k=rng.choice([2, 2, 2, 3]))
        form = rng.choice(["{} {}", "{}{}", "{} ({})", "{}, {}", "{}; {}", "{} / {}"])
        out.append(form.format(*parts[:2]) + (f" {parts[2]}" if len(parts) > 2 else ""))
    return list(dict.fromkeys(out))


def blank(text: str) -> bool:
    return not text.replace("\u200b", "").strip()


def lost(frame: pd.DataFrame, column: str, model: imtdx.Model, name: str = "") -> tuple[list[str], Cells]:
    """The cells of one column that change nothing, are in no list and do not say that there is no result; the sum."""
    issues: list[dict[str, Any]] = []
    cells = Cells()
    scored = model.score(frame, full=True, issues=issues, remarks=[], cells=cells)
    empty = model.score(frame.head(1).assign(**{column: None}), full=True, remarks=[])
    numbers = [c for c in scored.columns if c.startswith("p_")]
    moved = (np.abs(scored[numbers].to_numpy(float) - empty[numbers].to_numpy(float)) > 1e-12).any(axis=1)
    told = {i["row"] for i in issues}
    out = [
        text
        for row, (text, changed, findings) in enumerate(
            zip(frame[column], moved, scored["n_findings"], strict=True), start=1
        )
        if not changed
        and row not in told
        and findings == 0
        and not blank(text)
        and not says_nothing(text, column if column in COLUMNS else name)
    ]
    return out, cells


@pytest.mark.parametrize("column", COLUMNS)
def test_wide(column: str, model: imtdx.Model) -> None:
    made = texts(607 + len(column), 700)
    frame = pd.DataFrame({column: made, **({} if column == "ALK" else {"ALK": None})}, dtype=object)
    missing, cells = lost(frame, column, model)
    if "choice" in column:
        # that a box is empty, or its answer another one, says nothing
        missing = [t for t in missing if t.casefold() not in ("0", "negative", "n", "no")]
    assert missing == []
    assert cells.read == len(made)


@pytest.mark.parametrize("marker", ["ALK", "Ki-67", "ALK FISH", "age", "sex", "site"])
def test_long(marker: str, model: imtdx.Model) -> None:
    made = [t for t in texts(11, 500) if t != "nan"]
    frame = pd.DataFrame(
        {"case_id": [f"c{k}" for k in range(len(made))], "marker": marker, "value": made}, dtype=object
    )
    missing, cells = lost(frame, "value", model, marker)
    assert missing == []
    assert cells.read == len(made)


def test_the_sum_is_that_of_the_cells(model: imtdx.Model, tmp_path: Path) -> None:
    """Every layout and format: used, without weight and in issues add up to the cells that are there."""
    rng = random.Random(5)
    pool = [t for t in texts(3, 150) if t != "nan" and not blank(t)]
    rows = [["" if rng.random() < 0.3 else rng.choice(pool) for _ in COLUMNS] for _ in range(400)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    filled = sum(1 for row in rows for t in row if t)
    for name in ("t.csv", "t.xlsx", "t.parquet"):
        path = tmp_path / name
        if name == "t.csv":
            frame.to_csv(path, index=False)
        elif name == "t.xlsx":
            frame.astype(str).replace("", None).to_excel(path, index=False)
        else:
            frame.to_parquet(path)
        done = score_table(model, path, tmp_path / f"{name}.out.csv")
        assert done.cells.read == filled, name
        # a cell counts as in issues when a line is about it, and only then
        lines = pd.read_csv(tmp_path / f"{name}.out.csv.issues.csv", keep_default_na=False)
        about: set[tuple[int, str]] = set()
        for line in lines.itertuples():
            if "read as" in line.problem or "outweighs" in line.problem or "is replaced by" in line.problem:
                # a remark about results that are used
                continue
            parts = line.column.split(" / ")
            about |= {(line.row, part) for part in parts if frame.loc[line.row - 1, part]}
        assert done.cells.faulty == len(about), name
        assert done.cells.used > 0 and done.cells.idle > 0


def test_clean_tables_raise_no_false_alarm(model: imtdx.Model) -> None:
    """At most one cell in a hundred of what laboratories write every day is in the list."""
    clean = {
        "ALK": ["+", "-", "positive", "negative", "focal", "diffuse", "1+", "2+", "3+", "NP", "ND", "n/a", "weak +", "+ (5%)", "10%", ""],
        "Ki-67": ["10", "10%", "5-10%", "<5%", ">30", "about 10%", "20 % (hot spot)", "NP", "3.5", "3,5", "1-2%", "low", "high", "", "ND"],
        "ALK FISH": ["positive", "negative", "rearranged", "not rearranged", "NP", "no rearrangement", "not done", "ND", ""],
        "age": ["5", "14 mo", "7 years", "63", "unknown", "3 weeks", "NA", "6y", ""],
        "sex": ["m", "f", "male", "Female", "M", "F", "unknown", ""],
        "site": ["stomach", "lung", "mesentery", "thigh", "urinary bladder", "unknown", "left upper arm", ""],
        "morphology": ["spindle cells, myxoid stroma", "no necrosis", "MORPH_NECROSIS=absent", "myxoid", "not available", ""],
    }  # fmt: skip
    rng = random.Random(1)
    frame = pd.DataFrame({k: [rng.choice(v) for _ in range(600)] for k, v in clean.items()}, dtype=object)
    issues: list[dict[str, Any]] = []
    cells = Cells()
    model.score(frame, issues=issues, remarks=[], cells=cells)
    assert cells.faulty <= 0.01 * cells.read, Counter((i["column"], i["value"]) for i in issues).most_common(10)


def test_the_run_prints_the_sum(model: imtdx.Model, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Case,ALK,Ki-67\n1,+,10\n2,NP,+\n3,-,NP\n4,,\n")
    done = CliRunner().invoke(cli, ["score", str(tmp_path / "t.csv"), "-o", str(tmp_path / "o.csv")])
    assert "6 cells read: 3 used, 2 understood without weight (NP 2), 1 in issues" in done.stderr
