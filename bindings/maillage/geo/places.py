"""Places: where people live. One row a place, a unique key, a point.

`read_places` reads the table of `[places]`; columns that other sections take from the same
file are kept beside it in `table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.config_models import PlacesConfig
from maillage.findings import Findings
from maillage.geo.coordinates import (
    Box,
    Points,
    coordinate_columns,
    find_box,
    find_lonely_points,
    geometry_use,
    read_points,
)
from maillage.geo.gdal_files import GeometryUse
from maillage.geo.grid_ids import find_cell_centres
from maillage.geo.keys import check_unique, to_series
from maillage.geo.tables import NumberRule, Table, read_table


@dataclass(frozen=True)
class Places:
    """The places in the order of their file, n_places each.

    `frame` has the columns place, name, lon, lat (WGS84; NaN without coordinates).
    """

    table: Table
    frame: pd.DataFrame
    keys: pd.Index
    key_texts: pa.ChunkedArray
    points: Points
    box: Box

    @property
    def n_places(self) -> int:
        """The number of places."""
        return len(self.keys)


def _find_geometry_use(config: PlacesConfig) -> GeometryUse:
    return "wanted" if config.grid_id is not None else geometry_use(config)


def _read_points(table: Table, config: PlacesConfig, findings: Findings) -> Points:
    """Coordinates as other tables give them, or from the names of the cells."""
    if config.grid_id is None:
        return read_points(table, config, findings)
    lon, lat = find_cell_centres(table, config.grid_id)
    return Points(lon, lat)


def _report_imputed(table: Table, column: str, findings: Findings) -> None:
    rows = np.flatnonzero(table.numbers(column, NumberRule(0, 1, whole=True)).amounts == 1)
    examples = (
        f"{table.find_place(int(row))}: the figures of the cell are imputed" for row in rows
    )
    findings.add_all("imputed_cells", examples, len(rows))


def read_places(config: PlacesConfig, more_columns: Sequence[str], findings: Findings) -> Places:
    """The places of a territory; `more_columns` of the file are read along.

    Places far from all others are findings; those that would be near them with longitude and
    latitude swapped do not count in `box`. Keys that are empty or stand twice, coordinates
    outside the world and, unless the section keeps them, missing coordinates are an InputError
    naming file and row.
    """
    columns = [*config.key, *coordinate_columns(config), *more_columns]
    columns += [c for c in (config.grid_id, config.imputed) if c is not None]
    if config.name is not None:
        columns.append(config.name)
    table = read_table(config, list(dict.fromkeys(columns)), findings, _find_geometry_use(config))
    key_texts = table.key(config.key)
    check_unique(table, "_".join(config.key), key_texts)
    points = _read_points(table, config, findings)
    if config.imputed is not None:
        _report_imputed(table, config.imputed, findings)
    keys = to_series(key_texts)
    frame = pd.DataFrame(
        {"place": keys, "name": table.series(config.name), "lon": points.lon, "lat": points.lat}
    )
    swapped = find_lonely_points(table, points, findings)
    box = find_box(np.where(swapped, np.nan, points.lon), points.lat)
    return Places(table, frame, pd.Index(keys), key_texts, points, box)
