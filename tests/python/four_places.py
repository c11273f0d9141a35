"""Four places on a line without roads, in files that a test may change: all is easy to reckon.

Straight lines: by car 1.3 x the way at 50 km/h, on foot at 4.5 km/h (80+: 3 km/h).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import maillage as ml

PLACES = """code;nom;epci;lon;lat;jeunes;vieux
48001;Albaret;E1;3.50;44.50;100;50
48002;Allenc;E1;3.60;44.50;200;80
48003;Altier;E2;3.70;44.50;300;120
48004;Antrenas;E2;3.90;44.60;50;60
"""
COUNTERS = """id,lon,lat
P1,3.50,44.50
P2,3.62,44.50
P3,3.80,44.55
"""
LINES = """insee;l8;g4
48001;0,9;0,9
48002;0,5;0,5
48003;0,5;0
48004;0;0,2
"""
TOML = """format = 1
name = "Four"
[places]
file = "places.csv"
key = "code"
name = "nom"
lon = "lon"
lat = "lat"
[zonings.epci]
column = "epci"
[groups."18-24"]
persons = "jeunes"
car_share = 0.8
[groups."80+"]
persons = "vieux"
car_share = 0.5
walk_speed_kmh = 3
[connectivity]
file = "lines.csv"
key = "insee"
wired_8 = "l8"
mobile_4g = "g4"
[services.post]
[[counters]]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = { post = 1 }
[networks.crow]
"""


def write_four(
    folder: Path,
    *,
    places: str = PLACES,
    counters: str = COUNTERS,
    lines: str = LINES,
    change: Mapping[str, str] | None = None,
) -> Path:
    """The files; `change` replaces words of the territory file."""
    toml = TOML
    for old, new in (change or {}).items():
        assert old in toml
        toml = toml.replace(old, new)
    files = {"places.csv": places, "counters.csv": counters, "lines.csv": lines}
    for name, text in {**files, "territory.toml": toml}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "territory.toml"


def read_four(
    folder: Path,
    *,
    places: str = PLACES,
    counters: str = COUNTERS,
    lines: str = LINES,
    change: Mapping[str, str] | None = None,
) -> ml.Territory:
    """The territory of the files."""
    path = write_four(folder, places=places, counters=counters, lines=lines, change=change)
    return ml.read_territory(path, cache=False, progress=False)


def find_text(territory: ml.Territory, kind: str) -> str:
    """The examples of a finding."""
    return territory.findings.set_index("kind").loc[kind, "examples"]
