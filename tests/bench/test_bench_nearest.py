"""The eight nearest of many counters, from everywhere: a hierarchy swept, and a search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import maillage as ml
from conftest import draw_counters

K = 8


def build_question(roads: ml.RoadNetwork, n_counters: int) -> Callable[..., dict[str, Any]]:
    """A call of the engine: all nodes of the network, counters at nodes of chance."""
    core = roads._core
    n_nodes = core.n_raw_nodes
    chosen = np.sort(np.random.default_rng(400).choice(n_nodes, n_counters, replace=False))
    places = core.attach_nodes(np.arange(n_nodes, dtype=np.uint32))
    counters = core.attach_nodes(chosen.astype(np.uint32))

    def ask(hierarchy: Any, threads: int) -> dict[str, Any]:
        return core.nearest(places, counters, K, hierarchy, threads=threads)

    return ask


def check(found: dict[str, Any], n_nodes: int) -> None:
    minutes = found["minutes"].reshape(n_nodes, K)
    assert np.nanmin(minutes) == 0
    ordered = np.diff(minutes, axis=1) >= 0
    assert (ordered | np.isnan(minutes[:, 1:])).all()


def test_bench_nearest_corse_sweep(benchmark, corse: ml.RoadNetwork):
    """Mark: under 0.1 s for 31,340 nodes, 400 counters, k = 8, one thread. Hierarchy ready."""
    ask, hierarchy = build_question(corse, 400), corse._core.build_hierarchy()
    found = benchmark.pedantic(ask, (hierarchy, 1), rounds=20, warmup_rounds=2)
    check(found, 31_340)


def test_bench_nearest_corse_search(benchmark, corse: ml.RoadNetwork):
    """The same by k-label Dijkstra: what the sweep is held equal to."""
    found = benchmark.pedantic(build_question(corse, 400), (None, 1), rounds=20, warmup_rounds=2)
    check(found, 31_340)


def test_bench_nearest_corse_frames(benchmark, corse: ml.RoadNetwork, corse_nodes: pd.DataFrame):
    """The same through the public call: frames with ids in, a frame of 250,720 rows out."""
    counters = draw_counters(corse_nodes, 400)
    corse.prepare()
    frame = benchmark.pedantic(
        corse.nearest,
        (corse_nodes, counters),
        {"k": K, "threads": 1},
        rounds=10,
        warmup_rounds=1,
    )
    assert len(frame) == K * 31_340


def test_bench_hierarchy_corse(benchmark, corse: ml.RoadNetwork):
    """Paid once a network."""
    hierarchy = benchmark.pedantic(corse._core.build_hierarchy, (1,), rounds=5, warmup_rounds=1)
    assert hierarchy.n_nodes > 10_000


@pytest.fixture(scope="module")
def generated_roads(generated: Path) -> ml.RoadNetwork:
    return ml.read_roads(generated / "roads.osm.pbf", progress=False)


@pytest.mark.parametrize("threads", [1, 2])
def test_bench_nearest_generated_sweep(benchmark, generated_roads: ml.RoadNetwork, threads: int):
    """All road nodes of an invented country (100 k), 400 counters, k = 8."""
    core = generated_roads._core
    benchmark.extra_info["n_nodes"] = core.n_raw_nodes
    how = (core.build_hierarchy(), threads)
    found = benchmark.pedantic(
        build_question(generated_roads, 400), how, rounds=10, warmup_rounds=1
    )
    check(found, core.n_raw_nodes)


def test_bench_nearest_generated_search(benchmark, generated_roads: ml.RoadNetwork):
    """The same by k-label Dijkstra, on one thread."""
    ask = build_question(generated_roads, 400)
    found = benchmark.pedantic(ask, (None, 1), rounds=5, warmup_rounds=1)
    check(found, generated_roads._core.n_raw_nodes)
