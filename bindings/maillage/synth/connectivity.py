"""Fibre by commune and mobile coverage by place, both poorer where few people live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from maillage.synth.arrays import Floats, Ints
from maillage.synth.classes import SECONDARY, TRUNK
from maillage.synth.communes import Communes
from maillage.synth.draws import Draws
from maillage.synth.noise import SampledField, fractal_noise, smooth_step
from maillage.synth.plane import Nearest, build_areas_above
from maillage.synth.population import Population
from maillage.synth.roadset import RoadSet
from maillage.synth.settlements import Settlements
from maillage.synth.terrain import ORIGIN_X, ORIGIN_Y, Terrain

# Least signal (0..1, see Mobile) of each level of the operators' maps.
MOBILE_LEVELS = {"CL": 0.18, "BC": 0.38, "TBC": 0.62}
MOBILE_NO_DATA = 255
PIXEL_M = 500.0
PERSONS_PER_PREMISES = 1.75


@dataclass(frozen=True)
class Mobile:
    """4G quality on a lattice of square pixels, northern row first.

    `level` 0 none, 1 limited, 2 good, 3 very good, 255 sea; `west`, `north` edges in
    EPSG:2154; `good` and `limited` the areas of at least those levels, as polygons.
    """

    level: Ints
    west: float
    north: float
    pixel_m: float
    areas: dict[str, shapely.Geometry]


@dataclass(frozen=True)
class Fibre:
    """Premises per commune and the percentage eligible at 8, 30, 100 and 1000 Mbit/s or more.

    `good_4g` is the percentage of persons under good 4G; NaN where the operator is silent.
    """

    premises: Ints
    eligible: Floats
    good_4g: Floats


def build_mobile(
    terrain: Terrain, settlements: Settlements, roads: RoadSet, seed: int
) -> tuple[Mobile, SampledField]:
    """4G over the country, and the signal (0..1) it is made from, in the country's plane."""
    draws = Draws(seed, "mobile")
    masts = _place_masts(settlements, roads, draws)
    x0 = np.floor((terrain.bounds[0] + ORIGIN_X) / PIXEL_M) * PIXEL_M
    y0 = np.floor((terrain.bounds[1] + ORIGIN_Y) / PIXEL_M) * PIXEL_M
    n = int(np.ceil((terrain.bounds[2] - terrain.bounds[0]) / PIXEL_M)) + 2
    x = x0 - ORIGIN_X + PIXEL_M * (np.arange(n) + 0.5)
    y = y0 - ORIGIN_Y + PIXEL_M * (np.arange(n) + 0.5)
    signal = np.zeros((n, n))
    land = np.zeros((n, n), dtype=bool)
    nearest_mast = Nearest(masts)
    rows_at_once = max(1, 200_000 // n)
    for first in range(0, n, rows_at_once):
        part = slice(first, first + rows_at_once)
        xy = np.column_stack([np.tile(x, len(y[part])), np.repeat(y[part], n)])
        land[part] = (terrain.shore_m(xy) > -250.0).reshape(-1, n)
        signal[part] = _signal(terrain, nearest_mast, xy, draws).reshape(-1, n)
    signal[~land] = 0.0
    level = np.zeros((n, n), dtype=np.uint8)
    for number, least in enumerate(MOBILE_LEVELS.values()):
        level[signal >= least] = number + 1
    level[~land] = MOBILE_NO_DATA
    lambert = (x + ORIGIN_X, y + ORIGIN_Y)
    areas = {name: _area_above(*lambert, signal, MOBILE_LEVELS[name]) for name in ("BC", "TBC")}
    mobile = Mobile(level[::-1], float(x0), float(y0 + n * PIXEL_M), PIXEL_M, areas)
    return mobile, SampledField(signal, (float(x[0]), float(y[0])), PIXEL_M)


def build_fibre(
    settlements: Settlements,
    communes: Communes,
    population: Population,
    signal: SampledField,
    draws: Draws,
) -> Fibre:
    """Eligible premises of every commune; fibre came district by district, towns first."""
    n = len(communes)
    people = population.persons.sum(axis=1)
    total = np.bincount(population.commune, weights=people, minlength=n)
    plane = population.lambert - np.array([ORIGIN_X, ORIGIN_Y])
    under = signal.at(plane) >= MOBILE_LEVELS["BC"]
    covered = np.bincount(population.commune, weights=people * under, minlength=n)
    keys = np.arange(n)
    district = draws.fork("district").uniform(np.array([int(e) for e in communes.epci]))
    dense = smooth_step(np.log(np.maximum(total, 1.0)), np.log(150.0), np.log(12_000.0))
    progress = 0.25 + 0.65 * district + 0.55 * dense + 0.16 * draws.fork("works").bell(keys)
    fibre = 99.5 * smooth_step(progress, 0.05, 0.95)
    fibre[settlements.setting == 1] = 0.0  # nobody dug up the valley
    copper = 100.0 - fibre
    eight = fibre + copper * np.clip(
        0.42 + 0.5 * dense + 0.2 * draws.fork("8").bell(keys), 0.05, 0.99
    )
    thirty = fibre + copper * np.clip(
        0.05 + 0.4 * dense + 0.1 * draws.fork("30").bell(keys), 0.0, 0.9
    )
    hundred = fibre + copper * np.clip(0.25 * (dense - 0.55), 0.0, 1.0)
    eligible = np.round(np.column_stack([eight, np.minimum(thirty, eight), hundred, fibre]), 1)
    eligible = np.minimum.accumulate(eligible, axis=1)
    good = np.where(total > 0, 100.0 * covered / np.maximum(total, 1e-9), np.nan)
    # in some communes the figure is withheld
    silent = draws.fork("secret").uniform(keys) < 0.008
    silent[int(np.argmin(settlements.persons))] = True
    return Fibre(
        premises=np.round(total / PERSONS_PER_PREMISES + 3.0).astype(np.int64),
        eligible=eligible,
        good_4g=np.where(silent, np.nan, np.round(good, 1)),
    )


def _place_masts(settlements: Settlements, roads: RoadSet, draws: Draws) -> Floats:
    """One mast in or near most villages, several in towns, and some along main roads."""
    n = len(settlements)
    chance = draws.fork("mast").uniform(np.arange(n))
    rate = smooth_step(settlements.persons, 20.0, 600.0)
    rate[settlements.setting == 1] *= 0.5
    near = settlements.xy[chance < rate]
    near = near + np.column_stack(
        [
            draws.fork("x").between(-900.0, 900.0, np.arange(len(near))),
            draws.fork("y").between(-900.0, 900.0, np.arange(len(near))),
        ]
    )
    main = np.flatnonzero((roads.road_class >= TRUNK) & (roads.road_class <= SECONDARY))
    picked = main[draws.fork("roads").uniform(main) < 0.06]
    return np.concatenate([near, roads.xy[roads.a[picked]]])


def _signal(terrain: Terrain, masts: Nearest, xy: Floats, draws: Draws) -> Floats:
    """1 beside a mast, 0 out of reach; hills cast shadows."""
    distance, _ = masts.find(xy, 12_000.0)
    mountain = terrain.mountain(xy)
    shadow = fractal_noise(xy[:, 0] / 2_600.0, xy[:, 1] / 2_600.0, draws.fork("shadow"), 3)
    reach = 5_300.0 * (1.0 - 0.45 * mountain) * (1.0 + (0.3 + 0.35 * mountain) * shadow)
    return np.clip(1.0 - np.minimum(distance, 12_000.0) / reach, 0.0, 1.0)


def _area_above(x: Floats, y: Floats, signal: Floats, least: float) -> shapely.Geometry:
    """The area where the signal is at least a level, to ten metres."""
    areas = build_areas_above(x, y, signal, least)
    area = shapely.simplify(shapely.multipolygons(areas), 60.0)
    return shapely.normalize(shapely.set_precision(shapely.make_valid(area), 10.0))
