"""The cache of the knowledge: plain data in a place that is the user's alone, and never needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imtdx import _plain, store
from imtdx.store import lexicon_of, read_knowledge


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of its own for each test."""
    place = tmp_path / "cache"
    monkeypatch.setenv("IMTDX_CACHE", str(place))
    yield place


def cached(place: Path) -> list[Path]:
    return sorted(place.glob("knowledge-*"))


def read_again(monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the YAML is read."""
    real, called = store.load_knowledge, []
    monkeypatch.setattr(store, "load_knowledge", lambda place: called.append(place) or real(place))
    read_knowledge()
    return bool(called)


def test_what_is_kept_is_what_was_read(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_knowledge()
    words = lexicon_of(first)
    assert len(cached(cache)) == 1 and cache.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(store, "_lexicons", {})
    assert not read_again(monkeypatch)
    second = read_knowledge()
    assert second == first and second is not first
    assert list(second.diagnoses) == list(first.diagnoses)
    again = lexicon_of(second)
    for name, value in vars(words).items():
        if name != "spelling":
            assert vars(again)[name] == value, name
    study = first.diagnoses["imt"].evidence["ALK"][0]
    assert type(second.diagnoses["imt"].evidence["ALK"][0]) is type(study)
    assert second.network.lines == first.network.lines and second.network.file == "network.yaml"  # type: ignore[attr-defined]


def test_the_cache_is_text_and_makes_known_classes_only() -> None:
    assert b"Study" not in _plain.dumps((1, "a", None, (True, [1.5]), frozenset({"x"}), {("k", 1): 2}), ())
    value = (1, "a", None, (True, [1.5]), frozenset({"x"}), {("k", 1): 2})
    assert _plain.loads(_plain.dumps(value, ()), ()) == value
    with pytest.raises(TypeError, match="Path is no record"):
        _plain.dumps(Path(), ())
    for bad in (
        b"",
        b"[]",
        b'[[],{"0":[]}]',
        b'[[],{"os.system":["id"]}]',
        b'[[[99,[]]],{"0":[]}]',
        b"[" * 100_000,
        b"\xff",
    ):
        with pytest.raises((ValueError, LookupError, TypeError, RecursionError)):
            _plain.loads(bad, store._CLASSES)


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "another knowledge", "folder"])
def test_a_damaged_cache_is_read_anew(damage: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_knowledge()
    (file,) = cached(cache)
    data = file.read_bytes()
    if damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        bad = {"cut": data[:-100], "empty": b"", "other": b"[[],1]"}
        file.write_bytes(bad.get(damage, data.replace(first.sha256.encode(), b"0" * 64)))
    assert read_again(monkeypatch)
    assert read_knowledge() == first


@pytest.mark.parametrize("what", ["folder", "file"])
@pytest.mark.parametrize("mode", [0o002, 0o020])
def test_what_others_can_write_to_is_refused(
    what: str, mode: int, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_knowledge()
    (file,) = cached(cache)
    before = file.stat().st_mtime_ns
    place = cache if what == "folder" else file
    place.chmod(place.stat().st_mode & 0o777 | mode)
    assert read_again(monkeypatch)
    if what == "folder":
        # nor is anything put there
        assert cached(cache)[0].stat().st_mtime_ns == before
        file.unlink()
        read_knowledge()
        assert not cached(cache)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_another_users_cache_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_knowledge()
    os.chown(cache, 12345, -1)
    assert read_again(monkeypatch)


def test_another_version_of_the_code_reads_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_knowledge()
    monkeypatch.setattr(store, "_CODE", (*store._CODE, "rates.py"))
    assert read_again(monkeypatch)
    assert len(cached(cache)) == 2


def test_old_files_do_not_pile_up(cache: Path) -> None:
    cache.mkdir(mode=0o700)
    for k in range(12):
        (cache / f"knowledge-{k}.pickle").write_bytes(b"old")
        os.utime(cache / f"knowledge-{k}.pickle", (k, k))
    read_knowledge()
    assert len(cached(cache)) == store._MOST_FILES
    assert any(p.suffix == ".json" for p in cached(cache))


@pytest.mark.parametrize("place", ["", "/proc/nothing/here", "/dev/null/x"])
def test_without_a_cache_everything_works(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMTDX_CACHE", place)
    assert "imt" in read_knowledge().diagnoses
    monkeypatch.delenv("IMTDX_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/proc/nothing")
    assert "imt" in read_knowledge().diagnoses


def test_first_runs_at_the_same_time(cache: Path) -> None:
    code = "from imtdx.store import read_knowledge; print(read_knowledge().sha256)"
    runs = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {run.communicate(timeout=120)[0] for run in runs}
    assert said == {read_knowledge().sha256 + "\n"} and all(run.returncode == 0 for run in runs)
    assert len(list(cache.iterdir())) == 1
