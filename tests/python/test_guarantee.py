"""Guarantee: rules, both readings, areas, hours, losses; files, errors and exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from towns import draw_scenario, read_valley, write_random_territory
from typer.testing import CliRunner

import maillage as ml
from maillage.cli import app
from maillage.config_guarantee import GuaranteeConfig, RuleConfig, read_guarantee
from maillage.errors import InputError, IoError

FOLDER = Path(__file__).parents[2] / "scenarios" / "guarantees"
DEMO = Path(__file__).parents[2] / "scenarios" / "demo" / "territory.toml"
RULE = {"name": "r", "service": "post", "minutes": 20}


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


@pytest.fixture(scope="module")
def demo() -> ml.Territory:
    return ml.read_territory(DEMO, cache=False, progress=False)


def test_coverage_is_that_of_the_exposure(valley: ml.Territory):
    total = valley.exposure("post", 20).total().iloc[0]
    row = valley.guarantee(RULE).summary().iloc[0]
    covered = total["choice"] + total["counter_reliant"]
    assert row["figure"] == pytest.approx(covered / total["persons"])
    assert row["persons_short"] == pytest.approx(total["exposed"])
    assert not row["holds"]
    assert valley.guarantee({**RULE, "share": row["figure"]}).holds
    margin = valley.guarantee({**RULE, "share": 0.9}).summary().iloc[0]["margin"]
    assert margin == pytest.approx(row["figure"] - 0.9)


def test_left_out_is_that_of_the_exposure(demo: ml.Territory):
    table = demo.exposure("post", 20).by("epci")
    areas = demo.guarantee({**RULE, "max_left_out": 0.03, "per": "epci"}).by_area()
    assert areas["area"].tolist() == table["epci"].tolist()
    assert areas["figure"].to_numpy() == pytest.approx(table["share_left_out"].to_numpy())
    assert areas["holds"].tolist() == (table["share_left_out"] <= 0.03).tolist()


def test_places_that_bind_sum_to_what_is_short(demo: ml.Territory):
    check = demo.guarantee(RULE)
    assert check.places()["persons"].sum() == pytest.approx(check.summary()["persons_short"].sum())
    assert check.places()["persons"].is_monotonic_decreasing


def test_kilometres_are_those_of_the_shortest_road(valley: ml.Territory):
    by_km = valley.nearest("post", measure="distance")
    by_time = valley.nearest("post")
    assert list(by_km.columns) == ["place", "rank", "counter", "distance_km", "reason"]
    assert by_km["distance_km"].isna().tolist() == by_time["travel_time"].isna().tolist()
    # the valley's roads are driven at 60 km/h at most: a kilometre takes a minute or more
    known = by_time["travel_time"].notna()
    assert (by_km["distance_km"][known] <= by_time["travel_time"][known] * 2.5).all()
    assert (by_km["distance_km"][known] >= 0).all()
    with pytest.raises(InputError, match="round_trip"):
        valley.nearest("post", measure="distance", round_trip=True)


def test_kilometres_of_the_demo_are_at_least_the_straight_line(demo: ml.Territory):
    table = demo.nearest("post", measure="distance").dropna(subset="distance_km")
    places = demo.places.set_index("place").loc[table["place"]]
    counters = demo.counters.set_index("key").loc[table["counter"]]
    lat, lon = (np.radians(places[c].to_numpy()) for c in ("lat", "lon"))
    to_lat, to_lon = (np.radians(counters[c].to_numpy()) for c in ("lat", "lon"))
    h = np.sin((to_lat - lat) / 2) ** 2
    h += np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    straight = 2 * 6371.0088 * np.arcsin(np.sqrt(h))
    assert (table["distance_km"].to_numpy() >= straight * 0.99 - 0.05).all()
    ratio = np.median(table["distance_km"].to_numpy()[straight > 2] / straight[straight > 2])
    assert 1 < ratio < 2


def test_or_covers_whatever_and_covers(demo: ml.Territory):
    both = {**RULE, "km": 5, "person_class": "car"}
    strict = demo.guarantee({**both, "combine": "and"}).summary().iloc[0]["figure"]
    mild = demo.guarantee({**both, "combine": "or"}).summary().iloc[0]["figure"]
    minutes = demo.guarantee({**RULE, "person_class": "car"}).summary().iloc[0]["figure"]
    assert strict <= minutes <= mild
    # a + b = (a or b) + (a and b)
    km = demo.guarantee({"name": "k", "service": "post", "km": 5, "person_class": "car"})
    assert km.summary().iloc[0]["figure"] + minutes == pytest.approx(strict + mild)


def test_opening_never_worsens_and_closing_never_helps(tmp_path):
    rng = np.random.default_rng(7)
    for seed in range(4):
        territory = ml.read_territory(write_random_territory(tmp_path / str(seed), seed))
        service = territory.services[0]
        rules = [{**RULE, "service": service, "minutes": m} for m in (5, 15)]
        keys = territory.counters["key"].tolist()
        closed = territory.apply(ml.Scenario("c").close(str(rng.choice(keys))))
        before = territory.guarantee(rules).summary()["figure"].to_numpy()
        after = closed.guarantee(rules).summary()["figure"].to_numpy()
        assert (after <= before + 1e-12).all()
        same = territory.apply(ml.Scenario("nothing"))
        loss = {"name": "n", "service": service, "max_loss_minutes": 0}
        check = same.guarantee(loss, baseline=territory)
        assert check.holds and check.summary().iloc[0]["figure"] == 1
        after = territory.apply(draw_scenario(territory, rng, 2))
        after.guarantee(loss, baseline=territory)


def test_losses_against_the_baseline(demo: ml.Territory):
    key = demo.counters["key"].iloc[0]
    scenario = ml.Scenario("one less").close(key)
    after = demo.apply(scenario)
    losers = demo.compare(scenario, "post").losers()
    rule = {"name": "n", "service": "post", "max_loss_minutes": 5}
    row = after.guarantee(rule, baseline=demo).summary().iloc[0]
    gone = losers["delta_travel_time"].isna() | (losers["delta_travel_time"] > 5 + 1e-9)
    assert row["persons_short"] == pytest.approx(losers["persons"][gone].sum())


def test_weekly_hours_are_the_union_of_counters(demo: ml.Territory):
    figures = [
        demo.guarantee({**RULE, "weekly_hours": h}).summary().iloc[0]["figure"]
        for h in (0.1, 20, 40, 168)
    ]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] <= demo.guarantee(RULE).summary().iloc[0]["figure"]
    # one far place by hand: the hours of all counters within its 20 minutes
    parts = demo.parts
    table = demo.nearest("post", k=50)
    place = table["place"].iloc[0]
    near = table[(table["place"] == place) & (table["travel_time"] <= 20)]["counter"]
    from maillage.guarantee_reach import SLOT_MIN, find_open_slots

    rows = [parts.counter_rows[c] for c in near]
    hours = find_open_slots(parts)[rows].any(axis=0).sum() * SLOT_MIN / 60
    for asked, expected in ((hours, True), (hours + 0.2, False)):
        check = demo.guarantee({**RULE, "weekly_hours": asked, "person_class": "car"})
        assert (place not in set(check.places()["place"])) == expected


def test_counters_by_area(demo: ml.Territory):
    rule = {"name": "c", "service": "post", "min_counters": 1, "per": "epci"}
    areas = demo.guarantee(rule).by_area()
    offers = (demo.counters["level_post"] >= 1) & demo.counters["open"]
    assert areas["figure"].sum() == offers.sum()
    strict = {**rule, "min_counters": int(areas["figure"].max())}
    assert not demo.guarantee(strict).holds
    enough = float((areas["figure"] >= strict["min_counters"]).mean())
    assert demo.guarantee({**strict, "share": enough}).holds


def test_groups_and_classes(demo: ml.Territory):
    group = demo.groups["group"].iloc[-1]
    row = demo.guarantee({**RULE, "groups": group}).by_area().iloc[0]
    assert row["persons"] == pytest.approx(demo.groups["persons"].iloc[-1])
    without = demo.guarantee({**RULE, "person_class": "no_car"}).by_area().iloc[0]
    parts = demo.parts
    assert without["persons"] == pytest.approx((parts.persons * (1 - parts.car_share)).sum())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"service": "pots"}, "post"),
        ({"per": "ecpi"}, "epci"),
        ({"groups": ["80"]}, "80\\+"),
        ({"minutes": None, "max_loss_minutes": 5}, "baseline"),
        ({"minutes": None}, "expected a limit"),
        ({"max_left_out": 0.1, "min_counters": 3}, "expected one"),
        ({"share": 1.2}, "share is 1.2"),
        ({"minute": 3}, "minute is unknown"),
        ({"combine": "xor"}, "combine"),
    ],
)
def test_rules_that_do_not_fit_are_refused(demo: ml.Territory, change: dict, words: str):
    rule = {k: v for k, v in {**RULE, **change}.items() if v is not None}
    with pytest.raises(InputError, match=words):
        demo.guarantee([rule])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(IoError, match="no such file"):
        read_guarantee(tmp_path / "none.toml")


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda p: p.stem)
def test_ready_files_are_valid_and_say_their_source(file: Path):
    config = read_guarantee(file)
    assert config.source and config.title


def test_the_page_names_every_key_and_file():
    page = (FOLDER / "GUARANTEE.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[\w-]+", page))
    assert {*RuleConfig.model_fields, *GuaranteeConfig.model_fields} <= words
    assert all(file.name in page for file in FOLDER.glob("*.toml"))


def test_exit_codes(tmp_path):
    run = CliRunner().invoke
    rules = tmp_path / "rules.toml"
    text = '[[rules]]\nname = "r"\nservice = "post"\nminutes = 20\nshare = {}\nper = "epci"\n'
    out = tmp_path / "areas.csv"
    rules.write_text(text.format(0.1), encoding="utf-8")
    done = run(app, ["guarantee", str(DEMO), str(rules), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "every rule holds" in done.stdout and pd.read_csv(out)["holds"].all()
    rules.write_text(text.format(1), encoding="utf-8")
    done = run(app, ["guarantee", str(DEMO), str(rules)])
    assert done.exit_code == 1 and "fails" in done.stdout
    rules.write_text(text.format(2), encoding="utf-8")
    done = run(app, ["guarantee", str(DEMO), str(rules)])
    assert done.exit_code == 2 and "share is 2" in done.output
