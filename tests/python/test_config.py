"""The schema of territory.toml: all problems at once, each with place, value, expectation."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from reader_files import write_territory, write_text

from maillage.config import read_config
from maillage.config_models import (
    CountersConfig,
    ModeConfig,
    NetworksConfig,
    RoadColumns,
    TerritoryConfig,
)
from maillage.errors import InputError, IoError
from maillage.toml_text import read_toml

PAGE = Path(__file__).parents[2] / "scenarios" / "TERRITORY.md"


def read_example(folder: Path) -> Path:
    """The example of the page as a file beside empty files of all the names it uses."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

    # the blocks after the first are sections to add to a file
    def touch(value: object, key: str = "") -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                touch(item, name)
        elif isinstance(value, list):
            for item in value:
                touch(item, key)
        elif key in ("file", "osm", "nodes", "edges", "abilities"):
            (folder / str(value)).write_bytes(b"")

    path = write_text(folder, "territory.toml", blocks[0])
    touch(read_toml(path))
    return path


def test_example_of_the_page_is_valid(tmp_path: Path):
    config = read_config(read_example(tmp_path))
    assert config.places.file == tmp_path / "grid.csv.gz"
    assert list(config.groups) == ["0-14", "15-64", "65-74", "75+", "seekers"]
    assert [source.kind_name for source in config.counters] == [None, "France Services", None]
    car = config.networks.find_mode("car")
    assert car is not None and car.osm == tmp_path / "roads.osm.pbf"
    bike = config.networks.find_mode("bike")
    assert bike is not None and bike.osm is None
    assert bike.nodes is not None and bike.nodes.crs == "EPSG:2154"


def find_keys(model: type[BaseModel], seen: set[type]) -> set[str]:
    """The keys of a model and of the models that its fields hold."""
    if model in seen:
        return set()
    seen.add(model)
    keys = set()
    for name, field in model.model_fields.items():
        keys.add(field.alias or name)
        for file, inner in re.findall(r"(maillage\.config_\w+)\.(\w+)", repr(field.annotation)):
            found = getattr(importlib.import_module(file), inner)
            if isinstance(found, type) and issubclass(found, BaseModel):
                keys |= find_keys(found, seen)
    return keys


def test_page_names_every_key_of_the_schema():
    page = PAGE.read_text(encoding="utf-8")
    # `groups`, `weights` and `shares` are the forms of `ability`, not keys of the file.
    keys = find_keys(TerritoryConfig, set()) - {"weights", "shares"}
    keys |= {field.alias or name for name, field in CountersConfig.model_fields.items()}
    keys |= set(ModeConfig.model_fields) | {
        f.alias or n for n, f in RoadColumns.model_fields.items()
    }
    assert len(keys) > 70
    words = set(re.findall(r"[\w-]+", page))
    assert sorted(keys - words) == []


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as raised:
        read_config(path)
    return raised.value.problems


def test_all_problems_are_listed_at_once(tmp_path: Path):
    for name in ("p.csv", "c.csv"):
        (tmp_path / name).write_bytes(b"")
    text = """
format = 2
name = "x"
colour = 1
[places]
file = "p.csv"
key = 5
lon = "a"
skip_rows = -1
[zonings.commune]
colum = "c"
[zonings.dep]
column = "dep"
of = "comune"
[groups."0-14"]
persons = "p"
ability = { p_b = 0.9, p_c = 0.2 }
[groups."15-64"]
ability = { p_b = 0.9, pc = 0.2 }
car_share = "x"
[services.post]
[[counters]]
file = "none.csv"
key = "id"
kinds = { a = { post = 1 } }
[[counters]]
file = "c.csv"
key = "k"
opening_hours = { lundi = "x" }
services = { tx = "a", post = 0 }
encoding = "blah"
crs = "EPSG:99999999"
[networks.car]
use_maxspeed = -3
columns = { frm = "x" }
"""
    problems = problems_of(write_text(tmp_path, "t.toml", text))
    expected = [
        "colour is unknown",
        "format is 2, expected 1",
        "places.skip_rows is -1, expected a number >= 0",
        "places.key is 5, expected text",
        "zonings.commune.colum is unknown, did you mean 'column'?",
        "zonings.dep.of is 'comune', no zoning, did you mean 'commune'?",
        "groups.0-14.ability p_b + p_c is 1.1, expected at most 1",
        "groups.15-64.ability has no p_c, expected it",
        "groups.15-64.ability.pc is unknown, did you mean 'p_c'?",
        "groups.15-64.car_share is 'x', expected a number",
        "groups.15-64 has no persons",
        "counters[1].file is 'none.csv', which does not exist, expected a file",
        "counters[2].opening_hours.lundi is unknown",
        "counters[2].services.post is 0, expected a number >= 1",
        "counters[2].services names service 'tx'",
        "counters[2].encoding is 'blah', expected an encoding",
        "counters[2].crs is 'EPSG:99999999', expected a reference system",
        "networks.car.use_maxspeed is -3, expected a number > 0",
        "networks.car.columns.frm is unknown, did you mean 'from'?",
        "networks.car has no roads, expected osm or nodes and edges",
    ]
    for start in expected:
        assert any(problem.startswith(start) for problem in problems), (start, problems)
    assert len(problems) == len(expected)


