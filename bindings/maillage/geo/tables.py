"""Reads any table text-first: CSV, Parquet, what GDAL opens, and data frames.

`read_table(source, columns, findings)` gives a `Table`: the wanted columns with codes left
as text, and for every row the place in its file, so that an error can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from maillage.config_sections import TableSource
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.arrow_compute import pc
from maillage.geo.csv_text import find_line, open_csv, read_columns
from maillage.geo.gdal_files import GeometryUse, Layer, Wanted, read_layer, read_parquet
from maillage.geo.table_numbers import Numbers, NumberWords, parse_numbers
from maillage.geo.text_files import check_file, read_bytes, to_utf8

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
PARQUET_SUFFIXES = (".parquet", ".geoparquet", ".pq")
_COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz")
_N_EXAMPLE_ROWS = 3


@dataclass(frozen=True)
class NumberRule:
    """What a number must be: limits (inclusive), and whether it may be absent or secret."""

    low: float | None = None
    high: float | None = None
    whole: bool = False
    absent: Literal["error", "nan"] = "error"
    secret: Literal["error", "nan"] = "error"

    @property
    def expected(self) -> str:
        """The rule in words."""
        what = "a whole number" if self.whole else "a number"
        if self.low is not None and self.high is not None:
            return f"{what} in {self.low:g}..{self.high:g}"
        if self.low is not None:
            return f"{what} >= {self.low:g}"
        return what if self.high is None else f"{what} <= {self.high:g}"


@dataclass(frozen=True)
class Table:
    """Wanted columns of one file, n_rows x n_columns, with the place of every row.

    `geometry` holds shapely objects (None where a row has none) in `crs`, when asked for.
    """

    name: str
    columns: pa.Table
    rows: np.ndarray  # int64: position in the file of every row kept
    to_place: Callable[[int], str]  # position in the file -> `counters.csv:18`
    words: NumberWords = field(default_factory=NumberWords)
    geometry: np.ndarray | None = None
    crs: Any = None

    @property
    def n_rows(self) -> int:
        """Rows kept after `where`."""
        return self.columns.num_rows

    def find_place(self, row: int) -> str:
        """File and line (or row) of one row, for messages."""
        return self.to_place(int(self.rows[row]))

    def texts(self, column: str) -> pa.ChunkedArray:
        """A column as trimmed text; null where the cell is empty or blank.

        Numbers that are whole lose their `.0`, so that a code read from a spreadsheet
        stays a code.
        """
        return to_text(self.columns.column(column), self.name, column)

    def series(self, column: str | None) -> pd.Series:
        """A column as pandas text; all missing when the column is None."""
        if column is None:
            return pd.Series([None] * self.n_rows, dtype="str")
        return self.texts(column).to_pandas().astype("str")

    def key(self, columns: Sequence[str]) -> pa.ChunkedArray:
        """The columns joined with `_`; an empty part is an InputError naming the row."""
        parts = [self.texts(column) for column in columns]
        for column, part in zip(columns, parts, strict=True):
            if part.null_count:
                row = int(np.argmax(np.array(part.is_null().to_numpy())))
                raise self.error(row, column, None, "a key")
        if len(parts) == 1:
            return parts[0]
        return pc.binary_join_element_wise(*parts, "_")

    def numbers(self, column: str, rule: NumberRule) -> Numbers:
        """A column as numbers that keep the rule.

        The first row that does not is an InputError with file, row, field, value and what
        was expected, and the number of rows like it.
        """
        cells = self.columns.column(column)
        try:
            numbers = parse_numbers(cells, self.words)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            message = f"{self.name}: column {column!r} holds {cells.type}, expected numbers"
            raise InputError(message) from error
        if numbers.wrong.any():
            expected = rule.expected
            if numbers.ambiguous:
                expected = 'decimal = "," or decimal = "." in the section of this table'
            raise self.rows_error(numbers.wrong, column, expected)
        if rule.absent == "error" and numbers.absent.any():
            raise self.rows_error(numbers.absent, column, rule.expected)
        if rule.secret == "error" and numbers.secret.any():
            raise self.rows_error(numbers.secret, column, f"{rule.expected}, not a secret value")
        values = numbers.amounts
        outside = np.zeros(len(values), dtype=bool)
        if rule.low is not None:
            outside |= values < rule.low
        if rule.high is not None:
            outside |= values > rule.high
        if rule.whole:
            outside |= np.isfinite(values) & (values != np.floor(values))
        if outside.any():
            raise self.rows_error(outside, column, rule.expected)
        return numbers

    def error(self, row: int, column: str, value: Any, expected: str) -> InputError:
        """The error about one cell: `counters.csv:18: lat is 248.85, expected -90..90`."""
        shown = "empty" if value is None else to_shown(value)
        return InputError(f"{self.find_place(row)}: {column} is {shown}, expected {expected}")

    def rows_error(self, bad: np.ndarray, column: str, expected: str) -> InputError:
        """The error about all rows of a mask: the first in full, the number of the others."""
        first = int(np.argmax(bad))
        value = self.columns.column(column)[first].as_py()
        if isinstance(value, str) and not value.strip():
            value = None
        error = self.error(first, column, value, expected)
        n_more = int(bad.sum()) - 1
        if n_more == 0:
            return error
        return InputError(f"{error} (and {n_more} more row{'s' if n_more > 1 else ''} like it)")

    def keep(self, mask: np.ndarray) -> Table:
        """The table of the rows where the mask is true."""
        return replace(
            self,
            columns=self.columns.filter(pa.array(mask)),
            rows=self.rows[mask],
            geometry=None if self.geometry is None else self.geometry[mask],
        )


def to_shown(value: Any) -> str:
    """A cell in a message: numbers as they stand, text in quotes, long text cut."""
    if not isinstance(value, str):
        return f"{value}"
    text = value.strip()
    try:
        float(text.replace(",", "."))
    except ValueError:
        return repr(text if len(text) <= 80 else f"{text[:77]}...")
    return text


def to_text(column: pa.ChunkedArray, name: str, label: str) -> pa.ChunkedArray:
    """A column of any type as trimmed text, null where it is empty."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = pc.cast(column, kind.value_type)
        kind = column.type
    if pa.types.is_floating(kind):
        with suppress(pa.ArrowInvalid):  # some are not whole: they stay as they are written
            column = pc.cast(pc.if_else(pc.is_nan(column), None, column), pa.int64())
    try:
        text = pc.cast(column, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"{name}: column {label!r} holds {kind}, expected text") from error
    text = pc.utf8_trim_whitespace(text)
    if pc.any(pc.equal(text, "")).as_py():
        text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return text


