"""Which places a rule's limits hold for: minutes, kilometres, weekly hours, by person class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from maillage import _core
from maillage.config_guarantee import RuleConfig
from maillage.geo.hours_columns import find_usual_week
from maillage.geo.opening_hours import MINUTES_A_WEEK
from maillage.road_distances import build_distance_core
from maillage.territory_parts import TerritoryParts
from maillage.transit_days import find_feasible_days

MOST_COUNTERS = 255  # looked at from one place; whoever has more within the limit lacks no hours
SLOT_MIN = 5  # opening hours are counted in such steps
N_SLOTS = MINUTES_A_WEEK // SLOT_MIN


@dataclass
class ReachFinder:
    """Answers for one territory; keeps what several rules ask."""

    parts: TerritoryParts
    core: _core.Territory
    threads: int
    report: Any
    _distance: _core.Territory | None = None
    _nearest: dict[tuple[Any, ...], np.ndarray] = field(default_factory=dict)

    def find_nearest(
        self, measure: str, rule: RuleConfig, person_class: str, walk_class: int
    ) -> np.ndarray:
        """Minutes or kilometres to the nearest counter, n_places; NaN where there is none."""
        key = (measure, rule.service, rule.level, person_class, walk_class)
        if key not in self._nearest:
            offsets, _, values = self._ask(measure, rule, person_class, walk_class, 1)
            found = np.full(len(self.parts.places), np.nan)
            found[np.diff(offsets.astype(np.int64)) > 0] = values
            self._nearest[key] = found
        return self._nearest[key]

    def find_covered(self, rule: RuleConfig, person_class: str, walk_class: int) -> np.ndarray:
        """Whether a place's persons of a class have what the rule asks, n_places."""
        n = len(self.parts.places)
        found = []
        for measure, limit in (("minutes", rule.minutes), ("km", rule.km)):
            if limit is None:
                continue
            # half a metre, or 30 ms, is the engine's rounding and nobody's right
            near = self.find_nearest(measure, rule, person_class, walk_class) <= limit + 5e-4
            if rule.weekly_hours is not None:
                near &= self._find_hours(measure, limit, rule, (person_class, walk_class)) >= (
                    rule.weekly_hours - 1e-9
                )
            found.append(near)
        both = np.logical_and if rule.combine == "and" else np.logical_or
        covered = both.reduce(found) if found else np.ones(n, dtype=bool)
        if rule.feasible_days is not None:
            covered = covered & (self._find_days(rule, walk_class) >= rule.feasible_days)
        return covered

    def find_own(self, rule: RuleConfig, person_class: str, walk_class: np.ndarray) -> np.ndarray:
        """`find_covered` for the walking class of every group: n_places x n_groups."""
        by_class = {int(w): self.find_covered(rule, person_class, int(w)) for w in walk_class}
        return np.stack([by_class[int(w)] for w in walk_class], axis=1)

    def _ask(
        self, measure: str, rule: RuleConfig, person_class: str, walk_class: int, k: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        index = list(self.parts.services).index(rule.service)
        core = self.core if measure == "minutes" else self._distance_core()
        return core.nearest(
            index, rule.level, person_class, walk_class, k, False, self.threads, self.report
        )

    def _distance_core(self) -> _core.Territory:
        if self._distance is None:
            self._distance = build_distance_core(self.parts, self.threads, self.report)
        return self._distance

    def _find_days(self, rule: RuleConfig, walk_class: int) -> np.ndarray:
        """Days of the timetable's week with a trip there and back, n_places."""
        key = ("days", rule.service, rule.level, rule.dwell_min, walk_class)
        if key not in self._nearest:
            how = {"threads": self.threads, "progress": self.report or False}
            self._nearest[key] = find_feasible_days(
                self.parts, rule.service, rule.level, rule.dwell_min, walk_class, how
            )
        return self._nearest[key]

    def _find_hours(
        self, measure: str, limit: float, rule: RuleConfig, who: tuple[str, int]
    ) -> np.ndarray:
        """Weekly hours during which some counter within the limit is open, n_places."""
        offsets, counters, values = self._ask(measure, rule, *who, MOST_COUNTERS)
        is_open = find_open_slots(self.parts)
        kept = values <= limit + 5e-4
        place = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets.astype(np.int64)))[kept]
        slots = np.zeros((len(offsets) - 1, N_SLOTS), dtype=bool)
        counters = counters[kept]
        order = np.argsort(place, kind="stable")
        for row, counter in zip(place[order], counters[order], strict=True):
            slots[row] |= is_open[counter]
        return slots.sum(axis=1) * SLOT_MIN / 60


def find_open_slots(parts: TerritoryParts) -> np.ndarray:
    """Whether each counter is open in each five minutes of the week; unknown hours: never."""
    frame = parts.counters
    slots = np.zeros((len(frame), N_SLOTS), dtype=bool)
    if "opening_hours" not in frame:
        return slots
    for row, text in enumerate(frame["opening_hours"]):
        if not isinstance(text, str) or not text:
            continue
        for start, end in find_usual_week(text):
            slots[row, -(-start // SLOT_MIN) : end // SLOT_MIN] = True
    return slots
