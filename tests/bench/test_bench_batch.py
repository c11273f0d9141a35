"""Closures by the thousand: one, a million and each alone, on Corsica and in an invented country.

`MAILLAGE_BENCH_TERRITORY=country/territory.toml` adds the single closures of a territory of your
own, such as the country of `maillage synth --places 2000000 --counters 20000`.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import maillage as ml
from maillage import _core


@pytest.fixture(scope="module")
def n_scenarios(request: pytest.FixtureRequest) -> int:
    """A million when it is timed; a tenth of a percent of it otherwise."""
    return 1_000_000 if request.config.getoption("benchmark_only", False) else 1000


def draw_scenarios(territory: ml.Territory, n: int, seed: int = 11) -> pd.DataFrame:
    """n scenarios of 1 to 20 closures of chance each, a row a closure."""
    rng = np.random.default_rng(seed)
    keys = territory.counters["key"].to_numpy()
    drawn = rng.integers(0, len(keys), (n, 20), dtype=np.int32)
    drawn.sort(axis=1)
    is_new = np.ones(drawn.shape, dtype=bool)
    is_new[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
    sizes = rng.integers(1, 21, n)
    # of those drawn, as many as the scenario closes, each counter once
    taken = is_new & (rng.permuted(np.tile(np.arange(20), (n, 1)), axis=1) < sizes[:, None])
    taken[~taken.any(axis=1), 0] = True
    rows, columns = np.nonzero(taken)
    key = pd.Categorical.from_codes(drawn[rows, columns], categories=pd.Index(keys, dtype="str"))
    return pd.DataFrame({"scenario": rows, "key": key})


@pytest.fixture(scope="module")
def closures(corse_territory: ml.Territory) -> _core.Closures:
    """Lists, single closures and index are there before anyone asks what if."""
    made = _core.Closures(corse_territory._core, 0, 1, 20.0)
    made.sets(np.array([0, 1], dtype=np.uint32), np.array([0], dtype=np.uint32), True)
    return made


def test_bench_one_closure_by_group(benchmark, closures: _core.Closures):
    """Mark: under 0.08 ms. Every figure of every group, another counter each time."""
    keys = itertools.cycle(np.random.default_rng(7).permutation(400).astype(np.uint32))
    ends = np.array([0, 1], dtype=np.uint32)
    table = benchmark(lambda: closures.sets(ends, np.array([next(keys)], dtype=np.uint32), True))
    assert table["n_places"][0] >= 0


def test_bench_ten_closures_by_group(benchmark, closures: _core.Closures):
    """Ten counters that close together."""
    rng = np.random.default_rng(8)
    sets = itertools.cycle(
        [rng.choice(400, 10, replace=False).astype(np.uint32) for _ in range(99)]
    )
    ends = np.array([0, 10], dtype=np.uint32)
    table = benchmark(lambda: closures.sets(ends, next(sets), True))
    assert table["n_places"][0] > 0


def test_bench_a_million_scenarios(benchmark, corse_territory: ml.Territory, n_scenarios: int):
    """Mark: under 60 s on two threads. The frame in and the frame out are part of it; 1,000 of the
    scenarios are looked at again by `exhaustive`.
    """
    frame = draw_scenarios(corse_territory, n_scenarios)

    def evaluate() -> pd.DataFrame:
        return corse_territory.compare_many(frame, "post", 20, threads=2, progress=False)

    found = benchmark.pedantic(evaluate, rounds=1)
    assert len(found) == n_scenarios
    n_checked = 1000 if n_scenarios > 1000 else 20
    numbers = np.random.default_rng(12).choice(n_scenarios, n_checked, replace=False)
    chosen = frame[frame["scenario"].isin(numbers)]
    anew = corse_territory.compare_many(chosen, "post", 20, exhaustive=True, progress=False)
    fast = found.iloc[anew["scenario"].to_numpy()].reset_index(drop=True)
    fast["worst_place"] = fast["worst_place"].astype(str)
    anew["worst_place"] = anew["worst_place"].astype(str)
    pd.testing.assert_frame_equal(fast, anew, rtol=1e-9, atol=1e-5)


def test_bench_a_million_scenarios_to_a_file(
    benchmark, corse_territory: ml.Territory, n_scenarios: int, tmp_path: Path
):
    """The same written to a Parquet file part by part."""
    frame = draw_scenarios(corse_territory, n_scenarios)

    def write() -> Path:
        path = tmp_path / "many.parquet"
        return corse_territory.compare_many(frame, "post", 20, threads=2, out=path, progress=False)

    path = benchmark.pedantic(write, rounds=1)
    assert len(pd.read_parquet(path, columns=["scenario"])) == n_scenarios


def check_singles(benchmark, territory: ml.Territory) -> None:
    index = territory.services.index("post")

    def prepare() -> tuple[tuple[_core.Closures], dict]:
        return (_core.Closures(territory._core, index, 1, 20.0),), {}

    offered = np.flatnonzero(territory.parts.levels[:, index] > 0).astype(np.uint32)

    def close_each(closures: _core.Closures) -> dict[str, np.ndarray]:
        return closures.singles(offered, True, threads=2)

    table = benchmark.pedantic(close_each, setup=prepare, rounds=7, warmup_rounds=1)
    assert len(table["persons"]) == len(offered) * len(territory.groups)
    assert table["moved"].sum() > 0


def test_bench_single_closures_of_corsica(benchmark, corse_territory: ml.Territory):
    """All 400 closures alone, by group, once the lists are there."""
    check_singles(benchmark, corse_territory)


def test_bench_single_closures_of_a_generated_country(benchmark, generated: Path):
    """The same in an invented country of 4,300 cells and 400 counters."""
    check_singles(benchmark, ml.read_territory(generated / "territory.toml", progress=False))


def test_bench_single_closures_of_a_whole_country(benchmark):
    """Mark: under 0.1 s a service for 2 M cells and 20 k counters."""
    path = os.environ.get("MAILLAGE_BENCH_TERRITORY")
    if path is None:
        pytest.skip("MAILLAGE_BENCH_TERRITORY names no territory")
    check_singles(benchmark, ml.read_territory(path, progress=False))
