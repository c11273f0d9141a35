"""Corsica from end to end: reference routes, and La Poste from 2014 to 2015 as a scenario.

The scenario's answers are worked out once more by `plain_model` (scipy and pandas) and the
two must agree place by place; no figure of ours is stored.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corse import write_corse
from laposte import AFTER, BEFORE, build_scenario, find_changes, read_edition
from plain_model import PlainNetwork, build_car, build_walk, find_states

import maillage as ml

LIMIT_MIN = 20
STATES = ["choice", "counter_reliant", "digital_only", "assisted_only", "stranded"]
# A point's place on its road is rounded to a millisecond by either, at both ends of a trip.
ROUNDING_MS = 4


@pytest.fixture(scope="module")
def toml(shared_data: Path, tmp_path_factory) -> Path:
    return write_corse(shared_data, tmp_path_factory.mktemp("corse"))


@pytest.fixture(scope="module")
def territory(toml: Path) -> ml.Territory:
    return ml.read_territory(toml)


@pytest.fixture(scope="module")
def scenario(shared_data: Path) -> ml.Scenario:
    """Every change between the editions, better positions included: forty edits."""
    return build_scenario(shared_data, with_better_positions=True)


@pytest.fixture(scope="module")
def delta(territory: ml.Territory, scenario: ml.Scenario) -> ml.Delta:
    return territory.compare(scenario, "post", LIMIT_MIN)


# routes


def test_reference_routes(shared_data: Path):
    """250 shortest times of another program, to a hundredth of a second in whole milliseconds."""
    folder = shared_data / "corse"
    roads = ml.build_roads(
        folder / "road_nodes.csv.gz",
        folder / "road_edges_car.csv.gz",
        columns={"speed_ms": "freespeed_ms"},
        whole_kmh=True,
    )
    routes = pd.read_csv(
        folder / "reference_car_routes.csv", dtype={"from_node": str, "to_node": str}
    )
    assert len(routes) == 250
    ends = [
        pd.DataFrame({"id": nodes, "node": nodes})
        for nodes in (routes["from_node"].unique(), routes["to_node"].unique())
    ]
    matrix = roads.travel_time_matrix(*ends).set_index(["from_id", "to_id"])["travel_time"]
    pairs = pd.MultiIndex.from_frame(routes[["from_node", "to_node"]])
    found_ms = (matrix[pairs] * 60_000).round().to_numpy()
    wanted_ms = (routes["freeflow_time_s"] * 1000).round().to_numpy()
    assert np.abs(found_ms - wanted_ms).max() <= 10


def test_the_time_of_the_table_is_as_good(shared_data: Path):
    """The column time_s is rounded to a hundredth of a second an edge; a route has hundreds."""
    folder = shared_data / "corse"
    roads = ml.build_roads(folder / "road_nodes.csv.gz", folder / "road_edges_car.csv.gz")
    routes = pd.read_csv(
        folder / "reference_car_routes.csv", dtype={"from_node": str, "to_node": str}
    )
    first = routes.iloc[0]
    found = roads.travel_time_matrix(
        pd.DataFrame({"id": ["a"], "node": [first["from_node"]]}),
        pd.DataFrame({"id": ["b"], "node": [first["to_node"]]}),
    )
    rounding_s = 0.005 * first["n_links"]
    assert abs(60 * found["travel_time"][0] - first["freeflow_time_s"]) <= rounding_s


# what changed


def test_what_changed_between_the_editions(shared_data: Path):
    changes = find_changes(shared_data)
    old, new = (read_edition(shared_data, edition) for edition in (BEFORE, AFTER))
    assert set(changes.loc[changes["change"] == "closed", "key"]) == set(old.index) - set(new.index)
    assert set(changes.loc[changes["change"] == "opened", "key"]) == set(new.index) - set(old.index)
    converted = changes.loc[changes["change"] == "converted", "key"]
    assert len(converted) > 0
    assert (old.loc[converted, "kind"] == "poste:Bureau de poste").all()
    assert (new.loc[converted, "kind"] == "poste:Agence postale communale").all()
    better = changes[changes["change"] == "better position"]
    assert (better["metres"] > 200).all()
    # nothing else changed: with these edits the first edition is the second
    merged = old.drop(index=set(old.index) - set(new.index))
    same_kind = merged["kind"] == new.loc[merged.index, "kind"]
    assert set(merged.index[~same_kind]) == set(converted)


def test_after_the_scenario_the_counters_are_those_of_2015(
    shared_data: Path, territory: ml.Territory, scenario: ml.Scenario
):
    found = territory.apply(scenario).counters.set_index("key")
    found = found[found["open"]]
    wanted = read_edition(shared_data, AFTER)
    assert set(found.index) == set(wanted.index)
    wanted = wanted.loc[found.index]
    assert (found["kind"] == wanted["kind"]).all()
    assert (found["level_post"] == np.where(wanted["kind"] == "poste:Bureau de poste", 2, 1)).all()
    east = np.radians(found["lon"] - wanted["lon"]) * np.cos(np.radians(42))
    apart_m = 6_371_009 * np.hypot(east, np.radians(found["lat"] - wanted["lat"]))
    assert apart_m.max() <= 201  # smaller shifts are left alone


def test_every_edited_counter_shows(scenario: ml.Scenario, delta: ml.Delta):
    words = {"close": "closed", "open": "opened", "move": "moved", "convert": "converted"}
    wanted: dict[str, set[str]] = {}
    for edit in scenario.edits:
        wanted.setdefault(edit.key, set()).add(words[edit.do])
    changed = delta.changed_counters()
    found = {k: set(c.split(" + ")) for k, c in zip(changed["key"], changed["change"], strict=True)}
    assert found == wanted
    assert len(found) >= 39


# the delta, worked out again


@pytest.fixture(scope="module")
def networks(shared_data: Path) -> dict[str, PlainNetwork]:
    return {
        "car": build_car(shared_data),
        "walk": build_walk(shared_data, 4.5),
        "slow walk": build_walk(shared_data, 3.5),
    }


@pytest.fixture(scope="module")
def plain_times(
    shared_data: Path, territory: ml.Territory, scenario: ml.Scenario, networks
) -> dict[str, dict[str, np.ndarray]]:
    """Milliseconds to the nearest counter before and after, by network, of every place."""
    grid = pd.read_csv(shared_data / "corse" / "grid_1km.csv")
    edited = apply_by_hand(shared_data, scenario)
    times: dict[str, dict[str, np.ndarray]] = {"before": {}, "after": {}}
    for name, network in networks.items():
        places = network.attach(grid["lon"].to_numpy(), grid["lat"].to_numpy())
        for when, desks in (("before", read_edition(shared_data, BEFORE)), ("after", edited)):
            counters = network.attach(desks["lon"].to_numpy(), desks["lat"].to_numpy())
            times[when][name] = network.find_nearest_ms(places, counters)
    return times


def apply_by_hand(shared_data: Path, scenario: ml.Scenario) -> pd.DataFrame:
    """The second edition, but for counters whose small shift the scenario leaves alone."""
    old, new = (read_edition(shared_data, edition) for edition in (BEFORE, AFTER))
    moved = {edit.key for edit in scenario.edits if edit.do == "move"}
    stays = [key for key in new.index if key in old.index and key not in moved]
    new.loc[stays, ["lon", "lat"]] = old.loc[stays, ["lon", "lat"]]
    return new


def to_class_times(times: dict[str, np.ndarray], walk: str) -> tuple[np.ndarray, np.ndarray]:
    """With a car the best of all modes, without one on foot."""
    return np.minimum(times["car"], times[walk]), times[walk]


@pytest.mark.parametrize("group, walk", [("15-64", "walk"), ("65+", "slow walk")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_times_of_every_place(territory, scenario, plain_times, when, group, walk):
    now = territory if when == "before" else territory.apply(scenario)
    for person_class, wanted in zip(
        ("car", "no_car"), to_class_times(plain_times[when], walk), strict=True
    ):
        found = now.nearest("post", person_class=person_class, group=group)
        found_ms = 60_000 * found["travel_time"].to_numpy()
        assert (np.isnan(found_ms) == np.isinf(wanted)).all()
        reached = ~np.isnan(found_ms)
        assert reached.sum() > 3000
        assert np.abs(found_ms[reached] - wanted[reached]).max() <= ROUNDING_MS


@pytest.fixture(scope="module")
def plain_states(shared_data: Path, territory: ml.Territory, plain_times) -> pd.DataFrame:
    """Before and after, by place and group: persons and the five states."""
    grid = pd.read_csv(shared_data / "corse" / "grid_1km.csv")
    columns = {"0-14": ("Y_LT15", 0.9, "walk"), "15-64": ("Y_1564", 0.85, "walk")}
    columns["65+"] = ("Y_GE65", 0.72, "slow walk")
    ability = territory.groups.set_index("group")
    rows = []
    for when, times in plain_times.items():
        for group, (column, car_share, walk) in columns.items():
            car, no_car = (t <= LIMIT_MIN * 60_000 for t in to_class_times(times, walk))
            reach = car_share * car + (1 - car_share) * no_car
            p_b, p_c = ability.loc[group, ["p_b", "p_c"]]
            states = find_states(grid[column].to_numpy(dtype=float), reach, p_b, p_c)
            place = grid["x3035"].astype(str) + "_" + grid["y3035"].astype(str)
            rows.append(states.assign(when=when, group=group, place=place, persons=grid[column]))
    return pd.concat(rows, ignore_index=True)


def sum_up(states: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Before, after and delta of every state by some keys."""
    sums = states.groupby([*by, "when"], sort=False)[["persons", *STATES]].sum()
    before, after = (sums.xs(when, level="when") for when in ("before", "after"))
    sides = {"before_": before, "after_": after, "delta_": after - before}
    return pd.concat([frame.add_prefix(side) for side, frame in sides.items()], axis=1)


