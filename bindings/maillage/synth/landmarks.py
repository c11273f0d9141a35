"""What real OSM files hold beside roads: names of places and rivers, which readers must skip."""

from __future__ import annotations

import numpy as np

from maillage.synth.arrays import Floats, Ints
from maillage.synth.communes import Communes
from maillage.synth.names import RIVERS
from maillage.synth.osm import NODE_ID_STEP, OsmData
from maillage.synth.settlements import Settlements
from maillage.synth.terrain import Frame, Terrain

_RIVER_STEP = 5  # points of a river's line between two nodes: 300 m
_TOWN_PERSONS = {"city": 30_000.0, "town": 2_000.0, "village": 120.0, "hamlet": 0.0}


def add_landmarks(
    data: OsmData, terrain: Terrain, settlements: Settlements, communes: Communes
) -> None:
    """Adds a named node per settlement and a way per stretch of river, in place."""
    _add_place_names(data, settlements, communes)
    for number, river in enumerate(terrain.rivers):
        line = np.column_stack([river.x, river.y])[::-_RIVER_STEP]  # from the source down
        on_land = np.flatnonzero(terrain.is_land(line))
        tags = [("waterway", "river"), ("name", f"La {RIVERS[number % len(RIVERS)]}")]
        for stretch in np.split(on_land, np.flatnonzero(np.diff(on_land) > 1) + 1):
            if len(stretch) > 3:
                _add_way(data, line[stretch], tags)


def _add_place_names(data: OsmData, settlements: Settlements, communes: Communes) -> None:
    first_set = len(data.tag_sets)
    for name, persons in zip(communes.name, settlements.persons.tolist(), strict=True):
        kind = next(kind for kind, least in _TOWN_PERSONS.items() if persons >= least)
        tags = [("place", kind), ("name", name), ("population", f"{persons:.0f}")]
        data.tag_sets.append(tags)
    # beside the crossing in the middle, on nothing that is a road
    tag_set = first_set + np.arange(len(communes))
    _add_nodes(data, settlements.xy + np.array([7.0, 5.0]), tag_set)


def _add_way(data: OsmData, line: Floats, tags: list[tuple[str, str]]) -> None:
    first = len(data.node_id)
    _add_nodes(data, line, np.full(len(line), -1))
    data.refs = np.concatenate([data.refs, data.node_id[first:]])
    data.way_offsets = np.append(data.way_offsets, len(data.refs))
    data.way_id = np.append(data.way_id, data.way_id[-1] + 1)
    data.way_tag_set = np.append(data.way_tag_set, len(data.tag_sets)).astype(np.int32)
    data.tag_sets.append(tags)


def _add_nodes(data: OsmData, xy: Floats, tag_set: Ints) -> None:
    lon, lat = Frame().to_lonlat(xy)
    ids = data.node_id[-1] + NODE_ID_STEP * (1 + np.arange(len(xy)))
    data.node_id = np.concatenate([data.node_id, ids])
    data.lon, data.lat = np.concatenate([data.lon, lon]), np.concatenate([data.lat, lat])
    data.node_tag_set = np.concatenate([data.node_tag_set, tag_set]).astype(np.int32)
