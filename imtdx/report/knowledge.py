"""The answers of ``imtdx knowledge`` as text of 80 columns, without colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from imtdx.inspection import (
    CellRecord,
    CheckReport,
    Citation,
    CoverageReport,
    DiffReport,
    Overview,
    SeparationRecord,
    Shown,
    StudyRecord,
)
from imtdx.inspection.coverage import CoverageRow
from imtdx.inspection.overview import Distribution, Entry
from imtdx.review import Pooled
from imtdx.words import judged_words

__all__ = [
    "check_text",
    "cite_text",
    "compare_text",
    "coverage_text",
    "diff_text",
    "list_text",
    "pooled_text",
    "show_text",
]

WIDTH = 80
_BASIS = {"counted": "counted", "defined": "definition", "qualitative": "words only", "judged": "judgement, no count"}
_SHORT = {"defined": "defined", "qualitative": "words"}
#: Cells without any study, by what they rest on.
_NO_STUDY = {
    "judged": "judgement, no count",
    "background": "not studied, background",
    "average": "average over the listed diagnoses",
}


def list_text(overview: Overview, section: str = "") -> str:
    """What there is: diagnoses and markers, or one section in full.

    Args:
        overview: the listing.
        section (str): diagnoses, markers, sources or priors; empty for diagnoses, markers and priors.
    """
    overlays = f", with {', '.join(overview.overlays)}" if overview.overlays else ""
    blocks = [[f"knowledge version {overview.version}, sha256 {overview.sha256[:12]}{overlays}"]]
    for name, entries in overview.sections.items():
        if section in (name, "") and not (section == "" and name == "sources"):
            blocks.append([f"{name} ({len(entries)})", *_entries(entries)])
    if not section:
        blocks.append([f"sources: {len(overview.sections['sources'])}; list them with: imtdx knowledge list sources"])
    return _join(blocks)


def _entries(entries: Sequence[Entry]) -> list[str]:
    width = min(max((len(e.id) for e in entries), default=0), 24)
    lines = []
    for e in entries:
        name = e.name if e.name != e.id else ""
        lines += _wrap(f"{name}: {e.about}" if name else e.about, f"  {e.id:<{width}}  ", " " * (width + 4))
    return lines


# --- show ------------------------------------------------------------------------------------------------------------------


def show_text(shown: Shown, *, brief: bool = False) -> str:
    """Everything known of a diagnosis, a marker or one cell.

    Args:
        shown: the record.
        brief (bool): leave out the studies.
    """
    by_marker = len({c.marker for c in (*shown.cells, *shown.unstudied)}) > 1
    blocks = [[shown.title], [line for k, v in shown.about.items() for line in _wrap(v, f"  {k:<14}", " " * 16)]]
    if shown.cells:
        blocks.append(
            [
                f"{'':<18}{'rate':>7}  {'95 % interval':>13}  {'counts':>9}  {'n':>3}  {'I2':>5}  {'judged':>6}  basis",
                *(_cell_line(c, by_marker) for c in shown.cells),
            ]
        )
    if shown.unstudied:
        blocks.append(_unstudied(shown.unstudied, by_marker))
    if shown.fusions:
        shares = ", ".join(f"{k} {_rate(v)}" for k, v in shown.fusions.items())
        blocks.append(_wrap(shares, "kinase fusion (fitted to stains and genetic tests together): ", "  "))
    if shown.distributions:
        blocks.append([line for d in shown.distributions for line in _distribution(d)])
    if shown.cells and not brief:
        blocks.append(
            ["Studies, the pooled ones first", "  ~ count derived from a percentage   ? figure noted in condensed form"]
        )
        blocks += [_studies(c, by_marker) for c in shown.cells]
    return _join(blocks)


def _rate(p: float) -> str:
    return f"{100 * p:.1f} %" if p < 0.9995 else ">99.9 %"


def _interval(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def _counts(c: CellRecord) -> str:
    return f"{c.positive:g}/{c.total:g}" if c.total else "-"


def _cell_line(c: CellRecord, by_marker: bool) -> str:
    name = c.label if by_marker else c.abbreviation
    i2 = "-" if c.i2 is None else f"{100 * c.i2:.0f} %"
    interval = f"{100 * c.low:.1f} - {100 * c.high:.1f}"
    line = f"{_cut(name, 18):<18}{_rate(c.rate):>7}  {interval:>13}  {_counts(c):>9}  {c.n_studies or '-':>3}  {i2:>5}"
    judged = "-" if c.judgement is None else judged_words(c.judgement)
    return f"{line}  {judged:>6}  {_SHORT.get(c.basis, c.basis)}"


def _unstudied(cells: Sequence[CellRecord], by_marker: bool) -> list[str]:
    lines = []
    for basis, what in _NO_STUDY.items():
        some = [c for c in cells if c.basis == basis]
        words = ", ".join(
            f"{c.label if by_marker else c.abbreviation} {_rate(c.rate) if c.judgement is None else judged_words(c.judgement)}"
            for c in some
        )
        if some:
            lines += _wrap(words, f"{what} ({len(some)}): ", "  ")
    return lines


def _distribution(d: Distribution) -> list[str]:
    shares = ", ".join(f"{k.replace('_', ' ')} {100 * v:.0f} %" for k, v in d.shares.items() if v >= 0.005)
    n = len(d.sources)
    basis = f"{n} series" if n else "no usable series"
    return _wrap(f"{shares} ({basis})", f"{d.variable}: ", "  ")


def _studies(c: CellRecord, by_marker: bool) -> list[str]:
    head = f"{c.label if by_marker else c.diagnosis_name}: {_rate(c.rate)} ({_interval(c.low, c.high)}), {_counts(c)}"
    spread = f", rho {c.rho:.2f}" + ("" if c.i2 is None else f", I2 {100 * c.i2:.0f} %")
    studies = "1 study" if c.n_studies == 1 else f"{c.n_studies} studies"
    over = "" if c.judgement is None else f" over judgement {judged_words(c.judgement)} (confidence {c.confidence})"
    return [
        *_wrap(f"{head} in {studies}{spread}, {_BASIS.get(c.basis, c.basis)}{over}", "", "  "),
        *(x for s in c.studies for x in _study(s)),
    ]


def _study(s: StudyRecord) -> list[str]:
    mark = ("~" if s.basis == "pct" else "") + ("" if s.verbatim else "?")
    words = [s.name, "" if s.use == "pooled" else f"[{s.use}]", f"({s.details})" if s.details else ""]
    lines = _wrap(" ".join(w for w in words if w), f"  {s.result + mark:<12}", " " * 14)
    if s.printed or s.note:
        told = f'"{s.printed}"' + (f", {s.where}" if s.where else "") if s.printed else ""
        lines += _wrap("; ".join(x for x in (told, s.note) if x), " " * 14, " " * 14)
    # a broken address cannot be followed: it stands alone and is never wrapped
    return [*lines, *([" " * 14 + s.link] if s.link.startswith("http") else _wrap(s.link, " " * 14, " " * 14))]


# --- compare ---------------------------------------------------------------------------------------------------------------


def compare_text(rows: Sequence[SeparationRecord], top: int = 15) -> str:
    """The stains that separate two diagnoses, with the counts on both sides.

    Args:
        rows: from `inspection.compare`.
        top (int): how many of the separating ones.
    """
    if not rows:
        return "No marker was studied in either of the two."
    a, b = rows[0].first, rows[0].second
    groups = {v: [r for r in rows if r.verdict == v] for v in ("separates", "overlaps", "too thin")}
    one, two = _cut(a.abbreviation, 16), _cut(b.abbreviation, 16)
    head = f"{'':<18}{one:>17}  {two:>17}  {'weight':>6}  {'95 % interval':>13}"
    blocks = [
        [
            *_wrap(f"{a.diagnosis_name} ({a.diagnosis})", "", "  "),
            *_wrap(f"{b.diagnosis_name} ({b.diagnosis})", "against ", "  "),
        ],
        [
            f"Separate, best first ({len(groups['separates'])})",
            head,
            *(_separation(r) for r in groups["separates"][:top]),
        ],
    ]
    more = len(groups["separates"]) - top
    if more > 0:
        blocks[-1].append(f"  and {more} more: --top {len(groups['separates'])}")
    if groups["overlaps"]:
        words = ", ".join(f"{r.label} {_counts(r.first)} v {_counts(r.second)}" for r in groups["overlaps"])
        blocks.append(_wrap(words, f"Studied in both, rates may be the same ({len(groups['overlaps'])}): ", "  "))
    if groups["too thin"]:
        by_reason: dict[str, list[str]] = {}
        for r in groups["too thin"]:
            by_reason.setdefault(r.why, []).append(r.label)
        lines = [x for why, labels in by_reason.items() for x in _wrap(", ".join(labels), f"  {why}: ", "    ")]
        blocks.append([f"Evidence too thin to tell ({len(groups['too thin'])})", *lines])
    blocks.append(
        _wrap(
            "weight: expected log10 likelihood ratio of one result, positive or negative, for whichever of the two is true "
            "(1 = odds shift tenfold). Each stain alone: stains that move together are not worth the sum.",
            "",
            "",
        )
    )
    return _join(blocks)


def _separation(r: SeparationRecord) -> str:
    sides = [f"{_rate(c.rate)} {_counts(c) if c.total else _BASIS.get(c.basis, c.basis)}" for c in (r.first, r.second)]
    return f"{_cut(r.label, 18):<18}{sides[0]:>17}  {sides[1]:>17}  {r.weight:>6.2f}  {r.low:>5.2f} to {r.high:>4.2f}"


# --- sources, check, coverage, diff -----------------------------------------------------------------------------------------


def cite_text(citation: Citation) -> str:
    """The reference, and every cell it feeds."""
    s = citation.source
    ids = [f"doi {s.doi}" if s.doi else "", f"PMID {s.pmid}" if s.pmid else "", s.pmcid]
    study = ", ".join(x for x in (s.study_type, f"{s.n_cases} cases" if s.n_cases else "") if x)
    known = ", ".join(x for x in ids if x) or "web reference: no DOI or PMID known"
    facts = [s.title, known, study]
    blocks = [
        [
            s.id,
            *(x for text in (s.citation, *facts) if text for x in _wrap(text, "  ", "  ")),
            *_wrap(s.link or f"no link: {s.unlinked}", "  ", "  "),
        ]
    ]
    if citation.feeds:
        lines = []
        for f in citation.feeds:
            use = "" if f.use in ("pooled", "network") else f" [{f.use}]"
            lines += _wrap(f"{f.result}{use}  {f.at}", f"  {f.place:<24}", " " * 26)
        blocks.append([f"Feeds {len(citation.feeds)} places", *lines])
    else:
        blocks.append(["Feeds nothing."])
    return _join(blocks)


def check_text(report: CheckReport) -> str:
    """What a check found."""
    counts = ", ".join(f"{v} {k}" for k, v in report.counts.items())
    blocks = [_wrap(counts, "read: ", "  ")]
    if report.problems:
        blocks.append(
            [f"PROBLEMS ({len(report.problems)})", *(x for p in report.problems for x in _wrap(p, "  ", "    "))]
        )
    else:
        blocks.append(["ok: every record is sound, every table sums to one, every source is used"])
    if report.clipped:
        words = ", ".join(f"{d} {m} ({b:.3f})" for d, m, b in sorted(report.clipped, key=lambda c: -c[2]))
        blocks.append(
            _wrap(
                f"{len(report.clipped)}, probability beyond: {words}",
                "links held to what the two rates allow (Frechet bounds): ",
                "  ",
            )
        )
    if report.condensed:
        words = ", ".join(_by_file(report.condensed))
        blocks.append(
            _wrap(words, f"figures noted in condensed form, to be read again, {len(report.condensed)}: ", "  ")
        )
    return _join(blocks)


def _by_file(places: Iterable[str]) -> list[str]:
    lines: dict[str, list[str]] = {}
    for place in places:
        file, _, line = place.rpartition(":")
        lines.setdefault(file, []).append(line)
    return [f"{file}:{' '.join(numbers)}" for file, numbers in lines.items()]


def coverage_text(report: CoverageReport) -> str:
    """Evidenced cells by diagnosis and by marker, in total, and of the leading diagnoses."""
    t = report.total
    head = f"{'':<30}{'cells':>6}{'counts':>8}{'words':>7}{'judged':>8}{'two+':>6}{'evidenced':>11}"

    def line(r: CoverageRow) -> str:
        counts = f"{r.cells:>6}{r.counted:>8}{r.words:>7}{r.judged:>8}{r.two:>6}"
        return f"{_cut(r.name, 30):<30}{counts}{100 * r.share:>9.0f} %"

    blocks = [
        [head, line(t)],
        ["by diagnosis", *map(line, report.diagnoses)],
        ["by marker", *map(line, report.markers)],
    ]
    if report.leading:
        lines = []
        for r in report.leading:
            missing = f"; not: {', '.join(r.missing)}" if r.missing else ""
            told = f"{r.counted}/{len(r.markers)} on counts, {r.two} on two studies or more{missing}"
            lines += _wrap(told, f"  {r.name:<20}", " " * 22)
        share = f"{100 * report.leading_share:.0f} % on counts"
        title = _wrap(f"leading diagnoses, founding markers, CD34, ALK FISH and own signature: {share}", "", "  ")
        blocks.append([*title, *lines])
    return _join(blocks)


def pooled_text(rows: Sequence[Pooled]) -> str:
    """What reviewers say of judged rates, the most disputed first."""
    lines = [f"{'':<44}{'stated':>8}  {'pooled':>8}  {'disagreement':>13}"]
    for r in rows:
        name = _cut(f"{r.diagnosis} {r.marker}", 44)
        lines.append(f"{name:<44}{r.stated:>6.3g} %  {r.pooled:>6.3g} %  {r.disagreement:>13.2f}")
        lines += [x for role, date, p in r.reviews for x in _wrap(f"{p:.3g} % {role}, {date}", "    ", "      ")]
    return _join([lines, ["disagreement: standard deviation of the log odds; 1.1 is a factor of 3 in odds"]])


def diff_text(report: DiffReport) -> str:
    """What the overlays change."""
    blocks = [[f"with {', '.join(report.overlays)}"]]
    blocks += [_wrap(", ".join(ids), f"new {kind} ({len(ids)}): ", "  ") for kind, ids in report.added.items() if ids]
    if report.changes:
        lines = [f"{'':<38}{'before':>17}  {'after':>17}  {'by':>5}"]
        for c in report.changes:
            before = (
                "new"
                if c.before is None
                else f"{_rate(c.before)} {c.before_counts or _BASIS.get(c.before_basis, c.before_basis)}"
            )
            after = f"{_rate(c.after)} {c.after_counts or _BASIS.get(c.after_basis, c.after_basis)}"
            by = "" if c.before is None else f"{100 * c.shift:+.1f}"
            rows = "" if not c.rows else f" +{c.rows}"
            lines.append(f"{_cut(f'{c.diagnosis} {c.marker}{rows}', 38):<38}{before:>17}  {after:>17}  {by:>5}")
        blocks.append(["rates (+n: rows added; by: percentage points)", *lines])
    if report.minor:
        blocks.append([f"{report.minor} other cells move by less than half a percentage point"])
    if report.shifts:
        lines = [f"  {s.diagnosis} {s.variable}: {100 * s.size:.1f} % of the distribution moves" for s in report.shifts]
        blocks.append(["distributions", *lines])
    if len(blocks) == 1:
        blocks.append(["nothing moves"])
    return _join(blocks)


# --- layout ------------------------------------------------------------------------------------------------------------------


def _wrap(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    ) or [first.rstrip()]


def _cut(text: str, width: int) -> str:
    return text if len(text) < width else text[: width - 2] + "~"


def _join(blocks: Iterable[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(line.rstrip() for line in b) for b in blocks if b)
