"""stop_times.txt: when trips call where, in order, without holes.

`read_stop_times(files, trip_ids, stops, findings)` gives `StopTimes`: rows by trip and
sequence; times that are not given are interpolated; trips that cannot be ridden are left
out with a finding that counts them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa

from maillage.findings import Findings
from maillage.geo.gtfs_files import FeedFiles
from maillage.geo.gtfs_stops import FeedStops
from maillage.geo.gtfs_tables import add_rows, add_unknown, find_rows, read_ids, read_numbers
from maillage.geo.gtfs_times import MISSING_TIME, parse_times, to_clock
from maillage.geo.tables import NumberRule, Table

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG 1980
_PHONE, _NONE = 2, 1
_MAX_SEQUENCE = 2**31 - 1
_ROUNDING_S = 1e-3  # a whole second stays one, whatever the sums before it lost


@dataclass(frozen=True)
class StopTimes:
    """Calls of trips at stops, n_rows each, by trip and sequence.

    trip, stop          rows of trips.txt and stops.txt, int64
    arrival, departure  int32 seconds after the midnight of the service day
    pickup, drop_off    bool: whether people may get on and off
    shape_m             distance along the way in the feed's own unit; NaN where not given
    row                 row of the file
    """

    trip: np.ndarray
    stop: np.ndarray
    arrival: np.ndarray
    departure: np.ndarray
    pickup: np.ndarray
    drop_off: np.ndarray
    shape_m: np.ndarray
    row: np.ndarray

    @property
    def n_rows(self) -> int:
        """The number of calls."""
        return len(self.trip)

    def take(self, rows: np.ndarray) -> StopTimes:
        """The calls of these rows (positions, or a mask)."""
        return StopTimes(*(getattr(self, field.name)[rows] for field in fields(self)))

    def find_offsets(self, n_trips: int) -> np.ndarray:
        """Where the calls of each trip begin, n_trips + 1."""
        return np.searchsorted(self.trip, np.arange(n_trips + 1))


def read_stop_times(
    files: FeedFiles, trip_ids: pa.Array, stops: FeedStops, findings: Findings
) -> StopTimes:
    """The calls of a feed, sorted, with every time; see the head of this file."""
    table = files.read(
        "stop_times.txt",
        ["trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"],
        ["pickup_type", "drop_off_type", "shape_dist_traveled"],
        findings,
    )
    read_ids(table, "trip_id", unique=False)
    calls, sequence = _read_calls(table, trip_ids, stops, findings)
    silent = np.flatnonzero(np.bincount(calls.trip, minlength=len(trip_ids)) == 0)
    examples = (f"{table.name}: nothing of {trip_ids[int(row)].as_py()!r}" for row in silent)
    findings.add_all("trip_without_calls", examples, len(silent))
    calls = _sort(table, calls, sequence, findings)
    calls = _forget_single_errors(table, calls, findings)
    calls = _cut_untimed_ends(table, calls, findings)
    calls = _interpolate(table, calls, stops, findings)
    calls = _leave_out_backward(table, calls, findings)
    return _leave_out_short(table, calls, len(trip_ids), findings)


def _read_calls(
    table: Table, trip_ids: pa.Array, stops: FeedStops, findings: Findings
) -> tuple[StopTimes, np.ndarray]:
    trip = find_rows(table.texts("trip_id"), trip_ids)
    named_stops = table.texts("stop_id")
    stop = find_rows(named_stops, stops.ids)
    no_stop = np.asarray(named_stops.is_null().to_numpy(), dtype=bool)
    arrival, departure = (parse_times(table, f"{end}_time") for end in ("arrival", "departure"))
    order = NumberRule(0, _MAX_SEQUENCE, whole=True)
    sequence = table.numbers("stop_sequence", order).amounts.astype(np.int64)
    rule = NumberRule(0, 3, whole=True, absent="nan")
    pickup, drop_off = (
        read_numbers(table, f"{what}_type", rule, 0) for what in ("pickup", "drop_off")
    )
    shape_m = np.full(table.n_rows, np.nan)
    if "shape_dist_traveled" in table.columns.column_names:
        shape_m = table.numbers("shape_dist_traveled", NumberRule(0, absent="nan")).amounts
    on_demand = (pickup >= _PHONE) | (drop_off >= _PHONE)
    add_unknown(table, "trip", trip < 0, "the call is left out", findings)
    add_unknown(table, "stop", (stop < 0) & ~no_stop, "the call is left out", findings)
    for kind, mask, words in (
        ("call_without_stop", no_stop, "has no stop_id (on demand?)"),
        ("call_on_demand", on_demand, "must be asked for beforehand"),
    ):
        add_rows(findings, kind, table, np.flatnonzero(mask), words)
    calls = StopTimes(
        trip,
        stop,
        np.where(arrival == MISSING_TIME, departure, arrival),
        np.where(departure == MISSING_TIME, arrival, departure),
        pickup != _NONE,
        drop_off != _NONE,
        shape_m,
        np.arange(table.n_rows),
    )
    kept = (trip >= 0) & (stop >= 0)
    return (calls, sequence) if kept.all() else (calls.take(kept), sequence[kept])


def _sort(table: Table, calls: StopTimes, sequence: np.ndarray, findings: Findings) -> StopTimes:
    """By trip and sequence; a call that stands there twice stays once."""
    later = (calls.trip[1:] > calls.trip[:-1]) | (
        (calls.trip[1:] == calls.trip[:-1]) & (sequence[1:] > sequence[:-1])
    )
    if later.all():
        return calls
    order = np.lexsort((sequence, calls.trip))
    calls, sequence = calls.take(order), sequence[order]
    again = (calls.trip[1:] == calls.trip[:-1]) & (sequence[1:] == sequence[:-1])
    if not again.any():
        return calls
    same = again.copy()
    for name in ("stop", "arrival", "departure", "pickup", "drop_off"):
        values = getattr(calls, name)
        same &= values[1:] == values[:-1]
    twice, differs = (np.flatnonzero(mask) + 1 for mask in (same, again & ~same))
    for kind, rows, words in (
        ("repeated_call", twice, "stands there twice, it is taken once"),
        ("repeated_sequence", differs, "has the stop_sequence of another call of its trip"),
    ):
        add_rows(findings, kind, table, calls.row[rows], words)
    return calls.take(np.append(True, ~same))


def _forget_single_errors(table: Table, calls: StopTimes, findings: Findings) -> StopTimes:
    """Without the time of a call that alone goes back or ahead in its trip.

    Only where the calls before and after it are in order, the rest of the trip is too, and no
    other call could be the wrong one.
    """
    rows = np.flatnonzero(calls.arrival != MISSING_TIME)
    trip, arrival, departure = calls.trip[rows], calls.arrival[rows], calls.departure[rows]
    back = np.zeros(len(rows) + 1, dtype=np.int64)  # from the call before
    back[1:-1] = (trip[1:] == trip[:-1]) & (arrival[1:] < departure[:-1])
    if not back.any():
        return calls
    around = back[:-1] + back[1:]
    is_inside = np.zeros(len(rows), dtype=bool)
    is_inside[1:-1] = trip[2:] == trip[:-2]
    may_be_wrong = around > 0  # an end of the trip may be, but has nothing to interpolate from
    may_be_wrong[1:-1] &= ~is_inside[1:-1] | (arrival[2:] >= departure[:-2])
    n_trips = int(trip.max()) + 1
    faults = back[:-1] + (departure < arrival)
    n_faults = np.bincount(trip, weights=faults, minlength=n_trips)[trip]
    n_suspects = np.bincount(trip, weights=may_be_wrong, minlength=n_trips)[trip]
    wrong = rows[is_inside & may_be_wrong & (n_suspects == 1) & (n_faults == around)]
    if len(wrong) == 0:
        return calls
    examples = (
        f"{table.find_place(int(calls.row[i]))}: {to_clock(int(calls.arrival[i]))} is out of order "
        "between the calls before and after it: its time is interpolated"
        for i in wrong
    )
    findings.add_all("time_out_of_order", examples, len(wrong))
    times = {name: getattr(calls, name).copy() for name in ("arrival", "departure")}
    for column in times.values():
        column[wrong] = MISSING_TIME
    return replace(calls, **times)


def _cut_untimed_ends(table: Table, calls: StopTimes, findings: Findings) -> StopTimes:
    """Without the calls before the first time of their trip and after its last."""
    timed = calls.arrival != MISSING_TIME
    if timed.all():
        return calls
    before, after = _find_timed_neighbours(calls.trip, timed)
    outside = (before < 0) | (after < 0)
    rows = calls.row[outside]
    words = "has no time, and no time before or after it in its trip"
    add_rows(findings, "call_without_time", table, rows, words)
    return calls.take(~outside) if len(rows) else calls


def _find_timed_neighbours(trip: np.ndarray, timed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest row with a time at or before each row, and at or after it, within the trip;
    -1 where there is none.
    """
    n_rows = len(trip)
    rows = np.arange(n_rows)
    before = np.maximum.accumulate(np.where(timed, rows, -1)) if n_rows else rows
    before = np.where((before >= 0) & (trip[before] == trip), before, -1)
    after = np.where(timed, rows, n_rows)
    after = np.minimum.accumulate(after[::-1])[::-1] if n_rows else rows
    inside = np.minimum(after, n_rows - 1)
    after = np.where((after < n_rows) & (trip[inside] == trip), after, -1)
    return before, after


