"""Vector layers as frames of polygons in WGS84, for areas that a user draws.

Reading itself is in `gdal_files` and `tables`; zonings and places keep their own CRS.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maillage.config_sections import TableSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.areas import transform_geometry
from maillage.geo.coordinates import POLYGONAL, WGS84, repair_polygons
from maillage.geo.tables import read_table


def read_polygons(
    source: TableSource, columns: Sequence[str], findings: Findings | None = None
) -> gpd.GeoDataFrame:
    """The polygons of a layer in WGS84 with the named columns as text, rows in file order.

    Polygons that cross themselves are repaired with a finding; rows without geometry stay,
    empty. A layer that holds anything but polygons is an InputError naming the row.
    """
    found = Findings() if findings is None else findings
    table = read_table(source, columns, found, "required")
    assert table.geometry is not None, "geometry is required"
    kinds = shapely.get_type_id(table.geometry)
    wrong = ~np.isin(kinds, (*POLYGONAL, -1))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise InputError(
            f"{table.find_place(first)}: geometry is {table.geometry[first].geom_type}, "
            f"expected a polygon"
        )
    polygons = table.geometry.copy()
    polygons[kinds >= 0] = repair_polygons(polygons[kinds >= 0], found, table.name)
    frame = pd.DataFrame({column: table.series(column) for column in columns})
    return gpd.GeoDataFrame(
        frame, geometry=transform_geometry(polygons, (table.crs, WGS84)), crs=WGS84
    )
