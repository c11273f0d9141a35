"""stop_times.txt as it should not be: missing times, wrong times, unknown names, odd speeds."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from gtfs_feeds import FILES, KM, TUESDAY, to_files, to_times, write_feed

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.gtfs import TransitFeed, read_gtfs
from maillage.geo.gtfs_feed import read_feed
from maillage.geo.gtfs_times import to_clock

WEEK = FILES["calendar.txt"].splitlines(keepends=True)[1]
GOOD = ["T2,17:00:00,17:00:00,C,1", "T2,17:10:00,17:10:00,A,2"]


def read(folder: Path, *rows: str, **changes: str | None) -> TransitFeed:
    return read_gtfs([write_feed(folder, stop_times=to_times(*rows), **changes)], TUESDAY)


def departures(feed: TransitFeed, trip: str = "T1") -> list[int]:
    row = feed.trips["id"].tolist().index(trip)
    return feed.stop_times.loc[feed.stop_times["trip"] == row, "departure_s"].tolist()


def test_every_form_of_a_time(tmp_path: Path):
    feed = read(
        tmp_path,
        "T1,8:00:00,08:00:00,A,1",
        "T1, 8:02:30 ,8:02:30,B,2",
        "T1,100:00:00,100:00:00,C,3",
    )
    assert departures(feed)[:3] == [28800, 28950, 360_000]


@pytest.mark.parametrize(
    "time", ["8:60:00", "8:00:60", "8h00", "8:00", "08:00:00.5", "-1:00:00", "240:00:00", "28800",
             "8:0:00", "1e3:00:00", "٨:٠٠:٠٠"],
)  # fmt: skip
def test_wrong_times(tmp_path: Path, time: str):
    words = r"stop_times\.txt:3: arrival_time is .*, expected a time as H:MM:SS below 240:00:00$"
    with pytest.raises(InputError, match=words):
        read(tmp_path, "T1,8:00:00,8:00:00,A,1", f"T1,{time},8:10:00,B,2")


def test_wrong_times_are_counted(tmp_path: Path):
    with pytest.raises(InputError, match=r"\(and 2 more rows like it\)$"):
        read(tmp_path, *(f"T1,x,8:00:00,A,{i}" for i in range(3)))


def test_one_of_two_times_is_enough(tmp_path: Path):
    feed = read(tmp_path, "T1,,8:00:00,A,1", "T1,8:05:00,,B,2", "T1,8:10:00,8:10:00,C,3")
    assert departures(feed) == [28800, 29100, 29400]
    assert feed.stop_times["arrival_s"].tolist() == [28800, 29100, 29400]
    assert not feed.findings.count("interpolated_time")


def test_interpolation_by_shape_distance_counts_more_than_by_place(tmp_path: Path):
    head = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n"
    rows = ["T1,8:00:00,8:00:00,A,1,10", "T1,,,B,2,13", "T1,8:10:00,8:10:00,C,3,20"]
    path = write_feed(tmp_path, stop_times=head + "\n".join(rows))
    assert departures(read_gtfs([path], TUESDAY)) == [28800, 28980, 29400]
    for broken in ("", "9", "21"):  # not given, or not between: great circles, 1 km of 4
        text = head + "\n".join(rows).replace("B,2,13", f"B,2,{broken}")
        path = write_feed(tmp_path, stop_times=text)
        assert departures(read_gtfs([path], TUESDAY)) == [28800, 28950, 29400], broken


def test_interpolation_evenly_where_places_are_unknown(tmp_path: Path):
    stops = FILES["stops.txt"] + "D,Nulle part,,\nE,Ici,45,3\nF,Ici,45,3\nG,Ici,45,3\n"
    rows = ["T1,8:00:00,8:00:00,A,1", "T1,,,D,2", "T1,,,B,3", "T1,8:09:00,8:09:00,C,4",
            "T2,9:00:00,9:00:00,E,1", "T2,,,F,2", "T2,9:01:00,9:01:00,G,3"]  # fmt: skip
    feed = read(tmp_path, *rows, stops=stops)
    assert departures(feed) == [28800, 28980, 29160, 29340]
    assert departures(feed, "T2") == [32400, 32430, 32460]  # all of them at the same place


def test_several_gaps_in_several_trips(tmp_path: Path):
    """Against an interpolation of one trip after the other, on random trips on a line."""
    dice = random.Random(3)
    stops = "stop_id,stop_name,stop_lat,stop_lon\n" + "".join(
        f"S{i},s,{45 + i * KM:.9f},3\n" for i in range(40)
    )
    rows, expected = [], []
    trips = FILES["trips.txt"].splitlines()[:1]
    for trip in range(30):
        trips.append(f"L1,WEEK,R{trip},x,0")
        places = sorted(dice.sample(range(40), dice.randint(2, 12)))
        timed = [k in (0, len(places) - 1) or dice.random() < 0.4 for k in range(len(places))]
        clock = 20_000 + trip
        known = []
        for k, place in enumerate(places):
            clock += dice.randint(60, 900)
            known.append(clock if timed[k] else None)
            text = to_clock(clock) if timed[k] else ""
            rows.append(f"R{trip},{text},{text},S{place},{k}")
        for k, place in enumerate(places):
            time = known[k]
            if time is None:
                a = max(i for i in range(k) if timed[i])
                b = min(i for i in range(k, len(places)) if timed[i])
                share = (place - places[a]) / (places[b] - places[a])
                time = known[a] + share * (known[b] - known[a])  # type: ignore[operator]
            expected.append(time)
    feed = read(tmp_path, *rows, stops=stops, trips="\n".join(trips))
    ours = feed.stop_times["departure_s"].to_numpy()
    difference = np.array(expected) - ours
    assert (difference > -0.01).all() and (difference < 1).all()
    assert feed.findings.count("interpolated_time") == sum(row.split(",")[1] == "" for row in rows)


def test_ends_without_a_time_are_cut(tmp_path: Path):
    feed = read(tmp_path, *GOOD, "T1,,,A,1", "T1,8:00:00,8:00:00,B,2", "T1,8:07:00,8:07:00,C,3")
    assert departures(feed) == [28800, 29220]
    assert feed.findings.examples("call_without_time")[0].endswith(
        "stop_times.txt:4: has no time, and no time before or after it in its trip"
    )
    feed = read(tmp_path, *GOOD, "T1,,,A,1", "T1,,,B,2")
    assert feed.trips["id"].tolist() == ["T2"]
    assert feed.findings.count("call_without_time") == 2


@pytest.mark.parametrize(
    "row,words",
    [
        ("T1,7:59:00,7:59:00,B,2", "arrival_time 07:59:00 is before the last departure 08:00:00"),
        ("T1,8:05:00,8:04:00,B,2", "departure_time 08:04:00 is before arrival_time 08:05:00"),
    ],
)
def test_times_that_go_back(tmp_path: Path, row: str, words: str):
    feed = read(tmp_path, *GOOD, "T1,8:00:00,8:00:00,A,1", row, "T1,8:10:00,8:10:00,C,3")
    assert feed.trips["id"].tolist() == ["T2"]
    assert feed.findings.examples("trip_goes_back_in_time") == [
        f"{tmp_path}/feed.zip/stop_times.txt:5: {words}: trip left out"
    ]
    assert feed.findings.count("trip_goes_back_in_time") == 1


@pytest.mark.parametrize("wrong,words", [("7:10:00", "07:10:00"), ("9:10:00", "09:10:00")])
def test_a_single_time_out_of_order_is_interpolated(tmp_path: Path, wrong: str, words: str):
    clocks = ["8:00:00", "8:10:00", wrong, "8:30:00", "8:40:00"]
    rows = [f"T1,{clock},{clock},{'ABC'[i % 3]},{i}" for i, clock in enumerate(clocks)]
    feed = read(tmp_path, *GOOD, *rows)
    assert feed.trips["id"].tolist() == ["T1", "T2"]
    assert not feed.findings.count("trip_goes_back_in_time")
    assert feed.findings.count("time_out_of_order") == feed.findings.count("interpolated_time") == 1
    assert feed.findings.examples("time_out_of_order") == [
        f"{tmp_path}/feed.zip/stop_times.txt:6: {words} is out of order between the calls before "
        "and after it: its time is interpolated"
    ]
    found = departures(feed)
    assert found[1] < found[2] < found[3]


@pytest.mark.parametrize(
    "clocks",
    [
        ["8:00:00", "8:30:00", "8:15:00", "8:40:00"],  # either may be wrong
        ["8:00:00", "8:10:00", "7:00:00", "7:10:00", "8:30:00"],  # two are
        ["8:00:00", "8:10:00", "8:20:00", "7:00:00"],  # nothing after it
    ],
)
def test_times_that_go_back_and_nobody_knows_which(tmp_path: Path, clocks: list[str]):
    rows = [f"T1,{clock},{clock},{'ABC'[i % 3]},{i}" for i, clock in enumerate(clocks)]
    feed = read(tmp_path, *GOOD, *rows)
    assert feed.trips["id"].tolist() == ["T2"]
    assert feed.findings.count("trip_goes_back_in_time") == 1


def test_trips_with_fewer_than_two_calls(tmp_path: Path):
    trips = FILES["trips.txt"] + "L1,WEEK,T3,x,0\nL1,WEEK,T4,x,0\n"
    feed = read(tmp_path, *GOOD, "T1,8:00:00,8:00:00,A,1", trips=trips)
    assert feed.trips["id"].tolist() == ["T2"]
    assert feed.findings.count("trip_with_one_call") == 1
    assert feed.findings.count("trip_without_calls") == 2


def test_unknown_names_are_counted(tmp_path: Path):
    rows = ["T9,8:00:00,8:00:00,A,1", "T9,8:00:00,8:00:00,A,2",
            "T1,8:00:00,8:00:00,A,1", "T1,8:01:00,8:01:00,Z,2",
            "T1,8:10:00,8:10:00,C,3", "T1,8:20:00,8:20:00,,4"]  # fmt: skip
    feed = read(tmp_path, *rows, trips=FILES["trips.txt"] + "L9,WEEK,T3,x,0\nL1,NEVER,T4,x,0\n")
    assert departures(feed) == [28800, 29400]
    findings = feed.findings
    assert findings.count("unknown_trip") == 2
    assert findings.examples("unknown_stop")[0].endswith(
        ":5: stop_id 'Z' does not exist, the call is left out"
    )
    assert findings.examples("unknown_trip")[0].endswith(
        ":2: trip_id 'T9' does not exist, the call is left out"
    )
    assert findings.count("call_without_stop") == 1
    assert findings.examples("unknown_route")[0].endswith(
        "trips.txt:4: route_id 'L9' does not exist, the trip has no line"
    )
    assert findings.examples("unknown_service")[0].endswith(
        "trips.txt:5: service_id 'NEVER' does not exist, the trip never runs"
    )


def test_a_trip_of_an_unknown_line_runs(tmp_path: Path):
    feed = read(tmp_path, *GOOD, trips=FILES["trips.txt"].replace("L1,WEEK,T2", "L9,WEEK,T2"))
    assert feed.trips["route_type"].tolist() == [-1]
    assert feed.trips["route_name"].isna().all()


def test_repeated_calls(tmp_path: Path):
    plain = ["T1,8:00:00,8:00:00,A,1", "T1,8:02:00,8:02:00,B,2", "T1,8:10:00,8:10:00,C,3"]
    feed = read(tmp_path, *plain, *plain)
    assert departures(feed) == [28800, 28920, 29400]
    assert feed.findings.count("repeated_call") == 3
    feed = read(tmp_path, *plain[:2], "T1,8:04:00,8:04:00,C,2")
    assert departures(feed) == [28800, 28920, 29040]
    assert feed.findings.count("repeated_sequence") == 1


def test_boarding_and_leaving(tmp_path: Path):
    head = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
    rows = ["T1,8:00:00,8:00:00,A,1,,1", "T1,8:02:00,8:02:00,B,2,2,3", "T1,8:10:00,8:10:00,C,3,1,0"]
    feed = read_gtfs([write_feed(tmp_path, stop_times=head + "\n".join(rows))], TUESDAY)
    assert feed.stop_times["pickup"].tolist() == [True, True, False]
    assert feed.stop_times["drop_off"].tolist() == [False, True, True]
    assert feed.findings.count("call_on_demand") == 1


def test_speeds_that_cannot_be(tmp_path: Path):
    stops = FILES["stops.txt"] + f"D,Loin,{45 + 100 * KM:.9f},3\n"
    rows = ["T1,8:00:00,8:00:00,A,1", "T1,8:20:00,8:20:00,D,2", "T2,9:00:00,9:00:00,A,1",
            "T2,9:20:00,9:20:00,D,2"]  # fmt: skip
    feed = read(tmp_path, *rows, stops=stops)
    assert feed.findings.count("impossible_speed") == 2
    assert feed.findings.examples("impossible_speed") == [
        f"{tmp_path}/feed.zip/stops.txt: Bourg (A) to Loin (D): 100.0 km in 20 min, trip T1"
    ]
    train = FILES["routes.txt"].replace("Ville,3", "Ville,2")
    assert not read(tmp_path, *rows, stops=stops, routes=train).findings.count("impossible_speed")
    # 300 km/h by the clock, but whole minutes may hide another one
    assert not read(tmp_path, "T1,8:00:00,8:00:00,A,1", "T1,8:01:00,8:01:00,C,2").findings.count(
        "impossible_speed"
    )


@pytest.mark.parametrize(
    "file,old,new,words",
    [
        ("stop_times", "A,1", "A,one", "stop_times.txt:2: stop_sequence is 'one', expected a"),
        ("stop_times", "A,1", "A,-1", "stop_times.txt:2: stop_sequence is -1, expected a whole"),
        ("stop_times", "A,1", "A,", "stop_times.txt:2: stop_sequence is empty, expected a whole"),
        ("stop_times", "T1,8:00", ",8:00", "stop_times.txt:2: trip_id is empty, expected an id"),
        ("trips", "T2", "T1", "trips.txt:3: trip_id is 'T1', which .*trips.txt:2 has, expected"),
        ("trips", "WEEK,T2", ",T2", "trips.txt:3: service_id is empty, expected an id"),
        ("trips", "Bourg,1", "Bourg,2", "trips.txt:3: direction_id is 2, expected a whole number"),
        ("routes", "Ville,3", "Ville,bus", "routes.txt:2: route_type is 'bus', expected a whole"),
        ("routes", "Ville,3", "Ville,", "routes.txt:2: route_type is empty, expected a whole"),
        ("calendar", WEEK, WEEK + WEEK, "calendar.txt:3: service_id is 'WEEK', which"),
        ("agency", "Europe/Paris", "Europe/Pari", "agency.txt:2: agency_timezone is 'Europe/Pari'"),
        ("agency", "Europe/Paris", "", "agency.txt:2: agency_timezone is empty, expected a time"),
    ],
)  # fmt: skip
def test_cells_that_cannot_be_used(tmp_path: Path, file: str, old: str, new: str, words: str):
    text = FILES[f"{file}.txt"].replace(old, new, 1)
    with pytest.raises(InputError, match=words):
        read_gtfs([write_feed(tmp_path, **{file: text})], TUESDAY)


@pytest.mark.parametrize(
    "row,words",
    [
        ("T1,6:00:00,7:00:00,0", "headway_secs is 0, expected a whole number in 1..86400"),
        ("T1,6:00:00,7:00:00,-600", "headway_secs is -600, expected a whole number in 1..86400"),
        ("T1,6:00:00,7:00:00,", "headway_secs is empty, expected a whole number in 1..86400"),
        ("T1,6:00:00,,600", "end_time is empty, expected a time as H:MM:SS"),
        ("T1,6.00,7:00:00,600", "start_time is '?6.00'?, expected a time as H:MM:SS"),
    ],
)
def test_frequencies_that_cannot_be_used(tmp_path: Path, row: str, words: str):
    text = f"trip_id,start_time,end_time,headway_secs\n{row}\n"
    with pytest.raises(InputError, match=rf"frequencies\.txt:2: {words}"):
        read_gtfs([write_feed(tmp_path, frequencies=text)], TUESDAY)


def test_frequencies_beyond_memory(tmp_path: Path):
    rows = "".join("T1,0:00:00,239:59:59,1\n" for _ in range(100))
    text = "trip_id,start_time,end_time,headway_secs\n" + rows
    with pytest.raises(InputError, match=r"feed\.zip: has \d+ calls on one day once its freq"):
        read_gtfs([write_feed(tmp_path, frequencies=text)], TUESDAY)


def test_a_million_rows_of_garbage(tmp_path: Path):
    header = FILES["stop_times.txt"].splitlines()[0] + "\n"
    names = header + "x,1:00:00,1:00:00,y,1\n" * 1_000_000
    findings = Findings()
    read_feed(write_feed(tmp_path, stop_times=names), findings)
    assert findings.count("unknown_trip") == findings.count("unknown_stop") == 1_000_000
    noise = random.Random(1).randbytes(20_000_000).decode("latin-1")
    with pytest.raises(InputError, match=r"feed\.zip/stop_times\.txt"):
        read_feed(write_feed(tmp_path, stop_times=header + noise), Findings())


def test_any_cell_may_be_anything(tmp_path: Path):
    """Whatever one writes into a cell: a timetable or an error that names the file."""
    dice = random.Random(7)
    frequencies = "trip_id,start_time,end_time,headway_secs\nT1,6:00:00,7:00:00,1200\n"
    transfers = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nA,B,2,60\n"
    dates = "service_id,date,exception_type\nWEEK,20250614,1\n"
    more = {"frequencies": frequencies, "transfers": transfers, "calendar_dates": dates}
    whole = to_files(**more)
    odd = ["", " ", "-1", "0", "1e400", "nan", "inf", "9" * 30, "A", "T1", "x" * 300, '"', "é",
           "\x01", "20250610", "25:00:00", "24:00:00", "-0", "1.5", ",", "\n", "G"]  # fmt: skip
    for _ in range(150):
        files = dict(whole)
        name = dice.choice(list(files))
        lines = [line.split(",") for line in files[name].splitlines()]
        line = dice.choice(lines)
        line[dice.randrange(len(line))] = dice.choice(odd)
        files[name] = "\n".join(map(",".join, lines))
        path = write_feed(
            tmp_path, **{key.removesuffix(".txt"): text for key, text in files.items()}
        )
        try:
            feed = read_gtfs([path], TUESDAY)
        except InputError as error:
            assert "feed.zip" in str(error)
        else:
            times = feed.stop_times
            assert (times["departure_s"] >= times["arrival_s"]).all()
            assert times["stop"].between(0, len(feed.stops) - 1).all()
