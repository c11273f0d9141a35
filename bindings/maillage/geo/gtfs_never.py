"""Why no trip of a feed ever runs, as far as its files tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from maillage.geo.gtfs_calendar import NEVER_RUNS, Calendar
from maillage.geo.gtfs_feed import Feed


def to_never_words(feed: Feed, counts: pd.Series) -> str:
    """`no service runs on any day` with the causes; empty where something runs some day.

    `counts` are the trips by day, of `Feed.count_trips`.
    """
    if (counts > 0).any():
        return ""
    return f"{NEVER_RUNS} ({'; '.join(_find_causes(feed))})"


def _find_causes(feed: Feed) -> Iterator[str]:
    n_trips = len(feed.trips)
    if len(feed.stops.frame) == 0:
        yield "stops.txt has no rows"
    if n_trips == 0:
        yield "trips.txt has no rows"
        return
    n_calls = np.bincount(feed.calls.trip, minlength=n_trips)
    runs = feed.count_runs()
    if not (n_calls >= 2).any():
        yield "no trip has two calls of stop_times.txt at stops that exist"
    elif not runs.any():
        yield "no frequency of frequencies.txt has a departure"
    service = feed.trips["service"].to_numpy()
    if (service < 0).all():
        yield "no trip has a service_id that exists"
        return
    if runs.any() and not runs[service >= 0].any():
        yield "no trip that can be ridden has a service_id that exists"
    yield from _find_calendar_causes(feed.calendar, np.unique(service[service >= 0]))


def _find_calendar_causes(calendar: Calendar, services: np.ndarray) -> Iterator[str]:
    """Why none of some services has a day."""
    if len(calendar.count_trips(np.bincount(services, minlength=len(calendar.services)))):
        return
    is_reversed = calendar.first[services] > calendar.last[services]
    if is_reversed.any():
        which = "every" if is_reversed.all() else "some"
        yield f"in {which} used row of calendar.txt end_date is before start_date"
    if not calendar.weekly[services][~is_reversed].any() and not is_reversed.all():
        yield "no used service has a weekday in calendar.txt or an added day in calendar_dates.txt"
    elif not is_reversed.all():
        yield "calendar.txt has no day of the used services that calendar_dates.txt leaves"
