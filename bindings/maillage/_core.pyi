"""Types of the compiled engine. Use the package `maillage`; this module may change at any time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__version__: str

Report = Callable[[str, int, int], None] | None
Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

class PointsOnEdges:
    """Which of the points attached to a network stand inside an edge, by edge."""

class Links:
    """n points attached to one network."""

    def find_on_edges(self) -> PointsOnEdges: ...
    @property
    def n_points(self) -> int: ...
    def select(self, rows: NDArray[np.uint32]) -> Links:
        """The links of some rows, in that order."""
    @property
    def snap_m(self) -> Floats:
        """n: metres to the road; NaN off the network."""
    @property
    def snapped(self) -> Floats:
        """n x 2: lon, lat on the road."""
    @property
    def is_off_network(self) -> NDArray[np.bool_]: ...

class Hierarchy:
    @property
    def n_nodes(self) -> int: ...
    @property
    def n_arcs(self) -> int: ...

class RoadNetwork:
    @property
    def mode(self) -> str: ...
    @property
    def n_raw_nodes(self) -> int: ...
    @property
    def osm_node_ids(self) -> NDArray[np.int64]: ...
    @property
    def way_ids(self) -> NDArray[np.int64]: ...
    def summary(self) -> dict[str, Any]: ...
    def segment_ends(self) -> Floats:
        """n_segments x 4: lon, lat, lon, lat."""
    def segment_speeds(self) -> Floats:
        """n_segments x 3: km/h forward, km/h backward (NaN forbidden), metres."""
    def segment_is_main(self) -> NDArray[np.bool_]: ...
    def segments_of_ways(self, ways: NDArray[np.int64]) -> NDArray[np.uint32]: ...
    def attach(
        self,
        lat: Any,
        lon: Any,
        max_snap_m: float,
        access_speed_kmh: float,
        extra_s: float = 0.0,
        threads: int = 0,
        progress: Report = None,
    ) -> Links: ...
    def attach_nodes(self, nodes: NDArray[np.uint32]) -> Links: ...
    def travel_times(
        self,
        origins: Links,
        destinations: Links,
        hierarchy: Hierarchy | None = None,
        threads: int = 0,
        progress: Report = None,
    ) -> Floats:
        """n_origins x n_destinations minutes; NaN unreachable."""
    def nearest(
        self,
        origins: Links,
        destinations: Links,
        k: int,
        hierarchy: Hierarchy | None = None,
        direction: str = "to",
        on_edges: PointsOnEdges | None = None,
        threads: int = 0,
        progress: Report = None,
    ) -> dict[str, Any]:
        """Columns of n_origins x k rows: origin, rank, destination (-1 absent), minutes, reason."""
    def build_hierarchy(self, threads: int = 0, progress: Report = None) -> Hierarchy: ...
    def edited(self, edit: EditRoads) -> RoadNetwork: ...
    def kept_off_ferries(self) -> RoadNetwork | None:
        """The roads with ferries that nobody takes; None: there are none."""
    def rounded_up(self, factor: float) -> RoadNetwork:
        """The roads in `factor` times their time, each street rounded up to whole seconds."""

class NetworkUse:
    def __init__(
        self,
        network: RoadNetwork,
        hierarchy: Hierarchy | None,
        walk_class: int,
        serves_no_car: bool,
        max_snap_m: float,
        access_speed_kmh: float,
        parking_s: float,
        straight_kmh: float = 0.0,
        transit: TransitMode | None = None,
    ) -> None: ...

class EditRoads:
    def __init__(
        self, mode: str, segments: NDArray[np.uint32], speed_kmh: float | None, factor: float | None
    ) -> None: ...

class Edits:
    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    def close(self, counter: int, service: int | None = None) -> None: ...
    def reopen(self, counter: int) -> None: ...
    def open(self, lat: float, lon: float, level: NDArray[np.uint8], area: int = -1) -> None: ...
    def move(self, counter: int, lat: float, lon: float, area: int = -1) -> None: ...
    def convert(self, counter: int, level: NDArray[np.uint8]) -> None: ...
    def set_persons(
        self, place: NDArray[np.uint32], group: NDArray[np.uint32], persons: Floats
    ) -> None: ...
    def set_adequate(self, place: NDArray[np.uint32], adequate: Floats) -> None: ...
    def roads(self, edit: EditRoads) -> None: ...
    def timetables(self, modes: Sequence[TransitMode]) -> None:
        """Other timetables, one for each network that has them, in order."""

class Exposure:
    def states(self, row_of_place: Rows, n_rows: int, by_group: bool) -> Floats:
        """n_rows (x n_groups) x 6: persons and the five states."""
    def summary(
        self,
        row_of_place: Rows,
        n_rows: int,
        by_group: bool,
        limits_min: Sequence[float],
        threads: int = 0,
        progress: Report = None,
    ) -> Floats:
        """n_rows (x n_groups) x (9 + n_limits) indicators."""
    def equity(
        self,
        row_of_place: NDArray[np.int32],
        n_rows: int,
        by_group: bool,
        epsilon: float,
        threads: int = 0,
        progress: Report = None,
    ) -> list[dict[str, float]]:
        """n_rows (x n_groups) mappings as those of `equity`."""
    def labels(self, person_class: str, walk_class: int) -> tuple[Rows, Floats]:
        """n_places: row of the nearest counter (-1 absent), minutes (NaN absent)."""

class Territory:
    @property
    def n_places(self) -> int: ...
    @property
    def abilities(self) -> tuple[Floats, Floats] | None:
        """p_b and p_c, n_places x n_groups; None where they are those of the groups."""
    @property
    def links(self) -> list[dict[str, Any]]: ...
    @property
    def persons(self) -> Floats:
        """n_places x n_groups, to be read only; so are the next two."""
    @property
    def car_share(self) -> Floats: ...
    @property
    def adequate(self) -> Floats: ...
    def nearest(
        self,
        service: int,
        level: int,
        person_class: str,
        walk_class: int,
        k: int,
        exhaustive: bool = False,
        threads: int = 0,
        progress: Report = None,
        direction: str = "to",
    ) -> tuple[NDArray[np.uint32], Rows, Floats]:
        """Ragged rows: n_places + 1 offsets, rows of counters, minutes to them or from them."""
    def round_trips(
        self,
        place: NDArray[np.uint32],
        counter: NDArray[np.uint32],
        service: int,
        level: int,
        person_class: str,
        walk_class: int,
        k: int,
        exhaustive: bool = False,
        threads: int = 0,
        progress: Report = None,
    ) -> Floats:
        """Minutes there and back of pairs that `nearest` gave; NaN where no mode does both."""
    def exposure(
        self,
        service: int,
        level: int,
        limit_min: float,
        exhaustive: bool = False,
        threads: int = 0,
        progress: Report = None,
        decay: str = "step",
        decay_minutes: Sequence[float] = (),
        decay_shares: Sequence[float] = (),
    ) -> Exposure: ...
    def apply(self, edits: Edits, threads: int = 0, progress: Report = None) -> Territory: ...

class Closures:
    """One question to a territory, and what its scenarios change.

    Tables hold n_rows x n_groups values a column (one a row without `by_group`): persons,
    choice, counter_reliant, digital_only, assisted_only, stranded, unreachable,
    person_minutes, moved, n_places, worst_place (-1 none), worst_before, worst_after.
    """

    def __init__(
        self,
        territory: Territory,
        service: int,
        level: int,
        limit_min: float,
        threads: int = 0,
        progress: Report = None,
    ) -> None: ...
    def singles(
        self,
        counters: NDArray[np.uint32],
        by_group: bool,
        threads: int = 0,
        progress: Report = None,
    ) -> dict[str, NDArray[Any]]:
        """A row each of the counters named by their rows."""
    def figures(self, by_group: bool) -> dict[str, NDArray[Any]]:
        """The territory as it stands: one row."""
    def sets(
        self,
        offsets: NDArray[np.uint32],
        counters: NDArray[np.uint32],
        by_group: bool,
        threads: int = 0,
        progress: Report = None,
    ) -> dict[str, NDArray[Any]]:
        """A row a set of counters that close together."""
    def scenarios(
        self,
        scenarios: Sequence[Edits],
        by_group: bool,
        exhaustive: bool = False,
        threads: int = 0,
        progress: Report = None,
    ) -> dict[str, NDArray[Any]]:
        """A row a scenario."""

def build_network(
    lat: Floats,
    lon: Floats,
    from_row: NDArray[np.uint32],
    to_row: NDArray[np.uint32],
    time_s: Floats,
    length_m: Floats,
    way: NDArray[np.int64],
    mode: str,
    both_ways: bool = False,
    threads: int = 0,
    progress: Report = None,
) -> RoadNetwork: ...
def build_no_roads(mode: str) -> RoadNetwork: ...
def read_osm(
    path: str,
    modes: Sequence[tuple[str, dict[str, Any]]],
    threads: int = 0,
    progress: Report = None,
) -> tuple[list[RoadNetwork], dict[str, tuple[int, list[str]]]]: ...
def build_territory(
    places: Mapping[str, Any],
    groups: Mapping[str, Any],
    counters: Mapping[str, Any],
    networks: Sequence[NetworkUse],
    connectivity_shift: float,
    threads: int = 0,
    progress: Report = None,
) -> Territory: ...

class CacheFile:
    """A cache file, mapped; everything read from it keeps it."""

    @property
    def n_bytes(self) -> int: ...
    def territory(self) -> Territory: ...
    def array(self, name: str) -> NDArray[np.uint8]:
        """Bytes that `write_cache` was given; can be read only. IoError when there are none."""

class ListFolder:
    """Where lists of nearest counters are kept, written in the background."""

    def __init__(self, folder: str, key: str) -> None: ...
    def wait(self) -> tuple[int, str]:
        """How many lists were written since the last call, and the first failure in words."""

def write_cache(
    path: str,
    key: str,
    territory: Territory,
    arrays: Mapping[str, NDArray[np.uint8]],
    threads: int = 0,
    progress: Report = None,
) -> None: ...
def open_cache(path: str, key: str, threads: int = 0, progress: Report = None) -> CacheFile: ...
def release_memory() -> None: ...
def keep_lists(territory: Territory, folder: ListFolder) -> None: ...
def place_changes(before: Exposure, after: Exposure) -> dict[str, Any]: ...
def adequate_share(wired: Any, mobile: Any) -> Any: ...
def write_osm_pbf(
    path: str,
    tag_sets: Sequence[Sequence[tuple[str, str]]],
    nodes: tuple[Any, ...],
    ways: tuple[Any, ...],
    restrictions: tuple[Any, ...],
) -> None: ...
def draw_states(
    exposure: Exposure,
    row_of_place: Rows,
    n_rows: int,
    by_group: bool,
    draws: dict[str, Any],
    threads: int = 0,
    progress: Report = None,
) -> Floats:
    """n_draws x (n_rows (x n_groups)) x 5 states."""

def draw_uniforms(seed: int, stream: int, n: int) -> Floats:
    """n numbers in (0, 1) that depend on seed, stream and position alone."""

def equity(minutes: Floats, persons: Floats, line: float, epsilon: float) -> dict[str, float]:
    """Measures of inequality; NaN minutes are unreachable."""

def theil_parts(
    minutes: Floats, persons: Floats, group: NDArray[np.int32], n_groups: int
) -> tuple[float, float]:
    """Theil's T between groups and within them."""

