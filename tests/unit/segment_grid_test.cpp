// The grid of segments against looking at every segment.
#include "engine/segment_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/dice.h"
#include "tests/support/print.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

std::vector<SegmentId> all_segments(const RoadSegments& roads) {
  std::vector<SegmentId> ids;
  for (std::size_t i = 0; i < roads.n_segments(); ++i) ids.push_back(SegmentId(i));
  return ids;
}

// Distance to a segment in the plane that touches the sphere at `p`, by vectors from p.
double find_plane_distance_m(const RoadSegments& roads, SegmentId s, LatLon p) {
  const double scale = std::cos(p.lat * std::numbers::pi / 180) * kMetresPerDegree;
  auto to_xy = [&](LatLon q) { return std::pair((q.lon - p.lon) * scale, (q.lat - p.lat) * kMetresPerDegree); };
  const auto [ax, ay] = to_xy(roads.node_point[roads.from[s]]);
  const auto [bx, by] = to_xy(roads.node_point[roads.to[s]]);
  const double length = std::hypot(bx - ax, by - ay);
  const double along = length > 0 ? -(ax * (bx - ax) + ay * (by - ay)) / length : 0;
  if (along <= 0) return std::hypot(ax, ay);
  if (along >= length) return std::hypot(bx, by);
  return std::abs(ax * by - ay * bx) / length;
}

double find_least_distance_m(const RoadSegments& roads, const std::vector<SegmentId>& members, LatLon p) {
  double best = std::numeric_limits<double>::infinity();
  for (SegmentId s : members) best = std::min(best, find_plane_distance_m(roads, s, p));
  return best;
}

void check_point(const RoadSegments& roads, const std::vector<SegmentId>& members, const SegmentGrid& grid, LatLon p, double max_m) {
  SCOPED_TRACE(testing::Message() << p.lat << ", " << p.lon << " within " << max_m);
  const double expected = find_least_distance_m(roads, members, p);
  const auto found = grid.find_nearest(roads, p, max_m);
  if (std::abs(expected - max_m) < 1e-6) return;  // rounding decides
  ASSERT_EQ(found.has_value(), expected <= max_m) << expected;
  if (!found) return;
  EXPECT_NEAR(found->distance_m, expected, 1e-6 * (1 + expected));
  EXPECT_NEAR(find_plane_distance_m(roads, found->segment, p), expected, 1e-6 * (1 + expected));
  EXPECT_GE(found->fraction, 0);
  EXPECT_LE(found->fraction, 1);
  const LatLon a = roads.node_point[roads.from[found->segment]], b = roads.node_point[roads.to[found->segment]];
  EXPECT_NEAR(found->point.lat, a.lat + found->fraction * (b.lat - a.lat), 1e-12);
  EXPECT_NEAR(found->point.lon, a.lon + found->fraction * (b.lon - a.lon), 1e-12);
  EXPECT_TRUE(std::find(members.begin(), members.end(), found->segment) != members.end());
}

// Roads between random points of a box; `longest` as a share of the box.
RoadSegments scatter_segments(Dice& dice, std::size_t n, LatLon corner, LatLon size, double longest) {
  RoadSegments roads;
  for (std::size_t i = 0; i < n; ++i) {
    const LatLon a{corner.lat + dice.uniform() * size.lat, corner.lon + dice.uniform() * size.lon};
    const LatLon b{a.lat + dice.uniform(-longest, longest) * size.lat, a.lon + dice.uniform(-longest, longest) * size.lon};
    roads.from.push_back(roads.node_point.push_back(a));
    roads.to.push_back(roads.node_point.push_back(b));
    roads.forward_s.push_back(60);
    roads.backward_s.push_back(60);
    roads.flags.push_back(0);
  }
  return roads;
}

TEST(SegmentGrid, FindsNothingWithoutMembers) {
  EXPECT_FALSE(SegmentGrid().find_nearest({}, {45, 5}, 1e9).has_value());
  EXPECT_FALSE(SegmentGrid({}, {}).find_nearest({}, {45, 5}, 1e9).has_value());
}

TEST(SegmentGrid, AgreesWithLookingAtEverySegment) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadSegments roads = build_random_town(dice);
    const auto members = all_segments(roads);
    const SegmentGrid grid(roads, members);
    for (int i = 0; i < 30; ++i) check_point(roads, members, grid, pick_point(roads, dice), dice.pick(std::vector<double>{50, 1600, 1e6}));
  });
}

TEST(SegmentGrid, AgreesOnLongSegmentsAndPointsFarOutside) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Dice dice(seed);
    const RoadSegments roads = scatter_segments(dice, 60, {44, 4}, {1.5, 2.0}, seed % 2 ? 0.7 : 0.02);
    const auto members = all_segments(roads);
    const SegmentGrid grid(roads, members);
    for (int i = 0; i < 40; ++i)
      check_point(roads, members, grid, {dice.uniform(43, 46.5), dice.uniform(3, 7)}, dice.pick(std::vector<double>{2e3, 3e4, 1e7}));
  }
}

