"""Where people settle: one village or town per commune, sizes by rank, and how far each spreads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.draws import Draws
from maillage.synth.noise import fractal_noise, smooth_step, value_noise
from maillage.synth.plane import Nearest
from maillage.synth.sampling import sample_points, thin_points
from maillage.synth.terrain import Terrain

# Mean area of a commune of metropolitan France is 15.8 km2; a little less here because the
# valley and the islands have few.
COMMUNE_KM2 = 11.8
TOWN_MIN_PERSONS = 1_200
# Residents served by one street junction, in a village and in the largest cities.
PERSONS_PER_JUNCTION_VILLAGE = 24.0
PERSONS_PER_JUNCTION_CITY = 75.0


@dataclass(frozen=True)
class Settlements:
    """The centre of every commune, largest town first, then in order of place.

    `xy` n x 2 metres, `persons` target population, `rank` 0 for the largest town and so
    on (-1: no town), `reach_m` radius of the built-up area, `junctions` street junctions
    in it, `setting` 0 mainland, 1 cul-de-sac valley, 2 island.
    """

    xy: Floats
    persons: Floats
    n_towns: int
    reach_m: Floats
    junctions: Floats
    setting: Ints

    def __len__(self) -> int:
        return len(self.xy)

    def subset(self, keep: Bools) -> Settlements:
        """The settlements where `keep` is true, in the same order."""
        return Settlements(
            xy=self.xy[keep],
            persons=self.persons[keep],
            n_towns=int(keep[: self.n_towns].sum()),
            reach_m=self.reach_m[keep],
            junctions=self.junctions[keep],
            setting=self.setting[keep],
        )


def build_settlements(terrain: Terrain, seed: int) -> Settlements:
    """Communes about every four kilometres, towns by rank and size among them."""
    draws = Draws(seed, "settlements")
    xy, setting = _place_centres(terrain, draws)
    order, n_towns, town_persons = _choose_towns(terrain, xy, setting, draws)
    xy, setting = xy[order], setting[order]
    persons = _village_persons(terrain, xy, setting, draws)
    persons[:n_towns] = town_persons
    _add_suburbs(persons, xy, n_towns)
    persons = np.round(persons)
    junctions = persons / _persons_per_junction(persons)
    peak = np.clip(16.0 + 0.55 * np.sqrt(persons), 20.0, 190.0)
    reach_m = 1000.0 * np.sqrt(4.0 * junctions / (3.141592653589793 * peak))
    return Settlements(xy, persons, n_towns, reach_m, junctions, setting)


def settled_share(distance_m: Floats, reach_m: Floats) -> Floats:
    """How built-up it is at a distance from a centre: 1 in the middle, 0 at `reach_m`.

    Its integral over the plane is pi/4 reach_m squared.
    """
    inside = np.clip(1.0 - (distance_m / reach_m) ** 2, 0.0, 1.0)
    return inside * inside * inside


class SettledFields:
    """Fields around the settlements: junctions and persons per km2, and how urban it is."""

    def __init__(self, terrain: Terrain, settlements: Settlements, seed: int) -> None:
        self._terrain = terrain
        self._draws = Draws(seed, "fields")
        self._all = settlements
        self._centre = Nearest(settlements.xy)
        cities = np.flatnonzero(settlements.reach_m > 1_800.0)
        self._cities = cities
        self._city = Nearest(settlements.xy[cities]) if len(cities) else None
        area = 3.141592653589793 / 4.0 * (settlements.reach_m / 1000.0) ** 2
        self._junction_peak = settlements.junctions / area
        # a part of each commune lives outside its village, on the roads around
        self._person_peak = 0.8 * settlements.persons / area

    def rural_junctions_per_km2(self, xy: Floats) -> Floats:
        """Junctions of country roads: few on the heights, more in the plains."""
        patch = fractal_noise(xy[:, 0] / 7_000.0, xy[:, 1] / 7_000.0, self._draws.fork("rural"), 3)
        low = 1.0 - 0.93 * smooth_step(self._terrain.height_m(xy), 350.0, 1_150.0)
        return 1.25 * (0.15 + 0.85 * low) * (1.0 + 0.65 * patch)

    def built(self, xy: Floats) -> tuple[Floats, Floats, Floats]:
        """Junctions per km2, persons per km2 of the settlements, and the urban share 0..1."""
        junctions = np.zeros(len(xy))
        persons = np.zeros(len(xy))
        urban = np.zeros(len(xy))
        ragged = 1.0 + 0.32 * value_noise(
            xy[:, 0] / 900.0, xy[:, 1] / 900.0, self._draws.fork("edge")
        )
        for index, distance in self._near(xy):
            found = index >= 0
            centre = index[found]
            share = settled_share(distance[found] * ragged[found], self._all.reach_m[centre])
            junctions[found] += share * self._junction_peak[centre]
            persons[found] += share * self._person_peak[centre]
            urban[found] = np.maximum(urban[found], share)
        return junctions, persons, urban

    def _near(self, xy: Floats) -> list[tuple[Ints, Floats]]:
        """The settlements that may reach each point: its two nearest, and three cities."""
        if len(xy) == 0:
            return []
        n_near = min(2, len(self._all))
        distance, index = self._centre.find_several(xy, n_near, 2_700.0)
        known = np.append(np.arange(len(self._all)), -1)
        known[self._cities] = -1  # counted below
        index = known[index]
        columns = [(index[:, k], distance[:, k]) for k in range(n_near)]
        if self._city is None:
            return columns
        n_cities = min(3, len(self._cities))
        far = 1.6 * float(self._all.reach_m.max())
        distance, index = self._city.find_several(xy, n_cities, far)
        index = np.append(self._cities, -1)[index]
        return columns + [(index[:, k], distance[:, k]) for k in range(n_cities)]


# -- where the centres are ------------------------------------------------------------------


def _place_centres(terrain: Terrain, draws: Draws) -> tuple[Floats, Ints]:
    """Centres of communes on the mainland, then in the valley, then on the islands."""

    def density(xy: Floats) -> Floats:
        low = 1.0 - 0.6 * smooth_step(terrain.height_m(xy), 400.0, 1_200.0)
        # divided by what thinning takes away (measured)
        return 1.62 / COMMUNE_KM2 * low * (terrain.mainland_m(xy) > 900.0)

    xy = sample_points(density, terrain.bounds, draws.fork("centres"), 2_000.0)
    away = terrain.valley_distance_m(xy) > 4_200.0
    for river in terrain.rivers:
        away &= (np.abs(xy[:, 1] - river.line_y(xy[:, 0])) > 350.0) | (xy[:, 0] > river.source_x)
    xy = xy[away]
    rank = np.argsort(np.argsort(draws.fork("thin").bits(np.arange(len(xy))), kind="stable"))
    xy = xy[thin_points(xy, np.full(len(xy), 2_050.0), rank)]

    n_valley = 5
    every = len(terrain.valley) // n_valley
    valley = terrain.valley[every - 12 :: every][:n_valley]
    islands = np.array([[island.x, island.y] for island in terrain.islands])
    setting = np.repeat(np.array([0, 1, 2], dtype=np.int8), [len(xy), len(valley), len(islands)])
    return np.concatenate([xy, valley, islands]), setting


def _choose_towns(
    terrain: Terrain, xy: Floats, setting: Ints, draws: Draws
) -> tuple[Ints, int, Floats]:
    """Order of the centres with the towns first, their number and their persons.

    A town of rank r has about P / r^a persons, keeps away from larger ones, and prefers low
    land, rivers and the middle of the country.
    """
    largest, exponent = _rank_size(terrain.area_km2)
    wanted = int((largest / TOWN_MIN_PERSONS) ** (1.0 / exponent))
    score = _town_score(terrain, xy, draws)
    score[setting > 0] = -np.inf
    towns: list[int] = []
    blocked = np.full(len(xy), np.inf)  # distance to the nearest larger town
    for rank in range(1, wanted + 1):
        gap = 0.5 * math.sqrt(terrain.area_km2 * 1e6 / rank)
        free = np.where(blocked > gap, score, -np.inf)
        best = int(np.argmax(free))
        if not np.isfinite(free[best]):
            break
        towns.append(best)
        score[best] = -np.inf
        delta = xy - xy[best]
        blocked = np.minimum(blocked, np.sqrt(delta[:, 0] ** 2 + delta[:, 1] ** 2))
    is_town = np.zeros(len(xy), dtype=bool)
    is_town[towns] = True
    order = np.concatenate([np.array(towns, dtype=np.int64), np.flatnonzero(~is_town)])
    ranks = np.arange(1, len(towns) + 1)
    wobble = 1.0 + 0.12 * draws.fork("size").bell(ranks)
    persons = largest / ranks.astype(np.float64) ** exponent * np.clip(wobble, 0.7, 1.3)
    return order, len(towns), np.sort(np.round(persons))[::-1]


def _rank_size(area_km2: float) -> tuple[float, float]:
    """Persons of the largest town and the exponent of rank.

    A département of 3,000 km2 has a préfecture of 30,000 and few other towns; a country of
    500,000 km2 has a capital of two million and a full range of towns below it.
    """
    growth = math.log(max(area_km2, 300.0) / 3_000.0) / math.log(500_000.0 / 3_000.0)
    return 30_000.0 * (2_000_000.0 / 30_000.0) ** growth, 1.1 - 0.22 * max(growth, 0.0)


def _town_score(terrain: Terrain, xy: Floats, draws: Draws) -> Floats:
    score = 0.9 * draws.fork("score").uniform(np.arange(len(xy)))
    score -= 1.2 * smooth_step(terrain.height_m(xy), 250.0, 900.0)
    score -= 0.7 * (np.sqrt((xy**2).sum(axis=1)) / terrain.radius_m) ** 2
    score += 0.25 * (terrain.mainland_m(xy) < 3_500.0) * (xy[:, 0] < 0)  # ports
    for river in terrain.rivers:
        distance = np.abs(xy[:, 1] - river.line_y(xy[:, 0]))
        near = (1.0 - smooth_step(distance, 800.0, 3_500.0)) * (xy[:, 0] < river.source_x)
        score += 0.8 * near
    return score


# -- how many people ------------------------------------------------------------------------


def _village_persons(terrain: Terrain, xy: Floats, setting: Ints, draws: Draws) -> Floats:
    """Log-normal sizes around 260 persons, smaller on the heights and in the valley."""
    spread = np.exp(0.75 * draws.fork("village").bell(np.arange(len(xy))))
    high = smooth_step(terrain.height_m(xy), 350.0, 1_100.0)
    persons = 260.0 * spread * (1.0 - 0.62 * high)
    persons[setting == 1] = np.clip(persons[setting == 1], 70.0, 210.0)
    persons[setting == 2] = 620.0 + 300.0 * spread[setting == 2]
    return np.clip(np.round(persons, 3), 28.0, 1_150.0)


def _add_suburbs(persons: Floats, xy: Floats, n_towns: int) -> None:
    """Communes around large towns have several times the persons of others, in place."""
    villages = np.arange(n_towns, len(xy))
    if len(villages) == 0:
        return
    around = Nearest(xy[villages])
    for town in range(n_towns):
        if persons[town] < 8_000:
            break
        radius = 2_600.0 * math.sqrt(persons[town] / 10_000.0)
        near = villages[around.find_around(xy[town], radius)]
        delta = xy[near] - xy[town]
        share = 1.0 - np.sqrt((delta**2).sum(axis=1)) / radius
        persons[near] *= 1.0 + 5.0 * share * share * min(3.0, persons[town] / 30_000.0 + 0.6)


def _persons_per_junction(persons: Floats) -> Floats:
    growth = np.clip((np.sqrt(persons) - 17.0) / 500.0, 0.0, 1.0)
    return PERSONS_PER_JUNCTION_VILLAGE + growth * (
        PERSONS_PER_JUNCTION_CITY - PERSONS_PER_JUNCTION_VILLAGE
    )
