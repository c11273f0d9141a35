"""Graph tools for whole arrays of edges: triangulation, nearest centres, spanning trees, chains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import (
    breadth_first_order,
    connected_components,
    dijkstra,
    minimum_spanning_tree,
)
from scipy.spatial import Delaunay

from maillage.synth.arrays import Bools, Floats, Ints


@dataclass
class Edges:
    """Undirected edges between points 0..n_points-1, a < b, ascending by (a, b), no doubles."""

    n_points: int
    a: Ints
    b: Ints

    def __len__(self) -> int:
        return len(self.a)

    def keys(self) -> Ints:
        """One ascending number per edge."""
        return self.a * self.n_points + self.b

    def subset(self, keep: Bools) -> Edges:
        """The edges where `keep` is true."""
        return Edges(self.n_points, self.a[keep], self.b[keep])

    def find(self, u: Ints, v: Ints) -> Ints:
        """Index of the edge between u and v, -1 where there is none."""
        wanted = np.minimum(u, v) * self.n_points + np.maximum(u, v)
        keys = self.keys()
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, at, -1)

    def to_matrix(self, weight: Floats) -> csr_array:
        """Both directions of every edge as a sparse matrix; weights must be above zero."""
        row = np.concatenate([self.a, self.b])
        column = np.concatenate([self.b, self.a])
        shape = (self.n_points, self.n_points)
        return csr_array((np.concatenate([weight, weight]), (row, column)), shape=shape)

    def lengths(self, xy: Floats) -> Floats:
        """Straight length of every edge in metres."""
        delta = xy[self.a] - xy[self.b]
        return np.sqrt(delta[:, 0] ** 2 + delta[:, 1] ** 2)

    def degrees(self) -> Ints:
        """Number of edges at every point."""
        return np.bincount(self.a, minlength=self.n_points) + np.bincount(
            self.b, minlength=self.n_points
        )


def build_edges(n_points: int, u: Ints, v: Ints) -> Edges:
    """Edges in canonical form from end points in any order, doubles once."""
    low, high = np.minimum(u, v), np.maximum(u, v)
    keys = np.unique(low.astype(np.int64) * n_points + high)
    return Edges(n_points, keys // n_points, keys % n_points)


def triangulate(xy: Floats) -> Edges:
    """The edges of the Delaunay triangulation of at least three points."""
    corners = Delaunay(xy).simplices.astype(np.int64)
    u = np.concatenate([corners[:, 0], corners[:, 1], corners[:, 2]])
    v = np.concatenate([corners[:, 1], corners[:, 2], corners[:, 0]])
    return build_edges(len(xy), u, v)


def find_components(edges: Edges) -> Ints:
    """Component number of every point."""
    _, label = connected_components(edges.to_matrix(np.ones(len(edges))), directed=False)
    return label


@dataclass(frozen=True)
class CentreLinks:
    """Cheapest links between neighbouring centres, and the tree that realises them.

    `s`, `t` indices into the list of centres, `cost` of the whole link, `edge` the edge where
    the two catchments meet; `nearest` the centre of every point, `parent` the next point
    towards it (-9999 at a centre).
    """

    s: Ints
    t: Ints
    cost: Floats
    edge: Ints
    nearest: Ints
    parent: Ints


def link_centres(edges: Edges, weight: Floats, centres: Ints) -> CentreLinks:
    """Links every two centres whose catchments touch, by the cheapest way through the border."""
    matrix = edges.to_matrix(weight)
    distance, parent, source = dijkstra(
        matrix, indices=centres, return_predecessors=True, min_only=True
    )
    number = np.full(edges.n_points, -1)
    number[centres] = np.arange(len(centres))
    nearest = np.where(source >= 0, number[np.maximum(source, 0)], -1)
    s, t = nearest[edges.a], nearest[edges.b]
    border = np.flatnonzero((s != t) & (s >= 0) & (t >= 0))
    low, high = np.minimum(s[border], t[border]), np.maximum(s[border], t[border])
    cost = distance[edges.a[border]] + weight[border] + distance[edges.b[border]]
    order = np.lexsort((border, cost, high, low))
    pair = (low * len(centres) + high)[order]
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    best = order[first]
    return CentreLinks(low[best], high[best], cost[best], border[best], nearest, parent)


def keep_relative_neighbours(links: CentreLinks, n_centres: int, slack: float = 1.0) -> Bools:
    """Links that no third centre is nearer to both ends of, than `slack` times the link.

    With slack 1 this is the relative neighbourhood graph: it spans what is connected and has
    few loops. A lower slack keeps more links.
    """
    edges = Edges(n_centres, links.s, links.t)  # links come in ascending order of (s, t)
    keep = np.ones(len(links.s), dtype=bool)
    if len(links.s) == 0:
        return keep
    neighbour, cost, start = _adjacency(edges, links.cost)
    count = np.diff(start)[links.s]
    link = np.repeat(np.arange(len(links.s)), count)
    slot = np.arange(len(link)) - np.repeat(np.cumsum(count) - count, count)
    entry = start[links.s[link]] + slot
    third = neighbour[entry]
    other = edges.find(third, links.t[link])
    longest = np.maximum(cost[entry], np.where(other >= 0, links.cost[other], np.inf))
    keep[link[longest < slack * links.cost[link]]] = False
    return keep


def _adjacency(edges: Edges, weight: Floats) -> tuple[Ints, Floats, Ints]:
    matrix = edges.to_matrix(weight)
    matrix.sort_indices()
    neighbour = np.asarray(matrix.indices, dtype=np.int64)
    return neighbour, np.asarray(matrix.data, dtype=np.float64), np.asarray(matrix.indptr)


def mark_paths(parent: Ints, starts: Ints) -> Bools:
    """Points passed on the way from `starts` to the centres, the ends of each way included."""
    passed = np.zeros(len(parent), dtype=bool)
    frontier = np.unique(starts)
    while len(frontier):
        passed[frontier] = True
        above = parent[frontier]
        frontier = np.unique(above[above >= 0])
        frontier = frontier[~passed[frontier]]
    return passed


def find_spanning_tree(edges: Edges, weight: Floats) -> Bools:
    """The edges of the cheapest tree that spans each component (ties by order of the edges)."""
    # distinct weights make the tree unique, whatever the order inside the library
    distinct = np.empty(len(edges))
    distinct[np.lexsort((np.arange(len(edges)), weight))] = np.arange(1.0, len(edges) + 1.0)
    matrix = csr_array((distinct, (edges.a, edges.b)), shape=(edges.n_points,) * 2)
    tree = minimum_spanning_tree(matrix).tocoo()
    kept = np.zeros(len(edges), dtype=bool)
    kept[edges.find(tree.row.astype(np.int64), tree.col.astype(np.int64))] = True
    return kept


def find_tree_distances(tree: Edges, weight: Floats, pairs: Edges) -> Floats:
    """Length of the way along a tree between the ends of each pair; infinite between two trees.

    `tree` may be a forest. Uses binary lifting, so a pair costs the logarithm of the depth.
    """
    parent, above = _root_forest(tree, weight)
    jumps, rises = [parent], [above]
    while np.any(jumps[-1][jumps[-1]] != jumps[-1]):
        jump, rise = jumps[-1], rises[-1]
        jumps.append(jump[jump])
        rises.append(rise + rise[jump])
    depth = _depths(jumps)
    u, v = pairs.a.copy(), pairs.b.copy()
    deeper = depth[u] < depth[v]
    u[deeper], v[deeper] = v[deeper], u[deeper]
    way = np.zeros(len(pairs))
    gap = depth[u] - depth[v]
    for level in range(len(jumps)):
        step = (gap >> level) & 1 == 1
        way[step] += rises[level][u[step]]
        u[step] = jumps[level][u[step]]
    for level in reversed(range(len(jumps))):
        apart = jumps[level][u] != jumps[level][v]
        way[apart] += rises[level][u[apart]] + rises[level][v[apart]]
        u[apart], v[apart] = jumps[level][u[apart]], jumps[level][v[apart]]
    last = u != v
    way[last] += above[u[last]] + above[v[last]]
    way[last & (parent[u] != parent[v])] = np.inf
    return way


def _root_forest(tree: Edges, weight: Floats) -> tuple[Ints, Floats]:
    """Parent of every point (itself at a root) and the length of the edge to it."""
    n = tree.n_points
    label = find_components(tree)
    _, first = np.unique(label, return_index=True)
    # one extra point above all trees lets one search root them all
    u = np.concatenate([tree.a, first])
    v = np.concatenate([tree.b, np.full(len(first), n)])
    whole = build_edges(n + 1, u, v)
    _, parent = breadth_first_order(
        whole.to_matrix(np.ones(len(whole))), n, directed=True, return_predecessors=True
    )
    parent = parent[:n].astype(np.int64)
    roots = parent == n
    parent[roots] = np.flatnonzero(roots)
    above = np.zeros(n)
    inner = np.flatnonzero(~roots)
    above[inner] = weight[tree.find(inner, parent[inner])]
    return parent, above


def _depths(jumps: list[Ints]) -> Ints:
    n = len(jumps[0])
    depth = np.zeros(n, dtype=np.int64)
    at = np.arange(n)
    for level in reversed(range(len(jumps))):
        # rise as far as still below the root: a jump counts when it does not reach the root
        root = jumps[0][jumps[level][at]] == jumps[level][at]
        rise = ~root
        depth[rise] += 1 << level
        at = np.where(rise, jumps[level][at], at)
    return depth + (jumps[0][at] != at)
