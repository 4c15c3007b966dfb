"""The page: the same numbers as the engine, no connections, quick, and usable without a mouse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from click.testing import CliRunner
from node import run_page
from panels import random_panels

import imtdx
from imtdx.page import build_page
from imtdx.page.carried import carried
from imtdx.page.entries import diagnose, first, rest
from imtdx.panel import Panel


def plain(value: Any) -> Any:
    """Values as JSON brings them back."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


LINE = "ALK+ SMA+ vimentin+ desmin focal+ CD117- S-100- DOG1- Ki-67 10%"


@pytest.fixture(scope="module")
def page(model: imtdx.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "imtdx.html"
    path.write_text(build_page(model), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(page: Path) -> Iterator[Browser]:
    with Browser() as b:
        b.open(page)
        b.run("imtdx.ready")
        yield b


# --- the file ---------------------------------------------------------------------------------------------------------
def test_size_and_policy(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.encode()) < 2_500_000
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    for rule in ("default-src &#x27;none&#x27;", "connect-src &#x27;none&#x27;", "form-action &#x27;none&#x27;"):
        assert rule in policy[1]
    assert "unsafe" not in policy[1]
    # the only addresses in the file are the name of an XML vocabulary and the beginnings of links to sources
    addresses = {"http://www.w3.org/2000/svg", "https://doi.org/", "https://pubmed.ncbi.nlm.nih.gov/"}
    assert set(re.findall(r"https?://[^\s\"'<$`]+", text)) <= addresses


def test_same_model_same_bytes(model: imtdx.Model, page: Path) -> None:
    assert build_page(model) == page.read_text(encoding="utf-8")


def test_command(tmp_path: Path) -> None:
    from imtdx.cli import cli

    out = tmp_path / "p.html"
    result = CliRunner().invoke(cli, ["page", "-o", str(out), "--prior", "uniform"])
    assert result.exit_code == 0, result.output
    with Browser() as b:
        b.open(out)
        b.run("imtdx.ready")
        assert b.run("imtdx.about().prior") == "uniform"


def test_data_block_cannot_be_closed_by_a_name(small_knowledge: Path) -> None:
    path = small_knowledge / "diagnoses" / "imt.yaml"
    named = path.read_text(encoding="utf-8").replace("Tumour one", "'</script><script>alert(1)</script>'")
    path.write_text(named, encoding="utf-8")
    text = build_page(imtdx.load(knowledge=small_knowledge, parts={"fusion": False}))
    assert "<script>alert" not in text


# --- the numbers ------------------------------------------------------------------------------------------------------
def told(panel: Panel) -> tuple[str, dict[str, Any]]:
    """A panel as text, and its context as options."""
    c = panel.context
    options = {"age": c.age, "sex": c.sex, "site": c.site and c.site.replace("_", " ")}
    return panel.to_text(), {k: v for k, v in options.items() if v is not None}


def difference(ours: Any, theirs: Any, exact: float, where: str = "") -> str:
    """Where two answers differ first; figures may by ``exact``. Empty when nowhere."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return f"{where}: {list(ours)} {list(theirs)}"
        return next((d for k in ours if (d := difference(ours[k], theirs[k], exact, f"{where}/{k}"))), "")
    if isinstance(ours, (list, tuple)) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f"{where}: {len(ours)} and {len(theirs)}"
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next((d for k, (a, b) in pairs if (d := difference(a, b, exact, f"{where}/{k}"))), "")
    if isinstance(ours, float) and isinstance(theirs, (int, float)):
        return "" if abs(ours - theirs) <= exact else f"{where}: {ours} {theirs}"
    return "" if ours == theirs else f"{where}: {ours!r} {theirs!r}"


def test_diagnose_is_the_json_of_the_command_line(model: imtdx.Model, browser: Browser) -> None:
    from imtdx.cli import cli

    given = ["--age", "5", "--sex", "m", "--site", "mesentery", "--json"]
    result = CliRunner().invoke(cli, ["diagnose", LINE, *given])
    assert result.exit_code == 0, result.output
    options = {"age": "5", "sex": "m", "site": "mesentery"}
    theirs = browser.run(f"imtdx.diagnose({json.dumps(LINE)}, {json.dumps(options)})")
    assert difference(json.loads(result.output), theirs, 1e-6) == ""


def test_answers_equal_pythons(model: imtdx.Model, browser: Browser, amount: Callable[[int, int], int]) -> None:
    cases = [told(p) for p in random_panels(model, amount(25, 500), seed=1)]
    cases += [
        ("", {}),
        ("ALK+ SMA+; ALK-", {}),
        ("nonsense only", {}),
        ("ALK+", {"age": "old"}),
        ("IgG4+ ALK-", {"specimen": "biopsy"}),
    ]
    cases += [(LINE, {"complete": True}), (LINE, {"prior": "uniform"}), (LINE, {"fixed": {"imt": 0.3}})]
    cases += [
        (LINE, {"entered": {"ALK": {"value": "negative", "clone": "ALK1"}, "SMA": None, "KI67": {"value": "5-10"}}})
    ]
    for text, options in cases:
        for name, ours in (("first", first), ("rest", rest)):
            theirs = browser.run(f"imtdx.{name}({json.dumps(text)}, {json.dumps(options)})")
            assert difference(plain(ours(model, text, options)), theirs, 1e-9) == "", (text, options)


def test_intervals_equal_pythons(model: imtdx.Model, browser: Browser, amount: Callable[[int, int], int]) -> None:
    for text, options in [told(p) for p in random_panels(model, amount(3, 100), seed=2, most=5)]:
        theirs = browser.run(f"imtdx.diagnose({json.dumps(text)}, {json.dumps(options)})")
        assert difference(plain(diagnose(model, text, options)), theirs, 1e-6) == "", (text, options)


def test_naive_twin(naive: imtdx.Model, tmp_path: Path) -> None:
    made = carried(naive)
    cases = [told(p) for p in random_panels(naive, 12, seed=3)]
    theirs = run_page(made, "data.map(([text, options]) => page.first(text, options))", tmp_path, cases)
    for (text, options), answer in zip(cases, theirs, strict=True):
        assert difference(plain(first(naive, text, options)), answer, 1e-9) == "", (text, options)


# --- what one sees ----------------------------------------------------------------------------------------------------
def test_nothing_is_loaded_and_nothing_fails(browser: Browser, page: Path) -> None:
    # the worker is made from the page's own text
    assert {r for r in browser.requests if not r.startswith("blob:null/")} == {page.resolve().as_uri()}
    assert browser.messages == []
    assert browser.run("fetch('https://example.org').then(() => 'sent', () => 'refused')") == "refused"
    browser.messages.clear()


def test_shows_the_numbers_of_the_engine(model: imtdx.Model, browser: Browser) -> None:
    from imtdx.words import percent

    browser.run(f"imtdx.show({json.dumps(LINE)})")
    assert browser.run("imtdx.settled()")
    dx = model.diagnose(LINE)
    rows = browser.run(
        "[...document.querySelectorAll('#answer tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )[:8]
    assert [(r[1], r[3], r[4]) for r in rows] == [
        (x.name, percent(x.probability), f"{percent(x.low)} – {percent(x.high)}") for x in dx.rows[:8]
    ]
    remarks = browser.run("document.getElementById('remarks').textContent")
    assert dx.conflict.sentence in remarks and all(f.text in remarks for f in dx.flags)
    assert all(
        c.why in browser.run("document.getElementById('reasons').textContent") for c in dx.contributions(dx.rows[0].id)
    )
    text = browser.run("imtdx.text()")
    assert dx.rows[0].name in text and "not a diagnosis" in text and model.knowledge.sha256[:12] in text
    sheet = browser.run("document.getElementById('sheet').textContent")
    assert percent(dx.rows[0].low) in sheet and "Ki-67" in sheet and model.knowledge.sha256 in sheet
    browser.run("document.getElementById('clear').click()")


def test_text_stays_text(browser: Browser) -> None:
    line = (
        "ALK+; <img src=x onerror=alert(1)> <script>alert(2)</script>. SMA positive. " + "Nothing else was seen. " * 10
    )
    browser.run(f"imtdx.show({json.dumps(line)})")
    assert browser.run("document.querySelectorAll('#unread img, #unread script').length") == 0
    browser.run("document.getElementById('clear').click()")


def test_keyboard_and_labels(browser: Browser) -> None:
    browser.run("document.getElementById('clear').click()")
    browser.run("document.querySelector('input[name=ALK][value=not_done]').focus()")
    browser.key("ArrowRight")
    assert browser.run("document.querySelector('input[name=ALK]:checked').value") == "negative"
    browser.key("ArrowRight")
    browser.key("ArrowRight")
    assert browser.run("document.querySelector('input[name=ALK]:checked').value") == "focal"
    browser.key("Tab")
    assert browser.run("document.activeElement.name") != "ALK"
    named = "e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim()"
    assert (
        browser.run(f"[...document.querySelectorAll('input, select, textarea, button')].filter(e => !({named})).length")
        == 0
    )
    assert browser.run("[...document.querySelectorAll('fieldset')].every(f => f.querySelector('legend')?.textContent)")
    browser.run("document.getElementById('clear').click()")


def test_clicks_count_in_place_of_the_text_and_can_be_undone(browser: Browser) -> None:
    browser.run("document.getElementById('clear').click()")
    browser.run("imtdx.show('ALK+ SMA+ desmin-')")
    checked = "document.querySelector('input[name=ALK]:checked').value"
    assert browser.run(checked) == "positive"
    browser.run("document.querySelector('input[name=ALK][value=not_interpretable]').click()")
    assert browser.run(checked) == "not_interpretable"
    assert "clicked" in browser.run("document.getElementById('unread').textContent")
    browser.run("document.getElementById('undo').click()")
    assert browser.run(checked) == "positive"


def test_a_misspelt_stain_is_mended_by_one_click(browser: Browser) -> None:
    browser.run("document.getElementById('clear').click()")
    browser.run("imtdx.show('ALK+ desmn+')")
    browser.run("document.querySelector('#unread button').click()")
    assert browser.run("document.getElementById('line').value") == "ALK+ desmin+"
    assert browser.run("document.querySelector('input[name=DES]:checked').value") == "positive"


def test_a_case_outlives_a_reload_but_not_the_tab(browser: Browser, page: Path) -> None:
    browser.run("document.getElementById('clear').click()")
    browser.run("imtdx.show('ALK+ SMA+')")
    browser.open(page)
    browser.run("imtdx.ready")
    assert browser.run("document.getElementById('line').value") == "ALK+ SMA+"
    assert browser.run("localStorage.length") == 0
    browser.run("document.getElementById('clear').click()")


def test_two_cases_side_by_side(browser: Browser) -> None:
    browser.run("imtdx.show('ALK+ SMA+')")
    before = browser.run("document.querySelector('#answer tbody tr').cells[3].textContent")
    browser.run("document.getElementById('aside').click()")
    browser.run("imtdx.show('CD117+ DOG1+')")
    rows = browser.run(
        "[...document.querySelectorAll('#answer tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    headers = browser.run("[...document.querySelectorAll('#answer thead tr > *')].map(c => c.textContent)")
    assert headers[-1] == "Set aside" and before in {r[-1] for r in rows}
    browser.run("document.getElementById('clear').click()")


def test_the_first_three_stay_in_view_on_a_phone(browser: Browser) -> None:
    browser.size(390, 800)
    browser.run("imtdx.show('ALK+ SMA+')")
    box = browser.run(
        "(() => { const r = document.getElementById('brief').getBoundingClientRect(); return [r.bottom, innerHeight, document.documentElement.scrollWidth]; })()"
    )
    assert box[0] <= box[1] + 1 and box[2] <= 390
    assert browser.run("document.querySelectorAll('#brief span').length") == 3
    browser.size(1280, 900)
    browser.run("document.getElementById('clear').click()")
