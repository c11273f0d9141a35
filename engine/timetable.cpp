#include "engine/timetable.h"

#include <algorithm>
#include <map>
#include <string>

#include "engine/error.h"

namespace maillage {
namespace {

// A trip's calls among all calls.
struct TripRows {
  TripId trip;
  std::size_t begin, end;
};

constexpr std::size_t kMostCalls = 65534;  // of a trip

void check(std::size_t n_stops, std::size_t n_trips, std::span<const TripCall> calls) {
  std::size_t first = 0;  // call of the trip
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const TripCall& c = calls[i];
    const auto fail = [&](const char* what) { throw InputError("call " + std::to_string(i) + " of the timetable " + what); };
    if (c.trip.v >= n_trips) fail("names a trip that does not exist");
    if (c.stop.v >= n_stops) fail("names a stop that does not exist");
    if (c.departure < c.arrival) fail("leaves before it arrives");
    if (i == 0) continue;
    if (c.trip < calls[i - 1].trip) fail("stands after calls of a later trip, expected calls by trip");
    if (c.trip != calls[i - 1].trip) first = i;
    if (i > first && c.arrival < calls[i - 1].departure) fail("arrives before the call before it leaves");
    if (i - first >= kMostCalls) fail("is one of more than 65,534 of its trip");
  }
}

std::vector<TripRows> find_trips(std::span<const TripCall> calls) {
  std::vector<TripRows> trips;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i == 0 || calls[i - 1].trip != calls[i].trip) trips.push_back({calls[i].trip, i, i});
    trips.back().end = i + 1;
  }
  return trips;
}

std::uint8_t to_flags(const TripCall& c) { return static_cast<std::uint8_t>((c.may_board ? 1 : 0) | (c.may_alight ? 2 : 0)); }

// Does no time of `a` come after the same time of `b`?
bool runs_before(std::span<const TripCall> calls, const TripRows& a, const TripRows& b) {
  for (std::size_t i = 0; i < a.end - a.begin; ++i)
    if (calls[a.begin + i].arrival > calls[b.begin + i].arrival || calls[a.begin + i].departure > calls[b.begin + i].departure) return false;
  return true;
}

// Trips with one pattern, as few sets as a first fit needs, so that in each no trip overtakes another.
std::vector<std::vector<TripRows>> split_overtaking(std::span<const TripCall> calls, std::vector<TripRows> trips) {
  std::stable_sort(trips.begin(), trips.end(), [&](const TripRows& a, const TripRows& b) {
    return std::pair(calls[a.begin].departure, calls[a.end - 1].arrival) < std::pair(calls[b.begin].departure, calls[b.end - 1].arrival);
  });
  std::vector<std::vector<TripRows>> lines;
  for (const TripRows& t : trips) {
    auto line = std::find_if(lines.begin(), lines.end(), [&](const auto& l) { return runs_before(calls, l.back(), t); });
    if (line == lines.end()) line = lines.emplace(lines.end());
    line->push_back(t);
  }
  return lines;
}

}  // namespace

// Puts lines together.
class TimetableBuilder {
 public:
  static Timetable assemble(std::size_t n_stops, std::span<const TripCall> calls);

 private:
  explicit TimetableBuilder(std::span<const TripCall> calls) : calls_(calls) {}

  void add_line(const std::vector<TripRows>& trips) {
    const std::size_t n = trips[0].end - trips[0].begin;
    table_.line_.push_back({static_cast<std::uint32_t>(table_.stops_.size()), static_cast<std::uint32_t>(n),
                            static_cast<std::uint32_t>(table_.trips_.size()), static_cast<std::uint32_t>(trips.size()),
                            table_.departures_.size()});
    for (std::size_t i = 0; i < n; ++i) {
      const TripCall& c = calls_[trips[0].begin + i];
      if (i + 1 < n) lines_at_.emplace_back(c.stop.v, LineCall{LineId(table_.line_.size() - 1), static_cast<std::uint32_t>(i)});
      table_.stops_.push_back(c.stop);
      table_.flags_.push_back(to_flags(c));
      for (const TripRows& t : trips) table_.departures_.push_back(calls_[t.begin + i].departure);
    }
    for (const TripRows& t : trips) {
      table_.trips_.push_back(t.trip);
      for (std::size_t i = t.begin; i < t.end; ++i) table_.arrivals_.push_back(calls_[i].arrival);
    }
  }

  Timetable finish(std::size_t n_stops) {
    table_.lines_at_ = build_ragged<LineCall>(n_stops, lines_at_);
    return std::move(table_);
  }

  std::span<const TripCall> calls_;
  Timetable table_;
  std::vector<std::pair<std::uint32_t, LineCall>> lines_at_;
};

Timetable TimetableBuilder::assemble(std::size_t n_stops, std::span<const TripCall> calls) {
  std::map<std::vector<std::uint64_t>, std::vector<TripRows>> patterns;  // in a fixed order: the same table every time
  std::vector<std::uint64_t> pattern;
  for (const TripRows& t : find_trips(calls)) {
    if (t.end - t.begin < 2) continue;  // nobody can ride it
    pattern.clear();
    for (std::size_t i = t.begin; i < t.end; ++i) pattern.push_back(std::uint64_t{calls[i].stop.v} << 8 | to_flags(calls[i]));
    patterns[pattern].push_back(t);
  }
  TimetableBuilder builder(calls);
  for (auto& [key, trips] : patterns)
    for (const auto& line : split_overtaking(calls, std::move(trips))) builder.add_line(line);
  return builder.finish(n_stops);
}

Timetable Timetable::build(std::size_t n_stops, std::size_t n_trips, std::span<const TripCall> calls) {
  check(n_stops, n_trips, calls);
  return TimetableBuilder::assemble(n_stops, calls);
}

Timetable Timetable::reverse(ClockTime wait) const {
  struct Row {
    TripId trip;
    LineId line;
    std::size_t number;
  };
  std::vector<Row> rows;
  for (std::size_t l = 0; l < n_lines(); ++l)
    for (std::size_t t = 0; t < n_trips_of(LineId(l)); ++t) rows.push_back({trip(LineId(l), t), LineId(l), t});
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.trip < b.trip; });
  std::vector<TripCall> calls;
  calls.reserve(n_calls());
  for (const Row& r : rows)
    for (std::size_t i = n_positions(r.line); i-- > 0;)  // who may get off may, backwards, get on
      calls.push_back({r.trip, stop(r.line, i), -departure(r.line, i, r.number) + wait, -arrival(r.line, i, r.number),
                       may_alight(r.line, i), may_board(r.line, i)});
  return TimetableBuilder::assemble(n_stops(), calls);
}

std::size_t Timetable::n_bytes() const {
  return line_.size() * sizeof(Line) + stops_.size() * sizeof(StopId) + flags_.size() + trips_.size() * sizeof(TripId) +
         (departures_.size() + arrivals_.size()) * sizeof(ClockTime) + lines_at_.values.size() * sizeof(LineCall) +
         lines_at_.offset.size() * sizeof(std::uint32_t);
}

std::size_t Timetable::find_trip(LineId l, std::size_t position, ClockTime earliest) const {
  const ClockTime* first = departures_.data() + line_[l.v].first_time + position * line_[l.v].n_trips;
  return static_cast<std::size_t>(std::lower_bound(first, first + line_[l.v].n_trips, earliest) - first);
}

}  // namespace maillage
