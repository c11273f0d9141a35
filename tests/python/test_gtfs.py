"""GTFS feeds as timetables of a date: what runs, when, and where people may board."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import FILES, TUESDAY, to_times, write_feed

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


def test_frequencies_past_midnight_and_beside_a_timetable(tmp_path: Path):
    frequencies = "trip_id,start_time,end_time,headway_secs\nT1,23:30:00,25:00:00,1800\n"
    feed = read(tmp_path, frequencies=frequencies)
    trips = feed.trips
    assert trips[["id", "day_offset", "headway_s", "exact_times"]].to_numpy().tolist() == [
        ["T2", 0, 0, True],
        *[["T1", 0, 1800, False]] * 3,
        *[["T1", -1, 1800, False]] * 2,  # 24:00 and 24:30 of Monday; 23:30 is over by 23:40
    ]
    first = feed.stop_times.groupby("trip")["departure_s"].first().tolist()
    assert first == [61200, 84600, 86400, 88200, 0, 1800]


def test_a_frequency_whose_trip_begins_late_keeps_its_own_clock(tmp_path: Path):
    rows = ["T1,9:58:00,10:00:00,A,1", "T1,10:04:00,10:04:00,B,2"]
    frequencies = "trip_id,start_time,end_time,headway_secs\nT1,6:00:00,6:01:00,600\n"
    feed = read(tmp_path, stop_times=to_times(*rows), frequencies=frequencies)
    assert to_rows(feed) == [("T1", "A", 21480, 21600), ("T1", "B", 21840, 21840)]


def test_frequencies_that_never_run_overlap_or_name_nobody(tmp_path: Path):
    head = "trip_id,start_time,end_time,headway_secs\n"
    rows = ["T1,7:00:00,7:00:00,600", "T1,8:00:00,9:00:00,1800", "T1,8:30:00,9:00:00,1800",
            "T9,8:00:00,9:00:00,60"]  # fmt: skip
    feed = read(tmp_path, frequencies=head + "\n".join(rows))
    starts = feed.stop_times.groupby("trip")["departure_s"].first().tolist()
    assert starts == [61200, 28800, 30600, 30600]
    for kind in ("frequency_never_runs", "overlapping_frequencies", "unknown_trip"):
        assert feed.findings.count(kind) == 1, kind


def to_seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


@pytest.mark.parametrize(
    "date,expected",
    [
        # On 30 March 2025 clocks go from 2:00 to 3:00: its noon minus 12 hours is 23:00 of the
        # 29th, so that 0:30 of the night is an hour and a half after it.
        ("2025-03-30", "1:30"),
        ("2025-03-29", "0:30"),
        # On 26 October they go back: noon minus 12 hours is 1:00, and 1:30 half an hour later.
        ("2025-10-26", None),
        ("2025-10-27", "0:30"),
    ],
)
def test_nights_when_clocks_change(tmp_path: Path, date: str, expected: str | None):
    week = FILES["calendar.txt"].replace("1,1,1,1,1,0,0", "1,1,1,1,1,1,1")
    week = week.replace("20250601,20250630", "20250101,20251231")
    rows = ["T1,23:30:00,23:30:00,A,1", "T1,24:30:00,24:30:00,B,2", "T1,24:40:00,24:40:00,C,3"]
    feed = read(tmp_path, date, calendar=week, stop_times=to_times(*rows))
    before = np.flatnonzero(feed.trips["day_offset"] == -1)
    times = feed.stop_times[feed.stop_times["trip"].isin(before)]["departure_s"].tolist()
    # Trips of the date itself keep their times, counted from noon minus 12 hours.
    assert feed.stop_times["departure_s"].tolist()[:3] == [84600, 88200, 88800]
    if expected is None:
        assert times == []
    else:
        assert times[-2:] == [to_seconds(expected), to_seconds(expected) + 600]


def test_a_feed_in_another_time_zone_is_moved(tmp_path: Path):
    london = FILES["agency.txt"].replace("Europe/Paris", "Europe/London").replace("Cars du", "Old")
    helsinki = london.replace("Europe/London", "Europe/Helsinki").replace("Old", "Older")
    paths = [write_feed(tmp_path), write_feed(tmp_path, "uk.zip", agency=london),
             write_feed(tmp_path, "fi.zip", agency=helsinki)]  # fmt: skip
    feed = read_gtfs(paths, TUESDAY)
    assert feed.timezone == "Europe/Paris"
    first = feed.stop_times.groupby("trip")["departure_s"].first()
    assert first.tolist() == [28800, 61200, 32400, 64800, 25200, 57600]
    assert "moved by +60 min" in feed.findings.examples("other_time_zone")[0]
    assert "moved by -60 min" in feed.findings.examples("other_time_zone")[1]
    early = to_times("T1,0:30:00,0:30:00,A,1", "T1,1:10:00,1:10:00,B,2", "T1,1:20:00,1:20:00,C,3")
    paths[2] = write_feed(tmp_path, "fi.zip", agency=helsinki, stop_times=early)
    times = read_gtfs(paths, TUESDAY).stop_times
    assert times["arrival_s"].min() >= 0
    assert times["departure_s"].tolist()[-2:] == [600, 1200]  # 0:30 there was yesterday here


def test_several_feeds_keep_their_ids_apart(tmp_path: Path):
    (tmp_path / "b").mkdir()
    station = FILES["stops.txt"].replace("stop_lon", "stop_lon,location_type,parent_station")
    station = station.replace(",3\n", ",3,0,G\n") + "G,Gare,45,3,1,\nE,Porte,45,3.001,2,G\n"
    transfers = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nA,B,2,90\n"
    paths = [write_feed(tmp_path, stops=station, transfers=transfers),
             write_feed(tmp_path / "b", stops=station, transfers=transfers)]  # fmt: skip
    feed = read_gtfs(paths, TUESDAY)
    assert feed.stops["id"].tolist() == [f"{f}:{s}" for f in ("feed", "feed-2") for s in "ABC"]
    assert feed.trips["id"].tolist() == ["feed:T1", "feed:T2", "feed-2:T1", "feed-2:T2"]
    assert feed.trips["route_id"].tolist() == ["feed:L1"] * 2 + ["feed-2:L1"] * 2
    assert feed.trips["feed"].tolist() == ["feed"] * 2 + ["feed-2"] * 2
    assert feed.stop_times["trip"].tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert feed.stop_times["stop"].tolist() == [0, 1, 2, 2, 1, 0, 3, 4, 5, 5, 4, 3]
    assert feed.stops["parent"].tolist() == [0, 0, 0, 1, 1, 1]
    assert feed.entrances["station"].tolist() == [0, 1]
    assert feed.transfers[["from_stop", "to_stop"]].to_numpy().tolist() == [[0, 1], [3, 4]]
    assert feed.findings.examples("agency_in_two_feeds") == [
        "Cars du pays is in feed and in feed-2: are its trips there twice?"
    ]
    with pytest.raises(InputError, match=r"feed\.zip: is given twice"):
        read_gtfs([paths[0], tmp_path / "b" / ".." / "feed.zip"], TUESDAY)


def test_a_feed_that_rests_while_another_runs(tmp_path: Path):
    sundays = FILES["calendar.txt"].replace("1,1,1,1,1,0,0", "0,0,0,0,0,0,1")
    paths = [write_feed(tmp_path), write_feed(tmp_path, "sunday.zip", calendar=sundays)]
    feed = read_gtfs(paths, TUESDAY)
    assert feed.trips["feed"].tolist() == ["feed", "feed"]
    assert len(feed.stops) == 6
    assert (
        "nearest days with service: Sunday 2025-06-08 (2 trips) and Sunday 2025-06-15"
        in (feed.findings.examples("no_service_on_date")[0])
    )
    with pytest.raises(InputError) as caught:
        read_gtfs(paths, "2025-06-14")
    assert "no service runs on Saturday 2025-06-14: 2 problems" in str(caught.value)
    assert "feed.zip: its service goes from" in str(caught.value)
    assert "sunday.zip: its service goes from" in str(caught.value)


def test_a_date_most_of_whose_trips_have_no_stop_times(tmp_path: Path):
    silent = "".join(f"L1,WEEK,S{n},Ville,0\nL1,SUN,U{n},Ville,0\n" for n in range(3))
    sunday = "SUN,0,0,0,0,0,0,1,20250601,20250630\n"
    of = {"trips": FILES["trips.txt"] + silent, "calendar": FILES["calendar.txt"] + sunday}
    path = write_feed(tmp_path, **of)
    feed = read_gtfs([path, write_feed(tmp_path, "whole.zip")], TUESDAY)
    assert feed.findings.count("trip_without_calls") == 6  # of all days
    assert feed.findings.count("many_trips_missing") == 3
    assert feed.findings.examples("many_trips_missing") == [
        f"{path}: 3 of the 5 trips of 2025-06-10 cannot be ridden: answers lack them"
    ]


def test_an_expired_feed_beside_one_that_runs(tmp_path: Path):
    old = FILES["calendar.txt"].replace("202506", "202406")
    info = "feed_publisher_name,feed_start_date,feed_end_date\nX,20250601,20250609\n"
    paths = [write_feed(tmp_path, feed_info=info), write_feed(tmp_path, "old.zip", calendar=old)]
    feed = read_gtfs(paths, TUESDAY)
    assert feed.findings.examples("expired_feed") == [
        f"{paths[1]}: its last trips run on 2024-06-28, before 2025-06-10"
    ]
    assert feed.findings.examples("outside_feed_period") == [
        f"{paths[0]}: feed_info.txt says 2025-06-01 to 2025-06-09, not 2025-06-10"
    ]


def test_pathways_are_a_finding(tmp_path: Path):
    feed = read(tmp_path, pathways="pathway_id,from_stop_id,to_stop_id\nP1,A,B\nP2,B,A\n")
    assert feed.findings.count("pathways_not_used") == 2
