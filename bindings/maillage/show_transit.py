"""What `maillage transit check` found in GTFS feeds, as tables for people."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.geo.gtfs_times import to_clock, to_day_words
from maillage.route_types import to_route_words
from maillage.show import build_table, build_title, to_shown_name
from maillage.terms import to_persons

if TYPE_CHECKING:
    from maillage.geo.gtfs import TransitFeed
    from maillage.geo.gtfs_check import TransitCheck

_N_AGENCIES = 10


def build_transit_view(check: TransitCheck, *, title: str) -> RenderableType:
    """Feeds, agencies, lines by type, trips over the calendar, and what runs on the date."""
    parts: list[RenderableType] = [build_title(title)]
    tables = [
        _feeds(check.feeds),
        _calendar(check.feeds),
        _agencies(check.agencies),
        _route_types(check.route_types),
        _weekdays(check.days),
    ]
    if check.timetable is not None:
        tables.append(_date(check.timetable))
    for table in tables:
        parts += [table, Text("")]
    return Group(*parts)


def _feeds(feeds: pd.DataFrame) -> RenderableType:
    counts = ("routes", "stops", "stations", "trips", "calls")
    headings = [("Feeds", False), ("lines", True), *((name, True) for name in counts[1:])]
    rows = [
        (row["feed"], *(to_persons(row[name]) for name in counts), row["timezone"])
        for row in feeds.to_dict("records")
    ]
    return build_table([*headings, ("time zone", False)], rows)


def _calendar(feeds: pd.DataFrame) -> RenderableType:
    headings = [
        ("Calendar", False), ("first day", False), ("last day", False), ("days with trips", True),
        ("best day", False), ("trips", True),
    ]  # fmt: skip
    rows = [
        (
            row["feed"],
            _to_day(row["first_day"]),
            _to_day(row["last_day"]),
            to_persons(row["n_days"]),
            "none" if pd.isna(row["best_day"]) else to_day_words(row["best_day"]),
            to_persons(row["best_trips"]),
        )
        for row in feeds.to_dict("records")
    ]
    return build_table(headings, rows)


def _to_day(day: Any) -> str:
    return "none" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _agencies(agencies: pd.DataFrame) -> RenderableType:
    names = [
        to_shown_name(name) for name in agencies["name"].fillna(agencies["id"]).fillna("no name")
    ]
    rows = [(name,) for name in dict.fromkeys(names[:_N_AGENCIES])]
    if len(names) > _N_AGENCIES:
        rows.append((f"... and {len(names) - _N_AGENCIES} more",))
    return build_table([("Agencies", False)], rows)


def _route_types(types: pd.DataFrame) -> RenderableType:
    words = [to_route_words(int(kind)) for kind in types["route_type"].to_numpy()]
    by_kind = types.groupby(pd.Index(words), sort=False)[["routes", "trips"]].sum()
    rows = [
        (str(kind), to_persons(n["routes"]), to_persons(n["trips"]))
        for kind, n in by_kind.to_dict("index").items()
    ]
    return build_table([("Lines by type", False), ("lines", True), ("trips", True)], rows)


def _weekdays(days: pd.DataFrame) -> RenderableType:
    """Days with trips and how many trips, by day of the week."""
    headings = [
        ("Trips a day", False), ("days with trips", True), ("least", True), ("median", True),
        ("most", True),
    ]  # fmt: skip
    running = days[days["trips"] > 0]
    weekday = running["day"].dt.day_of_week
    rows = []
    for number, name in enumerate(calendar.day_name):
        trips = running.loc[weekday == number, "trips"]
        figures = (trips.min(), trips.median(), trips.max()) if len(trips) else ()
        cells = [to_persons(figure) for figure in figures] or ["–"] * 3
        rows.append((name, to_persons(len(trips)), *cells))
    return build_table(headings, rows)


def _date(timetable: TransitFeed) -> RenderableType:
    times, trips = timetable.stop_times, timetable.trips
    today = trips["day_offset"] == 0
    frequent = trips["headway_s"] > 0
    rows = [
        ("trips", to_persons(today.sum())),
        ("of them departures of frequencies", to_persons((today & frequent).sum())),
        ("still under way from the day before", to_persons((~today).sum())),
        ("lines", to_persons(trips["route_id"].nunique())),
        ("calls", to_persons(len(times))),
        ("stops with a call", to_persons(times["stop"].nunique())),
        ("first departure", to_clock(int(times["departure_s"].min()))),
        ("last arrival", to_clock(int(times["arrival_s"].max()))),
    ]
    return _list("On the date", rows)


def _list(title: str, rows: Iterable[tuple[str, str]]) -> RenderableType:
    return build_table([(title, False), ("", True)], rows)
