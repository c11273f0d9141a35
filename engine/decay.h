// How reach fades with travel time: the share of people for whom a counter so far away is within reach.
//
//   step         1 up to the limit, 0 beyond
//   steps        a share up to each of several times, 0 beyond the last
//   exponential  exp(-ln 2 t / half-life)
//   logistic     1 / (1 + exp((t - t50) / s))
//
// What cannot be reached is within nobody's reach.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "engine/units.h"

namespace maillage {

struct Decay {
  enum class Form : std::uint8_t { step, steps, exponential, logistic };
  struct Step {
    Duration until;  // included
    double share;
  };

  Form form = Form::step;
  std::vector<Step> steps;  // times ascending, shares descending
  double half_ms = 1;       // exponential: half-life; logistic: t50
  double scale_ms = 1;      // logistic: s

  double find_reach(Duration time, Duration limit) const {
    if (form == Form::step) return is_within(time, limit) ? 1.0 : 0.0;
    if (!time.is_reachable()) return 0;
    if (form == Form::exponential) return std::exp(-std::numbers::ln2 * time.ms / half_ms);
    if (form == Form::logistic) return 1 / (1 + std::exp((time.ms - half_ms) / scale_ms));
    for (const Step& step : steps)
      if (time <= step.until) return step.share;
    return 0;
  }
};

}  // namespace maillage
