"""Rules of a guarantee about days of a week with a way there and back by the timetable.

The valley of `test_transit_mode`; its week is that of Whit Monday 2025-06-09.
"""

from __future__ import annotations

import pandas as pd
import pytest
from gtfs_feeds import KM
from test_transit_mode import TOML, TRANSIT, read, valley  # noqa: F401

import maillage as ml
from maillage.errors import InputError

DAYS = {
    "name": "there and back",
    "service": "post",
    "minutes": 30,
    "person_class": "no_car",
    "feasible_days": 4,
}


def read_with_hours(folder, *hours: str | None, transit: str = TRANSIT) -> ml.Territory:
    """A desk at C for each of the hours."""
    n = len(hours)
    ids = ["desk", "other"][:n]
    desks = {"id": ids, "lon": 3.0, "lat": 45 + 4 * KM, "opening_hours": hours}
    pd.DataFrame(desks).to_csv(folder / "counters.csv", index=False)
    toml = TOML.replace(
        "services = {{ post = 1 }}", 'services = {{ post = 1 }}\nopening_hours = "opening_hours"'
    )
    (folder / "territory.toml").write_text(toml.format(transit=transit), encoding="utf-8")
    return ml.read_territory(folder / "territory.toml", cache=False, progress=False)


def test_a_guarantee_may_ask_for_days_with_a_way_there_and_back(valley):  # noqa: F811
    territory = read_with_hours(valley, "Mo-Fr 09:00-12:00")
    assert territory.guarantee(DAYS).holds  # there at 08:10, home by the bus at 17:00
    no_way_back = territory.apply(ml.Scenario("cut").cut_line("1", direction=1))
    check = no_way_back.guarantee(DAYS)
    assert not check.holds
    assert sorted(check.places()["place"]) == ["A", "B"]
    late = territory.apply(ml.Scenario("late").set_hours("desk", "Mo-Fr 18:00-19:00"))
    assert not late.guarantee(DAYS).holds
    two_days = territory.apply(ml.Scenario("two").set_hours("desk", "Tu,Th 09:00-12:00"))
    assert two_days.guarantee(DAYS | {"feasible_days": 2}).holds
    assert not two_days.guarantee(DAYS).holds


def test_counters_are_closed_on_public_holidays(valley):  # noqa: F811
    territory = read_with_hours(valley, "Mo-Fr 09:00-12:00")
    assert territory.guarantee(DAYS).holds
    check = territory.guarantee(DAYS | {"feasible_days": 5})
    assert not check.holds
    found = check.findings.set_index("kind").loc["public_holiday_in_week"]
    assert found["count"] == 1
    assert "are closed on Monday 2025-06-09" in found["examples"]
    named = read_with_hours(valley, "Mo-Fr 09:00-12:00; PH 09:00-12:00")
    assert named.guarantee(DAYS | {"feasible_days": 5}).holds
    always = territory.apply(ml.Scenario("always").set_hours("desk", "24/7"))
    assert always.guarantee(DAYS | {"feasible_days": 5}).holds


def test_counters_without_hours_are_counted_and_named(valley):  # noqa: F811
    check = read_with_hours(valley, None, "Mo-Fr 09:00-12:00").guarantee(DAYS)
    assert check.holds
    found = check.findings.set_index("kind").loc["counters_without_hours"]
    assert (found["count"], "counter desk" in found["examples"]) == (1, True)
    some = read_with_hours(valley, "Mo-Fr 09:00-12:00", None)
    with pytest.raises(InputError, match="hours of the counters of 'post': none of its 1 open"):
        some.apply(ml.Scenario("less").close("desk")).guarantee(DAYS)


def test_days_may_be_all_that_is_asked(valley):  # noqa: F811
    noon = TRANSIT.replace("07:50", "12:00")  # no bus any more then, and 53 minutes on foot
    territory = read_with_hours(valley, "Mo-Fr 09:00-12:00", transit=noon)
    assert not territory.guarantee(DAYS).holds
    alone = {key: value for key, value in DAYS.items() if key != "minutes"}
    check = territory.guarantee(alone)
    assert check.holds and check.summary()["kind"].tolist() == ["coverage"]
    assert not territory.guarantee(alone | {"feasible_days": 5}).holds
    assert territory.guarantee(alone | {"minutes": 1, "km": 5, "combine": "or"}).holds


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"person_class": "own"}, "cars need no timetable"),
        ({"minutes": None, "min_counters": 1}, "has feasible_days and min_counters"),
        ({"feasible_days": 8}, "feasible_days"),
        ({}, "needs opening hours"),
    ],
)
def test_rules_about_days_say_what_they_need(valley, change, said):  # noqa: F811
    rule = {key: value for key, value in (DAYS | change).items() if value is not None}
    with pytest.raises(InputError, match=said):
        read(valley).guarantee(rule)


@pytest.mark.parametrize("nth,holds", [(2, True), (1, False)])  # 10 June is the second Tuesday
def test_a_bus_that_calls_on_one_tuesday_of_the_month(valley, nth, holds):  # noqa: F811
    territory = read_with_hours(valley, f"Tu[{nth}] 09:00-12:00")
    assert "opening_hours_by_date" in territory.findings["kind"].tolist()
    assert territory.guarantee(DAYS | {"feasible_days": 1}).holds == holds
    assert not territory.guarantee(DAYS | {"feasible_days": 2}).holds
