"""The parameters that figures rest on, each with its unit, year, sample size and source.

    parameters()                      a frame, one row a parameter
    parameters("mine.csv")            the same, rows of the user's file replacing ours
    book = read_book(); book.value("phone.resolution"); book.under("logit.e1.age")

Scalars stand in `parameters/parameters.csv`; the abilities by group come from the CREDOC tables
beside it and are listed as `ability.<indicator>.<grouping>.<group>`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from maillage.arguments import check_path
from maillage.errors import NotFoundError, to_hint
from maillage.parameter_rows import EXCLUDED, EXCLUDED_OR_LOW, read_rows
from maillage.parameter_values import Parameter

FOLDER = Path(__file__).parent / "parameters"
CREDOC_SOURCE = "CREDOC Baromètre du numérique, data.gouv.fr, ODbL"
CREDOC_INDICATORS = (EXCLUDED, EXCLUDED_OR_LOW)
# Families with a row `.default` that a territory may extend by each of its services.
SERVICE_FAMILIES = ("visits", "visit_minutes", "decay.half_life")


@dataclass(frozen=True)
class ParameterBook:
    """Parameters by name."""

    entries: Mapping[str, Parameter]
    theirs: tuple[str, ...] = ()  # names that a user's file sets

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
        A table with `name, value` and, if known, `unit, year, n, source, low, high`. Names are
        those of the book, or `visits.`, `visit_minutes.` or `decay.half_life.` and a service.
        `car.speed_factor` and `walk.speed_kmh` without `low` and `high` take our range in
        proportion.

    Returns `name, value, low, high, unit, year, n, source` (low, high, year and n absent where
    not known), in the order of the book. Raises InputError for an unknown name, one that stands
    twice, a value, range, year or n that cannot be, or a unit that is not the book's.
    """
    book = read_book(None if path is None else Path(check_path("path", path)), None)
    entries = list(book.entries.values())
    return pd.DataFrame(
        {
            "name": pd.Series([p.name for p in entries], dtype="str"),
            "value": pd.Series([p.value for p in entries], dtype="float64"),
            "low": pd.Series([p.low for p in entries], dtype="Float64"),
            "high": pd.Series([p.high for p in entries], dtype="Float64"),
            "unit": pd.Series([p.unit for p in entries], dtype="str"),
            "year": pd.Series([p.year for p in entries], dtype="Int64"),
            "n": pd.Series([p.n for p in entries], dtype="Float64"),
            "source": pd.Series([p.source for p in entries], dtype="str"),
        }
    )


def to_record(book: ParameterBook) -> dict[str, list[Any]]:
    """A user's parameters as plain values, to travel with a territory."""
    theirs = (book.entries[name] for name in book.theirs)
    return {p.name: [p.value, p.unit, p.year, p.n, p.source, p.low, p.high] for p in theirs}


def find_book(record: Mapping[str, Sequence[Any]]) -> ParameterBook:
    """The package's parameters with those of `to_record` in their place."""
    theirs = {name: Parameter(name, *values) for name, values in record.items()}
    return ParameterBook({**_read_ours(), **theirs}, tuple(theirs))


def read_book(path: Path | None = None, services: Collection[str] | None = ()) -> ParameterBook:
    """Our parameters, those of a user's file in their place.

    services
        Whose visits, minutes a visit and half-lives the file may set; None: anybody's.
    """
    ours = _read_ours()
    if path is None:
        return ParameterBook(ours)
    theirs = read_rows(path, ours, lambda name: _find_known(name, ours, services))
    return ParameterBook({**ours, **theirs}, tuple(theirs))


def _find_known(
    name: str, ours: Mapping[str, Parameter], services: Collection[str] | None
) -> Parameter | str:
    """The parameter that a name replaces, or what was expected in its place."""
    if name in ours:
        return ours[name]
    for family in SERVICE_FAMILIES:
        service = name.removeprefix(f"{family}.")
        if service in ("", name):
            continue
        if services is None or service in services:
            return replace(ours[f"{family}.default"], name=name, year=None, n=None)
    own = [f"{family}.{service}" for family in SERVICE_FAMILIES for service in services or ()]
    return f"a name that `maillage parameters` lists{to_hint(name, [*ours, *own])}"


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


def _to_number(value: float) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _to_year(value: float) -> int | None:
    return None if value is None or np.isnan(value) else int(value)
