"""What a scenario changes: hand-made answers, exact zeros, and the fast form equal to the slow."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from towns import (
    COUNTERS,
    NODES,
    PLACES,
    draw_scenario,
    read_valley,
    write_random_territory,
    write_valley,
)

import maillage as ml

STATES = ["choice", "counter_reliant", "digital_only", "assisted_only", "stranded"]
# The laws of the engine itself look at more; here every step is taken through Python.
N_TERRITORIES = max(10, int(os.environ.get("MAILLAGE_TEST_TERRITORIES", "200")) // 20)
CLOSE_K1 = ml.Scenario("fewer desks").close("K1")


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


@pytest.fixture(scope="module")
def delta(valley) -> ml.Delta:
    """K1 closes: 002 is 23 minutes from a by car, 18 from b; walkers have none within hours."""
    return valley.compare(CLOSE_K1, "post")


def tables(delta: ml.Delta) -> list[pd.DataFrame]:
    return [
        delta.total(),
        delta.by_group(),
        delta.by_place(),
        delta.by("commune"),
        delta.by("departement", by_group=True),
        delta.changes(),
    ]


def check_zero(delta: ml.Delta) -> None:
    """Every difference is exactly zero, or absent where there is nothing before and after."""
    for table in tables(delta)[:-1]:
        names = [c.removeprefix("delta_") for c in table.columns if c.startswith("delta_")]
        was, now, change = (
            table[[f"{side}_{name}" for name in names]].to_numpy(dtype=float)
            for side in ("before", "after", "delta")
        )
        assert ((change == 0) | (np.isnan(was) & np.isnan(now))).all()
        assert not np.signbit(change).any()
    for table in (delta.changes(), delta.losers(), delta.gainers(), delta.changed_counters()):
        assert len(table) == 0
    assert delta.person_minutes() == 0


# by hand


def test_everybody(delta):
    row = delta.total().iloc[0]
    before = [195, 135, 60.5, 35.5, 39]
    # a: nobody within reach; b: drivers only; d, f and far as before
    after = [
        (44.8 + 6) + 48,
        (19.2 + 14) + 32,
        (70 + 15) + (11.2 + 6) + 46 + 8.5,
        (20 + 15) + (3.2 + 6) + 26 + 3.5,
        (10 + 20) + (1.6 + 8) + 28 + 3,
    ]
    for state, was, now in zip(STATES, before, after, strict=True):
        assert row[f"before_{state}"] == pytest.approx(was)
        assert row[f"after_{state}"] == pytest.approx(now)
        assert row[f"delta_{state}"] == pytest.approx(now - was)
    assert row["delta_exposed"] == pytest.approx(166)
    assert row["delta_left_out"] == pytest.approx((sum(after[4:]) - 39) + 0.5 * (after[3] - 35.5))
    assert row["delta_persons"] == 0
    assert row["delta_share_exposed"] == pytest.approx(166 / 465)
    assert row["after_median_time"] == 23
    assert row["delta_median_time"] == 18


def test_by_place_with_the_counters_used(delta):
    frame = delta.by_place().set_index("place")
    assert frame.loc["a", "delta_exposed"] == 150
    assert frame.loc["b", "delta_exposed"] == pytest.approx(16)
    assert frame.loc[["d", "f", "far"], "delta_exposed"].tolist() == [0, 0, 0]
    assert frame["before_counter_car"].tolist()[:4] == ["K1", "K1", "002", "002"]
    assert frame["after_counter_car"].tolist()[:4] == ["002", "002", "002", "002"]
    assert frame["delta_travel_time_car"].tolist()[:4] == [23, 13, 0, 0]
    assert frame["delta_travel_time_no_car"].tolist()[:4] == [180, 140, 0, 0]
    assert frame.loc["far", ["before_counter_car", "delta_travel_time_car"]].isna().all()


def test_by_group_and_by_area(delta):
    by_group = delta.by_group().set_index("group")
    assert by_group["delta_exposed"].to_dict() == pytest.approx({"young": 116, "old": 50})
    by_commune = delta.by("commune")
    assert list(by_commune.columns[:2]) == ["commune", "commune_name"]
    assert by_commune["delta_exposed"].tolist() == pytest.approx([150, 16, 0, 0])
    both = delta.by("commune", by_group=True)
    assert list(both.columns[:3]) == ["commune", "commune_name", "group"]
    assert both["delta_exposed"].tolist() == pytest.approx([100, 50, 16, 0, 0, 0, 0, 0])


def test_columns_that_others_rely_on(delta):
    names = ["persons", *STATES, "exposed", "left_out"]
    names += [f"share_{name}" for name in (*STATES, "exposed", "left_out")]
    names += ["mean_time", "median_time", "unreachable_share", "coverage_20"]
    first = [None, "group", "place", "commune", "departement"]
    for table, key in zip(tables(delta), first, strict=False):
        assert key is None or table.columns[0] == key
        for name in names:
            difference = table[f"after_{name}"] - table[f"before_{name}"]
            pd.testing.assert_series_equal(table[f"delta_{name}"], difference, check_names=False)


def test_losers_come_worst_first(delta):
    frame = delta.losers()
    assert list(frame["place"]) == ["a", "b", "a", "b", "a", "a", "b", "b"]
    assert list(frame["person_class"]) == ["no_car"] * 4 + ["car"] * 4
    assert frame["walk_speed_kmh"].tolist() == [3, 3, 4.5, 4.5, 4.5, 3, 4.5, 3]
    # ten drivers, then ten without: (100, 50) and (80, 40) persons, 80 % and 50 % by car
    assert frame["persons"].tolist() == pytest.approx([25, 20, 20, 16, 80, 25, 64, 20])
    assert frame["before_travel_time"].tolist() == [0, 30, 0, 20, 0, 0, 5, 5]
    assert frame["after_travel_time"].tolist() == [270, 240, 180, 160, 23, 23, 18, 18]
    assert frame["delta_travel_time"].tolist() == [270, 210, 180, 140, 23, 23, 13, 13]
    assert set(frame["before_counter"]) == {"K1"}
    assert set(frame["after_counter"]) == {"002"}
    assert set(frame["change"]) == {"farther"}
    assert list(frame["commune"][:2]) == ["01004", "2A004"]
    assert len(delta.gainers()) == 0
    wanted = 25 * 270 + 20 * 210 + 20 * 180 + 16 * 140 + 105 * 23 + 84 * 13
    assert delta.person_minutes() == pytest.approx(wanted)


def test_gainers_come_with_the_most_gained_first(valley):
    lon, lat = NODES["F"]
    scenario = ml.Scenario("more").open("N", lon=lon, lat=lat, services={"post": 1})
    found = valley.compare(scenario, "post")
    frame = found.gainers()
    assert list(frame["place"]) == ["f"] * 4
    assert frame["delta_travel_time"].tolist() == [-390, -260, -28, -28]
    assert frame["persons"].tolist() == pytest.approx([30, 8, 32, 30])
    assert set(frame["after_counter"]) == {"N"}
    assert len(found.losers()) == 0
    assert found.total()["delta_exposed"][0] == pytest.approx(-100)


def test_who_loses_every_counter_loses_most(valley):
    found = valley.compare(ml.Scenario("none").close("K1").close("002"), "post").losers()
    assert set(found["change"]) == {"lost"}
    assert found["after_travel_time"].isna().all()
    assert found["after_counter"].isna().all()
    assert found["persons"].is_monotonic_decreasing
    back = valley.apply(ml.Scenario("none").close("K1").close("002"))
    regained = back.compare(ml.Scenario("one").open("K1"), "post").gainers()
    assert set(regained["change"]) == {"found"}
    assert regained["before_counter"].isna().all()


def test_another_counter_as_near_is_no_loss(valley):
    lon, lat = NODES["A"]
    twin = valley.apply(ml.Scenario("twin").open("K0", lon=lon, lat=lat, services={"post": 1}))
    found = twin.compare(ml.Scenario("less").close("K1"), "post")
    assert set(found.changes()["change"]) == {"same_time"}
    assert set(found.changes()["after_counter"]) == {"K0"}
    assert len(found.losers()) == len(found.gainers()) == 0
    assert found.total()["delta_exposed"][0] == 0


def test_the_limit_and_the_level_are_those_asked_for(valley):
    at_25 = valley.compare(CLOSE_K1, "post", 25)
    assert at_25.by_place().set_index("place").loc["a", "delta_exposed"] == pytest.approx(20 + 25)
    experts = valley.compare(ml.Scenario("x").convert("K1", kind="agence"), "post", 30, level=2)
    assert experts.total()["after_exposed"][0] == 465
    assert valley.compare(CLOSE_K1, "tax").total()["delta_exposed"][0] == 0
    assert valley.compare(CLOSE_K1, "post", left_out_lambda=0).total()["delta_left_out"][
        0
    ] == pytest.approx(31.6)


def test_people_who_appear_outside_every_area(tmp_path):
    places = PLACES.assign(n_young=[100.0, 80, 60, 40, 0], n_old=[50.0, 40, 20, 60, 0])
    territory = read_valley(tmp_path, places=places)
    found = territory.compare(ml.Scenario("new").set_population("far", persons=12), "post")
    frame = found.by("commune")
    assert len(frame) == 4
    assert frame["commune"].isna().tolist() == [False, False, False, True]
    assert frame["before_persons"].tolist() == [150, 200, 100, 0]
    assert frame["delta_persons"].tolist() == [0, 0, 0, 12]
    assert frame["delta_exposed"].tolist() == [0, 0, 0, 12]
    assert found.by_group()["delta_persons"].tolist() == [6, 6]


def test_counters_that_changed(valley):
    lon, lat = NODES["C"]
    scenario = (
        ml.Scenario("many")
        .close("2A7")
        .move("K1", lon=lon, lat=lat)
        .convert("K1", services={"post": 1})
        .convert("002", kind="relais")
        .set_hours("K1", "Sa 09:00-10:00")
        .open("N", lon=lon, lat=lat, services={"tax": 1}, name="Neuf")
    )
    frame = valley.compare(scenario, "post").changed_counters().set_index("key")
    assert frame["change"].to_dict() == {
        "K1": "moved + converted + hours",
        "002": "converted",  # an agence becomes a relais: the same services
        "2A7": "closed",
        "N": "opened",
    }
    assert frame.loc["K1", ["before_services", "after_services"]].tolist() == [
        "post 2, bank 1", "post 1"
    ]  # fmt: skip
    assert frame.loc["2A7", "before_services"] == "tax 2"
    assert frame.loc[["2A7"], "after_services"].isna().all()
    assert frame.loc["N", ["name", "after_services"]].tolist() == ["Neuf", "tax 1"]
    assert frame.loc["K1", ["before_weekly_hours", "after_weekly_hours"]].tolist() == [15, 1]
    closed = valley.apply(ml.Scenario("less").close("K1"))
    again = closed.compare(ml.Scenario("back").open("K1"), "post").changed_counters()
    assert again[["key", "change"]].to_numpy().tolist() == [["K1", "reopened"]]


def test_counters_without_coordinates_have_not_moved(tmp_path):
    counters = COUNTERS.assign(lon=[NODES["A"][0], NODES["D"][0], None])
    path = write_valley(tmp_path, counters=counters)
    text = path.read_text().replace("[counters]\n", '[counters]\nmissing_coordinates = "keep"\n')
    path.write_text(text)
    frame = ml.read_territory(path).compare(CLOSE_K1, "post").changed_counters()
    assert list(frame["key"]) == ["K1"]


# laws


def test_the_empty_scenario_changes_nothing(valley):
    check_zero(valley.compare(ml.Scenario("nothing"), "post"))
    check_zero(valley.compare(valley, "post"))


def test_closing_and_opening_again_changes_nothing(valley):
    check_zero(valley.compare(ml.Scenario("both").close("K1").open("K1"), "post"))
    twice = valley.apply(CLOSE_K1).apply(ml.Scenario("back").open("K1"))
    check_zero(valley.compare(twice, "post"))


def test_edits_that_say_what_is_there_change_nothing(valley):
    lon, lat = NODES["A"]
    same = (
        ml.Scenario("as it is")
        .move("K1", lon=lon, lat=lat)
        .convert("K1", kind="bureau")
        .set_hours("K1", "Mo-Fr 09:00-12:00")
        .set_population("a", factor=1)
        .set_speed(ways=[2], factor=1)
    )
    check_zero(valley.compare(same, "post"))


@pytest.fixture(scope="module")
def random_territories(tmp_path_factory) -> list[ml.Territory]:
    folder = tmp_path_factory.mktemp("random")
    paths = [write_random_territory(folder / str(seed), seed) for seed in range(N_TERRITORIES)]
    return [ml.read_territory(path) for path in paths]


def test_random_identities_are_exactly_zero(random_territories):
    for territory in random_territories:
        check_zero(territory.compare(ml.Scenario("nothing"), "post", 4))
        scenario = ml.Scenario("to and fro")
        for key in territory.counters["key"][::2]:
            scenario = scenario.close(key)
        for key in territory.counters["key"][::2]:
            scenario = scenario.open(key)
        check_zero(territory.compare(scenario, "post", 4))


def test_the_fast_form_equals_the_slow_one_byte_by_byte(random_territories):
    n_compared = 0
    for seed, territory in enumerate(random_territories):
        rng = np.random.default_rng(seed)
        for n_edits in (1, 3, 8, 14):
            scenario = draw_scenario(territory, rng, n_edits)
            fast = territory.compare(scenario, "post", 4)
            slow = territory.compare(scenario, "post", 4, exhaustive=True)
            for one, two in (
                (fast.by_place(), slow.by_place()),
                (fast.by_group(), slow.by_group()),
                (fast.changes(), slow.changes()),
            ):
                pd.testing.assert_frame_equal(one, two, check_exact=True)
            after = territory.apply(scenario)
            for k, person_class in ((1, "car"), (3, "no_car"), (9, "car"), (12, "no_car")):
                one, two = (
                    after.nearest(
                        "post", k=k, person_class=person_class, group="old", exhaustive=exhaustive
                    )
                    for exhaustive in (False, True)
                )
                pd.testing.assert_frame_equal(one, two, check_exact=True)
                n_compared += len(one)
    assert n_compared > 1000


def test_chains_equal_the_slow_form_too(random_territories):
    for seed, territory in enumerate(random_territories[:10]):
        rng = np.random.default_rng(100 + seed)
        after = territory
        for _ in range(4):
            after = after.apply(draw_scenario(after, rng, 4))
            one, two = (
                after.nearest("post", k=4, exhaustive=exhaustive) for exhaustive in (False, True)
            )
            pd.testing.assert_frame_equal(one, two, check_exact=True)
        fast, slow = (territory.compare(after, "post", 4, exhaustive=e) for e in (False, True))
        for one, two in zip(tables(fast), tables(slow), strict=True):
            pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_a_scenario_is_what_the_files_would_say(tmp_path):
    """Closing and converting in a scenario, and in the file of the counters, is one thing."""
    for seed in range(5):
        path = write_random_territory(tmp_path / str(seed), seed)
        territory = ml.read_territory(path)
        keys = territory.counters["key"]
        scenario = ml.Scenario("both").close(keys[1]).close(keys[4]).convert(keys[6], kind="relais")
        found = territory.apply(scenario).exposure("post", 4)
        file = path.parent / "counters.csv"
        counters = pd.read_csv(file)
        counters.loc[6, "sorte"] = "relais"
        counters.drop(index=[1, 4]).to_csv(file, index=False)
        wanted = ml.read_territory(path).exposure("post", 4)
        pd.testing.assert_frame_equal(found.by_place(), wanted.by_place(), check_exact=True)
        pd.testing.assert_frame_equal(found.total(), wanted.total(), check_exact=True)


def test_closing_never_brings_anyone_nearer_and_opening_nobody_farther(random_territories):
    for territory in random_territories:
        keys = territory.counters["key"]
        closed = territory.compare(ml.Scenario("-").close(keys[0]).close(keys[3]), "post", 4)
        assert len(closed.gainers()) == 0
        assert (closed.by_place()["delta_exposed"] >= 0).all()
        point = territory.counters.iloc[5]
        scenario = ml.Scenario("+").open(
            "new", lon=point["lon"], lat=point["lat"], services={"post": 1}
        )
        opened = territory.compare(scenario, "post", 4)
        assert len(opened.losers()) == 0
        assert (opened.by_place()["delta_exposed"] <= 0).all()


def test_persons_are_conserved(random_territories):
    for seed, territory in enumerate(random_territories[:10]):
        scenario = draw_scenario(territory, np.random.default_rng(seed), 6)
        for table in tables(territory.compare(scenario, "post", 4))[:-1]:
            for side in ("before_", "after_"):
                states = table[[side + state for state in STATES]].sum(axis=1)
                np.testing.assert_allclose(states, table[f"{side}persons"], rtol=1e-12)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_threads_change_no_byte(random_territories, threads):
    territory = random_territories[0]
    scenario = draw_scenario(territory, np.random.default_rng(3), 10)
    one = territory.compare(scenario, "post", 4, threads=threads)
    two = territory.compare(scenario, "post", 4)
    for a, b in zip(tables(one), tables(two), strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)


# other ways out


def test_results_speak_arrow(delta):
    table = pa.table(delta)
    assert table.num_rows == 5
    assert table.column("delta_exposed").to_pylist()[:2] == pytest.approx([150, 16])
    for frame in (delta.losers(), delta.changed_counters(), delta.by("commune")):
        assert pa.table(frame).num_rows == len(frame)


def test_in_words(delta):
    assert repr(delta) == (
        "<Delta fewer desks: post within 20 min: +166 persons exposed, +32 stranded>"
    )
    assert delta.name == "fewer desks"


def test_a_map_of_who_gets_farther(delta, tmp_path):
    image = delta.map(tmp_path / "delta.png")
    assert (tmp_path / "delta.png").read_bytes() == image.png
    assert image.png.startswith(b"\x89PNG")
    assert delta.map().path is None
    with pytest.raises(OSError, match="does not exist"):
        delta.map(tmp_path / "nowhere" / "delta.png")


def test_a_zoning_that_does_not_exist(delta):
    with pytest.raises(KeyError, match="did you mean 'commune'"):
        delta.by("communes")
