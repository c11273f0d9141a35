"""A territory from its files: frames, nearest counters, mistakes."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from towns import COUNTERS, NODES, PLACES, ROADS, find_times, read_valley, write_valley

import maillage as ml


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


# frames


def test_places_are_those_of_the_file(valley):
    frame = valley.places
    assert list(frame.columns) == [
        "place", "name", "lon", "lat", "commune", "departement", "persons"
    ]  # fmt: skip
    assert list(frame["place"]) == ["a", "b", "d", "f", "far"]
    assert list(frame["commune"][:4]) == ["01004", "2A004", "2A004", "2B033"]
    assert pd.isna(frame["commune"][4])
    assert list(frame["departement"][:4]) == ["01", "2A", "2A", "2A"]
    assert list(frame["persons"]) == [150, 120, 80, 100, 15]


def test_counters_have_keys_levels_and_hours(valley):
    frame = valley.counters
    assert list(frame["key"]) == ["K1", "002", "2A7"]
    assert frame["open"].tolist() == [True] * 3
    assert frame[["level_post", "level_bank", "level_tax"]].to_numpy().tolist() == [
        [2, 1, 0], [1, 0, 0], [0, 0, 2]
    ]  # fmt: skip
    assert frame["weekly_hours"].tolist()[::2] == [15, 3]
    assert math.isnan(frame["weekly_hours"][1])
    assert frame["opening_hours"][0] == "Mo-Fr 09:00-12:00"


def test_groups_carry_abilities_with_their_source(valley):
    frame = valley.groups.set_index("group")
    assert list(frame.index) == ["young", "old"]
    assert frame["persons"].tolist() == [290, 175]
    assert frame["car_share"].tolist() == pytest.approx([0.8, 0.5])
    assert frame[["p_a", "p_b", "p_c"]].to_numpy() == pytest.approx(
        np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    )
    assert frame.loc["young", ["n", "year", "source"]].tolist() == [500, 2020, "made up"]
    assert frame["walk_speed_kmh"].tolist() == [4.5, 3]


def test_the_rest_of_a_territory(valley):
    assert valley.name == "Vallée"
    assert valley.services == ["post", "bank", "tax"]
    assert list(valley.zonings) == ["commune", "departement"]
    assert valley.zonings["commune"].codes == ["01004", "2A004", "2B033"]
    assert valley.kinds["bureau"] == {"post": 2, "bank": 1}
    assert valley.parameters["limit_min"] == 20
    assert valley.parameters["phone_resolved"] == pytest.approx({"post": 0.4})
    found = valley.findings.set_index("kind")
    assert found.loc["places_off_network_car", "examples"] == "far"
    assert found.loc["place_without_area", "count"] == 2
    assert repr(valley) == "<Territory Vallée: 5 places, 465 persons, 3 open counters>"


def test_connectivity_of_places(tmp_path):
    fibre = pd.DataFrame(
        {
            "id": ["a", "b", "d", "f", "far"],
            "w8": [1, 0.5, 0, 0.2, None],
            "m4": [0, 0.5, 0, None, None],
        }
    )
    frame = read_valley(tmp_path, fibre=fibre).connectivity.set_index("place")
    # a line or 4G, taken as independent: 1 - (1 - 0.5) x (1 - 0.5)
    assert frame["adequate"].tolist()[:3] == pytest.approx([1, 0.75, 0])
    # 4G unknown beside 0.2 by wire: anything from 0.2 to 1
    assert math.isnan(frame.loc["f", "adequate"]) and math.isnan(frame.loc["far", "adequate"])
    assert list(frame.columns) == [
        "wired_8", "wired_30", "wired_100", "wired_1000", "mobile_4g", "adequate"
    ]  # fmt: skip


def test_a_summary_counts_everything(valley):
    summary = valley.summary()
    assert summary["places"] | {"bbox": None} == {
        "n": 5, "persons": 465, "zonings": {"commune": 3, "departement": 2}, "bbox": None
    }  # fmt: skip
    assert summary["groups"] == {"young": 290, "old": 175}
    assert summary["counters"]["by_service"] == {
        "post": {1: 1, 2: 1},
        "bank": {1: 1},
        "tax": {2: 1},
    }
    assert summary["networks"]["car"]["snap_places"]["off_network"] == 1
    assert summary["networks"]["walk"]["oneway_length_km"] == 0


def test_frames_are_copies(valley):
    for name in ("places", "counters", "groups", "connectivity", "findings"):
        frame = getattr(valley, name)
        frame.iloc[:, 0] = "spoilt"
        assert "spoilt" not in getattr(valley, name).iloc[:, 0].tolist()


@pytest.mark.parametrize("crs", ["EPSG:2154", "EPSG:3035"])
def test_geometry_stays_in_the_reference_system_of_the_file(tmp_path, crs):
    territory = read_valley(tmp_path, geometry_crs=crs)
    epsg = int(crs[5:])
    assert isinstance(territory.places, gpd.GeoDataFrame)
    assert territory.places.crs.to_epsg() == epsg
    by_place = territory.exposure("post").by_place()
    assert by_place.crs.to_epsg() == epsg
    assert by_place.geometry.geom_equals_exact(territory.places.geometry, 0).all()
    delta = territory.compare(ml.Scenario("less").close("K1"), "post").by_place()
    assert delta.crs.to_epsg() == epsg
    # and the answers are those of the table in degrees
    assert find_times(territory)["b"] == [("K1", pytest.approx(5, abs=1e-4))]


def test_counters_with_geometry_keep_it_through_scenarios(tmp_path):
    path = write_valley(tmp_path)
    layer = gpd.GeoDataFrame(
        COUNTERS.drop(columns=["lon", "lat"]),
        geometry=gpd.points_from_xy(COUNTERS["lon"], COUNTERS["lat"], crs=4326),
    ).to_crs(2154)
    layer.to_file(tmp_path / "counters.gpkg")
    text = path.read_text().replace("counters.csv", "counters.gpkg")
    path.write_text(text.replace('opening_hours = "heures"\nlon = "lon"\nlat = "lat"\n', ""))
    territory = ml.read_territory(path)
    assert territory.counters.crs.to_epsg() == 2154
    lon, lat = NODES["B"]
    scenario = (
        ml.Scenario("all")
        .close("002")
        .move("K1", lon=lon, lat=lat)
        .open("N", lon=lon, lat=lat, services={"post": 1})
    )
    after = territory.apply(scenario).counters
    assert after.crs.to_epsg() == 2154
    wanted = gpd.GeoSeries(gpd.points_from_xy([lon], [lat], crs=4326)).to_crs(2154).iloc[0]
    assert after.geometry.iloc[0].distance(wanted) < 1e-6
    assert after.geometry.iloc[3].distance(wanted) < 1e-6
    assert after.geometry.iloc[1].equals(territory.counters.geometry.iloc[1])


# nearest


def test_nearest_by_car(valley):
    assert find_times(valley, k=2) == {
        "a": [("K1", 0), ("002", 23)],
        "b": [("K1", 5), ("002", 18)],
        "d": [("002", 0), ("K1", 21)],
        "f": [("002", 28), ("K1", 35)],
        "far": [(None, None), (None, None)],
    }


def test_nearest_on_foot_at_the_speed_of_the_group(valley):
    on_foot = {"a": 0, "b": 20, "d": 0, "f": 260}
    for group, slower in (("young", 1), ("old", 1.5), (None, 1)):
        found = find_times(valley, person_class="no_car", group=group)
        assert {p: found[p][0][1] for p in on_foot} == {p: slower * t for p, t in on_foot.items()}


def test_a_driver_walks_where_walking_is_faster(tmp_path):
    """The class car has the best of all modes: the one-way street is shorter on foot."""
    roads = [("A", "B", 30, 750, 1), *ROADS[1:]]
    territory = read_valley(tmp_path, roads=roads)
    found = find_times(
        territory.apply(ml.Scenario("b").move("K1", lon=NODES["B"][0], lat=NODES["B"][1]))
    )
    assert found["a"] == [("K1", 10)]


def test_levels_and_services(valley):
    assert find_times(valley, level=2, k=2)["d"] == [("K1", 21), (None, None)]
    assert find_times(valley, "bank")["f"] == [("K1", 35)]
    assert find_times(valley, "bank", level=2)["a"] == [(None, None)]
    assert find_times(valley, "tax")["a"] == [("2A7", 35)]


def test_reasons_of_absence(valley):
    found = valley.nearest("post", k=3).set_index(["place", "rank"])
    assert list(found.columns) == ["counter", "travel_time", "reason"]
    assert found.loc[("a", 3), "reason"] == "unreachable"  # there are but two
    assert found.loc[("far", 1), "reason"] == "place_off_network"
    assert pd.isna(found.loc[("a", 1), "reason"])


def test_a_place_off_the_footways_says_so_to_people_without_a_car(tmp_path):
    modes = "[networks.car]\nmax_snap_m = 500000\n[networks.walk]\nboth_ways = true\n"
    territory = read_valley(tmp_path, modes=modes)
    on_foot = territory.nearest("post", person_class="no_car").set_index("place")
    assert on_foot.loc["far", "reason"] == "place_off_network"
    assert territory.nearest("post").set_index("place").loc["far", "travel_time"] > 1000


def test_without_a_network_on_foot_people_without_a_car_reach_nothing(tmp_path):
    territory = read_valley(tmp_path, modes="[networks.car]\n")
    found = territory.nearest("post", person_class="no_car").set_index("place")
    assert found["travel_time"].isna().all()
    assert set(found["reason"]) == {"unreachable"}
    # 290 x 0.2 + 175 x 0.5 persons, and it is said
    said = territory.findings.set_index("kind").loc["nobody_goes_without_a_car", "examples"]
    assert said == "no network for 146 persons without a car: they reach no counter"
    assert territory.nearest("post").set_index("place").loc["b", "travel_time"] == 5


def test_on_foot_alone(tmp_path):
    territory = read_valley(tmp_path, modes="[networks.walk]\nboth_ways = true\n")
    for person_class in ("car", "no_car"):
        assert find_times(territory, person_class=person_class)["b"] == [("K1", 20)]
    with pytest.raises(ml.InputError, match="the territory has no roads for car"):
        territory.apply(ml.Scenario("slide").close_road(ways=[1]))


def test_a_place_without_coordinates_stays_and_reaches_nothing(tmp_path):
    places = PLACES.assign(
        lon=[9.0, None, *PLACES["lon"][2:]], lat=[42.0, None, *PLACES["lat"][2:]]
    )
    path = write_valley(tmp_path, places=places)
    keep = path.read_text().replace("[places]\n", '[places]\nmissing_coordinates = "keep"\n')
    path.write_text(keep)
    territory = ml.read_territory(path)
    found = territory.nearest("post").set_index("place")
    assert found.loc["b", "reason"] == "place_off_network"
    assert territory.exposure("post").total()["persons"][0] == 465
    assert territory.exposure("post").map().png


def test_more_nearest_begin_with_fewer(valley):
    one, two = find_times(valley, k=1), find_times(valley, k=2)
    assert {place: rows[:1] for place, rows in two.items()} == one


def test_round_trips_go_home_by_the_same_mode(valley):
    found = valley.nearest("post", k=2, round_trip=True).set_index(["place", "counter"])
    assert found.loc[("b", "002"), "round_trip_time"] == 18 + 16
    assert found.loc[("a", "K1"), "round_trip_time"] == 0
    assert found.loc[("f", "002"), "round_trip_time"] == 28 + 26
    assert found["round_trip_time"].isna().sum() == 2
    on_foot = valley.nearest("post", person_class="no_car", round_trip=True).set_index("place")
    assert on_foot.loc["b", "round_trip_time"] == 40


def test_the_way_home_has_nearest_counters_of_its_own(valley):
    there = valley.nearest("post", k=2).set_index(["place", "counter"])["travel_time"]
    both = valley.nearest("post", k=2, round_trip=True).set_index(["place", "counter"])
    home = valley.nearest("post", k=2, direction="from").set_index(["place", "counter"])
    assert (
        home.loc[("b", "002"), "travel_time"]
        == both.loc[("b", "002"), "round_trip_time"] - there["b", "002"]
    )
    assert (home["travel_time"].dropna() <= both["round_trip_time"].max()).all()
    slow = valley.nearest("post", k=2, direction="from", exhaustive=True)
    pd.testing.assert_frame_equal(valley.nearest("post", k=2, direction="from"), slow)
    slow = valley.nearest("post", k=2, round_trip=True, exhaustive=True)
    pd.testing.assert_frame_equal(both.reset_index()[list(slow.columns)], slow)
    with pytest.raises(ml.errors.InputError, match="direction is 'back', expected to or from"):
        valley.nearest("post", direction="back")


def test_equal_times_come_in_the_order_of_the_counters(tmp_path):
    counters = pd.concat([COUNTERS, COUNTERS.head(1).assign(code="0first")])
    assert find_times(read_valley(tmp_path / "1", counters=counters), k=2)["a"] == [
        ("K1", 0), ("0first", 0)
    ]  # fmt: skip
    turned = counters.iloc[::-1]
    assert find_times(read_valley(tmp_path / "2", counters=turned), k=2)["a"] == [
        ("0first", 0), ("K1", 0)
    ]  # fmt: skip


def test_the_order_of_rows_changes_only_the_order_of_rows(valley, tmp_path):
    turned = read_valley(
        tmp_path, places=PLACES.iloc[::-1], counters=COUNTERS.iloc[::-1], roads=ROADS[::-1]
    )
    assert list(turned.places["place"]) == ["far", "f", "d", "b", "a"]
    assert find_times(turned, k=2) == find_times(valley, k=2)


def test_keys_of_large_results_are_categories(tmp_path):
    n = 35_000
    places = pd.DataFrame(
        {
            "id": [f"{i:06}" for i in range(n)],
            "nom": "x",
            "lon": np.linspace(NODES["A"][0], NODES["F"][0], n),
            "lat": np.linspace(NODES["A"][1], NODES["F"][1], n),
            "commune": "01004",
            "n_young": 1,
            "n_old": 2,
        }
    )
    found = read_valley(tmp_path, places=places).nearest("post", k=3)
    assert len(found) == 105_000
    for column in ("place", "counter"):
        assert isinstance(found[column].dtype, pd.CategoricalDtype)
    assert found["place"].iloc[-1] == "034999"
    assert list(found["counter"].cat.categories) == ["K1", "002", "2A7"]
    assert found["counter"].isna().sum() == n


def test_zero_minutes_inside_the_commune_as_insee_counts(tmp_path):
    path = write_valley(tmp_path)
    squares = gpd.GeoDataFrame(
        {"insee": ["01004", "2A004", "2B033"]},
        geometry=[
            gpd.points_from_xy([x], [y])[0].buffer(r)
            for (x, y), r in ((NODES["A"], 4e-4), (NODES["D"], 2.5e-3), (NODES["F"], 4e-4))
        ],
        crs=4326,
    )
    squares.geometry = [
        squares.geometry[0],
        squares.geometry[1].difference(squares.geometry[0]).difference(squares.geometry[2]),
        squares.geometry[2],
    ]
    squares.to_file(tmp_path / "communes.gpkg")
    text = path.read_text().replace(
        'column = "commune"\nfile = "communes.csv"\nkey = "insee"\nname = "nom"',
        'file = "communes.gpkg"\nkey = "insee"',
    )
    path.write_text(text + 'zero_inside = "commune"\n')
    found = find_times(ml.read_territory(path))
    assert found["b"] == [("002", 0)]  # 18 minutes away, in the same commune
    assert found["f"] == [("002", 28)]
    assert found["a"] == [("K1", 0)]


# mistakes, one sentence each

BAD_CALLS = {
    "service 'pots' does not exist, did you mean 'post'?": lambda t: t.nearest("pots"),
    "service 'health' does not exist, expected one of": lambda t: t.exposure("health"),
    "service is None, expected a name": lambda t: t.exposure(None),
    "group 'odl' does not exist, did you mean 'old'?": lambda t: t.nearest("post", group="odl"),
    "group is 65, expected a name": lambda t: t.nearest("post", group=65),
    "level is 0, expected 1": lambda t: t.nearest("post", level=0),
    "level is 1.5, expected 1": lambda t: t.exposure("post", 20, 1.5),
    "level is '2', expected 1": lambda t: t.exposure("post", 20, "2"),
    "k is 0, expected 1 to 255": lambda t: t.nearest("post", k=0),
    "k is 2.5, expected 1 to 255": lambda t: t.nearest("post", k=2.5),
    "person_class is 'bus', expected car or no_car": lambda t: t.nearest(
        "post", person_class="bus"
    ),
    "person_class is None, expected": lambda t: t.nearest("post", person_class=None),
    "limit is -1, expected minutes": lambda t: t.exposure("post", -1),
    "limit is '20', expected minutes": lambda t: t.exposure("post", "20"),
    "limit is nan, expected minutes": lambda t: t.compare(ml.Scenario("x"), "post", math.nan),
    "limit is inf, expected minutes": lambda t: t.exposure("post", math.inf),
    "left_out_lambda is 2, expected 0..1": lambda t: t.exposure("post", left_out_lambda=2),
    "left_out_lambda is 'x', expected 0..1": lambda t: t.exposure("post", left_out_lambda="x"),
    "threads is -2, expected": lambda t: t.exposure("post", threads=-2),
    "scenario is 'x.toml', expected a Scenario": lambda t: t.apply("x.toml"),
    "scenario is None, expected a Scenario": lambda t: t.compare(None, "post"),
    'there is no counter "k1", did you mean': lambda t: t.apply(ml.Scenario("x").close("k1")),
    "progress is 3, expected": lambda t: t.exposure("post", progress=3),
}


@pytest.mark.parametrize("words", BAD_CALLS)
def test_wrong_arguments_are_told_in_a_sentence(valley, words):
    with pytest.raises(ml.MaillageError) as error:
        BAD_CALLS[words](valley)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    kind = KeyError if "does not exist" in words else ValueError
    assert isinstance(error.value, kind)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(OSError, match=r"nowhere\.toml"):
        ml.read_territory(tmp_path / "nowhere.toml")
    with pytest.raises(ml.InputError, match="path is None"):
        ml.read_territory(None)
    path = write_valley(tmp_path)
    (tmp_path / "edges.csv").unlink()
    with pytest.raises(OSError, match=r"edges\.csv"):
        ml.read_territory(path)


def test_a_mistake_in_a_table_is_found_by_its_row(tmp_path):
    path = write_valley(tmp_path)
    places = Path(tmp_path / "places.csv")
    places.write_text(places.read_text().replace("60.0,20.0", "-60.0,20.0"))
    with pytest.raises(ml.InputError, match=r"places\.csv:4: n_young is -60"):
        ml.read_territory(path)
