"""Geometry of zonings: which area holds each point, and what is wrong with the outlines.

All is computed in the CRS of the layer, where its edges are straight lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from maillage.findings import Findings
from maillage.geo.coordinates import EARTH_RADIUS_M, POLYGONAL, WGS84, to_lon_lat, transform_points

# Outlines drawn at different scales leave slivers: below this share of the smaller area an
# overlap is one of them and not a doubt about which area a place belongs to.
OVERLAP_SHARE = 0.01
MIN_HOLE_M2 = 10_000.0


@dataclass(frozen=True)
class Areas:
    """Outlines of areas, n_areas each: code, polygon (None without one), CRS."""

    name: str
    codes: np.ndarray  # object: text
    polygons: np.ndarray
    crs: CRS


def find_area_of_points(
    areas: Areas, lon: np.ndarray, lat: np.ndarray, findings: Findings
) -> np.ndarray:
    """Position of the area that holds each point, int32, -1 for none.

    Borders belong to the area. A point in several areas goes to the first code in
    alphabetical order, with a finding `in_several_areas`.
    """
    x, y = transform_points(lon, lat, (WGS84, areas.crs))
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    tree = shapely.STRtree(np.asarray(shapely.points(x[known], y[known])))
    area, point = tree.query(areas.polygons, predicate="intersects")
    rank = np.argsort(np.argsort(areas.codes, kind="stable"))
    order = np.lexsort((rank[area], point))
    area, point = area[order], point[order]
    is_first = np.ones(len(point), dtype=bool)
    is_first[1:] = point[1:] != point[:-1]
    found = np.full(len(lon), -1, dtype=np.int32)
    found[known[point[is_first]]] = area[is_first]
    again = np.flatnonzero(~is_first)
    examples = (
        f"{areas.name}: {lat[known[point[i]]]:.5f} N {lon[known[point[i]]]:.5f} E lies in "
        f"{areas.codes[area[i - 1]]} and {areas.codes[area[i]]}"
        for i in again
    )
    findings.add_all("in_several_areas", examples, len(np.unique(point[again])))
    return found


def find_nearest_areas(
    areas: Areas, lon: np.ndarray, lat: np.ndarray, within_m: float
) -> np.ndarray:
    """Position of the nearest area at most `within_m` metres away, int32, -1 for none.

    Distances are taken in an azimuthal projection around the points, exact at its centre
    and to about one part in a thousand 300 km away.
    """
    found = np.full(len(lon), -1, dtype=np.int32)
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if not len(known) or within_m <= 0:
        return found
    near = _find_candidates(areas, lon[known], lat[known], within_m)
    if not len(near):
        return found
    center = f"+lat_0={lat[known].mean():.6f} +lon_0={lon[known].mean():.6f}"
    local = CRS.from_proj4(f"+proj=aeqd {center} +datum=WGS84 +units=m")
    polygons = transform_geometry(areas.polygons[near], (areas.crs, local))
    x, y = transform_points(lon[known], lat[known], (WGS84, local))
    point, area = shapely.STRtree(polygons).query_nearest(
        shapely.points(x, y), max_distance=within_m, all_matches=False
    )
    found[known[point]] = near[area]
    return found


def _find_candidates(areas: Areas, lon: np.ndarray, lat: np.ndarray, within_m: float) -> np.ndarray:
    """Positions of the areas whose box may come within a distance of a point, sorted."""
    x, y = transform_points(lon, lat, (WGS84, areas.crs))
    margin = 2 * to_crs_units(within_m, areas.crs)
    boxes = shapely.box(x - margin, y - margin, x + margin, y + margin)
    _, area = shapely.STRtree(areas.polygons).query(np.asarray(boxes))
    return np.unique(area)


def to_crs_units(distance_m: float, crs: CRS) -> float:
    """A distance in the units of a CRS that is at least as far everywhere up to 80 degrees."""
    if crs.is_geographic:
        return distance_m / (np.radians(1.0) * EARTH_RADIUS_M * np.cos(np.radians(80.0)))
    return distance_m / crs.axis_info[0].unit_conversion_factor


def unite(polygons: np.ndarray) -> shapely.Geometry:
    """The union of areas that lie side by side; the fast way where they do so exactly."""
    union = shapely.coverage_union_all(polygons)
    total = float(np.sum(shapely.area(polygons)))
    if shapely.is_valid(union) and abs(shapely.area(union) - total) <= 1e-9 * total:
        return union
    return shapely.union_all(polygons)


def transform_geometry(geometry: np.ndarray, crs: tuple[CRS, CRS]) -> np.ndarray:
    """Geometry from the first CRS in the second, vertex by vertex."""
    if crs[0] == crs[1]:
        return geometry

    def move(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(transform_points(xy[:, 0], xy[:, 1], crs))

    return shapely.transform(geometry, move)


def join_parts(names: np.ndarray, polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One polygon per code: the parts of an area that stands in several rows are united.

    Codes come out sorted.
    """
    order = np.argsort(names, kind="stable")
    names, polygons = names[order], polygons[order]
    starts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    if len(starts) == len(names):
        return names, polygons
    ends = np.append(starts[1:], len(names))
    united = np.empty(len(starts), dtype=object)
    for n_area, (start, end) in enumerate(zip(starts, ends, strict=True)):
        parts = polygons[start:end]
        united[n_area] = parts[0] if end - start == 1 else shapely.union_all(parts)
    return names[starts], united


