"""Encodings, compression and separators of text files, and what is wrong with them."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest
from reader_files import open_table, write_text

from maillage.config_sections import TableSource
from maillage.errors import InputError, IoError
from maillage.findings import Findings
from maillage.geo.tables import read_table
from maillage.geo.text_files import find_separator, read_bytes, to_utf8

TABLE = "code,nom\n01004,Ambérieu-en-Bugey\n2A004,Ajaccio\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_the_same_table_in_every_encoding(tmp_path: Path, encoding: str, ends: str):
    path = write_text(tmp_path, "t.csv", TABLE.replace("\n", ends), encoding)
    table = open_table(path, ["code", "nom"])
    assert table.texts("code").to_pylist() == ["01004", "2A004"]
    assert table.texts("nom").to_pylist() == ["Ambérieu-en-Bugey", "Ajaccio"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found(tmp_path: Path, separator: str):
    path = write_text(tmp_path, "t.csv", TABLE.replace(",", separator))
    assert open_table(path, ["nom"]).texts("nom").to_pylist()[1] == "Ajaccio"


def test_separator_of_french_addresses_is_the_semicolon():
    data = "id;adresse\n1;12, rue du Bac, Paris\n2;3, place, bis, Lyon\n3;Le Bourg\n"
    assert find_separator(data.encode(), Path("t.csv")) == ";"


def test_declared_separator_wins(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a;b\n1,5;2\n")
    assert open_table(path, ["b"], separator=";").texts("b").to_pylist() == ["2"]
    with pytest.raises(InputError, match="column 'b' does not exist"):
        open_table(path, ["b"], separator="\t")


def test_single_column_and_quoted_line_breaks(tmp_path: Path):
    one = write_text(tmp_path, "one.csv", "key\nA\nB\n")
    assert open_table(one, ["key"]).texts("key").to_pylist() == ["A", "B"]
    quoted = write_text(
        tmp_path, "q.csv", 'key,nom\nA,"Direction\nrégionale"\nB,"dit ""le Bercail"""\n'
    )
    table = open_table(quoted, ["key", "nom"])
    assert table.texts("nom").to_pylist() == ["Direction\nrégionale", 'dit "le Bercail"']
    assert table.find_place(1).endswith("q.csv:4")


@pytest.mark.parametrize("compress,suffix", [(gzip, "gz"), (bz2, "bz2"), (lzma, "xz")])
def test_compressed_and_cut_off(tmp_path: Path, compress, suffix: str):
    path = tmp_path / f"t.csv.{suffix}"
    data = compress.compress(("a,b\n" + "1,é\n" * 5000).encode())
    path.write_bytes(data)
    assert open_table(path, ["b"]).n_rows == 5000
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"t\.csv\.\w+: the compressed data is cut off"):
        open_table(path, ["b"])
    path.write_bytes(data[:8])
    with pytest.raises(InputError, match=r"cut off|damaged"):
        open_table(path, ["b"])


def test_compression_is_found_from_the_content(tmp_path: Path):
    plain_name = tmp_path / "t.csv"
    plain_name.write_bytes(gzip.compress(TABLE.encode()))
    assert open_table(plain_name, ["code"]).n_rows == 2
    fake = write_text(tmp_path, "fake.csv.gz", TABLE)
    with pytest.raises(InputError, match="is not gzip data"):
        open_table(fake, ["code"])


