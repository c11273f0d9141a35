"""How time and memory grow with the network: 10^4 to 5x10^6 nodes of invented countries, plotted.

    python tests/bench/growth.py [--folder DIR] [--out growth.png]

Each size runs in a process of its own on a country that `maillage synth` writes (kept in `--folder`
for the next time): reading the file, building the hierarchy, and the k = 8 nearest of one counter
per hundred nodes (at most 20,000) from every node, on two threads. Nearest is the median of five
calls, table included; memory is the largest that the process ever held.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import maillage as ml

PLACES = (400, 1_300, 4_000, 13_000, 40_000, 130_000, 200_000)
ROUNDS = 5
THREADS = 2
K = 8


def measure(pbf: Path) -> dict[str, float]:
    how = {"threads": THREADS, "progress": False}
    started = time.perf_counter()
    roads = ml.read_roads(pbf, "car", **how)
    read_s = time.perf_counter() - started
    started = time.perf_counter()
    roads.prepare(**how)
    hierarchy_s = time.perf_counter() - started
    n = roads.summary()["n_nodes"]
    rng = np.random.default_rng(1)
    rows = np.sort(rng.choice(n, min(n // 100, 20_000), replace=False))
    nodes = pd.Series(roads._core.osm_node_ids[rows]).drop_duplicates()
    counters = pd.DataFrame({"id": nodes.astype(str), "node": nodes})
    seconds = []
    for _ in range(ROUNDS + 1):  # the first one attaches the nodes
        started = time.perf_counter()
        roads.nearest(None, counters, K, **how)
        seconds.append(time.perf_counter() - started)
    return {
        "n_nodes": n,
        "read_s": read_s,
        "hierarchy_s": hierarchy_s,
        "nearest_s": float(np.median(seconds[1:])),
        "memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def measure_all(folder: Path) -> pd.DataFrame:
    from maillage.synth import write_synth

    rows = []
    for places in PLACES:
        pbf = folder / f"{places}" / "roads.osm.pbf"
        if not pbf.exists():
            write_synth(places=places, counters=100, seed=1, out=pbf.parent, progress=False)
        command = [sys.executable, __file__, "--measure", str(pbf)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout))
        print(rows[-1], flush=True)
    return pd.DataFrame(rows).sort_values("n_nodes")


def draw(table: pd.DataFrame, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, (times, memory) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    names = {"read_s": "read the file", "hierarchy_s": "hierarchy", "nearest_s": "nearest, k = 8"}
    for column, name in names.items():
        times.loglog(table["n_nodes"], table[column], marker="o", label=name)
    memory.loglog(table["n_nodes"], table["memory_gib"], marker="o", color="black")
    for axes, what in ((times, "seconds"), (memory, "GiB at most")):
        top = table["n_nodes"].max()
        low, high = axes.get_ylim()
        axes.loglog([top / 1e3, top], [high / 1e3, high], color="0.8", zorder=0, label="linear")
        axes.set(xlabel="road nodes", ylabel=what, ylim=(low, high))
        axes.grid(color="0.92", which="both")
    times.legend(frameon=False)
    figure.suptitle("An invented country grows (two threads)")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where countries are kept")
    parser.add_argument("--out", type=Path, default=Path("growth.png"))
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            result = measure_all(asked.folder or Path(scratch))
        print(result.round(3).to_string(index=False))
        draw(result, asked.out)
