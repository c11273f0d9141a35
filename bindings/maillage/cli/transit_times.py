"""maillage transit journey | matrix: travel times on foot and by public transport."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maillage.cli.option_names import naming_options
from maillage.cli.options import Out, Output, Quiet, Threads, check_files, write_result
from maillage.cli.transit import Feeds, transit
from maillage.errors import InputError

if TYPE_CHECKING:
    from maillage.transit import Transit

Date = Annotated[str, typer.Option(help="The day, such as 2025-06-10.", show_default=False)]
WalkFile = Annotated[
    Path | None,
    typer.Option(
        "--walk",
        help="An OSM file (.osm.pbf) along whose ways people walk; straight lines without it.",
        show_default=False,
    ),
]
MaxTime = Annotated[float, typer.Option(help="Longest travel time in minutes, waiting included.")]
MaxWalk = Annotated[
    float | None,
    typer.Option(
        "--max-walk",
        help="Longest way on foot in minutes, at either end or all the way; --max-time by default.",
        show_default=False,
    ),
]
WalkSpeed = Annotated[float, typer.Option("--walk-speed", help="Kilometres an hour on foot.")]
MaxRides = Annotated[int, typer.Option(help="At most so many rides.")]
BoardWait = Annotated[
    float,
    typer.Option(
        "--min-board-wait",
        help="More than so many seconds must pass between arriving at a stop and leaving it.",
    ),
]

# The options of the arguments of `Transit.journeys` and `travel_time_matrix`.
_OPTIONS = {
    "departure": "--departure",
    "arrive_by": "--arrive-by",
    "window_min": "--window",
    "percentiles": "--percentiles",
    "max_time": "--max-time",
    "max_walk_min": "--max-walk",
    "walk_speed_kmh": "--walk-speed",
    "max_rides": "--max-rides",
    "min_board_wait_s": "--min-board-wait",
    "sample_min": "--sample",
}


@transit.command(
    epilog="Example: maillage transit journey tan.zip --date 2014-06-10 --from -1.565,47.208 "
    "--to -1.537,47.214 --departure 08:00 --walk nantes.osm.pbf"
)
def journey(
    feeds: Feeds,
    date: Date,
    start: Annotated[
        str, typer.Option("--from", metavar="LON,LAT", help="Where it begins.", show_default=False)
    ],
    end: Annotated[
        str, typer.Option("--to", metavar="LON,LAT", help="Where it ends.", show_default=False)
    ],
    departure: Annotated[
        str | None, typer.Option(help="Leave at this time or later.", show_default=False)
    ] = None,
    arrive_by: Annotated[
        str | None, typer.Option(help="Be there by this time.", show_default=False)
    ] = None,
    window: Annotated[
        float,
        typer.Option(help="Minutes after --departure (before --arrive-by) that are looked at."),
    ] = 60,
    walk: WalkFile = None,
    max_time: MaxTime = 120,
    max_walk: MaxWalk = None,
    walk_speed: WalkSpeed = 3.6,
    max_rides: MaxRides = 3,
    min_board_wait: BoardWait = 0,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """The journeys worth taking from one point to another, leg by leg.

    Each leaves later, arrives earlier or needs fewer rides than every other. With --out the legs
    are written as a table; as lines on a map in .gpkg and .geojson.
    """
    from maillage.geo.gtfs_times import to_date, to_day_words
    from maillage.show_journeys import build_journeys_view

    output = Output(quiet)
    check_files(out)
    if (departure is None) == (arrive_by is None):
        raise InputError("one of --departure and --arrive-by is needed, and only one")
    points = _to_point(start, "--from"), _to_point(end, "--to")
    network = _read(feeds, date, walk, output)
    with naming_options(_OPTIONS, _to_rephrased()):
        found = network.journeys(
            *points,
            departure,
            arrive_by=arrive_by,
            window_min=window,
            max_time=max_time,
            max_walk_min=max_walk,
            walk_speed_kmh=walk_speed,
            max_rides=max_rides,
            min_board_wait_s=min_board_wait,
            geometry=out is not None and out.suffix.lower() in (".gpkg", ".geojson"),
            progress=output.progress,
        )
    when = f"leaving at {departure}" if arrive_by is None else f"there by {arrive_by}"
    side = "after" if arrive_by is None else "before"
    if window > 0:
        when += f" or up to {window:g} min {side}"
    title = f"{start} to {end}, {to_day_words(to_date(date))}, {when}"
    output.show(build_journeys_view(found, title=title, note=_to_note(network, walk_speed)))
    question = {
        "from": start, "to": end, "departure": departure, "arrive_by": arrive_by, "window": window,
        "max_time": max_time, "max_walk": max_walk, "walk_speed": walk_speed,
        "max_rides": max_rides, "min_board_wait": min_board_wait,
    }  # fmt: skip
    write_result(found, out, _to_metadata(network, feeds, walk, question), output)


@transit.command(
    epilog="Example: maillage transit matrix tan.zip --date 2014-06-10 --origins homes.csv "
    "--destinations counters.csv --departure 08:00 --walk nantes.osm.pbf --out times.parquet"
)
def matrix(
    feeds: Feeds,
    date: Date,
    origins: Annotated[
        Path,
        typer.Option(
            help="Points: a table with id (or key), lon, lat, or a layer.", show_default=False
        ),
    ],
    destinations: Annotated[
        Path, typer.Option(help="Points in the same form.", show_default=False)
    ],
    departure: Annotated[
        str, typer.Option(help="First instant at which people want to leave.", show_default=False)
    ],
    window: Annotated[
        float, typer.Option(help="Minutes from --departure on in which they want to leave.")
    ] = 60,
    percentiles: Annotated[
        str, typer.Option(help="Percentiles of the travel time over the departures.")
    ] = "5,25,50,75,95",
    walk: WalkFile = None,
    max_time: MaxTime = 120,
    max_walk: MaxWalk = None,
    walk_speed: WalkSpeed = 3.6,
    max_rides: MaxRides = 3,
    min_board_wait: BoardWait = 0,
    sample: Annotated[
        float | None,
        typer.Option(
            help="Look at departures every so many minutes alone, and take whole seconds a street, "
            "both as R5 does; every second, exactly, by default.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Travel times from every origin to every destination, over a window of departures."""
    from maillage.findings import Findings
    from maillage.geo.gtfs_times import to_date, to_day_words
    from maillage.geo.point_tables import read_point_table
    from maillage.show import build_findings_table
    from maillage.show_journeys import build_matrix_view

    output, findings = Output(quiet), Findings()
    check_files(out)
    ranks = _to_percentiles(percentiles)
    here, there = (read_point_table(path, findings) for path in (origins, destinations))
    network = _read(feeds, date, walk, output, threads or 0)
    with naming_options(_OPTIONS, _to_rephrased()):
        found = network.travel_time_matrix(
            here,
            there,
            departure,
            window_min=window,
            percentiles=ranks,
            max_time=max_time,
            max_walk_min=max_walk,
            walk_speed_kmh=walk_speed,
            max_rides=max_rides,
            min_board_wait_s=min_board_wait,
            sample_min=sample,
            threads=threads or 0,
            progress=output.progress,
        )
    title = f"{len(here):,} origins to {len(there):,} destinations, {to_day_words(to_date(date))}, "
    title += f"leaving from {departure} on during {window:g} min"
    output.show(build_matrix_view(found, title=title, note=_to_note(network, walk_speed)))
    if len(findings.to_frame()):
        output.show(build_findings_table(findings.to_frame()))
    question = {
        "origins": str(origins), "destinations": str(destinations), "departure": departure,
        "window": window, "percentiles": ranks, "max_time": max_time, "max_walk": max_walk,
        "walk_speed": walk_speed, "max_rides": max_rides, "min_board_wait": min_board_wait,
        "sample": sample,
    }  # fmt: skip
    write_result(found, out, _to_metadata(network, feeds, walk, question), output)


