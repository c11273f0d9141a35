"""The files of a GTFS feed, in a zip archive or a folder, each as a `Table` of text.

`open_feed(path)`   finds the files, in the archive or folder itself or in one folder below
`FeedFiles.read`    one file of it as a table: the wanted columns, the place of every row

Nothing is unpacked onto the disk. An archive that is cut off, locked or swells beyond
measure is an InputError.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from maillage.errors import InputError, IoError
from maillage.findings import Findings
from maillage.geo.csv_text import CsvText, find_columns, find_line, open_csv, read_columns
from maillage.geo.table_numbers import NumberWords
from maillage.geo.tables import Table
from maillage.geo.text_files import MAX_FILE_BYTES, check_file, read_bytes, to_utf8

REQUIRED_FILES = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
CALENDAR_FILES = ("calendar.txt", "calendar_dates.txt")
OPTIONAL_FILES = ("transfers.txt", "frequencies.txt", "feed_info.txt", "pathways.txt")
GTFS_FILES = (*REQUIRED_FILES, *CALENDAR_FILES, *OPTIONAL_FILES)

# Timetables shrink to a tenth, seldom to a thirtieth. What is both larger than this and
# shrinks more than this is made to fill a memory.
MAX_UNDOUBTED_BYTES = 256 * 1024**2
MAX_COMPRESSION = 100

_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip
_N_SHOWN_FILES = 12
_N_CHUNK_BYTES = 1 << 24


@dataclass(frozen=True)
class FeedFiles:
    """Where the files of one feed are: by their GTFS names, in lower case."""

    path: Path
    members: dict[str, str]  # `stops.txt` -> name in the archive, or path in the folder
    is_zip: bool

    def has(self, name: str) -> bool:
        """Whether the feed has this file."""
        return name in self.members

    def to_name(self, name: str) -> Path:
        """What a file is called in messages: `nantes.zip/stops.txt`."""
        return self.path / self.members.get(name, name)

    def read(
        self, name: str, required: Sequence[str], optional: Sequence[str], findings: Findings
    ) -> Table:
        """One file as text: the required columns, and the optional ones that it has.

        A file without rows is a table without rows and a finding `empty_file`; rows with
        cells missing at the end, or empty ones too many, are a finding `ragged_row`.
        """
        shown = self.to_name(name)
        decoded = to_utf8(self._read_bytes(name), shown)
        if decoded.doubt:
            findings.add("encoding_in_doubt", decoded.doubt)
        text = _open_text(shown, decoded.data)
        there = [column for column in optional if column in text.header]
        wanted = [*required, *there]
        find_columns(text, wanted)  # what is missing is said before rows are mended
        try:
            columns = read_columns(text, wanted)
        except InputError:
            text = _mend_rows(text, findings)
            columns = read_columns(text, wanted)
        n_rows = columns.num_rows
        if n_rows == 0:
            findings.add("empty_file", f"{shown}: has no rows")
        return Table(
            name=str(shown),
            columns=columns,
            rows=np.arange(n_rows, dtype=np.int64),
            to_place=lambda row: f"{shown}:{find_line(text, row, n_rows)}",
            words=NumberWords(decimal=".", secret=()),
        )

    def _read_bytes(self, name: str) -> bytes:
        if not self.is_zip:
            return read_bytes(Path(self.members[name]))
        return _read_member(self.path, self.members[name])

    def check_files(self) -> None:
        """Raises InputError when a file is missing that no feed can be without."""
        missing = [name for name in REQUIRED_FILES if not self.has(name)]
        if not any(self.has(name) for name in CALENDAR_FILES):
            missing.append(" or ".join(CALENDAR_FILES))
        if missing:
            there = ", ".join(sorted(self.members)) or "nothing of a feed"
            raise InputError(f"{self.path}: {', '.join(missing)} is missing, it has {there}")


def open_feed(path: Path) -> FeedFiles:
    """Finds the files of a feed in a zip archive or a folder.

    They may stand in one folder below; several feeds in one archive are an InputError with
    their folders. Upper and lower case count as the same in the names of files.
    """
    if path.is_dir():
        names = [str(p) for p in sorted(path.rglob("*")) if p.is_file()]
        return FeedFiles(path, _find_members(path, names), is_zip=False)
    check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except _ZIP_ERRORS as error:
        raise InputError(
            f"{path}: is no zip archive or is cut off ({error}), expected a GTFS feed as a zip "
            "archive or a folder"
        ) from error
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {error.strerror or error}") from error
    return FeedFiles(path, _find_members(path, names), is_zip=True)


def _find_members(path: Path, names: Iterable[str]) -> dict[str, str]:
    """The files of a feed by their GTFS names, from the folder that holds the most of them."""
    folders: dict[str, dict[str, str]] = {}
    others: list[str] = []
    for name in names:
        member = PurePosixPath(name.replace("\\", "/"))
        others.append(member.name)
        if "__MACOSX" in member.parts or member.name.lower() not in GTFS_FILES:
            continue
        found = folders.setdefault(str(member.parent), {})
        if member.name.lower() in found:
            raise InputError(f"{path}: has {member.name} twice, expected it once")
        found[member.name.lower()] = name
    feeds = {folder: found for folder, found in folders.items() if "stop_times.txt" in found}
    if len(feeds) > 1:
        inside = ", ".join(sorted(feeds))
        raise InputError(f"{path}: has feeds in several folders ({inside}), expected one feed")
    if not folders:
        shown = ", ".join(sorted(others)[:_N_SHOWN_FILES]) or "nothing"
        hint = (
            "; unpack the archives in it" if any(n.lower().endswith(".zip") for n in others) else ""
        )
        raise InputError(f"{path}: has no file of a GTFS feed, it has {shown}{hint}")
    return next(iter(feeds.values()), max(folders.values(), key=len))


def _read_member(path: Path, member: str) -> bytes:
    shown = path / member
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(member)
            _check_size(shown, info)
            with archive.open(info) as file:
                return _read_all(file, shown, info.file_size)
    except InputError:
        raise
    except _ZIP_ERRORS as error:
        raise InputError(
            f"{shown}: cannot be unpacked, is it cut off or locked? {error}"
        ) from error
    except OSError as error:
        raise IoError(f"{shown}: cannot be read: {error.strerror or error}") from error


def _read_all(file: IO[bytes], shown: Path, n_bytes: int) -> bytes:
    parts: list[bytes] = []
    n_read = 0
    while part := file.read(_N_CHUNK_BYTES):
        parts.append(part)
        n_read += len(part)
        if n_read > n_bytes:
            raise InputError(f"{shown}: unpacks to more than the {n_bytes} bytes it declares")
    if n_read == 0:
        raise InputError(f"{shown}: is empty, expected a header and rows")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _check_size(shown: Path, info: zipfile.ZipInfo) -> None:
    size = info.file_size
    ratio = size / max(info.compress_size, 1)
    if size > MAX_FILE_BYTES:
        raise InputError(f"{shown}: unpacks to {size} bytes, expected at most {MAX_FILE_BYTES}")
    if size > MAX_UNDOUBTED_BYTES and ratio > MAX_COMPRESSION:
        raise InputError(
            f"{shown}: unpacks to {size} bytes, {ratio:.0f} times its size in the archive, "
            f"expected at most {MAX_COMPRESSION} times: it looks like a zip bomb"
        )


def _open_text(shown: Path, data: bytes) -> CsvText:
    """Header and rows; the separator is the comma of the standard where the header has one."""
    header = data.lstrip()[: 1 << 16].split(b"\n", 1)[0]
    return open_csv(shown, data, "," if b"," in header else None, 0)


def _mend_rows(text: CsvText, findings: Findings) -> CsvText:
    """The rows with as many cells as the header: missing ones at the end are empty, and empty
    ones too many go. A row with a value too many, or an open quote, is an InputError.
    """
    n_cells = len(text.header)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=text.separator, lineterminator="\n")
    lines = io.StringIO(text.data.decode("utf-8"), newline="\n")
    reader = csv.reader(lines, delimiter=text.separator, strict=True)
    line = text.n_lines_above + 1
    limit = csv.field_size_limit(max(len(text.data), 1))
    try:
        for row in reader:
            if row and len(row) != n_cells:
                said = f"{text.path}:{line}: has {len(row)} cells, expected {n_cells}"
                if any(cell.strip() for cell in row[n_cells:]):
                    raise InputError(f"{said} as in the header")
                findings.add("ragged_row", said)
                row = (row + [""] * n_cells)[:n_cells]
            # Lines stay lines, so that a row is found again where it is in the file.
            writer.writerow(row) if row else out.write("\n")
            line = text.n_lines_above + reader.line_num + 1
    except csv.Error as error:
        reason = str(error)
        if "unexpected end" in reason:
            reason = "a quote is opened here and never closed"
        raise InputError(f"{text.path}:{line}: {reason}, expected a row of cells") from error
    finally:
        csv.field_size_limit(limit)
    return CsvText(
        text.path, out.getvalue().encode("utf-8"), text.header, text.separator, text.n_lines_above
    )
