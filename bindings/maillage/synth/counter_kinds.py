"""The kinds of counters that an invented country has, and how each network is laid out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CounterKind:
    """One kind of counter and how its network is laid out.

    `key` how its keys are written; `share` of all counters; `spacing` persons that a place
    must have more for a second one (0: one a place at most); `rural` 0 = the largest places
    first, 1 = any place; `agents` low and high; `cost` low and high in euro a year; `hours`
    patterns, None = not known.
    """

    name: str
    operator: str
    key: str
    services: dict[str, int]
    share: float
    spacing: float
    rural: float
    agents: tuple[float, float]
    cost: tuple[float, float]
    hours: tuple[str | None, ...]


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
# Shares after the sizes of the national networks: 35,000 town halls, 17,000 postal points of
# which 54 % are the operator's own, 2,800 France Services (80 % fixed), 900 France Travail,
# 1,150 CAF. Levels: 1 = first help, 2 = the operator's own desk. Yearly costs of France
# Services as the general inspection found them for 2020 (94,000 in the country to 200,000
# euro in poor quarters); the others are round figures of ours.
KINDS = [
    CounterKind(
        name="Mairie",
        operator="Commune",
        key="mairie-{insee}-01",
        services={"town_hall": 2},
        share=0.57,
        spacing=0.0,
        rural=0.35,
        agents=(0.5, 4.0),
        cost=(9_000, 60_000),
        hours=_HALL,
    ),
    CounterKind(
        name="Bureau de poste",
        operator="La Poste",
        key="{n:05d}A",
        services={"post": 2, "bank": 2},
        share=0.15,
        spacing=9_000.0,
        rural=0.05,
        agents=(1.0, 5.0),
        cost=(85_000, 260_000),
        hours=(
            "Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00",
            "Mo-Fr 08:30-18:00; Sa 08:30-12:30",
            "Tu-Fr 09:00-12:00,13:30-16:00; Sa 09:00-11:30",
            "Mo-Sa 09:00-12:00",
        ),
    ),
    CounterKind(
        name="Agence postale communale",
        operator="La Poste",
        key="{n:05d}A",
        services={"post": 1},
        share=0.095,
        spacing=0.0,
        rural=0.75,
        agents=(0.5, 1.0),
        cost=(15_000, 22_000),
        hours=("Mo-Sa 09:00-12:00", "Mo-Fr 14:00-17:00", "Mo,Tu,Th,Fr 09:00-12:00; Sa 10:00-12:00"),
    ),
    CounterKind(
        name="Relais poste",
        operator="La Poste",
        key="{n:05d}B",
        services={"post": 1},
        share=0.04,
        spacing=14_000.0,
        rural=0.5,
        agents=(0.5, 0.5),
        cost=(3_600, 6_000),
        hours=_SHOP,
    ),
    CounterKind(
        name="France Services",
        operator="France Services",
        key="{n}",
        services={"tax": 1, "family": 1, "jobs": 1, "health": 1},
        share=0.04,
        spacing=60_000.0,
        rural=0.3,
        agents=(2.0, 2.5),
        cost=(93_000, 150_000),
        hours=(
            "Mo-Fr 09:00-12:00,13:30-16:30",
            "Mo,Tu,Th 09:00-12:30,13:30-17:00; We,Fr 09:00-12:30",
            "Mo-Fr 08:30-12:30,13:30-17:00; Sa 09:00-12:00",
        ),
    ),
    CounterKind(
        name="France Services (antenne)",
        operator="France Services",
        key="{n}",
        services={"tax": 1, "family": 1, "jobs": 1, "health": 1},
        share=0.005,
        spacing=0.0,
        rural=0.8,
        agents=(1.0, 1.0),
        cost=(25_000, 45_000),
        hours=("Tu 09:00-12:00,13:30-16:30; Fr 09:00-12:00", "Mo,Th 09:00-12:00,14:00-17:00"),
    ),
    CounterKind(
        name="France Services (bus)",
        operator="France Services",
        key="{n}",
        services={"tax": 1, "family": 1, "jobs": 1, "health": 1},
        share=0.007,
        spacing=0.0,
        rural=1.0,
        agents=(2.0, 2.0),
        cost=(20_000, 30_000),
        hours=("We 09:30-12:30", "Th 13:30-16:30", "Mo 09:30-12:30"),
    ),
    CounterKind(
        name="Service des impôts des particuliers",
        operator="DGFiP",
        key="sip-{insee}-01",
        services={"tax": 2},
        share=0.01,
        spacing=120_000.0,
        rural=0.0,
        agents=(8.0, 30.0),
        cost=(500_000, 1_900_000),
        hours=_OFFICE,
    ),
    CounterKind(
        name="Trésorerie",
        operator="DGFiP",
        key="tresorerie-{insee}-01",
        services={"tax": 2},
        share=0.016,
        spacing=0.0,
        rural=0.1,
        agents=(3.0, 7.0),
        cost=(180_000, 420_000),
        hours=("Mo-Th 09:00-12:00,13:30-16:00", "Mo,Tu,Th,Fr 08:45-12:00"),
    ),
    CounterKind(
        name="CAF",
        operator="CAF",
        key="caf-{insee}-01",
        services={"family": 2},
        share=0.016,
        spacing=150_000.0,
        rural=0.02,
        agents=(3.0, 20.0),
        cost=(200_000, 1_200_000),
        hours=_OFFICE,
    ),
    CounterKind(
        name="France Travail",
        operator="France Travail",
        key="ft-{insee}-01",
        services={"jobs": 2},
        share=0.018,
        spacing=80_000.0,
        rural=0.02,
        agents=(15.0, 45.0),
        cost=(900_000, 2_800_000),
        hours=("Mo-We,Fr 08:30-16:30; Th 08:30-12:30",),
    ),
    CounterKind(
        name="CPAM",
        operator="Assurance maladie",
        key="cpam-{insee}-01",
        services={"health": 2},
        share=0.012,
        spacing=150_000.0,
        rural=0.02,
        agents=(4.0, 18.0),
        cost=(250_000, 1_100_000),
        hours=_OFFICE,
    ),
    CounterKind(
        name="CPAM point d'accueil",
        operator="Assurance maladie",
        key="cpam-{insee}-02",
        services={"health": 1},
        share=0.012,
        spacing=0.0,
        rural=0.4,
        agents=(1.0, 2.0),
        cost=(40_000, 90_000),
        hours=("Tu,Fr 09:00-12:00", "We 09:00-12:00,14:00-16:00"),
    ),
]
SERVICES = ["post", "bank", "tax", "family", "jobs", "health", "town_hall"]
