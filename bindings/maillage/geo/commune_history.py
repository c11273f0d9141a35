"""The history of communes: which code became which, from the movements that INSEE publishes.

A movement table (`v_mvt_commune_<year>.csv`) has a row a link from a commune before an event
to a commune after it: mergers are several rows to one code, splits several rows from one.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from maillage.arguments import check_path
from maillage.config_sections import TableSource
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.tables import Table, read_table, to_table

COLUMNS = ("MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "TYPECOM_AP", "COM_AP")
COMMUNE = "COM"  # other types (delegated, associated communes) are parts of communes
CODE = re.compile(r"(?:\d\d|2[AB])\d{3}", re.ASCII)
EXPECTED_CODE = "text of five characters such as '01004' or '2A004'"


@dataclass(frozen=True)
class Event:
    """What happened to communes on one day: a code before -> the codes after."""

    day: datetime.date
    after: Mapping[str, tuple[str, ...]]


def is_code(text: Any) -> bool:
    """Whether this is a code of a commune as INSEE writes it: `01004`, `2A004`."""
    return isinstance(text, str) and CODE.fullmatch(text) is not None


def read_events(source: Any, findings: Findings) -> list[Event]:
    """The events of a movement table (a file or a frame), oldest first.

    A movement of a commune with an empty code is set aside with a finding
    `movement_without_code`. Raises InputError for columns that are missing, dates that are
    none, codes that are not of five characters (numbers that lost their zero), and a table that
    says nothing about communes.
    """
    table = _read(source, findings)
    columns = {name: table.series(name).tolist() for name in COLUMNS}
    links: list[tuple[datetime.date, str, str]] = []
    n_communes = 0
    for row in range(table.n_rows):
        if (columns["TYPECOM_AV"][row], columns["TYPECOM_AP"][row]) != (COMMUNE, COMMUNE):
            continue
        n_communes += 1
        before, after = (_to_code(table, row, c, columns[c][row]) for c in ("COM_AV", "COM_AP"))
        if before is None or after is None:
            empty = "COM_AV" if before is None else "COM_AP"
            findings.add("movement_without_code", f"{table.find_place(row)}: {empty} is empty")
            continue
        links.append((_to_day(table, row, columns["DATE_EFF"][row]), before, after))
    if table.n_rows and not n_communes:
        raise InputError(
            f"{table.name}: no row has TYPECOM_AV and TYPECOM_AP = {COMMUNE!r}, "
            "expected movements of communes"
        )
    return [Event(day, _join(group)) for day, group in groupby(sorted(links), lambda x: x[0])]


def _read(source: Any, findings: Findings) -> Table:
    if isinstance(source, pd.DataFrame):
        known = {str(name).upper(): name for name in source.columns}
        missing = [name for name in COLUMNS if name not in known]
        if missing:
            raise InputError(f"movements have no column {missing[0]!r}{to_hint(missing[0], known)}")
        names = [str(name).upper() for name in source.columns]
        twice = [name for name in COLUMNS if names.count(name) > 1]
        if twice:
            raise InputError(f"movements: column {twice[0]!r} occurs more than once")
        frame = source[[known[name] for name in COLUMNS]].set_axis(list(COLUMNS), axis=1)
        return to_table(frame, "movements", COLUMNS)
    return read_table(TableSource(file=check_path("movements", source)), COLUMNS, findings)


def _to_code(table: Table, row: int, column: str, text: Any) -> str | None:
    if not isinstance(text, str):
        return None  # empty
    if not is_code(text):
        raise table.error(row, column, text, EXPECTED_CODE)
    return text


def _to_day(table: Table, row: int, text: Any) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(text)[:10])
    except ValueError:
        raise table.error(row, "DATE_EFF", text, "a day such as 2019-01-01") from None


def _join(links: Iterable[tuple[datetime.date, str, str]]) -> dict[str, tuple[str, ...]]:
    after: dict[str, set[str]] = {}
    for _, before, code in links:
        after.setdefault(before, set()).add(code)
    return {before: tuple(sorted(codes)) for before, codes in after.items()}


def find_strangers(
    codes: Iterable[str], events: Sequence[Event], year: int, findings: Findings
) -> None:
    """Findings `code_not_of_year`: codes that no commune has on 1 January of a year.

    The events say so: the code has ended before and not begun again, or begins only later.
    Codes without an event are not known here and count as right.
    """
    day = datetime.date(year, 1, 1)
    absent: dict[str, str] = {}
    seen: set[str] = set()
    for event in events:
        targets = {code for after in event.after.values() for code in after}
        if event.day > day:
            for code in targets - seen - set(event.after):
                absent[code] = f"it begins on {event.day}"
        else:
            for code in targets:
                absent.pop(code, None)
            for code in set(event.after) - targets:
                absent[code] = f"it went into {', '.join(event.after[code])} on {event.day}"
        seen |= targets | set(event.after)
    for code in codes:
        if code in absent:
            findings.add("code_not_of_year", f"{code} is no commune of {day}: {absent[code]}")


def find_shares(
    codes: Iterable[str],
    events: Iterable[Event],
    years: tuple[int, int],
    weights: Mapping[str, float],
    findings: Findings,
) -> dict[str, dict[str, float]]:
    """What becomes of each commune between two geographies (1 January of each year).

    For each code the codes it has in the second year, with the share of it that each one
    takes; shares sum to 1. A commune that splits is shared by the weights of its parts, or
    evenly where one of them has none or all are 0 (finding `split_evenly`). Going back in time,
    mergers are the splits.
    """
    first, last = (datetime.date(year, 1, 1) for year in years)
    if first <= last:
        chosen = [e for e in events if first < e.day <= last]
        steps = [e.after for e in chosen]
    else:
        chosen = [e for e in events if last < e.day <= first]
        steps = [_reverse(e.after) for e in reversed(chosen)]
    shares = {code: {code: 1.0} for code in codes}
    for step in steps:
        for code, parts in shares.items():
            if any(part in step for part in parts):
                shares[code] = _take_step(parts, step, weights, findings)
    return shares


def _reverse(after: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return _join((datetime.date.min, code, old) for old, codes in after.items() for code in codes)


def _take_step(
    parts: Mapping[str, float],
    step: Mapping[str, tuple[str, ...]],
    weights: Mapping[str, float],
    findings: Findings,
) -> dict[str, float]:
    out: dict[str, float] = {}
    for code, share in parts.items():
        targets = step.get(code, (code,))
        for target, part in zip(targets, _split(code, targets, weights, findings), strict=True):
            out[target] = out.get(target, 0.0) + share * part
    return out


def _split(
    code: str, targets: Sequence[str], weights: Mapping[str, float], findings: Findings
) -> list[float]:
    """The share of a commune that each of its parts takes; they sum to 1."""
    even = [1 / len(targets)] * len(targets)
    if len(targets) == 1:
        return even
    missing = [target for target in targets if target not in weights]
    highest = max(weights.get(target, 0.0) for target in targets)
    if not missing and highest > 0:
        scaled = [weights[target] / highest for target in targets]  # no sum is too large
        return [weight / sum(scaled) for weight in scaled]
    why = f"no weight of {', '.join(missing)}" if missing else "their weights are all 0"
    findings.add("split_evenly", f"{code} into {', '.join(targets)}: {why}")
    return even