def check_coverage(areas: Areas, findings: Findings) -> None:
    """Findings `areas_overlap` and `hole_between_areas`.

    Two areas overlap when they share more than a hundredth of the smaller one; a hole is
    a gap of at least one hectare that areas enclose on all sides.
    """
    polygons = areas.polygons[~shapely.is_missing(areas.polygons)]
    is_clean = bool(shapely.coverage_is_valid(polygons)) if len(polygons) else True
    if not is_clean:
        _find_overlaps(areas, findings)
    union = shapely.coverage_union_all(polygons) if is_clean else shapely.union_all(polygons)
    _find_holes(areas, union, findings)


def _find_overlaps(areas: Areas, findings: Findings) -> None:
    wrong = shapely.coverage_invalid_edges(areas.polygons)
    suspects = np.flatnonzero(~shapely.is_missing(wrong) & ~shapely.is_empty(wrong))
    polygons = areas.polygons[suspects]
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pair = left < right
    left, right = left[pair], right[pair]
    codes = areas.codes[suspects]
    shared = shapely.area(shapely.intersection(polygons[left], polygons[right]))
    smaller = np.minimum(shapely.area(polygons[left]), shapely.area(polygons[right]))
    share = np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)
    bad = np.flatnonzero(share > OVERLAP_SHARE)
    examples = (
        f"{areas.name}: {codes[left[i]]} and {codes[right[i]]} "
        f"share {100 * share[i]:.1f} % of the smaller"
        for i in bad[np.argsort(-share[bad])]
    )
    findings.add_all("areas_overlap", examples, len(bad))


def _find_holes(areas: Areas, union: shapely.Geometry, findings: Findings) -> None:
    rings, part = shapely.get_rings(shapely.get_parts(union), return_index=True)
    # The outer ring of a part comes first, its holes after it.
    is_hole = np.zeros(len(rings), dtype=bool)
    is_hole[1:] = part[1:] == part[:-1]
    if not is_hole.any():
        return
    holes = shapely.polygons(rings[is_hole])
    center = shapely.centroid(holes)
    x, y = np.asarray(shapely.get_x(center)), np.asarray(shapely.get_y(center))
    lon, lat = to_lon_lat(x, y, areas.crs)
    size_m2 = to_square_metres(np.asarray(shapely.area(holes)), lat, areas.crs)
    bad = np.flatnonzero(size_m2 >= MIN_HOLE_M2)
    examples = (
        f"{areas.name}: a hole of {size_m2[i] / 1e6:.2f} km2 around "
        f"{lat[i]:.4f} N {lon[i]:.4f} E belongs to no area"
        for i in bad[np.argsort(-size_m2[bad])]
    )
    findings.add_all("hole_between_areas", examples, len(bad))


def to_square_metres(size: np.ndarray, lat: np.ndarray, crs: CRS) -> np.ndarray:
    """Areas in the unit of a CRS as square metres, for messages: degrees by the sphere."""
    if not crs.is_geographic:
        return size * crs.axis_info[0].unit_conversion_factor ** 2
    metres = np.radians(1.0) * EARTH_RADIUS_M
    return size * metres**2 * np.cos(np.radians(lat))


def find_share_inside(places: pd.DataFrame, outline: shapely.Geometry) -> np.ndarray:
    """Share of each place that lies in an outline (WGS84): of its area, or 0 or 1 for a point."""
    if isinstance(places, gpd.GeoDataFrame) and places.crs is not None:
        polygons = np.asarray(places.geometry.array)
        if np.isin(shapely.get_type_id(polygons), POLYGONAL).all():
            here = transform_geometry(np.array([outline]), (WGS84, CRS(places.crs)))[0]
            shapely.prepare(here)
            part = np.where(shapely.intersects(polygons, here), 1.0, 0.0)
            cut = np.flatnonzero((part > 0) & ~shapely.contains(here, polygons))
            area = shapely.area(polygons[cut])
            inside = shapely.area(shapely.intersection(polygons[cut], here))
            part[cut] = np.divide(inside, area, out=np.zeros(len(cut)), where=area > 0)
            return part
    shapely.prepare(outline)
    at = shapely.points(places["lon"].to_numpy(dtype=float), places["lat"].to_numpy(dtype=float))
    return np.where(shapely.intersects(outline, at), 1.0, 0.0)
