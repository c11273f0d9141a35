// The states of an exposure for many draws of its parameters, from the one search that found its counters.
//
// A draw multiplies speeds by one factor for trips by car and one for trips without: an order of counters
// by time holds within a class, so the nearest stays the nearest and only its time changes. Where the
// car class goes on foot, its trip takes the factor of the car: walks that beat the car are short.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/csr.h"
#include "engine/exposure.h"
#include "engine/parallel.h"

namespace maillage {

// Parameters of n draws.
struct ParameterDraws {
  std::uint64_t seed = 0;
  std::vector<double> car_speed, no_car_speed;  // n: factors on speed
  std::vector<double> shift;                    // n: connectivity shift
  Matrix<double> p_b, p_c;                      // n x n_groups
  double population_error = 0;                  // relative standard error of a place's persons, log-normal, mean 1
  std::vector<std::uint64_t> place_stream;      // n_places: whose error, apart from where it stands

  std::size_t size() const { return car_speed.size(); }
};

// n_draws x (n_rows (x n_groups)) sums, as `sum_states` adds them: with factors of 1, no population error and the
// abilities as they are, a draw is the exposure to the bit. Where abilities are those of places, a draw multiplies
// their odds as it does those of the group. Parallel over draws.
std::vector<std::vector<States>> draw_states(const Exposure& exposure, const Grouping& grouping, const ParameterDraws& draws,
                                             const Context& context = {});

}  // namespace maillage
