"""Communes merge, split and change their codes; persons stay."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import maillage as ml

COLUMNS = ["MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "TYPECOM_AP", "COM_AP"]


def movements(*rows: tuple[int, str, str, str]) -> pd.DataFrame:
    data = [(mod, day, "COM", before, "COM", after) for mod, day, before, after in rows]
    return pd.DataFrame(data, columns=COLUMNS)


# a commune nouvelle that takes the code of one of its parts; later one of them leaves again
HISTORY = movements(
    (32, "2019-01-01", "01033", "01033"),
    (32, "2019-01-01", "01091", "01033"),
    (10, "2020-06-01", "01004", "01004"),
    (21, "2024-01-01", "01033", "01033"),
    (21, "2024-01-01", "01033", "01091"),
    (41, "2018-01-01", "27058", "49058"),
)


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "commune": ["01033", "01091", "01004", "27058"],
            "persons": [100.0, 50.0, 10.0, 7.0],
            "income": [20.0, 26.0, 15.0, 11.0],
            "region": ["84", "84", "84", "28"],
            "name": ["Bellegarde", "Châtillon", "Ambérieu", "Blandey"],
        }
    )


def test_a_merger_sums_and_weighs():
    found = ml.recode_communes(table(), HISTORY, 2017, 2020, intensive={"income": "persons"})
    assert list(found["commune"]) == ["01033", "01004", "49058"]
    assert list(found["persons"]) == [150, 10, 7]
    assert list(found["income"]) == [22, 15, 11]
    assert list(found["region"]) == ["84", "84", "28"]
    assert found["name"].isna().tolist() == [True, False, False]
    assert found.attrs["findings"] == []


def test_dates_bound_what_counts():
    same = ml.recode_communes(table(), HISTORY, 2018, 2018)
    pd.testing.assert_frame_equal(same, table(), check_dtype=False)
    # the geography of 2018 already has the code of 1 January 2018
    after = ml.recode_communes(table(), HISTORY, 2018, 2019)
    assert list(after["commune"]) == ["01033", "01004", "27058"]


def test_a_split_is_shared_by_weights():
    before = pd.DataFrame({"commune": ["01033"], "persons": [160.0], "rate": [0.3]})
    found = ml.recode_communes(
        before,
        HISTORY,
        2020,
        2025,
        intensive={"rate": "persons"},
        weights={"01033": 3.0, "01091": 1.0},
    )
    assert dict(zip(found["commune"], found["persons"], strict=True)) == {"01033": 120, "01091": 40}
    assert list(found["rate"]) == [0.3, 0.3]
    evenly = ml.recode_communes(before, HISTORY, 2020, 2025)
    assert list(evenly["persons"]) == [80, 80]
    assert evenly.attrs["findings"][0]["kind"] == "split_evenly"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"01033": 3.0}, "01033 into 01033, 01091: no weight of 01091"),
        ({"01033": 0, "01091": 0}, "01033 into 01033, 01091: their weights are all 0"),
    ],
)
def test_parts_without_weights_share_evenly(weights, said):
    before = pd.DataFrame({"commune": ["01033"], "persons": [160.0]})
    found = ml.recode_communes(before, HISTORY, 2020, 2025, weights=weights)
    assert list(found["persons"]) == [80, 80]
    assert found.attrs["findings"] == [{"kind": "split_evenly", "count": 1, "examples": said}]


def test_weights_may_be_a_series_and_of_any_size():
    before = pd.DataFrame({"commune": ["01033"], "persons": [160.0]})
    for scale in (1.0, 5e307, 1e-300):
        weights = pd.Series({"01033": 3 * scale, "01091": scale, "99999": 0})
        found = ml.recode_communes(before, HISTORY, 2020, 2025, weights=weights)
        assert list(found["persons"]) == pytest.approx([120, 40])
        assert found.attrs["findings"] == []


def test_codes_that_no_commune_of_the_year_has():
    old = pd.DataFrame({"commune": ["01033", "01091", "49058"], "persons": [150.0, 50, 7]})
    found = ml.recode_communes(old, HISTORY, 2020, 2021)
    assert list(found["persons"]) == [150, 50, 7]
    said = "01091 is no commune of 2020-01-01: it went into 01033 on 2019-01-01"
    assert found.attrs["findings"] == [{"kind": "code_not_of_year", "count": 1, "examples": said}]
    early = ml.recode_communes(old, HISTORY, 2017, 2017).attrs["findings"]
    assert [f["examples"] for f in early] == [
        "49058 is no commune of 2017-01-01: it begins on 2018-01-01"
    ]
    assert ml.recode_communes(old, HISTORY, 2024, 2024).attrs["findings"] == []  # it is back


def test_movements_without_a_code_are_found():
    odd = pd.concat([HISTORY, movements((30, "2019-01-01", "03001", "03002"))], ignore_index=True)
    odd.loc[6, "COM_AP"] = None
    found = ml.recode_communes(table(), odd, 2018, 2020).attrs["findings"]
    said = "movements, row 7: COM_AP is empty"
    assert found[0] == {"kind": "movement_without_code", "count": 1, "examples": said}


def test_missing_numbers_of_pandas_are_unknown():
    odd = table().assign(persons=pd.array([100, None, 10, 7], dtype="Int64"))
    found = ml.recode_communes(odd, HISTORY, 2017, 2020, intensive={"income": "persons"})
    assert np.isnan(found["persons"].iloc[0])
    assert list(found["persons"])[1:] == [10, 7]
    assert found["income"].iloc[0] == 20


def test_back_in_time_mergers_are_undone():
    after = pd.DataFrame({"commune": ["01033", "49058"], "persons": [150.0, 7.0]})
    found = ml.recode_communes(after, HISTORY, 2020, 2017, weights={"01033": 2, "01091": 1})
    assert dict(zip(found["commune"], found["persons"], strict=True)) == {
        "01033": 100,
        "01091": 50,
        "27058": 7,
    }


def test_unknown_numbers_stay_unknown():
    odd = table().assign(persons=[100.0, np.nan, 10.0, 7.0])
    found = ml.recode_communes(odd, HISTORY, 2017, 2020, intensive={"income": "persons"})
    assert np.isnan(found["persons"].iloc[0])
    assert found["income"].iloc[0] == 20


def test_files_as_insee_writes_them(tmp_path: Path):
    path = tmp_path / "v_mvt_commune_2025.csv"
    full = HISTORY.assign(TNCC_AV=0, NCC_AV="X", LIBELLE_AV="Châtillon")
    parts = pd.DataFrame([(32, "2019-01-01", "COM", "01091", "COMD", "01091")], columns=COLUMNS)
    pd.concat([full, parts]).to_csv(path, index=False)
    found = ml.recode_communes(table(), path, 2017, 2020)
    assert list(found["persons"]) == [150, 10, 7]


@given(st.data())
def test_persons_are_conserved(data: st.DataObject):
    codes = [f"{i:05}" for i in range(12)]
    rows = []
    for year in range(2010, 2020):
        day = datetime.date(year, 1, 1).isoformat()
        for before in data.draw(st.lists(st.sampled_from(codes), max_size=4, unique=True)):
            for after in data.draw(st.lists(st.sampled_from(codes), min_size=1, max_size=3)):
                rows.append((32, day, before, after))
    history = movements(*rows)
    persons = data.draw(st.lists(st.floats(0, 1e6), min_size=12, max_size=12))
    weights = dict(zip(codes, persons, strict=True)) if data.draw(st.booleans()) else None
    before = pd.DataFrame({"commune": codes, "persons": persons})
    for years in ((2009, 2020), (2020, 2009), (2012, 2016)):
        found = ml.recode_communes(before, history, *years, weights=weights)
        assert found["persons"].sum() == pytest.approx(before["persons"].sum(), abs=1e-6)
        assert found["commune"].is_unique
        shuffled = before.sample(frac=1, random_state=1)
        again = ml.recode_communes(shuffled, history.iloc[::-1], *years, weights=weights)
        pd.testing.assert_frame_equal(
            again.sort_values("commune").reset_index(drop=True),
            found.sort_values("commune").reset_index(drop=True),
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "insee"}, "table has no column 'insee'"),
        ({"from_year": "x"}, "from_year is 'x', expected a year"),
        ({"intensive": {"incom": "persons"}}, "no column 'incom', did you mean 'income'?"),
        ({"intensive": {"name": "persons"}}, "column 'name' holds no numbers"),
        ({"table": table().assign(commune="01033")}, "'01033' occurs more than once (row 2)"),
        ({"table": table().assign(commune=[1033, 1, 2, 3])}, "'1033' is not a code of five"),
        ({"table": [1]}, "expected a data frame"),
        ({"movements": HISTORY.drop(columns="COM_AV")}, "movements have no column 'COM_AV'"),
        ({"movements": HISTORY.assign(DATE_EFF="soon")}, "DATE_EFF"),
        (
            {"movements": HISTORY.assign(COM_AV=HISTORY["COM_AV"].astype(int))},
            "movements, row 1: COM_AV is 1033, expected text of five characters",
        ),
        (
            {"movements": HISTORY.assign(COM_AP=HISTORY["COM_AP"].astype(float))},
            "movements, row 1: COM_AP is 1033, expected text of five characters",
        ),
        ({"movements": HISTORY.assign(TYPECOM_AP="COMD")}, "no row has TYPECOM_AV and TYPECOM_AP"),
        (
            {"movements": pd.concat([HISTORY, HISTORY[["MOD"]]], axis=1)},
            "movements: column 'MOD' occurs more than once",
        ),
        (
            {"table": table().assign(commune=["01033", "2a004", "01004", "27058"])},
            "'2a004' is not a code of five characters such as '01004' or '2A004' (row 2)",
        ),
        ({"table": table().assign(commune=[" " * 5, "01091", "01004", "27058"])}, "is not a code"),
        (
            {"table": pd.concat([table(), table()[["persons"]]], axis=1)},
            "table: column 'persons' occurs more than once",
        ),
        ({"code": ["commune"]}, "code is ['commune'], expected the name of a column"),
        ({"intensive": ["income"]}, "intensive is ['income'], expected each column with"),
        (
            {"table": table().assign(persons=-1), "intensive": {"income": "persons"}},
            "persons of row 1 is -1, expected a number >= 0, as it weighs 'income'",
        ),
        ({"weights": [1, 2]}, "weights is [1, 2], expected numbers by code"),
        ({"weights": {"01033": "10"}}, "weights: '01033' is '10', expected a finite number >= 0"),
        ({"weights": {"01033": np.nan}}, "weights: '01033' is nan, expected a finite number >= 0"),
        ({"weights": {"01033": -5}}, "weights: '01033' is -5, expected a finite number >= 0"),
        ({"weights": {"01033": np.inf}}, "weights: '01033' is inf, expected a finite number"),
        ({"weights": {1033: 5}}, "weights: code is 1033, expected text of five characters"),
        (
            {"weights": pd.Series([1, 2], index=["01033", "01033"])},
            "weights: code '01033' occurs more than once",
        ),
    ],
)
def test_mistakes(change, said):
    arguments = {"table": table(), "movements": HISTORY, "from_year": 2017, "to_year": 2020}
    with pytest.raises(ml.InputError) as error:
        ml.recode_communes(**(arguments | change))
    assert said in str(error.value)


def test_arrondissements_are_no_communes():
    frame = pd.DataFrame({"commune": ["75101", "01004"], "persons": [1.0, 2.0]})
    found = ml.recode_communes(frame, HISTORY, 2018, 2025).attrs["findings"]
    words = {f["kind"]: f["examples"] for f in found}
    assert "75101 is an arrondissement of 75056" in words["municipal_arrondissement"]
