"""The land itself: coast, hills, rivers, islands and one long valley with one way in.

Coordinates are metres from the middle of the country, x to the east, y to the north;
`Frame.to_lambert` and `Frame.to_lonlat` place them on the globe (EPSG:2154, WGS84). The
country lies in the Bay of Biscay, so that nobody takes it for a real one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyproj import Transformer

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.draws import Draws
from maillage.synth.noise import (
    SampledField,
    fractal_noise,
    ridge_noise,
    smooth_step,
    value_noise,
)
from maillage.synth.plane import Nearest

# Middle of the country in EPSG:2154: open sea 200 km off the Vendée.
ORIGIN_X = 150_000.0
ORIGIN_Y = 6_560_000.0
VALLEY_LENGTH_M = 46_000.0
VALLEY_HALF_WIDTH_M = 1_500.0
# Nobody settles between the valley and the rest of the country: a ridge without a pass.
VALLEY_WALL_M = 1_900.0


class Frame:
    """Places the plane of the country on the globe."""

    def __init__(self) -> None:
        self._to_degrees = Transformer.from_crs(2154, 4326, always_xy=True)

    def to_lambert(self, xy: Floats) -> Floats:
        """Lambert-93 metres (n x 2)."""
        return xy + np.array([ORIGIN_X, ORIGIN_Y])

    def to_lonlat(self, xy: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude in degrees, to 1e-7 as OpenStreetMap keeps them."""
        lambert = np.round(self.to_lambert(xy), 3)
        lon, lat = self._to_degrees.transform(lambert[:, 0], lambert[:, 1])
        return np.round(lon, 7), np.round(lat, 7)


@dataclass(frozen=True)
class River:
    """A river that flows west to the sea: the line through `x`, `y`, x ascending to its source."""

    x: Floats
    y: Floats

    @property
    def source_x(self) -> float:
        """Where the river begins, in the east."""
        return float(self.x[-1])

    def line_y(self, x: Floats) -> Floats:
        """Where the river runs at x; beyond its ends, the y of the end."""
        return np.interp(x, self.x, self.y)

    def side(self, xy: Floats) -> Ints:
        """+1 north of the river, -1 south of it, 0 beyond its source."""
        north = xy[:, 1] >= self.line_y(xy[:, 0])
        return np.where(xy[:, 0] > self.source_x, 0, np.where(north, 1, -1)).astype(np.int8)


@dataclass(frozen=True)
class Island:
    """An island: its middle and mean radius in metres."""

    x: float
    y: float
    radius_m: float


