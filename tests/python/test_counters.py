"""Counters: keys, coordinates, kinds and levels, several sources, near-duplicates."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from reader_files import write_text
from shapely import Point, box

from maillage.config_models import CountersConfig, ServiceConfig
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.coordinates import Box
from maillage.geo.counters import Counters, read_counters

AROUND_CORSICA = Box(8.5, 41.3, 9.6, 43.1)
ROWS = "K1,Bastia,9.45,42.70,bureau\nK2,Ajaccio,8.74,41.93,agence\nK3,Corte,9.15,42.31,bureau\n"
KINDS = {"bureau": {"post": 2, "bank": 1}, "agence": {"post": 1}}


def source(folder: Path, rows: str = ROWS, name: str = "c.csv", header="", **keys) -> dict:
    path = write_text(folder, name, (header or "key,nom,lon,lat,type") + "\n" + rows)
    config = {"file": path, "key": "key", "lon": "lon", "lat": "lat", "name": "nom"}
    if "services" not in keys:
        config |= {"kind": "type", "kinds": KINDS}
    return config | keys


def read(*sources: dict, services=(), findings: Findings | None = None) -> Counters:
    return read_counters(
        [CountersConfig.model_validate(s) for s in sources],
        {name: ServiceConfig() for name in services},
        AROUND_CORSICA,
        Findings() if findings is None else findings,
    )


def test_kinds_give_levels(tmp_path: Path):
    counters = read(source(tmp_path))
    assert counters.services == ["post", "bank"]
    assert counters.levels.dtype == np.uint8
    assert counters.levels.tolist() == [[2, 1], [1, 0], [2, 1]]
    columns = "key name kind operator lon lat opening_hours weekly_hours agents yearly_cost"
    assert list(counters.frame.columns) == columns.split()
    assert counters.frame["operator"].isna().all()


def test_services_stand_in_the_order_of_their_section(tmp_path: Path):
    findings = Findings()
    counters = read(source(tmp_path), services=["tax", "bank", "post"], findings=findings)
    assert counters.services == ["tax", "bank", "post"]
    assert counters.levels[0].tolist() == [0, 1, 2]
    assert findings.examples("service_without_counter") == ["no counter offers tax"]


def test_columns_and_constants_of_levels(tmp_path: Path):
    header = "key,nom,lon,lat,type,niveau"
    rows = "K1,B,9.45,42.70,bureau,0\nK2,A,8.74,41.93,agence,\nK3,C,9.15,42.31,bus,2\n"
    config = source(tmp_path, rows, header=header, kind="type", kinds=KINDS)
    config["services"] = {"post": "niveau", "tax": 1}
    counters = read(config)
    # K1's column says 0, K2's is empty and its kind counts, K3's kind is in no map.
    assert counters.services == ["post", "bank", "tax"]
    assert counters.levels.tolist() == [[0, 1, 1], [1, 0, 1], [2, 0, 1]]
    for bad in ("1.5", "-1", "12", "x"):
        rows = f"K1,B,9.45,42.70,bureau,{bad}\n"
        config = source(tmp_path, rows, header=header, services={"post": "niveau"})
        with pytest.raises(InputError, match=r"c\.csv:2: niveau is .*expected a whole number in"):
            read(config)


def test_kinds_that_do_not_match(tmp_path: Path):
    findings = Findings()
    rows = ROWS + "K4,X,9.2,42.2,burau\nK5,Y,9.3,42.2,burau\nK6,Z,9.4,42.2,\n"
    kinds = {**KINDS, "relais": {"post": 1}}
    counters = read(source(tmp_path, rows, kinds=kinds), findings=findings)
    assert counters.levels[3:].tolist() == [[0, 0]] * 3
    assert findings.count("kind_without_service") == 2
    assert "2 of kind 'burau', near 'bureau'" in findings.examples("kind_without_service")[0]
    assert findings.count("counter_without_kind") == 1
    assert findings.count("kind_unused") == 1
    with pytest.raises(InputError, match="type has none of the kinds of the section, but 'agence'"):
        read(source(tmp_path, kinds={"Bureau": {"post": 1}}))


def test_one_kind_and_operator_for_all(tmp_path: Path):
    config = source(
        tmp_path,
        kind=None,
        kind_name="France Services",
        kinds={"France Services": {"help": 1}},
        operator_name="État",
    )
    counters = read(config)
    assert counters.frame["kind"].unique().tolist() == ["France Services"]
    assert counters.frame["operator"].unique().tolist() == ["État"]
    assert counters.levels.tolist() == [[1]] * 3


def test_repeated_keys_in_a_file_and_between_files(tmp_path: Path):
    path = tmp_path / "c.csv"
    with pytest.raises(InputError) as raised:
        read(source(tmp_path, ROWS + "K2,again,9.2,42.2,agence\n"))
    assert str(raised.value) == (
        f"{path}:5: key is 'K2', which {path}:3 has too, expected every key once"
    )
    second = source(tmp_path, "N1,a,9.2,42.2,agence\nK3,b,9.2,42.25,agence\n", "d.csv")
    with pytest.raises(InputError) as raised:
        read(source(tmp_path), second)
    assert str(raised.value).startswith(
        f"{tmp_path / 'd.csv'}:3: key is 'K3', which {tmp_path / 'c.csv'}:4 has too"
    )


def test_sources_stand_one_below_the_other(tmp_path: Path):
    second = source(tmp_path, "N1,a,9.2,42.2,agence\n", "d.csv", services={"tax": 2}, kind="type")
    counters = read(source(tmp_path), second)
    assert counters.frame["key"].tolist() == ["K1", "K2", "K3", "N1"]
    assert counters.services == ["post", "bank", "tax"]
    assert counters.levels[3].tolist() == [0, 0, 2]
    assert counters.frame.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "row,message",
    [
        ("K9,x,,42,bureau", "lon, lat is empty, 42, expected coordinates"),
        ("K9,x,nan,nan,bureau", "lon, lat is nan, nan, expected coordinates"),
        ("K9,x,0,0.0,bureau", "lon, lat is 0, 0.0, expected coordinates"),
        ("K9,x,9.1,248.85,bureau", "lat is 248.85, expected a number in -90..90"),
        ("K9,x,42.1,9.1,bureau", "lon is 42.1 and lat is 9.1, far from the places, and near them"),
        (",x,9.1,42.1,bureau", "key is empty, expected a key"),
    ],
)
def test_rows_that_are_no_counter(tmp_path: Path, row: str, message: str):
    with pytest.raises(InputError) as raised:
        read(source(tmp_path, ROWS + row + "\n"))
    assert str(raised.value).startswith(f"{tmp_path / 'c.csv'}:5: {message}")


def test_counters_without_coordinates_are_kept_when_asked(tmp_path: Path):
    findings = Findings()
    config = source(tmp_path, ROWS + "K9,x,,,bureau\n", missing_coordinates="keep")
    counters = read(config, findings=findings)
    assert len(counters.frame) == 4
    assert np.isnan(counters.frame["lon"].tolist()[3])
    assert findings.count("missing_coordinates") == 1
    assert findings.count("far_from_places") == 0


def test_counters_far_from_the_places_are_a_finding(tmp_path: Path):
    findings = Findings()
    # A site of Bram (Aude) that its list puts in Biarritz; nothing here is near Corsica.
    counters = read(source(tmp_path, ROWS + "K9,Bram,-1.55,43.48,bureau\n"), findings=findings)
    assert len(counters.frame) == 4
    assert findings.count("far_from_places") == 1
    assert "c.csv:5" in findings.examples("far_from_places")[0]


def test_near_duplicates_are_of_one_kind_and_within_50_m(tmp_path: Path):
    m = 1 / 111_195.08  # degrees of latitude in a metre on the sphere
    near = f"K4,x,9.45,{42.70 + 49.9 * m},bureau\n"
    far = f"K5,x,9.15,{42.31 + 50.1 * m},bureau\n"
    other = "K6,x,8.74,41.93,bureau\n"
    findings = Findings()
    read(source(tmp_path, ROWS + near + far + other), findings=findings)
    assert findings.count("near_duplicate") == 1
    assert findings.examples("near_duplicate") == ["K1 and K4 (bureau) stand 50 m apart"]


def test_distances_east_and_west_shrink_with_the_latitude(tmp_path: Path):
    m = 1 / 111_195.08 / np.cos(np.radians(42.70))
    findings = Findings()
    read(source(tmp_path, ROWS + f"K4,x,{9.45 + 49.9 * m},42.70,bureau\n"), findings=findings)
    assert findings.count("near_duplicate") == 1
    findings = Findings()
    read(source(tmp_path, ROWS + f"K4,x,{9.45 + 50.1 * m},42.70,bureau\n"), findings=findings)
    assert findings.count("near_duplicate") == 0


def test_hours_agents_and_cost(tmp_path: Path):
    header = "key,nom,lon,lat,type,h,agents,cost"
    rows = 'K1,B,9.45,42.70,bureau,"Mo-Fr 09:00-12:00","2,5",110000\nK2,A,8.74,41.93,agence,,,s\n'
    config = source(tmp_path, rows, header=header)
    config |= {"opening_hours": "h", "agents": "agents", "yearly_cost": "cost"}
    frame = read(config).frame
    assert frame["opening_hours"].tolist()[0] == "Mo-Fr 09:00-12:00"
    assert frame["weekly_hours"].tolist()[0] == 15
    assert (frame["agents"][0], frame["yearly_cost"][0]) == (2.5, 110_000)
    assert frame.loc[1, ["weekly_hours", "agents", "yearly_cost"]].isna().all()
    config["yearly_cost"] = "lat"
    config["agents"] = "lon"
    assert read(config).frame["agents"].tolist() == [9.45, 8.74]


def test_layers_keep_their_geometry(tmp_path: Path):
    frame = gpd.GeoDataFrame(
        {"key": ["K1", "K2"], "type": ["bureau", "agence"]},
        geometry=[Point(9.45, 42.7), box(8.7, 41.9, 8.8, 42.0)],
        crs=4326,
    ).to_crs(2154)
    frame.to_file(tmp_path / "c.gpkg")
    layer = {"file": tmp_path / "c.gpkg", "key": "key", "kind": "type", "kinds": KINDS}
    table = source(tmp_path, "N1,a,9.2,42.2,agence\n", "d.csv")
    counters = read(layer, table)
    assert isinstance(counters.frame, gpd.GeoDataFrame)
    assert counters.frame.crs.to_epsg() == 2154
    assert counters.frame["lon"].tolist() == pytest.approx([9.45, 8.75, 9.2], abs=1e-3)
    assert [g.geom_type for g in counters.frame.geometry] == ["Point", "Polygon", "Point"]
    back = counters.frame.geometry.to_crs(4326)[2]
    assert (back.x, back.y) == pytest.approx((9.2, 42.2))


def test_no_service_at_all(tmp_path: Path):
    header = "key,nom,lon,lat,type,niveau"
    config = source(tmp_path, "K1,B,9.45,42.7,x,0\n", header=header, services={"post": "niveau"})
    with pytest.raises(InputError, match="no counter offers any service"):
        read(config)
