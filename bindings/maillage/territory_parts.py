"""The parts of a territory, by index: what Python keeps beside the engine's own copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from maillage import _core
from maillage.findings import Findings
from maillage.geo.areas import Areas, find_area_of_points
from maillage.geo.inputs import Zoning
from maillage.networks import NetworkUse
from maillage.parameter_book import ParameterBook, find_book


@dataclass(frozen=True)
class TerritoryParts:
    """What a territory is made of; scenarios replace parts and share the rest."""

    name: str
    places: pd.DataFrame
    zonings: Mapping[str, Zoning]
    groups: pd.DataFrame
    walk_class: np.ndarray  # n_groups: which walking speed
    walk_speeds_kmh: Sequence[float]
    persons: np.ndarray  # n_places x n_groups; 0 where not known
    is_unknown: np.ndarray  # n_places x n_groups: persons are secret
    car_share: np.ndarray  # n_places x n_groups
    connectivity: pd.DataFrame
    adequate: np.ndarray  # n_places; NaN = not known
    adequate_column: str
    networks_given: Sequence[str]  # columns of `connectivity` of which the files speak at all
    counters: pd.DataFrame
    levels: np.ndarray  # n_counters x n_services
    services: Sequence[str]
    kinds: Mapping[str, Mapping[str, int]]
    networks: Sequence[NetworkUse]
    parameters: Mapping[str, Any]
    findings: Findings
    zero_zoning: Zoning | None = None  # counters in a place's own area are 0 minutes away
    history: tuple[str, ...] = ()  # names of the scenarios applied
    abilities: tuple[np.ndarray, np.ndarray] | None = None  # p_b, p_c: n_places x n_groups each

    @cached_property
    def book(self) -> ParameterBook:
        """The parameters of the package, those of the territory's own file in their place."""
        return find_book(self.parameters.get("book", {}))

    @property
    def p_b(self) -> np.ndarray:
        """Share who need help online, before connectivity: n_places x n_groups."""
        return self.abilities[0] if self.abilities is not None else self._spread("p_b")

    @property
    def p_c(self) -> np.ndarray:
        """Share who cannot go online, before connectivity: n_places x n_groups."""
        return self.abilities[1] if self.abilities is not None else self._spread("p_c")

    def _spread(self, column: str) -> np.ndarray:
        values = self.groups[column].to_numpy(dtype=float)
        return np.broadcast_to(values, self.persons.shape)

    @cached_property
    def counter_rows(self) -> dict[str, int]:
        """The row of every counter by its key."""
        return {key: row for row, key in enumerate(self.counters["key"])}


def find_adequate(connectivity: pd.DataFrame, column: str, given: Sequence[str]) -> np.ndarray:
    """Share of each place with an adequate wired line or good 4G; NaN = not known.

    `given` are the columns of which the files speak. One that they leave out altogether is
    left aside; one that they give and that is not known at a place could be anything there.
    """
    shares = [connectivity[name].to_numpy(dtype=float) for name in (column, "mobile_4g")]
    neither = np.isnan(shares).all(axis=0)
    wired, mobile = (
        share if name in given else np.nan_to_num(share)
        for name, share in zip((column, "mobile_4g"), shares, strict=True)
    )
    return np.where(neither, np.nan, _core.adequate_share(wired, mobile))


def find_counter_areas(zoning: Zoning, lon: Any, lat: Any) -> np.ndarray:
    """Position of the area that holds each point, -1 for none."""
    assert zoning.geometry is not None and zoning.geometry.crs is not None
    areas = Areas(
        zoning.name,
        np.array(zoning.codes, dtype=object),
        np.asarray(zoning.geometry.array),
        zoning.geometry.crs,
    )
    x, y = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (lon, lat))
    return find_area_of_points(areas, x, y, Findings())


def to_place_frame(parts: TerritoryParts, frame: pd.DataFrame) -> pd.DataFrame:
    """A table by place with its geometry, when the places have one."""
    if not isinstance(parts.places, gpd.GeoDataFrame):
        return frame
    return gpd.GeoDataFrame(frame, geometry=parts.places.geometry.to_numpy(), crs=parts.places.crs)
