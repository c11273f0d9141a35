"""What a map shows at the scale of streets: drives, roundabouts, one-ways, bollards, ferries."""

from __future__ import annotations

import numpy as np

from maillage.synth.arrays import Floats, Ints
from maillage.synth.classes import (
    FERRY,
    LIVING_STREET,
    MOTORWAY_LINK,
    PEDESTRIAN,
    RESIDENTIAL,
    SECONDARY,
    SERVICE,
    TERTIARY,
    TRACK,
    TRUNK,
    UNCLASSIFIED,
)
from maillage.synth.draws import Draws
from maillage.synth.hierarchy import NOT_BUILT, RoadPlan
from maillage.synth.junctions import Junctions
from maillage.synth.plane import Nearest
from maillage.synth.roadset import (
    AGRICULTURAL,
    DESTINATION,
    NO_MOTOR,
    OPEN,
    PERMISSIVE,
    PRIVATE,
    RoadSet,
    new_pieces,
)

# A ring of eight nodes, anticlockwise from the east.
_RING = np.array(
    [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]], dtype=np.float64
)
_RING /= np.sqrt((_RING**2).sum(axis=1))[:, None]


def build_roads(junctions: Junctions, plan: RoadPlan, draws: Draws) -> RoadSet:
    """The planned roads as pieces, the main ones drawn smoother than the crossings lie."""
    rows = np.flatnonzero(plan.road_class != NOT_BUILT)
    edges = junctions.edges
    a, b = edges.a[rows], edges.b[rows]
    turned = draws.fork("turned").uniform(rows) < 0.5  # ways are drawn in any direction
    a, b = np.where(turned, b, a), np.where(turned, a, b)
    urban = np.minimum(junctions.urban[a], junctions.urban[b])
    roads = new_pieces(
        junctions.xy,
        a,
        b,
        UNCLASSIFIED,
        bridge=junctions.bridge[rows],
        loop=plan.loop[rows],
        urban=urban,
        mountain=np.maximum(junctions.mountain[a], junctions.mountain[b]),
        in_valley=junctions.in_valley[a] | junctions.in_valley[b],
    )
    roads.road_class = plan.road_class[rows]
    large = (roads.road_class >= TRUNK) & (roads.road_class <= TERTIARY)
    number = 1 + draws.fork("ref").bits(np.maximum(a, b) // 40) % np.uint64(940)
    roads.ref = np.where(large, number, 0).astype(np.int32)
    return roads.with_points(_smooth_main_roads(roads))


def _smooth_main_roads(roads: RoadSet) -> Floats:
    """Moves the crossings where a main road only passes through towards the straight line."""
    xy = roads.xy.copy()
    main = (roads.road_class >= TRUNK) & (roads.road_class <= TERTIARY)
    a, b = roads.a[main], roads.b[main]
    passes = np.flatnonzero(roads.degrees(main) == 2)
    distance, _ = Nearest(xy).find_several(xy[passes], 2)
    limit = 0.3 * distance[:, 1]
    for _ in range(3):
        total = np.zeros_like(xy)
        for axis in (0, 1):
            np.add.at(total[:, axis], a, xy[b, axis])
            np.add.at(total[:, axis], b, xy[a, axis])
        shift = 0.5 * (0.5 * total[passes] - xy[passes])
        far = np.sqrt((shift**2).sum(axis=1))
        xy[passes] += shift * np.minimum(1.0, limit / 3.0 / np.maximum(far, 1e-9))[:, None]
    return xy


# -- small roads ------------------------------------------------------------------------------


def add_drives(roads: RoadSet, draws: Draws, share: float = 0.13) -> RoadSet:
    """Adds short dead ends along streets: drives, car parks, closes.

    The street is cut in two where the drive leaves it.
    """
    length = roads.lengths()
    street = np.isin(roads.road_class, (RESIDENTIAL, UNCLASSIFIED)) & ~roads.bridge
    chance = draws.fork("drives").uniform(np.arange(len(roads)))
    rate = np.where(roads.urban > 0.05, share * 1.3, share * 0.8)
    host = np.flatnonzero(street & ~roads.in_valley & (length > 55.0) & (chance < rate))
    along = (roads.xy[roads.b[host]] - roads.xy[roads.a[host]]) / length[host][:, None]
    part = draws.fork("at").between(0.35, 0.65, host)
    start = roads.xy[roads.a[host]] + along * (part * length[host])[:, None]
    side = np.where(draws.fork("side").uniform(host) < 0.5, 1.0, -1.0)
    out = np.column_stack([-along[:, 1], along[:, 0]]) * side[:, None] + 0.3 * along
    reach = np.minimum(draws.fork("long").between(22.0, 110.0, host), 0.42 * length[host])
    mouth = roads.n_points + np.arange(len(host))
    tip = mouth + len(host)
    xy = np.concatenate([roads.xy, start, start + out * reach[:, None]])

    rest = np.ones(len(roads), dtype=bool)
    rest[host] = False
    first, second = roads.take(host), roads.take(host)
    first.b, second.a = mouth, mouth.copy()
    drives = new_pieces(xy, mouth.copy(), tip, SERVICE, urban=roads.urban[host], bends=False)
    close = draws.fork("close").uniform(host)
    drives.road_class[(close < 0.3) & (roads.urban[host] > 0.05)] = RESIDENTIAL
    kind = draws.fork("access").uniform(host)
    drives.access[(kind < 0.3) & (drives.road_class == SERVICE)] = PRIVATE
    drives.access[(kind > 0.93)] = PERMISSIVE
    whole = roads.take(np.flatnonzero(rest)).with_points(xy)
    for part_of in (first, second, drives):
        whole = whole.append(part_of.with_points(xy))
    return whole


def set_access(roads: RoadSet, draws: Draws) -> None:
    """Living streets, pedestrian streets, private and closed roads; in place.

    Only roads that the network can lose are closed to cars.
    """
    keys = np.arange(len(roads))
    chance = draws.fork("kind").uniform(keys)
    street = (roads.road_class == RESIDENTIAL) & (roads.urban > 0.3)
    roads.road_class[street & roads.loop & (roads.urban > 0.6) & (chance < 0.09)] = PEDESTRIAN
    roads.road_class[street & (roads.road_class == RESIDENTIAL) & (chance > 0.94)] = LIVING_STREET
    residential = roads.road_class == RESIDENTIAL
    limits = draws.fork("limits").uniform(keys)
    loops = residential & roads.loop & (roads.access == OPEN)
    roads.access[loops & (limits < 0.08)] = DESTINATION
    loops &= roads.access == OPEN
    roads.blocked |= loops & (roads.lengths() > 60.0) & (limits > 0.965)
    roads.access[(roads.road_class == UNCLASSIFIED) & roads.loop & (limits < 0.02)] = PRIVATE
    track = roads.road_class == TRACK
    roads.access[track & (limits < 0.12)] = AGRICULTURAL
    roads.access[track & (limits > 0.9)] = NO_MOTOR


def set_one_ways(roads: RoadSet, draws: Draws) -> None:
    """Makes streets of town centres one-way, in place, and keeps the network in one piece.

    Where one-way streets cut a point off from the rest, those around it run both ways again.
    """
    keys = np.arange(len(roads))
    chance = draws.fork("oneway").uniform(keys)
    street = np.isin(roads.road_class, (RESIDENTIAL, LIVING_STREET)) & (roads.access == OPEN)
    rate = np.where(roads.urban > 0.55, 0.27, np.where(roads.urban > 0.2, 0.13, 0.02))
    inner = (roads.road_class >= SECONDARY) & (roads.road_class <= TERTIARY) & (roads.urban > 0.6)
    degree = roads.degrees(roads.for_cars())
    dead_end = np.minimum(degree[roads.a], degree[roads.b]) < 2
    candidate = ((street & (chance < rate)) | (inner & (chance < 0.12))) & ~roads.oneway & ~dead_end
    candidate &= roads.for_cars()
    label = roads.car_components()
    together = label == np.argmax(np.bincount(label))
    roads.oneway |= candidate
    for _ in range(30):
        label = roads.car_components()
        main = np.argmax(np.bincount(label))
        # points cut off by one-way streets, not those on islands or behind gates
        lost = (label != main) & together
        undo = candidate & roads.oneway & (lost[roads.a] | lost[roads.b])
        if not undo.any():
            return
        roads.oneway[undo] = False


# -- roundabouts ------------------------------------------------------------------------------


def add_roundabouts(roads: RoadSet, gates: Ints, draws: Draws) -> RoadSet:
    """Replaces some crossings by rings of eight pieces, one-way and anticlockwise.

    `gates` are the crossings where motorway ramps end: most of them become roundabouts.
    """
    centre, radius_m = _choose_roundabouts(roads, gates, draws)
    if len(centre) == 0:
        return roads
    ring_of = np.full(roads.n_points, -1)
    ring_of[centre] = np.arange(len(centre))
    ring_xy = roads.xy[centre][:, None, :] + radius_m[:, None, None] * _RING[None, :, :]
    xy = np.concatenate([roads.xy, ring_xy.reshape(-1, 2)])
    start = roads.n_points
    a, b = roads.a.copy(), roads.b.copy()
    for end, other in ((a, roads.b), (b, roads.a)):
        rows = np.flatnonzero(ring_of[end] >= 0)
        out = roads.xy[other[rows]] - roads.xy[end[rows]]
        slot = np.argmax(out @ _RING.T, axis=1)
        end[rows] = start + 8 * ring_of[end[rows]] + slot
    roads = roads.take(np.arange(len(roads)))
    roads.a, roads.b = a, b
    ring_a = start + np.arange(8 * len(centre))
    ring_b = start + np.arange(8 * len(centre)).reshape(-1, 8)[:, [1, 2, 3, 4, 5, 6, 7, 0]].ravel()
    ring = new_pieces(
        xy,
        ring_a,
        ring_b,
        TERTIARY,
        oneway=True,
        roundabout=True,
        urban=_urban_at(roads, start, len(centre)),
        chain=int(roads.chain.max()) + 1 + np.repeat(np.arange(len(centre)), 8),
        bends=False,
    )
    ring.road_class = np.repeat(_class_at(roads, start, len(centre)), 8)
    return roads.with_points(xy).append(ring)


def _choose_roundabouts(roads: RoadSet, gates: Ints, draws: Draws) -> tuple[Ints, Floats]:
    cars = roads.for_cars()
    degree = roads.degrees(cars)
    large = cars & (roads.road_class >= TRUNK) & (roads.road_class <= SECONDARY)
    is_large = np.zeros(roads.n_points, dtype=bool)
    is_large[roads.a[large]] = True
    is_large[roads.b[large]] = True
    shortest = np.full(roads.n_points, np.inf)
    length = roads.lengths()
    np.minimum.at(shortest, roads.a, length)
    np.minimum.at(shortest, roads.b, length)
    keys = np.arange(roads.n_points)
    chance = draws.fork("roundabouts").uniform(keys)
    wanted = is_large & (degree >= 3) & (chance < 0.16)
    wanted[gates] |= chance[gates] < 0.75
    centre = np.flatnonzero(wanted & (shortest > 75.0))
    return centre, draws.fork("radius").between(11.0, 24.0, centre)


def _urban_at(roads: RoadSet, first: int, n_rings: int) -> Floats:
    """How urban it is at each ring piece: the most urban road that meets its crossing."""
    most = np.zeros(n_rings)
    for end in (roads.a, roads.b):
        rows = np.flatnonzero(end >= first)
        np.maximum.at(most, (end[rows] - first) // 8, roads.urban[rows])
    return np.repeat(most, 8)


def _class_at(roads: RoadSet, first: int, n_rings: int) -> Ints:
    """The highest class of the roads that meet each ring, ramps aside."""
    highest = np.full(n_rings, UNCLASSIFIED, dtype=np.int8)
    for end in (roads.a, roads.b):
        rows = np.flatnonzero((end >= first) & (roads.road_class > MOTORWAY_LINK))
        np.minimum.at(highest, (end[rows] - first) // 8, roads.road_class[rows])
    return highest


# -- ferries ----------------------------------------------------------------------------------


def add_ferries(roads: RoadSet, island: Ints) -> RoadSet:
    """A ferry from every island to the nearest crossing of the mainland.

    `island` is -1 on the mainland, for the first points of the set. Ferries bind at crossings
    that cars reach.
    """
    label = roads.car_components()[: len(island)]
    used = roads.degrees(roads.for_cars()) > 0
    # a second way out of the valley would make it an ordinary one
    used[roads.a[roads.in_valley]] = False
    used[roads.b[roads.in_valley]] = False
    used = used[: len(island)]
    ashore = np.flatnonzero((island < 0) & used)
    ashore = ashore[label[ashore] == np.argmax(np.bincount(label[ashore]))]
    harbour = Nearest(roads.xy[ashore])
    for number in range(int(island.max()) + 1):
        here = np.flatnonzero((island == number) & used)
        if len(here) == 0:
            continue
        here = here[label[here] == np.argmax(np.bincount(label[here]))]
        distance, near = harbour.find(roads.xy[here])
        best = int(np.argmin(distance))
        crossing = new_pieces(
            roads.xy,
            here[[best]],
            ashore[[near[best]]],
            FERRY,
            chain=int(roads.chain.max()) + 1,
            bends=False,
        )
        roads = roads.append(crossing)
    return roads
