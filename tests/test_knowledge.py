"""The loader: what it accepts, and that every refusal says what, where and what to do. Overlays: what they may add."""

from __future__ import annotations

from pathlib import Path

import pytest

from imtdx.errors import KnowledgeError, NetworkError, UnknownNameError
from imtdx.knowledge import Knowledge, load_knowledge
from imtdx.model import Model
from imtdx.overlays import apply_overlay
from imtdx.records import Source
from imtdx.structure import read_structure

ROW = "{positive: 8, total: 10, focal: 2, use: pooled, source: one2001}"
IMT = "diagnoses/imt.yaml"

# name: (file, text to replace, replacement, where the error must point, words it must hold)
BROKEN = {
    "positive > total": (
        IMT,
        "positive: 8",
        "positive: 18",
        "imt.yaml:6",
        ["imt AAA", "18 exceeds total 10", "check the count"],
    ),
    "focal > positive": (IMT, "focal: 2", "focal: 9", "imt.yaml:6", ["focal 9 exceeds positive 8"]),
    "total of zero": (IMT, "positive: 8, total: 10, focal: 2", "positive: 0, total: 0", "imt.yaml:6", ["at least 1"]),
    "negative count": (IMT, "positive: 8", "positive: -8", "imt.yaml:6", ["positive -8 is out of range"]),
    "count as text": (IMT, "positive: 8", "positive: eight", "imt.yaml:6", ["must be a number", "'eight'"]),
    "half a count": (IMT, "total: 10, ", "", "imt.yaml:6", ["both 'positive' and 'total'"]),
    "count and word": (
        IMT,
        "use: pooled, source: one2001}\n  BBB",
        "level: usual, source: one2001}\n  BBB",
        "imt.yaml:6",
        ["keep the count"],
    ),
    "no figure": (IMT, "positive: 8, total: 10, focal: 2, ", "", "imt.yaml:6", ["neither a count nor a level", "add"]),
    "unknown level": (
        IMT,
        "positive: 8, total: 10, focal: 2",
        "level: usuall",
        "imt.yaml:6",
        ["'usuall'", "did you mean 'usual'?"],
    ),
    "unknown use": (
        IMT,
        "use: pooled, source: one2001}\n  BBB",
        "use: poled, source: one2001}\n  BBB",
        "imt.yaml:6",
        ["'pooled'"],
    ),
    "unknown source": (
        IMT,
        "one2001}\n  BBB",
        "one2010}\n  BBB",
        "imt.yaml:6",
        ["not a known source", "did you mean 'one2001'?"],
    ),
    "far unknown source": (IMT, "one2001}\n  BBB", "xyz}\n  BBB", "imt.yaml:6", ["add it to sources.yaml"]),
    "typo in a row key": (
        IMT,
        "positive: 8",
        "postive: 8",
        "imt.yaml:6",
        ["unknown key 'postive'", "did you mean 'positive'?"],
    ),
    "typo in a top key": (IMT, "name:", "nam:", "imt.yaml:2", ["unknown key 'nam'", "did you mean 'name'?"]),
    "missing key": (IMT, "name: Tumour one\n", "", "imt.yaml:1", ["'name' is missing", "add it"]),
    "unknown marker": (IMT, "  AAA:", "  AAB:", "imt.yaml:5", ["unknown marker 'AAB'", "did you mean 'AAA'?"]),
    "far unknown marker": (IMT, "  AAA:", "  QQQQ:", "imt.yaml:5", ["add it to markers.yaml"]),
    "unknown signature": (IMT, "evidence:", "signature: [ZZZ]\nevidence:", "imt.yaml:4", ["unknown marker 'ZZZ'"]),
    "duplicate study": (
        IMT,
        f"- {ROW}",
        f"- {ROW}\n  - {ROW}",
        "imt.yaml:7",
        ["one2001 stands twice", "imt.yaml:6", "keep one"],
    ),
    "key twice": (
        IMT,
        "name: Tumour one",
        "name: Tumour one\nname: Tumour",
        "imt.yaml:3",
        ["stands twice", "line 2", "remove one"],
    ),
    "not a list": (IMT, f"  - {ROW}", "    positive: 8", "imt.yaml:5", ["expected a list of records"]),
    "not a record": (IMT, f"- {ROW}", "- eight of ten", "", ["'key: value' pairs", "eight of ten"]),
    "id against file name": (IMT, "id: imt", "id: imd", "imt.yaml:1", ["'imd'", "make them agree"]),
    "unknown context": (
        IMT,
        "evidence:",
        "context:\n  weight: []\nevidence:",
        "imt.yaml:5",
        ["'weight'", "age, sex, site or incidence"],
    ),
    "Ki-67 over 100": (
        IMT,
        "evidence:",
        "ki67:\n- {mean: 140, source: one2001}\nevidence:",
        "imt.yaml:5",
        ["over 100 percent"],
    ),
    "given unknown": (
        IMT,
        "use: pooled, source: one2001}\n  BBB",
        "use: conditional, given: {Q: x}, source: one2001}\n  BBB",
        "imt.yaml:6",
        ["'Q'"],
    ),
    "flag as text": (
        IMT,
        "use: pooled, source: one2001}\n  BBB",
        "verbatim: nope, source: one2001}\n  BBB",
        "imt.yaml:6",
        ["true or false"],
    ),
    "broken YAML": (
        IMT,
        "  AAA:",
        "  AAA: [",
        "imt.yaml:",
        ["not readable as YAML", "check indentation, quotes and brackets"],
    ),
    "tab": (IMT, "  AAA:", "\tAAA:", "imt.yaml:5", ["not readable as YAML"]),
    "list at the top": (IMT, None, "- a\n- b\n", "imt.yaml:1", ["top level must be"]),
    "empty file": (IMT, None, "", "imt.yaml", ["the file is empty"]),
    "only a comment": (IMT, None, "# nothing yet\n", "imt.yaml", ["the file is empty"]),
    "marker kind": ("markers.yaml", "kind: fish", "kind: fishy", "markers.yaml:2", ["did you mean 'fish'?"]),
    "background of zero": ("markers.yaml", "background: 0.1", "background: 0.0", "markers.yaml:1", ["never 0 or 1"]),
    "background over one": ("markers.yaml", "background: 0.1", "background: 10", "markers.yaml:1", ["out of range"]),
    "source without title": ("sources.yaml", "title: First, ", "", "sources.yaml:1", ["'title' is missing"]),
    "prior of a stranger": ("priors.yaml", "other: 1", "othr: 1", "priors.yaml:1", ["'othr'", "did you mean 'other'?"]),
    "prior of zero": ("priors.yaml", "imt: 3", "imt: 0", "priors.yaml:1", ["above 0"]),
}


