"""One GTFS feed as a whole, all its days: read, checked, ids resolved to rows.

`read_feed(path, findings)` gives a `Feed`; which of its trips run on a date is for
`gtfs_day`, and what is doubtful in their speeds for `gtfs_speeds`.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.gtfs_calendar import Calendar, read_calendar
from maillage.geo.gtfs_files import FeedFiles, open_feed
from maillage.geo.gtfs_speeds import find_impossible_speeds
from maillage.geo.gtfs_stop_times import StopTimes, read_stop_times
from maillage.geo.gtfs_stops import FeedStops, find_boardable, read_stops, read_transfers
from maillage.geo.gtfs_tables import (
    add_rows,
    add_unknown,
    find_rows,
    read_ids,
    read_numbers,
    read_texts,
)
from maillage.geo.gtfs_times import find_zone, parse_dates, parse_times
from maillage.geo.tables import NumberRule, Table
from maillage.route_types import is_route_type

UNKNOWN_ROUTE_TYPE = -1
_MAX_ROUTE_TYPE = 1702  # of the extended route types
_MAX_HEADWAY_S = 86_400


@dataclass(frozen=True)
class Feed:
    """What one feed holds, on all its days.

    agencies     id, name, timezone
    routes       id, name (short, else long, else id), type
    stops        every row of stops.txt
    boardable    bool, a row of stops.txt each: trips may call here
    trips        id, route (row, -1 unknown), service (row of the calendar, -1 unknown),
                 headsign, direction_id (0, 1, -1 unknown)
    calls        calls of the trips that can be ridden, sorted
    frequencies  trip (row), start_s, end_s (exclusive), headway_s, exact_times
    transfers    from_stop, to_stop (rows of stops.txt), type, min_transfer_s
    period       first and last day for which the publisher says the feed holds, NaT unknown
    """

    path: Path
    zone: zoneinfo.ZoneInfo
    agencies: pd.DataFrame
    routes: pd.DataFrame
    stops: FeedStops
    boardable: np.ndarray
    trips: pd.DataFrame
    calls: StopTimes
    calendar: Calendar
    frequencies: pd.DataFrame
    transfers: pd.DataFrame
    period: tuple[np.datetime64, np.datetime64]

    def count_trips(self) -> pd.Series:
        """Trips that can be ridden on every day of the calendar; a frequency counts its
        departures.
        """
        runs = self.count_runs()
        service = self.trips["service"].to_numpy()
        known = service >= 0
        n_services = len(self.calendar.services)
        weights = np.bincount(service[known], runs[known], minlength=n_services)
        return self.calendar.count_trips(weights.astype(np.int64))

    def count_runs(self) -> np.ndarray:
        """How often each trip runs on a day of its service, n_trips: 0 when it cannot be
        ridden, 1, or the departures of its frequencies.
        """
        n_trips = len(self.trips)
        runs = (np.bincount(self.calls.trip, minlength=n_trips) >= 2).astype(np.int64)
        by_trip = self.frequencies
        span = by_trip["end_s"].to_numpy() - by_trip["start_s"].to_numpy()
        n_departures = -(-np.maximum(span, 0) // by_trip["headway_s"].to_numpy())
        trip = by_trip["trip"].to_numpy()
        departures = np.bincount(trip, n_departures, minlength=n_trips).astype(np.int64)
        has_frequency = np.zeros(n_trips, dtype=bool)
        has_frequency[trip] = True
        return np.where(has_frequency, runs * departures, runs)


def read_feed(path: Path, findings: Findings) -> Feed:
    """Reads all of a feed that bears on timetables; see `Feed`.

    What cannot be used is an InputError with file, row, field and value.
    """
    files = open_feed(path)
    files.check_files()
    zone, agencies = _read_agencies(files, findings)
    routes, route_ids = _read_routes(files, agencies["id"], findings)
    calendar = read_calendar(files, findings)
    trips, trip_ids = _read_trips(files, route_ids, calendar, findings)
    stops = read_stops(files, findings)
    calls = read_stop_times(files, trip_ids, stops, findings)
    boardable = find_boardable(stops, np.unique(calls.stop), findings)
    find_impossible_speeds(calls, stops, trips, routes, findings)
    _find_pathways(files, findings)
    return Feed(
        path=path,
        zone=zone,
        agencies=agencies,
        routes=routes,
        stops=stops,
        boardable=boardable,
        trips=trips,
        calls=calls,
        calendar=calendar,
        frequencies=_read_frequencies(files, trip_ids, findings),
        transfers=read_transfers(files, stops, boardable, findings),
        period=_read_period(files, findings),
    )


def _read_agencies(files: FeedFiles, findings: Findings) -> tuple[zoneinfo.ZoneInfo, pd.DataFrame]:
    table = files.read("agency.txt", ["agency_timezone"], ["agency_id", "agency_name"], findings)
    if table.n_rows == 0:
        raise InputError(f"{table.name}: has no rows, expected an agency with its time zone")
    zones = table.texts("agency_timezone").to_pylist()
    for row, name in enumerate(zones):
        if name is None:
            raise table.error(row, "agency_timezone", None, "a time zone such as 'Europe/Paris'")
        find_zone(name, table.find_place(row))
    if len(set(zones)) > 1:
        others = ", ".join(sorted(set(zones) - {zones[0]}))
        findings.add(
            "several_time_zones", f"{table.name}: times are read as {zones[0]}, not {others}"
        )
    if "agency_id" in table.columns.column_names and table.n_rows > 1:
        read_ids(table, "agency_id")
    agencies = pd.DataFrame(
        {
            "id": read_texts(table, "agency_id"),
            "name": read_texts(table, "agency_name"),
            "timezone": pd.Series(zones, dtype="str"),
        }
    )
    return zoneinfo.ZoneInfo(zones[0]), agencies


def _read_routes(
    files: FeedFiles, agencies: pd.Series, findings: Findings
) -> tuple[pd.DataFrame, pa.Array]:
    table = files.read(
        "routes.txt",
        ["route_id", "route_type"],
        ["route_short_name", "route_long_name", "agency_id"],
        findings,
    )
    ids = read_ids(table, "route_id")
    kind = table.numbers("route_type", NumberRule(0, _MAX_ROUTE_TYPE, whole=True)).amounts
    _find_odd_routes(table, kind, agencies, findings)
    id_texts = pd.Series(ids.to_pandas()).astype("str")
    short, long = read_texts(table, "route_short_name"), read_texts(table, "route_long_name")
    name = short.where(short.notna(), long)
    name = name.where(name.notna(), id_texts)
    return pd.DataFrame({"id": id_texts, "name": name, "type": kind.astype(np.int64)}), ids


def _find_odd_routes(
    table: Table, kind: np.ndarray, agencies: pd.Series, findings: Findings
) -> None:
    """Findings about types that GTFS does not have, and agencies that the feed does not have."""
    odd = np.flatnonzero([not is_route_type(int(number)) for number in kind])
    add_rows(
        findings,
        "unknown_route_type",
        table,
        odd,
        lambda row: f"route_type {kind[row]:g} is no type of GTFS",
    )
    named, known = read_texts(table, "agency_id"), agencies.dropna()
    if len(known):
        is_unknown = (named.notna() & ~named.isin(known)).to_numpy(dtype=bool)
        add_unknown(table, "agency", is_unknown, "the line has no agency", findings)


def _read_trips(
    files: FeedFiles, route_ids: pa.Array, calendar: Calendar, findings: Findings
) -> tuple[pd.DataFrame, pa.Array]:
    table = files.read(
        "trips.txt",
        ["route_id", "service_id", "trip_id"],
        ["trip_headsign", "direction_id"],
        findings,
    )
    ids = read_ids(table, "trip_id")
    route = find_rows(read_ids(table, "route_id", unique=False), route_ids)
    services = read_ids(table, "service_id", unique=False)
    service = find_rows(services, pa.array(calendar.services, pa.string()))
    add_unknown(table, "route", route < 0, "the trip has no line", findings)
    add_unknown(table, "service", service < 0, "the trip never runs", findings)
    rule = NumberRule(0, 1, whole=True, absent="nan")
    trips = pd.DataFrame(
        {
            "id": pd.Series(ids.to_pandas()).astype("str"),
            "route": route,
            "service": service,
            "headsign": read_texts(table, "trip_headsign"),
            "direction_id": read_numbers(table, "direction_id", rule, -1),
        }
    )
    return trips, ids


def _read_frequencies(files: FeedFiles, trip_ids: pa.Array, findings: Findings) -> pd.DataFrame:
    if not files.has("frequencies.txt"):
        none = np.array([], dtype=np.int64)
        columns = ["trip", "start_s", "end_s", "headway_s"]
        return pd.DataFrame(dict.fromkeys(columns, none) | {"exact_times": none == 0})
    table = files.read(
        "frequencies.txt", ["trip_id", "start_time", "end_time", "headway_secs"], ["exact_times"],
        findings,
    )  # fmt: skip
    trip = find_rows(read_ids(table, "trip_id", unique=False), trip_ids)
    start, end = (parse_times(table, name, required=True) for name in ("start_time", "end_time"))
    headway = table.numbers("headway_secs", NumberRule(1, _MAX_HEADWAY_S, whole=True)).amounts
    rule = NumberRule(0, 1, whole=True, absent="nan")
    frame = pd.DataFrame(
        {
            "trip": trip,
            "start_s": start.astype(np.int64),
            "end_s": end.astype(np.int64),
            "headway_s": headway.astype(np.int64),
            "exact_times": read_numbers(table, "exact_times", rule, 0) == 1,
        }
    )
    add_unknown(table, "trip", trip < 0, "the frequency is left out", findings)
    words = "ends when it begins or before: no departure"
    add_rows(findings, "frequency_never_runs", table, np.flatnonzero(end <= start), words)
    frame = pd.DataFrame(frame[trip >= 0]).sort_values(["trip", "start_s"], kind="stable")
    _find_overlaps(table, frame, findings)
    return frame.reset_index(drop=True)


def _find_overlaps(table: Table, frame: pd.DataFrame, findings: Findings) -> None:
    trip, start, end = (frame[name].to_numpy() for name in ("trip", "start_s", "end_s"))
    over = np.flatnonzero((trip[1:] == trip[:-1]) & (start[1:] < end[:-1])) + 1
    rows = frame.index.to_numpy()[over]
    words = "begins before another frequency of its trip ends"
    add_rows(findings, "overlapping_frequencies", table, rows, words)


def _find_pathways(files: FeedFiles, findings: Findings) -> None:
    if not files.has("pathways.txt"):
        return
    table = files.read("pathways.txt", ["pathway_id"], [], findings)
    example = f"{table.name}: ways inside stations are not used, walking goes by the roads"
    findings.add("pathways_not_used", example, table.n_rows)


def _read_period(files: FeedFiles, findings: Findings) -> tuple[np.datetime64, np.datetime64]:
    """The days between which the publisher says that the feed holds; NaT where she does not."""
    unknown = np.datetime64("NaT", "D")
    if not files.has("feed_info.txt"):
        return unknown, unknown
    names = ("feed_start_date", "feed_end_date")
    table = files.read("feed_info.txt", [], names, findings)
    days = []
    for name, pick in zip(names, (np.min, np.max), strict=True):
        known = read_texts(table, name).notna().to_numpy()
        days.append(pick(parse_dates(table.keep(known), name)) if known.any() else unknown)
    return days[0], days[1]
