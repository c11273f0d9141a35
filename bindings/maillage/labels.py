"""Columns of labels (codes, categories) in data frames that a researcher brings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint


def check_frame(frame: Any, name: str) -> None:
    """InputError unless this is a data frame."""
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"{name} is {to_shown(frame)}, expected a data frame")


def check_column(frame: pd.DataFrame, column: Any, name: str) -> None:
    """InputError unless the frame has this column, once."""
    if not isinstance(column, str | int):
        raise InputError(f"{name}: {to_shown(column)} is no name of a column")
    known = list(frame.columns)
    if column not in known:
        raise InputError(f"{name} has no column {column!r}{to_hint(str(column), map(str, known))}")
    if known.count(column) > 1:
        raise InputError(f"{name}: column {column!r} occurs more than once, expected it once")


def to_texts(column: pd.Series) -> pd.Series:
    """Labels as text, missing where they are missing; whole numbers lose their `.0`.

    A column of whole numbers becomes one of floats where a label is missing: `1` and `1.0` are
    the same label.
    """
    labels = column
    if pd.api.types.is_float_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        known = values[~np.isnan(values)]
        if (np.abs(known) < 2**53).all() and (known == np.rint(known)).all():
            labels = column.astype("Int64")
    return labels.astype("str").mask(column.isna())


def check_texts(frame: pd.DataFrame, column: Any, name: str) -> pd.Series:
    """A column of labels as text; InputError naming the first row that has none."""
    check_column(frame, column, name)
    missing = np.flatnonzero(frame[column].isna())
    if len(missing):
        raise InputError(f"{name}: row {missing[0] + 1} has no {column}")
    return to_texts(frame[column])