def concentration(minutes: Floats, persons: Floats, living: Floats) -> float: ...
def fit_groups(
    seeds: Floats,
    seed_of_place: NDArray[np.uint32],
    margins: list[tuple[NDArray[np.uint32], Floats]],
    tolerance: float,
    max_rounds: int,
    threads: int = 0,
    progress: Report = None,
) -> dict[str, Any]:
    """persons (n_places x n_cells), distance, total_gap, excluded, rounds (n_places)."""

NEVER: int

class Walks:
    """Ways on foot from rows of points to rows of others, in whole seconds."""

    def __init__(
        self, offsets: NDArray[np.uint32], ends: NDArray[np.uint32], seconds: NDArray[np.int32]
    ) -> None: ...
    @property
    def n_rows(self) -> int: ...
    def to_arrays(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.int32]]:
        """Offsets (n_rows + 1), ends, seconds."""
    def turned(self, n_ends: int) -> Walks:
        """The same ways from their ends."""

def find_walks(
    network: RoadNetwork,
    origins: Links,
    destinations: Links,
    factor: float,
    longest: int,
    hierarchy: Hierarchy | None = None,
    threads: int = 0,
    progress: Report = None,
) -> Walks:
    """Ways of at most `longest` seconds; seconds = those of the network x factor, rounded up."""

