"""maillage parameters: every default figure, with its source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from maillage.cli.app import app
from maillage.cli.options import Out, Output, Quiet, check_files, write_result


@app.command(
    epilog="Example: maillage parameters phone; maillage parameters --file mine.csv --out used.csv"
)
def parameters(
    prefix: Annotated[
        str,
        typer.Argument(
            help="Show only names that begin like this, such as phone or logit.e1.",
            show_default=False,
        ),
    ] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            help="A table (name, value, and unit, year, n, source, low, high if known) that "
            "replaces ours.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """The parameters that figures rest on: value, range, unit, year, sample size and source."""
    from maillage import show
    from maillage.errors import NotFoundError
    from maillage.parameter_book import parameters as read_parameters

    output = Output(quiet)
    check_files(out)
    frame = read_parameters(file)
    if prefix:
        kept = frame[frame["name"].str.startswith(prefix)].reset_index(drop=True)
        if kept.empty:
            raise NotFoundError.of_name("parameter", prefix, list(frame["name"]))
        frame = kept
    headings = [("name", False), ("value", True), ("unit", False), ("year", True), ("n", True),
                ("source", False)]  # fmt: skip
    rows = [
        [
            row["name"],
            _to_range(row),
            row["unit"],
            _to_text(row["year"]),
            _to_text(row["n"]),
            row["source"],
        ]
        for row in frame.to_dict("records")
    ]
    origin = "of the package" if file is None else str(file)
    output.show(
        show.build_title(f"{len(frame)} parameters", origin), show.build_table(headings, rows)
    )
    write_result(frame, out, {"parameters": origin}, output)


def _to_range(row: dict[Any, Any]) -> str:
    """The value, its range below it where there is one."""
    value = f"{row['value']:.4g}"
    return value if pd.isna(row["low"]) else f"{value}\n{row['low']:.4g} to {row['high']:.4g}"


def _to_text(value: object) -> str:
    return "" if pd.isna(value) else f"{value:.0f}"  # type: ignore[call-overload, str-format]
