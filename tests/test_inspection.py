"""Questions to the knowledge: worked by hand on two small diagnoses, and the command line on the shipped knowledge."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import imtdx
from imtdx import inspection
from imtdx.cli import main
from imtdx.inspection.cells import homogeneity
from imtdx.knowledge import load_knowledge
from imtdx.model import Model
from imtdx.report.knowledge import compare_text, coverage_text, list_text, show_text

LAB = Path(__file__).parent.parent / "docs" / "examples" / "lab.yaml"


@pytest.fixture
def small(small_knowledge: Path) -> Model:
    """A model on two diagnoses and two markers."""
    return read(small_knowledge)


def read(place: Path) -> Model:
    """A model without the fusion node, for which the small knowledge has no stain."""
    return Model(load_knowledge(place), parts={"fusion": False})


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of ``imtdx knowledge``."""
    with pytest.raises(SystemExit) as end:
        main(["knowledge", *args])
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


# --- records -----------------------------------------------------------------------------------------------------------------


def test_show_one_cell(small: Model) -> None:
    (cell,) = inspection.show(small, "imt", "AAA").cells
    # 8 of 10 in one study on two pseudo-cases at the background of 0.1
    size = 10 / (1 + 9 * small.network.rates.heterogeneity("AAA"))
    assert cell.rate == pytest.approx((2 * 0.1 + size * 0.8) / (2 + size))
    assert cell.low < cell.rate < cell.high
    assert (cell.positive, cell.total, cell.n_studies, cell.basis, cell.i2) == (8, 10, 1, "counted", None)
    (study,) = cell.studies
    assert (study.result, study.focal, study.link, study.at) == ("8/10", 2, "https://doi.org/10.1/one", "imt.yaml:6")


def test_show_keeps_counted_and_unstudied_apart(small: Model) -> None:
    shown = inspection.show(small, "Tumour two")
    assert [c.marker for c in shown.cells] == ["AAA"]
    (background,) = shown.unstudied
    assert (background.marker, background.basis, background.studies) == ("BBB", "background", ())
    assert background.rate == pytest.approx(0.02)
    assert [c.diagnosis for c in inspection.show(small, "AAA").cells] == ["imt", "other"]


def test_show_wants_one_of_a_kind(small: Model) -> None:
    for names in ((), ("imt", "other"), ("AAA", "BBB"), ("imt", "AAA", "BBB")):
        with pytest.raises(imtdx.UsageError, match="name one diagnosis, one marker, or one of each"):
            inspection.show(small, *names)
    with pytest.raises(imtdx.UnknownNameError, match="unknown diagnosis or marker 'AAB': did you mean 'AAA'"):
        inspection.show(small, "AAB")
    with pytest.raises(imtdx.UsageError, match="is a source; ask what it feeds with: imtdx knowledge cite one2001"):
        inspection.show(small, "one2001")


@pytest.mark.parametrize(
    ("counts", "i2"),
    [([(3, 10)], None), ([(5, 10), (5, 10)], 0.0), ([(0, 10), (0, 20)], 0.0), ([(0, 40), (40, 40)], 1 - 1 / 80)],
)
def test_homogeneity(counts: list[tuple[float, float]], i2: float | None) -> None:
    assert homogeneity(counts) == (None if i2 is None else pytest.approx(i2, abs=1e-3))


def test_compare_is_the_j_divergence(small: Model) -> None:
    rows = {r.marker: r for r in inspection.compare(small, "imt", "other")}
    p, q = (small.network.rates.cell(d, "AAA").mean for d in ("imt", "other"))
    kl = sum(a * math.log10(a / b) + b * math.log10(b / a) for a, b in ((p, q), (1 - p, 1 - q)))
    assert rows["AAA"].weight == pytest.approx(kl / 2)
    assert rows["AAA"].low <= rows["AAA"].weight <= rows["AAA"].high
    assert rows["AAA"].verdict == "separates"
    assert rows["AAA"].difference_low > 0
    assert (rows["BBB"].verdict, rows["BBB"].why) == ("too thin", "T2 not studied")
    mirrored = {r.marker: r for r in inspection.compare(small, "other", "imt")}
    assert mirrored["AAA"].weight == pytest.approx(rows["AAA"].weight)
    assert mirrored["AAA"].low == pytest.approx(rows["AAA"].low)


