"""The generator of invented countries: what it builds, and that it builds it again."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from synth_osm import CarLinks, OsmRoads, build_car_links, read_osm, to_metres

from maillage.errors import InputError
from maillage.synth import SynthCountry, build_country, write_country
from maillage.synth.draws import Draws
from maillage.synth.graphs import Edges, build_edges, find_spanning_tree, find_tree_distances
from maillage.synth.terrain import Terrain

PLACES, COUNTERS, SEED = 700, 120, 2


@pytest.fixture(scope="module")
def country() -> SynthCountry:
    return build_country(PLACES, COUNTERS, SEED)


@pytest.fixture(scope="module")
def folder(country: SynthCountry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synth")
    write_country(country, out)
    return out


@pytest.fixture(scope="module")
def osm(folder: Path) -> OsmRoads:
    return read_osm(folder / "roads.osm.pbf")


@pytest.fixture(scope="module")
def links(osm: OsmRoads) -> CarLinks:
    return build_car_links(osm)


# -- numbers that depend on nothing else ------------------------------------------------------


def test_draws_are_the_published_mixer() -> None:
    """SplitMix64 worked out with Python's own integers gives the same bits."""

    def mix(z: int) -> int:
        mask = 2**64 - 1
        z = ((z + 1) * 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    digest = hashlib.blake2b(b"7/a purpose", digest_size=8).digest()
    salt = int.from_bytes(digest, "little")
    keys = [0, 1, 2, 12_345_678_901, -3]
    expected = [mix(mix(key % 2**64) ^ salt) for key in keys]
    assert Draws(7, "a purpose").bits(keys).tolist() == expected


def test_draws_do_not_depend_on_what_was_drawn_before() -> None:
    draws = Draws(3, "x")
    keys = np.arange(5000)
    whole = draws.uniform(keys)
    draws.fork("other").uniform(keys)
    assert np.array_equal(draws.uniform(keys[::-1])[::-1], whole)
    assert not np.array_equal(Draws(4, "x").uniform(keys), whole)
    assert abs(whole.mean() - 0.5) < 0.02
    assert abs(draws.bell(keys).std() - 1.0) < 0.05


def test_country_is_the_same_again(country: SynthCountry) -> None:
    again = build_country(PLACES, COUNTERS, SEED)
    assert np.array_equal(again.osm.refs, country.osm.refs)
    assert np.array_equal(again.population.persons, country.population.persons)
    other = build_country(PLACES, COUNTERS, SEED + 1)
    assert other.communes.name != country.communes.name
    assert other.osm.refs.shape != country.osm.refs.shape


# -- counts and totals ------------------------------------------------------------------------


def test_counts_are_those_asked_for(country: SynthCountry) -> None:
    counts = country.summary()
    assert (counts["places"], counts["counters"]) == (PLACES, COUNTERS)
    assert len(set(country.counters.key)) == COUNTERS
    assert len(set(country.population.cell_id)) == PLACES
    # 30 road nodes a cell, beside those of places and rivers
    assert counts["road nodes"] == pytest.approx(30 * PLACES, rel=0.1)
    few = build_country(PLACES, COUNTERS, SEED, road_nodes=6_000)
    assert len(few.mapped.nodes.xy) == pytest.approx(6_000, rel=0.06)


def test_persons_are_those_of_the_towns(country: SynthCountry) -> None:
    people = country.population
    assert people.persons.min() >= 0
    # each of seven bands of each cell is rounded to a tenth; the smallest cells are rounded up
    assert people.persons.sum() == pytest.approx(country.settlements.persons.sum(), rel=0.02)
    assert people.persons.sum(axis=1).min() > 0.3
    assert ((people.car_share >= 0) & (people.car_share <= 1)).all()
    assert ((people.carless >= 0) & (people.carless <= 1)).all()


def test_sizes_of_places_are_as_uneven_as_real_ones(country: SynthCountry) -> None:
    """Census cells of Corsica: half have less than 20 persons, one in a hundred over 1,000."""
    total = country.population.persons.sum(axis=1)
    assert 5 < np.median(total) < 40
    assert np.quantile(total, 0.99) > 400
    towns = country.settlements.persons[: country.settlements.n_towns]
    assert np.all(np.diff(towns) <= 0)
    assert towns[0] > 2.5 * towns[-1]


def test_small_cells() -> None:
    country = build_country(4_000, 40, 2, cell_m=200)
    ids = country.population.cell_id
    assert len(set(ids)) == 4_000
    assert ids[0].startswith("CRS2154RES200mN")
    assert np.all(np.mod(country.population.lambert, 200.0) == 100.0)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"n_places": 10, "n_counters": 40}, "places is 10, expected 150"),
        ({"n_places": 500, "n_counters": 3}, "counters is 3, expected 26..500"),
        ({"n_places": 500, "n_counters": 40, "cell_m": 300}, "cell_m is 300, expected 1000 or"),
    ],
)
def test_numbers_out_of_range(numbers: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_country(**numbers, seed=1)


# -- roads ------------------------------------------------------------------------------------


def test_osm_file_is_in_order(osm: OsmRoads) -> None:
    kinds = [kind for kind, _ in osm.order]
    assert kinds == sorted(kinds, key="nwr".index)
    for kind in "nwr":
        ids = [i for k, i in osm.order if k == kind]
        assert ids == sorted(set(ids))
    assert all(ref in osm.nodes for way in osm.ways.values() for ref in way.refs)
    assert all(len(way.refs) >= 2 for way in osm.ways.values())
    assert min(osm.nodes) > 2**32


def test_all_classes_and_rules_are_there(osm: OsmRoads) -> None:
    classes = Counter(way.kind for way in osm.ways.values())
    wanted = "motorway motorway_link primary secondary tertiary unclassified residential"
    wanted += " living_street service track path footway pedestrian ferry"
    assert set(wanted.split()) <= set(classes)
    values = {(key, value) for way in osm.ways.values() for key, value in way.tags.items()}
    assert {
        ("oneway", "yes"), ("oneway:bicycle", "no"), ("access", "private"), ("bridge", "yes"),
        ("access", "destination"), ("junction", "roundabout"), ("maxspeed", "50"),
        ("maxspeed", "FR:urban"), ("maxspeed", "20"),
    } <= values  # fmt: skip
    points = {value for tags in osm.node_tags.values() for value in tags.values()}
    assert {"bollard", "gate", "traffic_signals", "stop", "turning_circle"} <= points


def test_roundabouts_are_closed_rings(osm: OsmRoads) -> None:
    rings = [w for w in osm.ways.values() if w.tags.get("junction") == "roundabout"]
    assert rings
    for ring in rings:
        assert ring.refs[0] == ring.refs[-1]
        x, y = np.array([osm.nodes[ref] for ref in ring.refs]).T
        # anticlockwise, as traffic goes where it keeps to the right
        assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0


def test_turn_restrictions_join_where_they_say(osm: OsmRoads) -> None:
    assert osm.relations
    for tags, members in osm.relations:
        assert tags["type"] == "restriction"
        by_role = {role: ref for _, ref, role in members}
        start, end = osm.ways[by_role["from"]], osm.ways[by_role["to"]]
        via = by_role["via"]
        assert via in (start.refs[0], start.refs[-1])
        assert via in (end.refs[0], end.refs[-1])


def test_one_network_holds_nearly_all_car_nodes(links: CarLinks) -> None:
    sizes = np.bincount(links.components())
    assert sizes.max() > 0.97 * sizes.sum()


def test_crossings_are_like_real_ones(osm: OsmRoads) -> None:
    """Corsica: 34 % of the nodes that are no bend are dead ends, 63 % join three roads."""
    ends: Counter[int] = Counter()
    for way in osm.car_ways():
        for a, b in zip(way.refs[:-1], way.refs[1:], strict=True):
            ends[a] += 1
            ends[b] += 1
    degree = np.bincount(list(ends.values()))
    crossing = degree.sum() - degree[2]
    assert 0.15 < degree[1] / crossing < 0.4
    assert 0.5 < degree[3] / crossing < 0.8
    assert degree[4:].sum() / crossing < 0.15
    assert degree[2] > 0.6 * degree.sum()


def test_roads_run_in_all_directions(country: SynthCountry) -> None:
    """No direction has much more than its share: this is no grid."""
    roads = country.mapped.roads
    delta = roads.xy[roads.b] - roads.xy[roads.a]
    turn = np.mod(np.degrees(np.arctan2(delta[:, 1], delta[:, 0])), 180.0)
    share = np.histogram(turn, bins=18, range=(0, 180))[0] / len(turn)
    assert share.max() < 1.35 / 18
    assert share.min() > 0.65 / 18


def test_ways_round_are_as_long_as_real_ones(osm: OsmRoads, links: CarLinks) -> None:
    """The way by road is a quarter to three quarters longer than the straight line."""
    label = links.components()
    main = np.flatnonzero(label == np.argmax(np.bincount(label)))
    picked = main[:: len(main) // 40][:40]
    from scipy.sparse.csgraph import dijkstra

    metres = dijkstra(links.matrix(links.metres), indices=picked)[:, picked]
    places = [osm.nodes[int(i)] for i in links.ids[picked]]
    straight = np.array([[to_metres(p, q) for q in places] for p in places])
    far = straight > 4_000.0
    assert 1.2 < np.median(metres[far] / straight[far]) < 1.75


def test_island_has_only_a_ferry(osm: OsmRoads, country: SynthCountry) -> None:
    ferries = [way for way in osm.ways.values() if way.kind == "ferry"]
    assert len(ferries) == 1
    hours, minutes = map(int, ferries[0].tags["duration"].split(":"))
    assert hours * 60 + minutes >= 5
    with_ferry, without = build_car_links(osm), build_car_links(osm, ferries=False)
    a, b = ferries[0].refs[0], ferries[0].refs[-1]
    label = with_ferry.components()
    assert len({int(label[np.searchsorted(with_ferry.ids, end)]) for end in (a, b)}) == 1
    label = without.components()
    assert len({int(label[np.searchsorted(without.ids, end)]) for end in (a, b)}) == 2


def test_valley_has_one_way_in_and_takes_hours(
    osm: OsmRoads, links: CarLinks, country: SynthCountry
) -> None:
    roads = country.mapped.roads
    touches = np.zeros(roads.n_points, dtype=int)
    inside = roads.in_valley
    for end in (roads.a, roads.b):
        touches[end[inside]] |= 1
        touches[end[~inside & roads.for_cars()]] |= 2
    assert (touches == 3).sum() == 1  # where the valley's road begins
    far = country.mapped.nodes.of_point[country.centre[country.settlements.setting == 1][-1]]
    town = country.mapped.nodes.of_point[country.centre[0]]
    ids = country.osm.node_id
    centre = _nearest_node(osm, links, int(ids[town]) if town >= 0 else None, country)
    end = _nearest_node(osm, links, int(ids[far]) if far >= 0 else None, country)
    assert links.minutes_from(end)[centre] > 120.0


def _nearest_node(osm: OsmRoads, links: CarLinks, wanted: int | None, country: SynthCountry) -> int:
    """A car node of the main network at a node that a roundabout may have replaced."""
    label = links.components()
    main = links.ids[label == np.argmax(np.bincount(label))]
    if wanted is None:
        wanted = int(country.osm.node_id[country.mapped.nodes.of_point.max()])
    place = np.array(osm.nodes[wanted])
    xy = np.array([osm.nodes[int(i)] for i in main])
    return int(main[np.argmin(((xy - place) ** 2).sum(axis=1))])


def test_rivers_have_few_bridges(country: SynthCountry) -> None:
    terrain = Terrain(_area_km2(country), SEED)
    roads = country.mapped.roads
    river = terrain.rivers[0]
    side = river.side(roads.xy)
    small = (roads.road_class > 1) & (side[roads.a] * side[roads.b] == -1)
    assert 2 <= small.sum() <= 14
    assert roads.bridge[small].mean() > 0.7  # a roundabout at a bridgehead may reach over


def _area_km2(country: SynthCountry) -> float:
    return country.n_places * (country.cell_m / 1000.0) ** 2 / 0.58


# -- graph tools ------------------------------------------------------------------------------


def test_tree_distances_against_walking_the_tree() -> None:
    draws = Draws(1, "tree")
    n = 200
    u = (draws.uniform(np.arange(1, n)) * np.arange(1, n)).astype(int)
    edges = build_edges(n, u, np.arange(1, n))
    weight = np.round(1.0 + 9.0 * draws.fork("w").uniform(np.arange(len(edges))))
    tree = find_spanning_tree(edges, weight)
    assert tree.all()
    keys = np.arange(300)
    a = (draws.fork("a").uniform(keys) * n).astype(int)
    b = (draws.fork("b").uniform(keys) * n).astype(int)
    way = find_tree_distances(edges, weight, Edges(n, a, b))
    from scipy.sparse.csgraph import dijkstra

    expected = dijkstra(edges.to_matrix(weight), directed=False)[a, b]
    assert np.array_equal(way, expected)
