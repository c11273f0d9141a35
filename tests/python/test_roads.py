"""Road networks from Python: times that can be added up by hand, ids, absence, mistakes."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from towns import NODES, ROADS, edges_frame, nodes_frame

import maillage as ml

METRES_PER_DEGREE = 6371008.8 * math.pi / 180


@pytest.fixture(scope="module")
def valley() -> ml.RoadNetwork:
    return ml.build_roads(nodes_frame(), edges_frame())


def at_nodes(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"id": list(names), "node": list(names)})


def at_points(*names: str) -> pd.DataFrame:
    lon, lat = zip(*(NODES[name] for name in names), strict=True)
    return pd.DataFrame({"id": list(names), "lon": lon, "lat": lat})


def to_square(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index(["from_id", "to_id"])["travel_time"].unstack()  # noqa: PD010


# From the drawing in towns.py: C to D goes down, D to C round by E.
BY_CAR = pd.DataFrame(
    [
        [0, 5, 15, 23, 25, 35],
        [5, 0, 10, 18, 20, 30],
        [15, 10, 0, 8, 10, 20],
        [21, 16, 6, 0, 2, 26],
        [19, 14, 4, 12, 0, 24],
        [35, 30, 20, 28, 30, 0],
    ],
    index=list("ABCDEF"),
    columns=list("ABCDEF"),
    dtype=float,
)


@pytest.mark.parametrize("place", [at_nodes, at_points])
def test_every_time_is_the_one_added_up_by_hand(valley, place):
    points = place(*"ABCDEF")
    found = to_square(valley.travel_time_matrix(points, points))
    pd.testing.assert_frame_equal(found, BY_CAR, check_names=False, check_column_type=False)


def test_rows_come_origin_by_origin_in_the_order_given(valley):
    found = valley.travel_time_matrix(at_nodes("F", "A"), at_nodes("C", "B"))
    assert list(found.columns) == ["from_id", "to_id", "travel_time", "reason"]
    assert list(found["from_id"]) == ["F", "F", "A", "A"]
    assert list(found["to_id"]) == ["C", "B", "C", "B"]
    assert list(found["travel_time"]) == [20, 30, 15, 5]
    assert found["reason"].isna().all()


def test_a_round_trip_goes_home_another_way_where_streets_are_one_way(valley):
    found = valley.travel_time_matrix(at_nodes("C", "A"), at_nodes("D"), round_trip=True)
    assert list(found["travel_time"]) == [8 + 6, 23 + 21]


def test_walkers_go_at_their_speed_and_against_one_way_streets():
    walk = ml.build_roads(nodes_frame(), edges_frame(), mode="walk")
    found = to_square(walk.travel_time_matrix(at_nodes("A", "D"), at_nodes("C", "D")))
    # 75 m a minute; C to D by E is 4500 m, straight down 6000 m
    assert found.loc["A", "C"] == 20 + 100
    assert found.loc["A", "D"] == 20 + 100 + 60
    assert found.loc["D", "C"] == 60
    slow = ml.build_roads(nodes_frame(), edges_frame(), mode="walk", speed_kmh=3)
    assert slow.travel_time_matrix(at_nodes("A"), at_nodes("B"))["travel_time"][0] == 30


def test_walkers_take_the_shorter_of_two_lanes_in_both_directions():
    """A loop simplified to two edges: 75 m there by car, 300 m back, one way each."""
    nodes = nodes_frame().head(2)
    lanes = pd.DataFrame({"from": ["A", "B"], "to": ["B", "A"], "length_m": [75, 300], "way": 1})
    walk = ml.build_roads(nodes, lanes, mode="walk")
    ends = at_nodes("A", "B")
    assert walk.travel_time_matrix(ends, ends)["travel_time"].tolist() == [0, 1, 1, 0]
    car = ml.build_roads(nodes, lanes.assign(time_s=lanes["length_m"] / 75 * 60))
    assert car.travel_time_matrix(ends, ends)["travel_time"].tolist() == [0, 1, 4, 0]


def test_of_two_roads_on_one_line_the_faster_is_taken_whichever_way_they_are_drawn():
    rng = np.random.default_rng(8)
    for _ in range(100):
        (x, y), (u, v) = 9 + rng.random(2) / 100, 42 + rng.random(2) / 100
        nodes = pd.DataFrame({"id": ["A", "B"], "lon": [x, y], "lat": [u, v]})
        lanes = pd.DataFrame(
            {"from": ["A", "B"], "to": ["B", "A"], "length_m": [3000, 4000], "way": [1, 2]}
        )
        share = rng.random()
        beside = pd.DataFrame(
            {"id": ["p"], "lon": [x + share * (y - x)], "lat": [u + share * (v - u)]}
        )
        for n, e in ((nodes, lanes), (nodes[::-1], lanes), (nodes, lanes[::-1])):
            walk = ml.build_roads(n, e, mode="walk")
            found = walk.travel_time_matrix(beside, at_nodes("A", "B"))["travel_time"]
            assert found.sum() == pytest.approx(3000 / 75, abs=1e-3)


def test_speed_and_length_give_the_time():
    edges = edges_frame().drop(columns="time_s").assign(speed_kmh=60.0)
    roads = ml.build_roads(nodes_frame(), edges)
    found = roads.travel_time_matrix(at_nodes("A"), at_nodes("B", "C"))
    assert list(found["travel_time"]) == [1.5, 9.0]


def test_the_order_of_rows_changes_nothing():
    edges = edges_frame().sample(frac=1, random_state=4)
    nodes = nodes_frame().sample(frac=1, random_state=5)
    points = at_points(*"ABCDEF")
    found = to_square(ml.build_roads(nodes, edges).travel_time_matrix(points, points))
    pd.testing.assert_frame_equal(found, BY_CAR, check_names=False, check_column_type=False)


def test_the_way_to_the_road_is_walked(valley):
    # 300 m south of A, beyond the end of every road: A is the nearest point of the nearest road
    south = pd.DataFrame(
        {"id": ["s"], "lon": [NODES["A"][0]], "lat": [NODES["A"][1] - 300 / METRES_PER_DEGREE]}
    )
    there = valley.travel_time_matrix(south, at_nodes("B"))["travel_time"][0]
    assert there == pytest.approx(300 / (5000 / 60) + 5, abs=0.01)
    back = valley.travel_time_matrix(at_nodes("B"), south, access_speed_kmh=10)
    assert back["travel_time"][0] == pytest.approx(300 / (10_000 / 60) + 5, abs=0.01)
    found = valley.attachments(south)
    assert found["snap_m"][0] == pytest.approx(300, abs=0.5)
    assert (found["lon"][0], found["lat"][0]) == pytest.approx(NODES["A"], abs=1e-6)


def test_a_point_meets_the_middle_of_a_road(valley):
    (west, south), (east, north) = NODES["A"], NODES["B"]
    middle = pd.DataFrame({"id": ["m"], "lon": [(west + east) / 2], "lat": [(south + north) / 2]})
    found = valley.travel_time_matrix(middle, at_nodes("A", "B"))
    assert list(found["travel_time"]) == pytest.approx([2.5, 2.5], abs=1e-3)


def test_two_points_on_one_road_need_not_go_round_by_its_ends(valley):
    (west, south), (east, north) = NODES["C"], NODES["D"]

    def along(share: float) -> pd.DataFrame:
        point = [west + share * (east - west)], [south + share * (north - south)]
        return pd.DataFrame({"id": [share], "lon": point[0], "lat": point[1]})

    down = valley.travel_time_matrix(along(0.25), along(0.75))["travel_time"][0]
    assert down == pytest.approx(4, abs=1e-3)
    # a one-way road is left at its end and entered again at its beginning
    up = valley.travel_time_matrix(along(0.75), along(0.25))["travel_time"][0]
    assert up == pytest.approx(2 + 2 + 4 + 2, abs=1e-3)


def test_absent_times_are_nan_with_a_reason(valley):
    near = at_points("A")
    far = pd.DataFrame({"id": ["sea"], "lon": [11.0], "lat": [42.0]})
    both = pd.concat([near, far])
    found = valley.travel_time_matrix(both, both).set_index(["from_id", "to_id"])
    assert found.loc[("A", "A"), "travel_time"] == 0
    assert found["travel_time"].isna().sum() == 3
    assert found.loc[("A", "sea"), "reason"] == "destination_off_network"
    assert found.loc[("sea", "A"), "reason"] == "origin_off_network"
    assert found.loc[("sea", "sea"), "reason"] == "origin_off_network"
    assert valley.attachments(far)["snap_m"].isna().all()
    assert list(valley.attachments(far)["reason"]) == ["off_network"]


def test_islands_cannot_be_reached():
    # two parts without a bridge; the island is the smaller one
    edges = edges_frame([*ROADS[:6], *ROADS[6:]])
    nodes = pd.concat(
        [
            nodes_frame(),
            pd.DataFrame({"id": ["X", "Y"], "lon": [9.5, 9.51], "lat": [42.5, 42.5]}),
        ]
    )
    island = pd.DataFrame(
        {"from": ["X", "Y"], "to": ["Y", "X"], "time_s": [60, 60], "length_m": [900, 900]}
    )
    roads = ml.build_roads(nodes, pd.concat([edges, island]))
    assert roads.summary()["n_components"] == 2
    found = roads.travel_time_matrix(at_nodes("A", "X"), at_nodes("Y"))
    assert found["travel_time"].isna()[0]
    assert found["reason"][0] == "unreachable"
    assert found["travel_time"][1] == 1
    # by its coordinates a point of the island finds no road of the main part
    by_point = pd.DataFrame({"id": ["X"], "lon": [9.5], "lat": [42.5]})
    assert roads.attachments(by_point)["snap_m"].isna().all()
    assert roads.attachments(by_point, max_snap_m=80_000)["snap_m"].notna().all()


@pytest.mark.parametrize(
    "ids, kind",
    [
        (["01004", "2A004"], "text"),
        ([1, "2A004"], "text"),
        ([10, 20], "whole"),
        ([1.5, 2.5], "real"),
        (pd.array([10, 20], dtype="Int64"), "whole"),
        (pd.Categorical(["b", "a"]), "text"),
    ],
)
def test_ids_keep_their_type(valley, ids, kind):
    points = at_nodes("A", "B").assign(id=ids)
    found = valley.travel_time_matrix(points, points)
    near = valley.nearest(points, points, k=3)
    is_kind = {
        "text": pd.api.types.is_string_dtype,
        "whole": pd.api.types.is_integer_dtype,
        "real": pd.api.types.is_float_dtype,
    }[kind]
    wanted = [str(i) if kind == "text" else i for i in ids]
    assert is_kind(found["from_id"].dtype)
    assert list(found["from_id"]) == [wanted[0]] * 2 + [wanted[1]] * 2
    assert list(found["to_id"]) == wanted * 2
    assert is_kind(near["id"].dtype)
    assert is_kind(near["nearest_id"].dtype)  # although the third is absent
    assert list(near["nearest_id"][:2]) == wanted
    assert near["nearest_id"].isna().tolist() == [False, False, True] * 2


def test_geodataframes_in_lambert_are_origins(valley):
    lon, lat = NODES["A"]
    layer = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.Point(lon, lat)], crs=4326)
    found = valley.travel_time_matrix(layer.to_crs(2154), at_nodes("B"))
    assert found["travel_time"][0] == pytest.approx(5, abs=1e-4)


def test_osm_nodes_are_found_by_number(tmp_path):
    """A network without ids of its own names its nodes by their numbers."""
    numbers = {name: 10**9 + i for i, name in enumerate(NODES)}
    nodes = nodes_frame().assign(id=lambda n: n["id"].map(numbers))
    edges = edges_frame()
    edges["from"], edges["to"] = edges["from"].map(numbers), edges["to"].map(numbers)
    roads = ml.build_roads(nodes, edges)
    origin = pd.DataFrame({"id": [1], "node": [numbers["A"]]})
    target = pd.DataFrame({"id": [2], "node": [str(numbers["B"])]})
    assert roads.travel_time_matrix(origin, target)["travel_time"][0] == 5


# nearest


def test_the_nearest_come_in_order_of_time(valley):
    found = valley.nearest(at_nodes("A", "F"), at_nodes("B", "D", "F"), k=2)
    assert list(found.columns) == ["id", "rank", "nearest_id", "travel_time", "reason"]
    assert list(found["id"]) == ["A", "A", "F", "F"]
    assert list(found["rank"]) == [1, 2, 1, 2]
    assert list(found["nearest_id"]) == ["B", "D", "F", "D"]
    assert list(found["travel_time"]) == [5, 23, 0, 28]


def test_time_counts_towards_the_destination(valley):
    # D is 8 from C, but C is 6 from D
    found = valley.nearest(at_nodes("D"), at_nodes("C"), k=1)
    assert found["travel_time"][0] == 6


@pytest.mark.parametrize("ids", [["z", "a", "m"], [3, 1, 2]])
def test_equal_times_come_in_the_order_of_the_destinations(valley, ids):
    same = pd.DataFrame({"id": ids, "node": ["B", "B", "B"]})
    found = valley.nearest(at_nodes("A"), same, k=3)
    assert list(found["nearest_id"]) == ids
    assert list(found["travel_time"]) == [5, 5, 5]
    assert list(valley.nearest(at_nodes("A"), same, k=2)["nearest_id"]) == ids[:2]


def test_more_are_asked_for_than_there_are(valley):
    found = valley.nearest(at_nodes("A"), at_nodes("B", "C"), k=4)
    assert list(found["rank"]) == [1, 2, 3, 4]
    assert list(found["travel_time"][:2]) == [5, 15]
    assert found["travel_time"][2:].isna().all()
    assert found["nearest_id"][2:].isna().all()
    assert list(found["reason"].astype(object)[2:]) == ["unreachable"] * 2


def test_no_destination_at_all(valley):
    found = valley.nearest(at_nodes("A"), at_nodes("B").iloc[:0], k=2)
    assert len(found) == 2
    assert found["travel_time"].isna().all()
    assert len(valley.travel_time_matrix(at_nodes("A"), at_nodes("B").iloc[:0])) == 0
    assert len(valley.nearest(at_nodes("A").iloc[:0], at_nodes("B"), k=2)) == 0


def test_origins_off_the_network_say_so(valley):
    far = pd.DataFrame({"id": ["sea"], "lon": [11.0], "lat": [42.0]})
    found = valley.nearest(far, at_nodes("B"), k=1)
    assert list(found["reason"]) == ["origin_off_network"]
    off = valley.nearest(at_nodes("A"), far, k=1)
    assert list(off["reason"]) == ["unreachable"]


def test_attached_points_answer_like_their_frames(grid):
    rng = np.random.default_rng(8)
    row, column = rng.integers(0, 39, (2, 300))
    along = rng.uniform(0, 0.002, 300)  # somewhere on the road to the east: many share one
    places = pd.DataFrame(
        {"id": range(300), "lon": 9 + 0.002 * column + along, "lat": 42 + 0.002 * row}
    )
    places.loc[7, "lat"] = 43.5  # off the network
    desks = places.sample(40, random_state=1).assign(id=lambda f: f["id"] + 1000)
    here, there = grid.attach(places), grid.attach(desks)
    assert (len(here), here.n_off_network) == (300, 1)
    assert list(there.ids) == list(desks["id"])
    assert repr(here) == "<AttachedPoints: 300, 1 off the network>"
    for direction in ("to", "from"):
        expected = grid.nearest(places, desks, k=5, direction=direction)
        for _ in range(2):
            pd.testing.assert_frame_equal(
                grid.nearest(here, there, 5, direction=direction), expected
            )
        pd.testing.assert_frame_equal(grid.nearest(here, desks, 5, direction=direction), expected)
    pd.testing.assert_frame_equal(
        grid.travel_time_matrix(here, there), grid.travel_time_matrix(places, desks)
    )
    pd.testing.assert_frame_equal(grid.attachments(here), grid.attachments(places))
    named = desks.assign(id=desks["id"].map("desk {}".format))
    text = grid.nearest(here, grid.attach(named), 5)["nearest_id"]
    assert isinstance(text.dtype, pd.CategoricalDtype)
    assert list(text.dropna()) == list(grid.nearest(here, named, 5)["nearest_id"].dropna())
    nodes = pd.DataFrame({"id": range(1600), "node": range(1600)})
    everywhere = grid.nearest(None, there, 3)
    assert list(everywhere["travel_time"]) == list(grid.nearest(nodes, desks, 3)["travel_time"])


@pytest.fixture(scope="module")
def grid() -> ml.RoadNetwork:
    """40 x 40 crossings; times of chance, so that ways differ with the direction."""
    return build_grid(40, seed=3)


def build_grid(size: int, seed: int) -> ml.RoadNetwork:
    rng = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(size * size), size)
    nodes = pd.DataFrame(
        {"id": np.arange(size * size), "lon": 9 + 0.002 * column, "lat": 42 + 0.002 * row}
    )
    east = nodes["id"][column < size - 1].to_numpy()
    north = nodes["id"][row < size - 1].to_numpy()
    start = np.concatenate([east, north, east + 1, north + size])
    end = np.concatenate([east + 1, north + size, east, north])
    time_s = rng.integers(1, 20, len(start))
    return ml.build_roads(nodes, pd.DataFrame({"from": start, "to": end, "time_s": time_s}))


def test_nearest_is_the_sorted_matrix(grid):
    rng = np.random.default_rng(11)
    origins = pd.DataFrame({"id": np.arange(200), "node": rng.choice(1600, 200)})
    targets = pd.DataFrame({"id": np.arange(60), "node": rng.choice(1600, 60)})
    matrix = grid.travel_time_matrix(origins, targets)
    wanted = matrix.sort_values(["from_id", "travel_time", "to_id"]).groupby("from_id").head(8)
    found = grid.nearest(origins, targets, k=8)
    np.testing.assert_array_equal(found["nearest_id"], wanted["to_id"])
    np.testing.assert_array_equal(found["travel_time"], wanted["travel_time"])


def test_two_nearest_begin_with_the_nearest(grid):
    origins = pd.DataFrame({"id": np.arange(1600), "node": np.arange(1600)})
    targets = pd.DataFrame({"id": list("abcdefgh"), "node": np.arange(8) * 199})
    one, two = grid.nearest(origins, targets, k=1), grid.nearest(origins, targets, k=2)
    first = two[two["rank"] == 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, one)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_threads_change_nothing(grid, threads):
    rng = np.random.default_rng(2)
    origins = pd.DataFrame(
        {
            "id": np.arange(300),
            "lon": 9 + 0.08 * rng.random(300),
            "lat": 42 + 0.08 * rng.random(300),
        }
    )
    targets = origins.head(50)
    pd.testing.assert_frame_equal(
        grid.travel_time_matrix(origins, targets, threads=threads),
        grid.travel_time_matrix(origins, targets),
        check_exact=True,
    )
    pd.testing.assert_frame_equal(
        grid.nearest(origins, targets, k=5, threads=threads),
        grid.nearest(origins, targets, k=5),
        check_exact=True,
    )


def test_text_ids_of_large_results_are_categories(grid):
    origins = pd.DataFrame({"id": [f"{i:05}" for i in range(1600)], "node": np.arange(1600)})
    targets = origins.head(70)
    matrix = grid.travel_time_matrix(origins, targets)
    assert len(matrix) >= 100_000
    for column in ("from_id", "to_id"):
        assert isinstance(matrix[column].dtype, pd.CategoricalDtype)
    assert list(matrix["from_id"].cat.categories) == list(origins["id"])
    assert matrix["from_id"].iloc[0] == "00000"
    assert matrix["to_id"].iloc[-1] == "00069"
    near = grid.nearest(origins, targets, k=70)
    assert isinstance(near["nearest_id"].dtype, pd.CategoricalDtype)
    few = grid.travel_time_matrix(origins.head(10), targets)
    assert not isinstance(few["from_id"].dtype, pd.CategoricalDtype)
    assert list(few["from_id"]) == list(matrix["from_id"][: len(few)])
    # ids that are categories already, and whole numbers, which need no dictionary
    again = origins.assign(id=pd.Categorical(origins["id"]))
    same = grid.travel_time_matrix(again, targets)
    assert list(same["from_id"].astype(str)[:3]) == list(matrix["from_id"].astype(str)[:3])
    whole = grid.travel_time_matrix(origins.assign(id=np.arange(1600)), targets)
    assert pd.api.types.is_integer_dtype(whole["from_id"].dtype)


def test_results_speak_arrow(grid):
    origins = pd.DataFrame({"id": [f"{i:05}" for i in range(1600)], "node": np.arange(1600)})
    table = pa.table(grid.travel_time_matrix(origins, origins.head(70)))
    assert table.num_rows == 112_000
    assert pa.types.is_dictionary(table.schema.field("from_id").type)
    near = pa.table(grid.nearest(origins.head(3), origins.head(2), k=3))
    assert near.column("nearest_id").null_count == 3
    assert near.column("reason").to_pylist()[:3] == [None, None, "unreachable"]


def draw_graph(rng: np.random.Generator) -> tuple[int, pd.DataFrame]:
    """Edges of chance: dead ends, islands, parallel edges, loops, edges that take no time."""
    n_nodes = int(rng.integers(2, 30))
    n_edges = int(rng.integers(1, 3 * n_nodes))
    ends = rng.integers(0, n_nodes, (n_edges, 2))
    time_s = rng.choice([0, 0.0004, 0.001, 1, 7.25, 60, 3600], n_edges)
    both = rng.random(n_edges) < 0.6
    edges = np.concatenate([ends, ends[both][:, ::-1]])
    times = np.concatenate([time_s, rng.permutation(time_s[both])])
    frame = pd.DataFrame({"from": edges[:, 0], "to": edges[:, 1], "time_s": times})
    return n_nodes, frame.assign(way=rng.integers(0, 3, len(frame)))


def find_all_ms(n_nodes: int, edges: pd.DataFrame) -> np.ndarray:
    """Floyd and Warshall's three loops, in whole milliseconds."""
    ms = np.full((n_nodes, n_nodes), np.inf)
    np.fill_diagonal(ms, 0)
    for a, b, seconds, _ in edges.itertuples(index=False):
        ms[a, b] = min(ms[a, b], np.rint(1000 * seconds))
    for via in range(n_nodes):
        ms = np.minimum(ms, ms[:, via : via + 1] + ms[via : via + 1, :])
    return ms


