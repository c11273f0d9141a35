"""A scenario is checked as a whole: every problem is listed, in the order of the edits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_town import write_town

from maillage.errors import InputError
from maillage.scenario import Scenario
from maillage.scenario_checks import check_scenario
from maillage.territory import Territory, read_territory


@dataclass
class Areas:
    codes: list[str]


@dataclass
class View:
    """A territory as far as a check looks at it: two places near Corte, four counters."""

    places: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {"place": ["p1", "p2"], "lon": [9.10, 9.20], "lat": [42.30, 42.40]}
        )
    )
    counters: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {
                "key": ["bastia", "corte", "calvi", "shut"],
                "open": [True, True, True, False],
                "lon": [9.45, 9.15, 8.75, 9.0],
                "lat": [42.7, 42.3, 42.56, 42.0],
                "level_post": [2, 1, 0, 1],
                "level_bank": [2, 0, 1, 0],
            }
        )
    )
    services: list[str] = field(default_factory=lambda: ["post", "bank"])
    zonings: dict[str, Any] = field(default_factory=lambda: {"commune": Areas(["2A004", "2B033"])})
    kinds: dict[str, dict[str, int]] = field(
        default_factory=lambda: {"Bureau": {"post": 2, "bank": 2}, "Agence": {"post": 1}}
    )
    groups: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"group": ["0-64", "65+"]}))


def problems(scenario: Scenario) -> list[str]:
    return check_scenario(scenario, View())


def test_a_scenario_that_fits_has_no_problems() -> None:
    scenario = (
        Scenario("fits")
        .close("bastia")
        .close("corte", "post")
        .open("new", lon=9.15, lat=42.35, services={"post": 1})
        .open("agency", lon=9.15, lat=42.35, kind="Agence", opening_hours="Mo-Fr 09:00-12:00")
        .open("shut")
        .move("calvi", lon=8.8, lat=42.5)
        .convert("corte", kind="Agence")
        .convert("calvi", kind="Anything", services={"bank": 2})
        .set_hours("calvi", "Mo-Fr 09:00-12:00; Sa 09:00-11:00")
        .set_population("p1", group="65+", factor=1.2)
        .set_population(zoning="commune", area="2A004", persons=100)
        .set_connectivity("p2", mobile_4g=0.9)
    )
    assert problems(scenario) == []
    assert problems(Scenario("as is")) == []


def test_edits_build_on_earlier_ones() -> None:
    there_and_back = (
        Scenario("there and back")
        .open("new", lon=9.15, lat=42.35, kind="Bureau")
        .convert("new", services={"post": 1})
        .close("new", "post")
        .close("new")
        .open("new")
        .close("bastia")
        .open("bastia")
        .close("bastia", "bank")
    )
    assert problems(there_and_back) == []
    twice = Scenario("twice").close("bastia").close("bastia").close("corte", "post")
    assert problems(twice.close("corte", "post")) == [
        'edit 2 (close): counter "bastia" is closed already',
        'edit 4 (close): "corte" does not offer post; it offers nothing',
    ]
    after_agency = Scenario("agency").convert("bastia", kind="Agence").close("bastia", "bank")
    assert problems(after_agency) == [
        'edit 2 (close): "bastia" does not offer bank; it offers post'
    ]


def test_every_problem_is_listed_at_once() -> None:
    scenario = (
        Scenario("wrong in every way")
        .close("bastai")
        .close("bastia", "pots")
        .close("calvi", "post")
        .close("shut")
        .open("corte")
        .open("corte", lon=9.15, lat=42.3, services={"post": 1})
        .open("new")
        .open("far", lon=2.35, lat=48.85, services={"post": 1})
        .open("swapped", lon=42.3, lat=9.15, services={"pots": 1, "post": 1})
        .open("kind", lon=9.15, lat=42.3, kind="Agense")
        .move("nowhere", lon=9.2, lat=42.3)
        .move("calvi", lon=0, lat=0)
        .convert("shut", kind="Bureau")
        .convert("calvi", kind="Relais")
        .set_hours("calvi", "whenever")
        .set_population("p3", factor=2)
        .set_population("p1", group="adults", factor=2)
        .set_population(zoning="comune", area="2A004", factor=2)
        .set_connectivity(zoning="commune", area="2A04", wired_8=1)
    )
    found = problems(scenario)
    expected = [
        (1, "close", "there is no counter \"bastai\", did you mean 'bastia'?"),
        (2, "close", "there is no service \"pots\", did you mean 'post'?"),
        (3, "close", '"calvi" does not offer post; it offers bank'),
        (4, "close", 'counter "shut" is closed already'),
        (5, "open", 'counter "corte" is open already; convert changes its services'),
        (6, "open", 'the key "corte" is taken, that counter is open'),
        (7, "open", 'there is no counter "new"'),
        (8, "open", "the point 2.35, 48.85 lies more than 50 km outside the territory"),
        (9, "open", "lon and lat look swapped"),
        (9, "open", "there is no service \"pots\", did you mean 'post'?"),
        (10, "open", "the territory maps no kind \"Agense\" to services, did you mean 'Agence'?"),
        (11, "move", 'there is no counter "nowhere"'),
        (12, "move", "the point 0, 0 lies more than 50 km outside"),
        (13, "convert", 'counter "shut" is closed already'),
        (14, "convert", 'the territory maps no kind "Relais" to services'),
        (15, "set_hours", "whenever"),
        (16, "set_population", 'there is no place "p3"'),
        (17, "set_population", "there is no group \"adults\", expected one of '0-64', '65+'"),
        (18, "set_population", "there is no zoning \"comune\", did you mean 'commune'?"),
        (19, "set_connectivity", "commune has no area \"2A04\", did you mean '2A004'?"),
    ]
    assert len(found) == len(expected)
    for text, (number, kind, words) in zip(found, expected, strict=True):
        assert text.startswith(f"edit {number} ({kind}): ")
        assert words in text


def test_one_wrong_opening_does_not_make_later_edits_wrong() -> None:
    scenario = Scenario("s").open("far", lon=2.35, lat=48.85, services={"post": 1}).close("far")
    assert len(problems(scenario)) == 1


@pytest.mark.parametrize(("lon", "is_near"), [(9.75, True), (9.90, False), (8.55, True)])
def test_points_may_lie_fifty_kilometres_outside(lon: float, is_near: bool) -> None:
    # 50 km are 0.61 degrees of longitude at 42.3 N; the places end at 9.10 and 9.20.
    scenario = Scenario("s").move("corte", lon=lon, lat=42.3)
    assert (problems(scenario) == []) == is_near


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Territory:
    return read_territory(write_town(tmp_path_factory.mktemp("town")))


def test_roads_of_a_real_territory(town: Territory) -> None:
    far = [(9.6, 42.5), (9.7, 42.5), (9.7, 42.6)]
    scenario = (
        Scenario("roads")
        .close_road(ways=[0, 3])
        .close_road(ways=[3, 77, 78])
        .set_speed(polygon=[(9.07, 42.1), (9.08, 42.1), (9.08, 42.3), (9.07, 42.3)], factor=0.5)
        .set_speed(polygon=far, factor=0.5)
        .close_road(ways=[1], mode="walk")
    )
    assert check_scenario(scenario, town) == [
        "edit 2 (close_road): 2 of 3 ways are no roads for car: 77, 78",
        "edit 4 (set_speed): there is no road for car in the outline",
        "edit 5 (close_road): the territory has no roads for walk, expected one of 'car'",
    ]
    with pytest.raises(InputError) as caught:
        town.apply(scenario)
    assert caught.value.problems == check_scenario(scenario, town)


KEYS, SERVICES = ("West", "East", "N1", "N2"), ("post", "bank")
STEPS = st.one_of(
    st.builds(lambda k: ("close", k, None), st.sampled_from(KEYS)),
    st.builds(
        lambda k, s: ("close", k, s), st.sampled_from(KEYS), st.sampled_from(["post", "bank"])
    ),
    st.builds(lambda k: ("reopen", k, None), st.sampled_from(KEYS)),
    st.builds(lambda k: ("open", k, None), st.sampled_from(KEYS)),
    st.builds(lambda k, n: ("convert", k, n), st.sampled_from(KEYS), st.integers(1, 2)),
    st.builds(lambda k: ("move", k, None), st.sampled_from(KEYS)),
)


def with_step(scenario: Scenario, step: tuple[str, str, Any]) -> Scenario:
    do, key, value = step
    if do == "close":
        return scenario.close(key, value)
    if do == "reopen":
        return scenario.open(key)
    if do == "open":
        return scenario.open(key, lon=9.1, lat=42.2, kind="Bureau")
    if do == "convert":
        return scenario.convert(key, services={"post": value})
    return scenario.move(key, lon=9.05, lat=42.2)


@given(steps=st.lists(STEPS, max_size=12))
def test_what_passes_the_check_can_be_applied_and_the_rest_cannot(
    town: Territory, steps: list[tuple[str, str, Any]]
) -> None:
    """A plain book of counters, kept by hand beside the check, agrees with both."""
    book = {key: {"open": True, "post": 2, "bank": 2} for key in ("West", "East")}
    scenario, n_wrong = Scenario("random"), 0
    for do, key, value in steps:
        scenario = with_step(scenario, (do, key, value))
        desk = book.get(key)
        if do == "open":
            n_wrong += desk is not None
            book.setdefault(key, {"open": True, "post": 2, "bank": 2})
        elif desk is None:
            n_wrong += 1
        elif do == "reopen":
            n_wrong += desk["open"]
            desk["open"] = True
        elif do == "convert":
            n_wrong += not desk["open"]
            desk |= {"post": value, "bank": 0}
        elif not desk["open"]:
            n_wrong += 1
        elif do == "close" and value is None:
            desk["open"] = False
        elif do == "close":
            n_wrong += desk[value] == 0
            desk[value] = 0
    found = check_scenario(scenario, town)
    assert len(found) == n_wrong
    if n_wrong:
        with pytest.raises(InputError):
            town.apply(scenario)
        return
    after = town.apply(scenario).counters.set_index("key")
    assert set(after.index) == set(book)
    for key, desk in book.items():
        assert bool(after.loc[key, "open"]) == desk["open"]
        assert (after.loc[key, "level_post"], after.loc[key, "level_bank"]) == (
            desk["post"],
            desk["bank"],
        )
    assert town.counters["open"].all()
