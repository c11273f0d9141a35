"""A closure on Corsica beside what closing offices did elsewhere (Deshpande and Li 2019)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from corse import write_corse
from laposte import build_scenario

import maillage as ml

APART_MIN = 15  # the next counter is so much farther: as when an office of its own kind closes
BAND = (-0.16, -0.04)  # the published -10 % applications, -16 % recipients


def test_closures_of_isolated_counters_fall_into_the_published_band(shared_data: Path, tmp_path):
    territory = ml.read_territory(write_corse(shared_data, tmp_path), progress=False)
    singles = territory.single_closures("post")
    apart = singles["delta_person_minutes"] / singles["persons_changed"]
    keys = singles.loc[(apart >= APART_MIN) & (singles["persons_changed"] > 200), "key"]
    effects = [
        territory.compare_load(ml.Scenario(key).close(key), "post").effect()["change"].to_numpy()
        for key in keys[:12]
    ]
    everybody, offline = np.nanmedian(effects, axis=0)
    assert BAND[0] <= offline <= BAND[1], f"{100 * offline:.1f} % of who cannot go online"
    assert offline < everybody < 0


def test_the_changes_of_2014_move_load(shared_data: Path, tmp_path):
    territory = ml.read_territory(write_corse(shared_data, tmp_path), progress=False)
    change = territory.compare_load(build_scenario(shared_data), "post")
    assert change.before.convergence["converged"] and change.after.convergence["converged"]
    assert {"closed", "busier"} <= set(change.counters()["change"])
