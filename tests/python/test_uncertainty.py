"""Draws: distributions, laws, intervals, and a slow oracle that draws one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from towns import draw_scenario, write_random_territory

import maillage as ml
from maillage import _core
from maillage.errors import InputError
from maillage.exposure_readings import STATES
from maillage.uncertainty import (
    FIGURES,
    _to_beta,
    _to_triangular,
    draw_parameters,
    fill_draws,
)

STILL = {"car_speed": (1, 1), "no_car_speed": (1, 1), "abilities": False, "population_error": 0}


@pytest.fixture(scope="module")
def demo() -> ml.Territory:
    return ml.read_territory("scenarios/demo/territory.toml", cache=False, progress=False)


def test_shares_have_the_moments_of_their_beta():
    u = _core.draw_uniforms(5, 9, 20_000)
    shares = _to_beta(u, 0.2, 400)
    assert shares.mean() == pytest.approx(0.2, abs=0.001)
    assert shares.std() == pytest.approx(np.sqrt(0.2 * 0.8 / 401), rel=0.03)


def test_factors_are_triangular_with_their_peak_at_one():
    u = np.linspace(0.0005, 0.9995, 1000)
    factors = _to_triangular(u, (0.8, 1.1))
    assert (np.diff(factors) > 0).all()
    assert factors[0] > 0.8 and factors[-1] < 1.1
    assert factors.mean() == pytest.approx((0.8 + 1 + 1.1) / 3, abs=1e-3)
    assert (_to_triangular(u, (1, 1)) == 1).all()


def test_without_ranges_every_draw_is_the_figure_itself(demo: ml.Territory):
    exposure = demo.exposure("post", uncertainty=ml.Draws(20, **STILL))
    table = exposure.intervals("epci", by_group=True)
    drawn = exposure._draw_figures("epci", True)
    points = table["value"].to_numpy().reshape(-1, len(FIGURES))
    assert (drawn[:, :, :5] == points[None, :, :5]).all()
    assert (table["low"] == table["high"]).all()


def test_identical_territories_give_intervals_of_no_width(demo: ml.Territory):
    delta = demo.compare(ml.Scenario("nothing"), "post", uncertainty=ml.Draws(50))
    assert (delta.intervals()[["value", "low", "high"]] == 0).all(axis=None)


def test_same_seed_same_bytes_for_any_threads(demo: ml.Territory):
    draws = ml.Draws(40, seed=3)
    exposure = demo.exposure("post", uncertainty=draws)
    full = fill_draws(draws, demo.parts)
    drawn = draw_parameters(full, demo.parts).to_core(demo.parts, 3, full.population_error)
    rows = np.zeros(len(demo.parts.places), dtype=np.int32)
    results = [_core.draw_states(exposure._core, rows, 1, True, drawn, t) for t in (1, 2, 8)]
    assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()
    again = demo.exposure("post", uncertainty=ml.Draws(40, seed=3)).intervals()
    pd.testing.assert_frame_equal(exposure.intervals(), again, check_exact=True)
    other = demo.exposure("post", uncertainty=ml.Draws(40, seed=4)).intervals()
    assert (other["low"] != again["low"]).any()


def test_draws_do_not_depend_on_the_order_of_groups(demo: ml.Territory):
    parts = demo.parts
    draws = fill_draws(ml.Draws(10), parts)
    turned = replace(parts, groups=parts.groups.iloc[::-1].reset_index(drop=True))
    one, other = draw_parameters(draws, parts), draw_parameters(draws, turned)
    assert np.array_equal(one.p_c, other.p_c[:, ::-1])
    assert np.array_equal(one.car_speed, other.car_speed)


def test_the_engine_agrees_with_draws_taken_one_by_one(tmp_path):
    for seed in range(4):
        territory = ml.read_territory(write_random_territory(tmp_path / str(seed), seed))
        exposure = territory.exposure(
            territory.services[0], 15, uncertainty=ml.Draws(6, seed=seed, population_error=0)
        )
        parts = territory.parts
        drawn = draw_parameters(exposure.draws, parts)
        got = exposure._draw_figures(None, True)
        for d in range(6):
            near = np.zeros(parts.persons.shape)
            for g, w in enumerate(parts.walk_class):
                for who, share, speed in (
                    ("car", parts.car_share, drawn.car_speed[d]),
                    ("no_car", 1 - parts.car_share, drawn.no_car_speed[d]),
                ):
                    minutes = exposure._core.labels(who, int(w))[1] / speed
                    near[:, g] += share[:, g] * (minutes <= 15)
            p_b, p_c = drawn.p_b[d], drawn.p_c[d]
            missing = np.where(np.isnan(parts.adequate), 0, 1 - parts.adequate)
            moved = (missing * drawn.shift[d])[:, None]
            a = (1 - p_b - p_c) * (1 - moved)
            b = p_b * (1 - moved) + (1 - p_b - p_c) * moved
            c = p_c + p_b * moved
            far = 1 - near
            parts_of = [near * a, near * (b + c), far * a, far * b, far * c]
            expected = np.stack([(parts.persons * x).sum(axis=0) for x in parts_of], axis=1)
            assert got[d, :, :5] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_intervals_hold_their_value_and_widen_with_the_level(demo: ml.Territory):
    exposure = demo.exposure("post", uncertainty=ml.Draws(400))
    wide, narrow = exposure.intervals(level=0.95), exposure.intervals(level=0.5)
    assert wide["figure"].tolist() == list(FIGURES)
    assert (wide["low"] <= narrow["low"]).all() and (narrow["high"] <= wide["high"]).all()
    assert ((wide["low"] < wide["value"]) & (wide["value"] < wide["high"])).all()
    persons = exposure._draw_figures(None, False)[:, 0, :5].sum(axis=1)
    total = exposure.total()["persons"].iloc[0]
    assert persons.mean() == pytest.approx(total, rel=0.005)
    assert list(exposure.intervals("epci").columns) == ["epci", "figure", "value", "low", "high"]


def test_differences_are_narrower_than_their_parts(demo: ml.Territory):
    scenario = draw_scenario(demo, np.random.default_rng(1), 2)
    delta = demo.compare(scenario, "post", uncertainty=ml.Draws(200))
    apart = sum(
        e.intervals().eval("high - low").to_numpy() for e in (delta.before, delta.after)
    )  # as if the two had draws of their own
    together = delta.intervals().eval("high - low").to_numpy()
    assert (together <= apart).all()


def test_tornado_puts_the_widest_first(demo: ml.Territory):
    exposure = demo.exposure("post", uncertainty=ml.Draws(2))
    table = exposure.tornado("stranded")
    assert table["span"].is_monotonic_decreasing
    assert set(table["value"]) == {exposure.total()["stranded"].iloc[0]}
    assert table["parameter"].is_unique and "speed of cars" in set(table["parameter"])
    assert (exposure.tornado("stranded", level=0.5)["span"].sum()) < table["span"].sum()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"n": 1}, "2 to"),
        ({"seed": -1}, "seed"),
        ({"car_speed": (1.1, 1.2)}, "low <= 1"),
        ({"car_speed": 3}, "a pair"),
        ({"population_error": 2}, r"0\.\.1"),
        ({"connectivity_shift": (0.5, 1.5)}, r"0\.\.1"),
        ({"abilities": "no"}, "True or False"),
        ({"design_effect": float("inf")}, "design_effect"),
    ],
)
def test_draws_are_checked(how: dict, words: str):
    with pytest.raises(InputError, match=words):
        ml.Draws(**how)


def test_asking_without_draws_is_refused(demo: ml.Territory):
    with pytest.raises(InputError, match="Draws"):
        demo.exposure("post").intervals()
    with pytest.raises(InputError, match="Draws"):
        demo.exposure("post", uncertainty=100)
    with pytest.raises(InputError, match="expected one of"):
        demo.exposure("post", uncertainty=ml.Draws(2)).tornado("persons")
    assert set(STATES) < set(FIGURES)
