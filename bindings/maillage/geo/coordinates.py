"""Coordinates of places and counters: any CRS in, longitude and latitude out, checked.

`read_points` takes the named columns or the geometry of a table; `check_swapped` and
`find_far_points` compare points with the box of the places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS, Transformer

from maillage.config_sections import PointSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.gdal_files import GeometryUse
from maillage.geo.tables import NumberRule, Table

WGS84 = CRS.from_epsg(4326)
EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS 84
FAR_KM = 50.0
_CELL_DEG = 0.2  # two points of one cell are nearer than FAR_KM
_DIAGONAL_DEG = 20.0  # nearer to the line lon = lat a swapped point may be anywhere

POLYGONAL = (3, 6)  # shapely type ids of Polygon and MultiPolygon
POINT = 0


@dataclass(frozen=True)
class Points:
    """Longitude and latitude in degrees, n each, NaN where missing; geometry as it came."""

    lon: np.ndarray
    lat: np.ndarray
    geometry: np.ndarray | None = None
    crs: CRS | None = None


@dataclass(frozen=True)
class Box:
    """A box of longitudes and latitudes, bounds included."""

    west: float
    south: float
    east: float
    north: float

    def has(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Whether each point lies inside; false for missing coordinates."""
        inside = (lon >= self.west) & (lon <= self.east)
        return inside & (lat >= self.south) & (lat <= self.north)

    def grow(self, distance_km: float) -> Box:
        """The box that goes `distance_km` further on every side."""
        lat_margin = np.degrees(distance_km * 1000 / EARTH_RADIUS_M)
        highest = min(max(abs(self.south), abs(self.north)), 85.0)
        lon_margin = lat_margin / np.cos(np.radians(highest))
        return Box(
            self.west - lon_margin,
            self.south - lat_margin,
            self.east + lon_margin,
            self.north + lat_margin,
        )


def coordinate_columns(source: PointSource) -> list[str]:
    """The columns of the coordinates; empty when the geometry holds them."""
    named = (source.lon, source.lat, source.x, source.y)
    return [column for column in named if column is not None]


def geometry_use(source: PointSource) -> GeometryUse:
    """Geometry is required without named coordinates, else kept where there is some."""
    return "wanted" if coordinate_columns(source) else "required"


def find_box(lon: np.ndarray, lat: np.ndarray) -> Box:
    """The box around the points that have coordinates; NaN bounds when none has."""
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return Box(np.nan, np.nan, np.nan, np.nan)
    lon, lat = lon[known], lat[known]
    return Box(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))


def read_points(table: Table, source: PointSource, findings: Findings) -> Points:
    """Longitude and latitude of every row of a table.

    Named columns win over geometry; a polygon gives a point on its surface. Coordinates
    outside the world are an InputError. Missing ones, and 0/0 which is a way to write
    missing, are an InputError too unless the section says `missing_coordinates = "keep"`:
    then they are NaN with a finding `missing_coordinates`.
    """
    columns, geometry = coordinate_columns(source), table.geometry
    if geometry is not None:
        geometry = _repair_where_polygonal(table, geometry, findings)
    if not columns:
        assert geometry is not None, "geometry is required where no coordinates are named"
        lon, lat = _from_geometry(table, geometry)
    elif source.lon is not None:
        lon = table.numbers(columns[0], NumberRule(-180, 180, absent="nan")).amounts
        lat = table.numbers(columns[1], NumberRule(-90, 90, absent="nan")).amounts
    else:
        lon, lat = _from_projected(table, source, findings)
    missing = np.isnan(lon) | np.isnan(lat) | ((lon == 0) & (lat == 0))
    if missing.any():
        _report_missing(table, source, missing, findings)
        lon, lat = np.where(missing, np.nan, lon), np.where(missing, np.nan, lat)
    return Points(lon, lat, geometry, table.crs)


def _report_missing(
    table: Table, source: PointSource, missing: np.ndarray, findings: Findings
) -> None:
    rows = np.flatnonzero(missing)
    if source.missing_coordinates == "keep":
        examples = (f"{table.find_place(int(row))}: has no coordinates" for row in rows)
        findings.add_all("missing_coordinates", examples, len(rows))
        return
    columns = coordinate_columns(source)
    cells = [table.columns.column(column)[int(rows[0])].as_py() for column in columns]
    shown = ["empty" if cell is None or not str(cell).strip() else str(cell) for cell in cells]
    more = f" (and {len(rows) - 1} more like it)" if len(rows) > 1 else ""
    raise InputError(
        f"{table.find_place(int(rows[0]))}: {', '.join(columns) or 'geometry'} is "
        f"{', '.join(shown) or 'empty'}, expected coordinates; missing_coordinates = "
        f'"keep" keeps such rows as unreachable{more}'
    )


