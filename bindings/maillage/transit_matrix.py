"""The table of a travel time matrix by timetable, and why a time is absent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from maillage import _core
from maillage.results import to_ids
from maillage.roads import REASON_DTYPE
from maillage.transit_walks import Spots
from maillage.transit_window import Asked, to_percentile_name


def to_matrix_frame(
    here: Spots, there: Spots, asked: Asked, seconds: np.ndarray, unreached: np.ndarray
) -> pd.DataFrame:
    """A row a pair, destinations of an origin side by side: see `Transit.travel_time_matrix`."""
    n, m = len(here), len(there)
    times = seconds.reshape(n * m, len(asked.percentiles))
    minutes = np.where(times == _core.NEVER, np.nan, times / 60.0)
    return pd.DataFrame(
        {
            "from_id": to_ids(here.points.ids, np.repeat(np.arange(n), m)),
            "to_id": to_ids(there.points.ids, np.tile(np.arange(m), n)),
            **{to_percentile_name(p): minutes[:, i] for i, p in enumerate(asked.percentiles)},
            "no_journey_share": unreached.ravel() / asked.n_instants,
            "reason": _find_pair_reasons(here, there, unreached >= asked.n_instants),
        }
    )


def find_reason(here: Spots, there: Spots) -> str:
    """Why nothing goes from a point to another; the words are those of `roads`."""
    for name, spots in (("origin", here), ("destination", there)):
        if spots.links is not None and spots.links.is_off_network[0]:
            return f"{name}_off_network"
    return "unreachable"


def _find_pair_reasons(here: Spots, there: Spots, absent: np.ndarray) -> pd.Categorical:
    """Why nothing goes between points at any instant, missing where something does."""
    n, m = len(here), len(there)
    codes = np.where(absent.reshape(n, m), np.int8(0), np.int8(-1))
    for spots, axis, code in ((there, 0, 2), (here, 1, 1)):  # as REASONS of roads has them
        if spots.links is not None:
            codes[(codes >= 0) & np.expand_dims(spots.links.is_off_network, axis)] = code
    return pd.Categorical.from_codes(codes.ravel(), dtype=REASON_DTYPE)
