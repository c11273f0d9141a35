"""What GTFS feeds hold on all their days, in tables: for people who look before they use it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from maillage.findings import Findings
from maillage.geo.gtfs import (
    TransitFeed,
    find_expired,
    find_same_agencies,
    join_feeds,
    read_feeds,
    to_feed_names,
)
from maillage.geo.gtfs_feed import UNKNOWN_ROUTE_TYPE, Feed
from maillage.geo.gtfs_never import to_never_words
from maillage.geo.gtfs_stops import STATION
from maillage.geo.gtfs_times import to_date
from maillage.progress import ProgressChoice


@dataclass(frozen=True)
class TransitCheck:
    """What some feeds hold.

    feeds        feed, path, timezone, routes, stops, stations, trips, calls (of trips that can
                 be ridden), n_days with trips, first_day, last_day, best_day, best_trips
                 (NaT and 0 without any), a row each feed
    agencies     id, name, timezone, feed: a row each agency
    route_types  route_type, routes, trips: over all feeds
    days         day, trips: every day from the first to the last with trips in any feed
    timetable    the trips of the date that was asked for, or None
    findings     what is doubtful
    """

    feeds: pd.DataFrame
    agencies: pd.DataFrame
    route_types: pd.DataFrame
    days: pd.DataFrame
    timetable: TransitFeed | None
    findings: Findings


def check_gtfs(
    sources: Sequence[str | Path],
    date: str | dt.date | None = None,
    *,
    today: dt.date | None = None,
    progress: ProgressChoice = None,
) -> TransitCheck:
    """Reads feeds and says what they hold, and what runs on a date if one is given.

    Without a date, feeds that are over before `today` are a finding. Raises InputError as
    `read_gtfs` does, also where nothing runs on the date.
    """
    day = None if date is None else to_date(date)
    findings = Findings()
    feeds = read_feeds(sources, findings, progress)
    names = to_feed_names([feed.path for feed in feeds])
    counts = [feed.count_trips() for feed in feeds]
    timetable = None
    if day is not None:
        timetable = join_feeds(feeds, day, findings)
    else:
        find_same_agencies(feeds, names, findings)
        for feed, by_day in zip(feeds, counts, strict=True):
            if never := to_never_words(feed, by_day):
                findings.add("no_service_at_all", f"{feed.path}: {never}")
            if today is not None:
                find_expired(feed, by_day, today, findings)
    return TransitCheck(
        feeds=pd.DataFrame([_to_row(*of) for of in zip(feeds, names, counts, strict=True)]),
        agencies=pd.concat(
            [feed.agencies.assign(feed=name) for feed, name in zip(feeds, names, strict=True)],
            ignore_index=True,
        ),
        route_types=_to_route_types(feeds),
        days=_to_days(counts),
        timetable=timetable,
        findings=findings,
    )


def _to_row(feed: Feed, name: str, counts: pd.Series) -> dict[str, object]:
    can_be_ridden = np.bincount(feed.calls.trip, minlength=len(feed.trips)) > 0
    best = counts.idxmax() if len(counts) else pd.NaT
    return {
        "feed": name,
        "path": str(feed.path),
        "timezone": str(feed.zone),
        "routes": len(feed.routes),
        "stops": int(feed.boardable.sum()),
        "stations": int((feed.stops.frame["location_type"] == STATION).sum()),
        "trips": int(can_be_ridden.sum()),
        "calls": feed.calls.n_rows,
        "n_days": int((counts > 0).sum()),
        "first_day": counts.index[0] if len(counts) else pd.NaT,
        "last_day": counts.index[-1] if len(counts) else pd.NaT,
        "best_day": best,
        "best_trips": int(counts.max()) if len(counts) else 0,
    }


def _to_route_types(feeds: Sequence[Feed]) -> pd.DataFrame:
    """Lines and trips that can be ridden by type of line, the types in their order."""
    parts = []
    for feed in feeds:
        n_routes = len(feed.routes)
        ridden = np.unique(feed.calls.trip)
        route = feed.trips["route"].to_numpy()[ridden]
        kinds = np.append(feed.routes["type"].to_numpy(), UNKNOWN_ROUTE_TYPE)
        parts.append(
            pd.DataFrame(
                {
                    "route_type": kinds,
                    "routes": np.append(np.ones(n_routes, dtype=int), 0),
                    "trips": np.bincount(
                        np.where(route < 0, n_routes, route), minlength=n_routes + 1
                    ),
                }
            )
        )
    by_type = pd.concat(parts).groupby("route_type", as_index=False).sum()
    used = (by_type["routes"] > 0) | (by_type["trips"] > 0)
    return pd.DataFrame(by_type[used]).reset_index(drop=True)


def _to_days(counts: Sequence[pd.Series]) -> pd.DataFrame:
    known = [by_day for by_day in counts if len(by_day)]
    if not known:
        return pd.DataFrame({"day": pd.DatetimeIndex([]), "trips": np.array([], dtype=np.int64)})
    first, last = min(c.index[0] for c in known), max(c.index[-1] for c in known)
    days = pd.date_range(first, last, name="day")
    trips = sum(by_day.reindex(days, fill_value=0).to_numpy() for by_day in known)
    return pd.DataFrame({"day": days, "trips": trips})
