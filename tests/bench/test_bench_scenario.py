"""One closure on Corsica (31,340 places, 400 counters) and in an invented country, car and walk."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

import maillage as ml
from maillage import _core


@pytest.fixture(scope="module")
def warm(corse_territory: ml.Territory) -> ml.Territory:
    """The baseline is found once, before anyone asks what if."""
    corse_territory.exposure("post", 20, progress=False)
    return corse_territory


@pytest.fixture
def closures(warm: ml.Territory):
    """A different counter every time, so that no answer is kept from the last round."""
    keys = itertools.cycle(np.random.default_rng(7).permutation(400))

    def next_edits() -> tuple[tuple[_core.Edits], dict]:
        edits = _core.Edits()
        edits.close(int(next(keys)))
        return (edits,), {}

    return next_edits


@pytest.fixture
def scenarios(warm: ml.Territory):
    keys = itertools.cycle(np.random.default_rng(7).permutation(warm.counters["key"]))

    def next_scenario() -> tuple[tuple[ml.Scenario], dict]:
        return (ml.Scenario("one less").close(str(next(keys))),), {}

    return next_scenario


def test_bench_close_one_engine(benchmark, warm: ml.Territory, closures):
    """Mark: under 1 ms. The edit applied, and the nearest counter by car of every place."""

    def close(edits: _core.Edits):
        return warm._core.apply(edits, threads=1).nearest(0, 1, "car", 0, 1, threads=1)

    offsets, _, minutes = benchmark.pedantic(close, setup=closures, rounds=200, warmup_rounds=10)
    assert len(offsets) == 31_341
    assert np.isfinite(minutes).all()


def test_bench_close_one_apply(benchmark, warm: ml.Territory, scenarios):
    """`territory.apply`: checked, applied, nothing asked yet."""
    after = benchmark.pedantic(warm.apply, setup=scenarios, rounds=50, warmup_rounds=3)
    assert after.counters["open"].sum() == 399


def test_bench_close_one_compare(benchmark, warm: ml.Territory, scenarios):
    """`territory.compare(...)` with `.total()` and `.losers()`, as a planner asks."""

    def compare(scenario: ml.Scenario):
        delta = warm.compare(scenario, "post", 20, threads=1, progress=False)
        return delta.total(), delta.losers()

    total, losers = benchmark.pedantic(compare, setup=scenarios, rounds=20, warmup_rounds=2)
    assert total["after_persons"][0] == 313_400
    assert len(losers) > 0


def test_bench_close_one_exhaustive(benchmark, warm: ml.Territory, scenarios):
    """The same exposure from nothing kept: what the fast form is held equal to."""

    def exhaust(scenario: ml.Scenario):
        return warm.apply(scenario).exposure("post", 20, exhaustive=True, threads=1)

    benchmark.pedantic(exhaust, setup=scenarios, rounds=3, warmup_rounds=1)


def test_bench_close_one_of_a_generated_country(benchmark, generated: Path):
    """`territory.compare(...).total()` on cells, communes and counters as planners have them."""
    territory = ml.read_territory(generated / "territory.toml", progress=False)
    territory.exposure("post", 20, progress=False)
    offered = territory.counters.query("level_post > 0")["key"]
    keys = itertools.cycle(np.random.default_rng(7).permutation(offered))

    def next_scenario() -> tuple[tuple[ml.Scenario], dict]:
        return (ml.Scenario("one less").close(str(next(keys))),), {}

    def compare(scenario: ml.Scenario):
        return territory.compare(scenario, "post", 20, threads=1, progress=False).total()

    total = benchmark.pedantic(compare, setup=next_scenario, rounds=20, warmup_rounds=2)
    assert total["delta_persons"][0] == 0
    assert total["delta_exposed"][0] >= 0


def test_bench_slow_roads_of_a_generated_country(benchmark, generated: Path):
    """Roads around a place become slower: `territory.apply`, and the lists after it."""
    territory = ml.read_territory(generated / "territory.toml", progress=False)
    territory.exposure("post", 20, progress=False)
    service = territory.services.index("post")
    places = territory.places
    rows = itertools.cycle(np.random.default_rng(7).permutation(len(places)))

    def next_scenario() -> tuple[tuple[ml.Scenario], dict]:
        lon, lat = places.loc[int(next(rows)), ["lon", "lat"]]
        box = [
            (lon + x, lat + y)
            for x, y in ((-0.03, -0.02), (0.03, -0.02), (0.03, 0.02), (-0.03, 0.02))
        ]
        return (ml.Scenario("slow").set_speed(polygon=box, mode="car", factor=0.7),), {}

    def edit(scenario: ml.Scenario):
        return territory.apply(scenario, threads=1)._core.nearest(
            service, 1, "car", 0, 1, threads=1
        )

    offsets, _, _ = benchmark.pedantic(edit, setup=next_scenario, rounds=10, warmup_rounds=1)
    assert len(offsets) == len(places) + 1
