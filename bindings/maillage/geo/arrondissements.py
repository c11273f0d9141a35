"""Paris, Lyon and Marseille: one commune each, or their municipal arrondissements, by table.

Some tables (ARCEP) have a row for the city, others for each arrondissement, some have both.
"""

from __future__ import annotations

from collections.abc import Collection

ARRONDISSEMENTS = {
    "75056": tuple(str(code) for code in range(75101, 75121)),
    "69123": tuple(str(code) for code in range(69381, 69390)),
    "13055": tuple(str(code) for code in range(13201, 13217)),
}
CITY_OF = {part: city for city, parts in ARRONDISSEMENTS.items() for part in parts}
CODES = (*ARRONDISSEMENTS, *CITY_OF)


def to_city_hint(code: str, known: Collection[str]) -> str:
    """What to say of an unknown code where the other form of its city is known; else nothing."""
    city = CITY_OF.get(code)
    if city is not None and city in known:
        return f"is an arrondissement of {city}, which is"
    part = next((part for part in ARRONDISSEMENTS.get(code, ()) if part in known), None)
    return "" if part is None else f"is a city whose arrondissements, such as {part}, are"
