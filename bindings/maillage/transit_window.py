"""What is asked of a timetable: when people leave, how far they go, how they walk."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maillage.arguments import check_count, check_number, to_shown
from maillage.errors import InputError

MAX_RIDES = 12
MAX_MINUTES = 2880  # two days
_MINUTES = f"minutes above 0, at most {MAX_MINUTES}"
_WINDOW = f"minutes in 0..{MAX_MINUTES}"
OR_EVERY_SECOND = ", or None for every second"
_SAMPLE = f"minutes, at least 1/60 (a second), at most {MAX_MINUTES}{OR_EVERY_SECOND}"
READ_AGAIN = "; read it for that date with read_transit(..., date=...)"
_SPEED = "km/h in 0.1..100"
_WAIT = "seconds in 0..86400"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


@dataclass(frozen=True)
class Asked:
    """A question with every default filled in; times in seconds."""

    begin: int
    end: int
    step: int
    longest: int
    walk_longest: float
    walk_speed_kmh: float
    max_rides: int
    wait: int
    percentiles: tuple[float, ...]
    whole_second_streets: bool

    @property
    def window(self) -> tuple[int, int, int]:
        return self.begin, self.end, self.step

    @property
    def n_instants(self) -> int:
        return -(-(self.end - self.begin) // self.step)


def to_asked(
    date: dt.date,
    departure: Any,
    *,
    window_min: float = 120,
    percentiles: Sequence[float] = (50,),
    max_time: float = 120,
    max_walk_min: float | None = None,
    walk_speed_kmh: float = 3.6,
    max_rides: int = 4,
    min_board_wait_s: float = 0,
    sample_min: float | None = None,
    whole_second_streets: bool | None = None,
) -> Asked:
    """Checks arguments of `Transit.travel_time_matrix`."""
    begin = to_seconds_of(departure, date, "departure")
    window = check_number("window_min", window_min, _MINUTES, _is_span)
    longest = check_number("max_time", max_time, _MINUTES, _is_span)
    walk = longest
    if max_walk_min is not None:
        walk = check_number("max_walk_min", max_walk_min, "minutes >= 0", lambda m: m >= 0)
    speed = check_number("walk_speed_kmh", walk_speed_kmh, _SPEED, lambda v: 0.1 <= v <= 100)
    wait = check_number("min_board_wait_s", min_board_wait_s, _WAIT, lambda s: 0 <= s <= 86_400)
    step = 1
    if sample_min is not None:
        sample = check_number("sample_min", sample_min, _SAMPLE, _is_sample)
        step = round(60 * sample)
    return Asked(
        begin=begin,
        end=begin + max(1, round(60 * window)),
        step=step,
        longest=round(60 * longest),
        walk_longest=60 * min(walk, longest),
        walk_speed_kmh=speed,
        max_rides=check_count("max_rides", max_rides, 1, f"1 to {MAX_RIDES}", high=MAX_RIDES),
        wait=int(wait) + 1 if wait > 0 else 0,
        percentiles=to_percentiles(percentiles),
        whole_second_streets=_to_rounding(whole_second_streets, sample_min is not None),
    )


def to_asked_journeys(
    date: dt.date, departure: Any, arrive_by: Any, window_min: float, **asked: Any
) -> tuple[Asked, bool]:
    """Checks arguments of `Transit.journeys`; and whether instants are those of arrival.

    The instants are those of the window after `departure`, its end left out, or before
    `arrive_by`, its beginning left out; the one instant itself where the window is 0.
    """
    if (departure is None) == (arrive_by is None):
        said = "neither" if departure is None else "both"
        raise InputError(f"{said} of departure and arrive_by is given, expected one of them")
    by_arrival = departure is None
    window = check_number("window_min", window_min, _WINDOW, lambda m: 0 <= m <= MAX_MINUTES)
    n_instants = max(1, round(60 * window))
    moment, name = (arrive_by, "arrive_by") if by_arrival else (departure, "departure")
    begin = to_seconds_of(moment, date, name) - (n_instants - 1 if by_arrival else 0)
    found = to_asked(date, "00:00", **asked)
    return replace(found, begin=begin, end=begin + n_instants), by_arrival


def _to_rounding(given: Any, default: bool) -> bool:
    if given is None:
        return default
    if not isinstance(given, bool | np.bool_):
        expected = "expected True, False or None (True where sample_min is given)"
        raise InputError(f"whole_second_streets is {to_shown(given)}, {expected}")
    return bool(given)


def _is_span(minutes: float) -> bool:
    return 0 < minutes <= MAX_MINUTES


def _is_sample(minutes: float) -> bool:
    return _is_span(minutes) and round(60 * minutes) >= 1


def to_percentiles(values: Any) -> tuple[float, ...]:
    """Percentiles above 0 and at most 100, each once."""
    given = [values] if isinstance(values, int | float) else values
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise InputError(f"percentiles is {to_shown(values)}, expected numbers such as [25, 50]")
    found = [
        check_number("percentiles", p, "numbers above 0, at most 100", lambda x: 0 < x <= 100)
        for p in given
    ]
    if not found or len({to_percentile_name(p) for p in found}) < len(found):
        raise InputError(
            f"percentiles is {to_shown(values)}, expected each once (to 6 digits), and at least one"
        )
    return tuple(found)


def to_percentile_name(percentile: float) -> str:
    """The column of a percentile in tables of travel times: `travel_time_p50`."""
    return f"travel_time_p{percentile:g}"


def to_seconds_of(moment: Any, date: dt.date, name: str) -> int:
    """Seconds of the service day: of `"08:00"`, `"2014-06-10 08:00"`, a time or a datetime."""
    if isinstance(moment, dt.datetime):
        _check_date(moment.date(), date, name, moment)
        moment = moment.timetz()
    if isinstance(moment, dt.time):
        if moment.tzinfo is not None or moment.microsecond:
            raise InputError(
                f"{name} is {moment}, expected local time of the timetable in whole seconds"
            )
        return 3600 * moment.hour + 60 * moment.minute + moment.second
    if not isinstance(moment, str):
        raise InputError(f"{name} is {to_shown(moment)}, expected '{date} 08:00' or '08:00'")
    day, _, clock = moment.strip().replace("T", " ").rpartition(" ")
    if day:
        try:
            _check_date(dt.date.fromisoformat(day.strip()), date, name, moment)
        except ValueError as e:
            if isinstance(e, InputError):
                raise
            raise InputError(f"{name} is {moment!r}, expected '{date} 08:00' or '08:00'") from None
    found = _CLOCK.fullmatch(clock)
    if not found or int(found[2]) > 59 or int(found[3] or 0) > 59 or int(found[1]) > 47:
        raise InputError(f"{name} is {moment!r}, expected '{date} 08:00' or '08:00'")
    return 3600 * int(found[1]) + 60 * int(found[2]) + int(found[3] or 0)


def _check_date(given: dt.date, date: dt.date, name: str, shown: Any) -> None:
    if given != date:
        raise InputError(f"{name} is {shown}, but the timetable was read for {date}{READ_AGAIN}")
