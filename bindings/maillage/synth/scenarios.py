"""Three scenario files for an invented country: closures, a restructuring, a landslide."""

from __future__ import annotations

import numpy as np

from maillage.synth.arrays import Floats, Ints
from maillage.synth.counter_kinds import KINDS
from maillage.synth.country import SynthCountry
from maillage.synth.plane import Nearest
from maillage.synth.terrain import ORIGIN_X, ORIGIN_Y, Frame

_KIND = {kind.name: number for number, kind in enumerate(KINDS)}
_POSTAL = ("Bureau de poste", "Agence postale communale", "Relais poste")
_SLIDE_M = 260.0


def build_scenarios(country: SynthCountry) -> dict[str, str]:
    """The texts of the scenario files, by file name."""
    return {
        "scenario_closures.toml": _closures(country),
        "scenario_restructure.toml": _restructure(country),
        "scenario_landslide.toml": _landslide(country),
    }


def _closures(country: SynthCountry) -> str:
    blocks = [_block("close", key=country.counters.key[row]) for row in _lone_offices(country)[:3]]
    return (
        "# Three post offices close and nothing replaces them.\n"
        "# Run: maillage compare territory.toml scenario_closures.toml --service post\n"
        'format = 1\nname = "Three post offices close"\n' + "".join(blocks)
    )


def _restructure(country: SynthCountry) -> str:
    counters = country.counters
    offices = _lone_offices(country)
    treasury = int(np.flatnonzero(counters.kind == _KIND["Trésorerie"])[-1])
    lon, lat, commune = _unserved_commune(country)
    name = country.communes.name[commune]
    services = "{ post = 1, tax = 1, family = 1, jobs = 1, health = 1 }"
    return (
        "# A network is thinned out: two post offices become agencies (fewer services, the key\n"
        "# stays), two more and a tax office close, and a France Services opens that also\n"
        "# handles post. Edits apply in the order of this file. With --level 2 (the operator's\n"
        "# own desk) the agencies count as lost too.\n"
        "# Run: maillage compare territory.toml scenario_restructure.toml --service post\n"
        'format = 1\nname = "Fewer desks, one shared house"\n'
        + "".join(_block("close", key=counters.key[row]) for row in offices[3:5])
        + _block("close", key=counters.key[treasury])
        + "".join(
            _block("convert", key=counters.key[row], kind="Agence postale communale")
            for row in offices[:2]
        )
        + _block(
            "open",
            key="FS-NEW-1",
            name=f"France Services - {name}",
            kind="France Services",
            operator="France Services",
            lon=lon,
            lat=lat,
            services=services,
            opening_hours="Mo-Fr 09:00-12:00,13:30-16:30",
            agents=2.0,
            yearly_cost=98000.0,
        )
    )


def _landslide(country: SynthCountry) -> str:
    place = _slide_place(country)
    ring = place + _SLIDE_M * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    lon, lat = Frame().to_lonlat(ring)
    corners = ", ".join(
        f"[{x:.5f}, {y:.5f}]" for x, y in zip(lon.tolist(), lat.tolist(), strict=True)
    )
    helper = _open_longer(country, place)
    return (
        "# A landslide cuts the only road of the valley. Whoever lives beyond it can leave only\n"
        "# on foot; the nearest town hall opens every day.\n"
        "# Run: maillage compare territory.toml scenario_landslide.toml --service town_hall\n"
        'format = 1\nname = "Landslide in the valley"\n'
        + _block("close_road", polygon=f"[{corners}]")
        + _block("set_hours", key=country.counters.key[helper], opening_hours="Mo-Sa 08:00-18:00")
    )


# -- which counters ------------------------------------------------------------------------------


def _counters_xy(country: SynthCountry, rows: Ints) -> Floats:
    return country.settlements.xy[country.counters.commune[rows]]


def _lone_offices(country: SynthCountry) -> list[int]:
    """Post offices outside the larger towns, those first whose closing lengthens most ways."""
    counters, settlements = country.counters, country.settlements
    postal = np.flatnonzero(np.isin(counters.kind, [_KIND[name] for name in _POSTAL]))
    places, number = np.unique(counters.commune[postal], return_counts=True)
    people = country.population
    plane = people.lambert - np.array([ORIGIN_X, ORIGIN_Y])
    distance, nearest = Nearest(settlements.xy[places]).find_several(plane, 2)
    loss = np.zeros(len(settlements))
    farther = (distance[:, 1] - distance[:, 0]) * people.persons.sum(axis=1)
    loss[places] = np.bincount(nearest[:, 0], weights=farther, minlength=len(places))
    loss[places[number > 1]] *= 0.01  # another one stands beside it
    office = np.flatnonzero(counters.kind == _KIND["Bureau de poste"])
    where = counters.commune[office]
    small = (settlements.persons[where] < 6_000) & (settlements.setting[where] == 0)
    return office[np.argsort(-loss[where] * np.where(small, 1.0, 1e-6), kind="stable")].tolist()


def _unserved_commune(country: SynthCountry) -> tuple[float, float, int]:
    """Point and number of a commune of some size that is farthest from any post."""
    counters, settlements = country.counters, country.settlements
    postal = np.isin(counters.kind, [_KIND[name] for name in _POSTAL])
    places = np.unique(counters.commune[postal])
    distance, _ = Nearest(settlements.xy[places]).find(settlements.xy)
    score = distance * np.sqrt(settlements.persons) * (settlements.setting == 0)
    best = int(np.argmax(score))
    lon, lat = Frame().to_lonlat(settlements.xy[[best]])
    return round(float(lon[0]), 5), round(float(lat[0]), 5), best


def _slide_place(country: SynthCountry) -> Floats:
    """A place on the valley's road, about half way up."""
    roads, nodes = country.mapped.roads, country.mapped.nodes
    piece = np.flatnonzero(
        roads.in_valley & (roads.road_class == roads.road_class[roads.in_valley].min())
    )
    communes = country.settlements.xy[country.settlements.setting == 1]
    goal = 0.5 * (communes[1] + communes[2]) if len(communes) > 2 else communes[0]
    middle = 0.5 * (roads.xy[roads.a[piece]] + roads.xy[roads.b[piece]])
    best = piece[int(np.argmin(((middle - goal) ** 2).sum(axis=1)))]
    if nodes.count[best] > 0:
        return nodes.xy[nodes.first[best] + nodes.count[best] // 2]
    return 0.5 * (roads.xy[roads.a[best]] + roads.xy[roads.b[best]])


def _open_longer(country: SynthCountry, place: Floats) -> int:
    """The town hall nearest to the landslide."""
    halls = np.flatnonzero(country.counters.kind == _KIND["Mairie"])
    distance = ((_counters_xy(country, halls) - place) ** 2).sum(axis=1)
    return int(halls[np.argmin(distance)])


# -- text ----------------------------------------------------------------------------------------


def _block(do: str, **values: str | float) -> str:
    lines = [f'\n[[edits]]\ndo = "{do}"']
    for name, value in values.items():
        if isinstance(value, str) and not value.startswith(("[", "{")):
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        else:
            text = str(value)
        lines.append(f"{name} = {text}")
    return "\n".join(lines) + "\n"
