"""Travel times by walking and public transport, with minutes counted by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from transit_town import at, find_minutes, read_town

import maillage as ml

TOWN = {"A": 0, "B": 10_000}
PERCENTILES = [1, 5, 25, 50, 75, 95, 100]


def find_row(transit: ml.Transit, departure: str = "08:00", **how: object) -> dict[str, float]:
    """The one row from A to B, percentiles by number."""
    there = how.pop("end", 10_000)
    table = transit.travel_time_matrix(at(home=0), at(desk=there), departure, **how)
    assert table[["from_id", "to_id"]].to_numpy().tolist() == [["home", "desk"]]
    return {
        name.removeprefix("travel_time_p"): value
        for name, value in table.iloc[0].items()
        if name not in ("from_id", "to_id", "reason")
    }


def test_waiting_before_the_first_departure_is_part_of_the_time(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, {"T": "A@8:10 B@8:30"})
    # 8:00:00 to 8:10:00, 601 of 3,600 instants, travel 30:00 down to 20:00
    row = find_row(transit, window_min=60, percentiles=[1, 5, 16.69, 16.7])
    assert row["1"] == pytest.approx((1200 + 35) / 60)  # the 36th of them
    assert row["5"] == pytest.approx((1200 + 179) / 60)
    assert row["16.69"] == pytest.approx(1800 / 60)  # the 601st
    assert math.isnan(row["16.7"])  # the 602nd
    assert row["no_journey_share"] == pytest.approx(2999 / 3600)
    assert find_minutes(transit, "08:00") == 30
    assert find_minutes(transit, "08:10") == 20
    assert math.isnan(find_minutes(transit, "08:10:01"))


def test_percentiles_by_nearest_rank(tmp_path: Path):
    """A bus every ten minutes: each time of 20:00 to 29:59 six times in the hour."""
    trips = {f"L.{m}": f"A@8:{m:02d} B@8:{m + 20:02d}" for m in range(0, 40, 10)}
    trips |= {f"L.{m}": f"A@{8 + m // 60}:{m % 60:02d} B@9:{m - 40:02d}" for m in range(40, 70, 10)}
    transit = read_town(tmp_path, TOWN, trips)
    row = find_row(transit, window_min=60, percentiles=PERCENTILES)
    expected = {p: (1200 + (math.ceil(p / 100 * 3600) - 1) // 6) / 60 for p in PERCENTILES}
    assert row == pytest.approx(
        {**{f"{p:g}": t for p, t in expected.items()}, "no_journey_share": 0}
    )
    assert row["50"] == pytest.approx(24 + 59 / 60)
    # each minute: ten different times, of which the fifth is the median
    sampled = find_row(transit, window_min=60, percentiles=[50, 100], sample_min=1)
    assert (sampled["50"], sampled["100"]) == (24, 29)
    always = find_row(transit, window_min=60, percentiles=[50, 100], sample_min=10)
    assert (always["50"], always["100"]) == (20, 20)


def test_walking_beats_a_bus_that_comes_late(tmp_path: Path):
    transit = read_town(tmp_path, {"A": 0, "B": 1200}, {"T": "A@8:30 B@8:35"})
    # on foot 20 min; from 8:15:01 on the bus is faster, until 8:30
    row = find_row(transit, window_min=60, percentiles=[10, 25, 26, 50], end=1200)
    assert row == {
        "10": (300 + 359) / 60, "25": (300 + 899) / 60, "26": 20, "50": 20, "no_journey_share": 0,
    }  # fmt: skip
    near = find_row(transit, window_min=60, percentiles=[50, 51], end=1200, max_walk_min=19)
    assert near["50"] == pytest.approx((300 + 1799) / 60)
    assert near["no_journey_share"] == pytest.approx(1799 / 3600)
    exactly = find_row(transit, window_min=60, percentiles=[100], end=1200, max_walk_min=20)
    assert exactly["100"] == 20


def test_walks_at_both_ends_and_their_bounds(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, {"T": "A@8:10 B@8:30"})
    assert find_minutes(transit, "08:00", start=-600, end=10_300) == 35
    assert math.isnan(find_minutes(transit, "08:00", start=-601))  # a second late
    assert find_minutes(transit, "08:00", end=12_000) == 30 + 2000 / 60
    assert math.isnan(find_minutes(transit, "08:00", end=12_001))  # 2,000 m at most
    assert find_minutes(transit, "08:00", start=-600, max_walk_min=10) == 30
    assert math.isnan(find_minutes(transit, "08:00", start=-600, max_walk_min=9.99))
    assert math.isnan(find_minutes(transit, "08:00", end=10_601, max_walk_min=10))
    assert find_minutes(transit, "08:00", start=-600, walk_speed_kmh=7.2) == 30
    assert find_minutes(transit, "08:05", start=-600, walk_speed_kmh=7.2) == 25
    assert find_minutes(transit, "08:05", end=10_600, walk_speed_kmh=7.2) == 30
    assert find_minutes(transit, "08:00", start=-492, max_walk_min=8.2) == 30
    farther = read_town(tmp_path, TOWN, {"T": "A@8:10 B@8:30"}, max_egress_m=3000)
    assert find_minutes(farther, "08:00", end=13_000) == 80


def test_longest_travel_time_counts_waiting(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, {"T": "A@8:10 B@8:30"})
    row = find_row(transit, window_min=10, percentiles=[50], max_time=25)
    assert row["no_journey_share"] == pytest.approx(300 / 600)  # 8:05 and later arrive in time
    assert row["50"] == 25
    assert find_minutes(transit, "08:05", max_time=25) == 25
    assert math.isnan(find_minutes(transit, "08:04:59", max_time=25))


def test_rides_are_counted(tmp_path: Path):
    stops = {"A": 0, "C": 20_000, "D": 40_000, "B": 60_000}
    trips = {"1": "A@8:00 C@8:10", "2": "C@8:12 D@8:20", "3": "D@8:20 B@8:30", "S": "A@8:05 B@8:55"}
    transit = read_town(tmp_path, stops, trips)
    found = [find_minutes(transit, "08:00", end=60_000, max_rides=n) for n in (1, 2, 3, 4)]
    assert found == [55, 55, 30, 30]
    assert find_minutes(transit, "08:00:01", end=60_000) == pytest.approx(55 - 1 / 60)


def test_more_than_so_many_seconds_before_boarding(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "B": 10_000}
    trips = {"1": "A@8:01 C@8:10", "2.a": "C@8:10 B@8:20", "2.b": "C@8:10:30 B@8:21", "2.c":
             "C@8:11 B@8:22"}  # fmt: skip
    transit = read_town(tmp_path, stops, trips)
    found = [
        find_minutes(transit, "08:00", min_board_wait_s=s) for s in (0, 0.5, 29, 29.5, 30, 59, 60)
    ]
    # with 60 s not even the first bus can be caught: one is there at 8:00, it leaves at 8:01
    assert found[:6] == [20, 21, 21, 21, 22, 22] and math.isnan(found[6])
    assert find_minutes(transit, "07:59:59", min_board_wait_s=59) == pytest.approx(22 + 1 / 60)
    assert find_minutes(transit, "08:01") == 19
    assert math.isnan(find_minutes(transit, "08:01", min_board_wait_s=0.1))


def test_trips_that_overtake(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "B": 10_000}
    trips = {"L.slow": "A@8:00 C@8:30 B@8:50", "L.fast": "A@8:10 C@8:20 B@8:30",
             "L.last": "A@8:20 C@8:50 B@9:10"}  # fmt: skip
    transit = read_town(tmp_path, stops, trips)
    assert transit.summary()["n_lines"] == 2
    assert find_minutes(transit, "08:00") == 30
    assert find_minutes(transit, "08:10") == 20
    assert find_minutes(transit, "08:10:01") == pytest.approx(60 - 1 / 60)
    assert find_minutes(transit, "08:00", end=5_000) == 20
    assert find_minutes(transit, "08:21", start=5_000) == 29  # at C the fast one is gone


def test_a_loop_is_ridden_both_ways_round(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "B": 10_000}
    transit = read_town(tmp_path, stops, {"O": "A@8:00 C@8:10 B@8:20 C@8:30 A@8:40"})
    assert find_minutes(transit, "08:05", start=5_000) == 15
    assert find_minutes(transit, "08:15", start=5_000, end=0) == 25
    on_foot = find_minutes(transit, "08:31", start=5_000, end=0)
    assert on_foot == pytest.approx(5000 / 60)


def test_destinations_and_origins_in_the_order_given(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "B": 10_000}
    transit = read_town(
        tmp_path, stops, {"T.1": "A@8:10 C@8:20 B@8:30", "T.2": "B@8:10 C@8:20 A@8:30"}
    )
    points = at(a=0, c=5_000, b=10_000, nowhere=500_000)
    how = {"window_min": 20, "percentiles": [50, 25]}
    table = transit.travel_time_matrix(points, points, "08:00", **how)
    columns = ["from_id", "to_id", "travel_time_p50", "travel_time_p25", "no_journey_share"]
    assert list(table.columns) == [*columns, "reason"]
    assert table["from_id"].tolist() == np.repeat(points["id"], 4).tolist()
    assert table["to_id"].tolist() == 4 * points["id"].tolist()
    itself = table[table["from_id"] == table["to_id"]]
    assert (itself["travel_time_p50"] == 0).all() and (itself["no_journey_share"] == 0).all()
    away = table[(table["from_id"] == "nowhere") ^ (table["to_id"] == "nowhere")]
    assert away["travel_time_p25"].isna().all() and (away["no_journey_share"] == 1).all()

    mixed = points.sample(frac=1, random_state=4)
    again = transit.travel_time_matrix(mixed, points.iloc[::-1], "08:00", threads=2, **how)
    key = ["from_id", "to_id"]
    pd.testing.assert_frame_equal(
        again.sort_values(key, ignore_index=True), table.sort_values(key, ignore_index=True)
    )


def test_nobody_and_nowhere(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, {"T": "A@8:10 B@8:30"})
    for origins, destinations in ((at(), at(desk=0)), (at(home=0), at()), (at(), at())):
        table = transit.travel_time_matrix(origins, destinations, "08:00", percentiles=[50])
        assert len(table) == 0
        columns = ["from_id", "to_id", "travel_time_p50", "no_journey_share", "reason"]
        assert list(table.columns) == columns


def test_windows_and_moments(tmp_path: Path):
    import datetime as dt

    transit = read_town(tmp_path, TOWN, {"T": "A@8:10 B@8:30"})
    day = dt.date(2025, 6, 10)
    for moment in (
        "08:00", "8:00", "08:00:00", " 2025-06-10 08:00 ", "2025-06-10T08:00", dt.time(8),
        dt.datetime(2025, 6, 10, 8), pd.Timestamp("2025-06-10 08:00"),
    ):  # fmt: skip
        assert find_minutes(transit, moment) == 30  # pyright: ignore
    assert transit.date == day
    # the end of the window is left out: at 8:10:01 nothing goes any more
    assert find_row(transit, "08:10", window_min=1 / 60)["no_journey_share"] == 0
    assert find_row(transit, "08:10", window_min=2 / 60)["no_journey_share"] == 0.5
    # instants 0, 7 and 14 of fifteen minutes
    sampled = find_row(transit, window_min=15, percentiles=[1, 34, 66], sample_min=7)
    assert sampled["1"] == 23 and sampled["34"] == 30
    assert sampled["no_journey_share"] == pytest.approx(1 / 3)


def test_what_a_timetable_says_of_itself(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, {"T.1": "A@8:10 B@8:30", "T.2": "A@8:20 B@8:40"})
    summary = transit.summary()
    assert {k: str(v) for k, v in summary.items() if k != "n_bytes"} == {
        "date": "2025-06-10", "timezone": "Europe/Paris", "n_stops": "2", "n_trips": "2",
        "n_calls": "4", "n_lines": "1", "walk": "straight lines",
    }  # fmt: skip
    assert "2025-06-10: 2 stops, 2 trips, on foot along straight lines" in repr(transit)
    assert list(transit.findings.columns) == ["kind", "count", "examples"]
    assert len(transit.findings) == 0
