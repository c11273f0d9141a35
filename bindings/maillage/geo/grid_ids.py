"""Cells named as INSEE and Eurostat name them: `CRS3035RES200mN2029800E4252400`.

The name holds the reference system, the side and the south-western corner; the centre follows. It
is to be trusted more than a published polygon, which may stand in another system.
"""

from __future__ import annotations

import re

import numpy as np
from pyproj import CRS

from maillage.geo.coordinates import to_lon_lat
from maillage.geo.tables import Table

_ID = re.compile(r"^(?:CRS(\d+))?RES(\d+)(k?m)N(\d+)E(\d+)$")
_SHORT = re.compile(r"^(\d+)(k?m)N(\d+)E(\d+)$")
DEFAULT_EPSG = 3035


def find_cell_centres(table: Table, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of the centres of the cells that a column names."""
    found = np.empty((table.n_rows, 4))
    for row, text in enumerate(table.series(column)):
        parts = _to_parts(str(text).strip())
        if parts is None:
            raise table.error(row, column, text, "a cell such as CRS3035RES200mN2029800E4252400")
        found[row] = parts
    lon, lat = np.empty(table.n_rows), np.empty(table.n_rows)
    for epsg in np.unique(found[:, 0]):
        rows = found[:, 0] == epsg
        half = found[rows, 1] / 2
        x, y = found[rows, 3] + half, found[rows, 2] + half
        lon[rows], lat[rows] = to_lon_lat(x, y, CRS.from_epsg(int(epsg)))
    return lon, lat


def _to_parts(text: str) -> tuple[float, float, float, float] | None:
    """EPSG code, side, north and east of the corner, in metres."""
    full = _ID.match(text)
    if full:
        epsg, side, unit, north, east = full.groups()
        metres = float(side) * (1000 if unit == "km" else 1)
        return float(epsg or DEFAULT_EPSG), metres, float(north), float(east)
    short = _SHORT.match(text)
    if short is None:
        return None
    side, unit, north, east = short.groups()  # Eurostat's short form counts in its own unit
    metres = float(side) * (1000 if unit == "km" else 1)
    scale = metres if unit == "km" else 1.0
    return float(DEFAULT_EPSG), metres, float(north) * scale, float(east) * scale
