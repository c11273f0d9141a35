"""Results as tables for people, in a terminal or as plain text.

Every `build_*` gives something that rich prints within 100 columns; `to_text` makes plain
text of it. Persons are whole numbers, shares per cent, travel times minutes with one
decimal; orange is worse, blue is better, and the sign says it again.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from maillage.terms import (
    BETTER,
    STATES,
    SUMS,
    WORSE,
    to_heading,
    to_minutes,
    to_percent,
    to_persons,
    to_signed_minutes,
    to_signed_persons,
)

WIDTH = 100
_BAR_WIDTH = 72
_N_EXAMPLES = 2
_FOLDERS = re.compile(r"(?<!\S)\S*/(?=\S+\.\w+)")  # of the path of a file
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # of terminals, and ends of lines
_MAX_NAME, _MAX_EXAMPLE = 60, 300
_DIM = "bright_black"
_TIMES = {
    "mean_time": "mean",
    "median_time": "median",
    "p90_time": "90 % of persons within",
    "max_time": "longest",
}


def build_exposure_view(total: pd.DataFrame, *, title: str, note: str = "") -> RenderableType:
    """The whole territory: a bar of the five states, their persons and shares, travel times.

    total is the one row of `exposure.total()`.
    """
    row = find_rows(total, 1)[0]
    table = build_empty_table()
    table.add_column("state", no_wrap=True)
    add_number(table, "persons")
    add_number(table, "%")
    table.add_column("", style=_DIM)
    for state in STATES:
        label = Text(f"{state.sign} ", style=state.colour) + Text(state.label)
        share = to_percent(row[f"share_{state.column}"])
        table.add_row(label, to_persons(row[state.column]), share, state.meaning)
    table.add_section()
    for column, (label, meaning) in SUMS.items():
        share = to_percent(row[f"share_{column}"])
        table.add_row(f"  {label}", to_persons(row[column]), share, meaning, style="bold")
    table.add_row("  all", to_persons(row["persons"]), to_percent(1.0), "", style=_DIM)
    return Group(_title(title, note), _state_bar(row), table, Text(""), *_time_tables(row))


def build_exposure_table(
    frame: pd.DataFrame, *, title: str, note: str = "", n_rows: int = 30
) -> RenderableType:
    """Groups or areas, a row each: persons, the share of every state, travel times.

    frame is `exposure.by_group()` or `.by(zoning)`; its first column names the rows. Rows
    beyond n_rows are left out and counted below.
    """
    name = str(frame.columns[0])
    table = build_empty_table()
    _add_name_column(table, frame, 17)
    add_number(table, "persons")
    for state in STATES:
        heading = state.label.replace("counter-reliant", "reliant").replace(" only", "\nonly")
        add_number(table, Text(f"{heading}\n%", style=state.colour))
    add_number(table, "exposed\n%", style="bold")
    add_number(table, "left out\n%")
    timed = "median_time" in frame
    if timed:
        add_number(table, "median\nmin")
    for row in find_rows(frame, n_rows):
        cells: list[Any] = [to_row_name(row, name), to_persons(row["persons"])]
        cells += [to_percent(row[f"share_{state.column}"]) for state in STATES]
        cells += [to_percent(row["share_exposed"]), to_percent(row["share_left_out"])]
        table.add_row(*cells, *([to_minutes(row["median_time"])] if timed else []))
    return Group(_title(title, note), table, *build_rest(frame, n_rows))


def build_delta_view(total: pd.DataFrame, *, title: str, note: str = "") -> RenderableType:
    """Before, after and change for the whole territory: states, times.

    total is the one row of `delta.total()`.
    """
    row = find_rows(total, 1)[0]
    table = build_empty_table()
    table.add_column("persons", no_wrap=True)
    for heading in ("before", "after", "change"):
        add_number(table, heading)
    add_number(table, "% before", style=_DIM)
    add_number(table, "% after", style=_DIM)
    for state in STATES:
        label = Text(f"{state.sign} ", style=state.colour) + Text(state.label)
        better_up = {"choice": True, "counter_reliant": True}.get(state.column, False)
        table.add_row(*_persons_change(label, row, state.column, better_up))
    table.add_section()
    for column, (label, _) in SUMS.items():
        text = Text(f"  {label}", style="bold")
        table.add_row(*_persons_change(text, row, column, better_up=False))
    times = [name for name in _TIMES if f"before_{name}" in row]
    lines: list[RenderableType] = [_title(title, note), table]
    if times:
        minutes = build_empty_table()
        minutes.add_column("travel time, minutes", no_wrap=True)
        for heading in ("before", "after", "change"):
            add_number(minutes, heading)
        for name in times:
            change = _coloured(row[f"delta_{name}"], to_signed_minutes, better_up=False)
            was, now = to_minutes(row[f"before_{name}"]), to_minutes(row[f"after_{name}"])
            minutes.add_row(_TIMES[name], was, now, change)
        lines += [Text(""), minutes]
    return Group(*lines, Text(""))


def build_delta_table(
    frame: pd.DataFrame, *, title: str, note: str = "", n_rows: int = 30
) -> RenderableType:
    """Groups or areas, a row each: exposed and left out before and after, and the change.

    frame is `delta.by_group()` or `.by(zoning)`; its first column names the rows. Rows in
    which nothing changes are kept, in the order of the frame.
    """
    name = str(frame.columns[0])
    table = build_empty_table()
    _add_name_column(table, frame, 20)
    for heading in (
        "persons", "exposed\nbefore", "exposed\nafter", "change\npersons", "before\n%", "after\n%",
        "left out\nchange", "stranded\nchange",
    ):  # fmt: skip
        add_number(table, heading)
    timed = "delta_mean_time" in frame
    if timed:
        add_number(table, "mean\n± min")
    for row in find_rows(frame, n_rows):
        persons = row["after_persons"] if "after_persons" in row else row["persons"]
        cells: list[Any] = [to_row_name(row, name), to_persons(persons)]
        cells += [to_persons(row["before_exposed"]), to_persons(row["after_exposed"])]
        cells += [_coloured(row["delta_exposed"], to_signed_persons, better_up=False)]
        cells += [to_percent(row["before_share_exposed"]), to_percent(row["after_share_exposed"])]
        for column in ("delta_left_out", "delta_stranded"):
            cells.append(_coloured(row[column], to_signed_persons, better_up=False))
        if timed:
            minutes = _coloured(row["delta_mean_time"], to_signed_minutes, better_up=False)
            cells.append(minutes)
        table.add_row(*cells)
    return Group(_title(title, note), table, *build_rest(frame, n_rows))


def build_edits_view(words: Sequence[str], *, title: str) -> RenderableType:
    """The edits of a scenario, numbered."""
    lines = [Text(f"  {number}. {text}") for number, text in enumerate(words, 1)]
    return Group(_title(title, ""), *(lines or [Text("  no edits", style=_DIM)]), Text(""))


def build_findings_table(findings: pd.DataFrame, *, title: str = "Findings") -> RenderableType:
    """What is doubtful in the input: kind, how often, examples."""
    if findings.empty:
        return Text("Findings: none\n", style=_DIM)
    table = build_empty_table()
    table.add_column("doubtful", no_wrap=True, overflow="ellipsis", max_width=30)
    add_number(table, "count")
    # Examples take what the figures leave, and not the other way round.
    table.expand = True
    table.add_column("such as", style=_DIM, no_wrap=True, overflow="ellipsis", ratio=1)
    for row in find_rows(findings, len(findings)):
        examples = [_FOLDERS.sub("", text) for text in str(row["examples"]).split(" | ")]
        kind, count = str(row["kind"]).replace("_", " "), to_persons(row["count"])
        shown = [to_shown_name(text, _MAX_EXAMPLE) for text in examples[:_N_EXAMPLES]]
        table.add_row(kind, count, Text("\n".join(shown)))
    note = "used as they are; look at them before you trust the result"
    return Group(_title(title, note), table, Text(""))


def to_shown_name(name: Any, longest: int = _MAX_NAME) -> str:
    """A text of the data as tables show it: in one line, without control characters, cut."""
    text = _CONTROL.sub(" ", str(name)).strip()
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def to_text(renderable: RenderableType, *, width: int = WIDTH) -> str:
    """Plain text, without colours, at most `width` columns wide."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, force_terminal=False)
    console.print(renderable)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def build_table(headings: Iterable[tuple[str, bool]], rows: Iterable[Sequence[Any]]) -> Table:
    """A plain table; headings say with True that their column holds numbers."""
    table = build_empty_table()
    for heading, is_number in headings:
        add_number(table, heading) if is_number else table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row))
    return table


