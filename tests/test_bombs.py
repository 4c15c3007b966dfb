"""Files made to fill the memory or to hang: miniatures of them, and limits lowered where that is needed."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import imtdx
from imtdx import _yaml
from imtdx._yaml import load_yaml
from imtdx.errors import KnowledgeError, TableError, UsageError
from imtdx.tables import detect, score_table

PRIOR = "priors:\n  p: {{description: d, basis: b, weights: {{imt: {}}}}}\n"


def aliases(levels: int) -> str:
    """Each level stands for nine of the one before."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, levels)]
    return "\n".join(lines) + "\n"


BOMBS = {
    "aliases": (aliases(9), r"more than 500,000 values, aliases written out"),
    "an alias of itself": ("sources: &a [*a]\n", "nested more than 50 deep"),
    "deep brackets": ("sources: " + "[" * 60 + "]" * 60 + "\n", "nested more than 50 deep"),
    "deeper brackets": ("sources: " + "[" * 100_000 + "\n", "nest"),
    "deep mappings": ("".join(" " * k + "a:\n" for k in range(200)), "nested more than 50 deep"),
    "10^400": (PRIOR.format("1" + "0" * 400), r":2: 10000000000000000000\.\.\. is no number"),
    "0xff...": (PRIOR.format("0x" + "f" * 400), r":2: 0xf+\.\.\. is no number"),
    "base 60": (PRIOR.format("1" + ":11" * 50_000), r":2: 1:11:11:.* is no number"),
    "1e308": (PRIOR.format("1.0e+308"), r":2: 1\.0e\+308 is no number that can be reckoned with"),
    "1e-320": (PRIOR.format("1.0e-320"), "is no number that can be reckoned with"),
    "infinity": (PRIOR.format(".inf"), "is no number that can be reckoned with"),
    "not a number": (PRIOR.format(".nan"), "is no number that can be reckoned with"),
    "an object": ("sources: !!python/object/apply:os.system ['true']\n", r"tag !!python/object/apply:os\.system is not read"),
    "an object as a key": ("? !!python/name:os.system\n: 1\n", r"tag !!python/name:os\.system is not read"),
    "an object as a value": ("about: !!python/name:os.system\n", r"the tag !!python/name:os\.system is not read"),
    "a set": ("about: !!set {a, b}\n", "the tag !!set is not read"),
    "bytes": ("about: !!binary aGVsbG8=\n", "the tag !!binary is not read"),
    "a tag of someone's own": ("sources: !mine {a: 1}\n", "the tag !mine is not read"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_an_overlay_that_is_a_bomb(name: str, tmp_path: Path) -> None:
    text, message = BOMBS[name]
    (tmp_path / "o.yaml").write_text(text)
    with pytest.raises(KnowledgeError, match=message) as caught:
        imtdx.load(overlays=[tmp_path / "o.yaml"])
    assert "o.yaml:" in str(caught.value)


def test_the_command_line_says_so_with_code_4(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(BOMBS["an object"][0])
    command = [sys.executable, "-m", "imtdx", "diagnose", "ALK+", "--knowledge", str(tmp_path / "o.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and done.stderr.count("\n") == 1 and "is not read" in done.stderr
    done = subprocess.run([*command[:-1], "/dev/zero"], capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "larger than 8 MB" in done.stderr


def test_large_files_are_not_taken_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_yaml, "_LARGEST", 100)
    (tmp_path / "o.yaml").write_text("a: 1\n" + "#" * 100)
    with pytest.raises(KnowledgeError, match="larger than"):
        load_yaml(tmp_path / "o.yaml")


def test_the_pure_python_loader_has_the_same_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.delattr(yaml, "CSafeLoader")
    for name, (text, _) in BOMBS.items():
        (tmp_path / "o.yaml").write_text(text)
        with pytest.raises(KnowledgeError):
            load_yaml(tmp_path / "o.yaml") if "weights" not in text else imtdx.load(overlays=[tmp_path / "o.yaml"])
        assert name


def test_a_few_aliases_are_welcome(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text("a: &a [1, 2]\nb: {c: *a, d: *a}\n")
    assert load_yaml(tmp_path / "o.yaml") == {"a": [1, 2], "b": {"c": [1, 2], "d": [1, 2]}}


@pytest.mark.parametrize(
    "weight",
    [10**400, 10**5000, 1e308, float("inf"), float("nan"), 0, -1, True, "1", pd.NA],
    ids=lambda w: type(w).__name__,
)
def test_weights_beyond_reckoning(weight: object) -> None:
    with pytest.raises(UsageError, match="prior weight of gist must be a number above 0 and at most 1e\\+15"):
        imtdx.load({"imt": 1.0, "gist": weight})  # type: ignore[dict-item]
    with pytest.raises(UsageError, match=r"prior of gist must be a number between 0 and 1|must lie between"):
        imtdx.load(fixed_priors={"gist": 2 if weight is True else weight})  # type: ignore[dict-item]


# --- workbooks -----------------------------------------------------------------------------------------------------------------


def swollen(path: Path, size: int) -> None:
    """A workbook with one cell of ``size`` letters that pack to a thousandth."""
    book = openpyxl.Workbook()
    book.active.append(["id", "ALK"])  # type: ignore[union-attr]
    book.active.append(["a", "+"])  # type: ignore[union-attr]
    plain = io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                cell = b'<row r="3"><c r="A3" t="inlineStr"><is><t>' + b"x" * size + b"</t></is></c></row></sheetData>"
                data = data.replace(b"</sheetData>", cell)
            new.writestr(name, data)


def test_a_workbook_that_swells(model: imtdx.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swollen(tmp_path / "t.xlsx", 300_000)
    score_table(model, tmp_path / "t.xlsx", tmp_path / "out.csv")
    (tmp_path / "out.csv").unlink()
    monkeypatch.setattr(detect, "_HARMLESS", 100_000)
    with pytest.raises(TableError, match=r"sheet1\.xml unpacks to 0 MB, \d+ times its size, as no table does; save"):
        score_table(model, tmp_path / "t.xlsx", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


# --- more distinct values than two bytes count ---------------------------------------------------------------------------------


def test_more_than_32767_distinct_values_of_one_column(model: imtdx.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes of a column whose vocabulary is large already, as after 40,000 distinct ranges of Ki-67."""
    from imtdx.batch.scorer import Scorer
    from imtdx.batch.vocabulary import Vocabulary
    from imtdx.scoring import score_frame

    frame = pd.DataFrame({"id": ["a", "b", "c"], "Ki-67": ["7.5-12%", "31%", ""], "ALK": ["+", "-", "+"]})
    before = score_frame(model, frame)
    real = Vocabulary.__init__

    def crowded(self: Vocabulary, *args: object, **kwargs: object) -> None:
        real(self, *args, **kwargs)  # type: ignore[arg-type]
        if self.name == "KI67":
            # entry 0 stands for nothing told, and so do these
            self.entries += [{} for _ in range(40_000)]
            self.traits += [0] * 40_000

    monkeypatch.setattr(Vocabulary, "__init__", crowded)
    assert len(Scorer(model).reader.vocabulary("KI67").entries) > 40_000
    pd.testing.assert_frame_equal(score_frame(model, frame), before)
    long = pd.DataFrame(
        {"case_id": list("aabb"), "marker": ["Ki-67", "ALK"] * 2, "value": ["7.5-12%", "+", "31%", "-"]}
    )
    after = score_frame(model, long)
    assert after["p_imt"].tolist() == pytest.approx(before["p_imt"].tolist()[:2], rel=1e-12)


# --- missing values of pandas --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("none", [pd.NA, pd.NaT, float("nan"), None], ids=str)
def test_missing_values_are_missing(none: object, model: imtdx.Model) -> None:
    told = model.diagnose("ALK+ SMA+", draws=2)
    same = model.diagnose(
        {"ALK": "+", "SMA": "+", "CD34": none}, age=none, sex=none, site=none, morphology=none, case_id=none, draws=2  # type: ignore[arg-type, dict-item]
    )  # fmt: skip
    assert same.probability() == told.probability() and same.case_id == ""
    assert model.diagnose(none, draws=2).probability() == model.diagnose("", draws=2).probability()  # type: ignore[arg-type]
    same.to_json()
    frame = pd.DataFrame(
        {"id": [none, "b"], "ALK": [none, "+"], "age": [none, 5], "panel": [none, "SMA+"]}, dtype=object
    )
    assert model.score(frame)["status"].tolist() == ["no_findings", "ok"]
