"""La Poste's rule of 90 % on Corsica, before and after its changes of 2014 to 2015."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from corse import write_corse
from laposte import build_scenario

import maillage as ml

FOLDER = Path(__file__).parents[2] / "scenarios" / "guarantees"


@pytest.fixture(scope="module")
def territory(shared_data: Path, tmp_path_factory) -> ml.Territory:
    return ml.read_territory(write_corse(shared_data, tmp_path_factory.mktemp("corse")))


def check(territory: ml.Territory, reading: str) -> pd.DataFrame:
    return territory.guarantee(FOLDER / f"la_poste_90_{reading}.toml").by_area().set_index("area")


def test_both_readings_before_and_after(territory: ml.Territory, shared_data: Path):
    after = territory.apply(build_scenario(shared_data))
    for now in (territory, after):
        mild, strict = check(now, "or"), check(now, "and")
        assert list(mild.index[:2]) == ["2A", "2B"]
        assert (strict["figure"] <= mild["figure"]).all()
        # by the letter of the law both départements keep the rule
        assert mild["holds"].all()
        assert strict["figure"].between(0.7, 1).all()


def test_shares_agree_with_times_and_distances(territory: ml.Territory):
    time = territory.nearest("post")["travel_time"].to_numpy()
    km = territory.nearest("post", measure="distance")["distance_km"].to_numpy()
    persons = territory.parts.persons.sum(axis=1)
    area = territory.zonings["departement"].area_of_place
    for reading, covered in (("or", (time <= 20) | (km <= 5)), ("and", (time <= 20) & (km <= 5))):
        table = check(territory, reading)
        for row, code in enumerate(territory.zonings["departement"].codes):
            of = area == row
            expected = persons[of & covered].sum() / persons[of].sum()
            assert table.loc[code, "figure"] == pytest.approx(expected, abs=1e-9)
