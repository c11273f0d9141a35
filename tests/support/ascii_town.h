// Towns drawn as text, with travel times that a person can count.
//
//     A---B>>C      a character is a point, 0.001 degrees (111.2 m) from its neighbours, and the way
//     |   |   \     from a point to the next takes one minute (or as asked for)
//     +-p-+    D  q
//
//   letters but v, digits   named points; joined to every road character beside them
//   +                       a crossing without a name
//   - | / \                 two-way road; / and \ join what stands at their two tips
//   > < ^ v                 one-way road
//   = :                     restricted road (private), across and up
//   ~                       ferry: nothing attaches to it
//   anything else           no road
//
// Above, A to B takes 4 minutes, B to C 3 and C to D 2 (C to B: no way). p is a point of the road
// below, q touches no road: it lies three steps from D. Roads meet only where both characters lead to
// each other, so a point below `-` is beside that road, not on it. A letter beside a letter is joined
// to it.
//
// Every character of a road is a raw node, so that roads of several characters are chains of segments.
// The first row is the northernmost; the town lies on the equator, where steps are square.
#pragma once

#include <map>
#include <string_view>

#include "engine/id.h"
#include "engine/road_segments.h"
#include "engine/units.h"

namespace maillage::test {

inline constexpr double kStepDegrees = 0.001;
inline constexpr double kStepM = kStepDegrees * kMetresPerDegree;

enum class Side { north, east, south, west, north_east, south_east, south_west, north_west };

struct AsciiTown {
  RoadSegments roads;
  std::map<char, RawNodeId> node;  // named points, on a road or not

  LatLon point(char name) const { return roads.node_point[node.at(name)]; }
  // The point at `fraction` of the straight way from one named point to another.
  LatLon between(char a, char b, double fraction) const;
  // The segment that leaves a named point on a side; throws where none does.
  SegmentId segment(char name, Side side) const;

  // Coming from side `from` of `via`, one may not go on to its side `to`.
  void forbid_turn(char via, Side from, Side to);
  void set_delay(char name, double seconds);
};

// `step_s` is the time of one step, diagonal steps too. Throws std::invalid_argument on two points of
// the same name and on one-way characters that drive against each other.
AsciiTown build_ascii_town(std::string_view drawing, double step_s = 60);

}  // namespace maillage::test
