"""maillage transit check: what it says of feeds that a person can count."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gtfs_feeds import FILES, TUESDAY, write_feed
from typer.testing import CliRunner, Result

from maillage.cli import app
from maillage.errors import InputError
from maillage.geo.gtfs import read_gtfs
from maillage.route_types import to_route_words
from maillage.show import to_shown_name
from maillage.synth import write_synth


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["transit", "check", *(str(argument) for argument in arguments)])


def row_of(output: str, label: str) -> list[str]:
    """The cells of the first line that begins with a label."""
    for line in output.splitlines():
        if re.match(rf"{re.escape(label)}\s\s", line):
            return re.split(r"\s{2,}", line[len(label) :].strip())
    raise AssertionError(f"no line {label!r} in\n{output}")


def test_a_feed_on_a_date(tmp_path: Path):
    result = run(write_feed(tmp_path, "cars.zip"), "--date", TUESDAY)
    assert result.exit_code == 0, result.output
    output = result.stdout
    assert "Tuesday 2025-06-10" in output
    feeds, calendar = (output.split(head)[1] for head in ("Feeds ", "Calendar "))
    assert row_of(feeds, "cars") == ["1", "3", "0", "2", "6", "Europe/Paris"]
    assert row_of(calendar, "cars") == [
        "2025-06-02", "2025-06-30", "21", "Monday 2025-06-02", "2",
    ]  # fmt: skip
    assert "Cars du pays" in output
    assert row_of(output, "bus") == ["1", "2"]
    assert row_of(output, "Monday") == ["5", "2", "2", "2"]
    assert row_of(output, "Sunday") == ["0", "–", "–", "–"]
    assert row_of(output, "first departure") == ["08:00:00"]
    assert row_of(output, "last arrival") == ["17:10:00"]
    assert "Findings: none" in output
    assert "The timetables can be used." in output


def test_an_expired_feed_is_a_finding_and_a_date_without_service_an_error(tmp_path: Path):
    feed = write_feed(tmp_path)
    result = run(feed)
    assert result.exit_code == 0
    assert row_of(result.stdout, "expired feed")[0] == "1"
    result = run(feed, "--date", "2026-06-09")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("maillage: no service runs on Tuesday 2026-06-09: ")
    assert "Monday 2025-06-30 (2 trips)" in result.stderr
    assert result.stderr.count("\n") == 1


def test_feeds_that_cannot_be_used(tmp_path: Path):
    bad = write_feed(tmp_path, stops=FILES["stops.txt"].replace(",45,", ",245,"))
    result = run(bad)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"maillage: {bad}/stops.txt:2: stop_lat is 245, expected a number in -90..90\n"
    )
    assert run().exit_code == 2
    assert run(bad, "--date", "tomorrow").exit_code == 2


@pytest.mark.parametrize(
    "changes,cause",
    [
        ({"stops": "head"}, "stops.txt has no rows; no trip has two calls of stop_times.txt"),
        ({"trips": "head"}, "trips.txt has no rows"),
        ({"stop_times": "head"}, "no trip has two calls of stop_times.txt at stops that exist"),
        ({"calendar": "head"}, "no trip has a service_id that exists"),
        (
            {"calendar": FILES["calendar.txt"].replace("20250630", "20240630")},
            "in every used row of calendar.txt end_date is before start_date",
        ),
        (
            {"calendar": FILES["calendar.txt"].replace("1,1,1,1,1", "0,0,0,0,0")},
            "no used service has a weekday in calendar.txt or an added day in calendar_dates.txt",
        ),
        (
            {
                "calendar": FILES["calendar.txt"].replace("0601,20250630", "0610,20250610"),
                "calendar_dates": "service_id,date,exception_type\nWEEK,20250610,2\n",
            },
            "calendar.txt has no day of the used services that calendar_dates.txt leaves",
        ),
        (
            {"frequencies": "trip_id,start_time,end_time,headway_secs\n"
             "T1,8:00:00,8:00:00,600\nT2,8:00:00,8:00:00,600\n"},
            "no frequency of frequencies.txt has a departure",
        ),
    ],
)  # fmt: skip
def test_feeds_on_which_no_trip_ever_runs(tmp_path: Path, changes: dict[str, str], cause: str):
    for name, text in changes.items():
        if text == "head":
            changes = {**changes, name: FILES[f"{name}.txt"].splitlines()[0] + "\n"}
    feed = write_feed(tmp_path, **changes)
    result = run(feed)
    assert result.exit_code == 2
    assert "The timetables can be used." not in result.stdout
    assert "no service at all" in result.stdout
    head = f"maillage: no trip ever runs: {feed}: no service runs on any day ({cause}"
    assert result.stderr.startswith(head)
    with pytest.raises(InputError) as e:
        read_gtfs([feed], TUESDAY)
    head = f"no service runs on Tuesday {TUESDAY}: {feed}: no service runs on any day ({cause}"
    assert str(e.value).startswith(head)


def test_one_feed_of_two_that_never_runs_is_a_finding(tmp_path: Path):
    head = FILES["trips.txt"].splitlines()[0] + "\n"
    result = run(write_feed(tmp_path), write_feed(tmp_path, "none.zip", trips=head))
    assert result.exit_code == 0
    assert "none: no service runs on any day (trips.txt has no rows)" in result.stdout


def test_the_help_gives_the_exit_codes_that_are_given():
    words = " ".join(run("--help").stdout.replace("│", " ").split())
    assert "with 2 and the reason when they cannot" in words


def test_findings_as_a_table_and_quiet(tmp_path: Path):
    stops = FILES["stops.txt"] + "D,Nulle part,0,0\n"
    out = tmp_path / "findings.csv"
    result = run(write_feed(tmp_path, stops=stops), "--date", TUESDAY, "--out", out, "-q")
    assert (result.exit_code, result.stdout) == (0, "")
    table = pd.read_csv(out, comment="#").set_index("kind")["count"]
    assert table.to_dict() == {"stop_at_zero": 1, "unused_stop": 1}


def test_several_feeds_are_added_up(tmp_path: Path):
    weekend = FILES["calendar.txt"].replace("1,1,1,1,1,0,0", "1,0,0,0,0,1,0")
    other = write_feed(tmp_path, "other.zip", calendar=weekend)
    output = run(write_feed(tmp_path), other).stdout
    assert row_of(output, "bus") == ["2", "4"]
    assert row_of(output, "Monday") == ["5", "4", "4", "4"]
    assert row_of(output, "Saturday") == ["4", "2", "2", "2"]
    assert row_of(output, "agency in two feeds")[0] == "1"


def test_findings_say_of_which_feed_they_are(tmp_path: Path):
    odd = FILES["trips.txt"] + "L1,WEEK,T3,Ville,0\n"
    other = write_feed(tmp_path, "other.zip", trips=odd)
    output = run(write_feed(tmp_path), other).stdout
    assert row_of(output, "trip without calls") == ["1", "other: stop_times.txt: nothing of 'T3'"]
    assert row_of(output, "expired feed")[1].startswith("feed: its last trips run on 2025-06-30")
    with zipfile.ZipFile(other) as archive:
        archive.extractall(tmp_path / "folder" / "feed")
    output = run(tmp_path / "folder" / "feed", write_feed(tmp_path)).stdout
    assert row_of(output, "trip without calls") == ["1", "feed: stop_times.txt: nothing of 'T3'"]
    output = run(write_feed(tmp_path), tmp_path / "folder" / "feed").stdout
    assert row_of(output, "trip without calls") == ["1", "feed-2: stop_times.txt: nothing of 'T3'"]


def test_lines_of_unknown_types_and_agencies(tmp_path: Path):
    routes = FILES["routes.txt"] + "L2,BUS,2,x,99\nL3,CAR,3,x,715\nL4,,4,x,1650\n"
    output = run(write_feed(tmp_path, routes=routes)).stdout
    assert row_of(output, "unknown route type") == [
        "2", "routes.txt:3: route_type 99 is no type of GTFS",
    ]  # fmt: skip
    count, example = row_of(output, "unknown agency")
    assert count == "1" and "routes.txt:3: agency_id 'BUS' does not exist" in example


def test_texts_of_the_feed_do_not_write_over_the_terminal(tmp_path: Path):
    agency = FILES["agency.txt"].replace("Cars du pays", "\x1b[2JCars" + "s" * 2000)
    odd = FILES["trips.txt"] + "L1,WEEK,\x1b[31mT3,Ville,0\n"
    output = run(write_feed(tmp_path, agency=agency, trips=odd)).stdout
    assert "\x1b" not in output and "sss..." in output
    assert max(len(line) for line in output.splitlines()) <= 120
    assert to_shown_name("a\x1b]0;\x07b\nc") == "a ]0; b c"
    with pytest.raises(InputError) as e:
        read_gtfs([write_feed(tmp_path, calendar="x" * 3000 + "\n")], TUESDAY)
    assert len(str(e.value)) < 3000


def test_the_coaches_of_an_invented_country_have_no_findings(tmp_path: Path):
    write_synth(places=300, counters=26, seed=5, out=tmp_path / "land")
    feed = tmp_path / "land" / "gtfs.zip"
    result = run(feed, "--date", "2025-10-10")  # a Friday, with its late coach
    assert result.exit_code == 0, result.output
    assert "Findings: none" in result.stdout
    friday = read_gtfs([feed], "2025-10-10")
    late = np.flatnonzero(friday.trips["service_id"] == "VN")
    times = friday.stop_times[friday.stop_times["trip"].isin(late)]
    assert times["departure_s"].iloc[0] == 85_800 and times["arrival_s"].iloc[-1] > 86_400


@pytest.mark.parametrize(
    "route_type,words",
    [(0, "tram"), (3, "bus"), (109, "rail"), (204, "coach"), (715, "bus"), (-1, "unknown"),
     (9, "type 9"), (1702, "other")],
)  # fmt: skip
def test_kinds_of_lines(route_type: int, words: str):
    assert to_route_words(route_type) == words
