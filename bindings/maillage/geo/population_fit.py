"""Persons by place and group from marginal tables: reads `[population.fit]` and fits it.

The tables give `maillage.group_fit` a seed (how categories go together) and margins (persons by
place and category); groups of the territory then take the combinations that they name.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from maillage.config_fit import Categories, FitConfig, MarginConfig
from maillage.config_models import GroupConfig, PopulationConfig
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.keys import check_unique, to_series
from maillage.geo.population_columns import Rows, read_persons_column
from maillage.geo.tables import NumberRule, Table, read_table, to_table
from maillage.group_fit import MAX_ROUNDS, PERSONS, PLACE, TOLERANCE, Fitted, fit_tables

NAME = "population.fit"


def read_fitted(
    config: PopulationConfig, groups: Mapping[str, GroupConfig], findings: Findings
) -> Rows:
    """Persons by place (or area) and group, and car shares where the fit says who has a car.

    NaN where no margin of a place is known. Findings are those of `fit_groups`, and
    `persons_of_unknown_group` for combinations that no group takes. InputError as the tables say,
    and for combinations that two groups take.
    """
    fit = config.fit
    assert fit is not None
    seed = _read_seed(fit, findings)
    margins = [_read_margin(margin, config, seed, findings) for margin in fit.margins]
    fitted = fit_tables(seed, margins, (TOLERANCE, MAX_ROUNDS))
    findings.merge(fitted.findings)
    takes = _find_cells(groups, fitted.cells, seed[0])
    _report_not_taken(fitted, takes, findings)
    persons = fitted.persons @ takes
    shares = _find_car_shares(fit, groups, (fitted, takes, persons), seed[0])
    places = pd.DataFrame({PLACE: pd.Series(fitted.places, dtype="str")})
    return Rows(to_table(places, NAME, [PLACE]), [PLACE], persons, shares)


def _read_seed(fit: FitConfig, findings: Findings) -> tuple[str, pd.DataFrame]:
    """The name of the seed in messages, and its properties and persons."""
    persons = fit.seed.persons or fit.persons
    columns = {p: fit.seed.columns.get(p, p) for p in fit.properties}
    table = read_table(fit.seed, list(dict.fromkeys([*columns.values(), persons])), findings)
    labels = pd.DataFrame({p: _read_labels(table, column) for p, column in columns.items()})
    _check_once(table, labels)
    return table.name, labels.assign(**{PERSONS: table.numbers(persons, NumberRule(0)).amounts})


def _read_margin(
    margin: MarginConfig,
    config: PopulationConfig,
    seed: tuple[str, pd.DataFrame],
    findings: Findings,
) -> tuple[str, pd.DataFrame]:
    """The name of a margin in messages, and its places, categories and persons."""
    if margin.categories is None:
        return _read_long_margin(margin, config, seed, findings)
    assert config.fit is not None and margin.property is not None
    key = margin.key or config.fit.key
    columns = dict.fromkeys([*key, *margin.categories.values()])
    table = read_table(margin, list(columns), findings)
    keys = table.key(key)
    check_unique(table, "_".join(key), keys)
    known = sorted(set(seed[1][margin.property]))
    for category in margin.categories:
        if category not in known:
            raise InputError(
                f"{table.name}: {margin.property} has the category {category!r}, which is not in "
                f"{seed[0]}{to_hint(category, known)}"
            )
    parts = [
        pd.DataFrame(
            {
                PLACE: to_series(keys),
                margin.property: category,
                PERSONS: read_persons_column(table, column, config, findings),
            }
        )
        for category, column in margin.categories.items()
    ]
    return table.name, pd.concat(parts, ignore_index=True)


def _read_long_margin(
    margin: MarginConfig,
    config: PopulationConfig,
    seed: tuple[str, pd.DataFrame],
    findings: Findings,
) -> tuple[str, pd.DataFrame]:
    fit = config.fit
    assert fit is not None
    key, persons = margin.key or fit.key, margin.persons or fit.persons
    wanted = dict.fromkeys([*key, persons, *margin.columns.values()])
    names = {p: margin.columns.get(p, p) for p in fit.properties}
    optional = [column for column in names.values() if column not in wanted]
    table = read_table(margin, list(wanted), findings, optional=optional)
    there = [name for name in table.columns.column_names if name not in (*key, persons)]
    labels = {p: _read_labels(table, c) for p, c in names.items() if c in there}
    used = {p: v for p, v in labels.items() if not _is_total(margin, names[p], v, seed[1][p])}
    if not used:
        raise InputError(
            f"{table.name}: has no column of a property, expected one or more of "
            f"{', '.join(repr(column) for column in names.values())}"
        )
    for name, values in used.items():
        known = seed[1][name]
        wrong = np.flatnonzero(~values.isin(known))
        if len(wrong):
            value = str(values.iloc[wrong[0]])
            hint = to_hint(value, sorted(set(known)))
            expected = f"a category of {seed[0]}{hint}"
            raise table.error(int(wrong[0]), names[name], value, expected)
    out = pd.DataFrame({PLACE: to_series(table.key(key)), **used})
    _check_once(table, out)
    return table.name, out.assign(
        **{PERSONS: read_persons_column(table, persons, config, findings)}
    )


def _is_total(margin: MarginConfig, column: str, values: pd.Series, known: pd.Series) -> bool:
    """Whether `where` chose rows of all categories together, such as `_T`, by this column."""
    chosen = margin.where.get(column, [])
    return len(chosen) == 1 and not values.isin(known).any()


def _read_labels(table: Table, column: str) -> pd.Series:
    texts = to_series(table.texts(column))
    missing = np.flatnonzero(texts.isna())
    if len(missing):
        raise table.error(int(missing[0]), column, None, "a category")
    return texts


def _check_once(table: Table, labels: pd.DataFrame) -> None:
    again = np.flatnonzero(labels.duplicated())
    if not len(again):
        return
    second = int(again[0])
    first = int(np.flatnonzero((labels == labels.iloc[second]).all(axis=1))[0])
    said = ", ".join(f"{name} {value!r}" for name, value in labels.iloc[second].items())
    raise InputError(
        f"{table.find_place(second)}: {said} stand on {table.find_place(first)} too, expected "
        f"every combination once"
    )


def _find_cells(
    groups: Mapping[str, GroupConfig], cells: pd.DataFrame, seed_name: str
) -> np.ndarray:
    """Which cells each group takes, n_cells x n_groups of 0 and 1."""
    names = list(groups)
    takes = np.stack(
        [_match(g.categories or {}, cells, f"groups.{n}.categories", seed_name)
         for n, g in groups.items()],
        axis=1,
    )  # fmt: skip
    twice = np.flatnonzero(takes.sum(axis=1) > 1)
    if len(twice):
        both = [names[i] for i in np.flatnonzero(takes[twice[0]])[:2]]
        raise InputError(
            f"groups {both[0]!r} and {both[1]!r} both take {_show_cell(cells, twice[0])}, "
            f"expected every combination in one group"
        )
    return takes.astype(float)


def _match(categories: Categories, cells: pd.DataFrame, where: str, seed_name: str) -> np.ndarray:
    """The cells of these categories; a property that is not named may have any."""
    mask = np.ones(len(cells), dtype=bool)
    for name, words in categories.items():
        known = sorted(set(cells[name]))
        for word in words:
            if word not in known:
                raise InputError(
                    f"{where}.{name} is {word!r}, which is not in {seed_name}{to_hint(word, known)}"
                )
        mask &= cells[name].isin(words).to_numpy()
    if not mask.any():
        raise InputError(f"{where} are those of no row of {seed_name}, expected some")
    return mask


def _show_cell(cells: pd.DataFrame, row: int) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in cells.iloc[row].items())


def _report_not_taken(fitted: Fitted, takes: np.ndarray, findings: Findings) -> None:
    persons = np.nansum(fitted.persons, axis=0)
    rows = np.flatnonzero((takes.sum(axis=1) == 0) & (persons > 0))
    examples = (
        f"{NAME}: {_show_cell(fitted.cells, row)} with {persons[row]:g} persons, no group takes it"
        for row in rows.tolist()
    )
    findings.add_all("persons_of_unknown_group", examples, len(rows))


def _find_car_shares(
    fit: FitConfig,
    groups: Mapping[str, GroupConfig],
    found: tuple[Fitted, np.ndarray, np.ndarray],
    seed_name: str,
) -> dict[str, np.ndarray]:
    """Share of the persons of each row and group in categories with a car.

    Where a group has nobody the share is that of all its persons. Groups that have a `car_share`
    of their own keep it.
    """
    if fit.car_share is None:
        return {}
    fitted, takes, persons = found
    has_car = _match(fit.car_share, fitted.cells, f"{NAME}.car_share", seed_name)
    by_car = fitted.persons @ (takes * has_car[:, None])
    everywhere = np.divide(
        np.nansum(by_car, axis=0),
        np.nansum(persons, axis=0),
        out=np.full(len(groups), np.nan),
        where=np.nansum(persons, axis=0) > 0,
    )
    share = np.where(persons == 0, everywhere, np.nan)
    share = np.clip(np.divide(by_car, persons, out=share, where=persons > 0), 0.0, 1.0)
    return {name: share[:, i] for i, (name, g) in enumerate(groups.items()) if g.car_share is None}
