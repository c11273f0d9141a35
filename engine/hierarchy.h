// A contraction hierarchy: nodes in an order of importance, and for each the arcs to more important
// ones, with shortcuts so that every shortest path goes up and then down.
//
// Nodes are taken out of the graph from least to most important. Where a path through the node being
// taken out may be the only shortest one, an arc (shortcut) takes its place; a bounded search for
// another path as short (a witness) spares most of them. Work goes in rounds: all nodes that come
// before each of their neighbours are taken out at once, in parallel.
//
//   rank   0 1 2 3 4 ... n-1          rank = position in the order, n-1 the most important
//   out[r] arcs r -> higher ranks      in[r] arcs higher ranks -> r (head = the other end)
//
//   ranks  [ block 0 | block 1 | ... | block b-1 | top ]
//
// Arcs lead up inside a block or into the top, so blocks can be walked in parallel once the top is
// done. Neighbours on the map have ranks near each other wherever the order leaves a choice.
//
// Nodes are numbered by rank inside; `rank_of` and `node_at` translate. The same graph gives the same
// hierarchy for any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/parallel.h"
#include "engine/graph.h"

namespace maillage {

using Rank = std::uint32_t;

struct RankedArc {
  Rank head;
  Duration time;
};

struct Hierarchy {
  Buffer<Rank> rank_of;          // node -> rank
  Buffer<NodeId> node_at;        // rank -> node
  Buffer<std::uint32_t> turn;    // rank -> when the node was taken out: 0 .. n-1, every arc leads to a later turn
  Ragged<RankedArc> out;         // rank -> arcs to higher ranks, shortest first
  Ragged<RankedArc> in;          // rank -> arcs from higher ranks
  Rank first_top = 0;            // ranks from here on are the top, walked alone
  Buffer<Rank> blocks{0};        // ranks [blocks[i], blocks[i+1]) below the top: no arc joins two blocks

  std::size_t n_nodes() const { return rank_of.size(); }
};

// Builds the hierarchy of a graph given by its arcs in both directions.
Hierarchy build_hierarchy(const ArcLists& out, const ArcLists& in, const Context& context = {});

// The same by an order that is known, such as that of the graph before some of its arcs changed: `kept`
// holds a number a node, less important nodes first, equal ones in any fixed order. Saves the rating of nodes.
Hierarchy build_hierarchy(const ArcLists& out, const ArcLists& in, std::span<const std::uint32_t> kept,
                          const Context& context);

}  // namespace maillage
