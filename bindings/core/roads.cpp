// RoadNetwork and Links: building, attaching points, matrices and nearest destinations.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <limits>
#include <memory>

#include "bindings/core/convert.h"
#include "bindings/core/nearest_table.h"
#include "engine/hierarchy.h"
#include "engine/links.h"
#include "engine/road_network.h"
#include "engine/scenario.h"
#include "engine/travel_times.h"
#include "engine/walks.h"
#include "geo/field_files.h"
#include "geo/osm_roads.h"
#include "geo/road_tables.h"

namespace maillage::bind {
namespace {

using NetworkPtr = std::shared_ptr<const RoadNetwork>;

Mode to_mode(const std::string& name) {
  if (name == "car") return Mode::car;
  if (name == "walk") return Mode::walk;
  if (name == "bike") return Mode::bike;
  if (name == "transit") return Mode::transit;
  throw InputError("mode is '" + name + "', expected car, walk, bike or transit");
}

const char* to_name(Mode mode) {
  switch (mode) {
    case Mode::car: return "car";
    case Mode::walk: return "walk";
    case Mode::bike: return "bike";
    case Mode::transit: return "transit";
  }
  return "";
}

NetworkPtr build_from_tables(const Array<double>& lat, const Array<double>& lon, const Array<std::uint32_t>& from,
                             const Array<std::uint32_t>& to, const Array<double>& time_s, const Array<double>& length_m,
                             const Array<std::int64_t>& way, const std::string& mode, bool both_ways, int n_threads,
                             const py::object& report) {
  const std::vector<LatLon> nodes = to_points(lat, lon);
  const DirectedLinks links{to_span(from), to_span(to), to_span(time_s), to_span(length_m), to_span(way)};
  for (std::size_t n : {links.to.size(), links.time_s.size(), links.length_m.size(), links.way.size()})
    check_same_length(links.from.size(), n, "columns of the edge table");
  const RoadTableOptions options{to_mode(mode), both_ways};
  return run(n_threads, report, [&](const Context& context) {
    return NetworkPtr(std::make_shared<RoadNetwork>(
        build_road_network(std::make_shared<RoadSegments>(to_road_segments(nodes, links, options)), context)));
  });
}

SpeedRules to_speed_rules(const py::dict& d) {
  SpeedRules r;
  r.highway_kmh = d["highway_kmh"].cast<ValueByName>();
  r.by_access_kmh = d["by_access_kmh"].cast<ValueByName>();
  r.maxspeed_factor = d["maxspeed_factor"].cast<double>();
  r.zone_kmh = d["zone_kmh"].cast<ValueByName>();
  r.use_surface_caps = d["use_surface_caps"].cast<bool>();
  r.surface_kmh = d["surface_kmh"].cast<ValueByName>();
  r.tracktype_kmh = d["tracktype_kmh"].cast<ValueByName>();
  r.smoothness_kmh = d["smoothness_kmh"].cast<ValueByName>();
  r.delay_s = d["delay_s"].cast<ValueByName>();
  return r;
}

// One reading of the file for all modes: [(mode, rules)] -> ([network], findings).
py::tuple read_osm(const std::string& path, const std::vector<std::pair<std::string, py::dict>>& modes, int n_threads,
                   const py::object& report) {
  std::vector<OsmRoadOptions> options;
  for (const auto& [mode, rules] : modes) options.push_back({to_mode(mode), to_speed_rules(rules)});
  Findings findings;
  auto networks = run(n_threads, report, [&](const Context& context) {
    std::vector<NetworkPtr> out;
    for (RoadSegments& segments : read_osm_roads(path, options, findings, context)) {
      // walking speeds differ in their times; the roads are the same, and most of what is built on them
      NetworkPtr like;
      for (const NetworkPtr& other : out)
        if (other->segments->mode == segments.mode) like = other;
      if (like) share_equal_fields(*like->segments, segments);
      RoadNetwork network = build_road_network(std::make_shared<RoadSegments>(std::move(segments)), context);
      if (like) share_equal_fields(*like, network);
      out.push_back(std::make_shared<RoadNetwork>(std::move(network)));
    }
    return out;
  });
  return py::make_tuple(networks, to_dict(findings));
}

py::dict summarize(const RoadNetwork& net) {
  const RoadSegments& raw = *net.segments;
  double length = 0, main_length = 0, oneway_length = 0;
  std::size_t n_used = 0;
  for (std::size_t i = 0; i < raw.n_segments(); ++i) {
    const EdgeId edge = net.segment_edge[SegmentId(i)];
    if (edge.is_none()) continue;
    ++n_used;
    const double metres = raw.length_m[SegmentId(i)];
    length += metres;
    if (net.edges[edge].is_main) main_length += metres;
    if (net.edges[edge].forward.is_reachable() != net.edges[edge].backward.is_reachable()) oneway_length += metres;
  }
  std::size_t n_layered = 0;
  for (const Edge& e : net.edges) n_layered += e.is_layered;
  py::dict d;
  d["mode"] = to_name(raw.mode);
  d["n_nodes"] = raw.n_nodes();
  d["n_segments"] = n_used;
  d["n_junctions"] = net.n_junctions;
  d["n_edges"] = net.n_edges();
  d["n_search_nodes"] = net.n_nodes();
  d["n_arcs"] = net.out.values.size();
  d["n_components"] = net.n_components;
  d["n_turn_bans"] = raw.turn_bans.size();
  d["n_restricted_edges"] = n_layered;
  d["length_km"] = length / 1000;
  d["oneway_length_km"] = oneway_length / 1000;
  d["main_share"] = length > 0 ? main_length / length : 0.0;
  return d;
}

// n_segments x 4: lon, lat of both ends.
py::array_t<double> find_segment_ends(const RoadNetwork& net) {
  const RoadSegments& raw = *net.segments;
  std::vector<double> out;
  out.reserve(4 * raw.n_segments());
  for (std::size_t i = 0; i < raw.n_segments(); ++i) {
    const LatLon a = raw.node_point[raw.from[SegmentId(i)]], b = raw.node_point[raw.to[SegmentId(i)]];
    out.insert(out.end(), {a.lon, a.lat, b.lon, b.lat});
  }
  return to_array(std::move(out), raw.n_segments(), 4);
}

// n_segments x 3: km/h forward and backward (NaN = forbidden), metres.
py::array_t<double> find_segment_speeds(const RoadNetwork& net) {
  const RoadSegments& raw = *net.segments;
  std::vector<double> out;
  out.reserve(3 * raw.n_segments());
  auto to_speed = [](float metres, float seconds) {
    return seconds < kNoWay ? metres / seconds * 3.6 : std::numeric_limits<double>::quiet_NaN();
  };
  for (std::size_t i = 0; i < raw.n_segments(); ++i) {
    const SegmentId s(i);
    out.insert(out.end(), {to_speed(raw.length_m[s], raw.forward_s[s]), to_speed(raw.length_m[s], raw.backward_s[s]),
                           static_cast<double>(raw.length_m[s])});
  }
  return to_array(std::move(out), raw.n_segments(), 3);
}

// n_segments: 1 where the segment can be reached from and left to the main component.
py::array_t<std::uint8_t> find_main_segments(const RoadNetwork& net) {
  std::vector<std::uint8_t> out(net.segments->n_segments(), 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const EdgeId edge = net.segment_edge[SegmentId(i)];
    out[i] = !edge.is_none() && net.edges[edge].is_main;
  }
  return to_array(std::move(out));
}

py::array_t<std::uint32_t> find_way_segments(const RoadNetwork& net, const Array<std::int64_t>& ways) {
  std::vector<std::uint32_t> out;
  for (SegmentId s : find_segments(*net.segments, to_span(ways))) out.push_back(s.v);
  return to_array(std::move(out));
}

Links attach(const RoadNetwork& net, const Array<double>& lat, const Array<double>& lon, double max_snap_m,
             double access_speed_kmh, double extra_s, int n_threads, const py::object& report) {
  const std::vector<LatLon> points = to_points(lat, lon);
  return run(n_threads, report, [&](const Context& context) {
    return build_links(net, points, {max_snap_m, access_speed_kmh, to_duration(extra_s)}, context);
  });
}

Links attach_nodes(const RoadNetwork& net, const Array<std::uint32_t>& nodes) {
  std::vector<RawNodeId> ids;
  for (std::uint32_t n : to_span(nodes)) {
    if (n >= net.segments->n_nodes())
      throw InputError("node " + std::to_string(n) + " is not in the network of " +
                       std::to_string(net.segments->n_nodes()) + " nodes");
    ids.push_back(RawNodeId(n));
  }
  return build_node_links(net, ids);
}

py::array_t<double> find_matrix(const RoadNetwork& net, const Links& origins, const Links& destinations,
                                const std::shared_ptr<Hierarchy>& hierarchy, int n_threads, const py::object& report) {
  auto times = run(n_threads, report, [&](const Context& context) {
    return find_travel_times({net, hierarchy.get()}, origins, destinations, context);
  });
  std::vector<double> minutes(times.values.size());
  for (std::size_t i = 0; i < minutes.size(); ++i) minutes[i] = to_minutes(times.values[i]);
  return to_array(std::move(minutes), times.n_rows, times.n_columns);
}

py::array_t<double> find_snapped(const Links& links) {
  std::vector<double> out;
  for (const LatLon& p : links.snapped) out.insert(out.end(), {p.lon, p.lat});
  return to_array(std::move(out), links.n_points(), 2);
}

NetworkPtr edit_network(const RoadNetwork& net, const EditRoads& edit) {
  auto segments = std::make_shared<RoadSegments>(build_edited_roads(*net.segments, edit));
  return std::make_shared<RoadNetwork>(build_edited_network(net, std::move(segments)));
}

// Null where nothing runs by timetable.
NetworkPtr keep_walkers_off_ferries(const RoadNetwork& net) {
  const auto& flags = net.segments->flags.items();
  if (std::ranges::none_of(flags, [](std::uint8_t f) { return (f & kTimetabled) != 0; })) return nullptr;
  auto segments = std::make_shared<RoadSegments>(keep_off_ferries(*net.segments));
  return std::make_shared<RoadNetwork>(build_edited_network(net, std::move(segments)));
}

NetworkPtr round_walks_up(const RoadNetwork& net, double factor) {
  return std::make_shared<RoadNetwork>(
      build_edited_network(net, std::make_shared<RoadSegments>(round_streets_up(net, factor))));
}

}  // namespace

void bind_roads(py::module_& m) {
  py::class_<PlacesOnEdges, std::shared_ptr<PlacesOnEdges>>(m, "PointsOnEdges");

  py::class_<Links, std::shared_ptr<Links>>(m, "Links")
      .def("find_on_edges", &find_places_on_edges)
      .def_property_readonly("n_points", &Links::n_points)
      .def("select", [](const Links& l, const Array<std::uint32_t>& rows) { return select_links(l, to_span(rows)); },
           py::arg("rows"))
      .def_property_readonly("snap_m", [](const Links& l) { return to_array(l.snap_m); })
      .def_property_readonly("snapped", &find_snapped)
      .def_property_readonly("is_off_network", [](const Links& l) {
        std::vector<std::uint8_t> off;
        for (LinkStatus s : l.status) off.push_back(s == LinkStatus::off_network);
        return to_array(std::move(off)).view("bool");
      });

  py::class_<Hierarchy, std::shared_ptr<Hierarchy>>(m, "Hierarchy")
      .def_property_readonly("n_nodes", &Hierarchy::n_nodes)
      .def_property_readonly("n_arcs", [](const Hierarchy& h) { return h.out.values.size() + h.in.values.size(); });

  py::class_<RoadNetwork, std::shared_ptr<RoadNetwork>>(m, "RoadNetwork")
      .def_property_readonly("mode", [](const RoadNetwork& n) { return to_name(n.segments->mode); })
      .def_property_readonly("n_raw_nodes", [](const RoadNetwork& n) { return n.segments->n_nodes(); })
      .def_property_readonly("osm_node_ids", [](const RoadNetwork& n) { return to_array(n.segments->node_osm_id.items()); })
      .def_property_readonly("way_ids", [](const RoadNetwork& n) { return to_array(n.segments->way_id); })
      .def("summary", &summarize)
      .def("segment_ends", &find_segment_ends)
      .def("segment_speeds", &find_segment_speeds)
      .def("segment_is_main", [](const RoadNetwork& n) { return find_main_segments(n).view("bool"); })
      .def("segments_of_ways", &find_way_segments, py::arg("ways"))
      .def("attach", &attach, py::arg("lat"), py::arg("lon"), py::arg("max_snap_m"), py::arg("access_speed_kmh"),
           py::arg("extra_s") = 0.0, py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("attach_nodes", &attach_nodes, py::arg("nodes"))
      .def("travel_times", &find_matrix, py::arg("origins"), py::arg("destinations"), py::arg("hierarchy") = nullptr,
           py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("nearest", &find_nearest_table, py::arg("origins"), py::arg("destinations"), py::arg("k"),
           py::arg("hierarchy") = nullptr, py::arg("direction") = "to", py::arg("on_edges") = nullptr,
           py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("build_hierarchy", [](const RoadNetwork& net, int n_threads, const py::object& report) {
        return run(n_threads, report, [&](const Context& context) {
          return std::make_shared<Hierarchy>(build_hierarchy(net.out, net.in, context));
        });
      }, py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("edited", &edit_network, py::arg("edit"))
      .def("kept_off_ferries", &keep_walkers_off_ferries)
      .def("rounded_up", &round_walks_up, py::arg("factor"));

  m.def("build_network", &build_from_tables, py::arg("lat"), py::arg("lon"), py::arg("from_row"), py::arg("to_row"),
        py::arg("time_s"), py::arg("length_m"), py::arg("way"), py::arg("mode"), py::arg("both_ways") = false,
        py::arg("threads") = 0, py::arg("progress") = py::none());
  m.def("build_no_roads", [](const std::string& mode) {
    auto segments = std::make_shared<RoadSegments>();
    segments->mode = to_mode(mode);
    auto network = std::make_shared<RoadNetwork>();
    network->segments = std::move(segments);
    return network;
  }, py::arg("mode"));
  m.def("read_osm", &read_osm, py::arg("path"), py::arg("modes"), py::arg("threads") = 0,
        py::arg("progress") = py::none());
}

}  // namespace maillage::bind
