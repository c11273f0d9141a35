"""Delta: what a scenario changes, for whom, by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage import _core
from maillage.errors import InputError
from maillage.exposure import NUMBERS, SHARES, SPREAD, TIMES, Exposure, find_backdrop
from maillage.results import to_arrow_stream, to_keys
from maillage.territory_parts import to_place_frame
from maillage.uncertainty import to_intervals

if TYPE_CHECKING:
    from maillage.maps import MapImage


class Delta:
    """The difference between a territory before and after a scenario. Made by `compare`.

    Every table has, for each column `x` of the exposure tables, `before_x`, `after_x` and
    `delta_x` (after minus before). No change gives differences of exactly zero.
    """

    def __init__(self, name: str, before: Exposure, after: Exposure) -> None:
        self.name = name
        self.before = before
        self.after = after

    def total(self) -> pd.DataFrame:
        """One row: everybody."""
        return self._join(self.before.total(), self.after.total(), [])

    def by_group(self) -> pd.DataFrame:
        """One row a group."""
        return self._join(self.before.by_group(), self.after.by_group(), ["group"])

    def by(self, zoning: str, by_group: bool = False) -> pd.DataFrame:
        """One row an area of a zoning, or an area and group."""
        # people may appear in, or vanish from, the places outside every area
        outside = self.before.has_outside(zoning) or self.after.has_outside(zoning)
        before, after = (e.by_area(zoning, by_group, outside) for e in (self.before, self.after))
        keys = [zoning, f"{zoning}_name"] + (["group"] if by_group else [])
        return self._join(before, after, keys)

    def by_place(self) -> pd.DataFrame:
        """One row a place, with the counters used before and after by car and without."""
        before = pd.DataFrame(self.before.by_place().drop(columns="geometry", errors="ignore"))
        after = pd.DataFrame(self.after.by_place().drop(columns="geometry", errors="ignore"))
        parts = self.after._parts
        keys = [c for c in ("place", "name", *parts.zonings) if c in before]
        frame = self._join(before, after, keys)
        extra: dict[str, Any] = {}
        for person_class in ("car", "no_car"):
            time, counter = f"travel_time_{person_class}", f"counter_{person_class}"
            extra[f"before_{counter}"], extra[f"after_{counter}"] = before[counter], after[counter]
            extra[f"before_{time}"], extra[f"after_{time}"] = before[time], after[time]
            extra[f"delta_{time}"] = after[time] - before[time]
        return to_place_frame(parts, pd.concat([frame, pd.DataFrame(extra)], axis=1))

    def changes(self) -> pd.DataFrame:
        """Every place and person class whose nearest counter or its time changed.

        `place, name, person_class, walk_speed_kmh, persons, before_counter, after_counter,
        before_travel_time, after_travel_time, delta_travel_time, change`; minutes. `change`
        is `farther`, `nearer`, `lost` (no counter can be reached any more), `found`, or
        `same_time` (another counter, as near). Persons are those of that class there.
        """
        found = _core.place_changes(self.before._core, self.after._core)
        parts = self.after._parts
        places = parts.places
        row = found["place"]
        before, after = found["before_minutes"], found["after_minutes"]
        kinds = np.select(
            [np.isnan(after), np.isnan(before), after > before, after < before],
            ["lost", "found", "farther", "nearer"],
            "same_time",
        )
        frame = pd.DataFrame({"place": places["place"].to_numpy()[row]})
        for column in ("name", *parts.zonings):
            if column in places:
                frame[column] = places[column].to_numpy()[row]
        return frame.assign(
            person_class=np.where(found["is_car"], "car", "no_car"),
            walk_speed_kmh=np.asarray(parts.walk_speeds_kmh)[found["walk_class"]],
            persons=found["persons"],
            before_counter=to_keys(self.before._parts.counters["key"], found["before_counter"]),
            after_counter=to_keys(parts.counters["key"], found["after_counter"]),
            before_travel_time=before,
            after_travel_time=after,
            delta_travel_time=after - before,
            change=kinds,
        )

    def losers(self) -> pd.DataFrame:
        """Who gets farther from a counter or loses it: the worst first. Columns as in `changes`."""
        frame = self.changes()
        frame = frame[frame["change"].isin(["farther", "lost"])]
        return _sort_by_loss(frame, descending=True)

    def gainers(self) -> pd.DataFrame:
        """Who gets nearer to a counter or finds one: the most gained first."""
        frame = self.changes()
        frame = frame[frame["change"].isin(["nearer", "found"])]
        return _sort_by_loss(frame, descending=False)

    def intervals(
        self, zoning: str | None = None, *, by_group: bool = False, level: float = 0.9
    ) -> pd.DataFrame:
        """Every headline figure of the difference with its interval.

        Needs `uncertainty=Draws(...)`. Before and after share their draws, so this is an interval
        of differences: `figure, value, low, high`, after minus before. Identical territories
        give intervals of exactly zero width.
        """
        head, rows, n_rows = self.after._rows(zoning, by_group)
        before, after = (e._draw_figures(zoning, by_group) for e in (self.before, self.after))
        if before.shape != after.shape:
            raise InputError("people appear outside every area: ask for another zoning")
        points = self.after._points(rows, n_rows, by_group) - self.before._points(
            rows, n_rows, by_group
        )
        return to_intervals(head, points, after - before, level)

    def person_minutes(self) -> float:
        """Person-minutes added one way, over those who reach a counter before and after."""
        frame = self.changes()
        return float((frame["persons"] * frame["delta_travel_time"]).sum())

    def changed_counters(self) -> pd.DataFrame:
        """The counters that the scenario touched: `key, name, change`, and what differs.

        `change` is `closed`, `opened`, `reopened`, `moved`, `converted` or `hours`, joined by
        ` + ` where several hold; services and weekly hours before and after.
        """
        return find_changed_counters(self.before._parts, self.after._parts)

    def map(self, path: Any = None, **options: Any) -> MapImage:
        """A map of who gets farther, written to `path` (PNG) if given.

        Options as in `maps.draw_delta_map`.
        """
        from maillage.maps import draw_delta_map  # matplotlib takes half a second to load

        how = {
            "title": f"{self.name}: who gets farther ({self.before.service})",
            "roads": find_backdrop(self.after._parts),
            **options,
        }
        return draw_delta_map(
            self.by_place(), self.after._parts.places, self._map_counters(), path, **how
        )

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return to_arrow_stream(self.by_place(), requested_schema)

    def __repr__(self) -> str:
        row = self.total().iloc[0]
        return (
            f"<Delta {self.name}: {self.before.service} within {self.before.limit:g} min: "
            f"{row['delta_exposed']:+,.0f} persons exposed, {row['delta_stranded']:+,.0f} stranded>"
        )

    def _map_counters(self) -> pd.DataFrame:
        """Counters of the service with their `status`, as `maps.draw_delta_map` takes it."""
        after = self.after._parts
        service = list(after.services).index(self.after.service)
        frame = after.counters.copy()
        n_before = len(self.before._parts.counters)
        is_offered = frame["open"].to_numpy(dtype=bool) & (
            after.levels[:, service] >= self.after.level
        )
        was_offered = np.zeros(len(frame), dtype=bool)
        was_offered[:n_before] = self.before._parts.counters["open"].to_numpy(dtype=bool) & (
            self.before._parts.levels[:, service] >= self.before.level
        )
        changed = find_changed_counters(self.before._parts, after).set_index("key")["change"]
        change = frame["key"].map(changed).fillna("")
        frame["status"] = np.select(
            [
                was_offered & ~frame["open"].to_numpy(dtype=bool),
                was_offered & ~is_offered,
                ~was_offered & is_offered,
                change.str.contains("moved"),
                change.str.contains("converted"),
            ],
            ["closed", "withdrawn", "opened", "moved", "converted"],
            "kept",
        )
        return frame[was_offered | is_offered]

    def _join(self, before: pd.DataFrame, after: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
        coverage = [c for c in before.columns if c.startswith("coverage_")]
        columns: dict[str, Any] = {key: before[key].to_numpy() for key in keys}
        for column in (*NUMBERS, *SHARES, *TIMES, *SPREAD, *coverage):
            b, a = before[column].to_numpy(dtype=float), after[column].to_numpy(dtype=float)
            columns[f"before_{column}"] = b
            columns[f"after_{column}"] = a
            columns[f"delta_{column}"] = a - b
        return pd.DataFrame(columns)


def _sort_by_loss(frame: pd.DataFrame, *, descending: bool) -> pd.DataFrame:
    # who has no counter at all any more loses more than any number of minutes
    loss = frame["delta_travel_time"].fillna(np.inf if descending else -np.inf)
    order = np.lexsort(
        (
            frame["place"].to_numpy(dtype=object).astype(str),
            -frame["persons"],
            -loss if descending else loss,
        )
    )
    return frame.iloc[order].reset_index(drop=True)


def find_changed_counters(before: Any, after: Any) -> pd.DataFrame:
    """The counters of two territories, one of which came from the other, that differ."""
    was, now = before.counters, after.counters
    n, n_before = len(now), len(was)
    if n < n_before or not np.array_equal(now["key"].to_numpy()[:n_before], was["key"].to_numpy()):
        raise InputError(
            "the two territories have different counters, expected one to come from the other"
        )
    was = pd.DataFrame(was).reset_index(drop=True).reindex(range(n))  # empty rows for new ones
    old_levels = np.zeros_like(after.levels)
    old_levels[:n_before] = before.levels
    is_new = np.arange(n) >= n_before
    was_open = was["open"].eq(True).to_numpy()
    is_open = now["open"].to_numpy(dtype=bool)
    stays = is_open & ~is_new
    words = {
        "opened": is_open & is_new,
        "closed": ~is_open & was_open,
        "reopened": stays & ~was_open,
        "moved": stays & (_differs(was["lon"], now["lon"]) | _differs(was["lat"], now["lat"])),
        # to another kind with the same services too
        "converted": stays
        & (_differs(was["kind"], now["kind"]) | (old_levels != after.levels).any(axis=1)),
        "hours": stays & _differs(was["opening_hours"], now["opening_hours"]),
    }
    rows = np.flatnonzero(np.any(list(words.values()), axis=0))
    return pd.DataFrame(
        {
            "key": now["key"].to_numpy()[rows],
            "name": now["name"].to_numpy()[rows],
            "change": [" + ".join(w for w, holds in words.items() if holds[i]) for i in rows],
            "before_services": [
                _to_services(before.services, old_levels[i]) if was_open[i] else None for i in rows
            ],
            "after_services": [
                _to_services(after.services, after.levels[i]) if is_open[i] else None for i in rows
            ],
            "before_weekly_hours": was["weekly_hours"].to_numpy(dtype=float)[rows],
            "after_weekly_hours": now["weekly_hours"].to_numpy(dtype=float)[rows],
        }
    ).astype(dict.fromkeys(("key", "name", "change", "before_services", "after_services"), "str"))


def _differs(was: pd.Series, now: pd.Series) -> np.ndarray:
    """Where two columns differ; absent equals absent."""
    a, b = was.to_numpy(dtype=object), now.to_numpy(dtype=object)
    both_absent = pd.isna(a) & pd.isna(b)
    return (a != b) & ~both_absent


def _to_services(services: Any, levels: np.ndarray) -> str:
    return ", ".join(f"{s} {level}" for s, level in zip(services, levels, strict=True) if level)
