"""The cache: a territory from it is the territory that was read; damage costs time, never more."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from line_town import write_town
from towns import write_random_territory

import maillage as ml
from maillage.cache import CacheEntry, list_entries

DEMO = Path(__file__).parents[2] / "scenarios" / "demo"


@pytest.fixture
def town(tmp_path) -> Path:
    """A territory file of its own, old enough that its times of change count."""
    (tmp_path / "town").mkdir()
    path = write_town(tmp_path / "town")
    for file in path.parent.iterdir():
        os.utime(file, (1e9, 1e9))
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "cache"


def doubts(territory: ml.Territory) -> dict[str, str]:
    found = territory.findings
    found = found[found["kind"].str.startswith("cache_")]
    return dict(zip(found["kind"], found["examples"], strict=True))


def find_entry_file(folder: Path, name: str = "territory.bin") -> Path:
    return next(folder.glob(f"*/*/{name}"))


def assert_same(one: ml.Territory, other: ml.Territory) -> None:
    """Every frame and every answer is the same, to the last bit."""
    for name in ("places", "counters", "groups", "connectivity", "findings"):
        a, b = getattr(one, name), getattr(other, name)
        pd.testing.assert_frame_equal(a, b, check_exact=True, obj=name)
        assert type(a) is type(b)
        assert getattr(a, "crs", None) == getattr(b, "crs", None)
    for name in ("name", "services", "kinds", "parameters"):
        assert getattr(one, name) == getattr(other, name)
    assert list(one.zonings) == list(other.zonings)
    for name, zoning in one.zonings.items():
        found = other.zonings[name]
        assert (zoning.codes, zoning.labels) == (found.codes, found.labels)
        np.testing.assert_array_equal(zoning.area_of_place, found.area_of_place)
        assert (zoning.geometry is None) == (found.geometry is None)
        if zoning.geometry is not None and found.geometry is not None:
            assert zoning.geometry.crs == found.geometry.crs
            pd.testing.assert_series_equal(zoning.geometry, found.geometry)
    a, b = one.parts, other.parts
    for name in ("walk_class", "persons", "is_unknown", "car_share", "adequate", "levels"):
        x, y = getattr(a, name), getattr(b, name)
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y, err_msg=name)
    assert list(a.walk_speeds_kmh) == list(b.walk_speeds_kmh)
    assert str(one.summary()) == str(other.summary())
    assert len(a.networks) == len(b.networks)
    for use, found in zip(a.networks, b.networks, strict=True):
        assert (use.mode, use.source, use.walk_class) == (
            found.mode,
            found.source,
            found.walk_class,
        )
        assert use.roads.summary() == found.roads.summary()
        pd.testing.assert_frame_equal(use.roads.findings, found.roads.findings)
    for service in one.services:
        for person_class in ("car", "no_car"):
            pd.testing.assert_frame_equal(
                one.nearest(service, k=3, person_class=person_class),
                other.nearest(service, k=3, person_class=person_class),
                check_exact=True,
            )
        x, y = one.exposure(service, 20), other.exposure(service, 20)
        pd.testing.assert_frame_equal(x.by_place(), y.by_place(), check_exact=True)
        pd.testing.assert_frame_equal(x.by_group(), y.by_group(), check_exact=True)


# the same territory


def test_the_demo_comes_back_as_it_was(tmp_path):
    plain = ml.read_territory(DEMO / "territory.toml", cache=False)
    first = ml.read_territory(DEMO / "territory.toml", cache=tmp_path)
    found = ml.read_territory(DEMO / "territory.toml", cache=tmp_path)
    assert_same(plain, first)
    assert_same(plain, found)
    scenario = ml.read_scenario(DEMO / "scenario_restructure.toml")
    service = plain.services[0]
    one, other = plain.compare(scenario, service), found.compare(scenario, service)
    pd.testing.assert_frame_equal(one.total(), other.total(), check_exact=True)
    pd.testing.assert_frame_equal(one.losers(), other.losers(), check_exact=True)
    landslide = ml.read_scenario(DEMO / "scenario_landslide.toml")
    one, other = plain.compare(landslide, service), found.compare(landslide, service)
    pd.testing.assert_frame_equal(one.by_place(), other.by_place(), check_exact=True)


@pytest.mark.parametrize("seed", range(6))
def test_random_territories_come_back_as_they_were(tmp_path, seed):
    (tmp_path / "files").mkdir()
    written = write_random_territory(tmp_path / "files", seed)
    path = tmp_path / "files" / "territory.toml"
    assert written is not None and path.exists()
    plain = ml.read_territory(path, cache=False)
    ml.read_territory(path, cache=tmp_path / "cache")
    assert_same(plain, ml.read_territory(path, cache=tmp_path / "cache"))


def test_places_with_outlines_and_secret_persons_come_back(tmp_path):
    import geopandas as gpd
    import shapely

    path = write_town(tmp_path)
    table = pd.read_csv(tmp_path / "places.csv", dtype={"old": object})
    table.loc[1, "old"] = "s"
    boxes = [shapely.box(x - 0.02, 42.19, x + 0.02, 42.21) for x in table["lon"]]
    gpd.GeoDataFrame(table, geometry=boxes, crs=4326).to_crs(2154).to_file(tmp_path / "p.gpkg")
    text = path.read_text("utf-8").replace('file = "places.csv"', 'file = "p.gpkg"', 1)
    text = text.replace('lon = "lon"\nlat = "lat"\n', "", 1)
    text = text.replace("[zonings.canton]", 'secret = ["s"]\n\n[zonings.canton]', 1)
    path.write_text(text, "utf-8")
    plain = ml.read_territory(path, cache=False)
    assert isinstance(plain.places, gpd.GeoDataFrame)
    assert plain.parts.is_unknown.any()
    ml.read_territory(path, cache=tmp_path / "cache")
    found = ml.read_territory(path, cache=tmp_path / "cache")
    assert_same(plain, found)
    east = ml.Scenario("east").close("East")
    assert isinstance(found.compare(east, "post").by_place(), gpd.GeoDataFrame)


def test_nodes_are_known_by_their_ids_after_loading(town, folder):
    ml.read_territory(town, cache=folder)
    roads = ml.read_territory(town, cache=folder).parts.networks[0].roads
    here = pd.DataFrame({"id": ["x"], "node": ["n0"]})
    there = pd.DataFrame({"id": ["y"], "node": ["n3"]})
    assert roads.travel_time_matrix(here, there)["travel_time"].tolist() == [30.0]


def test_what_is_read_from_the_cache_can_be_edited(town, folder):
    ml.read_territory(town, cache=folder)
    territory = ml.read_territory(town, cache=folder)
    scenario = (
        ml.Scenario("all")
        .close("East")
        .open("New", lon=9.15, lat=42.2, services={"post": 2})
        .set_population(factor=2.0)
    )
    plain = ml.read_territory(town, cache=False)
    pd.testing.assert_frame_equal(
        territory.compare(scenario, "post").by_group(), plain.compare(scenario, "post").by_group()
    )
    assert_same(plain, territory)


# what is kept


def test_a_second_reading_reads_no_input(town, folder, monkeypatch):
    ml.read_territory(town, cache=folder)
    monkeypatch.setattr("maillage.territory_read.read_inputs", lambda path: pytest.fail("read"))
    territory = ml.read_territory(town, cache=folder)
    assert doubts(territory) == {}
    with pytest.raises(pytest.fail.Exception):
        ml.read_territory(town, cache=False)


def test_the_default_is_the_users_cache_folder(town, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    ml.read_territory(town)
    if sys.platform.startswith("linux"):
        assert len(list(list_entries(tmp_path / "users" / "maillage"))) == 1


def test_nothing_is_kept_without_a_cache(town, folder):
    territory = ml.read_territory(town, cache=False)
    territory.nearest("post")
    assert territory.save_lists() == 0
    assert not folder.exists()


@pytest.mark.parametrize("cache", [None, 1, "", 3.5, ["x"]])
def test_a_wrong_cache_is_told(town, cache):
    with pytest.raises(ml.InputError, match="expected True, False or a folder"):
        ml.read_territory(town, cache=cache)


def test_mistakes_of_the_files_are_told_as_without_a_cache(town, folder):
    ml.read_territory(town, cache=folder)
    town.write_text(town.read_text("utf-8").replace("[places]", "[places]\nnonsense = 1"), "utf-8")
    with pytest.raises(ml.InputError, match="nonsense"):
        ml.read_territory(town, cache=folder)
    with pytest.raises(ml.IoError):
        ml.read_territory(town.with_name("none.toml"), cache=folder)


def test_lists_are_found_again(town, folder):
    first = ml.read_territory(town, cache=folder)
    lists = first.nearest("post", k=2)
    assert first.save_lists() == 1
    assert first.save_lists() == 0
    first.nearest("bank")
    first.exposure("post")
    assert first.save_lists() == 1
    later = ml.read_territory(town, cache=folder)
    pd.testing.assert_frame_equal(later.nearest("post", k=2), lists, check_exact=True)
    assert later.save_lists() == 0  # nothing was found anew
    after = later.apply(ml.Scenario("less").close("East"))
    assert set(after.nearest("post")["counter"]) == {"West"}
    assert after.save_lists() == 0


def test_damaged_lists_are_found_anew(town, folder):
    first = ml.read_territory(town, cache=folder)
    lists = first.nearest("post", k=2)
    first.save_lists()
    file = next(folder.glob("*/*/lists-*.bin"))
    file.write_bytes(file.read_bytes()[:-100])
    later = ml.read_territory(town, cache=folder)
    pd.testing.assert_frame_equal(later.nearest("post", k=2), lists, check_exact=True)
    assert later.save_lists() == 1


# what makes it anew


def test_a_changed_input_is_read_anew_and_said(town, folder):
    ml.read_territory(town, cache=folder)
    places = town.parent / "places.csv"
    places.write_text(places.read_text("utf-8").replace(",80,20", ",90,20"), "utf-8")
    territory = ml.read_territory(town, cache=folder)
    assert doubts(territory) == {"cache_rebuilt": f"{places} has changed"}
    assert territory.places["persons"].tolist() == [110.0] * 5
    assert len(list(folder.glob("*/*/territory.bin"))) == 1  # the old entry is gone
    assert doubts(ml.read_territory(town, cache=folder)) == {}


def test_the_same_size_and_another_content_is_a_change(town, folder):
    ml.read_territory(town, cache=folder)
    places = town.parent / "places.csv"
    places.write_text(places.read_text("utf-8").replace(",80,20", ",81,19"), "utf-8")
    assert "cache_rebuilt" in doubts(ml.read_territory(town, cache=folder))


def test_another_time_and_the_same_content_is_no_change(town, folder):
    ml.read_territory(town, cache=folder)
    places = town.parent / "places.csv"
    os.utime(places, (1.1e9, 1.1e9))
    assert doubts(ml.read_territory(town, cache=folder)) == {}
    about = json.loads(next(folder.glob("*/entry.json")).read_text("utf-8"))
    times = {Path(file["path"]).name: file["mtime_ns"] for file in about["files"]}
    assert times["places.csv"] == 1_100_000_000_000_000_000


def test_a_fresh_file_is_compared_by_content(tmp_path, folder):
    (tmp_path / "town").mkdir()
    town = write_town(tmp_path / "town")  # just now: its time may stay when it changes again
    ml.read_territory(town, cache=folder)
    places = town.parent / "places.csv"
    about = places.stat()
    places.write_text(places.read_text("utf-8").replace(",80,20", ",81,19"), "utf-8")
    os.utime(places, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert "cache_rebuilt" in doubts(ml.read_territory(town, cache=folder))


def test_every_file_that_is_named_counts(folder, tmp_path):
    shutil.copytree(DEMO, tmp_path / "demo")
    path = tmp_path / "demo" / "territory.toml"
    ml.read_territory(path, cache=folder)
    about = json.loads(next(folder.glob("*/entry.json")).read_text("utf-8"))
    named = {Path(file["path"]).name for file in about["files"]}
    assert named == {
        "territory.toml", "grid.csv", "communes.gpkg", "fibre.csv", "counters.csv", "roads.osm.pbf"
    }  # fmt: skip


def test_another_program_reads_anew(town, folder, monkeypatch):
    ml.read_territory(town, cache=folder)
    monkeypatch.setattr("maillage.cache.entries.find_program", lambda: "another")
    why = doubts(ml.read_territory(town, cache=folder))["cache_rebuilt"]
    assert why == "it was written by another version of maillage"


DAMAGE = {
    "cut short": lambda data: data[: len(data) // 2],
    "cut by one": lambda data: data[:-1],
    "empty": lambda data: b"",
    "longer": lambda data: data + b"x",
    "one bit of the header": lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:],
    "one bit inside": lambda data: data[:9000] + bytes([data[9000] ^ 64]) + data[9001:],
    "one bit at the end": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "foreign": lambda data: b"PK\x03\x04" + b"0" * 5000,
    "another format": lambda data: data[:8] + b"\x63" + data[9:],
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_entry_is_made_anew_and_said(town, folder, how):
    plain = ml.read_territory(town, cache=folder)
    file = find_entry_file(folder)
    damaged = file.with_name("damaged")
    damaged.write_bytes(DAMAGE[how](file.read_bytes()))
    damaged.replace(file)  # what `plain` has mapped stays as it is
    territory = ml.read_territory(town, cache=folder)
    assert "territory.bin" in doubts(territory)["cache_rebuilt"]
    found = ml.read_territory(town, cache=folder)
    assert doubts(found) == {}
    assert_same(plain, found)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 1, "program": "x", "key": 7}']
)
def test_a_damaged_description_is_made_anew_and_said(town, folder, text):
    ml.read_territory(town, cache=folder)
    next(folder.glob("*/entry.json")).write_text(text, "utf-8")
    assert "cache_rebuilt" in doubts(ml.read_territory(town, cache=folder))
    assert doubts(ml.read_territory(town, cache=folder)) == {}


@pytest.mark.parametrize("what", ["key", "files"])
def test_a_description_with_wrong_content_is_made_anew(town, folder, what):
    ml.read_territory(town, cache=folder)
    path = next(folder.glob("*/entry.json"))
    about = json.loads(path.read_text("utf-8"))
    about[what] = "../../elsewhere" if what == "key" else [{"path": 3}]
    path.write_text(json.dumps(about), "utf-8")
    assert "cache_rebuilt" in doubts(ml.read_territory(town, cache=folder))


def test_a_missing_file_of_an_entry_is_made_anew(town, folder):
    ml.read_territory(town, cache=folder)
    find_entry_file(folder).unlink()
    assert "cache_rebuilt" in doubts(ml.read_territory(town, cache=folder))


# where it cannot be written


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_finding(town, folder):
    folder.mkdir()
    folder.chmod(0o500)
    territory = ml.read_territory(town, cache=folder)
    assert "cache_not_written" in doubts(territory)


def test_a_cache_that_is_a_file_is_a_finding(town, folder):
    folder.write_text("not a folder")
    territory = ml.read_territory(town, cache=folder)
    assert "cache_not_written" in doubts(territory)
    assert territory.exposure("post").total()["persons"].iloc[0] == 500
    assert folder.read_text() == "not a folder"


def test_lists_that_cannot_be_written_are_an_error_of_save_lists_alone(town, folder):
    territory = ml.read_territory(town, cache=folder)
    shutil.rmtree(folder)
    assert len(territory.nearest("post")) == 5
    with pytest.raises(ml.IoError, match="cannot be written"):
        territory.save_lists()


def test_inputs_that_change_while_they_are_read_are_not_kept(town, folder, monkeypatch):
    from maillage import territory_read

    build = territory_read._build

    def build_slowly(*arguments):
        built = build(*arguments)
        places = town.parent / "places.csv"
        places.write_text(places.read_text("utf-8") + "\n", "utf-8")
        return built

    monkeypatch.setattr(territory_read, "_build", build_slowly)
    assert "cache_not_written" in doubts(ml.read_territory(town, cache=folder))
    assert list(folder.glob("*/entry.json")) == []


# other processes

READ = """
import sys
import maillage as ml
territory = ml.read_territory(sys.argv[1], cache=sys.argv[2])
territory.nearest("post")
territory.save_lists()
kinds = [kind for kind in territory.findings["kind"] if kind.startswith("cache_")]
print(territory.exposure("post").total()["persons"].iloc[0], kinds)
"""

READ_AND_STALL = """
import os, sys, time
import maillage as ml
from maillage import _core
write = _core.write_cache

