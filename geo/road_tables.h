// Roads given as tables of nodes and directed links (from, to, time): made into segments.
#pragma once

#include <cstdint>
#include <span>

#include "engine/road_segments.h"

namespace maillage {

// Columns of equal length; rows of a network as other programs export it.
struct DirectedLinks {
  std::span<const std::uint32_t> from, to;   // rows of the node table
  std::span<const double> time_s;            // >= 0
  std::span<const double> length_m;          // >= 0, or NaN where not given (then the straight line)
  std::span<const std::int64_t> way;         // the data's id of the road; links of a road edited together
};

struct RoadTableOptions {
  Mode mode = Mode::car;
  bool both_ways = false;  // a link may be used against its direction too, in the same time
};

// Two links between the same nodes in opposite directions are the two directions of one segment, so
// that a point beside them enters both. Where several could pair, links of the same way, then of
// like length and time, are paired; what is left over is one-way. Links that may be used both ways
// and differ in time stay apart. Row order does not matter.
RoadSegments to_road_segments(std::span<const LatLon> nodes, const DirectedLinks& links, const RoadTableOptions& options);

}  // namespace maillage
