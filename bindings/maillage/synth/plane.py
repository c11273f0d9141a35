"""Questions about points and fields in the plane: what is nearest, where a field is high."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from contourpy import FillType, contour_generator
from scipy.spatial import KDTree

from maillage.synth.arrays import Floats, Ints


class Nearest:
    """Finds the nearest of a fixed set of points (n x 2, at least one)."""

    def __init__(self, points: Floats) -> None:
        self.n_points = len(points)
        self._tree = KDTree(points)

    def find(self, xy: Floats, within_m: float = np.inf) -> tuple[Floats, Ints]:
        """Distance and index of the nearest point; infinite and n_points beyond `within_m`."""
        distance, index = self._tree.query(xy, distance_upper_bound=within_m, workers=-1)
        return np.asarray(distance), np.asarray(index)

    def find_several(self, xy: Floats, k: int, within_m: float = np.inf) -> tuple[Floats, Ints]:
        """As `find` for the k nearest points, nearest first (n x k)."""
        distance, index = self._tree.query(xy, k=k, distance_upper_bound=within_m, workers=-1)
        shape = (len(xy), k)
        return np.asarray(distance).reshape(shape), np.asarray(index).reshape(shape)

    def find_around(self, point: Floats, radius_m: float) -> Ints:
        """Indices of the points within a radius, ascending."""
        return np.array(sorted(self._tree.query_ball_point(point, radius_m)), dtype=np.int64)


def build_areas_above(x: Floats, y: Floats, field: Floats, least: float) -> list[shapely.Polygon]:
    """The areas where a field on a lattice (rows along y) is at least `least`, with their holes."""
    generator = contour_generator(x, y, field, fill_type=FillType.OuterOffset)
    points, offsets = generator.filled(least, 1e12)[:2]
    areas = []
    for rings, cuts in zip(points, offsets or [], strict=True):
        if rings is None or cuts is None:
            continue
        outer, *holes = [rings[a:b] for a, b in pairwise(cuts)]
        areas.append(shapely.Polygon(outer, holes))
    return areas
