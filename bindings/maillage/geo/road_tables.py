"""Road networks from node and edge tables: files or data frames in, plain arrays out.

Nodes have an id and coordinates; an edge is one direction from a node to a node, with its
time, or its length and speed. Ids are text: they may be mixed like `pt_STP-RCH070` and
numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.config_models import RoadColumns
from maillage.config_sections import PointSource, TableSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.coordinates import EARTH_RADIUS_M, read_points
from maillage.geo.keys import check_unique, find_rows
from maillage.geo.tables import NumberRule, Table, read_table, to_table

# What an edge may cost: the engine counts milliseconds in 32 bits.
MAX_EDGE_S = 2_000_000.0
MAX_SPEED_KMH = 500.0
NO_WAY = -1

TableLike = pd.DataFrame | TableSource | str | Path


@dataclass(frozen=True)
class RoadTables:
    """A network as arrays: n_nodes ids and coordinates, n_edges directed edges.

    `from_index` and `to_index` are positions in the nodes; `time_s` and `length_m` are
    finite and >= 0; `way_ids` are -1 where the table has none.
    """

    node_ids: list[str]
    lon: np.ndarray  # float64
    lat: np.ndarray  # float64
    from_index: np.ndarray  # uint32
    to_index: np.ndarray  # uint32
    time_s: np.ndarray  # float64
    length_m: np.ndarray  # float64
    way_ids: np.ndarray  # int64


@dataclass(frozen=True)
class _Speed:
    """How the times of edges come about."""

    speed_kmh: float | None
    is_fixed: bool
    whole_kmh: bool


def read_road_tables(
    nodes: TableLike,
    edges: TableLike,
    *,
    columns: RoadColumns | Mapping[str, str] | None = None,
    speed_kmh: float | None = None,
    fixed_speed: bool = False,
    whole_kmh: bool = False,
    findings: Findings | None = None,
) -> RoadTables:
    """The network of a node and an edge table, in the order of their rows.

    columns
        Names of the columns; the standard names of `RoadColumns` where not given. A time
        beats length and speed unless a speed column is named; a missing length is that of
        the straight line.
    speed_kmh
        The speed of edges that have none; with `fixed_speed` of all, whatever they say.
        time_s = length_m / (speed_kmh / 3.6), in float64.
    whole_kmh
        Speeds are rounded to whole km/h first, for tables that print metres a second.

    InputErrors name table and row: unknown or repeated node ids, missing or impossible
    coordinates, times, lengths and speeds that are negative or no number. Edges from a
    node to itself, edges that repeat another and lengths below the straight line are findings.
    """
    found = Findings() if findings is None else findings
    names = columns if isinstance(columns, RoadColumns) else RoadColumns(**dict(columns or {}))
    node_table, lon, lat = _read_nodes(nodes, names, found)
    node_keys = node_table.key([names.id])
    check_unique(node_table, names.id, node_keys)
    optional = _optional_columns(names)
    edge_table = _open(edges, "edges", [names.from_node, names.to_node], optional, found)
    from_index = _find_nodes(edge_table, names.from_node, node_keys, node_table.name)
    to_index = _find_nodes(edge_table, names.to_node, node_keys, node_table.name)
    straight_m = to_distance_m(lon, lat, from_index, to_index)
    length_m = _read_lengths(edge_table, names, straight_m, found)
    speed = _Speed(speed_kmh, fixed_speed, whole_kmh)
    time_s = _read_times(edge_table, names, (length_m, straight_m), speed)
    _report_edges(edge_table, (from_index, to_index, time_s), found)
    return RoadTables(
        node_ids=node_keys.to_pylist(),
        lon=lon,
        lat=lat,
        from_index=from_index.astype(np.uint32),
        to_index=to_index.astype(np.uint32),
        time_s=time_s,
        length_m=np.where(np.isnan(length_m), straight_m, length_m),
        way_ids=_read_ways(edge_table, names),
    )


def _optional_columns(names: RoadColumns) -> list[str]:
    standard = ("time_s", "length_m", "speed_kmh", "speed_ms", "way")
    return [getattr(names, name) or name for name in standard]


def _open(
    source: TableLike, name: str, columns: list[str], optional: list[str], findings: Findings
) -> Table:
    if isinstance(source, pd.DataFrame):
        if source.empty:
            raise InputError(f"{name}: has no rows, expected at least one")
        return to_table(source, name, columns, optional=optional)
    if not isinstance(source, TableSource):
        source = TableSource(file=Path(source))
    return read_table(source, columns, findings, optional=optional)


def _read_nodes(
    nodes: TableLike, names: RoadColumns, findings: Findings
) -> tuple[Table, np.ndarray, np.ndarray]:
    """The node table and its coordinates in WGS84."""
    given: dict[str, Any] = {"lon": names.lon, "lat": names.lat}
    if names.x is not None:
        crs = nodes.crs if isinstance(nodes, TableSource) else None
        if crs is None:
            raise InputError(f"nodes: has x = {names.x!r} and no crs, expected its crs")
        given = {"x": names.x, "y": names.y, "crs": crs}
    if isinstance(nodes, gpd.GeoDataFrame) and names.lon not in nodes.columns:
        given = {}
    source = PointSource(**given)
    columns = [names.id, *(value for key, value in given.items() if key != "crs")]
    table = _open(nodes, "nodes", columns, [], findings)
    if isinstance(nodes, gpd.GeoDataFrame) and not given:
        if nodes.crs is None:
            raise InputError("nodes: does not say its crs, expected one")
        table = replace(table, geometry=nodes.geometry.to_numpy(), crs=nodes.crs)
    read = read_points(table, source, findings)
    return table, read.lon, read.lat


def _find_nodes(table: Table, column: str, keys: pa.ChunkedArray, nodes: str) -> np.ndarray:
    rows = find_rows(keys, table.key([column]))
    if (rows < 0).any():
        raise table.rows_error(rows < 0, column, f"the id of a node of {nodes}")
    return rows


def to_distance_m(
    lon: np.ndarray, lat: np.ndarray, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Great-circle distances between pairs of points given by position (haversine)."""
    phi, lam = np.radians(lat), np.radians(lon)
    up = np.sin((phi[end] - phi[start]) / 2) ** 2
    along = np.cos(phi[start]) * np.cos(phi[end]) * np.sin((lam[end] - lam[start]) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(up + along, 1.0)))


