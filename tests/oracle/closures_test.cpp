// Closures alone, sets of closures and scenarios of every kind against everything found anew.
#include "engine/closures.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/closure_sets.h"
#include "engine/scenario_change.h"
#include "tests/laws/common.h"

namespace maillage::test {
namespace {

std::vector<Change> find_exhaustively(const std::shared_ptr<const Territory>& before, const std::vector<Edit>& edits,
                                      ExposureQuery query) {
  query.exhaustive = true;
  return find_change_between(build_exposure(before, query), build_exposure(apply_edits(before, edits), query));
}

// Figures to 1e-9, places and times exactly.
testing::AssertionResult is_same_change(const Change& a, const Change& b, double persons) {
  const auto near = [&](double x, double y) { return std::abs(x - y) <= 1e-9 * std::max(1.0, persons); };
  const auto fail = [&](const char* what, double x, double y) {
    return testing::AssertionFailure() << what << ": " << x << " and " << y;
  };
  const States &s = a.states, &t = b.states;
  if (!near(a.persons, b.persons)) return fail("persons", a.persons, b.persons);
  if (!near(s.choice, t.choice)) return fail("choice", s.choice, t.choice);
  if (!near(s.counter_reliant, t.counter_reliant)) return fail("counter_reliant", s.counter_reliant, t.counter_reliant);
  if (!near(s.digital_only, t.digital_only)) return fail("digital_only", s.digital_only, t.digital_only);
  if (!near(s.assisted_only, t.assisted_only)) return fail("assisted_only", s.assisted_only, t.assisted_only);
  if (!near(s.stranded, t.stranded)) return fail("stranded", s.stranded, t.stranded);
  if (!near(a.unreachable, b.unreachable)) return fail("unreachable", a.unreachable, b.unreachable);
  if (!near(a.moved, b.moved)) return fail("moved", a.moved, b.moved);
  if (std::abs(a.person_ms - b.person_ms) > 1e-9 * std::max(1.0, persons * 1e7)) return fail("person_ms", a.person_ms, b.person_ms);
  if (a.n_places != b.n_places) return fail("n_places", a.n_places, b.n_places);
  if (a.worst.place != b.worst.place) return fail("worst place", a.worst.place.v, b.worst.place.v);
  if (a.worst.place.is_none()) return testing::AssertionSuccess();
  if (a.worst.before != b.worst.before) return fail("worst before", a.worst.before.ms, b.worst.before.ms);
  if (a.worst.after != b.worst.after) return fail("worst after", a.worst.after.ms, b.worst.after.ms);
  return testing::AssertionSuccess();
}

void check_columns(std::span<const Change> a, std::span<const Change> b, double persons) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t c = 0; c < a.size(); ++c) ASSERT_TRUE(is_same_change(a[c], b[c], persons)) << "column " << c;
}

double sum_all(const Territory& territory) {
  double sum = 0;
  for (double n : territory.parts().population->persons.values) sum += n;
  return sum;
}

// Everything that answers questions about closures, for one question.
struct Fixture {
  std::shared_ptr<const Territory> territory;
  ExposureQuery query;
  Ladders ladders;
  People people;
  SingleClosures singles;
  RungIndex index;
  ClosureSets sets;

  Fixture(std::shared_ptr<const Territory> t, const ExposureQuery& q, const Context& context = {})
      : territory(std::move(t)), query(q), ladders(territory, q.service, q.level, kDefaultK, context),
        people(territory->parts(), q.limit), singles(find_single_closures(ladders, people, context)),
        index(build_rung_index(ladders, people, context)), sets(ladders, people, singles, index) {}

  std::vector<Change> find_set(const std::vector<CounterId>& set, const Context& context = {}) const {
    Ragged<CounterId> rows;
    rows.push_row(set);
    return sets.find(rows, context);
  }
};

std::vector<CounterId> draw_set(const Territory& territory, double share, Dice& dice) {
  std::vector<CounterId> set;
  for (std::size_t c = 0; c < territory.parts().counters->n_counters(); ++c)
    if (territory.parts().counters->open[c] && dice.chance(share)) set.push_back(CounterId(c));
  return set;
}

std::vector<Edit> to_edits(const std::vector<CounterId>& set) {
  std::vector<Edit> edits;
  for (CounterId c : set) edits.push_back(CloseCounter{c, std::nullopt});
  return edits;
}

