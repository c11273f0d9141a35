"""What trips to many counters come to for whoever makes them: the best one of each origin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from maillage.errors import InputError
from maillage.transit_trips import TRIP_REASONS

# Of an origin that can go to no counter, the reason of the one that is nearest to working.
NEAREST_TO_WORKING = (
    "away_too_long",
    "no_time",
    "no_way_back",
    "no_way_there",
    "visit_too_long",
    "uncertain_hours",
    "closed_that_day",
    "counter_off_network",
    "origin_off_network",
)
_INDEX: Any = pd.Index(TRIP_REASONS)
_KEPT = ("to_id", "time_away", "leave", "arrive", "leave_counter", "home", "waiting")
_NEEDED = ("from_id", "feasible", *_KEPT, "latest_start", "earliest_return", "reason")


def best_trips(trips: pd.DataFrame) -> pd.DataFrame:
    """The trip with the least time away from each origin to any of the counters.

    trips
        What `round_trips` of a `Transit` or a `TransitWeek` gives, or some of its rows.

    Returns one row an origin (and `date`, where there is one), in the order of their first rows:
    `from_id, feasible, to_id, time_away, leave, arrive, leave_counter, home, waiting` of that trip
    (of equal ones the first row), `latest_start` and `earliest_return` over all counters,
    `n_counters` that can be visited, and `reason` where there is none: that of the counter
    which comes nearest to working (`no_way_back` before `no_way_there`, ways there and back
    without time for a visit, `no_time`, before both).
    """
    _check_trips(trips)
    by = [name for name in ("date", "from_id") if name in trips]
    number = trips.groupby(by, sort=False, observed=True).ngroup().to_numpy()
    n = int(number.max(initial=-1)) + 1
    _, first = np.unique(number, return_index=True)
    feasible = trips["feasible"].to_numpy(dtype=bool)
    rows = _find_best(trips, number, feasible, n)
    can = rows >= 0
    found = trips.iloc[np.where(can, rows, first)].reset_index(drop=True)
    frame = found[[*by, "feasible", *_KEPT]].copy()
    frame["to_id"] = frame["to_id"].where(can)
    moments = trips[feasible].groupby(number[feasible])
    frame["latest_start"] = moments["latest_start"].max().reindex(range(n)).to_numpy()
    frame["earliest_return"] = moments["earliest_return"].min().reindex(range(n)).to_numpy()
    frame["n_counters"] = np.bincount(number[feasible], minlength=n)
    frame["reason"] = _find_reasons(trips, number, can)
    return frame


def to_reasons(nearest: np.ndarray) -> pd.Categorical:
    """Rows of NEAREST_TO_WORKING as reasons, missing beyond its end."""
    codes = np.array([TRIP_REASONS.index(word) for word in NEAREST_TO_WORKING] + [-1])
    return pd.Categorical.from_codes(codes[nearest], categories=_INDEX)


def to_nearness(reason: np.ndarray) -> np.ndarray:
    """Rows of TRIP_REASONS as rows of NEAREST_TO_WORKING; beyond its end where there is a trip."""
    ranks = [NEAREST_TO_WORKING.index(word) for word in TRIP_REASONS] + [len(NEAREST_TO_WORKING)]
    return np.array(ranks)[reason]


def _check_trips(trips: Any) -> None:
    if not isinstance(trips, pd.DataFrame):
        raise InputError(f"trips is {type(trips).__name__}, expected what round_trips gives")
    absent = [name for name in _NEEDED if name not in trips]
    if absent:
        raise InputError(f"trips has no column {absent[0]!r}, expected what round_trips gives")


def _find_best(trips: pd.DataFrame, number: np.ndarray, feasible: np.ndarray, n: int) -> np.ndarray:
    """Row of the shortest trip of each origin, the first of equal ones; -1 where there is none."""
    away = trips["time_away"].to_numpy(dtype=float)
    rows = np.flatnonzero(feasible)
    order = rows[np.argsort(away[rows], kind="stable")]
    origins, position = np.unique(number[order], return_index=True)
    best = np.full(n, -1)
    best[origins] = order[position]
    return best


def _find_reasons(trips: pd.DataFrame, number: np.ndarray, can: np.ndarray) -> pd.Categorical:
    reason = pd.Categorical(trips["reason"].astype(object), categories=list(NEAREST_TO_WORKING))
    worst = len(NEAREST_TO_WORKING)
    nearest = np.full(len(can), worst)
    np.minimum.at(nearest, number, np.where(reason.codes < 0, worst, reason.codes))
    return to_reasons(np.where(can, worst, nearest))
