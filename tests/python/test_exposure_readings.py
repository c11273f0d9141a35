"""Bounds without independence, double burden, renunciation."""

from __future__ import annotations

import numpy as np
import pytest
from towns import read_valley, write_random_territory

import maillage as ml
from maillage.errors import InputError
from maillage.exposure_readings import STATES, calibrate_renunciation
from maillage.parameter_book import read_book


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> list[ml.Territory]:
    folder = tmp_path_factory.mktemp("drawn")
    return [ml.read_territory(write_random_territory(folder / str(s), s)) for s in range(6)]


def test_bounds_hold_what_independence_says(drawn: list[ml.Territory]):
    for territory in drawn:
        exposure = territory.exposure(territory.services[0], decay="logistic:15,5")
        table = exposure.bounds(by_group=True)
        assert (table["stranded_low"] <= table["stranded"] + 1e-9).all()
        assert (table["stranded"] <= table["stranded_high"] + 1e-9).all()
        expected = exposure.by_group()["stranded"].to_numpy()
        assert table["stranded"].to_numpy() == pytest.approx(expected, abs=1e-9)


def test_bounds_by_hand(valley: ml.Territory):
    # f: 40 young, 60 old, none within reach: all who cannot are stranded, however they go together
    f = valley.exposure("post").bounds(by_group=True)
    # young at b: 80, half without a car... of whom none is beyond reach (20 min counts)
    young = f[f["group"] == "young"].iloc[0]
    assert young["stranded_low"] == pytest.approx(5)
    assert young["stranded_high"] == pytest.approx(5)
    # old at b: 40, of whom 20 beyond reach and 16 unable: between 0 and 16, by chance 8
    old = f[f["group"] == "old"].iloc[0]
    assert old["stranded_high"] - old["stranded_low"] == pytest.approx(16)
    assert old["stranded"] == pytest.approx(8 + 24 + 2)


def test_double_burden_sums_to_the_persons_and_to_the_stranded(drawn: list[ml.Territory]):
    for territory in drawn:
        exposure = territory.exposure(territory.services[0])
        table, total = exposure.double_burden(), exposure.total().iloc[0]
        assert len(table) == 8
        assert table["persons"].sum() == pytest.approx(total["persons"])
        both = table[table["cannot_go_online"] & table["beyond_reach"]]
        assert both["persons"].sum() == pytest.approx(total["stranded"])
        by_group = exposure.double_burden(by_group=True)
        assert by_group["persons"].sum() == pytest.approx(total["persons"])


def test_renunciation_of_the_nation_is_eight_per_cent():
    book, probability = read_book(), calibrate_renunciation()
    cannot = book.value("ability.E1_excluded.all18.18+")
    helped = book.value("ability.E2_excluded_or_low.all18.18+") - cannot
    near, able = book.value("national.coverage"), 1 - cannot - helped
    nation = [near * able, near * (1 - able), (1 - near) * able, (1 - near) * helped,
              (1 - near) * cannot]  # fmt: skip
    assert np.dot(nation, [probability[s] for s in STATES]) == pytest.approx(0.08)
    assert sorted(probability.values()) == [
        probability[s]
        for s in ("choice", "digital_only", "counter_reliant", "assisted_only", "stranded")
    ]


def test_renunciation_is_persons_times_probability(valley: ml.Territory):
    own = {"choice": 0, "counter_reliant": 0.1, "digital_only": 0, "assisted_only": 0.5,
           "stranded": 1}  # fmt: skip
    exposure = valley.exposure("post")
    row, found = exposure.total().iloc[0], exposure.renunciation(probabilities=own).iloc[0]
    expected = 0.1 * row["counter_reliant"] + 0.5 * row["assisted_only"] + row["stranded"]
    assert found["renunciation"] == pytest.approx(expected)
    assert found["share_renunciation"] == pytest.approx(expected / row["persons"])
    old_only = exposure.renunciation(by_group=True, probabilities={"old": dict.fromkeys(STATES, 1)})
    assert old_only.loc[old_only["group"] == "old", "share_renunciation"].iloc[0] == 1


@pytest.mark.parametrize(
    ("bad", "words"),
    [({"choise": 1}, "no group"), ({"choice": 2}, r"0\.\.1"), (0.1, "a mapping"),
     ({"old": {"lost": 1}}, "no state"), ({"old": 0.5}, "probabilities of old is 0.5, expected"),
     ({"old": {"stranded": float("nan")}}, r"0\.\.1"), ({"old": {3: 1}}, "3 is no state")],
)  # fmt: skip
def test_probabilities_are_checked(valley: ml.Territory, bad, words: str):
    with pytest.raises(InputError, match=words):
        valley.exposure("post").renunciation(probabilities=bad)


def test_levels_part_the_persons(valley: ml.Territory, drawn: list[ml.Territory]):
    for territory in (valley, *drawn):
        service = territory.services[0]
        table = territory.levels(service, 20, by_group=True)
        levels = [c for c in table if c.startswith("level_")]
        assert table[levels].sum(axis=1).to_numpy() == pytest.approx(table["persons"].to_numpy())
        assert (table[levels] >= -1e-9).all(axis=None)
        exposed = territory.exposure(service, 20).total()["exposed"].iloc[0]
        assert territory.levels(service, 20)["level_0"].iloc[0] == pytest.approx(exposed)


def test_each_operator_alone_leaves_more_exposed():
    demo = ml.read_territory("scenarios/demo/territory.toml", cache=False, progress=False)
    table = demo.operators("post", 20)
    everybody = table.iloc[-1]
    assert everybody["operator"] is None or everybody.isna()["operator"]
    assert (table["exposed"] >= everybody["exposed"] - 1e-9).all()
    assert table["n_counters"].iloc[:-1].sum() == everybody["n_counters"]
