"""Flags: raised when called for, silent otherwise, and every figure in them stands in the knowledge."""

from __future__ import annotations

import json
import re

import pytest

import imtdx
from imtdx.answer.remarks import Flag
from imtdx.panel import Context, Finding, Panel

LEADING = "ALK=positive; SMA=positive; DES=focal; KIT=negative; S100=negative; MORPH_INFLAMMATION=positive"


def flags(model: imtdx.Model, text: str, specimen: str = "", **context: object) -> dict[str, Flag]:
    """``"ALK=positive; ALK1=..."`` without the parser; a clone in brackets: ``"ALK=negative(ALK1)"``."""
    findings = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        marker, value, clone = re.fullmatch(r"(\w+)=([\w.]+)(?:\((\w+)\))?", part).groups()  # type: ignore[union-attr]
        percent = float(value) if marker == "KI67" else None
        findings.append(Finding(marker, value, low=percent, high=percent, clone=clone))
    panel = Panel(tuple(findings), Context(**context))  # type: ignore[arg-type]
    told = model.diagnose(panel, draws=2, specimen=specimen).flags
    assert len({f.id for f in told}) == len(told)
    return {f.id: f for f in told}


@pytest.mark.parametrize(
    ("flag", "text", "options"),
    [
        ("few_findings", "ALK=positive; SMA=positive", {}),
        ("few_findings", "ALK=positive; SMA=not_done; DES=not_interpretable; KIT=negative", {}),
        ("few_findings", "", {}),
        ("tissue_quality", "ALK=negative; SMA=negative; VIM=negative; DES=negative; S100=negative; KIT=negative", {}),
        ("tissue_quality", "ALK=negative; SMA=negative; DES=negative", {}),
        ("clone_sensitivity", "ALK=negative(ALK1); SMA=positive", {}),
        ("ki67_high", LEADING + "; KI67=20", {}),
        ("alk_mimics", LEADING, {}),
        ("igg4_overlap", LEADING + "; IGG4=positive", {}),
        (
            "igg4_overlap",
            "MORPH_OBLITERATIVE_PHLEBITIS=positive; MORPH_INFLAMMATION=positive; SMA=negative",
            {"age": 67.0},
        ),
        ("keratin_bladder", "CK=positive; SMA=positive; ALK=positive", {"site": "pelvis_gu"}),
        ("biopsy", LEADING, {"specimen": "biopsy"}),
        ("no_fit", "MYOG=positive; STAT6=positive; CD30=positive; MUC4=positive", {}),
        ("no_morphology", "ALK=positive; SMA=positive", {}),
        ("conflict", "KIT=diffuse; S100=diffuse; DES=diffuse", {}),
    ],
)
def test_raised(model: imtdx.Model, flag: str, text: str, options: dict[str, object]) -> None:
    assert flag in flags(model, text, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flag", "text", "options"),
    [
        ("few_findings", "ALK=positive; SMA=positive; DES=negative", {}),
        # the same negatives as above: vimentin shows that the tissue reacts
        ("tissue_quality", "ALK=negative; SMA=negative; VIM=positive; DES=negative; S100=negative; KIT=negative", {}),
        ("clone_sensitivity", "ALK=negative(D5F3); SMA=positive", {}),
        ("clone_sensitivity", "ALK=positive(ALK1); SMA=positive", {}),
        ("clone_sensitivity", "ALK=negative; SMA=positive", {}),
        ("ki67_high", LEADING + "; KI67=5", {}),
        ("ki67_high", "KIT=diffuse; DOG1=diffuse; KI67=40", {}),
        ("alk_mimics", "ALK=negative; SMA=positive; MORPH_INFLAMMATION=positive", {}),
        ("igg4_overlap", LEADING, {"age": 5.0}),
        ("keratin_bladder", "CK=positive; SMA=positive; ALK=positive", {"site": "lung_pleura"}),
        ("keratin_bladder", "CK=negative; SMA=positive; ALK=positive", {"site": "pelvis_gu"}),
        ("biopsy", LEADING, {"specimen": "resection"}),
        ("biopsy", LEADING, {}),
        ("no_fit", LEADING, {}),
        ("no_morphology", LEADING, {}),
        ("conflict", LEADING, {}),
        ("unlisted", LEADING, {}),
    ],
)
def test_silent(model: imtdx.Model, flag: str, text: str, options: dict[str, object]) -> None:
    assert flag not in flags(model, text, **options)  # type: ignore[arg-type]


def test_unlisted_is_flagged_where_it_has_weight_but_does_not_lead(model: imtdx.Model) -> None:
    shown = 0
    for text in (
        "MYOG=positive; STAT6=positive",
        "KIT=diffuse; S100=diffuse; DES=diffuse",
        "MDM2=positive; S100=diffuse; SMA=diffuse",
    ):
        findings = tuple(Finding(*p.strip().split("=")) for p in text.split(";"))
        dx = model.diagnose(Panel(findings), draws=2)
        mass = dx.probability("unlisted")
        leads = model.diagnoses[int(dx.posterior.argmax())] == "unlisted"
        told = {f.id: f for f in dx.flags}
        assert ("unlisted" in told) == (mass >= 0.10 and not leads)
        if leads:
            assert "no_fit" in told
        if "unlisted" in told:
            shown += 1
            assert f"{100 * mass:.1f} %" in told["unlisted"].text
    assert shown


def test_the_chance_of_compromised_tissue_is_told(model: imtdx.Model) -> None:
    text = flags(model, "ALK=negative; SMA=negative; VIM=negative; DES=negative; S100=negative; KIT=negative")[
        "tissue_quality"
    ].text
    assert "internal controls" in text and "consider" in text
    before, after = (float(x) for x in re.findall(r"([\d.]+) %", text))
    assert before == pytest.approx(100 * model.structure.compromised) and after > 5 * before


