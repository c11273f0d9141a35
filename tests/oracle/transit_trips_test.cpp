// Trips there and back are held equal to a look at every second, from counters and from homes alike.
#include "engine/transit_trips.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/transit_trips_exhaustive.h"
#include "tests/support/dice.h"

namespace maillage::test {
namespace {

constexpr int kTimetables = 2000;

using StopRows = std::vector<std::vector<StopWalk>>;  // point -> stops

// Homes and counters around a few lines that go back and forth.
struct Region {
  std::size_t n_stops = 0, n_trips = 0, n_homes = 0, n_counters = 0;
  std::vector<TripCall> calls;
  Ragged<StopWalk> changes;
  StopRows home_out, home_in, counter_out, counter_in;  // walks to stops, and from stops, by point
  Matrix<ClockTime> there, back;                        // on foot all the way, home x counter
  Ragged<OpenSpan> open;
  VisitRules rules;
  RideOptions rides;
};

StopRows draw_walks(Dice& dice, std::size_t n, std::size_t n_stops) {
  StopRows rows(n);
  for (auto& row : rows)
    for (std::uint32_t s = 0; s < n_stops; ++s)
      if (dice.chance(0.4)) row.push_back({StopId(s), dice.between(0, 12)});
  return rows;
}

void draw_lines(Dice& dice, Region& region) {
  for (int l = dice.between(1, 5); l > 0; --l) {
    std::vector<StopId> stops;
    for (int i = dice.between(2, 4); i > 0; --i) stops.push_back(StopId(dice.below(region.n_stops)));
    for (int t = dice.between(1, 5); t > 0; --t) {
      if (dice.chance(0.5)) std::reverse(stops.begin(), stops.end());
      ClockTime now = dice.between(-5, 150);
      for (StopId s : stops) {
        const ClockTime stay = dice.chance(0.7) ? 0 : dice.between(0, 4);
        region.calls.push_back({TripId(region.n_trips), s, now, now + stay, true, true});
        now += stay + dice.between(0, 20);
      }
      ++region.n_trips;
    }
  }
}

Region draw_region(Dice& dice) {
  Region r;
  r.n_stops = static_cast<std::size_t>(dice.between(2, 6));
  r.n_homes = static_cast<std::size_t>(dice.between(1, 3));
  r.n_counters = static_cast<std::size_t>(dice.between(1, 3));
  draw_lines(dice, r);
  std::vector<std::pair<std::uint32_t, StopWalk>> walks;
  for (std::uint32_t s = 0; s < r.n_stops; ++s)
    for (std::uint32_t to = 0; to < r.n_stops; ++to)
      if (dice.chance(s == to ? 0.4 : 0.2)) walks.emplace_back(s, StopWalk{StopId(to), s == to && dice.chance(0.3) ? kNever : dice.between(0, 15)});
  r.changes = build_ragged<StopWalk>(r.n_stops, walks);
  r.home_out = draw_walks(dice, r.n_homes, r.n_stops), r.home_in = draw_walks(dice, r.n_homes, r.n_stops);
  r.counter_out = draw_walks(dice, r.n_counters, r.n_stops), r.counter_in = draw_walks(dice, r.n_counters, r.n_stops);
  r.there = r.back = Matrix<ClockTime>(r.n_homes, r.n_counters, kNever);
  for (auto* on_foot : {&r.there, &r.back})
    for (ClockTime& w : on_foot->values)
      if (dice.chance(0.3)) w = dice.between(0, 60);
  for (std::size_t c = 0; c < r.n_counters; ++c) {
    std::vector<OpenSpan> spans;
    ClockTime now = dice.between(0, 60);
    for (int i = dice.between(0, 3); i > 0; --i) {
      const ClockTime end = now + dice.between(1, 70);
      spans.push_back({now, end});
      now = end + dice.between(1, 40);
    }
    r.open.push_row(spans);
  }
  r.rules.dwell = dice.chance(0.2) ? 1 : dice.between(1, 40);
  r.rules.earliest = dice.chance(0.5) ? 0 : dice.between(0, 60);
  r.rules.latest = r.rules.earliest + dice.between(40, 220);
  if (dice.chance(0.4)) r.rules.longest_away = dice.between(10, 160);
  r.rides.longest = dice.between(10, 120);
  r.rides.max_rides = dice.between(1, 3);
  r.rides.wait = dice.chance(0.6) ? 0 : dice.between(1, 4);
  return r;
}

Ragged<PointWalk> to_rows(const StopRows& rows) {
  Ragged<PointWalk> out;
  for (const auto& row : rows) {
    std::vector<PointWalk> walks;
    for (const StopWalk& w : row) walks.push_back({w.stop.v, w.seconds});
    out.push_row(walks);
  }
  return out;
}

Ragged<PointWalk> to_direct(const Matrix<ClockTime>& on_foot) {
  Ragged<PointWalk> out;
  for (std::size_t h = 0; h < on_foot.n_rows; ++h) {
    std::vector<PointWalk> walks;
    for (std::uint32_t c = 0; c < on_foot.n_columns; ++c)
      if (on_foot(h, c) != kNever) walks.push_back({c, on_foot(h, c)});
    out.push_row(walks);
  }
  return out;
}

TripTable find_trips(const Region& r, bool starts_are_counters, int n_threads = 1) {
  const Timetable timetable = Timetable::build(r.n_stops, r.n_trips, r.calls);
  std::vector<std::pair<std::uint32_t, StopWalk>> turned;
  for (std::uint32_t s = 0; s < r.n_stops; ++s)
    for (const StopWalk& w : r.changes[s]) turned.emplace_back(w.stop.v, StopWalk{StopId(s), w.seconds});
  const RideNetwork forward{timetable, r.changes};
  const RideNetwork backward{timetable.reverse(r.rides.wait), build_ragged<StopWalk>(r.n_stops, turned)};
  const auto there = to_direct(r.there), back = to_direct(r.back);
  auto from_stops = [&](const StopRows& rows) { return turn_walks(to_rows(rows), r.n_stops); };
  TransitWalks from_starts, to_starts;
  if (starts_are_counters) {
    from_starts = {to_rows(r.counter_out), from_stops(r.home_in), turn_walks(back, r.n_counters)};
    to_starts = {to_rows(r.counter_in), from_stops(r.home_out), turn_walks(there, r.n_counters)};
  } else {
    from_starts = {to_rows(r.home_out), from_stops(r.counter_in), there};
    to_starts = {to_rows(r.home_in), from_stops(r.counter_out), back};
  }
  const std::size_t n_others = starts_are_counters ? r.n_homes : r.n_counters;
  const TripSearch search{forward, backward, from_starts, to_starts, n_others, starts_are_counters, r.open, r.rules,
                          r.rides.longest, r.rides.max_rides, r.rides.wait, true};
  return find_transit_trips(search, {n_threads, nullptr});
}

PlainTrip find_plainly(const Region& r, std::size_t home, std::size_t counter) {
  return find_trip_exhaustively({r.calls, r.n_stops, r.changes, r.home_out[home], r.counter_in[counter], r.counter_out[counter], r.home_in[home],
                                 r.there(home, counter), r.back(home, counter), r.open[counter], r.rules, r.rides});
}

// The parts of the best trip say what they mean.
void check_parts(const Region& r, const TransitTrip& trip, std::size_t counter) {
  EXPECT_GE(trip.leave, r.rules.earliest);
  EXPECT_LE(trip.leave, trip.arrive);
  EXPECT_LE(trip.arrive - trip.leave, r.rides.longest);
  EXPECT_LE(trip.leave_counter, trip.home);
  EXPECT_LE(trip.home - trip.leave_counter, r.rides.longest);
  EXPECT_LE(trip.home, r.rules.latest);
  const auto open = r.open[counter];
  EXPECT_TRUE(std::any_of(open.begin(), open.end(), [&](const OpenSpan& s) {
    const ClockTime end = std::max(trip.arrive, s.begin) + r.rules.dwell;
    return end <= s.end && end <= trip.leave_counter;
  }));
}

TEST(TransitTrips, EqualALookAtEverySecond) {
  std::vector<int> n_of_reason(7);
  for (std::uint64_t seed = 0; seed < kTimetables; ++seed) {
    Dice dice(seed);
    const Region r = draw_region(dice);
    for (bool starts_are_counters : {true, false}) {
      const TripTable table = find_trips(r, starts_are_counters);
      ASSERT_EQ(table.trips.n_rows, r.n_homes);
      for (std::size_t h = 0; h < r.n_homes; ++h)
        for (std::size_t c = 0; c < r.n_counters; ++c) {
          const TransitTrip& found = table.trips(h, c);
          const PlainTrip expected = find_plainly(r, h, c);
          ASSERT_EQ(int(found.reason), int(expected.reason)) << "seed " << seed << " home " << h << " counter " << c << " from counters " << starts_are_counters;
          ++n_of_reason[static_cast<std::size_t>(found.reason)];
          const auto presence = table.presence[h * r.n_counters + c];
          ASSERT_EQ(std::vector<OpenSpan>(presence.begin(), presence.end()), expected.presence) << "seed " << seed << " home " << h << " counter " << c;
          if (found.reason != NoTrip::kNone) continue;
          ASSERT_EQ(found.home - found.leave, expected.time_away) << "seed " << seed;
          ASSERT_EQ(found.latest_start, expected.latest_start) << "seed " << seed;
          ASSERT_EQ(found.earliest_return, expected.earliest_return) << "seed " << seed;
          check_parts(r, found, c);
        }
    }
  }
  for (int n : n_of_reason) EXPECT_GT(n, 100) << "every reason is met";
}

TEST(TransitTrips, AreTheSameFromEitherSideAndForAnyNumberOfThreads) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Dice dice(seed + 10'000);
    const Region r = draw_region(dice);
    const TripTable one = find_trips(r, true), two = find_trips(r, false, 2);
    for (std::size_t i = 0; i < one.trips.values.size(); ++i) {
      const TransitTrip &a = one.trips.values.data()[i], &b = two.trips.values.data()[i];
      ASSERT_EQ(std::tie(a.leave, a.arrive, a.leave_counter, a.home), std::tie(b.leave, b.arrive, b.leave_counter, b.home)) << "seed " << seed;
    }
  }
}

TEST(TransitTrips, WiderRulesNeverHurt) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Dice dice(seed + 20'000);
    const Region r = draw_region(dice);
    Region wider = r;
    switch (dice.below(5)) {
      case 0: wider.rules.dwell = (r.rules.dwell + 1) / 2; break;
      case 1: wider.rules.latest += 30; break;
      case 2: wider.rides.longest += 20; break;
      case 3: wider.rides.max_rides += 1; break;
      default:
        wider.open = {};
        for (std::size_t c = 0; c < r.n_counters; ++c) {
          std::vector<OpenSpan> spans(r.open[c].begin(), r.open[c].end());
          if (spans.empty()) spans.push_back({40, 90});
          spans.back().end += 20;
          wider.open.push_row(spans);
        }
    }
    const TripTable narrow_trips = find_trips(r, true), wide_trips = find_trips(wider, true);
    for (std::size_t i = 0; i < narrow_trips.trips.values.size(); ++i) {
      const TransitTrip &a = narrow_trips.trips.values.data()[i], &b = wide_trips.trips.values.data()[i];
      if (a.reason != NoTrip::kNone) continue;
      ASSERT_EQ(b.reason, NoTrip::kNone) << "seed " << seed;
      ASSERT_LE(b.home - b.leave, a.home - a.leave);
      ASSERT_GE(b.latest_start, a.latest_start);
      ASSERT_LE(b.earliest_return, a.earliest_return);
    }
  }
}

}  // namespace
}  // namespace maillage::test
