"""A small territory on straight lines, of which tests change one table or section at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import maillage as ml

TOML = """format = 1
name = "flat"
[places]
file = "places.csv"
key = "id"
lon = "lon"
lat = "lat"
[zonings.half]
column = "half"
[groups."18-24"]
persons = "young"
car_share = 0.8
[groups."80+"]
persons = "old"
car_share = 0.5
[connectivity]
file = "fibre.csv"
key = "id"
wired_8 = "w8"
mobile_4g = "m4"
[services.post]
[services.bank]
[counters]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = { post = 1, bank = 1 }
COLUMNS
[networks]
[networks.crow]
CROW
[parameters]
OWN
"""


def draw_places(n: int = 30) -> pd.DataFrame:
    """Places of chance in half a degree of latitude and longitude."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"id": [f"P{i}" for i in range(n)], "lon": 2 + rng.uniform(0, 0.6, n),
         "lat": 46 + rng.uniform(0, 0.6, n), "young": rng.integers(10, 100, n),
         "old": rng.integers(1, 50, n), "half": np.where(np.arange(n) < n // 2, "W", "E")}
    )  # fmt: skip


def write_flat(
    folder: Path,
    *,
    rows: str = "",
    own: str = "",
    crow: str = "",
    counters: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
) -> Path:
    """Writes the files; `rows` are rows of its own table of parameters, separated by spaces.

    Columns `agents`, `opening_hours` and `operator` of `counters` are read when they are there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = draw_places() if places is None else places
    places.to_csv(folder / "places.csv", index=False)
    desks = places.head(3)[["id", "lon", "lat"]] if counters is None else counters
    desks.to_csv(folder / "counters.csv", index=False)
    places.assign(w8=0.6, m4=0.1)[["id", "w8", "m4"]].to_csv(folder / "fibre.csv", index=False)
    if rows:
        head = "name;value;low;high;n\n"
        lines = [line + ";" * (4 - line.count(";")) for line in rows.split()]
        (folder / "mine.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
        own = f'file = "mine.csv"\n{own}'
    known = [c for c in ("agents", "opening_hours", "operator") if c in desks]
    columns = "\n".join(f'{column} = "{column}"' for column in known)
    text = TOML.replace("OWN", own).replace("CROW", crow).replace("COLUMNS", columns)
    path = folder / "territory.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read_flat(folder: Path, **how: Any) -> ml.Territory:
    """The territory of `write_flat`."""
    return ml.read_territory(write_flat(folder, **how), cache=False, progress=False)
