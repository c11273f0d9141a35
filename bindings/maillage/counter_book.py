"""The counters of a territory while a scenario edits them: only what changes is copied.

A country has tens of thousands of counters and a scenario touches a few; its cost should be
that of the few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from maillage.territory_parts import TerritoryParts


class CounterBook:
    """Counters by row; new ones stand behind those of the territory."""

    def __init__(self, parts: TerritoryParts) -> None:
        self._before = parts.counters
        self._levels_before = parts.levels
        self._rows = parts.counter_rows
        self._new_rows: dict[str, int] = {}
        self._cells: dict[str, dict[int, Any]] = {}  # column -> row -> value
        self._levels: dict[int, np.ndarray] = {}

    @property
    def is_changed(self) -> bool:
        """Whether anything was set or added."""
        return bool(self._cells or self._levels)

    def find_row(self, key: str) -> int:
        """The row of a counter by its key, which must exist."""
        return self._new_rows[key] if key in self._new_rows else self._rows[key]

    def write(self, row: int, **values: Any) -> None:
        """Sets columns of a counter."""
        for column, value in values.items():
            self._cells.setdefault(column, {})[row] = value

    def write_levels(self, row: int, levels: np.ndarray) -> None:
        """Sets what a counter offers: n_services levels, 0 not offered."""
        self._levels[row] = levels

    def read_levels(self, row: int) -> np.ndarray:
        """What a counter offers now, as a copy."""
        found = self._levels[row] if row in self._levels else self._levels_before[row]
        return found.copy()

    def add(self, key: str, values: Mapping[str, Any], levels: np.ndarray) -> int:
        """A new counter; columns that `values` does not name are absent. Returns its row."""
        row = len(self._before) + len(self._new_rows)
        self._new_rows[key] = row
        self.write(row, **{**values, "key": key})
        self.write_levels(row, levels)
        return row

    def to_frame(self) -> pd.DataFrame:
        """The counters as edited, with the columns and types of the territory's."""
        columns = {c: self._to_column(c) for c in self._before.columns if c != "geometry"}
        return _with_geometry(pd.DataFrame(columns), self._before)

    def to_levels(self) -> np.ndarray:
        """uint8, n_counters x n_services."""
        new = np.zeros((len(self._new_rows), self._levels_before.shape[1]), dtype=np.uint8)
        levels = np.concatenate([self._levels_before, new])
        for row, values in self._levels.items():
            levels[row] = values
        return levels

    def _to_column(self, column: str) -> pd.Series:
        before = self._before[column].reset_index(drop=True)
        cells, n_new = self._cells.get(column), len(self._new_rows)
        if cells is None and n_new == 0:
            return before
        if n_new:
            added = pd.Series([None] * n_new, dtype=object).astype(
                object if before.dtype == bool else before.dtype
            )
            before = pd.concat([before, added], ignore_index=True)
        else:
            before = before.copy()
        if cells:
            before.iloc[list(cells)] = list(cells.values())
        return before.astype(self._before[column].dtype)


def _with_geometry(counters: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Counters with the geometry they had, or a new point where they moved or are new."""
    if not isinstance(before, gpd.GeoDataFrame):
        return counters
    lon, lat = (counters[c].to_numpy(dtype=float) for c in ("lon", "lat"))
    stays = np.arange(len(counters)) < len(before)
    for now, column in ((lon, "lon"), (lat, "lat")):
        was = before[column].to_numpy(dtype=float)
        stays[: len(was)] &= np.isclose(now[: len(was)], was, 0, 0, equal_nan=True)
    geometry = np.asarray(gpd.points_from_xy(lon, lat, crs=4326).to_crs(before.crs))
    kept = np.flatnonzero(stays)
    geometry[kept] = before.geometry.to_numpy()[kept]
    return gpd.GeoDataFrame(counters, geometry=geometry, crs=before.crs)
