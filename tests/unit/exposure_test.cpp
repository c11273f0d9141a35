// The five states, counted by hand.
#include "engine/exposure.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/print.h"
#include "tests/support/small_territory.h"

namespace maillage::test {
namespace {

constexpr Duration minutes(double m) { return {static_cast<std::int32_t>(m * 60000)}; }

void expect_states(const States& found, const States& expected) {
  EXPECT_NEAR(found.choice, expected.choice, 1e-9);
  EXPECT_NEAR(found.counter_reliant, expected.counter_reliant, 1e-9);
  EXPECT_NEAR(found.digital_only, expected.digital_only, 1e-9);
  EXPECT_NEAR(found.assisted_only, expected.assisted_only, 1e-9);
  EXPECT_NEAR(found.stranded, expected.stranded, 1e-9);
}

// By car p is 3, q 6, r 16 minutes from X; on foot 3.3, 6.7, 17.8. s touches no road.
class Valley : public testing::Test {
 protected:
  Valley() : small_("p--X-----q---------r\n\n\n   s", "pqrs", "X") { small_.add_walking(); }

  States find(char place, Duration limit) {
    const Exposure exposure = build_exposure(small_.build(), {ServiceId(0), 1, limit});
    return find_states(exposure, small_.place(place), GroupId(0));
  }

  SmallTerritory small_;
};

TEST_F(Valley, WithinReachPeopleChooseOrRelyOnTheCounter) {
  expect_states(find('p', minutes(5)), {70, 30, 0, 0, 0});
}

TEST_F(Valley, BeyondReachOnlyRemoteChannelsRemain) {
  expect_states(find('r', minutes(5)), {0, 0, 70, 20, 10});
}

TEST_F(Valley, OnlyThoseWithACarReachAFartherCounter) {
  small_.population.car_share(1, 0) = 0.8;
  expect_states(find('q', minutes(6.5)), {56, 24, 14, 4, 2});
}

TEST_F(Valley, TheLimitIsIncluded) {
  expect_states(find('q', minutes(6)), {35, 15, 35, 10, 5});
  expect_states(find('q', {minutes(6).ms - 1}), {0, 0, 70, 20, 10});
}

TEST_F(Valley, ThoseOffTheRoadsHaveNothingWithinAnyLimit) {
  expect_states(find('s', minutes(10000)), {0, 0, 70, 20, 10});
  expect_states(find('s', unreachable()), {0, 0, 70, 20, 10});
}

TEST_F(Valley, MissingConnectivityMovesPeopleDown) {
  small_.connectivity.adequate = {0.5, 1, 0.5, 1};
  expect_states(find('p', minutes(5)), {35, 65, 0, 0, 0});
  expect_states(find('r', minutes(5)), {0, 0, 35, 45, 20});
}

TEST_F(Valley, UnknownConnectivityMovesNobody) {
  small_.connectivity.adequate.assign(4, std::numeric_limits<double>::quiet_NaN());
  expect_states(find('r', minutes(5)), {0, 0, 70, 20, 10});
}

TEST_F(Valley, EmptyPlacesHaveEmptyStates) {
  small_.population.persons(0, 0) = 0;
  expect_states(find('p', minutes(5)), {});
}

TEST_F(Valley, WhereTheWalkIsShorterThanTheDriveEveryoneIsNear) {
  small_.parts.networks[0].counter_options.extra = minutes(30);  // parking
  expect_states(find('p', minutes(5)), {70, 30, 0, 0, 0});
}

TEST_F(Valley, SumsFollowTheGrouping) {
  small_.groups = {{0.2, 0}, {0.1, 0}, {0, 0}};
  small_.population.persons = Matrix<double>(4, 2, 10);
  small_.population.car_share = Matrix<double>(4, 2, 1);
  const Exposure exposure = build_exposure(small_.build(), {ServiceId(0), 1, minutes(6)});
  const std::vector<std::int32_t> rows{0, 1, 1, -1};  // s is in no area

  const auto areas = sum_states(exposure, {rows, 2, false});
  ASSERT_EQ(areas.size(), 2u);
  expect_states(areas[0], {17, 3, 0, 0, 0});
  expect_states(areas[1], {17, 3, 17, 2, 1});

  const auto by_group = sum_states(exposure, {rows, 2, true});
  ASSERT_EQ(by_group.size(), 4u);
  expect_states(by_group[0], {7, 3, 0, 0, 0});
  expect_states(by_group[1], {10, 0, 0, 0, 0});
  expect_states(by_group[2], {7, 3, 7, 2, 1});
  expect_states(by_group[3], {10, 0, 10, 0, 0});

  EXPECT_EQ(sum_persons(exposure, {rows, 2, false}), (std::vector<double>{20, 40}));
  EXPECT_EQ(sum_persons(exposure, {rows, 2, true}), (std::vector<double>{10, 10, 20, 20}));
}

TEST_F(Valley, LabelsBelongToTheWalkClassOfTheGroup) {
  SmallTerritory two("p--X-----q", "pq", "X");
  two.parts.n_walk_classes = 2;
  two.add_walking(0, 6);
  two.add_walking(1, 3);
  two.groups = {{0.2, 0.2}, {0.1, 0.1}, {0, 1}};
  two.population.persons = Matrix<double>(2, 2, 10);
  two.population.car_share = Matrix<double>(2, 2, 0);
  const Exposure exposure = build_exposure(two.build(), {ServiceId(0), 1, minutes(5)});
  expect_states(find_states(exposure, PlaceId(0), GroupId(0)), {7, 3, 0, 0, 0});
  expect_states(find_states(exposure, PlaceId(0), GroupId(1)), {0, 0, 7, 2, 1});
  EXPECT_NEAR(exposure.label(PlaceId(0), GroupId(1), PersonClass::no_car).time.ms, 3 * kStepM * 1200, 3);
  EXPECT_EQ(exposure.label(PlaceId(0), GroupId(1), PersonClass::car).time, minutes(3));
}

TEST_F(Valley, WithoutCountersEveryoneIsExposed) {
  small_.counters.open[0] = 0;
  expect_states(find('p', minutes(60)), {0, 0, 70, 20, 10});
  const Exposure exposure = build_exposure(small_.build(), {ServiceId(0), 1, minutes(5)});
  EXPECT_TRUE(exposure.label(PlaceId(0), GroupId(0), PersonClass::car).counter.is_none());
}

}  // namespace
}  // namespace maillage::test
