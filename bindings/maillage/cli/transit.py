"""maillage transit check: reads timetables (GTFS) and says what is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maillage.cli.app import app
from maillage.cli.options import Out, Output, Quiet, check_files, write_result
from maillage.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

transit = typer.Typer(
    help="Timetables of public transport (GTFS).",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(transit, name="transit")

Feeds = Annotated[
    list[Path],
    typer.Argument(
        metavar="FEED...", help="GTFS feeds: zip archives or folders.", show_default=False
    ),
]


@transit.callback()
def _transit() -> None:
    """Timetables of public transport (GTFS)."""


@transit.command(epilog="Example: maillage transit check coaches.zip trains.zip --date 2025-06-10")
def check(
    feeds: Feeds,
    date: Annotated[
        str | None,
        typer.Option(help="Say what runs on this day, such as 2025-06-10.", show_default=False),
    ] = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Reads GTFS feeds and says what was found: lines, stops, trips by day, doubtful data.

    Ends with 0 when they can be used, and with 2 and the reason when they cannot: when they cannot
    be read, no trip ever runs, or nothing runs on --date. With --out the findings are written as a
    table.
    """
    import datetime as dt

    from maillage import show
    from maillage.geo.gtfs_check import check_gtfs
    from maillage.geo.gtfs_times import to_date, to_day_words
    from maillage.show_transit import build_transit_view

    output = Output(quiet)
    check_files(out)
    found = check_gtfs(feeds, date, today=dt.date.today(), progress=output.progress)
    title = ", ".join(str(feed) for feed in feeds)
    if date is not None:
        title += f", {to_day_words(to_date(date))}"
    findings = found.findings.to_frame()
    output.show(
        build_transit_view(found, title=title),
        show.build_findings_table(_name_feeds(findings, feeds)),
    )
    write_result(findings, out, _to_metadata(feeds, date), output)
    if found.days.empty:
        never = found.findings.examples("no_service_at_all")
        raise InputError.of_problems("no trip ever runs", never)
    output.say("The timetables can be used.")


def _name_feeds(findings: pd.DataFrame, feeds: list[Path]) -> pd.DataFrame:
    """Findings of several feeds, each with the name of its feed: `tan: stops.txt:3: ...`."""
    from maillage.geo.gtfs import to_feed_names

    if len(feeds) < 2:
        return findings
    examples = findings["examples"]
    for feed, name in zip(feeds, to_feed_names(feeds), strict=True):
        path = re.compile(rf"(?<!\S){re.escape(str(feed))}(?:/|: )")
        examples = examples.map(lambda text, p=path, n=name: p.sub(lambda _: f"{n}: ", text))
    return findings.assign(examples=examples)


def _to_metadata(feeds: list[Path], date: str | None) -> dict[str, Any]:
    from importlib.metadata import version

    question = {"feeds": [str(feed) for feed in feeds], "date": date}
    return {"program": f"maillage {version('maillage')}", "question": question}
