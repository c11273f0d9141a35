"""A roll-out plan (fibre, 4G) by year: what each place has at the end of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from maillage.arguments import check_count, to_shown
from maillage.config_sections import TableSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.tables import NumberRule, read_table

SHARES = ("wired_8", "wired_30", "wired_100", "wired_1000", "mobile_4g")


def find_rollout(table: Any, year: int, by_area: bool) -> Iterator[dict[str, Any]]:
    """The shares of every place (or area) in its last row up to `year`, in order of the rows."""
    check_count("year", year, 1900, "a year")
    key = "area" if by_area else "place"
    frame = _read(table, key)
    frame = frame[frame["year"] <= year].sort_values("year", kind="stable")
    if frame.empty:
        raise InputError(f"the roll-out has no row up to {year}, expected some")
    for row in frame.drop_duplicates(key, keep="last").sort_index().to_dict("records"):
        found = {str(k): v for k, v in row.items() if k != "year" and not pd.isna(v)}
        if len(found) > 1:
            yield found


def _read(table: Any, key: str) -> pd.DataFrame:
    if isinstance(table, str | PathLike):
        source = TableSource(file=Path(table))
        read = read_table(source, [key, "year"], Findings(), optional=SHARES)
        has = [s for s in SHARES if s in read.columns.column_names]
        if not has:
            raise InputError(f"{read.name}: has none of {', '.join(SHARES)}, expected one")
        columns: dict[str, Any] = {key: read.key([key]).to_pylist()}
        columns["year"] = read.numbers("year", NumberRule(1900, 2200, whole=True)).amounts
        for share in has:
            columns[share] = read.numbers(share, NumberRule(0, 1, absent="nan")).amounts
        return pd.DataFrame(columns)
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"table is {to_shown(table)}, expected a data frame or a file")
    has = [s for s in SHARES if s in table.columns]
    missing = [c for c in (key, "year") if c not in table.columns]
    if missing or not has:
        lacks = ", ".join(missing) or f"any of {', '.join(SHARES)}"
        raise InputError(f"the roll-out has no column {lacks}, expected it")
    frame = table[[key, "year", *has]].reset_index(drop=True)
    return frame.assign(**{key: frame[key].astype(str)})
