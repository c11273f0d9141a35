"""GTFS feeds as gtfs-kit reads them, which knows nothing of our reader."""

from __future__ import annotations

from pathlib import Path

import gtfs_kit as gk
import numpy as np
import pandas as pd
import pytest

from maillage.findings import Findings
from maillage.geo.gtfs import TransitFeed, read_gtfs
from maillage.geo.gtfs_feed import read_feed

NANTES = Path("gtfs/nantes_2014.zip")
CORSE = Path("corse/coaches_gtfs.zip")
# Working days, school holidays, a Saturday, a Sunday, bank holidays (Easter, 8 May, Ascension).
NANTES_DAYS = ["2014-04-07", "2014-04-09", "2014-04-12", "2014-04-21", "2014-04-24", "2014-05-08",
               "2014-05-29", "2014-06-10", "2014-06-22", "2014-07-05", "2014-07-11"]  # fmt: skip


@pytest.fixture(scope="module")
def nantes(shared_data: Path) -> gk.Feed:
    return gk.read_feed(shared_data / NANTES, dist_units="km")


def to_seconds(times: pd.Series) -> np.ndarray:
    """Seconds of `H:MM:SS` by plain arithmetic."""
    parts = times.str.strip().str.split(":", expand=True).astype(int)
    return (parts[0] * 3600 + parts[1] * 60 + parts[2]).to_numpy()


def find_rides(feed: gk.Feed, date: str) -> pd.DataFrame:
    """Calls of the trips of a date that call at least twice, in order, by gtfs-kit."""
    calls = feed.get_stop_times(date.replace("-", ""))
    calls = calls.sort_values(["trip_id", "stop_sequence"])
    n_calls = calls.groupby("trip_id")["stop_id"].transform("size")
    return calls[n_calls >= 2].reset_index(drop=True)


def to_rides(ours: TransitFeed) -> pd.DataFrame:
    """Our calls of the trips of the date itself, with ids."""
    times = ours.stop_times
    trips = ours.trips.iloc[times["trip"]].reset_index(drop=True)
    stops = ours.stops.iloc[times["stop"]].reset_index(drop=True)
    frame = times.assign(trip_id=trips["id"], stop_id=stops["id"], day_offset=trips["day_offset"])
    today = frame[frame["day_offset"] == 0]
    return today.sort_values("trip_id", kind="stable").reset_index(drop=True)


@pytest.mark.parametrize("date", NANTES_DAYS)
def test_nantes_calls_are_those_of_gtfs_kit(shared_data: Path, nantes: gk.Feed, date: str):
    theirs = find_rides(nantes, date)
    ours = to_rides(read_gtfs([shared_data / NANTES], date))
    assert len(ours) == len(theirs) > 1000
    assert ours["trip_id"].tolist() == theirs["trip_id"].tolist()
    assert ours["stop_id"].tolist() == theirs["stop_id"].tolist()
    assert np.array_equal(ours["arrival_s"], to_seconds(theirs["arrival_time"]))
    assert np.array_equal(ours["departure_s"], to_seconds(theirs["departure_time"]))
    assert np.array_equal(ours["pickup"], theirs["pickup_type"] != 1)
    assert np.array_equal(ours["drop_off"], theirs["drop_off_type"] != 1)


def test_nantes_trips_of_the_day_before(shared_data: Path, nantes: gk.Feed):
    ours = read_gtfs([shared_data / NANTES], "2014-06-10")
    before = find_rides(nantes, "2014-06-09")
    before = before.assign(departure=to_seconds(before["departure_time"]) - 86_400)
    after_midnight = before[before["departure"] >= 0]
    n_left = after_midnight.groupby("trip_id")["stop_id"].transform("size")
    expected = after_midnight[n_left >= 2]
    times = ours.stop_times
    trips = ours.trips.iloc[times["trip"]].reset_index(drop=True)
    late = (trips["day_offset"] == -1).to_numpy()
    assert late.sum() == len(expected) > 0
    assert sorted(zip(trips["id"][late], times["departure_s"][late], strict=True)) == sorted(
        zip(expected["trip_id"], expected["departure"], strict=True)
    )