def test_compare_of_equal_rates_overlaps(small_knowledge: Path) -> None:
    path = small_knowledge / "diagnoses" / "other.yaml"
    path.write_text(path.read_text().replace("positive: 1, total: 20", "positive: 79, total: 100"))
    (row,) = [r for r in inspection.compare(read(small_knowledge), "imt", "other") if r.marker == "AAA"]
    assert row.verdict in ("overlaps", "too thin")


def test_cite_finds_every_place(small: Model) -> None:
    citation = inspection.cite(small, "one2001")
    assert [(f.place, f.result) for f in citation.feeds] == [("imt AAA", "8/10 (2 focal)"), ("imt BBB", "3/5")]
    with pytest.raises(imtdx.UnknownNameError, match="did you mean 'one2001'"):
        inspection.cite(small, "one2002")


def test_cite_sees_the_network(model: imtdx.Model) -> None:
    places = {f.place for f in inspection.cite(model, "choi2015bladder").feeds}
    assert "imt ALK" in places
    assert any("concordance" in p for p in places)


def test_check_finds_orphans_and_missing_links(small_knowledge: Path) -> None:
    assert inspection.check(read(small_knowledge)).ok
    path = small_knowledge / "sources.yaml"
    path.write_text(path.read_text() + "three2003: {citation: Three, title: Third, url: not kept}\n")
    report = inspection.check(read(small_knowledge))
    assert not report.ok
    assert [p.split(";")[0] for p in report.problems] == [
        "source three2003 is not used by any row",
        "source three2003 has no link",
    ]


def test_left_out_sources_are_no_orphans(small_knowledge: Path) -> None:
    assert inspection.check(
        Model(load_knowledge(small_knowledge).without_sources(["two2002"]), parts={"fusion": False})
    ).ok


def test_check_lists_clipped_links(model: imtdx.Model) -> None:
    report = inspection.check(model)
    assert {(d, m) for d, m, _ in report.clipped} == set(model.network.clipped)
    assert all(b > 0 for *_, b in report.clipped)


def test_coverage_by_hand(small: Model) -> None:
    report = inspection.coverage(small)
    assert (report.total.cells, report.total.counted, report.total.words, report.total.two) == (6, 3, 0, 0)
    assert report.total.share == pytest.approx(0.5)
    assert [(r.name, r.counted) for r in report.diagnoses] == [("imt", 2), ("other", 1)]


def test_diff_of_nothing_moves_nothing(small: Model, small_knowledge: Path) -> None:
    report = inspection.diff(small, read(small_knowledge))
    assert report.changes == () and report.minor == 0 and report.shifts == ()


def test_diff_shows_what_the_example_overlay_moves(model: imtdx.Model) -> None:
    report = inspection.diff(model, imtdx.load(overlays=[LAB]))
    assert report.overlays == ("example laboratory",)
    assert report.added["diagnoses"] == ("example_lesion",)
    assert report.added["markers"] == ("EXSTAIN",)
    (alk,) = [c for c in report.changes if (c.diagnosis, c.marker) == ("imt", "ALK")]
    assert alk.rows == 1 and alk.before is not None and alk.shift == pytest.approx(alk.after - alk.before)
    assert ("imt", "KI67") in {(s.diagnosis, s.variable) for s in report.shifts}


# --- text and command line -----------------------------------------------------------------------------------------------


def too_wide(text: str) -> list[str]:
    """Lines over 80 columns; an address that stands alone may be, for a broken one cannot be followed."""
    return [line for line in text.splitlines() if len(line) > 80 and not line.strip().startswith("http")]


@pytest.mark.parametrize("name", ["imt", "gist", "ALK", "KI67", "alcl_alk", "unlisted"])
def test_show_fits_80_columns(model: imtdx.Model, name: str) -> None:
    assert too_wide(show_text(inspection.show(model, name))) == []


