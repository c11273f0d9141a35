"""GTFS feeds as they are packed and written: archives, folders, marks, quotes, order of columns."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from gtfs_feeds import FILES, TUESDAY, to_files, write_feed

from maillage.errors import InputError, IoError
from maillage.geo import gtfs_files
from maillage.geo.gtfs import TransitFeed, read_gtfs


def is_the_plain_one(feed: TransitFeed) -> bool:
    times = feed.stop_times
    return (
        feed.trips["id"].tolist() == ["T1", "T2"]
        and times["stop"].tolist() == [0, 1, 2, 2, 1, 0]
        and times["departure_s"].tolist() == [28800, 28980, 29400, 61200, 61620, 61800]
        and feed.stops["name"].tolist() == ["Bourg", "Pont", "Ville"]
    )


def write_folder(folder: Path, **changes: str | None) -> Path:
    folder.mkdir(parents=True)
    for name, text in to_files(**changes).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("inside", ["", "feed/", "a/b/"])
def test_archive_with_and_without_folders(tmp_path: Path, inside: str):
    feed = read_gtfs([write_feed(tmp_path, inside=inside)], TUESDAY)
    assert is_the_plain_one(feed) and not feed.findings


def test_folders(tmp_path: Path):
    write_folder(tmp_path / "in" / "folder")
    assert is_the_plain_one(read_gtfs([tmp_path / "in" / "folder"], TUESDAY))
    assert is_the_plain_one(read_gtfs([tmp_path / "in"], TUESDAY))
    assert read_gtfs([tmp_path / "in"], TUESDAY).trips["feed"].tolist() == ["in", "in"]


def test_files_of_a_mac_and_capitals(tmp_path: Path):
    path = write_feed(tmp_path, inside="GTFS/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/GTFS/stops.txt", b"\x00\x05\x16\x07")
    assert is_the_plain_one(read_gtfs([path], TUESDAY))
    loud = tmp_path / "LOUD.ZIP"
    with zipfile.ZipFile(loud, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name.upper(), text)
    feed = read_gtfs([loud], TUESDAY)
    assert is_the_plain_one(feed) and feed.trips["feed"].tolist() == ["LOUD", "LOUD"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_marks_and_ends_of_lines(tmp_path: Path, encoding: str, ends: str):
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text.replace("\n", ends).encode(encoding))
    assert is_the_plain_one(read_gtfs([path], TUESDAY))


def test_quotes_order_of_columns_and_columns_we_do_not_know(tmp_path: Path):
    changes = {}
    for name, text in FILES.items():
        lines = [line.split(",")[::-1] for line in text.splitlines()]
        lines[0] = ["x", *lines[0], '"a, b"']
        lines[1:] = [["1", *(f'"{cell}"' for cell in line), '"c, ""d"""'] for line in lines[1:]]
        changes[name.removesuffix(".txt")] = "\r\n".join(map(",".join, lines))
    assert is_the_plain_one(read_gtfs([write_feed(tmp_path, **changes)], TUESDAY))


def test_spaces_around_cells_and_a_quoted_line_break(tmp_path: Path):
    stops = FILES["stops.txt"].replace("Bourg", '"Bourg\n(mairie)"').replace(",45,3", ", 45 , 3 ")
    feed = read_gtfs([write_feed(tmp_path, stops=stops)], TUESDAY)
    assert feed.stops["name"].tolist() == ["Bourg\n(mairie)", "Pont", "Ville"]
    header = FILES["stops.txt"].replace("stop_id,stop_name", " stop_id , stop_name ")
    assert is_the_plain_one(read_gtfs([write_feed(tmp_path, stops=header)], TUESDAY))


def test_latin_1_is_read_with_a_finding(tmp_path: Path):
    path = write_feed(tmp_path, stops=None)
    with zipfile.ZipFile(path, "a") as archive:
        text = FILES["stops.txt"].replace("Pont", "Forêt")
        archive.writestr("stops.txt", text.encode("latin-1"))
    feed = read_gtfs([path], TUESDAY)
    assert feed.stops["name"].tolist() == ["Bourg", "Forêt", "Ville"]
    assert "feed.zip/stops.txt:3" in feed.findings.examples("encoding_in_doubt")[0]


def test_rows_with_cells_missing_or_empty_ones_too_many(tmp_path: Path):
    trips = FILES["trips.txt"].replace("T2,Bourg,1", "T2").replace("T1,Ville,0", "T1,Ville,0,,")
    feed = read_gtfs([write_feed(tmp_path, trips=trips)], TUESDAY)
    assert is_the_plain_one(feed)
    assert feed.trips["headsign"].tolist()[0] == "Ville" and pd.isna(feed.trips["headsign"][1])
    assert feed.trips["direction_id"].tolist() == [0, -1]
    assert feed.findings.count("ragged_row") == 2
    assert feed.findings.examples("ragged_row")[1].endswith("trips.txt:3: has 3 cells, expected 5")
    too_many = FILES["trips.txt"].replace("Ville,0", "Ville,0,1")
    with pytest.raises(InputError, match=r"feed\.zip/trips\.txt:2: has 6 cells, expected 5"):
        read_gtfs([write_feed(tmp_path, trips=too_many)], TUESDAY)


def test_an_open_quote_says_its_line(tmp_path: Path):
    trips = FILES["trips.txt"].replace("Ville,0", '"Ville,0')
    with pytest.raises(InputError, match=r"trips\.txt:2: a quote is opened here and never closed"):
        read_gtfs([write_feed(tmp_path, trips=trips)], TUESDAY)


