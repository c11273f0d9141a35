"""Maps for planners: how far people are, and who gets farther when counters change.

`draw_exposure_map` and `draw_delta_map` write a PNG and give it back as a `MapImage`,
which notebooks show. Colours are told apart by colour-blind readers, and the legend
says how many persons every class holds.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

from maillage.atomic import write_atomically
from maillage.errors import InputError
from maillage.map_parts import (
    GROUND,
    INK,
    PAPER,
    QUIET,
    Floats,
    LegendClass,
    Mark,
    Projection,
    draw_labels,
    draw_legend,
    draw_line_sample,
    draw_lines,
    draw_marks,
    draw_places,
    draw_roads,
    draw_scale,
)
from maillage.terms import to_persons, to_short_name

_FARTHER = ("#fddbb0", "#f7a95c", "#dd7113", "#a34405", "#6b2503")
_NEARER = ("#cfe3f1", "#8fc1de", "#4190c4", "#1d62a5", "#0b3770")
_SAME = "#dcddd9"
_LOST, _FOUND, _NEVER = "#1c0b21", "#0d6b5e", "#80868e"
_MINUTES = ("#fdf0c8", "#f9d07c", "#eda35a", "#d57052", "#ab4357", "#752459", "#3d1250")
_SHARES = ("#eef4f0", "#cfe3dd", "#a3cbc8", "#6fabb2", "#42869a", "#27607d", "#183a5a")

_HOW = {"travel_time_car": ", by car", "travel_time_no_car": ", without a car"}
_MARKS = {
    "kept": Mark("stays open", "o", "#43474d", 3.7, 0.6),
    "converted": Mark("converted", "D", "#7b2d8e", 6.5, 1.6, filled=False),
    "moved": Mark("moved", "s", "#7b2d8e", 6.5, 1.6, filled=False),
    "opened": Mark("opened", "+", "#0050b5", 11.0, 3.0),
    "withdrawn": Mark("open, service withdrawn", "x", "#7b2d8e", 7.5, 2.2),
    "closed": Mark("closed", "x", "#000000", 8.5, 2.6),
}

_DPI = 200
_TITLE, _SUBTITLE = 16, 10  # points
_HEIGHT, _HEAD, _FOOT, _PANEL, _EDGE, _GAP = 7.2, 1.05, 0.42, 3.55, 0.3, 0.3  # inches
_MOST_NAMES, _NAME_WIDTH, _MANY_COUNTERS = 24, 28, 250


@dataclass(frozen=True)
class MapImage:
    """A drawn map: the PNG, and the file that holds it when one was asked for.

    A notebook shows it at half its size in pixels, sharp on every screen.
    """

    png: bytes = field(repr=False)
    path: Path | None = None

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = struct.unpack(">II", self.png[16:24])
        return self.png, {"width": width // 2, "height": height // 2}


def draw_delta_map(
    delta: pd.DataFrame,
    places: pd.DataFrame,
    counters: pd.DataFrame | None = None,
    path: str | Path | None = None,
    *,
    title: str = "Who gets farther from a counter",
    subtitle: str | None = None,
    source: str = "",
    column: str = "travel_time_car",
    breaks: Sequence[float] = (1, 5, 10, 20),
    roads: Any = None,
) -> MapImage:
    """Who gets farther from, or nearer to, the nearest counter, and by how many minutes.

    delta has one row a place with `place`, the minutes before and after (`before_` and
    `after_` before `column`; NaN = unreachable) and, if known, persons (`persons`, or
    `after_persons`). places has `place`, lon, lat and, if known, polygons. counters has
    lon, lat, `status` (kept, closed, opened, converted, moved, or withdrawn: open, but
    without the service) and, if known, name. A change of less than the first break counts
    as none; classes include their lower bound. roads are lines (GeoDataFrame) or
    n_segments x 4 (lon, lat, lon, lat). Without subtitle the key figure is written there.
    Raises InputError on missing columns and IoError.
    """
    frame = _join(delta, places, [f"before_{column}", f"after_{column}"])
    was = frame[f"before_{column}"].to_numpy(dtype=float)
    now = frame[f"after_{column}"].to_numpy(dtype=float)
    classes = _delta_classes(was, now, breaks)
    persons = _persons(frame)
    return _draw(
        _Sheet(
            frame=frame,
            classes=classes,
            persons=persons,
            counters=counters,
            title=title,
            subtitle=to_delta_words(was, now, persons) if subtitle is None else subtitle,
            legend_title="Change of travel time to the nearest open counter (guichet)"
            + _HOW.get(column, ""),
            source=source,
            roads=roads,
        ),
        path,
    )


def draw_exposure_map(
    exposure: pd.DataFrame,
    places: pd.DataFrame,
    counters: pd.DataFrame | None = None,
    path: str | Path | None = None,
    *,
    column: str = "travel_time_car",
    title: str = "Travel time to the nearest counter",
    subtitle: str = "",
    source: str = "",
    legend_title: str | None = None,
    breaks: Sequence[float] | None = None,
    roads: Any = None,
    lines: Any = None,
    lines_label: str = "lines of public transport",
) -> MapImage:
    """A figure of every place: minutes to the nearest counter, or a share of persons.

    exposure has one row a place with `place`, `column` and, if known, `persons`. Columns
    that begin with share_ are drawn in per cent, others in minutes (NaN = unreachable).
    breaks are the upper bounds of the classes in minutes or shares, at most six.
    lines, given as roads are, stand above the places and in the legend by lines_label.
    Other arguments as in `draw_delta_map`.
    """
    frame = _join(exposure, places, [column])
    values = frame[column].to_numpy(dtype=float)
    is_share = column.startswith("share_")
    if breaks is None:
        breaks = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8) if is_share else (5, 10, 15, 20, 30, 45)
    if is_share:
        classes = _value_classes(values * 100, [100 * b for b in breaks], _SHARES, "%")
    else:
        classes = _value_classes(values, breaks, _MINUTES, "min")
    words = f"{column.removeprefix('share_').replace('_', ' ')}, share of persons"
    minutes = "Minutes to the nearest open counter (guichet)" + _HOW.get(column, "")
    usual = words if is_share else minutes
    return _draw(
        _Sheet(
            frame=frame,
            classes=classes,
            persons=_persons(frame),
            counters=counters,
            title=title,
            subtitle=subtitle,
            legend_title=usual if legend_title is None else legend_title,
            source=source,
            roads=roads,
            lines=lines,
            lines_label=lines_label,
        ),
        path,
    )


def to_delta_words(was: Floats, now: Floats, persons: Floats) -> str:
    """The key figure of a change: how many persons live where it gets farther or nearer."""
    change = now - was
    parts: list[str] = []
    for members, word in ((change > 0, "farther"), (change < 0, "nearer")):
        number = persons[members].sum()
        if number > 0:
            mean = float(np.average(np.abs(change[members]), weights=persons[members]))
            who = f"{to_persons(number)} persons ({_percent(number, persons)})"
            where = "where it gets" if parts else "live where the nearest counter gets"
            parts.append(f"{who} {where} {word}, by {mean:.1f} min on average")
    lost = persons[np.isfinite(was) & np.isnan(now)].sum()
    found = persons[np.isnan(was) & np.isfinite(now)].sum()
    for number, words in (
        (lost, "none can be reached any more"),
        (found, "one can be reached for the first time"),
    ):
        if number > 0:
            where = "where" if parts else "persons live where of all counters"
            parts.append(f"{to_persons(number)} {where} {words}")
    return "; ".join(parts) or "The nearest counter gets farther or nearer for nobody"


@dataclass(frozen=True)
class _Sheet:
    """Everything that stands on one map."""

    frame: pd.DataFrame
    classes: list[LegendClass]
    persons: Floats
    counters: pd.DataFrame | None
    title: str
    subtitle: str
    legend_title: str
    source: str
    roads: Any
    lines: Any = None
    lines_label: str = ""


def _join(values: pd.DataFrame, places: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The places with the wanted columns beside them, in the order of the places."""
    for frame, needed, what in (
        (values, ["place", *columns], "table"),
        (places, ["place", "lon", "lat"], "places"),
    ):
        absent = [name for name in needed if name not in frame]
        if absent:
            raise InputError(f"map: the {what} has no column {', '.join(absent)}")
    if "persons" not in values and "after_persons" in values:
        values = values.assign(persons=values["after_persons"])
    taken = [*columns, *(["persons"] if "persons" in values else [])]
    keys = pd.Index(places["place"].astype(str))
    beside: Any = values.set_index(values["place"].astype(str).to_numpy())[taken]
    if not beside.index.is_unique:
        raise InputError("map: the table has several rows for one place")
    absent = keys.difference(beside.index)
    if len(absent) > 0:
        raise InputError(
            f"map: the table lacks {len(absent)} of {len(keys)} places, such as {absent[0]!r}"
        )
    rows = beside.index.get_indexer(keys)
    joined = places.assign(**{name: np.asarray(beside[name])[rows] for name in taken})
    where = joined[["lon", "lat"]].to_numpy(dtype=float)
    if not np.isfinite(where).all(axis=1).any():
        raise InputError("map: no place has lon and lat")
    return joined