def test_every_answer_fits_80_columns(model: imtdx.Model) -> None:
    assert too_wide(coverage_text(inspection.coverage(model))) == []
    for section in ("", "sources", "markers"):
        assert too_wide(list_text(inspection.list_(model), section)) == []
    for rival in ("gist", "dedifferentiated_liposarcoma", "myxoinflammatory_fibroblastic_sarcoma"):
        assert too_wide(compare_text(inspection.compare(model, "imt", rival), 80)) == []


COMMANDS: list[list[str]] = [
    ["list"],
    ["list", "sources"],
    ["show", "imt"],
    ["show", "ALK"],
    ["show", "GIST", "CD117"],
    ["show", "IMT", "Ki-67"],
    ["compare", "imt", "gist"],
    ["cite", "guo2025shanxi"],
    ["check", "--coverage"],
    ["diff", str(LAB)],
    ["show", "EXSTAIN", "--knowledge", str(LAB)],
]


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_commands_as_text_and_json(capsys: pytest.CaptureFixture[str], args: list[str]) -> None:
    code, text, err = run(capsys, *args)
    assert (code, err) == (0, "")
    assert text.strip() and "\x1b" not in text
    code, text, err = run(capsys, *args, "--json")
    data: dict[str, Any] = json.loads(text)
    assert (code, err) == (0, "")
    verb = "coverage" if "--coverage" in args else args[0]
    assert data["schema"] == f"imtdx.knowledge.{verb}/1"
    assert data["imtdx_version"] == imtdx.__version__


def test_text_and_json_carry_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = run(capsys, "show", "imt", "ALK", "--brief")
    _, data, _ = run(capsys, "show", "imt", "ALK", "--json")
    (cell,) = json.loads(data)["cells"]
    line = next(x for x in text.splitlines() if x.startswith("IMT"))
    assert f"{100 * cell['rate']:.1f} %" in line
    assert f"{cell['positive']:g}/{cell['total']:g}" in line
    assert f"{100 * cell['low']:.1f} - {100 * cell['high']:.1f}" in line


def test_show_names_every_study_with_its_link(capsys: pytest.CaptureFixture[str], model: imtdx.Model) -> None:
    _, text, _ = run(capsys, "show", "imt", "ALK")
    for s in model.knowledge.diagnoses["imt"].evidence["ALK"]:
        assert (model.knowledge.sources[s.source].link or "no link: ") in text


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["show", "imtt"], 2, "did you mean"),
        (["show"], 2, "name one diagnosis, one marker, or one of each"),
        (["compare", "imt", "gits"], 2, "did you mean 'gist'"),
        (["cite", "guo2025"], 2, "did you mean 'guo2025shanxi'"),
        (["diff", "no-such.yaml"], 4, "check the path"),
        (["list", "things"], 2, "diagnoses"),
        (["chek"], 2, "No such command"),
    ],
)
def test_refusals(capsys: pytest.CaptureFixture[str], args: list[str], code: int, words: str) -> None:
    got, out, err = run(capsys, *args)
    assert got == code and out == ""
    assert words in err


def test_check_exit_code_follows_the_report(capsys: pytest.CaptureFixture[str], model: imtdx.Model) -> None:
    code, out, _ = run(capsys, "check")
    assert code == (0 if inspection.check(model).ok else 4)
    assert "read: " in out


def test_show_writes_a_heat_map(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "show", "--html", str(tmp_path / "all.html"))
    assert (code, out) == (0, "")
    code, out, _ = run(capsys, "show", "imt", "--brief", "--html", str(tmp_path / "imt.html"))
    assert code == 0 and out.startswith("Inflammatory myofibroblastic tumour")
    whole, one = ((tmp_path / n).read_text(encoding="utf-8") for n in ("all.html", "imt.html"))
    assert whole.startswith("<!doctype html>") and len(one) < len(whole)
    assert "Gastrointestinal stromal tumour" in whole and "Gastrointestinal stromal tumour" not in one
