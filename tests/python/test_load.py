"""Queues, channels, load and catchments: textbook values, laws, slow twins."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from towns import read_valley
from typer.testing import CliRunner

import maillage as ml
from maillage.channels import CHANNELS, calibrate_channels, find_national_shares
from maillage.cli import app
from maillage.errors import InputError
from maillage.geo.write import read_metadata
from maillage.parameter_book import read_book
from maillage.queueing import find_waiting

DEMO = "scenarios/demo/territory.toml"
CLOSURES = "scenarios/demo/scenario_closures.toml"


@pytest.fixture(scope="module")
def demo() -> ml.Territory:
    return ml.read_territory(DEMO, cache=False, progress=False)


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


def find_waiting_plainly(rate: float, agents: int, minutes: float) -> tuple[float, float]:
    """Erlang C by its sum of factorials."""
    a = rate * minutes / 60
    rho = a / agents
    tail = a**agents / math.factorial(agents) / (1 - rho)
    p = tail / (sum(a**i / math.factorial(i) for i in range(agents)) + tail)
    return p, p * minutes / (agents * (1 - rho))


@pytest.mark.parametrize(
    ("rate", "agents", "minutes"), [(1, 1, 30), (10, 2, 10), (50, 12, 12), (100, 20, 11)]
)
def test_waiting_is_erlangs(rate: float, agents: int, minutes: float):
    use, p, wait = find_waiting(np.array([rate]), np.array([agents]), minutes)
    expected = find_waiting_plainly(rate, agents, minutes)
    assert use[0] == pytest.approx(rate * minutes / 60 / agents)
    assert (p[0], wait[0]) == pytest.approx(expected, rel=1e-12)


def test_waiting_of_one_agent_and_of_hundreds():
    # M/M/1: rho / (1 - rho) x service time
    assert find_waiting(np.array([3.0]), np.array([1]), 15)[2][0] == pytest.approx(45)
    use, p, wait = find_waiting(np.array([4 * 490.0]), np.array([500]), 15)
    assert use[0] == 0.98 and 0 < p[0] < 1 and 0 < wait[0] < 15
    # textbook: 2 agents, offered load 1: C = 1/3
    assert find_waiting(np.array([60.0]), np.array([2]), 1)[1][0] == pytest.approx(1 / 3)


def test_full_queues_have_no_mean_wait():
    use, p, wait = find_waiting(np.array([8.0, 9.0, 0.0]), np.array([2, 2, 1]), 15)
    assert use.tolist() == [1, 1.125, 0] and p.tolist() == [1, 1, 0]
    assert np.isnan(wait[:2]).all() and wait[2] == 0
    for bad in ((-1.0, 1, 5), (1.0, 0, 5), (1.0, -0.5, 5), (1.0, 1, 0), (1.0, 1, np.inf)):
        with pytest.raises(InputError):
            find_waiting(np.array([bad[0]]), np.array([bad[1]]), bad[2])


def test_the_nation_chooses_as_published():
    book = read_book()
    target = find_national_shares(book)
    assert sum(target.values()) == pytest.approx(1) and target["renounce"] == 0.08
    model = calibrate_channels(0.5, 15)
    cannot = book.value("ability.E1_excluded.all18.18+")
    helped = book.value("ability.E2_excluded_or_low.all18.18+") - cannot
    people = {"autonomous": 1 - cannot - helped, "needs_help": helped, "cannot": cannot}
    cost = model.beta_time * (
        book.value("national.time_to_counter") + 2 * book.value("national.waiting")
    )
    chosen = dict.fromkeys(CHANNELS, 0.0)
    for ability, part, utilities in model.find_available():
        weights = {c: math.exp(v) for c, v in utilities.items()}
        weights["counter"] = math.exp(model.constants["counter"] - cost)
        for channel, weight in weights.items():
            chosen[channel] += people[ability] * part * weight / sum(weights.values())
    assert chosen == pytest.approx(target, abs=1e-9)


def test_contacts_are_conserved(demo: ml.Territory):
    for choice in ("nearest", "huff"):
        load = demo.load("post", choice=choice)
        assert load.convergence["converged"]
        table = load.by_channel()
        assert table[list(CHANNELS)].sum(axis=1).iloc[0] == pytest.approx(table["contacts"].iloc[0])
        expected = 2.9 / find_national_shares(read_book())["counter"] * demo.parts.persons.sum()
        assert table["contacts"].iloc[0] == pytest.approx(expected)
        assert load.by_counter()["visits_per_year"].sum() == pytest.approx(table["counter"].iloc[0])
        by_area = load.by_channel("epci", by_group=True)
        assert by_area["contacts"].sum() == pytest.approx(expected)
        off = load.by_channel_offline().iloc[0]
        assert off["online_alone"] == 0 and off["online_helped"] == 0


def test_waits_are_those_of_the_visits(demo: ml.Territory):
    load = demo.load("post")
    table = load.by_counter()
    waits = find_waiting(table["visits_per_hour"].to_numpy(), table["agents"].to_numpy(), 5)
    assert table["waiting_min"].to_numpy() == pytest.approx(waits[2])
    again = demo.load("post", threads=1).by_counter()
    pd.testing.assert_frame_equal(table, again, check_exact=True)


def test_closing_nothing_changes_nothing(demo: ml.Territory):
    change = demo.compare_load(ml.Scenario("nothing"), "post")
    assert len(change.counters()) == 0
    assert (change.channels().filter(like="delta_") == 0).all(axis=None)
    assert change.effect()["contacts"].tolist() == [0, 0]


def test_a_closure_moves_load_to_neighbours(demo: ml.Territory):
    key = demo.load("post").by_counter().sort_values("visits_per_year")["key"].iloc[-3]
    change = demo.compare_load(ml.Scenario("one less").close(key), "post")
    table = change.counters().set_index("key")
    assert table.loc[key, "change"] == "closed"
    assert np.isnan(table.loc[key, "after_visits_per_year"])
    busier = table[table["change"] == "busier"]
    assert len(busier) and (busier["after_utilisation"] > busier["before_utilisation"]).all()
    assert busier["delta_visits"].sum() < table.loc[key, "before_visits_per_year"]
    channels = change.channels().iloc[0]
    assert channels["delta_counter"] < 0 < channels["delta_renounce"]
    assert channels["delta_contacts"] == pytest.approx(0, abs=1e-6)


def test_too_many_visitors_saturate_and_are_told(demo: ml.Territory):
    load = demo.load("post", visits=60, limit=30)
    table = load.by_counter()
    assert load.convergence["converged"]
    full = table[table["is_saturated"]]
    assert full["waiting_min"].isna().all()
    assert table["utilisation"].max() > 0.9
    kinds = set(load.findings["kind"])
    assert ("saturated" in kinds) == bool(len(full))


def test_a_better_phone_takes_visitors_off(demo: ml.Territory):
    shares = [demo.load("post", phone_reach=r).by_channel().iloc[0] for r in (0.0, 0.3, 0.85)]
    assert shares[0]["phone"] == 0
    assert shares[0]["counter"] > shares[1]["counter"] > shares[2]["counter"]
    assert shares[0]["served_share"] < shares[2]["served_share"]


@pytest.mark.parametrize(
    ("how", "words"),
    [({"choice": "best"}, "nearest or huff"), ({"visits": -1}, "visits"), ({"k": 0}, "k is 0"),
     ({"phone_reach": 1.2}, r"0\.\.1"), ({"half_life": 0}, "half_life is 0, expected"),
     ({"half_life": np.inf}, "half_life is inf"), ({"half_life": 1e-9}, "half_life is 1e-09"),
     ({"visits": np.inf}, "visits is inf"), ({"visits": "3"}, "visits is '3'"),
     ({"visit_minutes": np.inf}, "visit_minutes is inf"), ({"limit": np.nan}, "limit is nan")],
)  # fmt: skip
def test_mistakes_are_named(demo: ml.Territory, how: dict, words: str):
    with pytest.raises(InputError, match=words):
        demo.load("post", **how)


def test_the_command_shows_and_writes(tmp_path):
    out = tmp_path / "load.csv"
    run = CliRunner().invoke
    done = run(app, ["load", DEMO, "--service", "post", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "converged" in done.stdout and "visits_per_hour" in pd.read_csv(out).columns
    more = ["--choice", "huff", "--k", "3", "--limit", "20", "--half-life", "8"]
    done = run(app, ["load", DEMO, "--service", "post", *more, "--visit-minutes", "4",
                     "--out", str(out)])  # fmt: skip
    assert done.exit_code == 0, done.output
    asked = read_metadata(out)["question"]
    assert asked == {"service": "post", "level": 1, "choice": "huff", "k": 3, "limit": 20,
                     "visit_minutes": 4, "half_life": 8}  # fmt: skip
    for option in ("--half-life", "--visit-minutes"):
        done = run(app, ["load", DEMO, "--service", "post", option, "0"])
        assert done.exit_code == 2 and option[2:6] in done.stderr
    done = run(app, ["load", DEMO, "--service", "post", "--scenario", CLOSURES])
    assert done.exit_code == 0 and "closed" in done.stdout and "cannot go online" in done.stdout


def find_catchment_plainly(territory: ml.Territory, decay: ml.Decay) -> np.ndarray:
    """R and A written out, place by place and counter by counter."""
    parts = territory.parts
    n, keys = len(parts.places), territory.counters["key"].tolist()
    weights = {}
    for who in ("car", "no_car"):
        for g, group in enumerate(parts.groups["group"]):
            table = territory.nearest("post", k=255, person_class=who, group=group).dropna(
                subset=["travel_time"]
            )
            matrix = np.zeros((n, len(keys)))
            rows = parts.places.reset_index().set_index("place")["index"]
            for row in table.to_dict("records"):
                share = decay.find_shares([row["travel_time"]])[0]
                matrix[rows[row["place"]], keys.index(row["counter"])] = share
            share = parts.car_share[:, g] if who == "car" else 1 - parts.car_share[:, g]
            weights[who, g] = (parts.persons[:, g] * share, matrix)
    demand = sum(people @ matrix for people, matrix in weights.values())
    ratio = np.divide(1.0, demand, out=np.zeros(len(keys)), where=demand > 0)
    total = sum(people * (matrix @ ratio) for people, matrix in weights.values())
    persons = sum(people for people, _ in weights.values())
    return np.divide(total, persons, out=np.full(n, np.nan), where=persons > 0)


@pytest.mark.parametrize(
    ("method", "decay"),
    [("2sfca", ml.Decay.step(30)), ("e2sfca", ml.Decay.steps([(10, 1), (20, 0.68), (30, 0.22)])),
     ("apl", ml.Decay.steps([(10, 1), (15, 0.3), (20, 0.1)]))],
)  # fmt: skip
def test_catchments_are_their_formula(valley: ml.Territory, method: str, decay: ml.Decay):
    table = valley.catchment("post", method=method)
    expected = find_catchment_plainly(valley, decay)
    assert table["supply_per_person"].to_numpy() == pytest.approx(expected, nan_ok=True)
    # all that is supplied is had by somebody
    is_used = expected[~np.isnan(expected)] > 0
    had = (table["persons"] * table["supply_per_person"].fillna(0)).sum()
    assert had == pytest.approx(round(had)) and is_used.any()


def test_weights_and_supplies_of_catchments(valley: ml.Territory):
    plain = valley.catchment("post")["supply_per_person"]
    double = valley.catchment("post", weights={"young": 2, "old": 2})["supply_per_person"]
    assert double.to_numpy() == pytest.approx(plain.to_numpy() / 2, nan_ok=True)
    with pytest.raises(InputError, match="agents"):
        valley.catchment("post", supply="agents")
    with pytest.raises(InputError, match="no group"):
        valley.catchment("post", weights={"yong": 2})
    for bad in (np.inf, np.nan, -1, "2", True):
        with pytest.raises(InputError, match=r"weights: young is .*expected a finite number"):
            valley.catchment("post", weights={"young": bad})
    with pytest.raises(InputError, match="weights is 2, expected a mapping"):
        valley.catchment("post", weights=2)
    for level in ("1", -5, 0, 1.5):
        with pytest.raises(InputError, match="level is"):
            valley.catchment("post", level=level)
        with pytest.raises(InputError, match="level is"):
            valley.operators("post", level=level)
    with pytest.raises(InputError, match="method"):
        valley.catchment("post", method="3sfca")
