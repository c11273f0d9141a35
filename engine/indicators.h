// How travel times are spread over people: coverage, means, quantiles, inequality, excess.
//
// Every indicator weighs by persons. Unreachable persons have no finite time: they stand beside
// every mean (`unreachable_share`), count as beyond every limit and line, and come last in quantiles.
#pragma once

#include <span>
#include <vector>

#include "engine/exposure.h"
#include "engine/parallel.h"
#include "engine/units.h"

namespace maillage {

struct WeightedTime {
  Duration time;
  double persons = 0;
};

// Minutes; NaN where nothing is defined (nobody there, or the quantile is unreachable).
struct TimeSummary {
  double mean, median, p90, max;  // mean and max over reachable persons; quantiles over all
  double unreachable_share;       // of persons
  double gini;                    // of minutes, over reachable persons; 0 = equal
  double fgt0, fgt1, fgt2;        // beyond the line: share of all persons; mean and squared relative excess over the reachable
  std::vector<double> coverage;   // per limit: share of all persons at or below it
};

struct SummaryOptions {
  Duration line;                     // for FGT: a time above it is in excess
  std::span<const Duration> limits;  // for coverage
};

// Summary of weighted times; sorts them. Quantile q: the smallest time such that at least q of all
// persons are at or below it. Gini by the covariance form on sorted times. FGT: Foster, Greer,
// Thorbecke (1984) with (t - line) / line as the excess of a burden.
TimeSummary summarize_times(std::span<WeightedTime> times, const SummaryOptions& options);

// One summary a row of `grouping`, over car and no-car persons at their own nearest counter.
std::vector<TimeSummary> summarize_exposure(const Exposure& exposure, const Grouping& grouping,
                                            const SummaryOptions& options, const Context& context = {});

}  // namespace maillage
