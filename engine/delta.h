// What a scenario changes for people: before and after, person by person.
#pragma once

#include <vector>

#include "engine/exposure.h"

namespace maillage {

// A place whose nearest counter or travel time changed, for one person class and walking speed.
struct PlaceChange {
  PlaceId place;
  PersonClass person_class;
  std::uint32_t walk_class;
  Label before, after;
  double persons;  // of this class and speed at this place (after the scenario)
};

// Every change, by place, then class, then walking speed; nobody there or nothing changed: no row.
// The two exposures answer the same query on territories with the same places.
std::vector<PlaceChange> find_place_changes(const Exposure& before, const Exposure& after);

}  // namespace maillage
