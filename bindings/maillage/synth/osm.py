"""The roads as OpenStreetMap data: numbered nodes, ways and turn restrictions with their tags."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.classes import (
    FERRY,
    MOTORWAY_LINK,
    RESIDENTIAL,
    SECONDARY,
    SERVICE,
    TERTIARY,
    TRACK,
    TRUNK,
    UNCLASSIFIED,
)
from maillage.synth.draws import Draws
from maillage.synth.roadset import PRIVATE, RoadSet
from maillage.synth.shapes import RoadNodes, build_nodes
from maillage.synth.tags import (
    FERRY_DURATION_MIN_PER_KM,
    TagSet,
    build_signature,
    build_way_tags,
    choose_speed_tags,
)
from maillage.synth.terrain import Frame
from maillage.synth.ways import Ways, build_ways

# Beyond 32 bits, as the ids of today's nodes are.
FIRST_NODE_ID = 9_000_000_001
NODE_ID_STEP = 3
FIRST_WAY_ID = 700_000_001
FIRST_RELATION_ID = 5_000_001


_NO_IDS: Ints = np.zeros(0, dtype=np.int64)


@dataclass
class OsmData:
    """Columns of an OSM file; ids ascend, `tag_set` indexes `tag_sets`, -1 = no tags.

    `way_offsets` has one entry more than there are ways; `restrictions` holds the columns id,
    from way, via node, to way, tag_set.
    """

    tag_sets: list[TagSet] = field(default_factory=list)
    node_id: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    lon: Floats = field(default_factory=lambda: np.zeros(0))
    lat: Floats = field(default_factory=lambda: np.zeros(0))
    node_tag_set: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    way_id: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    way_offsets: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    refs: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    way_tag_set: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    restrictions: tuple[Ints, Ints, Ints, Ints, Ints] = field(
        default_factory=lambda: (_NO_IDS, _NO_IDS, _NO_IDS, _NO_IDS, _NO_IDS)
    )


@dataclass(frozen=True)
class MappedRoads:
    """Roads with their bends, ways and OSM columns; `way_of_piece` gives ids of ways."""

    roads: RoadSet
    nodes: RoadNodes
    data: OsmData
    way_of_piece: Ints


def map_roads(roads: RoadSet, n_nodes: int, draws: Draws) -> MappedRoads:
    """Draws the roads as OSM data of about `n_nodes` nodes."""
    nodes = build_nodes(roads, n_nodes, draws.fork("nodes"))
    signature = build_signature(roads, choose_speed_tags(roads, draws))
    corners = _restricted_points(roads, draws)
    closed = np.zeros(roads.n_points, dtype=bool)
    closed[corners] = True
    ways = build_ways(roads, nodes, signature, closed, draws.fork("ways"))
    of_way = roads.take(ways.piece)
    ferry_min = np.where(
        of_way.road_class == FERRY,
        np.ceil(of_way.lengths() / 1000.0 * FERRY_DURATION_MIN_PER_KM + 4.0),
        0.0,
    ).astype(np.int64)
    tag_sets, way_tag_set, against = build_way_tags(
        of_way, signature[ways.piece], ferry_min, draws.fork("tags")
    )
    refs = _turn_round(ways, against)
    data = OsmData(tag_sets=tag_sets)
    frame = Frame()
    data.lon, data.lat = frame.to_lonlat(nodes.xy)
    data.node_id = FIRST_NODE_ID + NODE_ID_STEP * np.arange(len(nodes.xy))
    data.node_tag_set = _tag_nodes(roads, nodes, data.tag_sets, draws.fork("points"))
    data.way_id = FIRST_WAY_ID + np.arange(len(ways))
    data.way_offsets = ways.offsets
    data.refs = data.node_id[refs]
    data.way_tag_set = way_tag_set.astype(np.int32)
    _add_restrictions(data, roads, nodes, ways, corners)
    return MappedRoads(roads, nodes, data, data.way_id[ways.of_piece])


def _turn_round(ways: Ways, against: Bools) -> Ints:
    """The nodes of the ways, those of some ways from their end to their beginning."""
    size = np.diff(ways.offsets)
    way = np.repeat(np.arange(len(ways)), size)
    at = np.arange(len(ways.refs))
    turned = ways.offsets[way] + ways.offsets[way + 1] - 1 - at
    return ways.refs[np.where(against[way], turned, at)]


# -- nodes with tags ----------------------------------------------------------------------------


def _tag_nodes(roads: RoadSet, nodes: RoadNodes, tag_sets: list[TagSet], draws: Draws) -> Ints:
    """Signals, crossings, bollards, gates, turning circles; adds to `tag_sets` in place."""
    tag = np.full(len(nodes.xy), -1, dtype=np.int32)

    def put(where: Ints, tags: TagSet) -> None:
        tag[where] = len(tag_sets)
        tag_sets.append(tags)

    cars = roads.for_cars()
    middle = nodes.first + nodes.count // 2
    bent = nodes.count > 0
    keys = np.arange(len(roads))
    chance = draws.fork("pieces").uniform(keys)
    main = cars & (roads.road_class >= TRUNK) & (roads.road_class <= TERTIARY)
    street = bent & (roads.urban > 0.3)
    put(middle[street & main & (chance < 0.3)], [("highway", "crossing")])
    minor = bent & (roads.road_class >= UNCLASSIFIED) & (roads.road_class <= RESIDENTIAL)
    at_main = np.zeros(roads.n_points, dtype=bool)
    at_main[roads.a[main]] = True
    ends_there = minor & at_main[roads.a] & ~roads.roundabout
    put(nodes.first[ends_there & (chance < 0.2)], [("highway", "stop")])
    put(nodes.first[ends_there & (chance > 0.7)], [("highway", "give_way")])
    put(middle[bent & roads.blocked], [("barrier", "bollard")])
    fenced = bent & ((roads.road_class == TRACK) | (roads.access == PRIVATE))
    put(middle[fenced & (chance < 0.12)], [("barrier", "gate")])
    put(middle[fenced & (chance > 0.96)], [("barrier", "lift_gate"), ("access", "private")])
    _tag_crossings(roads, nodes, put, draws)
    return tag


def _tag_crossings(roads: RoadSet, nodes: RoadNodes, put, draws: Draws) -> None:
    cars = roads.for_cars()
    degree = roads.degrees(cars)
    urban = np.zeros(roads.n_points)
    highest = np.full(roads.n_points, 99)
    ring = np.zeros(roads.n_points, dtype=bool)
    for end in (roads.a, roads.b):
        np.maximum.at(urban, end[cars], roads.urban[cars])
        np.minimum.at(highest, end[cars], roads.road_class[cars])
        ring[end[roads.roundabout]] = True
    chance = draws.fork("crossings").uniform(np.arange(roads.n_points))
    plain = ~ring & (nodes.of_point >= 0)
    signals = plain & (degree >= 3) & (highest <= TERTIARY) & (urban > 0.55) & (chance < 0.4)
    put(nodes.of_point[signals], [("highway", "traffic_signals")])
    mini = plain & (degree >= 3) & (highest >= TERTIARY) & (urban > 0.2) & (chance > 0.993)
    put(nodes.of_point[mini], [("highway", "mini_roundabout")])
    tips = roads.b[(roads.road_class == RESIDENTIAL) & (degree[roads.b] == 1)]
    put(nodes.of_point[tips[chance[tips] < 0.4]], [("highway", "turning_circle")])
    ramps = roads.road_class == MOTORWAY_LINK
    off = np.unique(roads.a[ramps & (degree[roads.a] == 3)])
    put(nodes.of_point[off], [("highway", "motorway_junction")])


# -- turn restrictions --------------------------------------------------------------------------


def _restricted_points(roads: RoadSet, draws: Draws) -> Ints:
    """Crossings of streets where some turn will be forbidden."""
    cars = roads.for_cars() & ~roads.roundabout & (roads.road_class <= SERVICE)
    degree = roads.degrees(cars)
    main = cars & (roads.road_class >= TRUNK) & (roads.road_class <= SECONDARY)
    near = np.unique(np.concatenate([roads.a[main], roads.b[main]]))
    urban = np.zeros(roads.n_points)
    np.maximum.at(urban, roads.a[cars], roads.urban[cars])
    near = near[(degree[near] >= 3) & (urban[near] > 0.35)]
    return near[draws.fork("restricted").uniform(near) < 0.22]


def _add_restrictions(
    data: OsmData, roads: RoadSet, nodes: RoadNodes, ways: Ways, corners: Ints
) -> None:
    """One forbidden turn at each corner, from its first arriving to another leaving way."""
    is_corner = np.zeros(roads.n_points, dtype=bool)
    is_corner[corners] = True
    cars = np.flatnonzero(roads.for_cars())
    into_b = cars[is_corner[roads.b[cars]]]
    into_a = cars[is_corner[roads.a[cars]] & ~roads.oneway[cars]]
    from_a = cars[is_corner[roads.a[cars]]]
    from_b = cars[is_corner[roads.b[cars]] & ~roads.oneway[cars]]
    arrive = _first_per_point(np.concatenate([roads.b[into_b], roads.a[into_a]]), into_b, into_a)
    depart = _last_per_point(np.concatenate([roads.a[from_a], roads.b[from_b]]), from_a, from_b)
    both = np.intersect1d(list(arrive), list(depart)).astype(np.int64)
    from_piece = np.array([arrive[int(p)] for p in both], dtype=np.int64)
    to_piece = np.array([depart[int(p)] for p in both], dtype=np.int64)
    differ = ways.of_piece[from_piece] != ways.of_piece[to_piece]
    both, from_piece, to_piece = both[differ], from_piece[differ], to_piece[differ]
    if len(both) == 0:
        return
    here = roads.xy[both]
    came = here - _far_end(roads, from_piece, both)
    goes = _far_end(roads, to_piece, both) - here
    left = came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0] > 0
    first_set = len(data.tag_sets)
    for kind in ("no_left_turn", "no_right_turn"):
        data.tag_sets.append([("type", "restriction"), ("restriction", kind)])
    order = np.argsort(nodes.of_point[both], kind="stable")
    data.restrictions = (
        FIRST_RELATION_ID + np.arange(len(both)),
        data.way_id[ways.of_piece[from_piece[order]]],
        data.node_id[nodes.of_point[both[order]]],
        data.way_id[ways.of_piece[to_piece[order]]],
        np.where(left[order], first_set, first_set + 1).astype(np.int32),
    )


def _first_per_point(point: Ints, *pieces: Ints) -> dict[int, int]:
    rows = np.concatenate(pieces)
    unique, first = np.unique(point, return_index=True)
    return dict(zip(unique.tolist(), rows[first].tolist(), strict=True))


def _last_per_point(point: Ints, *pieces: Ints) -> dict[int, int]:
    rows = np.concatenate(pieces)[::-1]
    unique, first = np.unique(point[::-1], return_index=True)
    return dict(zip(unique.tolist(), rows[first].tolist(), strict=True))


def _far_end(roads: RoadSet, piece: Ints, point: Ints) -> Floats:
    """The other end of a piece, seen from a point."""
    other = np.where(roads.a[piece] == point, roads.b[piece], roads.a[piece])
    return roads.xy[other]
