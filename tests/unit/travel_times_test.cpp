// Tables of times between many points.
#include "engine/travel_times.h"

#include <gtest/gtest.h>

#include "tests/support/ascii_town.h"
#include "tests/support/print.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"
#include "tests/support/town_times.h"

namespace maillage::test {
namespace {

TEST(TravelTimes, AccessCountsAtBothEnds) {
  const AsciiTown town = build_ascii_town(
      " p     \n"
      "A----B-\n"
      "   q   ");
  const RoadNetwork network = build_network(town);
  const Links p = build_links(network, std::vector<LatLon>{town.point('p')}, {1600, 5, {60000}});
  const Links q = build_links(network, std::vector<LatLon>{town.point('q')});
  const double access_ms = kStepM / (5 / 3.6) * 1000;
  EXPECT_NEAR(find_travel_times(network, p, q)(0, 0).ms, 2 * 60000 + 2 * access_ms + 60000, 3);
}

TEST(TravelTimes, PlacesOffTheNetworkKeepTheirRow) {
  const AsciiTown town = build_ascii_town("A----B");
  const RoadNetwork network = build_network(town);
  const Links links = build_links(network, std::vector<LatLon>{town.point('A'), {5, 5}, town.point('B')});
  const Matrix<Duration> times = find_travel_times(network, links, links);
  ASSERT_EQ(times.n_rows, 3u);
  ASSERT_EQ(times.n_columns, 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(times(1, i), unreachable());
    EXPECT_EQ(times(i, 1), unreachable());
  }
  EXPECT_EQ(times(0, 2), Duration{300000});
}

TEST(TravelTimes, NoRowsAndNoColumns) {
  const AsciiTown town = build_ascii_town("A----B");
  const RoadNetwork network = build_network(town);
  const Links none = build_links(network, {});
  const Links one = build_links(network, std::vector<LatLon>{town.point('A')});
  EXPECT_EQ(find_travel_times(network, none, one).values.size(), 0u);
  EXPECT_EQ(find_travel_times(network, one, none).n_rows, 1u);
  EXPECT_TRUE(find_pair_times(network, one, one, {}).empty());
}

TEST(TravelTimes, PairsKeepTheirOrderAndMayRepeat) {
  const AsciiTown town = build_ascii_town("A-B--C");
  const RoadNetwork network = build_network(town);
  const Links links = build_links(network, std::vector<LatLon>{town.point('A'), town.point('B'), town.point('C')});
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs{{2, 0}, {0, 1}, {2, 0}, {1, 1}, {0, 2}};
  EXPECT_EQ(find_pair_times(network, links, links, pairs),
            (std::vector<Duration>{{300000}, {120000}, {300000}, {0}, {300000}}));
}

TEST(TravelTimes, PairsAgreeWithTheMatrix) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto roads = std::make_shared<RoadSegments>(build_random_town(dice));
    const RoadNetwork network = build_road_network(roads);
    std::vector<LatLon> from, to;
    for (int i = dice.between(1, 10); i > 0; --i) from.push_back(pick_point(*roads, dice));
    for (int i = dice.between(1, 10); i > 0; --i) to.push_back(pick_point(*roads, dice));
    const Links origins = build_links(network, from), destinations = build_links(network, to);
    const Matrix<Duration> times = find_travel_times(network, origins, destinations);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (int i = 0; i < 30; ++i)
      pairs.emplace_back(static_cast<std::uint32_t>(dice.below(from.size())), static_cast<std::uint32_t>(dice.below(to.size())));
    const auto by_pair = find_pair_times(network, origins, destinations, pairs);
    for (std::size_t i = 0; i < pairs.size(); ++i) ASSERT_EQ(by_pair[i], times(pairs[i].first, pairs[i].second));
  });
}

TEST(TravelTimes, AStopAskedForIsObeyed) {
  const AsciiTown town = build_ascii_town("A----B");
  const RoadNetwork network = build_network(town);
  const Links links = build_links(network, std::vector<LatLon>{town.point('A'), town.point('B')});
  Progress progress;
  progress.stop = true;
  EXPECT_THROW((void)find_travel_times(network, links, links, {2, &progress}), Cancelled);
}

}  // namespace
}  // namespace maillage::test
