"""All of France in one run, without roads, and what comes out beside published figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import maillage as ml

HERE = Path(__file__).parents[2] / "scenarios" / "france"
OVERSEAS = {"971", "972", "973", "974", "975", "976", "977", "978", "984", "986", "987", "988",
            "989"}  # fmt: skip
STATES = ["choice", "counter_reliant", "digital_only", "assisted_only", "stranded"]


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("france")
    script = [sys.executable, str(HERE / "prepare.py"), str(shared_data / "france"), str(out)]
    subprocess.run(script, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def france(folder: Path) -> ml.Territory:
    return ml.read_territory(folder / "territory.toml", cache=False, progress=False)


def test_every_commune_counts_once(folder: Path, france: ml.Territory):
    communes = pd.read_csv(folder / "communes.csv", dtype={"code": str, "departement": str})
    assert len(communes) == 34_969 and communes["code"].is_unique
    assert france.places["persons"].sum() == pytest.approx(communes["population"].sum(), rel=1e-6)
    # the fibre of communes that merged since is there too
    assert communes["fibre"].sum() == pytest.approx(10_700_000, rel=0.1)


def test_totals_by_departement(france: ml.Territory):
    for service in ("caf", "town_hall"):
        table = france.exposure(service, 30).by("departement")
        assert len(table) == len(france.zonings["departement"].codes) > 100
        assert table["persons"].sum() == pytest.approx(france.parts.persons.sum())
        assert table[STATES].sum(axis=1).to_numpy() == pytest.approx(table["persons"].to_numpy())
    assert any("straight line x 1.3" in words
               for words in france.exposure("caf").assumptions["travel_times"])  # fmt: skip


def test_published_figures(france: ml.Territory):
    """The figures of PUBLISHED.md; each may move by what it says here and no more."""
    persons = france.parts.persons.sum(axis=1)
    zoning = france.zonings["departement"]
    codes = np.array(zoning.codes)
    is_metro = ~np.isin(codes, list(OVERSEAS))
    metro = is_metro[zoning.area_of_place]
    km = france.nearest("post", measure="distance")["distance_km"].to_numpy()
    minutes = france.nearest("post")["travel_time"].to_numpy()

    def find_share(covered: np.ndarray) -> float:
        return persons[metro & covered].sum() / persons[metro].sum()

    def count_areas(covered: np.ndarray) -> int:
        total = np.bincount(zoning.area_of_place, persons, minlength=len(codes))
        good = np.bincount(zoning.area_of_place, persons * covered, minlength=len(codes))
        return int((good[is_metro] >= 0.9 * total[is_metro]).sum())

    either, both = (km <= 5) | (minutes <= 20), (km <= 5) & (minutes <= 20)
    assert is_metro.sum() == 96
    assert find_share(either) == pytest.approx(0.9998, abs=5e-4)
    assert find_share(both) == pytest.approx(0.952, abs=2e-3)
    assert find_share(km / 1.3 <= 5) == pytest.approx(0.984, abs=2e-3)
    assert (count_areas(either), count_areas(both)) == (96, 66)
    # the published number of départements lies between the two readings
    assert count_areas(both) < 90 < count_areas(either)


def test_who_cannot_by_age_is_credocs_table():
    values = ml.parameters().set_index("name")["value"]
    ages = ["18-24", "25-39", "40-54", "55-64", "65-79", "80+"]
    ours = [100 * values[f"ability.E1_excluded.age_filosofi.{age}"] for age in ages]
    assert ours == pytest.approx([7.3, 4.4, 5.1, 11.7, 21.2, 79.4])
