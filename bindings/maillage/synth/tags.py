"""Tags of ways, nodes and restrictions in OpenStreetMap's words, French rules included."""

from __future__ import annotations

import numpy as np

from maillage.synth.arrays import Bools, Ints
from maillage.synth.classes import (
    FERRY,
    FOOTWAY,
    HIGHWAY,
    LIVING_STREET,
    MOTORWAY,
    MOTORWAY_LINK,
    PATH,
    RESIDENTIAL,
    SECONDARY,
    SERVICE,
    TERTIARY,
    TRACK,
    TRUNK,
    UNCLASSIFIED,
)
from maillage.synth.draws import Draws
from maillage.synth.roadset import (
    AGRICULTURAL,
    DESTINATION,
    NO_MOTOR,
    PERMISSIVE,
    PRIVATE,
    RoadSet,
)

TagSet = list[tuple[str, str]]

MAXSPEEDS = ["", "130", "110", "90", "80", "70", "50", "30", "20", "FR:urban", "FR:rural", "walk"]
MAXSPEEDS += ["FR:zone30"]
# Chance of each value of maxspeed by kind of road; the rest has none. Shares as seen in
# extracts of rural France: most main roads tagged, most lanes not.
_LIMITS: dict[str, dict[str, float]] = {
    "motorway": {"130": 0.8, "110": 0.2},
    "ramp": {"70": 0.25, "50": 0.2, "90": 0.1},
    "main_rural": {"80": 0.5, "90": 0.13, "70": 0.05, "FR:rural": 0.07},
    "tertiary_rural": {"80": 0.25, "70": 0.04, "FR:rural": 0.04},
    "lane_rural": {"80": 0.04, "50": 0.04, "FR:rural": 0.02},
    "main_urban": {"50": 0.6, "30": 0.12, "FR:urban": 0.12},
    "street": {"50": 0.14, "30": 0.24, "FR:urban": 0.06, "FR:zone30": 0.05},
    "living": {"20": 0.3, "walk": 0.2},
}
_STREETS = """Grande Rue;Rue de la Mairie;Rue de l'Église;Rue des Écoles;Place du Marché
Rue de la Fontaine;Rue du Moulin;Rue du Château;Chemin des Vignes;Rue de la Gare
Rue Haute;Rue Basse;Impasse du Puits;Rue des Tilleuls;Rue du Lavoir;Rue de la Poste
Allée des Érables;Rue du Four;Rue des Jardins;Rue du Stade;Route de la Forêt;Rue du Pont
Avenue de la République;Rue de la Paix;Rue du Général Leclerc;Rue des Lilas;Rue du Cimetière
Rue de Verdun;Chemin du Calvaire;Rue des Acacias;Rue Victor Hugo;Rue Pasteur;Rue Jean Jaurès
Boulevard Carnot;Rue du 8 Mai 1945;Rue des Peupliers;Chemin de Halage;Rue de la Liberté
Quai Neuf;Rue du Commerce""".replace("\n", ";").split(";")
FERRY_DURATION_MIN_PER_KM = 3.4


def choose_speed_tags(roads: RoadSet, draws: Draws) -> Ints:
    """Index into MAXSPEEDS per piece; the same over some kilometres of one class of road."""
    middle = 0.5 * (roads.xy[roads.a] + roads.xy[roads.b])
    patch = np.floor(middle / 3_500.0).astype(np.int64)
    chance = draws.fork("maxspeed").uniform(
        patch[:, 0] * 1_000_003 + patch[:, 1] * 101 + roads.road_class
    )
    town = roads.urban > 0.12
    main = (roads.road_class >= TRUNK) & (roads.road_class <= SECONDARY)
    tag = np.zeros(len(roads), dtype=np.int64)
    kinds = {
        "motorway": roads.road_class == MOTORWAY,
        "ramp": roads.road_class == MOTORWAY_LINK,
        "main_rural": main & ~town,
        "tertiary_rural": (roads.road_class == TERTIARY) & ~town,
        "lane_rural": (roads.road_class == UNCLASSIFIED) & ~town,
        "main_urban": (main | (roads.road_class == TERTIARY)) & town,
        "street": roads.road_class == RESIDENTIAL,
        "living": roads.road_class == LIVING_STREET,
    }
    for kind, rows in kinds.items():
        low = 0.0
        for value, share in _LIMITS[kind].items():
            tag[rows & (chance >= low) & (chance < low + share)] = MAXSPEEDS.index(value)
            low += share
    tag[roads.roundabout] = 0
    # the valley's one road: narrow, and slower the farther up
    lane = roads.in_valley & (roads.road_class <= UNCLASSIFIED)
    tag[lane] = np.where(roads.mountain[lane] > 0.97, MAXSPEEDS.index("20"), MAXSPEEDS.index("30"))
    return tag


