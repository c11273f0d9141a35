// The legs of one journey: which trips to take, where to change, how far to walk.
//
// Departure, arrival and number of rides are known; among the journeys that keep to them the one with the
// least seconds on foot is found, of those with as many the one that is earlier at its changes, then the
// line that stands first in the timetable. Two searches:
//
//   back     rounds in the reversed timetable: the latest time at which each stop still leads there, by the
//            number of rides that are left
//   forward  rounds with labels (time, seconds walked), none of which is both later and longer on foot
//            than another; a label later than the way back allows is dropped, so few remain
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/raptor.h"
#include "engine/timetable.h"

namespace maillage {

// Ways on foot between two points and the stops.
struct PointWays {
  std::span<const StopWalk> access;
  std::span<const StopWalk> egress;
  ClockTime direct = kNever;  // all the way
};

// A trip from one of its calls to a later one.
struct Ride {
  ClockTime walk = 0;  // on foot before it: from the point, or from where the ride before ended
  TripId trip;
  std::uint32_t from = 0, to = 0;  // calls of the trip, from 0
  StopId board, alight;
  ClockTime departure = 0, arrival = 0;
  friend bool operator==(const Ride&, const Ride&) = default;
};

struct Itinerary {
  ClockTime departure = 0, arrival = 0;  // at the points
  std::vector<Ride> rides;
  ClockTime last_walk = 0;  // on foot after the last ride, or all the way
  friend bool operator==(const Itinerary&, const Itinerary&) = default;
};

// Round after round in a timetable, for one instant: the earliest time at every stop after exactly so many rides.
class RoundSearch {
 public:
  RoundSearch(const Timetable& timetable, const Ragged<StopWalk>& changes);

  // From stops at times, arriving nowhere later than `latest`.
  void run(std::span<const StopWalk> starts, std::size_t n_rides, ClockTime latest);

  ClockTime ridden(std::size_t n_rides, StopId s) const { return rides_(n_rides, s.v); }    // the last thing a ride
  ClockTime reached(std::size_t n_rides, StopId s) const { return reached_(n_rides, s.v); }  // or a walk after it

 private:
  void ride_all(std::size_t round, ClockTime latest);
  void ride(const LineCall& call, std::size_t trip, std::size_t round, ClockTime latest);
  void change(std::size_t round);

  const Timetable& timetable_;
  const Ragged<StopWalk>& changes_;
  Matrix<ClockTime> rides_, reached_;  // rides x stops
  std::vector<std::uint32_t> first_ridden_;  // trip -> first position ridden in this round
};

// Searches one after the other between the same two points.
class LegSearch {
 public:
  // `reversed`: the timetable reversed with this wait, and the changes turned; all outlive the search.
  LegSearch(const Timetable& timetable, const Ragged<StopWalk>& changes, const Timetable& reversed,
            const Ragged<StopWalk>& turned, const PointWays& ways, ClockTime wait);

  // A journey with this departure, arrival and number of rides, which must exist.
  Itinerary run(const Journey& journey, std::size_t n_rides);

 private:
  struct Label {
    ClockTime time, walked;
    StopId stop;
    std::uint32_t before;  // label that it goes on from
    ClockTime walk;        // seconds, when it came on foot
    LineId line;           // none when it came on foot
    std::uint32_t trip, from, to;
  };
  // Labels by stop that no other one beats.
  struct Bag {
    std::vector<std::vector<std::uint32_t>> at;
    std::vector<StopId> stops;
    void clear();
  };
  struct Boarding {
    std::uint32_t position;
    ClockTime walked;
  };

  void find_bounds(const Journey& journey, std::size_t n_rides);
  void leave(const Journey& journey, std::size_t n_rides);
  void ride_all(std::size_t n_left);
  void ride(const LineCall& call, std::uint32_t before, std::size_t n_left);
  void change(std::size_t n_left);
  void add(Bag& bag, const Label& label);
  bool beats(const Label& a, const Label& b) const;
  std::uint32_t find_best() const;
  Itinerary unfold(const Journey& journey, std::uint32_t last) const;

  const Timetable& timetable_;
  const Ragged<StopWalk>& changes_;
  PointWays ways_;
  ClockTime wait_;
  RoundSearch back_;
  std::vector<ClockTime> egress_;  // by stop
  std::vector<Label> labels_;
  Bag rode_, reached_;
  std::vector<std::vector<Boarding>> boardings_;  // of a trip in this round
  std::vector<std::size_t> boarded_;              // trips with boardings
};

}  // namespace maillage
