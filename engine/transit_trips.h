// There and back by public transport and on foot, with a visit inside the opening hours of a counter.
//
//   home ──journey──▶ counter ──waiting──▶ visit of `dwell`, within one open span ──waiting──▶ journey ──▶ home
//   leave             arrive                                                        leave_counter          home
//
// Searches start at the points of one side (the fewer) and answer for all of the other: ways there run
// backwards in time where they start at counters, ways back where they start at homes. Each pair then has
// the journeys worth taking both ways, and what is best follows from them, exactly, without looking at instants.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/transit_times.h"

namespace maillage {

// [begin, end): when a counter is open, seconds of the day.
struct OpenSpan {
  ClockTime begin;
  ClockTime end;
  friend bool operator==(const OpenSpan&, const OpenSpan&) = default;
};

// What people need and bear; in seconds.
struct VisitRules {
  ClockTime dwell = 1800;          // a visit, within one open span; at least 1
  ClockTime earliest = 0;          // nobody leaves home before
  ClockTime latest = 24 * 3600;    // everybody is home by then
  ClockTime longest_away = kNever; // from leaving home to being home again
};

// Why there is no trip: the first of these that holds.
enum class NoTrip : std::uint8_t {
  kNone,          // there is one
  kClosed,        // the counter does not open
  kVisitTooLong,  // no open span is as long as the visit, between `earliest` and `latest`
  kNoWayThere,    // nothing arrives in time for a visit
  kNoWayBack,     // nothing leaves for home after the first visit that the opening hours allow
  kNoTime,        // each way exists, and no visit fits between them
  kAwayTooLong,   // only with more time away than `longest_away`
};

// The trip with the least time away; among those, the one with the least waiting, then the first to leave.
struct TransitTrip {
  NoTrip reason = NoTrip::kNone;
  ClockTime leave = kNever, arrive = kNever, leave_counter = kNever, home = kNever;
  ClockTime latest_start = kNever;     // the last instant to leave home for any trip that works
  ClockTime earliest_return = kNever;  // the first instant to be home from any trip that works
};

// The ways between a home and a counter in one direction: journeys worth taking, both departures and arrivals
// rising; and seconds on foot, kNever when too far.
struct Ways {
  std::span<const Journey> journeys;
  ClockTime walking = kNever;
};

TransitTrip find_trip(const Ways& there, const Ways& back, std::span<const OpenSpan> open, const VisitRules& rules);

// When somebody can be at the counter: the instants of all visits, of `dwell` or longer, that some trip allows.
// Spans rise and stand apart within an open span. Writes into `out`.
void find_presence(const Ways& there, const Ways& back, std::span<const OpenSpan> open, const VisitRules& rules, std::vector<OpenSpan>& out);

// What is asked: searches start at `n_starts` points and answer for `n_others` points.
struct TripSearch {
  const RideNetwork& forward;   // the timetable
  const RideNetwork& backward;  // the same, backwards in time (`Timetable::reverse`)
  TransitWalks from_starts;     // for `forward`: start -> stops, stop -> others, start -> others
  TransitWalks to_starts;       // for `backward`, the same seen backwards: ways on foot that end at starts
  std::size_t n_others = 0;
  bool starts_are_counters = true;
  const Ragged<OpenSpan>& open;  // a row a counter; spans rise
  VisitRules rules;
  ClockTime longest = 7200;      // longest travel time one way, waiting at the counter left out
  int max_rides = 4;
  ClockTime wait = 0;            // for `forward`; `backward` has it in it
  bool with_presence = false;
};

struct TripTable {
  Matrix<TransitTrip> trips;   // n_homes x n_counters
  Ragged<OpenSpan> presence;   // n_homes x n_counters rows, where it is asked for
};

TripTable find_transit_trips(const TripSearch& search, const Context& context = {});

}  // namespace maillage
