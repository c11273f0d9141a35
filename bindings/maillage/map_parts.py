"""What the maps are made of: a local projection, shapes of places, marks, legend, scale.

Nothing here knows what is shown; `maps` chooses classes, colours and words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as OutlinePath
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from maillage.terms import to_persons

INK = "#22252a"
QUIET = "#6b7077"
PAPER = "#ffffff"
GROUND = "#f3f4f5"
ROAD = "#cfd3d7"
LINE = "#1d62a5"
_LINE_WIDTH = 0.7

Floats = NDArray[np.float64]

_EARTH_KM = 6371.0088
_GRID_TOLERANCE = 0.03
_GRID_SHARE = 0.5
_GRID_ALIGNMENT = 0.8  # 1 when all neighbours lie in two directions, 0 in any
_MOST_HIDDEN = 0.25
_SIDES = [  # where a name may stand: offset in points, alignment
    (9, 0, "left"), (-9, 0, "right"), (0, 11, "center"), (0, -11, "center"),
    (7, 9, "left"), (-7, 9, "right"), (7, -9, "left"), (-7, -9, "right"),
]  # fmt: skip


@dataclass(frozen=True)
class LegendClass:
    """One class of the map: its words, its colour, and the places that are in it."""

    label: str
    colour: str
    members: NDArray[np.bool_]
    counted: bool = True


@dataclass(frozen=True)
class Mark:
    """How counters of one kind of change are drawn; sizes in points."""

    label: str
    marker: str
    colour: str
    size: float
    width: float
    filled: bool = True


@dataclass(frozen=True)
class Projection:
    """Lambert azimuthal equal area around a centre, on the sphere, in kilometres.

    Areas keep their ratio and squares look square near the centre; the stretch stays
    under 1 % within 900 km.
    """

    lon_0: float
    lat_0: float

    @staticmethod
    def around(lon: Floats, lat: Floats) -> Projection:
        """The projection centred on the middle of the points' bounding box."""
        return Projection(
            float(np.nanmin(lon) + np.nanmax(lon)) / 2, float(np.nanmin(lat) + np.nanmax(lat)) / 2
        )

    def apply(self, lon: Any, lat: Any) -> tuple[Floats, Floats]:
        """x (east) and y (north) in km of points in degrees."""
        lam = np.radians(np.asarray(lon, dtype=float) - self.lon_0)
        phi = np.radians(np.asarray(lat, dtype=float))
        phi_0 = np.radians(self.lat_0)
        cos_c = np.sin(phi_0) * np.sin(phi) + np.cos(phi_0) * np.cos(phi) * np.cos(lam)
        k = _EARTH_KM * np.sqrt(2 / np.maximum(1 + cos_c, 1e-9))
        x = k * np.cos(phi) * np.sin(lam)
        y = k * (np.cos(phi_0) * np.sin(phi) - np.sin(phi_0) * np.cos(phi) * np.cos(lam))
        return x, y

    def apply_geometry(self, geometry: Any) -> Any:
        """Shapely geometries in degrees, in km."""
        return shapely.transform(
            np.asarray(geometry), lambda xy: np.column_stack(self.apply(xy[:, 0], xy[:, 1]))
        )


def find_cells(x: Floats, y: Floats) -> Floats | None:
    """The squares of places that stand on a grid: n_places x 4 corners x 2, or None.

    Places stand on a grid when at least half of them have their nearest neighbour at
    one common distance (within 3 %), all in the same two directions. The squares follow
    these directions, which turn slowly across a map when the grid belongs to another
    projection, and are as wide and as high as the grid's steps, which that projection
    may stretch by a per cent or so.
    """
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < 9:
        return None
    points = np.column_stack([x, y])[known]
    shapes: Any = shapely.points(points)
    tree = shapely.STRtree(shapes)
    _, distance = tree.query_nearest(
        shapes, exclusive=True, all_matches=False, return_distance=True
    )
    if len(distance) < _GRID_SHARE * len(points):  # the others share their point
        return None
    step = float(np.median(distance))
    if (np.abs(distance - step) <= _GRID_TOLERANCE * step).mean() < _GRID_SHARE:
        return None
    reach = (1 + _GRID_TOLERANCE) * step
    own, neighbour = tree.query(shapes, predicate="dwithin", distance=reach)
    towards = points[neighbour] - points[own]
    length = np.linalg.norm(towards, axis=1)
    regular = length >= (1 - _GRID_TOLERANCE) * step
    own, towards, length = own[regular], towards[regular], length[regular]
    turn = np.exp(4j * np.arctan2(towards[:, 1], towards[:, 0]))  # a square's turn repeats at 90
    middle = turn.mean()
    if abs(middle) < _GRID_ALIGNMENT:
        return None
    base = np.column_stack([np.ones(len(own)), points[own]])
    slope, *_ = np.linalg.lstsq(base, np.angle(turn / middle) / 4, rcond=None)
    angle = np.angle(middle) / 4 + slope[0] + slope[1] * x + slope[2] * y
    along = np.arctan2(towards[:, 1], towards[:, 0]) - angle[known][own]
    is_wide = np.abs(np.cos(along)) > np.sqrt(0.5)
    width, height = (float(np.median(length[s])) if s.any() else step for s in (is_wide, ~is_wide))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    cos_a, sin_a = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.stack(
        [
            x[:, None] + cos_a * corners[:, 0] - sin_a * corners[:, 1],
            y[:, None] + sin_a * corners[:, 0] + cos_a * corners[:, 1],
        ],
        axis=2,
    )


