"""Persons by group from marginal tables: iterative proportional fitting, place by place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.arguments import check_count, check_number, check_threads, to_shown
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.progress import ProgressChoice, report_progress

PLACE, PERSONS = "place", "persons"
GAP_SHARE = 0.01  # margins of one place that differ by more than this share are a finding
MISSED_SHARE = 1e-6


def fit_groups(
    seed: pd.DataFrame,
    margins: Sequence[pd.DataFrame],
    *,
    tolerance: float = 1e-9,
    max_rounds: int = 1000,
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
        with NaN makes this margin of its place unknown, as if it were not given.
    tolerance
        How near the margins must be met, as a share of a place's persons.

    Returns `place`, the properties and `persons`, a row a place and combination of the seed
    (places in the order in which they first occur). Fitting is by turns (iterative proportional
    fitting, Deming and Stephan 1940): the result is the table nearest to the seed with these
    margins. Where margins contradict each other the first one known sets the total of its place and
    the others are scaled to it; persons of a category that the seed excludes go to the other
    categories of their margin. `frame.attrs["findings"]` counts such places:
    `margins_differ` (by more than 1 %), `category_excluded`, `margin_not_met`,
    `place_without_margin` (its persons are NaN).

    Cost: linear in places x combinations, some ten rounds each.
    """
    tolerance = check_number("tolerance", tolerance, "a share > 0", lambda t: 0 < t < 1)
    max_rounds = check_count("max_rounds", max_rounds, 1, "a whole number >= 1", high=1_000_000)
    properties, cells, weights = _check_seed(seed)
    tables = [_check_margin(f"margins[{i}]", m, properties, cells) for i, m in enumerate(margins)]
    if not tables:
        raise InputError("margins is empty, expected at least one table")
    places = pd.Index(pd.unique(pd.concat([t[PLACE] for t in tables], ignore_index=True)))
    prepared = [_to_margin(t, properties, cells, places) for t in tables]
    with report_progress(progress) as report:
        found = _core.fit_groups(
            weights[None, :],
            np.zeros(len(places), dtype=np.uint32),
            prepared,
            tolerance,
            max_rounds,
            check_threads(threads),
            report,
        )
    n, width = found["persons"].shape
    columns: dict[str, Any] = {
        PLACE: pd.Categorical.from_codes(
            np.repeat(np.arange(n), width), categories=pd.Index(places)
        )
    }
    for name in properties:
        codes = pd.Categorical(cells[name], categories=pd.unique(cells[name]))
        columns[name] = pd.Categorical.from_codes(np.tile(codes.codes, n), dtype=codes.dtype)
    columns[PERSONS] = found["persons"].ravel()
    frame = pd.DataFrame(columns)
    frame.attrs["findings"] = _find_doubts(found, places).to_frame().to_dict("records")
    return frame


def _check_seed(seed: pd.DataFrame) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """Names of the properties, a row a combination, and its weight."""
    if not isinstance(seed, pd.DataFrame):
        raise InputError(f"seed is {to_shown(seed)}, expected a data frame")
    if PERSONS not in seed.columns:
        raise InputError(f"seed has no column 'persons'{to_hint(PERSONS, map(str, seed.columns))}")
    properties = [str(c) for c in seed.columns if c != PERSONS]
    if not properties or PLACE in properties:
        raise InputError("seed needs columns of properties (age, diploma ...) and no 'place'")
    weights = _to_persons("seed", seed[PERSONS])
    if np.isnan(weights).any():
        raise InputError(
            f"seed: row {int(np.flatnonzero(np.isnan(weights))[0]) + 1} has no persons"
        )
    cells = seed[properties].astype(str).reset_index(drop=True)
    twice = cells.duplicated().to_numpy()
    if twice.any():
        raise InputError(f"seed: row {int(np.flatnonzero(twice)[0]) + 1} is there twice")
    if not weights.sum() > 0:
        raise InputError("seed holds nobody, expected persons in some combination")
    return properties, cells, weights


def _to_persons(name: str, column: pd.Series) -> np.ndarray:
    persons = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero((np.isnan(persons) & column.notna().to_numpy()) | (persons < 0))
    if len(bad):
        row = int(bad[0])
        shown = to_shown(column.iloc[row])
        raise InputError(f"{name}: persons of row {row + 1} is {shown}, expected a number >= 0")
    return persons


def _check_margin(
    name: str, margin: pd.DataFrame, properties: Sequence[str], cells: pd.DataFrame
) -> pd.DataFrame:
    if not isinstance(margin, pd.DataFrame):
        raise InputError(f"{name} is {to_shown(margin)}, expected a data frame")
    for column in (PLACE, PERSONS):
        if column not in margin.columns:
            hint = to_hint(column, map(str, margin.columns))
            raise InputError(f"{name} has no column {column!r}{hint}")
    used = [p for p in properties if p in margin.columns]
    unknown = [str(c) for c in margin.columns if c not in (PLACE, PERSONS, *used)]
    if unknown:
        raise InputError(
            f"{name}: column {unknown[0]!r} is no property of the seed"
            f"{to_hint(unknown[0], properties)}"
        )
    if not used:
        raise InputError(f"{name} has none of the seed's properties ({', '.join(properties)})")
    out = margin[[PLACE, *used]].astype(str)
    for column in used:
        known = set(cells[column])
        bad = next((v for v in out[column] if v not in known), None)
        if bad is not None:
            raise InputError(
                f"{name}: {column} {bad!r} is not in the seed{to_hint(bad, sorted(known))}"
            )
    twice = out.duplicated().to_numpy()
    if twice.any():
        raise InputError(f"{name}: row {int(np.flatnonzero(twice)[0]) + 1} is there twice")
    return out.assign(**{PERSONS: _to_persons(name, margin[PERSONS])})


def _to_margin(
    margin: pd.DataFrame, properties: Sequence[str], cells: pd.DataFrame, places: pd.Index
) -> tuple[np.ndarray, np.ndarray]:
    """The category of each cell, and n_places x n_categories persons."""
    used = [p for p in properties if p in margin.columns]
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
        raise InputError(f"margins: the seed has no combination ({said}), so nobody can be in it")
    return of_cell.astype(np.uint32), persons


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
