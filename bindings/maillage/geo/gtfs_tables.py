"""What the readers of GTFS tables share: ids, optional columns, findings about rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.arrow_compute import pc
from maillage.geo.tables import NumberRule, Table, to_shown


def read_ids(table: Table, column: str, *, unique: bool = True) -> pa.Array:
    """A column of ids; an empty one is an InputError, and so is one that stands twice."""
    ids = table.texts(column).combine_chunks()
    if ids.null_count:
        empty = np.asarray(pc.is_null(ids).to_numpy(zero_copy_only=False))
        raise table.rows_error(empty, column, "an id")
    if unique:
        series = pd.Series(ids.to_pandas())
        again = series.duplicated().to_numpy()
        if again.any():
            row = int(np.argmax(again))
            first = int(np.argmax((series == series.iloc[row]).to_numpy()))
            n_more = int(again.sum()) - 1
            more = f" (and {n_more} more like it)" if n_more else ""
            raise InputError(
                f"{table.find_place(row)}: {column} is {to_shown(series.iloc[row])}, which "
                f"{table.find_place(first)} has, expected every id once{more}"
            )
    return ids


def read_texts(table: Table, column: str) -> pd.Series:
    """A column as text, missing where a cell is empty or the file does not have the column."""
    there = column in table.columns.column_names
    return table.series(column if there else None).reset_index(drop=True)


def read_numbers(table: Table, column: str, rule: NumberRule, default: int) -> np.ndarray:
    """A column of whole numbers, int64, the default where a cell or the column is not there."""
    if column not in table.columns.column_names:
        return np.full(table.n_rows, default, dtype=np.int64)
    amounts = table.numbers(column, rule).amounts
    return np.where(np.isnan(amounts), default, amounts).astype(np.int64)


def find_rows(names: pa.Array | pa.ChunkedArray, ids: pa.Array) -> np.ndarray:
    """The row of each name among the ids, int64, n_names; -1 where it is none of them."""
    rows = pc.fill_null(pc.index_in(names, value_set=ids, skip_nulls=True), -1)
    return np.asarray(rows.to_numpy(), dtype=np.int64)


def add_rows(
    findings: Findings,
    kind: str,
    table: Table,
    rows: np.ndarray,
    words: str | Callable[[int], str],
) -> None:
    """Count rows of a table as findings of one kind, each told as `stops.txt:18: words`.

    `words` may depend on the row.
    """
    examples = (
        f"{table.find_place(int(row))}: {words if isinstance(words, str) else words(int(row))}"
        for row in rows
    )
    findings.add_all(kind, examples, len(rows))


def add_unknown(
    table: Table, what: str, is_unknown: np.ndarray, effect: str, findings: Findings
) -> None:
    """Count the rows of a mask whose id of a stop, trip, ... does not exist: `unknown_stop`."""
    if not is_unknown.any():
        return
    texts = table.texts(f"{what}_id")

    def to_words(row: int) -> str:
        return f"{what}_id {to_shown(texts[row].as_py())} does not exist, {effect}"

    add_rows(findings, f"unknown_{what}", table, np.flatnonzero(is_unknown), to_words)
