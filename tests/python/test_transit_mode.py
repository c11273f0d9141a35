"""Timetables as a mode of a territory: for whoever has no car, in every answer alike.

Places stand at the stops of the feed of `gtfs_feeds` (A, B 1 km north of it, C 4 km), the only
counter at C; people walk 4.5 km/h along straight lines. Bus T1 leaves A at 08:00 and B at 08:03
and is at C at 08:10.
"""

from __future__ import annotations

import datetime as dt
import zipfile

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import FILES, KM, TUESDAY, to_times, write_feed

import maillage as ml
from maillage import _core
from maillage.errors import InputError

TOML = """format = 1
name = "valley"
[places]
file = "places.csv"
key = "id"
lon = "lon"
lat = "lat"
[groups.young]
persons = "young"
ability = {{ p_b = 0.2, p_c = 0.1 }}
car_share = 0.5
[groups.old]
persons = "old"
ability = {{ p_b = 0.3, p_c = 0.4 }}
car_share = 0.0
walk_speed_kmh = 3.0
[counters]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = {{ post = 1 }}
[networks.crow]
detour_factor = 1.0
{transit}
"""
TRANSIT = f"""[networks.transit]
gtfs = "feed.zip"
date = {TUESDAY}
departure = "07:50"
window_min = 10
max_walk_min = 20
"""


@pytest.fixture
def valley(tmp_path):
    write_feed(tmp_path)
    lat = [45.0, 45 + KM, 45 + 4 * KM]
    places = pd.DataFrame({"id": list("ABC"), "lon": 3.0, "lat": lat, "young": 10, "old": 4})
    places.to_csv(tmp_path / "places.csv", index=False)
    desk = pd.DataFrame({"id": ["desk"], "lon": [3.0], "lat": [lat[2]]})
    desk.to_csv(tmp_path / "counters.csv", index=False)
    return tmp_path


def read(folder, transit: str = TRANSIT) -> ml.Territory:
    (folder / "territory.toml").write_text(TOML.format(transit=transit), encoding="utf-8")
    return ml.read_territory(folder / "territory.toml", cache=False, progress=False)


def find_minutes(territory: ml.Territory, **how) -> list[float]:
    found = territory.nearest("post", person_class="no_car", progress=False, **how)
    return [round(float(t), 2) for t in found["travel_time"]]


def test_the_bus_serves_those_without_a_car_and_waiting_counts(valley):
    territory = read(valley)
    # instants 07:50:00 to 07:59:59 at A: the bus arrives at 08:10, so 20 min down to 10 min 1 s;
    # the 300th of 600 is 15 min; at B people wait for the same bus
    assert find_minutes(territory)[0] == pytest.approx(15, abs=0.01)
    assert find_minutes(territory)[1] == pytest.approx(15, abs=0.01)
    assert find_minutes(territory)[2] == 0
    on_foot = read(valley, "")
    assert find_minutes(on_foot)[0] == pytest.approx(4 / 4.5 * 60, abs=0.01)


def test_percentile_and_window_are_those_of_the_file(valley):
    low = TRANSIT + "percentile = 10\n"
    assert find_minutes(read(valley, low))[0] == pytest.approx(11, abs=0.02)  # 60th instant
    late = TRANSIT.replace(
        "07:50", "08:30"
    )  # no bus any more: on foot, within 20 minutes of nothing
    assert find_minutes(read(valley, late))[0] == pytest.approx(4 / 4.5 * 60, abs=0.01)


@pytest.mark.parametrize("speed", [3.0, 4.5])  # of the old: another walking speed, or the same
def test_each_group_walks_as_long_as_it_can(valley, speed):
    """B is 1 km from the stop A now: 13 or 20 minutes on foot, and the bus passes at 08:00."""
    stops = FILES["stops.txt"].replace(f"B,Pont,{45 + KM:.9f},3", f"B,Pont,{45 + 3.9 * KM:.9f},3")
    write_feed(valley, stops=stops)
    early = TRANSIT.replace("07:50", "07:30").replace("max_walk_min = 20", "max_walk_min = 25")
    own = f"walk_speed_kmh = {speed}\nmax_walk_min = 10"

    def find_both(toml: str) -> list[list[float]]:
        (valley / "territory.toml").write_text(toml.format(transit=early), encoding="utf-8")
        territory = ml.read_territory(valley / "territory.toml", cache=False, progress=False)
        return [find_minutes(territory, group=group) for group in ("young", "old")]

    as_all = TOML.replace("walk_speed_kmh = 3.0", f"walk_speed_kmh = {speed}")
    young, old = find_both(as_all)
    assert young[1] < 40 and old[1] < 40  # by bus
    less = find_both(TOML.replace("walk_speed_kmh = 3.0", own))
    assert less[0] == young and less[1][0] == old[0]
    assert less[1][1] == pytest.approx(3 / speed * 60, abs=0.01)  # all the way on foot


