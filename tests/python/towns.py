"""Small territories whose answers a person can work out, written as the files people have.

`write_valley(folder)` writes one valley; its figures stand in the drawing below, so that
every expected number of a test can be added up by hand:

    minutes by car (metres: walkers do 75 m a minute, the old 50; roads may be walked both ways)

      A ---5--- B ---10--- C ---20--- F          far (off every road)
        1500 m    7500 m   |  15000 m
                           8 (6000 m), one way down
                           v
                  4 (3000) D
                  ^        2 (1500 m), one way
                  |        v
                  C <----- E                     E leads back up to C only

    places     a at A, b at B, d at D, f at F, far at sea
    counters   K1 at A (bureau: post 2, bank 1), 002 at D (agence: post 1), 2A7 at F (impots: tax 2)

`write_random_territory(folder, seed)` writes one whose answers only another method knows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import maillage as ml

# Nodes on a parabola: no road passes by a node that is not its end.
NODES = {name: (9.0 + 0.001 * i, 42.0 + 0.0001 * i * i) for i, name in enumerate("ABCDEF")}

# from, to, minutes by car, metres, way; two rows make a road for both directions.
ROADS = [
    ("A", "B", 5, 1500, 1),
    ("B", "A", 5, 1500, 1),
    ("B", "C", 10, 7500, 2),
    ("C", "B", 10, 7500, 2),
    ("C", "D", 8, 6000, 3),
    ("D", "E", 2, 1500, 4),
    ("E", "C", 4, 3000, 5),
    ("C", "F", 20, 15000, 6),
    ("F", "C", 20, 15000, 6),
]

PLACES = pd.DataFrame(
    {
        "id": ["a", "b", "d", "f", "far"],
        "nom": ["Amont", "Bourg", "Dessous", "Fond", "Au large"],
        "lon": [NODES["A"][0], NODES["B"][0], NODES["D"][0], NODES["F"][0], 11.0],
        "lat": [NODES["A"][1], NODES["B"][1], NODES["D"][1], NODES["F"][1], 42.0],
        "commune": ["01004", "2A004", "2A004", "2B033", None],
        "n_young": [100.0, 80.0, 60.0, 40.0, 10.0],
        "n_old": [50.0, 40.0, 20.0, 60.0, 5.0],
    }
)

COMMUNES = pd.DataFrame(
    {
        "insee": ["01004", "2A004", "2B033"],
        "nom": ["Amont-le-Haut", "Le Bourg", "Fond-de-Vallée"],
        "dep": ["01", "2A", "2A"],
    }
)

COUNTERS = pd.DataFrame(
    {
        "code": ["K1", "002", "2A7"],
        "nom": ["Amont", "Dessous", "Fond"],
        "lon": [NODES["A"][0], NODES["D"][0], NODES["F"][0]],
        "lat": [NODES["A"][1], NODES["D"][1], NODES["F"][1]],
        "sorte": ["bureau", "agence", "impots"],
        "heures": ["Mo-Fr 09:00-12:00", None, "Mo 14:00-17:00"],
    }
)

TOML = """\
format = 1
name = "{name}"
[places]
file = "{places}"
key = "id"
name = "nom"
{place_points}
[zonings.commune]
column = "commune"
{communes}
[zonings.departement]
of = "commune"
file = "communes.csv"
key = "insee"
column = "dep"
[groups.young]
persons = "n_young"
ability = {{ p_b = 0.2, p_c = 0.1, n = 500, year = 2020, source = "made up" }}
car_share = 0.8
walk_speed_kmh = 4.5
[groups.old]
persons = "n_old"
ability = {{ p_b = 0.3, p_c = 0.4 }}
car_share = 0.5
walk_speed_kmh = 3.0
{connectivity}
[services.post]
operator_phone = {{ reach = 0.8, resolution = 0.5 }}
[services.bank]
[services.tax]
[counters]
file = "counters.csv"
key = "code"
name = "nom"
kind = "sorte"
opening_hours = "heures"
lon = "lon"
lat = "lat"
[counters.kinds]
bureau = {{ post = 2, bank = 1 }}
agence = {{ post = 1 }}
relais = {{ post = 1 }}
impots = {{ tax = 2 }}
[networks]
nodes = "nodes.csv"
edges = "edges.csv"
{modes}
[parameters]
limit_min = 20
{parameters}
"""

MODES = "[networks.car]\n[networks.walk]\nboth_ways = true\n"

CONNECTIVITY = """\
[connectivity]
file = "fibre.csv"
key = "id"
wired_8 = "w8"
mobile_4g = "m4"
"""


@dataclass(frozen=True)
class Valley:
    """What stands in the files of a valley; the defaults are the drawing above."""

    name: str = "Vallée"
    places: pd.DataFrame = field(default_factory=PLACES.copy)
    counters: pd.DataFrame = field(default_factory=COUNTERS.copy)
    communes: pd.DataFrame = field(default_factory=COMMUNES.copy)
    roads: Sequence[tuple[str, str, float, float, int]] = tuple(ROADS)
    nodes: Mapping[str, tuple[float, float]] = field(default_factory=NODES.copy)
    fibre: pd.DataFrame | None = None
    modes: str = MODES
    parameters: str = ""
    geometry_crs: str | None = None  # places as a GPKG in this CRS instead of a CSV


# The same valley with its nodes two kilometres apart: who loses a road finds no other near by.
SPREAD = {name: (9 + 20 * (lon - 9), 42 + 20 * (lat - 42)) for name, (lon, lat) in NODES.items()}


def spread(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of points with those of NODES where SPREAD has them."""
    moved = {point: SPREAD[name] for name, point in NODES.items()}
    points = [moved.get(p, p) for p in zip(frame["lon"], frame["lat"], strict=True)]
    return frame.assign(lon=[lon for lon, _ in points], lat=[lat for _, lat in points])


