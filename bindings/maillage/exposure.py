"""Exposure: who keeps a human within reach, and what is left to everybody else.

    within reach        choice (autonomous online) or counter_reliant (needs help, or cannot)
    none within reach   digital_only, assisted_only or stranded, by what a person can do online

Reach and ability are taken as independent inside a place and group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maillage import _core, exposure_readings, uncertainty
from maillage.arguments import check_name, check_number
from maillage.assumptions import find_assumptions
from maillage.decay import Decay
from maillage.equity import EPSILON, MEASURES
from maillage.errors import InputError
from maillage.exposure_phone import PhoneShares, find_phone_columns
from maillage.results import to_arrow_stream, to_keys
from maillage.territory_parts import TerritoryParts, to_place_frame
from maillage.uncertainty import FullDraws

if TYPE_CHECKING:
    from maillage.maps import MapImage

STATES = ("choice", "counter_reliant", "digital_only", "assisted_only", "stranded")
NUMBERS = ("persons", *STATES, "exposed", "left_out", "phone_resolved")
SHARES = tuple(f"share_{name}" for name in (*STATES, "exposed", "left_out"))
TIMES = ("mean_time", "median_time", "p90_time", "max_time")
SPREAD = ("unreachable_share", "gini", "fgt0", "fgt1", "fgt2")
DEFAULT_LIMITS = (10.0, 20.0, 30.0, 45.0)
MOST_DRAWN_SEGMENTS = 400_000


class Exposure:
    """The exposure of a territory's people to losing one service. Tables are made on demand.

    Every table has, per row: `persons`; the five states `choice, counter_reliant,
    digital_only, assisted_only, stranded` (they sum to `persons`); `exposed` (the last
    three: only remote channels remain); `left_out` (stranded + lambda x assisted_only);
    `phone_resolved` (of the exposed, those whom the operator's phone line would reach and
    help; NaN without such a parameter; by operator of the nearest counter where shares were given
    so, who reaches none counting with the lowest); `share_*` of the persons (NaN where nobody
    lives);
    `mean_time, median_time, p90_time, max_time` in minutes, weighted by persons (mean and
    maximum over those who can reach a counter; quantiles over all, NaN when unreachable);
    `unreachable_share`; `coverage_<minutes>`: share within that limit; `gini` of the
    minutes, `fgt0, fgt1, fgt2` beyond the limit (Foster, Greer, Thorbecke 1984).
    """

    def __init__(
        self,
        parts: TerritoryParts,
        core: _core.Exposure,
        service: str,
        level: int,
        limit: float,
        left_out_lambda: float,
        decay: Decay | None = None,
        phone: PhoneShares | None = None,
        draws: FullDraws | None = None,
    ) -> None:
        self._parts = parts
        self._core = core
        self.service = service
        self.level = level
        self.limit = limit
        self.left_out_lambda = left_out_lambda
        self.decay = decay or Decay.step(limit)
        self.phone = phone or PhoneShares()
        self.draws = draws

    def by_place(self) -> pd.DataFrame:
        """One row a place: its zonings, the table's columns, and the nearest counters.

        `counter_car, travel_time_car, counter_no_car, travel_time_no_car` are those of the
        first group's walking speed; absent where none can be reached. With geometry if the
        places have it. Where persons are secret for every group, persons and states are NaN;
        where for some, they count the others and `has_secret_persons` is true (a column that
        is there only when some persons are secret).
        """
        places = self._parts.places
        n = len(places)
        table = self._table(np.arange(n, dtype=np.int32), n)
        head = pd.DataFrame({"place": places["place"].to_numpy()})
        for column in ("name", *self._parts.zonings):
            if column in places:
                head[column] = places[column].to_numpy()
        unknown = self._parts.is_unknown
        if unknown.any():
            counts = [*NUMBERS, *(c for c in table if str(c).startswith("phone_resolved_"))]
            table.loc[np.all(unknown, axis=1), counts] = np.nan
            head["has_secret_persons"] = np.any(unknown, axis=1)
        frame = pd.concat([head, table, self._nearest_columns()], axis=1)
        return to_place_frame(self._parts, frame)

    def by_group(self) -> pd.DataFrame:
        """One row a group, in the territory's order."""
        table = self._table(np.zeros(len(self._parts.places), dtype=np.int32), 1, by_group=True)
        table.insert(0, "group", self._parts.groups["group"].to_numpy())
        return table

    def by(self, zoning: str, by_group: bool = False) -> pd.DataFrame:
        """One row an area of a zoning (its code; `<zoning>_name` beside it), or an area and group.

        Places outside every area form a last row with an absent code, if anyone lives there.
        """
        return self.by_area(zoning, by_group, self.has_outside(zoning))

    def has_outside(self, zoning: str) -> bool:
        """Whether anyone lives outside every area of a zoning."""
        outside = self._find_zoning(zoning).area_of_place < 0
        return bool(self._parts.persons[outside].sum() > 0)

    def by_area(self, zoning: str, by_group: bool, with_outside: bool) -> pd.DataFrame:
        """As `by`; the caller says whether there is a last row for places outside every area."""
        area = self._find_zoning(zoning)
        rows = area.area_of_place.astype(np.int32)
        n = len(area.codes)
        if with_outside:
            rows = np.where(rows < 0, n, rows).astype(np.int32)
        table = self._table(rows, n + with_outside, by_group=by_group)
        codes = [*area.codes, None] if with_outside else list(area.codes)
        labels = [*area.labels, None] if with_outside else list(area.labels)
        n_groups = len(self._parts.groups)
        repeat = n_groups if by_group else 1
        index = np.repeat(np.arange(len(codes)), repeat)
        table.insert(0, zoning, to_keys(np.array(codes, dtype=object), index))
        table.insert(1, f"{zoning}_name", to_keys(np.array(labels, dtype=object), index))
        if by_group:
            table.insert(2, "group", np.tile(self._parts.groups["group"].to_numpy(), len(codes)))
        return table

    def equity(
        self, zoning: str | None = None, *, by_group: bool = False, epsilon: float = EPSILON
    ) -> pd.DataFrame:
        """How the minutes are spread: everybody, or a row an area of a zoning (x group).

        The measures of `maillage.equity`, with the limit as the line. Persons by car and
        without count at their own nearest counter.
        """
        epsilon = check_number("epsilon", epsilon, "a number <= 0", lambda e: -100 <= e <= 0)
        groups = self._parts.groups["group"].to_numpy()
        codes: list[Any] = [None]
        rows = np.zeros(len(self._parts.places), dtype=np.int32)
        if zoning is not None:
            area = self._find_zoning(zoning)
            codes, rows = list(area.codes), area.area_of_place.astype(np.int32)
        found = self._core.equity(rows, len(codes), by_group, epsilon)
        table = pd.DataFrame(found, columns=list(MEASURES))
        if by_group:
            table.insert(0, "group", np.tile(groups, len(codes)))
        if zoning is not None:
            index = np.repeat(np.arange(len(codes)), len(groups) if by_group else 1)
            table.insert(0, zoning, to_keys(np.array(codes, dtype=object), index))
        return table

    def total(self) -> pd.DataFrame:
        """One row: everybody."""
        return self._table(np.zeros(len(self._parts.places), dtype=np.int32), 1)

    def bounds(self, zoning: str | None = None, *, by_group: bool = False) -> pd.DataFrame:
        """How far `stranded` could lie from what independence says.

        Returns `persons, stranded_low, stranded, stranded_high`: everybody, or a row an area of
        a zoning (x group). Inside each place and group, with a share f beyond reach and a share c
        who cannot go online, those of whom both are true are between max(0, f + c - 1) and
        min(f, c) (Fréchet 1935); `stranded` is f c.
        """
        head, rows, n_rows = self._rows(zoning, by_group)
        return pd.concat(
            [head, exposure_readings.find_bounds(self, rows, n_rows, by_group)], axis=1
        )

    def double_burden(self, zoning: str | None = None, *, by_group: bool = False) -> pd.DataFrame:
        """Persons by what keeps them away: cannot go online x beyond reach x without a car.

        Returns `cannot_go_online, beyond_reach, without_car, persons`: eight rows for everybody,
        for an area of a zoning, or for an area and group; they sum to the persons.
        """
        head, rows, n_rows = self._rows(zoning, by_group)
        table = exposure_readings.find_double_burden(self, rows, n_rows, by_group)
        if head.empty:
            return table.drop(columns="row")
        heads = head.iloc[table["row"].to_numpy()].reset_index(drop=True)
        return pd.concat([heads, table.drop(columns="row")], axis=1)

    def renunciation(
        self,
        zoning: str | None = None,
        *,
        by_group: bool = False,
        probabilities: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Expected persons who give up a right or a procedure for good.

        The sum over states of persons x probability. By default the probabilities are relative
        risks of the states (`maillage parameters renunciation`) scaled so that the nation as a
        whole gives up 8 % (INSEE Focus 267); `probabilities` maps states, or groups to states,
        to your own. Returns `persons, renunciation, share_renunciation` (NaN where nobody lives).
        """
        groups = self._parts.groups["group"]
        table = exposure_readings.to_probabilities(probabilities, groups, self._parts.book)
        head, rows, n_rows = self._rows(zoning, by_group)
        states = self._core.states(rows, n_rows, True)[:, 1:]
        persons, lost = exposure_readings.find_renunciation(states, table, len(groups))
        persons, lost = (v.reshape(-1) if by_group else v.sum(axis=1) for v in (persons, lost))
        share = np.divide(lost, persons, where=persons > 0, out=np.full(len(lost), np.nan))
        figures = {"persons": persons, "renunciation": lost, "share_renunciation": share}
        return pd.concat([head, pd.DataFrame(figures)], axis=1)

    def intervals(
        self, zoning: str | None = None, *, by_group: bool = False, level: float = 0.9
    ) -> pd.DataFrame:
        """Every headline figure with the interval that the draws span.

        Needs `uncertainty=Draws(...)`. Returns `figure, value, low, high`: a row a figure for
        everybody, for an area of a zoning (x group); `value` is that of the tables, `low` and
        `high` the central interval that holds `level` of the draws.
        """
        head, rows, n_rows = self._rows(zoning, by_group)
        drawn = self._draw_figures(zoning, by_group)
        return uncertainty.to_intervals(head, self._points(rows, n_rows, by_group), drawn, level)

    def tornado(self, figure: str = "exposed", *, level: float = 0.9) -> pd.DataFrame:
        """Which parameter matters most: `parameter, value, low, high, span`, widest first.

        Each parameter alone is moved to both ends of the interval that holds `level` of its own
        draws, the others stay: `low` and `high` are what `figure` of everybody becomes.
        """
        return uncertainty.find_tornado(self, self._find_draws(), figure, level)

    def _find_draws(self) -> FullDraws:
        if self.draws is None:
            raise InputError(
                "this exposure has no draws, expected uncertainty=Draws(...) when asked"
            )
        return self.draws

    def _draw_figures(self, zoning: str | None, by_group: bool) -> np.ndarray:
        _, rows, n_rows = self._rows(zoning, by_group)
        return uncertainty.draw_figures(self, self._find_draws(), (rows, n_rows), by_group)

    def _points(self, rows: np.ndarray, n_rows: int, by_group: bool) -> np.ndarray:
        table = self._table(rows, n_rows, by_group)
        return table[list(uncertainty.FIGURES)].to_numpy()

    def _rows(self, zoning: str | None, by_group: bool) -> tuple[pd.DataFrame, np.ndarray, int]:
        """The first columns of a table, which row each place counts in, how many rows."""
        rows = np.zeros(len(self._parts.places), dtype=np.int32)
        codes: list[Any] = [None]
        if zoning is not None:
            area = self._find_zoning(zoning)
            rows, codes = area.area_of_place.astype(np.int32), list(area.codes)
            if self.has_outside(zoning):
                rows = np.where(rows < 0, len(codes), rows).astype(np.int32)
                codes.append(None)
        groups = self._parts.groups["group"].to_numpy()
        head = pd.DataFrame(index=range(len(codes) * (len(groups) if by_group else 1)))
        if zoning is not None:
            index = np.repeat(np.arange(len(codes)), len(groups) if by_group else 1)
            head[zoning] = to_keys(np.array(codes, dtype=object), index)
        if by_group:
            head["group"] = np.tile(groups, len(codes))
        return head, rows, len(codes)

    def map(self, path: Any = None, **options: Any) -> MapImage:
        """A map of travel times, written to `path` (PNG) if given.

        Options as in `maps.draw_exposure_map`.
        """
        from maillage.maps import draw_exposure_map  # matplotlib takes half a second to load

        how = {
            "title": f"{self.service}: travel time to a counter (guichet)",
            "roads": find_backdrop(self._parts),
            **options,
        }
        counters = self._open_counters().assign(status="kept")
        return draw_exposure_map(self.by_place(), self._parts.places, counters, path, **how)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return to_arrow_stream(self.by_place(), requested_schema)

    def __repr__(self) -> str:
        row = self.total().iloc[0]
        return (
            f"<Exposure {self.service} level {self.level} within {self.limit:g} min: "
            f"{row['exposed']:,.0f} of {row['persons']:,.0f} persons exposed, "
            f"{row['stranded']:,.0f} stranded>"
        )

    @cached_property
    def assumptions(self) -> dict[str, Any]:
        """What the figures rest on: service, limit, parameters, independence."""
        return {
            **find_assumptions(self._parts),
            "service": self.service,
            "level": self.level,
            "limit_min": self.limit,
            "decay": str(self.decay),
            "left_out_lambda": self.left_out_lambda,
            "phone": {"service": self.phone.of_service, **self.phone.by_operator},
        }

    def _find_zoning(self, name: str) -> Any:
        return self._parts.zonings[check_name("zoning", name, self._parts.zonings)]

    def _open_counters(self) -> pd.DataFrame:
        frame = self._parts.counters
        level = self._parts.levels[:, list(self._parts.services).index(self.service)]
        return frame[frame["open"].to_numpy(dtype=bool) & (level >= self.level)]

    def _limits(self) -> Sequence[float]:
        return sorted({*DEFAULT_LIMITS, self.limit})

    def _table(self, rows: np.ndarray, n_rows: int, by_group: bool = False) -> pd.DataFrame:
        states = self._core.states(rows, n_rows, by_group)
        limits = self._limits()
        summary = self._core.summary(rows, n_rows, by_group, limits)
        columns: dict[str, np.ndarray] = {
            name: states[:, i] for i, name in enumerate(("persons", *STATES))
        }
        columns["exposed"] = states[:, 3:].sum(axis=1)
        columns["left_out"] = columns["stranded"] + self.left_out_lambda * columns["assisted_only"]
        columns |= find_phone_columns(self, columns["exposed"], (rows, n_rows), by_group)
        persons = np.where(columns["persons"] > 0, columns["persons"], np.nan)
        for name in (*STATES, "exposed", "left_out"):
            # the last digit of a sum of states may lie beyond that of the persons
            columns[f"share_{name}"] = np.minimum(columns[name] / persons, 1)
        names = [*TIMES, *SPREAD, *(f"coverage_{limit:.15g}" for limit in limits)]
        columns |= {name: summary[:, i] for i, name in enumerate(names)}
        return pd.DataFrame(columns)

    def _nearest_columns(self) -> pd.DataFrame:
        columns: dict[str, Any] = {}
        walk_class = int(self._parts.walk_class[0])
        for person_class in ("car", "no_car"):
            rows, minutes = self._core.labels(person_class, walk_class)
            columns[f"counter_{person_class}"] = to_keys(self._parts.counters["key"], rows)
            columns[f"travel_time_{person_class}"] = minutes
        return pd.DataFrame(columns)


def find_backdrop(parts: TerritoryParts) -> np.ndarray | None:
    """Road lines (lon, lat, lon, lat) to draw under a map; None where they would be a blot."""
    uses = (use for use in parts.networks if use.mode == "car" and not use.is_crow)
    roads = next((use.roads for use in uses), None)
    if roads is None or roads.summary()["n_segments"] > MOST_DRAWN_SEGMENTS:
        return None
    return roads._core.segment_ends()[roads._core.segment_is_main()]
