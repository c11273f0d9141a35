"""Persons by place and group, abilities of the groups, digital networks of the places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reader_files import write_territory, write_text

from maillage.config_models import AbilityConfig, GroupConfig
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.abilities import (
    SHIPPED_TABLE,
    find_ability,
    find_groups,
    read_ability_table,
)
from maillage.geo.inputs import TerritoryInputs, read_inputs
from maillage.parameter_defaults import WalkSpeeds


def read(folder: Path, **changes: str) -> TerritoryInputs:
    return read_inputs(write_territory(folder, **changes))


HEADER = "id,nom,lon,lat,commune,young,old\n"
ROW = "P1,B,9.1,42.1,A,{},{}\nP2,B,9.2,42.1,A,1,1\n"


def test_wide_columns_of_the_places(tmp_path: Path):
    inputs = read(tmp_path)
    assert inputs.persons.tolist() == [[10, 5.5], [3, 0], [100, 50], [1, 2]]
    assert inputs.car_share.tolist() == [[0.9, 0.6]] * 4
    assert not inputs.is_unknown.any()


@pytest.mark.parametrize(
    "young,old,message",
    [
        ("-3", "1", "young is -3, expected a number >= 0"),
        ("1", "", "old is empty, expected a number >= 0"),
        ("1", "NaN", "old is NaN, expected a number >= 0"),
        ("beaucoup", "1", "young is 'beaucoup', expected a number >= 0"),
        ("inf", "1", "young is inf, expected a number >= 0"),
    ],
)
def test_persons_that_are_no_number_of_persons(tmp_path: Path, young, old, message):
    with pytest.raises(InputError) as raised:
        read(tmp_path, places=HEADER + ROW.format(young, old))
    assert f"places.csv:2: {message}" in str(raised.value)


def test_secret_persons_are_marked_and_never_a_silent_zero(tmp_path: Path):
    inputs = read(tmp_path, places=HEADER + ROW.format("s", "0"))
    assert inputs.persons.tolist() == [[0, 0], [1, 1]]
    assert inputs.is_unknown.tolist() == [[True, False], [False, False]]
    assert inputs.findings.count("secret_persons") == 1
    assert "places.csv:2: young is secret" in inputs.findings.examples("secret_persons")[0]


def test_a_value_may_stand_for_secret_persons(tmp_path: Path):
    inputs = read(
        tmp_path,
        places=HEADER + ROW.format("s", "0"),
        population="[population]\nsecret_persons = 2.5",
    )
    assert inputs.persons[0].tolist() == [2.5, 0]
    assert not inputs.is_unknown.any()
    assert inputs.findings.count("secret_persons") == 1


def test_empty_cells_are_zero_only_when_the_section_says_so(tmp_path: Path):
    changes = {"places": HEADER + ROW.format("1", ""), "population": "[population]\nmissing='zero'"}
    inputs = read(tmp_path, **changes)
    assert inputs.persons[0].tolist() == [1, 0]
    assert inputs.findings.count("persons_taken_as_zero") == 1


WIDE = '[population]\nfile = "persons.csv"\nkey = "place"\n'


def test_wide_file_of_its_own_in_another_order(tmp_path: Path):
    write_text(tmp_path, "persons.csv", "place;young;old\nP4;4;1\nP3;3;1\nP2;2;1\nP1;1,5;1\n")
    inputs = read(tmp_path, population=WIDE)
    assert inputs.persons[:, 0].tolist() == [1.5, 2, 3, 4]


def test_persons_of_places_that_do_not_exist(tmp_path: Path):
    write_text(
        tmp_path, "persons.csv", "place,young,old\nP1,1,1\nP2,2,1\nP3,3,1\nP4,4,1\nP9,70,7\n"
    )
    inputs = read(tmp_path, population=WIDE)
    assert inputs.persons.sum() == 14
    example = inputs.findings.examples("persons_of_unknown_place")[0]
    assert example.endswith("persons.csv:6: P9 with 77 persons")


def test_places_without_a_row(tmp_path: Path):
    write_text(tmp_path, "persons.csv", "place,young,old\nP1,1,1\nP3,3,1\n")
    with pytest.raises(InputError, match=r"has no row for 2 of 4 places \('P2', 'P4'\)"):
        read(tmp_path, population=WIDE)
    inputs = read(tmp_path, population=WIDE + "missing = 'zero'")
    assert inputs.persons[:, 0].tolist() == [1, 0, 3, 0]
    assert inputs.findings.count("place_without_persons") == 2


def test_keys_that_do_not_match_at_all(tmp_path: Path):
    write_text(tmp_path, "persons.csv", "place,young,old\n1,1,1\n2,3,1\n")
    with pytest.raises(InputError, match="none of its keys such as '1' is a place"):
        read(tmp_path, population=WIDE)


def test_repeated_key_of_the_population(tmp_path: Path):
    write_text(tmp_path, "persons.csv", "place,young,old\nP1,1,1\nP2,2,1\nP1,3,1\nP3,1,1\n")
    with pytest.raises(InputError, match=r"persons\.csv:4: place is 'P1', which .*:2 has too"):
        read(tmp_path, population=WIDE)


LONG = """[population]
file = "persons.csv"
layout = "long"
place = "place"
group = "age"
persons = "n"
"""


def test_long_table(tmp_path: Path):
    write_text(
        tmp_path,
        "persons.csv",
        "place,age,n\nP1,young,1\nP1,old,2\nP2,old,3\nP3,young,4\nP4,young,5\nP4,babies,6\n",
    )
    inputs = read(tmp_path, population=LONG)
    assert inputs.persons.tolist() == [[1, 2], [0, 3], [4, 0], [5, 0]]
    assert inputs.findings.count("persons_of_unknown_group") == 1
    assert "age is 'babies'" in inputs.findings.examples("persons_of_unknown_group")[0]


@pytest.mark.parametrize(
    "rows,message",
    [
        ("P1,young,1\nP1,old,1\nP1,young,2\n", r"persons\.csv:4: place 'P1' and age 'young' stand"),
        ("P1,young,-1\nP1,old,1\n", r"persons\.csv:2: n is -1, expected a number >= 0"),
        ("P1,young,1\n", "no row has age = 'old', expected one of 'young'"),
        ("P1,young,1\nP2,old,1\n", "has no row for 2 of 4 places"),
        ("X,young,1\nY,old,1\n", "none of its keys such as 'X' is a place"),
    ],
)
def test_long_tables_that_cannot_be_used(tmp_path: Path, rows: str, message: str):
    write_text(tmp_path, "persons.csv", "place,age,n\n" + rows)
    with pytest.raises(InputError, match=message):
        read(tmp_path, population=LONG)


def test_long_and_wide_give_the_same_persons(tmp_path: Path):
    wide = read(tmp_path)
    frame = pd.DataFrame(wide.persons, columns=["young", "old"])
    frame["place"] = wide.places["place"]
    long = frame.melt("place", var_name="age", value_name="n").sample(frac=1, random_state=1)
    long.to_csv(tmp_path / "persons.csv", index=False)
    assert (read(tmp_path, population=LONG).persons == wide.persons).all()


def test_car_shares_by_column(tmp_path: Path):
    path = write_territory(tmp_path)
    text = path.read_text().replace("car_share = 0.9", 'car_share_column = "car"')
    path.write_text(text.replace("car_share = 0.6\n", ""))
    rows = ["10,5,0.5", "30,0,0.9", "100,50,", "1,2,s"]
    lines = [f"P{i},B,9.{i},42.1,A,{row}" for i, row in enumerate(rows)]
    write_text(tmp_path, "places.csv", HEADER[:-1] + ",car\n" + "\n".join(lines) + "\n")
    inputs = read_inputs(path)
    # Absent shares are the mean of the group's other persons: (10 x 0.5 + 30 x 0.9) / 40.
    assert inputs.car_share[:, 0] == pytest.approx([0.5, 0.9, 0.8, 0.8])
    assert (inputs.car_share[:, 1] == 0.83).all()
    assert inputs.findings.count("car_share_unknown") == 2
    assert "CCFA" in inputs.findings.examples("car_share_default")[0]
    write_text(tmp_path, "places.csv", HEADER[:-1] + ",car\nP1,B,9.1,42.1,A,1,1,83\n")
    with pytest.raises(InputError, match=r"places\.csv:2: car is 83, expected a number in 0\.\.1"):
        read_inputs(path)


# abilities


def find(**config) -> tuple[float, float]:
    ability = find_ability(AbilityConfig(**config), read_ability_table(None, Findings()))
    return ability.p_b, ability.p_c


def test_shipped_abilities_are_those_of_the_survey():
    table = read_ability_table(None, Findings())
    frame = pd.read_csv(SHIPPED_TABLE)
    rows = frame[(frame["survey_year"] == 2020) & (frame["grouping"] == "age_filosofi")]
    for group in rows["group"].unique():
        of_group = rows[rows["group"] == group].set_index("indicator")["pct"]
        ability = table.find(group)
        assert ability.p_c == pytest.approx(of_group["E1_excluded"] / 100)
        low = of_group["E2_excluded_or_low"] - of_group["E1_excluded"]
        assert ability.p_b == pytest.approx(low / 100)
        assert ability.year == 2020
        assert "ODbL" in ability.source
    # The aggregate's row for 75+: 60.3 % excluded, 66.8 % excluded or low, n = 303.
    assert (table.find("75+").p_c, table.find("75+").n) == (0.603, 303)
    assert table.find("75+").p_b == pytest.approx(0.065)
    assert table.find("age_rp/75+") == table.find("75+")


def test_groups_mix_by_sample_size_or_by_weights():
    assert find(groups=["65-79", "80+"])[1] == pytest.approx(
        (0.212 * 903 + 0.794 * 162) / (903 + 162)
    )
    assert find(weights={"65-79": 3, "80+": 1})[1] == pytest.approx(0.75 * 0.212 + 0.25 * 0.794)
    assert find(groups=["75+"]) == find(weights={"75+": 7})
    assert find(shares={"p_b": 0.1, "p_c": 0.05}) == (0.1, 0.05)


def test_sample_size_of_a_mix_is_its_precision():
    table = read_ability_table(None, Findings())
    by_size = find_ability(AbilityConfig(groups=["65-79", "80+"]), table)
    assert by_size.n == pytest.approx(903 + 162)
    even = find_ability(AbilityConfig(weights={"65-79": 1, "80+": 1}), table)
    assert even.n == pytest.approx(1 / (0.25 / 903 + 0.25 / 162))


def test_unknown_and_unclear_groups():
    groups = {"75 et plus": GroupConfig(persons="p"), "65+": GroupConfig(persons="q")}
    with pytest.raises(InputError) as raised:
        find_groups(groups, read_ability_table(None, Findings()), WalkSpeeds(4.5, 3.0))
    assert len(raised.value.problems) == 2
    assert "has no group '65+'" in raised.value.problems[1]


def test_own_table_of_shares(tmp_path: Path):
    path = write_text(
        tmp_path,
        "a.csv",
        "grouping;group;p_b;p_c;n;year\nage;x;0,2;0,1;100;2019\nage;x;0,3;0,1;100;2021\n"
        "sex;y;0,1;0,1;;\nage;y;0,5;0,1;;\n",
    )
    table = read_ability_table(path, Findings())
    assert table.find("x").p_b == 0.3  # the latest year
    assert table.find("sex/y").p_b == 0.1
    assert table.find("age/y").n is None
    with pytest.raises(InputError, match="group 'y' stands for 'sex/y' or 'age/y', expected one"):
        table.find("y")
    with pytest.raises(InputError, match="no sample size n to weight them by"):
        find_ability(AbilityConfig(groups=["x", "age/y"]), table)


@pytest.mark.parametrize(
    "text,message",
    [
        ("group,p_b,p_c\nx,0.8,0.3\n", r"a\.csv:2: p_b is 0.8, expected p_b \+ p_c <= 1"),
        ("group,p_b,p_c\nx,8,0.3\n", r"a\.csv:2: p_b is 8, expected a number in 0\.\.1"),
        ("group,p_b\nx,0.1\n", "has no column p_c"),
        ("group,p_b,p_c\nx,0.1,0\nx,0.2,0\n", r"a\.csv:3: group 'x' of the same year"),
        ("indicator,group,n,pct\nE1_excluded,x,9,20\n", "has no row 'E2_excluded_or_low'"),
        ("indicator,group,n,pct\nother,x,9,20\n", "has no row with indicator 'E1_excluded'"),
        (
            "indicator,group,n,pct\nE1_excluded,x,9,20\nE2_excluded_or_low,x,9,10\n",
            r"a\.csv:3: pct is 10.0, expected at least the 20 of E1_excluded",
        ),
    ],
)
def test_ability_tables_that_cannot_be_used(tmp_path: Path, text: str, message: str):
    with pytest.raises(InputError, match=message):
        read_ability_table(write_text(tmp_path, "a.csv", text), Findings())


@pytest.mark.parametrize(
    "group,speed",
    [("75+", 3), ("80 ans et plus", 3), ("75-79", 3), ("65-79", 4.5), ("0-14", 4.5), ("all", 4.5)],
)
def test_default_walking_speed(group: str, speed: float):
    assert WalkSpeeds(4.5, 3).find(group) == speed


def test_groups_frame(tmp_path: Path):
    groups = read(tmp_path).groups
    assert groups["group"].tolist() == ["young", "old"]
    assert groups["p_c"].tolist() == [0.073, 0.603]
    assert (groups["p_b"] + groups["p_c"] <= 1).all()
    assert groups["year"].tolist() == [2020, 2020]
    assert groups["walk_speed_kmh"].tolist() == [4.5, 4.5]


# connectivity

BY_COMMUNE = """[connectivity]
file = "fibre.csv"
key = "insee"
zoning = "commune"
wired_8 = "a"
wired_1000 = "b"
"""


def test_connectivity_by_area(tmp_path: Path):
    write_text(tmp_path, "fibre.csv", "insee,a,b\n2B002,0.9,0.5\n2A001,s,0.25\n2A999,1,1\n")
    inputs = read(tmp_path, more=BY_COMMUNE)
    assert inputs.connectivity["wired_1000"].tolist() == [0.25, 0.25, 0.5, 0.5]
    assert inputs.connectivity["wired_8"].isna().tolist() == [True, True, False, False]
    assert inputs.connectivity["mobile_4g"].isna().all()
    assert inputs.findings.count("connectivity_of_unknown_place") == 1
    assert inputs.findings.count("connectivity_share_unknown") == 2


def test_connectivity_by_place_in_per_cent(tmp_path: Path):
    write_text(tmp_path, "fibre.csv", "id;a;g\nP1;95,4;0\nP3;100;12,5\n")
    section = BY_COMMUNE.replace('zoning = "commune"\n', "percent = true\n")
    section = section.replace('"insee"', '"id"').replace('wired_1000 = "b"', 'mobile_4g = "g"')
    shares = read(tmp_path, more=section).connectivity
    assert shares["wired_8"].tolist()[::2] == pytest.approx([0.954, 1])
    assert shares["mobile_4g"].tolist()[::2] == [0, 0.125]
    assert shares.loc[1].isna().all()


def test_connectivity_by_numbers_of_premises(tmp_path: Path):
    write_text(tmp_path, "fibre.csv", "insee,a,b,n\n2B002,50,25,100\n2A001,0,0,0\n")
    inputs = read(tmp_path, more=BY_COMMUNE + 'premises = "n"\n')
    assert inputs.connectivity["wired_8"].tolist()[2:] == [0.5, 0.5]
    assert inputs.connectivity["wired_8"].isna().tolist() == [True, True, False, False]
    write_text(tmp_path, "fibre.csv", "insee,a,b,n\n2B002,150,25,100\n2A001,0,0,1\n")
    inputs = read(tmp_path, more=BY_COMMUNE + 'premises = "n"\n')
    assert inputs.connectivity["wired_8"].tolist() == [0, 0, 1, 1]
    assert inputs.findings.count("more_lines_than_premises") == 1


def test_connectivity_from_columns_of_the_places(tmp_path: Path):
    places = HEADER[:-1] + ",q\nP1,B,9.1,42.1,A,1,1,0.5\nP2,B,9.2,42.1,A,1,1,\n"
    shares = read(tmp_path, places=places, more='[connectivity]\nwired_8 = "q"').connectivity
    assert shares["wired_8"].tolist()[0] == 0.5
    assert np.isnan(shares["wired_8"].tolist()[1])


@pytest.mark.parametrize(
    "rows,message",
    [
        ("2B002,95,0\n", r"fibre\.csv:2: a is 95, expected a number in 0\.\.1; percent = true"),
        ("2B002,-1,0\n", r"fibre\.csv:2: a is -1, expected a number in 0"),
        ("2B002,1,0\n2B002,1,0\n", r"fibre\.csv:3: insee is '2B002', which"),
        ("1,1,0\n", "none of its keys such as '1' is an area of zoning 'commune'"),
    ],
)
def test_connectivity_that_cannot_be_used(tmp_path: Path, rows: str, message: str):
    write_text(tmp_path, "fibre.csv", "insee,a,b\n" + rows)
    with pytest.raises(InputError, match=message):
        read(tmp_path, more=BY_COMMUNE)


def test_faster_lines_cannot_be_more_frequent(tmp_path: Path):
    write_text(tmp_path, "fibre.csv", "insee,a,b\n2B002,0.5,0.75\n2A001,0.5,0.5\n")
    section = BY_COMMUNE.replace("wired_1000", "wired_30")
    findings = read(tmp_path, more=section).findings
    assert findings.count("faster_lines_more_frequent") == 2
    assert "wired_30 is 0.75" in findings.examples("faster_lines_more_frequent")[0]
