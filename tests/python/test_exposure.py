"""Exposure: the five states, their sums and travel times, added up by hand on the valley.

Persons (young, old): a 100, 50; b 80, 40; d 60, 20; f 40, 60; far 10, 5. Of the young 70 %
manage online, 20 % need help, 10 % cannot; of the old 30 %, 30 %, 40 %. Within 20 minutes of
a post office: everybody at a and d; at b drivers (5 min) and young walkers (20 min, which
counts), not old walkers (30 min, half of them); nobody at f (28 min) and far.
"""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from towns import COUNTERS, PLACES, read_valley, write_random_territory

import maillage as ml

STATES = ["choice", "counter_reliant", "digital_only", "assisted_only", "stranded"]
# place -> the five states
BY_PLACE = {
    "a": [70 + 15, 30 + 35, 0, 0, 0],
    "b": [56 + 6, 24 + 14, 6, 6, 8],
    "d": [42 + 6, 18 + 14, 0, 0, 0],
    "f": [0, 0, 28 + 18, 8 + 18, 4 + 24],
    "far": [0, 0, 7 + 1.5, 2 + 1.5, 1 + 2],
}
BY_GROUP = {
    "young": [70 + 56 + 42, 30 + 24 + 18, 28 + 7, 8 + 2, 4 + 1],
    "old": [15 + 6 + 6, 35 + 14 + 14, 6 + 18 + 1.5, 6 + 18 + 1.5, 8 + 24 + 2],
}


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


@pytest.fixture(scope="module")
def exposure(valley) -> ml.Exposure:
    return valley.exposure("post")


def check_states(frame: pd.DataFrame, wanted: dict[str, list[float]]) -> None:
    assert list(frame.index) == list(wanted)
    np.testing.assert_allclose(frame[STATES].to_numpy(), list(wanted.values()), atol=1e-9)


def test_states_by_place(exposure):
    check_states(exposure.by_place().set_index("place"), BY_PLACE)


def test_states_by_group(exposure):
    check_states(exposure.by_group().set_index("group"), BY_GROUP)


def test_states_by_zoning_with_those_outside_last(exposure):
    frame = exposure.by("commune")
    assert list(frame.columns[:3]) == ["commune", "commune_name", "persons"]
    assert list(frame["commune"][:3]) == ["01004", "2A004", "2B033"]
    assert list(frame["commune_name"][:3]) == ["Amont-le-Haut", "Le Bourg", "Fond-de-Vallée"]
    assert frame["commune"].isna().tolist() == [False] * 3 + [True]
    wanted = [
        BY_PLACE["a"], np.add(BY_PLACE["b"], BY_PLACE["d"]), BY_PLACE["f"], BY_PLACE["far"]
    ]  # fmt: skip
    np.testing.assert_allclose(frame[STATES].to_numpy(), wanted, atol=1e-9)
    assert exposure.by("departement")["persons"].tolist() == [150, 300, 15]


def test_states_by_zoning_and_group(exposure):
    frame = exposure.by("commune", by_group=True)
    assert list(frame.columns[:4]) == ["commune", "commune_name", "group", "persons"]
    assert len(frame) == 4 * 2
    row = frame[(frame["commune"] == "2A004") & (frame["group"] == "old")].iloc[0]
    assert row["persons"] == 60
    assert row[STATES].tolist() == pytest.approx([12, 28, 6, 6, 8])


def test_everybody(exposure):
    row = exposure.total().iloc[0]
    assert len(exposure.total()) == 1
    assert row["persons"] == 465
    assert row[STATES].tolist() == pytest.approx([195, 135, 60.5, 35.5, 39])
    assert row["exposed"] == pytest.approx(60.5 + 35.5 + 39)
    assert row["left_out"] == pytest.approx(39 + 0.5 * 35.5)
    assert row["phone_resolved"] == pytest.approx(0.8 * 0.5 * 135)
    assert row["share_stranded"] == pytest.approx(39 / 465)
    assert row["share_left_out"] == pytest.approx((39 + 0.5 * 35.5) / 465)


