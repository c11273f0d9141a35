"""Tables with a row a place, or a row an area of a zoning: which row each place takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.keys import check_unique, find_rows
from maillage.geo.places import Places
from maillage.geo.tables import Table
from maillage.geo.zonings import Zoning


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
    keys = table.key(key)
    check_unique(table, "_".join(key), keys)
    wanted = places.key_texts
    if zoning is not None:
        wanted = pa.chunked_array([pa.array(zoning.codes, pa.string())])
    what = "a place" if zoning is None else f"an area of zoning {zoning.name!r}"
    position = find_rows(wanted, keys)
    unknown = np.flatnonzero(position < 0)
    if len(unknown) == table.n_rows:
        raise InputError(
            f"{table.name}: none of its keys such as {keys[0].as_py()!r} is {what}, expected "
            f"keys such as {wanted[0].as_py()!r}"
        )
    findings, kind = report
    examples = (
        f"{table.find_place(int(row))}: {keys[int(row)].as_py()} is not {what}" for row in unknown
    )
    findings.add_all(kind, examples, len(unknown))
    row_of_wanted = np.full(len(wanted) + 1, -1, dtype=np.int64)
    matched = np.flatnonzero(position >= 0)
    row_of_wanted[position[matched]] = matched
    return row_of_wanted[:-1] if zoning is None else row_of_wanted[zoning.area_of_place]


def find_zoning(name: str | None, zonings: Mapping[str, Zoning]) -> Zoning | None:
    """The zoning of a section; the schema has checked that it exists."""
    return None if name is None else zonings[name]
