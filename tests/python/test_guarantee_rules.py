"""Guarantee: what cannot be judged, who falls short by how much, which keys go together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from four_places import LINES, PLACES, read_four, write_four
from typer.testing import CliRunner

import maillage as ml
from maillage.cli import app
from maillage.errors import InputError

RULE = {"name": "r", "service": "post", "minutes": 30}
LAST = "48004;Antrenas;E2;3.90;44.60;50;60"


@pytest.fixture(scope="module")
def four(tmp_path_factory) -> ml.Territory:
    return read_four(tmp_path_factory.mktemp("four"))


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["guarantee", *map(str, arguments)])
    return done.exit_code, done.output


def write_rules(folder: Path, text: str) -> Path:
    (folder / "rules.toml").write_text(text, encoding="utf-8")
    return folder / "rules.toml"


# losses


def test_losses_need_a_scenario(tmp_path):
    rules = write_rules(tmp_path, '[[rules]]\nname = "n"\nservice = "post"\nmax_loss_minutes = 0\n')
    path = write_four(tmp_path)
    code, said = run(path, rules, "--no-cache")
    assert code == 2 and "needs --scenario" in said
    ml.Scenario("c").close("P1").write(tmp_path / "closures.toml")
    code, said = run(path, rules, "--scenario", tmp_path / "closures.toml", "--no-cache")
    assert code == 1 and "fails" in said


# places that bind


def find_minutes(territory: ml.Territory, group: str, person_class: str) -> dict[str, float]:
    table = territory.nearest("post", person_class=person_class, group=group)
    return dict(zip(table["place"], table["travel_time"], strict=True))


@pytest.mark.parametrize("group", ["18-24", "80+"])
def test_minutes_are_those_of_the_groups_of_the_rule(four: ml.Territory, group: str):
    rule = {**RULE, "person_class": "no_car", "groups": [group]}
    places = four.guarantee(rule).places()
    walks = find_minutes(four, group, "no_car")
    assert len(places) and (places["minutes"] > 30).all()
    assert places["minutes"].tolist() == pytest.approx([walks[p] for p in places["place"]])


def test_minutes_are_those_of_who_falls_short(four: ml.Territory):
    places = four.guarantee({**RULE, "minutes": 32}).places().set_index("place")
    old = find_minutes(four, "80+", "no_car")
    assert (places["minutes"] > 32).all()
    # 48002 lies 27 minutes on foot from its counter for the young, 41 for the old
    assert places.loc["48002", "persons"] == pytest.approx(80 * 0.5)
    assert places["minutes"].to_dict() == pytest.approx({p: old[p] for p in places.index})
    young = four.guarantee({**RULE, "groups": ["18-24"]}).places().set_index("place")
    walks = find_minutes(four, "18-24", "no_car")
    assert young["minutes"].to_dict() == pytest.approx({p: walks[p] for p in young.index})


def test_kilometres_and_losses_are_those_of_who_falls_short(four: ml.Territory):
    rule = {"name": "k", "service": "post", "km": 3}
    places = four.guarantee(rule).places()
    assert (places["km"] > 3).all() and places["minutes"].isna().all()
    after = four.apply(ml.Scenario("c").close("P2"))
    lost = after.guarantee({"name": "n", "service": "post", "max_loss_minutes": 30}, baseline=four)
    walks = find_minutes(after, "80+", "no_car")
    table = lost.places()
    assert len(table) and table["minutes"].tolist() == pytest.approx(
        [walks[p] for p in table["place"]]
    )


def test_minutes_are_absent_where_some_reach_nothing(four: ml.Territory):
    closed = ml.Scenario("none")
    for key in ("P1", "P2", "P3"):
        closed = closed.close(key)
    assert four.apply(closed).guarantee(RULE).places()["minutes"].isna().all()


# numbers of counters


def test_places_outside_every_area_are_no_area(tmp_path):
    places = PLACES.replace("48004;Antrenas;E2", "48004;Antrenas;")
    territory = read_four(tmp_path, places=places)
    rule = {"name": "c", "service": "post", "min_counters": 1, "per": "epci"}
    check = territory.guarantee(rule)
    areas = check.by_area().set_index("area")
    # P1 and P2 are nearest to places of E1, P3 to one that lies in no EPCI
    assert areas["figure"].to_dict() == {"E1": 2, "E2": 0}
    assert check.places()["place"].tolist() == ["48003"]
    assert territory.guarantee({**rule, "share": 0.5}).holds
    found = check.findings.set_index("kind")["examples"]
    assert "110 persons in 1 places live in no epci" in found["places_in_no_area"]
    assert "P3" in found["counters_in_no_area"]


# what cannot be judged


def test_an_area_where_everybody_is_secret_is_not_judged(tmp_path):
    secret = "48004;Antrenas;E9;3.90;44.60;s;s"
    path = write_four(tmp_path, places=PLACES.replace(LAST, secret))
    territory = ml.read_territory(path, cache=False, progress=False)
    rule = {**RULE, "person_class": "car", "per": "epci"}
    check = territory.guarantee(rule)
    row = check.by_area().set_index("area").loc["E9"]
    assert np.isnan(row["figure"]) and np.isnan(row["margin"]) and np.isnan(row["persons_short"])
    assert pd.isna(row["holds"]) and row["places_secret"] == 1
    summary = check.summary().iloc[0]
    assert pd.isna(summary["holds"]) and summary["areas_not_judged"] == 1
    assert not check.holds and "cannot be judged" in repr(check)
    exposed = territory.exposure("post", 30).by_place().set_index("place")["exposed"]
    assert np.isnan(exposed["48004"])  # the same there
    rules = write_rules(
        tmp_path,
        '[[rules]]\nname = "r"\nservice = "post"\nminutes = 30\nperson_class = "car"\n'
        'per = "epci"\n',
    )
    out = tmp_path / "areas.csv"
    code, said = run(path, rules, "--no-cache", "--out", out)
    assert code == 1 and "not judged" in said and "Areas that cannot be judged" in said
    assert pd.read_csv(out)["holds"].isna().tolist() == [False, False, True]


def test_groups_that_are_known_are_judged(tmp_path):
    places = PLACES.replace(LAST, "48004;Antrenas;E9;3.90;44.60;50;s")
    territory = read_four(tmp_path, places=places)
    rule = {**RULE, "person_class": "car", "per": "epci"}
    young = territory.guarantee({**rule, "groups": ["18-24"]})
    assert young.holds and young.by_area()["places_secret"].sum() == 0
    everybody = territory.guarantee(rule).by_area().set_index("area").loc["E9"]
    assert everybody["holds"] and everybody["persons"] == 50 and everybody["places_secret"] == 1
    old = territory.guarantee({**rule, "groups": ["80+"]}).by_area().set_index("area")
    assert pd.isna(old.loc["E9", "holds"]) and old.loc["E1", "holds"]


def test_left_out_is_not_judged_where_connectivity_is_not_known(tmp_path):
    lines = LINES.replace("48003;0,5;0", "48003;s;0").replace("48004;0;0,2", "48004;s;s")
    territory = read_four(tmp_path, lines=lines)
    rule = {**RULE, "minutes": 10, "max_left_out": 0.9, "per": "epci"}
    check = territory.guarantee(rule)
    areas = check.by_area().set_index("area")
    assert areas.loc["E2", "persons_unjudged"] == 530 and pd.isna(areas.loc["E2", "holds"])
    assert np.isnan(areas.loc["E2", "figure"]) and areas.loc["E1", "holds"]
    assert "530 persons" in check.findings.set_index("kind")["examples"]["connectivity_not_judged"]
    # too many are left out even if all homes there are connected
    failing = territory.guarantee({**rule, "max_left_out": 0}).by_area().set_index("area")
    assert not failing.loc["E2", "holds"] and failing.loc["E2", "figure"] > 0
    # nothing was asked of connectivity: nothing to judge
    none = '[connectivity]\nfile = "lines.csv"\nkey = "insee"\nwired_8 = "l8"\n'
    none += 'mobile_4g = "g4"\n'
    assert read_four(tmp_path, change={none: ""}).guarantee(rule).holds


# what the answer rests on


def test_straight_lines_are_said(tmp_path, four: ml.Territory):
    said = four.guarantee({**RULE, "share": 0.1}).assumptions
    assert "straight line" in said["travel_times"][0] and said["territory"] == "Four"
    assert said["rules"] == [{**RULE, "share": 0.1}] and said["baseline_scenarios"] is None
    assert four.exposure("post").assumptions.keys() >= {"travel_times", "modes", "abilities"}
    after = four.apply(ml.Scenario("c").close("P2"))
    said = after.guarantee(RULE, baseline=four).assumptions
    assert said["scenarios"] == ["c"] and said["baseline_scenarios"] == []
    rules = write_rules(
        tmp_path, '[[rules]]\nname = "r"\nservice = "post"\nminutes = 30\nshare = 0.1\n'
    )
    code, output = run(write_four(tmp_path), rules, "--no-cache")
    assert code == 0 and "straight line" in output


# keys and values


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({**RULE, "max_left_out": 0.1, "share": 0.5}, "has share"),
        ({**RULE, "max_left_out": 0.1, "combine": "or"}, "has combine"),
        ({**RULE, "combine": "or"}, "has combine"),
        ({"min_counters": 9, "share": 0.5}, "has share.*no per"),
        ({"min_counters": 1, "groups": ["80+"]}, "has groups"),
        ({"min_counters": 1, "person_class": "no_car"}, "has person_class"),
        ({"max_loss_minutes": 1, "combine": "and"}, "has combine"),
        ({**RULE, "minutes": "20"}, "minutes is '20', expected a number"),
        ({**RULE, "minutes": True}, "minutes is true, expected a number"),
        ({**RULE, "share": "1"}, "share is '1', expected a number"),
        ({"min_counters": 1.0}, "min_counters is 1.0, expected a whole number"),
        ({"min_counters": True}, "min_counters is true, expected a whole number"),
        ({**RULE, "minutes": float("nan")}, "minutes is nan, expected a finite number"),
    ],
)
def test_keys_without_effect_are_refused(four: ml.Territory, rule: dict, words: str):
    with pytest.raises(InputError, match=words) as error:
        four.guarantee({"name": "mine", "service": "post", **rule})
    assert "rules[1]" in str(error.value)
    if "has " in words:
        assert "'mine'" in str(error.value) or "'r'" in str(error.value)


def test_a_mistake_names_the_file(tmp_path, four: ml.Territory):
    rules = write_rules(tmp_path, "")
    with pytest.raises(InputError, match=r"rules\.toml: has no rules, expected it"):
        four.guarantee(rules)
    write_rules(tmp_path, '[[rules]]\nname="a"\nservice="post"\nmin_counters=1\nshare=0.5\n')
    with pytest.raises(InputError, match=r"rules\.toml: rules\[1\] \('a'\) has share, which"):
        four.guarantee(rules)


@pytest.mark.parametrize("rules", [[1], None, 5, b"x", [None], {"rules": None}])
def test_what_is_no_rule_is_refused(four: ml.Territory, rules: object):
    with pytest.raises(InputError, match="expected"):
        four.guarantee(rules)


def test_numbers_of_numpy_count(four: ml.Territory):
    assert four.guarantee({**RULE, "minutes": np.int64(300)}).holds
    rule = {"name": "c", "service": "post", "min_counters": np.int64(3), "level": np.int8(1)}
    assert four.guarantee(rule).holds


def test_a_baseline_is_a_territory(four: ml.Territory):
    with pytest.raises(InputError, match="baseline is 'x', expected a Territory"):
        four.guarantee(RULE, baseline="x")  # type: ignore[arg-type]
