"""Figures with their intervals, and what makes them wide, for the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.show import add_number, build_empty_table, build_title
from maillage.terms import to_persons

_BAR = 24
_N_PARAMETERS = 8
_STILL = 1e-3  # of the widest: what moves less is not shown


def build_intervals_view(
    intervals: pd.DataFrame, tornado: pd.DataFrame | None, *, n_draws: int
) -> RenderableType:
    """`intervals()` of everybody; with a tornado the parameters that matter most."""
    table = build_empty_table()
    table.add_column("persons", no_wrap=True)
    for heading in ("value", "low", "high"):
        add_number(table, heading)
    for row in intervals.to_dict("records"):
        numbers = (to_persons(row[name]) for name in ("value", "low", "high"))
        table.add_row(str(row["figure"]).replace("_", " "), *numbers)
    title = build_title("How sure", f"90 % of {n_draws} draws of the parameters lie between")
    parts: list[RenderableType] = [title, table]
    if tornado is not None and len(tornado) and tornado["span"].max() > 0:
        parts += [Text(""), _build_tornado(tornado)]
    return Group(*parts, Text(""))


def _build_tornado(tornado: pd.DataFrame) -> RenderableType:
    table = build_empty_table()
    table.add_column("exposed, when one parameter moves", no_wrap=True)
    add_number(table, "from")
    add_number(table, "to")
    table.add_column("")
    widest = float(tornado["span"].max())
    for row in tornado.head(_N_PARAMETERS).to_dict("records"):
        low, high = sorted((row["low"], row["high"]))
        bar = Text("█" * max(1, round(_BAR * row["span"] / widest)), style="cyan")
        if row["span"] > _STILL * widest:
            table.add_row(str(row["parameter"]), to_persons(low), to_persons(high), bar)
    return table
