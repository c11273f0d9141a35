// Laws 6, 7 and 8: the order of rows does not matter, nor the number of threads; k = 2 begins with
// k = 1.
#include <gtest/gtest.h>

#include "engine/travel_times.h"
#include "tests/laws/common.h"
#include "tests/support/random_town.h"

namespace maillage::test {
namespace {

template <class Rows>
std::vector<typename Rows::value_type> permute(const Rows& rows, const std::vector<std::uint32_t>& order) {
  std::vector<typename Rows::value_type> out;
  if (rows.empty()) return out;
  for (std::uint32_t old : order) out.push_back(rows[old]);
  return out;
}

template <class T>
Matrix<T> permute(const Matrix<T>& rows, const std::vector<std::uint32_t>& order) {
  Matrix<T> out(rows.n_rows, rows.n_columns);
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = 0; j < rows.n_columns; ++j) out(i, j) = rows(order[i], j);
  return out;
}

struct Orders {
  std::vector<std::uint32_t> place, counter;
};

// The same territory from inputs whose rows stand in another order.
std::shared_ptr<const Territory> build_permuted(const Territory& territory, const Orders& orders, Dice& dice) {
  const TerritoryParts& old = territory.parts();
  TerritoryParts parts = old;
  parts.place_points = permute(old.place_points, orders.place);
  parts.population = std::make_shared<Population>(
      Population{permute(old.population->persons, orders.place), permute(old.population->car_share, orders.place)});
  if (old.abilities)
    parts.abilities = std::make_shared<Abilities>(Abilities{permute(old.abilities->p_b, orders.place), permute(old.abilities->p_c, orders.place)});
  parts.connectivity = std::make_shared<Connectivity>(Connectivity{permute(old.connectivity->adequate, orders.place)});
  const Counters& c = *old.counters;
  parts.counters = std::make_shared<Counters>(Counters{permute(c.point, orders.counter), permute(c.open, orders.counter),
                                                       permute(c.level, orders.counter), permute(c.area, orders.counter)});
  if (old.place_area) parts.place_area = std::make_shared<std::vector<std::int32_t>>(permute(*old.place_area, orders.place));
  for (ModeNetwork& m : parts.networks) {
    const RoadSegments& roads = *m.network->segments;
    const RowOrder order{dice.permutation(roads.n_nodes()), dice.permutation(roads.n_segments())};
    m.network = std::make_shared<RoadNetwork>(build_road_network(std::make_shared<RoadSegments>(reorder_rows(roads, order))));
    if (m.hierarchy) m.hierarchy = std::make_shared<Hierarchy>(build_hierarchy(m.network->out, m.network->in));
    m.places = m.counters = nullptr;
    m.finder = nullptr;
  }
  return Territory::build(std::move(parts));
}

TEST(Law6, TheOrderOfRowsChangesNoTravelTime) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto roads = std::make_shared<RoadSegments>(build_random_town(dice));
    std::vector<LatLon> points;
    for (int i = 0; i < 12; ++i) points.push_back(pick_point(*roads, dice));
    auto find_times = [&](std::shared_ptr<const RoadSegments> segments) {
      const RoadNetwork network = build_road_network(std::move(segments));
      const Links links = build_links(network, points);
      return find_travel_times(network, links, links).values;
    };
    const auto expected = find_times(roads);
    const RowOrder order{dice.permutation(roads->n_nodes()), dice.permutation(roads->n_segments())};
    ASSERT_EQ(find_times(std::make_shared<RoadSegments>(reorder_rows(*roads, order))), expected);
  });
}

TEST(Law6, TheOrderOfRowsChangesNothingButTheOrderOfResults) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Orders orders{dice.permutation(territory->n_places()), dice.permutation(territory->parts().counters->n_counters())};
    const auto permuted = build_permuted(*territory, orders, dice);
    for (const NearestQuery& query : build_all_queries(*territory, 3)) {
      const Ragged<Label> expected = find_nearest_counters(*territory, query), found = find_nearest_counters(*permuted, query);
      for (std::size_t p = 0; p < orders.place.size(); ++p) {
        const auto e = expected[orders.place[p]], f = found[p];
        ASSERT_EQ(e.size(), f.size());
        for (std::size_t i = 0; i < e.size(); ++i) {
          ASSERT_EQ(e[i].time, f[i].time) << "place " << p << " rank " << i;
          // equal times are ordered by counter, and another may stand at the end of the list
          const bool tied = (i > 0 && e[i - 1].time == e[i].time) || i + 1 == e.size() || e[i + 1].time == e[i].time;
          ASSERT_TRUE(tied || e[i].counter.v == orders.counter[f[i].counter.v]);
        }
      }
    }
    const ExposureQuery query = build_random_query(*territory, dice);
    const Exposure a = build_exposure(territory, query), b = build_exposure(permuted, query);
    for (std::size_t p = 0; p < orders.place.size(); ++p)
      for (std::size_t g = 0; g < territory->n_groups(); ++g) {
        const States s = find_states(a, PlaceId(orders.place[p]), GroupId(g)), t = find_states(b, PlaceId(p), GroupId(g));
        ASSERT_EQ(s.choice, t.choice);
        ASSERT_EQ(s.stranded, t.stranded);
      }
    const std::vector<std::int32_t> all(territory->n_places(), 0);
    const std::vector<Duration> limits{query.limit};
    const auto one = summarize_exposure(a, {all, 1, false}, {query.limit, limits}), two = summarize_exposure(b, {all, 1, false}, {query.limit, limits});
    ASSERT_TRUE(is_near(one[0].mean, two[0].mean) && is_near(one[0].gini, two[0].gini) && is_near(one[0].coverage[0], two[0].coverage[0]));
    ASSERT_TRUE(is_near(one[0].max, two[0].max));
  });
}

