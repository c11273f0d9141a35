"""Digital networks by place: shares of premises with a wired line, of people under 4G.

Rows are places, or areas of a zoning whose places all take the figures of the area.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from maillage.config_models import CONNECTIVITY_SHARES, ConnectivityConfig
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.area_rows import AreaRows, find_area_rows, find_zoning
from maillage.geo.mobile import read_mobile
from maillage.geo.places import Places
from maillage.geo.tables import NumberRule, Table, read_table
from maillage.geo.zonings import Zoning

# Rounded percentages of a published table may exceed one another by this much.
_ROUNDING = 0.0051


def place_columns(config: ConnectivityConfig | None) -> list[str]:
    """The columns of the places file that connectivity reads when it has no own file."""
    return [] if config is None or config.file is not None else _share_columns(config)


def _share_columns(config: ConnectivityConfig) -> list[str]:
    premises = [config.premises] if config.premises else []
    return [*config.share_columns().values(), *premises]


def read_connectivity(
    config: ConnectivityConfig | None,
    places: Places,
    zonings: dict[str, Zoning],
    findings: Findings,
) -> pd.DataFrame:
    """Shares 0..1 by place, n_places rows: wired_8, wired_30, wired_100, wired_1000, mobile_4g.

    NaN is unknown: no section, no column, no row, empty or secret. Rows of unknown places
    or areas, places without a row and faster lines that are more frequent than slower ones
    are findings; shares outside 0..1 and repeated keys are InputErrors.
    """
    shares = pd.DataFrame(
        {share: np.full(places.n_places, np.nan) for share in CONNECTIVITY_SHARES}
    )
    if config is None:
        return shares
    if config.share_columns():
        _read_shares(config, (places, zonings), shares, findings)
    if config.mobile is not None:
        by_table = shares["mobile_4g"].to_numpy()
        if np.isnan(by_table).any():
            found = read_mobile(config.mobile, places, findings)
            shares["mobile_4g"] = np.where(np.isnan(by_table), found, by_table)
    _check_order(shares, places, findings)
    return shares


def _read_shares(
    config: ConnectivityConfig,
    known: tuple[Places, dict[str, Zoning]],
    shares: pd.DataFrame,
    findings: Findings,
) -> None:
    """Fills the columns that the table of places or areas has."""
    places, zonings = known
    if config.file is None:
        table = places.table
        rows = AreaRows(np.arange(places.n_places), [], np.zeros(places.n_places, dtype=bool))
    else:
        assert config.key is not None, "the schema asks for a key beside a file"
        columns = [*config.key, *_share_columns(config)]
        table = read_table(config, list(dict.fromkeys(columns)), findings)
        zoning = find_zoning(config.zoning, zonings)
        report = (findings, "connectivity_of_unknown_place")
        rows = find_area_rows(table, list(config.key), zoning, places, report)
    for share, column in config.share_columns().items():
        if config.premises_table is not None and share != "mobile_4g":
            shares[share] = _read_counts_of(config, table, (column, rows, known), findings)
        else:
            shares[share] = rows.take(_read_share(config, table, (share, rows), findings))
        n_unknown = int(np.isnan(shares[share]).sum())
        examples = [f"{share} ({column}): unknown for {n_unknown} places"]
        findings.add_all("connectivity_share_unknown", examples, n_unknown)


def _read_share(
    config: ConnectivityConfig, table: Table, asked: tuple[str, AreaRows], findings: Findings
) -> np.ndarray:
    """Shares by row of the table and of the cities that take several rows."""
    share, rows = asked
    column = config.share_columns()[share]
    if config.premises is not None and share != "mobile_4g":
        return _read_counts(table, (column, config.premises), rows, findings)
    return rows.mean(_read_plain_share(config, table, column))


def _read_plain_share(config: ConnectivityConfig, table: Table, column: str) -> np.ndarray:
    if config.percent:
        rule = NumberRule(0, 100, absent="nan", secret="nan")
        return table.numbers(column, rule).amounts / 100.0
    try:
        return table.numbers(column, NumberRule(0, 1, absent="nan", secret="nan")).amounts
    except InputError as error:
        loose = NumberRule(0, 100, absent="nan", secret="nan")
        table.numbers(column, loose)
        raise InputError(f"{error}; percent = true if the column is in per cent") from error


def _read_counts_of(
    config: ConnectivityConfig,
    table: Table,
    where: tuple[str, AreaRows, tuple[Places, dict[str, Zoning]]],
    findings: Findings,
) -> np.ndarray:
    """Numbers of premises as shares of those that another table counts, by place.

    Where one table has a city and the other its arrondissements the shares are not known.
    """
    premises = config.premises_table
    assert premises is not None
    column, rows, (places, zonings) = where
    other = read_table(premises, list(dict.fromkeys([*premises.key, *premises.columns])), findings)
    zoning = find_zoning(config.zoning, zonings)
    report = (findings, "premises_of_unknown_place")
    others = find_area_rows(other, list(premises.key), zoning, places, report)
    rule = NumberRule(0, absent="nan", secret="nan")
    total = sum(other.numbers(name, rule).amounts for name in premises.columns)
    differs = rows.by_city != others.by_city
    examples = (f"place {places.keys[int(i)]}" for i in np.flatnonzero(differs))
    findings.add_all("city_in_one_table_only", examples, int(differs.sum()))
    totals = np.full(table.n_rows + len(rows.joined), np.nan)
    both = (rows.of_place >= 0) & (others.of_place >= 0) & ~differs
    totals[rows.of_place[both]] = others.sum(np.asarray(total))[others.of_place[both]]
    counts = rows.sum(table.numbers(column, rule).amounts)
    shares = _to_shares(table, (column, counts), ("premises", totals), findings)
    return np.where(differs, np.nan, rows.take(shares))


def _read_counts(
    table: Table, columns: tuple[str, str], rows: AreaRows, findings: Findings
) -> np.ndarray:
    """Numbers of premises as shares of all; more than all of them is a finding and 1."""
    rule = NumberRule(0, absent="nan", secret="nan")
    counts, totals = (rows.sum(table.numbers(column, rule).amounts) for column in columns)
    return _to_shares(table, (columns[0], counts), (columns[1], totals), findings)


def _to_shares(
    table: Table,
    lines: tuple[str, np.ndarray],
    of: tuple[str, np.ndarray],
    findings: Findings,
) -> np.ndarray:
    (column, counts), (premises, totals) = lines, of
    share = np.divide(counts, totals, out=np.full(len(counts), np.nan), where=totals > 0)
    above = np.flatnonzero(share > 1)
    examples = (
        f"{table.find_place(int(row)) if row < table.n_rows else table.name}: {column} is "
        f"{counts[row]:g} of {totals[row]:g} {premises}"
        for row in above
    )
    findings.add_all("more_lines_than_premises", examples, len(above))
    return np.minimum(share, 1.0)


def _check_order(shares: pd.DataFrame, places: Places, findings: Findings) -> None:
    """A line of 100 Mbit/s is one of 30 too: faster shares cannot be larger."""
    wired = [share for share in CONNECTIVITY_SHARES if share.startswith("wired")]
    for slower, faster in pairwise(wired):
        wrong = np.flatnonzero(shares[faster] > shares[slower] + _ROUNDING)
        examples = (
            f"place {places.keys[int(i)]}: {faster} is {shares[faster].iloc[i]:g} and {slower} "
            f"{shares[slower].iloc[i]:g}"
            for i in wrong
        )
        findings.add_all("faster_lines_more_frequent", examples, len(wrong))
