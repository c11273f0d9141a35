// How a burden (minutes of travel) is spread over people: means, quantiles, inequality, excess over a line.
//
// Everything weighs by persons. Unreachable persons (an infinite burden) have no finite time: they stand
// beside every mean, count as beyond every line, and come last in quantiles.
//
//   Gini          covariance form on sorted burdens; 0 = equal
//   Theil         T = mean of (z / mean) ln(z / mean); 0 ln 0 = 0 (Theil 1967); within groups and between
//   Palma         burden of the tenth of the people who bear most, over that of the four tenths who bear least
//   P90 / P10     of the quantiles
//   FGT           Foster, Greer, Thorbecke (1984), with (z - line) / line as the excess of a burden
//   EDE           Kolm-Pollak: the burden that, borne by all alike, would be as bad: -(1/k) ln mean exp(-k z), with
//                 k = epsilon sum(z) / sum(z^2) (Logan et al. 2021; Sheriff and Maguire 2020); epsilon < 0 for
//                 burdens: -0.5 mild, -1 usual, -2 strong aversion; 0 is the mean. The index is EDE - mean.
//   concentration twice the covariance of burden and rank by a standard of living, over the mean; negative where
//                 the poor bear more (Kakwani 1980)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace maillage {

struct Burden {
  double value;  // minutes >= 0; infinite = unreachable
  double persons = 0;
};

// Orders burdens as the functions below expect them: by value, then by persons.
void sort_burdens(std::span<Burden> burdens);

// Persons and their burdens, summed in order.
struct BurdenSums {
  double persons = 0, reachable = 0;
  double total = 0;  // person-minutes of the reachable

  double mean() const { return total / reachable; }  // NaN when nobody reaches anything
};
BurdenSums sum_burdens(std::span<const Burden> burdens);

// The smallest burden such that at least a share `q` of all persons bear no more; NaN when that one is
// unreachable or nobody lives there.
double find_quantile(std::span<const Burden> sorted, const BurdenSums& sums, double q);

// Of the reachable; NaN when there are none, 0 when nobody bears anything.
double find_gini(std::span<const Burden> sorted, const BurdenSums& sums);
double find_theil(std::span<const Burden> burdens, const BurdenSums& sums);
double find_palma(std::span<const Burden> sorted, const BurdenSums& sums);  // NaN when the four tenths bear nothing
double find_kolm_pollak_ede(std::span<const Burden> burdens, const BurdenSums& sums, double epsilon);

// Beyond a line: fgt0 of all persons, fgt1 and fgt2 the mean (squared) relative excess of the reachable.
struct Excess {
  double fgt0, fgt1, fgt2;
};
Excess find_excess(std::span<const Burden> burdens, const BurdenSums& sums, double line);

// Theil's T in two parts: between groups (as if everybody bore their group's mean) and within them.
struct TheilParts {
  double between, within;
};
TheilParts split_theil(std::span<const Burden> burdens, std::span<const std::int32_t> group, std::size_t n_groups);

// `living[i]` ranks the persons of burdens[i], poorest first; equal ones share their rank. Of the reachable.
double find_concentration(std::span<const Burden> burdens, std::span<const double> living);

// All of it at once.
struct Equity {
  double mean, median, p90, max, unreachable_share;
  double gini, theil, palma, p90_p10, kolm_pollak_ede;
  double fgt0, fgt1, fgt2;
};
struct EquityOptions {
  double line = 20;     // minutes, > 0 for fgt1 and fgt2
  double epsilon = -1;  // aversion to inequality
};
// Sorts the burdens. NaN where nothing is defined.
Equity find_equity(std::span<Burden> burdens, const EquityOptions& options = {});

}  // namespace maillage
