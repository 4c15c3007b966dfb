"""Asking stain by stain on a terminal: the founding panel first, then the tests that would tell most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from imtdx.errors import InputError
from imtdx.knowledge import FOUNDING_PANEL
from imtdx.notation import read_age, read_cell, read_sex, read_site
from imtdx.panel import Context, Panel
from imtdx.words import percent, value_words

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["ask"]

_HELP = {
    "ihc": "- or negative, focal, diffuse, + (extent not told), 30%, equivocal, NP",
    "index": "a percentage: 10, 5-10, <5",
    "fish": "positive or negative",
    "mutation": "positive or negative",
}
_MOST_EXTRA = 6


class _Back(Exception):
    """The user wants the question before."""


class _Quit(Exception):
    """The user has answered enough."""


def ask(model: Model, panel: Panel, prompt: Callable[[str], str] | None = None) -> Panel | None:
    """Ask for age, sex, site and stains until the user stops or nothing more would tell.

    Args:
        model: the model, for the ranking after each answer and for what to ask next.
        panel: what is known already.
        prompt: how to ask; the terminal by default.

    Returns:
        Panel | None: the panel, or ``None`` when nothing was entered.
    """
    prompt = prompt or _prompt
    _say("Enter skips, ? explains, b goes back, q ends.")
    history: list[Panel] = [panel]
    questions: list[str] = [q for q in ("age", "sex", "site") if getattr(panel.context, q) is None]
    questions += [m for m in FOUNDING_PANEL if m in model.network.nodes and m not in panel]
    step, founding = 0, len(questions)
    while True:
        if step == len(questions):
            if step >= founding + _MOST_EXTRA:
                break
            following = _next(model, history[-1], questions)
            if following is None:
                break
            marker, why = following
            _say(why)
            questions.append(marker)
        try:
            answered = _question(model, history[-1], questions[step], prompt)
        except _Back:
            if step > 0:
                step -= 1
                history.pop()
            continue
        except _Quit:
            break
        history.append(answered)
        step += 1
        if answered != history[-2]:
            _say("  " + _standing(model, answered))
    last = history[-1]
    empty = not last.findings and last.context == Context()
    return None if empty else last


def _prompt(text: str) -> str:
    return str(click.prompt(text, default="", show_default=False, prompt_suffix=": ", err=True))


def _say(text: str) -> None:
    click.echo(
        click.wrap_text(text, 78, subsequent_indent="  ", preserve_paragraphs=True) if "\n" not in text else text,
        err=True,
    )


def _question(model: Model, panel: Panel, name: str, prompt: Callable[[str], str]) -> Panel:
    """One question, asked again until the answer can be read."""
    markers = model.knowledge.markers
    label = markers[name].label if name in markers else name
    while True:
        answer = prompt(label).strip()
        if answer == "":
            return panel
        if answer.casefold() in ("q", "quit"):
            raise _Quit
        if answer.casefold() in ("b", "back"):
            raise _Back
        if answer == "?":
            _say("  " + _explain(model, name))
            continue
        try:
            return _answered(model, panel, name, answer)
        except InputError as exc:
            _say("  " + str(exc).replace("\n", "\n  "))


def _answered(model: Model, panel: Panel, name: str, answer: str) -> Panel:
    context = panel.context
    if name == "age":
        return replace(panel, context=replace(context, age=read_age(answer)))
    if name == "sex":
        return replace(panel, context=replace(context, sex=read_sex(answer)))
    if name == "site":
        site = read_site(answer, model.lexicon)
        return replace(panel, context=replace(context, site=site, site_reported=answer))
    finding = read_cell(name, answer, model.lexicon)
    if finding is None:
        return panel
    text = f"{model.knowledge.markers[name].label} {value_words(finding, model.knowledge.markers[name])}"
    told = f"{panel.text}; {text}" if panel.text else text
    return replace(panel.with_finding(finding), text=told)


def _explain(model: Model, name: str) -> str:
    if name == "age":
        return "5, '5 y', 14mo, '3 weeks'"
    if name == "sex":
        return "m or f"
    if name == "site":
        return "where the lesion is: mesentery, stomach, urinary bladder, thigh ..."
    marker = model.knowledge.markers[name]
    known = f" ({', '.join(marker.genes)})" if marker.genes else ""
    return f"{marker.label}{known}: {_HELP.get(marker.kind, 'positive or negative')}"


def _standing(model: Model, panel: Panel) -> str:
    """The first three diagnoses as one line."""
    posterior = model.engine.posterior(model.coder.evidence(panel))
    names = model.knowledge.diagnoses
    top = (-posterior).argsort()[:3]
    return "   ".join(f"{names[model.diagnoses[k]].abbreviation} {percent(float(posterior[k]))}" for k in top)


def _next(model: Model, panel: Panel, asked: list[str]) -> tuple[str, str] | None:
    """The most telling test that was not asked for yet, and why; ``None`` when nothing would change the answer."""
    tests = model.diagnose(panel, draws=1).next_tests(len(asked) + 1)
    for t in tests:
        if t.marker not in asked:
            return t.marker, t.why
    return None
