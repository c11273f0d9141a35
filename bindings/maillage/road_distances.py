"""Road kilometres: the same roads with their lengths in place of times.

Every segment is driven at 60 km/h, so that a minute is a kilometre; the straight way to the road
counts at the same rate, parking counts nothing. Where there are no roads (`[networks.crow]`) it is
the straight line times the detour factor. The nearest counter by distance is that of the shortest
road, which need not be the fastest. Public transport has no
kilometres: people without a car count on foot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from maillage import _core
from maillage.networks import NetworkUse
from maillage.roads import RoadNetwork
from maillage.territory_parts import TerritoryParts

KM_A_MINUTE_KMH = 60.0

_twins: WeakKeyDictionary[RoadNetwork, RoadNetwork] = WeakKeyDictionary()


def find_twin(roads: RoadNetwork) -> RoadNetwork:
    """The network whose minutes are kilometres; kept for the next question."""
    twin = _twins.get(roads)
    if twin is None:
        every = np.arange(len(roads._core.segment_is_main()), dtype=np.uint32)
        edit = _core.EditRoads(roads.mode, every, KM_A_MINUTE_KMH, None)
        twin = roads.with_core(roads._core.edited(edit))
        _twins[roads] = twin
    return twin


def to_distance_uses(uses: Any) -> list[NetworkUse]:
    """How a territory uses its networks, in kilometres."""
    return [_to_distance_use(use) for use in uses if use.transit is None]


def _to_distance_use(use: NetworkUse) -> NetworkUse:
    if use.is_crow:
        return replace(use, speed_kmh=KM_A_MINUTE_KMH, parking_s=0.0)
    twin = find_twin(use.roads)
    return replace(use, roads=twin, access_speed_kmh=KM_A_MINUTE_KMH, parking_s=0.0)


def to_distance_parts(parts: TerritoryParts) -> TerritoryParts:
    """The parts of a territory as its engine's copy in kilometres has them."""
    return replace(parts, networks=to_distance_uses(parts.networks))


def build_distance_core(parts: TerritoryParts, threads: int, report: Any) -> _core.Territory:
    """The engine's copy of a territory in which minutes are kilometres of road."""
    from maillage.territory_build import build_core

    return build_core(parts, to_distance_uses(parts.networks), threads, report)
