// Counters (guichets): desks where a human serves people, with the services they offer.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/units.h"

namespace maillage {

struct Counters {
  std::vector<LatLon> point;       // n_counters
  std::vector<std::uint8_t> open;  // n_counters: 0 = closed; its row stays so that it can open again
  Matrix<std::uint8_t> level;      // n_counters x n_services: 0 = not offered, 1 = first help, 2 = expert desk
  std::vector<std::int32_t> area;  // n_counters: area for the zero-inside convention, -1 = none; or empty

  std::size_t n_counters() const { return point.size(); }
  bool offers(CounterId c, ServiceId s, int least_level) const {
    return open[c.v] && level(c.v, s.v) >= least_level;
  }
};

}  // namespace maillage