def test_the_limit_is_at_nobody_s_door(plain_times):
    """No time is so near the limit that a millisecond decides, so states can be held equal."""
    for times in plain_times.values():
        for ms in times.values():
            assert np.abs(ms[np.isfinite(ms)] - LIMIT_MIN * 60_000).min() > ROUNDING_MS


def test_delta_in_total_and_by_group(delta: ml.Delta, plain_states: pd.DataFrame):
    by_group = sum_up(plain_states, ["group"])
    found = delta.by_group().set_index("group")
    np.testing.assert_allclose(found[by_group.columns], by_group.loc[found.index], atol=1e-6)
    total = delta.total()[by_group.columns].iloc[0]
    np.testing.assert_allclose(total, by_group.sum(), atol=1e-6)
    # and something happened, in both directions
    moved = delta.by_place()["delta_exposed"]
    assert (moved > 0).any()
    assert (moved < 0).any()


def test_delta_by_departement_and_commune(
    delta: ml.Delta, territory: ml.Territory, plain_states: pd.DataFrame
):
    for zoning in ("departement", "commune"):
        areas = territory.places.set_index("place")[zoning]
        wanted = sum_up(plain_states.assign(area=plain_states["place"].map(areas)), ["area"])
        found = delta.by(zoning).set_index(zoning)
        assert set(found.index) == set(wanted.index)
        np.testing.assert_allclose(found[wanted.columns], wanted.loc[found.index], atol=1e-6)


