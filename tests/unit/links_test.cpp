// Points and the roads they stand at.
#include "engine/links.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/ascii_town.h"
#include "tests/support/print.h"
#include "tests/support/town_times.h"

namespace maillage::test {
namespace {

constexpr double kStepAccessS = kStepM / (5 / 3.6);  // one step on foot at 5 km/h: 80.06 s

TEST(Links, APointOnARoadPaysNoAccess) {
  const AsciiTown town = build_ascii_town("A----B");
  const Links links = build_links(build_network(town), std::vector<LatLon>{town.between('A', 'B', 0.3)});
  EXPECT_EQ(links.status[0], LinkStatus::on_segment);
  EXPECT_EQ(links.access[0], Duration{0});
  EXPECT_NEAR(links.snap_m[0], 0, 1e-6);
  ASSERT_EQ(links.exits[0].size(), 2u);
  ASSERT_EQ(links.entries[0].size(), 2u);
  EXPECT_EQ(links.exits[0][0].time.ms + links.exits[0][1].time.ms, 300000);
}

TEST(Links, APointBesideARoadWalksStraightToIt) {
  const AsciiTown town = build_ascii_town(
      "A----B\n"
      "  p   ");
  const Links links = build_links(build_network(town), std::vector<LatLon>{town.point('p')});
  EXPECT_NEAR(links.snap_m[0], kStepM, 1e-3);
  EXPECT_NEAR(links.access[0].ms, kStepAccessS * 1000, 1);
  EXPECT_NEAR(links.snapped[0].lon, 0.002, 1e-9);
  EXPECT_NEAR(links.snapped[0].lat, 0, 1e-12);
}

TEST(Links, SpeedAndParkingCountInTheAccess) {
  const AsciiTown town = build_ascii_town(
      "A----B\n"
      "  p   ");
  const RoadNetwork network = build_network(town);
  const std::vector<LatLon> p{town.point('p')};
  EXPECT_NEAR(build_links(network, p, {1600, 10, {0}}).access[0].ms, kStepAccessS * 500, 1);
  EXPECT_NEAR(build_links(network, p, {1600, 5, {60000}}).access[0].ms, kStepAccessS * 1000 + 60000, 1);
}

TEST(Links, TheSnapLimitIsIncluded) {
  const AsciiTown town = build_ascii_town(
      "A----B\n"
      "  p   ");
  const RoadNetwork network = build_network(town);
  const std::vector<LatLon> p{town.point('p')};
  const double distance = build_links(network, p).snap_m[0];
  EXPECT_EQ(build_links(network, p, {distance, 5, {0}}).status[0], LinkStatus::on_segment);
  const Links off = build_links(network, p, {std::nextafter(distance, 0.0), 5, {0}});
  EXPECT_EQ(off.status[0], LinkStatus::off_network);
  EXPECT_EQ(off.access[0], unreachable());
  EXPECT_TRUE(std::isnan(off.snap_m[0]));
  EXPECT_TRUE(std::isnan(off.snapped[0].lat));
  EXPECT_TRUE(off.exits[0].empty());
  EXPECT_TRUE(off.entries[0].empty());
}

TEST(Links, OneWayRoadsHaveOneWayOutAndOneWayIn) {
  const AsciiTown town = build_ascii_town(
      "A>>>B\n"
      "^   v\n"
      "D<<<C");
  const RoadNetwork network = build_network(town);
  const Links links = build_links(network, std::vector<LatLon>{town.between('A', 'B', 0.25)});
  ASSERT_EQ(links.exits[0].size(), 1u);
  ASSERT_EQ(links.entries[0].size(), 1u);
}

TEST(Links, APointAtAJunctionIsTheJunction) {
  const AsciiTown town = build_ascii_town(
      "A--B--C\n"
      "   |   \n"
      "   D   ");
  const RoadNetwork network = build_network(town);
  const Links links = build_links(network, std::vector<LatLon>{town.point('B')});
  ASSERT_EQ(links.exits[0].size(), 1u);
  EXPECT_EQ(links.exits[0][0].node, network.raw_junction[town.node.at('B')]);
  EXPECT_EQ(links.exits[0][0].time, Duration{0});
}

TEST(Links, PointsBoundToNodesAttachThereAtNoCost) {
  const AsciiTown town = build_ascii_town("A-b-C   D");
  const RoadNetwork network = build_network(town);
  const std::vector<RawNodeId> nodes{town.node.at('C'), town.node.at('b'), town.node.at('D')};
  const Links links = build_node_links(network, nodes);
  EXPECT_EQ(links.status[0], LinkStatus::on_node);
  EXPECT_TRUE(links.position[0].edge.is_none());
  EXPECT_EQ(links.status[1], LinkStatus::on_node);  // inside a chain
  EXPECT_FALSE(links.position[1].edge.is_none());
  EXPECT_EQ(links.access[1], Duration{0});
  EXPECT_EQ(links.status[2], LinkStatus::off_network);  // a node without roads
  const Matrix<Duration> times = find_travel_times(network, links, links);
  EXPECT_EQ(times(0, 1), Duration{120000});
  EXPECT_EQ(times(1, 1), Duration{0});
  EXPECT_EQ(times(0, 2), unreachable());
}

TEST(Links, RowsCanBeSelectedAndJoined) {
  const AsciiTown town = build_ascii_town("A--B--C");
  const RoadNetwork network = build_network(town);
  const std::vector<LatLon> points{town.between('A', 'B', 0.5), town.point('C'), {9, 9}};
  const Links links = build_links(network, points);
  const std::vector<std::uint32_t> rows{2, 0, 0};
  const Links joined = join_links(select_links(links, rows), links);
  ASSERT_EQ(joined.n_points(), 6u);
  EXPECT_EQ(joined.status[0], LinkStatus::off_network);
  for (const auto& [row, like] : {std::pair(1, 0), std::pair(2, 0), std::pair(3, 0), std::pair(4, 1), std::pair(5, 2)}) {
    SCOPED_TRACE(row);
    EXPECT_EQ(joined.position[row].forward_ms, links.position[like].forward_ms);
    EXPECT_EQ(joined.access[row], links.access[like]);
    ASSERT_EQ(joined.exits[row].size(), links.exits[like].size());
    ASSERT_EQ(joined.entries[row].size(), links.entries[like].size());
    for (std::size_t i = 0; i < joined.exits[row].size(); ++i) EXPECT_EQ(joined.exits[row][i].node, links.exits[like][i].node);
  }
}

}  // namespace
}  // namespace maillage::test