def _persons(frame: pd.DataFrame) -> Floats:
    if "persons" not in frame:  # every place counts as one
        return np.ones(len(frame))
    return np.nan_to_num(frame["persons"].to_numpy(dtype=float))


def _delta_classes(was: Floats, now: Floats, breaks: Sequence[float]) -> list[LegendClass]:
    """Classes from nothing changed to the largest changes, as they are painted."""
    change = now - was
    bounds = [*(float(b) for b in breaks), np.inf]
    classes = [
        LegendClass("unreachable, before too", _NEVER, np.isnan(was) & np.isnan(now)),
        LegendClass(f"less than ±{bounds[0]:g} min", _SAME, np.abs(change) < bounds[0], False),
    ]
    for colours, signed, sign in ((_NEARER, -change, "\u2212"), (_FARTHER, change, "+")):
        for i, (low, high) in enumerate(pairwise(bounds)):
            upper = "min or more" if high == np.inf else f"to {sign}{high:g} min"
            members = (signed >= low) & (signed < high)
            classes.append(LegendClass(f"{sign}{low:g} {upper}", colours[i + 1], members))
    classes.append(LegendClass("reachable now", _FOUND, np.isnan(was) & np.isfinite(now)))
    classes.append(LegendClass("no longer reachable", _LOST, np.isfinite(was) & np.isnan(now)))
    return classes


