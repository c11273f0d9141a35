"""Counters like those of the French networks: post, town halls, France Services, taxes and more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.synth.arrays import Floats, Ints
from maillage.synth.classes import MOTORWAY_LINK
from maillage.synth.communes import Communes
from maillage.synth.counter_kinds import KINDS
from maillage.synth.draws import Draws
from maillage.synth.plane import Nearest
from maillage.synth.roadset import RoadSet
from maillage.synth.settlements import Settlements
from maillage.synth.terrain import Frame


@dataclass(frozen=True)
class Counters:
    """One entry per counter, by kind; `kind` and `commune` are indices, `hours` None if unknown."""

    key: list[str]
    name: list[str]
    kind: Ints
    commune: Ints
    lon: Floats
    lat: Floats
    hours: list[str | None]
    agents: Floats
    cost_eur: Ints

    def __len__(self) -> int:
        return len(self.key)


def build_counters(
    n_counters: int, settlements: Settlements, communes: Communes, roads: RoadSet, *, seed: int
) -> Counters:
    """Exactly `n_counters` counters of all kinds, the larger places served first.

    One relay stands twice in the list under two keys, as published lists have it.
    """
    draws = Draws(seed, "counters")
    number = _numbers_by_kind(n_counters, len(settlements))
    kind = np.repeat(np.arange(len(KINDS)), number)
    commune = np.concatenate(
        [_choose_places(k, int(n), settlements, draws.fork(str(k))) for k, n in enumerate(number)]
    )
    xy = _place_in_town(settlements, roads, commune, kind, draws)
    relay = np.flatnonzero(kind == 3)
    if len(relay) > 1:
        commune[relay[-1]], xy[relay[-1]] = commune[relay[0]], xy[relay[0]] + np.array([18.0, 9.0])
    lon, lat = Frame().to_lonlat(xy)
    rows = np.arange(len(kind))
    return Counters(
        key=_build_keys(kind, commune, communes),
        name=[f"{KINDS[k].name} - {communes.name[c]}" for k, c in zip(kind, commune, strict=True)],
        kind=kind,
        commune=commune,
        lon=np.round(lon, 6),
        lat=np.round(lat, 6),
        hours=_choose_hours(kind, settlements.persons[commune], draws.fork("hours")),
        agents=_between([k.agents for k in KINDS], kind, draws.fork("agents").uniform(rows), 0.5),
        cost_eur=_between([k.cost for k in KINDS], kind, draws.fork("cost").uniform(rows), 100.0)
        .round()
        .astype(np.int64),
    )


def _numbers_by_kind(n_counters: int, n_communes: int) -> Ints:
    """Counters of each kind: by share, one at least, town halls one a commune at most."""
    share = np.array([kind.share for kind in KINDS])
    number = np.maximum(np.floor(share * n_counters), 1.0).astype(np.int64)
    number[0] = min(number[0], n_communes)
    for k, kind in enumerate(KINDS):
        if kind.spacing == 0.0:
            number[k] = min(number[k], n_communes)
    # what is left goes to the post: to relays, then agencies, then offices
    for k in (3, 2, 1):
        left = int(n_counters - number.sum())
        number[k] += -(-left // 3) if k == 3 else -(-left // 2) if k == 2 else left
        if KINDS[k].spacing == 0.0:
            number[k] = min(number[k], n_communes)
    return number


def _choose_places(kind: int, n: int, settlements: Settlements, draws: Draws) -> Ints:
    """The settlements of the n counters of a kind; a large one may have several."""
    rule = KINDS[kind]
    persons = settlements.persons
    if rule.spacing == 0.0:
        site = np.arange(len(persons))
        turn = np.ones(len(persons))
    else:
        each = 1 + np.floor(persons / rule.spacing).astype(np.int64)
        each = np.maximum(each, -(-n // len(persons)))
        site = np.repeat(np.arange(len(persons)), each)
        turn = 1.0 + np.arange(len(site)) - np.repeat(np.cumsum(each) - each, each)
    chance = draws.uniform(site * 1_000 + turn.astype(np.int64))
    # a second counter competes with the first ones of smaller places
    size = np.sqrt(persons[site] / turn)
    score = (1.0 - rule.rural) * size / size.max() + rule.rural * chance
    # where the post has an office it has no agency; antennas and buses go where no house is
    if rule.rural >= 0.7:
        score = np.where(persons[site] > 2_500.0, -1.0, score)
    if rule.name in ("Mairie", "Agence postale communale"):
        # islands have both, and so has a village half way up the valley
        valley = np.flatnonzero(settlements.setting == 1)
        score[settlements.setting[site] == 2] = 2.0
        score[np.isin(site, valley[len(valley) // 2 : len(valley) // 2 + 1])] = 2.0
    return np.sort(site[np.argsort(-score, kind="stable")[:n]])


def _place_in_town(
    settlements: Settlements, roads: RoadSet, commune: Ints, kind: Ints, draws: Draws
) -> Floats:
    """Beside a street near the centre; larger towns spread their counters wider."""
    streets = np.flatnonzero(
        roads.degrees(roads.for_cars() & (roads.road_class > MOTORWAY_LINK)) > 0
    )
    persons = settlements.persons[commune]
    n_near = int(min(64, len(streets)))
    street_at = Nearest(roads.xy[streets])
    _, near = street_at.find_several(settlements.xy[commune], n_near)
    spread = np.clip(np.sqrt(persons) / 4.0, 3.0, float(n_near))
    rows = np.arange(len(commune))
    pick = (draws.fork("street").uniform(rows) ** 2 * spread).astype(np.int64)
    base = roads.xy[streets[near[rows, pick]]]
    offset = np.column_stack(
        [draws.fork("dx").between(-32.0, 32.0, rows), draws.fork("dy").between(-32.0, 32.0, rows)]
    )
    # quarters of a city are kilometres apart
    reach = 0.55 * settlements.reach_m[commune] * (persons > 8_000)
    quarter = np.column_stack(
        [draws.fork("qx").between(-1.0, 1.0, rows), draws.fork("qy").between(-1.0, 1.0, rows)]
    )
    wide = np.array([kind.spacing > 0.0 for kind in KINDS])[kind]
    goal = settlements.xy[commune] + quarter * (reach * wide)[:, None]
    _, street = street_at.find(goal)
    return np.where((reach * wide > 0)[:, None], roads.xy[streets[street]], base) + offset


def _build_keys(kind: Ints, commune: Ints, communes: Communes) -> list[str]:
    keys = []
    used: dict[str, int] = {}
    for row, (k, c) in enumerate(zip(kind.tolist(), commune.tolist(), strict=True)):
        key = KINDS[k].key.format(n=1_042 + 7 * row, insee=communes.insee[c])
        used[key] = used.get(key, 0) + 1
        if used[key] > 1:  # a second office in one commune
            key = f"{key[:-2]}{used[key] + 10:02d}"
        keys.append(key)
    return keys


def _choose_hours(kind: Ints, persons: Floats, draws: Draws) -> list[str | None]:
    """A pattern of the kind; small places have the shorter ones of town halls."""
    chance = draws.uniform(np.arange(len(kind)))
    hours: list[str | None] = []
    for k, size, u in zip(kind.tolist(), persons.tolist(), chance.tolist(), strict=True):
        patterns = KINDS[k].hours
        if k == 0:
            first = 0 if size > 1_500 else 2
            patterns = patterns[first : first + 2] if size > 1_500 else patterns[first:]
        hours.append(patterns[int(u * len(patterns))])
    return hours


def _between(limits: list[tuple[float, float]], kind: Ints, chance: Floats, step: float) -> Floats:
    low, high = np.array(limits).T
    value = low[kind] + (high[kind] - low[kind]) * chance
    return np.round(value / step) * step
