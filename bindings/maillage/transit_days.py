"""On how many days of the timetable's week people of a territory can go to a counter and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from maillage.findings import Findings
from maillage.geo.gtfs_times import to_date, to_day_words
from maillage.geo.holidays import HolidayCalendar
from maillage.territory_parts import TerritoryParts
from maillage.transit_edits import apply_edit
from maillage.transit_network import TransitUse
from maillage.transit_week import TransitWeek, read_transit_week, to_dates


def find_feasible_days(
    parts: TerritoryParts,
    service: str,
    level: int,
    dwell_min: float,
    walk_class: int,
    how: dict[str, Any],
) -> np.ndarray:
    """Days from Monday to Sunday of the week of the timetable's date, n_places.

    A day counts when some open counter of the service can be visited for `dwell_min` minutes
    within its opening hours, by a way there and a way back of at most the timetable's longest time.
    Counters without known hours are open on no day (`find_offering` counts them). On the public
    holidays of France in that week counters are closed, unless their hours name PH or are 24/7.
    """
    use = find_use(parts, walk_class)
    config = use.config
    _, rows = find_offering(parts, service, level)
    if len(rows) == 0:
        return np.zeros(len(parts.places), dtype=int)
    frame = parts.counters.iloc[rows]
    counters = pd.DataFrame(
        {
            "id": frame["key"].to_numpy(),
            "lon": frame["lon"].to_numpy(dtype=float),
            "lat": frame["lat"].to_numpy(dtype=float),
            "opening_hours": frame["opening_hours"].to_numpy(),
        }
    )
    places = parts.places
    origins = pd.DataFrame(
        {"id": np.arange(len(places)), "lon": places["lon"], "lat": places["lat"]}
    )
    found = _read_week(use, how).access(
        origins,
        counters,
        dwell_min,
        max_time=config.max_time,
        max_walk_min=use.find_max_walk(),
        walk_speed_kmh=use.find_speed(),
        max_rides=config.max_rides,
        min_board_wait_s=config.min_board_wait_s,
        **how,
    )
    return found["feasible_days"].to_numpy()


def find_closed_dates(parts: TerritoryParts) -> list[str]:
    """Public holidays in the week of the timetable's date: `Monday 2025-06-09`."""
    week = to_dates(to_date(find_use(parts, 0).config.date))
    calendar = HolidayCalendar()
    return [to_day_words(day) for day in week if calendar.is_public(day)]


def find_offering(parts: TerritoryParts, service: str, level: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the open counters of a service, and of those whose opening hours are known."""
    index = list(parts.services).index(service)
    is_there = parts.counters["open"].to_numpy(dtype=bool) & (parts.levels[:, index] >= level)
    if "opening_hours" not in parts.counters:
        return np.flatnonzero(is_there), np.array([], dtype=int)
    hours = parts.counters["opening_hours"]
    is_known = hours.map(lambda h: isinstance(h, str) and bool(h)).to_numpy(dtype=bool)
    return np.flatnonzero(is_there), np.flatnonzero(is_there & is_known)


def find_use(parts: TerritoryParts, walk_class: int) -> TransitUse:
    uses = [use for use in parts.networks if use.transit is not None]
    found = next((use for use in uses if use.walk_class == walk_class), uses[0])
    assert found.transit is not None
    return found.transit


def _read_week(use: TransitUse, how: dict[str, Any]) -> TransitWeek:
    """The week of the timetable's date, with the edits of the scenario on every day."""
    config = use.config
    walk = None if use.walk.is_crow else use.walk.roads
    week = read_transit_week(
        config.gtfs,
        to_date(config.date),
        walk=walk,
        max_transfer_m=config.max_transfer_m,
        progress=how["progress"],
    )
    if not use.edits:
        return week
    days = []
    for day in week.days:
        feed = day.feed
        for edit in use.edits:
            feed = apply_edit(feed, edit)
        days.append(day.replace_feed(feed))
    return TransitWeek(days, Findings())
