"""Special populations: groups of their own, with places and abilities of their own.

Each of their places is one more place of the territory, where only that group lives. It takes its
areas and its connectivity from the nearest of the other places. Persons who are counted in a group
of the places already (`taken_from`) are taken out of it there, as far as there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from maillage.config_special import SpecialConfig
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.coordinates import (
    WGS84,
    coordinate_columns,
    geometry_use,
    read_points,
    to_unit_vectors,
    transform_points,
)
from maillage.geo.inputs import TerritoryInputs
from maillage.geo.keys import check_unique, to_series
from maillage.geo.tables import NumberRule, read_table


@dataclass(frozen=True)
class _Points:
    """The places of one special population."""

    keys: pd.Series
    names: pd.Series
    lon: np.ndarray
    lat: np.ndarray
    persons: np.ndarray


def add_special(inputs: TerritoryInputs, sections: Mapping[str, SpecialConfig]) -> TerritoryInputs:
    """The inputs with every special population as one more group, after the others."""
    for name, section in sections.items():
        groups = list(inputs.groups["group"])
        if name in groups:
            raise InputError(f"special.{name}: {name!r} is a group already, expected a new name")
        if section.taken_from is not None and section.taken_from not in groups:
            hint = to_hint(section.taken_from, groups)
            raise InputError(f"special.{name}.taken_from is {section.taken_from!r}, no group{hint}")
        points = _read(section, inputs.findings)
        inputs = _add(inputs, name, section, points)
    return inputs


def _read(section: SpecialConfig, findings: Findings) -> _Points:
    names = [section.name] if section.name else []
    columns = [*section.key, *coordinate_columns(section), section.persons, *names]
    table = read_table(section, list(dict.fromkeys(columns)), findings, geometry_use(section))
    keys = table.key(section.key)
    check_unique(table, "_".join(section.key), keys)
    points = read_points(table, section, findings)
    persons = table.numbers(section.persons, NumberRule(0)).amounts
    return _Points(to_series(keys), table.series(section.name), points.lon, points.lat, persons)


def _add(
    inputs: TerritoryInputs, name: str, section: SpecialConfig, points: _Points
) -> TerritoryInputs:
    known = inputs.places["place"]
    again = points.keys[points.keys.isin(known)]
    if len(again):
        raise InputError(
            f"special.{name}: key {again.iloc[0]!r} is a place already, expected keys of their own"
        )
    nearest = find_nearest_rows(inputs.places, points.lon, points.lat)
    persons, taken = _take(inputs, section, points.persons, nearest)
    _report(inputs.findings, name, section, points.persons.sum() - taken)
    n_new, n_groups = len(points.keys), len(inputs.groups)
    n_old = len(inputs.places)

    def grow(table: np.ndarray, column: float, row: float) -> np.ndarray:
        out = np.full((n_old + n_new, n_groups + 1), row, dtype=table.dtype)
        out[:n_old, :n_groups] = table
        out[:n_old, n_groups] = column
        return out

    persons = grow(persons, 0.0, 0.0)
    persons[n_old:, n_groups] = points.persons
    car_share = grow(inputs.car_share, section.car_share, section.car_share)
    unknown = grow(inputs.is_unknown, False, False)
    abilities = inputs.abilities
    if abilities is not None:
        own = ((abilities[0], section.p_b), (abilities[1], section.p_c))
        first, second = (grow(table, share, share) for table, share in own)
        for table, column in ((first, "p_b"), (second, "p_c")):
            table[n_old:, :n_groups] = inputs.groups[column].to_numpy()
        abilities = (first, second)
    zonings = {}
    for key, zoning in inputs.zonings.items():
        area = zoning.area_of_place
        zonings[key] = replace(zoning, area_of_place=np.r_[area, area[nearest]])
    connectivity = pd.concat(
        [inputs.connectivity, inputs.connectivity.iloc[nearest]], ignore_index=True
    )
    return replace(
        inputs,
        places=_join_places(inputs.places, points, nearest),
        zonings=zonings,
        groups=_join_groups(inputs.groups, name, section),
        persons=persons,
        is_unknown=unknown,
        car_share=car_share,
        abilities=abilities,
        connectivity=connectivity,
    )


def find_nearest_rows(places: pd.DataFrame, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """The row of the nearest place (great circle) for each point."""
    from scipy.spatial import KDTree

    at = places[["lon", "lat"]].to_numpy(dtype=float)
    known = np.flatnonzero(np.isfinite(at).all(axis=1))
    wanted = np.nan_to_num(to_unit_vectors(lon, lat))
    return known[KDTree(to_unit_vectors(at[known, 0], at[known, 1])).query(wanted)[1]]


def _take(
    inputs: TerritoryInputs, section: SpecialConfig, wanted: np.ndarray, nearest: np.ndarray
) -> tuple[np.ndarray, float]:
    """Persons of the places without those that the special population counts; how many went."""
    if section.taken_from is None:
        return inputs.persons, 0.0
    group = list(inputs.groups["group"]).index(section.taken_from)
    persons = inputs.persons.copy()
    asked = np.bincount(nearest, wanted, minlength=len(persons))
    taken = np.minimum(asked, persons[:, group])
    persons[:, group] -= taken
    return persons, float(taken.sum())


def _report(findings: Findings, name: str, section: SpecialConfig, added: float) -> None:
    if section.taken_from is None:
        words = f"{name}: {added:,.0f} persons are added to those of the places"
        findings.add("special_population_added", words)
    elif added > 1e-6:
        words = f"{name}: {added:,.0f} persons more than {section.taken_from!r} has there"
        findings.add("special_population_added", words)


def _join_groups(groups: pd.DataFrame, name: str, section: SpecialConfig) -> pd.DataFrame:
    row = pd.DataFrame(
        {
            "group": pd.Series([name], dtype="str"),
            "p_b": [section.p_b],
            "p_c": [section.p_c],
            "n": pd.Series([section.n], dtype="float64"),
            "year": pd.Series([section.year], dtype="Int64"),
            "source": pd.Series([section.source or "territory file"], dtype="str"),
            "walk_speed_kmh": [section.walk_speed_kmh],
            "max_walk_min": pd.Series([section.max_walk_min], dtype="float64"),
        }
    )
    return pd.concat([groups, row[groups.columns]], ignore_index=True)


def _join_places(places: pd.DataFrame, points: _Points, nearest: np.ndarray) -> pd.DataFrame:
    rows = places.iloc[nearest].reset_index(drop=True)
    rows = rows.assign(
        place=points.keys.to_numpy(), name=points.names.to_numpy(), lon=points.lon, lat=points.lat
    )
    if isinstance(places, gpd.GeoDataFrame) and places.crs is not None:
        x, y = transform_points(points.lon, points.lat, (WGS84, CRS(places.crs)))
        at = np.asarray(shapely.points(x, y))
        plain = rows.drop(columns=places.geometry.name)
        rows = gpd.GeoDataFrame(plain, geometry=at, crs=places.crs)
        rows = rows.rename_geometry(places.geometry.name)
    joined = pd.concat([places, rows[places.columns]], ignore_index=True)
    return joined.astype({"place": "str", "name": "str"})
