"""Public transport on Nantes: the matrix forwards, searches backwards, the timetable's size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from nantes import DEPARTURE, PERCENTILES, R5, build_question, draw_points, read_nantes, read_points

import maillage as ml


@pytest.fixture(scope="module")
def transit(shared_data: Path) -> ml.Transit:
    return read_nantes(shared_data)


@pytest.mark.parametrize("window_min", [1, 60, 120])
@pytest.mark.parametrize("sample_min", [None, 1], ids=["exact", "sampled"])
def test_bench_matrix(
    benchmark, shared_data: Path, transit: ml.Transit, window_min: int, sample_min: float | None
):
    """Marks: 500 x 500 exact in 0.88 s (60 minutes) and 1.32 s (120): ten times R5's speed."""
    points = read_points(shared_data)
    how = {"window_min": window_min, "percentiles": PERCENTILES, "sample_min": sample_min, **R5}
    asked = (points, points, DEPARTURE)
    transit.travel_time_matrix(*asked, **how)
    found = benchmark.pedantic(
        transit.travel_time_matrix, asked, {**how, "threads": 2}, rounds=5, warmup_rounds=1
    )
    assert len(found) == len(points) ** 2
    minutes = found[[f"travel_time_p{p}" for p in PERCENTILES]].to_numpy()
    assert (np.diff(minutes, axis=1) >= 0).all()


def test_bench_one_counter_backwards(benchmark, transit: ml.Transit):
    """Mark: under 50 ms for all journeys of 2,000 places that arrive within 120 minutes."""
    question = build_question(transit, draw_points(transit, 2000, 1), draw_points(transit, 1, 2))
    found = benchmark.pedantic(question.find_profiles_back, (120, 1), rounds=20, warmup_rounds=2)
    assert len(found[0]) == 2001
    assert found[0][-1] > 2000  # several journeys a place


def test_bench_places_and_counters_forward(benchmark, transit: ml.Transit):
    """2,000 places x 200 counters, the median over 120 minutes: a search from every place."""
    question = build_question(transit, draw_points(transit, 2000, 1), draw_points(transit, 200, 2))
    seconds, _ = benchmark.pedantic(question.find_times, (120, 2, (50,)), rounds=3)
    assert np.asarray(seconds).size == 2000 * 200


def test_bench_places_and_counters_backward(benchmark, transit: ml.Transit):
    """The same pairs from the counters: all journeys that arrive within 120 minutes."""
    question = build_question(transit, draw_points(transit, 2000, 1), draw_points(transit, 200, 2))
    found = benchmark.pedantic(question.find_profiles_back, (120, 2), rounds=3)
    assert len(found[0]) == 2000 * 200 + 1


def test_both_directions_know_the_same_journeys(transit: ml.Transit):
    """Leaving at 8:00, whoever arrives by 9:30 does so in both."""
    question = build_question(transit, draw_points(transit, 40, 1), draw_points(transit, 10, 2))
    seconds, _ = question.find_times(1 / 60, 1, (50,))
    ahead = np.asarray(seconds).reshape(40, 10)
    offsets, starts, ends, walking = question.find_profiles_back(90, 1)
    for counter in range(10):
        for place in range(40):
            pair = counter * 40 + place
            rows = slice(offsets[pair], offsets[pair + 1])
            leaves, arrives = -ends[rows], -starts[rows]
            in_time = arrives[leaves >= question.begin] - question.begin
            back = min([walking[pair], *in_time.tolist()])
            assert back == ahead[place, counter] or min(back, ahead[place, counter]) > 5400


def test_a_stop_time_needs_less_than_100_bytes(transit: ml.Transit):
    summary = transit.summary()
    assert summary["n_calls"] > 25_000
    assert summary["n_bytes"] / summary["n_calls"] < 100
    print(f"{summary['n_bytes'] / summary['n_calls']:.1f} bytes a stop time")
