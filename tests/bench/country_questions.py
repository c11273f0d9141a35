#!/usr/bin/env python3
"""What questions to a large territory cost once it is in the cache: medians of five rounds, of
fifteen for single closures; two threads.

    maillage synth --places 2000000 --counters 20000 --seed 1 --out country
    tests/bench/country_questions.py country/territory.toml [SCENARIO_WITH_ROADS.toml]

All lists of one service in both directions on every network (each place's k = 8, written as a
table), every closure alone for each service (the first time: nothing of it is kept), one
closure, ten thousand scenarios, and a scenario that closes roads (applied, compared, summed up).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import maillage as ml

K = 8
ROUNDS = 5
THREADS = 2
QUIET = {"threads": THREADS, "progress": False}


def take_time(ask: Callable[[], Any]) -> tuple[Any, float, float]:
    """The result of a call, its wall and its processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    found = ask()
    return found, time.perf_counter() - wall, time.process_time() - processor


def tell(what: str, walls: list[float], processors: list[float]) -> None:
    wall, processor = float(np.median(walls)), float(np.median(processors))
    print(
        f"{what:58s} {wall:8.3f} s   {processor:8.3f} s of processor time"
        f"   fastest {min(walls):.3f} s",
        flush=True,
    )


def say(what: str, ask: Callable[[], Any], rounds: int = ROUNDS) -> Any:
    """Prints the median wall and processor seconds of a call; gives its last result."""
    taken = [take_time(ask) for _ in range(rounds)]
    tell(what, [wall for _, wall, _ in taken], [processor for _, _, processor in taken])
    return taken[-1][0]


def ask_lists(territory: ml.Territory, level: np.ndarray) -> None:
    is_open = territory.parts.counters["open"].to_numpy(dtype=bool)
    rows = np.flatnonzero(is_open & (level >= 1)).astype(np.uint32)
    for link, use in zip(territory._core.links, territory.parts.networks, strict=True):
        counters = link["counters"].select(rows)
        hierarchy = use.roads._find_hierarchy(THREADS, None)
        core = use.roads._core
        for direction in ("to", "from"):
            say(
                f"lists {direction} {len(rows):,} counters, {use.mode}",
                lambda c=core, h=hierarchy, d=direction, p=link["places"], n=counters: c.nearest(
                    p, n, K, h, d, threads=THREADS
                ),
            )


def ask_singles(path: str) -> None:
    """Every closure alone; read anew each round, so that nothing but the lists is kept."""
    times: dict[str, list[tuple[float, float]]] = {}
    for _ in range(3 * ROUNDS):
        territory = ml.read_territory(path, **QUIET)
        for service in territory.services:
            territory.exposure(service, **QUIET)  # lists are mapped
            ask = lambda t=territory, s=service: t.single_closures(s, by_group=True, **QUIET)  # noqa: E731
            _, wall, processor = take_time(ask)
            times.setdefault(service, []).append((wall, processor))
    for service, taken in times.items():
        walls, processors = map(list, zip(*taken, strict=True))
        tell(f"every closure of {service} alone, by group", walls, processors)


def ask_closures(territory: ml.Territory) -> None:
    service = territory.services[0]
    open_ones = territory.counters.query(f"level_{service} > 0 and open")["key"].tolist()
    rng = np.random.default_rng(1)
    many = {
        f"s{i}": list(rng.choice(open_ones, rng.integers(1, 21), replace=False))
        for i in range(10_000)
    }
    say("one closure", lambda: territory.compare_many({"a": open_ones[:1]}, service, **QUIET))
    say("10,000 scenarios", lambda: territory.compare_many(many, service, **QUIET))


def ask_roads(territory: ml.Territory, path: str) -> None:
    service = territory.services[0]
    scenario = ml.read_scenario(path)
    after = say("roads: apply", lambda: territory.apply(scenario, **QUIET), 3)
    after = territory.apply(scenario, **QUIET)  # knows no lists yet
    delta = say(
        "roads: compare, lists found", lambda: territory.compare(after, service, **QUIET), 1
    )
    say("roads: total()", delta.total, 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("territory")
    parser.add_argument("scenario", nargs="?")
    asked = parser.parse_args()
    print("load", os.getloadavg())
    country = ml.read_territory(asked.territory, progress=False)
    ask_lists(country, country.parts.levels[:, 0])
    for of in country.services:
        country.exposure(of, **QUIET)
    country.save_lists()
    ask_singles(asked.territory)
    ask_closures(country)
    if asked.scenario:
        ask_roads(country, asked.scenario)
    print("load", os.getloadavg())
