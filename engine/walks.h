// Ways on foot between points and stops, as whole seconds at a walker's own speed.
#pragma once

#include <cstdint>

#include "engine/csr.h"
#include "engine/links.h"
#include "engine/parallel.h"
#include "engine/road_network.h"
#include "engine/road_segments.h"
#include "engine/timetable.h"
#include "engine/travel_times.h"

namespace maillage {

// A way to a point by its row.
struct PointWalk {
  std::uint32_t row;
  ClockTime seconds;
};

// The roads with ferries and shuttle trains so slow that no way on foot takes them: in public transport
// they are ridden by their timetable or not at all. They stay, so that islands remain part of the
// network and stops and places there attach to their own roads.
RoadSegments keep_off_ferries(const RoadSegments& roads);

// The roads as walked in `factor` times their time, each street in whole seconds, rounded up as R5 does. A
// street is what a way has between two junctions, or between a junction and where another way goes on. Its
// pieces keep their shares, so whoever begins or ends inside it walks that part of the rounded time. Ferries
// and forbidden directions stay as they are; delays at junctions are walked `factor` times as well.
RoadSegments round_streets_up(const RoadNetwork& network, double factor);

// How fast somebody walks compared with the times of the network, and how far.
struct Pace {
  double factor = 1;        // seconds on foot = seconds on the network x factor
  ClockTime longest = 7200; // seconds on foot
};

// From every row of `from` to the rows of `to` within the pace, rows rising. Times are rounded up to whole
// seconds once a way. By the network's hierarchy where it has one.
Ragged<PointWalk> find_walks(const SearchedNetwork& searched, const Links& from, const Links& to, const Pace& pace,
                             const Context& context = {});

// The same along straight lines, at `speed_mps` (for comparison, and where no network is at hand).
Ragged<PointWalk> find_straight_walks(std::span<const LatLon> from, std::span<const LatLon> to, double speed_mps, ClockTime longest,
                                      const Context& context = {});

// Row b -> rows a that lead there: the same ways seen from their ends.
Ragged<PointWalk> turn_walks(const Ragged<PointWalk>& walks, std::size_t n_ends);

}  // namespace maillage
