"""Share of each place under good 4G, from polygons, rasters or antenna sites.

A place that is a polygon takes the share of its area that is covered or, with a finer population
given, of its persons; a place that is a point is covered or not. Outside what a source speaks of
(the box of the polygons, the extent or missing values of the raster, 50 km from any site) it is
silent: the share stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS

from maillage.config_mobile import MobileConfig, PolygonsConfig, SitesConfig, WeightsConfig
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.areas import transform_geometry
from maillage.geo.coordinates import (
    EARTH_RADIUS_M,
    POLYGONAL,
    WGS84,
    coordinate_columns,
    geometry_use,
    read_points,
    repair_polygons,
    to_unit_vectors,
    transform_points,
)
from maillage.geo.places import Places
from maillage.geo.polygon_pieces import split_polygons
from maillage.geo.raster import read_good_share
from maillage.geo.tables import NumberRule, read_table

FAR_FROM_SITES_M = 50_000.0
_OVERLAP = 0.01  # of what is covered: less are slivers between outlines


@dataclass(frozen=True)
class PlaceShapes:
    """Places as sources see them, n_places each: points (WGS84), and polygons where there are some.

    `finer` are points of a finer population: the place of each, its persons, lon, lat.
    """

    lon: np.ndarray
    lat: np.ndarray
    polygons: np.ndarray | None
    crs: CRS | None
    finer: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None

    def transform(self, crs: CRS) -> np.ndarray | None:
        """The polygons in another CRS."""
        if self.polygons is None or self.crs is None:
            return None
        return transform_geometry(self.polygons, (self.crs, crs))

    def average(self, covered: np.ndarray) -> np.ndarray:
        """Share of persons by place from what holds at the points of the finer population."""
        assert self.finer is not None
        place, persons, *_ = self.finer
        known = ~np.isnan(covered)
        n = len(self.lon)
        total = np.bincount(place[known], persons[known], minlength=n)
        good = np.bincount(place[known], (persons * covered)[known], minlength=n)
        return np.divide(good, total, out=np.full(n, np.nan), where=total > 0)


def read_mobile(config: MobileConfig, places: Places, findings: Findings) -> np.ndarray:
    """Share of every place under good 4G, NaN where no source speaks of it."""
    shapes = _find_shapes(config.weights, places, findings)
    found = np.full(places.n_places, np.nan)
    if config.polygons is not None:
        found = _fill(found, _read_polygons(config.polygons, shapes, findings))
    if config.raster is not None and np.isnan(found).any():
        found = _fill(found, read_good_share(config.raster, shapes, findings))
    if config.sites is not None and np.isnan(found).any():
        by_sites = _read_sites(config.sites, shapes, findings)
        n = int((np.isnan(found) & ~np.isnan(by_sites)).sum())
        words = f"4G within {config.sites.radius_m:g} m of a site stands for good 4G: a proxy"
        findings.add_all("mobile_by_proxy", [words], n)
        found = _fill(found, by_sites)
    n_unknown = int(np.isnan(found).sum())
    examples = (f"place {places.keys[int(i)]}" for i in np.flatnonzero(np.isnan(found)))
    findings.add_all("mobile_4g_unknown", examples, n_unknown)
    return found


def _fill(known: np.ndarray, more: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(known), more, known)


def _find_shapes(config: WeightsConfig | None, places: Places, findings: Findings) -> PlaceShapes:
    geometry, crs = places.points.geometry, places.points.crs
    has_polygons = geometry is not None and np.isin(shapely.get_type_id(geometry), POLYGONAL).all()
    polygons = np.asarray(geometry) if has_polygons else None
    shapes = PlaceShapes(places.points.lon, places.points.lat, polygons, crs, None)
    if config is None:
        return shapes
    if polygons is None:
        raise InputError(
            "connectivity.mobile has weights, expected places that are polygons: "
            "a place that is a point is covered or not"
        )
    columns = [config.persons, *coordinate_columns(config)]
    table = read_table(config, columns, findings, geometry_use(config))
    points = read_points(table, config, findings)
    persons = table.numbers(config.persons, NumberRule(0)).amounts
    assert crs is not None
    x, y = transform_points(points.lon, points.lat, (WGS84, crs))
    at = np.asarray(shapely.points(x, y))
    point, place = shapely.STRtree(polygons).query(at, predicate="intersects")
    order = np.lexsort((place, point))
    point, place = point[order], place[order]
    first = np.ones(len(point), dtype=bool)
    first[1:] = point[1:] != point[:-1]
    point, place = point[first], place[first]
    n_outside = len(at) - len(point)
    words = f"{table.name}: {n_outside} points lie in no place"
    findings.add_all("finer_population_outside", [words], n_outside)
    finer = (place, persons[point], points.lon[point], points.lat[point])
    return PlaceShapes(shapes.lon, shapes.lat, polygons, crs, finer)


def _read_polygons(config: PolygonsConfig, shapes: PlaceShapes, findings: Findings) -> np.ndarray:
    columns = [config.operator] if config.operator else []
    table = read_table(config, columns, findings, "required")
    assert table.geometry is not None and table.crs is not None
    kinds = shapely.get_type_id(table.geometry)
    wrong = ~np.isin(kinds, (*POLYGONAL, -1))
    if wrong.any():
        row = int(np.argmax(wrong))
        kind = table.geometry[row].geom_type
        raise InputError(f"{table.find_place(row)}: geometry is {kind}, expected a polygon")
    polygons = repair_polygons(table.geometry[kinds >= 0], findings, table.name)
    if len(polygons) == 0:
        raise InputError(f"{table.name}: has no polygon, expected some")
    operators = np.asarray(table.series(config.operator).fillna("").to_numpy())[kinds >= 0]
    pieces, source = split_polygons(polygons)
    share = find_covered_share(pieces, table.crs, shapes)
    _find_overlaps(pieces, operators[source], table.name, findings)
    box = shapely.total_bounds(polygons)
    x, y = transform_points(shapes.lon, shapes.lat, (WGS84, table.crs))
    inside = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
    return np.where(inside | (share > 0), share, np.nan)


def find_covered_share(pieces: np.ndarray, crs: CRS, shapes: PlaceShapes) -> np.ndarray:
    """Share of every place that some of the polygons cover."""
    tree = shapely.STRtree(pieces)

    def cover(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        x, y = transform_points(lon, lat, (WGS84, crs))
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        point, _ = tree.query(np.asarray(shapely.points(x[known], y[known])), "intersects")
        out = np.where(np.isfinite(x), 0.0, np.nan)
        out[known[point]] = 1.0
        return out

    if shapes.finer is not None:
        return shapes.average(cover(shapes.finer[2], shapes.finer[3]))
    polygons = shapes.transform(crs)
    if polygons is None:
        return cover(shapes.lon, shapes.lat)
    place, piece = tree.query(polygons, predicate="intersects")
    return _find_area_shares(polygons, (place, pieces[piece]))


def _find_area_shares(polygons: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Covered share of each polygon; pieces that overlap count once."""
    place, piece = pairs
    parts = shapely.intersection(polygons[place], piece)
    order = np.argsort(place, kind="stable")
    place, parts = place[order], parts[order]
    starts = np.flatnonzero(np.r_[True, place[1:] != place[:-1]]) if len(place) else []
    covered = np.zeros(len(polygons))
    for start, end in zip(starts, [*starts[1:], len(place)], strict=True):
        union = parts[start] if end - start == 1 else shapely.union_all(parts[start:end])
        covered[place[start]] = shapely.area(union)
    area = shapely.area(polygons)
    return np.minimum(np.divide(covered, area, out=np.zeros(len(area)), where=area > 0), 1.0)


