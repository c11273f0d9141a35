// Lists of nearest counters against tables of times; changed lists against lists built anew.
#include "engine/nearest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/travel_times.h"
#include "tests/support/print.h"
#include "tests/support/random_territory.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

// A network with places, and points where counters stand or could stand.
struct World {
  RoadNetwork network;
  Links places, sites;
  PlaceFinder finder;

  explicit World(Dice& dice) {
    const auto roads = std::make_shared<RoadSegments>(build_random_town(dice));
    network = build_road_network(roads);
    places = build_links(network, draw_points(*roads, dice.between(1, 30), dice));
    sites = build_links(network, draw_points(*roads, dice.between(1, 30), dice));
    finder = build_place_finder(network, places);
  }

  static std::vector<LatLon> draw_points(const RoadSegments& roads, int n, Dice& dice) {
    std::vector<LatLon> points;
    for (int i = 0; i < n; ++i)
      points.push_back(!points.empty() && dice.chance(0.15) ? dice.pick(points) : pick_point(roads, dice));
    return points;
  }

  // Counter `ids[i]` at site `where[i]`.
  CounterSet build_set(const std::vector<CounterId>& ids, const std::vector<std::uint32_t>& where) const {
    return {ids, select_links(sites, where)};
  }
};

std::vector<Label> find_row_by_matrix(const Matrix<Duration>& times, const std::vector<CounterId>& ids, std::size_t place) {
  std::vector<Label> row;
  for (std::size_t c = 0; c < ids.size(); ++c)
    if (times(place, c).is_reachable()) row.push_back({times(place, c), ids[c]});
  std::sort(row.begin(), row.end());
  return row;
}

TEST(NearestIndex, AgreesWithTheMatrixOfTimes) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const World world(dice);
    std::vector<CounterId> ids;
    std::vector<std::uint32_t> where;
    for (std::uint32_t i = 0; i < world.sites.n_points(); ++i) {
      ids.push_back(CounterId(2 * i + 1));
      where.push_back(i);
    }
    const Matrix<Duration> times = find_travel_times(world.network, world.places, world.sites);
    for (const int k : {1, 3, 8, 50}) {
      const NearestIndex index = build_nearest_index({world.network, world.places}, world.build_set(ids, where), k);
      for (std::size_t p = 0; p < world.places.n_points(); ++p) {
        const auto expected = find_row_by_matrix(times, ids, p);
        const auto found = index[PlaceId(p)];
        ASSERT_EQ(found.size(), std::min<std::size_t>(static_cast<std::size_t>(k), expected.size()));
        for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]) << "place " << p << " rank " << i;
      }
    }
  });
}

// One-way streets: the nearest station to drive to is not the one that comes soonest.
TEST(PlaceLists, ComeFromCountersAsTheMatrixSays) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const World world(dice);
    const Hierarchy hierarchy = build_hierarchy(world.network.out, world.network.in);
    std::vector<CounterId> ids;
    std::vector<std::uint32_t> where;
    for (std::uint32_t i = 0; i < world.sites.n_points(); ++i) {
      ids.push_back(CounterId(i));
      where.push_back(i);
    }
    const Matrix<Duration> back = find_travel_times(world.network, world.sites, world.places);
    Matrix<Duration> times(world.places.n_points(), ids.size());
    for (std::size_t p = 0; p < times.n_rows; ++p)
      for (std::size_t c = 0; c < times.n_columns; ++c) times(p, c) = back(c, p);
    const CounterSet set = world.build_set(ids, where);
    for (const Hierarchy* h : {&hierarchy, static_cast<const Hierarchy*>(nullptr)})
      for (const int k : {1, 8, 20})
        PlaceLists({world.network, world.places, h, Direction::from_counters}, set, k)
            .visit([&](std::size_t p, std::span<const Label> found) {
              auto expected = find_row_by_matrix(times, ids, p);
              expected.resize(std::min<std::size_t>(expected.size(), static_cast<std::size_t>(k)));
              EXPECT_EQ(std::vector<Label>(found.begin(), found.end()), expected) << "place " << p << " k " << k;
            });
  });
}

TEST(NearestIndex, KnowsWhichPlacesListACounter) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const World world(dice);
    const std::vector<std::uint32_t> where = dice.permutation(world.sites.n_points());
    std::vector<CounterId> ids;
    for (std::uint32_t i = 0; i < where.size(); ++i) ids.push_back(CounterId(3 * i));
    const NearestIndex index = build_nearest_index({world.network, world.places}, world.build_set(ids, where), 3);
    for (std::size_t row = 0; row < ids.size(); ++row) {
      std::vector<PlaceId> expected;
      for (std::size_t p = 0; p < index.n_places; ++p)
        for (const Label& l : index[PlaceId(p)])
          if (l.counter == ids[row]) expected.push_back(PlaceId(p));
      ASSERT_EQ(index.find_places_of(row), expected);
    }
  }, 4);
}

// A set of counters at sites before and after a change, and the change between them.
struct RandomChange {
  std::vector<CounterId> ids_before, ids_after;
  std::vector<std::uint32_t> where_before, where_after;
  CounterChange change;
};

