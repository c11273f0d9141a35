"""Writes the real territory of Corsica as a `territory.toml` beside which nothing is copied.

Places are census cells of 1 km, counters La Poste's network of June 2014, roads the tables
derived from OSM, fibre ARCEP's first quarter of 2018. `write_corse(shared_data, folder)`
gives the path of the file.
"""

from __future__ import annotations

from pathlib import Path

TERRITORY = """\
format = 1
name = "Corse"

[places]
file = "{data}/grid_1km.csv"
key = ["x3035", "y3035"]
lon = "lon"
lat = "lat"

[zonings.commune]
file = "{data}/communes.geojson"
key = "code"
name = "nom"
nearest_within_m = 2000          # cells on the shore have their centre in the sea

[zonings.departement]            # cells on a border have `2A*` in their own column dep
of = "commune"
file = "{data}/communes.csv"
key = "insee"
column = "dep"

[groups."0-14"]
persons = "Y_LT15"
ability = "18-24"
car_share = 0.9
[groups."15-64"]
persons = "Y_1564"
ability = ["18-24", "25-39", "40-54", "55-64"]
car_share = 0.85
[groups."65+"]
persons = "Y_GE65"
ability = ["65-79", "80+"]
car_share = 0.72
walk_speed_kmh = 3.5

[connectivity]                   # fibre only: what copper carried is not in the table
file = "{data}/communes.csv"
key = "insee"
zoning = "commune"
wired_1000 = "locaux_ftth_2018T1"
premises = "logements_arcep_2018"
adequate_mbit = 1000

[services.post]
label = "La Poste"
operator_phone = {{ reach = 0.8, resolution = 0.67 }}

[counters]
file = "{data}/counters.csv"
key = "source_id"
lon = "lon"
lat = "lat"
name = "name"
kind = "type"
operator_name = "La Poste"
where = {{ source = "{edition}" }}
[counters.kinds]
{kinds}

[networks]
nodes = "{data}/road_nodes.csv.gz"
edges = "{data}/road_edges_car.csv.gz"
[networks.car]
columns = {{ length_m = "length_m", speed_ms = "freespeed_ms", way = "osm_way_id" }}
whole_kmh = true                 # metres a second are printed with four decimals
[networks.walk]
columns = {{ length_m = "length_m", way = "osm_way_id" }}
both_ways = true

[parameters]
connectivity_shift = 0           # without copper and 4G nobody is moved for want of fibre
"""

# Of each edition the kinds as that edition spells them.
KINDS = {
    "laposte_2014-06": {
        "poste:Bureau de poste": 2,
        "poste:Agence postale communale": 1,
        "poste:Relais poste commercant": 1,
    },
    "laposte_2015-07": {
        "poste:Bureau de poste": 2,
        "poste:Agence postale commnunale": 1,
        "poste:Relais poste commerçant": 1,
    },
}


def write_corse(shared_data: Path, folder: Path, edition: str = "laposte_2014-06") -> Path:
    """The path of a `territory.toml` in `folder` that names the files of `shared_data`."""
    kinds = "\n".join(f'"{kind}" = {{ post = {level} }}' for kind, level in KINDS[edition].items())
    text = TERRITORY.format(data=shared_data / "corse", edition=edition, kinds=kinds)
    path = folder / f"corse_{edition}.toml"
    path.write_text(text, encoding="utf-8")
    return path
