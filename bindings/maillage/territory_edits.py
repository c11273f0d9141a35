"""Applies a checked scenario to the parts of a territory, by index.

`apply_to_parts` gives the new parts (frames that Python shows) and the edits that the
engine carries out on its own copy-on-write parts. Both follow the edits in their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.counter_book import CounterBook
from maillage.errors import InputError
from maillage.geo.areas import find_share_inside
from maillage.geo.opening_hours import parse_opening_hours
from maillage.scenario import (
    AddTripsEdit,
    CloseEdit,
    CloseRoadEdit,
    ConvertEdit,
    CutLineEdit,
    MoveEdit,
    OpenEdit,
    Scenario,
    SetConnectivityEdit,
    SetHoursEdit,
    SetPopulationEdit,
    SetSpeedEdit,
)
from maillage.scenario_polygon import to_geometry
from maillage.territory_parts import TerritoryParts, find_adequate, find_counter_areas
from maillage.transit_edits import find_line_problem, name_feed


def apply_to_parts(parts: TerritoryParts, scenario: Scenario) -> tuple[TerritoryParts, _core.Edits]:
    """The parts after a scenario that `check_scenario` found nothing wrong with."""
    editor = _Editor(parts)
    for edit in scenario.edits:
        editor.apply(edit)
    editor.flush()
    return editor.finish(), editor.edits


def to_edits(parts: TerritoryParts, scenario: Scenario) -> _core.Edits:
    """What the engine has to do for a scenario; the frames that Python would show are not made."""
    editor = _Editor(parts)
    for edit in scenario.edits:
        editor.apply(edit)
    editor.flush()
    return editor.edits


def _to_hours(text: str) -> dict[str, Any]:
    hours = parse_opening_hours(text)
    return {"opening_hours": hours.to_text(), "weekly_hours": hours.weekly_hours}


class _Editor:
    def __init__(self, parts: TerritoryParts) -> None:
        self.parts = parts
        self.edits = _core.Edits()
        self.book = CounterBook(parts)
        self.persons = parts.persons
        self.connectivity = parts.connectivity
        self.networks = parts.networks

    def apply(self, edit: Any) -> None:
        if isinstance(edit, SetPopulationEdit):
            self._set_population(edit)
        elif isinstance(edit, SetConnectivityEdit):
            self._set_connectivity(edit)
        elif isinstance(edit, SetSpeedEdit | CloseRoadEdit):
            self._edit_roads(edit)
        elif isinstance(edit, CutLineEdit | AddTripsEdit):
            self._edit_timetable(edit)
        else:
            self._edit_counter(edit)

    def flush(self) -> None:
        """Hands the engine what is made once for all edits: timetables and ways to them."""
        now = [use.transit for use in self.networks if use.transit is not None]
        before = [use.transit for use in self.parts.networks if use.transit is not None]
        if any(a is not b for a, b in zip(now, before, strict=True)):
            self.edits.timetables([transit.to_core(0, None) for transit in now])

    def finish(self) -> TerritoryParts:
        changed: dict[str, Any] = {}
        if self.book.is_changed:
            changed["counters"] = self.book.to_frame()
            changed["levels"] = self.book.to_levels()
        if self.persons is not self.parts.persons:
            changed["persons"] = self.persons
        if self.connectivity is not self.parts.connectivity:
            changed["connectivity"] = self.connectivity
            changed["adequate"] = self._find_adequate(self.connectivity)
        if self.networks is not self.parts.networks:
            changed["networks"] = self.networks
        return replace(self.parts, **changed)

    # counters

    def _edit_counter(self, edit: Any) -> None:
        if isinstance(edit, OpenEdit) and not edit.reopens:
            self._open(edit)
            return
        row = self.book.find_row(edit.key)
        if isinstance(edit, CloseEdit):
            self._close(edit, row)
        elif isinstance(edit, OpenEdit):
            self.book.write(row, open=True)
            self.edits.reopen(row)
        elif isinstance(edit, MoveEdit):
            self.book.write(row, lon=edit.lon, lat=edit.lat)
            self.edits.move(row, edit.lat, edit.lon, self._find_area(edit.lon, edit.lat))
        elif isinstance(edit, ConvertEdit):
            self._convert(edit, row)
        elif isinstance(edit, SetHoursEdit):
            self.book.write(row, **_to_hours(edit.opening_hours))
        else:
            raise AssertionError(f"no rule for {edit!r}")

    def _close(self, edit: CloseEdit, row: int) -> None:
        if edit.service is None:
            self.book.write(row, open=False)
            self.edits.close(row)
            return
        service = list(self.parts.services).index(edit.service)
        levels = self.book.read_levels(row)
        levels[service] = 0
        self.book.write_levels(row, levels)
        self.edits.close(row, service)

    def _convert(self, edit: ConvertEdit, row: int) -> None:
        if edit.kind is not None:
            self.book.write(row, kind=edit.kind)
        levels = self._to_levels(edit.services, edit.kind)
        self.book.write_levels(row, levels)
        self.edits.convert(row, levels)

    def _open(self, edit: OpenEdit) -> None:
        assert edit.lon is not None and edit.lat is not None  # else it reopens
        known = self.parts.counters.columns
        values = {c: getattr(edit, c) for c in known if getattr(edit, c, None) is not None}
        values |= {"open": True, "name": edit.name or edit.key}
        if edit.opening_hours is not None:
            values |= _to_hours(edit.opening_hours)
        levels = self._to_levels(edit.services, edit.kind)
        self.book.add(edit.key, values, levels)
        self.edits.open(edit.lat, edit.lon, levels, self._find_area(edit.lon, edit.lat))

    def _find_area(self, lon: float, lat: float) -> int:
        """The area of a point, where the territory counts counters inside as 0 minutes away."""
        zoning = self.parts.zero_zoning
        return -1 if zoning is None else int(find_counter_areas(zoning, lon, lat)[0])

    def _to_levels(self, services: Mapping[str, int] | None, kind: str | None) -> np.ndarray:
        named = services if services is not None else self.parts.kinds[str(kind)]
        return np.array([named.get(s, 0) for s in self.parts.services], dtype=np.uint8)

    # places

    def _find_places(self, edit: SetPopulationEdit | SetConnectivityEdit) -> np.ndarray:
        if edit.place is not None:
            return np.flatnonzero(self.parts.places["place"].to_numpy() == edit.place)
        if edit.zoning is not None:
            zoning = self.parts.zonings[edit.zoning]
            return np.flatnonzero(zoning.area_of_place == zoning.codes.index(str(edit.area)))
        return np.arange(len(self.parts.places))

    def _set_population(self, edit: SetPopulationEdit) -> None:
        rows = self._find_places(edit)
        names = list(self.parts.groups["group"])
        groups = (
            np.arange(len(names)) if edit.group is None else np.array([names.index(edit.group)])
        )
        here = self.persons[np.ix_(rows, groups)]
        if edit.factor is not None:
            after = here * edit.factor
        else:
            total = float(edit.persons or 0)
            is_empty = here.sum() == 0  # nobody to go by: shared evenly
            after = (
                np.full(here.shape, total / here.size) if is_empty else here * (total / here.sum())
            )
        persons = self.persons.copy()
        persons[np.ix_(rows, groups)] = after
        self.persons = persons
        place, group = (
            m.ravel().astype(np.uint32) for m in np.meshgrid(rows, groups, indexing="ij")
        )
        self.edits.set_persons(place, group, np.ascontiguousarray(after.ravel()))

    def _set_connectivity(self, edit: SetConnectivityEdit) -> None:
        rows = self._find_places(edit)
        inside = np.ones(len(rows))
        if edit.polygon is not None:
            inside = find_share_inside(self.parts.places, to_geometry(edit.polygon))
            rows = np.flatnonzero(inside > 0)
            inside = inside[rows]
            if not len(rows):
                raise InputError("set_connectivity: no place meets the outline")
        if self.connectivity is self.parts.connectivity:
            self.connectivity = self.connectivity.copy()
        frame = self.connectivity
        for column, share in edit.shares().items():
            values = frame[column].to_numpy(dtype=float, copy=True)
            # the share holds inside the outline; the rest keeps its own, which stays unknown if
            # it is, and is none where the files do not speak of this network at all
            here = values[rows]
            if column not in self.parts.networks_given:
                here = np.nan_to_num(here)
            before = np.where(inside < 1, here, 0.0)
            values[rows] = inside * share + (1 - inside) * before
            frame[column] = values
        adequate = self._find_adequate(frame.iloc[rows])
        self.edits.set_adequate(rows.astype(np.uint32), adequate)

    def _find_adequate(self, connectivity: pd.DataFrame) -> np.ndarray:
        parts = self.parts
        return find_adequate(connectivity, parts.adequate_column, parts.networks_given)

    # timetables

    def _edit_timetable(self, edit: CutLineEdit | AddTripsEdit) -> None:
        feed = next((use.transit.feed for use in self.networks if use.transit is not None), None)
        if feed is None:
            raise InputError(f"{edit.do}: the territory has no timetable ([networks.transit])")
        if problem := find_line_problem(feed, edit.line, edit.direction):
            raise InputError(f"{edit.do}: {problem}")
        edit = edit.model_copy(update={"line": name_feed(feed, edit.line)})
        self.networks = [
            use if use.transit is None else replace(use, transit=use.transit.apply(edit))
            for use in self.networks
        ]

    # roads

    def _edit_roads(self, edit: SetSpeedEdit | CloseRoadEdit) -> None:
        roads = next((use.roads for use in self.parts.networks if use.mode == edit.mode), None)
        if roads is None:
            raise InputError(f"{edit.do}: the territory has no network for {edit.mode}")
        polygon = None if edit.polygon is None else to_geometry(edit.polygon)
        segments = roads.find_segments(ways=edit.ways, polygon=polygon)
        if len(segments) == 0:
            where = "of these ways" if polygon is None else "in this outline"
            raise InputError(f"{edit.do}: there is no road for {edit.mode} {where}")
        speed = getattr(edit, "speed_kmh", None)
        factor = getattr(edit, "factor", None)
        change = _core.EditRoads(edit.mode, segments, speed, factor)
        self.edits.roads(change)
        if edit.mode == "walk":  # the way to a stop is one of them
            self.networks = [
                use if use.transit is None else replace(use, transit=use.transit.walk_along(change))
                for use in self.networks
            ]