def test_a_limit_of_a_group_needs_a_timetable(valley):
    toml = TOML.replace("walk_speed_kmh = 3.0", "max_walk_min = 10")
    (valley / "territory.toml").write_text(toml.format(transit=""), encoding="utf-8")
    with pytest.raises(InputError, match=r"groups\.old\.max_walk_min is about ways to stops"):
        ml.read_territory(valley / "territory.toml", cache=False, progress=False)


def test_exposure_and_guarantee_use_it_with_no_special_case(valley):
    on_foot, by_bus = read(valley, ""), read(valley)
    before = on_foot.exposure("post", limit=18, progress=False).total()
    after = by_bus.exposure("post", limit=18, progress=False).total()
    assert after["exposed"].iloc[0] < before["exposed"].iloc[0]
    rule = {"name": "near", "service": "post", "minutes": 18, "person_class": "no_car", "share": 1}
    assert not on_foot.guarantee(rule).holds
    assert by_bus.guarantee(rule).holds
    words = by_bus.exposure("post", progress=False).assumptions["travel_times"]
    assert sum("feed.zip on 2025-06-10" in text for text in words) == 1  # at two walking speeds


def test_equal_to_a_search_from_every_place(valley):
    more = pd.DataFrame(
        {"id": ["desk", "pont"], "lon": [3.0, 3.001], "lat": [45 + 4 * KM, 45 + KM]}
    )
    more.to_csv(valley / "counters.csv", index=False)
    territory = read(valley)
    for how in ({}, {"direction": "from"}):
        fast = territory.nearest("post", k=2, person_class="no_car", progress=False, **how)
        slow = territory.nearest(
            "post", k=2, person_class="no_car", exhaustive=True, progress=False, **how
        )
        pd.testing.assert_frame_equal(fast, slow)


def test_a_cut_line_leaves_people_on_foot_and_an_added_trip_serves_them(valley):
    territory = read(valley)
    cut = territory.apply(ml.Scenario("cut").cut_line("1"))
    assert find_minutes(cut) == find_minutes(read(valley, ""))
    assert find_minutes(territory)[0] == pytest.approx(15, abs=0.01)  # as it was
    other = territory.apply(ml.Scenario("back").cut_line("L1", direction=1))
    assert find_minutes(other) == find_minutes(territory)
    late = read(valley, TRANSIT.replace("07:50", "08:30"))
    more = late.apply(ml.Scenario("more").add_trips("1", ["08:40"], direction=0))
    assert find_minutes(more)[0] == pytest.approx(15, abs=0.01)
    assert find_minutes(late)[0] == pytest.approx(4 / 4.5 * 60, abs=0.01)


@pytest.fixture
def valleys(tmp_path):
    """Twelve stops 3 km apart; three lines, each along four of them, and a counter at each line."""
    rng = np.random.default_rng(6)
    lat = [45 + 3 * KM * i for i in range(12)]
    rows = "".join(f"S{i},S{i},{y},3\n" for i, y in enumerate(lat))
    trips = "route_id,service_id,trip_id,direction_id\n"
    calls = "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
    for n in range(60):
        line, start = n % 3, 7 * 60 + int(rng.integers(0, 120))
        order = range(4) if n % 2 else range(3, -1, -1)
        trips += f"L{line},D,T{n},{n % 2}\n"
        for i, stop in enumerate(order):
            clock = f"{(start + 6 * i) // 60:02d}:{(start + 6 * i) % 60:02d}:00"
            calls += f"T{n},S{4 * line + stop},{i},{clock},{clock}\n"
    files = {
        "agency.txt": "agency_name,agency_url,agency_timezone\nA,http://a.fr,Europe/Paris\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n" + rows,
        "routes.txt": "route_id,route_short_name,route_type\nL0,0,3\nL1,1,3\nL2,2,3\n",
        "trips.txt": trips,
        "stop_times.txt": calls,
        "calendar_dates.txt": "service_id,date,exception_type\nD,20250610,1\n",
    }
    with zipfile.ZipFile(tmp_path / "feed.zip", "w") as feed:
        for name, text in files.items():
            feed.writestr(name, text)
    ids = [f"P{i}" for i in range(12)]
    places = pd.DataFrame({"id": ids, "lon": 3.0, "lat": lat, "young": 10, "old": 4})
    places.to_csv(tmp_path / "places.csv", index=False)
    desks = pd.DataFrame({"id": ["a", "b", "c"], "lon": 3.0, "lat": [lat[1], lat[6], lat[10]]})
    desks.to_csv(tmp_path / "counters.csv", index=False)
    return tmp_path


