"""Texts to read: the specification, texts handed over with the tests, and texts made at random from both."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

__all__ = ["fuzzed", "specified", "told"]

TESTS = Path(__file__).parent
_SIGNS = "ALK SMA+-,;:()[]/%~<>0123456789 \n.?!αβßẞİıſﬁ阳性陰（＋）😀é́ｋ−–≥±'\"_*|&=\t\u00a0\u2028"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def specified() -> list[str]:
    """Every text of the specification; what they are read as goes with them, for it is text too."""
    spec = yaml.safe_load((TESTS / "notation_examples.yaml").read_text(encoding="utf-8"))
    return list(dict.fromkeys(_strings(spec)))


def told() -> list[str]:
    """Texts of whole reports and paragraphs under ``tests/data``."""
    out = []
    for path in sorted((TESTS / "data").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            out += [record[k] for k in ("text", "report", "paragraph") if isinstance(record.get(k), str)]
    return out


def fuzzed(n: int, seed: int) -> list[str]:
    """Random signs, random words of reports, and reports with random changes."""
    r = random.Random(seed)
    texts = [*specified(), *told()]
    words = [w for t in texts for w in t.split()]
    out = []
    for _ in range(n):
        kind = r.randrange(4)
        if kind == 0:
            out.append("".join(r.choice(_SIGNS) for _ in range(r.randrange(60))))
        elif kind == 1:
            out.append(" ".join(r.choice(words) for _ in range(r.randrange(1, 16))))
        elif kind == 2:
            letters = list(r.choice(texts)[:600])
            for _ in range(r.randrange(1, 5)):
                if letters:
                    letters[r.randrange(len(letters))] = r.choice(_SIGNS)
            out.append("".join(letters))
        else:
            a, b = r.choice(texts)[:300], r.choice(texts)[:300]
            out.append(a[: r.randrange(len(a) + 1)] + b[r.randrange(len(b) + 1) :])
    return out
