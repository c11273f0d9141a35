"""Maps are looked at: the PNG is decoded, and colours and marks are where they must be."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyproj import Transformer
from shapely.geometry import box

from maillage.errors import InputError, IoError
from maillage.map_parts import Projection, find_cells, find_round_length
from maillage.maps import MapImage, draw_delta_map, draw_exposure_map, to_delta_words

FARTHEST, FARTHER, SAME, NEARER = "#6b2503", "#dd7113", "#dcddd9", "#4190c4"
LOST, FOUND, NEVER = "#1c0b21", "#0d6b5e", "#80868e"
CLOSED, OPENED, CONVERTED = "#000000", "#0050b5", "#7b2d8e"
COLUMNS, ROWS, STEP = 14, 20, 1000.0
# Lambert-93 in Corsica: conformal, so squares are squares, and turned by 4 degrees.
ORIGIN = (1_180_000.0, 6_120_000.0)
TURN = 4.3

to_degrees = Transformer.from_crs(2154, 4326, always_xy=True)


def grid() -> pd.DataFrame:
    """A grid of 1 km squares, column by column, with their centres in metres beside."""
    column, row = (axis.ravel() for axis in np.meshgrid(range(COLUMNS), range(ROWS), indexing="ij"))
    x, y = ORIGIN[0] + STEP * column, ORIGIN[1] + STEP * row
    lon, lat = to_degrees.transform(x, y)
    return pd.DataFrame(
        {"place": [f"c{i}" for i in range(len(x))], "lon": lon, "lat": lat, "x": x, "y": y}
    )


def corner(column: int, row: int) -> int:
    return (column % COLUMNS) * ROWS + row % ROWS


CORNERS = {
    corner(0, 0): (5.0, 10.0, FARTHER),
    corner(-1, 0): (10.0, 5.0, NEARER),
    corner(0, -1): (5.0, np.nan, LOST),
    corner(-1, -1): (np.nan, 5.0, FOUND),
}


def delta() -> pd.DataFrame:
    """Everybody at 5 minutes before and after, but for the four corners."""
    before, after = np.full(COLUMNS * ROWS, 5.0), np.full(COLUMNS * ROWS, 5.0)
    for place, (was, now, _) in CORNERS.items():
        before[place], after[place] = was, now
    return pd.DataFrame(
        {
            "place": grid()["place"],
            "persons": 10.0,
            "before_travel_time_car": before,
            "after_travel_time_car": after,
        }
    )


def counters() -> pd.DataFrame:
    x = ORIGIN[0] + STEP * np.array([3.0, 10.0, 5.0, 8.0, 6.0])
    y = ORIGIN[1] + STEP * np.array([4.0, 15.0, 12.0, 6.0, 17.0])
    lon, lat = to_degrees.transform(x, y)
    status = ["closed", "closed", "opened", "converted", "kept"]
    return pd.DataFrame({"lon": lon, "lat": lat, "x": x, "y": y, "status": status})


def pixels(image: MapImage) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.png)).convert("RGB"), dtype=int)


def find(picture: np.ndarray, colour: str, tolerance: int = 0) -> np.ndarray:
    """Pixels of a colour as (column, row), from the top left corner."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    rows, columns = np.nonzero((np.abs(picture - wanted) <= tolerance).all(axis=2))
    return np.column_stack([columns, rows])


def in_map(picture: np.ndarray, colour: str) -> np.ndarray:
    """Pixels of a colour on the map itself, left of the legend."""
    found = find(picture, colour)
    return found[found[:, 0] < map_box(picture)[2]]


def map_box(picture: np.ndarray) -> tuple[int, int, int, int]:
    ground = find(picture, "#f3f4f5")
    return ground[:, 0].min(), ground[:, 1].min(), ground[:, 0].max(), ground[:, 1].max()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return pixels(draw_delta_map(delta(), grid(), counters()))


