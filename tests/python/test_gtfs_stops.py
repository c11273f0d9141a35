"""Stops of GTFS feeds: places, stations, entrances, transfers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import FILES, TUESDAY, to_times, write_feed

from maillage.errors import InputError
from maillage.geo.gtfs import TransitFeed, read_gtfs

HEAD = "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
# A station G with the platforms A, B; the stop C; an entrance; a node; a boarding area of A.
STOPS = (
    HEAD + "A,Quai A,45.001,3,0,G\nB,Quai B,45.002,3,,G\nG,Gare,45,3,1,\nC,Ville,45.03,3,,\n"
    "E,Porte,45.0005,3,2,G\nN,Hall,,,3,G\nX,Avant,,,4,A\n"
)


def read(folder: Path, stops: str = STOPS, **changes: str | None) -> TransitFeed:
    return read_gtfs([write_feed(folder, stops=stops, **changes)], TUESDAY)


def to_transfers(*rows: str, columns: str = "") -> str:
    head = f"from_stop_id,to_stop_id,transfer_type,min_transfer_time{columns}"
    return "\n".join([head, *rows, ""])


def to_pairs(feed: TransitFeed) -> dict[tuple[str, str], tuple[int, int | None]]:
    ids = feed.stops["id"].to_numpy()
    return {
        (ids[row.from_stop], ids[row.to_stop]): (
            row.type,
            None if pd.isna(row.min_transfer_s) else row.min_transfer_s,
        )
        for row in feed.transfers.itertuples()
    }


def test_stations_entrances_and_stops(tmp_path: Path):
    feed = read(tmp_path)
    assert feed.stops["id"].tolist() == ["A", "B", "C"]
    assert feed.stops["parent"].tolist() == [0, 0, -1]
    assert feed.stations[["id", "name", "lat"]].to_numpy().tolist() == [["G", "Gare", 45.0]]
    assert feed.entrances[["id", "station"]].to_numpy().tolist() == [["E", 0]]
    assert not feed.findings, feed.findings


def test_names_that_are_missing_are_the_ids(tmp_path: Path):
    stops = FILES["stops.txt"].replace("Bourg", "").replace("Ville", "NA")
    assert read(tmp_path, stops).stops["name"].tolist() == ["A", "Pont", "NA"]
    stops = "\n".join(",".join(row.split(",")[::2]) for row in FILES["stops.txt"].splitlines())
    with pytest.raises(InputError, match="column 'stop_lon' does not exist"):
        read(tmp_path, stops)


def test_places_that_are_missing_or_zero(tmp_path: Path):
    stops = (
        HEAD + "A,Quai A,0,0,0,G\nB,Quai B,,,0,G\nG,Gare,45,3,1,\nC,Ville,0.0,0.0,0,\n"
        "D,Autre,,3,0,\n"
    )
    feed = read(tmp_path, stops)
    assert feed.stops["lat"].tolist()[:2] == [45, 45] and feed.stops["lon"].tolist()[:2] == [3, 3]
    assert np.isnan(feed.stops[["lat", "lon"]].to_numpy()[2:]).all()
    zero, missing = (feed.findings.examples(k) for k in ("stop_at_zero", "stop_without_place"))
    assert [text.split("feed.zip/")[1] for text in zero] == [
        "stops.txt:2: lies at 0/0, the place of its station is taken",
        "stops.txt:5: lies at 0/0, it cannot be reached on foot",
    ]
    assert [text.split("feed.zip/")[1] for text in missing] == [
        "stops.txt:3: has no coordinates, the place of its station is taken",
        "stops.txt:6: has no coordinates, it cannot be reached on foot",
    ]


def test_parents_that_do_not_exist_or_are_no_station(tmp_path: Path):
    stops = HEAD + "A,a,45,3,0,Z\nB,b,45,3.01,0,A\nC,c,45,3.02,0,\n"
    feed = read(tmp_path, stops)
    assert feed.stops["parent"].tolist() == [-1, -1, -1]
    assert feed.findings.examples("unknown_parent_station")[0].endswith(
        "stops.txt:2: parent_station 'Z' does not exist"
    )
    assert feed.findings.examples("parent_is_no_station")[0].endswith(
        "stops.txt:3: parent_station 'A' is no station"
    )


@pytest.mark.parametrize(
    "parents", [{"A": "A"}, {"A": "B", "B": "A"}, {"A": "G", "G": "H", "H": "K", "K": "G"}]
)
def test_parents_in_a_circle(tmp_path: Path, parents: dict[str, str]):
    rows = [
        f"{s},{s},45,3.0{i},{int(s in 'GHK')},{parents.get(s, '')}" for i, s in enumerate("ABCGHK")
    ]
    with pytest.raises(InputError) as caught:
        read(tmp_path, HEAD + "\n".join(rows))
    text = str(caught.value)
    circle = set(parents) - {"A"} if "H" in parents else set(parents)
    line = int(text.split("stops.txt:")[1].split(":")[0])
    assert "ABCGHK"[line - 2] in circle
    assert "which is part of this stop itself, expected parents without circles" in text


def test_trips_that_call_at_a_station(tmp_path: Path):
    rows = ["T1,8:00:00,8:00:00,G,1", "T1,8:20:00,8:20:00,C,2"]
    feed = read(tmp_path, stop_times=to_times(*rows))
    assert feed.stops["id"].tolist() == ["A", "B", "G", "C"]
    assert feed.stops["parent"].tolist() == [0, 0, -1, -1]
    assert feed.stations["id"].tolist() == ["G"]
    assert feed.findings.count("trips_call_at_a_station") == 1
    assert feed.findings.count("unused_stop") == 2


def test_unused_stops(tmp_path: Path):
    feed = read(tmp_path, STOPS + "D,Ailleurs,45.1,3,0,\n")
    assert feed.findings.examples("unused_stop") == [
        f"{tmp_path}/feed.zip/stops.txt:9: no trip calls at 'D'"
    ]
    assert feed.stops["id"].tolist() == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    "old,new,words",
    [
        ("45.03,3", "245.03,3", "stop_lat is 245.03, expected a number in -90..90"),
        ("45.03,3", "45.03,181", "stop_lon is 181, expected a number in -180..180"),
        ("45.03,3", "45°,3", "stop_lat is '45°', expected a number in -90..90"),
        ('45.03,3', '"45,03",3', "stop_lat is 45,03, expected a number in -90..90"),
        ("45.03,3,", "45.03,3,7", "location_type is 7, expected a whole number in 0..4"),
        ("C,Ville", ",Ville", "stop_id is empty, expected an id"),
        ("C,Ville", "A,Ville", "stop_id is 'A', which .*stops.txt:2 has, expected every id once"),
    ],
)  # fmt: skip
def test_stops_that_cannot_be_read(tmp_path: Path, old: str, new: str, words: str):
    with pytest.raises(InputError, match=rf"feed\.zip/stops\.txt:5: {words}"):
        read(tmp_path, STOPS.replace(old, new))


def test_transfers_of_every_type(tmp_path: Path):
    rows = [f"A,{'ABC'[i % 3]},{i}," for i in range(3)] + [
        f"B,{'ABC'[i % 3]},{i},60" for i in (3, 4, 5)
    ]
    feed = read(tmp_path, transfers=to_transfers(*rows, "C,A,,", "C,B,2,0"))
    assert to_pairs(feed) == {
        ("A", "A"): (0, None), ("A", "B"): (1, None), ("A", "C"): (2, None),
        ("B", "A"): (3, 60), ("B", "B"): (4, 60), ("B", "C"): (5, 60),
        ("C", "A"): (0, None), ("C", "B"): (2, 0),
    }  # fmt: skip
    assert feed.transfers.dtypes.astype(str).tolist() == ["int32", "int32", "int8", "Int32"]


def test_transfers_of_stations_are_those_of_their_stops(tmp_path: Path):
    rows = ["G,G,2,300", "G,C,2,120", "A,C,2,60", "A,B,3,"]
    feed = read(tmp_path, transfers=to_transfers(*rows))
    assert to_pairs(feed) == {
        ("A", "A"): (2, 300), ("B", "A"): (2, 300), ("B", "B"): (2, 300),
        ("A", "B"): (3, None),  # the stops themselves count more than their station
        ("B", "C"): (2, 120), ("A", "C"): (2, 60),
    }  # fmt: skip
    # whatever the order of the rows
    assert to_pairs(read(tmp_path, transfers=to_transfers(*rows[::-1]))) == to_pairs(feed)


def test_transfers_that_contradict_restrict_or_name_nobody(tmp_path: Path):
    columns = ",from_route_id,to_route_id,from_trip_id,to_trip_id"
    rows = ["A,C,2,60,,,,", "A,C,2,90,,,,", "A,C,2,60,,,,", "A,B,2,60,L1,,,", "A,Z,2,60,,,,",
            ",,4,,,,T1,T2"]  # fmt: skip
    feed = read(tmp_path, transfers=to_transfers(*rows, columns=columns))
    assert to_pairs(feed) == {("A", "C"): (2, 60)}
    for kind in ("contradictory_transfer", "restricted_transfer", "unknown_transfer_stop",
                 "in_seat_transfer"):  # fmt: skip
        assert feed.findings.count(kind) == 1, kind


@pytest.mark.parametrize(
    "row,words",
    [
        ("A,B,6,60", "transfer_type is 6, expected a whole number in 0..5"),
        ("A,B,2,-60", "min_transfer_time is -60, expected a whole number in 0..86400"),
        ("A,B,2,soon", "min_transfer_time is 'soon', expected a whole number in 0..86400"),
    ],
)
def test_transfers_that_cannot_be_read(tmp_path: Path, row: str, words: str):
    with pytest.raises(InputError, match=rf"transfers\.txt:2: {words}"):
        read(tmp_path, transfers=to_transfers(row))
