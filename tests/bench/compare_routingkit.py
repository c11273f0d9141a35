"""Building a contraction hierarchy: maillage beside RoutingKit.

    git clone https://github.com/RoutingKit/RoutingKit
    make -C RoutingKit bin/compute_contraction_hierarchy
    python tests/bench/compare_routingkit.py \\
        RoutingKit/bin/compute_contraction_hierarchy [corse] [usa]

The same graphs as `compare_pandana.py`. RoutingKit builds on one thread, so maillage is asked for
one thread first and then for two. RoutingKit's time is the one that its program reports for the
building alone (files read and written are not counted); maillage's is that of `roads.prepare`
and, in brackets, with `build_roads` before it, which takes out chains and joins names: RoutingKit
is given row numbers and contracts chains like everything else. Medians of three, one program
after the other.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from compare_pandana import read_corse, read_usa

import maillage as ml

ROUNDS = 3


def write_graph(n_nodes: int, edges: pd.DataFrame, folder: Path) -> None:
    """The graph in RoutingKit's vectors: first_out, head, weight in milliseconds."""
    tail = edges["from"].to_numpy()
    order = np.argsort(tail, kind="stable")
    first_out = np.zeros(n_nodes + 1, dtype=np.uint32)
    np.cumsum(np.bincount(tail, minlength=n_nodes), out=first_out[1:])
    first_out.tofile(folder / "first_out")
    edges["to"].to_numpy()[order].astype(np.uint32).tofile(folder / "head")
    milliseconds = np.rint(1000 * edges["time_s"].to_numpy()[order]).astype(np.uint32)
    milliseconds.tofile(folder / "weight")


def time_routingkit(program: Path, folder: Path) -> float:
    """Seconds that RoutingKit says it took from the start of the building to its end."""
    files = [str(folder / name) for name in ("first_out", "head", "weight", "hierarchy")]
    started = time.perf_counter()
    run = subprocess.run([str(program), *files], capture_output=True, text=True, check=True)
    whole = time.perf_counter() - started
    said = re.findall(r"[Ff]inished.*?(\d+)\s*musec", run.stdout)
    return sum(int(t) for t in said) / 1e6 if said else whole


def time_maillage(nodes: pd.DataFrame, edges: pd.DataFrame, threads: int) -> tuple[float, float]:
    """Seconds of the hierarchy alone, and from the tables on."""
    ids = nodes["id"].to_numpy()
    named = pd.DataFrame(
        {"from": ids[edges["from"]], "to": ids[edges["to"]], "time_s": edges["time_s"]}
    )
    began = time.perf_counter()
    roads = ml.build_roads(nodes[["id", "lon", "lat"]], named, progress=False)
    started = time.perf_counter()
    roads.prepare(threads=threads)
    ended = time.perf_counter()
    return ended - started, ended - began


def compare(name: str, program: Path) -> None:
    nodes, edges, _ = {"corse": read_corse, "usa": read_usa}[name]()
    ours: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    theirs = []
    with tempfile.TemporaryDirectory() as folder:
        write_graph(len(nodes), edges, Path(folder))
        for _ in range(ROUNDS):
            theirs.append(time_routingkit(program, Path(folder)))
            for threads, found in ours.items():
                found.append(time_maillage(nodes, edges, threads))
    print(f"{name}: {len(nodes):,} nodes, {len(edges):,} directed edges")
    print(f"  RoutingKit, 1 thread   {np.median(theirs):8.3f} s")
    for threads, found in ours.items():
        alone, whole = np.median(found, axis=0)
        print(f"  maillage, {threads} thread(s)  {alone:8.3f} s ({whole:.3f} s from the tables)")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    for graph in sys.argv[2:] or ["corse", "usa"]:
        compare(graph, Path(sys.argv[1]).resolve())