def test_nantes_trips_on_every_day(shared_data: Path, nantes: gk.Feed):
    counts = read_feed(shared_data / NANTES, Findings()).count_trips()
    dates = nantes.get_dates()
    active = nantes.compute_trip_activity(dates).set_index("trip_id")
    n_calls = nantes.stop_times["trip_id"].value_counts()
    ridden = active.index.isin(n_calls.index[n_calls >= 2])
    expected = active.loc[ridden, dates].sum()
    for date, n in expected.items():
        assert counts.get(pd.Timestamp(str(date)), 0) == n, date
    assert counts.sum() == expected.sum()


def test_nantes_stops_and_lines(shared_data: Path, nantes: gk.Feed):
    ours = read_gtfs([shared_data / NANTES], "2014-06-10")
    rows = nantes.stops
    boardable = rows[rows["location_type"].fillna(0) == 0]
    assert ours.stops["id"].tolist() == boardable["stop_id"].tolist()
    assert ours.stops["lat"].tolist() == boardable["stop_lat"].tolist()
    assert ours.stops["lon"].tolist() == boardable["stop_lon"].tolist()
    parent = np.append(ours.stations["id"].to_numpy(), [None])[ours.stops["parent"]]
    theirs = boardable["parent_station"].tolist()
    assert [p or None for p in parent] == [None if pd.isna(p) else p for p in theirs]
    assert len(ours.stations) + len(ours.stops) == len(rows) == 3415
    routes = nantes.routes.set_index("route_id")
    mine = ours.trips.drop_duplicates("route_id").set_index("route_id")
    names = routes.loc[mine.index, "route_short_name"].fillna("NA")  # a line called NA, no absence
    assert mine["route_name"].to_dict() == names.to_dict()
    assert mine["route_type"].to_dict() == routes.loc[mine.index, "route_type"].to_dict()
    assert ours.findings.count("trip_without_calls") == 41_128 - 8_287
    used = set(nantes.stop_times["stop_id"])
    assert ours.findings.count("unused_stop") == (~boardable["stop_id"].isin(used)).sum()


def test_nantes_transfers(shared_data: Path, nantes: gk.Feed):
    ours = read_gtfs([shared_data / NANTES], "2014-06-10")
    ids = ours.stops["id"].to_numpy()
    mine = {
        (ids[row.from_stop], ids[row.to_stop], row.type, row.min_transfer_s)
        for row in ours.transfers.itertuples()
    }
    assert nantes.transfers is not None
    columns = ["from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time"]
    assert mine == set(nantes.transfers[columns].itertuples(index=False, name=None))


def test_corse_but_for_the_call_whose_clock_is_wrong(shared_data: Path):
    kit = gk.read_feed(shared_data / CORSE, dist_units="km")
    theirs = find_rides(kit, "2025-06-10")
    ours = read_gtfs([shared_data / CORSE], "2025-06-10")
    bad = set(kit.stop_times["trip_id"]) - set(ours.trips["id"])
    assert not bad and not ours.findings.count("trip_goes_back_in_time")
    assert ours.findings.count("time_out_of_order") == 1
    mine = to_rides(ours)
    assert mine["trip_id"].tolist() == theirs["trip_id"].tolist()
    assert mine["stop_id"].tolist() == theirs["stop_id"].tolist()
    differs = mine["departure_s"].to_numpy() != to_seconds(theirs["departure_time"])
    assert theirs["departure_time"][differs].tolist() == ["08:15:00"]
    assert 63_600 < mine["departure_s"][differs].item() < 64_200  # 17:40 to 17:50
    assert ours.findings.count("impossible_speed") > 0
