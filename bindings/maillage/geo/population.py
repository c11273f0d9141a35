"""Persons by place and group, from columns (wide), from rows (long) or fitted to margins.

What is secret stays visible: NaN in `persons`, or the value that the section gives for it
(`secret_persons`), with a finding `secret_persons` either way. What is absent is an error
unless the section says that it is zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from maillage.config_models import GroupConfig, PopulationConfig
from maillage.disaggregation import find_spread
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.area_rows import find_city_hint, find_row_of_place, report_unknown_rows
from maillage.geo.keys import check_unique, encode, find_rows
from maillage.geo.places import Places
from maillage.geo.population_columns import Rows, read_persons_column, read_share_column
from maillage.geo.tables import NumberRule, Table, read_table, to_shown
from maillage.geo.zonings import Zoning

DEFAULT_CAR_SHARE = 0.83
DEFAULT_CAR_SHARE_SOURCE = (
    "households with a car in France, CCFA/Kantar 2014; a share of households, not of persons"
)


def place_columns(config: PopulationConfig, groups: Mapping[str, GroupConfig]) -> list[str]:
    """The columns of the places file that the population reads when it has no own file."""
    if config.file is not None or config.fit is not None:
        return [] if config.weight is None else [config.weight]
    if config.layout == "long":
        raise InputError('population: layout is "long", expected its file')
    return _wide_columns(groups)


def _wide_columns(groups: Mapping[str, GroupConfig]) -> list[str]:
    columns = [group.persons for group in groups.values()]
    columns += [group.car_share_column for group in groups.values()]
    return [column for column in columns if column is not None]


def read_persons(
    config: PopulationConfig,
    groups: Mapping[str, GroupConfig],
    places: Places,
    findings: Findings,
    zoning: Zoning | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Persons and the share of them who can go by car, each float64 n_places x n_groups.

    Persons are real numbers >= 0, NaN only where secret. A share that is absent or secret
    is the mean of the other persons of the group (finding `car_share_unknown`); groups
    without share or column have a default (`car_share_default`). Persons below zero,
    unreadable numbers and a population that knows none of the places are an InputError;
    persons of places that the territory does not have are a finding
    `persons_of_unknown_place` with their number.
    """
    if config.layout == "long":
        _check_long_columns(groups)
        persons = _read_long(config, groups, places, findings)
        return persons, _fill_car_shares(groups, {}, persons, findings)
    if config.fit is not None:
        from maillage.geo.population_fit import read_fitted  # which needs the engine

        rows = read_fitted(config, groups, findings)
    elif config.file is not None:
        rows = _read_file(config, groups, findings)
    else:
        rows = _read_wide(places.table, [], config, groups, findings)
        return rows.persons, _fill_car_shares(groups, rows.car_share, rows.persons, findings)
    if zoning is not None:
        persons, row_of_place = _to_cells(rows, config, (places, zoning), findings)
    else:
        keys = rows.table.key(rows.key)
        check_unique(rows.table, "_".join(rows.key), keys)
        row_of_place = _find_rows_of_places(rows.table, keys, places, findings)
        persons = _to_places(rows.persons, row_of_place, 0.0)
        _check_matched(rows, config, row_of_place, (places, findings))
    shares = {
        name: _to_places(share, row_of_place, np.nan) for name, share in rows.car_share.items()
    }
    return persons, _fill_car_shares(groups, shares, persons, findings)


def _read_file(
    config: PopulationConfig, groups: Mapping[str, GroupConfig], findings: Findings
) -> Rows:
    assert config.place_columns is not None
    key = list(config.place_columns)
    columns = [*key, *_wide_columns(groups)]
    table = read_table(config, list(dict.fromkeys(columns)), findings)
    return _read_wide(table, key, config, groups, findings)


def _read_wide(
    table: Table,
    key: list[str],
    config: PopulationConfig,
    groups: Mapping[str, GroupConfig],
    findings: Findings,
) -> Rows:
    """A column of persons for each group, and one of car shares for some."""
    columns = [
        read_persons_column(table, str(g.persons), config, findings) for g in groups.values()
    ]
    shares = {
        name: read_share_column(table, group.car_share_column)
        for name, group in groups.items()
        if group.car_share_column is not None
    }
    return Rows(table, key, np.stack(columns, axis=1), shares)


def _to_cells(
    rows: Rows,
    config: PopulationConfig,
    where: tuple[Places, Zoning],
    findings: Findings,
) -> tuple[np.ndarray, np.ndarray]:
    """Persons of areas, spread over their places by weight, and the row of every place.

    Persons who would be lost are an error.
    """
    places, zoning = where
    table, amounts = rows.table, rows.persons
    report = (findings, "persons_of_unknown_area")
    row_of_place = find_row_of_place(table, rows.key, zoning, places, report)
    _check_areas(rows, config, row_of_place, where, findings)
    weight = None
    if config.weight is not None:
        weight = places.table.numbers(config.weight, NumberRule(0)).amounts
    persons = find_spread(amounts, row_of_place, weight)
    lost = amounts.copy()
    lost[np.unique(row_of_place[row_of_place >= 0])] = 0
    if np.nansum(lost) > 0:
        row = int(np.argmax(np.nansum(lost, axis=1) > 0))
        raise InputError(
            f"{table.find_place(row)}: area {table.key(rows.key)[row].as_py()!r} has "
            f"{np.nansum(lost[row]):g} persons and no place of the territory, expected one "
            f"({np.nansum(lost):g} persons in all)"
        )
    return persons, row_of_place


