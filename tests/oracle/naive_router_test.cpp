// The contracted network with its layers and copies against a search of the roads as they were read.
#include "tests/oracle/naive_router.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "engine/links.h"
#include "engine/travel_times.h"
#include "tests/support/print.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

// Points that attach to the network, with where they do.
struct Attached {
  std::vector<LatLon> point;
  std::vector<RoadPoint> on_road;
  std::vector<double> access_ms;
};

Attached pick_attached(const RoadNetwork& network, std::size_t n, Dice& dice) {
  Attached out;
  for (std::size_t i = 0; i < n; ++i) {
    const LatLon p = pick_point(*network.segments, dice);
    const auto nearest = network.grid.find_nearest(*network.segments, p, 1600);
    if (!nearest) continue;
    out.point.push_back(p);
    out.on_road.push_back({nearest->segment, nearest->fraction});
    out.access_ms.push_back(nearest->distance_m / (5 / 3.6) * 1000);
  }
  return out;
}

void check_against_naive(const RoadSegments& roads, Dice& dice) {
  const auto network = build_road_network(std::make_shared<RoadSegments>(roads));
  const NaiveRouter naive(roads);
  const Attached ends = pick_attached(network, 14, dice);
  const Links links = build_links(network, ends.point);
  const Matrix<Duration> times = find_travel_times(network, links, links);
  for (std::size_t i = 0; i < ends.point.size(); ++i) {
    const auto expected = naive.find_times(ends.on_road[i], ends.on_road);
    for (std::size_t j = 0; j < ends.point.size(); ++j) {
      if (naive.is_ambiguous(ends.on_road[i], ends.on_road[j])) continue;
      SCOPED_TRACE("from point " + std::to_string(i) + " to " + std::to_string(j));
      ASSERT_EQ(times(i, j).is_reachable(), std::isfinite(expected[j])) << times(i, j).ms << " against " << expected[j];
      if (!times(i, j).is_reachable()) continue;
      // the engine rounds at each end the place on the segment and the access way
      ASSERT_NEAR(times(i, j).ms, expected[j] + ends.access_ms[i] + ends.access_ms[j], 2.001);
    }
  }
}

TEST(NaiveRouter, AgreesOnTownsWithEverything) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    check_against_naive(build_random_town(dice), dice);
  });
}

TEST(NaiveRouter, AgreesOnTownsWithoutForbiddenTurns) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(1'000'000 + seed);
    TownOptions options;
    options.with_turn_bans = false;
    check_against_naive(build_random_town(dice, options), dice);
  }, 2);
}

TEST(NaiveRouter, AgreesOnTownsWithForbiddenTurnsOnly) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(2'000'000 + seed);
    TownOptions options;
    options.with_restricted = options.with_delays = false;
    check_against_naive(build_random_town(dice, options), dice);
  }, 2);
}

// Points attach to roads that can be left and entered only: each reaches each other.
TEST(NaiveRouter, AttachedPointsReachEachOtherWhereTurnsAreFree) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(3'000'000 + seed);
    TownOptions options;
    options.with_turn_bans = false;
    const auto roads = std::make_shared<RoadSegments>(build_random_town(dice, options));
    const auto network = build_road_network(roads);
    std::vector<LatLon> points;
    for (int i = 0; i < 12; ++i) points.push_back(pick_point(*roads, dice));
    const Links links = build_links(network, points);
    const Matrix<Duration> times = find_travel_times(network, links, links);
    for (std::size_t i = 0; i < points.size(); ++i)
      for (std::size_t j = 0; j < points.size(); ++j)
        ASSERT_EQ(times(i, j).is_reachable(), links.status[i] != LinkStatus::off_network && links.status[j] != LinkStatus::off_network);
  });
}

// What the tests above look at must not be trivial.
TEST(NaiveRouter, RandomTownsHaveWhatTheyPromise) {
  std::size_t pairs = 0, banned = 0, layered = 0, one_way = 0, islands = 0, loops = 0, unreachable_pairs = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Dice dice(seed);
    const auto roads = std::make_shared<RoadSegments>(build_random_town(dice));
    const auto network = build_road_network(roads);
    banned += network.copy_banned.n_rows() > 0;
    islands += network.n_components > 1;
    for (const Edge& e : network.edges) {
      layered += e.is_layered;
      one_way += e.forward.is_reachable() != e.backward.is_reachable();
      loops += e.from == e.to;
    }
    std::vector<LatLon> points;
    for (int i = 0; i < 10; ++i) points.push_back(pick_point(*roads, dice));
    const Links links = build_links(network, points);
    for (Duration t : find_travel_times(network, links, links).values) ++(t.is_reachable() ? pairs : unreachable_pairs);
  }
  EXPECT_GT(pairs, 4000u);
  EXPECT_GT(unreachable_pairs, 100u);
  EXPECT_GT(banned, 30u);
  EXPECT_GT(layered, 100u);
  EXPECT_GT(one_way, 100u);
  EXPECT_GT(islands, 30u);
  EXPECT_GT(loops, 20u);
}

}  // namespace
}  // namespace maillage::test
