"""Counters: desks where a human serves people. One row a counter, a unique key, a point,
and for every service the level that it offers.

`read_counters` reads all sections `[[counters]]` and puts them one below the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maillage.config_models import CountersConfig, DayColumns, ServiceConfig
from maillage.errors import InputError, find_near_names, to_hint
from maillage.findings import Findings
from maillage.geo.areas import transform_geometry
from maillage.geo.coordinates import (
    EARTH_RADIUS_M,
    WGS84,
    Box,
    Points,
    check_swapped,
    coordinate_columns,
    find_far_points,
    geometry_use,
    read_points,
)
from maillage.geo.hours_columns import read_hours
from maillage.geo.keys import check_unique, encode, to_series
from maillage.geo.tables import NumberRule, Table, read_table

NEAR_DUPLICATE_M = 50.0
MAX_LEVEL = 9


@dataclass(frozen=True)
class Counters:
    """All counters in the order of their files, n_counters each.

    `frame`: key, name, kind, operator, lon, lat, opening_hours (canonical OSM text or
    missing), weekly_hours, agents, yearly_cost (NaN unknown); geometry when a file has
    some. `levels`: uint8, n_counters x n_services, 0 where not offered.
    """

    frame: pd.DataFrame
    levels: np.ndarray
    services: list[str]


@dataclass(frozen=True)
class _Source:
    """One section as read."""

    table: Table
    frame: pd.DataFrame
    levels: np.ndarray
    points: Points


def find_services(
    configs: Sequence[CountersConfig], services: Mapping[str, ServiceConfig]
) -> list[str]:
    """The services in the order of `[services]`, or of their first mention."""
    if services:
        return list(services)
    mentioned: dict[str, None] = {}
    for config in configs:
        for levels in config.kinds.values():
            mentioned.update(dict.fromkeys(levels))
        mentioned.update(dict.fromkeys(config.services))
    return list(mentioned)


def read_counters(
    configs: Sequence[CountersConfig],
    services: Mapping[str, ServiceConfig],
    box: Box,
    findings: Findings,
) -> Counters:
    """The counters of all sections; `box` is the box of the places.

    InputErrors name file and row: keys that are empty or stand twice (both rows), levels
    that are no whole number in 0..9, missing or impossible coordinates, longitude and
    latitude swapped, no counter that offers anything. Findings: kinds without a service,
    counters far from all places, two of a kind within 50 m, hours that cannot be read.
    """
    names = find_services(configs, services)
    sources = [_read_source(config, names, box, findings) for config in configs]
    _check_keys(sources)
    frame = pd.concat([source.frame for source in sources], ignore_index=True)
    levels = np.concatenate([source.levels for source in sources])
    if not levels.any():
        raise InputError(f"{sources[0].table.name}: no counter offers any service, expected some")
    for position, name in enumerate(names):
        if not levels[:, position].any():
            findings.add("service_without_counter", f"no counter offers {name}")
    _find_near_duplicates(frame, findings)
    return Counters(_add_geometry(frame, sources), levels, names)


def _read_source(
    config: CountersConfig, services: Sequence[str], box: Box, findings: Findings
) -> _Source:
    named = [config.name, config.kind, config.operator, config.agents, config.yearly_cost]
    columns = [*config.key, *coordinate_columns(config), *(c for c in named if c is not None)]
    columns += [column for column in config.services.values() if isinstance(column, str)]
    if isinstance(config.opening_hours, DayColumns):
        columns += [column for column in config.opening_hours.by_day() if column is not None]
    elif config.opening_hours is not None:
        columns.append(config.opening_hours)
    table = read_table(config, list(dict.fromkeys(columns)), findings, geometry_use(config))
    keys = table.key(config.key)
    check_unique(table, "_".join(config.key), keys)
    points = read_points(table, config, findings)
    check_swapped(table, points, box)
    find_far_points(table, points, box, findings)
    hours, weekly_hours = read_hours(table, config.opening_hours, findings)
    frame = pd.DataFrame(
        {
            "key": to_series(keys),
            "name": table.series(config.name),
            "kind": _read_label(table, config.kind, config.kind_name),
            "operator": _read_label(table, config.operator, config.operator_name),
            "lon": points.lon,
            "lat": points.lat,
            "opening_hours": hours,
            "weekly_hours": weekly_hours,
            "agents": _read_amount(table, config.agents),
            "yearly_cost": _read_amount(table, config.yearly_cost),
        }
    )
    return _Source(table, frame, _read_levels(config, table, services, findings), points)


def _read_label(table: Table, column: str | None, value: str | None) -> pd.Series:
    if value is not None:
        return pd.Series([value] * table.n_rows, dtype="str")
    return table.series(column)


def _read_amount(table: Table, column: str | None) -> np.ndarray:
    if column is None:
        return np.full(table.n_rows, np.nan)
    return table.numbers(column, NumberRule(low=0, absent="nan", secret="nan")).amounts


def _read_levels(
    config: CountersConfig, table: Table, services: Sequence[str], findings: Findings
) -> np.ndarray:
    """Levels by kind, then by the section's own columns, which win where they say something."""
    levels = np.zeros((table.n_rows, len(services)), dtype=np.uint8)
    if config.kinds:
        levels += _read_kind_levels(config, table, services, findings)
    for service, source in config.services.items():
        position = services.index(service)
        if isinstance(source, int):
            levels[:, position] = source
            continue
        rule = NumberRule(0, MAX_LEVEL, whole=True, absent="nan")
        numbers = table.numbers(source, rule)
        known = ~np.isnan(numbers.amounts)
        levels[known, position] = numbers.amounts[known].astype(np.uint8)
    return levels


