"""What a territory's parameters file sets: defaults filled into its configuration, and findings.

An explicit argument counts more than a key of `territory.toml`, that more than the territory's own
table of parameters (`[parameters] file`), and that more than the parameters of the package.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from maillage.config_models import AbilityConfig, GroupConfig, TerritoryConfig
from maillage.findings import Findings
from maillage.parameter_book import SERVICE_FAMILIES, ParameterBook
from maillage.parameter_rows import ABILITY
from maillage.parameter_values import DRAWN

OF_EXPOSURE = ("limit_min", "left_out_lambda", "connectivity_shift")
OF_CROW = {"detour_factor": "crow.detour_factor", "speed_kmh": "crow.speed_kmh"}
NATION = ("all18.18+",)  # abilities that the calibrations rest on
SLOW_WALK_AGE = 75
_LOWEST_AGE = re.compile(r"^\D*(\d{1,3})")
NOTHING = ("phone.", "counter.resolution", "france_services.", "insee.weak_of_users.")


@dataclass(frozen=True)
class WalkSpeeds:
    """km/h of groups that have no walking speed of their own."""

    others: float
    slow: float  # whose lowest age is 75 or more

    def find(self, group: str) -> float:
        """That of a group by its name: the slow one where its lowest age is 75 or more."""
        return self.slow if is_slow(group) else self.others


def is_slow(group: str) -> bool:
    """Whether a group's name begins with an age of 75 or more."""
    age = _LOWEST_AGE.match(group)
    return age is not None and int(age.group(1)) >= SLOW_WALK_AGE


def fill_defaults(config: TerritoryConfig, book: ParameterBook) -> TerritoryConfig:
    """The configuration with what it leaves out as the book has it."""
    networks = config.networks
    update: dict[str, Any] = {}
    speed_factor = book.value("car.speed_factor")
    if networks.crow is not None:
        crow = networks.crow.model_copy(update=_find_left(networks.crow, OF_CROW, book))
        update["crow"] = crow.model_copy(update={"speed_kmh": crow.speed_kmh * speed_factor})
    if networks.car is not None and "time_factor" not in networks.car.model_fields_set:
        update["car"] = networks.car.model_copy(update={"time_factor": 1 / speed_factor})
    walk = {"walk_speed_kmh": find_walk_speeds(config, book).others}
    special = {
        name: section
        if "walk_speed_kmh" in section.model_fields_set
        else section.model_copy(update=walk)
        for name, section in config.special.items()
    }
    of_exposure = _find_left(config.parameters, {name: name for name in OF_EXPOSURE}, book)
    return config.model_copy(
        update={
            "parameters": config.parameters.model_copy(update=of_exposure),
            "networks": networks.model_copy(update=update),
            "special": special,
        }
    )


def _find_left(section: Any, names: Mapping[str, str], book: ParameterBook) -> dict[str, float]:
    """What the book says for the keys that the file does not have."""
    said = section.model_fields_set
    return {key: book.value(name) for key, name in names.items() if key not in said}


def find_walk_speeds(config: TerritoryConfig, book: ParameterBook) -> WalkSpeeds:
    """Walking speeds: that of `[networks.walk]` if it is there, else those of the book."""
    walk = config.networks.walk
    own = walk.speed_kmh if walk is not None else None
    return WalkSpeeds(own or book.value("walk.speed_kmh"), book.value("walk.speed_75_plus_kmh"))


def report_unused(
    config: TerritoryConfig, book: ParameterBook, services: Collection[str], findings: Findings
) -> None:
    """Findings for rows of the territory's table that change nothing, with the reason."""
    if config.parameters.file is None:
        return
    file = config.parameters.file.name
    reasons = {name: _find_reason(name, config, services) for name in book.theirs}
    unused = [f"{file}: {name} has no effect: {why}" for name, why in reasons.items() if why]
    ranges = [
        f"{file}: low and high of {name} have no effect: no draw takes them"
        for name in book.theirs
        if book.find(name).low is not None and name not in DRAWN
    ]
    findings.add_all("parameter_unused", unused, len(unused))
    findings.add_all("parameter_range_unused", ranges, len(ranges))


def _find_reason(name: str, config: TerritoryConfig, services: Collection[str]) -> str:
    """Why a row changes nothing; empty when it does change something."""
    if name in OF_EXPOSURE:
        is_said = name in config.parameters.model_fields_set
        return f"[parameters] says {name}" if is_said else ""
    if name.startswith(("crow.", "car.", "walk.")):
        return _find_reason_of_speed(name, config)
    if name.startswith(ABILITY):
        return _find_reason_of_ability(name, config)
    for family in SERVICE_FAMILIES:
        service = name.removeprefix(f"{family}.")
        if service not in (name, "default", *services):
            return f"no service is called {service}"
    if name.startswith("logit."):
        return "" if config.small_area else "there is no section [small_area]"
    if name.startswith("insee.excluded."):
        return _find_reason_of_year(name, config)
    return "no figure rests on it" if name.startswith(NOTHING) else ""


def _find_reason_of_speed(name: str, config: TerritoryConfig) -> str:
    networks = config.networks
    if name.startswith("crow."):
        key = name.removeprefix("crow.")
        if networks.crow is None:
            return "there is no section [networks.crow]"
        if key in networks.crow.model_fields_set:
            return f"[networks.crow] says {key}"
        has_roads = networks.car is not None and (key == "speed_kmh" or networks.walk is not None)
        return "there are roads" if has_roads else ""
    if name == "car.speed_factor":
        if networks.car is None:
            return "" if networks.crow else "there is no network for cars"
        is_said = "time_factor" in networks.car.model_fields_set
        return "[networks.car] says time_factor; its range is drawn" if is_said else ""
    left = [group for group, section in config.groups.items() if section.walk_speed_kmh is None]
    if name == "walk.speed_75_plus_kmh":
        return "" if any(map(is_slow, left)) else "no group of 75 or more takes it"
    if networks.walk is not None and networks.walk.speed_kmh:
        return "[networks.walk] says speed_kmh; its range is drawn"
    special = config.special.values()
    is_left = any("walk_speed_kmh" not in section.model_fields_set for section in special)
    if is_left or not all(map(is_slow, left)):
        return ""
    return "every group has a walk_speed_kmh of its own; its range is drawn"


def _find_reason_of_ability(name: str, config: TerritoryConfig) -> str:
    key = name.split(".", 2)[2]
    if key in NATION:
        return ""
    if config.parameters.abilities is not None:
        return "[parameters] abilities names a table of its own"
    grouping, group = key.split(".", 1)
    wanted = set(_find_ability_names(config.groups))
    is_wanted = bool({group, f"{grouping}/{group}"} & wanted)
    return "" if is_wanted else "no group has this ability"


def _find_ability_names(groups: Mapping[str, GroupConfig]) -> Iterable[str]:
    for name, group in groups.items():
        ability = group.ability or AbilityConfig(groups=[name])
        yield from (*(ability.groups or ()), *(ability.weights or ()))


def _find_reason_of_year(name: str, config: TerritoryConfig) -> str:
    year, band = name.removeprefix("insee.excluded.").split(".", 1)
    scaled = config.small_area.year if config.small_area else None
    if scaled is None or scaled == 2021:
        return "[small_area] brings abilities to no other year"
    return "" if year in ("2021", str(scaled)) and band != "all" else "no figure rests on it"
