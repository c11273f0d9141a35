"""The eight nearest of many counters, from everywhere, on one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import draw_counters

import maillage as ml

K = 8


def test_bench_nearest_corse_engine(benchmark, corse: ml.RoadNetwork, corse_nodes: pd.DataFrame):
    """Mark: under 0.1 s for 31,340 nodes, 400 counters, k = 8, one thread."""
    rows = np.arange(len(corse_nodes), dtype=np.uint32)
    places = corse._core.attach_nodes(rows)
    chosen = draw_counters(corse_nodes.assign(row=rows), 400)["row"].to_numpy()
    counters = corse._core.attach_nodes(chosen)
    found, minutes = benchmark.pedantic(
        corse._core.nearest, (places, counters, K), {"threads": 1}, rounds=20, warmup_rounds=2
    )
    assert found.shape == (31_340, K)
    assert (np.diff(minutes, axis=1)[~np.isnan(minutes[:, 1:])] >= 0).all()


def test_bench_nearest_corse_frames(benchmark, corse: ml.RoadNetwork, corse_nodes: pd.DataFrame):
    """The same through the public call: frames with ids in, a frame of 250,720 rows out."""
    counters = draw_counters(corse_nodes, 400)
    frame = benchmark.pedantic(
        corse.nearest,
        (corse_nodes, counters),
        {"k": K, "threads": 1},
        rounds=10,
        warmup_rounds=1,
    )
    assert len(frame) == K * 31_340


@pytest.fixture(scope="module")
def generated_roads(generated: Path) -> ml.RoadNetwork:
    return ml.read_roads(generated / "roads.osm.pbf", progress=False)


@pytest.mark.parametrize("threads", [1, 2])
def test_bench_nearest_generated(benchmark, generated_roads: ml.RoadNetwork, threads: int):
    """All road nodes of an invented country (100 k), 400 counters, k = 8."""
    core = generated_roads._core
    n_nodes = core.n_raw_nodes
    rng = np.random.default_rng(400)
    chosen = np.sort(rng.choice(n_nodes, 400, replace=False)).astype(np.uint32)
    places = core.attach_nodes(np.arange(n_nodes, dtype=np.uint32))
    counters = core.attach_nodes(chosen)
    benchmark.extra_info["n_nodes"] = n_nodes
    found, minutes = benchmark.pedantic(
        core.nearest, (places, counters, K), {"threads": threads}, rounds=10, warmup_rounds=1
    )
    assert found.shape == (n_nodes, K)
    assert np.nanmin(minutes) == 0
