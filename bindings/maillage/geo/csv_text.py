"""CSV text to columns of text, and from a row back to its line in the file.

`CsvText` holds the UTF-8 text of one table with its header and separator;
`read_columns` reads the wanted columns as text, `find_line` is for error messages.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from maillage.errors import InputError, to_hint
from maillage.geo.text_files import find_separator, line_at

_HEADER_SEARCH_ROWS = 30


@dataclass(frozen=True)
class CsvText:
    """One table as text: `data` begins with the first row below the header."""

    path: Path
    data: bytes
    header: list[str]
    separator: str
    n_lines_above: int  # lines of the file before `data`, the header among them


def open_csv(path: Path, data: bytes, separator: str | None, skip_rows: int) -> CsvText:
    """Find separator and header; `data` is UTF-8, `skip_rows` lines above the header.

    Raises InputError for a file that is over before its header, and for a header without
    any name.
    """
    start = 0
    for _ in range(skip_rows):
        end = data.find(b"\n", start)
        if end < 0:
            raise InputError(f"{path}: has fewer than {skip_rows + 1} lines, expected a header")
        start = end + 1
    body = data[start:] if start else data
    if not body.strip():
        raise InputError(f"{path}: has no header line, expected the names of the columns")
    separator = separator or find_separator(body, path)
    header, n_header_bytes = _read_header(path, body, separator)
    n_lines_above = skip_rows + body.count(b"\n", 0, n_header_bytes)
    return CsvText(path, body[n_header_bytes:], header, separator, n_lines_above)


def _read_header(path: Path, body: bytes, separator: str) -> tuple[list[str], int]:
    """The names, trimmed, and the number of bytes up to the first row."""
    end = 0
    while True:
        newline = body.find(b"\n", end)
        end = len(body) if newline < 0 else newline + 1
        text = body[:end].decode("utf-8")
        # A quoted name may go over several lines; blank lines above the header are passed.
        if (text.strip() and text.count('"') % 2 == 0) or end == len(body):
            break
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except csv.Error as error:
        raise InputError(f"{path}: the header cannot be read: {error}") from error
    header = [" ".join(name.split("\n")).strip() for name in rows[0]]
    if len(rows) != 1 or not any(header):
        raise InputError(f"{path}: the header has no names, expected the names of the columns")
    return header, end


def find_columns(text: CsvText, names: Sequence[str]) -> list[int]:
    """Positions of the named columns; unknown and repeated names are one InputError."""
    problems = []
    for name in names:
        n_found = text.header.count(name)
        if n_found == 0:
            hint = _find_header_line(text, name) or to_hint(name, [n for n in text.header if n])
            problems.append(f"column {name!r} does not exist{hint}")
        elif n_found > 1:
            problems.append(f"column {name!r} exists {n_found} times, expected it once")
    if problems:
        raise InputError.of_problems(str(text.path), problems)
    return [text.header.index(name) for name in names]


def _find_header_line(text: CsvText, name: str) -> str | None:
    """A hint when the name stands a few rows further down, below title lines."""
    for n_row, (line, row) in enumerate(_records(text, strict=False)):
        if n_row >= _HEADER_SEARCH_ROWS:
            return None
        if name in [cell.strip() for cell in row]:
            return f"; line {line} has it: are these title lines, skip_rows = {line - 1}?"
    return None


def read_columns(text: CsvText, names: Sequence[str]) -> pa.Table:
    """The named columns as text, n_rows x n_names; empty cells are null.

    Blank lines are no rows. A row with too many or too few cells, or a quote that is never
    closed, is an InputError with the line.
    """
    positions = find_columns(text, names)
    if not text.data.strip():
        return pa.table({name: pa.array([], pa.string()) for name in names})
    internal = [str(i) for i in range(len(text.header))]
    has_quotes = b'"' in text.data
    if has_quotes and text.data.count(b'"') % 2 == 1:
        _check_rows(text)
    try:
        table = pyarrow.csv.read_csv(
            pa.py_buffer(text.data),
            read_options=pyarrow.csv.ReadOptions(column_names=internal, block_size=1 << 24),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=text.separator, newlines_in_values=has_quotes
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=[internal[p] for p in positions],
                column_types={internal[p]: pa.string() for p in positions},
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        _check_rows(text)
        raise InputError(f"{text.path}: cannot be read as a table: {error}") from error
    return table.rename_columns(list(names))


def _check_rows(text: CsvText) -> None:
    """Raise InputError at the first row whose number of cells is not the header's."""
    n_expected = len(text.header)
    for line, row in _records(text):
        if len(row) != n_expected:
            raise InputError(
                f"{text.path}:{line}: has {len(row)} cells, expected {n_expected} "
                f"as in the header (separator {text.separator!r})"
            )


def _records(text: CsvText, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Every row with the line of the file on which it begins."""
    lines = io.TextIOWrapper(io.BytesIO(text.data), encoding="utf-8", newline="\n")
    reader = csv.reader(lines, delimiter=text.separator, strict=strict)
    limit = csv.field_size_limit(max(len(text.data), 1))
    line = text.n_lines_above + 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = text.n_lines_above + reader.line_num + 1
    except csv.Error as error:
        reason = str(error)
        if "unexpected end" in reason:
            reason = "a quote is opened here and never closed"
        raise InputError(f"{text.path}:{line}: {reason}, expected a row of cells") from error
    finally:
        csv.field_size_limit(limit)


def find_line(text: CsvText, row: int, n_rows: int) -> int:
    """The 1-based line of the file on which a row (0-based, of `n_rows`) begins.

    Where every line is a row that is a sum; else the file is read up to there, which is for
    messages and not for loops.
    """
    n_lines = text.data.count(b"\n") + (not text.data.endswith(b"\n"))
    if n_lines == n_rows and b"\n\n" not in text.data and not text.data.startswith(b"\n"):
        return text.n_lines_above + row + 1
    for n_row, (line, _) in enumerate(_records(text, strict=False)):
        if n_row == row:
            return line
    return line_at(text.data, len(text.data)) + text.n_lines_above
