"""Days on which counters keep other hours: public holidays of France, school holidays as given.

calendar = ml.HolidayCalendar(school=[("2025-07-05", "2025-08-31")])
calendar.is_public(dt.date(2025, 7, 14))
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from maillage.arguments import check_choice, to_shown
from maillage.errors import InputError

# Where the law knows other public holidays, with the code that the package `holidays` has for it.
AREAS = {
    "alsace_moselle": "57",
    "guadeloupe": "971",
    "martinique": "972",
    "guyane": "973",
    "reunion": "974",
    "mayotte": "976",
    "saint_barthelemy": "BL",
    "saint_martin": "MF",
    "nouvelle_caledonie": "NC",
    "polynesie": "PF",
    "saint_pierre_et_miquelon": "PM",
    "wallis_et_futuna": "WF",
}


@dataclass(frozen=True, init=False)
class HolidayCalendar:
    """Public and school holidays of one area.

    area
        None: the eleven days of the Code du travail (L. 3133-1). `"alsace_moselle"` adds Good
        Friday and 26 December; overseas areas (`"guadeloupe"`, ...) have days of their own.
        Source: the package `holidays`.
    school
        Periods of school holidays, (first, last) dates, both in. None: not known, and hours that
        name school holidays are an error; an empty list: no date asked about is one.
    closed_on_public_holidays
        Lists of counters hardly ever say that they close on public holidays, and they do: hours
        that name neither `PH` nor `24/7` are closed on them. False: as the text says.
    """

    area: str | None
    school: tuple[tuple[dt.date, dt.date], ...] | None
    closed_on_public_holidays: bool = field(default=True)

    def __init__(
        self,
        area: str | None = None,
        *,
        school: Iterable[tuple[Any, Any]] | None = None,
        closed_on_public_holidays: bool = True,
    ) -> None:
        if area is not None:
            check_choice("area", area, tuple(AREAS))
        if not isinstance(closed_on_public_holidays, bool):
            shown = to_shown(closed_on_public_holidays)
            raise InputError(f"closed_on_public_holidays is {shown}, expected True or False")
        object.__setattr__(self, "area", area)
        object.__setattr__(self, "school", None if school is None else _to_periods(school))
        object.__setattr__(self, "closed_on_public_holidays", closed_on_public_holidays)

    def is_public(self, date: str | dt.date) -> bool:
        """Whether a date (or text such as `2025-06-09`) is a public holiday."""
        day = to_day(date, "date")
        return day in _find_public_holidays(self.area, day.year)

    def is_school(self, date: str | dt.date) -> bool:
        """Whether a date lies in the school holidays that were given."""
        day = to_day(date, "date")
        return any(first <= day <= last for first, last in self.school or ())

    def public_holidays(self, year: int) -> list[dt.date]:
        """The public holidays of a year, in order."""
        return sorted(_find_public_holidays(self.area, year))


@cache
def _find_public_holidays(area: str | None, year: int) -> frozenset[dt.date]:
    from holidays import country_holidays  # slow to import

    subdivision = None if area is None else AREAS[area]
    return frozenset(country_holidays("FR", subdiv=subdivision, years=year))


def _to_periods(periods: Any) -> tuple[tuple[dt.date, dt.date], ...]:
    if isinstance(periods, str) or not hasattr(periods, "__iter__"):
        raise InputError(f"school is {to_shown(periods)}, expected a list of (first, last) dates")
    found = []
    for row, period in enumerate(periods):
        where = f"school[{row}]"
        if isinstance(period, str) or not hasattr(period, "__len__") or len(period) != 2:
            raise InputError(f"{where} is {to_shown(period)}, expected (first, last) dates")
        first, last = (to_day(day, where) for day in period)
        if last < first:
            raise InputError(f"{where} ends on {last}, before it begins on {first}")
        found.append((first, last))
    return tuple(sorted(found))


def to_day(day: Any, name: str) -> dt.date:
    """A date, or text such as `2025-06-10`."""
    if isinstance(day, dt.datetime):
        return day.date()
    if isinstance(day, dt.date):
        return day
    try:
        return dt.date.fromisoformat(day)
    except (TypeError, ValueError):
        message = f"{name} is {to_shown(day)}, expected a date such as '2025-06-10'"
        raise InputError(message) from None
