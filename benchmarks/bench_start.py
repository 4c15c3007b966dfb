"""How long a command takes to start, and what the cache of the knowledge costs to read as JSON and as a pickle.

    python -m benchmarks.bench_start

Best of several runs, one process each; the cache alone in this process, with the garbage collector as Python has it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from imtdx import _plain
from imtdx.store import _CLASSES, lexicon_of, read_knowledge

COMMANDS = {
    "import imtdx": ["-c", "import imtdx"],
    "imtdx --version": ["-m", "imtdx", "--version"],
    "imtdx diagnose": ["-m", "imtdx", "diagnose", "ALK+ SMA+ desmin focal+ CD117- S-100-"],
}


def best(work: Callable[[], object], times: int = 9) -> float:
    """Shortest time in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return 1000 * min(took)


def main() -> None:
    """Print the figures."""
    for name, words in COMMANDS.items():
        for cache in ("warm", "off"):
            with tempfile.TemporaryDirectory() as folder:
                env = os.environ | {"IMTDX_CACHE": folder if cache == "warm" else ""}

                def start(words: list[str] = words, env: dict[str, str] = env) -> None:
                    subprocess.run([sys.executable, *words], env=env, stdout=subprocess.DEVNULL, check=True)

                start()
                print(f"{name:<16} cache {cache:<4} {best(start, 5):7.0f} ms")
    knowledge = read_knowledge()
    kept = (knowledge, lexicon_of(knowledge))
    as_json, as_pickle = _plain.dumps(kept, _CLASSES), pickle.dumps(kept, protocol=5)
    print(f"cache as JSON    {len(as_json) / 1e6:.2f} MB {best(lambda: _plain.loads(as_json, _CLASSES)):7.1f} ms")
    print(f"cache as pickle  {len(as_pickle) / 1e6:.2f} MB {best(lambda: pickle.loads(as_pickle)):7.1f} ms")


if __name__ == "__main__":
    main()
