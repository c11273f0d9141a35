"""Tables of one year's communes as tables of another year's: mergers, splits, changed codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from maillage.arguments import check_count, check_number, to_shown
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.arrondissements import CITY_OF
from maillage.geo.commune_history import (
    EXPECTED_CODE,
    find_shares,
    find_strangers,
    is_code,
    read_events,
)

FIRST_YEAR = 1943  # when INSEE's movements begin


def recode_communes(
    table: pd.DataFrame,
    movements: Any,
    from_year: int,
    to_year: int,
    *,
    code: str = "commune",
    intensive: Mapping[str, str] | None = None,
    weights: Mapping[str, float] | pd.Series | None = None,
) -> pd.DataFrame:
    """A table by commune of one year's geography, in another year's.

    table
        One row a commune; its code in the column `code` (text: `01004`, `2A004`).
    movements
        INSEE's movements of communes (`v_mvt_commune_<year>.csv`, a file or a frame with
        `MOD, DATE_EFF, TYPECOM_AV, COM_AV, TYPECOM_AP, COM_AP`).
    from_year, to_year
        Geographies of 1 January; events after the first and up to the second count. To an
        earlier year mergers are undone.
    intensive
        Columns that are rates or means, each with the column (>= 0) that weighs it, e.g.
        `{"income": "persons"}`. All other numbers are extensive: they are summed.
    weights
        By code, what shares out a commune that splits (persons, say): finite numbers >= 0, a
        mapping or a series with the codes as its index. Where one of the parts has no weight, or
        all are 0, they share evenly, with a finding (`split_evenly`).

    Returns a frame with the columns of `table`, one row a commune of `to_year`, in the order
    in which they first occur. Sums of extensive columns are kept exactly, up to rounding; a sum
    with an unknown part (NaN) is unknown. An intensive column is the weighted mean of its known
    parts. Texts are kept where all parts agree, and absent elsewhere. Codes without a movement
    stay. `frame.attrs["findings"]` lists what was doubtful: beside even splits, codes that no
    commune of `from_year` has, as far as the movements tell (`code_not_of_year`; they are
    followed from there on like the others), municipal arrondissements of Paris, Lyon and Marseille
    (`municipal_arrondissement`; the movements are of communes), and movements without a code.

    Raises InputError for codes that are missing, occur twice or are not text of five characters
    (in the movements too), weights that are no numbers >= 0, unknown columns and columns twice.
    """
    codes = _check_table(table, code)
    years = tuple(
        check_count(name, year, FIRST_YEAR, "a year", high=9999)
        for name, year in (("from_year", from_year), ("to_year", to_year))
    )
    means = _check_intensive(table, code, intensive)
    known = _check_weights(weights)
    findings = Findings()
    events = read_events(movements, findings)
    find_strangers(codes, events, years[0], findings)
    parts = [c for c in codes if c in CITY_OF]
    examples = (f"{c} is an arrondissement of {CITY_OF[c]}: it stays as it is" for c in parts)
    findings.add_all("municipal_arrondissement", examples, len(parts))
    shared = find_shares(codes, events, (years[0], years[1]), known, findings)
    rows, targets, shares = _to_links(codes, shared)
    order = pd.unique(pd.Series(targets))
    at = pd.Index(order).get_indexer(pd.Index(targets))
    out: dict[str, Any] = {}
    for column in table.columns:
        if column == code:
            out[column] = pd.Series(order, dtype="str")
        elif column in means:
            out[column] = _find_means(table, column, means[column], rows, shares, at, len(order))
        elif pd.api.types.is_numeric_dtype(table[column]) and table[column].dtype != bool:
            values = _to_floats(table[column])
            out[column] = _sum(values[rows] * shares, at, len(order))
        else:
            out[column] = _keep_agreed(table[column], rows, at, len(order))
    frame = pd.DataFrame(out)
    frame.attrs["findings"] = findings.to_frame().to_dict("records")
    return frame


def _check_table(table: pd.DataFrame, code: str) -> list[str]:
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"table is {to_shown(table)}, expected a data frame")
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise InputError(f"table: column {twice[0]!r} occurs more than once, expected each once")
    if not isinstance(code, str):
        raise InputError(f"code is {to_shown(code)}, expected the name of a column")
    if code not in table.columns:
        raise InputError(f"table has no column {code!r}{to_hint(code, map(str, table.columns))}")
    codes = table[code]
    missing = np.flatnonzero(codes.isna())
    if len(missing):
        raise InputError(f"table: row {missing[0] + 1} has no {code}")
    texts = [str(c) for c in codes]
    bad = next((row for row, text in enumerate(texts) if not is_code(text)), None)
    if bad is not None:
        raise InputError(
            f"table: {code} {texts[bad]!r} is not a code of five characters such as '01004' or "
            f"'2A004' (row {bad + 1})"
        )
    twice = pd.Series(texts).duplicated()
    if twice.any():
        row = int(np.flatnonzero(twice)[0])
        raise InputError(f"table: {code} {texts[row]!r} occurs more than once (row {row + 1})")
    return texts


def _check_intensive(table: pd.DataFrame, code: str, intensive: Any) -> Mapping[str, str]:
    if intensive is None:
        return {}
    if not isinstance(intensive, Mapping):
        raise InputError(
            f"intensive is {to_shown(intensive)}, expected each column with the column that "
            'weighs it such as {"income": "persons"}'
        )
    for column, weight in intensive.items():
        for name in (column, weight):
            if not isinstance(name, str) or name not in table.columns or name == code:
                raise InputError(
                    f"intensive: table has no column {name!r}"
                    f"{to_hint(str(name), map(str, table.columns))}"
                )
            if not pd.api.types.is_numeric_dtype(table[name]):
                raise InputError(f"intensive: column {name!r} holds no numbers")
        values = _to_floats(table[weight])
        bad = np.flatnonzero((values < 0) | np.isinf(values))
        if len(bad):
            row = int(bad[0])
            raise InputError(
                f"table: {weight} of row {row + 1} is {values[row]:g}, expected a number >= 0, "
                f"as it weighs {column!r}"
            )
    return intensive


def _check_weights(weights: Any) -> dict[str, float]:
    """The weights by code; InputError naming the code and value of the first that is none."""
    if weights is None:
        return {}
    if not isinstance(weights, Mapping | pd.Series):
        raise InputError(
            f"weights is {to_shown(weights)}, expected numbers by code: a mapping such as "
            '{"01033": 16400}, or a series with the codes as its index'
        )
    out: dict[str, float] = {}
    for code, weight in weights.items():
        if not isinstance(code, str) or not is_code(code):
            raise InputError(f"weights: code is {to_shown(code)}, expected {EXPECTED_CODE}")
        if code in out:
            raise InputError(f"weights: code {code!r} occurs more than once, expected each once")
        out[code] = check_number(
            f"weights: {code!r}", weight, "a finite number >= 0", lambda w: 0 <= w < np.inf
        )
    return out


def _to_floats(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=float, na_value=np.nan)


def _to_links(
    codes: Sequence[str], shared: Mapping[str, Mapping[str, float]]
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Rows of the table, the codes they go to, and the shares that go there."""
    links = [(i, to, share) for i, c in enumerate(codes) for to, share in shared[c].items()]
    rows = np.array([i for i, _, _ in links], dtype=np.int64)
    return rows, [to for _, to, _ in links], np.array([share for _, _, share in links])


