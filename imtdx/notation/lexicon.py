"""Names and words to what they mean: marker names, clones, genes, other stains, grammar words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from imtdx.notation.names import MarkerLike, Name, Word
from imtdx.notation.spelling import Spelling
from imtdx.notation.tokens import Token, is_number, name_key, normalise, tokenise

__all__ = ["Lexicon", "plain"]

#: No name or phrase has more tokens than this, so a look-up costs a constant at most.
_LONGEST = 14


class Lexicon:
    """The names and words of reports.

    Args:
        markers: marker id -> marker.
        words: the content of ``lexicon.yaml``.

    The tables are built when first asked for.
    """

    def __init__(self, markers: Mapping[str, MarkerLike], words: Mapping[str, Any]) -> None:
        self.markers = markers
        self.words = words

    def build(self) -> None:
        """Make every table now, so that a pickled lexicon holds them all."""
        for name, attribute in vars(type(self)).items():
            if isinstance(attribute, cached_property):
                getattr(self, name)

    # --- tables -------------------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> dict[str, Name]:
        """Name key -> name."""
        table: dict[str, Name] = {}
        for label in self._list("genes_not_modelled"):
            table[name_key(label)] = Name(label, gene=label, kind="gene")
        for label in self._list("stains"):
            table[name_key(label)] = Name(label)
        for label in self._list("groups"):
            table[name_key(label)] = Name(label, kind="group")
        for gene, ids in self.fusion_genes.items():
            table[name_key(gene)] = Name(gene, gene=gene, kind="gene", marker=ids[0])
        for marker in self.markers.values():
            self._add_marker(table, marker)
        for marker_id, labels in self.prose("names").items():
            named = self.markers.get(marker_id)
            if named is not None:
                self._add_names(table, named, labels)
        for label in self._list("ambiguous"):
            table[name_key(label)] = Name(label)
        return {k: v for k, v in table.items() if k}

    def _add_marker(self, table: dict[str, Name], marker: MarkerLike) -> None:
        """All names of one marker; an earlier marker keeps a name that two claim."""
        if marker.kind == "morphology":
            return
        mine = {m.id for m in self.markers.values()}
        gene = "" if marker.kind in ("index", "pattern") else _gene(marker)
        clones = {name_key(c): c for c in marker.clones}
        written = [marker.label, *marker.synonyms, *(marker.clones if marker.kind != "pattern" else ())]
        if marker.kind == "ihc":
            written += marker.genes if len(marker.genes) == 1 else ()
        for label in written if marker.kind != "pattern" else []:
            key = name_key(label)
            known = table.get(key)
            if (
                re.search(r"\b(?:loss|nuclear)\b", label.casefold())
                or self._is_phrase(marker.kind, label)
                or (known and known.marker in mine and known.kind not in ("gene", "stain"))
            ):
                continue  # "loss of X", "nuclear X" and "X rearrangement" are read by the grammar
            if key in clones and known and known.kind == "stain" and label not in marker.synonyms:
                continue  # CAM5.2 is a stain of its own as well as a clone
            clone = clones.get(key) or next(
                (c for k, c in clones.items() if len(k) > 3 and key.rstrip(")").endswith(k)), ""
            )
            table[key] = Name(label, marker.id, gene, clone, False, marker.kind)
        table[name_key(marker.id)] = Name(marker.id, marker.id, gene, "", True, marker.kind)

    def _add_names(self, table: dict[str, Name], marker: MarkerLike, labels: Sequence[str]) -> None:
        """Further names of a marker."""
        gene = "" if marker.kind in ("index", "pattern") else _gene(marker)
        clones = {name_key(c): c for c in marker.clones}
        for label in labels:
            key = name_key(label)
            known = table.get(key)
            if known is not None and known.marker and known.marker != marker.id:
                continue
            clone = clones.get(key) or next((c for k, c in clones.items() if len(k) > 3 and key.endswith(k)), "")
            table[key] = Name(label, marker.id, gene, clone, False, marker.kind)

    def _is_phrase(self, kind: str, label: str) -> bool:
        """Whether a synonym of a genetic marker is a gene and a genetic word, which the grammar puts together."""
        words = label.split()
        if kind not in ("fish", "mutation") or len(words) < 2:
            return False
        rest = self.vocabulary.get(name_key(" ".join(words[1:]))) or self.vocabulary.get(name_key(words[-1]))
        first = self.vocabulary.get(name_key(words[0]))
        cues = [w for w in (rest, first) if w is not None and w.role == "cue"]
        return bool(cues) and "-" not in words[0].replace("c-kit", "").replace("beta-", "")

    @cached_property
    def clones(self) -> dict[str, str]:
        """Clone key -> clone as the knowledge writes it."""
        return {name_key(c): c for m in self.markers.values() for c in m.clones}

    @cached_property
    def fusion_genes(self) -> dict[str, list[str]]:
        """Gene -> markers of its fusions."""
        groups = self.words.get("fusions") or {}
        return {
            gene: [i for i in ids if i in self.markers] or [""]
            for part in ("receptor", "donor")
            for gene, ids in (groups.get(part) or {}).items()
        }

    @cached_property
    def fusion_side(self) -> dict[str, str]:
        """Gene -> ``"receptor"`` or ``"donor"``."""
        groups = self.words.get("fusions") or {}
        return {gene: part for part in ("receptor", "donor") for gene in groups.get(part) or {}}

    @cached_property
    def partners(self) -> frozenset[str]:
        """Known fusion partners, upper case."""
        return frozenset(p.upper() for p in self._list("fused_with"))

    @cached_property
    def mutation_markers(self) -> dict[str, str]:
        """Gene -> marker of its mutation."""
        return {m.genes[0]: m.id for m in self.markers.values() if m.kind == "mutation" and m.genes}

    @cached_property
    def amplification_markers(self) -> dict[str, str]:
        """Gene -> marker of its amplification."""
        return {
            m.genes[0]: m.id
            for m in self.markers.values()
            if m.kind == "fish" and m.genes and "amplif" in m.label.casefold()
        }

    @cached_property
    def vocabulary(self) -> dict[str, Word]:
        """Key -> grammar word."""
        table: dict[str, Word] = {}

        def add(role: str, what: str, labels: Iterable[Any]) -> None:
            for label in labels:
                table.setdefault(name_key(str(label)), Word(role, what))

        prose = self.words.get("prose") or {}
        for role, labels in (prose.get("roles") or {}).items():
            if role == "entity":
                add(role, "one", labels or ())
                add(role, "plural", [f"{label}s" for label in labels or ()])
            else:
                add(role, "", labels or ())
        for section, role in _SECTIONS.items():
            for what, labels in (prose.get(section) or {}).items():
                add(role or what, what, labels or ())
        for section, role in _SECTIONS.items():
            for what, labels in (self.words.get(section) or {}).items():
                if not what.endswith("_capitals"):
                    add(role or what, what, labels or ())
        add("noun", "", self._list("nouns"))
        add("lesion", "", self._list("lesion"))
        add("glue", "", self._list("glue"))
        table.pop("", None)
        return table

    @cached_property
    def several(self) -> frozenset[str]:
        """Keys of names and words that are written as several words."""
        labels = [n.label for n in self.names.values()]
        for marker in self.markers.values():
            labels += [marker.label, *marker.synonyms, *marker.clones]
        stack: list[Any] = [self.words]
        while stack:
            part = stack.pop()
            if isinstance(part, Mapping):
                stack += list(part.values())
            elif isinstance(part, (list, tuple)):
                labels += [str(v) for v in part]
        return frozenset(name_key(label) for label in labels if len(_pieces(label)) > 1)

    @cached_property
    def capitals(self) -> dict[str, Name | Word]:
        """Words that count only in capitals, as written."""
        out: dict[str, Name | Word] = {
            label: self.names.get(name_key(label)) or Name(label) for label in self._list("stains_capitals")
        }
        for what, labels in (self.words.get("values") or {}).items():
            if what.endswith("_capitals"):
                out.update({label: Word("value", what.removesuffix("_capitals")) for label in labels})
        for role, labels in (self.prose("exact")).items():
            out.update({label: Word(role) for label in labels})
        return out

    def prose(self, section: str) -> dict[str, list[str]]:
        """A section of the words around results: what -> words."""
        return dict((self.words.get("prose") or {}).get(section) or {})

    @cached_property
    def references(self) -> frozenset[str]:
        """Words before a number that only refers to something: "Fig. 5"."""
        return frozenset(name_key(str(w)) for w in (self.words.get("prose") or {}).get("references") or ())

    @cached_property
    def units(self) -> frozenset[str]:
        """Words after a number that is a measure, and no result."""
        return frozenset(name_key(str(w)) for w in (self.words.get("prose") or {}).get("units") or ())

    @cached_property
    def number_words(self) -> dict[str, float]:
        """Small numbers in words."""
        return {name_key(str(w)): float(n) for n, ws in self.prose("numbers").items() for w in ws}

    @cached_property
    def adverb_endings(self) -> tuple[str, ...]:
        """Endings of words that only colour a result."""
        return tuple((self.words.get("prose") or {}).get("adverb_endings") or ())

    @cached_property
    def entity_stems(self) -> tuple[str, ...]:
        """Beginnings of the names of diseases, longest first."""
        stems = (self.words.get("prose") or {}).get("entity_stems") or ()
        return tuple(sorted((str(s) for s in stems), key=lambda s: (-len(s), s)))

    @cached_property
    def compounds(self) -> dict[str, str]:
        """What may be stuck to a name -> what it says."""
        return {str(w): what for what, ws in self.prose("compounds").items() for w in ws}

    @cached_property
    def capital_keys(self) -> frozenset[str]:
        """Keys of the words that count only in capitals: "ER" is a receptor, "Er zeigt" is not."""
        return frozenset(name_key(label) for label in self._list("stains_capitals"))

    @cached_property
    def shy(self) -> frozenset[str]:
        """Keys of short names that count only with a capital or right before a sign."""
        return frozenset(name_key(n) for n in self._list("shy"))

    @cached_property
    def families(self) -> frozenset[str]:
        """Keys of words that with a number make the name of a stain."""
        return frozenset(name_key(n) for n in self._list("families"))

    @cached_property
    def family_numbers(self) -> dict[str, frozenset[int]]:
        """Family word -> the numbers that name one of its stains, where not every number does."""
        return {name_key(k): frozenset(v) for k, v in (self.words.get("family_numbers") or {}).items()}

    @cached_property
    def before_plus(self) -> dict[str, Word]:
        """Letters that qualify a result only right before its plus sign."""
        groups = self.words.get("before_plus") or {}
        extents = self.words.get("extent") or {}
        return {
            str(k): Word("extent" if what in extents else "intensity", what) for what, ks in groups.items() for k in ks
        }

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        """Every beginning of a key, so that a look-up stops early."""
        keys = {*self.names, *self.vocabulary}
        return frozenset(k[:i] for k in keys for i in range(1, len(k) + 1))

    def _list(self, key: str) -> list[str]:
        return [str(v) for v in self.words.get(key) or ()]

    # --- look-up ------------------------------------------------------------------------------------------------------

    def match(self, tokens: Sequence[Token], i: int) -> tuple[int, Name | Word] | None:
        """The longest name or word that starts at token ``i``: index after its last token, and what it is."""
        first = tokens[i]
        if first.text in self.capitals and not _joined(tokens, i + 1):
            return i + 1, self.capitals[first.text]
        best: tuple[int, Name | Word] | None = None
        shorter: tuple[int, Name | Word] | None = None
        key = ""
        prefixes, names, vocabulary = self._prefixes, self.names, self.vocabulary
        loose = False
        for j in range(i, min(i + _LONGEST, len(tokens))):
            token = tokens[j]
            if token.kind == "sign":
                if j == i or not _links(tokens, j):
                    break
                if token.text in "/()%":
                    key += token.text
                    if key not in prefixes:
                        break
                    if token.text in ")%" and (found := names.get(key) or vocabulary.get(key)):
                        shorter, best = best, (j + 1, found)
                continue
            if token.kind == "break":
                if j == i or "\n" in token.text[1:]:
                    break
                continue
            if j > i and key and key[-1].isdigit() and token.fold[0].isdigit() and tokens[j - 1].kind != "sign":
                break  # "CD3 4" is not CD34
            apart = j > i and (token.start > tokens[j - 1].end or tokens[j - 1].kind == "break")
            if apart and key and key[-1].isalpha() and token.fold[0].isalpha() and token.kind == "word":
                loose = True
            key += token.fold
            if key not in prefixes:
                break
            found = names.get(key) or vocabulary.get(key)
            if found is not None and loose and key not in self.several:
                found = None  # "negative S-100" is no "negatives"
            if found is not None:
                shorter, best = best, (j + 1, found)
        if best is None:
            return None
        if shorter and isinstance(shorter[1], Name) and _is_grade(tokens, best[0] - 1):
            return shorter  # "ALK 1+" is a grade, "ALK1+" and "ALK-1+" a clone
        if isinstance(best[1], Name) and name_key(best[1].label) in self.shy and not self._bold(tokens, i):
            word = vocabulary.get(first.fold)
            return (i + 1, word) if word else None
        if (
            best[0] == i + 1
            and isinstance(best[1], Name)
            and first.fold in self.capital_keys
            and first.text not in self.capitals
        ):
            return None
        return best

    def _bold(self, tokens: Sequence[Token], i: int) -> bool:
        """Whether a shy name is written like a name: with a capital, or right before a sign."""
        text = tokens[i].text
        if text != text.lower():
            return True
        after = tokens[i + 1] if i + 1 < len(tokens) else None
        return after is not None and (after.text in "+-(:=±—" or after.fold in ("positive", "negative", "pos", "neg"))

    @cached_property
    def spelling(self) -> Spelling:
        """Near misses of the names of markers."""
        return Spelling(self.names)

    # --- sites and H&E features -------------------------------------------------------------------------------------------

    @cached_property
    def sites(self) -> dict[str, str]:
        """Phrase -> site category."""
        return _phrases(self.words, "sites")

    @cached_property
    def vague_sites(self) -> frozenset[str]:
        """Phrases beside which a more exact one counts."""
        return frozenset(plain(v) for v in self._list("vague_sites"))

    @cached_property
    def feature_words(self) -> dict[str, frozenset[str]]:
        """Words around H&E features: ``negation`` and ``glue``."""
        words = self.words.get("feature_words") or {}
        return {part: frozenset(plain(str(w)) for w in words.get(part) or ()) for part in ("negation", "glue")}

    @cached_property
    def features(self) -> dict[str, tuple[str, bool]]:
        """Key of an H&E phrase -> marker and whether it tells of its presence."""
        out: dict[str, tuple[str, bool]] = {}
        for marker in self.markers.values():
            if marker.kind == "morphology":
                for label in (marker.id, marker.label, *marker.synonyms):
                    out[name_key(label)] = (marker.id, True)
        for marker_id, sides in (self.words.get("morphology") or {}).items():
            if marker_id in self.markers:
                for side, labels in sides.items():
                    out.update({name_key(str(label)): (marker_id, side == "present") for label in labels})
        return out

    @cached_property
    def _feature_prefixes(self) -> frozenset[str]:
        return frozenset(k[:i] for k in self.features for i in range(1, len(k) + 1))

    def feature(self, text: str) -> str | None:
        """The H&E marker that ``text`` as a whole names, or None."""
        found = self.features.get(name_key(text))
        return found[0] if found and found[1] else None

    def feature_at(self, tokens: Sequence[Token], i: int) -> tuple[int, str, bool] | None:
        """The longest H&E phrase at token ``i``: index after it, marker, whether present."""
        best: tuple[int, str, bool] | None = None
        key = ""
        for j in range(i, min(i + _LONGEST, len(tokens))):
            token = tokens[j]
            if token.kind == "sign":
                if j == i or token.text not in "-_/'":
                    break
                continue
            key += token.fold
            if key not in self._feature_prefixes:
                break
            found = self.features.get(key)
            if found:
                best = (j + 1, *found)
        return best

    # --- running text -----------------------------------------------------------------------------------------------------

    @cached_property
    def feature_patterns(self) -> dict[str, list[tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]]]:
        """First letters -> phrases of H&E features and what they tell; an empty tuple for phrases that tell nothing."""
        told: dict[tuple[str, ...], list[tuple[str, bool]]] = {}
        quiet = {plain(str(w)) for w in (self.words.get("prose") or {}).get("not_in_text") or ()}

        def add(label: str, marker: str, present: bool) -> None:
            words = _stems(label)
            if words and " ".join(words) not in quiet:
                known = told.setdefault(words, [])
                if (marker, present) not in known:
                    known.append((marker, present))

        for marker in self.markers.values():
            if marker.kind == "morphology" and marker.id != "MORPH_MITOSES_HIGH":
                for label in (marker.label, *marker.synonyms):
                    add(label, marker.id, True)
        sections: list[Any] = [self.words.get("morphology") or {}, self.prose("features")]
        for n, section in enumerate(sections):
            for marker_id, sides in section.items():
                if marker_id not in self.markers or (
                    marker_id == "MORPH_MITOSES_HIGH" and n == 0
                ):  # in running text how many there are is told beside the word
                    continue
                for side, labels in sides.items():
                    for label in labels:
                        add(str(label), marker_id, side == "present")
        for label in (self.words.get("prose") or {}).get("not_features") or ():
            words = _stems(str(label))
            if words not in told:
                told[words] = []
        return _by_beginning([(k, tuple(v)) for k, v in told.items()])

    def features_at(self, tokens: Sequence[Token], i: int) -> tuple[int, tuple[tuple[str, bool], ...]] | None:
        """The longest H&E phrase at token ``i``: index after it, and what it tells."""
        return _longest(self.feature_patterns, tokens, i)

    @cached_property
    def amount_patterns(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        """First letters -> words of amount: ``low``, ``high``, ``mild``, ``marked``."""
        return _by_beginning([(_stems(str(w)), what) for what, ws in self.prose("amounts").items() for w in ws])

    def amount_at(self, tokens: Sequence[Token], i: int) -> tuple[int, str] | None:
        """A word of amount at token ``i``."""
        return _longest(self.amount_patterns, tokens, i)

    @cached_property
    def persons(self) -> dict[str, str]:
        """Words about the patient -> what they say: ``male``, ``years``, ``age`` and so on."""
        out: dict[str, str] = {}
        for what, words in self.prose("persons").items():
            if what != "numbers":
                for word in words:
                    out.setdefault(
                        plain(str(word)).replace(" ", "") if not str(word).isascii() else plain(str(word)), what
                    )
        return out

    @cached_property
    def person_numbers(self) -> dict[str, float]:
        """Numbers in words, as ages are written."""
        numbers: Any = self.prose("persons").get("numbers") or {}
        return {plain(str(w)): float(n) for n, ws in numbers.items() for w in ws}

    @cached_property
    def all_sites(self) -> dict[str, str]:
        """Phrase -> site category as the network has it; empty for phrases that are no site."""
        known = dict(self.sites)
        for site, labels in self.prose("sites").items():
            for label in labels:
                known[plain(str(label))] = site
        valid = set((self.words.get("sites") or {}).keys())
        for phrase, site in known.items():
            if site not in valid and site in _PARTS_OF_PELVIS:
                known[phrase] = "pelvis_gu"
        for label in (self.words.get("prose") or {}).get("no_sites") or ():
            known[plain(str(label))] = ""
        return known

    @cached_property
    def heading_patterns(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        """First letters -> headings of sections."""
        return _by_beginning([(_stems(str(w)), what) for what, ws in self.prose("headings").items() for w in ws])

    def heading_at(self, tokens: Sequence[Token], i: int) -> tuple[int, str] | None:
        """A heading at token ``i``: index after it, and which section it opens."""
        return _longest(self.heading_patterns, tokens, i)

    def is_word(self, text: str) -> bool:
        """Whether ``text`` as a whole is a grammar word."""
        return name_key(text) in self.vocabulary

    def name(self, text: str) -> Name | None:
        """The name that ``text`` as a whole is, or None."""
        key = name_key(text)
        return self.names.get(key)


#: Sites that are one where the network does not part them.
_PARTS_OF_PELVIS = frozenset({"uterus", "bladder", "prostate_male_tract", "pelvis_other"})
#: Phrases are looked up by so many letters of their first word.
_BEGINNING = 2


def _stems(label: str) -> tuple[str, ...]:
    """The words of a phrase; a ``*`` at the end of a word is kept."""
    return tuple(w for part in label.split() for w in _starred(part))


def _starred(part: str) -> list[str]:
    words = plain(part.rstrip("*")).split()
    return [*words[:-1], words[-1] + "*"] if words and part.endswith("*") else words


def _by_beginning(patterns: list[tuple[tuple[str, ...], Any]]) -> dict[str, list[tuple[tuple[str, ...], Any]]]:
    """Phrases by the first letters of their first word, longest first."""
    out: dict[str, list[tuple[tuple[str, ...], Any]]] = {}
    for words, what in patterns:
        if words:
            out.setdefault(words[0].rstrip("*")[:_BEGINNING], []).append((words, what))
    for rows in out.values():
        rows.sort(key=lambda r: (-len(r[0]), -len(r[0][0].rstrip("*"))))
    return out


def _longest(
    table: Mapping[str, list[tuple[tuple[str, ...], Any]]], tokens: Sequence[Token], i: int
) -> tuple[int, Any] | None:
    """The longest phrase of a table that starts at token ``i``: index after it, and what it means."""
    if tokens[i].kind not in ("word", "cjk"):
        return None
    for begin in (tokens[i].fold[:_BEGINNING], tokens[i].fold[:1]):
        for words, what in table.get(begin, ()):
            j = i
            for n, word in enumerate(words):
                if n:
                    while j < len(tokens) and tokens[j].kind == "sign" and tokens[j].text in "-'\"" and j - i < 20:
                        j += 1
                    if j < len(tokens) and tokens[j].kind == "break" and tokens[j].text == "\n":
                        j += 1
                if j >= len(tokens) or not (
                    tokens[j].fold.startswith(word[:-1]) if word.endswith("*") else tokens[j].fold == word
                ):
                    break
                j += 1
            else:
                return j, what
        if len(tokens[i].fold) < _BEGINNING:
            break
    return None


#: Section of the YAML -> role of its words; empty: the key within the section is the role.
_SECTIONS = {
    "remarks": "remark",
    "phrases": "",
    "values": "value",
    "extent": "extent",
    "intensity": "intensity",
    "pattern": "pattern",
    "genetics": "cue",
    "index": "index",
}


def _gene(marker: MarkerLike) -> str:
    """The gene a genetic word after this marker's name would be about."""
    if not marker.genes:
        return ""
    return "NTRK" if marker.genes[0].startswith("NTRK") else marker.genes[0]


