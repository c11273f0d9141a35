"""Ability to use the online channel: shares who need help (p_b) and who cannot (p_c).

The table of a territory is the shipped one, from the CREDOC Baromètre du numérique
(`parameters/LICENSE.md`), or a file of the user with the columns

* `group`, `p_b`, `p_c` and, if known, `grouping`, `n`, `year`, `source`; or
* `survey_year`, `indicator`, `grouping`, `group`, `n`, `pct` as the shipped one, where
  p_c = E1_excluded and p_b = E2_excluded_or_low - E1_excluded.

p_a = 1 - p_b - p_c are autonomous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from maillage.config_models import AbilityConfig, GroupConfig
from maillage.config_sections import TableSource
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.tables import NumberRule, Table, read_table
from maillage.parameter_book import ParameterBook
from maillage.parameter_defaults import WalkSpeeds
from maillage.parameter_rows import ABILITY, EXCLUDED, EXCLUDED_OR_LOW

SHIPPED_TABLE = Path(__file__).parent.parent / "parameters" / "digital_exclusion_credoc.csv"
SHIPPED_SOURCE = "CREDOC Baromètre du numérique, data.gouv.fr, ODbL"


@dataclass(frozen=True)
class Ability:
    """Shares of a group: need help, cannot; sample size and year (None unknown), source."""

    p_b: float
    p_c: float
    n: float | None = None
    year: int | None = None
    source: str = ""


@dataclass(frozen=True)
class AbilityTable:
    """Abilities by grouping and group, each the latest year of the table."""

    name: str
    rows: Mapping[tuple[str, str], Ability]

    def find(self, group: str) -> Ability:
        """The ability of `group`, or of `grouping/group` where several groupings have it.

        An unknown group is an InputError with the near names, and so is a group that two
        groupings know with different shares.
        """
        found = {
            key: ability
            for key, ability in self.rows.items()
            if key[1] == group or f"{key[0]}/{key[1]}" == group
        }
        if not found:
            hint = to_hint(group, dict.fromkeys(key[1] for key in self.rows))
            raise InputError(f"{self.name}: has no group {group!r}{hint}")
        first, *others = found.values()
        if any((o.p_b, o.p_c) != (first.p_b, first.p_c) for o in others):
            choices = " or ".join(repr(f"{grouping}/{name}") for grouping, name in found)
            raise InputError(f"{self.name}: group {group!r} stands for {choices}, expected one")
        return first


def read_ability_table(
    path: Path | None, findings: Findings, book: ParameterBook | None = None
) -> AbilityTable:
    """The abilities of a file, the shipped ones for None; form as told by its header.

    Rows `ability.*` that a user's table of parameters sets in the book replace shipped ones.
    """
    table = _read_ability_file(path, findings)
    return table if path is not None or book is None else _replace_rows(table, book)


def _replace_rows(table: AbilityTable, book: ParameterBook) -> AbilityTable:
    """The shipped table with the user's own figures: p_c is E1, p_b is E2 less E1."""
    keys = {tuple(n.split(".", 3)[2:]) for n in book.theirs if n.startswith(ABILITY)}
    rows = dict(table.rows)
    for grouping, group in sorted(keys):
        excluded, either = (
            book.find(f"{ABILITY}{indicator}.{grouping}.{group}")
            for indicator in (EXCLUDED, EXCLUDED_OR_LOW)
        )
        first = excluded if excluded.name in book.theirs else either
        sources = dict.fromkeys([excluded.source, either.source])
        # One decimal of a per cent is exact to ten more digits, as in the shipped table.
        rows[(grouping, group)] = Ability(
            round(either.value - excluded.value, 12), excluded.value, first.n, first.year,
            "; ".join(sources),
        )  # fmt: skip
    return AbilityTable(table.name, rows)


