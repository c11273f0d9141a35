// Journeys are checked call by call, and held equal to Dijkstra's algorithm on the time-expanded graph.
#include "engine/journey.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "engine/time_expanded.h"
#include "tests/support/drawn_city.h"

namespace maillage::test {
namespace {

constexpr int kTimetables = 4000;

struct Trip {
  City city;
  Timetable timetable;
  std::vector<StopWalk> egress;
  RideOptions options;
  PointWays ways;
};

// A city, ways at both ends, and what is asked.
Trip draw_trip(Dice& dice) {
  Trip trip{draw_city(dice), {}, {}, draw_options(dice), {}};
  trip.timetable = Timetable::build(trip.city.n_stops, trip.city.n_trips, trip.city.calls);
  // few stops at either end, so that people must change
  const std::size_t n_kept = std::min<std::size_t>(trip.city.access.size(), dice.below(2) + 1);
  trip.city.access.resize(n_kept);
  for (std::uint32_t s = 0; s < trip.city.n_stops; ++s)
    if (dice.chance(0.25)) trip.egress.push_back({StopId(s), dice.between(0, 15)});
  trip.options.longest = dice.between(60, 200);
  trip.options.window.step = 1;
  if (dice.chance(0.4)) trip.options.window.end = trip.options.window.begin + 1;
  trip.ways = {trip.city.access, trip.egress, dice.chance(0.7) ? kNever : dice.between(0, 150)};
  return trip;
}

std::vector<Itinerary> find(const Trip& trip, Wanted wanted) {
  return find_journeys(trip.timetable, trip.city.changes, trip.ways, trip.options, wanted);
}

bool has_way(std::span<const StopWalk> walks, StopId stop, ClockTime seconds) {
  return std::any_of(walks.begin(), walks.end(), [&](const StopWalk& w) { return w.stop == stop && w.seconds == seconds; });
}

// Least seconds between two rides at one stop; kNever where nobody may change.
ClockTime find_stay(const Trip& trip, StopId stop) {
  for (const StopWalk& w : trip.city.changes[stop.v])
    if (w.stop == stop) return w.seconds;
  return 0;
}

// Every leg can be travelled, and the times are those of its parts.
void check_legs(const Trip& trip, const Itinerary& j) {
  const auto& calls = trip.city.calls;
  ASSERT_FALSE(j.rides.empty());
  ClockTime now = j.departure;
  StopId here;
  for (std::size_t i = 0; i < j.rides.size(); ++i) {
    const Ride& r = j.rides[i];
    if (i == 0) {
      ASSERT_TRUE(has_way(trip.ways.access, r.board, r.walk));
    } else {
      ASSERT_TRUE(here == r.board ? r.walk == 0 : has_way(trip.city.changes[here.v], r.board, r.walk));
    }
    const auto first = std::find_if(calls.begin(), calls.end(), [&](const TripCall& c) { return c.trip == r.trip; });
    ASSERT_LT(r.from, r.to);
    ASSERT_LT(r.to, static_cast<std::uint32_t>(calls.end() - first));
    const TripCall &on = first[r.from], &off = first[r.to];
    ASSERT_EQ(off.trip, r.trip);
    ASSERT_TRUE(on.stop == r.board && off.stop == r.alight && on.may_board && off.may_alight);
    ASSERT_TRUE(on.departure == r.departure && off.arrival == r.arrival);
    const ClockTime stay = i > 0 && here == r.board ? find_stay(trip, here) : 0;
    ASSERT_NE(stay, kNever);
    ASSERT_LE(now + r.walk + stay + trip.options.wait, r.departure);
    if (i == 0) {
      ASSERT_EQ(now + r.walk + trip.options.wait, r.departure) << "nobody leaves home too early";
    }
    now = r.arrival;
    here = r.alight;
  }
  ASSERT_TRUE(has_way(trip.ways.egress, here, j.last_walk));
  ASSERT_EQ(now + j.last_walk, j.arrival);
}

bool is_walk(const Itinerary& j) { return j.rides.empty(); }

// The earliest arrival by at most so many rides when leaving at an instant; kNever beyond the longest time.
ClockTime find_arrival(const Trip& trip, ClockTime departure, int n_rides) {
  RideOptions asked = trip.options;
  asked.max_rides = n_rides;
  const auto at = find_arrivals_exhaustively(trip.city.calls, trip.city.n_stops, trip.city.changes, trip.ways.access, departure, asked);
  ClockTime best = kNever;
  for (const StopWalk& w : trip.egress)
    if (at[w.stop.v] != kNever && at[w.stop.v] + w.seconds - departure <= trip.options.longest) best = std::min(best, at[w.stop.v] + w.seconds);
  return best;
}

void check_walking(const Trip& trip, const std::vector<Itinerary>& found, Wanted wanted) {
  const bool is_short = trip.ways.direct <= trip.options.longest;
  ASSERT_EQ(std::count_if(found.begin(), found.end(), is_walk), is_short ? 1 : 0);
  for (const Itinerary& j : found) {
    if (!is_walk(j)) continue;
    ASSERT_EQ(j.arrival - j.departure, trip.ways.direct);
    ASSERT_EQ(j.last_walk, trip.ways.direct);
    if (wanted == Wanted::departure)
      ASSERT_EQ(j.departure, trip.options.window.begin);
    else
      ASSERT_EQ(j.arrival, trip.options.window.end - 1);
  }
}

void check_order_and_dominance(const Trip& trip, const std::vector<Itinerary>& found) {
  for (std::size_t a = 0; a < found.size(); ++a) {
    ASSERT_LE(found[a].rides.size(), static_cast<std::size_t>(trip.options.max_rides));
    if (a > 0) {
      ASSERT_LE(found[a - 1].departure, found[a].departure);
    }
    if (is_walk(found[a])) continue;
    ASSERT_LT(found[a].arrival - found[a].departure, trip.ways.direct <= trip.options.longest ? trip.ways.direct : kNever);
    for (std::size_t b = 0; b < found.size(); ++b) {
      if (a == b || is_walk(found[b])) continue;
      ASSERT_FALSE(found[b].departure >= found[a].departure && found[b].arrival <= found[a].arrival && found[b].rides.size() <= found[a].rides.size());
    }
  }
}

// The least seconds on foot of all journeys with exactly so many rides, all of them tried.
ClockTime find_least_walking(const Trip& trip, ClockTime departure, ClockTime arrival, std::size_t n_rides) {
  using Places = std::map<std::pair<std::uint32_t, ClockTime>, ClockTime>;  // stop, time -> seconds on foot
  auto keep = [](Places& places, StopId stop, ClockTime time, ClockTime walked) {
    const auto [at, is_new] = places.emplace(std::pair(stop.v, time), walked);
    if (!is_new) at->second = std::min(at->second, walked);
  };
  Places reached;
  for (const StopWalk& w : trip.ways.access) keep(reached, w.stop, departure + w.seconds, w.seconds);
  const auto& calls = trip.city.calls;
  Places rode;
  for (std::size_t n = 0; n < n_rides; ++n) {
    rode.clear();
    for (std::size_t i = 0; i < calls.size(); ++i)
      for (const auto& [place, walked] : reached) {
        if (place.first != calls[i].stop.v || !calls[i].may_board || place.second + trip.options.wait > calls[i].departure) continue;
        for (std::size_t to = i + 1; to < calls.size() && calls[to].trip == calls[i].trip; ++to)
          if (calls[to].may_alight) keep(rode, calls[to].stop, calls[to].arrival, walked);
      }
    reached.clear();
    for (const auto& [place, walked] : rode) {
      const ClockTime stay = find_stay(trip, StopId(place.first));
      if (stay != kNever) keep(reached, StopId(place.first), place.second + stay, walked);
      for (const StopWalk& w : trip.city.changes[place.first])
        if (w.stop.v != place.first) keep(reached, w.stop, place.second + w.seconds, walked + w.seconds);
    }
  }
  ClockTime least = kNever;
  for (const auto& [place, walked] : rode)
    for (const StopWalk& w : trip.egress)
      if (w.stop.v == place.first && place.second + w.seconds <= arrival) least = std::min(least, walked + w.seconds);
  return least;
}

ClockTime count_walking(const Itinerary& j) {
  ClockTime sum = j.last_walk;
  for (const Ride& r : j.rides) sum += r.walk;
  return sum;
}

void check_all(const Trip& trip, const std::vector<Itinerary>& found, Wanted wanted) {
  check_walking(trip, found, wanted);
  check_order_and_dominance(trip, found);
  for (const Itinerary& j : found) {
    if (is_walk(j)) continue;
    check_legs(trip, j);
    ASSERT_EQ(find_arrival(trip, j.departure, static_cast<int>(j.rides.size())), j.arrival);
    ASSERT_EQ(count_walking(j), find_least_walking(trip, j.departure, j.arrival, j.rides.size()));
  }
}

TEST(Journeys, AreTheBestForEveryInstantOfDeparture) {
  std::size_t n_journeys = 0, n_changes = 0;
  for (std::uint64_t seed = 0; seed < kTimetables; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed + 20000);
    const Trip trip = draw_trip(dice);
    const auto found = find(trip, Wanted::departure);
    ASSERT_EQ(found, find(trip, Wanted::departure));
    check_all(trip, found, Wanted::departure);
    const RideOptions& o = trip.options;
    const ClockTime direct = trip.ways.direct <= o.longest ? trip.ways.direct : kNever;
    for (ClockTime t = o.window.begin; t < o.window.end; t += 3)
      for (int n = 1; n <= o.max_rides; ++n) {
        ClockTime expected = find_arrival(trip, t, n), best = kNever;
        if (expected != kNever && expected - t >= direct) expected = kNever;  // walking is no slower
        for (const Itinerary& j : found)
          if (!is_walk(j) && j.departure >= t && j.rides.size() <= static_cast<std::size_t>(n)) best = std::min(best, j.arrival);
        if (best != kNever && (best - t > o.longest || best - t >= direct)) best = kNever;
        ASSERT_EQ(best, expected) << "from " << t << " by " << n << " rides";
      }
    n_journeys += found.size();
    for (const Itinerary& j : found) n_changes += j.rides.size() > 1;
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(n_journeys, 1000u);
  EXPECT_GT(n_changes, 100u);
}

// The latest departure that is there by an instant, by at most so many rides; the lowest time when there is none.
ClockTime find_departure(const std::vector<ClockTime>& arrivals, ClockTime first, ClockTime by, ClockTime longest) {
  for (std::size_t i = arrivals.size(); i-- > 0;) {
    const auto departure = first + static_cast<ClockTime>(i);
    if (by - departure > longest) break;
    if (departure <= by && arrivals[i] <= by) return departure;
  }
  return std::numeric_limits<ClockTime>::min();
}

TEST(Journeys, AreTheBestForEveryInstantOfArrival) {
  for (std::uint64_t seed = 0; seed < kTimetables / 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed + 40000);
    Trip trip = draw_trip(dice);
    const RideOptions& o = trip.options;
    const auto found = find(trip, Wanted::arrival);
    check_all(trip, found, Wanted::arrival);
    const ClockTime direct = trip.ways.direct <= o.longest ? trip.ways.direct : kNever;
    const ClockTime first = o.window.begin - o.longest;
    for (int n = 1; n <= o.max_rides; ++n) {
      std::vector<ClockTime> arrivals;
      for (ClockTime t = first; t < o.window.end; ++t) arrivals.push_back(find_arrival(trip, t, n));
      for (ClockTime by = o.window.begin; by < o.window.end; ++by) {
        constexpr ClockTime kNone = std::numeric_limits<ClockTime>::min();
        ClockTime expected = find_departure(arrivals, first, by, o.longest), best = kNone;
        if (expected != kNone && by - expected >= direct) expected = kNone;
        for (const Itinerary& j : found)
          if (!is_walk(j) && j.arrival <= by && j.rides.size() <= static_cast<std::size_t>(n)) best = std::max(best, j.departure);
        if (best != kNone && (by - best > o.longest || by - best >= direct)) best = kNone;
        ASSERT_EQ(best, expected) << "by " << by << " and " << n << " rides";
      }
    }
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace maillage::test
