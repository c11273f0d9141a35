#include "engine/road_edit.h"

#include "engine/hierarchy_update.h"

namespace maillage {
namespace {

// The search node that a trip along a directed segment (segment id * 2 + 1 if against its drawing) comes to
// when that segment is the last of its edge; none otherwise.
NodeId find_exit_of(const RoadNetwork& net, std::uint32_t directed) {
  const SegmentId segment(directed / 2);
  const EdgeId edge = net.segment_edge[segment];
  if (edge.is_none()) return NodeId();
  const auto pieces = net.edge_segments[edge.v];
  const std::uint32_t rank = net.segment_rank[segment];
  if (pieces[rank] == directed) return rank + 1 == pieces.size() ? net.edges[edge].forward_exit : NodeId();
  return rank == 0 ? net.edges[edge].backward_exit : NodeId();
}

bool is_copy(const RoadNetwork& net, NodeId node) {
  return node.v >= net.n_junctions && node.v < net.n_junctions + net.copy_banned.n_rows();
}

}  // namespace

std::vector<NodeId> find_nodes_before(const RoadNetwork& before, const RoadNetwork& after) {
  std::vector<NodeId> found(after.n_nodes());
  for (std::size_t n = 0; n < after.n_junctions; ++n) {
    const NodeId node(n), was = before.raw_junction[after.junction_raw[node]];
    found[n] = was;
    if (was.is_none()) continue;
    auto follow = [&](const IdVector<NodeId, NodeId>& layer_before, const IdVector<NodeId, NodeId>& layer_after) {
      if (layer_after[node] != node && layer_before[was] != was) found[layer_after[node].v] = layer_before[was];
    };
    follow(before.junction_exit, after.junction_exit);
    follow(before.junction_entry, after.junction_entry);
  }
  auto follow_copy = [&](NodeId copy, std::uint32_t arriving) {
    if (!is_copy(after, copy)) return;
    const NodeId was = find_exit_of(before, arriving);
    if (!was.is_none() && is_copy(before, was)) found[copy.v] = was;
  };
  for (std::size_t e = 0; e < after.n_edges(); ++e) {
    const auto pieces = after.edge_segments[e];
    follow_copy(after.edges[EdgeId(e)].forward_exit, pieces.back());
    follow_copy(after.edges[EdgeId(e)].backward_exit, pieces.front() ^ 1U);
  }
  return found;
}

Hierarchy build_edited_hierarchy(const RoadNetwork& before, const Hierarchy& hierarchy, const RoadNetwork& after,
                                 const Context& context) {
  const std::vector<NodeId> was = find_nodes_before(before, after);
  return update_hierarchy(hierarchy, {before.out, after.out, after.in, was}, context);
}

}  // namespace maillage
