"""Finds a load: desks, the counters people choose between, and the waits that both agree on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from maillage.channels import CHANNELS
from maillage.exposure_readings import find_abilities
from maillage.findings import Findings
from maillage.load import TOLERANCE_MIN, Desks, Load, LoadQuestion
from maillage.queueing import find_waiting
from maillage.territory_parts import TerritoryParts

if TYPE_CHECKING:
    from maillage.territory import Territory

WEEKS_A_YEAR = 52.0
MOST_USE = 0.98  # choices see the wait at this utilisation where a queue would grow for ever
MOST_ROUNDS = 1000
MOST_COUNTERS = 255
ABILITIES = ("autonomous", "needs_help", "cannot")


@dataclass(frozen=True)
class Reach:
    """The nearest counters of every place: n_places x k desks (-1 none) and minutes (inf).

    Those as near as the k-th are all in it, so that k may be more than was asked for.
    """

    desk: np.ndarray
    minutes: np.ndarray

    def find_first(self) -> np.ndarray:
        """Which of them are the nearest, n_places x k."""
        return (self.minutes == self.minutes[:, :1]) & (self.desk >= 0)


@dataclass(frozen=True)
class Option:
    """A part of the people of some places, who choose between the same counters."""

    rows: np.ndarray  # places
    part: np.ndarray  # of the people of each
    desk: np.ndarray  # rows x k, -1 none
    minutes: np.ndarray


@dataclass
class LoadFinder:
    """Finds the load of one territory."""

    territory: Territory
    asked: LoadQuestion
    report: Any
    findings: Findings = field(default_factory=Findings)

    def find(self) -> Load:
        """Repeats choice and waiting until they agree."""
        parts = self.territory._parts
        desks, core = self._find_desks(parts)
        load = Load(parts, self.asked, desks, self.findings)
        reach = {
            (who, int(w)): self._find_reach(core, desks, who, int(w))
            for who in ("car", "no_car")
            for w in np.unique(parts.walk_class)
        }
        load._nearest = _find_nearest_keys(
            reach[("car", int(parts.walk_class[0]))], parts.counters["key"].to_numpy()[desks.rows]
        )
        split = split_evenly if self.asked.choice == "nearest" else keep_together
        options = {key: list(split(near)) for key, near in reach.items()}
        wait, step, residual = np.zeros(len(desks.rows)), 0.5, np.inf
        n_rounds = 0
        while n_rounds < MOST_ROUNDS:
            n_rounds += 1
            self._choose(load, options, wait)
            wanted = self._find_wait(load, desks)
            now = float(np.abs(wanted - wait).max(initial=0.0))
            if now <= TOLERANCE_MIN:
                residual = now
                break
            step = max(0.02, step * 0.7) if now >= residual else min(0.7, step * 1.05)
            residual = now
            wait = wait + step * (wanted - wait)
        load.convergence = {
            "rounds": n_rounds,
            "residual_min": residual,
            "tolerance_min": TOLERANCE_MIN,
            "converged": residual <= TOLERANCE_MIN,
            "damping": step,
        }
        self._report(load)
        return load

    def _find_desks(self, parts: TerritoryParts) -> tuple[Desks, Any]:
        """The counters that take visits, and the engine's territory without the others."""
        level = parts.levels[:, self.asked.index]
        is_open = parts.counters["open"].to_numpy(dtype=bool)
        rows = np.flatnonzero(is_open & (level >= self.asked.level))
        agents = self._find_amounts(parts, rows, "agents", "agents.default")
        hours = self._find_amounts(parts, rows, "weekly_hours", "open_hours.default")
        is_idle = (agents == 0) | (hours == 0)
        core = self.territory._core
        if is_idle.any():
            keys = parts.counters["key"].to_numpy(dtype=object)[rows[is_idle]]
            what = np.where(agents[is_idle] == 0, "0 agents", "0 open hours a week")
            examples = (f"{k} has {w}: it takes no visits" for k, w in zip(keys, what, strict=True))
            self.findings.add_all("counter_serves_nobody", examples, len(keys))
            core = self.territory._close_service(keys, self.asked.service)._core
        kept = ~is_idle
        return Desks(rows[kept], agents[kept], hours[kept] * WEEKS_A_YEAR), core

    def _find_amounts(
        self, parts: TerritoryParts, rows: np.ndarray, column: str, name: str
    ) -> np.ndarray:
        """A column of the counters; what is missing there has the book's default, a finding."""
        default = parts.book.value(name)
        given = np.full(len(rows), np.nan)
        if column in parts.counters:
            given = parts.counters[column].to_numpy(dtype=float)[rows]
        missing = np.isnan(given)
        words = f"{int(missing.sum())} counters of {self.asked.service} have {default:g}"
        self.findings.add_all(f"{column}_default", [words], int(missing.sum()))
        return np.where(missing, default, given)

    def _find_reach(self, core: Any, desks: Desks, who: str, walk_class: int) -> Reach:
        """The counters people know, with all that are as near as the last of them."""
        asked = self.asked
        k = 1 if asked.choice == "nearest" else asked.k
        n_counters = len(self.territory._parts.counters)
        m = min(k + 1, MOST_COUNTERS)
        while True:
            offsets, counters, minutes = core.nearest(
                asked.index, asked.level, who, walk_class, m, False, asked.threads, self.report
            )
            filled = np.arange(m) < np.diff(offsets.astype(np.int64))[:, None]
            times = np.full((len(offsets) - 1, m), np.inf)
            times[filled] = minutes
            is_cut = (
                filled[:, -1] & (times[:, -1] == times[:, k - 1]) & (times[:, -1] <= asked.limit)
            )
            if not is_cut.any() or m >= MOST_COUNTERS:
                break
            m = min(2 * m, MOST_COUNTERS)
        if is_cut.any() and n_counters > m:
            words = f"{int(is_cut.sum())} places have more than {m} counters, some equally near"
            self.findings.add("equal_times_cut", words, int(is_cut.sum()))
        row_of = np.full(n_counters, -1)
        row_of[desks.rows] = np.arange(len(desks.rows))
        desk = np.full(times.shape, -1)
        desk[filled] = row_of[counters]
        beyond = (times > asked.limit) | (times > times[:, k - 1 : k])
        desk[beyond], times[beyond] = -1, np.inf
        n_used = max(1, int((desk >= 0).sum(axis=1).max(initial=0)))
        return Reach(desk[:, :n_used], times[:, :n_used])

    def _choose(self, load: Load, options: dict[Any, list[Option]], wait: np.ndarray) -> None:
        """Contacts by channel and visits by counter, given the waiting at each."""
        parts, model = load._parts, self.asked.model
        abilities: dict[str, np.ndarray] = {}
        abilities.update(zip(ABILITIES, find_abilities(parts), strict=True))
        load._visits[:] = 0
        load._contacts[:] = 0
        load._offline[:] = 0
        padded = np.r_[wait, 0.0]
        weights = {
            key: [model.find_counter_weights(o.minutes, padded[o.desk]) for o in of_class]
            for key, of_class in options.items()
        }
        for g, walk_class in enumerate(parts.walk_class):
            for who in ("car", "no_car"):
                share = parts.car_share[:, g] if who == "car" else 1 - parts.car_share[:, g]
                people = parts.persons[:, g] * share * self.asked.contacts
                key = (who, int(walk_class))
                for option, at_counters in zip(options[key], weights[key], strict=True):
                    self._add(load, g, (people, option, at_counters), abilities)

    def _add(
        self,
        load: Load,
        g: int,
        who: tuple[np.ndarray, Option, np.ndarray],
        abilities: dict[str, np.ndarray],
    ) -> None:
        people, option, at_counters = who
        rows, counter_weight = option.rows, at_counters.sum(axis=1)
        kept = option.desk >= 0
        for ability, part, utilities in self.asked.model.find_available():
            contacts = people[rows] * option.part * abilities[ability][rows, g] * part
            others = {channel: np.exp(v) for channel, v in utilities.items()}
            per_weight = contacts / (counter_weight + sum(others.values()))
            visits = per_weight[:, None] * at_counters
            load._visits += np.bincount(
                option.desk[kept], visits[kept], minlength=len(load._visits)
            )
            targets = [load._contacts] if "online_helped" in utilities else [
                load._contacts, load._offline,
            ]  # fmt: skip
            for table in targets:
                table[rows, g, 0] += per_weight * counter_weight
                for channel, weight in others.items():
                    table[rows, g, CHANNELS.index(channel)] += per_weight * weight

    def _find_wait(self, load: Load, desks: Desks) -> np.ndarray:
        """Mean waits as choices see them: a queue that would never end counts as nearly full."""
        capacity = desks.agents * 60 / self.asked.visit_minutes
        rate = np.minimum(load._visits / desks.hours, MOST_USE * capacity)
        return find_waiting(rate, desks.agents, self.asked.visit_minutes)[2]

    def _report(self, load: Load) -> None:
        table = load.by_counter()
        full = table[table["is_saturated"]]
        examples = (
            f"{row['key']}: utilisation {row['utilisation']:.2f}" for row in full.to_dict("records")
        )
        self.findings.add_all("saturated", examples, len(full))
        if not load.convergence["converged"]:
            words = f"waiting still moves by {load.convergence['residual_min']:.2g} min"
            self.findings.add("not_converged", words)


def split_evenly(reach: Reach) -> Iterator[Option]:
    """Everybody knows the nearest counter alone; of several as near, each is known to as many."""
    n_first = np.maximum(1, reach.find_first().sum(axis=1))
    for rank in range(int(n_first.max(initial=1))):
        rows = np.flatnonzero(n_first > rank)
        desk, minutes = reach.desk[rows, rank][:, None], reach.minutes[rows, rank][:, None]
        yield Option(rows, 1 / n_first[rows], desk, minutes)


def keep_together(reach: Reach) -> Iterator[Option]:
    """Everybody chooses among all counters within reach."""
    n = len(reach.desk)
    yield Option(np.arange(n), np.ones(n), reach.desk, reach.minutes)


def _find_nearest_keys(reach: Reach, keys: np.ndarray) -> np.ndarray:
    """The key of every place's nearest counter; those of several as near, joined; "" for none."""
    names = np.append(keys.astype(object), "")
    out = names[reach.desk[:, 0]]
    is_first = reach.find_first()
    for row in np.flatnonzero(is_first.sum(axis=1) > 1):
        out[row] = "\n".join(sorted(names[reach.desk[row, is_first[row]]]))
    return out
