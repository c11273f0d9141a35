// Travel times from many points to many others on one network.
#pragma once

#include "engine/csr.h"
#include "engine/dijkstra.h"
#include "engine/links.h"
#include "engine/parallel.h"
#include "engine/road_network.h"

namespace maillage {

// n_origins x n_destinations; unreachable where no path leads or an end is off the network. One
// search an origin, stopped when every destination is settled; parallel over origins.
Matrix<Duration> find_travel_times(const RoadNetwork& network, const Links& origins, const Links& destinations,
                                   const Context& context = {});

// Time of each pair (origin[i], destination[i]) alone; pairs of one origin share a search.
std::vector<Duration> find_pair_times(const RoadNetwork& network, const Links& origins, const Links& destinations,
                                      std::span<const std::pair<std::uint32_t, std::uint32_t>> pairs,
                                      const Context& context = {});

}  // namespace maillage
