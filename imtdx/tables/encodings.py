"""Encoding of a text table: what makes its header and its cells readable.

Byte order marks and UTF-8 tell themselves. Of the encodings of Windows in other scripts nearly every text is valid in several, so each
is judged by its words: how many are understood (columns, results, sexes, sites), and how many letters are common ones of one script.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from imtdx.errors import TableError

__all__ = ["CANDIDATES", "Found", "find_encoding", "superset"]

#: Python name -> what it is called, in the order in which ties are settled.
CANDIDATES = {
    "cp1252": "Latin-1",
    "gb18030": "GBK",
    "cp932": "Shift-JIS",
    "big5hkscs": "Big5",
    "cp949": "EUC-KR",
    "euc_jp": "EUC-JP",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
}
#: Encodings that hold another whole and more, which Windows writes under the name of the smaller.
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "iso8859-1": "cp1252",
}
#: Words that are looked at.
_WORDS = 400
#: Two encodings that differ by less are told apart by nobody.
_CLOSE = 0.15
_FIELD = re.compile(r"[^\t\n\r,;|\"]+")
#: Signs of reports beside letters.
_SIGNS = frozenset("±×°µ§«»–—−‘’“”„…·•№²³½≤≥（）＋－、。：，；％〜～・【】「」")


@dataclass(frozen=True, slots=True)
class Found:
    """An encoding, and how it was found.

    Attributes:
        name: for Python.
        others: what it might be as well.
        mixed: bytes that are not of it, and the line of the first.
    """

    name: str
    others: tuple[str, ...] = ()
    mixed: tuple[int, int] | None = None

    def describe(self) -> str:
        """In words."""
        names = {
            "utf-8": "UTF-8",
            "utf-8-sig": "UTF-8 with BOM",
            "utf-16-le": "UTF-16",
            "utf-16-be": "UTF-16",
            **CANDIDATES,
        }
        out = names.get(self.name, self.name)
        if self.mixed:
            count, line = self.mixed
            out += (
                f" with {count} byte{'s' if count > 1 else ''} that {'are' if count > 1 else 'is'} not, the first in line {line} "
                "(read as Latin-1; where that is wrong, mend the file or name its encoding with --encoding)"
            )
        if self.others:
            others = " or ".join(names.get(o, o) for o in self.others)
            out += f" by its letters (perhaps {others}; if words look garbled, name the encoding with --encoding)"
        return out


def superset(name: str) -> str:
    """The encoding that Windows means by a name."""
    return _SUPERSETS.get(name, name)


def find_encoding(head: bytes, understood: Callable[[str], bool], name: str = "the table") -> Found:
    """The encoding of a text from its first bytes.

    Args:
        head: the start of the file.
        understood: whether a word is one of a case table.
        name (str): of the file, for errors.

    Raises:
        TableError: UTF-32, or no text.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise TableError(
            f"{name} is UTF-32, which is not read; save it as UTF-8 (also read: UTF-16 and Latin-1), or give --encoding utf-32"
        )
    for mark, found in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return Found(found)
    sample = head[:4096]
    if sample.count(0) > len(sample) // 4:
        # plain letters have their zero byte second in little-endian order
        return Found("utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return Found("utf-8")
    except UnicodeDecodeError:
        mixed = _mixed(head)
    if mixed:
        return Found("utf-8", mixed=mixed)
    scores, texts = {}, {}
    for candidate in CANDIDATES:
        try:
            text = codecs.getincrementaldecoder(candidate)(errors="strict").decode(head)
        except UnicodeDecodeError:
            continue
        scores[candidate], texts[candidate] = _score(text, candidate, understood), text
    if not scores:
        # bytes that Windows leaves out stand in texts all the same
        return Found("cp1252")
    ranked = sorted(scores, key=lambda c: -scores[c])
    best = scores[ranked[0]]
    # an encoding that gives the same text is no other
    others = [c for c in ranked[1:] if best - scores[c] < _CLOSE and texts[c] != texts[ranked[0]]]
    return Found(ranked[0], tuple(others[:2]))


def _mixed(head: bytes) -> tuple[int, int] | None:
    """Bytes that are no UTF-8 among more that are, and the line of the first; ``None`` for another encoding."""
    wrong: list[int] = []

    def note(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        if error.end < len(head) or error.reason != "unexpected end of data":
            wrong.append(error.start)
        return "", error.end

    codecs.register_error("imtdx-note", note)
    text = head.decode("utf-8", errors="imtdx-note")
    right = sum(1 for c in text if c > "\x7f")
    # a character of two bytes is right by chance in other encodings now and then, words of them are not
    if not wrong or right < 2 or len(wrong) > right // 2:
        return None
    return len(wrong), head.count(b"\n", 0, wrong[0]) + 1


def latin_1_for_the_rest(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8, as Windows would show them."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("imtdx-mixed", latin_1_for_the_rest)


def _score(text: str, encoding: str, understood: Callable[[str], bool]) -> float:
    """0 for a text of strange words, 3 for one whose words are all understood."""
    words = list(dict.fromkeys(w.strip() for w in _FIELD.findall(text[:200_000]) if not w.isascii()))[:_WORDS]
    if not words:
        return 0.0
    known = sum(understood(w) for w in words)
    return 2 * known / len(words) + sum(_common(w, encoding) for w in words) / len(words)


def _common(word: str, encoding: str) -> float:
    """Share of the letters beyond ASCII of a word that are common ones of the script of an encoding."""
    strange = [c for c in word if not c.isascii()]
    return sum(_is_common(c, word, encoding) for c in strange) / len(strange)


def _is_common(char: str, word: str, encoding: str) -> bool:
    if char in _SIGNS or "\uff01" <= char <= "\uff5e":
        return True
    if encoding in ("cp1252", "cp1250"):
        return _is_latin(char) and _neighbours(char, word)
    if encoding == "cp1251":
        return (
            "\u0400" <= char <= "\u04ff"
            and not any(c.isascii() and c.isalpha() for c in _run(char, word))
            and _cased(word)
        )
    if encoding == "cp949":
        code = char.encode("cp949", "ignore")
        # syllables in use, not those that merely can be written
        return "\uac00" <= char <= "\ud7a3" and len(code) == 2 and 0xB0 <= code[0] <= 0xC8 and code[1] >= 0xA1
    if encoding == "gb18030":
        code = char.encode("gb18030")
        return len(code) == 2 and 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1
    if encoding == "big5hkscs":
        code = char.encode("big5hkscs")
        return len(code) == 2 and 0xA4 <= code[0] <= 0xC6
    if encoding == "cp932":
        code = char.encode("cp932")
        return "\u3040" <= char <= "\u30ff" or (len(code) == 2 and 0x88 <= code[0] <= 0x97)
    code = char.encode("euc_jp")
    return "\u3040" <= char <= "\u30ff" or (len(code) == 2 and 0xB0 <= code[0] <= 0xCF)


def _is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN")


def _run(char: str, word: str) -> str:
    """The letters around one."""
    return next((run for run in re.findall(r"[^\W\d_]+", word) if char in run), "")


def _neighbours(char: str, word: str) -> bool:
    """Whether most letters around an accented one are plain, as in the languages of the West."""
    run = _run(char, word)
    return len(run) > 2 and sum(c.isascii() for c in run) >= len(run) / 2 and _cased(run)


def _cased(word: str) -> bool:
    """No capital after a small letter."""
    return not any(b.isupper() and a.islower() for a, b in pairwise(word))
