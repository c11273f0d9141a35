"""Writes result tables to the files that planners open: CSV, Parquet, GPKG, GeoJSON, JSON.

The suffix of the path chooses the format. A file appears whole or not at all, and takes
with it what the table is: territory, scenario, parameters, version, sources.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from maillage.atomic import write_atomically
from maillage.errors import InputError, IoError, to_hint

SUFFIXES = (".csv", ".parquet", ".gpkg", ".geojson", ".json")
METADATA_KEY = b"maillage"


def write_table(
    frame: pd.DataFrame,
    path: str | Path,
    *,
    metadata: Mapping[str, Any] | None = None,
    wkt: bool = False,
) -> Path:
    """Writes a table in the format that the suffix of `path` names; returns the path.

    .csv      UTF-8, comma, point as decimal mark, absent values empty
    .parquet  GeoParquet when the frame has geometry
    .gpkg     a layer named like the file; points from lon and lat when the frame has no
              geometry but these columns, else a table without geometry
    .geojson  the same in WGS84, with nothing but null geometry when there is none
    .json     {"metadata": {...}, "rows": [{...}, ...]}, absent values null

    The order of rows and columns is kept; the index is not written. Geometry goes into
    .csv and .json as text (WKT, in the frame's CRS) only if `wkt` asks for it. metadata
    stands in the schema of Parquet (key `maillage`), in the dataset metadata of GPKG, in
    the JSON itself, and for CSV in a file `<name>.csv-metadata.json` beside it. Raises
    InputError for an unknown suffix and IoError when the file cannot be written.
    """
    path = Path(path)
    check_suffix(path)
    suffix = path.suffix.lower()
    about = {} if metadata is None else dict(metadata)
    if suffix == ".csv":
        text = _plain(frame, wkt).to_csv(index=False, lineterminator="\n")
        _write_text(path, text)
        if about:
            _write_text(path.with_name(path.name + "-metadata.json"), _json_text(about) + "\n")
    elif suffix == ".parquet":
        table = _arrow_table(frame, about)
        _write(path, lambda target: pq.write_table(table, target, compression="zstd"))
    elif suffix == ".gpkg":
        layer = _layer(frame)
        _write(path, lambda target: _write_gpkg(layer, target, (path.stem, about)))
    elif suffix == ".geojson":
        _write_text(path, _geojson_text(_layer(frame), about))
    else:
        content = {"metadata": about, "rows": _rows(_plain(frame, wkt))}
        _write_text(path, _json_text(content) + "\n")
    return path


def check_suffix(path: str | Path) -> None:
    """Raises InputError when `write_table` knows no format for this path."""
    suffix = Path(path).suffix
    if suffix.lower() not in SUFFIXES:
        said = f"has the suffix {suffix!r}" if suffix else "has no suffix"
        hint = to_hint(suffix, SUFFIXES) if suffix else f", expected one of {', '.join(SUFFIXES)}"
        raise InputError(f"{path}: {said}{hint}")


def read_metadata(path: str | Path) -> dict[str, Any]:
    """What `write_table` noted about a table; empty when there is nothing."""
    path = Path(path)
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            text = (pq.read_schema(path).metadata or {}).get(METADATA_KEY, b"{}").decode()
        elif suffix == ".gpkg":
            noted = pyogrio.read_info(path).get("dataset_metadata") or {}
            text = noted.get(METADATA_KEY.decode(), "{}")
        elif suffix == ".csv":
            beside = path.with_name(path.name + "-metadata.json")
            text = beside.read_text("utf-8") if beside.exists() else "{}"
        else:
            return dict(json.loads(path.read_text("utf-8")).get("metadata", {}))
        return dict(json.loads(text))
    except (OSError, DataSourceError, pa.ArrowException) as error:
        raise IoError(f"{path}: cannot be read: {error}") from error


def _write(path: Path, write: Any) -> None:
    """As `write_atomically`; what the libraries say about the file system becomes IoError."""
    try:
        write_atomically(path, write)
    except (DataSourceError, DataLayerError, pa.ArrowException) as error:
        raise IoError(f"{path}: cannot be written: {error}") from error


def _write_text(path: Path, text: str) -> None:
    _write(path, lambda target: target.write_bytes(text.encode("utf-8")))


def _plain(frame: pd.DataFrame, wkt: bool) -> pd.DataFrame:
    """The frame without geometry, or with geometry as WKT."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    plain = pd.DataFrame(frame.drop(columns=_geometry_columns(frame)))
    if wkt:
        for name in _geometry_columns(frame):
            plain[name] = shapely.to_wkt(np.asarray(frame[name]), rounding_precision=-1)
    return plain


def _geometry_columns(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(name) for name in frame.columns if isinstance(frame[name], gpd.GeoSeries)]


def _arrow_table(frame: pd.DataFrame, about: Mapping[str, Any]) -> pa.Table:
    if isinstance(frame, gpd.GeoDataFrame) and _geometry_columns(frame):
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        table = pq.read_table(buffer)
    else:
        table = pa.Table.from_pandas(pd.DataFrame(frame), preserve_index=False)
    if not about:
        return table
    noted = {METADATA_KEY: _json_text(about).encode("utf-8")}
    return table.replace_schema_metadata((table.schema.metadata or {}) | noted)


def _layer(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as a layer: one geometry, points made of lon and lat where it has none."""
    if isinstance(frame, gpd.GeoDataFrame) and _geometry_columns(frame):
        others = [name for name in _geometry_columns(frame) if name != frame.geometry.name]
        return _simple_columns(frame.drop(columns=others))
    if "lon" in frame and "lat" in frame:
        lon, lat = (frame[name].to_numpy(dtype=float) for name in ("lon", "lat"))
        known = np.isfinite(lon) & np.isfinite(lat)
        points = np.full(len(frame), None, dtype=object)
        points[known] = shapely.points(lon[known], lat[known])
        return _simple_columns(gpd.GeoDataFrame(frame, geometry=points, crs=4326))
    return _simple_columns(pd.DataFrame(frame))


def _simple_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, and lists or mappings as JSON text: layers know no others."""
    changed: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            changed[name] = column.astype(object)
        elif str(column.dtype) == "object" and any(isinstance(v, (list, dict)) for v in column):
            texts = [_json_text(v) if isinstance(v, (list, dict)) else v for v in column]
            changed[name] = pd.Series(texts, index=frame.index, dtype=object)
    return frame.assign(**changed) if changed else frame


def _write_gpkg(layer: pd.DataFrame, target: Path, named: tuple[str, dict[str, Any]]) -> None:
    name, about = named
    options: dict[str, Any] = {}
    if about:
        options["dataset_metadata"] = {METADATA_KEY.decode(): _json_text(about)}
    if isinstance(layer, gpd.GeoDataFrame):
        kinds = set(layer.geometry.geom_type.dropna())
        options["promote_to_multi"] = kinds == {"Polygon", "MultiPolygon"}
        if not kinds:
            options["geometry_type"] = "Unknown"
    pyogrio.write_dataframe(layer, target, layer=name, driver="GPKG", **options)


def _geojson_text(layer: pd.DataFrame, about: Mapping[str, Any]) -> str:
    shapes: list[str | None] = [None] * len(layer)
    plain = layer
    if isinstance(layer, gpd.GeoDataFrame):
        in_degrees = layer if layer.crs is None else cast(gpd.GeoDataFrame, layer.to_crs(4326))
        geometry = np.asarray(in_degrees.geometry)
        shapes = [None if shape is None else shapely.to_geojson(shape) for shape in geometry]
        plain = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    features = [
        f'{{"type": "Feature", "properties": {_json_text(row, indent=None)}, '
        f'"geometry": {shape or "null"}}}'
        for row, shape in zip(_rows(plain), shapes, strict=True)
    ]
    head = f'"metadata": {_json_text(about)},\n' if about else ""
    inner = ",\n".join(features)
    return f'{{\n"type": "FeatureCollection",\n{head}"features": [\n{inner}\n]\n}}\n'


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {str(name): [_json_value(v) for v in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _json_text(content: Any, indent: int | None = 2) -> str:
    return json.dumps(_json_value(content), ensure_ascii=False, allow_nan=False, indent=indent)


def _json_value(value: Any) -> Any:
    """The value as JSON knows it: absent and not finite numbers are null."""
    if isinstance(value, Mapping):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [_json_value(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, str, int)) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return value.as_posix()
    if value is pd.NA or value is pd.NaT:
        return None
    return str(value)
