#include "engine/transit_trips_exhaustive.h"

#include <algorithm>

#include "engine/time_expanded.h"

namespace maillage {
namespace {

// The arrival of whoever leaves at each second from `earliest` to `latest`, kNever where nothing arrives.
std::vector<ClockTime> find_arrivals(const PlainPair& pair, std::span<const StopWalk> access, std::span<const StopWalk> egress, ClockTime walking) {
  std::vector<ClockTime> arrivals;
  for (ClockTime t = pair.rules.earliest; t <= pair.rules.latest; ++t) {
    ClockTime best = walking <= pair.rides.longest ? t + walking : kNever;
    const auto at_stops = find_arrivals_exhaustively(pair.calls, pair.n_stops, pair.changes, access, t, pair.rides);
    for (const StopWalk& e : egress)
      if (at_stops[e.stop.v] != kNever && at_stops[e.stop.v] + e.seconds - t <= pair.rides.longest) best = std::min(best, at_stops[e.stop.v] + e.seconds);
    arrivals.push_back(best);
  }
  return arrivals;
}

}  // namespace

PlainTrip find_trip_exhaustively(const PlainPair& pair) {
  const VisitRules& rules = pair.rules;
  const auto there = find_arrivals(pair, pair.home_to_stops, pair.stops_to_counter, pair.walk_there);
  auto home = find_arrivals(pair, pair.counter_to_stops, pair.stops_to_home, pair.walk_back);
  for (std::size_t i = home.size() - 1; i > 0; --i) home[i - 1] = std::min(home[i - 1], home[i]);  // waiting at the counter first
  // When whoever leaves the counter at t or later is home, kNever when not by `latest`.
  auto find_home = [&](ClockTime t) {
    const ClockTime h = home[static_cast<std::size_t>(t - rules.earliest)];
    return h <= rules.latest ? h : kNever;
  };

  PlainTrip trip;
  auto missing = [&](NoTrip reason) { trip.reason = std::max(trip.reason, reason); };  // the farther one gets, the later the reason
  bool goes_back = false, goes_there = false, meets = false, is_found = false;
  std::vector<bool> is_there(static_cast<std::size_t>(rules.latest) + 1);
  for (const OpenSpan& span : pair.open) {
    missing(NoTrip::kVisitTooLong);
    const ClockTime opening = std::max(span.begin, rules.earliest), closing = std::min(span.end, rules.latest);
    if (closing - opening < rules.dwell) continue;
    missing(NoTrip::kNoWayThere);
    goes_back |= find_home(opening + rules.dwell) != kNever;
    for (ClockTime leave = rules.earliest; leave <= rules.latest; ++leave) {
      const ClockTime arrive = there[static_cast<std::size_t>(leave - rules.earliest)];
      if (arrive == kNever) continue;
      ClockTime stay_until = kNever;
      const ClockTime first = std::max(arrive, opening);
      for (ClockTime end = first + rules.dwell; end <= closing; ++end) {
        goes_there = true;
        const ClockTime back = find_home(end);
        if (back == kNever) continue;
        meets = true;
        if (back - leave > rules.longest_away) continue;
        trip.latest_start = is_found ? std::max(trip.latest_start, leave) : leave;
        trip.earliest_return = std::min(trip.earliest_return, back);
        trip.time_away = std::min(trip.time_away, back - leave);
        is_found = true;
        stay_until = end;
      }
      if (stay_until != kNever) std::fill(is_there.begin() + first, is_there.begin() + stay_until, true);
    }
  }
  if (goes_there) missing(goes_back ? NoTrip::kNoTime : NoTrip::kNoWayBack);
  if (meets) missing(NoTrip::kAwayTooLong);
  if (is_found) trip.reason = NoTrip::kNone;
  for (const OpenSpan& span : pair.open)
    for (ClockTime t = span.begin, end = std::min(span.end, rules.latest); t < end; ++t) {
      if (!is_there[static_cast<std::size_t>(t)]) continue;
      const ClockTime begin = t;
      while (t < end && is_there[static_cast<std::size_t>(t)]) ++t;
      trip.presence.push_back({begin, t});
    }
  return trip;
}

}  // namespace maillage
