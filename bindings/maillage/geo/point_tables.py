"""Tables of points that a question names: any table or layer with an id and a place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from maillage.config_sections import PointSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.coordinates import read_points
from maillage.geo.gdal_files import GeometryUse
from maillage.geo.tables import NumberRule, Table, find_form, read_table

_IDS = ("id", "key")
_PLACE = ("lon", "lat")


def read_point_table(path: str | Path, findings: Findings) -> pd.DataFrame:
    """`id` (text), `lon`, `lat` (WGS84) of every row, in the order of the file.

    Ids are the column `id`, or `key` where there is none. Coordinates are the columns `lon`
    and `lat`, or the geometry of a layer in any CRS. Raises InputError naming file, row and
    field for what is missing, twice there or no place.
    """
    path = Path(path)
    is_text = find_form(path) == "text"
    columns, optional = (_PLACE, _IDS) if is_text else ((), (*_IDS, *_PLACE))
    use: GeometryUse = "none" if is_text else "wanted"
    source = PointSource(file=path)
    table = read_table(source, columns, findings, use, optional=optional)
    ids = _read_ids(table)
    lon, lat = _read_places(table, source, findings)
    return pd.DataFrame({"id": ids, "lon": lon, "lat": lat})


def _read_ids(table: Table) -> pd.Series:
    column = next((name for name in _IDS if name in table.columns.column_names), None)
    if column is None:
        raise InputError(f"{table.name}: has no column 'id' (and no 'key')")
    ids = table.series(column)
    missing = np.flatnonzero(ids.isna())
    if len(missing):
        raise table.error(int(missing[0]), column, None, "an id")
    twice = np.flatnonzero(ids.duplicated())
    if len(twice):
        raise table.error(int(twice[0]), column, ids.iloc[twice[0]], "each id once")
    return ids


def _read_places(
    table: Table, source: PointSource, findings: Findings
) -> tuple[np.ndarray, np.ndarray]:
    if set(_PLACE) <= set(table.columns.column_names):
        lon = table.numbers("lon", NumberRule(-180, 180)).amounts
        return lon, table.numbers("lat", NumberRule(-90, 90)).amounts
    if table.geometry is None:
        raise InputError(f"{table.name}: has neither columns lon and lat nor geometry")
    missing = np.flatnonzero([shape is None or shape.is_empty for shape in table.geometry])
    if len(missing):
        raise table.error(int(missing[0]), "geometry", None, "a point")
    points = read_points(table, source, findings)
    return points.lon, points.lat
