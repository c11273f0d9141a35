"""Node and edge tables: ids, times, lengths and speeds, files and frames."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from reader_files import write_text

from maillage.config_models import RoadColumns
from maillage.config_sections import TableSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.road_tables import read_road_tables

NODES = pd.DataFrame(
    {"id": ["pt_STP-RCH070", 12, 7], "lon": [9.0, 9.01, 9.02], "lat": [42.0, 42.0, 42.01]}
)
STRAIGHT_M = 2 * 6_371_008.8 * np.arcsin(np.cos(np.radians(42.0)) * np.sin(np.radians(0.005)))


def edges(**columns) -> pd.DataFrame:
    return pd.DataFrame({"from": ["pt_STP-RCH070", 12, 7], "to": [12, 7, 12], **columns})


def test_times_are_taken_as_they_are():
    tables = read_road_tables(NODES, edges(time_s=[60.5, 1, 0], way=[11, 12, 13], extra=1))
    assert tables.node_ids == ["pt_STP-RCH070", "12", "7"]
    assert tables.from_index.tolist() == [0, 1, 2]
    assert tables.to_index.tolist() == [1, 2, 1]
    assert tables.from_index.dtype == np.uint32
    assert tables.time_s.tolist() == [60.5, 1, 0]
    assert tables.way_ids.tolist() == [11, 12, 13]
    assert tables.length_m[0] == pytest.approx(STRAIGHT_M)


def test_times_by_length_and_speed_in_float64():
    table = edges(length_m=[49.39, 267.03, 1500.0], speed_kmh=[30, 50, 90])
    tables = read_road_tables(NODES, table)
    expected = np.array([49.39, 267.03, 1500.0]) / (np.array([30.0, 50, 90]) / 3.6)
    assert (tables.time_s == expected).all()
    assert (tables.way_ids == -1).all()


def test_a_time_beats_a_speed_unless_the_speed_is_named():
    table = edges(time_s=[1, 2, 3], length_m=[100.0, 200.0, 300.0], speed_ms=[10.0, 10.0, 8.3333])
    assert read_road_tables(NODES, table).time_s.tolist() == [1, 2, 3]
    named = RoadColumns(speed_ms="speed_ms")
    assert read_road_tables(NODES, table, columns=named).time_s[0] == pytest.approx(10)
    whole = read_road_tables(NODES, table, columns={"speed_ms": "speed_ms"}, whole_kmh=True)
    assert whole.time_s[2] == 300 / (30 / 3.6)


def test_fixed_speed_ignores_times_and_takes_the_straight_line_without_lengths():
    walk = read_road_tables(NODES, edges(time_s=[1, 2, 3]), speed_kmh=4.5, fixed_speed=True)
    assert walk.time_s[0] == pytest.approx(STRAIGHT_M / 1.25)
    with_length = edges(length_m=[1000.0, 2000.0, 3000.0])
    walk = read_road_tables(NODES, with_length, speed_kmh=4.5, fixed_speed=True)
    assert walk.time_s.tolist() == [800, 1600, 2400]


def test_one_speed_for_edges_that_have_none():
    table = edges(length_m=[100.0, 200.0, 300.0], speed_kmh=[36, np.nan, 72])
    assert read_road_tables(NODES, table, speed_kmh=18).time_s.tolist() == [10, 40, 15]
    with pytest.raises(InputError, match=r"edges, row 2: speed_kmh is .*expected a number in"):
        read_road_tables(NODES, table)


@pytest.mark.parametrize(
    "columns,message",
    [
        ({"time_s": [1, -2, 3]}, "edges, row 2: time_s is -2, expected a number in 0"),
        ({"time_s": [1, np.nan, 3]}, "edges, row 2: time_s is .*, expected a number in 0"),
        ({"time_s": [1, 1e12, 3]}, "edges, row 2: time_s is 1000000000000.0, expected"),
        ({"time_s": [1, "fast", 3]}, "edges, row 2: time_s is 'fast', expected a number"),
        ({"length_m": [1, -5, 1], "speed_kmh": 30}, "edges, row 2: length_m is -5, expected"),
        ({"length_m": [1, 5, 1], "speed_kmh": [30, 0, 30]}, "row 2: speed_kmh is 0, expected a sp"),
        ({"length_m": [1, 5, 1], "speed_kmh": [9, -9, 9]}, "row 2: speed_kmh is -9, expected a nu"),
        ({"length_m": [1, 5, 1], "speed_kmh": [9, 999, 9]}, "row 2: speed_kmh is 999, expected"),
        ({"length_m": [1, 5e9, 1], "speed_kmh": 1}, "row 2: 5e[+]09 m at 1 km/h take"),
        ({"time_s": 1, "way": [1, 2.5, 3]}, "row 2: way is 2.5, expected a whole number"),
        ({"length_m": [1, 5, 1]}, "edges: has no time_s and no speed_kmh, expected one"),
    ],
)
def test_edges_that_cannot_be_used(columns: dict, message: str):
    with pytest.raises(InputError, match=message):
        read_road_tables(NODES, edges(**columns))


def test_unknown_and_repeated_nodes():
    table = edges(time_s=1)
    table = table.astype({"to": object})
    table.loc[1, "to"] = "99"
    with pytest.raises(InputError, match="edges, row 2: to is 99, expected the id of a node of no"):
        read_road_tables(NODES, table)
    table.loc[1, "to"] = None
    with pytest.raises(InputError, match="edges, row 2: to is empty, expected a key"):
        read_road_tables(NODES, table)
    again = pd.concat([NODES, NODES.iloc[[1]]])
    with pytest.raises(InputError, match="nodes, row 4: id is '12', which nodes, row 2 has too"):
        read_road_tables(again, edges(time_s=1))


def test_nodes_without_a_place():
    for lat, message in ((np.nan, "expected coordinates"), (91, "lat is 91.0, expected a number")):
        nodes = NODES.assign(lat=[42.0, lat, 42.0])
        with pytest.raises(InputError, match=f"nodes, row 2: .*{message}"):
            read_road_tables(nodes, edges(time_s=1))


def test_wrong_columns_of_frames():
    with pytest.raises(InputError, match="edges: column 'from' does not exist, did you mean 'fro'"):
        read_road_tables(NODES, edges(time_s=1).rename(columns={"from": "fro"}))
    with pytest.raises(InputError, match="edges: column 'duration' does not exist"):
        read_road_tables(NODES, edges(time_s=1), columns={"time_s": "duration"})
    with pytest.raises(InputError, match="edges: column 'v' does not exist"):
        read_road_tables(NODES, edges(length_m=1.0), columns={"speed_kmh": "v"})
    with pytest.raises(InputError, match="edges: has no rows"):
        read_road_tables(NODES, edges(time_s=1).iloc[:0])


def test_doubtful_edges_are_findings():
    table = pd.DataFrame(
        {
            "from": ["12", "12", "12", "7", "7"],
            "to": ["12", "7", "7", "12", "12"],
            "length_m": [10.0, 1500, 1500, 3, 1500],
            "speed_kmh": 30,
        }
    )
    findings = Findings()
    tables = read_road_tables(NODES, table, findings=findings)
    assert len(tables.time_s) == 5
    assert findings.examples("edge_to_itself") == ["edges, row 1: leads back to its node"]
    assert findings.examples("repeated_edge") == ["edges, row 3: repeats an edge"]
    assert findings.count("edge_shorter_than_straight") == 1
    assert "edges, row 4: length_m is 3" in findings.examples("edge_shorter_than_straight")[0]


def test_geometry_of_nodes_in_any_crs():
    points = gpd.points_from_xy(NODES["lon"], NODES["lat"], crs=4326)
    nodes = gpd.GeoDataFrame(NODES[["id"]], geometry=points).to_crs(2154)
    tables = read_road_tables(nodes, edges(time_s=1))
    assert tables.lon == pytest.approx(NODES["lon"].to_numpy(), abs=1e-9)
    with pytest.raises(InputError, match="nodes: does not say its crs"):
        read_road_tables(nodes.set_crs(None, allow_override=True), edges(time_s=1))


def test_files_and_projected_coordinates(tmp_path: Path):
    nodes = write_text(tmp_path, "n.csv", "no;x;y\n007;652470,0;6861658,5\n7;652570,0;6861658,5\n")
    path = write_text(tmp_path, "e.csv", "a;b;t\n007;7;10\n7;007;12,5\n")
    columns = RoadColumns(id="no", x="x", y="y", from_node="a", to_node="b", time_s="t")
    source = TableSource(file=nodes, crs="EPSG:2154")
    tables = read_road_tables(source, path, columns=columns)
    assert tables.node_ids == ["007", "7"]  # text: no code loses its zeros
    assert tables.time_s.tolist() == [10, 12.5]
    assert tables.lat[0] == pytest.approx(48.853, abs=0.001)
    assert tables.length_m[0] == pytest.approx(100, abs=0.5)
    with pytest.raises(InputError, match="nodes: has x = 'x' and no crs"):
        read_road_tables(nodes, path, columns=columns)
    write_text(tmp_path, "e.csv", "a;b;t\n007;7;10\n7;07;12,5\n")
    with pytest.raises(
        InputError, match=r"e\.csv:3: b is 07, expected the id of a node of .*n\.csv"
    ):
        read_road_tables(source, path, columns=columns)
