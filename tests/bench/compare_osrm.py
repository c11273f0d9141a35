"""OSM file to index, and the 8 nearest of 1,000 counters for 5,000 places: maillage beside OSRM.

    python tests/bench/compare_osrm.py [porto] [andorra] [--osrm PYTHON]

`--osrm` names a Python 3.12 that has the wheel `osrm-bindings`; OSRM is then timed on the same file
and points by `../shared/peers/peer_osrm.py` right before maillage (contraction hierarchy, two
threads). OSRM has no question for the nearest of many, so its users ask for the whole table and
sort it; sorting is not counted. maillage is timed through its public calls: reading the file and
building the hierarchy, then `roads.nearest` on frames of coordinates, attaching included, and once
more with places and counters attached beforehand (`roads.attach`), as a territory keeps them, its
table included. Medians of five.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

import maillage as ml

SHARED = Path(__file__).resolve().parents[3] / "shared"
FILES = {"porto": "porto_portugal.osm.pbf", "andorra": "andorra-valhalla.osm.pbf"}
ROUNDS = 5
THREADS = 2
N_PLACES, N_COUNTERS, K = 5000, 1000, 8


def time_median(ask: Callable[[], Any]) -> tuple[Any, float]:
    """What the last of five calls gave, and the median of their seconds."""
    seconds = []
    found = None
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = ask()
        seconds.append(time.perf_counter() - started)
    return found, float(np.median(seconds))


def draw_points(roads: ml.RoadNetwork, n: int, seed: int) -> pd.DataFrame:
    """Points some thirty metres beside roads of the main component."""
    rng = np.random.default_rng(seed)
    segments = roads.segments()
    lines = segments.geometry[segments["is_main"]].sample(n, random_state=seed, replace=True)
    points = shapely.line_interpolate_point(lines.to_numpy(), rng.random(n), normalized=True)
    at = shapely.get_coordinates(points) + rng.normal(0, 0.0003, (n, 2))
    return pd.DataFrame({"id": [f"{seed}-{i}" for i in range(n)], "lon": at[:, 0], "lat": at[:, 1]})


def ask_osrm(
    python: str, pbf: Path, places: pd.DataFrame, counters: pd.DataFrame
) -> dict[str, Any]:
    """What the peer's own script says: seconds to build and to answer."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, points in (("places", places), ("counters", counters)):
            files.append(str(Path(folder) / f"{name}.csv"))
            points.to_csv(files[-1], index=False)
        script = SHARED / "peers" / "peer_osrm.py"
        command = [python, str(script), str(pbf), *files, "--repeat", str(ROUNDS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(name: str, osrm: str | None) -> None:
    pbf = SHARED / "data" / "osm" / FILES[name]
    how: dict[str, Any] = {"threads": THREADS, "progress": False}
    roads = ml.read_roads(pbf, "car", **how)
    places, counters = draw_points(roads, N_PLACES, 1), draw_points(roads, N_COUNTERS, 2)
    peer = None if osrm is None else ask_osrm(osrm, pbf, places, counters)
    roads, index_s = time_median(lambda: ml.read_roads(pbf, "car", **how).prepare(**how))
    _, call_s = time_median(lambda: roads.nearest(places, counters, K, **how))
    attached = [roads.attach(points, **how) for points in (places, counters)]
    _, attached_s = time_median(lambda: roads.nearest(*attached, K, **how))
    print(f"{name}: file to index {index_s:.2f} s; {K} nearest of {N_COUNTERS} for {N_PLACES}:")
    print(f"  maillage {1e3 * call_s:.1f} ms, places attached beforehand {1e3 * attached_s:.1f} ms")
    if peer:
        table = peer["table_s"]
        print(
            f"  OSRM CH: file to index {peer['build_s']:.2f} s; table {table:.2f} s; "
            f"ratio {table / call_s:.0f}, attached beforehand {table / attached_s:.0f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["porto", "andorra"])
    parser.add_argument("--osrm", help="a Python that has osrm-bindings")
    asked = parser.parse_args()
    for territory in asked.names:
        compare(territory, asked.osrm)
