"""One parameter, and what its value, range, year and sample size must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_MINUTES = 30_000.0
HOURS_A_WEEK = 168.0
# Ranges that `Draws` takes; those of speeds move along with a value given without a range.
DRAWN_SPEEDS = ("car.speed_factor", "walk.speed_kmh")
DRAWN = (*DRAWN_SPEEDS, "connectivity_shift")


@dataclass(frozen=True)
class Parameter:
    """One figure. `low` and `high` are the range that uncertainty draws from (None: none)."""

    name: str
    value: float
    unit: str
    year: int | None
    n: float | None
    source: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ValueRule:
    """What a value must be, in words and as a test."""

    expected: str
    is_right: Callable[[float], bool]


_POSITIVE_MINUTES = ValueRule(
    f"minutes > 0 and at most {MAX_MINUTES:g}", lambda v: 0 < v <= MAX_MINUTES
)
_BY_UNIT = {
    "share": ValueRule("a share in 0..1", lambda v: 0 <= v <= 1),
    "minutes": _POSITIVE_MINUTES,
    "km/h": ValueRule("km/h > 0", lambda v: v > 0),
    "factor": ValueRule("a factor > 0", lambda v: v > 0),
    "relative risk": ValueRule("a relative risk >= 0", lambda v: v >= 0),
    "relative standard error": ValueRule(
        "a relative standard error in 0..1", lambda v: 0 <= v <= 1
    ),
    "visits a person and year": ValueRule(
        "visits a person and year >= 0", lambda v: 0 <= v <= 100_000
    ),
    "agents": ValueRule("agents > 0", lambda v: v > 0),
    "hours a week": ValueRule(
        f"hours a week > 0 and at most {HOURS_A_WEEK:g}", lambda v: 0 < v <= HOURS_A_WEEK
    ),
    "log-odds": ValueRule("a number", lambda v: True),
}
_NO_WAY = ValueRule(f"minutes in 0..{MAX_MINUTES:g}", lambda v: 0 <= v <= MAX_MINUTES)
_ON_FOOT = ValueRule("km/h > 0 and at most 15", lambda v: 0 < v <= 15)
_BY_NAME = {
    "crow.detour_factor": ValueRule("a factor in 1..10", lambda v: 1 <= v <= 10),
    "channel.wait_weight": ValueRule("a factor >= 0", lambda v: v >= 0),
    "national.time_to_counter": _NO_WAY,
    "national.waiting": _NO_WAY,
    "walk.speed_kmh": _ON_FOOT,
    "walk.speed_75_plus_kmh": _ON_FOOT,
}
HALF_LIFE = ValueRule(f"minutes in 0.1..{MAX_MINUTES:g}", lambda v: 0.1 <= v <= MAX_MINUTES)


def find_rule(name: str, unit: str) -> ValueRule:
    """What a value of this parameter must be."""
    if name.startswith("decay.half_life."):
        return HALF_LIFE
    return _BY_NAME.get(name) or _BY_UNIT[unit]
