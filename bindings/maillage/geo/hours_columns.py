"""Opening hours of the rows of a table: a column in OSM syntax, or a column a day.

Every distinct text is read once, so a column of twenty thousand rows costs as much as its
few hundred ways of writing hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from maillage.config_models import DAYS, DayColumns
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.french_hours import DayHours, parse_french_day
from maillage.geo.keys import encode
from maillage.geo.opening_days import find_open_day
from maillage.geo.opening_hours import (
    MINUTES_A_DAY,
    Interval,
    OpeningHours,
    merge_intervals,
    parse_opening_hours,
)
from maillage.geo.tables import Table

_SOME_DATE = dt.date(2025, 6, 10)


def read_hours(
    table: Table, columns: str | DayColumns | None, findings: Findings
) -> tuple[pd.Series, np.ndarray]:
    """OSM text (missing where unknown) and hours of a usual week (NaN), n_rows each.

    The text is the canonical one; one of which parts hold on some dates alone ("Tu[1]
    09:30-11:30", "PH off", a season) stays as it is, so that trips on a date follow it. Such
    parts are no part of a usual week. They, and texts that cannot be read, are findings that
    quote them. Of a week by day columns an empty day is closed if another day is
    known; a week of which no day is known is unknown. A day that cannot be read counts as
    closed, so its week is a lower bound.
    """
    if columns is None:
        return pd.Series([None] * table.n_rows, dtype="str"), np.full(table.n_rows, np.nan)
    if isinstance(columns, str):
        found, row_of = _read_osm_column(table, columns, findings)
    else:
        weeks, row_of = _read_day_columns(table, columns.by_day(), findings)
        found = [_to_known(week) for week in weeks]
    texts = np.array([text for text, _ in found] + [None], dtype=object)
    hours = np.array([weekly for _, weekly in found] + [np.nan])
    return pd.Series(texts[row_of], dtype="str"), hours[row_of]


def find_usual_week(text: str) -> tuple[Interval, ...]:
    """Intervals of a usual week from a text of `read_hours`; none where it holds on dates alone."""
    try:
        return parse_opening_hours(text).intervals
    except InputError:
        return ()


def _to_known(week: OpeningHours | None) -> tuple[str | None, float]:
    return (week.to_text(), week.weekly_hours) if week else (None, np.nan)


def _read_osm_column(
    table: Table, column: str, findings: Findings
) -> tuple[list[tuple[str | None, float]], np.ndarray]:
    texts, text_of_row = encode(table.texts(column))
    report = _make_reporter(table, column, text_of_row, findings)
    found: list[tuple[str | None, float]] = []
    for position, text in enumerate(texts):
        try:
            week = parse_opening_hours(text)
        except InputError:
            week = None
        if week is not None and not week.set_aside:
            found.append(_to_known(week))
        elif _holds_on_dates(text):
            parts = repr(text) if week is None else f"{_quote(week.set_aside)} of {text!r}"
            report("opening_hours_by_date", position, parts)
            found.append((text, week.weekly_hours if week and week.intervals else np.nan))
        elif week is None:
            report("opening_hours_unread", position, repr(text))
            found.append((None, np.nan))
        else:
            report("opening_hours_set_aside", position, f"{_quote(week.set_aside)} of {text!r}")
            found.append(_to_known(week))
    return found, text_of_row


def _holds_on_dates(text: str) -> bool:
    """Can the hours of a date be told from a text, whatever the date?"""
    try:
        find_open_day(text, _SOME_DATE)
    except InputError:
        return False
    return True


def _read_day_columns(
    table: Table, columns: Sequence[str | None], findings: Findings
) -> tuple[list[OpeningHours | None], np.ndarray]:
    n_days = len(DAYS)
    codes = np.full((table.n_rows, n_days), -1, dtype=np.int32)
    days: list[list[DayHours]] = [[] for _ in DAYS]
    for n_day, column in enumerate(columns):
        if column is None:
            continue
        texts, codes[:, n_day] = encode(table.texts(column))
        days[n_day] = [parse_french_day(text) for text in texts]
        report = _make_reporter(table, column, codes[:, n_day], findings)
        for position, (text, day) in enumerate(zip(texts, days[n_day], strict=True)):
            _report_day(text, day, position, report)
    distinct, week_of_row = np.unique(codes, axis=0, return_inverse=True)
    weeks = [_to_week(days, week) for week in distinct.tolist()]
    return weeks, week_of_row.reshape(-1)


def _report_day(
    text: str, day: DayHours, position: int, report: Callable[[str, int, str], None]
) -> None:
    if day.intervals is None and day.set_aside:
        report("opening_hours_unread", position, repr(text))
    elif day.set_aside:
        report("opening_hours_set_aside", position, f"{_quote(day.set_aside)} of {text!r}")
    if day.n_empty_slots:
        report("opening_hours_empty_slot", position, repr(text))


def _to_week(days: Sequence[Sequence[DayHours]], week: Sequence[int]) -> OpeningHours | None:
    """The week of seven day texts given by their positions; None when no day is known."""
    found = [days[n_day][code] if code >= 0 else None for n_day, code in enumerate(week)]
    if all(day is None or day.intervals is None for day in found):
        return None
    spans = [
        (n_day * MINUTES_A_DAY + start, n_day * MINUTES_A_DAY + end)
        for n_day, day in enumerate(found)
        for start, end in (day.intervals if day and day.intervals else ())
    ]
    return OpeningHours(merge_intervals(spans))


def _quote(parts: Sequence[str]) -> str:
    return ", ".join(repr(part) for part in parts)


def _make_reporter(
    table: Table, column: str, text_of_row: np.ndarray, findings: Findings
) -> Callable[[str, int, str], None]:
    """Adds a finding about one distinct text: counted by rows, shown at its first row."""

    def report(kind: str, position: int, what: str) -> None:
        rows = np.flatnonzero(text_of_row == position)
        examples = (f"{table.find_place(int(row))}: {column}: {what}" for row in rows[:1])
        findings.add_all(kind, examples, len(rows))

    return report
