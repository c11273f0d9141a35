// Travel times on towns drawn as text, counted by hand: one minute a step.
#include "engine/road_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/ascii_town.h"
#include "tests/support/print.h"
#include "tests/support/town_times.h"

namespace maillage::test {
namespace {

TEST(RoadNetwork, CountsStepsAlongARoad) {
  const TownTimes minutes(build_ascii_town("A---B--C"));
  EXPECT_EQ(minutes('A', 'C'), 7);
  EXPECT_EQ(minutes('C', 'A'), 7);
  EXPECT_EQ(minutes('A', 'B'), 4);
  EXPECT_EQ(minutes('B', 'B'), 0);
}

TEST(RoadNetwork, TakesTheShorterOfTwoWays) {
  const TownTimes minutes(build_ascii_town(
      "A-----B\n"
      "|     |\n"
      "|     |\n"
      "C-----D"));
  EXPECT_EQ(minutes('A', 'D'), 9);
  const TownTimes with_short_cut(build_ascii_town(
      "A-----B\n"
      "|\\    |\n"
      "| ----|\n"
      "C-----D"));
  EXPECT_EQ(with_short_cut('A', 'D'), 9);  // the diagonal ends beside a road that it does not join
  const TownTimes joined(build_ascii_town(
      "A-----B\n"
      " \\    |\n"
      "  +---+\n"
      "C-----D"));
  EXPECT_EQ(joined('A', 'D'), 7);  // diagonal 2, across 4, down 1
}

TEST(RoadNetwork, ContractsBendsButNotCrossings) {
  const TownTimes minutes(build_ascii_town(
      "A---B---C\n"
      "    |    \n"
      "    D    "));
  EXPECT_EQ(minutes.network().n_junctions, 4u);
  EXPECT_EQ(minutes.network().n_edges(), 3u);
  EXPECT_EQ(minutes.network().n_nodes(), 4u);
}

TEST(RoadNetwork, OneWayStreetsForceTheWayRound) {
  const TownTimes minutes(build_ascii_town(
      "A>>>B\n"
      "^   v\n"
      "D<<<C"));
  EXPECT_EQ(minutes('A', 'B'), 4);
  EXPECT_EQ(minutes('B', 'A'), 8);
  EXPECT_EQ(minutes('A', 'D'), 10);
  EXPECT_EQ(minutes('D', 'A'), 2);
}

TEST(RoadNetwork, AOneWayDeadEndCannotBeLeftOrReached) {
  const TownTimes minutes(build_ascii_town("A--B>>C"));
  EXPECT_EQ(minutes('A', 'C'), 6);
  EXPECT_TRUE(std::isnan(minutes('C', 'A')));
}

TEST(RoadNetwork, OfParallelRoadsTheFasterCounts) {
  AsciiTown town = build_ascii_town("A-B");
  for (const SegmentId s : {SegmentId(0), SegmentId(1)}) {  // the same two segments again, 20 s each, one way
    town.roads.from.push_back(town.roads.from[s]);
    town.roads.to.push_back(town.roads.to[s]);
    town.roads.forward_s.push_back(20);
    town.roads.backward_s.push_back(kNoWay);
    town.roads.length_m.push_back(1);
    town.roads.way.push_back(0);
    town.roads.flags.push_back(kOpenRoad);
  }
  const TownTimes minutes(town);
  EXPECT_NEAR(minutes('A', 'B'), 2 / 3.0, 1e-9);
  EXPECT_EQ(minutes('B', 'A'), 2);
}

TEST(RoadNetwork, SegmentsThatReturnToTheirNodeHarmNobody) {
  AsciiTown town = build_ascii_town("A-B");
  const RawNodeId a = town.node.at('A');
  town.roads.from.push_back(a);
  town.roads.to.push_back(a);
  town.roads.forward_s.push_back(5);
  town.roads.backward_s.push_back(5);
  town.roads.length_m.push_back(0);
  town.roads.way.push_back(0);
  town.roads.flags.push_back(kOpenRoad);
  const TownTimes minutes(town);
  EXPECT_EQ(minutes('A', 'B'), 2);
  EXPECT_EQ(minutes('A', 'A'), 0);
}

TEST(RoadNetwork, DelaysAreChargedOnceToTheArcThatEndsThere) {
  AsciiTown town = build_ascii_town("A--B--C");
  town.set_delay('B', 30);
  const TownTimes minutes(town);
  EXPECT_EQ(minutes('A', 'B'), 3.5);
  EXPECT_EQ(minutes('B', 'C'), 3);
  EXPECT_EQ(minutes('A', 'C'), 6.5);
  EXPECT_EQ(minutes('C', 'A'), 6.5);
}

// A counter exactly at a crossing with a signal: everyone who drives there waits, also from the road
// that the counter happens to be attached to.
TEST(RoadNetwork, APointAtACrossingIsTheCrossing) {
  AsciiTown town = build_ascii_town("A--B--C");
  town.set_delay('B', 30);
  const TownTimes minutes(town);
  EXPECT_EQ(minutes(town.between('A', 'B', 0.5), town.point('B')), 2);
  EXPECT_EQ(minutes(town.between('C', 'B', 0.5), town.point('B')), 2);
  EXPECT_EQ(minutes(town.point('B'), town.between('C', 'B', 0.5)), 1.5);
  EXPECT_EQ(minutes(town.between('A', 'B', 0.5), town.between('A', 'B', 0.75)), 0.75);
}

TEST(RoadNetwork, PositionsInsideAChainLeaveByBothEnds) {
  const TownTimes minutes(build_ascii_town(
      "A-----B\n"
      "|     |\n"
      "C-----D"));
  const AsciiTown& town = minutes.town();
  EXPECT_NEAR(minutes(town.between('A', 'B', 1.5 / 6), town.between('C', 'D', 1.5 / 6)), 5, 1e-4);
  EXPECT_NEAR(minutes(town.between('A', 'B', 4.5 / 6), town.between('C', 'D', 1.5 / 6)), 8, 1e-4);
  EXPECT_NEAR(minutes(town.between('A', 'B', 5 / 6.0), town.point('D')), 3, 1e-4);
}

TEST(RoadNetwork, TwoPointsOfOneRoadNeedNotGoRoundByItsEnds) {
  const TownTimes minutes(build_ascii_town("A-----B"));
  const AsciiTown& town = minutes.town();
  EXPECT_NEAR(minutes(town.between('A', 'B', 0.25), town.between('A', 'B', 0.75)), 3, 1e-4);
  EXPECT_NEAR(minutes(town.between('A', 'B', 0.75), town.between('A', 'B', 0.25)), 3, 1e-4);
  // within one segment: a tenth of a step
  EXPECT_NEAR(minutes(town.between('A', 'B', 0.3 / 6), town.between('A', 'B', 0.4 / 6)), 0.1, 1e-4);
  EXPECT_EQ(minutes(town.between('A', 'B', 0.3), town.between('A', 'B', 0.3)), 0);
}

TEST(RoadNetwork, OnAOneWayRoadThePointBehindIsRoundTheBlock) {
  const TownTimes minutes(build_ascii_town(
      "A>>>B\n"
      "^   v\n"
      "^   v\n"
      "D<<<C"));
  const AsciiTown& town = minutes.town();
  EXPECT_NEAR(minutes(town.between('A', 'B', 0.25), town.between('A', 'B', 0.75)), 2, 1e-4);
  EXPECT_NEAR(minutes(town.between('A', 'B', 0.75), town.between('A', 'B', 0.25)), 12, 1e-4);
}

TEST(RoadNetwork, TheMainComponentIsTheLargestAndPointsAttachThere) {
  const TownTimes minutes(build_ascii_town(
      "A---B---C   K---L\n"
      "    |            \n"
      "    D     p      "));
  const RoadNetwork& network = minutes.network();
  EXPECT_EQ(network.n_components, 2u);
  EXPECT_TRUE(network.is_main(network.raw_junction[minutes.town().node.at('A')]));
  EXPECT_FALSE(network.is_main(network.raw_junction[minutes.town().node.at('K')]));
  // p is nearer to K-L than to the main roads, yet stands at C
  const auto links = build_links(network, std::vector<LatLon>{minutes.town().point('p')});
  EXPECT_NEAR(links.snap_m[0], std::hypot(2, 2) * kStepM, 0.5);
  EXPECT_TRUE(std::isnan(minutes('A', 'K')));
  EXPECT_EQ(minutes('K', 'L'), 4);
}

TEST(RoadNetwork, OneWayDeadEndsAreNotInTheMainComponent) {
  const TownTimes minutes(build_ascii_town(
      "A---B>>>>C\n"
      "|   |    \n"
      "+---D    "));
  const auto links = build_links(minutes.network(), std::vector<LatLon>{minutes.town().point('C')});
  EXPECT_NEAR(links.snap_m[0], 5 * kStepM, 0.5);  // at B
  EXPECT_EQ(minutes.network().n_components, 2u);
}

TEST(RoadNetwork, NothingAttachesToFerries) {
  const TownTimes minutes(build_ascii_town(
      "A---B~~~~~C---D\n"
      "      p        "));
  const AsciiTown& town = minutes.town();
  EXPECT_EQ(minutes('A', 'D'), 14);
  const auto links = build_links(minutes.network(), std::vector<LatLon>{town.point('p')});
  EXPECT_NEAR(links.snapped[0].lon, town.point('B').lon, 1e-12);
}

TEST(RoadNetwork, AnEmptyNetworkHasNothing) {
  const RoadNetwork network = build_road_network(std::make_shared<RoadSegments>());
  EXPECT_EQ(network.n_nodes(), 0u);
  EXPECT_EQ(network.n_components, 0u);
  const Links links = build_links(network, std::vector<LatLon>{{0, 0}});
  EXPECT_EQ(links.status[0], LinkStatus::off_network);
}

TEST(RoadNetwork, TimesThatLeaveTheRangeAreNoWay) {
  AsciiTown town = build_ascii_town("A-B-C");
  town.roads.forward_s[town.segment('A', Side::east)] = 3e6F;  // more than 24.8 days
  const TownTimes minutes(town);
  EXPECT_TRUE(std::isnan(minutes('A', 'C')));
  EXPECT_EQ(minutes('C', 'A'), 4);
}

TEST(RoadNetwork, AStopAskedForIsObeyed) {
  Progress progress;
  progress.stop = true;
  const auto roads = std::make_shared<RoadSegments>(build_ascii_town("A-B").roads);
  EXPECT_THROW((void)build_road_network(roads, {1, &progress}), Cancelled);
}

TEST(RoadNetwork, EdgeTimesAtTheBends) {
  const AsciiTown town = build_ascii_town("A>>B");
  const RoadNetwork network = build_network(town);
  const EdgeId edge = network.segment_edge[town.segment('A', Side::east)];
  const bool drawn = network.edges[edge].from == network.raw_junction[town.node.at('A')];
  const auto cum = drawn ? network.forward_cum(edge) : network.backward_cum(edge);
  ASSERT_EQ(cum.size(), 4u);
  EXPECT_EQ(std::abs(cum.back() - cum.front()), 180000);
  EXPECT_EQ(std::abs(cum[1] - cum[0]), 60000);
}

}  // namespace
}  // namespace maillage::test
