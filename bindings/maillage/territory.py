"""A territory: its places, people, counters and networks, and the questions put to it.

territory = read_territory("territory.toml")
territory.exposure(service="post", limit=20).total()
territory.compare(scenario, service="post", limit=20).losers()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from maillage import _core
from maillage.delta import Delta
from maillage.errors import InputError, NotFoundError
from maillage.exposure import Exposure
from maillage.findings import Findings
from maillage.geo.areas import Areas, find_area_of_points
from maillage.geo.inputs import TerritoryInputs, Zoning, read_inputs
from maillage.networks import NetworkUse, build_networks
from maillage.progress import ProgressChoice, report_progress
from maillage.results import to_keys
from maillage.territory_edits import apply_to_parts
from maillage.territory_summary import summarize_territory

if TYPE_CHECKING:
    from maillage.scenario import Scenario

MAX_LEVEL = 255
NEAREST_REASON = "unreachable"


@dataclass(frozen=True)
class TerritoryParts:
    """What a territory is made of; scenarios replace parts and share the rest."""

    name: str
    places: pd.DataFrame
    zonings: Mapping[str, Zoning]
    groups: pd.DataFrame
    walk_class: np.ndarray  # n_groups: which walking speed
    walk_speeds_kmh: Sequence[float]
    persons: np.ndarray  # n_places x n_groups
    car_share: np.ndarray  # n_places x n_groups
    connectivity: pd.DataFrame
    adequate: np.ndarray  # n_places; NaN = not known
    adequate_column: str
    counters: pd.DataFrame
    levels: np.ndarray  # n_counters x n_services
    services: Sequence[str]
    kinds: Mapping[str, Mapping[str, int]]
    networks: Sequence[NetworkUse]
    parameters: Mapping[str, Any]
    findings: Findings
    zero_zoning: Zoning | None = None  # counters in a place's own area are 0 minutes away
    history: tuple[str, ...] = ()  # names of the scenarios applied


class Territory:
    """A territory as it stands, or as a scenario leaves it. Immutable.

    Made by `read_territory`. `apply` gives another territory that shares all that the
    scenario does not touch.
    """

    def __init__(self, parts: TerritoryParts, core: _core.Territory) -> None:
        self._parts = parts
        self._core = core

    @property
    def name(self) -> str:
        """The name the file gives it."""
        return self._parts.name

    @property
    def places(self) -> pd.DataFrame:
        """One row a place: `place, name, lon, lat`, each zoning, `persons`; geometry if any."""
        frame = self._parts.places.copy()
        frame["persons"] = self._parts.persons.sum(axis=1)
        return frame

    @property
    def counters(self) -> pd.DataFrame:
        """One row a counter: `key, name, kind, operator, lon, lat, open`, hours, agents, cost,
        and `level_<service>` (0 = not offered). Closed ones stay, with `open` false.
        """
        frame = self._parts.counters.copy()
        for i, service in enumerate(self.services):
            frame[f"level_{service}"] = self._parts.levels[:, i]
        return frame

    @property
    def groups(self) -> pd.DataFrame:
        """One row a group: `group, persons, car_share, p_a, p_b, p_c, n, year, source,
        walk_speed_kmh`; abilities before connectivity moves anyone.
        """
        frame = self._parts.groups.copy()
        persons = self._parts.persons.sum(axis=0)
        with_car = (self._parts.persons * self._parts.car_share).sum(axis=0)
        frame.insert(1, "persons", persons)
        frame.insert(
            2,
            "car_share",
            np.divide(with_car, persons, where=persons > 0, out=np.full(len(persons), np.nan)),
        )
        frame.insert(3, "p_a", 1 - frame["p_b"] - frame["p_c"])
        return frame

    @property
    def connectivity(self) -> pd.DataFrame:
        """One row a place: shares with a wired line of 8, 30, 100, 1000 Mbit/s, with good 4G, and
        `adequate`, the share with either (independent of each other; NaN = not known).
        """
        frame = self._parts.connectivity.copy()
        frame.insert(0, "place", self._parts.places["place"].to_numpy())
        frame["adequate"] = self._parts.adequate
        return frame

    @property
    def findings(self) -> pd.DataFrame:
        """What was doubtful in the data: `kind, count, examples` (the first five)."""
        return self._parts.findings.to_frame()

    @property
    def services(self) -> list[str]:
        """Names of the services, in the order of the file."""
        return list(self._parts.services)

    @property
    def zonings(self) -> dict[str, Zoning]:
        """The zonings by name: codes, labels, which place lies in which area."""
        return dict(self._parts.zonings)

    @property
    def kinds(self) -> dict[str, dict[str, int]]:
        """Which services at which level each kind of counter offers."""
        return {kind: dict(levels) for kind, levels in self._parts.kinds.items()}

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the exposure: shift, lambda, phone by service, modes without a car."""
        return dict(self._parts.parameters)

    @property
    def parts(self) -> TerritoryParts:
        """Everything by index, for those who build on it."""
        return self._parts

    def __repr__(self) -> str:
        applied = "".join(f" + {name}" for name in self._parts.history)
        n_open = int(self._parts.counters["open"].sum())
        return (
            f"<Territory {self.name}{applied}: {len(self._parts.places):,} places, "
            f"{self._parts.persons.sum():,.0f} persons, {n_open:,} open counters>"
        )

    def summary(self) -> dict[str, Any]:
        """Counts, totals, boxes, networks and snapping distances, as `check` prints them."""
        return summarize_territory(self._parts, self._core)

    def nearest(
        self,
        service: str,
        level: int = 1,
        k: int = 1,
        person_class: str = "car",
        *,
        group: str | None = None,
        round_trip: bool = False,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """The k nearest open counters of every place that offer a service.

        level
            Least level: 1 first help, 2 the operator's own expert desk.
        person_class
            `car` (best of all modes) or `no_car` (best of walking and, if the territory says
            so, cycling).
        group
            Whose walking speed; the first group's unless given.
        round_trip
            Adds `round_trip_time`: there and back by the best single mode.
        exhaustive
            Computes everything anew, without what earlier questions left: slow, for checks.

        Returns `place, rank, counter, travel_time, reason`: k rows a place; minutes; equal
        times in the order of the counters. Where fewer than k can be reached `counter` and
        `travel_time` are absent and `reason` is `unreachable` or `place_off_network`.
        """
        index = self._find_service(service)
        _check_level(level)
        if not 1 <= k <= MAX_LEVEL:
            raise InputError(f"k is {k}, expected 1 to {MAX_LEVEL}")
        walk_class = int(self._parts.walk_class[self._find_group(group)])
        with report_progress(progress) as report:
            offsets, counters, minutes = self._core.nearest(
                index, level, person_class, walk_class, k, exhaustive, threads, report
            )
            n = len(self._parts.places)
            rows = np.full((n, k), -1, dtype=np.int32)
            times = np.full((n, k), np.nan)
            filled = np.arange(k) < np.diff(offsets.astype(np.int64))[:, None]
            rows[filled] = counters
            times[filled] = minutes
            place = np.repeat(np.arange(n), k)
            frame = pd.DataFrame(
                {
                    "place": to_keys(self._parts.places["place"], place),
                    "rank": np.tile(np.arange(1, k + 1, dtype=np.int32), n),
                    "counter": to_keys(self._parts.counters["key"], rows.ravel()),
                    "travel_time": times.ravel(),
                }
            )
            if round_trip:
                known = rows.ravel() >= 0
                both = np.full(n * k, np.nan)
                both[known] = self._core.round_trips(
                    place[known].astype(np.uint32),
                    rows.ravel()[known].astype(np.uint32),
                    person_class,
                    walk_class,
                    threads,
                    report,
                )
                frame["round_trip_time"] = both
        codes = np.where(rows.ravel() < 0, 0, -1).astype(np.int8)
        codes[(codes == 0) & np.repeat(self._is_off_network(), k)] = 1
        frame["reason"] = pd.Categorical.from_codes(
            codes, categories=pd.Index([NEAREST_REASON, "place_off_network"])
        )
        return frame

    def exposure(
        self,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        left_out_lambda: float | None = None,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> Exposure:
        """Who has a counter within the limit, and what is left to everybody else.

        limit
            Minutes, inclusive; the territory's `limit_min` (20) unless given.
        level
            Least level of the service.
        left_out_lambda
            How much of `assisted_only` counts as left out, 0..1 (default 0.5).

        Returns an `Exposure`, whose tables are made when they are asked for.
        """
        index = self._find_service(service)
        _check_level(level)
        minutes = float(self._parts.parameters["limit_min"] if limit is None else limit)
        if not 0 <= minutes < 60 * 24 * 20:
            raise InputError(f"limit is {minutes:g}, expected minutes >= 0")
        weight = (
            self._parts.parameters["left_out_lambda"]
            if left_out_lambda is None
            else left_out_lambda
        )
        if not 0 <= weight <= 1:
            raise InputError(f"left_out_lambda is {weight}, expected 0..1")
        with report_progress(progress) as report:
            core = self._core.exposure(index, level, minutes, exhaustive, threads, report)
        return Exposure(self._parts, core, service, level, minutes, float(weight))

    def apply(
        self, scenario: Scenario, *, threads: int = 0, progress: ProgressChoice = None
    ) -> Territory:
        """The territory after a scenario; this one stays as it is.

        Raises InputError that lists everything in the scenario that does not fit.
        """
        from maillage.scenario_checks import check_scenario

        problems = check_scenario(scenario, self)
        if problems:
            raise InputError.of_problems(f"scenario {scenario.name!r}", problems)
        parts, edits = apply_to_parts(self._parts, scenario)
        with report_progress(progress) as report:
            core = self._core.apply(edits, threads, report)
        return Territory(replace(parts, history=(*self._parts.history, scenario.name)), core)

    def compare(
        self,
        scenario: Scenario | Territory,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        left_out_lambda: float | None = None,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> Delta:
        """What a scenario changes for people: before, after, and the difference.

        `scenario` may also be a territory that came from this one. Parameters as in
        `exposure`. An empty scenario gives differences of exactly zero.
        """
        how = {
            "left_out_lambda": left_out_lambda,
            "exhaustive": exhaustive,
            "threads": threads,
            "progress": progress,
        }
        after = (
            scenario
            if isinstance(scenario, Territory)
            else self.apply(scenario, threads=threads, progress=progress)
        )
        if len(after._parts.places) != len(self._parts.places):
            raise InputError("the two territories have different places, expected the same")
        name = after._parts.history[-1] if after._parts.history else after.name
        return Delta(
            name,
            self.exposure(service, limit, level, **how),
            after.exposure(service, limit, level, **how),
        )

    def _find_service(self, service: str) -> int:
        if service not in self._parts.services:
            raise NotFoundError.of_name("service", service, self._parts.services)
        return list(self._parts.services).index(service)

    def _find_group(self, group: str | None) -> int:
        names = list(self._parts.groups["group"])
        if group is None:
            return 0
        if group not in names:
            raise NotFoundError.of_name("group", group, names)
        return names.index(group)

    def _is_off_network(self) -> np.ndarray:
        off = np.ones(len(self._parts.places), dtype=bool)
        for link in self._core.links:
            off &= link["places"].is_off_network
        return off


def _check_level(level: int) -> None:
    if not 1 <= level <= MAX_LEVEL:
        raise InputError(f"level is {level}, expected 1 (first help), 2 (expert desk) or more")


def read_territory(
    path: str | Path, *, threads: int = 0, progress: ProgressChoice = None
) -> Territory:
    """Reads `territory.toml` and every file it names; see `scenarios/TERRITORY.md`.

    Raises InputError or IoError with file, row, field, value and what was expected.
    """
    inputs = read_inputs(path)
    with report_progress(progress) as report:
        networks = build_networks(inputs, threads, report)
        return build_territory(inputs, networks, threads, report)


def build_territory(
    inputs: TerritoryInputs, networks: Sequence[NetworkUse], threads: int = 0, report: Any = None
) -> Territory:
    """A territory from what was read and the networks built for it."""
    groups = inputs.groups
    speeds, walk_class = np.unique(
        groups["walk_speed_kmh"].to_numpy(dtype=float), return_inverse=True
    )
    connectivity = inputs.connectivity
    config = inputs.config
    column = (
        "wired_8" if config.connectivity is None else f"wired_{config.connectivity.adequate_mbit}"
    )
    adequate = find_adequate(connectivity, column)
    zero_zoning = find_zero_zoning(inputs)
    findings = Findings()
    findings.merge(inputs.findings)
    unknown = int(np.isnan(adequate).sum())
    if config.connectivity is not None:
        findings.add("connectivity_unknown", "places without any share count as connected", unknown)
    counters = inputs.counters.copy()
    if "open" not in counters:
        counters.insert(list(counters.columns).index("lat") + 1, "open", True)
    for network in networks:
        findings.merge(network.findings)
    parts = TerritoryParts(
        name=config.name,
        places=inputs.places,
        zonings=inputs.zonings,
        groups=groups,
        walk_class=walk_class.astype(np.uint32),
        walk_speeds_kmh=[float(s) for s in speeds],
        persons=inputs.persons,
        car_share=inputs.car_share,
        connectivity=connectivity,
        adequate=adequate,
        adequate_column=column,
        counters=counters,
        levels=inputs.counter_levels,
        services=inputs.services,
        kinds=_find_kinds(inputs),
        networks=networks,
        parameters=_find_parameters(inputs),
        findings=findings,
        zero_zoning=zero_zoning,
    )
    areas: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    if zero_zoning is not None:
        areas[0]["area"] = zero_zoning.area_of_place.astype(np.int32)
        areas[1]["area"] = find_counter_areas(zero_zoning, counters["lon"], counters["lat"])
    core = _core.build_territory(
        {
            "lat": parts.places["lat"].to_numpy(dtype=float),
            "lon": parts.places["lon"].to_numpy(dtype=float),
            "persons": parts.persons,
            "car_share": parts.car_share,
            "adequate": adequate,
            **areas[0],
        },
        {
            "p_b": groups["p_b"].to_numpy(dtype=float),
            "p_c": groups["p_c"].to_numpy(dtype=float),
            "walk_class": parts.walk_class,
        },
        {
            "lat": counters["lat"].to_numpy(dtype=float),
            "lon": counters["lon"].to_numpy(dtype=float),
            "open": counters["open"].to_numpy(dtype=np.uint8),
            "level": parts.levels,
            **areas[1],
        },
        [use.to_core() for use in networks],
        config.parameters.connectivity_shift,
        threads,
        report,
    )
    _add_link_findings(parts, core)
    return Territory(parts, core)


def find_adequate(connectivity: pd.DataFrame, column: str) -> np.ndarray:
    """Share of each place with an adequate wired line or good 4G; NaN = neither is known."""
    wired = connectivity[column].to_numpy(dtype=float)
    mobile = connectivity["mobile_4g"].to_numpy(dtype=float)
    return _core.adequate_share(wired, mobile)


def find_zero_zoning(inputs: TerritoryInputs) -> Zoning | None:
    """The zoning of the zero-inside convention (INSEE's communes), if the territory asks for it."""
    name = inputs.config.parameters.zero_inside
    if name is None:
        return None
    zoning = inputs.zonings[name]
    if zoning.geometry is None:
        raise InputError(
            f"parameters.zero_inside is {name!r}, a zoning without polygons; "
            "expected one whose file has them, to know where counters lie"
        )
    return zoning


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


def _find_kinds(inputs: TerritoryInputs) -> dict[str, dict[str, int]]:
    kinds: dict[str, dict[str, int]] = {}
    for source in inputs.config.counters:
        for kind, levels in source.kinds.items():
            kinds.setdefault(kind, {}).update(levels)
    return kinds


def _find_parameters(inputs: TerritoryInputs) -> dict[str, Any]:
    config = inputs.config
    phone = {
        name: service.operator_phone.reach * service.operator_phone.resolution
        for name, service in config.services.items()
        if service.operator_phone is not None
    }
    return {
        "limit_min": config.parameters.limit_min,
        "left_out_lambda": config.parameters.left_out_lambda,
        "connectivity_shift": config.parameters.connectivity_shift,
        "no_car_modes": list(config.parameters.no_car_modes),
        "phone_resolved": phone,
    }


def _add_link_findings(parts: TerritoryParts, core: _core.Territory) -> None:
    """Places and counters that no road of a mode is near enough to."""
    seen: set[str] = set()
    for link in core.links:
        mode = link["network"].mode
        if mode in seen:
            continue
        seen.add(mode)
        for what, keys in (("places", parts.places["place"]), ("counters", parts.counters["key"])):
            off = link[what].is_off_network
            parts.findings.add_all(
                f"{what}_off_network_{mode}", keys[off].astype(str), int(off.sum())
            )


def to_place_frame(parts: TerritoryParts, frame: pd.DataFrame) -> pd.DataFrame:
    """A table by place with its geometry, when the places have one."""
    if not isinstance(parts.places, gpd.GeoDataFrame):
        return frame
    return gpd.GeoDataFrame(frame, geometry=parts.places.geometry.to_numpy(), crs=parts.places.crs)
