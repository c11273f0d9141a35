"""Connectivity that is known in part: unknown is never zero, and what it means is said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import maillage as ml

HEAD = """format = 1
name = "Four"
[places]
file = "places.csv"
key = "code"
lon = "lon"
lat = "lat"
[groups."18-24"]
persons = "persons"
car_share = 0.8
"""
TAIL = """[services.post]
[[counters]]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = { post = 1 }
[networks.crow]
"""
TABLE = """[connectivity]
file = "lines.csv"
key = "insee"
wired_8 = "l8"
"""
CODES = ("48001", "48002", "48003", "48004")


def read(
    folder: Path, section: str, lines: str, codes: Sequence[str] = CODES, more: str = ""
) -> ml.Territory:
    rows = "".join(
        f"{code},{3.5 + i / 10:.1f},44.5,{100 * (i + 1)}\n" for i, code in enumerate(codes)
    )
    (folder / "places.csv").write_text("code,lon,lat,persons\n" + rows, encoding="utf-8")
    (folder / "counters.csv").write_text("id,lon,lat\nP,5.0,44.5\n", encoding="utf-8")
    (folder / "lines.csv").write_text(lines, encoding="utf-8")
    (folder / "territory.toml").write_text(HEAD + more + section + TAIL, encoding="utf-8")
    return ml.read_territory(folder / "territory.toml", cache=False, progress=False)


def find_text(territory: ml.Territory, kind: str) -> str:
    return territory.findings.set_index("kind").loc[kind, "examples"]


def test_a_secret_is_never_zero(tmp_path):
    lines = "insee;l8;g4\n48001;s;0,2\n48002;s;0\n48003;s;1\n48004;s;s\n"
    territory = read(tmp_path, TABLE + 'mobile_4g = "g4"\n', lines)
    adequate = territory.connectivity["adequate"].to_numpy()
    assert np.isnan(adequate[[0, 1, 3]]).all() and adequate[2] == 1
    words = find_text(territory, "connectivity_unknown")
    assert "1 places with 400 persons count as connected: neither" in words
    assert "2 places with 300 persons count as connected: wired_8 is not known" in words
    count = territory.findings.set_index("kind").loc["connectivity_unknown", "count"]
    assert count == 3


def test_knowing_that_there_is_no_4g_is_no_worse_than_knowing_nothing(tmp_path):
    lines = "insee;l8;g4\n48001;s;0\n48002;s;s\n48003;1;1\n48004;1;1\n"
    territory = read(tmp_path, TABLE + 'mobile_4g = "g4"\n', lines)
    table = territory.exposure("post", 5).by_place().set_index("place")
    assert table.loc["48001", "share_stranded"] == table.loc["48002", "share_stranded"]


def test_a_network_that_the_files_leave_out_is_left_aside(tmp_path):
    lines = "insee;l8;g4\n48001;0,3;0,2\n48002;0;0\n48003;1;1\n48004;s;0,5\n"
    wired = read(tmp_path, TABLE, lines).connectivity["adequate"].to_numpy()
    assert wired[:3].tolist() == [pytest.approx(0.3), 0, 1] and np.isnan(wired[3])
    section = TABLE.replace('wired_8 = "l8"\n', 'mobile_4g = "g4"\n')
    territory = read(tmp_path, section, lines)
    assert territory.connectivity["adequate"].tolist() == pytest.approx([0.2, 0, 1, 0.5])


def test_scenarios_and_the_cache_keep_the_rule(tmp_path):
    lines = "insee;l8;g4\n48001;s;0,2\n48002;s;0\n48003;0,4;1\n48004;0,1;s\n"
    read(tmp_path, TABLE + 'mobile_4g = "g4"\n', lines)
    folder, path = tmp_path / "cache", tmp_path / "territory.toml"
    for _ in range(2):
        territory = ml.read_territory(path, cache=folder, progress=False)
        scenario = ml.Scenario("x").set_connectivity("48001", wired_8=0.5)
        scenario = scenario.set_connectivity("48004", wired_8=0.9)
        after = territory.apply(scenario)
        adequate = after.connectivity["adequate"].to_numpy()
        assert adequate[0] == pytest.approx(0.6) and np.isnan(adequate[[1, 3]]).all()
        assert np.array_equal(after._core.adequate, adequate, equal_nan=True)
