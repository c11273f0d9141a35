"""Several dates of public transport: on how many days people can go, how many hours they reach.

week = ml.read_transit_week(["coaches.zip"], "2025-06-10", walk=walk)
week.access(homes, counters, services="service")
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.arguments import to_shown
from maillage.errors import InputError, NotFoundError
from maillage.findings import Findings
from maillage.geo.gtfs import find_same_agencies, join_feeds, read_feeds, to_feed_names
from maillage.geo.gtfs_times import to_date
from maillage.geo.opening_days import SECONDS_A_DAY
from maillage.geo.opening_hours import OSM_DAYS
from maillage.progress import ProgressChoice, report_progress
from maillage.results import to_ids
from maillage.roads import RoadNetwork
from maillage.scenario import Scenario
from maillage.transit import MAX_EGRESS_M, MAX_TRANSFER_M, Transit, check_reaches
from maillage.transit_best import NEAREST_TO_WORKING, to_nearness, to_reasons
from maillage.transit_edits import apply_to_feeds
from maillage.transit_findings import find_stops_off_network
from maillage.transit_trips import (
    Trips,
    VisitOptions,
    check_options,
    find_trips,
    to_trip_frame,
    to_visit,
)
from maillage.transit_walks import Footways, Spots

if TYPE_CHECKING:
    from typing_extensions import Unpack

_N_REMEMBERED = 16


class TransitWeek:
    """The public transport of several dates, one after the other. Immutable.

    Made by `read_transit_week`. On dates on which nothing runs people walk.
    """

    def __init__(self, days: Sequence[Transit], findings: Findings) -> None:
        self.days = tuple(days)
        self._findings = findings

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """The dates, in order."""
        return tuple(day.date for day in self.days)

    @property
    def findings(self) -> pd.DataFrame:
        """What was doubtful in the feeds: `kind, count, examples`."""
        return self._findings.to_frame()

    def __repr__(self) -> str:
        trips = ", ".join(f"{_to_name(day.date)} {len(day.feed.trips):,}" for day in self.days)
        return f"<TransitWeek {self.dates[0]} to {self.dates[-1]}: trips {trips}>"

    def apply(self, scenario: Scenario) -> TransitWeek:
        """The same dates with lines cut and trips added, each on the dates on which its line runs.

        InputError for a line that runs on none of them, and for scenarios that edit more than
        timetables: those need a territory.
        """
        feeds = apply_to_feeds([day.feed for day in self.days], scenario)
        days = [day.replace_feed(feed) for day, feed in zip(self.days, feeds, strict=True)]
        return TransitWeek(days, self._findings)

    def round_trips(
        self,
        origins: pd.DataFrame,
        counters: pd.DataFrame,
        dwell_min: float = 30,
        *,
        threads: int = 0,
        progress: ProgressChoice = None,
        **options: Unpack[VisitOptions],
    ) -> pd.DataFrame:
        """`Transit.round_trips` of every date, one below the other, with a first column `date`."""
        check_options("TransitWeek.round_trips", options)
        tables = []
        for day in self.days:
            visit = to_visit(day.date, dwell_min, **options)
            trips = find_trips(day, origins, counters, visit, threads=threads, progress=progress)
            table = to_trip_frame(trips, visit)
            table.insert(0, "date", pd.Timestamp(day.date))
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def access(
        self,
        origins: pd.DataFrame,
        counters: pd.DataFrame,
        dwell_min: float = 30,
        *,
        services: str | Mapping[str, Iterable[Any]] | None = None,
        threads: int = 0,
        progress: ProgressChoice = None,
        **options: Unpack[VisitOptions],
    ) -> pd.DataFrame:
        """On how many dates each origin can go to a service and come back, and for how many hours.

        origins, counters, dwell_min and the other options
            As in `Transit.round_trips`; opening hours are those of each date.
        services
            Which counters belong together: the name of a column of `counters`, or names with the
            ids of their counters (one may be in several). None: all counters are one service.

        Returns one row an origin and service, origins first: `from_id`, `service` (where there are
        any), `feasible_days` (dates on which some counter can be visited), `days` (which ones:
        `"Tu,Fr"`; dates where a weekday comes twice), `reachable_hours` (hours, summed over the
        dates, that somebody from there can spend at some open counter of the service: the
        union of all visits of at least `dwell_min` that a trip there and back allows; of a week
        where the dates are one), `time_away` (minutes: the shortest trip of all dates; NaN), and
        `reason` where there is no such date: that of the counter and date nearest to working, as in
        `ml.best_trips`.
        Whoever walks there within the limits reaches all opening hours; who takes the bus, what
        lies between its arrival and the last one home. Hours past midnight are left out.
        """
        check_options("TransitWeek.access", options)
        if not isinstance(origins, pd.DataFrame):
            raise InputError(f"origins is {type(origins).__name__}, expected a data frame")
        names, members = _find_services(counters, services)
        n, n_services = len(origins), len(names)
        feasible = np.zeros((len(self.days), n, n_services), dtype=bool)
        seconds = np.zeros((n, n_services), dtype=np.int64)
        away = np.full((n, n_services), np.inf)
        nearest = np.full((n, n_services), len(NEAREST_TO_WORKING))
        for number, day in enumerate(self.days):
            visit = to_visit(day.date, dwell_min, **options)
            trips = find_trips(
                day, origins, counters, visit,
                with_presence=True, threads=threads, progress=progress,
            )  # fmt: skip
            times = _find_times(trips)
            nearness = to_nearness(trips.reason).reshape(times.shape)
            for service, among in enumerate(members):
                best = times[:, among].min(axis=1, initial=np.inf)
                feasible[number, :, service] = np.isfinite(best)
                away[:, service] = np.minimum(away[:, service], best)
                seconds[:, service] += _find_presence(trips, among)
                here = nearness[:, among].min(axis=1, initial=len(NEAREST_TO_WORKING))
                nearest[:, service] = np.minimum(nearest[:, service], here)
        nearest[feasible.any(axis=0)] = len(NEAREST_TO_WORKING)
        return pd.DataFrame(
            {
                "from_id": to_ids(pd.Index(origins["id"]), np.repeat(np.arange(n), n_services)),
                **({} if services is None else {"service": np.tile(np.array(names), n)}),
                "feasible_days": feasible.sum(axis=0).ravel(),
                "days": _to_day_texts(self.dates, feasible),
                "reachable_hours": seconds.ravel() / 3600,
                "time_away": np.where(np.isfinite(away), away / 60, np.nan).ravel(),
                "reason": to_reasons(nearest.ravel()),
            }
        )


def read_transit_week(
    gtfs: Sequence[str | Path] | str | Path,
    dates: Any,
    *,
    walk: RoadNetwork | None = None,
    max_transfer_m: float = MAX_TRANSFER_M,
    max_egress_m: float = MAX_EGRESS_M,
    progress: ProgressChoice = None,
) -> TransitWeek:
    """Reads timetables for several dates, once.

    gtfs, walk, max_transfer_m, max_egress_m
        As in `read_transit`.
    dates
        One date: the seven days from Monday to Sunday of its week. Or several, each once.

    A date on which nothing runs is a finding (`no_service_on_date`); InputError where nothing
    runs on any of them.
    """
    days = to_dates(dates)
    reaches = check_reaches(max_transfer_m, max_egress_m)
    footways = RememberedFootways(walk)
    findings = Findings()
    feeds = read_feeds([gtfs] if isinstance(gtfs, str | Path) else gtfs, findings, progress)
    find_same_agencies(feeds, to_feed_names([feed.path for feed in feeds]), findings)
    found = [join_feeds(feeds, day, findings, may_rest=True) for day in days]
    if not any((feed.trips["day_offset"] == 0).any() for feed in found):
        join_feeds(feeds, days[0], Findings())  # says when something does
    transits = [Transit(*of, footways, **reaches) for of in zip(found, days, strict=True)]
    with report_progress(progress) as report:
        find_stops_off_network(transits, findings, {"threads": 0, "progress": report})
    return TransitWeek(transits, findings)


def to_dates(dates: Any) -> list[dt.date]:
    """Dates in order; a single one stands for its week."""
    if isinstance(dates, str | dt.date):
        monday = to_date(dates) - dt.timedelta(days=to_date(dates).weekday())
        return [monday + dt.timedelta(days=i) for i in range(7)]
    if not hasattr(dates, "__iter__"):
        raise InputError(f"dates is {to_shown(dates)}, expected a date or several")
    found = sorted(to_date(date) for date in dates)
    twice = [str(a) for a, b in pairwise(found) if a == b]
    if not found or twice:
        said = f"holds {twice[0]} twice" if twice else "is empty"
        raise InputError(f"dates {said}, expected one date or more, each once")
    return found


class RememberedFootways(Footways):
    """Ways on foot that several dates ask for: the same points and ways are found once."""

    def __init__(self, roads: RoadNetwork | None) -> None:
        super().__init__(roads)
        self._spots: list[tuple[pd.DataFrame, Spots]] = []
        self._walks: dict[tuple[int, int, float, int], tuple[Spots, Spots, _core.Walks]] = {}

    def attach(self, frame: pd.DataFrame, what: str, how: dict[str, Any]) -> Spots:
        if not isinstance(frame, pd.DataFrame):
            return super().attach(frame, what, how)  # says what is wrong
        for known, spots in self._spots:
            if type(known) is type(frame) and known.equals(frame):
                return spots
        spots = super().attach(frame, what, how)
        self._spots = [*self._spots[1 - _N_REMEMBERED :], (frame.copy(), spots)]
        return spots

    def find(
        self, here: Spots, there: Spots, speed_kmh: float, longest_s: float, how: dict[str, Any]
    ) -> _core.Walks:
        key = id(here), id(there), speed_kmh, int(min(longest_s, _core.NEVER - 1))
        if key not in self._walks:
            walks = super().find(here, there, speed_kmh, longest_s, how)
            self._walks[key] = here, there, walks  # the spots stay, so their ids stay theirs
            if len(self._walks) > _N_REMEMBERED:
                del self._walks[next(iter(self._walks))]
        return self._walks[key][2]


def _find_services(
    counters: pd.DataFrame, services: str | Mapping[str, Iterable[Any]] | None
) -> tuple[list[Any], list[np.ndarray]]:
    """Names of services and rows of their counters."""
    if not isinstance(counters, pd.DataFrame):
        raise InputError(f"counters is {type(counters).__name__}, expected a data frame")
    if services is None:
        return [None], [np.arange(len(counters))]
    if isinstance(services, str):
        if services not in counters.columns:
            raise NotFoundError.of_name("column", services, [str(c) for c in counters.columns])
        column = counters[services].reset_index(drop=True)
        if column.isna().any():
            row = int(column.isna().to_numpy().argmax())
            name = counters["id"].iloc[row] if "id" in counters else row
            raise InputError(f"counters: {services} of {name!r} is missing, expected a name")
        names = list(dict.fromkeys(column.tolist()))
        return names, [np.flatnonzero(column == name) for name in names]
    if not isinstance(services, Mapping) or not services:
        raise InputError(
            f"services is {to_shown(services)}, expected the name of a column or "
            "names with the ids of their counters"
        )
    rows = []
    index = pd.Index(counters["id"]) if "id" in counters else pd.RangeIndex(len(counters))
    for name, ids in services.items():
        wanted = list(ids)
        found = index.get_indexer(pd.Index(wanted))
        if (found < 0).any():
            missing = wanted[int((found < 0).argmax())]
            raise InputError(f"services: {name!r} names counter {missing!r}, which is not there")
        rows.append(np.unique(found))
    return list(services), rows


def _find_times(trips: Trips) -> np.ndarray:
    """Seconds away, n_homes x n_counters, infinite where there is no trip."""
    columns = trips.columns
    away = (columns["home"].astype(float) - columns["leave"]).reshape(trips.is_feasible.shape)
    return np.where(trips.is_feasible, away, np.inf)


def _find_presence(trips: Trips, among: np.ndarray) -> np.ndarray:
    """Seconds of the date that people of each home can be at some of the counters."""
    columns, m = trips.columns, len(trips.there)
    offset = columns["presence_offset"].astype(np.int64)
    cell = np.repeat(np.arange(len(offset) - 1), np.diff(offset))
    is_among = np.zeros(m, dtype=bool)
    is_among[among] = True
    kept = is_among[cell % m]
    home = cell[kept] // m
    begin, end = (
        np.minimum(columns[c][kept].astype(np.int64), SECONDS_A_DAY) + home * SECONDS_A_DAY
        for c in ("presence_begin", "presence_end")
    )
    order = np.argsort(begin, kind="stable")
    home, begin, end = home[order], begin[order], end[order]
    covered = np.concatenate([[0], np.maximum.accumulate(end)[:-1]]) if len(end) else end
    new = np.maximum(0, end - np.maximum(begin, covered))
    return np.bincount(home, weights=new, minlength=len(trips.here)).astype(np.int64)


def _to_day_texts(dates: Sequence[dt.date], feasible: np.ndarray) -> list[str]:
    is_week = len({date.weekday() for date in dates}) == len(dates)
    names = [_to_name(date) if is_week else str(date) for date in dates]
    flat = feasible.reshape(len(dates), -1)
    return [",".join(names[i] for i in np.flatnonzero(flat[:, j])) for j in range(flat.shape[1])]


def _to_name(date: dt.date) -> str:
    return OSM_DAYS[date.weekday()]
