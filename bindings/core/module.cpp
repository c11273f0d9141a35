// The Python module `maillage._core`: what it holds, and how our errors reach Python.
//
//   roads.cpp         RoadNetwork, Links, matrices
//   nearest_table.cpp nearest destinations as columns
//   territory.cpp     Territory, Edits, Exposure
//   batch.cpp         Closures: single closures, sets of closures, many scenarios
//   equity.cpp        how minutes are spread over people
//   group_fit.cpp     persons by group from marginal tables
//   uncertainty.cpp   draws of parameters
//   cache.cpp         cache files, and lists kept in a folder
//   transit.cpp       timetables, walks, travel times by public transport
//   transit_trips.cpp there and back within opening hours
//   osm_write.cpp     writing OSM PBF files
#include <pybind11/pybind11.h>

#include "engine/error.h"

namespace py = pybind11;

namespace maillage::bind {
void bind_roads(py::module_& m);
void bind_territory(py::module_& m);
void bind_equity(py::module_& m);
void bind_group_fit(py::module_& m);
void bind_batch(py::module_& m);
void bind_cache(py::module_& m);
void bind_uncertainty(py::module_& m);
void bind_transit(py::module_& m);
void bind_transit_trips(py::module_& m);
}  // namespace maillage::bind
namespace maillage {
void bind_osm_write(py::module_& m);
}

namespace {

void raise_as(const char* name, const char* message) {
  const py::object type = py::module_::import("maillage.errors").attr(name);
  PyErr_SetString(type.ptr(), message);
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "The compiled engine of maillage. Use the package `maillage`, not this module.";
  m.attr("__version__") = MAILLAGE_VERSION;
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const maillage::InputError& e) {
      raise_as("InputError", e.what());
    } catch (const maillage::IoError& e) {
      raise_as("IoError", e.what());
    } catch (const maillage::NotFound& e) {
      raise_as("NotFoundError", e.what());
    } catch (const maillage::Cancelled&) {
      PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
  maillage::bind::bind_roads(m);
  maillage::bind::bind_territory(m);
  maillage::bind::bind_equity(m);
  maillage::bind::bind_group_fit(m);
  maillage::bind::bind_batch(m);
  maillage::bind::bind_cache(m);
  maillage::bind::bind_uncertainty(m);
  maillage::bind::bind_transit(m);
  maillage::bind::bind_transit_trips(m);
  maillage::bind_osm_write(m);
}