@pytest.fixture(scope="module")
def to_pixel(picture: np.ndarray) -> np.ndarray:
    """The affine way from metres to pixels, found from the corner cells in the picture."""
    places = grid()
    metres, spots = [], []
    for place, (_, _, colour) in CORNERS.items():
        metres.append([places["x"][place], places["y"][place], 1.0])
        spots.append(in_map(picture, colour).mean(axis=0))
    way, *_ = np.linalg.lstsq(np.array(metres), np.array(spots), rcond=None)
    assert np.abs(np.array(metres) @ way - spots).max() < 1.5
    return way


def test_the_picture_has_its_size(picture: np.ndarray) -> None:
    height, width, _ = picture.shape
    assert 1500 < height < 2200
    assert 1400 < width < 2800
    west, north, east, south = map_box(picture)
    assert east - west > 0.4 * width
    assert south - north > 0.7 * height


def test_north_is_up_and_a_kilometre_is_as_long_in_every_direction(to_pixel: np.ndarray) -> None:
    east, north = to_pixel[0], to_pixel[1]
    assert east[0] > 0
    assert north[1] < 0
    assert np.linalg.norm(east) == pytest.approx(np.linalg.norm(north), rel=0.01)
    assert abs(east @ north) < 0.01 * (east @ east)
    assert abs(np.degrees(np.arctan2(east[1], east[0]))) == pytest.approx(TURN, abs=0.3)


def test_cells_are_squares_of_their_own_size(picture: np.ndarray, to_pixel: np.ndarray) -> None:
    side = STEP * np.linalg.norm(to_pixel[0])
    for _, _, colour in CORNERS.values():
        cell = in_map(picture, colour)
        assert len(cell) == pytest.approx(side**2, rel=0.12)
        across = side * (np.cos(np.radians(TURN)) + np.sin(np.radians(TURN)))
        assert np.ptp(cell, axis=0) == pytest.approx(across, abs=4)


