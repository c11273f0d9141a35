"""The crossings of a generated country and every road that could run between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.synth.arrays import Bools, Floats, Ints
from maillage.synth.draws import Draws
from maillage.synth.graphs import Edges, build_edges, find_components, triangulate
from maillage.synth.plane import Nearest
from maillage.synth.sampling import sample_points, thin_points
from maillage.synth.settlements import SettledFields, Settlements
from maillage.synth.terrain import VALLEY_HALF_WIDTH_M, Terrain

LONGEST_ROAD_M = 9_000.0
# A bridge about every 11 km of river, and more in towns.
BRIDGE_EVERY_M = 11_000.0
VALLEY_STEP = 4  # points of the valley's middle line between two crossings: 800 m


@dataclass(frozen=True)
class Junctions:
    """Crossings and the roads possible between them.

    `xy` n x 2; `centre` the crossing of each settlement; `urban` 0..1, `mountain` 0..1,
    `height_m`, `persons` that live around each crossing; `edges` possible roads with
    `length_m`; `bridge` those over a river; `in_valley`, `island` (-1 mainland) per crossing.
    """

    xy: Floats
    centre: Ints
    urban: Floats
    mountain: Floats
    height_m: Floats
    persons: Floats
    in_valley: Bools
    island: Ints
    edges: Edges
    length_m: Floats
    bridge: Bools


def build_junctions(
    terrain: Terrain, settlements: Settlements, fields: SettledFields, n_wanted: int
) -> tuple[Junctions, Settlements]:
    """About `n_wanted` crossings and the possible roads between them.

    Also the settlements again, without those that no road can reach.
    """
    draws = terrain.draws.fork("junctions")
    scale = _density_scale(terrain, settlements, fields, n_wanted)
    fixed, valley_chain = _fixed_points(terrain, settlements)
    xy = _sample(terrain, fields, draws, scale)
    xy = _merge(fixed, xy, fields, terrain, scale, draws)
    in_valley = _in_valley(terrain, xy)
    edges, bridge = _possible_roads(terrain, fields, xy, in_valley, valley_chain)
    xy, edges, bridge, kept = _drop_lost(terrain, xy, edges, bridge, len(settlements))
    junctions_per_km2, persons_per_km2, urban = fields.built(xy)
    rural = fields.rural_junctions_per_km2(xy)
    per_km2 = scale * np.maximum(junctions_per_km2 + rural, 0.05)
    persons = (persons_per_km2 + 5.0 * rural) / per_km2
    centre = kept[: len(settlements)]
    junctions = Junctions(
        xy=xy,
        centre=centre[centre >= 0],
        urban=urban,
        mountain=terrain.mountain(xy),
        height_m=terrain.height_m(xy),
        persons=persons,
        in_valley=in_valley[kept >= 0],
        island=terrain.island_of(xy),
        edges=edges,
        length_m=edges.lengths(xy),
        bridge=bridge,
    )
    return junctions, settlements.subset(centre >= 0)


# -- points -----------------------------------------------------------------------------------


def _density(terrain: Terrain, fields: SettledFields, xy: Floats) -> Floats:
    density = np.zeros(len(xy))
    dry = np.flatnonzero(terrain.is_land(xy, 60.0) & ~terrain.on_wall(xy))
    here = xy[dry]
    built, _, _ = fields.built(here)
    density[dry] = built + fields.rural_junctions_per_km2(here)
    for river in terrain.rivers:
        wet = (np.abs(xy[:, 1] - river.line_y(xy[:, 0])) < 45.0) & (xy[:, 0] < river.source_x)
        density[wet] = 0.0
    return density


def _density_scale(
    terrain: Terrain, settlements: Settlements, fields: SettledFields, n_wanted: int
) -> float:
    """Factor on the density that gives the wanted number, estimated on a coarse lattice."""
    x0, _, x1, _ = terrain.bounds
    step = (x1 - x0) / 160.0
    line = x0 + step * (np.arange(160) + 0.5)
    grid = np.column_stack([np.repeat(line, 160), np.tile(line, 160)])
    grid = grid[terrain.is_land(grid)]
    rural = fields.rural_junctions_per_km2(grid).sum() * step * step * 1e-6
    expected = float(rural + settlements.junctions.sum())
    # thinning takes about one point in eight away (measured)
    return 1.13 * n_wanted / expected


def _sample(terrain: Terrain, fields: SettledFields, draws: Draws, scale: float) -> Floats:
    def density(xy: Floats) -> Floats:
        return scale * _density(terrain, fields, xy)

    return sample_points(density, terrain.bounds, draws, 1_000.0)


def _fixed_points(terrain: Terrain, settlements: Settlements) -> tuple[Floats, Ints]:
    """Centres of settlements, then the crossings of the valley road in order.

    The second answer lists the valley's crossings from its mouth, centres included.
    """
    line = terrain.valley
    on_line = np.flatnonzero(settlements.setting == 1)
    _, at = Nearest(line).find(settlements.xy[on_line])
    steps = np.arange(0, len(line), VALLEY_STEP)
    taken = np.min(np.abs(steps[:, None] - at[None, :]), axis=1) < VALLEY_STEP
    steps = steps[~taken]
    number = np.concatenate([on_line, len(settlements) + np.arange(len(steps))])
    chain = number[np.argsort(np.concatenate([at, steps]), kind="stable")]
    return np.concatenate([settlements.xy, line[steps]]), chain


def _merge(
    fixed: Floats, xy: Floats, fields: SettledFields, terrain: Terrain, scale: float, draws: Draws
) -> Floats:
    """Fixed points first, then the sampled ones that are not too near to any other."""
    both = np.concatenate([fixed, xy])
    density = scale * _density(terrain, fields, both)
    spacing = np.clip(430.0 / np.sqrt(np.maximum(density, 0.2)), 28.0, 520.0)
    bits = draws.fork("rank").bits(np.arange(len(both)))
    bits[: len(fixed)] = 0
    rank = np.argsort(np.argsort(bits, kind="stable"), kind="stable")
    spacing[: len(fixed)] = 0.0
    keep = thin_points(both, spacing, rank)
    return both[keep]


def _in_valley(terrain: Terrain, xy: Floats) -> Bools:
    mouth = terrain.valley[0]
    from_mouth = np.sqrt(((xy - mouth) ** 2).sum(axis=1))
    return terrain.in_valley(xy) & (from_mouth > VALLEY_HALF_WIDTH_M)


# -- possible roads ---------------------------------------------------------------------------


def _possible_roads(
    terrain: Terrain, fields: SettledFields, xy: Floats, in_valley: Bools, valley_chain: Ints
) -> tuple[Edges, Bools]:
    """Triangulation without roads over water, over the valley's wall, or over the rivers.

    Rivers keep a few crossings; the second answer marks them.
    """
    edges = triangulate(xy)
    keep = edges.lengths(xy) < LONGEST_ROAD_M
    keep &= in_valley[edges.a] == in_valley[edges.b]
    for part in (0.2, 0.5, 0.8):
        between = xy[edges.a] * (1.0 - part) + xy[edges.b] * part
        keep &= terrain.is_land(between)
    edges = edges.subset(keep)
    u = np.concatenate([edges.a, valley_chain[:-1]])
    v = np.concatenate([edges.b, valley_chain[1:]])
    edges = build_edges(len(xy), u, v)
    bridge = np.zeros(len(edges), dtype=bool)
    drop = np.zeros(len(edges), dtype=bool)
    for number, river in enumerate(terrain.rivers):
        side = river.side(xy)
        over = np.flatnonzero(side[edges.a] * side[edges.b] == -1)
        kept = over[_choose_bridges(fields, xy, edges, over, terrain.draws.fork(f"bridge{number}"))]
        drop[over] = True
        drop[kept] = False
        bridge[kept] = True
    return edges.subset(~drop), bridge[~drop]


def _choose_bridges(
    fields: SettledFields, xy: Floats, edges: Edges, over: Ints, draws: Draws
) -> Ints:
    """Of the roads over a river: the most urban one of each stretch, and some more in towns."""
    if len(over) == 0:
        return over
    middle = 0.5 * (xy[edges.a[over]] + xy[edges.b[over]])
    _, _, urban = fields.built(middle)
    long_bank = np.where(edges.lengths(xy)[over] > 2_500.0, 1.0, 0.0)
    score = urban - long_bank + 0.2 * draws.uniform(over)
    chosen = [_best_per_bin(middle[:, 0], BRIDGE_EVERY_M, score)]
    in_town = np.flatnonzero(urban > 0.3)
    chosen.append(in_town[_best_per_bin(middle[in_town, 0], 1_100.0, score[in_town])])
    return np.unique(np.concatenate(chosen))


def _best_per_bin(position: Floats, width: float, score: Floats) -> Ints:
    """Index of the highest score in each stretch of `width`."""
    stretch = np.floor(position / width).astype(np.int64)
    order = np.lexsort((-score, stretch))
    return order[np.flatnonzero(np.diff(stretch[order], prepend=-(1 << 40)))]


def _drop_lost(
    terrain: Terrain, xy: Floats, edges: Edges, bridge: Bools, n_centres: int
) -> tuple[Floats, Edges, Bools, Ints]:
    """Keeps the mainland and the islands' own networks; renumbers. Last: new number or -1."""
    label = find_components(edges)
    sizes = np.bincount(label)
    wanted = [int(np.argmax(sizes))]
    wanted += np.unique(label[:n_centres][terrain.island_of(xy[:n_centres]) >= 0]).tolist()
    stays = np.isin(label, wanted)
    number = np.where(stays, np.cumsum(stays) - 1, -1)
    alive = stays[edges.a] & stays[edges.b]
    edges = Edges(int(stays.sum()), number[edges.a[alive]], number[edges.b[alive]])
    return xy[stays], edges, bridge[alive], number
