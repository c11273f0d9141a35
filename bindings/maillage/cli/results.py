"""maillage nearest | exposure | compare: the answers, as tables, files and maps."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
import typer

from maillage.cli.app import app
from maillage.cli.options import (
    Cache,
    Decay,
    DrawCount,
    Level,
    Limit,
    Map,
    NoCache,
    Out,
    Output,
    Phone,
    Quiet,
    Seed,
    Service,
    TerritoryFile,
    Threads,
    build_losers,
    check_choice,
    check_files,
    choose_cache,
    draw_exposure,
    find_service,
    read_territory,
    to_draws,
    to_metadata,
    to_phone,
    to_question,
    to_source,
    to_times_note,
    write_result,
)

if TYPE_CHECKING:
    from rich.table import Table

    from maillage.territory import Territory

_N_SHOWN = 12


class PersonClass(str, Enum):
    """Who travels: by car (the best of all modes) or without."""

    CAR = "car"
    NO_CAR = "no_car"


By = Annotated[
    str | None,
    typer.Option(
        help="Rows of the table: place, group, total or a zoning such as commune; places are "
        "written, groups are shown by default.",
        show_default=False,
    ),
]
BySide = Annotated[
    str | None,
    typer.Option(
        help="Rows of the table: place, group, total, losers, gainers or a zoning such as "
        "commune; places are written, groups are shown by default.",
        show_default=False,
    ),
]


@app.command(
    epilog="Example: maillage nearest territory.toml --service post --k 3 "
    "--person-class no_car --out nearest.csv"
)
def nearest(
    territory_file: TerritoryFile,
    service: Service = None,
    level: Level = 1,
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=255, help="How many counters.")] = 1,
    person_class: Annotated[
        PersonClass, typer.Option(help="Who travels: by car (best of all modes), or without.")
    ] = PersonClass.CAR,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """The nearest open counters (guichets) of every place, with travel times."""
    from maillage import show
    from maillage.terms import to_minutes, to_percent

    output = Output(quiet)
    check_files(out)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    service = find_service(territory, service)
    who = person_class.value
    frame = territory.nearest(
        service, level, k, who, threads=threads or 0, progress=output.progress
    )
    question = {"service": service, "level": level, "k": k, "person_class": who}
    first = frame[frame["rank"] == 1]
    minutes = np.asarray(first["travel_time"], dtype=float)
    known = minutes[np.isfinite(minutes)]
    quantiles = np.quantile(known, [0.5, 0.9, 1.0]) if known.size else np.full(3, np.nan)
    output.show(
        show.build_title(
            f"{territory.name}: nearest counter (guichet), {service}, level {level} or more",
            f"{len(first)} places, {'with' if who == 'car' else 'without'} a car"
            + (f"; {note}" if (note := to_times_note(territory)) else ""),
        ),
        show.build_table(
            [("places, travel time in minutes", False), *((h, True) for h in
             ("median", "90 % within", "longest", "unreachable, %"))],
            [["", *map(to_minutes, quantiles), to_percent(1 - known.size / max(1, len(first)))]],
        ),
        "",
        _nearest_rows(frame.head(_N_SHOWN)),
    )  # fmt: skip
    if len(frame) > _N_SHOWN:
        output.say(f"... and {len(frame) - _N_SHOWN} more rows; --out writes them all")
    write_result(frame, out, to_metadata(territory, question), output)


@app.command(
    epilog="Example: maillage exposure territory.toml --service post --limit 20 --by commune "
    "--out exposure.csv --map exposure.png"
)
def exposure(
    territory_file: TerritoryFile,
    service: Service = None,
    level: Level = 1,
    limit: Limit = None,
    decay: Decay = None,
    phone: Phone = None,
    draws: DrawCount = None,
    seed: Seed = 1,
    by: By = None,
    out: Out = None,
    map_file: Map = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """Who has a counter (guichet) within reach, and who has only the internet."""
    from maillage import show
    from maillage.show_intervals import build_intervals_view
    from maillage.terms import to_title

    output = Output(quiet)
    check_files(out, map_file)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    asked = to_question(territory, service, level, limit, decay)
    rows = check_choice("--by", by or "place", _choices(territory, []))
    how: dict[str, Any] = {
        "decay": decay, "phone": to_phone(phone), "uncertainty": to_draws(draws, seed),
        "threads": threads or 0, "progress": output.progress,
    }  # fmt: skip
    result = territory.exposure(asked.service, asked.limit_min, asked.level, **how)
    title = f"{territory.name}: {asked.to_words()}"
    output.show(
        show.build_exposure_view(result.total(), title=title, note=to_times_note(territory))
    )
    if rows in territory.zonings:
        output.show(show.build_exposure_table(result.by(rows), title=f"By {to_title(rows)}"))
    else:
        output.show(show.build_exposure_table(result.by_group(), title="By group"))
    if draws is not None:
        output.show(build_intervals_view(result.intervals(), result.tornado(), n_draws=draws))
    frame = _rows_of(result, rows)
    question = {**asked.to_dict(), "by": rows, **({"phone": phone} if phone else {})}
    write_result(frame, out, to_metadata(territory, question), output)
    if map_file is not None:
        draw_exposure(result, territory, map_file)
        output.say(f"drew {map_file}")


@app.command(
    epilog="Example: maillage compare territory.toml closures.toml --service post --limit 20 "
    "--by losers --out losers.csv --map delta.png"
)
def compare(
    territory_file: TerritoryFile,
    scenario_file: Annotated[
        Path,
        typer.Argument(metavar="SCENARIO", help="The file of the scenario.", show_default=False),
    ],
    service: Service = None,
    level: Level = 1,
    limit: Limit = None,
    decay: Decay = None,
    phone: Phone = None,
    draws: DrawCount = None,
    seed: Seed = 1,
    by: BySide = None,
    out: Out = None,
    map_file: Map = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """What a scenario changes: who gets farther, who is left with only the internet."""
    from maillage import show
    from maillage.scenario import read_scenario
    from maillage.show_intervals import build_intervals_view
    from maillage.terms import to_title

    output = Output(quiet)
    check_files(out, map_file)
    scenario = read_scenario(scenario_file)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    asked = to_question(territory, service, level, limit, decay)
    rows = check_choice("--by", by or "place", _choices(territory, ["losers", "gainers"]))
    how: dict[str, Any] = {
        "decay": decay, "phone": to_phone(phone), "uncertainty": to_draws(draws, seed),
        "threads": threads or 0, "progress": output.progress,
    }  # fmt: skip
    delta = territory.compare(scenario, asked.service, asked.limit_min, asked.level, **how)
    output.show(
        show.build_edits_view(scenario.to_words(), title=f'Scenario "{scenario.name}"'),
        show.build_delta_view(
            delta.total(),
            title=f"{territory.name}: {asked.to_words()}",
            note=to_times_note(territory),
        ),
    )
    if rows in territory.zonings:
        output.show(show.build_delta_table(delta.by(rows), title=f"By {to_title(rows)}"))
    else:
        output.show(show.build_delta_table(delta.by_group(), title="By group"))
    if draws is not None:
        output.show(build_intervals_view(delta.intervals(), None, n_draws=draws))
    output.show(build_losers(delta.losers(), territory, scenario))
    frame = _rows_of(delta, rows)
    question = {**asked.to_dict(), "by": rows, **({"phone": phone} if phone else {})}
    write_result(frame, out, to_metadata(territory, question, scenario), output)
    if map_file is not None:
        delta.map(map_file, source=to_source(territory))
        output.say(f"drew {map_file}")


def _choices(territory: Territory, more: list[str]) -> list[str]:
    return ["place", "group", "total", *more, *territory.zonings]


def _rows_of(result: Any, rows: str) -> pd.DataFrame:
    """The table of a result that --by asks for."""
    plain = {"place": "by_place", "group": "by_group"}
    if rows in ("place", "group", "total", "losers", "gainers"):
        return getattr(result, plain.get(rows, rows))()
    return result.by(rows)


def _nearest_rows(frame: pd.DataFrame) -> Table:
    from maillage import show
    from maillage.terms import to_minutes

    shown = frame.astype({"place": object, "counter": object}).fillna({"counter": "–"})
    rows = [
        [row["place"], row["rank"], row["counter"], to_minutes(row["travel_time"])]
        for row in shown.to_dict("records")
    ]
    headings = [("place", False), ("rank", True), ("counter (guichet)", False), ("min", True)]
    return show.build_table(headings, rows)
