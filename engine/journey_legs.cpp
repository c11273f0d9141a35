#include "engine/journey_legs.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tuple>

namespace maillage {
namespace {

constexpr std::uint32_t kNoLabel = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kNotRidden = std::numeric_limits<std::uint32_t>::max();

}  // namespace

RoundSearch::RoundSearch(const Timetable& timetable, const Ragged<StopWalk>& changes) : timetable_(timetable), changes_(changes) {}

void RoundSearch::run(std::span<const StopWalk> starts, std::size_t n_rides, ClockTime latest) {
  rides_ = Matrix<ClockTime>(n_rides + 1, timetable_.n_stops(), kNever);
  reached_ = rides_;
  for (const StopWalk& s : starts) reached_(0, s.stop.v) = std::min(reached_(0, s.stop.v), s.seconds);
  for (std::size_t round = 1; round <= n_rides; ++round) {
    ride_all(round, latest);
    change(round);
  }
}

void RoundSearch::ride_all(std::size_t round, ClockTime latest) {
  first_ridden_.assign(timetable_.n_trips(), kNotRidden);
  for (std::size_t s = 0; s < timetable_.n_stops(); ++s) {
    const ClockTime earliest = reached_(round - 1, s);
    if (earliest > latest) continue;
    for (const LineCall& call : timetable_.lines_at(StopId(s))) {
      if (!timetable_.may_board(call.line, call.position)) continue;
      const std::size_t trip = timetable_.find_trip(call.line, call.position, earliest);
      if (trip < timetable_.n_trips_of(call.line)) ride(call, trip, round, latest);
    }
  }
}

void RoundSearch::ride(const LineCall& call, std::size_t trip, std::size_t round, ClockTime latest) {
  std::uint32_t& first = first_ridden_[timetable_.row(call.line, trip)];
  const std::size_t end = std::min<std::size_t>(timetable_.n_positions(call.line), std::size_t{first} + 1);
  first = std::min(first, call.position);
  const ClockTime* arrivals = timetable_.arrivals(call.line, trip);
  const StopId* stops = timetable_.stops(call.line);
  for (std::size_t i = call.position + 1; i < end && arrivals[i] <= latest; ++i)
    if (timetable_.may_alight(call.line, i)) rides_(round, stops[i].v) = std::min(rides_(round, stops[i].v), arrivals[i]);
}

void RoundSearch::change(std::size_t round) {
  for (std::size_t s = 0; s < timetable_.n_stops(); ++s) {
    const ClockTime arrival = rides_(round, s);
    if (arrival == kNever) continue;
    visit_changes(changes_, StopId(s), [&](StopId stop, ClockTime seconds) {
      reached_(round, stop.v) = std::min(reached_(round, stop.v), arrival + seconds);
    });
  }
}

void LegSearch::Bag::clear() {
  for (StopId s : stops) at[s.v].clear();
  stops.clear();
}

LegSearch::LegSearch(const Timetable& timetable, const Ragged<StopWalk>& changes, const Timetable& reversed,
                     const Ragged<StopWalk>& turned, const PointWays& ways, ClockTime wait)
    : timetable_(timetable), changes_(changes), ways_(ways), wait_(wait), back_(reversed, turned), egress_(timetable.n_stops(), kNever) {
  for (const StopWalk& w : ways.egress) egress_[w.stop.v] = std::min(egress_[w.stop.v], w.seconds);
  rode_.at.resize(timetable.n_stops());
  reached_.at.resize(timetable.n_stops());
  boardings_.resize(timetable.n_trips());
}

Itinerary LegSearch::run(const Journey& journey, std::size_t n_rides) {
  find_bounds(journey, n_rides);
  labels_.clear();
  leave(journey, n_rides);
  for (std::size_t n_left = n_rides; n_left-- > 0;) {
    ride_all(n_left);
    if (n_left > 0) change(n_left);
  }
  const std::uint32_t last = find_best();
  rode_.clear();
  if (last == kNoLabel) throw std::logic_error("a journey without legs");
  return unfold(journey, last);
}

// Times of the way back are negative: -(latest time at the stop).
void LegSearch::find_bounds(const Journey& journey, std::size_t n_rides) {
  std::vector<StopWalk> ends;
  for (const StopWalk& w : ways_.egress) ends.push_back({w.stop, w.seconds - journey.arrival});
  back_.run(ends, n_rides, -journey.departure);
}

void LegSearch::leave(const Journey& journey, std::size_t n_rides) {
  for (const StopWalk& w : ways_.access) {
    const ClockTime bound = back_.ridden(n_rides, w.stop);
    if (bound == kNever || w.seconds > -bound - journey.departure) continue;
    add(reached_, {journey.departure + w.seconds, w.seconds, w.stop, kNoLabel, w.seconds, LineId(), 0, 0, 0});
  }
}

void LegSearch::ride_all(std::size_t n_left) {
  for (StopId s : reached_.stops)
    for (std::uint32_t at : reached_.at[s.v])
      for (const LineCall& call : timetable_.lines_at(s))
        if (timetable_.may_board(call.line, call.position)) ride(call, at, n_left);
  reached_.clear();
  for (std::size_t row : boarded_) boardings_[row].clear();
  boarded_.clear();
}

void LegSearch::ride(const LineCall& call, std::uint32_t before, std::size_t n_left) {
  const std::size_t trip = timetable_.find_trip(call.line, call.position, labels_[before].time + wait_);
  if (trip == timetable_.n_trips_of(call.line)) return;
  const ClockTime walked = labels_[before].walked;
  auto& boardings = boardings_[timetable_.row(call.line, trip)];
  for (const Boarding& b : boardings)
    if (b.position <= call.position && b.walked <= walked) return;
  if (boardings.empty()) boarded_.push_back(timetable_.row(call.line, trip));
  boardings.push_back({call.position, walked});
  const ClockTime* arrivals = timetable_.arrivals(call.line, trip);
  const StopId* stops = timetable_.stops(call.line);
  for (std::uint32_t i = call.position + 1; i < timetable_.n_positions(call.line); ++i) {
    const ClockTime bound = back_.reached(n_left, stops[i]);
    if (bound == kNever || arrivals[i] > -bound || !timetable_.may_alight(call.line, i)) continue;
    add(rode_, {arrivals[i], walked, stops[i], before, 0, call.line, static_cast<std::uint32_t>(trip), call.position, i});
  }
}

void LegSearch::change(std::size_t n_left) {
  for (StopId s : rode_.stops)
    for (std::uint32_t at : rode_.at[s.v]) {
      const Label label = labels_[at];
      visit_changes(changes_, s, [&](StopId stop, ClockTime seconds) {
        const ClockTime bound = back_.ridden(n_left, stop), time = label.time + seconds;
        if (bound == kNever || time > -bound) return;
        const ClockTime walk = stop == s ? 0 : seconds;  // nobody walks from a stop to itself
        add(reached_, {time, label.walked + walk, stop, at, walk, LineId(), 0, 0, 0});
      });
    }
  rode_.clear();
}

bool LegSearch::beats(const Label& a, const Label& b) const {
  if (a.time > b.time || a.walked > b.walked) return false;
  return a.time < b.time || a.walked < b.walked || a.line <= b.line;
}

void LegSearch::add(Bag& bag, const Label& label) {
  auto& here = bag.at[label.stop.v];
  for (std::uint32_t at : here)
    if (beats(labels_[at], label)) return;
  if (here.empty()) bag.stops.push_back(label.stop);
  std::erase_if(here, [&](std::uint32_t at) { return beats(label, labels_[at]); });
  here.push_back(static_cast<std::uint32_t>(labels_.size()));
  labels_.push_back(label);
}

std::uint32_t LegSearch::find_best() const {
  std::uint32_t best = kNoLabel;
  auto rank = [&](std::uint32_t at) {
    const Label& l = labels_[at];
    return std::tuple(l.walked + egress_[l.stop.v], l.time, l.line, at);
  };
  for (StopId s : rode_.stops)
    for (std::uint32_t at : rode_.at[s.v])
      if (best == kNoLabel || rank(at) < rank(best)) best = at;
  return best;
}

Itinerary LegSearch::unfold(const Journey& journey, std::uint32_t last) const {
  Itinerary found{journey.departure, journey.arrival, {}, egress_[labels_[last].stop.v]};
  for (std::uint32_t at = last; at != kNoLabel;) {
    const Label& ride = labels_[at];
    const Label& before = labels_[ride.before];
    found.rides.push_back({before.walk, timetable_.trip(ride.line, ride.trip), ride.from, ride.to, timetable_.stop(ride.line, ride.from),
                           ride.stop, timetable_.departure(ride.line, ride.from, ride.trip), ride.time});
    at = before.before;
  }
  std::reverse(found.rides.begin(), found.rides.end());
  return found;
}

}  // namespace maillage
