"""The README's territory example runs as it stands, on the demo that lies in the checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import maillage as ml
from maillage.cli import app

ROOT = Path(__file__).resolve().parents[2]


def find_blocks(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_first_lines_are_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[3].startswith("./dev demo")
    assert lines[4].startswith("./dev test")


def test_the_territory_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = next(b for b in find_blocks("python") if "read_territory" in b)
    block = block.replace("scenarios/demo", str(ROOT / "scenarios/demo"))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(block, names)
    delta = names["delta"]
    assert len(delta.losers()) > 0  # type: ignore[attr-defined]
    assert (tmp_path / "delta.png").stat().st_size > 10_000


def test_the_commands_about_timetables_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [line for line in text.splitlines() if line.startswith("maillage transit")]
    commands = [line for line in commands if "scenarios/demo" in line]
    assert len(commands) == 2
    monkeypatch.chdir(tmp_path)
    for line, said in zip(commands, ("bus 101", "wrote times.parquet"), strict=True):
        line = line.replace("scenarios/demo", str(ROOT / "scenarios/demo"))
        result = CliRunner().invoke(app, line.split()[1:])
        assert result.exit_code == 0, result.output
        assert said in result.stdout


def test_the_example_of_journeys_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    block = next(b for b in find_blocks("python") if "read_transit" in b)
    lines = block.split("transit.round_trips")[0].replace("homes, desks", "homes, homes")
    monkeypatch.chdir(ROOT)
    homes = pd.DataFrame({"id": [1, 2], "lon": [-4.464, -4.104], "lat": [45.843, 45.885]})
    names = {"ml": ml, "homes": homes}
    exec(lines, names)
    asked = [line for line in block.splitlines() if line.startswith("transit.journeys(")]
    assert len(asked) == 2
    for line in asked:
        assert len(eval(line, names)) > 0, line


def test_files_that_are_named_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
