"""One case as reported: findings and context. No knowledge and no probabilities in here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "NO_EVIDENCE",
    "POSITIVE",
    "VALUES",
    "Context",
    "Contradiction",
    "Finding",
    "Panel",
    "Remark",
    "Unrecognised",
]

#: The values a finding may take (markers of kind ``index`` such as Ki-67 carry a percentage instead).
VALUES = (
    "negative",
    "focal",
    "diffuse",
    "positive",
    "equivocal",
    "not_interpretable",
    "not_done",
)

#: Values that are kept and shown, but say nothing about the diagnosis.
NO_EVIDENCE = frozenset({"not_interpretable", "not_done"})


#: Values of a positive result, whatever its extent.
POSITIVE = ("positive", "focal", "diffuse")


@dataclass(frozen=True, slots=True)
class Finding:
    """One reported result of one marker. Two findings are equal when they say the same of the lesion, in whatever words and
    by whatever test.

    Attributes:
        marker: marker id, such as ``"S100"``.
        value: one of `VALUES`; for a proliferation index the canonical percentage text
            (``"10"``, ``"10-15"``, ``"<5"``, ``">30"``) or a value of `NO_EVIDENCE`.
        reported: the words of the report this was read from.
        low, high: bounds of the reported percentage (percent, 0 to 100): extent of staining, or the index itself.
            Both ``None`` when no percentage was reported.
        intensity: ``"weak"``, ``"moderate"`` or ``"strong"`` where told.
        pattern: ``"nuclear"``, ``"cytoplasmic"``, ``"membranous"``, ``"nuclear-membrane"``, ``"perinuclear"``,
            ``"dot-like"`` where told.
        clone: antibody clone where told, such as ``"D5F3"``.
        method: ``"ihc"``, ``"fish"``, ``"sequencing"``, ``"rt-pcr"`` or another where told; empty for the usual one of the marker.
        target: which of several genes, exons or probes was tested, where told (``"NTRK3"``, ``"exon 9"``).
        when: ``"later"`` where words call it a repeat, of the resection, after treatment or revised; ``"earlier"`` where
            they call it the first or initial one; empty otherwise.
        component: the part of the specimen it is about when that is not the lesion (``"vessels"``); empty for the lesion.
        specimen: name of the specimen or block where told, such as ``"biopsy"`` or ``"B2"``.
        span: place of ``reported`` in the text of the panel, ``None`` when it did not come from one.
    """

    marker: str
    value: str
    reported: str = field(default="", compare=False)
    low: float | None = None
    high: float | None = None
    intensity: str | None = None
    pattern: str | None = None
    clone: str | None = None
    method: str = field(default="", compare=False)
    target: str = field(default="", compare=False)
    when: str = field(default="", compare=False)
    component: str = field(default="", compare=False)
    specimen: str = field(default="", compare=False)
    span: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def percent(self) -> float | None:
        """The reported percentage as one number: the middle of a range, the bound of "<5 %" or ">30 %"."""
        if self.low is None or self.high is None:
            return None
        if self.value.startswith("<"):
            return self.high
        if self.value.startswith(">"):
            return self.low
        return (self.low + self.high) / 2

    @property
    def informative(self) -> bool:
        """Whether this finding can carry weight."""
        return self.value not in NO_EVIDENCE

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data, with the keys of the JSON output."""
        out: dict[str, Any] = {
            "marker": self.marker,
            "value": self.value,
            "reported": self.reported,
            "percent": self.percent,
        }
        for key in ("intensity", "pattern", "clone", "method", "target", "when", "component", "specimen"):
            if getattr(self, key):
                out[key] = getattr(self, key)
        return out


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A marker told firmly positive and firmly negative by one test; the case is read without it.

    Attributes:
        marker: marker id.
        readings: every result told of it, in an order that does not depend on the order told.
        text: what is told, in words.
    """

    marker: str
    readings: tuple[Finding, ...] = field(compare=False)
    text: str = field(default="", compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The contradiction as plain data."""
        return {"marker": self.marker, "text": self.text, "readings": [f.to_dict() for f in self.readings]}


