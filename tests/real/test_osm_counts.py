"""Every OSM file beside the checkout, against an independent reading with pyosmium.

The expected roads are worked out here from the OpenStreetMap wiki, way by way in plain Python,
and share nothing with the reader of the product: which ways a mode can use, how many pieces of
road they make, in how many directions, how long they are per class, how many nodes remain once
blocking nodes are taken apart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from math import asin, cos, isfinite, radians, sin, sqrt
from pathlib import Path

import numpy as np
import osmium
import pytest

import maillage as ml

FILES = (
    "andorra-valhalla",
    "liechtenstein-pyosmium",
    "monaco-valhalla",
    "nantes_centre_2014",
    "porto_portugal",
    "saint_barthelemy",
)
MAIN = ["primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link",
        "unclassified", "residential", "living_street", "service", "road", "track"]  # fmt: skip
CLASSES = {
    "car": ["motorway", "motorway_link", "trunk", "trunk_link", *MAIN],
    "walk": [*MAIN, "path", "footway", "pedestrian", "steps", "cycleway", "bridleway"],
    "bike": [*MAIN, "cycleway", "path"],
}
EARTH_RADIUS_M = 6371008.8

CLOSED = {"no", "agricultural", "forestry", "emergency", "psv", "bus", "taxi", "military",
          "use_sidepath", "dismount", "hgv", "goods", "restricted"}  # fmt: skip
OPEN = {"yes", "permissive", "designated", "official", "public", "private", "destination",
        "delivery", "customers", "permit", "residents"}  # fmt: skip
BY_LEAVE = {"private", "delivery", "permit", "residents"}  # on foot; other modes may end there
FOR_WALKERS = {"path", "footway", "pedestrian", "steps", "cycleway", "bridleway"}
KEYS = {
    "car": ["motorcar", "motor_vehicle", "vehicle", "access"],
    "walk": ["foot", "access"],
    "bike": ["bicycle", "vehicle", "access"],
}
PASSABLE_BY_CAR = {"gate", "lift_gate", "swing_gate", "sliding_gate", "bump_gate", "toll_booth",
                   "cattle_grid", "border_control", "sally_port", "entrance", "height_restrictor",
                   "no"}  # fmt: skip
STOPS_BIKES = {"wall", "fence", "hedge", "stile", "turnstile", "kissing_gate"}
STOPS_WALKERS = {"wall", "fence", "hedge"}


@dataclass
class Expected:
    ways: dict[int, str] = field(default_factory=dict)  # id -> highway
    n_segments: int = 0
    n_directions: int = 0
    length_m: Counter[str] = field(default_factory=Counter)
    nodes: set[int] = field(default_factory=set)
    blocked_ends: int = 0

    @property
    def n_nodes(self) -> int:
        """A node for each passable one, and one for each road that ends at a blocking one."""
        return len(self.nodes) + self.blocked_ends


def find_said(tags: dict[str, str], mode: str, suffix: str = "") -> str | None:
    """The first access value of the mode's keys that means anything."""
    for key in KEYS[mode]:
        words = tags.get(key + suffix, tags.get(key, "")).split(";")
        if any(word.strip() in OPEN for word in words):
            return "open"
        if any(word.strip() in CLOSED for word in words):
            return "closed"
    return None


def is_private_on_foot(tags: dict[str, str], direction: str) -> bool:
    """Closed to walkers: by `foot`, or by `access` where the road was not made for them."""
    for key in KEYS["walk"]:
        words = {w.strip() for w in tags.get(f"{key}:{direction}", tags.get(key, "")).split(";")}
        if words & (OPEN | CLOSED):
            if words & (OPEN - BY_LEAVE) or not words & BY_LEAVE:
                return False
            return key == "foot" or tags["highway"].split(";")[0] not in FOR_WALKERS
    return False


def find_metres(text: str | None) -> float:
    try:
        return float((text or "inf").removesuffix("m").strip().replace(",", "."))
    except ValueError:
        return float("inf")


def find_tonnes(text: str | None) -> float:
    return find_metres((text or "inf").removesuffix("t").strip())


def is_usable(tags: dict[str, str], mode: str) -> bool:
    if tags.get("highway", "").split(";")[0] not in CLASSES[mode]:
        return False
    if tags.get("impassable") == "yes" or (mode != "walk" and tags.get("area") == "yes"):
        return False
    if mode != "car":
        return tags.get("motorroad") != "yes"
    too_small = (
        find_metres(tags.get("maxheight")) < 2
        or find_metres(tags.get("maxwidth")) < 1.9
        or find_tonnes(tags.get("maxweight")) < 2
    )
    under_construction = tags.get("construction", "no") not in ("no", "minor", "widening")
    return not too_small and not under_construction and tags.get("service") != "emergency_access"


