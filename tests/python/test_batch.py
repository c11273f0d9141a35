"""Many scenarios at once and every closure alone, against one comparison each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from towns import draw_scenario, read_valley, write_random_territory

import maillage as ml
from maillage import batch
from maillage.batch import SUMS
from maillage.results import take_text

STATES = [*SUMS[:5], "exposed", "left_out"]


@pytest.fixture(scope="module", params=[1, 2, 3])
def territory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp(f"town{request.param}")
    path = write_random_territory(folder, request.param)
    return ml.read_territory(path, progress=False)


@pytest.fixture(scope="module")
def valley(tmp_path_factory: pytest.TempPathFactory) -> ml.Territory:
    return read_valley(tmp_path_factory.mktemp("valley"))


def draw_closures(territory: ml.Territory, n: int, seed: int = 5) -> dict[str, list[str]]:
    rng = np.random.default_rng(seed)
    keys = territory.counters["key"].to_numpy()
    return {f"s{i}": list(rng.permutation(keys)[: rng.integers(0, 7)]) for i in range(n)}


def check_against_compare(rows: pd.DataFrame, delta: ml.Delta) -> None:
    """Rows of one scenario by group are what `compare` says."""
    by_group = delta.by_group()
    assert list(rows["group"]) == list(by_group["group"])
    for name in STATES:
        after, change = by_group[f"after_{name}"], by_group[f"delta_{name}"]
        np.testing.assert_allclose(rows[name], after, rtol=1e-9, atol=1e-7)
        np.testing.assert_allclose(rows[f"delta_{name}"], change, rtol=1e-9, atol=1e-7)


def test_every_single_closure_is_what_compare_says(territory: ml.Territory):
    singles = territory.single_closures("post", 6)
    by_group = territory.single_closures("post", 6, by_group=True)
    offered = territory.counters.query("open and level_post > 0")
    assert list(singles["key"]) == list(offered["key"])
    assert list(singles["name"]) == list(offered["name"])
    for _, row in singles.iterrows():
        delta = territory.compare(ml.Scenario("one").close(row["key"]), "post", 6)
        total = delta.total().iloc[0]
        for name in STATES:
            assert row[f"delta_{name}"] == pytest.approx(total[f"delta_{name}"], abs=1e-7)
        groups = by_group[by_group["key"] == row["key"]]
        np.testing.assert_allclose(
            groups["delta_exposed"], delta.by_group()["delta_exposed"], atol=1e-7
        )
        changed = pd.concat([delta.losers(), delta.gainers()])
        grown = changed[changed["delta_travel_time"].fillna(np.inf) > 0]
        assert row["n_places"] >= grown["place"].nunique()
        if len(grown):
            assert row["worst_place"] in set(grown["place"])
            assert row["worst_after"] - row["worst_before"] == pytest.approx(
                grown["delta_travel_time"].max()
            )
        else:
            assert pd.isna(row["worst_place"]) and np.isnan(row["worst_after"])


def test_many_closures_are_what_compare_says(territory: ml.Territory):
    closures = draw_closures(territory, 30)
    found = territory.compare_many(closures, "post", 6)
    assert len(found) == 30 * len(territory.groups)
    for name, keys in list(closures.items())[:10]:
        scenario = ml.Scenario(name)
        for key in keys:
            scenario = scenario.close(key)
        check_against_compare(
            found[found["scenario"] == name], territory.compare(scenario, "post", 6)
        )


def test_scenarios_of_every_kind_are_what_compare_says(territory: ml.Territory):
    rng = np.random.default_rng(3)
    scenarios = []
    for number in range(12):
        drawn = draw_scenario(territory, rng, 1 + number % 6)
        scenarios.append(ml.Scenario(f"scenario {number}", drawn.edits))
    found = territory.compare_many(scenarios, "post", 6)
    anew = territory.compare_many(scenarios, "post", 6, exhaustive=True)
    pd.testing.assert_frame_equal(found, anew, rtol=1e-9, atol=1e-6)
    for scenario in scenarios:
        rows = found[found["scenario"] == scenario.name]
        check_against_compare(rows, territory.compare(scenario, "post", 6))


def test_every_form_gives_the_same_figures(territory: ml.Territory):
    closures = draw_closures(territory, 20)
    closures = {name: keys for name, keys in closures.items() if keys}
    keys = list(territory.counters["key"])
    frame = pd.DataFrame(
        [(name, key) for name, listed in closures.items() for key in listed],
        columns=["scenario", "key"],
    )
    array = np.array([[key in listed for key in keys] for listed in closures.values()])
    scenarios = []
    for name, listed in closures.items():
        scenario = ml.Scenario(name)
        for key in listed:
            scenario = scenario.close(key)
        scenarios.append(scenario)
    how = {"limit": 6, "by_group": False}
    expected = territory.compare_many(closures, "post", **how)
    shuffled = frame.sample(frac=1, random_state=1)
    for given in (frame, scenarios, frame.astype("category"), iter(scenarios)):
        pd.testing.assert_frame_equal(territory.compare_many(given, "post", **how), expected)
    of_array = territory.compare_many(array, "post", **how)
    assert list(of_array["scenario"]) == list(range(len(closures)))
    pd.testing.assert_frame_equal(
        of_array.drop(columns="scenario"), expected.drop(columns="scenario")
    )
    other_order = territory.compare_many(shuffled, "post", **how)
    assert list(other_order["scenario"]) == list(dict.fromkeys(shuffled["scenario"]))
    pd.testing.assert_frame_equal(
        other_order.set_index("scenario").loc[list(closures)],
        expected.set_index("scenario"),
    )


def test_sums_of_groups_are_the_totals(territory: ml.Territory):
    closures = draw_closures(territory, 25)
    groups = territory.compare_many(closures, "post", 6)
    totals = territory.compare_many(closures, "post", 6, by_group=False)
    assert "group" not in totals
    for name in ("persons", *SUMS, "delta_exposed", "delta_person_minutes", "persons_changed"):
        sums = groups.groupby("scenario", sort=False)[name].sum().to_numpy()
        np.testing.assert_allclose(sums, totals[name], rtol=1e-9, atol=1e-7)
    most = groups.groupby("scenario", sort=False)["n_places"].max().to_numpy()
    assert (most <= totals["n_places"]).all()
    np.testing.assert_allclose(groups[list(SUMS[:5])].sum(axis=1), groups["persons"])


def test_a_scenario_that_touches_nobody_gives_the_baseline_to_the_bit(territory: ml.Territory):
    baseline = territory.exposure("post", 6)
    nothing = {"nothing": [], "other": ["K00"]}
    found = territory.compare_many(nothing, "post", 6)
    rows = found[found["scenario"] == "nothing"].reset_index(drop=True)
    for name in ("persons", *STATES):
        assert list(rows[name]) == list(baseline.by_group()[name])
    deltas = [c for c in rows if str(c).startswith("delta_")]
    assert (rows[deltas] == 0).all().all() and not np.signbit(rows[deltas]).any().any()
    assert (rows["n_places"] == 0).all() and rows["worst_place"].isna().all()


def test_threads_and_chunks_change_nothing(
    territory: ml.Territory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    closures = draw_closures(territory, 40)
    rng = np.random.default_rng(9)
    scenarios = [draw_scenario(territory, rng, 3) for _ in range(3)]
    mixed = [ml.Scenario(f"draw {i}", s.edits) for i, s in enumerate(scenarios)]
    for name, keys in closures.items():
        scenario = ml.Scenario(name)
        for key in keys:
            scenario = scenario.close(key)
        mixed.append(scenario)
    one = territory.compare_many(mixed, "post", 6, threads=1)
    pd.testing.assert_frame_equal(one, territory.compare_many(mixed, "post", 6, threads=4))
    monkeypatch.setattr(batch, "_CHUNK_ROWS", 7)
    pd.testing.assert_frame_equal(one, territory.compare_many(mixed, "post", 6))
    path = territory.compare_many(mixed, "post", 6, out=tmp_path / "many.parquet")
    assert path == tmp_path / "many.parquet"
    read = pd.read_parquet(path)
    assert list(read.columns) == list(one.columns)
    for column in one:
        assert list(read[column].astype(object).where(read[column].notna(), None)) == list(
            one[column].astype(object).where(one[column].notna(), None)
        )
    assert [p.name for p in tmp_path.iterdir()] == ["many.parquet"]


def test_person_minutes_and_unreachable_by_hand(valley: ml.Territory):
    """What `nearest` says of every place, weighed with its persons."""
    parts = valley.parts
    keys = list(valley.counters.query("level_post > 0")["key"])
    found = valley.compare_many({"none": [], "one": keys[:1], "all": keys}, "post", by_group=False)
    minutes, unreachable = 0.0, 0.0
    for g, group in enumerate(valley.groups["group"]):
        for person_class in ("car", "no_car"):
            times = valley.nearest("post", person_class=person_class, group=group)["travel_time"]
            share = parts.car_share[:, g]
            share = share if person_class == "car" else 1 - share
            n = parts.persons[:, g] * share
            minutes += np.nansum(n * times.to_numpy())
            unreachable += n[times.isna().to_numpy()].sum()
    assert found["person_minutes"][0] == pytest.approx(minutes)
    assert found["unreachable"][0] == pytest.approx(unreachable)
    assert found["person_minutes"][2] == pytest.approx(0, abs=1e-6)
    assert found["unreachable"][2] == pytest.approx(parts.persons.sum())
    assert np.isnan(found["worst_after"][2]) and found["worst_before"][2] >= 0


def test_another_limit_or_service_is_another_question(valley: ml.Territory):
    first = valley.single_closures("post", 5)
    other = valley.single_closures("post", 25)
    assert not first["delta_exposed"].equals(other["delta_exposed"])
    pd.testing.assert_frame_equal(first, valley.single_closures("post", 5))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ml.Scenario("one"), "expected several"),
        ("close.toml", "expected scenarios"),
        (17, "expected scenarios"),
        ([ml.Scenario("a"), 3], "scenario 2 is 3"),
        ([ml.Scenario("a"), ml.Scenario("a")], "share their name"),
        ([ml.Scenario("a").close("K")], "there is no counter"),
        ({"a": "K1"}, "expected a list"),
        ({"a": ["no such counter"]}, "there is no counter"),
        ({"a": [None]}, "absent key"),
        (pd.DataFrame({"scenario": ["a"], "keys": ["K1"]}), "did you mean 'keys'"),
        (pd.DataFrame({"scenario": ["a", None], "key": ["K1", "K1"]}), "absent in row 2"),
        (np.zeros((2, 3)), "expected bool"),
        (np.zeros((2, 999), dtype=bool), "column for each"),
    ],
)
def test_what_does_not_fit_is_told(valley: ml.Territory, given: object, words: str):
    with pytest.raises(ml.InputError, match=words):
        valley.compare_many(given, "post")


def test_closed_and_repeated_counters_are_told_together(valley: ml.Territory):
    keys = list(valley.counters["key"])
    closed = valley.apply(ml.Scenario("one less").close(keys[0]))
    with pytest.raises(ml.InputError) as told:
        closed.compare_many({"a": [keys[0]], "b": [keys[1], keys[1]]}, "post")
    assert f'"{keys[0]}" is closed already' in str(told.value)
    assert f'"{keys[1]}" closes twice' in str(told.value)
    with pytest.raises(ml.InputError, match="and 5 more"):
        closed.compare_many({f"s{i}": [keys[0]] for i in range(25)}, "post")


def test_a_file_that_cannot_be_written_leaves_nothing(
    valley: ml.Territory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with pytest.raises(ml.InputError, match="parquet"):
        valley.compare_many({"a": []}, "post", out=tmp_path / "many.csv")
    with pytest.raises(ml.IoError, match="does not exist"):
        valley.compare_many({"a": []}, "post", out=tmp_path / "no" / "many.parquet")

    def stop(step: str, done: int, total: int) -> None:
        if done >= 2000:
            raise KeyboardInterrupt

    monkeypatch.setattr(batch, "_CHUNK_ROWS", 1000)
    many = {f"s{i}": [] for i in range(9000)}
    with pytest.raises(KeyboardInterrupt):
        valley.compare_many(many, "post", out=tmp_path / "many.parquet", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_that_of_the_whole(valley: ml.Territory, monkeypatch: pytest.MonkeyPatch):
    told: list[tuple[str, int, int]] = []
    monkeypatch.setattr(batch, "_CHUNK_ROWS", 1000)
    many = {f"s{i}": [] for i in range(9000)}
    valley.compare_many(many, "post", progress=lambda *said: told.append(said))
    done = [n for step, n, total in told if step == "evaluating scenarios" and total == 9000]
    assert done == sorted(done)
    assert done[-1] == 9000


def test_no_scenarios_give_no_rows(valley: ml.Territory, tmp_path: Path):
    for given in ([], {}, pd.DataFrame({"scenario": [], "key": []})):
        found = valley.compare_many(given, "post")
        assert len(found) == 0
        assert "delta_exposed" in found
    path = valley.compare_many([], "post", out=tmp_path / "none.parquet")
    assert len(pd.read_parquet(path)) == 0


def test_rows_of_text_are_taken_from_each_chunk() -> None:
    chunks = [["a", "b", "c"], [], ["d"], ["e", "f"]]
    texts = pd.Series(pa.chunked_array(chunks, pa.large_string()), dtype="str")
    whole = pd.Series(list("abcdef"), dtype="str")
    for rows in ([], [0], [2, 3], [0, 1, 4, 5], [5], range(6)):
        taken = take_text(texts, np.array(rows, dtype=np.int32))
        pd.testing.assert_index_equal(taken, pd.Index(whole.iloc[list(rows)], dtype="str"))
        pd.testing.assert_index_equal(taken, take_text(whole, np.array(rows, dtype=np.int64)))
    named = pd.Series(list("abcdef"), dtype=object)
    assert list(take_text(named, np.array([1, 4]))) == ["b", "e"]
