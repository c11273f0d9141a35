// Public transport as one of a territory's modes: times between its places and any counter.
//
//   to a counter     one range search backwards from the counter answers all places
//   from a counter   one range search forwards does
//
// The travel time is a percentile over the departures of a window, waiting and walking included. Times of a
// counter are found once and kept: scenarios that close, open or move counters search for the new ones only, and
// those that change trips for the counters whose search may board at a stop of these trips.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <vector>

#include "engine/graph.h"
#include "engine/nearest.h"
#include "engine/transit_times.h"

namespace maillage {

// What people walk along.
struct Footpaths {
  std::shared_ptr<const RoadNetwork> network;
  std::shared_ptr<const Hierarchy> hierarchy;
  double straight_mps = 0;  // > 0: along straight lines at this speed, the network is not looked at
};

struct TransitRule {
  RideOptions ride;               // window, longest time, rides, wait
  double percentile = 50;         // of the travel time over the instants of the window
  ClockTime longest_walk = 1800;  // to the first stop, and all the way
  ClockTime longest_egress = 1800;
};

// Points and where they meet the footpaths.
struct FootPoints {
  std::span<const LatLon> points;
  const Links& links;
};

// Places within reach of a counter, ascending, with their times. Whole seconds.
using TransitColumn = std::vector<std::pair<PlaceId, Duration>>;

class TransitMode {
 public:
  // `stops`: NaN where nobody knows where a stop is; nobody walks there.
  TransitMode(RideNetwork network, Footpaths paths, std::span<const LatLon> stops, const TransitRule& rule, const Context& context = {});

  // Attaches points to the footpaths.
  Links attach(std::span<const LatLon> points, const LinkOptions& options, const Context& context) const;

  // A column for every counter, of all places. `places` are the same at every call.
  std::vector<std::shared_ptr<const TransitColumn>> find_columns(const FootPoints& places, const FootPoints& counters, Direction direction,
                                                                 const Context& context) const;

  // Keeps the columns of the same mode with other trips, as far as those cannot have changed them: `touched` are the
  // stops at which trips came or went. `before` differs in nothing but its trips. Returns how many it keeps.
  std::size_t take_over(const TransitMode& before, std::span<const StopId> touched);

  // Times from (or to) every place, by a search from each place, to every counter; each instant of the window is looked
  // at. The slow, obvious form: nothing is kept.
  Matrix<Duration> find_times_exhaustively(const FootPoints& places, const FootPoints& counters, Direction direction, const Context& context) const;

  const TransitRule& rule() const { return rule_; }
  const Footpaths& paths() const { return paths_; }
  const RideNetwork& network() const { return forward_; }

 private:
  using Key = std::tuple<double, double, Direction>;
  struct Found {
    std::shared_ptr<const TransitColumn> column;
    std::shared_ptr<const std::vector<bool>> boarding;  // stops: see ProfileSearch::find_boarding
  };

  Ragged<PointWalk> walk(const FootPoints& from, const FootPoints& to, ClockTime longest, const Context& context) const;
  Ragged<PointWalk> walk_to_stops(const FootPoints& from, ClockTime longest, const Context& context) const;
  Ragged<PointWalk> walk_from_stops(const FootPoints& to, ClockTime longest, const Context& context) const;
  TransitWalks find_walks(const FootPoints& from, const FootPoints& to, const Context& context) const;
  TransitWalks find_walks_back(const FootPoints& from, const FootPoints& to, const Context& context) const;
  void fill(const FootPoints& places, const FootPoints& counters, Direction direction, std::span<Found> columns, const Context& context) const;

  RideNetwork forward_, backward_;
  Footpaths paths_;
  TransitRule rule_;
  std::size_t n_stops_ = 0;
  std::vector<std::uint32_t> known_;  // stops that stand somewhere
  std::vector<LatLon> stop_points_;   // where
  Links stop_links_;
  mutable std::mutex mutex_;
  mutable std::map<Key, Found> kept_;
};

// The lists of all places from the columns of counters.
NearestIndex build_transit_index(const TransitMode& mode, const FootPoints& places, const FootPoints& at, CounterSet counters, int k,
                                 Direction direction, const Context& context = {});

// The same by a search from every place.
NearestIndex build_transit_index_exhaustively(const TransitMode& mode, const FootPoints& places, const FootPoints& at, CounterSet counters, int k,
                                              Direction direction, const Context& context = {});

}  // namespace maillage
