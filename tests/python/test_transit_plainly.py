"""Exact percentiles are held equal to a plain search from every second of the window."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import TUESDAY
from transit_town import M, write_town

import maillage as ml
from maillage.geo.gtfs_times import to_clock

EARTH_M = 6_371_008.8
PERCENTILES = [1, 20, 50, 80, 100]
BEGIN = 8 * 3600


def find_walk_s(a: pd.Series, b: pd.Series) -> int:
    """Whole seconds at one metre a second between two points of a meridian, rounded up."""
    return math.ceil(EARTH_M * math.radians(abs(a["lat"] - b["lat"])) - 1e-6)


class PlainSearch:
    """Rides one after the other: every trip is tried from every call."""

    def __init__(self, transit: ml.Transit, start: pd.Series, end: pd.Series) -> None:
        stops = dict(transit.feed.stops.iterrows())
        calls = transit.feed.stop_times
        self.trips = [group.to_dict("records") for _, group in calls.groupby("trip")]
        self.direct = find_walk_s(start, end)
        self.access = {s: find_walk_s(start, stop) for s, stop in stops.items()}
        self.egress = {s: find_walk_s(stop, end) for s, stop in stops.items()}
        every = [(a, b) for a in stops for b in stops if a != b]
        change = {(a, b): find_walk_s(stops[a], stops[b]) for a, b in every}
        self.change = {pair: seconds for pair, seconds in change.items() if seconds <= 1000}
        self.change |= {(a, a): 0 for a in stops}
        for row in transit.feed.transfers.to_dict("records"):  # all of a stop with itself
            is_forbidden = row["type"] == 3
            self.change[row["from_stop"], row["to_stop"]] = (
                math.inf if is_forbidden else int(row["min_transfer_s"])
            )

    def find_minutes(self, t: int, asked: dict[str, float]) -> float:
        """Minutes when leaving at an instant; NaN when nothing goes."""
        most = 60 * asked.get("max_walk_min", asked["max_time"])
        wait = math.floor(asked["min_board_wait_s"]) + 1 if asked["min_board_wait_s"] > 0 else 0
        best = t + self.direct if self.direct <= most else math.inf
        reached = {s: t + w for s, w in self.access.items() if w <= most}
        for _ in range(int(asked["max_rides"])):
            rides = self.ride(reached, wait)
            for stop, arrival in rides.items():
                if self.egress[stop] <= min(2000, most):
                    best = min(best, arrival + self.egress[stop])
            reached = {}
            for (a, b), seconds in self.change.items():
                if a in rides:
                    reached[b] = min(reached.get(b, math.inf), rides[a] + seconds)
        return (best - t) / 60 if best - t <= 60 * asked["max_time"] else math.nan

    def ride(self, reached: dict[int, float], wait: int) -> dict[int, float]:
        """The earliest arrival by one ride at every stop."""
        rides: dict[int, float] = defaultdict(lambda: math.inf)
        for trip in self.trips:
            is_aboard = False
            for call in trip:
                stop = call["stop"]
                if is_aboard and call["drop_off"]:
                    rides[stop] = min(rides[stop], call["arrival_s"])
                is_there = reached.get(stop, math.inf) + wait <= call["departure_s"]
                is_aboard |= bool(call["pickup"]) and is_there
        return rides


def draw_town(folder: Path, dice: np.random.Generator) -> Path:
    """Lines up and down a road, some overtaking, some with closed doors, times to the second."""
    metres = dice.integers(0, 30_000, 6)
    metres[4:] = metres[:2] + dice.integers(-900, 900, 2)  # to change on foot
    stops = {name: float(m) for name, m in zip("ABCDEF", metres, strict=True)}
    trips = {}
    for line in range(5):
        names = dice.permutation(list(stops))[: dice.integers(2, 6)]
        doors = dice.choice(["", "", "", "[on]", "[off]"], len(names))
        for number in range(6):
            now = BEGIN + int(dice.integers(-300, 3000))
            calls = []
            for name, door in zip(names, doors, strict=True):
                leave = now + int(dice.choice([0, 0, 20]))
                calls.append(f"{name}@{to_clock(now)}-{to_clock(leave)}{door}")
                now = leave + int(dice.integers(30, 600))
            trips[f"{line}.{number}"] = " ".join(calls)
    rules = [f"{a},{a},{dice.choice([2, 2, 3])},{dice.integers(0, 900)}" for a in "ABCDEF"]
    kept = [rule for rule in rules if dice.random() < 0.5]
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time"
    return write_town(folder, stops, trips, transfers="\n".join([header, *kept, ""]))


@pytest.mark.parametrize("seed", range(7))
def test_percentiles_equal_those_of_a_search_from_every_second(tmp_path: Path, seed: int):
    dice = np.random.default_rng(seed)
    transit = ml.read_transit(draw_town(tmp_path, dice), TUESDAY)
    lats = transit.feed.stops["lat"].to_numpy()[[0, 2, 3]] + dice.integers(-700, 700, 3) * M
    points = pd.DataFrame({"id": range(3), "lon": 3.0, "lat": lats})
    asked = {
        "max_rides": int(dice.integers(1, 4)),
        "min_board_wait_s": float(dice.choice([0, 0, 45, 60.5])),
        "max_time": float(dice.choice([60, 90, 180])),
    }
    if seed % 2:
        asked["max_walk_min"] = float(dice.integers(5, 30))
    how = {"percentiles": PERCENTILES, "window_min": 4, **asked}
    table = transit.travel_time_matrix(points, points, "08:00", **how)
    sampled = transit.travel_time_matrix(points, points, "08:00", sample_min=1 / 60, **how)
    pd.testing.assert_frame_equal(table, sampled)
    percentiles = table.filter(like="travel_time_p")
    rows = [row for _, row in points.iterrows()]
    n_ride = 0
    for n, (start, end) in enumerate((a, b) for a in rows for b in rows):
        search = PlainSearch(transit, start, end)
        times = [search.find_minutes(BEGIN + second, asked) for second in range(240)]
        n_ride += len(set(times)) > 2
        expected = find_percentiles(times)
        assert percentiles.iloc[n].tolist() == pytest.approx(expected, nan_ok=True), n
        assert table["no_journey_share"][n] == np.isnan(times).mean()
    assert n_ride > 0  # pairs whose time depends on the departure


def find_percentiles(times: list[float]) -> list[float]:
    """By nearest rank; what does not exist stands last."""
    ordered = sorted(times, key=lambda t: math.inf if math.isnan(t) else t)
    return [ordered[math.ceil(p * len(times) / 100) - 1] for p in PERCENTILES]
