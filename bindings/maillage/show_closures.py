"""Closures and batches of scenarios as tables for people: which of them harm most, which least."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.show import add_number, build_empty_table, build_rest, build_title, find_rows
from maillage.terms import WORSE, to_persons, to_short_name, to_signed_minutes, to_signed_persons

ORDERS = {
    "left_out": "left out",
    "exposed": "exposed",
    "stranded": "stranded",
    "person_minutes": "person-minutes",
}
_NAME_WIDTH = 27


def find_order(frame: pd.DataFrame, by: str) -> np.ndarray:
    """Rows by harm, the greatest first; who loses every counter weighs more than any minutes."""
    keys = [f"delta_{name}" for name in dict.fromkeys((by, *ORDERS))]
    values = [-frame[key].to_numpy(dtype=float) for key in keys]
    if by == "person_minutes":
        values.insert(0, -frame["delta_unreachable"].to_numpy(dtype=float))
    return np.lexsort(values[::-1])


def build_closures_table(
    singles: pd.DataFrame, *, title: str, by: str = "left_out", n_rows: int = 15
) -> RenderableType:
    """What closing each counter alone would mean: those that harm most, then those that harm least.

    singles is `territory.single_closures(...)`.
    """
    ranked = singles.iloc[find_order(singles, by)].reset_index(drop=True)
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    n_least = 0 if len(ranked) <= n_rows else min(5, len(ranked) - n_rows)
    parts: list[RenderableType] = [
        build_title(title, f"most harm first, by {ORDERS[by]}; each counter closes alone"),
        _build_rows(ranked.head(n_rows), ("guichet", "key", "name")),
    ]
    if n_least:
        parts += build_rest(ranked.iloc[: len(ranked) - n_least], n_rows)
        parts.append(build_title("Least harm", "the last of the ranking"))
        parts.append(_build_rows(ranked.tail(n_least), ("guichet", "key", "name")))
    return Group(*parts, Text(""))


def build_batch_table(
    totals: pd.DataFrame, *, title: str, by: str = "left_out", n_rows: int = 15
) -> RenderableType:
    """Scenarios ranked by harm, the least first; totals has a row a scenario."""
    ranked = totals.iloc[find_order(totals, by)[::-1]].reset_index(drop=True)
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    note = f"least harm first, by {ORDERS[by]}"
    rows = _build_rows(ranked.head(n_rows), ("scenario", "scenario", None))
    return Group(build_title(title, note), rows, *build_rest(ranked, n_rows))


def build_spread_table(totals: pd.DataFrame) -> RenderableType:
    """How far apart the scenarios are: least, median and most of every change."""
    table = build_empty_table()
    table.add_column("change, persons", no_wrap=True)
    for heading in ("least", "median", "most"):
        add_number(table, heading)
    for name, label in ORDERS.items():
        values = totals[f"delta_{name}"].to_numpy(dtype=float)
        quantiles = np.quantile(values, [0, 0.5, 1]) if len(values) else [np.nan] * 3
        table.add_row(label, *map(to_signed_persons, quantiles))
    return Group(table, Text(""))


def _build_rows(frame: pd.DataFrame, first: tuple[str, str, str | None]) -> RenderableType:
    heading, key, name = first
    table = build_empty_table()
    add_number(table, "")
    table.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=_NAME_WIDTH)
    headings = ("persons\nmoved", "left\nout", "exposed", "stranded", "no\ncounter", "mean\n± min")
    for column in (*headings, "places", "worst\n± min"):
        add_number(table, column)
    for row in find_rows(frame, len(frame)):
        table.add_row(
            str(row["rank"]),
            _to_label(row, key, name),
            to_persons(row["persons_changed"]),
            *(
                _coloured(row[f"delta_{column}"])
                for column in ("left_out", "exposed", "stranded", "unreachable")
            ),
            to_signed_minutes(_find_mean(row)),
            to_persons(row["n_places"]),
            _to_worst(row),
        )
    return table


def _to_label(row: Mapping[str, Any], key: str, name: str | None) -> str:
    text = str(row[key])
    if name is not None and not pd.isna(row[name]):
        text = f"{text} {to_short_name(row[name], _NAME_WIDTH - len(text) - 1)}"
    return text


def _coloured(change: float) -> Text:
    return Text(to_signed_persons(change), style=WORSE if change > 0 else "")


def _find_mean(row: Mapping[str, Any]) -> float:
    """Minutes that the way of a person who goes elsewhere grows; NaN where some reach none."""
    if row["delta_unreachable"] != 0 or row["persons_changed"] == 0:
        return float("nan")
    return row["delta_person_minutes"] / row["persons_changed"]


def _to_worst(row: Mapping[str, Any]) -> str:
    if pd.isna(row["worst_place"]):
        return "–"
    return (
        "lost"
        if pd.isna(row["worst_after"])
        else to_signed_minutes(row["worst_after"] - row["worst_before"])
    )
