// How the travel times of an exposure are spread over people, row by row of a table.
//
// Every indicator weighs by persons. Unreachable persons have no finite time: they stand beside
// every mean (`unreachable_share`), count as beyond every limit and line, and come last in quantiles.
// Formulas: `equity`.
#pragma once

#include <span>
#include <vector>

#include "engine/equity.h"
#include "engine/exposure.h"
#include "engine/parallel.h"
#include "engine/units.h"

namespace maillage {

// Minutes; NaN where nothing is defined (nobody there, or the quantile is unreachable).
struct TimeSummary {
  double mean, median, p90, max;  // mean and max over reachable persons; quantiles over all
  double unreachable_share;       // of persons
  double gini;                    // of minutes, over reachable persons; 0 = equal
  double fgt0, fgt1, fgt2;        // beyond the line: share of all persons; mean and squared relative excess over the reachable
  std::vector<double> coverage;   // per limit: share of all persons at or below it
};

struct SummaryOptions {
  Duration line;                       // for FGT: a time above it is in excess
  std::span<const Duration> limits;    // for coverage
};

// Summary of travel times in minutes (infinite = unreachable); sorts them. Quantile q: the smallest time such
// that at least q of all persons are at or below it.
TimeSummary summarize_times(std::span<Burden> times, const SummaryOptions& options);

// One summary a row of `grouping`, over car and no-car persons at their own nearest counter.
std::vector<TimeSummary> summarize_exposure(const Exposure& exposure, const Grouping& grouping,
                                            const SummaryOptions& options, const Context& context = {});

// Inequality, row by row in the same way: for those who ask for it, as it takes exponentials and logarithms.
std::vector<Equity> find_exposure_equity(const Exposure& exposure, const Grouping& grouping, const EquityOptions& options,
                                         const Context& context = {});

}  // namespace maillage
