"""Asking stain by stain: the questions, the special answers, and that every answer counts."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from collections.abc import Callable, Iterator

import pytest

import imtdx
from imtdx.cli.ask import ask
from imtdx.knowledge import FOUNDING_PANEL
from imtdx.panel import Panel


def scripted(answers: dict[str, list[str]], asked: list[str]) -> Callable[[str], str]:
    """Answers by question; what is not foreseen is skipped."""
    queues: dict[str, Iterator[str]] = {k: iter(v) for k, v in answers.items()}

    def prompt(question: str) -> str:
        asked.append(question)
        return next(queues.get(question, iter(())), "")

    return prompt


def test_the_founding_panel_is_asked_first_then_what_would_tell_most(
    model: imtdx.Model, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    panel = ask(model, Panel(), scripted({"SMA": ["+"], "desmin": ["-"], "S-100": ["-"]}, asked))
    assert panel is not None
    assert [f.marker for f in panel.findings] == ["SMA", "DES", "S100"]
    labels = [model.knowledge.markers[m].label for m in FOUNDING_PANEL]
    assert asked[: 3 + len(labels)] == ["age", "sex", "site", *labels]
    assert len(asked) > 3 + len(labels)
    assert len(set(asked)) == len(asked)
    assert "IMT" in capsys.readouterr().err


def test_back_changes_an_answer_and_quit_ends(model: imtdx.Model) -> None:
    asked: list[str] = []
    answers = {"ALK": ["+", "-"], "SMA": ["b", "+"], "vimentin": ["q"]}
    panel = ask(model, Panel(), scripted(answers, asked))
    assert panel is not None
    assert panel["ALK"].value == "negative"
    assert panel["SMA"].value == "positive"
    assert asked[-1] == "vimentin"


def test_an_unreadable_answer_is_asked_again(model: imtdx.Model, capsys: pytest.CaptureFixture[str]) -> None:
    panel = ask(model, Panel(), scripted({"age": ["old", "?", "14 mo"], "ALK": ["perhaps", "+"], "SMA": ["q"]}, []))
    assert panel is not None
    assert panel.context.age == pytest.approx(14 / 12)
    assert panel["ALK"].value == "positive"
    shown = capsys.readouterr().err
    assert "'old'" in shown
    assert "perhaps" in shown


def test_nothing_entered_gives_nothing(model: imtdx.Model) -> None:
    assert ask(model, Panel(), scripted({"age": ["q"]}, [])) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_real_terminal() -> None:
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["COLUMNS"] = "80"
        os.execv(sys.executable, [sys.executable, "-m", "imtdx", "diagnose"])
    seen = b""

    def until(word: bytes) -> None:
        nonlocal seen
        end = time.monotonic() + 60
        while word not in seen and time.monotonic() < end:
            if select.select([fd], [], [], 0.5)[0]:
                try:
                    seen += os.read(fd, 65536)
                except OSError:
                    break
        assert word in seen, seen.decode(errors="replace")

    for question, answer in (
        (b"age:", b"5\n"),
        (b"sex:", b"f\n"),
        (b"site:", b"lung\n"),
        (b"ALK:", b"+\n"),
        (b"SMA:", b"q\n"),
    ):
        until(question)
        os.write(fd, answer)
    until(b"--explain")
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    assert os.waitstatus_to_exitcode(status) == 0
