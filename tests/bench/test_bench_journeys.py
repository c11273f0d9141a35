"""Journeys with their legs in Nantes: pairs of points, an hour of departures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import maillage as ml


def test_bench_journeys_nantes(benchmark, shared_data: Path):
    """20 pairs of the points that R5 was asked about, leaving between 8:00 and 9:00, all in all."""
    walk = ml.read_roads(shared_data / "osm" / "nantes_centre_2014.osm.pbf", "walk")
    transit = ml.read_transit(shared_data / "gtfs" / "nantes_2014.zip", "2014-06-10", walk=walk)
    points = pd.read_csv(shared_data / "reference" / "r5_nantes_points.csv")
    pairs = np.random.default_rng(1).integers(0, len(points), (20, 2))
    transit.journeys(points.iloc[[0]], points.iloc[[1]], "08:00")  # what is made once is there

    def ask() -> int:
        found = [
            transit.journeys(points.iloc[[a]], points.iloc[[b]], "08:00", window_min=60)
            for a, b in pairs
        ]
        return sum(legs["journey"].nunique() for legs in found)

    assert benchmark.pedantic(ask, rounds=5, warmup_rounds=1) > 100