def find_directions(tags: dict[str, str], mode: str) -> set[str]:
    """`forward` and `backward`, as far as one-way rules and access leave them open."""
    both = {"forward", "backward"}
    if mode == "walk":
        moving = {"forward": {"forward"}, "backward": {"backward"}}
        is_belt = tags["highway"] in ("steps", "footway")
        by_rule = moving.get(tags.get("conveying", ""), both) if is_belt else both
    else:
        oneway = tags.get("oneway")
        own = ["oneway:bicycle"] if mode == "bike" else ["oneway:motorcar", "oneway:motor_vehicle"]
        for key in [*own, "oneway:vehicle"]:
            if key in tags:
                oneway = tags[key]
                break
        implied = (
            tags.get("junction") in ("roundabout", "circular") or tags["highway"] == "motorway"
        )
        if oneway in ("yes", "1", "true"):
            by_rule = {"forward"}
        elif oneway in ("-1", "reverse"):
            by_rule = {"backward"}
        elif oneway == "reversible":
            by_rule = set[str]()
        else:
            by_rule = {"forward"} if implied and oneway != "no" else both
        contraflow = any(
            tags.get(key, "").startswith("opposite")
            for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
        ) or any(tags.get(f"cycleway:{s}:oneway") in ("-1", "no") for s in ("left", "right"))
        if mode == "bike" and by_rule and "oneway:bicycle" not in tags and contraflow:
            by_rule = both
    is_open = {d for d in by_rule if find_said(tags, mode, f":{d}") != "closed"}
    return {d for d in is_open if mode != "walk" or not is_private_on_foot(tags, d)}


def is_blocking(tags: dict[str, str], mode: str) -> bool:
    barrier = tags.get("barrier")
    if barrier is None and mode != "car":
        return False
    said = find_said(tags, mode)
    if said is not None:
        return said == "closed"
    if barrier is None:
        return False
    if mode == "car":
        rising = barrier == "bollard" and tags.get("bollard") == "rising"
        low = barrier == "height_restrictor" and find_metres(tags.get("maxheight")) < 2
        return low or not (barrier in PASSABLE_BY_CAR or rising)
    return barrier in (STOPS_BIKES if mode == "bike" else STOPS_WALKERS)


def find_length(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great circle on the mean sphere between two (lat, lon)."""
    lat_a, lon_a, lat_b, lon_b = map(radians, (*a, *b))
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(h))


def read_expected(path: Path) -> dict[str, Expected]:
    expected = {mode: Expected() for mode in CLASSES}
    points: dict[int, tuple[float, float]] = {}
    blocking: dict[str, set[int]] = {mode: set() for mode in CLASSES}
    for node in osmium.FileProcessor(path, osmium.osm.NODE):
        points[node.id] = (node.location.lat, node.location.lon)
        if len(node.tags):
            tags = {t.k: t.v for t in node.tags}
            for mode in CLASSES:
                if is_blocking(tags, mode):
                    blocking[mode].add(node.id)
    for way in osmium.FileProcessor(path, osmium.osm.WAY):
        if "highway" not in way.tags:
            continue
        tags = {t.k: t.v for t in way.tags}
        refs = [n.ref for n in way.nodes]
        pieces = [(a, b) for a, b in pairwise(refs) if a != b and a in points and b in points]
        for mode, e in expected.items():
            if not pieces or not is_usable(tags, mode):
                continue
            directions = find_directions(tags, mode)
            if not directions:
                continue
            highway = tags["highway"].split(";")[0]
            e.ways[way.id] = highway
            e.n_segments += len(pieces)
            # no speed can be seen on a piece of length 0, between two nodes on one spot
            e.n_directions += len(directions) * sum(points[a] != points[b] for a, b in pieces)
            for a, b in pieces:
                e.length_m[highway] += find_length(points[a], points[b])
                for node in (a, b):
                    if node in blocking[mode]:
                        e.blocked_ends += 1
                    else:
                        e.nodes.add(node)
    return expected


@pytest.fixture(scope="module", params=FILES)
def reading(request: pytest.FixtureRequest, shared_data: Path) -> tuple[Path, dict[str, Expected]]:
    path = shared_data / "osm" / f"{request.param}.osm.pbf"
    return path, read_expected(path)


@pytest.mark.parametrize("mode", CLASSES)
def test_counts(reading: tuple[Path, dict[str, Expected]], mode: str) -> None:
    path, expected_by_mode = reading
    expected = expected_by_mode[mode]
    roads = ml.read_roads(path, mode=mode, speeds=dict.fromkeys(CLASSES[mode], 36))
    segments = roads.segments()

    assert set(roads._core.way_ids.tolist()) == set(expected.ways)
    assert len(segments) == expected.n_segments
    directions = segments[["speed_kmh", "back_speed_kmh"]].notna().to_numpy().sum()
    assert directions == expected.n_directions
    assert roads.summary()["n_nodes"] == expected.n_nodes

    for highway, length_m in expected.length_m.items():
        ways = [way for way, of in expected.ways.items() if of == highway]
        rows = roads.find_segments(ways=ways)
        ours = segments["length_m"].to_numpy()[rows].sum()
        assert ours == pytest.approx(length_m, rel=1e-5), highway
    total = sum(expected.length_m.values())
    assert isfinite(total)
    assert segments["length_m"].sum() == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("mode", CLASSES)
@pytest.mark.parametrize("speeds", ["france", "osrm"])
def test_every_file_loads_with_the_shipped_speeds(
    shared_data: Path, file: str, mode: str, speeds: str
) -> None:
    roads = ml.read_roads(shared_data / "osm" / f"{file}.osm.pbf", mode=mode, speeds=speeds)
    summary = roads.summary()
    assert summary["main_share"] > 0.85
    kmh = roads.segments()[["speed_kmh", "back_speed_kmh"]].to_numpy()
    kmh = kmh[np.isfinite(kmh)]
    assert kmh.min() > 0
    assert kmh.max() <= {"car": 130, "walk": 15, "bike": 15}[mode] + 1e-3
    print(file, mode, speeds, {k: summary[k] for k in ("n_segments", "length_km", "main_share")})
