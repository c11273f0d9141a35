"""Which of the possible roads are built, and as what: from trunk roads to farm tracks.

Roads grow as they did: first between the largest towns, then between smaller ones, each
level following the roads that are there already where that is not too far round; at last
every crossing is tied to its neighbours, and loops are closed where the way round is long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.classes import (
    FOOTWAY,
    PATH,
    PRIMARY,
    RESIDENTIAL,
    SECONDARY,
    STEPS,
    TERTIARY,
    TRACK,
    TRUNK,
    UNCLASSIFIED,
)
from maillage.synth.draws import Draws
from maillage.synth.graphs import (
    CentreLinks,
    Edges,
    find_spanning_tree,
    find_tree_distances,
    keep_relative_neighbours,
    link_centres,
    mark_paths,
)
from maillage.synth.junctions import Junctions
from maillage.synth.plane import Nearest
from maillage.synth.sampling import thin_points
from maillage.synth.settlements import Settlements

NOT_BUILT = -1
# Share of its cost that a road of each level costs the levels below it: they join it.
_DISCOUNT = {TRUNK: 0.45, PRIMARY: 0.5, SECONDARY: 0.55, TERTIARY: 0.62}
# Distance between the quarters of a city that avenues of each level link.
_QUARTER_M = {SECONDARY: 2_400.0, TERTIARY: 1_100.0}


@dataclass(frozen=True)
class RoadPlan:
    """`road_class` per possible road, NOT_BUILT where none; `loop` = it can be lost.

    `trunk_ways` are the ways between the largest towns as crossings in order, the most
    important first.
    """

    road_class: Ints
    loop: Bools
    trunk_ways: list[Ints]


def build_road_plan(junctions: Junctions, settlements: Settlements, seed: int) -> RoadPlan:
    """The class of every road built between crossings."""
    draws = Draws(seed, "roads")
    edges = junctions.edges
    weight = _base_weight(junctions, draws)
    road_class = np.full(len(edges), NOT_BUILT, dtype=np.int8)
    discount = np.ones(len(edges))
    trunk_ways: list[Ints] = []
    for level, limit in _levels(settlements).items():
        chosen = np.flatnonzero(settlements.persons >= limit)
        centres = np.concatenate([junctions.centre[chosen], _quarters(junctions, level, draws)])
        centres = centres[np.sort(np.unique(centres, return_index=True)[1])]
        links, kept = _link_level(edges, np.round(weight * discount), centres)
        if level == TRUNK:
            trunk_ways = _list_ways(edges, links, np.flatnonzero(kept), settlements.persons[chosen])
        built = _roads_of(edges, links, kept)
        new = built & (road_class == NOT_BUILT)
        road_class[new] = level
        discount[new] = _DISCOUNT[level]
    loop = _add_local_roads(junctions, weight, road_class, draws)
    _add_paths(junctions, road_class, draws)
    return RoadPlan(road_class, loop, trunk_ways)


def _levels(settlements: Settlements) -> dict[int, float]:
    """Least persons of the towns that each level of roads links."""
    towns = settlements.persons[: settlements.n_towns]
    few = float(towns[min(3, len(towns) - 1)]) if len(towns) else 0.0
    return {
        TRUNK: max(min(few, 20_000.0), 5_000.0),
        PRIMARY: 1_900.0,
        SECONDARY: 620.0,
        TERTIARY: 0.0,
    }


def _quarters(junctions: Junctions, level: int, draws: Draws) -> Ints:
    """Crossings in the middle of a city's quarters, which avenues of a level link as well."""
    if level not in _QUARTER_M:
        return np.zeros(0, dtype=np.int64)
    size_m = _QUARTER_M[level]
    inner = np.flatnonzero(junctions.urban > 0.12)
    # one crossing in every square, then none too near to another
    square = np.floor(junctions.xy[inner] / size_m).astype(np.int64)
    bits = draws.fork(f"quarters{level}").bits(inner)
    order = np.lexsort((bits, square[:, 1], square[:, 0]))
    fresh = (np.diff(square[order], axis=0, prepend=-(1 << 40)) != 0).any(axis=1)
    inner = inner[np.sort(order[fresh])]
    keep = thin_points(junctions.xy[inner], np.full(len(inner), 0.75 * size_m), inner)
    # beside the centre of a place is no quarter
    centre = Nearest(junctions.xy[junctions.centre])
    away, _ = centre.find(junctions.xy[inner[keep]])
    return inner[keep][away > 0.75 * size_m]


def _base_weight(junctions: Junctions, draws: Draws) -> Floats:
    """Effort of building a road, about its decimetres: hills and bridges are dear."""
    a, b = junctions.edges.a, junctions.edges.b
    climb = np.abs(junctions.height_m[a] - junctions.height_m[b])
    heights = 0.5 * (junctions.mountain[a] + junctions.mountain[b])
    effort = junctions.length_m * (1.0 + 0.35 * heights) + 5.0 * climb
    effort *= 1.0 + 0.25 * draws.fork("effort").uniform(np.arange(len(a)))
    return np.maximum(np.round(10.0 * effort), 1.0)


def _link_level(edges: Edges, weight: Floats, centres: Ints) -> tuple[CentreLinks, Bools]:
    links = link_centres(edges, np.maximum(weight, 1.0), centres)
    return links, keep_relative_neighbours(links, len(centres), 0.92)


def _roads_of(edges: Edges, links: CentreLinks, kept: Bools) -> Bools:
    """The edges on the ways of the links kept."""
    across = links.edge[kept]
    passed = mark_paths(links.parent, np.concatenate([edges.a[across], edges.b[across]]))
    inner = np.flatnonzero(passed & (links.parent >= 0))
    built = np.zeros(len(edges), dtype=bool)
    built[across] = True
    built[edges.find(inner, links.parent[inner].astype(np.int64))] = True
    return built