def nodes_frame(nodes: Mapping[str, tuple[float, float]] = NODES) -> pd.DataFrame:
    """Nodes as `build_roads` takes them."""
    rows = [(name, lon, lat) for name, (lon, lat) in nodes.items()]
    return pd.DataFrame(rows, columns=["id", "lon", "lat"])


def edges_frame(roads: Sequence[tuple[str, str, float, float, int]] = ROADS) -> pd.DataFrame:
    """Roads as `build_roads` takes them: seconds by car, metres."""
    rows = [(a, b, 60.0 * minutes, metres, way) for a, b, minutes, metres, way in roads]
    return pd.DataFrame(rows, columns=["from", "to", "time_s", "length_m", "way"])


def write_valley(folder: Path, **changes: Any) -> Path:
    """Writes the files of a valley into a folder; the path of its `territory.toml`."""
    valley = Valley(**changes)
    folder.mkdir(parents=True, exist_ok=True)
    points = 'lon = "lon"\nlat = "lat"'
    places = "places.csv"
    if valley.geometry_crs is None:
        valley.places.to_csv(folder / places, index=False)
    else:
        places, points = "places.gpkg", ""
        to_layer(valley.places).to_crs(valley.geometry_crs).to_file(folder / places)
    valley.counters.to_csv(folder / "counters.csv", index=False)
    valley.communes.to_csv(folder / "communes.csv", index=False)
    nodes_frame(valley.nodes).to_csv(folder / "nodes.csv", index=False)
    edges_frame(valley.roads).to_csv(folder / "edges.csv", index=False)
    if valley.fibre is not None:
        valley.fibre.to_csv(folder / "fibre.csv", index=False)
    text = TOML.format(
        name=valley.name,
        places=places,
        place_points=points,
        communes='file = "communes.csv"\nkey = "insee"\nname = "nom"',
        connectivity="" if valley.fibre is None else CONNECTIVITY,
        modes=valley.modes,
        parameters=valley.parameters,
    )
    path = folder / "territory.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read_valley(folder: Path, **changes: Any) -> ml.Territory:
    """The territory of `write_valley`."""
    return ml.read_territory(write_valley(folder, **changes), progress=False)


def find_times(territory: ml.Territory, service: str = "post", **how) -> dict[str, list]:
    """Counter and minutes of every place, in the order of ranks."""
    found = territory.nearest(service, **how)
    return {
        place: [
            (None if pd.isna(c) else c, None if math.isnan(t) else t)
            for c, t in zip(rows["counter"], rows["travel_time"], strict=True)
        ]
        for place, rows in found.groupby("place", sort=False)
    }


def to_layer(places: pd.DataFrame) -> Any:
    """Places as points in WGS84, without their coordinate columns."""
    import geopandas as gpd

    points = gpd.points_from_xy(places["lon"], places["lat"], crs=4326)
    return gpd.GeoDataFrame(places.drop(columns=["lon", "lat"]), geometry=points)


