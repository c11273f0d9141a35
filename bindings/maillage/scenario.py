"""Scenarios: named lists of edits to a territory, written in Python or in a TOML file.

`Scenario` builds one fluently, `read_scenario` reads one from a file, `.write` stores
it. A scenario is a value: it never changes, and it knows nothing of the territory that
it will be applied to.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from maillage.atomic import write_atomically
from maillage.errors import InputError, to_hint
from maillage.rollout import find_rollout
from maillage.scenario_edits import (
    EDIT_KINDS,
    AddTripsEdit,
    CloseEdit,
    CloseRoadEdit,
    ConvertEdit,
    CutLineEdit,
    Edit,
    Levels,
    MoveEdit,
    OpenEdit,
    SetConnectivityEdit,
    SetHoursEdit,
    SetPopulationEdit,
    SetSpeedEdit,
)
from maillage.toml_text import read_toml, to_toml

__all__ = [
    "AddTripsEdit",
    "CloseEdit",
    "CloseRoadEdit",
    "ConvertEdit",
    "CutLineEdit",
    "Edit",
    "Levels",
    "MoveEdit",
    "OpenEdit",
    "Scenario",
    "SetConnectivityEdit",
    "SetHoursEdit",
    "SetPopulationEdit",
    "SetSpeedEdit",
    "read_scenario",
]

_FORMAT = 1


@dataclass(frozen=True)
class Scenario:
    """A named list of changes to counters, people, connectivity and roads.

    Edits apply in the order in which they stand. Every method below returns a new
    scenario with one more edit and raises InputError when the edit makes no sense in
    itself; whether it fits a territory is checked when it is applied.
    """

    name: str
    edits: tuple[Edit, ...] = field(default=())

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputError(f"the name of a scenario is {self.name!r}, expected text")
        object.__setattr__(self, "edits", tuple(self.edits))
        for edit in self.edits:
            if not isinstance(edit, Edit):
                raise InputError(f"{edit!r} is not an edit of maillage.scenario")

    def close(self, key: str, service: str | None = None) -> Scenario:
        """Closes a counter, or only one of its services."""
        return self._with("close", key=key, service=service)

    def open(
        self,
        key: str,
        *,
        lon: float | None = None,
        lat: float | None = None,
        services: Mapping[str, int] | None = None,
        kind: str | None = None,
        operator: str | None = None,
        name: str | None = None,
        opening_hours: str | None = None,
        agents: float | None = None,
        yearly_cost: float | None = None,
    ) -> Scenario:
        """Opens a new counter at a point, or brings back a closed one by its key alone.

        lon and lat are degrees (WGS84). services maps each service to its level (1 first
        help, 2 expert desk); without it the territory's map from kinds to services is
        used. yearly_cost is in euro.
        """
        return self._with(
            "open",
            key=key,
            lon=lon,
            lat=lat,
            services=services,
            kind=kind,
            operator=operator,
            name=name,
            opening_hours=opening_hours,
            agents=agents,
            yearly_cost=yearly_cost,
        )

    def move(self, key: str, *, lon: float, lat: float) -> Scenario:
        """Moves a counter to another point (degrees, WGS84)."""
        return self._with("move", key=key, lon=lon, lat=lat)

    def convert(
        self, key: str, *, kind: str | None = None, services: Mapping[str, int] | None = None
    ) -> Scenario:
        """Turns a counter into another kind; key and place stay, services are replaced."""
        return self._with("convert", key=key, kind=kind, services=services)

    def set_hours(self, key: str, opening_hours: str) -> Scenario:
        """Gives a counter other weekly opening hours, such as "Mo-Fr 09:00-12:00"."""
        return self._with("set_hours", key=key, opening_hours=opening_hours)

    def set_population(
        self,
        place: str | None = None,
        *,
        zoning: str | None = None,
        area: str | None = None,
        group: str | None = None,
        factor: float | None = None,
        persons: float | None = None,
    ) -> Scenario:
        """Changes the persons of a place, of an area of a zoning, or of everywhere.

        factor multiplies every number of the selection; persons is the new total of the
        selection, shared out in proportion to the persons who are there (evenly where there
        is nobody). Without group all groups are meant.
        """
        return self._with(
            "set_population",
            place=place,
            zoning=zoning,
            area=area,
            group=group,
            factor=factor,
            persons=persons,
        )

    def set_connectivity(
        self,
        place: str | None = None,
        *,
        zoning: str | None = None,
        area: str | None = None,
        wired_8: float | None = None,
        wired_30: float | None = None,
        wired_100: float | None = None,
        wired_1000: float | None = None,
        mobile_4g: float | None = None,
        polygon: Any = None,
    ) -> Scenario:
        """Changes the shares of premises with a wired line, or of people under good 4G.

        Shares lie in 0..1; one that is not given stays as it is. With a `polygon` (WGS84) they
        hold inside it, such as under a new antenna: a place that lies in it in part keeps its own
        share on the rest.
        """
        return self._with(
            "set_connectivity",
            polygon=polygon,
            place=place,
            zoning=zoning,
            area=area,
            wired_8=wired_8,
            wired_30=wired_30,
            wired_100=wired_100,
            wired_1000=wired_1000,
            mobile_4g=mobile_4g,
        )

    def roll_out(self, table: Any, year: int, *, zoning: str | None = None) -> Scenario:
        """The digital networks as a plan has them at the end of a year, such as fibre by year.

        table
            A frame or a CSV file: `year`, `place` (or `area` of a `zoning`), and any of
            `wired_8`, `wired_30`, `wired_100`, `wired_1000`, `mobile_4g` (0..1). For each place
            the last row up to `year` counts; a place without one stays as it is.
        """
        scenario = self
        for row in find_rollout(table, year, zoning is not None):
            where = {"zoning": zoning, "area": row.pop("area")} if zoning else {}
            scenario = scenario._with("set_connectivity", **where, **row)
        return scenario

    def set_speed(
        self,
        *,
        ways: Any = None,
        polygon: Any = None,
        mode: str = "car",
        speed_kmh: float | None = None,
        factor: float | None = None,
    ) -> Scenario:
        """Changes the speed on roads, by way ids or inside an outline.

        speed_kmh replaces the speed of the arcs, factor multiplies it. polygon is a list
        of (lon, lat), a shapely or GeoJSON polygon, a GeoDataFrame or the path of a layer.
        """
        return self._with(
            "set_speed", ways=ways, polygon=polygon, mode=mode, speed_kmh=speed_kmh, factor=factor
        )

    def close_road(self, *, ways: Any = None, polygon: Any = None, mode: str = "car") -> Scenario:
        """Closes roads to a mode, by way ids or inside an outline (see set_speed)."""
        return self._with("close_road", ways=ways, polygon=polygon, mode=mode)

    def cut_line(self, line: str, *, direction: int | None = None) -> Scenario:
        """No trip of a line of public transport runs, by its id or name in the timetable.

        line: where a name stands for lines of several feeds, `"feed:id"` or `"feed:name"`.
        direction: 0 or 1, as the timetable counts them; None cuts both.
        """
        return self._with("cut_line", line=line, direction=direction)

    def add_trips(
        self, line: str, departures: Sequence[str], *, direction: int | None = None
    ) -> Scenario:
        """More trips of a line, leaving its first stop at `departures` (`["09:30", "10:30"]`).

        Each runs like the line's trip that leaves nearest to it.
        """
        given: Any = (departures,) if isinstance(departures, str) else departures
        if hasattr(given, "__iter__"):
            given = tuple(given)
        return self._with("add_trips", line=line, departures=given, direction=direction)

    def to_words(self) -> list[str]:
        """The edits as a planner would say them, in their order."""
        return [edit.to_words() for edit in self.edits]

    def to_dict(self) -> dict[str, Any]:
        """The scenario as its file holds it."""
        return {
            "format": _FORMAT,
            "name": self.name,
            "edits": [edit.to_dict() for edit in self.edits],
        }

    def write(self, path: str | Path) -> Path:
        """Writes the scenario as a TOML file that `read_scenario` reads back equal.

        The file appears whole or not at all. Returns its path; raises IoError.
        """
        text = to_toml(self.to_dict())
        return write_atomically(path, lambda temporary: temporary.write_text(text, "utf-8"))

    def __repr__(self) -> str:
        head = f'Scenario "{self.name}": {_count(len(self.edits))}'
        return "\n".join([head, *(f"  {i}. {w}" for i, w in enumerate(self.to_words(), 1))])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(words)}</li>" for words in self.to_words())
        head = f"<b>{html.escape(self.name)}</b>: {_count(len(self.edits))}"
        return f"<div>{head}<ol>{items}</ol></div>"

    def _with(self, do: str, **values: Any) -> Scenario:
        given = {name: value for name, value in values.items() if value is not None}
        edit, problems = _build_edit(do, given)
        if edit is None:
            raise InputError.of_problems(f"{do} in scenario {self.name!r}", problems)
        return Scenario(self.name, (*self.edits, edit))


def read_scenario(path: str | Path) -> Scenario:
    """Reads a scenario from a TOML file.

    The file has `name = "..."` and one `[[edits]]` block an edit, each with `do = "close"`
    (or open, move, convert, set_hours, set_population, set_connectivity, set_speed,
    close_road, cut_line, add_trips) and the values of that edit; scenarios/SCENARIO.md shows
    them all. A polygon may be the path of a layer, relative to the file. Raises IoError when
    the file cannot be read and InputError that lists everything that is wrong with it.
    """
    path = Path(path)
    content = read_toml(path)
    problems = _check_head(content)
    edits: list[Edit] = []
    blocks = content.get("edits", [])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        problems.append("edits is not a list of blocks, expected [[edits]] before each edit")
        blocks = []
    for number, block in enumerate(blocks, 1):
        edit, found = _read_edit(block, path.parent)
        if edit is not None:
            edits.append(edit)
        kind = f" ({block['do']})" if isinstance(block.get("do"), str) else ""
        problems += [f"edit {number}{kind}: {problem}" for problem in found]
    if problems:
        raise InputError.of_problems(str(path), problems)
    return Scenario(content["name"], tuple(edits))


def _check_head(content: Mapping[str, Any]) -> list[str]:
    known = ["format", "name", "edits"]
    problems = []
    for key in content:
        if key in EDIT_KINDS:
            problems.append(f'[[{key}]] is not a block, expected [[edits]] with do = "{key}"')
        elif key not in known:
            problems.append(f'unknown key "{key}"{to_hint(key, known)}')
    name = content.get("name")
    if not isinstance(name, str) or not name.strip():
        said = "is missing" if name is None else f"is {name!r}"
        problems.append(f'name {said}, expected text, such as name = "fewer desks"')
    if content.get("format", _FORMAT) != _FORMAT:
        problems.append(f"format is {content['format']!r}, this version reads {_FORMAT}")
    return problems


def _read_edit(block: Mapping[str, Any], folder: Path) -> tuple[Edit | None, list[str]]:
    values = {name: value for name, value in block.items() if name != "do"}
    do = block.get("do")
    if not isinstance(do, str) or do not in EDIT_KINDS:
        kinds = ", ".join(EDIT_KINDS)
        if isinstance(do, str):
            return None, [f"do is {do!r}{to_hint(do, EDIT_KINDS)}"]
        said = "missing" if do is None else repr(do)
        return None, [f"do is {said}, expected one of {kinds}"]
    if isinstance(values.get("polygon"), str):
        values["polygon"] = folder / values["polygon"]
    return _build_edit(do, values)


def _build_edit(do: str, values: Mapping[str, Any]) -> tuple[Edit | None, list[str]]:
    kind = EDIT_KINDS[do]
    try:
        return kind(**values), []
    except ValidationError as error:
        return None, [_to_sentence(item, kind) for item in error.errors()]


def _to_sentence(item: Any, kind: type[Edit]) -> str:
    """One finding of pydantic as a sentence that names field, value and expectation."""
    where = str(item["loc"][0]) if item["loc"] else ""
    found, known = item["type"], list(kind.model_fields)
    if found == "extra_forbidden":
        return f'unknown key "{where}"{to_hint(where, known)}'
    if found == "missing":
        return f"{where} is missing"
    if found in ("value_error", "assertion_error"):
        return f"{where} {item['ctx']['error']}".strip()
    if found == "too_short" and where == "departures":
        return f"{where} is empty, expected at least one time such as 09:30"
    return f"{where} is {item['input']!r}, expected {_to_expectation(item)}"


def _to_expectation(item: Any) -> str:
    limits = item.get("ctx", {})
    if item["loc"][0] in ("lon", "lat") and ("le" in limits or "ge" in limits):
        return "-180..180" if item["loc"][0] == "lon" else "-90..90"
    words = {
        "string_type": "text in quotes",
        "string_pattern_mismatch": "a time such as 09:30",
        "tuple_type": "a list",
        "string_too_short": "text that is not empty",
        "float_type": "a number",
        "finite_number": "a finite number",
        "literal_error": f"one of {limits.get('expected', '')}",
        "greater_than": f"more than {limits.get('gt')}",
        "greater_than_equal": f"at least {limits.get('ge')}",
        "less_than_equal": f"at most {limits.get('le')}",
    }
    return words.get(item["type"]) or str(item["msg"])


def _count(n_edits: int) -> str:
    return "no edits" if n_edits == 0 else f"{n_edits} edit{'s' * (n_edits > 1)}"
