// Territory, Edits and Exposure: the model as Python sees it, all by index.
#include "engine/territory.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <limits>

#include "bindings/core/convert.h"
#include "bindings/core/equity.h"
#include "bindings/core/edits.h"
#include "engine/delta.h"
#include "engine/exposure.h"
#include "engine/indicators.h"
#include "engine/round_trips.h"
#include "engine/scenario.h"

namespace maillage::bind {
namespace {

using TerritoryPtr = std::shared_ptr<const Territory>;

template <class T>
Matrix<T> to_matrix(const Array<T>& a, std::size_t n_rows, const char* what) {
  if (a.ndim() != 2) throw InputError(std::string(what) + " is not a table of two dimensions");
  check_same_length(static_cast<std::size_t>(a.shape(0)), n_rows, what);
  Matrix<T> out(n_rows, static_cast<std::size_t>(a.shape(1)));
  std::copy(a.data(), a.data() + a.size(), out.values.begin());
  return out;
}

template <class T>
std::vector<T> to_vector(const Array<T>& a) {
  return {a.data(), a.data() + a.size()};
}

struct NetworkUse {
  std::shared_ptr<RoadNetwork> network;
  std::shared_ptr<Hierarchy> hierarchy;
  std::int64_t walk_class;  // -1: every class
  bool serves_no_car;
  double max_snap_m, access_speed_kmh, parking_s;
  double straight_kmh;  // > 0: straight lines
  std::shared_ptr<TransitMode> transit;
};

ModeNetwork to_mode_network(const NetworkUse& use) {
  ModeNetwork m;
  m.mode = use.network->segments->mode;
  m.walk_class = use.walk_class < 0 ? kEveryWalkClass : static_cast<std::uint32_t>(use.walk_class);
  m.serves_no_car = use.serves_no_car;
  m.network = use.network;
  m.hierarchy = use.hierarchy;
  m.place_options = {use.max_snap_m, use.access_speed_kmh, {0}};
  m.counter_options = {use.max_snap_m, use.access_speed_kmh, to_duration(use.parking_s)};
  m.straight_kmh = use.straight_kmh;
  m.transit = use.transit;
  return m;
}

TerritoryPtr build_territory(const py::dict& places, const py::dict& groups, const py::dict& counters,
                             const std::vector<NetworkUse>& networks, double connectivity_shift, int n_threads,
                             const py::object& report) {
  TerritoryParts parts;
  auto points = to_points(places["lat"].cast<Array<double>>(), places["lon"].cast<Array<double>>());
  const std::size_t n_places = points.size();
  parts.place_points = std::move(points);
  parts.population = std::make_shared<Population>(
      Population{to_matrix(places["persons"].cast<Array<double>>(), n_places, "persons"),
                 to_matrix(places["car_share"].cast<Array<double>>(), n_places, "car_share")});
  parts.connectivity = std::make_shared<Connectivity>(Connectivity{to_vector(places["adequate"].cast<Array<double>>())});
  check_same_length(parts.connectivity->adequate.size(), n_places, "connectivity and places");
  parts.groups = std::make_shared<Groups>(Groups{to_vector(groups["p_b"].cast<Array<double>>()),
                                                 to_vector(groups["p_c"].cast<Array<double>>()),
                                                 to_vector(groups["walk_class"].cast<Array<std::uint32_t>>())});
  check_same_length(parts.groups->n_groups(), parts.population->persons.n_columns, "groups and columns of persons");
  if (places.contains("p_b"))
    parts.abilities = std::make_shared<Abilities>(Abilities{to_matrix(places["p_b"].cast<Array<double>>(), n_places, "p_b"),
                                                            to_matrix(places["p_c"].cast<Array<double>>(), n_places, "p_c")});
  for (std::uint32_t w : parts.groups->walk_class) parts.n_walk_classes = std::max(parts.n_walk_classes, w + 1);
  auto desks = std::make_shared<Counters>();
  desks->point = to_points(counters["lat"].cast<Array<double>>(), counters["lon"].cast<Array<double>>());
  desks->open = to_vector(counters["open"].cast<Array<std::uint8_t>>());
  check_same_length(desks->open.size(), desks->n_counters(), "columns of the counters");
  desks->level = to_matrix(counters["level"].cast<Array<std::uint8_t>>(), desks->n_counters(), "levels");
  if (places.contains("area")) {
    parts.place_area = std::make_shared<std::vector<std::int32_t>>(to_vector(places["area"].cast<Array<std::int32_t>>()));
    check_same_length(parts.place_area->size(), n_places, "areas and places");
    desks->area = to_vector(counters["area"].cast<Array<std::int32_t>>());
    check_same_length(desks->area.size(), desks->n_counters(), "areas and counters");
  }
  parts.counters = std::move(desks);
  for (const NetworkUse& use : networks) parts.networks.push_back(to_mode_network(use));
  parts.connectivity_shift = connectivity_shift;
  return run(n_threads, report, [&](const Context& context) { return Territory::build(std::move(parts), context); });
}

PersonClass to_person_class(const std::string& name) {
  if (name == "car") return PersonClass::car;
  if (name == "no_car") return PersonClass::no_car;
  throw InputError("person_class is '" + name + "', expected car or no_car");
}

py::tuple to_label_arrays(std::span<const Label> labels) {
  std::vector<std::int32_t> counter(labels.size(), -1);
  std::vector<double> minutes(labels.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].counter.is_none()) continue;
    counter[i] = static_cast<std::int32_t>(labels[i].counter.v);
    minutes[i] = to_minutes(labels[i].time);
  }
  return py::make_tuple(to_array(std::move(counter)), to_array(std::move(minutes)));
}