def test_random_graphs_against_floyd_and_warshall():
    rng = np.random.default_rng(17)
    n_reached = 0
    for _ in range(150):
        n_nodes, edges = draw_graph(rng)
        used = np.unique(edges[["from", "to"]])
        nodes = pd.DataFrame(
            {
                "id": np.arange(n_nodes),
                "lon": 9 + rng.random(n_nodes) / 100,
                "lat": 42 + rng.random(n_nodes) / 100,
            }
        )
        roads = ml.build_roads(nodes, edges)
        points = pd.DataFrame({"id": np.arange(n_nodes), "node": np.arange(n_nodes)})
        matrix = roads.travel_time_matrix(points, points)
        found = matrix["travel_time"].to_numpy().reshape(n_nodes, n_nodes) * 60_000
        wanted = find_all_ms(n_nodes, edges)
        alone = np.setdiff1d(np.arange(n_nodes), used)  # a node without roads is off the network
        wanted[alone, alone] = np.inf
        reached = np.isfinite(wanted)
        np.testing.assert_array_equal(~np.isnan(found), reached)
        np.testing.assert_allclose(found[reached], wanted[reached], atol=1e-6)
        n_reached += reached.sum()
        targets = points.iloc[rng.permutation(n_nodes)[: n_nodes // 2 + 1]]
        near = roads.nearest(points, targets, k=4)
        by_time = wanted[:, targets["id"]]
        first = np.sort(by_time, axis=1)[:, :4]
        padded = np.full((n_nodes, 4), np.inf)
        padded[:, : first.shape[1]] = first
        got = near["travel_time"].to_numpy().reshape(n_nodes, 4) * 60_000
        np.testing.assert_allclose(np.nan_to_num(got, nan=np.inf), padded, atol=1e-6)
        named = near.dropna(subset=["nearest_id"])
        again = matrix.set_index(["from_id", "to_id"])["travel_time"]
        pairs = pd.MultiIndex.from_arrays([named["id"], named["nearest_id"].astype(int)])
        np.testing.assert_array_equal(again[pairs], named["travel_time"])
    assert n_reached > 5000


# what a network says of itself


def test_sizes_of_the_valley(valley):
    sizes = valley.summary()
    assert sizes["n_nodes"] == 6
    assert sizes["n_components"] == 1
    assert sizes["main_share"] == 1
    # nine rows, of which three pairs are roads for both directions
    assert sizes["n_segments"] == 6
    assert sizes["length_km"] == pytest.approx(1.5 + 7.5 + 6 + 1.5 + 3 + 15)
    assert sizes["oneway_length_km"] == pytest.approx(6 + 1.5 + 3)
    assert repr(valley).startswith("<RoadNetwork car: ")
    assert valley.mode == "car"


def test_segments_are_a_layer(valley):
    layer = valley.segments()
    assert isinstance(layer, gpd.GeoDataFrame)
    assert layer.crs.to_epsg() == 4326
    assert len(layer) == 6
    assert layer["is_main"].all()
    longest = layer.loc[layer["length_m"].idxmax()]
    assert longest["speed_kmh"] == pytest.approx(45)
    assert longest["back_speed_kmh"] == pytest.approx(45)
    assert layer["back_speed_kmh"].isna().sum() == 3


def test_segments_are_found_by_way_or_area(valley):
    lengths = valley.segments()["length_m"].to_numpy()
    np.testing.assert_array_equal(lengths[valley.find_segments(ways=[6])], [15000])
    np.testing.assert_array_equal(np.sort(lengths[valley.find_segments(ways=[1, 2])]), [1500, 7500])
    assert len(valley.find_segments(ways=[99])) == 0
    around_a = shapely.Point(NODES["A"]).buffer(0.0001)
    np.testing.assert_array_equal(lengths[valley.find_segments(polygon=around_a)], [1500])


def test_doubtful_rows_are_findings():
    edges = pd.concat(
        [edges_frame(), pd.DataFrame({"from": ["A"], "to": ["A"], "time_s": [1], "length_m": [1]})]
    )
    found = ml.build_roads(nodes_frame(), edges).findings
    assert list(found.columns) == ["kind", "count", "examples"]
    assert "edge_to_itself" in list(found["kind"])
