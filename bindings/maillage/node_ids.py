"""The ids of a network's nodes, and the rows that ids stand in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd

ABSENT = -1


class NodeIds:
    """Ids of nodes by row: text as the data spells it, or the whole numbers of OpenStreetMap.

    A node that blocks a mode stands in several rows; the first of them serves.
    """

    def __init__(self, ids: Sequence[str] | np.ndarray) -> None:
        self._given = ids if isinstance(ids, np.ndarray) else np.array(ids, dtype=object)

    @cached_property
    def rows(self) -> np.ndarray:
        """The row of every distinct id, ascending."""
        return np.flatnonzero(~pd.Index(self._given).duplicated()).astype(np.uint32)

    @cached_property
    def text(self) -> pd.Index:
        """Every distinct id as text, in the order of `rows`."""
        return pd.Index(self._distinct.astype(str), dtype="str")

    @cached_property
    def dtype(self) -> pd.CategoricalDtype:
        """The ids as categories of a column."""
        return pd.CategoricalDtype(self.text)

    @cached_property
    def _distinct(self) -> pd.Index:
        return pd.Index(self._given[self.rows])

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return dict(zip(self.text.tolist(), self.rows.tolist(), strict=True))

    def find_rows(self, ids: pd.Series) -> np.ndarray:
        """The rows of some ids, whole numbers or text; `ABSENT` for those that are not there."""
        if pd.api.types.is_integer_dtype(ids.dtype) and self._distinct.dtype == np.int64:
            at = self._distinct.get_indexer(pd.Index(ids))
            return np.where(at < 0, ABSENT, self.rows[at].astype(np.int64))
        values = ids.tolist()
        names = values if isinstance(ids.dtype, pd.StringDtype) else map(str, values)
        rows = list(map(self._row_of.get, names))
        if None in rows:
            rows = [ABSENT if row is None else row for row in rows]
        return np.array(rows, dtype=np.int64)
