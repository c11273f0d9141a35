// Travel times that absorb and round, strong ids, distances, findings.
#include "engine/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>
#include <unordered_set>

#include "engine/error.h"
#include "engine/id.h"
#include "tests/support/print.h"

namespace maillage {
namespace {

constexpr std::int32_t kLargest = std::numeric_limits<std::int32_t>::max() - 1;

TEST(Duration, UnreachableAbsorbsEverySum) {
  EXPECT_FALSE(unreachable().is_reachable());
  EXPECT_EQ(unreachable() + Duration{0}, unreachable());
  EXPECT_EQ(Duration{5} + unreachable(), unreachable());
  EXPECT_EQ(unreachable() + unreachable(), unreachable());
}

TEST(Duration, IsSmallerThanUnreachable) {
  EXPECT_LT(Duration{0}, unreachable());
  EXPECT_LT(Duration{kLargest}, unreachable());
}

TEST(Duration, SumsThatLeaveTheRangeAreUnreachable) {
  EXPECT_EQ(Duration{kLargest - 1} + Duration{1}, Duration{kLargest});
  EXPECT_EQ(Duration{kLargest} + Duration{1}, unreachable());
  EXPECT_EQ(Duration{kLargest} + Duration{kLargest}, unreachable());
}

TEST(Duration, RoundsToTheNearestMillisecondHalfToEven) {
  EXPECT_EQ(to_duration(0), Duration{0});
  EXPECT_EQ(to_duration(0.0004), Duration{0});
  EXPECT_EQ(to_duration(0.0006), Duration{1});
  EXPECT_EQ(to_duration(0.5 / 1024 * 1.024), Duration{0});   // half a millisecond exactly
  EXPECT_EQ(to_duration(0.0625 * 0.024), Duration{2});       // one and a half
  EXPECT_EQ(to_duration(0.0625 * 0.040), Duration{2});       // two and a half
  EXPECT_EQ(to_duration(1.2344), Duration{1234});
  EXPECT_EQ(to_duration(1.2346), Duration{1235});
  EXPECT_EQ(to_duration(60), Duration{60000});
}

TEST(Duration, InfinityNanAndOverflowAreUnreachable) {
  EXPECT_EQ(to_duration(std::numeric_limits<double>::infinity()), unreachable());
  EXPECT_EQ(to_duration(std::numeric_limits<double>::quiet_NaN()), unreachable());
  EXPECT_EQ(to_duration(3e6), unreachable());
  EXPECT_EQ(to_duration(2147483.646), Duration{kLargest});
  EXPECT_EQ(to_duration(2147483.6467), unreachable());
}

TEST(Duration, MinutesAreNanWhereUnreachable) {
  EXPECT_DOUBLE_EQ(to_minutes({90000}), 1.5);
  EXPECT_DOUBLE_EQ(to_minutes({0}), 0);
  EXPECT_TRUE(std::isnan(to_minutes(unreachable())));
}

TEST(Duration, UnreachableIsWithinNoLimit) {
  EXPECT_TRUE(is_within({60000}, {60000}));
  EXPECT_FALSE(is_within({60001}, {60000}));
  EXPECT_TRUE(is_within({60001}, unreachable()));
  EXPECT_FALSE(is_within(unreachable(), unreachable()));
}

TEST(Distance, OfOneDegree) {
  EXPECT_NEAR(find_distance_m({0, 0}, {0, 1}), 111195.08, 0.01);  // 2 pi 6371008.8 / 360
  EXPECT_NEAR(find_distance_m({0, 0}, {1, 0}), 111195.08, 0.01);
  EXPECT_NEAR(find_distance_m({60, 10}, {60, 11}), 55597, 5);     // cos 60 degrees = 1/2
  EXPECT_DOUBLE_EQ(find_distance_m({45, 5}, {45, 5}), 0);
  EXPECT_NEAR(find_distance_m({0, 0}, {0, 180}), 20015115, 1);    // half way round
}

TEST(Distance, FromParisToMarseille) {
  EXPECT_NEAR(find_distance_m({48.8566, 2.3522}, {43.2965, 5.3698}) / 1000, 660.5, 1);
}

TEST(Id, IsAbsentUntilItNamesARow) {
  EXPECT_TRUE(PlaceId().is_none());
  EXPECT_FALSE(PlaceId(0).is_none());
  EXPECT_LT(PlaceId(3), PlaceId(4));
  EXPECT_LT(PlaceId(4), PlaceId());
  static_assert(!std::is_convertible_v<PlaceId, CounterId>);
  static_assert(!std::is_convertible_v<std::size_t, PlaceId>);
  const std::unordered_set<CounterId> set{CounterId(1), CounterId(1), CounterId(2)};
  EXPECT_EQ(set.size(), 2u);
}

TEST(Id, VectorsHandOutTheIdOfANewRow) {
  IdVector<CounterId, int> rows;
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(rows.push_back(10), CounterId(0));
  EXPECT_EQ(rows.push_back(20), CounterId(1));
  EXPECT_EQ(rows[CounterId(1)], 20);
  EXPECT_EQ(rows.size(), 2u);
}

TEST(Findings, CountAllAndKeepFiveExamples) {
  Findings findings;
  for (int i = 0; i < 7; ++i) findings.add("off_network", "place " + std::to_string(i));
  findings.add("cut", 40, "way 1");
  findings.add("nothing", 0, "never seen");
  ASSERT_EQ(findings.kinds().size(), 2u);
  EXPECT_EQ(findings.kinds().at("off_network").count, 7);
  EXPECT_EQ(findings.kinds().at("off_network").examples.size(), 5u);
  EXPECT_EQ(findings.kinds().at("off_network").examples.back(), "place 4");
  EXPECT_EQ(findings.kinds().at("cut").count, 40);
}

}  // namespace
}  // namespace maillage
