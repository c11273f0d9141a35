// The k nearest destinations of many origins as the columns of a table.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "engine/place_lists.h"

namespace maillage::bind {

// n_origins x k rows, in columns: `origin` and `destination` (rows, in the narrowest signed integers that
// hold them; -1 absent), `rank` from 1, `minutes` (NaN absent), `reason` (-1 none, 0 unreachable, 1
// origin off the network).
// `on_edges`: of the origins; null: they are looked for.
pybind11::dict find_nearest_table(const RoadNetwork& network, const Links& origins, const Links& destinations, int k,
                                  const std::shared_ptr<Hierarchy>& hierarchy, const std::string& direction,
                                  const std::shared_ptr<PlacesOnEdges>& on_edges, int n_threads,
                                  const pybind11::object& report);

// "to" or "from" the counters; InputError for anything else.
Direction to_direction(const std::string& name);

}  // namespace maillage::bind
