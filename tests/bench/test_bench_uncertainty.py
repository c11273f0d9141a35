"""A thousand draws of the demo département: the lists of counters are found once."""

from __future__ import annotations

from pathlib import Path

import maillage as ml

DEMO = Path(__file__).parents[2] / "scenarios" / "demo" / "territory.toml"


def test_bench_a_thousand_draws(benchmark):
    territory = ml.read_territory(DEMO, progress=False)
    exposure = territory.exposure("post", uncertainty=ml.Draws(1000))
    benchmark(lambda: exposure.intervals(by_group=True))
