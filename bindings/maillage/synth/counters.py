"""Counters like those of the French networks: post, town halls, France Services, taxes, benefits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from maillage.synth.classes import MOTORWAY_LINK
from maillage.synth.communes import Communes
from maillage.synth.draws import Draws
from maillage.synth.roadset import RoadSet
from maillage.synth.settlements import Settlements
from maillage.synth.terrain import Frame

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CounterKind:
    """One kind of counter and how its network is laid out.

    `share` of all counters; `spacing` persons that a place must have more for a second one
    (0: one a place at most); `rural` 0 = the largest places first, 1 = any place; `agents`
    low and high; `cost` low and high in euro a year; `hours` patterns, None = not known.
    """

    name: str
    operator: str
    services: dict[str, int]
    share: float
    spacing: float
    rural: float
    agents: tuple[float, float]
    cost: tuple[float, float]
    hours: tuple[str | None, ...]
    key: str = ""


_SHOP = ("Mo-Sa 08:00-12:30,15:00-19:00", "Tu-Sa 07:30-13:00,16:00-19:30; Su 08:00-12:30", None)
_OFFICE = ("Mo-Fr 08:30-12:00,13:30-16:30", "Mo-Th 08:45-12:00,13:15-16:15; Fr 08:45-12:00")
_HALL = (
    "Mo-Fr 09:00-12:00,14:00-17:00",
    "Mo,Tu,Th,Fr 08:30-12:00,13:30-17:30; We 08:30-12:00",
    "Tu 14:00-18:00; Fr 09:00-12:00",
    "Mo,Th 13:30-17:30; Sa 09:00-12:00",
    "Tu,Th 09:00-12:00",
    "We 14:00-17:00",
    None,
)
# Shares after the sizes of the national networks: 17,000 postal points of which 54 % are the
# operator's own, 35,000 town halls, 2,800 France Services (80 % fixed), 900 France Travail,
# 1,150 CAF. Levels: 1 = first help, 2 = the operator's own desk. Yearly costs of France
# Services as found by the 2020 audit (94,000 to 200,000 euro); the others are round figures.
KINDS = [
    CounterKind("Mairie", "Commune", {"town_hall": 2}, 0.50, 0.0, 0.35, (0.5, 4.0),
                (9_000, 60_000), _HALL, "mairie-{insee}-01"),
    CounterKind("Bureau de poste", "La Poste", {"post": 2, "bank": 2}, 0.15, 9_000.0, 0.05,
                (1.0, 5.0), (85_000, 260_000),
                ("Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00", "Mo-Fr 08:30-18:00; Sa 08:30-12:30",
                 "Tu-Fr 09:00-12:00,13:30-16:00; Sa 09:00-11:30", "Mo-Sa 09:00-12:00"), "{n:05d}A"),
    CounterKind("Agence postale communale", "La Poste", {"post": 1}, 0.095, 0.0, 0.75,
                (0.5, 1.0), (15_000, 22_000),
                ("Mo-Sa 09:00-12:00", "Mo-Fr 14:00-17:00", "Mo,Tu,Th,Fr 09:00-12:00; Sa 10:00-12:00"),
                "{n:05d}A"),
    CounterKind("Relais poste", "La Poste", {"post": 1}, 0.04, 14_000.0, 0.5, (0.5, 0.5),
                (3_600, 6_000), _SHOP, "{n:05d}B"),
    CounterKind("France Services", "France Services",
                {"tax": 1, "family": 1, "jobs": 1, "health": 1}, 0.058, 60_000.0, 0.3, (2.0, 2.5),
                (93_000, 150_000), ("Mo-Fr 09:00-12:00,13:30-16:30",
                "Mo,Tu,Th 09:00-12:30,13:30-17:00; We,Fr 09:00-12:30",
                "Mo-Fr 08:30-12:30,13:30-17:00; Sa 09:00-12:00"), "{n}"),
    CounterKind("France Services (antenne)", "France Services",
                {"tax": 1, "family": 1, "jobs": 1, "health": 1}, 0.008, 0.0, 0.8, (1.0, 1.0),
                (25_000, 45_000), ("Tu 09:00-12:00,13:30-16:30; Fr 09:00-12:00",
                "Mo,Th 09:00-12:00,14:00-17:00"), "{n}"),
    CounterKind("France Services (bus)", "France Services",
                {"tax": 1, "family": 1, "jobs": 1, "health": 1}, 0.012, 0.0, 1.0, (2.0, 2.0),
                (20_000, 30_000), ("We 09:30-12:30", "Th 13:30-16:30", "Mo 09:30-12:30"), "{n}"),
    CounterKind("Service des impôts des particuliers", "DGFiP", {"tax": 2}, 0.015, 120_000.0, 0.0,
                (8.0, 30.0), (500_000, 1_900_000), _OFFICE, "sip-{insee}-01"),
    CounterKind("Trésorerie", "DGFiP", {"tax": 2}, 0.02, 0.0, 0.1, (3.0, 7.0), (180_000, 420_000),
                ("Mo-Th 09:00-12:00,13:30-16:00", "Mo,Tu,Th,Fr 08:45-12:00"), "tresorerie-{insee}-01"),
    CounterKind("CAF", "CAF", {"family": 2}, 0.02, 150_000.0, 0.02, (3.0, 20.0),
                (200_000, 1_200_000), _OFFICE, "caf-{insee}-01"),
    CounterKind("France Travail", "France Travail", {"jobs": 2}, 0.026, 80_000.0, 0.02,
                (15.0, 45.0), (900_000, 2_800_000),
                ("Mo-We,Fr 08:30-16:30; Th 08:30-12:30",), "ft-{insee}-01"),
    CounterKind("CPAM", "Assurance maladie", {"health": 2}, 0.016, 150_000.0, 0.02, (4.0, 18.0),
                (250_000, 1_100_000), _OFFICE, "cpam-{insee}-01"),
    CounterKind("CPAM point d'accueil", "Assurance maladie", {"health": 1}, 0.015, 0.0, 0.4,
                (1.0, 2.0), (40_000, 90_000), ("Tu,Fr 09:00-12:00", "We 09:00-12:00,14:00-16:00"),
                "cpam-{insee}-02"),
]  # fmt: skip
SERVICES = ["post", "bank", "tax", "family", "jobs", "health", "town_hall"]


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
    number[1] += n_counters - number.sum()  # post offices are what is left
    if number[1] < 1:
        raise ValueError(f"n_counters is {n_counters}, expected at least {2 * len(KINDS)}")
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
    streets = np.flatnonzero(roads.degrees(roads.for_cars() & (roads.road_class > MOTORWAY_LINK)) > 0)
    persons = settlements.persons[commune]
    n_near = int(min(64, len(streets)))
    _, near = cKDTree(roads.xy[streets]).query(settlements.xy[commune], k=n_near)
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
    _, street = cKDTree(roads.xy[streets]).query(goal)
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


def _between(
    limits: list[tuple[float, float]], kind: Ints, chance: Floats, step: float
) -> Floats:
    low, high = np.array(limits).T
    value = low[kind] + (high[kind] - low[kind]) * chance
    return np.round(value / step) * step
