// A road network that can be searched: junctions joined by edges, and a graph of directed arcs.
//
// Roads as read (RoadSegments) have a node at every bend. Chains of degree-2 nodes become one
// *edge* between two junctions; every point of the chain can still be attached to. On top of the
// edges stands the *search graph*, where a plain shortest path obeys everything:
//
//   junction graph   one node a crossing, an arc for each direction of an edge that may be driven
//   turn bans        an arc whose continuations are restricted ends in a copy of the crossing that
//                    lacks the forbidden ways on
//   restricted roads may only begin or end a trip: a pocket of them (with open streets that nothing
//                    else leads to) that could serve as a short cut is moved to an exit layer (leads
//                    out, never in) and an entry layer (in, never out)
//
//   search nodes:  [ junctions | ban copies | exit layer | entry layer ]
//
// Times are whole milliseconds, rounded once a segment: contracting chains changes no sum.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/graph.h"
#include "engine/id.h"
#include "engine/parallel.h"
#include "engine/road_segments.h"
#include "engine/segment_grid.h"
#include "engine/units.h"

namespace maillage {

// A chain of segments between two junctions. Times exclude what lies beyond its ends.
struct Edge {
  NodeId from, to;                         // junctions
  Duration forward, backward;              // whole edge, delay at the end included; unreachable = forbidden
  NodeId forward_exit, backward_exit;      // search node reached on leaving at `to` / at `from`
  bool is_layered = false;                 // begins and ends trips only, by the exit and entry layers
  bool is_main = false;                    // usable from and to the main component
};

// A point on an edge: milliseconds from its `from` end, as driven forward and backward.
struct EdgePosition {
  EdgeId edge;
  std::int32_t forward_ms = 0;
  std::int32_t backward_ms = 0;
};

struct RoadNetwork {
  std::shared_ptr<const RoadSegments> segments;

  // junctions and edges
  std::size_t n_junctions = 0;
  IdVector<NodeId, RawNodeId> junction_raw;     // junction -> raw node
  IdVector<RawNodeId, NodeId> raw_junction;     // raw node -> junction, none inside a chain
  IdVector<NodeId, std::uint32_t> component;    // junction -> strongly connected component
  std::uint32_t main_component = 0;
  std::size_t n_components = 0;
  IdVector<EdgeId, Edge> edges;
  Ragged<std::uint32_t> edge_segments;          // edge -> segment id * 2 + (1 if against its drawing)
  Buffer<std::int32_t> forward_cum_ms;          // at edge_segments' offsets + edge index: n_segments + 1 an edge
  Buffer<std::int32_t> backward_cum_ms;
  IdVector<SegmentId, EdgeId> segment_edge;
  IdVector<SegmentId, std::uint32_t> segment_rank;  // place of the segment within its edge

  // search graph
  ArcLists out, in;
  Ragged<NodeId> junction_copies;               // junction -> ban copies
  Ragged<std::uint32_t> copy_banned;            // ban copy -> edge id * 2 + (1 if backward) that must not follow
  IdVector<NodeId, NodeId> junction_exit;       // junction -> node of the exit layer (itself when not layered)
  IdVector<NodeId, NodeId> junction_entry;      // junction -> node of the entry layer

  SegmentGrid grid;                             // segments of the main component that points attach to

  std::size_t n_nodes() const { return out.n_rows(); }
  std::size_t n_edges() const { return edges.size(); }
  bool is_main(NodeId junction) const { return component[junction] == main_component; }

  // Cumulative times at the bends of an edge (n_segments + 1 values, from its `from` end).
  std::span<const std::int32_t> forward_cum(EdgeId edge) const;
  std::span<const std::int32_t> backward_cum(EdgeId edge) const;
};

// Builds the network of one mode. Chains are contracted, components found, points indexed.
// Deterministic: the same segments in another order give the same travel times.
RoadNetwork build_road_network(std::shared_ptr<const RoadSegments> segments, const Context& context = {});

// The same after an edit of the roads of `before` (the same rows with other times, some perhaps closed):
// the index of segments is taken over from it.
RoadNetwork build_edited_network(const RoadNetwork& before, std::shared_ptr<const RoadSegments> segments,
                                 const Context& context = {});

// The position of a point at `fraction` (0 .. 1) along a segment as drawn.
EdgePosition find_position(const RoadNetwork& network, SegmentId segment, double fraction);

// Ways off the network from a position (for a trip that starts there), and onto it (that ends there).
// A position at the very end of an edge counts as the junction itself.
std::vector<LinkEnd> find_exits(const RoadNetwork& network, const EdgePosition& position);
std::vector<LinkEnd> find_entries(const RoadNetwork& network, const EdgePosition& position);
std::vector<LinkEnd> find_exits(const RoadNetwork& network, NodeId junction);
std::vector<LinkEnd> find_entries(const RoadNetwork& network, NodeId junction);

// Time along the edge itself between two positions on it, without going round by its ends. Unreachable
// when `to` is at the very end: that is the junction, and driving into it costs the junction's delay.
Duration find_direct_time(const RoadNetwork& network, const EdgePosition& from, const EdgePosition& to);

}  // namespace maillage
