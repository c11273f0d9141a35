"""Ways on foot of public transport: along a network, along straight lines, off the network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import TUESDAY
from transit_town import at, find_minutes, read_town, to_lat, write_town

import maillage as ml
from maillage.transit_walks import Footways
from maillage.transit_window import to_asked

HOW = {"threads": 0, "progress": None}

BUS = {"T": "A@8:10 B@8:30"}
TOWN = {"A": 0, "B": 10_000}


def build_walk(**how: float) -> ml.RoadNetwork:
    """A road that winds: half as long again as its straight line at both ends, endless between."""
    metres = [-600, 0, 600, 9_400, 10_000, 10_600]
    nodes = pd.DataFrame(
        {"id": [f"n{m}" for m in metres], "lon": 3.0, "lat": [to_lat(m) for m in metres]}
    )
    lengths = [900, 900, 100_000, 900, 900]
    ends = {"from": nodes["id"].to_numpy()[:-1], "to": nodes["id"].to_numpy()[1:]}
    return ml.build_roads(nodes, pd.DataFrame({**ends, "length_m": lengths}), mode="walk", **how)


@pytest.mark.parametrize("how", [{}, {"speed_kmh": 3.0}])
def test_people_walk_along_the_network_at_their_own_speed(tmp_path: Path, how: dict[str, float]):
    straight = read_town(tmp_path, TOWN, BUS)
    winding = read_town(tmp_path, TOWN, BUS, walk=build_walk(**how))
    assert winding.summary()["walk"] == "network" and "a walking network" in repr(winding)
    assert find_minutes(straight, "08:00", end=10_600) == 40
    assert find_minutes(winding, "08:00", end=10_600) == 45
    assert find_minutes(winding, "08:00", end=10_600, walk_speed_kmh=5.4) == 40
    assert find_minutes(winding, "08:00", start=-400) == 30  # 600 m, just in time
    assert math.isnan(find_minutes(winding, "08:00", start=-401))
    assert find_minutes(straight, "08:00", start=-401) == 30
    # on foot alone
    assert find_minutes(straight, "08:00", start=-600, end=600) == 20
    assert find_minutes(winding, "08:00", start=-600, end=600) == 30
    assert math.isnan(find_minutes(winding, "08:00", start=-600, end=600, max_walk_min=29))


def build_crossings() -> ml.RoadNetwork:
    """Eleven crossings with a dead end each, 100.5 m apart; each street bends once."""
    at_crossing = {f"n{i}": to_lat(100 * i) for i in range(21)}
    dead_ends = {f"d{i}": to_lat(100 * i) for i in range(0, 21, 2)}
    nodes = pd.DataFrame({"id": [*at_crossing, *dead_ends]})
    nodes["lat"] = [*at_crossing.values(), *dead_ends.values()]
    nodes["lon"] = [3.0] * 21 + [3.01] * 11
    along = [(f"n{i}", f"n{i + 1}", 50.25, i // 2) for i in range(20)]
    aside = [(f"n{i}", f"d{i}", 900.0, 100 + i) for i in range(0, 21, 2)]
    edges = pd.DataFrame([*along, *aside], columns=["from", "to", "length_m", "way"])
    return ml.build_roads(nodes, edges, mode="walk")


def test_streets_in_whole_seconds(tmp_path: Path):
    transit = read_town(tmp_path, {"A": 0, "B": 2000}, BUS, walk=build_crossings())

    def find_seconds(start: str, end: str, **how: Any) -> float:
        table = transit.travel_time_matrix(
            pd.DataFrame({"id": ["a"], "node": [start]}),
            pd.DataFrame({"id": ["b"], "node": [end]}),
            "07:00",
            **{"window_min": 1, "percentiles": [50], "max_time": 30, **how},
        )
        return round(60 * table["travel_time_p50"].item(), 6)

    whole = {"whole_second_streets": True}
    for start, end in (("n0", "n20"), ("n20", "n0")):
        assert find_seconds(start, end) == 1005
        assert find_seconds(start, end, **whole) == 1010  # 101 s a street, not 51 s a bend
        assert find_seconds(start, end, walk_speed_kmh=7.2) == 503
        assert find_seconds(start, end, walk_speed_kmh=7.2, **whole) == 510
    # as R5 does, where departures are sampled as R5 does
    assert find_seconds("n0", "n20", sample_min=1) == 1010
    assert find_seconds("n0", "n20", sample_min=1, whole_second_streets=False) == 1005
    # half a street is half of its whole seconds
    assert find_seconds("n1", "n4", **whole) == 152
    assert find_seconds("n1", "n3", **whole) == 101


def test_streets_after_the_last_stop_are_exact(tmp_path: Path):
    stops = {"A": 50_000, "B": 0}
    transit = read_town(tmp_path, stops, {"T": "A@8:00 B@8:30"}, walk=build_crossings())
    found = transit.travel_time_matrix(
        at(stop=0), pd.DataFrame({"id": ["b"], "node": ["n20"]}), "07:00", sample_min=1
    )
    assert found["travel_time_p50"].item() == pytest.approx(1010 / 60)
    profile = transit._find_last_walks(
        transit._footways.attach(pd.DataFrame({"id": ["b"], "node": ["n20"]}), "points", HOW),
        to_asked(transit.date, "08:00", sample_min=1),
        HOW,
    )
    assert profile.to_arrays()[2].tolist() == [1005]


def test_straight_lines_have_no_streets(tmp_path: Path):
    straight = read_town(tmp_path, TOWN, BUS)
    for whole in (True, False):
        assert find_minutes(straight, "08:00", end=10_600, whole_second_streets=whole) == 40


def test_changes_go_along_the_network(tmp_path: Path):
    stops = {"A": 0, "C": 9_400, "D": 10_000, "B": 20_000}
    trips = {"1": "A@8:00 C@8:10", "2.a": "D@8:20 B@8:30", "2.b": "D@8:25 B@8:35"}
    assert find_minutes(read_town(tmp_path, stops, trips), "08:00", end=20_000) == 30
    # B lies far from every road: the bus goes there, people do not walk on
    winding = read_town(tmp_path, stops, trips, walk=build_walk())
    assert math.isnan(find_minutes(winding, "08:00", end=20_000))
    stops = {"A": 0, "C": 9_400, "D": 10_000, "B": 600}
    winding = read_town(tmp_path, stops, trips, walk=build_walk())
    assert find_minutes(winding, "08:00", end=600, max_walk_min=0) == 35
    shorter = read_town(tmp_path, stops, trips, walk=build_walk(), max_transfer_m=899)
    assert math.isnan(find_minutes(shorter, "08:00", end=600, max_walk_min=0))


def test_points_off_the_network(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, BUS, walk=build_walk())
    points = at(home=0, desk=10_000)
    lost = pd.DataFrame({"id": ["lost"], "lon": [3.1], "lat": [45.0]})
    points = pd.concat([points, lost], ignore_index=True)
    table = transit.travel_time_matrix(points, points, "08:00", window_min=10, percentiles=[50])
    away = (table["from_id"] == "lost") | (table["to_id"] == "lost")
    assert away.sum() == 5
    assert table.loc[away, "travel_time_p50"].isna().all()
    assert (table.loc[away, "no_journey_share"] == 1).all()
    assert (table.loc[~away, "no_journey_share"] == [0, 0, 1, 0]).all()


def test_stops_that_no_way_leads_to_are_a_finding(tmp_path: Path):
    stops = {**TOWN, "C": 60_000, "unused": 90_000, "nowhere": None}
    trips = {"T": "A@8:10 B@8:30 C@9:30 nowhere@9:40"}
    feed = write_town(tmp_path, stops, trips)
    transit = ml.read_transit(feed, TUESDAY, walk=build_walk())
    kinds = transit.findings.set_index("kind")
    assert kinds.loc["stop_off_network", "count"] == 1
    words = "C: no way on foot is near it: one of 1 such among 3 stops in use"
    assert kinds.loc["stop_off_network", "examples"] == words
    week = ml.read_transit_week(feed, TUESDAY, walk=build_walk())
    assert week.findings.set_index("kind").loc["stop_off_network", "count"] == 1
    straight = ml.read_transit(feed, TUESDAY)
    assert "stop_off_network" not in set(straight.findings["kind"])
    near = write_town(tmp_path, TOWN, BUS, "near.zip")
    for found in (near, [near, feed]):
        kinds = set(ml.read_transit(found, TUESDAY, walk=build_walk()).findings["kind"])
        assert ("stop_off_network" in kinds) == (found is not near)


def test_a_step_from_the_road_is_walked_too(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, BUS, walk=build_walk())
    aside = 300 * math.degrees(1 / 6_371_008.8) / math.cos(math.radians(to_lat(10_000)))
    there = pd.DataFrame({"id": [0], "lon": [3 + aside], "lat": [to_lat(10_000)]})
    table = transit.travel_time_matrix(
        at(home=0), there, "08:00", window_min=1 / 60, percentiles=[50]
    )
    assert table["travel_time_p50"][0] == pytest.approx(35, abs=0.05)


def test_points_named_by_nodes_of_the_network(tmp_path: Path):
    transit = read_town(tmp_path, TOWN, BUS, walk=build_walk())
    here = pd.DataFrame({"id": [7, 8], "node": ["n0", "n600"]})
    there = pd.DataFrame({"id": ["x"], "node": ["n10600"]})
    table = transit.travel_time_matrix(here, there, "07:55", window_min=1 / 60, percentiles=[50])
    assert table["from_id"].tolist() == [7, 8]
    assert table["travel_time_p50"].tolist() == [50, 50]


def test_any_number_of_threads_gives_the_same(tmp_path: Path):
    feed = write_town(tmp_path, TOWN, {"T.1": BUS["T"], "T.2": "B@8:20 A@8:40"})
    points = at(**{f"p{m}": float(m) for m in np.r_[-500:600:100, 9_500:10_600:100]})
    tables = [
        ml.read_transit(feed, TUESDAY, walk=walk).travel_time_matrix(
            points, points, "08:00", window_min=40, threads=threads, progress=False
        )
        for walk in (build_walk(),)
        for threads in (1, 2, 5)
    ]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])
    assert tables[0]["travel_time_p50"].notna().sum() > len(points)


def test_boats_are_ridden_by_their_timetable(tmp_path: Path):
    """A street, a crossing of 2 km and a street on the island: 600 m on each shore."""
    metres = {1: 0, 2: 600, 3: 2_600, 4: 3_200}
    nodes = "\n".join(f"n{n} x3.0 y{to_lat(m):.9f}" for n, m in metres.items())
    ways = "w1 Thighway=residential Nn1,n2\nw2 Troute=ferry Nn2,n3\nw3 Thighway=residential Nn3,n4"
    (tmp_path / "island.opl").write_text(f"{nodes}\n{ways}\n")
    walk = ml.read_roads(tmp_path / "island.opl", "walk")
    there = walk.travel_time_matrix(at(home=0), at(desk=3_200))["travel_time"]
    assert there.tolist() == pytest.approx([2 * 8 + 8], abs=0.1)  # who only walks takes the boat

    assert Footways(walk).roads is Footways(walk).roads is not walk  # made once

    boat = {"T": "A@9:00 B@9:10"}
    transit = read_town(tmp_path, {"A": 600, "B": 2_600}, boat, walk=walk)
    assert find_minutes(transit, "08:49", end=3_200) == pytest.approx(31, abs=0.1)
    assert find_minutes(transit, "08:00", end=3_200) == pytest.approx(80, abs=0.1)
    assert math.isnan(find_minutes(transit, "09:30", end=3_200))
    on_the_island = transit.travel_time_matrix(at(a=2_700), at(b=3_100), "08:00", percentiles=[50])
    assert on_the_island["travel_time_p50"].tolist() == pytest.approx([400 / 60], abs=0.1)