def _break(root: Path, file: str, old: str | None, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old is None or old in text, "the test no longer fits the fixture"
    path.write_text(new if old is None else text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", BROKEN)
def test_broken_yaml_names_place_and_mend(small_knowledge: Path, name: str) -> None:
    file, old, new, place, words = BROKEN[name]
    _break(small_knowledge, file, old, new)
    with pytest.raises(KnowledgeError) as error:
        load_knowledge(small_knowledge)
    message = str(error.value)
    assert place in message, message
    for word in words:
        assert word in message, message
    assert error.value.exit_code == 4


def test_the_fixture_itself_loads(small_knowledge: Path) -> None:
    knowledge = load_knowledge(small_knowledge)
    assert list(knowledge.diagnoses) == ["imt", "other"]
    study = knowledge.diagnoses["imt"].evidence["AAA"][0]
    assert (study.positive, study.total, study.focal, study.at) == (8, 10, 2, "imt.yaml:6")


@pytest.mark.parametrize("file", ["markers.yaml", "sources.yaml", "priors.yaml", "network.yaml", "lexicon.yaml"])
def test_missing_file(small_knowledge: Path, file: str) -> None:
    (small_knowledge / file).unlink()
    with pytest.raises(KnowledgeError, match=rf"{file}: cannot read this file .*check the path"):
        load_knowledge(small_knowledge)


def test_bad_encoding(small_knowledge: Path) -> None:
    (small_knowledge / IMT).write_bytes("name: Tumör".encode("latin-1"))
    with pytest.raises(KnowledgeError, match=r"imt\.yaml: not UTF-8 text; save the file as UTF-8"):
        load_knowledge(small_knowledge)


def test_yaml_tags_build_no_objects(small_knowledge: Path) -> None:
    _break(small_knowledge, IMT, "Tumour one", "!!python/object/apply:os.getcwd []")
    with pytest.raises(KnowledgeError, match=r"imt\.yaml:2"):
        load_knowledge(small_knowledge)


def test_one_diagnosis_is_no_differential(small_knowledge: Path) -> None:
    (small_knowledge / "diagnoses" / "other.yaml").unlink()
    with pytest.raises(KnowledgeError, match="fewer than two diagnoses; add files"):
        load_knowledge(small_knowledge)


def test_a_study_may_stand_once_per_site(small_knowledge: Path) -> None:
    here = ROW.replace("use: pooled", "site: here")
    _break(small_knowledge, IMT, f"- {ROW}", f"- {ROW}\n  - {here}")
    assert len(load_knowledge(small_knowledge).diagnoses["imt"].evidence["AAA"]) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("links: []", "links:\n- {parent: AAA, child: AAA, phi: 0.5}", "circle"),
        ("links: []", "links:\n- {parent: AAA, child: BBB, phi: 0.5}", "two stains or two H&E features"),
        ("links: []", "links:\n- {parent: AAB, child: AAA, phi: 0.5}", "did you mean 'AAA'?"),
        ("links: []", "links:\n- {parent: AAA, child: AAA, phi: 2}", "between -1 and 1"),
        ("compromised: 0.1", "compromised: 1.4", "probability from 0 to 1"),
        (
            "site_dependent: []",
            "site_dependent:\n- {marker: AAA, diagnosis: imt, groups: [[nowhere]], weight: 2}",
            "'nowhere'",
        ),
        ("unlisted: {weight: 3.0, towards: 0.5, shrink: 0.1}\n", "", "lacks 'unlisted'"),
    ],
)
def test_broken_structure(small_knowledge: Path, old: str, new: str, words: str) -> None:
    _break(small_knowledge, "network.yaml", old, new)
    with pytest.raises(NetworkError, match=r"network\.yaml:") as error:
        read_structure(load_knowledge(small_knowledge))
    assert words in str(error.value)


