"""Motorways: two carriageways along the main axes, with interchanges to the roads they cross."""

from __future__ import annotations

import numpy as np

from maillage.synth.arrays import Floats, Ints
from maillage.synth.classes import MOTORWAY, MOTORWAY_LINK, SECONDARY, TERTIARY, TRUNK
from maillage.synth.noise import smooth_step, wave
from maillage.synth.plane import Nearest
from maillage.synth.roadset import RoadSet, new_pieces
from maillage.synth.settlements import Settlements

STEP_M = 400.0
HALF_GAP_M = 14.0
INTERCHANGE_EVERY_M = 8_500.0
# Metropolitan France has 21 m of motorway per km2.
MOTORWAY_M_PER_KM2 = 21.0
SHORTEST_M = 12_000.0
PIECES_PER_WAY = 9


def add_motorways(
    roads: RoadSet, trunk_ways: list[Ints], settlements: Settlements, area_km2: float
) -> tuple[RoadSet, Ints]:
    """Adds motorways along the most important axes between towns, `trunk_ways` by importance.

    Returns the roads and the crossings where ramps meet them.
    """
    main = _ramp_targets(roads)
    ramps = Nearest(roads.xy[main])
    budget_m = MOTORWAY_M_PER_KM2 * area_km2
    gates: list[Ints] = []
    chain = 0
    for number, way in enumerate(_join_ways(roads.xy, trunk_ways)):
        line = _motorway_line(roads.xy[way], settlements)
        # the last one ends where the money does
        line = line[: max(int(budget_m / STEP_M), 0)]
        if len(line) * STEP_M < SHORTEST_M:
            continue
        budget_m -= STEP_M * len(line)
        distance, near = ramps.find(line)
        at = _interchanges(distance, line)
        if len(at) < 2:
            continue
        line = line[at[0] : at[-1] + 1]
        targets = main[near[at]]
        roads = _add_carriageways(roads, line, at - at[0], targets, (chain, number + 1))
        chain = int(roads.chain.max()) + 1
        gates.append(targets)
    return roads, np.unique(np.concatenate(gates)) if gates else np.zeros(0, dtype=np.int64)


def _join_ways(xy: Floats, ways: list[Ints]) -> list[Ints]:
    """Longer ways: each goes on through its end towns while another leads onwards."""
    unused = list(range(len(ways)))
    joined = []
    while unused:
        line = ways[unused.pop(0)]
        for _ in range(2):  # one end, then the other
            while True:
                onwards = _next_way(xy, line, [(k, ways[k]) for k in unused])
                if onwards is None:
                    break
                number, rest = onwards
                unused.remove(number)
                line = np.concatenate([line, rest[1:]])
            line = line[::-1]
        joined.append(line)
    return joined


def _next_way(xy: Floats, line: Ints, ways: list[tuple[int, Ints]]) -> tuple[int, Ints] | None:
    """The way that leaves the end of a line most straight on, less than a right angle off."""
    ahead = _direction(xy[line[max(len(line) - 25, 0)]], xy[line[-1]])
    best, best_turn = None, 0.15
    for number, way in ways:
        for rest in (way, way[::-1]):
            if rest[0] != line[-1] or np.isin(rest[-1], line):
                continue
            turn = float(ahead @ _direction(xy[rest[0]], xy[rest[min(len(rest) - 1, 25)]]))
            if turn > best_turn:
                best, best_turn = (number, rest), turn
    return best


def _direction(start: Floats, end: Floats) -> Floats:
    delta = end - start
    return delta / max(float(np.sqrt((delta**2).sum())), 1e-9)


def _ramp_targets(roads: RoadSet) -> Ints:
    """Crossings of larger roads outside dense streets."""
    large = (roads.road_class >= TRUNK) & (roads.road_class <= SECONDARY) & (roads.urban < 0.35)
    found = np.unique(np.concatenate([roads.a[large], roads.b[large]]))
    if len(found) < 4:
        large = (roads.road_class >= TRUNK) & (roads.road_class <= TERTIARY)
        found = np.unique(np.concatenate([roads.a[large], roads.b[large]]))
    return found


def _motorway_line(way: Floats, settlements: Settlements) -> Floats:
    """The middle line of a motorway: a smooth copy of the way that passes beside the towns."""
    points = _smooth(_resample(way, STEP_M), 160)
    # villages are passed as they come
    towns = settlements.xy[: max(int((settlements.persons >= 5_000).sum()), 1)]
    distance, town = Nearest(towns).find(points)
    clear_m = 0.8 * settlements.reach_m[town] + 500.0
    aside = 260.0 * wave(0.045 * np.arange(len(points)))
    aside += (
        clear_m
        * smooth_step(-distance / clear_m, -2.2, -0.3)
        * _town_sides(points, settlements.xy, town)
    )
    along = np.gradient(points, axis=0)
    along /= np.sqrt((along**2).sum(axis=1))[:, None]
    line = points + np.column_stack([along[:, 1], -along[:, 0]]) * aside[:, None]
    line = _resample(_smooth(line, 40), STEP_M)
    # it begins and ends outside the streets
    distance, town = Nearest(towns).find(line)
    outside = np.flatnonzero(distance > 0.7 * settlements.reach_m[town] + 400.0)
    return line[outside[0] : outside[-1] + 1] if len(outside) else line[:0]


