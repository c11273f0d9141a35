"""A town on a line, whose answers a person can compute.

    P0 --10 min-- P1 --10 min-- P2 --10 min-- P3 --10 min-- P4
    West                                                    East

Everybody drives; 80 persons of 0-64 (A 85 %, B 10 %, C 5 %) and 20 of 65+ (50, 20, 30 %) live at
every place. Both counters offer post and bank at level 2.
"""

from __future__ import annotations

from pathlib import Path

TERRITORY = """\
format = 1
name = "Five places"

[places]
file = "places.csv"
key = "id"
name = "nom"
lon = "lon"
lat = "lat"

[zonings.canton]
column = "canton"

[groups."0-64"]
persons = "young"
ability = { p_b = 0.10, p_c = 0.05, n = 500, year = 2022, source = "invented" }
car_share = 1.0

[groups."65+"]
persons = "old"
ability = { p_b = 0.20, p_c = 0.30, n = 500, year = 2022, source = "invented" }
car_share = 1.0

[services.post]
[services.bank]

[counters]
file = "counters.csv"
key = "key"
name = "nom"
kind = "type"
lon = "lon"
lat = "lat"
opening_hours = "hours"

[counters.kinds]
Bureau = { post = 2, bank = 2 }

[networks.car]
nodes = "nodes.csv"
edges = "edges.csv"
"""

CLOSE_EAST = """\
name = "one desk less"

[[edits]]
do = "close"
key = "East"
"""


def write_town(folder: Path) -> Path:
    """Writes the town's files and `close_east.toml`; returns its territory.toml."""
    lon = [9 + 0.05 * i for i in range(5)]
    canton = ["West", "West", "West", "East", "East"]
    hours = "Mo-Fr 09:00-12:00"
    files = {
        "territory.toml": [TERRITORY],
        "close_east.toml": [CLOSE_EAST],
        "places.csv": [
            "id,nom,lon,lat,canton,young,old",
            *(f"P{i},Place {i},{lon[i]},42.2,{canton[i]},80,20" for i in range(5)),
        ],
        "nodes.csv": ["id,lon,lat", *(f"n{i},{lon[i]},42.2" for i in range(5))],
        "edges.csv": [
            "from,to,time_s,length_m,way",
            *(f"n{i},n{j},600,4100,{min(i, j)}" for i in range(5) for j in (i - 1, i + 1)
              if 0 <= j < 5),
        ],
        "counters.csv": [
            "key,nom,type,lon,lat,hours",
            f"West,Poste Ouest,Bureau,{lon[0]},42.2,{hours}",
            f"East,Poste Est,Bureau,{lon[4]},42.2,{hours}",
        ],
    }  # fmt: skip
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "territory.toml"
