// Joint tables of persons from marginal ones.
#include "engine/group_fit.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings/core/convert.h"

namespace maillage::bind {
namespace {

Matrix<double> to_table(const Array<double>& a, const char* what) {
  if (a.ndim() != 2) throw InputError(std::string(what) + " is not a table of two dimensions");
  Matrix<double> out(static_cast<std::size_t>(a.shape(0)), static_cast<std::size_t>(a.shape(1)));
  std::copy(a.data(), a.data() + a.size(), out.values.begin());
  return out;
}

// margins: [(category of each cell, persons n_places x n_categories)].
py::dict fit(const Array<double>& seeds, const Array<std::uint32_t>& seed_of_place,
             const std::vector<std::pair<Array<std::uint32_t>, Array<double>>>& margins, double tolerance, int max_rounds,
             int n_threads, const py::object& report) {
  const Matrix<double> table = to_table(seeds, "the seed");
  std::vector<Margin> all;
  for (const auto& [category, persons] : margins) {
    check_same_length(static_cast<std::size_t>(category.size()), table.n_columns, "categories of cells and the seed");
    all.push_back({{category.data(), category.data() + category.size()}, to_table(persons, "a margin")});
    check_same_length(all.back().persons.n_rows, static_cast<std::size_t>(seed_of_place.size()), "a margin and the places");
  }
  GroupFit found = run(n_threads, report, [&](const Context& context) {
    return fit_groups(table, to_span(seed_of_place), all, {tolerance, max_rounds}, context);
  });
  py::dict d;
  const std::size_t n = found.persons.n_rows, width = found.persons.n_columns;
  const Buffer<double>& persons = found.persons.values;
  d["persons"] = to_array(std::vector<double>(persons.begin(), persons.end()), n, width);
  d["distance"] = to_array(std::move(found.distance));
  d["total_gap"] = to_array(std::move(found.total_gap));
  d["excluded"] = to_array(std::move(found.excluded));
  d["rounds"] = to_array(std::move(found.rounds));
  return d;
}

}  // namespace

void bind_group_fit(py::module_& m) {
  m.def("fit_groups", &fit, py::arg("seeds"), py::arg("seed_of_place"), py::arg("margins"), py::arg("tolerance"),
        py::arg("max_rounds"), py::arg("threads") = 0, py::arg("progress") = py::none());
}

}  // namespace maillage::bind
