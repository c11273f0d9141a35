// Private roads begin and end trips; nobody drives through.
#include <gtest/gtest.h>


#include "engine/road_network.h"
#include "tests/support/ascii_town.h"
#include "tests/support/town_times.h"

namespace maillage::test {
namespace {

bool has_layers(const RoadNetwork& network) {
  for (const Edge& e : network.edges)
    if (e.is_layered) return true;
  return false;
}

// A private short cut of 4 minutes between A and C; the open way from A to C is 4 + 4 + 4.
const char* const kShortCut =
    "E-A---B\n"
    "  :   |\n"
    "  p   |\n"
    "  :   |\n"
    "F-C---D";

TEST(RestrictedRoads, CannotBeDrivenThrough) {
  const TownTimes minutes(build_ascii_town(kShortCut));
  EXPECT_TRUE(has_layers(minutes.network()));
  EXPECT_EQ(minutes('E', 'F'), 2 + 12 + 2);
  EXPECT_EQ(minutes('F', 'E'), 2 + 12 + 2);
}

TEST(RestrictedRoads, CanBeginAndEndATrip) {
  const TownTimes minutes(build_ascii_town(kShortCut));
  EXPECT_EQ(minutes('E', 'p'), 4);
  EXPECT_EQ(minutes('p', 'E'), 4);
  EXPECT_EQ(minutes('p', 'F'), 4);
  EXPECT_EQ(minutes('F', 'p'), 4);
  EXPECT_EQ(minutes('E', 'C'), 6);  // the trip ends where the private road does
  EXPECT_EQ(minutes('A', 'C'), 4);
}

TEST(RestrictedRoads, PointsOnThemAttach) {
  const TownTimes minutes(build_ascii_town(kShortCut));
  const AsciiTown& town = minutes.town();
  EXPECT_NEAR(minutes(town.between('A', 'p', 0.25), town.point('E')), 2.5, 1e-4);
  EXPECT_NEAR(minutes(town.point('F'), town.between('A', 'p', 0.25)), 5.5, 1e-4);
  EXPECT_NEAR(minutes(town.between('A', 'p', 0.25), town.between('p', 'C', 0.75)), 3, 1e-4);
}

TEST(RestrictedRoads, ATripLeavesOnePocketAndEndsInAnother) {
  const TownTimes minutes(build_ascii_town(
      "A-=p=-B---C-=q=-D\n"
      "|               |\n"
      "+---------------+"));
  EXPECT_EQ(minutes('p', 'q'), 10);
  EXPECT_EQ(minutes('q', 'p'), 10);
  EXPECT_EQ(minutes('A', 'D'), 20);
  EXPECT_EQ(minutes('B', 'C'), 4);
  EXPECT_EQ(minutes('p', 'C'), 7);
}

// An open street that only private roads lead to can be come to, but nobody drives through it.
TEST(RestrictedRoads, AnOpenStreetBehindPrivateRoadsBelongsToThem) {
  const TownTimes minutes(build_ascii_town(
      "A-=p=-B---C-=q=-D\n"
      "|               |\n"
      "+---------------+"));
  EXPECT_EQ(minutes('A', 'B'), 6);
  EXPECT_EQ(minutes('C', 'A'), 10);
  EXPECT_EQ(minutes('A', 'D'), 20);
  const auto links = build_links(minutes.network(), std::vector<LatLon>{minutes.town().between('B', 'C', 0.5)});
  EXPECT_NEAR(links.snap_m[0], 0, 1e-6);
}

TEST(RestrictedRoads, AStreetBehindOnePrivateDriveIsAPlainDeadEnd) {
  const TownTimes minutes(build_ascii_town(
      "A---B---C\n"
      "    :    \n"
      "    p----q"));
  EXPECT_FALSE(has_layers(minutes.network()));
  EXPECT_EQ(minutes('A', 'q'), 4 + 2 + 5);
  EXPECT_EQ(minutes('q', 'C'), 11);
}

TEST(RestrictedRoads, PocketsThatTouchAreOne) {
  const TownTimes minutes(build_ascii_town(
      "E-A=p=x=q=B-F\n"
      "  |       |  \n"
      "  +-------+  "));
  EXPECT_EQ(minutes('E', 'F'), 16);
  EXPECT_EQ(minutes('E', 'q'), 8);
  EXPECT_EQ(minutes('q', 'E'), 8);
  EXPECT_EQ(minutes('p', 'q'), 4);
  EXPECT_EQ(minutes('A', 'B'), 8);
  EXPECT_EQ(minutes('E', 'B'), 10);
}

// Without a second contact there is nothing to drive through: the roads need no layers.
TEST(RestrictedRoads, APocketWithOneContactIsADeadEnd) {
  const TownTimes minutes(build_ascii_town(
      "A---B---C\n"
      "    :    \n"
      "    :    \n"
      "    p    "));
  EXPECT_FALSE(has_layers(minutes.network()));
  EXPECT_EQ(minutes('A', 'p'), 7);
  EXPECT_EQ(minutes('p', 'C'), 7);
  EXPECT_EQ(minutes('A', 'C'), 8);
}

TEST(RestrictedRoads, ATownOfPrivateRoadsOnlyIsOpenToItself) {
  const TownTimes minutes(build_ascii_town(
      "A===B===C\n"
      "    :    \n"
      "    :    \n"
      "    p    "));
  EXPECT_FALSE(has_layers(minutes.network()));
  EXPECT_EQ(minutes('A', 'C'), 8);
  EXPECT_EQ(minutes('A', 'p'), 7);
}

// One-way into the pocket at A and out at C: it can be entered and left, but ends no trip from C.
TEST(RestrictedRoads, OneWayPocketsKeepTheirDirection) {
  AsciiTown town = build_ascii_town(kShortCut);
  for (const auto& [name, side] : {std::pair('A', Side::south), std::pair('p', Side::south)}) {
    const SegmentId s = town.segment(name, side);  // drawn from north to south
    town.roads.backward_s[s] = kNoWay;
  }
  const TownTimes minutes(town);
  EXPECT_EQ(minutes('E', 'p'), 4);
  EXPECT_EQ(minutes('p', 'F'), 4);
  EXPECT_EQ(minutes('F', 'p'), 2 + 12 + 2);
  EXPECT_EQ(minutes('p', 'E'), 2 + 12 + 2);
  EXPECT_EQ(minutes('E', 'F'), 16);
}

}  // namespace
}  // namespace maillage::test
