"""The networks of a territory: one a mode, and on foot one a walking class.

Files that several modes share are read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from maillage import _core
from maillage.config_models import AreaFactors, ModeConfig
from maillage.findings import Findings
from maillage.geo.inputs import TerritoryInputs
from maillage.geo.layers import read_polygons
from maillage.geo.speeds import read_speeds
from maillage.roads import (
    ACCESS_SPEED_KMH,
    MAX_SNAP_M,
    RoadNetwork,
    build_roads,
    to_findings,
)

if TYPE_CHECKING:
    from maillage.transit_network import TransitUse

EVERY_WALK_CLASS = -1


class WalkClass(NamedTuple):
    """How groups walk that walk alike."""

    speed_kmh: float
    max_walk_min: float | None  # to and from stops; None: that of the timetables


def find_walk_classes(groups: pd.DataFrame) -> tuple[list[WalkClass], np.ndarray]:
    """The distinct classes by speed and limit, and the class of every group (uint32)."""
    ways = groups[["walk_speed_kmh", "max_walk_min"]].fillna(-1.0).to_numpy(dtype=float)
    distinct, class_of = np.unique(ways, axis=0, return_inverse=True)
    classes = [WalkClass(v, None if most < 0 else most) for v, most in distinct.tolist()]
    return classes, class_of.reshape(-1).astype(np.uint32)


@dataclass(frozen=True)
class NetworkUse:
    """A network and how a territory uses it."""

    roads: RoadNetwork
    walk_class: int  # whose legs; EVERY_WALK_CLASS for car and bike
    serves_no_car: bool
    max_snap_m: float
    access_speed_kmh: float
    parking_s: float
    source: str
    detour_factor: float = 0.0  # > 0: straight lines, as nobody gave roads
    speed_kmh: float = 0.0  # along the detour
    findings: Findings = field(default_factory=Findings)
    transit: TransitUse | None = None  # timetables, for the mode `transit`
    max_walk_min: float | None = None  # of whoever walks here, to and from stops

    @property
    def mode(self) -> str:
        return self.roads.mode

    @property
    def is_crow(self) -> bool:
        """Whether times are those of straight lines."""
        return self.detour_factor > 0

    def to_words(self) -> str:
        """What travel times of the mode are."""
        if self.transit is not None:
            return f"{self.mode}: {self.source}"
        if not self.is_crow:
            return f"{self.mode}: roads of {Path(self.source).name}"
        return (
            f"{self.mode}: no roads, straight line x {self.detour_factor:g} "
            f"at {self.speed_kmh:g} km/h"
        )

    def to_core(self, threads: int, report: Any) -> _core.NetworkUse:
        has_roads = not self.is_crow and self.transit is None
        hierarchy = self.roads._find_hierarchy(threads, report) if has_roads else None
        return _core.NetworkUse(
            self.roads._core,
            hierarchy,
            self.walk_class,
            self.serves_no_car,
            self.max_snap_m,
            self.access_speed_kmh,
            self.parking_s,
            self.speed_kmh / self.detour_factor if self.is_crow else 0.0,
            None if self.transit is None else self.transit.to_core(threads, report),
        )


def replace_edited(uses: Sequence[NetworkUse], core: _core.Territory) -> Sequence[NetworkUse]:
    """The networks of a territory after edits; those that no edit touched are shared."""
    now = [link["network"] for link in core.links]
    if all(use.roads._core is network for use, network in zip(uses, now, strict=True)):
        return uses
    return [
        use if use.roads._core is network else replace(use, roads=use.roads.with_core(network))
        for use, network in zip(uses, now, strict=True)
    ]


@dataclass(frozen=True)
class _Wanted:
    """A network to read: its mode, its configuration, its speed where people set it."""

    mode: str
    config: ModeConfig
    walk_class: int
    speed_kmh: float | None
    max_walk_min: float | None = None

    def is_like(self, other: _Wanted) -> bool:
        """Whether both are one and the same network."""
        mine, theirs = (self.mode, self.speed_kmh), (other.mode, other.speed_kmh)
        return mine == theirs and self.config is other.config


def build_networks(inputs: TerritoryInputs, threads: int, report: Any) -> list[NetworkUse]:
    """Reads every network that the territory names, for every walking speed of its groups."""
    wanted = _find_wanted(inputs)
    roads: dict[int, tuple[RoadNetwork, str]] = {}
    by_file: dict[Path, list[int]] = {}
    first = [next(j for j, other in enumerate(wanted) if w.is_like(other)) for w in wanted]
    for i, w in enumerate(wanted):
        if first[i] < i:
            continue
        if w.config.osm is not None:
            by_file.setdefault(Path(w.config.osm), []).append(i)
        else:
            roads[i] = _read_tables(w, threads)
    for path, rows in by_file.items():
        modes = [(wanted[i].mode, dict(_find_rules(wanted[i]))) for i in rows]
        cores, found = _core.read_osm(str(path), modes, threads, report)
        for n, (i, core) in enumerate(zip(rows, cores, strict=True)):
            # the file is read once, so its findings count once
            findings = to_findings(found) if n == 0 else Findings()
            roads[i] = (RoadNetwork(core, None, findings), str(path))
    no_car = inputs.config.parameters.no_car_modes
    uses = []
    factored = {i: _with_factors(roads[i][0], wanted[i].config) for i in roads}
    for i, w in enumerate(wanted):
        network, source = roads[first[i]]
        uses.append(
            NetworkUse(
                roads=factored[first[i]],
                walk_class=w.walk_class,
                serves_no_car=w.mode in no_car,
                max_snap_m=MAX_SNAP_M if w.config.max_snap_m is None else w.config.max_snap_m,
                access_speed_kmh=w.config.access_speed_kmh or ACCESS_SPEED_KMH,
                parking_s=60 * w.config.parking_min,
                source=source,
                findings=network._findings if w.walk_class <= 0 else Findings(),
                max_walk_min=w.max_walk_min,
            )
        )
    uses += _build_crow(inputs)
    config = inputs.config.networks.transit
    if config is not None:
        from maillage.transit_network import build_transit  # knows networks itself

        uses += build_transit(config, [use for use in uses if use.mode == "walk"])
    return uses


def _build_crow(inputs: TerritoryInputs) -> list[NetworkUse]:
    """Straight lines for cars and walking, where the territory has them and no roads for these."""
    networks = inputs.config.networks
    crow = networks.crow
    if crow is None:
        return []
    wanted: list[tuple[str, int, WalkClass, float]] = []
    if networks.car is None:
        drivers = WalkClass(crow.speed_kmh, None)
        wanted.append(("car", EVERY_WALK_CLASS, drivers, 60 * crow.parking_min))
    if networks.walk is None:
        classes, _ = find_walk_classes(inputs.groups)
        wanted += [("walk", c, walkers, 0.0) for c, walkers in enumerate(classes)]
    return [
        NetworkUse(
            roads=RoadNetwork(_core.build_no_roads(mode), None, Findings()),
            walk_class=walk_class,
            serves_no_car=mode == "walk",
            max_snap_m=MAX_SNAP_M,
            access_speed_kmh=ACCESS_SPEED_KMH,
            parking_s=parking_s,
            source=f"straight line x {crow.detour_factor:g} at {people.speed_kmh:g} km/h",
            detour_factor=crow.detour_factor,
            speed_kmh=people.speed_kmh,
            max_walk_min=people.max_walk_min,
        )
        for mode, walk_class, people, parking_s in wanted
    ]


def _find_wanted(inputs: TerritoryInputs) -> list[_Wanted]:
    classes, _ = find_walk_classes(inputs.groups)
    wanted = []
    for mode in ("car", "walk", "bike"):
        config = inputs.config.networks.find_mode(mode)
        if config is None:
            continue
        if mode == "walk":
            wanted += [_Wanted(mode, config, c, *walkers) for c, walkers in enumerate(classes)]
        else:
            wanted.append(_Wanted(mode, config, EVERY_WALK_CLASS, config.speed_kmh))
    return wanted


def _find_rules(wanted: _Wanted) -> Mapping[str, Any]:
    config = wanted.config
    return read_speeds(
        config.speeds or "france",
        wanted.mode,
        config.use_maxspeed,
        config.delays or None,
        speed_kmh=wanted.speed_kmh if wanted.mode != "car" else None,
    )


def _read_tables(wanted: _Wanted, threads: int) -> tuple[RoadNetwork, str]:
    """The network of node and edge tables, and the file of its edges."""
    config = wanted.config
    assert config.nodes is not None and config.edges is not None  # the schema asks for both
    roads = build_roads(
        config.nodes,
        config.edges,
        wanted.mode,
        speed_kmh=wanted.speed_kmh,
        both_ways=config.both_ways or wanted.mode == "walk",
        columns=config.columns,
        whole_kmh=config.whole_kmh,
        threads=threads,
        progress=False,
    )
    return roads, str(config.edges.file)


def _with_factors(network: RoadNetwork, config: ModeConfig) -> RoadNetwork:
    """The network with its times multiplied, everywhere and by area."""
    if config.time_factor != 1:
        everything = np.arange(network.summary()["n_segments"], dtype=np.uint32)
        network = _with_times(network, everything, config.time_factor)
    if config.area_factors is not None:
        for polygon, factor in _read_area_factors(config.area_factors):
            network = _with_times(network, network.find_segments(polygon=polygon), factor)
    return network


def _with_times(network: RoadNetwork, segments: np.ndarray, factor: float) -> RoadNetwork:
    edit = _core.EditRoads(network.mode, segments, None, 1 / factor)
    return network.with_core(network._core.edited(edit))


def _read_area_factors(areas: AreaFactors) -> Sequence[tuple[Any, float]]:
    layer: gpd.GeoDataFrame = read_polygons(areas, [areas.column])
    kinds = layer[areas.column].astype(str)
    return [
        (geometry, float(areas.factors[kind]))
        for kind, geometry in zip(kinds, layer.geometry, strict=True)
        if kind in areas.factors
    ]
