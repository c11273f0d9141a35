"""The README's territory example runs as it stands, on the demo that lies in the checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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


def test_files_that_are_named_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
