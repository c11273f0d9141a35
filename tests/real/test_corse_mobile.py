"""Antennas of Corsica as a stated proxy of good 4G."""

from __future__ import annotations

from pathlib import Path

import pytest
from corse import write_corse

import maillage as ml

SECTION = """
[connectivity.mobile.sites]
file = "{data}/mobile_sites.csv"
x = "x_l93"
y = "y_l93"
crs = "EPSG:2154"
where = {{ "4G" = 1 }}
radius_m = 3000
"""


def test_antennas_serve_most_people_and_few_cells(shared_data: Path, tmp_path: Path):
    data = shared_data / "corse"
    toml = write_corse(shared_data, tmp_path)
    text = toml.read_text(encoding="utf-8")
    section = f"{SECTION.format(data=data)}\n[services.post]"
    toml.write_text(text.replace("[services.post]", section), encoding="utf-8")
    territory = ml.read_territory(toml, cache=False, progress=False)
    share = territory.connectivity["mobile_4g"]
    persons = territory.places["persons"]
    assert share.notna().all() and set(share) == {0.0, 1.0}
    of_people = (share * persons).sum() / persons.sum()
    assert of_people > 0.8 > share.mean()
    assert "mobile_by_proxy" in set(territory.findings["kind"])
    adequate = territory.connectivity["adequate"]
    assert (adequate >= share - 1e-12).all()  # either network will do
    assert of_people == pytest.approx(0.885, abs=0.01)