def _find_overlaps(
    pieces: np.ndarray, operators: np.ndarray, name: str, findings: Findings
) -> None:
    """Polygons of one operator that lie over one another: a doubt about the file."""
    a, b = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    twice = (a < b) & (operators[a] == operators[b])
    a, b = a[twice], b[twice]
    area = shapely.area(shapely.intersection(pieces[a], pieces[b])) if len(a) else np.zeros(0)
    total = float(shapely.area(pieces).sum())
    share = float(area.sum()) / total if total > 0 else 0.0
    if share > _OVERLAP:
        words = f"{name}: polygons of one operator overlap on {100 * share:.1f} % of their area"
        findings.add_all("coverage_overlaps", [words], int((area > 0).sum()))


def _read_sites(config: SitesConfig, shapes: PlaceShapes, findings: Findings) -> np.ndarray:
    table = read_table(config, coordinate_columns(config), findings, geometry_use(config))
    sites = read_points(table, config, findings)
    known = np.isfinite(sites.lon) & np.isfinite(sites.lat)
    if not known.any():
        raise InputError(f"{table.name}: has no site with coordinates, expected some")

    def cover(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        metres = find_distances((lon, lat), (sites.lon[known], sites.lat[known]))
        near = np.where(metres <= config.radius_m, 1.0, 0.0)
        return np.where(metres <= FAR_FROM_SITES_M, near, np.nan)

    if shapes.finer is not None:
        return shapes.average(cover(shapes.finer[2], shapes.finer[3]))
    return cover(shapes.lon, shapes.lat)


def find_distances(points: Sequence[np.ndarray], sites: Sequence[np.ndarray]) -> np.ndarray:
    """Metres from each point (lon, lat) to the nearest site; NaN for missing coordinates."""
    from scipy.spatial import KDTree

    at = to_unit_vectors(*points)
    out = np.full(len(at), np.nan)
    known = np.isfinite(at).all(axis=1)
    chord = KDTree(to_unit_vectors(*sites)).query(at[known])[0]
    out[known] = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(chord / 2, 1))
    return out