def build_signature(roads: RoadSet, speed_tag: Ints) -> Ints:
    """One number per piece that says all that a way must have in common."""
    flags = roads.oneway * 1 + roads.roundabout * 2 + roads.bridge * 4 + roads.in_valley * 8
    signature = roads.ref.astype(np.int64)
    for value, size in ((roads.road_class, 32), (flags, 16), (roads.access, 8), (speed_tag, 32)):
        signature = signature * size + value
    return signature


def build_way_tags(
    roads: RoadSet, signature: Ints, ferry_min: Ints, draws: Draws
) -> tuple[list[TagSet], Ints, Bools]:
    """Distinct tag sets, the index of each way's set, and which ways are drawn against traffic.

    `roads` has one row per way; `ferry_min` its minutes where it is a ferry.
    """
    keys = np.arange(len(roads))
    chance = draws.fork("variant").uniform(keys)
    free_oneway = roads.oneway & ~roads.roundabout & (roads.road_class > MOTORWAY_LINK)
    variant = np.zeros(len(roads), dtype=np.int64)
    variant[free_oneway & (chance < 0.05)] = 1  # oneway=-1
    variant[free_oneway & (chance > 0.97)] = 2  # oneway=true
    variant[free_oneway & (chance > 0.45) & (chance < 0.8)] = 3  # oneway:bicycle=no
    variant[(roads.road_class == MOTORWAY) & (chance < 0.3)] = 4  # oneway left to the class
    variant[(roads.road_class == TRACK)] = 1 + (5.0 * chance[roads.road_class == TRACK]).astype(int)
    named = (roads.road_class == RESIDENTIAL) | (roads.road_class == LIVING_STREET)
    pick = (draws.fork("name").bits(keys) % np.uint64(len(_STREETS))).astype(np.int64)
    name = np.where(named & (draws.fork("named").uniform(keys) < 0.75), 1 + pick, 0)
    full = ((signature * 8 + variant) * 64 + name) * 512 + ferry_min
    _, first, index = np.unique(full, return_index=True, return_inverse=True)
    sets = [
        _way_tags(roads, int(row), int(variant[row]), int(name[row]))
        + _speed_tags(int(signature[row]) % 32)
        + _ferry_tags(int(ferry_min[row]))
        for row in first
    ]
    return sets, index, free_oneway & (variant == 1)


def _way_tags(roads: RoadSet, row: int, variant: int, name: int) -> TagSet:
    road_class, ref = int(roads.road_class[row]), int(roads.ref[row])
    if road_class == FERRY:
        return [("route", "ferry"), ("motor_vehicle", "yes"), ("foot", "yes"), ("bicycle", "yes")]
    tags: TagSet = [("highway", HIGHWAY[road_class])]
    letter = {MOTORWAY: "A", TRUNK: "N"}.get(road_class, "D")
    if ref:
        tags.append(("ref", f"{letter} {ref}"))
    if roads.roundabout[row]:
        tags.append(("junction", "roundabout"))
    elif roads.oneway[row] and variant != 4:
        tags.append(("oneway", {1: "-1", 2: "true"}.get(variant, "yes")))
        if variant == 3:
            tags.append(("oneway:bicycle", "no"))
    if roads.bridge[row]:
        tags += [("bridge", "yes"), ("layer", "1")]
    tags += _access_tags(int(roads.access[row]))
    if road_class == TRACK:
        tags.append(("tracktype", f"grade{variant}"))
    if road_class == SERVICE:
        tags.append(("service", "driveway"))
    if road_class == PATH:
        tags.append(("surface", "ground"))
    if road_class == FOOTWAY:
        tags.append(("bicycle", "dismount"))
    if roads.in_valley[row] and road_class <= UNCLASSIFIED:
        tags.append(("surface", "gravel"))
    if name:
        tags.append(("name", _STREETS[name - 1]))
    return tags


def _access_tags(access: int) -> TagSet:
    return {
        PRIVATE: [("access", "private")],
        DESTINATION: [("access", "destination")],
        PERMISSIVE: [("access", "permissive")],
        NO_MOTOR: [("motor_vehicle", "no")],
        AGRICULTURAL: [("motor_vehicle", "agricultural")],
    }.get(access, [])


def _speed_tags(speed_tag: int) -> TagSet:
    return [("maxspeed", MAXSPEEDS[speed_tag])] if speed_tag else []


def _ferry_tags(minutes: int) -> TagSet:
    return [("duration", f"{minutes // 60:02d}:{minutes % 60:02d}")] if minutes else []
