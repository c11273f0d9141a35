"""Coach lines along the roads: each town is tied to the nearest larger one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from maillage.synth.arrays import Floats, Ints
from maillage.synth.classes import CAR_KMH, TERTIARY
from maillage.synth.communes import Communes
from maillage.synth.draws import Draws
from maillage.synth.plane import Nearest
from maillage.synth.roadset import RoadSet
from maillage.synth.settlements import Settlements
from maillage.synth.terrain import Frame

# A coach is a little slower than a car, and stands half a minute at every stop.
COACH_FACTOR = 1.25
DWELL_S = 30
LONGEST_LINE_S = 80 * 60
MOST_LINES = 400
_HEAD = "agency_id,agency_name,agency_url,agency_timezone,agency_lang\n"
_SERVICES = """\
service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
LV,1,1,1,1,1,0,0,20250901,20260704
ME,0,0,1,0,0,0,0,20250901,20260704
SA,0,0,0,0,0,1,0,20250901,20260704
VN,0,0,0,0,1,0,0,20250901,20260704
"""
# All Saints' holiday, Christmas, the first of May; one Monday that runs as a Saturday.
_EXCEPTIONS = """service_id,date,exception_type
LV,20251111,2
LV,20251225,2
LV,20260101,2
LV,20260501,2
SA,20251222,1
LV,20251222,2
"""


@dataclass(frozen=True)
class Line:
    """One line: the settlements it serves in order and the seconds from the first to each."""

    number: str
    stops: list[int]
    seconds: list[int]
    market: bool


@dataclass(frozen=True)
class Trip:
    """One run of a line: `backward` from its last stop to its first, leaving at `start_s`."""

    line: int
    service: str
    start_s: int
    backward: bool


def build_lines(roads: RoadSet, settlements: Settlements) -> list[Line]:
    """Lines from towns and large villages to the nearest larger town, by the quickest way.

    A line stops at every settlement it passes.
    """
    lines = []
    graph, place = _coach_graph(roads)
    stop_point = _stop_points(roads, settlements.xy, place)
    settlement_at = {int(p): s for s, p in reversed(list(enumerate(stop_point)))}
    for hub, feeders in _feeders(settlements).items():
        distance, parent = dijkstra(
            graph, indices=stop_point[hub], return_predecessors=True, limit=LONGEST_LINE_S
        )
        for feeder in feeders:
            if not np.isfinite(distance[stop_point[feeder]]):
                continue
            stops, seconds = _stops_on_way(int(stop_point[feeder]), distance, parent, settlement_at)
            if len(stops) < 2 or stops[0] != feeder or stops[-1] != hub:
                continue
            number = f"{101 + len(lines)}"
            lines.append(Line(number, stops, seconds, len(lines) % 4 == 3))
            if len(lines) == MOST_LINES:
                return lines
    return lines


def build_trips(lines: list[Line], draws: Draws) -> list[Trip]:
    """Runs on working days both ways, fewer on Saturdays, market days, and one late on Fridays."""
    trips = []
    for index, line in enumerate(lines):
        shift = int(draws.between(-25.0, 25.0, [index])[0]) * 60
        if line.market:
            trips.append(Trip(index, "ME", 8 * 3600 + shift, False))
            trips.append(Trip(index, "ME", 12 * 3600 + 900 + shift, True))
        else:
            n_pairs = 3 + int(draws.fork("runs").bits([index])[0] % np.uint64(3))
            hours = np.linspace(6.4, 17.9, n_pairs)
            for hour in hours.tolist():
                start = int(hour * 60) * 60 + shift
                trips.append(Trip(index, "LV", start, False))
                trips.append(Trip(index, "LV", start + line.seconds[-1] // 60 * 60 + 1500, True))
        trips.append(Trip(index, "SA", 9 * 3600 + shift, False))
        trips.append(Trip(index, "SA", 17 * 3600 + shift, True))
    if lines:
        trips.append(Trip(0, "VN", 23 * 3600 + 50 * 60, True))  # arrives after midnight
    return trips


def build_feed(
    lines: list[Line], trips: list[Trip], settlements: Settlements, communes: Communes
) -> dict[str, str]:
    """The files of a GTFS feed, by name."""
    served = sorted({s for line in lines for s in line.stops})
    hubs = sorted({line.stops[-1] for line in lines})
    files = {
        "agency.txt": _HEAD
        + f"CAR,Cars de {communes.departement_name[0]},https://example.org/cars,Europe/Paris,fr\n",
        "calendar.txt": _SERVICES,
        "calendar_dates.txt": _EXCEPTIONS,
        "feed_info.txt": "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,"
        "feed_end_date,feed_version\nmaillage synth,https://example.org,fr,20250901,20260704,1\n",
        "stops.txt": _stops_file(served, hubs, settlements, communes),
        "transfers.txt": "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
        + "".join(
            f"S{a:05d}{x},S{a:05d}{y},2,{180 if x == y else 240}\n"
            for a in hubs
            for x in "AB"
            for y in "AB"
        ),
    }
    routes = ["route_id,agency_id,route_short_name,route_long_name,route_type"]
    for line in lines:
        ends = f"{communes.name[line.stops[0]]} - {communes.name[line.stops[-1]]}"
        routes.append(f'L{line.number},CAR,{line.number},"{ends}",3')
    files["routes.txt"] = "\n".join(routes) + "\n"
    files["trips.txt"], files["stop_times.txt"] = _trip_files(lines, trips, communes, set(hubs))
    return files


# -- the ways of lines --------------------------------------------------------------------------


def _coach_graph(roads: RoadSet) -> tuple[csr_array, Ints]:
    """Seconds on roads from motorways to tertiary, and the point of every vertex."""
    wide = np.flatnonzero(roads.for_cars() & (roads.road_class <= TERTIARY))
    place, index = np.unique(np.concatenate([roads.a[wide], roads.b[wide]]), return_inverse=True)
    u, v = index[: len(wide)], index[len(wide) :]
    # bends make a road a tenth longer than its pieces
    seconds = np.round(roads.lengths()[wide] * 1.1 * 3.6 / CAR_KMH[roads.road_class[wide]])
    seconds = np.maximum(seconds * COACH_FACTOR, 1.0)
    back = ~roads.oneway[wide]
    row = np.concatenate([v, u[back]])  # searched from the hub against the traffic
    column = np.concatenate([u, v[back]])
    data = np.concatenate([seconds, seconds[back]])
    order = np.lexsort((data, column, row))
    row, column, data = row[order], column[order], data[order]
    first = np.flatnonzero((np.diff(row, prepend=-1) != 0) | (np.diff(column, prepend=-1) != 0))
    shape = (len(place), len(place))
    return csr_array((data[first], (row[first], column[first])), shape=shape), place


def _stop_points(roads: RoadSet, centre: Floats, place: Ints) -> Ints:
    """Vertex of the coach network nearest to each settlement."""
    return Nearest(roads.xy[place]).find(centre)[1]


def _feeders(settlements: Settlements) -> dict[int, list[int]]:
    """The larger place that each town and large village looks to."""
    n = max(settlements.n_towns, 2)
    candidates = np.flatnonzero((np.arange(len(settlements)) < n) | (settlements.persons > 700.0))
    candidates = candidates[settlements.setting[candidates] != 2]
    feeders: dict[int, list[int]] = {}
    for place in candidates[1:].tolist():
        larger = np.flatnonzero(settlements.persons[:n] > 1.5 * settlements.persons[place])
        if len(larger) == 0:
            larger = np.zeros(1, dtype=np.int64)
        delta = settlements.xy[larger] - settlements.xy[place]
        hub = int(larger[np.argmin((delta**2).sum(axis=1))])
        if hub != place:
            feeders.setdefault(hub, []).append(place)
    return feeders


def _stops_on_way(
    start: int, distance: Floats, parent: Ints, settlement_at: dict[int, int]
) -> tuple[list[int], list[int]]:
    """Settlements from a start to the hub, and seconds with the time at stops, whole minutes."""
    stops: list[int] = []
    seconds: list[int] = []
    point = start
    while point >= 0:
        settlement = settlement_at.get(point)
        if settlement is not None:
            ride = distance[start] - distance[point] + DWELL_S * len(stops)
            stops.append(settlement)
            seconds.append(int(np.ceil(ride / 60.0)) * 60)
        point = int(parent[point])
    return stops, seconds


# -- the files ----------------------------------------------------------------------------------


def _stops_file(
    served: list[int], hubs: list[int], settlements: Settlements, communes: Communes
) -> str:
    lines = ["stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station"]
    lon, lat = Frame().to_lonlat(settlements.xy[served] + np.array([12.0, -9.0]))
    for stop, x, y in zip(served, lon.tolist(), lat.tolist(), strict=True):
        name = communes.name[stop]
        if stop not in hubs:
            lines.append(f'S{stop:05d},"{name} - Mairie",{y:.6f},{x:.6f},0,')
            continue
        station = f"S{stop:05d}"
        lines.append(f'{station},"{name} - Gare routière",{y:.6f},{x:.6f},1,')
        for dock, shift in (("A", 0.0), ("B", 0.0004)):
            place = f"{y:.6f},{x + shift:.6f}"
            lines.append(f'{station}{dock},"{name} - Quai {dock}",{place},0,{station}')
    return "\n".join(lines) + "\n"


def _trip_files(
    lines: list[Line], trips: list[Trip], communes: Communes, hubs: set[int]
) -> tuple[str, str]:
    rows = ["route_id,service_id,trip_id,trip_headsign,direction_id"]
    times = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"]
    for number, trip in enumerate(trips):
        line = lines[trip.line]
        stops, seconds = line.stops, line.seconds
        if trip.backward:
            stops, seconds = stops[::-1], [seconds[-1] - s for s in seconds[::-1]]
        name = f"T{number:05d}"
        goal = communes.name[stops[-1]]
        rows.append(f'L{line.number},{trip.service},{name},"{goal}",{int(trip.backward)}')
        dock = "B" if trip.backward else "A"
        for order, (stop, offset) in enumerate(zip(stops, seconds, strict=True)):
            at = _clock(trip.start_s + offset)
            platform = f"S{stop:05d}{dock if stop in hubs else ''}"
            times.append(f"{name},{at},{at},{platform},{order + 1}")
    return "\n".join(rows) + "\n", "\n".join(times) + "\n"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
