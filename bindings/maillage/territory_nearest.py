"""The nearest counters of every place as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.results import to_keys
from maillage.territory_parts import TerritoryParts

MEASURES = ("time", "distance")
PERSON_CLASSES = ("car", "no_car")
REASONS = ("unreachable", "place_off_network")


@dataclass(frozen=True)
class NearestQuestion:
    """Whose nearest counters of what, checked."""

    index: int  # of the service
    level: int
    k: int
    person_class: str
    walk_class: int
    direction: str
    exhaustive: bool
    threads: int


def find_nearest(
    parts: TerritoryParts,
    core: _core.Territory,
    asked: NearestQuestion,
    round_trip: bool,
    report: Any,
) -> pd.DataFrame:
    """As `Territory.nearest` describes it: k rows a place."""
    offsets, counters, minutes = core.nearest(
        asked.index,
        asked.level,
        asked.person_class,
        asked.walk_class,
        asked.k,
        asked.exhaustive,
        asked.threads,
        report,
        asked.direction,
    )
    n, k = len(parts.places), asked.k
    rows = np.full((n, k), -1, dtype=np.int32)
    times = np.full((n, k), np.nan)
    filled = np.arange(k) < np.diff(offsets.astype(np.int64))[:, None]
    rows[filled] = counters
    times[filled] = minutes
    place = np.repeat(np.arange(n), k)
    frame = pd.DataFrame(
        {
            "place": to_keys(parts.places["place"], place),
            "rank": np.tile(np.arange(1, k + 1, dtype=np.int32), n),
            "counter": to_keys(parts.counters["key"], rows.ravel()),
            "travel_time": times.ravel(),
        }
    )
    if round_trip:
        frame["round_trip_time"] = _find_round_trips(core, asked, place, rows.ravel(), report)
    codes = np.where(rows.ravel() < 0, 0, -1).astype(np.int8)
    codes[(codes == 0) & np.repeat(_is_off_network(parts, core, asked.person_class), k)] = 1
    frame["reason"] = pd.Categorical.from_codes(codes, categories=pd.Index(REASONS))
    return frame


def _find_round_trips(
    core: _core.Territory, asked: NearestQuestion, place: np.ndarray, rows: np.ndarray, report: Any
) -> np.ndarray:
    known = rows >= 0
    minutes = np.full(len(rows), np.nan)
    minutes[known] = core.round_trips(
        place[known].astype(np.uint32),
        rows[known].astype(np.uint32),
        asked.index,
        asked.level,
        asked.person_class,
        asked.walk_class,
        asked.k,
        asked.exhaustive,
        asked.threads,
        report,
    )
    return minutes


def _is_off_network(parts: TerritoryParts, core: _core.Territory, person_class: str) -> np.ndarray:
    """Places from which a person of the class reaches no road."""
    networks = zip(core.links, parts.networks, strict=True)
    off = [
        link["places"].is_off_network
        for link, use in networks
        if person_class == "car" or use.serves_no_car
    ]
    return np.all(off, axis=0) if off else np.zeros(len(parts.places), dtype=bool)