TEST(SingleClosures, AreWhatClosingEachCounterAloneMeans) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Fixture f(territory, build_random_query(*territory, dice));
    for (CounterId c : draw_set(*territory, 1, dice))
      check_columns(f.singles[c], find_exhaustively(territory, to_edits({c}), f.query), sum_all(*territory));
  });
}

TEST(SingleClosures, OfCountersThatAreClosedOrOfferNothingChangeNothing) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Fixture f(territory, build_random_query(*territory, dice));
    const Counters& counters = *territory->parts().counters;
    for (std::size_t c = 0; c < counters.n_counters(); ++c)
      if (!counters.offers(CounterId(c), f.query.service, f.query.level))
        check_columns(f.singles[CounterId(c)], std::vector<Change>(f.people.n_columns()), 0);
  });
}

TEST(ClosureSets, AreWhatClosingThemTogetherMeans) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Fixture f(territory, build_random_query(*territory, dice));
    for (double share : {0.1, 0.3, 0.6, 0.9}) {  // the last ones run lists dry
      const auto set = draw_set(*territory, share, dice);
      check_columns(f.find_set(set), find_exhaustively(territory, to_edits(set), f.query), sum_all(*territory));
    }
  });
}

TEST(ClosureSets, EverythingMayClose) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Fixture f(territory, build_random_query(*territory, dice));
    const auto set = draw_set(*territory, 1, dice);
    check_columns(f.find_set(set), find_exhaustively(territory, to_edits(set), f.query), sum_all(*territory));
  });
}

// A town of many counters, so that lists of eight run dry although more counters stand beyond.
TEST(ClosureSets, ListsThatRunDryAreFollowedExactly) {
  std::size_t n_dry = 0;
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    const auto small = build_random_territory(dice).territory;
    TerritoryParts parts = small->parts();
    Counters counters = *parts.counters;
    for (int i = 0; i < 40; ++i) {
      counters.point.push_back(small->parts().place_points[dice.below(small->n_places())]);
      counters.open.push_back(1);
      for (std::size_t s = 0; s < counters.level.n_columns; ++s) counters.level.values.push_back(2);
      ++counters.level.n_rows;
      if (parts.place_area) counters.area.push_back(dice.between(-1, 3));
    }
    parts.counters = std::make_shared<Counters>(std::move(counters));
    for (ModeNetwork& m : parts.networks) m.counters = nullptr;
    const auto territory = Territory::build(std::move(parts));
    const Fixture f(territory, build_random_query(*territory, dice));
    for (double share : {0.5, 0.8, 0.95}) {
      const auto set = draw_set(*territory, share, dice);
      ClosedSet closed(territory->parts().counters->n_counters());
      for (CounterId c : set) closed.insert(c);
      std::vector<std::uint32_t> dry;
      for (std::size_t p = 0; p < territory->n_places(); ++p)
        for (std::size_t l = 0; l < f.ladders.n_ladders(); ++l) (void)f.ladders.find_open(l, PlaceId(p), closed, dry);
      n_dry += dry.size();
      check_columns(f.find_set(set), find_exhaustively(territory, to_edits(set), f.query), sum_all(*territory));
    }
  }, 2);
  EXPECT_GT(n_dry, 100u);
}

TEST(ClosureSets, OfATerritoryThatCameByAScenario) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto root = build_random_territory(dice).territory;
    const auto territory = apply_edits(root, build_random_edits(*root, dice, {}));
    const Fixture f(territory, build_random_query(*territory, dice));
    for (double share : {0.2, 0.7}) {
      const auto set = draw_set(*territory, share, dice);
      check_columns(f.find_set(set), find_exhaustively(territory, to_edits(set), f.query), sum_all(*territory));
    }
  });
}

TEST(ClosureSets, MoreClosuresNeverHelpAnyone) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Fixture f(territory, build_random_query(*territory, dice));
    const double slack = 1e-9 * (1 + sum_all(*territory));
    std::vector<Change> before(f.people.n_columns());
    std::vector<CounterId> set;
    for (CounterId c : draw_set(*territory, 1, dice)) {
      set.push_back(c);
      const auto now = f.find_set(set);
      for (std::size_t i = 0; i < now.size(); ++i) {
        const States &a = now[i].states, &b = before[i].states;
        ASSERT_GE(a.stranded + a.assisted_only + a.digital_only, b.stranded + b.assisted_only + b.digital_only - slack);
        ASSERT_GE(a.stranded, b.stranded - slack);
        ASSERT_NEAR(a.persons(), 0, slack);  // persons are conserved
        ASSERT_GE(now[i].unreachable, before[i].unreachable - slack);
        ASSERT_GE(now[i].moved, before[i].moved - slack);
        ASSERT_GE(now[i].n_places, before[i].n_places);
        ASSERT_GE(now[i].worst.growth_ms(), before[i].worst.growth_ms());
      }
      before = now;
    }
  }, 2);
}

