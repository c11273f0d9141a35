// Road data as read: points, straight pieces of road between them, and forbidden turns.
//
// Whoever reads roads (an OSM file, tables) fills a RoadSegments for one mode; `road_network` makes
// a search graph of it. Scenario edits (other speeds, closed roads) change segments and build anew.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/id.h"
#include "engine/units.h"

namespace maillage {

enum class Mode : std::uint8_t { car, walk, bike, transit };  // transit: on foot and by timetable, no roads of its own

// The travel time of a direction that cannot be used.
inline constexpr float kNoWay = std::numeric_limits<float>::infinity();

// What a segment may be used for, beside its two directions.
enum SegmentFlag : std::uint8_t {
  kOpenRoad = 0,
  kRestricted = 1,  // only at the start or the end of a trip (access private, destination, ...)
  kNoAttach = 2,    // no point attaches here (ferries; tunnels on foot)
  kTimetabled = 4,  // ferries and shuttle trains: there at certain hours only
};

// Coming along `from` to `via`, one may not go on along `to`.
struct TurnBan {
  SegmentId from;
  RawNodeId via;
  SegmentId to;
};

// A structure of arrays; all vectors of one block have the same length.
struct RoadSegments {
  Mode mode = Mode::car;

  // n_nodes
  IdVector<RawNodeId, LatLon> node_point;
  IdVector<RawNodeId, std::int64_t> node_osm_id;  // empty when the data has no such ids
  IdVector<RawNodeId, float> node_delay_s;        // charged to every arc that ends here; empty = none

  // n_segments: a piece of road between two nodes, with its two directions
  IdVector<SegmentId, RawNodeId> from;
  IdVector<SegmentId, RawNodeId> to;
  IdVector<SegmentId, float> forward_s;   // seconds from `from` to `to`, delay excluded; kNoWay = forbidden
  IdVector<SegmentId, float> backward_s;  // seconds from `to` to `from`
  IdVector<SegmentId, float> length_m;
  IdVector<SegmentId, std::uint32_t> way;   // index into way_id
  IdVector<SegmentId, std::uint8_t> flags;  // SegmentFlag bits

  // n_ways
  Buffer<std::int64_t> way_id;  // the data's own id of a road, for edits by way

  Buffer<TurnBan> turn_bans;

  std::size_t n_nodes() const { return node_point.size(); }
  std::size_t n_segments() const { return from.size(); }
};

}  // namespace maillage
