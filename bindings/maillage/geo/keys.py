"""Keys of rows: text that is unique, found again in other tables, encoded as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.errors import InputError
from maillage.geo.arrow_compute import pc
from maillage.geo.tables import Table


def to_series(texts: pa.ChunkedArray) -> pd.Series:
    """Text of a table as a pandas column."""
    return texts.to_pandas().astype("str")


def check_unique(table: Table, label: str, keys: pa.ChunkedArray) -> None:
    """Raise InputError naming both rows when a key stands twice in a table."""
    series = to_series(keys)
    again = series.duplicated()
    if not again.any():
        return
    second = int(np.argmax(again.to_numpy()))
    key = series.iloc[second]
    first = int(np.argmax((series == key).to_numpy()))
    n_more = int(again.sum()) - 1
    more = f" ({n_more} more rows repeat a key)" if n_more else ""
    raise InputError(
        f"{table.find_place(second)}: {label} is {key!r}, which {table.find_place(first)} "
        f"has too, expected every key once{more}"
    )


def encode(texts: pa.ChunkedArray) -> tuple[list[str], np.ndarray]:
    """The distinct texts sorted, and for every row the position of its text; -1 for null."""
    encoded = pc.dictionary_encode(texts).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks)
    values = encoded.dictionary.to_pylist()
    codes = sorted(values)
    rank = {code: position for position, code in enumerate(codes)}
    to_rank = np.array([rank[value] for value in values] + [-1], dtype=np.int32)
    indices = pc.fill_null(encoded.indices, len(values)).to_numpy(zero_copy_only=False)
    return codes, to_rank[indices]


def find_rows(keys: pa.ChunkedArray, wanted: pa.ChunkedArray) -> np.ndarray:
    """Position of every wanted key among unique keys, int64; -1 where there is none."""
    known = keys.combine_chunks()
    if isinstance(known, pa.ChunkedArray):
        known = pa.concat_arrays(known.chunks)
    rows = pc.fill_null(pc.index_in(wanted, value_set=known), -1)
    return rows.to_numpy().astype(np.int64)


def find_first(keys: pd.Series, texts: pd.Series) -> dict[str, str]:
    """For every key the first of its texts that is not missing."""
    pairs = pd.DataFrame({"key": keys, "text": texts}).dropna().drop_duplicates("key")
    return dict(zip(pairs["key"], pairs["text"], strict=True))
