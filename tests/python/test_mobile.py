"""Good 4G from polygons, rasters and sites: shares by hand, holes, overlaps, mistakes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import Affine, from_origin

import maillage as ml
from maillage.errors import InputError
from maillage.geo.polygon_pieces import MOST_VERTICES, split_polygons

BASE = """format = 1
name = "squares"
[places]
file = "{places}"
key = "id"
{points}
[groups.all]
persons = "n"
ability = {{ p_b = 0.2, p_c = 0.1 }}
[connectivity]
{connectivity}
[counters]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = {{ post = 1 }}
[networks.crow]
"""
CRS = "EPSG:2154"
X, Y = 700_000, 6_600_000


def square(i: int, side: float = 1000) -> shapely.Polygon:
    return shapely.box(X + 1000 * i, Y, X + 1000 * i + side, Y + side)


@pytest.fixture
def folder(tmp_path):
    """Four squares of one kilometre in a row, as a layer and as points."""
    frame = gpd.GeoDataFrame(
        {"id": list("abcd"), "n": [10, 20, 30, 40]}, geometry=[square(i) for i in range(4)], crs=CRS
    )
    frame.to_file(tmp_path / "places.gpkg")
    centres = frame.geometry.centroid.to_crs(4326)
    points = frame.drop(columns="geometry").assign(lon=centres.x, lat=centres.y)
    points.to_csv(tmp_path / "points.csv", index=False)
    points[["id", "lon", "lat"]].head(1).to_csv(tmp_path / "counters.csv", index=False)
    return tmp_path


def read(folder, connectivity: str, polygons: bool = True) -> ml.Territory:
    places = "places.gpkg" if polygons else "points.csv"
    points = "" if polygons else 'lon = "lon"\nlat = "lat"'
    text = BASE.format(places=places, points=points, connectivity=connectivity)
    (folder / "territory.toml").write_text(text, encoding="utf-8")
    return ml.read_territory(folder / "territory.toml", cache=False, progress=False)


def write_coverage(folder, polygons, **columns) -> None:
    frame = gpd.GeoDataFrame(columns or {"k": range(len(polygons))}, geometry=polygons, crs=CRS)
    frame.to_crs(4326).to_file(folder / "coverage.gpkg")


def shares(territory: ml.Territory) -> np.ndarray:
    return territory.connectivity["mobile_4g"].to_numpy()


POLYGONS = '[connectivity.mobile.polygons]\nfile = "coverage.gpkg"\n'


def test_polygons_cover_shares_of_areas_and_overlaps_count_once(folder):
    # a whole, half of b twice over, nothing of c, and d beyond the box
    half = shapely.box(X + 1000, Y, X + 1500, Y + 1000)
    write_coverage(folder, [square(0), half, half], op=["x", "x", "x"])
    territory = read(folder, POLYGONS + 'operator = "op"\n')
    assert shares(territory)[:2] == pytest.approx([1, 0.5], abs=1e-4)
    assert np.isnan(shares(territory)[2:]).all()
    kinds = territory.findings.set_index("kind")["count"]
    assert kinds["coverage_overlaps"] >= 1 and kinds["mobile_4g_unknown"] == 2
    write_coverage(folder, [half, half], op=["x", "y"])  # two operators may cover one place
    territory = read(folder, POLYGONS + 'operator = "op"\n')
    assert "coverage_overlaps" not in set(territory.findings["kind"])


def test_points_are_covered_or_not(folder):
    write_coverage(folder, [square(0, 700), square(3)])
    assert shares(read(folder, POLYGONS, polygons=False)).tolist() == [1, 0, 0, 1]


def test_persons_weigh_where_a_finer_population_is_given(folder):
    write_coverage(folder, [shapely.box(X, Y, X + 500, Y + 1000), square(3)])
    at = gpd.GeoSeries(
        [shapely.Point(X + 100, Y + 500), shapely.Point(X + 900, Y + 500),
         shapely.Point(X + 3500, Y + 500), shapely.Point(X - 9000, Y)], crs=CRS
    ).to_crs(4326)  # fmt: skip
    table = pd.DataFrame({"lon": at.x, "lat": at.y, "n": [9, 1, 5, 7]})
    table.to_csv(folder / "fine.csv", index=False)
    weights = (
        '[connectivity.mobile.weights]\nfile = "fine.csv"\nlon = "lon"\nlat = "lat"\npersons = "n"'
    )
    territory = read(folder, POLYGONS + weights)
    assert shares(territory)[[0, 3]] == pytest.approx([0.9, 1])
    assert territory.findings.set_index("kind")["count"]["finer_population_outside"] == 1


def write_raster(folder, crs: str = CRS, nodata: int = 255) -> None:
    """Pixels of 250 m over the first three squares: a good, b half good, c without value."""
    values = np.zeros((4, 12), dtype="uint8")
    values[:, :4] = 2
    values[:2, 4:8] = 3
    values[:, 8:] = nodata
    path = folder / "4g.tif"
    profile = {
        "driver": "GTiff", "height": 4, "width": 12, "count": 1, "dtype": "uint8", "crs": CRS,
        "transform": from_origin(X, Y + 1000, 250, 250), "nodata": nodata,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values, 1)
    if crs != CRS:
        from rasterio.warp import Resampling, calculate_default_transform, reproject

        with rasterio.open(path) as source:
            transform, width, height = calculate_default_transform(
                source.crs, crs, source.width, source.height, *source.bounds, resolution=0.0003
            )
            out = np.full((height, width), nodata, dtype="uint8")
            reproject(source.read(1), out, src_transform=source.transform, src_crs=source.crs,
                      dst_transform=transform, dst_crs=crs, resampling=Resampling.nearest,
                      dst_nodata=nodata)  # fmt: skip
        profile |= {"crs": crs, "transform": transform, "width": width, "height": height}
        with rasterio.open(path, "w", **profile) as raster:
            raster.write(out, 1)


RASTER = '[connectivity.mobile.raster]\nfile = "4g.tif"\n'


def test_rasters_count_pixels_with_a_value(folder):
    write_raster(folder)
    assert shares(read(folder, RASTER + "at_least = 2"))[:2] == pytest.approx([1, 0.5])
    assert shares(read(folder, RASTER + "good = 3"))[:2] == pytest.approx([0, 0.5])
    assert np.isnan(shares(read(folder, RASTER + "good = 3"))[2:]).all()
    points = shares(read(folder, RASTER + "at_least = 2", polygons=False))
    assert points[0] == 1 and np.isnan(points[2:]).all()


def write_values(folder, values: np.ndarray, transform=None, **profile) -> None:
    """A raster of pixels of 250 m from the corner of the first square."""
    height, width = values.shape
    transform = transform or from_origin(X, Y + 1000, 250, 250)
    with rasterio.open(
        folder / "4g.tif", "w", driver="GTiff", height=height, width=width, count=1,
        dtype=values.dtype, crs=CRS, transform=transform, **profile,
    ) as raster:  # fmt: skip
        raster.write(values, 1)


@pytest.mark.parametrize("polygons", [True, False])
def test_pixels_that_are_not_a_number_have_no_value(folder, polygons: bool):
    values = np.full((4, 16), np.nan, dtype="float32")
    values[:, :4] = 0.5
    values[:, 4:8] = 0.1
    write_values(folder, values)  # and no nodata says so
    found = shares(read(folder, RASTER + "at_least = 0.3", polygons=polygons))
    assert found[:2].tolist() == [1, 0] and np.isnan(found[2:]).all()


def test_good_values_are_compared_as_the_raster_stores_them(folder):
    values = np.full((4, 16), 0.3, dtype="float32")
    values[:, 4:] = 0.1
    write_values(folder, values)
    territory = read(folder, RASTER + "good = [0.3]")
    assert shares(territory).tolist() == [1, 0, 0, 0]
    assert "raster_never_good" not in set(territory.findings["kind"])
    territory = read(folder, RASTER + "good = [0.7]")
    assert shares(territory).tolist() == [0, 0, 0, 0]
    assert "raster_never_good" in set(territory.findings["kind"])


@pytest.mark.parametrize("value", ["0.3", "300", "-1"])
def test_good_values_that_a_raster_cannot_hold_are_refused(folder, value: str):
    write_raster(folder)
    with pytest.raises(InputError, match=rf"good has {value}, .*uint8 cannot hold"):
        read(folder, RASTER + f"good = [{value}]")


@pytest.mark.parametrize("polygons", [True, False])
def test_a_raster_whose_rows_run_north(folder, polygons: bool):
    write_raster(folder)
    with rasterio.open(folder / "4g.tif") as raster:
        values = raster.read(1)
    expected = shares(read(folder, RASTER + "at_least = 2", polygons=polygons))
    write_values(folder, values[::-1], Affine(250, 0, X, 0, 250, Y), nodata=255)
    found = shares(read(folder, RASTER + "at_least = 2", polygons=polygons))
    assert np.array_equal(found, expected, equal_nan=True) and found[0] == 1


def test_rasters_in_another_crs(folder):
    write_raster(folder, "EPSG:4326")
    found = shares(read(folder, RASTER + "at_least = 2"))
    assert found[:2] == pytest.approx([1, 0.5], abs=0.06)


def test_sites_are_a_stated_proxy(folder):
    site = gpd.GeoSeries([shapely.Point(X + 500, Y + 500)], crs=CRS)
    pd.DataFrame({"x": site.x, "y": site.y, "4G": [1]}).to_csv(folder / "sites.csv", index=False)
    section = (
        '[connectivity.mobile.sites]\nfile = "sites.csv"\nx = "x"\ny = "y"\ncrs = "EPSG:2154"\n'
        'where = { "4G" = 1 }\nradius_m = 1500\n'
    )
    territory = read(folder, section)
    assert shares(territory).tolist() == [1, 1, 0, 0]
    assert "proxy" in territory.findings.set_index("kind").loc["mobile_by_proxy", "examples"]


def test_sources_fill_what_others_do_not_know(folder):
    write_raster(folder)
    write_coverage(folder, [square(0, 400)])
    territory = read(folder, POLYGONS + RASTER + "at_least = 2")
    # a lies in the box of the polygons, b only in the raster
    assert shares(territory)[:2] == pytest.approx([0.16, 0.5], abs=1e-4)


def test_large_polygons_are_cut_without_loss():
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 1000 + 100 * np.sin(40 * angle)
    star = shapely.Polygon(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
    holed = shapely.difference(star, shapely.Point(0, 0).buffer(200))
    pieces, rows = split_polygons(np.array([holed, square(0)]))
    assert shapely.get_num_coordinates(pieces).max() <= MOST_VERTICES
    for row, whole in enumerate((holed, square(0))):
        assert shapely.area(pieces[rows == row]).sum() == pytest.approx(whole.area, rel=1e-9)


def test_premises_from_a_table_of_their_own(folder):
    (folder / "lines.csv").write_text(
        "Title,,\n,,\nCode,Champ,T1\na,Locaux,5\nb,Locaux,40\na,Other,9\nz,Locaux,1\n"
    )
    (folder / "premises.csv").write_text("Code,Homes,Firms\na,8,2\nb,30,2\nc,5,5\n")
    section = (
        'file = "lines.csv"\nkey = "Code"\nskip_rows = 2\nwhere = { Champ = "Locaux" }\n'
        'wired_1000 = "T1"\nadequate_mbit = 1000\n'
        '[connectivity.premises_table]\nfile = "premises.csv"\nkey = "Code"\n'
        'columns = ["Homes", "Firms"]\n'
    )
    territory = read(folder, section)
    wired = territory.connectivity["wired_1000"].to_numpy()
    assert wired[0] == 0.5 and wired[1] == 1 and np.isnan(wired[2:]).all()
    assert "more_lines_than_premises" in set(territory.findings["kind"])


def test_a_new_antenna_raises_what_lies_in_it(folder):
    write_coverage(folder, [square(0, 400), square(3)])
    territory = read(folder, POLYGONS)
    outline = gpd.GeoSeries([shapely.box(X + 500, Y, X + 2000, Y + 1000)], crs=CRS).to_crs(4326)
    scenario = ml.Scenario("antenna").set_connectivity(polygon=outline, mobile_4g=1)
    before, after = shares(territory), shares(territory.apply(scenario))
    assert before == pytest.approx([0.16, 0, 0, 1], abs=1e-4)
    assert after == pytest.approx([0.5 + 0.5 * 0.16, 1, 0, 1], abs=2e-3)
    delta = territory.compare(scenario, "post", exhaustive=True).total().iloc[0]
    assert delta["delta_stranded"] <= 0


def test_an_antenna_over_half_of_a_place_that_nothing_is_known_of(folder):
    write_coverage(folder, [square(0)])
    territory = read(folder, POLYGONS)
    outline = gpd.GeoSeries([shapely.box(X + 2500, Y, X + 4000, Y + 1000)], crs=CRS).to_crs(4326)
    scenario = ml.Scenario("antenna").set_connectivity(polygon=outline, mobile_4g=1)
    before, after = shares(territory), shares(territory.apply(scenario))
    assert np.isnan(before[2:]).all()
    assert np.isnan(after[2])  # the other half is as unknown as before, and not without 4G
    wired = ml.Scenario("fibre").set_connectivity(polygon=outline, wired_8=1)
    found = territory.apply(wired).connectivity["wired_8"].to_numpy()
    assert found[2] == pytest.approx(0.5, abs=2e-3)  # of fibre the files say nothing: none else


def test_a_roll_out_by_year(folder):
    write_coverage(folder, [square(0)])
    territory = read(folder, POLYGONS)
    plan = pd.DataFrame(
        {"place": ["a", "b", "a", "c"], "year": [2024, 2025, 2026, 2030],
         "wired_8": [0.4, 0.7, 0.9, 1], "wired_30": [0.3, np.nan, 0.8, 1]}
    )  # fmt: skip
    for year, expected in ((2024, [0.4]), (2025, [0.4, 0.7]), (2027, [0.9, 0.7])):
        after = territory.apply(ml.Scenario(str(year)).roll_out(plan, year))
        found = after.connectivity["wired_8"].to_numpy()
        assert found[: len(expected)].tolist() == expected
        assert np.isnan(found[len(expected) :]).all()
    plan.to_csv(folder / "plan.csv", index=False)
    one = ml.Scenario("x").roll_out(folder / "plan.csv", 2027)
    assert one.edits == ml.Scenario("x").roll_out(plan, 2027).edits
    with pytest.raises(InputError, match="no row up to 2000"):
        ml.Scenario("x").roll_out(plan, 2000)
    with pytest.raises(InputError, match="no column year"):
        ml.Scenario("x").roll_out(plan.drop(columns="year"), 2027)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (RASTER, "either good"),
        (RASTER + "good = 1\nband = 2", "expected 1..1"),
        ("[connectivity.mobile]", "polygons, raster or sites"),
        (POLYGONS.replace("coverage", "none"), "does not exist"),
        (RASTER.replace("4g.tif", "places.gpkg") + "good = 1", "not a raster|no CRS"),
    ],
)
def test_mistakes_are_named(folder, section: str, words: str):
    write_raster(folder)
    with pytest.raises((InputError, OSError), match=words):
        read(folder, section)


def test_a_torn_raster_is_refused(folder):
    write_raster(folder)
    data = (folder / "4g.tif").read_bytes()
    (folder / "4g.tif").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"4g\.tif"):
        read(folder, RASTER + "good = 1")


def test_polygons_must_be_polygons(folder):
    write_coverage(folder, [shapely.Point(X, Y)])
    with pytest.raises(InputError, match="expected a polygon"):
        read(folder, POLYGONS)


def test_the_demo_raster_and_polygons_agree_with_its_table(tmp_path):
    demo = "scenarios/demo"
    from shutil import copytree

    copytree(demo, tmp_path / "demo")
    toml = tmp_path / "demo" / "territory.toml"
    text = toml.read_text(encoding="utf-8").replace('mobile_4g = "bonne_4g"', "#")
    toml.write_text(
        text.replace("[services.", f'{RASTER.replace("4g.tif", "mobile_4g.tif")}at_least = 2\n\n'
                     "[services.", 1), encoding="utf-8"
    )  # fmt: skip
    territory = ml.read_territory(toml, cache=False, progress=False)
    assert territory.connectivity["mobile_4g"].notna().mean() > 0.9
