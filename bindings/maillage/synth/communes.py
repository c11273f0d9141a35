"""Communes: their outlines, codes, names, and the districts and départements they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from maillage.synth.arrays import Floats, Ints, Shapes
from maillage.synth.draws import Draws
from maillage.synth.names import (
    DEPARTEMENT_CODES,
    build_commune_names,
    departement_name,
    district_name,
)
from maillage.synth.noise import value_noise
from maillage.synth.plane import Nearest, build_areas_above
from maillage.synth.settlements import Settlements
from maillage.synth.terrain import Frame, Island, Terrain

COMMUNES_PER_EPCI = 27
COMMUNES_PER_DEPARTEMENT = 350
LEAST_PART_M2 = 10_000.0


@dataclass(frozen=True)
class Communes:
    """One entry per settlement, in their order.

    `insee` five characters, as text; `epci` a SIREN number of nine digits, as text;
    `outline` polygons in Lambert-93.
    """

    insee: list[str]
    name: list[str]
    epci: list[str]
    epci_name: list[str]
    departement: list[str]
    departement_name: list[str]
    outline: Shapes

    def __len__(self) -> int:
        return len(self.insee)


def build_communes(terrain: Terrain, settlements: Settlements, seed: int) -> Communes:
    """Names, codes and outlines of all communes."""
    draws = Draws(seed, "communes")
    n_valley = int((settlements.setting == 1).sum())
    n_islands = int((settlements.setting == 2).sum())
    names = build_commune_names(len(settlements), n_valley, n_islands, draws.fork("names"))
    district, departement = _group(settlements)
    codes = _insee_codes(names, departement)
    seats = [int(np.flatnonzero(district == d)[0]) for d in range(int(district.max()) + 1)]
    sirens = [f"2000{10007 + 13 * d:05d}" for d in range(len(seats))]
    titles = [district_name(names[s], float(settlements.persons[s])) for s in seats]
    return Communes(
        insee=codes,
        name=names,
        epci=[sirens[d] for d in district],
        epci_name=[titles[d] for d in district],
        departement=[DEPARTEMENT_CODES[d] for d in departement],
        departement_name=[departement_name(37 * seed + int(d)) for d in departement],
        outline=_outlines(terrain, settlements.xy, draws),
    )


def find_commune_of(communes: Communes, lambert: Floats) -> Ints:
    """Index of the commune of each point: the one around it, else the nearest outline.

    A point on a border belongs to the commune that comes first.
    """
    points = np.asarray(shapely.points(lambert))
    tree = shapely.STRtree(communes.outline)
    found = np.full(len(points), len(communes))
    rows, index = tree.query(points, predicate="intersects")
    np.minimum.at(found, rows, index)
    lost = np.flatnonzero(found == len(communes))
    if len(lost):
        found[lost] = tree.nearest(points[lost])
    return found


# -- groups and codes -----------------------------------------------------------------------


def _group(settlements: Settlements) -> tuple[Ints, Ints]:
    """District and département of every commune, numbered from the most important seat."""
    n = len(settlements)
    seats = _spread_seats(settlements, max(1, round(n / COMMUNES_PER_EPCI)))
    _, district = Nearest(settlements.xy[seats]).find(settlements.xy)
    n_departements = min(
        max(1, round(n / COMMUNES_PER_DEPARTEMENT)), len(DEPARTEMENT_CODES), len(seats)
    )
    capitals = _spread_seats(settlements, n_departements)
    # a district lies in one département
    _, of_seat = Nearest(settlements.xy[capitals]).find(settlements.xy[seats])
    return _renumber(district), _renumber(of_seat[district])


def _spread_seats(settlements: Settlements, wanted: int) -> Ints:
    """The largest settlements that keep apart from each other."""
    order = np.argsort(-settlements.persons, kind="stable")
    area = np.prod(settlements.xy.max(axis=0) - settlements.xy.min(axis=0)) * 0.75
    gap = 0.85 * np.sqrt(area / wanted)
    distance = np.full(len(settlements), np.inf)
    seats: list[int] = []
    while len(seats) < wanted:
        free = order[distance[order] > gap]
        if len(free) == 0:
            gap *= 0.85
            continue
        seats.append(int(free[0]))
        delta = settlements.xy - settlements.xy[free[0]]
        distance = np.minimum(distance, np.sqrt((delta**2).sum(axis=1)))
    return np.array(seats)


def _renumber(label: Ints) -> Ints:
    """The same groups numbered in the order in which they first occur."""
    _, first, index = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[index]


def _insee_codes(names: list[str], departement: Ints) -> list[str]:
    """Codes of five characters: the département, then a number in the order of the names."""
    codes = [""] * len(names)
    for d in range(int(departement.max()) + 1):
        members = np.flatnonzero(departement == d).tolist()
        members.sort(key=lambda index: names[index])
        # real numbers have gaps where communes merged
        step = max(1, min(3, 999 // (len(members) + 1)))
        for place, index in enumerate(members):
            codes[index] = f"{DEPARTEMENT_CODES[d]}{1 + step * place:03d}"
    return codes


# -- outlines -------------------------------------------------------------------------------


def _outlines(terrain: Terrain, xy: Floats, draws: Draws) -> Shapes:
    """Each commune: what is nearest to its centre, with winding borders, cut at the shore."""
    land = build_land(terrain)
    far = 3.0 * terrain.bounds[2]
    frame = np.array([[-far, -far], [far, -far], [far, far], [-far, far]])
    cells = shapely.voronoi_polygons(shapely.multipoints(np.concatenate([xy, frame])), ordered=True)
    cells = shapely.get_parts(cells)[: len(xy)]
    around = shapely.box(*terrain.bounds)
    cells = shapely.segmentize(shapely.intersection(cells, around), 420.0)
    cells = shapely.set_coordinates(cells, _wind(shapely.get_coordinates(cells), draws))
    parts = shapely.get_parts(land)
    shapely.prepare(parts)
    inland = np.zeros(len(cells), dtype=bool)
    for part in parts:
        inland |= shapely.contains_properly(part, cells)
    for index in np.flatnonzero(~inland):
        near = shapely.clip_by_rect(land, *shapely.bounds(cells[index]))
        cells[index] = shapely.make_valid(
            shapely.intersection(cells[index], shapely.make_valid(near))
        )
    lambert = np.round(Frame().to_lambert(shapely.get_coordinates(cells)), 1)
    return shapely.normalize(_areas_only(shapely.set_coordinates(cells, lambert)))


def _wind(xy: Floats, draws: Draws) -> Floats:
    """Shifts points by up to some hundred metres, near points alike: borders stay shared."""
    moved = xy.copy()
    for axis, name in ((0, "east"), (1, "north")):
        broad = value_noise(xy[:, 0] / 1_900.0, xy[:, 1] / 1_900.0, draws.fork(name))
        fine = value_noise(xy[:, 0] / 700.0, xy[:, 1] / 700.0, draws.fork(name + "fine"))
        moved[:, axis] += 330.0 * broad + 70.0 * fine
    return np.round(moved, 1)


def _areas_only(shapes: Shapes) -> Shapes:
    """Drops the points, lines and slivers that cutting may leave, in place; returns `shapes`."""
    mixed = shapely.get_type_id(shapes) != shapely.GeometryType.POLYGON
    for index in np.flatnonzero(mixed):
        parts = np.asarray(shapely.get_parts(shapes[index]))
        parts = parts[np.argsort(-np.asarray(shapely.area(parts)), kind="stable")]
        large = parts[np.asarray(shapely.area(parts)) > LEAST_PART_M2]
        shapes[index] = shapely.multipolygons(large) if len(large) > 1 else parts[0]
    return shapes


def build_land(terrain: Terrain) -> shapely.Geometry:
    """The land as polygons in the plane of the country, without the holes of lagoons."""
    line, knots = terrain.shore_lattice()
    polygons = _islets_aside(build_areas_above(line, line, knots, 0.0))
    for island in terrain.islands:
        polygons += _islets_aside(build_areas_above(*_island_lattice(terrain, island), 0.0))
    return shapely.union_all(np.array(polygons, dtype=object))


def _island_lattice(terrain: Terrain, island: Island) -> tuple[Floats, Floats, Floats]:
    offset = np.linspace(-1.6 * island.radius_m, 1.6 * island.radius_m, 65)
    x, y = island.x + offset, island.y + offset
    xy = np.column_stack([np.tile(x, len(y)), np.repeat(y, len(x))])
    return x, y, terrain.island_shore_m(xy, island).reshape(len(y), len(x))


def _islets_aside(areas: list[shapely.Polygon]) -> list[shapely.Polygon]:
    """Areas of more than two square kilometres, without their holes."""
    whole = [shapely.Polygon(area.exterior) for area in areas]
    return [area for area in whole if area.area > 2e6]
