"""The readers on French files as they are published, faults included.

Expected figures come from the publishers, from a study of the lists made before this code,
or from an independent reading with the csv module, never from our own readers.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from maillage.config_models import CountersConfig, DayColumns, PlacesConfig
from maillage.config_sections import PointSource, TableSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.coordinates import Box, read_points
from maillage.geo.counters import read_counters
from maillage.geo.french_hours import parse_french_day
from maillage.geo.hours_columns import read_hours
from maillage.geo.layers import read_polygons
from maillage.geo.places import read_places
from maillage.geo.tables import NumberRule, Table, read_table

FRANCE = Box(-5.2, 41.3, 9.6, 51.1)
DAYS = DayColumns(
    mo="h_lundi", tu="h_mardi", we="h_mercredi", th="h_jeudi", fr="h_vendredi", sa="h_samedi"
)


def read(path: Path, columns: list[str], findings: Findings | None = None, **keys) -> Table:
    source = TableSource(file=path, **keys)
    return read_table(source, columns, Findings() if findings is None else findings)


def read_csv(path: Path, encoding: str, separator: str) -> list[dict[str, str]]:
    """The rows by the csv module, which knows nothing of our readers."""
    opener = {".bz2": bz2.open, ".gz": gzip.open}.get(path.suffix, open)
    with opener(path, "rb") as file:
        text = file.read().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


@pytest.mark.parametrize("edition", ["laposte_2014-06", "laposte_2015-07"])
def test_laposte_is_latin_and_semicolons(shared_data: Path, edition: str):
    path = shared_data / "france" / f"{edition}.csv.bz2"
    rows = read_csv(path, "iso-8859-15", ";")
    names = [n for n in rows[0] if n.startswith(("#Ident", "Ident", "Libell", "Latit", "Longit"))]
    findings = Findings()
    table = read(path, names, findings)
    assert table.n_rows == len(rows)
    assert findings.count("encoding_in_doubt") == 1
    for name in names:
        ours = table.series(name)
        theirs = [row[name].strip() or None for row in rows]
        assert [
            None if missing else text for text, missing in zip(ours, ours.isna(), strict=True)
        ] == theirs


def test_laposte_counters_without_coordinates(shared_data: Path):
    path = shared_data / "france" / "laposte_2014-06.csv.bz2"
    config = {
        "file": path,
        "key": "Identifiant",
        "lon": "Longitude",
        "lat": "Latitude",
        "kind": "Caractéristique du site",
        "encoding": "iso-8859-15",
        "kinds": {
            "Bureau de poste": {"post": 2},
            "Agence postale communale": {"post": 1},
            "Relais poste commercant": {"post": 1},
        },
    }
    rows = read_csv(path, "iso-8859-15", ";")
    without = [i for i, row in enumerate(rows) if not row["Latitude"]]
    with pytest.raises(InputError, match=rf"bz2:{without[0] + 2}: Longitude, Latitude is empty"):
        read_counters([CountersConfig.model_validate(config)], {}, FRANCE, Findings())
    findings = Findings()
    config["missing_coordinates"] = "keep"
    counters = read_counters([CountersConfig.model_validate(config)], {}, FRANCE, findings)
    assert len(counters.frame) == len(rows)
    assert findings.count("missing_coordinates") == len(without) > 100
    offices = sum(row["Caractéristique du site"] == "Bureau de poste" for row in rows)
    assert int((counters.levels == 2).sum()) == offices


def test_hours_of_france_services_2023(shared_data: Path):
    findings = Findings()
    columns = [column for column in DAYS.by_day() if column is not None]
    path = shared_data / "france" / "france_services_2023-07.csv"
    table = read(path, ["id_fs", "format_fs_anct", *columns], findings)
    assert table.n_rows == 2707
    texts, hours = read_hours(table, DAYS, findings)
    kind = table.series("format_fs_anct")
    fixed = hours[(kind == "Lieu fixe").to_numpy() & ~np.isnan(hours)]
    # The study of this list: union of the intervals, fixed sites: median 29.5 h, p10 24,
    # p90 37; 23 % of the list open on Saturday; 5 % of fixed sites below 24 h where unknown
    # hours count as none.
    assert np.median(fixed) == 29.5
    assert np.percentile(fixed, [10, 90]).tolist() == [24, 37]
    assert texts.str.contains("Sa").fillna(False).mean() == pytest.approx(0.23, abs=0.005)
    n_fixed = int((kind == "Lieu fixe").sum())
    below = (fixed < 24).sum() + n_fixed - len(fixed)
    assert below / n_fixed == pytest.approx(0.05, abs=0.005)
    # Every text of this list is readable; `00:00 - 00:00` is the only oddity left.
    assert findings.kinds == ["opening_hours_empty_slot"]
    assert findings.count("opening_hours_empty_slot") == 24


def test_duplicated_slots_are_a_union(shared_data: Path):
    path = shared_data / "france" / "france_services_2023-07.csv"
    rows = read_csv(path, "utf-8-sig", ",")
    table = read(path, ["id_fs", "h_lundi"])
    texts, hours = read_hours(table, DayColumns(mo="h_lundi"), Findings())
    for i, row in enumerate(rows):
        if row["h_lundi"] == "08:30 - 17:30 / 08:30 - 17:30 / 08:30 - 12:30 / 08:30 - 12:30":
            assert (texts[i], hours[i]) == ("Mo 08:30-17:30", 9)
            break
    else:
        pytest.fail("the file no longer holds its duplicated slots")


def test_hours_of_france_services_2021_are_never_guessed(shared_data: Path):
    findings = Findings()
    columns = [column for column in DAYS.by_day() if column is not None]
    path = shared_data / "france" / "france_services_2021-04.geojson"
    table = read(path, ["MATRICULE", *columns], findings)
    texts, hours = read_hours(table, DAYS, findings)
    assert table.n_rows == 908
    cells = {column: table.series(column) for column in columns}
    only_by_appointment = [
        text
        for column in columns
        for text in cells[column].dropna()
        if text.startswith("Sur RDV") and "Sans RDV" not in text and "//" not in text
    ]
    assert len(only_by_appointment) > 5
    assert all(parse_french_day(text).intervals is None for text in only_by_appointment)
    assert findings.count("opening_hours_set_aside") > 100
    silent = (cells["h_lundi"] == "Horaires non communiqués").to_numpy()
    assert silent.sum() > 50 and texts[silent].isna().all()
    # A plain week, read by eye: the first site, Valserhône.
    assert texts[0] == "Mo-Fr 09:00-12:00,13:30-17:00"
    assert np.nanmax(hours) < 80


def test_dila_directory(shared_data: Path):
    path = shared_data / "france" / "dila_offices_2020-11.csv.bz2"
    rows = read_csv(path, "utf-8", ",")
    table = read(path, ["id", "category", "name", "latitude", "longitude", "address"])
    assert table.n_rows == len(rows) == 61_507
    for column in ("id", "name", "address"):
        assert table.series(column).fillna("").tolist() == [row[column].strip() for row in rows]
    kept = read(path, ["id"], where={"category": ["mairie", "mairie_com"]})
    assert kept.n_rows == sum(row["category"] in ("mairie", "mairie_com") for row in rows)


def test_grid_of_france(shared_data: Path):
    path = shared_data / "france" / "grid_1km.csv.gz"
    config = PlacesConfig.model_validate(
        {"file": path, "key": ["x3035", "y3035"], "lon": "lon", "lat": "lat"}
    )
    places = read_places(config, ["T", "dep"], Findings())
    assert places.n_places == 373_248
    assert places.keys[0] == "3326000_2776000"
    persons = places.table.numbers("T", NumberRule(0)).amounts
    assert persons.sum() == pytest.approx(65.2e6, rel=1e-3)
    assert FRANCE.grow(20).has(places.points.lon, places.points.lat).all()


def test_arcep_tables_with_title_lines(shared_data: Path):
    path = shared_data / "france" / "arcep_ftth_2018_communes.csv.gz"
    with pytest.raises(InputError, match="line 5 has it: are these title lines, skip_rows = 4"):
        read(path, ["Code commune"])
    table = read(path, ["Code commune", "Logements"], skip_rows=4, zero=["-"])
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[5:]
    homes = ["".join(row[5].split()) for row in rows]
    assert table.n_rows == len(rows)
    numbers = table.numbers("Logements", NumberRule(0)).amounts
    assert numbers.tolist() == [0.0 if home == "-" else float(home) for home in homes]
    with pytest.raises(InputError, match=r"Logements is '-', expected a number >= 0"):
        read(path, ["Code commune", "Logements"], skip_rows=4).numbers("Logements", NumberRule(0))
    by_quarter = shared_data / "france" / "arcep_ftth_2018_ftthCommunes.csv.gz"
    fibre = read(by_quarter, ["Code commune", "T1 2018"], skip_rows=4,
                 where={"Champ": "Locaux Raccordables"})  # fmt: skip
    codes = fibre.texts("Code commune").to_pylist()
    assert codes[:3] == ["01001", "01002", "01004"]
    assert fibre.numbers("T1 2018", NumberRule(0)).amounts[2] == 2248


def test_filosofi_secrets_and_decimal_commas(shared_data: Path):
    path = shared_data / "france" / "filosofi_communes_2021.csv.gz"
    rows = read_csv(path, "utf-8-sig", ";")
    table = read(path, ["CODGEO", "TP6021", "D121", "MED21"])
    assert table.texts("CODGEO").to_pylist() == [row["CODGEO"] for row in rows]
    rate = table.numbers("TP6021", NumberRule(0, 100, secret="nan"))
    cells = [row["TP6021"] for row in rows]
    assert rate.secret.tolist() == [cell in ("s", "nd") for cell in cells]
    known = ~rate.secret & ~rate.absent
    assert known.sum() > 1000
    expected = [float(cell.replace(",", ".")) for cell in cells if cell not in ("s", "", "nd")]
    assert rate.amounts[known].tolist() == expected
    with pytest.raises(InputError, match="TP6021 is 's', expected a number, not a secret value"):
        table.numbers("TP6021", NumberRule())


def test_fragility_by_iris(shared_data: Path):
    path = shared_data / "corse" / "digital_fragility_iris.csv"
    rows = read_csv(path, "utf-8", ",")
    score = "SCORE GLOBAL region 1"
    table = read(path, ["Code Iris", "Insee Com", score])
    assert table.texts("Code Iris").to_pylist() == [row["Code Iris"] for row in rows]
    values = table.numbers(score, NumberRule(0, absent="nan")).amounts
    assert values.tolist() == pytest.approx(
        [float(row[score]) if row[score] else np.nan for row in rows], nan_ok=True
    )


def test_outlines_of_every_departement(shared_data: Path):
    files = sorted((shared_data / "france" / "communes_outline").glob("*.geojson.gz"))
    assert len(files) == 101
    codes: list[str] = []
    for path in files:
        frame = read_polygons(TableSource(file=path), ["code", "nom"])
        assert frame.geometry.is_valid.all()
        codes += frame["code"].tolist()
    assert len(codes) == len(set(codes)) > 35_000
    assert {"01004", "2A004", "97411"} <= set(codes)


def test_mobile_sites_in_lambert_93(shared_data: Path):
    path = shared_data / "corse" / "mobile_sites.csv"
    point = PointSource(file=path, x="x_l93", y="y_l93", crs="EPSG:2154")
    table = read(path, ["operateur_mnc", "x_l93", "y_l93"])
    points = read_points(table, point, Findings())
    assert Box(8.5, 41.3, 9.6, 43.1).has(points.lon, points.lat).all()
    # The published list has one operator twice at one spot: no key is made of these columns.
    keys = ["operateur_mnc", "x_l93", "y_l93"]
    rows = [tuple(row[key] for key in keys) for row in read_csv(path, "utf-8", ",")]
    again = next(i for i, row in enumerate(rows) if row in rows[:i])
    with pytest.raises(
        InputError, match=rf"sites\.csv:{again + 2}: .*csv:{rows.index(rows[again]) + 2} has"
    ):
        read_places(PlacesConfig(key=keys, **point.model_dump(exclude_unset=True)), [], Findings())
