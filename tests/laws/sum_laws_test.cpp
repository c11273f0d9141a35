// Laws 3, 4, 5 and 10: persons are conserved, shares are shares, merging areas changes no place, FGT0
// is the share beyond the line.
#include <gtest/gtest.h>

#include "tests/laws/common.h"

namespace maillage::test {
namespace {

void expect_near(const States& a, const States& b) {
  EXPECT_TRUE(is_near(a.choice, b.choice) && is_near(a.counter_reliant, b.counter_reliant) && is_near(a.digital_only, b.digital_only) &&
              is_near(a.assisted_only, b.assisted_only) && is_near(a.stranded, b.stranded))
      << a.persons() << " against " << b.persons();
}

struct Case {
  std::shared_ptr<const Territory> territory;
  Exposure exposure;
};

// Of a random territory, half of the times after a scenario.
Case build_case(Dice& dice) {
  auto territory = build_random_territory(dice).territory;
  if (dice.chance(0.5)) territory = apply_edits(territory, build_random_edits(*territory, dice));
  return {territory, build_exposure(territory, build_random_query(*territory, dice))};
}

TEST(Law3, PersonsAreConservedBySumsOverPlacesAreasAndGroups) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const Case c = build_case(dice);
    const std::size_t n_places = c.territory->n_places(), n_groups = c.territory->n_groups();
    const auto areas = build_random_areas(*c.territory, 5, dice);
    std::vector<std::int32_t> inside(n_places, -1);  // one row: all places that are in some area
    for (std::size_t p = 0; p < n_places; ++p)
      if (areas[p] >= 0) inside[p] = 0;
    const States total = sum_states(c.exposure, {inside, 1, false})[0];
    const double persons = sum_persons(c.exposure, {inside, 1, false})[0];
    EXPECT_TRUE(is_near(total.persons(), persons));

    States by_area, by_group, by_place;
    for (const States& s : sum_states(c.exposure, {areas, 5, false})) by_area.add(s);
    for (const States& s : sum_states(c.exposure, {inside, 1, true})) by_group.add(s);
    const auto places = sum_states(c.exposure, {build_place_rows(*c.territory), n_places, true});
    for (std::size_t p = 0; p < n_places; ++p)
      for (std::size_t g = 0; g < n_groups && areas[p] >= 0; ++g) by_place.add(places[p * n_groups + g]);
    expect_near(by_area, total);
    expect_near(by_group, total);
    expect_near(by_place, total);
    double of_areas = 0;
    for (double v : sum_persons(c.exposure, {areas, 5, true})) of_areas += v;
    EXPECT_TRUE(is_near(of_areas, persons));
  });
}

TEST(Law4, FiveStatesSumToThePersons) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const Case c = build_case(dice);
    for (std::size_t p = 0; p < c.territory->n_places(); ++p)
      for (std::size_t g = 0; g < c.territory->n_groups(); ++g) {
        const States s = find_states(c.exposure, PlaceId(p), GroupId(g));
        const double persons = c.territory->parts().population->persons(p, g);
        ASSERT_NEAR(s.persons(), persons, 1e-9 * persons);
        for (double state : {s.choice, s.counter_reliant, s.digital_only, s.assisted_only, s.stranded}) {
          ASSERT_GE(state, 0);
          ASSERT_LE(state, persons * (1 + 1e-12));
        }
      }
  });
}

TEST(Law4, SharesLieBetweenZeroAndOne) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const Case c = build_case(dice);
    const auto areas = build_random_areas(*c.territory, 3, dice);
    const std::vector<Duration> limits{{0}, {60000}, {600000}, unreachable()};
    for (const bool by_group : {false, true})
      for (const TimeSummary& t : summarize_exposure(c.exposure, {areas, 3, by_group}, {{60000}, limits})) {
        if (std::isnan(t.unreachable_share)) continue;  // nobody lives there
        for (double share : {t.unreachable_share, t.fgt0, t.coverage[0], t.coverage[1], t.coverage[2], t.coverage[3]}) {
          ASSERT_GE(share, 0);
          ASSERT_LE(share, 1);
        }
        if (!std::isnan(t.gini)) {
          ASSERT_GE(t.gini, 0);
          ASSERT_LE(t.gini, 1);
        }
        for (std::size_t i = 1; i < limits.size(); ++i) ASSERT_LE(t.coverage[i - 1], t.coverage[i]);
        ASSERT_TRUE(is_near(t.coverage.back() + t.unreachable_share, 1));
        ASSERT_TRUE(std::isnan(t.median) || t.median <= t.max);
        ASSERT_TRUE(std::isnan(t.p90) || t.median <= t.p90);
        ASSERT_EQ(std::isnan(t.median), t.unreachable_share > 0.5 && !is_near(t.unreachable_share, 0.5)) << t.unreachable_share;
      }
  });
}

TEST(Law5, MergingTwoAreasChangesNoPlaceAndAddsTheirRows) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const Case c = build_case(dice);
    auto areas = build_random_areas(*c.territory, 4, dice);
    const auto rows = build_place_rows(*c.territory);
    const auto apart = sum_states(c.exposure, {areas, 4, false});
    const auto places = build_results(c.territory, c.exposure.query, rows, rows.size());
    for (std::int32_t& area : areas)
      if (area == 3) area = 2;
    const auto merged = sum_states(c.exposure, {areas, 4, false});
    States both = apart[2];
    both.add(apart[3]);
    expect_near(merged[2], both);
    EXPECT_EQ(merged[3].persons(), 0);
    for (const std::size_t same : {0u, 1u}) {
      EXPECT_EQ(merged[same].choice, apart[same].choice);
      EXPECT_EQ(merged[same].stranded, apart[same].stranded);
    }
    ASSERT_TRUE(is_identical(build_results(c.territory, c.exposure.query, rows, rows.size()), places));
  }, 2);
}

TEST(Law10, Fgt0IsTheShareBeyondTheLine) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const Case c = build_case(dice);
    const auto areas = build_random_areas(*c.territory, 3, dice);
    const std::vector<Duration> limits{c.exposure.query.limit};
    const auto rows = summarize_exposure(c.exposure, {areas, 3, true}, {c.exposure.query.limit, limits});
    const auto states = sum_states(c.exposure, {areas, 3, true});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (std::isnan(rows[i].fgt0)) continue;
      ASSERT_TRUE(is_near(rows[i].fgt0, 1 - rows[i].coverage[0]));
      // the same people, counted by their states
      const double exposed = states[i].digital_only + states[i].assisted_only + states[i].stranded;
      ASSERT_TRUE(is_near(rows[i].fgt0, exposed / states[i].persons())) << rows[i].fgt0 << " " << exposed / states[i].persons();
    }
  });
}

}  // namespace
}  // namespace maillage::test
