"""Connectivity that is known in part: unknown is never zero, and what it means is said."""

from __future__ import annotations

import numpy as np
import pytest
from four_places import LINES, PLACES, find_text, read_four

import maillage as ml
from maillage.errors import InputError

HEAD = "insee;l8;g4\n"


def test_a_secret_is_never_zero(tmp_path):
    lines = HEAD + "48001;s;0,2\n48002;s;0\n48003;s;1\n48004;s;s\n"
    territory = read_four(tmp_path, lines=lines)
    adequate = territory.connectivity["adequate"].to_numpy()
    assert np.isnan(adequate[[0, 1, 3]]).all() and adequate[2] == 1
    words = find_text(territory, "connectivity_unknown")
    assert "1 places with 110 persons count as connected: neither" in words
    assert "2 places with 430 persons count as connected: wired_8 is not known" in words
    count = territory.findings.set_index("kind").loc["connectivity_unknown", "count"]
    assert count == 3


def test_knowing_that_there_is_no_4g_is_no_worse_than_knowing_nothing(tmp_path):
    shares = [
        read_four(tmp_path, lines=HEAD + f"48001;s;{mobile}\n48002;1;1\n")
        .exposure("post", 0)
        .by_place()["share_counter_reliant"]
        .iloc[0]
        for mobile in ("0", "s")
    ]
    assert shares[0] == shares[1]


def test_a_network_that_the_files_leave_out_is_left_aside(tmp_path):
    lines = HEAD + "48001;0,3;0,2\n48002;0;0\n48003;1;1\n48004;s;0,5\n"
    territory = read_four(tmp_path, lines=lines, change={'mobile_4g = "g4"\n': ""})
    wired = territory.connectivity["adequate"].to_numpy()
    assert wired[:3].tolist() == [pytest.approx(0.3), 0, 1] and np.isnan(wired[3])
    territory = read_four(tmp_path, lines=lines, change={'wired_8 = "l8"\n': ""})
    assert territory.connectivity["adequate"].tolist() == pytest.approx([0.2, 0, 1, 0.5])


def test_scenarios_and_the_cache_keep_the_rule(tmp_path):
    lines = HEAD + "48001;s;0,2\n48002;s;0\n48003;0,4;1\n48004;0,1;s\n"
    read_four(tmp_path, lines=lines)
    for _ in range(2):
        territory = ml.read_territory(
            tmp_path / "territory.toml", cache=tmp_path / "cache", progress=False
        )
        scenario = ml.Scenario("x").set_connectivity("48001", wired_8=0.5)
        after = territory.apply(scenario.set_connectivity("48004", wired_8=0.9))
        adequate = after.connectivity["adequate"].to_numpy()
        assert adequate[0] == pytest.approx(0.6) and np.isnan(adequate[[1, 3]]).all()
        assert np.array_equal(after._core.adequate, adequate, equal_nan=True)


# cities and their arrondissements


def write_places(codes: dict[str, tuple[float, float]]) -> str:
    rows = "".join(f"{c};{c};E1;{lon};{lat};100;50\n" for c, (lon, lat) in codes.items())
    return PLACES.splitlines()[0] + "\n" + rows


PARIS = write_places({"75101": (2.34, 48.86), "75102": (2.35, 48.87), "75056": (2.4, 48.8)})
BY_COUNT = {'wired_8 = "l8"\n': 'wired_8 = "l8"\npremises = "n"\n'}


def test_arrondissements_take_the_row_of_their_city(tmp_path):
    places = PARIS.replace("75056;75056", "77001;77001")
    lines = "insee;n;l8;g4\n75056;100;40;0,1\n75102;10;5;1\n77001;10;0;0\n"
    territory = read_four(tmp_path, places=places, lines=lines, change=BY_COUNT)
    frame = territory.connectivity.set_index("place")
    assert frame["wired_8"].tolist() == [0.4, 0.5, 0]  # 75102 has a row of its own
    assert frame["mobile_4g"].tolist() == [0.1, 1, 0]
    assert "75101 takes the row of 75056" in find_text(territory, "city_for_arrondissement")
    kinds = set(territory.findings["kind"])
    assert not kinds & {"connectivity_of_unknown_place", "connectivity_unknown"}