RandomChange draw_change(const World& world, Dice& dice) {
  RandomChange out;
  const double p_before = dice.uniform(0.2, 1), p_close = dice.pick(std::vector<double>{0, 0.1, 0.5, 1});
  const double p_open = dice.pick(std::vector<double>{0, 0.2, 0.8}), p_move = dice.pick(std::vector<double>{0, 0.3});
  std::vector<CounterId> opened;
  std::vector<std::uint32_t> opened_where;
  for (std::uint32_t i = 0; i < world.sites.n_points(); ++i) {
    const CounterId id(i);
    const bool was = dice.chance(p_before);
    const bool closes = was && dice.chance(p_close), moves = was && !closes && dice.chance(p_move);
    const bool opens = !was && dice.chance(p_open);
    const auto site = static_cast<std::uint32_t>(moves ? dice.below(world.sites.n_points()) : i);
    if (was) {
      out.ids_before.push_back(id);
      out.where_before.push_back(i);
    }
    if (closes || moves) out.change.closed.push_back(id);
    if (moves || opens) {
      opened.push_back(id);
      opened_where.push_back(site);
    }
    if ((was && !closes) || opens) {
      out.ids_after.push_back(id);
      out.where_after.push_back(site);
    }
  }
  out.change.opened = world.build_set(opened, opened_where);
  return out;
}

void check_view(const NearestView& view, const NearestIndex& expected, int n_needed) {
  ASSERT_EQ(view.n_places(), expected.n_places);
  for (std::size_t p = 0; p < expected.n_places; ++p) {
    const auto found = view[PlaceId(p)];
    const auto whole = expected[PlaceId(p)];
    ASSERT_GE(found.size(), std::min<std::size_t>(static_cast<std::size_t>(n_needed), whole.size())) << "place " << p;
    ASSERT_LE(found.size(), whole.size()) << "place " << p;
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], whole[i]) << "place " << p << " rank " << i;
  }
}

TEST(NearestUpdate, AgreesWithBuildingAnew) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const World world(dice);
    const RandomChange change = draw_change(world, dice);
    for (const int k : {1, 3, 8}) {
      const auto base = std::make_shared<const NearestIndex>(
          build_nearest_index({world.network, world.places}, world.build_set(change.ids_before, change.where_before), k));
      const NearestIndex anew =
          build_nearest_index({world.network, world.places}, world.build_set(change.ids_after, change.where_after), k);
      for (const int n_needed : {1, 3, 8}) {
        if (n_needed > k) continue;
        SCOPED_TRACE(testing::Message() << "k " << k << ", needed " << n_needed);
        check_view(update_nearest(base, {world.network, world.places}, world.finder, change.change, n_needed), anew, n_needed);
        if (testing::Test::HasFailure()) return;
      }
    }
  });
}

TEST(NearestUpdate, TouchesNothingWithoutAChange) {
  Dice dice(5);
  const World world(dice);
  const RandomChange change = draw_change(world, dice);
  const auto base = std::make_shared<const NearestIndex>(
      build_nearest_index({world.network, world.places}, world.build_set(change.ids_before, change.where_before), 8));
  const NearestView view = update_nearest(base, {world.network, world.places}, world.finder, {}, 8);
  EXPECT_TRUE(view.touched().empty());
}

// The territory's kept lists through chains of scenarios, against nothing kept.
void check_territory(const std::shared_ptr<const Territory>& territory) {
  for (const int k : {1, 3, 8})
    for (NearestQuery query : build_all_queries(*territory, k))
      for (const Direction direction : {Direction::to_counters, Direction::from_counters}) {
        query.direction = direction;
        const Ragged<Label> fast = find_nearest_counters(*territory, query);
        const Ragged<Label> slow = find_nearest_counters(*territory, query, true);
        ASSERT_EQ(fast.offset, slow.offset);
        ASSERT_EQ(fast.values, slow.values) << "k " << k << " service " << query.service.v << " level " << query.level;
      }
}

TEST(Territory, FastListsAreTheExhaustiveOnes) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    check_territory(build_random_territory(dice).territory);
  }, 2);
}

TEST(Territory, FastListsAreTheExhaustiveOnesAfterScenarios) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    auto territory = build_random_territory(dice).territory;
    if (dice.chance(0.5)) check_territory(territory);  // lists kept before the edits, or found after them
    for (int step = 0; step < 3 && !testing::Test::HasFailure(); ++step) {
      ScenarioOptions options;
      options.n_edits = dice.between(0, 8);
      territory = apply_edits(territory, build_random_edits(*territory, dice, options));
      check_territory(territory);
    }
  });
}

