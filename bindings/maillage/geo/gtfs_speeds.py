"""Speeds between stops that no vehicle reaches: mostly stops in a wrong place, or wrong times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from maillage.findings import Findings
from maillage.geo.gtfs_stop_times import StopTimes, find_hops_m
from maillage.geo.gtfs_stops import FeedStops

# km/h by the type of the route, in the basic numbers and by hundreds in the extended ones.
_ROAD, _RAIL, _METRO, _BOAT, _CABLE, _AIR = 150.0, 350.0, 150.0, 100.0, 100.0, 1200.0
_LIMITS = {1: _METRO, 2: _RAIL, 4: _BOAT, 6: _CABLE, 7: _CABLE, 12: _RAIL}
_EXTENDED_LIMITS = {1: _RAIL, 4: _METRO, 5: _METRO, 6: _METRO, 10: _BOAT, 11: _AIR, 12: _BOAT,
                    13: _CABLE, 14: _CABLE}  # fmt: skip
# Timetables in whole minutes may say 10:00 for 10:00:59 and 10:01 for 10:01:00.
_ROUNDING_S = 60


def to_limit_kmh(route_type: int) -> float:
    """The speed between two stops above which a timetable is doubted."""
    if route_type < 100:
        return _LIMITS.get(route_type, _ROAD)
    return _EXTENDED_LIMITS.get(route_type // 100, _ROAD)


def find_impossible_speeds(
    calls: StopTimes,
    stops: FeedStops,
    trips: pd.DataFrame,
    routes: pd.DataFrame,
    findings: Findings,
) -> None:
    """A finding `impossible_speed` for the hops of trips that are faster than their kind of
    vehicle, a minute of rounding granted; counted by hop, told by pair of stops and line.
    """
    metres = find_hops_m(calls, stops)
    seconds = calls.arrival - np.roll(calls.departure, 1) + _ROUNDING_S
    kinds = routes["type"].to_numpy()
    limits = np.array([to_limit_kmh(int(kind)) for kind in kinds] + [_ROAD])
    route = trips["route"].to_numpy()[calls.trip]
    fast = np.flatnonzero(metres * 3.6 > limits[route] * seconds)  # NaN is not fast
    if len(fast) == 0:
        return
    pairs = pd.DataFrame(
        {"route": route[fast], "start": calls.stop[fast - 1], "end": calls.stop[fast], "row": fast}
    ).drop_duplicates(["route", "start", "end"])
    order = np.argsort(-metres[pairs["row"].to_numpy()], kind="stable")
    ids, names = stops.frame["id"].to_numpy(), stops.frame["name"].to_numpy()
    trip_ids = trips["id"].to_numpy()

    def to_words(row: int) -> str:
        start, end = calls.stop[row - 1], calls.stop[row]
        minutes = (calls.arrival[row] - calls.departure[row - 1]) / 60
        return (
            f"{stops.table.name}: {names[start]} ({ids[start]}) to {names[end]} ({ids[end]}): "
            f"{metres[row] / 1000:.1f} km in {minutes:g} min, trip {trip_ids[calls.trip[row]]}"
        )

    examples = (to_words(int(row)) for row in pairs["row"].to_numpy()[order])
    findings.add_all("impossible_speed", examples, len(fast))
