"""Frames of points: ids are kept as they are given, and every mistake is named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point

from maillage.errors import InputError, NotFoundError
from maillage.node_ids import NodeIds
from maillage.points import to_points

NODE_ROWS = NodeIds(["n1", "n2", "17"])


def points(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": ["x", "y"], "lon": [9.0, 9.1], "lat": [42.0, 42.1]} | columns)


def test_coordinates_are_taken_as_they_stand():
    found = to_points(points(), "origins", None)
    assert len(found) == 2
    assert found.nodes is None
    np.testing.assert_array_equal(found.lon, [9.0, 9.1])
    np.testing.assert_array_equal(found.lat, [42.0, 42.1])


def test_numbers_written_as_text_are_numbers():
    found = to_points(points(lon=["9", "9.1"]), "origins", None)
    np.testing.assert_array_equal(found.lon, [9.0, 9.1])


@pytest.mark.parametrize(
    "ids",
    [
        ["01004", "2A004"],
        [1, 2],
        [1.5, 2.5],
        np.array([3, 4], dtype=np.uint32),
        pd.array([1, 2], dtype="Int64"),
        pd.Categorical(["b", "a"]),
        [1, "2A004"],
    ],
)
def test_ids_are_kept(ids):
    found = to_points(points(id=ids), "origins", None)
    assert list(found.ids) == list(ids)


def test_the_index_of_the_frame_means_nothing():
    frame = points()
    frame.index = [7, 7]
    found = to_points(frame, "origins", None)
    assert list(found.ids) == ["x", "y"]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2154", "EPSG:3857", "EPSG:3035"])
def test_geometry_in_any_reference_system(crs):
    layer = gpd.GeoDataFrame({"id": ["x"]}, geometry=[Point(9.0, 42.0)], crs=4326).to_crs(crs)
    found = to_points(layer, "origins", None)
    np.testing.assert_allclose([found.lon[0], found.lat[0]], [9.0, 42.0], atol=1e-8)


def test_columns_beat_geometry():
    layer = gpd.GeoDataFrame(points(), geometry=[Point(0, 0), Point(1, 1)], crs=4326)
    np.testing.assert_array_equal(to_points(layer, "origins", None).lon, [9.0, 9.1])


def test_geometry_columns_of_other_names_serve():
    layer = gpd.GeoDataFrame({"id": ["x"], "where": [Point(9, 42)]}, geometry="where", crs=4326)
    np.testing.assert_array_equal(to_points(layer, "origins", None).lat, [42.0])


def test_nodes_beat_coordinates():
    found = to_points(points(node=["n2", "n1"]), "origins", NODE_ROWS)
    np.testing.assert_array_equal(found.nodes, [1, 0])
    assert found.lon is None


@pytest.mark.parametrize("node", [17, "17", np.int64(17)])
def test_nodes_with_numbers_for_ids_are_found_by_number_or_text(node):
    frame = pd.DataFrame({"id": ["x"], "node": [node]})
    np.testing.assert_array_equal(to_points(frame, "origins", NODE_ROWS).nodes, [2])


def test_no_points_are_no_mistake():
    assert len(to_points(points().iloc[:0], "origins", None)) == 0


BAD = [
    (None, "origins is NoneType, expected a data frame"),
    ([1, 2], "origins is list, expected a data frame"),
    ({"id": ["x"]}, "origins is dict, expected a data frame"),
    (points().drop(columns="id"), "origins has no column 'id'"),
    (points().rename(columns={"id": "ID"}), "did you mean 'ID'?"),
    (points().drop(columns="lat"), "origins has no column 'lat' (and no 'node')"),
    (points().rename(columns={"lon": "Lon"}), "did you mean 'Lon'?"),
    (points(id=["x", None]), "origins: row 2 has no id"),
    (points(id=["x", "x"]), "origins: id 'x' occurs more than once"),
    (points(id=[7, 7]), "origins: id 7 occurs more than once"),
    (points(lat=[42.0, 91.0]), "lat of id 'y' (row 2) is 91, expected -90..90"),
    (points(id=[7, 8], lon=[181.0, -181.0]), "lon of id 7 (row 1) is 181, expected -180..180"),
    (points(lon=[181.0, -181.0]), "2 rows are like this"),
    (points(lat=[42.0, np.nan]), "lat of id 'y' (row 2) is missing"),
    (points(lat=[42.0, np.inf]), "lat of id 'y' (row 2) is inf"),
    (points(lat=["42", "4x"]), "lat of row 2 is '4x', expected degrees"),
    (gpd.GeoDataFrame({"id": ["x"]}, geometry=[Point(9, 42)]), "geometry without a CRS"),
    (
        gpd.GeoDataFrame({"id": ["x"]}, geometry=[LineString([(9, 42), (9, 43)])], crs=4326),
        "origins: geometry of id 'x' (row 1) is LineString, expected a point",
    ),
    (
        gpd.GeoDataFrame({"id": ["x"]}, geometry=[None], crs=4326),
        "origins: geometry of id 'x' (row 1) is missing, expected a point",
    ),
    (
        gpd.GeoDataFrame({"id": ["x"]}, geometry=[Point()], crs=4326),
        "origins: geometry of id 'x' (row 1) is empty, expected a point",
    ),
]


@pytest.mark.parametrize("frame, words", BAD, ids=[words for _, words in BAD])
def test_mistakes_are_named_in_one_sentence(frame, words):
    with pytest.raises(InputError) as error:
        to_points(frame, "origins", None)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert "np." not in str(error.value)


def test_the_frame_that_is_wrong_is_named():
    with pytest.raises(InputError, match=r"^destinations is NoneType"):
        to_points(None, "destinations", None)


@pytest.mark.parametrize(
    "nodes, words",
    [
        (["n1", "n9"], "origins: node 'n9' (row 2) is not in the network"),
        (["n8", "n9"], "2 rows are like this"),
    ],
)
def test_unknown_nodes_are_not_found(nodes, words):
    with pytest.raises(NotFoundError) as error:
        to_points(points(node=nodes), "origins", NODE_ROWS)
    assert words in str(error.value)


@pytest.mark.parametrize("absent", [None, np.nan])
def test_a_missing_node_is_a_mistake_of_the_table(absent):
    with pytest.raises(InputError, match="origins: row 2 has no node"):
        to_points(points(node=["n1", absent]), "origins", NODE_ROWS)