def _from_projected(
    table: Table, source: PointSource, findings: Findings
) -> tuple[np.ndarray, np.ndarray]:
    assert source.x is not None and source.y is not None and source.crs is not None
    x = table.numbers(source.x, NumberRule(absent="nan")).amounts
    y = table.numbers(source.y, NumberRule(absent="nan")).amounts
    no_point = (x == 0) & (y == 0)
    x, y = np.where(no_point, np.nan, x), np.where(no_point, np.nan, y)
    crs = CRS.from_user_input(source.crs)
    lon, lat = to_lon_lat(x, y, crs)
    beyond = np.isfinite(x) & np.isfinite(y) & ~np.isfinite(lon)
    if beyond.any():
        raise table.rows_error(beyond, source.x, f"a coordinate in {crs.name}")
    area = crs.area_of_use
    if area is not None and area.west < area.east:
        outside = np.isfinite(lon) & ~Box(*area.bounds).grow(200).has(lon, lat)
        if outside.any() and bool((outside | ~np.isfinite(lon)).all()):
            raise table.rows_error(
                outside, source.x, f"a coordinate in {crs.name}: are x and y swapped?"
            )
        rows = np.flatnonzero(outside)
        examples = (f"{table.find_place(int(row))}: lies outside {crs.name}" for row in rows)
        findings.add_all("outside_area_of_crs", examples, len(rows))
    return lon, lat


def _repair_where_polygonal(table: Table, geometry: np.ndarray, findings: Findings) -> np.ndarray:
    polygonal = np.isin(shapely.get_type_id(geometry), POLYGONAL)
    if not polygonal.any():
        return geometry
    repaired = geometry.copy()
    repaired[polygonal] = repair_polygons(geometry[polygonal], findings, table.name)
    return repaired


