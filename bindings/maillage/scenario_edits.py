"""The edits that a scenario is made of: one small frozen record a kind.

An edit knows the shape of its own values (types, ranges, which go together) and says
itself in words. Whether it fits a territory is the business of `scenario_checks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from maillage.scenario_polygon import Outline, to_centre, to_outline


class Levels(Mapping[str, int]):
    """Services with the level at which a counter offers them; immutable, equal to a dict."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, int]) -> None:
        self._items = dict(items)

    def __getitem__(self, service: str) -> int:
        return self._items[service]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def to_words(self) -> str:
        """The services with their levels, as "post 2, bank 1"."""
        return ", ".join(f"{service} {level}" for service, level in self._items.items())


def _to_levels(value: Any) -> Levels:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("expected services with levels, such as { post = 1 }")
    levels: dict[str, int] = {}
    for service, level in value.items():
        if not isinstance(service, str) or not service:
            raise ValueError(f"names the service {service!r}, expected text")
        number = _plain(level)
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 255:
            raise ValueError(
                f"gives {service} the level {level!r}, expected a whole number from 1 "
                "(1 first help, 2 expert desk)"
            )
        levels[service] = number
    return Levels(levels)


def _to_ways(value: Any) -> tuple[int, ...]:
    if isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__"):
        raise ValueError(f"is {value!r}, expected a list of way ids (whole numbers)")
    ways = tuple(_plain(way) for way in value)
    for way in ways:
        if isinstance(way, bool) or not isinstance(way, int):
            raise ValueError(f"holds {way!r}, expected way ids (whole numbers)")
    if not ways:
        raise ValueError("is empty, expected at least one way id")
    return ways


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and not isinstance(value, str) else value


Key = Annotated[str, Field(min_length=1)]
Lon = Annotated[float, Field(ge=-180, le=180), BeforeValidator(_plain)]
Lat = Annotated[float, Field(ge=-90, le=90), BeforeValidator(_plain)]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_plain)]
Amount = Annotated[float, Field(ge=0), BeforeValidator(_plain)]
Positive = Annotated[float, Field(gt=0), BeforeValidator(_plain)]
Services = Annotated[Levels, BeforeValidator(_to_levels)]
Ways = Annotated[tuple[int, ...], BeforeValidator(_to_ways)]
Area = Annotated[Outline, BeforeValidator(to_outline)]
Mode = Literal["car", "walk", "bike"]


class Edit(BaseModel):
    """One change to a territory. Absent values are None; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
    )
    do: ClassVar[str]

    def to_words(self) -> str:
        """The edit as a planner would say it."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The edit as a file holds it: `do` and the values that are given."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {"do": self.do} | {k: _unfrozen(v) for k, v in values.items() if v is not None}


class CloseEdit(Edit):
    """Closes a counter, or one service of it."""

    do: ClassVar[str] = "close"
    key: Key
    service: Key | None = None

    def to_words(self) -> str:
        return f"close {self.key}" + (f" ({self.service})" if self.service else "")


class OpenEdit(Edit):
    """Opens a counter: a new one at a point, or, with its key alone, one that was closed.

    A counter that opens again offers what it offered before. A new one needs a point, and
    `services` or a `kind` that the territory maps to services.
    """

    do: ClassVar[str] = "open"
    key: Key
    lon: Lon | None = None
    lat: Lat | None = None
    services: Services | None = None
    kind: Key | None = None
    operator: Key | None = None
    name: Key | None = None
    opening_hours: Key | None = None
    agents: Amount | None = None
    yearly_cost: Amount | None = None

    @model_validator(mode="after")
    def _check(self) -> OpenEdit:
        if (self.lon is None) != (self.lat is None):
            absent = "lat" if self.lat is None else "lon"
            raise ValueError(f"needs lon and lat together, {absent} is missing")
        if self.lon is None:
            given = [name for name in self.to_dict() if name not in ("do", "key")]
            if given:
                raise ValueError(
                    f"has {', '.join(given)} but no lon and lat: a new counter needs its "
                    "point, and reopening a closed counter takes its key alone"
                )
        elif self.services is None and self.kind is None:
            raise ValueError("needs services, such as { post = 1 }, or a kind")
        return self

    @property
    def reopens(self) -> bool:
        """Whether the edit brings back a counter that was closed."""
        return self.lon is None

    def to_words(self) -> str:
        if self.lon is None or self.lat is None:
            return f"reopen {self.key}"
        services = self.services.to_words() if self.services else ""
        what = [part for part in (self.kind, services) if part]
        named = f' "{self.name}"' if self.name else ""
        hours = f", {self.opening_hours}" if self.opening_hours else ""
        return f"open {self.key}{named} ({', '.join(what)}) at {_point(self.lon, self.lat)}{hours}"


