"""Speed rules of the modes: shipped files, a user's own file, or a mapping.

`read_speeds("france", "car")` gives the plain dict that the road reader takes. The keys
of a file are explained at the top of `maillage/speeds/france.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from maillage.errors import InputError, NotFoundError, to_hint
from maillage.toml_text import read_toml

SHIPPED = ("france", "osrm")
MODES = ("car", "walk", "bike")
DELAYS = ("traffic_signals", "stop", "give_way", "junction")
TRACKTYPES = ("grade1", "grade2", "grade3", "grade4", "grade5")
SMOOTHNESS = ("excellent", "good", "intermediate", "bad", "very_bad", "horrible",
              "very_horrible", "impassable")  # fmt: skip
ROAD_CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link",
    "secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential",
    "living_street", "service", "road", "track", "path", "footway", "pedestrian", "steps",
    "cycleway", "bridleway", "corridor", "crossing", "elevator", "escape", "busway",
    "bus_guideway", "raceway", "via_ferrata", "ladder", "winter_road", "ice_road",
    "emergency_bay", "platform", "pier", "ferry", "shuttle_train",
)  # fmt: skip

_SPEEDS_FOLDER = Path(__file__).resolve().parent.parent / "speeds"

Kmh = Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)]
WalkKmh = Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)]
LimitShare = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


class SpeedRules(TypedDict):
    """What the road reader needs for one mode; each field as in `geo/speeds.h`."""

    highway_kmh: dict[str, float]
    by_access_kmh: dict[str, float]
    maxspeed_factor: float
    zone_kmh: dict[str, float]
    use_surface_caps: bool
    surface_kmh: dict[str, float]
    tracktype_kmh: dict[str, float]
    smoothness_kmh: dict[str, float]
    delay_s: dict[str, float]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Caps(_Model):
    surface: dict[str, Kmh] = {}
    tracktype: dict[str, Kmh] = {}
    smoothness: dict[str, Kmh] = {}


class _ModeSpeeds(_Model):
    speed_kmh: WalkKmh | None = None
    classes: list[str] = []
    by_access_classes: list[str] = []
    highway: dict[str, Kmh] = {}
    by_access: dict[str, Kmh] = {}
    use_maxspeed: bool | LimitShare = False
    use_surface_caps: bool | None = None
    zones: dict[str, Kmh] = {}
    caps: _Caps = _Caps()
    delays: dict[str, Seconds] = {}


class _SpeedFile(_Model):
    name: str = ""
    base: Literal["france", "osrm"] | None = None
    car: _ModeSpeeds | None = None
    walk: _ModeSpeeds | None = None
    bike: _ModeSpeeds | None = None


def read_speeds(
    source: str | Path | Mapping[str, Any],
    mode: str,
    use_maxspeed: bool | float | None = None,
    delays: Mapping[str, float] | None = None,
    *,
    speed_kmh: float | None = None,
    use_surface_caps: bool | None = None,
) -> SpeedRules:
    """Speed rules of one mode, checked, as the road reader takes them.

    source
        `"france"`, `"osrm"`, the path of a TOML file, a mapping with the same keys, or a
        mapping of road classes to km/h, which then are the only ones open to the mode. In
        a file or a mapping, `base = "france"` starts from the shipped rules and replaces
        what is given, entry by entry (0 closes a class).
    mode
        `car`, `walk` or `bike`.
    use_maxspeed
        True: posted limits replace the class speed; a share such as 0.8: this share of the
        limit does; False or 0: limits are ignored. None: as the source says, else False. On
        foot and by bike a limit only lowers the speed.
    delays
        Seconds at `traffic_signals`, `stop`, `give_way`, `junction`, in place of those of
        the source; None: as the source says.
    speed_kmh
        Replaces the one speed of walkers or cyclists.
    use_surface_caps
        Whether caps by surface, tracktype and smoothness apply. None: as the source says;
        if it does not say, they apply when limits do.

    Raises InputError for what cannot be used (every problem listed), NotFoundError for a
    name that is neither shipped nor a file, IoError for a file that cannot be opened.
    """
    if mode not in MODES:
        raise NotFoundError.of_name("mode", mode, MODES)
    content, where = _read_source(source, mode)
    given: dict[str, Any] = {"use_maxspeed": use_maxspeed, "delays": delays}
    given |= {"speed_kmh": speed_kmh, "use_surface_caps": use_surface_caps}
    given = {key: value for key, value in given.items() if value is not None}
    problems = _find_problems(content)
    if not problems and given:
        problems = [f"asked for: {p}" for p in _find_problems({mode: given})]
    if problems:
        raise InputError.of_problems(where, problems)
    if mode not in content:
        raise InputError(f"{where}: has no speeds for {mode}, expected a table [{mode}]")
    return _to_rules(_ModeSpeeds.model_validate({**content[mode], **given}), f"{where}: {mode}")


def _read_source(source: str | Path | Mapping[str, Any], mode: str) -> tuple[dict[str, Any], str]:
    """The content of a source with its base merged in, and its name for messages."""
    if isinstance(source, Mapping):
        content = dict(source)
        is_flat = bool(content) and all(_is_number(value) for value in content.values())
        if is_flat:
            content = {mode: {"highway": content}}
        return _merge_base(content), "speeds"
    path = _find_file(source)
    return _merge_base(read_toml(path)), path.name if path.parent == _SPEEDS_FOLDER else str(path)


def _find_file(source: str | Path) -> Path:
    if isinstance(source, str) and source in SHIPPED:
        return _SPEEDS_FOLDER / f"{source}.toml"
    is_name = isinstance(source, str) and not source.endswith(".toml") and "/" not in source
    if is_name and not Path(source).exists():
        hint = to_hint(str(source), SHIPPED)
        raise NotFoundError(f"speeds {source!r} do not exist{hint} or the path of a .toml file")
    return Path(source)


def _merge_base(content: dict[str, Any]) -> dict[str, Any]:
    base = content.get("base")
    if base not in SHIPPED:
        return content
    return _merge(read_toml(_SPEEDS_FOLDER / f"{base}.toml"), content)


def _merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The old tables with the entries of the new ones in their place, at every depth."""
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[key] = _merge(before, value)
        else:
            merged[key] = value
    return merged


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _find_problems(content: Mapping[str, Any]) -> list[str]:
    """Every problem of a speed file: types and limits first, else unknown words."""
    try:
        speeds = _SpeedFile.model_validate(content)
    except ValidationError as error:
        return list(dict.fromkeys(_to_problem(dict(e)) for e in error.errors()))
    return [
        problem
        for mode in MODES
        if (rules := getattr(speeds, mode)) is not None
        for problem in _find_word_problems(mode, rules)
    ]


