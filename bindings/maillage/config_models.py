"""The sections of `territory.toml` as typed models; `config` reads and checks the file.

`scenarios/TERRITORY.md` explains every key with an example. Paths are relative to the
folder of the file; columns are named as they stand in the header.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from maillage.config_ability import SmallAreaConfig
from maillage.config_crow import CrowConfig
from maillage.config_fit import Categories, FitConfig
from maillage.config_mobile import MobileConfig, PremisesConfig
from maillage.config_sections import (
    File,
    KeyColumns,
    Level,
    Name,
    NotNegative,
    PointSource,
    Positive,
    Section,
    Share,
    TableSource,
    one_to_table,
    to_list,
    to_problem,
    to_tables,
)
from maillage.config_special import SpecialConfig
from maillage.config_transit import TransitConfig

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
MODES = ("car", "walk", "bike")
CONNECTIVITY_SHARES = ("wired_8", "wired_30", "wired_100", "wired_1000", "mobile_4g")


class PlacesConfig(PointSource):
    """Where people live: one row a place."""

    key: KeyColumns
    name: Name | None = None
    grid_id: Name | None = None  # column of cell names that hold their coordinates
    imputed: Name | None = None  # column that is 1 where the figures of the cell are imputed

    @model_validator(mode="after")
    def _check_file(self) -> PlacesConfig:
        if self.file is None:
            raise to_problem("has no file, expected the table of the places")
        return self


class ZoningConfig(TableSource):
    """Areas that group places: by a column, by polygons or as parent of another zoning."""

    column: Name | None = None
    key: KeyColumns | None = None
    name: Name | None = None
    of: Name | None = None
    nearest_within_m: NotNegative = 0

    @model_validator(mode="after")
    def _check_kind(self) -> ZoningConfig:
        if self.column is None and self.file is None:
            raise to_problem("has neither column nor file, expected one")
        if self.of is not None and self.column is None:
            raise to_problem("has of, expected also the column that holds the parent")
        if self.file is not None and self.key is None:
            raise to_problem("has a file, expected also its key")
        return self


class AbilityValues(Section):
    """Shares of a group who need help (b) and who cannot (c), given by the user."""

    p_b: Share
    p_c: Share
    n: Positive | None = None
    year: int | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _check_sum(self) -> AbilityValues:
        if self.p_b + self.p_c > 1 + 1e-9:
            raise to_problem(f"p_b + p_c is {self.p_b + self.p_c:g}, expected at most 1")
        return self


class AbilityConfig(Section):
    """One of: groups of the ability table (weighted by n), with weights, or shares."""

    groups: Annotated[list[Name], Field(min_length=1)] | None = None
    weights: Annotated[dict[Name, NotNegative], Field(min_length=1)] | None = None
    shares: AbilityValues | None = None


def _to_ability(value: Any) -> Any:
    if isinstance(value, str | list):
        return {"groups": to_list(value)}
    if isinstance(value, Mapping):
        has_shares = bool({"p_b", "p_c", "n", "year", "source"} & set(value))
        return {"shares" if has_shares else "weights": dict(value)}
    if isinstance(value, AbilityConfig):
        return value
    raise to_problem("expected a group, a list of groups or a table of weights or values")


class GroupConfig(Section):
    """A population group. Without `ability` the group of the same name in the table."""

    persons: Name | None = None
    categories: Categories | None = None  # in place of persons, of `[population.fit]`
    ability: Annotated[AbilityConfig, BeforeValidator(_to_ability)] | None = None
    car_share: Share | None = None
    car_share_column: Name | None = None
    walk_speed_kmh: Annotated[float, Field(gt=0, le=15)] | None = None
    max_walk_min: NotNegative | None = None  # to and from stops; else that of [networks.transit]

    @model_validator(mode="after")
    def _check_car_share(self) -> GroupConfig:
        if self.car_share is not None and self.car_share_column is not None:
            raise to_problem("has car_share and car_share_column, expected one")
        return self


class PopulationConfig(TableSource):
    """Persons by place and group, a column per group (wide) or a row per group (long)."""

    key: KeyColumns | None = None
    place: KeyColumns | None = None
    layout: Literal["wide", "long"] = "wide"
    group: Name | None = None
    persons: Name | None = None
    missing: Literal["error", "zero"] = "error"  # places without a row, empty cells
    zoning: Name | None = None  # rows are areas of this zoning, spread over their places
    weight: Name | None = None  # ... by this column of the places; evenly without
    secret_persons: NotNegative | None = None  # what stands for a secret value; else NaN
    fit: FitConfig | None = None  # in place of a file

    @model_validator(mode="after")
    def _check_layout(self) -> PopulationConfig:
        if self.fit is not None:
            more = self.model_fields_set - {"fit", "zoning", "weight", "missing", "secret_persons"}
            if more:
                raise to_problem(f"has fit and {min(more)}, expected one source of persons")
        if self.layout == "long" and (self.group is None or self.persons is None):
            raise to_problem("layout is long, expected also the columns group and persons")
        if self.layout == "wide" and (self.group is not None or self.persons is not None):
            raise to_problem('has group or persons, expected layout = "long" with them')
        if self.file is not None and self.key is None and self.place is None:
            raise to_problem("has a file, expected also its key")
        if self.key is not None and self.place is not None:
            raise to_problem("has key and place, expected one")
        if (
            self.zoning is not None
            and self.fit is None
            and (self.file is None or self.layout == "long")
        ):
            raise to_problem("has a zoning, expected a wide file with a row an area")
        if self.weight is not None and self.zoning is None:
            raise to_problem("has a weight, expected the zoning whose areas it spreads")
        return self

    @property
    def place_columns(self) -> list[str] | None:
        """The columns that make up the key of the place."""
        return self.key or self.place


class ConnectivityConfig(TableSource):
    """Shares of premises with a wired line of a speed, of people under good 4G."""

    key: KeyColumns | None = None
    zoning: Name | None = None
    wired_8: Name | None = None
    wired_30: Name | None = None
    wired_100: Name | None = None
    wired_1000: Name | None = None
    mobile_4g: Name | None = None
    percent: bool = False
    premises: Name | None = None  # the wired columns are counts; divide by this column
    premises_table: PremisesConfig | None = None  # ... or by those of another table
    mobile: MobileConfig | None = None  # where no column mobile_4g is, or it is empty
    adequate_mbit: Literal[8, 30, 100, 1000] = 8

    @model_validator(mode="after")
    def _check_columns(self) -> ConnectivityConfig:
        if self.file is not None and self.key is None:
            raise to_problem("has a file, expected also its key")
        if self.zoning is not None and self.file is None:
            raise to_problem("has a zoning, expected also the file with one row an area")
        given = [self.percent, self.premises is not None, self.premises_table is not None]
        if sum(given) > 1:
            raise to_problem("has percent, premises or premises_table together, expected one")
        adequate = f"wired_{self.adequate_mbit}"
        has_mobile = self.mobile_4g is not None or self.mobile is not None
        if getattr(self, adequate) is None and not has_mobile:
            raise to_problem(
                f"has neither {adequate} nor mobile_4g, "
                f"expected a column for adequate_mbit = {self.adequate_mbit}"
            )
        return self

    def networks_given(self) -> list[str]:
        """The shares that the section gives in any way, by name."""
        mobile = ["mobile_4g"] if self.mobile is not None and self.mobile_4g is None else []
        return [*self.share_columns(), *mobile]

    def share_columns(self) -> dict[str, str]:
        """The columns that the file has, by the name of the share."""
        named = {share: getattr(self, share) for share in CONNECTIVITY_SHARES}
        return {share: column for share, column in named.items() if column is not None}


class PhoneConfig(Section):
    """The operator's phone line: share of calls that reach it, share it resolves."""

    reach: Share
    resolution: Share


