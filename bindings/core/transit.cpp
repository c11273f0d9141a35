// Public transport: walks as ragged rows, timetables, travel times and profiles over a window.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>

#include "bindings/core/convert.h"
#include "bindings/core/transit.h"
#include "engine/journey.h"
#include "engine/transit_mode.h"
#include "engine/transit_times.h"

namespace maillage::bind {
namespace {

Walks build_walks(const Array<std::uint32_t>& offsets, const Array<std::uint32_t>& ends, const Array<std::int32_t>& seconds) {
  const auto o = to_span(offsets), e = to_span(ends);
  const auto s = to_span(seconds);
  check_same_length(e.size(), s.size(), "ends and seconds of walks");
  if (o.empty() || o.front() != 0 || o.back() != e.size()) throw InputError("the offsets of walks do not cover their ends");
  Ragged<PointWalk> rows;
  std::vector<PointWalk> row;
  for (std::size_t i = 0; i + 1 < o.size(); ++i) {
    if (o[i] > o[i + 1]) throw InputError("the offsets of walks do not rise");
    row.clear();
    for (std::uint32_t w = o[i]; w < o[i + 1]; ++w) row.push_back({e[w], s[w]});
    rows.push_row(row);
  }
  return {std::move(rows)};
}

py::tuple to_arrays(const Walks& walks) {
  std::vector<std::uint32_t> ends;
  std::vector<std::int32_t> seconds;
  for (const PointWalk& w : walks.rows.values) {
    ends.push_back(w.row);
    seconds.push_back(w.seconds);
  }
  return py::make_tuple(to_array(walks.rows.offset), to_array(std::move(ends)), to_array(std::move(seconds)));
}

Ragged<StopWalk> to_changes(const Ragged<PointWalk>& walks, std::size_t n_stops) {
  if (walks.n_rows() != n_stops) throw InputError("walks between stops need a row for each stop");
  Ragged<StopWalk> changes;
  std::vector<StopWalk> row;
  for (std::size_t s = 0; s < n_stops; ++s) {
    row.clear();
    for (const PointWalk& w : walks[s]) {
      if (w.row >= n_stops) throw InputError("a walk between stops leads to a stop that does not exist");
      if (w.seconds < 0 || (w.seconds == kNever && w.row != s))
        throw InputError("a walk between stops takes " + std::to_string(w.seconds) + " s, expected a time of 0 or more");
      row.push_back({StopId(w.row), w.seconds});
    }
    changes.push_row(row);
  }
  return changes;
}

std::shared_ptr<RideNetwork> build_ride_network(std::size_t n_stops, std::size_t n_trips, const Array<std::uint32_t>& trip,
                                                const Array<std::uint32_t>& stop, const Array<std::int32_t>& arrival,
                                                const Array<std::int32_t>& departure, const Array<bool>& may_board,
                                                const Array<bool>& may_alight, const Walks& changes) {
  const std::size_t n = static_cast<std::size_t>(trip.size());
  check_same_length(n, static_cast<std::size_t>(stop.size()), "trips and stops of calls");
  check_same_length(n, static_cast<std::size_t>(arrival.size()), "trips and arrivals of calls");
  check_same_length(n, static_cast<std::size_t>(departure.size()), "trips and departures of calls");
  check_same_length(n, static_cast<std::size_t>(may_board.size()), "trips and boarding of calls");
  check_same_length(n, static_cast<std::size_t>(may_alight.size()), "trips and alighting of calls");
  std::vector<TripCall> calls(n);
  for (std::size_t i = 0; i < n; ++i)
    calls[i] = {TripId(trip.data()[i]), StopId(stop.data()[i]), arrival.data()[i], departure.data()[i], may_board.data()[i], may_alight.data()[i]};
  auto network = std::make_shared<RideNetwork>();
  network->timetable = Timetable::build(n_stops, n_trips, calls);
  network->changes = to_changes(changes.rows, n_stops);
  return network;
}

// A question about a window, in seconds.
struct TransitQuestion {
  const Walks& access;
  const Walks& egress;
  const Walks& direct;
  std::size_t n_destinations;
  RideOptions options;
};

TransitWalks to_walks(const RideNetwork& network, const TransitQuestion& asked) {
  return to_transit_walks(network, asked.access, asked.egress, asked.direct, asked.n_destinations);
}

RideOptions to_options(const std::tuple<int, int, int>& window, int longest, int max_rides, int wait) {
  const auto [begin, end, step] = window;
  if (end <= begin || step < 1) throw InputError("the window of departures is empty");
  if (max_rides < 1 || longest < 0 || wait < 0) throw InputError("rides, longest time and wait cannot be negative, and one ride is the least");
  return {{begin, end, step}, longest, max_rides, wait};
}

py::tuple find_times(const RideNetwork& network, const TransitQuestion& asked, const std::vector<double>& percentiles, int n_threads,
                     const py::object& report) {
  const TransitWalks walks = to_walks(network, asked);
  TransitTable table = run(n_threads, report, [&](const Context& context) {
    return find_transit_times(network, walks, asked.n_destinations, asked.options, percentiles, context);
  });
  return py::make_tuple(to_array(table.seconds), to_array(table.unreached));
}

// Journeys of every pair: offsets (pairs + 1), departures, arrivals, seconds on foot (pairs).
py::tuple find_profiles(const RideNetwork& network, const TransitQuestion& asked, int n_threads, const py::object& report) {
  const TransitWalks walks = to_walks(network, asked);
  const std::size_t n_origins = walks.access.n_rows(), n = asked.n_destinations;
  std::vector<std::vector<Journey>> journeys(n_origins);
  std::vector<std::uint32_t> count(n_origins * n);
  std::vector<std::int32_t> walking(n_origins * n);
  run(n_threads, report, [&](const Context& context) {
    visit_profiles(network, walks, n, asked.options, [&](std::size_t o, std::span<const DepartureProfile> profiles) {
      for (std::size_t d = 0; d < n; ++d) {
        const auto found = profiles[d].journeys();
        journeys[o].insert(journeys[o].end(), found.begin(), found.end());
        count[o * n + d] = static_cast<std::uint32_t>(found.size());
        walking[o * n + d] = profiles[d].walking();
      }
    }, context);
    return 0;
  });
  std::vector<std::int64_t> offsets{0};
  for (std::uint32_t c : count) offsets.push_back(offsets.back() + c);
  std::vector<std::int32_t> departures, arrivals;
  departures.reserve(static_cast<std::size_t>(offsets.back()));
  arrivals.reserve(departures.capacity());
  for (const auto& row : journeys)
    for (const Journey& j : row) {
      departures.push_back(j.departure);
      arrivals.push_back(j.arrival);
    }
  return py::make_tuple(to_array(std::move(offsets)), to_array(std::move(departures)), to_array(std::move(arrivals)), to_array(std::move(walking)));
}

// Journeys of one pair with their rides; see _core.pyi for the columns.
py::dict find_itineraries(const RideNetwork& network, const TransitQuestion& asked, Wanted wanted) {
  const TransitWalks walks = to_walks(network, asked);
  if (walks.access.n_rows() != 1 || asked.n_destinations != 1) throw InputError("journeys go from one point to one other");
  std::vector<StopWalk> access, egress;
  for (const PointWalk& w : walks.access[0]) access.push_back({StopId(w.row), w.seconds});
  for (std::size_t s = 0; s < walks.egress.n_rows(); ++s)
    for (const PointWalk& w : walks.egress[s]) egress.push_back({StopId(s), w.seconds});
  const ClockTime direct = walks.direct[0].empty() ? kNever : walks.direct[0][0].seconds;
  std::vector<Itinerary> found;
  {
    py::gil_scoped_release release;
    found = find_journeys(network.timetable, network.changes, {access, egress, direct}, asked.options, wanted);
  }
  std::vector<std::int32_t> departure, arrival, last_walk, n_rides, walk, ride_departure, ride_arrival;
  std::vector<std::uint32_t> trip, from, to, board, alight;
  for (const Itinerary& j : found) {
    departure.push_back(j.departure);
    arrival.push_back(j.arrival);
    last_walk.push_back(j.last_walk);
    n_rides.push_back(static_cast<std::int32_t>(j.rides.size()));
    for (const Ride& r : j.rides) {
      walk.push_back(r.walk);
      trip.push_back(r.trip.v);
      from.push_back(r.from);
      to.push_back(r.to);
      board.push_back(r.board.v);
      alight.push_back(r.alight.v);
      ride_departure.push_back(r.departure);
      ride_arrival.push_back(r.arrival);
    }
  }
  py::dict columns;
  const auto add = [&](const char* name, auto& values) { columns[name] = to_array(std::move(values)); };
  add("departure", departure);
  add("arrival", arrival);
  add("last_walk", last_walk);
  add("n_rides", n_rides);
  add("walk", walk);
  add("trip", trip);
  add("from", from);
  add("to", to);
  add("board", board);
  add("alight", alight);
  add("ride_departure", ride_departure);
  add("ride_arrival", ride_arrival);
  return columns;
}

std::shared_ptr<TransitMode> build_mode(const RideNetwork& network, std::shared_ptr<RoadNetwork> paths, std::shared_ptr<Hierarchy> hierarchy,
                                        double straight_mps, const Array<double>& stop_lat, const Array<double>& stop_lon,
                                        const std::tuple<int, int, int>& window, int longest, int max_rides, int wait, double percentile,
                                        int longest_walk, int n_threads, const py::object& report) {
  const std::vector<LatLon> stops = to_points(stop_lat, stop_lon);
  if (stops.size() != network.timetable.n_stops()) throw InputError("coordinates do not fit the stops of the timetable");
  if (!paths && !(straight_mps > 0)) throw InputError("a timetable needs footpaths or a speed along straight lines");
  TransitRule rule{to_options(window, longest, max_rides, wait), percentile, longest_walk, longest_walk};
  return run(n_threads, report, [&](const Context& context) {
    return std::make_shared<TransitMode>(network, Footpaths{std::move(paths), std::move(hierarchy), straight_mps}, stops, rule, context);
  });
}

}  // namespace

TransitWalks to_transit_walks(const RideNetwork& network, const Walks& access, const Walks& egress, const Walks& direct, std::size_t n_destinations) {
  const std::size_t n_stops = network.timetable.n_stops();
  auto check = [](const Ragged<PointWalk>& rows, std::size_t n_rows, std::size_t n_ends, const char* what) {
    bool is_right = rows.n_rows() == n_rows;
    for (const PointWalk& w : rows.values) is_right &= w.row < n_ends && w.seconds >= 0;
    if (!is_right) throw InputError(std::string(what) + " do not fit the stops and points");
  };
  check(access.rows, direct.rows.n_rows(), n_stops, "walks to stops");
  check(egress.rows, n_stops, n_destinations, "walks from stops");
  check(direct.rows, direct.rows.n_rows(), n_destinations, "direct walks");
  return {access.rows, egress.rows, direct.rows};
}

void bind_transit(py::module_& m) {
  m.attr("NEVER") = kNever;
  py::class_<Walks, std::shared_ptr<Walks>>(m, "Walks")
      .def(py::init(&build_walks), py::arg("offsets"), py::arg("ends"), py::arg("seconds"))
      .def_property_readonly("n_rows", [](const Walks& w) { return w.rows.n_rows(); })
      .def("to_arrays", &to_arrays)
      .def("turned", [](const Walks& w, std::size_t n_ends) { return Walks{turn_walks(w.rows, n_ends)}; }, py::arg("n_ends"));

  m.def("find_walks", [](const RoadNetwork& network, const Links& from, const Links& to, double factor, int longest,
                         const std::shared_ptr<Hierarchy>& hierarchy, int n_threads, const py::object& report) {
    return run(n_threads, report, [&](const Context& context) {
      return Walks{find_walks({network, hierarchy.get()}, from, to, {factor, longest}, context)};
    });
  }, py::arg("network"), py::arg("origins"), py::arg("destinations"), py::arg("factor"), py::arg("longest"), py::arg("hierarchy") = nullptr,
        py::arg("threads") = 0, py::arg("progress") = py::none());

  m.def("find_straight_walks", [](const Array<double>& from_lat, const Array<double>& from_lon, const Array<double>& to_lat,
                                  const Array<double>& to_lon, double speed_mps, int longest, int n_threads, const py::object& report) {
    const auto from = to_points(from_lat, from_lon), to = to_points(to_lat, to_lon);
    return run(n_threads, report, [&](const Context& context) { return Walks{find_straight_walks(from, to, speed_mps, longest, context)}; });
  }, py::arg("from_lat"), py::arg("from_lon"), py::arg("to_lat"), py::arg("to_lon"), py::arg("speed_mps"), py::arg("longest"),
        py::arg("threads") = 0, py::arg("progress") = py::none());

  py::class_<TransitMode, std::shared_ptr<TransitMode>>(m, "TransitMode")
      .def(py::init(&build_mode), py::arg("network"), py::arg("paths"), py::arg("hierarchy"), py::arg("straight_mps"), py::arg("stop_lat"),
           py::arg("stop_lon"), py::arg("window"), py::arg("longest"), py::arg("max_rides"), py::arg("wait"), py::arg("percentile"),
           py::arg("longest_walk"), py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("take_over", [](TransitMode& mode, const std::shared_ptr<TransitMode>& before, const Array<std::uint32_t>& touched) {
        std::vector<StopId> stops;
        for (std::uint32_t s : to_span(touched)) {
          if (s >= mode.network().timetable.n_stops()) throw InputError("a row names a stop that does not exist");
          stops.push_back(StopId(s));
        }
        const py::gil_scoped_release release;
        return mode.take_over(*before, stops);
      }, py::arg("before"), py::arg("touched"));

  py::class_<RideNetwork, std::shared_ptr<RideNetwork>>(m, "RideNetwork")
      .def(py::init(&build_ride_network), py::arg("n_stops"), py::arg("n_trips"), py::arg("trip"), py::arg("stop"), py::arg("arrival"),
           py::arg("departure"), py::arg("may_board"), py::arg("may_alight"), py::arg("changes"))
      .def_property_readonly("n_stops", [](const RideNetwork& n) { return n.timetable.n_stops(); })
      .def_property_readonly("n_trips", [](const RideNetwork& n) { return n.timetable.n_trips(); })
      .def_property_readonly("n_lines", [](const RideNetwork& n) { return n.timetable.n_lines(); })
      .def_property_readonly("n_calls", [](const RideNetwork& n) { return n.timetable.n_calls(); })
      .def_property_readonly("n_bytes", [](const RideNetwork& n) { return n.timetable.n_bytes(); })
      .def("reversed", [](const RideNetwork& network, ClockTime wait) { return std::make_shared<RideNetwork>(reverse(network, wait)); },
           py::arg("wait"))
      .def("travel_times", [](const RideNetwork& network, const Walks& access, const Walks& egress, const Walks& direct, std::size_t n_destinations,
                              const std::tuple<int, int, int>& window, int longest, int max_rides, int wait, const std::vector<double>& percentiles,
                              int n_threads, const py::object& report) {
        return find_times(network, {access, egress, direct, n_destinations, to_options(window, longest, max_rides, wait)}, percentiles, n_threads, report);
      }, py::arg("access"), py::arg("egress"), py::arg("direct"), py::arg("n_destinations"), py::arg("window"), py::arg("longest"),
           py::arg("max_rides"), py::arg("wait"), py::arg("percentiles"), py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("profiles", [](const RideNetwork& network, const Walks& access, const Walks& egress, const Walks& direct, std::size_t n_destinations,
                          const std::tuple<int, int, int>& window, int longest, int max_rides, int wait, int n_threads, const py::object& report) {
        return find_profiles(network, {access, egress, direct, n_destinations, to_options(window, longest, max_rides, wait)}, n_threads, report);
      }, py::arg("access"), py::arg("egress"), py::arg("direct"), py::arg("n_destinations"), py::arg("window"), py::arg("longest"),
           py::arg("max_rides"), py::arg("wait"), py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("journeys", [](const RideNetwork& network, const Walks& access, const Walks& egress, const Walks& direct,
                          const std::tuple<int, int, int>& window, int longest, int max_rides, int wait, bool by_arrival) {
        const TransitQuestion asked{access, egress, direct, 1, to_options(window, longest, max_rides, wait)};
        return find_itineraries(network, asked, by_arrival ? Wanted::arrival : Wanted::departure);
      }, py::arg("access"), py::arg("egress"), py::arg("direct"), py::arg("window"), py::arg("longest"), py::arg("max_rides"),
           py::arg("wait"), py::arg("by_arrival") = false);
}

}  // namespace maillage::bind
