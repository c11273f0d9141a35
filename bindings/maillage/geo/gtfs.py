"""Timetables of public transport on one date, out of one or several GTFS feeds.

    gtfs_files       the files in an archive or a folder, each as a table of text
    gtfs_tables      ids, and rows found by them
    gtfs_times       times, dates, time zones
    gtfs_calendar    which services run on which days
    gtfs_stops       stops, stations, entrances, transfers
    gtfs_stop_times  calls of trips at stops, sorted, interpolated, checked
    gtfs_speeds      speeds that cannot be
    gtfs_feed        one feed, all its days
    gtfs_never       why no trip of a feed ever runs
    gtfs_day         its trips on one date, frequencies as single departures
    gtfs             several feeds together: `read_gtfs`
    gtfs_check       what feeds hold on all their days, for `maillage transit check`

Format: https://gtfs.org/documentation/schedule/reference/ (revision of 2025).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.gtfs_calendar import find_nearest_days
from maillage.geo.gtfs_day import FeedDay, find_day
from maillage.geo.gtfs_feed import UNKNOWN_ROUTE_TYPE, Feed, read_feed
from maillage.geo.gtfs_never import to_never_words
from maillage.geo.gtfs_stops import ENTRANCE, STATION
from maillage.geo.gtfs_times import find_day_start, to_date, to_day_words
from maillage.progress import ProgressChoice, report_progress

__all__ = ["TransitFeed", "read_gtfs"]

MANY_SILENT = 0.1  # share of the trips of a date without which a timetable is in doubt
ID_SIGN = ":"  # between the name of a feed and an id, where there are several feeds


@dataclass(frozen=True)
class TransitFeed:
    """The timetable of one date, feeds one after the other.

    Ids are those of the feeds, with `NAME:` before them where there are several feeds.

    stops       id, name, lat, lon (NaN where the place is unknown), parent (row of stations,
                or -1), feed; a row each stop at which trips may call, used or not
    trips       id, route_id, route_name (short, else long), route_type (-1 unknown), headsign,
                direction_id (0, 1, or -1 unknown), service_id, feed, day_offset (-1: it began
                on the service day before), headway_s (0: a timetable; else of a frequency),
                exact_times (false: it leaves about every headway_s); a row each departure of a
                trip that runs on the date, so that ids of frequencies stand there repeatedly
    stop_times  trip (row of trips), stop (row of stops), arrival_s, departure_s (int32 >= 0,
                seconds after noon minus 12 hours of the date, beyond 86,400 for trips past
                midnight), pickup, drop_off (people may get on, off); by trip and sequence, at
                least two rows a trip, times never going back
    transfers   from_stop, to_stop (rows of stops), type (0 to 5), min_transfer_s (Int32,
                missing where not given), at most one a pair; stations as all their stops
    stations    id, name, lat, lon, feed
    entrances   id, name, lat, lon, station (row of stations, or -1), feed
    findings    what is doubtful
    timezone    of the date, and of the midnight that seconds count from
    """

    stops: pd.DataFrame
    trips: pd.DataFrame
    stop_times: pd.DataFrame
    transfers: pd.DataFrame
    stations: pd.DataFrame
    entrances: pd.DataFrame
    findings: Findings
    timezone: str


def read_gtfs(
    sources: Sequence[str | Path],
    date: str | dt.date,
    *,
    progress: ProgressChoice = None,
) -> TransitFeed:
    """The trips of GTFS feeds (zip archives or folders) that run on a date.

    Trips of the service day before that run past midnight are there from midnight on.
    Raises InputError when nothing runs on that date, with the nearest days that have trips;
    a feed that rests while others run is a finding. Order: feeds as given, trips of the date
    before those of the day before, in the order of their files.
    """
    day = to_date(date)
    findings = Findings()
    return join_feeds(read_feeds(sources, findings, progress), day, findings)


def read_feeds(
    sources: Sequence[str | Path], findings: Findings, progress: ProgressChoice = None
) -> list[Feed]:
    """Every feed with all its days, in the order given."""
    paths = _check_sources(sources)
    feeds: list[Feed] = []
    with report_progress(progress) as report:
        for number, path in enumerate(paths):
            if report:
                report("reading timetables", number, len(paths))
            feeds.append(read_feed(path, findings))
    return feeds


def join_feeds(
    feeds: Sequence[Feed], date: dt.date, findings: Findings, *, may_rest: bool = False
) -> TransitFeed:
    """The trips of feeds that run on a date, as one timetable; see `read_gtfs`.

    `may_rest`: the date is one of several, nothing need run on it, and findings that are the
    same on all dates are left to the caller (`find_same_agencies`).
    """
    zone = feeds[0].zone
    days = [find_day(feed, date, zone) for feed in feeds]
    if not may_rest:
        _check_service(feeds, days, date)
    names = to_feed_names([feed.path for feed in feeds])
    for feed, day in zip(feeds, days, strict=True):
        _find_rest(feed, day, date, findings)
        _find_other_zone(feed, feeds[0], date, findings)
    if not may_rest:
        find_same_agencies(feeds, names, findings)
    parts = [_to_parts(*part) for part in zip(feeds, days, names, strict=True)]
    return _join(parts, findings, str(zone))


def to_feed_names(paths: Sequence[Path]) -> list[str]:
    """What feeds are called: the name of the file without `.zip`, numbered where it repeats."""
    names: list[str] = []
    for path in paths:
        stem = path.absolute().name
        name = stem = stem[:-4] if stem.lower().endswith(".zip") else stem
        number = 2
        while name in names:
            name, number = f"{stem}-{number}", number + 1
        names.append(name)
    return names


def _check_sources(sources: Sequence[str | Path]) -> list[Path]:
    paths = [Path(source) for source in ([sources] if isinstance(sources, str | Path) else sources)]
    if not paths:
        raise InputError("gtfs is empty, expected at least one feed")
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            raise InputError(f"{path}: is given twice, expected every feed once")
        seen.add(path.resolve())
    return paths


def _check_service(feeds: Sequence[Feed], days: Sequence[FeedDay], date: dt.date) -> None:
    """Raises InputError when no trip of the date itself runs in any feed."""
    if any((day.runs["day_offset"] == 0).any() for day in days):
        return
    head = f"no service runs on {to_day_words(date)}"
    problems = [f"{feed.path}: {_to_days_words(feed, feed.count_trips(), date)}" for feed in feeds]
    raise InputError.of_problems(head, problems)


def _to_days_words(feed: Feed, counts: pd.Series, date: dt.date) -> str:
    """The days with service nearest to a date, or why there are none."""
    return to_never_words(feed, counts) or find_nearest_days(counts, date)


def _find_rest(feed: Feed, day: FeedDay, date: dt.date, findings: Findings) -> None:
    """Findings about a feed that does not run on the date, is over, or was not made for it."""
    counts = feed.count_trips()
    _find_silent(feed, date, findings)
    if not (day.runs["day_offset"] == 0).any():
        near = _to_days_words(feed, counts, date)
        findings.add("no_service_on_date", f"{feed.path}: nothing runs on {date}; {near}")
    find_expired(feed, counts, date, findings)
    first, last = feed.period
    if first > np.datetime64(date) or last < np.datetime64(date):  # NaT is neither
        period = " to ".join("?" if np.isnat(d) else str(d) for d in (first, last))
        findings.add("outside_feed_period", f"{feed.path}: feed_info.txt says {period}, not {date}")


def _find_silent(feed: Feed, date: dt.date, findings: Findings) -> None:
    """A finding where many trips of a date cannot be ridden, most often without stop times."""
    running = np.append(feed.calendar.find_running(date), False)  # the last: unknown services
    runs = running[feed.trips["service"].to_numpy()]
    n_silent = int((runs & (feed.count_runs() == 0)).sum())
    if n_silent > MANY_SILENT * runs.sum():
        words = f"{n_silent:,} of the {runs.sum():,} trips of {date} cannot be ridden"
        findings.add("many_trips_missing", f"{feed.path}: {words}: answers lack them", n_silent)


def find_expired(feed: Feed, counts: pd.Series, date: dt.date, findings: Findings) -> None:
    """A finding when a feed, whose trips by day are `counts`, is over before a date."""
    if len(counts) and counts.index[-1] < pd.Timestamp(date):
        last = f"{counts.index[-1]:%Y-%m-%d}"
        findings.add("expired_feed", f"{feed.path}: its last trips run on {last}, before {date}")


def _find_other_zone(feed: Feed, first: Feed, date: dt.date, findings: Findings) -> None:
    moved = find_day_start(date, feed.zone) - find_day_start(date, first.zone)
    if moved:
        findings.add(
            "other_time_zone",
            f"{feed.path}: {feed.zone}, its times are moved by {moved / 60:+g} min to {first.zone}",
        )


def find_same_agencies(feeds: Sequence[Feed], names: Sequence[str], findings: Findings) -> None:
    """Agencies in more than one feed: their trips may be there twice."""
    seen: dict[str, str] = {}
    for feed, name in zip(feeds, names, strict=True):
        for agency in dict.fromkeys(feed.agencies["name"].dropna()):
            other = seen.setdefault(agency.casefold(), name)
            if other != name:
                findings.add(
                    "agency_in_two_feeds",
                    f"{agency} is in {other} and in {name}: are its trips there twice?",
                )


@dataclass(frozen=True)
class _Parts:
    """The frames of one feed, rows counted from its own first."""

    stops: pd.DataFrame
    trips: pd.DataFrame
    stop_times: pd.DataFrame
    transfers: pd.DataFrame
    stations: pd.DataFrame
    entrances: pd.DataFrame


def _to_parts(feed: Feed, day: FeedDay, name: str) -> _Parts:
    every = feed.stops.frame
    stop_rows = np.flatnonzero(feed.boardable)
    kind = every["location_type"].to_numpy()
    station_rows = np.flatnonzero(kind == STATION)
    stop_of, station_of = (_to_inverse(rows, len(every)) for rows in (stop_rows, station_rows))
    whole = np.where(every["station"] >= 0, station_of[every["station"].to_numpy()], -1)
    columns = ["id", "name", "lat", "lon"]
    stops = every.loc[stop_rows, columns].assign(parent=whole[stop_rows])
    entrance_rows = np.flatnonzero(kind == ENTRANCE)
    entrances = every.loc[entrance_rows, columns].assign(station=whole[entrance_rows])
    stop_times = day.calls.assign(stop=stop_of[day.calls["stop"].to_numpy()])
    transfers = feed.transfers.assign(
        **{end: stop_of[feed.transfers[end].to_numpy()] for end in ("from_stop", "to_stop")}
    )
    parts = _Parts(
        stops, _to_trips(feed, day), stop_times, transfers, every.loc[station_rows, columns],
        entrances,
    )  # fmt: skip
    for frame in (parts.stops, parts.trips, parts.stations, parts.entrances):
        frame["feed"] = pd.Series(name, index=frame.index, dtype="str")
    return parts


def _to_inverse(rows: np.ndarray, n_rows: int) -> np.ndarray:
    """The position of each row among some rows, n_rows; -1 where it is none of them."""
    inverse = np.full(n_rows, -1, dtype=np.int64)
    inverse[rows] = np.arange(len(rows))
    return inverse


def _to_trips(feed: Feed, day: FeedDay) -> pd.DataFrame:
    trips = feed.trips.iloc[day.runs["trip"].to_numpy()].reset_index(drop=True)
    route = trips["route"].to_numpy()
    nameless = feed.routes.reindex(range(len(feed.routes) + 1))  # row -1: a route that is unknown
    routes = nameless.iloc[route].reset_index(drop=True)
    services = feed.calendar.services[trips["service"].to_numpy()]
    return pd.DataFrame(
        {
            "id": trips["id"],
            "route_id": routes["id"],
            "route_name": routes["name"],
            "route_type": routes["type"].fillna(UNKNOWN_ROUTE_TYPE).astype("int32"),
            "headsign": trips["headsign"],
            "direction_id": trips["direction_id"].astype("int8"),
            "service_id": pd.Series(services, dtype="str"),
            "day_offset": day.runs["day_offset"].astype("int8"),
            "headway_s": day.runs["headway_s"].astype("int32"),
            "exact_times": day.runs["exact_times"].astype(bool),
        }
    )


def _join(parts: Sequence[_Parts], findings: Findings, timezone: str) -> TransitFeed:
    """The feeds one below the other, rows counted on, ids kept apart."""
    n_stops = _to_starts([len(part.stops) for part in parts])
    n_trips = _to_starts([len(part.trips) for part in parts])
    n_stations = _to_starts([len(part.stations) for part in parts])
    for k, part in enumerate(parts):
        _count_on(part.stops, ["parent"], n_stations[k])
        _count_on(part.entrances, ["station"], n_stations[k])
        _count_on(part.stop_times, ["trip"], n_trips[k])
        _count_on(part.stop_times, ["stop"], n_stops[k])
        _count_on(part.transfers, ["from_stop", "to_stop"], n_stops[k])
        if len(parts) > 1:
            for frame in (part.stops, part.stations, part.entrances):
                frame["id"] = frame["feed"] + ID_SIGN + frame["id"]
            for column in ("id", "route_id", "service_id"):
                part.trips[column] = part.trips["feed"] + ID_SIGN + part.trips[column]
    frames = {
        name: pd.concat([getattr(part, name) for part in parts], ignore_index=True)
        for name in ("stops", "trips", "stop_times", "transfers", "stations", "entrances")
    }
    times = ["trip", "stop", "arrival_s", "departure_s"]
    frames["stop_times"] = frames["stop_times"].astype(dict.fromkeys(times, "int32"))
    ends = dict.fromkeys(["from_stop", "to_stop"], "int32")
    frames["transfers"] = frames["transfers"].astype(
        {**ends, "type": "int8", "min_transfer_s": "Int32"}
    )
    return TransitFeed(**frames, findings=findings, timezone=timezone)


def _to_starts(sizes: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *sizes])


def _count_on(frame: pd.DataFrame, columns: Sequence[str], start: int) -> None:
    for column in columns:
        rows = frame[column].to_numpy()
        frame[column] = np.where(rows >= 0, rows + start, rows).astype(np.int32)