def _sum(values: np.ndarray, at: np.ndarray, n: int) -> np.ndarray:
    out = np.zeros(n)
    np.add.at(out, at, values)
    return out


def _find_means(
    table: pd.DataFrame,
    column: str,
    weight: str,
    rows: np.ndarray,
    shares: np.ndarray,
    at: np.ndarray,
    n: int,
) -> np.ndarray:
    values = _to_floats(table[column])[rows]
    weighed = _to_floats(table[weight])[rows] * shares
    known = ~np.isnan(values) & ~np.isnan(weighed)
    total = _sum(np.where(known, weighed, 0.0), at, n)
    sums = _sum(np.where(known, values * weighed, 0.0), at, n)
    alone = np.full(n, np.nan)  # a commune that nobody weighs keeps its value
    counts = _sum(np.ones(len(at)), at, n)
    single = counts[at] == 1
    alone[at[single]] = values[single]
    return np.divide(sums, total, out=alone, where=total > 0)


def _keep_agreed(column: pd.Series, rows: np.ndarray, at: np.ndarray, n: int) -> pd.Series:
    parts = pd.DataFrame({"at": at, "value": column.iloc[rows].to_numpy()})
    by_commune = parts.groupby("at")["value"]
    n_values = by_commune.nunique(dropna=False)
    agreed = by_commune.first().where(n_values < 2)
    return agreed.reindex(range(n)).reset_index(drop=True).astype(column.dtype, errors="ignore")