def read_table(
    source: TableSource,
    columns: Sequence[str],
    findings: Findings,
    geometry: GeometryUse = "none",
    *,
    optional: Sequence[str] = (),
) -> Table:
    """The named columns of a file, in the order of the file, after its `where` filters.

    Columns of `optional` are read where the file has them. Unknown columns are an
    InputError with the near names. Rows where every column read is empty, such as the tail
    of a spreadsheet, are set aside with a finding `empty_row`. A filter that keeps no row is an
    InputError with the values there are.
    """
    assert source.file is not None, "the schema asks for a file"
    wanted = Wanted(list(dict.fromkeys([*columns, *source.where])), optional, geometry)
    path = source.file
    check_file(path)
    if find_form(path) == "text":
        if geometry == "required":
            raise InputError(f"{path}: has no geometry, expected columns for the coordinates")
        table = _read_text(source, path, wanted, findings)
    else:
        table = _read_other(source, path, wanted, findings)
    table = _set_aside_empty(table, findings)
    for column, values in source.where.items():
        table = _keep_where(table, column, values)
    return table


def find_form(path: Path) -> str:
    """`text`, `parquet` or `layer` (GDAL), from the name without its compression."""
    name = path.name.lower()
    for suffix in _COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    if name.endswith(TEXT_SUFFIXES):
        return "text"
    return "parquet" if name.endswith(PARQUET_SUFFIXES) else "layer"


