"""A territory: its places, people, counters and networks, and the questions put to it.

territory = read_territory("territory.toml")
territory.exposure(service="post", limit=20).total()
territory.compare(scenario, service="post", limit=20).losers()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from maillage import _core, batch
from maillage.arguments import (
    check_choice,
    check_count,
    check_level,
    check_name,
    check_number,
    check_path,
    check_threads,
    to_shown,
)
from maillage.decay import Decay, to_decay
from maillage.delta import Delta
from maillage.errors import InputError, IoError
from maillage.exposure import Exposure
from maillage.exposure_phone import to_phone_shares
from maillage.geo.inputs import Zoning
from maillage.guarantee import GuaranteeCheck, check_rules, to_guarantee
from maillage.networks import replace_edited
from maillage.progress import ProgressChoice, report_progress
from maillage.road_distances import build_distance_core, to_distance_parts
from maillage.roads import DIRECTIONS
from maillage.scenario import Scenario
from maillage.scenario_checks import check_scenario
from maillage.territory_edits import apply_to_parts
from maillage.territory_nearest import MEASURES, PERSON_CLASSES, NearestQuestion, find_nearest
from maillage.territory_parts import TerritoryParts
from maillage.territory_read import read_parts
from maillage.territory_services import ServiceQuestions
from maillage.territory_summary import summarize_territory
from maillage.uncertainty import Draws, check_draws

MAX_K = 255
MAX_LIMIT_MIN = 30_000  # the engine counts up to 24.8 days


class Territory(ServiceQuestions):
    """A territory as it stands, or as a scenario leaves it. Immutable.

    Made by `read_territory`. `apply` gives another territory that shares all that the
    scenario does not touch.
    """

    def __init__(
        self,
        parts: TerritoryParts,
        core: _core.Territory,
        lists: _core.ListFolder | None = None,
    ) -> None:
        self._parts = parts
        self._core = core
        self._lists = lists

    @property
    def name(self) -> str:
        """The name the file gives it."""
        return self._parts.name

    @property
    def places(self) -> pd.DataFrame:
        """One row a place: `place, name, lon, lat`, zonings, `persons` (NaN = secret); geometry."""
        frame = self._parts.places.copy()
        persons = self._parts.persons.sum(axis=1)
        frame["persons"] = np.where(self._parts.is_unknown.all(axis=1), np.nan, persons)
        return frame

    @property
    def counters(self) -> pd.DataFrame:
        """One row a counter: `key, name, kind, operator, lon, lat, open`, hours, agents, cost,
        and `level_<service>` (0 = not offered). Closed ones stay, with `open` false.
        """
        frame = self._parts.counters.copy()
        for i, service in enumerate(self.services):
            frame[f"level_{service}"] = self._parts.levels[:, i]
        return frame

    @property
    def groups(self) -> pd.DataFrame:
        """One row a group: `group, persons, car_share, p_a, p_b, p_c, n, year, source,
        walk_speed_kmh, max_walk_min` (to and from stops; NaN: that of the timetables);
        abilities before connectivity moves anyone.
        """
        frame = self._parts.groups.copy()
        persons = self._parts.persons.sum(axis=0)
        with_car = (self._parts.persons * self._parts.car_share).sum(axis=0)
        frame.insert(1, "persons", persons)
        frame.insert(
            2,
            "car_share",
            np.divide(with_car, persons, where=persons > 0, out=np.full(len(persons), np.nan)),
        )
        frame.insert(3, "p_a", 1 - frame["p_b"] - frame["p_c"])
        return frame

    @property
    def connectivity(self) -> pd.DataFrame:
        """One row a place: shares with a wired line of 8, 30, 100, 1000 Mbit/s, with good 4G, and
        `adequate`, the share with either (independent of each other; NaN = not known).
        """
        frame = self._parts.connectivity.copy()
        frame.insert(0, "place", self._parts.places["place"].to_numpy())
        frame["adequate"] = self._parts.adequate
        return frame

    @property
    def findings(self) -> pd.DataFrame:
        """What was doubtful in the data: `kind, count, examples` (the first five)."""
        return self._parts.findings.to_frame()

    @property
    def services(self) -> list[str]:
        """Names of the services, in the order of the file."""
        return list(self._parts.services)

    @property
    def zonings(self) -> dict[str, Zoning]:
        """The zonings by name: codes, labels, which place lies in which area."""
        return dict(self._parts.zonings)

    @property
    def kinds(self) -> dict[str, dict[str, int]]:
        """Which services at which level each kind of counter offers."""
        return {kind: dict(levels) for kind, levels in self._parts.kinds.items()}

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the exposure: shift, lambda, phone by service, modes without a car."""
        return dict(self._parts.parameters)

    @property
    def parts(self) -> TerritoryParts:
        """Everything by index, for those who build on it."""
        return self._parts

    def __repr__(self) -> str:
        applied = "".join(f" + {name}" for name in self._parts.history)
        n_open = int(self._parts.counters["open"].sum())
        return (
            f"<Territory {self.name}{applied}: {len(self._parts.places):,} places, "
            f"{self._parts.persons.sum():,.0f} persons, {n_open:,} open counters>"
        )

    def summary(self) -> dict[str, Any]:
        """Counts, totals, boxes, networks and snapping distances, as `check` prints them."""
        return summarize_territory(self._parts, self._core)

    def nearest(
        self,
        service: str,
        level: int = 1,
        k: int = 1,
        person_class: str = "car",
        *,
        group: str | None = None,
        direction: str = "to",
        round_trip: bool = False,
        measure: str = "time",
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """The k nearest open counters of every place that offer a service.

        level
            Least level: 1 first help, 2 the operator's own expert desk.
        person_class
            `car` (best of all modes) or `no_car` (best of walking, public transport where the
            territory has a timetable, and, if the territory says so, cycling).
        group
            Whose walking speed; the first group's unless given.
        direction
            `to` the counter (default), or `from` the counter to the place: the nearest by the way
            home, which one-way streets make another.
        round_trip
            Adds `round_trip_time`: there and back by the best single mode. By a timetable both
            ways count by the same window of departures and no visit lies between them: whether
            people can visit and come home say `feasible_days` of a guarantee and
            `Transit.round_trips`.
        measure
            `time`, or `distance`: the nearest by the shortest road, in `distance_km` (the straight
            way to the road included) in place of `travel_time`.
        exhaustive
            Computes everything anew, without what earlier questions left: slow, for checks.

        Returns `place, rank, counter, travel_time, reason`: k rows a place; minutes; equal
        times in the order of the counters. Where fewer than k can be reached `counter` and
        `travel_time` are absent and `reason` is `unreachable` or `place_off_network`.
        """
        question = NearestQuestion(
            index=self._find_service(service),
            level=check_level(level),
            k=check_count("k", k, 1, f"1 to {MAX_K}", high=MAX_K),
            person_class=check_choice("person_class", person_class, PERSON_CLASSES),
            walk_class=int(self._parts.walk_class[self._find_group(group)]),
            direction=check_choice("direction", direction, DIRECTIONS),
            exhaustive=exhaustive,
            threads=check_threads(threads),
        )
        is_distance = check_choice("measure", measure, MEASURES) == "distance"
        if is_distance and round_trip:
            raise InputError("round_trip is true, expected false with measure 'distance'")
        with report_progress(progress) as report:
            if not is_distance:
                return find_nearest(self._parts, self._core, question, round_trip, report)
            core = build_distance_core(self._parts, question.threads, report)
            on_roads = to_distance_parts(self._parts)
            table = find_nearest(on_roads, core, question, False, report)
            return table.rename(columns={"travel_time": "distance_km"})

    def exposure(
        self,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        left_out_lambda: float | None = None,
        decay: Decay | str | None = None,
        phone: float | Mapping[str, Any] | None = None,
        uncertainty: Draws | None = None,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> Exposure:
        """Who has a counter within the limit, and what is left to everybody else.

        limit
            Minutes, inclusive; the territory's `limit_min` (20) unless given.
        level
            Least level of the service.
        left_out_lambda
            How much of `assisted_only` counts as left out, 0..1 (default 0.5).
        decay
            How reach fades with travel time instead of ending at the limit: a `Decay`, or a
            name such as `apl_2016`, `e2sfca_slow`, `exponential:15`, `logistic:22,5`.
        phone
            Share of the exposed whom the operator's phone line would reach and help, in place of
            the territory's: a share, `{"reach": r, "resolution": s}`, or either by operator for
            those whose nearest counter, however far, is that operator's (then a column
            `phone_resolved_<operator>` each, and their total). Operators that are not named have
            the share of `""`, else the territory's; without one the total is NaN where they
            count. It never shrinks `exposed`.
        uncertainty
            `Draws(1000, seed=1)`: the result then answers `intervals()` and `tornado()` too.

        Returns an `Exposure`, whose tables are made when they are asked for.
        """
        asked = self._ask(service, limit, level, left_out_lambda=left_out_lambda, threads=threads)
        form = to_decay(decay, asked.limit)
        shares = to_phone_shares(phone, self._parts.counters["operator"])
        with report_progress(progress) as report:
            core = self._core.exposure(
                asked.index, asked.level, asked.limit, exhaustive, asked.threads, report,
                form.form, form.minutes, form.shares,
            )  # fmt: skip
        return Exposure(
            self._parts, core, service, asked.level, asked.limit, asked.left_out_lambda, form,
            shares, check_draws(uncertainty, self._parts),
        )  # fmt: skip

    def guarantee(
        self,
        rules: Any,
        *,
        baseline: Territory | None = None,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> GuaranteeCheck:
        """Whether a set of rules (bouclier territorial) holds, and where it does not.

        rules
            A TOML file of rules (`scenarios/guarantees/GUARANTEE.md`), a mapping as in such a
            file, one rule or a list of rules.
        baseline
            The territory against which nobody may lose more than a rule allows.

        A limit at exactly the travel time or distance holds; what cannot be reached holds none.
        Raises InputError listing rules that name services, groups or zonings that are not there.
        """
        config = to_guarantee(rules)
        if baseline is not None:
            if not isinstance(baseline, Territory):
                raise InputError(f"baseline is {to_shown(baseline)}, expected a Territory")
            _check_same_origin(baseline._parts, self._parts)
        threads = check_threads(threads)
        with report_progress(progress) as report:
            return check_rules(self, config, baseline, (threads, report))

    def apply(
        self, scenario: Scenario, *, threads: int = 0, progress: ProgressChoice = None
    ) -> Territory:
        """The territory after a scenario; this one stays as it is.

        Raises InputError that lists everything in the scenario that does not fit.
        """
        if not isinstance(scenario, Scenario):
            raise InputError(
                f"scenario is {to_shown(scenario)}, expected a Scenario; read_scenario reads a file"
            )
        problems = check_scenario(scenario, self)
        if problems:
            raise InputError.of_problems(f"scenario {scenario.name!r}", problems)
        threads = check_threads(threads)
        parts, edits = apply_to_parts(self._parts, scenario)
        with report_progress(progress) as report:
            core = self._core.apply(edits, threads, report)
        history = (*self._parts.history, scenario.name)
        networks = replace_edited(parts.networks, core)
        return Territory(replace(parts, history=history, networks=networks), core, self._lists)

    def compare(
        self,
        scenario: Scenario | Territory,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        left_out_lambda: float | None = None,
        decay: Decay | str | None = None,
        phone: float | Mapping[str, Any] | None = None,
        uncertainty: Draws | None = None,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> Delta:
        """What a scenario changes for people: before, after, and the difference.

        `scenario` may also be a territory that came from this one. Parameters as in
        `exposure`. An empty scenario gives differences of exactly zero.
        """
        how: dict[str, Any] = {
            "left_out_lambda": left_out_lambda,
            "decay": decay,
            "uncertainty": uncertainty,
            "exhaustive": exhaustive,
            "threads": threads,
            "progress": progress,
        }
        after = (
            scenario
            if isinstance(scenario, Territory)
            else self.apply(scenario, threads=threads, progress=progress)
        )
        _check_same_origin(self._parts, after._parts)
        how["phone"] = to_phone_shares(phone, after._parts.counters["operator"])
        name = after._parts.history[-1] if after._parts.history else after.name
        return Delta(
            name,
            self.exposure(service, limit, level, **how),
            after.exposure(service, limit, level, **how),
        )

    @overload
    def compare_many(
        self,
        scenarios: Any,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        by_group: bool = True,
        left_out_lambda: float | None = None,
        out: None = None,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame: ...

    @overload
    def compare_many(
        self,
        scenarios: Any,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        by_group: bool = True,
        left_out_lambda: float | None = None,
        out: str | Path,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> Path: ...

    def compare_many(
        self,
        scenarios: Any,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        by_group: bool = True,
        left_out_lambda: float | None = None,
        out: str | Path | None = None,
        exhaustive: bool = False,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame | Path:
        """What each of many scenarios changes for people, a million of them if need be.

        scenarios
            `Scenario`s; a mapping of names to keys of counters that close; a frame with
            columns `scenario` and `key`, a row a closure; or an array of true and false
            (n_scenarios x n_counters, in the order of `counters`), named 0, 1, 2, ...
        by_group
            A row a scenario and group; otherwise a row a scenario, over all groups.
        out
            A .parquet file that is written part by part instead of a frame; its path is
            returned.
        exhaustive
            Finds everything anew for every scenario: slow, for checks.

        Returns, in the order of the scenarios: `scenario`, `group`; after it the figures
        `persons`, the five states, `exposed`, `left_out`, `unreachable` (persons who reach no
        counter), `person_minutes` (time to the nearest counter, summed over persons who reach
        one: who can reach none any more is missing in it); `delta_*` of these, after minus
        before; `persons_changed` (whose nearest counter, or the time to it, is another one)
        and `n_places` (where they live); `worst_place, worst_before, worst_after`: whose way
        grows most, in minutes, `worst_after` NaN when it becomes unreachable; absent where
        nobody's way grows. Figures are the baseline plus the sum of differences: a scenario
        that touches nobody gives exactly the baseline. Raises InputError that lists what does
        not fit. Some microseconds a scenario that only closes counters; others cost what
        `compare` costs in the engine.
        """
        asked = self._ask(
            service, limit, level, left_out_lambda=left_out_lambda, threads=threads,
            by_group=by_group, progress=progress,
        )  # fmt: skip
        if out is None:
            return batch.compare_many(self, scenarios, asked, exhaustive=exhaustive)
        path = check_path("out", out)
        return batch.write_many(self, scenarios, asked, exhaustive=exhaustive, out=path)

    def single_closures(
        self,
        service: str,
        limit: float | None = None,
        level: int = 1,
        *,
        by_group: bool = False,
        left_out_lambda: float | None = None,
        threads: int = 0,
        progress: ProgressChoice = None,
    ) -> pd.DataFrame:
        """What it would mean for people if this counter alone closed, for every counter.

        Returns a row an open counter that offers the service (a row a counter and group with
        `by_group`): `key, name`, `group`, and the `delta_*`, `persons_changed`, `n_places`,
        `worst_*` columns of `compare_many`; in the order of the counters. One pass over the
        places, whatever the number of counters.
        """
        return batch.single_closures(
            self,
            self._ask(
                service, limit, level, left_out_lambda=left_out_lambda, threads=threads,
                by_group=by_group, progress=progress,
            ),
        )  # fmt: skip

    def _ask(
        self, service: str, limit: float | None, level: int, **how: Any
    ) -> batch.BatchQuestion:
        """A question about exposure, checked, with the territory's own defaults filled in."""
        parameters = self._parts.parameters
        given, weight = limit, how["left_out_lambda"]
        return batch.BatchQuestion(
            service=service,
            index=self._find_service(service),
            level=check_level(level),
            limit=check_number(
                "limit",
                parameters["limit_min"] if given is None else given,
                f"minutes in 0..{MAX_LIMIT_MIN}",
                lambda m: 0 <= m <= MAX_LIMIT_MIN,
            ),
            left_out_lambda=check_number(
                "left_out_lambda",
                parameters["left_out_lambda"] if weight is None else weight,
                "0..1",
                lambda share: 0 <= share <= 1,
            ),
            by_group=bool(how.get("by_group", False)),
            threads=check_threads(how["threads"]),
            progress=how.get("progress"),
        )

    def save_lists(self) -> int:
        """Waits until every list of nearest counters that was found is in the cache.

        Lists are written in the background as they are found, and the next session finds them
        there; call this to be sure of it. Returns how many lists were written since the last
        call; 0 also without a cache. Raises IoError when one could not be written.
        """
        if self._lists is None:
            return 0
        n_written, failure = self._lists.wait()
        if failure:
            raise IoError(failure)
        return n_written

    def _find_service(self, service: str) -> int:
        return list(self._parts.services).index(
            check_name("service", service, self._parts.services)
        )

    def _find_group(self, group: str | None) -> int:
        names = list(self._parts.groups["group"])
        return 0 if group is None else names.index(check_name("group", group, names))


def _check_same_origin(before: TerritoryParts, after: TerritoryParts) -> None:
    same_places = after.places is before.places or after.places["place"].equals(
        before.places["place"]
    )
    n = len(before.counters)
    was, now = before.counters["key"], after.counters["key"].iloc[:n]
    if not same_places or not (was is now or np.array_equal(was.to_numpy(), now.to_numpy())):
        raise InputError(
            "the two territories have different places or counters, "
            "expected one that came from the other by scenarios"
        )


def read_territory(
    path: str | Path,
    *,
    cache: bool | str | Path = True,
    threads: int = 0,
    progress: ProgressChoice = None,
) -> Territory:
    """Reads `territory.toml` and every file it names; see `scenarios/TERRITORY.md`.

    cache
        True: what is slow to make is kept in the user's cache folder and found there the next
        time, as long as the files of the territory and the program are the same; a folder:
        there; False: everything is read anew and nothing is kept. A cache that is damaged is
        made anew, one that cannot be written is done without: findings `cache_rebuilt` and
        `cache_not_written` say why.

    Raises InputError or IoError with file, row, field, value and what was expected.
    """
    path = check_path("path", path)
    threads = check_threads(threads)
    with report_progress(progress) as report:
        return Territory(*read_parts(path, cache, threads, report))
