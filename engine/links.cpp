#include "engine/links.h"

#include <limits>

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

}  // namespace

Links build_links(const RoadNetwork& net, std::span<const LatLon> points, const LinkOptions& options,
                  const Context& context) {
  context.begin("attaching points to roads", points.size());
  std::vector<Attachment> found(points.size());
  for_blocks(points.size(), 1024, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto nearest = net.grid.find_nearest(*net.segments, points[i], options.max_snap_m);
      if (!nearest) continue;
      Attachment& a = found[i];
      a.position = find_position(net, nearest->segment, nearest->fraction);
      a.access = to_duration(nearest->distance_m / (options.access_speed_kmh / 3.6)) + options.extra;
      a.snap_m = nearest->distance_m;
      a.snapped = nearest->point;
      a.status = LinkStatus::on_segment;
    }
  });
  Links links;
  reserve(links, points.size());
  for (const Attachment& a : found) push(links, net, a);
  return links;
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
