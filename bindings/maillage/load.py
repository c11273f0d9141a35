"""Demand, channels, load and waiting: what counters have to bear, and where a closure sends people.

    load = territory.load("post")
    load.by_counter(); load.by_channel("departement"); load.convergence
    territory.compare_load(scenario, "post").counters()     # the neighbours' new load and waiting

Persons x contacts a year (visits at the counter over the share of contacts that the nation brings
there) are shared over channels and counters (`channels`); a counter's visits
make people wait (`queueing`), waiting makes them choose otherwise: both are repeated until they
agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage.channels import CHANNELS, ChannelModel
from maillage.errors import InputError
from maillage.exposure_readings import find_abilities, sum_rows
from maillage.findings import Findings
from maillage.queueing import find_waiting
from maillage.results import to_arrow_stream, to_keys
from maillage.territory_parts import TerritoryParts

if TYPE_CHECKING:
    from maillage.territory import Territory

WEEKS_A_YEAR = 52.0
MOST_USE = 0.98  # choices see the wait at this utilisation where a queue would grow for ever
MOST_ROUNDS = 500
TOLERANCE_MIN = 0.005


@dataclass(frozen=True)
class LoadQuestion:
    """What is asked, with every default filled in."""

    service: str
    index: int
    level: int
    limit: float  # minutes beyond which nobody goes
    choice: str  # nearest or huff
    k: int
    contacts: float  # a person and year, whatever the channel
    visit_minutes: float
    model: ChannelModel
    threads: int
    progress: Any


@dataclass(frozen=True)
class Desks:
    """Counters of the service: rows, agents, open hours a year."""

    rows: np.ndarray
    agents: np.ndarray
    hours: np.ndarray


@dataclass
class Choices:
    """Counters that people choose between: n_places x k rows into desks (-1 none) and minutes."""

    desk: np.ndarray
    minutes: np.ndarray


class Load:
    """What counters have to bear. Made by `territory.load`."""

    def __init__(
        self, parts: TerritoryParts, asked: LoadQuestion, desks: Desks, findings: Findings
    ) -> None:
        self._parts = parts
        self._asked = asked
        self._desks = desks
        self._findings = findings
        self.service = asked.service
        self.convergence: dict[str, Any] = {}
        self._visits = np.zeros(len(desks.rows))
        self._nearest = np.full(len(parts.places), "", dtype=object)  # keys, by car
        self._contacts = np.zeros((*parts.persons.shape, len(CHANNELS)))
        self._offline = np.zeros((*parts.persons.shape, len(CHANNELS)))

    def by_counter(self) -> pd.DataFrame:
        """One row an open counter of the service.

        `key, name, visits_per_year, visits_per_hour, agents, utilisation, p_wait, waiting_min,
        is_saturated`. Where visits come faster than agents can serve (utilisation 1 or more) the
        queue grows for ever: `waiting_min` is NaN, `is_saturated` true, and the counter a finding.
        """
        per_hour = self._visits / self._desks.hours
        use, probability, wait = find_waiting(
            per_hour, self._desks.agents, self._asked.visit_minutes
        )
        frame = self._parts.counters.iloc[self._desks.rows]
        return pd.DataFrame(
            {
                "key": frame["key"].to_numpy(),
                "name": frame["name"].to_numpy(),
                "visits_per_year": self._visits,
                "visits_per_hour": per_hour,
                "agents": self._desks.agents,
                "utilisation": use,
                "p_wait": probability,
                "waiting_min": wait,
                "is_saturated": use >= 1,
            }
        )

    def by_channel(self, zoning: str | None = None, *, by_group: bool = False) -> pd.DataFrame:
        """Contacts a year by channel: everybody, or a row an area of a zoning (x group).

        `contacts` and a column a channel: `counter, phone, online_alone, online_helped, mail,
        renounce`, which sum to it; `served_share`, those who do not renounce.
        """
        return self._sum_channels(self._contacts, zoning, by_group)

    def by_channel_offline(
        self, zoning: str | None = None, *, by_group: bool = False
    ) -> pd.DataFrame:
        """As `by_channel`, of those who cannot go online: unable, or without a helper they need."""
        return self._sum_channels(self._offline, zoning, by_group)

    @property
    def findings(self) -> pd.DataFrame:
        """What was assumed or doubtful: `kind, count, examples`."""
        return self._findings.to_frame()

    def _sum_channels(
        self, contacts: np.ndarray, zoning: str | None, by_group: bool
    ) -> pd.DataFrame:
        rows = np.zeros(len(contacts), dtype=np.int64)
        codes: list[Any] = [None]
        if zoning is not None:
            if zoning not in self._parts.zonings:
                raise InputError(f"zoning is {zoning!r}, expected one of the territory")
            area = self._parts.zonings[zoning]
            rows, codes = area.area_of_place, list(area.codes)
            if (rows < 0).any():
                rows = np.where(rows < 0, len(codes), rows)
                codes.append(None)
        groups = self._parts.groups["group"].to_numpy()
        n = len(codes)
        sums = {
            channel: sum_rows(contacts[:, :, i], rows, n, by_group)
            for i, channel in enumerate(CHANNELS)
        }
        head: dict[str, Any] = {}
        index = np.repeat(np.arange(n), len(groups) if by_group else 1)
        if zoning is not None:
            head[zoning] = to_keys(np.array(codes, dtype=object), index)
        if by_group:
            head["group"] = np.tile(groups, n)
        total = np.sum(list(sums.values()), axis=0)
        served = total - sums["renounce"]
        share = np.divide(served, total, out=np.full(len(total), np.nan), where=total > 0)
        return pd.DataFrame({**head, "contacts": total, **sums, "served_share": share})

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return to_arrow_stream(self.by_counter(), requested_schema)

    def __repr__(self) -> str:
        table = self.by_counter()
        return (
            f"<Load {self.service}: {self._visits.sum():,.0f} visits a year at {len(table)} "
            f"counters, {int(table['is_saturated'].sum())} saturated>"
        )


@dataclass(frozen=True)
class LoadChange:
    """Load before and after a scenario. Made by `territory.compare_load`."""

    before: Load
    after: Load

    def counters(self) -> pd.DataFrame:
        """Counters whose load changes: `key, name, change`, figures before and after, most first.

        `change` is `closed`, `opened` or `busier` / `quieter`; figures that do not exist are NaN.
        """
        figures = ["visits_per_year", "utilisation", "waiting_min", "is_saturated"]
        before, after = (load.by_counter().set_index("key") for load in (self.before, self.after))
        keys = before.index.append(after.index.difference(before.index, sort=False))
        table = pd.DataFrame({"key": keys})
        names = before["name"].combine_first(after["name"]).reindex(keys)
        table["name"] = names.to_numpy()
        for column in figures:
            for side, frame in (("before", before), ("after", after)):
                table[f"{side}_{column}"] = frame[column].reindex(keys).to_numpy()
        delta = table["after_visits_per_year"].fillna(0) - table["before_visits_per_year"].fillna(0)
        table.insert(2, "delta_visits", delta)
        is_gone = table["after_visits_per_year"].isna().to_numpy()
        is_new = table["before_visits_per_year"].isna().to_numpy()
        kinds = np.select([is_gone, is_new, delta > 0], ["closed", "opened", "busier"], "quieter")
        table.insert(2, "change", kinds)
        moved = is_gone | is_new | (delta.abs() > 1e-6 * (1 + table["before_visits_per_year"]))
        table = table[moved.to_numpy()]
        order = table["delta_visits"].abs().sort_values(ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    def channels(self, zoning: str | None = None, *, by_group: bool = False) -> pd.DataFrame:
        """Contacts by channel before, after and their difference."""
        return _join_channels(
            *(load.by_channel(zoning, by_group=by_group) for load in (self.before, self.after))
        )

    def channels_offline(
        self, zoning: str | None = None, *, by_group: bool = False
    ) -> pd.DataFrame:
        """The same of those who cannot go online."""
        loads = (self.before, self.after)
        return _join_channels(*(x.by_channel_offline(zoning, by_group=by_group) for x in loads))

    def effect(self) -> pd.DataFrame:
        """What the scenario does to those whose nearest counter it takes away or moves.

        One row for everybody there and one for those who cannot go online: `who, contacts,
        before_served, after_served, change` (relative change of contacts that are served): to hold
        beside the -10 % applications and -16 % recipients of Deshpande and Li (2019).
        """
        touched = _find_touched(self.before, self.after)
        rows = []
        for who, name in (("everybody", "_contacts"), ("cannot go online", "_offline")):
            was, now = (getattr(load, name)[touched] for load in (self.before, self.after))
            before, after = (float(x.sum() - x[:, :, -1].sum()) for x in (was, now))
            change = (after - before) / before if before > 0 else np.nan
            rows.append([who, float(was.sum()), before, after, change])
        columns = ["who", "contacts", "before_served", "after_served", "change"]
        return pd.DataFrame(rows, columns=columns)


def _find_touched(before: Load, after: Load) -> np.ndarray:
    """Places whose nearest counter by car is another one."""
    return np.asarray(before._nearest != after._nearest)


def _join_channels(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    figures = ["contacts", *CHANNELS, "served_share"]
    heads = [c for c in after.columns if c not in figures]
    out = after[heads].copy()
    for column in figures:
        out[f"before_{column}"] = before[column].to_numpy()
        out[f"after_{column}"] = after[column].to_numpy()
        out[f"delta_{column}"] = after[column].to_numpy() - before[column].to_numpy()
    return out


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
        desks = self._find_desks(parts)
        load = Load(parts, self.asked, desks, self.findings)
        choices = {
            (who, int(w)): self._find_choices(desks, who, int(w))
            for who in ("car", "no_car")
            for w in np.unique(parts.walk_class)
        }
        first = choices[("car", int(parts.walk_class[0]))]
        keys = np.append(parts.counters["key"].to_numpy()[desks.rows].astype(object), "")
        load._nearest = keys[first.desk[:, 0]]
        wait, step, residual = np.zeros(len(desks.rows)), 0.5, np.inf
        n_rounds = 0
        while n_rounds < MOST_ROUNDS:
            n_rounds += 1
            self._choose(load, choices, wait)
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

    def _find_desks(self, parts: TerritoryParts) -> Desks:
        level = parts.levels[:, self.asked.index]
        is_open = parts.counters["open"].to_numpy(dtype=bool)
        rows = np.flatnonzero(is_open & (level >= self.asked.level))
        frame = parts.counters.iloc[rows]
        book = parts.book
        columns = []
        for column, name in (("agents", "agents.default"), ("weekly_hours", "open_hours.default")):
            default = book.value(name)
            given = np.full(len(rows), np.nan)
            if column in frame:
                given = frame[column].to_numpy(dtype=float)
            missing = ~(given > 0)
            words = f"{int(missing.sum())} counters of {self.asked.service} have {default:g}"
            self.findings.add_all(f"{column}_default", [words], int(missing.sum()))
            columns.append(np.where(missing, default, given))
        agents = np.maximum(1.0, np.rint(columns[0]))
        return Desks(rows, agents, columns[1] * WEEKS_A_YEAR)

    def _find_choices(self, desks: Desks, who: str, walk_class: int) -> Choices:
        core, asked = self.territory._core, self.asked
        k = 1 if asked.choice == "nearest" else asked.k
        offsets, counters, minutes = core.nearest(
            asked.index, asked.level, who, walk_class, k, False, asked.threads, self.report
        )
        n = len(offsets) - 1
        row_of = np.full(len(self.territory._parts.counters) + 1, -1)
        row_of[desks.rows] = np.arange(len(desks.rows))
        desk, times = np.full((n, k), -1), np.full((n, k), np.inf)
        filled = np.arange(k) < np.diff(offsets.astype(np.int64))[:, None]
        desk[filled], times[filled] = row_of[counters], minutes
        beyond = times > asked.limit
        desk[beyond], times[beyond] = -1, np.inf
        return Choices(desk, times)

    def _choose(self, load: Load, choices: dict[Any, Choices], wait: np.ndarray) -> None:
        """Contacts by channel and visits by counter, given the waiting at each."""
        parts, model = load._parts, self.asked.model
        names = ("autonomous", "needs_help", "cannot")
        abilities: dict[str, np.ndarray] = {}
        for name, share in zip(names, find_abilities(parts), strict=True):
            abilities[name] = share
        load._visits[:] = 0
        load._contacts[:] = 0
        load._offline[:] = 0
        padded = np.r_[wait, 0.0]
        weights = {}
        for key, c in choices.items():
            cost = model.beta_time * (c.minutes + model.wait_weight * padded[c.desk])
            weights[key] = np.exp(model.constants["counter"] - cost)
        for g, walk_class in enumerate(parts.walk_class):
            for who in ("car", "no_car"):
                share = parts.car_share[:, g] if who == "car" else 1 - parts.car_share[:, g]
                people = parts.persons[:, g] * share * self.asked.contacts
                chosen = choices[(who, int(walk_class))]
                at_counters = weights[(who, int(walk_class))]
                self._add(load, g, (people, chosen, at_counters), abilities)

    def _add(
        self,
        load: Load,
        g: int,
        who: tuple[np.ndarray, Choices, np.ndarray],
        abilities: dict[str, np.ndarray],
    ) -> None:
        people, chosen, at_counters = who
        counter_weight = at_counters.sum(axis=1)
        for ability, part, utilities in self.asked.model.find_available():
            contacts = people * abilities[ability][:, g] * part
            others = {channel: np.exp(v) for channel, v in utilities.items()}
            per_weight = contacts / (counter_weight + sum(others.values()))
            visits = per_weight[:, None] * at_counters
            kept = chosen.desk >= 0
            load._visits += np.bincount(
                chosen.desk[kept], visits[kept], minlength=len(load._visits)
            )
            targets = [load._contacts] if "online_helped" in utilities else [
                load._contacts, load._offline,
            ]  # fmt: skip
            for table in targets:
                table[:, g, 0] += per_weight * counter_weight
                for channel, weight in others.items():
                    table[:, g, CHANNELS.index(channel)] += per_weight * weight

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