class ServiceConfig(Section):
    """A task people come for."""

    label: str | None = None
    operator_phone: PhoneConfig | None = None


class DayColumns(Section):
    """Opening hours in a column a day, as the French lists publish them."""

    mo: Name | None = None
    tu: Name | None = None
    we: Name | None = None
    th: Name | None = None
    fr: Name | None = None
    sa: Name | None = None
    su: Name | None = None

    def by_day(self) -> list[str | None]:
        """The seven columns, Monday first; None where there is none."""
        return [getattr(self, day) for day in DAYS]


# With one form chosen by the type of the value, a mistake is reported once and not per form.
HoursColumns = Annotated[
    Annotated[Name, Tag("column")] | Annotated[DayColumns, Tag("days")],
    Discriminator(lambda v: "days" if isinstance(v, Mapping | DayColumns) else "column"),
]
LevelSource = Annotated[
    Annotated[Name, Tag("column")] | Annotated[Level, Tag("level")],
    Discriminator(lambda v: "column" if isinstance(v, str) else "level"),
]


class CountersConfig(PointSource):
    """Desks where a human serves people: one row a counter."""

    key: KeyColumns
    name: Name | None = None
    kind: Name | None = None
    kind_name: Name | None = None  # all rows are of this kind
    operator: Name | None = None
    operator_name: Name | None = None  # all rows have this operator
    opening_hours: HoursColumns | None = None
    agents: Name | None = None
    yearly_cost: Name | None = None
    services: dict[Name, LevelSource] = {}  # a column of levels, or one level for all rows
    kinds: dict[Name, dict[Name, Level]] = {}

    @model_validator(mode="after")
    def _check_columns(self) -> CountersConfig:
        if self.file is None:
            raise to_problem("has no file, expected the table of the counters")
        if self.kind and self.kind_name:
            raise to_problem("has kind and kind_name, expected one")
        if self.operator and self.operator_name:
            raise to_problem("has operator and operator_name, expected one")
        if self.kinds and not (self.kind or self.kind_name):
            raise to_problem("has kinds, expected also the column kind")
        if not self.kinds and not self.services:
            raise to_problem("has neither kinds nor services, expected who offers what")
        return self