def _read_text(source: TableSource, path: Path, wanted: Wanted, findings: Findings) -> Table:
    decoded = to_utf8(read_bytes(path), path, source.encoding)
    if decoded.doubt:
        findings.add("encoding_in_doubt", decoded.doubt)
    text = open_csv(path, decoded.data, source.separator, source.skip_rows)
    columns = read_columns(text, wanted.find_columns(text.header))
    if columns.num_rows == 0:
        raise InputError(f"{path}: has a header and no rows, expected at least one row")
    n_rows = columns.num_rows
    return Table(
        name=str(path),
        columns=columns,
        rows=np.arange(columns.num_rows, dtype=np.int64),
        to_place=lambda row: f"{path}:{find_line(text, row, n_rows)}",
        words=NumberWords(
            source.decimal, source.secret, source.zero, comma_is_plain=text.separator != ","
        ),
    )


def _read_other(source: TableSource, path: Path, wanted: Wanted, findings: Findings) -> Table:
    reader = read_parquet if find_form(path) == "parquet" else read_layer
    layer: Layer = reader(source, wanted)
    for warning in layer.warnings:
        findings.add("layer_warning", f"{path}: {warning}")
    if layer.columns.num_rows == 0:
        raise InputError(f"{layer.name}: has no rows, expected at least one")
    first = layer.first_row
    return Table(
        name=layer.name,
        columns=layer.columns,
        rows=np.arange(layer.columns.num_rows, dtype=np.int64),
        to_place=lambda row: f"{layer.name}, row {row + first}",
        words=NumberWords(source.decimal, source.secret, source.zero),
        geometry=layer.geometry,
        crs=layer.crs,
    )


def to_table(
    frame: pd.DataFrame, name: str, columns: Sequence[str], *, optional: Sequence[str] = ()
) -> Table:
    """The named columns of a data frame as a table called `name` in messages.

    Columns of `optional` are taken where the frame has them. Columns of mixed types
    (numbers and texts as ids) become text.
    """
    known = [str(column) for column in frame.columns]
    problems = []
    for column in columns:
        if known.count(column) != 1:
            hint = to_hint(column, known) if column not in known else ", more than once"
            problems.append(f"column {column!r} does not exist{hint}")
    if problems:
        raise InputError.of_problems(name, problems)
    arrays: dict[str, pa.ChunkedArray] = {}
    for column in Wanted(columns, optional).find_columns(known):
        series = frame.iloc[:, known.index(column)]
        try:
            array = pa.array(series, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            array = pa.array(series.map(str, na_action="ignore"), pa.string(), from_pandas=True)
        arrays[column] = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return Table(
        name=name,
        columns=pa.table(arrays),
        rows=np.arange(len(frame), dtype=np.int64),
        to_place=lambda row: f"{name}, row {row + 1}",
    )


def _set_aside_empty(table: Table, findings: Findings) -> Table:
    if table.columns.num_columns < 2 or table.geometry is not None:
        return table
    # Most tables have a full column: one look at its null count settles it.
    if any(column.null_count == 0 for column in table.columns.columns):
        return table
    empty = np.ones(table.n_rows, dtype=bool)
    for column in table.columns.columns:
        empty &= np.array(column.is_null().to_numpy(), dtype=bool)
    if not empty.any():
        return table
    rows = np.flatnonzero(empty)
    findings.add_all("empty_row", (table.find_place(int(row)) for row in rows), len(rows))
    if len(rows) == table.n_rows:
        raise InputError(f"{table.name}: has only empty rows, expected at least one row")
    return table.keep(~empty)


def _keep_where(table: Table, column: str, values: Sequence[str]) -> Table:
    texts = table.texts(column)
    mask = pc.is_in(texts, value_set=pa.array(list(values), pa.string()))
    for start in (value[:-1] for value in values if value.endswith("*")):
        mask = pc.or_(mask, pc.starts_with(texts, pattern=start))
    mask = pc.fill_null(mask, False)
    kept = table.keep(np.array(mask.to_numpy(), dtype=bool))
    if kept.n_rows == 0:
        wanted = " or ".join(repr(value) for value in values)
        found = [value for value in pc.unique(texts).to_pylist() if value is not None]
        hint = to_hint(values[0] if values else "", found)
        raise InputError(f"{table.name}: no row has {column} = {wanted}{hint}")
    return kept
