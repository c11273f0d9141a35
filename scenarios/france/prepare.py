"""Joins open data into a territory of all of France: communes, offices, fibre; no roads needed.

    python scenarios/france/prepare.py FOLDER_OF_OPEN_DATA FOLDER_TO_WRITE
    maillage exposure FOLDER_TO_WRITE --service caf --limit 30 --by departement --out france.csv

Reads, under these names, what README.md beside this script lists, and writes `communes.csv`,
`offices.csv`, `laposte.csv` and `territory.toml`. Codes stay text; communes that merged since a
table was published are summed; a commune whose point is in no table takes that of its town hall.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
AGES = {"0-14": "Y_LT15", "15-64": "Y_1564", "65+": "Y_GE65"}
CITIES = {"75": "75056", "69": "69123", "13": "13055"}


def read_communes(data: Path) -> pd.DataFrame:
    """The communes of today: `code, nom, departement, population` and the codes they had."""
    with pd.io.common.get_handle(data / "communes_cog_2026.json.gz", "r", compression="gzip") as f:
        frame = pd.DataFrame(json.load(f.handle))
    return frame


def find_today(frame: pd.DataFrame) -> dict[str, str]:
    """Today's commune of every code: itself, the one it was merged into, the city of a district."""
    is_current = frame["type"] == "commune-actuelle"
    today = dict(zip(frame.loc[is_current, "code"], frame.loc[is_current, "code"], strict=True))
    parts = frame[~is_current & frame["commune"].notna()]
    for code, commune in zip(parts["code"], parts["commune"], strict=True):
        today.setdefault(code, commune)
    with_old = frame[is_current & frame["anciensCodes"].notna()]
    for commune, codes in zip(with_old["code"], with_old["anciensCodes"], strict=True):
        for code in codes:
            today.setdefault(code, commune)
    return today


def find_points(data: Path, communes: pd.DataFrame, today: dict[str, str]) -> pd.DataFrame:
    """`lon, lat` by code: the published centre, else that of the parts, else the town hall."""
    file = data / "communes_comparateur_2024.csv.gz"
    centres = pd.read_csv(file, dtype={"insee_com": str}, low_memory=False).dropna(
        subset=["lat", "lng"]
    )
    own = centres.drop_duplicates("insee_com").set_index("insee_com")[["lng", "lat"]]
    own.columns = ["lon", "lat"]
    parts = centres.assign(code=centres["insee_com"].map(today)).groupby("code")[["lng", "lat"]]
    of_parts = parts.mean().set_axis(["lon", "lat"], axis=1)
    halls = pd.read_csv(data / "dila_offices_2020-11.csv.bz2", dtype=str)
    halls = halls[halls["category"].str.startswith("mairie")]
    code = halls["id"].str.extract(r"-(\d\w\d{3})-", expand=False)
    halls = halls.assign(code=code.map(today), lon=pd.to_numeric(halls["longitude"], "coerce"),
                         lat=pd.to_numeric(halls["latitude"], "coerce"))  # fmt: skip
    of_halls = halls.dropna(subset=["code", "lon", "lat"]).groupby("code")[["lon", "lat"]].median()
    points = own.reindex(communes["code"])
    return points.fillna(of_parts).fillna(of_halls).reset_index(drop=True)


def find_age_shares(data: Path) -> pd.DataFrame:
    """Shares of the ages by département, from the census grid; the nation's for the others."""
    columns = ["dep", *AGES.values()]
    grid = pd.read_csv(data / "grid_1km.csv.gz", dtype={"dep": str}, usecols=columns)
    grid["dep"] = grid["dep"].str.rstrip("*")
    by_dep = grid.groupby("dep")[list(AGES.values())].sum()
    by_dep.loc["nation"] = by_dep.sum()
    return by_dep.div(by_dep.sum(axis=1), axis=0)