def test_travel_times_of_everybody(exposure):
    """Minutes and persons: 0 at a and d (230), b 5 x 84, 20 x 16, 30 x 20, f and far."""
    row = exposure.total().iloc[0]
    person_minutes = 5 * (64 + 20) + 20 * 16 + 30 * 20 + 28 * (32 + 30) + 260 * 8 + 390 * 30
    assert row["mean_time"] == pytest.approx(person_minutes / 450)
    assert row["median_time"] == 5  # 230 at 0, 314 within 5; half is 232.5
    assert row["p90_time"] == 260  # 412 within 28, 420 within 260; nine tenths are 418.5
    assert row["max_time"] == 390
    assert row["unreachable_share"] == pytest.approx(15 / 465)
    coverage = row[["coverage_10", "coverage_20", "coverage_30", "coverage_45"]]
    assert (465 * coverage).tolist() == pytest.approx([314, 330, 412, 412])
    assert row["fgt0"] == pytest.approx(135 / 465)
    # excess over 20 minutes, in twenties, over those who reach a counter at all
    excess = [(0.5, 20), (0.4, 62), (12, 8), (18.5, 30)]
    assert row["fgt1"] == pytest.approx(sum(e * n for e, n in excess) / 450)
    assert row["fgt2"] == pytest.approx(sum(e * e * n for e, n in excess) / 450)


def test_the_gini_coefficient_is_half_the_mean_difference(exposure):
    minutes = np.array([0, 5, 20, 30, 28, 260, 390])
    persons = np.array([230, 84, 16, 20, 62, 8, 30])
    weights = persons[:, None] * persons[None, :]
    difference = (weights * np.abs(minutes[:, None] - minutes[None, :])).sum() / 450**2
    wanted = difference / (2 * (minutes @ persons) / 450)
    assert exposure.total()["gini"][0] == pytest.approx(wanted)


def test_tables_by_place_name_the_counters(exposure):
    frame = exposure.by_place().set_index("place")
    assert frame["counter_car"].tolist()[:4] == ["K1", "K1", "002", "002"]
    assert frame["travel_time_car"].tolist()[:4] == [0, 5, 0, 28]
    assert frame["counter_no_car"].tolist()[:4] == ["K1", "K1", "002", "002"]
    assert frame["travel_time_no_car"].tolist()[:4] == [0, 20, 0, 260]  # of the first group
    assert frame.loc["far", ["counter_car", "travel_time_car"]].isna().all()
    assert frame.loc["far", "mean_time"] != frame.loc["far", "mean_time"]
    assert frame.loc["far", "unreachable_share"] == 1
    assert frame.loc["far", "name"] == "Au large"


def test_columns_that_others_rely_on(exposure):
    names = ["persons", *STATES, "exposed", "left_out"]
    shares = [f"share_{name}" for name in (*STATES, "exposed", "left_out")]
    for frame, first in (
        (exposure.by_place(), "place"),
        (exposure.by_group(), "group"),
        (exposure.by("commune"), "commune"),
        (exposure.by("departement"), "departement"),
    ):
        assert frame.columns[0] == first
        assert set(names + shares) <= set(frame.columns)
    assert list(exposure.total().columns[:8]) == names


@pytest.mark.parametrize(
    "limit, exposed_at_b", [(20, 20), (19.999, 36), (30, 0), (5, 36), (4.999, 120), (0, 120)]
)
def test_the_limit_is_inclusive(valley, limit, exposed_at_b):
    frame = valley.exposure("post", limit).by_place().set_index("place")
    assert frame.loc["b", "exposed"] == pytest.approx(exposed_at_b)
    assert frame.loc["a", "exposed"] == 0
    assert f"coverage_{limit:g}" in frame


def test_the_expert_desk_is_farther(valley):
    frame = valley.exposure("post", level=2).by_place().set_index("place")
    assert frame.loc["d", "exposed"] == 80  # K1 is 21 minutes away
    assert valley.exposure("bank", level=2).total()["exposed"][0] == 465


def test_left_out_weighs_those_who_need_help(valley):
    for weight, wanted in ((0, 39), (1, 39 + 35.5), (0.2, 39 + 7.1)):
        row = valley.exposure("post", left_out_lambda=weight).total().iloc[0]
        assert row["left_out"] == pytest.approx(wanted)


def test_parameters_of_the_file_are_the_defaults(tmp_path):
    territory = read_valley(tmp_path, parameters="left_out_lambda = 0.2")
    exposure = territory.exposure("post")
    assert exposure.limit == 20
    assert exposure.total()["left_out"][0] == pytest.approx(39 + 7.1)
    assert math.isnan(territory.exposure("tax").total()["phone_resolved"][0])


