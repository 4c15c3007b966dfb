"""The page in Chromium: time until it is ready and from a click to the new answer, against a page of the same size that computes nothing.

python benchmarks/bench_page.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import Browser, find_chromium
from facts import machine

import imtdx
from imtdx.page import build_page

LINE = "ALK+ SMA+ vimentin+ desmin focal+ CD117- S-100- DOG1- Ki-67 10%; 5-year-old boy"
LOADED = "performance.getEntriesByType('navigation')[0].domComplete"
CLICKS = """(() => {
  const radios = document.querySelectorAll("input[name='CD34'], input[name='STAT6'], input[name='DES']"), times = [];
  for (let k = 0; k < 30; k++) {
    const start = performance.now();
    radios[(k * 7) % radios.length].click();
    document.body.offsetHeight;
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[15];
})()"""


def main(rounds: int) -> None:
    if find_chromium() is None:
        print("no Chromium on this machine (apt-get install chromium): nothing measured")
        return
    text = build_page(imtdx.load())
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        page, still = Path(folder) / "page.html", Path(folder) / "still.html"
        page.write_text(text, encoding="utf-8")
        # as many bytes, as data the browser must read but not run
        still.write_text(
            f"<!doctype html><meta charset=utf-8><script type=application/json>{json.dumps('x' * len(text))}</script>",
            encoding="utf-8",
        )
        ready, updated, whole, floor = [], [], [], []
        for _ in range(rounds):
            browser.open(still)
            floor.append(browser.run(LOADED))
            browser.open(page)
            browser.run("imtdx.ready")
            ready.append(browser.run("imtdxReady"))
            browser.run(f"imtdx.show({json.dumps(LINE)})")
            start = time.perf_counter()
            browser.run("imtdx.settled()")
            whole.append(1000 * (time.perf_counter() - start))
            updated.append(browser.run(CLICKS))
    print(machine())
    print(f"{len(text) / 1e6:.2f} MB, median of {rounds} rounds")
    print(f"  ready {median(ready):7.1f} ms   a page of the same size that computes nothing {median(floor):7.1f} ms")
    print(f"  intervals and every reason {median(whole):7.1f} ms after the panel")
    print(f"  from a click to the new answer {median(updated):7.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args().rounds)
