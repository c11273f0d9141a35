"""Waiting at a counter: M/M/c queues (Erlang C), for any number of agents.

Visitors come at random at a rate, c agents serve each for a random time. With offered load
a = rate x service time and utilisation rho = a / c < 1, Erlang's B by its recursion
B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)), the probability to wait is C = B / (1 - rho (1 - B)) and
the mean wait C x service time / (c (1 - rho)). Stable for hundreds of agents (Erlang 1917;
Cooper 1981).
"""

from __future__ import annotations

import numpy as np

from maillage.errors import InputError


def find_waiting(
    visits_per_hour: np.ndarray, agents: np.ndarray, visit_minutes: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Utilisation, probability to wait and mean wait in minutes of each counter.

    visits_per_hour
        Arrivals >= 0 while the counter is open, any shape.
    agents
        Whole numbers >= 1, the same shape.
    visit_minutes
        Mean time an agent spends with a visitor, > 0.

    A queue whose utilisation is 1 or more has no mean wait: NaN, with probability 1.
    """
    rate = np.asarray(visits_per_hour, dtype=float)
    desks = np.asarray(agents, dtype=float)
    minutes = np.broadcast_to(np.asarray(visit_minutes, dtype=float), rate.shape)
    if (rate < 0).any() or not np.isfinite(rate).all():
        raise InputError("visits_per_hour has a value below 0 or missing, expected >= 0")
    if (desks < 1).any() or (desks != np.rint(desks)).any():
        raise InputError("agents has a value that is no whole number >= 1")
    if not (minutes > 0).all():
        raise InputError("visit_minutes has a value that is not > 0")
    offered = rate * minutes / 60
    use = offered / desks
    blocked = np.ones_like(rate)
    for k in range(1, int(desks.max(initial=0)) + 1):
        step = offered * blocked / (k + offered * blocked)
        blocked = np.where(k <= desks, step, blocked)
    with np.errstate(divide="ignore", invalid="ignore"):
        probability = blocked / (1 - use * (1 - blocked))
        wait = probability * minutes / (desks * (1 - use))
    is_full = use >= 1
    return use, np.where(is_full, 1.0, probability), np.where(is_full, np.nan, wait)
