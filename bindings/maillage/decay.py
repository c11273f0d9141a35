"""Distance decay: the share of people for whom a counter so many minutes away is within reach.

    Decay.step(20)                     1 up to 20 minutes (inclusive), 0 beyond
    Decay.steps([(10, 1), (20, 0.3)])  a share up to each time, 0 beyond the last
    Decay.exponential(half_life=15)    exp(-ln 2 t / half-life)
    Decay.logistic(t50=22, s=5)        1 / (1 + exp((t - t50) / s))

By name: `apl_2012` and `apl_2016` (DREES, accessibilité potentielle localisée), `2sfca` (Luo and
Wang 2003), `e2sfca_slow` and `e2sfca_fast` (Luo and Qi 2009), `exponential:15`, `logistic:22,5`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint

MAX_MINUTES = 30_000.0
NAMED_STEPS: dict[str, tuple[tuple[float, float], ...]] = {
    "apl_2012": ((5, 1.0), (10, 0.3), (15, 0.1)),
    "apl_2016": ((10, 1.0), (15, 0.3), (20, 0.1)),
    "2sfca": ((30, 1.0),),
    "e2sfca_slow": ((10, 1.0), (20, 0.68), (30, 0.22)),
    "e2sfca_fast": ((10, 1.0), (20, 0.42), (30, 0.09)),
}
FORMS = {"exponential": ("half_life",), "logistic": ("t50", "s")}


@dataclass(frozen=True)
class Decay:
    """A form and its numbers; made by the functions below or by `to_decay`. Immutable."""

    form: str
    minutes: tuple[float, ...]
    shares: tuple[float, ...] = ()
    name: str = ""

    @staticmethod
    def step(limit: float) -> Decay:
        """Within reach up to `limit` minutes, the limit included."""
        return Decay("step", (_check_minutes("limit", limit, least=0.0),))

    @staticmethod
    def steps(steps: Sequence[tuple[float, float]], name: str = "") -> Decay:
        """Pairs (minutes, share): each share holds up to its time, included.

        Times ascend, shares in 0..1 never rise.
        """
        pairs = [tuple(step) for step in steps]
        if not pairs or any(len(pair) != 2 for pair in pairs):
            raise InputError(f"steps is {to_shown(steps)}, expected pairs (minutes, share)")
        minutes = tuple(_check_minutes("steps", pair[0], least=0.0) for pair in pairs)
        shares = tuple(_check_share(pair[1]) for pair in pairs)
        if any(b <= a for a, b in pairwise(minutes)):
            raise InputError(f"steps has the times {list(minutes)}, expected them ascending")
        if any(b > a for a, b in pairwise(shares)):
            raise InputError(f"steps has the shares {list(shares)}, expected them never to rise")
        return Decay("steps", minutes, shares, name)

    @staticmethod
    def exponential(half_life: float) -> Decay:
        """Halves every `half_life` minutes (> 0)."""
        return Decay("exponential", (_check_minutes("half_life", half_life),))

    @staticmethod
    def logistic(t50: float, s: float) -> Decay:
        """One half at `t50` minutes; `s` (> 0) is how many minutes the fall takes."""
        return Decay("logistic", (_check_minutes("t50", t50, least=0.0), _check_minutes("s", s)))

    def find_shares(self, minutes: Any) -> np.ndarray:
        """The share within reach for each travel time in minutes; 0 for NaN (unreachable)."""
        t = np.asarray(minutes, dtype=float)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.form == "exponential":
                share = np.exp(-math.log(2) * t / self.minutes[0])
            elif self.form == "logistic":
                share = 1 / (1 + np.exp((t - self.minutes[0]) / self.minutes[1]))
            else:
                shares = np.array([*(self.shares or (1.0,)), 0.0])
                share = shares[np.searchsorted(np.array(self.minutes), t, side="left")]
        return np.where(np.isnan(t), 0.0, share)

    def __str__(self) -> str:
        if self.name:
            return self.name
        if self.form == "step":
            return f"step at {self.minutes[0]:g} min"
        if self.form == "steps":
            pairs = zip(self.minutes, self.shares, strict=True)
            return "steps " + ", ".join(f"{share:g} up to {time:g} min" for time, share in pairs)
        words = zip(FORMS[self.form], self.minutes, strict=True)
        return f"{self.form} " + ", ".join(f"{word} {value:g} min" for word, value in words)


def to_decay(given: Any, limit: float) -> Decay:
    """The decay a user means: None is the step at `limit`; a name, or a Decay."""
    if given is None:
        return Decay.step(limit)
    if isinstance(given, Decay):
        return given
    if not isinstance(given, str):
        raise InputError(f"decay is {to_shown(given)}, expected a Decay or a name such as apl_2016")
    if given in NAMED_STEPS:
        return Decay.steps(NAMED_STEPS[given], name=given)
    form, _, numbers = given.partition(":")
    if form in FORMS:
        return _to_formula(given, form, numbers)
    known = (*NAMED_STEPS, *(f"{form}:{','.join(names)}" for form, names in FORMS.items()))
    raise InputError(f"decay is {given!r}{to_hint(form, known)}")


def _to_formula(given: str, form: str, numbers: str) -> Decay:
    try:
        values = [float(number) for number in numbers.split(",")]
    except ValueError:
        values = []
    if len(values) != len(FORMS[form]):
        expected = f"{form}:{','.join(FORMS[form])} in minutes"
        raise InputError(f"decay is {given!r}, expected {expected}")
    return Decay.exponential(*values) if form == "exponential" else Decay.logistic(*values)


def _check_minutes(name: str, value: Any, least: float | None = None) -> float:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    expected = "minutes > 0" if least is None else "minutes >= 0"
    if not is_number or not (value > 0 if least is None else value >= least):
        raise InputError(f"{name} is {to_shown(value)}, expected {expected}")
    if value > MAX_MINUTES:
        raise InputError(f"{name} is {value:g}, expected at most {MAX_MINUTES:g} minutes")
    return float(value)


def _check_share(value: Any) -> float:
    if not isinstance(value, int | float | np.number) or not 0 <= value <= 1:
        raise InputError(f"steps has the share {to_shown(value)}, expected 0..1")
    return float(value)