def find_times(territory: ml.Territory) -> pd.DataFrame:
    return territory.nearest("post", k=3, person_class="no_car", progress=False)


@pytest.fixture
def kept(monkeypatch) -> list[int]:
    """For how many counters times are kept, whenever a timetable takes over another's."""
    counts: list[int] = []
    take_over = _core.TransitMode.take_over

    def count(mode, before, touched):
        counts.append(take_over(mode, before, touched))

    monkeypatch.setattr(_core.TransitMode, "take_over", count)
    return counts


@pytest.mark.parametrize(
    "edits,n_kept",
    [
        (lambda s: s.cut_line("0"), 2),
        (lambda s: s.cut_line("1", direction=1), 2),
        (lambda s: s.add_trips("2", ["07:55", "08:00"]), 2),
        (lambda s: s.cut_line("0").add_trips("2", ["08:00"]), 1),
        (lambda s: s.cut_line("0").cut_line("1").cut_line("2"), 0),
    ],
)
def test_only_counters_that_people_reach_by_a_line_notice_its_trips(valleys, kept, edits, n_kept):
    # 3 km take 40 minutes on foot, and people walk 20 to a stop: a line serves its own counter
    toml = TRANSIT.replace("07:50", "07:30").replace("window_min = 10", "window_min = 60")
    territory = read(valleys, toml)
    scenario = edits(ml.Scenario("other trips"))
    untouched = find_times(territory.apply(scenario))  # nothing was known before
    known = find_times(territory)
    kept.clear()
    after = territory.apply(scenario)
    assert max(kept) == n_kept  # of the walking speed that was asked about
    pd.testing.assert_frame_equal(find_times(after), untouched)
    assert not known["travel_time"].equals(untouched["travel_time"])
    again = after.apply(ml.Scenario("more").add_trips("1", ["08:10"])) if n_kept > 1 else after
    whole = read(valleys, toml).apply(scenario)
    whole = whole.apply(ml.Scenario("more").add_trips("1", ["08:10"])) if n_kept > 1 else whole
    pd.testing.assert_frame_equal(find_times(again), find_times(whole))


def test_counters_that_close_open_and_move_are_found_by_bus(valley):
    territory = read(valley)
    opened = territory.apply(
        ml.Scenario("pont").open("pont", lon=3.0, lat=45 + KM, services={"post": 1})
    )
    # 1 km on foot takes 13 min 20 s; the bus stands at B at 08:02, at most 12 min after 07:50
    assert find_minutes(opened)[0] < 13.34
    closed = opened.apply(ml.Scenario("less").close("desk"))
    fresh = closed.nearest("post", person_class="no_car", exhaustive=True, progress=False)
    pd.testing.assert_frame_equal(
        closed.nearest("post", person_class="no_car", progress=False), fresh
    )
    gone = territory.compare(ml.Scenario("none").close("desk"), service="post", progress=False)
    assert np.isclose(gone.total()["after_counter_reliant"].iloc[0], 0)
    alone = territory.single_closures("post", progress=False)
    assert alone["persons_changed"].iloc[0] == pytest.approx(42)


