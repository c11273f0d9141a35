// Ragged rows and dense matrices.
#include "engine/csr.h"

#include <gtest/gtest.h>

#include <string>

namespace maillage {
namespace {

template <class T>
std::vector<T> to_vector(std::span<const T> row) {
  return {row.begin(), row.end()};
}

TEST(Ragged, BeginsWithoutRows) {
  const Ragged<int> rows;
  EXPECT_EQ(rows.n_rows(), 0u);
}

TEST(Ragged, KeepsRowsOfAnyLength) {
  Ragged<int> rows;
  rows.push_row({1, 2, 3});
  rows.push_row({});
  const std::vector<int> four{4};
  rows.push_row(four);
  ASSERT_EQ(rows.n_rows(), 3u);
  EXPECT_EQ(to_vector(rows[0]), (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(rows[1].empty());
  EXPECT_EQ(to_vector(rows[2]), (std::vector<int>{4}));
}

TEST(Ragged, GroupsPairsAndKeepsTheirOrder) {
  const std::vector<std::pair<std::uint32_t, char>> pairs{{2, 'c'}, {0, 'a'}, {2, 'a'}, {3, 'z'}, {2, 'b'}};
  const auto rows = build_ragged<char>(5, pairs);
  ASSERT_EQ(rows.n_rows(), 5u);
  EXPECT_EQ(to_vector(rows[0]), std::vector<char>{'a'});
  EXPECT_TRUE(rows[1].empty());
  EXPECT_EQ(to_vector(rows[2]), (std::vector<char>{'c', 'a', 'b'}));
  EXPECT_EQ(to_vector(rows[3]), std::vector<char>{'z'});
  EXPECT_TRUE(rows[4].empty());
}

TEST(Ragged, GroupsNothing) {
  EXPECT_EQ(build_ragged<int>(0, {}).n_rows(), 0u);
  const auto rows = build_ragged<int>(2, {});
  EXPECT_EQ(rows.n_rows(), 2u);
  EXPECT_TRUE(rows[0].empty());
  EXPECT_TRUE(rows[1].empty());
}

TEST(Matrix, StandsInRowOrder) {
  Matrix<int> m(2, 3, 7);
  m(0, 2) = 1;
  m(1, 0) = 2;
  EXPECT_EQ(m.values, (std::vector<int>{7, 7, 1, 2, 7, 7}));
  EXPECT_EQ(to_vector(m.row(1)), (std::vector<int>{2, 7, 7}));
}

}  // namespace
}  // namespace maillage
