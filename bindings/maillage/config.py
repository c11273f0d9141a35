"""Reads and checks `territory.toml`.

`read_config(path)` gives the typed content with file paths resolved, or one InputError
that lists every problem: where in the file, the value, what was expected.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from maillage.config_fit import find_fit_problems
from maillage.config_models import MODES, TerritoryConfig
from maillage.errors import InputError, IoError, to_hint, to_problem_text
from maillage.toml_text import read_toml

RESERVED_ZONINGS = ("place", "name", "lon", "lat", "geometry", "group", "persons", "total")

_EXPECTED = {
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a table { ... }",
    "model_type": "a table { ... }",
    "model_attributes_type": "a table { ... }",
    "path_type": "the path of a file",
}


def read_config(path: str | Path) -> TerritoryConfig:
    """The content of a territory file, checked, with the paths of its files resolved.

    Raises IoError when the file cannot be opened or all that is wrong is files that are
    not there, InputError with all problems otherwise.
    """
    path = Path(path)
    raw = read_toml(path)
    sections, problems, only_files = _read_sections(raw, path.parent)
    cross_problems = list(_find_cross_problems(raw))
    problems += cross_problems
    if not problems:
        return TerritoryConfig(**sections)
    if only_files and not cross_problems:
        raise IoError(to_problem_text(str(path), problems))
    raise InputError.of_problems(str(path), problems)


def _read_sections(raw: Mapping[str, Any], folder: Path) -> tuple[dict[str, Any], list[str], bool]:
    """The sections that are right, the problems of the others, whether all are files."""
    sections: dict[str, Any] = {}
    problems: list[str] = []
    only_files = True
    for key in raw:
        if key not in TerritoryConfig.model_fields:
            problems.append(f"{key} is unknown{to_hint(key, TerritoryConfig.model_fields)}")
            only_files = False
    for key, field in TerritoryConfig.model_fields.items():
        if key not in raw:
            if field.is_required():
                problems.append(f"{_to_path(raw, [key])} is missing")
                only_files = False
            continue
        annotation: Any = field.annotation
        for constraint in field.metadata:
            annotation = typing.Annotated[annotation, constraint]
        try:
            adapter = TypeAdapter(annotation)
            sections[key] = adapter.validate_python(raw[key], context={"folder": folder})
        except ValidationError as error:
            details = error.errors(include_url=False)
            problems += [to_problem(raw, [key, *detail["loc"]], detail) for detail in details]
            only_files = only_files and all(detail["type"] == "file" for detail in details)
    return sections, problems, only_files


def to_problem(
    raw: Mapping[str, Any],
    loc: Sequence[Any],
    detail: Mapping[str, Any],
    root: type[BaseModel] = TerritoryConfig,
) -> str:
    """One pydantic error as a sentence: TOML path, value, expectation."""
    kind, context = detail["type"], detail.get("ctx", {})
    value = _show(detail["input"])
    if kind == "missing":
        return f"{_to_path(raw, loc[:-1])} has no {loc[-1]}, expected it"
    path = _to_path(raw, loc)
    if kind == "extra_forbidden":
        return f"{path} is unknown{to_hint(str(loc[-1]), _find_keys(loc[:-1], root))}"
    if kind == "territory" and not isinstance(detail["input"], Mapping):
        return f"{path} is {value}, {detail['msg']}"
    if kind == "territory":
        return f"{path} {detail['msg']}"
    if kind == "file":
        return f"{path} is {value}, which {detail['msg']}"
    for rule, sign in (
        ("greater_than", ">"),
        ("greater_than_equal", ">="),
        ("less_than", "<"),
        ("less_than_equal", "<="),
    ):
        if kind == rule:
            limit = next(iter(context.values()))
            return f"{path} is {value}, expected a number {sign} {limit:g}"
    if kind == "literal_error":
        return f"{path} is {value}, expected {context['expected']}"
    if kind == "too_short":
        return f"{path} is empty, expected at least one entry"
    expected = _EXPECTED.get(kind)
    return f"{path} is {value}, {f'expected {expected}' if expected else detail['msg']}"


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Path):
        value = str(value)
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _to_path(raw: Any, loc: Sequence[Any]) -> str:
    """The path as it is written in TOML; entries of lists are counted from 1.

    Steps that the schema adds and that are not in the file are left out.
    """
    path = ""
    for n_step, step in enumerate(loc):
        if isinstance(raw, list) and isinstance(step, int) and step < len(raw):
            path += f"[{step + 1}]"
            raw = raw[step]
        elif isinstance(raw, Mapping) and step in raw:
            path += ("." if path else "") + _to_key(str(step))
            raw = raw[step]
        elif n_step == 0:
            path = _to_key(str(step))
    return path


def _to_key(key: str) -> str:
    is_bare = key != "" and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if is_bare else f'"{key}"'


def _find_keys(loc: Sequence[Any], root: type[BaseModel]) -> list[str]:
    """The keys that the schema allows at a place of the file."""
    kind: Any = root
    for step in loc:
        kind, is_tagged = _strip_type(kind)
        if is_tagged:
            continue  # the step names the form of a tagged union, not a key
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(step))
            if field is None:
                return []
            kind = field.annotation
        else:
            kind = (typing.get_args(kind) or (None,))[-1]
    kind, _ = _strip_type(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [field.alias or name for name, field in kind.model_fields.items()]
    return []


def _strip_type(kind: Any) -> tuple[Any, bool]:
    """The type without `Annotated` and None, and whether it was a choice between types.

    Of a choice it is the table, the only one with keys.
    """
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        members = [m for m in typing.get_args(kind) if m is not type(None)]
        stripped = [_strip_type(member)[0] for member in members]
        tables = [m for m in stripped if isinstance(m, type) and issubclass(m, BaseModel)]
        inner = (tables or stripped)[0]
        return (inner, len(members) > 1) if len(members) > 1 else _strip_type(members[0])
    return kind, False


def _find_cross_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    """Problems between sections, seen in what the file says even where a section is wrong."""
    zonings = _tables(raw, "zonings")
    yield from _find_zoning_problems(zonings)
    for section in ("connectivity", "small_area", "population"):
        area = _table(raw, section).get("zoning")
        if isinstance(area, str) and area not in zonings:
            yield f"{section}.zoning is {area!r}, no zoning{to_hint(area, zonings)}"
    population = _table(raw, "population")
    groups = {_to_key(name): group for name, group in _tables(raw, "groups").items()}
    yield from find_fit_problems(_tables(raw, "population").get("fit"), groups)
    if population.get("layout") != "long" and "fit" not in population:
        for name, group in _tables(raw, "groups").items():
            if "persons" not in group:
                yield f"groups.{_to_key(name)} has no persons, expected the column that holds them"
    yield from _find_service_problems(raw)
    yield from _find_network_problems(raw)
    zero_inside = _table(raw, "parameters").get("zero_inside")
    zonings = _table(raw, "zonings")
    if isinstance(zero_inside, str) and zero_inside not in zonings:
        yield f"parameters.zero_inside is {zero_inside!r}, no zoning{to_hint(zero_inside, zonings)}"


def _table(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def _tables(raw: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    return {k: v for k, v in _table(raw, key).items() if isinstance(v, Mapping)}


def _find_zoning_problems(zonings: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, zoning in zonings.items():
        path = f"zonings.{_to_key(name)}"
        if name in RESERVED_ZONINGS:
            yield f"{path} is the name of a result column, expected another name"
        parent = zoning.get("of")
        if not isinstance(parent, str):
            continue
        if parent not in zonings:
            yield f"{path}.of is {parent!r}, no zoning{to_hint(parent, zonings)}"
        elif _is_circular(name, zonings):
            yield f"{path}.of is {parent!r}, which leads back to {name!r}"
        elif "file" not in zoning and "file" not in zonings[parent]:
            yield (
                f"{path}.column is {zoning.get('column')!r}, expected a file that holds it: "
                f"zoning {parent!r} has none"
            )


def _is_circular(name: str, zonings: Mapping[str, Mapping[str, Any]]) -> bool:
    seen: set[str] = set()
    current: Any = name
    while isinstance(current, str) and current in zonings:
        if current in seen:
            return True
        seen.add(current)
        current = zonings[current].get("of")
    return False


def _find_service_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    services = _table(raw, "services")
    if not services:
        return
    counters = raw.get("counters")
    sources = counters if isinstance(counters, list) else [counters]
    for n_source, source in enumerate(sources):
        if not isinstance(source, Mapping):
            continue
        path = f"counters[{n_source + 1}]" if isinstance(counters, list) else "counters"
        used = [(f"{path}.services", service) for service in _table(source, "services")]
        for kind, levels in _tables(source, "kinds").items():
            used += [(f"{path}.kinds.{_to_key(kind)}", service) for service in levels]
        for place, service in used:
            if service not in services:
                yield f"{place} names service {service!r}{to_hint(service, services)}"


def _find_network_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    networks = _table(raw, "networks")
    has_shared = "osm" in networks or "nodes" in networks
    for mode in MODES:
        own = networks.get(mode)
        if isinstance(own, Mapping) and not has_shared and not {"osm", "nodes"} & set(own):
            yield f"networks.{mode} has no roads, expected osm or nodes and edges"
    if "transit" in networks and not {"walk", "crow"} & set(networks):
        yield "networks.transit needs people on foot, expected networks.walk or networks.crow"
    for section in ("groups", "special"):
        for name, group in _tables(raw, section).items():
            if "max_walk_min" in group and "transit" not in networks:
                key = f"{section}.{_to_key(name)}.max_walk_min"
                yield f"{key} is about ways to stops, expected a section networks.transit"
    wanted = _table(raw, "parameters").get("no_car_modes")
    for mode in wanted if isinstance(wanted, list) else []:
        has_crow = "crow" in networks and mode == "walk"
        if mode in MODES and mode not in networks and not has_crow:
            yield f"parameters.no_car_modes has {mode!r}, expected a section networks.{mode}"
