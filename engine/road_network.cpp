#include "engine/road_network.h"

#include <algorithm>
#include <cassert>
#include <boost/graph/strong_components.hpp>
#include <cmath>
#include <numeric>
#include <queue>

#include "engine/boost_graph.h"
#include "engine/road_chains.h"

namespace maillage {
namespace {

struct ArcRow {
  NodeId tail;
  Arc arc;
};

ArcLists build_arc_lists(std::size_t n_nodes, std::span<const ArcRow> rows, bool reversed) {
  std::vector<std::pair<std::uint32_t, Arc>> pairs;
  pairs.reserve(rows.size());
  for (const ArcRow& r : rows) {
    if (reversed)
      pairs.emplace_back(r.arc.head.v, Arc{r.tail, r.arc.time});
    else
      pairs.emplace_back(r.tail.v, r.arc);
  }
  return build_ragged<Arc>(n_nodes, pairs);
}

// Interleaves the bits of two 16-bit cell numbers, so that near points get near codes.
std::uint32_t find_morton_code(LatLon p) {
  auto spread = [](std::uint32_t v) {
    v = (v | (v << 8)) & 0x00FF00FF;
    v = (v | (v << 4)) & 0x0F0F0F0F;
    v = (v | (v << 2)) & 0x33333333;
    return (v | (v << 1)) & 0x55555555;
  };
  const auto x = static_cast<std::uint32_t>(std::clamp((p.lon + 180) / 360 * 65535.0 * 64, 0.0, 4.2e6)) & 0xFFFF;
  const auto y = static_cast<std::uint32_t>(std::clamp((p.lat + 90) / 180 * 65535.0 * 32, 0.0, 2.1e6)) & 0xFFFF;
  return spread(x) | (spread(y) << 1);
}

bool is_main_segment(const RoadNetwork& net, SegmentId segment) {
  const EdgeId edge = net.segment_edge[segment];
  return !edge.is_none() && net.edges[edge].is_main;
}

// Sets of junctions that are joined, each known by its lowest member.
class UnionFind {
 public:
  explicit UnionFind(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0); }
  std::uint32_t find(std::uint32_t v) {
    while (parent_[v] != v) v = parent_[v] = parent_[parent_[v]];
    return v;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

// Builds a RoadNetwork step by step; each step fills its part of `net`.
class Builder {
 public:
  Builder(std::shared_ptr<const RoadSegments> segments, const Context& context) : context_(context) {
    net_.segments = std::move(segments);
  }

  // With `before` its index of segments is taken over.
  RoadNetwork build(const RoadNetwork* before) {
    context_.begin("building the road network", 5);
    const RoadChains chains = build_road_chains(raw());
    number_junctions(chains);
    context_.advance(1);
    context_.check();
    fill_edges(chains);
    context_.advance(1);
    context_.check();
    find_pockets();
    number_layers();
    add_turn_bans();
    for_blocks(2, 1, both(), [&](std::size_t part, std::size_t) {
      if (part == 0)
        fill_search_graph();
      else
        find_components();
    });
    context_.advance(1);
    context_.check();
    mark_main_edges();
    context_.advance(1);
    context_.check();
    index_segments(before);
    context_.advance(1);
    return std::move(net_);
  }

 private:
  const RoadSegments& raw() const { return *net_.segments; }

  // Two steps at once, where they are long enough to be worth a thread.
  Context both() const { return {net_.n_edges() < 20000 ? 1 : context_.n_threads, nullptr}; }

  void number_junctions(const RoadChains& chains) {
    std::vector<RawNodeId> order;
    for (std::size_t n = 0; n < raw().n_nodes(); ++n)
      if (chains.is_junction[RawNodeId(n)]) order.push_back(RawNodeId(n));
    std::vector<std::uint32_t> code(raw().n_nodes());
    for (RawNodeId n : order) code[n.v] = find_morton_code(raw().node_point[n]);
    std::stable_sort(order.begin(), order.end(), [&](RawNodeId a, RawNodeId b) { return code[a.v] < code[b.v]; });
    net_.n_junctions = order.size();
    net_.raw_junction.assign(raw().n_nodes(), NodeId());
    for (std::size_t i = 0; i < order.size(); ++i) net_.raw_junction[order[i]] = NodeId(i);
    net_.junction_raw = IdVector<NodeId, RawNodeId>(std::move(order));
  }

  Duration delay_at(NodeId junction) const {
    if (raw().node_delay_s.empty()) return {0};
    return to_duration(raw().node_delay_s[net_.junction_raw[junction]]);
  }

  // Cumulative milliseconds at the bends of a chain in one of its two directions; false if forbidden.
  bool fill_cumulative(std::span<const std::uint32_t> chain, bool backward, std::int32_t* cum) const {
    Duration time{0};
    cum[0] = 0;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const SegmentId id(chain[i] / 2);
      time = time + to_duration((chain[i] % 2 == 1) == backward ? raw().forward_s[id] : raw().backward_s[id]);
      cum[i + 1] = time.ms;
    }
    if (!time.is_reachable()) std::fill_n(cum, chain.size() + 1, 0);
    return time.is_reachable();
  }

  void fill_edges(const RoadChains& chains) {
    const std::size_t n = chains.from.size();
    net_.edge_segments = chains.segments;
    net_.edges.assign(n, Edge());
    net_.forward_cum_ms.resize(chains.segments.values.size() + n);
    net_.backward_cum_ms.resize(chains.segments.values.size() + n);
    net_.segment_edge.assign(raw().n_segments(), EdgeId());
    net_.segment_rank.assign(raw().n_segments(), 0);
    for_blocks(n, 16384, {context_.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
      for (std::size_t e = begin; e < end; ++e) fill_edge(chains, EdgeId(e));
    });
  }

  void fill_edge(const RoadChains& chains, EdgeId e) {
    const auto chain = chains.segments[e.v];
    for (std::size_t r = 0; r < chain.size(); ++r) {
      net_.segment_edge[SegmentId(chain[r] / 2)] = e;
      net_.segment_rank[SegmentId(chain[r] / 2)] = static_cast<std::uint32_t>(r);
    }
    const std::size_t first = chains.segments.offset[e.v] + e.v;
    std::int32_t* const forward = net_.forward_cum_ms.data() + first;
    std::int32_t* const backward = net_.backward_cum_ms.data() + first;
    Edge& edge = net_.edges[e];
    edge.from = net_.raw_junction[chains.from[e.v]];
    edge.to = net_.raw_junction[chains.to[e.v]];
    edge.forward = edge.backward = unreachable();
    if (fill_cumulative(chain, false, forward)) edge.forward = Duration{forward[chain.size()]} + delay_at(edge.to);
    if (fill_cumulative(chain, true, backward)) edge.backward = Duration{backward[chain.size()]} + delay_at(edge.from);
    edge.forward_exit = edge.to;
    edge.backward_exit = edge.from;
  }

  bool is_restricted(EdgeId e) const {
    return raw().flags[SegmentId(net_.edge_segments[e.v][0] / 2)] & kRestricted;
  }

  // A pocket is a connected set of edges that restricted roads cut off: those roads themselves, and open
  // ones that can be come to by them alone (a street behind a private drive). One that touches the
  // open roads at two junctions or more could be driven through and is layered; any other is a dead
  // end that cannot be.
  void find_pockets() {
    const std::vector<std::uint8_t> is_within = find_open_core();
    auto is_pocket = [&](EdgeId e) { return is_restricted(e) || !is_within[net_.edges[e].from.v]; };
    UnionFind pockets(net_.n_junctions);
    std::vector<std::uint8_t> touches_open(net_.n_junctions, 0), touches_pocket(net_.n_junctions, 0);
    for (std::size_t i = 0; i < net_.n_edges(); ++i) {
      const Edge& e = net_.edges[EdgeId(i)];
      if (is_pocket(EdgeId(i))) {
        pockets.join(e.from.v, e.to.v);
        touches_pocket[e.from.v] = touches_pocket[e.to.v] = 1;
      } else {
        touches_open[e.from.v] = touches_open[e.to.v] = 1;
      }
    }
    std::vector<std::uint32_t> contacts(net_.n_junctions, 0);
    for (std::uint32_t v = 0; v < net_.n_junctions; ++v)
      if (touches_open[v] && touches_pocket[v]) ++contacts[pockets.find(v)];
    for (std::size_t i = 0; i < net_.n_edges(); ++i) {
      Edge& e = net_.edges[EdgeId(i)];
      e.is_layered = is_pocket(EdgeId(i)) && contacts[pockets.find(e.from.v)] >= 2;
    }
  }

  // Junctions of the largest set of open roads that hang together without restricted ones; a tie goes
  // to the set with the southernmost, then westernmost junction.
  std::vector<std::uint8_t> find_open_core() const {
    UnionFind open(net_.n_junctions);
    std::vector<std::uint8_t> is_open(net_.n_junctions, 0);
    for (std::size_t i = 0; i < net_.n_edges(); ++i) {
      if (is_restricted(EdgeId(i))) continue;
      const Edge& e = net_.edges[EdgeId(i)];
      open.join(e.from.v, e.to.v);
      is_open[e.from.v] = is_open[e.to.v] = 1;
    }
    std::vector<std::uint32_t> size(net_.n_junctions, 0);
    std::vector<std::pair<double, double>> corner(net_.n_junctions, {1e9, 1e9});
    for (std::uint32_t v = 0; v < net_.n_junctions; ++v) {
      const std::uint32_t root = open.find(v);
      const LatLon p = raw().node_point[net_.junction_raw[NodeId(v)]];
      size[root] += is_open[v];
      corner[root] = std::min(corner[root], {p.lat, p.lon});
    }
    std::uint32_t core = 0;
    for (std::uint32_t v = 1; v < net_.n_junctions; ++v)
      if (size[v] > size[core] || (size[v] == size[core] && corner[v] < corner[core])) core = v;
    std::vector<std::uint8_t> is_within(net_.n_junctions, 0);
    for (std::uint32_t v = 0; v < net_.n_junctions; ++v) is_within[v] = is_open[v] && open.find(v) == core;
    return is_within;
  }

  // Exit and entry nodes are numbered after the ban copies, whose number is known only later; here
  // they get their rank, add_turn_bans adds the shift.
  void number_layers() {
    net_.junction_exit = IdVector<NodeId, NodeId>(net_.n_junctions);
    for (std::size_t i = 0; i < net_.n_edges(); ++i) {
      const Edge& e = net_.edges[EdgeId(i)];
      if (!e.is_layered) continue;
      for (NodeId n : {e.from, e.to})
        if (net_.junction_exit[n].is_none()) net_.junction_exit[n] = NodeId(n_layered_++);
    }
  }

  // An edge and a direction, seen as coming to or leaving `via`; none when they do not meet there.
  std::uint32_t find_directed_edge(SegmentId segment, NodeId via, bool arriving) const {
    const EdgeId id = net_.segment_edge[segment];
    if (id.is_none()) return kNone;
    const Edge& e = net_.edges[id];
    if (e.is_layered) return kNone;
    bool at_from = e.from == via, at_to = e.to == via;
    if (at_from && at_to) {  // a loop: its first or its last segment says which end is meant
      const std::size_t n = net_.edge_segments[id.v].size();
      at_from = net_.segment_rank[segment] == 0;
      at_to = net_.segment_rank[segment] + 1 == n;
      if (n == 1) return kNone;
    }
    if (!at_from && !at_to) return kNone;
    const bool forward = arriving ? at_to : at_from;
    return 2 * id.v + (forward ? 0 : 1);
  }

  void add_turn_bans() {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> bans;  // arriving, banned leaving
    for (const TurnBan& ban : raw().turn_bans) {
      const NodeId via = net_.raw_junction[ban.via];
      if (via.is_none()) continue;
      const std::uint32_t a = find_directed_edge(ban.from, via, true);
      const std::uint32_t b = find_directed_edge(ban.to, via, false);
      if (a == kNone || b == kNone) continue;
      const Edge& e = net_.edges[EdgeId(a / 2)];
      if ((a % 2 ? e.backward : e.forward).is_reachable()) bans.emplace_back(a, b);
    }
    std::sort(bans.begin(), bans.end());
    bans.erase(std::unique(bans.begin(), bans.end()), bans.end());
    std::vector<std::pair<std::uint32_t, NodeId>> copies;
    std::vector<std::uint32_t> banned;
    for (std::size_t i = 0; i < bans.size();) {
      const std::uint32_t arriving = bans[i].first;
      banned.clear();
      for (; i < bans.size() && bans[i].first == arriving; ++i) banned.push_back(bans[i].second);
      const NodeId copy(net_.n_junctions + net_.copy_banned.n_rows());
      Edge& e = net_.edges[EdgeId(arriving / 2)];
      copies.emplace_back(arriving % 2 ? e.from.v : e.to.v, copy);
      (arriving % 2 ? e.backward_exit : e.forward_exit) = copy;
      net_.copy_banned.push_row(banned);
    }
    net_.junction_copies = build_ragged<NodeId>(net_.n_junctions, copies);

    const std::size_t first_exit = net_.n_junctions + net_.copy_banned.n_rows();
    net_.junction_entry = net_.junction_exit;
    for (std::size_t n = 0; n < net_.n_junctions; ++n) {
      NodeId& exit = net_.junction_exit[NodeId(n)];
      NodeId& entry = net_.junction_entry[NodeId(n)];
      entry = exit.is_none() ? NodeId(n) : NodeId(first_exit + n_layered_ + exit.v);
      exit = exit.is_none() ? NodeId(n) : NodeId(first_exit + exit.v);
    }
    for (Edge& e : net_.edges.items()) {
      if (!e.is_layered) continue;
      e.forward_exit = net_.junction_exit[e.to];
      e.backward_exit = net_.junction_exit[e.from];
    }
  }

  void fill_search_graph() {
    std::vector<ArcRow> rows;
    rows.reserve(2 * net_.n_edges());
    auto add = [&](NodeId tail, NodeId head, Duration time) {
      if (time.is_reachable() && tail != head) rows.push_back({tail, {head, time}});
    };
    std::vector<std::pair<std::uint32_t, std::uint32_t>> leaving;  // junction, edge * 2 + backward
    for (std::size_t i = 0; i < net_.n_edges(); ++i) {
      const Edge& e = net_.edges[EdgeId(i)];
      const bool is_loop = e.from == e.to;  // shortens nothing, but leads round a forbidden turn
      if (e.is_layered) {
        for (const auto* layer : {&net_.junction_exit, &net_.junction_entry}) {
          add((*layer)[e.from], (*layer)[e.to], e.forward);
          add((*layer)[e.to], (*layer)[e.from], e.backward);
        }
      } else {
        if (!is_loop) {
          add(e.from, e.forward_exit, e.forward);
          add(e.to, e.backward_exit, e.backward);
        }
        if (!net_.junction_copies.values.empty()) {
          leaving.emplace_back(e.from.v, static_cast<std::uint32_t>(2 * i));
          leaving.emplace_back(e.to.v, static_cast<std::uint32_t>(2 * i + 1));
        }
      }
    }
    const Ragged<std::uint32_t> leaving_at = build_ragged<std::uint32_t>(net_.n_junctions, leaving);
    for (std::size_t n = 0; n < net_.n_junctions; ++n) {
      const NodeId junction(n);
      const NodeId entry = net_.junction_entry[junction];
      add(net_.junction_exit[junction], junction, {0});
      add(junction, entry, {0});
      for (NodeId copy : net_.junction_copies[n]) {
        if (entry != junction) add(copy, entry, {0});
        const auto banned = net_.copy_banned[copy.v - net_.n_junctions];
        for (std::uint32_t directed : leaving_at[n]) {
          if (std::find(banned.begin(), banned.end(), directed) != banned.end()) continue;
          const Edge& e = net_.edges[EdgeId(directed / 2)];
          if (directed % 2)
            add(copy, e.backward_exit, e.backward);
          else
            add(copy, e.forward_exit, e.forward);
        }
      }
    }
    const std::size_t n_nodes = net_.n_junctions + net_.copy_banned.n_rows() + 2 * n_layered_;
    for_blocks(2, 1, both(), [&](std::size_t reversed, std::size_t) {
      (reversed ? net_.in : net_.out) = build_arc_lists(n_nodes, rows, reversed);
    });
  }

  // Components of the open roads; forbidden turns are left aside, they do not cut places off.
  void find_components() {
    std::vector<ArcRow> rows;
    std::vector<std::uint8_t> is_open(net_.n_junctions, 0);
    for (const Edge& e : net_.edges) {
      if (e.is_layered) continue;
      is_open[e.from.v] = is_open[e.to.v] = 1;
      if (e.forward.is_reachable()) rows.push_back({e.from, {e.to, e.forward}});
      if (e.backward.is_reachable()) rows.push_back({e.to, {e.from, e.backward}});
    }
    const ArcLists graph = build_arc_lists(net_.n_junctions, rows, false);
    net_.component.assign(net_.n_junctions, 0);
    Buffer<std::uint32_t>& component = net_.component.items();
    if (net_.n_junctions == 0) return;
    boost::strong_components(
        graph, boost::make_iterator_property_map(component.begin(), boost::typed_identity_property_map<std::uint32_t>()));
    // the main one has the most junctions; a tie goes to the one that holds the south-westernmost
    const std::size_t n = 1 + *std::max_element(component.begin(), component.end());
    std::vector<std::uint32_t> size(n, 0);
    std::vector<std::pair<double, double>> corner(n, {1e9, 1e9});
    for (std::size_t v = 0; v < net_.n_junctions; ++v) {
      if (!is_open[v]) continue;
      ++size[component[v]];
      const LatLon p = raw().node_point[net_.junction_raw[NodeId(v)]];
      corner[component[v]] = std::min(corner[component[v]], {p.lat, p.lon});
    }
    for (std::uint32_t c = 0; c < n; ++c) {
      if (size[c] > 0) ++net_.n_components;
      const std::uint32_t m = net_.main_component;
      if (size[c] > size[m] || (size[c] == size[m] && corner[c] < corner[m])) net_.main_component = c;
    }
  }

  // Nodes of one layer that the main component reaches (entry layer) or that reach it (exit layer).
  std::vector<std::uint8_t> find_layer_reach(const IdVector<NodeId, NodeId>& layer, const ArcLists& arcs) const {
    std::vector<std::uint8_t> reached(net_.n_nodes(), 0);
    std::vector<NodeId> stack;
    for (std::size_t n = 0; n < net_.n_junctions; ++n) {
      const NodeId node = layer[NodeId(n)];
      if (node == NodeId(n) || !net_.is_main(NodeId(n))) continue;
      reached[node.v] = 1;
      stack.push_back(node);
    }
    while (!stack.empty()) {
      const NodeId node = stack.back();
      stack.pop_back();
      for (const Arc& arc : arcs[node.v]) {
        if (arc.head.v < net_.n_junctions + net_.copy_banned.n_rows() || reached[arc.head.v]) continue;
        reached[arc.head.v] = 1;
        stack.push_back(arc.head);
      }
    }
    return reached;
  }

  void mark_main_edges() {
    const auto exits = find_layer_reach(net_.junction_exit, net_.in);
    const auto entries = find_layer_reach(net_.junction_entry, net_.out);
    for (Edge& e : net_.edges.items()) {
      if (!e.is_layered) {
        e.is_main = net_.is_main(e.from) && net_.is_main(e.to);
        continue;
      }
      const bool forward = e.forward.is_reachable(), backward = e.backward.is_reachable();
      const bool out = (forward && exits[net_.junction_exit[e.to].v]) || (backward && exits[net_.junction_exit[e.from].v]);
      const bool in = (forward && entries[net_.junction_entry[e.from].v]) ||
                      (backward && entries[net_.junction_entry[e.to].v]);
      e.is_main = out && in;
    }
  }

  void index_segments(const RoadNetwork* before) {
    std::vector<SegmentId> members;
    bool were_members = before != nullptr;
    for (std::size_t i = 0; i < raw().n_segments(); ++i) {
      const SegmentId id(i);
      const EdgeId edge = net_.segment_edge[id];
      if (edge.is_none() || !net_.edges[edge].is_main || (raw().flags[id] & kNoAttach)) continue;
      members.push_back(id);
      were_members = were_members && is_main_segment(*before, id);
    }
    net_.grid = were_members ? SegmentGrid(before->grid, members, raw().n_segments()) : SegmentGrid(raw(), members);
  }

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  Context context_;
  RoadNetwork net_;
  std::size_t n_layered_ = 0;
};

bool is_at_from(const EdgePosition& p) { return p.forward_ms == 0 && p.backward_ms == 0; }
bool is_at_to(const RoadNetwork& net, const EdgePosition& p) {
  return p.forward_ms == net.forward_cum(p.edge).back() && p.backward_ms == net.backward_cum(p.edge).back();
}

// The junction that a position stands on; none inside an edge. An edge that takes no time has no inside
// and no end that a position is nearer to: there, as inside, one leaves and comes by both its ends.
NodeId find_junction(const RoadNetwork& net, const EdgePosition& p) {
  const bool at_from = is_at_from(p), at_to = is_at_to(net, p);
  if (at_from == at_to) return NodeId();
  return at_from ? net.edges[p.edge].from : net.edges[p.edge].to;
}

}  // namespace

std::span<const std::int32_t> RoadNetwork::forward_cum(EdgeId e) const {
  const std::uint32_t first = edge_segments.offset[e.v] + e.v;
  return {forward_cum_ms.data() + first, edge_segments[e.v].size() + 1};
}

std::span<const std::int32_t> RoadNetwork::backward_cum(EdgeId e) const {
  const std::uint32_t first = edge_segments.offset[e.v] + e.v;
  return {backward_cum_ms.data() + first, edge_segments[e.v].size() + 1};
}

RoadNetwork build_road_network(std::shared_ptr<const RoadSegments> segments, const Context& context) {
  return Builder(std::move(segments), context).build(nullptr);
}

RoadNetwork build_edited_network(const RoadNetwork& before, std::shared_ptr<const RoadSegments> segments,
                                 const Context& context) {
  assert(segments->n_segments() == before.segments->n_segments());
  return Builder(std::move(segments), context).build(&before);
}

EdgePosition find_position(const RoadNetwork& net, SegmentId segment, double fraction) {
  const EdgeId edge = net.segment_edge[segment];
  const std::uint32_t rank = net.segment_rank[segment];
  const bool against = net.edge_segments[edge.v][rank] % 2;
  // rounded along the drawing, so that it does not matter from which end the chain was walked
  auto at = [&](std::span<const std::int32_t> cum) {
    const auto part = static_cast<std::int32_t>(std::llround(fraction * (cum[rank + 1] - cum[rank])));
    return against ? cum[rank + 1] - part : cum[rank] + part;
  };
  return {edge, at(net.forward_cum(edge)), at(net.backward_cum(edge))};
}

std::vector<LinkEnd> find_exits(const RoadNetwork& net, NodeId junction) {
  return {{net.junction_exit[junction], {0}}};
}

std::vector<LinkEnd> find_entries(const RoadNetwork& net, NodeId junction) {
  std::vector<LinkEnd> out{{net.junction_entry[junction], {0}}};
  if (net.junction_entry[junction] == junction)
    for (NodeId copy : net.junction_copies[junction.v]) out.push_back({copy, {0}});
  return out;
}

std::vector<LinkEnd> find_exits(const RoadNetwork& net, const EdgePosition& p) {
  const NodeId junction = find_junction(net, p);
  if (!junction.is_none()) return find_exits(net, junction);
  const Edge& e = net.edges[p.edge];
  std::vector<LinkEnd> out;
  if (e.forward.is_reachable()) out.push_back({e.forward_exit, {e.forward.ms - p.forward_ms}});
  if (e.backward.is_reachable()) {
    const std::int32_t delay = e.backward.ms - net.backward_cum(p.edge).back();
    out.push_back({e.backward_exit, {p.backward_ms + delay}});
  }
  return out;
}

std::vector<LinkEnd> find_entries(const RoadNetwork& net, const EdgePosition& p) {
  const NodeId at = find_junction(net, p);
  if (!at.is_none()) return find_entries(net, at);
  const Edge& e = net.edges[p.edge];
  std::vector<LinkEnd> out;
  auto add = [&](NodeId junction, std::uint32_t directed, std::int32_t ms) {
    if (e.is_layered) {
      out.push_back({net.junction_entry[junction], {ms}});
      return;
    }
    out.push_back({junction, {ms}});
    for (NodeId copy : net.junction_copies[junction.v]) {
      const auto banned = net.copy_banned[copy.v - net.n_junctions];
      if (std::find(banned.begin(), banned.end(), directed) == banned.end()) out.push_back({copy, {ms}});
    }
  };
  if (e.forward.is_reachable()) add(e.from, 2 * p.edge.v, p.forward_ms);
  if (e.backward.is_reachable())
    add(e.to, 2 * p.edge.v + 1, net.backward_cum(p.edge).back() - p.backward_ms);
  return out;
}

Duration find_direct_time(const RoadNetwork& net, const EdgePosition& from, const EdgePosition& to) {
  if (from.edge.is_none() || from.edge != to.edge) return unreachable();
  if (!find_junction(net, to).is_none()) return unreachable();
  const Edge& e = net.edges[from.edge];
  Duration best = unreachable();
  if (e.forward.is_reachable() && to.forward_ms >= from.forward_ms)
    best = std::min(best, Duration{to.forward_ms - from.forward_ms});
  if (e.backward.is_reachable() && to.backward_ms <= from.backward_ms)
    best = std::min(best, Duration{from.backward_ms - to.backward_ms});
  return best;
}

}  // namespace maillage
