"""The page: the same numbers as the engine, no connections, quick, and usable without a mouse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Browser
from click.testing import CliRunner
from panels import plain_panel, random_panels

import imtdx
from imtdx.page import build_page

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
        yield b


# --- the file ---------------------------------------------------------------------------------------------------------
def test_size_and_policy(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.encode()) < 1_500_000
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    for rule in ("default-src &#x27;none&#x27;", "connect-src &#x27;none&#x27;", "form-action &#x27;none&#x27;"):
        assert rule in policy[1]
    assert "unsafe" not in policy[1]
    # the only addresses in the file are names of XML vocabularies
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_same_model_same_bytes(model: imtdx.Model, page: Path) -> None:
    assert build_page(model) == page.read_text(encoding="utf-8")


def test_command(tmp_path: Path) -> None:
    from imtdx.cli import cli

    out = tmp_path / "p.html"
    result = CliRunner().invoke(cli, ["page", "-o", str(out), "--prior", "uniform"])
    assert result.exit_code == 0, result.output
    assert '"priors":[{"name":"uniform"' in out.read_text(encoding="utf-8")


def test_data_block_cannot_be_closed_by_a_name(small_knowledge: Path) -> None:
    path = small_knowledge / "diagnoses" / "imt.yaml"
    named = path.read_text(encoding="utf-8").replace("Tumour one", "'</script><script>alert(1)</script>'")
    path.write_text(named, encoding="utf-8")
    text = build_page(imtdx.load(knowledge=small_knowledge, parts={"fusion": False}))
    assert "<script>alert" not in text and "\\u003c/script>" in text


# --- the numbers ------------------------------------------------------------------------------------------------------
def test_posterior_equals_engine(model: imtdx.Model, browser: Browser, amount: Callable[[int, int], int]) -> None:
    panels = random_panels(model, amount(60, 500), seed=1)
    ours = np.array([model.engine.posterior(model.coder.evidence(p)) for p in panels])
    theirs = np.array(browser.run(f"{json.dumps([plain_panel(p) for p in panels])}.map(imtdx.posterior)"))
    assert np.abs(ours - theirs).max() < 1e-9


def test_reasons_equal_engine(model: imtdx.Model, browser: Browser) -> None:
    for panel in random_panels(model, 12, seed=2):
        dx = model.diagnose(panel, draws=1)
        text = json.dumps(plain_panel(panel))
        lead = model.index(dx.rows[0].id)
        for versus in (None, model.index(dx.rows[1].id)):
            ours = {
                c.marker: c.log10_lr for c in dx.contributions(dx.rows[0].id, None if versus is None else dx.rows[1].id)
            }
            theirs = dict(browser.run(f"imtdx.weights({text}, {lead}, {json.dumps(versus)})"))
            assert theirs.keys() == ours.keys()
            assert max((abs(ours[k] - theirs[k]) for k in ours), default=0) < 1e-9
        page_what_if = browser.run(f"imtdx.whatIf({text})")
        assert [(w.marker, w.change, model.index(w.top), w.decisive) for w in dx.what_if()] == [
            (w["marker"], w["change"], w["top"], w["decisive"]) for w in page_what_if
        ]
        for a, b in zip(dx.what_if(), page_what_if, strict=True):
            assert a.p_top == pytest.approx(b["pTop"], abs=1e-9) and a.p_imt == pytest.approx(b["pImt"], abs=1e-9)
        assert dx.conflict.conf == pytest.approx(browser.run(f"imtdx.answer.conflict({text})"), abs=1e-7)
        assert list(dx.drivers.values()) == pytest.approx(browser.run(f"imtdx.drivers({text})"), abs=1e-9)
        nxt, page_next = dx.next_tests(5), browser.run(f"imtdx.next({text}, 5)")
        assert (nxt.stop == "") == (page_next["stop"] == "")
        assert nxt.stop == page_next["stop"]
        assert [t.marker for t in nxt] == [t["marker"] for t in page_next["tests"]]
        assert [t.bits for t in nxt] == pytest.approx([t["bits"] for t in page_next["tests"]], abs=1e-9)
        assert [t.changes_first for t in nxt] == pytest.approx([t["changes"] for t in page_next["tests"]], abs=1e-9)
        assert [t.why for t in nxt] == [t["why"] for t in page_next["tests"]]


def test_naive_twin_and_other_priors(naive: imtdx.Model, tmp_path: Path) -> None:
    path = tmp_path / "naive.html"
    path.write_text(build_page(naive), encoding="utf-8")
    panels = random_panels(naive, 40, seed=3)
    with Browser() as b:
        b.open(path)
        for name in ("referral", "uniform", "incidence"):
            model = imtdx.load(name, naive=True)
            ours = np.array([model.engine.posterior(model.coder.evidence(p)) for p in panels])
            find = f"[...s.options].findIndex(o => o.text === {json.dumps(name)})"
            b.run(
                f"{{ const s = document.getElementById('prior'), e = new Event('change');"
                f" s.selectedIndex = {find}; s.dispatchEvent(e); }}"
            )
            theirs = np.array(b.run(f"{json.dumps([plain_panel(p) for p in panels])}.map(imtdx.posterior)"))
            assert np.abs(ours - theirs).max() < 1e-9, name


# --- what one sees ----------------------------------------------------------------------------------------------------
def test_nothing_is_loaded_and_nothing_fails(browser: Browser, page: Path) -> None:
    assert set(browser.requests) == {page.resolve().as_uri()}
    assert browser.messages == []
    assert browser.run("fetch('https://example.org').then(() => 'sent', () => 'refused')") == "refused"
    browser.messages.clear()


def test_shows_the_numbers_of_the_engine(model: imtdx.Model, browser: Browser) -> None:
    from imtdx.panel import Finding, Panel
    from imtdx.words import percent

    browser.run("document.getElementById('clear').click()")
    browser.run(f"imtdx.show({json.dumps(LINE)})")
    findings = [Finding(m, "positive") for m in ("ALK", "SMA", "VIM")] + [Finding("DES", "focal")]
    findings += [Finding(m, "negative") for m in ("KIT", "S100", "DOG1")] + [Finding("KI67", "10", low=10.0, high=10.0)]
    dx = model.diagnose(Panel(tuple(findings)), draws=1)
    rows = browser.run(
        "[...document.querySelectorAll('#answer tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )[:8]
    assert [(r[1], r[3]) for r in rows] == [(x.name, percent(x.probability)) for x in dx.rows[:8]]
    text = browser.run("imtdx.text()")
    assert dx.rows[0].name in text and "not a diagnosis" in text and model.knowledge.sha256[:12] in text


def test_text_stays_text(browser: Browser) -> None:
    line = "ALK+; <img src=x onerror=alert(1)> <script>alert(2)</script>"
    browser.run(f"imtdx.show({json.dumps(line)})")
    assert browser.run("document.querySelectorAll('#unread img, #unread script').length") == 0
    assert "onerror" in browser.run("document.getElementById('unread').textContent")


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


def test_marks_of_the_template_in_the_data_stay_data(tmp_path: Path) -> None:
    overlay = tmp_path / "o.yaml"
    overlay.write_text("overlay: '{{script}} {{data}} {{policy}} {{style}}'\nsources: {}\n", encoding="utf-8")
    text = build_page(imtdx.load(overlays=[overlay]))
    block = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert block is not None
    assert "{{script}} {{data}} {{policy}} {{style}}" in json.dumps(json.loads(block[1]), ensure_ascii=False)
    assert text.count("{{script}}") == 1
