"""A territory's own table of parameters: every row takes effect, or a finding says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flat import read_flat, write_flat

import maillage as ml
from maillage.config_crow import CrowConfig
from maillage.config_models import ParametersConfig
from maillage.errors import InputError
from maillage.parameter_book import read_book
from maillage.parameter_defaults import OF_CROW, OF_EXPOSURE
from maillage.parameter_values import find_rule


def read(folder: Path, rows: str = "", **how: str) -> ml.Territory:
    return read_flat(folder, rows=rows, **how)


def find_kinds(territory: ml.Territory) -> dict[str, str]:
    frame = territory.findings
    return dict(zip(frame["kind"], frame["examples"], strict=True))


def test_every_row_takes_effect(tmp_path: Path):
    plain = read(tmp_path)
    own = read(tmp_path, "limit_min;45 left_out_lambda;1 connectivity_shift;0 walk.speed_kmh;9 "
               "walk.speed_75_plus_kmh;6 crow.speed_kmh;100 crow.detour_factor;1.1")  # fmt: skip
    assert not {"parameter_unused", "parameter_range_unused"} & set(find_kinds(own))
    before, after = (t.exposure("post") for t in (plain, own))
    assert (before.limit, after.limit) == (20, 45)
    assert (before.left_out_lambda, after.left_out_lambda) == (0.5, 1)
    assert after.assumptions["connectivity_shift"] == 0
    assert plain.groups["walk_speed_kmh"].tolist() == [4.5, 3]
    assert own.groups["walk_speed_kmh"].tolist() == [9, 6]
    was, now = (e.by_place()["travel_time_car"].to_numpy() for e in (before, after))
    assert now == pytest.approx(was * (50 / 100) * (1.1 / 1.3), abs=1e-4)
    assert "x 1.1 at 100 km/h" in after.assumptions["travel_times"][0]


def test_abilities_of_groups_are_those_of_the_table(tmp_path: Path):
    own = read(tmp_path, "ability.E1_excluded.age_filosofi.80+;0.3;;;90 "
               "ability.E2_excluded_or_low.age_filosofi.80+;0.5;;;90")  # fmt: skip
    old = own.groups.set_index("group").loc["80+"]
    assert (old["p_c"], old["p_b"], old["n"]) == pytest.approx((0.3, 0.2, 90))
    assert "mine.csv" in old["source"]
    young = own.groups.set_index("group").loc["18-24"]
    assert (young["p_c"], young["n"]) == (0.073, 216)
    with pytest.raises(InputError, match=r"mine\.csv:2: value is 0\.9.*E2_excluded_or_low"):
        read(tmp_path, "ability.E1_excluded.age_filosofi.80+;0.9")


def test_draws_take_ranges_and_errors_from_the_table(tmp_path: Path):
    own = read(tmp_path, "car.speed_factor;1;0.99;1.01 walk.speed_kmh;5;4;6 population.error;0 "
               "connectivity_shift;0.5;0.4;0.6")  # fmt: skip
    drawn = own.exposure("post", uncertainty=ml.Draws(10)).draws
    assert (drawn.car_speed, drawn.no_car_speed) == ((0.99, 1.01), (0.8, 1.2))
    assert (drawn.population_error, drawn.connectivity_shift) == (0, (0.4, 0.6))
    said = ml.Draws(10, car_speed=(0.5, 1.5), population_error=0.1, connectivity_shift=(0, 1))
    drawn = own.exposure("post", uncertainty=said).draws
    assert (drawn.car_speed, drawn.population_error) == ((0.5, 1.5), 0.1)
    assert drawn.connectivity_shift == (0, 1)
    plain = read(tmp_path).exposure("post", uncertainty=ml.Draws(10)).draws
    assert plain.car_speed == (0.85, 1.1) and plain.population_error == 0.02
    assert plain.no_car_speed == pytest.approx((3.5 / 4.5, 5.5 / 4.5))
    # without a range of its own, a speed takes ours in proportion
    moved = read(tmp_path, "car.speed_factor;0.5").exposure("post", uncertainty=ml.Draws(10)).draws
    assert moved.car_speed == pytest.approx((0.85, 1.1))


def test_the_speed_of_cars_slows_every_network(tmp_path: Path):
    was = read(tmp_path).exposure("post").by_place()["travel_time_car"].to_numpy()
    now = read(tmp_path, "car.speed_factor;0.5").exposure("post").by_place()["travel_time_car"]
    assert now.to_numpy() == pytest.approx(2 * was, abs=1e-4)


def test_keys_of_the_file_count_more_than_the_table(tmp_path: Path):
    own = read(
        tmp_path, "limit_min;45 crow.speed_kmh;100 walk.speed_kmh;9 connectivity_shift;1;0.2;1",
        own="limit_min = 10\nconnectivity_shift = 0.3", crow="speed_kmh = 40",
    )  # fmt: skip
    assert own.parameters["limit_min"] == 10
    assert "at 40 km/h" in own.exposure("post").assumptions["travel_times"][0]
    said = find_kinds(own)["parameter_unused"]
    assert "mine.csv: limit_min has no effect: [parameters] says limit_min" in said
    assert "crow.speed_kmh has no effect: [networks.crow] says speed_kmh" in said
    assert "connectivity_shift has no effect" in said
    assert own.exposure("post", uncertainty=ml.Draws(10)).draws.connectivity_shift is None


def test_rows_that_change_nothing_are_findings(tmp_path: Path):
    own = read(tmp_path, "phone.reach.caf;0.46 logit.e1.const;1 visits.france_services;2 "
               "ability.E1_excluded.age_rp.75+;0.5 limit_min;30;20;40 "
               "insee.excluded.2019.75+;0.6")  # fmt: skip
    frame = own.findings.set_index("kind")
    assert frame.loc["parameter_unused", "count"] == 5
    said = frame.loc["parameter_unused", "examples"]
    for words in ("no figure rests on it", "no section [small_area]", "no service is called",
                  "no group has this ability", "to no other year"):  # fmt: skip
        assert words in said
    assert "limit_min" in frame.loc["parameter_range_unused", "examples"]


def test_services_of_a_territory_have_parameters_of_their_own(tmp_path: Path):
    own = read(tmp_path, "visits.bank;6 visit_minutes.bank;30 decay.half_life.bank;40")
    plain = read(tmp_path)
    said, default = (t.load("bank").by_channel()["contacts"].iloc[0] for t in (own, plain))
    assert said == pytest.approx(6 * default)
    asked = own.load("bank")._asked
    assert asked.visit_minutes == 30 and asked.model.beta_time == pytest.approx(np.log(2) / 40)
    again = ml.read_territory(tmp_path / "territory.toml", cache=tmp_path / "c", progress=False)
    again = ml.read_territory(tmp_path / "territory.toml", cache=tmp_path / "c", progress=False)
    assert again.load("bank")._asked.visit_minutes == 15  # the last file written is the plain one
    with pytest.raises(InputError, match=r"mine\.csv:2: name is 'visits\.bnk'.*visits\.bank"):
        read(tmp_path, "visits.bnk;6")
    write_flat(tmp_path, rows="visits.bank;6")
    frame = ml.parameters(tmp_path / "mine.csv").set_index("name")
    assert frame.loc["visits.bank", "unit"] == "visits a person and year"


def test_walk_speed_of_the_network_is_that_of_groups_without_one(tmp_path: Path):
    from towns import write_valley

    modes = "[networks.car]\n[networks.walk]\nboth_ways = true\nspeed_kmh = 6\n"
    path = write_valley(tmp_path / "v", modes=modes)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("walk_speed_kmh = 4.5\n", ""), encoding="utf-8")
    groups = ml.read_territory(path, cache=False, progress=False).groups
    assert groups["walk_speed_kmh"].tolist() == [6, 3]


def test_walk_speeds_that_no_group_takes_are_findings(tmp_path: Path):
    path = write_flat(tmp_path, rows="walk.speed_kmh;6 walk.speed_75_plus_kmh;2")
    text = path.read_text(encoding="utf-8")
    own = text.replace('[groups."80+"]', '[groups."80+"]\nwalk_speed_kmh = 3.5')
    path.write_text(own, encoding="utf-8")
    territory = ml.read_territory(path, cache=False, progress=False)
    assert territory.groups["walk_speed_kmh"].tolist() == [6, 3.5]
    assert find_kinds(territory)["parameter_unused"] == (
        "mine.csv: walk.speed_75_plus_kmh has no effect: no group of 75 or more takes it"
    )


def test_special_populations_walk_as_the_table_says(tmp_path: Path):
    path = write_flat(tmp_path, rows="walk.speed_kmh;6")
    (tmp_path / "homes.csv").write_text("id,lon,lat,n\nH1,2.2,46.2,50\n")
    section = (
        '[special.homes]\nfile = "homes.csv"\nkey = "id"\nlon = "lon"\nlat = "lat"\n'
        'persons = "n"\np_b = 0.2\np_c = 0.5\ncar_share = 0.1\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + section, encoding="utf-8")
    territory = ml.read_territory(path, cache=False, progress=False)
    assert territory.groups["walk_speed_kmh"].tolist() == [6, 3, 6]


def test_the_schema_has_the_defaults_of_the_book():
    book = read_book()
    assert {n: getattr(ParametersConfig(), n) for n in OF_EXPOSURE} == {
        n: book.value(n) for n in OF_EXPOSURE
    }
    assert {n: getattr(CrowConfig(), n) for n in OF_CROW} == {
        n: book.value(name) for n, name in OF_CROW.items()
    }


def test_our_own_parameters_keep_their_rules():
    for p in read_book().entries.values():
        numbers = [v for v in (p.value, p.low, p.high) if v is not None]
        rule = find_rule(p.name, p.unit)
        assert all(rule.is_right(v) for v in numbers), p.name