TEST(ClosureSets, OrderThreadsAndCompanyChangeNothing) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const ExposureQuery query = build_random_query(*territory, dice);
    const Fixture one(territory, query, {1, nullptr}), many(territory, query, {4, nullptr});
    Ragged<CounterId> sets;
    for (int i = 0; i < 40; ++i) sets.push_row(draw_set(*territory, dice.uniform(), dice));
    const auto a = one.sets.find(sets, {1, nullptr}), b = many.sets.find(sets, {4, nullptr});
    ASSERT_EQ(a.size(), b.size());
    const auto same = [](double x, double y) { return std::memcmp(&x, &y, sizeof x) == 0; };
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_TRUE(same(a[i].states.stranded, b[i].states.stranded) && same(a[i].person_ms, b[i].person_ms) &&
                  same(a[i].moved, b[i].moved) && same(a[i].states.choice, b[i].states.choice));
      ASSERT_TRUE(is_same_change(a[i], b[i], 0));
    }
    const std::size_t n = one.people.n_columns();
    const auto alone = one.find_set({sets[7].begin(), sets[7].end()});
    for (std::size_t c = 0; c < n; ++c) ASSERT_TRUE(same(alone[c].person_ms, a[7 * n + c].person_ms));
  }, 4);
}

TEST(ScenarioChange, IsWhatTheScenarioMeans) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    auto territory = build_random_territory(dice).territory;
    if (dice.chance(0.3)) territory = apply_edits(territory, build_random_edits(*territory, dice, {}));
    ExposureQuery query = build_random_query(*territory, dice);
    const Ladders ladders(territory, query.service, query.level, kDefaultK);
    std::vector<std::vector<Edit>> scenarios;
    for (int i = 0; i < 5; ++i) {
      ScenarioOptions options;
      options.edits_roads = i == 4;
      options.edits_people = i > 1;
      scenarios.push_back(build_random_edits(*territory, dice, options));
    }
    const auto found = find_scenario_changes(ladders, query, scenarios);
    query.exhaustive = true;
    check_columns(found, find_scenario_changes(ladders, query, scenarios), sum_all(*territory));
  });
}

TEST(ScenarioChange, OfTheEmptyScenarioIsExactlyNothing) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Fixture f(territory, build_random_query(*territory, dice));
    const std::vector<Change> nothing(f.people.n_columns());
    check_columns(f.find_set({}), nothing, 0);
    check_columns(find_scenario_change(f.ladders, apply_edits(territory, {}), f.query.limit), nothing, 0);
    for (const Change& c : f.find_set({})) ASSERT_EQ(c.states.choice + c.person_ms + c.moved, 0);
  });
}

TEST(ScenarioChange, FiguresOfTheTerritoryAreThoseOfItsExposure) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const ExposureQuery query = build_random_query(*territory, dice);
    const Exposure exposure = build_exposure(territory, query);
    const Fixture f(territory, query);
    const auto figures = sum_figures(f.ladders, f.people);
    const std::vector<std::int32_t> rows(territory->n_places(), 0);
    auto states = sum_states(exposure, {rows, 1, true});
    states.push_back(sum_states(exposure, {rows, 1, false})[0]);
    for (std::size_t g = 0; g < states.size(); ++g) {  // to the bit
      ASSERT_EQ(figures[g].states.choice, states[g].choice);
      ASSERT_EQ(figures[g].states.counter_reliant, states[g].counter_reliant);
      ASSERT_EQ(figures[g].states.assisted_only, states[g].assisted_only);
      ASSERT_EQ(figures[g].states.stranded, states[g].stranded);
      ASSERT_LE(figures[g].unreachable, figures[g].persons * (1 + 1e-12));
    }
    check_columns(figures, sum_figures(exposure), sum_all(*territory));
  });
}

}  // namespace
}  // namespace maillage::test
