"""The timetable of Nantes as the benchmarks of public transport ask it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import maillage as ml
from maillage import _core
from maillage.transit_window import to_asked

DATE = "2014-06-10"
DEPARTURE = "08:00"
PERCENTILES = (5, 25, 50, 75, 95)
R5 = {"max_rides": 3, "min_board_wait_s": 60, "walk_speed_kmh": 3.6}  # as the reference was made
HOUR_S = 3600

Ways = tuple[_core.Walks, _core.Walks, _core.Walks]


def read_nantes(data: Path) -> ml.Transit:
    walk = ml.read_roads(data / "osm" / "nantes_centre_2014.osm.pbf", "walk", progress=False)
    feed = data / "gtfs" / "nantes_2014.zip"
    return ml.read_transit(feed, DATE, walk=walk, progress=False)


def read_points(data: Path) -> pd.DataFrame:
    """The 500 points of R5's matrices."""
    return pd.read_csv(data / "reference" / "r5_nantes_points.csv")


def draw_points(transit: ml.Transit, n: int, seed: int) -> pd.DataFrame:
    """Points on streets of chance, the same in every run."""
    roads = transit._footways.roads
    assert roads is not None
    segments = roads.segments()
    main = segments[segments["is_main"]]
    rows = np.random.default_rng(seed).choice(len(main), n, replace=False)
    middle = main.geometry.iloc[np.sort(rows)].to_crs(2154).centroid.to_crs(4326)
    return pd.DataFrame(
        {"id": np.arange(n), "lon": middle.x.to_numpy(), "lat": middle.y.to_numpy()}
    )


@dataclass(frozen=True)
class Question:
    """Everybody's way to every counter: what both directions of the search need, walks found."""

    forward: _core.RideNetwork
    backward: _core.RideNetwork
    ways: Ways  # from places to counters
    ways_back: Ways  # the same, as the search backwards in time walks them
    n_places: int
    n_counters: int
    begin: int
    longest: int
    wait: int

    def find_times(
        self, window_min: float, threads: int, percentiles: Any = PERCENTILES, step: int = 1
    ) -> Any:
        """Percentiles by a search from every place."""
        window = (self.begin, self.begin + round(60 * window_min), step)
        rules = (self.longest, R5["max_rides"], self.wait, percentiles)
        how = {"threads": threads, "progress": None}
        return self.forward.travel_times(*self.ways, self.n_counters, window, *rules, **how)

    def find_profiles_back(self, window_min: float, threads: int) -> Any:
        """All journeys of all places that arrive in the window, by a search from every counter."""
        window = (-self.begin - round(60 * window_min), -self.begin + 1, 1)
        rules = (self.longest, R5["max_rides"], 0)  # the wait is in the reversed timetable
        how = {"threads": threads, "progress": None}
        return self.backward.profiles(*self.ways_back, self.n_places, window, *rules, **how)


def build_question(
    transit: ml.Transit,
    places: pd.DataFrame,
    counters: pd.DataFrame,
    network: _core.RideNetwork | None = None,
) -> Question:
    how = {"threads": 0, "progress": None}
    asked = to_asked(transit.date, DEPARTURE, window_min=60, percentiles=PERCENTILES, **R5)
    here, there = (
        transit._footways.attach(points, name, how)
        for points, name in ((places, "places"), (counters, "counters"))
    )
    to_stops, from_stops, direct = transit._find_walks(here, there, asked, how)
    n_stops, n_counters = len(transit.feed.stops), len(counters)
    back = from_stops.turned(n_counters), to_stops.turned(n_stops), direct.turned(n_counters)
    forward = network or transit._find_network(asked.walk_speed_kmh, how)
    return Question(
        forward=forward,
        backward=forward.reversed(asked.wait),
        ways=(to_stops, from_stops, direct),
        ways_back=back,
        n_places=len(places),
        n_counters=n_counters,
        begin=asked.begin,
        longest=asked.longest,
        wait=asked.wait,
    )


def repeat_hour(transit: ml.Transit, first_hour: int, last_hour: int) -> _core.RideNetwork:
    """The trips that begin from 8 to 9 o'clock in every hour: the feed has few others."""
    calls = transit.feed.stop_times
    begins = calls.groupby("trip")["departure_s"].transform("min")
    hour = calls[(begins >= 8 * HOUR_S) & (begins < 9 * HOUR_S)]
    trips, number = np.unique(hour["trip"], return_inverse=True)
    copies = [
        hour.assign(
            trip=number + i * len(trips),
            arrival_s=hour["arrival_s"] + (clock - 8) * HOUR_S,
            departure_s=hour["departure_s"] + (clock - 8) * HOUR_S,
        )
        for i, clock in enumerate(range(first_hour, last_hour))
    ]
    every = pd.concat(copies)
    how = {"threads": 0, "progress": None}
    stops = transit._attach_stops(how)
    changes = transit._footways.find(stops, stops, R5["walk_speed_kmh"], 1000.0, how)
    return _core.RideNetwork(
        len(transit.feed.stops),
        len(copies) * len(trips),
        every["trip"].to_numpy(dtype=np.uint32),
        every["stop"].to_numpy(),
        every["arrival_s"].to_numpy(dtype=np.int32),
        every["departure_s"].to_numpy(dtype=np.int32),
        every["pickup"].to_numpy(dtype=bool),
        every["drop_off"].to_numpy(dtype=bool),
        transit._name_starts(transit._name_ends(changes)),
    )
