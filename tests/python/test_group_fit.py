"""Persons by group from marginal tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import maillage as ml

SEED = pd.DataFrame(
    {
        "age": ["young", "young", "old", "old"],
        "diploma": ["none", "some", "none", "some"],
        "persons": [10, 90, 60, 40],
    }
)

AGES, DIPLOMAS = ("young", "old"), ("none", "some")


def by_age(**persons: tuple[float, float]) -> pd.DataFrame:
    rows = [(p, a, n) for p, pair in persons.items() for a, n in zip(AGES, pair, strict=True)]
    return pd.DataFrame(rows, columns=["place", "age", "persons"])


def by_diploma(**persons: tuple[float, float]) -> pd.DataFrame:
    rows = [(p, d, n) for p, pair in persons.items() for d, n in zip(DIPLOMAS, pair, strict=True)]
    return pd.DataFrame(rows, columns=["place", "diploma", "persons"])


def test_margins_are_met_and_the_odds_of_the_seed_kept():
    found = ml.fit_groups(SEED, [by_age(a=(30, 10), b=(5, 5)), by_diploma(a=(8, 32), b=(2, 8))])
    assert list(found.columns) == ["place", "age", "diploma", "persons"]
    assert found.attrs["findings"] == []
    for name, wanted in (("age", by_age), ("diploma", by_diploma)):
        sums = found.groupby(["place", name], observed=True)["persons"].sum()
        given = wanted(a=(30, 10), b=(5, 5)) if name == "age" else wanted(a=(8, 32), b=(2, 8))
        for row in given.itertuples():
            assert sums[row.place, getattr(row, name)] == pytest.approx(row.persons)
    wide = found.pivot_table(index="place", columns=["age", "diploma"], values="persons")
    odds = (
        wide["young", "none"] * wide["old", "some"] / (wide["young", "some"] * wide["old", "none"])
    )
    assert odds.to_numpy() == pytest.approx(10 * 40 / (90 * 60))


def test_what_is_doubtful_is_found():
    found = ml.fit_groups(
        SEED.iloc[:3],
        [by_age(a=(30, 10), b=(np.nan, 1)), by_diploma(a=(2, 18), b=(np.nan, 1))],
    )
    kinds = {f["kind"]: f["count"] for f in found.attrs["findings"]}
    assert kinds == {
        "margins_differ": 1,
        "margin_not_met": 1,
        "place_without_margin": 1,
        "margin_unknown": 2,
    }
    assert found.groupby("place", observed=True)["persons"].sum()["a"] == pytest.approx(40)
    assert found["persons"].isna().sum() == 3


def test_unknown_margins_of_a_place_are_found():
    ages, diplomas = by_age(a=(np.nan, 10), b=(5, 5)), by_diploma(a=(8, 32))
    found = ml.fit_groups(SEED, [ages, diplomas])
    assert found.attrs["findings"] == [
        {
            "kind": "margin_unknown",
            "count": 2,
            "examples": "a: margins[0] (age) has NaN in a row | b: margins[1] (diploma) has no row",
        }
    ]
    assert found.groupby("place", observed=True)["persons"].sum().tolist() == pytest.approx(
        [40, 10]
    )


def test_categories_that_no_row_has_are_found():
    ages = by_age(a=(30, 10), b=(5, 5))
    found = ml.fit_groups(SEED, [ages[ages["age"] == "old"]])
    said = "margins[0]: no row has age 'young', nobody is in it"
    assert found.attrs["findings"] == [
        {"kind": "category_without_row", "count": 1, "examples": said}
    ]


def test_labels_that_a_missing_one_made_floats():
    ages = by_age(a=(30, 10)).assign(place=[1.0, 1.0])
    diplomas = by_diploma(a=(8, 32)).assign(place=[1, 1])
    found = ml.fit_groups(SEED, [ages, diplomas])
    assert found["place"].unique().tolist() == ["1"]
    assert found.attrs["findings"] == []


def test_order_of_rows_changes_nothing():
    margins = [by_age(a=(30, 10), b=(5, 5)), by_diploma(a=(8, 32), b=(2, 8))]
    found = ml.fit_groups(SEED, margins).set_index(["place", "age", "diploma"])["persons"]
    turned = ml.fit_groups(SEED.iloc[::-1], [m.iloc[::-1] for m in margins])
    again = turned.set_index(["place", "age", "diploma"])["persons"]
    for key, persons in found.items():
        assert again[key] == pytest.approx(persons, rel=1e-9)


@pytest.mark.parametrize(
    ("seed", "margins", "said"),
    [
        (SEED, [], "margins is empty"),
        (SEED.drop(columns="persons"), [by_age(a=(1, 1))], "seed has no column 'persons'"),
        (SEED.assign(persons=-1), [by_age(a=(1, 1))], "persons of row 1 is -1, expected"),
        (pd.concat([SEED, SEED]), [by_age(a=(1, 1))], "seed: row 5 is there twice"),
        (SEED, [by_age(a=(1, -2))], "margins[0]: persons of row 2 is -2"),
        (
            SEED,
            [by_age(a=(1, 1)).assign(age="yong")],
            "margins[0]: age 'yong' of row 1 is not in seed, did you mean",
        ),
        (SEED, [by_age(a=(1, 1)).rename(columns={"age": "ages"})], "did you mean 'age'"),
        (SEED, [by_age(a=(1, 1)).drop(columns="place")], "margins[0] has no column 'place'"),
        (SEED, [3], "margins[0] is 3, expected a data frame"),
        (SEED, by_age(a=(1, 1)), "margins is a data frame, expected a list"),
        (SEED, None, "margins is None, expected a list"),
        (
            SEED,
            [by_diploma(a=(1, 1)), by_age(a=(1, np.inf))],
            "margins[1]: persons of row 2 is inf, expected a finite number >= 0",
        ),
        (SEED.assign(persons=[np.inf, 1, 1, 1]), [by_age(a=(1, 1))], "seed: persons of row 1 is i"),
        (SEED.assign(persons=[1, np.nan, 1, 1]), [by_age(a=(1, 1))], "seed: row 2 has no persons"),
        (SEED.assign(age=["old", None, "old", 1]), [by_age(a=(1, 1))], "seed: row 2 has no age"),
        (SEED, [by_age(a=(1, 1)).assign(place=["a", None])], "margins[0]: row 2 has no place"),
        (SEED, [by_age(a=(1, 1)).assign(age=[None, "old"])], "margins[0]: row 1 has no age"),
        (
            SEED,
            [pd.concat([by_age(a=(1, 1)), by_age(a=(1, 1))[["persons"]]], axis=1)],
            "margins[0]: column 'persons' occurs more than once",
        ),
        (
            SEED.iloc[:3],
            [by_age(a=(1, 1)).assign(age="old", diploma=["none", "some"])],
            "margins[0]: persons of row 2 is 1, but the seed has no combination (old, some)",
        ),
    ],
)
def test_mistakes(seed, margins, said):
    with pytest.raises(ml.InputError) as error:
        ml.fit_groups(seed, margins)
    assert said in str(error.value)
