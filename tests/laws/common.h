// What the tests of laws share: exposures and tables of a territory, compared bit by bit or nearly.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/delta.h"
#include "engine/exposure.h"
#include "engine/indicators.h"
#include "engine/scenario.h"
#include "tests/support/print.h"
#include "tests/support/random_territory.h"
#include "tests/support/territories.h"

namespace maillage::test {

// Everything that one question about a territory gives, as one list of numbers.
inline std::vector<double> build_results(const std::shared_ptr<const Territory>& territory, const ExposureQuery& query,
                                         const std::vector<std::int32_t>& rows, std::size_t n_rows, const Context& context = {}) {
  const Exposure exposure = build_exposure(territory, query, context);
  std::vector<double> out;
  const std::vector<Duration> limits{{0}, {120000}, query.limit};
  for (const bool by_group : {false, true}) {
    const Grouping grouping{rows, n_rows, by_group};
    for (const States& s : sum_states(exposure, grouping, context))
      out.insert(out.end(), {s.choice, s.counter_reliant, s.digital_only, s.assisted_only, s.stranded});
    for (double persons : sum_persons(exposure, grouping)) out.push_back(persons);
    for (const TimeSummary& t : summarize_exposure(exposure, grouping, {query.limit, limits}, context)) {
      out.insert(out.end(), {t.mean, t.median, t.p90, t.max, t.unreachable_share, t.gini, t.fgt0, t.fgt1, t.fgt2});
      out.insert(out.end(), t.coverage.begin(), t.coverage.end());
    }
  }
  for (const auto* labels : {&exposure.car, &exposure.no_car})
    for (const auto& of_class : *labels)
      for (const Label& l : of_class) out.insert(out.end(), {static_cast<double>(l.time.ms), static_cast<double>(l.counter.v)});
  return out;
}

// Bit for bit, NaN included.
inline bool is_identical(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

inline bool is_near(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

}  // namespace maillage::test
