// Travel times where no road network is at hand: the straight line times a detour factor, at a speed.
//
// Time is the great-circle distance over `straight_kmh` (speed / detour), in whole milliseconds, the same
// both ways. Lists come from a k-d tree of the counters, and are those of looking at every counter.
#pragma once

#include <span>
#include <vector>

#include "engine/nearest.h"
#include "engine/parallel.h"
#include "engine/units.h"

namespace maillage {

struct CrowRule {
  double straight_kmh;
  Duration extra = {0};  // added to every trip, e.g. parking
};

Duration find_crow_time(LatLon from, LatLon to, const CrowRule& rule);

// Points as they are: no road leads to them, none is needed. Without coordinates (NaN) a point is off.
Links build_crow_links(std::span<const LatLon> points);

// Where places and the counters of a set stand (row i of `counters` is counters.ids[i]).
struct CrowPoints {
  std::span<const LatLon> places;
  std::vector<LatLon> counters;
};

NearestIndex build_crow_index(const CrowPoints& points, CounterSet counters, int k, const CrowRule& rule,
                              const Context& context = {});

// The same by looking at every counter from every place.
NearestIndex build_crow_index_exhaustively(const CrowPoints& points, CounterSet counters, int k, const CrowRule& rule,
                                           const Context& context = {});

}  // namespace maillage