def _to_rephrased() -> dict[str, str]:
    """What errors say of arguments, and what they say of options."""
    from maillage.transit_window import OR_EVERY_SECOND, READ_AGAIN

    return {OR_EVERY_SECOND: "", READ_AGAIN: "; --date says the day"}


def _read(
    feeds: list[Path], date: str, walk: Path | None, output: Output, threads: int = 0
) -> Transit:
    from maillage.roads import read_roads
    from maillage.transit import read_transit

    how: dict[str, Any] = {"progress": output.progress}
    roads = None if walk is None else read_roads(walk, "walk", threads=threads, **how)
    return read_transit(feeds, date, walk=roads, **how)


def _to_point(text: str, option: str) -> tuple[float, float]:
    try:
        lon, lat = (float(number) for number in text.split(","))
    except ValueError:
        expected = "expected LON,LAT such as -1.553,47.218"
        raise InputError(f"{option} is {text!r}, {expected}") from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InputError(f"{option} is {text!r}, expected LON in -180..180, LAT in -90..90")
    return lon, lat


def _to_percentiles(text: str) -> list[float]:
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise InputError(f"--percentiles is {text!r}, expected numbers such as 25,50") from None


def _to_note(network: Transit, walk_speed: float) -> str:
    """How people walk, and how many things were doubtful in the timetables."""
    ways = "network" if network.summary()["walk"] == "network" else "straight lines"
    note = f"on foot {walk_speed:g} km/h along {'the ' if ways == 'network' else ''}{ways}"
    n = len(network.findings)
    kinds = "1 kind" if n == 1 else f"{n} kinds"
    return note if n == 0 else f"{note}; {kinds} of findings, see maillage transit check"


def _to_metadata(
    network: Transit, feeds: list[Path], walk: Path | None, question: dict[str, Any]
) -> dict[str, Any]:
    from importlib.metadata import version

    findings = network.findings
    return {
        "program": f"maillage {version('maillage')}",
        "feeds": [str(feed) for feed in feeds],
        "date": str(network.date),
        "walk": "straight lines" if walk is None else str(walk),
        "question": question,
        "findings": dict(zip(findings["kind"], findings["count"].tolist(), strict=True)),
    }
