"""Journeys and tables of travel times by public transport, as tables for people."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.show import build_table, build_title
from maillage.terms import to_percent, to_persons

REASONS = {
    "unreachable": "nothing goes there in that time",
    "origin_off_network": "the origin lies too far from the walking network",
    "destination_off_network": "the destination lies too far from the walking network",
}
_HEADINGS = [
    ("", False), ("leave", False), ("arrive", False), ("min", True), ("by", False), ("from", False),
    ("to", False), ("stops", True), ("wait", True),
]  # fmt: skip


def build_journeys_view(journeys: pd.DataFrame, *, title: str, note: str = "") -> RenderableType:
    """Every journey in a line, its legs below it.

    Departures are cut to the minute and arrivals go up to the next, so that nobody comes late.
    """
    if len(journeys) == 0:
        reason = REASONS[journeys.attrs.get("reason", "unreachable")]
        return Group(build_title(title, note), Text(f"No journey: {reason}."))
    rows: list[tuple[str | Text, ...]] = []
    for number, legs in journeys.groupby("journey"):
        if rows:
            rows.append(("",) * len(_HEADINGS))
        rows.append(_to_head(str(number), legs))
        rows.extend(_to_legs(legs))
    return Group(build_title(title, note), build_table(_HEADINGS, rows))


def _to_head(number: str, legs: pd.DataFrame) -> tuple[str | Text, ...]:
    first, last = legs.iloc[0], legs.iloc[-1]
    seconds = _to_seconds(last["arrival"]) - _to_seconds(first["departure"])
    on_foot = legs["mode"] == "walk"
    n_rides = int((~on_foot).sum())
    rides = "1 ride" if n_rides == 1 else f"{n_rides} rides"
    walked = f"{rides}, {legs.loc[on_foot, 'minutes'].sum():.0f} min on foot"
    cells = (
        number,
        _to_minute(first["departure"]),
        _to_minute(last["arrival"], up=True),
        f"{seconds / 60:.0f}",
        "all the way on foot" if n_rides == 0 else walked,
        *("",) * 4,
    )
    return tuple(Text(cell, style="bold") for cell in cells)


def _to_legs(legs: pd.DataFrame) -> Iterator[tuple[str | Text, ...]]:
    if len(legs) == 1 and legs["mode"].iloc[0] == "walk":
        return  # said already
    for leg in legs.to_dict("records"):
        is_walk = leg["mode"] == "walk"
        wait = leg["wait_min"]
        yield (
            "",
            _to_minute(leg["departure"]),
            _to_minute(leg["arrival"], up=True),
            f"{leg['minutes']:.0f}",
            Text("walk" if is_walk else _to_vehicle(leg)),
            Text(leg["from_stop"]),
            Text(leg["to_stop"]),
            "" if is_walk else str(leg["n_stops"]),
            f"{wait:.0f}" if wait >= 0.5 else "",
        )


def _to_vehicle(leg: dict) -> str:
    line = "" if pd.isna(leg["line"]) else f" {leg['line']}"
    headsign = "" if pd.isna(leg["headsign"]) else f" → {leg['headsign']}"
    return f"{leg['mode']}{line}{headsign}"


def _to_seconds(clock: str) -> int:
    sign = -1 if clock.startswith("-") else 1
    hours, minutes, seconds = (int(part) for part in clock.lstrip("-").split(":"))
    return sign * (3600 * hours + 60 * minutes + seconds)


def _to_minute(clock: str, *, up: bool = False) -> str:
    """`08:31:40` as `08:31`, or as `08:32`; hours go on after midnight."""
    minutes = _to_seconds(clock) / 60
    whole = math.ceil(minutes) if up else math.floor(minutes)
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    return f"{sign}{whole // 60:02d}:{whole % 60:02d}"


def build_matrix_view(table: pd.DataFrame, *, title: str, note: str = "") -> RenderableType:
    """How many pairs are reached, and how long it takes, by percentile of the departures."""
    headings = [
        ("Percentile of departures", False), ("pairs reached", True), ("of all, %", True),
        ("least", True), ("median", True), ("most min", True),
    ]  # fmt: skip
    rows = []
    for column in (c for c in table.columns if c.startswith("travel_time_p")):
        times = table[column].to_numpy(dtype=float)
        known = times[~np.isnan(times)]
        figures = [f"{f(known):.1f}" if len(known) else "–" for f in (np.min, np.median, np.max)]
        share = to_percent(len(known) / len(times)) if len(times) else "–"
        cells = (to_persons(len(known)), share, *figures)
        rows.append((column.removeprefix("travel_time_p"), *cells))
    share = to_percent(table["no_journey_share"].mean()) if len(table) else "–"
    line = f"No journey from {share} % of the departures, on average over the pairs.\n"
    return Group(build_title(title, note), build_table(headings, rows), Text(""), Text(line))