def _interpolate(table: Table, calls: StopTimes, stops: FeedStops, findings: Findings) -> StopTimes:
    """Times where there are none, in proportion to the distance along the way.

    Distances are shape_dist_traveled where the whole gap has it, else great circles between
    stops, else every hop counts the same. Cut to whole seconds.
    """
    timed = calls.arrival != MISSING_TIME
    gaps = np.flatnonzero(~timed)
    if len(gaps) == 0:
        return calls
    before, after = (rows[gaps] for rows in _find_timed_neighbours(calls.trip, timed))
    share = _find_shares(calls, stops, gaps, before, after)
    start = calls.departure[before].astype(np.int64)
    length = calls.arrival[after].astype(np.int64) - start
    times = start + np.floor(length * share + _ROUNDING_S).astype(np.int64)
    arrival, departure = calls.arrival.copy(), calls.departure.copy()
    arrival[gaps] = departure[gaps] = times
    add_rows(findings, "interpolated_time", table, calls.row[gaps], "has no time")
    parts = {field.name: getattr(calls, field.name) for field in fields(calls)}
    return StopTimes(**{**parts, "arrival": arrival, "departure": departure})


def _find_shares(
    calls: StopTimes, stops: FeedStops, gaps: np.ndarray, before: np.ndarray, after: np.ndarray
) -> np.ndarray:
    """How far along from the row before to the row after each gap lies, 0..1."""
    share = (gaps - before) / (after - before)
    shape_hop = np.diff(calls.shape_m, prepend=np.nan)
    for hop in (find_hops_m(calls, stops), shape_hop):  # the last that can be used counts
        bad = ~np.isfinite(hop) | (hop < 0)
        n_bad = np.cumsum(bad)
        along = np.cumsum(np.where(bad, 0.0, hop))
        length = along[after] - along[before]
        good = (n_bad[after] == n_bad[before]) & (length > 0)
        better = (along[gaps] - along[before]) / np.where(good, length, 1.0)
        share = np.where(good, better, share)
    return np.clip(share, 0.0, 1.0)