def _value_classes(
    values: Floats, breaks: Sequence[float], colours: Sequence[str], unit: str
) -> list[LegendClass]:
    if not 1 <= len(breaks) < len(colours) or list(breaks) != sorted(set(breaks)):
        raise InputError(f"map: breaks are {list(breaks)}, expected 1 to 6 growing numbers")
    chosen = np.linspace(0, len(colours) - 1, len(breaks) + 1).round().astype(int)
    lows = [-np.inf, *breaks]
    highs = [*breaks, np.inf]
    absent = "unreachable" if unit == "min" else "nobody lives there"
    classes = [LegendClass(absent, _NEVER, np.isnan(values))]
    for i, (low, high) in enumerate(zip(lows, highs, strict=True)):
        if i == 0:
            label = f"up to {high:g} {unit}"
        elif high == np.inf:
            label = f"more than {low:g} {unit}"
        else:
            label = f"{low:g} to {high:g} {unit}"
        members = (values > low) & (values <= high)
        classes.append(LegendClass(label, colours[int(chosen[i])], members))
    return classes


def _draw(sheet: _Sheet, path: str | Path | None) -> MapImage:
    figure = _build_figure(sheet)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor=PAPER)
    png = buffer.getvalue()
    if path is None:
        return MapImage(png)
    return MapImage(png, write_atomically(path, lambda temporary: temporary.write_bytes(png)))