def write_and_stall(path, key, territory, arrays, threads, report):
    print(os.path.dirname(path), flush=True)
    name = path + "." + str(os.getpid()) + ".0.tmp"
    with open(name, "wb") as file:
        file.write(b"half of it")
    time.sleep(60)

_core.write_cache = write_and_stall
ml.read_territory(sys.argv[1], cache=sys.argv[2])
"""


def start(program: str, town: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, str(town), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_process_killed_halfway_leaves_nothing_that_counts(town, folder):
    process = start(READ_AND_STALL, town, folder)
    assert process.stdout is not None
    entry = Path(process.stdout.readline().strip())
    while not list(entry.glob("*.tmp")):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(folder.glob("*/entry.json")) == []
    territory = ml.read_territory(town, cache=folder)
    assert doubts(territory) == {}
    assert list(entry.glob("*.tmp")) == []  # cleaned up
    assert find_entry_file(folder).parent == entry


def test_processes_that_write_at_once_leave_a_good_entry(town, folder):
    processes = [start(READ, town, folder) for _ in range(3)]
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert output.split(maxsplit=1) == ["500.0", "[]\n"]
    assert len(list(list_entries(folder))) == 1
    assert list(folder.glob("*/*/*.tmp")) == []
    territory = ml.read_territory(town, cache=folder)
    assert doubts(territory) == {}
    territory.nearest("post")
    assert territory.save_lists() == 0


def test_a_process_that_ends_at_once_still_keeps_its_lists(town, folder):
    program = READ.replace("territory.save_lists()\n", "")
    assert start(program, town, folder).wait(60) == 0
    territory = ml.read_territory(town, cache=folder)
    territory.nearest("post")
    assert territory.save_lists() == 0


# listing and clearing


def test_entries_are_listed_and_removed(town, folder, tmp_path):
    assert list(list_entries(folder)) == []
    ml.read_territory(town, cache=folder)
    (folder / "somebody-0123456789ab").mkdir()  # looks like an entry, and is none
    (folder / "notes.txt").write_text("mine")
    [entry] = list_entries(folder)
    assert entry.name == "Five places"
    assert entry.territory == str(town)
    assert entry.n_bytes > 1000
    assert time.time() - entry.written < 600
    assert entry.folder == CacheEntry(folder, town).folder
    entry.remove()
    assert list(list_entries(folder)) == []
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "somebody-0123456789ab"]
