"""The history of communes: which code became which, from the movements that INSEE publishes.

A movement table (`v_mvt_commune_<year>.csv`) has a row a link from a commune before an event
to a commune after it: mergers are several rows to one code, splits several rows from one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True)
class Event:
    """What happened to communes on one day: a code before -> the codes after."""

    day: datetime.date
    after: Mapping[str, tuple[str, ...]]


def read_events(source: Any) -> list[Event]:
    """The events of a movement table (a file or a frame), oldest first.

    Raises InputError for columns that are missing and dates that are none.
    """
    table = _read(source)
    columns = {name: table.series(name).tolist() for name in COLUMNS}
    links: list[tuple[datetime.date, str, str]] = []
    for row in range(table.n_rows):
        kinds = columns["TYPECOM_AV"][row], columns["TYPECOM_AP"][row]
        before, after = columns["COM_AV"][row], columns["COM_AP"][row]
        if kinds == (COMMUNE, COMMUNE) and isinstance(before, str) and isinstance(after, str):
            links.append((_to_day(table, row, columns["DATE_EFF"][row]), before, after))
    return [Event(day, _join(group)) for day, group in groupby(sorted(links), lambda x: x[0])]


def _read(source: Any) -> Table:
    if isinstance(source, pd.DataFrame):
        known = {str(name).upper(): name for name in source.columns}
        missing = [name for name in COLUMNS if name not in known]
        if missing:
            raise InputError(f"movements have no column {missing[0]!r}{to_hint(missing[0], known)}")
        frame = source[[known[name] for name in COLUMNS]].set_axis(list(COLUMNS), axis=1)
        return to_table(frame, "movements", COLUMNS)
    return read_table(TableSource(file=check_path("movements", source)), COLUMNS, Findings())


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
    evenly where they have none. Going back in time, mergers are the splits.
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
        known = [max(0.0, weights.get(target, 0.0)) for target in targets]
        total = sum(known)
        if len(targets) > 1 and total <= 0:
            findings.add("split_evenly", f"{code} into {', '.join(targets)}: no weights for them")
        for target, weight in zip(targets, known, strict=True):
            part = weight / total if total > 0 else 1 / len(targets)
            out[target] = out.get(target, 0.0) + share * part
    return out
