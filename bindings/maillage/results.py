"""What results have in common: shaping columns, and speaking Arrow."""

from __future__ import annotations

from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

# Results with this many rows or more have their keys dictionary-encoded.
N_ROWS_FOR_CATEGORIES = 100_000


def to_keys(keys: np.ndarray | pd.Index | pd.Series, rows: np.ndarray) -> pd.Series:
    """The keys of rows as text; -1 is absent (NA). Dictionary-encoded when there are many."""
    keys = pd.Index(keys)
    if len(rows) >= N_ROWS_FOR_CATEGORIES:
        return pd.Series(pd.Categorical.from_codes(rows, categories=keys))
    is_ready = keys.dtype == pd.StringDtype(na_value=np.nan)
    text = (keys if is_ready else pd.Series(np.asarray(keys, dtype=object), dtype="str")).array
    has_absent = len(rows) > 0 and bool(np.min(rows) < 0)
    return pd.Series(text.take(rows, allow_fill=has_absent), copy=False)


def take_text(texts: pd.Series, rows: np.ndarray) -> pd.Index:
    """A few rows of a long column of text, ascending.

    A column read from the cache stands in chunks. Arrow joins them all before it takes rows of
    text, which costs as much as the column is long: so rows are taken from each chunk by itself.
    """
    is_arrow = isinstance(texts.array, pd.arrays.ArrowStringArray)
    stored: Any = pa.array(texts.array) if is_arrow else None  # no copy
    if not isinstance(stored, pa.ChunkedArray) or len(rows) == 0:
        return pd.Index(texts.iloc[rows], dtype="str")
    ends = np.cumsum([len(chunk) for chunk in stored.chunks])
    parts = np.split(rows, np.searchsorted(rows, ends[:-1]))
    taken = [
        chunk.take(pa.array(part - (end - len(chunk))))
        for chunk, end, part in zip(stored.chunks, ends, parts, strict=True)
        if len(part) > 0
    ]
    return pd.Index(pd.Series(pa.concat_arrays(taken), dtype="str"))


def to_ids(ids: pd.Index | pd.CategoricalDtype, rows: np.ndarray) -> Any:
    """A column with the ids of rows in the type the user gave them; -1 is absent (NA).

    Text is dictionary-encoded when there is much of it, or when `ids` are categories already.
    """
    is_ready = isinstance(ids, pd.CategoricalDtype)
    values: pd.Index = ids.categories if is_ready else ids
    is_text = not pd.api.types.is_numeric_dtype(values.dtype)
    if is_text and (is_ready or len(rows) >= N_ROWS_FOR_CATEGORIES):
        dtype = ids if is_ready else pd.CategoricalDtype(values)
        return pd.Categorical.from_codes(rows, dtype=dtype, validate=False)
    if is_text:
        return to_keys(values, rows)
    found = pd.Series(values.take(np.maximum(rows, 0)))
    if (rows >= 0).all():
        return found
    return found.convert_dtypes().mask(rows < 0)


def to_arrow_stream(frame: pd.DataFrame, requested_schema: Any = None) -> Any:
    """The Arrow C stream of a frame; geometry as WKB."""
    if isinstance(frame, gpd.GeoDataFrame):
        return frame.to_arrow(index=False).__arrow_c_stream__(requested_schema)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return table.__arrow_c_stream__(requested_schema)


class ProgressReport(Protocol):
    """Called now and then during long work: what is being done, how much, of how much."""

    def __call__(self, step: str, done: int, total: int) -> None: ...