class Terrain:
    """Land, height and water of a country of about `area_km2`.

    `radius_m` is the mean radius of the mainland, `valley` the middle line of the
    cul-de-sac valley from its mouth to its end (points about every 200 m).
    """

    def __init__(self, area_km2: float, seed: int) -> None:
        self.area_km2 = area_km2
        self.draws = Draws(seed, "terrain")
        # the valley adds its own 300 km2 to the mainland
        self.radius_m = float(np.sqrt(max(area_km2 - 300.0, 150.0) * 1e6 / 3.141592653589793))
        self.rivers = self._build_rivers()
        self.valley = self._build_valley()
        self._valley_line = Nearest(self.valley)
        self.islands = self._build_islands()
        box = 1.35 * self.radius_m + 9_000.0
        self.bounds = (-box, -box, box, box)
        self.step_m = 250.0 if self.radius_m < 100_000.0 else 500.0
        self._sample_fields()

    # -- land ---------------------------------------------------------------------------

    def shore_m(self, xy: Floats) -> Floats:
        """Above zero on land, below at sea; near the shore about the distance to it in metres."""
        shore = self.mainland_m(xy)
        for island in self.islands:
            shore = np.maximum(shore, self.island_shore_m(xy, island))
        return shore

    def mainland_m(self, xy: Floats) -> Floats:
        """As `shore_m`, for the mainland with its valley but without the islands."""
        return self._mainland.at(xy)

    def island_of(self, xy: Floats) -> Ints:
        """Index of the island a point lies on, -1 elsewhere."""
        index = np.full(len(xy), -1)
        for k, island in enumerate(self.islands):
            index[(self.island_shore_m(xy, island) > 0) & (self.mainland_m(xy) <= 0)] = k
        return index

    def island_shore_m(self, xy: Floats, island: Island) -> Floats:
        """Above zero on an island; -9 km where it is far."""
        shore = np.full(len(xy), -9_000.0)
        dx, dy = xy[:, 0] - island.x, 1.25 * (xy[:, 1] - island.y)
        near = np.flatnonzero(dx * dx + dy * dy < 4.0 * island.radius_m**2)
        x, y = xy[near, 0] / 2_600.0, xy[near, 1] / 2_600.0
        detail = fractal_noise(x, y, self.draws.fork("islands"), 3)
        distance = np.sqrt(dx[near] ** 2 + dy[near] ** 2)
        shore[near] = island.radius_m * (1.0 + 0.3 * detail) - distance
        return shore

    def shore_lattice(self) -> tuple[Floats, Floats]:
        """The lattice's positions along x and along y, and `mainland_m` at its knots."""
        n = self._mainland.knots.shape[0]
        return self.bounds[0] + self.step_m * np.arange(n), self._mainland.knots

    def is_land(self, xy: Floats, margin_m: float = 0.0) -> Bools:
        """Whether points lie on land, at least about `margin_m` from the shore."""
        return self.shore_m(xy) > margin_m

    # -- relief -------------------------------------------------------------------------

    def mountain(self, xy: Floats) -> Floats:
        """0 in the plains, 1 in the heart of the mountains."""
        return self._mountain.at(xy)

    def height_m(self, xy: Floats) -> Floats:
        """Height above the sea."""
        return self._height.at(xy)

    def valley_distance_m(self, xy: Floats) -> Floats:
        """Distance to the middle line of the cul-de-sac valley, at most 9 km."""
        return self._to_valley(xy)[0]

    def in_valley(self, xy: Floats) -> Bools:
        """Whether points lie in the cul-de-sac valley, beyond its mouth."""
        return self.valley_distance_m(xy) < VALLEY_HALF_WIDTH_M

    def on_wall(self, xy: Floats) -> Bools:
        """Whether points lie on the ridge around the valley, where nothing is built."""
        distance = self.valley_distance_m(xy)
        mouth = np.sqrt(((xy - self.valley[0]) ** 2).sum(axis=1))
        wall = (distance >= VALLEY_HALF_WIDTH_M) & (distance < VALLEY_HALF_WIDTH_M + VALLEY_WALL_M)
        return wall & (mouth > VALLEY_HALF_WIDTH_M)

    # -- parts --------------------------------------------------------------------------

    def _sample_fields(self) -> None:
        """Evaluates shore, mountains and height on a lattice, a strip of rows at a time."""
        n = int(np.ceil((self.bounds[2] - self.bounds[0]) / self.step_m)) + 1
        line = self.bounds[0] + self.step_m * np.arange(n)
        knots = np.empty((3, n, n), dtype=np.float64)
        rows_at_once = max(1, 200_000 // n)
        for first in range(0, n, rows_at_once):
            rows = line[first : first + rows_at_once]
            xy = np.column_stack([np.tile(line, len(rows)), np.repeat(rows, n)])
            part = slice(first, first + len(rows))
            distance, ridge_m = self._to_valley(xy)
            knots[0, part] = np.maximum(self._body_m(xy), ridge_m - distance).reshape(-1, n)
            mountain = self._mountain_at(xy, distance)
            knots[1, part] = mountain.reshape(-1, n)
            knots[2, part] = self._height_at(xy, mountain).reshape(-1, n)
        origin = (self.bounds[0], self.bounds[1])
        self._mainland = SampledField(knots[0], origin, self.step_m)
        self._mountain = SampledField(knots[1], origin, self.step_m)
        self._height = SampledField(knots[2], origin, self.step_m)

    def _mountain_at(self, xy: Floats, valley_distance_m: Floats) -> Floats:
        broad = fractal_noise(xy[:, 0] / 62_000.0, xy[:, 1] / 62_000.0, self.draws.fork("range"), 3)
        reach = min(self.radius_m, 120_000.0)
        east = np.clip((xy[:, 0] - self.radius_m + reach) / reach, -0.35, 1.0)
        in_valley = smooth_step(-valley_distance_m, -6_000.0, -1_000.0)
        return np.maximum(smooth_step(0.85 * broad + 0.55 * east, 0.05, 0.75), in_valley)

    def _height_at(self, xy: Floats, mountain: Floats) -> Floats:
        crest = ridge_noise(xy[:, 0] / 8_500.0, xy[:, 1] / 8_500.0, self.draws.fork("crests"))
        hills = fractal_noise(xy[:, 0] / 5_000.0, xy[:, 1] / 5_000.0, self.draws.fork("hills"), 3)
        return 70.0 + 60.0 * (hills + 1.0) + mountain * (250.0 + 1_700.0 * crest)

    def _to_valley(self, xy: Floats) -> tuple[Floats, Floats]:
        """Distance to the valley's middle line (at most 9 km) and width of its land there.

        The land reaches farther inwards, to the ridge towards the country.
        """
        distance = np.full(len(xy), 9_000.0)
        land_m = np.zeros(len(xy))
        low, high = self.valley.min(axis=0) - 9_000.0, self.valley.max(axis=0) + 9_000.0
        near = np.flatnonzero(((xy > low) & (xy < high)).all(axis=1))
        here = xy[near]
        found, index = self._valley_line.find(here, 9_000.0)
        distance[near] = np.minimum(found, 9_000.0)
        line = self.valley[np.minimum(index, len(self.valley) - 1)]
        inner = ((here**2).sum(axis=1) < (line**2).sum(axis=1)) & (index < len(self.valley) - 20)
        land_m[near] = VALLEY_HALF_WIDTH_M + np.where(inner, 4_000.0, 1_300.0)
        return distance, land_m

    def _body_m(self, xy: Floats) -> Floats:
        """Above zero on the mainland without its valley."""
        r = np.sqrt(xy[:, 0] ** 2 + xy[:, 1] ** 2)
        far = np.maximum(r, 1.0)
        west = smooth_step(-xy[:, 0] / far, -0.3, 0.5)  # the coast is more broken than the border
        scale = 0.55 * self.radius_m
        octaves = max(3, int(np.ceil(np.log2(scale / 2_000.0))))
        detail = fractal_noise(
            xy[:, 0] / scale, xy[:, 1] / scale, self.draws.fork("coast"), octaves
        )
        bays = self.radius_m * (0.05 + 0.27 * west) * detail
        return self._rim_m(xy[:, 0] / far, xy[:, 1] / far) + bays - r

    def _rim_m(self, east: Floats, north: Floats) -> Floats:
        """Radius of the mainland in a direction (unit vector)."""
        shape = fractal_noise(1.7 * east + 40.0, 1.7 * north, self.draws.fork("rim"), 3)
        return self.radius_m * (1.0 + 0.34 * shape)

    def _build_islands(self) -> list[Island]:
        """One island, and one more per 60,000 km2; off the west coast, away from the valley."""
        n_islands = 1 + min(5, int(self.area_km2 / 60_000.0))
        radius_m = min(2_300.0 + 0.035 * self.radius_m, 11_000.0)
        islands = []
        for k in range(n_islands):
            north = 0.38 * (k - 0.5 * (n_islands - 1)) + 0.3 * (n_islands == 1)
            direction = np.array([-np.sqrt(1.0 - north * north), north])
            middle = self._off_shore(direction, radius_m)
            for _ in range(7):  # around a small country the valley may lie in the way
                if self.valley_distance_m(middle)[0] > min(radius_m + 5_000.0, 8_900.0):
                    break
                direction = np.array([[0.6, -0.8], [0.8, 0.6]]) @ direction
                middle = self._off_shore(direction, radius_m)
            islands.append(Island(float(middle[0, 0]), float(middle[0, 1]), radius_m))
        return islands

    def _off_shore(self, direction: Floats, radius_m: float) -> Floats:
        """Out to sea in a direction until a strait of some kilometres lies before an island."""
        distance = 0.5 * self.radius_m
        while self._body_m(direction[None, :] * distance)[0] > -(radius_m + 4_500.0):
            distance += 500.0
        return direction[None, :] * distance

    def _build_rivers(self) -> list[River]:
        """One river, and one more per 45,000 km2, spread from south to north."""
        n_rivers = 1 + int(self.area_km2 / 45_000.0)
        gap = 2.0 * self.radius_m / (n_rivers + 1)
        rivers = []
        for k in range(n_rivers):
            draws = self.draws.fork(f"river{k}")
            y0 = (k - 0.5 * (n_rivers - 1)) * gap - 0.12 * self.radius_m
            half_chord = float(np.sqrt(max(self.radius_m**2 - y0 * y0, 0.0)))
            x = np.arange(-1.4 * self.radius_m - 10_000.0, 0.72 * half_chord, 60.0)
            zero = np.zeros(len(x))
            slow = fractal_noise(x / max(0.7 * gap, 12_000.0), zero, draws.fork("slow"), 2)
            fast = value_noise(x / 4_300.0, zero, draws.fork("fast"))
            bends = value_noise(x / 1_500.0, zero, draws.fork("bends"))
            sway_m = min(0.24 * gap, 30_000.0)
            rivers.append(River(x, y0 + sway_m * slow + 700.0 * fast + 190.0 * bends))
        return rivers

    def _build_valley(self) -> Floats:
        """The middle line: out of the mainland in the north-east, then along its border.

        Steps of 200 m; the line keeps about 4.5 km outside the rim, so that only its mouth
        touches the country.
        """
        step = 200.0
        point = self._rim_point(0.94, 0.34, -2_500.0)
        points = [point]
        length = 0.0
        while length < VALLEY_LENGTH_M:
            r = float(np.sqrt((point**2).sum()))
            east, north = point / r
            rim = float(self._rim_m(np.array([east]), np.array([north]))[0])
            goal = (
                rim
                + 4_600.0
                + 900.0
                * float(
                    value_noise(
                        np.array([length / 3_800.0]), np.array([0.5]), self.draws.fork("sway")
                    )[0]
                )
            )
            # around anticlockwise, drawn outwards to the goal radius
            pull = np.clip((goal - r) / 2_000.0, -0.6, 2.2)
            heading = np.array([-north, east]) + pull * np.array([east, north])
            point = point + step * heading / np.sqrt((heading**2).sum())
            points.append(point)
            length += step
        return np.array(points)

    def _rim_point(self, east: float, north: float, offset_m: float) -> Floats:
        rim = float(self._rim_m(np.array([east]), np.array([north]))[0])
        return np.array([east, north]) * (rim + offset_m)
