// The timetable of one day: trips of public transport, ready to be ridden.
//
// Trips with the same stops in the same order, where people may get on and off at the same ones, form a
// line ("route" in RAPTOR) as long as none overtakes another; one that does goes into a line of its own.
// So the trips of a line are ordered at every stop alike, and the first one that can be caught is the
// best one to catch.
//
//   line l       stops   s0  s1  s2 ...            calls_of(l), flags may_board / may_alight
//                trips   t0  t1 ...                trips_of(l), ordered in time
//   departures   by position, then trip            to find the first trip at a stop
//   arrivals     by trip, then position            to ride on
//
// Times are whole seconds of the day, which may lie beyond 24 hours. Memory: 8 bytes a call, 9 bytes a call
// of a line, 8 a trip.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/id.h"

namespace maillage {

using StopId = Id<struct StopTag>;
using TripId = Id<struct TripTag>;
using LineId = Id<struct LineTag>;

// Seconds after the midnight that a timetable counts from.
using ClockTime = std::int32_t;
inline constexpr ClockTime kNever = std::numeric_limits<ClockTime>::max();

// One stop of one trip.
struct TripCall {
  TripId trip;
  StopId stop;
  ClockTime arrival = 0;
  ClockTime departure = 0;
  bool may_board = true;
  bool may_alight = true;
};

// Where a line calls at a stop.
struct LineCall {
  LineId line;
  std::uint32_t position;
};

class Timetable {
 public:
  // `calls` stand by trip and, in it, in the order of travel, times never going back. Throws InputError otherwise.
  static Timetable build(std::size_t n_stops, std::size_t n_trips, std::span<const TripCall> calls);

  // The same day backwards: trips run from their last stop to their first, and every time is its negative.
  // A search forward in it is a search backward in time. Boarding takes `wait` seconds at the real stop, so
  // that searches in the reversed timetable need no waiting of their own.
  Timetable reverse(ClockTime wait) const;

  std::size_t n_stops() const { return lines_at_.n_rows(); }
  std::size_t n_trips() const { return trips_.size(); }
  std::size_t n_lines() const { return line_.size(); }
  std::size_t n_calls() const { return departures_.size(); }
  std::size_t n_bytes() const;

  std::size_t n_positions(LineId l) const { return line_[l.v].n_positions; }
  std::size_t n_trips_of(LineId l) const { return line_[l.v].n_trips; }
  StopId stop(LineId l, std::size_t position) const { return stops_[line_[l.v].first_call + position]; }
  bool may_board(LineId l, std::size_t position) const { return flags_[line_[l.v].first_call + position] & kBoard; }
  bool may_alight(LineId l, std::size_t position) const { return flags_[line_[l.v].first_call + position] & kAlight; }
  // A trip by its number within the line; `trip` names it as it was given.
  TripId trip(LineId l, std::size_t t) const { return trips_[line_[l.v].first_trip + t]; }
  std::size_t row(LineId l, std::size_t t) const { return line_[l.v].first_trip + t; }  // among all trips
  ClockTime departure(LineId l, std::size_t position, std::size_t t) const {
    return departures_[line_[l.v].first_time + position * line_[l.v].n_trips + t];
  }
  ClockTime arrival(LineId l, std::size_t position, std::size_t t) const {
    return arrivals_[line_[l.v].first_time + t * line_[l.v].n_positions + position];
  }
  // Arrivals of a trip by position.
  const ClockTime* arrivals(LineId l, std::size_t t) const { return arrivals_.data() + line_[l.v].first_time + t * line_[l.v].n_positions; }
  const StopId* stops(LineId l) const { return stops_.data() + line_[l.v].first_call; }

  // The first trip that leaves a position at `earliest` or later; n_trips_of(l) when there is none.
  std::size_t find_trip(LineId l, std::size_t position, ClockTime earliest) const;

  // Where lines call at a stop, except at the last position.
  std::span<const LineCall> lines_at(StopId s) const { return lines_at_[s.v]; }
  std::size_t first_call_at(StopId s) const { return lines_at_.offset[s.v]; }  // of `lines_at`, among those of all stops
  std::size_t n_calls_at_stops() const { return lines_at_.values.size(); }

 private:
  static constexpr std::uint8_t kBoard = 1, kAlight = 2;
  struct Line {
    std::uint32_t first_call, n_positions, first_trip, n_trips;
    std::uint64_t first_time;
  };
  friend class TimetableBuilder;

  std::vector<Line> line_;
  std::vector<StopId> stops_;        // line x position
  std::vector<std::uint8_t> flags_;  // line x position
  std::vector<TripId> trips_;        // line x trip
  std::vector<ClockTime> departures_, arrivals_;
  Ragged<LineCall> lines_at_;
};

}  // namespace maillage
