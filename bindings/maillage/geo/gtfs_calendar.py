"""Which services of a GTFS feed run on a date: calendar.txt, calendar_dates.txt, or both.

`read_calendar(files, findings)`  the services of a feed
`Calendar.find_running(date)`     which of them run that day
`Calendar.count_trips(n_trips)`   how many trips run on every day of the calendar
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.gtfs_files import FeedFiles
from maillage.geo.gtfs_tables import add_rows, find_rows, read_ids
from maillage.geo.gtfs_times import parse_dates, to_day_words
from maillage.geo.tables import NumberRule, Table

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEVER_RUNS = "no service runs on any day"
_ADDED, _REMOVED = 1, 2


@dataclass(frozen=True)
class Calendar:
    """The services of one feed.

    services    ids, n_services, in the order of the files
    weekly      bool, n_services x 7 from Monday on; false for services that only have dates
    first, last datetime64[D], n_services: the days between which `weekly` holds, inclusive
    exceptions  service (row), day, is_added: days that differ, at most one a service and day
    """

    services: pd.Index
    weekly: np.ndarray
    first: np.ndarray
    last: np.ndarray
    exceptions: pd.DataFrame

    @property
    def exception_days(self) -> np.ndarray:
        """The days of the exceptions as datetime64[D], which frames keep in seconds."""
        return self.exceptions["day"].to_numpy().astype("datetime64[D]")

    def find_running(self, date: dt.date) -> np.ndarray:
        """Which services run on a date: bool, n_services."""
        day = np.datetime64(date)
        running = self.weekly[:, date.weekday()] & (self.first <= day) & (day <= self.last)
        today = self.exceptions[self.exception_days == day]
        running[today["service"].to_numpy()] = today["is_added"].to_numpy()
        return running

    def count_trips(self, n_trips: np.ndarray) -> pd.Series:
        """Trips on every day from the first to the last with any, by day; empty without any.

        `n_trips` are the trips of each service, n_services. Cost: services + exceptions + days.
        """
        used = n_trips > 0
        days = [self.exception_days[used[self.exceptions["service"].to_numpy()]]]
        has_week = used & self.weekly.any(axis=1) & (self.first <= self.last)
        days += [self.first[has_week], self.last[has_week]]
        every = np.concatenate(days)
        if len(every) == 0:
            return pd.Series([], dtype="int64", index=pd.DatetimeIndex([], name="day"))
        start = every.min()
        n_days = int((every.max() - start).astype(int)) + 1
        counts = self._count_weekly(n_trips, has_week, start, n_days)
        self._count_exceptions(counts, n_trips, start)
        found = np.flatnonzero(counts)
        if len(found) == 0:
            return pd.Series([], dtype="int64", index=pd.DatetimeIndex([], name="day"))
        lo, hi = found[0], found[-1] + 1
        index = pd.DatetimeIndex(start + np.arange(lo, hi), name="day")
        return pd.Series(counts[lo:hi], index=index)

    def _count_weekly(
        self, n_trips: np.ndarray, has_week: np.ndarray, start: np.datetime64, n_days: int
    ) -> np.ndarray:
        steps = np.zeros((7, n_days + 1), dtype=np.int64)
        begin = (self.first[has_week] - start).astype(int)
        end = (self.last[has_week] - start).astype(int) + 1
        for weekday in range(7):
            n = np.where(self.weekly[has_week, weekday], n_trips[has_week], 0)
            np.add.at(steps[weekday], begin, n)
            np.add.at(steps[weekday], end, -n)
        running = steps.cumsum(axis=1)
        weekdays = (start.astype(int) + 3 + np.arange(n_days)) % 7  # 1970-01-01 was a Thursday
        return running[weekdays, np.arange(n_days)]

    def _count_exceptions(
        self, counts: np.ndarray, n_trips: np.ndarray, start: np.datetime64
    ) -> None:
        service = self.exceptions["service"].to_numpy()
        day = self.exception_days
        weekday = (day.astype(int) + 3) % 7
        was = (
            self.weekly[service, weekday]
            & (self.first[service] <= day)
            & (day <= self.last[service])
        )
        is_added = self.exceptions["is_added"].to_numpy()
        change = (is_added.astype(int) - was.astype(int)) * n_trips[service]
        change_at = n_trips[service] > 0
        np.add.at(counts, (day[change_at] - start).astype(int), change[change_at])


def read_calendar(files: FeedFiles, findings: Findings) -> Calendar:
    """The services of a feed, from the one or both of the files that say when they run."""
    ids = pd.Index([], dtype="str")
    weekly = np.zeros((0, 7), dtype=bool)
    first = last = np.array([], dtype="datetime64[D]")
    if files.has("calendar.txt"):
        table = files.read(
            "calendar.txt", ["service_id", *WEEKDAYS, "start_date", "end_date"], [], findings
        )
        ids = pd.Index(read_ids(table, "service_id").to_pandas(), dtype="str")
        rule = NumberRule(0, 1, whole=True)
        flags = [table.numbers(day, rule).amounts == 1 for day in WEEKDAYS]
        weekly = np.column_stack(flags) if len(ids) else weekly
        first, last = parse_dates(table, "start_date"), parse_dates(table, "end_date")
        _find_odd_periods(table, first, last, findings)
    if not files.has("calendar_dates.txt"):
        none = pd.DataFrame(
            {"service": np.array([], int), "day": first[:0], "is_added": weekly[:0, 0]}
        )
        return Calendar(ids, weekly, first, last, none)
    table = files.read("calendar_dates.txt", ["service_id", "date", "exception_type"], [], findings)
    named = read_ids(table, "service_id", unique=False)
    unique = pd.Index(named.unique().to_pandas(), dtype="str")
    more = unique.difference(ids, sort=False)
    every = ids.append(more)
    weekly = np.vstack([weekly, np.zeros((len(more), 7), dtype=bool)])
    blank = np.full(len(more), np.datetime64("NaT", "D"))
    exceptions = _read_exceptions(table, find_rows(named, pa.array(every, pa.string())), findings)
    return Calendar(
        every, weekly, np.concatenate([first, blank]), np.concatenate([last, blank]), exceptions
    )


def _find_odd_periods(
    table: Table, first: np.ndarray, last: np.ndarray, findings: Findings
) -> None:
    odd = np.flatnonzero(first > last)
    add_rows(
        findings,
        "period_ends_before_it_begins",
        table,
        odd,
        lambda row: f"end_date {last[row]} is before start_date {first[row]}",
    )


def _read_exceptions(table: Table, service: np.ndarray, findings: Findings) -> pd.DataFrame:
    day = parse_dates(table, "date")
    kind = table.numbers("exception_type", NumberRule(1, 2, whole=True)).amounts
    frame = pd.DataFrame({"service": service, "day": day, "is_added": kind == _ADDED})
    again = frame.duplicated(["service", "day"]).to_numpy()
    if not again.any():
        return frame
    differs = again & ~frame.duplicated().to_numpy()
    if differs.any():
        row = int(np.argmax(differs))
        raise InputError(
            f"{table.find_place(row)}: this service and date have another exception_type above, "
            "expected them once"
        )
    rows = np.flatnonzero(again)
    add_rows(findings, "repeated_exception", table, rows, "stands above already")
    return frame[~again].reset_index(drop=True)


def find_nearest_days(counts: pd.Series, date: dt.date) -> str:
    """The days with service nearest to a date, in words: one before and one after it.

    `counts` are the trips by day, of `Calendar.count_trips`.
    """
    days = counts.index[counts.to_numpy() > 0]
    if len(days) == 0:
        return NEVER_RUNS
    day = pd.Timestamp(date)
    before, after = days[days < day], days[days > day]
    near = [*([before[-1]] if len(before) else []), *([after[0]] if len(after) else [])]
    words = " and ".join(f"{to_day_words(d)} ({counts[d]} trips)" for d in near)
    period = f"its service goes from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    return f"{period}; nearest days with service: {words}"
