"""maillage closures and maillage batch on a town that a person can compute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from line_town import write_town
from typer.testing import CliRunner, Result

from maillage.cli import app


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


def test_closures_are_ranked(town: Path):
    """West serves P0, P1 and P2, where a tie goes to the first counter."""
    result = run("closures", town, "--service", "post", "--limit", 15, "--out", "singles.csv")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert next(line for line in lines if line[:2] == ["1", "West"])[3:5] != []
    singles = pd.read_csv("singles.csv").set_index("key")
    assert list(singles.index) == ["West", "East"]
    # West: P0 (0 -> 40) and P1 (10 -> 30) lose reach, P2 (20 -> 20) only its counter
    assert singles.loc["West", "delta_exposed"] == pytest.approx(200)
    assert singles.loc["West", "delta_stranded"] == pytest.approx(2 * (80 * 0.05 + 20 * 0.3))
    assert singles.loc["West", "persons_changed"] == pytest.approx(300)
    assert singles.loc["West", "n_places"] == 3
    assert singles.loc["West", "delta_person_minutes"] == pytest.approx(100 * (40 + 20), rel=1e-3)
    assert singles.loc["West", "worst_place"] == "P0"
    assert singles.loc["West", "worst_before"] == pytest.approx(0, abs=0.01)
    assert singles.loc["West", "worst_after"] == pytest.approx(40, rel=1e-3)
    assert singles.loc["East", "n_places"] == 2
    by_group = run(
        "closures", town, "--service", "post", "--by", "group", "--out", "groups.parquet", "-q"
    )
    assert by_group.exit_code == 0
    assert list(pd.read_parquet("groups.parquet")["group"]) == ["0-64", "65+"] * 2


def test_a_batch_of_files(town: Path):
    east = town / "close_east.toml"
    other = Path("other.toml")
    other.write_text('name = "nothing"\n', "utf-8")
    result = run("batch", town, east, other, "--service", "post", "--limit", 15, "--out", "b.csv")
    assert result.exit_code == 0, result.output
    assert "least harm first" in result.stdout
    frame = pd.read_csv("b.csv")
    assert list(frame["scenario"]) == ["one desk less"] * 2 + ["nothing"] * 2
    sums = frame.groupby("scenario")["delta_exposed"].sum()
    assert sums["one desk less"] == pytest.approx(200)
    assert sums["nothing"] == 0


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_batch_of_a_table(town: Path, separator: str):
    rows = [("scenario", "key"), ("1", "East"), ("2", "West"), ("2", "East")]
    text = "".join(separator.join(row) + "\n" for row in rows)
    Path("drawn.csv").write_text(text, "utf-8-sig")
    result = run(
        "batch", town, "drawn.csv", "--service", "post", "--by", "total", "--out", "b.parquet"
    )
    assert result.exit_code == 0, result.output
    frame = pd.read_parquet("b.parquet")
    assert list(frame["scenario"]) == ["1", "2"]
    assert list(frame["unreachable"]) == pytest.approx([0, 500])
    assert b"post" in pq.read_schema("b.parquet").metadata[b"maillage"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["closures", "--sort", "minutes"], "did you mean"),
        (["closures", "--by", "place"], "--by"),
        (["closures", "--out", "no/where.csv"], "does not exist"),
        (["batch", "nowhere.csv"], "no such file"),
        (["batch", "wrong.csv"], "no column 'key', did you mean 'keys'"),
        (["batch", "unknown.csv"], "there is no counter"),
        (["batch", "unknown.csv", "other.toml"], "expected it alone"),
        (["batch", "empty.csv"], "cannot be read"),
        (["batch", "broken.parquet"], "cannot be read"),
        (["batch", "missing.toml"], "missing.toml"),
    ],
)
def test_mistakes_are_told_in_a_line(town: Path, arguments: list[str], words: str):
    Path("wrong.csv").write_text("scenario,keys\na,West\n", "utf-8")
    Path("unknown.csv").write_text("scenario,key\na,Wset\n", "utf-8")
    Path("empty.csv").write_text("", "utf-8")
    Path("broken.parquet").write_bytes(b"PAR1 no more")
    command, *rest = arguments
    result = run(command, town, *rest, *(["--service", "post"]))
    assert result.exit_code == 2
    assert result.stderr.startswith("maillage: ")
    assert words in result.stderr
    assert "Traceback" not in result.output
