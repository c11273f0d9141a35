"""The parameters that figures rest on, each with its unit, year, sample size and source.

    parameters()                      a frame, one row a parameter
    parameters("mine.csv")            the same, rows of the user's file replacing ours
    book = read_book(); book.value("phone.resolution"); book.under("logit.e1.age")

Scalars stand in `parameters/parameters.csv`; the abilities by group come from the CREDOC tables
beside it and are listed as `ability.<indicator>.<grouping>.<group>`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from maillage.arguments import check_path
from maillage.config_sections import TableSource
from maillage.errors import NotFoundError, to_hint
from maillage.findings import Findings
from maillage.geo.tables import NumberRule, read_table

FOLDER = Path(__file__).parent / "parameters"
COLUMNS = ("name", "value", "unit", "year", "n", "source")
CREDOC_SOURCE = "CREDOC Baromètre du numérique, data.gouv.fr, ODbL"
CREDOC_INDICATORS = ("E1_excluded", "E2_excluded_or_low")
NON_NEGATIVE_UNITS = ("minutes", "km/h", "factor", "relative risk", "relative standard error")


@dataclass(frozen=True)
class Parameter:
    """One figure. `low` and `high` are the range that uncertainty draws from (None: none)."""

    name: str
    value: float
    unit: str
    year: int | None
    n: float | None
    source: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ParameterBook:
    """Parameters by name."""

    entries: Mapping[str, Parameter]

    def find(self, name: str) -> Parameter:
        """The parameter of that name; NotFoundError with the near names."""
        if name not in self.entries:
            raise NotFoundError(f"no parameter {name!r}{to_hint(name, self.entries)}")
        return self.entries[name]

    def value(self, name: str) -> float:
        """Its value alone."""
        return self.find(name).value

    def under(self, prefix: str) -> dict[str, float]:
        """Values of all names that begin with `prefix.`, by what follows."""
        start = prefix + "."
        return {k[len(start) :]: p.value for k, p in self.entries.items() if k.startswith(start)}


def parameters(path: str | Path | None = None) -> pd.DataFrame:
    """Every default parameter with its source; those of a file replace ours.

    path
        A table with `name, value` and, if known, `unit, year, n, source, low, high`.

    Returns `name, value, unit, year, n, source` (year and n absent where not known), in the
    order of the book. Raises InputError for an unknown name, a missing value, one outside
    what its unit allows, or a name that stands twice.
    """
    book = read_book(None if path is None else Path(check_path("path", path)))
    entries = list(book.entries.values())
    return pd.DataFrame(
        {
            "name": pd.Series([p.name for p in entries], dtype="str"),
            "value": pd.Series([p.value for p in entries], dtype="float64"),
            "unit": pd.Series([p.unit for p in entries], dtype="str"),
            "year": pd.Series([p.year for p in entries], dtype="Int64"),
            "n": pd.Series([p.n for p in entries], dtype="Float64"),
            "source": pd.Series([p.source for p in entries], dtype="str"),
        }
    )


def to_record(path: Path | None) -> dict[str, list[Any]]:
    """A user's parameters as plain values, to travel with a territory."""
    if path is None:
        return {}
    theirs = _read_theirs(path, _read_ours())
    return {k: [p.value, p.year, p.n, p.source, p.low, p.high] for k, p in theirs.items()}


def find_book(record: Mapping[str, Sequence[Any]]) -> ParameterBook:
    """The package's parameters with those of `to_record` in their place."""
    ours = _read_ours()
    theirs = {}
    for name, (value, year, n, source, low, high) in record.items():
        theirs[name] = Parameter(name, value, ours[name].unit, year, n, source, low, high)
    return ParameterBook({**ours, **theirs})


def read_book(path: Path | None = None) -> ParameterBook:
    """Our parameters, those of a user's file in their place."""
    ours = _read_ours()
    if path is None:
        return ParameterBook(ours)
    return ParameterBook({**ours, **_read_theirs(path, ours)})


@lru_cache(maxsize=1)
def _read_ours() -> dict[str, Parameter]:
    frame = pd.read_csv(FOLDER / "parameters.csv", dtype={"name": str, "unit": str, "source": str})
    found = {
        row["name"]: Parameter(
            name=row["name"],
            value=float(row["value"]),
            unit=row["unit"],
            year=_to_year(row["year"]),
            n=_to_number(row["n"]),
            source=row["source"],
            low=_to_number(row["low"]),
            high=_to_number(row["high"]),
        )
        for row in frame.to_dict("records")
    }
    return {**found, **_read_abilities()}


def _read_abilities() -> dict[str, Parameter]:
    frame = pd.read_csv(FOLDER / "digital_exclusion_credoc.csv", dtype={"group": str})
    frame = frame[frame["indicator"].isin(CREDOC_INDICATORS)].sort_values("survey_year")
    return {
        name: Parameter(name, row["pct"] / 100, "share", _to_year(row["survey_year"]),
                        _to_number(row["n"]), CREDOC_SOURCE)
        for row in frame.to_dict("records")
        for name in [f"ability.{row['indicator']}.{row['grouping']}.{row['group']}"]
    }  # fmt: skip


def _read_theirs(path: Path, ours: Mapping[str, Parameter]) -> dict[str, Parameter]:
    optional = ("unit", "year", "n", "source", "low", "high")
    table = read_table(TableSource(file=path), ["name", "value"], Findings(), optional=optional)
    names = table.key(["name"]).to_pylist()
    values = table.numbers("value", NumberRule(-np.inf)).amounts
    has = table.columns.column_names

    def column(name: str) -> np.ndarray:
        if name not in has:
            return np.full(table.n_rows, np.nan)
        return table.numbers(name, NumberRule(-np.inf, absent="nan")).amounts

    numbers = {name: column(name) for name in ("year", "n", "low", "high")}
    sources = table.series("source" if "source" in has else None).fillna(path.name)
    found: dict[str, Parameter] = {}
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        known = ours.get(str(name))
        if known is None:
            expected = f"a name that `maillage parameters` lists{to_hint(str(name), ours)}"
            raise table.error(row, "name", name, expected)
        if name in found:
            raise table.error(row, "name", name, "each name once")
        expected = _find_fault(known.unit, float(value))
        if expected:
            raise table.error(row, "value", value, expected)
        found[str(name)] = Parameter(
            name=known.name,
            value=float(value),
            unit=known.unit,
            year=_to_year(numbers["year"][row]),
            n=_to_number(numbers["n"][row]),
            source=str(sources.iloc[row]),
            low=_to_number(numbers["low"][row]),
            high=_to_number(numbers["high"][row]),
        )
    return found


def _find_fault(unit: str, value: float) -> str:
    """What was expected of a value, empty when it fits its unit."""
    if unit == "share" and not 0 <= value <= 1:
        return "a share in 0..1"
    if unit in NON_NEGATIVE_UNITS and not value >= 0:
        return f"{unit} >= 0"
    return ""


def _to_number(value: float) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _to_year(value: float) -> int | None:
    return None if value is None or np.isnan(value) else int(value)