def test_people_without_a_line_lose_what_they_could_do_online(tmp_path):
    """Of f 75 % have no line: their A becomes B, their B becomes C."""
    fibre = pd.DataFrame({"id": PLACES["id"], "w8": [1, 1, 1, 0.25, 1], "m4": 0})
    row = read_valley(tmp_path, fibre=fibre).exposure("post").by_place().set_index("place").loc["f"]
    young = [40 * 0.7 * 0.25, 40 * (0.2 * 0.25 + 0.7 * 0.75), 40 * (0.1 + 0.2 * 0.75)]
    old = [60 * 0.3 * 0.25, 60 * (0.3 * 0.25 + 0.3 * 0.75), 60 * (0.4 + 0.3 * 0.75)]
    assert row[STATES[2:]].tolist() == pytest.approx(np.add(young, old).tolist())


def test_half_the_shift_moves_half_the_people(tmp_path):
    fibre = pd.DataFrame({"id": PLACES["id"], "w8": 0.0, "m4": 0.0})
    territory = read_valley(tmp_path, fibre=fibre, parameters="connectivity_shift = 0.5")
    row = territory.exposure("post").by_place().set_index("place").loc["far"]
    young = [7 * 0.5, 2 * 0.5 + 7 * 0.5, 1 + 2 * 0.5]
    old = [1.5 * 0.5, 1.5 * 0.5 + 1.5 * 0.5, 2 + 1.5 * 0.5]
    assert row[STATES[2:]].tolist() == pytest.approx(np.add(young, old).tolist())


def test_places_whose_connection_nobody_knows_count_as_connected(tmp_path, exposure):
    fibre = pd.DataFrame({"id": PLACES["id"], "w8": [None, None, None, None, 1.0], "m4": None})
    found = read_valley(tmp_path, fibre=fibre).exposure("post").by_place()
    pd.testing.assert_frame_equal(found, exposure.by_place())


def test_places_where_nobody_lives_have_no_shares(tmp_path):
    places = PLACES.assign(n_young=[0.0, 80, 60, 40, 10], n_old=[0.0, 40, 20, 60, 5])
    frame = read_valley(tmp_path, places=places).exposure("post").by_place().set_index("place")
    assert frame.loc["a", ["persons", *STATES]].tolist() == [0] * 6
    assert frame.loc["a", ["share_choice", "share_exposed", "mean_time", "gini"]].isna().all()
    assert frame.loc["a", "travel_time_car"] == 0


def test_cycling_helps_where_the_territory_says_so(tmp_path):
    modes = "[networks.car]\n[networks.walk]\nboth_ways = true\n[networks.bike]\nboth_ways = true\n"
    parameters = 'no_car_modes = ["walk", "bike"]'
    by_bike = read_valley(tmp_path / "1", modes=modes, parameters=parameters)
    # 1500 m at 15 km/h
    found = by_bike.exposure("post").by_place().set_index("place")
    assert found.loc["b", "travel_time_no_car"] == 6
    assert found.loc["b", "exposed"] == 0
    on_foot = read_valley(tmp_path / "2", modes=modes)
    found = on_foot.exposure("post").by_place().set_index("place")
    assert found.loc["b", "travel_time_no_car"] == 20


def test_parking_and_slow_traffic_take_their_time(tmp_path):
    modes = (
        "[networks.car]\nparking_min = 3\ntime_factor = 1.2\n[networks.walk]\nboth_ways = true\n"
    )
    found = read_valley(tmp_path, modes=modes).exposure("post").by_place().set_index("place")
    assert found.loc["b", "travel_time_car"] == pytest.approx(5 * 1.2 + 3)
    assert found.loc["f", "travel_time_car"] == pytest.approx(28 * 1.2 + 3)
    assert found.loc["a", "travel_time_car"] == 0  # walking is faster than parking
    assert found.loc["b", "travel_time_no_car"] == 20


def test_a_territory_without_open_counters(valley):
    none = valley.apply(ml.Scenario("none").close("K1").close("002"))
    row = none.exposure("post").total().iloc[0]
    assert row[["choice", "counter_reliant"]].tolist() == [0, 0]
    assert row["exposed"] == pytest.approx(465)
    assert row["unreachable_share"] == 1
    assert row[["mean_time", "median_time", "max_time", "gini"]].isna().all()


