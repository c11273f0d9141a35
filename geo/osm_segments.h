// From ways and nodes as read to the segments of one mode.
//
//   ways        way_id, first_ref | refs: indices into the nodes
//   nodes       node_id (sorted), point, node_flags
//   uses        what each option's mode can do with each way
#pragma once

#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "engine/road_segments.h"
#include "geo/osm_restrictions.h"
#include "geo/osm_roads.h"
#include "geo/osm_way_use.h"

namespace maillage {

inline constexpr std::uint8_t kHasDelay = 1 << 6;   // node_delay has an entry
inline constexpr std::uint8_t kIsVia = 1 << 7;      // of some turn restriction
constexpr std::uint8_t to_blocking_flag(Mode mode) {
  return static_cast<std::uint8_t>(1 << static_cast<int>(mode));
}

inline constexpr float kNoSegment = -1;  // length to a ref that no segment leads to

// The roads of a file, for all options together.
struct OsmWays {
  // n_ways; uses[option][way]
  std::vector<std::int64_t> way_id;
  std::vector<std::size_t> first_ref{0};  // n_ways + 1
  std::vector<std::vector<WayUse>> uses;

  // n_refs
  std::vector<std::int64_t> ref_id;    // node ids as read; emptied once `refs` stands
  std::vector<std::uint32_t> refs;     // index of the node
  std::vector<float> ref_length_m;     // from the ref before it in the way; kNoSegment = none

  // n_nodes
  std::vector<std::int64_t> node_id;   // sorted
  std::vector<LatLon> point;           // NaN = the file lacks the node
  std::vector<std::uint8_t> node_flags;
  std::unordered_map<std::uint32_t, std::vector<NodeDelay>> node_delay;  // node -> by option

  std::vector<TurnRestriction> restrictions;

  std::size_t n_ways() const { return way_id.size(); }
  std::size_t n_nodes() const { return node_id.size(); }
  bool has_point(std::uint32_t node) const { return point[node].lat == point[node].lat; }
};

// Fills `ref_length_m` from the points. A ref has no segment to it at the start of a way, after a
// node that is lacking, and when it repeats the node before it.
void find_ref_lengths(OsmWays& ways);

// The segments of option `option` (its place in `uses`).
RoadSegments build_osm_segments(const OsmWays& ways, std::size_t option, const OsmRoadOptions& options,
                                Findings& findings);

}  // namespace maillage
