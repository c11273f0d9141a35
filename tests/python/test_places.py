"""Places and zonings: keys, coordinates in any CRS, areas by column, polygon and parent."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from reader_files import write_text
from shapely import MultiPolygon, Point, Polygon, box

from maillage.config_models import PlacesConfig, ZoningConfig
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.places import Places, read_places
from maillage.geo.zonings import Zoning, place_columns, read_zonings

SQUARES = {"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "C": box(0, 1, 2, 2)}


def read(path: Path, findings: Findings | None = None, **keys) -> Places:
    config = PlacesConfig.model_validate({"file": path, "key": "id", **keys})
    return read_places(config, [], Findings() if findings is None else findings)


def write_points(folder: Path, rows: str, header: str = "id,lon,lat") -> Path:
    return write_text(folder, "p.csv", f"{header}\n{rows}")


LON_LAT = {"lon": "lon", "lat": "lat"}


def test_places_keep_their_order_and_their_codes(tmp_path: Path):
    places = read(write_points(tmp_path, "01004,9,42\n2A004,9.5,41.5\n"), **LON_LAT)
    assert places.frame["place"].tolist() == ["01004", "2A004"]
    assert list(places.frame.columns) == ["place", "name", "lon", "lat"]
    assert places.frame["name"].isna().all()
    assert places.frame["lat"].tolist() == [42, 41.5]


def test_repeated_key_names_both_rows(tmp_path: Path):
    path = write_points(tmp_path, "a,9,42\nb,9,42\na,8,41\n")
    with pytest.raises(InputError) as raised:
        read(path, **LON_LAT)
    assert str(raised.value) == (
        f"{path}:4: id is 'a', which {path}:2 has too, expected every key once"
    )


@pytest.mark.parametrize(
    "row,message",
    [
        ("b,NaN,42", "lon, lat is NaN, 42, expected coordinates"),
        ("b,9,", "lon, lat is 9, empty, expected coordinates"),
        ("b,0,0", "lon, lat is 0, 0, expected coordinates"),
        ("b,9,248.85", "lat is 248.85, expected a number in -90..90"),
        ("b,181,42", "lon is 181, expected a number in -180..180"),
        ("b,neuf,42", "lon is 'neuf', expected a number in -180..180"),
        (",9,42", "id is empty, expected a key"),
    ],
)
def test_rows_that_are_no_place(tmp_path: Path, row: str, message: str):
    path = write_points(tmp_path, f"a,9,42\n{row}\n")
    with pytest.raises(InputError) as raised:
        read(path, **LON_LAT)
    assert f"{path}:3: {message}" in str(raised.value)


def test_missing_coordinates_are_kept_when_asked(tmp_path: Path):
    findings = Findings()
    path = write_points(tmp_path, "a,9,42\nb,,\nc,0,0\n")
    places = read(path, findings, missing_coordinates="keep", **LON_LAT)
    assert places.frame["lon"].isna().tolist() == [False, True, True]
    assert findings.count("missing_coordinates") == 2
    assert (places.box.west, places.box.north) == (9, 42)


def test_projected_coordinates(tmp_path: Path):
    # A point of central Paris, near 48.853 N 2.352 E; tolerance of about 200 m.
    path = write_points(tmp_path, "a,652470.0,6861658.0\n", "id,x,y")
    places = read(path, x="x", y="y", crs="EPSG:2154")
    assert places.frame["lon"][0] == pytest.approx(2.3522, abs=0.002)
    assert places.frame["lat"][0] == pytest.approx(48.8530, abs=0.002)


def test_swapped_projected_coordinates(tmp_path: Path):
    path = write_points(tmp_path, "a,6861658.0,652470.0\nb,6861000.0,652000.0\n", "id,x,y")
    with pytest.raises(InputError, match=r"p\.csv:2: x is 6861658.0, expected a coordinate in"):
        read(path, x="x", y="y", crs="EPSG:2154")


def test_one_point_outside_the_crs_is_a_finding(tmp_path: Path):
    findings = Findings()
    path = write_points(tmp_path, "a,652470,6861658\nb,340000,7670000\n", "id,x,y")
    read(path, findings, x="x", y="y", crs="EPSG:2154")
    assert findings.count("outside_area_of_crs") == 1


@pytest.mark.parametrize("name", ["p.gpkg", "p.geojson", "p.shp", "p.parquet"])
def test_layers_give_points_on_the_surface(tmp_path: Path, name: str):
    ring = Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(1, 1), (9, 1), (9, 9), (1, 9)]])
    frame = gpd.GeoDataFrame({"id": ["01", "2A"]}, geometry=[ring, box(20, 0, 30, 10)], crs=4326)
    frame = frame if name == "p.geojson" else frame.to_crs(3857)
    path = tmp_path / name
    frame.to_parquet(path) if name == "p.parquet" else frame.to_file(path)
    places = read(path)
    assert places.frame["place"].tolist() == ["01", "2A"]
    inside = [ring.contains(Point(*places.frame.loc[0, ["lon", "lat"]].tolist()))]
    assert inside == [True]
    assert places.points.crs is not None
    assert places.points.crs.to_epsg() == frame.crs.to_epsg()
    assert places.points.geometry is not None and len(places.points.geometry) == 2


def test_named_coordinates_win_and_the_polygons_stay(tmp_path: Path):
    frame = gpd.GeoDataFrame(
        {"id": ["a"], "lon": ["0,25"], "lat": [0.5]}, geometry=[SQUARES["A"]], crs=4326
    )
    frame.to_file(tmp_path / "p.gpkg")
    places = read(tmp_path / "p.gpkg", **LON_LAT)
    assert places.frame["lon"].tolist() == [0.25]
    assert places.points.geometry is not None
    assert places.points.geometry[0].equals(SQUARES["A"])


def test_geometry_that_is_no_place(tmp_path: Path):
    from shapely import LineString

    lines = gpd.GeoDataFrame({"id": ["a"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=4326)
    lines.to_file(tmp_path / "l.gpkg")
    with pytest.raises(InputError, match="row 1: geometry is LineString, expected a point or poly"):
        read(tmp_path / "l.gpkg")
    with pytest.raises(InputError, match="has no geometry, expected columns for the coordinates"):
        read(write_points(tmp_path, "a,9,42\n"))


def test_layer_without_crs_needs_one(tmp_path: Path):
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[Point(652470, 6861658)])
    path = tmp_path / "p.shp"
    frame.to_file(path)
    with pytest.raises(InputError, match="does not say its crs, expected crs ="):
        read(path)
    assert read(path, crs="EPSG:2154").frame["lat"][0] == pytest.approx(48.85, abs=0.01)


def test_layer_row_without_geometry(tmp_path: Path):
    frame = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=[Point(9, 42), None], crs=4326)
    frame.to_file(tmp_path / "p.gpkg")
    with pytest.raises(InputError, match="row 2: geometry is empty, expected coordinates"):
        read(tmp_path / "p.gpkg")


def test_invalid_polygon_is_repaired_with_a_finding(tmp_path: Path):
    bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[bow], crs=4326).to_file(tmp_path / "p.gpkg")
    findings = Findings()
    places = read(tmp_path / "p.gpkg", findings)
    assert findings.count("invalid_polygon") == 1
    assert 0 < places.frame["lon"][0] < 2


# zonings

PLACES = "id,lon,lat,com\na,0.5,0.5,A\nb,1.5,0.5,B\nc,1.0,0.5,\nd,0.5,1.5,C\ne,2.01,0.5,X\n"


def write_squares(folder: Path, squares: dict, crs: int = 4326, **columns) -> Path:
    frame = gpd.GeoDataFrame(
        {"code": list(squares), "nom": [f"Zone {c}" for c in squares], **columns},
        geometry=list(squares.values()),
        crs=4326,
    ).to_crs(crs)
    path = folder / "z.gpkg"
    frame.to_file(path)
    return path


def zone(folder: Path, configs: dict, findings: Findings | None = None) -> dict[str, Zoning]:
    path = write_text(folder, "p.csv", PLACES)
    zonings = {name: ZoningConfig.model_validate(config) for name, config in configs.items()}
    place_config = PlacesConfig.model_validate({"file": path, "key": "id", **LON_LAT})
    places = read_places(place_config, place_columns(zonings), Findings())
    return read_zonings(zonings, places, Findings() if findings is None else findings)


def codes(zoning: Zoning) -> list[str | None]:
    return [None if i < 0 else zoning.codes[i] for i in zoning.area_of_place]


def test_zoning_by_column(tmp_path: Path):
    findings = Findings()
    zoning = zone(tmp_path, {"com": {"column": "com"}}, findings)["com"]
    assert zoning.codes == zoning.labels == ["A", "B", "C", "X"]
    assert zoning.area_of_place.dtype == np.int32
    assert codes(zoning) == ["A", "B", None, "C", "X"]
    assert zoning.to_column().isna().tolist() == [False, False, True, False, False]
    assert findings.examples("place_without_area") == ["com: place c"]


@pytest.mark.parametrize("crs", [4326, 3857, 2154])
def test_zoning_by_polygons_in_any_crs(tmp_path: Path, crs: int):
    findings = Findings()
    path = write_squares(tmp_path, SQUARES, crs)
    config = {"file": path, "key": "code", "name": "nom"}
    zoning = zone(tmp_path, {"z": config}, findings)["z"]
    # c lies on the border of A and B, which is no straight line in every projection.
    assert codes(zoning)[:2] + codes(zoning)[3:] == ["A", "B", "C", None]
    assert codes(zoning)[2] in (["A"] if crs != 2154 else ["A", "B"])
    assert zoning.labels == ["Zone A", "Zone B", "Zone C"]
    assert zoning.geometry is not None and zoning.geometry.crs.to_epsg() == crs
    assert findings.count("place_without_area") == 1


def test_border_point_is_counted_once(tmp_path: Path):
    findings = Findings()
    path = write_squares(tmp_path, SQUARES)
    zone(tmp_path, {"z": {"file": path, "key": "code"}}, findings)
    assert findings.count("in_several_areas") == 1
    assert "lies in A and B" in findings.examples("in_several_areas")[0]


def test_first_code_wins_whatever_the_order_of_the_file(tmp_path: Path):
    path = write_squares(tmp_path, {c: SQUARES[c] for c in "CBA"})
    zoning = zone(tmp_path, {"z": {"file": path, "key": "code"}})["z"]
    assert codes(zoning) == ["A", "B", "A", "C", None]


def test_nearest_area_within_a_distance(tmp_path: Path):
    path = write_squares(tmp_path, SQUARES)
    findings = Findings()
    # e is 0.01 degrees of longitude at the equator from B: 1.1 km.
    config = {"file": path, "key": "code", "nearest_within_m": 1200}
    assert codes(zone(tmp_path, {"z": config}, findings)["z"])[4] == "B"
    assert findings.examples("place_to_nearest_area") == ["z: place e to B"]
    config["nearest_within_m"] = 1000
    assert codes(zone(tmp_path, {"z": config})["z"])[4] is None


def test_names_and_outlines_for_a_column(tmp_path: Path):
    path = write_squares(tmp_path, SQUARES)
    findings = Findings()
    config = {"column": "com", "file": path, "key": "code", "name": "nom"}
    zoning = zone(tmp_path, {"com": config}, findings)["com"]
    assert zoning.labels == ["Zone A", "Zone B", "Zone C", "X"]
    assert zoning.geometry is not None
    assert [g is None for g in zoning.geometry] == [False, False, False, True]
    assert findings.examples("area_not_in_file")[0].endswith("has no X, which places have")


def test_parents_by_the_file_of_the_zoning_below(tmp_path: Path):
    path = write_squares(tmp_path, SQUARES, dep=["01", "01", "2A"])
    configs = {
        "departement": {"of": "z", "column": "dep"},  # before the zoning that it needs
        "z": {"file": path, "key": "code"},
    }
    found = zone(tmp_path, configs)
    assert list(found) == ["departement", "z"]
    assert codes(found["departement"]) == ["01", "01", "01", "2A", None]
    geometry = found["departement"].geometry
    assert geometry is not None
    assert shapely.area(geometry.to_numpy()).tolist() == [2.0, 2.0]


def test_parents_by_a_table_of_their_own(tmp_path: Path):
    findings = Findings()
    path = write_text(tmp_path, "epci.csv", "insee,siren,nom\nA,200,Val\nB,200,Val\nZ,300,Pic\n")
    configs = {
        "com": {"column": "com"},
        "epci": {"of": "com", "file": path, "key": "insee", "column": "siren", "name": "nom"},
    }
    zoning = zone(tmp_path, configs, findings)["epci"]
    assert (zoning.codes, zoning.labels) == (["200"], ["Val"])
    assert codes(zoning) == ["200", "200", None, None, None]
    assert findings.count("area_without_parent") == 2


def test_areas_without_a_place_are_left_out_with_a_finding(tmp_path: Path):
    path = write_squares(tmp_path, {**SQUARES, "D": box(2.2, 0, 3, 1), "E": box(2, 0.55, 2.3, 1)})
    findings = Findings()
    zoning = zone(tmp_path, {"z": {"file": path, "key": "code"}}, findings)["z"]
    assert zoning.codes == ["A", "B", "C"]
    assert findings.examples("area_without_place") == ["z: E E"]


def test_parts_of_an_area_are_united(tmp_path: Path):
    halves = [box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 2, 2)]
    frame = gpd.GeoDataFrame({"code": ["A", "A", "C"]}, geometry=halves, crs=4326)
    frame.to_file(tmp_path / "z.gpkg")
    findings = Findings()
    config = {"file": tmp_path / "z.gpkg", "key": "code"}
    zoning = zone(tmp_path, {"z": config}, findings)["z"]
    assert codes(zoning) == ["A", "A", "A", "C", None]
    assert findings.count("area_in_parts") == 1
    assert findings.count("in_several_areas") == 0


def test_overlaps_and_holes_are_findings(tmp_path: Path):
    frame = Polygon(box(0, 0, 2, 2).exterior, [box(1.2, 1.2, 1.6, 1.6).exterior])
    squares = {"A": frame, "B": box(0, 0, 1, 0.8)}
    findings = Findings()
    config = {"file": write_squares(tmp_path, squares), "key": "code"}
    zone(tmp_path, {"z": config}, findings)
    assert "A and B share 100.0 % of the smaller" in findings.examples("areas_overlap")[0]
    assert "1.4000 N 1.4000 E belongs to no area" in findings.examples("hole_between_areas")[0]


def test_areas_side_by_side_have_no_such_findings(tmp_path: Path):
    findings = Findings()
    zone(tmp_path, {"z": {"file": write_squares(tmp_path, SQUARES), "key": "code"}}, findings)
    assert findings.count("areas_overlap") == findings.count("hole_between_areas") == 0


def test_islands_are_one_area(tmp_path: Path):
    squares = {"A": MultiPolygon([box(0, 0, 1, 1), box(1, 0, 2.5, 0.6)]), "C": SQUARES["C"]}
    config = {"file": write_squares(tmp_path, squares), "key": "code"}
    assert codes(zone(tmp_path, {"z": config})["z"]) == ["A", "A", "A", "C", "A"]


def test_zonings_that_hold_no_place(tmp_path: Path):
    far = {"A": box(40, 40, 41, 41)}
    with pytest.raises(InputError, match="none of the 5 places lies in an area of zoning 'z'"):
        zone(tmp_path, {"z": {"file": write_squares(tmp_path, far), "key": "code"}})
    swapped = {"A": box(0.4, 2.0, 0.6, 2.1)}
    with pytest.raises(InputError, match="are their lon and lat swapped"):
        zone(tmp_path, {"z": {"file": write_squares(tmp_path, swapped), "key": "code"}})
    other = write_text(tmp_path, "n.csv", "code\n1\n2\n")
    with pytest.raises(InputError, match="has none of the codes of zoning 'z' such as 'A'"):
        zone(tmp_path, {"z": {"column": "com", "file": other, "key": "code"}})
    points = gpd.GeoDataFrame({"code": ["A"]}, geometry=[Point(0, 0)], crs=4326)
    points.to_file(tmp_path / "pt.gpkg")
    with pytest.raises(InputError, match="row 1: geometry is Point, expected a polygon"):
        zone(tmp_path, {"z": {"file": tmp_path / "pt.gpkg", "key": "code"}})


# far from the others

VALLEY = "".join(f"p{i},{3.5 + i / 10:.1f},44.5\n" for i in range(5))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("x,44.6,3.6\n", ["x"]),
        ("x,44.6,3.6\ny,44.7,3.7\n", ["x", "y"]),
        ("x,9.1,42.3\n", ["x"]),
        ("x,4.4,44.5\n", []),
        ("x,,\n", []),
    ],
)
def test_places_far_from_the_others_are_findings(tmp_path: Path, rows: str, words: list[str]):
    findings = Findings()
    places = read(
        write_points(tmp_path, VALLEY + rows), findings, missing_coordinates="keep", **LON_LAT
    )
    assert findings.count("far_from_other_places") == len(words)
    said = findings.examples("far_from_other_places")
    is_swapped = rows.startswith("x,44.6")
    assert all(("lon and lat swapped" in example) == is_swapped for example in said)
    assert all(f"p.csv:{7 + i}" in example for i, example in enumerate(said))
    if is_swapped:  # does not stretch what counters are compared with
        assert places.box.east == pytest.approx(3.9)


def test_places_overseas_and_alone_are_no_findings(tmp_path: Path):
    findings = Findings()
    overseas = "".join(f"r{i},{55.4 + i / 10:.1f},-21.1\n" for i in range(3))
    overseas += "".join(f"m{i},{45.1 + i / 20:.2f},-12.8\n" for i in range(2))
    read(write_points(tmp_path, VALLEY + overseas), findings, **LON_LAT)
    read(write_points(tmp_path, "a,3.5,44.5\n"), findings, **LON_LAT)
    read(write_points(tmp_path, "a,,\n"), findings, missing_coordinates="keep", **LON_LAT)
    assert findings.count("far_from_other_places") == 0


def test_near_the_diagonal_nothing_is_taken_for_swapped(tmp_path: Path):
    findings = Findings()
    rows = "a,10.1,2.0\nb,10.2,2.0\n" + "".join(f"c{i},{2 + i / 10:.1f},10.1\n" for i in range(6))
    read(write_points(tmp_path, rows), findings, **LON_LAT)
    assert findings.count("far_from_other_places") == 0
