"""Spreads points over a plane with a density that varies: dense towns, empty mountains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.draws import Draws, to_unit
from maillage.synth.plane import Nearest

Density = Callable[[Floats], Floats]

# Squares are handled in blocks of this many, so that memory stays small for a country.
_BLOCK = 65_536


def sample_points(
    density: Density, bounds: tuple[float, float, float, float], draws: Draws, start_m: float
) -> Floats:
    """Points whose expected number per square kilometre is `density`.

    The plane is cut into squares of `start_m` (no larger than the smallest thing that
    `density` knows); a square that expects more than one point is cut in four, and so on;
    each last square holds at most one point. Stratified so, the points are more even
    than chance. The squares lie at an angle, so that no line of points runs north.
    Returns n x 2 metres, in the order of the squares.
    """
    x0, y0, x1, y1 = bounds
    half = 0.655 * max(x1 - x0, y1 - y0)  # 17 / 26: the bounds, turned
    n_side = int(np.ceil(2.0 * half / start_m))
    squares = np.arange(n_side * n_side, dtype=np.int64)
    found = []
    for block in range(0, len(squares), _BLOCK):
        part = squares[block : block + _BLOCK]
        corner = np.column_stack([part % n_side, part // n_side]).astype(np.float64)
        found += _refine(corner * start_m - half, start_m, density, draws)
    return np.concatenate(found)


def _refine(corner: Floats, size: float, density: Density, draws: Draws) -> list[Floats]:
    found = []
    level = 0
    while len(corner):
        layer = draws.fork(f"level{level}")
        expected = _expected(corner, size, density)
        split = expected > 1.0
        found.append(_one_point(corner[~split], size, expected[~split], layer))
        size *= 0.5
        corner = (corner[split][:, None, :] + size * _QUARTERS).reshape(-1, 2)
        level += 1
    return found


_QUARTERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def _expected(corner: Floats, size: float, density: Density) -> Floats:
    """Points expected in each square, from the density at four inner points."""
    total = np.zeros(len(corner))
    for offset in _QUARTERS * 0.5 + 0.25:
        total += density(_turn(corner + size * offset))
    return total * 0.25 * (size * size * 1e-6)


def _one_point(corner: Floats, size: float, expected: Floats, draws: Draws) -> Floats:
    # centimetres: distinct for all squares, equal for none
    i = np.round(corner[:, 0] * 100.0).astype(np.int64)
    j = np.round(corner[:, 1] * 100.0).astype(np.int64)
    taken = to_unit(draws.bits2(i, j)) < expected
    i, j, corner = i[taken], j[taken], corner[taken]
    jitter = np.column_stack(
        [to_unit(draws.fork("x").bits2(i, j)), to_unit(draws.fork("y").bits2(i, j))]
    )
    return _turn(corner + size * jitter)


def _turn(xy: Floats) -> Floats:
    """Turns by the angle of the 5-12-13 triangle."""
    x, y = xy[:, 0], xy[:, 1]
    return np.column_stack([(12.0 * x - 5.0 * y) / 13.0, (5.0 * x + 12.0 * y) / 13.0])


def thin_points(xy: Floats, spacing_m: Floats, rank: Ints) -> Bools:
    """Which points stay when none may be nearer to another than the spacing there.

    Of two points too near, the one with the lower `rank` stays; ranks are distinct.
    """
    keep = np.ones(len(xy), dtype=bool)
    for _ in range(4):
        alive = np.flatnonzero(keep)
        distance, neighbour = Nearest(xy[alive]).find_several(xy[alive], 2)
        near = distance[:, 1] < spacing_m[alive]
        drop = near & (rank[alive] > rank[alive[neighbour[:, 1]]])
        keep[alive[drop]] = False
    return keep