std::vector<double> build_everything(std::uint64_t seed, int n_threads) {
  Dice dice(seed);
  const Context context{n_threads, nullptr};
  const auto built = build_random_territory(dice).territory;
  // attach again and search with this number of threads
  TerritoryParts parts = built->parts();
  for (ModeNetwork& m : parts.networks) {
    m.network = std::make_shared<RoadNetwork>(build_road_network(m.network->segments, context));
    if (m.hierarchy) m.hierarchy = std::make_shared<Hierarchy>(build_hierarchy(m.network->out, m.network->in, context));
    m.places = m.counters = nullptr;
    m.finder = nullptr;
  }
  const auto territory = Territory::build(std::move(parts), context);
  const auto after = apply_edits(territory, build_random_edits(*territory, dice), context);
  const auto rows = build_random_areas(*territory, 4, dice);
  std::vector<double> out;
  for (const auto& t : {territory, after}) {
    const auto results = build_results(t, build_random_query(*t, dice), rows, 4, context);
    out.insert(out.end(), results.begin(), results.end());
  }
  const ModeNetwork& m = territory->parts().networks[0];
  for (Duration t : find_travel_times(*m.network, *m.places, *m.counters, context).values) out.push_back(t.ms);
  return out;
}

TEST(Law7, OneTwoAndEightThreadsGiveTheSameBytes) {
  for_each_seed([](std::uint64_t seed) {
    const auto expected = build_everything(seed, 1);
    for (const int n_threads : {2, 8}) ASSERT_TRUE(is_identical(build_everything(seed, n_threads), expected)) << n_threads;
  }, 2);
}

// Small territories fit into one block; this one does not.
TEST(Law7, AlsoOnATerritoryOfManyBlocks) {
  Dice dice(11);
  const auto small = build_random_territory(dice).territory;
  const std::size_t n = 20000, n_groups = small->n_groups();
  TerritoryParts parts = small->parts();
  std::vector<LatLon> points;
  for (std::size_t p = 0; p < n; ++p) points.push_back(pick_point(*parts.networks[0].network->segments, dice));
  Population population{Matrix<double>(n, n_groups), Matrix<double>(n, n_groups)};
  for (double& v : population.persons.values) v = dice.uniform(0, 100);
  for (double& v : population.car_share.values) v = dice.uniform();
  parts.place_points = std::move(points);
  parts.population = std::make_shared<Population>(std::move(population));
  parts.connectivity = std::make_shared<Connectivity>(Connectivity{std::vector<double>(n, 0.7)});
  parts.place_area = nullptr;
  parts.abilities = nullptr;
  for (ModeNetwork& m : parts.networks) {
    m.places = nullptr;
    m.finder = nullptr;
  }
  std::vector<std::vector<double>> results;
  for (const int n_threads : {1, 2, 8}) {
    const Context context{n_threads, nullptr};
    const auto territory = Territory::build(parts, context);
    const auto closed = apply_edits(territory, build_closing_of_everything(*territory), context);
    const auto rows = [&] {
      std::vector<std::int32_t> out;
      for (std::size_t p = 0; p < n; ++p) out.push_back(static_cast<std::int32_t>(p % 700));
      return out;
    }();
    results.push_back(build_results(territory, {ServiceId(0), 1, {240000}}, rows, 700, context));
    const auto after = build_results(closed, {ServiceId(0), 1, {240000}}, rows, 700, context);
    results.back().insert(results.back().end(), after.begin(), after.end());
  }
  EXPECT_TRUE(is_identical(results[0], results[1]));
  EXPECT_TRUE(is_identical(results[0], results[2]));
}

TEST(Law8, TheKNearestBeginWithFewer) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    auto territory = build_random_territory(dice).territory;
    if (dice.chance(0.5)) territory = apply_edits(territory, build_random_edits(*territory, dice));
    for (NearestQuery query : build_all_queries(*territory, 1)) {
      const bool exhaustive = dice.chance(0.5);
      Ragged<Label> fewer = find_nearest_counters(*territory, query, exhaustive);
      for (const int k : {2, 3, 8, 12}) {
        query.k = k;
        Ragged<Label> more = find_nearest_counters(*territory, query, exhaustive);
        for (std::size_t p = 0; p < territory->n_places(); ++p) {
          ASSERT_GE(more[p].size(), fewer[p].size());
          ASSERT_TRUE(std::equal(fewer[p].begin(), fewer[p].end(), more[p].begin())) << "place " << p << " k " << k;
        }
        fewer = std::move(more);
      }
    }
  });
}

}  // namespace
}  // namespace maillage::test
