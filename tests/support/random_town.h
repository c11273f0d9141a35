// Random roads of one mode, small and full of trouble.
//
// Streets run between crossings of a shaken lattice, so they are planar-like; on top of them come
// what real data has: bends, one-way streets, roads that change on the way, parallel streets, loops,
// segments without length, dead ends, islands, private pockets, forbidden turns, delays, ferries and
// segments that nobody may use. In half of the towns all times are whole multiples of ten seconds, so
// that many ways take equally long.
#pragma once

#include <vector>

#include "engine/road_segments.h"
#include "tests/support/dice.h"

namespace maillage::test {

struct TownOptions {
  Mode mode = Mode::car;
  bool with_turn_bans = true;
  bool with_restricted = true;
  bool with_delays = true;
  double max_seconds = 120;  // of one segment
};

RoadSegments build_random_town(Dice& dice, const TownOptions& options = {});

// The same roads for someone on foot: every segment both ways at `speed_kmh`, nothing forbidden or
// private, ferries as they are.
RoadSegments build_walk_roads(const RoadSegments& car, double speed_kmh);

// A point of the town: on a road, on a crossing, beside a road, or (rarely) far from every road.
LatLon pick_point(const RoadSegments& roads, Dice& dice);

// The same roads with their rows in another order. `node[i]` and `segment[i]` say which row of `roads`
// stands in row i.
struct RowOrder {
  std::vector<std::uint32_t> node, segment;
};
RoadSegments reorder_rows(const RoadSegments& roads, const RowOrder& order);

}  // namespace maillage::test
