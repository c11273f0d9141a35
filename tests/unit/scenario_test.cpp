// Every edit on towns drawn as text: what it changes and what it leaves alone.
#include "engine/scenario.h"

#include <gtest/gtest.h>

#include "engine/exposure.h"
#include "tests/support/print.h"
#include "tests/support/small_territory.h"

namespace maillage::test {
namespace {

// By car p is 2 from A, 3 from B, 10 from C; q is 7, 2 and 5.
class Edits : public testing::Test {
 protected:
  Edits() : small_("A-p--B-q----C   z", "pq", "ABC", 2) { territory_ = small_.build(); }

  std::shared_ptr<const Territory> apply(std::vector<Edit> edits) const { return apply_edits(territory_, edits); }
  std::string list(const std::shared_ptr<const Territory>& territory, char place, std::size_t service = 0, int level = 1) const {
    const NearestQuery query{ServiceId(service), level, PersonClass::car, 0, 4};
    return to_text(small_, find_nearest_counters(*territory, query)[small_.place(place).v]);
  }

  SmallTerritory small_;
  std::shared_ptr<const Territory> territory_;
  const CounterId a_{0}, b_{1}, c_{2};
};

TEST_F(Edits, TheBaseline) {
  EXPECT_EQ(list(territory_, 'p'), "A 2, B 3, C 10");
  EXPECT_EQ(list(territory_, 'q'), "B 2, C 5, A 7");
}

TEST_F(Edits, CloseACounter) {
  const auto after = apply({CloseCounter{a_, std::nullopt}});
  EXPECT_EQ(list(after, 'p'), "B 3, C 10");
  EXPECT_EQ(list(after, 'p', 1), "B 3, C 10");
  EXPECT_EQ(list(territory_, 'p'), "A 2, B 3, C 10") << "the territory it came from is unchanged";
}

TEST_F(Edits, CloseOneService) {
  const auto after = apply({CloseCounter{a_, ServiceId(1)}});
  EXPECT_EQ(list(after, 'p'), "A 2, B 3, C 10");
  EXPECT_EQ(list(after, 'p', 1), "B 3, C 10");
}

TEST_F(Edits, ReopenACounterAsItWas) {
  const auto closed = apply({CloseCounter{a_, std::nullopt}});
  EXPECT_EQ(list(apply_edits(closed, std::vector<Edit>{ReopenCounter{a_}}), 'p'), "A 2, B 3, C 10");
}

TEST_F(Edits, OpenACounter) {
  const auto after = apply({OpenCounter{small_.town.between('p', 'q', 0.8), {1, 0}}});
  EXPECT_EQ(after->parts().counters->n_counters(), 4u);
  EXPECT_EQ(list(after, 'q'), "#3 1, B 2, C 5, A 7");
  EXPECT_EQ(list(after, 'q', 1), "B 2, C 5, A 7");
  EXPECT_EQ(territory_->parts().counters->n_counters(), 3u);
}

TEST_F(Edits, OpenACounterFarFromRoads) {
  const auto after = apply({OpenCounter{small_.town.point('z'), {1, 1}}});
  EXPECT_EQ(list(after, 'q'), "B 2, C 5, A 7");
}

TEST_F(Edits, MoveACounter) {
  const auto after = apply({MoveCounter{c_, small_.town.point('p')}});
  EXPECT_EQ(list(after, 'p'), "C 0, A 2, B 3");
  EXPECT_EQ(list(after, 'q'), "B 2, C 5, A 7");
  const auto back = apply_edits(after, std::vector<Edit>{MoveCounter{c_, small_.town.point('C')}});
  EXPECT_EQ(list(back, 'p'), "A 2, B 3, C 10");
}

TEST_F(Edits, MoveTwiceCountsTheLastPlace) {
  const auto after = apply({MoveCounter{c_, small_.town.point('p')}, MoveCounter{a_, small_.town.point('q')}, MoveCounter{c_, small_.town.point('q')}});
  EXPECT_EQ(list(after, 'q'), "A 0, C 0, B 2");
}

TEST_F(Edits, MoveWhatWasOpenedBefore) {
  const auto after = apply({OpenCounter{small_.town.point('A'), {1, 1}}, MoveCounter{CounterId(3), small_.town.point('q')},
                            OpenCounter{small_.town.point('p'), {1, 1}}});
  EXPECT_EQ(list(after, 'q'), "#3 0, B 2, C 5, #4 5");
}

TEST_F(Edits, ConvertACounter) {
  const auto after = apply({ConvertCounter{b_, {2, 0}}});
  EXPECT_EQ(list(after, 'p', 0, 2), "B 3");
  EXPECT_EQ(list(after, 'p', 0, 1), "A 2, B 3, C 10");
  EXPECT_EQ(list(after, 'p', 1, 1), "A 2, C 10");
}

TEST_F(Edits, EditsApplyInTheirOrder) {
  const auto last_closed = apply({ConvertCounter{a_, {2, 2}}, CloseCounter{a_, ServiceId(0)}});
  EXPECT_EQ(list(last_closed, 'p'), "B 3, C 10");
  const auto last_converted = apply({CloseCounter{a_, ServiceId(0)}, ConvertCounter{a_, {2, 2}}});
  EXPECT_EQ(list(last_converted, 'p'), "A 2, B 3, C 10");
}

TEST_F(Edits, SetPersonsAndConnectivity) {
  const auto after = apply({SetPersons{small_.place('q'), GroupId(0), 40}, SetAdequate{small_.place('p'), 0}});
  EXPECT_EQ(after->parts().population->persons(1, 0), 40);
  EXPECT_EQ(after->parts().population->persons(0, 0), 100);
  EXPECT_EQ(after->parts().connectivity->adequate[0], 0);
  EXPECT_EQ(territory_->parts().population->persons(1, 0), 100);
  EXPECT_EQ(territory_->parts().connectivity->adequate[0], 1);
}

TEST_F(Edits, UnchangedPartsAreShared) {
  const auto people = apply({SetPersons{PlaceId(0), GroupId(0), 1}});
  EXPECT_EQ(people->parts().counters, territory_->parts().counters);
  EXPECT_EQ(people->parts().connectivity, territory_->parts().connectivity);
  EXPECT_EQ(people->parts().networks[0].network, territory_->parts().networks[0].network);
  EXPECT_EQ(people->parts().networks[0].counters, territory_->parts().networks[0].counters);
  EXPECT_EQ(people->nearest_on(0, ServiceId(0), 1, 1), territory_->nearest_on(0, ServiceId(0), 1, 1));

  const auto closed = apply({CloseCounter{a_, std::nullopt}});
  EXPECT_EQ(closed->parts().population, territory_->parts().population);
  EXPECT_EQ(closed->parts().networks[0].counters, territory_->parts().networks[0].counters);
  EXPECT_EQ(closed->parts().networks[0].places, territory_->parts().networks[0].places);

  const auto opened = apply({OpenCounter{small_.town.point('p'), {1, 1}}});
  EXPECT_NE(opened->parts().networks[0].counters, territory_->parts().networks[0].counters);
  EXPECT_EQ(opened->parts().networks[0].places, territory_->parts().networks[0].places);
}

TEST_F(Edits, EveryDerivedTerritoryKnowsWhereItCameFrom) {
  EXPECT_EQ(territory_->root(), nullptr);
  const auto once = apply({CloseCounter{a_, std::nullopt}});
  const auto twice = apply_edits(once, std::vector<Edit>{CloseCounter{b_, std::nullopt}});
  EXPECT_EQ(once->root(), territory_);
  EXPECT_EQ(twice->root(), territory_);
  EXPECT_EQ(list(twice, 'p'), "C 10");
}

TEST_F(Edits, SlowerRoads) {
  const SegmentId s = small_.town.segment('p', Side::east);  // one of the three steps from p to B
  const auto half = apply({EditRoads{Mode::car, {s}, std::nullopt, 0.5}});
  EXPECT_EQ(list(half, 'p'), "A 2, B 4, C 11");
  const auto walk_only = apply({EditRoads{Mode::walk, {s}, std::nullopt, 0.5}});
  EXPECT_EQ(walk_only->parts().networks[0].network, territory_->parts().networks[0].network);
}

TEST_F(Edits, RoadsAtAnotherSpeed) {
  const SegmentId s = small_.town.segment('p', Side::east);
  const auto after = apply({EditRoads{Mode::car, {s}, kStepM / 1000 * 30, std::nullopt}});  // two minutes a step
  EXPECT_EQ(list(after, 'p'), "A 2, B 4, C 11");
}

// p and q stay on their sides of the gap; the side with more crossings is the main one.
TEST(EditRoads, ClosedRoadsForceTheWayRound) {
  SmallTerritory small(
      "A-p--B\n"
      "|    |\n"
      "|    |\n"
      "+----q", "pq", "AB");
  const auto before = small.build();
  const auto after = apply_edits(before, std::vector<Edit>{EditRoads{Mode::car, {small.town.segment('B', Side::west)}, {}, {}}});
  const NearestQuery query{ServiceId(0), 1, PersonClass::car, 0, 2};
  EXPECT_EQ(to_text(small, find_nearest_counters(*before, query)[0]), "A 2, B 3");
  EXPECT_EQ(to_text(small, find_nearest_counters(*after, query)[0]), "A 2, B 13");
  EXPECT_EQ(to_text(small, find_nearest_counters(*after, query)[1]), "B 3, A 8");
}

TEST(EditRoads, ForbiddenDirectionsStayForbidden) {
  const AsciiTown town = build_ascii_town("A>B");
  const std::vector<SegmentId> all{SegmentId(0), SegmentId(1)};
  const RoadSegments faster = build_edited_roads(town.roads, {Mode::car, all, std::nullopt, 2.0});
  EXPECT_EQ(faster.forward_s[SegmentId(0)], 30);
  EXPECT_EQ(faster.backward_s[SegmentId(0)], kNoWay);
  const RoadSegments closed = build_edited_roads(town.roads, {Mode::car, all, std::nullopt, std::nullopt});
  EXPECT_EQ(closed.forward_s[SegmentId(0)], kNoWay);
  EXPECT_EQ(town.roads.forward_s[SegmentId(0)], 60);
}

TEST(EditRoads, SegmentsAreFoundByTheIdsOfTheData) {
  AsciiTown town = build_ascii_town("A---B");
  town.roads.way_id = {70, 71};
  town.roads.way = IdVector<SegmentId, std::uint32_t>(std::vector<std::uint32_t>{0, 1, 1, 0});
  EXPECT_EQ(find_segments(town.roads, std::vector<std::int64_t>{71}), (std::vector<SegmentId>{SegmentId(1), SegmentId(2)}));
  EXPECT_EQ(find_segments(town.roads, std::vector<std::int64_t>{71, 70, 5}).size(), 4u);
  EXPECT_TRUE(find_segments(town.roads, std::vector<std::int64_t>{5}).empty());
}

TEST(EditRoads, ChangesOfCountersInTheSameScenarioCountToo) {
  SmallTerritory small("A-p--B-q----C", "pq", "AB");
  const SegmentId s = small.town.segment('p', Side::east);
  const auto after = apply_edits(small.build(), std::vector<Edit>{
      MoveCounter{CounterId(0), small.town.point('C')}, EditRoads{Mode::car, {s}, std::nullopt, 0.5},
      OpenCounter{small.town.point('q'), {1}}, CloseCounter{CounterId(1), std::nullopt}});
  const NearestQuery query{ServiceId(0), 1, PersonClass::car, 0, 3};
  EXPECT_EQ(to_text(small, find_nearest_counters(*after, query)[0]), "#2 6, A 11");
}

}  // namespace
}  // namespace maillage::test
