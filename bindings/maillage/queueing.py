"""Waiting at a counter: M/M/c queues (Erlang C), for any number of agents, whole or not.

Visitors come at random at a rate, c agents serve each for a random time. With offered load
a = rate x service time and utilisation rho = a / c < 1, Erlang's B by its recursion
B(k) = a B(k-1) / (k + a B(k-1)), the probability to wait is C = B / (1 - rho (1 - B)) and the mean
wait C x service time / (c (1 - rho)). Stable for hundreds of agents (Erlang 1917; Cooper 1981).

Between whole numbers B is Erlang's function continued to real c: the recursion starts from
B(f) = a^f exp(-a) / Gamma(f + 1, a) for the part f of an agent, Gamma the upper incomplete gamma
function; B(0) = 1 (Jagerman 1974; Jagers and van Doorn 1986). Less than one agent is one agent who
is there for that part of the open hours, when all visitors come: M/M/1 at the rate / c.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gamma, gammaincc

from maillage.errors import InputError

_SERIES_FROM = 50.0  # offered load from which the asymptotic series is exact to the last digits
_SERIES_TERMS = 20


def find_waiting(
    visits_per_hour: np.ndarray, agents: np.ndarray, visit_minutes: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Utilisation, probability to wait and mean wait in minutes of each counter.

    visits_per_hour
        Arrivals >= 0 while the counter is open, any shape.
    agents
        Numbers > 0, the same shape.
    visit_minutes
        Mean time an agent spends with a visitor, > 0.

    A queue whose utilisation is 1 or more has no mean wait: NaN, with probability 1.
    """
    rate = np.asarray(visits_per_hour, dtype=float)
    desks = np.asarray(agents, dtype=float)
    minutes = np.broadcast_to(np.asarray(visit_minutes, dtype=float), rate.shape)
    if (rate < 0).any() or not np.isfinite(rate).all():
        raise InputError("visits_per_hour has a value below 0 or missing, expected >= 0")
    if not ((desks > 0) & np.isfinite(desks)).all():
        raise InputError("agents has a value that is not > 0")
    if not ((minutes > 0) & np.isfinite(minutes)).all():
        raise InputError("visit_minutes has a value that is not > 0")
    rate, desks = rate / np.minimum(desks, 1), np.maximum(desks, 1)
    offered = rate * minutes / 60
    use = offered / desks
    part = desks - np.floor(desks)
    blocked = _find_first_blocked(part, offered)
    for k in range(1, int(desks.max(initial=0)) + 1):
        step = offered * blocked / (k + part + offered * blocked)
        blocked = np.where(k <= desks, step, blocked)
    with np.errstate(divide="ignore", invalid="ignore"):
        probability = blocked / (1 - use * (1 - blocked))
        wait = probability * minutes / (desks * (1 - use))
    is_full = use >= 1
    return use, np.where(is_full, 1.0, probability), np.where(is_full, np.nan, wait)


def _find_first_blocked(part: np.ndarray, offered: np.ndarray) -> np.ndarray:
    """Erlang's B of a part of an agent in [0, 1): 1 for none."""
    out = np.ones(np.broadcast_shapes(part.shape, offered.shape))
    few = (part > 0) & (offered < _SERIES_FROM)
    f, a = part[few], offered[few]
    out[few] = a**f * np.exp(-a) / (gamma(f + 1) * gammaincc(f + 1, a))
    many = (part > 0) & ~few
    f, a = part[many], offered[many]
    term, total = np.ones_like(a), np.ones_like(a)
    for k in range(_SERIES_TERMS):  # 1 / B = 1 + f / a + f (f - 1) / a^2 + ...
        term = term * (f - k) / a
        total = total + term
    out[many] = 1 / total
    return out
