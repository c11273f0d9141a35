#include "engine/transit_times.h"

#include <algorithm>
#include <memory>

namespace maillage {

RideNetwork reverse(const RideNetwork& network, ClockTime wait) {
  return {network.timetable.reverse(wait), turn_changes(network.changes)};
}

ProfileSearch::ProfileSearch(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations)
    : walks_(walks), n_stops_(network.timetable.n_stops()), search_(network.timetable, network.changes), profiles_(n_destinations), targets_(n_destinations) {}

std::span<const DepartureProfile> ProfileSearch::run(std::size_t origin, const RideOptions& options) {
  for (DepartureProfile& p : profiles_) p.clear(kNever);
  std::fill(targets_.begin(), targets_.end(), Target{kNever, options.longest + 1});
  for (const PointWalk& w : walks_.direct[origin])
    if (w.seconds <= options.longest) {
      profiles_[w.row].clear(w.seconds);
      targets_[w.row].limit = w.seconds;
    }
  access_.clear();
  for (const PointWalk& w : walks_.access[origin]) access_.push_back({StopId(w.row), w.seconds});
  search_.run(access_, options, [&](ClockTime departure, StopId stop, ClockTime arrival) {
    for (const PointWalk& w : walks_.egress[stop.v]) {
      Target& target = targets_[w.row];
      const ClockTime there = arrival + w.seconds;
      if (there >= target.arrival || there - departure >= target.limit) continue;
      target.arrival = there;
      profiles_[w.row].add({departure, there});
    }
  });
  return profiles_;
}

std::vector<bool> ProfileSearch::find_boarding() const {
  std::vector<bool> boarding(n_stops_);
  for (std::uint32_t s = 0; s < n_stops_; ++s) boarding[s] = search_.reaches(StopId(s));
  for (const StopWalk& w : access_) boarding[w.stop.v] = true;
  return boarding;
}

void visit_searches(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations, const VisitSearch& visit,
                    const Context& context) {
  Pool<ProfileSearch> searches([&] { return std::make_unique<ProfileSearch>(network, walks, n_destinations); });
  const std::size_t n_origins = walks.access.n_rows();
  context.begin("riding the timetable", n_origins);
  for_blocks(n_origins, 1, context, [&](std::size_t begin, std::size_t end) {
    auto search = searches.borrow();
    for (std::size_t o = begin; o < end; ++o) visit(o, *search);
  });
}

void visit_profiles(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations, const RideOptions& options,
                    const WriteProfiles& write, const Context& context) {
  visit_searches(network, walks, n_destinations, [&](std::size_t o, ProfileSearch& search) { write(o, search.run(o, options)); }, context);
}

TransitTable find_transit_times(const RideNetwork& network, const TransitWalks& walks, std::size_t n_destinations,
                                const RideOptions& options, std::span<const double> percentiles, const Context& context) {
  const std::size_t n_origins = walks.access.n_rows(), n = percentiles.size();
  TransitTable table{Matrix<ClockTime>(n_origins, n_destinations * n), Matrix<std::int32_t>(n_origins, n_destinations)};
  ClockTime* seconds = table.seconds.values.data();
  std::int32_t* unreached = table.unreached.values.data();
  Pool<WindowReader> readers([&] {
    return std::make_unique<WindowReader>(options.window, options.longest, std::vector<double>(percentiles.begin(), percentiles.end()));
  });
  visit_profiles(network, walks, n_destinations, options, [&](std::size_t o, std::span<const DepartureProfile> profiles) {
    auto reader = readers.borrow();
    for (std::size_t d = 0; d < n_destinations; ++d) {
      const std::size_t cell = o * n_destinations + d;
      unreached[cell] = static_cast<std::int32_t>(reader->read(profiles[d], {seconds + cell * n, n}));
    }
  }, context);
  return table;
}

}  // namespace maillage
