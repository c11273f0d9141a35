"""How minutes are spread over people: inequality and excess, on columns that a researcher brings.

Territories answer the same with `exposure.equity(...)`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.arguments import check_number, to_shown
from maillage.errors import InputError

LINE_MIN = 20.0
EPSILON = -1.0
MEASURES = (
    "mean", "median", "p90", "gini", "theil", "palma", "p90_p10", "kolm_pollak_ede",
    "fgt0", "fgt1", "fgt2", "unreachable_share",
)  # fmt: skip


def equity(
    travel_time: Any,
    persons: Any,
    line: float = LINE_MIN,
    epsilon: float = EPSILON,
    *,
    by: Any = None,
    living: Any = None,
) -> Mapping[str, float]:
    """Inequality of travel times, as a burden, among persons.

    travel_time
        n minutes >= 0, or n timedeltas; NaN (or infinite, or NaT) = unreachable.
    persons
        n persons >= 0 who have that time; real numbers.
    line
        Minutes; a time above it is in excess.
    epsilon
        Aversion to inequality of the Kolm-Pollak measure, <= 0: -0.5 mild, -1 usual, -2
        strong; 0 is the mean.
    by
        n labels of groups (density class, département) in the order of the rows: adds Theil's
        parts.
    living
        n standards of living, in the same order: adds the concentration index.

    Returns `mean, median, p90` (minutes), `gini`, `theil` (T = mean of z/m ln z/m; Theil
    1967), `palma` (minutes of the tenth who bear most over those of the four tenths who bear
    least), `p90_p10`, `kolm_pollak_ede` (minutes that, borne by all alike, would be as bad:
    -1/k ln mean exp(-k z), k = epsilon sum z / sum z^2; Logan et al. 2021), `fgt0` (share
    beyond the line), `fgt1`, `fgt2` (mean relative excess, and squared; Foster, Greer,
    Thorbecke 1984), `unreachable_share`; with `by`, `theil_between` and `theil_within`; with
    `living`, `concentration_index` (twice the covariance of time and rank over the mean; negative
    where the poor travel more). Unreachable persons count in quantiles (last), in `fgt0` and
    `unreachable_share`; the others are of those who can reach a counter. NaN where nothing is
    defined. The order of rows changes nothing but the last digit.

    Raises InputError for lengths that differ, what is no column of one dimension, negative
    numbers and persons that are missing.
    """
    minutes, weights = _to_minutes(travel_time), _to_persons(persons)
    if len(minutes) != len(weights):
        raise InputError(
            f"travel_time has {len(minutes)} rows and persons {len(weights)}, expected as many"
        )
    line = check_number("line", line, "minutes >= 0", lambda m: m >= 0 and np.isfinite(m))
    epsilon = check_number("epsilon", epsilon, "a number <= 0", lambda e: -100 <= e <= 0)
    found = dict(_core.equity(minutes, weights, line, epsilon))
    out = {name: found[name] for name in MEASURES}
    if by is not None:
        codes, labels = pd.factorize(_to_labels("by", by, len(minutes)))
        if (codes < 0).any():
            row = int(np.flatnonzero(codes < 0)[0])
            raise InputError(f"by: row {row + 1} has no group")
        parts = _core.theil_parts(minutes, weights, codes.astype(np.int32), len(labels))
        out["theil_between"], out["theil_within"] = parts
    if living is not None:
        ranks = _to_numbers("living", living)
        _check_length("living", ranks, len(minutes))
        if np.isnan(ranks).any():
            row = int(np.flatnonzero(np.isnan(ranks))[0])
            raise InputError(f"living: row {row + 1} is missing, expected a number")
        out["concentration_index"] = _core.concentration(minutes, weights, ranks)
    return out


def _to_numbers(name: str, values: Any) -> np.ndarray:
    _check_column(name, values)
    numbers = _to_floats(values)
    if numbers is None:
        raise InputError(f"{name} is {to_shown(values)}, expected numbers")
    if numbers.ndim != 1:
        raise InputError(f"{name} has {numbers.ndim} dimensions, expected one")
    return np.ascontiguousarray(numbers)


def _to_floats(values: Any) -> np.ndarray | None:
    try:
        if isinstance(values, pd.Series | pd.Index):
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            numbers = np.asarray(values, dtype=float)
        # times and dates would pass as numbers of their smallest unit
        return None if np.asarray(values).dtype.kind in "mMc" else numbers
    except (TypeError, ValueError):
        return None


def _to_labels(name: str, values: Any, n: int) -> pd.Series:
    _check_column(name, values)
    if not hasattr(values, "__len__") or np.ndim(values) == 0:
        raise InputError(f"{name} is {to_shown(values)}, expected {n} labels, one a row")
    if np.ndim(values) != 1:
        raise InputError(f"{name} has {np.ndim(values)} dimensions, expected one")
    _check_length(name, values, n)
    return pd.Series(values).reset_index(drop=True)


def _check_column(name: str, values: Any) -> None:
    """What has a length and no order of rows, or several columns, is no column."""
    if isinstance(values, Mapping | Set | pd.DataFrame | str | bytes):
        raise InputError(
            f"{name} is a {type(values).__name__}, expected one column: an array, list or series"
        )


def _check_not_negative(name: str, numbers: np.ndarray) -> None:
    bad = np.flatnonzero(numbers < 0)
    if len(bad):
        row = int(bad[0])
        raise InputError(f"{name}: row {row + 1} is {numbers[row]:g}, expected >= 0")


def _to_minutes(values: Any) -> np.ndarray:
    minutes = _to_numbers("travel_time", _from_timedeltas(values))
    _check_not_negative("travel_time", minutes)
    return np.where(np.isfinite(minutes), minutes, np.nan)


def _from_timedeltas(values: Any) -> Any:
    """Times that know their unit as minutes; all other values as they are."""
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind == "O" and isinstance(values, list | tuple | np.ndarray | pd.Series):
        first = next(
            (v for v in values if isinstance(v, datetime.timedelta | np.timedelta64)), None
        )
        if first is None:
            return values
        try:
            values = pd.Series(pd.to_timedelta(pd.Series(values)))
        except (TypeError, ValueError):
            return values  # mixed with something else: no numbers
        kind = values.dtype.kind
    return np.asarray(values) / np.timedelta64(1, "m") if kind == "m" else values


def _to_persons(values: Any) -> np.ndarray:
    persons = _to_numbers("persons", values)
    _check_not_negative("persons", persons)
    bad = np.flatnonzero(~np.isfinite(persons))
    if len(bad):
        row = int(bad[0])
        raise InputError(f"persons: row {row + 1} is {persons[row]:g}, expected a number")
    return persons


def _check_length(name: str, values: Any, n: int) -> None:
    if len(values) != n:
        raise InputError(f"{name} has {len(values)} rows, expected {n}, as travel_time has")
