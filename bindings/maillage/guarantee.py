"""Guarantee (bouclier territorial): does a territory keep a set of rules, and where does it not?

check = territory.guarantee("la_poste_90_or.toml")
check.holds, check.summary(), check.by_area(), check.places()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.assumptions import find_assumptions
from maillage.config_guarantee import (
    GuaranteeConfig,
    RuleConfig,
    check_guarantee,
    read_guarantee,
)
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.guarantee_reach import ReachFinder
from maillage.guarantee_verdict import Verdict, check_rule
from maillage.results import to_arrow_stream
from maillage.territory_parts import TerritoryParts
from maillage.transit_days import find_offering

if TYPE_CHECKING:
    from maillage.territory import Territory


class GuaranteeCheck:
    """What a guarantee finds. Made by `territory.guarantee`."""

    def __init__(
        self,
        config: GuaranteeConfig,
        verdicts: Sequence[Verdict],
        parts: TerritoryParts,
        baseline: TerritoryParts | None,
    ) -> None:
        self.title = config.title
        self.source = config.source
        self._config = config
        self._verdicts = list(verdicts)
        self._parts = parts
        self._baseline = baseline

    @property
    def holds(self) -> bool:
        """Whether every rule is known to hold in every area.

        False where a rule fails, and where an area has nobody who can be judged and none fails:
        `summary()` tells the two apart.
        """
        return bool(self.summary()["holds"].fillna(False).all())

    def summary(self) -> pd.DataFrame:
        """One row a rule.

        `rule, kind, holds, areas, areas_failing, areas_not_judged, worst_area, figure, required,
        margin, persons_short, n_places`: `holds` is absent (NA) where no area fails and some
        cannot be judged; `figure` and `margin` are those of the worst area; `margin` is negative
        where the rule fails; `persons_short` are the persons missing over all failing areas;
        `n_places` where persons fall short of the limit.
        """
        frame = pd.DataFrame([_summarize(v) for v in self._verdicts])
        return frame.astype({"holds": "boolean"})

    def by_area(self) -> pd.DataFrame:
        """One row a rule and area: `rule, zoning, area, name, persons, persons_unjudged,
        places_secret, figure, required, margin, persons_short, holds`.

        `area` is absent for the whole territory and for places outside every area; a rule about
        numbers of counters has no row for these. `figure` is the share of persons for whom the
        limit holds (coverage, no worse off), the share left out, or the number of counters.
        `persons_unjudged` live where the connectivity that `max_left_out` needs is not known: they
        count as connected. In `places_secret` places persons of the rule are secret; the figures
        are those of the others. Where nobody is left to judge, `figure`, `margin` and
        `persons_short` are NaN and `holds` is absent (NA). Areas where nobody of the rule lives
        hold.
        """
        frames = [v.areas.assign(rule=v.rule.name, zoning=v.rule.per) for v in self._verdicts]
        table = pd.concat(frames, ignore_index=True)
        return table[["rule", "zoning", *self._verdicts[0].areas.columns]]

    def places(self) -> pd.DataFrame:
        """The places that bind: `rule, place, name, area, persons, minutes, km`.

        Rows where persons of the rule fall short, most persons first within a rule. `minutes` and
        `km` are the longest way among those who fall short there (by car or without one, at the
        walking speed of their groups) to their nearest counter: NaN where the rule does not ask
        for it, or where some of them reach none.
        """
        frames = [v.places.assign(rule=v.rule.name) for v in self._verdicts]
        table = pd.concat(frames, ignore_index=True)
        return table[["rule", *self._verdicts[0].places.columns]]

    @property
    def findings(self) -> pd.DataFrame:
        """What is doubtful in the verdicts: `kind, count, examples` (the first five)."""
        findings = Findings()
        for verdict in self._verdicts:
            findings.merge(verdict.findings)
        return findings.to_frame()

    @cached_property
    def assumptions(self) -> dict[str, Any]:
        """What the verdicts rest on: rules, baseline, parameters, how people travel."""
        baseline = None if self._baseline is None else list(self._baseline.history)
        return {
            **find_assumptions(self._parts),
            "left_out_lambda": self._parts.parameters["left_out_lambda"],
            "guarantee": self.title,
            "source": self.source,
            "rules": [rule.model_dump(exclude_unset=True) for rule in self._config.rules],
            "baseline_scenarios": baseline,
        }

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return to_arrow_stream(self.by_area(), requested_schema)

    def __repr__(self) -> str:
        holds = self.summary()["holds"]
        n_failing, n_open = int((~holds).sum()), int(holds.isna().sum())
        said = "holds" if n_failing == 0 else f"{n_failing} of {len(holds)} rules fail"
        if n_open:
            failing = f"{said}, " if n_failing else ""
            said = f"{failing}{n_open} of {len(holds)} rules cannot be judged everywhere"
        return f"<GuaranteeCheck {self.title}: {said}>"


def _summarize(verdict: Verdict) -> dict[str, Any]:
    areas = verdict.areas
    margins = areas["margin"].to_numpy(dtype=float)
    worst = areas.iloc[int(np.argmin(np.where(np.isnan(margins), np.inf, margins)))]
    return {
        "rule": verdict.rule.name,
        "kind": verdict.rule.kind,
        "holds": areas["holds"].all(skipna=False),
        "areas": len(areas),
        "areas_failing": int((~areas["holds"]).sum()),
        "areas_not_judged": int(areas["holds"].isna().sum()),
        "worst_area": worst["area"],
        "figure": worst["figure"],
        "required": worst["required"],
        "margin": worst["margin"],
        "persons_short": float(np.nansum(areas["persons_short"].to_numpy(dtype=float))),
        "n_places": len(verdict.places),
    }


def to_guarantee(rules: Any) -> GuaranteeConfig:
    """Rules as a user gives them: a file, a mapping as in such a file, or a list of rules."""
    if isinstance(rules, GuaranteeConfig):
        return rules
    if isinstance(rules, str | Path):
        return read_guarantee(rules)
    if isinstance(rules, Mapping):
        raw = dict(rules) if "rules" in rules else {"rules": [dict(rules)]}
        return check_guarantee(raw, "rules")
    if isinstance(rules, Sequence) and not isinstance(rules, bytes):
        return check_guarantee({"rules": [_to_mapping(r) for r in rules]}, "rules")
    raise InputError(f"rules is {to_shown(rules)}, expected a file, a rule or a list of rules")


def _to_mapping(rule: Any) -> Any:
    """A rule of a list as the schema takes it, which says what is wrong with all others."""
    if isinstance(rule, RuleConfig):
        return rule.model_dump(exclude_unset=True)
    return dict(rule) if isinstance(rule, Mapping) else rule


def check_rules(
    territory: Territory, config: GuaranteeConfig, baseline: Territory | None, how: tuple[int, Any]
) -> GuaranteeCheck:
    """See `Territory.guarantee`."""
    problems = list(_find_problems(territory, config, baseline))
    if problems:
        raise InputError.of_problems(f"guarantee {config.title!r}", problems)
    finder = ReachFinder(territory._parts, territory._core, *how)
    before = None
    if baseline is not None:
        before = ReachFinder(baseline._parts, baseline._core, *how)
    verdicts = [check_rule(rule, finder, before) for rule in config.rules]
    return GuaranteeCheck(
        config, verdicts, territory._parts, None if baseline is None else baseline._parts
    )


def _find_days_problems(territory: Territory, where: str, rule: RuleConfig) -> Any:
    if rule.service in territory.services:
        there, known = find_offering(territory._parts, rule.service, rule.level)
        if len(there) and not len(known):
            yield (
                f"{where}: feasible_days needs opening hours of the counters of {rule.service!r}: "
                f"none of its {len(there)} open counters has any"
            )
    if not any(use.transit for use in territory._parts.networks):
        yield f"{where}: feasible_days needs a timetable, expected a section [networks.transit]"


def _find_problems(
    territory: Territory, config: GuaranteeConfig, baseline: Territory | None
) -> Any:
    groups = [str(g) for g in territory._parts.groups["group"]]
    for rule in config.rules:
        where = f"rule {rule.name!r}"
        if rule.service not in territory.services:
            hint = to_hint(rule.service, territory.services)
            yield f"{where}: service is {rule.service!r}, no service of the territory{hint}"
        if rule.per is not None and rule.per not in territory.zonings:
            hint = to_hint(rule.per, territory.zonings)
            yield f"{where}: per is {rule.per!r}, no zoning of the territory{hint}"
        for group in rule.groups or []:
            if group not in groups:
                yield f"{where}: group {group!r} is not in the territory{to_hint(group, groups)}"
        if rule.kind == "no_worse_off" and baseline is None:
            yield (
                f"{where}: max_loss_minutes needs --scenario (in Python baseline=): nobody can "
                "lose against the territory itself"
            )
        hours = territory._parts.counters.get("opening_hours")
        has_hours = hours is not None and bool(hours.notna().any())
        if rule.weekly_hours is not None and not has_hours:
            yield f"{where}: weekly_hours needs opening hours of the counters, there are none"
        if rule.feasible_days is not None:
            yield from _find_days_problems(territory, where, rule)
