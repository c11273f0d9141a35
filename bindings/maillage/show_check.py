"""What `maillage check` found in a territory, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from maillage.show import build_table, build_title
from maillage.terms import to_heading, to_percent, to_persons

_MODES = {"car": "car", "walk": "on foot", "bike": "bicycle"}
_N_KINDS = 15


def build_check_view(summary: Mapping[str, Any], *, title: str) -> RenderableType:
    """Places, groups, counters and roads of a territory, each as a small table.

    summary is `territory.summary()`.
    """
    parts: list[RenderableType] = [build_title(title)]
    transit = summary["transit"]
    for table in (
        _places(summary["places"], summary["connectivity"]),
        _groups(summary["groups"]),
        _counters(summary["counters"]),
        _kinds(summary["counters"]["by_kind"]),
        _services(summary["counters"]["by_service"]),
        _roads(summary["networks"]),
        _snapping(summary["networks"]),
        *([] if transit is None else [_transit(transit)]),
    ):
        parts += [table, Text("")]
    return Group(*parts)


def _places(places: Mapping[str, Any], connectivity: Mapping[str, Any]) -> RenderableType:
    rows = [
        ("places", to_persons(places["n"])),
        ("persons", to_persons(places["persons"])),
        ("lon, lat", _box(places["bbox"])),
    ]
    rows += [(to_heading(name), f"{to_persons(n)} areas") for name, n in places["zonings"].items()]
    known = f"known for {to_persons(connectivity['known'])} places"
    if connectivity["mean_adequate"] is not None:
        known += f", adequate for {to_percent(connectivity['mean_adequate'])} % of persons"
    return _list("Places", [*rows, ("connectivity", known)])


def _groups(groups: Mapping[str, float]) -> RenderableType:
    total = sum(groups.values())
    rows = [
        (name, to_persons(persons), to_percent(persons / total if total > 0 else float("nan")))
        for name, persons in groups.items()
    ]
    return build_table([("Groups", False), ("persons", True), ("%", True)], rows)


def _counters(counters: Mapping[str, Any]) -> RenderableType:
    rows = [
        ("counters", to_persons(counters["n"])),
        ("open", to_persons(counters["n_open"])),
        ("with opening hours", to_persons(counters["with_hours"])),
        ("lon, lat", _box(counters["bbox"])),
    ]
    return _list("Counters (guichets)", rows)


def _kinds(kinds: Mapping[str, int]) -> RenderableType:
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    rows = [(name or "no kind", to_persons(number)) for name, number in ordered[:_N_KINDS]]
    left = ordered[_N_KINDS:]
    if left:
        words = f"{len(left)} more kinds"
        rows.append((words, to_persons(sum(number for _, number in left))))
    return build_table([("Kinds", False), ("counters", True)], rows)


def _services(services: Mapping[str, Mapping[int, int]]) -> RenderableType:
    levels = sorted({level for by_level in services.values() for level in by_level} | {1})
    headings = [("Services, open counters at", False)]
    headings += [(f"level {level}", True) for level in levels]
    rows = [
        (service, *(to_persons(by_level.get(level, 0)) for level in levels))
        for service, by_level in services.items()
    ]
    return build_table(headings, rows)


def _roads(networks: Mapping[str, Mapping[str, Any]]) -> RenderableType:
    headings = [
        ("Roads", False), ("km", True), ("nodes", True), ("segments", True), ("crossings", True),
        ("components", True), ("in the main one, %", True), ("turn bans", True),
    ]  # fmt: skip
    rows = [
        (
            _MODES.get(mode, mode),
            to_persons(network["length_km"]),
            to_persons(network["n_nodes"]),
            to_persons(network["n_segments"]),
            to_persons(network["n_junctions"]),
            to_persons(network["n_components"]),
            to_percent(network["main_share"]),
            to_persons(network["n_turn_bans"]),
        )
        for mode, network in networks.items()
    ]
    return build_table(headings, rows)


def _snapping(networks: Mapping[str, Mapping[str, Any]]) -> RenderableType:
    headings = [
        ("Distance to the roads, m", False), ("median", True), ("95 % within", True),
        ("longest", True), ("too far off", True),
    ]  # fmt: skip
    rows = []
    for mode, network in networks.items():
        for what in ("places", "counters"):
            snap = network[f"snap_{what}"]
            metres = [snap[name] for name in ("median", "p95", "max")]
            cells = ["–" if m is None else to_persons(m) for m in metres]
            off = snap["off_network"]
            rows.append((f"{what}, {_MODES.get(mode, mode)}", *cells, to_persons(off)))
    return build_table(headings, rows)


def _transit(transit: Mapping[str, Any]) -> RenderableType:
    leaves = f"from {transit['departure']}, during {transit['window_min']:g} minutes"
    time = f"{transit['percentile']:g} % of these departures take no longer"
    rows = [
        ("feeds", ", ".join(transit["feeds"])),
        ("date", transit["date"]),
        ("lines, trips", f"{to_persons(transit['n_lines'])}, {to_persons(transit['n_trips'])}"),
        ("stops served", to_persons(transit["n_stops"])),
        ("people leave", leaves),
        ("travel time", time),
    ]
    return _list("Timetable", rows)


def _box(box: tuple[float, float, float, float] | None) -> str:
    if box is None:
        return "none"
    west, south, east, north = box
    return f"{west:.3f} to {east:.3f}, {south:.3f} to {north:.3f}"


def _list(title: str, rows: Iterable[tuple[str, str]]) -> RenderableType:
    return build_table([(title, False), ("", False)], rows)
