"""Joins pieces of road to ways, as mappers draw them: on through crossings while all is equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.synth.arrays import Bools, Ints
from maillage.synth.draws import Draws
from maillage.synth.roadset import FREE, RoadSet
from maillage.synth.shapes import RoadNodes


@dataclass(frozen=True)
class Ways:
    """Ways over nodes: row w has the nodes refs[offsets[w]:offsets[w + 1]].

    `piece` its first piece, whose columns are those of the whole way; `of_piece` the way of
    every piece; `forward` whether a piece is passed from its a to its b.
    """

    offsets: Ints
    refs: Ints
    piece: Ints
    of_piece: Ints
    forward: Bools

    def __len__(self) -> int:
        return len(self.piece)


def build_ways(
    roads: RoadSet, nodes: RoadNodes, signature: Ints, closed: Bools, draws: Draws
) -> Ways:
    """Joins pieces of equal `signature`; no way passes through a point that is `closed`."""
    mate = _pair_ends(roads, signature, closed, draws)
    group, position, forward = _follow(mate, roads.oneway)
    # pieces that belong together already keep their order
    fixed = roads.chain != FREE
    group = np.where(fixed, 2 * len(roads) + roads.chain, group)
    position = np.where(fixed, np.arange(len(roads)), position)
    forward |= fixed
    order = np.lexsort((position, group))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    # ways in the order of their place, as their nodes are
    node_a, node_b = nodes.of_point[roads.a], nodes.of_point[roads.b]
    begin = np.where(forward, node_a, node_b)
    way_of_slot = np.cumsum(np.diff(group[order], prepend=-1) != 0) - 1
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(begin[order[first]], kind="stable")] = np.arange(len(first))
    order = order[np.argsort(rank[way_of_slot], kind="stable")]
    return _lay_out(nodes, (node_a, node_b), order, forward, group)


def _lay_out(
    nodes: RoadNodes, ends: tuple[Ints, Ints], order: Ints, forward: Bools, group: Ints
) -> Ways:
    node_a, node_b = ends
    fresh = np.diff(group[order], prepend=-1) != 0
    way = np.cumsum(fresh) - 1
    n_ways = int(way[-1]) + 1
    count = nodes.count[order]
    ahead = forward[order]
    # every piece gives its first node and its inner nodes; the last of a way gives its end too
    is_last = np.append(fresh[1:], True)
    size = count + 1 + is_last
    offsets = np.zeros(n_ways + 1, dtype=np.int64)
    np.cumsum(np.bincount(way, weights=size, minlength=n_ways).astype(np.int64), out=offsets[1:])
    at = np.cumsum(size) - size
    refs = np.empty(int(offsets[-1]), dtype=np.int64)
    refs[at] = np.where(ahead, node_a[order], node_b[order])
    refs[(at + count + 1)[is_last]] = np.where(ahead, node_b[order], node_a[order])[is_last]
    slot = np.repeat(np.arange(len(order)), count)
    step = np.arange(len(slot)) - np.repeat(np.cumsum(count) - count, count)
    back = count[slot] - 1 - step
    refs[at[slot] + 1 + step] = nodes.first[order][slot] + np.where(ahead[slot], step, back)
    of_piece = np.empty(len(order), dtype=np.int64)
    of_piece[order] = way
    return Ways(offsets, refs, order[fresh], of_piece, forward)


def _pair_ends(roads: RoadSet, signature: Ints, closed: Bools, draws: Draws) -> Ints:
    """For every end of a piece (2 i at its a, 2 i + 1 at its b) the end it goes on to, or -1.

    Two pieces of one signature that meet go on into each other; of three, the straightest two.
    """
    n = len(roads)
    point = np.column_stack([roads.a, roads.b]).ravel()
    other = np.column_stack([roads.b, roads.a]).ravel()
    kind = np.repeat(signature, 2)
    # the ways of real maps end here and there for reasons that are not on the map
    stop = closed | (draws.fork("stop").uniform(np.arange(roads.n_points)) < 0.13)
    ends = np.flatnonzero(np.repeat(roads.chain == FREE, 2) & ~stop[point])
    ends = ends[np.lexsort((ends, kind[ends], point[ends]))]
    fresh = (np.diff(point[ends], prepend=-1) != 0) | (np.diff(kind[ends], prepend=-1) != 0)
    start = np.flatnonzero(fresh)
    size = np.diff(np.append(start, len(ends)))
    mate = np.full(2 * n, -1)
    two = start[size == 2]
    _join(mate, ends[two], ends[two + 1], roads.oneway)
    three = start[size == 3]
    if len(three):
        out = roads.xy[other] - roads.xy[point]
        out /= np.maximum(np.sqrt((out**2).sum(axis=1)), 1e-9)[:, None]
        trio = [ends[three], ends[three + 1], ends[three + 2]]
        pairs = [(0, 1), (0, 2), (1, 2)]
        bend = np.column_stack([(out[trio[i]] * out[trio[j]]).sum(axis=1) for i, j in pairs])
        best = np.argmin(bend, axis=1)
        for number, (i, j) in enumerate(pairs):
            rows = best == number
            _join(mate, trio[i][rows], trio[j][rows], roads.oneway)
    return mate


def _join(mate: Ints, first: Ints, second: Ints, oneway: Bools) -> None:
    """Joins two lists of ends in place, where traffic can go from one piece to the other."""
    both_ways = ~oneway[first // 2]
    heads = (first % 2) != (second % 2)
    fits = (both_ways | heads) & (first // 2 != second // 2)
    mate[first[fits]] = second[fits]
    mate[second[fits]] = first[fits]


def _follow(mate: Ints, oneway: Bools) -> tuple[Ints, Ints, Bools]:
    """Way, position in it and direction of every piece, by doubling the steps ahead.

    A state is a piece entered at one of its ends; it leads to the next piece of its way.
    """
    n = len(oneway)
    states = np.arange(2 * n)
    ahead = mate[states ^ 1]
    jump = np.where(ahead >= 0, ahead, states)
    steps = (ahead >= 0).astype(np.int64)
    for _ in range(int(np.ceil(np.log2(max(2 * n, 2)))) + 1):
        reach = jump[jump]
        if np.array_equal(reach, jump):
            break
        steps = steps + steps[jump]
        jump = reach
    ring = mate[jump ^ 1] >= 0  # still going on: a way that closes on itself
    jump[ring], steps[ring] = states[ring], 0
    forward = oneway | (jump[0::2] < jump[1::2])
    taken = np.where(forward, states[0::2], states[1::2])
    return jump[taken], -steps[taken], forward
