"""Reports as HTML: text stays text, nothing is loaded, the numbers are those of the result, and everyone can read it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import Browser
from panels import random_panels

import imtdx
from imtdx.panel import Context, Finding, Panel, Unrecognised
from imtdx.report.batch import batch_report
from imtdx.report.heatmap import knowledge_heatmap
from imtdx.report.markup import h, link
from imtdx.words import INTENDED_USE, percent

NASTY = "<script>alert(1)</script> \"'&<img src=x onerror=alert(2)>"
PANEL = Panel(
    (
        Finding("ALK", "positive", NASTY),
        Finding("SMA", "positive", "SMA+"),
        Finding("DES", "focal", "desmin focal+"),
        Finding("CD34", "not_done", "CD34 n.d."),
        Finding("KIT", "negative", "CD117-"),
        Finding("KI67", "10-15", "Ki-67 10-15 %", low=10.0, high=15.0),
    ),
    Context(5.0, "male", "mesentery_omentum_peritoneum", NASTY),
    (Unrecognised(NASTY, None, "unknown stain"),),
    NASTY,
)


class _Outline(HTMLParser):
    """Tags in order, to see that every one is closed."""

    VOID = frozenset({"meta", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1:]}>"
        self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def _outline(text: str) -> _Outline:
    out = _Outline()
    out.feed(text)
    assert out.open == []
    return out


@pytest.fixture(scope="module")
def report(model: imtdx.Model) -> str:
    return model.diagnose(PANEL, draws=60, case_id=NASTY, specimen="biopsy").to_html()


@pytest.fixture(scope="module")
def reports(model: imtdx.Model, report: str) -> dict[str, str]:
    cases = [(f"{NASTY} {k}", p) for k, p in enumerate([PANEL, Panel(), *random_panels(model, 10, seed=6)])]
    return {"case": report, "batch": batch_report(model, cases, title=NASTY), "heat map": knowledge_heatmap(model)}


def test_escape() -> None:
    assert h("<a href=\"x\" title='y'>&") == "&lt;a href=&quot;x&quot; title=&#x27;y&#x27;&gt;&amp;"
    assert link("javascript:alert(1)", "<x>") == "&lt;x&gt;"
    assert (
        link("https://doi.org/10.1/x", "Cook 2001") == '<a href="https://doi.org/10.1/x" rel="noreferrer">Cook 2001</a>'
    )


@pytest.mark.parametrize("name", ["case", "batch", "heat map"])
def test_document(reports: dict[str, str], name: str) -> None:
    text = reports[name]
    outline = _outline(text)
    tags = [t for t, _ in outline.seen]
    assert "img" not in tags and "link" not in tags and "iframe" not in tags
    # a script runs only by its hash; data blocks do not run
    assert sum(t == "script" and a.get("type") != "application/json" for t, a in outline.seen) == (
        1 if name == "batch" else 0
    )
    assert not any(k.startswith("on") for _, attributes in outline.seen for k in attributes)
    (policy,) = [
        a["content"] for t, a in outline.seen if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy and policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert ("script-src" in policy) == (name == "batch")
    assert "url(" not in text and "@import" not in text
    assert outline.seen[0] == ("html", {"lang": "en"})


@pytest.mark.parametrize("name", ["case", "batch", "heat map"])
def test_tables_have_captions_and_scopes(reports: dict[str, str], name: str) -> None:
    for text in re.findall(r"<table.*?</table>", reports[name], re.S):
        if "<thead" not in text:
            continue
        assert "<caption" in text
        assert all('scope="' in th for th in re.findall(r"<th[ >][^>]*", text))


def test_content(model: imtdx.Model, report: str) -> None:
    dx = model.diagnose(PANEL, draws=60)
    assert h(NASTY) in report and "<script>alert" not in report
    for word in (INTENDED_USE, model.knowledge.sha256, imtdx.__version__, "referral", "What if", "Next tests", "Fit"):
        assert h(word) in report
    assert " sources</summary>" in report
    for flag in model.diagnose(PANEL, draws=60, specimen="biopsy").flags:
        assert h(flag.text) in report
    for r in dx.rows:
        assert h(r.name) in report and h(percent(r.probability)) in report
    assert 'href="https://doi.org/' in report


def test_sparklines_keep_the_order(report: str) -> None:
    report = report[report.index("At a glance") :]
    rows = re.findall(r'<svg[^>]*role="img" aria-label="([^"]+)"', report)
    named = [re.findall(r"(.+?) [+-]\d+\.\d\d(?:, |$)", row) for row in rows]
    assert len(named) >= 8 and all(n == named[0] for n in named)


def test_empty_panel(model: imtdx.Model) -> None:
    text = model.diagnose(Panel(), draws=10).to_html()
    _outline(text)
    assert "No findings" in text


def test_unknown_names_of_the_heat_map(model: imtdx.Model) -> None:
    with pytest.raises(imtdx.ImtdxError):
        knowledge_heatmap(model, ["nonsense"])
    with pytest.raises(imtdx.ImtdxError):
        knowledge_heatmap(model, [], ["NONSENSE"])
    small = knowledge_heatmap(model, ["IMT", "gist"], ["ALK"])
    assert small.count("<td") == 2


def test_heat_map_shows_counts(model: imtdx.Model) -> None:
    from imtdx.answer.reasons import count_sentence

    told = count_sentence(model.network.rates, model.knowledge.diagnoses["imt"], "ALK")
    assert h(f"ALK in IMT: {told}") in knowledge_heatmap(model)


def test_rows_of_tables(model: imtdx.Model) -> None:
    from imtdx.report.cases import table_cases

    wide = dict(
        table_cases(
            model,
            ["case", "ALK", "Desmin", "S-100", "Ki-67", "age (months)", "sex", "Doctor"],
            [["a", "+", "focal", "-", "10%", "18", "m", "x"], ["b", "what", None, "", 5.0, "", "f", ""]],
        )
    )
    assert wide["a"].to_text() == "ALK=positive; DES=focal; S100=negative; KI67=10"
    assert wide["a"].context == Context(1.5, "male")
    assert wide["b"].to_text() == "KI67=5" and wide["b"].unrecognised[0].text == "ALK: what"
    long = [["x", "ALK", "+"], ["y", "SMA", "-"], ["x", "desmin", "-"], ["x", "age", "5"], ["y", "FOO", "+"]]
    cases = dict(table_cases(model, ["case_id", "marker", "value"], long))
    assert cases["x"].to_text() == "ALK=positive; DES=negative" and cases["x"].context.age == 5
    assert cases["y"].unrecognised
    ((name, panel),) = table_cases(model, ["panel", "age"], [["ALK+ SMA+, CD138+, 3-year-old girl", "4"]])
    assert name == "row 1" and panel.context.age == 4 and len(panel.findings) == 2


# --- in the browser ---------------------------------------------------------------------------------------------------
#: The least contrast of all visible text against what is painted behind it (WCAG 2.2 relative luminance).
CONTRAST = """(() => {
  const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > .99) return c;
    }
    return [255, 255, 255];
  };
  const unseen = (e) => !e.checkVisibility() || e.closest("script, style, svg, .hidden, .skip");
  let worst = [99, ""];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const words = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement;
    if (!words || unseen(e)) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < worst[0]) worst = [ratio, e.tagName + "." + e.className + " " + words.slice(0, 40)];
  }
  return worst;
})()"""


def _save(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["case", "batch", "heat map"])
def test_browser_runs_nothing_and_loads_nothing(reports: dict[str, str], name: str, tmp_path: Path) -> None:
    path = _save(tmp_path, reports[name])
    with Browser() as b:
        b.open(path)
        assert b.requests == [path.resolve().as_uri()]
        assert b.messages == []
        assert b.run("document.querySelectorAll('img, script:not([type])').length") == (1 if name == "batch" else 0)
        if name != "heat map":
            assert "<script>alert(1)</script>" in b.run("document.body.textContent")


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(reports: dict[str, str], model: imtdx.Model, dark: bool, tmp_path: Path) -> None:
    from imtdx.page import build_page

    with Browser() as b:
        b.media(dark=dark)
        for name, text in {**reports, "page": build_page(model)}.items():
            b.open(_save(tmp_path, text))
            if name == "page":
                b.run("imtdx.ready")
                b.run("imtdx.show('ALK+ SMA+ desmin focal+ CD117- foo bar')")
            b.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            ratio, where = b.run(CONTRAST)
            assert ratio >= 4.5, f"{name}: {where} {ratio:.2f}"


def test_prints_on_a4_and_letter(report: str, tmp_path: Path) -> None:
    with Browser() as b:
        b.open(_save(tmp_path, report))
        for letter in (False, True):
            b.pdf(tmp_path / "r.pdf", letter)
            assert (tmp_path / "r.pdf").read_bytes()[:5] == b"%PDF-"
        # nothing is wider than the text of a narrow page
        b.media("print")
        b.size(680, 900)
        assert b.run("document.documentElement.scrollWidth") <= 680


def test_case_report_needs_no_script(report: str, tmp_path: Path) -> None:
    with Browser() as b:
        b.scripts(False)
        b.open(_save(tmp_path, report))
        assert b.messages == []


def test_batch_of_2000(model: imtdx.Model, tmp_path: Path) -> None:
    panels = random_panels(model, 40, seed=7, most=10)
    text = batch_report(model, [(f"case {k}", panels[k % 40]) for k in range(2000)])
    assert len(text.encode()) < 10_000_000
    with Browser() as b:
        b.open(_save(tmp_path, text))
        assert b.run("imtdxReady") > 0
        assert b.run("document.querySelectorAll('#table tbody tr').length") == 2000


def test_batch_sorts_filters_and_opens(model: imtdx.Model, reports: dict[str, str], tmp_path: Path) -> None:
    with Browser() as b:
        b.open(_save(tmp_path, reports["batch"]))
        b.run("document.querySelectorAll('#table thead button')[5].click()")
        shown_p = b.run("[...document.querySelectorAll('#table tbody tr')].map(r => r.cells[5].textContent)")
        p = [float(x.strip("<> %")) for x in shown_p]
        assert p == sorted(p, reverse=True)
        assert b.run("document.querySelectorAll('#table th[aria-sort=descending]').length") == 1
        b.run("document.querySelector('button.open').focus()")
        b.key("Enter")
        above = "document.querySelector('tr.detail').previousElementSibling.querySelector('button')"
        assert b.run(f"{above}.getAttribute('aria-expanded')") == "true"
        assert "Ranking" in b.run("document.querySelector('tr.detail').textContent")
        b.run(
            "{ const f = document.getElementById('find'); f.value = 'desmin focal'; f.dispatchEvent(new Event('input')); }"
        )
        shown = b.run("[...document.querySelectorAll('#table tbody tr:not([hidden]) th')].length")
        assert 1 <= shown < 12
        assert b.run("document.getElementById('shown').textContent") == f"{shown} shown"


def test_the_first_sheet_has_fields_and_its_bars_add_up(model: imtdx.Model) -> None:
    from math import log10

    dx = model.diagnose("ALK+ SMA+ desmin focal+ S100- Ki-67 10%", age=5, sex="m", site="mesentery", case_id="S-1")
    text = dx.to_html(accession="S26-1234", date="2026-11-28")
    sheet = text[text.index("class='board'") : text.index("</section>")]
    assert "S26-1234" in sheet and "2026-11-28" in sheet
    assert all(h(r.name) in sheet for r in dx.rows[:5])
    told = re.search(r'aria-label="([^"]* before the panel; [^"]*)"', sheet)
    assert told is not None
    weights = [float(w) for w in re.findall(r" ([+-]\d+\.\d\d)", told.group(1))]
    first = dx.rows[0]
    odds = [log10(p / (1 - p)) for p in (first.prior, first.probability)]
    assert sum(weights) == pytest.approx(odds[1] - odds[0], abs=0.005 * len(weights))


def test_many_findings_are_summed_up_in_the_waterfall(model: imtdx.Model) -> None:
    panel = "ALK+ SMA+ DES- CD34- KIT- DOG1- S100- SOX10- CK- EMA- HMB45- MYOG- STAT6- BCAT- MDM2- CDK4- TLE1-"
    text = model.diagnose(panel, age=5, sex="m", site="mesentery").to_html()
    assert "lighter findings" in text[: text.index("</section>")]


def test_cells_have_text_for_programs_that_read_only_that(model: imtdx.Model) -> None:
    """pandas.read_html and pandoc take the text of a cell: no picture without words, no names run together."""
    import io

    import pandas as pd

    dx = model.diagnose("ALK+ SMA+ CD117- ALK FISH+", age=5, draws=20)
    pytest.importorskip("lxml")
    (
        ranking,
        *_,
    ) = pd.read_html(io.StringIO(dx.to_html()))
    first = dx.rows[0]
    assert ranking.iloc[0, 1].startswith(f"{percent(first.probability)} ({percent(first.low)} to")


def test_no_column_of_pictures_is_empty(model: imtdx.Model) -> None:
    dx = model.diagnose("ALK+ SMA+ CD117- ALK FISH+", age=5, draws=20)
    text = dx.to_html()
    for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", text, re.DOTALL):
        if "<svg" in cell:
            assert re.sub(r"<[^>]*>", "", cell).strip(), cell[:200]
    assert "read together" in text and not re.search(r"\S<br>", text)
    assert not re.search(r"\S<details|sources?</summary>\S", text)


def test_batch_heat_map_says_its_intervals_in_text_and_on_hover(model: imtdx.Model) -> None:
    texts = ["ALK+ SMA+ desmin-", "CD117+ DOG1+ CD34+", "S100+ SOX10+ ALK-", "ALK+ S100+; S100-"]
    page = batch_report(model, [(f"case <{k}>", model.panel(t)) for k, t in enumerate(texts)])
    rows = dict(re.findall(r'<tr id="heat-(\d+)">(.*?)</tr>', page))
    assert len(rows) == 4
    for k, text in enumerate(texts):
        dx = model.diagnose(text, draws=200)
        first = dx.rows[0]
        words = f"{percent(first.probability)} ({percent(first.low)} to {percent(first.high)})"
        assert f'title="{first.name}: {words}"' in rows[str(k)]
        assert words in rows[str(k)].rpartition("<td")[2]
    marked = re.findall(r'data-f="([^"]*)"', page)
    assert "contradiction" in marked[3].split() and "contradiction" not in marked[0].split()
    assert "<option value='contradiction'>contradiction (1)</option>" in page
