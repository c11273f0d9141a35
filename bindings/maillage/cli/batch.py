"""maillage closures | batch: every closure alone, and many scenarios at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from maillage.cli.app import app
from maillage.cli.options import (
    Cache,
    Level,
    Limit,
    NoCache,
    Out,
    Output,
    Quiet,
    Service,
    TerritoryFile,
    Threads,
    check_choice,
    check_files,
    choose_cache,
    read_territory,
    to_metadata,
    to_question,
    write_result,
)
from maillage.errors import InputError, IoError, to_hint

if TYPE_CHECKING:
    from maillage.cli.options import Question
    from maillage.territory import Territory

_TABLES = (".csv", ".parquet")

Sort = Annotated[
    str,
    typer.Option(
        "--sort", help="What harm is ranked by: left_out, exposed, stranded or person_minutes."
    ),
]
By = Annotated[str, typer.Option(help="Rows of the file: group, or total.")]


@app.command(epilog="Example: maillage closures territory.toml --service post --out closures.csv")
def closures(
    territory_file: TerritoryFile,
    service: Service = None,
    level: Level = 1,
    limit: Limit = None,
    sort: Sort = "left_out",
    by: By = "total",
    out: Out = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """What closing each counter (guichet) alone would mean, ranked by harm."""
    from maillage.show_closures import ORDERS, build_closures_table

    output = Output(quiet)
    check_files(out)
    sort = check_choice("--sort", sort, list(ORDERS))
    by = check_choice("--by", by, ["total", "group"])
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    asked = to_question(territory, service, level, limit)
    how: dict[str, Any] = {"threads": threads or 0, "progress": output.progress}
    question = (asked.service, asked.limit_min, asked.level)
    singles = territory.single_closures(*question, **how)
    title = f"{territory.name}: {asked.to_words()}"
    output.show(build_closures_table(singles, title=title, by=sort))
    if out is not None:
        if by == "group":
            singles = territory.single_closures(*question, by_group=True, **how)
        write_result(singles, out, to_metadata(territory, vars(asked)), output)


@app.command(
    epilog="Example: maillage batch territory.toml drawn.csv --service post --out many.parquet"
)
def batch(
    territory_file: TerritoryFile,
    scenario_files: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCENARIOS...",
            help="Scenario files (.toml), or one table (.csv, .parquet) with the columns scenario "
            "and key, a row a closure.",
            show_default=False,
        ),
    ],
    service: Service = None,
    level: Level = 1,
    limit: Limit = None,
    sort: Sort = "left_out",
    by: By = "group",
    out: Out = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """What each of many scenarios changes, up to a million of them."""
    from maillage.show_closures import ORDERS, build_batch_table, build_spread_table

    output = Output(quiet)
    check_files(out)
    sort = check_choice("--sort", sort, list(ORDERS))
    by = check_choice("--by", by, ["group", "total"])
    scenarios = _read_scenarios(scenario_files)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    asked = to_question(territory, service, level, limit)
    how: dict[str, Any] = {"threads": threads or 0, "progress": output.progress}
    question = (scenarios, asked.service, asked.limit_min, asked.level)
    if not quiet:
        totals = territory.compare_many(*question, by_group=False, **how)
        title = f"{territory.name}: {asked.to_words()}; {len(totals):,} scenarios"
        output.show(build_batch_table(totals, title=title, by=sort), build_spread_table(totals))
    if out is not None:
        _write(territory, scenarios, asked, out, {"by_group": by == "group", **how}, output)


def _write(
    territory: Territory,
    scenarios: Any,
    asked: Question,
    out: Path,
    how: dict[str, Any],
    output: Output,
) -> None:
    """Parquet part by part, however many scenarios there are; other files at once."""
    question = (scenarios, asked.service, asked.limit_min, asked.level)
    if out.suffix.lower() == ".parquet":
        territory.compare_many(*question, out=out, **how)
        output.say(f"wrote {out}")
        return
    frame = territory.compare_many(*question, **how)
    write_result(frame, out, to_metadata(territory, vars(asked)), output)


def _read_scenarios(paths: list[Path]) -> Any:
    """Scenarios of TOML files, or the frame of one table."""
    from maillage.scenario import read_scenario

    tables = [path for path in paths if path.suffix.lower() in _TABLES]
    if not tables:
        return [read_scenario(path) for path in paths]
    if len(paths) > 1:
        raise InputError(f"{tables[0]} is a table, expected it alone or .toml files only")
    return _read_table(tables[0])


def _read_table(path: Path) -> pd.DataFrame:
    """The columns scenario and key of a table; the head of a CSV file says how it is separated."""
    if not path.is_file():
        raise IoError(f"{path}: cannot be read: there is no such file")
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
        else:
            with path.open(encoding="utf-8-sig") as file:
                head = file.readline()
            separator = max(",;\t", key=head.count)
            frame = pd.read_csv(
                path, sep=separator, dtype=str, keep_default_na=False, na_values=[""],
                encoding="utf-8-sig",
            )  # fmt: skip
    except (OSError, ValueError) as error:  # pyarrow's and pandas' errors are ValueErrors
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: cannot be read as a table: {said}") from error
    for column in ("scenario", "key"):
        if column not in frame:
            hint = to_hint(column, [str(name) for name in frame.columns])
            raise InputError(f"{path}: has no column {column!r}{hint}")
    return frame