def test_trips_back_are_those_of_the_timetable(valley):
    evening = TRANSIT.replace("07:50", "16:50")
    found = read(valley, evening).nearest(
        "post", person_class="no_car", direction="from", progress=False
    )
    assert found["travel_time"].iloc[0] == pytest.approx(15, abs=0.01)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("date = 2025-06-10", "date = 2025-06-14"), "no service runs on Saturday 2025-06-14"),
        (("feed.zip", "other.zip"), "does not exist"),
        (("percentile", "percentil"), "percentil"),
        (("window_min = 10", "window_min = 10\npercentile = 0"), "percentile"),
    ],
)
def test_what_is_wrong_is_said(valley, change, said):
    text = TRANSIT.replace(*change) if change[0] in TRANSIT else TRANSIT + "percentil = 3\n"
    with pytest.raises((InputError, OSError), match=said):
        read(valley, text)


def test_a_timetable_needs_people_on_foot_and_lines_that_run(valley):
    (valley / "territory.toml").write_text(
        TOML.format(transit=TRANSIT).replace("[networks.crow]\ndetour_factor = 1.0\n", ""), "utf-8"
    )
    with pytest.raises(InputError, match=r"networks\.transit needs people on foot"):
        ml.read_territory(valley / "territory.toml", cache=False)
    territory = read(valley)
    with pytest.raises(InputError, match='no line "7" runs'):
        territory.apply(ml.Scenario("x").cut_line("7"))
    with pytest.raises(InputError, match="has no timetable"):
        read(valley, "").apply(ml.Scenario("x").cut_line("1"))
    with pytest.raises(InputError, match="departures"):
        ml.Scenario("x").add_trips("1", ["9h30"])


def test_a_stop_that_stands_nowhere_is_no_one_s_stop(valley):
    stops = FILES["stops.txt"].replace(f"B,Pont,{45 + KM:.9f},3", "B,Pont,,")
    write_feed(valley, stops=stops)
    assert find_minutes(read(valley))[0] == pytest.approx(15, abs=0.01)
    assert dt.date.fromisoformat(TUESDAY).weekday() == 1
    assert to_times().startswith("trip_id")


def test_the_summary_says_which_timetable(valley):
    summary = read(valley).summary()["transit"]
    assert summary["date"] == TUESDAY
    assert (summary["n_lines"], summary["n_trips"], summary["n_stops"]) == (1, 2, 3)
    assert read(valley, "").summary()["transit"] is None


def test_kilometres_are_those_on_foot(valley):
    found = read(valley).nearest("post", person_class="no_car", measure="distance", progress=False)
    assert found["distance_km"].iloc[0] == pytest.approx(4, abs=0.01)


def read_by_water(valley) -> ml.Territory:
    """People walk along a path with a boat in it: A lives across the water."""
    lats = dict(enumerate([-1.6, -1, 0, 4], start=1))
    nodes = [f"n{n} x3.0 y{45 + km * KM:.9f}" for n, km in lats.items()]
    ways = ["w1 Thighway=path Nn1,n2", "w2 Troute=ferry Nn2,n3", "w3 Thighway=path Nn3,n4"]
    (valley / "water.opl").write_text("\n".join([*nodes, *ways, ""]), encoding="utf-8")
    places = pd.read_csv(valley / "places.csv")
    places.loc[0, "lat"] = 45 - 1.3 * KM
    places.to_csv(valley / "places.csv", index=False)
    by_boat = "[networks]\nosm = 'water.opl'\n[networks.car]\n[networks.walk]\n"
    toml = TOML.replace("[networks.crow]\ndetour_factor = 1.0\n", by_boat)
    toml = toml.format(transit=TRANSIT + "percentile = 10\n")
    (valley / "territory.toml").write_text(toml, encoding="utf-8")
    return ml.read_territory(valley / "territory.toml", cache=False, progress=False)


def test_nobody_takes_a_boat_to_the_bus(valley):
    """The boat of the walking network has no timetable."""
    minutes = find_minutes(read_by_water(valley))
    assert minutes[0] == pytest.approx(0.3 / 4.5 * 60 + 1 / 15 * 60 + 4 / 4.5 * 60, abs=0.1)
    assert minutes[1] < 13  # B waits for the bus on its own shore