def test_a_city_takes_the_rows_of_its_arrondissements(tmp_path):
    places = write_places({"13055": (5.37, 43.3), "13001": (5.4, 43.5)})
    lines = "insee;n;l8;g4\n13201;100;40;0,2\n13202;300;60;0,6\n13001;10;0;0\n"
    territory = read_four(tmp_path, places=places, lines=lines, change=BY_COUNT)
    frame = territory.connectivity.set_index("place")
    assert frame.loc["13055", "wired_8"] == 0.25  # 100 of 400, and not the mean of shares
    assert frame.loc["13055", "mobile_4g"] == pytest.approx(0.4)
    words = find_text(territory, "arrondissements_for_city")
    assert "13055 takes 2 of the rows of its 16 arrondissements" in words


def test_cities_fold_by_zoning_and_with_premises_of_another_table(tmp_path):
    change = {
        'column = "epci"': 'column = "code"', 'key = "insee"': 'key = "insee"\nzoning = "epci"',
        "[services.post]": '[connectivity.premises_table]\nfile = "n.csv"\nkey = "c"\n'
        'columns = ["n"]\n[services.post]',
    }  # fmt: skip
    lines = "insee;l8;g4\n75056;40;0,1\n69381;5;0,2\n69382;10;0,4\n13055;8;0,3\n"
    places = write_places(
        {"75101": (2.34, 48.86), "75102": (2.35, 48.87), "69123": (4.83, 45.76),
         "13201": (5.37, 43.3)}
    )  # fmt: skip
    (tmp_path / "n.csv").write_text("c;n\n75056;100\n69123;60\n13201;20\n", encoding="utf-8")
    territory = read_four(tmp_path, places=places, lines=lines, change=change)
    frame = territory.connectivity.set_index("place")
    assert frame["wired_8"].tolist()[:3] == [0.4, 0.4, 0.25]
    # lines of all Marseille, premises of one arrondissement: they give no share
    assert np.isnan(frame.loc["13201", "wired_8"])
    assert "13201" in find_text(territory, "city_in_one_table_only")
    assert frame["mobile_4g"].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.3])


def test_small_areas_take_the_row_of_their_city(tmp_path):
    section = '[small_area]\nfile = "ifn.csv"\nkey = "c"\nfragility = "ifn"\n[connectivity]'
    (tmp_path / "ifn.csv").write_text("c;ifn\n75056;300\n75102;50\n", encoding="utf-8")
    territory = read_four(
        tmp_path,
        places=PARIS.replace("75056;75056", "75103;75103"),
        lines=HEAD + "75056;1;1\n",
        change={"[connectivity]": section},
    )
    p_c = territory.parts.p_c[:, 0]
    assert p_c[0] == p_c[2] > p_c[1]
    assert "small_area_unknown" not in set(territory.findings["kind"])


def test_population_hints_at_cities_and_arrondissements(tmp_path):
    change = {"[connectivity]": '[population]\nfile = "n.csv"\nkey = "c"\n[connectivity]'}
    path = tmp_path / "n.csv"
    path.write_text("c;jeunes;vieux\n75056;10;5\n48004;1;1\n", encoding="utf-8")
    places = PARIS.replace("75056;75056", "48004;48004")
    with pytest.raises(InputError, match="75101 is an arrondissement of 75056, which is in it"):
        read_four(tmp_path, places=places, change=change)
    section = change["[connectivity]"].replace('"c"', '"c"\nmissing = "zero"')
    change = {"[connectivity]": section}
    territory = read_four(tmp_path, places=places, change=change)
    words = find_text(territory, "persons_of_unknown_place")
    assert "75056 with 15 persons: it is a city whose arrondissements" in words


# tables of the country


def test_a_table_of_the_country_does_not_hide_what_is_near(tmp_path):
    away = "".join(f"{dep}{n:03d};0;0\n" for dep in ("01", "2A") for n in range(1, 61))
    away += "".join(f"974{n:02d};0;0\n" for n in range(1, 25))
    lines = LINES + "48999;1;1\n" + away
    territory = read_four(tmp_path, lines=lines)
    near = territory.findings.set_index("kind").loc["connectivity_of_unknown_place"]
    assert near["count"] == 1 and "48999 is not a place" in near["examples"]
    words = find_text(territory, "connectivity_of_other_departements")
    assert "rows of 3 other départements" in words and "01: 60" in words
    assert 'where = { "insee" = "48*" }' in words
    cut = read_four(
        tmp_path, lines=lines, change={'key = "insee"': 'key = "insee"\nwhere = { insee = "48*" }'}
    )
    assert "connectivity_of_other_departements" not in set(cut.findings["kind"])
    assert cut.connectivity.equals(territory.connectivity)


def test_a_few_rows_of_elsewhere_are_as_doubtful_as_any(tmp_path):
    territory = read_four(tmp_path, lines=LINES + "01004;1;1\n")
    assert "01004 is not a place" in find_text(territory, "connectivity_of_unknown_place")