def _read_ability_file(path: Path | None, findings: Findings) -> AbilityTable:
    known = ("indicator", "survey_year", "pct", "p_b", "p_c", "grouping", "n", "year", "source")
    source = TableSource(file=path or SHIPPED_TABLE)
    table = read_table(source, ["group"], findings, optional=known)
    has = table.columns.column_names
    default_source = "" if path else SHIPPED_SOURCE
    if "indicator" in has and "pct" in has:
        return _read_indicators(table, default_source)
    missing = [column for column in ("p_b", "p_c") if column not in has]
    if missing:
        raise InputError(
            f"{table.name}: has no column {' and '.join(missing)}, expected group, p_b, p_c "
            f"or indicator, group, n, pct"
        )
    return _read_shares(table, default_source)


def _read_shares(table: Table, default_source: str) -> AbilityTable:
    p_b = table.numbers("p_b", NumberRule(0, 1)).amounts
    p_c = table.numbers("p_c", NumberRule(0, 1)).amounts
    over = p_b + p_c > 1 + 1e-9
    if over.any():
        raise table.rows_error(over, "p_b", "p_b + p_c <= 1")
    n = _read_optional(table, "n")
    year = _read_optional(table, "year")
    groupings = _read_text(table, "grouping", "")
    sources = _read_text(table, "source", default_source)
    groups = table.key(["group"]).to_pylist()
    rows: dict[tuple[str, str], Ability] = {}
    for i, key in enumerate(zip(groupings, groups, strict=True)):
        ability = Ability(
            float(p_b[i]), float(p_c[i]), _to_optional(n[i]), _to_year(year[i]), sources[i]
        )
        _keep_latest(table, i, (rows, key, ability))
    return AbilityTable(table.name, rows)


def _read_text(table: Table, column: str, default: str) -> list[str]:
    known = column if column in table.columns.column_names else None
    return [str(text) for text in table.series(known).fillna(default)]


def _read_indicators(table: Table, default_source: str) -> AbilityTable:
    has = table.columns.column_names
    year_column = "survey_year" if "survey_year" in has else "year"
    frame = pd.DataFrame(
        {
            "indicator": table.series("indicator"),
            "year": np.nan_to_num(_read_optional(table, year_column), nan=-1),
            "grouping": _read_text(table, "grouping", ""),
            "group": table.key(["group"]).to_pylist(),
            "n": _read_optional(table, "n"),
            "pct": table.numbers("pct", NumberRule(0, 100)).amounts,
            "row": np.arange(table.n_rows),
        }
    )
    keys = ["grouping", "group", "year"]
    excluded = frame[frame["indicator"] == EXCLUDED]
    low = frame[frame["indicator"] == EXCLUDED_OR_LOW]
    if excluded.empty:
        raise InputError(f"{table.name}: has no row with indicator {EXCLUDED!r}, expected some")
    pairs = excluded.merge(low, on=keys, how="left", suffixes=("", "_low"))
    alone = pairs["pct_low"].isna().to_numpy()
    if alone.any():
        first = pairs.iloc[int(np.argmax(alone))]
        raise InputError(
            f"{table.find_place(int(first['row']))}: group {first['group']!r} has no row "
            f"{EXCLUDED_OR_LOW!r} of the same year, expected one"
        )
    rows: dict[tuple[str, str], Ability] = {}
    for pair in pairs.to_dict("records"):
        pct, pct_low = float(pair["pct"]), float(pair["pct_low"])
        if pct_low < pct:
            expected = f"at least the {pct:g} of {EXCLUDED}"
            raise table.error(int(pair["row_low"]), "pct", pct_low, expected)
        # The table has one decimal: a difference of per cents is exact to ten more.
        p_b, p_c = round((pct_low - pct) / 100, 12), round(pct / 100, 12)
        year = int(pair["year"]) if pair["year"] >= 0 else None
        ability = Ability(p_b, p_c, _to_optional(pair["n"]), year, default_source or table.name)
        key = (str(pair["grouping"]), str(pair["group"]))
        _keep_latest(table, int(pair["row"]), (rows, key, ability))
    return AbilityTable(table.name, rows)