def test_persons_are_conserved_by_every_split(tmp_path):
    for seed in range(10):
        territory = ml.read_territory(write_random_territory(tmp_path / str(seed), seed))
        exposure = territory.exposure("post", 5)
        whole = exposure.total().iloc[0]
        assert whole[STATES].sum() == pytest.approx(territory.places["persons"].sum())
        for table in (
            exposure.by_place(),
            exposure.by_group(),
            exposure.by("commune"),
            exposure.by("commune", by_group=True),
        ):
            sums = table[["persons", *STATES, "exposed", "left_out"]].sum()
            np.testing.assert_allclose(sums, whole[sums.index].astype(float), rtol=1e-12)
            shares = table.filter(like="share_").to_numpy()
            assert ((shares >= 0) & (shares <= 1)).all()
            np.testing.assert_allclose(table[STATES].sum(axis=1), table["persons"], rtol=1e-12)


def test_threads_change_no_byte(tmp_path):
    path = write_random_territory(tmp_path, 5)
    tables = []
    for threads in (1, 2, 8):
        territory = ml.read_territory(path, threads=threads)
        exposure = territory.exposure("post", 5, threads=threads)
        tables.append((exposure.by_place(), exposure.by_group(), exposure.total()))
    for other in tables[1:]:
        for one, two in zip(tables[0], other, strict=True):
            pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_merging_communes_changes_no_place(tmp_path, exposure):
    places = PLACES.assign(commune=["2A004", "2A004", "2A004", "2B033", None])
    found = read_valley(tmp_path, places=places).exposure("post").by_place()
    columns = [c for c in found if c not in ("commune", "departement")]
    pd.testing.assert_frame_equal(found[columns], exposure.by_place()[columns], check_exact=True)


def test_results_speak_arrow(exposure, tmp_path):
    table = pa.table(exposure)
    assert table.column("place").to_pylist() == ["a", "b", "d", "f", "far"]
    assert table.column("counter_car").null_count == 1
    for frame in (exposure.by_group(), exposure.by("commune"), exposure.total()):
        assert pa.table(frame).num_rows == len(frame)
    with_points = read_valley(tmp_path, geometry_crs="EPSG:2154").exposure("post")
    field = pa.schema(pa.table(with_points).schema).field("geometry")
    assert field.metadata[b"ARROW:extension:name"] == b"geoarrow.wkb"
    assert isinstance(with_points.by_place(), gpd.GeoDataFrame)


@pytest.mark.parametrize("reader", ["polars", "duckdb"])
def test_other_libraries_read_results(exposure, reader):
    library = pytest.importorskip(reader)
    if reader == "polars":
        assert library.from_arrow(exposure)["place"].to_list() == list(BY_PLACE)
    else:
        table = pa.table(exposure)  # noqa: F841  duckdb finds it by its name
        assert library.sql("select sum(persons) from table").fetchone()[0] == 465


def test_what_the_figures_rest_on(exposure):
    said = exposure.assumptions
    assert said["service"] == "post"
    assert said["limit_min"] == 20
    assert said["scenarios"] == []
    assert "independent of ability" in said["independence"]
    assert said["abilities"][0]["source"] == "made up"
    assert repr(exposure) == (
        "<Exposure post level 1 within 20 min: 135 of 465 persons exposed, 39 stranded>"
    )


def test_a_map_of_the_exposure(exposure, tmp_path):
    image = exposure.map(tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes() == image.png
    assert image.png.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["communes", "Commune", "canton"])
def test_a_zoning_that_does_not_exist(exposure, name):
    with pytest.raises(KeyError, match=r"zoning .* did you mean 'commune'|expected one of"):
        exposure.by(name)


def test_counters_with_the_same_point_and_service_are_one_choice(tmp_path, exposure):
    """Doubling every counter changes no time and no state."""
    twice = pd.concat([COUNTERS, COUNTERS.assign(code=[f"x{c}" for c in COUNTERS["code"]])])
    found = read_valley(tmp_path, counters=twice).exposure("post").by_place()
    pd.testing.assert_frame_equal(found, exposure.by_place())
