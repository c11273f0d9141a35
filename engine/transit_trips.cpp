#include "engine/transit_trips.h"

#include <algorithm>
#include <memory>
#include <tuple>

namespace maillage {
namespace {

using Time = std::int64_t;  // sums with kNever

// The part of a span in which somebody who keeps the rules can be there.
OpenSpan clip(const OpenSpan& span, const VisitRules& rules) { return {std::max(span.begin, rules.earliest), std::min(span.end, rules.latest)}; }

bool fits(const OpenSpan& span, const VisitRules& rules) { return Time{span.end} - span.begin >= rules.dwell; }

// The trips of one pair, one after the other.
class BestTrip {
 public:
  explicit BestTrip(const VisitRules& rules) : rules_(rules) {}

  void offer(Time leave, Time arrive, Time leave_counter, Time home) {
    is_offered_ = true;
    if (home - leave > rules_.longest_away) return;
    const auto rank = std::tuple(home - leave, leave_counter - arrive, leave);
    trip_.latest_start = is_found_ ? std::max(trip_.latest_start, static_cast<ClockTime>(leave)) : static_cast<ClockTime>(leave);
    trip_.earliest_return = std::min(trip_.earliest_return, static_cast<ClockTime>(home));
    if (is_found_ && rank >= rank_) return;
    is_found_ = true;
    rank_ = rank;
    trip_.leave = static_cast<ClockTime>(leave);
    trip_.arrive = static_cast<ClockTime>(arrive);
    trip_.leave_counter = static_cast<ClockTime>(leave_counter);
    trip_.home = static_cast<ClockTime>(home);
  }
  bool is_offered() const { return is_offered_; }  // a trip, perhaps with too much time away
  bool is_found() const { return is_found_; }
  const TransitTrip& trip() const { return trip_; }

 private:
  const VisitRules& rules_;
  TransitTrip trip_;
  bool is_offered_ = false, is_found_ = false;
  std::tuple<Time, Time, Time> rank_;
};

// Of the journeys that arrive before the opening only the last is of use: all wait for it, and that one leaves home last.
std::size_t find_first_useful(std::span<const Journey> there, ClockTime opening) {
  const auto after = std::partition_point(there.begin(), there.end(), [&](const Journey& j) { return j.arrival <= opening; });
  return static_cast<std::size_t>(after - there.begin()) - (after != there.begin());
}

std::span<const Journey> drop_early(std::span<const Journey> there, ClockTime earliest) {
  const auto first = std::partition_point(there.begin(), there.end(), [&](const Journey& j) { return j.departure < earliest; });
  return {first, there.end()};
}

std::span<const Journey> drop_late(std::span<const Journey> back, Time latest) {
  return {back.begin(), std::partition_point(back.begin(), back.end(), [&](const Journey& j) { return j.arrival <= latest; })};
}

// The first journey that leaves at `ready` or later.
std::span<const Journey>::iterator find_next(std::span<const Journey> back, Time ready) {
  return std::partition_point(back.begin(), back.end(), [&](const Journey& j) { return j.departure < ready; });
}

// The ways of one pair that keep within the rules.
class Pair {
 public:
  Pair(const Ways& there, const Ways& back, const VisitRules& rules)
      : rules_(rules), there_(drop_early(there.journeys, rules.earliest)), back_(drop_late(back.journeys, rules.latest)),
        walk_there_(there.walking), walk_back_(back.walking) {}

  bool goes_there(const OpenSpan& span) const { return first_on_foot(span) <= last_start(span) || (!there_.empty() && there_.front().arrival <= last_start(span)); }
  bool goes_back(const OpenSpan& span) const {
    const Time ready = Time{span.begin} + rules_.dwell;
    return ready + walk_back_ <= rules_.latest || find_next(back_, ready) != back_.end();
  }

  void offer(const OpenSpan& span, BestTrip& best) const {
    const Time last = last_start(span), dwell = rules_.dwell;
    for (std::size_t i = find_first_useful(there_, span.begin); i < there_.size() && there_[i].arrival <= last; ++i) {
      const Journey& j = there_[i];
      const Time ready = std::max(j.arrival, span.begin) + dwell;
      const auto next = find_next(back_, ready);
      const Time on_foot = ready + walk_back_;
      if (on_foot <= rules_.latest && (next == back_.end() || on_foot <= next->arrival))
        best.offer(j.departure, j.arrival, ready, on_foot);
      else if (next != back_.end())
        best.offer(j.departure, j.arrival, next->departure, next->arrival);
    }
    const Time first = first_on_foot(span);
    if (first > last) return;
    for (auto next = find_next(back_, first + dwell); next != back_.end(); ++next) {
      const Time start = std::min(next->departure - dwell, last);
      best.offer(start - walk_there_, start, next->departure, next->arrival);
    }
    if (first + dwell + walk_back_ > rules_.latest) return;
    for (const Time start : {first, std::min(last, rules_.latest - walk_back_ - dwell)})
      best.offer(start - walk_there_, start, start + dwell, start + dwell + walk_back_);
  }

