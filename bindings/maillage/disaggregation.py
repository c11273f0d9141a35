"""From areas to cells by a weight, and back, without losing a person.

cells = ml.disaggregate(communes, cells, weight="households")   # persons of communes on cells
ml.aggregate(cells, by="commune")                               # and the communes again
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint
from maillage.labels import check_column, check_frame, check_texts, to_texts


def disaggregate(
    areas: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    area: str,
    weight: str | None = None,
    columns: Sequence[str] | str | None = None,
    whole: bool = False,
    cell: str | None = None,
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
        Amounts are whole numbers and stay so: remainders go to the largest fractions (Hamilton
        1792), and among equal ones in the order of `cell`.
    cell
        Column that names the cells, each once. Without it equal fractions go by the values of all
        columns of the cells; either way the order of rows changes nothing.

    Returns `cells` with the columns of amounts (in place of columns of the same name). The cells
    of an area sum to its amount (to the last bits; exactly with `whole`). Raises InputError where
    persons would be lost: an area with an amount and no cell, a cell of an unknown area; and for
    codes that are missing or there twice, amounts or weights that are missing, text or below 0.
    """
    for frame, name in ((areas, "areas"), (cells, "cells")):
        check_frame(frame, name)
        check_column(frame, area, name)
    amounts = _find_amounts(areas, area, columns, "areas")
    for column in amounts:
        _check_amounts(areas, column, "areas", whole)
    codes = check_texts(areas, area, "areas")
    if codes.duplicated().any():
        twice = codes[codes.duplicated()].iloc[0]
        raise InputError(f"areas: {area} {twice!r} occurs more than once, expected each once")
    row = _find_areas(cells, area, codes)
    shares = _find_shares(cells, row, weight, len(areas))
    order = _find_order(cells, cell) if whole else np.arange(len(cells))
    out = cells.copy()
    for column in amounts:
        values = _to_numbers(areas, column, "areas").to_numpy(dtype=float)
        _check_cells(values, row, codes, column)
        spread = np.where(row >= 0, values[np.maximum(row, 0)] * shares, 0.0)
        out[column] = _round_whole(spread, row, values, order) if whole else spread
    return out


def aggregate(
    cells: pd.DataFrame, *, by: str, columns: Sequence[str] | str | None = None
) -> pd.DataFrame:
    """Sums the amounts of cells by area; cells of none form a last row with an absent code.

    Which amounts say `columns`, by default every numeric column except `by`. Returns `by`
    (sorted) and the amounts; persons in equal persons out. The sum with an amount that is
    missing (NaN) is missing. Raises InputError for columns that hold no numbers and for
    infinities.
    """
    check_frame(cells, "cells")
    check_column(cells, by, "cells")
    frame = cells[[by]].copy()
    amounts = _find_amounts(cells, by, columns, "cells")
    for column in amounts:
        frame[column] = _to_numbers(cells, column, "cells")
        values = frame[column].to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(values).any():
            raise _row_error(cells, column, "cells", np.isinf(values), "a finite number")
    how: dict[str, Any] = {"dropna": False, "sort": True, "observed": True}
    sums = frame.groupby(by, **how)[amounts].sum()
    missing = frame[amounts].isna()
    if missing.to_numpy().any():
        missing[by] = frame[by]
        sums = sums.mask(missing.groupby(by, **how)[amounts].any().to_numpy())
    return sums.reset_index()


