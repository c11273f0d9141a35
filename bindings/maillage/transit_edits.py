"""Other trips in a timetable: lines cut, departures added."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint
from maillage.geo.gtfs import ID_SIGN, TransitFeed
from maillage.scenario import Scenario
from maillage.scenario_edits import AddTripsEdit, CutLineEdit

ADDED = "added"  # where the id of an added trip begins
_ADDED_ID = rf"^{ADDED} \d+ like "


class LineEdit(Protocol):
    """What a scenario does to a line: no departures cut it."""

    @property
    def line(self) -> str: ...
    @property
    def direction(self) -> int | None: ...
    def seconds(self) -> list[int]: ...


def apply_edit(feed: TransitFeed, edit: LineEdit) -> TransitFeed:
    """The timetable after an edit; as it was where the line does not run."""
    if len(find_line(feed, edit.line, edit.direction)) == 0:
        return feed
    departures = edit.seconds()
    if not departures:
        return cut_line(feed, edit.line, edit.direction)
    return add_trips(feed, edit.line, departures, edit.direction)


def apply_to_feeds(feeds: Sequence[TransitFeed], scenario: Any) -> list[TransitFeed]:
    """The timetables of some dates after a scenario that edits nothing else.

    A line that runs on some of the dates is edited on those; on none is an InputError.
    """
    feeds = list(feeds)
    if not isinstance(scenario, Scenario):
        raise InputError(f"scenario is {to_shown(scenario)}, expected a Scenario")
    for number, edit in enumerate(scenario.edits, start=1):
        where = f"edit {number} of scenario {scenario.name!r}"
        if not isinstance(edit, CutLineEdit | AddTripsEdit):
            raise InputError(
                f"{where} is {edit.do}, expected cut_line or add_trips: the others need a "
                "territory (territory.apply)"
            )
        if clash := _find_clash(feeds, edit.line):
            raise InputError(f"{where}: {edit.do}: {clash}")
        problems = [find_line_problem(feed, edit.line, edit.direction) for feed in feeds]
        if problems and all(problems):
            fullest = max(range(len(feeds)), key=lambda n: len(feeds[n].trips))
            raise InputError(f"{where}: {edit.do}: {problems[fullest]}")
        feeds = [
            feed if problem else apply_edit(feed, edit)
            for feed, problem in zip(feeds, problems, strict=True)
        ]
    return feeds


def find_line(feed: TransitFeed, line: str, direction: int | None = None) -> np.ndarray:
    """Rows of the trips of a line; of one direction, if given.

    By its id, else by its name, else by its name after that of its feed (`FEED:NAME`).
    """
    trips = feed.trips
    found = trips["route_id"].to_numpy() == line
    if not found.any():
        found = trips["route_name"].to_numpy() == line
    if not found.any():
        found = (trips["feed"] + ID_SIGN + trips["route_name"]).to_numpy() == line
    if direction is not None:
        found = found & (trips["direction_id"].to_numpy() == direction)
    return np.flatnonzero(found)


def name_feed(feed: TransitFeed, line: str) -> str:
    """A line by a name that is good on every date: with its feed, where there are several.

    On other dates a line of another feed may have the same name.
    """
    trips, rows = feed.trips, find_line(feed, line)
    is_alone = feed.stops["feed"].nunique() < 2 or len(rows) == 0
    if is_alone or trips["route_name"].iloc[rows[0]] != line:
        return line
    return f"{trips['feed'].iloc[rows[0]]}{ID_SIGN}{line}"


def find_stops_of_line(feed: TransitFeed, line: str, direction: int | None = None) -> np.ndarray:
    """Rows of the stops at which the trips of a line call, ascending."""
    calls = feed.stop_times
    is_theirs = np.isin(calls["trip"].to_numpy(), find_line(feed, line, direction))
    return np.unique(calls["stop"].to_numpy()[is_theirs]).astype(np.uint32)


def find_line_problem(feed: TransitFeed, line: str, direction: int | None = None) -> str | None:
    """Why nothing can be done with a line, in words; None when it runs."""
    if clash := _find_clash([feed], line):
        return clash
    theirs = feed.trips.iloc[find_line(feed, line)]
    if len(find_line(feed, line, direction)):
        return None
    if len(theirs):
        known = sorted({int(d) for d in theirs["direction_id"] if d >= 0})
        if not known:
            return (
                f'line "{line}" has no direction {direction}: the timetable says no directions of '
                "it, expected the edit without direction"
            )
        shown = " and ".join(str(d) for d in known)
        return f'line "{line}" has no trips of direction {direction}, only of {shown}'
    names = sorted({*feed.trips["route_id"].astype(str), *feed.trips["route_name"].astype(str)})
    return f'no line "{line}" runs on the date of the timetable{to_hint(line, names)}'


def _find_clash(feeds: Sequence[TransitFeed], line: str) -> str | None:
    """Says so when a name is that of lines of several feeds, be it on one date or on several."""
    found = [feed.trips.iloc[find_line(feed, line)] for feed in feeds]
    if len({name for theirs in found for name in theirs["feed"]}) < 2:
        return None
    ids = dict.fromkeys(str(i) for theirs in found for i in theirs["route_id"])
    lines = ", ".join(repr(i) for i in ids)
    return f'line "{line}" is the name of lines in several feeds, expected one of {lines}'


def cut_line(feed: TransitFeed, line: str, direction: int | None = None) -> TransitFeed:
    """The timetable without the trips of a line."""
    gone = np.zeros(len(feed.trips), dtype=bool)
    gone[find_line(feed, line, direction)] = True
    return _keep_trips(feed, ~gone)


def add_trips(
    feed: TransitFeed, line: str, departures: Sequence[int], direction: int | None = None
) -> TransitFeed:
    """More trips of a line, each leaving its first stop at one of the seconds of the day.

    An added trip runs like the line's trip that leaves nearest to it: the same stops and the
    same times between them.
    """
    rows = find_line(feed, line, direction)
    calls = feed.stop_times
    trip = calls["trip"].to_numpy()
    first = np.searchsorted(trip, rows)
    leaves = calls["departure_s"].to_numpy()[first]
    trips, stop_times = [feed.trips], [calls]
    n = len(feed.trips)
    n_added = int(feed.trips["id"].str.match(_ADDED_ID).sum())
    for number, second in enumerate(departures):
        like = int(np.argmin(np.abs(leaves - second)))
        pattern = calls[trip == rows[like]].copy()
        pattern["trip"] = np.asarray(n + number).astype(trip.dtype)
        for column in ("arrival_s", "departure_s"):
            pattern[column] = (pattern[column] + (second - leaves[like])).astype(np.int32)
        stop_times.append(pattern)
        row = feed.trips.iloc[[rows[like]]].copy()
        like_id = re.sub(_ADDED_ID, "", row["id"].iloc[0])
        row["id"] = f"{ADDED} {n_added + number + 1} like {like_id}"
        trips.append(row)
    return replace(
        feed,
        trips=pd.concat(trips, ignore_index=True),
        stop_times=pd.concat(stop_times, ignore_index=True),
    )


def _keep_trips(feed: TransitFeed, kept: np.ndarray) -> TransitFeed:
    rows = np.cumsum(kept) - 1
    calls = feed.stop_times
    trip = calls["trip"].to_numpy()
    left = calls[kept[trip]].reset_index(drop=True)
    left["trip"] = rows[left["trip"].to_numpy()].astype(trip.dtype)
    trips = feed.trips[kept].reset_index(drop=True)
    return replace(feed, trips=trips, stop_times=left)
