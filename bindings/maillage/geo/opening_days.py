"""Opening hours on a date: which hours of that day somebody is at the desk.

`find_open_day("Tu[1] 09:30-11:30", dt.date(2025, 6, 3))` gives an `OpenDay`. The whole of OSM's
`opening_hours` counts here: seasons, dates, weeks, nth weekdays, public and school holidays,
hours taken out of others. Read by the package `opening-hours-py`; holidays are told to it
by the weekdays that they fall on (`HolidayCalendar` knows them).

Syntax: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from maillage.arguments import to_shown
from maillage.errors import InputError
from maillage.geo.holidays import HolidayCalendar
from maillage.geo.opening_hours import OSM_DAYS, parse_opening_hours

SECONDS_A_DAY = 24 * 3600

Span = tuple[int, int]

_DAY = r"(?:mo|tu|we|th|fr|sa|su)"
_OFFSET = r"(?:\s*[+-]\d+\s*days?)"
_HOLIDAY = rf"(?:(?:ph|sh)\b{_OFFSET}?)"
_WEEKDAY = rf"(?:{_DAY}\b(?:\s*-\s*{_DAY}\b)?(?:\s*\[[-\d,\s]*\])?{_OFFSET}?)"
_SELECTOR = re.compile(
    rf"\b(?:{_HOLIDAY}|{_WEEKDAY})(?:\s*[,\s]\s*(?:{_HOLIDAY}|{_WEEKDAY}))*", re.IGNORECASE
)
_ITEM = re.compile(rf"({_HOLIDAY}|{_WEEKDAY})(\s*,)?", re.IGNORECASE)
_ANY_HOLIDAY = re.compile(r"\b(ph|sh)\b", re.IGNORECASE)
_QUOTED = re.compile(r'("[^"]*")')
_NO_CLOCK = re.compile(r"\b(sunrise|sunset|dawn|dusk)\b|\d:\d\d\s*\+", re.IGNORECASE)
_EXPECTED = (
    "expected OSM syntax such as 'Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00' "
    "or 'Tu[1] 09:30-11:30'"
)


@dataclass(frozen=True)
class OpenDay:
    """Hours of one date, in seconds from its midnight: [start, end), sorted, apart.

    What is open at the midnight that ends the date goes on, to 48:00 at most. `uncertain` are
    hours with a comment ("by appointment") or called `unknown`: nobody can count on them.
    """

    open: tuple[Span, ...]
    uncertain: tuple[Span, ...] = ()


def find_open_day(
    text: Any, date: dt.date, calendar: HolidayCalendar | None = None, name: str = "opening hours"
) -> OpenDay:
    """The hours of a date from OSM text; `name` is what errors call it.

    Raises InputError for texts that cannot be read, that go by the sun or have no end, and for
    school holidays that the calendar does not know.
    """
    if not isinstance(text, str):
        raise InputError(f"{name} is {to_shown(text)}, {_EXPECTED}")
    try:
        return _find_open_day(text, date, calendar or HolidayCalendar())
    except InputError as e:
        raise InputError(f"{name} {'are' if name.endswith('hours') else 'is'} {e}") from None


@lru_cache(maxsize=100_000)
def _find_open_day(text: str, date: dt.date, calendar: HolidayCalendar) -> OpenDay:
    from opening_hours import OpeningHours  # compiled code: loaded when it is used

    try:
        told = _tell_holidays(_to_rules(text), date, calendar)
    except _HolidayError as e:
        raise InputError(f"{to_shown(text)}: {e}") from None
    start = dt.datetime.combine(date, dt.time())
    spans: dict[str, list[Span]] = {"open": [], "unknown": []}
    hours = OpeningHours(told).intervals(start, start + dt.timedelta(days=2))
    for begin, end, state, comment in hours:
        kind = "unknown" if comment and str(state) == "open" else str(state)
        if kind in spans:
            spans[kind].append((_to_seconds(begin, start), _to_seconds(end, start)))
    return OpenDay(_join(spans["open"]), _join(spans["unknown"]))


@lru_cache(maxsize=100_000)
def _to_rules(text: str) -> str:
    """The text as the package reads it."""
    from opening_hours import OpeningHours, ParserError  # pyright: ignore[reportAttributeAccessIssue]

    plain = text.strip().replace("–", "-")
    bare = " ".join(_QUOTED.split(plain)[::2])
    if found := _NO_CLOCK.search(bare):
        expected = f"expected clock times, not {found.group()!r} (nobody knows when it closes)"
        raise InputError(f"{to_shown(text)}, {expected}")
    try:
        OpeningHours(plain)
    except ParserError:
        try:  # spellings that people use and OSM does not know, such as "mo-fr: 9:00-12:00"
            week = parse_opening_hours(text)
        except InputError:
            week = None
        if week is None or week.set_aside:
            raise InputError(f"{to_shown(text)}, {_EXPECTED}") from None
        return week.to_text()
    return plain


class _HolidayError(InputError):
    """Holidays that a text names and nobody can place."""


def _tell_holidays(rules: str, date: dt.date, calendar: HolidayCalendar) -> str:
    """The rules with `PH` and `SH` as weekdays, good for the date, the day before and after.

    These three days fall on different weekdays, so a weekday names the holidays among them;
    no holiday becomes a weekday that is none of the three.
    """
    parts = _QUOTED.split(rules)
    bare = " ".join(parts[::2])
    names = {found.upper() for found in _ANY_HOLIDAY.findall(bare)}
    if calendar.closed_on_public_holidays and "PH" not in names and bare.strip() != "24/7":
        parts[-1] += "; PH off"
        names.add("PH")
    days = [date + dt.timedelta(days=i) for i in (-1, 0, 1)]
    if "SH" in names and calendar.school is None:
        raise _HolidayError(
            "school holidays (SH) are not known; give their periods, such as "
            "HolidayCalendar(school=[('2025-07-05', '2025-08-31')]), or [] for none"
        )
    falls_on = {
        "PH": {d.weekday() for d in days if "PH" in names and calendar.is_public(d)},
        "SH": {d.weekday() for d in days if "SH" in names and calendar.is_school(d)},
    }
    never = OSM_DAYS[(date.weekday() + 3) % 7]
    parts[::2] = [
        _SELECTOR.sub(lambda found: _to_weekdays(found.group(), falls_on, never), part)
        for part in parts[::2]
    ]
    return "".join(parts)


def _to_weekdays(selector: str, falls_on: dict[str, set[int]], never: str) -> str:
    """A list of weekdays and holidays without the holidays.

    `PH,Mo` is either, `SH Mo-Fr` (no comma) the weekdays inside the holidays.
    """
    if not _ANY_HOLIDAY.search(selector):
        return selector
    holidays: set[int] = set()
    weekdays: list[str] = []
    is_within = False
    last_is_holiday, last_has_comma = None, True
    for item, comma in _ITEM.findall(selector):
        is_holiday = item[:2].upper() in falls_on
        if is_holiday and len(item.strip()) > 2:
            raise _HolidayError(f"days counted from holidays ({item.strip()!r}) are not followed")
        if last_is_holiday is not None and last_is_holiday != is_holiday and not last_has_comma:
            is_within = True
        if is_holiday:
            holidays |= falls_on[item[:2].upper()]
        else:
            weekdays.append(item.strip())
        last_is_holiday, last_has_comma = is_holiday, bool(comma)
    if is_within:
        weekdays = [day for item in weekdays for day in _expand(item, holidays)]
    else:
        weekdays += [OSM_DAYS[day] for day in sorted(holidays)]
    return ",".join(weekdays or [never]) + selector[len(selector.rstrip()) :]


def _expand(item: str, among: set[int]) -> list[str]:
    """`Mo-We[1]` as its weekdays that are among some others: `Tu[1]`."""
    found = re.match(rf"({_DAY})(?:\s*-\s*({_DAY}))?(.*)", item, re.IGNORECASE | re.DOTALL)
    assert found is not None
    first = OSM_DAYS.index(found[1].capitalize())
    last = OSM_DAYS.index((found[2] or found[1]).capitalize())
    days = [(first + i) % 7 for i in range((last - first) % 7 + 1)]
    return [OSM_DAYS[day] + found[3] for day in days if day in among]


def _to_seconds(moment: dt.datetime | None, start: dt.datetime) -> int:
    most = 2 * SECONDS_A_DAY
    return most if moment is None else min(most, int((moment - start).total_seconds()))


def _join(spans: list[Span]) -> tuple[Span, ...]:
    """Spans that touch are one; those that begin on the next day are not of this one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < SECONDS_A_DAY:
            joined.append((start, end))
    return tuple(joined)