def test_without_sources(small_knowledge: Path) -> None:
    knowledge = load_knowledge(small_knowledge)
    left = knowledge.without_sources(["one2001"])
    assert left.diagnoses["imt"].evidence == {} and left.left_out == ("one2001",)
    assert left.diagnoses["other"].evidence == knowledge.diagnoses["other"].evidence
    with pytest.raises(UnknownNameError, match="did you mean 'one2001'"):
        knowledge.without_sources(["one2002"])


def test_sha256_follows_every_byte(small_knowledge: Path) -> None:
    before = load_knowledge(small_knowledge).sha256
    _break(small_knowledge, IMT, "total: 10", "total: 11")
    assert load_knowledge(small_knowledge).sha256 != before


# --- overlays ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(small_knowledge: Path) -> Knowledge:
    """The small knowledge, read."""
    return load_knowledge(small_knowledge)


def _overlay(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "lab.yaml"
    path.write_text(text, encoding="utf-8")
    return path


SOURCE = "sources:\n  lab: {citation: Lab, title: Audit}\n"


def test_overlay_adds_studies_to_a_cell(small: Knowledge, tmp_path: Path) -> None:
    path = _overlay(
        tmp_path,
        SOURCE + "diagnoses:\n  imt:\n    evidence:\n      AAA:\n      - {positive: 1, total: 10, source: lab}\n",
    )
    merged = apply_overlay(small, path)
    assert [s.source for s in merged.diagnoses["imt"].evidence["AAA"]] == ["one2001", "lab"]
    assert merged.diagnoses["imt"].evidence["BBB"] == small.diagnoses["imt"].evidence["BBB"]
    assert merged.sha256 != small.sha256 and merged.overlays == ("lab.yaml",)
    before, after = (Model(k).network.rates.cell("imt", "AAA") for k in (small, merged))
    assert after.mean < before.mean and (after.positive, after.total) == (9, 20)


def test_overlay_adds_a_diagnosis_a_marker_and_a_prior(small: Knowledge, tmp_path: Path) -> None:
    path = _overlay(
        tmp_path,
        "overlay: ours\n" + SOURCE + "markers:\n  CCC: {label: CCC, kind: ihc, background: 0.2}\n"
        "diagnoses:\n  third:\n    name: Tumour three\n    abbreviation: T3\n    evidence:\n"
        "      CCC:\n      - {positive: 5, total: 6, source: lab}\n"
        "priors:\n  ours: {description: d, basis: b, weights: {imt: 1, third: 9}}\n",
    )
    merged = apply_overlay(small, path)
    assert merged.overlays == ("ours",)
    model = Model(merged, "ours")
    assert model.diagnoses == ("imt", "other", "third")
    assert model.prior[2] > model.prior[0]
    assert model.network.rates.cell("third", "CCC").kind == "counted"
    assert model.network.rates.cell("imt", "CCC").kind == "background"


# overlay -> words its refusal must hold; every one points at a line of lab.yaml
REFUSED = {
    "unknown section": ("sorces: {}\n", ["lab.yaml:1", "did you mean 'sources'?"]),
    "source exists": (
        "sources:\n  one2001: {citation: x, title: y}\n",
        ["lab.yaml:2", "exists already", "give it another id"],
    ),
    "marker exists": ("markers:\n  AAA: {label: x, kind: ihc}\n", ["lab.yaml:2", "may add, not replace"]),
    "prior exists": ("priors:\n  uniform: {description: d, basis: b}\n", ["lab.yaml:2", "exists already"]),
    "prior of a stranger": ("priors:\n  p: {description: d, basis: b, weights: {imd: 1}}\n", ["lab.yaml:2", "'imt'"]),
    "renames a diagnosis": (
        "diagnoses:\n  imt:\n    name: Other\n",
        ["lab.yaml:3", "may add evidence, context and ki67", "'name'"],
    ),
    "study is there": (
        "diagnoses:\n  imt:\n    evidence:\n      AAA:\n      - {positive: 1, total: 2, source: one2001}\n",
        ["lab.yaml:5", "stands twice", "imt.yaml:6"],
    ),
    "unknown source": (
        "diagnoses:\n  imt:\n    evidence:\n      AAA:\n      - {level: usual, source: nobody}\n",
        ["lab.yaml:5", "'nobody'"],
    ),
    "new diagnosis without a name": (
        "diagnoses:\n  third:\n    abbreviation: T3\n",
        ["lab.yaml:3", "'name' is missing"],
    ),
    "id against key": (
        "diagnoses:\n  third: {id: fourth, name: x, abbreviation: y}\n",
        ["lab.yaml:2", "make them agree"],
    ),
    "section is a list": ("markers:\n- AAA\n", ["lab.yaml:1", "'id: record' pairs"]),
    "diagnosis is a word": ("diagnoses:\n  imt: yes\n", ["lab.yaml:2", "'key: value' pairs"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_overlay_refusals(small: Knowledge, tmp_path: Path, name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(KnowledgeError) as error:
        apply_overlay(small, _overlay(tmp_path, text))
    for word in words:
        assert word in str(error.value), str(error.value)


def test_missing_overlay(small: Knowledge, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"none\.yaml: cannot read this file .*check the path"):
        apply_overlay(small, tmp_path / "none.yaml")


def test_overlay_leaves_the_shipped_knowledge_alone(small: Knowledge, tmp_path: Path) -> None:
    before = {d.id: dict(d.evidence) for d in small.diagnoses.values()}
    apply_overlay(
        small,
        _overlay(
            tmp_path, SOURCE + "diagnoses:\n  imt:\n    evidence:\n      BBB:\n      - {level: usual, source: lab}\n"
        ),
    )
    assert {d.id: dict(d.evidence) for d in small.diagnoses.values()} == before


@pytest.mark.parametrize(
    ("citation", "year", "pmid", "short"),
    [
        ("Guo F, Cui Q, Lei Y, Xi H. Front Pediatr 2025;13:1667711", 2025, "", "Guo 2025"),
        ("Alassiri AH, Am J Surg Pathol 2016", 2016, "", "Alassiri 2016"),
        ("Le Guellec et al., Mod Pathol 2017", 2017, "", "Le Guellec 2017"),
        ("van de Rijn M, Barr FG, Am J Clin Pathol 1999;112:43", 1999, "", "van de Rijn 1999"),
        ("Fanburg-Smith JC, Miettinen M, Hum Pathol 1999;30:1336", 1999, "", "Fanburg-Smith 1999"),
        ("Goldblum & Tuthill, Am J Dermatopathol 1997", 1997, "", "Goldblum 1997"),
        ("Hum Pathol 1991;22:563-8 (PMID 1650754; authors not shown)", 1991, "1650754", "Hum Pathol 1991"),
        ("Am J Surg Pathol 2010;34:1122-31 (authors not given)", 2010, "", "Am J Surg Pathol 2010"),
        ("authors not shown. Am J Surg Pathol 1988;12:678-683", 1988, "3046395", "Am J Surg Pathol 1988"),
        ("PubMed 11396634, J Cutan Pathol 2001;9:164-169 (authors not given)", 2001, "11396634", "J Cutan Pathol 2001"),
        ("PMID 18162776 (authors and journal not given)", None, "18162776", "PMID 18162776"),
        ("Stanford Surgical Pathology Criteria", None, "", "Stanford Surgical Pathology Criteria"),
        ("PathologyOutlines (Shankar V)", 2012, "", "PathologyOutlines"),
        ("authors not given", None, "", "someone2001"),
    ],
)
def test_source_in_a_sentence(citation: str, year: int | None, pmid: str, short: str) -> None:
    assert Source("someone2001", citation, "A title", year, pmid=pmid).short == short
