// Roads that change: which node of the network before a node of the network after was, and a hierarchy that
// follows the edit instead of being made from nothing.
#pragma once

#include <vector>

#include "engine/hierarchy.h"
#include "engine/parallel.h"
#include "engine/road_network.h"

namespace maillage {

// For every search node of `after` (the same roads with other times, some perhaps closed) the same node of
// `before`: the junction of the same raw node, its copy for those who come by the same segment, its exit
// or entry layer. None where there was no such node.
std::vector<NodeId> find_nodes_before(const RoadNetwork& before, const RoadNetwork& after);

// The hierarchy of `after`, from the one of `before`. Equal to a hierarchy built from nothing in every travel
// time, not in its order.
Hierarchy build_edited_hierarchy(const RoadNetwork& before, const Hierarchy& hierarchy, const RoadNetwork& after,
                                 const Context& context = {});

}  // namespace maillage
