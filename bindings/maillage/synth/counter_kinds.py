"""The kinds of counters that an invented country has, and how each network is laid out."""

from __future__ import annotations

from dataclasses import dataclass


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
    CounterKind(
        "Mairie",
        "Commune",
        {"town_hall": 2},
        0.50,
        0.0,
        0.35,
        (0.5, 4.0),
        (9_000, 60_000),
        _HALL,
        "mairie-{insee}-01",
    ),
    CounterKind(
        "Bureau de poste",
        "La Poste",
        {"post": 2, "bank": 2},
        0.15,
        9_000.0,
        0.05,
        (1.0, 5.0),
        (85_000, 260_000),
        (
            "Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00",
            "Mo-Fr 08:30-18:00; Sa 08:30-12:30",
            "Tu-Fr 09:00-12:00,13:30-16:00; Sa 09:00-11:30",
            "Mo-Sa 09:00-12:00",
        ),
        "{n:05d}A",
    ),
    CounterKind(
        "Agence postale communale",
        "La Poste",
        {"post": 1},
        0.095,
        0.0,
        0.75,
        (0.5, 1.0),
        (15_000, 22_000),
        ("Mo-Sa 09:00-12:00", "Mo-Fr 14:00-17:00", "Mo,Tu,Th,Fr 09:00-12:00; Sa 10:00-12:00"),
        "{n:05d}A",
    ),
    CounterKind(
        "Relais poste",
        "La Poste",
        {"post": 1},
        0.04,
        14_000.0,
        0.5,
        (0.5, 0.5),
        (3_600, 6_000),
        _SHOP,
        "{n:05d}B",
    ),
    CounterKind(
        "France Services",
        "France Services",
        {"tax": 1, "family": 1, "jobs": 1, "health": 1},
        0.058,
        60_000.0,
        0.3,
        (2.0, 2.5),
        (93_000, 150_000),
        (
            "Mo-Fr 09:00-12:00,13:30-16:30",
            "Mo,Tu,Th 09:00-12:30,13:30-17:00; We,Fr 09:00-12:30",
            "Mo-Fr 08:30-12:30,13:30-17:00; Sa 09:00-12:00",
        ),
        "{n}",
    ),
    CounterKind(
        "France Services (antenne)",
        "France Services",
        {"tax": 1, "family": 1, "jobs": 1, "health": 1},
        0.008,
        0.0,
        0.8,
        (1.0, 1.0),
        (25_000, 45_000),
        ("Tu 09:00-12:00,13:30-16:30; Fr 09:00-12:00", "Mo,Th 09:00-12:00,14:00-17:00"),
        "{n}",
    ),
    CounterKind(
        "France Services (bus)",
        "France Services",
        {"tax": 1, "family": 1, "jobs": 1, "health": 1},
        0.012,
        0.0,
        1.0,
        (2.0, 2.0),
        (20_000, 30_000),
        ("We 09:30-12:30", "Th 13:30-16:30", "Mo 09:30-12:30"),
        "{n}",
    ),
    CounterKind(
        "Service des impôts des particuliers",
        "DGFiP",
        {"tax": 2},
        0.015,
        120_000.0,
        0.0,
        (8.0, 30.0),
        (500_000, 1_900_000),
        _OFFICE,
        "sip-{insee}-01",
    ),
    CounterKind(
        "Trésorerie",
        "DGFiP",
        {"tax": 2},
        0.02,
        0.0,
        0.1,
        (3.0, 7.0),
        (180_000, 420_000),
        ("Mo-Th 09:00-12:00,13:30-16:00", "Mo,Tu,Th,Fr 08:45-12:00"),
        "tresorerie-{insee}-01",
    ),
    CounterKind(
        "CAF",
        "CAF",
        {"family": 2},
        0.02,
        150_000.0,
        0.02,
        (3.0, 20.0),
        (200_000, 1_200_000),
        _OFFICE,
        "caf-{insee}-01",
    ),
    CounterKind(
        "France Travail",
        "France Travail",
        {"jobs": 2},
        0.026,
        80_000.0,
        0.02,
        (15.0, 45.0),
        (900_000, 2_800_000),
        ("Mo-We,Fr 08:30-16:30; Th 08:30-12:30",),
        "ft-{insee}-01",
    ),
    CounterKind(
        "CPAM",
        "Assurance maladie",
        {"health": 2},
        0.016,
        150_000.0,
        0.02,
        (4.0, 18.0),
        (250_000, 1_100_000),
        _OFFICE,
        "cpam-{insee}-01",
    ),
    CounterKind(
        "CPAM point d'accueil",
        "Assurance maladie",
        {"health": 1},
        0.015,
        0.0,
        0.4,
        (1.0, 2.0),
        (40_000, 90_000),
        ("Tu,Fr 09:00-12:00", "We 09:00-12:00,14:00-16:00"),
        "cpam-{insee}-02",
    ),
]
SERVICES = ["post", "bank", "tax", "family", "jobs", "health", "town_hall"]
