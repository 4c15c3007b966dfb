"""Python to JavaScript: the same values from the same source, in node and in Chromium; what cannot be carried is refused with its place."""

from __future__ import annotations

import importlib
import json
import random
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import translate_samples
from browser import Browser
from node import run_node

from imtdx.page.translate import TranslationError, runtime, translate
from imtdx.page.translate.patterns import translate_pattern

CASES = [f.__name__ for f in translate_samples.CASES]


def plain(value: Any) -> Any:
    """Values as JSON brings them back."""
    if isinstance(value, dict):
        return {k if isinstance(k, str) else str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, (list, tuple, set, frozenset)) else value


@pytest.fixture(scope="module")
def script() -> str:
    """The samples in JavaScript, and ``samples``: name -> function."""
    text, names = translate([f"translate_samples.{n}" for n in CASES], packages=("translate_samples",))
    listed = ", ".join(f"{n}: () => $toJs({names[f'translate_samples.{n}']}())" for n in CASES)
    return f"{runtime()}\n{text}\nconst samples = {{{listed}}};"


@pytest.fixture(scope="module")
def in_node(script: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    told = "Object.fromEntries(Object.entries(samples).map(([n, f]) => { try { return [n, f()]; } catch (e) { return [n, e.stack]; } }))"
    return run_node(script, told, tmp_path_factory.mktemp("node"))


@pytest.mark.parametrize("name", CASES)
def test_sample_in_node(name: str, in_node: dict[str, Any]) -> None:
    ours = plain(getattr(translate_samples, name)())
    theirs = in_node[name]
    assert not isinstance(theirs, str), theirs
    for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a == b, f"value {k} of {name}"


def test_samples_in_chromium(script: str, tmp_path: Path) -> None:
    page = tmp_path / "samples.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><script>{script}</script>", encoding="utf-8")
    with Browser() as browser:
        browser.open(page)
        assert browser.messages == []
        for name in CASES:
            assert browser.run(f"samples[{json.dumps(name)}]()") == plain(getattr(translate_samples, name)()), name


# --- characters -----------------------------------------------------------------------------------------------------------
QUESTIONS = {
    "isalnum": "c.$isalnum()", "isalpha": "c.$isalpha()", "isdecimal": "c.$isdecimal()", "isdigit": "c.$isdigit()", "isnumeric": "c.$isnumeric()",
    "isspace": "c.$isspace()", "isupper": "c.$isupper()", "islower": "c.$islower()", "lower": "c.$lower()", "upper": "c.$upper()", "casefold": "c.$casefold()",
    "combining": "$unicodedata.$combining(c)", "category": "$unicodedata.$category(c)", "NFKC": "c.normalize('NFKC')", "NFD": "c.normalize('NFD')",
    r"\w": "WORD.test(c)", r"\d": "DIGIT.test(c)", r"\s": "SPACE.test(c)",
}  # fmt: skip


#: Latin, Greek and Cyrillic, punctuation and signs, CJK, full width.
REPORT_SCRIPTS = [(0, 0x17F), (0x370, 0x52F), (0x2000, 0x22FF), (0x3000, 0x9FFF), (0xAC00, 0xD7AF), (0xFF00, 0xFFEF)]


def asked(question: str, c: str) -> Any:
    if question.startswith("\\"):
        return re.match(question, c) is not None
    if question in ("combining", "category"):
        return getattr(unicodedata, question)(c)
    return unicodedata.normalize(question, c) if question.startswith("NF") else getattr(c, question)()


def test_every_character_is_what_python_says(tmp_path: Path) -> None:
    source = {k: json.dumps(f"^{translate_pattern(k)['source']}$") for k in (r"\w", r"\d", r"\s")}
    script = (
        runtime()
        + "\n"
        + "\n".join(
            f"const {name} = new RegExp({source[k]}, 'u');"
            for name, k in (("WORD", r"\w"), ("DIGIT", r"\d"), ("SPACE", r"\s"))
        )
    )
    codes = [k for k in range(0x30000) if not 0xD800 <= k < 0xE000 and unicodedata.category(chr(k)) not in ("Cn", "Co")]
    answers = ", ".join(
        f"{json.dumps(q)}: data.map((k) => {{ const c = String.fromCodePoint(k); return {text}; }})"
        for q, text in QUESTIONS.items()
    )
    told = run_node(script, f"({{{answers}}})", tmp_path, codes)
    for question in QUESTIONS:
        differ = [chr(k) for k, answer in zip(codes, told[question], strict=True) if asked(question, chr(k)) != answer]
        # characters whose properties a later Unicode changed may differ, but none of the scripts of reports
        assert len(differ) <= 12 and not any(a <= ord(c) <= b for c in differ for a, b in REPORT_SCRIPTS), (
            question,
            differ,
        )