TEST(SegmentGrid, AgreesInHighLatitudes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Dice dice(seed);
    const RoadSegments roads = scatter_segments(dice, 60, {68, 18}, {2, 6}, 0.2);
    const auto members = all_segments(roads);
    const SegmentGrid grid(roads, members);
    for (int i = 0; i < 40; ++i)
      check_point(roads, members, grid, {dice.uniform(67, 71), dice.uniform(17, 25)}, dice.pick(std::vector<double>{2e3, 3e4, 1e7}));
  }
}

TEST(SegmentGrid, LooksAtMembersOnly) {
  Dice dice(7);
  const RoadSegments roads = scatter_segments(dice, 100, {44, 4}, {0.1, 0.1}, 0.1);
  std::vector<SegmentId> members;
  for (std::size_t i = 0; i < 100; i += 3) members.push_back(SegmentId(i));
  const SegmentGrid grid(roads, members);
  for (int i = 0; i < 100; ++i) check_point(roads, members, grid, {dice.uniform(44, 44.1), dice.uniform(4, 4.1)}, 1e5);
}

// One segment along the equator, 1 km of 0.01 degrees.
RoadSegments one_segment() {
  RoadSegments roads;
  roads.node_point = IdVector<RawNodeId, LatLon>(std::vector<LatLon>{{0, 0}, {0, 0.01}});
  roads.from.push_back(RawNodeId(0));
  roads.to.push_back(RawNodeId(1));
  roads.forward_s.push_back(60);
  roads.backward_s.push_back(60);
  roads.flags.push_back(0);
  return roads;
}

TEST(SegmentGrid, TheLargestDistanceIsIncluded) {
  const RoadSegments roads = one_segment();
  const SegmentGrid grid(roads, all_segments(roads));
  const auto found = grid.find_nearest(roads, {0.001, 0.004}, 1e9);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->distance_m, 0.001 * kMetresPerDegree, 1e-6);
  EXPECT_NEAR(found->fraction, 0.4, 1e-9);
  EXPECT_TRUE(grid.find_nearest(roads, {0.001, 0.004}, found->distance_m).has_value());
  EXPECT_FALSE(grid.find_nearest(roads, {0.001, 0.004}, std::nextafter(found->distance_m, 0.0)).has_value());
}

TEST(SegmentGrid, BeyondTheEndsTheEndIsNearest) {
  const RoadSegments roads = one_segment();
  const SegmentGrid grid(roads, all_segments(roads));
  EXPECT_EQ(grid.find_nearest(roads, {0, -0.003}, 1e9)->fraction, 0);
  EXPECT_EQ(grid.find_nearest(roads, {0.002, 0.02}, 1e9)->fraction, 1);
}

TEST(SegmentGrid, APointThatIsNoNumberIsNowhere) {
  const RoadSegments roads = one_segment();
  const SegmentGrid grid(roads, all_segments(roads));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(grid.find_nearest(roads, {nan, 0}, 1e9).has_value());
  EXPECT_FALSE(grid.find_nearest(roads, {0, nan}, 1e9).has_value());
  EXPECT_FALSE(grid.find_nearest(roads, {std::numeric_limits<double>::infinity(), 0}, 1e9).has_value());
}

// Four equal segments around a point: whichever row comes first, the answer is the same piece of road.
TEST(SegmentGrid, TiesGoToTheSegmentWhoseEndsComeFirst) {
  const std::vector<std::pair<LatLon, LatLon>> square{
      {{-0.001, -0.001}, {-0.001, 0.001}}, {{-0.001, 0.001}, {0.001, 0.001}},
      {{0.001, 0.001}, {0.001, -0.001}}, {{0.001, -0.001}, {-0.001, -0.001}}};
  Dice dice(1);
  for (int round = 0; round < 20; ++round) {
    RoadSegments roads;
    for (std::uint32_t i : dice.permutation(4)) {
      roads.from.push_back(roads.node_point.push_back(square[i].first));
      roads.to.push_back(roads.node_point.push_back(square[i].second));
      roads.forward_s.push_back(60);
      roads.backward_s.push_back(60);
      roads.flags.push_back(0);
    }
    const SegmentGrid grid(roads, all_segments(roads));
    const auto found = grid.find_nearest(roads, {0, 0}, 1000);
    ASSERT_TRUE(found.has_value());
    EXPECT_NEAR(found->point.lat, -0.001, 1e-9);  // the southern one: ends (-1, -1) and (-1, 1)
    EXPECT_NEAR(found->point.lon, 0, 1e-9);
  }
}

// Two segments on the same line, one of them private: the answer does not depend on their order.
TEST(SegmentGrid, TiesOnTheSameLineAreToldApartByWhatTheyAllow) {
  for (const bool first : {false, true}) {
    RoadSegments roads = one_segment();
    roads.from.push_back(RawNodeId(0));
    roads.to.push_back(RawNodeId(1));
    roads.forward_s.push_back(60);
    roads.backward_s.push_back(60);
    roads.flags = IdVector<SegmentId, std::uint8_t>(std::vector<std::uint8_t>{first, !first});
    const SegmentGrid grid(roads, all_segments(roads));
    const auto found = grid.find_nearest(roads, {0.001, 0.004}, 1000);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(roads.flags[found->segment], kOpenRoad);
  }
}

}  // namespace
}  // namespace maillage::test
