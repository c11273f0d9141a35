"""The roads of a generated country as columns: one row a straight piece between two points."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.classes import is_for_cars

FREE = -1  # a piece that may be joined to others to make a longer way

# Values of `access`.
OPEN, PRIVATE, DESTINATION, PERMISSIVE, NO_MOTOR, AGRICULTURAL = range(6)


@dataclass
class RoadSet:
    """Pieces of road between points `xy`; all columns but `xy` have one entry per piece.

    `a`, `b` points, traffic runs a to b where `oneway`; `road_class` see classes;
    `roundabout`, `bridge`, `loop` (can be lost), `blocked` (a bollard stands in the middle);
    `access`; `urban`, `mountain` 0..1; `in_valley`; `ref` number of the road (0 none);
    `chain` pieces of one chain form one way in order of rows, FREE pieces are joined later;
    `bends` whether the piece may curve.
    """

    xy: Floats
    a: Ints
    b: Ints
    road_class: Ints
    oneway: Bools
    roundabout: Bools
    bridge: Bools
    loop: Bools
    blocked: Bools
    access: Ints
    urban: Floats
    mountain: Floats
    in_valley: Bools
    ref: Ints
    chain: Ints
    bends: Bools

    def __len__(self) -> int:
        return len(self.a)

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.xy)

    def lengths(self) -> Floats:
        """Straight length of every piece in metres."""
        delta = self.xy[self.a] - self.xy[self.b]
        return np.sqrt(delta[:, 0] ** 2 + delta[:, 1] ** 2)

    def take(self, rows: Ints) -> RoadSet:
        """The pieces of `rows`, all points kept."""
        columns = {c.name: getattr(self, c.name)[rows] for c in fields(self) if c.name != "xy"}
        return RoadSet(xy=self.xy, **columns)

    def append(self, other: RoadSet) -> RoadSet:
        """Both sets of pieces; `other` has the points of this set first."""
        columns = {
            c.name: np.concatenate([getattr(self, c.name), getattr(other, c.name)])
            for c in fields(self)
            if c.name != "xy"
        }
        return RoadSet(xy=other.xy, **columns)

    def with_points(self, xy: Floats) -> RoadSet:
        """The same pieces on points with other places (or with more points behind)."""
        return replace(self, xy=xy)

    def for_cars(self) -> Bools:
        """Pieces that any car may drive along from end to end, on its way to somewhere else."""
        passable = np.isin(self.access, (OPEN, PERMISSIVE))
        return is_for_cars(self.road_class) & ~self.blocked & passable

    def degrees(self, rows: Bools) -> Ints:
        """Number of piece ends at every point, among `rows`."""
        ends = np.concatenate([self.a[rows], self.b[rows]])
        return np.bincount(ends, minlength=self.n_points)

    def car_components(self) -> Ints:
        """Strongly connected component of every point on the roads open to cars."""
        rows = self.for_cars()
        back = rows & ~self.oneway
        u = np.concatenate([self.a[rows], self.b[back]])
        v = np.concatenate([self.b[rows], self.a[back]])
        matrix = csr_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(self.n_points,) * 2)
        return connected_components(matrix, directed=True, connection="strong")[1]


def new_pieces(xy: Floats, a: Ints, b: Ints, road_class: int, **columns: npt.ArrayLike) -> RoadSet:
    """Pieces of one class; columns that are not named are false, zero, open and FREE."""
    n = len(a)

    def column(name: str, default: float, dtype: npt.DTypeLike) -> npt.NDArray:
        return np.broadcast_to(np.asarray(columns.get(name, default), dtype=dtype), n).copy()

    return RoadSet(
        xy=xy,
        a=a,
        b=b,
        road_class=np.full(n, road_class, dtype=np.int8),
        oneway=column("oneway", 0, bool),
        roundabout=column("roundabout", 0, bool),
        bridge=column("bridge", 0, bool),
        loop=column("loop", 0, bool),
        blocked=column("blocked", 0, bool),
        access=column("access", OPEN, np.int8),
        urban=column("urban", 0.0, np.float32),
        mountain=column("mountain", 0.0, np.float32),
        in_valley=column("in_valley", 0, bool),
        ref=column("ref", 0, np.int32),
        chain=column("chain", FREE, np.int64),
        bends=column("bends", 1, bool),
    )
