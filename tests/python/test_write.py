"""Result tables as files: what is written can be read again by the tools of planners."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, box

from maillage.errors import InputError, IoError
from maillage.geo.write import SUFFIXES, check_suffix, read_metadata, write_table

METADATA = {
    "territory": "Île d'essai",
    "parameters": {"limit": 20, "lambda": 0.5, "absent": None},
    "sources": ["INSEE 2021", "© OpenStreetMap"],
}


def shapes_of(frame: Any) -> list[Any]:
    return list(frame.geometry)


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": pd.Categorical(["01004", "2A004", "2B033"]),
            "name": ["Ambérieu", None, 'Bastia; "the town", 20200'],
            "persons": [14081.25, 0.1 + 0.2, np.nan],
            "n_counters": pd.array([3, None, 0], dtype="Int64"),
            "reachable": [True, False, True],
        }
    )


def places() -> gpd.GeoDataFrame:
    shapes = [box(0, 0, 1000, 1000), MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]), None]
    return gpd.GeoDataFrame(table(), geometry=shapes, crs=2154)


def test_csv_keeps_text_numbers_and_absence(tmp_path: Path) -> None:
    path = write_table(table(), tmp_path / "t.csv")
    assert path.read_bytes().decode("utf-8").splitlines() == [
        "place,name,persons,n_counters,reachable",
        "01004,Ambérieu,14081.25,3,True",
        "2A004,,0.30000000000000004,,False",
        '2B033,"Bastia; ""the town"", 20200",,0,True',
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_csv_has_geometry_only_if_asked(tmp_path: Path) -> None:
    assert "geometry" not in write_table(places(), tmp_path / "a.csv").read_text("utf-8")
    read = pd.read_csv(write_table(places(), tmp_path / "b.csv", wkt=True))
    assert shapely.equals(shapely.from_wkt(str(read["geometry"][0])), box(0, 0, 1000, 1000))
    assert pd.isna(list(read["geometry"])[2])


def test_parquet_round_trip(tmp_path: Path) -> None:
    path = write_table(table(), tmp_path / "t.parquet", metadata=METADATA)
    pd.testing.assert_frame_equal(pd.read_parquet(path), table())
    assert pq.read_schema(path).names == list(table().columns)


def test_geoparquet_round_trip(tmp_path: Path) -> None:
    path = write_table(places(), tmp_path / "t.parquet", metadata=METADATA)
    back = gpd.read_parquet(path)
    assert back.crs == places().crs
    assert back.geometry.geom_equals(places().geometry)[:2].all()
    assert list(back["place"]) == ["01004", "2A004", "2B033"]


def test_gpkg_keeps_crs_order_and_absence(tmp_path: Path) -> None:
    path = write_table(places(), tmp_path / "places.gpkg")
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["places"]
    back = gpd.read_file(path)
    assert back.crs == places().crs
    assert list(back["place"]) == ["01004", "2A004", "2B033"]
    assert shapes_of(back)[0].equals(box(0, 0, 1000, 1000))
    assert shapes_of(back)[2] is None
    assert back["persons"].isna().tolist() == [False, False, True]
    assert list(back["persons"])[1] == 0.1 + 0.2


def test_gpkg_makes_points_of_lon_and_lat(tmp_path: Path) -> None:
    frame = pd.DataFrame({"place": ["a", "b"], "lon": [9.1, np.nan], "lat": [42.3, 42.0]})
    back = gpd.read_file(write_table(frame, tmp_path / "p.gpkg"))
    assert shapes_of(back) == [Point(9.1, 42.3), None]
    assert back.crs is not None
    assert back.crs.to_epsg() == 4326


def test_gpkg_without_geometry_is_a_plain_table(tmp_path: Path) -> None:
    path = write_table(table().head(0), tmp_path / "t.gpkg")
    assert pyogrio.read_info(path)["geometry_type"] is None
    back = pyogrio.read_dataframe(write_table(table(), tmp_path / "t.gpkg"))
    assert list(back["name"].fillna("")) == ["Ambérieu", "", 'Bastia; "the town", 20200']


def test_geojson_is_in_degrees(tmp_path: Path) -> None:
    path = write_table(places(), tmp_path / "p.geojson", metadata=METADATA)
    content = json.loads(path.read_text("utf-8"))
    assert content["metadata"] == METADATA
    assert [f["properties"]["place"] for f in content["features"]] == ["01004", "2A004", "2B033"]
    assert content["features"][0]["properties"]["name"] == "Ambérieu"
    assert content["features"][1]["properties"]["n_counters"] is None
    assert content["features"][2]["geometry"] is None
    back = gpd.read_file(path)
    assert back.crs is not None
    assert back.crs.to_epsg() == 4326
    bounds = shapes_of(back.to_crs(2154))[0].bounds
    assert bounds == pytest.approx((0, 0, 1000, 1000), abs=0.01)


def test_geojson_without_geometry_has_null_geometry(tmp_path: Path) -> None:
    content = json.loads(write_table(table(), tmp_path / "t.geojson").read_text("utf-8"))
    assert [f["geometry"] for f in content["features"]] == [None, None, None]


def test_json_has_metadata_and_rows(tmp_path: Path) -> None:
    frame = table().assign(groups=[[1.5, np.inf], {"a": np.int64(2)}, None])
    path = write_table(frame, tmp_path / "t.json", metadata=METADATA)
    content = json.loads(path.read_text("utf-8"))
    assert content["metadata"] == METADATA
    assert content["rows"][1] == {
        "place": "2A004",
        "name": None,
        "persons": 0.1 + 0.2,
        "n_counters": None,
        "reachable": False,
        "groups": {"a": 2},
    }
    assert content["rows"][0]["groups"] == [1.5, None]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_metadata_goes_with_the_file(tmp_path: Path, suffix: str) -> None:
    path = write_table(table(), tmp_path / f"t{suffix}", metadata=METADATA)
    assert read_metadata(path) == METADATA
    assert read_metadata(write_table(table(), tmp_path / f"bare{suffix}")) == {}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_empty_tables_have_their_columns(tmp_path: Path, suffix: str) -> None:
    path = write_table(table().head(0), tmp_path / f"t{suffix}")
    if suffix == ".json":
        assert json.loads(path.read_text())["rows"] == []
    elif suffix == ".geojson":
        assert json.loads(path.read_text())["features"] == []
    elif suffix == ".csv":
        assert path.read_text() == "place,name,persons,n_counters,reachable\n"
    elif suffix == ".parquet":
        assert list(pd.read_parquet(path).columns) == list(table().columns)
    else:
        assert list(pyogrio.read_dataframe(path).columns) == list(table().columns)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".csv", ".json"])
def test_lists_and_empty_layers_are_written(tmp_path: Path, suffix: str) -> None:
    frame = gpd.GeoDataFrame({"examples": [["a", "b"]]}, geometry=[Point(1, 2)], crs=4326)
    assert write_table(frame, tmp_path / f"t{suffix}").stat().st_size > 0
    assert write_table(places().head(0), tmp_path / f"e{suffix}").stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t.xlsx", "has the suffix '.xlsx', expected one of '.csv', '.parquet', '.gpkg'"),
        ("t.parqet", "did you mean '.parquet'"),
        ("t", "has no suffix, expected one of .csv, .parquet, .gpkg, .geojson, .json"),
    ],
)
def test_unknown_formats_are_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match="suffix") as caught:
        write_table(table(), tmp_path / name)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_suffixes_may_be_upper_case(tmp_path: Path) -> None:
    check_suffix("T.CSV")
    assert write_table(table(), tmp_path / "T.CSV").read_text("utf-8").startswith("place,")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_leaves_nothing_behind(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(IoError, match="does not exist"):
        write_table(table(), tmp_path / "none" / f"t{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(IoError, match="is a folder"):
        write_table(table(), tmp_path / f"folder{suffix}")
    assert [p.name for p in tmp_path.iterdir()] == [f"folder{suffix}"]


class Stubborn:
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_a_crash_keeps_the_old_file(tmp_path: Path) -> None:
    path = write_table(table(), tmp_path / "t.csv")
    before = path.read_bytes()
    with pytest.raises(RuntimeError):
        write_table(pd.DataFrame({"x": [Stubborn()]}), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_read_metadata_of_what_is_not_there(tmp_path: Path) -> None:
    for suffix in (".parquet", ".gpkg", ".json"):
        with pytest.raises(IoError, match="cannot be read"):
            read_metadata(tmp_path / f"none{suffix}")
