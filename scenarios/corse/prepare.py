"""Makes a territory of Corsica, and La Poste's changes of 2014 to 2015, from open data.

    python scenarios/corse/prepare.py FOLDER_OF_OPEN_DATA FOLDER_TO_WRITE
    maillage exposure FOLDER_TO_WRITE --service post --limit 20

Reads what README.md beside this script lists; writes `territory.toml`, `iris.gpkg`, `fragility.csv`
and `laposte_2014_2015.toml`, a scenario with what closed, opened and was converted between the two
editions of La Poste's list (the identifier survives a conversion).
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import geopandas as gpd
import pandas as pd

import maillage as ml

HERE = Path(__file__).parent
BEFORE, AFTER = "laposte_2014-06", "laposte_2015-07"
MISSPELT = {"commnunale": "communale"}
IRIS_COLUMNS = {"CODE_IRIS": "iris_code", "NOM_IRIS": "iris_name"}


def read_iris(data: Path) -> gpd.GeoDataFrame:
    """The outlines of both départements."""
    parts = [gpd.read_file(f"/vsigzip/{data}/iris-{dep}.geojson.gz") for dep in ("2A", "2B")]
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)
    return frame[[*IRIS_COLUMNS, "geometry"]].rename(columns=IRIS_COLUMNS)


def read_fragility(data: Path) -> pd.DataFrame:
    """The index by IRIS, 100 = mean of the region; rows without a score are left out."""
    columns = ["Code Iris", "SCORE GLOBAL region 1"]
    frame = pd.read_csv(data / "digital_fragility_iris.csv", dtype={"Code Iris": str})
    frame = frame[columns].set_axis(["iris", "index"], axis=1)
    frame["index"] = pd.to_numeric(frame["index"], errors="coerce")
    return frame[frame["index"] > 0].drop_duplicates("iris")


def to_kind(text: str) -> str:
    """A kind without accents and known slips: the editions spell it differently."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    for slip, word in MISSPELT.items():
        plain = plain.replace(slip, word)
    return plain


def build_scenario(data: Path) -> ml.Scenario:
    """What La Poste closed, opened and converted."""
    table = pd.read_csv(data / "counters.csv", dtype=str, keep_default_na=False)
    table["kind"] = table["type"].map(to_kind)
    old, new = (table[table["source"] == e].set_index("source_id") for e in (BEFORE, AFTER))
    scenario = ml.Scenario("La Poste, June 2014 to July 2015")
    for key in old.index.difference(new.index):
        scenario = scenario.close(key)
    for key in new.index.difference(old.index):
        row = new.loc[key]
        where = {"lon": float(row["lon"]), "lat": float(row["lat"])}
        scenario = scenario.open(key, **where, kind=row["kind"], name=row["name"])
    for key in old.index.intersection(new.index):
        if old.loc[key, "kind"] != new.loc[key, "kind"]:
            scenario = scenario.convert(key, kind=new.loc[key, "kind"])
    return scenario


def main(data: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    text = (HERE / "territory.toml").read_text(encoding="utf-8")
    (out / "territory.toml").write_text(
        text.replace('"DATA/', f'"{data.resolve().as_posix()}/'), encoding="utf-8"
    )
    read_iris(data).to_file(out / "iris.gpkg")
    read_fragility(data).to_csv(out / "fragility.csv", index=False)
    build_scenario(data).write(out / "laposte_2014_2015.toml")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
