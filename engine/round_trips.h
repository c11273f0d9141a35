// There and back: from a place to a counter and home again, by one and the same mode.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "engine/parallel.h"
#include "engine/territory.h"

namespace maillage {

// Whose trips for what, and how they are found.
struct RoundTripQuery {
  NearestQuery nearest;     // the question that gave the pairs: their counters offer its service
  bool exhaustive = false;  // plain searches for every pair
};

// The least time there and back of each pair, by the best single mode of the person class; unreachable
// where no mode does both. Most times are read off the lists to and from the counters; a pair that no
// list holds is asked of the hierarchy, unless what the lists leave possible could not be the best.
std::vector<Duration> find_round_trips(const Territory& territory, const RoundTripQuery& query,
                                       std::span<const std::pair<PlaceId, CounterId>> pairs, const Context& context = {});

}  // namespace maillage
