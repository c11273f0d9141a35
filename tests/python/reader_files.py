"""Small files for the tests of the readers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maillage.config_sections import TableSource
from maillage.findings import Findings
from maillage.geo.tables import Table, read_table


def write_text(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """A file of text; lines keep the ends that they have."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def open_table(path: Path, columns: Sequence[str], **keys: Any) -> Table:
    """The named columns of a file; `keys` as in a section of the territory file."""
    return read_table(TableSource(file=path, **keys), columns, Findings())


def write_territory(folder: Path, **changes: str) -> Path:
    """A territory of four places in two communes with two counters, all of it CSV.

    `changes` replace whole files by name (`places`, `counters`) or lines of the sections
    (`population`, `more`), so that a test states only what it is about.
    """
    places = (
        "id,nom,lon,lat,commune,young,old\n"
        "P1,Bourg,9.10,42.10,2A001,10,5.5\n"
        "P2,Hameau,9.20,42.15,2A001,3,0\n"
        "P3,Ville,9.30,42.20,2B002,100,50\n"
        "P4,Col,9.40,42.25,2B002,1,2\n"
    )
    counters = (
        "code,nom,lon,lat,type\n"
        "K1,Poste du bourg,9.11,42.11,bureau\n"
        "K2,Agence de ville,9.31,42.21,agence\n"
    )
    write_text(folder, "places.csv", changes.get("places", places))
    write_text(folder, "counters.csv", changes.get("counters", counters))
    text = f"""
format = 1
name = "Essai"
[places]
file = "places.csv"
key = "id"
name = "nom"
lon = "lon"
lat = "lat"
{changes.get("places_keys", "")}
[zonings.commune]
column = "commune"
[groups.young]
persons = "young"
ability = "18-24"
car_share = 0.9
[groups.old]
persons = "old"
ability = "75+"
car_share = 0.6
{changes.get("population", "")}
{changes.get("more", "")}
[counters]
file = "counters.csv"
key = "code"
name = "nom"
lon = "lon"
lat = "lat"
kind = "type"
{changes.get("counters_keys", "")}
[counters.kinds]
bureau = {{ post = 2, bank = 1 }}
agence = {{ post = 1 }}
"""
    return write_text(folder, "territory.toml", text)