def test_delta_by_place(delta: ml.Delta, plain_states: pd.DataFrame):
    wanted = sum_up(plain_states, ["place"])
    found = delta.by_place().set_index("place")
    np.testing.assert_allclose(found[wanted.columns], wanted.loc[found.index], atol=1e-6)


def test_losers_are_those_whose_time_grew(
    delta: ml.Delta, territory: ml.Territory, plain_times, shared_data: Path
):
    grid = pd.read_csv(shared_data / "corse" / "grid_1km.csv")
    keys = territory.places["place"].to_numpy()
    wanted: dict[tuple[str, str, float], tuple[float, float]] = {}
    for walk, speed, classes in (
        ("walk", 4.5, [("Y_LT15", 0.9), ("Y_1564", 0.85)]),
        ("slow walk", 3.5, [("Y_GE65", 0.72)]),
    ):
        before, after = (to_class_times(plain_times[w], walk) for w in ("before", "after"))
        for i, person_class in enumerate(("car", "no_car")):
            share = [s if person_class == "car" else 1 - s for _, s in classes]
            persons = sum(grid[c] * s for (c, _), s in zip(classes, share, strict=True))
            lost = (after[i] > before[i] + ROUNDING_MS) & (persons.to_numpy() > 0)
            for p in np.flatnonzero(lost):
                minutes = (after[i][p] - before[i][p]) / 60_000
                wanted[keys[p], person_class, speed] = (float(persons[p]), minutes)
    losers = delta.losers()
    found = {
        (row.place, row.person_class, row.walk_speed_kmh): (row.persons, row.delta_travel_time)
        for row in losers.itertuples()
        if row.delta_travel_time * 60_000 > ROUNDING_MS
    }
    assert len(found) > 100
    assert set(found) == set(wanted)
    for key, (persons, minutes) in wanted.items():
        assert found[key] == pytest.approx((persons, minutes), abs=2 * ROUNDING_MS / 60_000)
    assert losers["delta_travel_time"].is_monotonic_decreasing


