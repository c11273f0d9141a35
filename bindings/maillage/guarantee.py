"""Guarantee (bouclier territorial): does a territory keep a set of rules, and where does it not?

check = territory.guarantee("la_poste_90_or.toml")
check.holds, check.summary(), check.by_area(), check.places()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage.arguments import to_shown
from maillage.config_guarantee import (
    GuaranteeConfig,
    RuleConfig,
    check_guarantee,
    read_guarantee,
)
from maillage.errors import InputError, to_hint
from maillage.exposure_readings import find_abilities
from maillage.geo.special import find_nearest_rows
from maillage.guarantee_reach import ReachFinder
from maillage.results import to_arrow_stream

if TYPE_CHECKING:
    from maillage.territory import Territory

TINY = 1e-9  # rounding of shares


@dataclass(frozen=True)
class Verdict:
    """One rule on one territory: tables by area and by place."""

    rule: RuleConfig
    areas: pd.DataFrame
    places: pd.DataFrame


class GuaranteeCheck:
    """What a guarantee finds. Made by `territory.guarantee`."""

    def __init__(self, config: GuaranteeConfig, verdicts: Sequence[Verdict]) -> None:
        self.title = config.title
        self.source = config.source
        self._verdicts = list(verdicts)

    @property
    def holds(self) -> bool:
        """Whether every rule holds in every area."""
        return all(bool(v.areas["holds"].all()) for v in self._verdicts)

    def summary(self) -> pd.DataFrame:
        """One row a rule.

        `rule, kind, holds, areas, areas_failing, worst_area, figure, required, margin,
        persons_short, n_places`: `figure` and `margin` are those of the worst area; `margin` is
        negative where the rule fails; `persons_short` are the persons missing over all failing
        areas; `n_places` where persons fall short of the limit.
        """
        rows = []
        for v in self._verdicts:
            worst = v.areas.iloc[int(np.argmin(v.areas["margin"].to_numpy(dtype=float)))]
            rows.append(
                {
                    "rule": v.rule.name,
                    "kind": v.rule.kind,
                    "holds": bool(v.areas["holds"].all()),
                    "areas": len(v.areas),
                    "areas_failing": int((~v.areas["holds"]).sum()),
                    "worst_area": worst["area"],
                    "figure": worst["figure"],
                    "required": worst["required"],
                    "margin": worst["margin"],
                    "persons_short": v.areas["persons_short"].sum(),
                    "n_places": len(v.places),
                }
            )
        return pd.DataFrame(rows)

    def by_area(self) -> pd.DataFrame:
        """One row a rule and area: `rule, zoning, area, name, persons, figure, required, margin,
        persons_short, holds`.

        `area` is absent for the whole territory and for places outside every area. `figure` is
        the share of persons for whom the limit holds (coverage, no worse off), the share left
        out, or the number of counters. Areas where nobody of the rule lives hold.
        """
        frames = [v.areas.assign(rule=v.rule.name, zoning=v.rule.per) for v in self._verdicts]
        table = pd.concat(frames, ignore_index=True)
        return table[["rule", "zoning", *self._verdicts[0].areas.columns]]

    def places(self) -> pd.DataFrame:
        """The places that bind: `rule, place, name, area, persons, minutes, km`.

        Rows where persons of the rule fall short, most persons first within a rule; minutes and
        km to the nearest counter by car (by the rule's class), NaN where not asked or none.
        """
        frames = [v.places.assign(rule=v.rule.name) for v in self._verdicts]
        table = pd.concat(frames, ignore_index=True)
        return table[["rule", *self._verdicts[0].places.columns]]

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return to_arrow_stream(self.by_area(), requested_schema)

    def __repr__(self) -> str:
        n_failing = int((~self.summary()["holds"]).sum())
        said = "holds" if n_failing == 0 else f"{n_failing} of {len(self._verdicts)} rules fail"
        return f"<GuaranteeCheck {self.title}: {said}>"


def to_guarantee(rules: Any) -> GuaranteeConfig:
    """Rules as a user gives them: a file, a mapping as in such a file, or a list of rules."""
    if isinstance(rules, GuaranteeConfig):
        return rules
    if isinstance(rules, str | Path):
        return read_guarantee(rules)
    if isinstance(rules, Mapping):
        raw = dict(rules) if "rules" in rules else {"rules": [dict(rules)]}
        return check_guarantee(raw, "rules")
    if isinstance(rules, Sequence):
        return check_guarantee({"rules": [dict(r) for r in rules]}, "rules")
    raise InputError(f"rules is {to_shown(rules)}, expected a file, a rule or a list of rules")


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
    return GuaranteeCheck(config, [_check_rule(rule, finder, before) for rule in config.rules])


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
            yield f"{where}: max_loss_minutes needs a baseline, expected baseline= (or --scenario)"
        has_hours = "opening_hours" in territory._parts.counters
        if rule.weekly_hours is not None and not has_hours:
            yield f"{where}: weekly_hours needs opening hours of the counters, there are none"


def _check_rule(rule: RuleConfig, finder: ReachFinder, before: ReachFinder | None) -> Verdict:
    parts = finder.parts
    persons = _find_persons(rule, finder)
    if rule.kind == "counters":
        return _check_counters(rule, finder)
    if rule.kind == "left_out":
        short = persons * _find_left_out(rule, finder)
    elif rule.kind == "no_worse_off":
        assert before is not None
        short = persons * (1 - _find_not_worse(rule, finder, before))
    else:
        short = persons * (1 - _find_covered_share(rule, finder))
    by_place = persons.sum(axis=1)
    short_by_place = short.sum(axis=1)
    rows, heads = _find_areas(rule, parts, by_place)
    total, lacking = (
        np.bincount(rows, v, minlength=len(heads)) for v in (by_place, short_by_place)
    )
    share = np.divide(lacking, total, where=total > 0, out=np.zeros(len(total)))
    if rule.kind == "left_out":
        assert rule.max_left_out is not None
        figure, required = share, rule.max_left_out
        margin, missing = required - share, lacking - required * total
    else:
        figure, required = 1 - share, rule.share
        margin, missing = figure - required, required * total - (total - lacking)
    holds = margin >= -TINY
    areas = heads.assign(
        persons=total,
        figure=figure,
        required=required,
        margin=np.where(np.abs(margin) < TINY, 0.0, margin),
        persons_short=np.where(holds, 0.0, np.maximum(missing, 0.0)),
        holds=holds,
    )
    return Verdict(rule, areas, _find_binding(rule, finder, (rows, heads), short_by_place))


def _find_persons(rule: RuleConfig, finder: ReachFinder) -> np.ndarray:
    """Whom the rule is about, n_places x n_groups: `no_car` counts those without a car alone."""
    parts = finder.parts
    is_meant = np.ones(len(parts.groups), dtype=bool)
    if rule.groups is not None:
        is_meant = parts.groups["group"].isin(rule.groups).to_numpy()
    persons = parts.persons * is_meant
    return persons * (1 - parts.car_share) if rule.person_class == "no_car" else persons


def _mix(rule: RuleConfig, finder: ReachFinder, find: Any) -> np.ndarray:
    """What holds for each class, mixed by who goes by car: n_places x n_groups."""
    if rule.person_class != "own":
        return find(rule.person_class).astype(float)
    car_share = finder.parts.car_share
    return car_share * find("car") + (1 - car_share) * find("no_car")


def _find_covered_share(rule: RuleConfig, finder: ReachFinder) -> np.ndarray:
    walk_class = finder.parts.walk_class
    return _mix(rule, finder, lambda who: finder.find_own(rule, who, walk_class))


def _find_left_out(rule: RuleConfig, finder: ReachFinder) -> np.ndarray:
    _, helped, cannot = find_abilities(finder.parts)
    weight = cannot + finder.parts.parameters["left_out_lambda"] * helped
    return (1 - _find_covered_share(rule, finder)) * weight


def _find_not_worse(rule: RuleConfig, after: ReachFinder, before: ReachFinder) -> np.ndarray:
    """Whether nobody of a class goes farther by more than the rule allows."""

    def find(who: str) -> np.ndarray:
        columns = {}
        for w in np.unique(after.parts.walk_class):
            was = before.find_nearest("minutes", rule, who, int(w))
            now = after.find_nearest("minutes", rule, who, int(w))
            assert rule.max_loss_minutes is not None
            columns[int(w)] = np.isnan(was) | (now - was <= rule.max_loss_minutes + TINY)
        return np.stack([columns[int(w)] for w in after.parts.walk_class], axis=1)

    return _mix(rule, after, find)


def _find_areas(
    rule: RuleConfig, parts: Any, persons: np.ndarray
) -> tuple[np.ndarray, pd.DataFrame]:
    """The row of each place and the first columns of the rows; one row without a zoning."""
    n = len(parts.places)
    if rule.per is None:
        return np.zeros(n, dtype=np.int64), pd.DataFrame({"area": [None], "name": [None]})
    zoning = parts.zonings[rule.per]
    rows = zoning.area_of_place.astype(np.int64)
    codes, labels = list(zoning.codes), list(zoning.labels)
    outside = rows < 0
    if outside.any():
        rows = np.where(outside, len(codes), rows)
        codes.append(None)
        labels.append(None)
    heads = pd.DataFrame({"area": codes, "name": labels})
    if outside.any() and persons[outside].sum() == 0:
        rows = np.where(outside, 0, rows)  # nobody lives there: no row of their own
        heads = heads.iloc[:-1]
    return rows, heads


def _find_binding(
    rule: RuleConfig,
    finder: ReachFinder,
    where: tuple[np.ndarray, pd.DataFrame],
    short: np.ndarray,
) -> pd.DataFrame:
    """The places whose persons fall short, most persons first."""
    rows, heads = where
    places = finder.parts.places
    kept = np.flatnonzero(short > TINY)
    kept = kept[np.argsort(-short[kept], kind="stable")]
    who = "no_car" if rule.person_class == "no_car" else "car"
    walk_class = int(finder.parts.walk_class[0])
    nothing = np.full(len(places), np.nan)
    wants_minutes = rule.minutes is not None or rule.kind == "no_worse_off"
    minutes = finder.find_nearest("minutes", rule, who, walk_class) if wants_minutes else nothing
    km = finder.find_nearest("km", rule, who, walk_class) if rule.km is not None else nothing
    return pd.DataFrame(
        {
            "place": places["place"].to_numpy()[kept],
            "name": places["name"].to_numpy()[kept],
            "area": heads["area"].to_numpy()[rows[kept]],
            "persons": short[kept],
            "minutes": minutes[kept],
            "km": km[kept],
        }
    )


def _check_counters(rule: RuleConfig, finder: ReachFinder) -> Verdict:
    """At least so many open counters in each area, or in `share` of the areas."""
    assert rule.min_counters is not None
    parts = finder.parts
    level = parts.levels[:, list(parts.services).index(rule.service)]
    offers = parts.counters["open"].to_numpy(dtype=bool) & (level >= rule.level)
    persons = _find_persons(rule, finder).sum(axis=1)
    rows, heads = _find_areas(rule, parts, persons)
    counts = _count_counters(rule, finder, offers, len(heads))
    total = np.bincount(rows, persons, minlength=len(heads))
    enough = counts >= rule.min_counters
    share = float(enough.mean())
    holds = enough | (rule.per is not None and share >= rule.share - TINY)
    areas = heads.assign(
        persons=total,
        figure=counts.astype(float),
        required=float(rule.min_counters),
        margin=np.where(holds & ~enough, 0.0, counts - float(rule.min_counters)),
        persons_short=np.where(holds, 0.0, total),
        holds=holds,
    )
    short = np.where(holds[rows], 0.0, persons)
    return Verdict(rule, areas, _find_binding(rule, finder, (rows, heads), short))


def _count_counters(
    rule: RuleConfig, finder: ReachFinder, offers: np.ndarray, n_rows: int
) -> np.ndarray:
    """Counters by area: by outlines where the zoning has them, else by the nearest place."""
    from maillage.territory_parts import find_counter_areas

    parts = finder.parts
    if rule.per is None:
        return np.array([int(offers.sum())])
    zoning, frame = parts.zonings[rule.per], parts.counters[offers]
    if zoning.geometry is not None:
        rows = find_counter_areas(zoning, frame["lon"], frame["lat"])
    else:
        rows = zoning.area_of_place[_find_nearest_places(parts, frame)]
    rows = np.asarray(rows)
    return np.bincount(rows[(rows >= 0) & (rows < n_rows)], minlength=n_rows)[:n_rows]


def _find_nearest_places(parts: Any, frame: pd.DataFrame) -> np.ndarray:
    return find_nearest_rows(parts.places, frame["lon"].to_numpy(), frame["lat"].to_numpy())
