"""Tables with a row a place, or a row an area of a zoning: which row each place takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.arrondissements import ARRONDISSEMENTS, CITY_OF, CODES, to_city_hint
from maillage.geo.arrow_compute import pc
from maillage.geo.keys import check_unique, find_rows
from maillage.geo.places import Places
from maillage.geo.tables import Table
from maillage.geo.zonings import Zoning

# Communes (01004, 2A004, 97105) and IRIS (nine characters): the département comes first.
_COMMUNE = r"^(\d\d|2[AB])(\d{3}|\d{7})$"
MANY_ROWS = 100  # of other départements: a table of the country, not a mistake in some rows
_N_DEPARTMENTS = 10


@dataclass(frozen=True)
class AreaRows:
    """The row of every place, -1 for none; rows from n_rows on are those of `joined`.

    `joined` are cities whose arrondissements have the rows: these rows, one array a city.
    `by_city` (n_places) says which places are arrondissements that take their city's row.
    """

    of_place: np.ndarray
    joined: Sequence[np.ndarray]
    by_city: np.ndarray

    def sum(self, values: np.ndarray) -> np.ndarray:
        """Amounts by row of the table, with the sums of the joined rows after them."""
        return np.append(values, [values[rows].sum() for rows in self.joined])

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Shares by row of the table, with the plain means of the joined rows after them."""
        return np.append(values, [values[rows].mean() for rows in self.joined])

    def take(self, values: np.ndarray) -> np.ndarray:
        """Values by row as values by place, NaN for places without a row."""
        return np.where(self.of_place >= 0, values[np.maximum(self.of_place, 0)], np.nan)


def find_area_rows(
    table: Table,
    key: list[str],
    zoning: Zoning | None,
    places: Places,
    report: tuple[Findings, str],
    *,
    joins: bool = True,
) -> AreaRows:
    """The rows of shares, or of amounts that become shares: cities and their arrondissements fold.

    An arrondissement without a row takes that of its city, a city without one those of its
    arrondissements (only if `joins`); both are findings. Else as `find_row_of_place`.
    """
    found, wanted = _match(table, key, zoning, places)
    keys, rows, joined = found.keys, found.row_of_wanted.copy(), []
    by_city = np.zeros(len(wanted), dtype=bool)
    own = {code: row for row, code in _find_cities(keys)}
    findings, kind = report
    for position, code in _find_cities(wanted):
        if rows[position] >= 0:
            continue
        city = CITY_OF.get(code)
        parts = [own[part] for part in ARRONDISSEMENTS.get(code, ()) if part in own]
        if city is not None and city in own:
            rows[position], by_city[position] = own[city], True
            findings.add("city_for_arrondissement", f"{table.name}: {code} takes the row of {city}")
        elif parts and joins:
            rows[position] = table.n_rows + len(joined)
            joined.append(np.array(parts))
            n, of = len(parts), len(ARRONDISSEMENTS[code])
            words = f"{table.name}: {code} takes {n} of the rows of its {of} arrondissements"
            findings.add("arrondissements_for_city", words)
    used = {int(row) for row in rows[by_city]}.union(*(map(int, r) for r in joined))
    _report(table, key, found, (wanted, zoning), (findings, kind), used)
    if zoning is None:
        return AreaRows(rows, joined, by_city)
    of_place = np.append(rows, -1)[zoning.area_of_place]
    return AreaRows(of_place, joined, np.append(by_city, False)[zoning.area_of_place])


def find_row_of_place(
    table: Table,
    key: list[str],
    zoning: Zoning | None,
    places: Places,
    report: tuple[Findings, str],
) -> np.ndarray:
    """The row of every place; -1 for none. InputError when no key is known.

    Rows of unknown places or areas are findings of the kind that `report` names.
    """
    found, wanted = _match(table, key, zoning, places)
    _report(table, key, found, (wanted, zoning), report, set())
    rows = np.append(found.row_of_wanted, -1)
    return rows[:-1] if zoning is None else rows[zoning.area_of_place]


@dataclass(frozen=True)
class _Match:
    keys: pa.ChunkedArray  # of the table
    unknown: np.ndarray  # rows of the table that nobody wants
    row_of_wanted: np.ndarray  # -1 for none


def _match(
    table: Table, key: list[str], zoning: Zoning | None, places: Places
) -> tuple[_Match, pa.ChunkedArray]:
    keys = table.key(key)
    check_unique(table, "_".join(key), keys)
    wanted = places.key_texts
    if zoning is not None:
        wanted = pa.chunked_array([pa.array(zoning.codes, pa.string())])
    position = find_rows(wanted, keys)
    row_of_wanted = np.full(len(wanted), -1, dtype=np.int64)
    matched = np.flatnonzero(position >= 0)
    row_of_wanted[position[matched]] = matched
    return _Match(keys, np.flatnonzero(position < 0), row_of_wanted), wanted


