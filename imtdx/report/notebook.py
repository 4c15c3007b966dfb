"""What a notebook shows of a panel, a differential and a model: small tables without scripts, all text escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imtdx.report.markup import h
from imtdx.report.svg import interval_bar
from imtdx.words import INTENDED_USE, context_words, percent

if TYPE_CHECKING:
    from imtdx.differential import Differential
    from imtdx.model import Model
    from imtdx.panel import Panel

__all__ = ["differential_html", "model_html", "panel_html"]

_SHOWN = 6
# notebooks have no style sheet of ours, so the colours of the pictures stand here; grey text follows the notebook's own
_STYLE = (
    "<style>.imtdx .fill-for{fill:#1f6fb2}.imtdx .stroke-line{stroke:#b9c0c8}.imtdx .stroke-range{stroke:currentColor;fill:none}"
    ".imtdx td,.imtdx th{text-align:left}.imtdx .soft{opacity:.7}"
    ".imtdx .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}</style>"
)


def _frame(body: str) -> str:
    return f'<div class="imtdx">{_STYLE}{body}</div>'


def panel_html(panel: Panel) -> str:
    """Findings with the words they were read from; what was not used stands first."""
    unused = "; ".join(f"{u.text} ({u.reason})" if u.reason else u.text for u in panel.unrecognised)
    rows = "".join(
        f"<tr><th>{h(f.marker)}</th><td>{h(f.value.replace('_', ' '))}</td><td class='soft'>{h(f.reported)}</td></tr>"
        for f in panel.findings
    )
    context = context_words(panel.context)
    return _frame(
        (f"<p><b>Not used:</b> {h(unused)}</p>" if unused else "")
        + (f"<p>{h(context)}</p>" if context else "")
        + f"<table><thead><tr><th>marker</th><th>result</th><th>as reported</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def differential_html(dx: Differential) -> str:
    """The first diagnoses with intervals, and what not to overlook."""
    rows = "".join(
        f"<tr><td>{r.rank}</td><th>{h(r.name)}</th><td>{interval_bar(r.probability, r.low, r.high, 160)}</td>"
        f"<td>{h(percent(r.probability))}</td><td class='soft'>{h(percent(r.low))} to {h(percent(r.high))}</td></tr>"
        for r in dx.rows[:_SHOWN]
    )
    rest = percent(sum(r.probability for r in dx.rows[_SHOWN:]))
    flags = "".join(f"<li>{h(f.text)}</li>" for f in dx.flags)
    return _frame(
        "<table><thead><tr><th></th><th>diagnosis</th><th></th><th>probability</th><th>95 % interval</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><p class='soft'>{len(dx.rows[_SHOWN:])} others {h(rest)}; prior {h(dx.model.prior_name)}</p>"
        f"<ul>{flags}</ul><p class='soft'>{h(INTENDED_USE)}</p>"
    )


def model_html(model: Model) -> str:
    """What a model holds."""
    k = model.knowledge
    facts = {
        "diagnoses": str(len(model.diagnoses)),
        "markers": str(len(k.markers)),
        "sources": str(len(k.sources)),
        "prior": model.prior_name,
        "knowledge": k.sha256[:12],
    }
    return _frame(
        "<table>" + "".join(f"<tr><th>{h(a)}</th><td>{h(b)}</td></tr>" for a, b in facts.items()) + "</table>"
    )
