"""Corsica as a territory: what its files hold, and its road tables against reference routes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corse import write_corse
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from maillage.geo.inputs import TerritoryInputs, read_inputs
from maillage.geo.road_tables import RoadTables, read_road_tables


@pytest.fixture(scope="module")
def inputs(shared_data: Path, tmp_path_factory) -> TerritoryInputs:
    return read_inputs(write_corse(shared_data, tmp_path_factory.mktemp("corse")))


@pytest.fixture(scope="module")
def roads(inputs: TerritoryInputs) -> RoadTables:
    mode = inputs.config.networks.find_mode("car")
    assert mode is not None and mode.nodes is not None and mode.edges is not None
    return read_road_tables(mode.nodes, mode.edges, columns=mode.columns, whole_kmh=mode.whole_kmh)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_person_is_there_once(inputs: TerritoryInputs, shared_data: Path):
    rows = read_rows(shared_data / "corse" / "grid_1km.csv")
    assert inputs.places["place"].tolist() == [f"{r['x3035']}_{r['y3035']}" for r in rows]
    for column, name in enumerate(("Y_LT15", "Y_1564", "Y_GE65")):
        assert inputs.persons[:, column].tolist() == [float(row[name]) for row in rows]
    assert inputs.groups["group"].tolist() == ["0-14", "15-64", "65+"]
    # 65+ of Corsica, a mix of the survey's two oldest groups by their sample sizes.
    expected = (0.212 * 903 + 0.794 * 162) / 1065
    assert inputs.groups["p_c"].tolist()[2] == pytest.approx(expected)


def test_communes_hold_their_cells(inputs: TerritoryInputs, shared_data: Path):
    zoning = inputs.zonings["commune"]
    assert (zoning.area_of_place >= 0).all()
    labels = dict(zip(zoning.codes, zoning.labels, strict=True))
    assert labels["2A004"] == "Ajaccio"
    # Cells add up to the communes' own population but for the cells that borders cut.
    totals = pd.Series(inputs.persons.sum(axis=1)).groupby(inputs.places["commune"].array).sum()
    census = pd.read_csv(shared_data / "corse" / "communes.csv", dtype=str).set_index("insee")
    joined = pd.concat([totals.rename("cells"), census["pop_2021"].astype(float)], axis=1).dropna()
    assert joined["cells"].sum() == pytest.approx(joined["pop_2021"].sum(), rel=0.02)
    assert np.corrcoef(joined["cells"], joined["pop_2021"])[0, 1] > 0.99


def test_departements_follow_from_communes(inputs: TerritoryInputs):
    assert inputs.zonings["departement"].codes == ["2A", "2B"]
    assert (inputs.places["departement"] == inputs.places["commune"].str[:2]).all()


def test_counters_are_the_edition_asked_for(inputs: TerritoryInputs, shared_data: Path):
    rows = [
        row
        for row in read_rows(shared_data / "corse" / "counters.csv")
        if row["source"] == "laposte_2014-06"
    ]
    assert inputs.counters["key"].tolist() == [row["source_id"] for row in rows]
    offices = [row["type"] == "poste:Bureau de poste" for row in rows]
    assert (inputs.counter_levels[:, 0] == np.where(offices, 2, 1)).all()
    assert inputs.services == ["post"]
    assert (inputs.counters["operator"] == "La Poste").all()


def test_both_editions_of_la_poste(inputs: TerritoryInputs, shared_data: Path, tmp_path: Path):
    later = read_inputs(write_corse(shared_data, tmp_path, "laposte_2015-07"))
    before, after = (
        dict(zip(i.counters["key"], i.counter_levels[:, 0], strict=True)) for i in (inputs, later)
    )
    assert set(before) != set(after)  # closures and openings
    kept = set(before) & set(after)
    assert any(before[key] != after[key] for key in kept)  # conversions keep the key


def test_fibre_of_the_communes(inputs: TerritoryInputs, shared_data: Path):
    rows = {r["insee"]: r for r in read_rows(shared_data / "corse" / "communes.csv")}
    share = inputs.connectivity["wired_1000"].to_numpy()
    assert not np.isnan(share).any()
    ajaccio = rows["2A004"]
    expected = float(ajaccio["locaux_ftth_2018T1"]) / float(ajaccio["logements_arcep_2018"])
    assert share[(inputs.places["commune"] == "2A004").to_numpy()] == pytest.approx(expected)
    assert inputs.connectivity["wired_8"].isna().all()


def test_what_is_doubtful_is_said(inputs: TerritoryInputs):
    assert set(inputs.findings.kinds) <= {
        "place_to_nearest_area",
        "area_without_place",
        "connectivity_of_unknown_place",
        "more_lines_than_premises",
        "near_duplicate",
    }
    assert not inputs.is_unknown.any()


def test_road_tables_are_one_network(roads: RoadTables):
    assert (len(roads.node_ids), len(roads.time_s)) == (31_340, 65_009)
    assert {"pt_STP-RCH070", "100183333"} <= set(roads.node_ids)
    _, component = connected_components(to_graph(roads), connection="strong")
    # A few nodes (stops of coaches) have no road; all others reach one another.
    on_road = np.union1d(roads.from_index, roads.to_index)
    assert len(np.unique(component[on_road])) == 1
    assert len(roads.node_ids) - len(on_road) < 10


def to_graph(roads: RoadTables) -> csr_array:
    """The fastest of parallel edges, as a sparse matrix for scipy."""
    n_nodes = len(roads.node_ids)
    frame = pd.DataFrame({"a": roads.from_index, "b": roads.to_index, "t": roads.time_s})
    best = frame.groupby(["a", "b"], sort=True)["t"].min().reset_index()
    return csr_array((best["t"], (best["a"], best["b"])), shape=(n_nodes, n_nodes))


def test_reference_routes_within_a_hundredth_of_a_second(roads: RoadTables, shared_data: Path):
    reference = pd.read_csv(shared_data / "corse" / "reference_car_routes.csv", dtype=str)
    position = {node: i for i, node in enumerate(roads.node_ids)}
    start = reference["from_node"].map(position).to_numpy()
    end = reference["to_node"].map(position).to_numpy()
    starts, row = np.unique(start, return_inverse=True)
    times = dijkstra(to_graph(roads), indices=starts)[row, end]
    expected = reference["freeflow_time_s"].astype(float).to_numpy()
    assert len(reference) == 250
    assert np.abs(times - expected).max() < 0.01


def test_walking_by_length(inputs: TerritoryInputs):
    mode = inputs.config.networks.find_mode("walk")
    assert mode is not None and mode.nodes is not None and mode.edges is not None
    walk = read_road_tables(
        mode.nodes, mode.edges, columns=mode.columns, speed_kmh=mode.speed_kmh, fixed_speed=True
    )
    assert mode.both_ways
    assert walk.time_s == pytest.approx(walk.length_m / 1.25)
