"""The package as others meet it: names, types, errors, and what importing it costs."""

from __future__ import annotations

import importlib.metadata
import inspect
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import maillage as ml

ROOT = Path(__file__).parents[2]


def test_names_of_the_package():
    for name in ml.__all__:
        assert hasattr(ml, name), name
    contract = {
        "read_roads", "build_roads", "read_territory", "read_scenario", "Scenario",
        "InputError", "IoError", "NotFoundError",
    }  # fmt: skip
    assert contract <= set(ml.__all__)


def test_the_version_is_that_of_the_package():
    assert ml.__version__ == importlib.metadata.version("maillage")
    assert f'version = "{ml.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_errors_are_python_s_own_too():
    assert issubclass(ml.InputError, ValueError)
    assert issubclass(ml.IoError, OSError)
    assert issubclass(ml.NotFoundError, KeyError)
    for kind in (ml.InputError, ml.IoError, ml.NotFoundError):
        assert issubclass(kind, ml.MaillageError)
        assert str(kind("a sentence, as it is")) == "a sentence, as it is"


def public_members() -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name in ml.__all__:
        thing = getattr(ml, name)
        if not callable(thing):
            continue
        found.append((name, thing))
        if inspect.isclass(thing):
            found += [
                (f"{name}.{member}", value)
                for member, value in vars(thing).items()
                if not member.startswith("_") and (callable(value) or isinstance(value, property))
            ]
    return found


@pytest.mark.parametrize(
    "name, thing", public_members(), ids=lambda x: x if isinstance(x, str) else ""
)
def test_everything_public_says_what_it_is_for(name, thing):
    text = inspect.getdoc(thing)
    assert text, f"{name} has no docstring"
    first = text.splitlines()[0]
    assert len(first) > 10, f"{name}: {first!r}"
    assert first.rstrip("`")[-1] in ".:,)?" or len(text.splitlines()) > 1, f"{name}: {first!r}"


def test_types_are_shipped():
    folder = Path(ml.__file__).parent
    assert (folder / "py.typed").exists()
    assert (folder / "_core.pyi").exists()


def test_a_user_s_program_passes_the_type_checker(tmp_path):
    pytest.importorskip("pyright")
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import geopandas as gpd
            import pandas as pd

            import maillage as ml

            nodes = pd.DataFrame({"id": ["a"], "lon": [9.0], "lat": [42.0]})
            edges = pd.DataFrame({"from": ["a"], "to": ["a"], "time_s": [1.0]})
            roads: ml.RoadNetwork = ml.read_roads("x.osm.pbf", mode="car", use_maxspeed=0.8)
            roads = ml.build_roads(nodes, edges, mode="walk")
            matrix: pd.DataFrame = roads.travel_time_matrix(nodes, nodes, round_trip=True)
            nearest: pd.DataFrame = roads.nearest(nodes, nodes, k=8)
            lines: gpd.GeoDataFrame = roads.segments()
            territory: ml.Territory = ml.read_territory("territory.toml")
            places: pd.DataFrame = territory.places
            near = territory.nearest(service="post", level=1, k=3, person_class="no_car")
            exposure: ml.Exposure = territory.exposure(service="post", limit=20)
            tables = [exposure.by_place(), exposure.by_group(), exposure.by("d"), exposure.total()]
            scenario: ml.Scenario = ml.Scenario("fewer desks").close("K1")
            scenario = scenario.open(key="N1", lon=9.1, lat=42.3, services={"post": 1})
            scenario = ml.read_scenario("close.toml")
            scenario.write("copy.toml")
            after: ml.Territory = territory.apply(scenario)
            delta: ml.Delta = territory.compare(scenario, service="post", limit=20)
            losers: pd.DataFrame = delta.losers()
            delta.map("delta.png")
            problems: list[str] = ml.check_scenario(scenario, territory)
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(program)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_is_light():
    """Drawing and notebooks are loaded when they are asked for."""
    code = "import sys, maillage; print([m for m in ('matplotlib', 'IPython') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
