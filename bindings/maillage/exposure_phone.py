"""What a phone line resolves: reach (somebody answers) x resolution (the problem is solved)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maillage.arguments import to_shown
from maillage.errors import InputError

EXPECTED = "a share in 0..1, or {reach, resolution}, or either by operator"


def to_phone_shares(given: Any) -> dict[str, float]:
    """Shares by operator; the one of the service itself, whoever runs it, under the empty name."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return {"": _to_share(given, "phone")}
    if not given:
        raise InputError(f"phone is empty, expected {EXPECTED}")
    if {"reach", "resolution"} & set(given):
        return {"": _to_product(given, "phone")}
    found: dict[str, float] = {}
    for operator, share in given.items():
        name = f"phone of {operator}"
        is_pair = isinstance(share, Mapping)
        found[str(operator)] = _to_product(share, name) if is_pair else _to_share(share, name)
    return found


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
