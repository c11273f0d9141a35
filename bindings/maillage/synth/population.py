"""Who lives where: grid cells with persons by age and the shares that have a car."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.classes import LIVING_STREET, TERTIARY
from maillage.synth.communes import Communes, find_commune_of
from maillage.synth.draws import Draws
from maillage.synth.noise import fractal_noise
from maillage.synth.osm import MappedRoads
from maillage.synth.terrain import ORIGIN_X, ORIGIN_Y, Frame

# Bands of INSEE's Filosofi grid, those under 18 taken together.
AGE_BANDS = ["0_17", "18_24", "25_39", "40_54", "55_64", "65_79", "80p"]
# Shares of metropolitan France by band, and how much a remote cell has more or less of each.
_AGE_SHARE = np.array([0.211, 0.082, 0.180, 0.192, 0.131, 0.145, 0.059])
_REMOTE = np.array([-0.14, -0.38, -0.22, -0.02, 0.16, 0.34, 0.42])
_AGE_NOISE = np.array([0.10, 0.16, 0.12, 0.08, 0.10, 0.13, 0.18])
# Share without a car by band: households by age of their reference person, as a rough guide.
CAR_BANDS = ["18_64", "65_79", "80p"]
_CARLESS = np.array([0.12, 0.17, 0.42])
_CARLESS_RURAL, _CARLESS_URBAN = 0.55, 2.1
# A refuge that only a footpath reaches (see roads.add_refuge).
REFUGE_PERSONS = 9.5


@dataclass(frozen=True)
class Population:
    """Inhabited cells, from south to north and west to east.

    `cell_id` as INSEE writes it, `lambert` centres in EPSG:2154, `lon`, `lat` in degrees,
    `commune` index, `persons` n x bands (one decimal), `car_share` n x 3 (CAR_BANDS),
    `carless` share of all persons, `urban` 0..1.
    """

    cell_id: list[str]
    lambert: Floats
    lon: Floats
    lat: Floats
    commune: Ints
    persons: Floats
    car_share: Floats
    carless: Floats
    urban: Floats


@dataclass(frozen=True)
class Dwellings:
    """Persons at the crossings and along the roads, before they are counted by cell.

    The cells of the places where `certain` is true are inhabited whatever the draw.
    """

    xy: Floats
    persons: Floats
    certain: Bools

    def with_hamlet(self, xy: Floats, persons: float) -> Dwellings:
        """One place more, whose cell is inhabited for certain."""
        return Dwellings(
            np.concatenate([self.xy, xy[None, :]]),
            np.append(self.persons, persons),
            np.append(self.certain, True),
        )


def place_dwellings(
    mapped: MappedRoads, persons_at_point: Floats, centre: Ints, draws: Draws
) -> Dwellings:
    """Spreads the persons around each crossing over it and the streets that leave it.

    `persons_at_point` is for the first points of the road set. Some crossings get several
    times their share and others next to nothing, as hamlets do; the points `centre` are
    inhabited for certain.
    """
    roads, nodes = mapped.roads, mapped.nodes
    at_point = np.zeros(roads.n_points)
    chance = draws.fork("dwellings").uniform(np.arange(len(persons_at_point)))
    at_point[: len(persons_at_point)] = persons_at_point * (0.04 + 3.84 * chance**3)
    lived_in = (roads.road_class >= TERTIARY) & (roads.road_class <= LIVING_STREET)
    lined = lived_in & (nodes.count > 0)
    n_streets = roads.degrees(lined)
    away = np.where(n_streets > 0, 0.45 * at_point / np.maximum(n_streets, 1), 0.0)
    along = np.where(lined, away[roads.a] + away[roads.b], 0.0)
    inner = nodes.inner_nodes()
    per_node = np.repeat(along / np.maximum(nodes.count, 1), nodes.count)
    home = np.flatnonzero(at_point > 0)
    stay = at_point[home] * np.where(n_streets[home] > 0, 0.55, 1.0)
    xy = np.concatenate([roads.xy[home], nodes.xy[inner]])
    persons = np.concatenate([stay, per_node])
    is_centre = np.zeros(roads.n_points, dtype=bool)
    is_centre[centre] = True
    certain = np.concatenate([is_centre[home], np.zeros(len(inner), dtype=bool)])
    lived = persons > 0
    return Dwellings(xy[lived], persons[lived], certain[lived])


def build_population(
    dwellings: Dwellings, communes: Communes, wanted: tuple[int, float, int], draws: Draws
) -> Population:
    """Counts persons by cell; `wanted` is the number of cells, the persons, the cell in metres.

    The most lived-in cells are taken, with some chance; there are exactly as many as wanted.
    """
    n_cells, total, cell_m = wanted
    column, row, persons = _choose_cells(_count_cells(dwellings, cell_m), n_cells, draws)
    persons *= total / persons.sum()
    lambert = np.column_stack([(column + 0.5) * cell_m, (row + 0.5) * cell_m])
    lon, lat = Frame().to_lonlat(lambert - np.array([ORIGIN_X, ORIGIN_Y]))
    density = persons / (cell_m / 1000.0) ** 2
    urban = np.clip(np.sqrt(density) / 65.0, 0.0, 1.0)
    keys = row * 100_003 + column
    by_band = _split_ages(np.maximum(persons, 0.8), urban, keys, draws)
    car_share, carless = _share_cars(by_band, urban, keys, draws)
    name = f"CRS2154RES{cell_m}m"
    return Population(
        cell_id=[
            f"{name}N{n}E{e}"
            for n, e in zip((row * cell_m).tolist(), (column * cell_m).tolist(), strict=True)
        ],
        lambert=lambert,
        lon=np.round(lon, 6),
        lat=np.round(lat, 6),
        commune=find_commune_of(communes, lambert),
        persons=by_band,
        car_share=car_share,
        carless=carless,
        urban=urban,
    )


@dataclass(frozen=True)
class _Cells:
    """Cells by row then column, their persons, and which are taken for certain."""

    column: Ints
    row: Ints
    persons: Floats
    certain: Bools
    size_m: int


def _count_cells(dwellings: Dwellings, cell_m: int) -> _Cells:
    place = np.floor((dwellings.xy + np.array([ORIGIN_X, ORIGIN_Y])) / cell_m).astype(np.int64)
    low = place.min(axis=0)
    width = int(place[:, 0].max() - low[0]) + 1
    key = (place[:, 1] - low[1]) * width + place[:, 0] - low[0]
    unique, index = np.unique(key, return_inverse=True)
    persons = np.asarray(np.bincount(index, weights=dwellings.persons), dtype=np.float64)
    certain = np.bincount(index, weights=dwellings.certain) > 0
    return _Cells(unique % width + low[0], unique // width + low[1], persons, certain, cell_m)


def _choose_cells(cells: _Cells, n_cells: int, draws: Draws) -> tuple[Ints, Ints, Floats]:
    """Column, row and persons of `n_cells` cells, the most lived-in first, with some chance."""
    while len(cells.row) < n_cells:  # lone farms in the cells around
        cells = _grow(cells)
    chance = draws.fork("cells").between(0.15, 1.0, cells.row * 100_003 + cells.column)
    # woods and heaths where nobody lives, some kilometres wide
    km = 1_000.0 / cells.size_m
    x, y = cells.column / (4.5 * km), cells.row / (4.5 * km)
    chance = np.maximum(chance + 0.85 * fractal_noise(x, y, draws.fork("woods"), 3), 0.08)
    score = np.where(cells.certain, np.inf, np.sqrt(cells.persons) * chance)
    taken = np.sort(np.argsort(-score, kind="stable")[:n_cells])
    return cells.column[taken], cells.row[taken], cells.persons[taken]


def _grow(cells: _Cells) -> _Cells:
    """The cells and those that touch them by a side, with next to nobody in the new ones."""
    column, row, n = cells.column, cells.row, len(cells.row)
    columns = np.concatenate([column, column + 1, column - 1, column, column])
    rows = np.concatenate([row, row, row, row + 1, row - 1])
    persons = np.concatenate([cells.persons, np.full(4 * n, 0.05)])
    certain = np.concatenate([cells.certain, np.zeros(4 * n, dtype=bool)])
    _, first = np.unique(rows * 10_000_019 + columns, return_index=True)
    return _Cells(columns[first], rows[first], persons[first], certain[first], cells.size_m)


def _split_ages(persons: Floats, urban: Floats, keys: Ints, draws: Draws) -> Floats:
    remote = 1.0 - np.minimum(1.0, 2.2 * urban)
    weight = np.empty((len(persons), len(AGE_BANDS)))
    for band, name in enumerate(AGE_BANDS):
        noise = _AGE_NOISE[band] * draws.fork(f"age{name}").bell(keys)
        weight[:, band] = _AGE_SHARE[band] * (1.0 + _REMOTE[band] * (remote - 0.35)) * (1.0 + noise)
    weight = np.maximum(weight, 0.004)
    return np.round(persons[:, None] * weight / weight.sum(axis=1)[:, None], 1)


def _share_cars(persons: Floats, urban: Floats, keys: Ints, draws: Draws) -> tuple[Floats, Floats]:
    """Shares with a car for CAR_BANDS, and the share of all persons without one."""
    where = _CARLESS_RURAL + (_CARLESS_URBAN - _CARLESS_RURAL) * urban
    noise = 1.0 + 0.22 * draws.fork("cars").bell(keys)
    carless = np.clip(_CARLESS[None, :] * (where * noise)[:, None], 0.01, 0.85)
    share = np.round(1.0 - carless, 3)
    # children travel with their parents
    of_band = share[:, [0, 0, 0, 0, 0, 1, 2]]
    total = persons.sum(axis=1)
    without = (persons * (1.0 - of_band)).sum(axis=1) / np.maximum(total, 1e-9)
    return share, np.round(without, 3)