def write_random_territory(folder: Path, seed: int) -> Path:
    """A territory of chance: two dozen places, a dozen counters, one-way streets, equal times."""
    rng = np.random.default_rng(seed)
    n_nodes, n_places, n_counters = 30, 24, 12
    nodes = {f"n{i}": (9 + 0.004 * rng.random(), 42 + 0.004 * rng.random()) for i in range(n_nodes)}
    roads = []
    for i in range(n_nodes):  # a ring, so that everything is connected, and chords
        roads.append((f"n{i}", f"n{(i + 1) % n_nodes}", int(rng.integers(1, 6)), 600, i))
    for way in range(n_nodes, 3 * n_nodes):
        a, b = rng.choice(n_nodes, 2, replace=False)
        minutes, metres = int(rng.integers(1, 6)), float(rng.integers(600, 4000))
        roads.append((f"n{a}", f"n{b}", minutes, metres, way))
        if rng.random() < 0.7:
            roads.append((f"n{b}", f"n{a}", minutes, metres, way))

    def draw_points(n: int) -> dict[str, Any]:
        names = rng.choice(list(nodes), n)
        shift = rng.choice([0, 0.0005], (n, 2)) * rng.random((n, 2))
        return {
            "lon": [nodes[name][0] + shift[i, 0] for i, name in enumerate(names)],
            "lat": [nodes[name][1] + shift[i, 1] for i, name in enumerate(names)],
        }

    places = pd.DataFrame(
        {
            "id": [f"p{i:02}" for i in range(n_places)],
            "nom": [f"Place {i}" for i in range(n_places)],
            **draw_points(n_places),
            "commune": rng.choice(list(COMMUNES["insee"]), n_places),
            "n_young": np.round(100 * rng.random(n_places), 1),
            "n_old": np.round(50 * rng.random(n_places), 1),
        }
    )
    counters = pd.DataFrame(
        {
            "code": [f"K{i:02}" for i in range(n_counters)],
            "nom": [f"Counter {i}" for i in range(n_counters)],
            **draw_points(n_counters),
            "sorte": rng.choice(["bureau", "agence", "relais", "impots"], n_counters),
            "heures": None,
        }
    )
    fibre = pd.DataFrame(
        {
            "id": places["id"],
            "w8": np.round(rng.random(n_places), 2),
            "m4": np.round(rng.random(n_places), 2),
        }
    )
    return write_valley(
        folder,
        name=f"Hasard {seed}",
        places=places,
        counters=counters,
        nodes=nodes,
        roads=roads,
        fibre=fibre,
    )


def draw_scenario(territory: ml.Territory, rng: np.random.Generator, n_edits: int) -> ml.Scenario:
    """A scenario of random edits of every kind that fits the territory as it stands."""
    scenario = ml.Scenario(f"{n_edits} draws")
    counters = territory.counters.set_index("key")
    is_open = {str(key): bool(row["open"]) for key, row in counters.iterrows()}
    ways = list(range(30, 90))

    def pick(wanted: bool) -> str | None:
        keys = [key for key, state in is_open.items() if state == wanted]
        return str(rng.choice(keys)) if keys else None

    def draw_point() -> dict[str, float]:
        return {
            "lon": 9 + 0.004 * float(rng.random()),
            "lat": 42 + 0.004 * float(rng.random()),
        }

    for _ in range(n_edits):
        kind = rng.choice(
            ["close", "close", "close", "reopen", "open", "move", "convert", "people", "fibre"]
            + ["speed"] * (rng.random() < 0.3)
            + ["road"] * (rng.random() < 0.3)
        )
        key = pick(kind != "reopen")
        if kind in ("close", "reopen", "move", "convert") and key is None:
            continue
        if kind == "close":
            scenario, is_open[key] = scenario.close(key), False
        elif kind == "reopen":
            scenario, is_open[key] = scenario.open(key), True
        elif kind == "open":
            new = f"N{len(is_open)}"
            level = int(rng.integers(1, 3))
            scenario = scenario.open(new, **draw_point(), services={"post": level})
            is_open[new] = True
        elif kind == "move":
            scenario = scenario.move(key, **draw_point())
        elif kind == "convert":
            scenario = scenario.convert(key, kind=str(rng.choice(["bureau", "agence", "impots"])))
        elif kind == "people":
            scenario = scenario.set_population(
                zoning="commune",
                area=str(rng.choice(territory.zonings["commune"].codes)),
                factor=round(2 * float(rng.random()), 2),
            )
        elif kind == "fibre":
            place = str(rng.choice(territory.places["place"]))
            scenario = scenario.set_connectivity(place, wired_8=round(float(rng.random()), 2))
        elif kind == "speed":
            scenario = scenario.set_speed(ways=[int(rng.choice(ways))], factor=0.5)
        else:
            scenario = scenario.close_road(ways=[int(rng.choice(ways))])
    return scenario
