"""Laws of a load: how many counters people look at, their order, parts of agents, what changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flat import draw_places, read_flat
from typer.testing import CliRunner

import maillage as ml
from maillage.channels import CHANNELS, calibrate_channels
from maillage.cli import app
from maillage.queueing import find_waiting

DEMO = "scenarios/demo/territory.toml"


@pytest.fixture(scope="module")
def demo() -> ml.Territory:
    return ml.read_territory(DEMO, cache=False, progress=False)


def place_counters(n: int, **columns: object) -> pd.DataFrame:
    """Counters at the first places."""
    frame = draw_places().head(n)[["lon", "lat"]]
    return frame.assign(id=[f"K{i}" for i in range(n)], **columns)


def find_visits(territory: ml.Territory, **how) -> pd.Series:
    load = territory.load("post", **how)
    assert load.convergence["converged"]
    return load.by_counter().set_index("key")["visits_per_year"]


def test_the_counters_weigh_as_the_best_of_them():
    model = calibrate_channels(0.5, 10)
    minutes = np.array([[5.0, 12, np.inf], [np.inf] * 3, [7, 7, 7]])
    weights = model.find_counter_weights(minutes, np.zeros((3, 3)))
    one = np.exp(model.constants["counter"] - model.beta_time * np.array([5.0, 7.0]))
    assert weights.sum(axis=1) == pytest.approx([one[0], 0, one[1]])
    assert weights[0, 1] / weights[0, 0] == pytest.approx(2 ** (-7 / 10))
    assert weights[0, 2] == 0 and weights[2] == pytest.approx(one[1] / 3)


def test_one_counter_to_choose_from_is_the_nearest(demo: ml.Territory):
    nearest, huff = (find_visits(demo, choice=c, k=1) for c in ("nearest", "huff"))
    assert huff.to_numpy() == pytest.approx(nearest.to_numpy(), rel=1e-9)


def test_visits_do_not_grow_with_the_counters_looked_at(demo: ml.Territory):
    # without waits, not at all; with them people avoid some of the waits that keep others away
    quick = find_visits(demo, visit_minutes=1e-6).sum()
    nearest = find_visits(demo).sum()
    for k in (2, 4, 8, 30):
        how = {"choice": "huff", "k": k}
        assert find_visits(demo, visit_minutes=1e-6, **how).sum() == pytest.approx(quick, rel=1e-6)
        assert nearest < find_visits(demo, **how).sum() < quick


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_counters_equally_far_weigh_as_one(tmp_path: Path, k: int):
    one = place_counters(1, agents=1000)
    many = pd.concat([one] * 8).assign(id=[f"K{i}" for i in range(8)])
    alone = find_visits(read_flat(tmp_path / "one", counters=one)).sum()
    visits = find_visits(read_flat(tmp_path / "many", counters=many), choice="huff", k=k)
    assert visits.sum() == pytest.approx(alone, rel=1e-9)
    assert visits.to_numpy() == pytest.approx(alone / 8, rel=1e-9)  # ties at the k-th count too


@pytest.mark.parametrize("choice", ["nearest", "huff"])
def test_order_of_counters_changes_nothing(tmp_path: Path, choice: str):
    counters = place_counters(5, agents=[1, 2, 1, 3, 1])
    twins = counters.assign(id=[f"T{i}" for i in range(5)])
    frame = pd.concat([counters, twins])
    loads = []
    for name, rows in (("a", frame), ("b", frame.sample(frac=1, random_state=3))):
        territory = read_flat(tmp_path / name, counters=rows)
        loads.append(territory.load("post", choice=choice, k=3).by_counter().set_index("key"))
    one, other = loads[0], loads[1].loc[loads[0].index]
    for column in ("visits_per_year", "utilisation", "waiting_min"):
        assert other[column].to_numpy() == pytest.approx(one[column].to_numpy(), rel=1e-6)
    assert one.loc["K3", "visits_per_year"] == pytest.approx(one.loc["T3", "visits_per_year"])


def test_many_counters_on_one_point_share_evenly(tmp_path: Path):
    crowd = pd.concat([place_counters(1)] * 40).assign(id=[f"K{i:02}" for i in range(40)])
    visits = find_visits(read_flat(tmp_path, counters=crowd))
    assert len(visits) == 40 and visits.to_numpy() == pytest.approx(visits.iloc[0])


def test_more_equal_counters_than_lists_hold_are_a_finding(tmp_path: Path):
    crowd = pd.concat([place_counters(1)] * 300).assign(id=[f"K{i:03}" for i in range(300)])
    load = read_flat(tmp_path, counters=crowd).load("post")
    assert "equal_times_cut" in set(load.findings["kind"])


def test_closing_one_of_two_equal_counters_touches_its_people(tmp_path: Path):
    counters = place_counters(3)
    frame = pd.concat([counters, counters.assign(id=["T0", "T1", "T2"])])
    territory = read_flat(tmp_path, counters=frame)
    for key in ("K0", "T0"):
        effect = territory.compare_load(ml.Scenario("c").close(key), "post").effect()
        assert effect["contacts"].iloc[0] > 0


def test_waiting_of_parts_of_agents():
    # between whole numbers: Erlang's B continued by its integral (Jagerman 1974)
    from scipy.integrate import quad

    for agents, offered in ((1.5, 1.2), (2.25, 0.5), (7.5, 6.0), (100.5, 95.0)):
        plain = quad(lambda u, a=offered, c=agents: np.exp(-u) * (1 + u / a) ** c, 0, np.inf)[0]
        b, rho = 1 / plain, offered / agents
        rate = np.array([60 * offered])
        assert find_waiting(rate, np.array([agents]), 1)[1][0] == pytest.approx(
            b / (1 - rho * (1 - b)), rel=1e-6
        )
    # half an agent: all visitors come in half of the hours, to one
    half, one = (find_waiting(np.array([r]), np.array([c]), 15) for r, c in ((1, 0.5), (2, 1)))
    assert np.array_equal(np.ravel(half), np.ravel(one))
    agents = np.linspace(0.85, 6, 500)
    use, chance, wait = find_waiting(np.full(500, 3.0), agents, 15)
    assert (np.diff(wait) < 0).all() and (np.diff(chance) < 0).all() and (use < 1).all()
    near = np.array([1, 2, 3]) + np.array([[-1e-9], [0], [1e-9]])  # no jump at whole numbers
    wait = find_waiting(np.full((3, 3), 3.0), near, 15)[2]
    assert wait == pytest.approx(np.tile(wait[1], (3, 1)), rel=1e-6)


def test_agents_count_as_they_are(tmp_path: Path):
    counters = place_counters(4, agents=[0.5, 2.5, None, 0])
    load = read_flat(tmp_path, counters=counters).load("post")
    table = load.by_counter().set_index("key")
    assert table["agents"].to_dict() == {"K0": 0.5, "K1": 2.5, "K2": 2.0}
    findings = load.findings.set_index("kind")
    assert findings.loc["agents_default", "count"] == 1
    assert (
        findings.loc["counter_serves_nobody", "examples"] == "K3 has 0 agents: it takes no visits"
    )
    # as if it were not there
    closed = read_flat(tmp_path, counters=counters.head(3)).load("post").by_counter()
    pd.testing.assert_frame_equal(table.reset_index(), closed)


def test_a_counter_that_is_never_open_takes_no_visits(tmp_path: Path):
    counters = place_counters(2, opening_hours=["Mo-Fr 09:00-12:00", "Mo-Su off"])
    load = read_flat(tmp_path, counters=counters).load("post")
    assert load.by_counter()["key"].tolist() == ["K0"]
    assert "K1 has 0 open hours" in load.findings.set_index("kind").loc[
        "counter_serves_nobody", "examples"
    ]  # fmt: skip


def test_only_counters_whose_people_change_are_listed(demo: ml.Territory):
    before = demo.nearest("post").set_index("place")["counter"]
    keys = demo.load("post").by_counter().sort_values("visits_per_year")["key"]
    for key in keys.iloc[-3:]:
        scenario = ml.Scenario("one less").close(key)
        change = demo.compare_load(scenario, "post").counters().set_index("key")["change"]
        moved: set[str] = set()
        for who in ("car", "no_car"):
            for group in demo.groups["group"]:
                how = {"person_class": who, "group": group}
                was, now = (t.nearest("post", **how) for t in (demo, demo.apply(scenario)))
                moved |= set(now["counter"][was["counter"] != now["counter"]].dropna())
        assert key in set(before) and change[key] == "closed"
        assert set(change[change == "busier"].index) <= moved
        assert not (change == "quieter").any()


def test_a_load_tells_what_it_rests_on(tmp_path: Path):
    territory = read_flat(tmp_path)
    said = territory.load("post", choice="huff", k=3, half_life=12).assumptions
    assert (said["choice"], said["k"], said["half_life_min"]) == ("huff", 3, pytest.approx(12))
    assert "straight line x 1.3" in said["travel_times"][0] and said["scenarios"] == []
    after = territory.compare_load(ml.Scenario("less").close("P1"), "post").after
    assert after.assumptions["scenarios"] == ["less"]
    file = str(tmp_path / "territory.toml")
    for more in ([], ["--scenario", str(write_closure(tmp_path))]):
        done = CliRunner().invoke(app, ["load", file, "--service", "post", *more])
        assert done.exit_code == 0, done.output
        assert "no roads, straight line x 1.3" in " ".join(done.stdout.split())


def write_closure(folder: Path) -> Path:
    path = folder / "less.toml"
    ml.Scenario("less").close("P1").write(path)
    return path


def test_contacts_are_conserved_when_counters_tie(tmp_path: Path):
    frame = pd.concat([place_counters(3), place_counters(3).assign(id=["T0", "T1", "T2"])])
    table = read_flat(tmp_path, counters=frame).load("post").by_channel("half", by_group=True)
    assert table[list(CHANNELS)].sum(axis=1).to_numpy() == pytest.approx(
        table["contacts"].to_numpy()
    )
