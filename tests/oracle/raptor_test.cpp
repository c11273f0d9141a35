// Range searches are held equal to Dijkstra's algorithm on the time-expanded graph, instant by instant.
#include "engine/raptor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "engine/error.h"
#include "engine/time_expanded.h"
#include "engine/transit_times.h"
#include "tests/support/dice.h"
#include "tests/support/drawn_city.h"

namespace maillage::test {
namespace {

constexpr int kTimetables = 1000;

std::vector<DepartureProfile> find_profiles(RangeSearch& search, const City& city, const RideOptions& options) {
  std::vector<DepartureProfile> profiles(city.n_stops);
  ClockTime before = kNever;
  search.run(city.access, options, [&](ClockTime departure, StopId stop, ClockTime arrival) {
    EXPECT_LE(departure, before) << "departures fall";
    before = departure;
    profiles[stop.v].add({departure, arrival});
  });
  return profiles;
}

TEST(RangeSearch, EqualsTimeExpandedSearchAtEveryInstant) {
  for (std::uint64_t seed = 0; seed < kTimetables; ++seed) {
    Dice dice(seed);
    const City city = draw_city(dice);
    const Timetable timetable = Timetable::build(city.n_stops, city.n_trips, city.calls);
    RangeSearch search(timetable, city.changes);
    for (int again = 0; again < 2; ++again) {  // a search leaves nothing behind
      const RideOptions options = draw_options(dice);
      const auto profiles = find_profiles(search, city, options);
      for (ClockTime t = options.window.begin; t < options.window.end; t += options.window.step) {
        const auto expected = find_arrivals_exhaustively(city.calls, city.n_stops, city.changes, city.access, t, options);
        for (std::size_t s = 0; s < city.n_stops; ++s) {
          const ClockTime found = profiles[s].find_travel_time(t, options.longest);
          ASSERT_EQ(found == kNever ? kNever : t + found, expected[s]) << "seed " << seed << " stop " << s << " at " << t;
        }
      }
    }
  }
}

TEST(RangeSearch, BackwardFindsTheSameJourneys) {
  for (std::uint64_t seed = 0; seed < kTimetables; ++seed) {
    Dice dice(seed + 5000);
    City city = draw_city(dice);
    const Timetable timetable = Timetable::build(city.n_stops, city.n_trips, city.calls);
    RideOptions options = draw_options(dice);
    options.window.step = 1;
    options.longest = 1000;
    const StopId from(dice.below(city.n_stops)), to(dice.below(city.n_stops));
    city.access = {{from, 0}};
    RangeSearch forward(timetable, city.changes);
    options.window = {-20, 500, 1};  // with a wait one must be there before the first trip leaves at 0
    const auto there = find_profiles(forward, city, options)[to.v];

    const Timetable reversed = timetable.reverse(options.wait);
    const auto changes = turn_changes(city.changes);
    RangeSearch backward(reversed, changes);
    RideOptions back = options;
    back.window = {-600, 1, 1};
    back.wait = 0;
    DepartureProfile found;
    backward.run(std::vector<StopWalk>{{to, 0}}, back, [&](ClockTime departure, StopId stop, ClockTime arrival) {
      if (stop == from) found.add({departure, arrival});
    });
    std::vector<Journey> turned;  // (-arrival, -departure): the same set in the other order
    for (const Journey& j : found.journeys()) turned.push_back({-j.arrival, -j.departure});
    std::reverse(turned.begin(), turned.end());
    ASSERT_EQ(turned, std::vector<Journey>(there.journeys().begin(), there.journeys().end())) << "seed " << seed;
  }
}

// Profiles to every stop by all ways of a city, and where its search may board.
struct FoundOfCity {
  std::vector<std::vector<Journey>> journeys;
  std::vector<bool> boarding;
};

FoundOfCity search_city(const City& city, const RideOptions& options) {
  const RideNetwork network{Timetable::build(city.n_stops, city.n_trips, city.calls), city.changes};
  TransitWalks walks;
  std::vector<PointWalk> access;
  for (const StopWalk& w : city.access) access.push_back({w.stop.v, w.seconds});
  walks.access.push_row(access);
  for (std::uint32_t s = 0; s < city.n_stops; ++s) walks.egress.push_row(std::vector<PointWalk>{{s, 0}});
  walks.direct.push_row(std::vector<PointWalk>{});
  ProfileSearch search(network, walks, city.n_stops);
  FoundOfCity found;
  for (const DepartureProfile& p : search.run(0, options)) found.journeys.emplace_back(p.journeys().begin(), p.journeys().end());
  found.boarding = search.find_boarding();
  return found;
}

// The city without some of its trips.
City keep_trips(const City& city, const std::vector<bool>& kept) {
  City less = city;
  less.calls.clear();
  std::vector<std::uint32_t> row(city.n_trips);
  less.n_trips = 0;
  for (std::size_t t = 0; t < city.n_trips; ++t) row[t] = static_cast<std::uint32_t>(kept[t] ? less.n_trips++ : 0);
  for (TripCall call : city.calls) {
    if (!kept[call.trip.v]) continue;
    call.trip = TripId(row[call.trip.v]);
    less.calls.push_back(call);
  }
  return less;
}

TEST(ProfileSearch, TripsThatCannotBeBoardedChangeNothing) {
  int n_untouched = 0, n_changed = 0;
  for (std::uint64_t seed = 0; seed < 3 * kTimetables; ++seed) {
    Dice dice(seed + 9000);
    const City more = draw_city(dice);
    std::vector<bool> kept;
    for (std::size_t t = 0; t < more.n_trips; ++t) kept.push_back(dice.chance(0.8));
    const City less = keep_trips(more, kept);
    const RideOptions options = draw_options(dice);
    const FoundOfCity with = search_city(more, options), without = search_city(less, options);
    for (const FoundOfCity& known : {with, without}) {  // trips cut, trips added
      const bool is_touched = std::any_of(more.calls.begin(), more.calls.end(), [&](const TripCall& c) { return !kept[c.trip.v] && known.boarding[c.stop.v]; });
      n_untouched += !is_touched;
      n_changed += with.journeys != without.journeys;
      if (!is_touched) ASSERT_EQ(with.journeys, without.journeys) << "seed " << seed;
    }
  }
  EXPECT_GT(n_untouched, 500);
  EXPECT_GT(n_changed, 500);
}

TEST(WindowReader, PercentilesEqualThoseOfAllInstants) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Dice dice(seed);
    DepartureProfile profile;
    profile.clear(dice.chance(0.3) ? kNever : dice.between(0, 150));
    ClockTime departure = dice.between(50, 200), arrival = departure + dice.between(0, 100);
    for (int i = dice.between(0, 12); i > 0; --i) {
      profile.add({departure, arrival});
      departure -= dice.between(0, 20);
      arrival -= dice.between(-3, 20);
      arrival = std::max(arrival, departure);
    }
    const DepartureWindow window{dice.between(0, 80), dice.between(81, 220), dice.chance(0.5) ? 1 : dice.between(2, 17)};
    const ClockTime longest = dice.between(0, 160);
    const std::vector<double> percentiles{0.01, 5, 25, 50, 75, 95, 100};
    std::vector<ClockTime> found(percentiles.size());
    const std::int64_t n_unreached = WindowReader(window, longest, percentiles).read(profile, found);
    ASSERT_EQ(found, find_percentiles_exhaustively(profile, window, longest, percentiles)) << "seed " << seed;
    std::int64_t n = 0;
    for (ClockTime t = window.begin; t < window.end; t += window.step) n += profile.find_travel_time(t, longest) == kNever;
    ASSERT_EQ(n_unreached, n);
  }
}

