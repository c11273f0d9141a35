"""Who gets farther from a counter: the rows of `delta.losers()` as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.show import (
    add_number,
    build_empty_table,
    build_rest,
    build_title,
    find_rows,
    to_row_name,
)
from maillage.terms import (
    BETTER,
    WORSE,
    to_heading,
    to_minutes,
    to_persons,
    to_short_name,
    to_signed_minutes,
)

_PLACE_WIDTH, _COUNTER_WIDTH = 22, 17


def build_losers_table(
    frame: pd.DataFrame,
    *,
    title: str,
    note: str = "",
    names: Mapping[str, Any] | None = None,
    n_rows: int = 15,
) -> RenderableType:
    """Who gets farther, a row each: persons, minutes before and after, counters used.

    frame is `delta.losers()` (or `.gainers()`, or what `find_losses_by_area` makes of it),
    already in the order to show; its first column names the rows. names maps keys of
    counters to what they are called.
    """
    first = str(frame.columns[0])
    table = build_empty_table()
    width = _PLACE_WIDTH
    table.add_column(to_heading(first), no_wrap=True, overflow="ellipsis", max_width=width)
    table.add_column("class", no_wrap=True, min_width=6)
    for heading in ("persons", "before\nmin", "after\nmin", "change\nmin"):
        add_number(table, heading)
    for heading in ("guichet\nbefore", "guichet\nafter"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=_COUNTER_WIDTH)
    for row in find_rows(frame, n_rows):
        table.add_row(
            to_row_name(row, first),
            {"no_car": "no car"}.get(str(row["person_class"]), str(row["person_class"])),
            to_persons(row["persons"]),
            to_minutes(row["before_travel_time"]),
            to_minutes(row["after_travel_time"]),
            _change(row),
            *_counters(row, names or {}),
        )
    return Group(build_title(title, note), table, *build_rest(frame, n_rows))


def find_losses_by_area(losers: pd.DataFrame, area: str) -> pd.DataFrame:
    """The rows of `delta.losers()` put together by area, person class and counters used.

    Minutes are means weighted by persons. Who can reach no counter any more comes first,
    then the largest sums of minutes over persons; equal ones in the order of the areas.
    """
    keys = [area, "person_class", "before_counter", "after_counter"]
    weighed = losers.assign(
        _before=losers["before_travel_time"] * losers["persons"],
        _after=losers["after_travel_time"] * losers["persons"],
    )
    grouped = weighed.groupby(keys, dropna=False, observed=True, sort=True)
    sums = grouped[["persons", "_before", "_after"]].sum(min_count=1).reset_index()
    sums["before_travel_time"] = sums["_before"] / sums["persons"]
    sums["after_travel_time"] = sums["_after"] / sums["persons"]
    sums["delta_travel_time"] = sums["after_travel_time"] - sums["before_travel_time"]
    loss = (sums["_after"] - sums["_before"]).fillna(np.inf).to_numpy(dtype=float)
    order = np.argsort(-loss, kind="stable")
    columns = [*keys, "persons", "before_travel_time", "after_travel_time", "delta_travel_time"]
    return sums.iloc[order][columns].reset_index(drop=True)


def _change(row: Mapping[str, Any]) -> Text:
    was, now = row["before_travel_time"], row["after_travel_time"]
    if pd.isna(now) and not pd.isna(was):
        return Text("lost", style=WORSE)
    if pd.isna(was) and not pd.isna(now):
        return Text("found", style=BETTER)
    change = row["delta_travel_time"]
    return Text(to_signed_minutes(change), style=WORSE if change > 0 else BETTER)


def _counters(row: Mapping[str, Any], names: Mapping[str, Any]) -> list[str]:
    """The counters before and after by name; by key when their names look the same."""
    keys = [row["before_counter"], row["after_counter"]]
    shown = []
    for key in keys:
        name = None if pd.isna(key) else names.get(str(key))
        words = key if name is None or pd.isna(name) else name
        shown.append("–" if pd.isna(key) else to_short_name(words, _COUNTER_WIDTH))
    if shown[0] == shown[1] and str(keys[0]) != str(keys[1]):
        return [to_short_name(key, _COUNTER_WIDTH) for key in keys]
    return shown
