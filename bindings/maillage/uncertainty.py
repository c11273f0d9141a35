"""Uncertainty: draws of the parameters that figures rest on, and what they make of the figures.

    exposure = territory.exposure("post", uncertainty=ml.Draws(1000, seed=1))
    exposure.intervals()          # every state with the interval that its draws span
    exposure.tornado()            # which parameter matters most

A draw takes, for every group, who cannot and who needs help (Beta distributions with the
precision of their sample, divided by the design effect of the survey), one factor on the speed of
cars and one on that of others (triangular around 1), the connectivity shift if a range is given,
and an error of each place's population (log-normal). Numbers come by counter (Philox) from the
seed and the *name* of what is drawn: not from threads, nor from the order of rows, and the same
before and after a scenario, so that the interval of a difference is an interval of differences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from maillage import _core
from maillage.arguments import check_count, check_number, to_shown
from maillage.errors import InputError
from maillage.parameter_book import ParameterBook
from maillage.territory_parts import TerritoryParts

if TYPE_CHECKING:
    from maillage.exposure import Exposure

STATES = ("choice", "counter_reliant", "digital_only", "assisted_only", "stranded")
FIGURES = (*STATES, "exposed", "left_out")
DESIGN_EFFECT = 1.5  # of the CREDOC panels, as in the standard errors of the shipped table
MOST_DRAWS = 100_000
Range = tuple[float, float]


@dataclass(frozen=True)
class Draws:
    """How many draws, of what.

    n
        Number of draws, 2 to 100 000.
    seed
        Same seed, same bytes, for any number of threads and any order of rows.
    car_speed, no_car_speed
        Ranges of a factor on speeds; (1, 1) fixes them. None: `low` and `high` of
        `car.speed_factor` and `walk.speed_kmh` over their values, in the territory's parameters.
    abilities
        Whether the shares of who cannot and who needs help are drawn; groups without a
        sample size keep theirs.
    design_effect
        By which sample sizes are divided.
    population_error
        Relative standard error of the persons of a place (0 fixes them). None:
        `population.error` of the territory's parameters.
    connectivity_shift
        A range. None: that of the territory's own table of parameters, else as the territory
        has it.
    """

    n: int = 1000
    seed: int = 1
    car_speed: Range | None = None
    no_car_speed: Range | None = None
    abilities: bool = True
    design_effect: float = DESIGN_EFFECT
    population_error: float | None = None
    connectivity_shift: Range | None = None

    def __post_init__(self) -> None:
        check_count("n", self.n, 2, f"2 to {MOST_DRAWS} draws", high=MOST_DRAWS)
        check_count("seed", self.seed, 0, "a whole number >= 0", high=2**63)
        if not isinstance(self.abilities, bool | np.bool_):
            raise InputError(f"abilities is {to_shown(self.abilities)}, expected True or False")
        for name in ("car_speed", "no_car_speed"):
            given = getattr(self, name)
            if given is None:
                continue
            low, high = _check_range(name, given)
            if not 0 < low <= 1 <= high:
                raise InputError(f"{name} is ({low:g}, {high:g}), expected 0 < low <= 1 <= high")
        check_number(
            "design_effect", self.design_effect, "a number >= 1", lambda d: 1 <= d < np.inf
        )
        if self.population_error is not None:
            check_number("population_error", self.population_error, "0..1", lambda e: 0 <= e <= 1)
        if self.connectivity_shift is not None:
            low, high = _check_range("connectivity_shift", self.connectivity_shift)
            if not 0 <= low <= high <= 1:
                raise InputError(f"connectivity_shift is ({low:g}, {high:g}), expected within 0..1")


def check_draws(given: Any, parts: TerritoryParts) -> FullDraws | None:
    """Draws with what they leave to the territory filled in, or None for none."""
    if given is None:
        return None
    if isinstance(given, Draws):
        return fill_draws(given, parts)
    raise InputError(f"uncertainty is {to_shown(given)}, expected Draws(1000, seed=1) or None")


@dataclass(frozen=True)
class FullDraws:
    """Draws with every default filled in."""

    n: int
    seed: int
    car_speed: Range
    no_car_speed: Range
    abilities: bool
    design_effect: float
    population_error: float
    connectivity_shift: Range | None


def fill_draws(draws: Draws, parts: TerritoryParts) -> FullDraws:
    """The draws with ranges and errors of the territory's parameters where they have none."""
    book, shift = parts.book, draws.connectivity_shift
    if shift is None:
        own = parts.parameters.get("connectivity_shift_range")
        shift = None if own is None else (own[0], own[1])
    error = draws.population_error
    return FullDraws(
        draws.n,
        draws.seed,
        draws.car_speed or _find_range(book, "car.speed_factor"),
        draws.no_car_speed or _find_range(book, "walk.speed_kmh"),
        draws.abilities,
        draws.design_effect,
        book.value("population.error") if error is None else error,
        shift,
    )