def _town_sides(points: Floats, towns: Floats, town: Ints) -> Floats:
    """+1 or -1 per point: the side on which the line passes the town nearest to it."""
    along = np.gradient(points, axis=0)
    out = points - towns[town]
    right = out[:, 0] * along[:, 1] - out[:, 1] * along[:, 0]
    total = np.zeros(len(towns))
    np.add.at(total, town, np.where(right >= 0, 1.0, -1.0) / (1.0 + (out**2).sum(axis=1) / 1e6))
    return np.where(total[town] >= 0, 1.0, -1.0)


def _smooth(points: Floats, times: int) -> Floats:
    points = points.copy()
    for _ in range(times):
        points[1:-1] = 0.25 * points[:-2] + 0.5 * points[1:-1] + 0.25 * points[2:]
    return points


def _resample(way: Floats, step_m: float) -> Floats:
    delta = np.diff(way, axis=0)
    position = np.concatenate([[0.0], np.cumsum(np.sqrt((delta**2).sum(axis=1)))])
    n_steps = max(int(position[-1] / step_m), 1)
    at = np.linspace(0.0, position[-1], n_steps + 1)
    return np.column_stack([np.interp(at, position, way[:, k]) for k in (0, 1)])


def _interchanges(distance: Floats, line: Floats) -> Ints:
    """Places on the line with a road near by: the ends, and about every 8 km between."""
    n = len(line)
    ends = min(n // 3, 10)
    first = int(np.argmin(distance[:ends]))
    last = n - 1 - int(np.argmin(distance[::-1][:ends]))
    n_between = max(round((last - first) * STEP_M / INTERCHANGE_EVERY_M) - 1, 0)
    at = [first]
    for k in range(n_between):
        centre = first + (last - first) * (k + 1) // (n_between + 1)
        window = np.arange(max(centre - 6, at[-1] + 6), min(centre + 7, last - 5))
        if len(window) == 0:
            continue
        best = window[np.argmin(np.abs(distance[window] - 350.0))]
        if distance[best] < 1_500.0:
            at.append(int(best))
    if last > at[-1] + 6:
        at.append(last)
    return np.array(at)


def _add_carriageways(
    roads: RoadSet, line: Floats, at: Ints, targets: Ints, numbers: tuple[int, int]
) -> RoadSet:
    """Both carriageways and the ramps; `numbers` are the first chain and the road's number."""
    chain, ref = numbers
    along = np.gradient(line, axis=0)
    along /= np.sqrt((along**2).sum(axis=1))[:, None]
    right = np.column_stack([along[:, 1], -along[:, 0]]) * HALF_GAP_M
    n, start = len(line), roads.n_points
    xy = np.concatenate([roads.xy, line + right, line - right])
    there = start + np.arange(n)
    back = start + n + np.arange(n)[::-1]
    block = np.arange(n - 1) // PIECES_PER_WAY
    for k, side in enumerate((there, back)):
        roads = roads.append(
            new_pieces(
                xy,
                side[:-1],
                side[1:],
                MOTORWAY,
                oneway=True,
                ref=ref,
                chain=chain + block * 2 + k,
                bends=False,
            )
        )
    ramps = chain + 2 * (int(block[-1]) + 1)
    off, on = _ramps(there, back, at, targets)
    a = np.concatenate([off[:, 0], on[:, 0]])
    b = np.concatenate([off[:, 1], on[:, 1]])
    return roads.append(
        new_pieces(xy, a, b, MOTORWAY_LINK, oneway=True, ref=0, chain=ramps + np.arange(len(a)))
    )


def _ramps(there: Ints, back: Ints, at: Ints, targets: Ints) -> tuple[Ints, Ints]:
    """Ramps off and on as rows (from, to): two of each where the motorway goes on both ways."""
    n = len(there)
    off, on = [], []
    for place, target in zip(at.tolist(), targets.tolist(), strict=True):
        for side, k in ((there, place), (back, n - 1 - place)):
            if k > 0:  # traffic arrives
                off.append((int(side[max(k - 1, 0)] if k < n - 1 else side[k]), target))
            if k < n - 1:  # traffic leaves
                on.append((target, int(side[k + 1] if k > 0 else side[k])))
    return np.array(off, dtype=np.int64), np.array(on, dtype=np.int64)