def test_persons_are_conserved(delta: ml.Delta, shared_data: Path):
    grid = pd.read_csv(shared_data / "corse" / "grid_1km.csv")
    persons = float(grid[["Y_LT15", "Y_1564", "Y_GE65"]].to_numpy().sum())
    for table in (delta.total(), delta.by_group(), delta.by("commune"), delta.by_place()):
        for when in ("before", "after"):
            assert table[f"{when}_persons"].sum() == pytest.approx(persons, rel=1e-12)
            states = table[[f"{when}_{state}" for state in STATES]].to_numpy().sum()
            assert states == pytest.approx(persons, rel=1e-12)


def test_the_fast_form_equals_the_slow_one(territory: ml.Territory, scenario: ml.Scenario):
    one, two = (
        territory.compare(scenario, "post", LIMIT_MIN, exhaustive=exhaustive)
        for exhaustive in (False, True)
    )
    pd.testing.assert_frame_equal(one.by_place(), two.by_place(), check_exact=True)
    pd.testing.assert_frame_equal(one.changes(), two.changes(), check_exact=True)


def test_the_real_changes_alone(shared_data: Path, territory: ml.Territory):
    """One closure, one opening and four conversions: nobody but their neighbours is touched."""
    scenario = build_scenario(shared_data)
    delta = territory.compare(scenario, "post", LIMIT_MIN)
    edited = {edit.key for edit in scenario.edits}
    assert len(edited) == 6
    changes = delta.changes()
    touched = set(changes["before_counter"].dropna()) | set(changes["after_counter"].dropna())
    assert touched & edited
    before = set(changes.loc[changes["change"] == "farther", "before_counter"])
    assert before == {edit.key for edit in scenario.edits if edit.do == "close"}
    # the expert desk of a post office is lost where it becomes an agency
    experts = territory.compare(scenario, "post", LIMIT_MIN, level=2)
    lost = set(experts.losers()["before_counter"])
    assert lost == {edit.key for edit in scenario.edits if edit.do in ("close", "convert")}


# files and the command line


def test_the_scenario_is_the_same_from_its_file(
    scenario: ml.Scenario, territory: ml.Territory, delta: ml.Delta, tmp_path: Path
):
    path = scenario.write(tmp_path / "laposte.toml")
    again = ml.read_scenario(path)
    assert again == scenario
    found = territory.compare(again, "post", LIMIT_MIN).total()
    pd.testing.assert_frame_equal(found, delta.total(), check_exact=True)


def test_the_command_line_gives_the_same_total(
    toml: Path, scenario: ml.Scenario, delta: ml.Delta, tmp_path: Path
):
    path = scenario.write(tmp_path / "laposte.toml")
    out = tmp_path / "total.csv"
    program = [sys.executable, "-c", "from maillage.cli import main; main()"]
    asked = ["--service", "post", "--limit", str(LIMIT_MIN), "--by", "total"]
    command = [*program, "compare", str(toml), str(path), *asked, "--out", str(out), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(out).iloc[0]
    wanted = delta.total().iloc[0]
    for name in ("persons", *STATES, "exposed", "left_out"):
        for side in ("before_", "after_", "delta_"):
            assert found[side + name] == pytest.approx(wanted[side + name], abs=1e-6)
