"""Stops of a GTFS feed: where to board, the stations they are part of, entrances, transfers.

`read_stops(files, findings)`             every row of stops.txt, checked
`read_transfers(files, stops, findings)`  transfers.txt between boardable stops
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.gtfs_files import FeedFiles
from maillage.geo.gtfs_tables import add_rows, find_rows, read_ids, read_numbers, read_texts
from maillage.geo.tables import NumberRule, Table

STOP, STATION, ENTRANCE, NODE, BOARDING_AREA = range(5)
N_TRANSFER_TYPES = 6
_MAX_TRANSFER_S = 86_400
# Of these the place must be known; a node and a boarding area may do without.
_WITH_PLACE = (STOP, STATION, ENTRANCE)
_RESTRICTIONS = ("from_route_id", "to_route_id", "from_trip_id", "to_trip_id")


@dataclass(frozen=True)
class FeedStops:
    """Every row of stops.txt, in its order: `frame` has id, name, lat, lon (NaN unknown),
    location_type, station (row of the station that it is part of, or -1); `ids` its ids.
    """

    frame: pd.DataFrame
    ids: pa.Array
    table: Table


def read_stops(files: FeedFiles, findings: Findings) -> FeedStops:
    """The stops, stations, entrances, nodes and boarding areas of a feed.

    A stop without a place (empty, or 0/0) takes that of its station, else its place is
    unknown; both are findings. Parents that go round in a circle are an InputError.
    """
    table = files.read(
        "stops.txt",
        ["stop_id", "stop_lat", "stop_lon"],
        ["stop_name", "location_type", "parent_station"],
        findings,
    )
    ids = read_ids(table, "stop_id")
    rule = NumberRule(0, 4, whole=True, absent="nan")
    kind = read_numbers(table, "location_type", rule, STOP)
    station = _find_stations(table, ids, kind, findings)
    lat, lon = _read_places(table, kind, station, findings)
    id_texts = pd.Series(ids.to_pandas()).astype("str")
    name = read_texts(table, "stop_name")
    frame = pd.DataFrame(
        {
            "id": id_texts,
            "name": name.where(name.notna(), id_texts),
            "lat": lat,
            "lon": lon,
            "location_type": kind,
            "station": station,
        }
    )
    return FeedStops(frame, ids, table)


def _find_stations(table: Table, ids: pa.Array, kind: np.ndarray, findings: Findings) -> np.ndarray:
    """The row of the station of each row: its parent, or its parent's parent; -1 without."""
    n_rows = table.n_rows
    if "parent_station" not in table.columns.column_names:
        return np.full(n_rows, -1, dtype=np.int64)
    named = table.texts("parent_station").combine_chunks()
    parent = find_rows(named, ids)
    unknown = np.flatnonzero((parent < 0) & np.asarray(named.is_valid()))
    add_rows(
        findings,
        "unknown_parent_station",
        table,
        unknown,
        lambda row: f"parent_station {named[row].as_py()!r} does not exist",
    )
    _check_circles(table, named, parent)
    station = parent.copy()
    for _ in range(2):  # a boarding area is part of a stop, which is part of a station
        above = (station >= 0) & (kind[station] != STATION)
        station[above] = parent[station[above]]
    odd = np.flatnonzero((parent >= 0) & ((station < 0) | (kind[station] != STATION)))
    odd = odd[kind[odd] != BOARDING_AREA]
    station[(station >= 0) & (kind[station] != STATION)] = -1
    add_rows(
        findings,
        "parent_is_no_station",
        table,
        odd,
        lambda row: f"parent_station {named[row].as_py()!r} is no station",
    )
    nested = np.flatnonzero((kind == STATION) & (station >= 0))
    add_rows(findings, "station_in_station", table, nested, "a station in a station")
    return station


def _check_circles(table: Table, named: pa.Array, parent: np.ndarray) -> None:
    """Raises InputError when a stop is, over its parents, part of itself."""
    above = parent
    for _ in range(len(parent).bit_length() + 1):  # twice as far up each time
        above = np.where(above >= 0, above[above], -1)
    if (above < 0).all():
        return
    row = int(above[np.argmax(above >= 0)])  # so far up, one is on the circle itself
    raise InputError(
        f"{table.find_place(row)}: parent_station is {named[row].as_py()!r}, which is part of "
        "this stop itself, expected parents without circles"
    )


def _read_places(
    table: Table, kind: np.ndarray, station: np.ndarray, findings: Findings
) -> tuple[np.ndarray, np.ndarray]:
    lat = table.numbers("stop_lat", NumberRule(-90, 90, absent="nan")).amounts
    lon = table.numbers("stop_lon", NumberRule(-180, 180, absent="nan")).amounts
    with_place = np.isin(kind, _WITH_PLACE)
    at_zero = (np.abs(lat) < 1e-3) & (np.abs(lon) < 1e-3)
    missing = np.isnan(lat) | np.isnan(lon)
    lat, lon = (np.where(at_zero | missing, np.nan, x) for x in (lat, lon))
    # A station without a place itself has none to lend.
    lent = np.isnan(lat) & (station >= 0) & np.isfinite(lat[station])
    effects = ("it cannot be reached on foot", "the place of its station is taken")
    for mask, what, words in (
        (at_zero, "stop_at_zero", "lies at 0/0"),
        (missing & with_place, "stop_without_place", "has no coordinates"),
    ):
        told = [f"{words}, {effect}" for effect in effects]
        add_rows(
            findings, what, table, np.flatnonzero(mask), lambda row, told=told: told[int(lent[row])]
        )
    lat, lon = (np.where(lent, x[station], x) for x in (lat, lon))
    return lat, lon