NearestQuery to_query(std::uint32_t service, int level, const std::string& person_class, std::uint32_t walk_class, int k,
                      const std::string& direction) {
  if (direction != "to" && direction != "from")
    throw InputError("direction is '" + direction + "', expected to or from");
  return {ServiceId(service), level, to_person_class(person_class), walk_class, k,
          direction == "to" ? Direction::to_counters : Direction::from_counters};
}

// Rows of labels: (n_rows + 1 offsets, counters, minutes).
py::tuple find_nearest(const Territory& territory, const NearestQuery& query, bool exhaustive, int n_threads,
                       const py::object& report) {
  const Ragged<Label> lists = run(n_threads, report, [&](const Context& context) {
    return find_nearest_counters(territory, query, exhaustive, context);
  });
  const py::tuple labels = to_label_arrays(lists.values);
  return py::make_tuple(to_array(lists.offset), labels[0], labels[1]);
}

// There and back of (place, counter) pairs that `nearest` gave, by the best single mode, in minutes.
py::array_t<double> find_round_trip_minutes(const Territory& territory, const Array<std::uint32_t>& place,
                                            const Array<std::uint32_t>& counter, const NearestQuery& query,
                                            bool exhaustive, int n_threads, const py::object& report) {
  check_same_length(static_cast<std::size_t>(place.size()), static_cast<std::size_t>(counter.size()), "places and counters");
  std::vector<std::pair<PlaceId, CounterId>> pairs;
  pairs.reserve(static_cast<std::size_t>(place.size()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(place.size()); ++i)
    pairs.emplace_back(PlaceId(place.data()[i]), CounterId(counter.data()[i]));
  const auto times = run(n_threads, report, [&](const Context& context) {
    return find_round_trips(territory, {query, exhaustive}, pairs, context);
  });
  std::vector<double> minutes(times.size());
  for (std::size_t i = 0; i < times.size(); ++i) minutes[i] = to_minutes(times[i]);
  return to_array(std::move(minutes));
}

// (form, numbers in minutes, shares): a step at the limit where the form is `step`.
Decay to_decay(const std::string& form, const std::vector<double>& minutes, const std::vector<double>& shares) {
  Decay d;
  if (form == "steps") {
    d.form = Decay::Form::steps;
    for (std::size_t i = 0; i < minutes.size(); ++i) d.steps.push_back({to_duration(60 * minutes[i]), shares[i]});
  } else if (form == "exponential") {
    d.form = Decay::Form::exponential;
    d.half_ms = 60000 * minutes.at(0);
  } else if (form == "logistic") {
    d.form = Decay::Form::logistic;
    d.half_ms = 60000 * minutes.at(0);
    d.scale_ms = 60000 * minutes.at(1);
  }
  return d;
}

py::list find_links(const Territory& territory) {
  py::list out;
  for (const ModeNetwork& m : territory.parts().networks) {
    py::dict d;
    d["network"] = std::const_pointer_cast<RoadNetwork>(m.network);
    d["hierarchy"] = std::const_pointer_cast<Hierarchy>(m.hierarchy);
    d["walk_class"] = m.walk_class == kEveryWalkClass ? -1 : static_cast<int>(m.walk_class);
    d["places"] = std::const_pointer_cast<Links>(std::shared_ptr<const Links>(m.places));
    d["counters"] = std::const_pointer_cast<Links>(std::shared_ptr<const Links>(m.counters));
    out.append(d);
  }
  return out;
}

EditRoads to_road_edit(const std::string& mode, const Array<std::uint32_t>& segments, std::optional<double> speed_kmh,
                       std::optional<double> factor) {
  EditRoads e;
  e.mode = mode == "car" ? Mode::car : mode == "walk" ? Mode::walk : Mode::bike;
  for (std::uint32_t s : to_span(segments)) e.segments.push_back(SegmentId(s));
  e.speed_kmh = speed_kmh;
  e.factor = factor;
  return e;
}

void bind_edits(py::module_& m) {
  py::class_<EditRoads>(m, "EditRoads")
      .def(py::init(&to_road_edit), py::arg("mode"), py::arg("segments"), py::arg("speed_kmh"), py::arg("factor"));
  py::class_<Edits>(m, "Edits")
      .def(py::init<>())
      .def("__len__", [](const Edits& e) { return e.items.size(); })
      .def("close", [](Edits& e, std::uint32_t counter, std::optional<std::uint32_t> service) {
        std::optional<ServiceId> id;
        if (service) id = ServiceId(*service);
        e.items.push_back(CloseCounter{CounterId(counter), id});
      }, py::arg("counter"), py::arg("service") = py::none())
      .def("reopen", [](Edits& e, std::uint32_t counter) { e.items.push_back(ReopenCounter{CounterId(counter)}); },
           py::arg("counter"))
      .def("open", [](Edits& e, double lat, double lon, const Array<std::uint8_t>& level, std::int32_t area) {
        e.items.push_back(OpenCounter{{lat, lon}, to_vector(level), area});
      }, py::arg("lat"), py::arg("lon"), py::arg("level"), py::arg("area") = -1)
      .def("move", [](Edits& e, std::uint32_t counter, double lat, double lon, std::int32_t area) {
        e.items.push_back(MoveCounter{CounterId(counter), {lat, lon}, area});
      }, py::arg("counter"), py::arg("lat"), py::arg("lon"), py::arg("area") = -1)
      .def("convert", [](Edits& e, std::uint32_t counter, const Array<std::uint8_t>& level) {
        e.items.push_back(ConvertCounter{CounterId(counter), to_vector(level)});
      }, py::arg("counter"), py::arg("level"))
      .def("set_persons", [](Edits& e, const Array<std::uint32_t>& place, const Array<std::uint32_t>& group,
                             const Array<double>& persons) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(place.size()); ++i)
          e.items.push_back(SetPersons{PlaceId(place.data()[i]), GroupId(group.data()[i]), persons.data()[i]});
      }, py::arg("place"), py::arg("group"), py::arg("persons"))
      .def("set_adequate", [](Edits& e, const Array<std::uint32_t>& place, const Array<double>& adequate) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(place.size()); ++i)
          e.items.push_back(SetAdequate{PlaceId(place.data()[i]), adequate.data()[i]});
      }, py::arg("place"), py::arg("adequate"))
      .def("timetables", [](Edits& e, const std::vector<std::shared_ptr<TransitMode>>& modes) {
        e.items.push_back(SetTimetables{{modes.begin(), modes.end()}});
      }, py::arg("modes"))
      .def("roads", [](Edits& e, const EditRoads& edit) { e.items.push_back(edit); }, py::arg("edit"));
}

