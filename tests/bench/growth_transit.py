"""How range searches by timetable grow with the window and with the number of counters, plotted.

    python tests/bench/growth_transit.py [--out growth_transit.png]

Nantes, 500 places at streets of chance. The feed has stop times for a few hours only, so its
trips that begin from 8 to 9 o'clock are repeated in every hour from 5 to 22. Windows begin at
8:00. "From the places": the median over the window by a search from every place. "From the
counters": all journeys that arrive within the window by a search from every counter, backwards in
time. Walks are found beforehand; seconds are the lesser processor time of two rounds of the engine
on one thread, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from nantes import Question, build_question, draw_points, read_nantes, repeat_hour

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
WINDOWS_MIN = (1, 15, 30, 60, 120, 240, 480)
COUNTERS = (1, 3, 10, 30, 100)
WINDOW_MIN, N_COUNTERS, N_PLACES = 120, 20, 500
ROUNDS = 2


def find_processor_s(ask: Callable[[], Any]) -> float:
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        ask()
        spent.append(time.process_time() - started)
    return min(spent)


def measure(question: Question, window_min: float) -> dict[str, float]:
    back_s = find_processor_s(lambda: question.find_profiles_back(window_min, 1))
    ahead_s = find_processor_s(lambda: question.find_times(window_min, 1, (50,)))
    return {"places_s": ahead_s, "counters_s": back_s}


def measure_all() -> tuple[pd.DataFrame, pd.DataFrame]:
    transit = read_nantes(DATA)
    network = repeat_hour(transit, 5, 22)
    print(f"{network.n_calls:,} stop times, {network.n_bytes / network.n_calls:.1f} bytes each")
    places = draw_points(transit, N_PLACES, 1)
    counters = draw_points(transit, max(COUNTERS), 2)
    some = build_question(transit, places, counters.iloc[:N_COUNTERS], network)
    windows, numbers = [], []
    for window_min in WINDOWS_MIN:
        windows.append({"window_min": window_min, **measure(some, window_min)})
        print(windows[-1], flush=True)
    for n in COUNTERS:
        asked = build_question(transit, places, counters.iloc[:n], network)
        asked = replace(asked, forward=some.forward, backward=some.backward)
        numbers.append({"n_counters": n, **measure(asked, WINDOW_MIN)})
        print(numbers[-1], flush=True)
    return pd.DataFrame(windows), pd.DataFrame(numbers)


def draw(windows: pd.DataFrame, numbers: pd.DataFrame, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, both = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    names = {"places_s": "from the 500 places", "counters_s": "from the counters"}
    titles = (
        ("window_min", "minutes of the window", f"{N_COUNTERS} counters"),
        ("n_counters", "counters", f"{WINDOW_MIN} minutes"),
    )
    for axes, table, (column, label, title) in zip(both, (windows, numbers), titles, strict=True):
        for seconds, name in names.items():
            axes.loglog(table[column], table[seconds], marker="o", label=name)
        end = table[column].to_numpy(dtype=float)[[0, -1]]
        first = float(table["counters_s"].iloc[-1])
        axes.loglog(end, first * end / end[1], color="0.8", zorder=0, label="linear")
        axes.set(xlabel=label, ylabel="processor seconds", title=title)
        axes.grid(color="0.92", which="both")
    both[0].legend(frameon=False)
    figure.suptitle(f"{N_PLACES:,} places of Nantes by timetable, one thread")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("growth_transit.png"))
    asked = parser.parse_args()
    by_window, by_number = measure_all()
    print(by_window.round(3).to_string(index=False))
    print(by_number.round(3).to_string(index=False))
    draw(by_window, by_number, asked.out)
