"""Which services run on a date, and how many trips on every day, against counting day by day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import FILES, TUESDAY, write_feed

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.gtfs import read_gtfs
from maillage.geo.gtfs_calendar import find_nearest_days, read_calendar
from maillage.geo.gtfs_feed import read_feed
from maillage.geo.gtfs_files import open_feed

HEADER = FILES["calendar.txt"].splitlines()[0]
DATES = "service_id,date,exception_type\n"


def running_ids(folder: Path, date: str, **changes: str | None) -> list[str]:
    feed = open_feed(write_feed(folder, **changes))
    calendar = read_calendar(feed, Findings())
    running = calendar.find_running(dt.date.fromisoformat(date))
    return calendar.services[running].tolist()


def test_first_and_last_day_belong_to_the_period(tmp_path: Path):
    week = f"{HEADER}\nWEEK,1,1,1,1,1,1,1,20250603,20250605\n"
    days = [f"2025-06-0{day}" for day in range(2, 7)]
    found = [bool(running_ids(tmp_path, day, calendar=week)) for day in days]
    assert found == [False, True, True, True, False]


@pytest.mark.parametrize("weekday", range(7))
def test_every_weekday_is_its_own(tmp_path: Path, weekday: int):
    flags = ",".join("1" if i == weekday else "0" for i in range(7))
    week = f"{HEADER}\nWEEK,{flags},20250601,20250630\n"
    monday = dt.date(2025, 6, 9)
    for i in range(7):
        day = (monday + dt.timedelta(days=i)).isoformat()
        assert bool(running_ids(tmp_path, day, calendar=week)) == (i == weekday)


def test_added_and_removed_days(tmp_path: Path):
    dates = f"{DATES}WEEK,20250610,2\nWEEK,20250614,1\nWEEK,20250611,1\nWEEK,20250615,2\n"
    for date, runs in (("2025-06-09", True), (TUESDAY, False), ("2025-06-11", True),
                       ("2025-06-14", True), ("2025-06-15", False)):  # fmt: skip
        assert bool(running_ids(tmp_path, date, calendar_dates=dates)) == runs, date


def test_calendar_dates_alone(tmp_path: Path):
    dates = f"{DATES}WEEK,20250610,1\nOTHER,20250611,1\nWEEK,20250612,2\n"
    changes = {"calendar": None, "calendar_dates": dates}
    assert running_ids(tmp_path, TUESDAY, **changes) == ["WEEK"]
    assert running_ids(tmp_path, "2025-06-11", **changes) == ["OTHER"]
    assert running_ids(tmp_path, "2025-06-12", **changes) == []
    feed = read_gtfs([write_feed(tmp_path, **changes)], TUESDAY)
    assert feed.trips["id"].tolist() == ["T1", "T2"]
    with pytest.raises(InputError, match=r"nearest days with service: Tuesday 2025-06-10 \(2 "):
        read_gtfs([write_feed(tmp_path, **changes)], "2025-06-11")


def test_calendar_of_zeros_with_dates(tmp_path: Path):
    """Many French feeds have a calendar that runs on no day, and every day as an exception."""
    week = f"{HEADER}\nWEEK,0,0,0,0,0,0,0,20250601,20250630\n"
    dates = f"{DATES}WEEK,20250610,1\n"
    feed = read_feed(write_feed(tmp_path, calendar=week, calendar_dates=dates), Findings())
    counts = feed.count_trips()
    assert counts.to_dict() == {pd.Timestamp(TUESDAY): 2}


def test_trips_by_day_are_those_counted_day_by_day(tmp_path: Path):
    dice = np.random.default_rng(6)
    ids = [f"S{i}" for i in range(12)]
    weeks, dates, trips = [HEADER], [DATES.strip()], [FILES["trips.txt"].splitlines()[0]]
    times = [FILES["stop_times.txt"].splitlines()[0]]
    for i, service in enumerate(ids):
        first = dt.date(2025, 1, 1) + dt.timedelta(days=int(dice.integers(0, 300)))
        last = first + dt.timedelta(days=int(dice.integers(-3, 200)))
        if i % 4:
            flags = ",".join(map(str, dice.integers(0, 2, 7)))
            weeks.append(f"{service},{flags},{first:%Y%m%d},{last:%Y%m%d}")
        for offset in dice.choice(400, 25, replace=False):
            day = dt.date(2024, 12, 1) + dt.timedelta(days=int(offset))
            dates.append(f"{service},{day:%Y%m%d},{dice.integers(1, 3)}")
        for k in range(int(dice.integers(0, 4))):
            trips.append(f"L1,{service},{service}-{k},x,0")
            times += [f"{service}-{k},8:00:00,8:00:00,A,1", f"{service}-{k},8:09:00,8:09:00,B,2"]
    texts = {"calendar": weeks, "calendar_dates": dates, "trips": trips, "stop_times": times}
    path = write_feed(tmp_path, **{name: "\n".join(rows) for name, rows in texts.items()})
    feed = read_feed(path, Findings())
    counts = feed.count_trips()
    n_trips = np.bincount(feed.trips["service"], minlength=len(feed.calendar.services))
    for offset in range(900):
        day = dt.date(2024, 6, 1) + dt.timedelta(days=offset)
        expected = n_trips[feed.calendar.find_running(day)].sum()
        assert counts.get(pd.Timestamp(day), 0) == expected, day
    assert counts.iloc[0] > 0 and counts.iloc[-1] > 0


def test_nearest_days_on_either_side():
    days = pd.Series([3, 0, 5], index=pd.DatetimeIndex(["2025-06-02", "2025-06-03", "2025-06-04"]))
    assert find_nearest_days(days, dt.date(2025, 6, 3)).endswith(
        "Monday 2025-06-02 (3 trips) and Wednesday 2025-06-04 (5 trips)"
    )
    assert find_nearest_days(days, dt.date(2026, 1, 1)).endswith(": Wednesday 2025-06-04 (5 trips)")
    assert find_nearest_days(days[:0], dt.date(2026, 1, 1)) == "no service runs on any day"


def test_exceptions_that_say_it_twice(tmp_path: Path):
    path = write_feed(tmp_path, calendar_dates=f"{DATES}WEEK,20250614,1\nWEEK,20250614,1\n")
    feed = read_gtfs([path], TUESDAY)
    assert feed.findings.count("repeated_exception") == 1
    path = write_feed(tmp_path, calendar_dates=f"{DATES}WEEK,20250614,1\nWEEK,20250614,2\n")
    with pytest.raises(InputError, match=r"calendar_dates\.txt:3: this service and date have an"):
        read_gtfs([path], TUESDAY)


def test_a_period_that_ends_before_it_begins(tmp_path: Path):
    week = f"{FILES['calendar.txt']}ODD,1,1,1,1,1,1,1,20250630,20250601\n"
    feed = read_gtfs([write_feed(tmp_path, calendar=week)], TUESDAY)
    assert feed.findings.examples("period_ends_before_it_begins") == [
        f"{tmp_path}/feed.zip/calendar.txt:3: end_date 2025-06-01 is before start_date 2025-06-30"
    ]


@pytest.mark.parametrize(
    "old,new,words",
    [
        ("20250601", "2025-06-01", "start_date is '2025-06-01', expected a date as YYYYMMDD"),
        ("20250630", "20250631", "end_date is 20250631, expected a date as YYYYMMDD"),
        ("20250630", "", "end_date is empty, expected a date as YYYYMMDD"),
        ("WEEK,1", "WEEK,2", "monday is 2, expected a whole number in 0..1"),
        ("WEEK,1", "WEEK,", "monday is empty, expected a whole number in 0..1"),
        ("WEEK,1", ",1", "service_id is empty, expected an id"),
    ],
)
def test_calendars_that_cannot_be_read(tmp_path: Path, old: str, new: str, words: str):
    path = write_feed(tmp_path, calendar=FILES["calendar.txt"].replace(old, new))
    with pytest.raises(InputError, match=rf"feed\.zip/calendar\.txt:2: {words}"):
        read_gtfs([path], TUESDAY)


@pytest.mark.parametrize(
    "row,words",
    [
        ("WEEK,20250610,3", "exception_type is 3, expected a whole number in 1..2"),
        ("WEEK,99999999,1", "date is 99999999, expected a date as YYYYMMDD"),
    ],
)
def test_exceptions_that_cannot_be_read(tmp_path: Path, row: str, words: str):
    path = write_feed(tmp_path, calendar_dates=f"{DATES}{row}\n")
    with pytest.raises(InputError, match=rf"calendar_dates\.txt:2: {words}"):
        read_gtfs([path], TUESDAY)
