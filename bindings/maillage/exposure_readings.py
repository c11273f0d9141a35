"""Further readings of an exposure: bounds without independence, double burden, renunciation.

All of them work on n_places x n_groups arrays of persons, shares within reach and abilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint
from maillage.parameter_book import ParameterBook, read_book
from maillage.territory_parts import TerritoryParts

if TYPE_CHECKING:
    from maillage.exposure import Exposure

STATES = ("choice", "counter_reliant", "digital_only", "assisted_only", "stranded")


def find_abilities(parts: TerritoryParts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares autonomous, needing help and unable (n_places x n_groups), connectivity counted in.

    Of those without adequate connectivity the share `connectivity_shift` falls by one state;
    unknown connectivity moves nobody.
    """
    p_b, p_c = parts.p_b, parts.p_c
    p_a = 1 - p_b - p_c
    missing = np.where(np.isnan(parts.adequate), 0.0, 1 - parts.adequate)
    moved = (missing * parts.parameters["connectivity_shift"])[:, None]
    return p_a * (1 - moved), p_b * (1 - moved) + p_a * moved, p_c + p_b * moved


def find_reach(exposure: Exposure, person_class: str) -> np.ndarray:
    """Share of a class (`car`, `no_car`) with a counter within reach: n_places x n_groups."""
    parts = exposure._parts
    by_walk_class = [
        exposure.decay.find_shares(exposure._core.labels(person_class, w)[1])
        for w in range(int(parts.walk_class.max(initial=0)) + 1)
    ]
    return np.stack(by_walk_class, axis=1)[:, parts.walk_class]


def sum_rows(values: np.ndarray, rows: np.ndarray, n_rows: int, by_group: bool) -> np.ndarray:
    """Sums of n_places x n_groups values by row (-1: in none), or by row and group (group last)."""
    kept = rows >= 0
    out = np.zeros((n_rows, values.shape[1]))
    np.add.at(out, rows[kept], values[kept])
    return out.reshape(-1) if by_group else out.sum(axis=1)


def find_bounds(exposure: Exposure, rows: np.ndarray, n_rows: int, by_group: bool) -> pd.DataFrame:
    """`persons`, and `stranded` with its Fréchet bounds, by row.

    Inside a place and group a share `f` has no counter within reach and a share `c` cannot go
    online. However the two go together, those of whom both are true are between
    max(0, f + c - 1) and min(f, c) of the persons (Fréchet 1935); independence gives f c.
    """
    parts = exposure._parts
    _, _, cannot = find_abilities(parts)
    reach = parts.car_share * find_reach(exposure, "car") + (1 - parts.car_share) * find_reach(
        exposure, "no_car"
    )
    far = np.clip(1 - reach, 0, 1)
    shares = {
        "persons": np.ones_like(far),
        "stranded_low": np.maximum(0.0, far + cannot - 1),
        "stranded": far * cannot,
        "stranded_high": np.minimum(far, cannot),
    }
    return pd.DataFrame(
        {k: sum_rows(parts.persons * v, rows, n_rows, by_group) for k, v in shares.items()}
    )


def find_double_burden(
    exposure: Exposure, rows: np.ndarray, n_rows: int, by_group: bool
) -> pd.DataFrame:
    """Persons by row x cannot go online x beyond reach x without a car; eight rows a row.

    Ability is taken as independent of the car inside a place and group.
    """
    parts = exposure._parts
    autonomous, helped, cannot = find_abilities(parts)
    frames = []
    for without_car in (False, True):
        share = 1 - parts.car_share if without_car else parts.car_share
        reach = find_reach(exposure, "no_car" if without_car else "car")
        for beyond in (False, True):
            for excluded in (False, True):
                ability = cannot if excluded else autonomous + helped
                part = parts.persons * share * (1 - reach if beyond else reach) * ability
                frames.append(
                    pd.DataFrame(
                        {
                            "row": np.arange(n_rows * (part.shape[1] if by_group else 1)),
                            "cannot_go_online": excluded,
                            "beyond_reach": beyond,
                            "without_car": without_car,
                            "persons": sum_rows(part, rows, n_rows, by_group),
                        }
                    )
                )
    table = pd.concat(frames, ignore_index=True).sort_values("row", kind="stable")
    return table.reset_index(drop=True)


def calibrate_renunciation(book: ParameterBook | None = None) -> dict[str, float]:
    """Probability to give up by state, such that the nation as a whole gives up 8 %.

    Relative risks by state (`renunciation.risk.*`) are scaled so that their mean over the
    national distribution of states is `national.renunciation`. That distribution: the share
    `national.coverage` has a counter within reach; abilities are CREDOC's E1 and E2 of all
    adults; the two are independent.
    """
    book = book or read_book()
    cannot = book.value("ability.E1_excluded.all18.18+")
    helped = book.value("ability.E2_excluded_or_low.all18.18+") - cannot
    near = book.value("national.coverage")
    shares = {
        "choice": near * (1 - cannot - helped),
        "counter_reliant": near * (cannot + helped),
        "digital_only": (1 - near) * (1 - cannot - helped),
        "assisted_only": (1 - near) * helped,
        "stranded": (1 - near) * cannot,
    }
    risks = book.under("renunciation.risk")
    mean = sum(shares[s] * risks[s] for s in STATES)
    if mean <= 0:
        raise InputError("renunciation.risk is 0 for every state, expected one above 0")
    scale = book.value("national.renunciation") / mean
    return {state: min(1.0, scale * risks[state]) for state in STATES}


def to_probabilities(given: Any, groups: pd.Series, book: ParameterBook) -> np.ndarray:
    """n_groups x 5 probabilities: None is the calibrated default for every group.

    A mapping of states, or of groups to mappings of states, replaces them.
    """
    default = calibrate_renunciation(book)
    names = [str(g) for g in groups]
    table = np.tile([default[s] for s in STATES], (len(names), 1))
    if given is None:
        return table
    if not isinstance(given, Mapping):
        raise InputError(
            f"probabilities is {to_shown(given)}, expected a mapping of states, or of groups to "
            "mappings of states"
        )
    if any(key in STATES for key in given):
        given = dict.fromkeys(names, given)
    for group, of_states in given.items():
        if group not in names:
            raise InputError(f"probabilities has no group {group!r}{to_hint(str(group), names)}")
        if not isinstance(of_states, Mapping):
            said = f"probabilities of {group} is {to_shown(of_states)}"
            raise InputError(f"{said}, expected a mapping of states such as {{'stranded': 0.5}}")
        for state, value in of_states.items():
            if state not in STATES:
                hint = to_hint(str(state), STATES)
                raise InputError(f"probabilities: {state!r} is no state{hint}")
            is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not is_number or not 0 <= value <= 1:
                raise InputError(f"probabilities: {state} is {to_shown(value)}, expected 0..1")
            table[names.index(str(group)), STATES.index(state)] = value
    return table


def find_renunciation(
    states: np.ndarray, probabilities: np.ndarray, n_groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Expected persons who give up, by row x group, from n_rows * n_groups x 5 states."""
    by_group = states.reshape(-1, n_groups, len(STATES))
    return by_group.sum(axis=2), (by_group * probabilities).sum(axis=2)