class RoadColumns(Section):
    """Names of the columns of node and edge tables.

    Left out, the standard names below are looked for; a time beats length and speed.
    """

    model_config = ConfigDict(populate_by_name=True)

    id: Name = "id"
    lon: Name = "lon"
    lat: Name = "lat"
    x: Name | None = None
    y: Name | None = None
    from_node: Annotated[Name, Field(alias="from")] = "from"
    to_node: Annotated[Name, Field(alias="to")] = "to"
    time_s: Name | None = None
    length_m: Name | None = None
    speed_kmh: Name | None = None
    speed_ms: Name | None = None
    way: Name | None = None


RoadTable = Annotated[TableSource, one_to_table("file")]


def _find_speeds_form(value: Any) -> str:
    if isinstance(value, Mapping):
        return "table"
    is_path = isinstance(value, Path) or str(value).lower().endswith(".toml")
    return "file" if is_path else "name"


# The name of a shipped table, a file that ends in `.toml`, or the table itself.
Speeds = Annotated[
    Annotated[Name, Tag("name")]
    | Annotated[File, Tag("file")]
    | Annotated[dict[str, Any], Tag("table")],
    Discriminator(_find_speeds_form),
]
MaxspeedUse = Annotated[
    Annotated[bool, Tag("flag")] | Annotated[Positive, Tag("factor")],
    Discriminator(lambda v: "flag" if isinstance(v, bool) else "factor"),
]


