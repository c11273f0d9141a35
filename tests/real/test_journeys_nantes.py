"""Journeys in Nantes agree with the times of the matrix, and can be travelled call by call."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import maillage as ml

DATE, WAIT_S = "2014-06-10", 60


@pytest.fixture(scope="module")
def nantes(shared_data: Path) -> ml.Transit:
    walk = ml.read_roads(shared_data / "osm" / "nantes_centre_2014.osm.pbf", "walk")
    return ml.read_transit(shared_data / "gtfs" / "nantes_2014.zip", DATE, walk=walk)


@pytest.fixture(scope="module")
def points(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "reference" / "r5_nantes_points.csv")


def to_seconds(clocks: pd.Series) -> pd.Series:
    return pd.to_timedelta(clocks).dt.total_seconds().astype(int)


@pytest.mark.parametrize("seed", range(40))
def test_the_earliest_journey_takes_as_long_as_the_matrix_says(
    nantes: ml.Transit, points: pd.DataFrame, seed: int
):
    dice = np.random.default_rng(seed)
    start, end = (points.iloc[[row]] for row in dice.choice(len(points), 2, replace=False))
    instant = int(dice.integers(6 * 3600, 20 * 3600))
    moment = f"{instant // 3600:02d}:{instant // 60 % 60:02d}:{instant % 60:02d}"
    how = {"min_board_wait_s": WAIT_S, "max_rides": 3}
    table = nantes.travel_time_matrix(start, end, moment, window_min=1 / 60, **how)
    legs = nantes.journeys(start, end, moment, window_min=0, **how)
    last = to_seconds(legs.groupby("journey")["arrival"].last())
    expected = table["travel_time_p50"].iloc[0]
    assert (last.min() - instant) / 60 == pytest.approx(expected)
    check_legs(nantes, legs, instant)


def check_legs(transit: ml.Transit, legs: pd.DataFrame, instant: int) -> None:
    """Each leg begins where and after the last one ended; rides are those of the timetable."""
    legs = legs.assign(leave=to_seconds(legs["departure"]), come=to_seconds(legs["arrival"]))
    assert (legs["leave"] >= instant).all()
    calls = transit.feed.stop_times
    names = transit.feed.stops["name"].to_numpy()
    for _, journey in legs.groupby("journey"):
        rows = journey.to_dict("records")
        for before, after in pairwise(rows):
            assert before["to_stop"] == after["from_stop"]
            waited = after["leave"] - before["come"]
            assert waited == pytest.approx(60 * after["wait_min"])
            assert waited > WAIT_S if after["mode"] != "walk" else waited == 0
        for row in rows:
            if row["mode"] == "walk":
                continue
            trip = np.flatnonzero(transit.feed.trips["id"] == row["trip_id"])
            own = calls[calls["trip"].isin(trip)]
            on = own[(own["departure_s"] == row["leave"]) & own["pickup"]]
            off = own[(own["arrival_s"] == row["come"]) & own["drop_off"]]
            assert row["from_stop"] in names[on["stop"].to_numpy()]
            assert row["to_stop"] in names[off["stop"].to_numpy()]


def test_journeys_of_an_hour_are_found_whole(nantes: ml.Transit, points: pd.DataFrame):
    """For every second minute of the hour the best of them is what the matrix says."""
    start, end = points.iloc[[0]], points.iloc[[7]]
    legs = nantes.journeys(start, end, "08:00", window_min=60)
    ends = legs.groupby("journey").agg(leave=("departure", "first"), come=("arrival", "last"))
    leave, come = (to_seconds(ends[name]).to_numpy() for name in ("leave", "come"))
    walking = legs.groupby("journey")["mode"].agg(lambda modes: set(modes) == {"walk"}).to_numpy()
    on_foot = (come - leave)[walking].min()
    for minute in range(0, 60, 2):
        instant = 8 * 3600 + 60 * minute
        rides = come[(leave >= instant) & ~walking] - instant  # late in the hour walking is faster
        best = rides.min(initial=on_foot)
        table = nantes.travel_time_matrix(start, end, f"08:{minute:02d}", window_min=1 / 60)
        assert best / 60 == pytest.approx(table["travel_time_p50"].iloc[0])
