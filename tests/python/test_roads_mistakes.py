"""Mistakes with road networks, each told in one sentence."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from towns import NODES, edges_frame, nodes_frame

import maillage as ml


@pytest.fixture(scope="module")
def valley() -> ml.RoadNetwork:
    return ml.build_roads(nodes_frame(), edges_frame())


def at_nodes(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"id": list(names), "node": list(names)})


def at_points(*names: str) -> pd.DataFrame:
    lon, lat = zip(*(NODES[name] for name in names), strict=True)
    return pd.DataFrame({"id": list(names), "lon": lon, "lat": lat})


A, B = at_nodes("A"), at_nodes("B")
BAD_CALLS = {
    "k is 0, expected 1 to 255": lambda r: r.nearest(A, B, k=0),
    "k is 256, expected 1 to 255": lambda r: r.nearest(A, B, k=256),
    "k is 2.5, expected 1 to 255": lambda r: r.nearest(A, B, k=2.5),
    "k is '3', expected 1 to 255": lambda r: r.nearest(A, B, k="3"),
    "k is None, expected 1 to 255": lambda r: r.nearest(A, B, k=None),
    "k is True, expected 1 to 255": lambda r: r.nearest(A, B, k=True),
    "origins is NoneType, expected a data frame": lambda r: r.travel_time_matrix(None, B),
    "destinations is list, expected a data frame": lambda r: r.travel_time_matrix(A, ["B"]),
    "points is str, expected a data frame": lambda r: r.attachments("A"),
    "points is list, expected a data frame": lambda r: r.attach(["A"]),
    "destinations are attached to another network": lambda r: r.nearest(
        A, ml.build_roads(nodes_frame(), edges_frame()).attach(B)
    ),
    "max_snap_m is -1, expected metres >= 0": lambda r: r.travel_time_matrix(
        at_points("A"), B, max_snap_m=-1
    ),
    "max_snap_m is 'x', expected metres >= 0": lambda r: r.nearest(
        at_points("A"), B, max_snap_m="x"
    ),
    "access_speed_kmh is 0, expected km/h > 0": lambda r: r.attachments(
        at_points("A"), access_speed_kmh=0
    ),
    "access_speed_kmh is nan, expected km/h > 0": lambda r: r.attachments(
        at_points("A"), access_speed_kmh=math.nan
    ),
    "threads is -1, expected a whole number": lambda r: r.nearest(A, B, threads=-1),
    "threads is 'x', expected a whole number": lambda r: r.travel_time_matrix(A, B, threads="x"),
    "progress is 'x', expected": lambda r: r.travel_time_matrix(A, B, progress="x"),
    "ways holds 'x', expected whole numbers": lambda r: r.find_segments(ways=["x"]),
    "needs ways or a polygon": lambda r: r.find_segments(),
}


@pytest.mark.parametrize("words", BAD_CALLS)
def test_wrong_arguments_are_told_in_a_sentence(valley, words):
    with pytest.raises(ml.InputError) as error:
        BAD_CALLS[words](valley)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_unknown_nodes_are_not_found(valley):
    with pytest.raises(KeyError, match="node 'Z' \\(row 1\\) is not in the network"):
        valley.travel_time_matrix(at_nodes("Z"), B)


BAD_NETWORKS = {
    "mode is 'boat', expected car, walk or bike": {"mode": "boat"},
    "to is 'Q', expected the id of a node": {
        "edges": edges_frame().assign(to=["Q", *edges_frame()["to"][1:]])
    },
    "time_s is -60": {"edges": edges_frame().assign(time_s=-60.0)},
    "has no time_s and no speed_kmh": {"edges": edges_frame().drop(columns="time_s")},
    "id is 'A', which nodes, row 1 has too": {
        "nodes": pd.concat([nodes_frame(), nodes_frame().head(1)])
    },
    "lat is 142.0, expected": {"nodes": nodes_frame().assign(lat=142.0)},
    "has no rows": {"edges": edges_frame().iloc[:0]},
    "nodes is None, expected a data frame": {"nodes": None},
    "edges is [1], expected a data frame": {"edges": [1]},
    "speed_kmh is 0, expected km/h > 0": {"mode": "walk", "speed_kmh": 0},
    "speed_kmh is 'fast', expected": {"mode": "walk", "speed_kmh": "fast"},
    "threads is -3, expected": {"threads": -3},
    "columns: lng is unknown": {"columns": {"lng": "x"}},
    "columns is 'x', expected": {"columns": "x"},
}


@pytest.mark.parametrize("words", BAD_NETWORKS)
def test_networks_that_cannot_be_built(words):
    wrong = {"nodes": nodes_frame(), "edges": edges_frame()} | BAD_NETWORKS[words]
    with pytest.raises(ml.InputError) as error:
        ml.build_roads(wrong.pop("nodes"), wrong.pop("edges"), **wrong)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_not_there():
    with pytest.raises(OSError, match=r"nowhere\.csv"):
        ml.build_roads("nowhere.csv", edges_frame())
    with pytest.raises(OSError, match=r"nowhere\.osm\.pbf"):
        ml.read_roads("nowhere.osm.pbf")


def test_files_that_are_something_else(tmp_path):
    text = tmp_path / "roads.osm.pbf"
    text.write_text("from,to\nA,B\n")
    with pytest.raises(ml.InputError, match=r"roads\.osm\.pbf"):
        ml.read_roads(text)
    with pytest.raises(ml.InputError, match="directory"):
        ml.read_roads(tmp_path)
    with pytest.raises(ml.InputError, match="path is None, expected"):
        ml.read_roads(None)


def test_tables_are_read_from_files_too(tmp_path, valley):
    nodes_frame().to_csv(tmp_path / "nodes.csv", index=False)
    edges_frame().to_parquet(tmp_path / "edges.parquet")
    roads = ml.build_roads(tmp_path / "nodes.csv", str(tmp_path / "edges.parquet"))
    pd.testing.assert_frame_equal(
        roads.travel_time_matrix(at_nodes(*NODES), at_nodes(*NODES)),
        valley.travel_time_matrix(at_nodes(*NODES), at_nodes(*NODES)),
    )