def _keep_latest(
    table: Table,
    row: int,
    entry: tuple[dict[tuple[str, str], Ability], tuple[str, str], Ability],
) -> None:
    rows, key, ability = entry
    known = rows.get(key)
    if known is not None and known.year == ability.year:
        raise InputError(
            f"{table.find_place(row)}: group {key[1]!r} of the same year stands above, "
            f"expected it once"
        )
    if known is None or (ability.year or 0) > (known.year or 0):
        rows[key] = ability


def _read_optional(table: Table, column: str) -> np.ndarray:
    if column not in table.columns.column_names:
        return np.full(table.n_rows, np.nan)
    return table.numbers(column, NumberRule(0, absent="nan")).amounts


def _to_optional(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _to_year(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def find_ability(config: AbilityConfig, table: AbilityTable) -> Ability:
    """The ability that a group of the territory asks for.

    Several groups are mixed by their sample sizes, or by the weights given (any positive
    scale). The sample size of a mix is that of the precision it has:
    1 / sum(w_i^2 / n_i) for weights w_i that sum to 1 (Kish's effective size), which is
    the sum of the n_i where they are the weights.
    """
    given = config.shares
    if given is not None:
        return Ability(given.p_b, given.p_c, given.n, given.year, given.source or "")
    names = list(config.weights or config.groups or [])
    parts = [table.find(name) for name in names]
    if len(parts) == 1:
        return parts[0]
    if config.weights is not None:
        weights = np.array(list(config.weights.values()), dtype=np.float64)
    else:
        weights = np.array([part.n if part.n is not None else np.nan for part in parts])
        if np.isnan(weights).any():
            raise InputError(
                f"{table.name}: {' and '.join(names)} have no sample size n to weight them by, "
                f"expected weights such as {{ {names[0]!r} = 1, {names[1]!r} = 2 }}"
            )
    if weights.sum() <= 0:
        raise InputError(f"{table.name}: the weights of {' and '.join(names)} sum to 0")
    return _mix(parts, weights / weights.sum())


def _mix(parts: Sequence[Ability], weights: np.ndarray) -> Ability:
    n = [part.n for part in parts]
    years = {part.year for part in parts}
    n_effective = None
    if all(size for size in n):
        n_effective = float(1 / np.sum(weights**2 / np.array(n, dtype=np.float64)))
    return Ability(
        float(np.dot(weights, [part.p_b for part in parts])),
        float(np.dot(weights, [part.p_c for part in parts])),
        n_effective,
        years.pop() if len(years) == 1 else None,
        "; ".join(dict.fromkeys(part.source for part in parts)),
    )


def find_groups(
    groups: Mapping[str, GroupConfig], table: AbilityTable, speeds: WalkSpeeds
) -> pd.DataFrame:
    """The groups in the order of the territory file.

    Columns: group, p_b, p_c (shares), n (NaN unknown), year (Int64), source,
    walk_speed_kmh, max_walk_min (NaN: that of the timetables). A group without `ability`
    takes the one of its own name in the table.
    InputError when the table does not know a group.
    """
    found: list[Ability] = []
    problems: list[str] = []
    for name, group in groups.items():
        try:
            found.append(find_ability(group.ability or AbilityConfig(groups=[name]), table))
        except InputError as error:
            problems.append(f"groups.{name}: {error}")
    if problems:
        raise InputError.of_problems("abilities", problems)
    return pd.DataFrame(
        {
            "group": pd.Series(list(groups), dtype="str"),
            "p_b": [ability.p_b for ability in found],
            "p_c": [ability.p_c for ability in found],
            "n": pd.Series([ability.n for ability in found], dtype="float64"),
            "year": pd.Series([ability.year for ability in found], dtype="Int64"),
            "source": pd.Series([ability.source for ability in found], dtype="str"),
            "walk_speed_kmh": [
                group.walk_speed_kmh or speeds.find(name) for name, group in groups.items()
            ],
            "max_walk_min": pd.Series([g.max_walk_min for g in groups.values()], dtype="float64"),
        }
    )
