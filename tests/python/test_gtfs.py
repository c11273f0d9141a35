"""GTFS feeds as timetables of a date: what runs, when, and where people may board."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import TUESDAY, to_times, write_feed

from maillage.errors import InputError
from maillage.geo.gtfs import TransitFeed, read_gtfs


def read(folder: Path, date: str = TUESDAY, **changes: str | None) -> TransitFeed:
    return read_gtfs([write_feed(folder, **changes)], date)


def to_rows(feed: TransitFeed) -> list[tuple[str, str, int, int]]:
    """Calls as (trip, stop, arrival, departure) with ids in place of rows."""
    times = feed.stop_times
    return list(
        zip(
            feed.trips["id"].to_numpy()[times["trip"]],
            feed.stops["id"].to_numpy()[times["stop"]],
            times["arrival_s"].tolist(),
            times["departure_s"].tolist(),
            strict=True,
        )
    )


def test_a_plain_feed(tmp_path: Path):
    feed = read(tmp_path)
    assert not feed.findings, feed.findings
    assert feed.timezone == "Europe/Paris"
    assert to_rows(feed) == [
        ("T1", "A", 28800, 28800),
        ("T1", "B", 28920, 28980),
        ("T1", "C", 29400, 29400),
        ("T2", "C", 61200, 61200),
        ("T2", "B", 61620, 61620),
        ("T2", "A", 61800, 61800),
    ]
    assert feed.stop_times.dtypes.astype(str).to_dict() == {
        **dict.fromkeys(["trip", "stop", "arrival_s", "departure_s"], "int32"),
        "pickup": "bool", "drop_off": "bool",
    }  # fmt: skip
    trip = feed.trips.iloc[1].to_dict()
    assert trip == {
        "id": "T2", "route_id": "L1", "route_name": "1", "route_type": 3, "headsign": "Bourg",
        "direction_id": 1, "service_id": "WEEK", "day_offset": 0, "headway_s": 0,
        "exact_times": True, "feed": "feed",
    }  # fmt: skip
    assert feed.stops["name"].tolist() == ["Bourg", "Pont", "Ville"]
    assert feed.stops["parent"].tolist() == [-1, -1, -1]
    assert len(feed.transfers) == len(feed.stations) == len(feed.entrances) == 0


@pytest.mark.parametrize(
    "date", ["20250610", dt.date(2025, 6, 10), pd.Timestamp("2025-06-10 09:00")]
)
def test_forms_of_a_date(tmp_path: Path, date):
    assert len(read_gtfs(write_feed(tmp_path), date).trips) == 2


def test_a_date_that_is_none(tmp_path: Path):
    with pytest.raises(InputError, match=r"date is '10/06/2025', expected a date such as"):
        read(tmp_path, "10/06/2025")


def test_unordered_rows_are_sorted_by_sequence_not_by_text(tmp_path: Path):
    rows = ["T1,8:10:00,8:10:00,C,10", "T2,17:10:00,17:10:00,A,3", "T1,8:02:00,8:03:00,B,9",
            "T2,17:00:00,17:00:00,C,1", "T1,8:00:00,8:00:00,A,2"]  # fmt: skip
    assert [row[:2] for row in to_rows(read(tmp_path, stop_times=to_times(*rows)))] == [
        ("T1", "A"), ("T1", "B"), ("T1", "C"), ("T2", "C"), ("T2", "A"),
    ]  # fmt: skip


def test_missing_times_by_distance_between_stops(tmp_path: Path):
    rows = ["T1,8:00:00,8:00:00,A,1", "T1,,,B,2", "T1,8:10:00,8:10:00,C,3"]
    feed = read(tmp_path, stop_times=to_times(*rows))
    assert to_rows(feed)[1][2:] == (28800 + 150, 28800 + 150)  # 1 km of 4
    assert feed.findings.count("interpolated_time") == 1
    assert feed.findings.examples("interpolated_time")[0].endswith("stop_times.txt:3: has no time")


def test_times_of_a_day_before_are_from_midnight_on(tmp_path: Path):
    rows = ["T1,23:50:00,23:50:00,A,1", "T1,24:05:00,24:06:00,B,2", "T1,24:10:00,24:10:00,C,3"]
    feed = read(tmp_path, stop_times=to_times(*rows))
    assert feed.trips["day_offset"].tolist() == [0, -1]
    assert to_rows(feed) == [
        ("T1", "A", 85800, 85800), ("T1", "B", 86700, 86760), ("T1", "C", 87000, 87000),
        ("T1", "B", 300, 360), ("T1", "C", 600, 600),
    ]  # fmt: skip
    # Monday's trips of the day before are Sunday's: there are none.
    assert read(tmp_path, "2025-06-09", stop_times=to_times(*rows)).trips[
        "day_offset"
    ].tolist() == [0]


def test_no_service_says_the_nearest_days(tmp_path: Path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "2025-06-08")
    assert str(caught.value) == (
        f"no service runs on Sunday 2025-06-08: {tmp_path}/feed.zip: its service goes from "
        "2025-06-02 to 2025-06-30; nearest days with service: Friday 2025-06-06 (2 trips) and "
        "Monday 2025-06-09 (2 trips)"
    )


def test_frequencies_are_single_departures(tmp_path: Path):
    frequencies = "trip_id,start_time,end_time,headway_secs,exact_times\n" \
        "T1,6:00:00,7:00:00,1200,0\nT2,6:00:00,6:10:00,600,1\n"  # fmt: skip
    feed = read(tmp_path, frequencies=frequencies)
    assert feed.trips["id"].tolist() == ["T1", "T1", "T1", "T2"]
    assert feed.trips["headway_s"].tolist() == [1200, 1200, 1200, 600]
    assert feed.trips["exact_times"].tolist() == [False, False, False, True]
    starts = feed.stop_times.groupby("trip")["departure_s"].first()
    assert starts.tolist() == [21600, 22800, 24000, 21600]
    assert np.array_equal(feed.stop_times.groupby("trip").size(), [3, 3, 3, 3])
