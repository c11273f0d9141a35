"""From possible roads to the whole road set: hierarchy, motorways, streets, ferries, a footpath."""

from __future__ import annotations

import numpy as np

from maillage.synth import streets
from maillage.synth.arrays import Floats
from maillage.synth.classes import PATH
from maillage.synth.draws import Draws
from maillage.synth.hierarchy import build_road_plan
from maillage.synth.junctions import Junctions
from maillage.synth.motorways import add_motorways
from maillage.synth.plane import Nearest
from maillage.synth.roadset import RoadSet, new_pieces
from maillage.synth.settlements import Settlements
from maillage.synth.terrain import ORIGIN_X, ORIGIN_Y, Terrain

# The refuge stands this far from any road: beyond the usual snapping distance of 1,600 m.
REFUGE_M = (1_900.0, 3_600.0)


def build_road_set(
    terrain: Terrain, junctions: Junctions, settlements: Settlements, seed: int
) -> RoadSet:
    """All roads of the country; the first points are the crossings of `junctions`."""
    draws = Draws(seed, "streets")
    plan = build_road_plan(junctions, settlements, seed)
    roads = streets.build_roads(junctions, plan, draws)
    roads, gates = add_motorways(roads, plan.trunk_ways, settlements, terrain.area_km2)
    roads = streets.add_drives(roads, draws)
    streets.set_access(roads, draws)
    roads = streets.add_roundabouts(roads, gates, draws)
    roads = streets.add_ferries(roads, junctions.island)
    streets.set_one_ways(roads, draws)
    return roads


def add_refuge(roads: RoadSet, terrain: Terrain, cell_m: int) -> tuple[RoadSet, Floats | None]:
    """A hamlet in the mountains that only a footpath reaches, at the middle of a grid cell.

    Returns the roads and its place; None where every spot is near a road.
    """
    drivable = np.flatnonzero(roads.degrees(roads.for_cars()) > 0)
    low = terrain.valley.min(axis=0) - 5_000.0
    high = terrain.valley.max(axis=0) + 5_000.0
    first = np.floor((low + np.array([ORIGIN_X, ORIGIN_Y])) / 1_000.0)
    last = np.ceil((high + np.array([ORIGIN_X, ORIGIN_Y])) / 1_000.0)
    x, y = (np.arange(first[k], last[k]) * 1_000.0 + 0.5 * cell_m for k in (0, 1))
    spots = np.column_stack([np.tile(x, len(y)), np.repeat(y, len(x))])
    spots -= np.array([ORIGIN_X, ORIGIN_Y])
    spots = spots[terrain.is_land(spots, 600.0)]
    distance, near = Nearest(roads.xy[drivable]).find(spots)
    fits = (distance > REFUGE_M[0]) & (distance < REFUGE_M[1])
    if not fits.any():
        return roads, None
    best = int(np.argmin(np.where(fits, np.abs(distance - 2_300.0), np.inf)))
    xy = np.concatenate([roads.xy, spots[[best]]])
    path = new_pieces(
        xy, drivable[near[[best]]], np.array([roads.n_points]), PATH, mountain=0.9, urban=0.0
    )
    return roads.append(path), spots[best]
