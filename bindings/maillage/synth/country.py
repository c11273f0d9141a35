"""Builds a whole invented country: land, towns, roads, people, counters, networks, coaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maillage.errors import InputError
from maillage.synth.arrays import Ints
from maillage.synth.coaches import Line, Trip, build_lines, build_trips
from maillage.synth.communes import Communes, build_communes
from maillage.synth.connectivity import Fibre, Mobile, build_fibre, build_mobile
from maillage.synth.counter_kinds import KINDS
from maillage.synth.counters import Counters, build_counters
from maillage.synth.draws import Draws
from maillage.synth.junctions import build_junctions
from maillage.synth.landmarks import add_landmarks
from maillage.synth.osm import MappedRoads, OsmData, map_roads
from maillage.synth.population import (
    REFUGE_PERSONS,
    Population,
    build_population,
    place_dwellings,
)
from maillage.synth.roads import add_refuge, build_road_set
from maillage.synth.settlements import SettledFields, Settlements, build_settlements
from maillage.synth.terrain import Terrain

Report = Callable[[str, int, int], None]

# INSEE publishes 1 km and 200 m cells; 68 % of France's 1 km cells are inhabited, 17 % of its
# 200 m cells. More cells than France has of 1 km can only be smaller ones.
LARGE_CELL_M, SMALL_CELL_M = 1_000, 200
MOST_LARGE_CELLS = 400_000
_INHABITED = {LARGE_CELL_M: 0.58, SMALL_CELL_M: 0.17}
# Road nodes per cell: 17 per km2 of land with large cells, 2.5 per cell with small ones.
_NODES_PER_CELL = {LARGE_CELL_M: 30.0, SMALL_CELL_M: 2.5}
# Crossings among all nodes; the rest gives the roads their bends.
_JUNCTION_SHARE = 0.19
FEWEST_PLACES = 150
MOST_PLACES = 4_000_000


@dataclass(frozen=True)
class SynthCountry:
    """An invented country in memory; `write_country` writes it as the files of its users.

    `n_places`, `n_counters`, `seed`, `cell_m` are what it was built from; `centre` is the
    point of the road set at each settlement.
    """

    n_places: int
    n_counters: int
    seed: int
    cell_m: int
    name: str
    settlements: Settlements
    communes: Communes
    population: Population
    counters: Counters
    mapped: MappedRoads
    mobile: Mobile
    fibre: Fibre
    lines: list[Line]
    trips: list[Trip]
    centre: Ints

    @property
    def osm(self) -> OsmData:
        """The roads as OpenStreetMap columns."""
        return self.mapped.data

    def summary(self) -> dict[str, int]:
        """How many there are of each thing."""
        return {
            "places": len(self.population.lon),
            "persons": round(float(self.population.persons.sum())),
            "communes": len(self.communes),
            "counters": len(self.counters),
            "road nodes": len(self.osm.node_id),
            "road ways": len(self.osm.way_id),
            "coach lines": len(self.lines),
        }


def build_country(
    n_places: int,
    n_counters: int,
    seed: int,
    *,
    road_nodes: int | None = None,
    cell_m: int | None = None,
    report: Report | None = None,
) -> SynthCountry:
    """An invented country with `n_places` inhabited cells and `n_counters` counters.

    The same numbers give the same country on every machine. Communes follow (about one per
    14 km2), and so do persons and road nodes. `cell_m` is 1000 or 200 metres, by default
    1000 up to 400,000 places, then 200; `road_nodes` is about met.

    `report` is called with (step, done, total). Raises InputError for numbers out of range.
    """
    cell_m = _check_numbers(n_places, n_counters, cell_m)
    step = _Steps(report)
    area_km2 = n_places * (cell_m / 1000.0) ** 2 / _INHABITED[cell_m]
    n_nodes = road_nodes or round(n_places * _NODES_PER_CELL[cell_m])
    step("land")
    terrain = Terrain(area_km2, seed)
    step("towns")
    settlements = build_settlements(terrain, seed)
    fields = SettledFields(terrain, settlements, seed)
    step("crossings")
    junctions, settlements = build_junctions(
        terrain, settlements, fields, round(n_nodes * _JUNCTION_SHARE)
    )
    step("roads")
    roads = build_road_set(terrain, junctions, settlements, seed)
    roads, refuge = add_refuge(roads, terrain, cell_m)
    step("bends")
    mapped = map_roads(roads, n_nodes, Draws(seed, "osm"))
    step("communes")
    communes = build_communes(terrain, settlements, seed)
    add_landmarks(mapped.data, terrain, settlements, communes)
    step("people")
    dwellings = place_dwellings(
        mapped, junctions.persons, junctions.centre, Draws(seed, "population")
    )
    if refuge is not None:
        dwellings = dwellings.with_hamlet(refuge, REFUGE_PERSONS)
    population = build_population(
        dwellings, communes, (n_places, float(settlements.persons.sum()), cell_m),
        Draws(seed, "population"),
    )  # fmt: skip
    step("counters")
    counters = build_counters(n_counters, settlements, communes, roads, seed=seed)
    step("networks")
    mobile, signal = build_mobile(terrain, settlements, roads, seed)
    fibre = build_fibre(settlements, communes, population, signal, Draws(seed, "fibre"))
    step("coaches")
    lines = build_lines(roads, settlements)
    trips = build_trips(lines, Draws(seed, "coaches"))
    step("files")
    return SynthCountry(
        n_places=n_places,
        n_counters=n_counters,
        seed=seed,
        cell_m=cell_m,
        name=_country_name(communes),
        settlements=settlements,
        communes=communes,
        population=population,
        counters=counters,
        mapped=mapped,
        mobile=mobile,
        fibre=fibre,
        lines=lines,
        trips=trips,
        centre=junctions.centre,
    )


class _Steps:
    """Tells whoever looks on which step begins."""

    TOTAL = 10

    def __init__(self, report: Report | None) -> None:
        self._report = report
        self._done = 0

    def __call__(self, name: str) -> None:
        if self._report is not None:
            self._report(name, self._done, self.TOTAL)
        self._done += 1


def _check_numbers(n_places: int, n_counters: int, cell_m: int | None) -> int:
    if not FEWEST_PLACES <= n_places <= MOST_PLACES:
        raise InputError(f"places is {n_places}, expected {FEWEST_PLACES}..{MOST_PLACES}")
    if not 2 * len(KINDS) <= n_counters <= n_places:
        raise InputError(
            f"counters is {n_counters}, expected {2 * len(KINDS)}..{n_places} for so many places"
        )
    if cell_m is None:
        return LARGE_CELL_M if n_places <= MOST_LARGE_CELLS else SMALL_CELL_M
    if cell_m not in _INHABITED:
        raise InputError(f"cell_m is {cell_m}, expected {LARGE_CELL_M} or {SMALL_CELL_M}")
    return cell_m


def _country_name(communes: Communes) -> str:
    names = sorted(set(communes.departement_name))
    return names[0] if len(names) == 1 else f"Invented country of {len(names)} départements"
