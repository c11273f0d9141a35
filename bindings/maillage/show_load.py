"""Load and waiting at counters, and what a scenario does to them, for the terminal."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.channels import CHANNELS
from maillage.load import Load, LoadChange
from maillage.show import add_number, build_empty_table, build_title
from maillage.terms import to_percent, to_persons

N_COUNTERS = 15


def build_load_view(load: Load, *, title: str, note: str = "") -> RenderableType:
    """The busiest counters, then the channels; `note` is said under the title."""
    table = load.by_counter().sort_values("utilisation", ascending=False, kind="stable")
    c = load.convergence
    said = "converged" if c["converged"] else "NOT converged"
    how = f"{said} after {c['rounds']} rounds, waits within {c['residual_min']:.1g} min"
    head = build_title(title, "; ".join(words for words in (note, how) if words))
    parts: list[RenderableType] = [head, _build_counters(table)]
    if len(table) > N_COUNTERS:
        parts.append(Text(f"... and {len(table) - N_COUNTERS} less busy counters", style="dim"))
    return Group(*parts, Text(""), _build_channels(load.by_channel()), Text(""))


def build_load_change_view(change: LoadChange, *, title: str, note: str = "") -> RenderableType:
    """Counters whose load moves most, then what people do instead, then who gives up."""
    table = build_empty_table()
    for heading in ("counter (guichet)", "", ""):
        table.add_column(heading, overflow="fold")
    for heading in ("visits a year\nbefore", "\nafter", "use %\nbefore", "\nafter",
                    "wait min\nbefore", "\nafter"):  # fmt: skip
        add_number(table, heading)
    rows = change.counters()
    for row in rows.head(N_COUNTERS).to_dict("records"):
        style = {"closed": "red", "busier": "yellow"}.get(row["change"], "green")
        table.add_row(
            row["key"], _to_text(row["name"]), Text(row["change"], style=style),
            *(_to_number(row[f"{side}_visits_per_year"]) for side in ("before", "after")),
            *(_to_share(row[f"{side}_utilisation"]) for side in ("before", "after")),
            *(_to_wait(row, side) for side in ("before", "after")),
        )  # fmt: skip
    effect = build_empty_table()
    effect.add_column("served where the nearest counter changes", no_wrap=True)
    for heading in ("contacts", "before", "after", "change"):
        add_number(effect, heading)
    for row in change.effect().to_dict("records"):
        moved = "" if pd.isna(row["change"]) else f"{100 * row['change']:+.1f} %"
        effect.add_row(row["who"], to_persons(row["contacts"]), to_persons(row["before_served"]),
                       to_persons(row["after_served"]), moved)  # fmt: skip
    more = len(rows) - N_COUNTERS
    rest: list[RenderableType] = [Text(f"... and {more} more", style="dim")] if more > 0 else []
    after = _build_channels(change.after.by_channel())
    return Group(
        build_title(title, note), table, *rest, Text(""), effect, Text(""), after, Text("")
    )


def _build_counters(table: pd.DataFrame) -> RenderableType:
    out = build_empty_table()
    out.add_column("counter (guichet)", no_wrap=True)
    out.add_column("", overflow="fold")
    for heading in ("visits\na year", "an hour", "agents", "use %", "wait min"):
        add_number(out, heading)
    for row in table.head(N_COUNTERS).to_dict("records"):
        wait = Text("saturated", style="bold red") if row["is_saturated"] else Text(
            f"{row['waiting_min']:.1f}"
        )  # fmt: skip
        out.add_row(row["key"], _to_text(row["name"]), to_persons(row["visits_per_year"]),
                    f"{row['visits_per_hour']:.1f}", f"{row['agents']:.3g}",
                    _to_share(row["utilisation"]), wait)  # fmt: skip
    return out


def _build_channels(channels: pd.DataFrame) -> RenderableType:
    out = build_empty_table()
    out.add_column("contacts a year", no_wrap=True)
    add_number(out, "number")
    add_number(out, "%")
    row = channels.iloc[0]
    for channel in CHANNELS:
        share = to_percent(row[channel] / row["contacts"]) if row["contacts"] > 0 else ""
        out.add_row(channel.replace("_", " "), to_persons(row[channel]), share)
    return out


def _to_wait(row: Any, side: str) -> str:
    if row[f"{side}_is_saturated"] is True or row[f"{side}_is_saturated"] == 1:
        return "saturated"
    wait = row[f"{side}_waiting_min"]
    return "" if pd.isna(wait) else f"{wait:.1f}"


def _to_number(value: float) -> str:
    return "" if pd.isna(value) else to_persons(value)


def _to_share(value: float) -> str:
    return "" if pd.isna(value) else f"{100 * value:.0f}"


def _to_text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
