// Abilities of people, and what missing connectivity does to them.
#include "engine/places.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace maillage {
namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Ability, IsTheGroupsOwnWhereAllAreConnected) {
  const Ability a = find_ability(0.2, 0.1, 1, 1);
  EXPECT_DOUBLE_EQ(a.autonomous, 0.7);
  EXPECT_DOUBLE_EQ(a.needs_help, 0.2);
  EXPECT_DOUBLE_EQ(a.cannot, 0.1);
}

TEST(Ability, WithoutConnectivityEveryoneMovesOneStateDown) {
  const Ability a = find_ability(0.2, 0.1, 0, 1);
  EXPECT_DOUBLE_EQ(a.autonomous, 0);
  EXPECT_DOUBLE_EQ(a.needs_help, 0.7);
  EXPECT_DOUBLE_EQ(a.cannot, 0.3);
}

TEST(Ability, ShiftsTheUnconnectedShareOnly) {
  const Ability half = find_ability(0.2, 0.1, 0.5, 1);
  EXPECT_DOUBLE_EQ(half.autonomous, 0.35);
  EXPECT_DOUBLE_EQ(half.needs_help, 0.45);
  EXPECT_DOUBLE_EQ(half.cannot, 0.2);
  const Ability weaker = find_ability(0.2, 0.1, 0.5, 0.5);  // a quarter moves
  EXPECT_DOUBLE_EQ(weaker.autonomous, 0.525);
  EXPECT_DOUBLE_EQ(weaker.needs_help, 0.325);
  EXPECT_DOUBLE_EQ(weaker.cannot, 0.15);
}

TEST(Ability, UnknownConnectivityShiftsNobody) {
  EXPECT_DOUBLE_EQ(find_ability(0.2, 0.1, kNaN, 1).autonomous, 0.7);
}

TEST(AdequateShare, IsWiredOrMobile) {
  EXPECT_DOUBLE_EQ(find_adequate_share(0.5, 0.5), 0.75);
  EXPECT_DOUBLE_EQ(find_adequate_share(1, 0), 1);
  EXPECT_DOUBLE_EQ(find_adequate_share(0, 0), 0);
}

TEST(AdequateShare, IsUnknownWhereOneCouldChangeIt) {
  EXPECT_TRUE(std::isnan(find_adequate_share(0.3, kNaN)));
  EXPECT_TRUE(std::isnan(find_adequate_share(kNaN, 0)));
  EXPECT_EQ(find_adequate_share(1, kNaN), 1);
  EXPECT_EQ(find_adequate_share(kNaN, 1), 1);
  EXPECT_TRUE(std::isnan(find_adequate_share(kNaN, kNaN)));
}

}  // namespace
}  // namespace maillage