def _find_word_problems(mode: str, rules: _ModeSpeeds) -> Iterable[str]:
    for table in ("classes", "by_access_classes", "highway", "by_access"):
        yield from _find_unknown(f"{mode}.{table}", getattr(rules, table), ROAD_CLASSES)
    yield from _find_unknown(f"{mode}.delays", rules.delays, DELAYS)
    yield from _find_unknown(f"{mode}.caps.tracktype", rules.caps.tracktype, TRACKTYPES)
    yield from _find_unknown(f"{mode}.caps.smoothness", rules.caps.smoothness, SMOOTHNESS)


def _find_unknown(where: str, words: Iterable[str], known: tuple[str, ...]) -> Iterable[str]:
    for word in words:
        if word not in known:
            yield f"{where}: {word!r} is unknown{to_hint(word, known)}"


_EXPECTED = {
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "finite_number": "a finite number",
}


def _to_problem(error: Mapping[str, Any]) -> str:
    """`car.highway.trunk is -5, expected 0 or more`."""
    # The branches of a union (bool, constrained-float) are no part of the file.
    branches = ("bool", "float", "constrained-float")
    parts = [str(p) for p in error["loc"] if p not in branches]
    where = ".".join(parts) or "the speeds"
    kind, value = error["type"], error["input"]
    if parts[-1:] == ["use_maxspeed"]:
        return f"{where} is {value!r}, expected true, false or a share of the limit in 0..2"
    if kind == "extra_forbidden":
        return f"{where} is unknown{to_hint(parts[-1], _find_keys(parts[:-1]))}"
    if kind in ("greater_than", "greater_than_equal", "less_than_equal"):
        limits = {"greater_than": "gt", "greater_than_equal": "ge", "less_than_equal": "le"}
        words = {"gt": "more than {:g}", "ge": "{:g} or more", "le": "at most {:g}"}[limits[kind]]
        return f"{where} is {value!r}, expected {words.format(error['ctx'][limits[kind]])}"
    if kind == "literal_error":
        return f"{where} is {value!r}, expected {error['ctx']['expected']}"
    return f"{where} is {value!r}, expected {_EXPECTED.get(kind, error['msg'])}"


def _find_keys(table: list[str]) -> list[str]:
    if not table:
        return list(_SpeedFile.model_fields)
    return list(_Caps.model_fields if table[-1] == "caps" else _ModeSpeeds.model_fields)


def _to_rules(speeds: _ModeSpeeds, where: str) -> SpeedRules:
    classes = [*speeds.classes, *speeds.by_access_classes]
    if classes and speeds.speed_kmh is None:
        raise InputError(f"{where}: has classes without speed_kmh, expected the speed on them")
    if speeds.speed_kmh is not None and not classes:
        raise InputError(f"{where}: speed_kmh has no classes to apply to, expected classes = [...]")
    one_speed = speeds.speed_kmh or 0.0
    highway_kmh = dict.fromkeys(speeds.classes, one_speed) | speeds.highway
    if not any(kmh > 0 for kmh in (highway_kmh | speeds.by_access).values()):
        raise InputError(f"{where}: opens no class of road, expected km/h by class")
    factor = float(speeds.use_maxspeed)
    caps = speeds.use_surface_caps
    return SpeedRules(
        highway_kmh=highway_kmh,
        by_access_kmh=dict.fromkeys(speeds.by_access_classes, one_speed) | speeds.by_access,
        maxspeed_factor=factor,
        zone_kmh=dict(speeds.zones),
        use_surface_caps=factor > 0 if caps is None else caps,
        surface_kmh=dict(speeds.caps.surface),
        tracktype_kmh=dict(speeds.caps.tracktype),
        smoothness_kmh=dict(speeds.caps.smoothness),
        delay_s=dict(speeds.delays),
    )
