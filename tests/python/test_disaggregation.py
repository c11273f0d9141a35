"""Areas to cells and back, populations by area, special populations, cells by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

import maillage as ml
from maillage.errors import InputError

AREAS = pd.DataFrame({"commune": ["01001", "01002", "2A004"], "persons": [100, 7, 0]})
CELLS = pd.DataFrame(
    {"cell": list("abcde"), "commune": ["01001", "01001", "01002", "01002", None],
     "homes": [3, 1, 0, 0, 9]}
)  # fmt: skip


def test_amounts_go_by_weight_and_evenly_without_one():
    out = ml.disaggregate(AREAS, CELLS, area="commune", weight="homes")
    assert out["persons"].tolist() == [75, 25, 3.5, 3.5, 0]
    assert ml.disaggregate(AREAS, CELLS, area="commune")["persons"].tolist() == [
        50, 50, 3.5, 3.5, 0,
    ]  # fmt: skip
    whole = ml.disaggregate(AREAS, CELLS, area="commune", weight="homes", whole=True)
    assert whole["persons"].tolist() == [75, 25, 4, 3, 0]


def test_aggregation_gives_the_areas_back():
    out = ml.disaggregate(AREAS, CELLS, area="commune", weight="homes")
    back = ml.aggregate(out, by="commune", columns=["persons"])
    assert back["persons"].tolist() == [100, 7, 0]
    assert back["commune"].isna().tolist() == [False, False, True]


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 60), st.booleans())
def test_nobody_is_lost_nor_does_order_matter(seed: int, n_areas: int, n_cells: int, whole: bool):
    rng = np.random.default_rng(seed)
    codes = [f"{i:05d}" for i in range(n_areas)]
    of = [*codes, *rng.choice(codes, n_cells)]
    cells = pd.DataFrame({"commune": of, "w": rng.integers(0, 4, len(of))})
    people = rng.integers(0, 500, n_areas) if whole else rng.uniform(0, 500, n_areas)
    areas = pd.DataFrame({"commune": codes, "persons": people})
    how = {"area": "commune", "weight": "w", "whole": whole}
    out = ml.disaggregate(areas, cells, **how)
    back = ml.aggregate(out, by="commune", columns=["persons"])
    if whole:
        assert back["persons"].tolist() == people.tolist()
    else:
        assert back["persons"].to_numpy() == pytest.approx(people, rel=1e-12)
    assert (out["persons"] >= 0).all()
    turned = ml.disaggregate(areas.sample(frac=1, random_state=1), cells, **how)
    assert turned["persons"].tolist() == out["persons"].tolist()


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_the_order_of_cells_changes_nothing(seed: int, named: bool, whole: bool):
    rng = np.random.default_rng(seed)
    weight = rng.choice([0.1, 0.2, 0.3], 12)
    cells = pd.DataFrame({"id": [f"c{i}" for i in range(12)], "commune": "01001", "w": weight})
    areas = pd.DataFrame({"commune": ["01001"], "persons": [int(rng.integers(0, 30))]})
    how = {"area": "commune", "weight": "w", "whole": whole, "cell": "id" if named else None}
    out = ml.disaggregate(areas, cells, **how)
    turned = ml.disaggregate(areas, cells.sample(frac=1, random_state=seed), **how)
    assert turned.sort_index()["persons"].tolist() == out["persons"].tolist()


def test_ties_go_by_the_name_of_the_cell():
    areas = pd.DataFrame({"z": ["a"], "n": [1]})
    cells = pd.DataFrame({"id": ["y", "x"], "z": "a", "other": [1, 2]})
    how = {"area": "z", "columns": "n", "whole": True}
    assert ml.disaggregate(areas, cells, cell="id", **how)["n"].tolist() == [0, 1]
    assert ml.disaggregate(areas, cells[["other", "z", "id"]], **how)["n"].tolist() == [1, 0]
    with pytest.raises(InputError, match="cells: id 'x' occurs more than once"):
        ml.disaggregate(areas, cells.assign(id="x"), cell="id", **how)


def test_weights_of_any_size_lose_nobody():
    cells = CELLS.assign(homes=[1e308, 1e308, 1e-320, 2e-320, 9])
    out = ml.disaggregate(AREAS, cells, area="commune", weight="homes")
    assert out["persons"].tolist()[:2] == [50, 50]
    assert out["persons"].sum() == pytest.approx(107)


def test_codes_that_a_missing_one_made_floats():
    areas = pd.DataFrame({"z": [1, 2], "n": [4, 5]})
    cells = pd.DataFrame({"z": [1, 2, np.nan]})
    assert ml.disaggregate(areas, cells, area="z")["n"].tolist() == [4, 5, 0]


def test_sums_of_missing_amounts_are_missing():
    cells = pd.DataFrame({"z": ["b", "a", None, "a"], "n": [1, 2, np.nan, np.nan], "m": 1})
    out = ml.aggregate(cells, by="z")
    assert out["z"].isna().tolist() == [False, False, True]
    assert out["n"].isna().tolist() == [True, False, True]
    assert out["n"].iloc[1] == 1
    assert out["m"].tolist() == [2, 1, 1]
    assert ml.aggregate(cells.assign(m=cells["n"].astype("Int64")), by="z")["m"].isna().sum() == 2
    assert ml.aggregate(cells, by="z", columns="m").columns.tolist() == ["z", "m"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": ["z"]}, "columns has 'z', the code of the areas, expected amounts"),
        ({"columns": 5}, "columns is 5, expected names of columns"),
        ({"columns": ["t"]}, "cells: column 't' holds .*, expected numbers"),
        ({"columns": ["o"]}, "cells: o of row 2 is '2', expected a number, not text"),
        ({"columns": ["i"]}, "cells: i of row 2 is inf, expected a finite number"),
        ({"columns": "nn"}, "cells has no column 'nn', did you mean 'n'"),
        ({"by": ["z"]}, r"cells: \['z'\] is no name of a column"),
        ({"by": "zz"}, "cells has no column 'zz', did you mean 'z'"),
        ({"cells": [1]}, r"cells is \[1\], expected a data frame"),
        ({"cells": pd.DataFrame({"z": ["a"], "t": ["1"]})}, "cells has no column of numbers"),
        (
            {"cells": pd.DataFrame([["a", 1, 2]], columns=["z", "n", "n"])},
            "cells: column 'n' occurs more than once",
        ),
    ],
)
def test_amounts_that_cannot_be_summed(change, words: str):
    cells = pd.DataFrame({"z": ["a", "b"], "n": [1, 2], "t": ["1", "2"], "i": [1, np.inf]})
    cells["o"] = pd.Series([1, "2"], dtype=object)
    with pytest.raises(InputError, match=words):
        ml.aggregate(**({"cells": cells, "by": "z"} | change))


@pytest.mark.parametrize(
    ("areas", "cells", "words"),
    [
        (AREAS.assign(commune=["01001", None, "2A004"]), CELLS, "areas: row 2 has no commune"),
        (AREAS.assign(persons=["1", "2", "0"]), CELLS.assign(commune=None), "no column of number"),
        (AREAS, CELLS.assign(homes=list("12345")), "cells: column 'homes' holds"),
        (AREAS.assign(persons=[1, 2, 3]), CELLS, "'2A004' has 3 persons and no cell"),
        (AREAS, CELLS.assign(commune="09999"), "'09999' is no area"),
        (AREAS.assign(persons=[1, -2, 0]), CELLS, "persons of row 2 is -2"),
        (AREAS, CELLS.assign(homes=np.nan), "homes of row 1"),
        (pd.concat([AREAS, AREAS]), CELLS, "more than once"),
        (AREAS.rename(columns={"commune": "com"}), CELLS, "no column 'commune'"),
    ],
)
def test_what_would_lose_persons_is_refused(areas, cells, words: str):
    with pytest.raises(InputError, match=words):
        ml.disaggregate(areas, cells, area="commune", weight="homes")


TOML = """format = 1
name = "cells"
[places]
file = "cells.csv"
key = "id"
grid_id = "id"
imputed = "i_est"
[zonings.commune]
column = "com"
[groups.young]
persons = "y"
ability = {{ p_b = 0.2, p_c = 0.1 }}
[groups."75+"]
persons = "o"
ability = {{ p_b = 0.3, p_c = 0.4 }}
[population]
file = "communes.csv"
key = "com"
zoning = "commune"
weight = "ind"
{special}
[counters]
file = "counters.csv"
key = "id"
lon = "lon"
lat = "lat"
services = {{ post = 1 }}
[networks.crow]
"""
CORNERS = [(2_029_800, 4_252_400), (2_030_000, 4_252_400), (2_035_000, 4_260_000)]


@pytest.fixture
def folder(tmp_path):
    ids = [f"CRS3035RES200mN{n}E{e}" for n, e in CORNERS]
    frame = pd.DataFrame(
        {"id": ids, "com": ["2A001", "2A001", "2A002"], "ind": [3, 1, 5], "i_est": [1, 0, 1]}
    )
    frame.to_csv(tmp_path / "cells.csv", index=False)
    people = pd.DataFrame({"com": ["2A001", "2A002"], "y": [40, 10], "o": [8, 6]})
    people.to_csv(tmp_path / "communes.csv", index=False)
    lon, lat = find_centre(*CORNERS[0])
    pd.DataFrame({"id": ["K"], "lon": lon, "lat": lat}).to_csv(
        tmp_path / "counters.csv", index=False
    )
    home = pd.DataFrame({"id": ["EHPAD1"], "lon": lon + 0.001, "lat": lat, "beds": [5]})
    home.to_csv(tmp_path / "homes.csv", index=False)
    return tmp_path


def find_centre(north: float, east: float) -> tuple[float, float]:
    to_wgs = Transformer.from_crs(3035, 4326, always_xy=True)
    return to_wgs.transform(east + 100, north + 100)


def read(folder, special: str = "", toml: str = TOML) -> ml.Territory:
    (folder / "territory.toml").write_text(toml.format(special=special), encoding="utf-8")
    return ml.read_territory(folder / "territory.toml", cache=False, progress=False)


def test_population_of_communes_on_cells_named_by_their_corner(folder):
    territory = read(folder)
    assert territory.parts.persons.tolist() == [[30, 6], [10, 2], [10, 6]]
    places = territory.places
    for row, corner in enumerate(CORNERS):
        assert places[["lon", "lat"]].iloc[row].tolist() == pytest.approx(find_centre(*corner))
    assert territory.findings.set_index("kind")["count"]["imputed_cells"] == 2
    total = territory.exposure("post").by("commune")
    assert total["persons"].tolist() == [48, 16]


def test_persons_of_a_commune_without_cells_are_not_lost_silently(folder):
    people = pd.DataFrame({"com": ["2A001", "2A002", "2A003"], "y": [40, 10, 3], "o": [8, 6, 0]})
    people.to_csv(folder / "communes.csv", index=False)
    with pytest.raises(InputError, match="'2A003' has 3 persons and no place"):
        read(folder)


def test_areas_and_places_without_a_row_are_not_empty_silently(folder):
    people = pd.DataFrame({"com": ["2A001"], "y": [40], "o": [8]})
    people.to_csv(folder / "communes.csv", index=False)
    said = r"communes\.csv: has no row for 1 of 2 areas of zoning 'commune' \('2A002'\) with 1 pl"
    with pytest.raises(InputError, match=said):
        read(folder)
    zero = TOML.replace("[population]\n", '[population]\nmissing = "zero"\n')
    territory = read(folder, toml=zero)
    assert territory.parts.persons.tolist() == [[30, 6], [10, 2], [0, 0]]
    found = territory.findings.set_index("kind")
    assert found["count"]["area_without_persons"] == 1
    assert "no row for area 2A002" in found["examples"]["area_without_persons"]

    cells = pd.read_csv(folder / "cells.csv").assign(com=["2A001", "2A001", None])
    cells.to_csv(folder / "cells.csv", index=False)
    with pytest.raises(InputError, match="1 of 3 places are in no area of zoning 'commune'"):
        read(folder)
    found = read(folder, toml=zero).findings.set_index("kind")
    assert found["count"]["place_without_persons"] == 1


SPECIAL = """[special."care homes"]
file = "homes.csv"
key = "id"
lon = "lon"
lat = "lat"
persons = "beds"
p_b = 0.1
p_c = 0.85
{more}
"""


def test_special_populations_have_places_of_their_own(folder):
    plain, territory = read(folder), read(folder, SPECIAL.format(more=""))
    groups = territory.groups.set_index("group")
    assert groups.loc["care homes", ["persons", "p_c"]].tolist() == [5, 0.85]
    assert territory.places["place"].iloc[-1] == "EHPAD1"
    assert territory.parts.persons.sum() == plain.parts.persons.sum() + 5
    assert "special_population_added" in set(territory.findings["kind"])
    assert territory.exposure("post").by("commune")["persons"].tolist() == [53, 16]
    near = territory.nearest("post", person_class="no_car", group="care homes")
    assert 0 < near["travel_time"].iloc[-1] < 5


def test_special_populations_are_taken_from_a_group(folder):
    plain = read(folder)
    territory = read(folder, SPECIAL.format(more='taken_from = "75+"'))
    assert territory.parts.persons.sum() == plain.parts.persons.sum()
    assert territory.parts.persons[:, 1].tolist() == [1, 2, 6, 0]
    rest = pd.DataFrame(pd.read_csv(folder / "homes.csv")).assign(beds=8)
    rest.to_csv(folder / "homes.csv", index=False)
    more = read(folder, SPECIAL.format(more='taken_from = "75+"'))
    assert more.parts.persons.sum() == plain.parts.persons.sum() + 2  # six were there


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (SPECIAL.format(more='taken_from = "80+"'), "75\\+"),
        (SPECIAL.replace("0.85", "0.95").format(more=""), "at most 1"),
        (SPECIAL.replace('"care homes"', "young").format(more=""), "already"),
    ],
)
def test_mistakes_of_special_populations(folder, section: str, words: str):
    with pytest.raises(InputError, match=words):
        read(folder, section)


def test_names_of_cells_are_checked(folder):
    frame = pd.read_csv(folder / "cells.csv")
    frame.loc[1, "id"] = "CELL7"
    frame.to_csv(folder / "cells.csv", index=False)
    with pytest.raises(InputError, match=r"cells\.csv:3: id is 'CELL7'"):
        read(folder)
    frame["id"] = ["1kmN2029E4252", "1kmN2030E4252", "RES1kmN2035000E4260000"]
    frame.to_csv(folder / "cells.csv", index=False)
    lat = read(folder).places["lat"].tolist()
    assert lat == sorted(lat)
