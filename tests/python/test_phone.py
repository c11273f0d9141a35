"""The phone beside the counter: shares of the service, of each operator, on the command line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flat import draw_places, read_flat, write_flat
from towns import write_valley
from typer.testing import CliRunner

import maillage as ml
from maillage.cli import app
from maillage.errors import InputError, NotFoundError
from maillage.exposure_phone import to_phone_shares

LIMIT = 5


def read_two_operators(folder: Path) -> ml.Territory:
    frame = draw_places().head(4)[["id", "lon", "lat"]]
    return read_flat(folder, counters=frame.assign(operator=["La Poste", "Commune", "CAF", None]))


@pytest.fixture(scope="module")
def flat(tmp_path_factory) -> ml.Territory:
    return read_two_operators(tmp_path_factory.mktemp("flat"))


def find_exposed_by_operator(territory: ml.Territory) -> dict[str, float]:
    """Exposed persons by the operator of their nearest counter, class by class, place by place."""
    parts = territory.parts
    operator = territory.counters.set_index("key")["operator"].fillna("")
    found: dict[str, float] = {}
    for g, group in enumerate(territory.groups["group"]):
        for who in ("car", "no_car"):
            table = territory.nearest("post", person_class=who, group=group)
            share = parts.car_share[:, g] if who == "car" else 1 - parts.car_share[:, g]
            persons = parts.persons[:, g] * share * (table["travel_time"].to_numpy() > LIMIT)
            for name, n in zip(operator.loc[table["counter"]], persons, strict=True):
                found[name] = found.get(name, 0) + n
    return found


def test_operators_help_those_who_are_nearest_to_them(flat: ml.Territory):
    phone = {"La Poste": {"reach": 0.8, "resolution": 0.5}, "Commune": 0.2, "CAF": 0.3, "": 0.1}
    exposure = flat.exposure("post", LIMIT, phone=phone)
    persons = find_exposed_by_operator(flat)
    row = exposure.total().iloc[0]
    assert row["exposed"] == pytest.approx(sum(persons.values()))
    shares = {"La Poste": 0.4, "Commune": 0.2, "CAF": 0.3}
    for name, share in shares.items():
        assert row[f"phone_resolved_{name}"] == pytest.approx(share * persons[name])
    expected = sum(n * shares.get(name, 0.1) for name, n in persons.items())
    assert row["phone_resolved"] == pytest.approx(expected)
    for table in (exposure.by_place(), exposure.by_group(), exposure.by("half", by_group=True)):
        for column in [c for c in table if c.startswith("phone_resolved")]:
            assert table[column].sum() == pytest.approx(row[column])


def test_the_same_share_for_every_operator_is_that_share(flat: ml.Territory):
    phone = dict.fromkeys(["La Poste", "Commune", "CAF", ""], 0.25)
    by_operator = flat.exposure("post", LIMIT, phone=phone).by_group()
    plain = flat.exposure("post", LIMIT, phone=0.25).by_group()
    for table in (by_operator, plain):
        assert table["phone_resolved"].to_numpy() == pytest.approx(
            0.25 * plain["exposed"].to_numpy()
        )


def test_who_reaches_no_counter_counts_with_the_lowest_share(tmp_path: Path):
    path = write_valley(tmp_path)
    text = path.read_text(encoding="utf-8")
    named = text.replace('kind = "sorte"', 'kind = "sorte"\noperator = "sorte"')
    path.write_text(named.replace("operator_phone = { reach = 0.8, resolution = 0.5 }", ""))
    valley = ml.read_territory(path, cache=False, progress=False)
    phone = {"bureau": 0.4, "agence": 0.2}
    row = valley.exposure("post", phone=phone).total().iloc[0]
    near = row["phone_resolved_bureau"] / 0.4 + row["phone_resolved_agence"] / 0.2
    nobody = row["exposed"] - near
    assert nobody == pytest.approx(row["unreachable_share"] * row["persons"]) and nobody > 0
    by_operator = row["phone_resolved_bureau"] + row["phone_resolved_agence"]
    assert row["phone_resolved"] == pytest.approx(by_operator + 0.2 * nobody)


def test_operators_without_a_share_leave_the_total_open(flat: ml.Territory):
    row = flat.exposure("post", LIMIT, phone={"La Poste": 0.4}).total().iloc[0]
    assert math.isnan(row["phone_resolved"]) and row["phone_resolved_La Poste"] > 0
    table = flat.exposure("post", LIMIT, phone={"La Poste": 0.4}).by_place()
    assert table["phone_resolved"].notna().any()  # where La Poste is all there is


def test_a_scenario_may_bring_an_operator(flat: ml.Territory):
    scenario = ml.Scenario("new").open(
        "N", lon=2.3, lat=46.3, services={"post": 1}, operator="Neuf"
    )
    phone = {"La Poste": 0.4, "Commune": 0.2, "CAF": 0.3, "Neuf": 0.5, "": 0}
    delta = flat.compare(scenario, "post", LIMIT, phone=phone)
    assert delta.after.total()["phone_resolved_Neuf"].iloc[0] > 0
    assert delta.before.total()["phone_resolved_Neuf"].iloc[0] == 0
    assert np.isfinite(delta.total()["delta_phone_resolved"].iloc[0])


def test_phone_lines_stand_beside_and_shrink_nothing(flat: ml.Territory):
    plain = flat.exposure("post", LIMIT).total().iloc[0]
    one = flat.exposure("post", LIMIT, phone=0.25).total().iloc[0]
    assert one["exposed"] == plain["exposed"]
    assert one["phone_resolved"] == pytest.approx(0.25 * plain["exposed"])
    pair = flat.exposure("post", LIMIT, phone={"reach": 0.5, "resolution": 0.5}).total()
    assert pair["phone_resolved"].iloc[0] == pytest.approx(one["phone_resolved"])


@pytest.mark.parametrize("bad", [1.5, {}, {"reach": 0.5}, {"CAF": {"reach": 2, "resolution": 1}}])
def test_phone_shares_are_checked(bad):
    with pytest.raises(InputError, match="phone"):
        to_phone_shares(bad, ["CAF"])


def test_unknown_operators_are_refused(flat: ml.Territory):
    with pytest.raises(NotFoundError, match=r"phone: operator 'La Post' .*'La Poste'"):
        flat.exposure("post", phone={"La Post": 0.5})


def test_the_command_takes_shares(tmp_path: Path):
    frame = draw_places().head(2)[["id", "lon", "lat"]].assign(operator=["La Poste", "Commune"])
    file = str(write_flat(tmp_path, counters=frame))
    out = tmp_path / "e.csv"

    def run(*phone: str, command: str = "exposure"):
        options = [text for share in phone for text in ("--phone", share)]
        how = ["--service", "post", "--limit", "5", "--by", "total", "--out", str(out)]
        return CliRunner().invoke(app, [command, file, *how, *options])

    def read() -> pd.Series:
        return pd.read_csv(out).iloc[0]

    assert run("0.5").exit_code == 0
    assert read()["phone_resolved"] == pytest.approx(0.5 * read()["exposed"])
    assert run("0.5,0.5").exit_code == 0
    assert read()["phone_resolved"] == pytest.approx(0.25 * read()["exposed"])
    assert run("La Poste=0.4", "Commune=0.5,0.4").exit_code == 0
    row = read()
    total = row["phone_resolved_La Poste"] + row["phone_resolved_Commune"]
    assert row["phone_resolved"] == pytest.approx(total)
    for bad in (("0.5", "0.4"), ("x",), ("La Poste=0.1", "La Poste=0.2"), ("Poste=2",), ("2",)):
        done = run(*bad)
        assert done.exit_code == 2 and "phone" in done.stderr and "Traceback" not in done.output
