"""Outlines in a scenario: the area where roads close or slow down.

An outline is kept as nested tuples of (lon, lat) in WGS84, so that an edit can be
compared, hashed and written to a file without loss: a ring of points, a polygon
(outer ring, then holes) or several polygons, as in GeoJSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry

Outline = tuple[Any, ...]


def to_outline(value: Any) -> Outline:
    """The outline of anything that describes an area.

    Accepts rings, polygons or several polygons as nested (lon, lat) sequences, a shapely
    polygon, a GeoJSON geometry, a GeoSeries or GeoDataFrame (any CRS; its parts are
    united), or the path of a layer that GDAL opens. Raises ValueError with what was
    expected.
    """
    if isinstance(value, (str, Path)):
        return _geometry_outline(_layer_geometry(Path(value)))
    if hasattr(value, "to_crs"):
        return _geometry_outline(_wgs84_union(value))
    if isinstance(value, Mapping):
        try:
            return _geometry_outline(shapely.geometry.shape(dict(value)))
        except (AttributeError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
            raise ValueError("is not a GeoJSON geometry") from error
    if isinstance(value, BaseGeometry):
        return _geometry_outline(value)
    outline = _nested_tuples(value)
    to_geometry(outline)
    return outline


def to_geometry(outline: Outline) -> Polygon | MultiPolygon:
    """The shapely geometry of an outline; ValueError when it is not a valid area."""
    depth = _depth(outline)
    if depth == 2:
        geometry = _polygon((outline,))
    elif depth == 3:
        geometry = _polygon(outline)
    elif depth == 4:
        geometry = MultiPolygon([_polygon(rings) for rings in outline])
    else:
        raise ValueError("expected a list of [lon, lat] points")
    if not geometry.is_valid:
        raise ValueError(f"is not a valid outline: {shapely.is_valid_reason(geometry)}")
    return geometry


def to_centre(outline: Outline) -> tuple[float, float]:
    """A point (lon, lat) inside the outline."""
    point = to_geometry(outline).representative_point()
    return float(point.x), float(point.y)


def _polygon(rings: Sequence[Any]) -> Polygon:
    for ring in rings:
        n_points = len(set(ring))
        if n_points < 3:
            raise ValueError(f"has a ring of {n_points} different points, expected at least 3")
        for lon, lat in ring:
            if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                raise ValueError(
                    f"has the point [{lon}, {lat}], expected lon -180..180 and lat -90..90"
                )
    return Polygon(rings[0], rings[1:])


def _geometry_outline(geometry: BaseGeometry) -> Outline:
    if not isinstance(geometry, (Polygon, MultiPolygon)) or geometry.is_empty:
        raise ValueError(f"is a {geometry.geom_type}, expected a polygon")
    outline = _nested_tuples(mapping(geometry)["coordinates"])
    if isinstance(geometry, Polygon) and len(outline) == 1:
        outline = outline[0]
    to_geometry(outline)
    return outline


def _layer_geometry(path: Path) -> BaseGeometry:
    import geopandas

    if not path.exists():
        raise ValueError(f'names the file "{path}", which does not exist')
    try:
        layer = geopandas.read_file(path)
    except Exception as error:
        raise ValueError(f'names the file "{path}", which cannot be read: {error}') from error
    if not isinstance(layer, geopandas.GeoDataFrame):
        raise ValueError(f'names the file "{path}", which has no geometry')
    return _wgs84_union(layer)


def _wgs84_union(layer: Any) -> BaseGeometry:
    if layer.crs is None:
        raise ValueError("comes from a layer without a CRS, expected one that says its CRS")
    return layer.to_crs(4326).geometry.union_all()


def _nested_tuples(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = tuple(_nested_tuples(item) for item in value)
        if items and not isinstance(items[0], tuple):
            if len(items) < 2 or any(isinstance(item, tuple) for item in items):
                raise ValueError("expected a list of [lon, lat] points")
            return items[:2]
        return items
    if isinstance(value, (np.ndarray, np.generic)):
        return _nested_tuples(value.tolist())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"holds {value!r}, expected a list of [lon, lat] points")
    return float(value)


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, tuple):
        depth += 1
        value = value[0] if value else None
    return depth
