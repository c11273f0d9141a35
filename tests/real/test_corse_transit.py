"""Corsica by coach: trips to post offices and back, held equal to all journeys x all journeys.

Our trips come from searches backwards and forwards that start at the post offices; the check has
forward searches from homes and from offices alone, and tries every pair of journeys.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import maillage as ml
from maillage.transit_window import to_asked

TUESDAY = "2025-06-17"
OPEN = [(9 * 3600, 12 * 3600), (14 * 3600, 16 * 3600 + 1800)]
HOURS = "Mo-Fr 09:00-12:00,14:00-16:30"
DWELL, DAY = 1800, 86_400
NEVER = np.iinfo(np.int32).max


@pytest.fixture(scope="module")
def coaches(shared_data: Path) -> ml.Transit:
    corse = shared_data / "corse"
    walk = ml.build_roads(
        corse / "road_nodes.csv.gz", corse / "road_edges_car.csv.gz", "walk", speed_kmh=3.6
    )
    path = corse / "coaches_gtfs.zip"
    return ml.read_transit(path, TUESDAY, walk=walk, max_egress_m=5000)


@pytest.fixture(scope="module")
def homes(shared_data: Path) -> pd.DataFrame:
    table = pd.read_csv(shared_data / "corse/communes.csv", dtype={"insee": str})
    return table.rename(columns={"insee": "id"})[["id", "lon", "lat"]].iloc[::2]


@pytest.fixture(scope="module")
def offices(shared_data: Path) -> pd.DataFrame:
    table = pd.read_csv(shared_data / "corse/counters.csv", dtype={"source_id": str})
    table = table[(table["source"] == "laposte_2014-06") & table["lon"].notna()]
    table = table.rename(columns={"source_id": "id"})[["id", "lon", "lat"]].drop_duplicates("id")
    return table.iloc[::2].assign(opening_hours=HOURS)


def find_journeys(coaches: ml.Transit, here: pd.DataFrame, there: pd.DataFrame):
    """Every journey worth taking of each pair over the day, and the way on foot."""
    how = {"threads": 0, "progress": None}
    asked = to_asked(coaches.date, "00:00", max_rides=3)
    a, b = (coaches._footways.attach(f, "points", how) for f in (here, there))
    offsets, departures, arrivals, walking = coaches._find_network(3.6, how).profiles(
        *coaches._find_walks(a, b, asked, how), len(b), (0, DAY, 1), asked.longest, 3, 0
    )
    return offsets, departures, arrivals, walking


def find_plainly(there, back, walk_there: int, walk_back: int) -> float:
    """The least time away, from all journeys x all journeys."""
    best = np.inf
    for begin, end in OPEN:
        for leave, arrive in there:
            start = max(arrive, begin)
            if start + DWELL > end:
                continue
            for depart, home in [*back, (start + DWELL, start + DWELL + walk_back)]:
                if depart >= start + DWELL and home <= DAY:
                    best = min(best, home - leave)
        for depart, home in back:
            start = min(depart, end) - DWELL
            if start >= max(begin, walk_there) and home <= DAY:
                best = min(best, home - start + walk_there)
        if max(begin, walk_there) + DWELL <= end:
            best = min(best, walk_there + DWELL + walk_back)
    return best


def test_trips_equal_all_journeys_by_all_journeys(coaches, homes, offices):
    table = coaches.round_trips(homes, offices)
    ways = find_journeys(coaches, homes, offices)
    ways_back = find_journeys(coaches, offices, homes)
    n, m = len(homes), len(offices)
    expected = []
    for pair in range(n * m):
        turned = pair % m * n + pair // m
        sides = []
        for (offsets, departures, arrivals, walking), row in ((ways, pair), (ways_back, turned)):
            span = slice(offsets[row], offsets[row + 1])
            journeys = list(zip(departures[span].tolist(), arrivals[span].tolist(), strict=True))
            sides.append((journeys, int(walking[row])))
        (there, on_foot), (back, on_foot_back) = sides
        is_far = on_foot == NEVER and on_foot_back == NEVER
        empty = is_far and (not there or not back)
        best = np.inf if empty else find_plainly(there, back, on_foot, on_foot_back)
        expected.append(best if best < NEVER else np.inf)
    away = np.array(expected)
    feasible = np.isfinite(away)
    assert 50 < feasible.sum() < len(table)
    assert (table["feasible"].to_numpy() == feasible).all()
    np.testing.assert_allclose(table["time_away"][feasible], away[feasible] / 60, rtol=1e-12)
    by_coach = away[feasible] > 2 * 3600 + DWELL
    assert by_coach.sum() > 10


def test_a_week_of_corsica(shared_data: Path, homes, offices):
    """Coaches run from Monday to Friday; on Saturdays the open offices are those on foot."""
    path = shared_data / "corse/coaches_gtfs.zip"
    week = ml.read_transit_week(path, TUESDAY)
    offices = offices.assign(opening_hours=f"{HOURS}; Sa 09:00-12:00")
    table = week.access(homes, offices)
    by_day = week.round_trips(homes, offices).groupby(["from_id", "date"])["feasible"].any()
    days = by_day.groupby("from_id").sum().reindex(table["from_id"])
    assert table["feasible_days"].tolist() == days.tolist()
    assert table["feasible_days"].isin([0, 1, 5, 6]).all()
    assert table["reachable_hours"].between(0, 5 * 5.5 + 3).all()
    on_foot = table["days"].str.endswith("Sa")
    assert 0 < on_foot.sum() < len(table)
    nobody = table["feasible_days"] == 0
    assert (table.loc[nobody, "reachable_hours"] == 0).all()
