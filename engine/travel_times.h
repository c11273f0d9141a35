// Travel times from many points to many others on one network.
#pragma once

#include "engine/csr.h"
#include "engine/dijkstra.h"
#include "engine/hierarchy.h"
#include "engine/hierarchy_query.h"
#include "engine/links.h"
#include "engine/parallel.h"
#include "engine/road_network.h"

namespace maillage {

// A network and, where it is at hand, its hierarchy; without one searches are plain. Times are the same.
struct SearchedNetwork {
  SearchedNetwork(const RoadNetwork& searched, const Hierarchy* with = nullptr) : network(searched), hierarchy(with) {}
  const RoadNetwork& network;
  const Hierarchy* hierarchy;
};

// n_origins x n_destinations; unreachable where no path leads or an end is off the network. Plainly: one
// search an origin, stopped when every destination is settled. Parallel over origins.
Matrix<Duration> find_travel_times(const SearchedNetwork& searched, const Links& origins, const Links& destinations,
                                   const Context& context = {});

// Time of each pair (origin[i], destination[i]) alone; without a hierarchy pairs of one origin share a search.
std::vector<Duration> find_pair_times(const SearchedNetwork& searched, const Links& origins, const Links& destinations,
                                      std::span<const std::pair<std::uint32_t, std::uint32_t>> pairs,
                                      const Context& context = {});

// One of many attached points.
struct LinkedPoint {
  const Links& links;
  std::size_t row;
};

// Time between two points, `query` on the hierarchy of the network.
Duration find_pair_time(const RoadNetwork& network, PairQuery& query, const LinkedPoint& from, const LinkedPoint& to);

}  // namespace maillage
