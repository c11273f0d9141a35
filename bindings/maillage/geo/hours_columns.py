"""Opening hours of the rows of a table: a column in OSM syntax, or a column a day.

Every distinct text is read once, so a column of twenty thousand rows costs as much as its
few hundred ways of writing hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from maillage.config_models import DAYS, DayColumns
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.french_hours import DayHours, parse_french_day
from maillage.geo.keys import encode
from maillage.geo.opening_hours import (
    MINUTES_A_DAY,
    OpeningHours,
    merge_intervals,
    parse_opening_hours,
)
from maillage.geo.tables import Table


def read_hours(
    table: Table, columns: str | DayColumns | None, findings: Findings
) -> tuple[pd.Series, np.ndarray]:
    """Canonical OSM text (missing where unknown) and hours a week (NaN), n_rows each.

    Texts that cannot be read, and parts that say nothing about a usual week, are findings
    that quote them. Of a week by day columns an empty day is closed if another day is
    known; a week of which no day is known is unknown. A day that cannot be read counts as
    closed, so its week is a lower bound.
    """
    if columns is None:
        return pd.Series([None] * table.n_rows, dtype="str"), np.full(table.n_rows, np.nan)
    if isinstance(columns, str):
        weeks, week_of_row = _read_osm_column(table, columns, findings)
    else:
        weeks, week_of_row = _read_day_columns(table, columns.by_day(), findings)
    texts = np.array([week.to_text() if week else None for week in weeks] + [None], dtype=object)
    hours = np.array([week.weekly_hours if week else np.nan for week in weeks] + [np.nan])
    return pd.Series(texts[week_of_row], dtype="str"), hours[week_of_row]


def _read_osm_column(
    table: Table, column: str, findings: Findings
) -> tuple[list[OpeningHours | None], np.ndarray]:
    texts, text_of_row = encode(table.texts(column))
    report = _make_reporter(table, column, text_of_row, findings)
    weeks: list[OpeningHours | None] = []
    for position, text in enumerate(texts):
        try:
            week = parse_opening_hours(text)
        except InputError:
            week = None
            report("opening_hours_unread", position, repr(text))
        if week is not None and week.set_aside:
            report("opening_hours_set_aside", position, f"{_quote(week.set_aside)} of {text!r}")
        weeks.append(week)
    return weeks, text_of_row


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
