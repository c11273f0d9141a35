// Laws 1 and 2: closing never shortens, opening never lengthens; the empty scenario is the identity.
#include <gtest/gtest.h>

#include "tests/laws/common.h"

namespace maillage::test {
namespace {

enum class Direction { shorter_or_same, longer_or_same };

// Times of the nearest counters of everyone, rank by rank, before and after.
void check_times(const Territory& before, const Territory& after, Direction direction) {
  for (const NearestQuery& query : build_all_queries(before, 3)) {
    const Ragged<Label> b = find_nearest_counters(before, query), a = find_nearest_counters(after, query);
    for (std::size_t p = 0; p < before.n_places(); ++p)
      for (std::size_t rank = 0; rank < 3; ++rank) {
        const Duration was = rank < b[p].size() ? b[p][rank].time : unreachable();
        const Duration is = rank < a[p].size() ? a[p][rank].time : unreachable();
        if (direction == Direction::longer_or_same)
          ASSERT_LE(was, is) << "place " << p << " rank " << rank;
        else
          ASSERT_LE(is, was) << "place " << p << " rank " << rank;
      }
  }
}

ScenarioOptions only(bool closes, bool opens) {
  ScenarioOptions options;
  options.n_edits = 12;
  options.closes = closes;
  options.opens = opens;
  options.moves = options.converts = options.edits_people = options.edits_roads = false;
  return options;
}

TEST(Law1, ClosingNeverShortensAnyonesTime) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    const auto after = apply_edits(before, build_random_edits(*before, dice, only(true, false)));
    check_times(*before, *after, Direction::longer_or_same);
  });
}

TEST(Law1, OpeningNeverLengthensAnyonesTime) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    const auto after = apply_edits(before, build_random_edits(*before, dice, only(false, true)));
    check_times(*before, *after, Direction::shorter_or_same);
  });
}

TEST(Law1, ClosingNeverHelpsAndOpeningNeverHarmsThoseWithinReach) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    const auto fewer = apply_edits(before, build_random_edits(*before, dice, only(true, false)));
    const auto more = apply_edits(before, build_random_edits(*before, dice, only(false, true)));
    const ExposureQuery query = build_random_query(*before, dice);
    const Exposure b = build_exposure(before, query), f = build_exposure(fewer, query), m = build_exposure(more, query);
    for (std::size_t p = 0; p < before->n_places(); ++p)
      for (std::size_t g = 0; g < before->n_groups(); ++g) {
        const PlaceId place(p);
        const GroupId group(g);
        const States sb = find_states(b, place, group), sf = find_states(f, place, group), sm = find_states(m, place, group);
        const double slack = 1e-9 * (1 + sb.persons());
        ASSERT_LE(sf.choice + sf.counter_reliant, sb.choice + sb.counter_reliant + slack);
        ASSERT_GE(sm.choice + sm.counter_reliant, sb.choice + sb.counter_reliant - slack);
        ASSERT_GE(sf.stranded, sb.stranded - slack);
        ASSERT_LE(sm.stranded, sb.stranded + slack);
      }
  });
}

void check_same(const std::shared_ptr<const Territory>& before, const std::shared_ptr<const Territory>& after, Dice& dice) {
  const auto rows = build_random_areas(*before, 4, dice);
  for (int i = 0; i < 3; ++i) {
    ExposureQuery query = build_random_query(*before, dice);
    ASSERT_TRUE(is_identical(build_results(before, query, rows, 4), build_results(after, query, rows, 4)));
    EXPECT_TRUE(find_place_changes(build_exposure(before, query), build_exposure(after, query)).empty());
    query.exhaustive = true;
    ASSERT_TRUE(is_identical(build_results(before, query, rows, 4), build_results(after, query, rows, 4)));
  }
}

TEST(Law2, TheEmptyScenarioIsTheIdentity) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    check_same(before, apply_edits(before, {}), dice);
  });
}

TEST(Law2, ClosingAndReopeningIsTheIdentity) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    std::vector<Edit> close, reopen;
    for (std::size_t c = 0; c < before->parts().counters->n_counters(); ++c) {
      if (!before->parts().counters->open[c] || !dice.chance(0.5)) continue;
      close.push_back(CloseCounter{CounterId(c), std::nullopt});
      reopen.push_back(ReopenCounter{CounterId(c)});
    }
    dice.shuffle(reopen);
    const auto closed = apply_edits(before, close);
    const ExposureQuery query = build_random_query(*before, dice);
    (void)build_exposure(closed, query);  // lists of the closed state are found before they are undone
    check_same(before, apply_edits(closed, reopen), dice);
    close.insert(close.end(), reopen.begin(), reopen.end());
    check_same(before, apply_edits(before, close), dice);
  });
}

TEST(Law2, MovingAwayAndBackIsTheIdentity) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    const Counters& counters = *before->parts().counters;
    if (counters.n_counters() == 0) return;
    std::vector<Edit> away, back;
    for (int i = 0; i < 3; ++i) {
      const CounterId c(dice.below(counters.n_counters()));
      const std::int32_t area = counters.area.empty() ? -1 : counters.area[c.v];
      away.push_back(MoveCounter{c, before->parts().place_points.front(), 0});
      back.push_back(MoveCounter{c, counters.point[c.v], area});
    }
    check_same(before, apply_edits(apply_edits(before, away), back), dice);
  }, 2);
}

TEST(Law2, AScenarioNeverChangesTheTerritoryItStartsFrom) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    const auto rows = build_place_rows(*before);
    ExposureQuery query = build_random_query(*before, dice);
    query.exhaustive = true;
    const auto expected = build_results(before, query, rows, rows.size());
    ScenarioOptions options;
    options.n_edits = 20;
    (void)build_exposure(apply_edits(before, build_random_edits(*before, dice, options)), query);
    ASSERT_TRUE(is_identical(build_results(before, query, rows, rows.size()), expected));
    query.exhaustive = false;
    ASSERT_TRUE(is_identical(build_results(before, query, rows, rows.size()), expected));
  }, 2);
}

}  // namespace
}  // namespace maillage::test
