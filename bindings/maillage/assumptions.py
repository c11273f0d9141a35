"""What every answer about a territory rests on: its scenarios, networks and parameters."""

from __future__ import annotations

from typing import Any

from maillage.territory_parts import TerritoryParts

INDEPENDENCE = (
    "inside a place and group, reach is taken as independent of ability and wired lines as "
    "independent of 4G"
)


def find_travel_words(parts: TerritoryParts) -> list[str]:
    """What times rest on, a line a network; said once where walking speeds share it."""
    return list(dict.fromkeys(use.to_words() for use in parts.networks))


def find_assumptions(parts: TerritoryParts) -> dict[str, Any]:
    """By name: plain values, ready for JSON."""
    return {
        "territory": parts.name,
        "scenarios": list(parts.history),
        "connectivity_shift": parts.parameters["connectivity_shift"],
        "no_car_modes": parts.parameters["no_car_modes"],
        "zero_inside": parts.zero_zoning.name if parts.zero_zoning else None,
        "travel_times": find_travel_words(parts),
        "modes": sorted({use.mode for use in parts.networks}),
        "independence": INDEPENDENCE,
        "abilities_by_place": parts.abilities is not None,
        "abilities": parts.groups[["group", "p_b", "p_c", "n", "year", "source"]].to_dict(
            "records"
        ),
    }
