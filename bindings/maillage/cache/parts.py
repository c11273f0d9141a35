"""A territory's parts as arrays of bytes, and the parts from such arrays.

Tables are Arrow files and large arrays stand as they are, so that what comes back looks into
the mapped file; only small things are JSON. Outlines are WKB, read when they are first asked for.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from maillage import _core
from maillage.findings import Findings
from maillage.geo.zonings import Zoning
from maillage.networks import NetworkUse
from maillage.roads import RoadNetwork
from maillage.territory_parts import TerritoryParts

Arrays = dict[str, np.ndarray]
ReadArray = Callable[[str], np.ndarray]


def to_arrays(parts: TerritoryParts) -> Arrays:
    """Everything of the parts that the engine's own copy does not hold."""
    about = {
        "name": parts.name,
        "walk_speeds_kmh": list(parts.walk_speeds_kmh),
        "adequate_column": parts.adequate_column,
        "networks_given": list(parts.networks_given),
        "services": list(parts.services),
        "kinds": parts.kinds,
        "parameters": parts.parameters,
        "findings": _to_rows(parts.findings),
        "zero_zoning": None if parts.zero_zoning is None else parts.zero_zoning.name,
        "zonings": [(z.name, z.geometry is not None) for z in parts.zonings.values()],
        "with_outlines": [
            (name, list(frame.columns), frame.geometry.name)
            for name in ("places", "counters")
            if isinstance(frame := getattr(parts, name), gpd.GeoDataFrame)
        ],
        "networks": [_to_use(use) for use in parts.networks],
    }
    arrays = {"about": _to_json(about), "is_unknown": _to_bytes(parts.is_unknown)}
    arrays["walk_class"] = _to_bytes(parts.walk_class)
    arrays["levels"] = _to_bytes(parts.levels)
    for name in ("places", "groups", "connectivity", "counters"):
        arrays |= _to_frame_arrays(name, getattr(parts, name))
    for i, zoning in enumerate(parts.zonings.values()):
        names = pd.DataFrame({"code": zoning.codes, "label": zoning.labels}, dtype="str")
        arrays |= _to_frame_arrays(f"zoning.{i}", names)
        arrays[f"zoning.{i}.area_of_place"] = _to_bytes(zoning.area_of_place)
        if zoning.geometry is not None:
            arrays |= _to_geometry_arrays(f"zoning.{i}", zoning.geometry)
    for i, use in enumerate(parts.networks):
        if use.roads._node_ids is not None:
            ids = pd.DataFrame({"id": pd.Series(use.roads._node_ids, dtype="str")})
            arrays |= _to_frame_arrays(f"network.{i}.nodes", ids)
    return arrays


def read_parts(read: ReadArray, core: _core.Territory) -> TerritoryParts:
    """The parts from arrays; persons, car shares and networks are those of the engine."""
    about = json.loads(read("about").tobytes())
    frames = {
        "places": _read_frame("places", read, copies=False),
        "counters": _read_frame("counters", read),
    }
    for name, columns, geometry in about["with_outlines"]:
        outlines = _read_geometry(name, read)
        frame = frames[name].assign(**{geometry: outlines.to_numpy()})[columns]
        frames[name] = gpd.GeoDataFrame(frame, geometry=geometry, crs=outlines.crs)
    zonings = {
        name: _read_zoning(i, name, has_outlines, read)
        for i, (name, has_outlines) in enumerate(about["zonings"])
    }
    n_places, n_groups = core.persons.shape
    counters = frames["counters"]
    zero = about["zero_zoning"]
    return TerritoryParts(
        name=about["name"],
        places=frames["places"],
        zonings=zonings,
        groups=_read_frame("groups", read),
        walk_class=read("walk_class").view(np.uint32),
        walk_speeds_kmh=about["walk_speeds_kmh"],
        persons=core.persons,
        is_unknown=read("is_unknown").view(bool).reshape(n_places, n_groups),
        car_share=core.car_share,
        abilities=core.abilities,
        connectivity=_read_frame("connectivity", read, copies=False),
        adequate=core.adequate,
        adequate_column=about["adequate_column"],
        networks_given=about["networks_given"],
        counters=counters,
        levels=read("levels").reshape(len(counters), len(about["services"])).copy(),
        services=about["services"],
        kinds=about["kinds"],
        networks=_read_uses(about["networks"], read, core),
        parameters=about["parameters"],
        findings=_to_findings(about["findings"]),
        zero_zoning=None if zero is None else zonings[zero],
    )


class StoredZoning(Zoning):
    """A zoning whose outlines are read when they are first asked for."""

    def __init__(
        self,
        name: str,
        names: pd.DataFrame,
        area_of_place: np.ndarray,
        read: Callable[[], gpd.GeoSeries] | None,
    ) -> None:
        self._read = read
        self._outlines: gpd.GeoSeries | None = None
        super().__init__(name, list(names["code"]), list(names["label"]), area_of_place)

    @property
    def geometry(self) -> gpd.GeoSeries | None:
        if self._outlines is None and self._read is not None:
            self._outlines = self._read()
        return self._outlines

    @geometry.setter
    def geometry(  # pyright: ignore[reportIncompatibleVariableOverride]  a field of the class above
        self, outlines: gpd.GeoSeries | None
    ) -> None:
        if outlines is not None:  # the class itself sets its default
            self._outlines, self._read = outlines, None


