"""Writes an invented country as the ordinary files that users of maillage have."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyogrio
from pyarrow import csv

from maillage import _core
from maillage.atomic import write_atomically
from maillage.errors import IoError
from maillage.progress import ProgressChoice, report_progress
from maillage.synth.coaches import build_feed
from maillage.synth.connectivity import MOBILE_NO_DATA
from maillage.synth.counter_kinds import KINDS
from maillage.synth.country import SynthCountry, build_country
from maillage.synth.geotiff import RasterPlace, write_geotiff
from maillage.synth.population import AGE_BANDS, CAR_BANDS
from maillage.synth.scenarios import build_scenarios
from maillage.synth.territory_file import build_territory_text

# Zip entries and layers carry a date; an invented territory has one for good.
_DATE = (2025, 1, 1, 0, 0, 0)
_GDAL_DATE = "2025-01-01T00:00:00.000Z"
FILES = [
    "communes.gpkg",
    "grid.csv",
    "roads.osm.pbf",
    "counters.csv",
    "fibre.csv",
    "mobile_4g.tif",
    "mobile_4g.gpkg",
    "gtfs.zip",
    "territory.toml",
    "scenario_closures.toml",
    "scenario_restructure.toml",
    "scenario_landslide.toml",
]


def write_synth(
    *,
    places: int,
    counters: int,
    seed: int,
    out: str | Path,
    road_nodes: int | None = None,
    progress: ProgressChoice = None,
) -> SynthCountry:
    """Builds an invented country and writes its files into the folder `out`.

    `places` inhabited cells, `counters` counters, about `road_nodes` nodes of roads (by
    default in proportion to the places); the same numbers and seed give the same files. See
    build_country and write_country. Returns the country.
    """
    out = Path(out)
    _check_folder(out)
    with report_progress(progress) as report:
        country = build_country(places, counters, seed, road_nodes=road_nodes, report=report)
        write_country(country, out)
    return country


def write_country(country: SynthCountry, out_dir: str | Path) -> None:
    """Writes the files of a country (see FILES) into a folder, which is made if need be.

    Files of the same names are replaced, each as a whole, after all have been made. Raises
    IoError when the folder cannot be written.
    """
    out = Path(out_dir)
    _check_folder(out)
    is_new = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".synth.", dir=out))
    except OSError as error:
        raise IoError(f"{out}: cannot be written: {error.strerror or error}") from error
    try:
        _write_files(country, work)
        for name in FILES:
            (work / name).replace(out / name)
    except OSError as error:
        raise IoError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if is_new and not any(out.iterdir()):
            out.rmdir()


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise IoError(f"{out}: cannot be written: it is a file, expected a folder")


def _write_files(country: SynthCountry, out: Path) -> None:
    _write_communes(country, out / "communes.gpkg")
    _write_grid(country, out / "grid.csv")
    write_roads(country, out / "roads.osm.pbf")
    _write_counters(country, out / "counters.csv")
    _write_fibre(country, out / "fibre.csv")
    mobile = country.mobile
    place = RasterPlace(mobile.west, mobile.north, mobile.pixel_m, 2154)
    write_geotiff(out / "mobile_4g.tif", mobile.level, place, MOBILE_NO_DATA)
    _write_mobile_areas(country, out / "mobile_4g.gpkg")
    _write_zip(build_feed(country.lines, country.trips, country.settlements, country.communes),
               out / "gtfs.zip")  # fmt: skip
    _write_text(out / "territory.toml", build_territory_text(country))
    for name, text in build_scenarios(country).items():
        _write_text(out / name, text)


def write_roads(country: SynthCountry, path: Path) -> None:
    """The roads as an OpenStreetMap PBF file."""
    osm = country.osm
    _core.write_osm_pbf(
        str(path),
        tag_sets=osm.tag_sets,
        nodes=(osm.node_id, osm.lon, osm.lat, osm.node_tag_set),
        ways=(osm.way_id, osm.way_offsets.astype(np.uint64), osm.refs, osm.way_tag_set),
        restrictions=osm.restrictions,
    )


# -- layers -------------------------------------------------------------------------------------


def _write_communes(country: SynthCountry, path: Path) -> None:
    communes = country.communes
    _write_layer(
        gpd.GeoDataFrame(
            {
                "insee": communes.insee,
                "nom": communes.name,
                "epci": communes.epci,
                "nom_epci": communes.epci_name,
                "departement": communes.departement,
                "nom_departement": communes.departement_name,
            },
            geometry=communes.outline,
            crs="EPSG:2154",
        ).sort_values("insee", ignore_index=True),
        path,
        "commune",
    )


def _write_mobile_areas(country: SynthCountry, path: Path) -> None:
    areas = country.mobile.areas
    n = len(areas)
    layer = gpd.GeoDataFrame(
        {"techno": ["4G"] * n, "usage": ["data"] * n, "niveau": list(areas)},
        geometry=list(areas.values()),
        crs="EPSG:2154",
    )
    # one polygon a row: maps of a country are unusable as one multipolygon
    _write_layer(layer.explode(ignore_index=True), path, "couverture_4g")


def _write_layer(layer: gpd.GeoDataFrame, path: Path, name: str) -> None:
    """Writes a GeoPackage with a fixed date and without GDAL's own metadata."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _GDAL_DATE})
    try:
        pyogrio.write_dataframe(
            layer,
            path,
            layer=name,
            driver="GPKG",
            geometry_type="MultiPolygon",
            promote_to_multi=True,
            SPATIAL_INDEX="YES" if len(layer) > 2_000 else "NO",
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


# -- tables -------------------------------------------------------------------------------------


def _write_grid(country: SynthCountry, path: Path) -> None:
    people = country.population
    insee = np.array(country.communes.insee, dtype=object)
    columns: dict[str, object] = {
        "id": people.cell_id,
        "lon": people.lon,
        "lat": people.lat,
        "commune": insee[people.commune],
        "ind": np.round(people.persons.sum(axis=1), 1),
    }
    for band, name in enumerate(AGE_BANDS):
        columns[f"ind_{name}"] = people.persons[:, band]
    columns["sans_voiture"] = people.carless
    for band, name in enumerate(CAR_BANDS):
        columns[f"voiture_{name}"] = people.car_share[:, band]
    _write_csv(columns, path, ",", quote=False)


def _write_counters(country: SynthCountry, path: Path) -> None:
    counters, communes = country.counters, country.communes
    _write_csv(
        {
            "key": counters.key,
            "name": counters.name,
            "type": [KINDS[k].name for k in counters.kind],
            "operator": [KINDS[k].operator for k in counters.kind],
            "lon": counters.lon,
            "lat": counters.lat,
            "hours": counters.hours,
            "agents": counters.agents,
            "cost_eur": counters.cost_eur,
            "commune": [communes.insee[c] for c in counters.commune],
        },
        path,
        ",",
    )


def _write_fibre(country: SynthCountry, path: Path) -> None:
    """As ARCEP publishes: semicolons, per cent with a decimal comma, `s` for secret figures."""
    fibre, communes = country.fibre, country.communes
    columns: dict[str, object] = {
        "code_dep": communes.departement,
        "code_insee": communes.insee,
        "nom_com": communes.name,
        "nbr": fibre.premises,
    }
    for k, name in enumerate(("elig_bhd8", "elig_thd30", "elig_thd100", "elig_thd1g")):
        columns[name] = [_to_french(value) for value in fibre.eligible[:, k].tolist()]
    columns["bonne_4g"] = [_to_french(value) for value in fibre.good_4g.tolist()]
    columns["date"] = ["2024-12-31"] * len(communes)
    _write_csv(columns, path, ";", quote=False)


def _to_french(value: float) -> str:
    return "s" if np.isnan(value) else f"{value:.1f}".replace(".", ",")


def _write_csv(
    columns: dict[str, object], path: Path, separator: str, *, quote: bool = True
) -> None:
    """Writes a table; `quote` puts text in quotation marks, needed where it holds separators."""
    options = csv.WriteOptions(
        include_header=False, delimiter=separator, quoting_style="needed" if quote else "none"
    )
    with path.open("wb") as file:
        file.write((separator.join(columns) + "\n").encode())
        csv.write_csv(pa.table(columns), file, write_options=options)


def _write_zip(files: dict[str, str], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name].encode(), compresslevel=9)


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
