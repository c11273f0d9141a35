"""maillage guarantee: does a territory keep a set of rules (bouclier territorial)?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maillage.cli.app import EXIT_NO, app
from maillage.cli.options import (
    Cache,
    NoCache,
    Out,
    Output,
    Quiet,
    TerritoryFile,
    Threads,
    check_files,
    choose_cache,
    read_territory,
    to_metadata,
    to_times_note,
    write_result,
)


@app.command(
    epilog="Example: maillage guarantee territory.toml scenarios/guarantees/la_poste_90_or.toml "
    "--scenario closures.toml. Exit code: 0 all rules hold, 1 some fail or cannot be "
    "judged, 2 the input is wrong."
)
def guarantee(
    territory_file: TerritoryFile,
    rules_file: Annotated[
        Path, typer.Argument(metavar="RULES", help="The file of the rules.", show_default=False)
    ],
    scenario_file: Annotated[
        Path | None,
        typer.Option(
            "--scenario",
            help="Check the territory after this scenario; before it is the baseline.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """Whether the rules of a guarantee (bouclier territorial) hold, and where they do not."""
    from maillage.config_guarantee import read_guarantee
    from maillage.scenario import read_scenario
    from maillage.show_guarantee import build_guarantee_view

    output = Output(quiet)
    check_files(out)
    rules = read_guarantee(rules_file)
    scenario = None if scenario_file is None else read_scenario(scenario_file)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    how = {"threads": threads or 0, "progress": output.progress}
    after = territory if scenario is None else territory.apply(scenario, **how)
    baseline = None if scenario is None else territory
    check = after.guarantee(rules, baseline=baseline, **how)
    view = build_guarantee_view(check, title=territory.name, note=to_times_note(after))
    output.show(view)
    question = {"guarantee": check.title, "source": check.source, "holds": check.holds}
    write_result(check.by_area(), out, to_metadata(territory, question, scenario), output)
    if not check.holds:
        raise typer.Exit(EXIT_NO)
