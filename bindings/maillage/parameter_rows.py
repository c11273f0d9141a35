"""Reads a user's table of parameters: every cell is checked, and a wrong one named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from maillage.config_sections import TableSource
from maillage.findings import Findings
from maillage.geo.tables import NumberRule, Table, read_table
from maillage.parameter_values import DRAWN_SPEEDS, Parameter, find_rule

OPTIONAL = ("unit", "year", "n", "source", "low", "high")
YEARS = (1900.0, 2100.0)
ABILITY = "ability."
EXCLUDED, EXCLUDED_OR_LOW = "E1_excluded", "E2_excluded_or_low"


def read_rows(
    path: Path, ours: Mapping[str, Parameter], find: Callable[[str], Parameter | str]
) -> dict[str, Parameter]:
    """The parameters of a file by name, in its order.

    `find` gives the parameter that a row replaces, or what was expected in place of its name.
    InputErrors name file, row, field and value.
    """
    table = read_table(TableSource(file=path), ["name", "value"], Findings(), optional=OPTIONAL)
    names = [str(name) for name in table.key(["name"]).to_pylist()]
    numbers = {
        "value": table.numbers("value", NumberRule()).amounts,
        "low": _read_optional(table, "low", NumberRule(absent="nan")),
        "high": _read_optional(table, "high", NumberRule(absent="nan")),
        "n": _read_optional(table, "n", NumberRule(absent="nan")),
        "year": _read_optional(table, "year", NumberRule(*YEARS, whole=True, absent="nan")),
    }
    texts = {name: _read_texts(table, name) for name in ("unit", "source")}
    found: dict[str, Parameter] = {}
    for row, name in enumerate(names):
        known = find(name)
        if isinstance(known, str):
            raise table.error(row, "name", name, known)
        if name in found:
            raise table.error(row, "name", name, "each name once")
        _check_unit(table, row, texts["unit"][row], known)
        found[name] = _to_parameter(
            table, row, known, {k: _to_number(v[row]) for k, v in numbers.items()},
            texts["source"][row] or path.name,
        )  # fmt: skip
    _check_abilities(table, names, {**ours, **found})
    return found


def _read_optional(table: Table, column: str, rule: NumberRule) -> np.ndarray:
    if column not in table.columns.column_names:
        return np.full(table.n_rows, np.nan)
    return table.numbers(column, rule).amounts


def _read_texts(table: Table, column: str) -> list[str]:
    has = column in table.columns.column_names
    return [str(text) for text in table.series(column if has else None).fillna("")]


def _to_number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _check_unit(table: Table, row: int, unit: str, known: Parameter) -> None:
    if unit and unit.casefold() != known.unit.casefold():
        raise table.error(row, "unit", unit, f"{known.unit}, the unit of {known.name}")


def _to_parameter(
    table: Table, row: int, known: Parameter, numbers: Mapping[str, float | None], source: str
) -> Parameter:
    """The parameter of a row; a speed or factor without a range takes ours, moved along."""
    value, low, high, n = (numbers[k] for k in ("value", "low", "high", "n"))
    assert value is not None
    rule = find_rule(known.name, known.unit)
    for column, number in (("value", value), ("low", low), ("high", high)):
        if number is not None and not rule.is_right(number):
            raise table.error(row, column, f"{number:g}", rule.expected)
    if (low is None) != (high is None):
        raise table.error(row, "high" if high is None else "low", None, "both low and high")
    if low is not None and low > value:
        raise table.error(row, "low", f"{low:g}", f"at most the value {value:g}")
    if high is not None and high < value:
        raise table.error(row, "high", f"{high:g}", f"at least the value {value:g}")
    if n is not None and n <= 0:
        raise table.error(row, "n", f"{n:g}", "a sample size > 0")
    if low is None and known.name in DRAWN_SPEEDS:
        assert known.low is not None and known.high is not None
        low, high = (value / known.value * end for end in (known.low, known.high))
    year = numbers["year"]
    return Parameter(
        known.name, value, known.unit, None if year is None else int(year), n, source, low, high
    )


def _check_abilities(table: Table, names: list[str], book: Mapping[str, Parameter]) -> None:
    """Who is excluded is part of who is excluded or low."""
    for row, name in enumerate(names):
        if not name.startswith(ABILITY):
            continue
        group = name.split(".", 2)[2]
        excluded, either = (
            book[f"{ABILITY}{indicator}.{group}"] for indicator in (EXCLUDED, EXCLUDED_OR_LOW)
        )
        if excluded.value > either.value:
            expected = f"{EXCLUDED} at most {EXCLUDED_OR_LOW} ({either.value:g})"
            if name == either.name:
                expected = f"at least the {excluded.value:g} of {EXCLUDED}"
            raise table.error(row, "value", f"{book[name].value:g}", expected)
