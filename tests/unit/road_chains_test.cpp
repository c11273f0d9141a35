// Which pieces of road become one chain.
#include "engine/road_chains.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/ascii_town.h"
#include "tests/support/print.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

std::vector<std::size_t> find_lengths(const RoadChains& chains) {
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < chains.segments.n_rows(); ++i) lengths.push_back(chains.segments[i].size());
  std::sort(lengths.begin(), lengths.end());
  return lengths;
}

using Lengths = std::vector<std::size_t>;

TEST(RoadChains, ABendIsNoJunction) {
  const AsciiTown town = build_ascii_town(
      "A--+\n"
      "   |\n"
      "   B");
  const RoadChains chains = build_road_chains(town.roads);
  EXPECT_EQ(find_lengths(chains), Lengths{5});
  EXPECT_TRUE(chains.is_junction[town.node.at('A')]);
  EXPECT_TRUE(chains.is_junction[town.node.at('B')]);
  EXPECT_EQ(std::count(chains.is_junction.begin(), chains.is_junction.end(), 1), 2);
}

TEST(RoadChains, ACrossingEndsChains) {
  const AsciiTown town = build_ascii_town(
      "  N  \n"
      "  |  \n"
      "W-X-E\n"
      "  |  \n"
      "  S  ");
  EXPECT_EQ(find_lengths(build_road_chains(town.roads)), (Lengths{2, 2, 2, 2}));
}

TEST(RoadChains, AOneWayStreetOfSeveralSegmentsIsOneChain) {
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A>>>B").roads)), Lengths{4});
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A<<<B").roads)), Lengths{4});
}

TEST(RoadChains, ChangesOnTheWayEndChains) {
  // two-way, one-way at the two segments beside the arrow, two-way
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A-->--B").roads)), (Lengths{2, 2, 2}));
  // private at the two segments beside the sign
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A--=--B").roads)), (Lengths{2, 2, 2}));
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A--~--B").roads)), (Lengths{2, 2, 2}));
}

TEST(RoadChains, OneWayStreetsThatMeetHeadOnDoNotJoin) {
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A>X<B").roads)), (Lengths{2, 2}));
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A<X>B").roads)), (Lengths{2, 2}));
  EXPECT_EQ(find_lengths(build_road_chains(build_ascii_town("A>X>B").roads)), Lengths{4});
}

TEST(RoadChains, ADelayOrAForbiddenTurnEndsChains) {
  AsciiTown town = build_ascii_town("A-x-B");
  EXPECT_EQ(find_lengths(build_road_chains(town.roads)), Lengths{4});
  AsciiTown delayed = town;
  delayed.set_delay('x', 5);
  EXPECT_EQ(find_lengths(build_road_chains(delayed.roads)), (Lengths{2, 2}));
  AsciiTown undelayed = town;
  undelayed.set_delay('x', 0);
  EXPECT_EQ(find_lengths(build_road_chains(undelayed.roads)), Lengths{4});
  town.forbid_turn('x', Side::west, Side::east);
  EXPECT_EQ(find_lengths(build_road_chains(town.roads)), (Lengths{2, 2}));
}

TEST(RoadChains, ASegmentThatTakesNoTimeIsAChainOfItsOwn) {
  AsciiTown town = build_ascii_town("A-x-B");
  town.roads.forward_s[town.segment('x', Side::east)] = 0.0004F;
  EXPECT_EQ(find_lengths(build_road_chains(town.roads)), (Lengths{1, 1, 2}));
}

TEST(RoadChains, SegmentsThatNobodyMayUseAreInNoChain) {
  AsciiTown town = build_ascii_town("A-x-B");
  for (auto* direction : {&town.roads.forward_s, &town.roads.backward_s}) (*direction)[town.segment('x', Side::east)] = kNoWay;
  const RoadChains chains = build_road_chains(town.roads);
  EXPECT_EQ(find_lengths(chains), (Lengths{1, 2}));
  EXPECT_TRUE(chains.is_junction[town.node.at('x')]);
}

TEST(RoadChains, ARingWithoutCrossingHasOneJunction) {
  const AsciiTown town = build_ascii_town(
      "+-+\n"
      "| |\n"
      "+-+");
  const RoadChains chains = build_road_chains(town.roads);
  EXPECT_EQ(find_lengths(chains), Lengths{8});
  EXPECT_EQ(std::count(chains.is_junction.begin(), chains.is_junction.end(), 1), 1);
  EXPECT_EQ(chains.from[0], chains.to[0]);
}

TEST(RoadChains, ALoopAtACrossingIsOneChain) {
  const AsciiTown town = build_ascii_town(
      "+-+  \n"
      "| |  \n"
      "+-X-A");
  const RoadChains chains = build_road_chains(town.roads);
  EXPECT_EQ(find_lengths(chains), (Lengths{2, 8}));
}

TEST(RoadChains, NodesWithoutRoadsAreNoJunctions) {
  const AsciiTown town = build_ascii_town("A-B   C");
  EXPECT_FALSE(build_road_chains(town.roads).is_junction[town.node.at('C')]);
  EXPECT_EQ(build_road_chains(RoadSegments()).segments.n_rows(), 0u);
}

// Every segment that can be used is in exactly one chain; a chain is a connected walk from junction to
// junction with none inside; a node inside belongs to one chain only.
TEST(RoadChains, PartitionTheSegmentsOfRandomTowns) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadSegments roads = build_random_town(dice);
    const RoadChains chains = build_road_chains(roads);
    std::vector<int> uses(roads.n_segments(), 0), inside(roads.n_nodes(), 0);
    for (std::size_t c = 0; c < chains.segments.n_rows(); ++c) {
      RawNodeId node = chains.from[c];
      ASSERT_TRUE(chains.is_junction[node]);
      for (std::size_t i = 0; i < chains.segments[c].size(); ++i) {
        const std::uint32_t piece = chains.segments[c][i];
        const SegmentId s(piece / 2);
        ++uses[s.v];
        ASSERT_EQ(piece % 2 ? roads.to[s] : roads.from[s], node);
        node = piece % 2 ? roads.from[s] : roads.to[s];
        const bool last = i + 1 == chains.segments[c].size();
        ASSERT_EQ(chains.is_junction[node] != 0, last);
        inside[node.v] += !last;
        ASSERT_LE(inside[node.v], 1);
        ASSERT_EQ(roads.flags[s], roads.flags[SegmentId(chains.segments[c][0] / 2)]);
      }
      ASSERT_EQ(node, chains.to[c]);
    }
    for (std::size_t i = 0; i < roads.n_segments(); ++i) {
      const SegmentId s(i);
      ASSERT_EQ(uses[i], roads.forward_s[s] < kNoWay || roads.backward_s[s] < kNoWay);
    }
  });
}

}  // namespace
}  // namespace maillage::test
