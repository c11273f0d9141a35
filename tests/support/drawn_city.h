// Small cities drawn at random, with everything that makes timetables hard.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/raptor.h"
#include "engine/timetable.h"
#include "tests/support/dice.h"

namespace maillage::test {

struct City {
  std::size_t n_stops = 0, n_trips = 0;
  std::vector<TripCall> calls;
  Ragged<StopWalk> changes;
  std::vector<StopWalk> access;
};

// A few lines with irregular, sometimes overtaking trips, some that call twice at a stop, stops where
// nobody may get on or off, walks between stops, changes at a stop that take time or are forbidden, equal
// times and times of zero.
inline City draw_city(Dice& dice) {
  City city;
  city.n_stops = static_cast<std::size_t>(dice.between(2, 9));
  const int n_lines = dice.between(1, 6);
  for (int l = 0; l < n_lines; ++l) {
    std::vector<StopId> stops;
    for (int i = dice.between(2, 6); i > 0; --i) stops.push_back(StopId(dice.below(city.n_stops)));
    const bool is_closed_door = dice.chance(0.2);
    for (int t = dice.between(1, 7); t > 0; --t) {
      ClockTime now = dice.between(0, 120);
      for (StopId s : stops) {
        const ClockTime stay = dice.chance(0.7) ? 0 : dice.between(0, 5);
        city.calls.push_back({TripId(city.n_trips), s, now, now + stay, !is_closed_door || dice.chance(0.7), !is_closed_door || dice.chance(0.7)});
        now += stay + (dice.chance(0.1) ? 0 : dice.between(1, 25));
      }
      ++city.n_trips;
    }
  }
  std::vector<std::pair<std::uint32_t, StopWalk>> walks;
  for (std::uint32_t s = 0; s < city.n_stops; ++s)
    for (std::uint32_t to = 0; to < city.n_stops; ++to)
      if (dice.chance(s == to ? 0.4 : 0.2)) walks.emplace_back(s, StopWalk{StopId(to), s == to && dice.chance(0.3) ? kNever : dice.between(0, 20)});
  city.changes = build_ragged<StopWalk>(city.n_stops, walks);
  for (std::uint32_t s = 0; s < city.n_stops; ++s)
    if (dice.chance(0.4)) city.access.push_back({StopId(s), dice.between(0, 15)});
  return city;
}

inline RideOptions draw_options(Dice& dice) {
  RideOptions o;
  o.window.begin = dice.between(0, 60);
  o.window.end = o.window.begin + dice.between(1, 70);
  o.window.step = dice.chance(0.5) ? 1 : dice.between(2, 12);
  o.longest = dice.between(20, 200);
  o.max_rides = dice.between(1, 4);
  o.wait = dice.chance(0.5) ? 0 : dice.between(1, 5);
  return o;
}

}  // namespace maillage::test
