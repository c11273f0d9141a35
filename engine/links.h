// Points attached to a road network: where a trip leaves the roads, and where it enters them.
//
// A point attaches to the nearest point of the nearest segment of the main component within
// `max_snap_m`, and covers the straight way to it at `access_speed_kmh`; a point bound to a node by
// its id attaches there at no cost. A point too far from any road is off the network: it has no
// exits and no entries, so all its times are unreachable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/parallel.h"
#include "engine/road_network.h"
#include "engine/units.h"

namespace maillage {

enum class LinkStatus : std::uint8_t { on_segment, on_node, off_network };

struct LinkOptions {
  double max_snap_m = 1600;
  double access_speed_kmh = 5;
  Duration extra = {0};  // added to every access, e.g. parking
};

// n points on one network. Times include the access way.
struct Links {
  Ragged<LinkEnd> exits;                // for trips that start at the point
  Ragged<LinkEnd> entries;              // for trips that end there
  Buffer<EdgePosition> position;        // edge none: at a junction or off the network
  Buffer<Duration> access;              // straight way and extra; unreachable when off the network
  Buffer<double> snap_m;                // length of the straight way; NaN when off the network
  Buffer<LatLon> snapped;               // the point on the road
  Buffer<LinkStatus> status;

  std::size_t n_points() const { return position.size(); }
};

// Attaches points by their coordinates. O(n log n_segments) in practice; parallel over points.
Links build_links(const RoadNetwork& network, std::span<const LatLon> points, const LinkOptions& options = {},
                  const Context& context = {});

// Points and how they attach.
struct PointsToAttach {
  std::span<const LatLon> points;
  LinkOptions options;
};

// Points as they were attached by `build_links` before an edit of the roads.
struct LinksBefore {
  const RoadNetwork& network;
  const Links& links;
};

// The same points after the edit: equal to attaching all of them to `network`. Only those are attached again
// whose edge changed or that stand where an edited segment runs (it might tie with theirs): nothing
// else can become their nearest road.
Links build_edited_links(const LinksBefore& before, const RoadNetwork& network, const PointsToAttach& to_attach,
                         const Context& context = {});

// Attaches points to raw nodes of the network.
Links build_node_links(const RoadNetwork& network, std::span<const RawNodeId> nodes);

// The links of rows `rows` of `links`, in that order.
Links select_links(const Links& links, std::span<const std::uint32_t> rows);

// Rows of `a`, then rows of `b`.
Links join_links(const Links& a, const Links& b);

}  // namespace maillage
