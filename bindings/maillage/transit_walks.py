"""Ways on foot of public transport: to stops, between stops, from stops, and all the way.

Along a walking network, or along straight lines where none is given (a stated approximation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from maillage import _core
from maillage.errors import InputError
from maillage.points import Points, to_points
from maillage.roads import MAX_SNAP_M, WALK_SPEED_KMH, RoadNetwork

SECONDS_AN_HOUR = 3600.0
FORBIDDEN, WITH_TIME = 3, 2  # of transfers.txt
_off_ferries: WeakKeyDictionary[RoadNetwork, RoadNetwork | None] = WeakKeyDictionary()
_ROUNDING_S = 1e-6  # 60 x 8.2 min are 492 s, though in floating point a hair less


@dataclass(frozen=True)
class Spots:
    """Points that people walk between: coordinates, and how they attach to the network."""

    points: Points
    links: _core.Links | None  # None: straight lines

    def __len__(self) -> int:
        return len(self.points)


class Footways:
    """Where and how fast people walk."""

    def __init__(self, roads: RoadNetwork | None) -> None:
        if roads is not None and not isinstance(roads, RoadNetwork):
            raise InputError(
                f"walk is {type(roads).__name__}, expected a network of read_roads(..., 'walk')"
            )
        if roads is not None and roads.mode != "walk":
            raise InputError(f"walk is a network of mode {roads.mode}, expected mode walk")
        self.roads = None if roads is None else _keep_off_ferries(roads)
        self.speed_kmh = WALK_SPEED_KMH if roads is None else _find_speed(roads)

    def round_up(self, speed_kmh: float) -> Footways:
        """The same walked at a speed, in whole seconds a street; straight lines have no streets."""
        rounded = Footways(None)
        if self.roads is not None:
            core = self.roads._core.rounded_up(self.speed_kmh / speed_kmh)
            rounded.roads = self.roads.with_core(core)
        rounded.speed_kmh = speed_kmh
        return rounded

    def attach(self, frame: pd.DataFrame, what: str, how: dict[str, Any]) -> Spots:
        """Points as users give them (`id`, `lon`, `lat`, or `node` of the network)."""
        if self.roads is None:
            return Spots(to_points(frame, what, None), None)
        points = self.roads._to_points(frame, what)
        return Spots(points, self.roads._attach(points, MAX_SNAP_M, self.speed_kmh, how))

    def find(
        self, here: Spots, there: Spots, speed_kmh: float, longest_s: float, how: dict[str, Any]
    ) -> _core.Walks:
        """Ways from points to others at a speed, of at most so many seconds (rounded up)."""
        longest = int(min(longest_s + _ROUNDING_S, _core.NEVER - 1))
        if self.roads is None:
            a, b = here.points, there.points
            speed = speed_kmh * 1000 / SECONDS_AN_HOUR
            return _core.find_straight_walks(a.lat, a.lon, b.lat, b.lon, speed, longest, **how)
        assert here.links is not None and there.links is not None
        factor = self.speed_kmh / speed_kmh
        hierarchy = self.roads._find_hierarchy(**how)
        args = (self.roads._core, here.links, there.links, factor, longest, hierarchy)
        return _core.find_walks(*args, **how)


def _keep_off_ferries(roads: RoadNetwork) -> RoadNetwork:
    """The same roads, on which nobody takes a ferry: it is ridden by its timetable. Kept as
    long as they are, so that its hierarchy is made once."""
    if roads not in _off_ferries:
        core = roads._core.kept_off_ferries()
        _off_ferries[roads] = None if core is None else roads.with_core(core)
    return _off_ferries[roads] or roads


def _find_speed(roads: RoadNetwork) -> float:
    """The speed at which the network's times are walked: that of its median segment."""
    speeds = roads._core.segment_speeds()[:, 0]
    speeds = speeds[speeds > 0]
    return float(np.median(speeds)) if len(speeds) else WALK_SPEED_KMH


def to_metres(walk_m: float, speed_kmh: float) -> float:
    """Seconds that a number of metres takes."""
    return walk_m / 1000 / speed_kmh * SECONDS_AN_HOUR


def apply_transfers(walks: _core.Walks, transfers: pd.DataFrame, n_stops: int) -> _core.Walks:
    """Ways between stops as the feed says: forbidden ones go, stated times are the least.

    A pair that the feed names with a time and that is too far to walk is there as well, with
    that time. A way from a stop to itself is the least time between two rides there: it is
    there where the feed states one, and `_core.NEVER` where it forbids the change.
    """
    offsets, ends, seconds = walks.to_arrays()
    starts = np.repeat(np.arange(n_stops, dtype=np.int64), np.diff(offsets))
    others = starts != ends
    pairs, seconds = (starts * n_stops + ends)[others], seconds[others]
    keys = (
        transfers["from_stop"].to_numpy(dtype=np.int64) * n_stops + transfers["to_stop"].to_numpy()
    )
    kind = transfers["type"].to_numpy()
    least = transfers["min_transfer_s"].fillna(-1).to_numpy(dtype=np.int64)
    seconds = seconds.astype(np.int64)
    is_timed = (kind == WITH_TIME) & (least >= 0)
    found = pd.Series(least[is_timed], index=keys[is_timed])
    at = found.reindex(pairs).fillna(-1).to_numpy(dtype=np.int64)
    seconds = np.maximum(seconds, at)
    new = ~np.isin(found.index.to_numpy(), pairs)
    pairs = np.concatenate([pairs, found.index.to_numpy()[new]])
    seconds = np.concatenate([seconds, found.to_numpy()[new]])
    forbidden = keys[kind == FORBIDDEN]
    kept = ~np.isin(pairs, forbidden)
    within = forbidden[forbidden // n_stops == forbidden % n_stops]
    pairs = np.concatenate([pairs[kept], within])
    seconds = np.concatenate([seconds[kept], np.full(len(within), _core.NEVER)])
    order = np.argsort(pairs, kind="stable")
    pairs, seconds = pairs[order], seconds[order]
    counts = np.bincount(pairs // n_stops, minlength=n_stops)
    return _core.Walks(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        (pairs % n_stops).astype(np.uint32),
        seconds.astype(np.int32),
    )
