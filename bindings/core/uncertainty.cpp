// Draws of parameters and what they make of an exposure.
#include "engine/uncertainty.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings/core/convert.h"
#include "engine/random.h"

namespace maillage::bind {
namespace {

Matrix<double> to_matrix(const Array<double>& a) {
  if (a.ndim() != 2) throw InputError("draws of abilities are not a table of two dimensions");
  Matrix<double> out(static_cast<std::size_t>(a.shape(0)), static_cast<std::size_t>(a.shape(1)));
  std::copy(a.data(), a.data() + a.size(), out.values.begin());
  return out;
}

// n_draws x (n_rows (x n_groups)) x 5.
py::array_t<double> draw_state_table(const Exposure& exposure, const Array<std::int32_t>& row_of_place, std::size_t n_rows,
                                     bool by_group, const py::dict& drawn, int n_threads, const py::object& report) {
  ParameterDraws draws;
  auto to_vector = [&](const char* key) {
    const auto a = drawn[key].cast<Array<double>>();
    return std::vector<double>(a.data(), a.data() + a.size());
  };
  draws.seed = drawn["seed"].cast<std::uint64_t>();
  draws.car_speed = to_vector("car_speed");
  draws.no_car_speed = to_vector("no_car_speed");
  draws.shift = to_vector("shift");
  draws.p_b = to_matrix(drawn["p_b"].cast<Array<double>>());
  draws.p_c = to_matrix(drawn["p_c"].cast<Array<double>>());
  draws.population_error = drawn["population_error"].cast<double>();
  const auto streams = drawn["place_stream"].cast<Array<std::uint64_t>>();
  draws.place_stream.assign(streams.data(), streams.data() + streams.size());
  const std::size_t n = draws.size(), n_places = exposure.territory->n_places();
  for (const std::size_t size : {draws.no_car_speed.size(), draws.shift.size(), draws.p_b.n_rows, draws.p_c.n_rows})
    check_same_length(size, n, "parameters and draws");
  for (const std::size_t size : {draws.p_b.n_columns, draws.p_c.n_columns})
    check_same_length(size, exposure.territory->n_groups(), "abilities and groups");
  check_same_length(draws.place_stream.size(), n_places, "streams and places");
  check_same_length(static_cast<std::size_t>(row_of_place.size()), n_places, "rows and places");
  for (std::int32_t row : to_span(row_of_place))
    if (row < -1 || row >= static_cast<std::int64_t>(n_rows)) throw InputError("a place has a row that does not exist");
  const Grouping grouping{to_span(row_of_place), n_rows, by_group};
  const auto states = run(n_threads, report, [&](const Context& context) { return draw_states(exposure, grouping, draws, context); });
  const std::size_t width = n_rows * (by_group ? exposure.territory->n_groups() : 1);
  std::vector<double> out;
  out.reserve(n * width * 5);
  for (const auto& draw : states)
    for (const States& s : draw) out.insert(out.end(), {s.choice, s.counter_reliant, s.digital_only, s.assisted_only, s.stranded});
  return to_array(std::move(out)).reshape({static_cast<py::ssize_t>(n), static_cast<py::ssize_t>(width), py::ssize_t{5}});
}

}  // namespace

void bind_uncertainty(py::module_& m) {
  m.def("draw_states", &draw_state_table, py::arg("exposure"), py::arg("row_of_place"), py::arg("n_rows"), py::arg("by_group"),
        py::arg("draws"), py::arg("threads") = 0, py::arg("progress") = py::none());
  m.def("draw_uniforms", [](std::uint64_t seed, std::uint64_t stream, std::uint32_t n) {
    std::vector<double> out(n);
    for (std::uint32_t i = 0; i < n; ++i) out[i] = draw_uniform({seed, stream, i});
    return to_array(std::move(out));
  }, py::arg("seed"), py::arg("stream"), py::arg("n"));
}

}  // namespace maillage::bind
