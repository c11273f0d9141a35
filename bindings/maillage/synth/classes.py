"""Classes of roads as generated, and the free-flow speeds by which coaches and checks go."""

from __future__ import annotations

import numpy as np

MOTORWAY = 0
MOTORWAY_LINK = 1
TRUNK = 2
PRIMARY = 3
SECONDARY = 4
TERTIARY = 5
UNCLASSIFIED = 6
RESIDENTIAL = 7
LIVING_STREET = 8
SERVICE = 9
TRACK = 10
PEDESTRIAN = 11
FOOTWAY = 12
PATH = 13
STEPS = 14
FERRY = 15

# Values of OpenStreetMap's highway tag; a ferry has route=ferry instead.
HIGHWAY = [
    "motorway",
    "motorway_link",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "track",
    "pedestrian",
    "footway",
    "path",
    "steps",
    "ferry",
]
# Mean speeds in km/h on the open road, for timetables only; 0 = not for cars.
CAR_KMH = np.array([115, 50, 85, 72, 62, 55, 45, 28, 12, 12, 0, 0, 0, 0, 0, 18], dtype=np.float64)
N_CLASSES = len(HIGHWAY)


def is_for_cars(road_class: np.ndarray) -> np.ndarray:
    """Whether cars use a class (tracks and footpaths are left out)."""
    return CAR_KMH[road_class] > 0
