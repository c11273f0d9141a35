"""Walking and public transport by timetable: travel times over a window of departures.

    walk = ml.read_roads("nantes.osm.pbf", "walk")
    transit = ml.read_transit(["tan.zip"], date="2014-06-10", walk=walk)
    transit.travel_time_matrix(homes, counters, departure="08:00", window_min=60)
    transit.journeys((-1.55, 47.21), (-1.60, 47.25), "08:00")  # which bus to take, leg by leg

Every figure is exact over all seconds of the window unless `sample_min` says otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.arguments import check_number, check_path, check_threads, to_shown
from maillage.errors import InputError
from maillage.geo.gtfs import TransitFeed, read_gtfs
from maillage.geo.gtfs_times import to_date
from maillage.geo.holidays import HolidayCalendar
from maillage.progress import ProgressChoice, report_progress
from maillage.roads import RoadNetwork
from maillage.scenario import Scenario
from maillage.transit_edits import apply_to_feeds
from maillage.transit_findings import find_stops_off_network
from maillage.transit_journeys import LegWriter, to_end, to_point_frame
from maillage.transit_matrix import find_reason, to_matrix_frame
from maillage.transit_trips import find_trips, to_trip_frame, to_visit
from maillage.transit_walks import Footways, Spots, apply_transfers, to_metres
from maillage.transit_window import Asked, to_asked, to_asked_journeys

MAX_TRANSFER_M = 1000.0
MAX_EGRESS_M = 2000.0
PERCENTILES = (5, 25, 50, 75, 95)


class Transit:
    """The public transport of one date and the ways on foot around it. Immutable.

    Made by `read_transit`. Times of the day are seconds of the service day (noon minus 12
    hours of the feed's time zone).
    """

    def __init__(
        self,
        feed: TransitFeed,
        date: dt.date,
        footways: Footways,
        *,
        max_transfer_m: float = MAX_TRANSFER_M,
        max_egress_m: float = MAX_EGRESS_M,
    ) -> None:
        self.feed = feed
        self.date = date
        self._footways = footways
        self._max_transfer_m = max_transfer_m
        self._max_egress_m = max_egress_m
        known = feed.stops["lat"].notna().to_numpy()
        self._stop_rows = np.flatnonzero(known).astype(np.uint32)  # stops that stand somewhere
        self._stops: Spots | None = None
        self._networks: dict[float, _core.RideNetwork] = {}
        self._reversed: dict[tuple[float, int], _core.RideNetwork] = {}
        self._rounded: dict[float, Transit] = {}

    @property
    def findings(self) -> pd.DataFrame:
        """What was doubtful in the feeds: `kind, count, examples`."""
        return self.feed.findings.to_frame()

    def summary(self) -> dict[str, Any]:
        """Sizes: stops, trips, calls, lines, bytes of the timetable, date, time zone."""
        network = self._find_network(3.6, {"threads": 0, "progress": None})
        return {
            "date": self.date,
            "timezone": self.feed.timezone,
            "n_stops": len(self.feed.stops),
            "n_trips": len(self.feed.trips),
            "n_calls": network.n_calls,
            "n_lines": network.n_lines,
            "n_bytes": network.n_bytes,
            "walk": "straight lines" if self._footways.roads is None else "network",
        }

    def __repr__(self) -> str:
        walk = "straight lines" if self._footways.roads is None else "a walking network"
        return (
            f"<Transit {self.date}: {len(self.feed.stops):,} stops, "
            f"{len(self.feed.trips):,} trips, on foot along {walk}>"
        )

    def apply(self, scenario: Scenario) -> Transit:
        """The same day with lines cut and trips added (`Scenario.cut_line`, `add_trips`).

        InputError for a line that does not run that day, and for scenarios that edit more than
        timetables: those need a territory.
        """
        return self.replace_feed(apply_to_feeds([self.feed], scenario)[0])

    def replace_feed(self, feed: TransitFeed) -> Transit:
        """The same date and ways on foot with another timetable, whose stops are the same."""
        return self._with(feed, self._footways)

    def travel_time_matrix(
        self,
        origins: pd.DataFrame,
        destinations: pd.DataFrame,
        departure: Any,
        *,
        window_min: float = 120,
        percentiles: Sequence[float] = PERCENTILES,
        max_time: float = 120,
        max_walk_min: float | None = None,
        walk_speed_kmh: float = 3.6,
        max_rides: int = 3,
        min_board_wait_s: float = 0,
        sample_min: float | None = None,
        whole_second_streets: bool | None = None,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """Percentiles of the travel time from every origin to every destination, in minutes.

        origins, destinations
            Frames with `id` (unique) and `lon`, `lat` (WGS84), or `node` of the walking
            network, or GeoDataFrames of points.
        departure, window_min
            People want to leave at any instant from `departure` (`"2014-06-10 08:00"` or
            `"08:00"` of the timetable's date) until `window_min` minutes later, its end left
            out. Their travel time counts from that instant, so waiting is part of it.
        percentiles
            Numbers p with 0 < p <= 100: the shortest time that p % of the instants do not
            exceed (nearest rank, `sorted[ceil(p / 100 n) - 1]`).
        max_time, max_walk_min
            Longest travel time, and longest way on foot at either end or all the way (None:
            `max_time` to the first stop and on foot alone). From the last stop at most 2,000
            m, between stops at most 1,000 m, unless `read_transit` was told otherwise.
        max_rides, min_board_wait_s
            At most so many rides. More than so many seconds must pass between arriving at a
            stop and leaving it, the first time too; 0: whoever arrives with the bus catches it.
        sample_min
            None: exact, over every second of the window. Else departures every so many
            minutes alone, as R5 samples them.
        whole_second_streets
            True: each street between two crossings takes whole seconds, rounded up, on the way
            to the first stop and all the way on foot, as R5 counts (1 % of a walk in Nantes).
            False: exact, as ways between stops and from the last one always are. None: True
            where `sample_min` is given, else False. Straight lines have no streets.

        Returns `from_id, to_id, travel_time_p5, ..., no_journey_share, reason`: one row a pair,
        origins first; NaN where the percentile falls on instants from which nothing goes within
        `max_time`; the share of such instants in the window; and why, where that is all of them:
        `unreachable`, `origin_off_network`, `destination_off_network`. Walking all the way is
        always considered. Source: Conway, Byrd, van Eggermond (2018) on percentiles of time
        windows; Delling, Pajor, Werneck (2015) on RAPTOR.
        """
        asked = to_asked(
            self.date,
            departure,
            window_min=window_min,
            percentiles=percentiles,
            max_time=max_time,
            max_walk_min=max_walk_min,
            walk_speed_kmh=walk_speed_kmh,
            max_rides=max_rides,
            min_board_wait_s=min_board_wait_s,
            sample_min=sample_min,
            whole_second_streets=whole_second_streets,
        )
        with report_progress(progress) as report:
            how = {"threads": check_threads(threads), "progress": report}
            here = self._footways.attach(origins, "origins", how)
            there = self._footways.attach(destinations, "destinations", how)
            first, ends = self, (here, there)
            if asked.whole_second_streets and self._footways.roads is not None:
                first = self._round_up(asked.walk_speed_kmh)
                ends = (
                    first._footways.attach(origins, "origins", how),
                    first._footways.attach(destinations, "destinations", how),
                )
            to_stops, direct = first._find_first_walks(*ends, asked, how)
            seconds, unreached = self._find_network(asked.walk_speed_kmh, how).travel_times(
                to_stops,
                self._find_last_walks(there, asked, how),
                direct,
                len(there),
                asked.window,
                asked.longest,
                asked.max_rides,
                asked.wait,
                asked.percentiles,
                **how,
            )
        return to_matrix_frame(here, there, asked, seconds, unreached)

    def journeys(
        self,
        origin: Any,
        destination: Any,
        departure: Any = None,
        *,
        arrive_by: Any = None,
        window_min: float = 60,
        max_time: float = 120,
        max_walk_min: float | None = None,
        walk_speed_kmh: float = 3.6,
        max_rides: int = 3,
        min_board_wait_s: float = 0,
        geometry: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """The journeys worth taking from one point to another, leg by leg.

        origin, destination
            `(lon, lat)`, a mapping with `lon` and `lat` (and `name` or `id`), or a frame of
            one row as in `travel_time_matrix`.
        departure, window_min
            Somebody wants to leave at any instant from `departure` until `window_min` minutes
            later, its end left out; 0: at that instant alone.
        arrive_by
            In place of `departure`: she wants to be there by any instant from `window_min`
            minutes before, left out, until this one.
        max_time
            Longest time from the instant she wants to leave to the arrival (or from the
            departure to the instant she wants to be there).
        geometry
            A GeoDataFrame (WGS84) with straight lines from call to call.

        The others are those of `travel_time_matrix`. Journeys are the Pareto set of departure
        (late), arrival (early) and rides (few) over the instants: each is the best for one
        of them, and leaves as late as it can, if need be after the window. Of those that are
        alike in all three the one with the least walking, then the one that is earlier at its
        changes, then the line that stands first in the timetable. Walking all the way is one
        of them where it takes at most `max_time` and `max_walk_min`, from the first instant
        (or until the last); rides that are no faster than walking are none.

        Returns one row a leg: `journey` (from 1, by departure), `leg` (from 1), `mode`
        (`walk`, `bus`, `tram`, `rail`, ...), `line`, `headsign` (missing on foot), `from_stop`,
        `to_stop` (names of stops, or of the points), `departure`, `arrival` (`HH:MM:SS` of the
        service day, beyond 24:00 after midnight), `minutes`, `wait_min` (at the stop before
        it), `n_stops` (calls until one gets off), `from_lon, from_lat, to_lon, to_lat`,
        `trip_id`, `headway_min` (a trip leaves about so often, at times that the feed does not
        state: those shown are counted from the start of its period; missing where they are
        stated). No rows where nothing goes; `frame.attrs["reason"]` then says why:
        `unreachable`, `origin_off_network`, `destination_off_network`. Cost: a range search for
        each number of rides, and two searches a journey.
        """
        asked, by_arrival = to_asked_journeys(
            self.date,
            departure,
            arrive_by,
            window_min,
            max_time=max_time,
            max_walk_min=max_walk_min,
            walk_speed_kmh=walk_speed_kmh,
            max_rides=max_rides,
            min_board_wait_s=min_board_wait_s,
        )
        start, start_name = to_point_frame(origin, "origin")
        end, end_name = to_point_frame(destination, "destination")
        with report_progress(progress) as report:
            how = {"threads": check_threads(threads), "progress": report}
            here = self._footways.attach(start, "origin", how)
            there = self._footways.attach(end, "destination", how)
            found = self._find_network(asked.walk_speed_kmh, how).journeys(
                *self._find_walks(here, there, asked, how),
                asked.window,
                asked.longest,
                asked.max_rides,
                asked.wait,
                by_arrival,
            )
        writer = LegWriter(self.feed, (to_end(here, start_name), to_end(there, end_name)))
        frame = writer.to_frame(found, geometry=geometry)
        if len(frame) == 0:
            frame.attrs["reason"] = find_reason(here, there)
        return frame

    def round_trips(
        self,
        origins: pd.DataFrame,
        counters: pd.DataFrame,
        dwell_min: float = 30,
        *,
        date: str | dt.date | None = None,
        opening_hours: str | None = None,
        calendar: HolidayCalendar | None = None,
        max_time: float = 120,
        max_walk_min: float | None = None,
        walk_speed_kmh: float = 3.6,
        max_rides: int = 3,
        min_board_wait_s: float = 0,
        earliest: Any = "00:00",
        latest: Any = "24:00",
        max_away_min: float | None = None,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """Whether people can go to each counter while it is open, and come home the same day.

        origins, counters
            Frames of points as `travel_time_matrix` takes them; counters with `opening_hours`
            (OSM syntax, all of it: `Mo-Fr 09:00-12:00,14:00-17:00`, `Tu[1] 09:30-11:30`).
        dwell_min
            Minutes of the visit, which lies inside one open interval (not across lunch).
        date, calendar
            The date whose opening hours count (None: the timetable's), and its holidays; by
            default those of France, on which counters close (`HolidayCalendar`).
        opening_hours
            Hours of counters without any; None: such counters are an error.
        max_time, max_walk_min, walk_speed_kmh, max_rides, min_board_wait_s
            Of each way, as in `travel_time_matrix`. Waiting at the counter is no part of it.
        earliest, latest, max_away_min
            Nobody leaves home before, is home after, or is away for longer. `latest` may lie
            beyond 24:00.

        Returns one row a pair, origins first: `from_id, to_id, feasible, time_away` (minutes from
        leaving home to being home again, visit and waiting included: the least of all trips),
        of that trip `leave, arrive, leave_counter, home` (minutes after midnight of the service
        day; `ml.to_clock` shows them) and `waiting` (minutes at the counter beside the visit),
        of all trips that work `latest_start` and `earliest_return`, and `reason` where none does:

        ============================ ==================================================
        closed_that_day              the counter does not open
        uncertain_hours              only hours with a comment ("by appointment")
        visit_too_long               no open interval between earliest and latest is as long
        no_way_there                 nothing arrives in time for a visit
        no_way_back                  nothing goes home after the first possible visit
        no_time                      ways there and back exist, and no visit between them
        away_too_long                only with more than `max_away_min`
        origin_, counter_off_network farther from the walking network than it allows
        ============================ ==================================================

        Exact: over all journeys there and all journeys back, rides and walks mixed (there by bus,
        home on foot). Among trips with the same time away the one with the least waiting counts,
        then the first.
        """
        visit = to_visit(
            self.date,
            dwell_min,
            hours_date=date,
            opening_hours=opening_hours,
            calendar=calendar,
            earliest=earliest,
            latest=latest,
            max_away_min=max_away_min,
            max_time=max_time,
            max_walk_min=max_walk_min,
            walk_speed_kmh=walk_speed_kmh,
            max_rides=max_rides,
            min_board_wait_s=min_board_wait_s,
        )
        trips = find_trips(self, origins, counters, visit, threads=threads, progress=progress)
        return to_trip_frame(trips, visit)

    def _find_walks(
        self, here: Spots, there: Spots, asked: Asked, how: dict[str, Any]
    ) -> tuple[_core.Walks, _core.Walks, _core.Walks]:
        """To stops, from stops, and all the way."""
        to_stops, direct = self._find_first_walks(here, there, asked, how)
        return to_stops, self._find_last_walks(there, asked, how), direct

    def _find_first_walks(
        self, here: Spots, there: Spots, asked: Asked, how: dict[str, Any]
    ) -> tuple[_core.Walks, _core.Walks]:
        """To stops, and all the way."""
        rules = asked.walk_speed_kmh, asked.walk_longest, how
        to_stops = self._footways.find(here, self._attach_stops(how), *rules)
        return self._name_ends(to_stops), self._footways.find(here, there, *rules)

    def _find_last_walks(self, there: Spots, asked: Asked, how: dict[str, Any]) -> _core.Walks:
        """From stops."""
        speed = asked.walk_speed_kmh
        egress = min(to_metres(self._max_egress_m, speed), asked.walk_longest)
        found = self._footways.find(self._attach_stops(how), there, speed, egress, how)
        return self._name_starts(found)

    def _attach_stops(self, how: dict[str, Any]) -> Spots:
        if self._stops is None:
            known = self.feed.stops.iloc[self._stop_rows]
            frame = pd.DataFrame({"id": self._stop_rows, "lon": known["lon"], "lat": known["lat"]})
            self._stops = self._footways.attach(frame, "stops", how)
        return self._stops

    def _find_network(self, speed_kmh: float, how: dict[str, Any]) -> _core.RideNetwork:
        """The timetable with the changes on foot at a speed; kept for the next question."""
        if speed_kmh not in self._networks:
            stops = self._attach_stops(how)
            longest = to_metres(self._max_transfer_m, speed_kmh)
            changes = self._footways.find(stops, stops, speed_kmh, longest, how)
            changes = self._name_starts(self._name_ends(changes))
            calls, n_stops = self.feed.stop_times, len(self.feed.stops)
            self._networks[speed_kmh] = _core.RideNetwork(
                n_stops,
                len(self.feed.trips),
                calls["trip"].to_numpy(),
                calls["stop"].to_numpy(),
                calls["arrival_s"].to_numpy(),
                calls["departure_s"].to_numpy(),
                calls["pickup"].to_numpy(dtype=bool),
                calls["drop_off"].to_numpy(dtype=bool),
                apply_transfers(changes, self.feed.transfers, n_stops),
            )
        return self._networks[speed_kmh]

    def _find_reversed(self, speed_kmh: float, wait: int, how: dict[str, Any]) -> _core.RideNetwork:
        """The same timetable backwards in time; kept for the next question."""
        key = speed_kmh, wait
        if key not in self._reversed:
            self._reversed[key] = self._find_network(speed_kmh, how).reversed(wait)
        return self._reversed[key]

    def _round_up(self, speed_kmh: float) -> Transit:
        """The same walked in whole seconds a street at a speed; kept for the next question."""
        if speed_kmh not in self._rounded:
            self._rounded[speed_kmh] = self._with(self.feed, self._footways.round_up(speed_kmh))
        return self._rounded[speed_kmh]

    def _with(self, feed: TransitFeed, footways: Footways) -> Transit:
        reaches = {"max_transfer_m": self._max_transfer_m, "max_egress_m": self._max_egress_m}
        return Transit(feed, self.date, footways, **reaches)

    def _name_ends(self, walks: _core.Walks) -> _core.Walks:
        """Ends among stops that stand somewhere as rows of all stops."""
        if len(self._stop_rows) == len(self.feed.stops):
            return walks
        offsets, ends, seconds = walks.to_arrays()
        return _core.Walks(offsets, self._stop_rows[ends], seconds)

    def _name_starts(self, walks: _core.Walks) -> _core.Walks:
        """A row for every stop, those that stand nowhere empty."""
        if len(self._stop_rows) == len(self.feed.stops):
            return walks
        offsets, ends, seconds = walks.to_arrays()
        counts = np.zeros(len(self.feed.stops), dtype=np.int64)
        counts[self._stop_rows] = np.diff(offsets)
        all_offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)
        return _core.Walks(all_offsets, ends, seconds)


def read_transit(
    gtfs: Sequence[str | Path] | str | Path,
    date: str | dt.date,
    *,
    walk: RoadNetwork | None = None,
    max_transfer_m: float = MAX_TRANSFER_M,
    max_egress_m: float = MAX_EGRESS_M,
    progress: ProgressChoice = None,
) -> Transit:
    """Reads timetables (GTFS zip archives or folders) for one date.

    gtfs
        One feed or several; ids are kept apart.
    date
        The service day. Trips of the day before that run past midnight are there too.
    walk
        A network of `read_roads(..., "walk")`: people walk along it to, between and from
        stops, but on no ferry: it is ridden by the timetables or not at all. None: along
        straight lines (for comparison, or where no network is at hand). Changes take at least
        what `transfers.txt` says and are not made where it forbids them, at one stop too.
    max_transfer_m, max_egress_m
        Longest ways on foot between stops and from the last stop.

    Raises InputError for feeds that cannot be read and for a date on which nothing runs,
    with the nearest dates on which something does. Doubts are in `.findings`, among them the
    stops in use that no way on foot is near (`stop_off_network`).
    """
    reaches = check_reaches(max_transfer_m, max_egress_m)
    footways = Footways(walk)
    feed = read_gtfs(_to_sources(gtfs), date, progress=progress)
    transit = Transit(feed, to_date(date), footways, **reaches)
    with report_progress(progress) as report:
        find_stops_off_network([transit], feed.findings, {"threads": 0, "progress": report})
    return transit


def _to_sources(gtfs: Any) -> list[Path]:
    """Paths of feeds, given as one or several."""
    if isinstance(gtfs, str | PathLike):
        return [check_path("gtfs", gtfs)]
    if not isinstance(gtfs, Sequence):
        raise InputError(f"gtfs is {to_shown(gtfs)}, expected paths of GTFS feeds")
    return [check_path("gtfs", source) for source in gtfs]


def check_reaches(max_transfer_m: float, max_egress_m: float) -> dict[str, float]:
    """Longest ways on foot, as `Transit` takes them."""
    reaches = {}
    for name, value in (("max_transfer_m", max_transfer_m), ("max_egress_m", max_egress_m)):
        reaches[name] = check_number(name, value, "metres >= 0", lambda m: m >= 0)
    return reaches
