"""Reads the roads of a generated country without maillage: by pyosmium and a few plain rules.

Only what the tests of the generator ask for: nodes, ways, car links with their direction,
and where one may not pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

CAR_KMH = {
    "motorway": 110, "motorway_link": 50, "trunk": 80, "primary": 70, "secondary": 60,
    "tertiary": 50, "unclassified": 45, "residential": 28, "living_street": 10, "service": 10,
    "ferry": 18,
}  # fmt: skip
NO_WAY_THROUGH = ("private", "no", "destination")


@dataclass
class Way:
    tags: dict[str, str]
    refs: list[int]

    @property
    def kind(self) -> str:
        return self.tags.get("highway") or self.tags.get("route", "")


@dataclass
class OsmRoads(osmium.SimpleHandler):
    nodes: dict[int, tuple[float, float]] = field(default_factory=dict)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)
    ways: dict[int, Way] = field(default_factory=dict)
    relations: list[tuple[dict[str, str], list[tuple[str, int, str]]]] = field(default_factory=list)
    order: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def node(self, n: osmium.osm.Node) -> None:
        self.order.append(("n", n.id))
        self.nodes[n.id] = (n.location.lon, n.location.lat)
        if len(n.tags):
            self.node_tags[n.id] = dict(n.tags)

    def way(self, w: osmium.osm.Way) -> None:
        self.order.append(("w", w.id))
        self.ways[w.id] = Way(dict(w.tags), [n.ref for n in w.nodes])

    def relation(self, r: osmium.osm.Relation) -> None:
        self.order.append(("r", r.id))
        self.relations.append((dict(r.tags), [(m.type, m.ref, m.role) for m in r.members]))

    def car_ways(self) -> list[Way]:
        """Ways that cars may drive along to somewhere else."""
        return [
            w
            for w in self.ways.values()
            if w.kind in CAR_KMH
            and w.tags.get("access") not in NO_WAY_THROUGH
            and w.tags.get("motor_vehicle", "yes") == "yes"
        ]


@dataclass
class CarLinks:
    """Directed links between the nodes `ids`: from, to, metres, seconds."""

    ids: np.ndarray
    start: np.ndarray
    end: np.ndarray
    metres: np.ndarray
    seconds: np.ndarray

    def matrix(self, weight: np.ndarray) -> csr_array:
        n = len(self.ids)
        return csr_array((weight, (self.start, self.end)), shape=(n, n))

    def components(self) -> np.ndarray:
        return connected_components(self.matrix(self.metres), connection="strong")[1]

    def minutes_from(self, node: int) -> dict[int, float]:
        source = int(np.searchsorted(self.ids, node))
        seconds = dijkstra(self.matrix(self.seconds), indices=source)
        return dict(zip(self.ids.tolist(), (seconds / 60.0).tolist(), strict=True))


def read_osm(path: Path) -> OsmRoads:
    roads = OsmRoads()
    roads.apply_file(str(path))
    return roads


def build_car_links(roads: OsmRoads, ferries: bool = True) -> CarLinks:
    blocked = {n for n, tags in roads.node_tags.items() if tags.get("barrier") == "bollard"}
    rows: list[tuple[int, int, float, float]] = []
    for way in roads.car_ways():
        if way.kind == "ferry" and not ferries:
            continue
        limit = way.tags.get("maxspeed", "")
        kmh = min(CAR_KMH[way.kind], int(limit)) if limit.isdigit() else CAR_KMH[way.kind]
        direction = way.tags.get("oneway", "")
        one_way = (
            direction in ("yes", "true", "-1")
            or way.tags.get("junction") == "roundabout"
            or way.kind == "motorway"
        )
        refs = way.refs[::-1] if direction == "-1" else way.refs
        for a, b in pairwise(refs):
            if a in blocked or b in blocked:
                continue
            metres = to_metres(roads.nodes[a], roads.nodes[b])
            rows.append((a, b, metres, metres * 3.6 / kmh))
            if not one_way:
                rows.append((b, a, metres, metres * 3.6 / kmh))
    a, b, metres, seconds = (np.array(column) for column in zip(*rows, strict=True))
    ids, index = np.unique(np.concatenate([a, b]), return_inverse=True)
    return CarLinks(ids, index[: len(a)], index[len(a) :], np.maximum(metres, 1e-3),
                    np.maximum(seconds, 1e-3))  # fmt: skip


def to_metres(p: tuple[float, float], q: tuple[float, float]) -> float:
    """Distance of two near points in degrees; good to a few parts in a thousand."""
    east = (p[0] - q[0]) * np.cos(np.radians(0.5 * (p[1] + q[1]))) * 111_320.0
    return float(np.hypot(east, (p[1] - q[1]) * 111_200.0))