def _list_ways(edges: Edges, links: CentreLinks, kept: Ints, persons: Floats) -> list[Ints]:
    """The crossings along each link, links between the largest towns first."""
    size = np.minimum(persons[links.s[kept]], persons[links.t[kept]])
    ways = []
    for link in kept[np.argsort(-size, kind="stable")]:
        edge = links.edge[link]
        halves = []
        for point in (int(edges.a[edge]), int(edges.b[edge])):
            half = [point]
            while links.parent[half[-1]] >= 0:
                half.append(int(links.parent[half[-1]]))
            halves.append(half)
        ways.append(np.array(halves[0][::-1] + halves[1], dtype=np.int64))
    return ways


# -- local roads --------------------------------------------------------------------------------


def _add_local_roads(junctions: Junctions, weight: Floats, road_class: Ints, draws: Draws) -> Bools:
    """Ties every crossing to the network, then closes loops; fills `road_class` in place.

    Returns the roads that the network can lose without falling apart.
    """
    edges = junctions.edges
    built = road_class != NOT_BUILT
    tree = find_spanning_tree(edges, np.where(built, weight * 1e-3, weight))
    urban = np.minimum(junctions.urban[edges.a], junctions.urban[edges.b])
    loop = np.zeros(len(edges), dtype=bool)
    loop[_choose_loops(junctions, tree, built, urban, draws)] = True
    local = (tree & ~built) | loop
    road_class[local] = UNCLASSIFIED
    road_class[local & (urban > 0.05)] = RESIDENTIAL
    return loop


def _choose_loops(
    junctions: Junctions, tree: Bools, built: Bools, urban: Floats, draws: Draws
) -> Ints:
    """Roads that close a loop where the way round along the tree is long.

    Most crossings of real networks join three roads: a crossing that has three is rarely
    given a fourth. Towns close nearly all their blocks, the country few of its fields.
    """
    edges = junctions.edges
    candidate = np.flatnonzero(
        _is_gabriel(junctions) & ~built & ~tree & ~junctions.in_valley[edges.a]
    )
    pairs = Edges(edges.n_points, edges.a[candidate], edges.b[candidate])
    way_m = find_tree_distances(edges.subset(tree), junctions.length_m[tree], pairs)
    detour = np.minimum(way_m / junctions.length_m[candidate], 1e3)
    chance = draws.fork("loops").uniform(candidate)
    town = urban[candidate] > 0.05
    wanted = np.where(
        town, (detour > 2.0) & (chance < 0.9), (detour > 4.0) & (chance < 0.16 + 0.012 * detour)
    )
    candidate, chance, town = candidate[wanted], chance[wanted], town[wanted]
    degree = edges.subset(tree | built).degrees()
    chosen: list[Ints] = []
    for most in (2, 2, 2, 3):
        u, v = edges.a[candidate], edges.b[candidate]
        free = np.maximum(degree[u], degree[v]) <= most
        if most == 3:
            free &= np.where(town, chance < 0.16, chance < 0.03)
        first = np.flatnonzero(free)
        best = np.full(edges.n_points, 2.0)
        np.minimum.at(best, u[first], chance[first])
        np.minimum.at(best, v[first], chance[first])
        take = first[(best[u[first]] == chance[first]) & (best[v[first]] == chance[first])]
        np.add.at(degree, np.concatenate([u[take], v[take]]), 1)
        chosen.append(candidate[take])
        rest = np.ones(len(candidate), dtype=bool)
        rest[take] = False
        candidate, chance, town = candidate[rest], chance[rest], town[rest]
    return np.concatenate(chosen)


def _is_gabriel(junctions: Junctions) -> Bools:
    """Edges whose circle holds no third crossing: roads that do not squeeze past another.

    In a triangulation this is so exactly when neither triangle at the edge has an obtuse
    angle opposite to it; tested here on the neighbours common to both ends.
    """
    edges, xy = junctions.edges, junctions.xy
    matrix = edges.to_matrix(np.ones(len(edges)))
    start, neighbour = matrix.indptr.astype(np.int64), matrix.indices
    free = np.ones(len(edges), dtype=bool)
    middle = 0.5 * (xy[edges.a] + xy[edges.b])
    radius2 = 0.25 * junctions.length_m**2
    for end in (edges.a, edges.b):
        count = np.diff(start)[end]
        for slot in range(int(count.max(initial=0))):
            has = np.flatnonzero(count > slot)
            third = neighbour[start[end[has]] + slot]
            delta = xy[third] - middle[has]
            inside = (delta**2).sum(axis=1) < radius2[has] * 0.999
            free[has[inside]] = False
    return free


def _add_paths(junctions: Junctions, road_class: Ints, draws: Draws) -> None:
    """Turns some of what is left into tracks, footways, steps and mountain paths, in place."""
    edges = junctions.edges
    urban = np.minimum(junctions.urban[edges.a], junctions.urban[edges.b])
    high = np.maximum(junctions.mountain[edges.a], junctions.mountain[edges.b])
    chance = draws.fork("paths").uniform(np.arange(len(edges)))
    free = (road_class == NOT_BUILT) & (junctions.length_m < 4_000.0) & ~junctions.bridge
    free &= ~junctions.in_valley[edges.a]
    town = free & (urban > 0.25)
    short = town & (junctions.length_m < 600.0)
    road_class[short & (chance < 0.07)] = FOOTWAY
    road_class[short & (junctions.length_m < 130.0) & (chance > 0.985)] = STEPS
    country = free & (urban <= 0.02)
    road_class[country & (chance < 0.16)] = TRACK
    road_class[country & (chance > 0.93 - 0.12 * high)] = PATH
