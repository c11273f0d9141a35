// A hierarchy that follows a change of its graph: only what the change can reach is contracted again.
//
//   near(u, w)   the least time from u to w by way of an arc that changed, as it was before: the way to
//                the nearest such arc and the way on from the nearest one (two sweeps, one counter each)
//
// An arc of the hierarchy that takes less than near(its ends) stands for a path that is still there; a
// pair of arcs through a node whose sum is less had a shortcut or a witness, and has it still. What is
// left, from the least important node on: arcs that may be gone are dropped, arcs of the graph put in
// their place, and pairs that the change can reach or that a new arc makes get a shortcut unless a search
// finds a witness. Nodes keep their turn; new ones come before all others.
#pragma once

#include <span>

#include "engine/graph.h"
#include "engine/hierarchy.h"
#include "engine/id.h"
#include "engine/parallel.h"

namespace maillage {

struct GraphChange {
  const ArcLists& before;  // the graph of the hierarchy
  const ArcLists& out;     // the graph now, by tail and by head
  const ArcLists& in;
  std::span<const NodeId> node_before;  // node now -> the same node before, none if it is new
  double most_reached = 0.03;  // where more than this share of the nodes is reached, all are contracted again
};

// The hierarchy of the graph as it is now. Every travel time is that of a hierarchy built from nothing; the
// order is the one it had.
Hierarchy update_hierarchy(const Hierarchy& hierarchy, const GraphChange& change, const Context& context = {});

}  // namespace maillage