  void add_presence(const OpenSpan& span, std::vector<OpenSpan>& out) const {
    const Time last = last_start(span), away = rules_.longest_away;
    auto add = [&](Time begin, Time end) {
      end = std::min<Time>(end, span.end);
      if (end - begin >= rules_.dwell && end > begin) out.push_back({static_cast<ClockTime>(begin), static_cast<ClockTime>(end)});
    };
    for (std::size_t i = find_first_useful(there_, span.begin); i < there_.size() && there_[i].arrival <= last; ++i) {
      const Time begin = std::max(there_[i].arrival, span.begin), latest = std::min<Time>(rules_.latest, there_[i].departure + away);
      const auto in_time = drop_late(back_, latest);
      if (!in_time.empty()) add(begin, in_time.back().departure);
      add(begin, latest - walk_back_);
    }
    const Time first = first_on_foot(span);
    if (first > last) return;
    for (const Journey& j : back_) add(std::max(first, j.arrival + walk_there_ - away), j.departure);
    if (walk_there_ + Time{rules_.dwell} + walk_back_ <= away) add(first, rules_.latest - Time{walk_back_});
  }

 private:
  Time last_start(const OpenSpan& span) const { return Time{span.end} - rules_.dwell; }
  // When a visit can begin at the earliest by somebody who walks.
  Time first_on_foot(const OpenSpan& span) const { return std::max<Time>(span.begin, rules_.earliest + walk_there_); }

