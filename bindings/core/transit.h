// What the bindings of public transport have in common.
#pragma once

#include "engine/transit_times.h"

namespace maillage::bind {

// Rows of ways on foot: row -> rows of other points.
struct Walks {
  Ragged<PointWalk> rows;
};

// Ways on foot at both ends of journeys, checked against stops and points.
TransitWalks to_transit_walks(const RideNetwork& network, const Walks& access, const Walks& egress, const Walks& direct, std::size_t n_destinations);

}  // namespace maillage::bind
