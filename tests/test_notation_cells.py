"""Table cells, column headers, age, sex, site and H&E features."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from test_notation import LEXICON

from imtdx.errors import ContextError, PanelError
from imtdx.merging import merge
from imtdx.notation import read_age, read_cell, read_header, read_morphology, read_sex, read_site

# The founding cohort as printed: one row per patient.
COHORT_HEADER = ["Case", "ALK", "SMA", "Vimentin", "Desmin", "CD117", "S-100", "Dog-1", "Ki-67"]
COHORT = [
    "1,+,+,+,Partially+,−,−,NP,5%",
    "2,−,+,+,−,NP,−,NP,10%",
    "7,−,+,+,+,−,−,−,20%",
    "11,+,+,NP,+,weakly+,−,−,35%",
    "13,+,Partially+,+,+,−,−,−,5%",
]
CODES = {"positive": "+", "negative": "-", "focal": "f", "not_done": "n"}


def test_cohort() -> None:
    columns = [read_header(h, LEXICON) for h in COHORT_HEADER]
    assert columns == [None, "ALK", "SMA", "VIM", "DES", "KIT", "S100", "DOG1", "KI67"]
    rows = []
    for line in COHORT:
        cells = [
            read_cell(m, c, LEXICON) for m, c in zip(columns[1:-1], line.split(",")[1:-1], strict=True) if m is not None
        ]
        rows.append("".join(CODES[c.value] for c in cells if c is not None))
    assert rows == ["+++f--n", "-++-n-n", "-+++---", "++n+f--", "+f++---"]
    index = [read_cell("KI67", line.split(",")[-1], LEXICON) for line in COHORT]
    assert [c.percent for c in index if c] == [5, 10, 20, 35, 5]


@pytest.mark.parametrize(
    ("marker", "value", "texts"),
    [
        (
            "ALK",
            "positive",
            [
                "+",
                "(+)",
                "pos",
                "positive",
                "present",
                "yes",
                "1",
                "TRUE",
                "+ve",
                "D5F3+",
                "positive (see note)",
                "ALK+",
            ],
        ),
        (
            "ALK",
            "negative",
            ["-", "−", "–", "(-)", "neg", "Neg.", "negative", "absent", "no", "0", "none", "no expression", "-ve"],
        ),
        (
            "ALK",
            "focal",
            ["focal", "Partially+", "weakly+", "weak, focal", "10%", "< 5%", "1+", "scattered +", "1+ focal", "patchy"],
        ),
        (
            "ALK",
            "diffuse",
            ["2+", "3+", "++", "diffuse", "strongly positive", "+ (80%)", "60 %", "diffuse cytoplasmic"],
        ),
        ("ALK", "equivocal", ["±", "+/-", "equivocal", "?", "indeterminate"]),
        ("ALK", "not_done", ["NP", "ND", "NA", "n/a", "not done", "—", "not performed"]),
        ("ALK", "not_interpretable", ["NI", "not interpretable"]),
        ("FISH_ALK", "positive", ["rearranged", "positive", "+", "split", "break-apart", "EML4-ALK fusion", "present"]),
        (
            "FISH_ALK",
            "negative",
            ["not rearranged", "negative", "-", "no rearrangement", "intact", "wild type", "absent"],
        ),
        ("MUT_KIT", "positive", ["mutated", "exon 11", "KIT exon 11 mutation", "positive"]),
        ("MUT_KIT", "negative", ["wild type", "wild-type", "WT", "negative"]),
        ("MORPH_NECROSIS", "positive", ["present", "+", "yes", "focal", "1"]),
        ("MORPH_NECROSIS", "negative", ["absent", "-", "no", "none", "0"]),
        ("H3K27ME3_LOSS", "positive", ["lost", "loss", "-", "positive"]),
        ("H3K27ME3_LOSS", "negative", ["retained", "+", "intact", "negative"]),
        ("BCAT", "positive", ["+", "nuclear", "nuclear+"]),
        ("BCAT", "negative", ["-", "cytoplasmic", "membranous +"]),
        ("IGG4", "diffuse", [">50%"]),
        ("KI67", "10", ["10", "10%", "10 %", "about 10%", "Ki-67 10%", "10%+"]),
        ("KI67", "10-15", ["10-15", "10-15%", "10 to 15 %"]),
        ("KI67", "<5", ["<5", "< 5 %", "≤5%", "less than 5%"]),
        ("KI67", ">30", [">30%", "more than 30 %"]),
        ("KI67", "<20", ["up to 20%"]),
        ("KI67", "<10", ["low"]),
        ("KI67", ">20", ["high"]),
        ("KI67", "3.5", ["3.5", "3,5"]),
        ("KI67", "<1", ["-", "negative"]),
        ("KI67", "not_interpretable", ["?", "not interpretable"]),
        ("KI67", "not_done", ["NP", "not done"]),
    ],
)
def test_cells(marker: str, value: str, texts: list[str]) -> None:
    for text in texts:
        finding = read_cell(marker, text, LEXICON)
        assert finding is not None, text
        assert (finding.marker, finding.value) == (marker, value), text
        assert finding.reported == text.strip()
        assert finding.span is None


@pytest.mark.parametrize("text", ["", "  ", "nan", "NaN", "null"])
def test_blank_cells(text: str) -> None:
    assert read_cell("ALK", text, LEXICON) is None


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        ("ALK", "foo"),
        ("ALK", "+ foo"),
        ("ALK", "SMA+"),
        ("ALK", "140%"),
        ("KI67", "140"),
        ("KI67", "+"),
        ("KI67", "positive"),
        ("KI67", "10 20"),
        ("KI67", "1.234,5"),
        ("KI67", "5, 10"),
        ("ALK", "---"),
        ("ALK", "x"),
        ("ALK", "20% (hot spot)pending"),
        ("ALK", "90"),
        ("FISH_ALK", "maybe so"),
        ("ALK", "+" * 3000),
    ],
)
def test_cells_not_understood(marker: str, text: str) -> None:
    with pytest.raises(PanelError) as caught:
        read_cell(marker, text, LEXICON)
    assert caught.value.suggestion


def test_cell_keeps_details() -> None:
    finding = read_cell("ALK", "strong cytoplasmic + (D5F3, 80%)", LEXICON)
    assert finding is not None
    assert (finding.value, finding.intensity, finding.pattern, finding.clone, finding.percent) == (
        "diffuse",
        "strong",
        "cytoplasmic",
        "D5F3",
        80,
    )


HEADERS = {
    "Dog-1": "DOG1",
    "S-100": "S100",
    "Vimentin": "VIM",
    "Ki-67": "KI67",
    "ALK FISH": "FISH_ALK",
    "CD117 (c-kit)": "KIT",
    "Ki67 (%)": "KI67",
    "alk_ihc": "ALK",
    "MORPH_NECROSIS": "MORPH_NECROSIS",
    "Necrosis": "MORPH_NECROSIS",
    "fish_alk": "FISH_ALK",
    "SMA IHC": "SMA",
    "IHC: SMA": "SMA",
    "CK (AE1/AE3)": "CK",
    "AE1/AE3": "CK",
    "β-catenin": "BCAT",
    "beta-catenin (nuclear)": "BCAT",
    "MDM2": "MDM2",
    "MDM2 amplification": "FISH_MDM2",
    "KIT mutation": "MUT_KIT",
    "ALK (D5F3)": "ALK",
    "Ki-67 LI (%)": "KI67",
    "H3K27me3": "H3K27ME3_LOSS",
    "ALK rearrangement": "FISH_ALK",
    "ROS1 FISH": "FISH_ROS1",
    "pan-TRK": "PANTRK",
    "DES": "DES",
    "KIT": "KIT",
    "Myxoid stroma": "MORPH_MYXOID",
}


@pytest.mark.parametrize(("header", "marker"), HEADERS.items())
def test_headers(header: str, marker: str) -> None:
    assert read_header(header, LEXICON) == marker


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Case",
            "Age",
            "Sex",
            "Location",
            "Recurrence",
            "Positive laboratory result",
            "diagnosis",
            "kit_no",
            "id",
            "No.",
            "site",
        ),
        *(
            "age_years",
            "panel",
            "source",
            "year",
            "Mitoses",
            "Size (cm)",
            "CD138",
            "AR",
            "clone",
            "status",
            "notes",
            "",
            "x" * 500,
        ),
    ],
)
def test_ordinary_columns(header: str) -> None:
    assert read_header(header, LEXICON) is None


# --- age, sex, site ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "years"),
    [
        (5, 5),
        (5.0, 5),
        ("5", 5),
        ("5 Year", 5),
        ("5 y", 5),
        ("5yo", 5),
        ("5 y.o.", 5),
        ("2-year-old", 2),
        ("35 years old", 35),
        ("14 Month", 14 / 12),
        ("14 mo", 14 / 12),
        ("14 m.o.", 14 / 12),
        ("6-month-old", 0.5),
        ("3 weeks", 21 / 365.25),
        ("4 months", 1 / 3),
        ("6/12", 0.5),
        ("3/52", 21 / 365.25),
        ("5 y 6 mo", 5.5),
        ("5 years and 3 months", 5.25),
        ("10 days", 10 / 365.25),
        ("newborn", 0),
        ("0.25", 0.25),
        ("5,5", 5.5),
        ("5岁", 5),
        ("six months", 0.5),
        ("120", 120),
        ("about 40", 40),
        ("~40 y", 40),
    ],
)
def test_age(text: object, years: float) -> None:
    age = read_age(text)
    assert age is not None
    assert math.isclose(age, years, rel_tol=1e-9)


@pytest.mark.parametrize("text", [None, "", " ", "unknown", "NA", float("nan"), "n/a", "-"])
def test_age_unknown(text: object) -> None:
    assert read_age(text) is None


@pytest.mark.parametrize(
    "text", ["-3", -3, "130", 121, "abc", "5 foo", "1 2 3", "1500 months", float("inf"), "9" * 400]
)
def test_age_impossible(text: object) -> None:
    with pytest.raises(ContextError):
        read_age(text)


def test_sex() -> None:
    assert [read_sex(t) for t in ("M", "male", "Boy", "man", "男")] == ["male"] * 5
    assert [read_sex(t) for t in ("F", "female", "Girl", "woman", "女")] == ["female"] * 5
    assert [read_sex(t) for t in (None, "", "unknown", "NA")] == [None] * 4
    with pytest.raises(ContextError, match="female"):
        read_sex("femal")


SITES = {
    "extremity": [
        "Left upper arm",
        "thigh",
        "soft tissue of the thigh",
        "right hand",
        "knee joint",
        "deep soft tissue, left leg",
        "extremity",
        "左大腿",
    ],
    "trunk": ["Chest wall", "Gluteal region", "abdominal wall", "breast", "back", "buttock", "inguinal region"],
    "head_neck": [
        "Forehead",
        "Right neck",
        "Subglottic",
        "larynx",
        "vocal cord",
        "left orbit",
        "nape of neck",
        "back of the neck",
        "temporal bone",
        "tongue",
        "parotid gland",
    ],
    "mesentery_omentum_peritoneum": [
        "Abdominopelvic cavity",
        "omentum",
        "small bowel mesentery",
        "mesentery of the ileum",
        "abdomen (mesentery)",
        "abdomen",
        "transverse mesocolon",
        "腹腔",
    ],
    "lung_pleura": ["Lung", "left lower lobe of lung", "pleura", "trachea", "left main bronchus"],
    "small_bowel": ["ileum", "duodenum", "small intestine", "small_bowel", "terminal ileum"],
    "pelvis_gu": ["Pelvis"],
    "bladder": ["urinary bladder", "bladder neck"],
    "uterus": ["uterus", "uterine cervix", "placenta"],
    "prostate_male_tract": ["spermatic cord", "testis", "prostate"],
    "pelvis_other": ["ovary"],
    "stomach": ["stomach", "gastric antrum", "wall of stomach", "Magen"],
    "colorectum": ["colon", "colon, sigmoid", "rectum", "appendix", "caecum"],
    "esophagus": ["esophagus", "oesophagus"],
    "liver_biliary_pancreas": [
        "liver",
        "head of the pancreas",
        "gallbladder",
        "Liver, right lobe",
        "spleen",
        "bile duct",
    ],
    "mediastinum": ["posterior mediastinum", "heart (right atrium)", "thymus"],
    "retroperitoneum": ["retroperitoneum", "retroperitoneum, kidney", "adrenal gland"],
    "skin": ["skin", "dermis", "subcutis"],
    "bone": ["distal femur", "bone", "vertebra", "skull base"],
    "cns": ["brain", "spinal cord", "temporal lobe", "meninges"],
    "other": ["lymph node", "right kidney", "other"],
}


@pytest.mark.parametrize(("category", "text"), [(c, t) for c, texts in SITES.items() for t in texts])
def test_site(category: str, text: str) -> None:
    assert read_site(text, LEXICON) == category


def test_site_unknown_and_wrong() -> None:
    assert [read_site(t, LEXICON) for t in (None, "", "unknown", "NA")] == [None] * 4
    with pytest.raises(ContextError, match="stomach"):
        read_site("stomack", LEXICON)
    with pytest.raises(ContextError, match="retroperitoneum"):
        read_site("qqq", LEXICON)


# --- H&E -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        ("spindle cells, myxoid stroma, plasma cells; no necrosis", "SPINDLE MYXOID INFLAMMATION", "NECROSIS"),
        ("MORPH_MYXOID=present;MORPH_NECROSIS=absent", "MYXOID", "NECROSIS"),
        (
            "no necrosis, atypia or mitoses; ganglion-like cells present",
            "GANGLION_LIKE",
            "NECROSIS PLEOMORPHIC MITOSES_HIGH",
        ),
        ("no necrosis, plasma cells present", "INFLAMMATION", "NECROSIS"),
        ("necrosis absent, myxoid: yes", "MYXOID", "NECROSIS"),
        ("plasma cells but no eosinophils", "INFLAMMATION", "EOSINOPHILS"),
        ("myxoid (+), necrosis (-)", "MYXOID", "NECROSIS"),
        ("bland spindle cells, well-circumscribed", "SPINDLE", "PLEOMORPHIC INFILTRATIVE"),
        ("mild atypia, brisk mitotic activity", "MITOSES_HIGH", "PLEOMORPHIC"),
        ("mitoses 2/10 HPF", "", "MITOSES_HIGH"),
        ("mitotic figures 20 per 10 HPF", "MITOSES_HIGH", ""),
        ("necrosis was not seen", "", "NECROSIS"),
        ("storiform, without necrosis", "STORIFORM", "NECROSIS"),
        (
            "Spindle cells in fascicles with a lymphoplasmacytic infiltrate. No necrosis or atypia. Mitoses rare.",
            "SPINDLE FASCICULAR INFLAMMATION",
            "NECROSIS PLEOMORPHIC MITOSES_HIGH",
        ),
    ],
)
def test_morphology(text: str, present: str, absent: str) -> None:
    findings, left = read_morphology(text, LEXICON)
    assert {f.marker.removeprefix("MORPH_") for f in findings if f.value == "positive"} == set(present.split())
    assert {f.marker.removeprefix("MORPH_") for f in findings if f.value == "negative"} == set(absent.split())
    assert not left


def test_morphology_left_over() -> None:
    findings, left = read_morphology("spindle cells, purple polka dots", LEXICON)
    assert [f.marker for f in findings] == ["MORPH_SPINDLE"]
    assert [(u.text, u.stain) for u in left] == [("purple polka dots", False)]
    findings, left = read_morphology("necrosis present; no necrosis", LEXICON)
    assert [f.value for f in findings] == ["positive", "negative"] and not left
    (both,) = merge(findings, LEXICON.markers).contradictions
    assert both.text == "necrosis is told as present and as absent"


def test_random_cells_raise_nothing_else(amount: Callable[[int, int], int]) -> None:
    rng = random.Random(4)
    alphabet = [
        *"+-−±%<>()/.,;: 0123456789",
        *"abcdefg",
        "ALK",
        "focal",
        "Ki-67",
        "month",
        "stomach",
        "no",
        "阳性",
        "NP",
        "necrosis",
    ]
    for _ in range(amount(300, 2_000)):
        text = "".join(rng.choice(alphabet) for _ in range(rng.randrange(12)))
        for marker in ("ALK", "KI67", "FISH_ALK", "MUT_KIT", "BCAT", "H3K27ME3_LOSS", "MORPH_NECROSIS"):
            try:
                read_cell(marker, text, LEXICON)
            except PanelError as error:
                assert str(error)
        read_header(text, LEXICON)
        read_morphology(text, LEXICON)
        for read in (read_age, read_sex):
            try:
                read(text)
            except ContextError as error:
                assert str(error)
    for _ in range(100):
        text = "".join(rng.choice(alphabet) for _ in range(rng.randrange(12)))
        try:
            read_site(text, LEXICON)
        except ContextError as error:
            assert str(error)
