"""Road networks: reading and building them, travel times and nearest destinations.

roads = read_roads("corsica.osm.pbf", mode="car")
roads.travel_time_matrix(origins, destinations)
roads.nearest(origins, destinations, k=8)
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maillage import _core
from maillage.arguments import (
    check_choice,
    check_count,
    check_number,
    check_path,
    check_threads,
    to_shown,
)
from maillage.attached_points import AttachedPoints
from maillage.config_models import RoadColumns
from maillage.config_sections import TableSource
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.road_tables import TableLike, read_road_tables
from maillage.geo.speeds import read_speeds
from maillage.node_ids import NodeIds
from maillage.points import Points, to_points
from maillage.progress import ProgressChoice, Report, report_progress
from maillage.results import to_ids

MAX_SNAP_M = 1600.0
ACCESS_SPEED_KMH = 5.0
WALK_SPEED_KMH = 4.5
BIKE_SPEED_KMH = 15.0
MAX_K = 255
SEARCHES_WORTH_A_HIERARCHY = 300  # building one costs some 150 searches

DIRECTIONS = ("to", "from")

# Why a time does not exist; the place in this list is the code of a category.
REASONS = ("unreachable", "origin_off_network", "destination_off_network")
REASON_DTYPE = pd.CategoricalDtype(pd.Index(REASONS))
# An index made once: to make it of names takes pandas as long as all else of a table.
NEAREST_COLUMNS = pd.Index(["id", "rank", "nearest_id", "travel_time", "reason"])


class RoadNetwork:
    """A road network of one mode, ready to be searched. Immutable.

    Made by `read_roads` (an OSM file) or `build_roads` (tables). Chains of degree-2 nodes
    are contracted inside; every point of every road can still be attached to. Points
    attach to the main component: the largest strongly connected one.
    """

    def __init__(
        self, core: _core.RoadNetwork, node_ids: Sequence[str] | None, findings: Findings
    ) -> None:
        self._core = core
        self._node_ids = node_ids
        self._findings = findings
        self._hierarchy: _core.Hierarchy | None = None

    def with_core(self, core: _core.RoadNetwork) -> RoadNetwork:
        """The same nodes and findings with other times."""
        return RoadNetwork(core, self._node_ids, self._findings)

    @property
    def mode(self) -> str:
        """`car`, `walk` or `bike`."""
        return self._core.mode

    @property
    def findings(self) -> pd.DataFrame:
        """What was doubtful in the data: `kind, count, examples`."""
        return self._findings.to_frame()

    def summary(self) -> dict[str, Any]:
        """Sizes: nodes, segments, junctions, edges, arcs, components, length in km, shares."""
        return self._core.summary()

    def __repr__(self) -> str:
        s = self.summary()
        return (
            f"<RoadNetwork {self.mode}: {s['n_junctions']:,} junctions, "
            f"{s['length_km']:,.0f} km, {100 * s['main_share']:.1f} % in the main component>"
        )

    @cached_property
    def _nodes(self) -> NodeIds:
        return NodeIds(self._core.osm_node_ids if self._node_ids is None else self._node_ids)

    @cached_property
    def _node_points(self) -> AttachedPoints:
        """Every node (the first of those with one id) as a point."""
        links = self._core.attach_nodes(self._nodes.rows)
        return AttachedPoints(self._core, self._nodes.dtype, links)

    def segments(self) -> gpd.GeoDataFrame:
        """Every straight piece of road: `speed_kmh` in drawing direction, `back_speed_kmh`
        against it (NaN = forbidden), `length_m`, `is_main`, geometry in WGS84.
        """
        speeds = self._core.segment_speeds()
        return gpd.GeoDataFrame(
            {
                "speed_kmh": speeds[:, 0],
                "back_speed_kmh": speeds[:, 1],
                "length_m": speeds[:, 2],
                "is_main": self._core.segment_is_main(),
            },
            geometry=self._segment_lines(),
            crs=4326,
        )

    def _segment_lines(self) -> np.ndarray:
        lines: Any = shapely.linestrings(self._core.segment_ends().reshape(-1, 2, 2))
        return lines

    def find_segments(self, ways: Sequence[int] | None = None, polygon: Any = None) -> np.ndarray:
        """Rows of the segments of some ways, or of those that meet an area (WGS84)."""
        if ways is not None:
            return self._core.segments_of_ways(_to_way_ids(ways))
        if polygon is None:
            raise InputError("find_segments needs ways or a polygon")
        # a tree of a country's segments takes seconds, a look at their boxes a tenth of one
        west, south, east, north = shapely.bounds(polygon)
        ends = self._core.segment_ends()
        lon_from, lat_from, lon_to, lat_to = ends.T
        rows = np.flatnonzero(
            (np.minimum(lon_from, lon_to) <= east)
            & (np.maximum(lon_from, lon_to) >= west)
            & (np.minimum(lat_from, lat_to) <= north)
            & (np.maximum(lat_from, lat_to) >= south)
        )
        lines: Any = shapely.linestrings(ends[rows].reshape(-1, 2, 2))
        shapely.prepare(polygon)
        return rows[shapely.intersects(polygon, lines)].astype(np.uint32)

    def travel_time_matrix(
        self,
        origins: pd.DataFrame | AttachedPoints,
        destinations: pd.DataFrame | AttachedPoints,
        *,
        round_trip: bool = False,
        max_snap_m: float = MAX_SNAP_M,
        access_speed_kmh: float = ACCESS_SPEED_KMH,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """Travel times from every origin to every destination, in minutes.

        origins, destinations
            Frames with `id` (unique) and `lon`, `lat` (WGS84) or `node` (an id of the
            network's nodes); or GeoDataFrames of points. A point attaches to the nearest
            segment within `max_snap_m` and walks there at `access_speed_kmh`; a node costs
            nothing. Or what `attach` has made of them.
        round_trip
            Adds the way back.

        Returns `from_id, to_id, travel_time, reason`: one row a pair, origins first. A
        time that does not exist is NaN and `reason` says why: `unreachable`,
        `origin_off_network`, `destination_off_network`. Cost: one search an origin; by the
        hierarchy where it is there, or where origins are so many (300) that it is built.
        """
        with report_progress(progress) as report:
            how = {"threads": check_threads(threads), "progress": report}
            where = (max_snap_m, access_speed_kmh, how)
            sources = self._place(origins, "origins", *where)
            targets = self._place(destinations, "destinations", *where)
            here, there = sources._links, targets._links
            is_many = here.n_points >= SEARCHES_WORTH_A_HIERARCHY
            hierarchy = self._find_hierarchy(**how) if is_many else self._hierarchy
            minutes = self._core.travel_times(here, there, hierarchy, **how)
            if round_trip:
                minutes = minutes + self._core.travel_times(there, here, hierarchy, **how).T
        n, m = minutes.shape
        absent = np.isnan(minutes)
        reason = np.where(absent, np.int8(0), np.int8(-1))
        reason[absent & there.is_off_network[None, :]] = 2
        reason[absent & here.is_off_network[:, None]] = 1
        return pd.DataFrame(
            {
                "from_id": to_ids(sources._ids, np.repeat(np.arange(n), m)),
                "to_id": to_ids(targets._ids, np.tile(np.arange(m), n)),
                "travel_time": minutes.ravel(),
                "reason": _to_reasons(reason.ravel()),
            }
        )

    def nearest(
        self,
        origins: pd.DataFrame | AttachedPoints | None,
        destinations: pd.DataFrame | AttachedPoints,
        k: int = 8,
        *,
        direction: str = "to",
        max_snap_m: float = MAX_SNAP_M,
        access_speed_kmh: float = ACCESS_SPEED_KMH,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """The k nearest distinct destinations of every origin, by travel time.

        origins, destinations
            Points as in `travel_time_matrix`. Without origins (None) every node of the network
            is one, under its own id.
        k
            1 to 255.
        direction
            `to` the destinations, or `from` them (an ambulance comes from its station).

        Returns `id, rank, nearest_id, travel_time, reason`: k rows an origin, rank 1 the
        nearest; equal times in the order of the destinations. Where fewer than k can be
        reached, `nearest_id` and `travel_time` are absent and `reason` says why. Text ids of
        large results, of attached points and of nodes are categories. Cost: one sweep over the
        network, whatever the number of origins.
        """
        k = check_count("k", k, 1, f"1 to {MAX_K}", high=MAX_K)
        direction = check_choice("direction", direction, DIRECTIONS)
        with report_progress(progress) as report:
            how = {"threads": check_threads(threads), "progress": report}
            where = (max_snap_m, access_speed_kmh, how)
            is_everywhere = origins is None
            sources = (
                self._node_points if is_everywhere else self._place(origins, "origins", *where)
            )
            targets = self._place(destinations, "destinations", *where)
            is_kept = not isinstance(origins, pd.DataFrame)  # asked about again
            found = self._core.nearest(
                sources._links,
                targets._links,
                k,
                self._find_hierarchy(**how),
                direction,
                sources._on_edges if is_kept else None,
                **how,
            )
        columns = (
            to_ids(sources._ids, found["origin"]),
            found["rank"],
            to_ids(targets._ids, found["destination"]),
            found["minutes"],
            _to_reasons(found["reason"]),
        )
        table = pd.DataFrame(dict(enumerate(columns)), copy=False)
        table.columns = NEAREST_COLUMNS
        return table

    def prepare(self, *, threads: int = 0, progress: ProgressChoice = None) -> RoadNetwork:
        """Builds what makes `nearest` fast, once, and returns the network itself.

        `nearest` does so when it is first called; call this to pay at a time you choose. Cost:
        well under a second for a département, about a minute for a country.
        """
        with report_progress(progress) as report:
            self._find_hierarchy(check_threads(threads), report)
        return self

    def _find_hierarchy(self, threads: int, progress: Report | None) -> _core.Hierarchy:
        if self._hierarchy is None:
            self._hierarchy = self._core.build_hierarchy(threads, progress)
        return self._hierarchy

    def attach(
        self,
        points: pd.DataFrame,
        *,
        max_snap_m: float = MAX_SNAP_M,
        access_speed_kmh: float = ACCESS_SPEED_KMH,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> AttachedPoints:
        """Finds the place of points on the roads once, for many questions.

        points
            As in `travel_time_matrix`.

        What it returns stands in place of the frame in the other methods of this network, whose
        `max_snap_m` and `access_speed_kmh` say nothing about it. Its ids, if they are text, come
        out as categories.
        """
        with report_progress(progress) as report:
            how = {"threads": check_threads(threads), "progress": report}
            found = self._place(points, "points", max_snap_m, access_speed_kmh, how)
        if points is found or not isinstance(found.ids.dtype, pd.StringDtype):
            return found
        return AttachedPoints(self._core, pd.CategoricalDtype(found.ids), found._links)

    def _place(
        self,
        points: Any,
        what: str,
        max_snap_m: float,
        access_speed_kmh: float,
        how: dict[str, Any],
    ) -> AttachedPoints:
        """The points of a frame attached, or those that are already; `what` names the argument."""
        if isinstance(points, AttachedPoints):
            if points._network is not self._core:
                raise InputError(f"{what} are attached to another network: attach them to this")
            return points
        given = self._to_points(points, what)
        links = self._attach(given, max_snap_m, access_speed_kmh, how)
        return AttachedPoints(self._core, given.ids, links)

    def attachments(
        self,
        points: pd.DataFrame | AttachedPoints,
        *,
        max_snap_m: float = MAX_SNAP_M,
        access_speed_kmh: float = ACCESS_SPEED_KMH,
    ) -> pd.DataFrame:
        """Where points meet the roads: `id, snap_m, lon, lat, reason`.

        Off the network the figures are NaN and `reason` is `off_network`.
        """
        found = self._place(points, "points", max_snap_m, access_speed_kmh, {})
        links = found._links
        return pd.DataFrame(
            {
                "id": found.ids,
                "snap_m": links.snap_m,
                "lon": links.snapped[:, 0],
                "lat": links.snapped[:, 1],
                "reason": pd.Categorical.from_codes(
                    np.where(links.is_off_network, 0, -1), categories=pd.Index(["off_network"])
                ),
            }
        )

    def _to_points(self, frame: pd.DataFrame, what: str) -> Points:
        names_nodes = "node" in getattr(frame, "columns", ())
        return to_points(frame, what, self._nodes if names_nodes else None)

    def _attach(
        self, points: Points, max_snap_m: float, access_speed_kmh: float, how: dict[str, Any]
    ) -> _core.Links:
        if points.nodes is not None:
            if "_node_points" in self.__dict__:
                at = np.searchsorted(self._nodes.rows, points.nodes)
                return self._node_points._links.select(at.astype(np.uint32))
            return self._core.attach_nodes(points.nodes)
        snap = check_number("max_snap_m", max_snap_m, "metres >= 0", lambda m: m >= 0)
        speed = check_number("access_speed_kmh", access_speed_kmh, "km/h > 0", lambda v: v > 0)
        return self._core.attach(points.lat, points.lon, snap, speed, **how)


def read_roads(
    path: str | Path,
    mode: str = "car",
    *,
    speeds: str | Path | Mapping[str, Any] = "france",
    use_maxspeed: bool | float | None = None,
    delays: Mapping[str, float] | None = None,
    speed_kmh: float | None = None,
    use_surface_caps: bool | None = None,
    threads: int = 0,
    progress: ProgressChoice = None,
) -> RoadNetwork:
    """Reads the roads of an OSM PBF file for one mode.

    path
        An `.osm.pbf` file.
    mode
        `car`, `walk` or `bike`.
    speeds
        `"france"` (legal speeds), `"osrm"` (OSRM's car classes), a TOML file of your own,
        or a mapping; see `maillage/speeds/france.toml`.
    use_maxspeed
        True: the posted limit replaces the class speed; a factor such as 0.8: that share
        of it; False: limits are ignored. None: as `speeds` says.
    delays
        Seconds lost at `traffic_signals`, `stop`, `give_way`, `junction`.
    speed_kmh
        Walking or cycling speed, in place of that of `speeds`.
    use_surface_caps
        Whether bad surfaces slow people down. None: as `speeds` says.

    Private roads may begin and end a trip by car and bike. On foot they are closed, and
    footways with `foot=private`; footways with `access=private` may begin and end a walk. A
    sidewalk opens trunk roads to walkers. On foot no point attaches inside a tunnel, nor to
    what a way that the file cuts off (`way_cut`) has beyond its last crossing.

    Raises InputError for a file that is not PBF or has no road of the mode, IoError for
    one that cannot be opened.
    """
    path = check_path("path", path)
    rules = read_speeds(
        speeds, mode, use_maxspeed, delays, speed_kmh=speed_kmh, use_surface_caps=use_surface_caps
    )
    with report_progress(progress) as report:
        networks, found = _core.read_osm(
            str(path), [(mode, dict(rules))], check_threads(threads), report
        )
    return RoadNetwork(networks[0], None, to_findings(found))


def build_roads(
    nodes: TableLike,
    edges: TableLike,
    mode: str = "car",
    *,
    speed_kmh: float | None = None,
    both_ways: bool | None = None,
    columns: Any = None,
    whole_kmh: bool = False,
    threads: int = 0,
    progress: ProgressChoice = None,
) -> RoadNetwork:
    """Builds a network from node and edge tables: frames, or files that hold them.

    nodes
        `id, lon, lat` (WGS84).
    edges
        One row a direction: `from, to` (ids of nodes) and `time_s`, or `length_m` and
        `speed_kmh` (or `speed_ms`); optional `way`, the id by which scenarios name roads.
        Other columns are ignored. Two rows in opposite directions are one road.
    speed_kmh
        One speed for every edge that has none; walking and cycling always go at theirs
        (4.5 and 15 km/h unless given) over `length_m`.
    both_ways
        A row may be used against its direction too; by default so on foot only.

    Raises InputError naming row, field and value.
    """
    if mode not in ("car", "walk", "bike"):
        raise InputError(f"mode is {mode!r}, expected car, walk or bike")
    _check_tables(nodes, edges, columns)
    if speed_kmh is not None:
        speed_kmh = check_number("speed_kmh", speed_kmh, "km/h > 0", lambda v: v > 0)
    own_speed = {"walk": WALK_SPEED_KMH, "bike": BIKE_SPEED_KMH}.get(mode)
    findings = Findings()
    tables = read_road_tables(
        nodes,
        edges,
        columns=columns,
        speed_kmh=speed_kmh if speed_kmh is not None else own_speed,
        fixed_speed=mode != "car",
        whole_kmh=whole_kmh,
        findings=findings,
    )
    with report_progress(progress) as report:
        core = _core.build_network(
            tables.lat,
            tables.lon,
            tables.from_index,
            tables.to_index,
            tables.time_s,
            tables.length_m,
            tables.way_ids,
            mode,
            mode == "walk" if both_ways is None else both_ways,
            check_threads(threads),
            report,
        )
    return RoadNetwork(core, tables.node_ids, findings)


def _check_tables(nodes: Any, edges: Any, columns: Any) -> None:
    for name, table in (("nodes", nodes), ("edges", edges)):
        if not isinstance(table, pd.DataFrame | TableSource | str | PathLike):
            raise InputError(f"{name} is {to_shown(table)}, expected a data frame or a file")
    if columns is None or isinstance(columns, RoadColumns):
        return
    if not isinstance(columns, Mapping):
        raise InputError(f"columns is {to_shown(columns)}, expected names such as {{'id': 'node'}}")
    known = [field.alias or name for name, field in RoadColumns.model_fields.items()]
    for name in columns:
        if name not in known:
            raise InputError(f"columns: {name} is unknown{to_hint(str(name), known)}")


def _to_way_ids(ways: Sequence[int]) -> np.ndarray:
    try:
        return np.array([operator.index(way) for way in ways], dtype=np.int64)
    except TypeError:
        wrong = next(way for way in ways if not hasattr(way, "__index__"))
        raise InputError(f"ways holds {to_shown(wrong)}, expected whole numbers") from None


def to_findings(found: Mapping[str, tuple[int, list[str]]]) -> Findings:
    """Findings as the engine hands them over."""
    findings = Findings()
    for kind, (count, examples) in found.items():
        findings.add_all(kind, examples, count)
    return findings


def _to_reasons(codes: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, dtype=REASON_DTYPE, validate=False)