def read_by_bridge(valley, *, has_bridge: bool = True) -> ml.Territory:
    """A lives 400 m from the bus, across a footbridge; the way round is some 5 km."""
    spots = {1: (3.0, -0.4), 2: (3.0, 0), 3: (3.0, 4), 4: (3.03, -0.2)}
    nodes = [f"n{n} x{lon} y{45 + km * KM:.9f}" for n, (lon, km) in spots.items()]
    ways = ["w1 Thighway=footway,bridge=yes Nn1,n2"] if has_bridge else []
    ways += ["w2 Thighway=path Nn2,n3", "w3 Thighway=path Nn1,n4,n2"]
    (valley / "bridge.opl").write_text("\n".join([*nodes, *ways, ""]), encoding="utf-8")
    places = pd.read_csv(valley / "places.csv")
    places.loc[0, "lat"] = 45 - 0.4 * KM
    places.to_csv(valley / "places.csv", index=False)
    roads = "[networks]\nosm = 'bridge.opl'\n[networks.walk]\n"
    toml = TOML.replace("[networks.crow]\ndetour_factor = 1.0\n", roads)
    early = TRANSIT.replace("07:50", "07:40")
    (valley / "territory.toml").write_text(toml.format(transit=early), encoding="utf-8")
    return ml.read_territory(valley / "territory.toml", cache=False, progress=False)


def test_a_closed_footbridge_leads_to_no_bus(valley):
    territory = read_by_bridge(valley)
    near = find_minutes(territory)
    assert near[0] < 30  # by bus
    closing = ml.Scenario("flood").close_road(ways=[1], mode="walk")
    closed = territory.apply(closing)
    far = find_minutes(closed)
    assert far == find_minutes(read_by_bridge(valley, has_bridge=False))
    assert far[0] > 100 and far[1:] == near[1:]
    assert far == find_minutes(closed, exhaustive=True)
    assert find_minutes(territory) == near  # as it was

    opened = ml.Scenario("more").open("pont", lon=3.0, lat=45 + KM, services={"post": 1})
    without = read_by_bridge(valley, has_bridge=False)
    assert find_minutes(closed.apply(opened)) == find_minutes(without.apply(opened))
    cut = find_minutes(closed.apply(ml.Scenario("cut").cut_line("1")))
    assert cut[0] == far[0] and cut[1] > far[1]
    many = territory.compare_many([closing], "post", progress=False)
    assert many["worst_place"].unique().tolist() == ["A"] and many["persons_changed"].sum() == 14
    exact = territory.compare_many([closing], "post", exhaustive=True, progress=False)
    pd.testing.assert_frame_equal(many, exact)


def test_a_slower_footbridge_is_slower_to_the_bus(valley):
    territory = read_by_bridge(valley)
    slow = territory.apply(ml.Scenario("ice").set_speed(ways=[1], mode="walk", factor=0.5))
    there = [
        t.nearest("post", person_class="no_car", progress=False, direction="from")
        for t in (territory, slow)
    ]
    assert there[0]["travel_time"].iloc[0] < there[1]["travel_time"].iloc[0]


def test_stops_that_no_way_leads_to_are_a_finding(valley):
    assert "stop_off_network" not in set(read_by_water(valley).findings["kind"])
    stops = FILES["stops.txt"].replace(f"B,Pont,{45 + KM:.9f},3", "B,Pont,45,4")
    write_feed(valley, stops=stops)
    found = read_by_water(valley).findings.set_index("kind").loc["stop_off_network"]
    assert found["count"] == 1 and found["examples"].startswith("B: no way on foot is near it")


@pytest.mark.parametrize("rule,minutes", [("", 15), ("B,B,2,301\n", 20), ("B,B,3,\n", 53.33)])
def test_changes_at_one_stop_take_what_the_feed_says(valley, rule, minutes):
    """By one bus from A to B, there at 08:03, and on by another at 08:05 or at 08:10."""
    calls = ["T1,8:00:00,8:00:00,A,1", "T1,8:03:00,8:03:00,B,2"]
    for trip, leave, arrive in (("T2", "8:05", "8:10"), ("T3", "8:10", "8:15")):
        calls += [f"{trip},{leave}:00,{leave}:00,B,1", f"{trip},{arrive}:00,{arrive}:00,C,2"]
    trips = FILES["trips.txt"] + "L1,WEEK,T3,Ville,0\n"
    transfers = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n" + rule
    write_feed(valley, trips=trips, stop_times=to_times(*calls), transfers=transfers)
    near = TRANSIT.replace("max_walk_min = 20", "max_walk_min = 10")
    assert find_minutes(read(valley, near))[0] == pytest.approx(minutes, abs=0.02)
