// Indicators of travel times against values worked out by hand.
#include "engine/indicators.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/small_territory.h"

namespace maillage::test {
namespace {

constexpr Duration minutes(double m) { return {static_cast<std::int32_t>(m * 60000)}; }

struct WeightedTime {
  Duration time;
  double persons;
};

TimeSummary summarize(const std::vector<WeightedTime>& times, Duration line, std::vector<Duration> limits = {}) {
  std::vector<Burden> burdens;
  for (const WeightedTime& t : times)
    burdens.push_back({t.time.is_reachable() ? to_minutes(t.time) : std::numeric_limits<double>::infinity(), t.persons});
  return summarize_times(burdens, {line, limits});
}

// One person at 10 minutes, two at 20, one at 30, in no order.
const std::vector<WeightedTime> kFour{{minutes(20), 2}, {minutes(30), 1}, {minutes(10), 1}};

TEST(Indicators, OfFourPersons) {
  const TimeSummary s = summarize(kFour, minutes(15), {minutes(10), minutes(20), minutes(9.9), minutes(60)});
  EXPECT_DOUBLE_EQ(s.mean, 20);
  EXPECT_DOUBLE_EQ(s.median, 20);
  EXPECT_DOUBLE_EQ(s.p90, 30);
  EXPECT_DOUBLE_EQ(s.max, 30);
  EXPECT_DOUBLE_EQ(s.unreachable_share, 0);
  EXPECT_NEAR(s.gini, 0.1875, 1e-12);            // sum of |x_i - x_j| 120, over 2 x 16 x 20
  EXPECT_DOUBLE_EQ(s.fgt0, 0.75);
  EXPECT_NEAR(s.fgt1, 5 / 12.0, 1e-12);          // (2 x 1/3 + 1) / 4
  EXPECT_NEAR(s.fgt2, 11 / 36.0, 1e-12);         // (2 x 1/9 + 1) / 4
  EXPECT_EQ(s.coverage, (std::vector<double>{0.25, 0.75, 0, 1}));
}

TEST(Indicators, TheLineItselfIsNotBeyond) {
  EXPECT_DOUBLE_EQ(summarize(kFour, minutes(20)).fgt0, 0.25);
  EXPECT_DOUBLE_EQ(summarize(kFour, minutes(30)).fgt0, 0);
  EXPECT_DOUBLE_EQ(summarize(kFour, minutes(30)).fgt1, 0);
}

TEST(Indicators, UnreachablePersonsStandBesideTheMeanAndBeyondEveryLimit) {
  std::vector<WeightedTime> five = kFour;
  five.push_back({unreachable(), 1});
  const TimeSummary s = summarize(five, minutes(15), {minutes(20), unreachable()});
  EXPECT_DOUBLE_EQ(s.mean, 20);
  EXPECT_DOUBLE_EQ(s.median, 20);
  EXPECT_TRUE(std::isnan(s.p90));
  EXPECT_DOUBLE_EQ(s.max, 30);
  EXPECT_DOUBLE_EQ(s.unreachable_share, 0.2);
  EXPECT_NEAR(s.gini, 0.1875, 1e-12);
  EXPECT_DOUBLE_EQ(s.fgt0, 0.8);
  EXPECT_NEAR(s.fgt1, 5 / 12.0, 1e-12);
  EXPECT_DOUBLE_EQ(s.coverage[0], 0.6);
  EXPECT_DOUBLE_EQ(s.coverage[1], 0.8);
  EXPECT_DOUBLE_EQ(summarize(five, unreachable()).fgt0, 0.2);
}

TEST(Indicators, WhenNobodyReachesAnythingOnlySharesAreDefined) {
  const TimeSummary s = summarize({{unreachable(), 3}}, minutes(15), {minutes(20)});
  EXPECT_TRUE(std::isnan(s.mean));
  EXPECT_TRUE(std::isnan(s.median));
  EXPECT_TRUE(std::isnan(s.max));
  EXPECT_TRUE(std::isnan(s.gini));
  EXPECT_TRUE(std::isnan(s.fgt1));
  EXPECT_DOUBLE_EQ(s.unreachable_share, 1);
  EXPECT_DOUBLE_EQ(s.fgt0, 1);
  EXPECT_DOUBLE_EQ(s.coverage[0], 0);
}

TEST(Indicators, WhereNobodyLivesNothingIsDefined) {
  for (const auto& times : {std::vector<WeightedTime>{}, std::vector<WeightedTime>{{minutes(5), 0}}}) {
    const TimeSummary s = summarize(times, minutes(15), {minutes(20)});
    for (double v : {s.mean, s.median, s.p90, s.max, s.unreachable_share, s.gini, s.fgt0, s.fgt1, s.fgt2, s.coverage[0]})
      EXPECT_TRUE(std::isnan(v));
  }
}

TEST(Indicators, EmptyPlacesDoNotCount) {
  std::vector<WeightedTime> times = kFour;
  times.push_back({minutes(500), 0});
  times.push_back({minutes(1), 0});
  times.push_back({unreachable(), 0});
  const TimeSummary s = summarize(times, minutes(15));
  EXPECT_DOUBLE_EQ(s.max, 30);
  EXPECT_DOUBLE_EQ(s.median, 20);
  EXPECT_DOUBLE_EQ(s.fgt0, 0.75);
  EXPECT_NEAR(s.gini, 0.1875, 1e-12);
}

TEST(Indicators, QuantilesAreTheSmallestTimeThatEnoughPersonsHave) {
  // half of the persons at 10: the median is 10, not a point between
  EXPECT_DOUBLE_EQ(summarize({{minutes(10), 5}, {minutes(40), 5}}, minutes(1)).median, 10);
  EXPECT_DOUBLE_EQ(summarize({{minutes(10), 4.9}, {minutes(40), 5.1}}, minutes(1)).median, 40);
  EXPECT_DOUBLE_EQ(summarize({{minutes(10), 9}, {minutes(40), 1}}, minutes(1)).p90, 10);
  EXPECT_DOUBLE_EQ(summarize({{minutes(10), 8.9}, {minutes(40), 1.1}}, minutes(1)).p90, 40);
  // weights whose sum is not exact: the last person is found
  std::vector<WeightedTime> tenths(10, {minutes(10), 0.1});
  EXPECT_DOUBLE_EQ(summarize(tenths, minutes(1)).p90, 10);
}

TEST(Indicators, GiniOfEqualTimesIsZeroAndOfOneBurdenNearlyOne) {
  EXPECT_DOUBLE_EQ(summarize({{minutes(12), 3}, {minutes(12), 4}}, minutes(1)).gini, 0);
  EXPECT_DOUBLE_EQ(summarize({{minutes(0), 3}}, minutes(1)).gini, 0);
  EXPECT_NEAR(summarize({{minutes(0), 99}, {minutes(60), 1}}, minutes(1)).gini, 0.99, 1e-12);
  EXPECT_NEAR(summarize({{minutes(0), 1}, {minutes(60), 1}}, minutes(1)).gini, 0.5, 1e-12);
}

TEST(Indicators, ExcessOverALineOfZeroIsNotDefined) {
  const TimeSummary s = summarize(kFour, {0});
  EXPECT_DOUBLE_EQ(s.fgt0, 1);
  EXPECT_TRUE(std::isnan(s.fgt1));
}

// By car p is 3, q 6, r 16 minutes from X; nobody walks.
TEST(Indicators, OfATerritoryCountPersonsAtTheirOwnNearestCounter) {
  SmallTerritory small("p--X-----q---------r", "pqr", "X");
  small.population.persons.values = {10, 20, 10};
  small.population.car_share.values = {1, 1, 0.5};
  const Exposure exposure = build_exposure(small.build(), {ServiceId(0), 1, minutes(6)});
  const std::vector<std::int32_t> all{0, 0, 0};
  const std::vector<Duration> limits{minutes(6)};
  const auto total = summarize_exposure(exposure, {all, 1, false}, {minutes(6), limits});
  ASSERT_EQ(total.size(), 1u);
  EXPECT_NEAR(total[0].mean, (10 * 3 + 20 * 6 + 5 * 16) / 35.0, 1e-12);
  EXPECT_DOUBLE_EQ(total[0].unreachable_share, 5 / 40.0);
  EXPECT_DOUBLE_EQ(total[0].coverage[0], 30 / 40.0);
  EXPECT_DOUBLE_EQ(total[0].fgt0, 10 / 40.0);
  EXPECT_DOUBLE_EQ(total[0].median, 6);

  const std::vector<std::int32_t> rows{1, -1, 0};
  const auto areas = summarize_exposure(exposure, {rows, 3, true}, {minutes(6), limits});
  ASSERT_EQ(areas.size(), 3u);
  EXPECT_DOUBLE_EQ(areas[0].mean, 16);
  EXPECT_DOUBLE_EQ(areas[1].mean, 3);
  EXPECT_TRUE(std::isnan(areas[2].mean));  // an area without places
}

TEST(Indicators, ByGroupEveryGroupHasItsRow) {
  SmallTerritory small("p--X-----q", "pq", "X");
  small.groups = {{0.2, 0}, {0.1, 0}, {0, 0}};
  small.population.persons = Matrix<double>(2, 2);
  small.population.persons.values = {10, 0, 0, 10};
  small.population.car_share = Matrix<double>(2, 2, 1);
  const Exposure exposure = build_exposure(small.build(), {ServiceId(0), 1, minutes(6)});
  const std::vector<std::int32_t> all{0, 0};
  const auto groups = summarize_exposure(exposure, {all, 1, true}, {minutes(6), {}});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_DOUBLE_EQ(groups[0].mean, 3);
  EXPECT_DOUBLE_EQ(groups[1].mean, 6);
}

}  // namespace
}  // namespace maillage::test
