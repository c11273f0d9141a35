"""Zonings: areas that group places (communes, EPCI, départements, any).

A place gets its area from a column of the places, by lying in a polygon, or from the area
of another zoning. `read_zonings` gives one `Zoning` per section, places in file order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from maillage.config_models import ZoningConfig
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.areas import (
    Areas,
    check_coverage,
    find_area_of_points,
    find_nearest_areas,
    join_parts,
    to_crs_units,
    unite,
)
from maillage.geo.coordinates import POLYGONAL, WGS84, repair_polygons, transform_points
from maillage.geo.keys import check_unique, encode, find_first, to_series
from maillage.geo.places import Places
from maillage.geo.tables import Table, read_table


@dataclass
class Zoning:
    """The areas of one zoning that hold a place.

    `codes` sorted; `labels` in the same order (the code where there is no name);
    `area_of_place` int32, n_places, position in `codes`, -1 for none; `geometry` in the
    order of `codes` and the CRS of its file, or None.
    """

    name: str
    codes: list[str]
    labels: list[str]
    area_of_place: np.ndarray
    geometry: gpd.GeoSeries | None = None

    def to_column(self) -> pd.Series:
        """The code of every place as text, missing for none."""
        codes = pa.array([*self.codes], pa.string())
        indices = pa.array(self.area_of_place, mask=self.area_of_place < 0)
        return codes.take(indices).to_pandas().astype("str")


def place_columns(configs: Mapping[str, ZoningConfig]) -> list[str]:
    """The columns of the places file that zonings read."""
    return [c.column for c in configs.values() if c.column is not None and c.of is None]


def read_zonings(
    configs: Mapping[str, ZoningConfig], places: Places, findings: Findings
) -> dict[str, Zoning]:
    """All zonings in the order of the file.

    Areas without a place are left out with a finding `area_without_place`; places in no
    area have the finding `place_without_area`. InputError when no place is in any area,
    when a key stands twice, and as `read_table` says.
    """
    found: dict[str, Zoning] = {}
    waiting = dict(configs)
    while waiting:
        for name, config in list(waiting.items()):
            if config.of is not None and config.of not in found:
                continue
            found[name] = _read_zoning(name, configs, (places, found), findings)
            del waiting[name]
    return {name: found[name] for name in configs}


def _read_zoning(
    name: str,
    configs: Mapping[str, ZoningConfig],
    known: tuple[Places, Mapping[str, Zoning]],
    findings: Findings,
) -> Zoning:
    places, found = known
    config = configs[name]
    if config.of is not None:
        zoning = _read_parents(name, config, (configs[config.of], found[config.of]), findings)
    elif config.column is not None:
        codes, area_of_place = encode(places.table.texts(config.column))
        zoning = Zoning(name, codes, list(codes), area_of_place)
        if config.file is not None:
            zoning = _add_names(zoning, config, findings)
    else:
        zoning = _read_polygons(name, config, places, findings)
    none = np.flatnonzero(zoning.area_of_place < 0)
    if len(none) == places.n_places:
        raise InputError(f"zonings.{name}: no place has an area, expected at least one")
    examples = (f"{name}: place {places.keys[int(i)]}" for i in none)
    findings.add_all("place_without_area", examples, len(none))
    return zoning


def _read_names(config: ZoningConfig, findings: Findings, geometry: bool) -> Table:
    assert config.key is not None, "the schema asks for a key beside a file"
    columns = [*config.key, *([config.name] if config.name else [])]
    return read_table(
        config, list(dict.fromkeys(columns)), findings, "required" if geometry else "wanted"
    )


def _find_labels(config: ZoningConfig, table: Table) -> dict[str, str]:
    """The first name of every code."""
    assert config.key is not None
    if config.name is None:
        return {}
    return find_first(to_series(table.key(config.key)), table.series(config.name))


def _to_areas(config: ZoningConfig, table: Table, findings: Findings) -> Areas:
    """One valid polygon per code of a layer, codes sorted."""
    assert config.key is not None and table.geometry is not None
    kinds = shapely.get_type_id(table.geometry)
    empty = (kinds < 0) | shapely.is_empty(table.geometry)
    wrong = ~empty & ~np.isin(kinds, POLYGONAL)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise InputError(
            f"{table.find_place(first)}: geometry is {table.geometry[first].geom_type}, "
            f"expected a polygon"
        )
    rows = np.flatnonzero(empty)
    examples = (f"{table.find_place(int(row))}: has no outline" for row in rows)
    findings.add_all("area_without_outline", examples, len(rows))
    codes = to_series(table.key(config.key)).to_numpy(dtype=object)[~empty]
    polygons = repair_polygons(table.geometry[~empty], findings, table.name)
    joined_codes, joined = join_parts(codes, polygons)
    n_parts = len(codes) - len(joined_codes)
    if n_parts:
        findings.add("area_in_parts", f"{table.name}: areas stand in several rows", n_parts)
    return Areas(table.name, joined_codes, joined, table.crs)


def _add_names(zoning: Zoning, config: ZoningConfig, findings: Findings) -> Zoning:
    """Names and outlines from a file for codes that places already have."""
    assert config.key is not None
    table = _read_names(config, findings, geometry=False)
    in_file = set(to_series(table.key(config.key)))
    unknown = [code for code in zoning.codes if code not in in_file]
    if len(unknown) == len(zoning.codes):
        raise InputError(
            f"{table.name}: {'_'.join(config.key)} has none of the codes of zoning "
            f"{zoning.name!r} such as {zoning.codes[0]!r}, expected the same codes"
        )
    examples = (f"{table.name}: has no {code}, which places have" for code in unknown)
    findings.add_all("area_not_in_file", examples, len(unknown))
    labels = _find_labels(config, table)
    geometry = None
    if table.geometry is not None:
        areas = _to_areas(config, table, findings)
        outline = dict(zip(areas.codes, areas.polygons, strict=True))
        shapes = np.array([outline.get(code) for code in zoning.codes], dtype=object)
        geometry = gpd.GeoSeries(shapes, crs=table.crs)
    return replace(zoning, labels=[labels.get(c, c) for c in zoning.codes], geometry=geometry)


def _read_polygons(name: str, config: ZoningConfig, places: Places, findings: Findings) -> Zoning:
    """The area of every place by the polygon that holds its point."""
    table = _read_names(config, findings, geometry=True)
    areas = _keep_near(_to_areas(config, table, findings), config, places)
    check_coverage(areas, findings)
    lon, lat = places.points.lon, places.points.lat
    area = find_area_of_points(areas, lon, lat, findings)
    outside = np.flatnonzero((area < 0) & np.isfinite(lon))
    if config.nearest_within_m > 0 and len(outside):
        nearest = find_nearest_areas(areas, lon[outside], lat[outside], config.nearest_within_m)
        area[outside] = nearest
        moved = outside[nearest >= 0]
        examples = (f"{name}: place {places.keys[int(i)]} to {areas.codes[area[i]]}" for i in moved)
        findings.add_all("place_to_nearest_area", examples, len(moved))
    if (area < 0).all():
        swapped = find_area_of_points(areas, lat, lon, Findings())
        hint = ": are their lon and lat swapped?" if (swapped >= 0).any() else ""
        raise InputError(
            f"{table.name}: none of the {places.n_places} places lies in an area of zoning "
            f"{name!r}{hint or ', expected at least one'}"
        )
    zoning = Zoning(name, list(areas.codes), list(areas.codes), area)
    labels = _find_labels(config, table)
    zoning.labels = [labels.get(code, code) for code in zoning.codes]
    zoning.geometry = gpd.GeoSeries(areas.polygons, crs=areas.crs)
    return _keep_used(zoning, findings)


def _keep_near(areas: Areas, config: ZoningConfig, places: Places) -> Areas:
    """The areas whose box meets the box of the places, in the CRS of the areas."""
    x, y = transform_points(places.points.lon, places.points.lat, (WGS84, areas.crs))
    if not np.isfinite(x).any():
        return areas
    margin = to_crs_units(config.nearest_within_m, areas.crs)
    west, south, east, north = shapely.bounds(areas.polygons).T
    near = (west <= np.nanmax(x) + margin) & (east >= np.nanmin(x) - margin)
    near &= (south <= np.nanmax(y) + margin) & (north >= np.nanmin(y) - margin)
    if not near.any():
        return areas
    return replace(areas, codes=areas.codes[near], polygons=areas.polygons[near])


def _keep_used(zoning: Zoning, findings: Findings) -> Zoning:
    """The zoning without the areas that hold no place."""
    used = np.zeros(len(zoning.codes), dtype=bool)
    used[zoning.area_of_place[zoning.area_of_place >= 0]] = True
    unused = np.flatnonzero(~used)
    examples = (f"{zoning.name}: {zoning.codes[i]} {zoning.labels[i]}" for i in unused)
    findings.add_all("area_without_place", examples, len(unused))
    if not len(unused):
        return zoning
    renumbered = np.append(np.cumsum(used) - 1, -1).astype(np.int32)
    kept = np.flatnonzero(used)
    geometry = zoning.geometry
    return Zoning(
        zoning.name,
        [zoning.codes[i] for i in kept],
        [zoning.labels[i] for i in kept],
        renumbered[zoning.area_of_place],
        None if geometry is None else gpd.GeoSeries(geometry.to_numpy()[kept], crs=geometry.crs),
    )


def _read_parents(
    name: str,
    config: ZoningConfig,
    parent_of: tuple[ZoningConfig, Zoning],
    findings: Findings,
) -> Zoning:
    """The areas of a zoning whose codes stand in the file of the zoning below it."""
    child_config, child = parent_of
    source = config if config.file is not None else child_config
    assert source.key is not None and config.column is not None
    columns = [*source.key, config.column, *([config.name] if config.name else [])]
    table = read_table(source, list(dict.fromkeys(columns)), findings)
    keys = table.key(source.key)
    if config.file is not None:
        check_unique(table, "_".join(source.key), keys)
    codes, code_of_row = encode(table.texts(config.column))
    # Several rows of one area (parts of it) say the same; the first counts.
    code_of_key = dict(zip(reversed(keys.to_pylist()), reversed(code_of_row.tolist()), strict=True))
    area_of_child = np.array([code_of_key.get(code, -1) for code in child.codes], dtype=np.int32)
    orphans = np.flatnonzero(area_of_child < 0)
    examples = (f"{table.name}: {child.codes[i]} has no {config.column}" for i in orphans)
    findings.add_all("area_without_parent", examples, len(orphans))
    labels = _find_parent_labels(config, table, codes)
    area_of_place = np.append(area_of_child, np.int32(-1))[child.area_of_place]
    zoning = Zoning(name, codes, labels, area_of_place)
    used = _keep_used(zoning, Findings())  # the file may well hold the whole country
    used.geometry = _unite_children(child, used)
    return used


def _find_parent_labels(config: ZoningConfig, table: Table, codes: list[str]) -> list[str]:
    if config.name is None:
        return list(codes)
    assert config.column is not None
    labels = find_first(table.series(config.column), table.series(config.name))
    return [labels.get(code, code) for code in codes]


def _unite_children(child: Zoning, parent: Zoning) -> gpd.GeoSeries | None:
    """The outlines of the parents as the union of their children's, None without these."""
    if child.geometry is None:
        return None
    has_place = (child.area_of_place >= 0) & (parent.area_of_place >= 0)
    parent_of_child = np.full(len(child.codes), -1)
    parent_of_child[child.area_of_place[has_place]] = parent.area_of_place[has_place]
    shapes = child.geometry.to_numpy()
    united = [unite(shapes[parent_of_child == i]) for i in range(len(parent.codes))]
    return gpd.GeoSeries(np.array(united, dtype=object), crs=child.geometry.crs)
