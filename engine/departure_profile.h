// When to leave and when one arrives: the journeys of one pair worth taking, and what they say about a
// window of departures.
//
//   journeys   (departure, arrival), both falling: each leaves before the one in front of it and arrives before it too
//   walking    a way on foot, which can begin at any instant
//
// Somebody who wants to leave at t takes the first journey that leaves at t or later, or walks: the travel
// time counts from t, so the waiting before a departure is part of it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/timetable.h"

namespace maillage {

struct Journey {
  ClockTime departure;
  ClockTime arrival;
  friend bool operator==(const Journey&, const Journey&) = default;
};

// The instants at which people may want to leave: begin, begin + step, ... before end.
struct DepartureWindow {
  ClockTime begin = 0;
  ClockTime end = 1;
  ClockTime step = 1;

  std::int64_t n_instants() const { return (std::int64_t{end} - begin + step - 1) / step; }
};

class DepartureProfile {
 public:
  // Journeys leave in falling order of departures; those that leave no earlier and arrive no later than
  // another one make it useless. `walking`: seconds on foot, kNever when too far.
  void clear(ClockTime walking) {
    journeys_.clear();
    walking_ = walking;
  }
  // Adds a journey that leaves no later than those before it; ignored unless it arrives earlier.
  void add(const Journey& journey) {
    if (!journeys_.empty()) {
      if (journey.arrival >= journeys_.back().arrival) return;
      if (journeys_.back().departure == journey.departure) journeys_.pop_back();
    }
    journeys_.push_back(journey);
  }
  std::span<const Journey> journeys() const { return journeys_; }
  ClockTime walking() const { return walking_; }

  // Seconds from `t` to the arrival, by whatever is fastest; kNever when nothing goes within `longest`.
  ClockTime find_travel_time(ClockTime t, ClockTime longest) const;

  // For each percentile (0 < p <= 100) the smallest travel time that p % of the instants do not exceed, by the
  // nearest rank: sorted[ceil(p / 100 n) - 1]. Exact over all instants of the window, without looking at each.
  void find_percentiles(const DepartureWindow& window, ClockTime longest, std::span<const double> percentiles,
                        std::span<ClockTime> out) const;

  // Instants of the window from which nothing goes within `longest`.
  std::int64_t count_unreached(const DepartureWindow& window, ClockTime longest) const;

 private:
  // Instants of the window by how long they travel: each run has times first, first + step, ... (n of them), and
  // `n_walking` instants walk.
  struct Run {
    std::int64_t first, n;
  };
  struct Runs {
    std::vector<Run> rides;
    std::int64_t n_walking = 0;
  };
  Runs find_runs(const DepartureWindow& window, ClockTime longest) const;

  std::vector<Journey> journeys_;
  ClockTime walking_ = kNever;
};

// The same by looking at every instant: slow and obvious.
std::vector<ClockTime> find_percentiles_exhaustively(const DepartureProfile& profile, const DepartureWindow& window,
                                                     ClockTime longest, std::span<const double> percentiles);

}  // namespace maillage
