"""The command line: what it prints and writes on a town that a person can compute, and how it
fails: one readable line, the right exit code, never a traceback.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from line_town import write_town
from PIL import Image
from typer.testing import CliRunner, Result

from maillage.cli import app
from maillage.geo.write import read_metadata
from maillage.scenario import Scenario, read_scenario

THIN = "\u202f"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(tmp_path_factory.mktemp("town")).parent


@pytest.fixture(autouse=True)
def work_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILLAGE_THREADS", raising=False)
    yield


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from maillage.cli import main; main()"]
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **environment},
    )


def row_of(output: str, label: str) -> list[str]:
    """The cells of the first line that begins with a label (signs and spaces apart)."""
    for line in output.splitlines():
        if re.match(rf"\W*{re.escape(label)}(?=\s|$)", line):
            return re.split(r"\s{2,}", line[line.index(label) + len(label) :].strip())
    raise AssertionError(f"no line {label!r} in\n{output}")


def check_failure(result: Result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("maillage: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr
    assert result.stdout == ""


# what it answers


def test_check_says_what_was_found(town: Path) -> None:
    result = run("check", town / "territory.toml")
    assert result.exit_code == 0, result.output
    assert row_of(result.stdout, "places") == ["5"]
    assert row_of(result.stdout, "persons") == ["500"]
    assert row_of(result.stdout, "65+") == ["100", "20.0"]
    assert row_of(result.stdout, "Bureau") == ["2"]
    assert row_of(result.stdout, "post") == ["0", "2"]
    assert row_of(result.stdout, "places, car") == ["0", "0", "0", "0"]
    assert "9.000 to 9.200, 42.200 to 42.200" in result.stdout
    assert "The territory can be used." in result.stdout
    assert run("check", town).stdout.splitlines()[2:] == result.stdout.splitlines()[2:]


def test_check_writes_findings(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    path = write_town(folder)
    path.write_text(path.read_text().replace("Bureau = {", "Agence = { post = 1 }\nBureau = {"))
    result = run("check", path, "--out", "findings.csv")
    assert result.exit_code == 0, result.output
    assert row_of(result.stdout, "kind unused")[0] == "1"
    findings = pd.read_csv("findings.csv")
    kinds = ["kind_unused", "nobody_goes_without_a_car"]  # the town has roads for cars alone
    assert findings["kind"].tolist() == kinds
    about = read_metadata("findings.csv")
    assert about["findings"] == dict.fromkeys(kinds, 1)


def test_nearest(town: Path) -> None:
    result = run(
        "nearest", town / "territory.toml", "--service", "bank", "--k", 2, "--out", "n.csv"
    )
    assert result.exit_code == 0, result.output
    assert row_of(result.stdout, "P1") == ["1", "West", "10.0"]
    frame = pd.read_csv("n.csv")
    assert frame["travel_time"].tolist() == [0, 40, 10, 30, 20, 20, 10, 30, 0, 40]
    assert frame["counter"].tolist()[::2] == ["West", "West", "West", "East", "East"]
    assert frame["rank"].tolist() == [1, 2] * 5
    # nobody can travel without a car here: the rows stay and say why
    result = run("nearest", town, "--service", "bank", "--person-class", "no_car", "--out", "n.csv")
    assert result.exit_code == 0, result.output
    frame = pd.read_csv("n.csv")
    assert len(frame) == 5
    assert frame["travel_time"].isna().all()
    assert frame["reason"].notna().all()
    assert row_of(result.stdout, "P1") == ["1", "–", "–"]


def test_exposure(town: Path) -> None:
    arguments = ("exposure", town, "--service", "post", "--limit", 10, "--by", "canton")
    result = run(*arguments, "--out", "e.json", "--map", "e.png")
    assert result.exit_code == 0, result.output
    # P2 is 20 minutes away: 68 + 10 are A, 8 + 4 are B, 4 + 6 are C
    assert row_of(result.stdout, "digital only")[:2] == ["78", "15.6"]
    assert row_of(result.stdout, "assisted only")[:2] == ["12", "2.4"]
    assert row_of(result.stdout, "stranded")[:2] == ["10", "2.0"]
    assert row_of(result.stdout, "exposed")[:2] == ["100", "20.0"]
    assert row_of(result.stdout, "left out")[:2] == ["16", "3.2"]
    assert row_of(result.stdout, "East")[0] == "200"
    content = json.loads(Path("e.json").read_text("utf-8"))
    assert [(r["canton"], r["exposed"]) for r in content["rows"]] == [("East", 0), ("West", 100)]
    assert content["metadata"]["question"] == {
        "service": "post", "level": 1, "limit_min": 10.0, "by": "canton",
    }  # fmt: skip
    assert Image.open("e.png").size[0] > 1000
    assert result.stdout.splitlines()[-2:] == ["wrote e.json (2 rows)", "drew e.png"]


def test_compare(town: Path) -> None:
    arguments = ("compare", town, town / "close_east.toml", "--service", "post")
    result = run(*arguments, "--by", "losers", "--out", "l.csv", "--map", "d.png")
    assert result.exit_code == 0, result.output
    assert "1. close East" in result.stdout
    assert row_of(result.stdout, "exposed") == ["0", "200", "+200", "0.0", "40.0"]
    assert row_of(result.stdout, "stranded") == ["0", "20", "+20", "0.0", "4.0"]
    assert row_of(result.stdout, "mean") == ["8.0", "20.0", "+12.0"]
    assert row_of(result.stdout, "65+")[:4] == ["100", "0", "40", "+40"]
    assert row_of(result.stdout, "P4 Place 4") == [
        "car", "100", "0.0", "40.0", "+40.0", "Poste Est", "Poste Ouest",
    ]  # fmt: skip
    losers = pd.read_csv("l.csv")
    assert losers["place"].tolist() == ["P4", "P3"]
    assert losers["delta_travel_time"].tolist() == [40, 20]
    assert read_metadata("l.csv")["scenario"]["edits"] == [{"do": "close", "key": "East"}]
    assert Image.open("d.png").size[0] > 1000


def test_an_empty_scenario_changes_nothing(town: Path, tmp_path: Path) -> None:
    path = Scenario("as is").write(tmp_path / "as_is.toml")
    result = run("compare", town, path, "--service", "post", "--out", "d.parquet")
    assert result.exit_code == 0, result.output
    assert "no edits" in result.stdout
    assert row_of(result.stdout, "exposed")[2] == "0"
    frame = pd.read_parquet("d.parquet")
    changes = frame[[name for name in frame.columns if str(name).startswith("delta_")]]
    assert (changes.fillna(0) == 0).all(axis=None)


@pytest.mark.parametrize("rows", ["place", "group", "total", "canton"])
def test_every_way_to_group_rows(town: Path, rows: str) -> None:
    sizes = {"place": 5, "group": 2, "total": 1, "canton": 2}
    for command in (["exposure", town], ["compare", town, town / "close_east.toml"]):
        result = run(*command, "--service", "post", "--by", rows, "--out", "r.csv", "--quiet")
        assert result.exit_code == 0, result.output
        frame = pd.read_csv("r.csv")
        assert len(frame) == sizes[rows]
        if rows != "total":
            assert frame.columns[0] == rows


@pytest.mark.parametrize("suffix", ["csv", "parquet", "gpkg", "geojson", "json"])
def test_every_format(town: Path, suffix: str) -> None:
    result = run("exposure", town, "--service", "post", "--out", f"e.{suffix}")
    assert result.exit_code == 0, result.output
    readers = {
        "csv": pd.read_csv,
        "parquet": pd.read_parquet,
        "gpkg": gpd.read_file,
        "geojson": gpd.read_file,
        "json": lambda path: pd.DataFrame(json.loads(Path(path).read_text("utf-8"))["rows"]),
    }
    frame = readers[suffix](f"e.{suffix}")
    assert frame["place"].tolist() == ["P0", "P1", "P2", "P3", "P4"]
    assert frame["persons"].sum() == 500
    assert read_metadata(f"e.{suffix}")["territory"] == "Five places"


def test_demo_writes_a_folder_that_explains_itself(town: Path, tmp_path: Path) -> None:
    result = run(
        "demo", "--territory", town / "territory.toml", "--scenario", town / "close_east.toml",
        "--out", tmp_path / "results",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    folder = tmp_path / "results"
    readme = (folder / "README.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE))
    assert listed | {"README.md"} == {p.name for p in folder.iterdir()}
    assert {"exposure.png", "delta.png", "summary.json", "losers.csv", "delta_canton.csv"} <= listed
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert summary["before"]["exposed"] == 0
    assert summary["change"]["delta_exposed"] == pytest.approx(200)
    assert summary["scenario"]["name"] == "one desk less"
    assert read_scenario(folder / "scenario.toml").to_words() == ["close East"]
    changed = pd.read_csv(folder / "counters_changed.csv")
    assert changed[["key", "change"]].to_numpy().tolist() == [["East", "closed"]]
    assert len(gpd.read_file(folder / "delta_places.gpkg")) == 5
    assert row_of(result.stdout, "stranded")[0] == "0"
    again = run("demo", "--territory", town, "--scenario", town / "close_east.toml", "--quiet",
                "--out", tmp_path / "results")  # fmt: skip
    assert again.exit_code == 0, again.output
    assert (again.stdout, again.stderr) == ("", "")


def test_synth_writes_a_country_that_the_demo_runs_on(tmp_path: Path) -> None:
    arguments = ("synth", "--places", 300, "--counters", 40, "--seed", 3)
    result = run(*arguments, "--out", "land")
    assert result.exit_code == 0, result.output
    assert row_of(result.stdout, "places")[0] == "300"
    assert row_of(result.stdout, "counters")[0] == "40"
    checked = run("check", "land")
    assert checked.exit_code == 0, checked.output
    assert row_of(checked.stdout, "places")[0] == "300"
    assert row_of(checked.stdout, "counters")[0] == "40"
    assert run(*arguments, "--out", "again", "--quiet").stdout == ""
    files = sorted(p.name for p in Path("land").iterdir())
    assert files == sorted(p.name for p in Path("again").iterdir())
    for name in ("territory.toml", "roads.osm.pbf", "counters.csv", "scenario_restructure.toml"):
        assert (Path("land") / name).read_bytes() == (Path("again") / name).read_bytes()
    demo = run("demo", "--territory", "land/territory.toml", "--out", tmp_path / "results")
    assert demo.exit_code == 0, demo.output
    wanted = read_scenario("land/scenario_restructure.toml")
    assert read_scenario(tmp_path / "results" / "scenario.toml") == wanted
    for words in wanted.to_words():
        assert words[:60] in demo.stdout
    check_failure(run(*arguments, "--out", "land/territory.toml"), 2, "is a file")
    check_failure(run("synth", "--places", 300), 2, "--out")
    check_failure(run("synth", "--places", "0", "--out", "x"), 2, "--places")


def test_tables_fit_a_hundred_columns(town: Path) -> None:
    for command in (
        ["check", town],
        ["nearest", town, "--service", "post"],
        ["exposure", town, "--service", "post"],
        ["compare", town, town / "close_east.toml", "--service", "post"],
    ):
        result = run(*command)
        assert max(len(line) for line in result.stdout.splitlines()) <= 100


def test_quiet_prints_nothing(town: Path) -> None:
    for command in (
        ["check", town],
        ["nearest", town, "--service", "post"],
        ["exposure", town, "--service", "post", "--out", "e.csv"],
        ["compare", town, town / "close_east.toml", "--service", "post"],
    ):
        result = run(*command, "--quiet")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_the_number_of_threads_changes_nothing(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("compare", town, town / "close_east.toml", "--service", "post", "--by", "place")
    results = []
    for threads in ("1", "2"):
        run(*arguments, "--threads", threads, "--out", f"{threads}.csv")
        results.append(Path(f"{threads}.csv").read_bytes())
    monkeypatch.setenv("MAILLAGE_THREADS", "2")
    run(*arguments, "--out", "env.csv")
    assert results[0] == results[1] == Path("env.csv").read_bytes()
    monkeypatch.setenv("MAILLAGE_THREADS", "many")
    check_failure(run(*arguments), 2, "MAILLAGE_THREADS")


# how it fails


def test_usage_errors_are_one_line(town: Path) -> None:
    check_failure(run("expsure"), 2, "No such command 'expsure'", "(see maillage --help)")
    check_failure(run("exposure"), 2, "Missing argument", "(see maillage exposure --help)")
    check_failure(run("exposure", town, "--servce", "post"), 2, "--servce")
    check_failure(run("exposure", town, "--limit", "soon"), 2, "--limit")
    check_failure(run("exposure", town, "--limit", "-1"), 2, "--limit")
    check_failure(run("nearest", town, "--k", "0"), 2, "--k")
    check_failure(run("nearest", town, "--person-class", "bus"), 2, "'bus'", "no_car")


def test_input_errors_are_one_line(town: Path, tmp_path: Path) -> None:
    scenario = town / "close_east.toml"
    check_failure(run("check", "none.toml"), 2, "none.toml", "No such file")
    check_failure(run("exposure", town), 2, "--service is missing, expected one of post, bank")
    check_failure(run("exposure", town, "--service", "pots"), 2, "did you mean 'post'?")
    check_failure(run("exposure", town, "--service", "post", "--by", "cantn"), 2, "'canton'")
    check_failure(run("compare", town, "none.toml"), 2, "none.toml", "No such file")
    check_failure(run("exposure", town, "--out", "e.xlsx"), 2, ".xlsx", ".parquet")
    check_failure(run("exposure", town, "--out", "none/e.csv"), 2, "none does not exist")
    check_failure(run("compare", town, scenario, "--map", "d.pdf"), 2, "drawn as .png")
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "x"\n[[edits]]\ndo = "close"\nkey = "Esat"\n', "utf-8")
    check_failure(run("compare", town, bad, "--service", "post"), 2, "'East'")
    bad.write_text("places = [", "utf-8")
    check_failure(run("check", bad), 2, "bad.toml", "is not valid TOML")
    (tmp_path / "file").write_text("")
    demo = ("demo", "--territory", town, "--scenario", scenario, "--service", "post")
    result = run(*demo, "--out", tmp_path / "file" / "results")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    check_failure(run("demo"), 2, "scenarios/demo/territory.toml", "--territory")


def test_all_problems_of_a_file_are_listed_below_one_line(town: Path, tmp_path: Path) -> None:
    bad = Scenario("s").close("Easte").close("Weste").write(tmp_path / "bad.toml")
    result = run("compare", town, bad, "--service", "post")
    assert result.exit_code == 2
    first, *rest = result.stderr.splitlines()
    assert first == "maillage: scenario 's': 2 problems:"
    assert rest == [
        "  - edit 1 (close): there is no counter \"Easte\", did you mean 'East' or 'West'?",
        "  - edit 2 (close): there is no counter \"Weste\", did you mean 'West' or 'East'?",
    ]


def test_a_territory_that_cannot_be_used_fails_the_check(tmp_path: Path) -> None:
    path = write_town(tmp_path)
    places = tmp_path / "places.csv"
    places.write_text(places.read_text().replace("9.05,42.2", "9.05,248.85"), "utf-8")
    check_failure(run("check", path), 2, "places.csv", "248.85")
    path.write_text(path.read_text().replace('file = "places.csv"', 'file = "place.csv"'), "utf-8")
    check_failure(run("check", path), 2, "place.csv")


def test_a_fault_of_ours_is_one_line_too(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("maillage.territory_read.read_inputs", fail)
    result = run("check", town, "--no-cache")
    check_failure(result, 3, "please report", "ZeroDivisionError: two lines")
    monkeypatch.setenv("MAILLAGE_TRACEBACK", "1")
    assert isinstance(run("check", town, "--no-cache").exception, ZeroDivisionError)


# as a process


def test_version_and_help() -> None:
    from importlib.metadata import version

    result = run_process("--version")
    assert (result.returncode, result.stdout) == (0, f"maillage {version('maillage')}\n")
    for command in ("check", "nearest", "exposure", "compare", "demo", "synth"):
        result = run_process(command, "--help", COLUMNS="120")
        assert result.returncode == 0
        assert f"Example: maillage {command} " in result.stdout
    result = run_process(COLUMNS="120")
    assert result.returncode == 2
    assert "Commands" in result.stdout


def test_processes_end_with_the_right_codes(town: Path) -> None:
    good = run_process("exposure", town, "--service", "post")
    assert (good.returncode, good.stderr) == (0, "")
    assert "\x1b" not in good.stdout
    bad = run_process("exposure", town, "--service", "pots")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "maillage: service 'pots' does not exist, did you mean 'post'?\n"
    usage = run_process("exposure", "--nothing")
    assert usage.returncode == 2
    assert usage.stderr.count("\n") == 1


def test_a_closed_pipe_is_no_error(town: Path) -> None:
    command = f"'{sys.executable}' -c 'from maillage.cli import main; main()' check '{town}' | true"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("", "")


SLOW = """
import sys, time
import maillage.territory
def wait(path):
    print("reading", flush=True)
    time.sleep(60)
maillage.territory_read.read_inputs = wait
from maillage.cli import main
main()
"""


def test_interrupting_ends_with_one_line(town: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "check", str(town), "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error == "maillage: interrupted\n"
    assert time.monotonic() - started < 5