  const VisitRules& rules_;
  std::span<const Journey> there_, back_;
  Time walk_there_, walk_back_;
};

// Rising spans that stand apart, from `first` on.
void unite(std::vector<OpenSpan>& spans, std::size_t first) {
  const auto begin = spans.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, spans.end(), [](const OpenSpan& a, const OpenSpan& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  auto last = begin;
  for (auto s = begin; s != spans.end(); ++s) {
    if (s == begin) continue;
    if (s->begin <= last->end)
      last->end = std::max(last->end, s->end);
    else
      *++last = *s;
  }
  if (begin != spans.end()) spans.erase(last + 1, spans.end());
}

// From a profile as the searches write it, departures falling, to rising ones.
void write_rising(const DepartureProfile& profile, std::vector<Journey>& out) { out.assign(profile.journeys().rbegin(), profile.journeys().rend()); }

// The same of a search backwards in time: what leaves at -a there arrives at a here.
void write_turned(const DepartureProfile& profile, std::vector<Journey>& out) {
  out.clear();
  for (const Journey& j : profile.journeys()) out.push_back({-j.arrival, -j.departure});
}

// What one thread works with.
class TripWorker {
 public:
  explicit TripWorker(const TripSearch& search)
      : asked_(search), forward_(search.forward, search.from_starts, search.n_others), backward_(search.backward, search.to_starts, search.n_others) {}

  // Calls `visit(other, ways away from the start, ways to the start)`.
  template <class Visit>
  void run(std::size_t start, Visit&& visit) {
    const auto [first_away, last_away, first_towards, last_towards] = find_windows(start);
    const auto away = forward_.run(start, {{first_away, last_away + 1, 1}, asked_.longest, asked_.max_rides, asked_.wait});
    const auto towards = backward_.run(start, {{-last_towards, -first_towards + 1, 1}, asked_.longest, asked_.max_rides, 0});
    for (std::size_t o = 0; o < asked_.n_others; ++o) {
      write_rising(away[o], from_start_);
      write_turned(towards[o], to_start_);
      visit(o, Ways{from_start_, away[o].walking()}, Ways{to_start_, towards[o].walking()});
    }
  }

 private:
  struct Windows {
    ClockTime first_away, last_away;        // leaving the start
    ClockTime first_towards, last_towards;  // arriving at the start
  };
  Windows find_windows(std::size_t start) const {
    const VisitRules& rules = asked_.rules;
    if (!asked_.starts_are_counters) return {rules.earliest, rules.latest, rules.earliest, rules.latest};
    Windows w{rules.latest, rules.latest, rules.earliest, rules.earliest};
    for (const OpenSpan& whole : asked_.open[start]) {
      const OpenSpan span = clip(whole, rules);
      if (!fits(span, rules)) continue;
      w.first_away = std::min(w.first_away, span.begin + rules.dwell);
      w.last_towards = std::max(w.last_towards, span.end - rules.dwell);
    }
    return w;
  }

  const TripSearch& asked_;
  ProfileSearch forward_, backward_;
  std::vector<Journey> from_start_, to_start_;
};

bool has_visit(std::span<const OpenSpan> open, const VisitRules& rules) {
  return std::any_of(open.begin(), open.end(), [&](const OpenSpan& s) { return fits(clip(s, rules), rules); });
}

}  // namespace

TransitTrip find_trip(const Ways& there, const Ways& back, std::span<const OpenSpan> open, const VisitRules& rules) {
  const Pair pair(there, back, rules);
  BestTrip best(rules);
  bool has_room = false, goes_there = false, goes_back = false;
  for (const OpenSpan& whole : open) {
    const OpenSpan span = clip(whole, rules);
    if (!fits(span, rules)) continue;
    has_room = true;
    goes_there |= pair.goes_there(span);
    goes_back |= pair.goes_back(span);
    pair.offer(span, best);
  }
  if (best.is_found()) return best.trip();
  if (best.is_offered()) return {NoTrip::kAwayTooLong};
  if (open.empty()) return {NoTrip::kClosed};
  if (!has_room) return {NoTrip::kVisitTooLong};
  if (!goes_there) return {NoTrip::kNoWayThere};
  return {goes_back ? NoTrip::kNoTime : NoTrip::kNoWayBack};
}

void find_presence(const Ways& there, const Ways& back, std::span<const OpenSpan> open, const VisitRules& rules, std::vector<OpenSpan>& out) {
  const Pair pair(there, back, rules);
  out.clear();
  for (const OpenSpan& whole : open) {
    const OpenSpan span = clip(whole, rules);
    if (!fits(span, rules)) continue;
    const std::size_t first = out.size();
    pair.add_presence(span, out);
    unite(out, first);
  }
}

TripTable find_transit_trips(const TripSearch& search, const Context& context) {
  const std::size_t n_starts = search.from_starts.access.n_rows();
  const std::size_t n_counters = search.open.n_rows(), n_homes = search.starts_are_counters ? search.n_others : n_starts;
  TripTable table;
  table.trips = Matrix<TransitTrip>(n_homes, n_counters);
  TransitTrip* trips = table.trips.values.data();
  std::vector<std::vector<std::pair<std::uint32_t, OpenSpan>>> presence(n_starts);
  Pool<TripWorker> workers([&] { return std::make_unique<TripWorker>(search); });
  context.begin("riding there and back", n_starts);
  for_blocks(n_starts, 1, context, [&](std::size_t begin, std::size_t end) {
    auto worker = workers.borrow();
    std::vector<OpenSpan> spans;
    for (std::size_t start = begin; start < end; ++start) {
      if (search.starts_are_counters && !has_visit(search.open[start], search.rules)) {  // nothing to ride for
        const TransitTrip none = find_trip({}, {}, search.open[start], search.rules);
        for (std::size_t home = 0; home < n_homes; ++home) trips[home * n_counters + start] = none;
        continue;
      }
      worker->run(start, [&](std::size_t other, const Ways& from_start, const Ways& to_start) {
        const std::size_t home = search.starts_are_counters ? other : start, counter = search.starts_are_counters ? start : other;
        const Ways& there = search.starts_are_counters ? to_start : from_start;
        const Ways& back = search.starts_are_counters ? from_start : to_start;
        trips[home * n_counters + counter] = find_trip(there, back, search.open[counter], search.rules);
        if (!search.with_presence) return;
        find_presence(there, back, search.open[counter], search.rules, spans);
        for (const OpenSpan& s : spans) presence[start].emplace_back(static_cast<std::uint32_t>(home * n_counters + counter), s);
      });
    }
  });
  if (!search.with_presence) return table;
  std::vector<std::pair<std::uint32_t, OpenSpan>> all;
  for (const auto& part : presence) all.insert(all.end(), part.begin(), part.end());
  table.presence = build_ragged<OpenSpan>(n_homes * n_counters, all);
  return table;
}

}  // namespace maillage