def _build_figure(sheet: _Sheet) -> Figure:
    """The page: head, map on the left, legend and scale on the right, source below."""
    frame = sheet.frame
    projection = Projection.around(
        frame["lon"].to_numpy(dtype=float), frame["lat"].to_numpy(dtype=float)
    )
    west, east, south, north = _extent(sheet, projection)
    width = float(np.clip(_HEIGHT * (east - west) / (north - south), 4.4, 9.5))
    height = float(np.clip(width * (north - south) / (east - west), 4.4, _HEIGHT))
    wide = _EDGE + width + _GAP + _PANEL + _EDGE
    title = _wrapped(sheet.title, wide - 2 * _EDGE, FontProperties(size=_TITLE, weight="bold"))
    subtitle = _wrapped(sheet.subtitle, wide - 2 * _EDGE, FontProperties(size=_SUBTITLE))
    head = (
        (_HEAD if subtitle else _HEAD - 0.3) + 0.29 * title.count("\n") + 0.2 * subtitle.count("\n")
    )
    figure = Figure(figsize=(wide, head + height + _FOOT), dpi=_DPI)
    FigureCanvasAgg(figure)

    axes = _axes(figure, (_EDGE, _FOOT, width, height))
    axes.set_facecolor(GROUND)
    per_inch = max((east - west) / width, (north - south) / height)  # km, the same in x and y
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    axes.set_xlim(middle_x - per_inch * width / 2, middle_x + per_inch * width / 2)
    axes.set_ylim(middle_y - per_inch * height / 2, middle_y + per_inch * height / 2)
    axes.add_patch(
        Rectangle(
            (0, 0), 1, 1, transform=axes.transAxes, fill=False, edgecolor="#d5d8db",
            linewidth=0.8, zorder=9,
        )
    )  # fmt: skip
    if sheet.roads is not None:
        draw_roads(axes, sheet.roads, projection)
    draw_places(axes, frame, sheet.classes, projection)
    if sheet.lines is not None:
        draw_lines(axes, sheet.lines, projection)
    shown = _draw_counters(axes, sheet.counters, projection)
    _draw_words(figure, title, subtitle, sheet.source)
    panel = _draw_panel(figure, sheet, shown, (_EDGE + width + _GAP, _FOOT, _PANEL, height))
    draw_scale(panel, per_inch)
    return figure


def _extent(sheet: _Sheet, projection: Projection) -> tuple[float, float, float, float]:
    """The places, their outlines and the changed counters, with a margin, in km."""
    frame, counters = sheet.frame, sheet.counters
    x, y = projection.apply(frame["lon"], frame["lat"])
    all_x, all_y = [x], [y]
    if "geometry" in frame and hasattr(frame, "to_crs"):
        outlines = frame.to_crs(4326) if frame.crs is not None else frame  # type: ignore
        bounds = outlines.total_bounds  # type: ignore[union-attr]
        bx, by = projection.apply(bounds[[0, 0, 2, 2]], bounds[[1, 3, 1, 3]])
        all_x, all_y = [*all_x, bx], [*all_y, by]
    if counters is not None and "status" in counters:
        changed = counters[counters["status"] != "kept"]
        cx, cy = projection.apply(changed["lon"], changed["lat"])
        all_x, all_y = [*all_x, cx], [*all_y, cy]
    every_x, every_y = np.concatenate(all_x), np.concatenate(all_y)
    west, east = float(np.nanmin(every_x)), float(np.nanmax(every_x))
    south, north = float(np.nanmin(every_y)), float(np.nanmax(every_y))
    margin = max(0.04 * max(east - west, north - south), 0.5)
    return west - margin, east + margin, south - margin, north + margin