def test_every_flag_offers_and_names_its_sources(model: imtdx.Model) -> None:
    told: dict[str, Flag] = {}
    for text, options in (
        (LEADING + "; KI67=20; IGG4=positive", {"specimen": "biopsy"}),
        ("ALK=negative(ALK1); SMA=negative; DES=negative", {}),
        ("CK=positive; SMA=positive; ALK=positive", {"site": "pelvis_gu"}),
        ("MYOG=positive; STAT6=positive; CD30=positive; MUC4=positive", {}),
    ):
        told |= flags(model, text, **options)  # type: ignore[arg-type]
    assert len(told) >= 9
    for flag in told.values():
        assert (
            "consider" in flag.text.lower() or "read the result with the slide" in flag.text or "Fits no" in flag.text
        ), flag.id
        assert not {"must", "accept", "reject", "perform", "treat"} & set(re.findall(r"\w+", flag.text.lower())), (
            flag.id
        )
        for source in flag.source.split():
            assert source in model.knowledge.sources, flag.id
    for flag_id in ("clone_sensitivity", "ki67_high", "alk_mimics", "igg4_overlap", "keratin_bladder"):
        assert told[flag_id].source, flag_id
    json.dumps([f.to_dict() for f in told.values()], allow_nan=False)


def test_figures_are_those_of_the_knowledge(model: imtdx.Model) -> None:
    def counts(diagnosis: str, marker: str, source: str) -> str:
        (row,) = (s for s in model.knowledge.diagnoses[diagnosis].evidence[marker] if s.source == source and s.total)
        return f"{row.positive:g}/{row.total:g}"

    igg4 = flags(model, LEADING + "; IGG4=positive")["igg4_overlap"].text
    for diagnosis in ("imt", "igg4rd"):
        for marker in ("ALK", "MORPH_OBLITERATIVE_PHLEBITIS"):
            assert counts(diagnosis, marker, "yamamoto2009igg4") in igg4
    keratin = flags(model, "CK=positive; SMA=positive; ALK=positive", site="pelvis_gu")["keratin_bladder"].text
    assert counts("imt", "CK", "montgomery2006gu") in keratin
    series = next(r for r in model.knowledge.diagnoses["imt"].ki67 if r.source == "guo2025shanxi")
    ki67 = flags(model, LEADING + "; KI67=20")["ki67_high"].text
    again = [series.values[k - 1] for k in (10, 11, 16)]
    assert again == [10, 35, 10]
    assert f"of {series.n:g} children" in ki67 and "had 10, 35, 10 %, the others 2 to 20 %" in ki67
    assert "no threshold" in ki67 and "margin" in ki67
    rows = model.knowledge.network["kinase_fusion"]["stains"]["ALK"]["clones"]["ALK1"]
    assert (
        f"{sum(r['detected'] for r in rows)} of {sum(r['of'] for r in rows)}"
        in flags(model, "ALK=negative(ALK1); SMA=positive")["clone_sensitivity"].text
    )
    mimics = flags(model, LEADING, age=5.0, site="head_neck")["alk_mimics"].text
    cell = model.network.rates.cell("rhabdomyosarcoma", "ALK")
    assert f"RMS (ALK + in {cell.positive:g}/{cell.total:g}" in mimics


def test_alk_in_other_lesions_is_told_by_age_site_and_shape(model: imtdx.Model) -> None:
    """At most three, the likeliest first, also where another lesion leads."""
    child = flags(model, "ALK=positive; SMA=positive", age=5.0, site="head_neck")["alk_mimics"].text
    woman = flags(model, "ALK=positive; SMA=positive; DES=diffuse", age=50.0, sex="female", site="uterus")[
        "alk_mimics"
    ].text
    assert "RMS" in child and "LMS" not in child
    assert "LMS" in woman
    assert all(text.count("now ") <= 3 for text in (child, woman))
    assert "alk_mimics" in flags(model, "ALK=positive; KIT=diffuse; DOG1=diffuse; CD34=positive")


def test_a_source_left_out_is_not_quoted() -> None:
    model = imtdx.load(
        without_sources=[
            "guo2025shanxi",
            "mercy2016imft",
            "yamamoto2009igg4",
            "montgomery2006gu",
            "choi2015bladder",
            "cheah2013afhalk",
        ]
    )
    told = flags(model, LEADING + "; KI67=20; IGG4=positive")
    told |= flags(model, "CK=positive; SMA=positive; ALK=positive", site="pelvis_gu")
    told |= flags(model, "ALK=negative(ALK1); SMA=positive")
    for flag_id in ("ki67_high", "igg4_overlap", "keratin_bladder", "clone_sensitivity"):
        assert told[flag_id].source == "" and not re.search(r"\d+/\d+|18\.3| of \d+ tumours", told[flag_id].text), (
            flag_id
        )


def test_stains_already_done_are_not_suggested_against_the_mimics(model: imtdx.Model) -> None:
    before = flags(model, LEADING, age=5.0, site="head_neck")["alk_mimics"].text
    after = flags(model, LEADING + "; CD30=negative; MYOG=negative", age=5.0, site="head_neck")["alk_mimics"].text
    assert "CD30" in before and "myogenin" in before
    assert "CD30" not in after and "myogenin" not in after and "MyoD1" in after


def test_naive_twin(naive: imtdx.Model) -> None:
    told = flags(naive, "ALK=negative(ALK1); SMA=negative; VIM=negative; DES=negative")
    assert {"clone_sensitivity", "tissue_quality"} <= set(told)
