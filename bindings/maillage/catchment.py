"""Floating catchment areas: how much of a scarce supply each place has, for the people around it.

    R_j = S_j / sum over k of P_k w(t_kj)        what counter j has for each person around it
    A_i = sum over j of R_j w(t_ij)              what place i has from all counters around it

2SFCA (Luo and Wang 2003): w is 1 up to the limit. E2SFCA (Luo and Qi 2009): w by zones. APL
(DREES): w of `apl_2016`, persons standardised by weights of the groups. People with a car and
without count at their own travel times; a place's figure is their mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage.arguments import check_number, to_shown
from maillage.decay import Decay, to_decay
from maillage.errors import InputError, to_hint

if TYPE_CHECKING:
    from maillage.territory import Territory

METHODS = {"2sfca": "2sfca", "e2sfca": "e2sfca_slow", "apl": "apl_2016"}
MOST_COUNTERS = 255


@dataclass(frozen=True)
class CatchmentQuestion:
    """What is asked, checked."""

    index: int
    level: int
    decay: Decay
    supply: np.ndarray  # n_counters
    weights: np.ndarray  # n_groups
    threads: int
    report: Any


def find_catchment(territory: Territory, asked: CatchmentQuestion) -> pd.DataFrame:
    """See `Territory.catchment`."""
    parts = territory._parts
    n_counters = len(parts.counters)
    demand = np.zeros(n_counters)
    seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    persons = parts.persons * asked.weights
    people = np.zeros(len(parts.places))
    for walk_class in np.unique(parts.walk_class):
        of_class = parts.walk_class == walk_class
        for who in ("car", "no_car"):
            share = parts.car_share if who == "car" else 1 - parts.car_share
            n = (persons * share)[:, of_class].sum(axis=1)
            place, counter, weight = _find_weights(territory, asked, who, int(walk_class))
            demand += np.bincount(counter, n[place] * weight, minlength=n_counters)
            seen.append((n, place, _pack(counter, weight)))
            people += n
    ratio = np.divide(asked.supply, demand, out=np.zeros(n_counters), where=demand > 0)
    total = np.zeros(len(people))
    for n, place, packed in seen:
        counter, weight = packed["counter"], packed["weight"]
        index = np.bincount(place, ratio[counter] * weight, minlength=len(people))
        total += n * index
    mean = np.divide(total, people, out=np.full(len(people), np.nan), where=people > 0)
    frame = pd.DataFrame({"place": parts.places["place"].to_numpy()})
    for column in ("name", *parts.zonings):
        if column in parts.places:
            frame[column] = parts.places[column].to_numpy()
    return frame.assign(persons=parts.persons.sum(axis=1), supply_per_person=mean)


def _pack(counter: np.ndarray, weight: np.ndarray) -> np.ndarray:
    packed = np.empty(len(counter), dtype=[("counter", np.int32), ("weight", np.float64)])
    packed["counter"], packed["weight"] = counter, weight
    return packed


def _find_weights(
    territory: Territory, asked: CatchmentQuestion, who: str, walk_class: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place, counter and weight of every pair within the catchment."""
    offsets, counters, minutes = territory._core.nearest(
        asked.index, asked.level, who, walk_class, MOST_COUNTERS, False, asked.threads, asked.report
    )
    place = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets.astype(np.int64)))
    weight = asked.decay.find_shares(minutes)
    kept = weight > 0
    return place[kept], counters[kept], weight[kept]


def to_method(method: Any, decay: Any, limit: float) -> Decay:
    """The decay of a method, or the one that is given instead."""
    if decay is not None:
        return to_decay(decay, limit)
    if not isinstance(method, str) or method not in METHODS:
        raise InputError(f"method is {to_shown(method)}, expected {', '.join(METHODS)}")
    return Decay.step(limit) if method == "2sfca" else to_decay(METHODS[method], limit)


def to_weights(given: Mapping[str, float] | None, groups: pd.Series) -> np.ndarray:
    """Weights by group, 1 unless given: how much of the supply a person of it asks for."""
    names = [str(g) for g in groups]
    out = np.ones(len(names))
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"weights is {to_shown(given)}, expected a mapping of groups to numbers")
    for group, weight in (given or {}).items():
        if group not in names:
            raise InputError(f"weights has no group {group!r}{to_hint(str(group), names)}")
        name = f"weights: {group}"
        out[names.index(group)] = check_number(
            name, weight, "a finite number >= 0", lambda w: 0 <= w < np.inf
        )
    return out


def to_supply(given: str, territory: Territory) -> np.ndarray:
    """What each counter supplies: its agents, its open hours, agents x hours, or 1."""
    frame = territory._parts.counters
    columns = {"agents": ["agents"], "hours": ["weekly_hours"], "count": [],
               "agent_hours": ["agents", "weekly_hours"]}  # fmt: skip
    if given not in columns:
        raise InputError(f"supply is {to_shown(given)}, expected {', '.join(columns)}")
    supply = np.ones(len(frame))
    for column in columns[given]:
        if column not in frame or frame[column].isna().all():
            raise InputError(f"supply is {given!r}, but no counter has {column}")
        supply = supply * frame[column].fillna(0).to_numpy(dtype=float)
    return supply
