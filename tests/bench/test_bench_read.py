"""From an OpenStreetMap file to a network that can be searched."""

from __future__ import annotations

from pathlib import Path

import pytest

import maillage as ml


@pytest.mark.parametrize("threads", [1, 2])
def test_bench_read_porto_car(benchmark, shared_data: Path, threads: int):
    """Mark: under 2 s for 348 k nodes."""
    path = shared_data / "osm" / "porto_portugal.osm.pbf"
    roads = benchmark.pedantic(
        ml.read_roads, (path, "car"), {"threads": threads}, rounds=5, warmup_rounds=1
    )
    assert roads.summary()["n_junctions"] > 10_000


def test_bench_read_porto_walk(benchmark, shared_data: Path):
    path = shared_data / "osm" / "porto_portugal.osm.pbf"
    roads = benchmark.pedantic(ml.read_roads, (path, "walk"), rounds=3, warmup_rounds=1)
    assert roads.summary()["n_junctions"] > 10_000


def test_bench_build_corse_from_tables(benchmark, shared_data: Path):
    folder = shared_data / "corse"
    tables = (folder / "road_nodes.csv.gz", folder / "road_edges_car.csv.gz")
    roads = benchmark.pedantic(ml.build_roads, tables, rounds=5, warmup_rounds=1)
    assert roads.summary()["n_nodes"] == 31_340
