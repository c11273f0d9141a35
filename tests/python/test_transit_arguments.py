"""Wrong arguments of timetables and their travel times, each told in a sentence."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from gtfs_feeds import TUESDAY
from transit_town import at, read_town, write_town

import maillage as ml
from maillage.errors import InputError

TOWN = {"A": 0, "B": 10_000}
BUS = {"T": "A@8:10 B@8:30"}
MINUTES = "minutes above 0, at most 2880"
SAMPLE = "minutes, at least 1/60 (a second), at most 2880, or None for every second"
DAY = "expected '2025-06-10 08:00' or '08:00'"
OTHER_DAY = (
    "but the timetable was read for 2025-06-10; read it for that date with "
    "read_transit(..., date=...)"
)
ONCE = "expected each once (to 6 digits), and at least one"
LOCAL = "expected local time of the timetable in whole seconds"


@pytest.fixture
def transit(tmp_path: Path) -> ml.Transit:
    return read_town(tmp_path, TOWN, BUS)


@pytest.mark.parametrize(
    "name,values,expected",
    [
        ("window_min", [0, -1, math.inf, math.nan, "60", None, True, 2881], MINUTES),
        ("max_time", [0, -1, math.inf, math.nan, "60", None, [60], 2881], MINUTES),
        ("max_walk_min", [-1, math.nan, "10"], "minutes >= 0"),
        ("walk_speed_kmh", [0, -1, math.inf, "4", None, 101, 1e-9], "km/h in 0.1..100"),
        ("min_board_wait_s", [-1, math.inf, 1e300, "60", None], "seconds in 0..86400"),
        ("sample_min", [0, -math.inf, math.inf, 0.001, "1", 2881], SAMPLE),
        ("max_rides", [0, 13, 1.5, True, "3", None], "1 to 12"),
        ("threads", [-1, 1.5, "2"], "a whole number, 0 for all the machine has"),
    ],
)
def test_numbers(transit: ml.Transit, name: str, values: list[Any], expected: str):
    for value in values:
        with pytest.raises(InputError) as e:
            transit.travel_time_matrix(at(a=0), at(b=1), "08:00", **{name: value})
        shown = f"{value:g}" if isinstance(value, float) else repr(value)
        assert str(e.value) == f"{name} is {shown}, expected {expected}"


def test_whole_second_streets(transit: ml.Transit):
    for value in (1, "yes", math.nan):
        with pytest.raises(InputError, match=r"^whole_second_streets is .*, expected True, False"):
            transit.travel_time_matrix(at(a=0), at(b=1), "08:00", whole_second_streets=value)


@pytest.mark.parametrize(
    "values,message",
    [
        ([], f"percentiles is [], {ONCE}"),
        ([50, 50.0], f"percentiles is [50, 50.0], {ONCE}"),
        ([50, 50.0000001], f"percentiles is [50, 50.0000001], {ONCE}"),  # one column's name
        ([50, 0], "percentiles is 0, expected numbers above 0, at most 100"),
        (100.5, "percentiles is 100.5, expected numbers above 0, at most 100"),
        ([math.nan], "percentiles is nan, expected numbers above 0, at most 100"),
        (["50"], "percentiles is '50', expected numbers above 0, at most 100"),
        ("50", "percentiles is '50', expected numbers such as [25, 50]"),
        (None, "percentiles is None, expected numbers such as [25, 50]"),
    ],
)
def test_percentiles(transit: ml.Transit, values: Any, message: str):
    with pytest.raises(InputError) as e:
        transit.travel_time_matrix(at(a=0), at(b=1), "08:00", percentiles=values)
    assert str(e.value) == message


@pytest.mark.parametrize(
    "moment,message",
    [
        ("8", f"is '8', {DAY}"),
        ("8:60", f"is '8:60', {DAY}"),
        ("48:00", f"is '48:00', {DAY}"),
        ("08:00:75", f"is '08:00:75', {DAY}"),
        ("", f"is '', {DAY}"),
        (8, f"is 8, {DAY}"),
        (None, f"is None, {DAY}"),
        ("2025-13-01 08:00", f"is '2025-13-01 08:00', {DAY}"),
        ("2025-06-10", f"is '2025-06-10', {DAY}"),
        (dt.date(2025, 6, 10), f"is datetime.date(2025, 6, 10), {DAY}"),
        ("2025-06-11 08:00", f"is 2025-06-11 08:00, {OTHER_DAY}"),
        (dt.datetime(2025, 6, 11, 8), f"is 2025-06-11 08:00:00, {OTHER_DAY}"),
        (dt.datetime(2025, 6, 10, 8, tzinfo=dt.UTC), f"is 08:00:00+00:00, {LOCAL}"),
        (pd.Timestamp("2025-06-10 08:00:00.5"), f"is 08:00:00.500000, {LOCAL}"),
    ],
)
def test_moments(transit: ml.Transit, moment: Any, message: str):
    with pytest.raises(InputError) as e:
        transit.travel_time_matrix(at(a=0), at(b=1), moment)
    assert str(e.value) == f"departure {message}"


@pytest.mark.parametrize(
    "points,message",
    [
        (None, "is NoneType, expected a data frame"),
        ([(3, 45)], "is list, expected a data frame"),
        (pd.DataFrame({"lon": [3], "lat": [45]}),
         "has no column 'id', expected one of 'lon', 'lat'"),
        (pd.DataFrame({"id": [1], "lon": [3]}),
         "has no column 'lat' (and no 'node'), expected one of 'id', 'lon'"),
        (pd.DataFrame({"id": [1], "lon": [3], "lat": [95]}),
         ": lat of id 1 (row 1) is 95, expected -90..90"),
        (pd.DataFrame({"id": [1, 1], "lon": [3, 3], "lat": [45, 45]}),
         ": id 1 occurs more than once, expected unique ids"),
        (pd.DataFrame({"id": [1], "node": ["x"]}),
         "names nodes, but this network keeps no ids of nodes"),
    ],
)  # fmt: skip
def test_points(transit: ml.Transit, points: Any, message: str):
    space = "" if message.startswith(":") else " "
    for what, ends in (("origins", (points, at(b=1))), ("destinations", (at(a=0), points))):
        with pytest.raises(InputError) as e:
            transit.travel_time_matrix(*ends, "08:00")
        assert str(e.value) == f"{what}{space}{message}"


def test_reading(tmp_path: Path):
    feed = write_town(tmp_path, TOWN, BUS)
    bike = ml.build_roads(
        pd.DataFrame({"id": ["a", "b"], "lon": 3.0, "lat": [45.0, 45.1]}),
        pd.DataFrame({"from": ["a"], "to": ["b"], "length_m": [12_000.0]}),
        mode="bike",
    )
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"gtfs": []}, "gtfs is empty, expected at least one feed"),
        ({"gtfs": 5}, "gtfs is 5, expected paths of GTFS feeds"),
        ({"gtfs": None}, "gtfs is None, expected paths of GTFS feeds"),
        ({"gtfs": [feed, 5]}, "gtfs is 5, expected the path of a file"),
        ({"gtfs": ""}, "gtfs is '', expected the path of a file"),
        ({"gtfs": [feed, feed]}, f"{feed}: is given twice, expected every feed once"),
        ({"date": "tomorrow"}, "date is 'tomorrow', expected a date such as '2014-06-10'"),
        ({"date": None}, "date is None, expected a date such as '2014-06-10'"),
        ({"walk": "roads.pbf"}, "walk is str, expected a network of read_roads(..., 'walk')"),
        ({"walk": bike}, "walk is a network of mode bike, expected mode walk"),
        ({"max_transfer_m": -1}, "max_transfer_m is -1, expected metres >= 0"),
        ({"max_egress_m": "far"}, "max_egress_m is 'far', expected metres >= 0"),
    ]
    for how, message in wrong:
        with pytest.raises(InputError) as e:
            ml.read_transit(**{"gtfs": feed, "date": TUESDAY, **how})
        assert str(e.value) == message


def test_a_date_without_service_names_the_nearest_days_with_some(tmp_path: Path):
    feed = write_town(tmp_path, TOWN, BUS)
    with pytest.raises(InputError, match=r"no service runs on Tuesday 2026-06-09: .*2025-06-30"):
        ml.read_transit(feed, "2026-06-09")
