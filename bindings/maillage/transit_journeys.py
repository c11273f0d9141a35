"""Journeys of one person with their legs: what `Transit.journeys` gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maillage.arguments import to_shown
from maillage.errors import InputError
from maillage.geo.gtfs import TransitFeed
from maillage.geo.gtfs_times import to_clock
from maillage.route_types import to_route_words
from maillage.transit_walks import Spots

WALK = "walk"
COLUMNS = (
    "journey", "leg", "mode", "line", "headsign", "from_stop", "to_stop", "departure", "arrival",
    "minutes", "wait_min", "n_stops", "from_lon", "from_lat", "to_lon", "to_lat", "trip_id",
    "headway_min",
)  # fmt: skip
_POINT_WORDS = "a point (lon, lat), a mapping with lon and lat, or a frame of one row"


@dataclass(frozen=True)
class End:
    """Where a leg begins or ends."""

    name: str
    lon: float
    lat: float


def to_point_frame(point: Any, what: str) -> tuple[pd.DataFrame, str]:
    """One point however it is given, as a frame with `id`; and what it is called."""
    if isinstance(point, pd.DataFrame):
        frame = point.reset_index(drop=True)
    elif isinstance(point, Mapping | pd.Series):
        frame = pd.DataFrame([dict(point)])
    elif isinstance(point, Sequence | np.ndarray) and not isinstance(point, str):
        if len(point) != 2:
            raise InputError(f"{what} is {to_shown(point)}, expected {_POINT_WORDS}")
        frame = pd.DataFrame({"lon": [point[0]], "lat": [point[1]]})
    else:
        raise InputError(f"{what} is {to_shown(point)}, expected {_POINT_WORDS}")
    if len(frame) != 1:
        raise InputError(f"{what} has {len(frame)} rows, expected one")
    named = [
        frame[c].iloc[0] for c in ("name", "id") if c in frame and not pd.isna(frame[c].iloc[0])
    ]
    if "id" not in frame:
        frame = frame.assign(id=what)
    return frame, str(named[0]) if named else what


def to_end(spots: Spots, name: str) -> End:
    """Where a single point lies: its own coordinates, or those of its node."""
    points = spots.points
    if points.lon is not None and points.lat is not None:
        return End(name, float(points.lon[0]), float(points.lat[0]))
    assert spots.links is not None, "nodes belong to a network"
    lon, lat = spots.links.snapped[0]
    return End(name, float(lon), float(lat))


class LegWriter:
    """Turns journeys as the engine finds them into rows, one a leg."""

    def __init__(self, feed: TransitFeed, ends: tuple[End, End]) -> None:
        self._feed = feed
        self._ends = ends
        self._rows: list[dict[str, Any]] = []
        self._lines: list[shapely.LineString | None] = []
        trips = feed.stop_times["trip"].to_numpy()
        self._first_call = np.searchsorted(trips, np.arange(len(feed.trips)))

    def to_frame(self, found: dict[str, np.ndarray], *, geometry: bool) -> pd.DataFrame:
        """The frame of all journeys; a GeoDataFrame (WGS84) when geometry is wanted."""
        next_ride = 0
        for number, n_rides in enumerate(found["n_rides"].tolist()):
            rides = range(next_ride, next_ride + n_rides)
            self._write_journey(number, found, rides)
            next_ride += n_rides
        frame = pd.DataFrame(self._rows, columns=pd.Index(COLUMNS))
        texts = (
            "mode",
            "line",
            "headsign",
            "from_stop",
            "to_stop",
            "departure",
            "arrival",
            "trip_id",
        )
        numbers = (
            "minutes", "wait_min", "from_lon", "from_lat", "to_lon", "to_lat", "headway_min",
        )  # fmt: skip
        kinds = dict.fromkeys(texts, "str") | dict.fromkeys(numbers, "float64")
        frame = frame.astype(kinds | dict.fromkeys(("journey", "leg", "n_stops"), "int32"))
        if geometry:
            lines: Any = self._lines  # None is a geometry that is missing
            return gpd.GeoDataFrame(frame, geometry=lines, crs=4326)
        return frame

    def _write_journey(self, number: int, found: dict[str, np.ndarray], rides: range) -> None:
        head = {"journey": number + 1}
        here, now = self._ends[0], int(found["departure"][number])
        for r in rides:
            board, alight = self._to_stop(found["board"][r]), self._to_stop(found["alight"][r])
            walk = int(found["walk"][r])
            now = self._write_walk(head, (here, board), now, walk)
            leave, come = int(found["ride_departure"][r]), int(found["ride_arrival"][r])
            trip, calls = int(found["trip"][r]), (int(found["from"][r]), int(found["to"][r]))
            self._write_ride(head, (board, alight), (now, leave, come), (trip, calls))
            here, now = alight, come
        last = int(found["last_walk"][number])
        self._write_walk(head, (here, self._ends[1]), now, last, is_needed=len(rides) == 0)

    def _write_walk(
        self,
        head: dict[str, int],
        ends: tuple[End, End],
        start: int,
        seconds: int,
        *,
        is_needed: bool = False,
    ) -> int:
        """A way on foot, left out where it takes no time; returns its end."""
        if seconds > 0 or is_needed:
            self._add(head, WALK, ends, (start, start + seconds), {"wait_min": 0.0, "n_stops": 0})
            self._lines.append(_to_line([(end.lon, end.lat) for end in ends]))
        return start + seconds

    def _write_ride(
        self,
        head: dict[str, int],
        ends: tuple[End, End],
        times: tuple[int, int, int],
        ride: tuple[int, tuple[int, int]],
    ) -> None:
        trip, (first, last) = ride
        here, leave, come = times
        row = self._feed.trips.iloc[trip]
        about = {
            "line": row["route_name"],
            "headsign": row["headsign"],
            "wait_min": (leave - here) / 60,
            "n_stops": last - first,
            "trip_id": row["id"],
        }
        if not row["exact_times"]:
            about["headway_min"] = row["headway_s"] / 60
        mode = to_route_words(int(row["route_type"]))
        self._add(head, mode, ends, (leave, come), about)
        calls = self._first_call[trip] + np.arange(first, last + 1)
        stops = self._feed.stops.iloc[self._feed.stop_times["stop"].to_numpy()[calls]]
        self._lines.append(_to_line(stops[["lon", "lat"]].to_numpy().tolist()))

    def _add(
        self,
        head: dict[str, int],
        mode: str,
        ends: tuple[End, End],
        times: tuple[int, int],
        about: dict[str, Any],
    ) -> None:
        is_new = not self._rows or self._rows[-1]["journey"] != head["journey"]
        start, end = ends
        self._rows.append(
            {
                **head,
                "leg": 1 if is_new else self._rows[-1]["leg"] + 1,
                "mode": mode,
                "from_stop": start.name,
                "to_stop": end.name,
                "departure": to_clock(times[0]),
                "arrival": to_clock(times[1]),
                "minutes": (times[1] - times[0]) / 60,
                "from_lon": start.lon,
                "from_lat": start.lat,
                "to_lon": end.lon,
                "to_lat": end.lat,
                **about,
            }
        )

    def _to_stop(self, row: int) -> End:
        stop = self._feed.stops.iloc[int(row)]
        name = stop["id"] if pd.isna(stop["name"]) else stop["name"]
        return End(str(name), float(stop["lon"]), float(stop["lat"]))


def _to_line(places: Sequence[Sequence[float]]) -> shapely.LineString | None:
    """Straight from place to place, those that are unknown left out; None with fewer than two."""
    known = [(lon, lat) for lon, lat in places if not (np.isnan(lon) or np.isnan(lat))]
    return shapely.LineString(known) if len(known) > 1 else None