def _read_kind_levels(
    config: CountersConfig, table: Table, services: Sequence[str], findings: Findings
) -> np.ndarray:
    if config.kind is None:
        kinds, kind_of_row = [config.kind_name or ""], np.zeros(table.n_rows, dtype=np.int32)
    else:
        kinds, kind_of_row = encode(table.texts(config.kind))
    of_kind = np.zeros((len(kinds) + 1, len(services)), dtype=np.uint8)
    for position, kind in enumerate(kinds):
        for service, level in config.kinds.get(kind, {}).items():
            of_kind[position, services.index(service)] = level
    unmapped = [kind for kind in kinds if kind not in config.kinds]
    if len(unmapped) == len(kinds):
        hint = to_hint(unmapped[0] if unmapped else "", config.kinds)
        raise InputError(
            f"{table.name}: {config.kind} has none of the kinds of the section, but "
            f"{', '.join(repr(kind) for kind in unmapped[:5]) or 'only empty cells'}{hint}"
        )
    _report_kinds(table, (config, kinds, kind_of_row), findings)
    return of_kind[kind_of_row]


def _report_kinds(
    table: Table, read: tuple[CountersConfig, Sequence[str], np.ndarray], findings: Findings
) -> None:
    """Findings about kinds of the file without services and kinds of the section unseen."""
    config, kinds, kind_of_row = read
    counts = np.bincount(kind_of_row[kind_of_row >= 0], minlength=len(kinds))
    for position, kind in enumerate(kinds):
        if kind not in config.kinds:
            near = find_near_names(kind, config.kinds)
            hint = f", near {near[0]!r}" if near else ""
            example = f"{table.name}: {counts[position]} of kind {kind!r}{hint}"
            findings.add("kind_without_service", example, int(counts[position]))
    rows = np.flatnonzero(kind_of_row < 0)
    examples = (f"{table.find_place(int(row))}: has no kind" for row in rows)
    findings.add_all("counter_without_kind", examples, len(rows))
    for kind in config.kinds:
        if kind not in kinds:
            hint = to_hint(kind, [k for k in kinds if k not in config.kinds] or kinds)
            findings.add("kind_unused", f"{table.name}: no row of kind {kind!r}{hint}")


def _check_keys(sources: Sequence[_Source]) -> None:
    """Raise InputError naming both rows when two sections have the same key."""
    for position, source in enumerate(sources):
        for other in sources[:position]:
            known = pd.Index(other.frame["key"])
            first_of_row = known.get_indexer(pd.Index(source.frame["key"]))
            both = np.flatnonzero(first_of_row >= 0)
            if len(both):
                row = int(both[0])
                raise InputError(
                    f"{source.table.find_place(row)}: key is {source.frame['key'].iloc[row]!r}, "
                    f"which {other.table.find_place(int(first_of_row[row]))} has too, expected "
                    f"every key once over all counters"
                )


def _find_near_duplicates(frame: pd.DataFrame, findings: Findings) -> None:
    """A finding `near_duplicate` for every pair of one kind within 50 m."""
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    known = np.flatnonzero(np.isfinite(lon))
    if len(known) < 2:
        return
    points = np.asarray(shapely.points(lon[known], lat[known]))
    reach = np.degrees(NEAR_DUPLICATE_M / EARTH_RADIUS_M)
    wide = reach / np.maximum(np.cos(np.radians(lat[known])), 0.01)
    boxes = shapely.box(
        lon[known] - wide, lat[known] - reach, lon[known] + wide, lat[known] + reach
    )
    left, right = shapely.STRtree(points).query(boxes)
    keep = left < right
    left, right = left[keep], right[keep]
    kinds = frame["kind"].fillna("").to_numpy()[known]
    # On the plane at their mean latitude: exact to a millimetre at this distance.
    lon, lat = np.radians(lon[known]), np.radians(lat[known])
    east = (lon[left] - lon[right]) * np.cos((lat[left] + lat[right]) / 2)
    distance_m = np.hypot(east, lat[left] - lat[right]) * EARTH_RADIUS_M
    near = np.flatnonzero((distance_m <= NEAR_DUPLICATE_M) & (kinds[left] == kinds[right]))
    keys = frame["key"].to_numpy()[known]
    examples = (
        f"{keys[left[i]]} and {keys[right[i]]} ({kinds[left[i]] or 'no kind'}) stand "
        f"{distance_m[i]:.0f} m apart"
        for i in near
    )
    findings.add_all("near_duplicate", examples, len(near))


def _add_geometry(frame: pd.DataFrame, sources: Sequence[_Source]) -> pd.DataFrame:
    """The frame with geometry in the CRS of the first source that has some.

    Rows of sources without geometry have their point; a row without coordinates has none.
    """
    crs = next((s.points.crs for s in sources if s.points.geometry is not None), None)
    if crs is None:
        return frame
    parts = []
    for source in sources:
        points = source.points
        if points.geometry is not None and points.crs is not None:
            parts.append(transform_geometry(points.geometry, (points.crs, crs)))
            continue
        shapes = np.full(len(points.lon), None, dtype=object)
        known = np.isfinite(points.lon)
        shapes[known] = shapely.points(points.lon[known], points.lat[known])
        parts.append(transform_geometry(shapes, (WGS84, crs)))
    return gpd.GeoDataFrame(frame, geometry=np.concatenate(parts), crs=crs)
