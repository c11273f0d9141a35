"""Reads vector layers and tables through GDAL (GPKG, GeoJSON, Shapefile, xlsx, ...) and
Parquet: attributes as Arrow columns, geometry as shapely objects in the CRS of the file.

`read_layer` and `read_parquet` give a `Layer`; `tables.read_table` is what readers call.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors
import shapely
from pyproj import CRS

from maillage.config_sections import TableSource
from maillage.errors import InputError, to_hint
from maillage.geo.text_files import find_compression, read_bytes

# Sheets are read without their header and as text: GDAL would guess types and turn the
# code 01004 into the number 1004.
_SHEET_OPTIONS: dict[str, Any] = {"HEADERS": "DISABLE", "FIELD_TYPES": "STRING"}
_SHEET_SUFFIXES = (".xlsx", ".xlsm", ".ods")
_GDAL_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    RuntimeError,
    ValueError,
    pa.ArrowException,
)


# none: attributes only; wanted: geometry where there is some; required: an error without it
GeometryUse = Literal["none", "wanted", "required"]


@dataclass(frozen=True)
class Wanted:
    """What to read of a file: columns that it must have, columns that it may have, geometry."""

    columns: Sequence[str]
    optional: Sequence[str] = ()
    geometry: GeometryUse = "none"

    def find_columns(self, known: Sequence[str]) -> list[str]:
        """The wanted columns, and the optional ones that are there; each once."""
        there = [column for column in self.optional if column in known]
        return list(dict.fromkeys([*self.columns, *there]))


@dataclass(frozen=True)
class Layer:
    """One layer: columns n_rows x n_columns, geometry (None without one) and its CRS.

    `first_row` is the number that the file gives to the first row: 1, in a sheet its line.
    """

    name: str
    columns: pa.Table
    geometry: np.ndarray | None = None
    crs: CRS | None = None
    first_row: int = 1
    warnings: list[str] = field(default_factory=list)


def read_layer(source: TableSource, wanted: Wanted) -> Layer:
    """The named columns of a layer that GDAL opens, compressed by gzip, bzip2 or xz or not.

    A file with several layers needs `layer`. Raises InputError when GDAL cannot read it,
    when a column or layer does not exist, and when geometry is required and there is none.
    """
    path = source.file
    assert path is not None
    data: Any = read_bytes(path) if find_compression(path) else str(path)
    if not isinstance(data, bytes) and path.stat().st_size == 0:
        raise InputError(f"{path}: is empty, expected a table or layer")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            opened = _find_layer(source, path, data)
            if path.suffix.lower() in _SHEET_SUFFIXES:
                layer = _read_sheet(source, opened, wanted)
            else:
                layer = _read_features(source, opened, wanted)
        except InputError:
            raise
        except _GDAL_ERRORS as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise InputError(f"{path}: cannot be read as a table or layer: {reason}") from error
    layer.warnings.extend(dict.fromkeys(str(w.message) for w in caught if _is_of_gdal(w)))
    return layer


def _is_of_gdal(warning: warnings.WarningMessage) -> bool:
    return issubclass(warning.category, RuntimeWarning | UserWarning)


@dataclass(frozen=True)
class _Opened:
    """What GDAL reads from: a path or bytes, the position of the layer, its label."""

    data: Any
    layer: int
    label: str


def _find_layer(source: TableSource, path: Path, data: Any) -> _Opened:
    names = [str(name) for name in pyogrio.list_layers(data)[:, 0]]
    if source.layer is not None:
        if source.layer not in names:
            hint = to_hint(source.layer, names)
            raise InputError(f"{path}: layer {source.layer!r} does not exist{hint}")
        return _Opened(data, names.index(source.layer), f"{path} ({source.layer})")
    if not names:
        raise InputError(f"{path}: has no layers, expected one")
    if len(names) > 1:
        listed = ", ".join(repr(name) for name in names[:12])
        raise InputError(f"{path}: has {len(names)} layers, expected layer = one of {listed}")
    return _Opened(data, 0, str(path))


def _read_sheet(source: TableSource, opened: _Opened, wanted: Wanted) -> Layer:
    _, table = pyogrio.read_arrow(
        opened.data, layer=opened.layer, read_geometry=False, **_SHEET_OPTIONS
    )
    if table.num_rows <= source.skip_rows:
        raise InputError(f"{opened.label}: the sheet has no header row, expected one")
    cells = [column[source.skip_rows].as_py() for column in table.columns]
    header = [str(cell or "").strip() for cell in cells]
    columns = wanted.find_columns(header)
    _check_columns(opened.label, header, columns)
    cells_below = table.slice(source.skip_rows + 1)
    body = cells_below.select([header.index(column) for column in columns])
    return Layer(opened.label, body.rename_columns(columns), first_row=source.skip_rows + 2)


def _read_features(source: TableSource, opened: _Opened, wanted: Wanted) -> Layer:
    info = pyogrio.read_info(opened.data, layer=opened.layer, encoding=source.encoding)
    fields = [str(field) for field in info["fields"]]
    columns = wanted.find_columns(fields)
    _check_columns(opened.label, fields, columns)
    if wanted.geometry == "required" and not info["geometry_type"]:
        raise InputError(f"{opened.label}: has no geometry, expected points or polygons")
    with_geometry = wanted.geometry != "none" and bool(info["geometry_type"])
    meta, table = pyogrio.read_arrow(
        opened.data,
        layer=opened.layer,
        columns=columns,
        read_geometry=with_geometry,
        encoding=source.encoding,
    )
    attributes = table.select(columns) if columns else _without_columns(table)
    if not with_geometry:
        return Layer(opened.label, attributes)
    geometry = _to_geometry(table.column(meta["geometry_name"] or "wkb_geometry"), opened.label)
    crs = find_crs(source, meta["crs"], opened.label)
    return Layer(opened.label, attributes, geometry, crs)


def read_parquet(source: TableSource, wanted: Wanted) -> Layer:
    """The named columns of a Parquet file; geometry as GeoParquet writes it (WKB)."""
    path = source.file
    assert path is not None
    data: Any = io.BytesIO(read_bytes(path)) if find_compression(path) else path
    try:
        file = pq.ParquetFile(data)
        label = str(path)
        columns = wanted.find_columns(file.schema_arrow.names)
        _check_columns(label, file.schema_arrow.names, columns)
        geo = (file.schema_arrow.metadata or {}).get(b"geo")
        if wanted.geometry == "required" and geo is None:
            raise InputError(f"{label}: has no geometry, expected GeoParquet or coordinates")
        if wanted.geometry == "none" or geo is None:
            return Layer(label, file.read(columns=columns).select(columns))
        about = json.loads(geo)
        primary = about["primary_column"]
        details = about["columns"][primary]
        if details.get("encoding") != "WKB":
            raise InputError(f"{label}: geometry is {details.get('encoding')}, expected WKB")
        table = file.read(columns=[*columns, primary])
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as Parquet: {error}") from error
    # GeoParquet: no `crs` means longitude and latitude, null means unknown.
    crs = find_crs(source, details.get("crs", "OGC:CRS84"), label)
    shapes = _to_geometry(table.column(primary), label)
    attributes = table.select(columns) if columns else _without_columns(table)
    return Layer(label, attributes, shapes, crs)


def _check_columns(label: str, known: Sequence[str], columns: Sequence[str]) -> None:
    problems = []
    for column in columns:
        n_found = list(known).count(column)
        if n_found == 0:
            hint = to_hint(column, [name for name in known if name])
            problems.append(f"column {column!r} does not exist{hint}")
        elif n_found > 1:
            problems.append(f"column {column!r} exists {n_found} times, expected it once")
    if problems:
        raise InputError.of_problems(label, problems)


def _without_columns(table: pa.Table) -> pa.Table:
    return pa.table({"row": pa.array(np.arange(table.num_rows), pa.int64())})


def _to_geometry(column: pa.ChunkedArray, label: str) -> np.ndarray:
    wkb = np.array(column.to_pandas(), dtype=object)
    try:
        return shapely.force_2d(shapely.from_wkb(wkb))
    except shapely.errors.GEOSException as error:
        raise InputError(f"{label}: a geometry cannot be read: {error}") from error


def find_crs(source: TableSource, own: Any, label: str) -> CRS:
    """The CRS of a layer; the one of the section stands in where the layer has none."""
    if own is None or own == "":
        if source.crs is None:
            raise InputError(f'{label}: does not say its crs, expected crs = "EPSG:..."')
        return CRS.from_user_input(source.crs)
    return CRS.from_user_input(own)
