"""Places: where people live. One row a place, a unique key, a point.

`read_places` reads the table of `[places]`; columns that other sections take from the same
file are kept beside it in `table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from maillage.config_models import PlacesConfig
from maillage.findings import Findings
from maillage.geo.coordinates import (
    Box,
    Points,
    coordinate_columns,
    find_box,
    geometry_use,
    read_points,
)
from maillage.geo.keys import check_unique, to_series
from maillage.geo.tables import Table, read_table


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


def read_places(config: PlacesConfig, more_columns: Sequence[str], findings: Findings) -> Places:
    """The places of a territory; `more_columns` of the file are read along.

    Keys that are empty or stand twice, coordinates outside the world and, unless the
    section keeps them, missing coordinates are an InputError naming file and row.
    """
    columns = [*config.key, *coordinate_columns(config), *more_columns]
    if config.name is not None:
        columns.append(config.name)
    table = read_table(config, list(dict.fromkeys(columns)), findings, geometry_use(config))
    key_texts = table.key(config.key)
    check_unique(table, "_".join(config.key), key_texts)
    points = read_points(table, config, findings)
    keys = to_series(key_texts)
    frame = pd.DataFrame(
        {"place": keys, "name": table.series(config.name), "lon": points.lon, "lat": points.lat}
    )
    box = find_box(points.lon, points.lat)
    return Places(table, frame, pd.Index(keys), key_texts, points, box)
