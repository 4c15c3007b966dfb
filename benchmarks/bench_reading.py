"""Reading report text: 100 kB of every kind of text that could grow out of hand, against merely splitting it into words.

    python benchmarks/bench_reading.py [--bytes 100000] [--rounds 3]

The floor is one regular expression that finds words, numbers and signs: what any reader must do at least. ``growth`` is the exponent of the time
between a quarter of the text and the whole: 1 is proportional, 2 is quadratic.
"""

from __future__ import annotations

import argparse
import math
import re
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from facts import machine

import imtdx
from imtdx.errors import PanelError
from imtdx.notation import Lexicon, parse_panel

#: Text that is repeated up to the size.
PIECES = {
    "a report": "The tumor cells are positive for SMA, but negative for S100. Ki-67 index was about 8%.\n",
    "a panel": "ALK+ SMA+ desmin focal+ CD117- S-100- DOG1- Ki-67 10%; ",
    "canonical": "ALK=positive;",
    "list": "SMA, desmin, ",
    "notes in brackets": "SMA (x) ",
    "brackets never closed": "SMA (focal ",
    "only brackets": "(",
    "signs": "+-",
    "unknown stains": "foo+ ",
    "one word": "a",
    "hyphens": "a-",
    "digits": "9",
    "Chinese": "阳",
}
#: The reader refuses panels of more than 20,000.
WORDS = 16_000
_WORDS = re.compile(r"\w+|[^\w\s]")


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, bool]:
    """Median seconds, and whether it was read to the end."""
    spent, read = [], True
    for _ in range(rounds):
        start = time.process_time()
        try:
            work()
        except PanelError:
            read = False
        spent.append(time.process_time() - start)
    return median(spent), read


def main(size: int, rounds: int) -> None:
    lexicon = imtdx.load().lexicon
    print(machine())
    start = time.process_time()
    fresh = Lexicon(lexicon.markers, lexicon.words)
    made = time.process_time() - start
    start = time.process_time()
    parse_panel("ALK+", fresh)
    print(f"a lexicon: {made * 1e3:.1f} ms; its first panel: {(time.process_time() - start) * 1e3:.0f} ms")
    parse_panel("ALK+", lexicon)
    print(f"up to {size:,} bytes or {WORDS:,} words and signs, median of {rounds} rounds, processor time")
    for name, piece in PIECES.items():
        text = piece * min(size // len(piece.encode()), WORDS // len(_WORDS.findall(piece)))
        whole, read = timed(lambda text=text: parse_panel(text, lexicon), rounds)
        quarter, _ = timed(lambda text=text: parse_panel(text[: len(text) // 4], lexicon), rounds)
        floor, _ = timed(lambda text=text: _WORDS.findall(text), rounds)
        growth = f"growth {math.log(whole / quarter, 4):4.1f}" if read else "refused    "
        print(f"  {name:24s} {len(text):7,} {whole * 1e3:8.0f} ms   {growth}   words alone {floor * 1e3:6.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    main(options.bytes, options.rounds)
