"""Gives roads their bends: the nodes between two crossings, and the number of every node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.synth.arrays import Floats, Ints, Keys
from maillage.synth.classes import PRIMARY, SECONDARY, STEPS, TERTIARY, TRUNK
from maillage.synth.draws import Draws
from maillage.synth.noise import wave
from maillage.synth.roadset import RoadSet


@dataclass(frozen=True)
class RoadNodes:
    """All nodes of the roads, neighbours near in number.

    `xy` n_nodes x 2; `of_point` node of every point of the road set (-1: not used); the nodes
    between the ends of piece i are `first[i]` to `first[i] + count[i] - 1`, from its a to its b.
    """

    xy: Floats
    of_point: Ints
    first: Ints
    count: Ints

    def piece_of_node(self) -> Ints:
        """The piece that each inner node belongs to, -1 for the ends of pieces."""
        piece = np.full(len(self.xy), -1)
        piece[self.inner_nodes()] = np.repeat(np.arange(len(self.count)), self.count)
        return piece

    def inner_nodes(self) -> Ints:
        """The inner nodes of all pieces, piece after piece."""
        return _runs(self.first, self.count)


def build_nodes(roads: RoadSet, n_wanted: int, draws: Draws) -> RoadNodes:
    """Nodes of all roads, about `n_wanted` of them; more bends get more nodes."""
    used = np.zeros(roads.n_points, dtype=bool)
    used[roads.a] = True
    used[roads.b] = True
    count = _inner_counts(roads, n_wanted - int(used.sum()))
    order = np.argsort(_morton(roads.xy), kind="stable")
    order = order[used[order]]
    rank = np.full(roads.n_points, -1)
    rank[order] = np.arange(len(order))
    # each point is followed by the inner nodes of the pieces that begin at it
    start_rank = rank[roads.a]
    by_start = np.argsort(start_rank, kind="stable")
    behind = np.bincount(start_rank, weights=count, minlength=len(order)).astype(np.int64)
    base = np.cumsum(behind + 1) - (behind + 1)
    sorted_count = count[by_start]
    before = np.cumsum(sorted_count) - sorted_count
    group_start = before[np.searchsorted(start_rank[by_start], start_rank[by_start])]
    first = np.empty(len(roads), dtype=np.int64)
    first[by_start] = base[start_rank[by_start]] + 1 + before - group_start
    xy = np.empty((len(order) + int(count.sum()), 2))
    xy[base] = roads.xy[order]
    of_point = np.full(roads.n_points, -1)
    of_point[order] = base
    nodes = RoadNodes(xy, of_point, first, count)
    _bend(roads, nodes, draws)
    return nodes


def _inner_counts(roads: RoadSet, budget: int) -> Ints:
    """Inner nodes per piece, so that their sum comes near to the budget."""
    length = roads.lengths()
    calm = np.isin(roads.road_class, (TRUNK, PRIMARY))
    effort = length * (1.0 + 2.2 * roads.mountain) * np.where(calm, 0.8, 1.0)
    effort[~roads.bends] = 0.0
    effort[roads.road_class == STEPS] *= 0.5
    low, high = 10.0, 50_000.0
    for _ in range(50):
        spacing = 0.5 * (low + high)
        if np.floor(effort / spacing).sum() > budget:
            low = spacing
        else:
            high = spacing
    count = np.minimum(np.floor(effort / high), 60.0).astype(np.int64)
    count[roads.blocked] = np.maximum(count[roads.blocked], 1)
    return count


def _bend(roads: RoadSet, nodes: RoadNodes, draws: Draws) -> None:
    """Places the inner nodes on a smooth curve between the ends of their piece."""
    piece = np.repeat(np.arange(len(roads)), nodes.count)
    start = np.cumsum(nodes.count) - nodes.count
    step = np.arange(len(piece)) - np.repeat(start, nodes.count)
    t = (step + 1.0) / (nodes.count[piece] + 1.0)
    length = roads.lengths()
    keys = roads.a * 4_000_037 + roads.b
    large = (roads.road_class >= TRUNK) & (roads.road_class <= SECONDARY)
    calm = np.where(large, 0.6, np.where(roads.road_class == TERTIARY, 0.85, 1.0))
    calm *= 1.0 - 0.7 * np.minimum(1.0, 2.0 * roads.urban)
    arc = length * calm * 0.055 * draws.fork("arc").bell(keys)
    sway = length * calm * 0.04 * draws.fork("sway").bell(keys)
    turns = np.maximum(1.0, np.floor(length / 430.0))
    hairpin = calm * roads.mountain * draws.fork("hairpin").between(35.0, 95.0, keys)
    hairpin *= np.minimum(1.0, length / 900.0) * (1.0 + 0.35 * roads.in_valley)
    phase = draws.fork("phase").uniform(keys)
    envelope = 4.0 * t * (1.0 - t)
    aside = envelope * (arc[piece] + sway[piece] * wave(t + phase[piece]))
    # hairpins of unequal width and spacing
    width = np.minimum(1.0, 2.0 * envelope) * (0.62 + 0.38 * wave(2.3 * t + 3.0 * phase[piece]))
    slip = 0.22 * wave(1.7 * t * np.sqrt(turns[piece]) + phase[piece])
    aside += width * hairpin[piece] * wave(turns[piece] * t + slip)
    a, b = roads.xy[roads.a], roads.xy[roads.b]
    along = (b - a) / np.maximum(length, 1e-6)[:, None]
    inner = nodes.inner_nodes()
    for axis, sign, normal in ((0, -1.0, along[:, 1]), (1, 1.0, along[:, 0])):
        straight = a[piece, axis] * (1.0 - t) + b[piece, axis] * t
        nodes.xy[inner, axis] = straight + sign * aside * normal[piece]


def _morton(xy: Floats) -> Keys:
    """A number per point such that near points mostly have near numbers."""
    low = xy.min(axis=0)
    scale = 65_535.0 / max(float((xy.max(axis=0) - low).max()), 1.0)
    code = np.zeros(len(xy), dtype=np.uint64)
    for axis in (0, 1):
        v = ((xy[:, axis] - low[axis]) * scale).astype(np.uint64)
        for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
            v = (v | (v << np.uint64(shift))) & np.uint64(mask)
        code |= v << np.uint64(axis)
    return code


def _runs(first: Ints, count: Ints) -> Ints:
    """first[0], first[0] + 1, ... count[0] numbers, then those of the next run."""
    start = np.cumsum(count) - count
    return np.repeat(first - start, count) + np.arange(int(count.sum()))
