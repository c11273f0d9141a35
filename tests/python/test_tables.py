"""Columns, rows and filters of tables, and errors that name file, line, column and value."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
from reader_files import open_table, write_text

from maillage.config_sections import TableSource
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.tables import NumberRule, read_table, to_table


def test_wrong_column_names_the_near_one(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "id,pop_0_14,lat\n1,2,3\n")
    with pytest.raises(InputError) as raised:
        open_table(path, ["id", "pop_0_15", "lattitude"])
    assert raised.value.problems == [
        "column 'pop_0_15' does not exist, did you mean 'pop_0_14'?",
        "column 'lattitude' does not exist, did you mean 'lat'?",
    ]


def test_title_lines_are_recognised_and_skipped(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "Réseaux,,\nCommunes,,\n,,\ncode,nom,n\n01001,X,4\n")
    with pytest.raises(InputError, match="line 4 has it: are these title lines, skip_rows = 3"):
        open_table(path, ["code"])
    table = open_table(path, ["code", "n"], skip_rows=3)
    assert table.texts("code").to_pylist() == ["01001"]
    assert table.find_place(0).endswith("t.csv:5")
    with pytest.raises(InputError, match="fewer than 100 lines"):
        open_table(path, ["code"], skip_rows=99)


def test_column_twice(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a,b,a\n1,2,3\n")
    assert open_table(path, ["b"]).texts("b").to_pylist() == ["2"]
    with pytest.raises(InputError, match="column 'a' exists 2 times"):
        open_table(path, ["a"])


@pytest.mark.parametrize("row,n", [("3,4,5", 3), ("3", 1)])
def test_ragged_row_names_its_line(tmp_path: Path, row: str, n: int):
    path = write_text(tmp_path, "t.csv", f"a,b\n1,2\n\n{row}\n5,6\n")
    with pytest.raises(InputError, match=rf"t\.csv:4: has {n} cells, expected 2"):
        open_table(path, ["a"])


def test_quote_that_is_never_closed(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", 'a,b\n1,2\n3,"x\n4,5\n')
    with pytest.raises(InputError, match=r"t\.csv:3: a quote is opened here and never closed"):
        open_table(path, ["a"])


def test_blank_lines_and_a_line_that_is_missing_its_end(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a,b\n\n1,2\n\n\n3,4")
    table = open_table(path, ["a"])
    assert table.texts("a").to_pylist() == ["1", "3"]
    assert [table.find_place(i) for i in range(2)] == [f"{path}:3", f"{path}:6"]


def test_rows_without_any_cell_are_set_aside(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a;b;c\n1;2;3\n;;\n4;5;6\n;;\n")
    findings = Findings()
    table = read_table(TableSource(file=path), ["a", "b"], findings)
    assert table.texts("a").to_pylist() == ["1", "4"]
    assert findings.count("empty_row") == 2
    assert findings.examples("empty_row") == [f"{path}:3", f"{path}:5"]
    assert table.find_place(1) == f"{path}:4"


def test_text_is_trimmed_and_blank_is_missing(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a,b\n 01004 ,x\n\u00a0,y\n")
    assert open_table(path, ["a", "b"]).texts("a").to_pylist() == ["01004", None]


def test_where_takes_beginnings(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "id,code\na,48000\nb,01480\nc,\nd,4*\ne,13001\n")
    for values, expected in (
        ("48*", ["a"]),
        (["48*", "13*"], ["a", "e"]),
        (["01480", "4*"], ["a", "b", "d"]),
        ("*", ["a", "b", "d", "e"]),
    ):
        table = open_table(path, ["id"], where={"code": values})
        assert table.texts("id").to_pylist() == expected
    with pytest.raises(InputError, match=r"no row has code = '75\*'"):
        open_table(path, ["id"], where={"code": "75*"})


def test_where_keeps_values_and_says_which_there_are(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "id,kind,n\n1,fs,1\n2,post,2\n3,fs,3\n4,bus,1\n")
    table = open_table(path, ["id"], where={"kind": ["fs", "bus"], "n": 1})
    assert table.texts("id").to_pylist() == ["1", "4"]
    assert table.find_place(1) == f"{path}:5"
    with pytest.raises(InputError, match="no row has kind = 'posts', did you mean 'post'"):
        open_table(path, ["id"], where={"kind": "posts"})
    with pytest.raises(InputError, match="column 'kin' does not exist, did you mean 'kind'"):
        open_table(path, ["id"], where={"kin": "fs"})


def test_numbers_outside_their_limits(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "id,lat\n1,42\n2,248.85\n3,-91\n")
    table = open_table(path, ["id", "lat"])
    with pytest.raises(InputError) as raised:
        table.numbers("lat", NumberRule(-90, 90))
    assert str(raised.value) == (
        f"{path}:3: lat is 248.85, expected a number in -90..90 (and 1 more row like it)"
    )
    assert table.numbers("lat", NumberRule()).amounts.tolist() == [42, 248.85, -91]


def test_number_that_is_none(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "id,n\n1,7\n2,seven\n3,\n")
    table = open_table(path, ["id", "n"])
    with pytest.raises(InputError, match=r"t\.csv:3: n is 'seven', expected a number >= 0"):
        table.numbers("n", NumberRule(0))
    path = write_text(tmp_path, "u.csv", "id,n\n1,7\n3,\n")
    with pytest.raises(InputError, match=r"u\.csv:3: n is empty, expected a number"):
        open_table(path, ["id", "n"]).numbers("n", NumberRule())


def test_keys_of_several_columns_and_empty_keys(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "x,y\n10,20\n30,\n")
    table = open_table(path, ["x", "y"])
    with pytest.raises(InputError, match=r"t\.csv:3: y is empty, expected a key"):
        table.key(["x", "y"])
    assert table.key(["x"]).to_pylist() == ["10", "30"]
    full = open_table(write_text(tmp_path, "u.csv", "x,y\n10,20\n"), ["x", "y"])
    assert full.key(["x", "y"]).to_pylist() == ["10_20"]


def test_parquet_keeps_codes_and_reads_whole_floats_as_codes(tmp_path: Path):
    frame = pd.DataFrame(
        {"code": ["01004", "2A004"], "n": [1.0, np.nan], "id": [7.0, 8.0], "half": [0.5, 1.0]}
    )
    frame["kind"] = pd.Categorical(["a", "b"])
    frame.to_parquet(tmp_path / "t.parquet")
    table = open_table(tmp_path / "t.parquet", ["code", "n", "id", "half", "kind"])
    assert table.texts("code").to_pylist() == ["01004", "2A004"]
    assert table.texts("id").to_pylist() == ["7", "8"]
    assert table.texts("half").to_pylist() == ["0.5", "1"]
    assert table.texts("kind").to_pylist() == ["a", "b"]
    assert table.numbers("n", NumberRule(absent="nan")).absent.tolist() == [False, True]
    assert table.find_place(0).endswith("t.parquet, row 1")
    with pytest.raises(InputError, match="column 'codes' does not exist, did you mean 'code'"):
        open_table(tmp_path / "t.parquet", ["codes"])


def test_columns_of_types_that_are_no_numbers(tmp_path: Path):
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2020-01-01"]),
            "kind": pd.Categorical(["7,5"]),
            "flag": [True],
            "list": [[1, 2]],
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    table = open_table(tmp_path / "t.parquet", list(frame.columns))
    assert table.numbers("kind", NumberRule()).amounts.tolist() == [7.5]
    assert table.texts("flag").to_pylist() == ["true"]
    for column in ("day", "list"):
        with pytest.raises(InputError, match=f"column '{column}' holds .*, expected numbers"):
            table.numbers(column, NumberRule())
    with pytest.raises(InputError, match=r"column 'list' holds list.*, expected text"):
        table.texts("list")


def test_line_of_the_last_of_a_million_rows_is_found_at_once(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a,b\n" + "1,2\n" * 1_000_000 + "x,3\n")
    table = open_table(path, ["a"])
    with pytest.raises(InputError, match=r"t\.csv:1000002: a is 'x'"):
        table.numbers("a", NumberRule())
    start = time.perf_counter()
    assert [table.find_place(i) for i in range(20)][19].endswith(":21")
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("name", ["t.parquet", "t.xlsx", "t.gpkg", "t.geojson"])
def test_files_that_are_cut_off(tmp_path: Path, name: str):
    path = tmp_path / name
    frame = pd.DataFrame({"code": [f"{i:05}" for i in range(500)]})
    if name.endswith("parquet"):
        frame.to_parquet(path)
    elif name.endswith("xlsx"):
        pyogrio.write_dataframe(frame, path, driver="XLSX")
    else:
        import geopandas as gpd

        points = gpd.points_from_xy(range(500), [42] * 500)
        gpd.GeoDataFrame(frame, geometry=points, crs=4326).to_file(path)
    assert open_table(path, ["code"]).n_rows == 500
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"cannot be read|is cut off|damaged"):
        open_table(path, ["code"])
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"is empty|cannot be read"):
        open_table(path, ["code"])


def test_spreadsheet_is_text_with_its_own_lines(tmp_path: Path):
    frame = pd.DataFrame({"a": ["Titre", "code", "01004", "2A004"], "b": ["", "n", "16,5", "s"]})
    path = tmp_path / "t.xlsx"
    pyogrio.write_dataframe(frame, path, driver="XLSX", layer="Feuil1")
    table = open_table(path, ["code", "n"], skip_rows=2)
    assert table.texts("code").to_pylist() == ["01004", "2A004"]
    assert table.numbers("n", NumberRule(secret="nan")).amounts[0] == 16.5
    assert table.find_place(1).endswith("t.xlsx, row 5")
    with pytest.raises(InputError, match="layer 'Feuil2' does not exist, did you mean 'Feuil1'"):
        open_table(path, ["code"], layer="Feuil2")


def test_several_sheets_need_a_layer(tmp_path: Path):
    path = tmp_path / "t.ods"
    for layer in ("un", "deux"):
        frame = pd.DataFrame({"code": [layer]})
        pyogrio.write_dataframe(frame, path, driver="ODS", layer=layer, append=path.exists())
    with pytest.raises(InputError, match="has 2 layers, expected layer = one of 'un', 'deux'"):
        open_table(path, ["code"])
    assert open_table(path, ["code"], layer="deux").texts("code").to_pylist() == ["deux"]


def test_unreadable_format(tmp_path: Path):
    path = write_text(tmp_path, "notes.docx", "hello")
    with pytest.raises(InputError, match="cannot be read as a table or layer"):
        open_table(path, ["a"])


def test_frames_with_mixed_ids():
    frame = pd.DataFrame({"id": ["pt_STP-RCH070", 12, 7], "x": [1.0, 2.0, 3.0]})
    table = to_table(frame, "nodes", ["id", "x"], optional=["y", "x"])
    assert table.texts("id").to_pylist() == ["pt_STP-RCH070", "12", "7"]
    assert table.find_place(2) == "nodes, row 3"
    with pytest.raises(InputError, match="nodes: column 'iid' does not exist, did you mean 'id'"):
        to_table(frame, "nodes", ["iid"])
