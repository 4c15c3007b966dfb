"""The case report: one HTML file that loads nothing, prints on A4 and Letter, and reads without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

from imtdx.answer.contributions import Contribution
from imtdx.provenance import CITATION_KEY, made_on
from imtdx.report.board import board_sheet, interval_words
from imtdx.report.markup import document, h, link, table
from imtdx.report.svg import interval_bar, sparkline, sparkline_heads, weight_bar
from imtdx.variables import AGE, SEX, SITE
from imtdx.version import __version__
from imtdx.words import INTENDED_USE, context_words, evidence_label, percent, sum_words, value_words

if TYPE_CHECKING:
    from imtdx.differential import Differential, RankedDiagnosis
    from imtdx.knowledge import Diagnosis, Source
    from imtdx.panel import Unrecognised

__all__ = ["case_report", "provenance", "report_style"]

_SHOWN = 8
_SPARK = 8
#: Weights of evidence beyond this many bans are drawn at full length.
_MOST_BANS = 2.0
_CONTEXT_ROWS = {AGE: "age", SEX: "sex", SITE: "site"}


def case_report(dx: Differential, *, accession: str = "", date: str = "") -> str:
    """The differential as a self-contained HTML document: a first sheet for the tumour board, the details behind it.

    Args:
        dx: the result; every text in it is escaped.
        accession (str): accession number of the specimen, for the first sheet.
        date (str): of the report, for the first sheet.
    """
    title = f"Case {dx.case_id}: differential" if dx.case_id else "Differential from a stain panel"
    sheet = board_sheet(dx, accession=accession, date=date)
    return document(title, f"<main>{sheet}{_details(dx)}</main>", style=report_style())


def report_style() -> str:
    """Rules of the reports on top of the shared ones."""
    return files("imtdx.report").joinpath("report.css").read_text(encoding="utf-8")


def _details(dx: Differential) -> str:
    """All that stands behind the first sheet."""
    sections = [
        _panel(dx),
        _ranking(dx),
        _sparklines(dx),
        *(_why(dx, r) for r in _explained(dx)),
        _next(dx),
        _what_if(dx),
        _fit(dx),
        provenance(dx),
    ]
    return "\n".join(s for s in sections if s)


def _section(title: str, body: str, kind: str = "") -> str:
    return f"<section{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}><h2>{h(title)}</h2>\n{body}</section>"


def _explained(dx: Differential) -> list[RankedDiagnosis]:
    """The leading three, and IMT where it is not one of them."""
    return [*dx.rows[:3], *(r for r in dx.rows[3:] if r.id == "imt")] if dx.evidence else []


def _panel(dx: Differential) -> str:
    markers = dx.model.knowledge.markers
    items = []
    for f in dx.panel.findings:
        if f.marker in markers:
            told = f" <span class='soft'>{h(f.reported)}</span>" if f.reported else ""
            items.append(f"<li><b>{h(markers[f.marker].label)}</b> {h(value_words(f, markers[f.marker]))}{told}</li>")
    parts = []
    if dx.panel.text:
        parts.append(f"<p><span class='soft'>As given:</span> <q>{h(dx.panel.text)}</q></p>")
    context = context_words(dx.panel.context)
    if context:
        parts.append(f"<p><span class='soft'>Case:</span> {h(context)}</p>")
    if items:
        parts.append(f"<h3>As read</h3><ul class='findings'>{''.join(items)}</ul>")
    if dx.panel.remarks:
        parts.append("".join(f"<p class='note'>{h(r.text)}</p>" for r in dx.panel.remarks))
    if dx.panel.unrecognised or dx.panel.contradictions:
        both = [h(c.text) for c in dx.panel.contradictions]
        unused = "; ".join([*both, *(_unused(u) for u in dx.panel.unrecognised if not u.unread)])
        if dx.panel.unread:
            parts.insert(
                0, f"<p class='warn'><b>Result not read:</b> {'; '.join(_unused(u) for u in dx.panel.unread)}</p>"
            )
        if unused:
            parts.append(f"<p class='warn'>Not used: {unused}</p>")
    return _section("Panel", "".join(parts) or "<p>No findings.</p>")


def _unused(u: Unrecognised) -> str:
    reason = f" ({h(u.reason)})" if u.reason else ""
    suggestion = f", did you mean {h(u.suggestion)}?" if u.suggestion else ""
    return f"<q>{h(u.text)}</q>{reason}{suggestion}"


# --- ranking ----------------------------------------------------------------------------------------------------------
_RANKING = (
    "Diagnosis", ("Rank", "num"), "Probability and 95 % interval", ("Probability", "num"), ("95 % interval", "num"),
    ("log10 BF", "num"), ("Prior", "num"),
)  # fmt: skip


def _ranking(dx: Differential) -> str:
    shown, rest = dx.rows[:_SHOWN], dx.rows[_SHOWN:]
    out = table("Ranked diagnoses", _RANKING, [_ranking_row(r) for r in shown], kind="ranking")
    if rest:
        total = percent(sum(r.probability for r in rest))
        more = table("Further diagnoses", _RANKING, [_ranking_row(r) for r in rest], kind="ranking")
        out += f"<details><summary>{len(rest)} others, together {h(total)}</summary>{more}</details>"
    out += "".join(f"<p class='note'>{h(words)}</p>" for words in sum_words(dx))
    return _section("Differential", out)


def _ranking_row(r: RankedDiagnosis) -> list[str]:
    return [
        h(r.name),
        str(r.rank),
        interval_bar(r.probability, r.low, r.high),
        h(percent(r.probability)),
        interval_words(r),
        f"{r.log10_bf:+.2f}",
        h(percent(r.prior)),
    ]


def _scale(weights: Iterable[float]) -> float:
    """The weight of a full bar: the heaviest, within limits."""
    return min(max(1.0, *(abs(w) for w in weights), 0.0), _MOST_BANS)


def _sparklines(dx: Differential) -> str:
    """One row per diagnosis, one bar per finding, the findings in the order of the panel in every row."""
    names = list(dx.evidence)
    if not names:
        return ""
    by_diagnosis = {r.id: {c.marker: c for c in dx.contributions(r.id)} for r in dx.rows[:_SPARK]}
    first = by_diagnosis[dx.rows[0].id]
    labels = [evidence_label(dx, n, first[n].value) for n in names]
    weights = {i: [by_diagnosis[i][n].log10_lr for n in names] for i in by_diagnosis}
    scale = _scale(w for row in weights.values() for w in row)
    rows = "".join(
        f'<tr><th scope="row">{h(r.name)}</th><td class="num">{h(percent(r.probability))}</td>'
        f"<td>{sparkline(weights[r.id], labels, scale)}</td></tr>"
        for r in dx.rows[:_SPARK]
    )
    title = "What each finding says about each diagnosis against the rest"
    return _section(
        "At a glance",
        f'<div class="scroll" tabindex="0" role="group" aria-label="{h(title)}">'
        f'<table class="spark"><caption>{h(title)}</caption>'
        f'<thead><tr><th scope="col">Diagnosis</th><th scope="col" class="num">Probability</th>'
        f'<th scope="col">{sparkline_heads(labels)}<span class="hidden">{h(", ".join(labels))}</span></th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        '<p class="note">Up, blue: for. Down, orange: against. A full bar is a likelihood ratio of '
        f"{10**scale:.0f} or more. log10 BF: log10 Bayes factor of the whole panel for a diagnosis against the rest.</p>",
    )


# --- reasons ----------------------------------------------------------------------------------------------------------
def _why(dx: Differential, r: RankedDiagnosis) -> str:
    """Every contribution with its counts and links; findings that share a node of the network stand together."""
    contributions = dx.contributions(r.id)
    groups: dict[str, list[Contribution]] = {}
    for c in contributions:
        groups.setdefault(c.group, []).append(c)
    scale = _scale(c.log10_lr for c in contributions)
    rows = []
    for members in sorted(groups.values(), key=lambda g: -abs(g[0].joint)):
        for c in members:
            label = h(evidence_label(dx, c.marker, c.value))
            if len(members) > 1:
                label += f" <br><span class='note'>(read together {members[0].joint:+.2f})</span>"
            kind = "for" if c.log10_lr >= 0 else "against"
            rows.append(
                [
                    label,
                    f'<span class="{kind}">{c.log10_lr:+.2f}</span>',
                    weight_bar(c.log10_lr, scale),
                    f'<span class="{kind}">{h(c.words)}</span>. {h(_reason(c))}{_sources(dx, r.id, c.marker)}',
                ]
            )
    total = sum(c.log10_lr for c in contributions)
    caption = f"Weights of evidence against the rest (log10 likelihood ratios), together {total:+.2f}"
    heads = ("Finding", ("Weight", "num"), "against | for", "Published counts")
    return _section(f"Why {r.name}, {percent(r.probability)}", table(caption, heads, rows, kind="why"), "reason")


def _reason(c: Contribution) -> str:
    """The counts behind a contribution; a site by its words and not by its id."""
    return c.why.replace(c.value, c.value.replace("_", " ")) if c.marker == SITE else c.why


def _sources(dx: Differential, diagnosis: str, variable: str) -> str:
    """Every published row behind a cell, linked, the largest first."""
    cited = _cited(dx.model.knowledge.diagnoses[diagnosis], variable)
    known = dx.model.knowledge.sources
    links = [_cite(known[source], count) for source, count in cited if source in known]
    if not links:
        return ""
    word = "source" if len(links) == 1 else "sources"
    return f" <details class='sources'><summary>{len(links)} {word}</summary> {'; '.join(links)}</details>"


def _cited(diagnosis: Diagnosis, variable: str) -> list[tuple[str, str]]:
    """(source id, count in words) of the rows that entered a rate."""
    if variable in _CONTEXT_ROWS:
        rows = diagnosis.context.get(_CONTEXT_ROWS[variable], ())
        return [(s, "") for s in dict.fromkeys(r.source for r in rows if r.use == "pooled")]
    if variable not in diagnosis.evidence:
        # only an index keeps its figures elsewhere
        index = diagnosis.ki67 if variable == "KI67" else ()
        return [(s, "") for s in dict.fromkeys(r.source for r in index if r.use == "pooled")]
    studies = [s for s in diagnosis.evidence[variable] if s.use in ("pooled", "definition", "conditional")]
    studies.sort(key=lambda s: -(s.total or 0))
    return [
        (s.source, f"{s.positive:g}/{s.total:g}" if s.positive is not None and s.total else s.level) for s in studies
    ]


def _cite(source: Source, count: str) -> str:
    return link(source.link, source.short) + (f" {h(count)}" if count else "")


# --- options ----------------------------------------------------------------------------------------------------------
def _next(dx: Differential) -> str:
    tests = dx.next_tests(5)
    names = dx.model.knowledge.diagnoses
    body = f"<p>{h(tests.stop)}</p>" if tests.stop else ""
    if len(tests):
        rows = []
        for t in tests:
            results = "<br>".join(
                f"{h(x['value'])} ({h(percent(x['probability']))}): "
                + ", ".join(f"{h(names[d['id']].abbreviation)} {h(percent(d['probability']))}" for d in x["top"])
                for x in t.results
            )
            rows.append([h(t.label), f"{t.bits:.2f}", h(percent(t.changes_first)), h(t.why), results])
        heads = (
            "Test", ("Information (bit)", "num"), ("Changes the first place", "num"), "Why", "Result, its chance, diagnoses then",
        )  # fmt: skip
        body += table("Tests to consider, most informative first", heads, rows, kind="next")
    if tests.driver_workup:
        body += "<h3>Kinase fusion</h3><ul>" + "".join(f"<li>{h(x)}</li>" for x in tests.driver_workup) + "</ul>"
    if dx.drivers:
        words = ", ".join(f"{k} {percent(v)}" for k, v in dx.drivers.items())
        body += f"<p class='note'>Kinase fusion given the panel: {h(words)}</p>"
    return _section("Next tests to consider", body)


def _what_if(dx: Differential) -> str:
    knowledge, rows = dx.model.knowledge, []
    for w in dx.what_if():
        change = "not done" if w.change == "removed" else w.change
        rows.append(
            [
                h(f"{knowledge.markers[w.marker].label} {change}"),
                h(knowledge.diagnoses[w.top].name),
                h(percent(w.p_top)),
                h(percent(w.p_imt)),
                "changes the first place" if w.decisive else "",
            ]
        )
    if not rows:
        return ""
    heads = ("Finding", "First then", ("Its probability", "num"), ("IMT", "num"), "")
    return _section("What if", table("One finding otherwise, all others as they are", heads, rows, kind="whatif"))


def _fit(dx: Differential) -> str:
    c = dx.conflict
    items = "".join(f"<li>{h(r.text)}</li>" for r in c.recheck)
    exact = "exact" if c.exact else "simulated"
    body = f"<p>{h(c.sentence)}.</p>"
    body += (
        f"<p class='note'>Conflict between the findings {c.conf:+.2f} bit (above 0: they contradict each other). Chance of a "
        f"panel at most as probable under the nearest diagnosis: {h(percent(c.p_value))} ({exact}). "
        f"Tissue adequate: {h(percent(dx.tissue['adequate']))}.</p>"
    )
    return _section("Fit", body + (f"<ul>{items}</ul>" if items else ""))


def provenance(dx: Differential) -> str:
    """Version, knowledge, prior and what was left out: all that is needed to get the same numbers again."""
    k = dx.model.knowledge
    lines = [
        ("imtdx", f"{__version__}; cite as {CITATION_KEY}"),
        ("Made on", made_on()),
        ("Knowledge", f"version {k.network.get('version', '')}, sha256 {k.sha256}"),
        ("Prior", dx.model.prior_name),
        ("Intervals", f"95 % credible, {dx.n_draws} draws of the published rates, seed {dx.seed}"),
    ]
    lines.append(
        ("Rates", f"published counts over {k.judgement.short}" if k.judgement else "counts alone, without judgement")
    )
    if dx.panel.complete:
        lines.append(("Panel", "complete: what was asked for is evidence"))
    if k.left_out:
        lines.append(("Sources left out", ", ".join(k.left_out)))
    if k.overlays:
        lines.append(("Overlays", ", ".join(map(str, k.overlays))))
    items = "".join(f"<div><dt>{h(a)}</dt><dd>{h(b)}</dd></div>" for a, b in lines)
    return f"<footer><dl>{items}</dl><p>{h(INTENDED_USE)} {h(k.judgement.statement)}</p></footer>"