@pytest.mark.parametrize("name", ["agency", "stops", "routes", "trips", "stop_times"])
def test_a_required_file_that_is_missing(tmp_path: Path, name: str):
    with pytest.raises(InputError, match=rf"feed\.zip: {name}\.txt is missing, it has "):
        read_gtfs([write_feed(tmp_path, **{name: None})], TUESDAY)


def test_no_calendar_at_all(tmp_path: Path):
    words = r"feed\.zip: calendar\.txt or calendar_dates\.txt is missing"
    with pytest.raises(InputError, match=words):
        read_gtfs([write_feed(tmp_path, calendar=None)], TUESDAY)


@pytest.mark.parametrize(
    "file,column",
    [
        ("agency", "agency_timezone"), ("stops", "stop_id"), ("stops", "stop_lat"),
        ("routes", "route_type"), ("trips", "service_id"), ("stop_times", "stop_sequence"),
        ("stop_times", "arrival_time"), ("calendar", "sunday"), ("calendar", "end_date"),
    ],
)  # fmt: skip
def test_a_required_column_that_is_missing(tmp_path: Path, file: str, column: str):
    text = FILES[f"{file}.txt"].replace(column, f"{column}x")
    words = rf"feed\.zip/{file}\.txt: column '{column}' does not exist, did you mean '{column}x'"
    with pytest.raises(InputError, match=words):
        read_gtfs([write_feed(tmp_path, **{file: text})], TUESDAY)


def test_paths_that_are_no_feeds(tmp_path: Path):
    with pytest.raises(IoError, match="does not exist"):
        read_gtfs([tmp_path / "none.zip"], TUESDAY)
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(InputError, match="is no zip archive or is cut off"):
        read_gtfs([tmp_path / "text.zip"], TUESDAY)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.md", "hello")
        archive.writestr("bus.zip", "PK")
    words = r"has no file of a GTFS feed, it has bus\.zip, readme\.md; unpack the archives in it"
    with pytest.raises(InputError, match=words):
        read_gtfs([tmp_path / "other.zip"], TUESDAY)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no file of a GTFS feed, it has nothing"):
        read_gtfs([tmp_path / "empty"], TUESDAY)
    with pytest.raises(InputError, match="gtfs is empty"):
        read_gtfs([], TUESDAY)


def test_two_feeds_in_one_archive(tmp_path: Path):
    path = write_feed(tmp_path, inside="bus/")
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in FILES.items():
            archive.writestr(f"train/{name}", text)
    words = r"has feeds in several folders \(bus, train\), expected one feed"
    with pytest.raises(InputError, match=words):
        read_gtfs([path], TUESDAY)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice(tmp_path: Path):
    path = write_feed(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("stops.txt", FILES["stops.txt"])
    with pytest.raises(InputError, match=r"has stops\.txt twice"):
        read_gtfs([path], TUESDAY)


def test_an_archive_that_is_cut_off_anywhere(tmp_path: Path):
    whole = write_feed(tmp_path).read_bytes()
    path = tmp_path / "cut.zip"
    for n_bytes in range(0, len(whole), 37):
        path.write_bytes(whole[:n_bytes])
        with pytest.raises(InputError, match=r"cut\.zip: is no zip archive or is cut off"):
            read_gtfs([path], TUESDAY)


def test_an_archive_with_any_byte_broken(tmp_path: Path):
    """Whatever byte is wrong: an answer or an error of ours, never another."""
    whole = bytearray(write_feed(tmp_path).read_bytes())
    path = tmp_path / "broken.zip"
    n_errors = 0
    for position in range(0, len(whole), 11):
        broken = whole.copy()
        broken[position] ^= 0x55
        path.write_bytes(bytes(broken))
        try:
            read_gtfs([path], TUESDAY)
        except InputError as error:
            n_errors += 1
            assert "broken.zip" in str(error)
    assert n_errors > 50


def test_a_locked_archive(tmp_path: Path):
    data = bytearray(write_feed(tmp_path).read_bytes())
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    path = tmp_path / "locked.zip"
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"agency\.txt: cannot be unpacked.* password required"):
        read_gtfs([path], TUESDAY)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path):
    path = write_feed(tmp_path, stop_times=None)
    head = FILES["stop_times.txt"].splitlines(keepends=True)[0].encode()
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("stop_times.txt", "w", force_zip64=True) as file,
    ):
        file.write(head)
        for _ in range(300):
            file.write(b"," * (1 << 20))
    assert path.stat().st_size < 2_000_000
    words = r"stop_times\.txt: unpacks to 3\d{8} bytes, \d+ times its size .* zip bomb"
    with pytest.raises(InputError, match=words):
        read_gtfs([path], TUESDAY)


def test_files_beyond_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gtfs_files, "MAX_FILE_BYTES", 100)
    with pytest.raises(InputError, match=r"unpacks to \d+ bytes, expected at most 100"):
        read_gtfs([write_feed(tmp_path)], TUESDAY)


def test_empty_files(tmp_path: Path):
    with pytest.raises(InputError, match=r"stops\.txt: is empty"):
        read_gtfs([write_feed(tmp_path, stops="")], TUESDAY)
    header = FILES["stop_times.txt"].splitlines()[0] + "\n"
    with pytest.raises(InputError, match="no service runs on any day"):
        read_gtfs([write_feed(tmp_path, stop_times=header)], TUESDAY)
    with pytest.raises(InputError, match=r"agency\.txt: has no rows, expected an agency"):
        agency = FILES["agency.txt"].splitlines()[0] + "\n"
        read_gtfs([write_feed(tmp_path, agency=agency)], TUESDAY)
    transfers = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
    feed = read_gtfs([write_feed(tmp_path, transfers=transfers)], TUESDAY)
    assert feed.findings.examples("empty_file")[0].endswith("feed.zip/transfers.txt: has no rows")
