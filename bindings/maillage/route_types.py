"""What the numbers of vehicles in timetables (route_type of GTFS) mean."""

from __future__ import annotations

_KINDS = {
    -1: "unknown", 0: "tram", 1: "metro", 2: "rail", 3: "bus", 4: "ferry", 5: "cable tram",
    6: "aerial lift", 7: "funicular", 11: "trolleybus", 12: "monorail",
}  # fmt: skip
# The extended types by hundreds.
_EXTENDED = {
    1: "rail", 2: "coach", 4: "urban rail", 5: "metro", 6: "metro", 7: "bus", 8: "trolleybus",
    9: "tram", 10: "ferry", 11: "air", 12: "ferry", 13: "aerial lift", 14: "funicular",
    15: "taxi", 17: "other",
}  # fmt: skip


def to_route_words(route_type: int) -> str:
    """The kind of vehicle of a route_type of GTFS, basic or extended."""
    if route_type < 100:
        return _KINDS.get(route_type, f"type {route_type}")
    return _EXTENDED.get(route_type // 100, f"type {route_type}")


def is_route_type(route_type: int) -> bool:
    """Whether GTFS knows the number, as a basic or an extended type."""
    return route_type in _KINDS if route_type < 100 else route_type // 100 in _EXTENDED
