// Travel times by walking and public transport from many points to many others, over a window of
// departures.
//
//   point ─access─▶ stop ─ride─▶ stop ─change─▶ stop ─ride─▶ stop ─egress─▶ point
//   point ─────────────────────────── direct ─────────────────────────────▶ point
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/parallel.h"
#include "engine/raptor.h"
#include "engine/walks.h"

namespace maillage {

// What there is to ride, and how to change: on foot to other stops, or at one stop (see visit_changes).
struct RideNetwork {
  Timetable timetable;
  Ragged<StopWalk> changes;
};

// The same network backwards in time: see Timetable::reverse.
RideNetwork reverse(const RideNetwork& network, ClockTime wait);

// Ways on foot at both ends.
struct TransitWalks {
  Ragged<PointWalk> access;  // origin -> stops
  Ragged<PointWalk> egress;  // stop -> destinations
  Ragged<PointWalk> direct;  // origin -> destinations
};

// Profiles to all destinations from one origin after the other. Not shared between threads.
class ProfileSearch {
 public:
  ProfileSearch(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations);

  // Profiles of the journeys from an origin; good until the next call. A journey that takes longer than
  // walking, or than `options.longest`, is left out.
  std::span<const DepartureProfile> run(std::size_t origin, const RideOptions& options);

  // Stops at which the last run may board a trip, whatever leaves there: more or fewer trips that call at none of them
  // change nothing in its profiles. A bit each of n_stops.
  std::vector<bool> find_boarding() const;

 private:
  const TransitWalks& walks_;
  std::size_t n_stops_;
  RangeSearch search_;
  std::vector<StopWalk> access_;
  std::vector<DepartureProfile> profiles_;
  // What a journey to a destination must beat, side by side for the innermost loop.
  struct Target {
    ClockTime arrival;  // of the last journey that was added
    ClockTime limit;    // seconds on foot, or just above the longest time
  };
  std::vector<Target> targets_;
};

// Calls `visit(origin, search)`, several threads at once.
using VisitSearch = std::function<void(std::size_t, ProfileSearch&)>;
void visit_searches(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations, const VisitSearch& visit,
                    const Context& context = {});

// Calls `write(origin, profiles of all destinations)`, several threads at once.
using WriteProfiles = std::function<void(std::size_t, std::span<const DepartureProfile>)>;
void visit_profiles(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations, const RideOptions& options,
                    const WriteProfiles& write, const Context& context = {});

struct TransitTable {
  Matrix<ClockTime> seconds;       // n_origins x (n_destinations x n_percentiles); kNever where most instants reach nothing
  Matrix<std::int32_t> unreached;  // n_origins x n_destinations: instants of the window from which nothing goes
};

// Exact percentiles of the travel time over the instants of the window.
TransitTable find_transit_times(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations,
                                const RideOptions& options, std::span<const double> percentiles, const Context& context = {});

}  // namespace maillage
