#include "engine/raptor.h"

#include <algorithm>

namespace maillage {

Ragged<StopWalk> turn_changes(const Ragged<StopWalk>& changes) {
  std::vector<std::pair<std::uint32_t, StopWalk>> turned;
  for (std::uint32_t s = 0; s < changes.n_rows(); ++s)
    for (const StopWalk& w : changes[s]) turned.emplace_back(w.stop.v, StopWalk{StopId(s), w.seconds});
  return build_ragged<StopWalk>(changes.n_rows(), turned);
}

RangeSearch::RangeSearch(const Timetable& timetable, const Ragged<StopWalk>& changes)
    : timetable_(timetable), changes_(changes), is_arrived_(timetable.n_stops()), is_marked_(timetable.n_stops()),
      is_improved_(timetable.n_stops()) {}

void RangeSearch::begin(std::span<const StopWalk> access, const RideOptions& options) {
  options_ = options;
  n_rounds_ = static_cast<std::size_t>(options.max_rides);
  rides_.assign(timetable_.n_stops() * n_rounds_, kNever);
  reached_.assign(timetable_.n_stops() * n_rounds_, kNever);
  ridden_.assign(timetable_.n_trips() * n_rounds_, std::numeric_limits<std::uint16_t>::max());
  too_late_.assign(timetable_.n_calls_at_stops() * n_rounds_, kNever);
  find_catches(access);
  next_ = 0;
}

// A trip that leaves after the last instant is caught by leaving at that instant, and only the first of a line.
void RangeSearch::find_catches(std::span<const StopWalk> access) {
  catches_.clear();
  const DepartureWindow& w = options_.window;
  const ClockTime last = w.begin + static_cast<ClockTime>(w.n_instants() - 1) * w.step;
  for (const StopWalk& a : access) {
    if (a.seconds > options_.longest) continue;
    const ClockTime way = a.seconds + options_.wait;
    for (const LineCall& call : timetable_.lines_at(a.stop)) {
      if (!timetable_.may_board(call.line, call.position)) continue;
      const std::size_t n = timetable_.n_trips_of(call.line);
      for (std::size_t t = timetable_.find_trip(call.line, call.position, w.begin + way); t < n; ++t) {
        const ClockTime leave = timetable_.departure(call.line, call.position, t) - way;
        const bool is_after = leave >= last;
        const ClockTime instant = is_after ? last : w.begin + (leave - w.begin) / w.step * w.step;
        if (leave - last <= options_.longest) catches_.push_back({instant, call.line, call.position, static_cast<std::uint32_t>(t)});
        if (is_after) break;
      }
    }
  }
  std::sort(catches_.begin(), catches_.end(), [](const Catch& a, const Catch& b) { return a.departure > b.departure; });
}

bool RangeSearch::next_departure() {
  if (next_ == catches_.size()) return false;
  departure_ = catches_[next_].departure;
  return true;
}

void RangeSearch::ride_all() {
  for (; next_ < catches_.size() && catches_[next_].departure == departure_; ++next_) {
    const Catch& c = catches_[next_];
    ride(c.line, c.position, c.trip, 0);
  }
  for (std::size_t round = 1;; ++round) {
    if (arrived_.empty()) return;
    if (round == n_rounds_) break;
    change(round - 1);
    for (StopId s : marked_) {
      is_marked_[s.v] = 0;
      board(s, reached_[s.v * n_rounds_ + round - 1] + options_.wait, round);
    }
    marked_.clear();
  }
  for (StopId s : arrived_) is_arrived_[s.v] = 0;
  arrived_.clear();
}

void RangeSearch::board(StopId stop, ClockTime earliest, std::size_t round) {
  ClockTime* too_late = too_late_.data() + timetable_.first_call_at(stop) * n_rounds_;
  for (const LineCall& call : timetable_.lines_at(stop)) {
    ClockTime* late = too_late;
    too_late += n_rounds_;
    if (earliest > late[round]) continue;
    const std::size_t t = timetable_.find_trip(call.line, call.position, earliest);
    const ClockTime before = t > 0 ? timetable_.departure(call.line, call.position, t - 1) : std::numeric_limits<ClockTime>::min();
    for (std::size_t r = round; r < n_rounds_; ++r) late[r] = std::min(late[r], before);
    if (t < timetable_.n_trips_of(call.line) && timetable_.may_board(call.line, call.position)) ride(call.line, call.position, t, round);
  }
}

void RangeSearch::ride(LineId line, std::size_t position, std::size_t trip, std::size_t round) {
  std::uint16_t* ridden = ridden_.data() + timetable_.row(line, trip) * n_rounds_;
  if (position >= ridden[round]) return;
  const std::size_t end = std::min<std::size_t>(timetable_.n_positions(line), std::size_t{ridden[round]} + 1);
  for (std::size_t r = round; r < n_rounds_; ++r) ridden[r] = std::min(ridden[r], static_cast<std::uint16_t>(position));
  const ClockTime* arrivals = timetable_.arrivals(line, trip);
  const StopId* stops = timetable_.stops(line);
  const ClockTime latest = departure_ > kNever - options_.longest ? kNever : departure_ + options_.longest;
  for (std::size_t i = position + 1; i < end && arrivals[i] <= latest; ++i)
    if (arrivals[i] < rides_[stops[i].v * n_rounds_ + round] && timetable_.may_alight(line, i)) reach(stops[i], arrivals[i], round);
}

void RangeSearch::reach(StopId stop, ClockTime arrival, std::size_t round) {
  ClockTime* rides = rides_.data() + stop.v * n_rounds_;
  if (arrival < rides[n_rounds_ - 1] && !is_improved_[stop.v]) {
    is_improved_[stop.v] = 1;
    improved_.push_back(stop);
  }
  for (std::size_t r = round; r < n_rounds_ && arrival < rides[r]; ++r) rides[r] = arrival;
  if (is_arrived_[stop.v]) return;
  is_arrived_[stop.v] = 1;
  arrived_.push_back(stop);
}

void RangeSearch::change(std::size_t round) {
  auto mark = [&](StopId s, ClockTime time) {
    ClockTime* reached = reached_.data() + s.v * n_rounds_;
    if (time >= reached[round]) return;
    for (std::size_t r = round; r < n_rounds_ && time < reached[r]; ++r) reached[r] = time;
    if (is_marked_[s.v]) return;
    is_marked_[s.v] = 1;
    marked_.push_back(s);
  };
  for (StopId s : arrived_) {
    is_arrived_[s.v] = 0;
    const ClockTime arrival = rides_[s.v * n_rounds_ + round];
    visit_changes(changes_, s, [&](StopId stop, ClockTime seconds) { mark(stop, arrival + seconds); });
  }
  arrived_.clear();
}

}  // namespace maillage
