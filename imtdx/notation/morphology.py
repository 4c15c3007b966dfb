"""H&E features in words."""

from __future__ import annotations

import re

from imtdx.notation.lexicon import Lexicon
from imtdx.notation.tokens import normalise, tokenise
from imtdx.panel import Finding, Unrecognised

__all__ = ["read_morphology"]


def read_morphology(text: str, lexicon: Lexicon) -> tuple[list[Finding], list[Unrecognised]]:
    """Read H&E features.

    Args:
        text (str): words ("spindle cells, myxoid stroma; no necrosis") or ``"MORPH_MYXOID=present;MORPH_NECROSIS=absent"``.
        lexicon (Lexicon): the names and words.

    Returns:
        tuple[list[Finding], list[Unrecognised]]: every result as told (for `imtdx.merging.merge`), ``positive`` for present,
        ``negative`` for absent; what was not understood.
    """
    if len(text) > 100_000:
        return [], [Unrecognised(text[:40] + "...", (0, len(text)), "too long to read (100,000 characters at most)")]
    clean = normalise(text)
    found: list[Finding] = []
    unread: list[Unrecognised] = []
    for match in re.finditer(r"[^;\n]+", clean):
        for sentence in _sentences(match.group(), match.start()):
            _read_sentence(*sentence, text, lexicon, found, unread)
    return found, unread


def _sentences(piece: str, start: int) -> list[tuple[str, int]]:
    """Sentences of a piece, with their places."""
    out, begin = [], 0
    for match in re.finditer(r"\.(?=\s|$)|\b(?:but|although|however)\b", piece):
        out.append((piece[begin : match.start()], start + begin))
        begin = match.end()
    out.append((piece[begin:], start + begin))
    return out


_MITOSES = "MORPH_MITOSES_HIGH"
_COUNT = re.compile(
    r"(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*(?:mitos[ei]s|mitotic figures)?\s*(?:/|per)\s*(\d{1,3})\s*(?:hpf|high|mm)"
)


def _mitoses(part: str) -> float | None:
    """Mitoses in ten high-power fields, where a count is given."""
    found = _COUNT.search(part.casefold())
    if not found:
        return None
    return float(found[2] or found[1]) * 10 / max(1.0, float(found[3]))


def _read_sentence(
    sentence: str, start: int, text: str, lexicon: Lexicon, found: list[Finding], unread: list[Unrecognised]
) -> None:
    """Read one sentence: phrases between commas, with negation over a list that ends in "or"."""
    parts = [(m.group(), start + m.start()) for m in re.finditer(r"[^,]+", sentence)]
    runs_on = -1
    for n, (part, _) in enumerate(parts):
        if re.search(r"\b(?:or|nor|oder|ni|ou)\b", part):
            runs_on = n
    negated = False
    for n, (part, at) in enumerate(parts):
        negated = negated and n <= runs_on
        negated = _read_part(part, at, negated, text, lexicon, found, unread)


def _read_part(
    part: str,
    at: int,
    negated: bool,
    text: str,
    lexicon: Lexicon,
    found: list[Finding],
    unread: list[Unrecognised],
) -> bool:
    """Read one phrase; return whether it was negated by a word before its features."""
    tokens = [t for t in tokenise(part) if t.kind != "break"]
    i = 0
    opened = negated
    waiting: list[tuple[str, bool, tuple[int, int]]] = []
    strange: list[tuple[int, int]] = []
    while i < len(tokens):
        token = tokens[i]
        hit = lexicon.feature_at(tokens, i)
        if hit:
            j, marker, present = hit
            waiting.append((marker, present != opened, (at + token.start, at + tokens[j - 1].end)))
            i = j
            continue
        if token.fold in lexicon.feature_words["negation"]:
            if waiting and (
                i + 1 == len(tokens)
                or not any(lexicon.feature_at(tokens, k) for k in range(i + 1, min(len(tokens), i + 8)))
            ):
                waiting = [(m, not p if p else p, s) for m, p, s in waiting]
                break
            opened = True
        elif token.text in "+-" and token.kind == "sign":
            if (
                waiting
                and (i + 1 == len(tokens) or tokens[i + 1].kind == "sign" or tokens[i + 1].start > token.end)
                and token.text == "-"
            ):
                waiting[-1] = (waiting[-1][0], False, waiting[-1][2])
        elif token.fold == "and" and opened and not negated:
            pass
        elif token.fold == "with":
            opened = False
        elif token.kind == "word" and token.fold not in lexicon.feature_words["glue"] and not token.fold.isdigit():
            strange.append((at + token.start, at + token.end))
        i += 1
    count = _mitoses(part)
    for marker, present, span in waiting:
        if marker == _MITOSES and count is not None:
            if 5 <= count < 10:
                continue
            present = count >= 10
        value = "positive" if present else "negative"
        found.append(Finding(marker, value, text[span[0] : span[1]], span=span))
    if strange and not waiting:
        span = (strange[0][0], strange[-1][1])
        unread.append(Unrecognised(text[span[0] : span[1]], span, "no feature that the model knows", False))
    return opened and not any(p for _, p, _ in waiting)
