"""Territories whose persons come from marginal tables: `[population.fit]`."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reader_files import write_territory, write_text

import maillage as ml
from maillage.cache.stamps import find_files
from maillage.config import read_config
from maillage.errors import InputError
from maillage.geo.inputs import TerritoryInputs, read_inputs

GROUPS = """[groups.young]
categories = { age = "young" }
ability = "18-24"
[groups."old, car"]
categories = { age = "old", car = "1" }
ability = "75+"
[groups."old, none"]
categories = { age = "old", car = ["0"] }
ability = "75+"
car_share = 0
"""
FIT = """[population]
{population}
[population.fit]
properties = ["age", "car"]
key = "id"
persons = "n"
seed = "joint.csv"
margins = ["age.csv", "car.csv"]
car_share = {{ car = "1" }}
{more}
"""
JOINT = "age,car,n\nyoung,0,20\nyoung,1,80\nold,0,60\nold,1,40\n"
AGES = "id,age,n\nP1,young,30\nP1,old,10\nP2,young,5\nP2,old,5\nP3,young,0\nP3,old,8\nP4,young,1\n"
CARS = "id,car,n\nP1,0,8\nP1,1,32\nP2,0,2\nP2,1,8\nP3,0,4\nP3,1,4\nP4,0,0\nP4,1,1\n"


def write(
    folder: Path, population: str = "", more: str = "", groups: str = GROUPS, **files: str
) -> Path:
    path = write_territory(folder, population=FIT.format(population=population, more=more))
    text = path.read_text(encoding="utf-8")
    first, last = text.index("[groups.young]"), text.index("[population]")
    path.write_text(text[:first] + groups + text[last:], encoding="utf-8")
    for name, content in ({"joint": JOINT, "age": AGES, "car": CARS} | files).items():
        write_text(folder, f"{name}.csv", content)
    return path


def read(folder: Path, *changes: tuple[str, str], **how: str) -> TerritoryInputs:
    path = write(folder, **how)
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return read_inputs(path)


def fit(seed: str = JOINT, *margins: str) -> pd.Series:
    """The same persons by the function for data frames."""
    tables = [pd.read_csv(StringIO(text), dtype=str).rename(columns={"id": "place", "n": "persons"})
              for text in (seed, *(margins or (AGES, CARS)))]  # fmt: skip
    return ml.fit_groups(tables[0], tables[1:]).set_index(["place", "age", "car"])["persons"]


def test_groups_are_fitted_to_the_margins(tmp_path: Path):
    inputs = read(tmp_path)
    fitted = fit()
    for row, place in enumerate(inputs.places["place"]):
        young = fitted[place, "young", "0"] + fitted[place, "young", "1"]
        expected = [young, fitted[place, "old", "1"], fitted[place, "old", "0"]]
        assert inputs.persons[row] == pytest.approx(expected)
    assert inputs.persons.sum(axis=1) == pytest.approx([40, 10, 8, 1])
    assert not inputs.is_unknown.any()
    # who has a car: by place and group, of all its persons where a group has nobody
    none, some = (np.array([fitted[p, "young", c] for p in inputs.places["place"]]) for c in "01")
    assert inputs.car_share[:2, 0] == pytest.approx(some[:2] / (none + some)[:2])
    assert inputs.car_share[2, 0] == pytest.approx(some.sum() / (none + some).sum())
    assert (inputs.car_share[:, 1] == 1).all()
    assert (inputs.car_share[:, 2] == 0).all()
    assert inputs.findings.kinds == []


def test_the_example_of_the_page_is_valid(tmp_path: Path):
    page = Path(__file__).parents[2] / "scenarios" / "TERRITORY.md"
    block = next(b for b in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
                 if "[population.fit]" in b)  # fmt: skip
    path = write(tmp_path)
    text = path.read_text(encoding="utf-8")
    first, last = text.index("[groups.young]"), text.index("[counters]")
    path.write_text(text[:first] + block + text[last:], encoding="utf-8")
    for name in ("national.csv", "age.csv", "diploma.csv", "cars.csv"):
        write_text(tmp_path, name, "")
    config = read_config(path).population.fit
    assert config is not None
    assert [margin.property for margin in config.margins] == [None, None, "car"]
    assert config.car_share == {"car": ["1+"]}


def test_a_territory_from_margins_answers(tmp_path: Path):
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "[networks.crow]\n", encoding="utf-8")
    territory = ml.read_territory(path, cache=False, progress=False)
    assert territory.exposure("post").total()["persons"].iloc[0] == pytest.approx(59)
    names = {file.name for file in find_files(path)}  # what a cached territory is made from
    assert {"joint.csv", "age.csv", "car.csv"} <= names


def test_margins_of_areas_are_spread_over_their_places(tmp_path: Path):
    ages = "id,age,n\n2A001,young,30\n2A001,old,10\n2B002,young,5\n2B002,old,5\n"
    cars = "id,car,n\n2A001,0,8\n2A001,1,32\n2B002,0,2\n2B002,1,8\n"
    places = pd.read_csv(write_territory(tmp_path).parent / "places.csv").assign(w=[3, 1, 1, 0])
    how = {"population": 'zoning = "commune"\nweight = "w"', "age": ages, "car": cars}
    path = write(tmp_path, **how)
    places.to_csv(tmp_path / "places.csv", index=False)
    inputs = read_inputs(path)
    assert inputs.persons.sum(axis=1) == pytest.approx([30, 10, 10, 0])
    fitted = fit(JOINT, ages, cars)
    assert inputs.persons[0, 1] == pytest.approx(0.75 * fitted["2A001", "old", "1"])
    write_text(tmp_path, "age.csv", ages + "2A009,old,3\n")
    with pytest.raises(InputError, match="'2A009' has 3 persons and no place of the territory"):
        read_inputs(path)
    write_text(tmp_path, "age.csv", ages.split("2B")[0])
    write_text(tmp_path, "car.csv", cars.split("2B")[0])
    with pytest.raises(InputError, match=r"has no row for 1 of 2 areas of zoning 'commune'"):
        read_inputs(path)


def test_margins_in_other_forms_give_the_same(tmp_path: Path):
    plain = read(tmp_path)
    counts = [line.split(",")[2] for line in CARS.splitlines()[1:]]
    wide = pd.DataFrame(
        {"voit0": counts[::2], "voit1": counts[1::2]}, index=["P1", "P2", "P3", "P4"]
    )
    wide.iloc[::-1].to_csv(tmp_path / "wide.csv", index_label="id")
    ages = "GEO;TRANCHE;car;OBS\n" + "".join(
        f"{place};{age};_T;{n}\n{place};{age};1;999\n"
        for place, age, n in (line.split(",") for line in AGES.splitlines()[1:])
    )
    inputs = read(
        tmp_path,
        (
            '"age.csv"',
            '{ file = "age.csv", key = "GEO", persons = "OBS", columns = { age = "TRANCHE" }, '
            'where = { car = "_T" } }',
        ),
        (
            '"car.csv"',
            '{ file = "wide.csv", property = "car", categories = { 0 = "voit0", 1 = "voit1" } }',
        ),
        age=ages,
    )
    assert inputs.persons == pytest.approx(plain.persons)


def test_findings_of_the_fit_are_those_of_the_territory(tmp_path: Path):
    inputs = read(
        tmp_path,
        groups=GROUPS.replace('{ age = "young" }', '{ age = "young", car = "0" }'),
        age=AGES.replace("P2,young,5", "P2,young,s").replace("P3,old,8", "P3,old,80"),
    )
    findings = inputs.findings
    assert findings.count("secret_persons") == 1
    assert findings.count("margin_unknown") == 1
    assert "P2: " in findings.examples("margin_unknown")[0]
    assert "age.csv (age) has NaN in a row" in findings.examples("margin_unknown")[0]
    assert findings.count("margins_differ") == 1
    assert findings.count("persons_of_unknown_group") == 1
    said = findings.examples("persons_of_unknown_group")[0]
    assert said.startswith("population.fit: age 'young', car '1' with ")
    assert inputs.persons[2].sum() == pytest.approx(80)


def test_places_without_a_margin(tmp_path: Path):
    ages, cars = AGES.replace("P4,young,1\n", ""), CARS[: CARS.index("P4")]
    with pytest.raises(InputError, match=r"population\.fit: has no row for 1 of 4 places \('P4'\)"):
        read(tmp_path, age=ages, car=cars)
    inputs = read(tmp_path, age=ages, car=cars, population='missing = "zero"')
    assert inputs.persons[3].tolist() == [0, 0, 0]
    assert inputs.findings.count("place_without_persons") == 1
    secret = read(tmp_path, age=ages + "P4,young,s\n", car=cars)
    assert secret.is_unknown[3].all()
    assert secret.findings.count("place_without_margin") == 1
    assert np.isfinite(secret.car_share).all()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"age": AGES + "P1,yong,3\n"}, r"age\.csv:9: age is 'yong', expected a category of "),
        ({"age": AGES + "P1,,3\n"}, r"age\.csv:9: age is empty, expected a category"),
        ({"age": AGES + "P1,young,3\n"}, r"age\.csv:9: place 'P1', age 'young' stand on .*age\.cs"),
        ({"age": AGES + ",young,3\n"}, r"age\.csv:9: id is empty, expected a key"),
        ({"age": AGES + "P4,old,-3\n"}, r"age\.csv:9: n is -3, expected a number >= 0"),
        ({"age": AGES + "P4,old,\n"}, r"age\.csv:9: n is empty, expected a number >= 0"),
        ({"joint": JOINT + "old,1,2\n"}, r"joint\.csv:6: age 'old', car '1' stand on .*:5 too"),
        ({"joint": JOINT + "old,2,s\n"}, r"joint\.csv:6: n is 's', expected .* not a secret"),
        (
            {"age": "id,n\nP1,3\n"},
            r"age\.csv: has no column of a property, expected .*'age', 'car'",
        ),
        (
            {"groups": GROUPS.replace('"1"', '"2"')},
            r"categories\.car is '2', which is not in .*joint\.csv, expected one of '0', '1'",
        ),
        (
            {"groups": GROUPS.replace('{ age = "young" }', '{ car = "1" }')},
            "groups 'young' and 'old, car' both take age 'old', car '1'",
        ),
        (
            {"groups": GROUPS.replace("age", "ages")},
            "groups.young.categories has 'ages', which is no property, did you mean 'age'",
        ),
        (
            {"groups": GROUPS.replace('categories = { age = "young" }', 'persons = "n"')},
            "groups.young has no categories",
        ),
        ({"groups": GROUPS.replace('"young" }', "[] }")}, "expected at least one category"),
        ({"population": 'file = "age.csv"'}, "population has fit and file, expected one source"),
        ({"more": 'properties2 = ["x"]'}, "population.fit.properties2 is unknown, did you mean"),
    ],
)
def test_mistakes(tmp_path: Path, how: dict[str, str], said: str):
    with pytest.raises(InputError, match=said):
        read(tmp_path, **how)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ('"car.csv"]', '{ file = "car.csv", property = "car" }]'),
            "one of property and categories",
        ),
        (('"car.csv"]', '{ key = "id" }]'), "has no file, expected the table"),
        (
            ('"car.csv"]', '{ file = "car.csv", columns = { cars = "car" } }]'),
            r"has 'cars' in margins\[2\], which is no property, did you mean 'car'",
        ),
        (
            ('"car.csv"]', '{ file = "car.csv", property = "car", categories = { 2 = "n" } }]'),
            r"car\.csv:3: id is 'P1', which",
        ),
        (('["age", "car"]', '["age", "place"]'), "has a property 'place', expected another name"),
        (('["age", "car"]', '["age", "age", "car"]'), "has the property 'age' twice"),
        (
            ('{ car = "1" }\n', '{ car = "9" }\n'),
            "population.fit.car_share.car is '9', which is not",
        ),
        (("[population.fit]", "[nothing]"), "groups.young has categories, expected the section"),
    ],
)
def test_mistakes_of_the_section(tmp_path: Path, change: tuple[str, str], said: str):
    with pytest.raises(InputError, match=said):
        read(tmp_path, change)
