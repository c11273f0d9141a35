"""Persons by group from marginal tables: iterative proportional fitting, place by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.arguments import check_count, check_number, check_threads, to_shown
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.labels import check_column, check_frame, check_texts
from maillage.progress import ProgressChoice, report_progress

PLACE, PERSONS = "place", "persons"
GAP_SHARE = 0.01  # margins of one place that differ by more than this share are a finding
MISSED_SHARE = 1e-6
TOLERANCE, MAX_ROUNDS = 1e-9, 1000


def fit_groups(
    seed: pd.DataFrame,
    margins: Sequence[pd.DataFrame],
    *,
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
    threads: int = 0,
    progress: ProgressChoice = None,
) -> pd.DataFrame:
    """Persons by place and group whose sums are the margins and whose pattern is the seed's.

    seed
        How groups go together (a national table): a column for each property (age, diploma,
        car ...) and `persons` >= 0; one row a combination. Combinations that are missing or
        zero hold nobody anywhere.
    margins
        Tables with `place`, one or more of the properties, and `persons` >= 0: how many
        persons of each category live at each place. A category without a row has none; one
        with NaN makes this margin of its place unknown, as if it were not given (a finding).
    tolerance
        How near the margins must be met, as a share of a place's persons.

    Returns `place`, the properties and `persons`, a row a place and combination of the seed
    (places in the order in which they first occur). Fitting is by turns (iterative proportional
    fitting, Deming and Stephan 1940): the result is the table nearest to the seed with these
    margins. Where margins contradict each other the first one known sets the total of its place and
    the others are scaled to it; persons of a category that the seed excludes go to the other
    categories of their margin. `frame.attrs["findings"]` counts such places:
    `margins_differ` (by more than 1 %), `category_excluded`, `margin_not_met`,
    `margin_unknown` (a margin that has no row of the place, or NaN in one) and
    `place_without_margin` (its persons are NaN); and categories of the seed that no row of a
    margin has, so that nobody is in them: `category_without_row`.

    Raises InputError naming table, row, column and value for persons that are no finite number
    >= 0, places and properties that are missing or unknown, and rows twice.

    Cost: linear in places x combinations, some ten rounds each.
    """
    tolerance = check_number("tolerance", tolerance, "a share > 0", lambda t: 0 < t < 1)
    max_rounds = check_count("max_rounds", max_rounds, 1, "a whole number >= 1", high=1_000_000)
    if isinstance(margins, pd.DataFrame) or not isinstance(margins, Sequence):
        shown = "a data frame" if isinstance(margins, pd.DataFrame) else to_shown(margins)
        raise InputError(f"margins is {shown}, expected a list of data frames")
    if not margins:
        raise InputError("margins is empty, expected at least one table")
    named = [(f"margins[{i}]", margin) for i, margin in enumerate(margins)]
    threads = check_threads(threads)
    with report_progress(progress) as report:
        fitted = fit_tables(("seed", seed), named, (tolerance, max_rounds), threads, report)
    n, width = fitted.persons.shape
    columns: dict[str, Any] = {
        PLACE: pd.Categorical.from_codes(np.repeat(np.arange(n), width), categories=fitted.places)
    }
    for name in fitted.cells.columns:
        labels = fitted.cells[name]
        codes = pd.Categorical(labels, categories=pd.unique(labels))
        columns[name] = pd.Categorical.from_codes(np.tile(codes.codes, n), dtype=codes.dtype)
    columns[PERSONS] = fitted.persons.ravel()
    frame = pd.DataFrame(columns)
    frame.attrs["findings"] = fitted.findings.to_frame().to_dict("records")
    return frame


@dataclass(frozen=True)
class Fitted:
    """Persons by place and cell, a cell being a combination of the seed in its order.

    `places` text, in the order in which they first occur; `cells` a column of text a property;
    `persons` n_places x n_cells, NaN where a place has no margin.
    """

    places: pd.Index
    cells: pd.DataFrame
    persons: np.ndarray
    findings: Findings


def fit_tables(
    seed: tuple[str, Any],
    margins: Sequence[tuple[str, Any]],
    stop: tuple[float, int],
    threads: int = 0,
    report: Any = None,
) -> Fitted:
    """What `fit_groups` says, of tables with their names in messages.

    `stop` is the tolerance and the largest number of rounds.
    """
    properties, cells, weights = _check_seed(*seed)
    tables = [_check_margin(name, margin, (seed[0], cells)) for name, margin in margins]
    places = pd.Index(pd.unique(pd.concat([t[PLACE] for t in tables], ignore_index=True)))
    names = [name for name, _ in margins]
    prepared = [_to_margin(n, t, cells, places) for n, t in zip(names, tables, strict=True)]
    of_place = np.zeros(len(places), dtype=np.uint32)
    found = _core.fit_groups(weights[None, :], of_place, prepared, *stop, threads, report)
    findings = _find_doubts(found, places)
    _find_unknown_margins(names, tables, prepared, places, findings)
    for name, table in zip(names, tables, strict=True):
        _find_absent_categories(name, table, cells, findings)
    return Fitted(places, cells[properties], found["persons"], findings)


def _check_seed(name: str, seed: Any) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """Names of the properties, a row a combination, and its weight."""
    check_frame(seed, name)
    check_column(seed, PERSONS, name)
    properties = [str(c) for c in seed.columns if c != PERSONS]
    if not properties or PLACE in properties:
        raise InputError(f"{name} needs columns of properties (age, diploma ...) and no 'place'")
    weights = _to_persons(name, seed[PERSONS])
    if np.isnan(weights).any():
        raise InputError(
            f"{name}: row {int(np.flatnonzero(np.isnan(weights))[0]) + 1} has no persons"
        )
    cells = _to_labels(name, seed, [c for c in seed.columns if c != PERSONS])
    twice = cells.duplicated().to_numpy()
    if twice.any():
        raise InputError(f"{name}: row {int(np.flatnonzero(twice)[0]) + 1} is there twice")
    if not weights.sum() > 0:
        raise InputError(f"{name} holds nobody, expected persons in some combination")
    return properties, cells, weights


def _to_labels(name: str, table: pd.DataFrame, columns: Sequence[Any]) -> pd.DataFrame:
    """Columns of labels as text, by their names as text; none may be missing."""
    texts = {str(c): check_texts(table, c, name) for c in columns}
    return pd.DataFrame(texts).reset_index(drop=True)


def _to_persons(name: str, column: pd.Series) -> np.ndarray:
    persons = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    known = column.notna().to_numpy()
    bad = np.flatnonzero((np.isnan(persons) & known) | (persons < 0) | np.isinf(persons))
    if len(bad):
        row = int(bad[0])
        shown = to_shown(column.iloc[row])
        raise InputError(
            f"{name}: persons of row {row + 1} is {shown}, expected a finite number >= 0"
        )
    return persons


def _check_margin(name: str, margin: Any, seed: tuple[str, pd.DataFrame]) -> pd.DataFrame:
    of_seed, cells = seed
    properties = list(cells.columns)
    check_frame(margin, name)
    for column in (PLACE, PERSONS):
        check_column(margin, column, name)
    margin = margin.set_axis([str(c) for c in margin.columns], axis=1)
    used = [p for p in properties if p in margin.columns]
    unknown = [str(c) for c in margin.columns if c not in (PLACE, PERSONS, *used)]
    if unknown:
        raise InputError(
            f"{name}: column {unknown[0]!r} is no property of {of_seed}"
            f"{to_hint(unknown[0], properties)}"
        )
    if not used:
        raise InputError(
            f"{name} has none of the properties of {of_seed} ({', '.join(properties)})"
        )
    out = _to_labels(name, margin, [PLACE, *used])
    for column in used:
        known = set(cells[column])
        bad = np.flatnonzero(~out[column].isin(known))
        if len(bad):
            value = str(out[column].iloc[bad[0]])
            raise InputError(
                f"{name}: {column} {value!r} of row {bad[0] + 1} is not in {of_seed}"
                f"{to_hint(value, sorted(known))}"
            )
    twice = out.duplicated().to_numpy()
    if twice.any():
        raise InputError(f"{name}: row {int(np.flatnonzero(twice)[0]) + 1} is there twice")
    return out.assign(**{PERSONS: _to_persons(name, margin[PERSONS])})


def _to_margin(
    name: str, margin: pd.DataFrame, cells: pd.DataFrame, places: pd.Index
) -> tuple[np.ndarray, np.ndarray]:
    """The category of each cell, and n_places x n_categories persons."""
    used = [c for c in margin.columns if c not in (PLACE, PERSONS)]
    categories = pd.MultiIndex.from_frame(cells[used].drop_duplicates())
    of_cell = categories.get_indexer(pd.MultiIndex.from_frame(cells[used]))
    rows = places.get_indexer(pd.Index(margin[PLACE]))
    columns = categories.get_indexer(pd.MultiIndex.from_frame(margin[used]))
    persons = np.full((len(places), len(categories)), np.nan)
    persons[np.unique(rows)] = (
        0.0  # a place that is named is known: categories not named have nobody
    )
    known = columns >= 0  # combinations that the seed lacks
    persons[rows[known], columns[known]] = margin[PERSONS].to_numpy()[known]
    lost = ~known & (margin[PERSONS].to_numpy() > 0)
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        said = ", ".join(str(v) for v in margin[used].iloc[row])
        persons_of_row = margin[PERSONS].iloc[row]
        raise InputError(
            f"{name}: persons of row {row + 1} is {persons_of_row:g}, but the seed has no "
            f"combination ({said}), so nobody can be in it"
        )
    return of_cell.astype(np.uint32), persons


def _find_absent_categories(
    name: str, table: pd.DataFrame, cells: pd.DataFrame, findings: Findings
) -> None:
    for column in cells.columns.intersection(table.columns):
        absent = sorted(set(cells[column]) - set(table[column]))
        examples = (f"{name}: no row has {column} {value!r}, nobody is in it" for value in absent)
        findings.add_all("category_without_row", examples, len(absent))


def _find_unknown_margins(
    names: Sequence[str],
    tables: Sequence[pd.DataFrame],
    prepared: Sequence[tuple[np.ndarray, np.ndarray]],
    places: pd.Index,
    findings: Findings,
) -> None:
    """Margins of places that are as if they were not given: no row, or NaN in one."""
    for name, table, (_, persons) in zip(names, tables, prepared, strict=True):
        used = ", ".join(c for c in table.columns if c not in (PLACE, PERSONS))
        named = places.isin(pd.Index(table[PLACE]))
        unknown = np.flatnonzero(np.isnan(persons).any(axis=1)).tolist()
        examples = (
            f"{places[r]}: {name} ({used}) " + ("has NaN in a row" if named[r] else "has no row")
            for r in unknown
        )
        findings.add_all("margin_unknown", examples, len(unknown))


def _find_doubts(found: dict[str, np.ndarray], places: pd.Index) -> Findings:
    findings = Findings()
    persons = found["persons"].sum(axis=1)
    scale = np.maximum(1.0, np.nan_to_num(persons))
    kinds = {
        "margins_differ": (found["total_gap"], GAP_SHARE, "{:.4g} persons between its margins"),
        "category_excluded": (found["excluded"], 0.0, "{:.4g} persons in excluded categories"),
        "margin_not_met": (found["distance"], MISSED_SHARE, "{:.4g} persons off a margin"),
    }
    for kind, (values, share, said) in kinds.items():
        rows = np.flatnonzero(values > share * scale).tolist()
        examples = (f"{places[r]}: {said.format(values[r])}" for r in rows)
        findings.add_all(kind, examples, len(rows))
    without = np.flatnonzero(np.isnan(persons)).tolist()
    findings.add_all("place_without_margin", (str(places[r]) for r in without), len(without))
    return findings
