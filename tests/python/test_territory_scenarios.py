"""Scenarios applied to a territory: every kind of edit, sharing, chains, mistakes."""

from __future__ import annotations

import pandas as pd
import pytest
from towns import COUNTERS, NODES, PLACES, SPREAD, find_times, read_valley, spread

import maillage as ml


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


@pytest.fixture(scope="module")
def wide_valley(tmp_path_factory) -> ml.Territory:
    folder = tmp_path_factory.mktemp("wide")
    return read_valley(folder, places=spread(PLACES), counters=spread(COUNTERS), nodes=SPREAD)


def test_closing(valley):
    after = valley.apply(ml.Scenario("less").close("K1"))
    assert find_times(after, k=2)["a"] == [("002", 23), (None, None)]
    assert find_times(after, "bank")["a"] == [(None, None)]
    assert after.counters["open"].tolist() == [False, True, True]
    assert repr(after) == "<Territory Vallée + less: 5 places, 465 persons, 2 open counters>"


def test_closing_one_service(valley):
    after = valley.apply(ml.Scenario("no post").close("K1", "post"))
    assert find_times(after)["a"] == [("002", 23)]
    assert find_times(after, "bank")["a"] == [("K1", 0)]
    assert after.counters["level_post"].tolist() == [0, 1, 0]
    assert after.counters["open"].tolist() == [True] * 3


def test_opening(valley):
    lon, lat = NODES["C"]
    after = valley.apply(
        ml.Scenario("more").open(
            "0N", lon=lon, lat=lat, services={"post": 2}, opening_hours="Sa 09:00-12:00", agents=2
        )
    )
    assert find_times(after) == {
        "a": [("K1", 0)],
        "b": [("K1", 5)],
        "d": [("002", 0)],
        "f": [("0N", 20)],
        "far": [(None, None)],
    }
    assert find_times(after, level=2)["d"] == [("0N", 6)]
    new = after.counters.iloc[-1]
    assert (new["key"], new["name"], new["open"]) == ("0N", "0N", True)
    assert (new["weekly_hours"], new["agents"], new["level_post"]) == (3, 2, 2)
    assert after.counters.dtypes.equals(valley.counters.dtypes)


def test_opening_by_kind(valley):
    lon, lat = NODES["C"]
    after = valley.apply(ml.Scenario("more").open("N", lon=lon, lat=lat, kind="bureau", name="Col"))
    assert find_times(after, "bank")["f"] == [("N", 20)]
    assert after.counters.iloc[-1][["name", "kind"]].tolist() == ["Col", "bureau"]


def test_reopening(valley):
    closed = valley.apply(ml.Scenario("less").close("K1"))
    again = closed.apply(ml.Scenario("back").open("K1"))
    assert find_times(again, k=2) == find_times(valley, k=2)
    pd.testing.assert_frame_equal(again.counters, valley.counters)


def test_moving(valley):
    lon, lat = NODES["C"]
    after = valley.apply(ml.Scenario("move").move("K1", lon=lon, lat=lat))
    assert find_times(after)["a"] == [("K1", 15)]
    assert find_times(after)["f"] == [("K1", 20)]
    assert after.counters[["lon", "lat"]].iloc[0].tolist() == [lon, lat]


def test_converting(valley):
    after = valley.apply(ml.Scenario("agency").convert("K1", kind="agence"))
    assert find_times(after, level=2)["a"] == [(None, None)]
    assert find_times(after)["a"] == [("K1", 0)]
    assert find_times(after, "bank")["a"] == [(None, None)]
    assert after.counters.loc[0, ["kind", "level_post", "level_bank"]].tolist() == ["agence", 1, 0]
    own = valley.apply(ml.Scenario("taxes").convert("002", services={"tax": 1}))
    assert find_times(own, "tax")["d"] == [("002", 0)]
    assert own.counters.loc[1, "kind"] == "agence"