TEST(Timetable, RefusesCallsOutOfOrder) {
  const auto build = [](std::vector<TripCall> calls) { return Timetable::build(2, 2, calls); };
  EXPECT_THROW(build({{TripId(0), StopId(0), 5, 4}}), InputError);
  EXPECT_THROW(build({{TripId(0), StopId(2), 4, 4}}), InputError);
  EXPECT_THROW(build({{TripId(2), StopId(0), 4, 4}}), InputError);
  EXPECT_THROW(build({{TripId(1), StopId(0), 4, 4}, {TripId(0), StopId(0), 4, 4}}), InputError);
  EXPECT_THROW(build({{TripId(0), StopId(0), 4, 9}, {TripId(0), StopId(1), 8, 9}}), InputError);
}

TEST(Timetable, OvertakingTripsAreLinesOfTheirOwn) {
  std::vector<TripCall> calls;
  for (auto [trip, a, b] : {std::tuple{0, 0, 50}, {1, 10, 20}, {2, 20, 60}})
    for (auto [stop, time] : {std::pair{0, a}, {1, b}}) calls.push_back({TripId(std::size_t(trip)), StopId(std::size_t(stop)), time, time});
  const Timetable timetable = Timetable::build(2, 3, calls);
  ASSERT_EQ(timetable.n_lines(), 2u);
  EXPECT_EQ(timetable.n_trips_of(LineId(0)), 2u);  // 0 and 2
  EXPECT_EQ(timetable.trip(LineId(1), 0), TripId(1));
  EXPECT_EQ(timetable.find_trip(LineId(0), 0, 1), 1u);
  EXPECT_EQ(timetable.find_trip(LineId(0), 0, 21), 2u);
}

}  // namespace
}  // namespace maillage::test
