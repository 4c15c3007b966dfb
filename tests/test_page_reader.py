"""The page reads as Python does: the same findings, places and unread words, text by text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from node import run_page
from report_texts import fuzzed, specified, told

import imtdx
from imtdx.page import build_page
from imtdx.page.carried import Carried, carried
from imtdx.page.entries import read

_EXTRA = ["", " ", "ALK 😀+ SMA- 𝛼-SMA+ desmin 🅰️ focal", "desmn+", "Ki-67 140 %", "x" * 100_001, "\ud83d alone +"]


@pytest.fixture(scope="module")
def made(model: imtdx.Model) -> Carried:
    return carried(model)


def differences(texts: list[str], theirs: list[Any], model: imtdx.Model) -> list[tuple[str, Any, Any]]:
    ours = json.loads(json.dumps([read(model, t) for t in texts]))
    return [(t, a, b) for t, a, b in zip(texts, ours, theirs, strict=True) if a != b]


@pytest.mark.parametrize("kind", ["known", "random"])
def test_reads_as_python_does(
    kind: str, made: Carried, model: imtdx.Model, tmp_path: Path, amount: Callable[[int, int], int]
) -> None:
    texts = specified() + told() + _EXTRA if kind == "known" else fuzzed(amount(600, 20_000), seed=19)
    assert len(texts) > 500
    assert differences(texts, run_page(made, "data.map(page.read)", tmp_path, texts), model) == []


def test_reads_as_python_does_in_chromium(model: imtdx.Model, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(build_page(model), encoding="utf-8")
    texts = [*specified()[::7], *told()[::5], *fuzzed(120, seed=20)]
    with Browser() as browser:
        browser.open(page)
        browser.run("imtdx.ready")
        assert differences(texts, browser.run(f"{json.dumps(texts)}.map((t) => imtdx.read(t))"), model) == []