def find_hops_m(calls: StopTimes, stops: FeedStops) -> np.ndarray:
    """Metres on a great circle from the call before, n_rows; NaN at the first of a trip and
    where a place is unknown.
    """
    lat, lon = (np.radians(stops.frame[name].to_numpy())[calls.stop] for name in ("lat", "lon"))
    dlat, dlon = np.diff(lat, prepend=np.nan), np.diff(lon, prepend=np.nan)
    cos = np.cos(lat)
    chord = np.sin(dlat / 2) ** 2 + cos * np.roll(cos, 1) * np.sin(dlon / 2) ** 2
    metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    metres[np.diff(calls.trip, prepend=-1) != 0] = np.nan
    return metres


def _leave_out_backward(table: Table, calls: StopTimes, findings: Findings) -> StopTimes:
    """Without the trips that leave a call before they come, or come before they left."""
    bad = calls.departure < calls.arrival
    same_trip = calls.trip[1:] == calls.trip[:-1]
    bad[1:] |= same_trip & (calls.arrival[1:] < calls.departure[:-1])
    if not bad.any():
        return calls
    rows = np.flatnonzero(bad)
    trips, first = np.unique(calls.trip[rows], return_index=True)
    examples = (_to_backward_words(table, calls, int(rows[i])) for i in first)
    findings.add_all("trip_goes_back_in_time", examples, len(trips))
    return calls.take(~np.isin(calls.trip, trips))


def _to_backward_words(table: Table, calls: StopTimes, row: int) -> str:
    place = table.find_place(int(calls.row[row]))
    arrival, departure = (to_clock(int(x[row])) for x in (calls.arrival, calls.departure))
    if calls.departure[row] < calls.arrival[row]:
        return (
            f"{place}: departure_time {departure} is before arrival_time {arrival}: trip left out"
        )
    left = to_clock(int(calls.departure[row - 1]))
    return f"{place}: arrival_time {arrival} is before the last departure {left}: trip left out"


def _leave_out_short(table: Table, calls: StopTimes, n_trips: int, findings: Findings) -> StopTimes:
    """Without the trips that call only once."""
    n_calls = np.bincount(calls.trip, minlength=n_trips)
    short = n_calls[calls.trip] == 1
    words = "is the only call of its trip: trip left out"
    add_rows(findings, "trip_with_one_call", table, calls.row[short], words)
    return calls.take(~short) if short.any() else calls