class MoveEdit(Edit):
    """Moves a counter to another point."""

    do: ClassVar[str] = "move"
    key: Key
    lon: Lon
    lat: Lat

    def to_words(self) -> str:
        return f"move {self.key} to {_point(self.lon, self.lat)}"


class ConvertEdit(Edit):
    """Turns a counter into another kind: its services change, its key and place stay.

    `services` replaces all the services of the counter; without it the territory's map
    from kinds to services says which.
    """

    do: ClassVar[str] = "convert"
    key: Key
    kind: Key | None = None
    services: Services | None = None

    @model_validator(mode="after")
    def _check(self) -> ConvertEdit:
        if self.kind is None and self.services is None:
            raise ValueError("needs a kind or services, such as { post = 1 }")
        return self

    def to_words(self) -> str:
        if self.kind is None:
            return f"convert {self.key} to {self.services.to_words() if self.services else ''}"
        return f"convert {self.key} to {self.kind}" + (
            f" ({self.services.to_words()})" if self.services else ""
        )


class SetHoursEdit(Edit):
    """Gives a counter other weekly opening hours, in OSM's opening_hours syntax."""

    do: ClassVar[str] = "set_hours"
    key: Key
    opening_hours: Key

    def to_words(self) -> str:
        return f"set the hours of {self.key} to {self.opening_hours}"


class _PlacesEdit(Edit):
    """An edit of one place, of the places of one area of a zoning, or of all places."""

    place: Key | None = None
    zoning: Key | None = None
    area: Key | None = None

    @model_validator(mode="after")
    def _check_where(self) -> _PlacesEdit:
        if (self.zoning is None) != (self.area is None):
            absent = "area" if self.area is None else "zoning"
            raise ValueError(f"needs zoning and area together, {absent} is missing")
        if self.place is not None and self.zoning is not None:
            raise ValueError("has both a place and an area of a zoning, expected one of them")
        return self

    def _where(self) -> str:
        if self.place is not None:
            return f"in place {self.place}"
        return f"in {self.zoning} {self.area}" if self.zoning is not None else "everywhere"


class SetPopulationEdit(_PlacesEdit):
    """Changes how many persons live somewhere, in one group or in all.

    `factor` multiplies every number of the selection; `persons` is its new total, shared
    out in proportion to the persons who are there (evenly where there is nobody).
    """

    do: ClassVar[str] = "set_population"
    group: Key | None = None
    factor: Amount | None = None
    persons: Amount | None = None

    @model_validator(mode="after")
    def _check(self) -> SetPopulationEdit:
        if (self.factor is None) == (self.persons is None):
            raise ValueError("needs either factor or persons")
        return self

    def to_words(self) -> str:
        who = f"group {self.group}" if self.group else "all groups"
        if self.factor is not None:
            return f"multiply the persons of {who} {self._where()} by {self.factor:.12g}"
        return f"set the persons of {who} {self._where()} to {self.persons:.12g}"


class SetConnectivityEdit(_PlacesEdit):
    """Changes the digital networks of places; a share that is not given stays."""

    do: ClassVar[str] = "set_connectivity"
    polygon: Area | None = None  # the shares hold inside this outline
    wired_8: Share | None = None
    wired_30: Share | None = None
    wired_100: Share | None = None
    wired_1000: Share | None = None
    mobile_4g: Share | None = None

    SHARES: ClassVar[dict[str, str]] = {
        "wired_8": "8 Mbit/s",
        "wired_30": "30 Mbit/s",
        "wired_100": "100 Mbit/s",
        "wired_1000": "1000 Mbit/s",
        "mobile_4g": "good 4G",
    }

    @model_validator(mode="after")
    def _check(self) -> SetConnectivityEdit:
        if not self.shares():
            raise ValueError(f"needs at least one of {', '.join(self.SHARES)}")
        if self.polygon is not None and (self.place is not None or self.zoning is not None):
            raise ValueError("has a polygon and a place or area, expected one of them")
        wired = [(k, v) for k, v in self.shares().items() if k != "mobile_4g"]
        for (slow, slow_share), (fast, fast_share) in pairwise(wired):
            if fast_share > slow_share:
                raise ValueError(
                    f"{fast} is {fast_share:g} but {slow} only {slow_share:g}; a faster line "
                    "counts among the slower ones"
                )
        return self

    def shares(self) -> dict[str, float]:
        """The shares that the edit gives, by column."""
        values = {name: getattr(self, name) for name in self.SHARES}
        return {name: value for name, value in values.items() if value is not None}

    def to_words(self) -> str:
        shares = [f"{self.SHARES[k]} {100 * v:g} %" for k, v in self.shares().items()]
        where = self._where()
        if self.polygon is not None:
            where = f"in the outline around {_point(*to_centre(self.polygon))}"
        return f"set connectivity {where}: {', '.join(shares)}"