def _read_lengths(
    table: Table, names: RoadColumns, straight_m: np.ndarray, findings: Findings
) -> np.ndarray:
    """Lengths as the table has them, NaN without the column."""
    column = names.length_m or "length_m"
    if column not in table.columns.column_names:
        if names.length_m is not None:
            _raise_missing(table, column)
        return np.full(table.n_rows, np.nan)
    length_m = table.numbers(column, NumberRule(low=0)).amounts
    # Rounded lengths and the sphere explain half a per cent and a few metres, not more.
    short = np.flatnonzero(length_m < 0.995 * straight_m - 5)
    examples = (
        f"{table.find_place(int(row))}: {column} is {length_m[row]:g}, the straight line is "
        f"{straight_m[row]:.0f} m"
        for row in short
    )
    findings.add_all("edge_shorter_than_straight", examples, len(short))
    return length_m


def _read_times(
    table: Table, names: RoadColumns, lengths: tuple[np.ndarray, np.ndarray], speed: _Speed
) -> np.ndarray:
    length_m, straight_m = lengths
    has = set(table.columns.column_names)
    time_column = names.time_s or "time_s"
    names_speed = names.speed_kmh is not None or names.speed_ms is not None
    if names.time_s is not None and time_column not in has:
        _raise_missing(table, time_column)
    by_speed = speed.is_fixed or (names_speed and names.time_s is None) or speed.whole_kmh
    if time_column in has and not by_speed:
        return table.numbers(time_column, NumberRule(0, MAX_EDGE_S)).amounts
    speed_kmh = _read_speeds(table, names, speed)
    length_m = np.where(np.isnan(length_m), straight_m, length_m)
    time_s = length_m / (speed_kmh / 3.6)
    too_long = time_s > MAX_EDGE_S
    if too_long.any():
        row = int(np.argmax(too_long))
        raise InputError(
            f"{table.find_place(row)}: {length_m[row]:g} m at {speed_kmh[row]:g} km/h take "
            f"{time_s[row]:g} s, expected at most {MAX_EDGE_S:g}"
        )
    return time_s