def find_spread(values: np.ndarray, row: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Amounts of areas (n_areas x n_columns) on cells, by weight; `row` -1 is in no area."""
    shares = _to_shares(row, weight, len(values))
    spread = values[np.maximum(row, 0)] * shares[:, None]
    return np.where((row >= 0)[:, None], spread, 0.0)


def _find_areas(cells: pd.DataFrame, area: str, codes: pd.Series) -> np.ndarray:
    """The row of each cell's area; -1 for none. InputError for areas that are unknown."""
    is_inside = cells[area].notna().to_numpy()
    texts = to_texts(cells[area])
    row = pd.Index(codes).get_indexer(pd.Index(texts))
    unknown = is_inside & (row < 0)
    if unknown.any():
        first = texts.iloc[int(np.argmax(unknown))]
        raise InputError(f"cells: {area} {first!r} is no area{to_hint(str(first), codes)}")
    return np.where(is_inside, row, -1)


def _find_order(cells: pd.DataFrame, cell: str | None) -> np.ndarray:
    """The place of every cell in an order that does not depend on the order of rows."""
    if cell is not None:
        names = check_texts(cells, cell, "cells")
        if names.duplicated().any():
            twice = names[names.duplicated()].iloc[0]
            raise InputError(f"cells: {cell} {twice!r} occurs more than once, expected each once")
        ranked = [pd.factorize(_to_sortable(cells[cell]), sort=True)[0]]
    else:
        columns = [cells.iloc[:, i] for i in range(cells.shape[1])]
        ranked = [pd.factorize(_to_sortable(column), sort=True)[0] for column in columns]
    order = np.empty(len(cells), dtype=np.int64)
    order[np.lexsort(ranked[::-1])] = np.arange(len(cells))
    return order


def _to_sortable(column: pd.Series) -> pd.Series:
    return column if pd.api.types.is_numeric_dtype(column) else column.astype("str")


def _find_shares(
    cells: pd.DataFrame, row: np.ndarray, weight: str | None, n_areas: int
) -> np.ndarray:
    if weight is None:
        return _to_shares(row, None, n_areas)
    _check_amounts(cells, weight, "cells", whole=False)
    return _to_shares(row, _to_numbers(cells, weight, "cells").to_numpy(dtype=float), n_areas)


def _to_shares(row: np.ndarray, weight: np.ndarray | None, n_areas: int) -> np.ndarray:
    """Each cell's share of its area; even where no cell of the area has weight."""
    inside = row >= 0
    at = np.maximum(row, 0)
    count = np.bincount(row[inside], minlength=n_areas)
    given = np.ones(len(row)) if weight is None else weight
    total = _sum_by_area(row, given, n_areas)
    extreme = ~((total > 1e-290) & (total < 1e290))
    if extreme.any():  # all weights 0, or sums of them that floats do not hold
        highest = np.zeros(n_areas)
        np.maximum.at(highest, row[inside], given[inside])
        scale = np.where(extreme & (highest > 0), highest, 1.0)
        given = given / np.where(inside, scale[at], 1.0)
        total = _sum_by_area(row, given, n_areas)
    even = 1 / np.maximum(count, 1)[at]
    share = np.divide(given, total[at], out=even, where=inside & (total[at] > 0))
    return np.where(inside, share, 0.0)


def _sum_by_area(row: np.ndarray, values: np.ndarray, n_areas: int) -> np.ndarray:
    """Sums by area, small values first: the order of rows does not change the last digit."""
    inside = np.flatnonzero(row >= 0)
    inside = inside[np.argsort(values[inside], kind="stable")]
    with np.errstate(over="ignore"):
        return np.bincount(row[inside], values[inside], minlength=n_areas)


def _round_whole(
    spread: np.ndarray, row: np.ndarray, values: np.ndarray, ties: np.ndarray
) -> np.ndarray:
    """Whole numbers that sum to each area's, by the method of largest remainders."""
    down = np.floor(spread + 1e-9)
    inside = row >= 0
    missing = values - np.bincount(row[inside], down[inside], minlength=len(values))
    order = np.lexsort((ties, -(spread - down), row))
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


def _to_numbers(frame: pd.DataFrame, column: str, name: str) -> pd.Series:
    """A column of numbers; text is none, whatever it says."""
    check_column(frame, column, name)
    series = frame[column]
    if series.dtype == object:
        texts = np.array([isinstance(value, str) for value in series])
        if texts.any():
            raise _row_error(frame, column, name, texts, "a number, not text")
        series = pd.to_numeric(series, errors="coerce").where(series.notna())
    if not pd.api.types.is_numeric_dtype(series):
        raise InputError(f"{name}: column {column!r} holds {series.dtype}, expected numbers")
    return series


def _check_amounts(frame: pd.DataFrame, column: str, name: str, whole: bool) -> None:
    values = _to_numbers(frame, column, name).to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(values >= 0) | ~np.isfinite(values)
    if whole:
        wrong |= values != np.rint(values)
    if wrong.any():
        expected = "a whole number >= 0" if whole else "a number >= 0"
        raise _row_error(frame, column, name, wrong, expected)


def _row_error(
    frame: pd.DataFrame, column: str, name: str, wrong: np.ndarray, expected: str
) -> InputError:
    first = int(np.argmax(wrong))
    shown = to_shown(frame[column].iloc[first])
    return InputError(f"{name}: {column} of row {first + 1} is {shown}, expected {expected}")


def _find_amounts(frame: pd.DataFrame, key: str, columns: Any, name: str) -> list[Any]:
    """The columns of amounts; InputError when there are none or the key is one of them."""
    if columns is None:
        found = [c for c in frame.select_dtypes("number").columns if c != key]
        if not found:
            raise InputError(f"{name} has no column of numbers beside {key!r}, expected amounts")
        return found
    if isinstance(columns, str):
        columns = [columns]
    if not isinstance(columns, Sequence | pd.Index | np.ndarray) or not len(columns):
        raise InputError(f"columns is {to_shown(columns)}, expected names of columns")
    for column in columns:
        check_column(frame, column, name)
        if column == key:
            raise InputError(f"columns has {key!r}, the code of the areas, expected amounts")
    return list(dict.fromkeys(columns))
