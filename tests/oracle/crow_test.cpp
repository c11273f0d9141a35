// Straight lines: the tree against looking at every counter, and a territory without roads.
#include "engine/crow.h"

#include <gtest/gtest.h>

#include "engine/closure_sets.h"
#include "engine/exposure.h"
#include "engine/ladders.h"
#include "engine/scenario.h"
#include "engine/scenario_change.h"
#include "tests/support/print.h"
#include "tests/support/random_territory.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

TEST(Crow, TimesAreTheDistanceAtTheSpeed) {
  const CrowRule rule{60, {30000}};
  const Duration t = find_crow_time({45, 5}, {45, 6}, rule);
  EXPECT_NEAR(t.ms / 60000.0, 0.5 + find_distance_m({45, 5}, {45, 6}) / 1000, 1e-4);
  EXPECT_EQ(find_crow_time({45, 5}, {45, 5}, {60}).ms, 0);
  EXPECT_FALSE(find_crow_time({std::numeric_limits<double>::quiet_NaN(), 5}, {45, 5}, rule).is_reachable());
}

TEST(Crow, TheTreeFindsWhatLookingAtAllFinds) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    // few distinct points, so that ties and equal points are common; the globe, its poles and its date line too
    const double width = dice.chance(0.5) ? 0.02 : dice.chance(0.5) ? 2 : 180;
    auto draw = [&] {
      if (dice.chance(0.03)) return LatLon{std::numeric_limits<double>::quiet_NaN(), 0};
      return LatLon{std::clamp(45 + width * dice.between(-8, 8) / 8.0, -90.0, 90.0), 5 + width * dice.between(-8, 8) / 8.0};
    };
    std::vector<LatLon> places;
    for (int i = dice.between(1, 60); i > 0; --i) places.push_back(draw());
    CrowPoints points{places, {}};
    CounterSet set;
    for (int i = dice.between(0, 60); i > 0; --i) {
      points.counters.push_back(draw());
      set.ids.push_back(CounterId(3 * set.ids.size() + 1));
    }
    const CrowRule rule{dice.uniform(1, 60), {dice.between(0, 3) * 1000}};
    for (const int k : {1, 3, 8, 100}) {
      const NearestIndex fast = build_crow_index(points, set, k, rule), slow = build_crow_index_exhaustively(points, set, k, rule);
      ASSERT_EQ(fast.labels, slow.labels) << "k " << k;
      ASSERT_EQ(fast.count, slow.count);
    }
  });
}

// A random territory whose roads are taken away.
std::shared_ptr<const Territory> build_without_roads(const Territory& with) {
  TerritoryParts parts = with.parts();
  for (ModeNetwork& m : parts.networks) {
    auto none = std::make_shared<RoadSegments>();
    none->mode = m.mode;
    auto network = std::make_shared<RoadNetwork>();
    network->segments = none;
    m.network = network;
    m.hierarchy = nullptr;
    m.straight_kmh = m.mode == Mode::car ? 40 : 4;
    m.places = m.counters = nullptr;
    m.finder = nullptr;
  }
  return Territory::build(std::move(parts));
}

TEST(Crow, ScenariosOfATerritoryWithoutRoadsAgreeWithTheExhaustiveForm) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto with_roads = build_random_territory(dice).territory;
    const auto territory = build_without_roads(*with_roads);
    ScenarioOptions options;
    options.edits_roads = false;
    const auto edits = build_random_edits(*with_roads, dice, options);
    const auto after = apply_edits(territory, edits, {});
    for (const NearestQuery& query : build_all_queries(*after, 3)) {
      const auto fast = find_nearest_counters(*after, query), slow = find_nearest_counters(*after, query, true);
      ASSERT_EQ(fast.offset, slow.offset);
      ASSERT_EQ(fast.values, slow.values);
    }
    const ExposureQuery query{ServiceId(0), 1, {600000}};
    const Ladders ladders(territory, query.service, query.level, kDefaultK);
    const auto change = find_scenario_change(ladders, after, query.limit);
    const auto plain = find_change_between(build_exposure(territory, query), build_exposure(after, query));
    for (std::size_t c = 0; c < change.size(); ++c) {
      ASSERT_NEAR(change[c].states.stranded, plain[c].states.stranded, 1e-6);
      ASSERT_NEAR(change[c].person_ms, plain[c].person_ms, 1e-3 + 1e-9 * std::abs(plain[c].person_ms));
      ASSERT_EQ(change[c].n_places, plain[c].n_places);
    }
  });
}

}  // namespace
}  // namespace maillage::test