Grouping to_grouping(const Exposure& exposure, const Array<std::int32_t>& row_of_place, std::size_t n_rows, bool by_group) {
  check_same_length(static_cast<std::size_t>(row_of_place.size()), exposure.territory->n_places(), "rows and places");
  for (std::int32_t row : to_span(row_of_place))
    if (row < -1 || row >= static_cast<std::int64_t>(n_rows)) throw InputError("a place has a row that does not exist");
  return {to_span(row_of_place), n_rows, by_group};
}

// n_rows (x n_groups) x 6: persons, choice, counter_reliant, digital_only, assisted_only, stranded.
py::array_t<double> find_state_table(const Exposure& exposure, const Array<std::int32_t>& row_of_place,
                                     std::size_t n_rows, bool by_group) {
  const Grouping grouping = to_grouping(exposure, row_of_place, n_rows, by_group);
  std::vector<double> out;
  {
    py::gil_scoped_release release;
    const std::vector<States> states = sum_states(exposure, grouping);
    const std::vector<double> persons = sum_persons(exposure, grouping);
    out.reserve(6 * states.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
      const States& s = states[i];
      out.insert(out.end(), {persons[i], s.choice, s.counter_reliant, s.digital_only, s.assisted_only, s.stranded});
    }
  }
  const std::size_t n = out.size() / 6;
  return to_array(std::move(out), n, 6);
}