class _RoadEdit(Edit):
    """An edit of the roads with some way ids, or of those that meet an outline."""

    ways: Ways | None = None
    polygon: Area | None = None
    mode: Mode = "car"

    @model_validator(mode="after")
    def _check_where(self) -> _RoadEdit:
        if (self.ways is None) == (self.polygon is None):
            raise ValueError("needs either ways or polygon")
        return self

    def _which(self) -> str:
        network = {"car": "the roads", "walk": "the footways", "bike": "the cycle routes"}
        if self.polygon is not None:
            return f"{network[self.mode]} in the outline around {_point(*to_centre(self.polygon))}"
        ways = self.ways or ()
        shown = ", ".join(str(way) for way in ways[:5]) + (", ..." if len(ways) > 5 else "")
        return f"{network[self.mode]} of {len(ways)} way{'s' * (len(ways) > 1)} ({shown})"


class SetSpeedEdit(_RoadEdit):
    """Changes the speed on roads: a speed in km/h, or a factor on the present one."""

    do: ClassVar[str] = "set_speed"
    speed_kmh: Annotated[Positive, Field(le=300)] | None = None
    factor: Positive | None = None

    @model_validator(mode="after")
    def _check(self) -> SetSpeedEdit:
        if (self.speed_kmh is None) == (self.factor is None):
            raise ValueError("needs either speed_kmh or factor")
        return self

    def to_words(self) -> str:
        if self.speed_kmh is not None:
            return f"set the speed on {self._which()} to {self.speed_kmh:g} km/h"
        return f"multiply the speed on {self._which()} by {self.factor:g}"


class CloseRoadEdit(_RoadEdit):
    """Closes roads to a mode."""

    do: ClassVar[str] = "close_road"

    def to_words(self) -> str:
        return f"close {self._which()}"


class _LineEdit(Edit):
    """An edit of the trips of a line, by the id or the name that riders know."""

    line: Key
    direction: Literal[0, 1] | None = None

    def _which(self) -> str:
        way = "" if self.direction is None else f", direction {self.direction}"
        return f"line {self.line}{way}"


class CutLineEdit(_LineEdit):
    """No trip of a line runs."""

    do: ClassVar[str] = "cut_line"

    def seconds(self) -> list[int]:
        """When trips leave: none do."""
        return []

    def to_words(self) -> str:
        return f"cut {self._which()}"


Clock = Annotated[str, Field(pattern=r"^([0-3]?\d|4[0-7]):[0-5]\d$")]


def _to_clocks(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class AddTripsEdit(_LineEdit):
    """More trips of a line, each like the one that leaves nearest to it."""

    do: ClassVar[str] = "add_trips"
    departures: Annotated[tuple[Clock, ...], BeforeValidator(_to_clocks), Field(min_length=1)]

    def seconds(self) -> list[int]:
        """When the trips leave, as seconds of the day."""
        clocks = [clock.split(":") for clock in self.departures]
        return [3600 * int(hours) + 60 * int(minutes) for hours, minutes in clocks]

    def to_words(self) -> str:
        return f"add {self._which()} at {', '.join(self.departures)}"


AnyEdit = (
    CloseEdit
    | OpenEdit
    | MoveEdit
    | ConvertEdit
    | SetHoursEdit
    | SetPopulationEdit
    | SetConnectivityEdit
    | SetSpeedEdit
    | CloseRoadEdit
    | CutLineEdit
    | AddTripsEdit
)

EDIT_KINDS: dict[str, type[Edit]] = {
    kind.do: kind
    for kind in (
        CloseEdit,
        OpenEdit,
        MoveEdit,
        ConvertEdit,
        SetHoursEdit,
        SetPopulationEdit,
        SetConnectivityEdit,
        SetSpeedEdit,
        CloseRoadEdit,
        CutLineEdit,
        AddTripsEdit,
    )
}


def _unfrozen(value: Any) -> Any:
    """The value in the plain types that every file format knows."""
    if isinstance(value, Levels):
        return dict(value)
    return [_unfrozen(item) for item in value] if isinstance(value, tuple) else value


def _point(lon: float, lat: float) -> str:
    return f"{lon:.4f}, {lat:.4f}"