class StoredIds(Sequence[str]):
    """The ids of a network's nodes, read when they are first asked for."""

    def __init__(self, name: str, read: ReadArray) -> None:
        self._name, self._read = name, read
        self._ids: list[str] | None = None

    def _find(self) -> list[str]:
        if self._ids is None:
            self._ids = list(_read_frame(self._name, self._read)["id"])
        return self._ids

    def __getitem__(self, row: Any) -> Any:
        return self._find()[row]

    def __iter__(self) -> Iterator[str]:
        return iter(self._find())

    def __len__(self) -> int:
        return len(self._find())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._find(), dtype=object if dtype is None else dtype)


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8)


def _to_json(value: Mapping[str, Any]) -> np.ndarray:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _to_rows(findings: Findings) -> list[tuple[str, int, list[str]]]:
    return [(f.kind, f.count, list(f.examples)) for f in findings]


def _to_findings(rows: Sequence[tuple[str, int, list[str]]]) -> Findings:
    findings = Findings()
    for kind, count, examples in rows:
        findings.add_all(kind, examples, count)
    return findings


def _to_frame_arrays(name: str, frame: pd.DataFrame) -> Arrays:
    arrays: Arrays = {}
    if isinstance(frame, gpd.GeoDataFrame):
        arrays = _to_geometry_arrays(name, frame.geometry)
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table = pa.Table.from_pandas(frame)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return arrays | {f"{name}.table": np.frombuffer(sink.getvalue(), dtype=np.uint8)}


def _read_frame(name: str, read: ReadArray, *, copies: bool = True) -> pd.DataFrame:
    """A table; one that is not a copy stands in the file and can only be read."""
    table = pa.ipc.open_file(pa.py_buffer(read(f"{name}.table"))).read_all()
    return table.to_pandas(split_blocks=not copies)


def _to_geometry_arrays(name: str, outlines: gpd.GeoSeries) -> Arrays:
    """WKB one after the other with its offsets (equal ones: none there), and the CRS as text."""
    wkb = [b"" if one is None else one for one in shapely.to_wkb(outlines.to_numpy())]
    offsets = np.zeros(len(wkb) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in wkb], out=offsets[1:])
    crs = "" if outlines.crs is None else outlines.crs.to_wkt()
    return {
        f"{name}.wkb": np.frombuffer(b"".join(wkb), dtype=np.uint8),
        f"{name}.wkb_offsets": offsets.view(np.uint8),
        f"{name}.crs": np.frombuffer(crs.encode(), dtype=np.uint8),
    }


def _read_geometry(name: str, read: ReadArray) -> gpd.GeoSeries:
    offsets = read(f"{name}.wkb_offsets").view(np.int64)
    wkb = read(f"{name}.wkb").data
    parts = [bytes(wkb[a:b]) or None for a, b in itertools.pairwise(offsets)]
    crs = read(f"{name}.crs").tobytes().decode() or None
    return gpd.GeoSeries(shapely.from_wkb(np.array(parts, dtype=object)), crs=crs)


def _read_zoning(i: int, name: str, has_outlines: bool, read: ReadArray) -> Zoning:
    return StoredZoning(
        name,
        _read_frame(f"zoning.{i}", read),
        read(f"zoning.{i}.area_of_place").view(np.int32),
        (lambda: _read_geometry(f"zoning.{i}", read)) if has_outlines else None,
    )


def _to_use(use: NetworkUse) -> dict[str, Any]:
    return {
        "walk_class": use.walk_class,
        "serves_no_car": use.serves_no_car,
        "max_snap_m": use.max_snap_m,
        "access_speed_kmh": use.access_speed_kmh,
        "parking_s": use.parking_s,
        "detour_factor": use.detour_factor,
        "speed_kmh": use.speed_kmh,
        "source": use.source,
        "findings": _to_rows(use.findings),
        "road_findings": _to_rows(use.roads._findings),
        "has_node_ids": use.roads._node_ids is not None,
    }


def _read_uses(
    rows: Sequence[dict[str, Any]], read: ReadArray, core: _core.Territory
) -> list[NetworkUse]:
    uses = []
    for i, (row, link) in enumerate(zip(rows, core.links, strict=True)):
        ids = StoredIds(f"network.{i}.nodes", read) if row.pop("has_node_ids") else None
        roads = RoadNetwork(link["network"], ids, _to_findings(row.pop("road_findings")))
        roads._hierarchy = link["hierarchy"]
        findings = _to_findings(row.pop("findings"))
        uses.append(NetworkUse(roads=roads, findings=findings, **row))
    return uses
