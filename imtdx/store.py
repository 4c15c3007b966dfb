"""Where the knowledge comes from at run time: the YAML files, through a cache of what was read from them.

Reading and checking the YAML takes a few tenths of a second, too long for a command typed at the microscope. The checked records are kept in the
user's cache directory under the hash of every byte they were read from, so an edited file is always read anew. They are kept as
plain data (`imtdx._plain`), which can run no code, in a folder and file that this user alone can write: counts that somebody
else could change are not read. Without such a folder everything works, only slower. ``IMTDX_CACHE`` names another; an empty value
turns the cache off.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from imtdx import _plain
from imtdx.errors import KnowledgeError, OutputError
from imtdx.files import write_bytes
from imtdx.knowledge import Knowledge, hash_files, knowledge_dir, knowledge_files, load_knowledge
from imtdx.notation import Lexicon
from imtdx.notation.names import Name, Word
from imtdx.notation.spelling import Spelling
from imtdx.records import (
    ContextRow,
    Diagnosis,
    JudgedDiagnosis,
    JudgedRate,
    Judgement,
    Ki67Row,
    Marker,
    PriorProfile,
    Review,
    Source,
    Study,
)
from imtdx.remarks import Igg4, Keratin, Mimic, Recurrence, Remarks

__all__ = ["default_lexicon", "lexicon_of", "read_knowledge"]


def read_knowledge(directory: Path | str | None = None, overlays: Iterable[str | Path] = ()) -> Knowledge:
    """The checked knowledge, from the cache when its files have not changed.

    Args:
        directory: a knowledge directory; the shipped one by default.
        overlays: overlay files, applied in order.

    Raises:
        KnowledgeError: a file is missing, broken or inconsistent.
    """
    place = Path(directory) if directory is not None else knowledge_dir()
    if not place.is_dir():
        raise KnowledgeError("no such directory; name one with markers.yaml, diagnoses/ and the rest", str(place))
    sha256 = hash_files(knowledge_files(place))
    kept = _cached(sha256)
    if kept is None:
        knowledge = load_knowledge(place)
        lexicon = Lexicon(knowledge.markers, knowledge.words)
        lexicon.build()
        kept = (knowledge, lexicon)
        _keep(sha256, kept)
    knowledge, _lexicons[sha256] = kept
    paths = [Path(p) for p in overlays]
    if paths:
        from imtdx.overlays import apply_overlay

        for path in paths:
            knowledge = apply_overlay(knowledge, path)
    return knowledge


@lru_cache(maxsize=1)
def default_lexicon() -> Lexicon:
    """The words of the shipped knowledge."""
    knowledge = read_knowledge()
    return lexicon_of(knowledge)


#: The modules whose classes and readers the cached records come from, besides notation/.
_CODE = (
    "_plain.py",
    "_schema.py",
    "_yaml.py",
    "judgement.py",
    "knowledge.py",
    "reading.py",
    "records.py",
    "remarks.py",
    "store.py",
)
#: What the cache may hold besides texts, numbers and containers.
_CLASSES = (
    Knowledge, Diagnosis, Marker, Source, Study, ContextRow, Ki67Row, PriorProfile, Lexicon, Spelling, Name, Word,
    Judgement, JudgedDiagnosis, JudgedRate, Review, Remarks, Mimic, Igg4, Keratin, Recurrence,
)  # fmt: skip
#: Files that are kept: one per knowledge, and per version of this package.
_MOST_FILES = 8
#: Lexicons by the hash of the knowledge they were made from.
_lexicons: dict[str, Lexicon] = {}


def lexicon_of(knowledge: Knowledge) -> Lexicon:
    """The words of a knowledge: those made with it, or made anew where an overlay changed it."""
    return _lexicons.get(knowledge.sha256) or Lexicon(knowledge.markers, knowledge.words)


def _cache_file(sha256: str) -> Path | None:
    """The cache file for this content and this code; ``None`` when the cache is off."""
    place = os.environ.get("IMTDX_CACHE")
    if place == "":
        return None
    if place is None:
        base = os.environ.get("XDG_CACHE_HOME")
        try:
            place = str((Path(base) if base else Path("~/.cache").expanduser()) / "imtdx")
        except RuntimeError:  # no home
            return None
    # another version of the code must not be fed what an old one made of the files
    code = hashlib.sha256()
    for content in _code():
        code.update(content)
    return Path(place) / f"knowledge-{sha256[:24]}-{code.hexdigest()[:12]}.json"


def _code() -> Iterator[bytes]:
    """The modules that the cached records depend on, also of a package that is imported out of an archive."""
    here: Any = Path(__file__).parent
    if not here.is_dir():
        from importlib.resources import files

        here = files("imtdx")
    for name in _CODE:
        yield (here / name).read_bytes()
    for path in sorted((here / "notation").iterdir(), key=lambda p: str(p.name)):
        if path.name.endswith(".py"):
            yield path.read_bytes()


def _mine(path: Path) -> bool:
    """Whether a file or folder is this user's, and nobody else can write to it."""
    if not hasattr(os, "getuid"):
        return True
    status = path.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _cached(sha256: str) -> tuple[Knowledge, Lexicon] | None:
    path = _cache_file(sha256)
    if path is None:
        return None
    try:
        if not (_mine(path.parent) and _mine(path)):
            return None
        knowledge, lexicon = _plain.loads(path.read_bytes(), _CLASSES)
    except Exception:  # a missing, damaged or foreign cache file is only a slower start
        return None
    if not isinstance(knowledge, Knowledge) or not isinstance(lexicon, Lexicon) or knowledge.sha256 != sha256:
        return None
    return knowledge, lexicon


def _keep(sha256: str, kept: tuple[Knowledge, Lexicon]) -> None:
    path = _cache_file(sha256)
    if path is None:
        return
    with contextlib.suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _mine(path.parent):
            return
        write_bytes(path, _plain.dumps(kept, _CLASSES))
        found = sorted(path.parent.glob("knowledge-*"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in found[_MOST_FILES:]:
            old.unlink()
