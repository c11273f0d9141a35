"""The trips of a feed that run on one date, frequencies as single departures.

Trips of the days before that are still under way past midnight belong to the date too, from
their first departure after it on. Seconds count from the date's noon minus 12 hours.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

import numpy as np
import pandas as pd

from maillage.errors import InputError
from maillage.geo.gtfs_feed import Feed
from maillage.geo.gtfs_times import DAY_S, find_day_start

MAX_CALLS_A_DAY = 50_000_000


@dataclass(frozen=True)
class FeedDay:
    """What runs on a date.

    runs   trip (row of trips.txt), day_offset (0, or -1 for the service day before, ...),
           headway_s (0: no frequency), exact_times (false: about every headway_s)
    calls  trip (row of runs), stop (row of stops.txt), arrival_s, departure_s, pickup,
           drop_off; by trip and sequence
    """

    runs: pd.DataFrame
    calls: pd.DataFrame


def find_day(feed: Feed, date: dt.date, zone: zoneinfo.ZoneInfo) -> FeedDay:
    """The trips that run on the date in `zone`, whose midnight seconds count from."""
    last_s = int(feed.calls.departure.max(initial=0))
    if len(feed.frequencies):
        last_s += int(feed.frequencies["end_s"].max())
    parts = [_find_runs(feed, date, -n, zone) for n in range(last_s // DAY_S + 2)]
    runs = pd.concat(parts, ignore_index=True)
    return _keep_after_midnight(runs, _find_calls(feed, runs))


def _find_runs(feed: Feed, date: dt.date, day_offset: int, zone: zoneinfo.ZoneInfo) -> pd.DataFrame:
    """Runs of one service day with `shift_s`, what is added to the times of their trips."""
    service_day = date + dt.timedelta(days=day_offset)
    # Between two noons lie 23 or 25 hours when clocks change.
    shift = find_day_start(service_day, feed.zone) - find_day_start(date, zone)
    running = np.append(feed.calendar.find_running(service_day), False)
    offsets = feed.calls.find_offsets(len(feed.trips))
    runs_today = running[feed.trips["service"].to_numpy()] & (np.diff(offsets) >= 2)
    by_frequency = np.zeros(len(feed.trips), dtype=bool)
    by_frequency[feed.frequencies["trip"].to_numpy()] = True
    plain = np.flatnonzero(runs_today & ~by_frequency)
    runs = pd.DataFrame({"trip": plain, "shift_s": shift, "headway_s": 0, "exact_times": True})
    repeated = _expand_frequencies(feed, runs_today, offsets, shift)
    runs = pd.concat([runs, repeated], ignore_index=True) if len(repeated) else runs
    runs["day_offset"] = day_offset
    if day_offset == 0:
        return runs
    last = feed.calls.departure[offsets[1:][runs["trip"].to_numpy()] - 1]
    return pd.DataFrame(runs[last + runs["shift_s"].to_numpy() >= 0])


def _expand_frequencies(
    feed: Feed, runs_today: np.ndarray, offsets: np.ndarray, shift: int
) -> pd.DataFrame:
    """A run for every departure: from start_s every headway_s while before end_s."""
    rows = feed.frequencies[runs_today[feed.frequencies["trip"].to_numpy()]]
    start, headway = rows["start_s"].to_numpy(), rows["headway_s"].to_numpy()
    n = -(-np.maximum(rows["end_s"].to_numpy() - start, 0) // headway)
    _check_number(feed, int(n.sum()))
    repeats = np.repeat(np.arange(len(rows)), n)
    number = np.arange(len(repeats)) - np.repeat(np.cumsum(n) - n, n)
    trip = rows["trip"].to_numpy()[repeats]
    first = feed.calls.departure[offsets[trip]] if len(trip) else np.array([], dtype=np.int64)
    return pd.DataFrame(
        {
            "trip": trip,
            "shift_s": shift + start[repeats] + number * headway[repeats] - first,
            "headway_s": headway[repeats],
            "exact_times": rows["exact_times"].to_numpy()[repeats],
        }
    )


def _find_calls(feed: Feed, runs: pd.DataFrame) -> pd.DataFrame:
    trip = runs["trip"].to_numpy()
    offsets = feed.calls.find_offsets(len(feed.trips))
    n = (offsets[1:] - offsets[:-1])[trip]
    _check_number(feed, int(n.sum()))
    run = np.repeat(np.arange(len(runs)), n)
    rows = np.arange(len(run)) + np.repeat(offsets[trip] - (np.cumsum(n) - n), n)
    shift = runs["shift_s"].to_numpy()[run]
    calls = feed.calls
    return pd.DataFrame(
        {
            "trip": run,
            "stop": calls.stop[rows],
            "arrival_s": calls.arrival[rows] + shift,
            "departure_s": calls.departure[rows] + shift,
            "pickup": calls.pickup[rows],
            "drop_off": calls.drop_off[rows],
        }
    )


def _check_number(feed: Feed, n_calls: int) -> None:
    if n_calls > MAX_CALLS_A_DAY:
        raise InputError(
            f"{feed.path}: has {n_calls} calls on one day once its frequencies are single "
            f"departures, expected at most {MAX_CALLS_A_DAY}"
        )


def _keep_after_midnight(runs: pd.DataFrame, calls: pd.DataFrame) -> FeedDay:
    """Without what was over before the date began, mostly the evening of the day before."""
    before = calls["departure_s"].to_numpy() < 0
    calls = pd.DataFrame(calls[~before]) if before.any() else calls
    kept = np.bincount(calls["trip"].to_numpy(), minlength=len(runs)) >= 2
    calls = pd.DataFrame(calls[kept[calls["trip"].to_numpy()]]) if not kept.all() else calls
    calls = calls.assign(
        trip=(np.cumsum(kept) - 1)[calls["trip"].to_numpy()],
        # What stands at a stop at midnight is there when the date begins.
        arrival_s=np.maximum(calls["arrival_s"].to_numpy(), 0),
    )
    runs = pd.DataFrame(runs[kept]).drop(columns="shift_s").reset_index(drop=True)
    return FeedDay(runs, calls.reset_index(drop=True))