class AreaFactors(TableSource):
    """Factors on travel time inside the polygons of a layer, by the value of a column."""

    column: Name
    factors: Annotated[dict[Name, Positive], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_file(self) -> AreaFactors:
        if self.file is None:
            raise to_problem("has no file, expected the layer of the areas")
        return self


class RoadSource(Section):
    """A road network's file: OSM PBF, or node and edge tables."""

    osm: File | None = None
    nodes: RoadTable | None = None
    edges: RoadTable | None = None
    columns: RoadColumns | None = None
    max_snap_m: NotNegative | None = None
    access_speed_kmh: Positive | None = None

    @model_validator(mode="after")
    def _check_source(self) -> RoadSource:
        if (self.nodes is None) != (self.edges is None):
            raise to_problem("has one of nodes and edges, expected both")
        if self.osm is not None and self.nodes is not None:
            raise to_problem("has osm and nodes, expected one source of roads")
        if any(table and table.file is None for table in (self.nodes, self.edges)):
            raise to_problem("nodes or edges has no file, expected one")
        return self


class ModeConfig(RoadSource):
    """One mode of travel: its network, speeds, factors and fixed times."""

    speeds: Speeds | None = None
    use_maxspeed: MaxspeedUse = True
    delays: dict[Name, NotNegative] = {}  # seconds at signals, stops, crossings
    speed_kmh: Positive | None = None  # walk and bike; car tables without a speed column
    both_ways: bool = False  # every row of the edge table holds in both directions
    whole_kmh: bool = False  # speeds of the edge table are rounded to whole km/h
    time_factor: Positive = 1.0
    parking_min: NotNegative = 0.0
    area_factors: AreaFactors | None = None


class NetworksConfig(RoadSource):
    """The networks: what the modes share, and the modes."""

    car: ModeConfig | None = None
    walk: ModeConfig | None = None
    bike: ModeConfig | None = None
    crow: CrowConfig | None = None  # for cars and walking where they have no roads
    transit: TransitConfig | None = None  # timetables, beside walking

    def find_mode(self, mode: str) -> ModeConfig | None:
        """A mode with what it shares filled in; None when the mode is not wanted.

        A mode's own source of roads replaces the shared one as a whole. Snapping is
        1600 m at 5 km/h unless the mode or the section says otherwise.
        """
        own: ModeConfig | None = getattr(self, mode)
        if own is None:
            return None
        has_source = own.osm is not None or own.nodes is not None
        source = own if has_source else self
        speeds_kmh = {"walk": 4.5, "bike": 15.0}
        return own.model_copy(
            update={
                "osm": source.osm,
                "nodes": source.nodes,
                "edges": source.edges,
                "columns": own.columns or self.columns or RoadColumns(),
                "max_snap_m": _first(own.max_snap_m, self.max_snap_m, 1600.0),
                "access_speed_kmh": _first(own.access_speed_kmh, self.access_speed_kmh, 5.0),
                "speed_kmh": _first(own.speed_kmh, speeds_kmh.get(mode)),
            }
        )


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


class ParametersConfig(Section):
    """Parameters of exposure and the ability table.

    Keys left out take what the book of parameters says (`parameter_defaults.fill_defaults`).
    """

    abilities: File | None = None
    file: File | None = None  # a table of parameters that replace those of the package
    left_out_lambda: Share = 0.5
    connectivity_shift: Share = 1.0
    no_car_modes: Annotated[list[Literal["walk", "bike"]], Field(min_length=1)] = ["walk"]
    limit_min: Positive = 20.0
    zero_inside: Name | None = None  # zoning in whose areas a counter is 0 minutes away


class TerritoryConfig(Section):
    """The whole of `territory.toml`; `config.read_config` reads it."""

    format: Literal[1]
    name: Name
    places: PlacesConfig
    zonings: dict[Name, ZoningConfig] = {}
    groups: Annotated[dict[Name, GroupConfig], Field(min_length=1)]
    population: PopulationConfig = PopulationConfig()
    special: dict[Name, SpecialConfig] = {}
    connectivity: ConnectivityConfig | None = None
    small_area: SmallAreaConfig | None = None
    services: dict[Name, ServiceConfig] = {}
    counters: Annotated[list[CountersConfig], Field(min_length=1), BeforeValidator(to_tables)]
    networks: NetworksConfig = NetworksConfig()
    parameters: ParametersConfig = ParametersConfig()
