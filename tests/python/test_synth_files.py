"""The files of an invented country: what users and other programs find in them."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import tomllib
from PIL import Image
from synth_osm import read_osm, to_metres

import maillage as ml
from maillage import _core
from maillage.errors import InputError, IoError
from maillage.geo.inputs import TerritoryInputs, read_inputs
from maillage.scenario_checks import check_scenario
from maillage.synth import FILES, SynthCountry, build_country, write_country, write_synth

PLACES, COUNTERS, SEED = 300, 80, 11
DEMO = Path(__file__).parents[2] / "scenarios" / "demo"
SCENARIOS = [name for name in FILES if name.startswith("scenario_")]


@pytest.fixture(scope="module")
def country() -> SynthCountry:
    return build_country(PLACES, COUNTERS, SEED)


@pytest.fixture(scope="module")
def folder(country: SynthCountry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synth")
    write_country(country, out)
    return out


@pytest.fixture(scope="module")
def inputs(folder: Path) -> TerritoryInputs:
    return read_inputs(folder / "territory.toml")


@pytest.fixture(scope="module")
def grid(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "grid.csv", dtype={"id": str, "commune": str})


@pytest.fixture(scope="module")
def communes(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "communes.gpkg")


# -- the whole --------------------------------------------------------------------------------


def test_same_numbers_same_bytes(folder: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    write_synth(
        places=PLACES, counters=COUNTERS, seed=SEED, out=tmp_path,
        progress=lambda *step: steps.append(step),
    )  # fmt: skip
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    done = [number for _, number, _ in steps]
    assert done == sorted(done)
    assert {total for _, _, total in steps} == {done[-1]}


def test_every_reader_of_ours_takes_it(inputs: TerritoryInputs, country: SynthCountry) -> None:
    assert len(inputs.places) == PLACES
    assert len(inputs.counters) == COUNTERS
    assert inputs.persons.sum() == pytest.approx(country.population.persons.sum())
    assert len(inputs.zonings["commune"].codes) == len(country.communes)
    assert set(inputs.services) == {
        "post", "bank", "tax", "family", "jobs", "health", "town_hall",
    }  # fmt: skip
    assert (inputs.counter_levels.sum(axis=0) > 0).all()
    kinds = set(inputs.findings.to_frame()["kind"])
    assert kinds <= {"near_duplicate", "connectivity_unknown", "connectivity_share_unknown"}
    assert "near_duplicate" in kinds


def test_scenarios_fit_their_territory(folder: Path) -> None:
    territory = ml.read_territory(folder / "territory.toml")
    for name in SCENARIOS:
        scenario = ml.read_scenario(folder / name)
        assert check_scenario(scenario, territory) == []
    closures = ml.read_scenario(folder / "scenario_closures.toml")
    losers = territory.compare(closures, service="post").losers()
    assert (losers["delta_travel_time"] > 0).all()
    assert losers["persons"].sum() > 100
    kinds = [edit.do for edit in ml.read_scenario(folder / "scenario_restructure.toml").edits]
    assert {"close", "convert", "open"} == set(kinds)
    kinds = [edit.do for edit in ml.read_scenario(folder / "scenario_landslide.toml").edits]
    assert kinds == ["close_road", "set_hours"]


def test_landslide_lengthens_ways(folder: Path) -> None:
    territory = ml.read_territory(folder / "territory.toml")
    landslide = ml.read_scenario(folder / "scenario_landslide.toml")
    losers = territory.compare(landslide, service="tax").losers()
    # beyond it one has to walk
    assert losers["delta_travel_time"].max() > 60.0
    assert losers["persons"].sum() > 20


# -- tables and layers ------------------------------------------------------------------------


def test_codes_are_text_with_their_zeros(
    folder: Path, grid: pd.DataFrame, communes: gpd.GeoDataFrame
) -> None:
    assert communes["insee"].str.fullmatch(r"01\d{3}").all()
    assert communes["insee"].is_unique
    assert communes["epci"].str.fullmatch(r"\d{9}").all()
    assert set(grid["commune"]) <= set(communes["insee"])
    assert b",01" in (folder / "grid.csv").read_bytes()  # not 1
    fibre = pd.read_csv(folder / "fibre.csv", sep=";", dtype=str)
    assert set(fibre["code_insee"]) == set(communes["insee"])
    counters = pd.read_csv(folder / "counters.csv", dtype=str)
    assert counters["key"].is_unique
    assert counters["key"].str.startswith("0").any()
    assert set(counters["commune"]) <= set(communes["insee"])


def test_codes_of_a_country_have_letters_and_departements() -> None:
    from maillage.synth.names import DEPARTEMENT_CODES, departement_name

    assert {"01", "2A", "2B", "95"} <= set(DEPARTEMENT_CODES)
    assert len(DEPARTEMENT_CODES) == len(set(DEPARTEMENT_CODES)) == 96
    assert len({departement_name(n) for n in range(96)}) == 96


def test_communes_cover_the_land_once(communes: gpd.GeoDataFrame, grid: pd.DataFrame) -> None:
    assert communes.crs.to_epsg() == 2154
    assert communes.is_valid.all()
    assert communes.union_all().area == pytest.approx(communes.area.sum(), rel=1e-4)
    points = gpd.GeoDataFrame(
        grid[["id", "commune"]],
        geometry=gpd.points_from_xy(grid["lon"], grid["lat"], crs=4326).to_crs(2154),
    )
    found = points.sjoin(communes[["insee", "geometry"]], predicate="within")
    assert len(found) > 0.9 * len(points)  # some squares have their middle at sea
    assert (found["commune"] == found["insee"]).mean() > 0.999  # 6 decimals are 0.1 m


def test_grid_adds_up(grid: pd.DataFrame) -> None:
    bands = [column for column in grid if column.startswith("ind_")]
    assert len(bands) == 7
    assert np.allclose(grid[bands].sum(axis=1), grid["ind"], atol=0.051)
    assert (grid["ind"] % 1 != 0).mean() > 0.7  # persons of a census grid are no whole numbers
    old = grid["ind_80p"].sum() / grid["ind"].sum()
    assert 0.04 < old < 0.08
    assert (grid["voiture_80p"] < grid["voiture_18_64"]).mean() > 0.95


def test_counters_stand_near_roads(folder: Path) -> None:
    counters = pd.read_csv(folder / "counters.csv")
    osm = read_osm(folder / "roads.osm.pbf")
    drivable = {ref for way in osm.car_ways() for ref in way.refs}
    nodes = np.array([osm.nodes[ref] for ref in drivable])
    for lon, lat in counters[["lon", "lat"]].to_numpy():
        nearest = nodes[np.argmin(((nodes - (lon, lat)) ** 2).sum(axis=1))]
        assert to_metres((lon, lat), tuple(nearest)) < 250.0


def test_fibre_is_written_as_published(folder: Path) -> None:
    text = (folder / "fibre.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("code_dep;code_insee;nom_com;nbr;elig_bhd8")
    fibre = pd.read_csv(folder / "fibre.csv", sep=";", decimal=",", na_values="s")
    shares = fibre[["elig_bhd8", "elig_thd30", "elig_thd100", "elig_thd1g"]].to_numpy()
    assert (np.diff(shares, axis=1) <= 0).all()
    assert ((shares >= 0) & (shares <= 100)).all()
    assert fibre["bonne_4g"].isna().any()
    valley = fibre[fibre["nom_com"].str.contains("Combe-Noire")]
    assert (valley["elig_thd1g"] == 0).all()


def test_coverage_raster_and_polygons_agree(folder: Path, country: SynthCountry) -> None:
    with Image.open(folder / "mobile_4g.tif") as image:
        pixels = np.array(image)
        tags = dict(image.tag_v2)
    assert pixels.dtype == np.uint8
    assert set(np.unique(pixels)) <= {0, 1, 2, 3, 255}
    assert tags[33550][:2] == (500.0, 500.0)
    assert tags[34735][-4:] == (3072, 0, 1, 2154)
    west, north = tags[33922][3:5]
    areas = gpd.read_file(folder / "mobile_4g.gpkg")
    assert areas.crs.to_epsg() == 2154
    assert areas.is_valid.all()
    good = areas[areas["niveau"] == "BC"].union_all()
    rows, columns = np.nonzero(pixels != 255)
    x, y = west + 500.0 * (columns + 0.5), north - 500.0 * (rows + 0.5)
    inside = gpd.GeoSeries(gpd.points_from_xy(x, y)).within(good).to_numpy()
    level = pixels[rows, columns]
    assert 0.2 < inside.mean() < 1.0
    assert ((level >= 2) == inside).mean() > 0.97  # outlines are simplified to some 60 m


def test_layers_have_one_date(folder: Path) -> None:
    for name in ("communes.gpkg", "mobile_4g.gpkg"):
        with sqlite3.connect(folder / name) as layer:
            dates = layer.execute("select last_change from gpkg_contents").fetchall()
        assert dates == [("2025-01-01T00:00:00.000Z",)]


# -- coaches ----------------------------------------------------------------------------------


def _seconds(clock: str) -> int:
    h, m, s = map(int, clock.split(":"))
    return 3600 * h + 60 * m + s


def test_feed_holds_together(folder: Path) -> None:
    with zipfile.ZipFile(folder / "gtfs.zip") as archive:
        tables = {name: pd.read_csv(archive.open(name), dtype=str) for name in archive.namelist()}
    stops, trips, times = (tables[f"{n}.txt"] for n in ("stops", "trips", "stop_times"))
    assert set(trips["route_id"]) == set(tables["routes.txt"]["route_id"])
    assert set(trips["service_id"]) <= set(tables["calendar.txt"]["service_id"])
    assert set(tables["calendar_dates.txt"]["service_id"]) <= set(trips["service_id"])
    assert set(times["trip_id"]) == set(trips["trip_id"])
    assert set(times["stop_id"]) <= set(stops.loc[stops["location_type"] == "0", "stop_id"])
    parents = stops["parent_station"].dropna()
    assert set(parents) <= set(stops.loc[stops["location_type"] == "1", "stop_id"])
    transfers = tables["transfers.txt"]
    assert set(transfers["from_stop_id"]) | set(transfers["to_stop_id"]) <= set(stops["stop_id"])
    place = stops.set_index("stop_id")[["stop_lon", "stop_lat"]].astype(float)
    late = False
    for _, rows in times.groupby("trip_id"):
        at = [_seconds(clock) for clock in rows["arrival_time"]]
        late |= at[-1] > 24 * 3600
        xy = [tuple(p) for p in place.loc[rows["stop_id"]].to_numpy()]
        for k in range(len(at) - 1):
            assert at[k + 1] > at[k]
            kmh = to_metres(xy[k], xy[k + 1]) * 3.6 / (at[k + 1] - at[k])
            assert kmh < 90.0
    assert late


# -- errors -----------------------------------------------------------------------------------


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(IoError, match="it is a file, expected a folder"):
        write_synth(places=PLACES, counters=COUNTERS, seed=1, out=tmp_path / "out")


def test_nothing_half_written(
    country: SynthCountry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maillage.synth import write

    def full_disk(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "build_scenarios", full_disk)
    (tmp_path / "grid.csv").write_text("mine")
    with pytest.raises(IoError, match="No space left"):
        write_country(country, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["grid.csv"]
    assert (tmp_path / "grid.csv").read_text() == "mine"
    with pytest.raises(IoError, match="No space left"):
        write_country(country, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def _tables(**changes: object) -> dict[str, object]:
    tables: dict[str, object] = {
        "tag_sets": [[("highway", "primary")]],
        "nodes": ([1, 2], [3.0, 3.1], [45.0, 45.1], [-1, -1]),
        "ways": ([7], [0, 2], [1, 2], [0]),
        "restrictions": ([], [], [], [], []),
    }
    return tables | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes": ([2, 2], [3.0, 3.1], [45.0, 45.1], [-1, -1])}, "row 1: id is 2, expected more"),
        ({"nodes": ([1, 2], [3.0, np.nan], [45.0, 45.1], [-1, -1])}, "row 1: lon is nan"),
        ({"nodes": ([1, 2], [3.0, 3.1], [45.0, 95.0], [-1, -1])}, "row 1: lat is 95"),
        ({"nodes": ([1, 2], [3.0], [45.0, 45.1], [-1, -1])}, "nodes.lon: has 1 values, expected 2"),
        ({"ways": ([7], [0, 3], [1, 2], [0])}, "ways.refs: has 2 values, expected 3"),
        ({"ways": ([7], [0, 2], [1, 2], [1])}, "row 0: tag_set is 1, expected -1..0"),
        ({"ways": ([7, 8], [0, 2, 1], [1, 2], [0, 0])}, "row 1: ref_offsets decreases"),
    ],
)
def test_bad_road_tables(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        _core.write_osm_pbf(str(tmp_path / "x.osm.pbf"), **_tables(**changes))
    assert list(tmp_path.iterdir()) == []


def test_road_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(IoError, match=r"x\.osm\.pbf: cannot be written"):
        _core.write_osm_pbf(str(tmp_path / "missing" / "x.osm.pbf"), **_tables())
    (tmp_path / "x.osm.pbf").mkdir()
    with pytest.raises(IoError, match="cannot be written"):
        _core.write_osm_pbf(str(tmp_path / "x.osm.pbf"), **_tables())
    assert [p.name for p in tmp_path.iterdir()] == ["x.osm.pbf"]


# -- the demo ---------------------------------------------------------------------------------


def test_demo_is_small_and_complete() -> None:
    assert set(FILES) | {"README.md"} <= {p.name for p in DEMO.iterdir()}
    assert sum(p.stat().st_size for p in DEMO.iterdir()) < 3_000_000
    assert tomllib.loads((DEMO / "territory.toml").read_text(encoding="utf-8"))["format"] == 1


def test_demo_is_what_its_command_writes(tmp_path: Path) -> None:
    """The command in its README; compressed files are compared by what is in them.

    (Another zlib or SQLite may pack the same content into other bytes.)
    """
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    line = next(line for line in readme.splitlines() if line.startswith("maillage synth "))
    words = line.split()
    number = {w: int(words[words.index(w) + 1]) for w in ("--places", "--counters", "--seed")}
    write_synth(
        places=number["--places"], counters=number["--counters"], seed=number["--seed"],
        out=tmp_path,
    )  # fmt: skip
    for name in FILES:
        made, kept = tmp_path / name, DEMO / name
        if name.endswith((".csv", ".toml")):
            assert made.read_bytes() == kept.read_bytes(), name
        elif name.endswith(".pbf"):
            a, b = read_osm(made), read_osm(kept)
            assert (a.nodes, a.node_tags, a.ways, a.relations) == (
                b.nodes, b.node_tags, b.ways, b.relations,
            )  # fmt: skip
        elif name.endswith(".gpkg"):
            a, b = gpd.read_file(made), gpd.read_file(kept)
            assert a.drop(columns="geometry").equals(b.drop(columns="geometry"))
            assert a.geometry.geom_equals_exact(b.geometry, 0.0).all()
        elif name.endswith(".tif"):
            with Image.open(made) as a, Image.open(kept) as b:
                assert np.array_equal(np.array(a), np.array(b))
        else:
            with zipfile.ZipFile(made) as a, zipfile.ZipFile(kept) as b:
                assert a.namelist() == b.namelist()
                assert all(a.read(n) == b.read(n) for n in a.namelist())