def find_boardable(stops: FeedStops, used: np.ndarray, findings: Findings) -> np.ndarray:
    """Which rows of stops.txt are boardable: stops, and whatever trips call at.

    `used` are the rows that stop_times.txt names. Stations and the like among them are a
    finding, and so are stops at which no trip calls.
    """
    kind = stops.frame["location_type"].to_numpy()
    is_stop = kind == STOP
    is_used = np.zeros(len(kind), dtype=bool)
    is_used[used] = True
    odd = np.flatnonzero(is_used & ~is_stop)
    add_rows(
        findings,
        "trips_call_at_a_station",
        stops.table,
        odd,
        lambda row: f"trips call here, location_type is {kind[row]}",
    )
    unused = np.flatnonzero(is_stop & ~is_used)
    ids = stops.frame["id"].to_numpy()
    add_rows(
        findings, "unused_stop", stops.table, unused, lambda row: f"no trip calls at {ids[row]!r}"
    )
    return is_stop | is_used


def read_transfers(
    files: FeedFiles, stops: FeedStops, boardable: np.ndarray, findings: Findings
) -> pd.DataFrame:
    """Transfers between boardable stops: from_stop, to_stop (rows of stops.txt), type 0..5,
    min_transfer_s (missing where it is not given).

    A station stands for all its stops; of two transfers between the same stops the one that
    names the stops themselves counts. Transfers for some routes or trips only are left out,
    which is a finding.
    """
    if not files.has("transfers.txt"):
        return _to_frame([np.array([], dtype=np.int64)] * 3, np.array([]))
    table = files.read(
        "transfers.txt",
        ["from_stop_id", "to_stop_id"],
        ["transfer_type", "min_transfer_time", *_RESTRICTIONS],
        findings,
    )
    kind = read_numbers(
        table, "transfer_type", NumberRule(0, N_TRANSFER_TYPES - 1, whole=True, absent="nan"), 0
    )
    seconds = np.full(table.n_rows, np.nan)
    if "min_transfer_time" in table.columns.column_names:
        seconds = table.numbers(
            "min_transfer_time", NumberRule(0, _MAX_TRANSFER_S, whole=True, absent="nan")
        ).amounts
    ends = [find_rows(table.texts(c), stops.ids) for c in ("from_stop_id", "to_stop_id")]
    kept = _set_aside(table, kind, ends, findings)
    frame = _to_frame([ends[0][kept], ends[1][kept], kind[kept]], seconds[kept])
    return _expand_stations(frame, stops, boardable, findings, str(table.name))


def _to_frame(columns: list[np.ndarray], seconds: np.ndarray) -> pd.DataFrame:
    start, end, kind = columns
    known = pd.array(seconds, dtype="Float64").astype("Int64")  # NaN becomes missing
    return pd.DataFrame({"from_stop": start, "to_stop": end, "type": kind, "min_transfer_s": known})


def _set_aside(
    table: Table, kind: np.ndarray, ends: list[np.ndarray], findings: Findings
) -> np.ndarray:
    """Which rows speak of stops alone that exist; the others are findings."""
    restricted = np.zeros(table.n_rows, dtype=bool)
    for column in _RESTRICTIONS:
        restricted |= read_texts(table, column).notna().to_numpy()
    unknown = ~restricted & ((ends[0] < 0) | (ends[1] < 0))
    in_seat = restricted & (kind >= 4)
    for what, mask, words in (
        ("in_seat_transfer", in_seat, "one vehicle goes on as another trip: left out"),
        ("restricted_transfer", restricted & ~in_seat, "is for some routes or trips: left out"),
        ("unknown_transfer_stop", unknown, "names a stop that does not exist: left out"),
    ):
        add_rows(findings, what, table, np.flatnonzero(mask), words)
    return ~restricted & ~unknown


def _expand_stations(
    frame: pd.DataFrame, stops: FeedStops, boardable: np.ndarray, findings: Findings, name: str
) -> pd.DataFrame:
    station = stops.frame["station"].to_numpy()
    rows = np.flatnonzero(boardable)
    parts = pd.DataFrame({"whole": station[rows], "stop": rows})
    itself = pd.DataFrame({"whole": rows, "stop": rows})
    parts = pd.concat([parts[parts["whole"] >= 0], itself], ignore_index=True)
    frame = frame.assign(order=np.arange(len(frame)))
    for end in ("from_stop", "to_stop"):
        frame = frame.merge(parts, left_on=end, right_on="whole")
        whole, stop = frame.pop("whole"), frame.pop("stop")
        frame[end] = stop
        frame[f"{end}_is_whole"] = whole.to_numpy() != stop.to_numpy()
    frame["n_whole"] = frame.pop("from_stop_is_whole").astype(int) + frame.pop("to_stop_is_whole")
    frame = frame.sort_values(["from_stop", "to_stop", "n_whole", "order"], ignore_index=True)
    key = ["from_stop", "to_stop"]
    best = ~frame.duplicated(key).to_numpy()
    said_twice = frame.duplicated([*key, "n_whole"]).to_numpy()
    differs = said_twice & ~frame.duplicated([*key, "n_whole", "type", "min_transfer_s"]).to_numpy()
    ids = stops.frame["id"].to_numpy()
    odd = frame[differs]
    examples = (
        f"{name}: {ids[a]!r} to {ids[b]!r} stands there twice, the first counts"
        for a, b in zip(odd["from_stop"], odd["to_stop"], strict=True)
    )
    findings.add_all("contradictory_transfer", examples, len(odd))
    columns = ["from_stop", "to_stop", "type", "min_transfer_s"]
    return pd.DataFrame(frame.loc[best, columns]).reset_index(drop=True)
