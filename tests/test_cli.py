"""The command line as a user meets it: output, exit codes, and what bad input gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import imtdx

PANEL = "ALK+ SMA+ vimentin+ desmin focal+ CD117- S100- DOG1- Ki-67 10%"


def run(*args: str, text: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``imtdx`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "imtdx", *args],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", **env},
        check=False,
    )


def test_diagnose_prints_a_ranked_table() -> None:
    done = run("diagnose", PANEL, "--age", "5", "--sex", "m", "--site", "mesentery")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 52
    assert "Prior: referral" in done.stdout
    (first,) = [line for line in lines if line.startswith(" 1  ")]
    assert "Inflammatory myofibroblastic tumour" in first
    assert "%" in first
    assert "for " in done.stdout
    assert "against" in done.stdout
    assert "not a diagnosis" in done.stdout
    assert "\x1b[" not in done.stdout


def test_json_has_the_documented_keys_and_no_other_numbers_than_the_api(model: imtdx.Model) -> None:
    done = run("diagnose", PANEL, "--age", "5", "--sex", "m", "--site", "mesentery", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["schema"] == "imtdx.differential/1"
    for key in (
        "imtdx_version",
        "knowledge",
        "prior",
        "panel",
        "ranking",
        "contributions",
        "conflict",
        "next_tests",
        "drivers",
        "flags",
    ):
        assert key in data, key
    assert set(data["ranking"][0]) >= {"rank", "id", "name", "probability", "low", "high", "log10_bf", "prior"}
    assert data["panel"]["findings"][3] == {
        "marker": "DES",
        "value": "focal",
        "reported": "desmin focal+",
        "percent": None,
    }
    assert sum(r["probability"] for r in data["ranking"]) == pytest.approx(1)
    dx = model.diagnose(PANEL, age=5, sex="male", site="mesentery")
    assert data["ranking"][0]["probability"] == dx.rows[0].probability
    total = sum(c["log10_lr"] for c in data["contributions"]["imt"])
    assert total == pytest.approx(data["ranking"][0]["log10_bf"], abs=1e-9)


def test_fish_is_understood_and_counts_less_beside_the_stain() -> None:
    values = []
    for panel in ("SMA+", "SMA+; ALK+", "SMA+; ALK FISH rearranged", "SMA+; ALK+; ALK FISH rearranged"):
        data = json.loads(run("diagnose", panel, "--json").stdout)
        values.append(next(r["log10_bf"] for r in data["ranking"] if r["id"] == "imt"))
    none, stain, fish, both = values
    assert both > max(stain, fish)
    assert both - none < (stain - none) + (fish - none)


def test_what_is_not_in_the_model_is_shown_as_not_used() -> None:
    done = run("diagnose", "ALK+ SMA+ CD138-")
    assert done.returncode == 0, done.stderr
    assert 'Not used: "CD138' in done.stdout


def test_panel_from_stdin_and_rival() -> None:
    done = run("diagnose", "-", "--against", "gist", text="SMA+; CD117-; DOG1-\n")
    assert done.returncode == 0, done.stderr
    assert "against Gastrointestinal stromal tumour" in done.stdout


BAD = {
    "unknown marker": (["diagnose", "ALK+ desmn+ SMA+"], 3, ["desmn", "^^^^^", "desmin"]),
    "impossible Ki-67": (["diagnose", "ALK+ Ki-67 140%"], 3, ["140", "^^^", "0 and 100"]),
    "empty panel": (["diagnose", ""], 3, ["empty"]),
    "no panel in a pipe": (["diagnose"], 2, ["no panel"]),
    "impossible age": (["diagnose", "ALK+", "--age", "140"], 3, ["age", "not possible", "120"]),
    "unreadable age": (["diagnose", "ALK+", "--age", "old"], 3, ["age", "5"]),
    "unknown site": (["diagnose", "ALK+", "--site", "mesentary"], 3, ["site", "mesenter"]),
    "unknown sex": (["diagnose", "ALK+", "--sex", "foo"], 3, ["sex"]),
    "unknown prior": (["diagnose", "ALK+", "--prior", "refferal"], 2, ["refferal", "referral"]),
    "prior over one": (["diagnose", "ALK+", "--prior", "imt=1.4"], 2, ["between 0 and 1"]),
    "unknown source": (["diagnose", "ALK+", "--without-source", "guo2025"], 2, ["guo2025shanxi"]),
    "unknown rival": (["diagnose", "ALK+", "--against", "gits"], 2, ["gits", "gist"]),
    "missing overlay": (["diagnose", "ALK+", "--knowledge", "nowhere.yaml"], 4, ["nowhere.yaml"]),
    "unknown command": (["diagnos", "ALK+"], 2, ["diagnose"]),
    "unknown option": (["diagnose", "ALK+", "--sight", "arm"], 2, ["--sight"]),
    "missing table": (["score", "nowhere.csv", "-o", "out.csv"], 3, ["nowhere.csv"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_says_what_where_and_what_to_do(name: str, tmp_path: Path) -> None:
    args, code, words = BAD[name]
    done = run(*args)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert done.stdout == ""


def test_broken_yaml_is_named_by_file_and_line(tmp_path: Path) -> None:
    overlay = tmp_path / "lab.yaml"
    overlay.write_text(
        "sources:\n  lab2026: {citation: 'Lab 2026', title: Own cases}\ndiagnoses:\n  imt:\n    evidence:\n      ALK:\n      - {positive: 9, total: 5, source: lab2026}\n",
        encoding="utf-8",
    )
    done = run("diagnose", "ALK+", "--knowledge", str(overlay))
    assert done.returncode == 4
    assert "lab.yaml:7" in done.stderr
    assert "exceeds total" in done.stderr


def test_start_up_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom imtdx.cli import main\n"
        "try: main(['diagnose', 'ALK+ SMA+ desmin-'])\nexcept SystemExit: pass\n"
        "print([m for m in ('pgmpy', 'pandas', 'scipy', 'sklearn', 'polars', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip().endswith("[]")


def test_html_file_is_whole_or_absent(tmp_path: Path) -> None:
    done = run("diagnose", PANEL, "--html", str(tmp_path / "no" / "such" / "dir" / "x.html"))
    assert done.returncode == 3
    assert not list(tmp_path.iterdir())


def test_no_color_and_pipes_carry_no_escapes() -> None:
    assert "\x1b" not in run("diagnose", PANEL, NO_COLOR="1").stdout


def test_ascii_terminals_get_ascii() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "imtdx", "diagnose", PANEL],
        capture_output=True,
        timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    done.stdout.decode("ascii")


def test_pgmpy_gives_the_same_ranking() -> None:
    ours, theirs = (
        json.loads(run("diagnose", PANEL, "--age", "5", "--json", "--engine", e).stdout)["ranking"]
        for e in ("compiled", "pgmpy")
    )
    for a, b in zip(ours, theirs, strict=True):
        assert a["id"] == b["id"]
        assert a["probability"] == pytest.approx(b["probability"], abs=1e-9)
