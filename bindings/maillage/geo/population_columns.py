"""Columns of persons and of car shares in any table of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.config_models import PopulationConfig
from maillage.findings import Findings
from maillage.geo.table_numbers import Numbers
from maillage.geo.tables import NumberRule, Table


@dataclass(frozen=True)
class Rows:
    """Persons of rows, each a place or an area; `table` names the rows in messages.

    `persons` n_rows x n_groups, NaN unknown; `car_share` by group, n_rows, NaN unknown, of the
    groups for which the rows say it.
    """

    table: Table
    key: list[str]
    persons: np.ndarray
    car_share: dict[str, np.ndarray]


def read_persons_column(
    table: Table, column: str, config: PopulationConfig, findings: Findings
) -> np.ndarray:
    """Persons >= 0 of every row; what is absent or secret as the section says, with findings."""
    numbers = _read_numbers(table, column, config)
    values = _fill_secret(table, column, (numbers, config), findings)
    rows = np.flatnonzero(numbers.absent)
    examples = (f"{table.find_place(int(row))}: {column} is empty" for row in rows)
    findings.add_all("persons_taken_as_zero", examples, len(rows))
    values[numbers.absent] = 0.0
    return values


def read_share_column(table: Table, column: str) -> np.ndarray:
    """Shares 0..1 of every row; NaN where they are absent or secret."""
    return table.numbers(column, NumberRule(0, 1, absent="nan", secret="nan")).amounts


def _read_numbers(table: Table, column: str, config: PopulationConfig) -> Numbers:
    absent = "nan" if config.missing == "zero" else "error"
    return table.numbers(column, NumberRule(low=0, absent=absent, secret="nan"))


def _fill_secret(
    table: Table,
    column: str,
    read: tuple[Numbers, PopulationConfig],
    findings: Findings,
) -> np.ndarray:
    numbers, config = read
    rows = np.flatnonzero(numbers.secret)
    value = config.secret_persons
    taken = "kept as unknown" if value is None else f"taken as {value:g}"
    examples = (f"{table.find_place(int(row))}: {column} is secret, {taken}" for row in rows)
    findings.add_all("secret_persons", examples, len(rows))
    values = numbers.amounts.copy()
    if value is not None:
        values[rows] = value
    return values