def test_hours(valley):
    after = valley.apply(ml.Scenario("hours").set_hours("002", "Tu 09:00-11:30"))
    assert after.counters["weekly_hours"].tolist() == [15, 2.5, 3]
    assert after.counters["opening_hours"][1] == "Tu 09:00-11:30"
    assert find_times(after) == find_times(valley)


IN_2A = {"zoning": "departement", "area": "2A"}


@pytest.mark.parametrize(
    "edit, wanted",
    [
        ({"place": "b", "factor": 2}, {"b": 240}),
        ({"place": "b", "group": "old", "factor": 0}, {"b": 80}),
        ({"place": "b", "persons": 60}, {"b": 60}),
        ({"zoning": "commune", "area": "2A004", "factor": 0.5}, {"b": 60, "d": 40}),
        ({**IN_2A, "persons": 3000}, {"b": 1200, "d": 800, "f": 1000}),
        ({**IN_2A, "group": "old", "persons": 0}, {"b": 80, "d": 60, "f": 40}),
        ({"factor": 1.1}, {"a": 165, "b": 132, "d": 88, "f": 110, "far": 16.5}),
    ],
)
def test_population(valley, edit, wanted):
    after = valley.apply(ml.Scenario("people").set_population(**edit))
    persons = dict(zip(after.places["place"], after.places["persons"], strict=True))
    before = dict(zip(valley.places["place"], valley.places["persons"], strict=True))
    assert persons == pytest.approx(before | wanted)
    assert after.exposure("post").total()["persons"][0] == pytest.approx(sum(persons.values()))


def test_persons_where_nobody_lived_are_shared_evenly(valley):
    scenario = ml.Scenario("new").set_population("a", factor=0).set_population("a", persons=10)
    by_group = valley.apply(scenario).groups.set_index("group")["persons"]
    assert by_group.to_dict() == {"young": 290 - 100 + 5, "old": 175 - 50 + 5}


def test_digital_networks(tmp_path):
    fibre = pd.DataFrame({"id": PLACES["id"], "w8": 0.5, "m4": 0.0})
    territory = read_valley(tmp_path, fibre=fibre)
    scenario = (
        ml.Scenario("fibre")
        .set_connectivity(zoning="commune", area="2A004", wired_8=0.9)
        .set_connectivity("b", mobile_4g=0.5)
    )
    frame = territory.apply(scenario).connectivity.set_index("place")
    assert frame["adequate"].tolist() == pytest.approx([0.5, 0.95, 0.9, 0.5, 0.5])
    assert frame["wired_8"].tolist() == pytest.approx([0.5, 0.9, 0.9, 0.5, 0.5])


def test_speeds_by_way(valley):
    faster = valley.apply(ml.Scenario("road").set_speed(ways=[2], factor=2))
    assert find_times(faster)["b"] == [("K1", 5)]
    assert find_times(faster, k=2)["b"][1] == ("002", 13)
    as_fast = valley.apply(ml.Scenario("road").set_speed(ways=[2], speed_kmh=90))
    assert find_times(as_fast, k=2)["b"][1] == ("002", 13)  # 7500 m at 90 km/h
    on_foot = valley.apply(ml.Scenario("path").set_speed(ways=[1], mode="walk", speed_kmh=6))
    assert find_times(on_foot, person_class="no_car")["b"] == [("K1", 15)]
    assert find_times(on_foot, person_class="no_car", group="old")["b"] == [("K1", 15)]
    assert find_times(on_foot)["b"] == [("K1", 5)]


def test_roads_closed_by_way_and_by_outline(wide_valley):
    (x, y), (u, v) = SPREAD["A"], SPREAD["B"]
    middle = [(x + 0.4 * (u - x), y - 0.01), (x + 0.6 * (u - x), y - 0.01), ((x + u) / 2, v + 0.01)]
    before = find_times(wide_valley, k=2)
    assert before["b"] == [("K1", 5), ("002", 18)]
    for closed in (
        ml.Scenario("slide").close_road(ways=[1]),
        ml.Scenario("slide").close_road(polygon=middle),
    ):
        found = find_times(wide_valley.apply(closed), k=2)
        assert found["b"] == [("002", 18), ("K1", 20)]  # the second on foot: cars cannot
        assert found["f"] == [("002", 28), ("K1", 320)]
        assert found["a"][0] == ("K1", 0)


