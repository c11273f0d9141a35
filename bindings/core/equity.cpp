// Measures of how minutes are spread over people, on columns that a researcher brings.
#include "bindings/core/equity.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>
#include <limits>

#include "bindings/core/convert.h"

namespace maillage::bind {
namespace {

// NaN minutes are unreachable.
std::vector<Burden> to_burdens(const Array<double>& minutes, const Array<double>& persons) {
  check_same_length(minutes.size(), persons.size(), "travel times and persons");
  std::vector<Burden> out(static_cast<std::size_t>(minutes.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double value = minutes.data()[i];
    out[i] = {std::isnan(value) ? std::numeric_limits<double>::infinity() : value, persons.data()[i]};
  }
  return out;
}

py::dict find_equity_of(const Array<double>& minutes, const Array<double>& persons, double line, double epsilon) {
  std::vector<Burden> burdens = to_burdens(minutes, persons);
  return to_dict(find_equity(burdens, {line, epsilon}));
}

}  // namespace

py::dict to_dict(const Equity& e) {
  py::dict d;
  d["mean"] = e.mean;
  d["median"] = e.median;
  d["p90"] = e.p90;
  d["max"] = e.max;
  d["gini"] = e.gini;
  d["theil"] = e.theil;
  d["palma"] = e.palma;
  d["p90_p10"] = e.p90_p10;
  d["kolm_pollak_ede"] = e.kolm_pollak_ede;
  d["fgt0"] = e.fgt0;
  d["fgt1"] = e.fgt1;
  d["fgt2"] = e.fgt2;
  d["unreachable_share"] = e.unreachable_share;
  return d;
}

void bind_equity(py::module_& m) {
  m.def("equity", &find_equity_of, py::arg("minutes"), py::arg("persons"), py::arg("line"), py::arg("epsilon"));
  m.def("theil_parts", [](const Array<double>& minutes, const Array<double>& persons, const Array<std::int32_t>& group,
                          std::size_t n_groups) {
    check_same_length(minutes.size(), group.size(), "travel times and groups");
    const TheilParts parts = split_theil(to_burdens(minutes, persons), to_span(group), n_groups);
    return py::make_tuple(parts.between, parts.within);
  }, py::arg("minutes"), py::arg("persons"), py::arg("group"), py::arg("n_groups"));
  m.def("concentration", [](const Array<double>& minutes, const Array<double>& persons, const Array<double>& living) {
    check_same_length(minutes.size(), living.size(), "travel times and standards of living");
    return find_concentration(to_burdens(minutes, persons), to_span(living));
  }, py::arg("minutes"), py::arg("persons"), py::arg("living"));
}

}  // namespace maillage::bind
