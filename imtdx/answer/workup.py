"""The search for a kinase fusion: which driver is open, how it could be looked for, the matching inhibitors as information."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imtdx.answer.case import Case
from imtdx.answer.reasons import count_sentence
from imtdx.panel import POSITIVE, Panel
from imtdx.words import percent

if TYPE_CHECKING:
    from imtdx.knowledge import Marker

__all__ = ["driver_workup", "request_words"]

#: A stain leaves the driver open while the chance of the fusion (probability) lies in between.
_OPEN = (0.05, 0.85)
#: Below this chance of IMT and above this chance of compromised tissue (probabilities) no driver is looked for.
_LEADS, _COMPROMISED = 0.2, 0.25


def driver_workup(case: Case) -> tuple[str, ...]:
    """Sentences on the drivers still open; empty in a network without the fusion node, and when one was shown.

    Drivers exclude each other: one shown genetically closes the search. A negative genetic test does not: where a driver's stain is
    positive and its gene test is not, sequencing is an option, whichever diagnosis leads. While IMT leads, ALK is open when its stain
    was done and its gene was not, and the chance of the fusion is neither small nor great; where ALK is negative, the others are looked
    for, by stains first.
    """
    m = case.model
    structure = m.network.structure
    if not case.drivers or case.tissue["compromised"] > _COMPROMISED:
        return ()
    if any(_value(case.panel, t.marker) in POSITIVE for t in structure.tests.values()):
        return ()
    stained = {s.fusion: _value(case.panel, s.marker) for s in structure.stains.values()}
    disagree = [f for f, v in stained.items() if v in POSITIVE and _missed(case, f)]
    lines = [_sequence(case, f) for f in sorted(disagree, key=lambda f: -case.drivers[f])]
    if "imt" not in m.diagnoses or int(case.posterior.argmax()) != m.index("imt") or case.probability("imt") < _LEADS:
        return tuple(lines)
    first = structure.states[1]
    if stained.get(first) is not None and _tests(case, first):
        p = case.drivers[first]
        if _OPEN[0] < p < _OPEN[1] or stained[first] == "equivocal":
            lines.append(
                f"The {first} stain ({stained[first]}) leaves the driver open, chance of {first} fusion {percent(p)}: "
                f"consider {_tests(case, first)}; {_inhibitors(case, first)}"
            )
    if stained.get(first) != "negative":
        return tuple(lines)
    others = sorted((f for f in structure.states[2:] if _tests(case, f)), key=lambda f: -case.drivers[f])
    known = 1 - case.drivers[structure.states[0]]
    if others:
        stains = " and ".join(_stains(case, others))
        way = f"{stains} first, then RNA sequencing" if stains else "RNA sequencing"
        lines.append(
            f"{first} is negative and IMT leads, chance of any driver {percent(known)}: "
            f"consider looking for another driver: {way}, which sees all of them"
        )
    elif not _sequenced(case) and known > _OPEN[0]:
        lines.append(
            f"No driver was found, and the chance of one is still {percent(known)}: consider RNA sequencing, since stains and FISH miss some"
        )
    lines += [
        f"{fusion} fusion (chance {percent(case.drivers[fusion])}{_counts(case, fusion)}): "
        f"consider {_tests(case, fusion)}; {_inhibitors(case, fusion)}"
        for fusion in others
    ]
    return tuple(lines)


def _sequenced(case: Case) -> bool:
    """Whether a driver was looked for by sequencing."""
    tests = case.model.network.structure.tests
    return any(r.method == "sequencing" for r in case.panel.told if r.marker in tests and r.informative)


def _missed(case: Case, fusion: str) -> bool:
    """Whether the gene of a fusion was tested without a finding, and not by sequencing."""
    tests = [t.marker for t in case.model.network.structure.tests.values() if t.fusion == fusion]
    told = [r for r in case.panel.told if r.marker in tests and r.informative]
    return bool(told) and all(r.value == "negative" and r.method != "sequencing" for r in told)


def _sequence(case: Case, fusion: str) -> str:
    """Stain and gene test disagree: sequencing as an option, with what the test is known to miss."""
    m = case.model
    markers, tests = m.knowledge.markers, m.network.structure.tests
    stain = next(s.marker for s in m.network.structure.stains.values() if s.fusion == fusion)
    done = [t.marker for t in tests.values() if t.fusion == fusion and t.marker in case.panel]
    rows = [r for x in done for r in m.knowledge.network["kinase_fusion"]["tests"][x].get("counts", ())]
    rows = [r for r in rows if r["source"] not in m.knowledge.left_out]
    told = ""
    if rows:
        names = " and ".join(m.knowledge.sources[r["source"]].short for r in rows)
        told = f" (it found {sum(r['detected'] for r in rows)} of {sum(r['of'] for r in rows)}, {names})"
    return (
        f"{markers[stain].label} stain and {' and '.join(markers[x].label for x in done)} disagree, chance of {fusion} fusion "
        f"{percent(case.drivers[fusion])}: FISH misses some fusions{told}, and a stain can be positive without one; "
        f"consider RNA sequencing; {_inhibitors(case, fusion)}"
    )


def _stains(case: Case, fusions: list[str]) -> list[str]:
    """Stains of these fusions that are not done, as they would be asked for."""
    m = case.model
    wanted = [s.marker for s in m.network.structure.stains.values() if s.fusion in fusions]
    return [request_words(m.knowledge.markers[x]) for x in wanted if _value(case.panel, x) is None]


def request_words(marker: Marker) -> str:
    """The name of a test as it would be asked for."""
    if marker.kind == "ihc":
        return f"{marker.label} stain"
    if marker.kind == "fish":
        return f"{marker.label} or sequencing" if "FISH" in marker.label else f"{marker.label} (FISH or sequencing)"
    return marker.label


def _value(panel: Panel, marker: str) -> str | None:
    """The informative value of a marker, ``None`` when there is none."""
    return panel[marker].value if marker in panel and panel[marker].informative else None


def _untested(case: Case, fusion: str) -> list[str]:
    """Genetic tests of a fusion without a result; none when the test that sees every fusion was done."""
    tests = [t for t in case.model.network.structure.tests.values() if t.fusion == fusion]
    if any(t.sensitivity is not None and _value(case.panel, t.marker) is not None for t in tests):
        return []
    return [t.marker for t in tests if _value(case.panel, t.marker) is None]


def _tests(case: Case, fusion: str) -> str:
    """The tests of a fusion that are not yet done, in words; the stain first. Empty when the gene was tested."""
    genetic = _untested(case, fusion)
    if not genetic:
        return ""
    markers = case.model.knowledge.markers
    structure = case.model.network.structure
    stains = [
        s.marker for s in structure.stains.values() if s.fusion == fusion and _value(case.panel, s.marker) is None
    ]
    words = ", then ".join([*(request_words(markers[x]) for x in stains), _genes(case, genetic)])
    if case.stock is not None and not any(x in case.stock for x in (*stains, *genetic)):
        words += ", not in stock, from a reference laboratory"
    return words


def _genes(case: Case, genetic: list[str]) -> str:
    """Genetic tests of one fusion as one request."""
    markers = case.model.knowledge.markers
    if len(genetic) == 1:
        return request_words(markers[genetic[0]])
    return " or ".join(markers[x].label for x in genetic) + " (FISH or sequencing)"


def _counts(case: Case, fusion: str) -> str:
    """Published counts of a fusion in IMT, where there are any."""
    m = case.model
    for test in m.network.structure.tests.values():
        if test.fusion == fusion and m.network.rates.cell("imt", test.marker).kind == "counted":
            return f"; in IMT {count_sentence(m.network.rates, m.knowledge.diagnoses['imt'], test.marker)}"
    return ""


def _inhibitors(case: Case, fusion: str) -> str:
    """Inhibitors with the sources that were read; none whose source is left out."""
    knowledge = case.model.knowledge
    named = case.model.network.structure.inhibitors.get(fusion, {})
    told = [f"{name} ({knowledge.sources[s].short})" for name, s in named.items() if s not in knowledge.left_out]
    return f"matching inhibitors, as information: {', '.join(told)}" if told else "no matching inhibitor is listed"
