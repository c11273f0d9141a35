"""Journeys with their legs, counted by hand: what to take, where to change, how far to walk."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from gtfs_feeds import TUESDAY
from transit_town import at, read_town, to_lat, to_stops, to_trips, write_town

import maillage as ml
from maillage.errors import InputError
from maillage.show import to_text
from maillage.show_journeys import build_matrix_view
from maillage.transit_journeys import COLUMNS

STOPS = {"A": 0, "C": 5_000, "D": 5_300, "B": 10_000}
TRIPS = {
    "1": "A@8:00 C@8:10", "2.a": "D@8:15 B@8:30", "2.b": "D@8:20 B@8:35",
    "S": "A@8:10 C@8:20 B@8:50",
}  # fmt: skip
HOME, DESK = (3, to_lat(-200)), (3, to_lat(10_100))
POINT = "expected a point (lon, lat), a mapping with lon and lat, or a frame of one row"
NEAR = {"max_walk_min": 10}


def to_words(journeys: pd.DataFrame) -> list[str]:
    """A line a journey: `07:56 walk, 08:00 1 to C, ...; 08:31`."""
    lines = []
    for _, legs in journeys.groupby("journey"):
        parts = [
            f"{leg['departure'][:5]} {leg['line'] if leg['mode'] != 'walk' else 'walk'}"
            for leg in legs.to_dict("records")
        ]
        lines.append(", ".join(parts) + f"; {legs['arrival'].iloc[-1][:5]}")
    return lines


def test_every_leg_of_a_journey_with_a_change(tmp_path: Path):
    transit = read_town(tmp_path, STOPS, TRIPS)
    found = transit.journeys(HOME, DESK, "07:50", **NEAR)
    assert list(found.columns) == list(COLUMNS)
    assert to_words(found) == [
        "07:56 walk, 08:00 1, 08:10 walk, 08:15 2, 08:30 walk; 08:31",
        "08:06 walk, 08:10 S, 08:50 walk; 08:51",
    ]
    first = found[found["journey"] == 1]
    assert first["leg"].tolist() == [1, 2, 3, 4, 5]
    assert first["mode"].tolist() == ["walk", "bus", "walk", "bus", "walk"]
    assert first["from_stop"].tolist() == ["origin", "Stop A", "Stop C", "Stop D", "Stop B"]
    assert first["to_stop"].tolist() == ["Stop A", "Stop C", "Stop D", "Stop B", "destination"]
    assert first["departure"].tolist() == [
        "07:56:40",
        "08:00:00",
        "08:10:00",
        "08:15:00",
        "08:30:00",
    ]
    assert first["arrival"].tolist() == ["08:00:00", "08:10:00", "08:15:00", "08:30:00", "08:31:40"]
    assert first["minutes"].tolist() == pytest.approx([200 / 60, 10, 5, 15, 100 / 60])
    assert first["wait_min"].tolist() == [0, 0, 0, 0, 0]
    assert first["n_stops"].tolist() == [0, 1, 0, 1, 0]
    assert first["trip_id"].isna().tolist() == [True, False, True, False, True]
    assert first["headsign"].dropna().tolist() == ["to the end", "to the end"]
    assert first["from_lat"].tolist() == pytest.approx(
        [to_lat(m) for m in (-200, 0, 5e3, 5300, 1e4)]
    )
    assert first["to_lat"].tolist() == pytest.approx(
        [to_lat(m) for m in (0, 5e3, 5300, 1e4, 10_100)]
    )
    assert (found["from_lon"] == 3).all() and (found["to_lon"] == 3).all()
    whole = found[found["journey"] == 2]
    assert whole["n_stops"].tolist() == [0, 2, 0]


def test_one_ride_or_a_wait(tmp_path: Path):
    transit = read_town(tmp_path, STOPS, TRIPS)
    assert to_words(transit.journeys(HOME, DESK, "07:50", max_rides=1, **NEAR)) == [
        "08:06 walk, 08:10 S, 08:50 walk; 08:51"
    ]
    late = transit.journeys(HOME, DESK, "07:50", min_board_wait_s=60, **NEAR)
    assert to_words(late) == [
        "07:55 walk, 08:00 1, 08:10 walk, 08:20 2, 08:35 walk; 08:36",
        "08:05 walk, 08:10 S, 08:50 walk; 08:51",
    ]
    assert late["wait_min"].tolist() == pytest.approx([0, 61 / 60, 0, 5, 0, 0, 61 / 60, 0])


def test_journeys_for_an_instant_and_after_the_window(tmp_path: Path):
    transit = read_town(tmp_path, STOPS, TRIPS)
    at_once = [to_words(transit.journeys(HOME, DESK, t, window_min=0, **NEAR)) for t in
               ("07:00", "07:57", "08:06:40", "08:06:41")]  # fmt: skip
    by_two = "07:56 walk, 08:00 1, 08:10 walk, 08:15 2, 08:30 walk; 08:31"
    by_one = "08:06 walk, 08:10 S, 08:50 walk; 08:51"
    assert at_once == [[by_two, by_one], [by_one], [by_one], []]
    # in the last instant of the window she would take the bus of 8:10, which leaves after it
    assert to_words(transit.journeys(HOME, DESK, "07:50", window_min=10, **NEAR)) == [
        by_two,
        by_one,
    ]
    assert (
        to_words(transit.journeys(HOME, DESK, "07:00", max_time=91.6, window_min=0, **NEAR)) == []
    )
    found = transit.journeys(HOME, DESK, "07:00", max_time=91.7, window_min=0, **NEAR)
    assert to_words(found) == [by_two]


def test_to_be_there_by_a_time(tmp_path: Path):
    transit = read_town(tmp_path, STOPS, TRIPS)
    by_two = "07:56 walk, 08:00 1, 08:10 walk, 08:15 2, 08:30 walk; 08:31"
    by_one = "08:06 walk, 08:10 S, 08:50 walk; 08:51"
    for by, window, expected in (
        ("08:31:39", 0, []), ("08:31:40", 0, [by_two]), ("08:51:39", 30, [by_two]),
        ("08:51:40", 0, [by_one]), ("09:00", 60, [by_two, by_one]), ("09:00", 9, [by_two, by_one]),
        ("09:00", 8, [by_one]),
    ):  # fmt: skip
        found = transit.journeys(HOME, DESK, arrive_by=by, window_min=window, **NEAR)
        assert to_words(found) == expected, (by, window)


def test_walking_all_the_way_is_one_of_them(tmp_path: Path):
    transit = read_town(tmp_path, {"A": 0, "B": 1200}, {"T": "A@8:30 B@8:35"})
    home, desk = (3, 45), (3, to_lat(1200))
    found = transit.journeys(home, desk, "08:00")
    assert to_words(found) == ["08:00 walk; 08:20", "08:30 T; 08:35"]
    assert found["n_stops"].tolist() == [0, 1] and found["minutes"].tolist() == [20, 5]
    assert found["leg"].tolist() == [1, 1] and found["journey"].tolist() == [1, 2]
    by = transit.journeys(home, desk, arrive_by="08:32", window_min=0)
    assert to_words(by) == ["08:12 walk; 08:32"]
    assert to_words(transit.journeys(home, desk, "08:00", max_walk_min=19)) == ["08:30 T; 08:35"]
    slow = read_town(tmp_path, {"A": 0, "B": 1200}, {"T": "A@8:30 B@8:50"})
    assert to_words(slow.journeys(home, desk, "08:00")) == ["08:00 walk; 08:20"]  # as fast
    here = transit.journeys(home, home, "08:00")
    assert to_words(here) == ["08:00 walk; 08:00"] and here["minutes"].tolist() == [0]


def test_least_walking_among_journeys_alike(tmp_path: Path):
    """From line 1 to line 2 one changes at D, or at C on foot: the arrival is the same."""
    stops = {"A": 0, "C": 5_000, "E": 5_200, "D": 6_000, "B": 10_000}
    trips = {"1": "A@8:00 C@8:10 D@8:12", "2": "E@8:20 D@8:22 B@8:30"}
    transit = read_town(tmp_path, stops, trips)
    found = transit.journeys((3, 45), (3, to_lat(10_000)), "08:00", **NEAR)
    assert to_words(found) == ["08:00 1, 08:22 2; 08:30"]
    assert found["to_stop"].tolist() == ["Stop D", "Stop B"]
    assert found["wait_min"].tolist() == [0, 10]


def test_after_midnight_times_go_on(tmp_path: Path):
    transit = read_town(tmp_path, {"A": 0, "B": 10_000}, {"N": "A@23:50 B@24:10:05"})
    found = transit.journeys((3, 45), (3, to_lat(10_000)), "2025-06-10 23:30", **NEAR)
    assert found[["departure", "arrival"]].to_numpy().tolist() == [["23:50:00", "24:10:05"]]
    found = transit.journeys((3, 45), (3, to_lat(10_000)), arrive_by="24:15", **NEAR)
    assert found["trip_id"].tolist() == ["N"]


def test_lines_on_a_map(tmp_path: Path):
    stops = {"A": 0, "X": None, "C": 5_000, "B": 10_000}
    transit = read_town(tmp_path, stops, {"T": "A@8:10 X@8:15 C@8:20 B@8:30"})
    found = transit.journeys(HOME, DESK, "08:00", geometry=True, **NEAR)
    assert isinstance(found, gpd.GeoDataFrame) and found.crs == 4326
    lats = [[lat for _, lat in line.coords] for line in found.geometry]
    expected = [[-200, 0], [0, 5_000, 10_000], [10_000, 10_100]]
    assert lats == [pytest.approx([to_lat(m) for m in metres]) for metres in expected]
    assert found["n_stops"].tolist() == [0, 3, 0]
    path = tmp_path / "legs.gpkg"
    found.to_file(path)
    assert len(gpd.read_file(path)) == 3
    none = transit.journeys(HOME, (3, 46), "08:00", geometry=True)
    assert isinstance(none, gpd.GeoDataFrame) and len(none) == 0 and none.crs == 4326


def test_points_however_they_are_given(tmp_path: Path):
    transit = read_town(tmp_path, STOPS, TRIPS)
    plain = transit.journeys(HOME, DESK, "07:50", **NEAR)
    home: dict[str, Any] = {"lon": HOME[0], "lat": HOME[1]}
    frame = at(home=-200)
    for point in (list(HOME), home, pd.Series(home), pd.DataFrame([{"id": 5, **home}]), frame,
                  frame.iloc[0], gpd.GeoDataFrame({"id": [1]}, geometry=gpd.points_from_xy(
                      [HOME[0]], [HOME[1]]), crs=4326)):  # fmt: skip
        found = transit.journeys(point, DESK, "07:50", **NEAR)
        assert to_words(found) == to_words(plain)
    named = transit.journeys({**home, "id": 7, "name": "Chez nous"}, frame, "07:50")
    assert named["from_stop"].iloc[0] == "Chez nous" and named["to_stop"].iloc[0] == "home"
    assert transit.journeys({**home, "id": 7}, frame, "07:50")["from_stop"].iloc[0] == "7"


def test_along_a_network_and_off_it(tmp_path: Path):
    from test_transit_walks import build_walk

    transit = read_town(tmp_path, {"A": 0, "B": 10_000}, {"T": "A@8:10 B@8:30"}, walk=build_walk())
    found = transit.journeys({"node": "n-600"}, {"node": "n10600"}, "07:50", geometry=True, **NEAR)
    assert len(found) == 0 and found.attrs["reason"] == "unreachable"  # 15 min on foot each
    found = transit.journeys({"node": "n-600"}, {"node": "n10600"}, "07:50", geometry=True)
    assert to_words(found) == ["07:55 walk, 08:10 T, 08:30 walk; 08:45"]
    assert found["from_lat"].iloc[0] == pytest.approx(to_lat(-600))
    lost = (3.1, 45)
    assert transit.journeys(lost, DESK, "07:50").attrs["reason"] == "origin_off_network"
    assert transit.journeys(DESK, lost, "07:50").attrs["reason"] == "destination_off_network"
    points = pd.DataFrame({"id": ["home", "lost"], "lon": [3, 3.1], "lat": [to_lat(-600), 45.0]})
    desks = pd.DataFrame({"id": ["desk", "lost"], "lon": [3, 3.1], "lat": [to_lat(10_600), 45.0]})
    table = transit.travel_time_matrix(points, desks, "07:50", percentiles=[1])
    off = ["destination_off_network", "origin_off_network", "origin_off_network"]
    assert table["reason"].iloc[1:].tolist() == off
    assert math.isnan(table["reason"].iloc[0]) and table["travel_time_p1"].iloc[0] > 0
    text = to_text(build_matrix_view(table, title="")).splitlines()
    assert (
        "1 origin lies too far from the walking network: nothing goes there or from there." in text
    )
    table = transit.travel_time_matrix(points, desks, "07:50", max_time=1, percentiles=[1])
    assert table["reason"].tolist() == ["unreachable", *off]


def test_kinds_of_vehicles_and_nameless_things(tmp_path: Path):
    trips = to_trips({"T": "A@8:10 C@8:20", "R": "C@8:20 B@8:30"})
    routes = (
        trips["routes"].replace("R,Line R,3", "R,Line R,2").replace("CAR,T,Line T,3", "CAR,,,0")
    )
    text = trips["trips"].replace("to the end", "")
    stops = to_stops({"A": 0, "C": 5_000, "B": 10_000}).replace("Stop C", "")
    feed = write_town(
        tmp_path, {}, {}, **{**trips, "routes": routes, "trips": text, "stops": stops}
    )
    found = ml.read_transit(feed, TUESDAY).journeys((3, 45), (3, to_lat(10_000)), "08:00", **NEAR)
    assert found["mode"].tolist() == ["tram", "rail"]
    assert found["line"].tolist() == ["T", "R"]
    assert found["to_stop"].tolist() == ["C", "Stop B"]
    assert found["headsign"].isna().all()


def test_times_agree_with_the_matrix(tmp_path: Path):
    transit = read_town(tmp_path, STOPS, TRIPS)
    points = at(a=-200, b=4_000, c=10_100, d=5_200)
    for _, start in points.iterrows():
        for _, end in points.iterrows():
            for moment in ("07:56:40", "08:05"):
                row = transit.travel_time_matrix(
                    pd.DataFrame([start]), pd.DataFrame([end]), moment, window_min=1 / 60
                )
                legs = transit.journeys(start, end, moment, window_min=0)
                found = _find_earliest(legs, moment)
                assert found == pytest.approx(row["travel_time_p50"].iloc[0], nan_ok=True)


def _find_earliest(legs: pd.DataFrame, moment: str) -> float:
    ends = [_to_s(legs_of["arrival"].iloc[-1]) for _, legs_of in legs.groupby("journey")]
    return (min(ends) - _to_s(moment)) / 60 if ends else math.nan


def _to_s(clock: str) -> int:
    hours, minutes, seconds = (int(n) for n in f"{clock}:00".split(":")[:3])
    return 3600 * hours + 60 * minutes + seconds


@pytest.mark.parametrize(
    "how,message",
    [
        ({"departure": None}, "neither of departure and arrive_by is given, expected one of them"),
        ({"arrive_by": "09:00"}, "both of departure and arrive_by is given, expected one of them"),
        ({"departure": "8"}, "departure is '8', expected '2025-06-10 08:00' or '08:00'"),
        ({"departure": None, "arrive_by": 9},
         "arrive_by is 9, expected '2025-06-10 08:00' or '08:00'"),
        ({"window_min": -1}, "window_min is -1, expected minutes in 0..2880"),
        ({"window_min": "60"}, "window_min is '60', expected minutes in 0..2880"),
        ({"max_rides": 0}, "max_rides is 0, expected 1 to 12"),
        ({"origin": "home"}, f"origin is 'home', {POINT}"),
        ({"origin": (3, 45, 0)}, f"origin is (3, 45, 0), {POINT}"),
        ({"destination": None}, f"destination is None, {POINT}"),
        ({"origin": ("3", "x")}, "origin: lat of row 1 is 'x', expected degrees"),
        ({"destination": (45, 300)},
         "destination: lat of id 'destination' (row 1) is 300, expected -90..90"),
        ({"destination": {"lon": 3}},
         "destination has no column 'lat' (and no 'node'), expected one of 'lon', 'id'"),
        ({"destination": at(a=0, b=1)}, "destination has 2 rows, expected one"),
        ({"destination": at()}, "destination has 0 rows, expected one"),
        ({"origin": {"node": "n0"}}, "origin names nodes, but this network keeps no ids of nodes"),
    ],
)  # fmt: skip
def test_wrong_arguments(tmp_path: Path, how: dict[str, Any], message: str):
    transit = read_town(tmp_path, STOPS, TRIPS)
    asked: dict[str, Any] = {"origin": HOME, "destination": DESK, "departure": "08:00", **how}
    with pytest.raises(InputError) as e:
        transit.journeys(**asked)
    assert str(e.value) == message
