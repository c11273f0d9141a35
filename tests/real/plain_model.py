"""The model once more, as plainly as it can be written: numpy, scipy's Dijkstra, pandas.

It reads the same tables and shares nothing with the engine but the definitions: a point
attaches to the nearest point of the nearest road, walks there at 5 km/h, and travels by the
shortest way in whole milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

EARTH_M = 6_371_008.8
MAX_SNAP_M = 1600.0
ACCESS_MS_PER_M = 1000 / (5 / 3.6)


def read_edges(shared_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes (lon, lat) and directed edges with positions of their nodes."""
    folder = shared_data / "corse"
    nodes = pd.read_csv(folder / "road_nodes.csv.gz", dtype={"id": str})
    edges = pd.read_csv(folder / "road_edges_car.csv.gz", dtype={"from": str, "to": str})
    position = pd.Series(np.arange(len(nodes)), index=nodes["id"])
    edges["a"], edges["b"] = position[edges["from"]].to_numpy(), position[edges["to"]].to_numpy()
    return nodes, edges


def build_car(shared_data: Path) -> PlainNetwork:
    """Cars drive at whole km/h; the table prints metres a second with four decimals."""
    nodes, edges = read_edges(shared_data)
    kmh = np.round(edges["freespeed_ms"] * 3.6)
    return PlainNetwork(nodes, edges, np.rint(1000 * edges["length_m"] / (kmh / 3.6)).to_numpy())


def build_walk(shared_data: Path, speed_kmh: float) -> PlainNetwork:
    """Every road may be walked in both directions."""
    nodes, edges = read_edges(shared_data)
    back = edges.rename(columns={"a": "b", "b": "a"})
    both = pd.concat([edges, back], ignore_index=True)
    return PlainNetwork(
        nodes, both, np.rint(1000 * both["length_m"] / (speed_kmh / 3.6)).to_numpy()
    )


@dataclass
class Attached:
    """Points on the straight roads between two nodes: fraction of the way from low to high."""

    low: np.ndarray
    high: np.ndarray
    fraction: np.ndarray
    access_ms: np.ndarray  # NaN: too far from every road


class PlainNetwork:
    """A graph of the fastest edge between any two nodes, in milliseconds."""

    def __init__(self, nodes: pd.DataFrame, edges: pd.DataFrame, ms: np.ndarray) -> None:
        self.lon, self.lat = nodes["lon"].to_numpy(), nodes["lat"].to_numpy()
        frame = pd.DataFrame({"a": edges["a"], "b": edges["b"], "ms": ms})
        frame = frame[frame["a"] != frame["b"]]
        self.best = frame.groupby(["a", "b"])["ms"].min()
        ends = np.sort(self.best.index.to_frame().to_numpy(), axis=1)
        self.low, self.high = np.unique(ends, axis=0).T

    def attach(self, lon: np.ndarray, lat: np.ndarray) -> Attached:
        """Looks at every road for every point."""
        rows = [self._attach_one(x, y) for x, y in zip(lon, lat, strict=True)]
        road = np.array([r[0] for r in rows])
        metres = np.array([r[2] for r in rows])
        access = np.where(metres <= MAX_SNAP_M, np.rint(metres * ACCESS_MS_PER_M), np.nan)
        return Attached(self.low[road], self.high[road], np.array([r[1] for r in rows]), access)

    def _attach_one(self, lon: float, lat: float) -> tuple[int, float, float]:
        shrink = np.cos(np.radians(lat))
        ax, ay = (self.lon[self.low] - lon) * shrink, self.lat[self.low] - lat
        dx = (self.lon[self.high] - self.lon[self.low]) * shrink
        dy = self.lat[self.high] - self.lat[self.low]
        length2 = np.maximum(dx * dx + dy * dy, 1e-300)
        fraction = np.clip(-(ax * dx + ay * dy) / length2, 0, 1)
        distance = np.hypot(ax + fraction * dx, ay + fraction * dy)
        best = int(np.argmin(distance))
        return best, float(fraction[best]), float(np.radians(distance[best]) * EARTH_M)

    def find_ms(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Milliseconds from nodes to their neighbours; infinite against one-ways."""
        keys = pd.MultiIndex.from_arrays([a, b])
        return self.best.reindex(keys).fillna(np.inf).to_numpy()

    def find_nearest_ms(self, places: Attached, counters: Attached) -> np.ndarray:
        """Milliseconds from every place to its nearest counter; infinite when there is none."""
        to_counter = self._find_ms_of_nodes(counters)
        best = np.full(len(places.low), np.inf)
        for node, part, other in (
            (places.low, places.fraction, places.high),
            (places.high, 1 - places.fraction, places.low),
        ):
            along = self.find_ms(other, node)
            leave = to_part(part, along)
            best = np.minimum(best, leave + to_counter[node])
        best = np.minimum(best, self._find_ms_on_one_road(places, counters))
        return np.where(np.isnan(places.access_ms), np.inf, best + places.access_ms)

    def _find_ms_of_nodes(self, counters: Attached) -> np.ndarray:
        """From every node to the nearest counter: one search from all of them, backwards."""
        n = len(self.lon)
        here = np.flatnonzero(~np.isnan(counters.access_ms))
        heads, tails, ms = [], [], []
        for node, part, other in (
            (counters.low, counters.fraction, counters.high),
            (counters.high, 1 - counters.fraction, counters.low),
        ):
            along = self.find_ms(node, other)
            enter = to_part(part, along) + counters.access_ms
            usable = here[np.isfinite(enter[here])]
            heads.append(n + usable)
            tails.append(node[usable])
            ms.append(enter[usable])
        a, b = (self.best.index.get_level_values(i).to_numpy() for i in (0, 1))
        n_all = n + len(counters.low)
        # scipy takes 0 for "no edge": every edge is shifted by a hair that rounding removes
        weights = np.concatenate([self.best.to_numpy(), *ms]) + 1e-7
        backwards = csr_array(
            (weights, (np.concatenate([b, *heads]), np.concatenate([a, *tails]))),
            shape=(n_all, n_all),
        )
        found = dijkstra(backwards, indices=n + here, min_only=True)[:n]
        return np.round(found, 2)

    def _find_ms_on_one_road(self, places: Attached, counters: Attached) -> np.ndarray:
        """Straight along the road that a place and a counter share."""
        best = np.full(len(places.low), np.inf)
        for c in np.flatnonzero(~np.isnan(counters.access_ms)):
            same = (places.low == counters.low[c]) & (places.high == counters.high[c])
            for p in np.flatnonzero(same):
                step = counters.fraction[c] - places.fraction[p]
                a, b = places.low[p : p + 1], places.high[p : p + 1]
                along = self.find_ms(a, b) if step >= 0 else self.find_ms(b, a)
                ms = to_part(np.abs([step]), along)[0]
                best[p] = min(best[p], ms + counters.access_ms[c])
        return best


def to_part(part: np.ndarray, ms: np.ndarray) -> np.ndarray:
    """A part of a road's time; none of a forbidden direction is no time."""
    return np.where(part == 0, 0, np.rint(np.where(part == 0, 1, part) * ms))


def find_states(persons: np.ndarray, reach: np.ndarray, p_b: float, p_c: float) -> pd.DataFrame:
    """The five states of one group, by place."""
    near, far = persons * reach, persons * (1 - reach)
    p_a = 1 - p_b - p_c
    return pd.DataFrame(
        {
            "choice": near * p_a,
            "counter_reliant": near * (p_b + p_c),
            "digital_only": far * p_a,
            "assisted_only": far * p_b,
            "stranded": far * p_c,
        }
    )