def _pieces(label: str) -> list[Token]:
    """The words of a label."""
    return [t for t in tokenise(normalise(label)) if t.kind != "sign"]


def _joined(tokens: Sequence[Token], j: int) -> bool:
    """Whether token ``j`` continues the word before it ("ER-α", "NA/K")."""
    return (
        j + 1 < len(tokens)
        and tokens[j].text in "/-."
        and tokens[j].start == tokens[j - 1].end
        and tokens[j + 1].kind == "word"
        and tokens[j + 1].start == tokens[j].end
        and len(tokens[j + 1].text) < 3
    )


def _links(tokens: Sequence[Token], j: int) -> bool:
    """Whether the sign at ``j`` may stand inside a name."""
    text = tokens[j].text
    if text in "-_/()%":
        return True
    if text in ".'\"":
        return j + 1 < len(tokens) and tokens[j].start == tokens[j - 1].end and tokens[j + 1].start == tokens[j].end
    return False


def _is_grade(tokens: Sequence[Token], j: int) -> bool:
    """Whether token ``j`` is a number of its own, not part of the name before it: "ALK 1+", "CK 20%"."""
    if not is_number(tokens[j]) or tokens[j].start == tokens[j - 1].end or j + 1 >= len(tokens):
        return False
    after = tokens[j + 1]
    if after.text == "+":
        return after.start == tokens[j].end and len(tokens[j].text) == 1 and tokens[j].text in "01234"
    return after.text == "%"


def _phrases(words: Mapping[str, Any], key: str) -> dict[str, str]:
    """Phrase -> category of one section of the lexicon (``sites``, ``morphology``), words folded, one space between.

    Args:
        words: the content of ``lexicon.yaml``.
        key (str): the section.
    """
    out: dict[str, str] = {}
    for category, labels in (words.get(key) or {}).items():
        out[plain(category)] = category
        for label in labels or ():
            out[plain(str(label))] = category
    return out


def plain(text: str) -> str:
    """Words of ``text``, folded, one space between them."""
    return " ".join(t.fold for t in tokenise(normalise(text)) if t.kind in ("word", "cjk"))
