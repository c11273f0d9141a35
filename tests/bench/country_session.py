#!/usr/bin/env python3
"""What a session on a large territory costs: time and memory of each step, each in its own process.

    maillage synth --places 2000000 --counters 20000 --seed 1 --out country
    tests/bench/country_session.py country/territory.toml

Steps: the first reading (files read, hierarchies built, cache written), five readings from the
cache (median), a session that asks for the exposure to every service (lists found and kept),
and the same session again (lists found in the cache). `--no-cache` adds a session without one.
Memory is that of the kernel: resident now and at its highest, of that anonymous (the program's
own) and of files (parts of the cache that were looked at; the kernel takes them back when it
needs memory). Linux only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_KIB_A_GIB = 1 << 20


def read_memory() -> dict[str, float]:
    """GiB resident now and at the highest, anonymous and of files."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
    names = {"now": "VmRSS", "highest": "VmHWM", "anonymous": "RssAnon", "of files": "RssFile"}
    return {name: int(values[key]) / _KIB_A_GIB for name, key in names.items()}


def run_session(path: str, cache: str | None, asks: bool) -> list[dict[str, Any]]:
    """Reads the territory and, if asked to, finds the exposure to every service."""
    import maillage as ml

    rows = []

    def note(step: str, started: float) -> None:
        rows.append({"step": step, "seconds": time.perf_counter() - started, **read_memory()})

    started = time.perf_counter()
    territory = ml.read_territory(path, cache=cache if cache else False)
    note("read_territory", started)
    doubts = territory.findings["kind"].str.startswith("cache_").sum()
    assert doubts == 0, territory.findings
    if asks:
        for service in territory.services:
            started = time.perf_counter()
            territory.exposure(service)
            note(f"exposure to {service}", started)
        started = time.perf_counter()
        n = territory.save_lists()
        note(f"{n} lists written, waited for", started)
    return rows


def start_session(path: Path, cache: Path | None, asks: bool) -> list[dict[str, Any]]:
    """A session in a process of its own."""
    command = [sys.executable, __file__, str(path), "--one", str(cache or ""), str(int(asks))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def show(title: str, rows: list[dict[str, Any]]) -> None:
    print(f"\n{title}\n{'':44}{'s':>8}{'GiB now':>10}{'highest':>9}{'anon.':>8}{'files':>8}")
    for r in rows:
        memory = f"{r['now']:>10.2f}{r['highest']:>9.2f}{r['anonymous']:>8.2f}{r['of files']:>8.2f}"
        print(f"{r['step']:44}{r['seconds']:>8.2f}{memory}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("territory", type=Path)
    parser.add_argument("--cache", type=Path, help="a folder to keep; a temporary one by default")
    parser.add_argument("--loads", type=int, default=5, help="readings from the cache")
    parser.add_argument("--no-cache", action="store_true", help="adds a session without a cache")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        cache, asks = arguments.one
        print(json.dumps(run_session(str(arguments.territory), cache or None, asks == "1")))
        return
    with tempfile.TemporaryDirectory() as temporary:
        cache = arguments.cache or Path(temporary)
        show("first reading", start_session(arguments.territory, cache, asks=False))
        rounds = range(arguments.loads)
        loads = [start_session(arguments.territory, cache, asks=False)[0] for _ in rounds]
        seconds = statistics.median(row["seconds"] for row in loads)
        show(f"from the cache, median of {len(loads)}", [loads[-1] | {"seconds": seconds}])
        show("a session", start_session(arguments.territory, cache, asks=True))
        show("the same again", start_session(arguments.territory, cache, asks=True))
        size = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())
        print(f"\nthe cache takes {size / 1e9:.2f} GB")
    if arguments.no_cache:
        show("a session without a cache", start_session(arguments.territory, None, asks=True))


if __name__ == "__main__":
    main()
