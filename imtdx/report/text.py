"""The report of the terminal: one screen of 80 columns for the first answer, details on request."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from imtdx.answer.contributions import Contribution
from imtdx.provenance import provenance_line
from imtdx.words import INTENDED_USE, context_words, evidence_label, percent, sum_words, value_words

if TYPE_CHECKING:
    from imtdx.answer.advice import NextTest
    from imtdx.differential import Differential, RankedDiagnosis

__all__ = ["case_text"]

#: Columns of the ranking at 80; the names give way on a narrower terminal, down to 60.
_ABBREVIATION, _NAME, _BAR = 9, 36, 8
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def case_text(
    dx: Differential,
    *,
    top: int = 6,
    explain: bool = False,
    against: str | None = None,
    width: int = 80,
    unicode: bool = True,
) -> str:
    """The differential as text without colour.

    Args:
        dx: the result.
        top (int): how many diagnoses.
        explain (bool): add every contribution with counts and sources, what-if, fit, drivers and all flags.
        against (str | None): a rival for the leading diagnosis.
        width (int): columns.
        unicode (bool): False for terminals that show ASCII only.
    """
    width = max(width, 60)
    blocks = [
        _wrap(_heading(dx), width, rest="  "),
        _unread(dx, width),
        _panel_lines(dx, width),
        _ranking(dx, top, unicode, width) + _sums(dx, width) + _prior(dx, width),
        _for_and_against(dx, 2, width, explain),
    ]
    if against is not None or explain:
        blocks.append(_why(dx, dx.rows[0].id, against, width))
    if explain:
        if dx.rows[0].id != "imt" and "imt" in dx.model.diagnoses:
            blocks.append(_why(dx, "imt", against, width))
        blocks += [_what_if(dx, width), _fit(dx, width), _drivers(dx, width)]
    blocks += [
        _flags(dx, width, None if explain else 2),
        _next(dx, width, 5 if explain else 3, explain),
        _not_used(dx, width),
    ]
    blocks.append(
        [
            *_wrap(INTENDED_USE, width),
            *(_wrap(f"Rates: published counts over {m.short}.", width) if (m := dx.model.knowledge.judgement) else []),
            *_wrap(f"{provenance_line(dx.model.knowledge)}.", width),
            *([] if explain else _wrap("Details: --explain   a rival: --against NAME   more: --top 40", width)),
        ]
    )
    text = "\n\n".join("\n".join(b) for b in blocks if b)
    return text.rstrip() if unicode else _ascii(text.rstrip())


def _wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    indent = " " * len(first) if rest is None else rest
    # a figure and its percent sign stay together
    text = text.replace(" %", "\u00a0%")
    lines = textwrap.wrap(text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines] or [first.rstrip()]


def _heading(dx: Differential) -> str:
    parts = [f"Case {dx.case_id}" if dx.case_id else "", f"Prior: {dx.model.prior_name}"]
    if dx.model.knowledge.left_out:
        parts.append(f"without {', '.join(dx.model.knowledge.left_out)}")
    if dx.model.knowledge.overlays:
        parts.append(f"with {', '.join(dx.model.knowledge.overlays)}")
    if not dx.model.knowledge.judgement:
        parts.append("counts alone, without judgement")
    if dx.panel.complete:
        parts.append("panel complete")
    return "   ".join(p for p in parts if p)


def _unread(dx: Differential, width: int) -> list[str]:
    """Results that could not be read, told before anything else."""
    items = [
        f'"{u.text}"' + (f" (did you mean {u.suggestion}?)" if u.suggestion else f" ({u.reason})" if u.reason else "")
        for u in dx.panel.unread
    ]
    return _wrap("; ".join(items), width, "! Result not read: ", "  ") if items else []


def _panel_lines(dx: Differential, width: int) -> list[str]:
    markers = dx.model.knowledge.markers
    words = [
        f"{markers[f.marker].label} {value_words(f, markers[f.marker])}"
        for f in dx.panel.findings
        if f.marker in markers
    ]
    lines = _wrap("; ".join(words) if words else "no findings", width, "Panel: ")
    context = context_words(dx.panel.context)
    lines += _wrap(context, width, "Case:  ") if context else []
    for remark in dx.panel.remarks:
        lines += _wrap(remark.text, width, "Read:  ")
    return lines


def _bar(share: float, unicode: bool, columns: int) -> str:
    if not unicode:
        return ("#" * round(share * columns)).ljust(columns)
    full, part = divmod(round(share * columns * 8), 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(columns)


def _ranking(dx: Differential, top: int, unicode: bool, width: int) -> list[str]:
    rows, rest = dx.rows[:top], dx.rows[top:]
    # abbreviation, probability and interval are whole on any terminal; bar and name share what is left of it
    bar = _BAR if width >= 74 else 4
    name = min(_NAME, width - (4 + _ABBREVIATION + bar + 23))
    blank = " " * (4 + _ABBREVIATION)
    lines = [f"{blank}{'Diagnosis':<{name}}{'':{bar}}{'Probability (95 %)':>22}"]
    lines += [_line(dx, r, unicode, name, bar) for r in rows]
    if rest:
        total = sum(r.probability for r in rest)
        lines.append(f"{blank}{f'{len(rest)} others':<{name}}{'':{bar}}{percent(total):>8}")
    return lines


def factor(log10: float) -> str:
    """A weight of evidence as the factor by which it multiplies the odds: ``"x6"``, ``"x1.3"``, ``"/4"``."""
    size = 10 ** min(abs(log10), 6)
    shown = f"{size:.1f}" if round(size, 1) < 3 else f"{size:.0f}" if size < 10 else f"{float(f'{size:.1e}'):,.0f}"
    sign = "x" if log10 >= 0 else "/"
    return f"{'over ' if abs(log10) > 6 else ''}{sign}{shown.removesuffix('.0')}"


#: Priors that the answer is also given for (probability).
_PRIORS = (0.05, 0.4)


def _prior(dx: Differential, width: int) -> list[str]:
    """How the answer for IMT, or what leads, moves with where it started; exact, since the Bayes factor holds no prior of its own."""
    ids = {r.id: r for r in dx.rows}
    r = ids.get("imt", dx.rows[0])
    if not dx.evidence or not 0 < r.prior < 1:
        return []

    def then(start: float) -> str:
        odds = start / (1 - start) * 10**r.log10_bf
        return percent(odds / (1 + odds))

    name = dx.model.knowledge.diagnoses[r.id].abbreviation
    others = ", ".join(f"at {percent(p).replace('.0', '')} it would be {then(p)}" for p in _PRIORS)
    return _wrap(f"{name} starts at {percent(r.prior)} and ends at {percent(r.probability)}; started {others}.", width)


def _sums(dx: Differential, width: int) -> list[str]:
    """Behaviour and lineage over all the answers."""
    return [line for words in sum_words(dx) for line in _wrap(words, width)]


def _line(dx: Differential, r: RankedDiagnosis, unicode: bool, room: int, bar: int) -> str:
    abbreviation = dx.model.knowledge.diagnoses[r.id].abbreviation
    name = r.name if len(r.name) < room else r.name[: room - 4].rstrip() + "..."
    interval = f"({percent(r.low)} to {percent(r.high)})".replace(" %", "")
    return f"{r.rank:>2}  {abbreviation:<{_ABBREVIATION}}{name:<{room}}{_bar(r.probability, unicode, bar)}{percent(r.probability):>8} {interval:>13}"


def _for_and_against(dx: Differential, n: int, width: int, explain: bool) -> list[str]:
    """The heaviest findings for and against each of the leading diagnoses, one line each."""
    lines: list[str] = []
    for r in dx.rows[:n]:
        contributions = dx.contributions(r.id)
        if not contributions:
            continue
        draws = f", first in {100 * r.first:.0f} % of draws" if explain else ""
        weight = f"log10 Bayes factor {r.log10_bf:+.1f}" if explain else f"the panel: {factor(r.log10_bf)}"
        lines += _wrap(f"{r.name} ({weight}{draws})", width, rest="  ")
        for word, sign in (("for    ", 1), ("against", -1)):
            chosen = [c for c in contributions if sign * c.log10_lr >= 0.1][:6]
            text = ", ".join(
                f"{_label(dx, c)} ({f'{c.log10_lr:+.1f}' if explain else factor(c.log10_lr)})" for c in chosen
            )
            lines += _wrap(text or "nothing of weight", width, f"  {word}  ")
    return lines


def _label(dx: Differential, c: Contribution) -> str:
    return evidence_label(dx, c.marker, c.value)


def _why(dx: Differential, diagnosis: str, against: str | None, width: int) -> list[str]:
    """Every contribution with its counts, groups that share a node together."""
    knowledge = dx.model.knowledge
    name = knowledge.diagnoses[diagnosis].name
    if against is not None and knowledge.diagnosis_id(against) == diagnosis:
        against = None
    rival = "the rest" if against is None else knowledge.diagnoses[knowledge.diagnosis_id(against)].name
    contributions = dx.contributions(diagnosis, against)
    total = sum(c.log10_lr for c in contributions)
    lines = _wrap(f"Why {name} against {rival} (log10 likelihood ratios, total {total:+.2f})", width, rest="  ")
    groups: dict[str, list[Contribution]] = {}
    for c in contributions:
        groups.setdefault(c.group, []).append(c)
    for members in sorted(groups.values(), key=lambda g: -abs(g[0].joint)):
        if len(members) > 1:
            together = " and ".join(_label(dx, c) for c in members)
            lines += _wrap(f"{together}, read together {members[0].joint:+.2f}:", width, "  ")
        for c in members:
            indent = "    " if len(members) > 1 else "  "
            lines += _wrap(f"{_label(dx, c)}: {c.words}. {c.why}", width, f"{indent}{c.log10_lr:+.2f}  ")
    return lines


def _what_if(dx: Differential, width: int) -> list[str]:
    names = dx.model.knowledge.diagnoses
    flips = dx.what_if()
    if not flips:
        return []
    told = [
        f"{dx.model.knowledge.markers[w.marker].label} {'not done' if w.change == 'removed' else w.change}"
        for w in flips
    ]
    room = min(max(len(x) for x in (*told, "finding")), 34, width - 34)
    lines = _wrap("What if one finding were otherwise (* decides the first place)", width, rest="  ")
    lines.append(f"    {'finding':<{room}}  {'first then':<10} {'its share':>9} {'IMT':>7}")
    for w, label in zip(flips, told, strict=True):
        shown = label if len(label) <= room else label[: room - 3] + "..."
        first = names[w.top].abbreviation
        mark = "*" if w.decisive else " "
        lines.append(f"  {mark} {shown:<{room}}  {first:<10} {percent(w.p_top):>9} {percent(w.p_imt):>7}")
    return lines


def _fit(dx: Differential, width: int) -> list[str]:
    c = dx.conflict
    lines = _wrap(c.sentence, width, "Fit: ")
    for r in c.recheck:
        lines += _wrap(r.text, width, "  - ")
    return lines


def _drivers(dx: Differential, width: int) -> list[str]:
    if not dx.drivers:
        return []
    words = ", ".join(f"{k} {percent(v)}" for k, v in dx.drivers.items())
    return _wrap(words, width, "Kinase fusion: ")


def _flags(dx: Differential, width: int, limit: int | None) -> list[str]:
    lines: list[str] = []
    for flag in dx.flags[:limit]:
        lines += _wrap(flag.text, width, "! ")
    left = len(dx.flags) - (limit or len(dx.flags))
    if left > 0:
        lines.append(f"  and {left} more remark{'s' if left > 1 else ''}: --explain")
    return lines


def _next(dx: Differential, width: int, k: int, explain: bool) -> list[str]:
    tests = dx.next_tests(k)
    lines: list[str] = []
    if tests.stop:
        lines += _wrap(tests.stop, width, "Next: ")
    elif len(tests):
        lines += _wrap("Consider next (expected information about the diagnosis)", width, rest="  ")
        for t in tests:
            lines += _wrap(t.why if explain else _briefly(dx, t), width, f"  {t.bits:4.2f} bit  ")
    if explain and not tests.stop:
        lines += _together(dx, width)
    workup = tests.driver_workup if explain else tests.driver_workup[:2]
    for text in workup:
        lines += _wrap(text, width, "  ")
    return lines


def _together(dx: Differential, width: int) -> list[str]:
    """The best panel of tests done at once."""
    panels = dx.best_panel(4)
    if len(panels) < 2:
        return []
    names = [dx.model.knowledge.markers[m].label for m in panels[-1].markers]
    text = f"Done together, consider {', '.join(names)}: {panels[-1].bits:.2f} bit, overlap accounted for"
    return _wrap(text, width, "  ")


def _briefly(dx: Differential, t: NextTest) -> str:
    """A test and what each result would make of the first two diagnoses, on one line."""
    signs = {"negative": "-", "positive": "+", "diffuse": "diffuse +"}
    names = dx.model.knowledge.diagnoses
    results = []
    # the two results that differ most: focal lies between negative and diffuse, as do the middle bins of an index
    for r in (t.results[0], t.results[-1]):
        then = ", ".join(f"{names[d['id']].abbreviation} {percent(d['probability'])}" for d in r["top"][:2])
        results.append(f"{signs.get(r['value'], r['value'])}: {then}")
    return f"{t.label} " + "; ".join(results)


def _not_used(dx: Differential, width: int) -> list[str]:
    items = [f'"{u.text}"' + (f" ({u.reason})" if u.reason else "") for u in dx.panel.unrecognised if not u.unread]
    markers = dx.model.knowledge.markers
    items += [
        f"{markers[f.marker].label} ({f.value.replace('_', ' ')})"
        for f in dx.panel.findings
        if not f.informative and f.marker in markers
    ]
    items += [c.text for c in dx.panel.contradictions]
    return _wrap("; ".join(items), width, "Not used: ") if items else []


def _ascii(text: str) -> str:
    table: Iterable[tuple[str, str]] = (
        ("→", "->"),
        ("–", "-"),
        ("−", "-"),
        ("α", "alpha"),
        ("β", "beta"),
        ("≥", ">="),
        ("≤", "<="),
    )
    for old, new in table:
        text = text.replace(old, new)
    return text.encode("ascii", "replace").decode()
