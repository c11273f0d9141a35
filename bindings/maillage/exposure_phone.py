"""What a phone line resolves: reach (somebody answers) x resolution (the problem is solved).

One share holds for all who are exposed. Shares by operator hold each for those whose nearest
counter is that operator's, however far it is: theirs is the line that they would call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from maillage.arguments import to_shown
from maillage.errors import InputError, NotFoundError
from maillage.exposure_readings import find_reach, sum_rows

if TYPE_CHECKING:
    from maillage.exposure import Exposure

EXPECTED = "a share in 0..1, or {reach, resolution}, or either by operator"
OTHERS = ""  # stands for the operators that are not named


@dataclass(frozen=True)
class PhoneShares:
    """Shares of calls that solve the problem: of the service (None: not said), by operator."""

    of_service: float | None = None
    by_operator: Mapping[str, float] = field(default_factory=dict)


def to_phone_shares(given: Any, operators: Iterable[Any]) -> PhoneShares:
    """What a user means; `operators` are those of the counters, others are not known."""
    if given is None or isinstance(given, PhoneShares):
        return given or PhoneShares()
    if not isinstance(given, Mapping):
        return PhoneShares(_to_share(given, "phone"))
    if not given:
        raise InputError(f"phone is empty, expected {EXPECTED}")
    if {"reach", "resolution"} & set(given):
        return PhoneShares(_to_product(given, "phone"))
    found: dict[str, float] = {}
    for operator, share in given.items():
        name = f"phone of {operator}"
        is_pair = isinstance(share, Mapping)
        found[str(operator)] = _to_product(share, name) if is_pair else _to_share(share, name)
    known = sorted({str(name) for name in operators if isinstance(name, str) and name})
    for operator in found:
        if operator not in (OTHERS, *known):
            raise NotFoundError.of_name("phone: operator", operator, known)
    others = found.pop(OTHERS, None)
    return PhoneShares(others, found)


def _to_product(given: Mapping[str, Any], name: str) -> float:
    if set(given) != {"reach", "resolution"}:
        raise InputError(f"{name} has {', '.join(map(str, given))}, expected reach and resolution")
    reach, resolution = (_to_share(given[k], f"{name}: {k}") for k in ("reach", "resolution"))
    return reach * resolution


def _to_share(value: Any, name: str) -> float:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:
        raise InputError(f"{name} is {to_shown(value)}, expected {EXPECTED}")
    return float(value)


def find_phone_columns(
    exposure: Exposure, exposed: np.ndarray, rows: tuple[np.ndarray, int], by_group: bool
) -> dict[str, np.ndarray]:
    """Of the exposed of each row, those whom a phone line would help: all, and by operator."""
    phone = exposure.phone
    of_service = phone.of_service
    if of_service is None:
        said = exposure._parts.parameters["phone_resolved"]
        of_service = said.get(exposure.service, np.nan)
    if not phone.by_operator:
        return {"phone_resolved": exposed * of_service}
    names = list(phone.by_operator)
    of_line = _find_exposed_by_line(exposure, names)
    persons = [sum_rows(table, rows[0], rows[1], by_group) for table in of_line]
    shares = np.array([*phone.by_operator.values()])
    found = {
        f"phone_resolved_{name}": n * share
        for name, n, share in zip(names, persons, shares, strict=False)
    }
    others, nobody = persons[-2:]
    total = np.sum(list(found.values()), axis=0)
    total = total + np.where(others > 0, others * of_service, 0.0)
    lowest = np.nanmin([*shares, of_service])
    return {"phone_resolved": total + nobody * lowest, **found}


def _find_exposed_by_line(exposure: Exposure, names: list[str]) -> list[np.ndarray]:
    """Exposed persons, n_places x n_groups, by whose line they would call.

    One table an operator named, one for all other operators, one for those who reach no counter.
    """
    parts = exposure._parts
    position = {name: i for i, name in enumerate(names)}
    operators = parts.counters["operator"].fillna("").astype(str)
    line_of = np.array([*(position.get(o, len(names)) for o in operators), len(names) + 1])
    tables = [np.zeros(parts.persons.shape) for _ in range(len(names) + 2)]
    for who in ("car", "no_car"):
        share = parts.car_share if who == "car" else 1 - parts.car_share
        exposed = parts.persons * share * np.clip(1 - find_reach(exposure, who), 0, 1)
        for walk_class in np.unique(parts.walk_class):
            of_class = np.flatnonzero(parts.walk_class == walk_class)
            counters, _ = exposure._core.labels(who, int(walk_class))
            line = line_of[np.where(counters < 0, len(line_of) - 1, counters)]
            for i, table in enumerate(tables):
                table[:, of_class] += exposed[:, of_class] * (line == i)[:, None]
    return tables
