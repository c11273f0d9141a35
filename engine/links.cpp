#include "engine/links.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <unordered_set>

namespace maillage {
namespace {

struct Attachment {
  EdgePosition position;
  NodeId junction;
  Duration access = unreachable();
  double snap_m = std::numeric_limits<double>::quiet_NaN();
  LatLon snapped{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  LinkStatus status = LinkStatus::off_network;
};

void push_ends(Ragged<LinkEnd>& rows, std::vector<LinkEnd> ends, Duration access) {
  for (LinkEnd& end : ends) end.time = end.time + access;
  rows.push_row(ends);
}

void push(Links& links, const RoadNetwork& net, const Attachment& a) {
  if (a.status == LinkStatus::off_network) {
    links.exits.push_row({});
    links.entries.push_row({});
  } else if (!a.junction.is_none()) {
    push_ends(links.exits, find_exits(net, a.junction), a.access);
    push_ends(links.entries, find_entries(net, a.junction), a.access);
  } else {
    push_ends(links.exits, find_exits(net, a.position), a.access);
    push_ends(links.entries, find_entries(net, a.position), a.access);
  }
  links.position.push_back(a.position);
  links.access.push_back(a.access);
  links.snap_m.push_back(a.snap_m);
  links.snapped.push_back(a.snapped);
  links.status.push_back(a.status);
}

// Appends a row of other links.
void push_row(Links& to, const Links& from, std::size_t row) {
  to.exits.push_row(from.exits[row]);
  to.entries.push_row(from.entries[row]);
  to.position.push_back(from.position[row]);
  to.access.push_back(from.access[row]);
  to.snap_m.push_back(from.snap_m[row]);
  to.snapped.push_back(from.snapped[row]);
  to.status.push_back(from.status[row]);
}

void reserve(Links& links, std::size_t n) {
  links.exits.offset.reserve(n + 1);
  links.exits.values.reserve(2 * n);
  links.entries.offset.reserve(n + 1);
  links.entries.values.reserve(2 * n);
  links.position.reserve(n);
  links.access.reserve(n);
  links.snap_m.reserve(n);
  links.snapped.reserve(n);
  links.status.reserve(n);
}

Attachment find_attachment(const RoadNetwork& net, LatLon point, const LinkOptions& options) {
  Attachment a;
  const auto nearest = net.grid.find_nearest(*net.segments, point, options.max_snap_m);
  if (!nearest) return a;
  a.position = find_position(net, nearest->segment, nearest->fraction);
  a.access = to_duration(nearest->distance_m / (options.access_speed_kmh / 3.6)) + options.extra;
  a.snap_m = nearest->distance_m;
  a.snapped = nearest->point;
  a.status = LinkStatus::on_segment;
  return a;
}

template <class T>
void append(Buffer<T>& to, const Buffer<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append(Ragged<LinkEnd>& to, const Ragged<LinkEnd>& from) {
  const std::uint32_t first = to.offset.back();
  for (std::size_t i = 1; i < from.offset.size(); ++i) to.offset.push_back(first + from.offset[i]);
  to.values.insert(to.values.end(), from.values.begin(), from.values.end());
}

// Rows of n points, found in parallel.
template <class Find>
Links build_rows(const RoadNetwork& net, std::size_t n, const Context& context, Find&& find) {
  constexpr std::size_t kBlock = 4096;
  std::vector<Links> parts((n + kBlock - 1) / kBlock);
  context.begin("attaching points to roads", n);
  for_blocks(n, kBlock, context, [&](std::size_t begin, std::size_t end) {
    Links& part = parts[begin / kBlock];
    reserve(part, end - begin);
    for (std::size_t i = begin; i < end; ++i) push(part, net, find(i));
  });
  Links links;
  reserve(links, n);
  for (Links& part : parts) {
    append(links.exits, part.exits);
    append(links.entries, part.entries);
    append(links.position, part.position);
    append(links.access, part.access);
    append(links.snap_m, part.snap_m);
    append(links.snapped, part.snapped);
    append(links.status, part.status);
    part = Links();
  }
  return links;
}

// What an edit changed of a network, as far as attached points can tell.
class EditedRoads {
 public:
  EditedRoads(const RoadNetwork& before, const RoadNetwork& after, const Context& context)
      : before_(before), after_(after), edge_now_(before.n_edges()) {
    for (std::size_t i = 0; i < after.segments->n_segments(); ++i) {
      const SegmentId id(i);
      was_main_ = was_main_ && (!is_main(after, id) || is_main(before, id));
      if (is_edited(id)) mark(id);
    }
    for_blocks(before.n_edges(), 16384, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
      for (std::size_t e = begin; e < end; ++e) edge_now_[EdgeId(e)] = find_same_edge(EdgeId(e));
    });
  }

  // No road became one that points attach to, and not so much changed that asking is in vain.
  bool leaves_points_alone() const { return was_main_ && cells_.size() < kMostCells; }

  // The edge that is the same as `edge` was, or none.
  EdgeId find_edge(EdgeId edge) const { return edge_now_[edge]; }

  bool is_touched(LatLon p) const { return !cells_.empty() && cells_.contains(find_cell(p.lat, p.lon)); }

 private:
  static constexpr double kCellDegrees = 0.01;
  static constexpr double kSlack = 1e-7;  // degrees: more than two computations of a point on one line differ
  static constexpr std::size_t kMostCells = 2'000'000;

  static bool is_main(const RoadNetwork& net, SegmentId id) {
    const EdgeId edge = net.segment_edge[id];
    return !edge.is_none() && net.edges[edge].is_main;
  }
  static std::int64_t find_index(double degrees) { return static_cast<std::int64_t>(std::floor(degrees / kCellDegrees)); }
  static std::int64_t find_cell(double lat, double lon) { return find_index(lat) * 1'000'000 + find_index(lon); }

  bool is_edited(SegmentId id) const {
    return before_.segments->forward_s[id] != after_.segments->forward_s[id] ||
           before_.segments->backward_s[id] != after_.segments->backward_s[id];
  }

  void mark(SegmentId id) {
    const LatLon a = after_.segments->node_point[after_.segments->from[id]];
    const LatLon b = after_.segments->node_point[after_.segments->to[id]];
    for (auto y = find_index(std::min(a.lat, b.lat) - kSlack); y <= find_index(std::max(a.lat, b.lat) + kSlack); ++y)
      for (auto x = find_index(std::min(a.lon, b.lon) - kSlack); x <= find_index(std::max(a.lon, b.lon) + kSlack); ++x)
        if (cells_.size() < kMostCells) cells_.insert(y * 1'000'000 + x);
  }

  EdgeId find_same_edge(EdgeId was) const {
    const auto pieces = before_.edge_segments[was.v];
    const EdgeId is = after_.segment_edge[SegmentId(pieces[0] / 2)];
    if (is.is_none() || before_.edges[was].is_main != after_.edges[is].is_main) return EdgeId();
    const bool same = std::ranges::equal(pieces, after_.edge_segments[is.v]) &&
                      std::ranges::equal(before_.forward_cum(was), after_.forward_cum(is)) &&
                      std::ranges::equal(before_.backward_cum(was), after_.backward_cum(is));
    return same ? is : EdgeId();
  }

  const RoadNetwork& before_;
  const RoadNetwork& after_;
  bool was_main_ = true;
  IdVector<EdgeId, EdgeId> edge_now_;
  std::unordered_set<std::int64_t> cells_;  // where edited segments run
};

}  // namespace

Links build_links(const RoadNetwork& net, std::span<const LatLon> points, const LinkOptions& options,
                  const Context& context) {
  return build_rows(net, points.size(), context, [&](std::size_t i) { return find_attachment(net, points[i], options); });
}

Links build_edited_links(const LinksBefore& before, const RoadNetwork& net, const PointsToAttach& to_attach,
                         const Context& context) {
  assert(before.links.n_points() == to_attach.points.size());
  const EditedRoads edited(before.network, net, context);
  if (!edited.leaves_points_alone()) return build_links(net, to_attach.points, to_attach.options, context);
  const Links& links = before.links;
  return build_rows(net, links.n_points(), context, [&](std::size_t i) {
    Attachment a;
    if (links.status[i] == LinkStatus::off_network) return a;  // no road came nearer
    a.position = links.position[i];
    a.position.edge = edited.find_edge(a.position.edge);
    if (a.position.edge.is_none() || edited.is_touched(links.snapped[i]))
      return find_attachment(net, to_attach.points[i], to_attach.options);
    a.access = links.access[i];
    a.snap_m = links.snap_m[i];
    a.snapped = links.snapped[i];
    a.status = links.status[i];
    return a;
  });
}

Links build_node_links(const RoadNetwork& net, std::span<const RawNodeId> nodes) {
  // a raw node inside a chain is the end of one of its segments
  const RoadSegments& raw = *net.segments;
  IdVector<RawNodeId, SegmentId> segment_at(raw.n_nodes());
  for (std::size_t i = 0; i < raw.n_segments(); ++i) {
    const SegmentId id(i);
    if (net.segment_edge[id].is_none()) continue;
    segment_at[raw.from[id]] = id;
    segment_at[raw.to[id]] = id;
  }
  Links links;
  reserve(links, nodes.size());
  for (RawNodeId node : nodes) {
    Attachment a;
    const SegmentId segment = segment_at[node];
    if (!segment.is_none()) {
      a.access = {0};
      a.snap_m = 0;
      a.snapped = raw.node_point[node];
      a.status = LinkStatus::on_node;
      a.junction = net.raw_junction[node];
      if (a.junction.is_none()) a.position = find_position(net, segment, raw.from[segment] == node ? 0 : 1);
    }
    push(links, net, a);
  }
  return links;
}

Links select_links(const Links& links, std::span<const std::uint32_t> rows) {
  Links out;
  reserve(out, rows.size());
  for (std::uint32_t r : rows) push_row(out, links, r);
  return out;
}

Links join_links(const Links& a, const Links& b) {
  Links out = a;
  for (std::size_t r = 0; r < b.n_points(); ++r) push_row(out, b, r);
  return out;
}

}  // namespace maillage
