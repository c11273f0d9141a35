"""Territories without roads: straight lines, said wherever times are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import maillage as ml
from maillage.cli import app
from maillage.errors import InputError

TOML = """format = 1
name = "flat"
[places]
file = "places.csv"
key = "id"
lon = "lon"
lat = "lat"
[groups.young]
persons = "young"
ability = {{ p_b = 0.2, p_c = 0.1 }}
car_share = 0.8
[groups."75+"]
persons = "old"
ability = {{ p_b = 0.3, p_c = 0.4 }}
car_share = 0.5
[counters]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = {{ post = 1 }}
[networks.crow]
{crow}
"""


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(1)
    n = 40
    places = pd.DataFrame(
        {
            "id": [f"P{i}" for i in range(n)],
            "lon": 2 + rng.uniform(0, 0.5, n),
            "lat": 46 + rng.uniform(0, 0.5, n),
            "young": rng.integers(10, 100, n),
            "old": rng.integers(1, 50, n),
        }
    )
    places.to_csv(tmp_path / "places.csv", index=False)
    places.sample(8, random_state=1)[["id", "lon", "lat"]].to_csv(
        tmp_path / "counters.csv", index=False
    )
    return tmp_path


def read(folder, crow: str = "", **how) -> ml.Territory:
    file = folder / "territory.toml"
    file.write_text(TOML.format(crow=crow), encoding="utf-8")
    return ml.read_territory(file, progress=False, **how)


def find_km(territory: ml.Territory, table: pd.DataFrame) -> np.ndarray:
    places = territory.places.set_index("place").loc[table["place"]]
    counters = territory.counters.set_index("key").loc[table["counter"]]
    lat, lon, to_lat, to_lon = (
        np.radians(f[c].to_numpy()) for f in (places, counters) for c in ("lat", "lon")
    )
    h = np.sin((to_lat - lat) / 2) ** 2
    h += np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    return 2 * 6371.0088 * np.arcsin(np.sqrt(h))


def test_times_are_straight_lines_with_a_detour(folder):
    territory = read(folder, "detour_factor = 1.4\nspeed_kmh = 60\nparking_min = 2", cache=False)
    table = territory.nearest("post", k=3)
    expected = 1.4 * find_km(territory, table) + 2
    on_foot = 1.4 * find_km(territory, table) / 4.5 * 60
    assert table["travel_time"].to_numpy() == pytest.approx(np.minimum(expected, on_foot), abs=1e-4)
    walk = territory.nearest("post", person_class="no_car", group="75+")
    assert walk["travel_time"].to_numpy() == pytest.approx(
        1.4 * find_km(territory, walk) / 3 * 60, abs=1e-4
    )
    km = territory.nearest("post", measure="distance")
    assert km["distance_km"].to_numpy() == pytest.approx(1.4 * find_km(territory, km), abs=1e-4)


def test_never_silently(folder):
    territory = read(folder, cache=False)
    words = "car: no roads, straight line x 1.3 at 50 km/h"
    assert words in territory.exposure("post").assumptions["travel_times"]
    finding = territory.findings.set_index("kind").loc["no_roads"]
    assert finding["count"] == 3 and words in finding["examples"]
    done = CliRunner().invoke(app, ["exposure", str(folder / "territory.toml"), "--no-cache"])
    assert done.exit_code == 0 and words in " ".join(done.stdout.split())


def test_scenarios_batches_and_the_cache_work_as_on_roads(folder, tmp_path):
    territory = read(folder, cache=tmp_path / "cache")
    again = read(folder, cache=tmp_path / "cache")
    pd.testing.assert_frame_equal(
        territory.exposure("post").by_place(), again.exposure("post").by_place()
    )
    keys = territory.counters["key"].tolist()
    scenario = ml.Scenario("less").close(keys[0]).close(keys[1])
    scenario = scenario.open("new", lon=2.2, lat=46.2, services={"post": 1})
    delta = again.compare(scenario, "post")
    slow = again.compare(scenario, "post", exhaustive=True)
    pd.testing.assert_frame_equal(delta.by_place(), slow.by_place())
    singles = again.single_closures("post").set_index("key")
    for key in keys:
        one = again.compare(ml.Scenario(key).close(key), "post").total().iloc[0]
        assert singles.loc[key, "delta_stranded"] == pytest.approx(one["delta_stranded"])
    rows = again.compare_many({"all": keys, "two": keys[:2]}, "post", by_group=False)
    plain = again.compare_many(
        {"all": keys, "two": keys[:2]}, "post", by_group=False, exhaustive=True
    )
    assert rows["delta_exposed"].to_numpy() == pytest.approx(plain["delta_exposed"].to_numpy())


def test_round_trips_and_guarantees(folder):
    territory = read(folder, cache=False)
    table = territory.nearest("post", round_trip=True)
    assert table["round_trip_time"].to_numpy() == pytest.approx(2 * table["travel_time"].to_numpy())
    rule = {"name": "r", "service": "post", "minutes": 20, "km": 5, "combine": "or"}
    assert 0 < territory.guarantee(rule).summary()["figure"].iloc[0] <= 1


@pytest.mark.parametrize("crow", ["detour_factor = 0.9", "speed_kmh = 0", "speed = 3"])
def test_mistakes_are_named(folder, crow: str):
    with pytest.raises(InputError, match=r"networks\.crow"):
        read(folder, crow)