def test_there_are_no_gaps_between_cells(picture: np.ndarray, to_pixel: np.ndarray) -> None:
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(1.6, 12.4, 0.013), range(19)))
    metres = np.column_stack([ORIGIN[0] + STEP * column, ORIGIN[1] + STEP * (row + 0.5)])
    spots = np.column_stack([metres, np.ones(len(metres))]) @ to_pixel
    for mark in np.column_stack([counters()[["x", "y"]], np.ones(5)]) @ to_pixel:
        spots = spots[np.linalg.norm(spots - mark, axis=1) > 25]
    across = [(spots[:, 0] + dx, spots[:, 1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    shades = np.vstack([picture[y.round().astype(int), x.round().astype(int)] for x, y in across])
    # the ground would be lighter by 23, half of it by 12
    assert np.abs(shades - [0xDC, 0xDD, 0xD9]).max() <= 2


@pytest.mark.parametrize(
    ("status", "colour"), [("closed", CLOSED), ("opened", OPENED), ("converted", CONVERTED)]
)
def test_changed_counters_are_marked_where_they_stand(
    picture: np.ndarray, to_pixel: np.ndarray, status: str, colour: str
) -> None:
    rows = counters()[counters()["status"] == status]
    expected = np.column_stack([rows["x"], rows["y"], np.ones(len(rows))]) @ to_pixel
    marks = in_map(picture, colour)
    distance = np.linalg.norm(marks[:, None, :] - expected[None, :, :], axis=2)
    assert (distance.min(axis=1) < 20).all(), "a mark stands where no counter of this kind is"
    for one in range(len(rows)):
        near = marks[distance.argmin(axis=1) == one]
        assert len(near) > 60
        assert np.abs(near.mean(axis=0) - expected[one]).max() < 2


def test_a_closed_counter_is_a_cross_and_an_opened_one_a_plus(
    picture: np.ndarray, to_pixel: np.ndarray
) -> None:
    for status, colour, at_centre_line in (("closed", CLOSED, False), ("opened", OPENED, True)):
        row = counters()[counters()["status"] == status].iloc[0]
        spot = np.array([row["x"], row["y"], 1.0]) @ to_pixel
        marks = in_map(picture, colour)
        near = marks[np.linalg.norm(marks - spot, axis=1) < 20]
        reach = np.abs(near - spot).max()
        tips = np.abs(near - spot)[np.abs(near - spot).max(axis=1) > reach - 3]
        # The tips of a plus lie on an axis, those of a cross on a diagonal.
        assert (tips.min(axis=1).max() < reach / 2) == at_centre_line


def test_the_legend_shows_the_classes_and_marks_that_are_there(picture: np.ndarray) -> None:
    east = map_box(picture)[2]
    for colour in (FARTHER, NEARER, LOST, FOUND, SAME):
        swatch = find(picture, colour)
        assert (swatch[:, 0] > east).sum() > 500
    for colour in (FARTHEST, NEVER):
        assert len(find(picture, colour)) == 0
    for colour in (CLOSED, OPENED, CONVERTED):
        assert (find(picture, colour)[:, 0] > east).sum() > 50


def test_the_scale_bar_has_a_round_length(picture: np.ndarray, to_pixel: np.ndarray) -> None:
    _, _, east, south = map_box(picture)
    ink = find(picture, "#22252a", tolerance=40)
    foot = ink[(ink[:, 0] > east) & (ink[:, 1] > south - 12)]
    km = np.ptp(foot[:, 0]) / (1000 * np.linalg.norm(to_pixel[0]))
    assert min(abs(km - length) for length in (1, 2, 5, 10)) < 0.08


def test_nothing_changed_is_one_colour() -> None:
    same = delta().assign(after_travel_time_car=7.0, before_travel_time_car=7.0)
    picture = pixels(draw_delta_map(same, grid()))
    assert len(find(picture, SAME)) > 10_000
    for colour in (FARTHER, FARTHEST, NEARER, LOST, FOUND, NEVER):
        assert len(find(picture, colour)) == 0


def test_swapped_before_and_after_swap_the_colours() -> None:
    swapped = delta().rename(
        columns={
            "before_travel_time_car": "after_travel_time_car",
            "after_travel_time_car": "before_travel_time_car",
        }
    )
    picture = pixels(draw_delta_map(swapped, grid(), counters()))
    straight = pixels(draw_delta_map(delta(), grid(), counters()))
    # the mirror image of a change of 5 minutes, and of losing and finding a counter
    assert in_map(picture, FARTHER).mean(axis=0) == pytest.approx(
        in_map(straight, NEARER).mean(axis=0), abs=1
    )
    assert in_map(picture, LOST).mean(axis=0) == pytest.approx(
        in_map(straight, FOUND).mean(axis=0), abs=1
    )


def test_polygons_are_filled_with_their_holes_left_open() -> None:
    ring = box(8.9, 42.0, 9.3, 42.3).difference(box(9.0, 42.1, 9.1, 42.2))
    places = gpd.GeoDataFrame(
        {"place": ["ring", "west"], "lon": [9.2, 8.7], "lat": [42.15, 42.15]},
        geometry=[ring, box(8.5, 42.0, 8.9, 42.3)],
        crs=4326,
    ).to_crs(2154)
    values = pd.DataFrame({"place": ["west", "ring"], "travel_time_car": [50.0, 1.0]})
    picture = pixels(draw_exposure_map(values, places))
    low, high = in_map(picture, "#fdf0c8"), in_map(picture, "#3d1250")
    assert len(low) / len(high) == pytest.approx((0.4 * 0.3 - 0.01) / (0.4 * 0.3), rel=0.02)
    assert high[:, 0].max() < low[:, 0].min() + 3
    middle = low[(np.abs(low - low.mean(axis=0)) < 2).all(axis=1)]
    assert len(middle) > 0  # the hole is left of the centre of the ring
    gap = in_map(picture, "#f3f4f5")
    assert (gap[:, 0] > high[:, 0].max()).any()


def test_points_that_are_no_grid_are_discs() -> None:
    rng = np.random.default_rng(5)
    places = pd.DataFrame(
        {"place": [f"p{i}" for i in range(40)], "lon": rng.uniform(8.6, 9.5, 40),
         "lat": rng.uniform(41.5, 42.9, 40)}
    )  # fmt: skip
    values = pd.DataFrame({"place": places["place"], "travel_time_car": 12.0})
    disc = in_map(pixels(draw_exposure_map(values, places)), "#eda35a")
    assert 40 * 350 < len(disc) < 40 * 620


def test_shares_and_unknown_values() -> None:
    places = grid()
    values = pd.DataFrame({"place": places["place"], "share_exposed": 0.03, "persons": 2.0})
    values.loc[: COLUMNS * ROWS // 2, "share_exposed"] = np.nan
    picture = pixels(draw_exposure_map(values, places, column="share_exposed"))
    known, unknown = in_map(picture, "#eef4f0"), in_map(picture, NEVER)
    assert len(known) == pytest.approx(len(unknown), rel=0.1)
    assert known[:, 0].mean() > unknown[:, 0].mean()


def test_roads_lie_under_the_places() -> None:
    places = grid()
    line = np.array([[places["lon"][0] - 0.03, places["lat"][150], 9.5, places["lat"][150]]])
    with_roads = pixels(draw_delta_map(delta(), places, roads=line))
    without = pixels(draw_delta_map(delta(), places))
    changed = np.column_stack(np.nonzero((with_roads != without).any(axis=2))[::-1])
    assert len(changed) > 20
    cells = in_map(without, SAME)
    left, right = cells[:, 0].min(), cells[:, 0].max()
    turned_in = np.tan(np.radians(TURN)) * np.ptp(cells[:, 1])
    outside = (changed[:, 0] < left + turned_in) | (changed[:, 0] > right - turned_in)
    assert outside.mean() > 0.95
    frame = gpd.GeoDataFrame(
        geometry=gpd.GeoSeries.from_wkt(
            [f"LINESTRING ({line[0, 0]} {line[0, 1]}, {line[0, 2]} {line[0, 3]})"], crs=4326
        ).to_crs(2154)
    )
    again = pixels(draw_delta_map(delta(), places, roads=frame))
    assert (again == with_roads).mean() > 0.9999


def test_lines_lie_over_the_places_and_stand_in_the_legend() -> None:
    places = grid()
    row = places["lat"][150]
    line = np.array([[places["lon"].min(), row, places["lon"].max(), row]])
    values = pd.DataFrame({"place": places["place"], "travel_time_car": 12.0})
    bare = pixels(draw_exposure_map(values, places))
    drawn = pixels(draw_exposure_map(values, places, lines=line, lines_label="coaches"))
    changed = np.column_stack(np.nonzero((drawn != bare).any(axis=2))[::-1])
    right = map_box(bare)[2]
    inside = changed[changed[:, 0] < right]
    cells = in_map(bare, "#eda35a")
    assert np.ptp(inside[:, 0]) > 0.7 * np.ptp(cells[:, 0])
    assert {tuple(xy) for xy in inside} & {tuple(xy) for xy in cells}
    assert (changed[:, 0] > right).any()  # a sample beside the map


def test_the_file_is_the_picture(tmp_path: Path) -> None:
    image = draw_delta_map(delta(), grid(), counters(), tmp_path / "m.png", source="a source")
    path = tmp_path / "m.png"
    assert image.path == path
    assert path.read_bytes() == image.png
    shown, size = image._repr_png_()
    assert shown == image.png
    half = (size["width"], size["height"])
    assert tuple(pixels // 2 for pixels in Image.open(path).size) == half
    assert [p.name for p in tmp_path.iterdir()] == ["m.png"]
    assert Image.open(path).info["dpi"] == pytest.approx((200, 200), abs=0.1)
    with pytest.raises(IoError, match="does not exist"):
        draw_delta_map(delta(), grid(), path=tmp_path / "none" / "m.png")


def test_the_same_input_gives_the_same_picture() -> None:
    assert draw_delta_map(delta(), grid(), counters()).png == (
        draw_delta_map(delta(), grid(), counters()).png
    )


def bad(frame: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    return frame.assign(**changes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_delta_map(delta(), grid(), column="x"), "no column before_x, after_x"),
        (lambda: draw_delta_map(delta(), grid().drop(columns="lon")), "places has no column lon"),
        (lambda: draw_delta_map(delta().tail(7), grid()), "lacks 273 of 280 places"),
        (lambda: draw_delta_map(delta().assign(place="c1"), grid()), "several rows for one place"),
        (
            lambda: draw_delta_map(delta(), grid(), bad(counters(), status="gone")),
            "status is 'gone', expected one of kept, converted, moved, opened, withdrawn, closed",
        ),
        (lambda: draw_delta_map(delta(), bad(grid(), lon=np.nan)), "no place has lon and lat"),
        (
            lambda: draw_exposure_map(
                delta(), grid(), column="before_travel_time_car", breaks=[3, 2]
            ),
            "expected 1 to 6 growing numbers",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value)


def test_words_of_the_key_figure() -> None:
    was, now = np.array([5.0, 5, 9, np.nan, 3]), np.array([15.0, 6, 4, 8, np.nan])
    words = to_delta_words(was, now, np.array([3000.0, 1000, 500, 7, 20]))
    assert words == (
        "4\u202f000 persons (88.4 %) live where the nearest counter gets farther, by 7.8 min on "
        "average; 500 persons (11.0 %) where it gets nearer, by 5.0 min on average; 20 where none "
        "can be reached any more; 7 where one can be reached for the first time"
    )
    assert to_delta_words(was, was, np.ones(5)).endswith("for nobody")


def test_projection_keeps_lengths_near_its_centre() -> None:
    lon, lat = (
        np.array([9.0, 9.0, 9.0 + 1 / np.cos(np.radians(42.0))]),
        np.array([42.0, 43.0, 42.0]),
    )
    x, y = Projection(9.0, 42.0).apply(lon, lat)
    assert (x[0], y[0]) == (0, 0)
    assert y[1] == pytest.approx(111.195, rel=1e-4)
    assert x[2] == pytest.approx(111.195, rel=1e-4)


@pytest.mark.parametrize("stretch", [1.0, 1.015])
def test_cells_follow_a_turned_grid(stretch: float) -> None:
    angle = np.radians(17)
    i, j = (axis.ravel() for axis in np.meshgrid(range(8), range(5)))
    i = i * stretch
    x, y = np.cos(angle) * i - np.sin(angle) * j, np.sin(angle) * i + np.cos(angle) * j
    cells = find_cells(2.0 * x, 2.0 * y)
    assert cells is not None
    sides = np.linalg.norm(np.diff(cells, axis=1), axis=2)
    assert sides[:, [0, 2]] == pytest.approx(2.0 * stretch)
    assert sides[:, 1] == pytest.approx(2.0)
    first_side = cells[:, 1] - cells[:, 0]
    turned = np.degrees(np.arctan2(first_side[:, 1], first_side[:, 0])) % 90
    assert turned == pytest.approx(17, abs=0.01)
    assert cells.mean(axis=1) == pytest.approx(np.column_stack([2 * x, 2 * y]))


def test_scattered_points_are_no_grid() -> None:
    rng = np.random.default_rng(1)
    assert find_cells(rng.uniform(0, 100, 200), rng.uniform(0, 100, 200)) is None
    assert find_cells(np.arange(4.0), np.zeros(4)) is None
    assert find_cells(np.zeros(20), np.zeros(20)) is None


@pytest.mark.parametrize(
    ("length", "rounded"), [(1, 1), (1.9, 1), (2, 2), (7, 5), (99, 50), (0.034, 0.02), (1000, 1000)]
)
def test_round_lengths(length: float, rounded: float) -> None:
    assert find_round_length(length) == pytest.approx(rounded)
