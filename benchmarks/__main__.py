"""Every speed measurement, one after another: ``python -m benchmarks``.

Each runs in a process of its own, so that none inherits the caches, threads or memory of the one before.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: Script -> what it measures.
SCRIPTS = {
    "bench_start.py": "the start of a command, and the cache of the knowledge",
    "bench_engine.py": "the engine alone, against pgmpy and pyAgrum",
    "bench_answer.py": "next tests, best panel and conflict of one case, against pyAgrum",
    "bench_reading.py": "reading long text, against merely splitting it into words",
    "bench_page.py": "the page, against one that computes nothing",
    "bench_table.py": "whole tables, against merely reading and writing them",
    "plot_cost.py": "cost against rows and against findings",
}


def main() -> int:
    """Run them; 1 when one failed."""
    failed = 0
    for script, title in SCRIPTS.items():
        print(f"== {script}: {title}", flush=True)
        failed |= subprocess.run([sys.executable, str(Path(__file__).parent / script)], check=False).returncode != 0
        print(flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
