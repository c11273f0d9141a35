"""Distance decay: named forms, formulas, and what exposure makes of them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from towns import draw_scenario, read_valley, write_random_territory

import maillage as ml
from maillage.decay import NAMED_STEPS, to_decay
from maillage.errors import InputError

STATES = ["choice", "counter_reliant", "digital_only", "assisted_only", "stranded"]
FORMS = [*NAMED_STEPS, "exponential:10", "logistic:22,5"]


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


def test_published_steps():
    shares = to_decay("apl_2016", 20).find_shares([0, 10, 10.01, 15, 20, 20.01, math.nan])
    assert shares.tolist() == [1, 1, 0.3, 0.3, 0.1, 0, 0]
    assert to_decay("apl_2012", 20).find_shares([5, 10, 15, 16]).tolist() == [1, 0.3, 0.1, 0]
    assert to_decay("e2sfca_slow", 20).find_shares([10, 20, 30, 31]).tolist() == [1, 0.68, 0.22, 0]


def test_an_unknown_name_lists_the_names_once():
    with pytest.raises(InputError) as raised:
        to_decay("xx", 20)
    assert str(raised.value).count("apl_2016") == 1
    with pytest.raises(InputError, match="did you mean 'exponential:half_life'"):
        to_decay("exponentiel:10", 20)


def test_formulas():
    assert to_decay("exponential:15", 20).find_shares([0, 15, 30]) == pytest.approx([1, 0.5, 0.25])
    assert to_decay("logistic:22,5", 20).find_shares([22, 27]) == pytest.approx(
        [0.5, 1 / (1 + math.e)]
    )
    assert str(ml.Decay.exponential(15)) == "exponential half_life 15 min"


@given(st.sampled_from(FORMS), st.floats(0, 200), st.floats(0, 50))
def test_reach_never_rises_with_time(form: str, minutes: float, more: float):
    near, far = to_decay(form, 20).find_shares([minutes, minutes + more])
    assert 0 <= far <= near <= 1


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("apl_2015", "apl_2016"),
        ("exponential", "half_life"),
        ("exponential:0", "minutes > 0"),
        ("logistic:5", "t50"),
        (20, "a Decay or a name"),
    ],
)
def test_unknown_forms_are_refused(valley: ml.Territory, bad, words: str):
    with pytest.raises(InputError, match=words):
        valley.exposure("post", decay=bad)


def test_steps_must_ascend_and_fall():
    with pytest.raises(InputError, match="ascending"):
        ml.Decay.steps([(10, 1), (5, 0.5)])
    with pytest.raises(InputError, match="never to rise"):
        ml.Decay.steps([(5, 0.5), (10, 1)])
    with pytest.raises(InputError, match=r"0\.\.1"):
        ml.Decay.steps([(5, 1.5)])


def test_the_step_is_the_limit_to_the_last_byte(tmp_path):
    for seed in range(5):
        territory = ml.read_territory(write_random_territory(tmp_path / str(seed), seed))
        service = territory.services[0]
        plain = territory.exposure(service, 20).by_place()
        step = territory.exposure(service, 20, decay=ml.Decay.step(20)).by_place()
        pd.testing.assert_frame_equal(plain, step, check_exact=True)


@pytest.mark.parametrize("form", FORMS)
def test_states_follow_from_the_share_within_reach(valley: ml.Territory, form: str):
    exposure = valley.exposure("post", decay=form)
    table = exposure.by_group()
    assert table[STATES].sum(axis=1).to_numpy() == pytest.approx(table["persons"].to_numpy())
    decay, parts = to_decay(form, 20), valley.parts
    near = np.zeros(parts.persons.shape)
    for g, walk_class in enumerate(parts.walk_class):
        for who, share in (("car", parts.car_share), ("no_car", 1 - parts.car_share)):
            minutes = exposure._core.labels(who, int(walk_class))[1]
            near[:, g] += parts.persons[:, g] * share[:, g] * decay.find_shares(minutes)
    within = table["choice"] + table["counter_reliant"]
    assert within.to_numpy() == pytest.approx(near.sum(axis=0))


def test_an_empty_scenario_changes_nothing(valley: ml.Territory):
    delta = valley.compare(ml.Scenario("nothing"), "post", decay="logistic:22,5").total()
    assert (delta[[c for c in delta if c.startswith("delta_")]].fillna(0) == 0).all(axis=None)


def test_decay_agrees_with_the_exhaustive_form(tmp_path):
    rng = np.random.default_rng(3)
    territory = ml.read_territory(write_random_territory(tmp_path, 3))
    after = territory.apply(draw_scenario(territory, rng, 3))
    service = territory.services[0]
    fast = after.exposure(service, decay="exponential:12").by_group()
    slow = after.exposure(service, decay="exponential:12", exhaustive=True).by_group()
    pd.testing.assert_frame_equal(fast, slow, check_exact=True)
