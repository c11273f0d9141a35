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

 private:
  std::vector<Journey> journeys_;
  ClockTime walking_ = kNever;
};

// Reads profiles over one window. Exact over all its instants, without looking at each. Keeps its memory; not shared
// between threads.
class WindowReader {
 public:
  // `percentiles`: 0 < p <= 100. `longest`: longer travel times are none.
  WindowReader(const DepartureWindow& window, ClockTime longest, std::vector<double> percentiles);

  // For each percentile the smallest travel time that p % of the instants do not exceed, by the nearest rank:
  // sorted[ceil(p / 100 n) - 1]; kNever where that instant reaches nothing. Returns the number of instants from
  // which nothing goes.
  std::int64_t read(const DepartureProfile& profile, std::span<ClockTime> out);

 private:
  // Instants whose travel times are first, first + step, ... (n of them).
  struct Run {
    std::int64_t first, n;
  };
  // The function `count` rises by a slope more from here on, or less.
  struct Bend {
    std::int64_t time, slope;
  };

  void find_runs(const DepartureProfile& profile);
  std::int64_t count(std::int64_t time) const;
  void look_up(std::span<ClockTime> out);
  void search(std::span<ClockTime> out) const;
  ClockTime find_along_bends(std::int64_t rank) const;

  DepartureWindow window_;
  ClockTime longest_;
  std::vector<std::int64_t> ranks_;  // of the percentiles
  std::vector<Run> runs_;            // of the profile that is read: those who ride
  std::int64_t n_walking_ = 0;
  std::int64_t n_reached_ = 0;
  ClockTime walking_ = kNever;
  std::vector<Bend> bends_;
};

// The same by looking at every instant: slow and obvious.
std::vector<ClockTime> find_percentiles_exhaustively(const DepartureProfile& profile, const DepartureWindow& window,
                                                     ClockTime longest, std::span<const double> percentiles);

}  // namespace maillage