// n_rows (x n_groups) x (9 + n_limits): mean, median, p90, max, unreachable share, gini, fgt0..2, coverage.
py::array_t<double> find_summary_table(const Exposure& exposure, const Array<std::int32_t>& row_of_place,
                                       std::size_t n_rows, bool by_group, const std::vector<double>& limits_min,
                                       int n_threads, const py::object& report) {
  const Grouping grouping = to_grouping(exposure, row_of_place, n_rows, by_group);
  std::vector<Duration> limits;
  for (double minutes : limits_min) limits.push_back(to_duration(minutes * 60));
  const SummaryOptions options{exposure.query.limit, limits};
  const auto rows = run(n_threads, report, [&](const Context& context) {
    return summarize_exposure(exposure, grouping, options, context);
  });
  std::vector<double> out;
  for (const TimeSummary& s : rows) {
    out.insert(out.end(), {s.mean, s.median, s.p90, s.max, s.unreachable_share, s.gini, s.fgt0, s.fgt1, s.fgt2});
    out.insert(out.end(), s.coverage.begin(), s.coverage.end());
  }
  return to_array(std::move(out), rows.size(), 9 + limits.size());
}

// n_rows (x n_groups) mappings as those of `equity`.
py::list find_equity_rows(const Exposure& exposure, const Array<std::int32_t>& row_of_place, std::size_t n_rows,
                          bool by_group, double epsilon, int n_threads, const py::object& report) {
  const Grouping grouping = to_grouping(exposure, row_of_place, n_rows, by_group);
  const EquityOptions options{to_minutes(exposure.query.limit), epsilon};
  const auto rows = run(n_threads, report, [&](const Context& context) {
    return find_exposure_equity(exposure, grouping, options, context);
  });
  py::list out;
  for (const Equity& e : rows) out.append(to_dict(e));
  return out;
}

py::dict find_changes(const Exposure& before, const Exposure& after) {
  const std::vector<PlaceChange> changes = find_place_changes(before, after);
  std::vector<std::int32_t> place, car, walk_class;
  std::vector<Label> was, is;
  std::vector<double> persons;
  for (const PlaceChange& c : changes) {
    place.push_back(static_cast<std::int32_t>(c.place.v));
    car.push_back(c.person_class == PersonClass::car);
    walk_class.push_back(static_cast<std::int32_t>(c.walk_class));
    was.push_back(c.before);
    is.push_back(c.after);
    persons.push_back(c.persons);
  }
  const py::tuple b = to_label_arrays(was), a = to_label_arrays(is);
  py::dict d;
  d["place"] = to_array(std::move(place));
  d["is_car"] = to_array(std::move(car));
  d["walk_class"] = to_array(std::move(walk_class));
  d["before_counter"] = b[0];
  d["before_minutes"] = b[1];
  d["after_counter"] = a[0];
  d["after_minutes"] = a[1];
  d["persons"] = to_array(std::move(persons));
  return d;
}

}  // namespace

