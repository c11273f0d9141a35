"""Inequality of minutes: small cases by hand, other programs' figures, laws on random ones."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_town import write_town

import maillage as ml

# the example of R's package ineq (ten incomes); its documentation gives Gini 0.4620911
TEN = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]


def test_by_hand():
    # one person at 10 minutes, two at 20, one at 30
    found = ml.equity([20, 30, 10], [2, 1, 1], line=15)
    assert found["mean"] == 20
    assert found["median"] == 20
    assert found["p90"] == 30
    assert found["gini"] == pytest.approx(120 / (2 * 16 * 20))
    assert found["theil"] == pytest.approx((0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 4)
    # the top 0.4 persons bear 12 minutes, the first 1.6 persons 10 + 0.6 x 20 = 22
    assert found["palma"] == pytest.approx(12 / 22)
    assert found["p90_p10"] == 3
    assert found["fgt0"] == 0.75
    assert found["fgt1"] == pytest.approx(5 / 12)
    assert found["fgt2"] == pytest.approx(11 / 36)
    kappa = -80 / 1800
    ede = -np.log((np.exp(-10 * kappa) + 2 * np.exp(-20 * kappa) + np.exp(-30 * kappa)) / 4) / kappa
    assert found["kolm_pollak_ede"] == pytest.approx(ede)
    assert found["unreachable_share"] == 0
    assert list(found) == list(ml.equity([1], [1]))


def test_figures_of_other_programs():
    found = ml.equity(TEN, np.ones(10), line=1e6)
    assert found["gini"] == pytest.approx(0.4620911, abs=5e-8)
    theil = pytest.importorskip("inequality.theil")
    assert found["theil"] == pytest.approx(theil.Theil(np.array(TEN, dtype=float)).T)
    parts = theil.TheilD(np.array(TEN, dtype=float), np.array([0, 1] * 5))
    ours = ml.equity(TEN, np.ones(10), by=["a", "b"] * 5)
    assert ours["theil_between"] == pytest.approx(float(np.ravel(parts.bg)[0]))
    assert ours["theil_within"] == pytest.approx(float(np.ravel(parts.wg)[0]))
    gini = pytest.importorskip("inequality.gini")
    assert found["gini"] == pytest.approx(gini.Gini(np.array(TEN, dtype=float)).g)


def test_kolm_pollak_as_another_program_has_it():
    other = pytest.importorskip("inequalipy.kolmpollak")
    rng = np.random.default_rng(4)
    minutes, persons = rng.uniform(1, 60, 50), rng.integers(1, 9, 50).astype(float)
    for epsilon in (-0.5, -1.0, -2.0):
        found = ml.equity(minutes, persons, epsilon=epsilon)
        expected = other.ede(minutes, epsilon=epsilon, weights=persons)
        assert found["kolm_pollak_ede"] == pytest.approx(expected)


def test_unreachable_persons_stand_beside():
    found = ml.equity([20, 30, 10, np.nan], [2, 1, 1, 1], line=15)
    assert found["mean"] == 20
    assert np.isnan(found["p90"])
    assert found["gini"] == pytest.approx(0.1875)
    assert found["fgt0"] == 0.8
    assert found["unreachable_share"] == 0.2
    assert ml.equity([20, np.inf], [1, 1]) == pytest.approx(
        ml.equity([20, np.nan], [1, 1]), nan_ok=True
    )


def test_nobody_and_nothing():
    assert all(np.isnan(v) for v in ml.equity([], []).values())
    assert all(np.isnan(v) for v in ml.equity([5], [0]).values())
    nobody_travels = ml.equity([0, 0], [3, 4])
    for name in ("mean", "gini", "theil", "kolm_pollak_ede", "fgt0", "unreachable_share"):
        assert nobody_travels[name] == 0
    assert np.isnan(nobody_travels["palma"])


def test_the_poor_travel_more():
    minutes, persons = [40, 20, 10], [1, 1, 1]
    found = ml.equity(minutes, persons, living=[900, 1500, 3000])
    # ranks 1/6, 1/2, 5/6; mean 70/3
    expected = 2 / 3 * (40 * (1 / 6 - 1 / 2) + 10 * (5 / 6 - 1 / 2)) / (70 / 3)
    assert found["concentration_index"] == pytest.approx(expected)
    assert ml.equity(minutes, persons, living=[5, 5, 5])["concentration_index"] == 0


burdens = st.lists(st.tuples(st.floats(0, 200), st.floats(0.001, 1000)), min_size=1, max_size=30)


@given(burdens, st.floats(-2, -0.1), st.randoms(use_true_random=False))
def test_laws(rows, epsilon, random):
    minutes, persons = (np.array(c) for c in zip(*rows, strict=True))
    found = ml.equity(minutes, persons, epsilon=epsilon)
    assert found["kolm_pollak_ede"] >= found["mean"] - 1e-9
    assert 0 <= found["gini"] <= 1
    assert found["theil"] >= 0
    assert found["fgt0"] == pytest.approx(persons[minutes > 20].sum() / persons.sum())
    # the order of rows changes nothing
    order = list(range(len(rows)))
    random.shuffle(order)
    again = ml.equity(minutes[order], persons[order], epsilon=epsilon)
    assert again == pytest.approx(found, nan_ok=True, rel=1e-9, abs=1e-12)
    # the equivalent of a constant is the constant
    same = ml.equity(np.full(len(rows), 7.5), persons, epsilon=epsilon)
    assert same["kolm_pollak_ede"] == pytest.approx(7.5)
    assert same["gini"] == pytest.approx(0, abs=1e-12)
    # Theil's parts make the whole
    groups = [i % 3 for i in range(len(rows))]
    parts = ml.equity(minutes, persons, by=groups)
    whole = parts["theil_between"] + parts["theil_within"]
    assert whole == pytest.approx(parts["theil"], rel=1e-6, abs=1e-9)


def test_a_territory_answers_the_same(tmp_path):
    territory = ml.read_territory(write_town(tmp_path), progress=False)
    exposure = territory.exposure(service=territory.services[0], limit=10)
    table = exposure.equity()
    places = exposure.by_place()
    groups = territory.groups
    assert len(table) == 1
    minutes, persons = [], []
    for name in ("car", "no_car"):
        minutes.append(places[f"travel_time_{name}"].to_numpy())
        share = territory.parts.car_share if name == "car" else 1 - territory.parts.car_share
        persons.append((territory.parts.persons * share).sum(axis=1))
    if len(set(groups["walk_speed_kmh"])) == 1:
        expected = ml.equity(np.concatenate(minutes), np.concatenate(persons), line=10)
        for name, value in expected.items():
            assert table[name].iloc[0] == pytest.approx(value, nan_ok=True), name
    by_group = exposure.equity(by_group=True)
    assert list(by_group["group"]) == list(groups["group"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1, 2], [1]), "travel_time has 2 rows and persons 1"),
        (([-1], [1]), "travel_time: row 1 is -1, expected >= 0"),
        (([1], [-1]), "persons: row 1 is -1, expected >= 0"),
        (([1], [np.nan]), "persons: row 1 is nan, expected a number"),
        ((["x"], [1]), "travel_time is ['x'], expected numbers"),
        (([[1]], [1]), "travel_time has 2 dimensions, expected one"),
        (([1], [1], "x"), "line is 'x', expected minutes >= 0"),
        (([1], [1], 20, 1), "epsilon is 1, expected a number <= 0"),
    ],
)
def test_mistakes(arguments, said):
    with pytest.raises(ml.InputError) as error:
        ml.equity(*arguments)
    assert said in str(error.value)


def test_times_that_know_their_unit_are_minutes():
    expected = ml.equity([0, 5, np.nan, 30], np.ones(4))
    times = pd.Series(pd.to_timedelta([0, 5, None, 30], unit="min"))
    seconds = times.to_numpy().astype("timedelta64[s]")
    for given_times in (
        times,
        pd.TimedeltaIndex(times),
        seconds,
        list(times),
        times.astype(object),
    ):
        assert ml.equity(given_times, np.ones(4)) == pytest.approx(expected, nan_ok=True)
    with pytest.raises(ml.InputError, match=r"persons is .* expected numbers"):
        ml.equity([1, 2], pd.to_timedelta([1, 2], unit="min"))
    with pytest.raises(ml.InputError, match=r"travel_time is .* expected numbers"):
        ml.equity(pd.to_datetime(["2020-01-01", "2020-01-02"]), [1, 1])
    with pytest.raises(ml.InputError, match=r"travel_time is .* expected numbers"):
        ml.equity([datetime.timedelta(minutes=5), "x"], [1, 1])


def test_missing_numbers_of_pandas_are_unreachable():
    times = pd.Series([0, None, 30], dtype="Int64")
    assert ml.equity(times, [1, 1, 1])["unreachable_share"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("name", ["by", "living"])
@pytest.mark.parametrize(
    "column",
    [3, "ab", {1: 1, 2: 2}, {1, 2}, np.ones((2, 2)), [[1, 2], [3, 4]], pd.DataFrame({"a": [1, 2]})],
)
def test_what_is_no_column(name, column):
    with pytest.raises(ml.InputError, match=f"{name} (is|has) .*, expected"):
        ml.equity([1, 2], [1, 1], **{name: column})


def test_mistakes_of_groups_and_ranks():
    with pytest.raises(ml.InputError, match="by has 1 rows, expected 2"):
        ml.equity([1, 2], [1, 1], by=["a"])
    with pytest.raises(ml.InputError, match="by: row 2 has no group"):
        ml.equity([1, 2], [1, 1], by=["a", None])
    with pytest.raises(ml.InputError, match="living: row 1 is missing"):
        ml.equity([1, 2], [1, 1], living=[np.nan, 3])
