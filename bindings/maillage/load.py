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

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from maillage.assumptions import find_assumptions
from maillage.channels import CHANNELS, ChannelModel
from maillage.errors import InputError
from maillage.exposure_readings import sum_rows
from maillage.findings import Findings
from maillage.queueing import find_waiting
from maillage.results import to_arrow_stream, to_keys
from maillage.territory_parts import TerritoryParts

TOLERANCE_MIN = 0.001  # waits of a load that has converged move by no more


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
    """Counters that take visits: rows, agents (> 0, whole or not), open hours a year."""

    rows: np.ndarray
    agents: np.ndarray
    hours: np.ndarray


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
        # keys of the nearest counters by car, all of those that are equally near
        self._nearest = np.full(len(parts.places), "", dtype=object)
        self._contacts = np.zeros((*parts.persons.shape, len(CHANNELS)))
        self._offline = np.zeros((*parts.persons.shape, len(CHANNELS)))

    def by_counter(self) -> pd.DataFrame:
        """One row an open counter of the service that somebody serves.

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
    def assumptions(self) -> dict[str, Any]:
        """What the figures rest on: choice, visits, travel times, channels, queues."""
        asked, model = self._asked, self._asked.model
        return {
            **find_assumptions(self._parts),
            "service": asked.service,
            "level": asked.level,
            "limit_min": asked.limit,
            "choice": asked.choice,
            "k": asked.k if asked.choice == "huff" else 1,
            "contacts_per_person": asked.contacts,
            "visit_minutes": asked.visit_minutes,
            "half_life_min": float(np.log(2)) / model.beta_time,
            "wait_weight": model.wait_weight,
            "helper_share": model.helper_share,
            "phone_reach": model.phone_reach,
            "channels": "multinomial logit calibrated on published national shares; the counters "
            "weigh as the best of them does",
            "waiting": "Erlang C at a constant rate over the open hours",
        }

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
        Waits are found to within 0.001 min, so visits that differ by less than that can explain
        (4 x 0.001 min x what a minute of waiting weighs: 0.06 % at a half-life of 10 min) are the
        same.
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
        # Both loads are within the tolerance of their fixed points; a counter's odds follow its
        # own wait and, where people choose among several, those of the others: twice two.
        model = self.before._asked.model
        noise = 4 * TOLERANCE_MIN * model.beta_time * model.wait_weight
        most = table[["before_visits_per_year", "after_visits_per_year"]].max(axis=1)
        moved = is_gone | is_new | (delta.abs() > noise * most + 1e-9)
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
