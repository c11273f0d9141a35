"""A guarantee's verdict as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from maillage.guarantee import GuaranteeCheck
from maillage.show import (
    add_number,
    build_empty_table,
    build_findings_table,
    build_title,
)
from maillage.terms import to_minutes, to_percent, to_persons

HELD = Text("✓ holds", style="green")
UNJUDGED = Text("? not judged", style="bold yellow")
FAILED = Text("✗ fails", style="bold red")
N_AREAS = 15
N_PLACES = 10


def build_guarantee_view(check: GuaranteeCheck, *, title: str, note: str = "") -> RenderableType:
    """Every rule in a row, then the areas that fail or cannot be judged, the places that bind.

    `note` is what must be said of the travel times; findings of the check stand at the end.
    """
    said = [_to_verdict(check), check.source, note]
    parts: list[RenderableType] = [
        build_title(f"{title}: {check.title}", "; ".join(words for words in said if words)),
        _build_rules(check),
    ]
    areas = check.by_area()
    failing = areas[(~areas["holds"]).fillna(False)]
    if len(failing) and failing["zoning"].notna().any():
        parts += [Text(""), Text("Areas that fail", style="bold"), _build_areas(check, failing)]
    unjudged = areas[areas["holds"].isna()]
    if len(unjudged):
        heading = Text("Areas that cannot be judged", style="bold")
        parts += [Text(""), heading, _build_unjudged(unjudged)]
    places = check.places()
    summary = check.summary()
    failed_rules = set(summary["rule"][(~summary["holds"]).fillna(False)])
    places = places[places["rule"].isin(failed_rules)]
    if len(places):
        parts += [Text(""), Text("Places that bind", style="bold"), _build_places(places)]
    if len(check.findings):
        parts += [Text(""), build_findings_table(check.findings)]
    return Group(*parts, Text(""))


def _to_verdict(check: GuaranteeCheck) -> str:
    """All rules in a few words."""
    if check.holds:
        return "every rule holds"
    holds = check.summary()["holds"]
    if (~holds).fillna(False).any():
        return "some rules fail"
    return "no rule fails where it can be judged, some areas cannot be judged"


def _build_rules(check: GuaranteeCheck) -> RenderableType:
    table = build_empty_table()
    table.add_column("rule", overflow="fold")
    table.add_column("")
    for heading in ("figure", "required", "margin", "persons\nshort", "areas\nfailing"):
        add_number(table, heading)
    table.add_column("worst area")
    for row in check.summary().to_dict("records"):
        is_open = pd.isna(row["holds"])
        holds = not is_open and bool(row["holds"])
        to_words = _to_words(str(row["kind"]))
        worst = "" if pd.isna(row["worst_area"]) else str(row["worst_area"])
        table.add_row(
            str(row["rule"]),
            UNJUDGED if is_open else HELD if holds else FAILED,
            to_words(row["figure"]),
            to_words(row["required"]),
            Text(_to_signed(row), style="red" if row["margin"] < 0 else "green"),
            to_persons(row["persons_short"]),
            f"{row['areas_failing']} of {row['areas']}",
            worst,
        )
    return table


def _build_areas(check: GuaranteeCheck, failing: pd.DataFrame) -> RenderableType:
    table = build_empty_table()
    for heading in ("rule", "area", ""):
        table.add_column(heading, overflow="fold")
    for heading in ("persons", "figure", "required", "persons short"):
        add_number(table, heading)
    kinds = dict(zip(check.summary()["rule"], check.summary()["kind"], strict=True))
    worst = failing.sort_values("persons_short", ascending=False, kind="stable")
    for row in worst.head(N_AREAS).to_dict("records"):
        to_words = _to_words(str(kinds[row["rule"]]))
        cells = [row["rule"], _to_text(row["area"]), _to_text(row["name"])]
        figures = [to_words(row["figure"]), to_words(row["required"])]
        table.add_row(*cells, to_persons(row["persons"]), *figures,
                      to_persons(row["persons_short"]))  # fmt: skip
    return _with_rest(table, len(failing) - N_AREAS, "areas")


def _build_unjudged(areas: pd.DataFrame) -> RenderableType:
    table = build_empty_table()
    for heading in ("rule", "area", ""):
        table.add_column(heading, overflow="fold")
    for heading in ("persons of unknown\nconnectivity", "places with\nsecret persons"):
        add_number(table, heading)
    for row in areas.head(N_AREAS).to_dict("records"):
        cells = [_to_text(row[key]) for key in ("rule", "area", "name")]
        secret = f"{row['places_secret']:,}".replace(",", " ")
        table.add_row(*cells, to_persons(row["persons_unjudged"]), secret)
    return _with_rest(table, len(areas) - N_AREAS, "areas")


def _build_places(places: pd.DataFrame) -> RenderableType:
    table = build_empty_table()
    for heading in ("rule", "place", "", "area"):
        table.add_column(heading, overflow="fold")
    for heading in ("persons short", "min", "km"):
        add_number(table, heading)
    for row in places.head(N_PLACES).to_dict("records"):
        cells = [_to_text(row[key]) for key in ("rule", "place", "name", "area")]
        km = "" if pd.isna(row["km"]) else f"{row['km']:.1f}"
        minutes = "" if pd.isna(row["minutes"]) else to_minutes(row["minutes"])
        table.add_row(*cells, to_persons(row["persons"]), minutes, km)
    return _with_rest(table, len(places) - N_PLACES, "places")


def _with_rest(table: RenderableType, n_more: int, what: str) -> RenderableType:
    if n_more <= 0:
        return table
    return Group(table, Text(f"... and {n_more:,} more {what}".replace(",", " "), style="dim"))


def _to_words(kind: str) -> Any:
    if kind == "counters":
        return lambda value: f"{value:.0f}"
    return lambda value: "–" if pd.isna(value) else f"{to_percent(value)} %"


def _to_signed(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["margin"]):
        return "–"
    if row["kind"] == "counters":
        return f"{row['margin']:+.0f}"
    return f"{100 * row['margin']:+.1f} pt"


def _to_text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