def read_fibre(data: Path, today: dict[str, str]) -> pd.DataFrame:
    """Premises and premises with fibre by today's code (ARCEP, first quarter of 2018)."""
    how = {"skiprows": 4, "dtype": str}
    premises = pd.read_csv(data / "arcep_ftth_2018_communes.csv.gz", **how)
    lines = pd.read_csv(data / "arcep_ftth_2018_ftthCommunes.csv.gz", **how)
    lines = lines[lines["Champ"] == "Locaux Raccordables"]

    def to_numbers(texts: pd.Series) -> pd.Series:
        plain = texts.str.replace(r"[\s ]", "", regex=True).replace("-", "0")
        return pd.to_numeric(plain, errors="coerce")

    n = to_numbers(premises["Logements"]) + to_numbers(premises["Établissements"]).fillna(0)
    fibre = pd.DataFrame({"code": premises["Code commune"].map(today), "premises": n})
    found = pd.DataFrame(
        {"code": lines["Code commune"].map(today), "fibre": to_numbers(lines["T1 2018"])}
    )
    out = fibre.dropna().groupby("code").sum()
    return out.join(found.dropna().groupby("code").sum())


def build_communes(data: Path) -> pd.DataFrame:
    """The table of places."""
    everything = read_communes(data)
    today = find_today(everything)
    communes = everything[everything["type"] == "commune-actuelle"].reset_index(drop=True)
    out = communes[["code", "nom", "departement", "population"]].copy()
    out["departement"] = out["departement"].fillna(out["code"].str[:3])
    out["population"] = out["population"].fillna(0)
    out[["lon", "lat"]] = find_points(data, communes, today)
    shares = find_age_shares(data)
    rows = np.where(out["departement"].isin(shares.index), out["departement"], "nation")
    for age, column in AGES.items():
        out[age] = (out["population"].to_numpy() * shares.loc[rows, column].to_numpy()).round(3)
    fibre = read_fibre(data, today).reindex(out["code"])
    out["premises"], out["fibre"] = fibre["premises"].to_numpy(), fibre["fibre"].to_numpy()
    out["fibre"] = np.minimum(out["fibre"], out["premises"])
    return out


def build_laposte(data: Path) -> pd.DataFrame:
    """La Poste's points of contact of June 2014, under plain column names."""
    frame = pd.read_csv(
        data / "laposte_2014-06.csv.bz2", sep=";", encoding="iso-8859-15", dtype=str
    )
    names = {"Identifiant": "id", "Libellé du site": "name", "Caractéristique du site": "kind",
             "Latitude": "lat", "Longitude": "lon"}  # fmt: skip
    return frame[list(names)].rename(columns=names)


def build_offices(data: Path) -> pd.DataFrame:
    """The directory's offices; coordinates that no point on earth has are left empty, and told."""
    offices = pd.read_csv(data / "dila_offices_2020-11.csv.bz2", dtype=str)
    out = offices[["id", "category", "name", "latitude", "longitude"]].drop_duplicates("id").copy()
    for column, limit in (("latitude", 90), ("longitude", 180)):
        wrong = pd.to_numeric(out[column], errors="coerce").abs() > limit
        for row in out[wrong].to_dict("records"):
            print(f"{row['id']}: {column} {row[column]} is nowhere on earth, left empty")
        out.loc[wrong, ["latitude", "longitude"]] = None
    # La Réunion lies at 21° S, 55° E: in the sea off Iceland, the two were swapped
    lat, lon = (pd.to_numeric(out[c], errors="coerce") for c in ("latitude", "longitude"))
    swapped = lat.between(54, 57) & lon.between(-23, -20)
    for row in out[swapped].to_dict("records"):
        print(f"{row['id']}: latitude and longitude are swapped, turned round")
    columns = ["latitude", "longitude"]
    out.loc[swapped, columns] = out.loc[swapped, columns[::-1]].to_numpy()
    return out


def main(data: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    communes = build_communes(data)
    communes.to_csv(out / "communes.csv", index=False)
    build_offices(data).to_csv(out / "offices.csv", index=False)
    build_laposte(data).to_csv(out / "laposte.csv", index=False)
    shutil.copyfile(HERE / "territory.toml", out / "territory.toml")
    print(f"{len(communes):,} communes, {communes['population'].sum():,.0f} persons -> {out}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