def _wrapped(words: str, width: float, font: FontProperties) -> str:
    """The words in lines that fit `width` inches."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        length = text_to_path.get_text_width_height_descent(longer, font, ismath=False)[0] / 72
        if lines and length <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def _axes(figure: Figure, box: tuple[float, float, float, float]) -> Axes:
    width, height = figure.get_size_inches()
    left, bottom, wide, high = box
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _draw_counters(
    axes: Axes, counters: pd.DataFrame | None, projection: Projection
) -> list[tuple[Mark, int]]:
    """Draws the counters by status; returns the marks that appear, with counts."""
    shown: list[tuple[Mark, int]] = []
    if counters is None or counters.empty:
        return shown
    status = counters["status"] if "status" in counters else pd.Series("kept", counters.index)
    unknown = sorted(set(status.dropna()) - set(_MARKS))
    if unknown:
        raise InputError(f"map: status is {unknown[0]!r}, expected one of {', '.join(_MARKS)}")
    x, y = projection.apply(counters["lon"], counters["lat"])
    for kind, mark in _MARKS.items():
        rows = np.flatnonzero((status == kind).to_numpy() & np.isfinite(x) & np.isfinite(y))
        if rows.size:
            if kind == "kept" and rows.size > _MANY_COUNTERS:
                mark = replace(mark, size=0.7 * mark.size)
            draw_marks(axes, x[rows], y[rows], mark)
            shown.append((_MARKS[kind], int(rows.size)))
    changed = np.flatnonzero((status != "kept").to_numpy() & np.isfinite(x) & np.isfinite(y))
    if 0 < changed.size <= _MOST_NAMES and "name" in counters:
        shown_names = counters["name"].iloc[changed].fillna("")
        names = [to_short_name(name, _NAME_WIDTH) for name in shown_names]
        draw_labels(axes, x[changed], y[changed], names)
    return shown


def _draw_words(figure: Figure, title: str, subtitle: str, source: str) -> None:
    width, height = figure.get_size_inches()
    left, below = _EDGE / width, 0.66 + 0.29 * title.count("\n")
    figure.text(
        left, 1 - 0.28 / height, title, fontsize=_TITLE, weight="bold", color=INK, va="top",
        linespacing=1.1,
    )  # fmt: skip
    figure.text(
        left, 1 - below / height, subtitle, fontsize=_SUBTITLE, color=INK, va="top",
        linespacing=1.35,
    )  # fmt: skip
    figure.text(left, 0.2 / height, source, fontsize=7, color=QUIET, va="center")


def _draw_panel(
    figure: Figure,
    sheet: _Sheet,
    marks: list[tuple[Mark, int]],
    box: tuple[float, float, float, float],
) -> Axes:
    """The legend: classes that hold somebody with their persons, then the counters."""
    panel = _axes(figure, box)
    _, _, width, height = box
    panel.set_xlim(0, width)
    panel.set_ylim(0, height)
    panel.patch.set_visible(False)
    rows = [(one, float(sheet.persons[one.members].sum())) for one in sheet.classes]
    rows = [row for row, one in zip(rows, sheet.classes, strict=True) if one.members.any()]
    heading = _wrapped(sheet.legend_title, width - 0.4, FontProperties(size=9.5, weight="bold"))
    panel.text(0, height, heading, fontsize=9.5, weight="bold", color=INK, va="top")
    unit = "persons" if "persons" in sheet.frame else "places"
    top = height - 0.2 * (1 + heading.count("\n")) - 0.12
    panel.text(1.95, top, unit, fontsize=8, color=QUIET, va="top")
    y = draw_legend(panel, _legend_order(rows), top - 0.22) - 0.2
    if marks:
        panel.text(0, y, "Counters (guichets)", fontsize=9.5, weight="bold", color=INK, va="top")
        y -= 0.3
    for mark, number in reversed(marks):
        label = "open" if len(marks) == 1 and mark is _MARKS["kept"] else mark.label
        draw_marks(panel, np.array([0.13]), np.array([y - 0.1]), mark)
        panel.text(0.36, y - 0.1, label, fontsize=8.5, color=INK, va="center")
        panel.text(1.95, y - 0.1, to_persons(number), fontsize=8, color=QUIET, va="center")
        y -= 0.26
    if sheet.lines is not None:
        draw_line_sample(panel, (0.02, 0.25), y - 0.1)
        panel.text(0.36, y - 0.1, sheet.lines_label, fontsize=8.5, color=INK, va="center")
    return panel


def _legend_order(rows: Sequence[tuple[LegendClass, float]]) -> list[tuple[LegendClass, float]]:
    """From the worst to the best, with what cannot be told at the end."""
    order: Mapping[str, int] = {_LOST: 0, _NEVER: 100, _FOUND: 90}
    ramp = [*reversed(_FARTHER), _SAME, *_NEARER]

    def rank(row: tuple[LegendClass, float]) -> int:
        colour = row[0].colour
        return order.get(colour, 1 + ramp.index(colour) if colour in ramp else 50)

    return sorted(rows, key=rank)


def _percent(number: float, persons: Floats) -> str:
    share = 100 * number / persons.sum()
    return f"{share:.1f} %" if share >= 0.1 else "under 0.1 %"