def _report(
    table: Table,
    key: list[str],
    found: _Match,
    who: tuple[pa.ChunkedArray, Zoning | None],
    report: tuple[Findings, str],
    used: set[int],
) -> None:
    wanted, zoning = who
    what = "a place" if zoning is None else f"an area of zoning {zoning.name!r}"
    unknown = np.array([r for r in found.unknown if int(r) not in used] if used else found.unknown)
    if len(unknown) == table.n_rows:
        first = found.keys[0].as_py()
        raise InputError(
            f"{table.name}: none of its keys such as {first!r} is {what}, expected "
            f"keys such as {wanted[0].as_py()!r}{find_city_hint(found.keys, wanted.to_pylist())}"
        )
    by = (key, found.keys, wanted)
    report_unknown_rows(table, by, unknown, report, lambda code, _: f"{code} is not {what}")


def report_unknown_rows(
    table: Table,
    by: tuple[Sequence[str], pa.ChunkedArray, pa.ChunkedArray],
    unknown: np.ndarray,
    report: tuple[Findings, str],
    to_words: Callable[[str, int], str],
) -> None:
    """A finding for the rows of a table that no place takes, of the kind that `report` names.

    `by` are the columns of the key, the keys of the table, and those wanted. Where the table is
    one of the whole country, the rows of other départements than those of the wanted keys are
    one finding of their own, so that they do not hide the others. `to_words` says what is wrong
    with a code, given its row.
    """
    if not len(unknown):
        return
    columns, keys, wanted = by
    findings, kind = report
    codes = pc.take(keys, pa.array(unknown))
    near, here = unknown, codes
    departments = _find_departments(codes)
    ours = set(pc.unique(_find_departments(wanted)).drop_null().to_pylist())
    elsewhere = np.array([d is not None and d not in ours for d in departments.to_pylist()])
    if ours and elsewhere.sum() >= MANY_ROWS:
        near, here = unknown[~elsewhere], pc.filter(codes, pa.array(~elsewhere))
        counts = Counter(np.array(departments.to_pylist(), dtype=object)[elsewhere].tolist())
        findings.add_all(
            _to_other_kind(kind),
            [_to_summary(table, columns, counts, sorted(ours))],
            int(elsewhere.sum()),
        )
    known = {code for _, code in _find_cities(wanted)}
    examples = (
        f"{table.find_place(int(row))}: {to_words(code, int(row))}"
        + (f": it {hint}" if (hint := to_city_hint(code, known)) else "")
        for row, code in zip(near, here.to_pylist(), strict=True)
    )
    findings.add_all(kind, examples, len(near))


def _find_cities(texts: pa.ChunkedArray) -> list[tuple[int, str]]:
    """Position and code of the cities and arrondissements among some codes."""
    mask = pc.fill_null(pc.is_in(texts, value_set=pa.array(CODES, pa.string())), False)
    rows = np.flatnonzero(np.array(mask.to_numpy(), dtype=bool))
    return [(int(row), texts[int(row)].as_py()) for row in rows]


def _find_departments(codes: pa.ChunkedArray) -> pa.ChunkedArray:
    """The département of every code of a commune or IRIS, null for other codes."""
    two = pc.utf8_slice_codeunits(codes, 0, 2)
    three = pc.utf8_slice_codeunits(codes, 0, 3)
    overseas = pc.is_in(two, value_set=pa.array(["97", "98"]))
    is_code = pc.match_substring_regex(codes, pattern=_COMMUNE)
    return pc.if_else(is_code, pc.if_else(overseas, three, two), pa.scalar(None, pa.string()))


def _to_other_kind(kind: str) -> str:
    for what in ("place", "area"):
        kind = kind.replace(f"unknown_{what}", "other_departements")
    return kind


def _to_summary(
    table: Table, columns: Sequence[str], counts: Counter[str], ours: Sequence[str]
) -> str:
    """How many rows of how many départements, and how to read without them."""
    listed = ", ".join(f"{code}: {n:,}" for code, n in counts.most_common(_N_DEPARTMENTS))
    more = ", ..." if len(counts) > _N_DEPARTMENTS else ""
    hint = ""
    if len(columns) == 1:
        values = ", ".join(f'"{code}*"' for code in ours)
        where = values if len(ours) == 1 else f"[{values}]"
        hint = f'; where = {{ "{columns[0]}" = {where} }} leaves them out'
    return (
        f"{table.name}: {sum(counts.values()):,} rows of {len(counts)} other départements "
        f"({listed}{more}){hint}"
    )


def find_city_hint(keys: pa.ChunkedArray, missing: Iterable[str]) -> str:
    """What to say of missing keys where a table has the other form of their city; else nothing."""
    known = {code for _, code in _find_cities(keys)}
    hints = (f"; {code} {hint} in it" for code in missing if (hint := to_city_hint(code, known)))
    return next(hints, "") if known else ""


def find_zoning(name: str | None, zonings: Mapping[str, Zoning]) -> Zoning | None:
    """The zoning of a section; the schema has checked that it exists."""
    return None if name is None else zonings[name]
