"""maillage transit journey | matrix on a town that a person can count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from gtfs_feeds import TUESDAY
from transit_town import at, to_lat, to_stops, write_town
from typer.testing import CliRunner, Result

from maillage.cli import app
from maillage.findings import Findings
from maillage.geo.point_tables import read_point_table
from maillage.geo.write import read_metadata
from maillage.show import to_text
from maillage.show_journeys import build_journeys_view

STOPS = {"A": 0, "C": 5_000, "D": 5_300, "B": 10_000}
TRIPS = {"1": "A@8:00 C@8:10", "2.a": "D@8:15 B@8:30", "S": "A@8:10 C@8:20 B@8:50"}
SAMPLE = "minutes, at least 1/60 (a second), at most 2880"
HOME, DESK = f"3,{to_lat(-200)}", f"3,{to_lat(10_100)}"


@pytest.fixture(autouse=True)
def work_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write_town(tmp_path, STOPS, TRIPS)
    at(home=-200, far=400_000).to_csv(tmp_path / "homes.csv", index=False)
    at(desk=10_100, door=-100).rename(columns={"id": "key"}).to_csv(
        tmp_path / "desks.csv", index=False
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILLAGE_THREADS", raising=False)
    yield


def run(command: str, *arguments: object, feed: str = "town.zip") -> Result:
    given = ["transit", command, feed, "--date", TUESDAY, *(str(a) for a in arguments)]
    return CliRunner().invoke(app, given)


def find_rows(output: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in output.splitlines() if line.strip()]


def test_journeys_are_a_table_that_people_like_to_read():
    result = run("journey", "--from", HOME, "--to", DESK, "--departure", "07:50", "--max-walk", 10)
    assert result.exit_code == 0, result.output
    rows = find_rows(result.stdout)
    assert rows[0][0].startswith(f"{HOME} to {DESK}, Tuesday 2025-06-10, leaving at 07:50")
    table = rows[rows.index(["leave", "arrive", "min", "by", "from", "to", "stops", "wait"]) :]
    assert table[1:] == [
        ["1", "07:56", "08:32", "36", "2 rides, 11 min on foot"],
        ["07:56", "08:00", "4", "walk", "origin", "Stop A"],
        ["08:00", "08:10", "10", "bus 1 → to the end", "Stop A", "Stop C", "1"],
        ["08:10", "08:15", "5", "walk", "Stop C", "Stop D"],
        ["08:15", "08:30", "15", "bus 2 → to the end", "Stop D", "Stop B", "1"],
        ["08:30", "08:32", "2", "walk", "Stop B", "destination"],
        ["2", "08:06", "08:52", "46", "1 ride, 6 min on foot"],
        ["08:06", "08:10", "4", "walk", "origin", "Stop A"],
        ["08:10", "08:50", "40", "bus S → to the end", "Stop A", "Stop B", "2"],
        ["08:50", "08:52", "2", "walk", "Stop B", "destination"],
    ]
    by = run("journey", "--from", HOME, "--to", DESK, "--arrive-by", "08:52", "--window", 0)
    assert ["1", "08:06", "08:52", "46", "1 ride, 6 min on foot"] in find_rows(by.stdout)
    assert "there by 08:52" in by.stdout


def test_walking_waiting_and_nothing():
    near = run("journey", "--from", HOME, "--to", f"3,{to_lat(400)}", "--departure", "08:00")
    assert ["1", "08:00", "08:10", "10", "all the way on foot"] in find_rows(near.stdout)
    wait = run(
        "journey", "--from", HOME, "--to", DESK, "--departure", "07:50", "--max-walk", 10,
        "--min-board-wait", 60, "--max-rides", 1,
    )  # fmt: skip
    assert [
        "08:10",
        "08:50",
        "40",
        "bus S → to the end",
        "Stop A",
        "Stop B",
        "2",
        "2",  # from 08:08 to 08:10 as they are shown
    ] in find_rows(wait.stdout)
    none = run("journey", "--from", HOME, "--to", "3,46", "--departure", "08:00")
    assert none.exit_code == 0
    assert "No journey: nothing goes there in that time." in none.stdout


def test_minutes_and_waits_add_up_as_they_are_shown():
    legs = [
        ("walk", "07:50:50", "07:58:20"),
        ("bus", "07:58:40", "08:10:59"),
        ("walk", "08:10:59", "08:12:30"),
        ("tram", "08:14:10", "09:14:00"),
        ("walk", "09:14:00", "09:14:05"),
    ]
    frame = pd.DataFrame(legs, columns=["mode", "departure", "arrival"])
    frame = frame.assign(journey=1, line="1", headsign=None, from_stop="a", to_stop="b", n_stops=1)
    frame["headway_min"] = float("nan")
    rows = find_rows(to_text(build_journeys_view(frame, title="")))
    assert rows[1][:5] == ["1", "07:50", "09:15", "85", "2 rides, 11 min on foot"]
    shown = [(row[0], row[1], row[2]) for row in rows[2:]]
    assert shown == [
        ("07:50", "07:58", "8"),
        ("07:58", "08:10", "12"),
        ("08:10", "08:12", "2"),
        ("08:14", "09:14", "60"),
        ("09:14", "09:15", "1"),
    ]
    assert rows[5][-1] == "2"  # minutes at the tram's stop: 8 + 12 + 2 + 2 + 60 + 1 are 85


def test_names_of_stops_are_cut_and_write_nothing_over_the_terminal(tmp_path: Path):
    stops = to_stops(STOPS).replace("Stop A", "\x1b[31mStop" + "p" * 10_000)
    write_town(tmp_path, STOPS, TRIPS, "long.zip", stops=stops)
    asked = ("--from", HOME, "--to", DESK, "--departure", "07:50", "--max-walk", 10)
    output = run("journey", *asked, feed="long.zip").stdout
    assert "\x1b" not in output and "Stopp" in output
    assert len(output.splitlines()) < 60


def test_legs_are_written():
    asked = ("--from", HOME, "--to", DESK, "--departure", "07:50", "--max-walk", 10, "-q")
    for name in ("legs.csv", "legs.gpkg"):
        result = run("journey", *asked, "--out", name)
        assert (result.exit_code, result.stdout) == (0, "")
    legs = pd.read_csv("legs.csv")
    assert legs["line"].dropna().tolist() == ["1", "2", "S"]
    assert "geometry" not in legs
    about = read_metadata("legs.csv")
    assert about["question"]["departure"] == "07:50" and about["walk"] == "straight lines"
    layer = gpd.read_file("legs.gpkg")
    assert set(layer.geom_type) == {"LineString"} and len(layer) == len(legs) == 8


def test_a_matrix_of_two_files():
    asked = ("--origins", "homes.csv", "--destinations", "desks.csv", "--departure", "07:50")
    result = run("matrix", *asked, "--percentiles", "25,50,90", "--out", "times.parquet")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(
        "2 origins to 2 destinations, Tuesday 2025-06-10, leaving from 07:50"
    )
    rows = find_rows(result.stdout)
    # of 3,600 departures 401 arrive at the desk after 35:00 to 41:40, 600 after 45:00 to 54:59
    assert ["25", "2", "50.0", "1.7", "27.5", "53.3"] in rows
    assert ["50", "1", "25.0", "1.7", "1.7", "1.7"] in rows
    assert "No journey from 68.0 % of the departures" in result.stdout
    table = pd.read_parquet("times.parquet")
    assert table["from_id"].tolist() == ["home", "home", "far", "far"]
    assert table["to_id"].tolist() == ["desk", "door", "desk", "door"]
    assert table["no_journey_share"].tolist() == pytest.approx([1 - 1001 / 3600, 0, 1, 1])
    assert table["travel_time_p50"].isna().tolist() == [True, False, True, True]
    assert table["travel_time_p50"][1] == pytest.approx(100 / 60)
    about = read_metadata("times.parquet")
    assert about["question"]["percentiles"] == [25, 50, 90] and about["date"] == TUESDAY
    again = run("matrix", *asked, "--percentiles", "25,50,90", "--out", "again.csv", "-q")
    assert (again.exit_code, again.stdout) == (0, "")
    assert table["reason"].dropna().tolist() == ["unreachable"] * 2
    table["reason"] = table["reason"].astype("str")
    pd.testing.assert_frame_equal(pd.read_csv("again.csv"), table, check_dtype=False)


def test_a_matrix_of_layers():
    points = at(home=-200)
    places = gpd.points_from_xy(points["lon"], points["lat"])
    layer = gpd.GeoDataFrame(points[["id"]], geometry=places, crs=4326)
    layer.to_crs(2154).to_file("homes.gpkg")
    found = read_point_table("homes.gpkg", Findings())
    assert found["id"].tolist() == ["home"]
    assert found["lat"][0] == pytest.approx(to_lat(-200))
    layer.to_parquet("homes.parquet")
    assert read_point_table("homes.parquet", Findings())["lon"].tolist() == [3]
    result = run(
        "matrix", "--origins", "homes.gpkg", "--destinations", "desks.csv", "--departure", "8:00",
        "--window", 1, "--sample", 1,
    )  # fmt: skip
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "text,message",
    [
        ("name,lon,lat\na,3,45\n", "points.csv: has no column 'id' (and no 'key')"),
        ("id,lat\na,45\n", "points.csv: column 'lon' does not exist, expected one of 'id', 'lat'"),
        ("id,lon,lat\na,3,45\na,3,46\n", "points.csv:3: id is 'a', expected each id once"),
        ("id,lon,lat\na,3,45\n,3,46\n", "points.csv:3: id is empty, expected an id"),
        ("id,lon,lat\na,3,95\n", "points.csv:2: lat is 95, expected a number in -90..90"),
        ("id,lon,lat\na,,45\n", "points.csv:2: lon is empty, expected a number in -180..180"),
        ("id,lon,lat\n", "points.csv: has a header and no rows, expected at least one row"),
    ],
)
def test_points_that_cannot_be_used(text: str, message: str):
    Path("points.csv").write_text(text, encoding="utf-8")
    result = run(
        "matrix", "--origins", "points.csv", "--destinations", "desks.csv", "--departure", "8:00"
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"maillage: {message}\n"


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["--departure", "8:00", "--arrive-by", "9:00"],
         "one of --departure and --arrive-by is needed, and only one"),
        ([], "one of --departure and --arrive-by is needed, and only one"),
        (["--departure", "8"], "--departure is '8', expected '2025-06-10 08:00' or '08:00'"),
        (["--departure", "8:00", "--window", "-1"],
         "--window is -1, expected minutes in 0..2880"),
        (["--departure", "8:00", "--from", "3"],
         "--from is '3', expected LON,LAT such as -1.553,47.218"),
        (["--departure", "8:00", "--to", "45,300"],
         "--to is '45,300', expected LON in -180..180, LAT in -90..90"),
        (["--departure", "8:00", "--walk", "none.osm.pbf"],
         "none.osm.pbf: no such file; expected an OpenStreetMap file in PBF format (.osm.pbf)"),
        (["--departure", "8:00", "--out", "legs.pdf"],
         "legs.pdf: has the suffix '.pdf', expected one of "
         "'.csv', '.parquet', '.gpkg', '.geojson', '.json'"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_understood(arguments: list[str], message: str):
    result = run("journey", "--from", HOME, "--to", DESK, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"maillage: {message}\n"


def test_percentiles_that_are_none():
    asked = ("--origins", "homes.csv", "--destinations", "desks.csv", "--departure", "07:50")
    result = run("matrix", *asked, "--percentiles", "median")
    assert result.stderr == "maillage: --percentiles is 'median', expected numbers such as 25,50\n"
    result = run("matrix", *asked, "--percentiles", "0")
    assert result.stderr == (
        "maillage: --percentiles is 0, expected numbers above 0, at most 100\n"
    )


@pytest.mark.parametrize(
    "option,value,said",
    [
        ("--sample", "0", f"--sample is 0, expected {SAMPLE}"),
        ("--max-rides", "0", "--max-rides is 0, expected 1 to 12"),
        ("--window", "0", "--window is 0, expected minutes above 0, at most 2880"),
        ("--max-walk", "-1", "--max-walk is -1, expected minutes >= 0"),
        ("--walk-speed", "0", "--walk-speed is 0, expected km/h in 0.1..100"),
        ("--min-board-wait", "-1", "--min-board-wait is -1, expected seconds in 0..86400"),
        ("--percentiles", "0", "--percentiles is 0, expected numbers above 0, at most 100"),
        (
            "--departure", "2025-06-11 08:00",
            "--departure is 2025-06-11 08:00, but the timetable was read for 2025-06-10; "
            "--date says the day",
        ),
    ],
)  # fmt: skip
def test_errors_name_the_options_that_were_typed(option: str, value: str, said: str):
    asked = {"--origins": "homes.csv", "--destinations": "desks.csv", "--departure": "07:50"}
    given = [part for pair in ({**asked, option: value}).items() for part in pair]
    result = run("matrix", *given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"maillage: {said}\n"
