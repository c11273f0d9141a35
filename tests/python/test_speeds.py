"""Speed rules: shipped files, a user's file or mapping, what is asked for, mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maillage.errors import InputError, IoError, NotFoundError
from maillage.geo.speeds import MODES, SHIPPED, read_speeds

# OSRM's class speeds as the reference times were computed with, km/h.
OSRM_CAR_KMH = {
    "motorway": 90, "motorway_link": 45, "trunk": 85, "trunk_link": 40, "primary": 65,
    "primary_link": 30, "secondary": 55, "secondary_link": 25, "tertiary": 40,
    "tertiary_link": 20, "unclassified": 25, "residential": 25, "living_street": 10,
    "service": 15, "ferry": 5,
}  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("mode", MODES)
def test_shipped_rules_serve_every_mode(name: str, mode: str) -> None:
    rules = read_speeds(name, mode)
    assert rules["highway_kmh"]["residential"] > 0
    assert not set(rules["highway_kmh"]) & set(rules["by_access_kmh"])
    assert rules["delay_s"] == {}
    fastest = {"car": 130, "walk": 15, "bike": 15}[mode]
    assert max(rules["highway_kmh"].values()) <= fastest


def test_france_follows_the_law() -> None:
    car = read_speeds("france", "car")
    assert car["highway_kmh"]["motorway"] == 130
    assert car["highway_kmh"]["trunk"] == 110
    assert car["highway_kmh"]["primary"] == 80
    assert car["highway_kmh"]["living_street"] == 20
    assert car["zone_kmh"]["FR:urban"] == 50
    assert car["maxspeed_factor"] == 1
    assert car["use_surface_caps"]
    assert read_speeds("france", "walk")["highway_kmh"]["footway"] == 4.5


def test_osrm_has_the_class_speeds_of_the_reference() -> None:
    kmh = read_speeds("osrm", "car")["highway_kmh"]
    assert {road: kmh[road] for road in OSRM_CAR_KMH} == OSRM_CAR_KMH
    assert set(kmh) - set(OSRM_CAR_KMH) == {"shuttle_train"}


@pytest.mark.parametrize(
    ("name", "use_maxspeed", "factor", "caps"),
    [
        ("osrm", None, 0.8, True),
        ("osrm", 0.8, 0.8, True),
        ("osrm", True, 1.0, True),
        ("osrm", False, 0.0, False),  # caps go with limits where the file says nothing
        ("osrm", 0, 0.0, False),
        ("france", None, 1.0, True),
        ("france", False, 0.0, True),
        ("france", 0.9, 0.9, True),
    ],
)
def test_limits_and_caps(name: str, use_maxspeed: Any, factor: float, caps: bool) -> None:
    rules = read_speeds(name, "car", use_maxspeed)
    assert rules["maxspeed_factor"] == factor
    assert rules["use_surface_caps"] is caps
    assert (
        read_speeds(name, "car", use_maxspeed, use_surface_caps=False)["use_surface_caps"] is False
    )


def test_one_speed_of_walkers() -> None:
    slow = read_speeds("france", "walk", speed_kmh=3)
    assert slow["highway_kmh"]["steps"] == slow["by_access_kmh"]["trunk"] == 3
    assert slow["highway_kmh"]["ferry"] == 15  # a boat goes at its own speed


def test_delays_replace_those_of_the_file() -> None:
    rules = read_speeds("france", "car", delays={"traffic_signals": 8, "junction": 2.5})
    assert rules["delay_s"] == {"traffic_signals": 8, "junction": 2.5}


def test_a_flat_mapping_is_all_there_is() -> None:
    rules = read_speeds({"residential": 20, "service": 10.5}, "car")
    assert rules["highway_kmh"] == {"residential": 20, "service": 10.5}
    assert rules["by_access_kmh"] == {}
    assert rules["maxspeed_factor"] == 0
    assert rules["use_surface_caps"] is False


def test_a_base_is_changed_entry_by_entry() -> None:
    source = {"base": "france", "car": {"highway": {"track": 0}, "zones": {"FR:rural": 90}}}
    rules = read_speeds(source, "car")
    assert rules["highway_kmh"]["track"] == 0
    assert rules["highway_kmh"]["motorway"] == 130
    assert rules["zone_kmh"]["FR:rural"] == 90
    assert rules["zone_kmh"]["FR:urban"] == 50


def test_a_copy_of_a_shipped_file_reads_the_same(tmp_path: Path) -> None:
    import maillage

    shipped = Path(next(p for p in map(Path, maillage.__path__) if (p / "speeds").is_dir()))
    copy = tmp_path / "mine.toml"
    copy.write_text((shipped / "speeds" / "france.toml").read_text())
    for mode in MODES:
        assert (
            read_speeds(copy, mode) == read_speeds(str(copy), mode) == read_speeds("france", mode)
        )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"car": {"highway": {"motorwy": 90}}},
         "speeds: car.highway: 'motorwy' is unknown, did you mean 'motorway' or 'motorway_link'?"),
        ({"trunk": -5}, "speeds: car.highway.trunk is -5, expected 0 or more"),
        ({"trunk": 301}, "speeds: car.highway.trunk is 301, expected at most 300"),
        ({"trunk": float("nan")}, "speeds: car.highway.trunk is nan, expected a finite number"),
        ({"car": {"highway": {"trunk": "fast"}}}, "car.highway.trunk is 'fast', expected a number"),
        ({"car": {"highway": {"trunk": True}}}, "car.highway.trunk is True, expected a number"),
        ({"car": {"highways": {}}}, "car.highways is unknown, did you mean 'highway'"),
        ({"cars": {}}, "cars is unknown, did you mean 'car'?"),
        ({"car": {"highway": {"trunk": 9}, "use_maxspeed": "yes"}},
         "car.use_maxspeed is 'yes', expected true, false or a share of the limit in 0..2"),
        ({"car": {"highway": {"trunk": 9}, "use_maxspeed": 3}}, "use_maxspeed is 3, expected true"),
        ({"car": {"highway": {"trunk": 9}, "delays": {"lights": 3}}},
         "car.delays: 'lights' is unknown, expected one of 'traffic_signals', 'stop'"),
        ({"car": {"highway": {"trunk": 9}, "caps": {"tracktype": {"grade6": 3}}}},
         "car.caps.tracktype: 'grade6' is unknown, did you mean"),
        ({"car": {"highway": {"trunk": 9}, "caps": {"surfaces": {}}}},
         "car.caps.surfaces is unknown, did you mean 'surface'?"),
        ({"walk": {"speed_kmh": 4, "classes": ["path"]}}, "speeds: has no speeds for car"),
        ({"car": {"highway": {"trunk": 0}}}, "opens no class of road"),
        ({"car": {"classes": ["trunk"]}}, "has classes without speed_kmh"),
        ({"car": {"speed_kmh": 3, "highway": {"trunk": 9}}}, "speed_kmh has no classes"),
        ({"base": "spain", "car": {}}, "base is 'spain', expected 'france' or 'osrm'"),
        ({}, "has no speeds for car"),
    ],
)  # fmt: skip
def test_mistakes_are_named(source: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_speeds(source, "car")
    assert message in str(caught.value)


def test_every_problem_is_listed() -> None:
    source = {"car": {"highway": {"trunk": -5, "primary": "x"}, "use_maxsped": 1}}
    with pytest.raises(InputError) as caught:
        read_speeds(source, "car")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"use_maxspeed": -1}, "asked for: car.use_maxspeed is -1"),
        ({"delays": {"light": 2}}, "asked for: car.delays: 'light' is unknown"),
        ({"delays": {"stop": -2}}, "asked for: car.delays.stop is -2, expected 0 or more"),
        ({"speed_kmh": 30}, "speed_kmh has no classes to apply to"),
    ],
)
def test_what_is_asked_for_is_checked(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_speeds("france", "car", **asked)
    assert message in str(caught.value)


def test_names_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'france'"):
        read_speeds("frence", "car")
    with pytest.raises(NotFoundError, match="mode 'cra' does not exist, did you mean 'car'"):
        read_speeds("france", "cra")
    with pytest.raises(IoError, match=r"none\.toml"):
        read_speeds(tmp_path / "none.toml", "car")
    broken = tmp_path / "broken.toml"
    broken.write_text("[car\n")
    with pytest.raises(InputError, match=r"broken\.toml: is not valid TOML"):
        read_speeds(broken, "car")
