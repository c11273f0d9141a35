"""What feeds say and what becomes of it in times: doors, transfers, nights, several feeds."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import FILES, TUESDAY
from transit_town import at, find_minutes, read_town, to_lat, to_stops, to_trips, write_town

import maillage as ml
from maillage import _core
from maillage.errors import InputError
from maillage.show import to_text
from maillage.show_journeys import build_journeys_view

TOWN = {"A": 0, "B": 10_000}


def test_trips_of_the_day_before_after_midnight(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, {"N": "A@24:10 B@24:30"})
    assert find_minutes(transit, "00:05") == 25  # Monday's
    assert find_minutes(transit, "24:05") == 25  # Tuesday's own
    assert find_minutes(transit, "23:05") == 85
    assert math.isnan(find_minutes(transit, "00:11"))
    monday = ml.read_transit(tmp_path / "town.zip", "2025-06-02")  # the first day of the calendar
    assert math.isnan(find_minutes(monday, "00:05"))
    with pytest.raises(InputError, match="no service runs on Sunday 2025-06-08"):
        ml.read_transit(tmp_path / "town.zip", "2025-06-08")


def test_trips_under_way_at_midnight_can_be_left_and_caught(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "B": 10_000}
    transit = read_town(tmp_path, stops, {"N": "A@23:50 C@24:00 B@24:20"})
    assert find_minutes(transit, "00:00", start=5_000) == 20
    assert math.isnan(find_minutes(transit, "00:00"))
    assert find_minutes(transit, "23:45") == 35


def test_doors_that_open_one_way(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "D": 7_500, "B": 10_000}
    trips = {"T": "A@8:00 C@8:10[off] D@8:15[on] B@8:20"}
    transit = read_town(tmp_path, stops, trips, max_egress_m=0)
    assert find_minutes(transit, "08:00") == 20
    assert find_minutes(transit, "08:00", end=5_000) == 10
    assert math.isnan(find_minutes(transit, "08:00", start=5_000, max_walk_min=0))
    assert find_minutes(transit, "08:10", start=7_500) == 10
    assert math.isnan(find_minutes(transit, "08:00", end=7_500, max_walk_min=0))


def test_nobody_changes_where_doors_stay_closed(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "B": 10_000}
    open_doors = {"1": "A@8:00 C@8:10 A@8:20", "2": "A@7:00 C@8:12 B@8:20"}
    assert find_minutes(read_town(tmp_path, stops, open_doors), "08:00") == 20
    for closed in ({"1": "A@8:00 C@8:10[on] A@8:20"}, {"2": "A@7:00 C@8:12[off] B@8:20"}):
        transit = read_town(tmp_path, stops, {**open_doors, **closed})
        assert math.isnan(find_minutes(transit, "08:00"))


CHANGE = {"A": 0, "C": 5_000, "D": 5_300, "B": 10_000}
TWO_LINES = {"1": "A@8:00 C@8:10", "2.a": "D@8:15 B@8:30", "2.b": "D@8:20 B@8:35", "2.c":
             "D@8:40 B@8:55"}  # fmt: skip
TRANSFERS = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"


@pytest.mark.parametrize(
    "rows,minutes",
    [
        ("", 30),  # 300 m, five minutes, and whoever arrives with the bus catches it
        ("C,D,0,\n", 30),
        ("C,D,1,\n", 30),
        ("C,D,2,300\n", 30),
        ("C,D,2,301\n", 35),
        ("C,D,2,601\n", 55),
        ("C,D,2,60\n", 30),  # nobody walks faster because the feed says so
        ("D,C,2,601\n", 30),  # the other way
        ("C,D,3,\n", math.nan),
        ("D,C,3,\n", 30),
        ("C,C,3,\nA,A,2,900\n", 30),  # rules of a stop with itself are none between two stops
        ("C,D,2,\n", 30),  # a time is needed and not given
    ],
)
def test_transfers(tmp_path: Path, rows: str, minutes: float):
    feed = write_town(tmp_path, CHANGE, TWO_LINES, transfers=TRANSFERS + rows)
    found = find_minutes(ml.read_transit(feed, TUESDAY), "08:00")
    assert found == pytest.approx(minutes, nan_ok=True)


@pytest.mark.parametrize(
    "rows,minutes",
    [
        ("", 22),
        ("C,C,0,\n", 22),
        ("C,C,2,120\n", 22),
        ("C,C,2,121\n", 30),
        ("C,C,2,601\n", math.nan),
        ("C,C,3,\n", math.nan),
        ("A,A,3,\nB,B,2,900\n", 22),  # who begins or ends a journey changes nowhere
    ],
)
def test_changes_at_one_stop_take_what_the_feed_says(tmp_path: Path, rows: str, minutes: float):
    stops = {"A": 0, "C": 5_000, "B": 10_000}
    trips = {"1": "A@8:00 C@8:10", "2.a": "C@8:12 B@8:22", "2.b": "C@8:20 B@8:30"}
    trips |= {"3": "B@9:00 A@9:20"}
    feed = write_town(tmp_path, stops, trips, transfers=TRANSFERS + rows)
    transit = ml.read_transit(feed, TUESDAY)
    assert find_minutes(transit, "08:00") == pytest.approx(minutes, nan_ok=True)

    legs = transit.journeys((3.0, to_lat(0)), (3.0, to_lat(10_000)), "08:00", window_min=0)
    assert legs["arrival"].tolist()[1:] == ([] if math.isnan(minutes) else [f"08:{minutes}:00"])
    assert not (legs["mode"] == "walk").any()  # nobody walks from a stop to itself

    homes, desks = at(home=0), at(desk=10_000).assign(opening_hours="Mo-Fr 08:00-17:00")
    trip = transit.round_trips(homes, desks, 10, max_walk_min=30).iloc[0]  # backwards in time
    assert trip["arrive"] == pytest.approx(8 * 60 + minutes, nan_ok=True)


@pytest.mark.parametrize("rule,minutes", [("", 22), ("C,C,2,420\n", 35), ("C,C,3,\n", 35)])
def test_who_may_not_change_at_a_stop_walks_to_another(tmp_path: Path, rule: str, minutes: int):
    trips = {"1": "A@8:00 C@8:10", "2": "C@8:12 B@8:22", "3": "D@8:15 B@8:35"}
    transit = ml.read_transit(
        write_town(tmp_path, CHANGE, trips, transfers=TRANSFERS + rule), TUESDAY
    )
    assert find_minutes(transit, "08:00") == minutes
    legs = transit.journeys((3.0, to_lat(0)), (3.0, to_lat(10_000)), "08:00", window_min=0)
    assert legs["mode"].tolist().count("walk") == (minutes == 35)


def test_the_rule_of_a_station_is_that_of_each_of_its_stops(tmp_path: Path):
    header, *rows = to_stops({"A": 0, "C": 5_000, "B": 10_000}).splitlines()
    rows = [f"{row},,{'S' if row.startswith('C') else ''}" for row in rows]
    station = f"S,Station,{to_lat(5_000)!r},3,1,"
    stops = "\n".join([header + ",location_type,parent_station", *rows, station, ""])
    trips = {"1": "A@8:00 C@8:10", "2.a": "C@8:12 B@8:22", "2.b": "C@8:20 B@8:30"}
    for rules, minutes in (("S,S,2,180\n", 30), ("S,S,2,180\nC,C,2,60\n", 22)):
        feed = write_town(tmp_path, {}, trips, stops=stops, transfers=TRANSFERS + rules)
        assert find_minutes(ml.read_transit(feed, TUESDAY), "08:00") == minutes


def test_walks_between_stops_take_a_time():
    calls = [np.array([0, 0]), np.array([0, 1]), np.array([0, 60]), np.array([0, 60])]
    doors = [np.array([True, True])] * 2
    for end, seconds in ((1, -1), (0, -1), (1, _core.NEVER)):
        walks = _core.Walks(np.array([0, 1, 1]), np.array([end]), np.array([seconds]))
        with pytest.raises(InputError, match=f"takes {seconds} s, expected a time of 0 or more"):
            _core.RideNetwork(2, 1, *calls, *doors, walks)


def test_transfers_farther_than_people_walk(tmp_path: Path):
    stops = {**CHANGE, "D": 6_500}
    feed = write_town(tmp_path, stops, TWO_LINES, transfers=TRANSFERS + "C,D,2,600\n")
    assert find_minutes(ml.read_transit(feed, TUESDAY), "08:00") == 35
    feed = write_town(tmp_path, stops, TWO_LINES)
    assert math.isnan(find_minutes(ml.read_transit(feed, TUESDAY), "08:00"))
    far = ml.read_transit(feed, TUESDAY, max_transfer_m=1_500)
    assert find_minutes(far, "08:00") == 55  # 25 min on foot
    assert math.isnan(find_minutes(far, "08:00", walk_speed_kmh=1.8))
    assert math.isnan(find_minutes(ml.read_transit(feed, TUESDAY, max_transfer_m=1_499), "08:00"))


def test_changes_at_another_speed(tmp_path: Path):
    transit = read_town(tmp_path, CHANGE, TWO_LINES)
    speeds = {3.6: 30, 1.8: 35, 3.59: 35, 7.2: 30}
    found = {v: find_minutes(transit, "08:00", walk_speed_kmh=v) for v in speeds}
    assert found == speeds
    assert find_minutes(transit, "08:00") == 30  # the first speed again


def test_two_feeds_with_the_same_ids(tmp_path: Path):
    one = write_town(tmp_path, {"A": 0, "B": 5_000}, {"T": "A@8:00 B@8:10"}, "one.zip")
    two = write_town(tmp_path, {"A": 5_100, "B": 10_000}, {"T": "A@8:12 B@8:20"}, "two.zip")
    both = ml.read_transit([one, two], TUESDAY)
    assert both.feed.stops["id"].tolist() == ["one:A", "one:B", "two:A", "two:B"]
    assert find_minutes(both, "08:00") == 20
    assert find_minutes(both, "08:00", end=5_000) == 10
    assert math.isnan(find_minutes(both, "08:00", max_rides=1))
    assert math.isnan(find_minutes(ml.read_transit(one, TUESDAY), "08:00"))
    turned = ml.read_transit([two, one], TUESDAY)
    points = at(a=0, b=5_000, c=5_100, d=10_000)
    tables = [t.travel_time_matrix(points, points, "08:00", window_min=30) for t in (both, turned)]
    pd.testing.assert_frame_equal(*tables)


def test_a_stop_that_stands_nowhere_is_passed(tmp_path: Path):
    stops = {"A": 0, "X": None, "B": 10_000}
    transit = read_town(tmp_path, stops, {"T": "A@8:10 X@8:20 B@8:30", "U": "X@8:25 B@8:28"})
    # at X people change from one bus to the other; nobody walks to it
    assert find_minutes(transit, "08:00") == 28
    assert find_minutes(transit, "08:00", max_rides=1) == 30
    assert transit.summary()["n_stops"] == 3
    kinds = transit.findings["kind"].tolist()
    assert kinds == ["stop_without_place"]
    transfers = TRANSFERS + "X,A,2,60\nB,X,2,60\n"
    feed = write_town(tmp_path, stops, {"T": "A@8:10 X@8:20", "U": "A@8:21 B@8:30"},
                      transfers=transfers)  # fmt: skip
    assert find_minutes(ml.read_transit(feed, TUESDAY), "08:15") == 15
    back = {"T": "A@8:10 X@8:20", "U": "A@8:21 B@8:30"}
    home = {**stops, "A": 0, "C": 20_000}
    feed = write_town(tmp_path, home, {**back, "V": "C@8:00 X@8:20"}, transfers=transfers)
    assert find_minutes(ml.read_transit(feed, TUESDAY), "08:00", start=20_000) == 30


def test_a_feed_without_any_place(tmp_path: Path):
    feed = write_town(tmp_path, {"A": None, "B": None}, {"T": "A@8:10 B@8:30"})
    transit = ml.read_transit(feed, TUESDAY)
    assert math.isnan(find_minutes(transit, "08:00"))
    assert find_minutes(transit, "08:00", end=600) == 10


def test_frequencies_are_ridden_as_departures(tmp_path: Path):
    frequencies = "trip_id,start_time,end_time,headway_secs\nT,08:00:00,09:00:00,900\n"
    feed = write_town(tmp_path, TOWN, {"T": "A@0:00 B@0:20"}, frequencies=frequencies)
    transit = ml.read_transit(feed, TUESDAY)
    found = [find_minutes(transit, t) for t in ("07:50", "08:00", "08:01", "08:45")]
    assert found == [30, 20, 34, 20]
    assert math.isnan(find_minutes(transit, "08:46"))


@pytest.mark.parametrize("exact,headway", [(0, 15), (1, math.nan)])
def test_legs_say_which_departures_are_about(tmp_path: Path, exact: int, headway: float):
    head = "trip_id,start_time,end_time,headway_secs,exact_times\n"
    frequencies = f"{head}T,08:00:00,09:00:00,900,{exact}\n"
    feed = write_town(tmp_path, TOWN, {"T": "A@0:00 B@0:20"}, frequencies=frequencies)
    legs = ml.read_transit(feed, TUESDAY).journeys(
        (3.0, to_lat(0)), (3.0, to_lat(10_000)), "08:01", window_min=0
    )
    ride = legs[legs["mode"] != "walk"].iloc[0]
    assert ride["departure"] == "08:15:00"
    assert ride["headway_min"] == pytest.approx(headway, nan_ok=True)
    text = to_text(build_journeys_view(legs, title="x"))
    assert ("about every 15 min" in text) == (exact == 0)


def test_stops_of_a_station_are_changed_between(tmp_path: Path):
    """A transfer between stations counts for all their platforms."""
    stops = _with_station(to_stops(CHANGE))
    feed = write_town(tmp_path, CHANGE, TWO_LINES, stops=stops, transfers=TRANSFERS + "S,S,2,601\n")
    assert find_minutes(ml.read_transit(feed, TUESDAY), "08:00") == 55


def _with_station(stops: str) -> str:
    head, *rows = stops.strip().split("\n")
    parents = {"C": "S", "D": "S"}
    rows = [f"{row},0,{parents.get(row[0], '')}" for row in rows]
    return "\n".join([f"{head},location_type,parent_station", *rows, "S,Both,45.05,3,1,", ""])


def test_the_order_of_rows_changes_nothing(tmp_path: Path):
    stops = {"A": 0, "C": 5_000, "D": 5_300, "B": 10_000, "E": 9_000}
    trips = {
        **TWO_LINES, "3.a": "B@8:30 E@8:33 A@8:50", "3.b": "B@8:40 E@8:43 A@8:55",
        "3.fast": "B@8:41 E@8:42 A@8:52", "4": "E@8:05 C@8:12",
    }  # fmt: skip
    points = at(a=0, c=5_000, d=5_300, b=10_000, e=9_000, f=2_000)
    feed = write_town(tmp_path, stops, trips)
    plain = ml.read_transit(feed, TUESDAY).travel_time_matrix(points, points, "08:00")
    assert plain["travel_time_p5"].notna().sum() > 20
    dice = np.random.default_rng(6)
    files = {"stops": to_stops(stops), **to_trips(trips), "calendar": FILES["calendar.txt"]}
    for n in range(5):
        mixed = {name: _mix(text, dice) for name, text in files.items()}
        feed = write_town(tmp_path, {}, {}, f"mixed{n}.zip", **mixed)
        table = ml.read_transit(feed, TUESDAY).travel_time_matrix(points, points, "08:00")
        pd.testing.assert_frame_equal(table, plain)


def _mix(text: str, dice: np.random.Generator) -> str:
    head, *rows = text.strip().split("\n")
    return "\n".join([head, *dice.permutation(rows).tolist(), ""])