def _read_speeds(table: Table, names: RoadColumns, speed: _Speed) -> np.ndarray:
    """Speeds in km/h, > 0, of every edge."""
    if speed.is_fixed:
        if speed.speed_kmh is None or speed.speed_kmh <= 0:
            raise InputError(f"{table.name}: speed_kmh is {speed.speed_kmh}, expected > 0")
        return np.full(table.n_rows, speed.speed_kmh)
    column, factor = _find_speed_column(table, names)
    if column is None:
        if speed.speed_kmh is None:
            raise InputError(
                f"{table.name}: has no time_s and no speed_kmh, expected one of these columns "
                f"or a speed for all edges"
            )
        return np.full(table.n_rows, speed.speed_kmh)
    absent = "error" if speed.speed_kmh is None else "nan"
    rule = NumberRule(0, MAX_SPEED_KMH / factor, absent=absent)
    speed_kmh = table.numbers(column, rule).amounts * factor
    if speed.whole_kmh:
        speed_kmh = np.round(speed_kmh)
    if speed.speed_kmh is not None:
        speed_kmh = np.where(np.isnan(speed_kmh), speed.speed_kmh, speed_kmh)
    if (speed_kmh == 0).any():
        raise table.rows_error(speed_kmh == 0, column, "a speed > 0")
    return speed_kmh


def _find_speed_column(table: Table, names: RoadColumns) -> tuple[str | None, float]:
    """The column of speeds and its factor to km/h."""
    has = set(table.columns.column_names)
    for named, standard, factor in (
        (names.speed_kmh, "speed_kmh", 1.0),
        (names.speed_ms, "speed_ms", 3.6),
    ):
        if named is not None and named not in has:
            _raise_missing(table, named)
        if (named or standard) in has:
            return named or standard, factor
    return None, 1.0


def _raise_missing(table: Table, column: str) -> None:
    raise InputError(f"{table.name}: column {column!r} does not exist, expected it")


def _read_ways(table: Table, names: RoadColumns) -> np.ndarray:
    column = names.way or "way"
    if column not in table.columns.column_names:
        if names.way is not None:
            _raise_missing(table, column)
        return np.full(table.n_rows, NO_WAY, dtype=np.int64)
    numbers = table.numbers(column, NumberRule(whole=True, absent="nan"))
    return np.where(np.isnan(numbers.amounts), NO_WAY, numbers.amounts).astype(np.int64)


def _report_edges(
    table: Table, edges: tuple[np.ndarray, np.ndarray, np.ndarray], findings: Findings
) -> None:
    """Findings about edges that lead nowhere and edges that stand twice.

    Two roads may well join the same nodes; with equal times one is taken for a repetition.
    """
    from_index, to_index, time_s = edges
    loops = np.flatnonzero(from_index == to_index)
    examples = (f"{table.find_place(int(row))}: leads back to its node" for row in loops)
    findings.add_all("edge_to_itself", examples, len(loops))
    n_nodes = int(max(from_index.max(), to_index.max())) + 1
    pair = from_index.astype(np.int64) * n_nodes + to_index
    order = np.argsort(pair, kind="stable")
    same = pair[order][1:] == pair[order][:-1]
    parallel = order[np.append(same, False) | np.append(False, same)]
    parallel = parallel[from_index[parallel] != to_index[parallel]]
    order = parallel[np.lexsort((time_s[parallel], pair[parallel]))]
    again = (pair[order][1:] == pair[order][:-1]) & (time_s[order][1:] == time_s[order][:-1])
    rows = np.sort(order[1:][again])
    examples = (f"{table.find_place(int(row))}: repeats an edge" for row in rows)
    findings.add_all("repeated_edge", examples, len(rows))