def test_the_networks_of_a_territory_are_those_after_its_edits(wide_valley):
    closed = wide_valley.apply(ml.Scenario("slide").close_road(ways=[1]))
    ends = pd.DataFrame({"id": ["A", "B"], "node": ["A", "B"]})

    def find_minutes(territory: ml.Territory, mode: str) -> float:
        roads = next(use.roads for use in territory.parts.networks if use.mode == mode)
        return roads.travel_time_matrix(ends, ends)["travel_time"][1]

    assert find_minutes(wide_valley, "car") == 5
    assert pd.isna(find_minutes(closed, "car"))
    assert find_minutes(closed, "walk") == find_minutes(wide_valley, "walk")
    assert closed.summary()["networks"]["car"]["length_km"] == pytest.approx(34.5 - 1.5)
    less = wide_valley.apply(ml.Scenario("less").close("K1"))
    assert less.parts.networks is wide_valley.parts.networks


def test_a_closed_road_is_closed_in_the_next_scenario_too(wide_valley):
    closed = wide_valley.apply(ml.Scenario("slide").close_road(ways=[1]))
    faster = closed.apply(ml.Scenario("faster").set_speed(ways=[1], factor=3))
    assert find_times(faster, k=2) == find_times(closed, k=2)


def test_edits_hold_in_their_order(valley):
    lon, lat = NODES["B"]
    one = ml.Scenario("one").move("K1", lon=lon, lat=lat).close("K1")
    assert find_times(valley.apply(one))["b"] == [("002", 18)]
    two = ml.Scenario("two").close("K1").open("K1").move("K1", lon=lon, lat=lat)
    assert find_times(valley.apply(two))["b"] == [("K1", 0)]
    three = ml.Scenario("three").set_population("a", persons=10).set_population("a", factor=3)
    assert valley.apply(three).places["persons"][0] == pytest.approx(30)


def test_scenarios_in_a_row_are_one_scenario(valley):
    lon, lat = NODES["C"]
    steps = [
        ml.Scenario("1").close("002").set_population("b", factor=2),
        ml.Scenario("2").open("N", lon=lon, lat=lat, services={"post": 1}),
        ml.Scenario("3").move("N", lon=NODES["E"][0], lat=NODES["E"][1]).open("002"),
        ml.Scenario("4").convert("N", services={"tax": 1}).set_speed(ways=[2], factor=2),
    ]
    after = valley
    for step in steps:
        after = after.apply(step)
    at_once = valley.apply(ml.Scenario("all", sum((s.edits for s in steps), ())))
    for service in ("post", "tax"):
        assert find_times(after, service, k=3) == find_times(at_once, service, k=3)
    pd.testing.assert_frame_equal(after.counters, at_once.counters)
    pd.testing.assert_frame_equal(after.places, at_once.places)
    assert repr(after).startswith("<Territory Vallée + 1 + 2 + 3 + 4:")


EVERY_EDIT = (
    ml.Scenario("everything")
    .close("002")
    .open("N", lon=NODES["C"][0], lat=NODES["C"][1], services={"post": 1})
    .move("K1", lon=NODES["B"][0], lat=NODES["B"][1])
    .convert("2A7", services={"post": 1})
    .set_hours("K1", "Mo 09:00-10:00")
    .set_population("a", factor=2)
    .set_connectivity("a", wired_8=0.1)
    .set_speed(ways=[2], factor=2)
    .close_road(ways=[6])
)


