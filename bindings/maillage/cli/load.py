"""maillage load: visits, agents' time and waiting at counters; what a scenario does to them."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from maillage.cli.app import app
from maillage.cli.options import (
    Cache,
    Level,
    NoCache,
    Out,
    Output,
    Quiet,
    Service,
    TerritoryFile,
    Threads,
    check_files,
    choose_cache,
    find_service,
    read_territory,
    to_metadata,
    to_times_note,
    write_result,
)


class Choice(str, Enum):
    """Which counters people know."""

    NEAREST = "nearest"
    HUFF = "huff"


@app.command(
    epilog="Example: maillage load territory.toml --service post --scenario closures.toml "
    "--phone-reach 0.85 --out load.csv"
)
def load(
    territory_file: TerritoryFile,
    service: Service = None,
    level: Level = 1,
    scenario_file: Annotated[
        Path | None,
        typer.Option(
            "--scenario", help="Compare with the territory after this scenario.", show_default=False
        ),
    ] = None,
    choice: Annotated[
        Choice, typer.Option(help="People know the nearest counter, or choose among several.")
    ] = Choice.NEAREST,
    k: Annotated[
        int, typer.Option("--k", "-k", min=1, max=255, help="How many, with --choice huff.")
    ] = 8,
    limit: Annotated[
        float, typer.Option(min=0, help="Minutes beyond which nobody goes to a counter.")
    ] = 60,
    visits: Annotated[
        float | None,
        typer.Option(min=0, help="Visits a person and year.", show_default=False),
    ] = None,
    visit_minutes: Annotated[
        float | None,
        typer.Option(min=0, help="Minutes of an agent a visit takes.", show_default=False),
    ] = None,
    half_life: Annotated[
        float | None,
        typer.Option(
            min=0, help="Minutes of travel that halve the odds of going to a counter.",
            show_default=False,
        ),
    ] = None,
    phone_reach: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Share of calls that reach an agent (0.85 is aimed at).",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """What counters (guichets) have to bear: visits, waiting, and the channels people choose."""
    from maillage.scenario import read_scenario
    from maillage.show_load import build_load_change_view, build_load_view

    output = Output(quiet)
    check_files(out)
    scenario = None if scenario_file is None else read_scenario(scenario_file)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    service = find_service(territory, service)
    asked: dict[str, Any] = {
        "choice": choice.value, "k": k, "limit": limit, "visits": visits,
        "visit_minutes": visit_minutes, "half_life": half_life, "phone_reach": phone_reach,
    }  # fmt: skip
    how = {**asked, "threads": threads or 0, "progress": output.progress}
    title = f"{territory.name}: load of {service}, level {level} or more"
    note = to_times_note(territory)
    if scenario is None:
        found = territory.load(service, level, **how)
        output.show(build_load_view(found, title=title, note=note))
        frame = found.by_counter()
    else:
        change = territory.compare_load(scenario, service, level, **how)
        output.show(build_load_change_view(change, title=f"{title}: {scenario.name}", note=note))
        frame = change.counters()
    said = {name: value for name, value in asked.items() if value is not None}
    question = {"service": service, "level": level, **said}
    write_result(frame, out, to_metadata(territory, question, scenario), output)
