"""Builds a territory's parts and the engine's copy of them from what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maillage import _core
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.inputs import TerritoryInputs, Zoning
from maillage.networks import NetworkUse, find_walk_classes
from maillage.parameter_book import to_record
from maillage.territory_parts import TerritoryParts, find_adequate, find_counter_areas


def build_territory(
    inputs: TerritoryInputs, networks: Sequence[NetworkUse], threads: int = 0, report: Any = None
) -> tuple[TerritoryParts, _core.Territory]:
    """A territory from what was read and the networks built for it."""
    groups = inputs.groups
    classes, walk_class = find_walk_classes(groups)
    connectivity = inputs.connectivity
    config = inputs.config
    column = (
        "wired_8" if config.connectivity is None else f"wired_{config.connectivity.adequate_mbit}"
    )
    given = [] if config.connectivity is None else config.connectivity.networks_given()
    adequate = find_adequate(connectivity, column, given)
    zero_zoning = find_zero_zoning(inputs)
    findings = Findings()
    findings.merge(inputs.findings)
    if config.connectivity is not None:
        _report_unknown(inputs, adequate, column, findings)
    counters = inputs.counters.copy()
    if "open" not in counters:
        counters.insert(list(counters.columns).index("lat") + 1, "open", True)
    for network in networks:
        findings.merge(network.findings)
    crow = [use.to_words() for use in networks if use.is_crow]
    findings.add_all("no_roads", crow, len(crow))
    if not any(network.serves_no_car for network in networks):
        alone = (inputs.persons * (1 - inputs.car_share)).sum()
        example = f"no network for {alone:,.0f} persons without a car: they reach no counter"
        findings.add("nobody_goes_without_a_car", example)
    parts = TerritoryParts(
        name=config.name,
        places=inputs.places,
        zonings=inputs.zonings,
        groups=groups,
        walk_class=walk_class,
        walk_speeds_kmh=[c.speed_kmh for c in classes],
        persons=inputs.persons,
        is_unknown=inputs.is_unknown,
        car_share=inputs.car_share,
        connectivity=connectivity,
        adequate=adequate,
        adequate_column=column,
        networks_given=given,
        counters=counters,
        levels=inputs.counter_levels,
        services=inputs.services,
        kinds=_find_kinds(inputs),
        networks=networks,
        parameters=_find_parameters(inputs),
        findings=findings,
        zero_zoning=zero_zoning,
        abilities=inputs.abilities,
    )
    core = build_core(parts, networks, threads, report)
    _add_link_findings(parts, core)
    return parts, core


def _report_unknown(
    inputs: TerritoryInputs, adequate: np.ndarray, column: str, findings: Findings
) -> None:
    """The places whose share is not known, and how many persons that leaves as connected."""
    unknown = np.isnan(adequate)
    persons = inputs.persons.sum(axis=1)
    known = {name: ~np.isnan(inputs.connectivity[name]) for name in (column, "mobile_4g")}
    for words, mask in (
        (f"neither {column} nor mobile_4g is known", ~known[column] & ~known["mobile_4g"]),
        (f"{column} is not known, mobile_4g is", known["mobile_4g"]),
        (f"mobile_4g is not known, {column} is", known[column]),
    ):
        here = unknown & np.asarray(mask)
        n = int(here.sum())
        text = f"{n} places with {persons[here].sum():,.0f} persons count as connected: {words}"
        findings.add("connectivity_unknown", text, n)


def build_core(
    parts: TerritoryParts, networks: Sequence[NetworkUse], threads: int, report: Any
) -> _core.Territory:
    """The engine's copy of a territory, on these networks."""
    groups, counters = parts.groups, parts.counters
    more_places: dict[str, Any] = {}
    more_counters: dict[str, Any] = {}
    if parts.zero_zoning is not None:
        more_places["area"] = parts.zero_zoning.area_of_place.astype(np.int32)
        more_counters["area"] = find_counter_areas(
            parts.zero_zoning, counters["lon"], counters["lat"]
        )
    if parts.abilities is not None:
        more_places["p_b"], more_places["p_c"] = parts.abilities
    return _core.build_territory(
        {
            "lat": parts.places["lat"].to_numpy(dtype=float),
            "lon": parts.places["lon"].to_numpy(dtype=float),
            "persons": parts.persons,
            "car_share": parts.car_share,
            "adequate": parts.adequate,
            **more_places,
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
            **more_counters,
        },
        [use.to_core(threads, report) for use in networks],
        parts.parameters["connectivity_shift"],
        threads,
        report,
    )


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
        "phone_reach": {
            name: service.operator_phone.reach
            for name, service in config.services.items()
            if service.operator_phone is not None
        },
        "connectivity_shift_range": _find_shift_range(inputs),
        "book": to_record(inputs.book),
    }


def _find_shift_range(inputs: TerritoryInputs) -> list[float] | None:
    """The range of the connectivity shift that the territory's own table asks to draw."""
    name = "connectivity_shift"
    p = inputs.book.find(name)
    is_theirs = (
        name in inputs.book.theirs and p.value == inputs.config.parameters.connectivity_shift
    )
    return [p.low, p.high] if is_theirs and p.low is not None and p.high is not None else None


def _add_link_findings(parts: TerritoryParts, core: _core.Territory) -> None:
    """Places and counters that no road of a mode is near enough to."""
    seen: set[str] = set()
    for link in core.links:
        mode = link["network"].mode
        if mode in seen or mode == "transit":  # its points meet the roads of those on foot
            continue
        seen.add(mode)
        for what, keys in (("places", parts.places["place"]), ("counters", parts.counters["key"])):
            off = link[what].is_off_network
            parts.findings.add_all(
                f"{what}_off_network_{mode}", keys[off].astype(str), int(off.sum())
            )
