// Travel times in a town, in minutes, as a person counts them.
#pragma once

#include <memory>

#include "engine/links.h"
#include "engine/road_network.h"
#include "engine/travel_times.h"
#include "tests/support/ascii_town.h"

namespace maillage::test {

inline RoadNetwork build_network(const AsciiTown& town) {
  return build_road_network(std::make_shared<RoadSegments>(town.roads));
}

// One network and the town it was built of.
class TownTimes {
 public:
  explicit TownTimes(AsciiTown town) : town_(std::move(town)), network_(build_network(town_)) {}

  const AsciiTown& town() const { return town_; }
  const RoadNetwork& network() const { return network_; }

  // Between named points that are bound to their nodes; NaN = unreachable.
  double operator()(char from, char to) const {
    const std::vector<RawNodeId> ends{town_.node.at(from), town_.node.at(to)};
    return find_first(build_node_links(network_, ends));
  }
  // Between points that attach by their coordinates. Access costs nothing worth counting: 1e6 km/h.
  double operator()(LatLon from, LatLon to) const {
    const std::vector<LatLon> ends{from, to};
    return find_first(build_links(network_, ends, {1600, 1e6, {0}}));
  }

 private:
  double find_first(const Links& links) const { return to_minutes(find_travel_times(network_, links, links)(0, 1)); }

  AsciiTown town_;
  RoadNetwork network_;
};

}  // namespace maillage::test
