"""From areas to cells by a weight, and back, without losing a person.

cells = ml.disaggregate(communes, cells, weight="households")   # persons of communes on cells
ml.aggregate(cells, by="commune")                               # and the communes again
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint


def disaggregate(
    areas: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    area: str,
    weight: str | None = None,
    columns: Sequence[str] | None = None,
    whole: bool = False,
) -> pd.DataFrame:
    """Spreads the amounts of areas over the cells in them.

    areas
        One row an area: the column `area` (its code, unique) and amounts >= 0.
    cells
        One row a cell: the column `area` of the area that it lies in (absent: in none, gets
        nothing).
    weight
        Column of the cells, >= 0: amounts go to cells in proportion to it. None, or where every
        weight of an area is 0: evenly.
    columns
        Which amounts; by default every numeric column of `areas` except the code.
    whole
        Amounts are whole numbers and stay so: remainders go to the largest fractions, then in
        the order of the cells (Hamilton 1792).

    Returns `cells` with the columns of amounts. The cells of an area sum to its amount (to
    the last bits; exactly with `whole`). Raises InputError where persons would be lost: an area
    with an amount and no cell, a cell of an unknown area; and for codes twice, amounts or weights
    that are missing or below 0.
    """
    for frame, name in ((areas, "areas"), (cells, "cells")):
        _check_column(frame, area, name)
    amounts = list(columns) if columns is not None else _find_numeric(areas, area)
    for column in amounts:
        _check_amounts(areas, column, "areas", whole)
    codes = areas[area].astype("str")
    if codes.duplicated().any():
        twice = codes[codes.duplicated()].iloc[0]
        raise InputError(f"areas: {area} {twice!r} occurs more than once, expected each once")
    is_inside = cells[area].notna().to_numpy()
    row = pd.Index(codes).get_indexer(pd.Index(cells[area].astype("str")))
    unknown = is_inside & (row < 0)
    if unknown.any():
        first = cells[area].iloc[int(np.argmax(unknown))]
        raise InputError(f"cells: {area} {first!r} is no area{to_hint(str(first), codes)}")
    row = np.where(is_inside, row, -1)
    shares = _find_shares(cells, row, weight, len(areas))
    out = cells.copy()
    for column in amounts:
        values = areas[column].to_numpy(dtype=float)
        _check_cells(values, row, codes, column)
        spread = np.where(row >= 0, values[np.maximum(row, 0)] * shares, 0.0)
        out[column] = _round_whole(spread, row, values) if whole else spread
    return out


def aggregate(
    cells: pd.DataFrame, *, by: str, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Sums the amounts of cells by area; cells of none form a last row with an absent code.

    Returns `by` (sorted) and the amounts; persons in equal persons out.
    """
    _check_column(cells, by, "cells")
    amounts = list(columns) if columns is not None else _find_numeric(cells, by)
    for column in amounts:
        _check_column(cells, column, "cells")
    return cells.groupby(by, dropna=False, sort=True)[amounts].sum().reset_index()


def find_spread(values: np.ndarray, row: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Amounts of areas (n_areas x n_columns) on cells, by weight; `row` -1 is in no area."""
    shares = _to_shares(row, weight, len(values))
    spread = values[np.maximum(row, 0)] * shares[:, None]
    return np.where((row >= 0)[:, None], spread, 0.0)


def _find_shares(
    cells: pd.DataFrame, row: np.ndarray, weight: str | None, n_areas: int
) -> np.ndarray:
    if weight is None:
        return _to_shares(row, None, n_areas)
    _check_amounts(cells, weight, "cells", whole=False)
    return _to_shares(row, cells[weight].to_numpy(dtype=float), n_areas)


def _to_shares(row: np.ndarray, weight: np.ndarray | None, n_areas: int) -> np.ndarray:
    """Each cell's share of its area; even where no cell of the area has weight."""
    inside = row >= 0
    at = np.maximum(row, 0)
    count = np.bincount(row[inside], minlength=n_areas)
    given = np.ones(len(row)) if weight is None else weight
    total = np.bincount(row[inside], given[inside], minlength=n_areas)
    even = 1 / np.maximum(count, 1)[at]
    share = np.divide(given, total[at], out=even, where=total[at] > 0)
    return np.where(inside, share, 0.0)


def _round_whole(spread: np.ndarray, row: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Whole numbers that sum to each area's, by the method of largest remainders."""
    down = np.floor(spread + 1e-9)
    inside = row >= 0
    missing = values - np.bincount(row[inside], down[inside], minlength=len(values))
    order = np.lexsort((-(spread - down), row))
    order = order[row[order] >= 0]
    starts = np.searchsorted(row[order], np.arange(len(values)))
    rank = np.arange(len(order)) - starts[row[order]]
    down[order] += rank < np.rint(missing)[row[order]]
    return down.astype(np.int64)


def _check_cells(values: np.ndarray, row: np.ndarray, codes: pd.Series, column: str) -> None:
    has_cell = np.bincount(row[row >= 0], minlength=len(values)) > 0
    lost = ~has_cell & (values > 0)
    if lost.any():
        first = int(np.argmax(lost))
        raise InputError(
            f"areas: {codes.iloc[first]!r} has {values[first]:g} {column} and no cell, "
            f"expected one ({int(lost.sum())} areas, {values[lost].sum():g} in all)"
        )


def _check_column(frame: pd.DataFrame, column: str, name: str) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"{name} is {to_shown(frame)}, expected a data frame")
    if column not in frame.columns:
        hint = to_hint(column, map(str, frame.columns))
        raise InputError(f"{name} has no column {column!r}{hint}")


def _check_amounts(frame: pd.DataFrame, column: str, name: str, whole: bool) -> None:
    _check_column(frame, column, name)
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    wrong = ~(values >= 0) | ~np.isfinite(values)
    if whole:
        wrong |= values != np.rint(values)
    if wrong.any():
        first = int(np.argmax(wrong))
        expected = "a whole number >= 0" if whole else "a number >= 0"
        shown = to_shown(frame[column].iloc[first])
        raise InputError(f"{name}: {column} of row {first + 1} is {shown}, expected {expected}")


def _find_numeric(frame: pd.DataFrame, key: str) -> list[str]:
    return [str(c) for c in frame.select_dtypes("number").columns if c != key]
