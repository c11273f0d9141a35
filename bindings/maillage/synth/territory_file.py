"""The territory.toml of an invented country, with comments from which a user learns the format."""

from __future__ import annotations

from maillage.synth.counter_kinds import KINDS, SERVICES
from maillage.synth.country import SynthCountry
from maillage.synth.population import AGE_BANDS

_LABELS = {
    "post": ("La Poste: letters, parcels, withdrawals", (0.85, 0.6)),
    "bank": ("La Banque postale at the post office", (0.8, 0.55)),
    "tax": ("Taxes (DGFiP)", (0.75, 0.65)),
    "family": ("Family benefits (CAF)", (0.46, 0.6)),
    "jobs": ("Job seekers (France Travail)", (0.84, 0.6)),
    "health": ("Health insurance (CPAM)", (0.28, 0.5)),
    "town_hall": ("Town hall", (0.9, 0.7)),
}
# Which column says who can go by car; children travel with their parents.
_CAR_COLUMN = {"65_79": "voiture_65_79", "80p": "voiture_80p"}


def build_territory_text(country: SynthCountry) -> str:
    """The text of territory.toml, next to the files that write_country writes."""
    parts = [
        _HEAD.format(name=country.name, cell=_cell_words(country.cell_m)),
        _GROUPS_HEAD,
        *(_group(band) for band in AGE_BANDS),
        _CONNECTIVITY,
        *(_service(name) for name in SERVICES),
        _COUNTERS,
        *(_kind(index) for index in range(len(KINDS))),
        _TAIL,
    ]
    return "".join(parts)


def _cell_words(cell_m: int) -> str:
    return "1 km" if cell_m == 1_000 else f"{cell_m} m"


def _group(band: str) -> str:
    name = band.replace("_", "-").replace("80p", "80+")
    ability = "18-24" if band == "0_17" else name
    lines = [
        f'[groups."{name}"]',
        f'persons = "ind_{band}"',
        f'ability = "{ability}"'
        + ("           # as of the youngest who were asked" * (band == "0_17")),
        f'car_share_column = "{_CAR_COLUMN.get(band, "voiture_18_64")}"',
    ]
    if band == "80p":
        lines.append("walk_speed_kmh = 3.0")
    return "\n".join(lines) + "\n"


def _service(name: str) -> str:
    label, (reach, resolution) = _LABELS[name]
    phone = f"{{ reach = {reach}, resolution = {resolution} }}"
    return f'[services.{name}]\nlabel = "{label}"\noperator_phone = {phone}\n'


def _kind(index: int) -> str:
    kind = KINDS[index]
    levels = ", ".join(f"{service} = {level}" for service, level in kind.services.items())
    return f'"{kind.name}" = {{ {levels} }}\n'


_HEAD = """# An invented territory, made by `maillage synth`: every name and figure is made up.
# This file says what each of the other files holds. Paths are relative to this file.
# All keys: scenarios/TERRITORY.md of maillage. Try: maillage check territory.toml
format = 1
name = "{name}"

[places]                          # where people live: one row a cell of a {cell} grid
file = "grid.csv"
key = "id"                        # codes are text, leading zeros stay
lon = "lon"                       # centre of the cell in degrees
lat = "lat"

[zonings.commune]                 # areas by which results are summed up
column = "commune"                # each cell names its commune ...
file = "communes.gpkg"            # ... whose name and outline are in this layer (EPSG:2154)
key = "insee"
name = "nom"

[zonings.epci]                    # groups of communes: a column of the communes' layer
of = "commune"
column = "epci"
name = "nom_epci"

[zonings.departement]
of = "commune"
column = "departement"
name = "nom_departement"
"""

_GROUPS_HEAD = """
# Groups of people, in the order of the results. `persons` is a column of grid.csv. `ability`
# names the group of the shipped table (CREDOC, Baromètre du numérique) that says how many need
# help online or cannot use it. `car_share_column` is the share of them who can go by car.
"""

_CONNECTIVITY = """
[connectivity]                    # wired lines and 4G, here by commune
file = "fibre.csv"
separator = ";"
decimal = ","
secret = ["s"]                    # figures that the operator does not give: unknown, not zero
key = "code_insee"
zoning = "commune"
percent = true                    # the columns hold 0..100
wired_8 = "elig_bhd8"             # share of premises with at least 8 Mbit/s
wired_30 = "elig_thd30"
wired_100 = "elig_thd100"
wired_1000 = "elig_thd1g"
mobile_4g = "bonne_4g"            # share of persons under good 4G
adequate_mbit = 8

# The services people come for. `operator_phone`: share of calls that reach an agent, and of
# those that solve the problem; reported beside the exposure, it does not shrink it.
"""

_COUNTERS = """
[counters]
file = "counters.csv"
key = "key"
lon = "lon"
lat = "lat"
name = "name"
kind = "type"
operator = "operator"
opening_hours = "hours"           # as OpenStreetMap writes them; empty = not known
agents = "agents"
yearly_cost = "cost_eur"

[counters.kinds]                  # which kind offers what: 1 = first help, 2 = the operator's desk
"""

_TAIL = """
[networks]                        # roads of all modes; nearest road within max_snap_m metres
osm = "roads.osm.pbf"
max_snap_m = 1600
access_speed_kmh = 5

[networks.car]
speeds = "france"                 # speeds by class of road; "osrm", or a file of your own
use_maxspeed = true

[networks.walk]
speed_kmh = 4.5

[parameters]
limit_min = 20                    # a counter within so many minutes counts as within reach
no_car_modes = ["walk"]
left_out_lambda = 0.5             # weight of people who need help beside those who cannot
connectivity_shift = 1.0
"""