def find_straight_walks(
    from_lat: Any,
    from_lon: Any,
    to_lat: Any,
    to_lon: Any,
    speed_mps: float,
    longest: int,
    threads: int = 0,
    progress: Report = None,
) -> Walks: ...

class RideNetwork:
    """Timetable of a day and walks between its stops."""

    def __init__(
        self,
        n_stops: int,
        n_trips: int,
        trip: Any,
        stop: Any,
        arrival: Any,
        departure: Any,
        may_board: Any,
        may_alight: Any,
        changes: Walks,
    ) -> None:
        """changes: walks between stops. One from a stop to itself is the least time between two
        rides there: 0 s without one, NEVER where nobody may change."""
    @property
    def n_stops(self) -> int: ...
    @property
    def n_trips(self) -> int: ...
    @property
    def n_lines(self) -> int: ...
    @property
    def n_calls(self) -> int: ...
    @property
    def n_bytes(self) -> int: ...
    def reversed(self, wait: int) -> RideNetwork:
        """Backwards in time, every time negative, the wait for a trip included."""
    def travel_times(
        self,
        access: Walks,
        egress: Walks,
        direct: Walks,
        n_destinations: int,
        window: tuple[int, int, int],
        longest: int,
        max_rides: int,
        wait: int,
        percentiles: Sequence[float],
        threads: int = 0,
        progress: Report = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """n_origins x (n_destinations x n_percentiles) seconds, NEVER where nothing goes; and
        n_origins x n_destinations instants of the window from which nothing goes."""
    def profiles(
        self,
        access: Walks,
        egress: Walks,
        direct: Walks,
        n_destinations: int,
        window: tuple[int, int, int],
        longest: int,
        max_rides: int,
        wait: int,
        threads: int = 0,
        progress: Report = None,
    ) -> tuple[NDArray[np.int64], Rows, Rows, Rows]:
        """Journeys of pairs: offsets (pairs + 1), departures, arrivals; seconds on foot (pairs)."""
    def journeys(
        self,
        access: Walks,
        egress: Walks,
        direct: Walks,
        window: tuple[int, int, int],
        longest: int,
        max_rides: int,
        wait: int,
        by_arrival: bool = False,
    ) -> dict[str, Rows]:
        """Journeys of one pair. n_journeys each: departure, arrival, last_walk (seconds after
        the last ride, or all the way), n_rides. n_rides in all, by journey: walk (seconds
        before the ride), trip, from, to (calls of the trip), board, alight (stops),
        ride_departure, ride_arrival."""

def find_transit_trips(
    forward: RideNetwork,
    backward: RideNetwork,
    access: Walks,
    egress: Walks,
    direct: Walks,
    back_access: Walks,
    back_egress: Walks,
    back_direct: Walks,
    n_others: int,
    starts_are_counters: bool,
    open_offset: Any,
    open_begin: Any,
    open_end: Any,
    rules: tuple[int, int, int, int],
    longest: int,
    max_rides: int,
    wait: int,
    with_presence: bool,
    threads: int = 0,
    progress: Report = None,
) -> dict[str, NDArray[Any]]:
    """Of every home x counter: reason (0 = a trip), leave, arrive, leave_counter, home,
    latest_start, earliest_return, in seconds; presence_offset, _begin, _end as ragged rows.

    `rules`: dwell, earliest, latest, longest time away.
    """

class TransitMode:
    """A timetable as a mode of a territory: times between its places and any counter."""

    def __init__(
        self,
        network: RideNetwork,
        paths: RoadNetwork | None,
        hierarchy: Hierarchy | None,
        straight_mps: float,
        stop_lat: Floats,
        stop_lon: Floats,
        window: tuple[int, int, int],
        longest: int,
        max_rides: int,
        wait: int,
        percentile: float,
        longest_walk: int,
        threads: int = 0,
        progress: Report = None,
    ) -> None: ...
    def take_over(self, before: TransitMode, touched: NDArray[np.uint32]) -> int:
        """Keeps the times of the same mode before trips at the stops `touched` came or went.

        Returns for how many counters, each direction for itself."""