# --- patterns -------------------------------------------------------------------------------------------------------------
PIECES = [
    "a", "b", r"\w", r"\d", r"\s", r"\b", r"\B", r"\W", r"\S", r"\D", ".", "[ab]", "[^a]", r"[\w-]", r"[^\W_]", r"[^\s,]", r"[\d.]", "(?:ab|a)", "(a|b)", r"(\d+)", "(?=a)", "(?!b)", "(?<=a)",
    "(?<!-)", "^", "$", r"\Z", "-", r"\.", "é", "β", "😀", "(?:a|)", "(?i:B)", "(?i:ß|k)", "(?>a*)", "[^\\W\\d_]",
]  # fmt: skip
REPEATS = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "*?", "+?", "*+"]
TEXT = "abAB aab 12 é β_ß-.,\n😀Kk\u0301\u1e9e"


def random_patterns(n: int, seed: int) -> list[str]:
    r = random.Random(seed)
    out: list[str] = []
    while len(out) < n:
        pattern = "".join(r.choice(PIECES) + r.choice(REPEATS) for _ in range(r.randint(1, 5)))
        try:
            re.compile(pattern)
            translate_pattern(pattern)
        except (re.error, TranslationError):
            continue
        out.append(pattern)
    return out


def test_random_patterns_match_alike(tmp_path: Path, amount: Callable[[int, int], int]) -> None:
    r = random.Random(2)
    cases = [
        (p, "".join(r.choice(TEXT) for _ in range(r.randint(0, 14)))) for p in random_patterns(amount(1500, 20_000), 1)
    ]
    told = run_node(
        runtime(),
        "data.map(([p, text]) => { const x = new $Pattern(p), m = x.$match(text); return [[...x.$finditer(text)].map((m) => [m.$span(), m.$groups(), "
        "m.$groups().map((_, k) => m.$span(k + 1))]), m && m.$span(), x.$fullmatch(text) !== null, x.$split(text), x.$sub('<>', text)]; })",
        tmp_path,
        [(translate_pattern(p), text) for p, text in cases],
    )
    for (p, text), answer in zip(cases, told, strict=True):
        x = re.compile(p)
        found = [[m.span(), m.groups(), [m.span(k + 1) for k in range(x.groups)]] for m in x.finditer(text)]
        m = x.match(text)
        ours = [found, m and m.span(), x.fullmatch(text) is not None, x.split(text), x.sub("<>", text)]
        assert plain(ours) == answer, (p, text)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(a)\1", "references"),
        (r"(a)?(?(1)b|c)", "references"),
        (r"(?:(a)|b)*", "group 1 stands inside a repeat"),
        (r"(?:(a)?b)+", "inside a repeat"),
    ],
)
def test_patterns_without_a_counterpart_are_refused(pattern: str, words: str) -> None:
    with pytest.raises(TranslationError, match=words):
        translate_pattern(pattern)


# --- what is refused ------------------------------------------------------------------------------------------------------
REFUSED = {
    "match x:\n        case 1: return 2": "Match is not translated",
    "global G\n    G = 1": "global is not translated",
    "return vars(x)": r"vars\(\) is not translated",
    "return b'a'": "is not translated",
    "return '%s' % x": "use an f-string",
    "return re.search(x, 'a')": "not known before the function runs",
    "return re.search('(a)(?(1)b)', x)": "references",
    "return nobody(x)": "nobody is not known",
    "class A: pass\n    return A": "class inside a function",
    "return eval(x)": r"eval\(\) is not translated",
}


@pytest.mark.parametrize("body", REFUSED)
def test_refusals_name_file_and_line(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"refused_{list(REFUSED).index(body)}"
    (tmp_path / f"{name}.py").write_text(f"import re\n\nG = 0\n\ndef f(x):\n    {body}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module(name)
    with pytest.raises(TranslationError, match=REFUSED[body]) as caught:
        translate([f"{name}.f"], packages=(name,))
    assert f"{name}.py:6: " in str(caught.value)
    del sys.modules[name]
