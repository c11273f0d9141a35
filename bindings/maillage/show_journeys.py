"""Journeys and tables of travel times by public transport, as tables for people."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.show import build_table, build_title, to_shown_name
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

    Times are cut to the minute, but the last arrival goes up to the next, so that nobody comes
    late; minutes and waits are those between the clock times shown.
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
    minutes = _to_shown_minutes(legs)
    on_foot = (legs["mode"] == "walk").to_numpy()
    n_rides = int((~on_foot).sum())
    rides = "1 ride" if n_rides == 1 else f"{n_rides} rides"
    n_minutes = sum(
        end - start for (start, end), walks in zip(minutes, on_foot, strict=True) if walks
    )
    cells = (
        number,
        _to_clock(minutes[0][0]),
        _to_clock(minutes[-1][1]),
        str(minutes[-1][1] - minutes[0][0]),
        "all the way on foot" if n_rides == 0 else f"{rides}, {n_minutes} min on foot",
        *("",) * 4,
    )
    return tuple(Text(cell, style="bold") for cell in cells)


def _to_legs(legs: pd.DataFrame) -> Iterator[tuple[str | Text, ...]]:
    if len(legs) == 1 and legs["mode"].iloc[0] == "walk":
        return  # said already
    minutes = _to_shown_minutes(legs)
    before = minutes[0][0]
    for leg, (start, end) in zip(legs.to_dict("records"), minutes, strict=True):
        is_walk = leg["mode"] == "walk"
        wait, before = start - before, end
        yield (
            "",
            _to_clock(start),
            _to_clock(end),
            str(end - start),
            Text("walk" if is_walk else _to_vehicle(leg)),
            Text(to_shown_name(leg["from_stop"])),
            Text(to_shown_name(leg["to_stop"])),
            "" if is_walk else str(leg["n_stops"]),
            str(wait) if wait else "",
        )


def _to_shown_minutes(legs: pd.DataFrame) -> list[tuple[int, int]]:
    """Minutes of the day at which each leg of a journey begins and ends, as they are shown.

    Every instant is cut to the minute and the end of the journey goes up to the next: legs and
    waits add up, and nobody comes late.
    """
    starts, ends = (
        [_to_seconds(clock) // 60 for clock in legs[name]] for name in ("departure", "arrival")
    )
    ends[-1] = math.ceil(_to_seconds(legs["arrival"].iloc[-1]) / 60)
    return list(zip(starts, ends, strict=True))


def _to_vehicle(leg: dict) -> str:
    line = "" if pd.isna(leg["line"]) else f" {to_shown_name(leg['line'])}"
    headsign = "" if pd.isna(leg["headsign"]) else f" → {to_shown_name(leg['headsign'])}"
    often = "" if pd.isna(leg["headway_min"]) else f", about every {leg['headway_min']:g} min"
    return f"{leg['mode']}{line}{headsign}{often}"


def _to_seconds(clock: str) -> int:
    sign = -1 if clock.startswith("-") else 1
    hours, minutes, seconds = (int(part) for part in clock.lstrip("-").split(":"))
    return sign * (3600 * hours + 60 * minutes + seconds)


def _to_clock(minute: int) -> str:
    """A minute of the day as `08:31`; hours go on after midnight."""
    sign, whole = ("-", -minute) if minute < 0 else ("", minute)
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
    line += "".join(f"{text}\n" for text in _to_off_network(table))
    return Group(build_title(title, note), build_table(headings, rows), Text(""), Text(line))


def _to_off_network(table: pd.DataFrame) -> Iterator[str]:
    """How many origins and destinations lie too far from the walking network."""
    for end, column in (("origin", "from_id"), ("destination", "to_id")):
        n = table.loc[table["reason"] == f"{end}_off_network", column].nunique()
        if n > 0:
            ends = f"1 {end} lies" if n == 1 else f"{to_persons(n)} {end}s lie"
            yield f"{ends} too far from the walking network: nothing goes there or from there."
