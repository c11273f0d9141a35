"""Timetables as a mode of a territory: one network a walking speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from maillage import _core
from maillage.config_transit import TransitConfig
from maillage.findings import Findings
from maillage.geo.gtfs import TransitFeed, read_gtfs
from maillage.geo.gtfs_times import to_date
from maillage.networks import NetworkUse
from maillage.roads import RoadNetwork
from maillage.transit import Transit
from maillage.transit_edits import LineEdit, apply_edit, find_stops_of_line
from maillage.transit_findings import find_stops_off_network
from maillage.transit_walks import Footways
from maillage.transit_window import to_asked

SECONDS_A_MINUTE = 60


def build_transit(config: TransitConfig, walking: Sequence[NetworkUse]) -> list[NetworkUse]:
    """The timetables beside each network of people on foot."""
    feed = read_gtfs(config.gtfs, config.date, progress=False)
    for walk in walking[:1]:  # the ways are the same at every speed
        day = Transit(feed, to_date(config.date), _to_footways(walk))
        find_stops_off_network([day], feed.findings, {"threads": 0, "progress": None})
    return [
        _build_use(config, feed, walk, feed.findings if walk.walk_class <= 0 else Findings())
        for walk in walking
    ]


def _build_use(
    config: TransitConfig, feed: TransitFeed, walk: NetworkUse, findings: Findings
) -> NetworkUse:
    names = ", ".join(path.name for path in config.gtfs)
    date = to_date(config.date)
    words = (
        f"{names} on {date}, leaving {config.departure} to {config.window_min:g} minutes later, "
        f"{config.percentile:g} % of departures take no longer"
    )
    return replace(
        walk,
        roads=RoadNetwork(_core.build_no_roads("transit"), None, Findings()),
        serves_no_car=True,
        parking_s=0.0,
        source=words,
        detour_factor=0.0,
        findings=findings,
        transit=TransitUse(config, feed, walk),
    )


def _to_footways(walk: NetworkUse) -> Footways:
    return Footways(None if walk.is_crow else walk.roads)


class KnownTimes(NamedTuple):
    """A timetable whose times are known, and the stops (rows) where other trips call now."""

    mode: _core.TransitMode
    touched: np.ndarray


class TransitUse:
    """Timetables on the ways of people who walk at one speed. Immutable."""

    def __init__(
        self,
        config: TransitConfig,
        feed: TransitFeed,
        walk: NetworkUse,
        edits: tuple[LineEdit, ...] = (),
        known: KnownTimes | None = None,
    ) -> None:
        self.config = config
        self.feed = feed  # after the edits
        self.walk = walk
        self.edits = edits
        self._known = known
        self._core: _core.TransitMode | None = None

    def apply(self, edit: LineEdit) -> TransitUse:
        """The same with other trips."""
        known, stops = self._known, find_stops_of_line(self.feed, edit.line, edit.direction)
        if self._core is not None:
            known = KnownTimes(self._core, stops)
        elif known is not None:
            known = KnownTimes(known.mode, np.union1d(known.touched, stops))
        feed = apply_edit(self.feed, edit)
        return TransitUse(self.config, feed, self.walk, (*self.edits, edit), known)

    def walk_along(self, edit: _core.EditRoads) -> TransitUse:
        """The same along other footways: no time that was known holds any more."""
        roads = self.walk.roads.with_core(self.walk.roads._core.edited(edit))
        return TransitUse(self.config, self.feed, replace(self.walk, roads=roads), self.edits)

    def find_max_walk(self) -> float:
        """Minutes that these people walk at most."""
        own = self.walk.max_walk_min
        return self.config.max_walk_min if own is None else own

    def find_speed(self) -> float:
        """km/h along the footways, or along straight lines."""
        if self.walk.is_crow:
            return self.walk.speed_kmh / self.walk.detour_factor
        return Footways(self.walk.roads).speed_kmh

    def to_core(self, threads: int, report: Any) -> _core.TransitMode:
        """What the engine needs; made once."""
        if self._core is None:
            self._core = self._build(threads, report)
            if self._known is not None:
                self._core.take_over(self._known.mode, self._known.touched)
                self._known = None
        return self._core

    def _build(self, threads: int, report: Any) -> _core.TransitMode:
        config, walk, date = self.config, self.walk, to_date(self.config.date)
        how = {"threads": threads, "progress": report}
        footways = _to_footways(walk)
        speed = self.find_speed()
        transit = Transit(self.feed, date, footways, max_transfer_m=config.max_transfer_m)
        asked = to_asked(
            date,
            config.departure,
            window_min=config.window_min,
            percentiles=[config.percentile],
            max_time=config.max_time,
            max_walk_min=self.find_max_walk(),
            max_rides=config.max_rides,
            min_board_wait_s=config.min_board_wait_s,
        )
        return _core.TransitMode(
            transit._find_network(speed, how),
            None if footways.roads is None else footways.roads._core,
            None if footways.roads is None else footways.roads._find_hierarchy(**how),
            speed / 3.6 if walk.is_crow else 0.0,
            self.feed.stops["lat"].to_numpy(dtype=float),
            self.feed.stops["lon"].to_numpy(dtype=float),
            asked.window,
            asked.longest,
            asked.max_rides,
            asked.wait,
            config.percentile,
            int(asked.walk_longest),
            **how,
        )
