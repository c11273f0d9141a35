"""Everything that a territory file names, read and checked, except the road networks.

`read_inputs(path)` gives `TerritoryInputs`: frames and arrays by position, places,
groups, services and counters each in the order of their files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from maillage.config import read_config
from maillage.config_models import TerritoryConfig
from maillage.findings import Findings
from maillage.geo import connectivity, population, zonings
from maillage.geo.abilities import find_groups, read_ability_table
from maillage.geo.area_rows import find_zoning
from maillage.geo.counters import find_services, read_counters
from maillage.geo.places import Places, read_places
from maillage.geo.small_area import read_abilities
from maillage.geo.zonings import Zoning
from maillage.parameter_book import ParameterBook, read_book
from maillage.parameter_defaults import fill_defaults, find_walk_speeds, report_unused

__all__ = ["TerritoryInputs", "Zoning", "read_inputs"]


@dataclass
class TerritoryInputs:
    """What the files of a territory hold.

    config        what the file says, what it leaves out filled in from the book
    book          parameters of the package, those of the territory's own table in their place
    places        place (unique text), name, lon, lat (WGS84), a column per zoning (code or
                  missing); geometry in its own CRS when the file has some; n_places rows
    zonings       by name, in the order of the file
    groups        group, p_b, p_c, n, year, source, walk_speed_kmh,
                max_walk_min (NaN: that of the timetables); n_groups rows
    persons       float64, n_places x n_groups, >= 0; 0 where not known
    is_unknown    bool, n_places x n_groups: persons are secret and no value stands for them
    car_share     float64, n_places x n_groups, 0..1
    abilities     p_b, p_c, n_places x n_groups each; None: those of the groups everywhere
    connectivity  wired_8, wired_30, wired_100, wired_1000, mobile_4g; NaN unknown
    counters      key (unique text), name, kind, operator, lon, lat, opening_hours (canonical
                  OSM text or missing), weekly_hours, agents, yearly_cost (NaN unknown)
    counter_levels  uint8, n_counters x n_services, 0 not offered

    Coordinates are NaN only where the file's section keeps rows without them.
    """

    path: Path
    config: TerritoryConfig
    book: ParameterBook
    places: pd.DataFrame
    zonings: dict[str, Zoning]
    groups: pd.DataFrame
    persons: np.ndarray
    is_unknown: np.ndarray
    car_share: np.ndarray
    abilities: tuple[np.ndarray, np.ndarray] | None
    connectivity: pd.DataFrame
    counters: pd.DataFrame
    counter_levels: np.ndarray
    services: list[str]
    findings: Findings


def read_inputs(path: str | Path) -> TerritoryInputs:
    """Reads a territory file and all tables and layers that it names.

    Raises InputError for what cannot be used and IoError for what cannot be opened; what
    is doubtful but usable is in `findings`.
    """
    path = Path(path)
    findings = Findings()
    config, book = _read_config(path, findings)
    more_columns = [
        *zonings.place_columns(config.zonings),
        *population.place_columns(config.population, config.groups),
        *connectivity.place_columns(config.connectivity),
    ]
    places = read_places(config.places, more_columns, findings)
    table = read_ability_table(config.parameters.abilities, findings, book)
    groups = find_groups(config.groups, table, find_walk_speeds(config, book))
    found_zonings = zonings.read_zonings(config.zonings, places, findings)
    persons, car_share = population.read_persons(
        config.population,
        config.groups,
        places,
        findings,
        find_zoning(config.population.zoning, found_zonings),
    )
    is_unknown = np.isnan(persons)
    abilities = read_abilities(
        config.small_area,
        groups,
        np.nan_to_num(persons),
        (places, found_zonings),
        findings,
        book,
    )
    shares = connectivity.read_connectivity(config.connectivity, places, found_zonings, findings)
    counters = read_counters(config.counters, config.services, places.box, findings)
    inputs = TerritoryInputs(
        path=path,
        config=config,
        book=book,
        places=_to_frame(places, found_zonings),
        zonings=found_zonings,
        groups=groups,
        persons=np.where(is_unknown, 0.0, persons),
        is_unknown=is_unknown,
        car_share=car_share,
        abilities=abilities,
        connectivity=shares,
        counters=counters.frame,
        counter_levels=counters.levels,
        services=counters.services,
        findings=findings,
    )
    if not config.special:
        return inputs
    from maillage.geo.special import add_special  # which reads inputs itself

    return add_special(inputs, config.special)


def _read_config(path: Path, findings: Findings) -> tuple[TerritoryConfig, ParameterBook]:
    """The file with its defaults filled in, and the parameters they came from."""
    config = read_config(path)
    services = find_services(config.counters, config.services)
    book = read_book(config.parameters.file, services)
    report_unused(config, book, services, findings)
    return fill_defaults(config, book), book


def _to_frame(places: Places, found: dict[str, Zoning]) -> pd.DataFrame:
    """The frame of the places with a column per zoning, and geometry where there is some."""
    frame = places.frame.assign(**{name: zoning.to_column() for name, zoning in found.items()})
    if places.points.geometry is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=places.points.geometry, crs=places.points.crs)
