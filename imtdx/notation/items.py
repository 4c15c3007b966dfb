"""Tokens to items: names, results, qualifiers, percentages, genetic words, list and sentence marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from imtdx.notation.kinds import MARKS, Item, Kind
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.names import Name, Word
from imtdx.notation.signs import read_number, read_sign
from imtdx.notation.tokens import Token, is_number, name_key

__all__ = ["itemise"]

#: Parts of words that say positive outright.
_FIRM = ("pos", "reactiv", "expr", "stain", "label", "mark", "阳", "陽", "양")
#: Nouns of a negative result: that it was seen does not turn it round.
_NOUNS = frozenset(
    {"loss", "verlust", "perte", "perdida", "negativity", "negativitat", "negatividad", "negativite", "negativita"}
)
#: Role of a word in the lexicon -> kind.
_KINDS = {str(k): k for k in Kind}
_BAND = re.compile(r"\d{1,2}[pq]\d{1,2}")
_GENE = re.compile(r"[A-Z][A-Z0-9]{1,9}")
_VARIANT = re.compile(r"[ACDEFGHIKLMNPQRSTVWY]\d{2,4}(?:[ACDEFGHIKLMNPQRSTVWY]|fs|del|dup|ins)|[KWVDYEMPQ]\d{3}")


def itemise(tokens: Sequence[Token], lexicon: Lexicon) -> list[Item]:
    """Read tokens into items, in one pass.

    Args:
        tokens: from `tokens.tokenise`.
        lexicon (Lexicon): the names and words.
    """
    items: list[Item] = []
    i = 0
    portuguese = any("ã" in t.text or "õ" in t.text or t.fold in ("foi", "foram", "uma") for t in tokens)
    while i < len(tokens):
        token = tokens[i]
        if portuguese and token.fold in ("no", "nos", "na", "nas"):
            items.append(Item(Kind.GLUE, "in", token.start, token.end))  # "in the"
            i += 1
        elif token.kind == "sign":
            i = read_sign(tokens, i, items)
        elif token.kind == "break":
            items.append(Item(Kind.BREAK, "blank" if "\n" in token.text[1:] else "", token.start, token.end))
            i += 1
        else:
            i = _word(tokens, i, items, lexicon)
    for a, b in pairwise(items):
        if a.end == b.start:
            a.right = b.left = True
    _settle(items)
    return items


#: Words that are "and" in one language and "in" in another: "and" only between what makes a list.
_IN_OR_AND = frozenset({"en", "i", "u"})
_LISTED = MARKS | {
    Kind.NAME,
    Kind.VALUE,
    Kind.NOT,
    Kind.CLOSE,
    Kind.UNKNOWN,
    Kind.NOUN,
    Kind.NEUTRAL,
    Kind.BE,
    Kind.PERCENT,
}
_STARTS = MARKS | {Kind.NAME, Kind.VALUE, Kind.NOT, Kind.UNKNOWN, Kind.FOR, Kind.GLUE}


def _settle(items: list[Item]) -> None:
    """Kinds that depend on what stands beside them."""
    for i, item in enumerate(items):
        if item.kind is Kind.AND and item.what in _IN_OR_AND:
            before = items[i - 1].kind if i else Kind.END
            after = items[i + 1].kind if i + 1 < len(items) else Kind.END
            if (
                before not in _LISTED
                or after not in (*MARKS, Kind.NAME, Kind.VALUE, Kind.NOT)
                or (before is Kind.VALUE and after in MARKS and not _list_follows(items, i + 1))
            ):
                item.kind, item.what = Kind.GLUE, "in"
        elif (
            item.kind is Kind.NEUTRAL
            and item.what in ("stain", "stains")
            and i
            and (
                items[i - 1].kind in (Kind.LESION, Kind.REMARK, Kind.NOT, Kind.EACH)
                or (items[i - 1].kind is Kind.BE and item.what == "stain")
            )
        ):
            item.kind, item.firm = Kind.STAIN, True  # "the cells stain for A", "do (not) stain for A"
        elif item.kind is Kind.AND and i + 2 < len(items) and items[i + 1].kind is Kind.COMMA:
            _between_commas(items, i)
        elif item.kind is Kind.NOT and 0 < i < len(items) - 2 and items[i - 1].kind is Kind.COMMA:
            if items[i + 1].kind is Kind.BUT and items[i + 2].kind in (Kind.NAME, Kind.FOR, *MARKS, Kind.GLUE):
                but = items[i + 1]  # ", nicht jedoch A": but not A
                item.kind, item.what, but.kind, but.what = Kind.BUT, but.what, Kind.NOT, item.what
        elif item.kind is Kind.DASH and item.left and i and items[i - 1].what == "anti":
            item.kind, item.what = Kind.GLUE, "#hyphen"  # "anti-ALK"
        elif item.kind is Kind.DASH and item.left and not item.right:
            _suspended(items, i)
        elif item.kind is Kind.UNKNOWN and not item.what and 0 < i < len(items) - 1:
            _tissue(items, i)
        elif item.kind is Kind.OPEN and i + 1 < len(items):
            _checkbox(items, i)
        elif item.what in ("#ticked", "#empty"):
            told = items[i + 1] if i + 1 < len(items) else None
            if told is not None and told.kind is Kind.VALUE and not told.sign:
                if item.what == "#empty":
                    told.kind, told.what = Kind.GLUE, "#box"
                item.kind, item.what = Kind.GLUE, "#box"
            elif item.what == "#ticked" and item.kind is Kind.VALUE:
                item.what = "positive"


def _between_commas(items: list[Item], i: int) -> None:
    """ "A and, weakly, B": the qualifiers between commas after the "and" at ``i`` belong to B."""
    j = i + 2
    while j < len(items) and j - i < 10 and items[j].kind in _ASIDE:
        j += 1
    if j >= len(items) or items[j].kind is not Kind.COMMA or j == i + 2:
        return
    k = j + 1
    while k < len(items) and k - j < 6 and items[k].kind in (Kind.GLUE, Kind.FOR, Kind.NEUTRAL):
        k += 1
    if k < len(items) and items[k].kind is Kind.NAME:
        for comma in (items[i + 1], items[j]):
            comma.kind, comma.what = Kind.GLUE, ","


_ASIDE = MARKS | {Kind.GLUE, Kind.COMPARE}


def _suspended(items: list[Item], i: int) -> None:
    """ "A- und B-positiv": the hyphen at ``i`` stands for the result of the last name, and is no minus sign."""
    j = i
    joined = False
    while j + 2 < len(items) and j - i < 40:
        link, named = items[j + 1], items[j + 2]
        if (
            link.kind is not Kind.COMMA and (link.kind is not Kind.AND or link.what == "/")
        ) or named.kind is not Kind.NAME:
            return
        joined = link.kind is Kind.AND
        j += 3
        if j >= len(items) or items[j].kind is not Kind.DASH or len(items[j].what) > 1 or not items[j].left:
            return
        if items[j].right:
            break
    if not joined or j + 1 >= len(items) or items[j + 1].kind is not Kind.VALUE or items[j + 1].sign:
        return
    k = i - 1
    while k >= 0 and items[k].kind not in (Kind.STOP, Kind.BREAK, Kind.BUT, Kind.END):
        if items[k].kind is Kind.VALUE and items[k].sign:
            return  # "A+, B- and C-positive": signs are used
        k -= 1
    while i < j:
        items[i].kind, items[i].what = Kind.GLUE, "#hyphen"
        i += 3


def _tissue(items: list[Item], i: int) -> None:
    """ "Entrapped bronchial epithelium": a word between a word that places cells outside the lesion and what they are."""
    before, after = items[i - 1], items[i + 1]
    if before.kind is Kind.REMARK and before.what == "elsewhere" and after.kind is Kind.GLUE:
        verb = items[i + 2].kind if i + 2 < len(items) else Kind.END
        if after.what in _TISSUES and verb in (Kind.STAIN, Kind.BE, Kind.SHOW, Kind.VALUE):
            items[i].kind, items[i].what = Kind.GLUE, ""


_TISSUES = frozenset(
    {
        "epithelium",
        "epithelia",
        "epithel",
        "epitelio",
        "epitheel",
        "cells",
        "cell",
        "tissue",
        "zellen",
        "celulas",
        "cellules",
        "cellule",
    }
)


def _list_follows(items: Sequence[Item], i: int) -> bool:
    """Whether a name or result follows the qualifiers at ``i``."""
    j = i
    while j < len(items) and items[j].kind in MARKS and j - i < 8:
        j += 1
    return j < len(items) and items[j].kind in (Kind.NAME, Kind.VALUE, Kind.FOR)


def _checkbox(items: list[Item], i: int) -> None:
    """ "[x] positive [ ] negative": the box that is ticked counts."""
    if items[i + 1].kind is Kind.CLOSE:
        end, ticked = i + 1, False
    elif i + 2 < len(items) and items[i + 2].kind is Kind.CLOSE and items[i + 1].what in ("#tick", "symbol"):
        end, ticked = i + 2, items[i + 1].what == "#tick"
    else:
        return
    if end + 1 >= len(items) or items[end + 1].kind is not Kind.VALUE or items[end + 1].sign:
        return
    for k in range(i, end + 1):
        items[k].kind, items[k].what = Kind.GLUE, "#box"
    if not ticked:
        items[end + 1].kind, items[end + 1].what = Kind.GLUE, "#box"


# --- numbers that are no results -------------------------------------------------------------------------------------------


def _reference(tokens: Sequence[Token], i: int, lexicon: Lexicon) -> int:
    """Index after "Fig. 5A", "Table 2", "pH 9"; ``i`` when it is no reference."""
    if tokens[i].fold not in lexicon.references:
        return i
    j = i + 1
    while j < len(tokens) and tokens[j].text in (".", ":", "#") and tokens[j].start == tokens[j - 1].end:
        j += 1
    if j >= len(tokens) or (
        not tokens[j].text[0].isdigit() and not (len(tokens[j].text) == 1 and tokens[j].text.isupper())
    ):
        return i
    after = tokens[j + 1].text if j + 1 < len(tokens) else ""
    if not tokens[j].text.isalnum() or (after in ("%", "+") and is_number(tokens[j])):
        return i
    j += 1
    while (
        j + 1 < len(tokens)
        and tokens[j].text in ("-", "/", ".", ",")
        and tokens[j].start == tokens[j - 1].end
        and (tokens[j + 1].start == tokens[j].end and tokens[j + 1].text.isalnum() and len(tokens[j + 1].text) < 4)
    ):
        j += 2
    return j


def _number(tokens: Sequence[Token], i: int, items: list[Item], lexicon: Lexicon) -> int:
    """A number: a dilution, a measure and "20 of 500 cells" say nothing of a stain."""
    start = tokens[i].start
    j = i + 1
    if (
        j + 1 < len(tokens)
        and tokens[j].text == ":"
        and tokens[j].start == tokens[i].end
        and is_number(tokens[j + 1])
        and tokens[j + 1].start == tokens[j].end
    ):
        items.append(Item(Kind.GLUE, "#ref", start, tokens[j + 1].end))
        return j + 2
    while (
        j + 1 < len(tokens)
        and tokens[j].text in (".", ",", "-")
        and tokens[j].start == tokens[j - 1].end
        and is_number(tokens[j + 1])
        and tokens[j + 1].start == tokens[j].end
    ):
        j += 2
    if (
        j < len(tokens)
        and tokens[j].fold in lexicon.units
        and not (items and items[-1].kind is Kind.NAME and len(tokens[j].fold) == 1)
    ):
        items.append(Item(Kind.GLUE, "#ref", start, tokens[j].end))
        return j + 1
    if (
        j + 1 < len(tokens)
        and tokens[j].fold in ("of", "von", "de", "di", "van", "out")
        and is_number(tokens[j + 1] if tokens[j].fold != "out" else tokens[min(j + 2, len(tokens) - 1)])
    ):
        k = j + 1 if tokens[j].fold != "out" else j + 2
        items.append(Item(Kind.GLUE, "#ref", start, tokens[min(k, len(tokens) - 1)].end))
        return k + 1
    return read_number(tokens, i, items)


# --- words ---------------------------------------------------------------------------------------------------------------


def _word(tokens: Sequence[Token], i: int, items: list[Item], lexicon: Lexicon) -> int:
    """Read the word, name or number at ``i``; return the index after it."""
    token = tokens[i]
    if is_number(token) and len(token.text) < 12:
        return _number(tokens, i, items, lexicon)
    j = _reference(tokens, i, lexicon)
    if token.text == "第" and i + 1 < len(tokens) and is_number(tokens[i + 1]):
        j = i + 2  # "exon 11" in Chinese and Japanese
    if j > i:
        items.append(Item(Kind.GLUE, "#ref", token.start, tokens[j - 1].end))
        return j
    number = lexicon.number_words.get(token.fold)
    if number is not None and i + 1 < len(tokens) and _percents(tokens, i + 1, lexicon):
        end = _percents(tokens, i + 1, lexicon)
        comp = items.pop() if items and items[-1].kind is Kind.COMPARE else None
        start = comp.start if comp else token.start
        items.append(
            Item(
                Kind.PERCENT,
                "",
                start,
                tokens[end - 1].end,
                None,
                number,
                number,
                comp.what if comp and comp.what in "<>" else "",
            )
        )
        return end
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    touches = after is not None and (after.start == token.end or (i > 0 and tokens[i - 1].text == "("))
    short = lexicon.before_plus.get(token.fold) if after and after.text == "+" and touches else None
    if short and (i == 0 or tokens[i - 1].end < token.start or tokens[i - 1].text in "(,;:"):
        items.append(Item(_KINDS[short.role], short.what, token.start, token.end))  # "desmin (f+)"
        return i + 1
    if items and items[-1].what in ("#rate", "#ref") and token.fold in lexicon.units:
        items.append(Item(Kind.GLUE, "#ref", token.start, token.end))  # "1/50 CGA"
        return i + 1
    fused = _fusion(tokens, i, lexicon)
    if fused:
        j, name = fused
        items.append(Item(Kind.NAME, "fusion", token.start, tokens[j - 1].end, name))
        return j
    found = lexicon.match(tokens, i)
    if (
        found
        and found[0] > i + 1
        and found[0] < len(tokens)
        and tokens[found[0]].text in "-:/"
        and _fusion(tokens, found[0] - 1, lexicon)
    ):
        found = lexicon.match(tokens[: i + 1], i)  # "FISH ETV6-NTRK3"
    family = _family(tokens, i, found, lexicon)
    if family:
        j, name, number = family
        known = number in lexicon.family_numbers.get(token.fold.rstrip("0123456789"), (number,))
        items.append(
            Item(Kind.NAME if known else Kind.UNKNOWN, "" if known else "typo", token.start, tokens[j - 1].end, name)
        )
        return j
    if (
        found
        and found[0] == i + 1
        and isinstance(found[1], Word)
        and found[1].role == "glue"
        and _disease(token, items, lexicon)
    ):
        return i + 1
    if found:
        j, what = found
        last = tokens[j - 1]
        if isinstance(what, Name):
            items.append(Item(Kind.NAME, "", token.start, last.end, what))
        elif what.role in ("less", "more", "about"):
            items.append(Item(Kind.COMPARE, {"less": "<", "more": ">", "about": "~"}[what.role], token.start, last.end))
        elif what.role == "percent":
            items.append(Item(Kind.GLUE, "", token.start, last.end))
        elif what.role == "of":
            items.append(Item(Kind.FOR, "of", token.start, last.end))
        else:
            text = (
                what.what
                if what.role not in ("for", "and", "glue", "not", "neutral", "component", "modal")
                else token.fold
            )
            firm = any(part in token.fold for part in _FIRM) if what.what == "positive" else token.fold not in _NOUNS
            items.append(Item(_KINDS[what.role], text, token.start, last.end, firm=firm and what.role == "value"))
        return j
    if _VARIANT.fullmatch(token.text):
        j = i + 1
        while (
            j + 1 < len(tokens)
            and tokens[j].text in "_-"
            and tokens[j].start == tokens[j - 1].end
            and _VARIANT.fullmatch(tokens[j + 1].text)
        ):
            j += 2
        items.append(Item(Kind.CUE, "mutation_noun", token.start, tokens[j - 1].end))
        return j
    if _BAND.fullmatch(token.fold):
        items.append(Item(Kind.GLUE, "#ref", token.start, token.end))  # "2p23"
        return i + 1
    if token.text in ("c", "p", "g", "r") and (j := _hgvs(tokens, i)) > i:
        items.append(Item(Kind.CUE, "mutation_noun", token.start, tokens[j - 1].end))  # "c.1669T>C", "p.(Trp557Arg)"
        return j
    if token.fold in ("t", "inv", "der", "del", "p", "c") and i + 1 < len(tokens) and tokens[i + 1].start == token.end:
        j = _karyotype(tokens, i)
        if j > i:
            items.append(Item(Kind.GLUE, "", token.start, tokens[j - 1].end))
            return j
    return _unknown(tokens, i, items, lexicon)


def _unknown(tokens: Sequence[Token], i: int, items: list[Item], lexicon: Lexicon) -> int:
    """A word that is not known: alone, hyphenated, a name with a result stuck to it, a disease, an adverb."""
    token = tokens[i]
    if _compound(tokens, i, items, lexicon):
        return i + 1
    if _disease(token, items, lexicon):
        return i + 1
    j = i + 1
    while (
        j + 1 < len(tokens)
        and tokens[j].text in ("-", "/", "'", '"', "&", "_")
        and tokens[j].start == tokens[j - 1].end
        and tokens[j + 1].start == tokens[j].end
        and tokens[j + 1].kind == "word"
        and (is_number(tokens[j + 1]) or (tokens[j].text in "-_" and not lexicon.match(tokens, j + 1)))
    ):
        j += 2
    if j == i + 1 and len(token.fold) > 5 and token.fold.endswith(lexicon.adverb_endings):
        items.append(Item(Kind.GLUE, "", token.start, token.end))
        return j
    if token.kind == "cjk" and "\u3041" <= token.text <= "\u309f" and token.text not in "なずぬん":
        items.append(Item(Kind.GLUE, "", token.start, token.end))  # the particles of Japanese
        return i + 1
    typo = j == i + 1 and lexicon.spelling.misspelt(token.fold)
    tick = token.fold == "x" and j == i + 1
    items.append(
        Item(
            Kind.UNKNOWN,
            "#tick" if tick else "typo" if typo else "code" if any(c.isdigit() for c in token.text) else "",
            token.start,
            tokens[j - 1].end,
        )
    )
    return j


def _disease(token: Token, items: list[Item], lexicon: Lexicon) -> bool:
    """A word that begins like the name of a disease: "schwannomas"."""
    stem = next((s for s in lexicon.entity_stems if token.fold.startswith(s)), "") if len(token.fold) > 4 else ""
    if stem:
        plural = token.fold[len(stem) :] in _PLURALS
        items.append(Item(Kind.ENTITY, "plural" if plural else "one", token.start, token.end))
    return bool(stem)


#: What is left of the name of a disease after its stem, when several cases are spoken of.
_PLURALS = frozenset(
    {
        "s",
        "as",
        "es",
        "en",
        "e",
        "i",
        "os",
        "ata",
        "mata",
        "mas",
        "me",
        "mes",
        "men",
        "omas",
        "ome",
        "omes",
        "omen",
        "omi",
        "ies",
        "osis",
    }
)


def _compound(tokens: Sequence[Token], i: int, items: list[Item], lexicon: Lexicon) -> bool:
    """A name with what is said of it in one word: "zytokeratinnegativ", "Desminexpression"."""
    token = tokens[i]
    if len(token.text) > 40:
        return False
    for cut in range(len(token.text) - 3, 2, -1):
        name = lexicon.names.get(token.fold[:cut]) if len(token.fold) == len(token.text) else None
        if name is None:
            continue
        rest = token.fold[cut:]
        what = lexicon.compounds.get(rest) or {"pos": "positive", "neg": "negative"}.get(rest, "")
        if not what:
            continue
        at = token.start + cut
        items.append(Item(Kind.NAME, "", token.start, at, name))
        items.append(_stuck(what, at, token.end))
        return True
    return False


def _stuck(what: str, start: int, end: int) -> Item:
    """The second part of a compound."""
    if what in ("positive", "negative", "positive_noun", "negative_noun"):
        return Item(Kind.VALUE, what.partition("_")[0], start, end, firm=not what.endswith("noun"))
    if what in ("noun", "neutral"):
        return Item(_KINDS[what], "", start, end)
    return Item(Kind.CUE, what, start, end)


def _percents(tokens: Sequence[Token], j: int, lexicon: Lexicon) -> int:
    """Index after a percent sign or word at ``j``; 0 when there is none."""
    if tokens[j].text == "%":
        return j + 1
    found = lexicon.match(tokens, j) if tokens[j].kind == "word" else None
    return found[0] if found and isinstance(found[1], Word) and found[1].role == "percent" else 0


def _hgvs(tokens: Sequence[Token], i: int) -> int:
    """Index after a variant in HGVS notation, "c.1669T>C", "p.(Trp557_Lys558del)"; ``i`` when it is none."""
    if (
        i + 2 >= len(tokens)
        or tokens[i + 1].text != "."
        or tokens[i + 1].start != tokens[i].end
        or tokens[i + 2].start != tokens[i + 1].end
    ):
        return i
    first = tokens[i + 2].text
    if first != "(" and not (first[0].isdigit() or (first[0].isupper() and any(c.isdigit() for c in first))):
        return i
    j, deep = i + 2, 0
    while j < len(tokens) and tokens[j].start == tokens[j - 1].end and j - i < 24:
        text = tokens[j].text
        deep += (text == "(") - (text == ")")
        if deep < 0 or (deep == 0 and text in (",", ";", ":", ".")) or tokens[j].kind == "break":
            break
        j += 1
    return j


def _karyotype(tokens: Sequence[Token], i: int) -> int:
    """Index after ``t(X;18)(p11;q11)`` or after the ``p.`` of ``p.D842V``; ``i`` when it is neither."""
    if tokens[i].fold in ("p", "c"):
        return (
            i + 2
            if tokens[i + 1].text == "." and i + 2 < len(tokens) and tokens[i + 2].start == tokens[i + 1].end
            else i
        )
    j = i + 1
    while j < len(tokens) and tokens[j].text == "(" and tokens[j].start == tokens[j - 1].end:
        close = next((k for k in range(j, min(j + 12, len(tokens))) if tokens[k].text == ")"), None)
        if close is None:
            break
        j = close + 1
    return j if j > i + 1 else i


def _family(
    tokens: Sequence[Token], i: int, found: tuple[int, Name | Word] | None, lexicon: Lexicon
) -> tuple[int, Name, int] | None:
    """A stain of a numbered family that is not listed, and its number: ``CD 7``, ``CK14``, ``SOX11``."""
    token = tokens[i]
    if found and found[0] > i + 1:
        return None
    letters = token.fold.rstrip("0123456789")
    if not found and letters != token.fold and letters in lexicon.families:
        number = token.fold[len(letters) :]
        return (i + 1, Name(token.text), int(number)) if len(number) < 4 and 0 < int(number) < 372 else None
    if token.fold not in lexicon.families:
        return None
    j = i + 1
    if j < len(tokens) and tokens[j].text == "-":
        j += 1
    if j >= len(tokens) or not is_number(tokens[j]) or len(tokens[j].text) > 3:
        return None
    after = tokens[j + 1].text if j + 1 < len(tokens) else ""
    if after in ("%", "-", "/", "~", ".") and j + 2 < len(tokens) and is_number(tokens[j + 2]):
        return None
    if after == "%" or (after == "+" and len(tokens[j].text) == 1 and tokens[j].text in "01234" and found):
        return None
    return j + 1, Name(f"{token.text}{tokens[j].text}"), int(tokens[j].text)


def _fusion(tokens: Sequence[Token], i: int, lexicon: Lexicon) -> tuple[int, Name] | None:
    """``EML4-ALK``, ``TPM3::NTRK1``, ``SS18/SSX2``: index after it and the name, or None."""
    at = i + 1
    if at < len(tokens) and tokens[at].text == "(":  # "THBS1 (exon 7)::ALK"
        close = next((k for k in range(at, min(at + 6, len(tokens))) if tokens[k].text == ")"), at)
        at = close + 1 if close + 1 < len(tokens) and tokens[close + 1].text == ":" else at
    if at + 1 >= len(tokens) or tokens[at].text not in "-:/" or tokens[at].start != tokens[at - 1].end:
        return None
    joint = tokens[at].text
    j = at + 1
    if joint == ":" and tokens[j].text == ":":
        joint, j = "::", j + 1
    elif joint == ":":
        return None
    if j >= len(tokens) or tokens[j].kind != "word" or tokens[j].start != tokens[j - 1].end:
        return None
    first, second = tokens[i].text.upper(), tokens[j].text.upper()
    if not (_GENE.fullmatch(first) and _GENE.fullmatch(second)):
        return None
    end = j + 1
    if (
        end + 1 < len(tokens)
        and tokens[end].text == "/"
        and is_number(tokens[end + 1])
        and tokens[end].start == tokens[j].end
    ):
        end += 2  # SSX1/2
    sides = lexicon.fusion_side
    ids = [m for gene in (first, second) for m in lexicon.fusion_genes.get(gene, ()) if m]
    ids = list(dict.fromkeys(ids))
    label = f"{tokens[i].text}{joint}{tokens[j].text}"
    if joint == "::":
        if not ids:
            return end, Name(label, gene=label, kind="gene")
        return end, Name(label, ids[0], kind="fusion", also=tuple(ids[1:]))
    if not ids or not (_upper(tokens[i]) and _upper(tokens[j])):
        return None
    if sides.get(first) and sides.get(first) == sides.get(second):
        return None
    known = lexicon.partners
    for gene, at in ((first, i), (second, j)):
        if gene in sides:
            continue
        name = lexicon.names.get(name_key(tokens[at].text))
        if name and name.kind != "gene" and not (first in sides and sides[first] == "donor" and gene in known):
            return None  # "S100-ALK+" is a list
        if lexicon.is_word(tokens[at].text) or (joint == "/" and gene not in known):
            return None
        if (
            gene not in known
            and end < len(tokens)
            and tokens[end].text in "+-("
            and tokens[end].start == tokens[end - 1].end
        ):
            return None
    return end, Name(label, ids[0], kind="fusion", also=tuple(ids[1:]))


def _upper(token: Token) -> bool:
    return token.text == token.text.upper()