def _from_geometry(table: Table, geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A point for every geometry: itself, or a point on the surface of a polygon."""
    kinds = shapely.get_type_id(geometry)
    empty = (kinds < 0) | shapely.is_empty(geometry)
    polygonal = np.isin(kinds, POLYGONAL) & ~empty
    wrong = ~empty & ~polygonal & (kinds != POINT)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise InputError(
            f"{table.find_place(first)}: geometry is {geometry[first].geom_type}, "
            f"expected a point or polygon"
        )
    points = geometry.copy()
    points[empty] = None
    points[polygonal] = shapely.point_on_surface(geometry[polygonal])
    return to_lon_lat(shapely.get_x(points), shapely.get_y(points), table.crs)


def repair_polygons(polygons: np.ndarray, findings: Findings, name: str) -> np.ndarray:
    """Polygons that cross themselves made valid, with a finding `invalid_polygon`.

    What is left of one that collapses is empty.
    """
    invalid = ~shapely.is_valid(polygons)
    if not invalid.any():
        return polygons
    reasons = (f"{name}: {reason}" for reason in shapely.is_valid_reason(polygons[invalid]))
    findings.add_all("invalid_polygon", reasons, int(invalid.sum()))
    repaired = polygons.copy()
    repaired[invalid] = [_to_polygonal(g) for g in shapely.make_valid(polygons[invalid])]
    return repaired


def _to_polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """The areas of a repaired polygon without the lines and points that it fell into."""
    if shapely.get_type_id(geometry) in POLYGONAL:
        return geometry
    parts = shapely.get_parts(geometry)
    return shapely.union_all(parts[np.isin(shapely.get_type_id(parts), POLYGONAL)])


def to_lon_lat(x: np.ndarray, y: np.ndarray, crs: CRS) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates in a CRS as longitude and latitude; NaN where they are no point of it."""
    return transform_points(x, y, (crs, WGS84))


def transform_points(
    x: np.ndarray, y: np.ndarray, crs: tuple[CRS, CRS]
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates from the first CRS in the second, easting before northing in both."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if crs[0] == crs[1] or (crs[1] == WGS84 and crs[0].to_authority() == ("OGC", "CRS84")):
        return x, y
    new_x, new_y = Transformer.from_crs(crs[0], crs[1], always_xy=True).transform(x, y)
    bad = ~(np.isfinite(new_x) & np.isfinite(new_y))
    return np.where(bad, np.nan, new_x), np.where(bad, np.nan, new_y)


def check_swapped(table: Table, points: Points, box: Box) -> None:
    """Raise InputError when points far from the places would be near them if swapped.

    Where the places span so much that their own swapped box meets theirs (a country with its
    overseas parts) being near when swapped proves nothing: such points are far ones alone.
    """
    near = box.grow(FAR_KM)
    if max(near.west, near.south) <= min(near.east, near.north):
        return
    swapped = ~near.has(points.lon, points.lat) & near.has(points.lat, points.lon)
    if not swapped.any():
        return
    first, n_more = int(np.argmax(swapped)), int(swapped.sum()) - 1
    more = f" (and {n_more} more like it)" if n_more else ""
    raise InputError(
        f"{table.find_place(first)}: lon is {points.lon[first]:g} and lat is "
        f"{points.lat[first]:g}, far from the places, and near them when swapped: "
        f"expected longitude and latitude in their columns, here and in the places{more}"
    )


def find_far_points(table: Table, points: Points, box: Box, findings: Findings) -> None:
    """A finding `far_from_places` for every point more than 50 km beyond the places' box."""
    far = np.isfinite(points.lon) & ~box.grow(FAR_KM).has(points.lon, points.lat)
    rows = np.flatnonzero(far)
    examples = (
        f"{table.find_place(int(row))}: {points.lat[row]:.4f} N {points.lon[row]:.4f} E lies more "
        f"than {FAR_KM:g} km beyond the places"
        for row in rows
    )
    findings.add_all("far_from_places", examples, len(rows))


def find_lonely_points(table: Table, points: Points, findings: Findings) -> np.ndarray:
    """A finding `far_from_other_places` for every point that has no other within 50 km.

    So too for one that stands with fewer others around it than it would with longitude and
    latitude swapped, unless the points lie where this proves nothing. Returns which points (n)
    seem to be swapped.
    """
    swapped = np.zeros(len(points.lon), dtype=bool)
    if np.isfinite(points.lon).sum() < 2:
        return swapped
    if abs(np.nanmedian(points.lon) - np.nanmedian(points.lat)) > _DIAGONAL_DEG:
        around, around_swapped = _count_around(points)
        swapped = around < around_swapped
    far = np.isfinite(points.lon) & (swapped | _find_alone(points))
    rows = np.flatnonzero(far)
    examples = (
        f"{table.find_place(int(row))}: {points.lat[row]:.4f} N {points.lon[row]:.4f} E lies "
        + (
            "far from other places, and near them with lon and lat swapped"
            if swapped[row]
            else f"more than {FAR_KM:g} km from every other place"
        )
        for row in rows
    )
    findings.add_all("far_from_other_places", examples, len(rows))
    return swapped


def _count_around(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """How many points lie in the square degree of each point or the eight beside it, and how many
    would if its longitude and latitude were swapped; 0 for points without coordinates."""
    known = np.flatnonzero(np.isfinite(points.lon))
    lon, lat = np.floor(points.lon[known]), np.floor(points.lat[known])
    cells, first, cell, counts = np.unique(
        _to_cells(lon, lat, 1), return_index=True, return_inverse=True, return_counts=True
    )
    sides = lon[first], lat[first]

    def count(east: np.ndarray, north: np.ndarray) -> np.ndarray:
        around = np.zeros(len(cells), dtype=np.int64)
        for right in (-1, 0, 1):
            for up in (-1, 0, 1):
                beside = _to_cells(east + right, north + up, 1)
                found = np.minimum(np.searchsorted(cells, beside), len(cells) - 1)
                around += np.where(cells[found] == beside, counts[found], 0)
        out = np.zeros(len(points.lon), dtype=np.int64)
        out[known] = around[cell]
        return out

    return count(*sides), count(*sides[::-1])


def _find_alone(points: Points) -> np.ndarray:
    """Which points have no other within FAR_KM; those with one in the same small cell do."""
    from scipy.spatial import KDTree

    alone = np.zeros(len(points.lon), dtype=bool)
    known = np.flatnonzero(np.isfinite(points.lon))
    lon, lat = points.lon[known], points.lat[known]
    _, cell, counts = np.unique(
        _to_cells(lon, lat, _CELL_DEG), return_inverse=True, return_counts=True
    )
    asked = np.flatnonzero(counts[cell] == 1)
    if len(asked):
        at = to_unit_vectors(lon, lat)
        chord = KDTree(at).query(at[asked], k=2)[0][:, 1]
        alone[known[asked]] = 2 * EARTH_RADIUS_M * np.arcsin(chord / 2) > FAR_KM * 1000
    return alone


def _to_cells(lon: np.ndarray, lat: np.ndarray, size_deg: float) -> np.ndarray:
    """A number for the cell of each position in a grid of degrees."""
    column, row = (np.floor(v / size_deg).astype(np.int64) for v in (lon, lat))
    return column * 100_000 + row


def to_unit_vectors(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Points on the unit sphere (n x 3), whose chords grow with great-circle distances."""
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)
