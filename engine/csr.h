// Ragged rows: values of row i stand together at [offset[i], offset[i + 1]).
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/buffer.h"

namespace maillage {

template <class T>
struct Ragged {
  Buffer<std::uint32_t> offset{0};
  Buffer<T> values;

  std::size_t n_rows() const { return offset.size() - 1; }
  std::span<const T> operator[](std::size_t row) const {
    return {values.data() + offset[row], values.data() + offset[row + 1]};
  }
  void push_row(std::span<const T> row) {
    values.insert(values.end(), row.begin(), row.end());
    offset.push_back(static_cast<std::uint32_t>(values.size()));
  }
  void push_row(std::initializer_list<T> row) { push_row(std::span<const T>(row.begin(), row.size())); }
};

// Groups (row, value) pairs by row, keeping the order of the pairs inside a row. O(rows + pairs).
template <class T>
Ragged<T> build_ragged(std::size_t n_rows, std::span<const std::pair<std::uint32_t, T>> pairs) {
  std::vector<std::uint32_t> offset(n_rows + 1, 0);
  for (const auto& [row, value] : pairs) ++offset[row + 1];
  for (std::size_t i = 0; i < n_rows; ++i) offset[i + 1] += offset[i];
  std::vector<std::uint32_t> next(offset.begin(), offset.end() - 1);
  std::vector<T> values(pairs.size());
  for (const auto& [row, value] : pairs) values[next[row]++] = value;
  return {std::move(offset), std::move(values)};
}

// A dense matrix in row order.
template <class T>
struct Matrix {
  std::size_t n_rows = 0;
  std::size_t n_columns = 0;
  Buffer<T> values;

  Matrix() = default;
  Matrix(std::size_t rows, std::size_t columns, T value = T())
      : n_rows(rows), n_columns(columns), values(rows * columns, value) {}
  T& operator()(std::size_t row, std::size_t column) { return values[row * n_columns + column]; }
  const T& operator()(std::size_t row, std::size_t column) const { return values[row * n_columns + column]; }
  std::span<const T> row(std::size_t i) const { return {values.data() + i * n_columns, n_columns}; }
};

}  // namespace maillage
