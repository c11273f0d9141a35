"""What a territory holds, in figures: the content of `maillage check`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.territory_parts import TerritoryParts


def summarize_territory(parts: TerritoryParts, core: _core.Territory) -> dict[str, Any]:
    """Counts, totals, bounding boxes, networks with snapping distances, findings.

    Distances are metres, lengths kilometres, boxes (lon, lat) minima then maxima.
    """
    return {
        "name": parts.name,
        "places": {
            "n": len(parts.places),
            "persons": float(parts.persons.sum()),
            "bbox": _find_bbox(parts.places),
            "zonings": {name: len(z.codes) for name, z in parts.zonings.items()},
        },
        "groups": dict(zip(parts.groups["group"], parts.persons.sum(axis=0).tolist(), strict=True)),
        "counters": {
            "n": len(parts.counters),
            "n_open": int(parts.counters["open"].sum()),
            "bbox": _find_bbox(parts.counters),
            "by_kind": parts.counters["kind"].fillna("").value_counts().to_dict(),
            "by_service": _count_by_service(parts),
            "with_hours": int(parts.counters["weekly_hours"].notna().sum()),
        },
        "networks": _summarize_networks(parts, core),
        "transit": _summarize_transit(parts),
        "connectivity": {
            "known": int((~np.isnan(parts.adequate)).sum()),
            "mean_adequate": _find_mean_adequate(parts),
        },
        "findings": parts.findings.to_frame(),
    }


def _find_bbox(frame: pd.DataFrame) -> tuple[float, float, float, float] | None:
    if len(frame) == 0:
        return None
    lon, lat = frame["lon"], frame["lat"]
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _count_by_service(parts: TerritoryParts) -> dict[str, dict[int, int]]:
    is_open = parts.counters["open"].to_numpy(dtype=bool)
    out: dict[str, dict[int, int]] = {}
    for i, service in enumerate(parts.services):
        levels, counts = np.unique(parts.levels[is_open, i], return_counts=True)
        out[service] = {int(v): int(n) for v, n in zip(levels, counts, strict=True) if v > 0}
    return out


def _find_mean_adequate(parts: TerritoryParts) -> float | None:
    persons = parts.persons.sum(axis=1)
    known = ~np.isnan(parts.adequate)
    if not persons[known].sum() > 0:
        return None
    return float(np.average(parts.adequate[known], weights=persons[known]))


def _summarize_networks(parts: TerritoryParts, core: _core.Territory) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for use, link in zip(parts.networks, core.links, strict=True):
        if use.mode in out or use.is_crow or use.transit:  # the same roads again, or none
            continue
        summary = link["network"].summary()
        summary["source"] = use.source
        summary["snap_places"] = _summarize_snapping(link["places"])
        summary["snap_counters"] = _summarize_snapping(link["counters"])
        out[use.mode] = summary
    return out


def _summarize_transit(parts: TerritoryParts) -> dict[str, Any] | None:
    """The timetable, where there is one: its date, window and sizes."""
    use = next((use.transit for use in parts.networks if use.transit is not None), None)
    if use is None:
        return None
    config, feed = use.config, use.feed
    return {
        "feeds": [path.name for path in config.gtfs],
        "date": str(config.date),
        "departure": config.departure,
        "window_min": config.window_min,
        "percentile": config.percentile,
        "n_lines": int(feed.trips["route_id"].nunique()),
        "n_trips": len(feed.trips),
        "n_stops": int(feed.stop_times["stop"].nunique()),
    }


def _summarize_snapping(links: _core.Links) -> dict[str, float | int | None]:
    snap = links.snap_m[~links.is_off_network]
    if len(snap) == 0:
        return {"median": None, "p95": None, "max": None, "off_network": int(links.n_points)}
    return {
        "median": float(np.median(snap)),
        "p95": float(np.quantile(snap, 0.95)),
        "max": float(snap.max()),
        "off_network": int(links.is_off_network.sum()),
    }
