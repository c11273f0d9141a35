// Runs a test on many random territories.
//
// MAILLAGE_TEST_TERRITORIES says how many (default 200); MAILLAGE_TEST_SEED runs one seed alone, to
// look at a failure again.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace maillage::test {

inline std::uint64_t find_n_territories() {
  const char* text = std::getenv("MAILLAGE_TEST_TERRITORIES");
  return text ? std::strtoull(text, nullptr, 10) : 200;
}

// Calls `check(seed)` for seeds 1 .. n / every, and stops at the first that fails, naming it. Dear
// tests look at every fifth or tenth territory only.
template <class Check>
void for_each_seed(Check&& check, std::uint64_t every = 1) {
  if (const char* one = std::getenv("MAILLAGE_TEST_SEED")) {
    check(std::strtoull(one, nullptr, 10));
    return;
  }
  const std::uint64_t n = (find_n_territories() + every - 1) / every;
  ASSERT_GT(n, 0u) << "MAILLAGE_TEST_TERRITORIES asks for none";
  for (std::uint64_t seed = 1; seed <= n; ++seed) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, "MAILLAGE_TEST_SEED=" + std::to_string(seed));
    check(seed);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace maillage::test
