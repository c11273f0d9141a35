// There and back by looking at every second of the day, on the time-expanded graph: slow and obvious. It stays in
// the product as what `find_trip` and `find_presence` are held equal to (`exhaustive`).
#pragma once

#include <span>
#include <vector>

#include "engine/transit_trips.h"

namespace maillage {

// One home and one counter.
struct PlainPair {
  std::span<const TripCall> calls;
  std::size_t n_stops;
  const Ragged<StopWalk>& changes;
  std::span<const StopWalk> home_to_stops, stops_to_counter;  // the way there
  std::span<const StopWalk> counter_to_stops, stops_to_home;  // the way back
  ClockTime walk_there = kNever, walk_back = kNever;
  std::span<const OpenSpan> open;
  VisitRules rules;
  RideOptions rides;  // longest, max_rides, wait; the window is not looked at
};

struct PlainTrip {
  NoTrip reason = NoTrip::kClosed;
  ClockTime time_away = kNever, latest_start = kNever, earliest_return = kNever;
  std::vector<OpenSpan> presence;
};

PlainTrip find_trip_exhaustively(const PlainPair& pair);

}  // namespace maillage
