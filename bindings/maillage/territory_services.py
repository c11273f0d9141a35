"""Questions about what counters have to bear and what people get of them: load and catchments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from maillage.arguments import check_choice, check_count, check_level, check_number, check_threads
from maillage.catchment import (
    CatchmentQuestion,
    find_catchment,
    to_method,
    to_supply,
    to_weights,
)
from maillage.channels import calibrate_channels, find_national_shares
from maillage.decay import Decay
from maillage.load import Load, LoadChange, LoadQuestion
from maillage.load_finder import LoadFinder
from maillage.parameter_values import HALF_LIFE, MAX_MINUTES
from maillage.progress import ProgressChoice, report_progress

if TYPE_CHECKING:
    from maillage.scenario import Scenario
    from maillage.territory import Territory

CHOICES = ("nearest", "huff")
DEFAULT_LOAD_LIMIT = 60.0
MOST_VISITS = 100_000.0


class ServiceQuestions:
    """The part of a territory that answers them; `Territory` is one."""

    def load(
        self: Any,
        service: str,
        level: int = 1,
        *,
        limit: float = DEFAULT_LOAD_LIMIT,
        choice: str = "nearest",
        k: int = 8,
        visits: float | None = None,
        visit_minutes: float | None = None,
        phone_reach: float | None = None,
        half_life: float | None = None,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> Load:
        """What the counters of a service have to bear: visits, agents' time, waiting, channels.

        limit
            Minutes beyond which nobody goes to a counter.
        choice
            `nearest`: people know the nearest counter alone, and each of several as near is known
            to as many; `huff`: they choose among the `k` nearest, and those as near as the last,
            by travel time and waiting (Huff 1964, as a logit). How many go to any counter follows
            the best one in both (`maillage.channels`): it does not grow with `k`, but for waits
            that people who know several counters can avoid.
        visits
            Visits to a counter a person and year, were the territory like the nation; by default
            `visits.<service>` or `visits.default` of `maillage parameters`. Contacts by all
            channels are these over the nation's share of the counter.
        visit_minutes
            What a visitor takes of an agent's time.
        phone_reach
            Share of calls that reach an agent, such as the 0.85 that the State aims at; by default
            that of the service in the territory file, else 0.5.
        half_life
            Minutes of travel that halve the odds of going to a counter; by default
            `decay.half_life.<service>`, else 15.

        Agents and weekly hours are those of the counters; where they are missing the parameters'
        defaults hold, a finding. A part of an agent counts as it is (`maillage.queueing`); a
        counter with 0 agents or 0 hours takes no visits, a finding. Choice and waiting (Erlang C)
        are repeated until no wait moves by more than 0.001 min: `load.convergence` says how that
        went. `load.assumptions` has all that the figures rest on.
        """
        how = {
            "limit": limit, "choice": choice, "k": k, "visits": visits,
            "visit_minutes": visit_minutes, "phone_reach": phone_reach, "half_life": half_life,
            "threads": threads, "progress": progress,
        }  # fmt: skip
        asked = _to_question(self, service, level, how)
        with report_progress(progress) as report:
            return LoadFinder(self, asked, report).find()

    def compare_load(
        self: Any, scenario: Scenario | Territory, service: str, level: int = 1, **how: Any
    ) -> LoadChange:
        """How a scenario moves load: neighbours' visits and waiting, channels, who gives up.

        Parameters as in `load`. An empty scenario changes nothing.
        """
        after: Any = scenario if isinstance(scenario, ServiceQuestions) else self.apply(scenario)
        return LoadChange(self.load(service, level, **how), after.load(service, level, **how))

    def levels(
        self: Any,
        service: str,
        limit: float | None = None,
        *,
        zoning: str | None = None,
        by_group: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """Persons by the highest level of a service within reach: first help is no expert desk.

        Returns `persons`, `level_0` (no counter within the limit), `level_1` (one of level 1 and
        none higher), `level_2`, ... up to the highest level there is: for everybody, or a row an
        area of a zoning (x group). They sum to the persons.
        """
        index = self._find_service(service)
        highest = max(1, int(self._parts.levels[:, index].max(initial=0)))
        how = {"threads": threads, "progress": progress}
        tables, head = [], pd.DataFrame()
        for level in range(1, highest + 1):
            exposure = self.exposure(service, limit, level, **how)
            head, rows, n_rows = exposure._rows(zoning, by_group)
            states = exposure._core.states(rows, n_rows, by_group)
            tables.append((states[:, 0], states[:, 1:3].sum(axis=1)))
        persons = tables[0][0]
        within = [persons, *(near for _, near in tables), persons * 0]
        columns = {
            f"level_{level}": within[level] - within[level + 1] for level in range(highest + 1)
        }
        return pd.concat([head, pd.DataFrame({"persons": persons, **columns})], axis=1)

    def operators(
        self: Any,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """The exposure each operator's counters alone would leave: one row an operator.

        `operator, n_counters` and the columns of `exposure.total()`; a last row with an absent
        operator is that of all counters together.
        """
        how = {"threads": threads, "progress": progress}
        names = self._parts.counters["operator"].fillna("").to_numpy(dtype=object)
        offers = self._parts.levels[:, self._find_service(service)] >= check_level(level)
        is_open = self._parts.counters["open"].to_numpy(dtype=bool)
        keys = self._parts.counters["key"].to_numpy(dtype=object)
        rows = []
        for operator in sorted(set(names[offers & is_open])):
            others = keys[offers & is_open & (names != operator)]
            alone = self._close_service(others, service)
            table = alone.exposure(service, limit, level, **how).total()
            table.insert(0, "operator", operator or "unknown")
            table.insert(1, "n_counters", int((offers & is_open & (names == operator)).sum()))
            rows.append(table)
        table = self.exposure(service, limit, level, **how).total()
        table.insert(0, "operator", None)
        table.insert(1, "n_counters", int((offers & is_open).sum()))
        return pd.concat([*rows, table], ignore_index=True)

    def _close_service(self: Any, keys: Any, service: str) -> Any:
        """The territory without a service at some counters."""
        from maillage.scenario import Scenario

        scenario = Scenario("without some counters")
        for key in keys:
            scenario = scenario.close(key, service=service)
        return self.apply(scenario)

    def catchment(
        self: Any,
        service: str,
        level: int = 1,
        *,
        method: str = "2sfca",
        limit: float = 30.0,
        decay: Decay | str | None = None,
        supply: str = "count",
        weights: Mapping[str, float] | None = None,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """How much supply each place has for the people around it (floating catchment areas).

        method
            `2sfca` (1 up to `limit` minutes), `e2sfca` (zones of 10, 20, 30 minutes) or `apl`
            (DREES 2016); `decay` replaces its weights.
        supply
            What a counter offers: `count` (1), `agents`, `hours` a week, or `agent_hours`.
        weights
            How much a person of a group asks for (APL standardises by age); 1 by default.

        Returns `place`, zonings, `persons`, `supply_per_person`: sum over counters j of
        w(t_ij) S_j / sum over k of P_k w(t_kj); 0 where no counter is in the catchment, NaN where
        nobody lives. The 255 nearest counters of a place are looked at.
        """
        limit = check_number("limit", limit, "minutes > 0", lambda m: m > 0)
        form = to_method(method, decay, limit)
        index = self._find_service(service)
        asked_supply = to_supply(supply, self)
        is_open = self._parts.counters["open"].to_numpy(dtype=bool)
        level = check_level(level)
        offers = is_open & (self._parts.levels[:, index] >= level)
        with report_progress(progress) as report:
            question = CatchmentQuestion(
                index, level, form, asked_supply * offers,
                to_weights(weights, self._parts.groups["group"]), check_threads(threads), report,
            )  # fmt: skip
            return find_catchment(self, question)


def _to_question(territory: Any, service: str, level: int, how: dict[str, Any]) -> LoadQuestion:
    index, book = territory._find_service(service), territory._parts.book

    def find(given: float | None, prefix: str) -> Any:
        name = f"{prefix}.{service}"
        default = book.value(name if name in book.entries else f"{prefix}.default")
        return default if given is None else given

    def is_time(minutes: float) -> bool:
        return 0 < minutes <= MAX_MINUTES

    reach = how["phone_reach"]
    if reach is None:
        reach = territory._parts.parameters.get("phone_reach", {}).get(service, 0.5)
    reach = check_number("phone_reach", reach, "0..1", lambda r: 0 <= r <= 1)
    half_life = find(how["half_life"], "decay.half_life")
    half_life = check_number("half_life", half_life, HALF_LIFE.expected, HALF_LIFE.is_right)
    visit_minutes = find(how["visit_minutes"], "visit_minutes")
    visits = check_number(
        "visits", find(how["visits"], "visits"), f"visits a year in 0..{MOST_VISITS:g}",
        lambda v: 0 <= v <= MOST_VISITS,
    )  # fmt: skip
    return LoadQuestion(
        service=service,
        index=index,
        level=check_level(level),
        limit=check_number("limit", how["limit"], "minutes > 0", lambda m: m > 0),
        choice=check_choice("choice", how["choice"], CHOICES),
        k=check_count("k", how["k"], 1, "1 to 255", high=255),
        contacts=visits / find_national_shares(book)["counter"],
        visit_minutes=check_number(
            "visit_minutes", visit_minutes, f"minutes > 0 and at most {MAX_MINUTES:g}", is_time
        ),
        model=calibrate_channels(reach, half_life, book),
        threads=check_threads(how["threads"]),
        progress=how["progress"],
    )
