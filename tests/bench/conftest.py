"""Benchmarks run once and untimed among the tests; `--benchmark-only` times them.

Real data lie beside the checkout in `../shared/data`; without them those benchmarks skip.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import maillage as ml

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

TERRITORY = """\
format = 1
name = "bench"
[places]
file = "places.csv"
key = "id"
lon = "lon"
lat = "lat"
[groups.all]
persons = "n"
ability = {{ p_b = 0.2, p_c = 0.1 }}
car_share = 0.8
[services.post]
[counters]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = {{ post = 1 }}
[networks]
nodes = "{nodes}"
edges = "{edges}"
[networks.car]
[networks.walk]
both_ways = true
"""


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("benchmark_only", False):
        return
    config.option.benchmark_disable = True
    session = getattr(config, "_benchmarksession", None)
    if (
        session is not None
    ):  # when only a folder above was named, it began before this file was read
        session.disabled = True


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"NO REAL DATA: {SHARED_DATA} is not there, nothing real was timed")
    return SHARED_DATA


@pytest.fixture(scope="session")
def corse(shared_data: Path) -> ml.RoadNetwork:
    """31,340 nodes and 65,009 directed edges of Corsica."""
    folder = shared_data / "corse"
    return ml.build_roads(folder / "road_nodes.csv.gz", folder / "road_edges_car.csv.gz")


@pytest.fixture(scope="session")
def corse_nodes(shared_data: Path) -> pd.DataFrame:
    nodes = pd.read_csv(shared_data / "corse" / "road_nodes.csv.gz", dtype={"id": str})
    return nodes.assign(node=nodes["id"])


def draw_counters(nodes: pd.DataFrame, n_counters: int) -> pd.DataFrame:
    """Counters at nodes of chance, the same in every run."""
    rows = np.random.default_rng(400).choice(len(nodes), n_counters, replace=False)
    return nodes.iloc[np.sort(rows)].reset_index(drop=True)


@pytest.fixture(scope="session")
def corse_territory(
    shared_data: Path, corse_nodes: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> ml.Territory:
    """Every node of Corsica is a place with ten persons; 400 counters; car and walk."""
    folder = tmp_path_factory.mktemp("bench")
    corse_nodes[["id", "lon", "lat"]].assign(n=10).to_csv(folder / "places.csv", index=False)
    counters = draw_counters(corse_nodes, 400)[["id", "lon", "lat"]]
    counters.to_csv(folder / "counters.csv", index=False)
    data = shared_data / "corse"
    text = TERRITORY.format(nodes=data / "road_nodes.csv.gz", edges=data / "road_edges_car.csv.gz")
    (folder / "territory.toml").write_text(text, encoding="utf-8")
    return ml.read_territory(folder / "territory.toml", progress=False)


@pytest.fixture(scope="session")
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an invented country of 100 k road nodes; a small one when nothing is timed."""
    from maillage.synth import write_synth

    is_timed = request.config.getoption("benchmark_only", False)
    folder = tmp_path_factory.mktemp("generated")
    places, counters = (4300, 400) if is_timed else (300, 100)
    write_synth(places=places, counters=counters, seed=1, out=folder, progress=False)
    return folder
