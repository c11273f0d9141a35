"""Large polygons cut into small ones: what meets a piece is found without the rest."""

from __future__ import annotations

import numpy as np
import shapely

MOST_VERTICES = 256


def split_polygons(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of at most some hundred corners that make up the polygons, and the row of each.

    A piece with more corners is cut in two across its longer side, again and again. Areas are
    kept; pieces of one polygon meet at their cuts alone.
    """
    parts, rows = shapely.get_parts(polygons, return_index=True)
    done: list[np.ndarray] = []
    done_rows: list[np.ndarray] = []
    while len(parts):
        small = shapely.get_num_coordinates(parts) <= MOST_VERTICES
        done.append(parts[small])
        done_rows.append(rows[small])
        parts, rows = _cut(parts[~small], rows[~small])
    if not done:
        return parts, rows
    pieces, of = np.concatenate(done), np.concatenate(done_rows)
    kept = ~shapely.is_empty(pieces) & (shapely.area(pieces) > 0)
    return pieces[kept], of[kept]


def _cut(parts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(parts):
        return parts, rows
    west, south, east, north = shapely.bounds(parts).T
    wide = east - west >= north - south
    middle = np.where(wide, (west + east) / 2, (south + north) / 2)
    first = shapely.box(west, south, np.where(wide, middle, east), np.where(wide, north, middle))
    second = shapely.box(np.where(wide, middle, west), np.where(wide, south, middle), east, north)
    halves = np.concatenate([shapely.intersection(parts, b) for b in (first, second)])
    pieces, at = shapely.get_parts(halves, return_index=True)
    return pieces, np.concatenate([rows, rows])[at]
