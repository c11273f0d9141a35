"""Towns along a road to the north, with timetables that a person can count.

Stops and people stand so many metres north of 45 N 3 E and walk 1 metre a second (3.6 km/h)
along straight lines; a hair is taken off each distance, so that no way is rounded up.

    feed = write_town(folder, {"A": 0, "B": 10_000}, {"T": "A@8:00 B@8:20"})
    frame = at(home=0, desk=10_000)
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from gtfs_feeds import TUESDAY, write_feed

import maillage as ml

M = math.degrees(1 / 6_371_008.8) * (1 - 1e-6)  # degrees of latitude a metre
_CALL = re.compile(r"(\w+)@([\d:]+)(?:-([\d:]+))?(\[on\]|\[off\])?")


def to_lat(metres: float) -> float:
    """The latitude so many metres north of the beginning of the road."""
    return 45 + metres * M


def at(**metres: float) -> pd.DataFrame:
    """Points along the road, by id."""
    lats = [to_lat(m) for m in metres.values()]
    return pd.DataFrame({"id": list(metres), "lon": 3.0, "lat": lats})


def to_stops(stops: Mapping[str, float | None]) -> str:
    """stops.txt; None is a stop without a place."""
    rows = ["stop_id,stop_name,stop_lat,stop_lon"]
    for name, metres in stops.items():
        place = "," if metres is None else f"{to_lat(metres)!r},3"
        rows.append(f"{name},Stop {name},{place}")
    return "\n".join([*rows, ""])


def to_trips(trips: Mapping[str, str]) -> dict[str, str]:
    """trips.txt, routes.txt and stop_times.txt of trips such as `A@8:00 B@8:10-8:12 C@8:30`.

    A call says stop, arrival and departure; `[on]` lets people only on, `[off]` only off. The
    line of a trip is its name up to the first dot.
    """
    lines = dict.fromkeys(name.partition(".")[0] for name in trips)
    times = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type"]
    for name, calls in trips.items():
        for number, call in enumerate(calls.split()):
            found = _CALL.fullmatch(call)
            assert found, call
            stop, arrival, departure, door = found.groups()
            arrival, departure = (_to_time(t) for t in (arrival, departure or arrival))
            doors = {"[on]": "0,1", "[off]": "1,0"}.get(door, "0,0")
            times.append(f"{name},{arrival},{departure},{stop},{number},{doors}")
    rows = [f"{name.partition('.')[0]},WEEK,{name},to the end,0" for name in trips]
    return {
        "routes": "\n".join(
            ["route_id,agency_id,route_short_name,route_long_name,route_type"]
            + [f"{line},CAR,{line},Line {line},3" for line in lines]
            + [""]
        ),
        "trips": "\n".join(["route_id,service_id,trip_id,trip_headsign,direction_id", *rows, ""]),
        "stop_times": "\n".join([*times, ""]),
    }


def _to_time(text: str) -> str:
    return text if text.count(":") == 2 else f"{text}:00"


def write_town(
    folder: Path,
    stops: Mapping[str, float | None],
    trips: Mapping[str, str],
    name: str = "town.zip",
    /,
    **changes: str | None,
) -> Path:
    """The feed of a town as a zip archive."""
    return write_feed(folder, name, **{"stops": to_stops(stops), **to_trips(trips), **changes})


def read_town(
    folder: Path, stops: Mapping[str, float | None], trips: Mapping[str, str], **how: Any
) -> ml.Transit:
    """The town of a Tuesday, on foot along straight lines unless `walk` says otherwise."""
    return ml.read_transit(write_town(folder, stops, trips), TUESDAY, **how)


def find_minutes(transit: ml.Transit, departure: str, **how: Any) -> float:
    """Minutes from A (0 m) to B (10 km) when leaving at one instant; NaN when nothing goes."""
    start = how.pop("start", 0)
    end = how.pop("end", 10_000)
    table = transit.travel_time_matrix(
        at(home=start), at(desk=end), departure, window_min=1 / 60, percentiles=[50], **how
    )
    return float(table["travel_time_p50"].iloc[0])