def draw_places(
    axes: Axes, places: pd.DataFrame, classes: Sequence[LegendClass], projection: Projection
) -> None:
    """Fills the places in the colour of their class.

    Polygons when the places have them, squares when they stand on a grid, else discs.
    Classes are painted in their order, later ones over earlier ones.
    """
    polygons = _polygons(places)
    x, y = projection.apply(places["lon"], places["lat"])
    cells = find_cells(x, y) if polygons is None else None
    disc = float(np.clip(4000 / max(1, len(places)), 26, 110))  # points squared
    for layer, one in enumerate(classes):
        rows = np.flatnonzero(one.members & np.isfinite(x) & np.isfinite(y))
        if rows.size == 0:
            continue
        order = 2 + layer / 100
        if polygons is not None:
            shapes = _patches(projection.apply_geometry(polygons[rows]))
            axes.add_collection(
                PatchCollection(
                    shapes, facecolor=one.colour, edgecolor=PAPER, linewidth=0.25, zorder=order
                )
            )
        elif cells is not None:
            # An edge of the same colour closes the hairlines between cells.
            axes.add_collection(
                PolyCollection(
                    list(cells[rows]), facecolor=one.colour, edgecolor=one.colour,
                    linewidth=0.35, zorder=order,
                )
            )  # fmt: skip
        else:
            axes.scatter(
                x[rows], y[rows], s=disc, color=one.colour, linewidth=0.4, edgecolor=PAPER,
                zorder=order,
            )  # fmt: skip


def draw_roads(axes: Axes, segments: Any, projection: Projection) -> None:
    """A light backdrop of roads: lines, or n_segments x 4 degrees (lon, lat, lon, lat)."""
    lines = _to_lines(segments, projection)
    axes.add_collection(LineCollection(lines, colors=ROAD, linewidths=0.35, zorder=1))


def draw_lines(axes: Axes, segments: Any, projection: Projection) -> None:
    """Lines above the places, such as those of public transport; given as roads are."""
    lines = _to_lines(segments, projection)
    how: dict[str, Any] = {"colors": LINE, "linewidths": _LINE_WIDTH, "capstyle": "round"}
    axes.add_collection(LineCollection(lines, zorder=5, **how))


def draw_line_sample(axes: Axes, ends: tuple[float, float], y: float) -> None:
    """One of these lines in a legend."""
    axes.plot(ends, (y, y), color=LINE, linewidth=_LINE_WIDTH)


def _to_lines(segments: Any, projection: Projection) -> list[Floats]:
    """The points of every line, in km."""
    if hasattr(segments, "to_crs"):
        in_degrees = segments if segments.crs is None else segments.to_crs(4326)
        shapes: Any = shapely.get_parts(np.asarray(in_degrees.geometry))
    else:
        shapes = shapely.linestrings(np.asarray(segments, dtype=float).reshape(-1, 2, 2))
    shapes = shapes[~shapely.is_missing(shapes)]
    xy, line = shapely.get_coordinates(projection.apply_geometry(shapes), return_index=True)
    return np.split(xy, np.flatnonzero(np.diff(line)) + 1)


def draw_marks(axes: Axes, x: Floats, y: Floats, mark: Mark) -> None:
    """Counters as marks with a white rim, readable on every colour."""
    rim = [withStroke(linewidth=mark.width + 2.2, foreground=PAPER)]
    style: dict[str, Any] = {"s": mark.size**2, "marker": mark.marker, "linewidth": mark.width}
    if mark.marker in "x+":
        style |= {"color": mark.colour, "path_effects": rim}
    elif mark.filled:
        style |= {"facecolor": mark.colour, "edgecolor": PAPER}
    else:
        style |= {"facecolor": PAPER, "edgecolor": mark.colour, "path_effects": rim}
    axes.scatter(x, y, zorder=6, **style)


