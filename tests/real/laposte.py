"""What La Poste changed in Corsica between June 2014 and July 2015, as a scenario.

How each change is told from the two editions of its list:

closed      the identifier (`source_id`) is in the first edition only
opened      it is in the second only
converted   the kind differs once spelling is put aside (`commnunale`, `commercant`)
moved       the address differs and the coordinates lie more than 200 m apart

Coordinates alone do not show a move: 34 counters shift by 200 m to 7 km under the same address,
because the later edition knows the street number where the earlier knew only the centre of the
commune. `with_better_positions` makes moves of these too, for a scenario with many edits.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

import maillage as ml

BEFORE, AFTER = "laposte_2014-06", "laposte_2015-07"
MOVED_M = 200.0
MISSPELT = {"commnunale": "communale"}
# Kinds as the first edition, and so the territory, spells them.
KINDS = ("poste:Bureau de poste", "poste:Agence postale communale", "poste:Relais poste commercant")


def read_edition(shared_data: Path, edition: str) -> pd.DataFrame:
    """One edition of the list: `kind, name, address, lon, lat` by identifier."""
    table = pd.read_csv(shared_data / "corse" / "counters.csv", dtype=str, keep_default_na=False)
    table = table[table["source"] == edition].set_index("source_id")
    table["kind"] = table["type"].map(to_kind)
    return table[["kind", "name", "address", "lon", "lat"]].astype({"lon": float, "lat": float})


def to_kind(text: str) -> str:
    """The kind behind a spelling: without accents and known slips."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    for slip, word in MISSPELT.items():
        plain = plain.replace(slip, word)
    assert plain in KINDS, f"unknown kind {text!r}"
    return plain


def find_changes(shared_data: Path) -> pd.DataFrame:
    """One row a counter of either edition that changed: `key, change, metres`."""
    old, new = (read_edition(shared_data, edition) for edition in (BEFORE, AFTER))
    rows = [(key, "closed", np.nan) for key in old.index.difference(new.index)]
    rows += [(key, "opened", np.nan) for key in new.index.difference(old.index)]
    for key in old.index.intersection(new.index):
        was, now = old.loc[key], new.loc[key]
        metres = find_metres(was, now)
        if was["kind"] != now["kind"]:
            rows.append((key, "converted", metres))
        if metres > MOVED_M:
            same = to_address(was["address"]) == to_address(now["address"])
            rows.append((key, "better position" if same else "moved", metres))
    return pd.DataFrame(rows, columns=["key", "change", "metres"])


def find_metres(was: pd.Series, now: pd.Series) -> float:
    """Distance of two points near by on the sphere."""
    east = np.radians(now["lon"] - was["lon"]) * np.cos(np.radians(was["lat"]))
    return 6_371_009 * float(np.hypot(east, np.radians(now["lat"] - was["lat"])))


def to_address(text: str) -> str:
    return " ".join(text.replace(",", " ").split()).casefold()


def build_scenario(shared_data: Path, *, with_better_positions: bool = False) -> ml.Scenario:
    """The changes as edits of the territory of June 2014."""
    new = read_edition(shared_data, AFTER)
    scenario = ml.Scenario("La Poste, June 2014 to July 2015")
    for key, change, _ in find_changes(shared_data).itertuples(index=False):
        if change == "closed":
            scenario = scenario.close(key)
            continue
        row = new.loc[key]
        where = {"lon": float(row["lon"]), "lat": float(row["lat"])}
        if change == "opened":
            scenario = scenario.open(key, **where, kind=row["kind"], name=row["name"])
        elif change == "converted":
            scenario = scenario.convert(key, kind=row["kind"])
        elif change == "moved" or with_better_positions:
            scenario = scenario.move(key, **where)
    return scenario