def test_latin_1_is_read_with_a_doubt(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", TABLE, "latin-1")
    findings = Findings()
    read_table(TableSource(file=path), ["nom"], findings)
    assert findings.count("encoding_in_doubt") == 1
    assert "t.csv:2" in findings.examples("encoding_in_doubt")[0]


def test_oe_of_iso_8859_15(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a,b\n1,Sacré-Cœur\n", "iso-8859-15")
    assert open_table(path, ["b"]).texts("b").to_pylist() == ["Sacré-Cœur"]


def test_mixed_encodings_name_a_line_of_each(tmp_path: Path):
    lines = ["a,b", "1,Évisa", "2,plain", "3,Zévaco"]
    data = b"\n".join(line.encode("latin-1" if line.startswith("3") else "utf-8") for line in lines)
    path = tmp_path / "t.csv"
    path.write_bytes(data + b"\n")
    with pytest.raises(InputError, match="mixed encodings: line 2 is UTF-8 and line 4 is not"):
        open_table(path, ["a", "b"])
    with pytest.raises(InputError, match="mixed encodings"):
        open_table(path, ["a", "b"], encoding="utf-8")
    # Declared, it is the user's word; the accents of the other lines are lost to her.
    assert open_table(path, ["b"], encoding="latin-1").texts("b").to_pylist()[2] == "Zévaco"


def test_declared_encoding_that_does_not_fit(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", TABLE, "latin-1")
    with pytest.raises(InputError, match=r"t\.csv:2: byte 0xe9 is not UTF-8"):
        open_table(path, ["nom"], encoding="utf-8")
    with pytest.raises(InputError, match=r"byte 0xe9 is not ascii"):
        open_table(path, ["nom"], encoding="ascii")


def test_utf_8_declared_as_latin_1_is_doubted(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", TABLE)
    findings = Findings()
    read_table(TableSource(file=path, encoding="latin-1"), ["nom"], findings)
    assert "valid UTF-8" in findings.examples("encoding_in_doubt")[0]


def test_latin_1_that_ends_with_an_accent(tmp_path: Path):
    for text in ("a,b\n1,café", "a,b\n1,café\n", "a,b\n1,é\nx,y\n"):
        path = write_text(tmp_path, "t.csv", text, "latin-1")
        assert "é" in open_table(path, ["b"]).texts("b").to_pylist()[0]


def test_text_cut_inside_a_character(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,é".encode()[:-1])
    with pytest.raises(InputError, match="ends inside a character"):
        open_table(path, ["a"])


def test_long_utf_8_across_chunks_is_valid(tmp_path: Path):
    data = ("a,b\n" + "1,é\n" * 4_000_000).encode()
    assert to_utf8(data, Path("t.csv")).encoding == "utf-8"
    broken = data + b"2,\xe9x\n" + b"3,x\n" * 10
    with pytest.raises(InputError, match="line 4000002 is not"):
        to_utf8(broken, Path("t.csv"))


def test_binary_and_zero_bytes(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,\x00\n")
    with pytest.raises(InputError, match=r"t\.csv:2: holds a zero byte"):
        open_table(path, ["a"])
    path.write_bytes(b"a,b\n1,\x8f\xff\n")
    with pytest.raises(InputError, match="neither UTF-8 nor Latin-1"):
        open_table(path, ["a"])


def test_files_that_are_no_files(tmp_path: Path):
    with pytest.raises(IoError, match="is a directory, expected a file"):
        open_table(tmp_path, ["a"])
    with pytest.raises(IoError, match="does not exist"):
        open_table(tmp_path / "none.csv", ["a"])
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(IoError, match="is a directory"):
        open_table(tmp_path / "d.csv", ["a"])


@pytest.mark.parametrize("content", ["", "\n\n", "   \n"])
def test_empty_file(tmp_path: Path, content: str):
    path = write_text(tmp_path, "t.csv", content)
    with pytest.raises(InputError, match=r"is empty|has no header"):
        open_table(path, ["a"])


def test_header_only(tmp_path: Path):
    path = write_text(tmp_path, "t.csv", "a,b\n")
    with pytest.raises(InputError, match="has a header and no rows"):
        open_table(path, ["a"])


def test_too_large_even_when_compressed(tmp_path: Path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" * 1_000_000))
    with pytest.raises(InputError, match="more than 1000 bytes"):
        read_bytes(path, max_bytes=1000)
    plain = write_text(tmp_path, "t.csv", "a\n" * 1000)
    with pytest.raises(InputError, match="has 2000 bytes, expected at most 1000"):
        read_bytes(plain, max_bytes=1000)