def draw_labels(axes: Axes, x: Floats, y: Floats, names: Sequence[str]) -> None:
    """Names beside points, each at the side where it hides least of the others.

    A name that finds no free side is left out.
    """
    figure = axes.get_figure(root=True)
    if figure is None or len(names) == 0:
        return
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    frame = axes.get_window_extent(renderer)
    inside = (frame.x0, frame.y0, frame.x1, frame.y1)
    spots = axes.transData.transform(np.column_stack([x, y]))
    reach = 6 * figure.dpi / 72
    taken = [(px - reach, py - reach, px + reach, py + reach) for px, py in spots]
    for row, name in enumerate(names):
        best: tuple[float, Any, tuple[float, ...]] | None = None
        for dx, dy, align in _SIDES:
            text = axes.annotate(
                name,
                (x[row], y[row]),
                xytext=(dx, dy),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=7.5,
                color=INK,
                zorder=7,
                path_effects=[withStroke(linewidth=2.4, foreground=PAPER)],
            )
            box = text.get_window_extent(renderer)
            own = (box.x0, box.y0, box.x1, box.y1)
            area = box.width * box.height
            hidden = sum(_overlap(own, other) for i, other in enumerate(taken) if i != row)
            cost = (hidden + 3 * (area - _overlap(own, inside))) / area
            if best is not None and cost >= best[0]:
                text.remove()
                continue
            if best is not None:
                best[1].remove()
            best = (cost, text, own)
            if cost == 0:
                break
        if best is not None and best[0] > _MOST_HIDDEN:
            best[1].remove()
        elif best is not None:
            taken.append(best[2])


def draw_scale(axes: Axes, km_per_inch: float) -> None:
    """A scale bar of a round length, about an inch long, at the foot of axes in inches."""
    km = find_round_length(1.3 * km_per_inch)
    length = km / km_per_inch
    axes.plot(
        [0, 0, length, length], [0.07, 0.02, 0.02, 0.07], color=INK, linewidth=1.2,
        solid_joinstyle="miter", clip_on=False,
    )  # fmt: skip
    words = f"{km:g} km" if km >= 1 else f"{1000 * km:g} m"
    axes.text(length / 2, 0.1, words, ha="center", va="bottom", fontsize=8, color=INK)


def find_round_length(length: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is at most `length`."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9)))


def draw_legend(axes: Axes, rows: Sequence[tuple[LegendClass, float]], top: float) -> float:
    """Classes from top to bottom: swatch, words, persons as a bar and a number.

    Classes that are not `counted` have no bar, so that the many whom nothing happens to
    do not flatten the others. `axes` measures inches from its lower left corner. Returns
    the height that is left below the last row.
    """
    largest = max((persons for one, persons in rows if one.counted), default=0.0) or 1.0
    y = top
    for one, persons in rows:
        axes.add_patch(
            Rectangle(
                (0, y - 0.19),
                0.26,
                0.19,
                facecolor=one.colour,
                edgecolor="#00000022",
                linewidth=0.4,
            )
        )
        axes.text(0.36, y - 0.095, one.label, va="center", fontsize=8.5, color=INK)
        bar = 0.85 * persons / largest if one.counted else 0.0
        axes.add_patch(Rectangle((1.95, y - 0.155), bar, 0.12, facecolor="#b9bec4", linewidth=0))
        axes.text(
            1.95 + bar + (0.06 if one.counted else 0.0),
            y - 0.095,
            to_persons(persons),
            va="center",
            fontsize=8,
            color=QUIET,
        )
        y -= 0.25
    return y


def _polygons(places: pd.DataFrame) -> NDArray[Any] | None:
    """The polygons of the places in degrees, or None when they are points or unknown."""
    if "geometry" not in places or not hasattr(places, "to_crs"):
        return None
    series = places["geometry"]
    if not series.geom_type.isin(["Polygon", "MultiPolygon"]).any():  # type: ignore[union-attr]
        return None
    if series.crs is not None and series.crs.to_epsg() != 4326:  # type: ignore[union-attr]
        series = series.to_crs(4326)  # type: ignore[operator]
    return np.asarray(series)


def _patches(geometries: NDArray[Any]) -> list[PathPatch]:
    patches = []
    for geometry in geometries:
        if geometry is None or geometry.is_empty:
            continue
        for part in shapely.get_parts(geometry):
            rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else []
            outlines = [OutlinePath(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings]
            if outlines:
                patches.append(PathPatch(OutlinePath.make_compound_path(*outlines)))
    return patches


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)