def build_title(title: str, note: str = "") -> RenderableType:
    """A heading with a quiet line under it."""
    return _title(title, note)


def build_empty_table() -> Table:
    """An empty table in our style."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=_DIM)


def _title(title: str, note: str) -> RenderableType:
    text = Text(title, style="bold")
    return Text.assemble(text, "\n", (note, _DIM), "\n") if note else Text.assemble(text, "\n")


def find_rows(frame: pd.DataFrame, n_rows: int) -> list[dict[str, Any]]:
    """The first rows of a frame, each as a mapping from column to value."""
    records = pd.DataFrame(frame).head(n_rows).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in records]


def _state_bar(row: Mapping[str, Any]) -> Text:
    """The five states side by side; whoever exists has at least one sign."""
    persons = [max(0.0, float(row[state.column])) for state in STATES]
    total = sum(persons)
    bar = Text()
    if total <= 0:
        return bar
    widths = [0 if p == 0 else max(1, round(_BAR_WIDTH * p / total)) for p in persons]
    widths[widths.index(max(widths))] += _BAR_WIDTH - sum(widths)
    for state, width in zip(STATES, widths, strict=True):
        bar.append(state.sign * width, style=state.colour)
    bar.append("\n")
    return bar


def _time_tables(row: Mapping[str, Any]) -> list[RenderableType]:
    """How long it takes, and how many persons have a counter within some minutes."""
    tables: list[RenderableType] = []
    times = {label: to_minutes(row[name]) for name, label in _TIMES.items() if name in row}
    if times and "unreachable_share" in row:
        times["unreachable, %"] = to_percent(row["unreachable_share"])
    within = {
        f"{name.removeprefix('coverage_')} min": to_percent(row[name])
        for name in row
        if name.startswith("coverage_")
    }
    for what, cells in (
        ("travel time, minutes", times),
        ("persons with a counter within, %", within),
    ):
        if cells:
            table = build_empty_table()
            table.add_column(what, style=_DIM, min_width=33)
            for heading in cells:
                add_number(table, heading)
            table.add_row("", *cells.values())
            tables.append(table)
    return [part for table in tables for part in (table, Text(""))]


def add_number(table: Table, heading: str | Text, style: str | None = None) -> None:
    """A column of numbers that is never narrower than its heading."""
    words = heading.plain if isinstance(heading, Text) else heading
    width = max(len(line) for line in words.split("\n"))
    table.add_column(heading, justify="right", style=style, no_wrap=True, min_width=width)


def _add_name_column(table: Table, frame: pd.DataFrame, width: int) -> None:
    heading = to_heading(str(frame.columns[0]))
    table.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=width)


def to_row_name(row: Mapping[str, Any], column: str) -> str:
    """Key and name of a row, if it has one that says more than its key."""
    key = "none" if pd.isna(row[column]) else str(row[column])
    name = row.get(f"{column}_name", row.get("name"))
    return key if name is None or pd.isna(name) or str(name) == key else f"{key} {name}"


def _persons_change(
    label: Text, row: Mapping[str, Any], column: str, better_up: bool
) -> list[RenderableType]:
    change = _coloured(row[f"delta_{column}"], to_signed_persons, better_up=better_up)
    shares = [to_percent(row[f"{when}_share_{column}"]) for when in ("before", "after")]
    before, after = to_persons(row[f"before_{column}"]), to_persons(row[f"after_{column}"])
    return [label, before, after, change, *shares]


def _coloured(value: float, to_words: Callable[[float], str], *, better_up: bool) -> Text:
    if pd.isna(value) or value == 0:
        return Text(to_words(value), style=_DIM)
    return Text(to_words(value), style=BETTER if (value > 0) == better_up else WORSE)


def build_rest(frame: pd.DataFrame, n_rows: int) -> list[RenderableType]:
    """What stands below a table: how many rows it leaves out."""
    left = len(frame) - n_rows
    return [Text(f"... and {left} more\n", style=_DIM)] if left > 0 else [Text("")]