@dataclass(frozen=True, slots=True)
class Remark:
    """What became of results of one marker that were not simply taken over: replaced, outweighed, not of the lesion.

    Attributes:
        marker: marker id.
        text: the remark.
    """

    marker: str
    text: str

    def to_dict(self) -> dict[str, Any]:
        """The remark as plain data."""
        return {"marker": self.marker, "text": self.text}


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A piece of the panel that was not used.

    Attributes:
        text: the words as given.
        span: where they stand in the panel text, ``None`` for a table cell.
        reason: why they were not used.
        stain: True when this is a real stain that the model does not know, False when it is no stain we know.
        suggestion: nearest known name, or empty.
        unread: True when a result may be told here that could not be read: to be shown first.
    """

    text: str
    span: tuple[int, int] | None = None
    reason: str = ""
    stain: bool = False
    suggestion: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Age, sex and site of one case; ``None`` where unknown.

    Attributes:
        age: years (12 months = 1.0).
        sex: ``"male"`` or ``"female"``.
        site: site category id, such as ``"mesentery_omentum_peritoneum"``.
        site_reported: the words the site was read from.
    """

    age: float | None = None
    sex: str | None = None
    site: str | None = None
    site_reported: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The context as plain data."""
        return {
            "age": self.age,
            "sex": self.sex,
            "site": self.site,
            "site_reported": self.site_reported,
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """Findings and context of one case. Two panels are equal when their findings and contexts are, in whatever words.

    Attributes:
        findings: the findings, in the order reported, one per marker.
        context: age, sex, site.
        unrecognised: what was not used, never dropped.
        text: the panel as given.
        contradictions: markers told both ways, which are not among the findings.
        remarks: how several results of one marker became one, where that is not plain.
        readings: every result as told, from which `imtdx.merging.merge` made the findings; empty where nothing was merged.
        complete: whether it tells every stain that was asked for, so that a stain it does not tell was not asked for.
        words: ``age``, ``sex``, ``site`` and the words of the text they were read from.
        ignored: words of the text that were understood and are not used (margins, grade, conclusion), and why.
    """

    findings: tuple[Finding, ...] = ()
    context: Context = Context()
    unrecognised: tuple[Unrecognised, ...] = field(default=(), compare=False)
    text: str = field(default="", compare=False)
    contradictions: tuple[Contradiction, ...] = ()
    remarks: tuple[Remark, ...] = field(default=(), compare=False)
    readings: tuple[Finding, ...] = field(default=(), compare=False)
    complete: bool = False
    words: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    ignored: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def unread(self) -> tuple[Unrecognised, ...]:
        """Where a result may be told that could not be read."""
        return tuple(u for u in self.unrecognised if u.unread)

    def __getitem__(self, marker: str) -> Finding:
        """The finding of one marker.

        Raises:
            KeyError: the marker is not in the panel.
        """
        for finding in self.findings:
            if finding.marker == marker:
                return finding
        raise KeyError(marker)

    def __contains__(self, marker: object) -> bool:
        return any(f.marker == marker for f in self.findings)

    def __repr__(self) -> str:
        unused = f", {len(self.unrecognised)} not used" if self.unrecognised else ""
        return f"<Panel {self.to_text() or 'empty'}{unused}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from imtdx.report.notebook import panel_html

        return panel_html(self)

    @property
    def informative(self) -> tuple[Finding, ...]:
        """The findings that can carry weight."""
        return tuple(f for f in self.findings if f.informative)

    @property
    def told(self) -> tuple[Finding, ...]:
        """Every result as told: what this panel is merged from together with others."""
        return self.readings or self.findings

    def without(self, marker: str) -> Panel:
        """The same panel with one marker left out."""
        return replace(
            self,
            findings=tuple(f for f in self.findings if f.marker != marker),
            contradictions=tuple(c for c in self.contradictions if c.marker != marker),
            remarks=tuple(r for r in self.remarks if r.marker != marker),
            readings=tuple(f for f in self.readings if f.marker != marker),
        )

    def with_finding(self, finding: Finding) -> Panel:
        """The same panel with ``finding`` in place of all that was told of its marker."""
        marker = finding.marker
        rest = self.without(marker)
        if marker in self:
            findings = tuple(finding if f.marker == marker else f for f in self.findings)
        else:
            findings = (*self.findings, finding)
        return replace(rest, findings=findings, readings=(*rest.readings, finding) if rest.readings else ())

    def to_text(self) -> str:
        """The canonical text, ``"ALK=positive; SMA=focal; KI67=10"``; reading it gives the same panel."""
        told = [*self.findings, *(f for c in self.contradictions for f in c.readings)]
        return "; ".join(_finding_text(f) for f in told)


def _finding_text(finding: Finding) -> str:
    """One finding in canonical form: ``MARKER=value`` and, in brackets, what else was told."""
    text = f"{finding.marker}={finding.value}"
    details = [d for d in (finding.intensity, finding.pattern, finding.clone) if d]
    index = finding.value not in VALUES
    if finding.low is not None and finding.high is not None and not index:
        low, high = (f"{v:g}" for v in (finding.low, finding.high))
        details.append(f"{low}%" if low == high else f"{low}-{high}%")
    return f"{text} ({', '.join(details)})" if details else text
