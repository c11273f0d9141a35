"""There and back by public transport and on foot, with a visit inside a counter's opening hours."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from maillage import _core
from maillage.arguments import check_number, check_threads, to_shown
from maillage.errors import InputError, to_hint
from maillage.geo.holidays import HolidayCalendar, to_day
from maillage.geo.opening_days import OpenDay, find_open_day
from maillage.progress import ProgressChoice, report_progress
from maillage.results import to_ids
from maillage.transit_walks import Spots
from maillage.transit_window import Asked, to_asked, to_seconds_of

if TYPE_CHECKING:
    from maillage.transit import Transit

# As `NoTrip` of the engine numbers them; 0 is a trip.
ENGINE_REASONS = (
    "closed_that_day",
    "visit_too_long",
    "no_way_there",
    "no_way_back",
    "no_time",
    "away_too_long",
)
TRIP_REASONS = (
    *ENGINE_REASONS,
    "uncertain_hours",
    "origin_off_network",
    "counter_off_network",
)
_CLOSED = 0
_UNCERTAIN, _ORIGIN_OFF, _COUNTER_OFF = range(len(ENGINE_REASONS), len(TRIP_REASONS))
_MOMENTS = ("leave", "arrive", "leave_counter", "home", "latest_start", "earliest_return")


class VisitOptions(TypedDict, total=False):
    """Options of `Transit.round_trips` that `TransitWeek` takes too; see there."""

    opening_hours: str | None
    calendar: HolidayCalendar | None
    max_time: float
    max_walk_min: float | None
    walk_speed_kmh: float
    max_rides: int
    min_board_wait_s: float
    earliest: Any
    latest: Any
    max_away_min: float | None


def check_options(method: str, options: Mapping[str, Any]) -> None:
    """TypeError for a name that is no option of a visit, with the near names."""
    for name in options:
        if name not in VisitOptions.__annotations__:
            hint = to_hint(name, VisitOptions.__annotations__)
            raise TypeError(f"{method}() has no option {name!r}{hint}")


@dataclass(frozen=True)
class Visit:
    """What people need and bear: a visit, and the ways there and back; times in seconds."""

    asked: Asked
    dwell: int
    earliest: int
    latest: int
    longest_away: int
    date: dt.date | None
    opening_hours: str | None
    calendar: HolidayCalendar

    @property
    def rules(self) -> tuple[int, int, int, int]:
        return self.dwell, self.earliest, self.latest, self.longest_away


@dataclass(frozen=True)
class Trips:
    """What the engine found: n_homes x n_counters, and when people can be at the counters."""

    here: Spots
    there: Spots
    columns: dict[str, np.ndarray]
    reason: np.ndarray  # rows of TRIP_REASONS, -1 where there is a trip

    @property
    def is_feasible(self) -> np.ndarray:
        return (self.reason < 0).reshape(len(self.here), len(self.there))


def to_visit(
    date: dt.date,
    dwell_min: float,
    *,
    hours_date: Any = None,
    opening_hours: str | None = None,
    calendar: HolidayCalendar | None = None,
    max_time: float = 120,
    max_walk_min: float | None = None,
    walk_speed_kmh: float = 3.6,
    max_rides: int = 3,
    min_board_wait_s: float = 0,
    earliest: Any = "00:00",
    latest: Any = "24:00",
    max_away_min: float | None = None,
) -> Visit:
    """Checks arguments of `Transit.round_trips`."""
    begin, end = (
        to_seconds_of(moment, date, name)
        for moment, name in ((earliest, "earliest"), (latest, "latest"))
    )
    if end <= begin:
        raise InputError(f"latest is {latest!r}, expected a time after earliest ({earliest!r})")
    dwell = check_number("dwell_min", dwell_min, "minutes in 1/60..1440", _is_visit)
    away = _core.NEVER
    if max_away_min is not None:
        wanted = "minutes above 0, at most 2880"
        away = round(60 * check_number("max_away_min", max_away_min, wanted, _is_span))
    if calendar is not None and not isinstance(calendar, HolidayCalendar):
        shown = to_shown(calendar)
        raise InputError(f"calendar is {shown}, expected a HolidayCalendar or None")
    return Visit(
        asked=to_asked(
            date,
            "00:00",
            max_time=max_time,
            max_walk_min=max_walk_min,
            walk_speed_kmh=walk_speed_kmh,
            max_rides=max_rides,
            min_board_wait_s=min_board_wait_s,
        ),
        dwell=round(60 * dwell),
        earliest=begin,
        latest=end,
        longest_away=away,
        date=None if hours_date is None else to_day(hours_date, "date"),
        opening_hours=opening_hours,
        calendar=calendar or HolidayCalendar(),
    )


def _is_visit(minutes: float) -> bool:
    return 1 / 60 <= minutes <= 1440


def _is_span(minutes: float) -> bool:
    return 0 < minutes <= 2880


def find_trips(
    transit: Transit,
    origins: pd.DataFrame,
    counters: pd.DataFrame,
    visit: Visit,
    *,
    with_presence: bool = False,
    threads: int = 0,
    progress: ProgressChoice = None,
) -> Trips:
    """Trips of all pairs; searches start on the side with fewer points."""
    days = find_days(counters, visit, transit.date)
    asked = visit.asked
    with report_progress(progress) as report:
        how = {"threads": check_threads(threads), "progress": report}
        here = transit._footways.attach(origins, "origins", how)
        there = transit._footways.attach(counters, "counters", how)
        of_counters = len(there) <= len(here)
        n_starts, n_others = len(there), len(here)
        ways, ways_back = (
            transit._find_walks(*ends, asked, how) for ends in ((here, there), (there, here))
        )
        if not of_counters:
            n_starts, n_others = n_others, n_starts
            ways, ways_back = ways_back, ways
        columns = _core.find_transit_trips(
            transit._find_network(asked.walk_speed_kmh, how),
            transit._find_reversed(asked.walk_speed_kmh, asked.wait, how),
            *ways_back,
            *_turn(ways, n_starts, len(transit.feed.stops)),
            n_others,
            of_counters,
            *_to_open_arrays(days),
            visit.rules,
            asked.longest,
            asked.max_rides,
            asked.wait,
            with_presence,
            **how,
        )
    return Trips(here, there, columns, _find_reasons(columns["reason"], here, there, days))


def _turn(
    walks: tuple[_core.Walks, _core.Walks, _core.Walks], n_starts: int, n_stops: int
) -> tuple[_core.Walks, _core.Walks, _core.Walks]:
    """Ways on foot to the starts of a search, as the search backwards in time walks them."""
    to_stops, from_stops, direct = walks
    return from_stops.turned(n_starts), to_stops.turned(n_stops), direct.turned(n_starts)


def find_days(counters: pd.DataFrame, visit: Visit, date: dt.date) -> list[OpenDay]:
    """When each counter is open on a date."""
    if not isinstance(counters, pd.DataFrame):
        raise InputError(f"counters is {type(counters).__name__}, expected a data frame")
    texts = counters.get("opening_hours")
    default = visit.opening_hours
    if texts is None:
        if default is None:
            raise InputError(
                "counters has no column 'opening_hours', expected OSM texts in it, or "
                "opening_hours='Mo-Fr 09:00-17:00' for all of them"
            )
        texts = pd.Series([default] * len(counters), dtype=object)
    names = counters["id"] if "id" in counters else pd.RangeIndex(len(counters))
    found = []
    for text, name in zip(texts.tolist(), list(names), strict=True):
        is_missing = pd.isna(text) if pd.api.types.is_scalar(text) else False
        if not is_missing and text != "":
            where = f"counters: opening_hours of {name!r}"
        elif default is None:
            raise InputError(
                f"counters: opening_hours of {name!r} is missing, expected an OSM text, or "
                "opening_hours='Mo-Fr 09:00-17:00' for counters without one"
            )
        else:
            text, where = default, "opening_hours"
        found.append(find_open_day(text, visit.date or date, visit.calendar, where))
    return found


def _to_open_arrays(days: list[OpenDay]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    spans = np.array([span for day in days for span in day.open], dtype=np.int32).reshape(-1, 2)
    offsets = np.cumsum([0] + [len(day.open) for day in days]).astype(np.uint32)
    return offsets, spans[:, 0].copy(), spans[:, 1].copy()


def _find_reasons(found: np.ndarray, here: Spots, there: Spots, days: list[OpenDay]) -> np.ndarray:
    reason = found.astype(np.int8).reshape(len(here), len(there)) - 1
    uncertain = np.array([bool(day.uncertain) for day in days], dtype=bool)
    reason[(reason == _CLOSED) & uncertain[None, :]] = _UNCERTAIN
    for spots, axis, code in ((there, 0, _COUNTER_OFF), (here, 1, _ORIGIN_OFF)):
        if spots.links is not None:
            off = np.expand_dims(spots.links.is_off_network, axis)
            reason[(reason >= 0) & off] = code
    return reason.ravel()


def to_trip_frame(trips: Trips, visit: Visit) -> pd.DataFrame:
    """One row a pair, origins first."""
    n, m = len(trips.here), len(trips.there)
    columns, feasible = trips.columns, trips.reason < 0
    clock = {c: np.where(feasible, columns[c], np.nan) for c in _MOMENTS}  # seconds
    waiting = clock["leave_counter"] - clock["arrive"] - visit.dwell
    return pd.DataFrame(
        {
            "from_id": to_ids(trips.here.points.ids, np.repeat(np.arange(n), m)),
            "to_id": to_ids(trips.there.points.ids, np.tile(np.arange(m), n)),
            "feasible": feasible,
            "time_away": (clock["home"] - clock["leave"]) / 60,
            **{c: seconds / 60 for c, seconds in clock.items()},
            "waiting": waiting / 60,
            "reason": pd.Categorical.from_codes(trips.reason, categories=pd.Index(TRIP_REASONS)),
        }
    )


def to_clock(minutes: Any) -> Any:
    """`"07:42"` of minutes after midnight, cut to the minute; past midnight it goes on (`"24:10"`),
    and before midnight below zero (`"-0:05"`).

    Takes a number, or a Series and gives a Series; NaN stays absent.
    """
    if isinstance(minutes, pd.Series):
        return minutes.map(to_clock, na_action="ignore").astype("str")
    if isinstance(minutes, float) and np.isnan(minutes):
        return None
    number = check_number("minutes", minutes, "minutes after midnight", np.isfinite)
    whole = math.floor(number + 1e-9)
    if whole < 0:
        return f"-{-whole // 60}:{-whole % 60:02d}"
    return f"{whole // 60:02d}:{whole % 60:02d}"
