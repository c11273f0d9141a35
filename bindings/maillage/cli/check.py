"""maillage check: reads everything a territory names and says what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maillage.cli.app import app
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
    write_result,
)


@app.command(epilog="Example: maillage check territory.toml")
def check(
    territory_file: TerritoryFile,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """Reads a territory and says what was found: counts, totals, roads, doubtful data.

    Ends with 0 when the territory can be used, and with 1 and the reason when it cannot.
    With --out the findings are written as a table.
    """
    from maillage import show
    from maillage.show_check import build_check_view

    output = Output(quiet)
    check_files(out)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    summary: dict[str, Any] = territory.summary()
    output.show(build_check_view(summary, title=f"{territory.name} ({Path(territory_file)})"))
    output.show(show.build_findings_table(territory.findings))
    output.say("The territory can be used.")
    metadata = to_metadata(territory, {"summary": summary})
    write_result(territory.findings, out, metadata, output)