def _check_areas(
    rows: Rows,
    config: PopulationConfig,
    row_of_place: np.ndarray,
    where: tuple[Places, Zoning],
    findings: Findings,
) -> None:
    """Report places whose area has no row, and places in no area, as `missing` says."""
    places, zoning = where
    name = rows.table.name
    absent = np.flatnonzero(row_of_place < 0)
    area = zoning.area_of_place[absent]
    codes = [zoning.codes[i] for i in np.unique(area[area >= 0])]
    outside = [places.keys[int(i)] for i in absent[area < 0]]
    if config.missing == "error":
        problems = []
        if codes:
            problems.append(
                f"has no row for {len(codes)} of {len(zoning.codes)} areas of zoning "
                f"{zoning.name!r} ({_list(codes)}) with {int((area >= 0).sum())} places"
            )
        if outside:
            problems.append(
                f"{len(outside)} of {places.n_places} places are in no area of zoning "
                f"{zoning.name!r} ({_list(outside)})"
            )
        if problems:
            raise InputError(
                f"{name}: {' and '.join(problems)}, expected a row for each, or "
                f'missing = "zero" in [population]'
                f"{find_city_hint(rows.table.key(rows.key), codes)}"
            )
    examples = (f"{name}: has no row for area {code} of {zoning.name}" for code in codes)
    findings.add_all("area_without_persons", examples, len(codes))
    said = (f"{name}: place {key} is in no area of {zoning.name}" for key in outside)
    findings.add_all("place_without_persons", said, len(outside))


def _list(keys: Sequence[str]) -> str:
    return ", ".join(repr(key) for key in keys[:5]) + (", ..." if len(keys) > 5 else "")


def _to_places(values: np.ndarray, row_of_place: np.ndarray, absent: float) -> np.ndarray:
    has_row = (row_of_place >= 0).reshape(-1, *[1] * (values.ndim - 1))
    return np.where(has_row, values[np.maximum(row_of_place, 0)], absent)


def _find_rows_of_places(
    table: Table, keys: pa.ChunkedArray, places: Places, findings: Findings
) -> np.ndarray:
    """The row of every place in a table, -1 for none; InputError when no key matches."""
    place_of_row = find_rows(places.key_texts, keys)
    if (place_of_row < 0).all():
        raise InputError(
            f"{table.name}: none of its keys such as {keys[0].as_py()!r} is a place, expected "
            f"the keys of {places.table.name} such as {places.keys[0]!r}"
            f"{find_city_hint(keys, places.keys)}"
        )
    row_of_place = np.full(places.n_places, -1, dtype=np.int64)
    matched = np.flatnonzero(place_of_row >= 0)
    row_of_place[place_of_row[matched]] = matched
    return row_of_place


def _check_matched(
    rows: Rows,
    config: PopulationConfig,
    row_of_place: np.ndarray,
    where: tuple[Places, Findings],
) -> None:
    """Report places without a row and rows without a place."""
    findings, table = where[1], rows.table
    is_used = np.zeros(table.n_rows, dtype=bool)
    is_used[row_of_place[row_of_place >= 0]] = True
    unused = np.flatnonzero(~is_used)
    keys = table.key(rows.key)
    persons = np.nansum(rows.persons, axis=1)
    _report_unknown(table, (rows.key, keys, where[0]), (unused, persons), findings)
    absent = np.flatnonzero(row_of_place < 0)
    _report_absent_places((table, keys), config, absent, where)


def _report_unknown(
    table: Table,
    by: tuple[Sequence[str], pa.ChunkedArray, Places],
    lost: tuple[np.ndarray, np.ndarray],
    findings: Findings,
) -> None:
    """Rows that no place takes, and the persons that every row has."""
    columns, keys, places = by
    rows, persons = lost
    report_unknown_rows(
        table,
        (columns, keys, places.key_texts),
        rows,
        (findings, "persons_of_unknown_place"),
        lambda code, row: f"{code} with {persons[row]:g} persons",
    )


