"""Characters to tokens: signs in one spelling, words, numbers, and the places they came from."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["Token", "fold", "is_number", "name_key", "normalise", "tokenise"]

#: One character in, one character out, so that places in the clean text are places in the text as given.
_SIGNS = {
    **dict.fromkeys("‐‑‒–−﹣－⁃˗➖", "-"),
    **dict.fromkeys("＋﹢⁺➕", "+"),
    **dict.fromkeys("―⸺", "—"),
    **dict.fromkeys("•●▪◦‣■◆\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n"),
    **dict.fromkeys("[{【〔「", "("),
    **dict.fromkeys("]}】〕」", ")"),
    **dict.fromkeys("“”„«»’‘`´", '"'),
    **dict.fromkeys("～∼〜≈≅", "~"),
    **dict.fromkeys("|\t", "\t"),
    **dict.fromkeys("\xa0·‧・*_", " "),
    "。": ".",
    "、": ",",
    "≦": "≤",
    "≧": "≥",
    "⩽": "≤",
    "⩾": "≥",
    "\x00": " ",
}
_SIGNS["_"] = "_"
_GREEK = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "ß": "ss",
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "κ": "kappa",
    "λ": "lambda",
    "µ": "mu",
    "μ": "mu",
}

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"\n\s*|\t| {{3,}}|[{_CJK}]|(?:(?![{_CJK}])[^\W_])+|[^\w\s]|_")


class Token(NamedTuple):
    """A word, a number, one CJK character, one sign, or a line break.

    Attributes:
        text: as in the clean text.
        fold: caseless, accents and Greek spelled out; equal to ``text`` for signs.
        kind: ``"word"``, ``"cjk"``, ``"sign"`` or ``"break"``.
        start, end: place in the text.
    """

    text: str
    fold: str
    kind: str
    start: int
    end: int


def normalise(text: str) -> str:
    """The text with one spelling for each sign and the same length, so that spans stay true.

    Args:
        text (str): as given: full-width signs, Unicode minus signs, bullets and the like.
    """
    if text.isascii() and not any(c in text for c in "|\t\r*[]{}\v\f\x00`\x1c\x1d\x1e"):
        return text
    return "".join(_one(c) for c in text)


def _one(char: str) -> str:
    """The plain form of one character."""
    if char in _SIGNS:
        return _SIGNS[char]
    if char < "\x7f":
        return char
    plain = unicodedata.normalize("NFKC", char)
    if len(plain) != 1:
        return char
    return _SIGNS.get(plain, plain)


def fold(word: str) -> str:
    """A word without case and accents, Greek letters spelled out (``"α-Sma"`` -> ``"alpha-sma"``)."""
    if word.isascii():
        return word.lower()
    if word == "ß":
        return "beta"  # the commonest misprint of β
    word = "".join(_GREEK.get(c, c) for c in word.casefold())
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def tokenise(text: str) -> list[Token]:
    """Split a clean text into tokens, in linear time.

    Args:
        text (str): from `normalise`.
    """
    tokens = []
    for match in _TOKEN.finditer(text):
        piece = match.group()
        first = piece[0]
        if first == "\n":
            kind, folded = "break", piece
        elif first.isalnum():
            folded = fold(piece)
            kind = "cjk" if len(piece) == 1 and first > "\u303f" else "word"
        elif first in " \t":
            tokens.append(Token("\t", "\t", "sign", match.start(), match.end()))
            continue
        else:
            kind, folded = "sign", piece
        tokens.append(Token(piece, folded, kind, match.start(), match.end()))
    return tokens


def is_number(token: Token) -> bool:
    """Whether the token is made of the digits 0 to 9 only."""
    return token.text.isascii() and token.text.isdigit()


def name_key(name: str) -> str:
    """What two spellings of one name have in common: no case, accents, spaces, hyphens, points.

    Args:
        name (str): such as ``"S-100"``, ``"c-Kit"``, ``"CK AE1/AE3"``.
    """
    return "".join(t.fold for t in tokenise(normalise(name)) if t.kind in ("word", "cjk") or t.text in "/()%+±?")
