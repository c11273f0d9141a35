"""Points that a user asks about: frames with `id` and `lon`, `lat` or `node`."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, NotFoundError, to_hint
from maillage.node_ids import ABSENT, NodeIds


@dataclass(frozen=True)
class Points:
    """n points with their ids: either coordinates (WGS84) or nodes of a network."""

    ids: pd.Index
    lon: np.ndarray | None
    lat: np.ndarray | None
    nodes: np.ndarray | None  # rows of the network's nodes

    def __len__(self) -> int:
        return len(self.ids)


def to_points(frame: pd.DataFrame, what: str, network_nodes: NodeIds | None) -> Points:
    """Checks a frame of points; `what` names it in messages (`origins`, `destinations`).

    Ids are kept as they are given and must be unique and present. A GeoDataFrame of
    points in any CRS serves too. `node` beats coordinates.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"{what} is {type(frame).__name__}, expected a data frame")
    if "id" not in frame.columns:
        raise InputError(f"{what} has no column 'id'{to_hint('id', map(str, frame.columns))}")
    ids = pd.Index(frame["id"])
    _check_ids(ids, what)
    if "node" in frame.columns:
        return Points(ids, None, None, _find_nodes(frame["node"], what, network_nodes))
    if isinstance(frame, gpd.GeoDataFrame) and not {"lon", "lat"} <= set(frame.columns):
        lon, lat = _find_geometry_points(frame, ids, what)
    else:
        lon, lat = (_to_degrees(frame, column, what) for column in ("lon", "lat"))
    for values, column, bound in ((lat, "lat", 90), (lon, "lon", 180)):
        bad = np.flatnonzero(~(np.abs(values) <= bound))
        if len(bad):
            value = values[bad[0]]
            said = "missing" if np.isnan(value) else f"{value:g}"
            raise InputError(
                f"{what}: {column} of {_to_place(ids, int(bad[0]))} is {said}, "
                f"expected -{bound}..{bound}{_to_count(bad)}"
            )
    return Points(ids, lon, lat, None)


def _check_ids(ids: pd.Index, what: str) -> None:
    if len(ids) <= 10_000 and len({i for i in ids.tolist() if i == i and i is not None}) == len(
        ids
    ):
        return  # all there and distinct: pandas takes longer to say so
    if ids.hasnans:
        row = int(np.flatnonzero(ids.isna())[0])
        raise InputError(f"{what}: row {row + 1} has no id")
    if not ids.is_unique:
        twice = ids[ids.duplicated()][0]
        raise InputError(f"{what}: id {to_shown(twice)} occurs more than once, expected unique ids")


def _to_place(ids: pd.Index, row: int) -> str:
    return f"id {to_shown(ids[row])} (row {row + 1})"


def _to_count(bad: np.ndarray) -> str:
    return f"; {len(bad)} rows are like this" if len(bad) > 1 else ""


def _to_degrees(frame: pd.DataFrame, column: str, what: str) -> np.ndarray:
    if column not in frame.columns:
        hint = to_hint(column, map(str, frame.columns))
        raise InputError(f"{what} has no column {column!r} (and no 'node'){hint}")
    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(np.isnan(numbers) & frame[column].notna().to_numpy())
    if len(bad):
        row = int(bad[0])
        value = frame[column].iloc[row]
        raise InputError(f"{what}: {column} of row {row + 1} is {value!r}, expected degrees")
    return numbers


def _find_geometry_points(
    frame: gpd.GeoDataFrame, ids: pd.Index, what: str
) -> tuple[np.ndarray, np.ndarray]:
    if frame.crs is None:
        raise InputError(f"{what} has geometry without a CRS, expected one, or lon and lat")
    kinds = frame.geometry.geom_type.to_numpy(dtype=object)
    empty = frame.geometry.is_empty.to_numpy()
    bad = np.flatnonzero((kinds != "Point") | empty)
    if len(bad):
        kind = kinds[bad[0]]
        said = "missing" if kind is None or kind != kind else "empty" if empty[bad[0]] else kind
        raise InputError(
            f"{what}: geometry of {_to_place(ids, int(bad[0]))} is {said}, "
            f"expected a point{_to_count(bad)}"
        )
    points = frame.geometry.to_crs(4326)
    return points.x.to_numpy(), points.y.to_numpy()


def _find_nodes(nodes: pd.Series, what: str, network_nodes: NodeIds | None) -> np.ndarray:
    if network_nodes is None:
        raise InputError(f"{what} names nodes, but this network keeps no ids of nodes")
    rows = network_nodes.find_rows(nodes)
    absent = np.flatnonzero(rows == ABSENT)
    if len(absent):
        missing = np.flatnonzero(nodes.isna())
        if len(missing):
            raise InputError(f"{what}: row {missing[0] + 1} has no node{_to_count(missing)}")
        row = int(absent[0])
        raise NotFoundError(
            f"{what}: node {str(nodes.iloc[row])!r} (row {row + 1}) is not in the network"
            f"{_to_count(absent)}"
        )
    return rows.astype(np.uint32)
