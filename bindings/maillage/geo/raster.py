"""Share of each place where a GeoTIFF says that 4G is good, in the raster's own CRS."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import CRS

from maillage.config_mobile import RasterConfig
from maillage.errors import InputError
from maillage.geo.coordinates import WGS84, transform_points

if TYPE_CHECKING:
    from maillage.geo.mobile import PlaceShapes

BLOCK_ROWS = 1024


def read_good_share(config: RasterConfig, shapes: PlaceShapes) -> np.ndarray:
    """Share of every place that is good; NaN where the raster has no value for any of it.

    Polygons: of the pixels whose centre lies in the place, or the pixel under its point when it
    is smaller than one. Points: the pixel they stand in.
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
        try:
            return _read(config, raster, shapes)
        except RasterioError as error:
            raise InputError(f"{config.file}: cannot be read to its end: {error}") from None


def _read(config: RasterConfig, raster: Any, shapes: PlaceShapes) -> np.ndarray:
    crs = CRS.from_wkt(raster.crs.to_wkt())
    if shapes.finer is not None:
        return shapes.average(_sample(config, raster, crs, shapes.finer[2:]))
    at_points = _sample(config, raster, crs, (shapes.lon, shapes.lat))
    polygons = shapes.transform(crs)
    if polygons is None:
        return at_points
    good, known = _count_pixels(config, raster, polygons)
    share = np.divide(good, known, out=np.full(len(good), np.nan), where=known > 0)
    return np.where(np.isnan(share), at_points, share)


def _to_good(config: RasterConfig, values: Any) -> np.ndarray:
    """1 good, 0 not, NaN no value; of masked values."""
    data = np.asarray(values.data)
    good = np.isin(data, config.good) if config.good is not None else data >= config.at_least
    return np.where(np.ma.getmaskarray(values), np.nan, good.astype(float))


def _sample(config: RasterConfig, raster: Any, crs: CRS, points: Any) -> np.ndarray:
    x, y = transform_points(points[0], points[1], (WGS84, crs))
    out = np.full(len(x), np.nan)
    known = np.isfinite(x) & np.isfinite(y)
    left, bottom, right, top = raster.bounds
    known &= (x >= left) & (x < right) & (y > bottom) & (y <= top)
    at = np.flatnonzero(known)
    if not len(at):
        return out
    cells = zip(x[at], y[at], strict=True)
    values = np.ma.stack([v[0] for v in raster.sample(cells, indexes=config.band, masked=True)])
    out[at] = _to_good(config, values)
    return out


def _count_pixels(
    config: RasterConfig, raster: Any, polygons: np.ndarray
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
        box = shapely.box(*raster.window_bounds(window))
        rows = np.sort(tree.query(box, predicate="intersects"))
        if not len(rows):
            continue
        places: Any = rasterize(
            zip(polygons[rows], (rows + 1).tolist(), strict=True),
            out_shape=(int(window.height), int(window.width)),
            transform=raster.window_transform(window),
            dtype="int32",
        )
        values = _to_good(config, raster.read(config.band, window=window, masked=True))
        has_value = ~np.isnan(values)
        known += np.bincount(places[has_value], minlength=n + 1)[1:]
        is_good = has_value & (values == 1)
        good += np.bincount(places[is_good], minlength=n + 1)[1:]
    return good, known
