"""Travel times by public transport over a window of departures: maillage beside R5.

    python tests/bench/compare_r5.py [--rounds 5] [--threads 2]

500 x 500 points of Nantes, five percentiles, R5's parameters: at most three rides, more than 60 s
at each stop, 3.6 km/h. maillage is asked exactly (every second of the window) and with departures
sampled each minute, as R5 samples them. Origins a second are those of the whole Python call, its
data frame included, and of the engine alone, walks found beforehand; medians of `--rounds`, with
the processor time of the fastest round. R5's figures are quoted from the README of the data (v7.4,
two threads, two cores); its answers are the reference of `tests/real/test_transit_r5.py`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from nantes import DEPARTURE, PERCENTILES, R5, build_question, read_nantes, read_points

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
R5_QUOTED = {1: 171, 60: 57, 120: 38}  # origins a second


def time_rounds(ask: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median of the wall seconds, least of the processor seconds; one round before them."""
    ask()
    walls, processor = [], []
    for _ in range(rounds):
        started, spent = time.perf_counter(), time.process_time()
        ask()
        walls.append(time.perf_counter() - started)
        processor.append(time.process_time() - spent)
    return float(np.median(walls)), min(processor)


def compare(rounds: int, threads: int) -> pd.DataFrame:
    points = read_points(DATA)
    started = time.perf_counter()
    transit = read_nantes(DATA)
    read_s = time.perf_counter() - started
    started = time.perf_counter()
    summary = transit.summary()
    print(f"files read in {read_s:.2f} s (R5, quoted: network build 7.8 s)")
    print(f"walks between stops and timetable in {time.perf_counter() - started:.2f} s: {summary}")
    question = build_question(transit, points, points)
    rows = []
    for window in R5_QUOTED:
        for sample_min, name in ((None, "exact"), (1, "sampled")):

            def ask_all(window: int = window, sample_min: float | None = sample_min) -> Any:
                how = {"window_min": window, "percentiles": PERCENTILES, "sample_min": sample_min}
                return transit.travel_time_matrix(
                    points, points, DEPARTURE, threads=threads, progress=False, **how, **R5
                )

            def ask_engine(window: int = window, step: int = 60 if sample_min else 1) -> Any:
                return question.find_times(window, threads, step=step)

            whole, processor = time_rounds(ask_all, rounds)
            engine, _ = time_rounds(ask_engine, rounds)
            rows.append(
                {
                    "window_min": window,
                    "departures": name,
                    "origins_a_second": len(points) / whole,
                    "engine_alone": len(points) / engine,
                    "processor_s": processor,
                    "r5_quoted": R5_QUOTED[window],
                    "ratio": len(points) / whole / R5_QUOTED[window],
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    table = compare(asked.rounds, asked.threads)
    shown = table.round({"origins_a_second": 0, "engine_alone": 0, "processor_s": 2, "ratio": 1})
    print(shown.to_string(index=False))
    print(f"load after: {os.getloadavg()[0]:.1f}")
