"""A territory out of the cache, beside the same one read from its files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import maillage as ml


def test_bench_territory_from_the_cache(benchmark, generated: Path, tmp_path: Path):
    path = generated / "territory.toml"
    ml.read_territory(path, cache=tmp_path, progress=False)
    how = {"cache": tmp_path, "progress": False}
    territory = benchmark.pedantic(ml.read_territory, (path,), how, rounds=20, warmup_rounds=1)
    assert not territory.findings["kind"].str.startswith("cache_").any()


def test_bench_territory_from_its_files(benchmark, generated: Path):
    path = generated / "territory.toml"
    how = {"cache": False, "progress": False}
    territory = benchmark.pedantic(ml.read_territory, (path,), how, rounds=3)
    assert len(territory.places) >= 300


def test_the_script_for_a_country_runs(generated: Path, tmp_path: Path):
    script = Path(__file__).with_name("country_session.py")
    command = [sys.executable, str(script), str(generated / "territory.toml"), "--loads", "1"]
    done = subprocess.run(
        [*command, "--cache", str(tmp_path), "--no-cache"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "21 lists written" in done.stdout
    assert "0 lists written" in done.stdout
    assert "a session without a cache" in done.stdout
