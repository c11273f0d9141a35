"""A whole territory from files: what is handed over, in which order, and every bad input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reader_files import write_territory

from maillage.errors import InputError, IoError, MaillageError
from maillage.geo.inputs import read_inputs


def test_what_is_handed_over(tmp_path: Path):
    inputs = read_inputs(write_territory(tmp_path))
    assert inputs.places.columns.tolist() == ["place", "name", "lon", "lat", "commune"]
    assert inputs.places["place"].tolist() == ["P1", "P2", "P3", "P4"]
    assert inputs.persons.shape == inputs.car_share.shape == (4, 2)
    assert inputs.persons.dtype == inputs.car_share.dtype == np.float64
    assert inputs.connectivity.shape == (4, 5)
    assert inputs.counters["key"].tolist() == ["K1", "K2"]
    assert inputs.counter_levels.tolist() == [[2, 1], [1, 0]]
    assert inputs.services == ["post", "bank"]
    assert inputs.zonings["commune"].codes == ["2A001", "2B002"]
    assert inputs.config.name == "Essai"
    assert not inputs.findings


def test_order_of_rows_changes_only_the_order_of_rows(tmp_path: Path):
    path = write_territory(tmp_path)
    first = read_inputs(path)
    frame = pd.read_csv(tmp_path / "places.csv", dtype=str)
    frame.iloc[::-1].to_csv(tmp_path / "places.csv", index=False)
    second = read_inputs(path)
    assert second.places["place"].tolist() == first.places["place"].tolist()[::-1]
    assert (second.persons == first.persons[::-1]).all()
    assert (
        second.zonings["commune"].area_of_place == first.zonings["commune"].area_of_place[::-1]
    ).all()
    assert second.groups.equals(first.groups)


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.xz", ".parquet", ".xlsx", ".gpkg", ".tsv"])
def test_the_same_territory_from_other_formats(tmp_path: Path, suffix: str):
    path = write_territory(tmp_path)
    plain = read_inputs(path)
    frame = pd.read_csv(tmp_path / "places.csv", dtype=str)
    other = tmp_path / f"places{suffix}"
    if suffix == ".parquet":
        frame.astype({"young": float, "old": float}).to_parquet(other)
    elif suffix in (".xlsx", ".gpkg"):
        import pyogrio

        pyogrio.write_dataframe(frame, other)
    else:
        frame.to_csv(other, index=False, sep="\t" if suffix == ".tsv" else ",")
    path.write_text(path.read_text().replace('"places.csv"', f'"places{suffix}"'))
    read = read_inputs(path)
    assert read.places.drop(columns="name").equals(plain.places.drop(columns="name"))
    assert (read.persons == plain.persons).all()


def test_relative_paths_are_seen_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_territory(tmp_path)
    monkeypatch.chdir(tmp_path.parent)
    inputs = read_inputs(Path(tmp_path.name) / "territory.toml")
    assert inputs.path == Path(tmp_path.name) / "territory.toml"
    (tmp_path / "places.csv").write_text("id\n")
    with pytest.raises(InputError, match=rf"^{tmp_path.name}/places\.csv: "):
        read_inputs(Path(tmp_path.name) / "territory.toml")


def test_territory_without_coordinates_of_some_places(tmp_path: Path):
    places = "id,nom,lon,lat,commune,young,old\nP1,a,9.1,42.1,A,1,1\nP2,b,,,A,7,7\n"
    inputs = read_inputs(
        write_territory(tmp_path, places=places, places_keys='missing_coordinates = "keep"')
    )
    assert inputs.persons.sum() == 16
    assert inputs.places["lon"].isna().tolist() == [False, True]


HEADER = "id,nom,lon,lat,commune,young,old\n"
BAD_PLACES = {
    "empty": b"",
    "header_only": HEADER.encode(),
    "wrong_columns": b"identifiant,x,y\n1,2,3\n",
    "ragged": HEADER.encode() + b"P1,a,9.1,42.1,A,1\n",
    "mixed_encodings": (HEADER + "P1,é,9.1,42.1,A,1,1\n").encode()
    + "P2,é,9,42,A,1,1\n".encode("latin-1"),
    "nan_coordinates": HEADER.encode() + b"P1,a,NaN,NaN,A,1,1\n",
    "impossible_coordinates": HEADER.encode() + b"P1,a,42.1,910,A,1,1\n",
    "duplicate_keys": HEADER.encode() + b"P1,a,9.1,42.1,A,1,1\nP1,b,9.1,42.1,A,1,1\n",
    "negative_persons": HEADER.encode() + b"P1,a,9.1,42.1,A,-1,1\n",
    "binary": bytes(range(256)) * 8,
    "open_quote": HEADER.encode() + b'P1,"a,9.1,42.1,A,1,1\n',
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_PLACES)
def test_bad_places_are_one_clear_sentence(tmp_path: Path, case: str):
    path = write_territory(tmp_path)
    (tmp_path / "places.csv").write_bytes(BAD_PLACES[case])
    with pytest.raises(InputError) as raised:
        read_inputs(path)
    message = str(raised.value)
    assert "places.csv" in message
    assert "expected" in message or "did you mean" in message
    assert "Traceback" not in message and "pyarrow" not in message.lower()


BAD_COUNTERS = {
    "empty": "",
    "header_only": "code,nom,lon,lat,type\n",
    "wrong_columns": "key,nom,x,y,kind\nK1,a,9.1,42.1,bureau\n",
    "nan_coordinates": "code,nom,lon,lat,type\nK1,a,nan,42.1,bureau\n",
    "swapped": "code,nom,lon,lat,type\nK1,a,42.1,9.1,bureau\nK2,b,42.2,9.2,agence\n",
    "duplicate_keys": "code,nom,lon,lat,type\nK1,a,9.1,42.1,bureau\nK1,b,9.2,42.1,bureau\n",
    "unknown_kinds": "code,nom,lon,lat,type\nK1,a,9.1,42.1,post\n",
}


@pytest.mark.parametrize("case", BAD_COUNTERS)
def test_bad_counters_are_one_clear_sentence(tmp_path: Path, case: str):
    with pytest.raises(InputError, match=r"(?s)counters\.csv.*(expected|did you mean)"):
        read_inputs(write_territory(tmp_path, counters=BAD_COUNTERS[case]))


def test_directories_and_missing_files(tmp_path: Path):
    path = write_territory(tmp_path)
    (tmp_path / "counters.csv").unlink()
    with pytest.raises(IoError, match=r"counters\.file is 'counters\.csv', which does not exist"):
        read_inputs(path)
    (tmp_path / "counters.csv").mkdir()
    with pytest.raises(IoError, match="which is a directory, expected a file"):
        read_inputs(path)
    with pytest.raises(OSError, match="cannot be read"):
        read_inputs(tmp_path)


def test_every_error_is_of_ours(tmp_path: Path):
    """Damage anywhere in any file gives our error or still a territory, never another one."""
    rng = np.random.default_rng(4)
    path = write_territory(tmp_path)
    contents = {name: (tmp_path / name).read_bytes() for name in ("places.csv", "counters.csv")}
    contents["territory.toml"] = path.read_bytes()
    n_errors = 0
    for _ in range(300):
        name = rng.choice(list(contents))
        data = bytearray(contents[name])
        kind = rng.integers(3)
        where = int(rng.integers(len(data)))
        if kind == 0:
            data[where] = int(rng.integers(256))
        elif kind == 1:
            del data[where : where + int(rng.integers(1, 20))]
        else:
            data = data[:where]
        (tmp_path / name).write_bytes(bytes(data))
        try:
            read_inputs(path)
        except MaillageError as error:
            n_errors += 1
            assert "\n" not in str(error) or "problems:" in str(error)
        (tmp_path / name).write_bytes(contents[name])
    assert n_errors > 100


def test_readers_need_nothing_of_the_engine():
    """Reading is Python alone: it works where the compiled module is not built."""
    code = (
        "import sys, types; package = types.ModuleType('maillage'); "
        f"package.__path__ = [{str(Path(__file__).parents[2] / 'bindings' / 'maillage')!r}]; "
        "sys.modules['maillage'] = package; import maillage.geo.inputs, maillage.geo.road_tables; "
        "assert 'maillage._core' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