// What edits share and patch is what one would build of the edited inputs.
TEST(Territory, AnEditedTerritoryIsTheOneBuiltFromScratch) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    auto territory = build_random_territory(dice).territory;
    for (int step = 0; step < 2; ++step) territory = apply_edits(territory, build_random_edits(*territory, dice));
    TerritoryParts parts = territory->parts();
    for (ModeNetwork& m : parts.networks) {
      m.network = std::make_shared<RoadNetwork>(build_road_network(m.network->segments));
      m.hierarchy = nullptr;
      m.places = m.counters = nullptr;
      m.finder = nullptr;
    }
    const auto anew = Territory::build(std::move(parts));
    for (const NearestQuery& query : build_all_queries(*territory, 3)) {
      const Ragged<Label> expected = find_nearest_counters(*anew, query), found = find_nearest_counters(*territory, query);
      ASSERT_EQ(found.offset, expected.offset);
      ASSERT_EQ(found.values, expected.values) << "service " << query.service.v << " level " << query.level;
    }
  }, 2);
}

TEST(Territory, FastListsAreTheExhaustiveOnesWhenEverythingCloses) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto before = build_random_territory(dice).territory;
    const auto closed = apply_edits(before, build_closing_of_everything(*before));
    for (const NearestQuery& query : build_all_queries(*closed, 2)) ASSERT_TRUE(find_nearest_counters(*closed, query).values.empty());
    check_territory(closed);
    std::vector<Edit> edits;
    for (std::size_t c = 0; c < before->parts().counters->n_counters(); ++c)
      if (dice.chance(0.3)) edits.push_back(ReopenCounter{CounterId(c)});
    check_territory(apply_edits(closed, edits));
  }, 4);
}

// What a person without a car or with one can use is the best of the modes, from tables of times.
TEST(Territory, NearestCountersAreTheBestOfTheModes) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const TerritoryParts& parts = territory->parts();
    const Direction direction = dice.chance(0.5) ? Direction::to_counters : Direction::from_counters;
    for (NearestQuery query : build_all_queries(*territory, 3)) {
      query.direction = direction;
      std::vector<std::vector<Label>> best(territory->n_places());
      for (const ModeNetwork& m : parts.networks) {
        const bool usable = (m.walk_class == kEveryWalkClass || m.walk_class == query.walk_class) &&
                            (query.person_class == PersonClass::car || m.serves_no_car);
        if (!usable) continue;
        const Matrix<Duration> there = find_travel_times(*m.network, *m.places, *m.counters);
        const Matrix<Duration> back = find_travel_times(*m.network, *m.counters, *m.places);
        for (std::size_t p = 0; p < best.size(); ++p)
          for (std::size_t c = 0; c < parts.counters->n_counters(); ++c) {
            const Duration time = direction == Direction::to_counters ? there(p, c) : back(c, p);
            if (parts.counters->open[c] && parts.counters->level(c, query.service.v) >= query.level && time.is_reachable())
              best[p].push_back({time, CounterId(c)});
          }
      }
      for (std::size_t p = 0; p < best.size() && parts.place_area; ++p)
        for (std::size_t c = 0; c < parts.counters->n_counters(); ++c)
          if ((*parts.place_area)[p] >= 0 && parts.counters->area[c] == (*parts.place_area)[p] &&
              parts.counters->offers(CounterId(c), query.service, query.level))
            best[p].push_back({{0}, CounterId(c)});
      const Ragged<Label> found = find_nearest_counters(*territory, query);
      for (std::size_t p = 0; p < best.size(); ++p) {
        std::sort(best[p].begin(), best[p].end());
        std::set<CounterId> seen;
        std::vector<Label> expected;
        for (const Label& l : best[p])
          if (expected.size() < 3 && seen.insert(l.counter).second) expected.push_back(l);
        ASSERT_EQ(std::vector<Label>(found[p].begin(), found[p].end()), expected) << "place " << p;
      }
    }
  }, 2);
}

// Edits of different counters may come in any order.
TEST(Territory, TheOrderOfIndependentEditsDoesNotMatter) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const Counters& counters = *territory->parts().counters;
    std::vector<Edit> edits;
    for (std::size_t c = 0; c < counters.n_counters(); ++c) {
      if (!dice.chance(0.4)) continue;
      const CounterId id(c);
      switch (dice.below(4)) {
        case 0: edits.push_back(CloseCounter{id, std::nullopt}); break;
        case 1: edits.push_back(ReopenCounter{id}); break;
        case 2: edits.push_back(MoveCounter{id, pick_point(*territory->parts().networks[0].network->segments, dice), 1}); break;
        default: edits.push_back(CloseCounter{id, ServiceId(0)}); break;
      }
    }
    edits.push_back(SetAdequate{PlaceId(0), 0.5});
    const auto one = apply_edits(territory, edits);
    dice.shuffle(edits);
    const auto other = apply_edits(territory, edits);
    auto step_by_step = territory;
    for (const Edit& edit : edits) step_by_step = apply_edits(step_by_step, std::vector<Edit>{edit});
    for (const NearestQuery& query : build_all_queries(*territory, 3)) {
      const Ragged<Label> expected = find_nearest_counters(*one, query);
      for (const auto& same : {other, step_by_step}) {
        const Ragged<Label> found = find_nearest_counters(*same, query);
        ASSERT_EQ(found.offset, expected.offset);
        ASSERT_EQ(found.values, expected.values);
      }
    }
  }, 2);
}

}  // namespace
}  // namespace maillage::test
