// Territories on towns drawn as text: letters of the drawing are places and counters.
#pragma once

#include <memory>
#include <string>

#include "engine/territory.h"
#include "tests/support/ascii_town.h"

namespace maillage::test {

// Parts that a test may still change before it calls `build`. As drawn: one group of 100 persons a
// place, half of them with a car, 20 % need help online and 10 % cannot; all connected; every counter
// open and offering one service at level 1; one car network that takes a minute a step, points farther
// than half a step from a road off the network.
struct SmallTerritory {
  AsciiTown town;
  std::string place_names, counter_names;
  TerritoryParts parts;
  Population population;
  Groups groups;
  Connectivity connectivity;
  Counters counters;

  SmallTerritory(std::string_view drawing, std::string places, std::string counters, std::size_t n_services = 1);

  // Adds the roads on foot at 6 km/h (a step in 66.7 s), which people without a car may use.
  void add_walking(std::uint32_t walk_class = kEveryWalkClass, double speed_kmh = 6);

  PlaceId place(char name) const { return PlaceId(place_names.find(name)); }
  CounterId counter(char name) const { return CounterId(counter_names.find(name)); }
  std::shared_ptr<const Territory> build() const;
};

// The list of a place as text, such as "X 3, Y 7.5": counters by name, minutes rounded to a hundredth.
std::string to_text(const SmallTerritory& small, std::span<const Label> labels);

}  // namespace maillage::test
