"""maillage synth: writes an invented territory as the ordinary files its users have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maillage.cli.app import app
from maillage.cli.options import Output, Quiet


@app.command(epilog="Example: maillage synth --places 2000 --counters 60 --seed 7 --out my-country")
def synth(
    out: Annotated[Path, typer.Option(help="The folder for the files.", show_default=False)],
    places: Annotated[int, typer.Option(min=1, help="How many inhabited cells.")] = 2000,
    counters: Annotated[int, typer.Option(min=1, help="How many counters (guichets).")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Another number, another country.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Writes an invented country: communes, cells, roads, counters, networks, scenarios.

    The same numbers give the same files on every machine.
    """
    from maillage import show
    from maillage.synth import FILES, write_synth
    from maillage.terms import to_persons

    output = Output(quiet)
    country = write_synth(
        places=places, counters=counters, seed=seed, out=out, progress=output.progress
    )
    rows = [(what, to_persons(number)) for what, number in country.summary().items()]
    output.show(
        show.build_title(f"{country.name} (seed {seed})"),
        show.build_table([("what", False), ("how many", True)], rows),
        "",
    )
    output.say(f"wrote {len(FILES)} files to {out}/; look at them with: maillage check {out}")
