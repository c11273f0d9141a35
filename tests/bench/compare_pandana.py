"""The k nearest of many counters from every node of a network: maillage beside pandana.

    python tests/bench/compare_pandana.py [corse] [usa]

Both answer the same question on the same graph in the same process, in turns, five times each after
a tenth of a second of asking: k = 8 counters by travel time from every node, with their ids.
maillage's figure is the whole call, its data frame included (a row a node and rank); pandana's is
`nearest_pois` with ids (its frame has a row a node). Both have built their hierarchies and attached
the counters beforehand; maillage is timed with a frame of counters, too. Times are medians on two
threads, the ratio is the median of those of the rounds. All labels are compared first: pandana
counts in double, so equal times may come in another order; it keeps a thousandth of the unit it is
given, here seconds.

`usa` is the graph of the north-east of the United States without its lengths: every road gets a
time of 5 to 60 seconds, drawn with a fixed seed, which is harder on hierarchies than real roads.
Needs pandana (dependency group `bench`).
"""

from __future__ import annotations

import lzma
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import maillage as ml

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
K = 8
ROUNDS = 5
WARM_UP_S = 0.1
THREADS = 2
FAR_S = 1_000_000.0  # farther than anything


def read_corse() -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Nodes, directed edges (rows of nodes, seconds) and a number of counters."""
    nodes = pd.read_csv(DATA / "corse" / "road_nodes.csv.gz", dtype={"id": str})
    edges = pd.read_csv(DATA / "corse" / "road_edges_car.csv.gz", dtype={"from": str, "to": str})
    rows = pd.Index(nodes["id"])
    ends = {side: rows.get_indexer(pd.Index(edges[side])) for side in ("from", "to")}
    return nodes, pd.DataFrame({**ends, "time_s": edges["time_s"]}), 400


def read_usa() -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """As `read_corse`; the graph has no coordinates, so its nodes stand side by side."""
    with lzma.open(DATA / "graphs" / "usa_northeast.gr.xz", "rt") as file:
        n = int(file.readline().split()[2])
        pairs = pd.read_csv(file, sep=" ", names=["from", "to"]).to_numpy() - 1
    seconds = np.random.default_rng(1).integers(5, 61, len(pairs)).astype(float)
    row = np.arange(n)
    nodes = pd.DataFrame({"id": row.astype(str), "lon": 1 + row * 1e-9, "lat": 45.0})
    both = np.concatenate([pairs, pairs[:, ::-1]])
    times = np.concatenate([seconds, seconds])
    return nodes, pd.DataFrame({"from": both[:, 0], "to": both[:, 1], "time_s": times}), 4000


def ask_maillage(
    nodes: pd.DataFrame, edges: pd.DataFrame, rows: np.ndarray
) -> tuple[Any, Any, float]:
    """Calls that answer, counters attached and not, and how long the hierarchy took."""
    ids = nodes["id"].to_numpy()
    named = pd.DataFrame(
        {"from": ids[edges["from"]], "to": ids[edges["to"]], "time_s": edges["time_s"]}
    )
    roads = ml.build_roads(nodes[["id", "lon", "lat"]], named, progress=False)
    counters = pd.DataFrame({"id": ids[rows], "node": ids[rows]})
    attached = roads.attach(counters)
    started = time.perf_counter()
    roads.prepare(threads=THREADS)
    built = time.perf_counter() - started
    how: dict[str, Any] = {"threads": THREADS, "progress": False}
    return (
        lambda: roads.nearest(None, attached, K, **how),
        lambda: roads.nearest(None, counters, K, **how),
        built,
    )


def ask_pandana(nodes: pd.DataFrame, edges: pd.DataFrame, rows: np.ndarray) -> tuple[Any, float]:
    import pandana

    started = time.perf_counter()
    network = pandana.Network(
        nodes["lon"],
        nodes["lat"],
        edges["from"],
        edges["to"],
        pd.DataFrame({"time_s": edges["time_s"]}),
        twoway=False,
    )
    built = time.perf_counter() - started
    network.set_pois("counters", FAR_S, K, nodes["lon"].iloc[rows], nodes["lat"].iloc[rows])
    return lambda: network.nearest_pois(FAR_S, "counters", K, include_poi_ids=True), built


def time_in_turns(asks: Sequence[Callable[[], Any]]) -> np.ndarray:
    """ROUNDS x calls: seconds of calls that take turns, each after a tenth of a second of asking.

    Turns, because a machine shared with others is now faster, now slower, for seconds. The pause
    lets threads that wait actively for more work fall asleep: they would take a processor from
    whoever is asked next.
    """
    seconds = np.empty((ROUNDS, len(asks)))
    for at in np.ndindex(seconds.shape):
        ask = asks[at[1]]
        time.sleep(1)
        begun = time.perf_counter()
        while time.perf_counter() < begun + WARM_UP_S:
            ask()
        started = time.perf_counter()
        ask()
        seconds[at] = time.perf_counter() - started
    return seconds


def check_same(found: pd.DataFrame, expected: pd.DataFrame) -> float:
    """The largest difference in seconds between two answers."""
    seconds = 60 * found["travel_time"].to_numpy().reshape(-1, K)
    theirs = expected.iloc[:, :K].to_numpy(dtype=float)
    theirs = np.where(theirs >= FAR_S, np.nan, theirs)
    if not np.array_equal(np.isnan(seconds), np.isnan(theirs)):
        raise SystemExit("one finds counters that the other does not")
    return float(np.nanmax(np.abs(seconds - theirs)))


def compare(name: str) -> None:
    nodes, edges, n_counters = {"corse": read_corse, "usa": read_usa}[name]()
    rows = np.sort(np.random.default_rng(400).choice(len(nodes), n_counters, replace=False))
    ours, ours_from_frame, our_build = ask_maillage(nodes, edges, rows)
    theirs, their_build = ask_pandana(nodes, edges, rows)
    difference = check_same(ours(), theirs())
    seconds = time_in_turns([ours, theirs, ours_from_frame])
    our_time, their_time, frame_time = np.median(seconds, axis=0)
    ratio = np.median(seconds[:, 1] / seconds[:, 0])
    print(
        f"{name}: {len(nodes):,} nodes, {len(edges):,} directed edges, {n_counters:,} counters, "
        f"k = {K}, {THREADS} threads\n"
        f"  nearest    maillage {1e3 * our_time:10.2f} ms   pandana {1e3 * their_time:10.2f} ms   "
        f"ratio {ratio:.0f}\n"
        f"  from a frame of counters  {1e3 * frame_time:.2f} ms\n"
        f"  hierarchy  maillage {our_build:10.2f} s    pandana {their_build:10.2f} s\n"
        f"  largest difference {1e3 * difference:.1f} ms"
    )


if __name__ == "__main__":
    for graph in sys.argv[1:] or ["corse", "usa"]:
        compare(graph)
