"""Requests per second of ``imtdx serve`` on this machine, beside the same server with an empty answer.

    python -m benchmarks.bench_serve [--seconds 10] [--parallel 50] [--workers 2]

Asks POST /diagnose over loopback from ``parallel`` connections and prints requests per second, median and 99th percentile of the
time to the answer, and errors. The rival is GET /health of the same processes: what HTTP alone costs here.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time

import httpx

PANELS = [
    "ALK+ SMA+ desmin focal+ CD117- S-100- Ki-67 10%",
    "CD117+ DOG1+ CD34+ SMA- desmin- S100-",
    "S100 diffuse SOX10+ CD34- EMA- Ki-67 3%",
    "STAT6+ CD34+ CD99+ BCL2+ SMA- desmin- CK-",
]


def main() -> None:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--parallel", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "imtdx", "serve", "--port", str(port), "--workers", str(args.workers)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ)
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(base)
        print(
            f"{args.workers} workers, {args.parallel} parallel connections, {args.seconds:g} s each, {os.cpu_count()} cores"
        )
        for name, ask in (("POST /diagnose", _diagnose), ("GET /health (rival)", _health)):
            times, errors = asyncio.run(_load(base, ask, args.parallel, args.seconds))
            cut = statistics.quantiles(times, n=100)
            rate = len(times) / args.seconds
            print(
                f"{name:20s} {rate:8.0f} requests/s   median {cut[49] * 1e3:7.1f} ms   p99 {cut[98] * 1e3:7.1f} ms   {errors} errors"
            )
    finally:
        process.terminate()
        process.wait(30)


def _wait(base: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{base}/health")
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the server did not come up")


async def _diagnose(client: httpx.AsyncClient, k: int) -> int:
    return (await client.post("/diagnose", json={"text": PANELS[k % len(PANELS)], "age": k % 80})).status_code


async def _health(client: httpx.AsyncClient, k: int) -> int:
    return (await client.get("/health")).status_code


async def _load(base: str, ask, parallel: int, seconds: float) -> tuple[list[float], int]:  # type: ignore[no-untyped-def]
    """Times to the answer in seconds, and how many were no answer."""
    times: list[float] = []
    errors = 0
    end = time.monotonic() + seconds
    limits = httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel)

    async def one(client: httpx.AsyncClient, start: int) -> None:
        nonlocal errors
        k = start
        while time.monotonic() < end:
            began = time.monotonic()
            try:
                errors += await ask(client, k) != 200
            except httpx.TransportError:
                errors += 1
            times.append(time.monotonic() - began)
            k += parallel

    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60) as client:
        await asyncio.gather(*(one(client, k) for k in range(parallel)))
    return times, errors


if __name__ == "__main__":
    main()
