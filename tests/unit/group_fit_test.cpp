// Tables fitted to margins: by hand, on random ones, and where margins contradict each other.
#include "engine/group_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/dice.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

// Two ages x two diplomas: cells young/none, young/some, old/none, old/some.
const std::vector<std::uint32_t> kAge{0, 0, 1, 1}, kDiploma{0, 1, 0, 1};

Margin build_margin(std::vector<std::uint32_t> category, std::vector<std::vector<double>> rows) {
  Matrix<double> persons(rows.size(), rows.front().size());
  for (std::size_t p = 0; p < rows.size(); ++p)
    for (std::size_t k = 0; k < rows[p].size(); ++k) persons(p, k) = rows[p][k];
  return {std::move(category), persons};
}

GroupFit fit(std::vector<double> seed, const std::vector<Margin>& margins) {
  Matrix<double> seeds(1, seed.size());
  seeds.values = seed;
  const std::vector<std::uint32_t> seed_of_place(margins.front().persons.n_rows, 0);
  return fit_groups(seeds, seed_of_place, margins);
}

TEST(GroupFit, AnIndependentSeedGivesTheProductOfTheMargins) {
  const GroupFit found = fit({1, 1, 1, 1}, {build_margin(kAge, {{30, 10}}), build_margin(kDiploma, {{8, 32}})});
  const std::vector<double> expected{6, 24, 2, 8};
  for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(found.persons(0, c), expected[c], 1e-9);
  EXPECT_LT(found.distance[0], 1e-7);
  EXPECT_EQ(found.total_gap[0], 0);
}

TEST(GroupFit, ATableWithTheMarginsOfItsSeedIsTheSeed) {
  const GroupFit found = fit({5, 1, 2, 9}, {build_margin(kAge, {{6, 11}}), build_margin(kDiploma, {{7, 10}})});
  const std::vector<double> expected{5, 1, 2, 9};
  for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(found.persons(0, c), expected[c], 1e-12);
  EXPECT_EQ(found.rounds[0], 1u);
}

TEST(GroupFit, TheFirstMarginSetsTheTotal) {
  const GroupFit found = fit({1, 1, 1, 1}, {build_margin(kAge, {{30, 10}}), build_margin(kDiploma, {{4, 16}})});
  EXPECT_NEAR(found.persons(0, 0) + found.persons(0, 2), 8, 1e-9);
  EXPECT_DOUBLE_EQ(found.total_gap[0], 20);
}

TEST(GroupFit, CellsThatAreZeroStayZero) {
  const GroupFit found = fit({0, 3, 2, 5}, {build_margin(kAge, {{4, 6}}), build_margin(kDiploma, {{3, 7}})});
  EXPECT_EQ(found.persons(0, 0), 0);
  EXPECT_NEAR(found.persons(0, 1), 4, 1e-8);
  EXPECT_NEAR(found.persons(0, 2), 3, 1e-8);
  EXPECT_NEAR(found.persons(0, 3), 3, 1e-8);
}

TEST(GroupFit, PersonsOfExcludedCategoriesGoToTheOthers) {
  const GroupFit found = fit({1, 1, 0, 0}, {build_margin(kAge, {{30, 10}}), build_margin(kDiploma, {{8, 32}})});
  EXPECT_DOUBLE_EQ(found.excluded[0], 10);
  EXPECT_NEAR(found.persons(0, 0) + found.persons(0, 1), 40, 1e-9);
}

TEST(GroupFit, UnknownMarginsAreLeftAside) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const GroupFit found = fit({1, 3, 1, 1}, {build_margin(kAge, {{nan, 10}, {nan, nan}, {0, 0}}),
                                            build_margin(kDiploma, {{8, 32}, {nan, 1}, {0, 0}})});
  EXPECT_NEAR(found.persons(0, 0), 4, 1e-9);
  EXPECT_NEAR(found.persons(0, 1), 24, 1e-9);
  EXPECT_TRUE(std::isnan(found.persons(1, 0)));
  EXPECT_EQ(found.persons(2, 3), 0);
}

TEST(GroupFit, MeetsRandomMarginsForAnyNumberOfThreads) {
  for_each_seed([](std::uint64_t number) {
    Dice dice(number);
    const int n_a = dice.between(1, 4), n_b = dice.between(1, 4), n_places = dice.between(1, 600);
    const auto n_cells = static_cast<std::size_t>(n_a * n_b);
    std::vector<std::uint32_t> a, b;
    Matrix<double> seeds(1, n_cells);
    for (std::size_t c = 0; c < n_cells; ++c) {
      a.push_back(static_cast<std::uint32_t>(c) % static_cast<std::uint32_t>(n_a));
      b.push_back(static_cast<std::uint32_t>(c) / static_cast<std::uint32_t>(n_a));
      seeds(0, c) = dice.between(1, 50);
    }
    // margins of a table that exists
    Margin by_a{a, Matrix<double>(n_places, n_a)}, by_b{b, Matrix<double>(n_places, n_b)};
    for (int p = 0; p < n_places; ++p)
      for (std::size_t c = 0; c < n_cells; ++c) {
        const double persons = dice.between(0, 9);
        by_a.persons(p, a[c]) += persons;
        by_b.persons(p, b[c]) += persons;
      }
    const std::vector<std::uint32_t> seed_of_place(n_places, 0);
    const std::vector<Margin> margins{by_a, by_b};
    const GroupFit one = fit_groups(seeds, seed_of_place, margins, {}, {1, nullptr});
    const GroupFit two = fit_groups(seeds, seed_of_place, margins, {}, {2, nullptr});
    ASSERT_EQ(one.persons.values, two.persons.values);
    for (int p = 0; p < n_places; ++p)
      for (const Margin& m : margins)
        for (std::size_t k = 0; k < m.persons.n_columns; ++k) {
          double found = 0;
          for (std::size_t c = 0; c < n_cells; ++c) found += m.category_of_cell[c] == k ? one.persons(p, c) : 0;
          ASSERT_NEAR(found, m.persons(p, k), 1e-6);
        }
  }, 4);
}

}  // namespace
}  // namespace maillage::test
