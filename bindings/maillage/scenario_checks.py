"""Checks whether a scenario fits a territory, as a whole, before anything is changed.

`check_scenario(scenario, territory)` lists every problem at once. Edits are followed in
their order, so that an edit may build on an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any, Protocol

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint
from maillage.scenario import (
    AddTripsEdit,
    CloseEdit,
    CloseRoadEdit,
    ConvertEdit,
    CutLineEdit,
    Edit,
    MoveEdit,
    OpenEdit,
    Scenario,
    SetConnectivityEdit,
    SetHoursEdit,
    SetPopulationEdit,
    SetSpeedEdit,
)
from maillage.scenario_polygon import to_geometry
from maillage.transit_edits import find_line_problem

MARGIN_KM = 50.0
_KM_PER_DEGREE = 111.2


class TerritoryView(Protocol):
    """What a check needs to know of a territory."""

    @property
    def places(self) -> pd.DataFrame: ...
    @property
    def counters(self) -> pd.DataFrame: ...
    @property
    def services(self) -> Sequence[str]: ...
    @property
    def zonings(self) -> Mapping[str, Any]: ...
    @property
    def kinds(self) -> Mapping[str, Mapping[str, int]]: ...
    @property
    def groups(self) -> pd.DataFrame: ...


def check_scenario(scenario: Scenario, territory: TerritoryView) -> list[str]:
    """Everything that keeps a scenario from being applied to a territory.

    Returns one sentence a problem, in the order of the edits, each with the number and
    kind of its edit; an empty list when the scenario fits. Points may lie up to 50 km
    outside the bounding box of the places.
    """
    if not isinstance(scenario, Scenario):
        raise InputError(f"scenario is {to_shown(scenario)}, expected a Scenario")
    state = _State.of(territory)
    problems = []
    for number, edit in enumerate(scenario.edits, 1):
        problems += [f"edit {number} ({edit.do}): {text}" for text in state.check(edit)]
    return problems


@dataclass
class _Counter:
    """A counter as the edits so far left it; a closed one keeps the services it had."""

    is_open: bool
    levels: dict[str, int]


class _Counters:
    """The counters by key; a record is made of those only that an edit names."""

    def __init__(self, territory: TerritoryView) -> None:
        frame, self._services = territory.counters, list(territory.services)
        rows = getattr(getattr(territory, "parts", None), "counter_rows", None)
        self._rows: Mapping[str, int] = (
            rows if rows is not None else {str(key): i for i, key in enumerate(frame["key"])}
        )
        self._levels = frame[[f"level_{service}" for service in self._services]].to_numpy()
        self._is_open = frame["open"].to_numpy(dtype=bool) if "open" in frame else None
        self._named: dict[str, _Counter] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._named or key in self._rows

    def __iter__(self) -> Iterator[str]:
        yield from self._rows
        yield from (key for key in self._named if key not in self._rows)

    def __setitem__(self, key: str, counter: _Counter) -> None:
        self._named[key] = counter

    def __getitem__(self, key: str) -> _Counter:
        if key not in self._named:
            row = self._rows[key]
            levels = zip(self._services, self._levels[row], strict=True)
            offered = {service: int(level) for service, level in levels if level > 0}
            is_open = self._is_open is None or bool(self._is_open[row])
            self._named[key] = _Counter(is_open, offered)
        return self._named[key]


@dataclass
class _State:
    """The counters after the edits so far, and the names that edits may use."""

    territory: TerritoryView
    counters: _Counters
    box: tuple[float, float, float, float]

    @staticmethod
    def of(territory: TerritoryView) -> _State:
        return _State(territory, _Counters(territory), _box(territory.places))

    def check(self, edit: Edit) -> list[str]:
        """The problems of one edit; takes note of what it changes when it has none."""
        if isinstance(edit, CloseEdit):
            return self._check_close(edit)
        if isinstance(edit, OpenEdit):
            return self._check_reopen(edit) if edit.reopens else self._check_open(edit)
        if isinstance(edit, MoveEdit):
            return self._check_open_key(edit.key) + self._check_point(edit.lon, edit.lat)
        if isinstance(edit, ConvertEdit):
            return self._check_convert(edit)
        if isinstance(edit, SetHoursEdit):
            return self._check_open_key(edit.key) + _check_hours(edit.opening_hours)
        if isinstance(edit, SetPopulationEdit):
            return self._check_where(edit) + self._check_group(edit.group)
        if isinstance(edit, SetConnectivityEdit):
            return self._check_where(edit)
        if isinstance(edit, CutLineEdit | AddTripsEdit):
            return self._check_line(edit)
        if isinstance(edit, (SetSpeedEdit, CloseRoadEdit)):
            return self._check_roads(edit)
        return [f"{type(edit).__name__} is unknown here"]

    def _check_close(self, edit: CloseEdit) -> list[str]:
        problems = self._check_open_key(edit.key) + self._check_services([edit.service])
        if problems:
            return problems
        counter = self.counters[edit.key]
        if edit.service is None:
            counter.is_open = False
        elif edit.service not in counter.levels:
            return [f'"{edit.key}" does not offer {edit.service}{_offers(counter)}']
        else:
            del counter.levels[edit.service]
        return []

    def _check_reopen(self, edit: OpenEdit) -> list[str]:
        if edit.key not in self.counters:
            problem = self._unknown_key(edit.key)
            return [f"{problem}; a new counter needs lon, lat and services or a kind"]
        counter = self.counters[edit.key]
        if counter.is_open:
            return [f'counter "{edit.key}" is open already; convert changes its services']
        counter.is_open = True
        return []

    def _check_open(self, edit: OpenEdit) -> list[str]:
        problems = []
        if edit.key in self.counters:
            state = (
                "is open" if self.counters[edit.key].is_open else "is closed; its key reopens it"
            )
            problems.append(f'the key "{edit.key}" is taken, that counter {state}')
        problems += self._check_point(edit.lon or 0.0, edit.lat or 0.0)
        problems += self._check_levels(edit.kind, edit.services)
        if edit.opening_hours is not None:
            problems += _check_hours(edit.opening_hours)
        # Noted even with a problem: one wrong value should not make later edits wrong too.
        if edit.key not in self.counters:
            self.counters[edit.key] = _Counter(True, self._levels(edit.kind, edit.services))
        return problems

    def _check_convert(self, edit: ConvertEdit) -> list[str]:
        problems = self._check_open_key(edit.key) + self._check_levels(edit.kind, edit.services)
        if edit.key in self.counters:
            self.counters[edit.key].levels = self._levels(edit.kind, edit.services)
        return problems

    def _check_open_key(self, key: str) -> list[str]:
        if key not in self.counters:
            return [self._unknown_key(key)]
        return [] if self.counters[key].is_open else [f'counter "{key}" is closed already']

    def _unknown_key(self, key: str) -> str:
        return f'there is no counter "{key}"{to_hint(key, list(self.counters))}'

    def _check_point(self, lon: float, lat: float) -> list[str]:
        west, south, east, north = self.box
        if west <= lon <= east and south <= lat <= north:
            return []
        swapped = west <= lat <= east and south <= lon <= north
        hint = "; lon and lat look swapped" if swapped else ""
        return [
            f"the point {lon:g}, {lat:g} lies more than {MARGIN_KM:g} km outside the territory "
            f"(lon {west:.2f}..{east:.2f}, lat {south:.2f}..{north:.2f}){hint}"
        ]

    def _check_services(self, services: Sequence[str | None]) -> list[str]:
        known = list(self.territory.services)
        return [
            f'there is no service "{service}"{to_hint(service, known)}'
            for service in services
            if service is not None and service not in known
        ]

    def _check_levels(self, kind: str | None, services: Mapping[str, int] | None) -> list[str]:
        if services is not None:
            return self._check_services(list(services))
        known = list(self.territory.kinds)
        if kind is None or kind in known:
            return []
        near = to_hint(kind, known)
        return [f'the territory maps no kind "{kind}" to services{near}; give services']

    def _levels(self, kind: str | None, services: Mapping[str, int] | None) -> dict[str, int]:
        chosen = services if services is not None else self.territory.kinds.get(kind or "", {})
        return {service: level for service, level in chosen.items() if level > 0}

    def _check_where(self, edit: SetPopulationEdit | SetConnectivityEdit) -> list[str]:
        if edit.place is not None:
            places = self.territory.places["place"].astype(str).tolist()
            if edit.place not in places:
                return [f'there is no place "{edit.place}"{to_hint(edit.place, places)}']
        if edit.zoning is None or edit.area is None:
            return []
        zoning = self.territory.zonings.get(edit.zoning)
        if zoning is None:
            known = list(self.territory.zonings)
            near = to_hint(edit.zoning, known)
            return [f'there is no zoning "{edit.zoning}"{near}']
        codes = list(zoning.codes)
        if edit.area in codes:
            return []
        return [f'{edit.zoning} has no area "{edit.area}"{to_hint(edit.area, codes)}']

    def _check_group(self, group: str | None) -> list[str]:
        known = self.territory.groups["group"].astype(str).tolist()
        if group is None or group in known:
            return []
        return [f'there is no group "{group}"{to_hint(group, known)}']

    def _check_line(self, edit: CutLineEdit | AddTripsEdit) -> list[str]:
        networks = getattr(getattr(self.territory, "parts", None), "networks", None)
        if networks is None:
            return []
        feed = next((use.transit.feed for use in networks if use.transit is not None), None)
        if feed is None:
            return ["the territory has no timetable, expected a section [networks.transit]"]
        problem = find_line_problem(feed, edit.line, edit.direction)
        return [problem] if problem else []

    def _check_roads(self, edit: SetSpeedEdit | CloseRoadEdit) -> list[str]:
        networks = getattr(getattr(self.territory, "parts", None), "networks", None)
        if networks is None:
            return []
        roads = {use.mode: use.roads for use in networks}
        if edit.mode not in roads:
            return [f"the territory has no roads for {edit.mode}{to_hint(edit.mode, roads)}"]
        if edit.polygon is not None:
            found = roads[edit.mode].find_segments(polygon=to_geometry(edit.polygon))
            return [] if len(found) else [f"there is no road for {edit.mode} in the outline"]
        ways = edit.ways or ()
        absent = [way for way in ways if len(roads[edit.mode].find_segments(ways=[way])) == 0]
        if not absent:
            return []
        shown = ", ".join(str(way) for way in absent[:5]) + (", ..." if len(absent) > 5 else "")
        return [f"{len(absent)} of {len(ways)} ways are no roads for {edit.mode}: {shown}"]


def _box(places: pd.DataFrame) -> tuple[float, float, float, float]:
    """Bounding box of the places (west, south, east, north), widened by the margin."""
    lon = places["lon"].to_numpy(dtype=float)
    lat = places["lat"].to_numpy(dtype=float)
    margin = MARGIN_KM / _KM_PER_DEGREE
    south, north = float(np.nanmin(lat)) - margin, float(np.nanmax(lat)) + margin
    wider = margin / max(0.05, cos(radians(max(abs(south), abs(north)))))
    return float(np.nanmin(lon)) - wider, south, float(np.nanmax(lon)) + wider, north


def _offers(counter: _Counter) -> str:
    offered = ", ".join(counter.levels)
    return f"; it offers {offered}" if offered else "; it offers nothing"


def _check_hours(text: str) -> list[str]:
    from maillage.geo.opening_hours import parse_opening_hours

    try:
        parse_opening_hours(text)
    except ValueError as error:
        return [str(error)]
    return []