def _report_absent_places(
    read: tuple[Table, pa.ChunkedArray],
    config: PopulationConfig,
    absent: np.ndarray,
    where: tuple[Places, Findings],
) -> None:
    (table, keys), (places, findings) = read, where
    if not len(absent):
        return
    if config.missing == "error":
        listed = _list([places.keys[int(i)] for i in absent[:6]])
        raise InputError(
            f"{table.name}: has no row for {len(absent)} of {places.n_places} places ({listed}), "
            f'expected one each, or missing = "zero" in [population]'
            f"{find_city_hint(keys, (places.keys[int(i)] for i in absent))}"
        )
    examples = (f"{table.name}: has no row for place {places.keys[int(i)]}" for i in absent)
    findings.add_all("place_without_persons", examples, len(absent))


def _read_long(
    config: PopulationConfig,
    groups: Mapping[str, GroupConfig],
    places: Places,
    findings: Findings,
) -> np.ndarray:
    """Long layout. A pair of place and group without a row has no persons: 0."""
    assert config.place_columns and config.group and config.persons
    columns = [*config.place_columns, config.group, config.persons]
    table = read_table(config, list(dict.fromkeys(columns)), findings)
    keys = table.key(config.place_columns)
    place_of_row = find_rows(places.key_texts, keys)
    group_of_row = _find_groups(table, config.group, groups, findings)
    values = read_persons_column(table, config.persons, config, findings)
    unknown = np.flatnonzero(place_of_row < 0)
    if len(unknown) == table.n_rows:
        _find_rows_of_places(table, keys, places, findings)
    _report_unknown(table, (config.place_columns, keys, places), (unknown, values), findings)
    used = np.flatnonzero((place_of_row >= 0) & (group_of_row >= 0))
    cell = place_of_row[used] * len(groups) + group_of_row[used]
    _check_once(table, config, used, cell)
    persons = np.zeros(places.n_places * len(groups))
    persons[cell] = values[used]
    has_row = np.zeros(places.n_places, dtype=bool)
    has_row[place_of_row[place_of_row >= 0]] = True
    absent = np.flatnonzero(~has_row)
    _report_absent_places((table, keys), config, absent, (places, findings))
    return persons.reshape(places.n_places, len(groups))


def _find_groups(
    table: Table, column: str, groups: Mapping[str, GroupConfig], findings: Findings
) -> np.ndarray:
    """The group of every row, -1 for labels that no group takes (a finding)."""
    labels = [group.persons or name for name, group in groups.items()]
    found, label_of_row = encode(table.texts(column))
    missing = [label for label in labels if label not in found]
    if missing:
        problems = [f"no row has {column} = {label!r}{to_hint(label, found)}" for label in missing]
        raise InputError.of_problems(table.name, problems)
    position = {label: i for i, label in enumerate(labels)}
    group_of_label = np.array([position.get(label, -1) for label in found] + [-1])
    group_of_row = group_of_label[label_of_row]
    rows = np.flatnonzero(group_of_row < 0)
    examples = (
        f"{table.find_place(int(row))}: {column} is "
        f"{to_shown(table.columns.column(column)[int(row)].as_py())}, no group takes it"
        for row in rows
    )
    findings.add_all("persons_of_unknown_group", examples, len(rows))
    return group_of_row


def _check_once(table: Table, config: PopulationConfig, rows: np.ndarray, cell: np.ndarray) -> None:
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(cell[order][1:] == cell[order][:-1])
    if not len(again):
        return
    assert config.place_columns and config.group
    first, second = int(rows[order[again[0]]]), int(rows[order[again[0] + 1]])
    key = table.key(config.place_columns)[second].as_py()
    group = table.texts(config.group)[second].as_py()
    raise InputError(
        f"{table.find_place(second)}: place {key!r} and {config.group} {group!r} stand on "
        f"{table.find_place(first)} too, expected every pair once"
    )


def _check_long_columns(groups: Mapping[str, GroupConfig]) -> None:
    for name, group in groups.items():
        if group.car_share_column is not None:
            raise InputError(
                f"groups.{name}.car_share_column is {group.car_share_column!r}, expected "
                f"car_share: a long population has no column per group"
            )


def _fill_car_shares(
    groups: Mapping[str, GroupConfig],
    read: Mapping[str, np.ndarray],
    persons: np.ndarray,
    findings: Findings,
) -> np.ndarray:
    """Shares of all groups; where a column has none, the mean of its other persons."""
    shares = np.empty_like(persons)
    for position, (name, group) in enumerate(groups.items()):
        share = DEFAULT_CAR_SHARE if group.car_share is None else group.car_share
        if name not in read:
            shares[:, position] = share
            if group.car_share is None:
                text = f"group {name}: {share:g} ({DEFAULT_CAR_SHARE_SOURCE})"
                findings.add("car_share_default", text)
            continue
        column = read[name]
        absent = np.isnan(column)
        weights = np.where(absent, 0.0, np.nan_to_num(persons[:, position]))
        if weights.sum() > 0:
            share = float(np.nansum(column * weights) / weights.sum())
        examples = [f"group {name}: {int(absent.sum())} places without a share have {share:.3f}"]
        findings.add_all("car_share_unknown", examples, int(absent.sum()))
        shares[:, position] = np.where(absent, share, column)
    return shares
