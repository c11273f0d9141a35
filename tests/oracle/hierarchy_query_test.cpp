// Times by a hierarchy, pair by pair and as a table, and trips there and back: against plain searches.
#include <gtest/gtest.h>

#include "engine/round_trips.h"
#include "engine/travel_times.h"
#include "tests/support/random_territory.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

TEST(HierarchyQuery, AgreesWithDijkstra) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto roads = std::make_shared<RoadSegments>(build_random_town(dice));
    const RoadNetwork network = build_road_network(roads);
    const Hierarchy hierarchy = build_hierarchy(network.out, network.in);
    std::vector<LatLon> from, to;
    for (int i = dice.between(0, 70); i > 0; --i) from.push_back(pick_point(*roads, dice));
    for (int i = dice.between(0, 70); i > 0; --i) to.push_back(dice.chance(0.1) && !from.empty() ? dice.pick(from) : pick_point(*roads, dice));
    const Links origins = build_links(network, from), destinations = build_links(network, to);
    const Matrix<Duration> times = find_travel_times(network, origins, destinations);
    const SearchedNetwork searched(network, &hierarchy);
    for (const int n_threads : {1, 3})
      ASSERT_EQ(find_travel_times(searched, origins, destinations, {n_threads, nullptr}).values, times.values);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (std::uint32_t o = 0; o < from.size(); ++o)
      for (std::uint32_t d = 0; d < to.size(); ++d) pairs.emplace_back(o, d);
    ASSERT_EQ(find_pair_times(searched, origins, destinations, pairs), times.values);
  });
}

TEST(HierarchyQuery, AStopAskedForIsObeyed) {
  Dice dice(1);
  const auto roads = std::make_shared<RoadSegments>(build_random_town(dice));
  const RoadNetwork network = build_road_network(roads);
  const Hierarchy hierarchy = build_hierarchy(network.out, network.in);
  const Links links = build_links(network, std::vector<LatLon>{pick_point(*roads, dice)});
  Progress progress;
  progress.stop = true;
  EXPECT_THROW((void)find_travel_times({network, &hierarchy}, links, links, {2, &progress}), Cancelled);
}

// The pairs that `nearest` names, there and back, fast and by searching for each.
TEST(RoundTrips, AgreeWithPlainSearches) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    auto territory = build_random_territory(dice).territory;
    if (dice.chance(0.5)) territory = apply_edits(territory, build_random_edits(*territory, dice));
    for (const int k : {1, 3, 12})
      for (const NearestQuery& query : build_all_queries(*territory, k)) {
        const Ragged<Label> lists = find_nearest_counters(*territory, query);
        std::vector<std::pair<PlaceId, CounterId>> pairs;
        for (std::size_t p = 0; p < lists.n_rows(); ++p)
          for (const Label& l : lists[p]) pairs.emplace_back(PlaceId(p), l.counter);
        const Context alone{1, nullptr};
        ASSERT_EQ(find_round_trips(*territory, {query, false}, pairs, alone),
                  find_round_trips(*territory, {query, true}, pairs, alone));
      }
  }, 2);
}

}  // namespace
}  // namespace maillage::test
