// The earliest arrival at every stop for one instant of departure: Dijkstra's algorithm on the graph of
// (stop, rides so far, walked or not), with every departure an arc. Slow and obvious; it stays in the
// product as what the range search is held equal to (`exhaustive`).
#pragma once

#include <span>
#include <vector>

#include "engine/raptor.h"
#include "engine/timetable.h"

namespace maillage {

// n_stops: earliest arrival by a ride when leaving the point at `departure`; kNever when none arrives within
// the longest travel time. `options.window` is not looked at.
std::vector<ClockTime> find_arrivals_exhaustively(std::span<const TripCall> calls, std::size_t n_stops, const Ragged<StopWalk>& changes,
                                                  std::span<const StopWalk> access, ClockTime departure, const RideOptions& options);

}  // namespace maillage
