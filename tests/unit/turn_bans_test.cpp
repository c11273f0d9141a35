// Forbidden turns force the way round.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/road_network.h"
#include "tests/support/ascii_town.h"
#include "tests/support/town_times.h"

namespace maillage::test {
namespace {

AsciiTown crossing() {
  return build_ascii_town(
      "    N    \n"
      "    |    \n"
      "W---X---E\n"
      "    |    \n"
      "    S    ");
}

TEST(TurnBans, AForbiddenTurnForcesTheWayRound) {
  AsciiTown town = crossing();
  town.forbid_turn('X', Side::west, Side::north);
  const TownTimes minutes(town);
  EXPECT_EQ(minutes('W', 'N'), 4 + 2 + 2 + 2);  // down to S, turn there, and up
  EXPECT_EQ(minutes('W', 'E'), 8);
  EXPECT_EQ(minutes('W', 'X'), 4);
  EXPECT_EQ(minutes('X', 'N'), 2);
  EXPECT_EQ(minutes('E', 'N'), 6);
  EXPECT_EQ(minutes('N', 'W'), 6);
}

TEST(TurnBans, SeveralBansOfOneApproachHoldTogether) {
  AsciiTown town = crossing();
  town.forbid_turn('X', Side::west, Side::north);
  town.forbid_turn('X', Side::west, Side::south);
  const TownTimes minutes(town);
  EXPECT_EQ(minutes('W', 'N'), 4 + 8 + 2);  // to E, turn there
  EXPECT_EQ(minutes('W', 'S'), 4 + 8 + 2);
  EXPECT_EQ(minutes('E', 'S'), 6);
}

TEST(TurnBans, TheSameBanTwiceIsOneBan) {
  AsciiTown town = crossing();
  town.forbid_turn('X', Side::west, Side::north);
  town.forbid_turn('X', Side::west, Side::north);
  EXPECT_EQ(TownTimes(town)('W', 'N'), 10);
  EXPECT_EQ(build_network(town).copy_banned.n_rows(), 1u);
}

TEST(TurnBans, EndsOnTheForbiddenRoadAreForbiddenToo) {
  AsciiTown town = crossing();
  town.forbid_turn('X', Side::west, Side::north);
  const TownTimes minutes(town);
  EXPECT_NEAR(minutes(town.between('W', 'X', 0.5), town.between('X', 'N', 0.5)), 2 + 4 + 1, 1e-4);
  EXPECT_NEAR(minutes(town.between('E', 'X', 0.5), town.between('X', 'N', 0.5)), 3, 1e-4);
  EXPECT_NEAR(minutes(town.between('W', 'X', 0.5), town.between('X', 'E', 0.5)), 4, 1e-4);
}

TEST(TurnBans, ATripMayStartAtTheCrossing) {
  AsciiTown town = crossing();
  town.forbid_turn('X', Side::west, Side::north);
  const TownTimes minutes(town);
  EXPECT_NEAR(minutes(town.point('X'), town.between('X', 'N', 0.5)), 1, 1e-4);
}

TEST(TurnBans, UTurnsAreMadeAtCrossingsUnlessForbidden) {
  AsciiTown town = build_ascii_town(
      "    N        \n"
      "    |        \n"
      "A---Y---X---E\n"
      "        |    \n"
      "        S    ");
  town.forbid_turn('Y', Side::west, Side::north);
  EXPECT_EQ(TownTimes(town)('A', 'N'), 4 + 8 + 2);  // turns at X
  town.forbid_turn('X', Side::west, Side::west);
  EXPECT_EQ(TownTimes(town)('A', 'N'), 4 + 4 + 4 + 4 + 2);  // turns at S
  EXPECT_EQ(TownTimes(town)('A', 'E'), 12);
}

TEST(TurnBans, NobodyTurnsAtABend) {
  AsciiTown town = build_ascii_town(
      "    N        \n"
      "    |        \n"
      "A---Y---x---E");
  town.forbid_turn('Y', Side::west, Side::north);
  EXPECT_EQ(TownTimes(town)('A', 'N'), 4 + 16 + 2);
}

TEST(TurnBans, ABanInsideARoadMakesACrossingOfIt) {
  AsciiTown town = build_ascii_town("A--x--B");
  town.forbid_turn('x', Side::west, Side::east);
  const TownTimes minutes(town);
  EXPECT_TRUE(std::isnan(minutes('A', 'B')));
  EXPECT_EQ(minutes('A', 'x'), 3);
  EXPECT_EQ(minutes('B', 'A'), 6);
  EXPECT_EQ(minutes('x', 'B'), 3);
  EXPECT_TRUE(minutes.network().is_main(minutes.network().raw_junction[town.node.at('B')]))
      << "forbidden turns cut no component off";
}

TEST(TurnBans, TwoBansInARowAreBothObeyed) {
  AsciiTown town = build_ascii_town(
      "A---X---Y---B\n"
      "    |   |    \n"
      "    +---+    \n");
  town.forbid_turn('X', Side::west, Side::east);  // not straight on: by the south
  town.forbid_turn('Y', Side::south, Side::east);  // and from the south not right
  const TownTimes minutes(town);
  // X south Y (8), then west to X and back east over Y: X is reached from the east, where all is allowed
  EXPECT_EQ(minutes('A', 'B'), 4 + 8 + 4 + 4 + 4);
  EXPECT_EQ(minutes('B', 'A'), 12);
}

// The loop at X is 8 minutes long; whoever may not go straight on drives round it.
AsciiTown loop_at_a_crossing() {
  AsciiTown town = build_ascii_town(
      "W---X---E\n"
      "   / \\   \n"
      "  +---+  ");
  town.forbid_turn('X', Side::west, Side::east);
  return town;
}

TEST(TurnBans, ALoopLeadsRoundAForbiddenTurn) {
  const TownTimes minutes(loop_at_a_crossing());
  EXPECT_EQ(minutes('W', 'E'), 4 + 8 + 4);
  EXPECT_EQ(minutes('E', 'W'), 8);
}

TEST(TurnBans, TurnsOutOfALoopCanBeForbiddenEitherWayRound) {
  AsciiTown town = loop_at_a_crossing();
  town.forbid_turn('X', Side::south_east, Side::east);
  EXPECT_EQ(TownTimes(town)('W', 'E'), 16);  // the other way round
  town.forbid_turn('X', Side::south_west, Side::east);
  EXPECT_TRUE(std::isnan(TownTimes(town)('W', 'E')));
}

TEST(TurnBans, TurnsIntoALoopCanBeForbiddenEitherWayRound) {
  AsciiTown town = loop_at_a_crossing();
  town.forbid_turn('X', Side::west, Side::south_west);
  EXPECT_EQ(TownTimes(town)('W', 'E'), 16);
  town.forbid_turn('X', Side::west, Side::south_east);
  EXPECT_TRUE(std::isnan(TownTimes(town)('W', 'E')));
}

TEST(TurnBans, BansThatMakeNoSenseAreLeftAside) {
  AsciiTown town = crossing();
  const SegmentId west = town.segment('W', Side::east), north = town.segment('X', Side::north);
  town.roads.turn_bans.push_back({west, town.node.at('E'), north});     // they do not meet there
  AsciiTown closed = town;
  closed.roads.turn_bans.push_back({closed.segment('X', Side::west), closed.node.at('X'), closed.segment('X', Side::south)});
  for (auto* direction : {&closed.roads.forward_s, &closed.roads.backward_s}) (*direction)[closed.segment('X', Side::south)] = kNoWay;
  EXPECT_EQ(TownTimes(town)('W', 'N'), 6);
  EXPECT_EQ(TownTimes(closed)('W', 'N'), 6);
}

TEST(TurnBans, DelaysCountAtCopiesToo) {
  AsciiTown town = crossing();
  town.forbid_turn('X', Side::west, Side::north);
  town.set_delay('X', 30);
  const TownTimes minutes(town);
  EXPECT_EQ(minutes('W', 'E'), 8.5);
  EXPECT_EQ(minutes('W', 'N'), 4.5 + 2 + 2.5 + 2);
}

}  // namespace
}  // namespace maillage::test
