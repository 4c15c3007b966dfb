"""What a notebook shows: short representations, safe markup, the picture of a case."""

from __future__ import annotations

import subprocess
import sys

import pytest

import imtdx
from imtdx.report.markup import h
from imtdx.words import percent

TEXT = "ALK+ SMA+ desmin focal+ CD117- <b>purple</b>"


def test_representations_are_one_short_line(model: imtdx.Model) -> None:
    panel = imtdx.parse_panel("ALK+ SMA focal; desmin -")
    assert repr(panel) == "<Panel ALK=positive; SMA=focal; DES=negative>"
    assert repr(model).startswith("<Model ") and "prior referral" in repr(model)
    assert repr(model.diagnose(panel)).count("\n") == 0


def test_markup_carries_the_figures_and_escapes_text(model: imtdx.Model) -> None:
    dx = model.diagnose(TEXT, age=5)
    text = dx._repr_html_()
    assert all(h(r.name) in text and h(percent(r.probability)) in text for r in dx.rows[:6])
    assert "<script" not in text
    shown = imtdx.parse_panel(TEXT)._repr_html_()
    assert "<b>purple" not in shown and "desmin focal+" in shown
    assert str(len(model.diagnoses)) in model._repr_html_()


def test_the_picture_shows_the_ranking_and_the_weights(model: imtdx.Model) -> None:
    pytest.importorskip("matplotlib")
    dx = model.diagnose("ALK+ SMA+ desmin focal+ CD117-", age=5, site="mesentery")
    left, right = dx.plot(top=4).axes
    assert [round(bar.get_width(), 6) for bar in left.patches] == [round(r.probability, 6) for r in dx.rows[:4]]
    drawn = sorted(bar.get_width() for bar in right.patches)
    assert drawn == pytest.approx(sorted(c.log10_lr for c in dx.contributions(dx.rows[0].id)))
    with pytest.raises(imtdx.UsageError, match="top=0"):
        dx.plot(top=0)


def test_without_matplotlib_the_error_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['matplotlib.figure'] = None\n"
        "import imtdx\n"
        "try:\n    imtdx.load().diagnose('ALK+').plot()\n"
        "except imtdx.UsageError as exc:\n    print(exc)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "imtdx[plot]" in out
