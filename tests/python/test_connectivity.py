"""Connectivity that is known in part: unknown is never zero, and what it means is said."""

from __future__ import annotations

import numpy as np
import pytest
from four_places import find_text, read_four

import maillage as ml

HEAD = "insee;l8;g4\n"


def test_a_secret_is_never_zero(tmp_path):
    lines = HEAD + "48001;s;0,2\n48002;s;0\n48003;s;1\n48004;s;s\n"
    territory = read_four(tmp_path, lines=lines)
    adequate = territory.connectivity["adequate"].to_numpy()
    assert np.isnan(adequate[[0, 1, 3]]).all() and adequate[2] == 1
    words = find_text(territory, "connectivity_unknown")
    assert "1 places with 110 persons count as connected: neither" in words
    assert "2 places with 430 persons count as connected: wired_8 is not known" in words
    count = territory.findings.set_index("kind").loc["connectivity_unknown", "count"]
    assert count == 3


def test_knowing_that_there_is_no_4g_is_no_worse_than_knowing_nothing(tmp_path):
    shares = [
        read_four(tmp_path, lines=HEAD + f"48001;s;{mobile}\n48002;1;1\n")
        .exposure("post", 0)
        .by_place()["share_counter_reliant"]
        .iloc[0]
        for mobile in ("0", "s")
    ]
    assert shares[0] == shares[1]


def test_a_network_that_the_files_leave_out_is_left_aside(tmp_path):
    lines = HEAD + "48001;0,3;0,2\n48002;0;0\n48003;1;1\n48004;s;0,5\n"
    territory = read_four(tmp_path, lines=lines, change={'mobile_4g = "g4"\n': ""})
    wired = territory.connectivity["adequate"].to_numpy()
    assert wired[:3].tolist() == [pytest.approx(0.3), 0, 1] and np.isnan(wired[3])
    territory = read_four(tmp_path, lines=lines, change={'wired_8 = "l8"\n': ""})
    assert territory.connectivity["adequate"].tolist() == pytest.approx([0.2, 0, 1, 0.5])


def test_scenarios_and_the_cache_keep_the_rule(tmp_path):
    lines = HEAD + "48001;s;0,2\n48002;s;0\n48003;0,4;1\n48004;0,1;s\n"
    read_four(tmp_path, lines=lines)
    for _ in range(2):
        territory = ml.read_territory(
            tmp_path / "territory.toml", cache=tmp_path / "cache", progress=False
        )
        scenario = ml.Scenario("x").set_connectivity("48001", wired_8=0.5)
        after = territory.apply(scenario.set_connectivity("48004", wired_8=0.9))
        adequate = after.connectivity["adequate"].to_numpy()
        assert adequate[0] == pytest.approx(0.6) and np.isnan(adequate[[1, 3]]).all()
        assert np.array_equal(after._core.adequate, adequate, equal_nan=True)