def _find_range(book: ParameterBook, name: str) -> Range:
    """The range of a parameter as factors on its value; (1, 1) for one without a range."""
    p = book.find(name)
    if p.low is None or p.high is None:
        return 1.0, 1.0
    return p.low / p.value, p.high / p.value


def _check_range(name: str, given: Any) -> Range:
    try:
        low, high = (float(v) for v in given)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {to_shown(given)}, expected a pair (low, high)") from None
    return low, high


def find_stream(name: str) -> int:
    """The stream of random numbers of a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def find_streams(names: Iterable[str]) -> np.ndarray:
    """Streams of many names."""
    return np.fromiter((find_stream(name) for name in names), dtype=np.uint64)


@dataclass(frozen=True)
class ParameterSet:
    """Values of every parameter for m draws, as the engine takes them."""

    car_speed: np.ndarray
    no_car_speed: np.ndarray
    shift: np.ndarray
    p_b: np.ndarray  # m x n_groups
    p_c: np.ndarray

    def to_core(self, parts: TerritoryParts, seed: int, population_error: float) -> dict[str, Any]:
        """The mapping that the engine reads."""
        names = (f"population/{key}" for key in parts.places["place"])
        n_places = len(parts.places)
        streams = find_streams(names) if population_error else np.zeros(n_places, dtype=np.uint64)
        return {
            **vars(self),
            "seed": seed,
            "population_error": population_error,
            "place_stream": streams,
        }


def draw_parameters(draws: FullDraws, parts: TerritoryParts) -> ParameterSet:
    """Every parameter for every draw."""
    u = _Uniforms(draws)
    shift = np.full(draws.n, float(parts.parameters["connectivity_shift"]))
    if draws.connectivity_shift is not None:
        low, high = draws.connectivity_shift
        shift = low + (high - low) * u.draw("connectivity_shift")
    columns = [_draw_ability(draws, u, row) for row in parts.groups.to_dict("records")]
    return ParameterSet(
        car_speed=_to_triangular(u.draw("car_speed"), draws.car_speed),
        no_car_speed=_to_triangular(u.draw("no_car_speed"), draws.no_car_speed),
        shift=shift,
        p_b=np.stack([b for b, _ in columns], axis=1),
        p_c=np.stack([c for _, c in columns], axis=1),
    )


@dataclass(frozen=True)
class _Uniforms:
    draws: FullDraws

    def draw(self, name: str) -> np.ndarray:
        return _core.draw_uniforms(self.draws.seed, find_stream(name), self.draws.n)


def _draw_ability(draws: FullDraws, u: _Uniforms, row: Any) -> tuple[np.ndarray, np.ndarray]:
    p_b, p_c, n = float(row["p_b"]), float(row["p_c"]), row["n"]
    if not draws.abilities or n is None or np.isnan(n) or n <= 0:
        return np.full(draws.n, p_b), np.full(draws.n, p_c)
    size = n / draws.design_effect
    c = _to_beta(u.draw(f"p_c/{row['group']}"), p_c, size)
    rest = p_b / (1 - p_c) if p_c < 1 else 0.0
    b = (1 - c) * _to_beta(u.draw(f"p_b/{row['group']}"), rest, size * (1 - p_c))
    return b, c


def _to_beta(u: np.ndarray, mean: float, size: float) -> np.ndarray:
    """Quantiles of the Beta distribution of a share seen in a sample."""
    if not 0 < mean < 1 or not np.isfinite(size):
        return np.full(len(u), mean)
    return betaincinv(mean * size, (1 - mean) * size, u)


def _to_triangular(u: np.ndarray, limits: Range) -> np.ndarray:
    """Quantiles of the triangular distribution with its peak at 1."""
    low, high = limits
    if low == high:
        return np.full(len(u), 1.0)
    peak = (1 - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (1 - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - 1))
    return np.where(u < peak, rising, falling)


def draw_figures(
    exposure: Exposure, draws: FullDraws, rows: tuple[np.ndarray, int], by_group: bool
) -> np.ndarray:
    """n_draws x n_rows (x n_groups) x 7: the five states, exposed, left_out."""
    drawn = draw_parameters(draws, exposure._parts)
    core = drawn.to_core(exposure._parts, draws.seed, draws.population_error)
    return _to_figures(exposure, core, rows, by_group)


def _to_figures(
    exposure: Exposure, core: dict[str, Any], rows: tuple[np.ndarray, int], by_group: bool
) -> np.ndarray:
    row_of_place, n_rows = rows
    states = _core.draw_states(exposure._core, row_of_place, n_rows, by_group, core)
    exposed = states[:, :, 2:].sum(axis=2)
    left_out = states[:, :, 4] + exposure.left_out_lambda * states[:, :, 3]
    return np.concatenate([states, exposed[:, :, None], left_out[:, :, None]], axis=2)


def to_intervals(
    head: pd.DataFrame, points: np.ndarray, figures: np.ndarray, level: float
) -> pd.DataFrame:
    """`figure, value, low, high` for each row of `head`: the central interval of its draws."""
    level = check_number("level", level, "a share in 0..1, such as 0.9", lambda v: 0 < v < 1)
    low, high = np.quantile(figures, [(1 - level) / 2, (1 + level) / 2], axis=0)
    n_rows = points.shape[0]
    table = head.loc[np.repeat(np.arange(n_rows), len(FIGURES))].reset_index(drop=True)
    table["figure"] = np.tile(FIGURES, n_rows)
    for name, values in (("value", points), ("low", low), ("high", high)):
        table[name] = values.reshape(-1)
    return table


def find_tornado(exposure: Exposure, draws: FullDraws, figure: str, level: float) -> pd.DataFrame:
    """How far `figure` of everybody moves when one parameter does: see `Exposure.tornado`."""
    if figure not in FIGURES:
        raise InputError(f"figure is {to_shown(figure)}, expected one of {', '.join(FIGURES)}")
    level = check_number("level", level, "a share in 0..1, such as 0.9", lambda v: 0 < v < 1)
    parts = exposure._parts
    ends = [(1 - level) / 2, (1 + level) / 2]
    names, sets = _move_one_by_one(draws, parts, np.array(ends))
    n_places = len(parts.places)
    figures = _to_figures(
        exposure,
        sets.to_core(parts, draws.seed, 0.0),
        (np.zeros(n_places, dtype=np.int32), 1),
        False,
    )[:, 0, FIGURES.index(figure)]
    low, high = figures[1::2], figures[2::2]
    table = pd.DataFrame({"parameter": names, "value": figures[0], "low": low, "high": high})
    table["span"] = (table["high"] - table["low"]).abs()
    return table.sort_values("span", ascending=False, kind="stable").reset_index(drop=True)


def _move_one_by_one(
    draws: FullDraws, parts: TerritoryParts, ends: np.ndarray
) -> tuple[list[str], ParameterSet]:
    """The point first, then each parameter at both ends of its interval, others at the point."""
    groups = parts.groups
    point_b, point_c = (groups[c].to_numpy(dtype=float) for c in ("p_b", "p_c"))
    moves: list[tuple[str, str, Any]] = [
        ("speed of cars", "car_speed", _to_triangular(ends, draws.car_speed)),
        ("speed of others", "no_car_speed", _to_triangular(ends, draws.no_car_speed)),
    ]
    if draws.connectivity_shift is not None:
        low, high = draws.connectivity_shift
        moves.append(("connectivity shift", "shift", low + (high - low) * ends))
    for g, row in enumerate(groups.to_dict("records")):
        n = row["n"]
        if not draws.abilities or n is None or np.isnan(n):
            continue
        size = n / draws.design_effect
        moves.append((f"cannot, {row['group']}", "p_c", (g, _to_beta(ends, point_c[g], size))))
        rest = point_b[g] / (1 - point_c[g]) if point_c[g] < 1 else 0.0
        share = _to_beta(ends, rest, size * (1 - point_c[g]))
        moves.append((f"needs help, {row['group']}", "p_b", (g, (1 - point_c[g]) * share)))
    m = 1 + 2 * len(moves)
    shift = float(parts.parameters["connectivity_shift"])
    sets = ParameterSet(
        np.ones(m),
        np.ones(m),
        np.full(m, shift),
        np.tile(point_b, (m, 1)),
        np.tile(point_c, (m, 1)),
    )
    for i, (_, which, values) in enumerate(moves):
        for side in (0, 1):
            draw = 1 + 2 * i + side
            if which in ("p_b", "p_c"):
                g, shares = values
                getattr(sets, which)[draw, g] = shares[side]
                if which == "p_c":  # who needs help keeps its part of the rest
                    share = (1 - shares[side]) / (1 - point_c[g]) if point_c[g] < 1 else 0.0
                    sets.p_b[draw, g] = point_b[g] * share
            else:
                getattr(sets, which)[draw] = values[side]
    return [name for name, _, _ in moves], sets