def test_applying_never_changes_the_territory_it_starts_from(valley):
    def look() -> list[pd.DataFrame]:
        exposure = valley.exposure("post")
        return [
            valley.places, valley.counters, valley.groups, valley.connectivity, valley.findings,
            valley.nearest("post", k=3), exposure.by_place(), exposure.total(),
        ]  # fmt: skip

    before = look()
    after = valley.apply(EVERY_EDIT)
    assert find_times(after) != find_times(valley)
    for was, now in zip(before, look(), strict=True):
        pd.testing.assert_frame_equal(was, now, check_exact=True)


def test_what_a_scenario_leaves_alone_is_shared(valley):
    closed = valley.apply(ml.Scenario("less").close("K1"))
    for name in ("places", "zonings", "groups", "persons", "car_share", "connectivity", "adequate"):
        assert getattr(closed.parts, name) is getattr(valley.parts, name), name
    for was, now in zip(valley._core.links, closed._core.links, strict=True):
        for part in ("network", "places", "counters"):
            assert now[part] is was[part], part
    people = valley.apply(ml.Scenario("people").set_population("a", factor=2))
    assert people.parts.counters is valley.parts.counters
    assert people.parts.levels is valley.parts.levels
    assert people.parts.persons is not valley.parts.persons
    moved = valley.apply(ml.Scenario("move").move("K1", lon=9.0, lat=42.0001))
    for was, now in zip(valley._core.links, moved._core.links, strict=True):
        assert now["places"] is was["places"]
        assert now["counters"] is not was["counters"]
    road = valley.apply(ml.Scenario("road").set_speed(ways=[2], factor=2))
    car, *walks = zip(valley._core.links, road._core.links, strict=True)
    assert car[0]["network"] is not car[1]["network"]
    assert all(was["network"] is now["network"] for was, now in walks)


def test_many_scenarios_apply_to_one_territory(valley):
    """Scenarios of one territory know nothing of each other."""
    one = valley.apply(ml.Scenario("1").close("K1"))
    two = valley.apply(ml.Scenario("2").close("002"))
    assert find_times(one)["a"] == [("002", 23)]
    assert find_times(two)["a"] == [("K1", 0)]
    assert find_times(two)["d"] == [("K1", 21)]


def test_a_scenario_from_its_file_does_the_same(valley, tmp_path):
    path = EVERY_EDIT.write(tmp_path / "all.toml")
    again = valley.apply(ml.read_scenario(path))
    assert find_times(again, k=3) == find_times(valley.apply(EVERY_EDIT), k=3)


def test_all_that_is_wrong_with_a_scenario_is_said_at_once(valley):
    scenario = (
        ml.Scenario("wrong")
        .close("K11")
        .close("002", "tax")
        .open("K1")
        .open("N", lon=2.3, lat=48.8, services={"post": 1})
        .convert("002", kind="burau")
        .set_population("z", factor=1)
        .set_population(zoning="communes", area="01004", factor=1)
        .set_connectivity(zoning="commune", area="01005", wired_8=1)
        .close_road(ways=[1, 77])
        .set_speed(ways=[1], mode="bike", factor=2)
    )
    with pytest.raises(ml.InputError) as error:
        valley.apply(scenario)
    problems = error.value.problems
    assert len(problems) == 10
    for number, words in enumerate(
        [
            "there is no counter \"K11\", did you mean 'K1'",
            "does not offer tax",
            "is open already",
            "outside the territory",
            "did you mean 'bureau'",
            'there is no place "z"',
            "did you mean 'commune'",
            "did you mean '01004'",
            "77",
            "bike",
        ],
        1,
    ):
        assert problems[number - 1].startswith(f"edit {number} (")
        assert words in problems[number - 1]
    assert ml.check_scenario(scenario, valley) == problems


def test_territories_that_are_strangers_are_not_compared(valley, tmp_path):
    other = read_valley(tmp_path / "1", places=PLACES.head(3))
    with pytest.raises(ml.InputError, match="different places or counters"):
        valley.compare(other, "post")
    other = read_valley(tmp_path / "2", counters=COUNTERS.iloc[::-1])
    with pytest.raises(ml.InputError, match="different places or counters"):
        valley.compare(other, "post")
