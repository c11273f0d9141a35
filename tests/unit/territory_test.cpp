// Whose nearest counters: modes, person classes, services, levels, the convention inside an area.
#include "engine/territory.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/print.h"
#include "tests/support/small_territory.h"

namespace maillage::test {
namespace {

// By car p is 3 minutes from A and 5 from B; on foot at 6 km/h a step takes 66.7 s.
const char* const kStreet = "A--p----B";

std::string find_text(const SmallTerritory& small, const Territory& territory, const NearestQuery& query, char place) {
  return to_text(small, find_nearest_counters(territory, query)[small.place(place).v]);
}

NearestQuery ask(PersonClass person_class, int k = 3) { return {ServiceId(0), 1, person_class, 0, k}; }

TEST(TerritoryNearest, WithACarTheBestModeCounts) {
  SmallTerritory small(kStreet, "p", "AB");
  small.add_walking(kEveryWalkClass, 12);  // on foot faster than by car
  const auto territory = small.build();
  EXPECT_EQ(find_text(small, *territory, ask(PersonClass::car), 'p'), "A 1.67, B 2.78");
}

TEST(TerritoryNearest, WithoutACarOnlyModesForAllCount) {
  SmallTerritory small(kStreet, "p", "AB");
  EXPECT_EQ(find_text(small, *small.build(), ask(PersonClass::no_car), 'p'), "");
  small.add_walking();
  EXPECT_EQ(find_text(small, *small.build(), ask(PersonClass::car), 'p'), "A 3, B 5");
  EXPECT_EQ(find_text(small, *small.build(), ask(PersonClass::no_car), 'p'), "A 3.34, B 5.56");
}

TEST(TerritoryNearest, EachWalkClassHasItsSpeed) {
  SmallTerritory small(kStreet, "p", "AB");
  small.parts.n_walk_classes = 2;
  small.add_walking(0, 6);
  small.add_walking(1, 3);
  NearestQuery query = ask(PersonClass::no_car, 1);
  const auto territory = small.build();
  EXPECT_EQ(find_text(small, *territory, query, 'p'), "A 3.34");
  query.walk_class = 1;
  EXPECT_EQ(find_text(small, *territory, query, 'p'), "A 6.67");
}

TEST(TerritoryNearest, ServiceLevelAndOpeningDecideWhoCounts) {
  SmallTerritory small(kStreet, "p", "AB", 2);
  small.counters.level(0, 1) = 0;  // A does not offer the second service
  small.counters.level(1, 0) = 2;  // B is the expert desk of the first
  auto text = [&](std::size_t service, int level) {
    return find_text(small, *small.build(), {ServiceId(service), level, PersonClass::car, 0, 3}, 'p');
  };
  EXPECT_EQ(text(0, 1), "A 3, B 5");
  EXPECT_EQ(text(0, 2), "B 5");
  EXPECT_EQ(text(1, 1), "B 5");
  EXPECT_EQ(text(1, 2), "");
  small.counters.open[1] = 0;
  EXPECT_EQ(text(0, 1), "A 3");
  EXPECT_EQ(text(1, 1), "");
}

TEST(TerritoryNearest, TheOneThatIsNearestByAnotherModeIsListedOnce) {
  SmallTerritory small("A>>>p-B", "p", "AB");  // by car one cannot reach A
  small.add_walking();
  EXPECT_EQ(find_text(small, *small.build(), ask(PersonClass::car), 'p'), "B 2, A 4.45");
}

TEST(TerritoryNearest, PlacesFarFromRoadsHaveAnEmptyRow) {
  SmallTerritory small("A--p----B\n\n\n   q", "pq", "AB");
  const Ragged<Label> lists = find_nearest_counters(*small.build(), ask(PersonClass::car));
  ASSERT_EQ(lists.n_rows(), 2u);
  EXPECT_EQ(lists[0].size(), 2u);
  EXPECT_TRUE(lists[1].empty());
}

TEST(TerritoryNearest, InsideItsAreaACounterIsAtZeroMinutesByConvention) {
  SmallTerritory small("A--p----B---q", "pq", "AB");
  small.parts.place_area = std::make_shared<std::vector<std::int32_t>>(std::vector<std::int32_t>{1, -1});
  small.counters.area = {-1, 1};
  const auto territory = small.build();
  EXPECT_EQ(find_text(small, *territory, ask(PersonClass::car), 'p'), "B 0, A 3");
  EXPECT_EQ(find_text(small, *territory, ask(PersonClass::car), 'q'), "B 4, A 12");
  small.counters.open[1] = 0;
  EXPECT_EQ(find_text(small, *small.build(), ask(PersonClass::car), 'p'), "A 3");
}

TEST(TerritoryNearest, ListsAreFoundOnceAndKept) {
  const SmallTerritory small(kStreet, "p", "AB");
  const auto territory = small.build();
  const auto first = territory->nearest_on(0, ServiceId(0), 1, 1);
  EXPECT_EQ(territory->nearest_on(0, ServiceId(0), 1, 8), first);  // the base holds eight
  EXPECT_NE(territory->nearest_on(0, ServiceId(0), 1, 9), first);
  EXPECT_NE(territory->nearest_on(0, ServiceId(0), 2, 1), first);
}

TEST(TerritoryNearest, SeveralThreadsMayAskAtTheSameTime) {
  SmallTerritory small("A--p----B---q--r---C", "pqr", "ABC", 2);
  small.add_walking();
  const auto territory = small.build();
  const auto expected = find_nearest_counters(*territory, ask(PersonClass::car), true).values;
  std::vector<std::thread> threads;
  std::vector<Buffer<Label>> found(4);
  for (std::size_t i = 0; i < found.size(); ++i)
    threads.emplace_back([&, i] {
      for (int k = 1; k <= 3; ++k) found[i] = find_nearest_counters(*territory, ask(PersonClass::car, k)).values;
    });
  for (std::thread& t : threads) t.join();
  for (const auto& values : found) EXPECT_EQ(values, expected);
}

}  // namespace
}  // namespace maillage::test
