"""One rule of a guarantee on one territory: what it says of every area, and which places bind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from maillage.config_guarantee import RuleConfig
from maillage.exposure_readings import find_abilities
from maillage.findings import Findings
from maillage.geo.special import find_nearest_rows
from maillage.guarantee_reach import ReachFinder
from maillage.territory_parts import TerritoryParts, find_counter_areas
from maillage.transit_days import find_closed_dates, find_offering

TINY = 1e-9  # rounding of shares

# Persons who fall short, n_places x n_groups, of those who go by car and of those without one.
Short = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Verdict:
    """One rule on one territory: tables by area and by place, and what is doubtful in them."""

    rule: RuleConfig
    areas: pd.DataFrame
    places: pd.DataFrame
    findings: Findings


@dataclass(frozen=True)
class _Judged:
    """Whom a rule can judge, n_places each: persons, those of them whose homes' connectivity it
    would need and that is not known, and whether persons of the rule are secret."""

    persons: np.ndarray
    unjudged: np.ndarray
    is_secret: np.ndarray


def check_rule(rule: RuleConfig, finder: ReachFinder, before: ReachFinder | None) -> Verdict:
    """What a rule says of a territory; `before` is the baseline of rules about losses."""
    if rule.kind == "counters":
        return _check_counters(rule, finder)
    parts = finder.parts
    short = _find_short(rule, finder, before)
    judged = _find_judged(rule, parts)
    short_by_place = sum((s.sum(axis=1) for s in short.values()), np.zeros(len(parts.places)))
    rows, heads = _find_areas(rule, parts, judged)
    total, lacking, unjudged, n_secret = (
        np.bincount(rows, v, minlength=len(heads))
        for v in (judged.persons, short_by_place, judged.unjudged, judged.is_secret)
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
    # nobody to judge, though people may live there; an area that fails all the same fails
    is_open = holds & (total - unjudged <= 0) & ((unjudged > 0) | (n_secret > 0))
    areas = heads.assign(
        persons=total,
        persons_unjudged=unjudged,
        places_secret=n_secret.astype(np.int64),
        figure=np.where(is_open, np.nan, figure),
        required=required,
        margin=np.where(is_open, np.nan, np.where(np.abs(margin) < TINY, 0.0, margin)),
        persons_short=np.where(is_open, np.nan, np.where(holds, 0.0, np.maximum(missing, 0.0))),
        holds=pd.arrays.BooleanArray(holds, is_open),
    )
    findings = Findings()
    _report_judged(rule, judged, areas, findings)
    if rule.feasible_days is not None:
        _report_days(rule, parts, findings)
    binding = _find_binding(rule, finder, (rows, heads), short_by_place)
    return Verdict(rule, areas, _add_ways(rule, finder, short, binding), findings)


def _is_meant(rule: RuleConfig, parts: TerritoryParts) -> np.ndarray:
    """Which groups the rule is about."""
    if rule.groups is None:
        return np.ones(len(parts.groups), dtype=bool)
    return parts.groups["group"].isin(rule.groups).to_numpy()


def _find_persons(rule: RuleConfig, parts: TerritoryParts) -> np.ndarray:
    """Whom the rule is about, n_places x n_groups: `no_car` counts those without a car alone."""
    persons = parts.persons * _is_meant(rule, parts)
    return persons * (1 - parts.car_share) if rule.person_class == "no_car" else persons


def _find_judged(rule: RuleConfig, parts: TerritoryParts) -> _Judged:
    persons = _find_persons(rule, parts).sum(axis=1)
    secret = parts.is_unknown & (parts.persons == 0) & _is_meant(rule, parts)
    unknown = np.isnan(parts.adequate)
    needs = rule.kind == "left_out" and len(parts.networks_given) > 0
    unjudged = np.where(unknown, persons, 0.0) if needs else np.zeros(len(persons))
    return _Judged(persons, unjudged, secret.any(axis=1))


def _find_short(rule: RuleConfig, finder: ReachFinder, before: ReachFinder | None) -> Short:
    """The persons who fall short, by how they travel."""
    parts = finder.parts
    persons = _find_persons(rule, parts)
    if rule.kind == "left_out":
        _, helped, cannot = find_abilities(parts)
        persons = persons * (cannot + parts.parameters["left_out_lambda"] * helped)
    travel: dict[str, Any] = {rule.person_class: 1.0}
    if rule.person_class == "own":
        travel = {"car": parts.car_share, "no_car": 1 - parts.car_share}
    short = {}
    for who, share in travel.items():
        if before is not None and rule.kind == "no_worse_off":
            is_kept = _find_not_worse(rule, who, finder, before)
        else:
            is_kept = finder.find_own(rule, who, parts.walk_class)
        short[who] = persons * share * ~is_kept
    return short


def _find_not_worse(
    rule: RuleConfig, who: str, after: ReachFinder, before: ReachFinder
) -> np.ndarray:
    """Whether nobody of a class goes farther by more than the rule allows, by place and group."""
    columns = {}
    for w in np.unique(after.parts.walk_class):
        was = before.find_nearest("minutes", rule, who, int(w))
        now = after.find_nearest("minutes", rule, who, int(w))
        assert rule.max_loss_minutes is not None
        columns[int(w)] = np.isnan(was) | (now - was <= rule.max_loss_minutes + TINY)
    return np.stack([columns[int(w)] for w in after.parts.walk_class], axis=1)


def _find_areas(
    rule: RuleConfig, parts: TerritoryParts, judged: _Judged
) -> tuple[np.ndarray, pd.DataFrame]:
    """The row of each place and the first columns of the rows; one row without a zoning."""
    n = len(parts.places)
    if rule.per is None:
        return np.zeros(n, dtype=np.int64), pd.DataFrame({"area": [None], "name": [None]})
    zoning = parts.zonings[rule.per]
    rows = zoning.area_of_place.astype(np.int64)
    codes: list[Any] = list(zoning.codes)
    labels: list[Any] = list(zoning.labels)
    outside = rows < 0
    if outside.any():
        rows = np.where(outside, len(codes), rows)
        codes.append(None)
        labels.append(None)
    heads = pd.DataFrame({"area": codes, "name": labels})
    if outside.any() and judged.persons[outside].sum() == 0 and not judged.is_secret[outside].any():
        rows = np.where(outside, 0, rows)  # nobody lives there: no row of their own
        heads = heads.iloc[:-1]
    return rows, heads


def _report_judged(
    rule: RuleConfig, judged: _Judged, areas: pd.DataFrame, findings: Findings
) -> None:
    n_open = int(areas["holds"].isna().sum())
    words = f"rule {rule.name!r}: {n_open} of {len(areas)} areas have nobody who can be judged"
    findings.add_all("area_not_judged", [words], n_open)
    n_secret = int(judged.is_secret.sum())
    words = f"rule {rule.name!r}: persons are secret in {n_secret} places, the others count"
    findings.add_all("persons_not_judged", [words], n_secret)
    n_places = int((judged.unjudged > 0).sum())
    words = (
        f"rule {rule.name!r}: {judged.unjudged.sum():,.0f} persons in {n_places} places of unknown "
        "connectivity count as connected"
    )
    findings.add_all("connectivity_not_judged", [words], n_places)


def _report_days(rule: RuleConfig, parts: TerritoryParts, findings: Findings) -> None:
    """What days on which people can go there and back leave out: hours unknown, holidays."""
    there, known = find_offering(parts, rule.service, rule.level)
    keys = parts.counters["key"].to_numpy()[np.setdiff1d(there, known)]
    examples = (f"rule {rule.name!r}: counter {key} counts as closed on every day" for key in keys)
    findings.add_all("counters_without_hours", examples, len(keys))
    dates = find_closed_dates(parts)
    words = f"rule {rule.name!r}: counters whose hours name no PH are closed on"
    examples = (f"{words} {date}" for date in dates)
    findings.add_all("public_holiday_in_week", examples, len(dates))


def _find_binding(
    rule: RuleConfig,
    finder: ReachFinder,
    where: tuple[np.ndarray, pd.DataFrame],
    short: np.ndarray,
) -> pd.DataFrame:
    """The places whose persons fall short, most persons first; their index is their row."""
    rows, heads = where
    places = finder.parts.places
    kept = np.flatnonzero(short > TINY)
    kept = kept[np.argsort(-short[kept], kind="stable")]
    return pd.DataFrame(
        {
            "place": places["place"].to_numpy()[kept],
            "name": places["name"].to_numpy()[kept],
            "area": heads["area"].to_numpy()[rows[kept]],
            "persons": short[kept],
            "minutes": np.nan,
            "km": np.nan,
        },
        index=kept,
    )


def _add_ways(
    rule: RuleConfig, finder: ReachFinder, short: Short, binding: pd.DataFrame
) -> pd.DataFrame:
    """The longest way of those who fall short at each place, in what the rule asks."""
    asked = {"minutes": rule.minutes is not None or rule.kind == "no_worse_off"}
    asked["km"] = rule.km is not None
    rows = binding.index.to_numpy()
    ways = {m: _find_longest(m, rule, finder, short)[rows] for m, is_so in asked.items() if is_so}
    return binding.assign(**ways).reset_index(drop=True)


def _find_longest(measure: str, rule: RuleConfig, finder: ReachFinder, short: Short) -> np.ndarray:
    """The longest way among those who fall short, n_places; NaN: nobody, or some reach none."""
    walk_class = finder.parts.walk_class
    longest = np.full(len(finder.parts.places), -np.inf)
    for who, persons in short.items():
        for w in np.unique(walk_class):
            is_short = persons[:, walk_class == w].sum(axis=1) > 0
            if is_short.any():
                way = finder.find_nearest(measure, rule, who, int(w))
                way = np.where(np.isnan(way), np.inf, way)
                longest = np.where(is_short, np.maximum(longest, way), longest)
    return np.where(np.isfinite(longest), longest, np.nan)


def _check_counters(rule: RuleConfig, finder: ReachFinder) -> Verdict:
    """At least so many open counters in each area, or in `share` of the areas.

    Places and counters in no area are a finding: no area answers for them.
    """
    assert rule.min_counters is not None
    parts = finder.parts
    persons = parts.persons.sum(axis=1)
    findings = Findings()
    rows, heads = np.zeros(len(persons), dtype=np.int64), pd.DataFrame({"area": [None]})
    heads["name"] = [None]
    if rule.per is not None:
        zoning = parts.zonings[rule.per]
        rows = zoning.area_of_place.astype(np.int64)
        heads = pd.DataFrame({"area": list(zoning.codes), "name": list(zoning.labels)})
        _report_outside(rule, persons, rows < 0, findings)
    counts = _count_counters(rule, parts, len(heads), findings)
    inside = rows >= 0
    total = np.bincount(rows[inside], persons[inside], minlength=len(heads))
    enough = counts >= rule.min_counters
    share = float(enough.mean())
    holds = enough | (rule.per is not None and share >= rule.share - TINY)
    secret = parts.is_unknown & (parts.persons == 0)
    n_secret = np.bincount(rows[inside], secret.any(axis=1)[inside], minlength=len(heads))
    areas = heads.assign(
        persons=total,
        persons_unjudged=0.0,
        places_secret=n_secret.astype(np.int64),
        figure=counts.astype(float),
        required=float(rule.min_counters),
        margin=np.where(holds & ~enough, 0.0, counts - float(rule.min_counters)),
        persons_short=np.where(holds, 0.0, total),
        holds=pd.array(holds, dtype="boolean"),
    )
    short = np.where(inside & ~holds[rows], persons, 0.0)
    binding = _find_binding(rule, finder, (rows, heads), short).reset_index(drop=True)
    return Verdict(rule, areas, binding, findings)


def _report_outside(
    rule: RuleConfig, persons: np.ndarray, outside: np.ndarray, findings: Findings
) -> None:
    n = int(outside.sum())
    words = (
        f"rule {rule.name!r}: {persons[outside].sum():,.0f} persons in {n} places live in no "
        f"{rule.per}: no area answers for them"
    )
    findings.add_all("places_in_no_area", [words], n)


def _count_counters(
    rule: RuleConfig, parts: TerritoryParts, n_rows: int, findings: Findings
) -> np.ndarray:
    """Open counters that offer the service, by area: by the outlines of the zoning where it has
    them, else by the nearest place."""
    level = parts.levels[:, list(parts.services).index(rule.service)]
    offers = parts.counters["open"].to_numpy(dtype=bool) & (level >= rule.level)
    if rule.per is None:
        return np.array([int(offers.sum())])
    zoning, frame = parts.zonings[rule.per], parts.counters[offers]
    if zoning.geometry is not None:
        rows = find_counter_areas(zoning, frame["lon"], frame["lat"])
    else:
        lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
        nearest = zoning.area_of_place[find_nearest_rows(parts.places, lon, lat)]
        rows = np.where(np.isfinite(lon) & np.isfinite(lat), nearest, -1)
    rows = np.asarray(rows)
    outside = np.flatnonzero(rows < 0)
    examples = (f"rule {rule.name!r}: counter {frame['key'].iloc[int(i)]}" for i in outside)
    findings.add_all("counters_in_no_area", examples, len(outside))
    return np.bincount(rows[rows >= 0], minlength=n_rows)[:n_rows]
