// Who changes counters, and how long it takes them before and after.
#include "engine/delta.h"

#include <gtest/gtest.h>

#include "engine/scenario.h"
#include "tests/support/print.h"
#include "tests/support/small_territory.h"

namespace maillage::test {
namespace {

Exposure expose(const std::shared_ptr<const Territory>& territory) {
  return build_exposure(territory, {ServiceId(0), 1, {600000}});
}

TEST(Delta, ListsEachPlaceAndClassThatChanges) {
  SmallTerritory small("A-p--B-q----C", "pq", "ABC");
  small.population.car_share.values = {0.25, 1};
  small.add_walking();
  const auto before = small.build();
  const auto after = apply_edits(before, std::vector<Edit>{CloseCounter{small.counter('A'), std::nullopt}});
  const auto changes = find_place_changes(expose(before), expose(after));
  ASSERT_EQ(changes.size(), 2u);  // p by car and on foot; q keeps B
  EXPECT_EQ(changes[0].place, small.place('p'));
  EXPECT_EQ(changes[0].person_class, PersonClass::car);
  EXPECT_EQ(changes[0].before, (Label{{120000}, small.counter('A')}));
  EXPECT_EQ(changes[0].after, (Label{{180000}, small.counter('B')}));
  EXPECT_DOUBLE_EQ(changes[0].persons, 25);
  EXPECT_EQ(changes[1].person_class, PersonClass::no_car);
  EXPECT_EQ(changes[1].before.counter, small.counter('A'));
  EXPECT_DOUBLE_EQ(changes[1].persons, 75);
}

TEST(Delta, OfTheSameTerritoryIsEmpty) {
  SmallTerritory small("A-p--B-q----C", "pq", "ABC");
  const auto before = small.build();
  EXPECT_TRUE(find_place_changes(expose(before), expose(before)).empty());
  EXPECT_TRUE(find_place_changes(expose(before), expose(apply_edits(before, {}))).empty());
}

TEST(Delta, LosingTheLastCounterIsAChangeToUnreachable) {
  SmallTerritory small("A-p--B", "p", "A");
  const auto before = small.build();
  const auto after = apply_edits(before, std::vector<Edit>{CloseCounter{CounterId(0), std::nullopt}});
  const auto changes = find_place_changes(expose(before), expose(after));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].after, Label{});
  const auto gains = find_place_changes(expose(after), expose(before));
  ASSERT_EQ(gains.size(), 1u);
  EXPECT_EQ(gains[0].before, Label{});
  EXPECT_EQ(gains[0].after.counter, CounterId(0));
}

TEST(Delta, NobodyThereMeansNoRow) {
  SmallTerritory small("A-p--B", "p", "AB");
  small.population.car_share.values = {0};  // nobody has a car and nothing serves those without
  const auto before = small.build();
  const auto after = apply_edits(before, std::vector<Edit>{CloseCounter{CounterId(0), std::nullopt}});
  EXPECT_TRUE(find_place_changes(expose(before), expose(after)).empty());
}

TEST(Delta, WalkClassesHaveTheirOwnRows) {
  SmallTerritory small("A-p--B", "p", "AB");
  small.parts.n_walk_classes = 2;
  small.add_walking(0, 6);
  small.add_walking(1, 3);
  small.groups = {{0.2, 0.2, 0.2}, {0.1, 0.1, 0.1}, {0, 1, 1}};
  small.population.persons = Matrix<double>(1, 3, 10);
  small.population.car_share = Matrix<double>(1, 3, 0.5);
  const auto before = small.build();
  const auto after = apply_edits(before, std::vector<Edit>{CloseCounter{CounterId(0), std::nullopt}});
  const auto changes = find_place_changes(expose(before), expose(after));
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_DOUBLE_EQ(changes[0].persons, 5);
  EXPECT_DOUBLE_EQ(changes[1].persons, 10);  // two groups of the slower class
  EXPECT_EQ(changes[3].walk_class, 1u);
  EXPECT_EQ(changes[3].person_class, PersonClass::no_car);
  EXPECT_NEAR(changes[3].before.time.ms, 2 * kStepM * 1200, 3);
}

// Times alike, counter another: a change too, since people have to go elsewhere.
TEST(Delta, AnotherCounterAtTheSameTimeIsAChange) {
  SmallTerritory small("A-p-B", "p", "AB");
  const auto before = small.build();
  const auto after = apply_edits(before, std::vector<Edit>{CloseCounter{CounterId(0), std::nullopt}});
  const auto changes = find_place_changes(expose(before), expose(after));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].before.time, changes[0].after.time);
}

}  // namespace
}  // namespace maillage::test
