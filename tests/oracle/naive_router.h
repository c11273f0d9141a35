// An independent router for tests: searches roads as they were read, segment by segment, and keeps the
// rules of the road by looking at them. Segments take whole milliseconds; shares of a segment are not
// rounded.
//
// A state is a directed segment just driven and a phase of the trip. Rules:
//   - a forbidden turn is not made; U-turns are made at crossings and ends only, not at bends
//   - a trip is private roads, then open roads, then private roads, any of them empty. Open roads that
//     do not hang together with most others but by private ones count as private; private roads that
//     touch the others at less than two nodes are a dead end and count as open
//   - turns between private roads (of a pocket with two contacts) and others are never forbidden
//   - the delay of a node is charged on driving into it
//   - a point within half a millisecond of a node stands on it, but inside a segment that takes no time
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/road_segments.h"

namespace maillage::test {

// A point on a road.
struct RoadPoint {
  SegmentId segment;
  double fraction = 0;  // along the segment as drawn
};

class NaiveRouter {
 public:
  explicit NaiveRouter(const RoadSegments& roads);

  // Milliseconds from one point to many; infinity where no way leads.
  std::vector<double> find_times(RoadPoint from, const std::vector<RoadPoint>& to) const;

  // Whether two points are so near that whole milliseconds do not tell which is first on a one-way road.
  bool is_ambiguous(RoadPoint a, RoadPoint b) const;

 private:
  struct State {
    std::uint32_t directed = 0;  // segment * 2 + (1 if driven against its drawing)
    int phase = 0;               // 0 private only, 1 open roads, 2 private again
  };
  std::optional<int> find_next_phase(int phase, SegmentId next) const;
  bool may_turn(std::uint32_t directed, std::uint32_t next) const;
  double find_ms(std::uint32_t directed) const;
  RawNodeId find_tail(std::uint32_t directed) const;
  RawNodeId find_head(std::uint32_t directed) const;
  double find_delay_ms(RawNodeId node) const;
  RawNodeId find_node(RoadPoint p) const;
  bool is_used(SegmentId s) const;
  void find_bends();
  std::vector<std::uint8_t> find_core() const;
  void find_private();

  const RoadSegments& roads_;
  std::vector<std::vector<std::uint32_t>> leaving_;  // raw node -> directed segments
  std::vector<std::uint8_t> is_bend_;                // raw node: no U-turn here
  std::vector<std::uint8_t> is_private_;             // segment
};

}  // namespace maillage::test