@pytest.mark.parametrize(
    "section,problem",
    [
        ('[places]\nfile = "f"\nkey = "k"\nlon = "x"', "places has one of lon and lat"),
        ('[places]\nfile = "f"\nkey = "k"\nx = "x"\ny = "y"',
         "places has x and y, expected their crs"),
        ('[places]\nkey = "k"', "places has no file"),
        ('[places]\nfile = "f"', "places has no key, expected it"),
        ("[zonings.z]\nname = 'n'", "zonings.z has neither column nor file"),
        ("[zonings.z]\nfile = 'f'", "zonings.z has a file, expected also its key"),
        ("[zonings.z]\ncolumn = 'c'\nof = 'z'", "zonings.z.of is 'z', which leads back to 'z'"),
        ("[zonings.place]\ncolumn = 'c'", "zonings.place is the name of a result column"),
        (
            "[zonings.a]\ncolumn = 'c'\n[zonings.b]\ncolumn = 'd'\nof = 'a'",
            "zonings.b.column is 'd', expected a file that holds it",
        ),
        ("[groups.g]\npersons = 'p'\ncar_share = 0.5\ncar_share_column = 'c'",
         "groups.g has car_share and"),
        ("[groups.g]\npersons = 'p'\nability = 4", "groups.g.ability is 4, expected a group"),
        ("[groups.g]\npersons = 'p'\nwalk_speed_kmh = 0",
         "groups.g.walk_speed_kmh is 0, expected a number > 0"),
        ("[population]\nlayout = 'tall'", "population.layout is 'tall', expected 'wide' or 'long'"),
        ("[population]\nlayout = 'long'", "population layout is long, expected also"),
        ("[connectivity]\nwired_30 = 'a'", "connectivity has neither wired_8 nor mobile_4g"),
        ("[connectivity]\nmobile_4g = 'a'\nzoning = 'z'\nfile='f'\nkey='k'",
         "connectivity.zoning is 'z', no zoning"),
        ("[networks]\nnodes = 'f'", "networks has one of nodes and edges"),
        ("[parameters]\nleft_out_lambda = 1.5",
         "parameters.left_out_lambda is 1.5, expected a number <= 1"),
        ("[parameters]\nlimit_min = nan", "parameters.limit_min is nan, expected a"),
        ("[parameters]\nno_car_modes = ['bike']",
         "parameters.no_car_modes has 'bike', expected a section"),
        ("[parameters]\nno_car_modes = ['boat']",
         "parameters.no_car_modes[1] is 'boat', expected 'walk' or 'bike'"),
        ("counters = []", "counters is empty, expected at least one entry"),
    ],
)  # fmt: skip
def test_every_rule_of_the_schema(tmp_path: Path, section: str, problem: str):
    (tmp_path / "f").write_bytes(b"")
    sections = {
        "places": '[places]\nfile = "f"\nkey = "k"',
        "groups": '[groups.young]\npersons = "p"',
        "counters": '[counters]\nfile = "f"\nkey = "k"\nservices = { post = 1 }',
    }
    own = re.match(r"\[?(\w+)", section)
    assert own is not None
    sections.pop(own.group(1), None)
    top = section + "\n" if not section.startswith("[") else ""
    rest = "" if top else section
    text = f"format = 1\nname = 'n'\n{top}" + "\n".join([*sections.values(), rest])
    problems = problems_of(write_text(tmp_path, "t.toml", text))
    assert any(p.startswith(problem) for p in problems), problems


def test_missing_files_alone_are_an_io_error(tmp_path: Path):
    path = write_territory(tmp_path)
    (tmp_path / "places.csv").unlink()
    with pytest.raises(IoError, match=r"places\.file is 'places\.csv', which does not exist"):
        read_config(path)
    (tmp_path / "places.csv").mkdir()
    with pytest.raises(IoError, match=r"places\.file is 'places\.csv', which is a directory"):
        read_config(path)
    with pytest.raises(IoError, match="cannot be read"):
        read_config(tmp_path / "none.toml")
    with pytest.raises(IoError, match="cannot be read"):
        read_config(tmp_path)


def test_broken_toml(tmp_path: Path):
    with pytest.raises(InputError, match="is not valid TOML"):
        read_config(write_text(tmp_path, "t.toml", "format = \n"))
    with pytest.raises(InputError, match="places is missing"):
        read_config(write_text(tmp_path, "t.toml", ""))


def test_networks_share_and_override(tmp_path: Path):
    networks = NetworksConfig.model_validate(
        {
            "osm": "roads.osm.pbf",
            "max_snap_m": 500,
            "car": {"time_factor": 1.2},
            "walk": {"nodes": "n.csv", "edges": "e.csv", "max_snap_m": 300},
        }
    )
    car, walk = networks.find_mode("car"), networks.find_mode("walk")
    assert car is not None and walk is not None and networks.find_mode("bike") is None
    assert (car.osm, car.max_snap_m, car.access_speed_kmh) == (Path("roads.osm.pbf"), 500, 5)
    assert (walk.osm, walk.max_snap_m, walk.speed_kmh) == (None, 300, 4.5)
    assert walk.edges is not None and walk.edges.file == Path("e.csv")


def test_config_does_not_change(tmp_path: Path):
    config = read_config(write_territory(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"  # pyright: ignore[reportAttributeAccessIssue]
