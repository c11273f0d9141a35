"""Times and dates of GTFS, whole columns at once.

Times are `H:MM:SS` after the midnight of the service day, which is noon minus 12 hours, so
that they are right on the days when clocks change; they go beyond 24:00:00 for trips that
run past midnight. Dates are `YYYYMMDD`.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.errors import InputError
from maillage.geo.arrow_compute import pc
from maillage.geo.tables import Table

DAY_S = 86_400
MISSING_TIME = np.iinfo(np.int32).min  # where a time is not given
MAX_HOURS = 240

_TIME = r"^(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)$"
_TIME_WORDS = f"a time as H:MM:SS below {MAX_HOURS}:00:00"
_DATE_WORDS = "a date as YYYYMMDD"
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def parse_times(table: Table, column: str, *, required: bool = False) -> np.ndarray:
    """Seconds after midnight, int32, n_rows; MISSING_TIME where the cell is empty.

    The first cell that is no time is an InputError with the number of others like it; so
    is an empty one when times are required.
    """
    texts = table.texts(column).combine_chunks().dictionary_encode()
    parts = pc.extract_regex(texts.dictionary, pattern=_TIME)
    numbers = [pc.fill_null(pc.cast(pc.struct_field(parts, [i]), pa.int32()), -1) for i in range(3)]
    hours, minutes, seconds = (np.asarray(n.to_numpy(zero_copy_only=False)) for n in numbers)
    known = np.where(hours >= 0, hours * 3600 + minutes * 60 + seconds, -1)
    known = np.append(np.where(hours < MAX_HOURS, known, -1), MISSING_TIME).astype(np.int32)
    codes = pc.fill_null(texts.indices, len(known) - 1).to_numpy(zero_copy_only=False)
    times = known[codes]
    wrong = times == -1
    if required:
        wrong |= times == MISSING_TIME
    if wrong.any():
        raise table.rows_error(wrong, column, _TIME_WORDS)
    return times


def parse_dates(table: Table, column: str) -> np.ndarray:
    """Dates as datetime64[D], n_rows; an empty or wrong cell is an InputError."""
    texts = table.texts(column).combine_chunks().dictionary_encode()
    words = texts.dictionary.to_pylist()
    days = [_parse_day(word) for word in words]
    wrong_words = np.array([day is None for day in days] + [True])
    codes = pc.fill_null(texts.indices, len(words)).to_numpy(zero_copy_only=False)
    wrong = wrong_words[codes]
    if wrong.any():
        raise table.rows_error(wrong, column, _DATE_WORDS)
    known = np.array([day or dt.date(_FIRST_YEAR, 1, 1) for day in days], dtype="datetime64[D]")
    return known[codes]


def _parse_day(text: str) -> dt.date | None:
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        day = dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def to_date(date: str | dt.date) -> dt.date:
    """A date given as `2014-06-10`, `20140610` or a date; anything else is an InputError."""
    if isinstance(date, dt.datetime):
        return date.date()
    if isinstance(date, dt.date):
        return date
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return dt.datetime.strptime(date, form).date()
        except (ValueError, TypeError):
            continue
    raise InputError(f"date is {date!r}, expected a date such as '2014-06-10'")


def to_clock(seconds: int) -> str:
    """Seconds after midnight as a time of GTFS: `25:10:00`."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def to_day_words(day: dt.date | np.datetime64) -> str:
    """A day for people: `Tuesday 2014-06-10`."""
    return pd.Timestamp(day).strftime("%A %Y-%m-%d")


def find_day_start(day: dt.date, zone: zoneinfo.ZoneInfo) -> int:
    """Where the service day begins: noon minus 12 hours, in seconds of Unix time."""
    noon = dt.datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return int(noon.timestamp()) - DAY_S // 2


def find_zone(name: str, place: str) -> zoneinfo.ZoneInfo:
    """The time zone of this name; an unknown one is an InputError about `place`."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"{place}: agency_timezone is {name!r}, expected a time zone such as 'Europe/Paris'"
        ) from error
