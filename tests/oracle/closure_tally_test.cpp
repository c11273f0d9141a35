// Tiles of places, and what closures mean where there are more places than a tile holds and more groups than lanes.
#include "engine/closure_tally.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/closures.h"
#include "engine/scenario_change.h"
#include "tests/laws/common.h"

namespace maillage::test {
namespace {

template <class T>
void repeat(std::vector<T>& values, int n) {
  const std::vector<T> once = values;
  for (int i = 1; i < n; ++i) values.insert(values.end(), once.begin(), once.end());
}

// A territory `n` times over at the same points, with other people: many groups, some of them absent here and there.
std::shared_ptr<const Territory> crowd(const Territory& small, int n, std::size_t n_groups, Dice& dice) {
  TerritoryParts parts = small.parts();
  std::vector<LatLon> points(parts.place_points.begin(), parts.place_points.end());
  repeat(points, n);
  std::vector<double> adequate(parts.connectivity->adequate.begin(), parts.connectivity->adequate.end());
  repeat(adequate, n);
  parts.place_points = points;
  parts.connectivity = std::make_shared<Connectivity>(Connectivity{adequate});
  if (parts.place_area) {
    std::vector<std::int32_t> area = *parts.place_area;
    repeat(area, n);
    parts.place_area = std::make_shared<const std::vector<std::int32_t>>(area);
  }
  Groups groups;
  Population population{Matrix<double>(points.size(), n_groups), Matrix<double>(points.size(), n_groups)};
  for (std::size_t g = 0; g < n_groups; ++g) {
    groups.p_b.push_back(dice.uniform(0, 0.5));
    groups.p_c.push_back(dice.uniform(0, 0.5));
    groups.walk_class.push_back(static_cast<std::uint32_t>(dice.below(parts.n_walk_classes)));
  }
  for (std::size_t p = 0; p < points.size(); ++p)
    for (std::size_t g = 0; g < n_groups; ++g) {
      population.persons(p, g) = dice.chance(0.4) ? 0 : dice.uniform(0, 20);
      population.car_share(p, g) = dice.chance(0.2) ? dice.below(2) : dice.uniform();
    }
  if (parts.abilities) {
    Abilities abilities{Matrix<double>(points.size(), n_groups, 0.3), Matrix<double>(points.size(), n_groups, 0.1)};
    parts.abilities = std::make_shared<Abilities>(std::move(abilities));
  }
  parts.groups = std::make_shared<Groups>(std::move(groups));
  parts.population = std::make_shared<Population>(std::move(population));
  for (ModeNetwork& m : parts.networks) {
    m.places = nullptr;
    m.finder = nullptr;
  }
  return Territory::build(std::move(parts));
}

TEST(RungTile, HoldsWhatLaddersSay) {
  std::size_t n_read = 0;
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    auto territory = crowd(*build_random_territory(dice).territory, 25, 2, dice);
    if (dice.chance(0.5)) territory = apply_edits(territory, build_random_edits(*territory, dice, {}));
    const ExposureQuery query = build_random_query(*territory, dice);
    const Ladders ladders(territory, query.service, query.level, kDefaultK);
    RungTile tile(ladders);
    const std::size_t most = dice.chance(0.5) ? RungTile::kPlaces : 7;
    for (std::size_t begin = 0; begin < territory->n_places(); begin += most) {
      const std::size_t end = std::min(territory->n_places(), begin + most);
      tile.read(begin, end);
      for (std::size_t p = begin; p < end; ++p)
        for (std::size_t l = 0; l < ladders.n_ladders(); ++l, ++n_read) {
          const Rungs rungs = ladders.read(PlaceId(p), l);
          ASSERT_EQ(to_label(tile[l].first[p - begin]), rungs.first);
          ASSERT_EQ(to_label(tile[l].second[p - begin]), rungs.second);
        }
    }
  });
  EXPECT_GT(n_read, 10000u);
}

TEST(SingleClosures, OfManyGroupsAndPlacesAreWhatClosingEachCounterMeans) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = crowd(*build_random_territory(dice).territory, 25, static_cast<std::size_t>(dice.between(7, 18)), dice);
    ExposureQuery query = build_random_query(*territory, dice);
    const Ladders ladders(territory, query.service, query.level, kDefaultK);
    const People people(territory->parts(), query.limit);
    const SingleClosures singles = find_single_closures(ladders, people, {1, nullptr});
    const double persons = sum_figures(ladders, people).back().persons;
    const double slack = 1e-9 * std::max(1.0, persons);
    query.exhaustive = true;
    const Exposure before = build_exposure(territory, query);
    for (std::size_t c = 0; c < territory->parts().counters->n_counters(); ++c) {
      if (!territory->parts().counters->open[c]) continue;
      const auto after = apply_edits(territory, std::vector<Edit>{CloseCounter{CounterId(c), std::nullopt}});
      const auto expected = find_change_between(before, build_exposure(after, query));
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const Change &a = singles[CounterId(c)][i], &b = expected[i];
        ASSERT_NEAR(a.states.stranded, b.states.stranded, slack);
        ASSERT_NEAR(a.states.choice, b.states.choice, slack);
        ASSERT_NEAR(a.states.assisted_only, b.states.assisted_only, slack);
        ASSERT_NEAR(a.unreachable, b.unreachable, slack);
        ASSERT_NEAR(a.moved, b.moved, slack);
        ASSERT_NEAR(a.person_ms, b.person_ms, slack * 1e7);
        ASSERT_EQ(a.n_places, b.n_places);
        ASSERT_EQ(a.worst.place, b.worst.place);
        if (b.worst.place.is_none()) continue;
        ASSERT_EQ(a.worst.before, b.worst.before);
        ASSERT_EQ(a.worst.after, b.worst.after);
      }
    }
  }, 2);
}

TEST(SingleClosures, AreTheSameBytesForAnyNumberOfThreads) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = crowd(*build_random_territory(dice).territory, 300, 9, dice);  // several blocks
    const ExposureQuery query = build_random_query(*territory, dice);
    const Ladders ladders(territory, query.service, query.level, kDefaultK);
    const People people(territory->parts(), query.limit);
    const SingleClosures one = find_single_closures(ladders, people, {1, nullptr}), four = find_single_closures(ladders, people, {4, nullptr});
    ASSERT_EQ(one.row_of, four.row_of);
    ASSERT_EQ(one.changes.size(), four.changes.size());
    for (std::size_t i = 0; i < one.changes.size(); ++i) {
      const Change &a = one.changes[i], &b = four.changes[i];
      const double x[] = {a.states.choice, a.states.counter_reliant, a.states.stranded, a.unreachable, a.person_ms, a.moved};
      const double y[] = {b.states.choice, b.states.counter_reliant, b.states.stranded, b.unreachable, b.person_ms, b.moved};
      ASSERT_EQ(std::memcmp(x, y, sizeof x), 0);
      ASSERT_EQ(a.n_places, b.n_places);
      ASSERT_EQ(a.worst.place, b.worst.place);
    }
  }, 20);
}

}  // namespace
}  // namespace maillage::test
