"""Many scenarios in one form: which counters close in each, and the few that do more than that.

A planner writes scenarios, a researcher draws a million of them: a sequence of `Scenario`, a
mapping from names to keys, a table with a row a closure, or an array of true and false all
become a `ScenarioBatch`, checked as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.errors import InputError, to_hint
from maillage.scenario import CloseEdit, Scenario
from maillage.scenario_checks import check_scenario

if TYPE_CHECKING:
    from maillage.territory import Territory

_N_LISTED = 20
_EXPECTED = (
    "expected scenarios, a mapping of names to counter keys, a frame with columns scenario and "
    "key, or an array of true and false (scenarios x counters)"
)


@dataclass(frozen=True)
class ScenarioBatch:
    """Scenarios in their order; `names` are distinct."""

    names: pd.Index
    offsets: np.ndarray  # n + 1: where the closures of each begin in `counters`
    counters: np.ndarray  # rows of the counters that close
    others: Mapping[int, Scenario] = field(default_factory=dict)  # those that do more than close

    def __len__(self) -> int:
        return len(self.names)


class _Problems:
    """What is wrong, said as far as a person can read it."""

    def __init__(self) -> None:
        self._listed: list[str] = []
        self._n = 0

    def add(self, problems: Iterable[str]) -> None:
        for problem in problems:
            self._n += 1
            if len(self._listed) < _N_LISTED:
                self._listed.append(problem)

    def raise_any(self) -> None:
        if self._n > len(self._listed):
            self._listed.append(f"... and {self._n - len(self._listed)} more")
        if self._listed:
            raise InputError.of_problems("scenarios", self._listed)


def to_batch(scenarios: Any, territory: Territory, service: str) -> ScenarioBatch:
    """The scenarios in one form. Raises InputError that lists what does not fit the territory."""
    if isinstance(scenarios, pd.DataFrame):
        return _read_frame(scenarios, territory)
    if isinstance(scenarios, np.ndarray):
        return _read_array(scenarios, territory)
    if isinstance(scenarios, Mapping):
        return _read_mapping(scenarios, territory)
    if isinstance(scenarios, Scenario):
        raise InputError("scenarios is one Scenario, expected several; compare takes one")
    if isinstance(scenarios, str | bytes) or not isinstance(scenarios, Iterable):
        raise InputError(f"scenarios is {to_shown(scenarios)}, {_EXPECTED}")
    return _read_scenarios(list(scenarios), territory, service)


def _find_distinct(names: list[Any]) -> pd.Index:
    index = pd.Index(names)
    again = index.duplicated()
    if again.any():
        raise InputError(
            f"{int(again.sum())} scenarios share their name with another one, such as "
            f"{to_shown(index[again][0])}; expected every name once"
        )
    return index


def _build(names: pd.Index, sizes: np.ndarray, counters: np.ndarray, **more: Any) -> ScenarioBatch:
    offsets = np.zeros(len(names) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return ScenarioBatch(names, offsets, counters.astype(np.uint32), **more)


def _read_scenarios(scenarios: list[Any], territory: Territory, service: str) -> ScenarioBatch:
    for number, scenario in enumerate(scenarios, 1):
        if not isinstance(scenario, Scenario):
            raise InputError(f"scenario {number} is {to_shown(scenario)}, {_EXPECTED}")
    names = _find_distinct([scenario.name for scenario in scenarios])
    rows, problems = _Closable(territory), _Problems()
    others: dict[int, Scenario] = {}
    closures: list[np.ndarray] = []
    for number, scenario in enumerate(scenarios):
        closing = rows.find_closing(scenario, service)
        if closing is None:
            found = check_scenario(scenario, territory)
            problems.add(f"{scenario.name!r}: {text}" for text in found)
            others[number], closing = scenario, np.empty(0, dtype=np.uint32)
        closures.append(closing)
    problems.raise_any()
    joined = np.concatenate(closures) if closures else np.empty(0, dtype=np.uint32)
    return _build(names, np.array([len(c) for c in closures], int), joined, others=others)


class _Closable:
    """The counters of a territory, and which of them can close."""

    def __init__(self, territory: Territory) -> None:
        self._rows = territory.parts.counter_rows
        self._is_open = territory.parts.counters["open"].to_numpy(dtype=bool)
        self._levels = territory.parts.levels
        self._services = list(territory.services)

    def find_closing(self, scenario: Scenario, service: str) -> np.ndarray | None:
        """Rows that close for a service, if closing is all that the scenario does and it fits."""
        rows, seen = [], set()
        for edit in scenario.edits:
            row = self._rows.get(edit.key) if isinstance(edit, CloseEdit) else None
            if row is None or row in seen or not self._is_open[row]:
                return None
            assert isinstance(edit, CloseEdit)
            if edit.service is not None:
                offered = edit.service in self._services
                if not offered or self._levels[row, self._services.index(edit.service)] == 0:
                    return None
            seen.add(row)
            if edit.service in (None, service):
                rows.append(row)
        return np.array(rows, dtype=np.uint32)


def _read_mapping(closures: Mapping[Any, Any], territory: Territory) -> ScenarioBatch:
    keys: list[Any] = []
    sizes: list[int] = []
    for name, listed in closures.items():
        if isinstance(listed, str | bytes) or not isinstance(listed, Iterable):
            raise InputError(
                f"scenario {name!r} is {to_shown(listed)}, expected a list of counter keys"
            )
        before = len(keys)
        keys.extend(listed)
        sizes.append(len(keys) - before)
    names = _find_distinct(list(closures))
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    rows = _find_rows(pd.Series(keys, dtype=object), numbers, names, territory)
    return _build(names, np.array(sizes, int), rows)


def _read_frame(frame: pd.DataFrame, territory: Territory) -> ScenarioBatch:
    for column in ("scenario", "key"):
        if column not in frame:
            hint = to_hint(column, [str(c) for c in frame.columns])
            raise InputError(f"the frame of scenarios has no column {column!r}{hint}")
        empty = frame[column].isna().to_numpy()
        if empty.any():
            raise InputError(
                f"{column} is absent in row {int(np.argmax(empty)) + 1} of the frame of "
                f"scenarios ({int(empty.sum())} such rows), expected one row a closure"
            )
    numbers, names = pd.factorize(frame["scenario"])
    rows = _find_rows(frame["key"], numbers, pd.Index(names), territory)
    order = np.argsort(numbers, kind="stable")
    return _build(pd.Index(names), np.bincount(numbers, minlength=len(names)), rows[order])


def _read_array(closes: np.ndarray, territory: Territory) -> ScenarioBatch:
    n_counters = len(territory.parts.counters)
    if closes.dtype != bool or closes.ndim != 2 or closes.shape[1] != n_counters:
        raise InputError(
            f"scenarios is an array of {closes.dtype} with shape {closes.shape}, expected bool "
            f"with a column for each of the {n_counters} counters"
        )
    numbers, rows = np.nonzero(closes)
    names = pd.RangeIndex(len(closes))
    _check_closing(rows, numbers, names, territory)
    return _build(names, np.bincount(numbers, minlength=len(closes)), rows)


def _find_rows(
    keys: pd.Series, numbers: np.ndarray, names: pd.Index, territory: Territory
) -> np.ndarray:
    """Rows of counters by key; every key that does not fit is told."""
    codes, distinct = pd.factorize(keys)
    if (codes < 0).any():
        absent = names[numbers[np.argmax(codes < 0)]]
        raise InputError(f"scenario {absent!r} holds an absent key, expected keys of counters")
    known = territory.parts.counter_rows
    row_of = np.array([known.get(str(key), -1) for key in distinct], dtype=np.int64)
    rows = row_of[codes] if len(codes) else np.empty(0, dtype=np.int64)
    problems = _Problems()
    unknown = {int(code): names[number] for code, number in _find_first(codes, numbers, rows < 0)}
    problems.add(
        f'{name!r}: there is no counter "{distinct[code]}"{to_hint(str(distinct[code]), known)}'
        for code, name in list(unknown.items())[:_N_LISTED]
    )
    problems.raise_any()
    _check_closing(rows, numbers, names, territory)
    return rows


def _find_first(
    codes: np.ndarray, numbers: np.ndarray, wanted: np.ndarray
) -> list[tuple[int, int]]:
    """Each wanted code with the scenario that names it first."""
    at = np.flatnonzero(wanted)
    _, first = np.unique(codes[at], return_index=True)
    return [(int(codes[at[i]]), int(numbers[at[i]])) for i in np.sort(first)]


def _check_closing(
    rows: np.ndarray, numbers: np.ndarray, names: pd.Index, territory: Territory
) -> None:
    """Only open counters close, and each of them once in a scenario."""
    counters, problems = territory.parts.counters, _Problems()
    keys = counters["key"].to_numpy()
    closed = ~counters["open"].to_numpy(dtype=bool)[rows]
    pairs = numbers.astype(np.int64) * max(1, len(counters)) + rows
    again = pd.Series(pairs).duplicated().to_numpy()
    for is_wrong, words in ((closed, "is closed already"), (again & ~closed, "closes twice")):
        problems.add(
            f'{names[numbers[i]]!r}: counter "{keys[rows[i]]}" {words}'
            for i in np.flatnonzero(is_wrong)
        )
    problems.raise_any()