void bind_territory(py::module_& m) {
  py::class_<NetworkUse>(m, "NetworkUse")
      .def(py::init([](std::shared_ptr<RoadNetwork> network, std::shared_ptr<Hierarchy> hierarchy, std::int64_t walk_class, bool serves_no_car,
                       double max_snap_m, double access_speed_kmh, double parking_s, double straight_kmh, std::shared_ptr<TransitMode> transit) {
             return NetworkUse{std::move(network), std::move(hierarchy), walk_class, serves_no_car, max_snap_m, access_speed_kmh, parking_s,
                               straight_kmh, std::move(transit)};
           }),
           py::arg("network"), py::arg("hierarchy"), py::arg("walk_class"), py::arg("serves_no_car"), py::arg("max_snap_m"),
           py::arg("access_speed_kmh"), py::arg("parking_s"),
           py::arg("straight_kmh") = 0.0, py::arg("transit") = nullptr);

  py::class_<Exposure>(m, "Exposure")
      .def("states", &find_state_table, py::arg("row_of_place"), py::arg("n_rows"), py::arg("by_group"))
      .def("summary", &find_summary_table, py::arg("row_of_place"), py::arg("n_rows"), py::arg("by_group"),
           py::arg("limits_min"), py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("equity", &find_equity_rows, py::arg("row_of_place"), py::arg("n_rows"), py::arg("by_group"),
           py::arg("epsilon"), py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("labels", [](const Exposure& e, const std::string& person_class, std::uint32_t walk_class) {
        return to_label_arrays((to_person_class(person_class) == PersonClass::car ? e.car : e.no_car).at(walk_class));
      }, py::arg("person_class"), py::arg("walk_class"));

  py::class_<Territory, std::shared_ptr<Territory>>(m, "Territory")
      .def_property_readonly("n_places", &Territory::n_places)
      .def_property_readonly("persons", [](const Territory& t) { return to_array(t.parts().population->persons); })
      .def_property_readonly("car_share", [](const Territory& t) { return to_array(t.parts().population->car_share); })
      .def_property_readonly("adequate", [](const Territory& t) { return to_array(t.parts().connectivity->adequate); })
      .def_property_readonly("abilities", [](const Territory& t) -> py::object {
        if (!t.parts().abilities) return py::none();
        return py::make_tuple(to_array(t.parts().abilities->p_b), to_array(t.parts().abilities->p_c));
      })
      .def_property_readonly("links", &find_links)
      .def("nearest", [](const Territory& territory, std::uint32_t service, int level, const std::string& person_class,
                         std::uint32_t walk_class, int k, bool exhaustive, int n_threads, const py::object& report,
                         const std::string& direction) {
        return find_nearest(territory, to_query(service, level, person_class, walk_class, k, direction), exhaustive,
                            n_threads, report);
      }, py::arg("service"), py::arg("level"), py::arg("person_class"), py::arg("walk_class"), py::arg("k"),
           py::arg("exhaustive") = false, py::arg("threads") = 0, py::arg("progress") = py::none(),
           py::arg("direction") = "to")
      .def("round_trips", [](const Territory& territory, const Array<std::uint32_t>& place,
                             const Array<std::uint32_t>& counter, std::uint32_t service, int level,
                             const std::string& person_class, std::uint32_t walk_class, int k, bool exhaustive,
                             int n_threads, const py::object& report) {
        return find_round_trip_minutes(territory, place, counter,
                                       to_query(service, level, person_class, walk_class, k, "to"), exhaustive,
                                       n_threads, report);
      }, py::arg("place"), py::arg("counter"), py::arg("service"), py::arg("level"), py::arg("person_class"),
           py::arg("walk_class"), py::arg("k"), py::arg("exhaustive") = false, py::arg("threads") = 0,
           py::arg("progress") = py::none())
      .def("exposure", [](std::shared_ptr<const Territory> territory, std::uint32_t service, int level,
                          double limit_min, bool exhaustive, int n_threads, const py::object& report, const std::string& decay,
                          const std::vector<double>& decay_minutes, const std::vector<double>& decay_shares) {
        const ExposureQuery query{ServiceId(service), level, to_duration(limit_min * 60), exhaustive,
                                  to_decay(decay, decay_minutes, decay_shares)};
        return run(n_threads, report, [&](const Context& context) { return build_exposure(territory, query, context); });
      }, py::arg("service"), py::arg("level"), py::arg("limit_min"), py::arg("exhaustive") = false,
           py::arg("threads") = 0, py::arg("progress") = py::none(), py::arg("decay") = "step",
           py::arg("decay_minutes") = std::vector<double>(), py::arg("decay_shares") = std::vector<double>())
      .def("apply", [](std::shared_ptr<const Territory> territory, const Edits& edits, int n_threads,
                       const py::object& report) {
        return run(n_threads, report, [&](const Context& context) {
          return std::const_pointer_cast<Territory>(apply_edits(territory, edits.items, context));
        });
      }, py::arg("edits"), py::arg("threads") = 0, py::arg("progress") = py::none());

  bind_edits(m);
  m.def("build_territory", [](const py::dict& places, const py::dict& groups, const py::dict& counters,
                              const std::vector<NetworkUse>& networks, double shift, int n_threads,
                              const py::object& report) {
    return std::const_pointer_cast<Territory>(
        build_territory(places, groups, counters, networks, shift, n_threads, report));
  }, py::arg("places"), py::arg("groups"), py::arg("counters"), py::arg("networks"), py::arg("connectivity_shift"),
        py::arg("threads") = 0, py::arg("progress") = py::none());
  m.def("place_changes", &find_changes, py::arg("before"), py::arg("after"));
  m.def("adequate_share", py::vectorize(find_adequate_share), py::arg("wired"), py::arg("mobile"));
}

}  // namespace maillage::bind
