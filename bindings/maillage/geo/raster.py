"""Share of each place where a GeoTIFF says that 4G is good, in the raster's own CRS."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import CRS

from maillage.config_mobile import RasterConfig
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.coordinates import WGS84, transform_points

if TYPE_CHECKING:
    from maillage.geo.mobile import PlaceShapes

BLOCK_ROWS = 1024


def read_good_share(config: RasterConfig, shapes: PlaceShapes, findings: Findings) -> np.ndarray:
    """Share of every place that is good; NaN where the raster has no value for any of it.

    Polygons: of the pixels whose centre lies in the place, or the pixel under its point when it
    is smaller than one. Points: the pixel they stand in. Pixels that are masked, of the `nodata`
    value or NaN have no value. Values are compared as the raster stores them (0.3 in a raster of
    32 bits is its nearest such number); a `good` that it cannot store is an InputError, and a
    raster in which no place finds a good pixel is a finding.
    """
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raster = rasterio.open(config.file)
    except RasterioError as error:
        raise InputError(f"{config.file}: is not a raster that can be read: {error}") from None
    with raster:
        if raster.crs is None:
            raise InputError(f"{config.file}: has no CRS, expected a GeoTIFF that says its own")
        if config.band > raster.count:
            n = raster.count
            raise InputError(f"{config.file}: band is {config.band}, expected 1..{n}")
        good = _to_stored(config, np.dtype(raster.dtypes[config.band - 1]))
        try:
            share = _read(config, good, raster, shapes)
        except RasterioError as error:
            raise InputError(f"{config.file}: cannot be read to its end: {error}") from None
    if not np.isnan(share).all() and not np.nansum(share) > 0:
        asked = f"at_least {config.at_least:g}" if good is None else f"good = {good.tolist()}"
        findings.add("raster_never_good", f"{config.file}: no place has a pixel of {asked}")
    return share


def _to_stored(config: RasterConfig, kind: np.dtype) -> np.ndarray | None:
    """The good values as the raster's band stores them; None when a least value is asked."""
    if config.good is None:
        return None
    wanted = np.asarray(config.good, dtype=float)
    if np.issubdtype(kind, np.integer):
        info = np.iinfo(kind)
        held = (wanted == np.floor(wanted)) & (wanted >= info.min) & (wanted <= info.max)
        if not held.all():
            value = wanted[np.argmin(held)]
            raise InputError(
                f"{config.file}: good has {value:g}, which band {config.band} of {kind} cannot "
                f"hold, expected whole numbers in {info.min}..{info.max}, or at_least"
            )
    return wanted.astype(kind)


def _read(
    config: RasterConfig, good_values: np.ndarray | None, raster: Any, shapes: PlaceShapes
) -> np.ndarray:
    def to_good(values: Any) -> np.ndarray:
        return _to_good(values, good_values, config.at_least)

    crs = CRS.from_wkt(raster.crs.to_wkt())
    if shapes.finer is not None:
        return shapes.average(_sample(config.band, to_good, raster, crs, shapes.finer[2:]))
    at_points = _sample(config.band, to_good, raster, crs, (shapes.lon, shapes.lat))
    polygons = shapes.transform(crs)
    if polygons is None:
        return at_points
    good, known = _count_pixels(config.band, to_good, raster, polygons)
    share = np.divide(good, known, out=np.full(len(good), np.nan), where=known > 0)
    return np.where(np.isnan(share), at_points, share)


def _to_good(values: Any, good: np.ndarray | None, at_least: float | None) -> np.ndarray:
    """1 good, 0 not, NaN no value; of masked values."""
    data = np.asarray(values.data)
    is_good = np.isin(data, good) if good is not None else data >= at_least
    has_none = np.ma.getmaskarray(values) | (data != data)
    return np.where(has_none, np.nan, is_good.astype(float))


def _sample(
    band: int, to_good: Callable[[Any], np.ndarray], raster: Any, crs: CRS, points: Any
) -> np.ndarray:
    x, y = transform_points(points[0], points[1], (WGS84, crs))
    out = np.full(len(x), np.nan)
    known = np.isfinite(x) & np.isfinite(y)
    column, row = _apply(~raster.transform, np.where(known, x, 0.0), np.where(known, y, 0.0))
    known &= (column >= 0) & (column < raster.width) & (row >= 0) & (row < raster.height)
    at = np.flatnonzero(known)
    if not len(at):
        return out
    cells = zip(x[at], y[at], strict=True)
    values = np.ma.stack([v[0] for v in raster.sample(cells, indexes=band, masked=True)])
    out[at] = to_good(values)
    return out


def _count_pixels(
    band: int, to_good: Callable[[Any], np.ndarray], raster: Any, polygons: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Good pixels and pixels with a value in each polygon, band by band of rows."""
    import shapely
    from rasterio.features import rasterize
    from rasterio.windows import Window

    n = len(polygons)
    good, known = np.zeros(n), np.zeros(n)
    tree = shapely.STRtree(polygons)
    for top in range(0, raster.height, BLOCK_ROWS):
        window = Window(0, top, raster.width, min(BLOCK_ROWS, raster.height - top))  # type: ignore[call-arg]
        rows = np.sort(tree.query(_find_outline(raster, window), predicate="intersects"))
        if not len(rows):
            continue
        places: Any = rasterize(
            zip(polygons[rows], (rows + 1).tolist(), strict=True),
            out_shape=(int(window.height), int(window.width)),
            transform=raster.window_transform(window),
            dtype="int32",
        )
        values = to_good(raster.read(band, window=window, masked=True))
        has_value = ~np.isnan(values)
        known += np.bincount(places[has_value], minlength=n + 1)[1:]
        is_good = has_value & (values == 1)
        good += np.bincount(places[is_good], minlength=n + 1)[1:]
    return good, known


def _find_outline(raster: Any, window: Any) -> Any:
    """The outline of a window, whichever way the raster's rows run."""
    import shapely

    columns = np.array([0, raster.width, raster.width, 0], dtype=float)
    rows = window.row_off + np.array([0, 0, window.height, window.height], dtype=float)
    return shapely.Polygon(np.stack(_apply(raster.transform, columns, rows), axis=1))


def _apply(transform: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points through an affine transform."""
    return (
        transform.a * x + transform.b * y + transform.c,
        transform.d * x + transform.e * y + transform.f,
    )
