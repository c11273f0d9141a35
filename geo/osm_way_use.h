// What one mode can do with one way: which directions, how fast, under what conditions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/road_segments.h"
#include "geo/osm_access.h"
#include "geo/osm_tags.h"
#include "geo/speeds.h"

namespace maillage {

struct WayUse {
  float forward_kmh = 0;   // 0 = closed in this direction
  float backward_kmh = 0;
  float duration_s = 0;    // of the whole way as a timetable gives it (ferries); 0 = by length and speed
  std::uint8_t flags = kOpenRoad;  // SegmentFlag bits

  bool is_open() const { return forward_kmh > 0 || backward_kmh > 0; }
};

// The class of road that speeds are given for: the value of `highway` (of a list, the first part),
// else `ferry` or `shuttle_train` of `route`, else `pier` or `platform`. Empty: no road at all.
std::string_view find_road_class(const RoadTags& tags);

// Applies class, access, one-way rules, limits and caps to the tags of a way. What is odd about the
// tags is added to `doubts`, only for ways of a class that the rules know.
//
// Closed to the mode: classes the rules do not know, `no` and its kin, impassable roads, roads with
// construction=* in cars, areas (but walkers may use their outline), roads too small for cars in
// cars, motorroads on foot and by bike (a sidewalk opens them to walkers, and trunk roads). `private`,
// `destination` and their kin set kRestricted; on foot `private` and its kin close roads, and footways where
// `foot` says so: who may pass is not known, and who lives there is a few steps from the next public
// way. Ferries and shuttle trains, and tunnels on foot, set kNoAttach, the former kTimetabled too.
WayUse find_way_use(const RoadTags& tags, Mode mode, const SpeedRules& rules, TagDoubts& doubts);

// Seconds a node costs by its tags (signals, stop and give-way signs), for those who pass it along
// the way's direction and against it.
struct NodeDelay {
  float forward_s = 0;
  float backward_s = 0;
};
NodeDelay find_node_delay(const RoadTags& node, const SpeedRules& rules);

}  // namespace maillage
